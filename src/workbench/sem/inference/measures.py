"""Fit measures from their ingredients, with lavaan's names and conventions.

Nothing here estimates anything: a chi-square test of the model and of the baseline model, the
number of rows and parameters, sample and implied moments and the log-likelihoods come in, a
series comes out. All conventions (N rather than N − 1, the factor √G in RMSEA with G groups, the
group average of SRMR weighted by rows) are those of lavaan 0.6-14's ``fitMeasures()``, against
which every value is checked.

References
----------
1. Bentler, P. M. (1990). Comparative fit indexes in structural models. Psychological Bulletin,
   107, 238–246. (CFI, RNI, SRMR)
2. Tucker, L. R., & Lewis, C. (1973). A reliability coefficient for maximum likelihood factor
   analysis. Psychometrika, 38, 1–10. (TLI)
3. Bentler, P. M., & Bonett, D. G. (1980). Significance tests and goodness of fit in the analysis
   of covariance structures. Psychological Bulletin, 88, 588–606. (NFI, NNFI)
4. Bollen, K. A. (1986, 1989). (RFI, IFI)
5. Steiger, J. H. (1990). Structural model evaluation and modification. Multivariate Behavioral
   Research, 25, 173–180; (1998) for several groups. (RMSEA)
6. Browne, M. W., & Cudeck, R. (1993). Alternative ways of assessing model fit. (close fit, ECVI)
7. Brosseau-Liard, P. E., Savalei, V., & Li, L. (2012) and Brosseau-Liard & Savalei (2014).
   Multivariate Behavioral Research, 47, 904–930; 49, 460–470. (robust RMSEA, CFI, TLI)
8. Savalei, V. (2018). On the computation of the RMSEA and CFI from the mean-and-variance
   corrected test statistic. Multivariate Behavioral Research, 53, 419–429.
9. Zhang, X., & Savalei, V. (2022). New computations for RMSEA and CFI following FIML and TS
   estimation with missing data. Psychological Methods. (robust measures under FIML)
10. Jöreskog, K. G., & Sörbom, D. (1984). (GFI, AGFI); Tanaka & Huba (1985) for the general form.
11. Hoelter, J. W. (1983). Sociological Methods & Research, 11, 325–344. (critical N)
12. McDonald, R. P. (1989). Journal of Classification, 6, 97–103. (MFI)
13. Savalei, V. (2021). Improving fit indices in structural equation modeling with categorical data.
    Multivariate Behavioral Research, 56, 390–407. (robust measures with ordered items)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from workbench.interpretation.cutoffs import CLOSE_FIT, NOT_CLOSE_FIT
from workbench.sem.model.layout import vech_index

Array = NDArray[np.float64]
Counts = Sequence[int] | Sequence[float] | Array
QuadraticForm = Callable[[Array, Array], float]
"""e'We of covariances (p, p) and means (p,)."""

RMSEA_LEVEL = 0.90


@dataclass(frozen=True)
class ChiSquare:
    """A chi-square test: statistic, degrees of freedom, and what the statistic was divided by.

    After dividing, ``shift`` was added: None where nothing is, as where the mean alone is adjusted.
    """

    statistic: float
    df: float
    scaling_factor: float = 1.0
    shift: float | None = None

    @property
    def pvalue(self) -> float:
        """Upper tail probability; NaN without degrees of freedom, as lavaan prints it."""
        return float(special.chdtrc(self.df, self.statistic)) if self.df > 0 else float("nan")


def shifted(test: ChiSquare, first: float, second: float) -> ChiSquare:
    """a T + b, with the mean and the variance of chi-square: a² = df / tr (UΓ)², b = df − a tr UΓ
    (Asparouhov & Muthén 2010), with ``first`` tr UΓ and ``second`` tr (UΓ)²."""
    if not (second > 0 and test.df > 0):
        return ChiSquare(np.nan, test.df, np.nan)
    a = np.sqrt(test.df / second)
    shift = float(test.df - a * first)
    return ChiSquare(float(a * test.statistic + shift), test.df, float(1.0 / a), shift)


def with_own_df(test: ChiSquare, first: float, second: float) -> ChiSquare:
    """T tr UΓ / tr (UΓ)² on (tr UΓ)² / tr (UΓ)² degrees of freedom (Satterthwaite; Satorra &
    Bentler 1994), with the traces as in :func:`shifted`."""
    if not (first > 0 and second > 0 and test.df > 0):
        return ChiSquare(np.nan, test.df, np.nan)
    return ChiSquare(test.statistic * first / second, first**2 / second, second / first)


