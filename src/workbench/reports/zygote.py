"""Kernels that are ready at once: forked from a process that has already imported the stack.

A *zygote* is a process that imports what kernels need, stays single-threaded, and then does
nothing but fork. Each request comes over a connection of its own on a socket in the file system
and names a kernel's command line, environment and working folder; the fork answers with its
process id and becomes an ordinary ``ipykernel`` kernel. The connection is the kernel's lease: if
the client's end closes, the kernel and all it started are killed; when the kernel ends, its exit
code is the last thing said. Kernels are gone too when the zygote is. The zygote in turn leaves
when the process that started it has gone, as soon as its last kernel has.

Zygotes need Linux (``fork`` and ``PR_SET_PDEATHSIG``); elsewhere :func:`fork_kernel` says so by
returning None.
"""

import atexit
import contextlib
import ctypes
import gc
import hashlib
import json
import os
import random
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

ADDRESS = "WORKBENCH_ZYGOTE"
"""Environment variable: the socket of a zygote that another process has started."""

KERNEL = (
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "tornado.platform.asyncio",
    "workbench.reports.streams",
)
"""What makes a process a kernel; ipykernel itself puts off some of it."""

PRELOAD = (
    *KERNEL,
    "pingouin",
    "pyarrow.parquet",
    "scipy.stats",
    "workbench.reports.comparison",
    "workbench.reports.measurement",
    "workbench.reports.organisation",
)

REQUEST_SECONDS = 5.0
"""How long the zygote listens to one client that does not finish its request."""

READY_SECONDS = 30.0
"""How long a client waits for its kernel's process id: the imports, on a busy machine."""

_PR_SET_PDEATHSIG = 1

MODEST = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")
} | {"ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONHASHSEED": "0"}
"""Environment of what makes reports: one thread each, since they are made side by side; no memory
that Arrow's own allocator would keep for later; strings that hash the same on every run."""

# Arrow's allocator starts a thread when it is loaded, in use or not. The debugger comes with
# ipykernel and would say on import that it cannot stop in frozen modules.
_ENVIRONMENT = MODEST | {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


# ---------------------------------------------------------------------------------------------
# The zygote itself


@dataclass(frozen=True)
class Request:
    """A kernel wanted: what :class:`subprocess.Popen` would be told, and where to answer."""

    command: list[str]
    environment: dict[str, str]
    folder: str
    connection: socket.socket
    streams: list[int]


def main(descriptor: int, preload: Sequence[str]) -> None:
    """Import ``preload`` and fork kernels for whoever connects to the listening socket."""
    for module in preload:
        # What cannot be imported here shows its error where it is used.
        with contextlib.suppress(Exception):
            import_module(module)
    _warm_up()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    with socket.socket(fileno=descriptor) as listener:
        request = _serve(listener)
    if request is not None:
        _become_kernel(request)


def _warm_up() -> None:
    """Look up once, and before the forks, what every report's kernel would look up first."""
    _prepare_matplotlib()
    if "workbench.reports.provenance" in sys.modules:
        from workbench.reports import provenance

        for known in (provenance.versions, provenance.code, provenance.commit):
            known()


def _serve(listener: socket.socket) -> Request | None:
    """Fork for every request until nobody needs the zygote; return the request in each fork."""
    kernels: dict[int, socket.socket] = {}
    bell, ring = socket.socketpair()
    for end in (bell, ring):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ring.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, "request")
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ, "owner")
    selector.register(bell, selectors.EVENT_READ, "child")
    owned = True
    while owned or kernels:
        for key, _ in selector.select():
            if key.data == "owner":
                owned = False
                selector.unregister(key.fileobj)
                selector.unregister(listener)
                # An owner that was killed could not clear away the folder of the socket.
                shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)
                listener.close()
            elif key.data == "child":
                with contextlib.suppress(BlockingIOError):
                    bell.recv(4096)
                _bury(kernels, selector)
            elif key.data == "request":
                if not owned:
                    continue
                request = _accept(listener)
                if request is None:
                    continue
                child = os.fork()
                if child == 0:
                    signal.set_wakeup_fd(-1)
                    selector.close()
                    for other in (bell, ring, *kernels.values()):
                        other.close()
                    return request
                for stream in request.streams:
                    os.close(stream)
                kernels[child] = request.connection
                selector.register(request.connection, selectors.EVENT_READ, child)
            elif key.data in kernels:
                # A client never writes again: its end has closed.
                selector.unregister(key.fileobj)
                _kill_group(key.data)
    return None


def _accept(listener: socket.socket) -> Request | None:
    """Return what a client asks for; None if it went away before it had said so."""
    connection, _ = listener.accept()
    connection.settimeout(REQUEST_SECONDS)
    streams: list[int] = []
    try:
        text, streams, _, _ = socket.recv_fds(connection, 65536, 2)
        while not text.endswith(b"\n"):
            more = connection.recv(65536)
            if not more:
                raise ConnectionResetError
            text += more
        wanted = json.loads(text)
    except (OSError, ValueError):
        connection.close()
        for stream in streams:
            os.close(stream)
        return None
    return Request(**wanted, connection=connection, streams=streams)


