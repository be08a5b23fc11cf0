"""Standardised solutions against lavaan's standardizedSolution()."""

import numpy as np
import pandas as pd
import pytest

from workbench.sem.inference.standardised import Standardiser, r_squared, standardised

CASES = [
    "hs",
    "hs_mean",
    "hs_std_lv",
    "hs_mlr",
    "hs_second_order",
    "hs_uls",
    "pd",
    "pd_mlr",
    "path",
    "path_mean",
    "path_saturated",
    "mimic",
    "mimic_mean_mlr",
    "group_ml_metric",
    "group_mlr_strict",
    "fiml",
    "fiml_group_mlr",
]


@pytest.mark.parametrize("kind", ["std_lv", "std_all", "std_nox"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_errors_are_lavaans(inference_case, name, kind):
    case = inference_case(name)
    found = standardised(
        Standardiser(case.table, case.layout, kind), case.theta, case.vcov, case.exo
    )
    expected = pd.DataFrame(getattr(case, kind))
    assert found[["lhs", "op", "rhs"]].to_numpy().tolist() == (
        expected[["lhs", "op", "rhs"]].to_numpy().tolist()
    )
    np.testing.assert_allclose(found["est_std"], expected["est.std"].astype(float), atol=1e-6)
    np.testing.assert_allclose(found["se"], expected["se"].astype(float), rtol=1e-5, atol=1e-7)
    z = expected["z"].astype(float)
    np.testing.assert_allclose(found["z"], z, rtol=1e-4)
    np.testing.assert_allclose(found["ci_upper"], expected["ci.upper"].astype(float), atol=1e-6)


def test_many_parameter_vectors_at_once(inference_case):
    case = inference_case("pd")
    standardiser = Standardiser(case.table, case.layout)
    thetas = np.stack([case.theta, 1.02 * case.theta, 0.98 * case.theta])
    together = standardiser.values(thetas)
    for theta, row in zip(thetas, together, strict=True):
        np.testing.assert_allclose(row, standardiser.values_and_jacobian(theta)[0], atol=1e-12)


@pytest.mark.parametrize("name", ["pd", "mimic_mean_mlr", "hs_second_order"])
def test_jacobian_is_the_derivative(inference_case, name):
    case = inference_case(name)
    standardiser = Standardiser(case.table, case.layout)
    _, jacobian = standardiser.values_and_jacobian(case.theta, case.exo)
    step = 1e-5 * np.eye(case.theta.size)
    above = standardiser.values(case.theta + step, case.exo)
    below = standardiser.values(case.theta - step, case.exo)
    np.testing.assert_allclose(jacobian, (above - below).T / 2e-5, atol=1e-6)


def test_negative_residual_variance_keeps_the_correlation_real(inference_case):
    case = inference_case("pd")
    rows = case.table
    variance = rows[(rows.lhs == "y1") & (rows.rhs == "y1")].iloc[0]
    theta = case.theta.copy()
    theta[variance.free - 1] = -0.3
    found = standardised(Standardiser(rows, case.layout), theta, case.vcov)
    found = found.set_index(["lhs", "op", "rhs"])
    y5 = rows[(rows.lhs == "y5") & (rows.rhs == "y5")].iloc[0]
    covariance = rows[(rows.lhs == "y1") & (rows.rhs == "y5")].iloc[0]
    expected = theta[covariance.free - 1] / np.sqrt(0.3 * theta[y5.free - 1])
    assert found.loc[("y1", "~~", "y5"), "est_std"] == pytest.approx(expected)
    assert found.loc[("y1", "~~", "y1"), "est_std"] < 0


@pytest.mark.parametrize("name", ["hs", "hs_second_order", "pd", "path", "mimic"])
def test_r_squared_is_lavaans(inference_case, name):
    case = inference_case(name)
    found = r_squared(case.table, case.layout, case.theta, case.exo)
    np.testing.assert_allclose(found["r_squared"], case.rsquare, atol=1e-6)
