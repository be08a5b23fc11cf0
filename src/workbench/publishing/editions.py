"""The private record of what was published of a study: one file an edition, in the study's folder.

Each language has editions of its own, numbered from 1, in a folder of its own.

Two editions that differ by a few late answers give these away: what one edition counts, less what
the earlier one counted, is what these people answered. So the record keeps, beside the names and
hashes of the published files, how often every answer was given in every group that was shown, and
a further edition is held against each earlier one, in whatever language: readers know them all.

The record lies in the study's folder, as private as the answers beside it, rather than in one
user's: whoever publishes next, from whatever machine, must find what was published before. It is
never part of a site.

Groups are organisations and channels, by source and wave. Totals are sums of groups that are
shown, so what holds for these holds for them.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import DamagedFileError
from workbench.files import write_atomically
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, listed
from workbench.measurement.scores import people_behind
from workbench.reports.disclosure import coverage, shown_only
from workbench.study import Study

FOLDER = "editions"

SHOWN = 12
"""Pages that the list of editions names before it says how many more there are."""

SAME_PEOPLE = 0.95
"""The share of a group's answers that another group of the same people has, under another name."""

MEANS_WITHIN = 0.005
"""How far the mean of a channel may be from the one that is shown, as a part of its scale."""
_SEGMENT = "segment "
"""How the names of segments begin, which stand among the channels."""

TOLD = 0.5
"""A sum of answers known within this part of what its scale allows has been told."""

WITHOUT = "without an answer "
"""Before the code of those who gave none."""

Answered = dict[str, int]
"""How many people gave an answer to a question, by answer, and how many none, by their code."""

OfSource = dict[str, dict[str, dict[str, Answered]]]
"""The same by wave, group and question."""

Groups = dict[str, OfSource]
"""The same by source."""


@dataclass(frozen=True)
class Answers:
    """The answers that pages show: of every organisation, and of every channel, over all of them
    and in each."""

    organisations: Groups
    channels: Groups


@dataclass(frozen=True)
class Edition:
    """What was published at one time.

    ``language`` is the code of its own; ``as_of`` is the time of its data; ``files`` are the
    SHA-256 of the site's files by name, and ``titles`` what readers know its pages by, by file.
    ``added``, ``changed`` and ``withdrawn`` are titles of pages, held against the edition before.
    ``answers`` are those of the groups shown.
    """

    language: str
    number: int
    as_of: str
    files: dict[str, str]
    titles: dict[str, str]
    added: list[str]
    changed: list[str]
    withdrawn: list[str]
    answers: Answers

    @property
    def summary(self) -> str:
        """What changed since the edition before, in words.

        >>> Edition("en", 2, "", {}, {}, ["Parks"], ["Zoo", "Water"], [], Answers({}, {})).summary
        '1 page added (Parks); 2 pages changed (Zoo and Water).'
        """
        if self.number == 1:
            return say("edition.published", pages=counted(len(self.titles), "page"))
        parts = (("added", self.added), ("changed", self.changed), ("withdrawn", self.withdrawn))
        told = [
            say(
                f"edition.{what}",
                pages=counted(len(titles), "page"),
                titles=listed(titles, most=SHOWN),
            )
            for what, titles in parts
            if titles
        ]
        if not told:
            return say("edition.list")
        return say("editions told", changes="; ".join(told))


@dataclass(frozen=True)
class Change:
    """Answers to a question by one group that were added or removed since an edition.

    ``people`` is how many; ``wave`` is "" in a study without waves.
    """

    edition: Edition
    source: str
    wave: str
    called: str
    item: str
    people: int

    @property
    def group(self) -> str:
        """What the group is called in a message."""
        of_wave = f", wave {self.wave}" if self.wave else ""
        return f"{self.called} ({self.source}{of_wave})"


