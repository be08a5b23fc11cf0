"""Making one report: notebook in, page out, in a process of its own."""

import errno
import logging
import time
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from workbench.batch import processes
from workbench.batch.cache import KEPT, NOTEBOOKS
from workbench.batch.running import Note, noted
from workbench.cores import with_cores
from workbench.costly import Tally, counting, keeping
from workbench.files import write_atomically
from workbench.interpretation.languages import ENGLISH, Language, using_language
from workbench.scratch import scratch_folder

ENOUGH = 2**29
"""Bytes of memory that do for a report: those of the demo hold 0.3 GB at most."""

ERROR_LIMIT = 2000
"""Characters of an error's text that the record keeps."""

_GIVEN = "injected-parameters"
"""The tag of the cell in which papermill gives a notebook its parameters."""


@dataclass(frozen=True)
class Job:
    """One report to make. Picklable; ``about`` goes into the page's frame.

    Its page goes to ``output``, what nobody else is to see to ``store``, the folder of the record.
    ``time_limit`` in seconds, ``memory_limit`` in bytes, 0 for none; ``fault`` says
    why the notebook cannot be run, if it cannot; ``seconds`` is a guess at how long it takes;
    ``language`` is that of the page, ``cores`` how many it may use. The notebook as it was run
    stays with the record if it fails or is to be kept (``keep``). ``needs`` is what the reports
    made with it need of what they share.
    """

    stem: str
    report: str
    chain: str
    organisation: str
    wave: str
    notebook: Path
    output: Path
    store: Path
    parameters: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    time_limit: float = 600.0
    memory_limit: int = 0
    inputs: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    seconds: float = 0.0
    language: Language = ENGLISH
    keep: bool = False
    cores: int = 1
    needs: str = "all"

    @property
    def page(self) -> str:
        """The file of the page, as it is called from the output folder."""
        return f"{self.stem}.html"

    @property
    def executed(self) -> str:
        """The file of the notebook as it was run, as it is called from the record's folder."""
        return f"{NOTEBOOKS}/{self.stem}.ipynb"


@dataclass(frozen=True)
class Outcome:
    """What became of a job: status ``ok``, ``failed`` or ``timeout``, seconds, and the rest.

    ``sha256`` is that of the page, ``tally`` how often each costly computation was made.
    """

    status: str
    seconds: float = 0.0
    error: str | None = None
    html: str | None = None
    notebook: str | None = None
    sha256: str = ""
    key_numbers: dict[str, Any] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


def run(job: Job) -> Outcome:
    """Make one report and say what became of it; no error of the report escapes.

    Its process is gone afterwards, and its page takes its place in the output folder as a whole.
    If it fails, an earlier page is what it was, and the notebook is kept as far as it came.

    Raises
    ------
    StoppedError
        All processes were stopped.
    """
    started = time.monotonic()
    if job.fault:
        outcome = Outcome("failed", error=job.fault)
    else:
        with (
            scratch_folder() as folder,
            noted(job.store, job.stem, job.report, job.about["title"]) as note,
        ):
            outcome = _outcome(job, folder, started + job.time_limit, note)
    return replace(outcome, seconds=round(time.monotonic() - started, 2))


def _outcome(job: Job, scratch: Path, deadline: float, note: Note) -> Outcome:
    make = partial(
        processes.call,
        _make,
        job,
        scratch,
        note,
        scratch=scratch,
        folder=job.notebook.parent,
        deadline=deadline,
        memory_limit=job.memory_limit,
    )
    try:
        try:
            return make()
        except processes.DiedError:
            return make()  # it may have been unlucky once
    except processes.StoppedError:
        raise
    except processes.EndedError as end:
        from workbench.batch.engine import as_far_as_it_came

        notebook = as_far_as_it_came(scratch)
        status = "timeout" if isinstance(end, processes.OutOfTimeError) else "failed"
        sentence = _why_it_ended(end, _cell_reached(notebook), job)
        return Outcome(status, error=sentence, notebook=_keep(notebook, job))


