"""Thresholds and correlations of ordered and continuous items, and their covariance."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from workbench.sem.ordinal.normal import joint_probability
from workbench.sem.ordinal.resampling import resamples
from workbench.sem.ordinal.statistics import Places, Statistics, polychoric

CUTS = np.array([-1.0, 0.2, 1.1])


def drawn(n: int, seed: int = 1, rho: float = 0.5) -> np.ndarray:
    """Four normal variables, each pair with the same correlation."""
    rng = np.random.default_rng(seed)
    return np.sqrt(rho) * rng.normal(size=(n, 1)) + np.sqrt(1 - rho) * rng.normal(size=(n, 4))


def answers(latent: np.ndarray) -> np.ndarray:
    """Two items of four categories, one of two, and one left as it is."""
    rows = latent.copy()
    rows[:, :2] = np.digitize(latent[:, :2], CUTS)
    rows[:, 2] = latent[:, 2] > 0.4
    return rows


PLACES = Places((4, 4, 2, 0))


def test_joint_probability_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    h, k = rng.normal(size=(2, 40))
    rho = rng.uniform(-0.99, 0.99, 40)
    expected = [
        multivariate_normal.cdf([a, b], cov=[[1, r], [r, 1]])
        for a, b, r in zip(h, k, rho, strict=True)
    ]
    np.testing.assert_allclose(joint_probability(h, k, rho), expected, atol=1e-10)


def test_the_truth_is_recovered() -> None:
    found = Statistics(PLACES, answers(drawn(60_000)))
    np.testing.assert_allclose(found.correlation, np.full((4, 4), 0.5) + 0.5 * np.eye(4), atol=0.02)
    np.testing.assert_allclose(found.cuts[0, 1:-1], CUTS, atol=0.02)


def test_the_covariance_is_that_of_many_samples() -> None:
    rows = [Statistics(PLACES, answers(drawn(400, seed))) for seed in range(200)]
    seen = 400 * np.diag(np.cov(np.stack([one.values for one in rows]), rowvar=False))
    told = np.mean([np.diag(one.gamma) for one in rows[:30]], axis=0)
    np.testing.assert_allclose(told, seen, rtol=0.4)


def test_missing_answers_leave_the_others() -> None:
    rows = answers(drawn(3000))
    holes = rows.copy()
    holes[::3, 0], holes[1::3, 3] = np.nan, np.nan
    whole, part = Statistics(PLACES, rows), Statistics(PLACES, holes)
    assert part.correlation[1, 2] == whole.correlation[1, 2]
    known = Statistics(PLACES, np.delete(rows, np.s_[::3], axis=0))
    # The thresholds of the item that all answered rest on all of them.
    np.testing.assert_allclose(part.correlation[0, 1], known.correlation[0, 1], atol=1e-2)


def test_half_an_answer_joins_the_only_empty_cell_of_a_two_by_two_table() -> None:
    table = np.array([[30.0, 10.0], [0.0, 60.0]])
    rows = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], table.ravel().astype(int), axis=0)
    found = Statistics(Places((2, 2)), rows.astype(float)).correlation[0, 1]
    kept = np.array([[[29.5, 10.5], [0.5, 59.5]]])
    limits = [np.array([[-np.inf, norm.ppf(share), np.inf]]) for share in (0.4, 0.3)]
    assert found == pytest.approx(polychoric(kept, limits[0], limits[1])[0], abs=1e-9)


def test_empty_cells_are_told() -> None:
    rows = np.array([[0, 0], [0, 1], [1, 1], [2, 1], [2, 0], [1, 1]], float)
    assert Statistics(Places((3, 2)), rows).empty == [(0, 1)]
    assert Statistics(Places((2, 2)), np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])).empty == []


def test_resamples_worked_out_together_are_those_of_their_rows() -> None:
    rng = np.random.default_rng(3)
    latent = rng.normal(size=(150, 1)) + rng.normal(size=(150, 4))
    codes = np.digitize(latent, (-0.9, 0.2, 1.1)).astype(float)
    codes[:, 3] = codes[:, 3] > 1
    codes[::9, 1] = np.nan
    own = Statistics(Places((4, 4, 4, 2)), codes)
    drawn = rng.integers(150, size=(5, 150))
    found = resamples(own, drawn)
    assert found.usable.all()
    for number, rows in enumerate(drawn):
        alone = Statistics(own.places, codes[rows])
        np.testing.assert_allclose(found.values[number], alone.values, atol=1e-9)
        np.testing.assert_allclose(found.spread[number], alone.spread, rtol=1e-8)
