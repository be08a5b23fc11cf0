"""Fitting a model of two levels, and what a fit of one has beside those of others."""

import warnings as python_warnings
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from workbench.costly import contents, made
from workbench.errors import (
    DataError,
    DataWarning,
    ModelError,
    NotIdentifiedError,
    WorkbenchWarning,
)
from workbench.sem.estimation.frame import Frame, columns_of, numbered, read_frame
from workbench.sem.estimation.optimiser import optimum
from workbench.sem.fitting import check_identified
from workbench.sem.inference.measures import ChiSquare, MomentPair, cfi
from workbench.sem.inference.residuals import residual_table
from workbench.sem.inference.rows import Rows
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.layout import COVARIANCE, Entries, Floats, Integers, Layout
from workbench.sem.model.levels import LEVELS, LevelSyntax, parse_levels
from workbench.sem.model.parameters import table_of_levels
from workbench.sem.options import FitOptions, Options
from workbench.sem.result import Fit
from workbench.sem.twolevel.inference import TwoLevelProblem
from workbench.sem.twolevel.likelihood import BETWEEN, WITHIN, Units
from workbench.sem.twolevel.missing import Answers
from workbench.text import listed, quoted

NO_VARIANCE = 1e-10
"""Share of a variable's variance that rounding leaves of none."""


def _not_offered(name: str, instead: str) -> Any:
    """A method that says what to do in its place."""

    def refused(*_: object, **__: object) -> NoReturn:
        raise ModelError(f"{name}() is not offered for two levels. {instead}")

    return refused


