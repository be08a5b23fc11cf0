"""The drivers report: what matters for an outcome, what it takes, and what goes with a change.

``priorities``, ``necessity_section`` and ``what_if_section`` are the same findings as sections of
an organisation's report; ``driver_findings`` computes once what they share.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy, links, open_study
from workbench.drivers import (
    Importance,
    Necessity,
    PriorityMap,
    importance,
    priority_map,
    scorecard,
    scorecard_of,
    study_necessity,
    study_what_if,
)
from workbench.drivers.rows import chain_before, constructs_before, labels_of
from workbench.exceptions import WorkbenchError
from workbench.figures import format as fmt
from workbench.reports import method, words
from workbench.reports.disclosure import coverage, hidden_reason, shown_only
from workbench.reports.keynumbers import KeyNumbers
from workbench.reports.pieces import ASSOCIATION, Heading, Together

OUTCOMES = ("service", "trust")
CONDITIONS = (("people", "service"), ("service", "trust"))
FEWEST_DRIVERS = 3
LEAST_EXPLAINED = 0.02
"""Where drivers may explain less than this share of an outcome, none is called important."""
FEWEST_UNITS = 20
"""An organisation with fewer units has no necessity analysis of its own."""


@dataclass(frozen=True, eq=False)
class DriverFindings:
    """What the reports of a study share about drivers, over all organisations that are shown.

    ``importance`` by outcome; ``effects``, the links of the study's chain; ``necessity`` by
    (condition, outcome). Where something could not be estimated, ``reasons`` has the sentence.
    """

    wave: str
    importance: dict[str, Importance]
    effects: pd.DataFrame
    necessity: dict[tuple[str, str], Necessity]
    reasons: dict[str, str]


def driver_findings(
    study: ChainStudy,
    wave: str | None = None,
    outcomes: Sequence[str] = OUTCOMES,
    effects: pd.DataFrame | None = None,
) -> DriverFindings:
    """Compute what the sections below share.

    Parameters
    ----------
    outcomes
        Those the codebook lacks are passed over.
    effects
        Links of the study's chain over all organisations, where they are at hand.
    """
    wave = study.wave(wave or None)
    shown = shown_only(study, coverage(study))
    constructs = study.codebook.constructs
    reasons: dict[str, str] = {}
    found: dict[str, Importance] = {}
    for outcome in outcomes:
        if outcome in constructs:
            try:
                one = importance(shown, outcome, wave=wave)
            except WorkbenchError as error:
                reasons[outcome] = str(error)
                continue
            if one.r_squared_lower < LEAST_EXPLAINED:
                reasons[outcome] = (
                    "The drivers the study asked about explain next to nothing of it "
                    f"({fmt.percent(one.r_squared)}, as little as "
                    f"{fmt.percent(one.r_squared_lower)}), so no advice follows."
                )
                continue
            found[outcome] = one
    necessary: dict[tuple[str, str], Necessity] = {}
    for pair in CONDITIONS:
        if set(pair) <= set(constructs):
            try:
                necessary[pair] = study_necessity(shown, *pair, wave=wave)
            except WorkbenchError as error:
                reasons[" → ".join(pair)] = str(error)
    if effects is None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they are in fit.warnings
                effects = links(shown.fit(wave=wave))
        except WorkbenchError as error:
            effects, reasons["effects"] = pd.DataFrame(), str(error)
    return DriverFindings(wave, found, effects, necessary, reasons)


def _rows_of(study: ChainStudy, organisation: str, wave: str) -> ChainStudy:
    """The answers that may be shown, of one organisation and wave: no need to index the others."""
    shown = shown_only(study, coverage(study))
    if not organisation:
        return shown
    return shown.keeping(
        lambda _, answers: (answers["organisation"] == organisation) & (answers["wave"] == wave)
    )


def priorities(
    study: ChainStudy,
    organisation: str = "",
    wave: str = "",
    found: DriverFindings | None = None,
) -> figures.Fragment:
    """What to work on first, outcome by outcome, and who can move it.

    Importance over all organisations, performance of ``organisation`` ("" for all together).
    """
    found = found or driver_findings(study, wave)
    hidden = _hidden(study, organisation, found.wave)
    if hidden is not None:
        return hidden
    shown = _rows_of(study, organisation, found.wave)
    own = organisation or None
    parts: list[figures.Fragment] = []
    for outcome, matters in found.importance.items():
        try:
            mapped = priority_map(
                shown, outcome, organisation=own, wave=found.wave or None, found=matters
            )
            card = scorecard_of(shown, mapped, matters)
        except WorkbenchError as error:
            parts.append(figures.Notice(str(error), title=f"No priorities for {outcome}"))
            continue
        parts += [figures.Prose(f"**{mapped.words()}** {matters.words}"), *_drawn(mapped)]
        parts.append(card.table())
    parts += [
        figures.Notice(reason, title=f"No priorities for {outcome}")
        for outcome, reason in found.reasons.items()
        if outcome in OUTCOMES
    ]
    return Together(parts)


def _drawn(mapped: PriorityMap) -> list[figures.Fragment]:
    """The map, where it has points enough to be one."""
    return [mapped.figure()] if len(mapped.frame) >= FEWEST_DRIVERS else []


def necessity_section(
    study: ChainStudy,
    organisation: str = "",
    wave: str = "",
    found: DriverFindings | None = None,
) -> figures.Fragment:
    """Whether a high outcome is ever seen without a high condition, between units.

    The organisation's own units where it has 20 or more, otherwise those of all.
    """
    found = found or driver_findings(study, wave)
    hidden = _hidden(study, organisation, found.wave)
    if hidden is not None:
        return hidden
    shown = _rows_of(study, organisation, found.wave)
    parts: list[figures.Fragment] = []
    for pair, everyone in found.necessity.items():
        own = _own_necessity(shown, pair, organisation, found.wave) if organisation else None
        analysis, whose = (own, "of this organisation") if own else (everyone, "of all")
        if not organisation:
            whose = "of all organisations"
        elif own is None:
            whose = f"of all organisations, as this one has fewer than {FEWEST_UNITS}"
        count = words.counted(len(analysis.x), "unit")
        parts += [
            figures.Prose(f"{analysis.words} From {count} {whose}. {_most_telling(analysis)}"),
            analysis.figure(),
            analysis.table(),
            analysis.bottleneck_table(),
        ]
    parts += [
        figures.Notice(reason, title=f"No necessity analysis of {name}")
        for name, reason in found.reasons.items()
        if "→" in name
    ]
    return Together(parts or [figures.Prose("The study has none of the constructs it takes.")])


def _own_necessity(
    shown: ChainStudy, pair: tuple[str, str], organisation: str, wave: str
) -> Necessity | None:
    try:
        own = study_necessity(shown, *pair, organisation=organisation, wave=wave or None)
    except WorkbenchError:
        return None
    return own if len(own.x) >= FEWEST_UNITS else None


def _most_telling(analysis: Necessity) -> str:
    """The unit that the finding hangs on most."""
    if analysis.outliers.empty:
        return "No single unit changes the finding."
    row = analysis.outliers.iloc[0]
    return (
        f"The finding hangs most on {row['name']}: without it the effect size would be "
        f"{fmt.number(row['CE-FDH'])}."
    )


def what_if_section(
    study: ChainStudy,
    organisation: str = "",
    wave: str = "",
    found: DriverFindings | None = None,
    effects: pd.DataFrame | None = None,
) -> figures.Fragment:
    """What goes with a change of people or service, as sliders and as a table.

    ``effects`` are the links to go by, an organisation's own or partially pooled ones; by default
    those of all organisations together.
    """
    found = found or driver_findings(study, wave)
    shown = shown_only(study, coverage(study))
    hidden = _hidden(study, organisation, found.wave)
    if hidden is not None:
        return hidden
    effects = found.effects if effects is None else effects
    if effects.empty:
        reason = found.reasons.get("effects", "The chain has no links here.")
        return figures.Notice(reason, title="What goes with a change could not be estimated")
    try:
        answer = study_what_if(
            shown,
            outcomes=_ends(effects),
            organisation=organisation or None,
            wave=found.wave or None,
            effects=effects,
        )
    except WorkbenchError as error:
        return figures.Notice(str(error), title="What goes with a change could not be estimated")
    return Together([figures.Prose(f"{answer.words} {ASSOCIATION}"), answer.figure()])


def _ends(effects: pd.DataFrame) -> list[str]:
    """Service and trust where the chain has them, otherwise all it leads to."""
    reached = list(dict.fromkeys(effects["to"]))
    return [name for name in OUTCOMES if name in reached] or reached


def _hidden(study: ChainStudy, organisation: str, wave: str) -> figures.Notice | None:
    """The notice in place of an organisation of which nothing about the chain may be shown."""
    if not organisation:
        return None
    name = study.organisation(organisation)
    chain = study.runnable_chain()
    sources = [study.codebook.source_of(construct.name) for construct in chain.constructs]
    cover = coverage(study)
    cover = cover[(cover["organisation"] == name) & (cover["wave"] == wave)]
    rows = cover[cover["source"].isin(sources)]
    if rows["shown"].any():
        return None
    first = rows.iloc[0]
    return figures.Notice(
        hidden_reason(study, first["source"], int(first["respondents"])),
        title="No numbers are shown for this organisation",
    )


def drivers_report(
    study: str | Path | ChainStudy,
    outcome: str = "service",
    wave: str | None = None,
    organisation: str = "",
) -> "DriversReport":
    """Open the report on what drives an outcome.

    Parameters
    ----------
    study
        A study, or its folder.
    outcome
        A construct of the codebook.
    wave
        The latest by default.
    organisation
        Whose performance is shown; "" for all together.

    Raises
    ------
    StudyError, ChainError, UnknownNameError
        If the study, the outcome, the wave or the organisation is not right.
    """
    study = study if isinstance(study, ChainStudy) else open_study(study)
    study.codebook.items(outcome)
    name = study.organisation(organisation) if organisation else ""
    return DriversReport(study, outcome, study.wave(wave or None), name)


class DriversReport:
    """Findings section by section, in the order of the page, from groups that may be shown."""

    def __init__(self, study: ChainStudy, outcome: str, wave: str, organisation: str) -> None:
        self.study = study
        self.outcome = outcome
        self.wave = wave
        self.organisation = organisation
        self.label = labels_of(study, [outcome])[outcome]
        self._shown = shown_only(study, coverage(study))

    @cached_property
    def _found(self) -> DriverFindings:
        return driver_findings(self.study, self.wave, [self.outcome])

    @property
    def _importance(self) -> Importance | None:
        return self._found.importance.get(self.outcome)

    @cached_property
    def _map(self) -> PriorityMap | None:
        if self._importance is None:
            return None
        return priority_map(
            self._shown,
            self.outcome,
            organisation=self.organisation or None,
            wave=self.wave or None,
            found=self._importance,
        )

    def _none(self) -> figures.Notice:
        return figures.Notice(
            self._found.reasons.get(self.outcome, "Nothing can be told."),
            title=f"The drivers of {self.label} could not be told",
        )

    def title(self) -> Heading:
        """The outcome, the organisation if one was chosen, and the wave."""
        parts = [f"Drivers of {self.label}", self._name, self.wave]
        return Heading(", ".join(part for part in parts if part))

    @property
    def _name(self) -> str:
        if not self.organisation:
            return ""
        names = self.study.organisations.set_index("organisation")["name"]
        return str(names[self.organisation])

    def headline(self) -> figures.Fragment:
        """The findings in plain words."""
        hidden = _hidden(self.study, self.organisation, self.wave)
        if hidden is not None:
            return hidden
        if self._importance is None or self._map is None:
            return self._none()
        found = [f"**{self._map.words()}**", self._importance.words]
        found += [
            analysis.words
            for (_, outcome), analysis in self._found.necessity.items()
            if outcome == self.outcome
        ]
        return figures.Prose("\n\n".join([*found, ASSOCIATION]))

    def importance(self) -> figures.Fragment:
        """What every construct before the outcome accounts for."""
        found = self._importance
        if found is None:
            return self._none()
        return Together([found.figure(), _importance_table(found)])

    def priorities(self) -> figures.Fragment:
        """Importance against performance, and the same in numbers."""
        hidden = _hidden(self.study, self.organisation, self.wave)
        if hidden is not None:
            return hidden
        if self._map is None:
            return self._none()
        return Together([*_drawn(self._map), self._map.table()])

    def questions(self) -> figures.Fragment:
        """The same for the single questions."""
        hidden = _hidden(self.study, self.organisation, self.wave)
        if hidden is not None:
            return hidden
        try:
            mapped = priority_map(
                self._shown,
                self.outcome,
                organisation=self.organisation or None,
                wave=self.wave or None,
                of="items",
            )
        except WorkbenchError as error:
            return figures.Notice(str(error), title="The questions could not be compared")
        return mapped.table(f"Questions before {self.label}: importance and performance")

    def channels(self) -> figures.Fragment:
        """What matters in every channel, and how well it goes there."""
        source = self.study.codebook.source_of(self.outcome)
        if self.study.sources[source].channel is None:
            return figures.Prose(
                f"Those who were asked about {self.label} are not told apart by channel."
            )
        try:
            before = constructs_before(chain_before(self._shown, self.outcome), self.outcome)
            same = [n for n in before if self.study.codebook.source_of(n) == source]
            if len(same) == 1:
                same = self.study.codebook.items(same[0])
            mapped = priority_map(
                self._shown, self.outcome, same, by=("channel",), wave=self.wave or None
            )
        except WorkbenchError as error:
            return figures.Notice(str(error), title="The channels could not be compared")
        said = "\n\n".join(f"**{name[0]}**: {mapped.of(*name).words()}" for name in mapped.groups)
        return Together([figures.Prose(said), mapped.table(f"{self.label} by channel")])

    def scorecard(self) -> figures.Fragment:
        """What every role can move."""
        hidden = _hidden(self.study, self.organisation, self.wave)
        if hidden is not None:
            return hidden
        if self._importance is None:
            return self._none()
        return scorecard(
            self._shown,
            self.outcome,
            self.organisation or None,
            self.wave or None,
            self._importance,
        ).table()

    def organisations(self) -> figures.Fragment:
        """What each organisation would improve first and keep up."""
        if self._importance is None:
            return self._none()
        mapped = priority_map(
            self._shown,
            self.outcome,
            by=("organisation",),
            wave=self.wave or None,
            found=self._importance,
        )
        names = self.study.organisations.set_index("organisation")["name"]
        rows = []
        for group in mapped.groups:
            frame = mapped.of(*group).frame
            row = {"organisation": names[group[0]]}
            for name in dict.fromkeys(frame["quadrant"]):
                row[name] = ", ".join(frame.loc[frame["quadrant"] == name, "label"])
            rows.append(row)
        table = pd.DataFrame(rows).reindex(columns=["organisation", "improve first", "keep up"])
        return figures.Table(
            table,
            caption="What matters most, organisation by organisation",
            labels={
                "organisation": "Organisation",
                "improve first": "Improve first",
                "keep up": "Keep up",
            },
            missing="none",
            notes=mapped.notes,
        )

    def necessity(self) -> figures.Fragment:
        """Necessary conditions."""
        return necessity_section(self.study, self.organisation, self.wave, self._found)

    def what_if(self) -> figures.Fragment:
        """What goes with a change."""
        return what_if_section(self.study, self.organisation, self.wave, self._found)

    def method(self) -> figures.Prose:
        """How the numbers were made."""
        found = self._importance
        chain = ""
        if found is not None and found.chain:
            title = self.study.chains()[found.chain].title
            chain = f"What comes before {self.label} is told by the {title}. "
        return figures.Prose(
            f"{chain}Importance is a driver's relative weight (Johnson 2000), shown as a share "
            "of what all drivers together explain; up to 10 drivers it is checked by averaging "
            "over all orders of entering them (Lindeman, Merenda & Gold 1980). Total effects are "
            "those of the chain's structural equation model. Intervals of weights are from 1,000 "
            "bootstrap samples of units. Employees and clients meet only in units, so where both "
            "are asked the rows are units, and sampling error of their means weakens what is "
            "seen.\n\n"
            "The priority map parts drivers at their mean importance and mean performance. "
            "Importance is that of all organisations together; one organisation's own would be "
            "mostly noise.\n\n"
            "Necessary condition analysis (Dul 2016): the ceiling is the highest outcome seen up "
            "to each value of the condition (CE-FDH), or the line through the corners of that "
            "staircase (CR-FDH); the effect size is the share of the scatter above it. The test "
            "compares it with 10,000 random pairings (Dul, van der Laan & Kuik 2020). "
            f"Units with fewer than {self.study.minimum_count} respondents are left out."
        )

    def provenance(self) -> figures.Fragment:
        """Which data and which programs made this page."""
        return method.provenance(self.study)

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows."""
        found = self._importance
        if found is None:
            return KeyNumbers({})
        numbers: dict[str, object] = {
            "Explained, %": {
                "value": 100 * found.r_squared,
                "lower": 100 * found.r_squared_lower,
                "upper": 100 * found.r_squared_upper,
                "digits": 0,
            }
        }
        for (condition, outcome), analysis in self._found.necessity.items():
            if outcome == self.outcome:
                label = labels_of(self.study, [condition])[condition]
                numbers[f"Necessity of {label}, d"] = {"value": analysis.effect(), "digits": 2}
        return KeyNumbers(numbers)


