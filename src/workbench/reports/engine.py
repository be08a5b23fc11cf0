"""papermill's engine on forked kernels."""

from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager

from workbench.reports.kernels import ReportKernelManager


class SparingManager(NotebookExecutionManager):
    """Saves the notebook now and then, not twice for every cell.

    Writing a notebook takes longer than running most cells of a report.
    """

    def save(self, **_: Any) -> None:
        if (self.now() - self.last_save_time).total_seconds() >= self.autosave_cell_every > 0:
            super().save()


class ForkedEngine(NBClientEngine):
    """papermill's own engine on forked kernels, saving sparingly.

    ``about`` goes into the notebook's metadata under ``workbench``, for its page.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        about: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        if about:
            nb.metadata["workbench"] = about
        manager = SparingManager(nb, output_path, log_output, progress_bar, autosave_cell_every)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **options)
        except BaseException:
            # papermill itself writes the notebook only if it comes back.
            manager.notebook_complete()
            NotebookExecutionManager.save(manager)
            raise
        manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        options.setdefault("kernel_manager_class", ReportKernelManager)
        return super().execute_managed_notebook(nb_man, kernel_name, **options)
