"""Casewise maximum likelihood with missing answers, by patterns.

With n_k rows in pattern k, of which items o_k were answered, T_k = S_k + (m_k - mu)(m_k - mu)'
and V_k = Sigma[o_k, o_k]^-1, a group's discrepancy is [1]_

    f = sum_k n_k / n 1/2 {log|Sigma[o_k, o_k]| + tr(T_k V_k)}

which is minus the log-likelihood per row, less the constant sum_k n_k |o_k| log(2 pi) / (2 n).
Matrices of a pattern are p x p with zeros in unanswered rows and columns, so that all patterns are
one stack; of a pattern with one row, S_k is zero. The weights of second derivatives are sums of
Kronecker products over patterns; they are one matrix product of the stacked inverses' lower
triangles (K, p*).

Where rows have a known error covariance E_k of their own, Sigma stands for that of the values
without error and V_k = (Sigma + E_k)[o_k, o_k]^-1; all else is the same, EM included. Sigma itself
need then not be positive definite at the optimum.

References
----------
.. [1] Arbuckle, J. L. (1996). Full information estimation in the presence of incomplete data. In
   G. A. Marcoulides & R. E. Schumacker (Eds.), Advanced structural equation modeling.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import prod

import numpy as np

from workbench.sem.estimation.moments import Moments, Patterns
from workbench.sem.estimation.objective import (
    Booleans,
    Evaluation,
    cholesky,
    inverse_from,
    log_determinant,
)
from workbench.sem.model.layout import Floats, Implied, Integers, Layout, vech_index

FEW_PATTERNS = 16
"""Up to here LAPACK inverts matrix by matrix; beyond, all patterns are inverted together."""

FEW_PRODUCTS = 8
"""Up to here the products of inverses are formed pattern by pattern."""

LEAST_PIVOT = 1e-4
"""An item with less variance than this share left, given the others, costs digits in Sigma^-1."""


@dataclass(frozen=True, eq=False)
class PatternTerms:
    """A group's likelihood at moments (B, p) and (B, p, p).

    Attributes
    ----------
    value : (B,)
        f, infinite where a covariance is not positive definite.
    omega : (B, p, p)
        2 df / dSigma as a symmetric matrix.
    slope : (B, p)
        df / dmu.
    precision : (B, K, p, p)
        V_k, zero where unanswered.
    several : (J,)
        The patterns of several rows, and ``within`` (B, J, p, p) their V_k S_k V_k; a pattern of
        one row has no S_k.
    pull : (B, K, p)
        V_k (m_k - mu).
    share : (B, K)
        n_k / n.
    """

    value: Floats
    omega: Floats
    slope: Floats
    precision: Floats
    several: Integers
    within: Floats
    pull: Floats
    share: Floats

    @property
    def excess(self) -> Floats:
        """2 V_k T_k V_k - V_k, (B, K, p, p)."""
        twice = 2.0 * self.pull
        found = twice[..., :, None] * self.pull[..., None, :] - self.precision
        found[:, self.several] += 2.0 * self.within
        return found


def pattern_terms(patterns: Patterns, mu: Floats, sigma: Floats) -> PatternTerms:
    """Evaluate a group's casewise likelihood; ``patterns`` has one batch axis."""
    precision, log_size, good = _inverses(patterns, sigma)
    gap = np.where(patterns.seen, patterns.mean - mu[:, None], 0.0)
    pull = (precision @ gap[..., None])[..., 0]
    share = patterns.n / patterns.n.sum(-1, keepdims=True)
    several = patterns.several
    own = precision[:, several]
    spread = own @ patterns.cov[:, several]
    within = spread @ own
    twice = log_size + (gap * pull).sum(-1)
    twice[:, several] += np.trace(spread, axis1=-2, axis2=-1)
    value = (share * (0.5 * twice)).sum(-1)
    drawn = np.swapaxes(share[..., None] * pull, -1, -2) @ pull
    back = drawn + _weighted_sum(share[:, several], within)
    return PatternTerms(
        value=np.where(good.all(-1), value, np.inf),
        omega=_weighted_sum(share, precision) - back,
        slope=-(share[:, None, :] @ pull)[:, 0],
        precision=precision,
        several=several,
        within=within,
        pull=pull,
        share=share,
    )


