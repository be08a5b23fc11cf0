"""Functions in processes of their own: within limits, and gone afterwards with all they started.

On Linux the processes are forked by the standard library's fork server, which has imported what
reports need (:mod:`workbench.batch.preload`); elsewhere each is started on its own. A process leads
a group, and the group is killed when the function has returned, when a limit is reached, or when
the process that called it is gone.
"""

import fcntl
import math
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.util import Finalize
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.batch.memory import holds_more
from workbench.reports.provenance import code_state
from workbench.scratch import scratch_folder

INTERVAL = 0.1
"""Seconds between two looks at a process."""

PRINT_LIMIT = 50_000_000
"""Bytes that a process may write to its standard output or error."""

STREAMS = ("stdout", "stderr")
"""The files in a process's scratch folder that get what it writes past Python's own streams."""

PRELOAD = "workbench.batch.preload"

FORKS = sys.platform == "linux"

MODEST = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")
} | {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": str(2**22),
    "MALLOC_TRIM_THRESHOLD_": str(2**26),
    "PYTHONHASHSEED": "0",
}
"""Environment of what makes reports: one thread each, since they are made side by side; no memory
that Arrow's own allocator would keep for later, and up to 64 MB that the C library keeps at once,
as it comes to do by itself (to ask the system anew for every array takes a tenth of a chain page's
time); strings that hash the same on every run."""

_NOBODYS = {
    "JUPYTER_CONFIG_DIR": os.devnull,
    "JUPYTER_DATA_DIR": os.devnull,
    "JUPYTER_NO_CONFIG": "1",
    "PYTHONSTARTUP": "",
    "PYTHONWARNINGS": "",
}
"""Environment in which the user's settings of Jupyter and Python are not found."""

_TERMINAL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals for a whole group of processes, of which this one alone decides what becomes of it."""

_SOCKET_PATH = 60
"""Characters that leave room for the name of a socket, which has a hundred in all."""

# Arrow's allocator starts a thread when it is loaded, in use or not; what forks must have one only.
# No module of the folder that a batch happens to be started in takes the place of a library's.
_OF_THE_SERVER = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "PYTHONSAFEPATH": "1"}

_context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
_lock = threading.Lock()
_running: set[Any] = set()
_stopped: set[Any] = set()
_served_code = ""


class EndedError(Exception):
    """A process ended before its function had returned."""


class DiedError(EndedError):
    """It crashed, ended itself or was killed by others."""


class OutOfTimeError(EndedError):
    """It was killed at its time limit."""


class OutOfMemoryError(EndedError):
    """It was killed because it and all that it had started held too much memory."""


class PrintedTooMuchError(EndedError):
    """It was killed because it, or what it had started, wrote too much to its output."""


class StoppedError(EndedError):
    """It was killed by :func:`stop_all`."""


def call(
    function: Callable[..., Any],
    *values: Any,
    scratch: Path,
    folder: Path,
    deadline: float = math.inf,
    memory_limit: int = 0,
) -> Any:
    """Return what ``function(*values)`` returns in a process of its own, or raise what it raises.

    Parameters
    ----------
    function, values
        All of it picklable; so is what comes back.
    scratch
        Folder of the process's own files; see ``STREAMS``.
    folder
        Where the process works.
    deadline
        Time on :func:`time.monotonic`'s clock at which it is killed.
    memory_limit
        Bytes that it and all it starts may hold, see :mod:`workbench.batch.memory`; 0 for any.

    Raises
    ------
    EndedError
        The process ended before the function had returned; the kind of error says why.
    """
    receiver, sender = _context.Pipe(duplex=False)
    environment = os.environ | MODEST | _NOBODYS | {"IPYTHONDIR": str(scratch / "ipython")}
    with _lock, _surroundings():
        process = _context.Process(
            target=_work, args=(sender, function, values, environment, str(scratch), str(folder))
        )
        process.start()
        _running.add(process)
    sender.close()
    try:
        returned, told = _outcome(process, receiver, scratch, deadline, memory_limit)
    except DiedError:
        raise (StoppedError if process in _stopped else DiedError) from None
    finally:
        with _lock:
            _running.discard(process)
            _stopped.discard(process)
            _kill(process)
        process.join()
        process.close()
        receiver.close()
    if returned:
        return told
    raise told


def _outcome(
    process: Any, receiver: Connection, scratch: Path, deadline: float, memory_limit: int
) -> tuple[bool, Any]:
    """Return whether the function returned, and what it returned or raised."""
    while not (ready := wait([receiver, process.sentinel], INTERVAL)):
        if time.monotonic() > deadline:
            raise OutOfTimeError
        if memory_limit and holds_more(process.pid, memory_limit):
            raise OutOfMemoryError
        if any(_size(scratch / stream) > PRINT_LIMIT for stream in STREAMS):
            raise PrintedTooMuchError
    if process.sentinel in ready:
        _kill(process)  # what it started may hold the other end of the connection
        if not receiver.poll():
            raise DiedError
    try:
        return receiver.recv()
    except (EOFError, OSError):
        raise DiedError from None


def stop_all() -> None:
    """Kill every process that :func:`call` waits for."""
    with _lock:
        _stopped.update(_running)
        for process in _running:
            _kill(process)


def prepare() -> None:
    """Let the fork server do its imports by now; a new one if the code has changed since."""
    global _served_code
    if not FORKS:
        return
    with _lock, _surroundings():
        code = code_state()
        if _served_code not in ("", code):
            forkserver._forkserver._stop()  # type: ignore[attr-defined]
        _served_code = code
        forkserver.ensure_running()


def end() -> None:
    """Let the fork server go at once, even while it is at its imports."""
    server: Any = forkserver._forkserver
    if server._forkserver_pid is not None:
        with suppress(ProcessLookupError):
            os.kill(server._forkserver_pid, signal.SIGKILL)
        server._stop()


@contextmanager
def _surroundings() -> Iterator[None]:
    """Start processes in the environment of the fork server, and without this program's own code.

    :mod:`multiprocessing` would run the file of the program again in each process; what is called
    here is in modules. Its warnings are no errors there, and Ctrl-C is not for the fork server.
    """
    environment, main = dict(os.environ), sys.modules["__main__"]
    warned = list(sys.warnoptions)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL)
    try:
        if FORKS:
            _context.set_forkserver_preload([PRELOAD])
            _place_sockets()
            resource_tracker.ensure_running()  # lets some of the signals through again
            signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL)
        os.environ.update(MODEST | _NOBODYS | _OF_THE_SERVER)
        sys.modules["__main__"] = ModuleType("__main__")
        sys.warnoptions.clear()
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        sys.warnoptions.extend(warned)
        sys.modules["__main__"] = main
        os.environ.clear()
        os.environ.update(environment)


def _place_sockets() -> None:
    """Have :mod:`multiprocessing` put its socket where the path is short, and not left behind."""
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    if "tempdir" not in settings:
        base = tempfile.gettempdir()
        held = ExitStack()
        short = base if len(os.fsencode(base)) <= _SOCKET_PATH else "/tmp"
        settings["tempdir"] = str(held.enter_context(scratch_folder(short)))
        Finalize(None, held.close, exitpriority=-100)


def _kill(process: Any) -> None:
    """Kill a process and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()  # it may not lead its group yet


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


