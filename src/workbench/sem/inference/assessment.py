"""From an optimum to its standard errors, tests and fit measures: which formula for which option.

Nothing is computed here that has a formula of its own; this module knows what goes with what,
as lavaan's defaults have it. ``information=`` puts observed or expected information in the place
of the other throughout a row; clusters with ``estimator="ML"`` take for the test, of the observed
one, the part without second derivatives of the moments. In FIML-C the parameters' part follows:

==========================  =====================  ==============================  ==============
option                      standard errors from   scaled test                     robust indices
==========================  =====================  ==============================  ==============
ML, ULS, GLS                expected information   none                            none
ML, ``missing="fiml"``      observed information   none                            FIML-C, V6
MLF                         first-order inform.    none                            none
MLM                         Satorra–Bentler        Satorra–Bentler                 by its factor
MLMV                        Satorra–Bentler        scaled and shifted              by MLM's factor
MLMVS                       Satorra–Bentler        Satterthwaite                   by MLM's factor
ULS, GLS, clusters, weights Satorra–Bentler, own V Satorra–Bentler, own V          by its factor
MLR, clusters, weights      sandwich, observed     Yuan–Bentler (as in Mplus)      by its factor
… with ``missing="fiml"``   sandwich, observed     Yuan–Bentler (as in Mplus)      FIML-C, V3
==========================  =====================  ==============================  ==============

With ordered items all of it is :mod:`workbench.sem.ordinal`'s.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotIdentifiedError
from workbench.sem.estimation import information
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.fiml import available_moments as answered_moments
from workbench.sem.estimation.fiml import pattern_terms
from workbench.sem.estimation.moments import Moments, Sample
from workbench.sem.estimation.objective import (
    LEAST_SQUARES,
    NormalTheory,
    Objective,
    cholesky,
)
from workbench.sem.estimation.optimiser import box_of, estimate
from workbench.sem.estimation.saturated import has_saturated, saturated_of
from workbench.sem.inference import robust
from workbench.sem.inference.measures import (
    ChiSquare,
    CorrectedTests,
    MomentPair,
    QuadraticForm,
    as_shown,
    available_moments,
    cfi,
    fit_measures,
    independence_test,
    information_criteria,
    normal_loglikelihood,
    residual_measures,
    rmsea,
    shifted,
    with_own_df,
)
from workbench.sem.inference.rows import Rows
from workbench.sem.inference.standardised import total_covariance
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.layout import Floats, Layout
from workbench.sem.options import Options
from workbench.sem.ordinal.estimation import Ordinal

ROUNDING = 1e-8
"""Smallest eigenvalue over largest, negated, that rounding leaves of a semidefinite matrix."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A model with its data, before and after estimation alike.

    ``data`` is the rows, or moments alone (n (G,), cov (G, p, p), mean (G, p)); ``constraints``
    are the table's general ones, ``rows`` the table as arrays. ``ordinal`` is what ordered items
    make of the rows; after estimation table and layout have the values that follow from the
    estimates, such as residual variances, for fixed ones. ``alike`` is a problem about the same
    variables of the same data, whose baseline model is this one's too.
    """

    table: pd.DataFrame
    layout: Layout
    options: Options
    groups: tuple[Hashable, ...]
    data: Sample | Moments
    constraints: Constraints
    rows: Rows
    alike: "Problem | None" = None
    ordinal: Ordinal | None = None

    @cached_property
    def prepared(self) -> tuple[Objective, Moments]:
        """What is minimised, and the moments that starting values come from."""
        if self.ordinal is not None:
            return self.ordinal.objective, self.ordinal.moments
        return objective_of(self.layout, self.data, self.options.discrepancy)

    @property
    def objective(self) -> Objective:
        """What is minimised."""
        return self.prepared[0]

    @cached_property
    def moments(self) -> Moments:
        """The saturated moments: the sample's own, or their ML estimates where answers miss."""
        if self.ordinal is not None:
            return self.ordinal.moments.take(0)
        found = self.data.batched if isinstance(self.data, Moments) else saturated_of(self.data)[0]
        return found.take(0)

    @property
    def sample(self) -> Sample | None:
        """The rows, if there are any."""
        return self.data if isinstance(self.data, Sample) else None

    @property
    def n(self) -> tuple[int, ...]:
        """Rows used, per group."""
        if self.sample is not None:
            return tuple(len(rows) for rows in self.sample.rows)
        return tuple(round(float(n)) for n in np.ravel(self.moments.n))

    @property
    def total(self) -> int:
        """Rows used."""
        return sum(self.n)

    @property
    def missing(self) -> bool:
        """Whether estimation is casewise: answers are missing or values have known errors."""
        return self.ordinal is None and self.sample is not None and not self.sample.complete

    @property
    def has_saturated(self) -> bool:
        """Whether the saturated model, which the test compares with, has been estimated."""
        return self.sample is None or self.ordinal is not None or has_saturated(self.sample)

    @property
    def known_errors(self) -> bool:
        """Whether the values of the rows have known errors."""
        return self.sample is not None and self.sample.errors is not None

    @cached_property
    def exo(self) -> Floats | None:
        """Moments of fixed exogenous covariates, one value per exogenous entry."""
        own = getattr(self.objective, "exo", None)
        return None if own is None else own[0]

    @cached_property
    def covariates(self) -> list[int]:
        """Positions of the fixed exogenous covariates among the observed variables."""
        return np.unique(self.layout.exogenous.row).tolist()

    def restrictions(self, theta: Floats) -> Floats | None:
        """Jacobian (r, k) of the constraints that hold with equality at theta; None without."""
        return self.constraints.active_jacobian(theta) if self.constraints else None

    def constraint_curvature(self, theta: Floats) -> Floats | None:
        """What the constraints' own curvature takes off the observed information, (k, k).

        None where no constraint bends.

        Along a curved constraint c(theta) = 0 the second derivatives of f are those of the
        Lagrangian f - lambda'c: the observed information less sum_i lambda_i d2 c_i [1]_. Where
        lambda is 0, and so in the expected information, nothing is taken off. Mplus has these
        errors; lavaan 0.6-14 leaves the curvature out.

        References
        ----------
        .. [1] Aitchison, J., & Silvey, S. D. (1958). Maximum-likelihood estimation of parameters
           subject to restraints. Annals of Mathematical Statistics, 29, 813-828.
        """
        if self.constraints.straight:
            return None
        objective, moments = self.prepared
        lower, upper = (
            np.atleast_2d(b)[0] for b in box_of(self.layout, moments, self.options.bounds)
        )
        gradient = objective.evaluate(theta[None], None).gradient[0]
        inside = np.minimum(theta - lower, upper - theta) > 1e-9 * np.maximum(1.0, np.abs(theta))
        multipliers = self.constraints.multipliers(theta, gradient, inside)
        return self.constraints.curvature(theta, multipliers)

    @cached_property
    def equalities(self) -> int:
        """How many equality constraints take a degree of freedom off the parameters."""
        return len(self.constraints.equal)

    @property
    def npar(self) -> int:
        """Truly free parameters."""
        return self.layout.n_free - self.equalities

    @property
    def df(self) -> int:
        """Sample moments that are not held fixed, less free parameters."""
        if self.ordinal is not None:
            return self.ordinal.df(self.equalities)
        return robust.degrees_of_freedom(self.layout, self.equalities)

    @cached_property
    def sandwiches(self) -> dict[bytes, robust.Robust]:
        """Robust errors and tests by theta: one serves the errors, the test and the measures."""
        return {}

    @cached_property
    def independence(self) -> "Independence":
        """The tests of the baseline model."""
        if self.alike is not None and _same_baseline(self.layout, self.alike.layout):
            return self.alike.independence
        return Independence(self)


