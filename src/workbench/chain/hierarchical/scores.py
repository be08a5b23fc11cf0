r"""Scores of constructs from items, with all that is known of their errors.

A unit's score is the mean of the items it has. Its error has two parts: the sampling error of the
items' means, known from the unit's respondents, and what is specific to items: with the items'
covariance matrix between units within organisations, less sampling error, of mean variance
:math:`\bar v` and mean covariance :math:`\bar c`, the mean of J items has a specific variance
:math:`(\bar v - \bar c) / J`, the one Cronbach's alpha takes off (Lord & Novick 1968, ch. 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

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


@dataclass(frozen=True, eq=False)
class RespondentSums:
    """What respondents add to the rows of the hierarchical model.

    Those of a cluster who have the same scores are one row: respondents differ in their errors only
    by the questions they left out, and a score's error is taken to be the mean of all who have it.
    So millions of respondents become a few rows, and those of parts that have no organisation in
    common stand one below another.

    Attributes
    ----------
    middle, copies, scatter, there
        Of the rows, as :class:`~workbench.chain.hierarchical.likelihood.Rows` has them; (g, k),
        (g,), (g, k, k), (g, k).
    organisation, cluster
        Theirs (g,), numbered from 0.
    specific
        What is specific to an item of each construct.
    scored, shares, mean, square : (k,)
        Of each construct's scores the number, the sum of 1 / J with J the items answered, the mean
        and the sum of squares about it.
    """

    middle: Array
    copies: Array
    scatter: Array
    there: NDArray[np.bool_]
    organisation: Index
    cluster: Index
    specific: tuple["WithinSums", ...]
    scored: Index
    shares: Array
    mean: Array
    square: Array

    @classmethod
    def of(
        cls,
        items: Array,
        constructs: Sequence[Sequence[int]],
        organisation: Index,
        cluster: Index,
        weight: Array,
    ) -> Self:
        """Those of answers.

        Parameters
        ----------
        items
            Answers (n, p), NaN where missing.
        constructs
            The columns of every construct's items.
        organisation, cluster
            Each respondent's (n,), numbered from 0.
        weight
            How much each one counts (n,).
        """
        scores, count = construct_means(items, constructs)
        there = count > 0
        place = organisation * (int(cluster.max()) + 1) + cluster
        _, place = np.unique(place, return_inverse=True)
        patterns, pattern = np.unique(there, axis=0, return_inverse=True)
        key = place.ravel() * len(patterns) + pattern.ravel()
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        filled = np.where(there, scores, 0.0)
        copies, middle, scatter = gathered(filled, weight, group.ravel(), len(first))
        scored = there.sum(axis=0)
        mean = filled.sum(axis=0) / np.maximum(scored, 1)
        return cls(
            middle,
            copies,
            scatter,
            there[first],
            organisation[first],
            cluster[first],
            tuple(WithinSums.of(items[:, list(one)], organisation) for one in constructs),
            scored,
            (there / np.maximum(count, 1)).sum(axis=0),
            mean,
            (there * (filled - mean) ** 2).sum(axis=0),
        )

    @classmethod
    def joined(cls, parts: Sequence["RespondentSums"]) -> "RespondentSums":
        """Those of parts that have no organisation in common, in the order of organisations."""
        clusters = [int(part.cluster.max()) + 1 for part in parts]
        before = np.cumsum([0, *clusters[:-1]])
        scored, mean, square = (
            np.stack([getattr(part, name) for part in parts])
            for name in ("scored", "mean", "square")
        )
        total = scored.sum(axis=0)
        middle = (scored * mean).sum(axis=0) / np.maximum(total, 1)
        return cls(
            np.concatenate([part.middle for part in parts]),
            np.concatenate([part.copies for part in parts]),
            np.concatenate([part.scatter for part in parts]),
            np.concatenate([part.there for part in parts]),
            np.concatenate([part.organisation for part in parts]),
            np.concatenate(
                [part.cluster + start for part, start in zip(parts, before, strict=True)]
            ),
            tuple(map(WithinSums.joined, zip(*(part.specific for part in parts), strict=True))),
            total,
            np.stack([part.shares for part in parts]).sum(axis=0),
            middle,
            (square + scored * (mean - middle) ** 2).sum(axis=0),
        )

    def rows(self, mean_weight: float = 1.0) -> Rows:
        """The rows, in which ``mean_weight`` of a weight counts for one respondent."""
        specific = np.array([one.specific(1, one.items)[0, 0] for one in self.specific])
        error = specific * self.shares / np.maximum(self.scored, 1)
        missing = MISSING * self.square / np.maximum(self.scored, 1)
        errors = np.zeros_like(self.scatter)
        diagonal = np.arange(self.middle.shape[1])
        errors[:, diagonal, diagonal] = np.where(self.there, error, missing)
        _, organisation = np.unique(self.organisation, return_inverse=True)
        return Rows(
            self.middle,
            errors,
            organisation.ravel().astype(np.int64),
            self.copies / mean_weight,
            self.there,
            self.scatter / mean_weight,
        )


@dataclass(frozen=True, eq=False)
class WithinSums:
    """What rows add to the covariances of items within organisations.

    Attributes
    ----------
    product : (p, p)
        Sums of products of distances from the organisation's mean.
    both : (p, p)
        How many rows have both items.
    organisations : (p,)
        How many organisations have an answer to each.
    """

    product: Array
    both: Array
    organisations: Index

    @classmethod
    def of(cls, items: Array, organisation: Index) -> Self:
        """Those of answers (n, p), NaN where missing, of organisations (n,) numbered from 0."""
        there = (~np.isnan(items)).astype(float)
        filled = np.where(there > 0, items, 0.0)
        groups = int(organisation.max(initial=-1)) + 1
        count, total = np.zeros((2, groups, items.shape[1]))
        np.add.at(count, organisation, there)
        np.add.at(total, organisation, filled)
        gap = there * (filled - (total / np.maximum(count, 1))[organisation])
        return cls(gap.T @ gap, there.T @ there, (count > 0).sum(axis=0))

    @classmethod
    def joined(cls, parts: Sequence["WithinSums"]) -> "WithinSums":
        """Those of parts that have no organisation in common."""
        names = ("product", "both", "organisations")
        return cls(*(sum(getattr(part, name) for part in parts) for name in names))

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.both)

    def specific(self, times: int, size: int, sampling: Array | None = None) -> Array:
        """The covariance over waves (T, T) of what is specific to an item of a construct.

        See :func:`specific_covariance`; ``sampling`` (p, p) is the mean covariance of the items'
        sampling errors, to be taken off.
        """
        if size < 2:
            return np.zeros((times, times))
        covariance = self.product / np.maximum(self.both - self.organisations, 1.0)
        if sampling is not None:
            covariance = covariance - sampling
        blocks = covariance.reshape(times, size, times, size)
        same = np.einsum("sjtj->st", blocks)
        other = blocks.sum(axis=(1, 3)) - same
        found = same / size - other / (size * (size - 1))
        root, axes = np.linalg.eigh((found + found.T) / 2)
        return (axes * np.maximum(root, 0.0)) @ axes.T


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
    sums = WithinSums.of(values, organisation)
    if sampling is not None:
        sampling = sampling[np.ix_(columns, columns)] / np.maximum(sums.both, 1.0)
    return sums.specific(times, size, sampling)
