"""The same model by the second engine: how far apart, and is that agreement?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import crosscheck_in_words
from workbench.interpretation.messages import say
from workbench.sem.estimation import semopy_engine
from workbench.sem.inference.assessment import Problem
from workbench.sem.model.layout import Floats

TOLERANCE = 1e-3
"""Largest difference that is agreement, in units of max(1, |estimate|) and of standard errors."""


@dataclass(frozen=True)
class Crosscheck(Shown):
    """The comparison of two engines' estimates.

    Attributes
    ----------
    agree
        Whether all free parameters agree within ``tolerance``; None where no comparison is
        possible.
    difference, parameter
        The largest difference, ``|θ₁ − θ₂| / max(1, |θ₁|, se)``, and where it is.
    reason
        Why no comparison is possible, "" where one is.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> found = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3", clients).crosscheck()
    >>> found.agree, found.difference < 1e-3
    (True, True)
    >>> print(found.sentence)
    semopy agrees: no estimate differs by more than 0.000001 (0.001 is allowed).
    """

    agree: bool | None
    difference: float
    parameter: str
    tolerance: float
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The result in words."""
        return crosscheck_in_words(
            self.agree, self.difference, self.parameter, self.tolerance, self.reason
        )

    def __str__(self) -> str:
        return self.sentence

    def _parts(self) -> Iterator[Part]:
        yield self.sentence


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
        reason = say("crosscheck.weights")
    if not reason and problem.options.likelihood == "wishart":
        reason = say("crosscheck.divisor")
    if not reason and not converged:
        reason = say("crosscheck.not converged")
    if reason:
        return Crosscheck(None, nothing, "", TOLERANCE, reason)
    try:
        other = semopy_engine.solve(problem.table, problem.layout, problem.moments)
    except ModelError as problem_:
        return Crosscheck(None, nothing, "", TOLERANCE, str(problem_))
    size = np.fmax(np.maximum(1.0, np.abs(theta)), errors)
    difference = np.abs(other.theta - theta) / size
    worst = int(np.nanargmax(difference))
    largest = float(difference[worst])
    agree = bool(np.isfinite(difference).all() and largest <= TOLERANCE)
    return Crosscheck(agree, largest, names[worst], TOLERANCE)
