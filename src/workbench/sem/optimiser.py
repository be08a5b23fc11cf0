"""Minimising a batch of discrepancies: Fisher scoring, then exact Newton for the stubborn.

Scoring steps d = -I^-1 g with the expected information I are invariant under any linear change
of parameters, and so is the stopping rule, the score statistic N g' I^-1 g (the squared distance
to the optimum in standard errors): the scale of the items plays no part. Members of a batch
never see each other; a member that has converged is frozen, so the result does not depend on how
a batch is cut.

Bounds are kept by projection [1]_: parameters at a bound whose gradient points outward are held,
the others step and are clipped. General constraints are met by sequential quadratic programming.

References
----------
.. [1] Bertsekas, D. P. (1982). Projected Newton methods for optimization problems with simple
   constraints. SIAM Journal on Control and Optimization, 20, 221-246.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.exceptions import ModelError
from workbench.sem.bounds import standard_bounds
from workbench.sem.constrained import minimise_constrained
from workbench.sem.constraints import Constraints
from workbench.sem.fiml import objective_of
from workbench.sem.layout import MEAN, PATH, Floats, Integers, Layout
from workbench.sem.moments import Moments, Sample
from workbench.sem.objective import Booleans, Evaluation, Objective, cholesky
from workbench.sem.starts import plain_values, starting_values

TOLERANCE = 1e-14
"""Largest N g' I^-1 g at an optimum: within 1e-7 standard errors."""

ACCEPTABLE = 1e-9
"""The same, where rounding allows no further descent."""

NEAR = 1.0
"""The same, where scoring gives way to Newton's method: one standard error away."""

PHASES = (("expected", NEAR, 30), ("observed", TOLERANCE, 100))
"""Curvature, how near the phase must come, most steps."""

LAST_PHASE = (("observed", TOLERANCE, 300),)
"""For a member still on its way after all starts: some valleys are long."""

HALVINGS = 30

SINGULAR = (
    "The sample covariance matrix is not positive definite: there are fewer rows than items, "
    "or some items depend on others."
)

OTHER_STARTS = 4
"""How often a member that did not converge is tried again."""

QUICK = 30
"""Steps of a member that certainly had no parameter running off."""

RUNAWAY = 10.0
"""Size, in standard deviations of its variables, of a parameter that may be running off."""

INFINITE = 1e5
"""The same, where no vanishing gradient makes an optimum of it."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Where the optimiser ended, for B members of a batch.

    Attributes
    ----------
    theta : (B, k)
    fmin : (B,)
        f = F / 2; chi-square of maximum likelihood is 2 N f.
    converged : (B,)
        Zero (projected) gradient and positive definite implied covariance. Nothing less.
    iterations : (B,)
    gradient : (B, k)
        Of f, free of what bounds or constraints hold back only where converged.
    message : tuple of B sentences, empty where converged
    """

    theta: Floats
    fmin: Floats
    converged: Booleans
    iterations: np.ndarray
    gradient: Floats
    message: tuple[str, ...]

    def take(self, members: Integers) -> "Solution":
        """Some members only."""
        return Solution(
            theta=self.theta[members],
            fmin=self.fmin[members],
            converged=self.converged[members],
            iterations=self.iterations[members],
            gradient=self.gradient[members],
            message=tuple(self.message[i] for i in members),
        )

    @staticmethod
    def joined(parts: "Sequence[Solution]") -> "Solution":
        """Batches one after the other."""
        return Solution(
            theta=np.concatenate([part.theta for part in parts]),
            fmin=np.concatenate([part.fmin for part in parts]),
            converged=np.concatenate([part.converged for part in parts]),
            iterations=np.concatenate([part.iterations for part in parts]),
            gradient=np.concatenate([part.gradient for part in parts]),
            message=tuple(m for part in parts for m in part.message),
        )

    def replaced(self, members: Integers, other: "Solution") -> "Solution":
        """With these members taken from another solution where that is converged or lower."""
        better = other.converged | (other.fmin < self.fmin[members])
        at, source = members[better], np.flatnonzero(better)
        message = list(self.message)
        for i, j in zip(at, source, strict=True):
            message[i] = other.message[j]
        arrays = {}
        for name in ("theta", "fmin", "converged", "gradient"):
            arrays[name] = getattr(self, name).copy()
            arrays[name][at] = getattr(other, name)[source]
        iterations = self.iterations.copy()
        iterations[members] += other.iterations
        return Solution(**arrays, iterations=iterations, message=tuple(message))


