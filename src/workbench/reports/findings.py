"""What the reports say about drivers: what matters, what it takes, what goes with a change.

``driver_findings`` computes it for all organisations at once; ``priorities``,
``necessity_section`` and ``what_if_section`` are the sections of one organisation's report, or of
all together, and only look it up.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy
from workbench.drivers import (
    ChainEffects,
    Exceptions,
    Importance,
    Necessity,
    Pairs,
    PriorityMap,
    Standings,
    importance,
    priority_map,
    roles_of,
    scorecard_of,
    study_pairs,
    study_standings,
)
from workbench.drivers.exceptions import exceptions_table
from workbench.drivers.rows import chosen_drivers, items_of, labels_of, outcomes_of
from workbench.errors import ChainError, DriversError, StudyError, WorkbenchError
from workbench.interpretation import Advice, NotEstimated, most_telling_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import LEAST_EXPLAINED
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, listed
from workbench.measurement import indices
from workbench.reports.chain_rows import chain_rows
from workbench.reports.disclosure import ShownWave, hidden_reason, shown_wave
from workbench.reports.overall import Models, links_of_all
from workbench.reports.pieces import Together, association
from workbench.study.given import asked_for

FEWEST_DRIVERS = 3
FEWEST_ORGANISATIONS = 8
"""Of fewer organisations the top quarter may be a single one."""
FEWEST_UNITS = 20
"""An organisation with fewer units has no necessity analysis of its own."""


@dataclass(frozen=True, eq=False)
class NecessityShown:
    """A necessity analysis as a report shows it, without the points it rests on.

    ``telling`` says of which organisation the unit is that the finding hangs on most; ``unnamed``
    says it for the page of one organisation. No page names a single unit.
    """

    words: str
    telling: str
    unnamed: str
    effect: float
    units: int
    parts: tuple[figures.Fragment, ...]


@dataclass(frozen=True, eq=False)
class Maps:
    """The priority maps of one outcome: those of single organisations, and that of all together."""

    organisations: PriorityMap
    together: PriorityMap

    def of(self, organisation: str) -> PriorityMap:
        """Return the priority map of an organisation, or ("") of all together.

        Raises
        ------
        DriversError
            If too few people answered.
        """
        if not organisation:
            return self.together
        every = self.organisations
        if organisation not in set(every.frame["organisation"]):
            raise DriversError(
                f"Fewer than {every.minimum_count} people answered about the drivers of "
                f"{every.outcome_label}."
            )
        return every.of(organisation)


@dataclass(frozen=True, eq=False)
class DriverFindings:
    """What the reports of a study say about drivers, of all organisations that are shown.

    Attributes
    ----------
    outcomes
        The constructs that findings are told for; by default those that the study names, or those
        of its chain, see :attr:`workbench.chain.Chain.explained`.
    importance
        By outcome, over all organisations.
    maps, questions
        By outcome, the priority maps of its drivers, and those of the questions about them.
    roles
        Who is responsible for which driver: see :func:`workbench.drivers.roles_of`.
    effects, basis
        The links of the study's chain, and what they rest on.
    pairs, necessity, not_analysed
        By (condition, outcome), the units of every organisation side by side, the analysis of those
        of all, and where there is none the reason; empty where conditions are not looked for.
    standings
        Where every organisation stands on the constructs of the study's chain.
    hidden
        By organisation of which nothing may be shown, the reason.
    reasons
        Where something could not be estimated, the sentence that says why.
    asked
        By driver that is a construct, its items.
    labels
        What constructs and items are called.
    """

    wave: str
    outcomes: tuple[str, ...]
    importance: Mapping[str, Importance]
    maps: Mapping[str, Maps]
    questions: Mapping[str, Maps | NotEstimated]
    roles: pd.DataFrame
    effects: pd.DataFrame
    basis: str
    pairs: Mapping[tuple[str, str], Pairs]
    necessity: Mapping[tuple[str, str], NecessityShown]
    not_analysed: Mapping[tuple[str, str], NotEstimated]
    standings: Standings
    hidden: Mapping[str, str]
    reasons: Mapping[str, str]
    asked: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]

    def label(self, name: str) -> str:
        """The word for a construct, the study's chain's first, or the wording of an item."""
        return self.labels[name]


def driver_findings(
    study: ChainStudy,
    wave: str | int | None = None,
    outcomes: Sequence[str] = (),
    effects: Mapping[str, ChainEffects] | None = None,
    questions: Mapping[str, Maps | NotEstimated] | None = None,
    shown: ShownWave[ChainStudy] | None = None,
    conditions: bool = True,
) -> DriverFindings:
    """Compute what the sections below look up.

    Parameters
    ----------
    outcomes
        Constructs of the codebook; by default those that the study names, or those that its chain
        is told for.
    effects
        Those of chains over all organisations that are at hand, by the chain's name.
    questions
        What :func:`question_maps` returns, where it is at hand.
    shown
        What may be shown of the wave, where it is at hand.
    conditions
        Whether necessary conditions are looked for.
    """
    wave = study.wave(asked_for(wave))
    outcomes = tuple(outcomes) or outcomes_of(study)
    shown = shown or shown_wave(study, wave, items_behind(study, outcomes))
    now = shown.now
    reasons: dict[str, str] = {}
    own_chain = study.runnable_chain()
    known = dict(effects or {})
    if own_chain.name not in known:
        known[own_chain.name] = overall_effects(study, wave)
    of_chain = known[own_chain.name]
    matters = _matters(study, now, wave, outcomes, reasons, known)
    if questions is None:
        questions = question_maps(study, wave, outcomes)
    drivers = [name for found in matters.values() for name in found.importance.frame["driver"]]
    try:
        roles = roles_of(study, drivers)
    except StudyError as error:
        roles, reasons["scorecard"] = pd.DataFrame(columns=["driver", "role"]), str(error)
    asked = _conditions(study, outcomes) if conditions else []
    told = [construct.name for construct in own_chain.constructs]
    needed = list(dict.fromkeys([*told, *(name for pair in asked for name in pair)]))
    units = indices(now, needed, by=("organisation", "unit", "wave"))
    constructs = [name for name in dict.fromkeys(drivers) if name in study.codebook.constructs]
    behind = {name: tuple(items_of(study, name)) for name in constructs}
    items = [item for own in behind.values() for item in own]
    pairs = {pair: study_pairs(now, *pair, at_hand=units) for pair in asked}
    necessary = _necessities(study, now, pairs, needed) if pairs else {}
    if of_chain.links.empty:
        reasons["effects"] = of_chain.reason
    return DriverFindings(
        wave=wave,
        outcomes=outcomes,
        importance={outcome: found.importance for outcome, found in matters.items()},
        maps={outcome: found.maps for outcome, found in matters.items()},
        questions=questions,
        roles=roles,
        effects=of_chain.links,
        basis=of_chain.basis,
        pairs=pairs,
        necessity={pair: one for pair, one in necessary.items() if isinstance(one, NecessityShown)},
        not_analysed={
            pair: one for pair, one in necessary.items() if isinstance(one, NotEstimated)
        },
        standings=study_standings(now, units=units[units["construct"].isin(told)]),
        hidden=_hidden(study, shown.cover, wave),
        reasons=reasons,
        asked=behind,
        labels=labels_of(study, list(dict.fromkeys([*needed, *outcomes, *drivers, *items]))),
    )


def _necessities(
    study: ChainStudy,
    now: ChainStudy,
    pairs: Mapping[tuple[str, str], Pairs],
    needed: Sequence[str],
) -> dict[tuple[str, str], NecessityShown | NotEstimated]:
    """The analysis of every condition and outcome, or why there is none."""
    called = study.organisations.set_index("organisation")["name"]
    organisations = indices(now, needed, by=("organisation", "wave"))
    necessary: dict[tuple[str, str], NecessityShown | NotEstimated] = {}
    for pair, found in pairs.items():
        try:
            analysis = _named_by_organisation(found, called).necessity()
            whole = study_pairs(now, *pair, level="organisation", at_hand=organisations)
            counts = found.exceptions()
            if len(whole) >= FEWEST_ORGANISATIONS:
                counts += whole.exceptions()
            necessary[pair] = necessity_shown(analysis, counts)
        except WorkbenchError as error:
            necessary[pair] = NotEstimated(str(error))
    return necessary


def items_behind(study: ChainStudy, outcomes: Sequence[str]) -> list[str]:
    """Return the items that findings on drivers of ``outcomes`` rest on: those of the outcomes,
    their drivers and conditions, and of the study's chain."""
    names = [construct.name for construct in study.runnable_chain().constructs]
    names += [name for pair in _conditions(study, outcomes) for name in pair]
    for outcome in outcomes:
        names.append(outcome)
        with suppress(WorkbenchError):  # what is told of the outcome says why it has no drivers
            names += chosen_drivers(study, outcome).drivers
    return list(dict.fromkeys(item for name in names for item in items_of(study, name)))


