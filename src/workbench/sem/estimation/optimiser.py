"""Minimising a batch of discrepancies: Fisher scoring, then Newton, then Newton's last curvature.

Scoring steps d = -I^-1 g with the expected information I are invariant under any linear change
of parameters, and so is the stopping rule, the score statistic N g' I^-1 g (the squared distance
to the optimum in standard errors): the scale of the items plays no part. So near the optimum that
the curvature no longer changes the last one is kept, and a step costs a gradient only. Members of
a batch never see each other; a member that has converged is frozen, so the result does not depend
on how a batch is cut.

Bounds are kept by projection [1]_: parameters at a bound whose gradient points outward are held,
the others step and are clipped. General constraints are met by sequential quadratic programming.

References
----------
.. [1] Bertsekas, D. P. (1982). Projected Newton methods for optimization problems with simple
   constraints. SIAM Journal on Control and Optimization, 20, 221-246.
.. [2] Yuan, K.-H., & Bentler, P. M. (2000). Three likelihood-based methods for mean and covariance
   structure analysis with nonnormal missing data. Sociological Methodology, 30, 165-200.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg.lapack import dposv

from workbench.errors import ModelError
from workbench.sem.estimation.bounds import standard_bounds
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.constrained import minimise_constrained
from workbench.sem.estimation.fiml import Casewise
from workbench.sem.estimation.moments import Moments, Sample
from workbench.sem.estimation.objective import Booleans, Evaluation, NormalTheory, Objective
from workbench.sem.estimation.starts import plain_values, starting_values
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.layout import MEAN, PATH, Floats, Integers, Layout

TOLERANCE = 1e-14
"""Largest N g' I^-1 g at an optimum: within 1e-7 standard errors."""

ACCEPTABLE = 1e-9
"""The same, where rounding allows no further descent."""

NEAR = 1.0
"""The same, where scoring gives way to Newton's method: one standard error away."""

CONSTANT = 1e-3
"""The same, where Newton's last curvature will do: a thirtieth of a standard error away."""


@dataclass(frozen=True)
class Phase:
    """Which curvature makes the steps, how near they must come, and the most steps.

    ``curvature`` is a kind of :meth:`Objective.evaluate`, or None for the last one of the phase
    before.
    """

    curvature: str | None
    near: float
    steps: int

    @property
    def last(self) -> bool:
        """Whether who comes near enough is at the optimum."""
        return self.near <= TOLERANCE


PHASES = (
    Phase("expected", NEAR, 30),
    Phase("observed", CONSTANT, 100),
    Phase(None, TOLERANCE, 8),
    Phase("observed", TOLERANCE, 100),
)

BY_SATURATED = (Phase("saturated", CONSTANT, 6), *PHASES[1:])
"""The same where a sample has the curvature of its saturated moments: that of a model that fits is
not far from it, and a step costs little more than a gradient."""

FROM_MOMENTS = (Phase("expected", CONSTANT, 30),)
"""As far as estimates from saturated moments are worth going."""

LAST_PHASE = (Phase("observed", TOLERANCE, 300),)
"""For a member still on its way after all starts: some valleys are long."""

HALVINGS = 30

SINGULAR = (
    "The sample covariance matrix is not positive definite: there are fewer rows than items, "
    "or some items depend on others."
)

