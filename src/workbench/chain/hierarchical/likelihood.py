r"""The restricted likelihood of every organisation's covariance matrix, with exact derivatives.

The scores of unit u in organisation j are :math:`y_u = \alpha_j + \eta_u + e_u` with
:math:`\eta_u \sim N(0, \Sigma_j)` and :math:`e_u \sim N(0, E_u)`, :math:`E_u` known. With
:math:`W_u = (\Sigma_j + E_u)^{-1}` and :math:`A_j = \sum_u W_u` the intercepts are
:math:`\hat\alpha_j = A_j^{-1} \sum_u W_u y_u`, and integrated out they leave

.. math:: \ell_j = -\tfrac12 \Big[\sum_u (r_u' W_u r_u - \log|W_u|) + \log|A_j|\Big],
          \quad r_u = y_u - \hat\alpha_j

with a row that counts :math:`w_u` times having :math:`w_u` terms in every sum over units
(Patterson & Thompson 1971, Biometrika 58, 545–554; Harville 1977, JASA 72, 320–338). Derivatives
are by the m = k(k + 1)/2 elements of :math:`\Sigma_j` on and below its diagonal. With
:math:`P` the projected precision of all units, blocks :math:`\delta_{uv} W_u - W_u A^{-1} W_v`,
and :math:`a_u = W_u r_u`:

* score :math:`-\tfrac12 \mathrm{tr}(P D) + \tfrac12 y'P D P y`,
* expected information :math:`\tfrac12 \mathrm{tr}(P D P D')`,
* observed information :math:`-\tfrac12 \mathrm{tr}(P D P D') + y' P D P D' P y`.
"""

from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Error variance, in variances of the construct, of a score that is not there.
MISSING = 1e8
# Rows multiplied at once.
_BLOCK = 32
# Matrices inverted at once.
_SWEPT_TOGETHER = 512
# Up to here LAPACK inverts matrix by matrix.
_FEW = 32


@dataclass(frozen=True)
class Rows:
    """The units, in the order of their organisations.

    Attributes
    ----------
    scores
        (n, k), one score per construct.
    errors
        (n, k, k), the known covariance of their errors.
    organisation
        (n,), numbered from 0 without a gap, ascending.
    copies
        How many independent rows each one counts for (n,); 1 for units.
    there
        Which scores there are (n, k); the others are 0 with an error that leaves them no weight.
    scatter
        Where a row stands for several, their sum of squares and products around it (n, k, k).
    """

    scores: Array
    errors: Array
    organisation: Index
    copies: Array
    there: NDArray[np.bool_]
    scatter: Array

    @classmethod
    def of(cls, scores: Array, errors: Array, organisation: Index) -> "Rows":
        """Sort rows by organisation; a missing score becomes one of no weight."""
        order = np.argsort(organisation, kind="stable")
        missing = np.isnan(scores[order])
        errors = np.where(missing[:, :, None] | missing[:, None, :], 0.0, errors[order])
        row, column = np.nonzero(missing)
        errors[row, column, column] = MISSING * np.nanvar(scores, axis=0)[column]
        filled = np.where(missing, 0.0, scores[order])
        return cls(
            filled,
            errors,
            organisation[order],
            np.ones(len(order)),
            ~missing,
            np.zeros_like(errors),
        )

    @cached_property
    def starts(self) -> Index:
        """Where each organisation begins (J,)."""
        return np.flatnonzero(np.diff(self.organisation, prepend=-1))

    @cached_property
    def _blocks(self) -> tuple[Index, Index]:
        """The rows of organisations in blocks: see :func:`in_blocks`."""
        return in_blocks(self.starts, len(self.scores))

    def summed(self, first: Array, second: Array) -> Array:
        """Return the sums of products by organisation: see :func:`summed_products`."""
        return summed_products(first, second, self._blocks)

    def mapped(self, maps: Array, values: Array) -> Array:
        """Return M_j v_u (n, p) of one matrix an organisation (J, p, q) and rows' (n, q)."""
        rows, begin = self._blocks
        given = np.concatenate([values, np.zeros((1, values.shape[1]))])[rows]
        of_block = np.repeat(np.arange(len(begin)), np.diff(begin, append=len(rows)))
        found = given @ np.swapaxes(maps, 1, 2)[of_block]
        return np.asarray(found[rows < len(self.scores)])

    def scaled(self, unit: Array) -> "Rows":
        """Return the same with every construct (k,) measured in ``unit``."""
        square = np.outer(unit, unit)
        return replace(
            self,
            scores=self.scores / unit,
            errors=self.errors / square,
            scatter=self.scatter / square,
        )

    def compressed(self) -> "Rows":
        """Return one row for all of an organisation with the same error: nothing is lost.

        Respondents differ in their errors by the questions they left out, so thousands become a
        few.
        """
        key = np.column_stack([self.there, self.errors.reshape(len(self.scores), -1)])
        order, starts = _alike(self.organisation, key)
        if len(starts) == len(order):
            return self
        first = order[starts]
        group = np.empty_like(order)
        group[order] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
        copies, middle, scatter = gathered(self.scores, self.copies, group, len(starts))
        scatter += np.add.reduceat(self.scatter[order], starts)
        return Rows(
            middle, self.errors[first], self.organisation[first], copies, self.there[first], scatter
        )

    def of_organisations(self, some: slice) -> "Rows":
        """Return the rows of some organisations, from one to before another."""
        some_rows = slice(*np.searchsorted(self.organisation, [some.start, some.stop]))
        kept = {field.name: getattr(self, field.name)[some_rows] for field in fields(self)}
        return Rows(**kept | {"organisation": kept["organisation"] - some.start})

    def counted(self, copies: Array) -> "Rows":
        """Return the same, each row counting for ``copies`` (n,) times what it did."""
        return replace(
            self, copies=self.copies * copies, scatter=self.scatter * copies[:, None, None]
        )


