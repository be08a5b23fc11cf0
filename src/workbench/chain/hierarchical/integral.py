r"""The links of organisations integrated out, at a given spread of links between organisations.

The links of organisation j are :math:`b_j = b + \tau z_j`, :math:`z_j \sim N(0, 1)`, one
:math:`\tau` a link. The logarithms of targets' residual variances differ in the same way, by a
standard deviation that is given: with one residual variance for all, a strong link would go with
a large variance of its target, and organisations that have none would have their links pulled to
the mean. The means of all are :math:`\theta`, with the residuals' other parameters. With the
restricted likelihoods :math:`\ell_j` of :mod:`workbench.chain.hierarchical.likelihood` and a weak
prior :math:`\pi(\theta)`,

.. math:: F(\theta, z) = \sum_j [\ell_j(\theta + s z_j) - \tfrac12 z_j'z_j] + \log\pi(\theta),

with :math:`s` the standard deviations of all in which organisations differ,

is maximised by Fisher scoring, whose equations are solved one organisation at a time (only
:math:`\theta` is common), and integrated by Laplace's method over :math:`z` and then over
:math:`\theta` (Tierney & Kadane 1986, JASA 81, 82–86). The integral over :math:`z` moves the mode
of :math:`\theta`, as REML moves that of a variance; the slope of :math:`\log|H|` by
:math:`\theta` gives the move to first order.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.chain.hierarchical.likelihood import (
    Parts,
    Rows,
    gradient,
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
# Length of steps to find how slopes bend, in standard deviations of an organisation's own.
_BENT = 0.03
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
    residual_spread
        The standard deviation between organisations of the logarithms of targets' residual
        variances, given.
    """

    rows: Rows
    structure: Structure
    centre: Array
    deviation: Array
    residual_spread: float

    @property
    def organisations(self) -> int:
        """How many there are."""
        return int(self.rows.organisation[-1]) + 1

    @property
    def unmoved(self) -> Array:
        """z (J, D) of organisations that do not differ."""
        return np.zeros((self.organisations, len(self.structure.differing)))

    def scale(self, spread: Array) -> Array:
        """Standard deviations (D,) of all in which organisations differ, links by τ (L,)."""
        variances = len(self.structure.differing) - len(spread)
        return np.concatenate([spread, np.full(variances, self.residual_spread)])

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
        Mean of z (J, D) at ``theta``, links first.
    response
        dz/dθ (J, D, L + q).
    scatter
        Covariance of z given θ (J, D, D).
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
        count = len(self.spread)
        return self.theta[:count] + self.spread * self.shift[:, :count]


@dataclass(frozen=True)
class _Point:
    """F at (θ, z), with the slopes of Σ; θ is common (L + q,) or one row an organisation."""

    theta: Array
    z: Array
    own: Array  # organisations' own parameters (J, L + q)
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

    of_z: Array  # H (J, D, D)
    across: Array  # (J, D, L + q)
    reduced: Array  # S (L + q, L + q)


def roughly(problem: Problem, spread: Array, start: Array, shift: Array) -> Conditional:
    """Integrate at τ (L,) by the joint mode and the expected information alone.

    The search begins at θ (L + q,) and z (J, D).
    """
    scale = problem.scale(spread)
    point = _mode(problem, scale, start, shift, _NEAR)
    return _at_mode(point, _arrow(problem, scale, _expected(point)), spread)


