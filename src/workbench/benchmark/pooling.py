"""Partial pooling: every organisation's estimate in the light of all the others'."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from workbench.errors import BenchmarkError
from workbench.figures.display import results_table
from workbench.figures.markup import element, together
from workbench.interpretation import pooled_in_words
from workbench.text import nearest

_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Pooled:
    """What :func:`pool` found.

    Attributes
    ----------
    summary
        One row: ``estimate`` (the mean over organisations), ``se``, ``lower``, ``upper``;
        ``prediction_lower``, ``prediction_upper`` (the value of an organisation not yet seen);
        ``tau`` (standard deviation between organisations), ``tau_lower``, ``tau_upper``; ``q``,
        ``q_df``, ``q_pvalue`` (test that they do not differ); ``i2`` (per cent), ``h2``;
        ``organisations`` (number pooled), ``without_estimate``, ``method``.
    organisations
        Indexed as the estimates: ``estimate``, ``se``, ``lower``, ``upper`` (its own, as given);
        ``pooled``, ``pooled_se``, ``pooled_lower``, ``pooled_upper`` (partially pooled);
        ``weight`` (share in the mean, sums to 1), ``shrinkage`` (share of the mean in its pooled
        value, 0–1) and ``own``: False where it had no usable estimate and the pooled value is the
        prediction for a new organisation.
    narrow
        Whether the interval of the mean, which is based on the spread of the estimates, is narrower
        than one without any difference between organisations.
    """

    summary: pd.DataFrame
    organisations: pd.DataFrame
    narrow: bool

    @property
    def words(self) -> str:
        """The result in a sentence or a few."""
        return pooled_in_words(self.summary.iloc[0], self.narrow)

    def _repr_html_(self) -> str:
        table = results_table(self.summary, "Estimates of organisations, pooled")
        return together(element("p", self.words), table.html)


def pool(estimates: pd.Series, errors: pd.Series, method: str = "reml") -> Pooled:
    r"""Pool organisations' estimates by a random-effects model.

    .. math:: y_i = \mu + u_i + e_i, \quad u_i \sim N(0, \tau^2), \quad e_i \sim N(0, s_i^2)

    The mean is :math:`\hat\mu = \sum w_i y_i / \sum w_i` with :math:`w_i = 1/(s_i^2 + \tau^2)`.
    Its variance is that of Hartung & Knapp (2001) and Sidik & Jonkman (2002),
    :math:`\sum w_i (y_i - \hat\mu)^2 / ((k-1) \sum w_i)`, with a t distribution on k − 1 degrees
    of freedom. The prediction interval is :math:`\hat\mu \pm t_{k-1} \sqrt{\mathrm{se}^2 +
    \tau^2}`. An organisation's partially pooled value is its empirical Bayes estimate
    :math:`\lambda_i y_i + (1 - \lambda_i) \hat\mu`, :math:`\lambda_i = \tau^2/(\tau^2 + s_i^2)`,
    with variance :math:`\lambda_i s_i^2 + (1 - \lambda_i)^2\,\mathrm{se}^2` (``pooled_se``); its
    ``shrinkage`` is :math:`1 - \lambda_i`. Its interval also carries what is not known of
    :math:`\tau` (:func:`spread_over_tau`). The interval of :math:`\tau` is the
    Q-profile (Viechtbauer 2007), both ends 0 where the estimates are more alike than 97.5% of
    samples would be without any difference. Q is Cochran's. I² and H² come from :math:`\tau^2`
    and the typical sampling variance
    :math:`v = (k-1) / (\sum s_i^{-2} - \sum s_i^{-4} / \sum s_i^{-2})` (Higgins & Thompson 2002):
    :math:`100\,\tau^2/(v + \tau^2)` and :math:`\tau^2/v + 1`.

    The intervals of mean and prediction carry the uncertainty of :math:`\mu`, and by t and the
    Hartung–Knapp variance some of that of :math:`\tau^2`. With very similar estimates the
    Hartung–Knapp interval can be narrower than one without any variation between organisations;
    ``narrow`` says when it is. ``benchmarks/POOLING.md`` has the coverage of the pooled values'
    intervals and, beside it, that of intervals which take :math:`\tau^2` as known.

    Standardised links are pooled as they are, not as Fisher's z. They are regression weights of
    latent variables, not correlations: they may exceed 1, z does not make their variance
    constant, and their standard errors are at hand on their own scale. A mean of z turned back is
    not the mean link, and reports compare pooled and own values on one scale. The price: near ±1
    symmetric intervals are an approximation and can pass 1. Indices (0–100) are pooled the same
    way; ``pooled`` is then the index adjusted for differing numbers of respondents.

    Parameters
    ----------
    estimates, errors
        One estimate and its standard error per organisation, with the same index. An organisation
        with a missing estimate or error, or an error of zero (which claims certainty), is not
        pooled; it gets the mean with the prediction interval and ``own`` is False.
    method
        The estimator of :math:`\tau^2`: ``"reml"`` (restricted maximum likelihood), ``"dl"``
        (DerSimonian & Laird 1986) or ``"pm"`` (Paule & Mandel 1982).

    Raises
    ------
    BenchmarkError
        Estimates and errors with different or repeated names, an infinite estimate, a negative
        error, or an unknown method.

    Notes
    -----
    With no estimate everything is missing; with one, it is returned as it is, and nothing is
    known of other organisations.

    Equal to metafor 3.8-1 in R: ``rma(y, sei = s, method = , test = "knha")``, ``predict()``,
    ``confint()``, ``blup()`` (tests/reference/benchmark/pooling.R); DL and PM to statsmodels'
    ``combine_effects`` too, which has no REML, Q-profile or empirical Bayes values.

    References
    ----------
    1. Hartung, J. & Knapp, G. (2001). Statistics in Medicine 20, 3875–3889.
    2. Viechtbauer, W. (2007). Statistics in Medicine 26, 37–52.
    3. Higgins, J. P. T. & Thompson, S. G. (2002). Statistics in Medicine 21, 1539–1558.
    4. Higgins, J. P. T., Thompson, S. G. & Spiegelhalter, D. J. (2009). JRSS A 172, 137–159.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["Parks", "Roads", "Water", "Zoo"]
    >>> links = pd.Series([0.5, 0.2, 0.3, 0.4], names)
    >>> errors = pd.Series([0.1, 0.1, 0.2, 0.1], names)
    >>> found = wb.benchmark.pool(links, errors)
    >>> found.summary[["estimate", "lower", "upper"]].round(2)
       estimate  lower  upper
    0      0.36   0.14   0.58
    >>> found.organisations[["pooled", "shrinkage"]].round(2)
           pooled  shrinkage
    Parks    0.43       0.52
    Roads    0.28       0.52
    Water    0.35       0.81
    Zoo      0.38       0.52
    """
    if method not in ESTIMATORS:
        raise BenchmarkError(
            f"Pooling method {method!r} is not known; choose one of "
            f"{', '.join(ESTIMATORS)}.{nearest(method, ESTIMATORS)}"
        )
    check(estimates, errors)
    usable = usable_estimates(estimates, errors)
    y, v = estimates[usable].to_numpy(float), errors[usable].to_numpy(float) ** 2
    summary = _summary(y, v, method)
    summary |= {
        "organisations": len(y),
        "without_estimate": int((~usable).sum()),
        "method": method,
    }
    organisations = _organisations(estimates, errors, usable, summary)
    narrow = len(y) > 1 and float(summary["se"]) < 1 / math.sqrt((1 / v).sum())
    return Pooled(pd.DataFrame([summary]), organisations, narrow)


def check(estimates: pd.Series, errors: pd.Series) -> None:
    """Raise :class:`BenchmarkError` unless there is one name, estimate and error for each."""
    if not estimates.index.equals(errors.index):
        raise BenchmarkError(
            f"The {len(estimates)} estimates and {len(errors)} standard errors do not name the "
            "same organisations in the same order. Give both the same index."
        )
    repeated = estimates.index[estimates.index.duplicated()]
    if len(repeated):
        raise BenchmarkError(
            f"Organisation {repeated[0]!r} has more than one estimate. Pool one link or one "
            "index at a time."
        )
    infinite = estimates.index[np.isinf(estimates.to_numpy(float))]
    if len(infinite):
        raise BenchmarkError(
            f"Organisation {infinite[0]!r} has an infinite estimate. Leave it missing (NaN) "
            "where it could not be estimated."
        )
    negative = errors[errors < 0]
    if len(negative):
        raise BenchmarkError(
            f"Organisation {negative.index[0]!r} has the standard error {negative.iloc[0]:g}. "
            "A standard error is positive, or missing (NaN)."
        )


def usable_estimates(estimates: pd.Series, errors: pd.Series) -> pd.Series:
    """Return which organisations have an estimate and a finite standard error above zero."""
    return estimates.notna() & (errors > 0) & np.isfinite(errors.astype(float))


def _summary(y: np.ndarray, v: np.ndarray, method: str) -> dict[str, float | int | str]:
    k = len(y)
    names = [
        *("estimate", "se", "lower", "upper", "prediction_lower", "prediction_upper"),
        *("tau", "tau_lower", "tau_upper", "q", "q_df", "q_pvalue", "i2", "h2"),
    ]
    found: dict[str, float | int | str] = dict.fromkeys(names, math.nan)
    if k == 1:
        se = math.sqrt(v[0])
        found |= {"estimate": y[0], "se": se, "lower": y[0] - _Z * se, "upper": y[0] + _Z * se}
    if k < 2:
        return found
    tau2 = ESTIMATORS[method](y, v)
    mean, se = hartung_knapp(y, v, tau2)
    t = float(stats.t.ppf(0.975, k - 1))
    spread = math.sqrt(se**2 + tau2)
    tau2_lower, tau2_upper = q_profile(y, v)
    q, typical = generalised_q(y, v, 0.0), typical_variance(v)
    return found | {
        "estimate": mean,
        "se": se,
        "lower": mean - t * se,
        "upper": mean + t * se,
        "prediction_lower": mean - t * spread,
        "prediction_upper": mean + t * spread,
        "tau": math.sqrt(tau2),
        "tau_lower": math.sqrt(tau2_lower),
        "tau_upper": math.sqrt(tau2_upper),
        "q": q,
        "q_df": k - 1,
        "q_pvalue": float(stats.chi2.sf(q, k - 1)),
        "i2": 100 * tau2 / (typical + tau2),
        "h2": tau2 / typical + 1,
    }


def _organisations(
    estimates: pd.Series,
    errors: pd.Series,
    usable: pd.Series,
    summary: dict[str, float | int | str],
) -> pd.DataFrame:
    y, s = estimates.astype(float), errors.astype(float)
    mean, se, tau = (float(summary[name]) for name in ("estimate", "se", "tau"))
    k = int(summary["organisations"])
    table = pd.DataFrame(
        {"estimate": y, "se": s, "lower": y - _Z * s, "upper": y + _Z * s}, index=estimates.index
    )
    v = (s**2).where(usable)
    if k == 1:
        table["pooled"], table["pooled_se"] = y.where(usable), s.where(usable)
        table["pooled_lower"] = table["lower"].where(usable)
        table["pooled_upper"] = table["upper"].where(usable)
        table["weight"], table["shrinkage"] = usable.astype(float), (0.0 * y).where(usable)
    else:
        kept = (tau**2 / (tau**2 + v)).where(usable, 0.0)
        # λ s² is τ² where s² is without bound: the new organisation's variance is the limit.
        variance = (kept * v).where(usable, tau**2) + (1 - kept) ** 2 * se**2
        table["pooled"] = (kept * y).where(usable, 0.0) + (1 - kept) * mean
        table["pooled_se"] = np.sqrt(variance)
        table[["pooled_lower", "pooled_upper"]] = math.nan
        if k:
            t = float(stats.t.ppf(0.975, k - 1))
            half = (t * table["pooled_se"]).where(~usable)
            spread = spread_over_tau(y[usable].to_numpy(), v[usable].to_numpy())
            half[usable] = _Z * spread
            table["pooled_lower"] = table["pooled"] - half
            table["pooled_upper"] = table["pooled"] + half
        weight = 1 / (v + tau**2)
        table["weight"] = (weight / weight.sum()).where(usable, 0.0)
        table["shrinkage"] = 1 - kept
    table["own"] = usable
    return table


def hartung_knapp(y: np.ndarray, v: np.ndarray, tau2: float) -> tuple[float, float]:
    """Return the weighted mean and its Hartung–Knapp–Sidik–Jonkman standard error."""
    w = 1 / (v + tau2)
    mean = float(w @ y / w.sum())
    return mean, math.sqrt(w @ (y - mean) ** 2 / ((len(y) - 1) * w.sum()))


def generalised_q(y: np.ndarray, v: np.ndarray, tau2: float) -> float:
    """Return the weighted squares around the weighted mean; at ``tau2 = 0`` Cochran's Q."""
    w = 1 / (v + tau2)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def typical_variance(v: np.ndarray) -> float:
    """Return Higgins & Thompson's typical sampling variance, (k−1) / (Σw − Σw²/Σw)."""
    w = 1 / v
    return float((len(v) - 1) / (w.sum() - (w**2).sum() / w.sum()))


