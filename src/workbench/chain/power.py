r"""Power: how many units, or respondents in each, a link of a given size needs.

**Of the model's test** [1]: the test of close fit rejects RMSEA ≤ ε₀ where chi-square exceeds the
95th percentile of its distribution with d degrees of freedom and noncentrality (N − 1) d ε₀²; its
power against ε_a is the probability of that under (N − 1) d ε_a². With ε_a below ε₀ it is the test
of not close fit, in the lower tail.

**Of a link** between units: in how many of many simulated studies like this one the link would be
found, which is to say that pages would show it with an interval that does not hold 0. A simulated
study has as many organisations as this one, its units spread over them alike and measured with the
same errors; in organisation o and unit u

.. math::
   x_u = \alpha_o + \xi_u + e_u, \quad y_u = \beta_o + b_o \xi_u + \zeta_u + f_u, \quad
   b_o \sim N(b, \tau^2), \quad var(\xi) = 1, \quad var(\zeta) = 1 - b^2 - \tau^2,

with b the size asked for, a strength within organisations before any error weakens it; τ, the
standard deviation of links between organisations, as this study has it; and the errors of the two
scores e, f: sampling error of the unit's respondents and what is single questions' own
(:mod:`workbench.chain.hierarchical.scores`). Each study is analysed as pages are: by the mean link
over organisations (:mod:`workbench.chain.organisations`) or, in a study of one organisation and
where units are worth too little, by the link that all organisations have in common
(:meth:`workbench.chain.ChainStudy.fit`). A study without a usable estimate finds nothing. The other
constructs of a chain are not in the model: a link that shares its target with others takes more.

That analysis takes a tenth of a second, too long for thousands of studies. So power is found by
regression [3]: with m the value and l the lower limit of the interval (upper, where m < 0), the
link is found where :math:`s = m/|m - l|` is beyond 1. In :data:`ANALYSED` studies s is regressed on
two t values that cost nothing, of the slope of y on x within organisations by least squares, with
its plain and its cluster-robust error; they tell some nine tenths of it. Power is the mean of
:math:`\Phi((\hat s - 1)/\sigma) + \Phi((-1 - \hat s)/\sigma)` over :data:`DRAWS` studies, times
the share of analysed studies that were usable. How it holds up: benchmarks/POWER.md.

References
----------
1. MacCallum, R. C., Browne, M. W., & Sugawara, H. M. (1996). Power analysis and determination of
   sample size for covariance structure modeling. Psychological Methods, 1, 130–149.
2. Muthén, L. K., & Muthén, B. O. (2002). How to use a Monte Carlo study to decide on sample size
   and determine power. Structural Equation Modeling, 9, 599–620.
3. Lavenberg, S. S., & Welch, P. D. (1981). A perspective on the use of control variables to
   increase the efficiency of Monte Carlo simulations. Management Science, 27, 322–335.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench import linkage, sem
from workbench.chain.effects import strength_test
from workbench.chain.hierarchical.likelihood import Rows
from workbench.chain.hierarchical.links import LEAST_ROWS, hierarchical_links
from workbench.chain.hierarchical.scores import construct_scores
from workbench.chain.hierarchical.structure import Structure
from workbench.chain.study import ChainStudy
from workbench.chain.within import within_groups
from workbench.errors import ChainError, ModelError, UnknownNameError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import LinkPower, close_fit_in_words, power_in_words
from workbench.interpretation.cutoffs import (
    CLOSE_FIT,
    NEARLY_EXACT_FIT,
    NOT_CLOSE_FIT,
    SIGNIFICANCE,
)
from workbench.interpretation.messages import say
from workbench.linkage.means import KEYS
from workbench.progress import progress
from workbench.study.level import Level
from workbench.text import nearest
from workbench.threads import one_thread

Array = NDArray[np.float64]
Index = NDArray[np.int64]

DRAWS = 2000
ANALYSED = 40
_COUNTED = "Simulated studies"
_RULES = 3  # learnt as a rule until the number of units needed lies between two that were tried
FEWEST_UNITS = 10
MOST_UNITS = 4000
_VALUES = 600_000  # drawn at once at most
_STEP = 4  # between the numbers of units tried
_LINK = Structure(2, ((0, 1),))
# With fewer organisations their differences say too little to be a regressor.
_FEW = 4
# Less residual variance than this is none that a link could be told from.
_LEAST_RESIDUAL = 0.05


def rmsea_power(null: float, alternative: float, df: int, n: int, groups: int = 1) -> float:
    """Power of the test of RMSEA ``null`` against ``alternative`` with n rows in all groups.

    Checked against ``semTools::findRMSEApower``.

    Raises
    ------
    ChainError
        Without degrees of freedom, with fewer than two rows, or two RMSEA that are the same.
    """
    if df < 1 or n < 2 or null == alternative or min(null, alternative) < 0:
        raise ChainError(
            f"Power of RMSEA {null:g} against {alternative:g} on {df} degrees of freedom and {n} "
            "rows has no meaning; it needs two RMSEA that differ, degrees of freedom and rows."
        )
    centre, other = ((n - 1) * df * value**2 / groups for value in (null, alternative))
    if null < alternative:
        return float(_chi2_sf(_chi2_ppf(1 - SIGNIFICANCE, df, centre), df, other))
    return float(1 - _chi2_sf(_chi2_ppf(SIGNIFICANCE, df, centre), df, other))


def _chi2_ppf(share: float, df: int, noncentrality: float) -> float:
    if noncentrality == 0:
        return float(stats.chi2.ppf(share, df))
    return float(stats.ncx2.ppf(share, df, noncentrality))


def _chi2_sf(value: float, df: int, noncentrality: float) -> float:
    if noncentrality == 0:
        return float(stats.chi2.sf(value, df))
    return float(stats.ncx2.sf(value, df, noncentrality))


def rmsea_sample_size(
    null: float, alternative: float, df: int, power: float = 0.8, groups: int = 1
) -> int:
    """The fewest rows with which the test of RMSEA has more than ``power``.

    Checked against ``semTools::findRMSEAsamplesize``.
    """
    low, high = 2, 4
    while rmsea_power(null, alternative, df, high, groups) <= power:
        low, high = high, 2 * high
        if high > 10**8:
            raise ChainError(f"No number of rows gives a power of {power:g} here.")
    while high - low > 1:
        middle = (low + high) // 2
        if rmsea_power(null, alternative, df, middle, groups) > power:
            high = middle
        else:
            low = middle
    return high


@dataclass(frozen=True, eq=False)
class Design:
    """What a study says about measuring two constructs between units.

    Everything is in standard deviations of the true constructs within organisations.

    Attributes
    ----------
    source, target
        The constructs the link goes from and to.
    organisation : (n,)
        Each unit's organisation, ascending from 0 without a gap; units with both constructs, in
        organisations of two or more.
    sampling : (n, 2, 2)
        Covariance of the sampling errors of every unit's scores; zero where rows are units.
    own : (n, 2)
        Variance of what is single questions' own in the scores.
    within : (2, 2)
        Covariance of respondents' scores within units; zero between sources.
    respondents : (2,)
        Respondents per unit behind each score: the harmonic mean over units.
    spread
        Standard deviation of the link between organisations.
    """

    source: str
    target: str
    organisation: Index
    sampling: Array
    own: Array
    within: Array
    respondents: Array
    spread: float

    @property
    def units(self) -> int:
        """Units with both constructs."""
        return len(self.organisation)

    @cached_property
    def organisations(self) -> int:
        """Organisations with two such units or more."""
        return len(np.unique(self.organisation))

    def sized(self, units: int, respondents: float | None = None) -> tuple[Index, Array]:
        """Organisations (n,) and errors (n, 2, 2) of a study like this of ``units`` units.

        Units are spread over the organisations as here; one that is left alone in its organisation
        is dropped, as it is from an analysis.
        """
        place = ((np.arange(units) + 0.5) * self.units / units).astype(np.int64)
        _, organisation, count = np.unique(
            self.organisation[place], return_inverse=True, return_counts=True
        )
        place = place[count[organisation] > 1]
        errors = self.sampling[place] if respondents is None else self.within / respondents
        errors = errors + self.own[place][:, :, None] * np.eye(2)
        _, organisation = np.unique(self.organisation[place], return_inverse=True)
        return organisation.astype(np.int64), errors


def design(study: ChainStudy, source: str, target: str, wave: str | int | None = None) -> Design:
    """Read from a study how two constructs are measured between units.

    Raises
    ------
    UnknownNameError
        A construct or wave that the study does not have.
    ChainError
        If no two units of an organisation have both constructs, or they do not differ in one.
    """
    items = {construct: study.codebook.items(construct) for construct in (source, target)}
    wanted = [item for names in items.values() for item in names]
    means = linkage.unit_means_with_error(study, wanted, wave=study.wave(wave))
    scale = study.codebook.points_per_code(wanted)
    frame = means.frame[KEYS].join(means.frame[wanted] * scale)
    known = sem.ErrorCovariance(tuple(wanted), means.error, frame[KEYS]).scaled(scale)
    organisation = frame["organisation"].factorize(sort=True)[0].astype(np.int64)
    if np.bincount(organisation).max(initial=0) == 1:
        organisation = np.zeros_like(organisation)  # links are then those between organisations
    columns = [[wanted.index(item) for item in names] for names in items.values()]
    scores, errors = construct_scores(
        frame[wanted].to_numpy(float), known.matrices, columns, organisation
    )
    sampling = known.of_means(frame, items).matrices
    own = np.diagonal(errors - sampling, axis1=1, axis2=2)
    used = ~np.isnan(scores).any(axis=1)
    several = np.bincount(organisation[used], minlength=len(organisation)) > 1
    used &= several[organisation]
    order = np.flatnonzero(used)[np.argsort(organisation[used], kind="stable")]
    if not len(order):
        raise ChainError(
            f"{study.name}: no organisation has two units with answers on both {source!r} and "
            f"{target!r}; a link between them takes more."
        )
    organisation = np.unique(organisation[order], return_inverse=True)[1].astype(np.int64)
    scores, errors, sampling, own = scores[order], errors[order], sampling[order], own[order]
    centred = scores - _means(scores, organisation)[organisation]
    for name, values in zip((source, target), centred.T, strict=True):
        if not np.ptp(values) > 1e-9:
            raise ChainError(
                f"{study.name}: within organisations units do not differ in {name!r}, so there is "
                "no link to be found."
            )
    found = hierarchical_links(Rows.of(scores, errors, organisation), _LINK)
    unit = found.deviation
    within = np.zeros((len(wanted), len(wanted)))
    for matrix in means.within.values():
        at = [wanted.index(item) for item in matrix.index]
        within[np.ix_(at, at)] = matrix.to_numpy()
    share = np.zeros((2, len(wanted)))
    for row, places in enumerate(columns):
        share[row, places] = 1 / len(places)
    within = share @ (within * np.outer(scale, scale)) @ share.T
    with np.errstate(divide="ignore", invalid="ignore"):
        behind = np.diagonal(within) / np.diagonal(sampling, axis1=1, axis2=2)
    counted = [row[np.isfinite(row) & (row > 0)] for row in behind.T]
    square = np.outer(unit, unit)
    return Design(
        source, target, organisation, sampling / square, own / unit**2, within / square,
        np.array([stats.hmean(row) if len(row) else 1.0 for row in counted]),
        float(found.spread.value[0]) if organisation[-1] > 0 else 0.0,
    )  # fmt: skip


def _means(values: Array, group: Index) -> Array:
    """Means of the rows of every group (..., groups, p) of values (..., n, p)."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    count = np.bincount(group)[:, None]
    return np.asarray(np.add.reduceat(values, starts, axis=-2) / count)


