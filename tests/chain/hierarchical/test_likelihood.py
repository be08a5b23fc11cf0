"""Every organisation's restricted likelihood: its value, derivatives and invariances."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.chain.hierarchical.likelihood import (
    Rows,
    gradient,
    likelihood,
    lower,
    score,
)
from workbench.chain.hierarchical.third import third_derivative

SIZES = (2, 5, 9)
SIGMA = np.array([[1.0, 0.3, 0.2], [0.3, 1.2, 0.4], [0.2, 0.4, 0.9]])


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(4)
    organisation = np.repeat(np.arange(len(SIZES)), SIZES)
    errors = np.einsum("ui,ij->uij", rng.uniform(0.2, 2, (len(organisation), 3)), np.eye(3))
    errors[:, 1, 2] = errors[:, 2, 1] = 0.1
    scores = rng.multivariate_normal(np.zeros(3), SIGMA, len(organisation))
    return Rows.of(scores + rng.normal(size=scores.shape), errors, organisation)


def stacked(sigma):
    return np.repeat(sigma[None], len(SIZES), axis=0)


def unit_matrix(index):
    i, j = (int(x[index]) for x in lower(3))
    unit = np.zeros((3, 3))
    unit[i, j] = unit[j, i] = 1.0
    return unit


def dense(rows, number):
    """V (nk, nk), X (nk, k) and y (nk,) of one organisation."""
    own = rows.organisation == number
    n = int(own.sum())
    v = np.zeros((n, 3, n, 3))
    v[np.arange(n), :, np.arange(n), :] = SIGMA + rows.errors[own]
    return (
        v.reshape(3 * n, 3 * n),
        np.kron(np.ones((n, 1)), np.eye(3)),
        rows.scores[own].ravel(),
    )


def test_the_value_is_that_of_error_contrasts(rows):
    """The density of contrasts K'y with K'X = 0, up to one constant for all Σ."""

    def contrasts(factor):
        total = 0.0
        for number, n in enumerate(SIZES):
            v, x, y = dense(rows, number)
            v = v + np.kron(np.eye(n), (factor - 1) * SIGMA)
            k = np.linalg.svd(x)[0][:, 3:]
            inner = k.T @ v @ k
            total -= np.linalg.slogdet(inner)[1] + k.T @ y @ np.linalg.solve(inner, k.T @ y)
        return total / 2

    def ours(factor):
        return likelihood(rows, stacked(factor * SIGMA)).value.sum()

    assert ours(1.7) - ours(0.6) == pytest.approx(contrasts(1.7) - contrasts(0.6), rel=1e-10)


def test_score_is_the_slope_of_the_value(rows):
    found = score(likelihood(rows, stacked(SIGMA)))
    step = 1e-5
    for index in range(6):
        up = likelihood(rows, stacked(SIGMA + step * unit_matrix(index))).value
        down = likelihood(rows, stacked(SIGMA - step * unit_matrix(index))).value
        assert found[:, index] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-7)


def test_observed_information_is_minus_the_slope_of_the_score(rows):
    found = likelihood(rows, stacked(SIGMA)).observed_information
    step = 1e-5
    for index in range(6):
        up = score(likelihood(rows, stacked(SIGMA + step * unit_matrix(index))))
        down = score(likelihood(rows, stacked(SIGMA - step * unit_matrix(index))))
        assert found[:, index] == pytest.approx((down - up) / (2 * step), rel=1e-5, abs=1e-7)


def test_expected_information_is_half_the_trace_of_projected_precisions(rows):
    found = likelihood(rows, stacked(SIGMA)).expected_information
    for number, n in enumerate(SIZES):
        v, x, _ = dense(rows, number)
        w = np.linalg.inv(v)
        p = w - w @ x @ np.linalg.solve(x.T @ w @ x, x.T @ w)
        halves = [p @ np.kron(np.eye(n), unit_matrix(index)) for index in range(6)]
        exact = [[np.trace(a @ b) / 2 for b in halves] for a in halves]
        assert found[number] == pytest.approx(np.array(exact), rel=1e-9, abs=1e-10)


def test_an_organisations_level_says_nothing(rows):
    moved = replace(rows, scores=rows.scores + np.array([5.0, -80.0, 3.0]))
    assert likelihood(moved, stacked(SIGMA)).value == pytest.approx(
        likelihood(rows, stacked(SIGMA)).value, rel=1e-9
    )


def test_a_missing_score_weighs_nothing():
    """With every second construct missing the first one's likelihood is that of it alone."""
    rng = np.random.default_rng(5)
    scores, organisation = rng.normal(size=(8, 2)), np.repeat([0, 1], 4)
    errors = np.tile(0.3 * np.eye(2), (8, 1, 1))
    scores[[0, 5], 1] = np.nan
    scores[3, 0] = np.nan
    rows = Rows.of(scores, errors, organisation)
    sigma = np.repeat(np.array([[[1.0, 0.5], [0.5, 1.5]]]), 2, axis=0)
    slope = score(likelihood(rows, sigma))[1]
    full = [i for i in range(4, 8) if i != 5]
    # By hand: units with both, and unit 5 with the first construct alone.
    v = np.zeros((7, 7))
    y, x, d = np.zeros(7), np.zeros((7, 2)), np.zeros((7, 7))
    for place, unit in enumerate(full):
        at = slice(2 * place, 2 * place + 2)
        v[at, at], y[at], x[at] = sigma[0] + errors[0], scores[unit], np.eye(2)
        d[at, at] = np.array([[0, 1], [1, 0]])
    v[6, 6], y[6], x[6, 0] = 1.3, scores[5, 0], 1
    w = np.linalg.inv(v)
    p = w - w @ x @ np.linalg.solve(x.T @ w @ x, x.T @ w)
    assert slope[1] == pytest.approx((y @ p @ d @ p @ y - np.trace(p @ d)) / 2, rel=1e-6)


