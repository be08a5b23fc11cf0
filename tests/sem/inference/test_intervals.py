"""Bootstrap intervals against R's boot; Monte Carlo intervals against the exact distribution."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

from workbench.errors import ModelError
from workbench.sem.inference.intervals import (
    acceleration_from_influence,
    acceleration_from_jackknife,
    bca_interval,
    bias_corrected_interval,
    percentile_interval,
)
from workbench.sem.inference.montecarlo import monte_carlo_intervals, parameter_draws
from workbench.sem.inference.standardised import Standardiser

FILE = Path(__file__).parents[2] / "reference" / "sem" / "intervals.json"


@pytest.fixture(scope="module")
def boot():
    return json.loads(FILE.read_text())


def test_percentile_and_bca_are_boots(boot):
    replicates = np.array(boot["replicates"])
    lower, upper = percentile_interval(replicates, 0.9)
    expected = np.array([limits["percentile"] for limits in boot["limits"]])
    np.testing.assert_allclose(np.column_stack([lower, upper]), expected, rtol=1e-9)
    acceleration = acceleration_from_jackknife(np.array(boot["jackknife"]))
    limits = bca_interval(np.array(boot["estimate"]), replicates, acceleration, 0.9)
    expected = np.array([limits["bca"] for limits in boot["limits"]])
    np.testing.assert_allclose(np.column_stack(limits), expected, rtol=1e-7)


def test_percentile_and_bias_corrected_are_lavaans():
    found = json.loads(FILE.with_name("intervals_lavaan.json").read_text())
    estimate, replicates = np.array(found["estimate"]), np.array(found["replicates"])
    for kind, ours in (
        ("percentile", percentile_interval(replicates)),
        ("bias_corrected", bias_corrected_interval(estimate, replicates)),
    ):
        expected = found["limits"][kind]
        np.testing.assert_allclose(ours[0], expected["lower"], rtol=1e-8)
        np.testing.assert_allclose(ours[1], expected["upper"], rtol=1e-8)


def test_bias_corrected_is_bca_without_acceleration(boot):
    replicates, estimate = np.array(boot["replicates"]), np.array(boot["estimate"])
    ours = bias_corrected_interval(estimate, replicates)
    np.testing.assert_allclose(ours, bca_interval(estimate, replicates, np.zeros(2)))
    assert (np.array(ours) != np.array(percentile_interval(replicates))).any()


def test_without_bias_and_acceleration_all_agree():
    replicates = np.arange(-500.0, 501.0)[:, None]
    replicates = replicates[replicates[:, 0] != 0]
    expected = percentile_interval(replicates)
    np.testing.assert_allclose(bias_corrected_interval(np.array([0.0]), replicates), expected)


def test_replicates_that_failed_are_left_out(boot):
    replicates = np.array(boot["replicates"])
    holes = np.vstack([replicates, np.full((20, 2), np.nan)])
    np.testing.assert_allclose(percentile_interval(holes), percentile_interval(replicates))
    estimate = np.array(boot["estimate"])
    np.testing.assert_allclose(
        bias_corrected_interval(estimate, holes), bias_corrected_interval(estimate, replicates)
    )
    assert np.isnan(percentile_interval(np.full((50, 1), np.nan))).all()


def test_all_replicates_on_one_side_still_give_an_interval():
    replicates = np.linspace(1, 2, 100)[:, None]
    lower, upper = bias_corrected_interval(np.array([0.5]), replicates)
    assert np.isfinite([lower, upper]).all()
    assert lower <= upper


def test_acceleration_of_symmetric_influence_is_zero():
    influence = np.column_stack([[-2.0, -1.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0], [-1, -1, -1, 3]])
    found = acceleration_from_influence(influence)
    assert found[0] == found[1] == 0
    assert found[2] == pytest.approx((27 - 3) / (6 * 12**1.5))


def test_replicates_must_be_a_table():
    with pytest.raises(ModelError, match="1 dimensions"):
        percentile_interval(np.arange(10.0))


def product_table():
    rows = [
        ("m", "~", "x", 1, np.nan, "a"),
        ("y", "~", "m", 2, np.nan, "b"),
        ("ab", ":=", "a*b", 0, np.nan, "ab"),
        ("sum", ":=", "a+b", 0, np.nan, "sum"),
    ]
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "free", "fixed", "label"])


def product_quantile(probability, a, b, sd_a, sd_b):
    def below(limit):
        def slice_(x):
            sign = 1 if x > 0 else -1
            inner = stats.norm.cdf(sign * (limit / x - b) / sd_b)
            return stats.norm.pdf(x, a, sd_a) * inner

        parts = [
            integrate.quad(slice_, *ends)[0] for ends in ((a - 9 * sd_a, 0), (0, a + 9 * sd_a))
        ]
        return sum(parts) - probability

    return optimize.brentq(below, -3, 3, xtol=1e-6)


def test_monte_carlo_follows_the_distribution_of_the_product():
    theta, vcov = np.array([0.3, 0.2]), np.diag([0.1**2, 0.1**2])
    found = monte_carlo_intervals(product_table(), theta, vcov, draws=400_000).set_index("lhs")
    product = found.loc["ab"]
    assert product.est == pytest.approx(0.06)
    assert product.ci_lower == pytest.approx(product_quantile(0.025, 0.3, 0.2, 0.1, 0.1), abs=5e-4)
    assert product.ci_upper == pytest.approx(product_quantile(0.975, 0.3, 0.2, 0.1, 0.1), abs=5e-4)
    # Exact standard deviation of a product of independent normals (Goodman 1960).
    exact = np.sqrt(0.3**2 * 0.01 + 0.2**2 * 0.01 + 0.01 * 0.01)
    assert product.se == pytest.approx(exact, rel=0.01)
    total = found.loc["sum"]
    assert total.ci_upper == pytest.approx(0.5 + 1.96 * np.sqrt(0.02), abs=2e-3)


def test_monte_carlo_is_semtools(inference_case):
    case = inference_case("pd")
    found = monte_carlo_intervals(case.table, case.theta, case.vcov, draws=200_000)
    expected = json.loads(FILE.with_name("intervals_monte_carlo.json").read_text())
    np.testing.assert_allclose(found["ci_lower"], expected["lower"], atol=0.01)
    np.testing.assert_allclose(found["ci_upper"], expected["upper"], atol=0.01)


def test_one_seed_one_result_and_no_variance_no_spread():
    theta = np.array([1.0, 2.0])
    vcov = np.array([[1.0, 1.0], [1.0, 1.0]])
    first = parameter_draws(theta, vcov, 100, seed=3)
    np.testing.assert_array_equal(first, parameter_draws(theta, vcov, 100, seed=3))
    np.testing.assert_allclose(first[:, 1] - first[:, 0], 1.0, atol=1e-7)


def test_standardised_effects_by_monte_carlo(inference_case):
    case = inference_case("pd")
    standardiser = Standardiser(case.table, case.layout)
    defined = np.flatnonzero(case.table["op"] == ":=")
    found = monte_carlo_intervals(
        case.table,
        case.theta,
        case.vcov,
        draws=2_000,
        values=lambda points: standardiser.values(points)[..., defined],
    )
    expected = [row["est.std"] for row in case.std_all if row["op"] == ":="]
    np.testing.assert_allclose(found["est"], expected, atol=1e-6)
    assert (found["ci_lower"] < found["est"]).all()
    assert (found["est"] < found["ci_upper"]).all()
