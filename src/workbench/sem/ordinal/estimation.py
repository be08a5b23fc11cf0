"""Models fitted to thresholds and correlations: errors, tests and measures of fit.

With J the derivatives of the implied statistics by theta, E = sum_g f_g J'WJ, f_g = n_g/N and Gamma
the covariance of the statistics:

==============  =======================================================  ========================
WLSMV, ULSMV    E^-1 (sum_g f_g J'W Gamma WJ) E^-1 / (N - G) [1]_        mean- and variance-adjusted
DWLS, ULS, WLS  E^-1 / (N - G)                                           T on df
==============  =======================================================  ========================

The adjusted test is a T + b with a = sqrt(df / tr[(U Gamma)^2]) and b = df - a tr(U Gamma) [2]_,
U = W - W J E^-1 J'W: mean and variance are those of chi-square on df. Robust CFI, TLI and RMSEA
compare what maximum likelihood would say of the correlations at these estimates (Savalei [3]_);
they are there where all items are ordered and the correlations positive definite.

References
----------
.. [1] Muthén, B., du Toit, S. H. C., & Spisic, D. (1997). Robust inference using weighted least
   squares and quadratic estimating equations in latent variable modeling with categorical and
   continuous outcomes.
.. [2] Asparouhov, T., & Muthén, B. (2010). Simple second order chi-square correction. Mplus
   technical appendix.
.. [3] Savalei, V. (2021). Improving fit indices in structural equation modeling with categorical
   data. Multivariate Behavioral Research, 56, 390-407.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.sem.estimation.fiml import vech_products
from workbench.sem.estimation.information import inverse
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.starts import starting_values
from workbench.sem.inference.measures import (
    ChiSquare,
    CorrectedTests,
    MomentPair,
    OrdinalResiduals,
    cfi,
    fit_measures,
    ordinal_residual_measures,
    rmsea,
    shifted,
)
from workbench.sem.inference.standardised import Kind, standardised
from workbench.sem.model.layout import Floats, Integers, vech_index
from workbench.sem.ordinal.model import OrdinalModel
from workbench.sem.ordinal.objective import WeightedLeastSquares
from workbench.sem.ordinal.omega import categorical_omega
from workbench.sem.ordinal.statistics import Statistics

WEIGHTS = {"WLSMV": "DWLS", "DWLS": "DWLS", "ULSMV": "ULS", "WLS": "WLS"}
"""The estimators, and what weighs the statistics."""

ROBUST = frozenset({"WLSMV", "ULSMV"})
"""The estimators with robust errors and an adjusted test."""


@dataclass(frozen=True, eq=False)
class Point:
    """What errors and tests need at theta (k,), each made when it is asked for.

    ``restrictions`` (r, k) are the derivatives of the constraints that hold there, if any.
    """

    ordinal: "Ordinal"
    theta: Floats
    restrictions: Floats | None

    @cached_property
    def _implied(self) -> tuple[Floats, Floats]:
        values, jacobian = self.ordinal.model.values_and_jacobian(self.theta[None])
        return values[0], jacobian[0]

    @property
    def values(self) -> Floats:
        """Implied statistics (G, m)."""
        return self._implied[0]

    @property
    def jacobian(self) -> Floats:
        """J, their derivatives (G, m, k)."""
        return self._implied[1]

    @cached_property
    def pushed(self) -> Floats:
        """W J, (G, m, k)."""
        return self.ordinal.objective.weighted(self.jacobian[None])[0]

    @cached_property
    def inverse(self) -> Floats:
        """E^-1, along the constraints (k, k)."""
        by_group = np.swapaxes(self.jacobian, 1, 2) @ self.pushed
        return inverse(np.tensordot(self.ordinal.share, by_group, 1), self.restrictions)

    @cached_property
    def meat(self) -> Floats:
        """sum_g f_g J'W Gamma WJ, (k, k)."""
        by_group = [
            share * (push.T @ gamma @ push)
            for share, push, gamma in zip(
                self.ordinal.share, self.pushed, self.ordinal.gammas, strict=True
            )
        ]
        return np.asarray(sum(by_group))


