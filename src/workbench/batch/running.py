"""Which reports are being made at this moment, how far they are, and how long the rest will take.

The process that makes a report keeps a note of it beside the record, so that the user can look: in
the batch itself and by ``workbench batch --status`` in another terminal.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import rmtree

from workbench.batch.manifest import Entry
from workbench.files import write_atomically

_FOLDER = "running"


@dataclass(frozen=True)
class Running:
    """A report that is being made: its name and title, the section it is at, and since when.

    ``section`` is "" before the first heading; ``began`` in seconds since 1970.
    """

    stem: str
    name: str
    title: str
    began: float
    section: str = ""

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return max(time.time() - self.began, 0.0)


class Note:
    """The note of one report that is being made; none where it cannot be written."""

    def __init__(self, store: Path, running: Running) -> None:
        self._file = store / _FOLDER / f"{running.stem}.json"
        self._running = running

    def at(self, section: str) -> None:
        """Write down which section is being made."""
        self._running = replace(self._running, section=section)
        with suppress(OSError):
            write_atomically(self._file, json.dumps(asdict(self._running)))


@contextmanager
def noted(store: Path, stem: str, name: str, title: str) -> Iterator[Note]:
    """Keep a note of a report for as long as it is being made.

    ``store`` is the folder of the record, here and below.
    """
    (store / _FOLDER).mkdir(parents=True, exist_ok=True)
    note = Note(store, Running(stem, name, title, time.time()))
    note.at("")
    try:
        yield note
    finally:
        note._file.unlink(missing_ok=True)


def forget(store: Path) -> None:
    """Remove the notes of reports that ended without doing so."""
    rmtree(store / _FOLDER, ignore_errors=True)


def being_made(store: Path) -> list[Running]:
    """Return the reports that are being made, the longest running first."""
    found = []
    for file in (store / _FOLDER).glob("*.json"):
        with suppress(OSError, ValueError, TypeError):  # it may have ended meanwhile
            found.append(Running(**json.loads(file.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda one: one.began)


def seconds_left(
    reports: Mapping[str, Entry], planned: Iterable[str], running: Iterable[Running], jobs: int
) -> float | None:
    """Return how long a batch will still take, None before its first report.

    What each report is expected to take is held against what those of this run took.

    Parameters
    ----------
    planned
        Stems of the reports that this run was asked for.
    jobs
        Reports made at the same time.
    """
    entries = {stem: reports[stem] for stem in planned if reports[stem].expected is not None}
    ended = [entry for entry in entries.values() if entry.status not in ("pending", "skipped")]
    expected = sum(entry.expected or 0.0 for entry in ended)
    if not expected:
        return None
    pace = sum(entry.seconds or 0.0 for entry in ended) / expected
    begun = {one.stem: one.seconds for one in running}
    left = [
        max(pace * (entry.expected or 0.0) - begun.get(stem, 0.0), 0.0)
        for stem, entry in entries.items()
        if entry.status == "pending"
    ]
    return max(sum(left) / jobs, max(left, default=0.0))
