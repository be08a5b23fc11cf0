"""How important constructs or questions are for an outcome."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy, fit_chain, usable_links
from workbench.drivers.rows import (
    Rows,
    bootstrap_counts,
    chain_before,
    constructs_before,
    covariances,
    driver_rows,
    few_patterns,
    whole_sample,
    without_constants,
)
from workbench.drivers.weights import Floats, average_over_orderings, relative_weights
from workbench.exceptions import ModelError
from workbench.figures import format as fmt

MOST_ORDERINGS = 10
"""Beyond so many drivers the orders of entering them are too many to average over."""


@dataclass(frozen=True)
class Importance:
    """What each driver accounts for.

    Attributes
    ----------
    frame
        One row a driver, the most important first: ``driver``, ``label``, ``correlation`` with the
        outcome, ``weight`` (relative weight) with ``weight_lower`` and ``weight_upper``, ``share``
        (the weight over R²) with its interval, ``orderings`` (average over orderings) with its
        interval, missing where there are more than 10 drivers; ``total``, the standardised total
        effect in the chain's model, and ``pass_through``, points per point, with their intervals,
        missing where the chain does not have the driver.
    r_squared, r_squared_lower, r_squared_upper
        What all drivers together account for.
    rows, level
        How many rows, and what they are.
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
    level: str
    chain: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        """The finding in a sentence or two."""
        first = self.frame.iloc[0]
        explained = fmt.percent(self.r_squared)
        goes = (
            f"{first['label']} accounts for {fmt.percent(first['share'])} of it "
            f"({fmt.percent(first['share_lower'])} to {fmt.percent(first['share_upper'])})"
        )
        if len(self.frame) == 1:
            goes = f"all of it goes with {first['label']}"
        return (
            f"The drivers together account for {explained} of the differences in "
            f"{self.outcome_label} between {self.level} "
            f"({fmt.interval(100 * self.r_squared_lower, 100 * self.r_squared_upper, 0)}%); {goes}."
        )

    def figure(self, caption: str = "") -> figures.Panel:
        """Shares of what is explained, with intervals, the largest first."""
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
            caption=caption or f"Importance for {self.outcome_label}: shares of what is explained",
            heading="Driver",
            measure="Share, %",
            decimals=0,
        )

    def _repr_html_(self) -> str:
        notes = "".join(figures.Prose(note).html for note in self.notes)
        return self.figure().html + notes


def importance(
    study: ChainStudy,
    outcome: str = "service",
    drivers: Sequence[str] | None = None,
    organisation: str | None = None,
    wave: str | None = None,
    of: Literal["constructs", "items"] = "constructs",
    chain: str | None = None,
    replicates: int = 1000,
    seed: int = 1,
    effects: "ChainEffects | None" = None,
) -> Importance:
    """Importance of constructs or items for an outcome.

    Relative weights (Johnson 2000) and, up to 10 drivers, the average over orderings (LMG), both
    summing to R²; total effects from the chain's fitted model. Missing values: see
    :func:`workbench.drivers.rows.covariances`. Intervals of the first two are percentiles of
    bootstrap samples of units.

    Parameters
    ----------
    outcome
        A construct or an item.
    drivers
        Constructs or items, mixed as one likes; by default the constructs that a chain puts before
        the outcome, or their items with ``of="items"``.
    organisation
        One organisation; by default all together.
    wave
        By default the latest.
    chain
        The chain that says what comes before, and gives the total effects; by default the one
        that puts most before the outcome (see :func:`chain_before`).
    effects
        The effects in that chain, organisation and wave, where they need not be estimated again.

    Raises
    ------
    UnknownNameError
        If there is no such construct, item, organisation, wave or chain.
    ChainError
        If no chain has anything before the outcome.
    DriversError
        If the outcome does not vary, or there are fewer rows than drivers.
    """
    wave = study.wave(wave)
    before = None
    if outcome in study.codebook.constructs and (drivers is None or chain is not None):
        before = chain_before(study, outcome, chain)
    if drivers is None:
        found = constructs_before(chain_before(study, outcome, chain), outcome)
        drivers = (
            [item for name in found for item in study.codebook.items(name)]
            if of == "items"
            else found
        )
    rows = driver_rows(study, outcome, drivers, organisation, wave)
    if before is None or not set(drivers) & {c.name for c in before.constructs}:
        effects = ChainEffects(before.name if before else "", pd.DataFrame())
    elif effects is None:
        effects = chain_effects(study, before.name, organisation, wave)
    notes = []
    if effects.reason:
        notes.append(
            f"Total effects on {rows.labels[outcome]} could not be estimated: {effects.reason}"
        )
    return importance_of(rows, effects.links, effects.chain, notes, replicates, seed)


def importance_of(
    rows: Rows,
    effects: pd.DataFrame,
    chain: str = "",
    notes: Sequence[str] = (),
    replicates: int = 1000,
    seed: int = 1,
) -> Importance:
    """Importance on rows at hand; ``effects`` are a chain's links, which may be empty."""
    rows = without_constants(rows)
    k = len(rows.drivers)
    notes = [*rows.notes, *notes]
    averaged = k <= MOST_ORDERINGS
    if not averaged:
        notes.append(
            f"With {k} drivers importance is by relative weights alone; averaging over orderings "
            f"is for up to {MOST_ORDERINGS}, as its work doubles with every driver."
        )
    if np.isnan(rows.values).any() and not few_patterns(rows):
        notes.append(
            "So many combinations of questions were left out that each correlation is taken over "
            f"the {rows.level} who answered both."
        )
    cov = covariances(rows, whole_sample(rows))
    drawn = covariances(rows, bootstrap_counts(rows, replicates, seed))
    weight, weights = relative_weights(cov)[0], relative_weights(drawn)
    explained, explains = weight.sum(), weights.sum(-1, keepdims=True)
    table = pd.DataFrame(
        {
            "driver": rows.drivers,
            "label": [rows.labels[name] for name in rows.drivers],
            "correlation": cov[0, 0, 1:] / np.sqrt(cov[0, 0, 0] * np.diagonal(cov[0])[1:]),
        }
    )
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
        rows=len(rows.frame),
        level=rows.level,
        chain=chain,
        notes=tuple(notes),
    )


def _averaged(drawn: Floats, most: int = 100) -> Floats:
    """Average over orderings, some replicates at a time, which bounds the memory."""
    parts = [drawn[start : start + most] for start in range(0, len(drawn), most)]
    return np.concatenate([average_over_orderings(part) for part in parts])


def _add(table: pd.DataFrame, name: str, value: Floats, drawn: Floats) -> None:
    table[name] = value
    table[[f"{name}_lower", f"{name}_upper"]] = np.nanpercentile(drawn, [2.5, 97.5], axis=0).T


def total_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """One row for every pair of connected constructs of a chain: the total effect.

    A pair has a row ``total`` only where there is a direct and an indirect effect; elsewhere the
    one there is, is the total.
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
    """The links of a chain's fit; without any, ``reason`` is the sentence that says why."""

    chain: str
    links: pd.DataFrame
    reason: str = ""


def chain_effects(
    study: ChainStudy, chain: str, organisation: str | None = None, wave: str | None = None
) -> ChainEffects:
    """Fit a chain to all organisations together, or to one; without links where it cannot be."""
    data = study.chain_data(chain, wave)
    if organisation is not None:
        data = data.of(study.organisation(organisation))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are in fit.warnings
            return ChainEffects(chain, usable_links(fit_chain(data), data.chain.label))
    except ModelError as error:
        return ChainEffects(chain, pd.DataFrame(), str(error))
