"""How consistently a construct's items measure one thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from workbench import sem
from workbench.errors import ModelError, UnknownNameError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import Use, reliability_sentence, use_of
from workbench.interpretation.messages import say
from workbench.linkage.means import select
from workbench.measurement.answers import given_answers
from workbench.study import Study
from workbench.study.given import Wave
from workbench.text import listed, nearest

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Array = NDArray[np.float64]

FEWEST = 10
"""Fewer rows say next to nothing: the interval of an alpha of .70 is about as wide as 0 to 1."""

_LEAST_LOG_UNIQUE = float(np.log(1e-6))
_NO_ALPHA = (np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Reliability(Shown):
    """Reliability of a construct's score; NaN, and ``reason``, where it cannot be estimated.

    ``items`` has one row per item: ``item``, ``n``, ``missing`` (share of respondents without an
    answer), ``mean``, ``sd``, ``floor`` and ``ceiling`` (share of answers at the lowest and highest
    code, reversed items turned) and ``item_rest`` (correlation with the mean of the other items).
    Mean and standard deviation are on the item's own scale, everything else on the index's 0–100.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.measurement.reliability(wb.open_study("data/demo"), "trust")
    >>> round(found.omega, 2)
    0.85
    >>> found.items[["item", "mean", "item_rest"]].round(2)
          item  mean  item_rest
    0  trust_1  6.19       0.73
    1  trust_2  5.82       0.72
    2  trust_3  5.33       0.67
    >>> print(found.words("Trust"))
    The reliability of Trust is good enough to compare groups (omega = 0.85).
    """

    construct: str
    alpha: float
    alpha_lower: float
    alpha_upper: float
    omega: float
    n: int
    items: pd.DataFrame
    reason: str = ""

    @property
    def use(self) -> Use:
        """What the score may be used for, by omega or, without one, by alpha."""
        return use_of(self._judged[1])

    def words(self, label: str) -> str:
        """What the numbers mean for the use made of them, the construct called ``label``."""
        name, value = self._judged
        return reliability_sentence(label, name, value, self.reason)

    @property
    def _judged(self) -> tuple[str, float]:
        return ("alpha", self.alpha) if np.isnan(self.omega) else ("omega", self.omega)

    def _parts(self) -> Iterator[Part]:
        yield self.words(self.construct)
        numbers = {
            "n": [self.n],
            "alpha": [self.alpha],
            "lower": [self.alpha_lower],
            "upper": [self.alpha_upper],
            "omega": [self.omega],
        }
        yield "Reliability", pd.DataFrame(numbers)
        yield "Items", self.items


def reliability(
    given: "Study | sem.Fit | IntoFrame",
    construct: str = "",
    organisation: str | None = None,
    wave: Wave = None,
    items: Sequence[str] = (),
) -> Reliability:
    """Cronbach's alpha with its 95 % interval, omega total, and the statistics of the items.

    Alpha and its interval are pingouin's ``cronbach_alpha``, omega is :func:`omega`; both from
    covariances over pairs of answers, of a study in points, every item on 0–100 as in the index: an
    item with a longer scale weighs no more. Items of a data frame or a fit count on the scale they
    have, whose ends are the lowest and highest answer to any of them. Weights are not used. Fewer
    than :data:`FEWEST` rows give no estimate.

    Parameters
    ----------
    given
        A study, a data frame or a fit.
    construct
        The construct: of a study, a latent variable of a fit, or a name for the items of a data
        frame.
    organisation
        One organisation of a study; by default all together.
    wave
        By default a study's latest; ``ALL_WAVES`` for all of them.
    items
        The columns of a data frame.

    Raises
    ------
    UnknownNameError
        If there is no such construct, organisation or wave.
    MeasurementError
        If a data frame comes without ``items``.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> round(float(reliability(study, "service").alpha), 2)
    0.83
    >>> clients = study.answers("clients")
    >>> found = reliability(clients, items=["trust_1", "trust_2", "trust_3"])
    >>> round(float(found.omega), 2)
    0.86
    """
    if isinstance(given, Study):
        return reliability_of(construct, item_moments(given, construct, organisation, wave))
    found = given_answers(given, {construct: items} if items else None)
    if construct not in found.items:
        raise UnknownNameError(
            f"The fit measures no {construct!r}; its constructs are {listed(found.items)}."
            f"{nearest(construct, found.items)}"
        )
    answers = found.frame[list(found.items[construct])]
    low, high = answers.min(axis=None), answers.max(axis=None)
    points = 100 * (answers - low) / (high - low) if high > low else answers
    return reliability_of(construct, ItemMoments.of(answers, points))


@dataclass(frozen=True, eq=False)
class CoMoments:
    """Means and co-moments of pairs of variables over the rows that have both.

    Attributes
    ----------
    count, first, second : (p, q)
        How many rows those are, and the means of the pair's first and second variable there.
    product : (p, q)
        Σ (x − first) (y − second).
    """

    count: Array
    first: Array
    second: Array
    product: Array

    @classmethod
    def of(cls, x: Array, y: Array) -> "CoMoments":
        """Those of the columns of x (n, p) with those of y (n, q), NaN where missing."""
        (x, there, centre), (y, here, other) = map(_around, (x, y))
        count = there.T @ here
        held = np.maximum(count, 1.0)
        first, second = x.T @ here / held, there.T @ y / held
        product = x.T @ y - count * first * second
        return cls(count, first + centre[:, None], second + other, product)

    def __add__(self, other: "CoMoments") -> "CoMoments":
        """Those of the rows of both (Chan, Golub & LeVeque 1983, American Statistician 37, 242)."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1.0)
        apart, beside = other.first - self.first, other.second - self.second
        return CoMoments(
            count,
            self.first + share * apart,
            self.second + share * beside,
            self.product + other.product + self.count * share * apart * beside,
        )

    @classmethod
    def stacked(cls, several: Sequence["CoMoments"]) -> "CoMoments":
        """Several of one shape, in a first dimension."""
        return cls(*(np.stack(own) for own in zip(*map(_arrays, several), strict=True)))

    @property
    def diagonal(self) -> "CoMoments":
        """(p,): of the first variable of x with the first of y, and so on."""
        return CoMoments(*(own.diagonal() for own in _arrays(self)))

    @property
    def covariance(self) -> Array:
        """NaN with fewer than two rows."""
        return np.where(self.count > 1, self.product / np.maximum(self.count - 1, 1.0), np.nan)


