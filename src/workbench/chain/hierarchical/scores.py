r"""Scores of constructs from items, with all that is known of their errors.

A unit's score is the mean of the items it has. Its error has two parts: the sampling error of the
items' means, known from the unit's respondents, and what is specific to items: with the items'
covariance matrix between units within organisations, less sampling error, of mean variance
:math:`\bar v` and mean covariance :math:`\bar c`, the mean of J items has a specific variance
:math:`(\bar v - \bar c) / J`, the one Cronbach's alpha takes off (Lord & Novick 1968, ch. 4).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.chain.hierarchical.likelihood import Rows

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def construct_scores(
    items: Array, errors: Array, constructs: Sequence[Sequence[int]], organisation: Index
) -> Rows:
    """Return the scores of constructs (n, k) with their error covariances.

    Parameters
    ----------
    items
        Unit means (n, p), NaN where missing.
    errors
        The covariance (n, p, p) of their sampling errors.
    constructs
        The columns of every construct's items.
    organisation
        Each unit's organisation (n,), numbered from 0 without a gap.
    """
    there = ~np.isnan(items)
    share = np.zeros((len(items), len(constructs), items.shape[1]))
    specific = np.zeros((len(items), len(constructs)))
    for number, columns in enumerate(constructs):
        own = there[:, columns]
        count = np.maximum(own.sum(axis=1), 1)
        share[:, number, columns] = own / count[:, None]
        specific[:, number] = _specific(items, errors, columns, organisation) / count
    scores = np.einsum("uki,ui->uk", share, np.where(there, items, 0.0))
    scores[share.sum(axis=2) == 0] = np.nan
    covariance = share @ errors @ np.swapaxes(share, 1, 2)
    place = np.arange(len(constructs))
    covariance[:, place, place] += specific
    return Rows.of(scores, covariance, organisation)


def _specific(items: Array, errors: Array, columns: Sequence[int], organisation: Index) -> float:
    """The mean variance of items less their mean covariance, at least 0; 0 of a single item."""
    if len(columns) < 2:
        return 0.0
    values = items[:, columns]
    there = (~np.isnan(values)).astype(float)
    filled = np.where(there > 0, values, 0.0)
    groups = int(organisation.max()) + 1
    count, total = np.zeros((2, groups, len(columns)))
    np.add.at(count, organisation, there)
    np.add.at(total, organisation, filled)
    gap = there * (filled - (total / np.maximum(count, 1))[organisation])
    both = there.T @ there
    freedom = np.maximum(both - (count > 0).sum(axis=0), 1.0)
    sampling = np.einsum("ua,ub,uab->ab", there, there, errors[:, columns][:, :, columns])
    covariance = gap.T @ gap / freedom - sampling / np.maximum(both, 1.0)
    off = ~np.eye(len(columns), dtype=bool)
    return max(0.0, float(covariance.diagonal().mean() - covariance[off].mean()))
