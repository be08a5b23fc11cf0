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


def construct_rows(
    items: Array, errors: Array | None, constructs: Sequence[Sequence[int]], organisation: Index
) -> Rows:
    """Return the rows of the hierarchical model, arguments as of :func:`construct_scores`."""
    return Rows.of(*construct_scores(items, errors, constructs, organisation), organisation)


def construct_scores(
    items: Array, errors: Array | None, constructs: Sequence[Sequence[int]], organisation: Index
) -> tuple[Array, Array]:
    """Return the scores of constructs (n, k), NaN where missing, and error covariances (n, k, k).

    Parameters
    ----------
    items
        Unit means (n, p), NaN where missing.
    errors
        The covariance (n, p, p) of their sampling errors; None where there are none, as of
        respondents, of whom there may be too many for that.
    constructs
        The columns of every construct's items.
    organisation
        Each unit's organisation (n,), numbered from 0 without a gap.
    """
    there = ~np.isnan(items)
    count = np.stack([there[:, columns].sum(axis=1) for columns in constructs], axis=1)
    least = np.maximum(count, 1)
    filled = np.where(there, items, 0.0)
    scores = np.stack([filled[:, columns].sum(axis=1) for columns in constructs], axis=1) / least
    scores[count == 0] = np.nan
    covariance = np.zeros((len(items), len(constructs), len(constructs)))
    if errors is not None:
        share = np.zeros((len(items), len(constructs), items.shape[1]))
        for number, columns in enumerate(constructs):
            share[:, number, columns] = there[:, columns] / least[:, [number]]
        covariance += share @ errors @ np.swapaxes(share, 1, 2)
    for number, columns in enumerate(constructs):
        specific = specific_covariance(items, errors, [columns], organisation)
        covariance[:, number, number] += specific[0, 0] / least[:, number]
    return scores, covariance


def specific_covariance(
    items: Array, errors: Array | None, waves: Sequence[Sequence[int]], organisation: Index
) -> Array:
    r"""Return the covariance (T, T) over waves of what is specific to one item of a construct.

    With :math:`C_{st}` the covariance matrix of the J items at wave s with the same at wave t,
    between units within organisations and less sampling error,

    .. math:: S_{st} = \frac1J \sum_j C_{st,jj} - \frac1{J(J-1)} \sum_{j \ne k} C_{st,jk}

    what an item has in common with itself beyond what it has in common with the others; the mean of
    the J items then has an error of covariance S / J. Negative eigenvalues of S are set to 0. Zero
    of a single item.

    Parameters
    ----------
    items, errors, organisation
        As of :func:`construct_scores`.
    waves
        The columns of the construct's items at every wave, in one order.
    """
    times, size = len(waves), len(waves[0])
    if size < 2:
        return np.zeros((times, times))
    columns = np.concatenate([np.asarray(own) for own in waves])
    values = items[:, columns]
    there = (~np.isnan(values)).astype(float)
    filled = np.where(there > 0, values, 0.0)
    groups = int(organisation.max(initial=-1)) + 1
    count, total = np.zeros((2, groups, len(columns)))
    np.add.at(count, organisation, there)
    np.add.at(total, organisation, filled)
    gap = there * (filled - (total / np.maximum(count, 1))[organisation])
    both = there.T @ there
    freedom = np.maximum(both - (count > 0).sum(axis=0), 1.0)
    covariance = gap.T @ gap / freedom
    if errors is not None:
        sampling = np.einsum("ua,ub,uab->ab", there, there, errors[:, columns][:, :, columns])
        covariance -= sampling / np.maximum(both, 1.0)
    blocks = covariance.reshape(times, size, times, size)
    same = np.einsum("sjtj->st", blocks)
    other = blocks.sum(axis=(1, 3)) - same
    found = same / size - other / (size * (size - 1))
    root, axes = np.linalg.eigh((found + found.T) / 2)
    return (axes * np.maximum(root, 0.0)) @ axes.T
