"""What an attack on finished pages brings back: of the guard, and of primary suppression alone.

Random studies of clients, each with organisations of 4 to 180 people, in which small groups are
planted: a question that 1 to 9 people of an organisation answered, an organisation of fewer than
ten people, a question to which all gave the same answer, and one of whose answers one or two people
gave. One study in three has an earlier wave, whose pages are published too. To every other question
up to seven people of an organisation say that they do not know. In half of the studies people came
by one of four channels, some of which few used. Their pages are made twice and audited as
``workbench disclosure`` does: with the guard as it is, and with primary suppression alone, which
hides groups of fewer than ten people and nothing else.

Every study has a second edition, in which people answer late in one organisation: one to three, or
(in one study of four) ten to fifteen. In one of four the organisation has another name then. Pages
of both editions are compared, by a reader who knows of the new name. With the guard an edition is
made only if ``workbench publish`` would not refuse it.

Run from anywhere: python benchmarks/disclosure.py [STUDIES]   (500 by default; some twenty
minutes on one core; Ctrl-C stops it and counts what is done; writes DISCLOSURE.md)
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from workbench.audit import Finding, Rules, audited
from workbench.audit.editions import differences
from workbench.audit.reading import read_pages
from workbench.chain import ChainStudy, open_study
from workbench.figures import Prose
from workbench.figures.markup import element, together
from workbench.interpretation import numbers
from workbench.publishing import editions
from workbench.reports import channels, disclosure, questions, shared
from workbench.reports.pages import measurement, organisation
from workbench.reports.pages.technical import TechnicalReport

STUDIES = 500
EVERY = 5
"""Primary suppression alone is tried on one study in so many."""
LEAST = 10
WAVES_EVERY = 3
"""One study in so many has an earlier wave."""
ITEMS = {"access": ("a1", "a2"), "service": ("s1", "s2"), "trust": ("t1",)}
QUESTIONS = [item for own in ITEMS.values() for item in own]
UNKNOWN = 99
"""The code of "don't know"."""
EARLIER, LATEST = "2023", "2024"
SCALES = ((0, 1), (1, 3), (1, 4), (1, 5), (0, 10))
TOML = f"""
title = "Planted"
simulated = true
chain = "citizens-first"
minimum_count = {LEAST}

[columns]
organisation = "organisation"
unit = "unit"

[sources.clients]
file = "clients.csv"
rows = "respondents"
"""

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Planted:
    """A study's answers, and where small groups are: organisation and question of each kind."""

    answers: pd.DataFrame
    scale: tuple[int, int]
    few: tuple[str, str]
    alike: tuple[str, str]
    single: tuple[str, str]


def draw(seed: int) -> Planted:
    """Draw a study with planted small groups."""
    rng = np.random.default_rng(seed)
    low, high = SCALES[rng.integers(len(SCALES))]
    codes = np.arange(low, high + 1)
    sizes = [rng.integers(4, 10), *rng.integers(10, 40, 2), *rng.integers(40, 181, 2)]
    tables = []
    for name, size in zip("ABCDE", rng.permutation(sizes), strict=True):
        shares = rng.dirichlet(np.full(len(codes), 1.5), len(QUESTIONS))
        given = {
            item: pd.array(rng.choice(codes, size, p=own), dtype="Int64")
            for item, own in zip(QUESTIONS, shares, strict=True)
        }
        units = [f"{name}{number}" for number in rng.integers(1, 4, size)]
        tables.append(pd.DataFrame({"organisation": name, "unit": units, **given}))
    answers = pd.concat(tables, ignore_index=True)
    large = answers["organisation"].value_counts().loc[lambda counts: counts >= LEAST].index
    places = [(str(rng.choice(sorted(large))), str(item)) for item in rng.permutation(QUESTIONS)]
    few, alike, single = places[:3]
    rows = _rows(answers, few[0])
    answers.loc[rng.permutation(rows)[rng.integers(1, LEAST) :], few[1]] = pd.NA
    answers.loc[_rows(answers, alike[0]), alike[1]] = int(rng.choice(codes))
    rows = rng.permutation(_rows(answers, single[0]))
    chosen = rng.permutation(codes)
    one_or_two = rng.integers(1, 3)
    answers.loc[rows[:one_or_two], single[1]] = int(chosen[0])
    answers.loc[rows[one_or_two:], single[1]] = rng.choice(chosen[1:], len(rows) - one_or_two)
    _without_knowing(answers, {few, alike, single}, seed)
    if seed % 2:
        answers["channel"] = _channels(len(answers), seed)
    if seed % WAVES_EVERY == WAVES_EVERY - 1:
        answers = _with_earlier_wave(answers, codes, seed)
    return Planted(answers, (low, high), few, alike, single)