@dataclass(frozen=True, eq=False)
class Slopes:
    """A group's likelihood and its gradient, as in :class:`PatternTerms`, without the V_k."""

    value: Floats
    omega: Floats
    slope: Floats


def pattern_slopes(patterns: Patterns, mu: Floats, sigma: Floats) -> Slopes:
    """The value and gradient of :func:`pattern_terms`, at a fraction of its work for many patterns.

    With P = Sigma^-1, the unanswered items m of a pattern, E their columns of I and
    Q = P[m, m]^-1, V = P - P E Q E'P. So V_k (m_k - mu) is P times a vector, and with
    Z = Q E'P S_k

        sum_k w_k V_k = P (I - sum_k w_k E Q E') P,
        V_k S_k V_k = P (S_k - E Z - Z'E' + E Z P E Q E') P,
        tr(S_k V_k) = tr(S_k P) - tr(Z P E):

    the few unanswered items are all that is worked on pattern by pattern.
    """
    factors = _safe_factors(patterns, sigma)
    if factors is None:
        terms = pattern_terms(patterns, mu, sigma)
        return Slopes(terms.value, terms.omega, terms.slope)
    whole, log_size = inverse_from(factors), log_determinant(factors)
    share = patterns.n / patterns.n.sum(-1, keepdims=True)
    gap = np.where(patterns.seen, patterns.mean - mu[:, None], 0.0)
    along, size = gap @ whole, gap.shape[-1]
    taken = np.zeros_like(gap)
    twice = log_size[:, None] + np.zeros_like(share)
    inner = np.zeros((len(twice), *whole.shape[1:]))
    for (at, out), (own, cov) in zip(patterns.unanswered, patterns.scattered, strict=True):
        inverse, log_part = _of_unanswered(whole, out)
        twice[:, at] += log_part
        taken[:, at[:, None], out] = (inverse @ along[:, at[:, None], out][..., None])[..., 0]
        inner += _placed(out, share[:, at, None, None] * inverse, size)
        if not own.size:
            continue
        several, weight = at[own], share[:, at[own]]
        rows, inverse = whole[:, out[own]], inverse[:, own]
        half = inverse @ (rows @ cov)
        traces = (cov.reshape(*weight.shape, -1) @ whole.reshape(len(whole), -1, 1))[..., 0]
        twice[:, several] += traces - (half * rows).sum((-1, -2))
        back = half @ np.swapaxes(rows, -1, -2) @ inverse
        across = _rows_placed(out[own], weight[..., None, None] * half, size)
        inner += _weighted_sum(weight, cov) - across - np.swapaxes(across, -1, -2)
        inner += _placed(out[own], weight[..., None, None] * back, size)
    pull = np.where(patterns.seen, along - taken @ whole, 0.0)
    twice += (gap * pull).sum(-1)
    drawn = np.swapaxes(share[..., None] * pull, -1, -2) @ pull
    return Slopes(
        value=0.5 * (share * twice).sum(-1),
        omega=whole - whole @ inner @ whole - drawn,
        slope=-(share[:, None, :] @ pull)[:, 0],
    )


def _of_unanswered(whole: Floats, out: Integers) -> tuple[Floats, Floats]:
    """Q = P[m, m]^-1 (B, k, m, m) and log|P[m, m]| of the unanswered items ``out`` (k, m)."""
    factor, _ = cholesky(whole[:, out[:, :, None], out[:, None, :]])
    root = _lower_inverse(factor)
    return np.swapaxes(root, -1, -2) @ root, log_determinant(factor)


def _placed(out: Integers, blocks: Floats, size: int) -> Floats:
    """sum_k E M_k E' (B, p, p) of ``blocks`` M (B, k, m, m) at the items ``out`` (k, m) of p."""
    cells = (out[:, :, None] * size + out[:, None, :]).ravel()
    sums = [np.bincount(cells, own.ravel(), size * size) for own in blocks]
    return np.reshape(sums, (len(blocks), size, size))


def _rows_placed(out: Integers, blocks: Floats, size: int) -> Floats:
    """sum_k E M_k (B, p, p) of ``blocks`` M (B, k, m, p) in the rows ``out`` (k, m) of p."""
    place = np.zeros((size, out.size))
    place[out.ravel(), np.arange(out.size)] = 1.0
    return np.asarray(place @ blocks.reshape(len(blocks), out.size, size))


