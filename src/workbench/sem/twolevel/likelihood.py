"""The likelihood of two levels from complete rows, with its derivatives.

Row i of unit j, y_ij = b_j + w_ij, has covariances Sigma_B between and Sigma_W within units. Of a
unit of n rows the mean and the deviations from it are independent: the deviations are n - 1
draws from N(0, Sigma_W), and the unit's variables, means of its rows and what it has itself, are
one draw from N(mu_B + mu_W, V_n) with V_n = Sigma_B + Sigma_W / n [1]_, [2]_. So with J_n units of
n rows, their means m_n and covariances S_n, and the pooled covariance S_W of the deviations,

    f = (N - J) / N 1/2 {log|Sigma_W| + tr(S_W Sigma_W^-1)}
        + sum_n J_n / N 1/2 {log|V_n| + tr[(S_n + (m_n - mu)(m_n - mu)') V_n^-1]},

which is minus the log-likelihood per row but for a constant: work goes with the number of
different sizes of units, not with that of rows or units. Variables of level 2 alone have zeros in
Sigma_W, those of level 1 alone in Sigma_B. V_n is linear in Sigma_B and Sigma_W, so that second
derivatives are those of the normal likelihood at V_n, with weights 1, 1 / n and 1 / n^2.

References
----------
.. [1] McDonald, R. P., & Goldstein, H. (1989). Balanced versus unbalanced designs for linear
   structural relations in two-level data. British Journal of Mathematical and Statistical
   Psychology, 42, 215-232.
.. [2] Rosseel, Y. (2021). Evaluating the observed log-likelihood function in two-level structural
   equation modeling with missing data: From formulas to R code. Psych, 3, 197-232.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from workbench.sem.estimation.fiml import PatternTerms, moment_curvature
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.objective import Booleans, Evaluation, Objective, inverted
from workbench.sem.model.layout import Floats, Implied, Integers, Layout, vech_index

WITHIN, BETWEEN = 0, 1
"""Places of the levels among a layout's groups."""

LEAST_SHARE = 0.05
"""Smallest eigenvalue of a starting covariance between units, in units of the variables' own."""


@dataclass(frozen=True, eq=False)
class Units:
    """Rows in units.

    Attributes
    ----------
    unit : (n,)
        Each row's unit, from 0.
    size : (J,)
        Rows of each unit.
    mean : (J, p)
        Means of the unit's rows, or what the unit has itself.
    products : (J, p, p)
        Sums of products of the rows' deviations from them.
    inner, outer : (.,)
        Positions of the variables of level 1, and of level 2.
    """

    unit: Integers
    size: Integers
    mean: Floats
    products: Floats
    inner: Integers
    outer: Integers

    @classmethod
    def of(cls, rows: Floats, unit: Integers, inner: Integers, outer: Integers) -> "Units":
        """Gather rows (n, p) by their unit (n,)."""
        size = np.bincount(unit)
        order = np.argsort(unit, kind="stable")
        first = np.concatenate([[0], np.cumsum(size)[:-1]])
        mean = np.add.reduceat(rows[order], first, axis=0) / size[:, None]
        around = rows[order] - mean[unit[order]]
        products = np.add.reduceat(around[:, :, None] * around[:, None, :], first, axis=0)
        return cls(unit, size, mean, products, inner, outer)

    @cached_property
    def split(self) -> Integers:
        """Positions of the variables of both levels."""
        return np.intersect1d(self.inner, self.outer)

    @cached_property
    def moments(self) -> "UnitMoments":
        """What the likelihood needs of them."""
        return UnitMoments.of(self, np.ones((1, len(self.size))))


