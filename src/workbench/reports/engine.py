"""papermill's engine on forked kernels."""

from typing import Any

from nbclient.exceptions import CellExecutionError
from papermill.engines import NBClientEngine, NotebookExecutionManager

from workbench.exceptions import UnknownNameError, listed, nearest
from workbench.reports.kernels import ReportKernelManager
from workbench.reports.notebooks import NotebookFault, declared
from workbench.reports.runner import shortened


class SparingManager(NotebookExecutionManager):
    """Saves the notebook now and then, not twice for every cell; keeps what a cell failed with.

    Writing a notebook takes longer than running most cells of a report.
    """

    def cell_exception(
        self, cell: Any, cell_index: int | None = None, exception: Any = None, **kwargs: Any
    ) -> None:
        super().cell_exception(cell, cell_index=cell_index, **kwargs)
        if isinstance(exception, CellExecutionError):
            told = shortened(f"{exception.ename}: {exception.evalue}")
            cell.metadata["papermill"]["error"] = told

    def save(self, **_: Any) -> None:
        if (self.now() - self.last_save_time).total_seconds() >= self.autosave_cell_every > 0:
            super().save()


class ForkedEngine(NBClientEngine):
    """papermill's own engine on forked kernels, saving sparingly.

    ``about`` goes into the notebook's metadata under ``workbench``, for its page. A notebook that
    ends itself by ``exit()`` before its end has failed, and so has one that is given a parameter
    which it does not declare: its page would be about what nobody asked for.
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
        _refuse_unknown(nb)
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
        options.setdefault("on_cell_executed", _refuse_exit)
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


def _refuse_unknown(nb: Any) -> None:
    """Raise UnknownNameError for a parameter that the notebook's cell does not declare."""
    try:
        known = declared(nb.cells)
    except NotebookFault:
        return  # what cannot be read declares nothing that could be compared
    for name in nb.metadata["papermill"].get("parameters", ()):
        if known and name not in known:
            raise UnknownNameError(
                f"The notebook has no parameter {name!r}; it has {listed(known)}."
                f"{nearest(name, known)}"
            )


def _refuse_exit(cell: Any, cell_index: int, execute_reply: Any) -> None:
    """Take ``exit()`` and ``quit()`` for the failures they are: IPython only notes them."""
    notes = execute_reply["content"].get("payload", ()) if execute_reply else ()
    if any(note.get("source") == "ask_exit" for note in notes):
        raise CellExecutionError("", "SystemExit", "exit() or quit()")
