"""Residuals: what the model does not reproduce of the sample's moments.

- raw: S − Σ̂ and m − μ̂;
- correlations: Bollen's, cor(S) − cor(Σ̂), and Bentler's, raw / (s_i s_j); a mean's residual is
  divided by the sample standard deviation;
- z: raw / standard error, approximately normal if the model holds. *Normalised* residuals take the
  standard error of the sample moment, *standardised* ones that of the residual itself: with Δ the
  derivatives of the implied moments, E the unit information, W the weight of the moments and Γ the
  covariance of the sample moments, all of one group with share f = n_g / N,
  Q Γ Q' with Q = I − f Δ E⁻¹ Δ' W.

References
----------
1. Bollen, K. A. (1989). Structural equations with latent variables, 257–262. Wiley.
2. Bentler, P. M. (1995). EQS structural equations program manual, chapter 6.
3. Ogasawara, H. (2001). Standard errors of fit indices using residuals in structural equation
   modeling. Psychometrika, 66, 421–436.
4. Hausman, J. A. (1978). Specification tests in econometrics. Econometrica, 46, 1251–1271.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.information import expected, inverse
from workbench.sem.estimation.moments import Sample
from workbench.sem.estimation.objective import LEAST_SQUARES
from workbench.sem.estimation.saturated import saturated_of
from workbench.sem.inference.measures import MomentPair
from workbench.sem.inference.robust import (
    complete_weight,
    implied_moments,
    known_moments,
    moment_information,
    moment_jacobian,
    saturated_information,
)
from workbench.sem.model.layout import Integers, Layout, vech_index

Array = NDArray[np.float64]
Kind = Literal["raw", "cor", "cor_bentler"]


@dataclass(frozen=True)
class Residuals:
    """Residuals of every group: ``cov`` (G, p, p), ``mean`` (G, p) or None without means."""

    cov: Array
    mean: Array | None


@dataclass(frozen=True)
class MomentErrors:
    """Of one group, about (mean, vech S) or vech S alone, m moments.

    Attributes
    ----------
    acov : (m, m)
        Covariance of the sample moments.
    residual_acov : (m, m)
        Covariance of their residuals.
    """

    acov: Array
    residual_acov: Array


def residuals(pair: MomentPair, kind: Kind = "raw") -> Residuals:
    """Raw or correlation residuals; checked against ``residuals(fit, type = …)`` of lavaan."""
    cov, mean = pair.sample_cov - pair.implied_cov, None
    if pair.sample_mean is not None and pair.implied_mean is not None:
        mean = pair.sample_mean - pair.implied_mean
    if kind == "raw":
        return Residuals(cov, mean)
    sd = np.sqrt(np.diagonal(pair.sample_cov, axis1=-2, axis2=-1))
    scale = sd[:, :, None] * sd[:, None, :]
    if kind == "cor":
        implied_sd = np.sqrt(np.diagonal(pair.implied_cov, axis1=-2, axis2=-1))
        implied_scale = implied_sd[:, :, None] * implied_sd[:, None, :]
        cov = pair.sample_cov / scale - pair.implied_cov / implied_scale
    else:
        cov = cov / scale
    return Residuals(cov, None if mean is None else mean / sd)


def z_residuals(
    pair: MomentPair,
    errors: list[MomentErrors],
    kind: Literal["standardised", "normalised"] = "standardised",
) -> Residuals:
    """Residuals in standard errors; 0 where a residual is 0 but for rounding, NaN without error.

    Checked against ``residuals(fit, type = "standardized")`` and ``"normalized"``.
    """
    raw = residuals(pair)
    groups, p = raw.cov.shape[:2]
    lower, upper = vech_index(p)
    cov = np.zeros_like(raw.cov)
    mean = None if raw.mean is None else np.zeros_like(raw.mean)
    for g in range(groups):
        chosen = errors[g].residual_acov if kind == "standardised" else errors[g].acov
        variance = np.diagonal(chosen).copy()
        # What rounding leaves of nothing is no error to divide by.
        variance[variance <= 1e-14 * np.diagonal(errors[g].acov)] = 0.0
        sd = np.sqrt(np.diagonal(pair.sample_cov[g]))
        scale = (sd[:, None] * sd)[lower, upper]
        own = variance[-len(lower) :]
        values = _in_errors(raw.cov[g][lower, upper], own, scale)
        cov[g][lower, upper] = cov[g][upper, lower] = values
        if mean is not None and raw.mean is not None:
            mean[g] = _in_errors(raw.mean[g], variance[:p], sd)
    return Residuals(cov, mean)


def _in_errors(raw: Array, variance: Array, scale: Array) -> Array:
    # A moment the model reproduces by construction has a residual and a variance of zero.
    exact = np.abs(raw) < 1e-6 * scale
    error = np.sqrt(np.where(variance > 0, variance, np.nan))
    return np.where(exact, 0.0, raw / error)


def moment_errors(
    layout: Layout,
    sample: Sample,
    theta: Array,
    constraint_jacobian: Array | None = None,
    correction: str = "",
    estimator: str = "ML",
    information: str = "expected",
) -> list[MomentErrors]:
    """Covariances of sample moments and of residuals, per group, at the estimates theta (k,).

    Γ is that of normal theory at the saturated moments; with a ``correction``
    (``"satorra-bentler"``, MLM, or ``"yuan-bentler"``, MLR) their sandwich A⁻¹ B A⁻¹. W and E are
    the expected or the observed ``information`` at the implied moments; least squares has its own
    weight, that of normal theory at the sample's moments (GLS) or none (ULS). Moments of fixed
    exogenous covariates have no error, nor those of items never answered together.
    """
    least_squares = estimator in LEAST_SQUARES
    kind = "expected" if least_squares else information
    normal = sample.complete and kind == "expected"
    at = np.asarray(theta, float)
    objective, _ = objective_of(layout, sample, estimator)
    unit = (
        expected(objective, at)
        if kind == "expected"
        else objective.evaluate(at[None], "moments").curvature[0]
    )
    inverted = inverse(unit, constraint_jacobian)
    moments = saturated_of(sample)[0]
    mu, sigma = implied_moments(layout, sample, theta, estimator)
    jacobian = moment_jacobian(layout, sample, theta, estimator)
    p = len(layout.observed)
    first = 0 if layout.mean_structure else p
    found = []
    for g in range(layout.groups):
        kept = known_moments(layout, sample, g)
        rows = float(moments.n[0, g])
        # Inverted among the kept moments: given the covariates, whose moments are fixed.
        saturated = saturated_information(layout, sample, g, kind, estimator)
        acov = saturated.inverse / rows
        if least_squares:
            # The saturated moments have the divisor n, the covariances fitted to n - 1.
            factor = np.where(kept < p, 1.0, np.sqrt(rows / (rows - 1)))
            acov = acov * (rows / (rows - 1) * np.outer(factor, factor))
        if correction:
            acov = acov @ saturated.crossed @ acov * rows
        if estimator == "ULS":
            weight = np.eye(len(kept))
        elif normal:
            around = moments.cov[0, g] * rows / (rows - 1) if least_squares else sigma[g]
            weight = complete_weight(np.linalg.inv(around))[np.ix_(kept, kept)]
        else:
            weight = moment_information(sample, g, mu[g], sigma[g], kind, estimator)
            weight = weight[np.ix_(kept, kept)]
        delta = jacobian[g][kept]
        share = float(moments.share[0, g])
        through = np.eye(len(kept)) - share * delta @ inverted @ delta.T @ weight
        residual = through @ acov @ through.T
        size = len(jacobian[g])
        found.append(
            MomentErrors(_spread(acov, kept, size, first), _spread(residual, kept, size, first))
        )
    return found


def _spread(matrix: NDArray[np.floating], kept: Integers, size: int, first: int) -> Array:
    full = np.zeros((size, size))
    full[np.ix_(kept, kept)] = matrix
    return full[first:, first:]


def residual_table(
    pair: MomentPair, observed: list[str], errors: list[MomentErrors] | None = None
) -> pd.DataFrame:
    """Every moment once: ``lhs, op, rhs, group, sample, implied, raw, cor, z``.

    ``op`` is ``~~`` or ``~1``; ``cor`` is Bollen's residual correlation (a mean's in standard
    deviations); ``z`` the standardised residual, NaN without ``errors``.
    """
    raw, cor = residuals(pair), residuals(pair, "cor")
    z = None if errors is None else z_residuals(pair, errors)
    rows = []
    for g in range(len(pair.sample_cov)):
        for i, lhs in enumerate(observed):
            for j in range(i, len(observed)):
                at = (g, i, j)
                rows.append(
                    (
                        lhs,
                        "~~",
                        observed[j],
                        g + 1,
                        pair.sample_cov[at],
                        pair.implied_cov[at],
                        raw.cov[at],
                        cor.cov[at],
                        np.nan if z is None else z.cov[at],
                    )
                )
        if pair.sample_mean is None or pair.implied_mean is None:
            continue
        if raw.mean is None or cor.mean is None:
            continue
        for i, lhs in enumerate(observed):
            rows.append(
                (
                    lhs,
                    "~1",
                    "",
                    g + 1,
                    pair.sample_mean[g, i],
                    pair.implied_mean[g, i],
                    raw.mean[g, i],
                    cor.mean[g, i],
                    np.nan if z is None or z.mean is None else z.mean[g, i],
                )
            )
    columns = ["lhs", "op", "rhs", "group", "sample", "implied", "raw", "cor", "z"]
    return pd.DataFrame(rows, columns=columns)
