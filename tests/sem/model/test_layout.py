"""RAM form: implied moments and every derivative, against direct computation and differences."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ModelError
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.saturated import saturated_of
from workbench.sem.estimation.starts import starting_values
from workbench.sem.model.layout import COVARIANCE, PATH, Layout, vech_index

CASES = ["hs-ml", "pd-means", "mimic-means", "reciprocal", "second-order", "growth", "equal"]
GROUPS = ["hs-group-scalar", "hs-group-strict"]


def _point(case):
    """Starting values moved off the symmetric, with the exogenous moments."""
    moments = saturated_of(case.sample)[0]
    theta = starting_values(case.layout, moments)[0]
    theta = theta * (1.0 + 0.05 * np.cos(np.arange(len(theta)))) + 0.01
    return theta, case.layout.exogenous_values(moments.cov, moments.mean)[0]


@pytest.mark.parametrize("name", CASES + GROUPS)
def test_implied_moments_are_the_ram_equations(kernel_case, name):
    layout = kernel_case(name).layout
    theta, exo = _point(kernel_case(name))
    a, s, m = layout.matrices(theta, exo)
    p, identity = len(layout.observed), np.eye(layout.size)
    implied = layout.implied(theta, exo)
    for g in range(layout.groups):
        effects = np.linalg.inv(identity - a[g])
        total = effects @ s[g] @ effects.T
        np.testing.assert_allclose(implied.sigma[g], total[:p, :p], atol=1e-12)
        np.testing.assert_allclose(implied.mu[g], (effects @ m[g])[:p], atol=1e-12)


@pytest.mark.parametrize("name", CASES + GROUPS)
def test_jacobian_is_the_difference_quotient(kernel_case, name):
    layout = kernel_case(name).layout
    theta, exo = _point(kernel_case(name))
    lower, upper = vech_index(len(layout.observed))

    def moments(at):
        implied = layout.implied(at, exo)
        mean = implied.mu if layout.mean_structure else 0.0 * implied.mu
        return np.concatenate([mean, implied.sigma[:, lower, upper]], axis=-1)

    jacobian = layout.jacobian(layout.implied(theta, exo))
    for k, step in enumerate(1e-6 * np.eye(layout.n_free)):
        quotient = (moments(theta + step) - moments(theta - step)) / 2e-6
        np.testing.assert_allclose(
            jacobian[..., k], quotient, atol=1e-7 * np.abs(quotient).max() + 1e-8
        )


@pytest.mark.parametrize("name", [*CASES, *GROUPS, "fiml-group", "fiml-mimic-mlr"])
def test_gradient_and_hessian_are_difference_quotients(kernel_case, name):
    case = kernel_case(name)
    objective, _ = objective_of(case.layout, case.sample)
    theta, _ = _point(case)
    at = objective.evaluate(theta[None], "observed")
    steps = 1e-6 * np.eye(len(theta))
    slope = [
        (objective.value(theta[None] + s) - objective.value(theta[None] - s))[0] for s in steps
    ]
    np.testing.assert_allclose(at.gradient[0], np.array(slope) / 2e-6, atol=1e-6)
    bend = [
        (
            objective.evaluate(theta[None] + 10 * s, None).gradient
            - objective.evaluate(theta[None] - 10 * s, None).gradient
        )[0]
        for s in steps
    ]
    size = np.abs(at.curvature).max()
    np.testing.assert_allclose(at.curvature[0] / size, np.array(bend) / 2e-5 / size, atol=1e-6)


@pytest.mark.parametrize("name", ["pd-means", "hs-group-scalar", "equal"])
def test_information_is_the_weighted_product_of_jacobians(kernel_case, name):
    case = kernel_case(name)
    objective, _ = objective_of(case.layout, case.sample)
    theta, exo = _point(case)
    implied = case.layout.implied(theta, exo)
    p = len(case.layout.observed)
    lower, upper = vech_index(p)
    expected = np.zeros((len(theta), len(theta)))
    for g, share in enumerate(case.sample.moments.share):
        precision = np.linalg.inv(implied.sigma[g])
        duplication = np.zeros((p * p, len(lower)))
        duplication[lower * p + upper, np.arange(len(lower))] = 1.0
        duplication[upper * p + lower, np.arange(len(lower))] = 1.0
        weight = 0.5 * duplication.T @ np.kron(precision, precision) @ duplication
        jacobian = case.layout.jacobian(implied)[g]
        expected += share * jacobian[p:].T @ weight @ jacobian[p:]
        expected += share * jacobian[:p].T @ precision @ jacobian[:p]
    found = objective.evaluate(theta[None]).curvature[0]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_freed_entries_start_where_they_stood(kernel_case):
    case = kernel_case("hs-ml")
    theta, _ = _point(case)
    x1, visual, x2 = 0, 9, 1
    wider, longer = case.layout.freed(
        np.array([PATH, COVARIANCE]),
        np.array([0, 0]),
        np.array([x1, x1]),
        np.array([visual, x2]),
        theta,
    )
    assert wider.n_free == case.layout.n_free + 2
    np.testing.assert_array_equal(longer[-2:], [1.0, 0.0])
    np.testing.assert_allclose(wider.implied(longer).sigma, case.layout.implied(theta).sigma)
    longer[-1] = 0.25
    moved = wider.implied(longer).sigma[0] - case.layout.implied(theta).sigma[0]
    assert moved[0, 1] == pytest.approx(0.25)
    assert moved[1, 0] == pytest.approx(0.25)


def test_observed_variables_stand_in_lavaans_order(kernel_case):
    for name in ("mimic", "reciprocal", "single"):
        case = kernel_case(name)
        table = case.table[case.table["op"].isin(["=~", "~"])]
        assert list(Layout.from_table(table).observed)[:3] == case.options["observed"][:3]


def test_a_fixed_parameter_needs_a_value():
    table = pd.DataFrame(
        [
            {"lhs": "f", "op": "=~", "rhs": "x", "group": 1, "free": 0, "fixed": np.nan, "exo": 0},
        ]
    )
    with pytest.raises(ModelError, match="f =~ x has no value"):
        Layout.from_table(table)
