"""Pages with small groups: the audit finds them without the guard, and nothing with it."""

import sys
from collections.abc import Iterator
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


@pytest.mark.parametrize("seed", range(30))
def test_the_guard_passes_it(planted: Any, tmp_path: Path, seed: int) -> None:
    assert planted.recovered(planted.draw(seed), tmp_path) == []


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
