"""From an optimum of two levels to its errors, tests and measures of fit.

====================  ================================  ============================
estimator             standard errors from              scaled test
====================  ================================  ============================
ML                    observed information              none
MLR                   sandwich, sums of units' scores   Yuan–Bentler (as in Mplus)
====================  ================================  ============================

The saturated model has free covariances and means at both levels, the baseline model free
variances and means [1]_. SRMR is told by level, each of the correlations of that level [2]_, and
``srmr`` is their sum, as in lavaan; RMSEA, CFI and TLI are of both levels together and mostly of
level 1, which has the more rows.

References
----------
.. [1] Ryu, E., & West, S. G. (2009). Level-specific evaluation of model fit in multilevel
   structural equation modeling. Structural Equation Modeling, 16, 583-601.
.. [2] Asparouhov, T., & Muthén, B. (2018). SRMR in Mplus. Technical note.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from workbench.errors import NotIdentifiedError
from workbench.sem.estimation import information
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.objective import Objective
from workbench.sem.estimation.optimiser import Solution, optimum
from workbench.sem.inference import assessment
from workbench.sem.inference.assessment import Problem
from workbench.sem.inference.measures import ChiSquare, cfi, likelihood_measures, rmsea
from workbench.sem.model.layout import COVARIANCE, MEAN, Entries, Floats, Integers, Layout
from workbench.sem.twolevel.likelihood import (
    BETWEEN,
    WITHIN,
    TwoLevel,
    TwoLevelGroups,
    UnitMoments,
    Units,
    moments_of_one_level,
    rough_moments,
    stacked_jacobian,
    unit_scores,
)
from workbench.sem.twolevel.missing import Answers, TwoLevelAnswers, cell_scores


@dataclass(frozen=True, eq=False)
class LevelRows:
    """The rows of one group in their units.

    ``layout`` has the group's two blocks, of the parameters of the whole model; ``answers`` are the
    rows where some are missing, which ``units`` then has filled in for a start; ``covariates`` the
    positions of each level's.
    """

    layout: Layout
    units: Units
    covariates: tuple[Integers, Integers]
    answers: Answers | None = None

    @property
    def total(self) -> int:
        """Rows."""
        return int(self.units.size.sum())

    @cached_property
    def rough(self) -> Moments:
        """Moments (1, 2, p) by analysis of variance."""
        return rough_moments(self.units)

    @cached_property
    def exo(self) -> Floats | None:
        """Moments (1, .) of the covariates whose moments are held."""
        return self._exo_of(np.ones((1, len(self.units.size))))

    def _exo_of(self, often: Floats) -> Floats | None:
        if not self.layout.exogenous.kind.size:
            return None
        found = moments_of_one_level(self.units, often)
        return self.layout.exogenous_values(found.cov, found.mean)

    def objective(self, layout: Layout, exo: Floats | None) -> TwoLevel | TwoLevelAnswers:
        """What is minimised of a model of these rows."""
        complete = TwoLevel(layout, self.units.moments, self.units.inner, exo)
        if self.answers is None:
            return complete
        return TwoLevelAnswers(layout, (self.answers,), complete)

    def resampled(self, drawn: Integers) -> TwoLevel | TwoLevelAnswers:
        """What is minimised of the model of B resamples of the units, given as their numbers
        (B, J)."""
        count = len(self.units.size)
        often = np.stack([np.bincount(own, minlength=count) for own in drawn]).astype(np.float64)
        moments = UnitMoments.of(self.units, often)
        complete = TwoLevel(self.layout, moments, self.units.inner, self._exo_of(often))
        if self.answers is None:
            return complete
        samples = tuple(self.answers.take(own) for own in drawn)
        return TwoLevelAnswers(self.layout, samples, complete)

    def _solved(self, layout: Layout, exo: Floats | None, moments: Moments) -> Solution:
        """The optimum of a model of free moments, from those."""
        e = layout.free
        start = np.where(
            e.kind == MEAN,
            moments.mean[0, e.group, e.row],
            moments.cov[0, e.group, e.row, e.column],
        )
        return optimum(self.objective(layout, exo), moments, start=start)

    @cached_property
    def saturated(self) -> Solution:
        """The saturated model; theta is the covariances and means of both levels."""
        return self._solved(self.saturated_layout, None, self.rough)

    @cached_property
    def saturated_layout(self) -> Layout:
        """The layout of the saturated model; what was never answered together does not covary."""
        if self.answers is None:
            return _layout_of(self.layout, self.units, lambda level, i, j: True)
        together = [self.answers.together(level) for level in (WITHIN, BETWEEN)]
        return _layout_of(self.layout, self.units, lambda level, i, j: bool(together[level][i, j]))

    @property
    def has_saturated(self) -> bool:
        return bool(self.saturated.converged[0])

    @property
    def best(self) -> float:
        """f of the saturated model."""
        return float(self.saturated.fmin[0])

    @cached_property
    def moments(self) -> Moments:
        """The saturated moments (2, p) of the levels, 0 where a level has no such variable."""
        implied = self.saturated_layout.implied(self.saturated.theta[0])
        size = self.units.size
        n = np.array([size.sum() - len(size), len(size)], dtype=np.float64)
        return Moments(n, implied.sigma, implied.mu)

    @cached_property
    def start(self) -> Moments:
        """Moments (1, 2, p) for starting values: saturated ones, where they are proper."""
        if not self.has_saturated:
            return self.rough
        cov = self.rough.cov.copy()
        for level, own in ((WITHIN, self.units.inner), (BETWEEN, self.units.outer)):
            block = self.moments.cov[level][np.ix_(own, own)]
            scale = np.sqrt(np.maximum(np.diagonal(block), 0.0))
            if scale.all() and np.linalg.eigvalsh(block / np.outer(scale, scale))[0] > 0:
                cov[0, level][np.ix_(own, own)] = block
        return replace(self.rough, cov=cov)

    @cached_property
    def between_covariance(self) -> Floats:
        """The saturated covariance between units, of the variables of level 2."""
        own = self.units.outer
        return np.asarray(self.moments.cov[BETWEEN][np.ix_(own, own)], dtype=np.float64)

    @cached_property
    def baseline(self) -> tuple[Solution, Layout]:
        """The baseline model: variances and means of both levels, covariances of covariates."""
        layout = _layout_of(
            self.layout,
            self.units,
            lambda level, i, j: i == j or {i, j} <= set(self.covariates[level].tolist()),
            self.layout.exogenous,
        )
        return self._solved(layout, self.exo, self.start), layout

    def scores(self, layout: Layout, theta: Floats, exo: Floats | None) -> Floats:
        """Derivatives of the units' -log-likelihoods by theta, (J, k)."""
        implied = layout.implied(theta, None if exo is None else exo[0])
        if self.answers is None:
            by_moments = unit_scores(self.units, implied)
        else:
            by_moments = cell_scores(self.answers, implied)
        return np.asarray(by_moments @ stacked_jacobian(layout, implied), dtype=np.float64)

    def meat(self, layout: Layout, theta: Floats, exo: Floats | None) -> Floats:
        """Sum over units of products of their scores (k, k)."""
        scores = self.scores(layout, theta, exo)
        return np.asarray(scores.T @ scores, dtype=np.float64)

    @cached_property
    def trace_saturated(self) -> tuple[float, int]:
        """tr(B1 A1^-1) of the saturated model without the covariates' moments, and its order."""
        layout, theta = self.saturated_layout, self.saturated.theta[0]
        held = {
            (int(kind), int(group), *sorted((int(row), int(column))))
            for kind, group, row, column in zip(
                *(getattr(self.layout.exogenous, name) for name in _PLACE), strict=True
            )
        }
        places = zip(*(getattr(layout.free, name) for name in _PLACE), strict=True)
        free = np.array(
            [
                (int(kind), int(group), *sorted((int(row), int(column)))) not in held
                for kind, group, row, column in places
            ]
        )
        unit = information.observed(self.objective(layout, None), theta)
        meat = self.meat(layout, theta, None) / self.total
        own = np.ix_(free, free)
        return float(np.trace(np.linalg.solve(unit[own], meat[own]))), int(free.sum())

    @cached_property
    def trace_baseline(self) -> float:
        """tr(B0 A0^-1) of the baseline model."""
        solution, layout = self.baseline
        theta = solution.theta[0]
        unit = information.observed(self.objective(layout, self.exo), theta)
        meat = self.meat(layout, theta, self.exo) / self.total
        return float(np.trace(np.linalg.solve(unit, meat)))

    @property
    def constant(self) -> float:
        """What the log-likelihood has beside -N f: given the covariates whose moments are held."""
        units, total = self.units, self.total
        inside, alone = len(units.inner), len(np.setdiff1d(units.outer, units.inner))
        size, count = units.size, len(units.size)
        if self.answers is not None:
            constant = self.answers.answers * np.log(2 * np.pi)
        else:
            constant = (total * inside + count * alone) * np.log(2 * np.pi)
            # The rows of a unit have the determinant of sqrt(n) times their mean.
            constant += inside * np.log(size).sum()
        found = -0.5 * constant
        e = self.layout.exogenous
        for level, rows in ((WITHIN, total), (BETWEEN, count)):
            own = np.unique(e.row[e.group == level])
            if own.size:
                cov = self.rough.cov[0, level][np.ix_(own, own)]
                log_size = np.linalg.slogdet(cov)[1]
                found += 0.5 * rows * (len(own) * (np.log(2 * np.pi) + 1.0) + log_size)
        return float(found)

    def srmr(self, theta: Floats) -> Floats:
        """SRMR within and between units: root mean square of the differences of correlations, with
        their diagonals."""
        sigma = self.layout.implied(theta, None if self.exo is None else self.exo[0]).sigma
        found = []
        for level, own in ((WITHIN, self.units.inner), (BETWEEN, self.units.outer)):
            block = np.ix_(own, own)
            gap = _correlations(self.moments.cov[level][block]) - _correlations(sigma[level][block])
            found.append(np.sqrt((gap[np.tril_indices(len(own))] ** 2).mean()))
        return np.array(found)


