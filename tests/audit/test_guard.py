"""Pages with small groups: the audit finds them without the guard, and nothing with it."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.audit import Finding, Rules, audited
from workbench.chain import open_study
from workbench.interpretation.messages import say
from workbench.measurement import distribution, indices
from workbench.reports import questions, shared
from workbench.reports.questions import is_positive
from workbench.study import Study

ROOT = Path(__file__).resolve().parents[2]
POSITIVE = re.compile("one or two gave (a positive answer|another one)|what almost each of")


@pytest.fixture(scope="module")
def planted() -> Iterator[Any]:
    """The random studies of the benchmark."""
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks import disclosure

        yield disclosure
    finally:
        sys.path.remove(str(ROOT))


def places(found: list[Finding], organisation: str, item: str) -> list[str]:
    """What was found of a question on an organisation's page."""
    return [
        one.what
        for one in found
        if one.page == f"organisation-{organisation}.html" and one.row == f"Question {item}"
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_primary_suppression_alone_fails_the_audit(planted: Any, tmp_path: Path, seed: int) -> None:
    study = planted.draw(seed)
    with planted.primary_suppression_alone():
        found = planted.recovered(study, tmp_path)
    assert any("fewer than the minimum" in what for what in places(found, *study.few))
    assert any("which tells what each" in what for what in places(found, *study.alike))
    assert any("one or two gave" in what for what in places(found, *study.single))


@pytest.mark.parametrize("seed", [2, 3])
def test_primary_suppression_alone_tells_by_shares_of_positive_answers(
    planted: Any, tmp_path: Path, seed: int
) -> None:
    with planted.primary_suppression_alone():
        found = planted.recovered(planted.draw(seed), tmp_path)
    assert any(POSITIVE.search(one.what) for one in found)


LEFT = re.compile(r"The channels shown leave (\d+) to (\d+) people who came by (.+)\.")
LABELS = {"Ease of access": "access", "Service satisfaction": "service"}
LABELS["Trust and confidence"] = "trust"


@pytest.mark.parametrize("seed", [1, 5])
def test_primary_suppression_alone_tells_small_channels_and_reasons(
    planted: Any, tmp_path: Path, seed: int
) -> None:
    """As many people are left as came by the hidden channels, or by none that is known."""
    study = planted.draw(seed)
    with planted.primary_suppression_alone():
        found = planted.recovered(study, tmp_path)
    assert sum("gave no answer for this reason" in one.what for one in found) >= 5
    left = [(one, told) for one in found if (told := LEFT.fullmatch(one.what))]
    assert left
    answers = study.answers.assign(channel=study.answers["channel"].replace("", "unknown"))
    for one, told in left:
        _, organisation, *wave = one.page.removesuffix(".html").split("-")
        here = answers["organisation"] == organisation
        if "wave" in answers:
            here &= answers["wave"] == (wave or [planted.LATEST])[0]
        here &= answers["channel"].isin([*told[3].split(" and "), "unknown"])
        own = answers.loc[here, list(planted.ITEMS[LABELS[one.row]])]
        people = (own.notna() & (own != planted.UNKNOWN)).any(axis=1).sum()
        assert int(told[1]) <= people <= int(told[2])
        assert people < planted.LEAST


@pytest.mark.parametrize(
    "seed",
    [
        *range(30),
        35,  # people who left a question out are nearer to an end than all answers
        80,  # half and half of 10 to 19 people: five each, or three each of which more were rounded
    ],
)
def test_the_guard_passes_it(planted: Any, tmp_path: Path, seed: int) -> None:
    assert planted.recovered(planted.draw(seed), tmp_path) == []


@pytest.mark.parametrize("seed", [2, 5])
def test_shares_of_positive_answers_must_be_made_of_shown_shares(
    planted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Of both waves; a version that counts the answers themselves fails the audit."""

    def as_they_are(shown: Study, _: pd.DataFrame) -> pd.DataFrame:
        keys = ("organisation", "wave")
        table = distribution(shown, planted.QUESTIONS, keys).rename(columns={"share": "value"})
        high = [
            is_positive(shown, *one) for one in zip(table["item"], table["answer"], strict=True)
        ]
        table["value"] *= high
        found = table.astype({"organisation": str, "wave": str})
        return found.groupby(["organisation", "item", "wave"])["value"].sum().reset_index()

    monkeypatch.setattr(questions, "_positive", as_they_are)
    found = planted.recovered(planted.draw(seed), tmp_path)
    told = {(one.page, one.column) for one in found}
    assert {column for _, column in told} >= {"Positive in 2023, %", "Positive in 2024, %"}
    assert any("not the sum of shown shares" in one.what for one in found)


def with_other_hidden_answers(planted: Any, study: Any) -> Any:
    """The same study, but for one more person of its small organisation and other answers there,
    and for the answers to the question that few answered."""
    answers, (low, high) = study.answers.copy(), study.scale
    counts = answers.loc[planted.latest(answers), "organisation"].value_counts()
    small = counts.index[counts < planted.LEAST]
    rows = answers["organisation"].isin(small) & planted.latest(answers)
    answers.loc[rows, planted.QUESTIONS] = low
    if counts[small].iloc[0] + 1 < planted.LEAST:
        answers = pd.concat([answers, answers[rows].head(1)], ignore_index=True)
    organisation, item = study.few
    given = (answers["organisation"] == organisation) & answers[item].notna()
    given &= planted.latest(answers)
    answers.loc[given, item] = answers.loc[given, item].map(lambda x: high if x == low else low)
    return replace(study, answers=answers)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pages_are_the_same_whatever_hidden_people_answered(
    planted: Any, tmp_path: Path, seed: int
) -> None:
    """No attack on a page can bring back what has no part in it."""
    study = planted.draw(seed)
    other = with_other_hidden_answers(planted, study)

    def pages(name: str) -> list[dict[str, str]]:
        folders = [
            planted.publish(tmp_path / name / str(one), own.answers, own.scale)[0]
            for one, own in enumerate((study, other))
        ]
        return [{file.name: file.read_text() for file in sorted(one.iterdir())} for one in folders]

    guarded, changed = pages("guarded")
    assert guarded == changed
    with planted.primary_suppression_alone():
        shown, changed = pages("primary")
    assert {name for name, page in shown.items() if changed[name] != page} >= {
        f"organisation-{study.few[0]}.html",
        "measurement.html",
    }


def test_pages_of_one_small_organisation_tell_no_more_than_its_own(
    planted: Any, tmp_path: Path
) -> None:
    """Twelve people are all there are, so what is told of all is told of them."""
    people = pd.DataFrame({"organisation": "A", "unit": "A1"}, range(12))
    answers = people.assign(**{item: [1, 2, *[3] * 4, *[4] * 6] for item in planted.QUESTIONS})
    alone = planted.Planted(answers, (1, 5), *[("A", "t1")] * 3)
    assert planted.recovered(alone, tmp_path / "guarded") == []
    with planted.primary_suppression_alone():
        found = planted.recovered(alone, tmp_path / "primary")
    assert {one.page for one in found} == {"measurement.html", "organisation-A.html"}


@pytest.mark.parametrize("others", [[], [4], [3], [4, 4]])
def test_an_index_near_the_end_of_its_scale_does_not_tell_who_gave_another_answer(
    planted: Any, tmp_path: Path, others: list[int]
) -> None:
    """Of twenty people all gave a 5, or all but one or two, to the only question about trust."""
    sizes = {"A": 20, "B": 60}
    tables = [
        pd.DataFrame({"organisation": name, "unit": [f"{name}1", f"{name}2"] * (size // 2)})
        for name, size in sizes.items()
    ]
    people = pd.concat(tables, ignore_index=True)
    answers = people.assign(**{item: [3, 2, 4, 4, 5] * 16 for item in planted.QUESTIONS})
    answers.loc[:19, "t1"] = [*others, *[5] * (20 - len(others))]
    alone = planted.Planted(answers, (1, 5), *[("A", "t1")] * 3)
    assert planted.recovered(alone, tmp_path / "guarded") == []
    with planted.primary_suppression_alone():
        found = planted.recovered(alone, tmp_path / "primary")
    told = [one for one in found if "The index tells that almost all" in one.what]
    assert {one.page for one in told} == {"organisation-A.html"}


def of_two_types(planted: Any, folder: Path) -> tuple[Any, Path]:
    """A study whose organisation C, of four people, is the third of its type; where its pages go.

    All but one gave the highest answer, so that a total with them in it is another one.
    """
    sizes = {"A": 120, "B": 150, "C": 4, "D": 130, "E": 110}
    tables = [
        pd.DataFrame({"organisation": name, "unit": [f"{name}{n % 4}" for n in range(size)]})
        for name, size in sizes.items()
    ]
    people = pd.concat(tables, ignore_index=True)
    number = np.arange(len(people))
    few = people["organisation"] == "C"
    answers = people.assign(
        **{
            item: np.where(
                few, 5 - (number % 4 == 0), 1 + (number * (place + 2) // 7 + number // 3) % 5
            )
            for place, item in enumerate(planted.QUESTIONS)
        }
    )
    planted.write_study(folder / "study", answers, (1, 5))
    kinds = ["town", "town", "town", "state", "state"]
    table = pd.DataFrame({"organisation": list(sizes), "name": list(sizes), "type": kinds})
    table.to_csv(folder / "study" / "organisations.csv", index=False)
    return open_study(folder / "study"), folder / "pages"


def test_means_of_a_type_leave_hidden_organisations_out(
    planted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, folder = of_two_types(planted, tmp_path)
    rules = Rules.of(study)
    assert audited(planted.write_pages(study, folder), rules) == []
    assert "Mean of the 2 of type town" in (folder / "organisation-A.html").read_text()

    of_shown = shared._places_in_type

    def of_all(current: pd.DataFrame, organisations: pd.DataFrame) -> pd.DataFrame:
        """Totals with the hidden organisation in them: primary suppression and nothing else."""
        every = indices(study, list(planted.ITEMS))
        return of_shown(every[every["wave"] == ""], organisations)

    monkeypatch.setattr(shared, "_places_in_type", of_all)
    found = audited(planted.write_pages(study, folder), rules)
    told = [one.what for one in found if "The mean of a type less" in one.what]
    assert len(told) == len(planted.ITEMS)
    for what in told:
        low, high = map(int, re.findall(r"(\d+) to (\d+)\.", what)[0])
        assert low <= 93.75 <= high  # the index of C
        # Three times a mean of whole points less two indices of whole points: five points, and
        # one more for ends that are told in whole points.
        assert high - low <= 6


def test_the_question_that_is_named_is_one_that_is_shown(
    planted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of twelve people all but two gave the highest answer to s1, of which no share is shown."""
    people = pd.DataFrame({"organisation": ["A"] * 12 + ["B"] * 60, "unit": ["x", "y", "z"] * 24})
    middle = [2, 3, 3, 3, 4, 4, 4, 3, 2, 2, 4, 3] * 6
    answers = people.assign(**dict.fromkeys(planted.QUESTIONS, middle))
    answers.loc[:11, "s1"] = [5] * 11 + [4]
    answers.loc[:11, "s2"] = [4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3]
    study = planted.Planted(answers, (1, 5), *[("A", "s1")] * 3)
    assert planted.recovered(study, tmp_path / "guarded") == []

    def by_all_answers(self: Any, construct: str, items: list[str]) -> str:
        means = self._own_means.loc[items, "share_of_range"]
        ends = {"highest": means.idxmax(), "lowest": means.idxmin()}
        label = self._label(construct)
        wordings = {end: self._wording(item) for end, item in ends.items()}
        return say("organisation.questions several", construct=label, **wordings)

    monkeypatch.setattr(
        planted.organisation.OrganisationReport, "_questions_in_words", by_all_answers
    )
    found = planted.recovered(study, tmp_path / "primary")
    assert ["It is hidden, and named" in one.what for one in found] == [True]
    assert found[0].row == "Question s1"