def _safe_factors(patterns: Patterns, sigma: Floats) -> Floats | None:
    """Cholesky factors of all members' Sigma where every V_k may be made of its inverse."""
    if patterns.error is not None or len(patterns.seen) <= FEW_PATTERNS:
        return None
    factors, definite = cholesky(sigma)
    return factors if _may_be_inverted(sigma, factors, definite).all() else None


def _may_be_inverted(sigma: Floats, factors: Floats, definite: Booleans) -> Booleans:
    pivot = np.diagonal(factors, axis1=-2, axis2=-1) ** 2
    enough = pivot > LEAST_PIVOT * np.diagonal(sigma, axis1=-2, axis2=-1)
    return np.asarray(definite & enough.all(-1), dtype=np.bool_)


def _half_of_unanswered(whole: Floats, out: Integers) -> tuple[Floats, Floats]:
    """H_k = L^-1 P[m, :], (B, k, m, p), and log|P[m, m]| of the unanswered items ``out`` (k, m)."""
    factor, _ = cholesky(whole[:, out[:, :, None], out[:, None, :]])
    return _lower_inverse(factor) @ whole[:, out], log_determinant(factor)


def _inverses(patterns: Patterns, sigma: Floats) -> tuple[Floats, Floats, Booleans]:
    """V_k (B, K, p, p), log|Sigma[o_k, o_k]| (B, K), and who is positive definite (B, K)."""
    if patterns.error is not None or len(patterns.seen) <= FEW_PATTERNS:
        return _inverses_one_by_one(patterns, sigma)
    factors, definite = cholesky(sigma)
    safe = _may_be_inverted(sigma, factors, definite)
    if safe.all():
        return _inverses_from_whole(patterns, sigma, factors)
    found = _inverses_one_by_one(patterns, sigma)
    if safe.any():
        whole = _inverses_from_whole(patterns, sigma[safe], factors[safe])
        for every, own in zip(found, whole, strict=True):
            every[safe] = own
    return found


def _inverses_one_by_one(patterns: Patterns, sigma: Floats) -> tuple[Floats, Floats, Booleans]:
    """By a Cholesky factor for each pattern."""
    seen = patterns.seen
    both = seen[:, :, None] & seen[:, None, :]
    total = sigma[:, None] if patterns.error is None else sigma[:, None] + patterns.error
    filled = np.where(both, total, np.eye(seen.shape[1]))
    factors, good = cholesky(filled)
    inverse = _lower_inverse(factors) if len(seen) > FEW_PATTERNS else np.linalg.inv(factors)
    precision = np.where(both, np.swapaxes(inverse, -1, -2) @ inverse, 0.0)
    return precision, log_determinant(factors), good


def _inverses_from_whole(
    patterns: Patterns, sigma: Floats, factors: Floats
) -> tuple[Floats, Floats, Booleans]:
    """From P = Sigma^-1: V_k = P - P[:, m] P[m, m]^-1 P[m, :] with m the few unanswered items.

    log|Sigma[o, o]| = log|Sigma| + log|P[m, m]|. Where more is unanswered than answered,
    Sigma[o, o] itself is inverted.
    """
    whole, log_size = inverse_from(factors), log_determinant(factors)
    members, (count, p) = len(sigma), patterns.seen.shape
    precision = np.empty((members, count, p, p))
    sizes = np.empty((members, count))
    for at, out in patterns.unanswered:
        few = out.shape[1]
        if 2 * few <= p:
            half, log_part = _half_of_unanswered(whole, out)
            own = whole[:, None] - np.swapaxes(half, -1, -2) @ half
            own[:, np.arange(len(at))[:, None], out] = 0.0
            own[:, np.arange(len(at))[:, None], :, out] = 0.0
            precision[:, at], sizes[:, at] = own, log_size[:, None] + log_part
        else:
            part = replace(patterns, seen=patterns.seen[at])
            precision[:, at], sizes[:, at], _ = _inverses_one_by_one(part, sigma)
    return precision, sizes, np.ones((members, count), dtype=np.bool_)


