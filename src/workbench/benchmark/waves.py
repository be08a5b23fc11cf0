r"""What changed between two waves: indices, links and latent means, and who improved.

The same units answer again while the respondents differ, so waves are not independent samples and
their errors do not add up. Every change here is linearised and summed within units over both
waves. With :math:`m_t` the weighted mean of wave t, unit c contributes

.. math::

    z_c = \frac{\sum_{i \in c, 2} w_i (x_i - m_2)}{\sum_{i \in 2} w_i}
        - \frac{\sum_{i \in c, 1} w_i (x_i - m_1)}{\sum_{i \in 1} w_i}, \qquad
    se^2 = \frac{C}{C - 1} \sum_c z_c^2

to the change :math:`m_2 - m_1`, with C the units that answered in either wave, and the interval is
t(C − 1). One row per unit and wave gives the paired t test. For links and latent means z_c is the
unit's influence on the estimates, :math:`A^{-1} \sum_i w_i s_i / N` with s the scores and A the
observed information, stacked over the waves (*seemingly unrelated estimation*).

What is compared is measured alike: by the items asked in both waves.

References
----------
Binder (1983), Int. Stat. Review 51, 279–292. Weesie (1999), Stata Technical Bulletin 52, 34–47.
Benjamini & Hochberg (1995), JRSS B 57, 289–300.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench import linkage, measurement, sem
from workbench.chain import ChainData, ChainStudy, fit_chain, usable_links
from workbench.chain.effects import freedom
from workbench.errors import BenchmarkError, MeasurementError, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import (
    Change,
    LinkChange,
    Movement,
    change_sentence,
    latent_means_in_words,
    link_change_in_words,
    links_change_in_words,
)
from workbench.interpretation.cutoffs import FALSE_DISCOVERY_RATE
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.measurement import common_items, no_common_items
from workbench.measurement.answers import ItemAnswers
from workbench.measurement.scores import LEAST_CLUSTERS, UnitSums, index_sums, none_if_alike
from workbench.measurement.waves import items_by_wave, throughout, throughout_all
from workbench.sem import Fit, why_unusable
from workbench.sem.inference import robust
from workbench.sem.inference.assessment import corrected
from workbench.sem.inference.comparison import Difference
from workbench.sem.inference.standardised import Standardiser
from workbench.sem.model.effects import defined_jacobian
from workbench.sem.model.expressions import quoted_where_needed
from workbench.study import Study
from workbench.study.given import ALL_WAVES, name_text
from workbench.study.level import Level

Array = NDArray[np.float64]
Codes = NDArray[np.integer]

CHANGE_COLUMNS = [
    "organisation", "construct", "change", "se", "lower", "upper", "pvalue", "qvalue", "direction",
]  # fmt: skip
BY_WAVE_COLUMNS = [
    "organisation", "construct", "from_wave", "to_wave", "change", "se", "lower", "upper",
    "pvalue", "qvalue", "direction",
]  # fmt: skip


def index_changes(
    study: Study,
    constructs: Sequence[str],
    before: str,
    now: str,
    rate: float = FALSE_DISCOVERY_RATE,
) -> pd.DataFrame:
    """Change of every organisation's index from wave ``before`` to wave ``now``, in points.

    The same units answer again: they are clusters paired over the waves (see the module). Among
    many organisations some would seem to change by chance, so whether one did is decided, within a
    construct, by the procedure of Benjamini & Hochberg: of those called up or down, ``rate`` at
    most is expected to be so by chance.

    Parameters
    ----------
    study
        The study.
    constructs
        Constructs of the codebook. The index is the mean of the items that the organisation was
        asked in both waves, each on 0–100; where some were asked in one wave only it is not that of
        ``measurement.indices``.
    before, now
        The waves.
    rate
        The false discovery rate.

    Returns
    -------
    ``organisation`` ("" for all together, a family of its own), ``construct``, ``change``, ``se``,
    ``lower``, ``upper`` (95 %, each by itself), ``pvalue``, ``qvalue`` and ``direction``
    (:class:`workbench.interpretation.Movement`). One row for every organisation and construct;
    missing numbers where an organisation was not asked in both waves, has one unit only, or no item
    is common to both.

    Raises
    ------
    UnknownNameError
        A wave or construct that the study does not have.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.benchmark.index_changes(wb.open_study("data/demo"), ["trust"], "2022", "2023")
    >>> found[["organisation", "change", "direction"]].head(3).round(1)
             organisation  change direction
    0                        -4.6      down
    1   City of Eastbrook     1.2   unclear
    2  Employment Service    -9.0      down
    """
    before, now = study.wave(before), study.wave(now)
    common = {
        name: throughout_all(asked_in(items_by_wave(study, name), before, now))
        for name in constructs
    }
    together = changes_together(index_sums(study, common), before, now)
    each = organisation_changes(study, constructs, before, now)
    every = list(study.organisations["organisation"])
    return changes_told(every, constructs, together, each, rate)


def asked_in(asked: Mapping[str, Sequence[str]], *waves: str) -> dict[str, Sequence[str]]:
    """The items that were asked in some waves, by wave."""
    return {wave: own for wave, own in asked.items() if wave in waves}


def organisation_changes(
    study: Study, constructs: Sequence[str], before: str, now: str
) -> dict[str, pd.DataFrame]:
    """:func:`paired_changes` of the index in every organisation, by construct."""
    return {
        name: own.changes_in_each(before, now) for name, own in _scales(study, constructs).items()
    }


def changes_together(
    sums: Mapping[str, UnitSums], before: str, now: str
) -> dict[str, pd.DataFrame]:
    """:func:`paired_changes` of the index of all together, by construct.

    ``sums`` are those of the items asked in both waves, by source.
    """
    found = {}
    for own in (one.units for one in sums.values()):
        wave = own.keys["wave"].astype("str")
        unit = own.keys.groupby(["organisation", "unit"], sort=False, observed=True).ngroup()
        for number, name in enumerate(own.names):
            used = ((own.rows[:, number] > 0) & wave.isin([before, now])).to_numpy()
            there, place = np.unique(unit[used], return_inverse=True)
            weight, total = np.zeros((2, len(there), 2))
            later = (wave[used] == now).to_numpy(np.intp)
            weight[place, later] = own.weight[used, number]
            total[place, later] = own.total[used, number]
            home = np.zeros(len(there), dtype=np.intp)
            found[name] = _paired(weight, total, home, 1, own.largest[number])
    return found


def changes_told(
    organisations: Sequence[str],
    constructs: Sequence[str],
    together: Mapping[str, pd.DataFrame],
    each: Mapping[str, pd.DataFrame],
    rate: float = FALSE_DISCOVERY_RATE,
) -> pd.DataFrame:
    """Decide which organisations' indices changed: what :func:`index_changes` returns.

    ``together`` and ``each`` are the changes by construct, of all together and of organisations.
    """
    tables = []
    for construct in constructs:
        own = each[construct].reindex(organisations)
        for names, table in (([""], together[construct]), (organisations, own)):
            qvalues, directions = called(table["change"], table["pvalue"], rate)
            told = table.assign(
                organisation=names, construct=construct, qvalue=qvalues, direction=directions
            )
            tables.append(told[CHANGE_COLUMNS])
    if not tables:
        return pd.DataFrame(columns=CHANGE_COLUMNS)
    return pd.concat(tables, ignore_index=True)


def _scales(study: Study, constructs: Sequence[str]) -> dict[str, "_Answered"]:
    return {construct: _Answered.to(study, construct) for construct in constructs}


def improvements(
    study: Study,
    constructs: Sequence[str] | None = None,
    waves: Sequence[str] | None = None,
    rate: float = FALSE_DISCOVERY_RATE,
) -> pd.DataFrame:
    """Did each organisation improve from wave to wave?

    Parameters
    ----------
    study
        The study.
    constructs, waves
        By default those of the codebook, and all waves; each wave is compared with the one before.
    rate
        The false discovery rate.

    Returns
    -------
    ``organisation`` ("" for all together), ``construct``, ``from_wave``, ``to_wave``, ``change``,
    ``se``, ``lower``, ``upper``, ``pvalue``, ``qvalue``, ``direction`` and a ``sentence``,
    which says why where there is no number. Empty with fewer than two waves. See
    :func:`index_changes`.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.benchmark.improvements(wb.open_study("data/demo"), ["trust"])
    >>> together = found[found["organisation"] == ""]
    >>> together[["from_wave", "to_wave", "change", "direction"]].round(1)
       from_wave to_wave  change direction
    0       2022    2023    -4.6      down
    13      2023    2024     4.7        up
    """
    table = changes_by_wave(study, constructs, waves, rate)
    table["sentence"] = [_change_told(study, row) for row in table.to_dict("records")]
    return table


def changes_by_wave(
    study: Study,
    constructs: Sequence[str] | None = None,
    waves: Sequence[str] | None = None,
    rate: float = FALSE_DISCOVERY_RATE,
) -> pd.DataFrame:
    """What :func:`improvements` returns, without its sentences."""
    answers = _scales(study, list(study.codebook.constructs if constructs is None else constructs))
    every = list(study.organisations["organisation"])
    tables = []
    for pair in pairwise(study.waves if waves is None else map(name_text, waves)):
        before, now = map(study.wave, pair)
        changes = {name: own.changes(before, now) for name, own in answers.items()}
        together, each = ({name: two[at] for name, two in changes.items()} for at in (0, 1))
        table = changes_told(every, list(answers), together, each, rate)
        tables.append(table.assign(from_wave=before, to_wave=now)[BY_WAVE_COLUMNS])
    if not tables:
        return pd.DataFrame(columns=BY_WAVE_COLUMNS)
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True, eq=False)
class _Answered:
    """Answers to a construct in all waves.

    ``points`` (n, p) of its items, NaN where missing; ``weight`` and the numbers of
    ``organisation`` and ``unit`` (n,), from 0; ``rows`` of every wave; ``organisations`` are called
    so.
    """

    points: Array
    weight: Array
    rows: Mapping[str, NDArray[np.intp]]
    organisation: Codes
    unit: Codes
    organisations: pd.Index

    @classmethod
    def to(cls, study: Study, construct: str) -> "_Answered":
        answers = study.answers(study.codebook.source_of(construct))
        organisation, names = pd.factorize(answers["organisation"])
        number, waves = pd.factorize(answers["wave"])
        return cls(
            study.codebook.points(answers, study.codebook.items(construct)).to_numpy(float),
            answers["weight"].to_numpy(float),
            {wave: np.flatnonzero(number == t) for t, wave in enumerate(waves)},
            organisation,
            answers.groupby(["organisation", "unit"], sort=False).ngroup().to_numpy(),
            pd.Index(names, name="organisation"),
        )

    def changes(self, before: str, now: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """:func:`paired_changes` of the index of all together and of every organisation."""
        everybody = np.zeros(len(self.unit), dtype=np.intp)
        return self._paired(everybody, 1, before, now), self.changes_in_each(before, now)

    def changes_in_each(self, before: str, now: str) -> pd.DataFrame:
        """:func:`paired_changes` of the index of every organisation."""
        found = self._paired(self.organisation, len(self.organisations), before, now)
        return found.set_index(self.organisations)

    def _paired(self, group: Codes, groups: int, before: str, now: str) -> pd.DataFrame:
        nobody = np.zeros(0, dtype=np.intp)
        both = [self.rows.get(wave, nobody) for wave in (before, now)]
        rows, later = np.concatenate(both), np.repeat([False, True], [len(own) for own in both])
        points, group = self.points[rows], group[rows]
        asked = throughout(~np.isnan(points), group, later.astype(np.intp))
        score = _mean(np.where(asked[group], points, np.nan))
        return paired_changes(score, self.weight[rows], later, group, self.unit[rows], groups)


def _mean(values: Array) -> Array:
    """Mean over columns (n,) of what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def question_changes(
    study: Study, scores: Mapping[str, pd.Series], before: str, now: str
) -> pd.DataFrame:
    """Change of every organisation's mean score on each question from one wave to another.

    Units are clusters paired over the waves (see the module).

    Parameters
    ----------
    study
        The study.
    scores
        By item, what every answer counts, on the rows of the answers of its source; NaN where there
        is none. Of answers that are positive or not, 1 and 0, the mean is the share of positive
        ones.
    before, now
        The waves.

    Returns
    -------
    ``organisation``, ``item``, ``change``, ``se``, ``lower``, ``upper`` (95 %, each by itself),
    ``pvalue`` and ``units``, in the units of the scores. One row for every organisation of the
    source; missing numbers where it was not asked in both waves, and no error with fewer than three
    units.

    Raises
    ------
    UnknownNameError
        A wave or item that the study does not have.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> answers = study.answers("clients")["trust_1"]
    >>> high = (answers > 5).astype(float).where(answers.notna())
    >>> found = wb.benchmark.question_changes(study, {"trust_1": high}, "2022", "2023")
    >>> found[["organisation", "change", "lower", "upper"]].head(2).round(2)
             organisation  change  lower  upper
    0   City of Eastbrook   -0.01  -0.10   0.07
    1  Employment Service   -0.19  -0.26  -0.11
    """
    before, now = study.wave(before), study.wave(now)
    source_of = study.codebook.frame.set_index("item")["source"]
    tables = []
    for item, score in scores.items():
        study.codebook.scale(item)  # which knows the item, or says that there is none
        answers = study.answers(str(source_of[item]))
        rows = answers["wave"].isin([before, now]).to_numpy()
        own = answers[rows]
        group, names = pd.factorize(own["organisation"], sort=True)
        unit = own.groupby(["organisation", "unit"], sort=False, observed=True).ngroup()
        found = paired_changes(
            score.to_numpy(float)[rows],
            own["weight"].to_numpy(float),
            (own["wave"] == now).to_numpy(),
            group,
            unit.to_numpy(),
            len(names),
        )
        tables.append(found.assign(organisation=names.astype(str), item=item))
    columns = ["organisation", "item", "change", "se", "lower", "upper", "pvalue", "units"]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]


