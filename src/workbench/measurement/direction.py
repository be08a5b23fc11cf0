"""Which way a construct's items point, and which of them run against the others.

An index is the mean of its items, so a construct points where most of its items, weighed by how
far they move the index, point. A latent variable has no direction of its own: it gets that of its
marker item. Where the marker runs against the others, because its question was asked the other way
round and the codebook does not say so, every link of the construct changes sign.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

_Z = 1.959964
_WEAK = 1 / 3  # of the strongest item's weight: less of a marker would leave its sign to chance
_FEWEST = 5
_ROUNDING = 1e-9
_ROWS = 200_000
"""Rows that are copied at once."""


@dataclass(frozen=True, eq=False)
class ItemPairs:
    """What rows add to how items go together, over the rows that have both x_j and x_k; (p, p).

    Attributes
    ----------
    count
        How many rows those are.
    mean
        The mean of x_j there.
    square, product
        The sums of (x_j − mean)² and of (x_j − mean) (x_k − mean).
    """

    count: Array
    mean: Array
    square: Array
    product: Array

    @classmethod
    def of(cls, answers: pd.DataFrame) -> Self:
        """Those of answers (n, p), NaN where there is none.

        Answers are taken about their means, and some rows at a time, so that few of them are
        copied.
        """
        p = answers.shape[1]
        count, sums, squares, products = np.zeros((4, p, p))
        centre = answers.mean().fillna(0.0).to_numpy()
        for start in range(0, len(answers), _ROWS):
            values = answers.iloc[start : start + _ROWS].to_numpy(dtype=float) - centre
            there = (~np.isnan(values)).astype(float)
            values = np.where(there > 0, values, 0.0)
            count += there.T @ there
            sums += values.T @ there  # of the row's item, where both have an answer
            squares += (values**2).T @ there
            products += values.T @ values
        held = np.maximum(count, 1.0)
        return cls(
            count,
            centre[:, None] + sums / held,
            squares - sums**2 / held,
            products - sums * sums.T / held,
        )

    def __add__(self, other: "ItemPairs") -> "ItemPairs":
        """Those of the rows of both (Chan, Golub & LeVeque 1983, American Statistician 37, 242)."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1.0)
        apart = other.mean - self.mean
        return ItemPairs(
            count,
            self.mean + share * apart,
            self.square + other.square + self.count * share * apart**2,
            self.product + other.product + self.count * share * apart * apart.T,
        )

    @property
    def correlations(self) -> Array:
        """Of all rows that have both, 0 where it is not defined and 1 on the diagonal."""
        spread = np.maximum(self.square, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.product / np.sqrt(spread * spread.T)
        known = np.isfinite(found) & (np.minimum(spread, spread.T) > _ROUNDING * self.count)
        found = np.where(known, np.clip(found, -1.0, 1.0), 0.0)
        np.fill_diagonal(found, 1.0)
        return found

    @property
    def deviations(self) -> Array:
        """Standard deviations (p,), 0 where there are none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.sqrt(self.square.diagonal() / (self.count.diagonal() - 1))
        return np.where(np.isfinite(found), found, 0.0)

    @property
    def weights(self) -> Array:
        """Weights (p,) of items on what they have in common, those of the index positive in sum.

        The first eigenvector v of the items' correlation matrix, its sign such that Σ v_j s_j ≥ 0
        with s_j the items' standard deviations: on the whole a higher index is more of what they
        share. All items are on one scale, with high meaning good.
        """
        largest, vectors = np.linalg.eigh(self.correlations)
        if largest[-1] < 1 + _ROUNDING:  # nothing in common
            return np.full(len(largest), len(largest) ** -0.5)
        leading = np.where(np.abs(vectors[:, -1]) < _ROUNDING, 0.0, vectors[:, -1])
        moved = float(leading @ self.deviations)
        towards = moved if abs(moved) > _ROUNDING else leading[np.flatnonzero(leading)[0]]
        return leading * np.sign(towards)


def marker_first(items: Sequence[str], answers: pd.DataFrame) -> list[str]:
    """Return the items with one in front that points where their index does.

    That is the first of them, unless it runs against the index or has next to nothing in common
    with the others; then the next that does not.

    Parameters
    ----------
    items
        Columns of ``answers``.
    answers : (n, p)
        The answers, NaN where there is none.

    Examples
    --------
    >>> import workbench as wb
    >>> answers = wb.open_study("data/demo").answers("clients")[["trust_1", "trust_2", "trust_3"]]
    >>> wb.measurement.marker_first(["trust_1", "trust_2", "trust_3"], answers)
    ['trust_1', 'trust_2', 'trust_3']
    >>> turned = answers.assign(trust_1=10 - answers["trust_1"])
    >>> wb.measurement.marker_first(["trust_1", "trust_2", "trust_3"], turned)
    ['trust_2', 'trust_1', 'trust_3']
    """
    found = list(items)
    if len(found) < 2:
        return found
    weights = ItemPairs.of(answers[found]).weights
    marker = found[int(np.argmax(weights >= _WEAK * weights.max()))]
    return [marker, *(item for item in found if item != marker)]


def running_against(answers: pd.DataFrame) -> list[str]:
    """Return the items that run against the others, beyond what chance explains.

    An item with a negative weight (:attr:`ItemPairs.weights`) whose correlation r with the mean of
    the items of positive weight has a 95 % interval below zero, tanh(atanh r ± 1.96 / √(n − 3)).

    Parameters
    ----------
    answers : (n, p)
        The answers to one construct, NaN where there is none.

    Examples
    --------
    >>> import workbench as wb
    >>> answers = wb.open_study("data/demo").answers("clients")[["trust_1", "trust_2", "trust_3"]]
    >>> wb.measurement.running_against(answers)
    []
    >>> wb.measurement.running_against(answers.assign(trust_1=10 - answers["trust_1"]))
    ['trust_1']
    """

    def beside(item: str, others: list[str]) -> ItemPairs:
        return beside_others(answers, item, others)

    return against_others(list(answers.columns), ItemPairs.of(answers), beside)


def against_others(
    items: Sequence[str], pairs: ItemPairs, beside: Callable[[str, list[str]], ItemPairs]
) -> list[str]:
    """Return the same of sums over rows.

    Parameters
    ----------
    items, pairs
        The items and what all rows add to how they go together.
    beside
        The sums of :func:`beside_others` over all rows: asked for only of an item with a negative
        weight and those of positive weight.
    """
    if len(items) < 2:
        return []
    signed = list(zip(items, pairs.weights, strict=True))
    positive = [item for item, weight in signed if weight > 0]
    return [
        item for item, weight in signed if weight < 0 and _clearly_negative(beside(item, positive))
    ]


def beside_others(answers: pd.DataFrame, item: str, others: list[str]) -> ItemPairs:
    """What rows add to how an item goes with the mean of others."""
    mean = answers[others].mean(axis=1)
    return ItemPairs.of(pd.DataFrame({"item": answers[item], "others": mean}))


def _clearly_negative(pair: ItemPairs) -> bool:
    n = pair.count[0, 1]
    if n < _FEWEST:
        return False
    r = np.clip(pair.correlations[0, 1], -1 + 1e-12, 1 - 1e-12)
    return bool(np.arctanh(r) + _Z / np.sqrt(n - 3) < 0)
