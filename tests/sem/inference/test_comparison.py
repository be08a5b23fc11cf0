"""Tests between models against lavTestLRT() and lavTestWald()."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ModelError
from workbench.sem.estimation.moments import Sample
from workbench.sem.inference.comparison import (
    ModelTest,
    comparison_table,
    difference_test,
    is_nested,
    theta_of_narrow_in_wide,
    wald_test,
)
from workbench.sem.inference.robust import satorra_bentler, yuan_bentler

FILE = Path(__file__).parents[2] / "reference" / "sem" / "inference" / "comparison.json"
EXPECTED = json.loads(FILE.read_text())
LEVELS = ["configural", "metric", "scalar", "strict"]


def model_test(case, name):
    scaled = [value for key, value in case.tests.items() if key != "standard"]
    factor = scaled[0]["scaling_factor"] if scaled else None
    standard = case.tests["standard"]
    return ModelTest(name, standard["stat"], standard["df"], tuple(case.n), factor)


@pytest.mark.parametrize("estimator", ["ml", "mlr", "mlm"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_difference_is_lavaans(inference_case, estimator, step):
    narrow, wide = LEVELS[step], LEVELS[step - 1]
    found = difference_test(
        model_test(inference_case(f"group_{estimator}_{narrow}"), narrow),
        model_test(inference_case(f"group_{estimator}_{wide}"), wide),
    )
    method = "default" if estimator == "ml" else "satorra.bentler.2001"
    expected = EXPECTED[f"{estimator}/{method}/{narrow}"]
    assert found.df == expected["df"]
    assert found.statistic == pytest.approx(expected["stat"], rel=1e-6)
    assert found.pvalue == pytest.approx(expected["pvalue"], rel=1e-5)


@pytest.mark.parametrize("estimator", ["mlr", "mlm"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_difference_of_2010_is_lavaans(inference_case, inference_data, estimator, step):
    narrow = inference_case(f"group_{estimator}_{LEVELS[step]}")
    wide = inference_case(f"group_{estimator}_{LEVELS[step - 1]}")
    data = inference_data("hs")
    rows = [
        data.loc[data["school"] == school, wide.observed].to_numpy(float)
        for school in wide.group_labels
    ]
    theta = theta_of_narrow_in_wide(wide.table, narrow.table, narrow.theta)
    wide_test = model_test(wide, "wide")
    robust = satorra_bentler if estimator == "mlm" else yuan_bentler
    mixed = robust(wide.layout, Sample.from_arrays(rows), theta, wide_test.df).scaling_factor
    expected = EXPECTED[f"{estimator}/satorra.bentler.2010/{LEVELS[step]}"]
    assert mixed == pytest.approx(expected["scaling_factor_m10"], rel=1e-4)
    found = difference_test(model_test(narrow, "narrow"), wide_test, "satorra-bentler 2010", mixed)
    assert found.statistic == pytest.approx(expected["stat"], rel=1e-4)
    assert found.pvalue == pytest.approx(expected["pvalue"], rel=1e-3)


def test_table_has_each_test_beside_the_narrower_model(inference_case):
    cases = {name: inference_case(f"group_mlr_{name}") for name in LEVELS}
    measures = {name: pd.Series(case.measures, dtype=float) for name, case in cases.items()}
    models = [model_test(case, name) for name, case in cases.items()]
    tests = [difference_test(narrow, wide) for wide, narrow in pairwise(models)]
    table = comparison_table(models, tests, measures)
    assert list(table["model"]) == LEVELS
    assert table["chisq_diff"][2] == pytest.approx(
        EXPECTED["mlr/satorra.bentler.2001/scalar"]["stat"], rel=1e-6
    )
    expected = measures["metric"]["cfi.robust"] - measures["configural"]["cfi.robust"]
    assert table["cfi_diff"][1] == pytest.approx(expected)
    assert np.isnan(table["pvalue"][0])


def test_models_that_cannot_be_compared_are_refused():
    first = ModelTest("first", 20.0, 10, (100,))
    with pytest.raises(ModelError, match=r"fitted to 90 rows.*missing='fiml'"):
        difference_test(ModelTest("second", 25.0, 12, (90,)), first)
    with pytest.raises(ModelError, match="both have 10 degrees of freedom"):
        difference_test(ModelTest("second", 25.0, 10, (100,)), first)
    with pytest.raises(ModelError, match="is the wider model"):
        difference_test(ModelTest("second", 15.0, 8, (100,)), first)
    with pytest.raises(ModelError, match="estimator='MLM' or 'MLR'"):
        difference_test(ModelTest("second", 25.0, 12, (100,)), first, "satorra-bentler 2001")


def test_a_negative_scaling_of_2001_has_no_pvalue():
    narrow = ModelTest("narrow", 25.0, 12, (100,), 0.8)
    wide = ModelTest("wide", 20.0, 10, (100,), 1.2)
    found = difference_test(narrow, wide)
    assert np.isnan(found.statistic)
    assert np.isnan(found.pvalue)


def test_nesting_is_found_and_its_absence_too(inference_case):
    # The second-order model with three factors is equivalent to the first-order one.
    factors, second = inference_case("hs"), inference_case("hs_second_order")
    n = factors.n
    assert is_nested(factors.layout, factors.theta, second.layout, second.theta, n)
    assert is_nested(second.layout, second.theta, factors.layout, factors.theta, n)
    metric, configural = inference_case("group_ml_metric"), inference_case("group_ml_configural")
    groups = metric.n
    assert is_nested(metric.layout, metric.theta, configural.layout, configural.theta, groups)
    assert not is_nested(configural.layout, configural.theta, metric.layout, metric.theta, groups)


def test_models_of_different_variables_are_not_nested(inference_case):
    factors, path = inference_case("hs"), inference_case("path")
    with pytest.raises(ModelError, match="different variables"):
        is_nested(factors.layout, factors.theta, path.layout, path.theta, factors.n)


def test_wald_is_lavaans(inference_case):
    case = inference_case("pd")
    found = wald_test(case.table, case.theta, case.vcov, ["a == b", "p*q == 2*d"])
    assert found.df == EXPECTED["wald"]["df"]
    assert found.statistic == pytest.approx(EXPECTED["wald"]["stat"], rel=1e-6)
    assert found.pvalue == pytest.approx(EXPECTED["wald"]["pvalue"], rel=1e-6)


def test_wald_of_one_parameter_is_its_z_squared(inference_case):
    case = inference_case("pd")
    row = case.table[case.table["label"] == "q"].iloc[0]
    found = wald_test(case.table, case.theta, case.vcov, ["q == 0"])
    assert found.statistic == pytest.approx((row.est / row.se) ** 2, rel=1e-6)


def test_redundant_or_malformed_hypotheses_are_refused(inference_case):
    case = inference_case("pd")
    with pytest.raises(ModelError, match="same thing twice"):
        wald_test(case.table, case.theta, case.vcov, ["a == b", "2*a == 2*b"])
    with pytest.raises(ModelError, match="has no '=='"):
        wald_test(case.table, case.theta, case.vcov, ["a - b"])
    with pytest.raises(ModelError, match=r"'a == bb' is about 'bb', which .* mean 'b'\?"):
        wald_test(case.table, case.theta, case.vcov, ["a == bb"])