def estimate(
    layout: Layout,
    data: Moments | Sample,
    estimator: str = "ML",
    bounds: str | None = None,
    start: Floats | None = None,
    constraints: Constraints | None = None,
) -> Solution:
    """Estimate theta for every member of a batch of moments, or for one sample.

    Parameters
    ----------
    data
        Moments (batched over leading axes), or a sample; one with missing answers is estimated
        by casewise maximum likelihood.
    estimator
        The discrepancy: ML, GLS or ULS.
    bounds
        ``"standard"`` keeps variances, loadings and covariances where proper solutions are
        (:mod:`workbench.sem.bounds`). Bounds in the table hold in any case.
    start
        Starting values (k,) or (B, k) instead of those made from the moments.
    constraints
        General constraints among labels (``Constraints.from_table``).

    A member that does not converge is tried again from other starting values before it is given
    up.
    """
    objective, moments = objective_of(layout, data, estimator)
    lower, upper = layout.lower, layout.upper
    if bounds == "standard":
        lower, upper = standard_bounds(layout, moments.cov)
    elif bounds is not None:
        raise ModelError(f"bounds is None or 'standard', not {bounds!r}.")
    definite = objective.definite
    if not definite.all():
        eye = np.eye(moments.cov.shape[-1])
        moments = replace(moments, cov=np.where(definite[:, None, None, None], moments.cov, eye))
    if start is None:
        first = starting_values(layout, moments)
        first = np.where(np.isnan(layout.start), first, layout.start)
    else:
        first = np.broadcast_to(start, (objective.members, layout.n_free))
    solution = _solve(objective, first, lower, upper, constraints)
    for attempt in range(OTHER_STARTS + 1):
        left = np.flatnonzero(~solution.converged & definite)
        if not left.size:
            break
        part = objective.take(left)
        low, high = (np.broadcast_to(b, first.shape)[left] for b in (lower, upper))
        if attempt < OTHER_STARTS:
            other = _other_start(layout, part, moments.take(left), first[left], attempt)
            again = _solve(part, other, low, high, constraints)
        elif not constraints:
            again = minimise(part, solution.theta[left], low, high, LAST_PHASE)
        else:
            break
        solution = solution.replaced(left, again)
    solution = _without_limit(layout, moments, first, solution)
    if definite.all():
        return solution
    message = tuple(
        m if good else SINGULAR for m, good in zip(solution.message, definite, strict=True)
    )
    return replace(solution, message=message)


def _solve(
    objective: Objective,
    start: Floats,
    lower: Floats,
    upper: Floats,
    constraints: Constraints | None,
) -> Solution:
    free = minimise(objective, start, lower, upper)
    if not constraints:
        return free
    box = [np.broadcast_to(b, start.shape) for b in (lower, upper)]
    ends = []
    for b in range(objective.members):
        from_ = free.theta[b] if free.converged[b] else np.clip(start[b], box[0][b], box[1][b])
        one = objective.take(np.array([b]))
        ends.append(minimise_constrained(one, from_, box[0][b], box[1][b], constraints))
    converged = np.array([e.feasible and e.distance < ACCEPTABLE for e in ends])
    iterations = free.iterations + [e.iterations for e in ends]
    return Solution(
        theta=np.stack([e.theta for e in ends]),
        fmin=np.array([e.value for e in ends]),
        converged=converged,
        iterations=iterations,
        gradient=np.stack([e.gradient for e in ends]),
        message=tuple(
            "" if good else _reason(e.value, n)
            for good, e, n in zip(converged, ends, iterations, strict=True)
        ),
    )


def _other_start(
    layout: Layout, objective: Objective, moments: Moments, first: Floats, attempt: int
) -> Floats:
    """Cautious values, the proper solution, then the first values shaken (always the same way)."""
    if attempt == 0:
        return plain_values(layout, moments)
    if attempt == 1:
        box = standard_bounds(layout, moments.cov)
        return minimise(objective, plain_values(layout, moments), *box).theta
    noise = np.random.default_rng(attempt).standard_normal(first.shape[1])
    return first * np.exp(0.2 * attempt * noise)


