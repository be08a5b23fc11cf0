"""Bootstrap replicates of a fit with their intervals; the drawing is in ``resampling``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.figures.notebook import Part, Shown
from workbench.sem.estimation import information
from workbench.sem.estimation.objective import LEAST_SQUARES
from workbench.sem.estimation.optimiser import Solution
from workbench.sem.inference import robust
from workbench.sem.inference.assessment import Problem
from workbench.sem.inference.intervals import (
    acceleration_from_influence,
    bca_interval,
    bias_corrected_interval,
    percentile_interval,
)
from workbench.sem.inference.resampling import bootstrap
from workbench.sem.inference.standardised import MODEL_OPERATORS
from workbench.sem.model.layout import Floats
from workbench.sem.ordinal.resampling import bootstrap as ordinal_bootstrap
from workbench.threads import one_thread

IntervalKind = Literal["percentile", "bias-corrected", "bca"]


@dataclass(frozen=True, eq=False)
class Bootstrap(Shown):
    """Replicates of every parameter.

    Attributes
    ----------
    parameters
        ``lhs, op, rhs, label, group, est``, one row per parameter.
    replicates : (R, parameters)
        NaN where a replicate did not converge.
    acceleration : (parameters,)
        From the influence of each row (or cluster) on each parameter.
    statistics : (R,)
        Chi-square of each replicate; ``pvalue`` compares the fit's own with them. Of two levels
        2 N f, without what the saturated model has.
    kind, seed
        How and from which seed the replicates were drawn.
    """

    parameters: pd.DataFrame
    replicates: Floats
    acceleration: Floats
    statistics: Floats
    statistic: float
    kind: str
    seed: int

    @property
    def failed(self) -> int:
        """Replicates that did not converge; they are left out."""
        return int(np.isnan(self.statistics).sum())

    @property
    def pvalue(self) -> float:
        """Bollen–Stine p value: how often a replicate fits no better than the sample.

        Raises
        ------
        ModelError
            For other kinds of replicates, which do not obey the model.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(500)
        >>> fit = wb.sem.fit("trust_1 ~ service_1; service_1 ~ courtesy_1", clients)
        >>> drawn = fit.bootstrap(200, seed=1, kind="bollen-stine")
        >>> drawn.failed, drawn.pvalue < 0.05
        (0, False)
        """
        if self.kind not in ("bollen-stine", "parametric"):
            raise ModelError("The p value needs replicates of kind 'bollen-stine'.")
        kept = self.statistics[np.isfinite(self.statistics)]
        return float((kept >= self.statistic).mean())

    def intervals(self, kind: IntervalKind = "percentile", level: float = 0.95) -> pd.DataFrame:
        """Estimates with bootstrap standard errors and intervals.

        Columns ``lhs, op, rhs, label, group, est, se, ci_lower, ci_upper``. ``kind`` is
        ``"percentile"``, ``"bias-corrected"`` or ``"bca"``. Fixed parameters have no interval.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients").head(2000)
        >>> fit = wb.sem.fit("service_1 ~ courtesy_1", clients)
        >>> found = fit.bootstrap(200, seed=1).intervals("bca")
        >>> found.columns.tolist()
        ['lhs', 'op', 'rhs', 'label', 'group', 'est', 'se', 'ci_lower', 'ci_upper']
        >>> found.loc[0, ["ci_lower", "est", "ci_upper"]].astype(float).round(2).tolist()
        [0.07, 0.12, 0.17]
        """
        estimate = self.parameters["est"].to_numpy(float)
        kept = self.replicates[np.isfinite(self.statistics)]
        if len(kept) < 2:
            raise ModelError("Fewer than two replicates converged; there are no intervals.")
        if kind == "percentile":
            lower, upper = percentile_interval(kept, level)
        elif kind == "bias-corrected":
            lower, upper = bias_corrected_interval(estimate, kept, level)
        elif kind == "bca":
            if np.isnan(self.acceleration).all():
                raise ModelError(
                    "There is no BCa interval with ordered items; choose 'percentile' or "
                    "'bias-corrected'."
                )
            lower, upper = bca_interval(estimate, kept, self.acceleration, level)
        else:
            raise ModelError(
                f"kind={kind!r} is not known; choose 'percentile', 'bias-corrected' or 'bca'."
            )
        found = self.parameters.copy()
        found["se"] = np.nanstd(kept, axis=0, ddof=1)
        fixed = found["se"].to_numpy() < 1e-12 * np.maximum(1.0, np.abs(estimate))
        found.loc[fixed, "se"] = 0.0
        found["ci_lower"] = np.where(fixed, estimate, lower)
        found["ci_upper"] = np.where(fixed, estimate, upper)
        return found

    def _parts(self) -> Iterator[Part]:
        drawn = f"{len(self.replicates)} replicates ({self.kind}, seed {self.seed})"
        yield f"{drawn}, of which {self.failed} did not converge."
        yield "Percentile intervals", self.intervals()


@one_thread
def bootstrap_fit(
    problem: Problem,
    theta: Floats,
    fmin: float,
    parameters: pd.DataFrame,
    replicates: int,
    seed: int,
    kind: str,
    standardised: bool,
) -> Bootstrap:
    """Refit resamples of a fitted problem.

    Parameters
    ----------
    parameters
        Rows of the table that are shown (``lhs, op, rhs, label, group``), with the table's index.
    standardised
        Replicate ``std_all`` values instead of the estimates themselves.
    """
    sample, layout = problem.sample, problem.layout
    if sample is None:
        raise ModelError("The bootstrap needs the rows; this model was fitted to moments.")
    if problem.ordinal is not None:
        if kind != "case" or problem.constraints:
            raise ModelError(
                "With ordered items rows are resampled, of models without constraints; ask for "
                "kind='case'."
            )
        solution = ordinal_bootstrap(problem.ordinal, theta, replicates, seed)
        how = seed, kind, standardised
        return of_solution(problem, theta, fmin, parameters, solution, None, *how)
    solution = bootstrap(
        layout,
        sample,
        theta,
        replicates,
        seed,
        kind,
        problem.options.discrepancy,
        problem.options.bounds,
        problem.constraints or None,
    )
    how = seed, kind, standardised
    influence = _influence(problem, theta)
    return of_solution(problem, theta, fmin, parameters, solution, influence, *how)


def of_solution(
    problem: Problem,
    theta: Floats,
    fmin: float,
    parameters: pd.DataFrame,
    solution: Solution,
    influence: Floats | None,
    seed: int,
    kind: str,
    standardised: bool,
) -> Bootstrap:
    """What refits say, as ``bootstrap_fit``; ``influence`` is what each row or cluster does to the
    estimates, (n, k), None where it is not known."""
    values = parameter_values(problem, np.vstack([theta, solution.theta]), standardised)
    values = values[:, parameters.index]
    values[1:][~solution.converged] = np.nan
    total = float(problem.objective.total[0])
    return Bootstrap(
        parameters.assign(est=values[0]).reset_index(drop=True),
        values[1:],
        _acceleration(problem, theta, standardised, influence)[parameters.index],
        np.where(solution.converged, 2 * total * solution.fmin, np.nan),
        2 * total * fmin,
        kind,
        seed,
    )


def parameter_values(problem: Problem, theta: Floats, standardised: bool = False) -> Floats:
    """Values (R, rows) of all rows of the table at theta (R, k), NaN for constraints."""
    rows = problem.rows
    if problem.ordinal is not None:
        # Values that follow from the others are parameters of the wide table.
        rows = problem.ordinal.model.rows
        known = np.isfinite(theta).all(-1)
        wide = np.full((len(theta), rows.layout.n_free), np.nan)
        wide[known] = problem.ordinal.model.state(theta[known])[0]
        theta = wide
    if standardised:
        return rows.standardiser("std_all").values(theta, problem.exo)
    return rows.values(theta, problem.exo)


def shown_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that are parameters: those of the model and of ``:=``."""
    return table.loc[table["op"].isin([*MODEL_OPERATORS, ":="]), ["lhs", "op", "rhs", "label"]]