@dataclass(frozen=True, eq=False)
class Independence:
    """Tests of the independence model of a problem, each made when it is asked for."""

    problem: Problem

    @cached_property
    def _found(self) -> tuple[ChiSquare, Floats | None, Layout]:
        return baseline(self.problem)

    @property
    def test(self) -> ChiSquare:
        """The plain test."""
        return self._found[0]

    @cached_property
    def scaled(self) -> ChiSquare | None:
        """The scaled test of robust options; else None."""
        return self._scaled(scaled)

    @cached_property
    def scaled_by_mean(self) -> ChiSquare | None:
        """The test divided by its scaling factor, with robust options; else None."""
        return self._scaled(scaled_by_mean)

    def _scaled(self, scale: Callable[..., ChiSquare]) -> ChiSquare | None:
        test, theta, layout = self._found
        if theta is None or not self.problem.options.correction:
            return None
        return scale(self.problem, layout, theta, test)

    @cached_property
    def completed(self) -> ChiSquare | None:
        """The test as if from complete rows, where answers may be missing; else None."""
        test, theta, layout = self._found
        casewise = self.problem.options.missing == "fiml" and not self.problem.known_errors
        if theta is None or not casewise:
            return None
        return completed_test(self.problem, layout, theta, int(test.df))


def observed_information(problem: Problem, theta: Floats) -> Floats:
    """Observed information (k, k) of one observation, along the constraints as they bend."""
    return information.observed(problem.objective, theta, problem.constraint_curvature(theta))