def _without_knowing(answers: pd.DataFrame, planted: set[tuple[str, str]], seed: int) -> None:
    """Let a few people of every organisation not know the answer to some of the other questions.

    Each question has an answer: that a small organisation has none is told.
    """
    rng = np.random.default_rng([seed, 3])
    for name in sorted(answers["organisation"].unique()):
        for item in QUESTIONS:
            rows = rng.permutation(_rows(answers, name))[1:]
            number = rng.integers(0, 8)
            if (name, item) not in planted:
                answers.loc[rows[:number], item] = UNKNOWN
                answers.loc[rows[number : number + rng.integers(0, 3)], item] = pd.NA


def _channels(people: int, seed: int) -> np.ndarray:
    """Draw the channel that each of so many people came by; of some it is not known."""
    rng = np.random.default_rng([seed, 4])
    return rng.choice(
        ["web", "phone", "counter", "fax", ""], people, p=[0.5, 0.3, 0.12, 0.05, 0.03]
    )


def _with_earlier_wave(answers: pd.DataFrame, codes: np.ndarray, seed: int) -> pd.DataFrame:
    """Add the answers of as many other people of each organisation to the wave before.

    To some questions of theirs few answered, and some answers one or two gave.
    """
    rng = np.random.default_rng([seed, 2])
    before = answers.drop(columns=QUESTIONS).assign(wave=EARLIER)
    for item in QUESTIONS:
        before[item] = pd.array(rng.choice(codes, len(before)), dtype="Int64")
    for name in before["organisation"].unique():
        rows = rng.permutation(_rows(before, name))
        few, single = rng.permutation(QUESTIONS)[:2]
        before.loc[rows[rng.integers(1, len(rows)) :], few] = pd.NA
        chosen, one_or_two = rng.permutation(codes), rng.integers(1, 3)
        before.loc[rows[:one_or_two], single] = int(chosen[0])
        before.loc[rows[one_or_two:], single] = rng.choice(chosen[1:], len(rows) - one_or_two)
    return pd.concat([before, answers.assign(wave=LATEST)], ignore_index=True)


@dataclass(frozen=True)
class Later:
    """The answers of a second edition, ``late`` of them new, of an organisation that was called
    ``before`` and is called ``now``."""

    answers: pd.DataFrame
    late: int
    before: str
    now: str


def later(planted: Planted, seed: int) -> Later:
    """Add the answers of people of one organisation who were late."""
    rng = np.random.default_rng([seed, 1])
    answers = planted.answers
    counts = answers.loc[latest(answers), "organisation"].value_counts()
    name = str(rng.choice(sorted(counts.index[counts >= LEAST])))
    low, high = planted.scale
    number = int(rng.integers(10, 16) if seed % 4 == 1 else rng.integers(1, 4))
    late = pd.DataFrame(rng.integers(low, high + 1, (number, len(QUESTIONS))))
    late = late.set_axis(QUESTIONS, axis=1).assign(organisation=name, unit=f"{name}1")
    if "channel" in answers:
        late["channel"] = "web"
    if "wave" in answers:
        late["wave"] = LATEST
    answers = pd.concat([answers, late], ignore_index=True)
    called = f"New {name}" if seed % 4 == 2 else name
    return Later(answers.replace({"organisation": {name: called}}), number, name, called)


def latest(answers: pd.DataFrame) -> np.ndarray:
    """Tell which answers are those of the latest wave."""
    if "wave" not in answers:
        return np.ones(len(answers), dtype=bool)
    return (answers["wave"] == LATEST).to_numpy()


def _rows(answers: pd.DataFrame, organisation: str) -> np.ndarray:
    return np.flatnonzero(answers["organisation"] == organisation)