# ---------------------------------------------------------------------------------------------
# In the process itself


def _work(
    connection: Connection,
    function: Callable[..., Any],
    values: tuple[Any, ...],
    environment: dict[str, str],
    scratch: str,
    folder: str,
) -> None:
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if FORKS:
        _be_killed_at_close(connection, True)
    else:
        _end_with_parent()
    os.environ.clear()
    os.environ.update(environment)
    _redirect(Path(scratch))
    os.chdir(folder)
    _fresh_random_state()
    prepare_matplotlib()
    try:
        told = True, function(*values)
    except BaseException as error:
        told = False, error
    if FORKS:
        _be_killed_at_close(connection, False)  # reading would count as well
    connection.send(told)


def _be_killed_at_close(connection: Connection, on: bool) -> None:
    """Have Linux kill this group when the caller's end closes, even while a C function hangs."""
    fcntl.fcntl(connection, fcntl.F_SETOWN, -os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(connection, fcntl.F_GETFL)
    fcntl.fcntl(connection, fcntl.F_SETFL, flags | os.O_ASYNC if on else flags & ~os.O_ASYNC)


def _end_with_parent() -> None:
    """Kill this group once the process that called is gone, as soon as a thread may run."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=follow, daemon=True).start()


def _redirect(scratch: Path) -> None:
    """Read nothing; write to files what is written past Python's own streams."""
    null = os.open(os.devnull, os.O_RDONLY)
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    files = [os.open(scratch / name, writing, 0o600) for name in STREAMS]
    for target, source in enumerate((null, *files)):
        os.dup2(source, target)
        os.close(source)


def _fresh_random_state() -> None:
    """No two processes draw the same numbers because they were forked from one."""
    random.seed()
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed()  # noqa: NPY002 – the old global state is what has to differ


def prepare_matplotlib() -> None:
    """Let Matplotlib show figures where they are made, unless the environment says otherwise."""
    inline = os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    if "matplotlib" in sys.modules:
        import matplotlib

        matplotlib.rcParams["backend"] = inline
