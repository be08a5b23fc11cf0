r"""The links of organisations integrated out, at a given spread of links between organisations.

The links of organisation j are :math:`b_j = b + \tau z_j`, :math:`z_j \sim N(0, 1)`, one
:math:`\tau` a link; the means :math:`b` and the residuals' parameters :math:`\psi` are common,
:math:`\theta = (b, \psi)`. With the restricted likelihoods :math:`\ell_j` of
:mod:`workbench.chain.hierarchical.likelihood` and a weak prior :math:`\pi(\theta)`,

.. math:: F(\theta, z) = \sum_j [\ell_j(b + \tau z_j, \psi) - \tfrac12 z_j'z_j] + \log\pi(\theta)

is maximised by Fisher scoring, whose equations are solved one organisation at a time (only
:math:`\theta` is common), and integrated by Laplace's method over :math:`z` and then over
:math:`\theta` (Tierney & Kadane 1986, JASA 81, 82–86). The integral over :math:`z` moves the mode
of :math:`\theta`, as REML moves that of a variance; the slope of :math:`\log|H|` by
:math:`\theta` gives the move to first order; that by the residual variances is all that counts.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.chain.hierarchical.likelihood import (
    Parts,
    Rows,
    likelihood,
    lower,
    observed_information,
    score,
)
from workbench.chain.hierarchical.structure import Structure

Array = NDArray[np.float64]

# Steps end when one raised the logarithm of the integrand by less than half of this.
_ENOUGH = 1e-6
_NEAR = 1e-2
_MOST_STEPS = 60
# Longest steps of a common parameter and of an organisation's link.
_LONGEST = 1.0
_LONGEST_OF_LINK = 0.5
# Numbers held at once where organisations are repeated: 80 MB.
_TOGETHER = 10_000_000
# Observed information of few units can be far off, even negative; kept near the expected one.
_KEPT = 3.0


@dataclass(frozen=True)
class Problem:
    """What is to be integrated.

    Attributes
    ----------
    rows, structure
        The units and the path model.
    centre, deviation
        Mean and standard deviation (L + q,) of the normal prior of θ.
    """

    rows: Rows
    structure: Structure
    centre: Array
    deviation: Array

    @property
    def organisations(self) -> int:
        """How many there are."""
        return int(self.rows.organisation[-1]) + 1

    def repeated(self, times: int) -> "Problem":
        """The same organisations so many times."""
        first = np.arange(times) * self.organisations
        rows = replace(
            self.rows,
            scores=np.tile(self.rows.scores, (times, 1)),
            errors=np.tile(self.rows.errors, (times, 1, 1)),
            organisation=(first[:, None] + self.rows.organisation).ravel(),
            copies=np.tile(self.rows.copies, times),
            there=np.tile(self.rows.there, (times, 1)),
            scatter=np.tile(self.rows.scatter, (times, 1, 1)),
        )
        return replace(self, rows=rows)


@dataclass(frozen=True)
class Conditional:
    """Everything given τ: normal in θ, and in each organisation's z given θ.

    Attributes
    ----------
    spread
        τ (L,).
    theta, covariance
        Mean (L + q,) and covariance of θ.
    shift
        Mean of z (J, L) at ``theta``.
    response
        dz/dθ (J, L, L + q).
    scatter
        Covariance of z given θ (J, L, L).
    evidence
        Logarithm of the integral, up to one constant for all τ.
    """

    spread: Array
    theta: Array
    covariance: Array
    shift: Array
    response: Array
    scatter: Array
    evidence: float

    @property
    def links(self) -> Array:
        """The organisations' links at their means (J, L)."""
        return self.theta[: len(self.spread)] + self.spread * self.shift


@dataclass(frozen=True)
class _Point:
    """F at (θ, z), with the slopes of Σ; θ is common (L + q,) or one row an organisation."""

    theta: Array
    z: Array
    value: float
    parts: Parts
    sigma: Array  # Σ (J, k, k)
    by_matrix: Array  # dΣ (J, L + q, k, k)

    @cached_property
    def by_element(self) -> Array:
        """dΣ, elements on and below the diagonal (J, L + q, m)."""
        return _elements(self.by_matrix)

    @cached_property
    def score(self) -> Array:
        """dℓ/dΣ (J, m)."""
        return score(self.parts)

    @cached_property
    def slopes(self) -> Array:
        """dℓ by the organisation's own links and ψ (J, L + q)."""
        return np.asarray((self.by_element @ self.score[:, :, None])[:, :, 0])


@dataclass(frozen=True)
class _Arrow:
    """The expected information about (z, θ): blocks of z, and θ with z eliminated."""

    of_z: Array  # H (J, L, L)
    across: Array  # (J, L, L + q)
    reduced: Array  # S (L + q, L + q)