def vcov(problem: Problem, theta: Floats) -> Callable[[], Floats]:
    """Return what makes the covariance matrix (k, k) of the estimates.

    Raises
    ------
    NotIdentifiedError
        The information is singular.
    """
    if problem.ordinal is not None:
        found = problem.ordinal.vcov(theta, problem.restrictions(theta))
        return partial(np.asarray, found)
    if problem.options.correction:
        return partial(getattr, corrected(problem, problem.layout, theta, problem.df), "vcov")
    if problem.options.estimator == "MLF":
        assert problem.sample is not None
        unit = robust.first_order(problem.layout, problem.sample, theta)
    elif problem.options.information == "observed":
        unit = observed_information(problem, theta)
    else:
        unit = information.expected(problem.objective, theta)
    total = float(problem.objective.total[0])
    return partial(np.asarray, information.vcov(unit, total, problem.restrictions(theta)))


def corrected(problem: Problem, layout: Layout, theta: Floats, df: int) -> robust.Robust:
    """Robust errors and test of a model, or of the baseline model, by the options' family."""
    sample = problem.sample
    assert sample is not None, "fit() and fit_moments() allow robust options with rows only"
    own = layout is problem.layout and df == problem.df
    key = theta.tobytes()
    if own and key in problem.sandwiches:
        return problem.sandwiches[key]
    constraints = problem.restrictions(theta) if layout is problem.layout else None
    options = problem.options
    curvature = None
    if constraints is not None and options.information == "observed":
        curvature = problem.constraint_curvature(theta)
    if options.estimator in LEAST_SQUARES:
        found = robust.least_squares(layout, sample, theta, df, options.discrepancy, constraints)
    elif options.correction == "satorra-bentler":
        found = robust.satorra_bentler(
            layout,
            sample,
            theta,
            df,
            constraints,
            curvature,
            options.information,
            options.discrepancy,
        )
    else:
        kind = of_test = options.information
        plain_cluster = options.estimator == "ML" and options.cluster and not options.weights
        if plain_cluster and kind == "observed":
            of_test = "moments"
        found = robust.yuan_bentler(
            layout, sample, theta, df, constraints, curvature, kind, of_test, options.discrepancy
        )
    if own:
        problem.sandwiches[key] = found
    return found


def chi_square(problem: Problem, fmin: float) -> ChiSquare:
    """The test of a model: 2 N (f − f of the saturated model)."""
    if problem.ordinal is not None:
        return problem.ordinal.test(fmin, problem.equalities)
    return ChiSquare(_statistic(problem, fmin), problem.df)


def _statistic(problem: Problem, fmin: float) -> float:
    if not problem.has_saturated:
        return np.nan
    if problem.missing:
        fmin -= float(problem.moments.share @ _saturated_f(problem))
    return max(float(2 * problem.objective.total[0] * fmin), 0.0)


def _saturated_f(problem: Problem) -> Floats:
    assert problem.sample is not None
    return saturated_of(problem.sample)[1][0]