@dataclass(frozen=True, eq=False)
class UnitMoments:
    """Sufficient statistics of B samples of units, of which S different sizes occur.

    Attributes
    ----------
    sizes : (S,)
    count : (B, S)
        Units of each size.
    mean : (B, S, p)
    cov : (B, S, p, p)
        Of the units of a size, with their number for a divisor.
    within : (B, p, p)
        Sum of products of the rows' deviations by N - J; 0 for variables of level 2 alone.
    freedom : (B,)
        N - J.
    total : (B,)
        N, rows.
    """

    sizes: Integers
    count: Floats
    mean: Floats
    cov: Floats
    within: Floats
    freedom: Floats
    total: Floats

    @classmethod
    def of(cls, units: Units, often: Floats) -> "UnitMoments":
        """Moments where each unit occurs ``often`` (B, J) times."""
        sizes, kind = np.unique(units.size, return_inverse=True)
        own = np.eye(len(sizes))[kind]
        count = often @ own
        weight = (often[:, :, None] * own) / np.maximum(count, 1e-300)[:, None]
        weight = np.swapaxes(weight, -1, -2)
        mean = weight @ units.mean
        p = mean.shape[-1]
        # Around the mean of all: no digits are lost to means far from 0.
        centred = units.mean - units.mean.mean(axis=0)
        lower, upper = vech_index(p)
        second = weight @ (centred[:, lower] * centred[:, upper])
        first = weight @ centred
        cov = np.empty((*mean.shape, p))
        cov[..., lower, upper] = second - first[..., lower] * first[..., upper]
        cov[..., upper, lower] = cov[..., lower, upper]
        freedom = often @ (units.size - 1.0)
        pooled = (often @ units.products.reshape(-1, p * p)).reshape(-1, p, p)
        pooled /= np.maximum(freedom, 1.0)[:, None, None]
        inside = np.zeros(p, dtype=bool)
        inside[units.inner] = True
        pooled[:, ~inside], pooled[:, :, ~inside] = 0.0, 0.0
        return cls(sizes, count, mean, cov, pooled, freedom, often @ units.size)

    def take(self, members: Integers) -> "UnitMoments":
        """Some samples only."""
        return UnitMoments(
            self.sizes,
            *(
                getattr(self, name)[members]
                for name in ("count", "mean", "cov", "within", "freedom", "total")
            ),
        )

    @property
    def share(self) -> Floats:
        """J_n / N, (B, S)."""
        return self.count / self.total[:, None]


def moments_of_one_level(units: Units, often: Floats) -> Moments:
    """Moments (B, 2, p) where each unit occurs ``often`` (B, J) times: of variables that level 1
    alone has, over rows, and of those that level 2 alone has, over units."""
    p = units.mean.shape[1]
    zero = units.mean.mean(axis=0)
    centred = units.mean - zero
    products = centred[:, :, None] * centred[:, None, :]
    inside = (often @ units.products.reshape(-1, p * p)).reshape(-1, p, p)
    n, cov, mean = [], [], []
    for weight, more in ((often * units.size, inside), (often, 0.0)):
        total = weight.sum(axis=1)
        centre = weight @ centred / total[:, None]
        sums = (weight @ products.reshape(-1, p * p)).reshape(-1, p, p)
        n.append(total)
        cov.append((sums + more) / total[:, None, None] - centre[:, :, None] * centre[:, None, :])
        mean.append(centre + zero)
    return Moments(np.stack(n, axis=1), np.stack(cov, axis=1), np.stack(mean, axis=1))


def rough_moments(units: Units) -> Moments:
    """Moments (1, 2, p) of the levels by analysis of variance, for a start.

    Sigma_W is the pooled covariance and Sigma_B = (S_B - Sigma_W) / s with the covariance of the
    units' means S_B, weighted by size, and s = (N - sum n^2 / N) / (J - 1) [1]_; its eigenvalues
    are raised where they are next to nothing. Variables of one level alone have their own
    covariance. A variable that a level does not have has variance 1 there.

    References
    ----------
    .. [1] Muthén, B. O. (1994). Multilevel covariance structure analysis. Sociological Methods &
       Research, 22, 376-398.
    """
    size, total = units.size, float(units.size.sum())
    count, p = len(size), units.mean.shape[1]
    pooled = units.moments.within[0]
    centre = size @ units.mean / total
    own = units.mean.mean(axis=0)
    around = units.mean - centre
    typical = (total - (size**2).sum() / total) / (count - 1)
    between = ((around * size[:, None]).T @ around / (count - 1) - pooled) / typical
    plain = (units.mean - own).T @ (units.mean - own) / count
    within = np.eye(p)
    within[np.ix_(units.inner, units.inner)] = pooled[np.ix_(units.inner, units.inner)]
    alone = np.setdiff1d(units.inner, units.outer)
    whole = (units.products.sum(axis=0) + (around * size[:, None]).T @ around) / total
    within[np.ix_(alone, alone)] = whole[np.ix_(alone, alone)]
    unit_level = np.setdiff1d(units.outer, units.inner)
    between[unit_level], between[:, unit_level] = plain[unit_level], plain[:, unit_level]
    outer = np.eye(p)
    block = between[np.ix_(units.outer, units.outer)]
    scale = np.sqrt(np.diagonal(plain)[units.outer])
    outer[np.ix_(units.outer, units.outer)] = _raised(block, scale)
    means = np.zeros((2, p))
    means[WITHIN, alone] = centre[alone]
    means[BETWEEN, units.split] = centre[units.split]
    means[BETWEEN, unit_level] = own[unit_level]
    return Moments(np.array([[total - count, count]]), np.stack([within, outer])[None], means[None])


