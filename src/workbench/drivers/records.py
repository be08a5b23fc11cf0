r"""Numbers from records in their own units: how high they are, and what they go with.

With :math:`x_u` a unit's index of a construct and :math:`y_u` its number from records, both
compared within organisations *g*,

.. math:: y_u = a_g + b x_u, \qquad \log y_u = a_g + b x_u, \qquad
   \log \operatorname{E} c_u = \log E_u + a_g + b x_u,

for amounts, for skewed amounts (shape log), and for counts *c* with their exposure *E*: the Poisson
likelihood, whose estimate is consistent whatever the counts' variance, given :math:`a_g` by the
organisation's total [1]_. The index of a unit is a mean of few people, and its error would weaken
*b*; so it is replaced by what is expected of the true one, :math:`\hat x_u = \lambda_u (x_u - \bar
x_g)` with :math:`\lambda_u = \tau^2 / (\tau^2 + e_u)`, the known error :math:`e_u`
(:mod:`workbench.drivers.rows`) and the variance :math:`\tau^2` that is left without it (regression
calibration [2]_). Intervals are percentiles of bootstrap samples of units, each with its own
:math:`\tau^2`.

References
----------
.. [1] Wooldridge, J. M. (1999). Distribution-free estimation of some nonlinear panel data models.
   Journal of Econometrics, 90, 77–97.
.. [2] Carroll, R. J., Ruppert, D., Stefanski, L. A. & Crainiceanu, C. M. (2006). Measurement error
   in nonlinear models (2nd ed.), ch. 4. Chapman & Hall.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.chain import ChainStudy
from workbench.drivers.rows import labels_of, unit_errors
from workbench.errors import DriversError, WorkbenchError
from workbench.interpretation import NotEstimated
from workbench.interpretation.amounts import Amount
from workbench.interpretation.messages import say
from workbench.measurement import indices, item_means
from workbench.study import Study
from workbench.study.measures import Measure

Floats = NDArray[np.float64]

STEP = 10
"""Points of the index that an association is told for."""

LEAST_UNITS = 20
"""Fewer units tell nothing of an association within organisations."""

REPLICATES, SEED = 1000, 1
"""Bootstrap samples of units, and how they are drawn."""

NEWTON_STEPS = 50


@dataclass(frozen=True, eq=False)
class Association:
    """What a number from records goes with.

    Attributes
    ----------
    item, construct
        The number, and the construct whose index it is set beside.
    measure
        What the number is.
    slope, lower, upper
        By point of the index with a 95 % interval: in the unit, or of its logarithm for the shapes
        log and count.
    typical
        The number at the mean of the index: the mean, the geometric mean, or the rate.
    units
        How many units it rests on.
    """

    item: str
    construct: str
    measure: Measure
    slope: float
    lower: float
    upper: float
    typical: float
    units: int

    @property
    def relative(self) -> bool:
        """Whether differences are told in percent."""
        return self.measure.shape != ""

    def difference(self, step: float = STEP) -> tuple[float, float, float]:
        """What goes with ``step`` points more, with its interval: in the unit or in percent."""
        ends = np.array([self.slope, self.lower, self.upper]) * step
        if self.relative:
            ends = 100 * np.expm1(ends)
        return float(ends[0]), float(ends[1]), float(ends[2])

    def instead(self, step: float = STEP) -> float:
        """The number in its unit where the index is ``step`` points above its mean."""
        moved = self.slope * step
        return float(self.typical * np.exp(moved) if self.relative else self.typical + moved)


def record_levels(
    study: Study, items: Sequence[str] | None = None, by: Sequence[str] = ("organisation", "wave")
) -> pd.DataFrame:
    """Numbers from records in their own units, with 95 % intervals.

    An amount is the mean of the units; a skewed one (shape log) the geometric mean; a count with an
    exposure the rate, all counts by all exposures, with the error of a ratio [3]_.

    Parameters
    ----------
    items
        By default all that have a unit of their own.
    by
        Columns of the answers that make the groups.

    Returns
    -------
    The columns of ``by``, then ``item``, ``value``, ``lower``, ``upper``, ``units``, and ``met``:
    how many of the units meet the target, missing without one.

    References
    ----------
    .. [3] Cochran, W. G. (1977). Sampling techniques (3rd ed.), ch. 6. Wiley.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> table = wb.drivers.record_levels(study, ["waiting_days"], by=("wave",))
    >>> table[["wave", "value", "units", "met"]].round(1)
       wave  value  units  met
    0  2022   17.8    295  177
    1  2023   17.9    292  179
    2  2024   17.2    298  193
    """
    names = list(study.codebook.measured if items is None else items)
    tables = [_levels(study, item, measure_of(study, item), list(by)) for item in names]
    columns = [*by, "item", "value", "lower", "upper", "units", "met"]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]


def measure_of(study: Study, item: str) -> Measure:
    """What an item from records counts; DriversError where it has no unit of its own."""
    measure = study.codebook.measure(item)
    if measure is None:
        raise DriversError(
            f"The codebook gives {item!r} no unit of its own; write one in its column unit."
        )
    return measure


def amounts_of(study: Study, constructs: Iterable[str]) -> dict[str, Amount]:
    """What the indices count of those constructs that are one number from records.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.amounts_of(study, ["service", "results", "waiting"])
    >>> [(name, one.unit, one.relative) for name, one in found.items()]
    [('results', '% of cases', False), ('waiting', 'days', True)]
    """
    found = {}
    for construct in constructs:
        items = study.codebook.items(construct)
        measure = study.codebook.measure(items[0]) if len(items) == 1 else None
        if measure is None:
            continue
        scale = study.codebook.scale(items[0])
        start, width = scale.low, 1 / scale.points_per_code
        if scale.reversed:
            start, width = scale.high, -width
        found[construct] = Amount(measure.unit, start, width, measure.shape == "log")
    return found


def natural(study: Study, item: str, clean: pd.Series) -> pd.Series:
    """Clean answers to an item in its own unit."""
    scale = study.codebook.scale(item)
    straight = scale.low + scale.high - clean if scale.reversed else clean
    return measure_of(study, item).natural(straight)


def _levels(study: Study, item: str, measure: Measure, by: list[str]) -> pd.DataFrame:
    answers = study.answers(study.codebook.source_of_item(item))
    there = answers[answers[item].notna() & (answers["weight"] > 0)]
    numbers = natural(study, item, there[item])
    if measure.exposure:
        numbers = measure.per * numbers / there[measure.exposure]
        table = _rates(there, item, measure, by)
    else:
        table = item_means(study, [item], by).rename(columns={"mean": "value"})
        for name in ("value", "lower", "upper"):
            table[name] = natural(study, item, table[name])
        if study.codebook.scale(item).reversed:
            table = table.rename(columns={"lower": "upper", "upper": "lower"})
    if measure.target is None:
        return table.assign(met=np.nan)
    met = there[by].assign(met=measure.met(numbers).astype(int))
    return table.merge(met.groupby(by, observed=True)["met"].sum().reset_index(), on=by)


def _rates(there: pd.DataFrame, item: str, measure: Measure, by: list[str]) -> pd.DataFrame:
    """Rates of groups, r = Σ c / Σ E, with the error of a ratio by t."""
    rows = []
    for keys, own in there.groupby(by, observed=True, sort=True):
        count, exposure = own[item].to_numpy(), own[measure.exposure].to_numpy()
        n, rate = len(own), count.sum() / exposure.sum()
        half = np.nan
        if n > 1 and count.sum() > 0:
            spread = ((count - rate * exposure) ** 2).sum() * n / (n - 1)
            half = stats.t.ppf(0.975, n - 1) * np.sqrt(spread) / count.sum()
        ends = measure.per * rate * np.array([1.0, np.exp(-half), np.exp(half)])
        rows.append((*(keys if isinstance(keys, tuple) else (keys,)), *ends, n))
    table = pd.DataFrame(rows, columns=[*by, "value", "lower", "upper", "units"])
    return table.assign(item=item)


def goes_with(
    study: ChainStudy,
    item: str,
    construct: str,
    wave: str | int | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Association:
    """What a number from records goes with, between units of the same organisation.

    With a lag in the codebook, the index is that of so many waves before.

    Parameters
    ----------
    item
        An item with a unit of its own.
    construct
        The construct whose index it is set beside.
    wave
        That of the number; the latest by default.
    replicates, seed
        Bootstrap samples of units, and how they are drawn.

    Raises
    ------
    UnknownNameError
        If there is no such item, construct or wave.
    DriversError
        If the item has no unit of its own, there is no wave so long before, there are too few
        units, or units do not differ in the construct by more than its error.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.goes_with(study, "absence_rate", "people", replicates=100)
    >>> found.units, round(found.difference()[0])  # percent, where People is 10 points higher
    (305, -13)
    """
    index = partial(_index_of_units, study)
    return _association(study, item, construct, study.wave(wave), index, replicates, seed)


def associations(
    study: ChainStudy, pairs: Iterable[tuple[str, str]], wave: str | int | None = None
) -> list[Association | NotEstimated]:
    """What numbers from records go with: :func:`goes_with` of an item and a construct each.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> pairs = [("absence_rate", "people"), ("absence_rate", "service")]
    >>> [found.units for found in wb.drivers.associations(study, pairs)]
    [305, 305]
    """
    wave = study.wave(wave)
    index = cache(partial(_index_of_units, study))
    found: list[Association | NotEstimated] = []
    for item, construct in pairs:
        try:
            found.append(_association(study, item, construct, wave, index))
        except WorkbenchError as error:
            found.append(NotEstimated(str(error)))
    return found


def _index_of_units(study: Study, construct: str, wave: str) -> pd.DataFrame:
    """The index of every unit in a wave: ``organisation``, ``unit``, ``index`` and the variance of
    its known ``error``."""
    keys = ["organisation", "unit"]
    index = indices(study.in_wave(wave), [construct], by=(*keys, "wave"))
    known, errors = unit_errors(study, [construct], wave)
    index = index[[*keys, "index"]].astype({"organisation": str}).dropna()
    return index.merge(known.astype(str).assign(error=errors[:, 0, 0]), on=keys, how="left")


def _association(
    study: ChainStudy,
    item: str,
    construct: str,
    wave: str,
    index_of_units: Callable[[str, str], pd.DataFrame],
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Association:
    """What :func:`goes_with` returns, by the index of a construct in a wave in every unit."""
    measure = measure_of(study, item)
    before = _before(study, wave, measure.lag, item)
    answers = study.answers(study.codebook.source_of_item(item))
    now = answers[(answers["wave"] == wave) & answers[item].notna()]
    keys = ["organisation", "unit"]
    outcome = now[keys].assign(y=natural(study, item, now[item]), exposure=1.0)
    if measure.exposure:
        outcome["exposure"] = now[measure.exposure] / measure.per
    index = index_of_units(construct, before)
    rows = outcome.astype({"organisation": str}).merge(index, on=keys)
    rows = rows[rows.groupby("organisation")["y"].transform("size") > 1]
    if len(rows) < LEAST_UNITS:
        raise DriversError(
            say(
                "records.few units",
                units=len(rows),
                least=LEAST_UNITS,
                **_named(study, item, construct),
            )
        )
    group = rows["organisation"].factorize()[0]
    y, exposure, x, error = (
        rows[name].to_numpy(float) for name in ("y", "exposure", "index", "error")
    )
    counts = np.vstack([np.ones(len(rows)), _samples(len(rows), replicates, seed)])
    expected, spread = calibrated(x, np.nan_to_num(error), group, counts)
    if np.percentile(spread, 2.5) <= 0:
        raise DriversError(say("records.no differences", **_named(study, item, construct)))
    if measure.shape == "count":
        slopes = count_slopes(y, exposure, expected, group, counts)
    else:
        slopes = linear_slopes(measure.clean(y), expected, group, counts)
    typical = float(y.sum() / exposure.sum())
    if measure.shape == "log":
        typical = float(np.exp(np.log(y).mean()))
    lower, upper = np.nanpercentile(slopes[1:], [2.5, 97.5])
    return Association(
        item, construct, measure, float(slopes[0]), float(lower), float(upper), typical, len(rows)
    )


def _named(study: ChainStudy, item: str, construct: str) -> dict[str, str]:
    labels = labels_of(study, [construct, construct_of(study, item)])
    return {"outcome": labels[construct_of(study, item)], "construct": labels[construct]}


def construct_of(study: Study, item: str) -> str:
    """The construct that an item measures."""
    frame = study.codebook.frame
    return str(frame.loc[frame["item"] == item, "construct"].iloc[0])


def _before(study: Study, wave: str, lag: int, item: str) -> str:
    if not lag:
        return wave
    place = study.waves.index(wave) - lag if wave else -1
    if place < 0:
        raise DriversError(say("records.no wave before", lag=lag, item=item))
    return study.waves[place]


def _samples(n: int, replicates: int, seed: int) -> Floats:
    """How often each unit is in each bootstrap sample, (replicates, n)."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), replicates).astype(float)


