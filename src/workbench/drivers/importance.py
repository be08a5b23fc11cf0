"""How important constructs or questions are for an outcome."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from workbench import figures, sem
from workbench.chain import ChainStudy, usable_links
from workbench.costly import made
from workbench.drivers.rows import (
    Rows,
    chosen_drivers,
    given_rows,
    items_of,
    labels_of,
    outcomes_of,
)
from workbench.drivers.sums import (
    RowSums,
    definite,
    driver_sums,
    observed,
    whole_and_bootstrap_counts,
    without_constants,
)
from workbench.drivers.weights import (
    TOLERANCE,
    Floats,
    average_over_orderings,
    correlations,
    relative_weights,
)
from workbench.errors import ChainError, DriversError, ModelError
from workbench.figures.markup import together
from workbench.interpretation import importance_in_words, low_reliability_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import RELIABLE_FOR_GROUPS
from workbench.interpretation.messages import say
from workbench.measurement.consistency import item_moments, reliability_of
from workbench.progress import progress
from workbench.study.level import Level

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

MOST_ORDERINGS = 10
"""Beyond so many drivers the orders of entering them are too many to average over."""


@dataclass(frozen=True)
class Importance:
    """What each driver accounts for.

    Attributes
    ----------
    frame
        One row a driver, the most important first: ``driver``, ``label``, ``correlation`` with the
        outcome and its interval, ``weight`` (relative weight) with ``weight_lower`` and
        ``weight_upper``, ``share`` (the weight over R²) with its interval, ``orderings`` (average
        over orderings) with its interval, missing where there are more than 10 drivers; ``total``,
        the standardised total effect in the chain's model, and ``pass_through``, points per point,
        with their intervals, missing where the chain does not have the driver; ``alpha``, how
        reliably the driver's questions measure it, missing of a single question.
    r_squared, r_squared_lower, r_squared_upper
        What all drivers together account for.
    rows, level
        How many rows, and what they are.
    within
        Whether rows are compared within organisations, as they are where there are several.
    chain
        The chain whose model gives the total effects ("" without).
    notes
        What was left out or could not be estimated, and why.
    """

    outcome: str
    outcome_label: str
    frame: pd.DataFrame
    r_squared: float
    r_squared_lower: float
    r_squared_upper: float
    rows: int
    level: Level
    within: bool
    chain: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        """The finding in a sentence or two."""
        first = self.frame.iloc[0]
        return importance_in_words(
            self.outcome_label,
            self.level.many,
            (self.r_squared, self.r_squared_lower, self.r_squared_upper),
            first["label"],
            (first["share"], first["share_lower"], first["share_upper"]),
            within=self.within,
            alone=len(self.frame) == 1,
        )

    def figure(self, caption: str = "") -> figures.Panel:
        """Shares of what is explained, with intervals, the largest first.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> found = wb.drivers.importance(study, "service", chain="citizens-first", replicates=50)
        >>> type(found.figure()).__name__
        'Panel'
        >>> print(found.words)
        The drivers together account for 14% of the differences in Service between respondents of
        the same organisation (11 to 17%); Outcome accounts for 39% (30% to 54%) of that 14%, or 6%
        of all differences.
        """
        shown = pd.DataFrame(
            {
                "label": self.frame["label"],
                "value": 100 * self.frame["share"],
                "lower": 100 * self.frame["share_lower"],
                "upper": 100 * self.frame["share_upper"],
            }
        )
        return figures.forest(
            shown,
            alt=self.words,
            caption=caption or say("drivers.share caption", outcome=self.outcome_label),
            heading=say("column.driver"),
            measure=say("column.share"),
            decimals=0,
        )

    def _repr_html_(self) -> str:
        notes = (figures.Prose(note).html for note in self.notes)
        return together(self.figure().html, *notes)


def importance(
    given: "ChainStudy | sem.Fit | IntoFrame",
    outcome: str = "",
    drivers: Sequence[str] | None = None,
    organisation: str | None = None,
    wave: str | int | None = None,
    of: Literal["constructs", "items"] = "constructs",
    chain: str | None = None,
    replicates: int = 1000,
    seed: int = 1,
    effects: "ChainEffects | None" = None,
    items: Mapping[str, Sequence[str]] | None = None,
    cluster: str | None = None,
) -> Importance:
    """Importance of constructs or items for an outcome.

    Relative weights (Johnson 2000) and, up to 10 drivers, the average over orderings (LMG), both
    summing to R²; total effects from the chain's fitted model. The weights are those of scores
    without their errors and, of a study, as compared within organisations
    (:mod:`workbench.drivers.rows`), as are the chain's links. Missing values: see
    :func:`workbench.drivers.rows.covariances`. Intervals of the first two are percentiles of
    bootstrap samples of units.

    Parameters
    ----------
    given
        A study, a data frame or a fit.
    outcome
        A construct or an item; of a study by default the first that ``study.toml`` names, or of its
        chain.
    drivers
        Constructs or items, mixed as one likes; by default those of ``study.toml`` or of a study's
        chain (see :func:`workbench.drivers.rows.chosen_drivers`) or those that a fit's model puts
        before the outcome; with ``of="items"`` a study's items of them.
    organisation
        One organisation of a study; by default all together.
    wave
        By default a study's latest.
    chain
        The chain that says what comes before, and gives the total effects; by default the one
        that ``study.toml`` names or that puts most before the outcome (see
        :func:`workbench.drivers.rows.chain_before`).
    effects
        The effects in that chain, organisation and wave, where they need not be estimated again.
    replicates, seed
        Bootstrap samples, and how they are drawn.
    items, cluster
        Of a data frame: the items of its constructs, where scores are to be made of several
        columns, and the column of units that rows belong to.

    Raises
    ------
    UnknownNameError
        If there is no such construct, item, organisation, wave or chain.
    ChainError
        If no chain has anything before the outcome.
    DriversError
        If the outcome does not vary or differs by no more than its error, there are fewer rows than
        drivers, or drivers cannot be told apart.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.importance(study, "service", chain="citizens-first", replicates=50)
    >>> found.frame[["driver", "weight", "share"]].round(2).head(3)
           driver  weight  share
    0     outcome    0.06   0.39
    1  timeliness    0.03   0.18
    2    courtesy    0.02   0.14
    >>> round(float(found.r_squared), 2)
    0.14
    >>> clients = study.answers("clients")
    >>> scores = {"trust": ["trust_1", "trust_2", "trust_3"]}
    >>> found = wb.drivers.importance(clients, "trust", ["fair_1", "time_1"], items=scores)
    >>> found.frame[["driver", "share"]].round(1)
       driver  share
    0  fair_1    0.6
    1  time_1    0.4
    """
    if not isinstance(given, ChainStudy):
        if not outcome:
            raise DriversError("A data frame or a fit has no outcome of its own; name the outcome.")
        rows = given_rows(given, outcome, drivers, items, cluster)
        return importance_of(rows, pd.DataFrame(), replicates=replicates, seed=seed)
    study, wave = given, given.wave(wave)
    outcome = outcome or outcomes_of(study)[0]
    choice = chosen_drivers(study, outcome, drivers, chain)
    names = list(choice.drivers)
    if of == "items" and drivers is None:
        names = list(dict.fromkeys(item for name in names for item in items_of(study, name)))
    sums = driver_sums(study, outcome, names, organisation, wave)
    before = choice.chain
    if before is None or not set(names) & {c.name for c in before.constructs}:
        effects = ChainEffects(before.name if before else "", pd.DataFrame())
    elif effects is None:
        effects = chain_effects(study, before.name, organisation, wave)
    known = [outcome, *choice.drivers, *choice.left_out]
    notes = choice.notes(labels_of(study, known), outcome)
    if effects.reason:
        notes.append(
            say("importance.no effects", outcome=sums.labels[outcome], reason=effects.reason)
        )
    told = importance_of(sums, effects.links, effects.chain, notes, replicates, seed)
    return with_reliability(told, alphas(study, told.frame["driver"], wave))


def alphas(study: ChainStudy, drivers: Iterable[str], wave: str) -> dict[str, float]:
    """Alpha of every driver that is a construct, over all organisations."""
    constructs = [name for name in drivers if name in study.codebook.constructs]
    found = study.in_parts(
        lambda part: {name: item_moments(part, name, wave=wave) for name in constructs}
    )
    return {
        name: reliability_of(name, reduce(add, [own[name] for own in found])).alpha
        for name in constructs
    }


def with_reliability(found: Importance, alpha: Mapping[str, float]) -> Importance:
    """Add how reliably drivers are measured, and name those that are so badly."""
    table = found.frame.assign(alpha=found.frame["driver"].map(dict(alpha)).astype(float))
    badly = table[table["alpha"].round(2) < RELIABLE_FOR_GROUPS]  # as it is printed
    if badly.empty:
        return replace(found, frame=table)
    note = low_reliability_in_words(zip(badly["label"], badly["alpha"], strict=True))
    return replace(found, frame=table, notes=(*found.notes, note))


def importance_of(
    given: Rows | RowSums,
    effects: pd.DataFrame,
    chain: str = "",
    notes: Sequence[str] = (),
    replicates: int = 1000,
    seed: int = 1,
) -> Importance:
    """Importance on rows at hand, or on their sums.

    ``effects`` are a chain's links, which may be empty.
    """
    rows = given if isinstance(given, RowSums) else RowSums.of(without_constants(given))
    made("importance of drivers", rows.pairs, rows.patterns, effects, replicates, seed)
    k = len(rows.drivers)
    notes = [*rows.notes, *notes]
    averaged = k <= MOST_ORDERINGS
    if not averaged:
        notes.append(say("importance.many drivers", drivers=k, most=MOST_ORDERINGS))
    if not rows.few_patterns:
        notes.append(say("importance.skipped", rows=rows.level.many))
    counts = whole_and_bootstrap_counts(rows, replicates, seed)
    with_errors = observed(rows, counts)
    plain = with_errors[0]
    corrected = with_errors - rows.errors.mean(counts)
    cov, drawn = corrected[0], corrected[1:]
    told, more = _told_from_error(rows, plain, cov, drawn)
    notes += more
    rows = replace(rows, drivers=tuple(rows.drivers[at - 1] for at in told[1:]))
    k = len(rows.drivers)
    cov, drawn = cov[np.ix_(told, told)], drawn[:, told][:, :, told]
    spread = np.sqrt(plain.diagonal()[told])
    _refuse_alike(rows, cov, spread)
    cov, drawn = definite(cov, spread)[None], definite(drawn, spread)
    weight, weights = relative_weights(cov)[0], relative_weights(drawn)
    explained, explains = weight.sum(), weights.sum(-1, keepdims=True)
    table = pd.DataFrame(
        {
            "driver": rows.drivers,
            "label": [rows.labels[name] for name in rows.drivers],
        }
    )
    _add(table, "correlation", correlations(cov)[0, 0, 1:], correlations(drawn)[:, 0, 1:])
    _add(table, "weight", weight, weights)
    _add(
        table,
        "share",
        weight / explained if explained > 0 else np.full(k, np.nan),
        weights / np.where(explains > 0, explains, np.nan),
    )
    if averaged:
        _add(table, "orderings", average_over_orderings(cov)[0], _averaged(drawn))
    else:
        table[["orderings", "orderings_lower", "orderings_upper"]] = np.nan
    table = _with_effects(table, effects, rows.outcome)
    lower, upper = np.nanpercentile(explains, [2.5, 97.5])
    return Importance(
        outcome=rows.outcome,
        outcome_label=rows.labels[rows.outcome],
        frame=table.sort_values("weight", ascending=False, kind="stable", ignore_index=True),
        r_squared=float(explained),
        r_squared_lower=float(lower),
        r_squared_upper=float(upper),
        rows=rows.rows,
        level=rows.level,
        within=rows.within,
        chain=chain,
        notes=tuple(notes),
    )


def _told_from_error(
    rows: RowSums, plain: Floats, cov: Floats, drawn: Floats
) -> tuple[list[int], list[str]]:
    """Which variables differ by more than their errors, and a note on those that do not.

    By the interval of the variance that is left: where it reaches 0, nothing is known to be left.
    ``plain`` are the covariances with errors, ``cov`` and ``drawn`` without.
    """
    corrected = plain.diagonal() > cov.diagonal()
    least = np.percentile(np.diagonal(drawn, axis1=1, axis2=2), 2.5, axis=0)
    lost = corrected & (least <= TOLERANCE * plain.diagonal())
    if lost[0]:
        raise DriversError(
            say(
                "importance.nothing to explain",
                outcome=rows.labels[rows.outcome],
                rows=rows.level.many,
            )
        )
    told = [int(place) for place in np.flatnonzero(~lost)]
    words = ", ".join(
        rows.labels[name] for name, gone in zip(rows.drivers, lost[1:], strict=True) if gone
    )
    if len(told) == 1:
        raise DriversError(
            say(
                "importance.no differences",
                names=words,
                rows=rows.level.many,
                outcome=rows.labels[rows.outcome],
            )
        )
    if not words:
        return told, []
    return told, [say("left out.by error", rows=rows.level.many, names=words)]


def _refuse_alike(rows: RowSums, cov: Floats, spread: Floats) -> None:
    """Refuse variables that go together more than perfectly once errors are taken off."""
    scaled = cov / np.outer(spread, spread)
    if np.linalg.eigvalsh(scaled)[0] >= -TOLERANCE:
        return
    corr = correlations(cov)
    size = np.abs(np.triu(corr, 1))
    one, other = np.unravel_index(size.argmax(), size.shape)
    names = [rows.labels[name] for name in (rows.outcome, *rows.drivers)]
    if size.max() >= 1:
        beyond = corr[one, other]
        raise DriversError(
            say(
                "importance.not separate",
                one=names[one],
                other=names[other],
                correlation=fmt.number(beyond),
                beyond=fmt.beyond_one(beyond),
            )
        )
    raise DriversError(say("importance.more than all", outcome=names[0], rows=rows.level.many))


def _averaged(drawn: Floats, most: int = 100) -> Floats:
    """Average over orderings, some replicates at a time, which bounds the memory."""
    parts = [drawn[start : start + most] for start in range(0, len(drawn), most)]
    with progress("Bootstrap samples", len(drawn)) as samples:
        return np.concatenate([average_over_orderings(part) for part in samples.over(parts, len)])


def _add(table: pd.DataFrame, name: str, value: Floats, drawn: Floats) -> None:
    table[name] = value
    table[[f"{name}_lower", f"{name}_upper"]] = np.nanpercentile(drawn, [2.5, 97.5], axis=0).T


def total_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """One row for every pair of connected constructs of a chain: the total effect.

    A pair has a row ``total`` only where there is a direct and an indirect effect; elsewhere the
    one there is, is the total.

    Parameters
    ----------
    effects
        The links of a chain (:func:`workbench.chain.links`).

    Examples
    --------
    >>> import workbench as wb
    >>> effects = wb.links(wb.open_study("data/demo").fit())
    >>> wb.drivers.total_effects(effects)[["from", "to", "strength"]].round(2)
          from       to  strength
    0   people  service      0.32
    1   people    trust      0.28
    2  service    trust      0.57
    """
    if effects.empty:
        return effects
    rows: dict[tuple[str, str], int] = {}
    ranks = {"total": 0, "direct": 1, "indirect": 2}
    kinds = [ranks[kind] for kind in effects["effect"]]
    for row, pair in enumerate(zip(effects["from"], effects["to"], strict=True)):
        if pair not in rows or kinds[row] < kinds[rows[pair]]:
            rows[pair] = row
    return effects.iloc[sorted(rows.values())].drop(columns="effect").reset_index(drop=True)


_EFFECTS = {
    "total": "strength",
    "total_lower": "lower",
    "total_upper": "upper",
    "pass_through": "pass_through",
    "pass_through_lower": "pass_through_lower",
    "pass_through_upper": "pass_through_upper",
}


def _with_effects(table: pd.DataFrame, effects: pd.DataFrame, outcome: str) -> pd.DataFrame:
    if effects.empty:
        return table.assign(**dict.fromkeys(_EFFECTS, np.nan))
    own = total_effects(effects)
    own = own[own["to"] == outcome].set_index("from")[list(_EFFECTS.values())]
    own.columns = pd.Index(_EFFECTS)
    return table.join(own, on="driver")


@dataclass(frozen=True, eq=False)
class ChainEffects:
    """The links of a chain; without any, ``reason`` is the sentence that says why.

    ``basis`` says what they rest on, where that is known.
    """

    chain: str
    links: pd.DataFrame
    reason: str = ""
    basis: str = ""


def chain_effects(
    study: ChainStudy, chain: str, organisation: str | None = None, wave: str | int | None = None
) -> ChainEffects:
    """Fit a chain to all organisations together, or to one; without links where it cannot be.

    Parameters
    ----------
    study, chain
        The study, and the name of a chain that it can run.
    organisation, wave
        By default all organisations together, and the latest wave.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.drivers.chain_effects(wb.open_study("data/demo"), "citizens-first")
    >>> found.reason
    ''
    >>> found.links[["from", "to", "effect", "strength"]].round(2).head(2)
         from          to    effect  strength
    0  access     service    direct      0.11
    1  access  reputation  indirect      0.06
    """
    label = study.runnable_chain(chain).label
    try:
        fit = study.fit(chain, organisation, wave, warn=False)
        return ChainEffects(chain, usable_links(fit, label))
    except (ChainError, ModelError) as error:
        return ChainEffects(chain, pd.DataFrame(), str(error))
