"""Maximum likelihood moments without a model, where answers are missing or values have errors.

Few items go by scoring and Newton's method on (mu, vech Sigma). Its equations have the size p* of
vech Sigma, so that its work grows with the sixth power of the items; of many of them EM [1]_ comes
first, whose steps are matrix products of size p. They are accelerated as Anderson's mixing
[2]_ does: the next moments are those at which the last steps, taken to be linear in the moments,
would vanish. Where that leaves the positive definite matrices or climbs, EM's own step is taken,
which never does.

References
----------
.. [1] Dempster, A. P., Laird, N. M., & Rubin, D. B. (1977). Maximum likelihood from incomplete data
   via the EM algorithm. Journal of the Royal Statistical Society B, 39, 1-38.
.. [2] Walker, H. F., & Ni, P. (2011). Anderson acceleration for fixed-point iterations. SIAM
   Journal on Numerical Analysis, 49, 1715-1735.
"""

import numpy as np

from workbench.sem.estimation.fiml import (
    PatternTerms,
    Slopes,
    available_moments,
    moment_curvature,
    pairwise_moments,
    pattern_slopes,
    pattern_terms,
)
from workbench.sem.estimation.moments import Moments, Patterns, Sample
from workbench.sem.estimation.objective import Booleans, cholesky
from workbench.sem.model.layout import Floats, vech_index

MANY_ITEMS = 14
"""From so many on EM goes first."""

MANY_WITH_ERRORS = 60
"""The same where values have known errors: a step of EM then inverts a matrix for every row, as one
of scoring does."""

EM_STEPS = 3
MIXED_STEPS = 200
DEPTH = 12
"""How many of the last steps are mixed."""

MIXED_TOLERANCE = 1e-20
"""Largest slope' times EM's step, per row, at the end: the squared distance to the optimum in
standard errors of complete rows, and less than a thousandfold of it in those of the answers."""

SATURATED_STEPS = 100
SATURATED_TOLERANCE = 1e-16
SHORTER = (0.5, 0.25, 0.125)
"""Shares of a step that are tried where all of it climbs, before a step of EM."""

PATIENCE = 20
"""Steps in which the score must halve at least once: otherwise there is no maximum to come to."""


def saturated_of(sample: Sample) -> tuple[Moments, Floats, Booleans]:
    """Maximum likelihood moments of a sample without a model, their f by group, and convergence.

    One batch axis of one member. For complete rows these are the sample moments.
    """
    if "saturated" not in sample.made:
        if sample.complete:
            moments = sample.moments.batched
            p = moments.cov.shape[-1]
            value = 0.5 * (np.linalg.slogdet(moments.cov)[1] + p)
            found = moments, value, np.ones(1, dtype=np.bool_)
        else:
            found = saturated_moments(tuple(part.batched for part in sample.patterns))
        sample.made["saturated"] = found
    return sample.made["saturated"]


def has_saturated(sample: Sample) -> bool:
    """Whether there are moments of highest likelihood without a model.

    Too few rows that answered some items together can leave the likelihood without a maximum; so
    can known errors: where a row's Sigma + E_i comes near a singular matrix without a price the
    likelihood grows without end, and where the search is given up says nothing.
    """
    if sample.complete:
        return bool(cholesky(sample.moments.cov)[1].all())
    _, value, converged = saturated_of(sample)
    return bool(converged.all() and np.isfinite(value).all())


def saturated_curvature(sample: Sample, group: int) -> Floats:
    """Second derivatives of a group's f by (mu, vech Sigma) at the saturated moments, made once.

    (p + p*, p + p*), of a sample with answers missing.
    """
    key = ("curvature", group)
    if key not in sample.made:
        moments, patterns = saturated_of(sample)[0], sample.patterns[group].batched
        terms = pattern_terms(patterns, moments.mean[:, group], moments.cov[:, group])
        sample.made[key] = moment_curvature(terms, "observed")[0]
    return sample.made[key]


def saturated(
    patterns: Patterns, start: tuple[Floats, Floats] | None = None
) -> tuple[Floats, Floats, Booleans]:
    """Maximum likelihood means (B, p) and covariances (B, p, p) without a model.

    From ``start`` (p,) and (p, p), from the moments of pairs where EM goes first, or else by a few
    EM steps from the available means and variances. The last array says who converged: whose score
    statistic per row came under 1e-16. A member whose score no longer falls is given up, as where
    too few rows answered some items together.
    """
    members, p = len(patterns.n), patterns.seen.shape[1]
    em_first = p >= (MANY_ITEMS if patterns.error is None else MANY_WITH_ERRORS)
    if start is not None:
        mu, sigma = np.tile(start[0], (members, 1)), np.tile(start[1], (members, 1, 1))
    elif em_first:
        mu, sigma = pairwise_moments(patterns)
    else:
        mu, sigma = available_moments(patterns)
        for _ in range(EM_STEPS):
            mu, sigma = em_step(mu, sigma, pattern_slopes(patterns, mu, sigma))
    converged = np.zeros(members, dtype=bool)
    if em_first:
        for b in range(members):
            one = np.array([b])
            found = _mixed(patterns.take(one), mu[one], sigma[one])
            mu[one], sigma[one], converged[b] = found
    left = np.flatnonzero(~converged)
    if left.size:
        mu[left], sigma[left], converged[left] = _scored(patterns.take(left), mu[left], sigma[left])
    return mu, sigma, converged


