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
from workbench.reports.manifest import WORK
from workbench.reports.workers import end_own_kernels, end_process

GRACE = 30.0
"""Seconds after the time limit at which a worker that still hangs ends itself."""

ENOUGH = 2**29
"""Bytes of memory that do for a report: those of the demo hold 0.3 GB at most."""

ERROR_LIMIT = 2000
"""Characters of an error's text that the record keeps."""

# Tags of the cells that papermill adds to a notebook.
_MARK = "papermill-error-cell-tag"
_ADDED = frozenset({"injected-parameters", _MARK})


@dataclass(frozen=True)
class Job:
    """One report to make. All a worker needs, picklable; ``about`` goes into the page's frame.

    ``time_limit`` in seconds, ``memory_limit`` of the kernel in bytes, 0 for none; ``fault`` says
    why the notebook cannot be run, if it cannot.
    """

    stem: str
    report: str
    chain: str
    organisation: str
    wave: str
    notebook: Path
    output: Path
    parameters: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    time_limit: float = 600.0
    memory_limit: int = 0
    inputs: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def work(self) -> Path:
        """The folder for what is not finished, on the file system of the output."""
        return self.output / WORK


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

    for noisy in ("papermill", "traitlets"):  # what goes wrong is in the record
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    started = time.monotonic()
    partial = job.work / f"{job.stem}.ipynb"
    page, notebook = f"{job.stem}.html", f"notebooks/{job.stem}.ipynb"
    last_resort = threading.Timer(job.time_limit + GRACE, end_process)
    last_resort.daemon = True
    last_resort.start()
    try:
        if job.fault:
            raise _Stopped(job.fault)
        executed = _execute_twice(job, partial, started + job.time_limit)
        try:
            content = render(executed)
        except Exception as error:
            raise _Stopped(f"Its page could not be made: {shortened(error)}") from error
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


def shortened(error: object) -> str:
    """Return what an error says, on one line, as far as the record keeps it.

    An error's text may be anything that a notebook's code could read, and of any length.
    """
    told = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
    text = " ".join(told.encode("utf-8", "replace").decode().split())
    if len(text) <= ERROR_LIMIT:
        return text
    return f"{text[:ERROR_LIMIT]} … (cut after {ERROR_LIMIT:,} of {len(text):,} characters)"


class _Stopped(Exception):
    """A report did not come to its end; the message is for the record."""


def _execute_twice(job: Job, partial: Path, deadline: float) -> Any:
    """Return the executed notebook; a kernel that dies may have been unlucky once."""
    from nbclient.exceptions import DeadKernelError

    from workbench.reports.kernels import KernelStartError

    try:
        return _execute(job, partial, deadline)
    except (DeadKernelError, KernelStartError):
        return _execute(job, partial, deadline)


def _execute(job: Job, partial: Path, deadline: float) -> Any:
    """Return the executed notebook; it is saved to ``partial`` however it ends."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    from workbench.reports.kernels import FORKED, KERNEL_NAME

    too_much = threading.Event()
    limits = {
        "folder": str(job.notebook.parent),
        "memory_limit": job.memory_limit,
        "on_too_much": lambda: too_much.set(),
    }

    def remaining(cell: Any = None) -> float:
        return max(deadline - time.monotonic(), 0.01)

    try:
        executed = papermill.execute_notebook(
            _as_it_is(job.notebook),
            _as_it_is(partial),
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
    except Exception as error:
        if too_much.is_set():
            raise _Stopped(_too_much_memory(job, partial)) from error
        executed = _as_far_as_it_came(partial)
        if executed is None:
            raise
        if _failed_cell(executed) is None:
            if not isinstance(error, PapermillExecutionError):
                raise
            # papermill takes an error that a cell was tagged to raise for a failure.
            nbformat.write(executed, partial)
    finally:
        end_own_kernels()
    failed = _failed_cell(executed)
    if failed is not None:
        raise _Stopped(_cell_failure(failed, partial))
    return executed


def _as_it_is(path: Path) -> str:
    """Return a path as papermill takes it, which formats paths with the parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _as_far_as_it_came(partial: Path) -> Any:
    """Return the saved notebook without papermill's marks, None if there is none."""
    import nbformat

    try:
        saved = nbformat.read(partial, as_version=4)
    except Exception:
        return None
    saved.cells = [cell for cell in saved.cells if _MARK not in cell.metadata.get("tags", ())]
    return saved


def _failed_cell(notebook: Any) -> Any:
    """Return the cell at which a notebook stopped, None if it came to its end."""
    for cell in notebook.cells:
        if cell.metadata.get("papermill", {}).get("exception"):
            return cell
    return None


def _cell_failure(cell: Any, partial: Path) -> str:
    """Return what a cell failed with: its engine has kept that, see :mod:`.engine`."""
    told, where = cell.metadata["papermill"].get("error", ""), _cell_reached(partial)
    if told.startswith("SystemExit"):
        return f"It ended itself ({told.rstrip(': ')}){where}; a report has to run to its end."
    return f"{told}{where}"


def _too_much_memory(job: Job, partial: Path) -> str:
    more = max(2 * job.memory_limit, ENOUGH)
    return (
        f"It needs more memory than its limit of {_gigabytes(job.memory_limit)} GB"
        f"{_cell_reached(partial)}; --memory-limit {_gigabytes(more)} gives it more, and fewer "
        "--jobs leave more to each."
    )


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.2f}".rstrip("0").rstrip(".")


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

    from workbench.reports.kernels import KernelStartError

    if isinstance(error, _Stopped):
        return "failed", str(error)
    if isinstance(error, CellTimeoutError):
        where = _cell_reached(partial)
        return "timeout", f"Stopped at its time limit of {job.time_limit:g} seconds{where}."
    if isinstance(error, KernelStartError):
        return "failed", "Its kernel died twice before it answered: out of memory or crashed."
    if isinstance(error, DeadKernelError):
        where = _cell_reached(partial)
        return (
            "failed",
            f"Its kernel died twice{where}: out of memory, crashed or ended.",
        )
    if _disk_full(error):
        return "failed", "There is no space left on the disk for it."
    where = _cell_reached(partial)
    if not where:
        return "failed", f"{job.notebook.name} could not be run: {shortened(error)}"
    return "failed", f"{shortened(error)}{where}"
