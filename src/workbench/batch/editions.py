"""The private record of what was published of a study: one file an edition, in the study's folder.

Two editions that differ by a few late answers give these away: what one edition counts, less what
the earlier one counted, is what these people answered. So the record keeps, beside the names and
hashes of the published files, how often every answer was given in every group that was shown, and
a further edition is held against each earlier one.

The record lies in the study's folder, as private as the answers beside it, rather than in one
user's: whoever publishes next, from whatever machine, must find what was published before. It is
never part of a site.

Groups are organisations, by source and wave, known by their names: one that is called otherwise is
another group. Totals are sums of groups that are shown, so what holds for these holds for them.
Channels are not compared: pages show no more of them than means over all organisations, as whole
numbers.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from workbench.errors import DamagedFileError
from workbench.files import write_atomically
from workbench.measurement.scores import people_behind
from workbench.reports.disclosure import coverage, shown_only
from workbench.study import Study
from workbench.text import counted, listed

FOLDER = "editions"

SHOWN = 12
"""Pages that the list of editions names before it says how many more there are."""

Counts = dict[str, dict[str, dict[str, dict[str, dict[str, int]]]]]
"""How many people gave an answer, by source, wave, organisation, question and answer."""


@dataclass(frozen=True)
class Edition:
    """What was published at one time.

    ``as_of`` is the time of its data; ``files`` are the SHA-256 of the site's files by name, and
    ``titles`` what readers know its pages by, by file. ``added``, ``changed`` and ``withdrawn`` are
    titles of pages, held against the edition before. ``answers`` are those of the groups shown.
    """

    number: int
    as_of: str
    files: dict[str, str]
    titles: dict[str, str]
    added: list[str]
    changed: list[str]
    withdrawn: list[str]
    answers: Counts

    @property
    def summary(self) -> str:
        """What changed since the edition before, in words.

        >>> Edition(2, "", {}, {}, ["Parks"], ["Zoo", "Water"], [], {}).summary
        '1 page added (Parks); 2 pages changed (Zoo and Water).'
        """
        if self.number == 1:
            return f"{counted(len(self.titles), 'page')} published."
        parts = (("added", self.added), ("changed", self.changed), ("withdrawn", self.withdrawn))
        told = [
            f"{counted(len(titles), 'page')} {what} ({listed(titles, most=SHOWN)})"
            for what, titles in parts
            if titles
        ]
        return f"{'; '.join(told)}." if told else "The list of reports changed."


@dataclass(frozen=True)
class Change:
    """Answers to a question by one group that were added or removed since an edition.

    ``people`` is how many; ``wave`` is "" in a study without waves.
    """

    edition: Edition
    source: str
    wave: str
    organisation: str
    item: str
    people: int

    @property
    def group(self) -> str:
        """What the group is called in a message."""
        of_wave = f", wave {self.wave}" if self.wave else ""
        return f"{self.organisation} ({self.source}{of_wave})"


def answers_shown(study: Study) -> Counts:
    """Count the answers of every group that pages show, in organisation, source and wave.

    A source that does not say how many people stand behind its rows is left out: its numbers are
    of units, and the rule on small groups cannot be applied to it.
    """
    shown = shown_only(study, coverage(study))
    found: Counts = {}
    for name, source in study.sources.items():
        if not source.counts_people:
            continue
        answers = shown.answers(name)
        keys = answers[["wave", "organisation"]].astype("str")
        items = study.codebook.items_of_source(name)
        of_source = found.setdefault(name, {})
        for wave, organisation in keys.drop_duplicates().itertuples(index=False):
            # A question that nobody has answered yet is compared all the same.
            of_source.setdefault(wave, {})[organisation] = {item: {} for item in items}
        people = keys.assign(people=people_behind(answers))
        for item in items:
            groups = people.assign(answer=answers[item]).dropna()
            sums = groups.groupby(["wave", "organisation", "answer"])["people"].sum()
            for (wave, organisation, answer), number in sums.items():
                of_source[wave][organisation][item][f"{answer:.15g}"] = round(number)
    return found


def told_by_subtraction(
    earlier: Sequence[Edition], now: Counts, minimum_count: int
) -> list[Change]:
    """Return the changes that are so small that publishing both editions would tell the answers.

    A group that both show may keep its answers to a question as they were, or have at least
    ``minimum_count`` added or removed: fewer added answers, or fewer removed ones, would be those
    of a group too small to be shown. A group is held against every earlier edition that has it, for
    a reader may have kept any.
    """
    found = []
    for edition in earlier:
        for (source, wave, organisation, item), before, after in _in_both(edition.answers, now):
            differences = [after.get(key, 0) - before.get(key, 0) for key in {*before, *after}]
            added = sum(number for number in differences if number > 0)
            removed = -sum(number for number in differences if number < 0)
            people = [number for number in (added, removed) if 0 < number < minimum_count]
            if people:
                found.append(Change(edition, source, wave, organisation, item, min(people)))
    return found


def _in_both(
    one: Mapping[str, Any], other: Mapping[str, Any], depth: int = 4
) -> Iterator[tuple[tuple[str, ...], dict[str, int], dict[str, int]]]:
    """Walk through what both have, as deep as to the answers; give the names and both ends."""
    if not depth:
        yield (), dict(one), dict(other)
        return
    for name in one:
        if name in other:
            for names, first, second in _in_both(one[name], other[name], depth - 1):
                yield (name, *names), first, second


def read_editions(study: Study) -> list[Edition]:
    """Return the editions of a study that were published, the first one first.

    Raises
    ------
    DamagedFileError
        One cannot be read, so that nothing can be held against it.
    """
    return [_read(file) for file in sorted((study.path / FOLDER).glob("*.json"))]


def _read(file: Path) -> Edition:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Edition(**{column.name: content[column.name] for column in fields(Edition)})
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedFileError(
            f"{file} is not as it was written, so that a new edition cannot be held against it; "
            "restore it from a copy."
        ) from error


def write_edition(study: Study, edition: Edition) -> Path:
    """Keep an edition in the study's folder and return its file."""
    file = study.path / FOLDER / f"{edition.number:04}.json"
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, json.dumps(asdict(edition), ensure_ascii=False) + "\n")
    return file


def next_edition(
    earlier: Sequence[Edition],
    as_of: str,
    pages: Mapping[str, str],
    titles: Mapping[str, str],
    answers: Counts,
) -> Edition:
    """Return the edition that follows, its index not among its files yet.

    Parameters
    ----------
    pages, titles
        SHA-256 and title of every page, by file.
    """
    last = earlier[-1] if earlier else None
    before = {name: last.files[name] for name in last.titles} if last else {}
    return Edition(
        number=last.number + 1 if last else 1,
        as_of=as_of,
        files=dict(pages),
        titles=dict(titles),
        added=_titles(titles, pages.keys() - before.keys()),
        changed=_titles(
            titles, {name for name in pages if before.get(name, pages[name]) != pages[name]}
        ),
        withdrawn=_titles(last.titles, before.keys() - pages.keys()) if last else [],
        answers=answers,
    )


def _titles(titles: Mapping[str, str], names: Collection[str]) -> list[str]:
    return [title for name, title in titles.items() if name in names]
