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

is maximised by Fisher scoring, and by Newton's steps where that is slow. Their equations are solved
one organisation at a time, for only :math:`\theta` is common. Laplace's method integrates F over
:math:`z` and then over :math:`\theta` (Tierney & Kadane 1986, JASA 81, 82–86). The integral over
:math:`z` moves the mode of :math:`\theta`, as REML moves that of a variance; the slope of
:math:`\log|H|` by :math:`\theta` gives the move to first order.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.chain.hierarchical.likelihood import (
    Parts,
    Rows,
    elements,
    functional,
    gradient,
    inverse,
    likelihood,
    matrix,
)
from workbench.chain.hierarchical.structure import Structure
from workbench.chain.hierarchical.third import third_derivative

Array = NDArray[np.float64]

# Steps end when one raises the logarithm of the integrand by less than half of this.
_ENOUGH = 1e-6
_NEAR = 1e-5
_MOST_STEPS = 60
# Longest steps of a common parameter and of an organisation's link.
_LONGEST = 1.0
_LONGEST_OF_LINK = 0.5
# Numbers of a table of all organisations from which they are taken in blocks.
_TOGETHER = 100_000
# Length of steps to find how Σ bends, in standard deviations of an organisation's own.
_BENT = 0.03
# Information is found anew where a step with an earlier one leaves more than this of the gain.
_LEFT = 0.25
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

    @cached_property
    def blocks(self) -> list[tuple[slice, Rows]]:
        """Organisations in blocks, and their rows.

        All that is computed of a block stays in the processor's cache: of a thousand organisations
        everything takes a third of the time that way.
        """
        rows, k = self.rows, self.structure.constructs
        pairs = (k * (k + 1) // 2) ** 2
        numbers = max(len(rows.scores) * k * k, self.organisations * pairs)
        count = min(-(-numbers // _TOGETHER), self.organisations)
        ends = np.linspace(0, self.organisations, count + 1).round().astype(int).tolist()
        parts = [slice(*ends[at : at + 2]) for at in range(count)]
        return [(some, rows.of_organisations(some)) for some in parts]

    def scale(self, spread: Array) -> Array:
        """Standard deviations (D,) of all in which organisations differ, links by τ (L,)."""
        variances = len(self.structure.differing) - len(spread)
        return np.concatenate([spread, np.full(variances, self.residual_spread)])


@dataclass(frozen=True)
class Around:
    """Every organisation's likelihood to second order, around its own parameters.

    Attributes
    ----------
    spread, theta
        τ (L,) and θ (L + q,) for which these parameters were likely.
    own, slopes
        Links and ψ (J, L + q), and dℓ by them.
    information
        Expected, about them (J, L + q, L + q).
    """

    spread: Array
    theta: Array
    own: Array
    slopes: Array
    information: Array


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
    around
        The likelihoods near the mode.
    """

    spread: Array
    theta: Array
    covariance: Array
    shift: Array
    response: Array
    scatter: Array
    evidence: float
    around: Around

    @property
    def links(self) -> Array:
        """The organisations' links at their means (J, L)."""
        count = len(self.spread)
        return self.theta[:count] + self.spread * self.shift[:, :count]


@dataclass(frozen=True)
class _Block:
    """Some organisations' likelihoods at their own parameters, with the slopes of Σ."""

    own: Array  # (J, L + q)
    parts: Parts
    sigma: Array  # Σ (J, k, k)
    by_matrix: Array  # dΣ (J, L + q, k, k)

    @cached_property
    def by_element(self) -> Array:
        """dΣ, elements on and below the diagonal (J, L + q, m)."""
        return elements(self.by_matrix)

    @cached_property
    def gradient(self) -> Array:
        """G (J, k, k), with dℓ = tr(G dΣ)."""
        return gradient(self.parts)

    @cached_property
    def slopes(self) -> Array:
        """dℓ by the organisation's own links and ψ (J, L + q)."""
        score = functional(self.gradient)
        return np.asarray((self.by_element @ score[:, :, None])[:, :, 0])

    @cached_property
    def information(self) -> Array:
        """Expected, about the organisation's own links and ψ (J, L + q, L + q)."""
        return self.parts.expected(self.by_element)

    def observed(self, structure: Structure) -> Array:
        """Observed information (J, L + q, L + q) about the organisation's own links and ψ."""
        slopes = self.by_element
        links, residual = np.split(self.own, [len(structure.links)], axis=1)
        found = slopes @ self.parts.observed_information @ np.swapaxes(slopes, 1, 2)
        bent = structure.curvature(links, residual, self.sigma, self.by_matrix, self.gradient)
        return np.asarray(found - bent)


@dataclass(frozen=True)
class _Point:
    """F at (θ, z); θ is common (L + q,) or one row an organisation."""

    theta: Array
    z: Array
    own: Array  # organisations' own parameters (J, L + q)
    value: float
    blocks: list[_Block]

    @cached_property
    def slopes(self) -> Array:
        """dℓ by the organisation's own links and ψ (J, L + q)."""
        return np.concatenate([block.slopes for block in self.blocks])

    @cached_property
    def information(self) -> Array:
        """Expected, about the organisation's own links and ψ (J, L + q, L + q)."""
        return np.concatenate([block.information for block in self.blocks])

    def observed(self, structure: Structure) -> Array:
        """Observed information (J, L + q, L + q) about the organisation's own links and ψ."""
        return np.concatenate([block.observed(structure) for block in self.blocks])


@dataclass(frozen=True)
class _Arrow:
    """The information about (z, θ): blocks of z, and θ with z eliminated."""

    of_z: Array  # H (J, D, D)
    across: Array  # (J, D, L + q)
    reduced: Array  # S (L + q, L + q)

    scatter: Array  # H⁻¹ (J, D, D)
    determinants: float  # log|S| + Σ_j log|H_j|

    @cached_property
    def response(self) -> Array:
        """dz/dθ (J, D, L + q), z at its mode."""
        return np.asarray(-self.scatter @ self.across)

    @classmethod
    def of(cls, of_z: Array, across: Array, reduced: Array) -> "_Arrow":
        """Invert H."""
        scatter, determinants = inverse(of_z)
        total = float(np.linalg.slogdet(reduced)[1] + determinants.sum())
        return cls(of_z, across, reduced, scatter, total)


@dataclass(frozen=True)
class _Step:
    """A step of θ (L + q,) and z (J, D); ``gain`` is twice what it adds to F by its model."""

    theta: Array
    z: Array
    gain: float


def around(problem: Problem, theta: Array) -> Around:
    """Return the likelihoods around θ (L + q,), the same for all organisations."""
    none = np.zeros(len(problem.structure.links))
    z = np.zeros((problem.organisations, len(problem.structure.differing)))
    return _around(_point(problem, problem.scale(none), theta, z), none)


def roughly(problem: Problem, spread: Array, near: Around) -> tuple[float, Around]:
    """Return the logarithm of the integral at τ (L,), by the joint mode and the expected
    information alone, and the likelihoods around the mode."""
    scale = problem.scale(spread)
    point = _near_mode(problem, scale, near, _NEAR)
    arrow = _arrow(problem, scale, point.information)
    gain = _step(problem, scale, point, arrow).gain
    return _evidence(point, gain, arrow), _around(point, spread)


def conditional(problem: Problem, spread: Array, near: Around) -> Conditional:
    """Integrate at τ (L,), the search for the mode begun ``near`` others."""
    scale = problem.scale(spread)
    point = _near_mode(problem, scale, near, _ENOUGH)
    smooth = _arrow(problem, scale, point.information)
    arrow = _observed_arrow(problem, scale, point, smooth)
    step = _step(problem, scale, point, smooth)
    pull = np.zeros_like(point.theta)
    if scale.any():
        pull = -0.5 * _slope_of_determinant(problem, scale, point, arrow.of_z, smooth.response)
    move = np.linalg.solve(smooth.reduced, pull)
    evidence = _evidence(point, step.gain, arrow) + 0.5 * float(pull @ move)
    count, whole = len(spread), step.theta + move
    parts = (0.5 ** np.arange(_MOST_STEPS)).tolist()
    part = next(
        (p for p in parts if problem.structure.admits((point.theta + p * whole)[count:])), 0.0
    )
    return Conditional(
        spread=spread,
        theta=point.theta + part * whole,
        covariance=np.asarray(np.linalg.inv(arrow.reduced)),
        shift=point.z + step.z + part * (smooth.response @ move),
        response=arrow.response,
        scatter=arrow.scatter,
        evidence=evidence,
        around=_around(point, spread),
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
    z = np.zeros((problem.organisations, len(scale)))
    z[:, :count] = (start - theta[:count]) / deviation
    point = _point(problem, scale, theta, z)
    reach = _reach(scale)
    for _ in range(_MOST_STEPS):
        slope = _slope_of_z(problem, scale, point)
        step = np.linalg.solve(_newton_of_z(problem, scale, point), slope[:, :, None])[:, :, 0]
        before = point
        point = _further(problem, scale, point, np.zeros_like(theta), np.clip(step, -reach, reach))
        if (step * slope).sum() < _ENOUGH or point is before:
            break
    scatter, _ = inverse(_observed_of_z(problem, scale, point))
    return point.own[:, :count], np.asarray(deviation**2 * scatter[:, :count, :count])


def _around(point: _Point, spread: Array) -> Around:
    return Around(spread, point.theta, point.own, point.slopes, point.information)


def _evidence(point: _Point, gain: float, arrow: _Arrow) -> float:
    """The logarithm of the integral by Laplace's method, a last step of ``gain`` to the mode."""
    return point.value + 0.5 * gain - 0.5 * arrow.determinants


def _near_mode(problem: Problem, scale: Array, near: Around, enough: float) -> _Point:
    """Find a point from which a step to the mode would gain less than ``enough``.

    Steps use expected information from before, which hardly changes on the way, as long as it
    serves; then the observed.
    """
    arrow = _arrow(problem, scale, near.information)
    point = _predicted(problem, scale, near, arrow)
    left = np.inf
    for _ in range(_MOST_STEPS):
        step = _step(problem, scale, point, arrow)
        if step.gain > _LEFT * left:
            arrow = _newton_arrow(problem, scale, point)
            step = _step(problem, scale, point, arrow)
        if step.gain < enough:
            break
        before, left = point, step.gain
        point = _further(problem, scale, point, step.theta, step.z)
        if point is before:
            break
    return point


def _predicted(problem: Problem, scale: Array, near: Around, arrow: _Arrow) -> _Point:
    """Where the mode is as far as the likelihoods near others tell, at a limited distance."""
    differing = problem.structure.differing
    apart = near.own - near.theta
    slopes = near.slopes + (near.information @ apart[:, :, None])[:, :, 0]
    prior = (near.theta - problem.centre) / problem.deviation**2
    step = _solved(arrow, scale * slopes[:, differing], slopes.sum(axis=0) - prior)
    own = np.clip(scale * step.z - apart[:, differing], -_LONGEST_OF_LINK, _LONGEST_OF_LINK)
    per = np.where(scale > 0, scale, np.inf)
    found = _point(
        problem, scale, near.theta + _limited(step.theta), (apart[:, differing] + own) / per
    )
    # Three correlations may be such that no covariance matrix has them all.
    if np.isfinite(found.value):
        return found
    return _point(problem, scale, near.theta, apart[:, differing] / per)


def _step(problem: Problem, scale: Array, point: _Point, arrow: _Arrow) -> _Step:
    """A step to the mode, of limited length."""
    found = _solved(arrow, _slope_of_z(problem, scale, point), _slope_of_theta(problem, point))
    reach = _reach(scale)
    return _Step(_limited(found.theta), np.clip(found.z, -reach, reach), found.gain)


def _solved(arrow: _Arrow, of_z: Array, of_theta: Array) -> _Step:
    """The step for slopes by z (J, D) and θ (L + q,)."""
    alone = (arrow.scatter @ of_z[:, :, None])[:, :, 0]
    reduced = of_theta + np.einsum("jlp,jl->p", arrow.response, of_z)
    theta = np.linalg.solve(arrow.reduced, reduced)
    gain = float(reduced @ theta + (alone * of_z).sum())
    return _Step(theta, alone + arrow.response @ theta, gain)


def _limited(step: Array) -> Array:
    return np.asarray(step * min(1.0, _LONGEST / max(np.abs(step).max(), 1e-300)))


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
    blocks = [_block(structure, rows, own[some]) for some, rows in problem.blocks]
    prior = ((theta - problem.centre) / problem.deviation) ** 2
    likelihoods = np.concatenate([block.parts.value for block in blocks])
    value = float(likelihoods.sum() - 0.5 * (z**2).sum() - 0.5 * prior.sum())
    if not structure.admits(theta[count:]):
        value = np.nan  # errors may hide that Ψ is no covariance matrix
    return _Point(theta, z, own, value, blocks)


def _block(structure: Structure, rows: Rows, own: Array) -> _Block:
    sigma, slopes = structure.implied(*np.split(own, [len(structure.links)], axis=1))
    return _Block(own, likelihood(rows, sigma), sigma, slopes)


def _slope_of_z(problem: Problem, scale: Array, point: _Point) -> Array:
    return np.asarray(scale * point.slopes[:, problem.structure.differing] - point.z)


def _slope_of_theta(problem: Problem, point: _Point) -> Array:
    prior = (point.theta - problem.centre) / problem.deviation**2
    return np.asarray(point.slopes.sum(axis=0) - prior)


def _arrow(problem: Problem, scale: Array, information: Array) -> _Arrow:
    """The blocks from expected information (J, L + q, L + q) about own links and ψ."""
    return _Arrow.of(*_blocks(problem, scale, information))


def _blocks(problem: Problem, scale: Array, information: Array) -> tuple[Array, Array, Array]:
    """H (J, D, D), the block across (J, D, L + q) and S (L + q, L + q)."""
    differing = problem.structure.differing
    across = scale[:, None] * information[:, differing]
    of_z = np.eye(len(scale)) + across[:, :, differing] * scale
    eliminated = np.swapaxes(across, 1, 2) @ np.linalg.solve(of_z, across)
    return of_z, across, (information - eliminated).sum(axis=0) + np.diag(1 / problem.deviation**2)


def _observed_arrow(problem: Problem, scale: Array, point: _Point, expected: _Arrow) -> _Arrow:
    """The blocks from observed information, kept near those from the expected one."""
    of_z, across, reduced = _blocks(problem, scale, point.observed(problem.structure))
    return _Arrow.of(
        _kept_near(of_z, expected.of_z),
        across,
        _kept_near(reduced[None], expected.reduced[None])[0],
    )


def _newton_arrow(problem: Problem, scale: Array, point: _Point) -> _Arrow:
    """The blocks from observed information where it is definite, and else from expected."""
    blocks = _blocks(problem, scale, point.observed(problem.structure))
    of_z, _, reduced = blocks
    if np.linalg.eigvalsh(of_z).min() > 0 and np.linalg.eigvalsh(reduced)[0] > 0:
        return _Arrow.of(*blocks)
    return _arrow(problem, scale, point.information)


def _observed_of_z(problem: Problem, scale: Array, point: _Point) -> Array:
    """The block of z (J, D, D) alone, as ``_observed_arrow`` has it."""
    return _kept_near(*_of_z(problem, scale, point))


def _newton_of_z(problem: Problem, scale: Array, point: _Point) -> Array:
    """What a step of z divides by (J, D, D): the observed information where it is definite.

    In directions of which an organisation's units tell little the expected one is many times as
    large, and steps by it alone do not arrive.
    """
    observed, expected = _of_z(problem, scale, point)
    definite = np.linalg.eigvalsh(observed)[:, 0] > 0
    return np.where(definite[:, None, None], observed, expected)


def _of_z(problem: Problem, scale: Array, point: _Point) -> tuple[Array, Array]:
    """Observed and expected information about z (J, D, D), the prior's included."""
    differing = problem.structure.differing
    block = np.ix_(np.arange(len(point.z)), differing, differing)
    observed, expected = (
        np.eye(len(scale)) + np.outer(scale, scale) * information[block]
        for information in (point.observed(problem.structure), point.information)
    )
    return observed, expected


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
    """d Σ_j log|H_j| / dθ (L + q,) at ``point``, z following θ."""
    differing = problem.structure.differing
    root = np.linalg.inv(np.linalg.cholesky(of_z))
    directions = np.zeros((problem.organisations, len(scale), point.own.shape[1]))
    directions[:, :, differing] = root * scale
    bend = np.concatenate(
        [
            _bend(problem.structure, block, directions[some])
            for (some, _), block in zip(problem.blocks, point.blocks, strict=True)
        ]
    )
    by_theta = bend.sum(axis=0)
    return by_theta + np.einsum("jl,jlp->p", scale * bend[:, differing], response)


def _bend(structure: Structure, block: _Block, directions: Array) -> Array:
    r"""d log|H_j| / do (J, L + q) by an organisation's own parameters, by third derivatives of ℓ.

    With the columns c of a root of s H⁻¹ s, the ``directions`` (J, D, L + q), the slope is
    :math:`\mathrm{tr}(H^{-1} dH/do) = -\sum_c \partial^3 \ell(c, c, \cdot)`, where with
    :math:`\Sigma_c` the derivative of Σ along c

    .. math:: \partial^3 \ell(c, c, o) = \ell^{(3)}[\Sigma_c, \Sigma_c, \Sigma_o]
        + \ell^{(2)}[\Sigma_{cc}, \Sigma_o] + 2 \ell^{(2)}[\Sigma_c, \Sigma_{co}]
        + \ell'[\Sigma_{cco}].

    Derivatives of ℓ by Σ are exact; Σ, which costs little, is moved to and fro along every c.
    """
    (count, differing, size), k = directions.shape, structure.constructs
    along = (directions @ block.by_matrix.reshape(count, -1, k * k)).reshape(count, -1, k, k)
    information = block.parts.observed_information
    gradients = -matrix(elements(along) @ information, k)
    bend, curved = -2 * differing * block.slopes, -2 * differing * block.sigma
    for way in (-_BENT, _BENT):
        moved = (block.own[:, None] + way * directions).reshape(-1, size)
        sigma, left, right = structure.factored(*np.split(moved, [len(structure.links)], 1))
        weight = (block.gradient[:, None] + way * gradients).reshape(-1, k, k)
        slopes = 2 * ((left @ weight) * right).sum(axis=2)
        bend += slopes.reshape(count, differing, -1).sum(axis=1)
        curved += sigma.reshape(count, differing, k, k).sum(axis=1)
    score = functional(third_derivative(block.parts, along))
    score -= (information @ elements(curved / _BENT**2)[:, :, None])[:, :, 0]
    return np.asarray(-bend / _BENT**2 - (block.by_element @ score[:, :, None])[:, :, 0])
