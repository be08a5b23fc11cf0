"""Bootstrap intervals from replicates: percentile, bias-corrected, BCa.

With t the estimate, t* its R replicates, z₀ = Φ⁻¹(share of t* below t) and a the acceleration, the
limits are quantiles of t* at

- percentile: α;
- bias-corrected: Φ(2 z₀ + z_α);
- BCa: Φ(z₀ + (z₀ + z_α) / (1 − a (z₀ + z_α))), a = Σ L³ / (6 (Σ L²)^{3/2}) with L the influence
  of each row (or cluster) on the estimate.

Quantiles are interpolated on the normal scale between the order statistics with rank (R + 1)α on
either side, as R's package boot and lavaan do. Replicates that are NaN (did not converge) are left
out, column by column; whoever reports the interval reports how many.

References
----------
1. Efron, B. (1987). Better bootstrap confidence intervals. Journal of the American Statistical
   Association, 82, 171–185.
2. Davison, A. C., & Hinkley, D. V. (1997). Bootstrap methods and their application, ch. 5 (5.8 for
   the interpolation). Cambridge University Press.
3. MacKinnon, D. P., Lockwood, C. M., & Williams, J. (2004). Confidence limits for the indirect
   effect. Multivariate Behavioral Research, 39, 99–128.

Checked against ``boot::boot.ci(type = c("perc", "bca"))``. The bias-corrected interval is the BCa
interval without acceleration, which lavaan calls ``bca.simple``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from workbench.errors import ModelError

Array = NDArray[np.float64]


def percentile_interval(replicates: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Lower and upper limits (d,) from replicates (R, d)."""
    tail = (1.0 - level) / 2.0
    columns = np.asarray(replicates, float).shape[-1]
    return (
        _quantiles(replicates, np.full(columns, tail)),
        _quantiles(replicates, np.full(columns, 1.0 - tail)),
    )


def bias_corrected_interval(
    estimate: Array, replicates: Array, level: float = 0.95
) -> tuple[Array, Array]:
    """Limits (d,) for estimates (d,) from replicates (R, d): BCa without acceleration."""
    return _corrected(estimate, replicates, np.zeros(np.shape(estimate)), level)


def bca_interval(
    estimate: Array, replicates: Array, acceleration: Array, level: float = 0.95
) -> tuple[Array, Array]:
    """Limits (d,) for estimates (d,), replicates (R, d) and their acceleration (d,)."""
    return _corrected(estimate, replicates, np.asarray(acceleration, float), level)


def acceleration_from_influence(influence: Array) -> Array:
    """Acceleration (d,) from influence values (n, d) of rows or clusters; 0 where all are 0.

    For parameters the influence of a row is I⁻¹ s, its score s times the inverse information; for a
    function of them it is that times the gradient.
    """
    influence = np.asarray(influence, float)
    cubes, squares = (influence**3).sum(axis=0), (influence**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(squares > 0, cubes / (6.0 * squares**1.5), 0.0)


def acceleration_from_jackknife(values: Array) -> Array:
    """Acceleration (d,) from estimates (n, d) that each leave one row (or cluster) out."""
    values = np.asarray(values, float)
    return acceleration_from_influence(values.mean(axis=0) - values)


def _corrected(
    estimate: Array, replicates: Array, acceleration: Array, level: float
) -> tuple[Array, Array]:
    estimate, replicates = np.asarray(estimate, float), np.asarray(replicates, float)
    finite = np.isfinite(replicates)
    below = (finite & (replicates < estimate)).sum(axis=0)
    count = np.maximum(finite.sum(axis=0), 1)
    # All replicates on one side would put z₀ at infinity: half a replicate is kept on the other.
    share = np.clip(below / count, 0.5 / count, 1.0 - 0.5 / count)
    bias = special.ndtri(share)
    limits = []
    for probability in ((1.0 - level) / 2.0, 1.0 - (1.0 - level) / 2.0):
        shifted = bias + special.ndtri(probability)
        adjusted = special.ndtr(bias + shifted / (1.0 - acceleration * shifted))
        limits.append(_quantiles(replicates, adjusted))
    return limits[0], limits[1]


def _quantiles(replicates: Array, probabilities: Array) -> Array:
    """One quantile of each column of replicates (R, d), at probabilities (d,)."""
    replicates = np.asarray(replicates, float)
    if replicates.ndim != 2:
        raise ModelError(
            f"Replicates are a table of rows (replicates) by columns (values); this has "
            f"{replicates.ndim} dimensions."
        )
    found = np.full(replicates.shape[1], np.nan)
    for column, probability in enumerate(probabilities):
        values = np.sort(replicates[np.isfinite(replicates[:, column]), column])
        if len(values) > 1 and np.isfinite(probability):
            found[column] = _interpolated(values, float(probability))
    return found


def _interpolated(values: Array, probability: float) -> float:
    count = len(values)
    rank = (count + 1) * probability
    below = int(np.floor(rank + 1e-9))
    if below < 1:
        return float(values[0])
    if below >= count:
        return float(values[-1])
    lower, upper = special.ndtri(np.array([below, below + 1]) / (count + 1))
    share = (special.ndtri(probability) - lower) / (upper - lower)
    return float(values[below - 1] + share * (values[below] - values[below - 1]))
