"""Tests between fits against lavTestLRT() and lavTestWald(), made by comparison.R."""

import json
from pathlib import Path

import pytest

from workbench import sem
from workbench.errors import ModelError

FILE = Path(__file__).parents[1] / "reference" / "sem" / "comparison.json"
EXPECTED = json.loads(FILE.read_text())
WIDE = "speed =~ x7 + a*x8 + b*x9 + c*x1"
NARROW = "speed =~ x7 + a*x8 + a*x9 + a*x1"


def check(found, expected):
    assert found.df == expected["df"]
    assert found.statistic == pytest.approx(expected["stat"], rel=1e-4)
    assert found.pvalue == pytest.approx(expected["pvalue"], rel=1e-3)


def test_invariance_after_a_saturated_model_is_scaled(inference_data):
    levels = sem.invariance(
        "textual =~ x4 + x5 + x6", inference_data("hs"), group="school", estimator="MLR"
    )
    found = levels.table
    assert found["df"][0] == 0
    for row, expected in zip((1, 2), EXPECTED["saturated"], strict=True):
        assert found["df_diff"][row] == expected["df"]
        assert found["chisq_diff"][row] == pytest.approx(expected["stat"], rel=1e-4)
        assert found["pvalue_diff"][row] == pytest.approx(expected["pvalue"], rel=1e-3)
    asked = levels.fits["scalar"], levels.fits["metric"], "satorra-bentler 2010"
    check(sem.difference_test(*asked), EXPECTED["of_2010"])


def test_fits_are_compared(inference_data):
    data = inference_data("hs")
    wide, narrow = sem.fit(WIDE, data), sem.fit(NARROW, data)
    check(sem.difference_test(narrow, wide), EXPECTED["equal"])
    check(sem.wald_test(wide, ["a == b", "b == c"]), EXPECTED["wald"])
    table = sem.comparison_table([narrow, wide])
    assert list(table["model"]) == ["model 2", "model 1"]
    assert table["chisq_diff"][1] == pytest.approx(EXPECTED["equal"]["stat"], rel=1e-4)
    named = sem.comparison_table({"equal": narrow, "free": wide})
    assert list(named["model"]) == ["free", "equal"]
    assert named["aic"][0] == wide.measures["aic"]
    with pytest.raises(ModelError, match="list, for example"):
        sem.wald_test(wide, "a == b")


def test_what_cannot_be_compared_is_said(inference_data):
    data = inference_data("hs")
    wide = sem.fit(WIDE, data)
    with pytest.raises(ModelError, match="fit both in the same way"):
        sem.difference_test(sem.fit(NARROW, data, estimator="MLR"), wide)
    with pytest.raises(ModelError, match=r"different variables \(x2, x9\)"):
        sem.difference_test(sem.fit(NARROW.replace("x9", "x2"), data), wide)
    other = sem.fit(NARROW, data.sample(len(data), replace=True, random_state=1))
    with pytest.raises(ModelError, match="different data"):
        sem.difference_test(other, wide)
    first, second = (sem.fit(model, data, estimator="ULS") for model in (NARROW, WIDE))
    with pytest.raises(ModelError, match="ULS"):
        sem.difference_test(first, second)
    with pytest.raises(ModelError, match="wider model"):
        sem.difference_test(wide, sem.fit(NARROW, data))


def test_fits_made_in_different_ways_are_not_compared(inference_data):
    data = inference_data("hs")
    wide = sem.fit(WIDE, data)
    with pytest.raises(ModelError, match=r"ML with information='observed' and 'the wide model' by"):
        sem.difference_test(sem.fit(NARROW, data, information="observed"), wide)
    with pytest.raises(ModelError, match=r"Only one of .* has means; fit both with meanstructure"):
        sem.difference_test(sem.fit(NARROW, data, meanstructure=True), wide)


def test_fits_that_hold_different_covariates_are_not_compared(inference_data):
    data = inference_data("hs")
    wide = sem.fit("x7 ~ x1 + ageyr", data)
    narrow = sem.fit("x7 ~ x1 + 0*ageyr", data, fixed_x=False)
    with pytest.raises(ModelError, match=r"same covariates .*\(ageyr and x1\); fit both with"):
        sem.difference_test(narrow, wide)
    free = sem.fit("x7 ~ x1 + ageyr", data, fixed_x=False)
    expected = sem.difference_test(sem.fit("x7 ~ x1 + 0*ageyr", data), wide)
    assert sem.difference_test(narrow, free).statistic == pytest.approx(expected.statistic)