def tau2_dl(y: np.ndarray, v: np.ndarray) -> float:
    """DerSimonian & Laird: the tau² at which Q has its expected value, by moments, at least 0."""
    excess = generalised_q(y, v, 0.0) - (len(y) - 1)
    return max(0.0, excess * typical_variance(v) / (len(y) - 1))


def tau2_pm(y: np.ndarray, v: np.ndarray) -> float:
    """Paule & Mandel: the tau² at which the generalised Q is k − 1, at least 0."""
    return _tau2_at(y, v, len(y) - 1)


def tau2_reml(y: np.ndarray, v: np.ndarray, group: np.ndarray | None = None) -> float:
    r"""Maximise the restricted likelihood of tau² over tau² ≥ 0.

    The likelihood can have more than one peak, and Fisher scoring can circle a peak for hundreds
    of steps; so the best of a grid is taken and the root of the score beside it found by Brent's
    method, which always ends. The score is :math:`(y'PPy - \mathrm{tr} P)/2` with
    :math:`P = W - W11'W/\sum w`. With a ``group`` for each estimate, every group has a mean of its
    own and all have the same tau²: the likelihood is the product of those of the groups.
    """
    group = np.zeros(len(y), dtype=int) if group is None else group
    parts = [(y[group == one], v[group == one]) for one in np.unique(group)]

    def restricted(tau2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        likelihoods, slopes = zip(*(_restricted(*part, tau2) for part in parts), strict=True)
        return np.sum(likelihoods, axis=0), np.sum(slopes, axis=0)

    scale = float(np.var(y, ddof=1)) + float(v.max())
    grid = np.concatenate([[0.0], scale * np.logspace(-6, 1, 57)])
    likelihood, score = restricted(grid)
    best = int(np.argmax(likelihood))
    if score[best] > 0:
        start, end = best, best + 1 + int(np.argmax(score[best + 1 :] <= 0))
    elif np.any(score[:best] > 0):
        start, end = int(np.flatnonzero(score[:best] > 0)[-1]), best
    else:
        return 0.0
    root = optimize.brentq(
        lambda at: float(restricted(np.array([at]))[1][0]),
        *(grid[start], grid[end]),
        xtol=1e-300,
        rtol=1e-14,
    )
    return float(root)


def _restricted(y: np.ndarray, v: np.ndarray, tau2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the restricted log likelihood (without constants) and its slope at each tau²."""
    w = 1 / (v + tau2[:, None])
    total, squares = w.sum(axis=1), (w**2).sum(axis=1)
    residual2 = (y - ((w @ y) / total)[:, None]) ** 2
    likelihood = np.log(w).sum(axis=1) - np.log(total) - (w * residual2).sum(axis=1)
    slope = (w**2 * residual2).sum(axis=1) - (total - squares / total)
    return likelihood / 2, slope / 2


def spread_over_tau(y: np.ndarray, v: np.ndarray) -> np.ndarray:
    r"""Return the standard deviation of each organisation's true value, given all estimates.

    With :math:`\lambda_i(\tau) = \tau^2 / (\tau^2 + v_i)` and :math:`\hat\mu(\tau)`,
    :math:`V(\tau) = 1 / \sum w_i` the weighted mean and its variance,

    .. math:: E_\tau[\lambda_i v_i + (1 - \lambda_i)^2 V] +
              \mathrm{Var}_\tau[\lambda_i y_i + (1 - \lambda_i) \hat\mu]

    over the distribution of :math:`\tau` that is proportional to its restricted likelihood (a flat
    prior on :math:`\tau`; Gelman 2006, Bayesian Analysis 1, 515–533; Morris 1983, JASA 78, 47–55).
    """
    most = 5 * math.sqrt(float(np.var(y, ddof=1)) + float(v.max()))
    tau2 = np.linspace(0.0, most, 400) ** 2
    likelihood, _ = _restricted(y, v, tau2)
    chance = np.exp(likelihood - likelihood.max())
    chance /= chance.sum()
    w = 1 / (v + tau2[:, None])
    mean = (w @ y / w.sum(axis=1))[:, None]
    kept = tau2[:, None] * w
    value = kept * y + (1 - kept) * mean
    within = kept * v + (1 - kept) ** 2 / w.sum(axis=1)[:, None]
    centre = chance @ value
    return np.sqrt(chance @ within + chance @ (value - centre) ** 2)


def q_profile(y: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """Return the 95% Q-profile interval of tau²; both 0 when the estimates are all too alike."""
    lower, upper = stats.chi2.ppf([0.975, 0.025], len(y) - 1)
    return _tau2_at(y, v, float(lower)), _tau2_at(y, v, float(upper))


def _tau2_at(y: np.ndarray, v: np.ndarray, q: float) -> float:
    """Return the tau² at which the generalised Q, which falls in tau², is ``q``; at least 0."""
    if generalised_q(y, v, 0.0) <= q:
        return 0.0
    # w ≤ 1/τ² and the weighted mean has the least squares, so Q < q from here on.
    end = float(((y - y.mean()) ** 2).sum()) / q
    return float(
        optimize.brentq(lambda at: generalised_q(y, v, at) - q, 0.0, end, xtol=1e-300, rtol=1e-14)
    )


ESTIMATORS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "reml": tau2_reml,
    "dl": tau2_dl,
    "pm": tau2_pm,
}
