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

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Error variance, in variances of the construct, of a score that is not there.
_MISSING = 1e8


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
        errors[row, column, column] = _MISSING * np.nanvar(scores, axis=0)[column]
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
        count = len(self.scores)
        key = np.column_stack([self.organisation, self.there, self.errors.reshape(count, -1)])
        _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
        group = group.ravel()
        if len(first) == count:
            return self
        copies = np.bincount(group, self.copies).astype(np.float64)
        sums = np.zeros((len(first), self.scores.shape[1]))
        np.add.at(sums, group, self.copies[:, None] * self.scores)
        middle = sums / copies[:, None]
        gap = self.scores - middle[group]
        scatter = np.zeros((len(first), *self.scatter.shape[1:]))
        np.add.at(
            scatter,
            group,
            self.copies[:, None, None] * gap[:, :, None] * gap[:, None, :] + self.scatter,
        )
        return Rows(
            middle,
            self.errors[first],
            self.organisation[first],
            copies,
            self.there[first],
            scatter,
        )

    def counted(self, copies: Array) -> "Rows":
        """Return the same, each row counting for ``copies`` (n,) times what it did."""
        return replace(
            self, copies=self.copies * copies, scatter=self.scatter * copies[:, None, None]
        )


@dataclass(frozen=True)
class Parts:
    """What the likelihood and its derivatives are made of; letters as in the module's formulas."""

    value: Array  # ℓ (J,)
    starts: Index  # (J,)
    copies: Array  # w (n,)
    precision: Array  # W (n, k, k)
    total: Array  # A⁻¹ (J, k, k)
    reduced: Array  # W A⁻¹ W (n, k, k)
    weighted: Array  # a = W r (n, k)
    square: Array  # a a', summed over the rows that one stands for (n, k, k)

    @cached_property
    def expected_information(self) -> Array:
        """(J, m, m)."""
        return 0.5 * _folded(_trace(self))


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
    square = (copies[:, None] * weighted)[:, :, None] * weighted[:, None, :]
    if rows.scatter.any():
        spread = precision @ rows.scatter
        unit += np.einsum("uii->u", spread)
        square += spread @ precision
    value = -0.5 * (np.add.reduceat(unit, starts) + of_weight)
    reduced = precision @ total[place] @ precision
    return Parts(value, starts, copies, precision, total, reduced, weighted, square)


def score_by_row(parts: Parts) -> Array:
    """Return every row's part in dℓ/dΣ (n, m)."""
    rows, columns = lower(parts.total.shape[1])
    excess = (parts.reduced - parts.precision)[:, rows, columns] * parts.copies[:, None]
    excess += parts.square[:, rows, columns]
    return np.asarray(excess * np.where(rows == columns, 0.5, 1.0))


def score(parts: Parts) -> Array:
    """Return dℓ/dΣ (J, m)."""
    return np.asarray(np.add.reduceat(score_by_row(parts), parts.starts))


def observed_information(parts: Parts) -> Array:
    """Return the observed information (J, m, m), exact in Σ."""
    a, w = parts.weighted, parts.precision
    outer = _products(parts.square, parts)
    count, k = len(parts.total), a.shape[1]
    counted = parts.copies[:, None] * a
    cross = np.add.reduceat(np.einsum("uhk,ul->uhkl", w, counted), parts.starts)
    cross = cross.reshape(count, k, k * k)
    spread = outer - np.swapaxes(cross, 1, 2) @ parts.total @ cross
    return _folded(spread) - parts.expected_information


def inverse(matrices: Array) -> tuple[Array, Array]:
    """Return inverses (n, k, k) and log determinants (n,) of positive definite matrices.

    By sweeping all matrices at once on one pivot after the other (Goodnight 1979, The American
    Statistician 33, 149–158): many small matrices, for which LAPACK takes ten times as long.
    """
    swept = matrices.copy()
    determinant = np.zeros(len(swept))
    for k in range(swept.shape[1]):
        pivot = swept[:, k, k].copy()
        determinant += np.log(pivot)
        row = swept[:, k, :] / pivot[:, None]
        column = swept[:, :, k].copy()
        swept -= column[:, :, None] * row[:, None, :]
        swept[:, k, :] = row
        swept[:, :, k] = -column / pivot[:, None]
        swept[:, k, k] = 1 / pivot
    return swept, determinant


@lru_cache
def lower(k: int) -> tuple[Index, Index]:
    """Rows and columns of the elements on and below the diagonal of a (k, k) matrix."""
    rows, columns = np.tril_indices(k)
    return rows, columns


@lru_cache
def _duplication(k: int) -> Array:
    """D (k², m) with vec(S) = D vech(S) for symmetric S."""
    rows, columns = lower(k)
    found = np.zeros((k, k, len(rows)))
    found[rows, columns, np.arange(len(rows))] = 1.0
    found[columns, rows, np.arange(len(rows))] = 1.0
    return found.reshape(k * k, len(rows))


def _folded(form: Array) -> Array:
    """Return a form in vec(Σ) (J, k², k²) as one in vech(Σ), symmetric (J, m, m)."""
    d = _duplication(int(np.sqrt(form.shape[1])))
    half = d.T @ form @ d
    return np.asarray((half + np.swapaxes(half, 1, 2)) / 2)


def _products(first: Array, parts: Parts) -> Array:
    """Σ_u F_ik W_jl by organisation (J, k², k²) of symmetric F: the form Σ_u tr(F D W D')."""
    k = first.shape[1]
    rows, columns = lower(k)
    both = first[:, rows, columns][:, :, None] * parts.precision[:, rows, columns][:, None, :]
    sums = np.add.reduceat(both, parts.starts)
    return np.asarray(sums[:, *_places(k)].reshape(len(sums), k * k, k * k))


@lru_cache
def _places(k: int) -> tuple[Index, Index]:
    """Where F_im and W_jn stand among the elements on and below the diagonals (k, k, k, k)."""
    rows, columns = lower(k)
    place = np.zeros((k, k), dtype=np.int64)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    first = np.broadcast_to(place[:, None, :, None], (k, k, k, k))
    return first, np.swapaxes(np.swapaxes(first, 0, 1), 2, 3)


def _trace(parts: Parts) -> Array:
    """tr(P D P D') as a form in vec(D), vec(D') (J, k², k²)."""
    copies = parts.copies[:, None, None]
    plain = _products(copies * parts.precision, parts)
    reduced = _products(copies * parts.reduced, parts)
    count, k = len(plain), parts.total.shape[1]
    twice = np.einsum("jab,jcd->jacbd", parts.total, parts.total).reshape(count, k * k, k * k)
    return plain - 2 * reduced + plain @ twice @ plain
