"""Fitting a model of two levels, and what a fit of one has beside those of others."""

import warnings as python_warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache, partial
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
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.optimiser import optimum
from workbench.sem.fitting import check_identified
from workbench.sem.inference.bootstrapping import Bootstrap, of_solution, shown_rows
from workbench.sem.inference.measures import ChiSquare, MomentPair, cfi
from workbench.sem.inference.residuals import residual_table
from workbench.sem.inference.rows import Rows
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.layout import COVARIANCE, Entries, Floats, Integers, Layout
from workbench.sem.model.levels import LEVELS, Block, LevelSyntax, parse_levels
from workbench.sem.model.parameters import table_of_levels
from workbench.sem.options import FitOptions, Options
from workbench.sem.result import Fit, not_offered
from workbench.sem.twolevel.inference import LevelRows, TwoLevelProblem
from workbench.sem.twolevel.likelihood import BETWEEN, WITHIN, Units
from workbench.sem.twolevel.missing import Answers
from workbench.sem.twolevel.resampling import influence, resample_units
from workbench.text import inflected, listed, quoted
from workbench.threads import one_thread

NO_VARIANCE = 1e-10
"""Share of a variable's variance that rounding leaves of none."""


_not_offered = partial(not_offered, "for two levels")
"""A method that says what to do in its place."""


@dataclass(frozen=True, eq=False, repr=False)
class TwoLevelFit(Fit):
    """A fitted model of two levels: as :class:`Fit`, with ``level`` in the place of ``group``, and
    beside it where there are groups.

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
        """The parameter table; ``level`` counts the levels of the groups one after the other."""
        return self.problem.table.rename(columns={"group": "level"})

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Every parameter, as those of other fits, with its ``level``: 1 within units, 2 between.

        Standardised values are those of the level: shares of the variances within or between units.
        """
        problem = self.problem
        found = problem.rows.estimates(self.theta, self._covariance, problem.exo, problem.groups)
        return self._by_level(found)

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
        model: icc = between / (between + within) [1]_; a column ``group`` where there are groups.

        References
        ----------
        .. [1] Muthén, B. O. (1994). Multilevel covariance structure analysis. Sociological Methods
           & Research, 22, 376-398.
        """
        found = []
        for rows in self.problem.by_group:
            own, cov = rows.units.split, rows.moments.cov
            within, between = (np.diagonal(cov[level])[own] for level in (WITHIN, BETWEEN))
            shares = {
                "variable": [self.layout.observed[i] for i in own],
                "within": within,
                "between": between,
                "icc": between / (between + within),
            }
            found.append(pd.DataFrame(shares))
        return self._of_groups(found)

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
        problem, groups = self.problem, len(self.problem.by_group)
        a, s, _ = self.layout.matrices(self.theta, problem.exo)
        total = self.layout.implied(self.theta, problem.exo).total
        found = []
        for g, rows in enumerate(problem.by_group):
            blocks = slice(2 * g, 2 * g + 2)
            layout = self.layout.of_groups(2 * g, 2 * g + 2) if groups > 1 else self.layout
            found.append(_reliability(layout, a[blocks], s[blocks], total[blocks], rows.moments))
        return self._of_groups(found)

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
        there = {
            (block, self.layout.observed[i])
            for g, own in enumerate(problem.by_group)
            for block, places in enumerate((own.units.inner, own.units.outer), start=2 * g + 1)
            for i in places
        }
        at = [
            (block, lhs) in there and (not rhs or (block, rhs) in there)
            for block, lhs, rhs in zip(found["group"], found["lhs"], found["rhs"], strict=True)
        ]
        return self._with_groups(found[at]).drop(columns="z")

    @one_thread
    def bootstrap(
        self,
        replicates: int = 1000,
        seed: int = 1,
        kind: str | None = None,
        standardised: bool = False,
    ) -> Bootstrap:
        """As :meth:`Fit.bootstrap`, of resamples of whole units within groups.

        Raises
        ------
        ModelError
            No replicates, or another kind than ``"cluster"``.
        """
        if kind not in (None, "cluster"):
            raise ModelError(
                f"With levels units are resampled whole; leave kind={kind!r} out, or ask for "
                "kind='cluster'."
            )
        problem, table = self.problem, self.problem.table
        shown = shown_rows(table)
        labels = dict(enumerate(problem.groups, start=1))
        blocks = [labels.get(block) for block in table.loc[shown.index, "group"]]
        shown["group"] = pd.Series(blocks, shown.index, object)
        return of_solution(
            problem,
            self.theta,
            self.fmin,
            self._by_level(shown),
            resample_units(problem, self.theta, replicates, seed),
            influence(problem, self.theta),
            seed,
            "cluster",
            standardised,
        )

    _anew = "Write the new model and fit it by sem.fit(model, data, cluster=…)."
    refit = _not_offered("refit", _anew)
    explore = _not_offered("explore", _anew)
    modification_indices = _not_offered(
        "modification_indices", "See residuals() for what each level leaves over."
    )
    draw_residuals = _not_offered("draw_residuals", "See residuals().")
    factor_scores = _not_offered("factor_scores", "Fit one level for scores of its rows.")
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
        return self._by_level(super()._with_groups(found))

    def _by_level(self, found: pd.DataFrame) -> pd.DataFrame:
        """Say of which level, and group where there are several, each row is."""
        if len(self.problem.by_group) == 1:
            return found.rename(columns={"group": "level"})
        found = found.copy()
        levels = [None if block is None else block.level for block in found["group"]]
        found.insert(
            found.columns.get_loc("group") + 1, "level", pd.Series(levels, found.index, object)
        )
        found["group"] = [None if block is None else block.group for block in found["group"]]
        return found

    def _of_groups(self, tables: list[pd.DataFrame]) -> pd.DataFrame:
        """The groups' tables as one, with the group of each row where there are several."""
        if len(tables) == 1:
            return tables[0]
        groups = [block.group for block in self.problem.groups[::2]]  # type: ignore[attr-defined]
        named = [
            table.assign(group=group)[["group", *table.columns]]
            for group, table in zip(groups, tables, strict=True)
        ]
        return pd.concat(named, ignore_index=True)

    def _place(self, group: Hashable) -> str:
        if isinstance(group, Block):
            return f"in group {group.group!r} at level {group.level}"
        return f"at level {group}"

    def _few_clusters(self) -> DataWarning | None:
        return super()._few_clusters() if self.options.correction else None

    def _undetermined(self) -> WorkbenchWarning | None:
        problem = self.problem
        if not problem.has_saturated:
            return super()._undetermined()
        found = (_of_too_little(own, problem.layout.observed) for own in problem.by_group)
        return next((warning for warning in found if warning is not None), None)


