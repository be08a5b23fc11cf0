"""Refits of a model of two levels to resamples of whole units.

A replicate draws the units of each group with replacement [1]_. Its moments are those of the units
with how often each was drawn for a weight, so that the moments of many replicates are one product,
and all are refitted together from the optimum; where answers are missing, each replicate's
likelihood is worked out by itself. Moments of covariates that are held are each replicate's own.

Replicate b is the same whatever their number.

References
----------
.. [1] Davison, A. C., & Hinkley, D. V. (1997). Bootstrap methods and their application. Cambridge
   University Press, section 3.8.
"""

import numpy as np

from workbench.errors import ModelError
from workbench.progress import progress
from workbench.sem.estimation.optimiser import Solution, box_of, solve
from workbench.sem.inference.resampling import refit
from workbench.sem.model.layout import Floats
from workbench.sem.twolevel.inference import TwoLevelProblem

NUMBERS = 2_000_000
"""About how many numbers the moments of the replicates that are refitted together have."""


def resample_units(problem: TwoLevelProblem, theta: Floats, replicates: int, seed: int) -> Solution:
    """Refit ``replicates`` resamples of the units from the optimum theta (k,).

    Raises
    ------
    ModelError
        No replicates.
    NotIdentifiedError
        The information at theta is singular.
    """
    if replicates < 1:
        raise ModelError(
            f"replicates={replicates!r} leaves nothing to refit; ask for at least one."
        )
    generator = np.random.default_rng(seed)
    counts = [len(own.units.size) for own in problem.by_group]
    sizes = sum(len(own.units.moments.sizes) for own in problem.by_group)
    together = max(NUMBERS // (sizes * len(problem.layout.observed) ** 2), 1)
    lower, upper = (
        np.atleast_2d(b)[0]
        for b in box_of(problem.layout, problem.prepared[1], problem.options.bounds)
    )
    free = not problem.constraints and not np.isfinite([lower, upper]).any()
    held = problem.bread(theta)
    parts = []
    with progress("Bootstrap replicates", replicates) as refits:
        for first in range(0, replicates, together):
            wanted = min(together, replicates - first)
            drawn = [[generator.integers(n, size=n) for n in counts] for _ in range(wanted)]
            by_group = [np.stack(own) for own in zip(*drawn, strict=True)]
            objective = problem.resampled(by_group)
            if free:
                parts.append(refit(objective, theta, held))
            else:
                start = np.broadcast_to(theta, (wanted, len(theta))).copy()
                own = problem.constraints or None
                parts.append(solve(objective, start, lower, upper, own))
            refits.add(wanted)
    return Solution.joined(parts)


def influence(problem: TwoLevelProblem, theta: Floats) -> Floats:
    """What each unit does to the estimates, but for a factor, (J, k)."""
    scores = [own.scores(own.layout, theta, own.exo) for own in problem.by_group]
    return np.asarray(-np.vstack(scores) @ problem.bread(theta), dtype=np.float64)