def _lower_inverse(factors: Floats) -> Floats:
    """Inverses of lower triangular matrices (B, K, p, p), all at once by forward substitution."""
    flat = factors.reshape(prod(factors.shape[:-2]), *factors.shape[-2:])
    inverse = np.zeros_like(flat)
    for i in range(flat.shape[-1]):
        pivot = 1.0 / flat[:, i, i]
        inverse[:, i, i] = pivot
        if i:
            row = (flat[:, i, None, :i] @ inverse[:, :i, :i])[:, 0]
            inverse[:, i, :i] = -row * pivot[:, None]
    return inverse.reshape(factors.shape)


def _weighted_sum(share: Floats, matrices: Floats) -> Floats:
    """sum_k share_k M_k, (B, K) and (B, K, p, p), or (1, K, p, p) for all members, → (B, p, p)."""
    p = matrices.shape[-1]
    flat = matrices.reshape(*matrices.shape[:2], p * p)
    return (share[:, None, :] @ flat).reshape(-1, p, p)


def moment_curvature(terms: PatternTerms, kind: str) -> Floats:
    """Information of (mu, vech Sigma) from one row, (B, p + p*, p + p*).

    ``expected`` given the patterns (missing completely at random), or ``observed``: the second
    derivative of f.
    """
    p = terms.pull.shape[-1]
    lower, upper = vech_index(p)
    size = p + len(lower)
    out = np.zeros((len(terms.share), size, size))
    out[:, :p, :p] = _weighted_sum(terms.share, terms.precision)
    observed = kind == "observed"
    excess = terms.excess if observed else terms.precision
    if terms.share.size <= FEW_PRODUCTS:
        for b, k in np.ndindex(*terms.share.shape):
            one = terms.precision[b % len(terms.precision), k]
            other = excess[b, k] if observed else one
            out[b, p:, p:] += terms.share[b, k] * vech_products(one, other)
    else:
        out[:, p:, p:] = summed_products(terms.share, terms.precision, excess)
    if observed:
        place = _vech_places(p)
        half = np.where(lower == upper, 0.5, 1.0)
        weighted = np.swapaxes(terms.share[..., None] * terms.precision[..., lower, upper], -1, -2)
        cross = weighted @ terms.pull
        # dmu_a' V X V gap with X = e_i e_j' + e_j e_i'.
        a = np.arange(p)[:, None]
        mixed = (cross[:, place[a, lower], upper] + cross[:, place[a, upper], lower]) * half
        out[:, :p, p:] = mixed
        out[:, p:, :p] = np.swapaxes(mixed, -1, -2)
    return out


def vech_products(one: Floats, other: Floats) -> Floats:
    """1/2 tr(X_a V X_b C) made symmetric in V = ``one`` and C = ``other`` (p, p): (p*, p*).

    X_a is the derivative of Sigma by an element of vech Sigma: e_i e_j' + e_j e_i', or e_i e_i'.
    """
    p = len(one)
    lower, upper = vech_index(p)
    half = np.where(lower == upper, 0.5, 1.0)
    same = one is other
    by_lower, by_upper = one[:, lower], one[:, upper]
    their_lower, their_upper = other[:, lower], other[:, upper]
    out = np.empty((len(lower), len(lower)))
    start = 0
    # Column by column of vech: its rows are the lower indices from the column on.
    for a in range(p):
        block = out[start : start + p - a]
        np.multiply(by_lower[a:], half * their_upper[a], out=block)
        block += by_upper[a:] * (half * their_lower[a])
        if not same:
            block += their_lower[a:] * (half * by_upper[a])
            block += their_upper[a:] * (half * by_lower[a])
            block *= 0.5
        block[0] *= 0.5
        start += p - a
    return out


def summed_products(share: Floats, one: Floats, other: Floats) -> Floats:
    """sum_k share_k ``vech_products`` of (B, K, p, p) as one matrix product, (B, p*, p*)."""
    p = one.shape[-1]
    lower, upper = vech_index(p)
    ours = one[..., lower, upper]
    if one is other:
        root = np.sqrt(share)[..., None] * ours
        product = np.swapaxes(root, -1, -2) @ root
    else:
        product = np.swapaxes(share[..., None] * ours, -1, -2) @ other[..., lower, upper]
        product = 0.5 * (product + np.swapaxes(product, -1, -2))
    # product[ij, kl] = sum_k w V_ij C_kl; tr(X V Y C) pairs rows and columns of X and Y.
    flat = product.reshape(len(product), -1)
    straight, crossed, halves = _pairings(p)
    pairs = flat.take(straight, axis=1)
    pairs += flat.take(crossed, axis=1)
    pairs *= halves
    return pairs


