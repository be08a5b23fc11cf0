"""How consistently a construct's items measure one thing."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize

from workbench.linkage.units import select
from workbench.study import Study

Array = NDArray[np.float64]

ENOUGH = 0.7
"""From here on a score is reliable enough to compare groups (Nunnally 1978)."""

FEWEST = 10
"""Fewer rows say next to nothing: the interval of an alpha of .70 is about as wide as 0 to 1."""


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
    alpha = lower = upper = total = np.nan
    if not reason:
        import pingouin

        alpha, (lower, upper) = pingouin.cronbach_alpha(answered)
        total = omega(covariance)
    return Reliability(
        construct=construct,
        alpha=float(alpha),
        alpha_lower=float(lower),
        alpha_upper=float(upper),
        omega=total,
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

    As :func:`reliability` gives it for one, for all organisations in one pass. Columns
    ``organisation``, ``construct``, ``alpha``, ``lower``, ``upper``, ``n`` and ``reason``: why
    alpha is NaN where it cannot be estimated.
    """
    source, items = study.codebook.source_of(construct), study.codebook.items(construct)
    answers = select(study, source, wave=wave).dropna(subset=items, how="all")
    grouped = answers.groupby("organisation", sort=True)
    names, group = grouped.size().index, grouped.ngroup().to_numpy()
    rows = np.bincount(group, minlength=len(names))
    points = study.codebook.points(answers, items).to_numpy(float)
    covariance = grouped_covariances(points, group, len(names))
    reasons = [_why_none(own, n) for own, n in zip(covariance, rows, strict=True)]
    alpha, lower, upper = _alphas(covariance, rows, np.array([not why for why in reasons], bool))
    return pd.DataFrame(
        {
            "organisation": names.to_numpy(),
            "construct": construct,
            "alpha": alpha,
            "lower": lower,
            "upper": upper,
            "n": rows,
            "reason": reasons,
        }
    )


def _alphas(
    covariance: Array, rows: NDArray[np.integer], usable: NDArray[np.bool_]
) -> tuple[Array, Array, Array]:
    r"""Alpha where ``usable`` from covariances (G, J, J), its interval rounded as pingouin's.

    α = J / (J − 1) · (1 − tr Σ / 1'Σ1), and 1 − (1 − α) F with F of n − 1 and (n − 1)(J − 1)
    degrees of freedom (Feldt, Woodruff & Salih 1987).
    """
    items = covariance.shape[-1]
    alpha, lower, upper = np.full((3, len(rows)), np.nan)
    if not usable.any():
        return alpha, lower, upper
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    total = covariance[usable].sum(axis=(1, 2))
    alpha[usable] = items / (items - 1) * (1 - variance[usable].sum(axis=1) / total)
    freedom = rows[usable] - 1
    for end, share in ((lower, 0.025), (upper, 0.975)):
        ratio = stats.f.isf(share, freedom, freedom * (items - 1))
        end[usable] = np.round(1 - (1 - alpha[usable]) * ratio, 3)
    return alpha, lower, upper


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

    with λ, ψ the maximum likelihood solution of Σ = λλ' + diag(ψ) (McDonald 1999). Checked against
    ``factanal`` in R, of which this is the solution on the items' own scale.

    Returns
    -------
    NaN with fewer than three items (one factor is then not identified), or where ``covariance``
    (J × J) is not positive definite to machine precision.
    """
    if len(covariance) < 3 or np.isnan(covariance).any():
        return np.nan
    values = np.linalg.eigvalsh(covariance)
    if values[0] <= len(values) * np.finfo(float).eps * values[-1]:
        return np.nan
    loading, unique = one_factor(covariance)
    common = loading.sum() ** 2
    return float(common / (common + unique.sum()))


def one_factor(covariance: Array) -> tuple[Array, Array]:
    """Maximum likelihood loadings and unique variances of one factor.

    Jöreskog's (1967) concentrated likelihood: given unique variances ψ (of standardised items,
    held in [.005, 1]), with θ_1 ≥ … ≥ θ_J the eigenvalues of Ψ^-½ R Ψ^-½ and u_1 the first vector,

        F(ψ) = Σ_{j>1} (θ_j − log θ_j − 1),   λ = Ψ^½ u_1 √(θ_1 − 1)
    """
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)

    def solve(unique: Array) -> tuple[Array, Array]:
        root = np.sqrt(unique)
        return np.linalg.eigh(correlation / np.outer(root, root))

    def misfit(unique: Array) -> tuple[float, Array]:
        values, vectors = solve(unique)
        loading = np.sqrt(unique) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
        rest = np.maximum(values[:-1], 1e-12)
        implied = np.outer(loading, loading) + np.diag(unique)
        gradient = np.diag(implied - correlation) / unique**2
        return float(np.sum(rest - np.log(rest) - 1)), gradient

    start = np.clip(0.5 / np.diag(np.linalg.inv(correlation)), 0.005, 1.0)
    found = minimize(
        misfit,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.005, 1.0)] * len(start),
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000},
    )
    values, vectors = solve(found.x)
    first = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
    loading = np.sqrt(found.x) * first * np.sqrt(max(values[-1] - 1, 0.0))
    return loading * deviation, found.x * deviation**2


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
