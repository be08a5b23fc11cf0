"""ICC and r_wg(j) against R (tests/reference/linkage/agreement.R) and in cases plain to see."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import StudyError
from workbench.linkage import agreement, intraclass, within_group_agreement
from workbench.study import ALL_WAVES, Study

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "tests" / "reference" / "linkage"
EXPECTED = json.loads((REFERENCE / "agreement.json").read_text())


def reference_answers(design: str) -> tuple[np.ndarray, np.ndarray]:
    data = pd.read_csv(REFERENCE / "agreement.csv").query("design == @design")
    return data[["x1", "x2", "x3"]].to_numpy(float), data["unit"].to_numpy() - 1


@pytest.mark.parametrize("design", ["balanced", "unbalanced"])
def test_intraclass_as_in_r(design: str) -> None:
    items, unit = reference_answers(design)
    icc1, lower, upper, icc2 = intraclass(items.mean(axis=1), unit)
    expected = EXPECTED[design]
    assert icc1 == pytest.approx(expected["icc1"], abs=1e-10)
    assert lower == pytest.approx(expected["lower"], abs=1e-10)
    assert upper == pytest.approx(expected["upper"], abs=1e-10)
    assert icc2 == pytest.approx(expected["icc2"], abs=1e-10)


def test_intraclass_is_multilevels_with_equal_groups() -> None:
    items, unit = reference_answers("balanced")
    expected = EXPECTED["balanced"]["icc1_multilevel"]
    assert intraclass(items.mean(axis=1), unit)[0] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("design", ["balanced", "unbalanced"])
def test_within_group_agreement_as_in_r(design: str) -> None:
    items, unit = reference_answers(design)
    np.testing.assert_allclose(
        within_group_agreement(items, unit, 5), EXPECTED[design]["rwg"], atol=1e-10
    )


def test_full_agreement_and_none() -> None:
    same = np.array([[4.0, 4.0], [4.0, 4.0]])
    opposed = np.array([[1.0, 5.0], [5.0, 1.0]])
    rwg = within_group_agreement(np.vstack([same, opposed]), [0, 0, 1, 1], 5)
    assert rwg.tolist() == [1.0, 0.0]


def test_a_missing_answer_is_left_out_of_its_item_only() -> None:
    items = np.array([[4.0, 2.0], [np.nan, 4.0], [4.0, 3.0]])
    mean = (0 + 1) / 2 / 2  # variances 0 and 1 over σ² = 2
    expected = 2 * (1 - mean) / (2 * (1 - mean) + mean)
    assert within_group_agreement(items, [0, 0, 0], 5)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "group"),
    [
        ([], []),
        ([1.0, 2.0, 3.0], [0, 0, 0]),
        ([1.0, 2.0, 3.0], [0, 1, 2]),
        ([2.0, 2.0, 2.0, 2.0], [0, 0, 1, 1]),
    ],
    ids=["nothing", "one group", "groups of one", "no variance"],
)
def test_what_cannot_be_estimated_is_nan(values: list[float], group: list[int]) -> None:
    assert np.isnan(intraclass(values, group)).all()


def test_demo_has_the_intraclass_correlation_of_its_population(demo: Study) -> None:
    found = agreement(demo, "people", wave=ALL_WAVES)
    # A latent .30, less measurement error (reliability near .85).
    assert found.icc1_lower < 0.30 * 0.85 < found.icc1_upper
    assert found.units == 965
    assert found.group_size == pytest.approx(found.respondents / found.units)
    assert "between units" in found.words


def test_one_organisation_and_wave(demo: Study) -> None:
    found = agreement(demo, "service", organisation="Harbour Pilots", wave="2024")
    assert (found.units, found.respondents) == (2, 8)


def test_agreement_needs_respondents(demo: Study) -> None:
    with pytest.raises(StudyError, match="rows of source 'records' are units"):
        agreement(demo, "results")