@dataclass(frozen=True, eq=False)
class _Studies:
    """Simulated studies of one size: scores (draws, n, 2), their errors and organisations."""

    scores: Array
    errors: Array
    organisation: Index

    @cached_property
    def regressors(self) -> Array:
        """What tells whether a link is found and costs nothing (draws, 3): 1 and two t values."""
        centred = self.scores - _means(self.scores, self.organisation)[:, self.organisation]
        starts = np.flatnonzero(np.diff(self.organisation, prepend=-1))
        x, y = centred[..., 0], centred[..., 1]
        square, both = (np.add.reduceat(x * other, starts, axis=1) for other in (x, y))
        total = square.sum(axis=1)
        slope = both.sum(axis=1) / total
        count = len(starts)
        freedom = max(len(self.organisation) - count - 1, 1)
        residual = ((y - slope[:, None] * x) ** 2).sum(axis=1) / freedom
        clustered = np.zeros(len(slope))
        if count >= _FEW:
            spread = ((both - slope[:, None] * square) ** 2).sum(axis=1) * count / (count - 1)
            clustered = slope * total / np.sqrt(spread)
        return np.column_stack([np.ones(len(slope)), slope * np.sqrt(total / residual), clustered])


def _simulated(
    plan: Design, size: float, units: int, respondents: float | None, draws: int, seed: int
) -> _Studies:
    organisation, errors = plan.sized(units, respondents)
    draws = max(ANALYSED, min(draws, _VALUES // max(2 * len(organisation), 1)))
    random = np.random.default_rng(seed)
    count = int(organisation.max(initial=-1)) + 1
    link = size + plan.spread * random.standard_normal((draws, count))
    rest = np.sqrt(max(1 - size**2 - plan.spread**2, _LEAST_RESIDUAL))
    scores = random.standard_normal((draws, len(organisation), 2))
    scores[..., 1] = link[:, organisation] * scores[..., 0] + rest * scores[..., 1]
    noise = random.standard_normal(scores.shape)
    values, vectors = np.linalg.eigh(errors)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    scores += np.einsum("uab,dub->dua", root, noise)
    return _Studies(scores, errors, organisation)


def _analysed(studies: _Studies, number: int) -> tuple[float, float, float] | None:
    """A link with its limits as pages would give it; None where they would give none."""
    scores, errors, organisation = studies.scores[number], studies.errors, studies.organisation
    if organisation[-1] > 0:
        found = hierarchical_links(Rows.of(scores, errors, organisation), _LINK)
        value, lower, upper = (
            float(getattr(found.mean, name)[0]) for name in ("value", "lower", "upper")
        )
        if found.rows.min() >= LEAST_ROWS and abs(value) <= 1:
            return value, lower, upper
    return _in_common(scores, errors, organisation)


def _in_common(
    scores: Array, errors: Array, organisation: Index
) -> tuple[float, float, float] | None:
    """The link that all organisations have in common, as a study's fit gives it."""
    several = organisation[-1] > 0
    if several:
        scores, known = within_groups(scores, errors, organisation)
        errors = errors if known is None else known
    frame = pd.DataFrame(scores, columns=["source", "target"])
    frame = frame.assign(unit=np.arange(len(scores)), organisation=organisation)
    try:
        fit = sem.fit(
            "target ~ source",
            frame,
            estimator="MLR",
            missing="fiml",
            cluster="organisation" if several else None,
            error=sem.ErrorCovariance(("source", "target"), errors, frame[["unit"]]),
            warn=False,
        )
    except ModelError:
        return None
    if sem.why_unusable(fit):
        return None
    standard = fit.standardised("std_all").set_index("op")
    value, error = standard.loc["~", ["est_std", "se"]].to_numpy(float)
    lower, upper, _ = strength_test(fit, value, error)
    return (value, lower, upper) if np.isfinite([lower, upper]).all() else None


def _beyond(found: tuple[float, float, float]) -> float:
    """How often the interval's half goes into the value: beyond 1 or −1 the link is found."""
    value, lower, upper = found
    return value / max(abs(value - (lower if value > 0 else upper)), 1e-12)


@dataclass(frozen=True, eq=False)
class _Rule:
    """How surely a link is found by the regressors of :class:`_Studies`."""

    weights: Array
    error: float
    usable: float

    @classmethod
    def of(cls, studies: "_Studies", analysed: int) -> "_Rule":
        """Learn from the first studies, each analysed as pages are."""
        with progress(_COUNTED, analysed) as done:
            found = [_analysed(studies, number) for number in done.over(range(analysed))]
        there = np.array([one is not None for one in found])
        regressors = studies.regressors[:analysed][there]
        free = len(regressors) - regressors.shape[1]
        if free < 1:
            return cls(np.zeros(regressors.shape[1]), 1.0, 0.0)
        beyond = np.array([_beyond(one) for one in found if one is not None])
        weights = np.linalg.lstsq(regressors, beyond, rcond=None)[0]
        error = np.sqrt(((beyond - regressors @ weights) ** 2).sum() / free)
        return cls(weights, max(float(error), 1e-6), float(there.mean()))

    def power(self, studies: _Studies) -> float:
        beyond = studies.regressors @ self.weights
        sure = stats.norm.cdf((beyond - 1) / self.error) + stats.norm.cdf(
            (-1 - beyond) / self.error
        )
        return float(self.usable * sure.mean())


def link_power(
    plan: Design,
    size: float,
    units: int,
    respondents: float | None = None,
    seed: int = 1,
) -> float:
    """Return in which share of studies like this pages would show a link of ``size``.

    By simulation (see the module), known to within some ±3 points.

    Parameters
    ----------
    units
        How many there are with both constructs, in as many organisations as the study has.
    respondents
        Respondents per unit in each source of respondents; by default those of the study.

    Raises
    ------
    ChainError
        A size beyond 1, or fewer than ten units.
    """
    _check(size, respondents)
    if units < FEWEST_UNITS:
        raise ChainError(
            f"{units} units are too few to detect any link; give {FEWEST_UNITS} or more."
        )
    studies = _simulated(plan, size, units, respondents, DRAWS, seed)
    return _Rule.of(studies, ANALYSED).power(studies)


def _check(size: float, respondents: float | None) -> None:
    if not -1 < size < 1:
        raise ChainError(f"A standardised link lies between −1 and 1; {size:g} does not.")
    if respondents is not None and respondents < 1:
        raise ChainError(f"{respondents:g} respondents per unit are none; give 1 or more.")


def units_needed(
    plan: Design,
    size: float,
    power: float = 0.8,
    respondents: float | None = None,
    seed: int = 1,
) -> int | None:
    """Return the fewest units that give ``power`` to a link of ``size``; None beyond 4,000.

    The organisations stay as many as they are. Numbers of units four times apart are tried until
    the power lies between two of them; between them one rule, learnt half way, tells which studies
    find the link.
    """
    _check(size, respondents)

    def rule_at(units: int) -> _Rule:
        studies = _simulated(plan, size, units, respondents, ANALYSED, seed + 1)
        return _Rule.of(studies, ANALYSED // 2)

    def reached(units: int, rule: _Rule) -> bool:
        studies = _simulated(plan, size, units, respondents, DRAWS // 4, seed)
        return rule.power(studies) >= power

    high = int(np.clip(plan.units, FEWEST_UNITS, MOST_UNITS))
    if reached(high, rule_at(high)):
        low = max(high // _STEP, FEWEST_UNITS)
        while low > FEWEST_UNITS and reached(low, rule_at(low)):
            low, high = max(low // _STEP, FEWEST_UNITS), low
    else:
        low, high = high, min(_STEP * high, MOST_UNITS)
        while low < high and not reached(high, rule_at(high)):
            low, high = high, min(_STEP * high, MOST_UNITS)
        if low == high:
            return None
    rule = rule_at(round(np.sqrt(low * high)))
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle, rule) else (middle, high)
    return high


@dataclass(frozen=True)
class Power(Shown):
    """The power of a study's design.

    Attributes
    ----------
    source, target, size
        The link.
    units
        Units asked about: the study's own by default.
    organisations
        Over which the units are spread, those of the study.
    spread
        Standard deviation of the link between organisations, as the study has it.
    level
        What the links of the study's own chain are between: units or respondents.
    respondents
        Respondents per unit of the source's and of the target's items.
    power
        The share of studies like this whose pages would show the link with an interval that does
        not hold 0. A study whose model has no usable estimate does not.
    needed
        Units needed for ``target_power``; None if out of reach.
    target_power
        Usually 0.8.
    df, close_fit, not_close_fit
        Degrees of freedom of the chain's model, the power of its test of close fit (RMSEA .05
        against .08) and of not close fit (.05 against .01) with ``units``; NaN without any.
    rows_for_close_fit
        Units that give the test of close fit a power of ``target_power``.
    """

    source: str
    target: str
    size: float
    units: int
    organisations: int
    spread: float
    level: Level
    respondents: tuple[float, float]
    power: float
    needed: int | None
    target_power: float
    df: int
    close_fit: float
    not_close_fit: float
    rows_for_close_fit: int | None

    @property
    def words(self) -> str:
        """The findings in sentences."""
        told = [
            power_in_words(
                LinkPower(
                    self.source,
                    self.target,
                    self.size,
                    self.units,
                    self.organisations,
                    self.respondents,
                    self.spread,
                    self.power,
                    self.needed,
                    MOST_UNITS,
                    self.target_power,
                )
            )
        ]
        if self.level is Level.RESPONDENTS:
            told.append(say("power.between respondents"))
        if self.rows_for_close_fit is not None:
            told.append(
                close_fit_in_words(
                    self.df, self.close_fit, self.units, self.rows_for_close_fit, self.target_power
                )
            )
        return " ".join(told)

    def _parts(self) -> Iterator[Part]:
        yield self.words


@one_thread
def study_power(
    study: ChainStudy,
    link: tuple[str, str] | None = None,
    size: float = 0.3,
    units: int | None = None,
    respondents: float | None = None,
    target: float = 0.8,
    wave: str | int | None = None,
    seed: int = 1,
) -> Power:
    """Return the power of a study's design for a link.

    Parameters
    ----------
    study
        The study whose design is meant.
    link
        The constructs it goes from and to; by default the first link of the study's chain.
    size
        The true strength between units, within organisations.
    units, respondents
        By default those of the study, in its latest wave.
    target
        The power that the number of units needed is for.
    wave, seed
        By default the latest wave; one seed gives one result.

    Raises
    ------
    UnknownNameError
        A construct that the codebook does not have.
    ChainError
        See :func:`design` and :func:`link_power`.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.chain.study_power(study, ("people", "service"), size=0.3)
    >>> found.units, found.organisations
    (323, 12)
    >>> found.power > found.target_power, found.needed < found.units
    (True, True)
    """
    chain = study.runnable_chain()
    pair = link or (chain.links[0].source, chain.links[0].target)
    for construct in pair:
        if construct not in study.codebook.constructs:
            raise UnknownNameError(
                f"{study.name}: the codebook has no construct {construct!r}; it has "
                f"{', '.join(study.codebook.constructs)}."
                f"{nearest(construct, study.codebook.constructs)}"
            )
    if pair[0] == pair[1]:
        raise ChainError(f"A link goes from one construct to another; {pair[0]!r} is given twice.")
    if not 0 < target < 1:
        raise ChainError(f"A power lies between 0 and 1; {target:g} does not.")
    plan = design(study, *pair, wave)
    units = plan.units if units is None else units
    behind = plan.respondents if respondents is None else np.full(2, respondents)
    data = study.chain_data(wave=wave)
    df = _degrees_of_freedom(data.model)
    with progress(_COUNTED, ANALYSED + _RULES * (ANALYSED // 2)):
        reached = link_power(plan, size, units, respondents, seed)
        needed = units_needed(plan, size, target, respondents, seed)
    return Power(
        *pair,
        size,
        units,
        plan.organisations,
        plan.spread,
        data.level,
        (float(behind[0]), float(behind[1])),
        reached,
        needed,
        target,
        df,
        rmsea_power(CLOSE_FIT, NOT_CLOSE_FIT, df, units) if df else np.nan,
        rmsea_power(CLOSE_FIT, NEARLY_EXACT_FIT, df, units) if df else np.nan,
        rmsea_sample_size(CLOSE_FIT, NOT_CLOSE_FIT, df, target) if df else None,
    )


def _degrees_of_freedom(model: str) -> int:
    table = sem.parameter_table(model)
    observed = {*table.loc[table["op"] == "=~", "rhs"]}
    return len(observed) * (len(observed) + 1) // 2 - int(table["free"].max())
