"""Relative weights and averages over orderings: R by brute force, pingouin, and plain cases."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.drivers.weights import (
    average_over_orderings,
    correlations,
    r_squared,
    relative_weights,
    subset_r_squared,
)

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "drivers"
EXPECTED = json.loads((REFERENCE / "importance.json").read_text())


@pytest.fixture(scope="module")
def cars() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "cars.csv")


def test_as_in_r(cars: pd.DataFrame) -> None:
    cov = cars.cov().to_numpy()
    np.testing.assert_allclose(average_over_orderings(cov), EXPECTED["lmg"], rtol=1e-10)
    np.testing.assert_allclose(relative_weights(cov), EXPECTED["johnson"], rtol=1e-10)
    assert r_squared(cov) == pytest.approx(EXPECTED["r_squared"], rel=1e-12)


def test_as_pingouin(cars: pd.DataFrame) -> None:
    import pingouin

    table = pingouin.linear_regression(cars.iloc[:, 1:], cars["mpg"], relimp=True)
    found = average_over_orderings(cars.cov().to_numpy())
    np.testing.assert_allclose(found, table["relimp"].to_numpy()[1:], rtol=1e-10)


def test_uncorrelated_predictors_have_their_squared_correlations() -> None:
    cov = np.array([[1.0, 0.5, 0.3], [0.5, 1.0, 0.0], [0.3, 0.0, 1.0]])
    for measure in (relative_weights, average_over_orderings):
        np.testing.assert_allclose(measure(cov), [0.25, 0.09])
    np.testing.assert_allclose(subset_r_squared(cov), [0.0, 0.25, 0.09, 0.34])


def test_two_predictors_by_hand() -> None:
    # r1 = .6, r2 = .4, r12 = .5: R² = (.36 + .16 - 2(.6)(.4)(.5)) / .75 = .28 / .75.
    cov = np.array([[1.0, 0.6, 0.4], [0.6, 1.0, 0.5], [0.4, 0.5, 1.0]])
    full = 0.28 / 0.75
    first = (0.36 + full - 0.16) / 2
    np.testing.assert_allclose(average_over_orderings(cov), [first, full - first])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_both_sum_to_r_squared_and_do_not_depend_on_units(k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(40, k + 1)) @ rng.normal(size=(k + 1, k + 1))
    cov = np.cov(rows, rowvar=False)
    beta = np.linalg.solve(cov[1:, 1:], cov[1:, 0])
    full = beta @ cov[1:, 0] / cov[0, 0]
    scale = np.exp(rng.normal(size=k + 1))
    for measure in (relative_weights, average_over_orderings):
        found = measure(cov)
        assert found.sum() == pytest.approx(full, abs=1e-8)
        assert (found > -1e-10).all()
        np.testing.assert_allclose(measure(cov * np.outer(scale, scale)), found, atol=1e-8)


def test_many_matrices_at_once(cars: pd.DataFrame) -> None:
    some = np.stack([cars.cov().to_numpy(), cars.iloc[:20].cov().to_numpy()])
    for measure in (relative_weights, average_over_orderings):
        np.testing.assert_allclose(measure(some)[1], measure(some[1]))


def test_a_copy_shares_and_a_constant_has_nothing() -> None:
    rng = np.random.default_rng(1)
    x, other = rng.normal(size=(2, 200))
    y = x + other + rng.normal(size=200)
    cov = np.cov([y, x, x, other, np.zeros(200)])
    for measure in (relative_weights, average_over_orderings):
        found = measure(cov)
        assert found[0] == pytest.approx(found[1], rel=1e-6)
        assert found[3] == 0
        assert found.sum() == pytest.approx(r_squared(cov[np.ix_([0, 1, 3], [0, 1, 3])]), rel=1e-6)


def test_correlations_with_a_constant_are_zero() -> None:
    found = correlations(np.array([[4.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_array_equal(found, np.eye(2))