@dataclass(frozen=True)
class CorrectedTests:
    """What robust CFI, TLI and RMSEA are computed from where that is not the scaled test: under
    FIML (reference 9), for ordered items (13), and of tests adjusted in mean and variance.

    Attributes
    ----------
    model, baseline
        Chi-square of the estimates (unscaled) with the scaling factor ĉ of its expectation; under
        FIML and for ordered items against the saturated moments as if those came from complete
        data and maximum likelihood.
    limits
        The scaled test that limits of RMSEA are made of; None where that is the model's by ĉ.
    """

    model: ChiSquare
    baseline: ChiSquare
    limits: ChiSquare | None = None


@dataclass(frozen=True)
class OrdinalResiduals:
    """What a fit to thresholds and correlations leaves beside the residual correlations.

    Attributes
    ----------
    thresholds : (G, h)
        Residuals of the thresholds.
    goodness
        GFI, of the estimator's own weights.
    statistics
        Number of all groups' statistics.
    """

    thresholds: Array
    goodness: float
    statistics: int


# ── indices that compare with the baseline model ─────────────────────────────────────────────


def cfi(model: ChiSquare, baseline: ChiSquare) -> float:
    """Comparative fit index, 1 − max(T − c·df, 0) / max(T − c·df, T_b − c_b·df_b, 0).

    ``scaling_factor`` is c: 1 for the plain index, the scaling factor for the robust one [1, 7].
    """
    excess, baseline_excess = _excess(model), _excess(baseline)
    numerator = max(excess, 0.0)
    denominator = max(excess, baseline_excess, 0.0)
    return 1.0 if denominator < 1e-8 else 1.0 - numerator / denominator


def tli(model: ChiSquare, baseline: ChiSquare) -> float:
    """Tucker–Lewis index, 1 − (T − c·df)·df_b / ((T_b − c_b·df_b)·df); also called NNFI [2]."""
    denominator = _excess(baseline) * model.df
    if model.df <= 0 or denominator == 0:
        return 1.0
    return 1.0 - _excess(model) * baseline.df / denominator


def rni(model: ChiSquare, baseline: ChiSquare) -> float:
    """Relative noncentrality index: CFI without its limits at 0 and 1."""
    denominator = _excess(baseline)
    return 1.0 - _excess(model) / denominator if abs(denominator) > 1e-8 else float("nan")


def nfi(model: ChiSquare, baseline: ChiSquare) -> float:
    """Normed fit index, (T_b − T) / T_b [3]."""
    if model.df > baseline.df or baseline.statistic <= 0:
        return float("nan")
    return (baseline.statistic - model.statistic) / baseline.statistic if model.df > 0 else 1.0


def pnfi(model: ChiSquare, baseline: ChiSquare) -> float:
    """Parsimony normed fit index, df / df_b · (T_b − T) / T_b."""
    if baseline.df <= 0 or baseline.statistic <= 0:
        return float("nan")
    gain = (baseline.statistic - model.statistic) / baseline.statistic
    return model.df / baseline.df * gain


def rfi(model: ChiSquare, baseline: ChiSquare) -> float:
    """Relative fit index, (T_b/df_b − T/df) / (T_b/df_b) [4]."""
    if model.df > baseline.df or baseline.statistic <= 0:
        return float("nan")
    if model.df <= 0 or baseline.df <= 0:
        return 1.0
    ratio = baseline.statistic / baseline.df
    gain = ratio - model.statistic / model.df
    return 1.0 if gain < 0 else gain / ratio


def ifi(model: ChiSquare, baseline: ChiSquare) -> float:
    """Incremental fit index, (T_b − T) / (T_b − df) [4]."""
    denominator = baseline.statistic - model.df
    if denominator < 0:
        return 1.0
    if denominator < 1e-8:
        return float("nan")
    return (baseline.statistic - model.statistic) / denominator


def _excess(test: ChiSquare) -> float:
    # A saturated model has no scaling factor; its statistic is 0 whatever it would be.
    factor = test.scaling_factor if np.isfinite(test.scaling_factor) else 1.0
    return test.statistic - factor * test.df


# ── error of approximation ───────────────────────────────────────────────────────────────────


def rmsea(statistic: float, df: float, n: int, groups: int = 1, c_hat: float = 1.0) -> float:
    """Root mean square error of approximation, √G · √max(T / (N·df) − ĉ/N, 0) [5, 7]."""
    if df <= 0:
        return 0.0
    return float(np.sqrt(max(statistic / n / df - c_hat / n, 0.0) * groups))


