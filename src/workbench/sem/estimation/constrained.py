"""Minimising under general constraints: sequential quadratic programming, finished by Newton.

SciPy's SLSQP finds the neighbourhood and which inequalities hold with equality, in parameters
scaled by the information; Newton's method on the Karush-Kuhn-Tucker conditions then solves them
to rounding. The optimum is judged by the score statistic of the directions that the active
constraints leave, and by the signs of their multipliers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from workbench.sem.estimation.information import null_space
from workbench.sem.estimation.objective import Booleans, Objective
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.layout import Floats, Integers

FAR = 1e10
POLISHING_STEPS = 50


@dataclass(frozen=True, eq=False)
class ConstrainedOptimum:
    """Where one member ended; ``distance`` is N g' I^-1 g of what the constraints leave free."""

    theta: Floats
    value: float
    gradient: Floats
    distance: float
    iterations: int
    feasible: bool


def minimise_constrained(
    objective: Objective,
    start: Floats,
    lower: Floats,
    upper: Floats,
    constraints: Constraints,
) -> ConstrainedOptimum:
    """Minimise the one member of ``objective`` from ``start`` (k,) within box and constraints."""
    first = objective.evaluate(start[None])
    scale = 1.0 / np.sqrt(np.maximum(np.diag(first.curvature[0]), 1e-12))

    def value(z: Floats) -> tuple[float, Floats]:
        at = objective.evaluate((z * scale)[None], None)
        return (float(at.value[0]) if np.isfinite(at.value[0]) else FAR), at.gradient[0] * scale

    parts = []
    for kind, both in (("eq", constraints.equalities), ("ineq", constraints.inequalities)):
        if len(both(start)[0]):
            parts.append(
                {
                    "type": kind,
                    "fun": lambda z, both=both: both(z * scale)[0],
                    "jac": lambda z, both=both: both(z * scale)[1] * scale,
                }
            )
    found = minimize(
        value,
        start / scale,
        jac=True,
        method="SLSQP",
        bounds=list(zip(lower / scale, upper / scale, strict=True)),
        constraints=parts,
        options={"ftol": 1e-13, "maxiter": 1000},
    )
    # A constraint that is undefined on the way (the root of a negative number) leaves no point.
    end = found.x * scale if np.isfinite(found.x).all() else start
    theta = np.clip(end, lower, upper)
    return _polished(objective, theta, lower, upper, constraints, int(found.nit))


@dataclass(frozen=True, eq=False)
class _Active:
    """What holds with equality: c (r,), Jacobian (r, k), and which constraint each row is.

    ``place`` counts equalities, then inequalities; it is -1 for a bound.
    """

    c: Floats
    jacobian: Floats
    place: Integers

    @classmethod
    def near(
        cls, theta: Floats, lower: Floats, upper: Floats, constraints: Constraints, scale: Floats
    ) -> "_Active":
        equal, by_equal = constraints.equalities(theta)
        other, by_other = constraints.inequalities(theta)
        near = other <= 1e-5 * np.maximum(np.linalg.norm(by_other * scale, axis=1), 1e-300)
        low, high = theta - lower <= 1e-6 * scale, upper - theta <= 1e-6 * scale
        eye = np.eye(len(theta))
        bounds = low.sum() + high.sum()
        return cls(
            np.concatenate([equal, other[near], (theta - lower)[low], (upper - theta)[high]]),
            np.vstack([by_equal, by_other[near], eye[low], -eye[high]]),
            np.concatenate(
                [np.arange(len(equal)), len(equal) + np.flatnonzero(near), np.full(bounds, -1)]
            ),
        )

    def take(self, rows: Booleans) -> "_Active":
        """Some rows only."""
        return _Active(self.c[rows], self.jacobian[rows], self.place[rows])

    def of_all(self, multipliers: Floats, constraints: Constraints) -> Floats:
        """The multipliers (r,) spread over all equalities and inequalities."""
        out = np.zeros(len(constraints.equal) + len(constraints.positive))
        own = self.place >= 0
        out[self.place[own]] = multipliers[own]
        return out


def _polished(
    objective: Objective,
    theta: Floats,
    lower: Floats,
    upper: Floats,
    constraints: Constraints,
    iterations: int,
) -> ConstrainedOptimum:
    k, equalities = len(theta), len(constraints.equal)
    at = objective.evaluate(theta[None], "observed")
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(at.curvature[0])), 1e-300))
    active = _Active.near(theta, lower, upper, constraints, scale)
    distance, feasible = np.inf, False
    for _ in range(POLISHING_STEPS):
        if not (np.isfinite(active.c).all() and np.isfinite(active.jacobian).all()):
            return ConstrainedOptimum(
                theta, float(at.value[0]), at.gradient[0], np.inf, iterations, False
            )
        gradient = at.gradient[0]
        slopes = active.jacobian * scale
        multipliers = np.linalg.lstsq(slopes.T, gradient * scale, rcond=None)[0]
        # An inequality that would rather be let go pulls the other way; a violated one stays.
        size = np.linalg.norm(slopes, axis=1)
        equal = (active.place >= 0) & (active.place < equalities)
        stays = equal | (multipliers >= -1e-9) | (active.c < -1e-9 * size)
        active, multipliers = active.take(stays), multipliers[stays]
        c, jacobian = active.c, active.jacobian
        space = null_space(jacobian * scale, k)
        along = space.T @ (gradient * scale)
        inner = space.T @ (at.curvature[0] * np.outer(scale, scale)) @ space
        distance = float(objective.total[0] * along @ np.linalg.lstsq(inner, along, rcond=None)[0])
        worst = np.abs(c) / np.maximum(np.linalg.norm(jacobian * scale, axis=1), 1e-300)
        feasible = bool((worst < 1e-9).all())
        if abs(distance) < 1e-14 and feasible:
            break
        lagrangian = at.curvature[0] - constraints.curvature(
            theta, active.of_all(multipliers, constraints)
        )
        system = np.zeros((k + len(c), k + len(c)))
        system[:k, :k] = lagrangian * np.outer(scale, scale)
        system[:k, k:], system[k:, :k] = (jacobian * scale).T, jacobian * scale
        right = np.concatenate([-gradient * scale, -c])
        if not np.isfinite(system).all():
            break
        step = np.linalg.lstsq(system, right, rcond=None)[0][:k] * scale
        trial_theta = np.clip(theta + step, lower, upper)
        trial = objective.evaluate(trial_theta[None], "observed")
        if not np.isfinite(trial.value[0]):
            break
        theta, at, iterations = trial_theta, trial, iterations + 1
        active = _Active.near(theta, lower, upper, constraints, scale)
    return ConstrainedOptimum(
        theta, float(at.value[0]), at.gradient[0], abs(distance), iterations, feasible
    )
