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

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from workbench.errors import ModelError
from workbench.sem.estimation.moments import Moments, Patterns, Sample
from workbench.sem.estimation.objective import (
    Booleans,
    Evaluation,
    NormalTheory,
    Objective,
    cholesky,
    inverse_from,
    log_determinant,
)
from workbench.sem.model.layout import Floats, Implied, Integers, Layout, vech_index

FEW_PATTERNS = 16
"""Up to here LAPACK inverts matrix by matrix; beyond, all patterns are inverted together."""

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


def _inverses(patterns: Patterns, sigma: Floats) -> tuple[Floats, Floats, Booleans]:
    """V_k (B, K, p, p), log|Sigma[o_k, o_k]| (B, K), and who is positive definite (B, K)."""
    if patterns.error is not None or len(patterns.seen) <= FEW_PATTERNS:
        return _inverses_one_by_one(patterns, sigma)
    factors, definite = cholesky(sigma)
    pivot = np.diagonal(factors, axis1=-2, axis2=-1) ** 2
    safe = definite & (pivot > LEAST_PIVOT * np.diagonal(sigma, axis1=-2, axis2=-1)).all(-1)
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
            across = whole[:, out]
            inner = np.take_along_axis(across, out[None, :, None, :], axis=-1)
            factor, _ = cholesky(inner)
            half = np.linalg.solve(factor, across)
            own = whole[:, None] - np.swapaxes(half, -1, -2) @ half
            own[:, np.arange(len(at))[:, None], out] = 0.0
            own[:, np.arange(len(at))[:, None], :, out] = 0.0
            precision[:, at], sizes[:, at] = own, log_size[:, None] + log_determinant(factor)
        else:
            part = replace(patterns, seen=patterns.seen[at])
            precision[:, at], sizes[:, at], _ = _inverses_one_by_one(part, sigma)
    return precision, sizes, np.ones((members, count), dtype=np.bool_)


def _lower_inverse(factors: Floats) -> Floats:
    """Inverses of lower triangular matrices (B, K, p, p), all at once by forward substitution."""
    flat = factors.reshape(-1, *factors.shape[-2:])
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
    place = np.empty((p, p), dtype=np.int64)
    place[lower, upper] = place[upper, lower] = np.arange(len(lower))
    precision = terms.precision[..., lower, upper]
    # product[ij, kl] = sum_k w V_ij C_kl; tr(X V Y C) pairs rows and columns of X and Y.
    if kind == "expected":
        root = np.sqrt(terms.share)[..., None] * precision
        product = np.swapaxes(root, -1, -2) @ root
    else:
        weighted = np.swapaxes(terms.share[..., None] * precision, -1, -2)
        product = weighted @ terms.excess[..., lower, upper]
        product = 0.5 * (product + np.swapaxes(product, -1, -2))
    i, j, r, c = lower[:, None], upper[:, None], lower[None], upper[None]
    # X = e_i e_j' + e_j e_i' off the diagonal, e_i e_i' on it.
    half = np.where(lower == upper, 0.5, 1.0)
    pairs = product[:, place[i, r], place[j, c]] + product[:, place[i, c], place[j, r]]
    size = p + len(lower)
    out = np.zeros((len(product), size, size))
    out[:, :p, :p] = _weighted_sum(terms.share, terms.precision)
    out[:, p:, p:] = pairs * half[:, None] * half
    if kind == "observed":
        cross = weighted @ terms.pull
        # dmu_a' V X V gap with X = e_i e_j' + e_j e_i'.
        a = np.arange(p)[:, None]
        mixed = (cross[:, place[a, r], c] + cross[:, place[a, c], r]) * half
        out[:, :p, p:] = mixed
        out[:, p:, :p] = np.swapaxes(mixed, -1, -2)
    return out


