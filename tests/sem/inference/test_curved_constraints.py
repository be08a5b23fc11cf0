"""Errors along curved constraints, against the reduced likelihood differentiated numerically.

With b = h(a) put in, nothing is constrained any more: the second derivatives of that likelihood
are the observed information, and the rows' first ones make the sandwich.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ActiveConstraintWarning

MODEL = "m ~ a*x\ny ~ b*x\n"
# Text of the constraint, and b of a where it holds with equality.
CURVES = {
    "b == a^2": lambda a: a**2,
    "a*b == 0.5": lambda a: 0.5 / a,
    "log(a + 1) == b": lambda a: np.log(a + 1),
    "b > exp(a)": np.exp,
    "b*a^2 > 0.4": lambda a: 0.4 / a**2,
}


@pytest.fixture(scope="module")
def data():
    draw = np.random.default_rng(4)
    n = 120
    x = draw.normal(size=n)
    noise = draw.standard_t(5, size=(n, 2)) @ np.array([[1.0, 0.4], [0.0, 0.8]])
    return pd.DataFrame({"x": x, "m": 0.8 * x + noise[:, 0], "y": 0.2 * x + noise[:, 1]})


def row_likelihoods(data, curve, parameters):
    """Log-density of (m, y) given x of every row, at (a, intercepts, covariance)."""
    a, first, second, variance, other, covariance = parameters
    x = data["x"].to_numpy()
    left = data[["m", "y"]].to_numpy() - np.stack([first + a * x, second + curve(a) * x], axis=1)
    cov = np.array([[variance, covariance], [covariance, other]])
    distance = (left @ np.linalg.inv(cov) * left).sum(1)
    return -0.5 * (distance + np.log(np.linalg.det(cov)))


def errors(data, curve, at):
    """Errors by the observed information, and the sandwich's, of a and of b = h(a)."""
    step = 1e-4
    eye = step * np.eye(len(at))

    def rows(theta):
        return row_likelihoods(data, curve, theta)

    scores = np.stack([(rows(at + e) - rows(at - e)) / (2 * step) for e in eye], axis=1)
    information = -np.array(
        [
            [
                (rows(at + e + g) - rows(at + e - g) - rows(at - e + g) + rows(at - e - g)).sum()
                for g in eye
            ]
            for e in eye
        ]
    ) / (4 * step**2)
    inverse = np.linalg.inv(information)
    slope = (curve(at[0] + step) - curve(at[0] - step)) / (2 * step)
    return [
        np.sqrt(cov[0, 0]) * np.array([1.0, abs(slope)])
        for cov in (inverse, inverse @ scores.T @ scores @ inverse)
    ]


@pytest.mark.parametrize("constraint", CURVES)
@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_errors_are_those_of_the_reduced_likelihood(data, estimator, constraint):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ActiveConstraintWarning)
        fit = sem.fit(MODEL + constraint, data, estimator=estimator, missing="fiml")
    found = fit.estimates.set_index(["lhs", "op", "rhs"])
    rows = [("m", "~", "x"), ("m", "~1", ""), ("y", "~1", ""), ("m", "~~", "m"), ("y", "~~", "y"),
            ("m", "~~", "y")]  # fmt: skip
    at = found.loc[rows, "est"].to_numpy()
    curve = CURVES[constraint]
    assert found.loc[("y", "~", "x"), "est"] == pytest.approx(curve(at[0]), abs=1e-7)
    expected = errors(data, curve, at)[estimator == "MLR"]
    ours = found.loc[[("m", "~", "x"), ("y", "~", "x")], "se"]
    np.testing.assert_allclose(ours, expected, rtol=1e-4)
    # The multiplier is not next to nothing: without the curvature the errors are others.
    assert np.abs(fit.problem.constraint_curvature(fit.theta)).max() > 1e-3


def test_straight_constraints_take_nothing_off(data):
    fit = sem.fit(MODEL + "2*b == a - 0.3", data, missing="fiml")
    assert fit.problem.constraint_curvature(fit.theta) is None
    bent = sem.fit(MODEL + "2*b == a^1 - 0.3", data, missing="fiml")
    np.testing.assert_allclose(bent.problem.constraint_curvature(bent.theta), 0.0, atol=1e-9)
    np.testing.assert_allclose(bent.vcov, fit.vcov, rtol=1e-6, atol=1e-12)


def test_errors_and_test_are_those_of_the_same_model_without_a_constraint(data):
    """The path b = a^2 written as two paths a by way of a variable without a variance."""
    phantom = (
        "p =~ NA*y + a*y + start(0.6)*y\np ~ a*x\np ~~ 0*p\np ~~ 0*m\nm ~ a*x\nm ~~ y\ny ~~ NA*y"
    )
    for estimator in ("ML", "MLR"):
        bent = sem.fit(MODEL + "b == a^2", data, estimator=estimator, missing="fiml")
        other = sem.fit(phantom, data, estimator=estimator, missing="fiml")
        ours, theirs = (
            f.estimates.query("lhs == 'm' and op == '~'").iloc[0] for f in (bent, other)
        )
        assert ours["est"] == pytest.approx(theirs["est"], abs=1e-6)
        assert ours["se"] == pytest.approx(theirs["se"], rel=1e-5)
        if estimator == "MLR":
            for name in ("chisq.scaled", "chisq.scaling.factor"):
                assert bent.measures[name] == pytest.approx(other.measures[name], rel=1e-5)
