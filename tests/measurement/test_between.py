"""Measurement between units: lavaan's two-level model (tests/reference/measurement/between.R),
known truths, and what stands where there is nothing to estimate."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench.errors import StudyError
from workbench.measurement import between_units
from workbench.study import Study, open_study

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "measurement"
EXPECTED = json.loads((REFERENCE / "between.json").read_text())


def study_of(folder: Path, answers: pd.DataFrame, constructs: dict[str, list[str]]) -> Study:
    """A study of one source with answers on 0–100."""
    write_study(
        folder,
        {"clients": answers},
        {"clients": constructs},
        chain="public-sector-service-value-chain",
        scale=(0, 100),
        settings={"minimum_count": 1},
    )
    return open_study(folder)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Study:
    answers = pd.read_csv(REFERENCE / "between.csv").assign(organisation="A")
    constructs = {"same": [f"s{i}" for i in range(1, 5)], "differ": [f"d{i}" for i in range(1, 5)]}
    return study_of(tmp_path_factory.mktemp("reference"), answers, constructs)


def drawn(
    units: int, each: tuple[int, int], loadings: list[float], of_unit: float, own: float
) -> pd.DataFrame:
    """Answers with ``each`` (fewest, most) respondents a unit; the construct's variance in one unit
    is 0.75, a question's noise 0.5."""
    random = np.random.default_rng(41)
    unit = np.repeat(np.arange(units), random.integers(each[0], each[1] + 1, units))
    common = np.sqrt(of_unit) * random.standard_normal(units)[unit]
    common += np.sqrt(0.75) * random.standard_normal(len(unit))
    answers = {
        f"q{place}": 50
        + 10 * loading * common
        + 10 * np.sqrt(own) * random.standard_normal(units)[unit]
        + 10 * np.sqrt(0.5) * random.standard_normal(len(unit))
        for place, loading in enumerate(loadings, 1)
    }
    keys = {"organisation": "A", "unit": [f"u{number}" for number in unit]}
    return pd.DataFrame(keys | {name: np.rint(values) for name, values in answers.items()})


@pytest.mark.parametrize("construct", ["same", "differ"])
def test_as_lavaans_two_level_model(reference: Study, construct: str) -> None:
    found, expected = between_units(reference, construct), EXPECTED[construct]
    assert found.omega.value == pytest.approx(expected["omega"], abs=0.005)
    assert found.alpha.value == pytest.approx(expected["alpha"], abs=0.005)
    assert found.index.value == pytest.approx(expected["index"], abs=0.01)
    assert found.sampling == pytest.approx(expected["sampling"], abs=0.01)
    assert found.own == pytest.approx(expected["own"], abs=0.005)
    assert found.chisq == pytest.approx(expected["chisq"], rel=0.1)
    assert found.index.value + found.sampling + found.own == pytest.approx(1)


def test_equal_and_unequal_loadings_are_told_apart(reference: Study) -> None:
    same, differ = between_units(reference, "same"), between_units(reference, "differ")
    assert same.pvalue > 0.05
    assert "no evidence" in same.alike
    assert differ.pvalue < 0.001
    assert "says nothing about people" in differ.alike


def test_recovers_the_truth_whatever_the_units_size(tmp_path: Path) -> None:
    answers = drawn(400, (4, 30), [1.0, 0.8, 1.2], of_unit=0.25, own=0.03)
    size = answers.groupby("unit").size()
    found = between_units(study_of(tmp_path, answers, {"service": ["q1", "q2", "q3"]}), "service")
    common, own = 0.25 * 3.0**2, 3 * 0.03
    sampling = (0.75 * 3.0**2 + 3 * 0.5) * (1 / size).mean()
    assert found.omega.lower < common / (common + own) < found.omega.upper
    assert found.index.lower < common / (common + own + sampling) < found.index.upper
    assert found.index.upper - found.index.lower < 0.15
    assert found.sampling == pytest.approx(sampling / (common + own + sampling), abs=0.04)
    assert found.pvalue > 0.05
    assert f"{found.index.value:.0%} of the differences between units" in found.words


def test_an_empty_between_part_says_so(tmp_path: Path) -> None:
    answers = drawn(60, (8, 8), [1.0, 1.0, 1.0], of_unit=0.0, own=0.0)
    found = between_units(study_of(tmp_path, answers, {"service": ["q1", "q2", "q3"]}), "service")
    assert found.icc1_lower <= 0
    assert "Units do not differ in service by more than chance" in found.words
    assert np.isnan([found.omega.value, found.index.value, found.chisq]).all()


def test_few_questions_have_what_they_can_have(tmp_path: Path) -> None:
    answers = drawn(300, (10, 10), [1.0, 1.0, 1.0], of_unit=0.25, own=0.03)
    study = study_of(tmp_path, answers, {"service": ["q1", "q2"], "trust": ["q3"]})
    two, one = between_units(study, "service"), between_units(study, "trust")
    assert two.omega.value == pytest.approx(two.alpha.value)
    assert two.omega.lower < 4 * 0.25 / (4 * 0.25 + 0.06) < two.omega.upper
    assert "not tested: this needs three questions" in two.alike
    assert np.isnan(one.omega.value)
    sampling = 1.25 / 10
    assert one.index.lower < 0.28 / (0.28 + sampling) < one.index.upper


def test_too_few_units_say_so(tmp_path: Path) -> None:
    answers = drawn(5, (30, 30), [1.0, 0.8, 1.2], of_unit=1.0, own=0.03)
    found = between_units(study_of(tmp_path, answers, {"service": ["q1", "q2", "q3"]}), "service")
    assert "5 units are too few" in found.words
    assert np.isnan(found.index.value)


def test_one_unit_alone_and_rows_that_are_units(tmp_path: Path, little: Study) -> None:
    answers = drawn(1, (30, 30), [1.0, 0.8], of_unit=1.0, own=0.03)
    (tmp_path / "one").mkdir()
    study = study_of(tmp_path / "one", answers, {"service": ["q1", "q2"]})
    assert "this needs at least two units" in between_units(study, "service").words
    with pytest.raises(StudyError, match="needs respondents"):
        between_units(little, "results")
