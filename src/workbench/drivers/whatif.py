"""What goes with a change: points of service and trust that go with points of a driver.

The model's total effect in points (pass-through) times the change. It says by how much units that
differ so in the driver differ in what comes after it; it does not promise that a change of the one
is followed by a change of the other.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from workbench import figures
from workbench.chain import Chain, ChainStudy, usable_links
from workbench.drivers.importance import total_effects
from workbench.drivers.records import amounts_of
from workbench.drivers.rows import labels_of
from workbench.errors import DriversError, UnknownNameError
from workbench.figures.sliders import Goes, Slider, Sliders
from workbench.interpretation import (
    Effect,
    effect_in_numbers,
    limited_in_words,
    what_if_in_words,
    with_caution,
)
from workbench.interpretation import numbers as fmt
from workbench.interpretation.amounts import POINTS, Amounts, Told
from workbench.interpretation.messages import say
from workbench.measurement import indices
from workbench.sem import Fit
from workbench.study.given import name_text
from workbench.text import label_of, nearest

STEPS = (-10, -5, 5, 10)
STEP = 5
"""The difference that the sentence on the largest effect is about."""
"""The changes of the static table, in points."""


@dataclass(frozen=True)
class Seen:
    """The range of a construct's index in the data, and where the change starts.

    ``start`` is the present index (of an organisation, or the mean of all rows).
    """

    start: float
    low: float
    high: float

    @property
    def room(self) -> tuple[float, float]:
        """By how much the index may fall (at most 0) and rise (at least 0) within the range."""
        return min(self.low - self.start, 0.0), max(self.high - self.start, 0.0)

    def limited(self, change: float) -> float:
        """The change, cut where it would leave the range.

        Examples
        --------
        >>> import workbench as wb
        >>> seen = wb.drivers.seen_range(wb.open_study("data/demo"), "people", start=90.0)
        >>> round(seen.limited(10), 1), seen.limited(-10)
        (2.4, -10)
        """
        down, up = self.room
        return min(max(change, down), up)


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What goes with a change of one construct.

    Attributes
    ----------
    frame
        One row for every construct that comes after: ``construct``, ``label``, ``change`` in
        points with its 95 % interval ``lower``, ``upper``.
    construct, label
        The construct changed, and its words.
    asked, change
        The change asked for, and the one answered: limited to the range seen.
    seen
        That range, or None where it is not known.
    """

    frame: pd.DataFrame
    construct: str
    label: str
    asked: float
    change: float
    seen: Seen | None

    @property
    def limited(self) -> bool:
        """Whether less than what was asked for could be answered."""
        return not math.isclose(self.asked, self.change, abs_tol=1e-9)

    @property
    def words(self) -> str:
        """The finding as an association, with the limit where there is one."""
        effects = [
            (row.label, Effect(row.change, row.lower, row.upper)) for row in self.frame.itertuples()
        ]
        told = what_if_in_words(self.label, self.change, effects)
        if not effects or not self.limited or self.seen is None:
            return told
        seen = (self.seen.start, self.seen.low, self.seen.high)
        return f"{limited_in_words(self.label, self.asked, self.change, seen)} {told}"

    def _repr_html_(self) -> str:
        return figures.Prose(self.words).html


def what_if(
    source: Fit | pd.DataFrame,
    construct: str,
    change: float,
    seen: Seen | None = None,
    labels: Mapping[str, str] | None = None,
) -> WhatIf:
    """Return what goes with a ``change`` of ``construct`` in points (0–100).

    Parameters
    ----------
    source
        A chain's fit, or its links (own or partially pooled).
    seen
        The range the change must stay in; with a fit by default the range of the construct's
        index over the fit's rows, from their mean and within 0–100. Links alone do not know it.
    labels
        Words for constructs.

    Notes
    -----
    The effect on y is change × total pass-through, and its interval change × the interval of the
    pass-through (delta method): the model is linear, so one interval serves every change.

    Raises
    ------
    UnknownNameError
        If the chain has no such construct, with the nearest name.
    DriversError
        If the change is not a number.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.drivers.what_if(wb.open_study("data/demo").fit(), "people", change=5)
    >>> found.frame[["construct", "change", "lower", "upper"]].round(1)
      construct  change  lower  upper
    0   service     1.4    0.7    2.0
    1     trust     1.3    0.5    2.0
    """
    effects = usable_links(source) if isinstance(source, Fit) else source
    if not math.isfinite(change):
        raise DriversError(f"The change is {change!r}; give points, for example 5 or -5.")
    known = list(dict.fromkeys([*effects["from"], *effects["to"]])) if len(effects) else []
    if construct not in known:
        raise UnknownNameError(
            f"The chain's links have no construct {construct!r}; they have "
            f"{', '.join(known) or 'none'}.{nearest(construct, known)}"
        )
    if seen is None and isinstance(source, Fit):
        seen = _range_of_fit(source, construct)
    words = labels or {}
    answered = seen.limited(change) if seen else float(change)
    total = total_effects(effects)
    total = total[total["from"] == construct]
    ends = answered * total[["pass_through_lower", "pass_through_upper"]].to_numpy(float)
    frame = pd.DataFrame(
        {
            "construct": total["to"].to_numpy(),
            "label": [words.get(name, _plain(name)) for name in total["to"]],
            "change": answered * total["pass_through"].to_numpy(float),
            "lower": ends.min(axis=1),
            "upper": ends.max(axis=1),
        }
    )
    label = words.get(construct, _plain(construct))
    return WhatIf(frame, construct, label, float(change), answered, seen)


