"""Refitting resamples of ordered items, and one model in many groups, as batches.

Of resamples of ordered items the tables, thresholds, correlations and their variances are worked
out together, from how often each row was drawn. Resamples with continuous items, and those of WLS,
which needs all of Gamma, are worked out sample by sample; so are many groups, whose rows differ.
All are then fitted together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError
from workbench.progress import progress
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.optimiser import Solution, optimum
from workbench.sem.inference.resampling import refit
from workbench.sem.model.layout import Floats, Integers
from workbench.sem.ordinal.estimation import WEIGHTS, Ordinal
from workbench.sem.ordinal.objective import ADVICE, WeightedLeastSquares
from workbench.sem.ordinal.reading import PERFECT
from workbench.sem.ordinal.statistics import (
    Places,
    Statistics,
    filled,
    limits,
    polychoric,
    spreads,
    table_crosses,
    table_scores,
    univariate_scores,
)

TOGETHER = 200
"""Samples fitted at once: their derivatives stay in the processor's cache."""

CELLS = 4_000_000
"""Numbers that say in which cell of which table a row is, held at once."""

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
            drawn = [generator.integers(group.n, size=(count, group.n)) for group in ordinal.groups]
            usable, objective = _resampled(ordinal, drawn)
            parts.append(_refitted(objective, usable, theta, held))
            refits.add(count)
    return Solution.joined(parts)


def _resampled(
    ordinal: Ordinal, drawn: Sequence[Integers]
) -> tuple[np.ndarray, WeightedLeastSquares | None]:
    """Which resamples (B,) have a solution, and the discrepancies of those; ``drawn`` has the rows
    (B, n_g) of every group."""
    together = ordinal.model.places.ordered.all() and WEIGHTS[ordinal.estimator] != "WLS"
    if not together:
        samples = [
            tuple(
                Statistics(group.places, group.rows[own[number]])
                for group, own in zip(ordinal.groups, drawn, strict=True)
            )
            for number in range(len(drawn[0]))
        ]
        usable = np.array([all(map(_complete, groups)) for groups in samples])
        some = [samples[number] for number in np.flatnonzero(usable)]
        own = [Ordinal(ordinal.model, groups, ordinal.estimator) for groups in some]
        return usable, joined(own) if own else None
    robust = WEIGHTS[ordinal.estimator] == "DWLS"
    found = [
        resamples(group, own, robust) for group, own in zip(ordinal.groups, drawn, strict=True)
    ]
    usable = np.logical_and.reduce([one.usable for one in found])
    if not usable.any():
        return usable, None
    observed = np.stack([one.values[usable] for one in found], axis=1)
    weight = 1.0 / np.stack([one.spread[usable] for one in found], axis=1)
    n = np.broadcast_to(ordinal.n, (len(observed), len(found)))
    return usable, WeightedLeastSquares(ordinal.model, n.copy(), observed, weight)


def _complete(statistics: Statistics) -> bool:
    """Whether every category of every item is there, and no item all of another."""
    sizes = np.array(statistics.places.categories)
    there = (statistics.shares > 0).sum(1)
    if not (there[sizes > 0] == sizes[sizes > 0]).all():
        return False
    return bool((np.abs(statistics.correlation) - 2.0 * np.eye(len(sizes)) < PERFECT).all())


@dataclass(frozen=True, eq=False)
class Resamples:
    """What resamples of one group's rows say, all items ordered.

    Attributes
    ----------
    usable : (B,)
        Which have every category of every item, and no item all of another.
    values : (B, m)
        Their statistics.
    spread : (B, m)
        The diagonal of Gamma; 1 where it was not asked for.
    """

    usable: np.ndarray
    values: Floats
    spread: Floats


def resamples(group: Statistics, drawn: Integers, spread: bool = True) -> Resamples:
    """Work out the statistics of resamples (B, n) of a group's rows together."""
    places, codes = group.places, group.codes
    count, n = drawn.shape
    p, most = len(places.categories), max(places.categories)
    at = drawn + n * np.arange(count)[:, None]
    times = np.bincount(at.ravel(), minlength=count * n).reshape(count, n).astype(float)
    shown = (codes[:, :, None] == np.arange(most)).astype(float)
    counts = (times @ shown.reshape(n, -1)).reshape(count, p, most)
    usable = ((counts > 0).sum(2) == np.array(places.categories)).all(1)
    whole = np.flatnonzero(usable)
    values, spreading = np.full((2, count, places.count), np.nan)
    tables = _tables(times[whole], shown, *places.pairs)
    values[whole], spreading[whole] = _statistics(places, counts[whole], tables, n, spread)
    rho = values[whole, places.heights :]
    usable[whole] = (np.abs(rho) < PERFECT).all(1)
    return Resamples(usable, values, spreading)


def _tables(times: Floats, shown: Floats, row: Integers, column: Integers) -> Floats:
    """Tables (B, P, K, K) of pairs of items, from how often each row was drawn (B, n) and which
    answers it has (n, p, K)."""
    n, _, most = shown.shape
    found = np.empty((len(times), len(row), most * most))
    step = max(1, CELLS // (n * most * most))
    for first in range(0, len(row), step):
        some = slice(first, first + step)
        cells = shown[:, row[some], :, None] * shown[:, column[some], None, :]
        found[:, some] = (times @ cells.reshape(n, -1)).reshape(len(times), -1, most * most)
    return found.reshape(len(times), len(row), most, most)


def _statistics(
    places: Places, counts: Floats, tables: Floats, n: int, spread: bool
) -> tuple[Floats, Floats]:
    """Statistics of B samples and their variances times n, (B, m) each, of their answers in each
    category (B, p, K) and tables (B, P, K, K); variances of 1 where they are not asked for.

    The items of all samples are taken for those of one, in which pairs are within samples.
    """
    count, p, most = counts.shape
    row, column = places.pairs
    item, level = places.levels
    shift = p * np.arange(count)[:, None]
    rows, columns = (row + shift).ravel(), (column + shift).ravel()
    counts, tables = counts.reshape(-1, most), tables.reshape(-1, most, most)
    sizes = np.tile(places.categories, count)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1.0)
    cuts = limits(shares, sizes)
    one, other = cuts[rows], cuts[columns]
    rho = polychoric(filled(tables, sizes, rows, columns), one, other)
    heights = cuts.reshape(count, p, most + 1)[:, item, level + 1]
    values = np.concatenate([heights, rho.reshape(count, -1)], axis=1)
    if not spread:
        return values, np.ones_like(values)
    probability, cell = table_scores(one, other, rho)
    crosses = table_crosses(tables, probability, cell, one, other, rho)
    score = univariate_scores(shares, cuts)
    tall, below = spreads(counts, sizes, score, tables, cell, crosses, rows, columns)
    tall = tall.reshape(count, p, most - 1)[:, item, level]
    return values, n * np.concatenate([tall, below.reshape(count, -1)], axis=1)


def _refitted(
    objective: WeightedLeastSquares | None, usable: np.ndarray, theta: Floats, held: Floats
) -> Solution:
    count, k = len(usable), len(theta)
    failed = Solution(
        theta=np.full((count, k), np.nan),
        fmin=np.full(count, np.nan),
        converged=np.zeros(count, dtype=bool),
        iterations=np.zeros(count, dtype=np.int64),
        gradient=np.full((count, k), np.nan),
        message=(UNUSABLE,) * count,
    )
    if objective is None:
        return failed
    return failed.replaced(np.flatnonzero(usable), refit(objective, theta, held))


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
