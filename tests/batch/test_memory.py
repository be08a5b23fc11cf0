"""The limit of a report's memory is one of what it holds."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.batch import memory
from workbench.batch.memory import available, held_by, holds_more

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what is held.")

MEGABYTE = 2**20


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[str]]:
    """A process at the point where it has said that it is ready."""
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}\nprint('ready', flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


HOLDS = "held = bytearray(b'x') * (200 << 20)"
RESERVES = "import mmap\nreserved = mmap.mmap(-1, 8 << 30, flags=mmap.MAP_PRIVATE)"
CHILD_HOLDS = (
    "import subprocess, sys\n"
    f"child = subprocess.Popen([sys.executable, '-c', \"{HOLDS}; print(1, flush=True); input()\"],"
    " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\nchild.stdout.readline()"
)
FORK_SHARES = f"{HOLDS}\nimport os\nif not os.fork():\n    import time; time.sleep(60)"


@pytest.mark.parametrize(
    ("code", "least", "most"),
    [
        ("", 1, 50),
        (HOLDS, 200, 250),
        (RESERVES, 1, 50),
        (CHILD_HOLDS, 200, 250),
        (FORK_SHARES, 200, 250),
    ],
)
def test_what_is_held_counts_once_and_what_is_reserved_does_not(
    code: str, least: int, most: int
) -> None:
    with running(code) as process:
        assert least <= held_by(process.pid) / MEGABYTE <= most


@pytest.mark.parametrize(
    ("code", "more"), [(HOLDS, True), (CHILD_HOLDS, True), (RESERVES, False), ("", False)]
)
def test_who_holds_too_much_is_known(code: str, more: bool) -> None:
    with running(code) as process:
        assert holds_more(process.pid, 100 * MEGABYTE) == more


def test_a_process_that_has_ended_holds_nothing() -> None:
    with running("") as process:
        process.kill()
        process.wait()
        assert held_by(process.pid) == 0


@pytest.mark.parametrize(
    ("groups", "limits", "most"),
    [
        ("0::/", {"memory.max": "1000000"}, 1_000_000),
        ("0::/job/step", {"job/memory.max": "1000000", "job/step/memory.max": "max"}, 1_000_000),
        ("0::/outside", {"memory.max": "1000000"}, 1_000_000),
        ("3:cpu:/\n4:memory:/job", {"memory/job/memory.limit_in_bytes": "1000000"}, 1_000_000),
        ("0::/", {"memory.max": "max"}, None),
        ("4:memory:/", {"memory/memory.limit_in_bytes": str(2**63 - 4096)}, None),
        ("", {}, None),
    ],
)
def test_the_limit_of_a_container_is_the_memory_there_is(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    groups: str,
    limits: dict[str, str],
    most: int | None,
) -> None:
    machine = available()
    for name, limit in {"self/cgroup": groups, **limits}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit)
    monkeypatch.setattr(memory, "_PROCESSES", tmp_path)
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    assert available() == (most or machine)