def _plain(construct: str) -> str:
    return label_of(construct)


def _range_of_fit(fit: Fit, construct: str) -> Seen | None:
    """The range of the mean of a construct's items over the rows a fit has."""
    table = fit.problem.table
    items = table.loc[(table["op"] == "=~") & (table["lhs"] == construct), "rhs"]
    data = fit.problem.data
    rows = getattr(data, "rows", None)
    if rows is None:
        return None
    columns = [fit.layout.observed.index(item) for item in dict.fromkeys(items)]
    block = np.concatenate(rows)[:, columns]
    index = block[~np.isnan(block).all(axis=1)]
    # Rows as compared within organisations spread about the mean of all, beyond the scale at times.
    return _seen(np.clip(np.nanmean(index, axis=1), 0, 100))


def _seen(index: np.ndarray, start: float | None = None) -> Seen:
    middle = float(index.mean()) if start is None else start
    return Seen(middle, float(index.min()), float(index.max()))


def seen_range(
    study: ChainStudy, construct: str, start: float | None = None, wave: str | int | None = None
) -> Seen:
    """The range of a construct's index over the units of all organisations.

    Units with fewer respondents than the study's minimum are left out, as their range is mostly
    chance.

    Parameters
    ----------
    study, construct
        The study, and the construct.
    start
        The present index, in points; by default the mean of the units.
    wave
        By default the latest.

    Examples
    --------
    >>> import workbench as wb
    >>> seen = wb.drivers.seen_range(wb.open_study("data/demo"), "people")
    >>> round(seen.start, 1), [round(change, 1) for change in seen.room]
    (64.2, [-39.8, 28.2])
    """
    wave = study.wave(wave)
    units = indices(study, [construct], by=("organisation", "unit", "wave"))
    return _seen_in(study, units[units["wave"] == wave], construct, start)


def _seen_in(
    study: ChainStudy, units: pd.DataFrame, construct: str, start: float | None = None
) -> Seen:
    table = units[units["construct"] == construct]
    if study.sources[study.codebook.source_of(construct)].counts_people:
        table = table[table["n"] >= study.minimum_count]
    if table.empty:
        label = labels_of(study, [construct])[construct]
        raise DriversError(
            say(
                f"what if.range unknown{' alone' if study.columns.rows_apart else ''}",
                least=study.minimum_count,
                label=label,
            )
        )
    return _seen(table["index"].to_numpy(float), start)