def calibrated(
    x: Floats, error: Floats, group: NDArray[np.intp], counts: Floats
) -> tuple[Floats, Floats]:
    """What is expected of the true index, about its group's mean, (B, n); and its variance (B,).

    Parameters
    ----------
    x, error : (n,)
        The index and its known error variance.
    group : (n,)
        The organisation, numbered from 0.
    counts : (B, n)
        How often each row is in each sample.
    """
    apart = x - _means(x[None], group, counts)
    number = counts.sum(axis=1)
    groups = (_sums(counts, group) > 0).sum(axis=1)
    total = (counts * apart**2).sum(axis=1) / np.maximum(number - groups, 1)
    true = total - (counts * error).sum(axis=1) / number
    kept = np.maximum(true, 0.0)[:, None]
    share = np.divide(kept, kept + error, out=np.zeros_like(apart), where=kept + error > 0)
    return share * apart, true


def linear_slopes(y: Floats, x: Floats, group: NDArray[np.intp], counts: Floats) -> Floats:
    """Least squares within groups, (B,), with ``y`` (n,) and ``x`` (B, n)."""
    x = x - _means(x, group, counts)
    top, bottom = (counts * x * y).sum(axis=1), (counts * x * x).sum(axis=1)
    return np.divide(top, bottom, out=np.full(len(x), np.nan), where=bottom > 0)