@dataclass(frozen=True, eq=False)
class TwoLevelProblem(Problem):
    """A model of two levels with its data; ``layout`` and table have the levels of each group in
    turn for groups, ``by_group`` the rows of each."""

    by_group: tuple[LevelRows, ...] = field(kw_only=True)

    @cached_property
    def prepared(self) -> tuple[Objective, Moments]:
        first, parts = self.by_group[0], self.by_group
        if len(parts) == 1:
            return first.objective(self.layout, first.exo), first.start
        start = Moments(
            *(
                np.concatenate([getattr(own.start, name) for own in parts], axis=1)
                for name in ("n", "cov", "mean")
            )
        )
        known = [own.exo for own in parts if own.exo is not None]
        exo = np.concatenate(known, axis=1) if known else None
        objectives = tuple(own.objective(own.layout, own.exo) for own in parts)
        return TwoLevelGroups(self.layout, objectives, exo), start

    def resampled(self, drawn: Sequence[Integers]) -> Objective:
        """What is minimised of B resamples of units, given as their numbers (B, J) per group."""
        parts = [own.resampled(units) for own, units in zip(self.by_group, drawn, strict=True)]
        return parts[0] if len(parts) == 1 else TwoLevelGroups(self.layout, tuple(parts))

    @cached_property
    def moments(self) -> Moments:
        """The saturated moments (2 G, p) of every group's levels."""
        found = [own.moments for own in self.by_group]
        arrays = ([getattr(one, name) for one in found] for name in ("n", "cov", "mean"))
        return Moments(*(np.concatenate(own) for own in arrays))

    @property
    def has_saturated(self) -> bool:
        return all(own.has_saturated for own in self.by_group)

    @property
    def missing(self) -> bool:
        return False

    @property
    def n(self) -> tuple[int, ...]:
        """Rows used, per group."""
        return tuple(own.total for own in self.by_group)

    @property
    def df(self) -> int:
        return self._moments - self.npar

    @property
    def _moments(self) -> int:
        """Moments of all levels that are not held."""
        free = sum(own.saturated_layout.n_free for own in self.by_group)
        return free - len(self.layout.exogenous.kind)

    def _mean(self, values: Iterable[float]) -> float:
        """The mean of the groups' values by their rows."""
        pairs = zip(self.n, values, strict=True)
        return sum(n * value for n, value in pairs) / self.total

    # --- errors --------------------------------------------------------------------------------

    def bread(self, theta: Floats) -> Floats:
        """Inverse (k, k) of the information of one row.

        Raises
        ------
        NotIdentifiedError
            The information is singular.
        """
        known = self._breads.get(theta.tobytes())
        if known is None:
            if self.options.information == "observed":
                unit = assessment.observed_information(self, theta)
            else:
                unit = information.expected(self.objective, theta)
            known = information.inverse(unit, self.restrictions(theta))
            self._breads[theta.tobytes()] = known
        return known

    @cached_property
    def _breads(self) -> dict[bytes, Floats]:
        """Inverses by theta: one serves the errors and the tests."""
        return {}

    def meat(self, theta: Floats) -> Floats:
        """Sum over units of products of their scores (k, k), by one row."""
        found = sum(own.meat(own.layout, theta, own.exo) for own in self.by_group)
        return np.asarray(found / self.total, dtype=np.float64)

    def vcov(self, theta: Floats) -> Callable[[], Floats]:
        """As :func:`workbench.sem.inference.assessment.vcov`."""
        bread = self.bread(theta)
        if self.options.correction:
            bread = bread @ self.meat(theta) @ bread
        return partial(np.asarray, bread / self.total)

    # --- tests ---------------------------------------------------------------------------------

    def test(self, fmin: float, df: int) -> ChiSquare:
        """2 N (f - f of the saturated model)."""
        if not self.has_saturated:
            return ChiSquare(np.nan, df)
        best = self._mean(own.best for own in self.by_group)
        return ChiSquare(max(2 * self.total * (fmin - best), 0.0), df)

    @cached_property
    def trace_saturated(self) -> tuple[float, int]:
        """tr(B1 A1^-1) of the saturated model without the covariates' moments, and its order."""
        traces, orders = zip(*(own.trace_saturated for own in self.by_group), strict=True)
        return sum(traces), sum(orders)

    def trace_model(self, theta: Floats) -> float:
        """tr(B0 A0^-1) of the model."""
        return float(np.trace(self.bread(theta) @ self.meat(theta)))

    def scaled(self, test: ChiSquare, trace: float) -> ChiSquare:
        """Yuan and Bentler's test, scaled by {tr(B1 A1^-1) - tr(B0 A0^-1)} / df."""
        if test.df <= 0 or not self.has_saturated:
            return ChiSquare(test.statistic, test.df, np.nan)
        factor = (self.trace_saturated[0] - trace) / test.df
        factor = factor if factor > 0 else np.nan
        return ChiSquare(test.statistic / factor, test.df, factor)

    @cached_property
    def baseline_tests(self) -> tuple[ChiSquare, ChiSquare | None]:
        """The tests of the baseline model, plain and scaled."""
        free = sum(own.baseline[1].n_free for own in self.by_group)
        fmin = self._mean(float(own.baseline[0].fmin[0]) for own in self.by_group)
        test = self.test(fmin, self._moments - free)
        if not self.options.correction:
            return test, None
        return test, self.scaled(test, sum(own.trace_baseline for own in self.by_group))

    def tests(self, theta: Floats, fmin: float) -> tuple[ChiSquare, ChiSquare | None]:
        """The tests of the model, plain and scaled."""
        test = self.test(fmin, self.df)
        if not self.options.correction:
            return test, None
        try:
            return test, self.scaled(test, self.trace_model(theta))
        except NotIdentifiedError:
            return test, ChiSquare(np.nan, test.df, np.nan)

    def robust_pair(self, theta: Floats, fmin: float) -> tuple[ChiSquare, ChiSquare]:
        """The tests of model and baseline that CFI and RMSEA are told by."""
        test, scaled = self.tests(theta, fmin)
        base, base_scaled = self.baseline_tests
        if scaled is None or base_scaled is None:
            return test, base
        return (
            replace(test, scaling_factor=scaled.scaling_factor),
            replace(base, scaling_factor=base_scaled.scaling_factor),
        )

    # --- measures ------------------------------------------------------------------------------

    def loglikelihood(self, f: float) -> float:
        """From f: given the covariates whose moments are held."""
        return -self.total * f + sum(own.constant for own in self.by_group)

    def srmr(self, theta: Floats) -> dict[str, float]:
        """SRMR by level, the mean of the groups', and the sum of both."""
        within, between = sum(own.total / self.total * own.srmr(theta) for own in self.by_group)  # type: ignore[misc]
        return {
            "srmr": float(within + between),
            "srmr_within": float(within),
            "srmr_between": float(between),
        }

    def measures(self, theta: Floats, fmin: float) -> pd.Series:
        """Fit measures with lavaan's names."""
        test, scaled = self.tests(theta, fmin)
        base, base_scaled = self.baseline_tests
        factors = None
        if scaled is not None and np.isfinite(scaled.scaling_factor):
            trace, order = self.trace_saturated
            # lavaan divides by the parameters before equal ones are counted once.
            written = int((self.table["free"] > 0).sum())
            factors = trace / order, self.trace_model(theta) / written
        best = self._mean(own.best for own in self.by_group) if self.has_saturated else np.nan
        values = likelihood_measures(
            test=test,
            baseline=base,
            n=self.total,
            groups=len(self.by_group),
            npar=self.npar,
            scaled=scaled,
            baseline_scaled=base_scaled,
            loglikelihood=self.loglikelihood(fmin),
            saturated_loglikelihood=self.loglikelihood(best),
            scaling_factors=factors,
        )
        return pd.Series(values | self.srmr(theta), dtype=float)

    def reported(self, theta: Floats, fmin: float) -> dict[str, float]:
        """The measures that reports show."""
        test, scaled = self.tests(theta, fmin)
        shown = scaled or test
        model, base = self.robust_pair(theta, fmin)
        deviance = -2.0 * self.loglikelihood(fmin)
        return {
            "chisq": shown.statistic,
            "df": shown.df,
            "pvalue": shown.pvalue,
            "cfi": cfi(model, base),
            "rmsea": rmsea(
                model.statistic, model.df, self.total, len(self.by_group), model.scaling_factor
            ),
            "srmr": self.srmr(theta)["srmr"],
            "aic": deviance + 2 * self.npar,
            "bic": deviance + self.npar * float(np.log(self.total)),
        }


