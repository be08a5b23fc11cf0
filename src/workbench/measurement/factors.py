"""How many things a set of items measures: parallel analysis, exploratory factors, one factor.

Pure functions on correlation matrices (p, p) come first, then what they say about a construct's or
a source's answers.

References
----------
1. Horn, J. L. (1965). A rationale and test for the number of factors in factor analysis.
   Psychometrika, 30, 179–185.
2. Humphreys, L. G., & Montanelli, R. G. (1975). An investigation of the parallel analysis
   criterion for determining the number of common factors. Multivariate Behavioral Research, 10,
   193–205.
3. Harman, H. H., & Jones, W. H. (1966). Factor analysis by minimizing residuals (minres).
   Psychometrika, 31, 351–368.
4. Jennrich, R. I. (2002). A simple general method for oblique rotation. Psychometrika, 67, 7–19.
5. Podsakoff, P. M., MacKenzie, S. B., Lee, J.-Y., & Podsakoff, N. P. (2003). Common method biases
   in behavioral research. Journal of Applied Psychology, 88, 879–903.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from workbench.errors import MeasurementError
from workbench.extras import hidden
from workbench.figures.notebook import Part, Shown
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.measurement.answers import ItemAnswers

# statsmodels imports polars where it is there, which starts threads (what is forked must have one)
# and keeps Ctrl-C from Python.
with hidden("polars"):
    from statsmodels.multivariate.factor_rotation import rotate_factors

Array = NDArray[np.float64]

_LEAST_UNIQUE = 0.005
_DRAWS = 1000
_SEED = 1965
_STEEPEST = 1e-6  # slope at which a rotation ends: loadings are then right to five digits


@dataclass(frozen=True)
class Eigenvalues(Shown):
    """Eigenvalues of the answers beside those of random answers.

    ``table`` has one row per eigenvalue: ``number``, ``component``, ``component_random``,
    ``factor``, ``factor_random``; the random ones are 95th percentiles.
    """

    table: pd.DataFrame

    @property
    def components(self) -> int:
        """How many principal components are larger than chance."""
        return _leading(self.table["component"], self.table["component_random"])

    @property
    def factors(self) -> int:
        """How many common factors are larger than chance."""
        return _leading(self.table["factor"], self.table["factor_random"])

    def _parts(self) -> Iterator[Part]:
        yield f"Larger than chance: {self.components} components and {self.factors} common factors."
        yield "Eigenvalues", self.table


@dataclass(frozen=True)
class Factors(Shown):
    """An exploratory solution: ``loadings`` (items × factors, the pattern), ``correlations`` of
    the factors, ``uniqueness`` per item."""

    loadings: pd.DataFrame
    correlations: pd.DataFrame
    uniqueness: pd.Series

    def _parts(self) -> Iterator[Part]:
        loadings = (
            self.loadings.rename_axis("item").assign(uniqueness=self.uniqueness).reset_index()
        )
        yield "Loadings", loadings
        yield "Correlations of the factors", self.correlations.rename_axis("factor").reset_index()


def parallel_analysis(answers: ItemAnswers, seed: int = _SEED) -> Eigenvalues:
    """Horn's parallel analysis [1] of all items of ``answers``.

    An eigenvalue counts as long as it and all before it exceed the 95th percentile of those of
    1,000 matrices of unrelated normal items: of correlations (components) and of correlations
    with squared multiple correlations on the diagonal (common factors [2]). n is the smallest
    number of rows behind any correlation.

    Parameters
    ----------
    answers
        Answers to the items (:func:`answers_by_source`).
    seed
        Of the random answers.

    Raises
    ------
    MeasurementError
        With fewer than three items, a constant item, or too few rows.

    Checked against eigenvalues of ``cor`` in R, and its percentiles over simulated data.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
    >>> found = wb.measurement.parallel_analysis(clients)
    >>> found.components, found.factors
    (2, 2)
    """
    correlation, n = _correlation(answers)
    components, factors = random_eigenvalues(n, len(correlation), _DRAWS, seed)
    return Eigenvalues(
        pd.DataFrame(
            {
                "number": np.arange(1, len(correlation) + 1),
                "component": _eigenvalues(correlation),
                "component_random": np.quantile(components, 0.95, axis=0),
                "factor": _eigenvalues(_reduced(correlation)),
                "factor_random": np.quantile(factors, 0.95, axis=0),
            }
        )
    )


def random_eigenvalues(n: int, items: int, draws: int, seed: int) -> tuple[Array, Array]:
    """Eigenvalues, largest first, of ``draws`` correlation matrices of unrelated normal items.

    The matrices are drawn as Wishart with n − 1 degrees of freedom by Bartlett's decomposition,
    which costs the same for any n. Returns components and common factors, each (draws, items).
    """
    random = np.random.default_rng(seed)
    root = np.tril(random.standard_normal((draws, items, items)), -1)
    diagonal = np.arange(items)
    root[:, diagonal, diagonal] = np.sqrt(random.chisquare(n - 1 - diagonal, (draws, items)))
    scatter = root @ np.swapaxes(root, 1, 2)
    deviation = np.sqrt(np.diagonal(scatter, axis1=1, axis2=2))
    correlation = scatter / (deviation[:, :, None] * deviation[:, None, :])
    return _eigenvalues(correlation), _eigenvalues(_reduced(correlation))


def exploratory_factors(answers: ItemAnswers, factors: int) -> Factors:
    """Minimum residual factors [3] of all items, rotated obliquely (oblimin) if several.

    Factors come in the order of the variance they explain, signs so that loadings add up to more
    than 0.

    Parameters
    ----------
    answers
        Answers to the items (:func:`answers_by_source`).
    factors
        How many.

    Raises
    ------
    MeasurementError
        As :func:`parallel_analysis`, or if the items cannot carry so many factors.

    Checked against ``psych::fa(fm = "minres", rotate = "oblimin")``.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
    >>> found = wb.measurement.exploratory_factors(clients, 2)
    >>> found.loadings.shape
    (7, 2)
    >>> found.correlations.round(2)
              factor 1  factor 2
    factor 1      1.00      0.55
    factor 2      0.55      1.00
    """
    correlation, _ = _correlation(answers)
    items = len(correlation)
    if not factors >= 1 or (items - factors) ** 2 < items + factors:
        raise MeasurementError(f"{items} items cannot carry {factors} common factors.")
    loading, unique = minres(correlation, factors)
    phi = np.eye(factors)
    if factors > 1:
        loading, phi = oblimin(loading)
    order = np.argsort(-np.einsum("if,fg,ig->f", loading, phi, loading), kind="stable")
    sign = np.where(loading.sum(axis=0) < 0, -1.0, 1.0)
    loading, phi = (loading * sign)[:, order], (phi * np.outer(sign, sign))[np.ix_(order, order)]
    names = [f"factor {number}" for number in range(1, factors + 1)]
    return Factors(
        pd.DataFrame(loading, answers.all_items, names),
        pd.DataFrame(phi, names, names),
        pd.Series(unique, answers.all_items, name="uniqueness"),
    )


def minres(correlation: Array, factors: int) -> tuple[Array, Array]:
    """Minimum residual loadings (p, m), unrotated, and unique variances (p,).

    The squared residuals Σ_{i<j} (r_ij − λ_i'λ_j)² are least where, over ψ in [.005, 1] and with
    θ the eigenvalues of R − Ψ in falling order,

        F(ψ) = ½ Σ_{j>m} θ_j²,    ∂F/∂ψ_i = −Σ_{j>m} θ_j v_ij²

    is least; Λ are the first m eigenvectors times √θ.
    """

    def solve(unique: Array) -> tuple[Array, Array]:
        values, vectors = np.linalg.eigh(correlation - np.diag(unique))
        return values[::-1], vectors[:, ::-1]

    def misfit(unique: Array) -> tuple[float, Array]:
        values, vectors = solve(unique)
        rest, axes = values[factors:], vectors[:, factors:]
        return 0.5 * float(rest @ rest), -(axes**2) @ rest

    start = np.clip(1 / np.diag(np.linalg.inv(correlation)), _LEAST_UNIQUE, 1.0)
    found = minimize(
        misfit,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(_LEAST_UNIQUE, 1.0)] * len(start),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000},
    )
    values, vectors = solve(found.x)
    return vectors[:, :factors] * np.sqrt(np.maximum(values[:factors], 0.0)), found.x


def oblimin(loading: Array) -> tuple[Array, Array]:
    """Rotate obliquely: pattern (p, m) and factor correlations (m, m).

    Direct oblimin with γ = 0 (quartimin): the least of ¼ Σ_i Σ_{j≠k} l_ij² l_ik² over patterns
    L = A (T')⁻¹ with T of unit columns, by gradient projection [4] from T = I; Φ = T'T.
    """
    with np.errstate(divide="ignore"):  # it takes the logarithm of a slope that may be 0
        pattern, turn = rotate_factors(loading, "oblimin", 0.0, "oblique", tol=_STEEPEST)
    return pattern, turn.T @ turn


def single_factor_share(answers: ItemAnswers) -> float:
    """Harman's single-factor test: the share of all items' variance in the first component [5].

    Parameters
    ----------
    answers
        Answers to the items (:func:`answers_by_source`).

    Returns
    -------
    Between 0 and 1.

    Raises
    ------
    MeasurementError
        As :func:`parallel_analysis`.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
    >>> round(wb.measurement.single_factor_share(clients), 2)
    0.52
    """
    correlation, _ = _correlation(answers)
    return float(_eigenvalues(correlation)[0] / len(correlation))


def _correlation(answers: ItemAnswers) -> tuple[Array, int]:
    """Correlations over pairs of answers and the smallest n behind one of them."""
    values = answers.frame[answers.all_items]
    items = values.shape[1]
    if items < 3:
        raise MeasurementError(
            say("unmeasured.dimensions", title=answers.title, items=counted(items, "item"))
        )
    answers.require_varying()
    there = values.notna().to_numpy(dtype=float)
    n = int((there.T @ there).min())
    if n <= items + 1:
        raise MeasurementError(
            say("unmeasured.few pairs", title=answers.title, rows=n, items=items)
        )
    correlation = values.corr().to_numpy()
    if np.linalg.eigvalsh(correlation)[0] <= 1e-10:
        raise MeasurementError(say("unmeasured.singular", title=answers.title))
    return correlation, n


def _reduced(correlation: Array) -> Array:
    """With squared multiple correlations on the diagonal, for (…, p, p)."""
    inverse = np.linalg.inv(correlation)
    diagonal = np.arange(correlation.shape[-1])
    reduced = correlation.copy()
    reduced[..., diagonal, diagonal] = 1 - 1 / inverse[..., diagonal, diagonal]
    return reduced


def _eigenvalues(matrices: Array) -> Array:
    return np.asarray(np.linalg.eigvalsh(matrices)[..., ::-1], dtype=np.float64)


def _leading(found: pd.Series, random: pd.Series) -> int:
    below = (found <= random).to_numpy()
    return int(np.argmax(below)) if below.any() else len(below)
