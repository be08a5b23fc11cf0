"""Kernels for reports: this interpreter, forked, no settings of the user, no port to race for.

Anyone's papermill can have them: ``papermill --engine workbench-forked in.ipynb out.ipynb``.
"""

import itertools
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.paths import jupyter_runtime_dir
from papermill.engines import NBClientEngine, NotebookExecutionManager
from traitlets import CaselessStrEnum, Int, Unicode

from workbench.reports.workers import GROUPS
from workbench.reports.zygote import fork_kernel

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


class ReportKernelManager(AsyncKernelManager):
    """A kernel of the running interpreter over sockets in the file system.

    Kernel specifications that happen to be installed do not matter. Each kernel leads a process
    group of its own, and the group is written down, so that whoever is left can end it.
    """

    transport = CaselessStrEnum(["tcp", "ipc"], default_value="ipc", config=True)

    folder = Unicode(
        "", config=True, help="Where the kernel works; default: where its client does."
    )
    memory_limit = Int(0, config=True, help="Bytes of memory the kernel may ask for; 0 for any.")

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
        if pid and self.memory_limit and sys.platform == "linux":
            import resource

            # Data, not address space: libraries reserve far more of that than they use.
            limit = (self.memory_limit, self.memory_limit)
            resource.prlimit(pid, resource.RLIMIT_DATA, limit)


class SparingManager(NotebookExecutionManager):
    """Saves the notebook at its end and now and then, not twice for every cell.

    Writing a notebook takes longer than running most cells of a report.
    """

    def save(self, **_: Any) -> None:
        age = (self.now() - self.last_save_time).total_seconds()
        if self.end_time is not None or age >= self.autosave_cell_every > 0:
            super().save()


class ForkedEngine(NBClientEngine):
    """papermill's own engine on forked kernels, saving sparingly."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **options: Any,
    ) -> Any:
        manager = SparingManager(nb, output_path, log_output, progress_bar, autosave_cell_every)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **options)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        options.setdefault("kernel_manager_class", ReportKernelManager)
        return super().execute_managed_notebook(nb_man, kernel_name, **options)