def conditional(problem: Problem, spread: Array, start: Array, shift: Array) -> Conditional:
    """Integrate at τ (L,), the search begun at θ (L + q,) and z (J, D)."""
    scale = problem.scale(spread)
    point = _mode(problem, scale, start, shift, _ENOUGH)
    arrow = _observed_arrow(problem, scale, point)
    found = _at_mode(point, arrow, spread)
    if not scale.any():
        return found
    smooth = _at_mode(point, _arrow(problem, scale, _expected(point)), spread)
    pull = -0.5 * _slope_of_determinant(problem, scale, point, arrow.of_z, smooth.response)
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
    scale = problem.scale(np.full(count, deviation))
    z = problem.unmoved
    z[:, :count] = (start - theta[:count]) / deviation
    point = _point(problem, scale, theta, z)
    reach = _reach(scale)
    for _ in range(_MOST_STEPS):
        of_z = _arrow(problem, scale, _expected(point)).of_z
        slope = _slope_of_z(problem, scale, point)
        step = np.linalg.solve(of_z, slope[:, :, None])[:, :, 0]
        point = _further(problem, scale, point, np.zeros_like(theta), np.clip(step, -reach, reach))
        if (step * slope).sum() < _ENOUGH:
            break
    scatter = np.asarray(np.linalg.inv(_observed_of_z(problem, scale, point)))
    return point.own[:, :count], np.asarray(deviation**2 * scatter[:, :count, :count])


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


def _mode(problem: Problem, scale: Array, theta: Array, z: Array, enough: float) -> _Point:
    point = _point(problem, scale, theta, z)
    reach = _reach(scale)
    for _ in range(_MOST_STEPS):
        arrow = _arrow(problem, scale, _expected(point))
        of_z, of_theta = _slope_of_z(problem, scale, point), _slope_of_theta(problem, point)
        alone = np.linalg.solve(arrow.of_z, of_z[:, :, None])[:, :, 0]
        reduced = of_theta - np.einsum("jlp,jl->p", arrow.across, alone)
        step = np.linalg.solve(arrow.reduced, reduced)
        gain = float(reduced @ step + (alone * of_z).sum())
        step *= min(1.0, _LONGEST / np.abs(step).max())
        with_it = np.linalg.solve(arrow.of_z, (arrow.across @ step)[:, :, None])[:, :, 0]
        point = _further(problem, scale, point, step, np.clip(alone - with_it, -reach, reach))
        if gain < enough:
            break
    return point


def _reach(scale: Array) -> Array:
    """The longest steps of z (D,)."""
    return np.asarray(_LONGEST_OF_LINK / np.maximum(scale, 1e-9))


def _further(problem: Problem, scale: Array, point: _Point, step: Array, step_z: Array) -> _Point:
    """Go a step, halved until F does not fall."""
    for part in 0.5 ** np.arange(8):
        found = _point(problem, scale, point.theta + part * step, point.z + part * step_z)
        if found.value >= point.value - 1e-9 * abs(point.value):
            return found
    return point


def _point(problem: Problem, scale: Array, theta: Array, z: Array) -> _Point:
    structure = problem.structure
    count = len(structure.links)
    own = np.broadcast_to(theta, (len(z), theta.shape[-1])).copy()
    own[:, structure.differing] += scale * z
    sigma, slopes = structure.implied(own[:, :count], own[:, count:])
    parts = likelihood(problem.rows, sigma)
    prior = ((theta - problem.centre) / problem.deviation) ** 2
    value = float(parts.value.sum() - 0.5 * (z**2).sum() - 0.5 * prior.sum())
    return _Point(theta, z, own, value, parts, sigma, slopes)


def _elements(matrices: Array) -> Array:
    """Elements on and below the diagonal (..., m) of symmetric matrices (..., k, k)."""
    rows, columns = lower(matrices.shape[-1])
    return np.asarray(matrices[..., rows, columns])


def _slope_of_z(problem: Problem, scale: Array, point: _Point) -> Array:
    return np.asarray(scale * point.slopes[:, problem.structure.differing] - point.z)


def _slope_of_theta(problem: Problem, point: _Point) -> Array:
    prior = (point.theta - problem.centre) / problem.deviation**2
    return np.asarray(point.slopes.sum(axis=0) - prior)


def _arrow(problem: Problem, scale: Array, information: Array) -> _Arrow:
    """The blocks from information (J, L + q, L + q) about organisations' own links and ψ."""
    differing = problem.structure.differing
    across = scale[:, None] * information[:, differing]
    of_z = np.eye(len(scale)) + across[:, :, differing] * scale
    eliminated = np.swapaxes(across, 1, 2) @ np.linalg.solve(of_z, across)
    reduced = (information - eliminated).sum(axis=0) + np.diag(1 / problem.deviation**2)
    return _Arrow(of_z, across, reduced)