@dataclass(frozen=True, eq=False, repr=False)
class TwoLevelFit(Fit):
    """A fitted model of two levels: as :class:`Fit`, with ``level`` in the place of ``group``.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> items = " + ".join(f"service_{i}" for i in range(1, 5))
    >>> model = f"level: 1; w =~ {items}; level: 2; b =~ {items}"
    >>> fit = wb.sem.fit(model, clients, cluster="unit")
    >>> fit
    Fit of 13943 of 22291 rows in 323 units, two levels (ML): chi-square 4.916 on 4 df, CFI 1.000,
    RMSEA 0.004, SRMR 0.009
    >>> fit.estimates.query("op == '=~'")[["lhs", "rhs", "level", "std_all"]].round(2).head(2)
      lhs        rhs level  std_all
    0   w  service_1     1     0.81
    1   w  service_2     1     0.73
    >>> fit.icc.round(2).head(2)
        variable  within  between   icc
    0  service_1    0.97     0.15  0.13
    1  service_2    0.92     0.13  0.12
    """

    problem: TwoLevelProblem

    @property
    def table(self) -> pd.DataFrame:
        """The parameter table."""
        return self.problem.table.rename(columns={"group": "level"})

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Every parameter, as those of other fits, with its ``level``: 1 within units, 2 between.

        Standardised values are those of the level: shares of the variances within or between units.
        """
        problem = self.problem
        found = problem.rows.estimates(self.theta, self._covariance, problem.exo, problem.groups)
        return found.rename(columns={"group": "level"})

    @cached_property
    def measures(self) -> pd.Series:
        """Fit measures with lavaan's names, among them ``srmr_within`` and ``srmr_between``."""
        found = self.problem.measures(self.theta, self.fmin)
        return found if self.converged else found.where(found.index.isin(["npar", "df"]))

    @cached_property
    def reported(self) -> dict[str, float]:
        """The measures that reports show, as those of other fits."""
        found = self.problem.reported(self.theta, self.fmin)
        if self.converged:
            return found
        return {name: value if name == "df" else np.nan for name, value in found.items()}

    @property
    def cfi(self) -> float:
        """The comparative fit index, robust where there is one."""
        return cfi(*self.problem.robust_pair(self.theta, self.fmin)) if self.converged else np.nan

    @property
    def chi_square(self) -> ChiSquare:
        """The unscaled test of the model; NaN where it did not converge."""
        found = self.problem.test(self.fmin, self.problem.df)
        return found if self.converged else replace(found, statistic=np.nan)

    @property
    def scaled_chi_square(self) -> ChiSquare | None:
        """The scaled test of MLR; else None."""
        return self.problem.tests(self.theta, self.fmin)[1]

    @cached_property
    def icc(self) -> pd.DataFrame:
        """How much of each variable's variance lies between units.

        ``variable, within, between, icc`` of the variables at both levels, from the saturated
        model: icc = between / (between + within) [1]_.

        References
        ----------
        .. [1] Muthén, B. O. (1994). Multilevel covariance structure analysis. Sociological Methods
           & Research, 22, 376-398.
        """
        own = self.problem.units.split
        cov = self.problem.moments.cov
        within, between = (np.diagonal(cov[level])[own] for level in (WITHIN, BETWEEN))
        return pd.DataFrame(
            {
                "variable": [self.layout.observed[i] for i in own],
                "within": within,
                "between": between,
                "icc": between / (between + within),
            }
        )

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """How reliably the items measure each latent variable at its level [1]_.

        ``level, factor, items, omega, alpha``. With the loadings l, the variance f of the latent
        variable and the residual covariances T of its items, omega = (sum l)^2 f / {(sum l)^2 f +
        1'T1}; with the saturated covariance S of its k items at that level, alpha =
        k / (k - 1) (1 - tr S / 1'S1). NaN where a variance they need is not positive.

        References
        ----------
        .. [1] Geldhof, G. J., Preacher, K. J., & Zyphur, M. J. (2014). Reliability estimation in a
           multilevel confirmatory factor analysis framework. Psychological Methods, 19, 72-91.
        """
        layout, problem = self.layout, self.problem
        a, s, _ = layout.matrices(self.theta, problem.exo)
        total = layout.implied(self.theta, problem.exo).total
        p = len(layout.observed)
        rows = []
        for level in (WITHIN, BETWEEN):
            factors = sorted({f for g, _, f in layout.loadings if g == level})
            for factor in factors:
                items = sorted(
                    r for g, r, f in layout.loadings if g == level and f == factor and r < p
                )
                if len(items) < 2:
                    continue
                block = np.ix_(items, items)
                true = a[level][items, factor].sum() ** 2 * total[level, factor, factor]
                noise = s[level][block].sum()
                cov, k = problem.moments.cov[level][block], len(items)
                proper = total[level, factor, factor] > 0 and true + noise > 0
                rows.append(
                    {
                        "level": level + 1,
                        "factor": layout.latent[factor - p],
                        "items": k,
                        "omega": true / (true + noise) if proper else np.nan,
                        "alpha": k / (k - 1) * (1 - np.trace(cov) / cov.sum())
                        if cov.sum() > 0
                        else np.nan,
                    }
                )
        return pd.DataFrame(rows, columns=["level", "factor", "items", "omega", "alpha"])

    def residuals(self, standardised: bool = False) -> pd.DataFrame:
        """Saturated less implied moments of each level, the largest correlation residuals first.

        Columns ``lhs, op, rhs, level, sample, implied, raw, cor``.

        Raises
        ------
        ModelError
            For standardised residuals, whose errors are not known here.
        """
        if standardised:
            raise ModelError(
                "Residuals of two levels have no standard errors; leave standardised=True out."
            )
        problem = self.problem
        implied = self.layout.implied(self.theta, problem.exo)
        moments = problem.moments
        with np.errstate(divide="ignore", invalid="ignore"):
            pair = MomentPair(moments.cov, implied.sigma, moments.mean, implied.mu)
            found = residual_table(pair, list(self.layout.observed), None)
        levels = (problem.units.inner, problem.units.outer)
        there = {
            (level, self.layout.observed[i])
            for level, own in zip(LEVELS, levels, strict=True)
            for i in own
        }
        at = [
            (group, lhs) in there and (not rhs or (group, rhs) in there)
            for group, lhs, rhs in zip(found["group"], found["lhs"], found["rhs"], strict=True)
        ]
        return self._with_groups(found[at]).drop(columns="z")

    _anew = "Write the new model and fit it by sem.fit(model, data, cluster=…)."
    refit = _not_offered("refit", _anew)
    explore = _not_offered("explore", _anew)
    modification_indices = _not_offered(
        "modification_indices", "See residuals() for what each level leaves over."
    )
    draw_residuals = _not_offered("draw_residuals", "See residuals().")
    factor_scores = _not_offered("factor_scores", "Fit one level for scores of its rows.")
    bootstrap = _not_offered(
        "bootstrap", "The errors of estimator='MLR' are those of units drawn at random."
    )
    crosscheck = _not_offered("crosscheck", "semopy has no models of two levels.")
    to_lavaan = _not_offered(
        "to_lavaan", "lavaan reads the model as it is: sem(model, data, cluster = …)."
    )
    to_mplus = _not_offered("to_mplus", "Write the input of TYPE = TWOLEVEL by hand.")

    @cached_property
    def warnings(self) -> list[WorkbenchWarning]:
        """Everything a reader should know before using the numbers, or why there are none."""
        found = super().warnings
        undetermined = None if self.converged else self._undetermined()
        return found if undetermined is None else [*found, undetermined]

    def _covariance_maker(self) -> Callable[[], Floats]:
        return self.problem.vcov(self.theta)

    def _with_groups(self, found: pd.DataFrame) -> pd.DataFrame:
        return super()._with_groups(found).rename(columns={"group": "level"})

    def _place(self, group: Hashable) -> str:
        return f"at level {group}"

    def _few_clusters(self) -> DataWarning | None:
        return super()._few_clusters() if self.options.correction else None

    def _undetermined(self) -> WorkbenchWarning | None:
        problem = self.problem
        if not problem.has_saturated:
            return super()._undetermined()
        names = [problem.layout.observed[i] for i in problem.units.outer]
        cov = problem.between_covariance
        variance = np.diagonal(cov)
        negative = [name for name, own in zip(names, variance, strict=True) if own <= 0]
        if negative:
            return DataWarning(
                f"{listed(negative)} vary less between units than sampling alone would make them: "
                "without a model their variance at level 2 is not above 0. Write them at level 1 "
                "alone, or take level 2 with care."
            )
        scale = np.sqrt(variance)
        if len(cov) and np.linalg.eigvalsh(cov / np.outer(scale, scale))[0] <= 0:
            return DataWarning(
                f"Without a model the covariances of {listed(names)} between units are not those "
                f"that values can have: {len(problem.units.size)} units say too little of "
                f"{len(names)} variables. Take what compares with them, such as chi-square and "
                "SRMR, with care."
            )
        return None


