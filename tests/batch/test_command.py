"""``workbench batch`` in a process of its own, in surroundings that a terminal does not have."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import cache
from workbench.batch.output import read_record
from workbench.batch.run import NO_CACHE
from workbench.simulation import load_population, simulate

PROGRAM = """
import os, time
from pathlib import Path
from workbench.cli import main as cli

def share(study, wave, path, cluster, needs):
    from workbench.files import write_pickle
    time.sleep(float(os.environ.get("SHARING", 0)))
    study.store(path.parent / "answers")
    write_pickle((study, b""), path)

def run(of_the_command_line=cli._run):
    from workbench.batch import notebooks, plan, processes, run, sharing
    sharing.share = share
    for module in (notebooks, plan, run):
        module.notebooks_folder = lambda: Path({notebooks!r})
    processes.PRELOAD = os.environ.get("PRELOAD", "workbench.batch.engine")
    return of_the_command_line()

if __name__ == "__main__":
    cli._run = run
    cli.main()
"""
"""The command line on notebooks that show next to nothing, with hardly anything to share."""

ONE = ("--organisation", "Organisation 1")
QUICK = "print('made')"
SLOW = "import time\nopen({reached!r}, 'a').write('x')\ntime.sleep(3)"


@pytest.fixture
def command(tmp_path: Path, write_notebook: Any) -> Iterator[Callable[..., Any]]:
    """Starts ``workbench batch`` on a small study; ``close`` are streams that it does not get."""
    study = simulate(tmp_path / "study", 1, load_population().larger(3, 2, 3))
    started: list[subprocess.Popen[str]] = []

    def start(
        *options: str,
        cell: str = QUICK,
        output: Path = tmp_path / "out",
        close: str = "",
        **how: Any,
    ) -> subprocess.Popen[str]:
        notebooks = write_notebook("organisation", [cell.format(reached=str(tmp_path / "reached"))])
        program = tmp_path / "program.py"
        program.write_text(PROGRAM.format(notebooks=str(notebooks)))
        words = [sys.executable, str(program), "batch", str(study), "--output", str(output)]
        closed = ["sh", "-c", f'exec "$@" {close}', "sh"] if close else []
        how.setdefault("preexec_fn", _as_started_by_hand)
        how["env"] = os.environ | how.pop("env", {})
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        process = subprocess.Popen(
            [*closed, *words, *options], start_new_session=True, **pipes, **how
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _as_started_by_hand() -> None:
    """Heed the signals that whoever runs the tests may ignore, as under nohup."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def statuses(output: Path) -> list[str]:
    record = read_record(output)
    assert record is not None
    assert record.finished
    return sorted(entry.status for entry in record.reports.values())


LONG = "d" * 100


@pytest.mark.parametrize(
    ("environment", "options"),
    [
        ({"PYTHONIOENCODING": "ascii"}, ("--time-limit", "inf", "--memory-limit", "inf")),
        ({"PYTHONWARNINGS": "error", "PRELOAD": "workbench.batch.preload"}, ()),
        ({"TMPDIR": f"/{LONG}"}, ()),
    ],
)
def test_a_batch_runs_whatever_its_surroundings(
    command: Any, tmp_path: Path, environment: dict[str, str], options: tuple[str, ...]
) -> None:
    if "TMPDIR" in environment:
        environment = {"TMPDIR": f"{tmp_path}{environment['TMPDIR']}"}
        Path(environment["TMPDIR"]).mkdir()
    output = tmp_path / "Évora → ∑"
    out, err = command(*ONE, *options, output=output, env=environment).communicate()
    assert "1 of 1 report: " in out, err
    assert err.splitlines() == ["Computing what all reports share."]
    assert statuses(output) == ["ok"]


def test_a_batch_without_a_cache_makes_every_report_again_and_says_so(
    command: Any, tmp_path: Path
) -> None:
    environment = {"HOME": "/dev/null", "XDG_CACHE_HOME": "", "MPLCONFIGDIR": ""}
    lost = f"The record of {tmp_path / 'out'} cannot be read: every report is made again."
    for again in (False, True):
        out, err = command(*ONE, env=environment).communicate()
        assert "1 of 1 report: " in out, err
        told = [NO_CACHE, *([lost] if again else []), "Computing what all reports share."]
        assert err.splitlines() == told
        assert len(list((tmp_path / "out").glob("organisation-*.html"))) == 1


