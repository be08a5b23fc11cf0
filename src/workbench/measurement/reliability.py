"""How consistently a construct's items measure one thing."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import sem
from workbench.errors import WorkbenchWarning
from workbench.linkage.units import select
from workbench.study import Study

Array = NDArray[np.float64]

ENOUGH = 0.7
"""From here on a score is reliable enough to compare groups (Nunnally 1978)."""

FEWEST = 10
"""Fewer rows say next to nothing: the interval of an alpha of .70 is about as wide as 0 to 1."""


_NO_ALPHA = (np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Reliability:
    """Reliability of a construct's score; NaN, and ``reason``, where it cannot be estimated.

    ``items`` has one row per item: ``item``, ``n``, ``missing`` (share of respondents without an
    answer), ``mean``, ``sd``, ``floor`` and ``ceiling`` (share of answers at the lowest and highest
    code, reversed items turned) and ``item_rest`` (correlation with the mean of the other items).
    Mean and standard deviation are on the item's own scale, everything else on the index's 0–100.
    """

    construct: str
    alpha: float
    alpha_lower: float
    alpha_upper: float
    omega: float
    n: int
    items: pd.DataFrame
    reason: str = ""

    @property
    def words(self) -> str:
        """What the numbers mean for the use made of them (Nunnally & Bernstein 1994)."""
        if self.reason:
            return f"The reliability of {self.construct} cannot be estimated: {self.reason}."
        name, value = ("alpha", self.alpha) if np.isnan(self.omega) else ("omega", self.omega)
        if value >= 0.8:
            use = "good for comparing groups"
        elif value >= ENOUGH:
            use = "enough for comparing groups"
        else:
            use = "low, so that noise blurs differences between groups"
        return f"The reliability of {self.construct} is {use} ({name} = {value:.2f})."


def reliability(
    study: Study, construct: str, organisation: str | None = None, wave: str | None = None
) -> Reliability:
    """Cronbach's alpha with its 95 % interval, omega total, and the statistics of the items.

    Alpha and its interval (Feldt, Woodruff & Salih 1987) are pingouin's ``cronbach_alpha``, omega
    is :func:`omega`; both from covariances over pairs of answers in points, every item on 0–100 as
    in the index: an item with a longer scale weighs no more. Weights are not used. Fewer than
    :data:`FEWEST` rows give no estimate.
    """
    codebook = study.codebook
    items = codebook.items(construct)
    answers = select(study, codebook.source_of(construct), organisation, wave)[items]
    points = codebook.points(answers, items)
    answered = points.dropna(how="all")
    together = np.zeros(len(answered), dtype=np.intp)
    covariance = grouped_covariances(answered.to_numpy(float), together, 1)[0]
    reason = _why_none(covariance, len(answered))
    alpha, lower, upper = _NO_ALPHA if reason else cronbach_alpha(answered)
    return Reliability(
        construct=construct,
        alpha=alpha,
        alpha_lower=lower,
        alpha_upper=upper,
        omega=np.nan if reason else omega(covariance),
        n=len(answered),
        items=_item_statistics(answers, points),
        reason=reason,
    )


def _why_none(covariance: Array, rows: int) -> str:
    """Why the covariances (J, J) of some rows give no reliability, or nothing."""
    if len(covariance) < 2:
        return "it has one question"
    if rows < FEWEST:
        return f"{rows} {'row is' if rows == 1 else 'rows are'} fewer than the {FEWEST} it takes"
    if (np.diag(covariance) == 0).any():
        return "a question does not vary"
    if np.isnan(covariance).any():
        return "too few answered two of its questions together"
    return ""


def organisation_alphas(study: Study, construct: str, wave: str | None = None) -> pd.DataFrame:
    """Cronbach's alpha of a construct in every organisation, with its 95 % interval.

    As :func:`reliability` gives it for one. Columns
    ``organisation``, ``construct``, ``alpha``, ``lower``, ``upper``, ``n`` and ``reason``: why
    alpha is NaN where it cannot be estimated.
    """
    source, items = study.codebook.source_of(construct), study.codebook.items(construct)
    answers = select(study, source, wave=wave).dropna(subset=items, how="all")
    grouped = answers.groupby("organisation", sort=True)
    names, group = grouped.size().index, grouped.ngroup().to_numpy()
    rows = np.bincount(group, minlength=len(names))
    points = study.codebook.points(answers, items)
    covariance = grouped_covariances(points.to_numpy(float), group, len(names))
    reasons = [_why_none(own, n) for own, n in zip(covariance, rows, strict=True)]
    alphas = [
        _NO_ALPHA if reason else cronbach_alpha(own)
        for reason, (_, own) in zip(reasons, points.groupby(group), strict=True)
    ]
    table = pd.DataFrame(alphas, columns=["alpha", "lower", "upper"], dtype=float)
    return table.assign(organisation=names.to_numpy(), construct=construct, n=rows, reason=reasons)[
        ["organisation", "construct", "alpha", "lower", "upper", "n", "reason"]
    ]


def cronbach_alpha(points: pd.DataFrame) -> tuple[float, float, float]:
    """Cronbach's alpha of items (n, J) and its 95 % interval (Feldt, Woodruff & Salih 1987)."""
    import pingouin  # takes a second

    alpha, (lower, upper) = pingouin.cronbach_alpha(points)
    return float(alpha), float(lower), float(upper)