def _of_too_little(rows: LevelRows, observed: Sequence[str]) -> DataWarning | None:
    """What a group's units say too little of."""
    names = [observed[i] for i in rows.units.outer]
    cov = rows.between_covariance
    variance = np.diagonal(cov)
    negative = [name for name, own in zip(names, variance, strict=True) if own <= 0]
    if negative:
        return DataWarning(
            f"{listed(negative)} {inflected(len(negative), 'varies', 'vary')} less between units "
            "than sampling alone would make values vary: without a model the variance at level 2 "
            "is not above 0. Write what does not vary at level 1 alone, or take level 2 with care."
        )
    scale = np.sqrt(variance)
    if len(cov) and np.linalg.eigvalsh(cov / np.outer(scale, scale))[0] <= 0:
        return DataWarning(
            f"Without a model the covariances of {listed(names)} between units are not those "
            f"that values can have: {len(rows.units.size)} units say too little of "
            f"{len(names)} variables. Take what compares with them, such as chi-square and "
            "SRMR, with care."
        )
    return None


def _reliability(
    layout: Layout, a: Floats, s: Floats, total: Floats, moments: Moments
) -> pd.DataFrame:
    """``TwoLevelFit.reliability`` of one group, from the matrices (2, t, t) of its levels."""
    p = len(layout.observed)
    rows = []
    for level in (WITHIN, BETWEEN):
        factors = sorted({f for g, _, f in layout.loadings if g == level})
        for factor in factors:
            items = sorted(r for g, r, f in layout.loadings if g == level and f == factor and r < p)
            if len(items) < 2:
                continue
            block = np.ix_(items, items)
            true = a[level][items, factor].sum() ** 2 * total[level, factor, factor]
            noise = s[level][block].sum()
            cov, k = moments.cov[level][block], len(items)
            proper = total[level, factor, factor] > 0 and true + noise > 0
            alpha = k / (k - 1) * (1 - np.trace(cov) / cov.sum()) if cov.sum() > 0 else np.nan
            rows.append(
                {
                    "level": level + 1,
                    "factor": layout.latent[factor - p],
                    "items": k,
                    "omega": true / (true + noise) if proper else np.nan,
                    "alpha": alpha,
                }
            )
    return pd.DataFrame(rows, columns=["level", "factor", "items", "omega", "alpha"])