def _arrays(moments: CoMoments) -> tuple[Array, ...]:
    return moments.count, moments.first, moments.second, moments.product


def _around(values: Array) -> tuple[Array, Array, Array]:
    """Values (n, p) less their means, 0 where missing; 1 where they are there; and the means."""
    there = ~np.isnan(values)
    count = np.maximum(there.sum(axis=0), 1)
    centre = np.where(there, values, 0.0).sum(axis=0) / count
    return np.where(there, values - centre, 0.0), there.astype(float), centre


@dataclass(frozen=True, eq=False)
class ItemMoments:
    """What rows add to the reliability of J items and to their statistics; sums over parts.

    Attributes
    ----------
    items
        Their names.
    rows, answered
        How many rows there are, and how many with any of the items.
    own : (J,)
        Moments of every item on its own scale.
    pairs : (J, J)
        Of items on 0–100.
    with_rest : (3, J)
        Of every item with itself, with the mean of the others, and of that mean with itself, over
        the rows that have both, on 0–100.
    ends : (6, J)
        The least of the item and of its negative; of the item, of the mean of the others and of
        their negatives over the rows that have both.
    at_ends : (2, J)
        How many answers are 0 and 100.
    """

    items: tuple[str, ...]
    rows: int
    answered: int
    own: CoMoments
    pairs: CoMoments
    with_rest: CoMoments
    ends: Array
    at_ends: Array

    @classmethod
    def of(cls, answers: pd.DataFrame, points: pd.DataFrame) -> "ItemMoments":
        """Those of answers (n, J) on their own scale, and on 0–100."""
        values, items = points.to_numpy(float), tuple(points.columns)
        rest = np.stack([_mean(np.delete(values, at, 1)) for at in range(len(items))], axis=1)
        both = ~np.isnan(values) & ~np.isnan(rest)
        own, others = np.where(both, values, np.nan), np.where(both, rest, np.nan)
        pairs = ((own, own), (own, others), (others, others))
        ends = [
            np.where(np.isnan(one), np.inf, sign * one).min(axis=0, initial=np.inf)
            for one in (values, own, others)
            for sign in (1, -1)
        ]
        scale = answers.to_numpy(float)
        return cls(
            items,
            len(points),
            int((~np.isnan(values)).any(axis=1).sum()),
            CoMoments.of(scale, scale).diagonal,
            CoMoments.of(values, values),
            CoMoments.stacked([CoMoments.of(*pair).diagonal for pair in pairs]),
            np.stack(ends),
            np.stack([(values == end).sum(axis=0) for end in (0, 100)]),
        )

    def __add__(self, other: "ItemMoments") -> "ItemMoments":
        """Those of the rows of both."""
        return ItemMoments(
            self.items,
            self.rows + other.rows,
            self.answered + other.answered,
            self.own + other.own,
            self.pairs + other.pairs,
            self.with_rest + other.with_rest,
            np.minimum(self.ends, other.ends),
            self.at_ends + other.at_ends,
        )

    @property
    def covariance(self) -> Array:
        """(J, J) over pairs of answers. What does not vary has a variance of exactly 0."""
        found = self.pairs.covariance
        least, most = self.ends[0], -self.ends[1]
        constant = (least == most) & (self.pairs.count.diagonal() > 1)
        found[constant, constant] = 0.0
        return found

    def table(self) -> pd.DataFrame:
        """The statistics of the items, see :class:`Reliability`."""
        n = self.own.count
        held = np.where(n > 0, n, np.nan)
        floor, ceiling = self.at_ends / held
        return pd.DataFrame(
            {
                "item": self.items,
                "n": n.astype(int),
                "missing": 1 - n / self.rows if self.rows else np.nan,
                "mean": np.where(n > 0, self.own.first, np.nan),
                "sd": np.sqrt(self.own.covariance),
                "floor": floor,
                "ceiling": ceiling,
                "item_rest": self._item_rest(),
            }
        )

    def _item_rest(self) -> Array:
        one, product, other = self.with_rest.product
        alike = (self.ends[2] == -self.ends[3]) | (self.ends[4] == -self.ends[5])
        told = (self.with_rest.count[0] >= 3) & ~alike
        spread = np.sqrt(np.where(told, one * other, np.nan))
        return np.asarray(np.clip(product / spread, -1, 1))


