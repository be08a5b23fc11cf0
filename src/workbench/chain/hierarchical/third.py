r"""Third derivatives of the restricted likelihood by Σ, along pairs of equal directions.

With the letters of :mod:`workbench.chain.hierarchical.likelihood`,

.. math:: \partial^3 \ell(D, D, X) = -\mathrm{tr}(P D P D P X) + 2 a' X P D P D a
    + (P D a)' X P D a,

and here the sum over directions D_c is wanted, for a symmetric X the same in every row: a matrix T
with :math:`\sum_c \partial^3 \ell(D_c, D_c, X) = \mathrm{tr}(T X)`. The projected precision P is
:math:`W - W 1 A^{-1} 1' W`, so with :math:`B = A^{-1}`, :math:`K(M) = \sum_c D_c M D_c`,
:math:`q_c = \sum_u W_u D_c W_u`, :math:`b_c = B \sum_u W_u D_c a_u`,
:math:`U(a) = \sum_c D_c a b_c'` and :math:`Y(M) = \sum_c D_c M b_c`, T is the sum over rows u of

.. math::
    & W K(x) W - W \Big[\sum_c (B q_c B\, W D_c + D_c W B q_c B) + Z + U(a) + U(a)'
      - \sum_c b_c b_c'\Big] W \\
    & + (W B W + a a') K(W) W + W K(W) (W B W + a a') - a (Y(W) + B s)' W - W (Y(W) + B s) a'

with :math:`x = W B W - W + a a'`, :math:`Z = B (\sum_u W K(W) W - \sum_c q_c B q_c) B` and
:math:`s = \sum_u W [K(W) a - Y(W)]`. No row is gone through once for every direction: K is one
matrix an organisation on the elements of M.
"""

import numpy as np
from numpy.typing import NDArray

from workbench.chain.hierarchical.likelihood import (
    Parts,
    elements,
    matrix,
    symmetric,
)

Array = NDArray[np.float64]


def third_derivative(parts: Parts, along: Array) -> Array:
    """Return T (J, k, k) for directions D_c of every organisation's Σ (J, C, k, k)."""
    rows, copies = parts.rows, parts.copies[:, None, None]
    starts, place = rows.starts, rows.organisation
    k = parts.total.shape[1]
    precision, weighted, total = parts.precision, parts.weighted, parts.total

    def summed(values: Array) -> Array:
        return np.asarray(np.add.reduceat(values, starts))

    direction = elements(along)
    onward = matrix(direction @ parts.plain, k)  # q_c
    between = total[:, None] @ onward @ total[:, None]  # B q_c B
    twice = _form_of(direction, direction, k)
    crosswise = _form_of(elements(between), direction, k)
    crosswise += np.swapaxes(crosswise, 1, 2)
    of_weight, of_excess = (
        matrix(rows.mapped(twice, elements(one)), k) for one in (precision, parts.excess)
    )
    turned = of_weight @ precision  # K(W) W
    projected = np.einsum("jixy,jcxy->jci", parts.crossed, along)
    shift = np.asarray(projected @ total)  # b_c
    third = np.einsum("jcxy,jcz->jxyz", along, shift)
    by_intercept = rows.mapped(  # Y(W)
        third.reshape(-1, k, k * k), precision.reshape(-1, k * k)
    )
    by_residual = rows.mapped(  # U(a)
        np.swapaxes(third, 2, 3).reshape(-1, k * k, k), weighted
    ).reshape(-1, k, k)
    twofold = summed(copies * (precision @ turned)) - (onward @ total[:, None] @ onward).sum(axis=1)
    common = total @ twofold @ total - np.swapaxes(shift, 1, 2) @ shift
    inner = matrix(rows.mapped(crosswise, elements(precision)), k) + common[place]
    inner += by_residual + np.swapaxes(by_residual, 1, 2)
    middle = precision @ (of_excess - copies * inner) @ precision
    back = (np.swapaxes(turned, 1, 2) @ weighted[:, :, None])[:, :, 0]
    back -= (precision @ by_intercept[:, :, None])[:, :, 0]
    intercept = (total @ summed(parts.copies[:, None] * back)[:, :, None])[:, :, 0]  # B s
    tail = (precision @ (by_intercept + intercept[place])[:, :, None])[:, :, 0]
    half = parts.explained @ turned
    half -= (parts.copies[:, None] * weighted)[:, :, None] * tail[:, None, :]
    return summed(middle + half + np.swapaxes(half, 1, 2))


def _form_of(first: Array, second: Array, k: int) -> Array:
    """Σ_c tr(F_c D S_c D') as a form in elements of D and D' (J, m, m), of those of F, S."""
    return symmetric(np.swapaxes(first, 1, 2) @ second, k)