def rmsea_interval(
    statistic: float,
    df: float,
    n: int,
    groups: int = 1,
    c_hat: float = 1.0,
    level: float = RMSEA_LEVEL,
) -> tuple[float, float]:
    """Interval for RMSEA from the noncentral chi-square distribution [5].

    λ_L and λ_U solve P(χ²(df, λ) ≤ T) = 1 − α/2 and α/2; the limits are √(G·ĉ·λ / (N·df)).
    ``statistic`` is the scaled statistic when ``c_hat`` is not 1.

    With the scaled statistic T/c on its df and ``c_hat`` 1 these are the limits that Mplus prints
    under MLM, MLR and WLSM. ``rmsea.ci.lower.scaled`` and ``rmsea.ci.upper.scaled`` are lavaan's
    (0.6-14), which has the unscaled T on df·c in their place: wider where c < 1, narrower where
    c > 1. The robust limits are Mplus's times √c where no answer is missing.
    """
    if not (np.isfinite(statistic) and np.isfinite(df)):
        return float("nan"), float("nan")
    tail = (1.0 - level) / 2.0
    highest = max(float(n), 4.0 * statistic)

    def limit(probability: float, upper: float) -> float:
        def distance(noncentrality: float) -> float:
            return _noncentral(statistic, df, noncentrality) - probability

        if df < 1 or distance(0.0) < 0 or distance(upper) > 0:
            return 0.0
        root = optimize.brentq(distance, 0.0, upper, xtol=1e-10)
        return float(np.sqrt(groups * c_hat * root / (n * df)))

    return limit(1.0 - tail, max(statistic, 1e-12)), limit(tail, highest)


def rmsea_close_fit(
    statistic: float,
    df: float,
    n: int,
    groups: int = 1,
    c_hat: float = 1.0,
    limit: float = CLOSE_FIT,
) -> float:
    """P value of H0 RMSEA ≤ ``limit``: 1 − P(χ²(df, N·df·limit²/(ĉ·G)) ≤ T) [6]."""
    if not (np.isfinite(statistic) and df > 0):
        return float("nan")
    return 1.0 - _noncentral(statistic, df, n * df / c_hat * limit**2 / groups)


def rmsea_not_close_fit(
    statistic: float,
    df: float,
    n: int,
    groups: int = 1,
    c_hat: float = 1.0,
    limit: float = NOT_CLOSE_FIT,
) -> float:
    """P value of H0 RMSEA ≥ ``limit`` (MacCallum, Browne & Sugawara 1996)."""
    if not (np.isfinite(statistic) and df > 0):
        return float("nan")
    return _noncentral(statistic, df, n * df / c_hat * limit**2 / groups)


def _noncentral(statistic: float, df: float, noncentrality: float) -> float:
    if noncentrality <= 0:
        return float(special.chdtr(df, statistic))
    return float(special.chndtr(statistic, df, noncentrality))


# ── residual and absolute measures ───────────────────────────────────────────────────────────


@dataclass(frozen=True)
class MomentPair:
    """Sample and implied moments of every group.

    Attributes
    ----------
    sample_cov, implied_cov : (G, p, p)
        With divisor n.
    sample_mean, implied_mean : (G, p), or None without a mean structure
    """

    sample_cov: Array
    implied_cov: Array
    sample_mean: Array | None = None
    implied_mean: Array | None = None

    @property
    def with_means(self) -> bool:
        """Whether the model has a mean structure."""
        return self.sample_mean is not None and self.implied_mean is not None


