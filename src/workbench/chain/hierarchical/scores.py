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

from workbench.chain.hierarchical.likelihood import MISSING, Rows, gathered

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def construct_rows(
    items: Array, errors: Array | None, constructs: Sequence[Sequence[int]], organisation: Index
) -> Rows:
    """Return the rows of the hierarchical model, arguments as of :func:`construct_scores`."""
    return Rows.of(*construct_scores(items, errors, constructs, organisation), organisation)


def respondent_rows(
    items: Array,
    constructs: Sequence[Sequence[int]],
    organisation: Index,
    cluster: Index,
    weight: Array,
) -> tuple[Rows, Index]:
    """Return one row for all respondents of a cluster who have the same scores, and its cluster.

    A score's error is the mean of all who have it. Respondents differ in it only by the questions
    they left out; with one for all, millions of respondents become a few rows.

    Parameters
    ----------
    items
        Answers (n, p), NaN where missing.
    constructs
        The columns of every construct's items.
    organisation, cluster
        Each respondent's (n,), numbered from 0; organisations without a gap.
    weight
        How much each one counts (n,).
    """
    scores, count = construct_means(items, constructs)
    there = count > 0
    error = np.array([_mean_error(items, one, organisation) for one in constructs])
    place = organisation * (int(cluster.max()) + 1) + cluster
    _, place = np.unique(place, return_inverse=True)
    patterns, pattern = np.unique(there, axis=0, return_inverse=True)
    key = place.ravel() * len(patterns) + pattern.ravel()
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    filled = np.where(there, scores, 0.0)
    copies, middle, scatter = gathered(filled, weight, group.ravel(), len(first))
    errors = np.zeros_like(scatter)
    diagonal = np.arange(len(constructs))
    missing = MISSING * np.nanvar(scores, axis=0)
    errors[:, diagonal, diagonal] = np.where(there[first], error, missing)
    rows = Rows(middle, errors, organisation[first], copies, there[first], scatter)
    return rows, cluster[first]


def construct_means(
    items: Array, constructs: Sequence[Sequence[int]]
) -> tuple[Array, NDArray[np.int64]]:
    """Return the mean of every construct's items (n, k), NaN without any, and how many (n, k)."""
    there = ~np.isnan(items)
    count = np.stack([there[:, columns].sum(axis=1) for columns in constructs], axis=1)
    filled = np.where(there, items, 0.0)
    sums = np.stack([filled[:, columns].sum(axis=1) for columns in constructs], axis=1)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan), count


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
    scores, count = construct_means(items, constructs)
    there, least = ~np.isnan(items), np.maximum(count, 1)
    covariance = np.zeros((len(items), len(constructs), len(constructs)))
    sampling = None
    if errors is not None:
        sampling = np.einsum("ua,ub,uab->ab", there.astype(float), there.astype(float), errors)
        share = np.zeros((len(items), len(constructs), items.shape[1]))
        for number, columns in enumerate(constructs):
            share[:, number, columns] = there[:, columns] / least[:, [number]]
        covariance += share @ errors @ np.swapaxes(share, 1, 2)
    for number, columns in enumerate(constructs):
        specific = specific_covariance(items, sampling, [columns], organisation)
        covariance[:, number, number] += specific[0, 0] / least[:, number]
    return scores, covariance


def specific_covariance(
    items: Array, sampling: Array | None, waves: Sequence[Sequence[int]], organisation: Index
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
    items, organisation
        As of :func:`construct_scores`.
    sampling
        The covariances of two items' sampling errors (p, p), summed over the units that have both;
        None where there are none.
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
    if sampling is not None:
        covariance -= sampling[np.ix_(columns, columns)] / np.maximum(both, 1.0)
    blocks = covariance.reshape(times, size, times, size)
    same = np.einsum("sjtj->st", blocks)
    other = blocks.sum(axis=(1, 3)) - same
    found = same / size - other / (size * (size - 1))
    root, axes = np.linalg.eigh((found + found.T) / 2)
    return (axes * np.maximum(root, 0.0)) @ axes.T


def _mean_error(items: Array, columns: Sequence[int], organisation: Index) -> float:
    """The error variance of a construct's score, averaged over all who have the score."""
    specific = specific_covariance(items, None, [columns], organisation)[0, 0]
    count = (~np.isnan(items[:, columns])).sum(axis=1)
    return float(specific * np.mean(1 / count[count > 0]))