@lru_cache(maxsize=4)
def _pairings(p: int) -> tuple[Integers, Integers, Floats]:
    """For the pairs (ij, rc) of elements of vech: where (ir, jc) and (ic, jr) stand among all
    products of two elements, and the product of both elements' factors, 1/2 on the diagonal."""
    lower, upper = vech_index(p)
    place, count = _vech_places(p), len(lower)
    i, j, r, c = lower[:, None], upper[:, None], lower[None], upper[None]
    half = np.where(lower == upper, 0.5, 1.0)
    return (
        place[i, r] * count + place[j, c],
        place[i, c] * count + place[j, r],
        half[:, None] * half,
    )


@lru_cache(maxsize=32)
def _vech_places(p: int) -> Integers:
    """Where an element of a symmetric (p, p) stands in vech."""
    lower, upper = vech_index(p)
    place = np.empty((p, p), dtype=np.int64)
    place[lower, upper] = place[upper, lower] = np.arange(len(lower))
    return place


@dataclass(frozen=True, eq=False)
class Casewise:
    """Casewise maximum likelihood for a batch of samples with the same patterns.

    ``patterns`` holds one :class:`Patterns` per group, with one batch axis; ``exo`` the moments
    of fixed exogenous covariates, which have no missing values. ``at_saturated`` makes the second
    derivatives (p + p*, p + p*) of a group's f by its moments at the saturated ones, where a sample
    has them: in place of those at the model's own moments, which change from step to step and take
    a pass over all patterns, they make the curvature ``"saturated"`` of :meth:`evaluate`.
    """

    layout: Layout
    patterns: tuple[Patterns, ...]
    exo: Floats | None = None
    at_saturated: Callable[[int], Floats] | None = None

    @property
    def members(self) -> int:
        return len(self.patterns[0].n)

    @property
    def definite(self) -> Booleans:
        return np.ones(self.members, dtype=bool)

    @cached_property
    def n(self) -> Floats:
        """Rows with any answer, (B, G)."""
        return np.stack([part.n.sum(-1) for part in self.patterns], axis=-1)

    @property
    def total(self) -> Floats:
        return self.n.sum(-1)

    @property
    def share(self) -> Floats:
        """n_g / N, (B, G)."""
        return self.n / self.n.sum(-1, keepdims=True)

    def take(self, members: Integers) -> "Casewise":
        return Casewise(
            self.layout,
            tuple(part.take(members) for part in self.patterns),
            None if self.exo is None else self.exo[members],
            self.at_saturated,
        )

    @property
    def through_moments(self) -> bool:
        """Whether second derivatives go through those of the moments in every group: of many
        patterns, whose sum over patterns would take longer."""
        return all(self._pays_off(g, part.seen.shape[0]) for g, part in enumerate(self.patterns))

    def _pays_off(self, group: int, patterns: int) -> bool:
        entries = int((self.layout.free.group == group).sum())
        return bool(patterns * entries**2 >= 2 * self.layout.moments**2)

    def value(self, theta: Floats) -> Floats:
        return self._of_slopes(self._slopes(self.layout.implied(theta, self.exo)))

    def _slopes(self, implied: Implied) -> list[Slopes]:
        return [
            pattern_slopes(part, implied.mu[:, g], implied.sigma[:, g])
            for g, part in enumerate(self.patterns)
        ]

    def _of_slopes(self, parts: Sequence[Slopes | PatternTerms]) -> Floats:
        return np.asarray((self.share * np.stack([s.value for s in parts], axis=-1)).sum(-1))

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        implied = self.layout.implied(theta, self.exo)
        if curvature in (None, "saturated"):
            parts: Sequence[Slopes | PatternTerms] = self._slopes(implied)
        else:
            parts = terms = [
                pattern_terms(part, implied.mu[:, g], implied.sigma[:, g])
                for g, part in enumerate(self.patterns)
            ]
        share = self.share
        omega = np.stack([s.omega for s in parts], axis=1)
        slope = np.stack([s.slope for s in parts], axis=1)
        gradient = self.layout.gradient(
            implied, share[..., None, None] * omega, share[..., None] * slope
        )
        value = self._of_slopes(parts)
        if curvature is None:
            return Evaluation(value, gradient, np.empty((len(value), 0, 0)))
        if curvature == "saturated":
            return Evaluation(value, gradient, self._at_saturated(implied))
        matrix = self._moment_part(implied, terms, curvature != "expected")
        if curvature == "observed":
            matrix = matrix + self.layout.curvature(implied, omega, slope, share)
        return Evaluation(value, gradient, 0.5 * (matrix + np.swapaxes(matrix, -1, -2)))

    def _at_saturated(self, implied: Implied) -> Floats:
        """sum_g share_g J' C J (B, k, k) with C of ``at_saturated`` and J = d(mu, vech Sigma)."""
        assert self.at_saturated is not None
        jacobian = self.layout.jacobian(implied)
        matrix = np.zeros((len(self.share), self.layout.n_free, self.layout.n_free))
        for g in range(self.layout.groups):
            self._add_product(matrix, jacobian[:, g], self.at_saturated(g), g)
        return matrix

    def _add_product(self, matrix: Floats, jacobian: Floats, weight: Floats, group: int) -> None:
        """Add share_g J' W J to a matrix (B, k, k), of the parameters that the group has."""
        own = np.unique(self.layout.free.source[self.layout.free.group == group])
        slopes = jacobian[..., own]
        product = np.swapaxes(slopes, -1, -2) @ (weight @ slopes)
        matrix[:, own[:, None], own] += self.share[:, group, None, None] * product

    def _moment_part(self, implied: Implied, terms: list[PatternTerms], observed: bool) -> Floats:
        """The information, or the second derivatives through those of the moments (B, k, k).

        Pattern by pattern where they are few, and else through the matrix of all moments, which
        has one product for all patterns.
        """
        layout, share = self.layout, self.share
        matrix = np.zeros((len(share), layout.n_free, layout.n_free))
        jacobian = None
        for g, t in enumerate(terms):
            if not self._pays_off(g, t.share.shape[1]):
                own = share[:, g, None] * t.share
                excess, pull = (t.excess, t.pull) if observed else (None, None)
                matrix += layout.pattern_hessian(implied, g, t.precision, own, excess, pull)
                continue
            if jacobian is None:
                jacobian = layout.jacobian(implied)
            weight = moment_curvature(t, "observed" if observed else "expected")
            self._add_product(matrix, jacobian[:, g], weight, g)
        return matrix