def _conditions(study: ChainStudy, outcomes: Sequence[str]) -> list[tuple[str, str]]:
    """Which construct may be necessary for which outcome: as the study says, or its chain."""
    named = study.definition.drivers.conditions
    if named:
        return [(one, outcome) for outcome in outcomes for one in named if one != outcome]
    links = study.runnable_chain().without_shortcuts
    return [(link.source, link.target) for link in links if link.target in outcomes]


def overall_effects(
    study: ChainStudy, wave: str | int | None = None, chain: str | None = None
) -> ChainEffects:
    """The links of a chain (by default the study's) over all organisations that are shown."""
    try:
        rows = chain_rows(study, chain, study.wave(wave))
    except WorkbenchError as error:
        return ChainEffects(chain or study.chain, pd.DataFrame(), str(error))
    found = links_of_all(Models(rows), rows.links)
    return found.effects(study.runnable_chain(chain).name)


@dataclass(frozen=True, eq=False)
class _Matters:
    """What matters for an outcome, and how well it goes in each organisation and in all."""

    importance: Importance
    maps: Maps


def _matters(
    study: ChainStudy,
    now: ChainStudy,
    wave: str,
    outcomes: Sequence[str],
    reasons: dict[str, str],
    effects: dict[str, ChainEffects],
) -> dict[str, _Matters]:
    """What matters for each outcome; where it cannot be told, the reason goes to ``reasons``.

    A chain's links are those of :func:`overall_effects`, whichever chain comes before an outcome;
    those not among ``effects`` are estimated and join them.
    """
    found: dict[str, _Matters] = {}
    for outcome in outcomes:
        try:
            choice = chosen_drivers(now, outcome)
        except ChainError:
            label = labels_of(now, [outcome])[outcome]
            reasons[outcome] = say("priorities.no drivers", outcome=label)
            continue
        chain = choice.chain.name if choice.chain else ""
        try:
            if chain and chain not in effects:
                effects[chain] = overall_effects(study, wave, chain)
            own = _importance(now, outcome, effects.get(chain), wave)
            found[outcome] = _Matters(own, _maps(now, outcome, own))
        except WorkbenchError as error:
            reasons[outcome] = str(error)
    return found