def answers_shown(study: Study) -> Answers:
    """Count the answers of every group that pages show.

    Groups are organisations, channels and segments (what is known of respondents), by source and
    wave.

    A source that does not say how many people stand behind its rows is left out: its numbers are
    of units, and the rule on small groups cannot be applied to it.
    """
    shown = shown_only(study, coverage(study))
    found = Answers({}, {})
    for name, source in study.sources.items():
        if not source.counts_people:
            continue
        answers = shown.answers(name)
        items = study.codebook.items_of_source(name)
        found.organisations[name] = _counted(answers, "organisation", items)
        if source.rows == "respondents":
            _add_unanswered(found.organisations[name], shown.without_answer(name))
        parts = []
        if "channel" in answers:
            parts = [(answers, "channel"), (_by_organisation(answers), "channel")]
        parts += [(_by_segment(answers, one), one) for one in source.covariates]
        of_channels: OfSource = {}
        for own, by in parts:
            for wave, groups in _counted(own, by, items).items():
                of_channels.setdefault(wave, {}).update(groups)
        if parts:
            found.channels[name] = _without_few(of_channels, study.minimum_count)
    return found


def _by_segment(answers: pd.DataFrame, covariate: str) -> pd.DataFrame:
    """Return the answers with values of a covariate that say of which, "segment age_group: old"."""
    values = answers[covariate].astype("str")
    return answers.assign(
        **{covariate: (_SEGMENT + f"{covariate}: " + values).where(values != "", "")}
    )