@pytest.mark.parametrize("close", [">&-", ">&- 2>&- <&-"])
def test_a_batch_runs_without_anywhere_to_print(command: Any, tmp_path: Path, close: str) -> None:
    process = command(*ONE, close=close)
    process.communicate()
    assert process.returncode == 0
    assert statuses(tmp_path / "out") == ["ok"]


def test_a_batch_goes_on_when_nobody_reads_what_it_prints(command: Any, tmp_path: Path) -> None:
    process = command("--jobs", "1")
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("Computing what all reports share.\n", 0)
    assert statuses(tmp_path / "out") == ["ok", "ok", "ok"]


def test_modules_in_the_folder_one_stands_in_play_no_part(command: Any, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for name in ("random", "calendar", "secrets", "statistics"):
        (folder / f"{name}.py").write_text("raise SystemExit('not the library')")
    out, err = command(*ONE, cell="import calendar, secrets, statistics", cwd=folder).communicate()
    assert "1 of 1 report: " in out, err


def until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_batch_that_is_ended_stops_as_by_ctrl_c(
    command: Any, tmp_path: Path, number: signal.Signals
) -> None:
    process, reached = command("--jobs", "2", cell=SLOW), tmp_path / "reached"
    until(lambda: reached.exists() and reached.stat().st_size == 2, process)
    os.killpg(process.pid, number)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.splitlines()[1:] == [
        "Stopping: 2 running report(s) will be finished; press Ctrl-C again to stop at once.",
        "workbench: Stopped.",
    ]
    assert statuses(tmp_path / "out") == ["ok", "ok", "pending"]
    assert (tmp_path / "out" / "index.html").is_file()


def test_sighup_is_ignored_where_it_was(command: Any, tmp_path: Path) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process, reached = command(*ONE, cell=SLOW, preexec_fn=ignore), tmp_path / "reached"
    until(reached.exists, process)
    os.killpg(process.pid, signal.SIGHUP)
    process.communicate()
    assert process.returncode == 0
    assert statuses(tmp_path / "out") == ["ok"]


def test_ctrl_c_twice_while_shared_results_are_computed_is_one_line(
    command: Any, tmp_path: Path
) -> None:
    """Also while the fork server is at its imports."""
    process = command(env={"SHARING": "30", "PRELOAD": "workbench.batch.preload"})
    assert process.stderr.readline() == "Computing what all reports share.\n"
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
    _, err = process.communicate()
    assert (process.returncode, err) == (130, "workbench: Stopped.\n")
    assert statuses(tmp_path / "out") == ["pending"] * 3
    command().communicate()
    assert statuses(tmp_path / "out") == ["ok"] * 3


def test_ctrl_c_while_the_command_is_imported_is_one_line(tmp_path: Path) -> None:
    slow = "import time\nprint('importing', flush=True)\ntime.sleep(60)\n"
    (tmp_path / "typer.py").write_text(slow, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", "from workbench.cli.start import main; main()"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_as_started_by_hand,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "workbench: Stopped.\n")


def obey_permissions() -> None:
    """Let permissions count even where tests are run by the administrator (Linux)."""
    system = ctypes.CDLL(None)
    for capability in (1, 2):  # to write and to read past them
        system.prctl(24, capability, 0, 0, 0)


def test_the_status_of_a_folder_that_cannot_be_written_to(command: Any, tmp_path: Path) -> None:
    command(*ONE).communicate()
    output = tmp_path / "out"
    every = [output, *output.rglob("*")]
    for path in every:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        process = command("--status", preexec_fn=obey_permissions)
        out, err = process.communicate()
        assert re.match(r"1 report, started \S+, finished \S+: 1 made", out), err
    finally:
        for path in every:
            path.chmod(0o755)


def test_a_batch_that_is_killed_leaves_nothing_that_the_next_one_does_not_clear(
    command: Any, tmp_path: Path
) -> None:
    temporary = tmp_path / "t"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary)}
    process, reached = command(*ONE, cell=SLOW, env=environment), tmp_path / "reached"
    until(reached.exists, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert list(temporary.iterdir())
    time.sleep(1)  # until its report is gone, which works there
    command(*ONE, env=environment).communicate()
    assert not list(temporary.iterdir())
    assert statuses(tmp_path / "out") == ["ok"]
    store = cache.place(tmp_path / "out")
    assert store is not None
    assert cache.trusted(store)
