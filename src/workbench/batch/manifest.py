"""``manifest.json``: what a batch was asked for and what became of every report.

It holds numbers in full precision, paths and errors, so it is no file of the output folder but lies
in what is kept for that, see :mod:`workbench.batch.cache`.

While a batch runs, a line in a journal keeps each report the moment it is made; the manifest itself
is written as often as it can be without taking more than a twentieth of the time. Whoever reads
the manifest gets both.
"""

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, Self

from workbench.files import sha256, write_atomically
from workbench.interpretation.languages import SOURCE
from workbench.reports.provenance import now

SCHEMA = 7
FILE = "manifest.json"
JOURNAL = "manifest.journal"
SHARE_OF_TIME = 0.05
"""What part of a batch's time may go into writing its manifest, which grows with the batch."""

_PLAIN = (
    "study", "title", "belongs_to", "simulated", "started", "finished", "provenance", "planned",
    "waves", "spine", "language", "publisher", "jobs", "computed",
)  # fmt: skip

Status = Literal["ok", "failed", "timeout", "skipped", "pending"]
"""``skipped``: up to date, the earlier page stands. ``pending``: planned and not made yet."""


@dataclass(frozen=True)
class Entry:
    """What became of one report.

    ``title`` is what a person knows it by; ``html`` and ``source`` (the report notebook) are
    relative to the output folder, ``notebook`` (as it was run) to the record's; ``inputs`` has a
    hash of each thing the page depends on, by what it is. ``made``, ``sha256`` and ``key_numbers``
    are those of the page that stands, which is an earlier one where the report was not made this
    time. ``expected`` are the seconds that it was expected to take, None where it did not have to
    be made. ``error`` may hold anything that a notebook's code could read.
    """

    name: str
    title: str = ""
    chain: str = ""
    organisation: str = ""
    wave: str = ""
    source: str = ""
    status: Status = "pending"
    seconds: float | None = None
    expected: float | None = None
    error: str | None = None
    html: str | None = None
    notebook: str | None = None
    made: str | None = None
    sha256: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    key_numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return self.status in ("ok", "skipped")

    def stands(self, folder: Path) -> bool:
        """Tell whether its page is in the output folder as it was made."""
        page = folder / self.html if self.html else None
        return page is not None and page.is_file() and sha256(page) == self.sha256

    def remove(self, output: Path, store: Path) -> None:
        """Remove its files from the output folder and from the record's."""
        for folder, file in ((output, self.html), (store, self.notebook)):
            if file:
                (folder / file).unlink(missing_ok=True)


@dataclass
class Manifest:
    """The record of one output folder; reports by file stem, in the order of the plan.

    ``belongs_to`` tells which study's folder it is (see :mod:`workbench.batch.output`);
    ``planned`` are the reports that the last run was asked for, made anew or up to date, and
    ``waves`` those of the study, the earliest first; ``spine`` are the labels along its chain;
    ``language`` is the code of the pages' language, ``publisher`` what they say of who publishes
    them; ``jobs`` reports are made at the same time; ``computed`` tells how many costly
    computations of each name the last run ``made``, and how many of them ``again``.
    """

    study: str
    title: str
    belongs_to: str = ""
    simulated: bool = False
    started: str | None = None
    finished: str | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    planned: list[str] = field(default_factory=list)
    waves: list[str] = field(default_factory=list)
    spine: list[str] = field(default_factory=list)
    language: str = SOURCE
    publisher: dict[str, str] = field(default_factory=dict)
    jobs: int = 1
    computed: dict[str, dict[str, int]] = field(default_factory=dict)
    reports: dict[str, Entry] = field(default_factory=dict)
    _rest_until: float = field(default=0.0, init=False, repr=False, compare=False)

    def to_json(self) -> str:
        record = {
            "schema": SCHEMA,
            **{name: getattr(self, name) for name in _PLAIN},
            "reports": [{"stem": stem, **asdict(entry)} for stem, entry in self.reports.items()],
        }
        return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @property
    def of_this_run(self) -> list[Entry]:
        """What became of the reports that the last run was asked for."""
        return [self.reports[stem] for stem in self.planned]

    def close(self, reason: str) -> None:
        """Set the end of the run; reports still pending get ``reason`` for an error."""
        self.finished = now()
        for stem, entry in self.reports.items():
            if entry.status == "pending":
                self.reports[stem] = replace(entry, error=reason)

    def write(self, folder: Path) -> None:
        """Replace the manifest in ``folder`` as a whole."""
        started = time.monotonic()
        write_atomically(folder / FILE, self.to_json())
        (folder / JOURNAL).unlink(missing_ok=True)
        written = time.monotonic()
        self._rest_until = written + (written - started) / SHARE_OF_TIME

    def record(self, folder: Path, stem: str, entry: Entry) -> None:
        """Set what became of one report and keep it in ``folder``."""
        self.reports[stem] = entry
        with (folder / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(json.dumps({"stem": stem, **asdict(entry)}, allow_nan=False) + "\n")
        if time.monotonic() >= self._rest_until:
            self.write(folder)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the manifest in ``folder``; ``None`` if there is none that this version knows."""
        try:
            record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(record, dict) or record.get("schema") != SCHEMA:
            return None
        known = [column.name for column in fields(Entry)]
        try:
            reports = {
                entry["stem"]: Entry(**{name: entry[name] for name in known})
                for entry in [*record["reports"], *_journal(folder)]
            }
            return cls(**{name: record[name] for name in _PLAIN if name in record}, reports=reports)
        except (KeyError, TypeError):
            return None


def _journal(folder: Path) -> list[dict[str, Any]]:
    """Return the entries that are newer than the manifest; a broken line is none."""
    known = {"stem", *(column.name for column in fields(Entry))}
    entries = []
    with suppress(FileNotFoundError):
        for line in (folder / JOURNAL).read_bytes().splitlines():
            with suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict) and entry.keys() >= known:
                    entries.append(entry)
    return entries