def paired_changes(
    values: Array,
    weight: Array,
    later: NDArray[np.bool_],
    group: Codes,
    cluster: Codes,
    groups: int,
) -> pd.DataFrame:
    """Change of the weighted mean of ``values`` (n,) in each group, clusters paired over waves.

    ``later`` marks the rows of the second wave; ``cluster`` numbers the clusters from 0, each in
    one group. Rows with a missing value or no weight are left out. One row per group: ``change``,
    ``se``, ``lower``, ``upper``, ``pvalue`` (t with clusters − 1 degrees of freedom) and ``units``,
    the clusters in either wave; NaN without both waves, and no error with fewer than three clusters
    (see :mod:`workbench.measurement.scores`) or where all clusters changed alike. See the module
    for the formula; without weights and with one row per cluster and wave it is R's
    ``t.test(now, before, paired = TRUE)``.
    """
    used = ~np.isnan(values) & (weight > 0)
    values, weight, later = values[used], weight[used], later[used]
    group, cluster = group[used], cluster[used]
    there, number = np.unique(cluster, return_inverse=True)
    home = np.zeros(len(there), dtype=np.intp)
    home[number] = group
    cell = 2 * number + later
    weights, totals = (
        np.asarray(np.bincount(cell, own, 2 * len(there)), float).reshape(-1, 2)
        for own in (weight, weight * values)
    )
    return _paired(weights, totals, home, groups, float(np.abs(values).max(initial=0.0)))


