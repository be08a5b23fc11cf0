"""The covariance matrix of a recursive path model, its derivatives and common variances."""

import numpy as np
import pytest

from workbench.chain.hierarchical.structure import Structure
from workbench.errors import ModelError

CHAIN = Structure(4, ((0, 1), (0, 2), (1, 2), (2, 3), (0, 3)), ((1, 3),))
LINKS = np.array([[0.5, 0.2, 0.4, 0.6, -0.1], [0.1, 0.7, -0.3, 0.2, 0.3]])
RESIDUAL = np.array([0.1, -0.4, -0.2, -0.6, 0.3])


def test_the_first_derivatives_are_exact():
    _, slopes = CHAIN.implied(LINKS, RESIDUAL)
    step = 1e-6
    for at in range(5):
        move = step * np.eye(5)[at]
        up, down = (CHAIN.implied(LINKS + s * move, RESIDUAL)[0] for s in (1, -1))
        assert slopes[:, at] == pytest.approx((up - down) / (2 * step), abs=1e-8)
        up, down = (CHAIN.implied(LINKS, RESIDUAL + s * move)[0] for s in (1, -1))
        assert slopes[:, 5 + at] == pytest.approx((up - down) / (2 * step), abs=1e-8)


def test_the_second_derivatives_are_exact():
    """Each organisation at residuals of its own, against differences of the first derivatives."""
    residual = np.vstack([RESIDUAL, RESIDUAL + 0.4])
    roots = np.random.default_rng(3).normal(size=(2, 4, 4))
    weight = roots + np.swapaxes(roots, 1, 2)
    found = CHAIN.curvature(LINKS, residual, *CHAIN.implied(LINKS, residual), weight)
    step = 1e-6
    for at in range(10):
        move = step * np.eye(10)[at]
        up, down = (
            CHAIN.implied(LINKS + s * move[:5], residual + s * move[5:])[1] for s in (1, -1)
        )
        change = np.einsum("jab,jpab->jp", weight, up - down) / (2 * step)
        assert found[:, at] == pytest.approx(change, abs=1e-7)


def test_organisations_differ_in_links_and_in_their_targets_residuals():
    # Four variances and a correlation after five links; construct 0 has no source.
    assert CHAIN.differing.tolist() == [0, 1, 2, 3, 4, 6, 7, 8]


def test_common_variances_are_the_average_of_organisations():
    """Against the average over 100,000 organisations drawn."""
    spread = np.array([0.2, 0.3, 0.1, 0.25, 0.15])
    drawn = LINKS[0] + spread * np.random.default_rng(1).normal(size=(100_000, 5))
    psi = CHAIN.residual_covariance(RESIDUAL)
    b = np.einsum("jl,lab->jab", drawn, CHAIN.selectors)
    through = np.linalg.inv(np.eye(4) - b)
    average = np.einsum("jab,bc,jac->a", through, psi, through) / len(drawn)
    assert CHAIN.common_variances(LINKS[0], spread, RESIDUAL) == pytest.approx(average, abs=0.01)
    none = CHAIN.common_variances(LINKS[0], np.zeros(5), RESIDUAL)
    assert none == pytest.approx(CHAIN.implied(LINKS[:1], RESIDUAL)[0][0].diagonal(), rel=1e-12)


def test_a_link_that_runs_backwards_is_refused():
    with pytest.raises(ModelError, match="from construct 2 to construct 1"):
        Structure(3, ((2, 1),))