def _expected(point: _Point) -> Array:
    slopes = point.by_element
    return np.asarray(slopes @ point.parts.expected_information @ np.swapaxes(slopes, 1, 2))


def _observed(problem: Problem, point: _Point) -> Array:
    """Observed information (J, L + q, L + q) about organisations' own links and ψ."""
    structure, slopes = problem.structure, point.by_element
    links, residual = np.split(point.own, [len(structure.links)], axis=1)
    rows, columns = lower(structure.constructs)
    weight = np.zeros_like(point.sigma)
    weight[:, rows, columns] = weight[:, columns, rows] = point.score / 2
    weight[:, range(structure.constructs), range(structure.constructs)] *= 2
    observed = slopes @ observed_information(point.parts) @ np.swapaxes(slopes, 1, 2)
    bent = structure.curvature(links, residual, point.sigma, point.by_matrix, weight)
    return np.asarray(observed - bent)


def _observed_arrow(problem: Problem, scale: Array, point: _Point) -> _Arrow:
    """The blocks from observed information, kept near those from the expected one."""
    found = _arrow(problem, scale, _observed(problem, point))
    expected = _arrow(problem, scale, _expected(point))
    return _Arrow(
        _kept_near(found.of_z, expected.of_z),
        found.across,
        _kept_near(found.reduced[None], expected.reduced[None])[0],
    )


def _observed_of_z(problem: Problem, scale: Array, point: _Point) -> Array:
    """The block of z (J, D, D) alone, as ``_observed_arrow`` has it."""
    differing = problem.structure.differing
    block = np.ix_(np.arange(len(point.z)), differing, differing)
    found, expected = (
        np.eye(len(scale)) + np.outer(scale, scale) * information[block]
        for information in (_observed(problem, point), _expected(point))
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
    problem: Problem, scale: Array, point: _Point, of_z: Array, response: Array
) -> Array:
    r"""d Σ_j log|H_j| / dθ (L + q,) at ``point``, z following θ, by third derivatives of ℓ.

    With the columns c of a root of s H⁻¹ s, the slope by an organisation's own parameters o is
    :math:`\mathrm{tr}(H^{-1} dH/do) = -\sum_c \partial^3 \ell(c, c, \cdot)`: how the slopes
    of ℓ bend along every c, found by second differences.
    """
    differing, count = problem.structure.differing, problem.organisations
    root = np.linalg.inv(np.linalg.cholesky(of_z))
    directions = np.zeros((len(scale), *point.own.shape))
    directions[:, :, differing] = np.moveaxis(scale * root, 1, 0)
    bend = np.zeros_like(point.own)
    # Few moves at once where there are many rows, for their products fill the memory.
    products = 2 * len(problem.rows.scores) * problem.structure.constructs**2
    together = max(1, _TOGETHER // products)
    for some in np.array_split(directions, -(-len(directions) // together)):
        moved = point.own + _BENT * np.concatenate([some, -some])
        slopes = _own_slopes(problem.repeated(len(moved)), moved.reshape(-1, moved.shape[-1]))
        bend += slopes.reshape(-1, count, moved.shape[-1]).sum(axis=0)
    bend = (2 * len(directions) * point.slopes - bend) / _BENT**2
    by_theta = bend.sum(axis=0)
    return by_theta + np.einsum("jl,jlp->p", scale * bend[:, differing], response)


def _own_slopes(problem: Problem, own: Array) -> Array:
    """dℓ (J, L + q) by organisations' own parameters (J, L + q), at these."""
    count = len(problem.structure.links)
    sigma, left, right = problem.structure.factored(own[:, :count], own[:, count:])
    return np.asarray(2 * ((left @ gradient(likelihood(problem.rows, sigma))) * right).sum(axis=2))


def _log_determinant(matrices: Array) -> float:
    return float(np.linalg.slogdet(matrices)[1].sum())