def write_study(folder: Path, answers: pd.DataFrame, scale: tuple[int, int]) -> ChainStudy:
    """Write a study's files and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    wave = 'unit = "unit"\nwave = "wave"' if "wave" in answers else 'unit = "unit"'
    channel = 'channel = "channel"\n' if "channel" in answers else ""
    (folder / "study.toml").write_text(TOML.replace('unit = "unit"', wave) + channel)
    rows = [
        f"{item},clients,{construct},Question {item},{scale[0]},{scale[1]},"
        f"{UNKNOWN},{UNKNOWN}=Don't know"
        for construct, items in ITEMS.items()
        for item in items
    ]
    head = "item,source,construct,wording,low,high,missing,labels"
    (folder / "codebook.csv").write_text("\n".join([head, *rows]) + "\n")
    answers.to_csv(folder / "clients.csv", index=False)
    return open_study(folder)


def write_pages(study: ChainStudy, folder: Path) -> Path:
    """Write the sections with people's answers of every page, without models."""
    folder.mkdir(parents=True, exist_ok=True)
    for wave in study.waves or [""]:
        _write_wave(study, wave, folder)
    return folder


def _write_wave(study: ChainStudy, wave: str, folder: Path) -> None:
    """Write the pages of a wave; those of the latest have no wave in their names."""
    found = shared.described(study, wave)
    mark = f"-{wave}" if wave != study.wave() else ""
    rounding = Prose(disclosure.rounding())
    for name in study.organisations["organisation"]:
        own = organisation.OrganisationReport(study, name, found)
        sections = [own.title(), own.cards(), own.questions(), own.trend(), own.channels()]
        sections.append(own.data_quality())
        _write(folder / f"organisation-{name}{mark}.html", [*sections, rounding])
    every = TechnicalReport(study, found)
    items = measurement.MeasurementReport(study, found.wave, None, found).items()
    _write(folder / f"technical{mark}.html", [every.title(), every.data_quality(), rounding])
    _write(folder / f"measurement{mark}.html", [every.title(), items, rounding])


def _write(file: Path, sections: list) -> None:
    body = element("main", *(section.html for section in sections))
    file.write_text(together(element("html", element("body", body))))


def _as_they_are(spreads: Mapping[str, disclosure.Spread]) -> dict[str, np.ndarray]:
    return {item: spread.shares for item, spread in spreads.items()}


def _of_asked(people: np.ndarray, asked: float) -> tuple[float, np.ndarray]:
    return float(people.sum() / asked), people / asked


@contextmanager
def primary_suppression_alone() -> Iterator[None]:
    """Hide groups of fewer people than the minimum, and nothing else."""
    instead = (
        (disclosure, "_few_answers", lambda *_: {}),
        (disclosure, "_alike_answers", lambda *_: {}),
        (questions, "blurred_together", lambda spreads, _: _as_they_are(spreads)),
        (questions, "hidden_beside", lambda told, *_: told),
        (channels, "shown_channels", lambda sums, least: sums["people"] >= least),
        (questions, "blurred_reasons", lambda _, people, asked: _of_asked(people, asked)),
        (measurement, "blurred_statistics", lambda _, items, __: items),
        (shared, "blurred_means", lambda means, _: means),
    )
    with ExitStack() as stack:
        stack.enter_context(patch.object(numbers, "EXACT_FROM", 0))
        for room, name, function in instead:
            stack.enter_context(patch.object(room, name, function))
        yield


def publish(folder: Path, answers: pd.DataFrame, scale: tuple[int, int]) -> tuple[Path, Rules]:
    """Write a study and its pages to ``folder``; return that of the pages, and its rules."""
    study = write_study(folder / "study", answers, scale)
    return write_pages(study, folder / "pages"), Rules.of(study)


def recovered(planted: Planted, folder: Path) -> list[Finding]:
    """Return what came back from the pages of a study that is written to ``folder``."""
    return audited(*publish(folder, planted.answers, planted.scale))


ATTACKS = {
    "a question that 1 to 9 people answered": "few",
    "an answer that all gave": "alike",
    "an answer that one or two gave": "single",
}
OTHERS = "other answers that one or two, or more than 95%, gave, and other findings"
FEW_LATE = "what 1 to 3 people answered who were late, by comparison of two editions"
MANY_LATE = "the same of 10 to 15 people"
REFUSED = "second editions that `workbench publish` refuses"