def baseline(problem: Problem) -> tuple[ChiSquare, Floats | None, Layout]:
    """The test of the independence model, its estimates where they were needed, its layout."""
    layout = robust.independence_layout(problem.layout)
    options, objective = problem.options, problem.objective
    plain = options.missing == "listwise" and not options.correction
    if plain and isinstance(objective, NormalTheory) and objective.estimator == "ML":
        moments = objective.moments.take(0)
        covariates = sorted(problem.layout.covariates)
        return independence_test(moments.n.tolist(), moments.cov, covariates), None, layout
    apart = _apart(problem, layout)
    if apart is not None:
        value = float(objective_of(layout, problem.data)[0].value(apart[None])[0])
        test = ChiSquare(_statistic(problem, value), robust.degrees_of_freedom(layout))
        return test, apart, layout
    solution = estimate(layout, problem.data, options.discrepancy)
    statistic = _statistic(problem, float(solution.fmin[0]))
    return ChiSquare(statistic, robust.degrees_of_freedom(layout)), solution.theta[0], layout


def _apart(problem: Problem, layout: Layout) -> Floats | None:
    """Estimates (k,) of the independence model, where it is one of every item by itself: the
    variances and means of the answers given. None where it has more in it."""
    if problem.known_errors or not problem.missing or layout.covariates:
        return None
    assert problem.sample is not None
    found = []
    for patterns in problem.sample.patterns:
        mean, cov = answered_moments(patterns.batched)
        found += [np.diagonal(cov[0]), mean[0]]
    return np.concatenate(found)


def _same_baseline(one: Layout, other: Layout) -> bool:
    """Whether two models of the same variables have the same covariates, if any."""
    ours, theirs = (robust.independence_layout(layout).free for layout in (one, other))
    return all(
        np.array_equal(getattr(ours, name), getattr(theirs, name))
        for name in ("kind", "group", "row", "column")
    )


def scaled(problem: Problem, layout: Layout, theta: Floats, test: ChiSquare) -> ChiSquare:
    """A test adjusted as the options say; NaN where the information is singular."""
    adjusted = _adjustment(problem.options.estimator)
    if adjusted is None:
        return scaled_by_mean(problem, layout, theta, test)
    try:
        found = corrected(problem, layout, theta, int(test.df))
    except NotIdentifiedError:
        return ChiSquare(np.nan, test.df, np.nan)
    assert found.squared is not None  # MLMV and MLMVS have it
    return adjusted(test, found.trace, found.squared())


def _adjustment(estimator: str) -> Callable[[ChiSquare, float, float], ChiSquare] | None:
    """How a test gets the mean and the variance of chi-square; None where it has the mean alone."""
    return {"MLMV": shifted, "MLMVS": with_own_df}.get(estimator)


def scaled_by_mean(problem: Problem, layout: Layout, theta: Floats, test: ChiSquare) -> ChiSquare:
    """A test divided by its scaling factor; NaN where the information is singular."""
    if not problem.has_saturated:
        return ChiSquare(np.nan, test.df, np.nan)
    try:
        factor = corrected(problem, layout, theta, int(test.df)).scaling_factor
    except NotIdentifiedError:
        return ChiSquare(np.nan, test.df, np.nan)
    return ChiSquare(test.statistic / factor if test.df > 0 else test.statistic, test.df, factor)


def moment_pair(problem: Problem, theta: Floats) -> MomentPair:
    """Sample (saturated) and implied moments: what was fitted to, and what came of it.

    What the data do not determine of the saturated moments is NaN. Of ordered items, correlations.
    """
    if problem.ordinal is not None:
        return problem.ordinal.pair(theta)
    implied = problem.layout.implied(theta, problem.exo)
    means = problem.layout.mean_structure
    # Least squares and Wishart are fitted to the covariance with divisor n - 1.
    n = problem.moments.n[:, None, None]
    cov = problem.moments.cov * (1.0 if problem.options.discrepancy == "ML" else n / (n - 1))
    mean = problem.moments.mean
    if not problem.has_saturated:
        cov, mean = np.full_like(cov, np.nan), np.full_like(mean, np.nan)
    elif problem.sample is not None:
        for g, pairs in enumerate(problem.sample.apart):
            for i, j in pairs:
                cov[g, i, j] = cov[g, j, i] = np.nan
    return MomentPair(cov, implied.sigma, mean if means else None, implied.mu if means else None)


