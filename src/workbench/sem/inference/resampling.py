"""Bootstrap replicates as batches: moments of all from one matrix product, refits from the optimum.

A replicate draws rows (or clusters, within groups) with replacement; its counts are weights, and
the moments of many replicates are one product of counts with the rows' products. Parametric
replicates draw the moments themselves: n S ~ Wishart(Sigma, n - 1) [1]_ and m ~ N(mu, Sigma / n).
Bollen-Stine replicates are replicates of rows, or of clusters if there are any, turned so that the
model holds exactly [2]_; since the turn is linear it is applied to their moments.

Refits start at the full-sample optimum with its information, which every replicate corrects by
what its own steps tell (L-BFGS [3]_): a step costs one gradient. What is not there after a few
steps goes on to full scoring and Newton steps, so that every replicate called converged satisfies
the optimiser's own criterion.

Replicates are drawn one after the other from ``numpy.random.default_rng(seed)`` and computed in
blocks whose size depends on the data alone: replicate b is the same whatever their number.

References
----------
.. [1] Smith, W. B., & Hocking, R. R. (1972). Algorithm AS 53: Wishart variate generator. Applied
   Statistics, 21, 341-345.
.. [2] Bollen, K. A., & Stine, R. A. (1992). Bootstrapping goodness-of-fit measures in structural
   equation models. Sociological Methods & Research, 21, 205-229.
.. [3] Nocedal, J. (1980). Updating quasi-Newton matrices with limited storage. Mathematics of
   Computation, 35, 773-782.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.errors import ModelError
from workbench.progress import progress
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.fiml import Casewise, pooled_moments
from workbench.sem.estimation.moments import Moments, Sample, patterns_of, weighted_moments
from workbench.sem.estimation.objective import Booleans, NormalTheory, Objective
from workbench.sem.estimation.optimiser import PHASES, Solution, box_of, minimise, solve
from workbench.sem.estimation.saturated import saturated_of
from workbench.sem.inference.robust import implied_moments
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.layout import Floats, Layout

KINDS = ("case", "cluster", "parametric", "bollen-stine")

HELD_STEPS = 40

REMEMBERED = 8
"""Steps of which a refit remembers what they did to its gradient."""

FAR = 1e6
"""Score statistic of a refit that the held information leads astray."""

NEAR_ENOUGH = 1e-11
"""Score statistic of a refit whose next step is its last: it ends within 1e-6 standard errors."""


def bootstrap(
    layout: Layout,
    sample: Sample,
    theta: Floats,
    replicates: int,
    seed: int,
    kind: str = "case",
    estimator: str = "ML",
    bounds: str | None = None,
    constraints: Constraints | None = None,
) -> Solution:
    """Refit ``replicates`` resamples of ``sample`` from the full-sample optimum theta (k,).

    Bounds made of the data are those of the full sample, as in lavaan.

    Returns
    -------
    Solution
        theta (R, k), fmin (R,), converged (R,) ... in the order of the replicates.

    Raises
    ------
    ModelError
        No replicates; an unknown kind; cluster resampling without clusters; parametric or
        Bollen-Stine replicates of incomplete data.
    """
    if kind not in KINDS:
        raise ModelError(f"Replicates are drawn by one of {', '.join(KINDS)}, not {kind!r}.")
    if replicates < 1:
        raise ModelError(
            f"replicates={replicates!r} leaves nothing to refit; ask for at least one."
        )
    if kind == "cluster" and sample.clusters is None:
        raise ModelError("Cluster resampling needs cluster=; use kind='case' without clusters.")
    moments = kind in ("parametric", "bollen-stine")
    if moments and not sample.complete:
        raise ModelError(f"{kind} replicates need complete rows; use kind='case'.")
    if kind == "parametric" and (sample.weights is not None or sample.clusters is not None):
        raise ModelError(
            "Parametric replicates are of independent rows that count alike, which rows with "
            "weights or clusters are not; use kind='case' or 'cluster'."
        )
    lower, upper = (np.atleast_2d(b)[0] for b in box_of(layout, saturated_of(sample)[0], bounds))
    free = not constraints and not np.isfinite([lower, upper]).any()
    held: Floats | None = None
    parts: list[Solution] = []
    blocks = _objectives(layout, sample, theta, replicates, seed, kind, estimator)
    with progress("Bootstrap replicates", replicates) as refits:
        for objective, wanted in blocks:
            if held is None:
                held = _held_inverse(layout, sample, theta, estimator)
            if wanted < objective.members:
                objective = objective.take(np.arange(wanted))
            if free:
                parts.append(refit(objective, theta, held))
            else:
                start = np.broadcast_to(theta, (objective.members, len(theta))).copy()
                parts.append(solve(objective, start, lower, upper, constraints))
            refits.add(wanted)
    return Solution.joined(parts)


def refit(objective: Objective, theta: Floats, held: Floats) -> Solution:
    """Minimise every member from theta (k,) with the inverse information ``held`` (k, k) first.

    Members whose gradient vanishes on the way are done; the others, few, go by Newton's method.
    """
    start = np.broadcast_to(theta, (objective.members, len(theta))).copy()
    solution = _held_descent(objective, start, held)
    left = np.flatnonzero(~solution.converged & objective.definite)
    if left.size:
        near = minimise(objective.take(left), solution.theta[left], phases=PHASES[1:])
        solution = solution.replaced(left, near)
        left = np.flatnonzero(~solution.converged & objective.definite)
    if left.size:
        solution = solution.replaced(left, minimise(objective.take(left), start[left]))
    return solution


def _held_descent(objective: Objective, start: Floats, held: Floats) -> Solution:
    """Quasi-Newton steps that learn, from one inverse information for all, what each member's is.

    Without a line search: a member whose function is not convex along a step, or whose steps do
    not lead to a vanishing gradient, is left to Newton's method. The gradient of who is done is
    the one before the last step.
    """
    theta, members = start.copy(), len(start)
    active, part = np.arange(members), objective
    # All start from the same theta: its implied moments are needed once.
    at = part.evaluate(theta[:1], None)
    value, gradient = np.full(members, np.inf), np.full(start.shape, np.nan)
    iterations, done = np.zeros(members, dtype=np.int64), np.zeros(members, dtype=bool)
    memory: list[Pair] = []
    for _ in range(HELD_STEPS):
        step = -_secant(at.gradient, held, memory)
        distance = -part.total * (at.gradient * step).sum(-1)
        lost = ~np.isfinite(at.value) | ~(distance < FAR)
        if memory:
            lost |= memory[-1].bend <= 0
        near = ~lost & (distance < NEAR_ENOUGH)
        found = active[near]
        theta[found] += step[near]
        iterations[found] += 1
        # What the step takes off the function is known: half of g' H^-1 g.
        value[found] = at.value[near] - 0.5 * distance[near] / part.total[near]
        done[found], gradient[found] = True, at.gradient[near]
        theta[active[lost]] = start[active[lost]]
        going = ~lost & ~near
        if not going.any():
            break
        if not going.all():
            active, part, step = active[going], part.take(np.flatnonzero(going)), step[going]
            at, memory = at.take(going), [pair.take(going) for pair in memory]
        theta[active] += step
        iterations[active] += 1
        before, at = at, part.evaluate(theta[active], None)
        memory = [*memory[1 - REMEMBERED :], Pair.of(step, at.gradient - before.gradient)]
    message = tuple("" if good else "The held information did not lead there." for good in done)
    return Solution(theta, value, done, iterations, gradient, message)


@dataclass(frozen=True, eq=False)
class Pair:
    """A step (B, k), the change of the gradient it made (B, k), and their product (B, 1)."""

    step: Floats
    change: Floats
    bend: Floats

    @classmethod
    def of(cls, step: Floats, change: Floats) -> "Pair":
        return cls(step, change, (step * change).sum(-1))

    def take(self, members: Booleans) -> "Pair":
        return Pair(self.step[members], self.change[members], self.bend[members])


def _secant(gradient: Floats, held: Floats, memory: Sequence[Pair]) -> Floats:
    """The inverse information, as the last steps of each member correct it, times its gradient.

    The two loops of L-BFGS [3]_, (B, k).
    """
    direction, shares = gradient, []
    for pair in reversed(memory):
        share = ((pair.step * direction).sum(-1) / pair.bend)[:, None]
        direction = direction - share * pair.change
        shares.append(share)
    direction = (direction[:, None, :] @ held)[:, 0]
    for pair, share in zip(memory, reversed(shares), strict=True):
        across = ((pair.change * direction).sum(-1) / pair.bend)[:, None]
        direction = direction + (share - across) * pair.step
    return direction


def _held_inverse(layout: Layout, sample: Sample, theta: Floats, estimator: str) -> Floats:
    objective, _ = objective_of(layout, sample, estimator)
    curvature = objective.evaluate(theta[None], "observed").curvature[0]
    try:
        np.linalg.cholesky(curvature)
    except np.linalg.LinAlgError:
        curvature = objective.evaluate(theta[None]).curvature[0]
    return np.linalg.pinv(curvature, hermitian=True)


def _objectives(
    layout: Layout,
    sample: Sample,
    theta: Floats,
    replicates: int,
    seed: int,
    kind: str,
    estimator: str,
) -> Iterator[tuple[Objective, int]]:
    """Blocks of replicates and how many of a block are wanted."""
    size, generator = _block_size(sample), np.random.default_rng(seed)
    turn = _bollen_stine(layout, sample, theta, estimator) if kind == "bollen-stine" else None
    for first in range(0, replicates, size):
        wanted = min(size, replicates - first)
        if kind == "parametric":
            moments = _parametric(layout, sample, theta, generator, size, estimator)
            yield NormalTheory.of(layout, moments, estimator), wanted
            continue
        weights = _weights(sample, generator, size, clusters=kind != "case")
        if not sample.complete:
            patterns = tuple(
                patterns_of(block, w, sample.error(g))
                for g, (block, w) in enumerate(zip(sample.rows, weights, strict=True))
            )
            exo = None
            if layout.exogenous.kind.size:
                pooled = pooled_moments(patterns)
                exo = layout.exogenous_values(pooled.cov, pooled.mean)
            yield Casewise(layout, patterns, exo), wanted
            continue
        moments = weighted_moments(sample.rows, weights)
        if turn is not None:
            moments = turn(moments)
        yield NormalTheory.of(layout, moments, estimator), wanted


def _block_size(sample: Sample) -> int:
    """Replicates computed together: at most 32 MB of counts, or of pattern statistics."""
    rows = sum(len(block) for block in sample.rows)
    if sample.complete:
        return int(np.clip(4_000_000 // max(rows, 1), 8, 250))
    p = sample.rows[0].shape[1]
    patterns = sum(len(part.seen) for part in sample.patterns)
    return int(np.clip(1_000_000 // max(patterns * p * p, 1), 4, 100))


def _weights(
    sample: Sample, generator: np.random.Generator, size: int, clusters: bool
) -> list[Floats]:
    """Per group (B, n_g): how often each row is drawn, times its sampling weight."""
    out = [np.empty((size, len(block))) for block in sample.rows]
    members = None
    if clusters and sample.clusters is not None:
        members = [np.unique(c, return_inverse=True)[1] for c in sample.clusters]
    counts = [
        len(block) if members is None else int(members[g].max()) + 1
        for g, block in enumerate(sample.rows)
    ]
    for b in range(size):
        for g, n in enumerate(counts):
            drawn = np.bincount(generator.integers(n, size=n, dtype=np.uint32), minlength=n)
            out[g][b] = drawn if members is None else drawn[members[g]]
    if sample.weights is not None:
        for g, weight in enumerate(sample.weights):
            out[g] *= weight
    return out


def _parametric(
    layout: Layout,
    sample: Sample,
    theta: Floats,
    generator: np.random.Generator,
    size: int,
    estimator: str,
) -> Moments:
    """Moments of normal samples from the model (Bartlett's decomposition of the Wishart)."""
    mu, sigma = implied_moments(layout, sample, theta, estimator)
    n, (groups, p) = sample.n, mu.shape
    factor = np.linalg.cholesky(sigma)
    covs, means = np.empty((size, groups, p, p)), np.empty((size, groups, p))
    for b in range(size):
        for g in range(groups):
            lower = np.tril(generator.standard_normal((p, p)), -1)
            lower[np.diag_indices(p)] = np.sqrt(generator.chisquare(n[g] - 1.0 - np.arange(p)))
            root = factor[g] @ lower
            covs[b, g] = root @ root.T / n[g]
            means[b, g] = mu[g] + factor[g] @ generator.standard_normal(p) / np.sqrt(n[g])
    return Moments(np.broadcast_to(n, (size, groups)).copy(), covs, means)


def _bollen_stine(
    layout: Layout, sample: Sample, theta: Floats, estimator: str
) -> Callable[[Moments], Moments]:
    """The turn x → Sigma^(1/2) S^(-1/2) (x - m) + mu, applied to moments."""
    moments = sample.moments
    mu, sigma = implied_moments(layout, sample, theta, estimator)
    turn = np.linalg.cholesky(sigma) @ np.linalg.inv(np.linalg.cholesky(moments.cov))

    def turned(drawn: Moments) -> Moments:
        shift = (turn @ (drawn.mean - moments.mean)[..., None])[..., 0]
        return replace(drawn, cov=turn @ drawn.cov @ np.swapaxes(turn, -1, -2), mean=mu + shift)

    return turned