def _without_limit(layout: Layout, moments: Moments, start: Floats, solution: Solution) -> Solution:
    """Say which parameter of a member ran off, and take no member there for converged.

    A discrepancy that falls for ever ever more slowly has no minimum, though its gradient vanishes.
    Sizes are in standard deviations of the variables (latent ones: as at the starting values).
    """
    slow = solution.iterations >= QUICK
    if not slow.any():
        return solution
    e = layout.free
    exo = layout.exogenous_values(moments.cov, moments.mean)
    spread = np.sqrt(np.abs(np.diagonal(layout.implied(start, exo).total, axis1=-2, axis2=-1)))
    row, column = spread[:, e.group, e.row], spread[:, e.group, e.column]
    unit = np.where(e.kind == PATH, row / column, row * column)
    size = np.abs(solution.theta[:, e.source]) / unit
    size[:, e.kind == MEAN] = 0.0
    largest = size.argmax(1)
    size = np.where(slow, size.max(1), 0.0)
    converged = solution.converged & ~(size > INFINITE)
    message = list(solution.message)
    for b in np.flatnonzero(~converged & (size > RUNAWAY)):
        value = solution.theta[b, e.source[largest[b]]]
        message[b] = (
            f"No optimum was reached: the fit still improves, ever more slowly, while "
            f"{layout.entry_name(largest[b])} grows without limit (it was {value:.3g} after "
            f"{solution.iterations[b]} steps). These data do not determine it. "
            "bounds='standard' keeps it where proper solutions are; more rows or a simpler model "
            "would help."
        )
    return replace(solution, converged=converged, message=tuple(message))


def minimise(
    objective: Objective,
    start: Floats,
    lower: Floats | None = None,
    upper: Floats | None = None,
    phases: Sequence[tuple[str, float, int]] = PHASES,
) -> Solution:
    """Minimise every member's function from ``start`` (B, k) within a box (k,) or (B, k)."""
    theta = np.array(start, dtype=np.float64)
    members, k = theta.shape
    lower = np.broadcast_to(-np.inf if lower is None else lower, (members, k))
    upper = np.broadcast_to(np.inf if upper is None else upper, (members, k))
    theta = np.clip(theta, lower, upper)
    value = np.full(members, np.inf)
    gradient = np.full((members, k), np.nan)
    iterations = np.zeros(members, dtype=np.int64)
    converged = np.zeros(members, dtype=bool)
    for curvature, near, steps in phases:
        run = _descend(objective, theta, lower, upper, curvature, near, steps)
        theta, value, gradient, converged = run[:4]
        iterations += run[4]
    message = tuple(
        "" if good else _reason(float(f), int(n))
        for good, f, n in zip(converged, value, iterations, strict=True)
    )
    return Solution(theta, value, converged, iterations, gradient, message)


def _reason(value: float, iterations: int) -> str:
    if not np.isfinite(value):
        return "The implied covariance matrix is not positive definite at the starting values."
    return f"No optimum was reached in {iterations} steps; the model may not be identified."


def _descend(
    objective: Objective,
    start: Floats,
    lower: Floats,
    upper: Floats,
    curvature: str,
    near: float,
    steps: int,
) -> tuple[Floats, Floats, Floats, Booleans, np.ndarray]:
    """Projected descent of all members until each is near its optimum, stalled or out of steps."""
    theta = start.copy()
    part = objective
    at = part.evaluate(theta, curvature)
    value, gradient = at.value.copy(), at.gradient.copy()
    members = len(theta)
    reached, iterations = np.zeros(members, dtype=bool), np.zeros(members, dtype=np.int64)
    active, going = np.arange(members), np.isfinite(value)
    for _ in range(steps):
        if not going.all():
            active, part, at = active[going], part.take(np.flatnonzero(going)), at.take(going)
        if not active.size:
            break
        here, low, high = theta[active], lower[active], upper[active]
        step, score = _step(at, here, low, high)
        distance = part.total * score
        # A member this near needs no more than the step it already has.
        last = distance < near
        candidate = np.minimum(np.maximum(here + step, low), high)
        # Where everyone stops here no further step, hence no curvature, is needed.
        trial = part.evaluate(candidate, None if last.all() else curvature)
        enough = _enough(at, trial.value, candidate - here)
        stalled = np.zeros(active.size, dtype=bool)
        if not (enough | last).all():
            short = ~(enough | last)
            candidate, trial, stalled = _backtrack(
                part, at, here, step, low, high, candidate, trial, short, curvature
            )
        keep = (enough | ~last) & ~stalled
        moved = active[keep]
        theta[moved], value[moved] = candidate[keep], trial.value[keep]
        gradient[moved] = trial.gradient[keep]
        iterations[active] += 1
        reached[active] = last | (stalled & (distance < max(near, ACCEPTABLE)))
        at, going = trial, ~(last | stalled)
    return theta, value, gradient, reached, iterations