def loglikelihoods(problem: Problem, pair: MomentPair, fmin: float) -> tuple[float, float]:
    """Log-likelihoods of the model and of the saturated model, given fixed covariates."""
    n, covariates = problem.moments.n.tolist(), problem.covariates
    if not problem.missing:
        if not problem.has_saturated:
            return np.nan, np.nan
        model = normal_loglikelihood(
            n, pair.sample_cov, pair.implied_cov, pair.sample_mean, pair.implied_mean, covariates
        )
        return model, normal_loglikelihood(
            n, pair.sample_cov, pair.sample_cov, exogenous=covariates
        )
    assert problem.sample is not None
    answers = sum(float((p.n * p.seen.sum(-1)).sum()) for p in problem.sample.patterns)
    constant = 0.5 * answers * np.log(2 * np.pi)
    if covariates:
        part = problem.moments.cov[:, covariates][:, :, covariates]
        constant += normal_loglikelihood(n, part, part)
    total = float(problem.objective.total[0])
    saturated = float(problem.moments.share @ _saturated_f(problem))
    highest = -total * saturated - constant if problem.has_saturated else np.nan
    return -total * fmin - constant, highest


def robust_tests(problem: Problem, theta: Floats, test: ChiSquare) -> tuple[ChiSquare, ChiSquare]:
    """The tests of the model and of the baseline model that CFI and RMSEA are told by: robust ones,
    where there are, unscaled with the factor of their expectation."""
    if problem.ordinal is not None:
        return problem.ordinal.tests(theta, test, problem.equalities, problem.restrictions(theta))
    base = problem.independence
    if base.completed is not None:
        return completed_test(problem, problem.layout, theta, problem.df), base.completed
    if base.scaled_by_mean is None:
        return test, base.test
    factor = scaled_by_mean(problem, problem.layout, theta, test).scaling_factor
    return (
        replace(test, scaling_factor=factor),
        replace(base.test, scaling_factor=base.scaled_by_mean.scaling_factor),
    )


def reported(problem: Problem, theta: Floats, fmin: float) -> dict[str, float]:
    """The measures that a reader is told, at a part of the cost of all.

    ``chisq``, ``df`` and ``pvalue`` of the test, scaled where it is; ``cfi`` and ``rmsea``, robust
    ones where there are; ``srmr``, ``aic`` and ``bic``. NaN for what the fit does not have.
    """
    if problem.ordinal is not None:
        restrictions = problem.restrictions(theta)
        return problem.ordinal.reported(theta, fmin, problem.equalities, restrictions)
    options, n = problem.options, problem.moments.n.tolist()
    test = chi_square(problem, fmin)
    shown = scaled(problem, problem.layout, theta, test) if options.correction else test
    known = options.correction or options.estimator != "ULS"
    model, base = robust_tests(problem, theta, test)
    total, groups = _rows(problem), len(problem.groups)
    pair = _of_rows(problem, moment_pair(problem, theta))
    found = {
        "chisq": shown.statistic,
        "df": shown.df,
        "pvalue": shown.pvalue if known else np.nan,
        "cfi": cfi(model, base),
        "rmsea": rmsea(model.statistic, model.df, total, groups, model.scaling_factor),
        "srmr": residual_measures(as_shown(pair, n, options.discrepancy), n)["srmr"],
    }
    if options.estimator in LEAST_SQUARES:
        return found | {"aic": np.nan, "bic": np.nan}
    likelihood, _ = loglikelihoods(problem, pair, fmin)
    criteria = information_criteria(likelihood, problem.npar, round(np.sum(n)))
    return found | {name: criteria[name] for name in ("aic", "bic")}


def _rows(problem: Problem) -> int:
    """Rows, one less in every group where the covariance has the divisor n - 1."""
    return round(np.sum(problem.moments.n)) - (
        0 if problem.options.discrepancy == "ML" else len(problem.groups)
    )


def _of_rows(problem: Problem, pair: MomentPair) -> MomentPair:
    """Moments with the divisor n, where least squares fits those with n - 1."""
    if problem.options.estimator not in LEAST_SQUARES:
        return pair
    factor = 1.0 - 1.0 / problem.moments.n[:, None, None]
    return replace(pair, sample_cov=factor * pair.sample_cov, implied_cov=factor * pair.implied_cov)