def _importance_table(found: Importance) -> figures.Table:
    frame = found.frame

    def estimates(name: str, decimals: int, missing: str) -> list[str]:
        columns = [name, f"{name}_lower", f"{name}_upper"]
        return [
            fmt.estimate(value, lower, upper, decimals, missing=missing)
            for value, lower, upper in frame[columns].to_numpy(float)
        ]

    shown = pd.DataFrame(
        {
            "label": frame["label"],
            "correlation": frame["correlation"],
            "weight": estimates("weight", 3, "no estimate"),
            "orderings": estimates("orderings", 3, "too many drivers"),
            "total": estimates("total", 2, "not in the chain"),
        }
    )
    return figures.Table(
        shown,
        caption=f"Importance for {found.outcome_label}, in parts of R²",
        labels={
            "label": "Driver",
            "correlation": "Correlation",
            "weight": "Relative weight (95% interval)",
            "orderings": "Average over orderings (95% interval)",
            "total": "Total effect (95% interval)",
        },
        notes=[
            f"R² {fmt.estimate(found.r_squared, found.r_squared_lower, found.r_squared_upper)}, "
            f"{words.counted(found.rows, found.level[:-1])}. Relative weights and averages over "
            "orderings each sum to R².",
            *found.notes,
        ],
    )