def residual_measures(moments: MomentPair, n: Counts) -> dict[str, float]:
    """RMR, SRMR (Bentler's), CRMR (Bollen's) and Mplus's SRMR, with and without means.

    Each is √(Σ r² / e) over the e unique residuals of a group (variances and covariances, and
    means where modelled), averaged over groups with weights n_g / N. Bentler's residual divides
    by sample standard deviations, Bollen's compares correlations (its e leaves the p variances
    out), Mplus's takes correlations and relative differences of variances. A mean's residual is
    divided by the sample standard deviation, but in Mplus's either mean by its own.
    """
    weights = np.asarray(n, dtype=float) / np.sum(n)
    sample, implied = moments.sample_cov, moments.implied_cov
    p = sample.shape[-1]
    below = np.tril_indices(p)
    strictly = np.tril_indices(p, -1)
    pairs = len(below[0])
    # An improper solution can imply a negative variance; what rests on it is then missing.
    with np.errstate(invalid="ignore"):
        sd, implied_sd = (np.sqrt(np.diagonal(c, axis1=-2, axis2=-1)) for c in (sample, implied))
    raw = (sample - implied)[:, below[0], below[1]]
    scale = (sd[:, :, None] * sd[:, None, :])[:, below[0], below[1]]
    bentler = raw / scale
    correlation = _correlations(sample) - _correlations(implied)
    bollen = correlation[:, strictly[0], strictly[1]]
    variance = 1.0 - implied_sd**2 / sd**2
    mplus = np.concatenate([bollen, variance], axis=1)
    empty = np.zeros((len(weights), 0))
    if moments.sample_mean is not None and moments.implied_mean is not None:
        mean = moments.sample_mean - moments.implied_mean
        mean_bentler = mean / sd
        mean_mplus = moments.sample_mean / sd - moments.implied_mean / implied_sd
    else:
        mean = mean_bentler = mean_mplus = empty
    p_mean = mean.shape[1]

    def average(first: Array, second: Array, count: int) -> float:
        if count == 0:
            return 0.0
        squares = (first**2).sum(axis=1) + (second**2).sum(axis=1)
        return float(weights @ np.sqrt(squares / count))

    srmr = average(bentler, mean_bentler, pairs + p_mean)
    return {
        "rmr": average(raw, mean, pairs + p_mean),
        "rmr_nomean": average(raw, empty, pairs),
        "srmr": srmr,
        "srmr_bentler": srmr,
        "srmr_bentler_nomean": average(bentler, empty, pairs),
        "crmr": average(bollen, mean_bentler, pairs - p + p_mean),
        "crmr_nomean": average(bollen, empty, pairs - p),
        "srmr_mplus": average(mplus, mean_mplus, pairs + p_mean),
        "srmr_mplus_nomean": average(mplus, empty, pairs),
    }


def ordinal_residual_measures(
    moments: MomentPair, n: Counts, thresholds: Array
) -> dict[str, float]:
    """RMR, SRMR and CRMR where the moments are correlations of ordered items.

    As in :func:`residual_measures`, but that variances leave no residuals; ``_nomean`` ones are of
    the correlations alone, the others have the residuals of the thresholds (G, h) among them. SRMR
    is that of the correlations, as lavaan has it.
    """
    weights = np.asarray(n, dtype=float) / np.sum(n)
    sample, implied = moments.sample_cov, moments.implied_cov
    p = sample.shape[-1]
    below = np.tril_indices(p, -1)
    sd = np.sqrt(np.diagonal(sample, axis1=-2, axis2=-1))
    raw = sample - implied
    apart = {
        "rmr": raw,
        "srmr_bentler": raw / (sd[:, :, None] * sd[:, None, :]),
        "crmr": _correlations(sample) - _correlations(implied),
    }
    found: dict[str, float] = {}
    of_thresholds, count = (thresholds**2).sum(axis=1), thresholds.shape[1]
    for name, residual in apart.items():
        squares = (residual[:, below[0], below[1]] ** 2).sum(axis=1)
        elements = p * (p - 1) // 2 if name == "crmr" else p * (p + 1) // 2
        whole = np.sqrt((squares + of_thresholds) / max(elements + count, 1))
        found[name] = float(weights @ whole)
        found[f"{name}_nomean"] = float(weights @ np.sqrt(squares / max(elements, 1)))
    return {"srmr": found["srmr_bentler_nomean"], **found}


def _correlations(cov: Array) -> Array:
    with np.errstate(invalid="ignore"):
        sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return cov / (sd[..., :, None] * sd[..., None, :])