def _acceleration(
    problem: Problem, theta: Floats, standardised: bool, influence: Floats | None
) -> Floats:
    """Acceleration (rows,) from what each row or cluster does to the estimates."""
    if influence is None:
        return np.full(len(problem.table), np.nan)
    if standardised:
        standardiser = problem.rows.standardiser("std_all")
        _, jacobian = standardiser.values_and_jacobian(theta, problem.exo)
    else:
        jacobian = problem.rows.jacobian(theta)
    return acceleration_from_influence(influence @ jacobian.T)


def _influence(problem: Problem, theta: Floats) -> Floats:
    """The influence I⁻¹ s of each row or cluster on the estimates, (n, k)."""
    sample, layout = problem.sample, problem.layout
    assert sample is not None
    unit = information.expected(problem.objective, theta)
    inverse = information.inverse(unit, problem.restrictions(theta))
    estimator = problem.options.discrepancy
    of_rows = (
        robust.least_squares_scores(layout, sample, theta, estimator)
        if estimator in LEAST_SQUARES
        else robust.unit_scores(layout, sample, theta)
    )
    scores = np.vstack([own * sample.weight(g)[:, None] for g, own in enumerate(of_rows)])
    if sample.clusters is not None:
        member = np.concatenate(sample.clusters)
        sums = np.zeros((member.max() + 1, scores.shape[1]))
        np.add.at(sums, member, scores)
        scores = sums
    return np.asarray(scores @ inverse, dtype=np.float64)
