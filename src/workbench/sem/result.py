"""The result of a fit: tidy frames first, text and tables made from them.

A ``Fit`` computes nothing itself. It holds the problem and where the optimiser ended, and hands
both to the pure functions of the neighbouring modules when a result is asked for; every result is
computed once.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

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
from workbench.sem.drawing import drawn_model
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.inference import assessment
from workbench.sem.inference.assessment import Problem
from workbench.sem.inference.bootstrapping import Bootstrap, bootstrap_fit, shown_rows
from workbench.sem.inference.crosscheck import Crosscheck, crosscheck
from workbench.sem.inference.measures import ChiSquare, cfi
from workbench.sem.inference.modification import modification_indices
from workbench.sem.inference.montecarlo import monte_carlo_intervals
from workbench.sem.inference.residuals import moment_errors, residual_table
from workbench.sem.inference.scores import Method, factor_scores
from workbench.sem.inference.standardised import Kind, r_squared, standardised
from workbench.sem.model.expressions import quoted_where_needed
from workbench.sem.model.layout import Floats, Layout
from workbench.sem.options import Options
from workbench.sem.presentation import (
    headline,
    html_summary,
    latex_table,
    markdown_table,
    path_diagram,
    text_summary,
)
from workbench.text import SHOWN, listed


def parameter_name(lhs: str, op: str, rhs: str) -> str:
    """Return a parameter as it is written in a model; a defined one by its name."""
    if op == ":=":
        return lhs
    left = quoted_where_needed(lhs)
    return f"{left} ~ 1" if op == "~1" else f"{left} {op} {quoted_where_needed(rhs)}"


def free_names(table: pd.DataFrame, groups: int) -> list[str]:
    """Return one name per free parameter: its label, or the parameter as written (and group)."""
    names: dict[int, str] = {}
    columns = table.loc[table["free"] > 0, ["free", "label", "lhs", "op", "rhs", "group"]]
    for free, label, lhs, op, rhs, group in columns.itertuples(index=False):
        written = parameter_name(lhs, op, rhs) + (f" [{group}]" if groups > 1 else "")
        names.setdefault(free, label or written)
    return [names[i] for i in sorted(names)]


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
        What the data reader had to say.
    index
        The data frame's index of the rows used, per group.
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
            return assessment.vcov(self.problem, self.theta), None
        except NotIdentifiedError as problem:
            numbers = [int(i) for i in problem.parameters if i.isdigit()]
            names = [self.names[i] for i in numbers] or self.names
            return None, NotIdentifiedWarning(
                "There are no standard errors: in these data the parameters "
                f"{', '.join(names)} move together without changing the fit. Fix some of them, or "
                "simplify the model.",
                names,
            )

    @cached_property
    def _covariance(self) -> Floats:
        made = self._errors[0]
        return np.full((len(self.theta), len(self.theta)), np.nan) if made is None else made()

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the free parameters; NaN where there is none."""
        return pd.DataFrame(self._covariance, index=self.names, columns=self.names)

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Every parameter with standard error, z, p, 95 % interval and standardised values.

        Rows are those of the model and of ``:=``, in lavaan's order; fixed parameters have a
        standard error of 0 and no z. ``group`` is the group's own value (None without groups).
        """
        problem = self.problem
        return problem.rows.estimates(self.theta, self._covariance, problem.exo, problem.groups)

    @cached_property
    def measures(self) -> pd.Series:
        """Fit measures with lavaan's names; NaN where the model did not converge."""
        found = assessment.measures(self.problem, self.theta, self.fmin)
        return found if self.converged else found.where(found.index.isin(["npar", "df"]))

    @cached_property
    def reported(self) -> dict[str, float]:
        """Those measures that a reader is told, sooner had than all.

        ``chisq``, ``df`` and ``pvalue`` of the test, scaled where it is; ``cfi`` and ``rmsea``,
        robust ones where there are; ``srmr``, ``aic`` and ``bic``. NaN where the model did not
        converge.
        """
        found = assessment.reported(self.problem, self.theta, self.fmin)
        if self.converged:
            return found
        return {name: value if name == "df" else np.nan for name, value in found.items()}

    @property
    def cfi(self) -> float:
        """The comparative fit index, robust where there is such a one, sooner had than the rest."""
        tests = assessment.robust_tests(self.problem, self.theta, self.chi_square)
        return cfi(*tests) if self.converged else np.nan

    @property
    def chi_square(self) -> ChiSquare:
        """The unscaled test of the model; NaN where it did not converge."""
        found = assessment.chi_square(self.problem, self.fmin)
        return found if self.converged else replace(found, statistic=np.nan)

    @cached_property
    def warnings(self) -> list[WorkbenchWarning]:
        """Everything a reader should know before using the numbers."""
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
            return None
        return ActiveConstraintWarning(
            f"The estimates lie at the limit of {listed(active, most=SHOWN)}: the standard errors "
            "are those of a model with an equality there, and the p value of chi-square is too "
            "small. Fit the model without the limit to see what the data say themselves.",
            active,
        )

    def _undetermined(self) -> WorkbenchWarning | None:
        """Say which measures are missing because the data leave sample moments undetermined."""
        problem = self.problem
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
        return DataWarning(
            f"No row answered both {listed(pairs, most=5)}, so the data say nothing of their "
            "covariance: measures that rest on it (SRMR, GFI, robust CFI and RMSEA, its residual) "
            "are missing, and the test counts it among its degrees of freedom. The estimates stand."
        )

    def _few_clusters(self) -> DataWarning | None:
        """Say that the cluster sums of the scores, which add up to 0, span fewer dimensions than
        there are parameters."""
        sample, parameters = self.problem.sample, self.problem.npar
        if sample is None or sample.clusters is None:
            return None
        count = len(np.unique(np.concatenate(sample.clusters)))
        if count > parameters:
            return None
        return DataWarning(
            f"There are only {count} clusters for {parameters} parameters: tests of several of "
            "them at once, such as the test of fit, cannot be trusted. Fit a smaller model, or "
            "take more clusters."
        )

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
            where = f" in group {groups[group - 1]!r}" if len(groups) > 1 else ""
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

    def standardised(self, kind: Kind = "std_all", level: float = 0.95) -> pd.DataFrame:
        """The standardised solution with its own standard errors, rows of ``:=`` included.

        ``kind`` is ``"std_all"``, ``"std_lv"`` or ``"std_nox"``. Columns ``lhs, op, rhs, group,
        label, est_std, se, z, pvalue, ci_lower, ci_upper``.
        """
        found = standardised(
            self.problem.table,
            self.layout,
            self.theta,
            self._covariance,
            self.problem.exo,
            kind,
            level,
        )
        return self._with_groups(found)

    @cached_property
    def r_squared(self) -> pd.DataFrame:
        """Explained share of the variance of every dependent variable."""
        return self._with_groups(
            r_squared(self.problem.table, self.layout, self.theta, self.problem.exo)
        )

    # --- checks and further results ------------------------------------------------------------

    def residuals(self, standardised: bool = True) -> pd.DataFrame:
        """Sample, implied and residual moments, one row each.

        Columns ``lhs, op, rhs, group, sample, implied, raw, cor, z``; ``z`` is the standardised
        residual (NaN without rows, and where there are no standard errors).
        """
        problem = self.problem
        errors = None
        known = bool(np.isfinite(self._covariance).all()) and problem.has_saturated
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
        """What freeing one more parameter would gain: ``mi`` and expected changes, largest first.

        Columns ``lhs, op, rhs, group, mi, epc, sepc_lv, sepc_all, sepc_nox``.
        """
        problem = self.problem

        def discrepancy(layout: Layout) -> Any:
            return objective_of(layout, problem.data, problem.options.discrepancy)[0]

        found = modification_indices(
            problem.table,
            problem.layout,
            self.theta,
            discrepancy,
            problem.restrictions(self.theta),
        )
        return self._with_groups(found.sort_values("mi", ascending=False, kind="stable"))

    def factor_scores(self, method: Method = "regression") -> pd.DataFrame:
        """Factor scores of the rows used, indexed like the data; ``"regression"``/``"bartlett"``.

        Raises
        ------
        ModelError
            The model was fitted to moments alone.
        """
        problem = self.problem
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
        """Monte Carlo intervals of the ``:=`` rows (``est, se, ci_lower, ci_upper``)."""
        return monte_carlo_intervals(
            self.problem.table, self.theta, self._covariance, draws, seed, level
        )

    def crosscheck(self) -> Crosscheck:
        """The same model by semopy: agree or not, the largest difference, and a sentence."""
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
        """
        return path_diagram(self)

    def plot(self, group: Hashable = None) -> Figure:
        """The path diagram with standardised estimates, of one group where there are several.

        Links differ from 0 where they are solid (95 % interval); the text for those who do not see
        the drawing states the finding. Raises ModelError for an unknown group.
        """
        return drawn_model(self, group)

    def summary(self) -> str:
        """Everything as text, in the blocks lavaan's users know."""
        return text_summary(self)

    def _repr_html_(self) -> str:
        return html_summary(self)

    def to_markdown(self) -> str:
        """The estimates as a Markdown table."""
        return markdown_table(self)

    def to_latex(self) -> str:
        """The estimates as a LaTeX table (booktabs)."""
        return latex_table(self)

    def __repr__(self) -> str:
        return headline(self)