USE_BOUNDS = (
    "bounds='standard' keeps it where proper solutions are; more rows or a simpler model would "
    "help."
)
"""What to do where a parameter grows without limit."""

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
        The discrepancy: ML, Wishart, GLS or ULS.
    bounds
        ``"standard"`` keeps variances, loadings and covariances where proper solutions are
        (:mod:`workbench.sem.estimation.bounds`). Bounds in the table hold in any case.
    start
        Starting values (k,) or (B, k) instead of those made from the moments.
    constraints
        General constraints among labels (``Constraints.from_table``).

    A member that does not converge is tried again from other starting values before it is given
    up.
    """
    return optimum(*objective_of(layout, data, estimator), bounds, start, constraints)


def optimum(
    objective: Objective,
    moments: Moments,
    bounds: str | None = None,
    start: Floats | None = None,
    constraints: Constraints | None = None,
    advice: str = USE_BOUNDS,
) -> Solution:
    """As :func:`estimate`, of what ``objective_of`` makes of the data.

    ``advice`` is the sentence on what to do where a parameter grows without limit.
    """
    layout = objective.layout
    lower, upper = box_of(layout, moments, bounds)
    definite = objective.definite
    if not definite.all():
        eye = np.eye(moments.cov.shape[-1])
        moments = replace(moments, cov=np.where(definite[:, None, None, None], moments.cov, eye))
    if start is None:
        first = starting_values(layout, moments)
        first = np.where(np.isnan(layout.start), first, layout.start)
    else:
        first = np.broadcast_to(start, (objective.members, layout.n_free))
    begin = first
    if start is None and isinstance(objective, Casewise):
        begin = _from_moments(objective, moments, first, lower, upper)
    solution = solve(objective, begin, lower, upper, constraints)
    for attempt in range(OTHER_STARTS + 1):
        left = np.flatnonzero(~solution.converged & definite)
        if not left.size:
            break
        part = objective.take(left)
        low, high = (np.broadcast_to(b, first.shape)[left] for b in (lower, upper))
        if attempt < OTHER_STARTS:
            other = _other_start(layout, part, moments.take(left), first[left], attempt)
            again = solve(part, other, low, high, constraints)
        elif not constraints:
            again = minimise(part, solution.theta[left], low, high, LAST_PHASE)
        else:
            break
        solution = solution.replaced(left, again)
    solution = _without_limit(layout, moments, first, solution, advice)
    if constraints:
        solution = _unmet(constraints, solution)
    if definite.all():
        return solution
    message = tuple(
        m if good else SINGULAR for m, good in zip(solution.message, definite, strict=True)
    )
    return replace(solution, message=message)


def _from_moments(
    objective: Casewise, moments: Moments, start: Floats, lower: Floats, upper: Floats
) -> Floats:
    """Estimates (B, k) as if the saturated moments were those of complete rows [2]_.

    They are consistent, so within a few standard errors of those of the incomplete rows, and a step
    towards them costs a tiny part of one of casewise estimation.
    """
    theory = NormalTheory(objective.layout, moments, exo=objective.exo)
    found = minimise(theory, start, lower, upper, FROM_MOMENTS)
    return np.where(np.isfinite(found.fmin)[:, None], found.theta, start)


def box_of(layout: Layout, moments: Moments, bounds: str | None) -> tuple[Floats, Floats]:
    """Lower and upper bounds (k,), or (B, k) where ``bounds="standard"`` makes them of the data."""
    if bounds == "standard":
        return standard_bounds(layout, moments.cov)
    if bounds is not None:
        raise ModelError(f"bounds is None or 'standard', not {bounds!r}.")
    return layout.lower, layout.upper


def solve(
    objective: Objective,
    start: Floats,
    lower: Floats,
    upper: Floats,
    constraints: Constraints | None,
) -> Solution:
    """Minimise every member's function from ``start`` (B, k), within bounds and constraints."""
    near = isinstance(objective, Casewise) and objective.at_saturated is not None
    free = minimise(objective, start, lower, upper, BY_SATURATED if near else PHASES)
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


def _without_limit(
    layout: Layout, moments: Moments, start: Floats, solution: Solution, advice: str
) -> Solution:
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
            f"{solution.iterations[b]} steps). These data do not determine it. {advice}"
        )
    return replace(solution, converged=converged, message=tuple(message))


def _unmet(constraints: Constraints, solution: Solution) -> Solution:
    """Say which constraints hold a member back that did not converge."""
    message = list(solution.message)
    for b in np.flatnonzero(~solution.converged):
        unmet = constraints.unmet(solution.theta[b])
        if unmet:
            message[b] = (
                "No values of the parameters were found that meet all constraints: "
                f"{'; '.join(unmet)} would not hold. Take one of the constraints out."
            )
    return replace(solution, message=tuple(message))