def em_step(mu: Floats, sigma: Floats, at: Slopes | PatternTerms) -> tuple[Floats, Floats]:
    """Expected moments of the complete data given the answers, as the next moments.

    ``at`` is the likelihood's slopes at the moments (B, p) and (B, p, p).
    """
    new_mu = mu - (sigma @ at.slope[..., None])[..., 0]
    # E(x x') around mu is Sigma - Sigma omega Sigma, omega = sum_k share_k (V_k - V_k T_k V_k).
    spread = sigma - sigma @ at.omega @ sigma
    shift = new_mu - mu
    spread = spread - shift[..., :, None] * shift[..., None, :]
    return new_mu, 0.5 * (spread + np.swapaxes(spread, -1, -2))


def _mixed(patterns: Patterns, mu: Floats, sigma: Floats) -> tuple[Floats, Floats, bool]:
    """Accelerated EM of the only member; whether it converged."""
    p = mu.shape[-1]
    lower, upper = vech_index(p)
    # Steps are compared in standard deviations.
    spread = np.sqrt(np.diagonal(sigma[0]))
    unit = np.concatenate([spread, spread[lower] * spread[upper]])
    points: list[Floats] = []
    steps: list[Floats] = []
    best, safe = np.inf, (mu, sigma)
    least, waited = np.inf, 0
    for _ in range(MIXED_STEPS):
        at = pattern_slopes(patterns, mu, sigma)
        value = float(at.value[0])
        if not value <= best + 1e-13 * (1.0 + abs(best)):
            if not points:
                break
            (mu, sigma), points, steps = safe, [], []
            continue
        best, safe = min(value, best), em_step(mu, sigma, at)
        moved = safe[0] - mu, safe[1] - sigma
        score = -float((at.slope * moved[0]).sum() + 0.5 * (at.omega * moved[1]).sum())
        if score < MIXED_TOLERANCE:
            return *safe, True
        least, waited = (score, 0) if score < 0.5 * least else (least, waited + 1)
        if waited >= PATIENCE:
            break
        points.append(np.concatenate([mu[0], sigma[0, lower, upper]]) / unit)
        steps.append(np.concatenate([moved[0][0], moved[1][0, lower, upper]]) / unit)
        points, steps = points[-DEPTH:], steps[-DEPTH:]
        mixed = unit * _mixture(np.array(points), np.array(steps))
        mu, sigma = mixed[None, :p], np.empty_like(sigma)
        sigma[:, lower, upper] = sigma[:, upper, lower] = mixed[p:]
    return *safe, False


def _mixture(points: Floats, steps: Floats) -> Floats:
    """Where the steps (m, d) from the points (m, d), linear in these, come nearest to nothing."""
    end = points[-1] + steps[-1]
    if len(points) == 1:
        return end
    by_point, by_step = np.diff(points, axis=0), np.diff(steps, axis=0)
    size = np.linalg.norm(by_step, axis=1)
    weights = np.linalg.lstsq((by_step / size[:, None]).T, steps[-1])[0] / size
    return np.asarray(end - weights @ (by_point + by_step), dtype=np.float64)


def _scored(patterns: Patterns, mu: Floats, sigma: Floats) -> tuple[Floats, Floats, Booleans]:
    """Scoring with the expected information, and with the observed one where that is slow.

    Shorter steps, and EM again, wherever a step would leave the positive definite matrices or
    climb.
    """
    mu, sigma = mu.copy(), sigma.copy()
    members, p = mu.shape
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
                _moved(*here, shrink * step[held])
                if shrink
                else em_step(*here, pattern_slopes(part.take(held), *here))
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


def saturated_moments(sample_patterns: tuple[Patterns, ...]) -> tuple[Moments, Floats, Booleans]:
    """Saturated moments of all groups, their f (B, G), and who converged (B,)."""
    found = [saturated(part) for part in sample_patterns]
    moments = Moments(
        n=np.stack([part.n.sum(-1) for part in sample_patterns], axis=-1),
        cov=np.stack([sigma for _, sigma, _ in found], axis=1),
        mean=np.stack([mu for mu, _, _ in found], axis=1),
    )
    value = [
        pattern_slopes(part, mu, sigma).value
        for part, (mu, sigma, _) in zip(sample_patterns, found, strict=True)
    ]
    converged = np.logical_and.reduce([good for _, _, good in found])
    return moments, np.stack(value, axis=-1), converged
