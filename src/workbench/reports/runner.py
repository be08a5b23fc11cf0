"""Making one report: notebook in, page out. This is what a worker process runs."""

import errno
import logging
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.files import write_atomically
from workbench.reports.workers import end_own_kernels, end_process

GRACE = 30.0
"""Seconds after the time limit at which a worker that still hangs ends itself."""

# Tags of the cells that papermill adds to a notebook.
_ADDED = frozenset({"injected-parameters", "papermill-error-cell-tag"})


@dataclass(frozen=True)
class Job:
    """One report to make. All a worker needs, picklable; ``about`` goes into the page's frame.

    ``time_limit`` in seconds, ``memory_limit`` of the kernel in bytes, 0 for none.
    """

    stem: str
    report: str
    organisation: str
    wave: str
    notebook: Path
    output: Path
    parameters: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    time_limit: float = 600.0
    memory_limit: int = 0
    inputs: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """The folder for what is not finished, on the file system of the output."""
        return self.output / ".work"


@dataclass(frozen=True)
class Outcome:
    """What became of a job: status ``ok``, ``failed`` or ``timeout``, seconds, and the rest."""

    status: str
    seconds: float
    error: str | None = None
    html: str | None = None
    notebook: str | None = None
    key_numbers: dict[str, Any] = field(default_factory=dict)


def run(job: Job) -> Outcome:
    """Make one report and say what became of it; no error of the report escapes.

    The notebook runs under papermill, in a kernel of its own that is gone afterwards, and its
    page takes its place in the output folder as a whole. If it fails, the earlier page is taken
    away, and the notebook is kept as far as it came.
    """
    from workbench.reports.keynumbers import collect
    from workbench.reports.rendering import render

    logging.getLogger("papermill").setLevel(logging.ERROR)
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    started = time.monotonic()
    partial = job.work / f"{job.stem}.ipynb"
    page, notebook = f"{job.stem}.html", f"notebooks/{job.stem}.ipynb"
    last_resort = threading.Timer(job.time_limit + GRACE, end_process)
    last_resort.daemon = True
    last_resort.start()
    try:
        executed = _execute_twice(job, partial, started + job.time_limit)
        content = render(executed)
        os.replace(partial, job.output / notebook)
        write_atomically(job.output / page, content, job.work)
        return Outcome(
            "ok",
            round(time.monotonic() - started, 2),
            html=page,
            notebook=notebook,
            key_numbers=collect(executed),
        )
    except Exception as error:
        (job.output / page).unlink(missing_ok=True)
        status, sentence = _diagnosis(error, partial, job)
        if _disk_full(error):
            partial.unlink(missing_ok=True)  # half a notebook; the record needs the room
        kept = _keep(partial, job.output / notebook)
        return Outcome(
            status,
            round(time.monotonic() - started, 2),
            error=sentence,
            notebook=notebook if kept else None,
        )
    finally:
        last_resort.cancel()


def _execute_twice(job: Job, partial: Path, deadline: float) -> Any:
    """Return the executed notebook; a kernel that dies may have been unlucky once."""
    from nbclient.exceptions import DeadKernelError

    try:
        return _execute(job, partial, deadline)
    except DeadKernelError:
        return _execute(job, partial, deadline)


def _execute(job: Job, partial: Path, deadline: float) -> Any:
    """Return the executed notebook; it is saved to ``partial`` however it ends."""
    import papermill
    from traitlets.config import Config

    from workbench.reports.kernels import FORKED, KERNEL_NAME

    limits = {"folder": str(job.notebook.parent), "memory_limit": job.memory_limit}

    def remaining(cell: Any = None) -> float:
        return max(deadline - time.monotonic(), 0.01)

    try:
        return papermill.execute_notebook(
            job.notebook,
            partial,
            parameters=job.parameters,
            about=job.about,
            engine_name=FORKED,
            kernel_name=KERNEL_NAME,
            language="python",
            progress_bar=False,
            start_timeout=max(1, min(60, round(remaining()))),
            config=Config({"ReportKernelManager": limits}),
            timeout_func=remaining,
            shutdown_kernel="immediate",
            raise_on_iopub_timeout=False,
        )
    finally:
        end_own_kernels()


def _keep(partial: Path, notebook: Path) -> bool:
    """Move the partly run notebook to where it can be looked at, if there is one."""
    if not partial.exists():
        return False
    try:
        os.replace(partial, notebook)
    except OSError:
        return False
    return True


def _cell_reached(partial: Path) -> str:
    """Return where a notebook stopped, as in ``" in cell 3 ('fit = study.fit()')"``."""
    import nbformat

    try:
        cells = nbformat.read(partial, as_version=4).cells
    except Exception:
        return ""
    own = [cell for cell in cells if not _ADDED.intersection(cell.metadata.get("tags", ()))]
    numbered = list(enumerate(own, start=1))
    for number, cell in reversed(numbered):
        if cell.metadata.get("papermill", {}).get("start_time"):
            first = next((line for line in cell.source.splitlines() if line.strip()), "")
            return f" in cell {number} ({first.strip()[:60]!r})"
    return ""


def _disk_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _diagnosis(error: Exception, partial: Path, job: Job) -> tuple[str, str]:
    """Return the status and the sentence for the manifest."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, CellTimeoutError):
        where = _cell_reached(partial)
        return "timeout", f"Stopped at its time limit of {job.time_limit:g} seconds{where}."
    if isinstance(error, PapermillExecutionError):
        if error.ename == "MemoryError" and job.memory_limit:
            limit = f"{job.memory_limit / 2**30:.2g} GB"
            return (
                "failed",
                f"It needs more memory than its limit of {limit}{_cell_reached(partial)}.",
            )
        message = " ".join(str(error.evalue).split())
        return "failed", f"{error.ename}: {message}{_cell_reached(partial)}"
    if isinstance(error, DeadKernelError):
        where = _cell_reached(partial)
        return (
            "failed",
            f"Its kernel died twice{where}: out of memory, crashed or ended.",
        )
    if _disk_full(error):
        return "failed", "There is no space left on the disk for it."
    message = " ".join(str(error).split())
    return "failed", f"{type(error).__name__}: {message}{_cell_reached(partial)}"
