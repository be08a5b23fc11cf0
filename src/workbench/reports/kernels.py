"""Kernels for reports: this interpreter, no settings of the user, no port to race for."""

import itertools
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_runtime_dir
from traitlets import CaselessStrEnum

from workbench.reports.workers import GROUPS

KERNEL_NAME = "python3"

_numbers = itertools.count()


class ReportKernelManager(AsyncKernelManager):
    """A kernel of the running interpreter over sockets in the file system.

    Kernel specifications that happen to be installed do not matter. Each kernel leads a process
    group of its own, and the group is written down, so that whoever is left can end it.
    """

    transport = CaselessStrEnum(["tcp", "ipc"], default_value="ipc", config=True)

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
            ],
            display_name="Python 3",
            language="python",
        )

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
        await super()._async_launch_kernel(kernel_cmd, **options)
        folder = os.environ.get(GROUPS)
        pid = getattr(self.provisioner, "pid", None)
        if folder and pid:
            (Path(folder) / str(pid)).touch()