def measures(problem: Problem, theta: Floats, fmin: float) -> pd.Series:
    """Fit measures with lavaan's names."""
    if problem.ordinal is not None:
        restrictions = problem.restrictions(theta)
        return problem.ordinal.measures(theta, fmin, problem.equalities, restrictions)
    options = problem.options
    pair = moment_pair(problem, theta)
    further: dict[str, Any] = {}
    if options.estimator in LEAST_SQUARES:
        further["gfi_moments"] = pair
        pair = _of_rows(problem, pair)
    test = chi_square(problem, fmin)
    base = problem.independence
    if base.scaled is not None:
        further["scaled"] = scaled(problem, problem.layout, theta, test)
        further["baseline_scaled"] = base.scaled
        factor = further["scaled"].scaling_factor
        if options.correction == "yuan-bentler" and np.isfinite(factor):
            found = corrected(problem, problem.layout, theta, problem.df)
            # lavaan divides by the parameters before equal ones are counted once.
            written = int((problem.table["free"] > 0).sum())
            h0 = found.trace_h0 / written if written else np.nan
            further["scaling_factors"] = (found.scaling_h1, h0)
        if _adjustment(options.estimator) is not None:
            limits = further["scaled"] if options.estimator == "MLMV" else None
            further["corrected"] = CorrectedTests(*robust_tests(problem, theta, test), limits)
    if problem.known_errors:
        further["gfi_forms"] = _gfi_forms(problem, pair)
    elif base.completed is not None:
        further["corrected"] = CorrectedTests(
            completed_test(problem, problem.layout, theta, problem.df), base.completed
        )
        further["gfi_forms"] = _gfi_forms(problem, pair)
        further["gfi_moments"] = _gfi_moments(problem, pair)
    if options.estimator not in LEAST_SQUARES:
        further["loglikelihood"], further["saturated_loglikelihood"] = loglikelihoods(
            problem, pair, fmin
        )
    rows = problem.total - (len(problem.groups) if options.discrepancy == "Wishart" else 0)
    return fit_measures(
        test=test,
        baseline=base.test,
        n=problem.moments.n.tolist(),
        npar=problem.npar,
        fmin=test.statistic / (2 * rows),
        moments=pair,
        estimator=options.discrepancy,
        exogenous=problem.covariates,
        **further,
    )


def _gfi_forms(problem: Problem, pair: MomentPair) -> list[QuadraticForm]:
    """The information of one row about each group's moments, at the implied moments, under FIML."""
    assert problem.sample is not None
    assert pair.implied_mean is not None
    given = problem.covariates
    forms: list[QuadraticForm] = []
    for patterns, mean, cov in zip(
        problem.sample.patterns, pair.implied_mean, pair.implied_cov, strict=True
    ):
        terms = pattern_terms(patterns.batched, mean[None], cov[None])
        forms.append(partial(_information_form, terms.share[0], terms.precision[0], given))
    return forms


def _information_form(
    share: Floats, precision: Floats, given: list[int], cov: Floats, mean: Floats
) -> float:
    """sum_k share_k {1/2 tr(V_k S V_k S) + m'V_k m}, S and m without covariates' own moments."""
    cov, mean = cov.copy(), mean.copy()
    cov[np.ix_(given, given)], mean[given] = 0.0, 0.0
    spread = precision @ cov
    squared = (spread * np.swapaxes(spread, -1, -2)).sum((-2, -1))
    return float(share @ (0.5 * squared + (precision @ mean) @ mean))


def _gfi_moments(problem: Problem, pair: MomentPair) -> MomentPair:
    """What lavaan's GFI compares under FIML: the available answers' moments; weighted, the EM's."""
    sample = problem.sample
    assert sample is not None
    if sample.weights is not None:
        return pair
    mean, cov = (np.stack(p) for p in zip(*map(available_moments, sample.rows), strict=True))
    return replace(pair, sample_cov=cov, sample_mean=mean)


