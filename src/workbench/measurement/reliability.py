"""How consistently a construct's items measure one thing."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from workbench.linkage.units import select
from workbench.study import Study

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """Reliability of a construct's score; NaN where it cannot be estimated.

    ``items`` has one row per item: ``item``, ``n``, ``missing`` (share of respondents without an
    answer), ``mean``, ``sd``, ``floor`` and ``ceiling`` (share of answers at the lowest and highest
    code, reversed items turned) and ``item_rest`` (correlation with the mean of the other items).
    """

    construct: str
    alpha: float
    alpha_lower: float
    alpha_upper: float
    omega: float
    n: int
    items: pd.DataFrame

    @property
    def words(self) -> str:
        """What the numbers mean for the use made of them (Nunnally & Bernstein 1994)."""
        if len(self.items) < 2:
            return f"{self.construct} has one item: its reliability cannot be estimated."
        if np.isnan(self.alpha):
            return (
                f"The reliability of {self.construct} cannot be estimated: "
                "an item does not vary, or too few answered."
            )
        name, value = ("alpha", self.alpha) if np.isnan(self.omega) else ("omega", self.omega)
        if value >= 0.8:
            use = "good for comparing groups"
        elif value >= 0.7:
            use = "enough for comparing groups"
        else:
            use = "low, so that noise blurs differences between groups"
        return f"The reliability of {self.construct} is {use} ({name} = {value:.2f})."


def reliability(
    study: Study, construct: str, organisation: str | None = None, wave: str | None = None
) -> Reliability:
    """Cronbach's alpha with its 95 % interval, omega total, and the statistics of the items.

    Alpha and its interval (Feldt, Woodruff & Salih 1987) are pingouin's ``cronbach_alpha``, omega
    is :func:`omega`; both from covariances over pairs of answers. Weights are not used.
    """
    codebook = study.codebook
    items = codebook.items(construct)
    answers = select(study, codebook.source_of(construct), organisation, wave)[items]
    scale = codebook.frame.set_index("item").loc[items]
    answered = answers.dropna(how="all")
    alpha, lower, upper = _alpha(answered)
    return Reliability(
        construct=construct,
        alpha=alpha,
        alpha_lower=lower,
        alpha_upper=upper,
        omega=omega(answered.cov().to_numpy()),
        n=len(answered),
        items=_item_statistics(answers, scale),
    )


def _alpha(answers: pd.DataFrame) -> tuple[float, float, float]:
    covariance = answers.cov().to_numpy()
    if len(covariance) < 2 or np.isnan(covariance).any() or (np.diag(covariance) <= 0).any():
        return np.nan, np.nan, np.nan
    import pingouin

    alpha, (lower, upper) = pingouin.cronbach_alpha(answers)
    return float(alpha), float(lower), float(upper)


def omega(covariance: Array) -> float:
    """Omega total of the sum of items under one factor.

        ω = (Σ λ_j)² / ((Σ λ_j)² + Σ ψ_j)

    with λ, ψ the maximum likelihood solution of Σ = λλ' + diag(ψ) (McDonald 1999). Checked against
    ``factanal`` in R, of which this is the solution on the items' own scale.

    Returns
    -------
    NaN with fewer than three items (one factor is then not identified), or where ``covariance``
    (J × J) is not positive definite.
    """
    if len(covariance) < 3 or np.isnan(covariance).any():
        return np.nan
    if np.linalg.eigvalsh(covariance)[0] <= 0:
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


def _item_statistics(answers: pd.DataFrame, scale: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for item in answers.columns:
        given = answers[item].dropna()
        rest = answers.drop(columns=item).mean(axis=1)
        rows.append(
            {
                "item": item,
                "n": len(given),
                "missing": 1 - len(given) / len(answers) if len(answers) else np.nan,
                "mean": given.mean(),
                "sd": given.std(),
                "floor": (given == scale.at[item, "low"]).mean(),
                "ceiling": (given == scale.at[item, "high"]).mean(),
                "item_rest": _correlation(answers[item], rest),
            }
        )
    return pd.DataFrame(rows)


def _correlation(one: pd.Series, other: pd.Series) -> float:
    both = one.notna() & other.notna()
    x, y = one[both].to_numpy(), other[both].to_numpy()
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    return float(np.corrcoef(x, y)[0, 1])
