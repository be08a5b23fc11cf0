"""Modification indices against lavaan's modindices()."""

import numpy as np
import pandas as pd
import pytest

from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.moments import Moments, Sample
from workbench.sem.estimation.objective import NormalTheory
from workbench.sem.inference.modification import modification_indices

KEY = ["lhs", "op", "rhs", "group"]
COLUMNS = {
    "mi": "mi",
    "epc": "epc",
    "sepc_lv": "sepc.lv",
    "sepc_all": "sepc.all",
    "sepc_nox": "sepc.nox",
}


def expected_of(case):
    expected = pd.DataFrame(case.modification)
    return expected if "group" in expected else expected.assign(group=1)


def moments_of(case):
    mean = np.zeros(case.sample_cov.shape[:2]) if case.sample_mean is None else case.sample_mean
    return Moments(np.array(case.n, float), case.sample_cov, mean)


def compare(found, expected, columns=tuple(COLUMNS)):
    found, expected = found.set_index(KEY), expected.set_index(KEY)
    # lavaan also lists the moments of fixed covariates, for which the index is 0.
    meaningless = expected[~expected.index.isin(found.index)]
    assert (meaningless["mi"] < 1e-20).all()
    expected = expected[expected.index.isin(found.index)]
    assert list(found.index) == list(expected.index)
    for ours in columns:
        np.testing.assert_allclose(
            found[ours],
            expected[COLUMNS[ours]].astype(float),
            rtol=1e-5,
            atol=1e-5,
            err_msg=ours,
        )


@pytest.mark.parametrize(
    "name",
    [
        "hs",
        "hs_mean",
        "hs_std_lv",
        "hs_mlr",
        "hs_second_order",
        "hs_uls",
        "hs_gls",
        "pd",
        "group_ml_configural",
        "group_ml_metric",
        "group_ml_strict",
    ],
)
def test_indices_and_changes_are_lavaans(inference_case, name):
    case = inference_case(name)
    moments = moments_of(case)
    found = modification_indices(
        case.table,
        case.layout,
        case.theta,
        lambda layout: NormalTheory.of(layout, moments, case.estimator),
    )
    compare(found, expected_of(case))


@pytest.mark.parametrize("name", ["path", "path_mean", "mimic", "mimic_mean_mlr"])
def test_with_fixed_covariates(inference_case, name):
    case = inference_case(name)
    moments = moments_of(case)
    found = modification_indices(
        case.table, case.layout, case.theta, lambda layout: NormalTheory.of(layout, moments)
    )
    # A path into a covariate makes it endogenous; lavaan then scales sepc.nox by it all the same.
    compare(found, expected_of(case), ["mi", "epc", "sepc_lv", "sepc_all"])


@pytest.mark.parametrize("name", ["fiml", "fiml_mimic"])
def test_with_missing_answers(inference_case, inference_data, name):
    case = inference_case(name)
    rows = inference_data("hs_missing")[case.observed].to_numpy(float)
    sample = Sample.from_arrays([rows])
    found = modification_indices(
        case.table, case.layout, case.theta, lambda layout: objective_of(layout, sample)[0]
    )
    compare(found, expected_of(case), ["mi", "epc", "sepc_lv", "sepc_all"])


def test_the_score_test_is_near_the_gain_of_freeing(inference_case):
    # Freeing x7 ~~ x8 lowers lavaan's chi-square from 85.31 to 53.27; MI 34.1 is its forecast.
    case = inference_case("hs")
    moments = moments_of(case)
    found = modification_indices(
        case.table, case.layout, case.theta, lambda layout: NormalTheory.of(layout, moments)
    )
    row = found[(found.lhs == "x7") & (found.rhs == "x8")].iloc[0]
    assert row.mi == pytest.approx(34.145, abs=1e-2)


def test_a_saturated_model_has_no_candidates_but_what_is_equivalent(inference_case):
    case = inference_case("path_saturated")
    moments = moments_of(case)
    found = modification_indices(
        case.table, case.layout, case.theta, lambda layout: NormalTheory.of(layout, moments)
    )
    assert (found["mi"] < 1e-8).all()