def _enough(at: Evaluation, value: Floats, step: Floats) -> Booleans:
    """Sufficient decrease, up to rounding of the function itself."""
    promised = (at.gradient * step).sum(-1)
    return value <= at.value + 1e-4 * np.minimum(promised, 0.0) + 1e-13 * (1.0 + np.abs(at.value))


def _step(at: Evaluation, theta: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Descent direction d = -I^-1 g (B, k) and score statistic g' I^-1 g (B,) of what may move."""
    held = ((theta <= lower) & (at.gradient > 0)) | ((theta >= upper) & (at.gradient < 0))
    diagonal = np.abs(np.diagonal(at.curvature, axis1=-2, axis2=-1))
    scale = 1.0 / np.sqrt(np.maximum(diagonal, 1e-300))
    scaled = at.curvature * (scale[:, :, None] * scale[:, None, :])
    slope = at.gradient * scale
    if held.any():
        scaled = np.where(held[:, :, None] | held[:, None, :], np.eye(held.shape[-1]), scaled)
        slope = np.where(held, 0.0, slope)
    factors, good = cholesky(scaled)
    # A pivot that is nothing but rounding (parameters identified by constraints alone).
    good = good & (np.diagonal(factors, axis1=-2, axis2=-1).min(-1) > 1e-7)
    if good.all():
        step = -np.linalg.solve(scaled, slope[..., None])[..., 0]
    else:
        step = np.empty_like(slope)
        if good.any():
            step[good] = -np.linalg.solve(scaled[good], slope[good][..., None])[..., 0]
        step[~good] = _bent(scaled[~good], slope[~good])
    return step * scale, -(slope * step).sum(-1)


def _bent(curvature: Floats, slope: Floats) -> Floats:
    """Newton direction with the curvature's absolute value, so that it always descends."""
    size, axes = np.linalg.eigh(curvature)
    size = np.maximum(np.abs(size), 1e-8)
    along = (np.swapaxes(axes, -1, -2) @ slope[..., None])[..., 0]
    return -(axes @ (along / size)[..., None])[..., 0]


def _backtrack(
    objective: Objective,
    at: Evaluation,
    here: Floats,
    step: Floats,
    lower: Floats,
    upper: Floats,
    candidate: Floats,
    trial: Evaluation,
    short: Booleans,
    curvature: str,
) -> tuple[Floats, Evaluation, Booleans]:
    """Halve the steps that fell short; members that never descend are stalled."""
    waiting = np.flatnonzero(short)
    part, base = objective.take(waiting), at.take(waiting)
    shrink = 1.0
    pending = np.ones(waiting.size, dtype=bool)
    candidate = candidate.copy()
    for _ in range(HALVINGS):
        shrink *= 0.5
        points = np.clip(here[waiting] + shrink * step[waiting], lower[waiting], upper[waiting])
        good = pending & _enough(base, part.value(points), points - here[waiting])
        candidate[waiting[good]] = points[good]
        pending &= ~good
        if not pending.any():
            break
    stalled = np.zeros(len(here), dtype=bool)
    stalled[waiting[pending]] = True
    candidate[stalled] = here[stalled]
    again = part.evaluate(candidate[waiting], curvature)
    whole = Evaluation(trial.value.copy(), trial.gradient.copy(), trial.curvature.copy())
    whole.value[waiting], whole.gradient[waiting] = again.value, again.gradient
    whole.curvature[waiting] = again.curvature
    return candidate, whole, stalled
