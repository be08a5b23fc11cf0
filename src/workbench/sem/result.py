"""The result of a fit: tidy frames first, text and tables made from them.

A ``Fit`` computes nothing itself. It holds the problem and where the optimiser ended, and hands
both to the pure functions of the neighbouring modules when a result is asked for; every result is
computed once.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from workbench.errors import (
    ActiveConstraintWarning,
    DataWarning,
    ImproperSolutionWarning,
    ModelError,
    NoSaturatedModelWarning,
    NotConvergedWarning,
    NotIdentifiedError,
    NotIdentifiedWarning,
    WorkbenchWarning,
)
from workbench.figures import Figure
from workbench.figures.paper.face import drawn
from workbench.interpretation.messages import say
from workbench.sem.drawing import drawn_model, residual_map
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.inference import assessment
from workbench.sem.inference.assessment import Problem
from workbench.sem.inference.bootstrapping import Bootstrap, bootstrap_fit, shown_rows
from workbench.sem.inference.comparison import Difference
from workbench.sem.inference.crosscheck import Crosscheck, crosscheck
from workbench.sem.inference.measures import ChiSquare, cfi
from workbench.sem.inference.modification import modification_indices
from workbench.sem.inference.montecarlo import monte_carlo_intervals
from workbench.sem.inference.residuals import moment_errors, residual_table
from workbench.sem.inference.scores import Method, factor_scores
from workbench.sem.inference.standardised import Kind, r_squared, standardised
from workbench.sem.model.expressions import quoted_where_needed
from workbench.sem.model.layout import Floats, Layout
from workbench.sem.model.revising import revised
from workbench.sem.options import Options
from workbench.sem.paragraph import paragraph
from workbench.sem.presentation import (
    headline,
    html_summary,
    latex_table,
    markdown_table,
    path_diagram,
    text_summary,
)
from workbench.text import SHOWN, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from workbench.explorer.widget import Explorer


def parameter_name(lhs: str, op: str, rhs: str) -> str:
    """Return a parameter as it is written in a model; a defined one by its name."""
    if op == ":=":
        return lhs
    left = quoted_where_needed(lhs)
    return f"{left} ~ 1" if op == "~1" else f"{left} {op} {quoted_where_needed(rhs)}"


def not_offered(where: str, name: str, instead: str) -> Any:
    """Return a method for a kind of fit that has none: it says what to do in its place."""

    def refused(*_: object, **__: object) -> NoReturn:
        raise ModelError(f"{name}() is not offered {where}. {instead}")

    return refused


def free_names(table: pd.DataFrame, groups: int) -> list[str]:
    """Return one name per free parameter: its label, or the parameter as written (and group)."""
    names: dict[int, str] = {}
    columns = [table[name].tolist() for name in ("free", "label", "lhs", "op", "rhs", "group")]
    for free, label, lhs, op, rhs, group in zip(*columns, strict=True):
        if free > 0 and free not in names:
            written = parameter_name(lhs, op, rhs) + (f" [{group}]" if groups > 1 else "")
            names[free] = label or written
    return [names[i] for i in sorted(names)]


@dataclass(frozen=True, eq=False)
class Source:
    """What a fit was made from.

    Attributes
    ----------
    fit
        Fits another model to the same data in the same way: ``fit(model, warn=True)``.
    notes
        What reading the data said.
    """

    fit: "Callable[..., Fit]"
    notes: tuple[WorkbenchWarning, ...] = ()


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model.

    Attributes
    ----------
    model
        The model's text.
    problem
        Parameter table, layout, data and options.
    theta : (k,)
        Estimates of the free parameters, in the order of the table's ``free`` numbers.
    fmin
        Discrepancy at the optimum, half of F_ML.
    converged
        Whether theta is an optimum: zero gradient, positive definite implied covariance.
    message
        Why not, if not.
    iterations
        Steps of the optimiser.
    notes
        What was left out or noticed when the data were read.
    index
        The data frame's index of the rows used, per group.
    given
        Rows of the data, of which ``nobs`` could be used; 0 where it was fitted to moments.
    source
        What the fit was made from, to fit another model to it; a file of a fit does not hold it.

    Examples
    --------
    >>> import workbench as wb
    >>> fit = wb.open_study("data/demo").fit()
    >>> fit
    Fit of 323 rows (MLR): 0 degrees of freedom, so there is nothing to test
    >>> fit.nobs, fit.converged
    (323, True)
    >>> fit.estimates.query("op == '~'")[["lhs", "rhs", "est", "std_all"]].round(2)
           lhs      rhs   est  std_all
    3  service   people  0.27     0.32
    4    trust  service  0.60     0.57
    5    trust   people  0.09     0.10
    """

    model: str
    problem: Problem
    theta: Floats
    fmin: float
    converged: bool
    message: str = ""
    iterations: int = 0
    notes: tuple[WorkbenchWarning, ...] = ()
    index: tuple[pd.Index, ...] = ()
    given: int = 0
    source: Source | None = None

    def __getstate__(self) -> dict[str, Any]:
        """All but the data, which are larger than the fit and may be about persons."""
        return self.__dict__ | {"source": None}

    # --- what went in --------------------------------------------------------------------------

    @property
    def table(self) -> pd.DataFrame:
        """The parameter table."""
        return self.problem.table.copy()

    @property
    def layout(self) -> Layout:
        """Where each parameter sits in the model's matrices."""
        return self.problem.layout

    @property
    def options(self) -> Options:
        """How the model was fitted."""
        return self.problem.options

    @property
    def nobs(self) -> int:
        """Rows used."""
        return self.problem.total

    # --- what came out -------------------------------------------------------------------------

    @cached_property
    def names(self) -> list[str]:
        """Names of the free parameters: a label, or the parameter as written."""
        return free_names(self.problem.table, len(self.problem.groups))

    @cached_property
    def _errors(self) -> tuple[Callable[[], Floats] | None, NotIdentifiedWarning | None]:
        """What makes the covariance matrix of the estimates, or else why there is none."""
        if not self.converged:
            return None, None
        try:
            return self._covariance_maker(), None
        except NotIdentifiedError as problem:
            numbers = [int(i) for i in problem.parameters if i.isdigit()]
            names = [self.names[i] for i in numbers] or self.names
            return None, NotIdentifiedWarning(
                "There are no standard errors: in these data the parameters "
                f"{', '.join(names)} move together without changing the fit. Fix some of them, or "
                "simplify the model.",
                names,
            )

    def _covariance_maker(self) -> Callable[[], Floats]:
        return assessment.vcov(self.problem, self.theta)

    @cached_property
    def _covariance(self) -> Floats:
        made = self._errors[0]
        return np.full((len(self.theta), len(self.theta)), np.nan) if made is None else made()

    def crossed_with(self, cluster: "pd.Series[int]") -> "Fit":
        """Return the same estimates with errors clustered by ``cluster`` too.

        Parameters
        ----------
        cluster
            The other cluster of every row of the data, by their index, such as the person where
            some have rows in several of the fit's clusters.

        Raises
        ------
        ModelError
            If the fit has no clusters.
        """
        sample = self.problem.sample
        if sample is None or sample.clusters is None:
            raise ModelError("The fit has no clusters to be crossed; fit with cluster=.")
        codes = tuple(cluster.loc[rows].to_numpy(np.int64) for rows in self.index)
        return replace(self, problem=replace(self.problem, data=replace(sample, crossed=codes)))

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the free parameters; NaN where there is none.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("service_1 ~ a*knowing_1 + b*courtesy_1", clients)
        >>> fit.vcov.columns.tolist()
        ['a', 'b', 'service_1 ~~ service_1']
        """
        return pd.DataFrame(self._covariance, index=self.names, columns=self.names)

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Every parameter with standard error, z, p, 95 % interval and standardised values.

        Rows are those of the model and of ``:=``, in lavaan's order; fixed parameters have a
        standard error of 0 and no z. ``group`` is the group's own value (None without groups).

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3", clients)
        >>> fit.estimates.columns.tolist()
        ['lhs', 'op', 'rhs', 'label', 'group', 'est', 'se', 'z', 'pvalue', 'ci_lower', 'ci_upper',
        'std_lv', 'std_all']
        >>> fit.estimates.head(3)[["lhs", "op", "rhs", "est", "std_all"]].round(2)
             lhs  op      rhs   est  std_all
        0  trust  =~  trust_1  1.00     0.86
        1  trust  =~  trust_2  0.98     0.83
        2  trust  =~  trust_3  0.90     0.75
        """
        problem = self.problem
        if problem.ordinal is not None:
            return problem.ordinal.estimates(self.theta, self._covariance, problem.groups)
        return problem.rows.estimates(self.theta, self._covariance, problem.exo, problem.groups)

    @cached_property
    def measures(self) -> pd.Series:
        """Fit measures with lavaan's names; NaN where the model did not converge.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("service =~ service_1 + service_2 + service_3 + service_4", clients)
        >>> fit.measures[["df", "cfi", "rmsea", "srmr"]].round(2).to_dict()
        {'df': 2.0, 'cfi': 1.0, 'rmsea': 0.0, 'srmr': 0.0}
        """
        found = assessment.measures(self.problem, self.theta, self.fmin)
        return found if self.converged else found.where(found.index.isin(["npar", "df"]))

    @cached_property
    def reported(self) -> dict[str, float]:
        """The measures that reports show, at a fraction of the cost of all.

        ``chisq``, ``df`` and ``pvalue`` of the test, scaled where it is; ``cfi`` and ``rmsea``,
        robust ones where there are; ``srmr``, ``aic`` and ``bic``. NaN where the model did not
        converge.

        Examples
        --------
        >>> import workbench as wb
        >>> fit = wb.open_study("data/demo").fit(organisation="Lakeshore County")
        >>> list(fit.reported)
        ['chisq', 'df', 'pvalue', 'cfi', 'rmsea', 'srmr', 'aic', 'bic']
        """
        found = assessment.reported(self.problem, self.theta, self.fmin)
        if self.converged:
            return found
        return {name: value if name == "df" else np.nan for name, value in found.items()}

    @property
    def cfi(self) -> float:
        """The comparative fit index, robust where there is one; quicker than all measures."""
        tests = assessment.robust_tests(self.problem, self.theta, self.chi_square)
        return cfi(*tests) if self.converged else np.nan

    @property
    def chi_square(self) -> ChiSquare:
        """The unscaled test of the model; NaN where it did not converge."""
        found = assessment.chi_square(self.problem, self.fmin)
        return found if self.converged else replace(found, statistic=np.nan)

    @property
    def scaled_chi_square(self) -> ChiSquare | None:
        """The scaled test of robust options; else None."""
        if not self.options.correction:
            return None
        return assessment.scaled(self.problem, self.layout, self.theta, self.chi_square)

    @cached_property
    def warnings(self) -> list[WorkbenchWarning]:
        """Everything a reader should know before using the numbers.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(100)
        >>> fit = wb.sem.fit("trust_1 ~ service_1", clients)
        >>> for warning in fit.warnings:
        ...     print(warning)
        22 of 100 rows have missing answers and were left out (most are missing in 'trust_1': 12).
        missing='fiml' uses them.
        """
        found = list(self.notes)
        if not self.converged:
            found.append(NotConvergedWarning(f"The model did not converge. {self.message}"))
            return found
        further = (
            self._undetermined(), self.unidentified, self._few_clusters(), self.improper,
            self._active(),
        )  # fmt: skip
        return [*found, *(warning for warning in further if warning)]

    def _active(self) -> ActiveConstraintWarning | None:
        """Say which inequalities hold with equality, and what that does to errors and test."""
        constraints = self.problem.constraints
        active = [constraints.written[row] for row in constraints.active(self.theta)]
        if not active:
            return self._bounded()
        return ActiveConstraintWarning(
            f"The estimates lie at the limit of {listed(active, most=SHOWN)}: the standard errors "
            "are those of a model with an equality there, and the p value of chi-square is too "
            "small. Fit the model without the limit to see what the data say themselves.",
            active,
        )

    def _bounded(self) -> ActiveConstraintWarning | None:
        """Say which estimates a bound holds, such as a variance at 0."""
        held = [
            f"{self.names[i]} at {value:.3g}"
            for i, value in assessment.bounded(self.problem, self.theta)
        ]
        if not held:
            return None
        return ActiveConstraintWarning(
            f"Bounds hold {listed(held, most=SHOWN)}: the data ask for values beyond, so standard "
            "errors and test are not exact. Look for a wrong model or too few rows, or fit without "
            "the bounds.",
            held,
        )

    def _undetermined(self) -> WorkbenchWarning | None:
        """Say which measures are missing because the data leave sample moments undetermined."""
        problem = self.problem
        if problem.ordinal is not None:
            return None
        if not problem.has_saturated:
            return NoSaturatedModelWarning(
                f"Without a model the means and covariances of these {len(problem.layout.observed)}"
                f" items have no estimates from {problem.total} rows: chi-square and all that "
                "compares with the sample's moments are missing. The estimates stand."
            )
        names = problem.layout.observed
        pairs = [
            f"{names[i]!r} and {names[j]!r}" + (f" in group {group!r}" if group is not None else "")
            for group, apart in zip(
                problem.groups, problem.sample.apart if problem.sample else (), strict=False
            )
            for i, j in apart
        ]
        if not pairs:
            return None
        return DataWarning(say("rows noted.apart", pairs=listed(pairs, most=5)))

    def _few_clusters(self) -> DataWarning | None:
        """Say that the cluster sums of the scores, which add up to 0, span fewer dimensions than
        there are parameters."""
        sample, parameters = self.problem.sample, self.problem.npar
        if sample is None or sample.clusters is None:
            return None
        count = len(np.unique(np.concatenate(sample.clusters)))
        if count > parameters:
            return None
        return DataWarning(say("rows noted.few clusters", clusters=count, parameters=parameters))

    @property
    def unidentified(self) -> NotIdentifiedWarning | None:
        """Which parameters move together in these data, so that there are no standard errors."""
        return self._errors[1]

    @cached_property
    def improper(self) -> ImproperSolutionWarning | None:
        """Which variances are negative, and which correlations are beyond 1."""
        found = assessment.improper(self.problem, self.theta)
        if not found:
            return None
        groups = self.problem.groups
        sentences = []
        for lhs, rhs, group, value in found:
            where = f" {self._place(groups[group - 1])}" if len(groups) > 1 else ""
            sentences.append(
                f"the variance of {lhs} is negative ({value:.3g}){where}"
                if lhs == rhs
                else f"the correlation of {lhs} and {rhs} is beyond 1 ({value:.3g}){where}"
            )
        return ImproperSolutionWarning(
            f"The solution is not proper: {'; '.join(sentences)}. The sample may be too small or "
            "the model wrong.",
            dict.fromkeys(parameter_name(lhs, "~~", rhs) for lhs, rhs, _, _ in found),
        )

    def _place(self, group: Hashable) -> str:
        return f"in group {group!r}"

    def standardised(self, kind: Kind = "std_all", level: float = 0.95) -> pd.DataFrame:
        """The standardised solution with its own standard errors, rows of ``:=`` included.

        ``kind`` is ``"std_all"``, ``"std_lv"`` or ``"std_nox"``. Columns ``lhs, op, rhs, group,
        label, est_std, se, z, pvalue, ci_lower, ci_upper``.

        Examples
        --------
        >>> import workbench as wb
        >>> fit = wb.open_study("data/demo").fit()
        >>> links = fit.standardised().query("op == '~'")
        >>> links[["lhs", "rhs", "est_std", "ci_lower", "ci_upper"]].round(2)
               lhs      rhs  est_std  ci_lower  ci_upper
        3  service   people     0.32      0.20      0.44
        4    trust  service     0.57      0.46      0.67
        5    trust   people     0.10     -0.01      0.21
        """
        ordinal = self.problem.ordinal
        if ordinal is not None:
            found = ordinal.standardised(self.theta, self._covariance, kind, level)
            return self._with_groups(found)
        standardiser, exo = self.problem.rows.standardiser(kind), self.problem.exo
        found = standardised(standardiser, self.theta, self._covariance, exo, level)
        return self._with_groups(found)

    @cached_property
    def r_squared(self) -> pd.DataFrame:
        """Explained share of the variance of every dependent variable.

        Examples
        --------
        >>> import workbench as wb
        >>> fit = wb.open_study("data/demo").fit()
        >>> fit.r_squared.round(2)
                   variable group  r_squared
        0   index of people  None       1.00
        1  index of service  None       1.00
        2    index of trust  None       1.00
        3           service  None       0.10
        4             trust  None       0.37
        """
        return self._with_groups(
            r_squared(self.problem.table, self.problem.rows.layout, self.theta, self.problem.exo)
        )

    def omega(self) -> pd.DataFrame:
        """Categorical omega of every latent variable with two items or more, all ordered.

        The reliability of the sum of the answers as they are, whole numbers; columns ``variable,
        group, omega``. :func:`workbench.measurement.reliability` has that of answers as numbers.

        Raises
        ------
        ModelError
            The model has no ordered items.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(1000)
        >>> fit = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3", clients, ordered=True)
        >>> fit.omega().round(2)
          variable group  omega
        0    trust  None   0.86
        """
        ordinal = self.problem.ordinal
        if ordinal is None:
            raise ModelError(
                "Categorical omega is of ordered items; fit with ordered=True, or take that of "
                "wb.measurement.reliability."
            )
        columns = ["variable", "group", "omega"]
        return self._with_groups(pd.DataFrame(ordinal.omegas(self.theta), columns=columns))

    # --- other models of the same data ---------------------------------------------------------

    def refit(
        self, add: str | Sequence[str] = (), drop: str | Sequence[str] = (), warn: bool = True
    ) -> "Fit":
        """Fit the model again with some lines added or dropped, and all else as it was.

        Data, known errors, estimator, missing answers, groups and what is equal in them, clusters,
        weights and starting values stay. What is dropped is 0 in the new model, so that the two
        are nested and :meth:`compare` tests the difference; an item that is dropped leaves the
        model, with everything that is said of its loading (which a warning names).

        Parameters
        ----------
        add, drop
            Lines of the model language, such as ``"trust ~ people"``, ``"p1 ~~ p2"`` or the item
            ``"people =~ p5"``; one, or a list of them.
        warn
            As in :func:`workbench.sem.fit`.

        Returns
        -------
        Fit
            Of the revised model, whose text is its ``model``.

        Raises
        ------
        ModelSyntaxError
            A line that cannot be read.
        ModelError
            A line to drop that the model does not have, one to add that it has, or a fit whose data
            are not at hand.

        Examples
        --------
        >>> import workbench as wb
        >>> fit = wb.open_study("data/demo").fit()
        >>> shorter = fit.refit(drop="trust ~ people")
        >>> shorter.estimates.query("op == '~'")[["lhs", "rhs", "est", "std_all"]].round(2)
               lhs      rhs   est  std_all
        3  service   people  0.28     0.33
        4    trust  service  0.64     0.60
        5    trust   people  0.00     0.00
        """
        if self.source is None:
            raise ModelError(
                "The data of this fit are not at hand, for it comes from a file or from fit_many; "
                "fit the new model by sem.fit(model, data)."
            )
        revision = revised(self.model, self.problem.table, add, drop)
        found: Fit = self.source.fit(revision.model, warn=warn)
        further = [note for note in self.notes if note not in self.source.notes]
        if revision.left_out:
            further.append(
                DataWarning(
                    f"{listed(revision.left_out, most=SHOWN)} speak of what was dropped and were "
                    "left out of the model."
                )
            )
        return replace(found, notes=(*found.notes, *further))

    def explore(self) -> "Explorer":
        """Change the model in a notebook, and see it refitted at every change.

        Items, paths and covariances to leave out or to add by :meth:`refit`: each change shows the
        fit beside that of the model before, paths, residuals and diagram, and the code of a cell
        that gives the same, in which this fit is called ``fit``.

        Raises
        ------
        MissingPackageError
            Without the package's extra ``lab``.
        ModelError
            If this fit did not converge.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(500)
        >>> fit = wb.sem.fit("trust_1 ~ service_1; service_1 ~ courtesy_1", clients)
        >>> print(fit.explore().exploration.adding("~", "trust_1", "courtesy_1").code)
        explored = fit.refit(add="trust_1 ~ courtesy_1")
        explored
        """
        from workbench.explorer import FittedOrigin, explorer_of

        return explorer_of(FittedOrigin(self))

    def compare(self, *others: "Fit") -> pd.DataFrame:
        """Set this model beside others of the same rows that are nested in each other.

        Parameters
        ----------
        others
            Fits of the same rows, in any order.

        Returns
        -------
        DataFrame
            :func:`workbench.sem.comparison_table` of them, this one called ``"model 1"``.

        Raises
        ------
        ModelError
            As :func:`workbench.sem.difference_test`.

        Examples
        --------
        >>> import workbench as wb
        >>> fit = wb.open_study("data/demo").fit()
        >>> table = fit.compare(fit.refit(drop="trust ~ people"))
        >>> table[["model", "df", "chisq_diff", "pvalue"]].round(2)
             model  df  chisq_diff  pvalue
        0  model 1   0         NaN     NaN
        1  model 2   1        2.92    0.09
        """
        from workbench.sem.comparison import comparison_table  # which is about fits

        return comparison_table([self, *others])

    def wald(self, *constraints: str | Sequence[str]) -> Difference:
        """Test hypotheses about labelled parameters together, such as ``"a == b"``.

        Parameters
        ----------
        constraints
            Hypotheses in the labels of the model, each with ``==``, or lists of them.

        Returns
        -------
        Difference
            As :func:`workbench.sem.wald_test`, which says what it raises.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("service_1 ~ a*knowing_1 + b*courtesy_1", clients)
        >>> test = fit.wald("a == b")
        >>> int(test.df), bool(test.pvalue < 0.05)
        (1, True)
        """
        from workbench.sem.comparison import wald_test

        hypotheses = [
            one for given in constraints for one in ([given] if isinstance(given, str) else given)
        ]
        return wald_test(self, hypotheses)

    # --- checks and further results ------------------------------------------------------------

    def residuals(self, standardised: bool = True) -> pd.DataFrame:
        """Sample, implied and residual moments, one row each.

        Columns ``lhs, op, rhs, group, sample, implied, raw, cor, z``; ``z`` is the standardised
        residual (NaN without rows, with ordered items, whose correlations are compared, and where
        there are no standard errors).

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("trust_1 ~ service_1; service_1 ~ courtesy_1", clients)
        >>> fit.residuals().columns.tolist()
        ['lhs', 'op', 'rhs', 'group', 'sample', 'implied', 'raw', 'cor', 'z']
        >>> bool(fit.residuals()["cor"].abs().max() < 0.05)
        True
        """
        problem = self.problem
        errors = None
        known = bool(np.isfinite(self._covariance).all()) and problem.has_saturated
        known &= problem.ordinal is None
        if standardised and known and problem.sample is not None:
            errors = moment_errors(
                problem.layout,
                problem.sample,
                self.theta,
                problem.restrictions(self.theta),
                correction=problem.options.correction,
                estimator=problem.options.discrepancy,
                information=problem.options.information,
            )
        pair = assessment.moment_pair(problem, self.theta)
        return self._with_groups(residual_table(pair, list(problem.layout.observed), errors))

    def modification_indices(self) -> pd.DataFrame:
        """By how much freeing one more parameter would improve the fit, the largest first.

        Columns ``lhs, op, rhs, group, mi, epc, sepc_lv, sepc_all, sepc_nox``.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("trust_1 ~ service_1; service_1 ~ courtesy_1", clients)
        >>> fit.modification_indices().head(1)[["lhs", "op", "rhs", "mi", "epc"]].round(2)
               lhs op         rhs     mi   epc
        0  trust_1  ~  courtesy_1  19.65  0.08

        Raises
        ------
        ModelError
            The model has ordered items.
        """
        problem = self._of_numbers("Modification indices")

        def discrepancy(layout: Layout) -> Any:
            return objective_of(layout, problem.data, problem.options.discrepancy)[0]

        found = modification_indices(
            problem.table,
            problem.layout,
            self.theta,
            discrepancy,
            problem.restrictions(self.theta),
        )
        # Parameters that free the same fit have one index but for rounding: they keep their order.
        rounded = found["mi"].round(6).sort_values(ascending=False, kind="stable")
        return self._with_groups(found.loc[rounded.index])

    def factor_scores(self, method: Method = "regression") -> pd.DataFrame:
        """Factor scores of the rows used, indexed like the data; ``"regression"``/``"bartlett"``.

        Raises
        ------
        ModelError
            The model was fitted to moments alone, or has ordered items.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3", clients, missing="fiml")
        >>> scores = fit.factor_scores()
        >>> scores.columns.tolist(), len(scores) == fit.nobs
        (['trust'], True)
        """
        problem = self._of_numbers("Factor scores")
        if problem.sample is None:
            raise ModelError("Factor scores need the rows; this model was fitted to moments.")
        sample = problem.sample
        blocks = factor_scores(
            problem.layout,
            self.theta,
            sample.rows,
            problem.moments.mean,
            method,
            problem.exo,
            sample.errors,
        )
        names = list(problem.layout.latent)
        frames = [
            pd.DataFrame(block, index=index, columns=names)
            for block, index in zip(blocks, self.index, strict=True)
        ]
        return pd.concat(frames)

    def bootstrap(
        self,
        replicates: int = 1000,
        seed: int = 1,
        kind: str | None = None,
        standardised: bool = False,
    ) -> Bootstrap:
        """Refit resamples: standard errors and percentile, bias-corrected and BCa intervals.

        ``kind`` is ``"case"``, ``"cluster"`` (the default of a clustered fit), ``"parametric"`` or
        ``"bollen-stine"``. With ``standardised`` the replicates are of ``std_all``. One seed gives
        one result.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(2000)
        >>> model = "service_1 ~ a*courtesy_1; trust_1 ~ b*service_1; indirect := a*b"
        >>> drawn = wb.sem.fit(model, clients).bootstrap(200, seed=1)
        >>> drawn.replicates.shape == (200, len(drawn.parameters))
        True
        >>> table = drawn.intervals().set_index("lhs")
        >>> table.loc["indirect", ["ci_lower", "ci_upper"]].astype(float).round(2).tolist()
        [0.06, 0.18]
        """
        kind = kind or ("cluster" if self.options.cluster else "case")
        table = self.problem.table
        shown = shown_rows(table)
        labels = dict(enumerate(self.problem.groups, start=1))
        groups = [labels.get(g) for g in table.loc[shown.index, "group"]]
        shown["group"] = pd.Series(groups, shown.index, object)
        return bootstrap_fit(
            self.problem, self.theta, self.fmin, shown, replicates, seed, kind, standardised
        )

    def monte_carlo(self, draws: int = 20_000, seed: int = 1, level: float = 0.95) -> pd.DataFrame:
        """Monte Carlo intervals of the ``:=`` rows (``est, se, ci_lower, ci_upper``).

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> model = "service_1 ~ a*courtesy_1; trust_1 ~ b*service_1; indirect := a*b"
        >>> found = wb.sem.fit(model, clients).monte_carlo()
        >>> found[["lhs", "est", "ci_lower", "ci_upper"]].round(2)
                lhs   est  ci_lower  ci_upper
        5  indirect  0.11       0.1      0.13
        """
        return monte_carlo_intervals(
            self.problem.table, self.theta, self._covariance, draws, seed, level
        )

    def _of_numbers(self, what: str) -> Problem:
        """The problem, where no item is ordered."""
        if self.problem.ordinal is not None:
            raise ModelError(
                f"{what} are not offered with ordered items; fit the answers as numbers, by "
                "estimator='MLR', for them."
            )
        return self.problem

    def crosscheck(self) -> Crosscheck:
        """The same model by semopy: agree or not, the largest difference, and a sentence.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> found = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3", clients).crosscheck()
        >>> found.agree
        True
        """
        errors = np.sqrt(np.diag(self._covariance))
        return crosscheck(self.problem, self.theta, errors, self.names, self.converged)

    def _with_groups(self, found: pd.DataFrame) -> pd.DataFrame:
        """Replace group numbers (from 1) by the groups' own values."""
        labels = dict(enumerate(self.problem.groups, start=1))
        found = found.reset_index(drop=True)
        found["group"] = pd.Series([labels.get(g) for g in found["group"]], found.index, object)
        return found

    # --- shown ---------------------------------------------------------------------------------

    def paths(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Nodes and edges of the path diagram.

        Nodes: ``name, kind`` (``"latent"``/``"observed"``), ``r_squared`` and ``group``. Edges:
        ``source, target, kind`` (``"loading"``, ``"path"``, ``"covariance"``), ``est, se, pvalue,
        std_all, fixed, group``.

        Examples
        --------
        >>> import workbench as wb
        >>> nodes, edges = wb.open_study("data/demo").fit().paths()
        >>> nodes[["name", "kind"]]
                       name      kind
        0            people    latent
        1           service    latent
        2             trust    latent
        3   index of people  observed
        4  index of service  observed
        5    index of trust  observed
        >>> edges.query("kind == 'path'")[["source", "target", "std_all"]].round(2)
            source   target  std_all
        3   people  service     0.32
        4  service    trust     0.57
        5   people    trust     0.10
        """
        return path_diagram(self)

    def draw_residuals(self, group: Hashable = None, ax: "Axes | None" = None) -> "Axes":
        """The residual correlations as a heat map, of one group where there are several.

        Parameters
        ----------
        group
            By default the first.
        ax
            Matplotlib's axes; by default those of a new figure.

        Raises
        ------
        ModelError
            For an unknown group.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("trust_1 ~ service_1; service_1 ~ courtesy_1", clients)
        >>> [tick.get_text() for tick in fit.draw_residuals().get_xticklabels()]
        ['trust_1', 'service_1', 'courtesy_1']
        """
        return drawn(residual_map(self, self.residuals(), group), ax)

    def plot(self, group: Hashable = None) -> Figure:
        """The path diagram with standardised estimates, of one group where there are several.

        Links differ from 0 where they are solid (95 % interval); the text for those who do not see
        the drawing states the finding.

        Raises
        ------
        ModelError
            For an unknown group.

        Examples
        --------
        >>> import workbench as wb
        >>> drawing = wb.open_study("data/demo").fit().plot()
        >>> print(drawing.alt)
        Path diagram: 2 of 3 links are told from 0, the strongest from service to trust (0.57). CFI
        1.000, RMSEA 0.000, SRMR 0.000, n = 323.
        """
        return drawn_model(self, group)

    def summary(self) -> str:
        """Everything as text, in the blocks lavaan's users know.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> text = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3", clients).summary()
        >>> print(text.splitlines()[0][:24])
        workbench ended normally
        >>> "Comparative Fit Index (CFI)" in text
        True
        """
        return text_summary(self)

    def report(self) -> str:
        """A paragraph as journals print it, in the language that is spoken.

        Estimator, rows and missing answers; χ² with its p value (scaled where the estimator
        scales), CFI, TLI and RMSEA with its 90 % interval (robust ones where there are) and SRMR;
        standardised loadings and paths; effects that the model defines as products of several
        parameters, unstandardised, with their 95 % intervals.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> model = "service_1 ~ a*courtesy_1; trust_1 ~ b*service_1; indirect := a*b"
        >>> print(wb.sem.fit(model, clients, missing="fiml", fixed_x=False).report())
        The model was estimated by maximum likelihood (N = 22,270). Missing answers were handled by
        full information maximum likelihood. Its fit was χ²(1, N = 22,270) = 21.15, p < .001,
        CFI = .994, TLI = .981, RMSEA = .034, 90% CI [.022, .047], SRMR = .010. Standardised paths
        were courtesy_1 → service_1, β = 0.12, SE = 0.01, p < .001; service_1 → trust_1, β = 0.39,
        SE = 0.01, p < .001. Of the effects defined, indirect = 0.12, SE = 0.01, 95% CI [0.10,
        0.13], p < .001.
        """
        return paragraph(self)

    def to_lavaan(self, folder: str | Path, name: str = "model") -> list[Path]:
        """Write the fit for lavaan: a script, the rows used, and the estimates to compare with.

        ``Rscript NAME.R`` in the folder fits the model and prints by how much lavaan's estimates
        and standard errors differ.

        Parameters
        ----------
        folder
            Where to; it is made if it is not there.
        name
            What the files' names begin with.

        Returns
        -------
        list
            The files: ``NAME.R``, ``NAME.csv``, ``NAME_expected.csv``.

        Raises
        ------
        ModelError
            A fit to moments or with known errors, or one that did not converge.

        Examples
        --------
        >>> import tempfile
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(200)
        >>> fit = wb.sem.fit("trust_1 ~ service_1", clients)
        >>> [file.name for file in fit.to_lavaan(tempfile.mkdtemp())]
        ['model.R', 'model.csv', 'model_expected.csv']
        """
        from workbench.sem.lavaan_script import write_lavaan

        return write_lavaan(self, folder, name)

    def to_mplus(self, folder: str | Path, name: str = "model") -> list[Path]:
        """Write the fit for Mplus: an input file, the rows used, and the expected estimates.

        Parameters
        ----------
        folder, name
            As in :meth:`to_lavaan`.

        Returns
        -------
        list
            The files: ``NAME.inp``, ``NAME.dat``, ``NAME_expected.csv``, in which variables have
            names of eight characters at most.

        Raises
        ------
        ModelError
            As :meth:`to_lavaan`, and for bounds and Wishart's likelihood.

        Examples
        --------
        >>> import tempfile
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(200)
        >>> fit = wb.sem.fit("trust_1 ~ b*service_1", clients)
        >>> print(fit.to_mplus(tempfile.mkdtemp())[0].read_text().partition("MODEL:")[2].strip())
        trust_1 ON service_*  (b);
          trust_1*;
        OUTPUT: STDYX;
        """
        from workbench.sem.mplus_input import write_mplus

        return write_mplus(self, folder, name)

    def _repr_html_(self) -> str:
        return html_summary(self)

    def to_markdown(self) -> str:
        """The estimates as a Markdown table.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("trust_1 ~ service_1", clients)
        >>> print(fit.to_markdown().splitlines()[0][:24])
        | Parameter | Estimate |
        """
        return markdown_table(self)

    def to_latex(self) -> str:
        """The estimates as a LaTeX table (booktabs).

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> fit = wb.sem.fit("trust_1 ~ service_1", clients)
        >>> "bottomrule" in fit.to_latex()
        True
        """
        return latex_table(self)

    def __repr__(self) -> str:
        return headline(self)