def roughly(problem: Problem, spread: Array, start: Array, shift: Array) -> Conditional:
    """Integrate at τ (L,) by the joint mode and the expected information alone.

    The search begins at θ (L + q,) and z (J, L).
    """
    point = _mode(problem, spread, start, shift, _NEAR)
    return _at_mode(point, _arrow(problem, spread, _expected(point)), spread)


def conditional(problem: Problem, spread: Array, start: Array, shift: Array) -> Conditional:
    """Integrate at τ (L,), the search begun at θ (L + q,) and z (J, L)."""
    point = _mode(problem, spread, start, shift, _ENOUGH)
    arrow = _observed_arrow(problem, spread, point)
    found = _at_mode(point, arrow, spread)
    if not spread.any():
        return found
    smooth = _at_mode(point, _arrow(problem, spread, _expected(point)), spread)
    pull = -0.5 * _slope_of_determinant(problem, spread, point, arrow.of_z, smooth.response)
    move = smooth.covariance @ pull
    return replace(
        found,
        theta=point.theta + move,
        shift=point.z + smooth.response @ move,
        evidence=found.evidence + 0.5 * float(pull @ move),
    )


def own_links(
    problem: Problem, theta: Array, start: Array, deviation: float
) -> tuple[Array, Array]:
    """Return every organisation's own links (J, L) and their covariances, θ given.

    The prior N(b, ``deviation``²) is wide and keeps the links of an organisation that says
    nothing of them finite.
    """
    count = len(problem.structure.links)
    spread = np.full(count, deviation)
    z = (start - theta[:count]) / deviation
    point = _point(problem, spread, theta, z)
    reach = _LONGEST_OF_LINK / deviation
    for _ in range(_MOST_STEPS):
        of_z = _arrow(problem, spread, _expected(point)).of_z
        slope = _slope_of_z(spread, point)
        step = np.linalg.solve(of_z, slope[:, :, None])[:, :, 0]
        point = _further(problem, spread, point, np.zeros_like(theta), np.clip(step, -reach, reach))
        if (step * slope).sum() < _ENOUGH:
            break
    of_z = _observed_of_z(problem, spread, point)
    return theta[:count] + spread * point.z, deviation**2 * np.asarray(np.linalg.inv(of_z))


def _at_mode(point: _Point, arrow: _Arrow, spread: Array) -> Conditional:
    determinants = _log_determinant(arrow.reduced) + _log_determinant(arrow.of_z)
    return Conditional(
        spread=spread,
        theta=point.theta,
        covariance=np.asarray(np.linalg.inv(arrow.reduced)),
        shift=point.z,
        response=-np.asarray(np.linalg.solve(arrow.of_z, arrow.across)),
        scatter=np.asarray(np.linalg.inv(arrow.of_z)),
        evidence=point.value - 0.5 * determinants,
    )


def _mode(problem: Problem, spread: Array, theta: Array, z: Array, enough: float) -> _Point:
    point = _point(problem, spread, theta, z)
    reach = _LONGEST_OF_LINK / np.maximum(spread, 1e-9)
    for _ in range(_MOST_STEPS):
        arrow = _arrow(problem, spread, _expected(point))
        of_z, of_theta = _slope_of_z(spread, point), _slope_of_theta(problem, point)
        alone = np.linalg.solve(arrow.of_z, of_z[:, :, None])[:, :, 0]
        reduced = of_theta - np.einsum("jlp,jl->p", arrow.across, alone)
        step = np.linalg.solve(arrow.reduced, reduced)
        gain = float(reduced @ step + (alone * of_z).sum())
        step *= min(1.0, _LONGEST / np.abs(step).max())
        with_it = np.linalg.solve(arrow.of_z, (arrow.across @ step)[:, :, None])[:, :, 0]
        point = _further(problem, spread, point, step, np.clip(alone - with_it, -reach, reach))
        if gain < enough:
            break
    return point


def _further(problem: Problem, spread: Array, point: _Point, step: Array, step_z: Array) -> _Point:
    """Go a step, halved until F does not fall."""
    for part in 0.5 ** np.arange(8):
        found = _point(problem, spread, point.theta + part * step, point.z + part * step_z)
        if found.value >= point.value - 1e-9 * abs(point.value):
            return found
    return point


def _point(problem: Problem, spread: Array, theta: Array, z: Array) -> _Point:
    count = len(spread)
    sigma, slopes = problem.structure.implied(theta[..., :count] + spread * z, theta[..., count:])
    parts = likelihood(problem.rows, sigma)
    prior = ((theta - problem.centre) / problem.deviation) ** 2
    value = float(parts.value.sum() - 0.5 * (z**2).sum() - 0.5 * prior.sum())
    return _Point(theta, z, value, parts, sigma, slopes)


def _elements(matrices: Array) -> Array:
    """Elements on and below the diagonal (..., m) of symmetric matrices (..., k, k)."""
    rows, columns = lower(matrices.shape[-1])
    return np.asarray(matrices[..., rows, columns])


