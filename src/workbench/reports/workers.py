"""The processes of a batch: what they run in, and that none is left behind."""

import atexit
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path

from workbench.reports.zygote import ADDRESS, MODEST

GROUPS = "WORKBENCH_KERNEL_GROUPS"
"""Environment variable: the folder in which a file stands for every running kernel's group."""

_FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "IPYTHONDIR": "ipython",
    GROUPS: "groups",
}


def environment(scratch: Path) -> dict[str, str]:
    """Return the environment in which reports are made, whoever makes them.

    Settings of Jupyter and IPython are looked for in ``scratch``, where there are none; for the
    rest see ``MODEST``. ``scratch`` must be a short path: sockets live there.
    """
    folders = {name: str(scratch / folder) for name, folder in _FOLDERS.items()}
    return folders | MODEST | {"PYTHONSTARTUP": "", "JUPYTER_NO_CONFIG": "1"}


def end_groups(folder: Path) -> None:
    """Kill every process group written down in ``folder``: a kernel and all that it started."""
    for record in list(folder.glob("*")):
        try:
            os.killpg(int(record.name), signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        finally:
            record.unlink(missing_ok=True)


def end_own_kernels() -> None:
    """Kill what this worker's kernels left running."""
    if folder := os.environ.get(GROUPS):
        end_groups(Path(folder))


def end_all_kernels(scratch: Path) -> None:
    """Kill the kernels of every worker under ``scratch``, dead workers' among them."""
    for folder in scratch.glob("*/groups"):
        end_groups(folder)


def end_process() -> None:
    """End this worker at once, its kernels first, and clear away its files."""
    end_own_kernels()
    if folder := os.environ.get(GROUPS):
        shutil.rmtree(Path(folder).parent, ignore_errors=True)
    os._exit(1)


def _settle(own: Path) -> None:
    """Give this process the environment in which reports are made, with ``own`` for its files."""
    for folder in _FOLDERS.values():
        (own / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.update(environment(own))


def prepare_process() -> None:
    """Make reports here too, in a process that others have started; once is enough."""
    if GROUPS not in os.environ:
        own = Path(tempfile.mkdtemp(prefix="workbench-"))
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        _settle(own)


def prepare_worker(scratch: str, zygote: str | None) -> None:
    """Make this process a worker: clean environment, no life beyond its parent's.

    Its kernels are forked by the ``zygote`` that listens there, if there is one. Ctrl-C is the
    parent's affair: it lets running reports finish, or ends its workers.
    """
    _settle(Path(scratch) / str(os.getpid()))
    if zygote:
        os.environ[ADDRESS] = zygote
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: end_process())

    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            end_process()

        threading.Thread(target=follow, daemon=True).start()
