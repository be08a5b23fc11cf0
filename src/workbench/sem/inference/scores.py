"""Factor scores: estimates of the latent variables row by row, also with missing answers.

With η the latent variables, κ their implied mean, and y the items a row has
answered, of implied mean μ, covariance Σ and covariance C = Cov(η, y) with the latent variables,

- regression (Thurstone; the posterior mean): η̂ = κ + C Σ⁻¹ (y − μ);
- Bartlett (unbiased given η): η̂ = κ + (Λ'Σ⁻¹Λ)⁻ Λ'Σ⁻¹ (y − μ), with Λ the loadings.

Where answers are missing, Σ, μ and Λ are those of the answered items, pattern by pattern. A row
without any answer has NaN, and so has a Bartlett score of a latent variable none of whose items was
answered (so always for a second-order one); the regression score is then a prediction from the
other latent variables.

References
----------
1. Thurstone, L. L. (1935). The vectors of mind. University of Chicago Press.
2. Bartlett, M. S. (1937). The statistical conception of mental factors. British Journal of
   Psychology, 28, 97–104.
3. Lawley, D. N., & Maxwell, A. E. (1971). Factor analysis as a statistical method, ch. 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import ModelError
from workbench.sem.inference.standardised import total_covariance
from workbench.sem.model.layout import Layout

Array = NDArray[np.float64]
Method = Literal["regression", "bartlett"]


def factor_scores(
    layout: Layout,
    theta: Array,
    rows: Sequence[Array],
    means: Array,
    method: Method = "regression",
    exo: Array | None = None,
    errors: Sequence[Array] | None = None,
) -> list[Array]:
    """Factor scores of every group's rows.

    Parameters
    ----------
    theta : (k,)
    rows : per group (n_g, p)
        Answers in the layout's order of observed variables, NaN where missing.
    means : (G, p)
        Means of the sample, weighted where it is.
    exo
        Sample moments of fixed exogenous covariates.
    errors : per group (n_g, p, p)
        Known error covariances of the rows' values, which come on top of Σ.

    Returns
    -------
    Per group (n_g, number of latent variables), in the layout's order. Without a mean structure
    ``means`` take the place of μ, and intercepts of latent variables are 0.

    Checked against ``lavPredict(fit, method = "regression" | "Bartlett")``.
    """
    if method not in ("regression", "bartlett"):
        raise ModelError(f"method={method!r} is not known; choose 'regression' or 'bartlett'.")
    a, s, m = layout.matrices(np.asarray(theta, float), exo)
    effects, total = total_covariance(a, s)
    p = len(layout.observed)
    found = []
    for g, block in enumerate(rows):
        sigma = total[g, :p, :p]
        if layout.mean_structure:
            mean = effects[g] @ m[g]
            centre = mean[:p]
        else:
            centre = means[g]
            covariates = np.unique(layout.exogenous.row[layout.exogenous.group == g])
            mean = effects[g][:, covariates] @ centre[covariates]
        level = mean[p:]
        weights = _loadings(layout, a[g], g), total[g, p:, :p]
        if errors is None:
            found.append(_by_pattern(block - centre, sigma, weights, level, method))
            continue
        rows = [
            _by_pattern(row[None] - centre, sigma + error, weights, level, method)
            for row, error in zip(block, errors[g], strict=True)
        ]
        found.append(np.concatenate(rows))
    return found


def _loadings(layout: Layout, a: Array, group: int) -> Array:
    """Effects (p, latent and others) that make Bartlett's Λ.

    The latent variables' columns hold what ``=~`` wrote, and what it causes among the items. The
    observed variables without a loading (covariates, outcomes) follow as variables measured
    without error, so that what they explain of an item is not taken for the latent variable's.
    """
    p = len(layout.observed)
    measured = np.zeros((p, len(layout.latent)))
    for g, row, column in layout.loadings:
        if g == group and row < p:
            measured[row, column - p] = a[row, column]
    others = ~(measured != 0).any(axis=1)
    among = np.where(others[:, None], 0.0, a[:p, :p])
    columns = np.hstack([measured, np.eye(p)[:, others]])
    return np.asarray(np.linalg.solve(np.eye(p) - among, columns), dtype=float)


def _by_pattern(
    around: Array,
    sigma: Array,
    weights: tuple[Array, Array],
    level: Array,
    method: Method,
) -> Array:
    loadings, covariance = weights
    count = len(level)
    answered = ~np.isnan(around)
    patterns, member = np.unique(answered, axis=0, return_inverse=True)
    member = member.reshape(-1)
    scores = np.full((len(around), count), np.nan)
    for k, seen in enumerate(patterns):
        if not seen.any():
            continue
        own = member == k
        precision = np.linalg.inv(sigma[np.ix_(seen, seen)])
        if method == "regression":
            matrix = covariance[:, seen] @ precision
        else:
            part = loadings[seen]
            pushed = part.T @ precision
            matrix = (np.linalg.pinv(pushed @ part, hermitian=True) @ pushed)[:count]
            matrix[~(part[:, :count] != 0).any(axis=0)] = np.nan
        scores[own] = level + around[own][:, seen] @ matrix.T
    return scores