def grouped_covariances(values: Array, group: NDArray[np.integer], groups: int) -> Array:
    """Covariances (groups, J, J) of values (n, J), each over the rows of a group that have both.

    NaN with fewer than two such rows. What does not vary in a group has a variance of exactly 0.
    """
    there = ~np.isnan(values)
    count = np.stack([np.bincount(group, own, groups) for own in there.T], axis=1)
    sums = np.stack([np.bincount(group, own, groups) for own in np.where(there, values, 0.0).T], 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.where(there, values - (sums / count)[group], 0.0)
    size = values.shape[1]
    found = np.full((groups, size, size), np.nan)
    for a in range(size):
        for b in range(a + 1):
            both = there[:, a] & there[:, b]
            one, other = away[:, a] * both, away[:, b] * both
            n, first, second, product = (
                np.bincount(group, part, groups) for part in (both, one, other, one * other)
            )
            with np.errstate(invalid="ignore", divide="ignore"):
                found[:, a, b] = found[:, b, a] = np.where(
                    n > 1, (product - first * second / n) / (n - 1), np.nan
                )
    own = pd.DataFrame(values).groupby(group)
    constant = (own.min() == own.max()).reindex(range(groups), fill_value=False).to_numpy()
    at = np.arange(size)
    found[:, at, at] = np.where(constant & (count > 1), 0.0, found[:, at, at])
    return found


def omega(covariance: Array) -> float:
    """Omega total of the sum of items under one factor.

        ω = (Σ λ_j)² / ((Σ λ_j)² + Σ ψ_j)

    with λ, ψ the maximum likelihood solution of Σ = λλ' + diag(ψ) (McDonald 1999), no ψ below 0.
    Checked against ``factanal`` in R, of which this is the solution on the items' own scale.

    Returns
    -------
    NaN with fewer than three items (one factor is then not identified), or where ``covariance``
    (J × J) is not positive definite to machine precision or has no solution.
    """
    if len(covariance) < 3 or np.isnan(covariance).any():
        return np.nan
    values = np.linalg.eigvalsh(covariance)
    if values[0] <= len(values) * np.finfo(float).eps * values[-1]:
        return np.nan
    items = [f"x{j}" for j in range(len(covariance))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WorkbenchWarning)  # of standard errors, not asked for
        fitted = sem.fit_moments(
            f"f =~ {' + '.join(items)}",
            len(items) + 1,  # any number gives these estimates
            pd.DataFrame(covariance, items, items),
            std_lv=True,
            bounds="standard",
            divisor="n",
        )
    if not fitted.converged:
        return np.nan
    found = fitted.estimates.groupby("op")["est"].sum()
    common = found["=~"] ** 2
    return float(common / (common + found["~~"] - 1))  # the factor's own variance is 1


def _item_statistics(answers: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for item in answers.columns:
        given, reached = answers[item].dropna(), points[item].dropna()
        rest = points.drop(columns=item).mean(axis=1)
        rows.append(
            {
                "item": item,
                "n": len(given),
                "missing": 1 - len(given) / len(answers) if len(answers) else np.nan,
                "mean": given.mean(),
                "sd": given.std(),
                "floor": (reached == 0).mean(),
                "ceiling": (reached == 100).mean(),
                "item_rest": _correlation(points[item], rest),
            }
        )
    return pd.DataFrame(rows)


def _correlation(one: pd.Series, other: pd.Series) -> float:
    both = one.notna() & other.notna()
    x, y = one[both].to_numpy(), other[both].to_numpy()
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    return float(np.corrcoef(x, y)[0, 1])