def completed_test(problem: Problem, layout: Layout, theta: Floats, df: int) -> ChiSquare:
    """The test as if the saturated moments came from complete rows, with its ĉ (FIML-C).

    NaN where the information is singular, or the saturated moments are not all determined.
    """
    sample = problem.sample
    assert sample is not None
    if not has_saturated(sample) or any(sample.apart):
        return ChiSquare(np.nan, df, np.nan)
    constraints = problem.restrictions(theta) if layout is problem.layout else None
    kind = problem.options.information
    try:
        completed = robust.completed_fit(
            layout, sample, theta, df, constraints, kind, bool(problem.options.correction)
        )
    except NotIdentifiedError:
        return ChiSquare(np.nan, df, np.nan)
    return ChiSquare(completed.statistic, df, completed.c_hat)


def improper(problem: Problem, theta: Floats) -> list[tuple[str, str, int, float]]:
    """Negative variances and correlations beyond 1: (lhs, rhs, group from 1, value).

    Variances are the estimated residual ones; correlations those of residuals, and the total ones
    of every two latent variables. Of an item whose values have known errors these often leave next
    to nothing, and an estimate free of bias falls below zero every other time: its negative
    variance is found only where the implied covariance matrix of the values without error is not
    positive semidefinite, so that no values could have it.
    """
    layout = problem.layout
    a, s, _ = layout.matrices(theta, problem.exo)
    # Covariances that have a Cholesky factor, and hence those they imply, are proper ones.
    if cholesky(s)[1].all():
        return []
    names = [*layout.observed, *layout.latent]
    p = len(layout.observed)
    _, total = total_covariance(a, s)
    found = []
    for g in range(layout.groups):
        negative = np.flatnonzero(np.diagonal(s[g]) < 0)
        if problem.known_errors and semidefinite(total[g, :p, :p]):
            with_error = np.diagonal(s[g]).copy()
            with_error[:p] += _mean_error_variances(problem, g)
            negative = negative[with_error[negative] < 0]
        found += [(names[v], names[v], g + 1, float(s[g, v, v])) for v in negative]
        latent = np.arange(len(names)) >= p
        beyond = _beyond_one(s[g]) | (_beyond_one(total[g]) & np.outer(latent, latent))
        for i, j in zip(*np.nonzero(np.triu(beyond, 1)), strict=True):
            matrix = s[g] if _beyond_one(s[g])[i, j] else total[g]
            value = matrix[i, j] / np.sqrt(matrix[i, i] * matrix[j, j])
            found.append((names[i], names[j], g + 1, float(value)))
    return found


def bounded(problem: Problem, theta: Floats) -> list[tuple[int, float]]:
    """Which estimates lie at a bound: their place in theta (k,), and the bound."""
    box = box_of(problem.layout, problem.prepared[1], problem.options.bounds)
    found: list[tuple[int, float]] = []
    for bound in (np.broadcast_to(side, (1, len(theta)))[0] for side in box):
        with np.errstate(invalid="ignore"):
            near = np.abs(theta - bound) <= 1e-7 * np.maximum(1.0, np.abs(bound))
        found += [(int(i), float(bound[i])) for i in np.flatnonzero(near & np.isfinite(bound))]
    return sorted(found)


def _mean_error_variances(problem: Problem, group: int) -> Floats:
    """Known error variance of each observed variable's answers, on average (p,)."""
    assert problem.sample is not None
    assert problem.sample.errors is not None
    answered = ~np.isnan(problem.sample.rows[group])
    variances = np.diagonal(problem.sample.errors[group], axis1=1, axis2=2)
    count = np.maximum(answered.sum(axis=0), 1)
    return np.asarray((variances * answered).sum(axis=0) / count, dtype=np.float64)


def semidefinite(cov: Floats) -> bool:
    """Whether a covariance matrix (t, t) has no negative eigenvalue, but for rounding."""
    if not cov.size:
        return True
    values = np.linalg.eigvalsh(cov)
    return bool(values[0] >= -ROUNDING * values[-1])


def _beyond_one(cov: Floats) -> NDArray[np.bool_]:
    variance = np.diagonal(cov)
    product = np.outer(variance, variance)
    positive = np.outer(variance > 0, variance > 0)
    return positive & (cov**2 > product * (1 + 1e-8))