def minimise(
    objective: Objective,
    start: Floats,
    lower: Floats | None = None,
    upper: Floats | None = None,
    phases: Sequence[Phase] = PHASES,
) -> Solution:
    """Minimise every member's function from ``start`` (B, k) within a box (k,) or (B, k)."""
    members, k = start.shape
    box = None
    theta = np.array(start, dtype=np.float64)
    if any(bound is not None and np.isfinite(bound).any() for bound in (lower, upper)):
        low, high = (-np.inf if lower is None else lower), (np.inf if upper is None else upper)
        box = Box(np.broadcast_to(low, (members, k)), np.broadcast_to(high, (members, k)))
        theta = box.kept(theta)
    at = objective.evaluate(theta, phases[0].curvature)
    iterations = np.zeros(members, dtype=np.int64)
    converged = np.zeros(members, dtype=bool)
    for phase, next_phase in zip(phases, [*phases[1:], None], strict=True):
        going = np.flatnonzero(~converged)
        if not going.size:
            break
        after = next_phase.curvature if next_phase else None
        if going.size == members:
            theta, at, converged, steps = _descend(objective, theta, at, box, phase, after)
            iterations += steps
            continue
        part, own = objective.take(going), box and box.take(going)
        end, found, reached, steps = _descend(part, theta[going], at.take(going), own, phase, after)
        theta[going], converged[going] = end, reached
        at = at.replaced(going, found)
        iterations[going] += steps
    message = tuple(
        "" if good else _reason(float(f), int(n))
        for good, f, n in zip(converged, at.value, iterations, strict=True)
    )
    return Solution(theta, at.value, converged, iterations, at.gradient, message)


@dataclass(frozen=True, eq=False)
class Box:
    """Bounds of every member, (B, k) each."""

    lower: Floats
    upper: Floats

    def take(self, members: Integers) -> "Box":
        """Of some members only."""
        return Box(self.lower[members], self.upper[members])

    def kept(self, theta: Floats) -> Floats:
        """The nearest point within."""
        return np.minimum(np.maximum(theta, self.lower), self.upper)

    def held(self, theta: Floats, gradient: Floats) -> Booleans:
        """Parameters at a bound that a descent would cross, (B, k)."""
        down, up = (theta <= self.lower) & (gradient > 0), (theta >= self.upper) & (gradient < 0)
        return down | up


def _reason(value: float, iterations: int) -> str:
    if not np.isfinite(value):
        return "The implied covariance matrix is not positive definite at the starting values."
    return f"No optimum was reached in {iterations} steps; the model may not be identified."


def _descend(
    objective: Objective,
    start: Floats,
    first: Evaluation,
    box: Box | None,
    phase: Phase,
    after: str | None,
) -> tuple[Floats, Evaluation, Booleans, np.ndarray]:
    """Projected descent of all members until each is near its optimum, stalled or out of steps.

    ``first`` is the evaluation at ``start``. Returns theta, the evaluation there (with the
    curvature ``after`` of those who came near), who is at the optimum, and the steps taken.
    """
    theta, end = start.copy(), first
    members = len(start)
    reached, iterations = np.zeros(members, dtype=bool), np.zeros(members, dtype=np.int64)
    active, part, here, at = np.arange(members), objective, start, first
    going = np.isfinite(at.value)
    for _ in range(phase.steps):
        if not going.all():
            stay = np.flatnonzero(going)
            active, part, here, at = active[stay], part.take(stay), here[stay], at.take(stay)
            box = None if box is None else box.take(stay)
        if not active.size:
            break
        step, score = _step(at, here, box)
        distance = part.total * score
        near = distance < phase.near
        if phase.last and near.any():
            reached[active[near]] = True
            if near.all():
                break
            stay = np.flatnonzero(~near)
            active, part, here, at = active[stay], part.take(stay), here[stay], at.take(stay)
            box = None if box is None else box.take(stay)
            step, distance, near = step[stay], distance[stay], near[stay]
        candidate = here + step if box is None else box.kept(here + step)
        trial = _evaluated(part, candidate, at, phase.curvature, after, near)
        going = ~near
        # Who is near needs no shorter step, unless a bound has bent it.
        looked_at = going if box is None else np.ones_like(near)
        if looked_at.any():
            short = looked_at & ~_enough(at, trial.value, candidate - here)
            if short.any():
                candidate, trial, stalled = _backtrack(
                    part, at, here, step, box, candidate, trial, short, phase.curvature
                )
                reached[active] = stalled & (distance < ACCEPTABLE)
                going &= ~stalled
        theta[active] = candidate
        iterations[active] += 1
        end = end.replaced(active, trial)
        here, at = candidate, trial
    return theta, end, reached, iterations


