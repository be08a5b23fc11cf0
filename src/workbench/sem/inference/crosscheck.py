"""The same model by the second engine: how far apart, and is that agreement?"""

from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError
from workbench.sem.estimation import semopy_engine
from workbench.sem.inference.assessment import Problem
from workbench.sem.model.layout import Floats

TOLERANCE = 1e-3
"""Largest difference that is agreement, in units of max(1, |estimate|) and of standard errors."""


@dataclass(frozen=True)
class Crosscheck:
    """The comparison of two engines' estimates.

    Attributes
    ----------
    agree
        Whether all free parameters agree within ``tolerance``; None where no comparison is
        possible.
    difference, parameter
        The largest difference, |θ₁ − θ₂| / max(1, |θ₁|, se), and where it is.
    sentence
        The result in words.
    """

    agree: bool | None
    difference: float
    parameter: str
    tolerance: float
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def crosscheck(
    problem: Problem, theta: Floats, errors: Floats, names: list[str], converged: bool
) -> Crosscheck:
    """Estimate a fitted model once more by semopy and compare.

    Parameters
    ----------
    theta, errors : (k,)
        Estimates and standard errors (NaN where there are none).
    names
        Names of the free parameters.
    """
    nothing = float("nan")
    reason = semopy_engine.unsupported(
        problem.table, problem.options.estimator, problem.missing, len(problem.groups)
    )
    if not reason and (problem.options.weights or problem.options.bounds):
        reason = "semopy's estimates under weights or bounds are not used."
    if not reason and problem.options.likelihood == "wishart":
        reason = "semopy's covariances have the divisor n, those here n - 1."
    if not reason and not converged:
        reason = "the model did not converge."
    if reason:
        return Crosscheck(None, nothing, "", TOLERANCE, f"Not checked by semopy: {reason}")
    try:
        other = semopy_engine.solve(problem.table, problem.layout, problem.moments)
    except ModelError as problem_:
        return Crosscheck(None, nothing, "", TOLERANCE, f"Not checked by semopy: {problem_}")
    size = np.fmax(np.maximum(1.0, np.abs(theta)), errors)
    difference = np.abs(other.theta - theta) / size
    worst = int(np.nanargmax(difference))
    largest = float(difference[worst])
    agree = bool(np.isfinite(difference).all() and largest <= TOLERANCE)
    verdict = "agrees" if agree else "does not agree"
    return Crosscheck(
        agree,
        largest,
        names[worst],
        TOLERANCE,
        f"semopy {verdict}: the largest difference is {largest:.1e} ({names[worst]}; "
        f"{TOLERANCE:g} is allowed).",
    )