@dataclass(frozen=True, eq=False)
class Ordinal:
    """A model with ordered items and what the rows say, before and after estimation.

    Attributes
    ----------
    model
        What implies the statistics.
    groups
        Statistics of every group.
    estimator
        One of ``WEIGHTS``.
    """

    model: OrdinalModel
    groups: tuple[Statistics, ...]
    estimator: str

    @cached_property
    def gammas(self) -> list[Floats]:
        """Gamma (m, m) of every group."""
        return [group.gamma for group in self.groups]

    @cached_property
    def n(self) -> Floats:
        """Rows of every group (G,)."""
        return np.array([group.n for group in self.groups], dtype=np.float64)

    @property
    def total(self) -> float:
        """N - G."""
        return float((self.n - 1.0).sum())

    @property
    def share(self) -> Floats:
        """n_g / N, (G,)."""
        return np.asarray(self.n / self.n.sum())

    @property
    def robust(self) -> bool:
        """Whether errors are robust and the test adjusted."""
        return self.estimator in ROBUST

    @cached_property
    def objective(self) -> WeightedLeastSquares:
        """What is minimised."""
        kind = WEIGHTS[self.estimator]
        observed = np.stack([group.values for group in self.groups])
        if kind == "WLS":
            weight = np.stack([np.linalg.inv(gamma) for gamma in self.gammas])
        elif kind == "DWLS":
            weight = 1.0 / np.stack([group.spread for group in self.groups])
        else:
            weight = np.ones_like(observed)
        return WeightedLeastSquares(self.model, self.n[None], observed[None], weight[None])

    @cached_property
    def moments(self) -> Moments:
        """Correlations, and covariances of continuous items, with their means; one batch axis."""
        return Moments(
            self.n[None],
            np.stack([group.covariance for group in self.groups])[None],
            np.stack([group.mean for group in self.groups])[None],
        )

    @cached_property
    def start(self) -> Floats:
        """Starting values (k,): thresholds of the sample, structure from the correlations."""
        model, layout = self.model, self.model.layout
        # With residual variances of 1, half of a variance is explained.
        size = 1.0 if model.delta else np.sqrt(2.0)
        unit = np.where(model.places.ordered, size, 1.0)
        moments = replace(self.moments, cov=self.moments.cov * (unit[:, None] * unit))
        with np.errstate(invalid="ignore", divide="ignore"):
            found = starting_values(model.wide, moments)[0, : layout.n_free]
        cuts = size * np.stack([group.values[: model.places.heights] for group in self.groups])
        for number, value in ((model.thresholds, cuts), (model.scales, np.ones(1))):
            own = number > 0
            at, given = number[own] - 1, np.broadcast_to(value, number.shape)[own]
            count = np.bincount(at, minlength=layout.n_free)
            mean = np.bincount(at, given, minlength=layout.n_free) / np.maximum(count, 1)
            found = np.where(count > 0, mean, found)
        return np.where(np.isnan(layout.start), found, layout.start)

    # --- errors and tests ----------------------------------------------------------------------

    def df(self, equalities: int = 0) -> int:
        """Statistics less free parameters, plus independent equality constraints."""
        return self.model.statistics - self.model.layout.n_free + equalities

    def vcov(self, theta: Floats, restrictions: Floats | None = None) -> Floats:
        """Covariance matrix (k, k) of the estimates.

        Raises
        ------
        NotIdentifiedError
            The information is singular.
        """
        at = self.at(theta, restrictions)
        if not self.robust:
            return at.inverse / self.total
        return at.inverse @ at.meat @ at.inverse / self.total

    @cached_property
    def _points(self) -> dict[bytes, Point]:
        return {}

    def at(self, theta: Floats, restrictions: Floats | None = None) -> Point:
        """What errors and tests need at theta (k,), made once."""
        key = theta.tobytes() + (b"" if restrictions is None else restrictions.tobytes())
        if key not in self._points:
            self._points[key] = Point(self, theta, restrictions)
        return self._points[key]

    def test(self, fmin: float, equalities: int) -> ChiSquare:
        """The unadjusted test, T = 2 (N - G) f."""
        return ChiSquare(max(2.0 * self.total * fmin, 0.0), self.df(equalities))

    def adjusted(
        self, theta: Floats, test: ChiSquare, restrictions: Floats | None = None
    ) -> ChiSquare:
        """The mean- and variance-adjusted test of the model."""
        if test.df <= 0:
            return ChiSquare(test.statistic, test.df, np.nan)
        at = self.at(theta, restrictions)
        plain = square = 0.0
        middle = np.zeros_like(at.meat)
        for share, push, gamma, weight in zip(
            self.share, at.pushed, self.gammas, self.objective.weight[0], strict=True
        ):
            of_gamma = weight[:, None] * gamma if weight.ndim == 1 else weight @ gamma
            plain += float(np.trace(of_gamma))
            square += float((of_gamma * of_gamma.T).sum())
            across = gamma @ push
            weighted = weight[:, None] * across if weight.ndim == 1 else weight @ across
            middle += share * (across.T @ weighted)
        left = at.inverse @ at.meat
        first = plain - float(np.trace(left))
        second = square - 2.0 * float((at.inverse * middle).sum()) + float((left * left.T).sum())
        return shifted(test, first, second)

    @cached_property
    def baseline(self) -> ChiSquare:
        """The unadjusted test of the model without correlations but those among covariates."""
        pairs = self._uncorrelated
        values = self.objective.observed[0][:, pairs]
        statistic = 0.0
        for n, value, weight, gamma in zip(
            self.n, values, self.objective.weight[0], self._gammas_needed, strict=True
        ):
            if weight.ndim == 1:
                form = float(value @ (weight[pairs] * value))
            else:
                form = float(value @ np.linalg.solve(gamma[np.ix_(pairs, pairs)], value))
            statistic += (n - 1.0) * form
        return ChiSquare(statistic, len(pairs) * len(self.groups))

    @property
    def _gammas_needed(self) -> list[Any]:
        """Gamma, where the baseline's test needs it: WLS."""
        return self.gammas if WEIGHTS[self.estimator] == "WLS" else [None] * len(self.groups)

    @cached_property
    def _uncorrelated(self) -> Integers:
        """Statistics that the baseline model takes to be 0."""
        places, among = self.model.places, self.model.layout.covariates
        row, column = places.pairs
        free = np.isin(row, list(among)) & np.isin(column, list(among))
        first = places.heights + len(places.numeric)
        return first + np.flatnonzero(~free)

    @cached_property
    def adjusted_baseline(self) -> ChiSquare:
        """The mean- and variance-adjusted test of the baseline model."""
        pairs = self._uncorrelated
        plain = square = 0.0
        for gamma, weight in zip(self.gammas, self.objective.weight[0], strict=True):
            of_gamma = weight[pairs, None] * gamma[np.ix_(pairs, pairs)]
            plain += float(np.trace(of_gamma))
            square += float((of_gamma * of_gamma.T).sum())
        return shifted(self.baseline, plain, square)

    # --- measures ------------------------------------------------------------------------------

    def pair(self, theta: Floats) -> MomentPair:
        """Sample and implied correlations (covariances of continuous items), (G, p, p) each."""
        places = self.model.places
        values = self.at(theta).values
        row, column = places.pairs
        implied = np.zeros_like(self.moments.cov[0])
        every = np.arange(implied.shape[-1])
        implied[:, every, every] = 1.0
        numeric, first = places.numeric, places.heights + len(places.numeric)
        implied[:, numeric, numeric] = values[:, places.heights : first]
        implied[:, row, column] = implied[:, column, row] = values[:, first:]
        return MomentPair(self.moments.cov[0], implied)

    def measures(
        self, theta: Floats, fmin: float, equalities: int, restrictions: Floats | None
    ) -> pd.Series:
        """Fit measures with lavaan's names."""
        test = self.test(fmin, equalities)
        further: dict[str, Any] = {}
        if self.robust:
            further["scaled"] = self.adjusted(theta, test, restrictions)
            further["baseline_scaled"] = self.adjusted_baseline
            further["corrected"] = self.corrected(theta, equalities, restrictions)
        n, pair = self.n.tolist(), self.pair(theta)
        found = fit_measures(
            test=test,
            baseline=self.baseline,
            n=n,
            npar=self.model.layout.n_free - equalities,
            fmin=fmin * self.total / float(self.n.sum()),
            moments=pair,
            estimator=WEIGHTS[self.estimator],
            ordinal=OrdinalResiduals(
                self._threshold_gaps(theta), self.goodness(theta), self.model.statistics
            ),
            **further,
        )
        if self.robust and np.isnan(further["corrected"].model.statistic):
            found = found[~found.index.str.endswith(".robust")]
        found["wrmr"] = np.sqrt(test.statistic / self.model.places.count)
        return found

    def _threshold_gaps(self, theta: Floats) -> Floats:
        """Residuals of the thresholds (G, h)."""
        own = np.flatnonzero(self.model.places.levels[1] >= 0)
        return (self.objective.observed[0] - self.at(theta).values)[:, own]

    def reported(
        self, theta: Floats, fmin: float, equalities: int, restrictions: Floats | None
    ) -> dict[str, float]:
        """The measures that a reader is told, as ``assessment.reported`` has them."""
        test = self.test(fmin, equalities)
        shown = self.adjusted(theta, test, restrictions) if self.robust else test
        known = self.robust or WEIGHTS[self.estimator] != "ULS"
        model, base = self.tests(theta, test, equalities, restrictions)
        n = self.n.tolist()
        return {
            "chisq": shown.statistic,
            "df": shown.df,
            "pvalue": shown.pvalue if known else np.nan,
            "cfi": cfi(model, base),
            "rmsea": rmsea(
                model.statistic, model.df, round(self.total), len(n), model.scaling_factor
            ),
            "srmr": ordinal_residual_measures(self.pair(theta), n, self._threshold_gaps(theta))[
                "srmr"
            ],
            "aic": np.nan,
            "bic": np.nan,
        }

    def standardised(
        self, theta: Floats, vcov: Floats | None, kind: Kind, level: float
    ) -> pd.DataFrame:
        """The standardised solution; derived residual variances have errors of their own there."""
        wide, chain = self.model.chain(theta)
        if vcov is not None:
            vcov = chain @ vcov @ chain.T
        return standardised(self.model.rows.standardiser(kind), wide, vcov, None, level)

    def estimates(self, theta: Floats, vcov: Floats, groups: Sequence[Hashable]) -> pd.DataFrame:
        """The table of estimates; values that follow from others have no errors there, as in
        lavaan."""
        wide = self.model.state(theta)[0]
        k = len(theta)
        errors = np.zeros((len(wide), len(wide)))
        errors[:k, :k] = vcov
        return self.model.rows.estimates(wide, errors, None, groups)

    def omegas(self, theta: Floats) -> list[tuple[str, int, float]]:
        """Latent variable, group from 1 and categorical omega, where all its items are ordered."""
        model, layout = self.model, self.model.layout
        wide, implied, _, scales = model.state(theta)
        paths = model.wide.matrices(wide)[0]
        p, (items, _) = len(layout.observed), model.places.levels
        values = self.at(theta).values
        correlation = self.pair(theta).implied_cov
        found = []
        for g in range(layout.groups):
            for f, name in enumerate(layout.latent, start=p):
                own = np.array(
                    [i for i in range(p) if (g, i, f) in layout.loadings], dtype=np.int64
                )
                if len(own) < 2 or not model.places.ordered[own].all():
                    continue
                loading = scales[g, own] * paths[g, own, f]
                common = implied.total[g, f, f] * np.outer(loading, loading)
                heights = np.flatnonzero(np.isin(items, own))
                omega = categorical_omega(
                    values[g, heights],
                    np.searchsorted(own, items[heights]),
                    common,
                    correlation[g][np.ix_(own, own)],
                )
                found.append((name, g + 1, omega))
        return found

    def goodness(self, theta: Floats) -> float:
        """GFI: 1 - e'We / s'Ws of all statistics s and their residuals e, groups by their rows."""
        objective = self.objective
        gap = objective.observed - self.at(theta).values
        lost = (gap * objective.weighted(gap)).sum(-1)[0]
        whole = (objective.observed * objective.weighted(objective.observed)).sum(-1)[0]
        return float(self.share @ (1.0 - lost / whole))

    def tests(
        self, theta: Floats, test: ChiSquare, equalities: int, restrictions: Floats | None
    ) -> tuple[ChiSquare, ChiSquare]:
        """What CFI and RMSEA are told by: robust tests where there are, or adjusted or plain ones.

        Of an adjusted test mean and variance are those of chi-square: it is compared with its df.
        """
        if not self.robust:
            return test, self.baseline
        found = self.corrected(theta, equalities, restrictions)
        if np.isfinite(found.model.statistic):
            return found.model, found.baseline
        shown = self.adjusted(theta, test, restrictions), self.adjusted_baseline
        model, base = (ChiSquare(one.statistic, one.df) for one in shown)
        return model, base

    def corrected(
        self, theta: Floats, equalities: int, restrictions: Floats | None
    ) -> CorrectedTests:
        """ML's discrepancy of the correlations at these estimates, with its expectation [3]_."""
        places, model = self.model.places, self.model
        table = model.table
        heights = table["op"].isin(["|", "~1"]) & (table["free"] > 0)
        structural = ~table["op"].isin(["|", "~1"]) & (table["free"] > 0)
        own = set(table.loc[structural, "free"]) - set(table.loc[heights, "free"])
        pairs = np.arange(places.heights + len(places.numeric), places.count)
        df = len(pairs) * len(self.groups) - len(own) + equalities
        base_df = self.baseline.df
        unknown = CorrectedTests(ChiSquare(np.nan, df, np.nan), ChiSquare(np.nan, base_df, np.nan))
        pair = self.pair(theta)
        both = np.stack([pair.sample_cov, pair.implied_cov])
        if not places.ordered.all() or (np.linalg.eigvalsh(both) < 1e-8).any():
            return unknown
        lower, upper = vech_index(len(places.categories))
        below = lower != upper
        at = self.at(theta, restrictions)
        inverted, jacobian, pushed = at.inverse, at.jacobian[:, pairs], at.pushed[:, pairs]
        statistic = base = trace = base_trace = 0.0
        through, meat = (np.zeros((model.layout.n_free,) * 2) for _ in range(2))
        for g, (n, share) in enumerate(zip(self.n, self.share, strict=True)):
            sample, implied = pair.sample_cov[g], pair.implied_cov[g]
            precision = np.linalg.inv(implied)
            size, implied_size = np.linalg.slogdet(sample)[1], np.linalg.slogdet(implied)[1]
            statistic += n * (implied_size - size + np.trace(precision @ sample) - len(sample))
            base -= n * size
            weight = vech_products(precision, precision)[np.ix_(below, below)]
            gamma = self.gammas[g][np.ix_(pairs, pairs)]
            crossed = pushed[g].T @ gamma
            weighted = weight @ jacobian[g]
            trace += float((weight * gamma).sum())
            trace -= 2.0 * share * float((inverted * (crossed @ weighted)).sum())
            through += share * (jacobian[g].T @ weighted)
            meat += share * (crossed @ pushed[g])
            base_trace += float(np.trace(gamma))
        trace += float(((inverted @ through @ inverted) * meat).sum())
        return CorrectedTests(
            ChiSquare(statistic, df, trace / df if df > 0 else np.nan),
            ChiSquare(base, base_df, base_trace / base_df if base_df > 0 else np.nan),
        )