def test_a_row_that_counts_twice_is_two_rows(rows):
    twice = np.repeat(np.arange(len(rows.scores)), 2)
    doubled = Rows.of(rows.scores[twice], rows.errors[twice], rows.organisation[twice])
    counted = rows.counted(np.full(len(rows.scores), 2.0))
    one, other = likelihood(doubled, stacked(SIGMA)), likelihood(counted, stacked(SIGMA))
    assert other.value == pytest.approx(one.value, rel=1e-10)
    assert score(other) == pytest.approx(score(one), rel=1e-8, abs=1e-9)
    for what in ("observed_information", "expected_information"):
        assert getattr(other, what) == pytest.approx(getattr(one, what), rel=1e-8, abs=1e-9)


def test_rows_of_one_error_may_stand_together():
    """Likelihood and derivatives of 40 rows with two errors, and of the four they become."""
    rng = np.random.default_rng(6)
    errors = np.array([0.3 * np.eye(3), np.diag([0.3, 0.9, 0.3])])[rng.integers(0, 2, 40)]
    organisation = np.repeat([0, 1], 20)
    each = Rows.of(rng.normal(size=(40, 3)), errors, organisation)
    each = each.counted(rng.uniform(0.5, 2, 40))
    together = each.compressed()
    assert len(together.scores) == 4
    sigma = np.repeat(SIGMA[None], 2, axis=0)
    one, other = likelihood(each, sigma), likelihood(together, sigma)
    assert other.value == pytest.approx(one.value, rel=1e-10)
    assert score(other) == pytest.approx(score(one), rel=1e-8, abs=1e-9)
    assert other.observed_information == pytest.approx(one.observed_information, rel=1e-8)
    exact = one.expected_information
    assert other.expected_information == pytest.approx(exact, rel=1e-8)


def test_third_derivatives_are_how_the_gradient_bends(rows):
    """Along two directions, rows standing for several with different scores, by differences."""
    rng = np.random.default_rng(8)
    spread = rng.normal(size=(len(rows.scores), 3, 3))
    rows = replace(
        rows,
        copies=rng.integers(1, 5, len(rows.scores)).astype(float),
        scatter=spread @ np.swapaxes(spread, 1, 2),
    )
    along = rng.normal(size=(len(SIZES), 2, 3, 3))
    along += np.swapaxes(along, 2, 3)
    at, step = stacked(SIGMA), 1e-3
    exact = -4 * gradient(likelihood(rows, at))
    for direction in np.swapaxes(along, 0, 1):
        for way in (-step, step):
            exact += gradient(likelihood(rows, at + way * direction))
    found = third_derivative(likelihood(rows, at), along)
    assert found == pytest.approx(exact / step**2, rel=1e-3, abs=1e-3)