@dataclass(frozen=True, eq=False)
class WhatIfs:
    """Sliders and a table for several constructs: what goes with ±5 and ±10 points.

    ``notes`` say what the effects rest on, where that is little; ``amounts`` what the indices of
    numbers from records count (:func:`workbench.drivers.amounts_of`), which are told so.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.drivers.study_what_if(wb.open_study("data/demo"), ["people"], ["service"])
    >>> found.frame.columns.tolist()
    ['construct', 'asked', 'change', 'outcome', 'label', 'effect', 'lower', 'upper']
    >>> found.total[["from", "to", "pass_through"]].round(2)
         from       to  pass_through
    0  people  service          0.27
    """

    effects: pd.DataFrame
    seen: Mapping[str, Seen]
    labels: Mapping[str, str]
    outcomes: Sequence[str]
    notes: Sequence[str] = ()
    amounts: Amounts = field(default_factory=dict)

    @cached_property
    def total(self) -> pd.DataFrame:
        """Total effects of the constructs on the outcomes, in the order of the effects."""
        table = total_effects(self.effects)
        return table[table["from"].isin(list(self.seen)) & table["to"].isin(list(self.outcomes))]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """``construct``, ``asked``, ``change``, ``outcome``, ``label``, ``effect``, ``lower``,
        ``upper``; a change that would leave the range seen is missing its effect."""
        columns = ["construct", "asked", "change", "outcome", "label", "effect", "lower", "upper"]
        rows = []
        for name, seen in self.seen.items():
            goes = list(self._from(name))
            for asked in STEPS:
                change = seen.limited(asked)
                beyond = not math.isclose(asked, change, abs_tol=1e-9)
                for outcome, *points in goes:
                    effect, *ends = (math.nan if beyond else change * value for value in points)
                    label = self.labels.get(outcome, _plain(outcome))
                    rows.append((name, asked, change, outcome, label, effect, *sorted(ends)))
        return pd.DataFrame(rows, columns=columns)

    def _from(self, construct: str) -> Iterator[tuple[str, float, float, float]]:
        """Where paths from a construct lead, and the total pass-through with its interval."""
        own = self.total[self.total["from"] == construct]
        values = ["to", "pass_through", "pass_through_lower", "pass_through_upper"]
        return own[values].itertuples(index=False, name=None)

    @property
    def words(self) -> str:
        """The largest of the effects of five points more that the data show, as an association."""
        table = self.total
        if table.empty:
            return say("what if.no links")
        shown = table[table["pass_through_lower"] * table["pass_through_upper"] > 0]
        if shown.empty:
            return say("what if.unclear")
        row = shown.loc[shown["pass_through"].abs().idxmax()]
        points = ("pass_through", "pass_through_lower", "pass_through_upper")
        effect = self._effect(row["to"], *(STEP * row[name] for name in points))
        source, target = self._called(row["from"], STEP), self.labels[row["to"]]
        return what_if_in_words(source, STEP, [(target, effect)], association=False)

    def _effect(self, outcome: str, points: float, lower: float, upper: float) -> Effect:
        return Effect(points, lower, upper, self.amounts.get(outcome))

    def _called(self, construct: str, points: float) -> str:
        """A construct that differs, and what so many points are of a number from records."""
        label, amount = self.labels[construct], self.amounts.get(construct)
        if amount is None:
            return label
        change = Told(amount.difference(points), kind=amount.kind, unit=amount.unit)
        return say("what if.counted", label=label, points=fmt.points(points, 0), size=change.alone)

    def figure(self) -> Sliders:
        """Sliders, and the table that says the same without script."""
        sliders = []
        for name, seen in self.seen.items():
            goes = [
                Goes(
                    with_caution(self.labels[outcome], Effect(value, lower, upper)),
                    value,
                    lower,
                    upper,
                    self.amounts.get(outcome),
                )
                for outcome, value, lower, upper in self._from(name)
            ]
            if goes:
                ends = (fmt.number(value, 0) for value in (seen.start, seen.low, seen.high))
                note = say(
                    "what if.slider", **dict(zip(("start", "low", "high"), ends, strict=True))
                )
                sliders.append(Slider(self._called(name, POINTS), *seen.room, goes, note))
        return Sliders(sliders, self._table(), self.words)

    def _table(self) -> figures.Table:
        heads = {step: fmt.points(step, 0) for step in STEPS}
        rows: dict[tuple[str, str], dict[str, str]] = {}
        points = {
            (name, outcome): Effect(value, lower, upper)
            for name in self.seen
            for outcome, value, lower, upper in self._from(name)
        }
        for row in self.frame.itertuples():
            pair = with_caution(
                f"{self._called(row.construct, POINTS)} → {self.labels[row.outcome]}",
                points[row.construct, row.outcome],
            )
            cells = rows.setdefault((row.construct, row.outcome), {"pair": pair})
            cells[heads[row.asked]] = (
                say("what if.beyond")
                if fmt.is_missing(row.effect)
                else effect_in_numbers(self._effect(row.outcome, row.effect, row.lower, row.upper))
            )
        return figures.Table(
            pd.DataFrame(rows.values()),
            caption=say("what if table"),
            columns=["pair", *heads.values()],
            labels={"pair": say("column.if first differs")},
            notes=[
                say("what if.method"),
                *([say("what if.amounts")] if {*self.outcomes} & {*self.amounts} else []),
                *self.notes,
            ],
        )

    def _repr_html_(self) -> str:
        return self.figure().html