def attacked(seed: int) -> list[tuple[str, int, int]]:
    """Return for every kind of small group how many were planted, and how many came back.

    Of what was not planted, the number of findings.
    """
    planted = draw(seed)
    with tempfile.TemporaryDirectory() as place:
        found = recovered(planted, Path(place))
    counts = []
    rest = set(found)
    for label, kind in ATTACKS.items():
        name, item = getattr(planted, kind)
        here = {one for one in found if _is_of(one, name) and one.row == f"Question {item}"}
        rest -= here
        counts.append((label, 1, int(bool(here))))
    return [*counts, (OTHERS, 0, len(rest))]


def subtracted(seed: int, refused: bool) -> list[tuple[str, int, int]]:
    """Return whether any answer of those who came late came back from two editions.

    ``refused``: a second edition that ``workbench publish`` refuses is not made.
    """
    planted = draw(seed)
    second = later(planted, seed)
    label = FEW_LATE if second.late < LEAST else MANY_LATE
    with tempfile.TemporaryDirectory() as place:
        before, after = Path(place) / "1", Path(place) / "2"
        studies = [
            write_study(folder / "study", answers, planted.scale)
            for folder, answers in ((before, planted.answers), (after, second.answers))
        ]
        if refused:
            earlier, now = map(editions.answers_shown, studies)
            edition = editions.Edition("en", 1, "", {}, {}, [], [], [], earlier)
            if editions.told_by_subtraction([edition], now, LEAST):
                return [(label, 1, 0), (REFUSED, 0, 1)]
        read = [
            read_pages(write_pages(study, folder / "pages"), Rules.of(study))
            for study, folder in zip(studies, (before, after), strict=True)
        ]
    known = [
        replace(page, organisation=second.before, name=f"organisation-{second.before}.html")
        if page.organisation == second.now
        else page
        for page in read[1]
    ]
    late = differences(known, read[0], Rules.of(studies[0]))
    return [(label, 1, int(any(_is_of(one, second.before) for one in late)))]


def _is_of(found: Finding, name: str) -> bool:
    return found.page == f"organisation-{name}.html"


def main(studies: int) -> None:
    """Attack so many studies, and write the table; of those that are done if stopped by Ctrl-C."""
    planted: dict[str, Counter[str]] = {"guard": Counter(), "primary": Counter()}
    came: dict[str, Counter[str]] = {"guard": Counter(), "primary": Counter()}

    def count(guard: str, found: list[tuple[str, int, int]]) -> None:
        for label, number, back in found:
            planted[guard][label] += number
            came[guard][label] += back

    done = 0
    with suppress(KeyboardInterrupt):
        for seed in range(studies):
            guarded = attacked(seed) + subtracted(seed, refused=True)
            if seed % EVERY == 0:
                with primary_suppression_alone():
                    count("primary", attacked(seed) + subtracted(seed, refused=False))
            count("guard", guarded)
            done = seed + 1

    def cell(guard: str, label: str) -> str:
        of = f" of {planted[guard][label]}" if planted[guard][label] else ""
        return f"{came[guard][label]}{of}"

    rows = [
        f"| {label} | {cell('primary', label)} | {cell('guard', label)} |"
        for label in (*ATTACKS, OTHERS, FEW_LATE, MANY_LATE, REFUSED)
    ]
    text = HEAD.format(studies=done, every=EVERY) + "\n".join(rows) + TAIL
    (HERE / "DISCLOSURE.md").write_text(text, encoding="utf-8")
    print(text)


HEAD = """# What finished pages give away

{studies} random studies with planted small groups, each with two editions, their pages attacked as
`workbench disclosure` does; made by `python benchmarks/disclosure.py`. Primary suppression hides
groups of fewer than ten people and nothing else; it is tried on one study in {every}. The table
says how many came back of the groups that were planted and of the people who were late, and how
many findings there were of others.

| attack | primary suppression alone | the guard |
|---|--:|--:|
"""
TAIL = """

Two editions that differ by a few people can tell what these answered, whatever each of them hides.
The audit of a single edition cannot see that, so `workbench publish` holds an edition against all
earlier ones and refuses it; in one study of four the organisation was renamed meanwhile.
"""


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES)