@dataclass(frozen=True, eq=False)
class _Plan:
    """What a model is before it meets data."""

    syntax: LevelSyntax
    table: pd.DataFrame
    layout: Layout
    constraints: Constraints
    rows: Rows


_OF_TABLE = ("std_lv", "fixed_x", "orthogonal", "group_equal", "group_partial")
"""The options that the parameter table follows from."""


@lru_cache(maxsize=64)
def _plan(
    model: str,
    groups: tuple[Hashable, ...],
    column: str | None,
    table_words: tuple[tuple[str, Any], ...],
) -> _Plan:
    written = parse_levels(model)
    syntax = written.of_groups(groups, str(column))
    words = dict(table_words)
    repeated = len(groups) > 1 and not written.groups
    if written.groups and words["group_equal"]:
        raise ModelError(
            "group_equal= is about groups that have one model; give parameters of the groups' own "
            "blocks that are equal the same label."
        )
    table = table_of_levels(syntax.blocks, repeated=repeated, **words)
    layout = Layout.from_table(table, syntax.observed, syntax.latent)
    rows = Rows(table, _with_variances(layout, syntax))
    return _Plan(syntax, table, layout, Constraints.from_table(table), rows)


def _with_variances(layout: Layout, syntax: LevelSyntax) -> Layout:
    """With a variance of 1 for the variables that a level does not have, by which nothing of that
    level is divided."""
    names = [*layout.observed, *layout.latent]
    absent = [
        (block, i)
        for block, own in enumerate(syntax.names)
        for i, name in enumerate(names)
        if name not in {*own.observed, *own.latent}
    ]
    if not absent:
        return layout
    block, place = np.array(absent, dtype=np.int64).T
    more = Entries(
        np.full(len(block), COVARIANCE, dtype=np.int64),
        block,
        place,
        place,
        np.full(len(block), -1, dtype=np.int64),
        np.ones(len(block)),
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
    written = parse_levels(model)
    if written.groups and options.group is None:
        raise ModelError("A model with groups needs their column; name it by group=.")
    _require_several(data, str(options.cluster), options.group)
    frame = read_frame(
        data,
        written.observed,
        _held(written, options.fixed_x),
        latent=written.latent,
        missing=options.missing,
        group=options.group,
        cluster=options.cluster,
    )
    table_words = tuple((name, getattr(options, name)) for name in _OF_TABLE)
    plan = _plan(model, frame.groups, options.group, table_words)
    blocks: tuple[Hashable, ...] = LEVELS
    if options.group is not None:
        blocks = tuple(Block(group, level) for group in frame.groups for level in LEVELS)
    problem = TwoLevelProblem(
        table=plan.table,
        layout=plan.layout,
        options=options,
        groups=blocks,
        data=frame.sample,
        constraints=plan.constraints,
        rows=plan.rows,
        by_group=tuple(
            _level_rows(frame, group, plan, data, str(options.cluster), options.missing == "fiml")
            for group in range(len(frame.groups))
        ),
    )
    if problem.df < 0:
        raise NotIdentifiedError(
            f"The model has {problem.npar} free parameters but only {problem.npar + problem.df} "
            f"moments of both levels; fix or remove at least {-problem.df} of them."
        )
    check_identified(plan.table, plan.layout, plan.constraints, len(blocks))
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


def _held(written: LevelSyntax, fixed_x: bool) -> tuple[str, ...]:
    """Covariates whose moments are held at the sample's somewhere."""
    names = written.names
    found: list[str] = []
    for pair in zip(names[::2], names[1::2], strict=True):
        split = set(pair[0].observed) & set(pair[1].observed)
        found += [x for own in pair if not split & set(own.exogenous) for x in own.exogenous]
    return tuple(dict.fromkeys(found)) if fixed_x else ()


def _require_several(data: pd.DataFrame, cluster: str, group: str | None) -> None:
    """Raise DataError where a group has one unit, no unit with two rows, or shares a unit with
    another group."""
    names = [cluster] if group is None else [cluster, group]
    roles = dict(zip(names, ("cluster", "group"), strict=False))
    columns = columns_of(data, names, roles=roles)
    codes, units = numbered(columns[cluster], cluster)
    kinds, groups = np.zeros(len(codes), dtype=np.int64), pd.Index([None])
    if group is not None:
        kinds, groups = numbered(columns[group], group)
    count = np.zeros((len(groups), len(units)), dtype=np.int64)
    known = (codes >= 0) & (kinds >= 0)
    np.add.at(count, (kinds[known], codes[known]), 1)
    shared = np.flatnonzero((count > 0).sum(axis=0) > 1)
    if shared.size:
        first, second = groups[count[:, shared[0]] > 0].tolist()[:2]
        raise DataError(
            f"Unit {units.tolist()[shared[0]]!r} of {cluster!r} has rows in the groups {first!r} "
            f"and {second!r} of {group!r}; with levels each unit belongs to one group. Name a "
            "column that is about units, or make units of the parts that a group has of them.",
            [cluster],
        )
    for own, label in zip(count, groups.tolist(), strict=True):
        where = "" if group is None else f" of the group {label!r}"
        if (own > 0).sum() == 1:
            raise DataError(
                f"All {own.sum()} rows{where} belong to one unit of {cluster!r}, so that nothing "
                "varies between units; fit the model of level 1 alone, without levels.",
                [cluster],
            )
        if own.max(initial=0) == 1:
            raise DataError(
                f"Every unit of {cluster!r}{where} has one row, so that the levels cannot be told "
                "apart; fit one level, without 'level:' and cluster=.",
                [cluster],
            )


def _level_rows(
    frame: Frame, group: int, plan: _Plan, data: pd.DataFrame, cluster: str, casewise: bool
) -> LevelRows:
    """A group's rows by unit, checked for what varies where, with the answers where some miss."""
    within, between = plan.syntax.names[2 * group : 2 * group + 2]
    position = {name: i for i, name in enumerate(plan.layout.observed)}

    def places(names: Iterable[str]) -> Integers:
        return np.array(sorted(position[name] for name in names), dtype=np.int64)

    inner, outer = places(within.observed), places(between.observed)
    assert frame.sample.clusters is not None
    rows = frame.sample.rows[group]
    unit = np.unique(frame.sample.clusters[group], return_inverse=True)[1]
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
    _require_variation(rows, units, frame, group, data, cluster)
    layout = plan.layout
    if len(frame.groups) > 1:
        layout = layout.of_groups(2 * group, 2 * group + 2)
    covariates = (places(within.exogenous), places(between.exogenous))
    return LevelRows(layout, units, covariates, answers)


def _require_variation(
    rows: Floats, units: Units, frame: Frame, group: int, data: pd.DataFrame, cluster: str
) -> None:
    """Raise DataError where a variable does not vary at a level that has it, or does within units
    at level 2 alone."""
    inner, outer, names = units.inner, units.outer, frame.observed
    variance = rows.var(axis=0)
    inside = np.einsum("jpp->p", units.products) / len(rows)
    for i in np.setdiff1d(outer, inner):
        if inside[i] > NO_VARIANCE * variance[i]:
            _refuse_varying(frame, group, data, cluster, names[i], units, int(i))
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
    frame: Frame,
    group: int,
    data: pd.DataFrame,
    cluster: str,
    name: str,
    units: Units,
    column: int,
) -> NoReturn:
    first = int(np.flatnonzero(units.products[:, column, column] > 0)[0])
    at: Integers = np.flatnonzero(units.unit == first)
    values = np.unique(frame.sample.rows[group][at, column])[:2]
    column_of = columns_of(data, [cluster])[cluster]
    unit = column_of.loc[frame.index[group][at[:1]]].tolist()[0]
    raise DataError(
        f"{name!r} stands at level 2 alone but varies within units: unit {unit!r} of {cluster!r} "
        f"has {values[0]:g} and {values[1]:g}. Write it at level 1 too, or give each unit one "
        "value.",
        [name],
    )