_PLACE = ("kind", "group", "row", "column")


def _correlations(cov: Floats) -> Floats:
    """Correlations (p, p), NaN where a variance is not positive."""
    variance = np.diagonal(cov)
    scale = np.sqrt(np.where(variance > 0, variance, np.nan))
    return np.asarray(cov / (scale[:, None] * scale), dtype=np.float64)


def _layout_of(
    layout: Layout,
    units: Units,
    free: Callable[[int, int, int], bool],
    exogenous: Entries | None = None,
) -> Layout:
    """A layout of the same variables without paths: free means, and those covariances that
    ``free(level, i, j)`` says, but for what ``exogenous`` holds."""
    held = set()
    if exogenous is not None:
        held = set(zip(exogenous.group.tolist(), exogenous.row.tolist(), strict=True))
    rows: list[tuple[int, int, int, int]] = []
    for level, own in ((WITHIN, units.inner), (BETWEEN, units.outer)):
        rows += [
            (COVARIANCE, level, int(i), int(j))
            for place, i in enumerate(own)
            for j in own[: place + 1]
            if free(level, int(i), int(j)) and not {(level, i), (level, j)} & held
        ]
        means = own if level == BETWEEN else np.setdiff1d(own, units.outer)
        rows += [(MEAN, level, int(i), 0) for i in means if (level, i) not in held]
    kind, group, row, column = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    count, none = len(rows), np.zeros(0, dtype=np.int64)
    empty = Entries(none, none, none, none, none, np.zeros(0))
    return Layout(
        observed=layout.observed,
        latent=(),
        groups=2,
        n_free=count,
        mean_structure=True,
        free=Entries(kind, group, row, column, np.arange(count), np.full(count, np.nan)),
        fixed=empty,
        exogenous=empty if exogenous is None else exogenous,
        loadings=frozenset(),
        covariates=frozenset(),
        start=np.full(count, np.nan),
        lower=np.full(count, -np.inf),
        upper=np.full(count, np.inf),
    )
