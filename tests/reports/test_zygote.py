"""Forked kernels: ready at once, each for itself, none left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest

from workbench.reports import zygote
from workbench.reports.kernels import FORKED
from workbench.reports.zygote import ADDRESS, Zygote, fork_kernel

SLEEP = [sys.executable, "-m", "timeit", "-n1", "-r1", "import time; time.sleep(60)"]
"""Stands in for a kernel that would run on."""


@pytest.fixture
def _full(monkeypatch: pytest.MonkeyPatch, full: Zygote) -> None:
    monkeypatch.setenv(ADDRESS, full.address)


def execute(tmp_path: Path, *cells: str) -> list[Any]:
    """Return what the cells show, run by papermill as anyone would."""
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    ran = papermill.execute_notebook(
        nbformat.v4.new_notebook(cells=code),
        tmp_path / "out.ipynb",
        engine_name=FORKED,
        kernel_name="python3",
        language="python",
        progress_bar=False,
    )
    return [cell.outputs[-1]["data"] if cell.outputs else None for cell in ran.cells]


def text(shown: Any) -> Any:
    return shown["text/plain"]


def ended(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not psutil.pid_exists(pid)


@pytest.mark.usefixtures("_full")
def test_the_stack_is_there_and_nothing_was_started_for_it(tmp_path: Path, full: Zygote) -> None:
    parent, imported, loaded = execute(
        tmp_path,
        "import os\nos.getppid()",
        "import sys\nbefore = set(sys.modules)\n"
        "import workbench.reports.organisation, pingouin\nsorted(set(sys.modules) - before)",
        "'workbench.reports.organisation' in before",
    )
    assert int(text(parent)) == full.pid
    assert text(imported) == "[]"
    assert text(loaded) == "True"


@pytest.mark.usefixtures("_full")
def test_the_zygote_has_one_thread(tmp_path: Path, full: Zygote) -> None:
    execute(tmp_path, "1")
    assert psutil.Process(full.pid).num_threads() == 1


@pytest.mark.usefixtures("_full")
def test_a_figure_is_shown_as_in_any_notebook(tmp_path: Path) -> None:
    (shown,) = execute(tmp_path, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert "image/png" in shown


@pytest.mark.usefixtures("_full")
def test_no_two_kernels_draw_the_same_numbers(tmp_path: Path) -> None:
    draw = "import random\nimport numpy as np\n(random.random(), np.random.random())"
    first, second = (eval(text(execute(tmp_path, draw)[0])) for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]


@pytest.mark.usefixtures("_quick")
def test_a_kernel_has_its_clients_environment_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREETING", "hello")
    monkeypatch.chdir(tmp_path)
    asked = (
        "import os\n"
        "(os.environ['GREETING'], os.environ['JPY_PARENT_PID'], os.getcwd(),"
        " os.getpgid(0) == os.getpid(), 'OMP_NUM_THREADS' in os.environ)"
    )
    found = eval(text(execute(tmp_path, asked)[0]))
    inherited = "OMP_NUM_THREADS" in os.environ
    assert found == ("hello", str(os.getpid()), str(tmp_path.resolve()), True, inherited)


@pytest.mark.usefixtures("_quick")
def test_what_a_kernel_leaves_running_goes_with_it(tmp_path: Path) -> None:
    start = "import subprocess\nsubprocess.Popen(['sleep', '600']).pid"
    assert ended(int(text(execute(tmp_path, start)[0])))


@pytest.mark.usefixtures("_quick")
def test_a_kernel_goes_when_its_client_has_gone(tmp_path: Path) -> None:
    process = fork_kernel(SLEEP, os.environ, tmp_path)
    assert process is not None
    assert process.poll() is None
    process._connection.close()
    assert ended(process.pid)


@pytest.mark.usefixtures("_quick")
def test_an_exit_code_reaches_the_client(tmp_path: Path) -> None:
    killed = fork_kernel(SLEEP, os.environ, tmp_path)
    assert killed is not None
    killed.kill()
    assert killed.wait(10) == -signal.SIGKILL
    wrong = fork_kernel([*SLEEP[:3], "--nonsense"], os.environ, tmp_path)
    assert wrong is not None
    assert wrong.wait(10) == 2


def test_kernels_go_when_the_zygote_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed = Zygote(preload=())
    monkeypatch.setenv(ADDRESS, doomed.address)
    process = fork_kernel(SLEEP, os.environ, tmp_path)
    assert process is not None
    os.kill(doomed.pid, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    doomed.retire()


def test_a_retired_zygote_outlives_its_last_kernel_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Zygote(preload=())
    monkeypatch.setenv(ADDRESS, old.address)
    process = fork_kernel(SLEEP, os.environ, tmp_path)
    assert process is not None
    old.retire()
    time.sleep(0.1)
    assert old.alive
    assert process.poll() is None
    process.kill()
    process.wait(10)
    assert old._process.wait(10) == 0


def test_a_zygote_goes_with_a_killed_owner_and_leaves_no_file() -> None:
    program = (
        "import time\nfrom workbench.reports.zygote import Zygote\nmade = Zygote(preload=())\n"
        "print(made.pid, made.address, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid, address = owner.stdout.readline().split()
        assert Path(address.decode()).exists()
        owner.kill()
    assert ended(int(pid))
    assert not Path(address.decode()).parent.exists()


def test_changed_code_makes_a_new_zygote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "_own", None)
    monkeypatch.setattr(zygote, "PRELOAD", ())
    monkeypatch.setattr(zygote.Zygote.__init__, "__defaults__", ((),))
    monkeypatch.setattr(zygote, "code_state", lambda: "before")
    first = zygote.own_zygote()
    assert zygote.own_zygote() is first
    monkeypatch.setattr(zygote, "code_state", lambda: "after")
    second = zygote.own_zygote()
    assert second is not first
    assert first._process.wait(10) == 0
    second.retire()


@pytest.mark.usefixtures("_quick")
def test_where_there_is_no_fork_kernels_are_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zygote, "can_fork", lambda: False)
    (parent,) = execute(tmp_path, "import os\nos.getppid()")
    assert int(text(parent)) == os.getpid()


def test_another_interpreter_or_import_path_is_not_forked(tmp_path: Path) -> None:
    assert fork_kernel(["python3.99", "-m", "x"], os.environ, tmp_path) is None
    assert fork_kernel(SLEEP, os.environ | {"PYTHONPATH": "/elsewhere"}, tmp_path) is None