@dataclass(frozen=True, eq=False)
class Casewise:
    """Casewise maximum likelihood for a batch of samples with the same patterns.

    ``patterns`` holds one :class:`Patterns` per group, with one batch axis; ``exo`` the moments
    of fixed exogenous covariates, which have no missing values.
    """

    layout: Layout
    patterns: tuple[Patterns, ...]
    exo: Floats | None = None

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
        )

    def value(self, theta: Floats) -> Floats:
        terms = self._terms(self.layout.implied(theta, self.exo))
        return (self.share * np.stack([t.value for t in terms], axis=-1)).sum(-1)

    def _terms(self, implied: Implied) -> list[PatternTerms]:
        return [
            pattern_terms(part, implied.mu[:, g], implied.sigma[:, g])
            for g, part in enumerate(self.patterns)
        ]

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        implied = self.layout.implied(theta, self.exo)
        terms = self._terms(implied)
        share = self.share
        value = (share * np.stack([t.value for t in terms], axis=-1)).sum(-1)
        omega = np.stack([t.omega for t in terms], axis=1)
        slope = np.stack([t.slope for t in terms], axis=1)
        gradient = self.layout.gradient(
            implied, share[..., None, None] * omega, share[..., None] * slope
        )
        if curvature is None:
            return Evaluation(value, gradient, np.empty((len(value), 0, 0)))
        jacobian = self.layout.jacobian(implied)
        matrix = np.zeros((len(theta), self.layout.n_free, self.layout.n_free))
        for g, t in enumerate(terms):
            own = jacobian[:, g]
            weight = moment_curvature(t, "expected" if curvature == "expected" else "observed")
            matrix += share[:, g, None, None] * (np.swapaxes(own, -1, -2) @ weight @ own)
        if curvature == "observed":
            matrix = matrix + self.layout.curvature(implied, omega, slope, share)
        return Evaluation(value, gradient, 0.5 * (matrix + np.swapaxes(matrix, -1, -2)))


EM_STEPS = 3
SATURATED_STEPS = 100
SATURATED_TOLERANCE = 1e-16
SHORTER = (0.5, 0.25, 0.125)
"""Shares of a step that are tried where all of it climbs, before a step of EM."""

PATIENCE = 20
"""Steps in which the score must halve at least once: otherwise there is no maximum to come to."""


def saturated(
    patterns: Patterns, start: tuple[Floats, Floats] | None = None
) -> tuple[Floats, Floats, Booleans]:
    """Maximum likelihood means (B, p) and covariances (B, p, p) without a model.

    From ``start`` (p,) and (p, p), or by a few EM steps from the available means and variances,
    scoring with the expected information, and with the observed one where that is slow; shorter
    steps, and EM again, wherever a step would leave the positive definite matrices or climb. The
    last array says who converged (score statistic per row under 1e-16); a member whose score no
    longer falls is given up, as where too few rows answered some items together.
    """
    members, p = len(patterns.n), patterns.seen.shape[1]
    if start is None:
        mu, sigma = _available(patterns)
        for _ in range(EM_STEPS):
            mu, sigma = em_step(patterns, mu, sigma)
    else:
        mu, sigma = np.tile(start[0], (members, 1)), np.tile(start[1], (members, 1, 1))
    lower, upper = vech_index(p)
    converged = np.zeros(members, dtype=bool)
    least, waited = np.full(members, np.inf), np.zeros(members, dtype=np.int64)
    active, part = np.arange(members), patterns
    terms = pattern_terms(part, mu, sigma)
    half = np.where(lower == upper, 0.5, 1.0)
    for _ in range(SATURATED_STEPS):
        gradient = np.concatenate([terms.slope, terms.omega[:, lower, upper] * half], axis=-1)
        step = -_solve(_search_curvature(terms, waited[active] > 0), gradient)
        score = -(gradient * step).sum(-1)
        new_mu, new_sigma = _moved(mu[active], sigma[active], step)
        done = score < SATURATED_TOLERANCE
        fell = score < 0.5 * least[active]
        least[active] = np.where(fell, score, least[active])
        waited[active] = np.where(fell, 0, waited[active] + 1)
        trial = pattern_terms(part, new_mu, new_sigma)
        for shrink in (*SHORTER, 0.0):
            held = np.flatnonzero(
                ~(trial.value <= terms.value + 1e-13 * (1.0 + np.abs(terms.value)))
            )
            if not held.size:
                break
            here = mu[active][held], sigma[active][held]
            new_mu[held], new_sigma[held] = (
                _moved(*here, shrink * step[held]) if shrink else em_step(part.take(held), *here)
            )
            trial = pattern_terms(part, new_mu, new_sigma)
        mu[active], sigma[active] = new_mu, new_sigma
        converged[active] = done
        going = np.flatnonzero(~done & (waited[active] < PATIENCE))
        if not going.size:
            break
        if going.size < active.size:
            active, part = active[going], part.take(going)
            trial = pattern_terms(part, mu[active], sigma[active])
        terms = trial
    return mu, sigma, converged


