"""How much of an outcome's variance each predictor accounts for, on covariance matrices.

Every function takes covariance matrices of shape (..., 1 + k, 1 + k), the outcome first, with any
leading axes (bootstrap replicates), and returns shares of the outcome's variance (..., k) that sum
to R². A predictor without variance, or one that the others determine wholly, adds nothing.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TOLERANCE = 1e-10
"""A predictor whose variance given the others is below this share of its own adds nothing."""


def correlations(cov: Floats) -> Floats:
    """Correlation matrices; 0 with what has no variance, and 1 on the diagonal."""
    spread = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    safe = np.where(spread > 0, spread, 1.0)
    found = cov / (safe[..., :, None] * safe[..., None, :])
    diagonal = np.arange(cov.shape[-1])
    found[..., diagonal, diagonal] = 1.0
    return found


def relative_weights(cov: Floats) -> Floats:
    r"""Johnson's relative weights, (..., k).

    With R the predictors' correlations and r theirs with the outcome, Λ = R^½ (symmetric) are the
    correlations of the predictors with the orthogonal variables nearest to them, β = Λ⁻¹ r, and

        weight_j = Σ_m Λ²_jm β²_m,      Σ_j weight_j = R².

    Any number of predictors. Checked against the formula in R, ``tests/reference/drivers``.

    References
    ----------
    Johnson, J. W. (2000). A heuristic method for estimating the relative weight of predictor
    variables in multiple regression. Multivariate Behavioral Research, 35, 1–19.
    """
    corr = correlations(cov)
    size, axes = np.linalg.eigh(corr[..., 1:, 1:])
    root = np.sqrt(np.where(size > TOLERANCE, size, 0.0))
    inverse = np.where(root > 0, 1 / np.where(root > 0, root, 1.0), 0.0)
    turned = np.swapaxes(axes, -1, -2)
    loading = (axes * root[..., None, :]) @ turned
    beta = (axes * inverse[..., None, :]) @ turned @ corr[..., 1:, :1]
    return ((loading**2) @ (beta**2))[..., 0]


def subset_r_squared(cov: Floats) -> Floats:
    """R² of the outcome on every subset of k predictors, (2^k, ...).

    Bit j of a subset's number says that predictor j is in. All subsets at once, predictor by
    predictor: a predictor is either dropped from the matrix or swept out of it (Beaton 1964), which
    leaves the covariances given it. The cost is a few times 2^k for each matrix.
    """
    corr = correlations(cov)
    k = corr.shape[-1] - 1
    # The outcome first, then the predictors from the last to the first: the last axis goes first.
    level = corr[None]
    for _ in range(k):
        rest, column = level[..., :-1, :-1], level[..., :-1, -1]
        pivot = level[..., -1, -1]
        usable = pivot > TOLERANCE
        scale = np.where(usable, 1 / np.where(usable, pivot, 1.0), 0.0)
        swept = rest - column[..., :, None] * column[..., None, :] * scale[..., None, None]
        level = np.stack([rest, swept], axis=1).reshape(-1, *rest.shape[1:])
    # The first bit split off is the highest: that of the last predictor.
    return 1.0 - level[..., 0, 0]


def average_over_orderings(cov: Floats) -> Floats:
    r"""What each predictor adds to R², averaged over all k! orders of entering them, (..., k).

        φ_j = Σ_{S ∌ j} |S|! (k − |S| − 1)! / k! · (R²(S ∪ j) − R²(S))

    Known as LMG (Lindeman, Merenda & Gold 1980, relaimpo's ``lmg`` in R) and, in game theory, as
    the Shapley value. The work doubles with each predictor. Checked against pingouin's
    ``linear_regression(relimp=True)`` and against all orders one by one in R.

    References
    ----------
    Lindeman, R. H., Merenda, P. F., & Gold, R. Z. (1980). Introduction to bivariate and
    multivariate analysis. Grömping, U. (2007). Estimators of relative importance in linear
    regression based on variance decomposition. The American Statistician, 61, 139–147.
    """
    r_squared = subset_r_squared(cov)
    k = cov.shape[-1] - 1
    subsets = np.arange(2**k)
    size = np.array([number.bit_count() for number in subsets.tolist()])
    factor = [math.factorial(s) * math.factorial(k - s - 1) / math.factorial(k) for s in range(k)]
    shares = []
    for j in range(k):
        without = subsets[(subsets >> j) & 1 == 0]
        weight = np.array(factor)[size[without]]
        added = r_squared[without | (1 << j)] - r_squared[without]
        shares.append(np.tensordot(weight, added, axes=1))
    return np.stack(shares, axis=-1)


def r_squared(cov: Floats) -> Floats:
    """R² of the outcome on all predictors, (...)."""
    return relative_weights(cov).sum(-1)
