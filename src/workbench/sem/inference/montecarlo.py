"""Monte Carlo intervals: the distribution of an effect, drawn from that of the parameters.

Parameters are drawn from N(θ̂, V), the effect is computed for every draw, and its interval is read
off the draws' quantiles. It allows for the skew of a product of coefficients, needs no raw data,
and costs no refitting.

References
----------
1. MacKinnon, D. P., Lockwood, C. M., & Williams, J. (2004). Confidence limits for the indirect
   effect. Multivariate Behavioral Research, 39, 99–128.
2. Preacher, K. J., & Selig, J. P. (2012). Advantages of Monte Carlo confidence intervals for
   indirect effects. Communication Methods and Measures, 6, 77–98.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ModelError
from workbench.sem.model.effects import defined_values

Array = NDArray[np.float64]

DRAWS = 20_000


def parameter_draws(theta: Array, vcov: Array, draws: int = DRAWS, seed: int = 1) -> Array:
    """Draws (R, k) from N(theta, vcov); one seed, one result.

    A covariance with directions of no variance (parameters held by constraints) is allowed.
    """
    spread, axes = np.linalg.eigh(np.asarray(vcov, float))
    # The sign of an eigenvector is arbitrary; fixing it makes draws the same everywhere.
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), range(len(axes))] < 0, -1.0, 1.0)
    root = axes * np.sqrt(np.clip(spread, 0.0, None))
    standard = np.random.default_rng(seed).standard_normal((draws, len(theta)))
    return np.asarray(theta, float) + standard @ root.T


def monte_carlo_intervals(
    table: pd.DataFrame,
    theta: Array,
    vcov: Array,
    draws: int = DRAWS,
    seed: int = 1,
    level: float = 0.95,
    values: Callable[[Array], Array] | None = None,
) -> pd.DataFrame:
    """Monte Carlo intervals of the ``:=`` rows of a parameter table.

    Parameters
    ----------
    theta : (k,)
    vcov : (k, k)
    values
        From draws (R, k) to values (R, d) of the ``:=`` rows; by default the definitions on the
        parameters as they are. Standardised effects come from a ``Standardiser``'s values.

    Returns
    -------
    DataFrame with ``lhs, op, rhs, est, se, ci_lower, ci_upper``: the estimate at theta, the
    standard deviation and the quantiles of the draws. Draws where a value is undefined are left
    out of both.

    Raises
    ------
    ModelError
        No ``:=`` row, fewer than two draws, or a covariance that is not known.

    Checked against the exact distribution of a product, and ``semTools::monteCarloCI()``.
    """
    compute = values or (lambda points: defined_values(table, points))
    found = table.loc[table["op"] == ":=", ["lhs", "op", "rhs"]].copy()
    if found.empty:
        raise ModelError(
            "Monte Carlo intervals are those of effects that the model defines; add one to it, for "
            "example 'ind := a*b' with a and b labels of two paths."
        )
    if draws < 2:
        raise ModelError(f"draws={draws} is too few for an interval; take some thousand.")
    if not np.isfinite(vcov).all():
        raise ModelError(
            "There are no Monte Carlo intervals, for the parameters have no standard errors; see "
            "the warnings of the fit."
        )
    sample = compute(parameter_draws(theta, vcov, draws, seed))
    sample = np.where(np.isfinite(sample), sample, np.nan)
    found["est"] = compute(np.asarray(theta, float)[None])[0]
    found["se"] = np.nanstd(sample, axis=0, ddof=1)
    tail = (1.0 - level) / 2.0
    found["ci_lower"], found["ci_upper"] = np.nanquantile(sample, [tail, 1.0 - tail], axis=0)
    return found