def _moved(mu: Floats, sigma: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Means (B, p) and covariances (B, p, p) after a step (B, p + p*) in (mu, vech Sigma)."""
    p = mu.shape[-1]
    lower, upper = vech_index(p)
    moved = sigma.copy()
    moved[:, lower, upper] += step[:, p:]
    moved[:, upper, lower] = moved[:, lower, upper]
    return mu + step[:, :p], moved


def _search_curvature(terms: PatternTerms, slow: Booleans) -> Floats:
    """The expected information; of members that it brings no nearer the observed, where definite.

    The two differ much where few rows answered some items together.
    """
    matrix = moment_curvature(terms, "expected")
    if slow.any():
        observed = moment_curvature(terms, "observed")
        definite = cholesky(observed)[1]
        matrix = np.where((slow & definite)[:, None, None], observed, matrix)
    return matrix


def _solve(matrix: Floats, right: Floats) -> Floats:
    scale = 1.0 / np.sqrt(np.maximum(np.diagonal(matrix, axis1=-2, axis2=-1), 1e-300))
    scaled = matrix * (scale[:, :, None] * scale[:, None, :])
    try:
        return scale * np.linalg.solve(scaled, (scale * right)[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return (np.linalg.pinv(matrix) @ right[..., None])[..., 0]


def _available(patterns: Patterns) -> tuple[Floats, Floats]:
    """Means and variances of what was answered; covariances zero."""
    n = patterns.n[..., None] * patterns.seen
    count = np.maximum(n.sum(1), 1e-300)
    mean = (n * patterns.mean).sum(1) / count
    gap = np.where(patterns.seen, patterns.mean - mean[:, None], 0.0)
    square = np.diagonal(patterns.cov, axis1=-2, axis2=-1) + gap**2
    variance = np.maximum((n * square).sum(1) / count, 1e-12)
    return mean, variance[..., None] * np.eye(mean.shape[-1])


def em_step(patterns: Patterns, mu: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """Expected moments of the complete data given the answers, as the next moments."""
    terms = pattern_terms(patterns, mu, sigma)
    new_mu = mu - (sigma @ terms.slope[..., None])[..., 0]
    # E(x x') around mu is Sigma - Sigma omega Sigma, omega = sum_k share_k (V_k - V_k T_k V_k).
    spread = sigma - sigma @ terms.omega @ sigma
    shift = new_mu - mu
    spread = spread - shift[..., :, None] * shift[..., None, :]
    return new_mu, 0.5 * (spread + np.swapaxes(spread, -1, -2))


def saturated_moments(sample_patterns: tuple[Patterns, ...]) -> tuple[Moments, Floats, Booleans]:
    """Saturated moments of all groups, their f (B, G), and who converged (B,)."""
    found = [saturated(part) for part in sample_patterns]
    moments = Moments(
        n=np.stack([part.n.sum(-1) for part in sample_patterns], axis=-1),
        cov=np.stack([sigma for _, sigma, _ in found], axis=1),
        mean=np.stack([mu for mu, _, _ in found], axis=1),
    )
    value = [
        pattern_terms(part, mu, sigma).value
        for part, (mu, sigma, _) in zip(sample_patterns, found, strict=True)
    ]
    converged = np.logical_and.reduce([good for _, _, good in found])
    return moments, np.stack(value, axis=-1), converged


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


def objective_of(
    layout: Layout, data: Moments | Sample, estimator: str = "ML"
) -> tuple[Objective, Moments]:
    """What is minimised, and the (saturated) moments that starting values come from."""
    if isinstance(data, Moments):
        return NormalTheory.of(layout, data, estimator), data.batched
    if data.complete:
        return NormalTheory.of(layout, data.moments, estimator), data.moments.batched
    if estimator != "ML":
        raise ModelError(f"{estimator} needs complete rows; drop the others or estimate by ML.")
    if not layout.mean_structure:
        raise ModelError("Casewise estimation needs intercepts (~1) in the parameter table.")
    moments = data.saturated[0]
    patterns = tuple(part.batched for part in data.patterns)
    if data.errors is not None:
        return Casewise(layout, patterns), _made_definite(moments, patterns)
    exo = None
    if layout.exogenous.kind.size:
        exo = layout.exogenous_values(moments.cov, moments.mean)
    return Casewise(layout, patterns, exo), moments


def _made_definite(moments: Moments, patterns: tuple[Patterns, ...]) -> Moments:
    """Moments with eigenvalues of Sigma, in units of the values' variances, of at least .01."""
    variance = np.stack(
        [np.diagonal(_available(part)[1], axis1=-2, axis2=-1) for part in patterns], axis=1
    )
    scale = np.sqrt(variance[..., :, None] * variance[..., None, :])
    size, axes = np.linalg.eigh(moments.cov / scale)
    raised = (axes * np.maximum(size, 0.01)[..., None, :]) @ np.swapaxes(axes, -1, -2)
    return replace(moments, cov=raised * scale)