def _paired(weight: Array, total: Array, group: Codes, groups: int, largest: float) -> pd.DataFrame:
    """Return what :func:`paired_changes` does, of sums over the rows of C clusters.

    Parameters
    ----------
    weight, total : (C, 2)
        Sums of w and of w x in both waves.
    group : (C,)
        The group of each cluster.
    largest
        The largest absolute value.
    """
    means, contributions = [], np.zeros(len(group))
    with np.errstate(invalid="ignore", divide="ignore"):
        for own, sums, sign in zip(weight.T, total.T, (-1.0, 1.0), strict=True):
            every = np.bincount(group, own, groups)
            mean = np.bincount(group, sums, groups) / every
            part = (sums - mean[group] * own) / every[group]
            contributions += sign * np.where(own > 0, part, 0.0)
            means.append(mean)
        change = means[1] - means[0]
        count = np.bincount(group, minlength=groups)
        squares = np.bincount(group, contributions**2, groups)
        error = np.sqrt(count / (count - 1.0) * squares)
        error = np.where((count >= LEAST_CLUSTERS) & np.isfinite(change), error, np.nan)
        error = none_if_alike(error, largest)
        freedom = np.maximum(count - 1, 1)
        half = stats.t.ppf(0.975, freedom) * error
        pvalue = 2 * stats.t.sf(np.abs(change / error), freedom)
    return pd.DataFrame(
        {
            "change": change,
            "se": error,
            "lower": change - half,
            "upper": change + half,
            "pvalue": pvalue,
            "units": count,
        }
    )