def _evaluated(
    objective: Objective,
    theta: Floats,
    before: Evaluation,
    curvature: str | None,
    after: str | None,
    near: Booleans,
) -> Evaluation:
    """The function at theta, with the curvature ``after`` of who is near."""
    if curvature == after or not near.any():
        return _with_curvature(objective, theta, before, curvature)
    if near.all():
        return _with_curvature(objective, theta, before, after)
    whole = before
    for members, kind in ((np.flatnonzero(~near), curvature), (np.flatnonzero(near), after)):
        part = objective.take(members)
        found = _with_curvature(part, theta[members], before.take(members), kind)
        whole = whole.replaced(members, found)
    return whole


def _with_curvature(
    objective: Objective, theta: Floats, before: Evaluation, curvature: str | None
) -> Evaluation:
    at = objective.evaluate(theta, curvature)
    return at if curvature else replace(at, curvature=before.curvature)


def _enough(at: Evaluation, value: Floats, step: Floats) -> Booleans:
    """Sufficient decrease, up to rounding of the function itself."""
    promised = (at.gradient * step).sum(-1)
    return value <= at.value + 1e-4 * np.minimum(promised, 0.0) + 1e-13 * (1.0 + np.abs(at.value))


def _step(at: Evaluation, theta: Floats, box: Box | None) -> tuple[Floats, Floats]:
    """Descent direction d = -I^-1 g (B, k) and score statistic g' I^-1 g (B,) of what may move."""
    diagonal = np.abs(np.diagonal(at.curvature, axis1=-2, axis2=-1))
    scale = 1.0 / np.sqrt(np.maximum(diagonal, 1e-300))
    scaled = at.curvature * (scale[:, :, None] * scale[:, None, :])
    slope = at.gradient * scale
    if box is None:
        step = _newton(scaled, slope)
        return step * scale, -(slope * step).sum(-1)
    held = box.held(theta, at.gradient)
    eye = np.eye(held.shape[-1])
    while True:
        slope = np.where(held, 0.0, slope)
        step = _newton(np.where(held[:, :, None] | held[:, None, :], eye, scaled), slope)
        step = np.where(held, 0.0, step)
        # What stands at a bound and would be carried over it by the others is held too.
        crossing = box.held(theta, -step)
        if not crossing.any():
            return step * scale, -(slope * step).sum(-1)
        held |= crossing


def _newton(curvature: Floats, slope: Floats) -> Floats:
    """-H^-1 g (B, k) of curvatures (B, k, k) with a unit diagonal and slopes (B, k)."""
    step = np.empty_like(slope)
    if not slope.shape[1]:
        return step
    for b, matrix in enumerate(curvature):
        factor, solved, failed = dposv(matrix, slope[b], lower=1)
        # A pivot may be nothing but rounding (parameters identified by constraints alone).
        if failed or factor.diagonal().min() <= 1e-7:
            solved = _bent(matrix, slope[b])
        step[b] = -solved
    return step


def _bent(curvature: Floats, slope: Floats) -> Floats:
    """The slope (k,) by the curvature's absolute value (k, k), so that a step always descends."""
    size, axes = np.linalg.eigh(curvature)
    return axes @ (axes.T @ slope / np.maximum(np.abs(size), 1e-8))


def _backtrack(
    objective: Objective,
    at: Evaluation,
    here: Floats,
    step: Floats,
    box: Box | None,
    candidate: Floats,
    trial: Evaluation,
    short: Booleans,
    curvature: str | None,
) -> tuple[Floats, Evaluation, Booleans]:
    """Halve the steps that fell short; members that never descend are stalled."""
    waiting = np.flatnonzero(short)
    part, base = objective.take(waiting), at.take(waiting)
    own = None if box is None else box.take(waiting)
    shrink = 1.0
    pending = np.ones(waiting.size, dtype=bool)
    candidate = candidate.copy()
    for _ in range(HALVINGS):
        shrink *= 0.5
        points = here[waiting] + shrink * step[waiting]
        points = points if own is None else own.kept(points)
        good = pending & _enough(base, part.value(points), points - here[waiting])
        candidate[waiting[good]] = points[good]
        pending &= ~good
        if not pending.any():
            break
    stalled = np.zeros(len(here), dtype=bool)
    stalled[waiting[pending]] = True
    candidate[stalled] = here[stalled]
    again = _with_curvature(part, candidate[waiting], base, curvature)
    return candidate, trial.replaced(waiting, again), stalled
