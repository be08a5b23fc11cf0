"""Pages with small groups: the audit finds them without the guard, and nothing with it."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.audit import Finding

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.parametrize(
    "seed",
    [
        *range(30),
        80,  # half and half of 10 to 19 people: five each, or three each of which more were rounded
    ],
)
def test_the_guard_passes_it(planted: Any, tmp_path: Path, seed: int) -> None:
    assert planted.recovered(planted.draw(seed), tmp_path) == []


def with_other_hidden_answers(planted: Any, study: Any) -> Any:
    """The same study, but for one more person of its small organisation and other answers there,
    and for the answers to the question that few answered."""
    answers, (low, high) = study.answers.copy(), study.scale
    counts = answers["organisation"].value_counts()
    small = counts.index[counts < planted.LEAST]
    rows = answers["organisation"].isin(small)
    answers.loc[rows, planted.QUESTIONS] = low
    if counts[small].iloc[0] + 1 < planted.LEAST:
        answers = pd.concat([answers, answers[rows].head(1)], ignore_index=True)
    organisation, item = study.few
    given = (answers["organisation"] == organisation) & answers[item].notna()
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
