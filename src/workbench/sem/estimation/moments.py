"""What the data say: rows by group, and the moments a model is fitted to.

Moments are maximum likelihood moments: divisor n, not n - 1 (lavaan's ``likelihood = "normal"``),
and with weights sum(w x) / sum(w). Sampling weights are normalised to sum to the number of rows
over all groups, as lavaan does, so that n keeps its meaning.

Missing answers are summarised by pattern: the rows that have the same items answered share one
inverse in the casewise likelihood, whose cost therefore depends on the number of patterns and not
on the number of rows. Rows whose values come with a known error covariance of their own, such as
the means of units, are patterns of one.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import ModelError
from workbench.sem.model.layout import vech_index

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Sample moments of G groups, for any batch of samples.

    Attributes
    ----------
    n : (..., G)
        Rows, or the sum of normalised weights.
    cov : (..., G, p, p)
        Covariance with divisor n.
    mean : (..., G, p)
    """

    n: Floats
    cov: Floats
    mean: Floats

    @cached_property
    def total(self) -> Floats:
        """N, the rows of all groups (...)."""
        return self.n.sum(-1)

    @cached_property
    def share(self) -> Floats:
        """n_g / N, (..., G); zero without any rows."""
        return self.n / np.maximum(self.n.sum(-1, keepdims=True), 1e-300)

    def take(self, members: Integers | int) -> "Moments":
        """The members of a batch (one leading axis) at these positions."""
        return Moments(self.n[members], self.cov[members], self.mean[members])

    @property
    def batched(self) -> "Moments":
        """With exactly one batch axis in front."""
        groups, p = self.mean.shape[-2:]
        return Moments(
            self.n.reshape(-1, groups),
            self.cov.reshape(-1, groups, p, p),
            self.mean.reshape(-1, groups, p),
        )


