"""From an optimum to its standard errors, tests and fit measures: which formula for which option.

Nothing is computed here that has a formula of its own; this module knows what goes with what.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.sem import information
from workbench.sem.layout import Floats, Layout
from workbench.sem.measures import (
    ChiSquare,
    MomentPair,
    fit_measures,
    independence_test,
    normal_loglikelihood,
)
from workbench.sem.moments import Moments, Sample
from workbench.sem.objective import NormalTheory


@dataclass(frozen=True)
class Options:
    """How a model is fitted; the keyword arguments of ``fit``."""

    estimator: str = "ML"
    missing: str = "listwise"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    cluster: str | None = None
    weights: str | None = None
    std_lv: bool = False
    bounds: str | None = None
    engine: str = "workbench"

    @property
    def discrepancy(self) -> str:
        """The function that is minimised: ML, ULS or GLS."""
        return "ML" if self.estimator in {"MLR", "MLM"} else self.estimator


@dataclass(frozen=True, eq=False)
class Problem:
    """A model with its data, before and after estimation alike.

    ``sample`` holds the rows (None when only moments were given).
    """

    table: pd.DataFrame
    layout: Layout
    objective: NormalTheory
    options: Options
    groups: tuple[Hashable, ...]
    moments: Moments
    sample: Sample | None = None

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
    def exo(self) -> Floats | None:
        """Moments of fixed exogenous covariates, one value per exogenous entry."""
        return None if self.objective.exo is None else self.objective.exo[0]

    @cached_property
    def covariates(self) -> list[int]:
        """Positions of the fixed exogenous covariates among the observed variables."""
        own = self.table["exo"] == 1
        names = set(self.table.loc[own, "lhs"])
        return [i for i, name in enumerate(self.layout.observed) if name in names]

    @property
    def df(self) -> int:
        """Sample moments that are not held fixed, less free parameters."""
        p, groups = len(self.layout.observed), len(self.groups)
        count = groups * (p * (p + 1) // 2 + (p if self.layout.mean_structure else 0))
        return count - int((self.table["exo"] == 1).sum()) - self.layout.n_free


def vcov(problem: Problem, theta: Floats) -> Floats:
    """Covariance matrix (k, k) of the estimates."""
    unit = information.expected(problem.objective, theta)
    return information.vcov(unit, problem.total)


def measures(problem: Problem, theta: Floats, fmin: float) -> pd.Series:
    """Fit measures with lavaan's names."""
    layout, moments = problem.layout, problem.moments
    implied = layout.implied(theta, problem.exo)
    with_means = layout.mean_structure
    pair = MomentPair(
        moments.cov,
        implied.sigma,
        moments.mean if with_means else None,
        implied.mu if with_means else None,
    )
    n, covariates = problem.n, problem.covariates

    def loglikelihood(cov: Floats, mean: Floats | None) -> float:
        return normal_loglikelihood(n, moments.cov, cov, pair.sample_mean, mean, covariates)

    return fit_measures(
        test=ChiSquare(2 * problem.total * fmin, problem.df),
        baseline=independence_test(n, moments.cov, covariates),
        n=n,
        npar=layout.n_free,
        fmin=fmin,
        moments=pair,
        loglikelihood=loglikelihood(implied.sigma, pair.implied_mean),
        saturated_loglikelihood=loglikelihood(moments.cov, pair.sample_mean),
    )