def _mean(values: Array) -> Array:
    """Mean over columns (n,) of what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def categorical_omega(study: Study, construct: str, wave: Wave = None) -> float:
    """Omega of a construct with answers as ordered categories, of all organisations together.

    The share of the variance of the sum of the answers, whole numbers, that is the construct's
    (Green & Yang 2009), by one factor behind the ordered answers of all who answered two of the
    questions or more: :meth:`workbench.sem.Fit.omega`. Weights are not used.

    Parameters
    ----------
    study, construct, wave
        As in :func:`reliability`.

    Returns
    -------
    NaN with fewer than three questions, of numbers from records, and where answers are no
    categories or do not determine the factor.

    Examples
    --------
    >>> import workbench as wb
    >>> round(wb.measurement.categorical_omega(wb.open_study("data/demo"), "trust"), 2)
    0.85
    """
    items, source = study.codebook.items(construct), study.codebook.source_of(construct)
    if len(items) < 3 or study.sources[source].rows == "units":
        return np.nan
    answers = select(study, source, None, wave)[items]
    return _categorical_omega(study.codebook.points(answers, items).to_numpy(float))


def _categorical_omega(answers: Array) -> float:
    names = [f"item{number}" for number in range(answers.shape[1])]
    given = pd.DataFrame(answers, columns=names)
    model = f"f =~ {' + '.join(names)}"
    try:
        fit = sem.fit(model, given, ordered=True, missing="pairwise", std_lv=True, warn=False)
    except ModelError:
        return np.nan
    unusable = sem.why_unusable(fit, errors=False)
    return np.nan if unusable else float(fit.omega()["omega"].iloc[0])


def reliability_of(construct: str, found: ItemMoments) -> Reliability:
    """The reliability of a construct, of the moments of its items."""
    covariance = found.covariance
    reason = _why_none(covariance, found.answered)
    alpha, lower, upper = _NO_ALPHA if reason else cronbach_alpha(covariance, found.answered)
    return Reliability(
        construct=construct,
        alpha=float(alpha),
        alpha_lower=float(lower),
        alpha_upper=float(upper),
        omega=np.nan if reason else omega(covariance),
        n=found.answered,
        items=found.table(),
        reason=reason,
    )


def item_moments(
    study: Study, construct: str, organisation: str | None = None, wave: Wave = None
) -> ItemMoments:
    """What the answers of a study add to the reliability of a construct."""
    own, source = study.codebook.items(construct), study.codebook.source_of(construct)

    def of(part: Study) -> ItemMoments:
        answers = select(part, source, organisation, wave)[own]
        return ItemMoments.of(answers, study.codebook.points(answers, own))

    return of(study) if organisation else reduce(add, study.in_parts(of))


def _why_none(covariance: Array, rows: int) -> str:
    """Why the covariances (J, J) of some rows give no reliability, or nothing."""
    if len(covariance) < 2:
        return say("reason.one question")
    if rows < FEWEST:
        key = "one" if rows == 1 else "several"
        return say(f"reason.few rows.{key}", rows=rows, least=FEWEST)
    if (np.diag(covariance) == 0).any():
        return say("reason.constant")
    if np.isnan(covariance).any():
        return say("reason.few together")
    return ""


def organisation_alphas(study: Study, construct: str, wave: Wave = None) -> pd.DataFrame:
    """Cronbach's alpha of a construct in every organisation, with its 95 % interval.

    As :func:`reliability` gives it for one. Columns
    ``organisation``, ``construct``, ``alpha``, ``lower``, ``upper``, ``n`` and ``reason``: why
    alpha is NaN where it cannot be estimated.

    Parameters
    ----------
    study, construct, wave
        As in :func:`reliability`.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.measurement.organisation_alphas(wb.open_study("data/demo"), "service")
    >>> found[["organisation", "alpha"]].head(3).round(2)
             organisation  alpha
    0   City of Eastbrook   0.84
    1  Employment Service   0.83
    2      Harbour Pilots    NaN
    """
    source, items = study.codebook.source_of(construct), study.codebook.items(construct)
    answers = select(study, source, wave=wave).dropna(subset=items, how="all")
    grouped = answers.groupby("organisation", sort=True)
    names, group = grouped.size().index, grouped.ngroup().to_numpy()
    rows = np.bincount(group, minlength=len(names))
    points = study.codebook.points(answers, items)
    covariance = grouped_covariances(points.to_numpy(float), group, len(names))
    reasons = [_why_none(own, n) for own, n in zip(covariance, rows, strict=True)]
    told = np.array([not reason for reason in reasons], dtype=bool)
    alphas = np.full((len(names), 3), np.nan)
    if told.any():
        alphas[told] = cronbach_alpha(covariance[told], rows[told])
    table = pd.DataFrame(alphas, columns=["alpha", "lower", "upper"])
    return table.assign(organisation=names.to_numpy(), construct=construct, n=rows, reason=reasons)[
        ["organisation", "construct", "alpha", "lower", "upper", "n", "reason"]
    ]


def cronbach_alpha(covariance: Array, rows: NDArray[np.integer] | int) -> Array:
    r"""Cronbach's alpha and its 95 % interval, (…, 3), of covariances (…, J, J) of n ``rows`` (…).

    .. math:: \alpha = \frac{J}{J - 1} \Bigl(1 - \frac{\sum_j s_{jj}}{\sum_{jk} s_{jk}}\Bigr),
       \qquad 1 - (1 - \alpha) F_{\pm}

    with F the quantiles of its distribution on n − 1 and (n − 1)(J − 1) degrees of freedom (Feldt,
    Woodruff & Salih 1987). For many groups at once what pingouin's ``cronbach_alpha`` is for one,
    limits rounded to three decimals included.
    """
    size = covariance.shape[-1]
    sums = covariance.sum(axis=(-2, -1))
    alpha = size / (size - 1) * (1 - np.trace(covariance, axis1=-2, axis2=-1) / sums)
    freedom = np.asarray(rows) - 1
    lower, upper = (
        np.round(1 - (1 - alpha) * stats.f.isf(tail, freedom, freedom * (size - 1)), 3)
        for tail in (0.025, 0.975)
    )
    return np.stack([alpha, lower, upper], axis=-1)


def grouped_covariances(values: Array, group: NDArray[np.integer], groups: int) -> Array:
    """Covariances (groups, J, J) of values (n, J), each over the rows of a group that have both.

    NaN with fewer than two such rows. What does not vary in a group has a variance of exactly 0.
    """
    there = ~np.isnan(values)
    count = np.stack([np.bincount(group, own, groups) for own in there.T], axis=1)
    sums = np.stack([np.bincount(group, own, groups) for own in np.where(there, values, 0.0).T], 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.where(there, values - (sums / count)[group], 0.0)
    size = values.shape[1]
    found = np.full((groups, size, size), np.nan)
    for a in range(size):
        for b in range(a + 1):
            both = there[:, a] & there[:, b]
            one, other = away[:, a] * both, away[:, b] * both
            n, first, second, product = (
                np.bincount(group, part, groups) for part in (both, one, other, one * other)
            )
            with np.errstate(invalid="ignore", divide="ignore"):
                found[:, a, b] = found[:, b, a] = np.where(
                    n > 1, (product - first * second / n) / (n - 1), np.nan
                )
    own = pd.DataFrame(values).groupby(group)
    constant = (own.min() == own.max()).reindex(range(groups), fill_value=False).to_numpy()
    at = np.arange(size)
    found[:, at, at] = np.where(constant & (count > 1), 0.0, found[:, at, at])
    return found


def omega(covariance: Array) -> float:
    """Omega total of the sum of items under one factor.

        ω = (Σ λ_j)² / ((Σ λ_j)² + Σ ψ_j)

    with λ, ψ of :func:`one_factor` (McDonald 1999). Checked against ``factanal`` in R.

    Parameters
    ----------
    covariance : (J, J)
        Of the items.

    Returns
    -------
    NaN with fewer than three items (one factor is then not identified), or where ``covariance``
    (J × J) is not positive definite to machine precision or has no solution.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> alike = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    >>> round(float(wb.measurement.omega(alike)), 2)
    0.75
    """
    if len(covariance) < 3 or np.isnan(covariance).any():
        return np.nan
    values = np.linalg.eigvalsh(covariance)
    if values[0] <= len(values) * np.finfo(float).eps * values[-1]:
        return np.nan
    spread = np.sqrt(np.diagonal(covariance))
    found = one_factor(covariance / np.outer(spread, spread))
    if found is None:
        return np.nan
    loadings, unique = found
    common = (spread @ loadings) ** 2
    return float(common / (common + spread**2 @ unique))


def one_factor(correlation: Array) -> tuple[Array, Array] | None:
    r"""Loadings (J,) and unique variances (J,) of one factor by maximum likelihood.

    Least is :math:`F = \log|\Sigma| + tr(R \Sigma^{-1}) - \log|R| - J` with
    :math:`\Sigma = \lambda\lambda' + diag(\psi)`, ψ ≥ 0. Given ψ the best λ is known [1], so the
    search is over ψ alone. Weak items give F several minima, most of them where a single item *is*
    the factor: there ψ_j = 0, :math:`\lambda_i = r_{ij}` and :math:`\psi_i = 1 - r_{ij}^2`. So each
    of these is looked at by itself, and the search begins beside each of them as well as where
    ``factanal`` begins. With two ψ = 0 there is no likelihood.

    Returns
    -------
    None where no search ended.

    References
    ----------
    .. [1] Jöreskog, K. G. (1967). Some contributions to maximum likelihood factor analysis.
       Psychometrika, 32, 443–482.
    """
    size = len(correlation)
    beside = np.full((size, size), 0.9)
    np.fill_diagonal(beside, 0.01)
    usual = (1 - 0.5 / size) / np.diagonal(np.linalg.inv(correlation))
    ended = []
    for start in (usual, *beside):
        search = optimize.minimize(
            _misfit,
            np.log(start),
            args=(correlation,),
            jac=True,
            method="L-BFGS-B",
            bounds=[(_LEAST_LOG_UNIQUE, 0.0)] * size,
            options={"maxiter": 1000, "ftol": 0.0, "gtol": 1e-10},
        )
        # Near F = 0 rounding ends the line search first, so the slope itself is looked at.
        inside = (search.x > _LEAST_LOG_UNIQUE) & (search.x < 0)
        if np.abs(search.jac[inside]).max(initial=0.0) <= 1e-6:
            unique = np.exp(search.x)
            ended.append((search.fun, _loadings(correlation, unique), unique))
    if not ended:
        return None
    logdet = np.linalg.slogdet(correlation)[1]
    for own in range(size):
        unique = 1 - correlation[own] ** 2
        misfit = np.log(np.delete(unique, own)).sum() - logdet
        ended.append((misfit, correlation[own], unique))
    _, loadings, unique = min(ended, key=lambda one: one[0])
    return loadings, unique


def _misfit(log_unique: Array, correlation: Array) -> tuple[float, Array]:
    """F at the best loadings for unique variances (J,), and its derivatives by their logs (J,)."""
    unique = np.exp(log_unique)
    scale = np.sqrt(unique)
    size = np.linalg.eigvalsh(correlation / np.outer(scale, scale))
    left = np.append(size[:-1], min(size[-1], 1.0))
    loadings = _loadings(correlation, unique)
    return float((left - np.log(left) - 1).sum()), (loadings**2 + unique - 1) / unique


def _loadings(correlation: Array, unique: Array) -> Array:
    """The best loadings (J,) for given unique variances (J,), whose sum is positive."""
    scale = np.sqrt(unique)
    size, axes = np.linalg.eigh(correlation / np.outer(scale, scale))
    loadings = scale * axes[:, -1] * np.sqrt(max(size[-1] - 1, 0.0))
    return loadings if loadings.sum() >= 0 else -loadings