def available_moments(patterns: Patterns) -> tuple[Floats, Floats]:
    """Means and variances of what was answered; covariances zero."""
    n = patterns.n[..., None] * patterns.seen
    count = np.maximum(n.sum(1), 1e-300)
    mean = (n * patterns.mean).sum(1) / count
    gap = np.where(patterns.seen, patterns.mean - mean[:, None], 0.0)
    square = np.diagonal(patterns.cov, axis1=-2, axis2=-1) + gap**2
    variance = np.maximum((n * square).sum(1) / count, 1e-12)
    return mean, variance[..., None] * np.eye(mean.shape[-1])


def pairwise_moments(patterns: Patterns) -> tuple[Floats, Floats]:
    """Means of what was answered, and covariances of each pair over those who answered both;
    variances alone where these covariances are not positive definite."""
    mean, alone = available_moments(patterns)
    gap = np.where(patterns.seen, patterns.mean - mean[:, None], 0.0)
    products = np.swapaxes(patterns.n[..., None] * gap, -1, -2) @ gap
    seen = patterns.seen.astype(np.float64)
    both = np.swapaxes(patterns.n[..., None] * seen, -1, -2) @ seen
    cov = (_weighted_sum(patterns.n, patterns.cov) + products) / np.maximum(both, 1e-300)
    definite = cholesky(cov)[1]
    return mean, np.where(definite[:, None, None], cov, alone)


def pooled_moments(patterns: tuple[Patterns, ...]) -> Moments:
    """Moments over all patterns; only those of items without missing answers mean anything."""
    means, covs = [], []
    for part in patterns:
        share = part.n / part.n.sum(-1, keepdims=True)
        mean = (share[:, None, :] @ part.mean)[:, 0]
        gap = part.mean - mean[:, None]
        covs.append(_weighted_sum(share, part.cov + gap[..., :, None] * gap[..., None, :]))
        means.append(mean)
    n = np.stack([part.n.sum(-1) for part in patterns], axis=-1)
    return Moments(n, np.stack(covs, axis=1), np.stack(means, axis=1))