@dataclass(frozen=True, eq=False)
class _Plan:
    """What a model is before it meets data."""

    syntax: LevelSyntax
    table: pd.DataFrame
    layout: Layout
    constraints: Constraints
    rows: Rows


@lru_cache(maxsize=64)
def _plan(model: str, std_lv: bool, fixed_x: bool, orthogonal: bool) -> _Plan:
    syntax = parse_levels(model)
    table = table_of_levels(
        (syntax.within, syntax.between), std_lv=std_lv, fixed_x=fixed_x, orthogonal=orthogonal
    )
    layout = Layout.from_table(table, syntax.observed, syntax.latent)
    rows = Rows(table, _with_variances(layout, syntax))
    return _Plan(syntax, table, layout, Constraints.from_table(table), rows)


def _with_variances(layout: Layout, syntax: LevelSyntax) -> Layout:
    """With a variance of 1 for the variables that a level does not have, by which nothing of that
    level is divided."""
    names = [*layout.observed, *layout.latent]
    absent = [
        (level, i)
        for level, own in enumerate(syntax.names)
        for i, name in enumerate(names)
        if name not in {*own.observed, *own.latent}
    ]
    if not absent:
        return layout
    level, place = np.array(absent, dtype=np.int64).T
    more = Entries(
        np.full(len(level), COVARIANCE, dtype=np.int64),
        level,
        place,
        place,
        np.full(len(level), -1, dtype=np.int64),
        np.ones(len(level)),
    )
    fixed = {
        field.name: np.concatenate([getattr(layout.fixed, field.name), getattr(more, field.name)])
        for field in fields(Entries)
    }
    return replace(layout, fixed=Entries(**fixed))