def question_maps(
    study: ChainStudy, wave: str | int | None = None, outcomes: Sequence[str] = ()
) -> dict[str, Maps | NotEstimated]:
    """Return the maps of the questions about each outcome's drivers, or why there are none.

    They need no chain's links, so that a batch finds them while chains are fitted. ``outcomes`` as
    in :func:`driver_findings`.
    """
    wave = study.wave(asked_for(wave))
    outcomes = tuple(outcomes) or outcomes_of(study)
    now = shown_wave(study, wave, items_behind(study, outcomes)).now
    found: dict[str, Maps | NotEstimated] = {}
    for outcome in outcomes:
        try:
            found[outcome] = _maps(now, outcome, importance(now, outcome, wave=wave, of="items"))
        except WorkbenchError as error:
            found[outcome] = NotEstimated(str(error))
    return found


def _maps(now: ChainStudy, outcome: str, found: Importance) -> Maps:
    """The maps of every organisation and of all together, of one importance."""
    organisations = priority_map(now, outcome, by=("organisation",), found=found)
    return Maps(organisations, priority_map(now, outcome, found=found))


def _importance(
    now: ChainStudy, outcome: str, effects: ChainEffects | None, wave: str
) -> Importance:
    """Importance for an outcome; DriversError where it explains too little to go by."""
    found = importance(now, outcome, wave=wave, effects=effects)
    if found.r_squared_lower < LEAST_EXPLAINED:
        raise DriversError(
            say(
                "importance.almost nothing",
                share=fmt.percent(found.r_squared),
                least=fmt.percent(found.r_squared_lower),
            )
        )
    return found