def called(
    change: pd.Series, pvalues: pd.Series, rate: float = FALSE_DISCOVERY_RATE
) -> tuple[Array, NDArray[np.str_]]:
    """Return Benjamini–Hochberg q values, and which way each change goes at ``rate``.

    The second are values of :class:`workbench.interpretation.Movement`.
    """
    moved, tested = change.to_numpy(float), pvalues.to_numpy(float)
    known, qvalues = ~np.isnan(tested), np.full(len(tested), np.nan)
    if known.any():
        qvalues[known] = stats.false_discovery_control(tested[known])
    found = qvalues <= rate
    told = {
        Movement.MISSING: np.isnan(moved),
        Movement.UNTESTED: ~known,
        Movement.UP: found & (moved > 0),
        Movement.DOWN: found & (moved < 0),
    }
    return qvalues, np.select(list(told.values()), list(told), Movement.UNCLEAR)


def _change_told(study: Study, row: dict[Any, Any]) -> str:
    organisation, construct = row["organisation"], row["construct"]
    before, now = row["from_wave"], row["to_wave"]
    found = Change.of(row, before, now)
    reason = ""
    if found.direction is Movement.MISSING:
        reason = _why_no_change(study, organisation, construct, (before, now))
    told = change_sentence(construct, found, reason)
    if not organisation:
        return say("change.of all", change=told)
    return say("change.of organisation", organisation=organisation, change=told)


