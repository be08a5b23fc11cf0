"""The list of reports: one page that finds every report of an output folder."""

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import jinja2

from workbench.batch.manifest import Entry, Manifest
from workbench.batch.notebooks import report_title
from workbench.figures.markup import linked
from workbench.figures.sliders import script_source
from workbench.files import write_atomically
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import say
from workbench.reports import provenance

TEMPLATE = provenance.PACKAGE / "reports" / "template"
FILE = "index.html"

LONG = 60
"""Rows from which a table of organisations is in the order of the alphabet, with its letters to
jump to, in a window of its own."""


def number_text(value: Any, digits: int | None = None) -> str:
    """Return a number as a table shows it: a true minus sign, no more digits than it carries.

    >>> number_text(61.23), number_text(-0.412), number_text(3)
    ('61.2', '−0.41', '3')
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    return fmt.number(value, _digits(value, digits))


def _plain(value: float, digits: int) -> str:
    """A number that programs read, with the digits that are shown."""
    return f"{round(value, digits) + 0.0:.{digits}f}"  # without a sign of zero


def _digits(value: float, digits: int | None) -> int:
    """How many decimals a number is shown with."""
    if digits is not None:
        return digits
    return 0 if isinstance(value, int) else (2 if abs(value) < 2 else 1)


def cell(number: Any) -> dict[str, Any]:
    """Return how the list shows one key number: ``text``, ``interval``, ``sort`` and ``number``."""
    parts = number if isinstance(number, dict) else {"value": number}
    value, digits = parts.get("value"), parts.get("digits")
    if value is None:
        return {"text": parts.get("note") or "–", "interval": "", "sort": None, "number": False}
    lower, upper = parts.get("lower"), parts.get("upper")
    interval = ""
    if lower is not None and upper is not None:
        ends = {"lower": number_text(lower, digits), "upper": number_text(upper, digits)}
        interval = say("number.interval", **ends)
    numeric = isinstance(value, int | float) and math.isfinite(value)
    text = number_text(value, digits)
    # What rows are sorted by stands in the page too: it must not tell more than what is shown.
    sort = _plain(value, _digits(value, digits)) if numeric else value
    return {"text": text, "interval": interval, "sort": sort, "number": numeric}


def runs(numbers: Mapping[str, Any], labels: Iterable[str]) -> list[tuple[dict[str, Any], int]]:
    """Return the cells of a row and how many columns each takes.

    A reason that stands for the numbers of several columns side by side is said once.
    """
    found: list[tuple[dict[str, Any], int]] = []
    for label in labels:
        shown = cell(numbers.get(label))
        if found and shown["sort"] is None and found[-1][0] == shown and shown["text"] != "–":
            found[-1] = (shown, found[-1][1] + 1)
        else:
            found.append((shown, 1))
    return found


def initial(name: str) -> str:
    """Return the letter under which a list has a name: without accent, # for all but letters.

    >>> initial("Évora"), initial("« Äiti »"), initial("12th Ward")
    ('E', 'A', '#')
    """
    first = next((letter for letter in name if letter.isalnum()), "")
    return unicodedata.normalize("NFD", first)[0].upper() if first.isalpha() else "#"


def _plainly(entry: Entry) -> tuple[bool, str, str]:
    """What reports are put in order by: other signs first, then letters, whatever their accents."""
    letter = initial(entry.title)
    plain = unicodedata.normalize("NFD", entry.title.casefold())
    told = "".join(one for one in plain if one.isalnum() or one == " ").strip()
    return letter != "#", letter, told


def earlier(entry: Entry) -> str:
    """Return the day of the earlier page that stands for a report not made this time, or ""."""
    return "" if entry.succeeded or not (entry.html and entry.made) else entry.made[:10]


def columns(entries: Iterable[Entry]) -> list[str]:
    """Return the labels of all key numbers in order of first appearance."""
    return list(dict.fromkeys(label for entry in entries for label in entry.key_numbers))


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["say"] = say
    environment.globals["spoken"] = spoken
    environment.filters["day"] = fmt.day
    environment.filters["cell"] = cell
    environment.filters["linked"] = linked
    environment.filters["earlier"] = earlier
    environment.filters["runs"] = runs
    environment.filters["source"] = script_source
    return environment.get_template("index.html.j2")


@dataclass(frozen=True)
class Group:
    """Reports of one kind in one table, or a single report as a card."""

    name: str
    entries: tuple[tuple[str, Entry], ...]

    @property
    def per_organisation(self) -> bool:
        return any(entry.organisation for _, entry in self.entries)

    @property
    def single(self) -> bool:
        return len(self.entries) == 1 and not self.per_organisation

    @property
    def long(self) -> bool:
        return self.per_organisation and len(self.entries) > LONG

    @property
    def rows(self) -> list[tuple[str, Entry]]:
        """The letter that a row is the first of, or "", and its report; no letters where all
        begin with the same one."""
        if not self.long:
            return [("", entry) for _, entry in self.entries]
        entries = sorted((entry for _, entry in self.entries), key=lambda entry: _plainly(entry))
        letters = [initial(entry.title) for entry in entries]
        before = [letters[0] if len(set(letters)) == 1 else "", *letters[:-1]]
        return [
            (own if own != last else "", entry)
            for own, last, entry in zip(letters, before, entries, strict=True)
        ]

    @property
    def letters(self) -> list[str]:
        """The letters to jump to."""
        return [letter for letter, _ in self.rows if letter]

    @property
    def complete(self) -> bool:
        return all(entry.succeeded for _, entry in self.entries)

    @property
    def columns(self) -> list[str]:
        return columns(entry for _, entry in self.entries)


@dataclass(frozen=True)
class OfWave:
    """The reports of one wave, single ones first; ``wave`` is "" for the latest."""

    wave: str
    groups: tuple[Group, ...]

    @property
    def title(self) -> str:
        return say("site.wave", wave=self.wave) if self.wave else say("site.latest")

    @property
    def cards(self) -> list[Entry]:
        return [group.entries[0][1] for group in self.groups if group.single]

    @property
    def tables(self) -> list[Group]:
        return [group for group in self.groups if not group.single]


def by_wave(manifest: Manifest) -> list[OfWave]:
    """Return the reports by wave: the latest first, then waves asked for by name, newest first."""
    asked = {entry.wave for entry in manifest.reports.values() if entry.wave}
    gone = sorted(asked - {*manifest.waves})  # waves of earlier data, now under another name
    found = []
    for wave in ["", *(wave for wave in reversed(manifest.waves) if wave in asked), *gone]:
        kinds: dict[str, list[tuple[str, Entry]]] = {}
        for stem, entry in manifest.reports.items():
            if entry.wave == wave:
                kinds.setdefault(entry.name, []).append((stem, entry))
        groups = [
            Group(
                report_title(kind),
                tuple(entries),
            )
            for kind, entries in kinds.items()
        ]
        groups.sort(key=lambda group: (not group.per_organisation, group.name))
        if groups:
            found.append(OfWave(wave, tuple(groups)))
    return found


def _jumps(found: list[OfWave]) -> list[tuple[str, str]]:
    """Return where on the page one may jump to: id and text of every table, then of every wave."""
    if not found:
        return []
    tables = [(f"group-1-{n}", group.name) for n, group in enumerate(found[0].tables, start=1)]
    waves = [(f"wave-{n}", one.title) for n, one in enumerate(found[1:], start=2)]
    return tables + waves


class Edition(Protocol):
    """What the list says of an edition of a site."""

    @property
    def number(self) -> int: ...

    @property
    def as_of(self) -> str: ...

    @property
    def summary(self) -> str: ...


def render(
    manifest: Manifest, published: Sequence[Edition] = (), files: Mapping[str, str] | None = None
) -> str:
    """Return the list of reports as a page: the latest, then wave by wave; failures by name.

    Of a site it lists the editions too that were ``published``, the first one first, and links to
    its ``files`` beside pages: ``numbers``, ``dictionary`` and ``provenance``.

    The list is for the public: why a report failed is in the record, since an error's text may be
    anything that a notebook's code could read. All is there without JavaScript; a short script adds
    sorting and a search box.
    """
    found = by_wave(manifest)
    return _template().render(
        manifest=manifest,
        waves=found,
        published=published,
        files=files or {},
        jumps=_jumps(found),
        version=manifest.provenance.get("versions", {}).get("workbench", ""),
        as_of=manifest.provenance.get("as_of", ""),
        failures=[entry for entry in manifest.reports.values() if not entry.succeeded],
    )


def write(manifest: Manifest, folder: Path) -> None:
    """Replace the list of reports in ``folder`` as a whole."""
    write_atomically(folder / FILE, render(manifest))
