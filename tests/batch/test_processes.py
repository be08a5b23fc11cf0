"""Functions in processes of their own: told what they return, within limits, none left behind."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.batch import processes
from workbench.batch.processes import (
    DiedError,
    OutOfMemoryError,
    OutOfTimeError,
    PrintedTooMuchError,
    call,
)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "scratch").mkdir()
    return {"scratch": tmp_path / "scratch", "folder": tmp_path}


def ended(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not psutil.pid_exists(pid)


SURROUNDINGS = """{
    "greeting": os.environ.get("GREETING"),
    "threads": os.environ["OPENBLAS_NUM_THREADS"],
    "folder": os.getcwd(),
    "leads": os.getpgid(0) == os.getpid(),
    "loaded": "workbench.reports.pages.organisation" in sys.modules,
    "program": getattr(sys.modules["__main__"], "__file__", ""),
    "threads of the parent": len(os.listdir(f"/proc/{os.getppid()}/task")),
    "drawn": (random.random(), numpy.random.random()),
}"""


def value(expression: str, **options: Any) -> Any:
    """Return what an expression is in a process of its own."""
    names = ("os", "sys", "random", "numpy", "subprocess")
    modules = ", ".join(f"{name}=__import__({name!r})" for name in names)
    return call(eval, f"eval({expression!r}, dict({modules}))", **options)


@pytest.mark.skipif(not processes.FORKS, reason="Elsewhere processes are started anew.")
def test_a_process_is_forked_from_one_with_the_imports_and_is_its_own(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREETING", "hello")
    found, other = (value(SURROUNDINGS, **places) for _ in range(2))
    drawn = found.pop("drawn")
    assert found == {
        "greeting": "hello",
        "threads": "1",
        "folder": str(places["folder"].resolve()),
        "leads": True,
        "loaded": True,
        "program": "",
        "threads of the parent": 1,
    }
    assert all(one != two for one, two in zip(drawn, other["drawn"], strict=True))


def test_no_setting_of_the_fork_server_is_left_to_a_process(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    asked = "[os.environ.get(name) for name in ('PYTHONSAFEPATH', 'JE_ARROW_MALLOC_CONF')]"
    assert value(asked, **places) == [None, None]


def test_what_a_process_leaves_running_goes_with_it(places: dict[str, Path]) -> None:
    assert ended(value("subprocess.Popen(['sleep', '600']).pid", **places))


@pytest.mark.parametrize(
    ("expression", "limits", "error"),
    [
        ("{}['gone']", {}, KeyError),
        ("os.kill(os.getpid(), 9)", {}, DiedError),
        ("os._exit(0)", {}, DiedError),
        ("pow(7, 10**8)", {"seconds": 1}, OutOfTimeError),  # no other thread runs meanwhile
        ("[b'x' * 50_000_000 for _ in range(600)]", {"memory_limit": 2**29}, OutOfMemoryError),
        ("subprocess.run(['yes'])", {}, PrintedTooMuchError),
    ],
)
def test_a_process_that_ends_early_is_told_by_kind(
    places: dict[str, Path], expression: str, limits: dict[str, Any], error: type[Exception]
) -> None:
    limits = {"seconds": 60, **limits}
    limits["deadline"] = time.monotonic() + limits.pop("seconds")
    with pytest.raises(error):
        value(expression, **places, **limits)
    assert not processes._running


@pytest.mark.skipif(not processes.FORKS, reason="Linux alone ends what lets no thread run.")
@pytest.mark.parametrize("hang", ["pow(7, 10**9)", "time.sleep(600)"])
def test_a_process_goes_with_a_caller_that_is_killed(tmp_path: Path, hang: str) -> None:
    program = (
        "from pathlib import Path\nfrom workbench.batch import processes\n"
        f"processes.PRELOAD = 'workbench'\nhere = Path({str(tmp_path)!r})\n"
        f'code = \'import os, time\\nprint(os.getpid(), file=open("pid", "w"))\\n{hang}\'\n'
        "processes.call(exec, code, scratch=here, folder=here)"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as caller:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert caller.poll() is None
            time.sleep(0.02)
        caller.kill()
    assert ended(int((tmp_path / "pid").read_text()))


def test_no_descriptor_is_left_open(places: dict[str, Path]) -> None:
    call(os.getpid, **places)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        call(os.getpid, **places)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(not processes.FORKS, reason="Elsewhere there is no fork server.")
def test_changed_code_makes_a_new_fork_server(places: dict[str, Path]) -> None:
    program = (
        "import os\nfrom pathlib import Path\nfrom workbench.batch import processes\n"
        f"places = dict.fromkeys(('scratch', 'folder'), Path({str(places['scratch'])!r}))\n"
        "processes.PRELOAD = 'workbench'\n"
        "def parent():\n"
        "    processes.prepare()\n    return processes.call(os.getppid, **places)\n"
        "first = parent()\nassert parent() == first\n"
        "processes.code_state = lambda: 'after'\nassert parent() != first\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.skipif(not processes.FORKS, reason="Elsewhere there is no fork server.")
def test_the_fork_server_is_let_go_at_its_imports_and_another_can_follow(tmp_path: Path) -> None:
    endless = "import time\nopen(__file__ + '.begun', 'w').close()\ntime.sleep(60)\n"
    (tmp_path / "endless.py").write_text(endless, encoding="utf-8")
    program = (
        "import os, time\nfrom multiprocessing import forkserver\nfrom pathlib import Path\n"
        f"from workbench.batch import processes\nplaces = Path({str(tmp_path)!r})\n"
        "processes.end()\nprocesses.PRELOAD = 'endless'\nprocesses.prepare()\n"
        "while not (places / 'endless.py.begun').exists():\n    time.sleep(0.02)\n"
        "print(forkserver._forkserver._forkserver_pid)\nprocesses.end()\n"
        "processes.end()\nprocesses.PRELOAD = 'workbench'\n"
        "print(processes.call(os.getppid, scratch=places, folder=places))\nprocesses.end()\n"
    )
    started = time.monotonic()
    made = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert time.monotonic() - started < 50
    first, second = map(int, made.stdout.split())
    assert first != second
    assert not psutil.pid_exists(first)
    assert not psutil.pid_exists(second)


def test_processes_can_be_started_anew(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import multiprocessing

    monkeypatch.setattr(processes, "FORKS", False)
    monkeypatch.setattr(processes, "_context", multiprocessing.get_context("spawn"))
    assert call(os.getppid, **places) == os.getpid()