def _why_no_change(study: Study, organisation: str, construct: str, waves: Sequence[str]) -> str:
    source = study.codebook.source_of(construct)
    answers = study.answers(source)
    if organisation:
        answers = answers[answers["organisation"] == organisation]
    absent = [wave for wave in waves if not (answers["wave"] == wave).any()]
    if absent:
        return say("change.nobody", source=source, waves=listed(absent, "or"))
    if not common_items(study, construct, waves):
        return no_common_items(study, construct, waves)
    return say("change.no answers", construct=construct, waves=listed(waves))


# --- links ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkChanges(Shown):
    """A chain's links in two waves, and the change.

    Attributes
    ----------
    before, now
        The waves.
    table
        ``from``, ``to``, ``effect``, ``before``, ``now``, ``change`` (standardised strength),
        ``se``, ``lower``, ``upper``, ``pvalue``, the same of points per point as
        ``pass_through_before`` … ``pass_through_pvalue``, and ``sentence``.
    test
        Wald test that no direct link's strength changed (:class:`workbench.sem.Difference`), where
        rows are clustered by F. Missing where clusters are too few for all links at once.
    items
        The items of every construct, those asked in both waves.
    units
        Units in either wave.
    """

    before: str
    now: str
    table: pd.DataFrame
    test: Difference
    items: dict[str, list[str]]
    units: int

    @property
    def words(self) -> str:
        """Whether the links changed at all."""
        return links_change_in_words(self.before, self.now, self.test)

    def _parts(self) -> Iterator[Part]:
        yield self.words
        yield f"From {self.before} to {self.now}", self.table.drop(columns="sentence")


def link_changes(study: ChainStudy, before: str, now: str, chain: str | None = None) -> LinkChanges:
    """Compare a chain's links within organisations between two waves.

    See :meth:`LinksByWave.changes`, which fits a wave once where several are compared.

    Parameters
    ----------
    study
        The study.
    before, now
        The waves.
    chain
        By default the study's.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.benchmark.link_changes(wb.open_study("data/demo"), "2022", "2023")
    >>> direct = found.table[found.table["effect"] == "direct"]
    >>> direct[["from", "to", "before", "now", "change"]].round(2)
          from       to  before   now  change
    0   people  service    0.41  0.30   -0.11
    1   people    trust    0.17  0.11   -0.06
    4  service    trust    0.58  0.58    0.01
    >>> print(found.words)
    The links of the chain show no change from 2022 to 2023 (F 0.7 on 3 and 7.4 degrees of freedom,
    p = .581).
    """
    return LinksByWave(study, chain).changes(before, now)


class LinksByWave:
    """A chain's links within organisations in every wave, each fitted when it is asked for.

    Raises
    ------
    UnknownNameError, ChainError
        As for fitting the chain.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> links = wb.benchmark.LinksByWave(study)
    >>> links.changes("2023", "2024").units
    323
    """

    def __init__(self, study: ChainStudy, chain: str | None = None) -> None:
        self.study = study
        self.chain = study.runnable_chain(chain)
        names = [construct.name for construct in self.chain.constructs]
        self._asked = {name: items_by_wave(study, name) for name in names}
        self._fitted: dict[tuple[str, tuple[tuple[str, ...], ...]], _LinksOfWave] = {}

    def changes(self, before: str, now: str) -> LinkChanges:
        """Compare the links between two waves.

        The chain is fitted wave by wave to the items asked in both, units to one score a construct
        (:meth:`workbench.chain.ChainData.for_links`). The covariance of the two sets of estimates
        comes from the units, or organisations where these are the clusters, that they share (see
        the module), the errors of standardised effects from the delta method; intervals are those
        of t where there are clusters (:func:`workbench.chain.effects.freedom`).

        Raises
        ------
        UnknownNameError, ChainError, ModelError
            As for fitting the chain to each wave.
        BenchmarkError
            If a construct has no item that was asked in both waves.
        """
        waves = (name_text(before), name_text(now))
        first, last = (self.study.wave(wave) for wave in waves)
        items = {
            name: [item for item in asked[first] if item in asked[last]]
            for name, asked in self._asked.items()
        }
        for construct, common in items.items():
            if not common:
                told = no_common_items(self.study, construct, waves)
                raise BenchmarkError(f"{self.study.name}: {told}")
        return _compared([self._links_of(wave, items) for wave in waves], waves, items)

    def _links_of(self, wave: str, items: dict[str, list[str]]) -> "_LinksOfWave":
        key = (wave, tuple(map(tuple, items.values())))
        if key not in self._fitted:
            data = replace(self.study.chain_data(self.chain, wave), items=items).for_links()
            self._fitted[key] = _LinksOfWave.of(data, wave)
        return self._fitted[key]