def _make(job: Job, scratch: Path, note: Note) -> Outcome:
    """Make a report in this process."""
    from workbench.reports.keynumbers import collect
    from workbench.reports.rendering import render

    for noisy in ("papermill", "traitlets"):  # what goes wrong is in the record
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    notebook = None
    try:
        notebook = _with_parameters(job)
        with (
            using_language(job.language),
            counting() as tally,
            keeping(job.store / KEPT),
            with_cores(job.cores),
        ):
            _execute(notebook, scratch, note)
            try:
                content = render(notebook)
            except Exception as error:
                raise _Stopped(f"Its page could not be made: {shortened(error)}") from error
        numbers = collect(notebook)
        page = content.encode()
        if job.keep:
            write_atomically(job.store / job.executed, _written(notebook))
        else:
            (job.store / job.executed).unlink(missing_ok=True)
        write_atomically(job.output / job.page, page)
        kept = job.executed if job.keep else None
        return Outcome("ok", 0.0, None, job.page, kept, sha256(page).hexdigest(), numbers, tally)
    except Exception as error:
        return Outcome(
            "failed", error=_diagnosis(error, notebook, job), notebook=_keep(notebook, job)
        )


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


def _with_parameters(job: Job) -> Any:
    """Return the notebook with the cell in which papermill gives it its parameters."""
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    notebook = load_notebook_node(str(job.notebook))
    notebook.metadata["workbench"] = job.about
    return parameterize_notebook(notebook, job.parameters, kernel_name="python3", language="python")


def _execute(notebook: Any, scratch: Path, note: Note) -> None:
    """Run the cells of a notebook, which holds what they show afterwards."""
    from workbench.batch.engine import CellEngine, CellError

    try:
        CellEngine.execute_notebook(
            notebook, "python3", progress_bar=False, scratch=scratch, at_section=note.at
        )
    except CellError as error:
        told, where = shortened(str(error)), _cell_reached(notebook)
        if told.startswith("SystemExit"):
            told = f"It ended itself ({told.rstrip(': ')}){where}; a report has to run to its end."
            raise _Stopped(told) from error
        raise _Stopped(f"{told}{where}") from error


def _written(notebook: Any) -> str:
    import nbformat

    return nbformat.writes(notebook) + "\n"


def _why_it_ended(end: processes.EndedError, where: str, job: Job) -> str:
    """Return the sentence for the record on a process that ended early."""
    if isinstance(end, processes.OutOfTimeError):
        return f"Stopped at its time limit of {job.time_limit:g} seconds{where}."
    if isinstance(end, processes.PrintedTooMuchError):
        return f"It prints more than {processes.PRINT_LIMIT // 10**6} MB{where}."
    if isinstance(end, processes.OutOfMemoryError):
        more = max(2 * job.memory_limit, ENOUGH)
        return (
            f"It needs more memory than its limit of {_gigabytes(job.memory_limit)} GB{where}; "
            f"--memory-limit {_gigabytes(more)} gives it more, and fewer --jobs leave more to each."
        )
    return f"Its process died twice{where}: out of memory, crashed or ended."


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.2f}".rstrip("0").rstrip(".")


def _keep(notebook: Any, job: Job) -> str | None:
    """Keep a notebook as far as it came, where it can be looked at; return its file."""
    if notebook is None:
        return None
    try:
        write_atomically(job.store / job.executed, _written(notebook))
    except Exception:
        return None
    return job.executed


def _cell_reached(notebook: Any) -> str:
    """Return where a notebook stopped, as in ``" in cell 3 ('fit = study.fit()')"``."""
    if notebook is None:
        return ""
    own = [cell for cell in notebook.cells if _GIVEN not in cell.metadata.get("tags", ())]
    for number, cell in reversed(list(enumerate(own, start=1))):
        if cell.metadata.get("papermill", {}).get("start_time"):
            first = next((line for line in cell.source.splitlines() if line.strip()), "")
            return f" in cell {number} ({first.strip()[:60]!r})"
    return ""


def _diagnosis(error: Exception, notebook: Any, job: Job) -> str:
    """Return the sentence for the record on an error of this process."""
    if isinstance(error, _Stopped):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "There is no space left on the disk for it."
    where = _cell_reached(notebook)
    told = "" if where else f"{job.notebook.name} could not be run: "
    return f"{told}{shortened(error)}{where}"