def _bury(kernels: dict[int, socket.socket], selector: selectors.BaseSelector) -> None:
    """Collect kernels that have ended: kill what they left running, tell their clients."""
    for pid in list(kernels):
        done, status = os.waitpid(pid, os.WNOHANG)
        if not done:
            continue
        _kill_group(pid)
        connection = kernels.pop(pid)
        with contextlib.suppress(KeyError):
            selector.unregister(connection)
        with contextlib.suppress(OSError):
            connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        connection.close()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _become_kernel(request: Request) -> None:
    """Turn this fork into the kernel that was asked for."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in enumerate((null, *request.streams)):
        os.dup2(source, target)
        os.close(source)
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    _fresh_random_state()
    _prepare_matplotlib()
    request.connection.sendall(b"%d\n" % os.getpid())
    request.connection.close()
    _, _, module, *arguments = request.command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=False)


def _fresh_random_state() -> None:
    """No two kernels draw the same numbers because they were forked from one process."""
    random.seed()
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed()  # noqa: NPY002 – the old global state is what has to differ


def _prepare_matplotlib() -> None:
    """Let Matplotlib choose its back end by this kernel's environment, as if just imported."""
    if "matplotlib" in sys.modules:
        import matplotlib

        inline = "module://matplotlib_inline.backend_inline"
        matplotlib.rcParams["backend"] = os.environ.get("MPLBACKEND") or inline


# ---------------------------------------------------------------------------------------------
# What clients use


@dataclass
class ForkedProcess:
    """A forked kernel as its client sees it; what :class:`subprocess.Popen` offers, in part."""

    pid: int
    _connection: socket.socket
    _said: bytes = b""
    returncode: int | None = None
    stdin: None = field(default=None, init=False)
    stdout: None = field(default=None, init=False)
    stderr: None = field(default=None, init=False)

    def fileno(self) -> int:
        """Return what becomes readable when the kernel ends."""
        return self._connection.fileno()

    def poll(self) -> int | None:
        """Return the exit code, None while the kernel runs; -9 if its zygote is gone too."""
        while self.returncode is None:
            try:
                said = self._connection.recv(64)
            except BlockingIOError:
                return None
            except OSError:
                said = b""
            self._said += said
            if not said or self._said.endswith(b"\n"):
                self.returncode = int(self._said) if self._said else -signal.SIGKILL
                self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when the kernel has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            It still runs after ``timeout`` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0.0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Signal the kernel's group, unless the kernel has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Zygote:
    """A zygote of this process: started with the object, gone with the process."""

    def __init__(self, preload: Sequence[str] = PRELOAD) -> None:
        self.code = code_state()
        self._folder = tempfile.mkdtemp(prefix="workbench-")
        self.address = str(Path(self._folder) / "zygote")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(listener.fileno()), *preload],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                env=os.environ | _ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def retire(self) -> None:
        """Take no more requests; the process leaves when its last kernel has."""
        if self._process.stdin:
            self._process.stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)


_own: Zygote | None = None
_lock = threading.Lock()


def code_state() -> str:
    """Return a hash of the names, sizes and times of the package's source files."""
    package = Path(__file__).resolve().parents[1]
    state = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        about = path.stat()
        state.update(f"{path}:{about.st_size}:{about.st_mtime_ns}\n".encode())
    return state.hexdigest()


def can_fork() -> bool:
    """Tell whether this machine can have zygotes."""
    return sys.platform == "linux"


def own_zygote() -> Zygote:
    """Return the zygote of this process; a new one if there is none or the code has changed."""
    global _own
    with _lock:
        if _own is not None and not (_own.alive and _own.code == code_state()):
            _own.retire()
            _own = None
        if _own is None:
            _own = Zygote()
        return _own


def address() -> str | None:
    """Return the socket of the zygote this process should use, None where there can be none."""
    if not can_fork():
        return None
    return os.environ.get(ADDRESS) or own_zygote().address


@atexit.register
def _retire_own() -> None:
    if _own is not None:
        _own.retire()


def fork_kernel(
    command: Sequence[str], environment: Mapping[str, str], folder: str | Path
) -> ForkedProcess | None:
    """Return the process of a kernel forked to run ``command``; None if it has to be started.

    Only ``python -m module …`` of this interpreter can be forked, with this process's import path.
    A zygote named in the environment that does not answer is replaced by one of this process.
    """
    if not can_fork() or list(command[:2]) != [sys.executable, "-m"]:
        return None
    if environment.get("PYTHONPATH") != os.environ.get("PYTHONPATH"):
        return None
    wanted: dict[str, Any] = {
        "command": list(command),
        "environment": dict(environment),
        "folder": str(folder),
    }
    given = os.environ.get(ADDRESS)
    if given and (process := _ask(given, wanted)):
        return process
    return _ask(own_zygote().address, wanted)


def _ask(path: str, wanted: dict[str, Any]) -> ForkedProcess | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(READY_SECONDS)
        connection.connect(path)
        text = json.dumps(wanted).encode() + b"\n"
        sent = socket.send_fds(connection, [text], [1, 2])
        connection.sendall(text[sent:])
        said = b""
        while not said.endswith(b"\n"):
            more = connection.recv(1)
            if not more:
                raise ConnectionResetError
            said += more
    except OSError:
        connection.close()
        return None
    connection.setblocking(False)
    return ForkedProcess(int(said), connection)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