def _slope_of_z(spread: Array, point: _Point) -> Array:
    return np.asarray(spread * point.slopes[:, : len(spread)] - point.z)


def _slope_of_theta(problem: Problem, point: _Point) -> Array:
    prior = (point.theta - problem.centre) / problem.deviation**2
    return np.asarray(point.slopes.sum(axis=0) - prior)


def _arrow(problem: Problem, spread: Array, information: Array) -> _Arrow:
    """The blocks from information (J, L + q, L + q) about organisations' own links and ψ."""
    count = len(spread)
    across = spread[:, None] * information[:, :count]
    of_z = np.eye(count) + across[:, :, :count] * spread
    eliminated = np.swapaxes(across, 1, 2) @ np.linalg.solve(of_z, across)
    reduced = (information - eliminated).sum(axis=0) + np.diag(1 / problem.deviation**2)
    return _Arrow(of_z, across, reduced)


def _expected(point: _Point) -> Array:
    slopes = point.by_element
    return np.asarray(slopes @ point.parts.expected_information @ np.swapaxes(slopes, 1, 2))


def _observed_arrow(problem: Problem, spread: Array, point: _Point) -> _Arrow:
    """The blocks from observed information, kept near those from the expected one."""
    count, structure = len(spread), problem.structure
    links = point.theta[:count] + spread * point.z
    of_links = _elements(structure.curvature(links, point.sigma, point.by_matrix))
    of_residual = _elements(structure.residual_curvature(links, point.theta[count:]))
    slopes = point.by_element
    observed = slopes @ observed_information(point.parts) @ np.swapaxes(slopes, 1, 2)
    curved = np.einsum("jabm,jm->jab", of_links, point.score)
    observed[:, :count] -= curved
    observed[:, count:, :count] -= np.swapaxes(curved[:, :, count:], 1, 2)
    observed[:, count:, count:] -= np.einsum("jabm,jm->jab", of_residual, point.score)
    found = _arrow(problem, spread, observed)
    expected = _arrow(problem, spread, _expected(point))
    return _Arrow(
        _kept_near(found.of_z, expected.of_z),
        found.across,
        _kept_near(found.reduced[None], expected.reduced[None])[0],
    )


def _observed_of_z(problem: Problem, spread: Array, point: _Point) -> Array:
    """The block of z (J, L, L) alone, as ``_observed_arrow`` has it."""
    count = len(spread)
    links = point.theta[..., :count] + spread * point.z
    bend = problem.structure.curvature(links, point.sigma, point.by_matrix[:, :count])
    curved = np.einsum("jabm,jm->jab", _elements(bend), point.score)
    slopes = point.by_element[:, :count]
    both = np.outer(spread, spread)
    found, expected = (
        np.eye(count) + both * (slopes @ information @ np.swapaxes(slopes, 1, 2) - bent)
        for information, bent in (
            (observed_information(point.parts), curved),
            (point.parts.expected_information, 0.0),
        )
    )
    return _kept_near(found, expected)


def _kept_near(observed: Array, expected: Array) -> Array:
    """Observed matrices (J, p, p), their eigenvalues in the expected ones' metric bounded."""
    root = np.linalg.cholesky(expected)
    half = np.linalg.solve(root, observed)
    relative = np.linalg.solve(root, np.swapaxes(half, 1, 2))
    values, vectors = np.linalg.eigh((relative + np.swapaxes(relative, 1, 2)) / 2)
    turned = root @ vectors
    kept = np.clip(values, 1 / _KEPT, _KEPT)[:, None, :]
    return np.asarray((turned * kept) @ np.swapaxes(turned, 1, 2))


def _slope_of_determinant(
    problem: Problem, spread: Array, point: _Point, of_z: Array, response: Array
) -> Array:
    """d Σ_j log|H_j| / dθ (L + q,) from H at ``point``, z following θ, by differences.

    By the residual variances alone: the other parameters hardly move it.
    """
    step, count, k = 1e-3, len(spread), problem.structure.constructs
    variances = np.arange(count, count + k)
    slopes = np.zeros_like(point.theta)
    # Few moves at once where there are many rows, for their products fill the memory.
    together = max(1, _TOGETHER // (len(problem.rows.scores) * k**4))
    for some in np.array_split(variances, -(-k // together)):
        repeated = problem.repeated(len(some))
        moves = step * np.eye(len(point.theta))[some]
        theta = np.repeat(point.theta + moves, problem.organisations, axis=0)
        z = point.z + step * np.moveaxis(response[:, :, some], 2, 0)
        moved = _point(repeated, spread, theta, z.reshape(len(theta), -1))
        there = np.linalg.slogdet(_observed_of_z(repeated, spread, moved))[1]
        slopes[some] = (there.reshape(len(some), -1).sum(axis=1) - _log_determinant(of_z)) / step
    return slopes


def _log_determinant(matrices: Array) -> float:
    return float(np.linalg.slogdet(matrices)[1].sum())