@dataclass(frozen=True, eq=False)
class Patterns:
    """Sufficient statistics of one group by missing pattern, K patterns in all.

    Attributes
    ----------
    seen : (K, p) bool
        Which items were answered; patterns without any answer are left out.
    n : (..., K)
        Rows (sum of weights) with the pattern.
    mean : (..., K, p)
        Means of the answered items, zero elsewhere.
    cov : (..., K, p, p)
        Covariances with divisor n around those means, zero elsewhere.
    member : (rows,)
        Pattern of each row, -1 where nothing was answered.
    error : (..., K, p, p), or None
        Known error covariance of the pattern's values, which Sigma comes on top of; each row is
        then a pattern of its own.
    """

    seen: NDArray[np.bool_]
    n: Floats
    mean: Floats
    cov: Floats
    member: Integers
    error: Floats | None = None

    @cached_property
    def several(self) -> Integers:
        """The patterns that more than one row has."""
        return np.flatnonzero(np.bincount(self.member[self.member >= 0]) > 1)

    @cached_property
    def unanswered(self) -> tuple[tuple[Integers, Integers], ...]:
        """Which items are unanswered: patterns with equally many (k,), and their items (k, m)."""
        count = (~self.seen).sum(1)
        alike = [np.flatnonzero(count == m) for m in np.unique(count)]
        return tuple((at, np.nonzero(~self.seen[at])[1].reshape(len(at), -1)) for at in alike)

    @cached_property
    def scattered(self) -> tuple[tuple[Integers, Floats], ...]:
        """Which patterns of each part of ``unanswered`` several rows have (j,), and their
        covariances (..., j, p, p), which take longer to gather than to multiply."""
        several = np.isin(np.arange(len(self.seen)), self.several)
        parts = [(at, np.flatnonzero(several[at])) for at, _ in self.unanswered]
        return tuple((own, self.cov[..., at[own], :, :]) for at, own in parts)

    def take(self, members: Integers) -> "Patterns":
        """The members of a batch (one leading axis) at these positions."""
        return replace(
            self,
            n=self.n[members],
            mean=self.mean[members],
            cov=self.cov[members],
            error=None if self.error is None else self.error[members],
        )

    @cached_property
    def batched(self) -> "Patterns":
        """With exactly one batch axis in front."""
        count, p = self.seen.shape
        return replace(
            self,
            n=self.n.reshape(-1, count),
            mean=self.mean.reshape(-1, count, p),
            cov=self.cov.reshape(-1, count, p, p),
            error=None if self.error is None else self.error.reshape(-1, count, p, p),
        )


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of every group, columns in the layout's order of observed variables.

    Attributes
    ----------
    rows : tuple of (n_g, p)
        NaN where an answer is missing.
    weights : tuple of (n_g,), or None
        Normalised sampling weights.
    clusters : tuple of (n_g,), or None
        Cluster numbers 0, 1, ... that run over all groups.
    errors : tuple of (n_g, p, p), or None
        Known error covariance of every row's values.
    crossed : tuple of (n_g,), or None
        Numbers of other clusters that rows lie in too, such as people with rows in several units.
    """

    rows: tuple[Floats, ...]
    weights: tuple[Floats, ...] | None = None
    clusters: tuple[Integers, ...] | None = None
    errors: tuple[Floats, ...] | None = None
    crossed: tuple[Integers, ...] | None = None

    @classmethod
    def from_arrays(
        cls,
        rows: Sequence[Floats],
        weights: Sequence[Floats] | None = None,
        clusters: Sequence[NDArray[Any]] | None = None,
        errors: Sequence[Floats] | None = None,
    ) -> "Sample":
        """Normalise the weights and number the clusters.

        Raises
        ------
        ModelError
            Infinite values, weights that are negative or missing, lengths that do not match.
        """
        kept = tuple(np.ascontiguousarray(block, dtype=np.float64) for block in rows)
        if any(np.isinf(block).any() for block in kept):
            raise ModelError("The data hold infinite values; set them to missing or correct them.")
        normalised = None
        if weights is not None:
            given = [np.asarray(w, dtype=np.float64) for w in weights]
            _same_lengths(kept, given, "weights")
            if not all(np.isfinite(w).all() and (w >= 0).all() for w in given):
                raise ModelError("A sampling weight is missing or negative.")
            factor = sum(map(len, given)) / sum(w.sum() for w in given)
            normalised = tuple(w * factor for w in given)
        numbered = None
        if clusters is not None:
            names = [np.asarray(c) for c in clusters]
            _same_lengths(kept, names, "clusters")
            _, numbers = np.unique(np.concatenate(names), return_inverse=True)
            ends = np.cumsum([len(c) for c in names])[:-1]
            numbered = tuple(np.split(numbers.astype(np.int64), ends))
        known = None
        if errors is not None:
            known = tuple(np.ascontiguousarray(block, dtype=np.float64) for block in errors)
            _same_lengths(kept, known, "error matrices")
        return cls(kept, normalised, numbered, known)

    @cached_property
    def complete(self) -> bool:
        """The moments say all: no answer is missing and no row has an error of its own."""
        return self.errors is None and not any(np.isnan(block).any() for block in self.rows)

    @cached_property
    def n(self) -> Floats:
        """Rows per group, (G,)."""
        if self.weights is not None:
            return np.array([w.sum() for w in self.weights])
        return np.array([len(block) for block in self.rows], dtype=np.float64)

    def weight(self, group: int) -> Floats:
        """Weights of a group's rows, ones without sampling weights."""
        return np.ones(len(self.rows[group])) if self.weights is None else self.weights[group]

    def error(self, group: int) -> Floats | None:
        """Known error covariances of a group's rows, if there are any."""
        return None if self.errors is None else self.errors[group]

    @cached_property
    def moments(self) -> Moments:
        """Moments of complete rows."""
        if not self.complete:
            raise ModelError("Answers are missing; drop those rows or fit with missing='fiml'.")
        if self.weights is None:
            return plain_moments(self.rows)
        return weighted_moments(self.rows, [weight[None] for weight in self.weights]).take(0)

    @cached_property
    def patterns(self) -> tuple[Patterns, ...]:
        """Missing patterns of every group."""
        return tuple(
            patterns_of(block, self.weight(g)[None], self.error(g), squeeze=True)
            for g, block in enumerate(self.rows)
        )

    @cached_property
    def apart(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Per group the pairs of items (i < j) that no row answered both of.

        Nothing in the data depends on their covariance, so that it has no unique estimate without
        a model.
        """
        found = []
        for g, block in enumerate(self.rows):
            # A row that weighs nothing says nothing.
            answered = (~np.isnan(block[self.weight(g) > 0])).astype(np.float64)
            none = np.triu(answered.T @ answered == 0)
            found.append(tuple(zip(*(at.tolist() for at in np.nonzero(none)), strict=True)))
        return tuple(found)

    def determined(self, group: int) -> NDArray[np.bool_]:
        """Which of (mu, vech Sigma) the data of a group say something about, (p + p*,)."""
        p = self.rows[group].shape[1]
        lower, upper = vech_index(p)
        known = np.ones((p, p), dtype=np.bool_)
        for i, j in self.apart[group]:
            known[i, j] = known[j, i] = False
        return np.concatenate([np.ones(p, dtype=np.bool_), known[lower, upper]])

    @cached_property
    def made(self) -> dict[Hashable, Any]:
        """What other modules have made of this sample, so that they make it once."""
        return {}


def _same_lengths(rows: Sequence[Floats], other: Sequence[NDArray[Any]], what: str) -> None:
    for block, values in zip(rows, other, strict=True):
        if len(block) != len(values):
            raise ModelError(f"{len(values)} {what} were given for {len(block)} rows.")


def plain_moments(rows: Sequence[Floats]) -> Moments:
    """Moments of complete rows, (n_g, p) for each group, that all count alike."""
    counts, covs, means = [], [], []
    for block in rows:
        n = len(block)
        mean = np.ones(n) @ block / n
        around = block - mean
        counts.append(float(n))
        covs.append(around.T @ around / n)
        means.append(mean)
    return Moments(np.array(counts), np.stack(covs), np.stack(means))


def weighted_moments(rows: Sequence[Floats], weights: Sequence[Floats]) -> Moments:
    """Moments of the same rows under B sets of weights, e.g. bootstrap counts.

    One matrix product per group: sum_i w_bi x_i x_i' is w (B, n) times the products of each
    row's pairs of items (n, p(p + 1)/2), taken around the plain mean to keep the digits.

    Parameters
    ----------
    rows : per group (n_g, p), complete
    weights : per group (B, n_g)
    """
    counts, covs, means = [], [], []
    for block, w in zip(rows, weights, strict=True):
        p = block.shape[1]
        centre = block.mean(0)
        around = block - centre
        n = w.sum(-1)
        if len(w) == 1:
            shift = (w[0] @ around)[None] / n[:, None]
            product = ((around * w[0][:, None]).T @ around)[None] / n[:, None, None]
        else:
            first, second = np.triu_indices(p)
            shift = (w @ around) / n[:, None]
            pairs = w @ (around[:, first] * around[:, second]) / n[:, None]
            product = np.empty((len(w), p, p))
            product[:, first, second] = pairs
            product[:, second, first] = pairs
        counts.append(n)
        covs.append(product - shift[:, :, None] * shift[:, None, :])
        means.append(centre + shift)
    return Moments(np.stack(counts, -1), np.stack(covs, -3), np.stack(means, -2))


def patterns_of(
    block: Floats, weights: Floats, error: Floats | None = None, squeeze: bool = False
) -> Patterns:
    """Sufficient statistics by missing pattern under B sets of weights.

    Parameters
    ----------
    block : (n, p)
    weights : (B, n)
    error : (n, p, p), known error covariances, which make each row a pattern of its own
    squeeze : drop the batch axis
    """
    if error is not None:
        return _row_by_row(block, weights[0] if squeeze else weights, error)
    p = block.shape[1]
    answered = ~np.isnan(block)
    # Rows of bits packed to bytes compare as one key, which sorts much faster than columns.
    packed = np.packbits(answered, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _, first_row, member = np.unique(keys, return_index=True, return_inverse=True)
    seen, member = answered[first_row], member.reshape(-1).astype(np.int64)
    if not seen[0].any():
        seen, member = seen[1:], member - 1
    centre = np.where(answered, block, 0.0).sum(0) / np.maximum(answered.sum(0), 1)
    around = np.where(answered, block - centre, 0.0)
    first, second = np.triu_indices(p)
    kept = member >= 0
    order = np.argsort(member[kept], kind="stable")
    starts = np.searchsorted(member[kept][order], np.arange(len(seen)))
    w = weights[:, kept][:, order]
    n = np.add.reduceat(w, starts, axis=1)
    safe = np.where(n > 0, n, 1.0)
    shift = np.empty((len(w), len(seen), p))
    product = np.empty((len(w), len(seen), p, p))
    ends = np.append(starts[1:], w.shape[1])
    ordered = around[kept][order]
    alone = (ends - starts == 1) & (len(w) == 1)
    rows = ordered[starts[alone]]
    weighed = rows * w[:1, starts[alone]].T
    shift[:1, alone] = weighed
    product[:1, alone] = weighed[:, :, None] * rows[:, None, :]
    for k in np.flatnonzero(~alone):
        lo, hi = starts[k], ends[k]
        own = ordered[lo:hi]
        shift[:, k] = w[:, lo:hi] @ own
        if len(w) == 1:
            product[0, k] = (own * w[0, lo:hi, None]).T @ own
            continue
        sums = w[:, lo:hi] @ (own[:, first] * own[:, second])
        product[:, k, first, second] = sums
        product[:, k, second, first] = sums
    shift /= safe[..., None]
    product /= safe[..., None, None]
    cov = product - shift[..., :, None] * shift[..., None, :]
    mean = np.where(seen, shift + centre, 0.0)
    if squeeze:
        n, mean, cov = n[0], mean[0], cov[0]
    return Patterns(seen=seen, n=n, mean=mean, cov=cov, member=member)


def _row_by_row(block: Floats, weights: Floats, error: Floats) -> Patterns:
    """Every row with an answer as its own pattern, under weights (n,) or (B, n)."""
    answered = ~np.isnan(block)
    kept = answered.any(1)
    seen, n = answered[kept], weights[..., kept]
    p = block.shape[1]
    return Patterns(
        seen=seen,
        n=n,
        mean=np.broadcast_to(np.where(seen, block[kept], 0.0), (*n.shape, p)),
        cov=np.zeros((*n.shape, p, p)),
        member=np.where(kept, np.cumsum(kept) - 1, -1),
        error=np.broadcast_to(error[kept], (*n.shape, p, p)),
    )