@dataclass(frozen=True, eq=False)
class _LinksOfWave:
    """A chain fitted in a wave, and what comparing it with another needs.

    ``effects`` names the chain's (``from``, ``to``, ``effect``); ``strength`` and ``points`` are
    standardised and plain values with their derivatives; ``influence`` is that of
    :func:`_influence`.
    """

    data: ChainData
    fit: Fit
    effects: pd.DataFrame
    strength: tuple[Array, Array]
    points: tuple[Array, Array]
    influence: pd.DataFrame

    @classmethod
    def of(cls, data: ChainData, wave: str) -> "_LinksOfWave":
        fit = fit_chain(data, warn=False)
        try:
            effects = usable_links(fit, data.chain.label)[["from", "to", "effect"]]
        except ModelError as error:
            told = f"The chain could not be estimated in {wave}. {error}"
            raise ModelError(told) from error
        standardiser = Standardiser(fit.table, fit.layout)
        return cls(
            data,
            fit,
            effects,
            standardiser.values_and_jacobian(fit.theta, fit.problem.exo),
            _raw_values(fit),
            _influence(fit, _clusters_of(data)),
        )


def _compared(
    found: Sequence[_LinksOfWave], waves: tuple[str, str], items: dict[str, list[str]]
) -> LinkChanges:
    fits = [one.fit for one in found]
    joined = pd.concat([one.influence for one in found], axis=1).fillna(0.0)
    count = len(joined)
    vcov = count / (count - 1) * joined.to_numpy().T @ joined.to_numpy()
    table = found[0].effects
    names = [
        ".".join(row) for row in table[["effect", "from", "to"]].itertuples(index=False, name=None)
    ]
    pointed = [f"points.{name}" for name in names]
    free = min(map(freedom, fits))
    standard, covariance = _difference(fits, [one.strength for one in found], names, vcov, free)
    points, _ = _difference(fits, [one.points for one in found], pointed, vcov, free)
    table = table.join(standard).join(points.add_prefix("pass_through_"))
    named = found[0].data.chain.label
    table["sentence"] = [
        link_change_in_words(
            str(row["effect"]), named(row["from"]), named(row["to"]), waves, _link_change(row)
        )
        for row in table.to_dict("records")
    ]
    direct = np.flatnonzero(table["effect"] == "direct")
    change = table["change"].to_numpy(float)[direct]
    covariance = covariance[np.ix_(direct, direct)]
    statistic = np.nan
    if count > len(direct):
        statistic = float(change @ np.linalg.solve(covariance, change))
    test = Difference(statistic, len(direct), "wald", error_df=free)
    units = len(set().union(*(_units_of(one.data.frame) for one in found)))
    return LinkChanges(*waves, table, test, items, units)


def _link_change(row: Mapping[Any, Any]) -> LinkChange:
    return LinkChange(
        **{name: row[name] for name in ("before", "now", "change", "lower", "upper", "pvalue")}
    )


def _clusters_of(data: ChainData) -> pd.Series:
    """What rows of both waves have in common: their organisation where units are clustered in
    these, else their unit."""
    if data.level == "units" and "cluster" in data.frame:
        return data.frame["organisation"]
    return _units_of(data.frame)


def _units_of(frame: pd.DataFrame) -> pd.Series:
    """One key per unit: a name may stand in several organisations."""
    return pd.Series(list(zip(frame["organisation"], frame["unit"], strict=True)), frame.index)