def _hidden(study: ChainStudy, cover: pd.DataFrame, wave: str) -> dict[str, str]:
    """The reason why nothing about the chain may be shown of an organisation, for each of them."""
    chain = study.runnable_chain()
    sources = [study.codebook.source_of(construct.name) for construct in chain.constructs]
    rows = cover[(cover["wave"] == wave) & cover["source"].isin(sources)]
    anything = rows.groupby("organisation")["shown"].transform("any")
    first = rows[~anything].drop_duplicates("organisation")
    return {
        row.organisation: hidden_reason(study, row.source, int(row.respondents))
        for row in first.itertuples()
    }


def hidden_notice(found: DriverFindings, organisation: str) -> figures.Notice | None:
    """The notice in place of an organisation of which nothing about the chain may be shown."""
    if organisation not in found.hidden:
        return None
    return figures.Notice(found.hidden[organisation], title=say("organisation.no numbers"))


def priorities(found: DriverFindings, organisation: str = "") -> figures.Fragment:
    """What to work on first, outcome by outcome.

    Importance over all organisations, performance of ``organisation`` ("" for all together).
    """
    hidden = hidden_notice(found, organisation)
    if hidden is not None:
        return hidden
    parts: list[figures.Fragment] = []
    maps: dict[str, PriorityMap] = {}
    for outcome in found.importance:
        try:
            maps[outcome] = found.maps[outcome].of(organisation)
        except DriversError as error:
            title = say("priorities.missing", outcome=found.label(outcome))
            parts.append(figures.Notice(str(error), title=title))
    silent = [
        outcome
        for outcome, mapped in maps.items()
        if len(mapped.frame) > 1 and not mapped.to_work_on
    ]
    for outcome, mapped in maps.items():
        if outcome in silent:
            continue
        parts.append(figures.Prose(f"**{mapped.words()}**"))
        parts.append(questions_behind(found, outcome, organisation))
    if silent:
        names = listed(found.label(outcome) for outcome in silent)
        words = replace(maps[silent[0]], outcome_label=names).words()
        parts.append(figures.Prose(f"**{words}**"))
    parts += [
        figures.Folded(mapped.brief_table()) for mapped in maps.values() if len(mapped.frame) > 1
    ]
    if any(isinstance(part, figures.Folded) for part in parts):
        parts.append(figures.Notes([say("priorities.brief.note")]))
    parts += [
        figures.Notice(reason, title=say("priorities.missing", outcome=found.label(outcome)))
        for outcome, reason in found.reasons.items()
        if outcome in found.outcomes
    ]
    return Together(parts)


def questions_behind(
    found: DriverFindings, outcome: str, organisation: str = ""
) -> figures.Notes | figures.Prose:
    """The questions about every driver to improve first, the lowest first."""
    mapped = found.maps[outcome].of(organisation).frame
    improve = mapped[mapped["advice"] == Advice.IMPROVE].sort_values(
        "importance", ascending=False, kind="stable"
    )
    questions = _questions_of(found, outcome, organisation)
    told = []
    for driver in improve["driver"]:
        own = questions.reindex(found.asked.get(driver, ())).sort_values(
            "performance", kind="stable"
        )
        if own.empty:
            continue
        most = own["importance"].idxmax() if own["importance"].notna().sum() > 1 else ""
        words = [
            say(f"question behind.{'most' if item == most else 'one'}", question=found.label(item))
            for item in own.index
        ]
        kind = "ranked" if own["performance"].notna().all() and len(own) > 1 else "listed"
        told.append(
            say(
                f"questions behind.{kind}",
                driver=found.label(driver),
                questions=say("list.semicolon").join(words),
            )
        )
    return figures.Notes(told) if told else figures.Prose("")


def _questions_of(found: DriverFindings, outcome: str, organisation: str) -> pd.DataFrame:
    """Importance and performance of the questions that are told of, by item."""
    nothing = pd.DataFrame(columns=["importance", "performance"], dtype=float)
    maps = found.questions.get(outcome)
    if maps is None or isinstance(maps, NotEstimated):
        return nothing
    try:
        frame = maps.of(organisation).frame
    except DriversError:
        return nothing
    return frame.set_index("driver")[["importance", "performance"]].astype(float)


def scorecard(
    found: DriverFindings, mapped: PriorityMap, matters: Importance
) -> figures.Table | figures.Notice | None:
    """Who is responsible for what, or why it cannot be told; None where the study names no role."""
    if "scorecard" in found.reasons:
        return figures.Notice(found.reasons["scorecard"], title=say("scorecard.none"))
    made = scorecard_of(found.roles, mapped, matters)
    return None if made.frame.empty else made.table()