def _by_organisation(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the answers with channels that are those of one organisation, "phone, Parks"."""
    channel = answers["channel"].astype("str")
    own = channel + ", " + answers["organisation"].astype("str")
    return answers.assign(channel=own.where(channel != "", ""))


def _counted(answers: pd.DataFrame, by: str, items: Sequence[str]) -> OfSource:
    """Count how many people gave every answer, by wave, group, question and answer."""
    answers = answers[answers[by].notna() & (answers[by] != "")]
    keys = answers[["wave", by]].astype("str").set_axis(["wave", "group"], axis=1)
    found: OfSource = {}
    for wave, group in keys.drop_duplicates().itertuples(index=False):
        # A question that nobody has answered yet is compared all the same.
        found.setdefault(wave, {})[group] = {item: {} for item in items}
    people = keys.assign(people=people_behind(answers))
    for item in items:
        given = people.assign(answer=answers[item]).dropna()
        sums = given.groupby(["wave", "group", "answer"])["people"].sum()
        for (wave, group, answer), number in sums.items():
            found[wave][group][item][f"{answer:.15g}"] = round(number)
    return found


def _add_unanswered(counted: OfSource, missing: pd.DataFrame) -> None:
    """Count those without an answer too, by their code, and under "" who had none: pages tell
    their shares, so that two editions could tell who was late with them."""
    rows = missing[["organisation", "wave", "item", "code", "count"]].astype({"code": "str"})
    everybody: dict[tuple[str, str], int] = {}
    for group, wave, item, code, number in rows.itertuples(index=False):
        items = counted.get(str(wave), {}).get(str(group))
        if items is None:
            continue
        if not item:
            everybody[str(wave), str(group)] = round(number)
        elif item in items:
            items[item][WITHOUT + code] = round(number)
    for (wave, group), people in everybody.items():
        for answers in counted[wave][group].values():
            left = people - sum(answers.values())
            if answers and left:
                answers[WITHOUT] = left


def _without_few(counted: OfSource, least: int) -> OfSource:
    """Return the counts without the questions that too few people of a group answered."""
    return {
        wave: {
            group: {
                item: answers if sum(answers.values()) >= least else {}
                for item, answers in items.items()
            }
            for group, items in groups.items()
        }
        for wave, groups in counted.items()
    }


def _called(channel: str) -> str:
    return channel if channel.startswith(_SEGMENT) else f"channel {channel}"


def told_by_subtraction(
    earlier: Sequence[Edition], now: Answers, minimum_count: int
) -> list[Change]:
    """Return the changes that are so small that publishing both editions would tell the answers.

    An organisation that both show may keep its answers to a question as they were, or have at least
    ``minimum_count`` added or removed: fewer added answers, or fewer removed ones, would be those
    of a group too small to be shown. So may one that has another name now, or was joined or
    parted, if its answers show that it is the same people. Of a channel pages show means as whole
    numbers of 100; it may change by few answers where these do not tell them. A group is held
    against every earlier edition that has it, for a reader may have kept any.
    """
    found = []
    for edition in earlier:
        before = edition.answers
        of_channels = (
            ((source, wave, _called(channel), item), was, is_now)
            for (source, wave, channel, item), was, is_now in _in_both(
                before.channels, now.channels
            )
            if _told_by_means(was, is_now)
        )
        for (source, wave, called, item), was, is_now in (
            *_in_both(before.organisations, now.organisations),
            *_renamed(before.organisations, now.organisations),
            *of_channels,
        ):
            differences = [is_now.get(key, 0) - was.get(key, 0) for key in {*was, *is_now}]
            added = sum(number for number in differences if number > 0)
            removed = -sum(number for number in differences if number < 0)
            people = [number for number in (added, removed) if 0 < number < minimum_count]
            if people:
                found.append(Change(edition, source, wave, called, item, min(people)))
    return found


def _told_by_means(before: Answered, now: Answered) -> bool:
    """Tell whether two means, each within half a point of 100, tell those of the answers between.

    They leave the sum of these open within half a point of every person who counts in the two. It
    is told where that is less than half of what the scale allows.
    """
    people = sum(before.values()), sum(now.values())
    return MEANS_WITHIN * sum(people) < TOLD * max(abs(people[1] - people[0]), 1)


def _renamed(before: Groups, now: Groups) -> Iterator[tuple[tuple[str, ...], Answered, Answered]]:
    """Give the answers of organisations that only one edition has, if they are the same people's.

    They are where nearly all answers of the smaller are among those of the larger. Organisations
    are held against one another, and all that are gone against all that are new.
    """
    for source, wave in ((name, wave) for name, own in now.items() for wave in own):
        was, is_now = before.get(source, {}).get(wave, {}), now[source][wave]
        gone = [name for name in was if name not in is_now]
        new = [name for name in is_now if name not in was]
        pairs = [([old], [name]) for old in gone for name in new]
        if len(pairs) > 1:
            pairs.append((gone, new))
        for olds, names in pairs:
            one = _summed([was[name] for name in olds])
            other = _summed([is_now[name] for name in names])
            if _shared(one, other) >= SAME_PEOPLE:
                called = f"{listed(names)}, formerly {listed(olds)}"
                for item in one.keys() & other.keys():
                    yield (source, wave, called, item), dict(one[item]), dict(other[item])


def _summed(groups: Sequence[Mapping[str, Mapping[str, int]]]) -> dict[str, Counter[str]]:
    """Return how often every answer to each question was given in several groups together."""
    found: dict[str, Counter[str]] = {}
    for items in groups:
        for item, answers in items.items():
            found.setdefault(item, Counter()).update(answers)
    return found


def _shared(one: Mapping[str, Counter[str]], other: Mapping[str, Counter[str]]) -> float:
    """Return the share of the answers of the smaller group that the larger has too, 0 to 1."""
    common = sum((one[item] & other[item]).total() for item in one.keys() & other.keys())
    smaller = min(sum(answers.total() for answers in group.values()) for group in (one, other))
    return common / smaller if smaller else 0.0


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
    """Return the editions of a study that were published in any language.

    Those of one language follow one another, the first one first.

    Raises
    ------
    DamagedFileError
        One cannot be read, so that nothing can be held against it.
    """
    return [_read(file) for file in sorted((study.path / FOLDER).rglob("*.json"))]


def in_language_of(study: Study, published: Sequence[Edition]) -> list[Edition]:
    """Return the editions, of those published, in the language that the study speaks."""
    return [edition for edition in published if edition.language == study.language.code]


def _read(file: Path) -> Edition:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        edition = Edition(**{column.name: content[column.name] for column in fields(Edition)})
        return replace(edition, answers=Answers(**content["answers"]))
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedFileError(
            f"{file} is not as it was written, so that a new edition cannot be held against it; "
            "restore it from a copy."
        ) from error


def write_edition(study: Study, edition: Edition) -> Path:
    """Keep an edition in the study's folder and return its file."""
    file = study.path / FOLDER / edition.language / f"{edition.number:04}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(asdict(edition), ensure_ascii=False) + "\n")
    return file


def next_edition(
    language: str,
    earlier: Sequence[Edition],
    as_of: str,
    pages: Mapping[str, str],
    titles: Mapping[str, str],
    answers: Answers,
) -> Edition:
    """Return the edition that follows, its index not among its files yet.

    Parameters
    ----------
    language, earlier
        The code of its language, and the editions in it so far.
    pages, titles
        SHA-256 and title of every page, by file.
    """
    last = earlier[-1] if earlier else None
    before = {name: last.files[name] for name in last.titles} if last else {}
    return Edition(
        language=language,
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
