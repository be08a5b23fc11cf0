"""Which way a construct's items point, and which of them run against the others.

An index is the mean of its items, so a construct points where most of its items, weighed by how
far they move the index, point. A latent variable has no direction of its own: it gets that of its
marker item. Where the marker runs against the others, because its question was asked the other way
round and the codebook does not say so, every link of the construct changes sign.
"""

from collections.abc import Sequence

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


def weights_on_common(answers: pd.DataFrame) -> Array:
    """Return (p,) weights of items on what they have in common, those of the index positive in sum.

    The first eigenvector v of the items' correlation matrix (pairwise, without answers 0), its sign
    such that Σ v_j s_j ≥ 0 with s_j the items' standard deviations: on the whole a higher index is
    more of what they share.

    Parameters
    ----------
    answers
        (n, p), one column an item, all on one scale, with high meaning good; NaN where none.
    """
    correlation, deviation = _pairwise(answers)
    largest, vectors = np.linalg.eigh(correlation)
    if largest[-1] < 1 + _ROUNDING:  # nothing in common
        return np.full(len(correlation), len(correlation) ** -0.5)
    leading = np.where(np.abs(vectors[:, -1]) < _ROUNDING, 0.0, vectors[:, -1])
    moved = float(leading @ deviation)
    towards = moved if abs(moved) > _ROUNDING else leading[np.flatnonzero(leading)[0]]
    return leading * np.sign(towards)


def _pairwise(answers: pd.DataFrame) -> tuple[Array, Array]:
    """Return (p, p) correlations and (p,) standard deviations, each from all rows that have both.

    With sums over the rows that have both x_j and x_k, and n of them,

        r_jk = (Σ x_j x_k − Σ x_j Σ x_k / n) / √((Σ x_j² − (Σ x_j)² / n) (Σ x_k² − (Σ x_k)² / n)),

    0 where it is not defined and 1 on the diagonal. Answers are taken about their means, and some
    rows at a time, so that few of them are copied.
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
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = squares - sums**2 / count
        both = products - sums * sums.T / count
        correlation = both / np.sqrt(spread * spread.T)
        deviation = np.sqrt(np.diag(spread) / (np.diag(count) - 1))
    known = np.isfinite(correlation) & (np.minimum(spread, spread.T) > _ROUNDING * count)
    correlation = np.where(known, np.clip(correlation, -1.0, 1.0), 0.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation, np.where(np.isfinite(deviation), deviation, 0.0)


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
    weights = weights_on_common(answers[found])
    marker = found[int(np.argmax(weights >= _WEAK * weights.max()))]
    return [marker, *(item for item in found if item != marker)]


def running_against(answers: pd.DataFrame) -> list[str]:
    """Return the items that run against the others, beyond what chance explains.

    An item with a negative weight (:func:`weights_on_common`) whose correlation r with the mean of
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
    if answers.shape[1] < 2:
        return []
    weights = weights_on_common(answers)
    against = answers.columns[weights < 0]
    if against.empty:
        return []
    others = answers.loc[:, weights > 0].mean(axis=1)
    return [item for item in against if _clearly_negative(answers[item], others)]


def _clearly_negative(one: pd.Series, other: pd.Series) -> bool:
    both = one.notna() & other.notna()
    n = int(both.sum())
    if n < _FEWEST or one[both].nunique() < 2 or other[both].nunique() < 2:
        return False
    r = np.clip(np.corrcoef(one[both], other[both])[0, 1], -1 + 1e-12, 1 - 1e-12)
    return bool(np.arctanh(r) + _Z / np.sqrt(n - 3) < 0)