def study_what_if(
    study: ChainStudy,
    constructs: Sequence[str] | None = None,
    outcomes: Sequence[str] = (),
    chain: str | None = None,
    organisation: str | None = None,
    wave: str | int | None = None,
    effects: pd.DataFrame | None = None,
) -> WhatIfs:
    """What-ifs of a study, ready to be shown.

    Parameters
    ----------
    study
        The study.
    constructs
        Those changed; by default all that the chain puts before one of the outcomes.
    outcomes
        The constructs looked at; those the chain lacks are left out. By default those that the
        chain is told for, see :attr:`workbench.chain.Chain.explained`.
    chain
        By default the study's.
    organisation
        Whose indices the changes start from; by default the mean of all units. Constructs it has no
        index of are left out. The effects are
        those of all organisations together unless ``effects`` gives others.
    effects
        A chain's links, where they are at hand; otherwise the chain is fitted.
    wave
        By default the latest.

    Raises
    ------
    UnknownNameError, ChainError, ModelError
        If a name is not known, or the chain cannot be fitted.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.drivers.study_what_if(wb.open_study("data/demo"), ["people"], ["trust"])
    >>> found.frame[["construct", "change", "outcome", "effect"]].round(2)
      construct  change outcome  effect
    0    people     -10   trust   -2.50
    1    people      -5   trust   -1.25
    2    people       5   trust    1.25
    3    people      10   trust    2.50
    >>> print(found.words)
    Where People is 5 points higher, Trust is 1.3 points higher (+0.5 to +2.0).
    """
    standings = study_standings(study, chain, wave)
    notes: tuple[str, ...] = ()
    if effects is None:
        fit = study.fit(standings.chain.name, wave=standings.wave)
        effects, notes = usable_links(fit), tuple(map(str, fit.notes))
    own = None if organisation is None else study.organisation(organisation)
    return replace(standings.what_if(effects, outcomes, own, constructs), notes=notes)


@dataclass(frozen=True, eq=False)
class Standings:
    """Where organisations stand on the constructs of a chain, and the ranges seen.

    Attributes
    ----------
    chain, wave
        The chain whose constructs these are, and when.
    indices
        ``organisation``, ``construct``, ``index``.
    seen
        The range of every construct over the units of all organisations, from their mean.
    unseen
        For constructs without a range, the sentence that says why.
    amounts
        What the indices of numbers from records count.
    """

    chain: Chain
    wave: str
    indices: pd.DataFrame
    seen: Mapping[str, Seen]
    unseen: Mapping[str, str]
    amounts: Amounts = field(default_factory=dict)

    def what_if(
        self,
        effects: pd.DataFrame,
        outcomes: Sequence[str] = (),
        organisation: str | None = None,
        constructs: Sequence[str] | None = None,
    ) -> WhatIfs:
        """Return what goes with changes from here; see :func:`study_what_if`."""
        effects = effects[effects["pass_through"].notna()]
        if effects.empty:
            raise DriversError("Differences in points could not be estimated for any link.")
        total = total_effects(effects)
        outcomes = outcomes or self.chain.explained
        kept = [name for name in outcomes if name in set(total["to"])]
        if not kept:
            raise DriversError(
                f"The chain {self.chain.name!r} leads to none of {', '.join(outcomes)}; name other "
                "outcomes."
            )
        before = set(total.loc[total["to"].isin(kept), "from"])
        names = list(constructs or [c.name for c in self.chain.constructs if c.name in before])
        start: dict[str, float] = {}
        if organisation is not None:
            own = self.indices[self.indices["organisation"] == name_text(organisation)]
            start = dict(zip(own["construct"], own["index"], strict=True))
            names = [name for name in names if name in start]
            if not names:
                raise DriversError(
                    f"{organisation!r} has no index in wave {self.wave!r} to start from."
                )
        if self.unseen.keys() >= set(names):
            raise DriversError(" ".join(dict.fromkeys(self.unseen[name] for name in names)))
        seen = {
            name: replace(self.seen[name], start=start.get(name, self.seen[name].start))
            for name in names
            if name in self.seen
        }
        labels = {c.name: c.label for c in self.chain.constructs}
        return WhatIfs(effects, seen, labels, kept, amounts=self.amounts)


def study_standings(
    study: ChainStudy,
    chain: str | None = None,
    wave: str | int | None = None,
    units: pd.DataFrame | None = None,
) -> Standings:
    """Find where every organisation of a study stands, and the range of its units.

    Parameters
    ----------
    study
        The study.
    chain, wave
        By default the study's chain, and the latest wave.
    units
        Indices by organisation, unit and wave, where they are at hand.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.drivers.study_standings(wb.open_study("data/demo"))
    >>> found.wave, list(found.seen)
    ('2024', ['people', 'service', 'trust'])
    >>> found.indices.head(3).round(1)
             organisation construct  index
    0   City of Eastbrook    people   63.9
    1  Employment Service    people   60.0
    2      Harbour Pilots    people   57.0
    """
    found = study.runnable_chain(chain)
    wave = study.wave(wave)
    names = [construct.name for construct in found.constructs]
    table = indices(study, names)
    if units is None:
        units = indices(study, names, by=("organisation", "unit", "wave"))
    units = units[units["wave"] == wave]
    seen: dict[str, Seen] = {}
    unseen: dict[str, str] = {}
    for name in names:
        try:
            seen[name] = _seen_in(study, units, name)
        except DriversError as error:
            unseen[name] = str(error)
    own = table.loc[table["wave"] == wave, ["organisation", "construct", "index"]]
    amounts = amounts_of(study, names)
    return Standings(found, wave, own.reset_index(drop=True), seen, unseen, amounts)
