"""The output folder of a batch: whose it is, and what must not be written over or kept."""

import fcntl
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch import cache
from workbench.batch.manifest import Entry, Manifest
from workbench.batch.notebooks import Report
from workbench.errors import WorkbenchError
from workbench.files import BESIDE
from workbench.reports.provenance import data_files
from workbench.study.definition import FILE_NAME as STUDY_FILE


class BatchError(WorkbenchError):
    """A batch cannot start, or cannot keep its record."""


def owner(study: Any, output: Path) -> str:
    """Return what tells the study that an output folder belongs to from all others.

    A study is its folder: it may change its title and its data, and another one may have the same
    name. What counts is where it lies, seen from the output, so that both can be moved together; a
    hash of it, so that the record tells nobody of this machine's folders. Where one alone was moved
    or copied, it is still the study's if the data are the very same.
    """
    place = os.path.relpath(Path(study.path).resolve(), output)
    return hashlib.sha256(Path(place).as_posix().encode("utf-8", "surrogateescape")).hexdigest()[
        :16
    ]


def require_own(study: Any, output: Path, notebooks: Path, option: str = "--output") -> None:
    """Require that the reports of a study may be written to ``output``.

    ``option`` is the one by which the command line was told of the folder.

    Raises
    ------
    BatchError
        Reports must not be written there: it holds the notebooks, a study, the top of a git
        checkout, the reports of another study, or anything else that no batch has made.
    """
    reason = _why_not(study, output, notebooks)
    if reason:
        raise BatchError(f"{output} {reason}; name another folder with {option}.")


def earlier_record(
    study: Any, output: Path, notebooks: Path, option: str = "--output"
) -> Manifest | None:
    """Return the record of earlier runs in ``output``, None if the folder is new or it is lost.

    Raises
    ------
    BatchError
        As :func:`require_own` does.
    """
    require_own(study, output, notebooks, option)
    return read_record(output)


def _why_not(study: Any, output: Path, notebooks: Path) -> str:
    """Return why reports must not be written to ``output``, or ""."""
    if output.exists() and not output.is_dir():
        return "is a file"
    if notebooks.resolve().is_relative_to(output):
        return "holds the report notebooks, and reports would replace them"
    if Path(study.path).resolve().is_relative_to(output) or (output / STUDY_FILE).exists():
        return "holds a study, and reports do not belong among its files"
    if (output / ".git").exists():
        return "is the top of a git checkout, where reports do not belong"
    there = {path.name for path in output.iterdir()} if output.is_dir() else set()
    if all(name.startswith(BESIDE) for name in there):
        return ""
    mark = cache.Mark.read(output)
    if mark is None:
        return f"was not made by a batch: it holds {min(there)!r} and no {cache.MARK}"
    if mark.belongs_to(owner(study, output)):
        return ""
    record = read_record(output)
    if record and _same_data(study, record):
        return ""
    whose = f", {record.title!r}" if record else ""
    told = f"holds the reports of another study{whose}"
    return f"{told} (studies are told apart by where their folders lie, and by their data)"


def read_record(output: Path) -> Manifest | None:
    """Return the record of an output folder, None if there is none that can be read."""
    store = cache.place(output)
    return Manifest.read(store) if store else None


def _same_data(study: Any, record: Manifest) -> bool:
    """Tell whether a record is of the very files of a study, wherever these or the reports lie."""
    return record.provenance.get("data") == data_files(study)


@contextmanager
def alone(output: Path) -> Iterator[None]:
    """Hold an output folder against other batches.

    Raises
    ------
    BatchError
        One is writing to it.
    """
    with locked(output, fcntl.LOCK_EX) as free:
        if not free:
            raise BatchError(
                f"Another batch is writing to {output}; wait for it or use another --output."
            )
        yield


@contextmanager
def unchanged(output: Path) -> Iterator[bool]:
    """Hold an output folder against batches while it is read; tell whether none is writing."""
    with locked(output, fcntl.LOCK_SH) as free:
        yield free


def is_running(output: Path) -> bool:
    """Tell whether a batch is writing to ``output``."""
    if not output.is_dir():
        return False
    with unchanged(output) as free:
        return not free


@contextmanager
def locked(folder: Path, how: int) -> Iterator[bool]:
    """Lock a folder, which leaves nothing in it; tell whether nobody else has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
            free = True
        except OSError:
            free = False
        yield free
    finally:
        os.close(handle)


def is_lost(record: Manifest | None, output: Path) -> bool:
    """Tell whether ``output`` holds reports whose record cannot be read."""
    return record is None and any(output.glob("*.html"))


@dataclass(frozen=True)
class Scope:
    """What a study's reports can be about, and which there are in the notebooks' folder."""

    simulated: bool
    organisations: Collection[str]
    waves: Collection[str]
    chains: Collection[str]
    reports: Mapping[str, Report]

    def why_gone(self, entry: Entry, record: Manifest, output: Path) -> str:
        """Return why a report of an earlier run stands no more, in words; "" if it does."""
        if record.simulated != self.simulated:
            before, now = ("simulated", "real") if record.simulated else ("real", "simulated")
            return f"it was made from {before} data, and the study's are {now}"
        if entry.organisation and entry.organisation not in self.organisations:
            return "the organisation is not in the data any more"
        if entry.wave and entry.wave not in self.waves:
            return f"the wave {entry.wave!r} is not in the data any more"
        if entry.chain and entry.chain not in self.chains:
            return "the study does not run this chain any more"
        if not (output / entry.source).is_file() and entry.name not in self.reports:
            return "its notebook is not there any more"
        report = self.reports.get(entry.name)
        asked = report is None or report.fault or _asks_for(report, entry, output)
        if not asked:
            return "its notebook does not ask for it any more"
        if entry.html and not (output / entry.html).is_file():
            return "its page is not there any more"
        return ""


def _asks_for(report: Report, entry: Entry, output: Path) -> bool:
    """Tell whether a page's notebook makes such pages, as its parameters are now.

    Of a notebook of the same name in another folder that is not known.
    """
    return relative(report.notebook, output) != entry.source or (
        report.per_organisation == bool(entry.organisation)
        and report.per_chain == bool(entry.chain)
        and (report.per_wave or not entry.wave)
    )


def relative(path: Path, output: Path) -> str:
    """Return a path as it is called from the output folder."""
    return Path(os.path.relpath(path.resolve(), output)).as_posix()
