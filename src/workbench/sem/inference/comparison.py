"""Tests between models: likelihood ratio, its scaled forms, Wald, and whether models are nested.

References
----------
1. Satorra, A., & Bentler, P. M. (2001). A scaled difference chi-square test statistic for moment
   structure analysis. Psychometrika, 66, 507–514.
2. Satorra, A., & Bentler, P. M. (2010). Ensuring positiveness of the scaled difference chi-square
   test statistic. Psychometrika, 75, 243–248.
3. Bentler, P. M., & Satorra, A. (2010). Testing model nesting and equivalence. Psychological
   Methods, 15, 111–123.
4. Buse, A. (1982). The likelihood ratio, Wald, and Lagrange multiplier tests: an expository note.
   The American Statistician, 36, 153–157.
5. Satorra, A. (2000). Scaled and adjusted restricted tests in multi-sample analysis of moment
   structures. In Innovations in multivariate statistical analysis (pp. 233–247). Kluwer.
6. Asparouhov, T., & Muthén, B. (2010). Simple second order chi-square correction. Mplus.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.errors import ModelError
from workbench.figures.notebook import Part, Shown
from workbench.sem.estimation.information import null_space
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.objective import NormalTheory
from workbench.sem.estimation.optimiser import minimise
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.effects import label_rows, label_values
from workbench.sem.model.expressions import names_in, value_and_partials
from workbench.sem.model.layout import Layout
from workbench.sem.model.syntax import parse_expression
from workbench.text import nearest

Array = NDArray[np.float64]
Method = Literal["likelihood ratio", "satorra-bentler 2001", "satorra-bentler 2010", "satorra 2000"]


@dataclass(frozen=True)
class ModelTest:
    """What a comparison has to know about a fitted model.

    Attributes
    ----------
    name
        How messages and tables call it.
    chisq, df
        Its unscaled test.
    n
        Rows per group.
    scaling_factor
        c of its scaled test; None for normal-theory ML. A saturated model has none (NaN) and needs
        none: its d·c is 0.
    """

    name: str
    chisq: float
    df: int
    n: tuple[int, ...]
    scaling_factor: float | None = None


@dataclass(frozen=True)
class Difference(Shown):
    """A test between two models, or of a hypothesis: ``pvalue`` is NaN where there is none.

    A scaled statistic is the unscaled one divided by ``scaling_factor``, plus ``shift``.
    ``error_df`` are the degrees of freedom of the errors behind the statistic; infinite, as in
    lavaan, unless set to those that few clusters leave.
    """

    statistic: float
    df: int
    method: str
    scaling_factor: float = 1.0
    shift: float = 0.0
    error_df: float = np.inf

    @property
    def pvalue(self) -> float:
        """Upper tail of chi-square, with ``error_df`` that of F of the statistic over ``df``; NaN
        for a negative scaled difference."""
        if not np.isfinite(self.statistic) or self.df <= 0:
            return float("nan")
        if np.isinf(self.error_df):
            return float(stats.chi2.sf(self.statistic, self.df))
        return float(stats.f.sf(self.statistic / self.df, self.df, self.error_df))

    def _parts(self) -> Iterator[Part]:
        numbers = {
            "method": [self.method],
            "statistic": [self.statistic],
            "df": [self.df],
            "p": [self.pvalue],
        }
        yield "Test", pd.DataFrame(numbers)


@dataclass(frozen=True, eq=False)
class Restricted:
    """What a narrow model takes from a wide one, at the wide one's estimates.

    Attributes
    ----------
    restrictions : (m, k)
        A, the derivatives of the restrictions by the wide model's parameters.
    inverse, meat : (k, k)
        E⁻¹ and B of the wide model's sandwich E⁻¹ B E⁻¹.
    """

    restrictions: Array
    inverse: Array
    meat: Array

    @property
    def traces(self) -> tuple[float, float]:
        """Traces of W and W² for W = (A E⁻¹ A')⁻¹ A E⁻¹ B E⁻¹ A', (m, m)."""
        pulled = self.restrictions @ self.inverse
        w = np.linalg.solve(pulled @ self.restrictions.T, pulled @ self.meat @ pulled.T)
        return float(np.trace(w)), float((w * w.T).sum())


def difference_test(
    narrow: ModelTest,
    wide: ModelTest,
    method: Method | None = None,
    mixed_scaling_factor: float | None = None,
    restricted: Restricted | None = None,
    scaled_shifted: bool = True,
) -> Difference:
    """Test the constraints by which a narrow model differs from the wide one it is nested in.

    With T, d, c the unscaled statistic, degrees of freedom and scaling factor of the narrow (0)
    and the wide (1) model,

    - likelihood ratio: T₀ − T₁;
    - Satorra–Bentler 2001 [1]: (T₀ − T₁) / c_d, c_d = (d₀c₀ − d₁c₁) / (d₀ − d₁);
    - Satorra–Bentler 2010 [2]: c₁ replaced by ``mixed_scaling_factor``, that of the wide model
      evaluated at the narrow model's estimates (see ``theta_of_narrow_in_wide``), which keeps c_d
      positive;
    - Satorra 2000 [5]: with W of ``restricted`` and m = d₀ − d₁, (T₀ − T₁) / c of mean m with
      c = tr W / m; or ``scaled_shifted`` [6], a (T₀ − T₁) + m − a tr W of the mean and variance of
      chi-square, a = √(m / tr W²). Never negative before it is shifted.

    Without ``method`` the scaled test of 2001 is used where the models have scaling factors, as
    lavaan does. A negative c_d of 2001 leaves statistic and p value NaN.

    Raises
    ------
    ModelError
        Models on different rows, or the same or fewer degrees of freedom in the narrow one.

    Checked against ``lavTestLRT(wide, narrow, method = …)``.
    """
    _comparable(narrow, wide)
    df = narrow.df - wide.df
    gain = narrow.chisq - wide.chisq
    scaled = narrow.scaling_factor is not None and wide.scaling_factor is not None
    method = method or ("satorra-bentler 2001" if scaled else "likelihood ratio")
    if method == "likelihood ratio":
        return Difference(gain, df, method)
    if narrow.scaling_factor is None or wide.scaling_factor is None:
        raise ModelError(
            f"The {method} test needs models with a scaled test; fit {narrow.name!r} and "
            f"{wide.name!r} with estimator='MLM' or 'MLR'."
        )
    if method == "satorra 2000":
        if restricted is None:
            raise ModelError("The satorra 2000 test needs what the narrow model restricts.")
        return satorra_2000(narrow, wide, restricted, scaled_shifted)
    factor = wide.scaling_factor
    if method == "satorra-bentler 2010":
        if mixed_scaling_factor is None:
            raise ModelError(
                "The satorra-bentler 2010 test needs the scaling factor of the wide model at the "
                "narrow model's estimates."
            )
        factor = mixed_scaling_factor
    widest = wide.df * factor if wide.df > 0 else 0.0
    scaling = (narrow.df * narrow.scaling_factor - widest) / df
    if method == "satorra-bentler 2001" and scaling < 0:
        scaling = float("nan")
    return Difference(gain / scaling, df, method, scaling)


def satorra_2000(
    narrow: ModelTest, wide: ModelTest, restricted: Restricted, scaled_shifted: bool = True
) -> Difference:
    """:func:`difference_test` by that method, which needs no scaling factors of the models."""
    _comparable(narrow, wide)
    gain, df = narrow.chisq - wide.chisq, narrow.df - wide.df
    trace, squared = restricted.traces
    if not scaled_shifted:
        return Difference(gain * df / trace, df, "satorra 2000", trace / df)
    scale = float(np.sqrt(df / squared))
    shift = df - scale * trace
    return Difference(scale * gain + shift, df, "satorra 2000", 1.0 / scale, shift)


def _comparable(narrow: ModelTest, wide: ModelTest) -> None:
    if narrow.n != wide.n:
        raise ModelError(
            f"{narrow.name!r} was fitted to {_rows(narrow.n)} and {wide.name!r} to {_rows(wide.n)}."
            " Compare models of the same data: leave out rows with missing answers before fitting, "
            "or fit both with missing='fiml'."
        )
    if narrow.df == wide.df:
        raise ModelError(
            f"{narrow.name!r} and {wide.name!r} both have {wide.df} degrees of freedom: neither "
            "is nested in the other. Compare their AIC or BIC."
        )
    if narrow.df < wide.df:
        raise ModelError(
            f"{narrow.name!r} has {narrow.df} degrees of freedom, fewer than the {wide.df} of "
            f"{wide.name!r}: it is the wider model. Give the narrower one first."
        )


def _rows(n: Sequence[int]) -> str:
    return f"{sum(n)} rows" if len(n) == 1 else f"groups of {', '.join(map(str, n))} rows"


def comparison_table(
    models: Sequence[ModelTest],
    tests: Sequence[Difference],
    measures: Mapping[str, pd.Series],
) -> pd.DataFrame:
    """Nested models, from the widest to the narrowest, each tested against the one before.

    Returns ``model, df, chisq, chisq_diff, df_diff, pvalue, aic, bic, cfi, rmsea, srmr, cfi_diff,
    rmsea_diff`` (robust CFI and RMSEA where there are). ``tests`` has one entry for each model
    after the first.
    """
    nothing = {"chisq_diff": np.nan, "df_diff": np.nan, "pvalue": np.nan}
    steps = [nothing] + [
        {"chisq_diff": test.statistic, "df_diff": test.df, "pvalue": test.pvalue} for test in tests
    ]
    table = pd.DataFrame(
        [
            {"model": model.name, "df": model.df, "chisq": model.chisq}
            | step
            | indices(measures[model.name])
            for model, step in zip(models, steps, strict=True)
        ]
    )
    for name in ("cfi", "rmsea"):
        table[f"{name}_diff"] = table[name].diff()
    return table


def indices(measures: pd.Series) -> dict[str, float]:
    """AIC, BIC, CFI, RMSEA and SRMR of a fit, the robust ones of CFI and RMSEA where there are, or
    else the scaled ones."""
    found = {}
    for name in ("aic", "bic", "cfi", "rmsea", "srmr"):
        kinds = (f"{name}.robust", f"{name}.scaled", name)
        found[name] = float(next((measures[kind] for kind in kinds if kind in measures), np.nan))
    return found


def theta_of_narrow_in_wide(wide: pd.DataFrame, narrow: pd.DataFrame, theta: Array) -> Array:
    """The wide model's free parameters (k₁,) at the values they have in the narrow one.

    A parameter that the narrow table does not list is 0 there.
    """
    key = ["lhs", "op", "rhs", "group"]
    values = narrow["fixed"].to_numpy(float, copy=True)
    free = narrow["free"].to_numpy(int)
    values[free > 0] = theta[free[free > 0] - 1]
    known: dict[tuple[Any, ...], float] = {}
    for (lhs, op, rhs, group), value in zip(
        narrow[key].itertuples(index=False), values, strict=True
    ):
        known[lhs, op, rhs, group] = value
        if op == "~~":
            known[rhs, op, lhs, group] = value
    found = np.zeros(int(wide["free"].max()))
    for (lhs, op, rhs, group), number in zip(
        wide[key].itertuples(index=False), wide["free"], strict=True
    ):
        if number > 0:
            found[number - 1] = known.get((lhs, op, rhs, group), 0.0)
    return found


def restrictions_of_moments(wide: Array, narrow: Array) -> Array:
    """Restrictions (m, k₁) by what two models can do to the moments [5]; lavaan's "delta".

    The directions of the wide model's parameters that change its moments as no parameter of the
    narrow one does: the complement of H in Δ₀ = Δ₁ H, by least squares.

    Parameters
    ----------
    wide, narrow : (moments, k₁), (moments, k₀)
        Δ₁ and Δ₀, derivatives of the moments of all groups by the parameters, at the estimates,
        along what the models' own constraints leave free.
    """
    shared = np.asarray(np.linalg.lstsq(wide, narrow, rcond=None)[0], dtype=np.float64)
    return null_space(shared.T, wide.shape[1]).T


def restrictions_of_parameters(
    wide: pd.DataFrame,
    narrow: pd.DataFrame,
    theta: Array,
    constraints: Constraints,
    space: Array,
) -> Array:
    """Restrictions (m, r) by how the parameter tables differ; lavaan's "exact".

    The narrow model gives the wide one's parameters values, the same number, or a constraint among
    them. What it does not list is 0.

    Parameters
    ----------
    theta : (k₁,)
        The wide model's estimates, at which the slopes of the narrow one's constraints are taken.
    constraints
        The narrow model's general ones.
    space : (k₁, r)
        What the wide model's own constraints leave free.

    Raises
    ------
    ModelError
        The narrow model has a free parameter that the wide one has not.
    """
    key = ["lhs", "op", "rhs", "group"]
    numbers: dict[tuple[Any, ...], int] = {}
    for (lhs, op, rhs, group), number in zip(
        narrow[key].itertuples(index=False), narrow["free"], strict=True
    ):
        numbers[lhs, op, rhs, group] = number
        if op == "~~":
            numbers[rhs, op, lhs, group] = number
    size, width = int(wide["free"].max()), int(narrow["free"].max())
    shared = np.zeros((size, width))
    for name, number in zip(wide[key].itertuples(index=False), wide["free"], strict=True):
        found = numbers.get(tuple(name), 0)
        if number > 0 and found > 0:
            shared[number - 1, found - 1] = 1.0
    absent = np.flatnonzero(~shared.any(axis=0))
    if absent.size:
        row = narrow[narrow["free"] == absent[0] + 1].iloc[0]
        raise ModelError(
            f"The parameter {row['lhs']} {row['op']} {row['rhs']} of the narrow model is not free "
            "in the wide one, so the models are not nested parameter by parameter; use "
            "a_method='delta'."
        )
    if constraints:
        at = np.asarray(np.linalg.lstsq(shared, theta, rcond=None)[0], dtype=np.float64)
        shared = shared @ null_space(constraints.equalities(at)[1], width)
    return null_space((space.T @ shared).T, space.shape[1]).T


def is_nested(
    narrow: Layout,
    narrow_theta: Array,
    wide: Layout,
    wide_start: Array,
    n: Array,
    exo: Array | None = None,
    tolerance: float = 1e-6,
) -> bool:
    """Whether the narrow model is nested in the wide one, by what both can reproduce [3].

    The wide model is fitted to the narrow model's implied moments; it is nested if that fit is
    perfect (F < ``tolerance``). Two models nested in each other are equivalent. The answer holds
    near these estimates and does not depend on how the models are written.

    Parameters
    ----------
    narrow_theta : (k₀,)
    wide_start : (k₁,)
        Where the search begins, for example the wide model's own estimates.
    n : (G,)
        Rows per group.
    """
    implied = narrow.implied(np.asarray(narrow_theta, float), exo)
    mean = implied.mu if narrow.mean_structure else np.zeros_like(implied.mu)
    order = _common_order(narrow, wide)
    sigma = implied.sigma[..., order, :][..., :, order]
    objective = NormalTheory.of(wide, Moments(np.asarray(n, float), sigma, mean[..., order]))
    solution = minimise(objective, np.atleast_2d(wide_start))
    return bool(2 * solution.fmin[0] < tolerance)


def _common_order(narrow: Layout, wide: Layout) -> list[int]:
    if set(narrow.observed) != set(wide.observed):
        different = sorted(set(narrow.observed) ^ set(wide.observed))
        raise ModelError(
            f"The models are about different variables ({', '.join(different)}), so neither can be "
            "nested in the other."
        )
    return [narrow.observed.index(name) for name in wide.observed]


def wald_test(
    table: pd.DataFrame, theta: Array, vcov: Array, constraints: Sequence[str]
) -> Difference:
    """Wald test of hypotheses about labelled parameters, without fitting the narrow model [4].

    W = h' (H V H')⁻¹ h with h the constraints' values and H their derivatives, on as many degrees
    of freedom as there are constraints.

    Parameters
    ----------
    constraints
        Such as ``"a == b"`` or ``"p*q == 0"``, in labels of free parameters.

    Raises
    ------
    ModelError
        A constraint without ``==``, with an unknown label, or that follows from the others.

    Checked against ``lavTestWald(fit, "a == b; …")``.
    """
    theta = np.asarray(theta, float)
    rows = label_rows(table)
    free = table["free"].to_numpy(int)
    labels = {name: float(value) for name, value in label_values(table, theta).items()}
    values = np.zeros(len(constraints))
    jacobian = np.zeros((len(constraints), theta.size))
    for i, text in enumerate(constraints):
        left, separator, right = text.partition("==")
        if not separator:
            raise ModelError(f"The hypothesis {text!r} has no '=='; write for example 'a == b'.")
        for side, sign in ((left, 1.0), (right, -1.0)):
            expression = parse_expression(side.strip())
            unknown = next((name for name in names_in(expression) if name not in labels), None)
            if unknown is not None:
                raise ModelError(
                    f"The hypothesis {text!r} is about {unknown!r}, which labels no parameter of "
                    f"the model.{nearest(unknown, labels)}"
                )
            value, partials = value_and_partials(expression, labels)
            values[i] += sign * float(value)
            for name, partial in partials.items():
                if free[rows[name]] > 0:
                    jacobian[i, free[rows[name]] - 1] += sign * float(partial)
    covariance = jacobian @ vcov @ jacobian.T
    if np.linalg.matrix_rank(jacobian) < len(constraints):
        raise ModelError(
            "The hypotheses say the same thing twice, or one is about fixed parameters alone; "
            "leave out what follows from the others."
        )
    statistic = float(values @ np.linalg.solve(covariance, values))
    return Difference(statistic, len(constraints), "wald")