def drawn(mapped: PriorityMap) -> list[figures.Fragment]:
    """The map, where it has points enough to be one."""
    return [mapped.figure()] if mapped.comparable.sum() >= FEWEST_DRIVERS else []


def necessity_section(found: DriverFindings, organisation: str = "") -> figures.Fragment:
    """Whether a high outcome is ever seen without a high condition, between units.

    The organisation's own units where it has 20 or more, otherwise those of all.
    """
    hidden = hidden_notice(found, organisation)
    if hidden is not None:
        return hidden
    parts: list[figures.Fragment] = []
    for pair, everyone in found.necessity.items():
        own = _own_necessity(found.pairs[pair], organisation) if organisation else None
        if not organisation:
            whose = "all"
        elif own is None:
            whose = "few"
        else:
            whose = "own"
        shown = own or everyone
        telling = shown.unnamed if organisation else shown.telling
        told = say(
            f"necessity shown.{whose}",
            told=shown.words,
            units=counted(shown.units, "unit"),
            least=FEWEST_UNITS,
            telling=telling,
        )
        parts += [figures.Prose(told), *shown.parts]
    parts += [
        figures.Notice(
            why.reason,
            title=say("necessity not shown", pair=" → ".join(map(found.label, pair))),
        )
        for pair, why in found.not_analysed.items()
    ]
    return Together(parts or [figures.Prose(say("necessity without constructs"))])


def _own_necessity(pairs: Pairs, organisation: str) -> NecessityShown | None:
    own = pairs.of(organisation)
    if len(own) < FEWEST_UNITS:
        return None
    try:
        return necessity_shown(own.necessity(), own.exceptions())
    except DriversError:
        return None


def _named_by_organisation(pairs: Pairs, called: pd.Series) -> Pairs:
    """The same units under the names of their organisations, for no page names a single unit."""
    names = called.reindex(pairs.frame["organisation"]).to_numpy()
    return replace(pairs, frame=pairs.frame.assign(name=names))


def necessity_shown(analysis: Necessity, counts: list[Exceptions]) -> NecessityShown:
    """Reduce an analysis, and the exceptions that were counted, to what is shown of them."""
    ends = analysis.x_label, analysis.y_label
    told = " ".join(one.words(*ends) for one in counts)
    return NecessityShown(
        analysis.words,
        _most_telling(analysis, named=True),
        _most_telling(analysis, named=False),
        analysis.best,
        len(analysis.x),
        (
            figures.Prose(say("exceptions.every case", told=told)),
            exceptions_table(counts, *ends),
            analysis.figure(),
            analysis.table(),
            analysis.bottleneck_table(),
        ),
    )


def _most_telling(analysis: Necessity, named: bool) -> str:
    """What the unit that the finding hangs on most does to it; ``named``: and whose unit it is."""
    if analysis.outliers.empty:
        return most_telling_in_words(None)
    row = analysis.outliers.iloc[0]
    return most_telling_in_words(float(row["CE-FDH"]), str(row["name"]) if named else "")


def what_if_section(
    found: DriverFindings, organisation: str = "", effects: pd.DataFrame | None = None
) -> figures.Fragment:
    """What goes with a change of a construct, as sliders and as a table.

    ``effects`` are the links to go by, an organisation's own or partially pooled ones; by default
    those of all organisations together.
    """
    hidden = hidden_notice(found, organisation)
    if hidden is not None:
        return hidden
    basis = found.basis if effects is None else ""
    effects = found.effects if effects is None else effects
    if effects.empty:
        reason = found.reasons.get("effects", say("scenarios.no links"))
        return figures.Notice(reason, title=say("scenarios.failed"))
    try:
        answer = found.standings.what_if(effects, organisation=organisation or None)
    except DriversError as error:
        return figures.Notice(str(error), title=say("scenarios.failed"))
    unseen = [
        figures.Notice(reason, title=say("scenarios.none for", construct=found.label(name)))
        for name, reason in found.standings.unseen.items()
        if name in set(effects["from"])
    ]
    answer = replace(answer, notes=(basis,) if basis else ())
    return Together([figures.Prose(f"{answer.words} {association()}"), answer.figure(), *unseen])