def count_slopes(
    y: Floats, exposure: Floats, x: Floats, group: NDArray[np.intp], counts: Floats
) -> Floats:
    """Poisson slopes with a constant for each group, (B,), by Newton's steps.

    With the constants at their best, the likelihood is Σ y b x − Σ_g Y_g log Σ E exp(b x).
    """
    slope = np.zeros(len(x))
    total = _sums(counts * y, group)
    for _ in range(NEWTON_STEPS):
        rate = counts * exposure * np.exp(slope[:, None] * x)
        weight = np.maximum(_sums(rate, group), 1e-300)
        mean = _sums(rate * x, group) / weight
        square = _sums(rate * x * x, group) / weight
        gradient = (counts * y * x).sum(axis=1) - (total * mean).sum(axis=1)
        curvature = (total * (square - mean**2)).sum(axis=1)
        step = np.divide(gradient, curvature, out=np.zeros_like(slope), where=curvature > 0)
        slope = slope + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-10:
            break
    return slope


def _sums(values: Floats, group: NDArray[np.intp]) -> Floats:
    """Sums by group, (B, groups)."""
    member = np.eye(int(group.max()) + 1)[group]
    return values @ member


def _means(values: Floats, group: NDArray[np.intp], counts: Floats) -> Floats:
    """The mean of every row's group, (B, n)."""
    number = np.maximum(_sums(counts, group), 1e-300)
    return (_sums(counts * values, group) / number)[:, group]