def fit_levels(model: str, data: pd.DataFrame, words: FitOptions, warn: bool) -> TwoLevelFit:
    """Fit a model of two levels to rows in units, as ``fit`` says.

    Raises
    ------
    ModelSyntaxError, ModelError, DataError, TooFewRowsError, NotIdentifiedError
        As ``fit``; options that two levels do not have; one unit, units of one row each, a
        variable of level 2 alone that varies within units, one of both levels that does not vary
        at one of them.
    """
    options = _decided(words)
    plan = _plan(model, options.std_lv, options.fixed_x, options.orthogonal)
    within, between = plan.syntax.names
    _require_several(data, options.cluster)
    casewise = options.missing == "fiml"
    held = {row.lhs for row in plan.table[plan.table["exo"] == 1].itertuples()}
    frame = read_frame(
        data,
        plan.layout.observed,
        tuple(held),
        latent=plan.layout.latent,
        missing=options.missing,
        cluster=options.cluster,
    )
    units, answers = _units(frame, plan, data, str(options.cluster), casewise)
    position = {name: i for i, name in enumerate(plan.layout.observed)}
    problem = TwoLevelProblem(
        table=plan.table,
        layout=plan.layout,
        options=options,
        groups=LEVELS,
        data=frame.sample,
        constraints=plan.constraints,
        rows=plan.rows,
        units=units,
        covariates_of=(
            np.array([position[name] for name in within.exogenous], dtype=np.int64),
            np.array([position[name] for name in between.exogenous], dtype=np.int64),
        ),
        answers=answers,
    )
    if problem.df < 0:
        raise NotIdentifiedError(
            f"The model has {problem.npar} free parameters but only {problem.npar + problem.df} "
            f"moments of both levels; fix or remove at least {-problem.df} of them."
        )
    check_identified(plan.table, plan.layout, plan.constraints, len(LEVELS))
    made("model", model, options, problem.groups, contents(problem.data))
    found = optimum(*problem.prepared, options.bounds, constraints=plan.constraints or None)
    result = TwoLevelFit(
        model=model,
        problem=problem,
        theta=found.theta[0],
        fmin=float(found.fmin[0]),
        converged=bool(found.converged[0]),
        message=found.message[0],
        iterations=int(found.iterations[0]),
        notes=frame.notes,
        index=frame.index,
        given=frame.given,
    )
    for warning in result.warnings if warn else ():
        if not isinstance(warning, DataWarning):
            python_warnings.warn(warning, stacklevel=4)
    return result


def _decided(words: FitOptions) -> Options:
    """The options, of which two levels have some only."""
    given = dict(words)
    if given.get("cluster") is None:
        raise ModelError("A model with levels needs its units; name their column by cluster=.")
    if given.get("group") is not None:
        raise ModelError(
            "Groups are not offered with levels; fit each group apart and compare the estimates."
        )
    if given.get("weights") is not None:
        raise ModelError("Weights are not offered with levels; leave weights= out.")
    if given.get("ordered"):
        raise ModelError(
            "Ordered items are not offered with levels; leave ordered= out, which takes the codes "
            "for numbers."
        )
    if given.get("estimator", "ML") not in ("ML", "MLR"):
        raise ModelError(
            f"estimator={given['estimator']!r} is not offered with levels; choose 'ML' or 'MLR'."
        )
    if given.get("engine") == "semopy":
        raise ModelError("semopy has no models of two levels; leave engine='semopy' out.")
    if given.get("likelihood", "normal") != "normal":
        raise ModelError("Two levels have the normal likelihood; leave likelihood= out.")
    return Options.of(given, FitOptions, levels=True)