def _influence(fit: Fit, unit: pd.Series) -> pd.DataFrame:
    """Sum over each unit's rows of A⁻¹ w s / N, one column per free parameter.

    Squared and summed over independent rows it is the Huber–White covariance of the fit.
    """
    sample = fit.problem.sample
    assert sample is not None  # a fit to rows
    problem = fit.problem
    inverse = corrected(problem, problem.layout, fit.theta, problem.df).inverse
    scores = robust.unit_scores(fit.layout, sample, fit.theta)
    if sample.weights is not None:
        scores = [s * w[:, None] for s, w in zip(scores, sample.weights, strict=True)]
    total = float(fit.problem.objective.total[0])
    frame = pd.DataFrame(np.vstack(scores) @ inverse / total)
    rows = np.concatenate([np.asarray(index) for index in fit.index])
    return frame.groupby(unit.loc[rows].to_numpy()).sum()


def _raw_values(fit: Fit) -> tuple[Array, Array]:
    table = fit.table
    values, jacobian = np.full(len(table), np.nan), np.zeros((len(table), len(fit.theta)))
    rows = np.flatnonzero(table["op"] == ":=")
    values[rows], jacobian[rows] = defined_jacobian(table, fit.theta)
    return values, jacobian


def _rows(fit: Fit, found: tuple[Array, Array], names: Iterable[str]) -> tuple[Array, Array]:
    place = {
        name: i
        for i, (op, name) in enumerate(zip(fit.table["op"], fit.table["lhs"], strict=True))
        if op == ":="
    }
    rows = [place[name] for name in names]
    return found[0][rows], found[1][rows]


def _difference(
    fits: Sequence[Fit],
    found: Sequence[tuple[Array, Array]],
    names: Sequence[str],
    vcov: Array,
    df: float,
) -> tuple[pd.DataFrame, Array]:
    """Named values in both waves, their difference with the interval of t, its covariance."""
    before, now = (_rows(fit, one, names) for fit, one in zip(fits, found, strict=True))
    jacobian = np.hstack([-before[1], now[1]])
    covariance = jacobian @ vcov @ jacobian.T
    change, error = now[0] - before[0], np.sqrt(np.diag(covariance))
    half = stats.t.ppf(0.975, df) * error
    table = pd.DataFrame(
        {
            "before": before[0],
            "now": now[0],
            "change": change,
            "se": error,
            "lower": change - half,
            "upper": change + half,
            "pvalue": 2 * stats.t.sf(np.abs(change / error), df),
        }
    )
    return table, covariance


# --- latent means -----------------------------------------------------------------------------


@dataclass(frozen=True)
class LatentMeans(Shown):
    """A construct's latent mean over the waves, measured in the same way in each.

    Attributes
    ----------
    construct, items
        What is measured, and the items asked in all waves, which tie them.
    freed
        Items whose intercept (and loading) may differ between waves: partial scalar invariance.
    table
        One row per wave after the first: ``wave``, ``change`` since the first wave in points of
        the construct's index, ``se``, ``lower``, ``upper``, ``pvalue``.
    left_out
        Items of the construct that were not asked in all waves.
    fit
        The model.
    label
        What sentences call the construct.
    """

    construct: str
    items: tuple[str, ...]
    freed: tuple[str, ...]
    left_out: tuple[str, ...]
    table: pd.DataFrame
    fit: Fit
    label: str

    @property
    def words(self) -> str:
        """How many questions tie the waves, and which do not."""
        return latent_means_in_words(self.label, self.items, self.freed, self.left_out)

    def _parts(self) -> Iterator[Part]:
        yield self.words
        yield "Latent means", self.table