def in_blocks(starts: Index, rows: int, most: int = _BLOCK) -> tuple[Index, Index]:
    """The rows of every group in blocks of one size (B, s), at ``most``; ``rows`` where a block has
    fewer, and where the blocks of each group begin (J,). Groups begin at the rows ``starts`` (J,).
    """
    counts = np.diff(starts, append=rows)
    size = int(min(counts.max(), most))
    blocks = -(-counts // size)
    first = np.concatenate([[0], np.cumsum(blocks)[:-1]])
    within = np.arange(blocks.sum()) - np.repeat(first, blocks)
    place = np.repeat(starts, blocks) + size * within
    each = place[:, None] + np.arange(size)
    beyond = each >= np.repeat(starts + counts, blocks)[:, None]
    return np.where(beyond, rows, each), first


def summed_products(first: Array, second: Array, blocks: tuple[Index, Index]) -> Array:
    """Return the sums of products Σ_u a_u b_u' by group (J, p, q) of (n, p) and (n, q).

    As products of matrices, whose factors are much smaller than all products of rows.
    """
    rows, begin = blocks
    left, right = (
        np.concatenate([one, np.zeros((1, one.shape[1]))])[rows] for one in (first, second)
    )
    found = np.swapaxes(left, 1, 2) @ right
    return found if len(found) == len(begin) else np.add.reduceat(found, begin)


@dataclass(frozen=True)
class Parts:
    """What the likelihood and its derivatives are made of; letters as in the module's formulas."""

    value: Array  # ℓ (J,)
    rows: Rows
    copies: Array  # w (n,)
    precision: Array  # W (n, k, k)
    total: Array  # A⁻¹ (J, k, k)
    weighted: Array  # a = W r (n, k)

    @cached_property
    def reduced(self) -> Array:
        """W A⁻¹ W (n, k, k)."""
        return self.precision @ self.total[self.rows.organisation] @ self.precision

    @cached_property
    def explained(self) -> Array:
        """w W A⁻¹ W + a a', the latter summed over the rows that one stands for (n, k, k)."""
        copies, weighted = self.copies[:, None], self.weighted
        within = copies[:, None] * self.total[self.rows.organisation] + self.rows.scatter
        outer = (copies * weighted)[:, :, None] * weighted[:, None, :]
        return np.asarray(self.precision @ within @ self.precision + outer)

    @cached_property
    def plain(self) -> Array:
        """Σ_u tr(W D W D') as a form in the elements of D and D' (J, m, m)."""
        return _form(self.copies[:, None, None] * self.precision, self)

    def expected(self, directions: Array) -> Array:
        """Return ½ tr(P D P D') for every two directions (J, p, p), of elements (J, p, m)."""
        count, k, _ = self.total.shape
        onward = directions @ self.plain
        turned = self.total[:, None] @ matrix(onward, k)
        flat = turned.reshape(count, -1, k * k)
        twice = flat @ np.swapaxes(np.swapaxes(turned, 2, 3).reshape(flat.shape), 1, 2)
        reduced = _form(self.copies[:, None, None] * self.reduced, self)
        once = (onward - 2 * directions @ reduced) @ np.swapaxes(directions, 1, 2)
        return np.asarray(0.5 * (once + twice))

    @cached_property
    def expected_information(self) -> Array:
        """The same as a form in the elements of D and D' (J, m, m)."""
        count, m = self.plain.shape[:2]
        return self.expected(np.broadcast_to(np.eye(m), (count, m, m)))

    @cached_property
    def observed_information(self) -> Array:
        """The observed information (J, m, m), exact in Σ."""
        k = self.total.shape[1]
        rows, columns = lower(k)
        across = self.crossed[:, :, rows, columns] + self.crossed[:, :, columns, rows]
        across *= np.where(rows == columns, 0.5, 1.0)
        square = self.explained - self.copies[:, None, None] * self.reduced  # a a', as above
        spread = _form(square, self) - np.swapaxes(across, 1, 2) @ self.total @ across
        return np.asarray(spread - self.expected_information)

    @cached_property
    def crossed(self) -> Array:
        """Σ_u W_ab a_c (J, k, k, k)."""
        k = self.total.shape[1]
        counted = self.copies[:, None] * self.weighted
        return self.rows.summed(self.precision.reshape(-1, k * k), counted).reshape(-1, k, k, k)

    @cached_property
    def excess(self) -> Array:
        """2 dℓ/dΣ by row (n, k, k): the gradient is half of its sum."""
        return np.asarray(self.explained - self.copies[:, None, None] * self.precision)


def likelihood(rows: Rows, sigma: Array) -> Parts:
    """Return every organisation's log likelihood at its Σ (J, k, k), constants left out."""
    starts, place = rows.starts, rows.organisation
    precision, determinant = inverse(sigma[place] + rows.errors)
    copies = rows.copies
    weight = np.add.reduceat(copies[:, None, None] * precision, starts)
    total, of_weight = inverse(weight)
    counted = copies[:, None] * rows.scores
    sums = np.add.reduceat((precision @ counted[:, :, None])[:, :, 0], starts)
    intercept = (total @ sums[:, :, None])[:, :, 0]
    residual = rows.scores - intercept[place]
    weighted = (precision @ residual[:, :, None])[:, :, 0]
    unit = copies * (determinant + np.einsum("ui,ui->u", weighted, residual))
    unit += (precision * rows.scatter).sum(axis=(1, 2))
    value = -0.5 * (np.add.reduceat(unit, starts) + of_weight)
    return Parts(value, rows, copies, precision, total, weighted)


def gradient(parts: Parts) -> Array:
    """Return G (J, k, k), symmetric, with dℓ = tr(G dΣ)."""
    return np.asarray(0.5 * np.add.reduceat(parts.excess, parts.rows.starts))


def score_by_row(parts: Parts) -> Array:
    """Return every row's part in dℓ/dΣ (n, m)."""
    return np.asarray(0.5 * functional(parts.excess))


def score(parts: Parts) -> Array:
    """Return dℓ/dΣ (J, m)."""
    return np.asarray(np.add.reduceat(score_by_row(parts), parts.rows.starts))


@np.errstate(invalid="ignore", divide="ignore", over="ignore")
def inverse(matrices: Array) -> tuple[Array, Array]:
    """Return inverses (n, k, k) and log determinants (n,) of positive definite matrices.

    The determinant of one that is not positive definite is NaN.

    By sweeping many matrices at once on one pivot after the other (Goodnight 1979, The American
    Statistician 33, 149–158), for LAPACK takes longer for many small ones. They lie side by side
    meanwhile, as many as stay in the processor's cache: twice as fast.
    """
    if len(matrices) <= _FEW:
        with suppress(np.linalg.LinAlgError):
            pivots = np.linalg.cholesky(matrices).diagonal(axis1=1, axis2=2)
            found = np.asarray(np.linalg.inv(matrices), dtype=np.float64)
            return found, 2 * np.log(pivots).sum(axis=1)
    size = matrices.shape[1]
    found, determinants = np.empty_like(matrices), np.empty(len(matrices))
    for begin in range(0, len(matrices), _SWEPT_TOGETHER):
        some = slice(begin, begin + _SWEPT_TOGETHER)
        swept = matrices[some].transpose(1, 2, 0).copy()
        pivots, product = np.empty_like(swept[0]), np.empty_like(swept)
        for k in range(size):
            pivots[k] = swept[k, k]
            pivot = pivots[k]
            row, column = swept[k] / pivot, swept[:, k].copy()
            swept -= np.multiply(column[:, None], row, out=product)
            swept[k] = row
            swept[:, k] = -column / pivot
            swept[k, k] = 1 / pivot
        determinants[some] = np.log(pivots).sum(axis=0)
        found[some] = swept.transpose(2, 0, 1)
    return found, determinants


def gathered(scores: Array, copies: Array, group: Index, groups: int) -> tuple[Array, Array, Array]:
    """Return weights (g,), means (g, k) and sums of products around them (g, k, k) of groups.

    Parameters
    ----------
    scores, copies
        (n, k), and how often each row counts (n,).
    group
        Each row's (n,), numbered from 0.
    """
    weight = np.bincount(group, copies, groups).astype(np.float64)
    sums = [np.bincount(group, copies * column, groups) for column in scores.T]
    middle = np.stack(sums, axis=1) / weight[:, None]
    gap = (scores - middle[group]).T
    scatter = np.empty((groups, *middle.shape[1:] * 2))
    # One pair at a time: the products of millions of rows would not fit.
    for i, j in zip(*lower(scores.shape[1]), strict=True):
        product = np.bincount(group, copies * gap[i] * gap[j], groups)
        scatter[:, i, j] = scatter[:, j, i] = product
    return weight, middle, scatter


def _alike(organisation: Index, key: Array) -> tuple[Index, Index]:
    """An order (n,) in which rows alike in their organisation and key (n, p) stand together, and
    where each such group starts in it (g,)."""
    factor = np.random.default_rng(0).integers(2**63, size=key.shape[1], dtype=np.uint64)
    bits = np.ascontiguousarray(key).view(np.uint64)
    order = np.lexsort(((bits * (2 * factor + 1)).sum(axis=1), organisation))
    same = organisation[order][1:] == organisation[order][:-1]
    same &= (key[order][1:] == key[order][:-1]).all(axis=1)
    return order, np.flatnonzero(np.concatenate([[True], ~same]))


@lru_cache
def lower(k: int) -> tuple[Index, Index]:
    """Rows and columns of the elements on and below the diagonal of a (k, k) matrix."""
    rows, columns = np.tril_indices(k)
    return rows, columns


def elements(matrices: Array) -> Array:
    """Return elements on and below the diagonal (..., m) of symmetric matrices (..., k, k)."""
    rows, columns = lower(matrices.shape[-1])
    return np.asarray(matrices[..., rows, columns])


def functional(matrices: Array) -> Array:
    """Return tr(M D) as a form in the elements of D (..., m), of symmetric M (..., k, k)."""
    return elements(matrices) / _share(matrices.shape[-1])


def matrix(form: Array, k: int) -> Array:
    """Return the symmetric M (..., k, k) of a form tr(M D) in the elements of D (..., m)."""
    return np.asarray((form * _share(k))[..., _place(k)])


@lru_cache
def _share(k: int) -> Array:
    """Each element's share (m,) in a sum that counts those off the diagonal twice."""
    rows, columns = lower(k)
    return np.where(rows == columns, 1.0, 0.5)


@lru_cache
def _place(k: int) -> Index:
    """Where each element of a symmetric matrix (k, k) stands among those of ``lower``."""
    rows, columns = lower(k)
    place = np.zeros((k, k), dtype=np.int64)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    return place


def _form(first: Array, parts: Parts) -> Array:
    """Σ_u tr(F D W D') of symmetric F as a form in the elements of D and D' (J, m, m)."""
    sums = parts.rows.summed(elements(first), elements(parts.precision))
    return symmetric(sums, first.shape[1])


def symmetric(products: Array, k: int) -> Array:
    """tr(F D W D') as a form in the elements of D and D' (J, m, m), of those of F times W."""
    count, m = len(products), products.shape[1]
    once = np.where(np.equal(*lower(k)), 0.5, 1.0)
    both = (products + np.swapaxes(products, 1, 2)).reshape(count, m * m)
    straight, crossed = _places(k)
    found = both.take(straight, axis=1)
    found += both.take(crossed, axis=1)
    return found.reshape(count, m, m) * (once[:, None] * once)


@lru_cache
def _places(k: int) -> Index:
    """Where F_ac W_bd and F_ad W_bc stand among all products of elements (2, m²), for the element
    ab of D and the element cd of D'; F_bd W_ac and F_bc W_ad stand where the transposed has them.
    """
    rows, columns = lower(k)
    m, place = len(rows), _place(k)
    a, b, c, d = rows[:, None], columns[:, None], rows, columns
    found = [place[one] * m + place[other] for one, other in (((a, c), (b, d)), ((a, d), (b, c)))]
    return np.array(found).reshape(2, m * m)