def _require_several(data: pd.DataFrame, cluster: str | None) -> None:
    """Raise DataError where there is one unit, or no unit has two rows."""
    name = str(cluster)
    codes = numbered(columns_of(data, [name], roles={name: "cluster"})[name], name)[0]
    count = np.bincount(codes[codes >= 0])
    if len(count) == 1:
        raise DataError(
            f"All {count[0]} rows belong to one unit of {name!r}, so that nothing varies between "
            "units; fit the model of level 1 alone, without levels.",
            [name],
        )
    if len(count) and count.max() == 1:
        raise DataError(
            f"Every unit of {name!r} has one row, so that the levels cannot be told apart; fit one "
            "level, without 'level:' and cluster=.",
            [name],
        )


def _units(
    frame: Frame, plan: _Plan, data: pd.DataFrame, cluster: str, casewise: bool
) -> tuple[Units, Answers | None]:
    """The rows by unit, checked for what varies where, and the answers where some are missing."""
    within, between = plan.syntax.names
    position = {name: i for i, name in enumerate(plan.layout.observed)}
    inner, outer = (
        np.array(sorted(position[name] for name in names), dtype=np.int64)
        for names in (within.observed, between.observed)
    )
    assert frame.sample.clusters is not None
    rows = frame.sample.rows[0]
    unit = np.unique(frame.sample.clusters[0], return_inverse=True)[1]
    answers = None
    if casewise and np.isnan(rows).any():
        answers = Answers.of(rows, unit, inner, outer)
        rows = _filled(rows, unit)
    units = Units.of(rows, unit, inner, outer)
    if units.size.max() == 1:
        raise DataError(
            f"Every unit of {cluster!r} is left with one row without missing answers, so that the "
            "levels cannot be told apart; fit fewer items, or one level.",
            [cluster],
        )
    names = plan.layout.observed
    variance = rows.var(axis=0)
    inside = np.einsum("jpp->p", units.products) / len(rows)
    for i in np.setdiff1d(outer, inner):
        if inside[i] > NO_VARIANCE * variance[i]:
            _refuse_varying(frame, data, cluster, names[i], units, int(i))
    constant = [names[i] for i in inner if inside[i] <= NO_VARIANCE * variance[i]]
    if constant:
        raise DataError(
            f"{quoted(constant)} has one value in each unit of {cluster!r}, but stands at level 1; "
            "write it at level 2 alone.",
            constant,
        )
    means = units.mean.var(axis=0)
    equal = [names[i] for i in units.split if means[i] <= NO_VARIANCE * variance[i]]
    if equal:
        raise DataError(
            f"{quoted(equal)} has the same mean in every unit of {cluster!r}, so that nothing "
            "varies between units; write it at level 1 alone.",
            equal,
        )
    return units, answers


def _filled(rows: Floats, unit: Integers) -> Floats:
    """Rows with the mean of the unit's answers in the place of missing ones, or that of all.

    Means and variations by unit stay, so that the checks of what varies where hold of them too.
    """
    there = ~np.isnan(rows)
    known = np.where(there, rows, 0.0)
    found = rows.copy()
    whole = known.sum(axis=0) / there.sum(axis=0)
    for column in range(rows.shape[1]):
        count = np.bincount(unit, there[:, column])
        sums = np.bincount(unit, known[:, column])
        mean = np.where(count > 0, sums / np.maximum(count, 1.0), whole[column])
        found[:, column] = np.where(there[:, column], rows[:, column], mean[unit])
    return found


def _refuse_varying(
    frame: Frame, data: pd.DataFrame, cluster: str, name: str, units: Units, column: int
) -> NoReturn:
    first = int(np.flatnonzero(units.products[:, column, column] > 0)[0])
    at: Integers = np.flatnonzero(units.unit == first)
    values = np.unique(frame.sample.rows[0][at, column])[:2]
    column_of = columns_of(data, [cluster])[cluster]
    unit = column_of.loc[frame.index[0][at[:1]]].iloc[0]
    raise DataError(
        f"{name!r} stands at level 2 alone but varies within units: unit {unit!r} of {cluster!r} "
        f"has {values[0]:g} and {values[1]:g}. Write it at level 1 too, or give each unit one "
        "value.",
        [name],
    )
