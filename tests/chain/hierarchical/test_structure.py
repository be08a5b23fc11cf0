"""The covariance matrix of a recursive path model, its derivatives and common variances."""

import numpy as np
import pytest

from workbench.chain.hierarchical.structure import Structure
from workbench.exceptions import ModelError

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


def test_the_second_derivatives_of_one_link():
    """With service = b people + ζ: var(service) = b² v + ψ, cov = b v."""
    found = Structure(2, ((0, 1),)).curvature(np.array([[0.7]]), np.log([1.5, 0.4]))[0]
    exact = np.zeros((3, 3, 2, 2))
    exact[0, 0] = [[0, 0], [0, 2 * 1.5]]
    exact[0, 1] = exact[1, 0] = [[0, 1.5], [1.5, 2 * 0.7 * 1.5]]
    exact[1, 1] = 1.5 * np.array([[1, 0.7], [0.7, 0.49]])
    exact[2, 2] = [[0, 0], [0, 0.4]]
    assert found == pytest.approx(exact, abs=1e-8)


def test_common_variances_are_the_average_of_organisations():
    """Against the average over 100,000 organisations drawn."""
    spread = np.array([0.2, 0.3, 0.1, 0.25, 0.15])
    drawn = LINKS[0] + spread * np.random.default_rng(1).normal(size=(100_000, 5))
    psi, _ = CHAIN.residual_covariance(RESIDUAL)
    b = np.einsum("jl,lab->jab", drawn, CHAIN.selectors)
    through = np.linalg.inv(np.eye(4) - b)
    average = np.einsum("jab,bc,jac->a", through, psi, through) / len(drawn)
    assert CHAIN.common_variances(LINKS[0], spread, RESIDUAL) == pytest.approx(average, abs=0.01)
    none = CHAIN.common_variances(LINKS[0], np.zeros(5), RESIDUAL)
    assert none == pytest.approx(CHAIN.implied(LINKS[:1], RESIDUAL)[0][0].diagonal(), rel=1e-12)


def test_a_link_that_runs_backwards_is_refused():
    with pytest.raises(ModelError, match="from construct 2 to construct 1"):
        Structure(3, ((2, 1),))
