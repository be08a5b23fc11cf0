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

from dataclasses import dataclass

import numpy as np

from workbench.sem.layout import Floats
from workbench.sem.objective import Booleans, Evaluation, Objective

TOLERANCE = 1e-14
"""Largest N g' I^-1 g at an optimum: within 1e-7 standard errors."""

ACCEPTABLE = 1e-9
"""The same, where rounding allows no further descent."""

SCORING_STEPS = 60
NEWTON_STEPS = 200
HALVINGS = 30


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


def minimise(
    objective: Objective,
    start: Floats,
    lower: Floats | None = None,
    upper: Floats | None = None,
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
    for second_order, steps in ((False, SCORING_STEPS), (True, NEWTON_STEPS)):
        left = np.flatnonzero(~converged)
        if not left.size:
            break
        run = _descend(
            objective if left.size == members else objective.take(left),
            theta[left],
            lower[left],
            upper[left],
            steps,
            second_order,
        )
        theta[left], value[left], gradient[left], converged[left] = run[:4]
        iterations[left] += run[4]
    message = tuple(
        "" if good else _reason(f, n) for good, f, n in zip(converged, value, iterations, strict=True)
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
    steps: int,
    second_order: bool,
) -> tuple[Floats, Floats, Floats, Booleans, np.ndarray]:
    """Projected descent of all members until each has converged, stalled or run out of steps."""
    theta = start.copy()
    members = len(theta)
    value, gradient = np.full(members, np.inf), np.full(theta.shape, np.nan)
    converged, iterations = np.zeros(members, dtype=bool), np.zeros(members, dtype=np.int64)
    active = np.arange(members)
    part = objective
    at = part.evaluate(theta)
    value[:], gradient[:] = at.value, at.gradient
    going = np.isfinite(at.value)
    for _ in range(steps + 1):
        if not going.all():
            active, part = active[going], part.take(np.flatnonzero(going))
            at = _subset(at, going)
        if not active.size:
            break
        here, low, high = theta[active], lower[active], upper[active]
        step, score = _step(part, at, here, low, high, second_order)
        done = part.total * score < TOLERANCE
        candidate = np.clip(here + step, low, high)
        trial = part.evaluate(candidate)
        enough = _enough(at, trial.value, candidate - here)
        stalled = np.zeros(active.size, dtype=bool)
        if not (enough | done).all():
            candidate, trial, stalled = _backtrack(part, at, here, step, low, high, trial, enough | done)
        # The last step of a converged member is taken where it does not climb: it is free.
        keep = (enough | ~done) & ~stalled
        theta[active[keep]] = candidate[keep]
        value[active[keep]], gradient[active[keep]] = trial.value[keep], trial.gradient[keep]
        iterations[active] += 1
        converged[active] = done | (stalled & (part.total * score < ACCEPTABLE))
        at, going = trial, ~(done | stalled)
    return theta, value, gradient, converged, iterations


def _subset(at: Evaluation, keep: Booleans) -> Evaluation:
    information = None if at.information is None else at.information[keep]
    return Evaluation(at.value[keep], at.gradient[keep], information)


def _enough(at: Evaluation, value: Floats, step: Floats) -> Booleans:
    """Sufficient decrease, up to rounding of the function itself."""
    promised = (at.gradient * step).sum(-1)
    return value <= at.value + 1e-4 * np.minimum(promised, 0.0) + 1e-13 * (1.0 + np.abs(at.value))


def _step(
    objective: Objective,
    at: Evaluation,
    theta: Floats,
    lower: Floats,
    upper: Floats,
    second_order: bool,
) -> tuple[Floats, Floats]:
    """Descent direction (B, k) and score statistic g' I^-1 g of what is free to move (B,)."""
    held = ((theta <= lower) & (at.gradient > 0)) | ((theta >= upper) & (at.gradient < 0))
    gradient = np.where(held, 0.0, at.gradient) if held.any() else at.gradient
    assert at.information is not None
    scale = 1.0 / np.sqrt(np.maximum(np.diagonal(at.information, axis1=-2, axis2=-1), 1e-300))
    scaled = _held(at.information, held, scale)
    slope = gradient * scale
    step = -_solve_definite(scaled, slope)
    score = -(slope * step).sum(-1)
    if second_order:
        step = _newton(_held(objective.hessian(theta), held, scale), slope)
    return step * scale, score


def _held(matrix: Floats, held: Booleans, scale: Floats) -> Floats:
    scaled = matrix * (scale[:, :, None] * scale[:, None, :])
    if held.any():
        scaled = np.where(held[:, :, None] | held[:, None, :], np.eye(held.shape[-1]), scaled)
    return scaled


def _solve_definite(matrix: Floats, right: Floats) -> Floats:
    """Solve for each member; a matrix that is singular is damped first."""
    try:
        np.linalg.cholesky(matrix)
        return np.linalg.solve(matrix, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return np.stack([_solve_damped(m, r) for m, r in zip(matrix, right, strict=True)])


def _solve_damped(matrix: Floats, right: Floats) -> Floats:
    damping = 0.0
    while True:
        damped = matrix + damping * np.eye(len(matrix))
        try:
            np.linalg.cholesky(damped)
            return np.linalg.solve(damped[None], right[None, :, None])[0, :, 0]
        except np.linalg.LinAlgError:
            damping = max(4.0 * damping, 1e-8)


def _newton(hessian: Floats, slope: Floats) -> Floats:
    """Newton direction with the curvature's absolute value, so that it always descends."""
    curvature, axes = np.linalg.eigh(hessian)
    curvature = np.maximum(np.abs(curvature), 1e-8)
    along = (np.swapaxes(axes, -1, -2) @ slope[..., None])[..., 0]
    return -(axes @ (along / curvature)[..., None])[..., 0]


def _backtrack(
    objective: Objective,
    at: Evaluation,
    here: Floats,
    step: Floats,
    lower: Floats,
    upper: Floats,
    trial: Evaluation,
    fine: Booleans,
) -> tuple[Floats, Evaluation, Booleans]:
    """Halve the steps that did not descend; those that never do are stalled."""
    candidate = np.clip(here + step, lower, upper)
    waiting = np.flatnonzero(~fine)
    part, base = objective.take(waiting), _subset(at, ~fine)
    shrink = 1.0
    open_ = np.ones(waiting.size, dtype=bool)
    for _ in range(HALVINGS):
        shrink *= 0.5
        points = np.clip(here[waiting] + shrink * step[waiting], lower[waiting], upper[waiting])
        good = open_ & _enough(base, part.value(points), points - here[waiting])
        candidate[waiting[good]] = points[good]
        open_ &= ~good
        if not open_.any():
            break
    stalled = np.zeros(len(here), dtype=bool)
    stalled[waiting[open_]] = True
    candidate[stalled] = here[stalled]
    again = part.evaluate(candidate[waiting])
    value, gradient, information = trial.value.copy(), trial.gradient.copy(), trial.information
    value[waiting], gradient[waiting] = again.value, again.gradient
    if information is not None and again.information is not None:
        information = information.copy()
        information[waiting] = again.information
    return candidate, Evaluation(value, gradient, information), stalled