def _raised(cov: Floats, scale: Floats) -> Floats:
    """A covariance (p, p) whose eigenvalues, in units of ``scale``, are at least LEAST_SHARE."""
    size, axes = np.linalg.eigh(cov / (scale[:, None] * scale))
    raised = (axes * np.maximum(size, LEAST_SHARE)) @ axes.T
    return np.asarray(raised * (scale[:, None] * scale), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class TwoLevel:
    """What is minimised: f of B samples of units. ``layout`` has the levels for its groups."""

    layout: Layout
    moments: UnitMoments
    inner: Integers
    exo: Floats | None = None

    @property
    def members(self) -> int:
        return len(self.moments.total)

    @property
    def total(self) -> Floats:
        return self.moments.total

    @property
    def definite(self) -> Booleans:
        return np.ones(self.members, dtype=np.bool_)

    def take(self, members: Integers) -> "TwoLevel":
        exo = None if self.exo is None else self.exo[members]
        return replace(self, moments=self.moments.take(members), exo=exo)

    def value(self, theta: Floats) -> Floats:
        implied = self.layout.implied(theta, self.exo)
        return terms_of(self.moments, self.inner, implied).value

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        implied = self.layout.implied(theta, self.exo)
        terms = terms_of(self.moments, self.inner, implied)
        omega, slope = terms.slopes
        gradient = self.layout.gradient(implied, omega, slope)
        if curvature is None:
            return Evaluation(terms.value, gradient, np.empty((self.members, 0, 0)))
        kind = "expected" if curvature == "expected" else "observed"
        jacobian = stacked_jacobian(self.layout, implied)
        matrix = np.swapaxes(jacobian, -1, -2) @ (terms.curvature(kind) @ jacobian)
        if curvature == "observed":
            matrix = matrix + self.layout.curvature(
                implied, omega, slope, np.ones((self.members, 2))
            )
        return Evaluation(terms.value, gradient, matrix)


@dataclass(frozen=True, eq=False)
class TwoLevelGroups:
    """What is minimised of several groups: the mean of their f by their rows.

    Each of ``parts`` has the layout of its own blocks, of the same parameters.
    """

    layout: Layout
    parts: tuple[Objective, ...]
    exo: Floats | None = None

    @property
    def members(self) -> int:
        return self.parts[0].members

    @property
    def total(self) -> Floats:
        return np.asarray(sum(part.total for part in self.parts), dtype=np.float64)

    @property
    def definite(self) -> Booleans:
        return np.ones(self.members, dtype=np.bool_)

    def take(self, members: Integers) -> "TwoLevelGroups":
        exo = None if self.exo is None else self.exo[members]
        return replace(self, parts=tuple(part.take(members) for part in self.parts), exo=exo)

    def value(self, theta: Floats) -> Floats:
        found = np.array([part.total * part.value(theta) for part in self.parts])
        return np.asarray(found.sum(axis=0) / self.total)

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        found = [part.evaluate(theta, curvature) for part in self.parts]
        shares = [part.total / self.total for part in self.parts]

        def together(name: str) -> Floats:
            arrays = [getattr(one, name) for one in found]
            weights = [s.reshape(-1, *[1] * (arrays[0].ndim - 1)) for s in shares]
            return np.asarray(sum(w * a for w, a in zip(weights, arrays, strict=True)))

        return Evaluation(*(together(name) for name in ("value", "gradient", "curvature")))


def stacked_jacobian(layout: Layout, implied: Implied) -> Floats:
    """d[mu_W, vech Sigma_W, mu_B, vech Sigma_B] / d theta, (..., 2 (p + p*), k)."""
    jacobian = layout.jacobian(implied)
    return jacobian.reshape(*jacobian.shape[:-3], -1, jacobian.shape[-1])


@dataclass(frozen=True, eq=False)
class Terms:
    """The likelihood at some moments, by its parts: ``pooled``, of the deviations, and ``means``,
    of the units by size; ``value`` (B,) is infinite where a covariance is not positive definite."""

    value: Floats
    pooled: PatternTerms
    means: PatternTerms
    sizes: Integers

    @cached_property
    def slopes(self) -> tuple[Floats, Floats]:
        """2 df / dSigma (B, 2, p, p) and df / dmu (B, 2, p) of both levels."""
        share, size = self.means.share, self.sizes
        own = 0.5 * (self.means.precision - self.means.excess)
        between = np.einsum("bs,bspq->bpq", share, own)
        within = np.einsum("bs,bspq->bpq", share / size, own) + self.pooled.omega
        mean = -(share[:, None] @ self.means.pull)[:, 0]
        return np.stack([within, between], axis=1), np.stack([mean, mean], axis=1)

    def curvature(self, kind: str) -> Floats:
        """Information of (mu_W, vech Sigma_W, mu_B, vech Sigma_B) from one row, ``expected`` or
        ``observed``, (B, 2 (p + p*), 2 (p + p*))."""
        p = self.means.pull.shape[-1]
        share, size = self.means.share, self.sizes
        whole, once, twice = (
            moment_curvature(replace(self.means, share=share / size**power), kind)
            for power in (0, 1, 2)
        )
        m = whole.shape[-1]
        out = np.empty((len(share), 2 * m, 2 * m))
        # A covariance within counts 1 / n, a mean in full.
        inner, cross = whole.copy(), whole.copy()
        inner[:, p:, p:] = twice[:, p:, p:]
        inner[:, p:, p:] += moment_curvature(self.pooled, kind)[:, p:, p:]
        inner[:, :p, p:], inner[:, p:, :p] = once[:, :p, p:], once[:, p:, :p]
        cross[:, p:] = once[:, p:]
        out[:, :m, :m], out[:, m:, m:] = inner, whole
        out[:, :m, m:], out[:, m:, :m] = cross, np.swapaxes(cross, -1, -2)
        return out


def terms_of(moments: UnitMoments, inner: Integers, implied: Implied) -> Terms:
    """Evaluate the likelihood at implied moments (B, 2, p) and (B, 2, p, p)."""
    sigma, mu = implied.sigma, implied.mu.sum(axis=-2)
    p = sigma.shape[-1]
    precision, size, good = inverted(
        sigma[:, BETWEEN, None] + sigma[:, WITHIN, None] / moments.sizes[:, None, None]
    )
    gap = moments.mean - mu[:, None]
    pull = (precision @ gap[..., None])[..., 0]
    spread = precision @ moments.cov
    of_size = size + np.trace(spread, axis1=-2, axis2=-1) + (gap * pull).sum(-1)
    block = np.ix_(np.arange(len(sigma)), inner, inner)
    own, own_size, own_good = inverted(sigma[:, WITHIN][block])
    inverse = np.zeros((len(sigma), 1, p, p))
    inverse[:, 0][block] = own
    pooled_spread = inverse @ moments.within[:, None]
    of_rows = own_size + np.trace(pooled_spread[:, 0], axis1=-2, axis2=-1)
    freedom = (moments.freedom / moments.total)[:, None]
    value = 0.5 * (freedom[:, 0] * of_rows + (moments.share * of_size).sum(-1))
    value = np.where(good.all(-1) & own_good, value, np.inf)
    pooled_within = pooled_spread @ inverse
    nothing = np.zeros((len(sigma), p))
    pooled = PatternTerms(
        value=0.5 * of_rows,
        omega=freedom[..., None] * (inverse - pooled_within)[:, 0],
        slope=nothing,
        precision=inverse,
        several=np.arange(1),
        within=pooled_within,
        pull=nothing[:, None],
        share=freedom,
    )
    means = PatternTerms(
        value=0.5 * (moments.share * of_size).sum(-1),
        omega=nothing,
        slope=nothing,
        precision=precision,
        several=np.arange(len(moments.sizes)),
        within=spread @ precision,
        pull=pull,
        share=moments.share,
    )
    return Terms(value, pooled, means, moments.sizes)


def unit_scores(units: Units, implied: Implied) -> Floats:
    """Derivatives of each unit's -log-likelihood by the moments of both levels.

    ``implied`` has no batch axis; (J, 2 (p + p*)), in the order of :func:`stacked_jacobian`. Over
    all units they add up to N df.
    """
    sigma, mu = implied.sigma, implied.mu.sum(axis=0)
    p = len(mu)
    sizes, kind = np.unique(units.size, return_inverse=True)
    precision = inverted(sigma[BETWEEN] + sigma[WITHIN] / sizes[:, None, None])[0]
    pull = (precision[kind] @ (units.mean - mu)[..., None])[..., 0]
    block = np.ix_(units.inner, units.inner)
    inverse = np.zeros((p, p))
    inverse[block] = inverted(sigma[WITHIN][block])[0]
    of_mean = precision[kind] - pull[:, :, None] * pull[:, None, :]
    of_rows = (units.size - 1.0)[:, None, None] * inverse - inverse @ units.products @ inverse
    lower, upper = vech_index(p)
    half = np.where(lower == upper, 0.5, 1.0)
    between = of_mean[:, lower, upper] * half
    within = of_rows[:, lower, upper] * half + between / units.size[:, None]
    return np.concatenate([-pull, within, -pull, between], axis=1)
