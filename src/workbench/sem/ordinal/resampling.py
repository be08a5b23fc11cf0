"""Refitting resamples of ordered items, and one model in many groups, as batches.

What the rows of each sample say is worked out sample by sample; all are then fitted together.
"""

from collections.abc import Sequence

import numpy as np

from workbench.errors import ModelError
from workbench.progress import progress
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.optimiser import Solution, optimum
from workbench.sem.inference.resampling import refit
from workbench.sem.model.layout import Floats
from workbench.sem.ordinal.estimation import Ordinal
from workbench.sem.ordinal.objective import ADVICE, WeightedLeastSquares
from workbench.sem.ordinal.statistics import Statistics

TOGETHER = 200
"""Samples fitted at once: their derivatives stay in the processor's cache."""

UNUSABLE = (
    "In this resample nobody gave one of the answers of an item, or one item predicts another "
    "perfectly."
)


def bootstrap(ordinal: Ordinal, theta: Floats, replicates: int, seed: int) -> Solution:
    """Refit resamples of the rows of every group from the optimum theta (k,).

    A resample that lacks one of the categories has another model: it counts as not converged.

    Raises
    ------
    ModelError
        No replicates, or constraints that labels alone do not settle.
    """
    if replicates < 1:
        raise ModelError(
            f"replicates={replicates!r} leaves nothing to refit; ask for at least one."
        )
    generator = np.random.default_rng(seed)
    held = ordinal.at(theta).inverse
    parts = []
    with progress("Bootstrap replicates", replicates) as refits:
        for first in range(0, replicates, TOGETHER):
            count = min(TOGETHER, replicates - first)
            drawn = [_drawn(ordinal.groups, generator) for _ in range(count)]
            usable = np.array([all(map(_complete, groups)) for groups in drawn])
            parts.append(_refitted(ordinal, theta, held, drawn, usable))
            refits.add(count)
    return Solution.joined(parts)


def _drawn(groups: Sequence[Statistics], generator: np.random.Generator) -> tuple[Statistics, ...]:
    return tuple(
        Statistics(group.places, group.rows[generator.integers(group.n, size=group.n)])
        for group in groups
    )


def _complete(statistics: Statistics) -> bool:
    """Whether every category of every item is there, and no item all of another."""
    sizes = np.array(statistics.places.categories)
    there = (statistics.shares > 0).sum(1)
    if not (there[sizes > 0] == sizes[sizes > 0]).all():
        return False
    return bool((np.abs(statistics.correlation) - 2.0 * np.eye(len(sizes)) < 0.999).all())


def _refitted(
    ordinal: Ordinal,
    theta: Floats,
    held: Floats,
    drawn: Sequence[tuple[Statistics, ...]],
    usable: np.ndarray,
) -> Solution:
    count, k = len(drawn), len(theta)
    failed = Solution(
        theta=np.full((count, k), np.nan),
        fmin=np.full(count, np.nan),
        converged=np.zeros(count, dtype=bool),
        iterations=np.zeros(count, dtype=np.int64),
        gradient=np.full((count, k), np.nan),
        message=(UNUSABLE,) * count,
    )
    own = np.flatnonzero(usable)
    if not own.size:
        return failed
    samples = [Ordinal(ordinal.model, drawn[i], ordinal.estimator) for i in own.tolist()]
    return failed.replaced(own, refit(joined(samples), theta, held))


def joined(samples: Sequence[Ordinal]) -> WeightedLeastSquares:
    """The discrepancies of several samples of one model, as a batch."""
    parts = [sample.objective for sample in samples]
    n, observed, weight = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("n", "observed", "weight")
    )
    return WeightedLeastSquares(samples[0].model, n, observed, weight)


def fit_together(samples: Sequence[Ordinal]) -> Solution:
    """Estimates of several samples of one model, as a batch."""
    parts = []
    for first in range(0, len(samples), TOGETHER):
        some = samples[first : first + TOGETHER]
        moments = Moments(
            *(
                np.concatenate([getattr(sample.moments, name) for sample in some])
                for name in ("n", "cov", "mean")
            )
        )
        start = np.stack([sample.start for sample in some])
        parts.append(optimum(joined(some), moments, None, start, advice=ADVICE))
    return Solution.joined(parts)