def gfi(
    moments: MomentPair,
    n: Counts,
    estimator: str = "ML",
    forms: Sequence[QuadraticForm] | None = None,
    exogenous: Sequence[int] = (),
) -> float:
    """Goodness of fit index, 1 − e'We / s'Ws with s = (mean, vech S) and e its residual [10].

    W is the estimator's weight: normal theory at the implied covariance (ML), at the sample
    covariance (GLS), or the identity on vech (ULS). ``forms`` make e'We of each group's e, given as
    (p, p) and (p,), where W is none of those, as under FIML. The moments of fixed
    exogenous variables (positions ``exogenous``) have weight 0, but not under ULS. Groups are
    averaged with weights n_g / N.
    """
    values = []
    fixed = list(exogenous)
    for g in range(len(moments.sample_cov)):
        sample, implied = moments.sample_cov[g], moments.implied_cov[g]
        residual = sample - implied
        if moments.sample_mean is not None and moments.implied_mean is not None:
            mean, mean_residual = (
                moments.sample_mean[g],
                moments.sample_mean[g] - moments.implied_mean[g],
            )
        else:
            mean = mean_residual = np.zeros(0)
        if fixed and forms is None and estimator != "ULS":
            sample = sample.copy()
            sample[np.ix_(fixed, fixed)] = 0.0
            if mean.size:
                mean = mean.copy()
                mean[fixed] = 0.0
        if forms is not None:
            lost, total = forms[g](residual, mean_residual), forms[g](sample, mean)
        elif estimator == "ULS":
            below = vech_index(len(sample))
            lost = (residual[below] ** 2).sum() + (mean_residual**2).sum()
            total = (sample[below] ** 2).sum() + (mean**2).sum()
        else:
            base = (moments.sample_cov if estimator == "GLS" else moments.implied_cov)[g]
            lost = _normal_theory_form(base, residual, mean_residual)
            total = _normal_theory_form(base, sample, mean)
        values.append(1.0 - lost / total)
    return float(np.average(values, weights=np.asarray(n, dtype=float)))


def available_moments(rows: Array) -> tuple[Array, Array]:
    """Means (p,) of the answers given and covariances (p, p) over rows that answered both items.

    A covariance is Σ (x − x̄)(y − ȳ) / (m − 1) over the m rows with both, times (n − 1)/n. These
    are not the ML moments; lavaan's GFI under FIML takes them for the sample's.
    """
    answered = (~np.isnan(rows)).astype(float)
    filled = np.where(np.isnan(rows), 0.0, rows)
    centre = filled.sum(axis=0) / answered.sum(axis=0)
    around = np.where(np.isnan(rows), 0.0, rows - centre)
    pairs = answered.T @ answered
    sums = around.T @ answered
    # Two items that no row answered both of have no covariance.
    with np.errstate(divide="ignore", invalid="ignore"):
        cov = (around.T @ around - sums * sums.T / pairs) / (pairs - 1.0)
    return centre, cov * (len(rows) - 1.0) / len(rows)


def _normal_theory_form(base: Array, matrix: Array, mean: Array) -> float:
    half = np.linalg.solve(base, matrix)
    form = 0.5 * float(np.einsum("ij,ji->", half, half))
    return form + (float(mean @ np.linalg.solve(base, mean)) if mean.size else 0.0)


def critical_n(statistic: float, df: float, n: int, alpha: float = 0.05) -> float:
    """Hoelter's critical N, χ²₁₋α(df) / (T/N) + 1 [11]."""
    if statistic < 1e-15:
        return float("nan")
    quantile = float(special.chdtri(df, alpha)) if df > 0 else 0.0
    return quantile / (statistic / n) + 1.0


# ── log-likelihoods and the baseline model for complete data ─────────────────────────────────


def normal_loglikelihood(
    n: Counts,
    sample_cov: Array,
    cov: Array,
    sample_mean: Array | None = None,
    mean: Array | None = None,
    exogenous: Sequence[int] = (),
) -> float:
    """Log-likelihood of complete normal data from their moments (divided by n), summed over groups.

    −n/2 · [p·log 2π + log|Σ| + tr(Σ⁻¹ S) + (m − μ)'Σ⁻¹(m − μ)] per group. Without means the last
    term is 0. The marginal likelihood of fixed exogenous variables (positions ``exogenous``) is
    taken off, as lavaan does, so that the value is that of the others given these. The saturated
    model's value is the one at ``cov = sample_cov``.
    """
    total = 0.0
    fixed = list(exogenous)
    for g, rows in enumerate(n):
        sample, implied = sample_cov[g], cov[g]
        shift = np.zeros(len(sample))
        if sample_mean is not None and mean is not None:
            shift = sample_mean[g] - mean[g]
        total += _group_loglikelihood(rows, sample, implied, shift)
        if fixed:
            part = sample[np.ix_(fixed, fixed)]
            total -= _group_loglikelihood(rows, part, part, np.zeros(len(fixed)))
    return total


def _group_loglikelihood(n: int, sample: Array, cov: Array, shift: Array) -> float:
    _, logdet = np.linalg.slogdet(cov)
    solved = np.linalg.solve(cov, np.column_stack([sample, shift]))
    distance = np.trace(solved[:, :-1]) + shift @ solved[:, -1]
    return float(-0.5 * n * (len(sample) * np.log(2 * np.pi) + logdet + distance))


