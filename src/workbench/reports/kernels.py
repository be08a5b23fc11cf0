"""Kernels for reports: this interpreter, forked, no settings of the user, no port to race for.

Anyone's papermill can have them: ``papermill --engine workbench-forked in.ipynb out.ipynb``.
"""

import asyncio
import itertools
import os
import sys
import time
from functools import cache
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.paths import jupyter_runtime_dir
from traitlets import Any as AnyTrait
from traitlets import CaselessStrEnum, Int, Type, Unicode, default

from workbench.reports.memory import keep_within
from workbench.reports.workers import GROUPS
from workbench.reports.zygote import ForkedProcess, fork_kernel

KERNEL_NAME = "python3"
FORKED = "workbench-forked"
"""The name of the provisioner and of the papermill engine, in the entry points."""

_numbers = itertools.count()


class ForkedProvisioner(LocalProvisioner):
    """Forks a kernel from a process that has imported the stack; starts it where that cannot be."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        folder = options.get("cwd") or Path.cwd()
        environment = options["env"] | {"JPY_PARENT_PID": str(os.getpid())}
        # The parent is not the client, and watched already: 1 stands for none to watch.
        command = [*cmd, "--IPKernelApp.parent_handle=1"]
        forked = fork_kernel(command, environment, folder)
        if forked is None:
            return await super().launch_kernel(cmd, **options)
        self.process = forked  # type: ignore[assignment]
        self.pid = self.pgid = forked.pid
        self.cwd = folder
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait until the process has ended; of a forked one the zygote tells at once."""
        process: Any = self.process
        if not isinstance(process, ForkedProcess):
            return await super().wait()
        loop = asyncio.get_running_loop()
        while (code := process.poll()) is None:
            told = loop.create_future()
            loop.add_reader(process, told.set_result, None)
            try:
                await told
            finally:
                loop.remove_reader(process)
        self.process = None
        return code


@cache
def _context() -> zmq.asyncio.Context:
    """Return what the sockets of all clients of this process share: its threads start once."""
    context = zmq.asyncio.Context()
    # A client connects before its kernel listens; asking again only after 100 ms is too seldom.
    context.setsockopt(zmq.RECONNECT_IVL, 10)
    return context


class KernelStartError(RuntimeError):
    """A kernel ended before it answered."""


class ReportKernelClient(AsyncKernelClient):
    """Runs cells and hears what they show; nobody is there to be asked by the kernel.

    Whether the kernel lives its manager knows, so there is no heartbeat to listen to.
    """

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        return _context()

    def start_channels(self, *_: bool, **__: bool) -> None:
        self.iopub_channel.start()
        self.shell_channel.start()
        self.allow_stdin = False

    def stop_channels(self) -> None:
        self.iopub_channel.stop()
        self.shell_channel.stop()

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel answers and what it shows is heard.

        The base class waits for 0.2 seconds of silence first.

        Raises
        ------
        KernelStartError
            The kernel died.
        RuntimeError
            It said nothing for ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout if timeout else float("inf")
        heard = False
        while time.monotonic() < deadline:
            try:
                # A kernel welcomes who listens; what it said before nobody heard.
                if not heard:
                    await self.get_iopub_msg(timeout=0.5)
                    heard = True
                asked = self.kernel_info()
                reply = await self.get_shell_msg(timeout=1.0)
                while not await self._idle_after(asked):
                    pass
            except Empty:
                if not await self.is_alive():
                    raise KernelStartError("Kernel died before it answered.") from None
                continue
            self._handle_kernel_info_reply(reply)
            return
        raise RuntimeError(f"Kernel did not answer in {timeout} seconds.")

    async def _idle_after(self, asked: str) -> bool:
        """Hear one message and tell whether it ends the request; Empty if none was heard."""
        told = await self.get_iopub_msg(timeout=0.5)
        ended = told["msg_type"] == "status" and told["content"]["execution_state"] == "idle"
        return ended and told["parent_header"].get("msg_id") == asked


class ReportKernelManager(AsyncKernelManager):
    """A kernel of the running interpreter over sockets in the file system.

    Kernel specifications that happen to be installed do not matter. Each kernel leads a process
    group of its own, and the group is written down, so that whoever is left can end it.
    """

    transport = CaselessStrEnum(["tcp", "ipc"], default_value="ipc", config=True)

    folder = Unicode(
        "", config=True, help="Where the kernel works; default: where its client does."
    )
    memory_limit = Int(0, config=True, help="Bytes of memory the kernel may hold; 0 for any.")
    on_too_much = AnyTrait(
        config=True, help="Called when the kernel held more than that and was ended."
    )

    client_factory = Type(ReportKernelClient, klass=AsyncKernelClient, config=True)

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        return _context()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Sockets are named after the connection file; a path to one has about 100 characters.
        folder = Path(jupyter_runtime_dir())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.connection_file = str(folder / f"k{os.getpid()}-{next(_numbers)}.json")

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[
                sys.executable,
                "-m",
                "ipykernel_launcher",
                "-f",
                "{connection_file}",
                "--HistoryManager.enabled=False",
                "--InteractiveShell.colors=NoColor",
                "--IPKernelApp.outstream_class=workbench.reports.streams.SparingStream",
                "--IPythonKernel._execute_sleep=0",
            ],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": FORKED}},
        )

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
        if self.folder:
            options["cwd"] = self.folder
        await super()._async_launch_kernel(kernel_cmd, **options)
        folder = os.environ.get(GROUPS)
        pid = getattr(self.provisioner, "pid", None)
        if folder and pid:
            (Path(folder) / str(pid)).touch()
        if pid and self.memory_limit:
            keep_within(self.memory_limit, pid, self.on_too_much)

    async def _async_wait(self, pollinterval: float = 0.1) -> None:
        if self.provisioner is not None:
            await self.provisioner.wait()


def __getattr__(name: str) -> Any:
    # papermill looks the engine up while it is being imported, by whoever imports it first.
    if name == "ForkedEngine":
        from workbench.reports.engine import ForkedEngine

        return ForkedEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