def latent_means(
    study: Study,
    construct: str,
    waves: Sequence[str] | None = None,
    freed: Sequence[str] | None = None,
    label: str | None = None,
) -> LatentMeans:
    """Latent means of a construct over waves, under (partial) scalar invariance.

    Unit means of the items asked in all waves, one group a wave, with loadings and intercepts
    equal; the first wave's latent mean is 0. Errors take units as clusters over the waves (see the
    module). A change in the latent variable is given in points of the construct's index by the mean
    of the loadings of the tied items.

    Parameters
    ----------
    study, construct
        The study, and the construct.
    waves
        All by default.
    freed
        Items with parameters of their own in every wave; by default those that respondents'
        answers ask for (:func:`workbench.measurement.comparability`), where that can be tested.
    label
        What sentences call the construct, by default its name.

    Raises
    ------
    BenchmarkError
        With fewer than two waves, or no item common to all of them or none of these left tied.
    ModelError
        If the model cannot be estimated.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.benchmark.latent_means(wb.open_study("data/demo"), "trust")
    >>> found.table[["wave", "change", "lower", "upper"]].round(1)
       wave  change  lower  upper
    0  2023    -4.7   -6.0   -3.3
    1  2024     0.3   -1.0    1.5
    >>> print(found.words)
    The latent means of trust use all its 3 questions with equal parameters in every wave.
    """
    label = label or construct
    waves = list(study.waves if waves is None else map(name_text, waves))
    if len(waves) < 2:
        raise BenchmarkError(
            f"{study.name}: a change over waves needs two, and there is "
            f"{'only ' + waves[0] if waves else 'none'}."
        )
    items = common_items(study, construct, waves)
    if not items:
        raise BenchmarkError(f"{study.name}: {no_common_items(study, construct, waves)}")
    freed = _differing(study, construct, items, waves) if freed is None else list(freed)
    tied = [item for item in items if item not in freed]
    if not tied:
        raise BenchmarkError(
            f"{study.name}: all items of {label} are freed, so the waves {', '.join(waves)} have "
            "no item in common; leave one out of freed."
        )
    ordered = [*tied, *(item for item in items if item in freed)]
    frame = linkage.units(study, ordered, wave=ALL_WAVES)
    frame = frame[frame["wave"].isin(waves)].reset_index(drop=True)
    for item in ordered:
        frame[item] = study.codebook.scale(item).points(frame[item])
    frame = frame[frame[ordered].notna().any(axis=1)]
    place = {wave: number for number, wave in enumerate(waves)}
    frame = frame.sort_values("wave", key=lambda w: w.astype(str).map(place), kind="stable")
    name = quoted_where_needed(construct)
    quoted = [quoted_where_needed(item) for item in ordered]
    partial = [p for q in quoted[len(tied) :] for p in (f"{name} =~ {q}", f"{q} ~ 1")]
    fit = sem.fit(
        f"{name} =~ " + " + ".join(quoted),
        frame[["wave", *ordered]],
        estimator="MLR",
        missing="fiml",
        group="wave",
        group_equal=["loadings", "intercepts"],
        group_partial=partial,
        warn=False,
    )
    reason = why_unusable(fit, lambda variable: label if variable == construct else variable)
    if reason:
        raise ModelError(f"The latent means of {label} could not be estimated. {reason}")
    left_out = [item for item in study.codebook.items(construct) if item not in items]
    table = _latent_changes(fit, frame, construct, tied)
    return LatentMeans(construct, tuple(items), tuple(freed), tuple(left_out), table, fit, label)


def _differing(
    study: Study, construct: str, items: Sequence[str], waves: Sequence[str]
) -> list[str]:
    """Items that work differently over the waves, as far as that can be tested."""
    source = study.codebook.source_of(construct)
    answers = study.answers(source)
    answers = answers[answers["wave"].isin(waves)]
    columns = ["organisation", "unit", "wave", *items]
    level = Level(study.sources[source].rows)
    rows = ItemAnswers(source, level, {construct: items}, answers[columns])
    try:
        return list(
            dict.fromkeys(measurement.comparability(rows, construct, "wave").proposal["item"])
        )
    except MeasurementError:
        return []


def _latent_changes(
    fit: Fit, frame: pd.DataFrame, construct: str, tied: Sequence[str]
) -> pd.DataFrame:
    table = fit.table
    influence = _influence(fit, _units_of(frame)).to_numpy()
    count = len(influence)
    vcov = count / (count - 1) * influence.T @ influence
    loading = table[(table["op"] == "=~") & (table["group"] == 1) & table["rhs"].isin(tied)]
    free = loading["free"].to_numpy(int)
    values = np.where(free > 0, fit.theta[free - 1], loading["fixed"].to_numpy(float))
    slope = np.zeros(len(fit.theta))
    np.add.at(slope, free[free > 0] - 1, 1 / len(tied))
    rows = []
    own = table[(table["op"] == "~1") & (table["lhs"] == construct) & (table["free"] > 0)]
    for group, number in zip(own["group"], own["free"].astype(int), strict=True):
        mean = fit.theta[number - 1]
        gradient = mean * slope
        gradient[number - 1] += values.mean()
        change = mean * values.mean()
        error = float(np.sqrt(gradient @ vcov @ gradient))
        half = stats.t.ppf(0.975, count - 1) * error
        pvalue = 2 * stats.t.sf(abs(change) / error, count - 1)
        wave = fit.problem.groups[int(group) - 1]
        rows.append((wave, change, error, change - half, change + half, pvalue))
    return pd.DataFrame(rows, columns=["wave", "change", "se", "lower", "upper", "pvalue"])