def independence_test(n: Counts, sample_cov: Array, exogenous: Sequence[int] = ()) -> ChiSquare:
    """ML test of lavaan's baseline model for complete data.

    All covariances are 0 but those among fixed exogenous variables (positions ``exogenous``):
    T = Σ_g n_g (Σ_y log s_yy + log|S_xx| − log|S|) on G·(p(p − 1) − q(q − 1))/2 degrees of freedom.
    """
    fixed = list(exogenous)
    p, q = sample_cov.shape[-1], len(fixed)
    others = [i for i in range(p) if i not in set(fixed)]
    statistic = 0.0
    for rows, cov in zip(n, sample_cov, strict=True):
        part = np.linalg.slogdet(cov[np.ix_(fixed, fixed)])[1] if fixed else 0.0
        variances = np.log(np.diagonal(cov)[others]).sum()
        statistic += rows * (variances + part - np.linalg.slogdet(cov)[1])
    return ChiSquare(float(statistic), len(sample_cov) * (p * (p - 1) - q * (q - 1)) // 2)


# ── robust measures under FIML ───────────────────────────────────────────────────────────────


# ── everything together ──────────────────────────────────────────────────────────────────────


def fit_measures(
    *,
    test: ChiSquare,
    baseline: ChiSquare,
    n: Counts,
    npar: int,
    fmin: float,
    moments: MomentPair,
    estimator: str = "ML",
    scaled: ChiSquare | None = None,
    baseline_scaled: ChiSquare | None = None,
    loglikelihood: float | None = None,
    saturated_loglikelihood: float | None = None,
    scaling_factors: tuple[float, float] | None = None,
    corrected: CorrectedTests | None = None,
    gfi_forms: Sequence[QuadraticForm] | None = None,
    gfi_moments: MomentPair | None = None,
    exogenous: Sequence[int] = (),
    ordinal: OrdinalResiduals | None = None,
) -> pd.Series:
    """All fit measures of a model, in the order and with the names of lavaan's ``fitMeasures()``.

    Parameters
    ----------
    test, baseline
        Unscaled tests of the model and of the baseline (independence) model.
    n
        Rows per group; N is their sum.
    npar
        Truly free parameters: equal ones count once, equality constraints are taken off.
    fmin
        Minimum of the objective in lavaan's scale: half of F_ML; for GLS and ULS half of F times
        (N − 1)/N, so that the statistic is 2·N·fmin for all.
    estimator
        ``"ML"``, ``"Wishart"``, ``"ULS"``, ``"GLS"``, ``"DWLS"`` or ``"WLS"``.
    scaled, baseline_scaled
        Scaled tests (Satorra–Bentler or Yuan–Bentler) with their scaling factors: adds
        ``.scaled`` and ``.robust`` measures.
    loglikelihood, saturated_loglikelihood
        Log-likelihoods of the model and of the saturated model.
    scaling_factors
        (h1, h0) scaling factors of the two log-likelihoods, under MLR.
    corrected
        Under FIML, the tests that the robust measures use instead of the above.
    gfi_forms, gfi_moments
        Weight per group and moments for GFI, where they are not the estimator's for complete data:
        under FIML those of the expected information at the implied moments, and
        ``available_moments``.
    exogenous
        Positions of exogenous variables whose moments are fixed; they have no part in GFI.
    ordinal
        With ordered items, whose ``moments`` are correlations: SRMR is that of these alone.

    Returns
    -------
    Series of floats. ``rmsea.scaled`` has N·df·c in the place of N·df, ``rmsea.robust`` is
    √(max(T/(N·df) − c/N, 0)) (Savalei 2018).

    Checked against ``fitMeasures(fit)`` for ML, MLM, MLR, ULS, GLS, FIML and several groups.
    """
    groups = len(n)
    # All but ML work with the unbiased covariance, hence one row fewer per group.
    rows = round(np.sum(n))
    total = rows if estimator == "ML" else rows - groups
    if estimator == "ULS":
        # The unscaled ULS statistic has no chi-square distribution.
        pvalue, baseline_pvalue = float("nan"), float("nan")
    else:
        pvalue, baseline_pvalue = test.pvalue, baseline.pvalue
    values: dict[str, float] = {
        "npar": npar,
        "fmin": fmin,
        "chisq": test.statistic,
        "df": test.df,
        "pvalue": pvalue,
    }
    values |= _scaled_test(scaled)
    values |= _comparative(test, baseline, scaled, baseline_scaled, corrected)
    values["baseline.pvalue"] = baseline_pvalue
    if loglikelihood is not None:
        values |= information_criteria(loglikelihood, npar, rows, saturated_loglikelihood)
        if scaling_factors is not None:
            values["scaling.factor.h1"], values["scaling.factor.h0"] = scaling_factors
    values |= _approximation(test, scaled, corrected, total, groups)
    if ordinal is None:
        values |= residual_measures(as_shown(moments, n, estimator), n)
    else:
        values |= ordinal_residual_measures(moments, n, ordinal.thresholds)
    values["cn_05"] = critical_n(test.statistic, test.df, total, 0.05)
    values["cn_01"] = critical_n(test.statistic, test.df, total, 0.01)
    if ordinal is None:
        goodness = gfi(gfi_moments or moments, n, estimator, gfi_forms, exogenous)
        p = moments.sample_cov.shape[-1]
        count = groups * (p * (p + 1) // 2 + (p if moments.with_means else 0))
    else:
        goodness, count = ordinal.goodness, ordinal.statistics
    values["gfi"] = goodness
    values["agfi"] = 1.0 - count / test.df * (1.0 - goodness) if test.df > 0 else 1.0
    values["pgfi"] = test.df / count * goodness
    values["mfi"] = float(np.exp(-0.5 * (test.statistic - test.df) / total))
    values["ecvi"] = (test.statistic + 2 * npar) / total
    return pd.Series(list(values.values()), _index(tuple(values)), dtype=float)


def likelihood_measures(
    *,
    test: ChiSquare,
    baseline: ChiSquare,
    n: int,
    npar: int,
    loglikelihood: float,
    saturated_loglikelihood: float,
    groups: int = 1,
    scaled: ChiSquare | None = None,
    baseline_scaled: ChiSquare | None = None,
    scaling_factors: tuple[float, float] | None = None,
) -> dict[str, float]:
    """The fit measures that are made of tests and log-likelihoods alone, of ``n`` rows in
    ``groups``.

    Parameters and names are those of :func:`fit_measures`.
    """
    values: dict[str, float] = {
        "npar": npar,
        "fmin": test.statistic / (2 * n),
        "chisq": test.statistic,
        "df": test.df,
        "pvalue": test.pvalue,
    }
    values |= _scaled_test(scaled)
    values |= _comparative(test, baseline, scaled, baseline_scaled, None)
    values |= information_criteria(loglikelihood, npar, n, saturated_loglikelihood)
    if scaling_factors is not None:
        values["scaling.factor.h1"], values["scaling.factor.h0"] = scaling_factors
    return values | _approximation(test, scaled, None, n, groups)


def _scaled_test(scaled: ChiSquare | None) -> dict[str, float]:
    if scaled is None:
        return {}
    return {
        "chisq.scaled": scaled.statistic,
        "df.scaled": scaled.df,
        "pvalue.scaled": scaled.pvalue,
        "chisq.scaling.factor": scaled.scaling_factor,
    }


@lru_cache(maxsize=32)
def _index(names: tuple[str, ...]) -> pd.Index:
    """The index of a series of measures; there are few sets of names and many fits."""
    return pd.Index(names)


def as_shown(moments: MomentPair, n: Counts, estimator: str) -> MomentPair:
    """Moments as lavaan shows them: with divisor n − 1 under least squares, which changes RMR."""
    if estimator in ("ML", "Wishart"):
        return moments
    rows = np.asarray(n, dtype=float)[:, None, None]
    factor = rows / (rows - 1)
    return replace(
        moments, sample_cov=moments.sample_cov * factor, implied_cov=moments.implied_cov * factor
    )


def information_criteria(
    loglikelihood: float, npar: int, n: int, saturated_loglikelihood: float | None = None
) -> dict[str, float]:
    """Log-likelihoods with AIC, BIC and the sample-size adjusted BIC (``bic2``).

    −2·logl + npar·{2, log N, log((N + 2)/24)} (Akaike 1974; Schwarz 1978; Sclove 1987).
    """
    deviance = -2.0 * loglikelihood
    saturated = float("nan") if saturated_loglikelihood is None else saturated_loglikelihood
    return {
        "logl": loglikelihood,
        "unrestricted.logl": saturated,
        "aic": deviance + 2.0 * npar,
        "bic": deviance + npar * np.log(n),
        "ntotal": n,
        "bic2": deviance + npar * np.log((n + 2) / 24),
    }


def _comparative(
    test: ChiSquare,
    baseline: ChiSquare,
    scaled: ChiSquare | None,
    baseline_scaled: ChiSquare | None,
    corrected: CorrectedTests | None,
) -> dict[str, float]:
    values: dict[str, float] = {
        "baseline.chisq": baseline.statistic,
        "baseline.df": baseline.df,
        "baseline.pvalue": baseline.pvalue,
    }
    if baseline_scaled is not None:
        values |= {
            "baseline.chisq.scaled": baseline_scaled.statistic,
            "baseline.df.scaled": baseline_scaled.df,
            "baseline.pvalue.scaled": baseline_scaled.pvalue,
            "baseline.chisq.scaling.factor": baseline_scaled.scaling_factor,
        }
    values |= {"cfi": cfi(test, baseline), "tli": tli(test, baseline)}
    scaled_pair = None
    if scaled is not None and baseline_scaled is not None:
        scaled_pair = (
            ChiSquare(scaled.statistic, scaled.df),
            ChiSquare(baseline_scaled.statistic, baseline_scaled.df),
        )
        values |= {"cfi.scaled": cfi(*scaled_pair), "tli.scaled": tli(*scaled_pair)}
    robust_pair = None
    if corrected is not None:
        robust_pair = (corrected.model, corrected.baseline)
    elif scaled is not None and baseline_scaled is not None:
        robust_pair = (
            ChiSquare(test.statistic, test.df, scaled.scaling_factor),
            ChiSquare(baseline.statistic, baseline.df, baseline_scaled.scaling_factor),
        )
    if robust_pair is not None:
        values |= {"cfi.robust": cfi(*robust_pair), "tli.robust": tli(*robust_pair)}
    others = {"nnfi": tli, "rfi": rfi, "nfi": nfi, "pnfi": pnfi, "ifi": ifi, "rni": rni}
    values |= {name: index(test, baseline) for name, index in others.items()}
    if scaled_pair is not None:
        values |= {f"{name}.scaled": index(*scaled_pair) for name, index in others.items()}
    if robust_pair is not None:
        values |= {"nnfi.robust": tli(*robust_pair), "rni.robust": rni(*robust_pair)}
    return values


def _approximation(
    test: ChiSquare,
    scaled: ChiSquare | None,
    corrected: CorrectedTests | None,
    n: int,
    groups: int,
) -> dict[str, float]:
    plain = test.statistic, test.df, n, groups
    lower, upper = rmsea_interval(*plain)
    values = {
        "rmsea": rmsea(*plain),
        "rmsea.ci.lower": lower,
        "rmsea.ci.upper": upper,
        "rmsea.ci.level": RMSEA_LEVEL,
        "rmsea.pvalue": rmsea_close_fit(*plain),
        "rmsea.close.h0": CLOSE_FIT,
        "rmsea.notclose.pvalue": rmsea_not_close_fit(*plain),
        "rmsea.notclose.h0": NOT_CLOSE_FIT,
    }
    if scaled is not None:
        # lavaan compares the unscaled statistic with df·c, its expectation.
        expected = scaled.df * scaled.scaling_factor if scaled.df > 0 else float("nan")
        adjusted = test.statistic, expected, n, groups
        if scaled.shift is not None:
            # A test with mean and variance of chi-square is compared with its own df.
            adjusted = scaled.statistic, scaled.df, n, groups
        lower, upper = rmsea_interval(*adjusted)
        values |= {
            "rmsea.scaled": rmsea(*adjusted) if np.isfinite(adjusted[1]) else float("nan"),
            "rmsea.ci.lower.scaled": lower,
            "rmsea.ci.upper.scaled": upper,
            "rmsea.pvalue.scaled": rmsea_close_fit(*adjusted),
            "rmsea.notclose.pvalue.scaled": rmsea_not_close_fit(*adjusted),
        }
    if corrected is not None:
        robust = corrected.model
    elif scaled is not None:
        robust = ChiSquare(test.statistic, test.df, scaled.scaling_factor)
    else:
        return values
    c_hat = robust.scaling_factor
    corrected_test = robust.statistic / c_hat, robust.df, n, groups, c_hat
    if corrected is not None and corrected.limits is not None:
        limits = corrected.limits
        corrected_test = limits.statistic, limits.df, n, groups, limits.scaling_factor
    lower, upper = rmsea_interval(*corrected_test) if robust.df > 0 else (0.0, 0.0)
    return values | {
        "rmsea.robust": rmsea(robust.statistic, robust.df, n, groups, c_hat),
        "rmsea.ci.lower.robust": lower,
        "rmsea.ci.upper.robust": upper,
        "rmsea.pvalue.robust": rmsea_close_fit(*corrected_test),
        "rmsea.notclose.pvalue.robust": rmsea_not_close_fit(*corrected_test),
    }
