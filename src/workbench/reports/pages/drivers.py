"""The drivers report: what matters for an outcome, what it takes, and what goes with a change."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy
from workbench.drivers import Importance, PriorityMap, priority_map
from workbench.drivers.priorities import estimates_of
from workbench.drivers.rows import (
    chain_before,
    chosen_drivers,
    constructs_before,
    items_of,
    labels_of,
)
from workbench.errors import DriversError, WorkbenchError
from workbench.interpretation import Advice, NotEstimated, advice_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import capitalised
from workbench.reports import records
from workbench.reports.findings import (
    DriverFindings,
    drawn,
    driver_findings,
    hidden_notice,
    necessity_section,
    questions_behind,
    scorecard,
    what_if_section,
)
from workbench.reports.keynumbers import KeyNumbers, no_number
from workbench.reports.page import Page
from workbench.reports.pieces import Heading, Section, Together, association
from workbench.reports.shared import Shared, at_hand
from workbench.study.given import asked_for


def drivers_report(
    study: str | Path | ChainStudy,
    outcome: str = "",
    wave: str | int | None = None,
    organisation: str = "",
    shared: str | Path | Shared | None = None,
) -> "DriversReport":
    """Open the report on what drives an outcome.

    Parameters
    ----------
    study
        A study, or its folder.
    outcome
        A construct of the codebook; by default the first of those that the study's chain is told
        for (see :attr:`workbench.chain.Chain.explained`) whose drivers could be told.
    wave
        The latest by default.
    organisation
        Whose performance is shown; "" for all together.
    shared
        What the reports of a batch share, or the file that holds it; without it what this report
        needs is computed.

    Raises
    ------
    StudyError, ChainError, UnknownNameError
        If the study, the outcome, the wave or the organisation is not right.

    Examples
    --------
    >>> import workbench as wb
    >>> page = wb.reports.drivers_report(wb.open_study("data/demo"), "people")
    >>> print(page.headline().text.partition(";")[0].splitlines()[-1])
    The drivers together account for 48% of the differences in People between respondents of the
    same organisation (45 to 52%)
    """
    study, wave, given = at_hand(study, wave, shared)
    if outcome:
        study.codebook.items(outcome)
    organisation = asked_for(organisation) or ""
    name = study.organisation(organisation) if organisation else ""
    if given and given.in_full and (not outcome or outcome in given.drivers.outcomes):
        found = given.drivers
    else:
        effects = {} if given is None else given.effects
        found = driver_findings(study, wave, [outcome] if outcome else (), effects)
    outcome = outcome or next(iter(found.importance), found.outcomes[0])
    return DriversReport(study, outcome, found, name, given)


class DriversReport(Page):
    """Findings section by section, in the order of the page, from groups that may be shown."""

    def __init__(
        self,
        study: ChainStudy,
        outcome: str,
        found: DriverFindings,
        organisation: str,
        shared: Shared | None = None,
    ) -> None:
        super().__init__(study, found.wave, shared)
        self.outcome = outcome
        self.organisation = organisation
        self.label = labels_of(study, [outcome])[outcome]
        self._found = found

    @property
    def _importance(self) -> Importance | None:
        return self._found.importance.get(self.outcome)

    @cached_property
    def _map(self) -> PriorityMap | None:
        if self._importance is None:
            return None
        return self._found.maps[self.outcome].of(self.organisation)

    def _none(self) -> figures.Notice:
        return figures.Notice(
            self._found.reasons.get(self.outcome, say("drivers.impossible")),
            title=say("drivers.failed", outcome=self.label),
        )

    def title(self) -> Heading:
        """The outcome, the organisation if one was chosen, and the wave."""
        name = str(self._names[self.organisation]) if self.organisation else ""
        return self._titled(say("drivers.title", outcome=self.label), name)

    def headline(self) -> figures.Fragment:
        """The findings in plain words."""
        hidden = hidden_notice(self._found, self.organisation)
        if hidden is not None:
            return hidden
        if self._importance is None or self._map is None:
            return self._none()
        found = [say("drivers.told", text=self._map.words()), self._importance.words]
        found += [
            analysis.words
            for (_, outcome), analysis in self._found.necessity.items()
            if outcome == self.outcome
        ]
        return figures.Prose("\n\n".join([*found, association()]))

    def importance(self) -> figures.Fragment:
        """What every construct before the outcome accounts for."""
        found = self._importance
        if found is None:
            return self._none()
        return Together([found.figure(), _importance_table(found, self._before(found))])

    def _before(self, found: Importance) -> list[str]:
        """What the chain of the total effects puts before the outcome."""
        if not found.chain:
            return []
        chain = chain_before(self._shown, found.outcome, found.chain)
        return constructs_before(chain, found.outcome)

    def priorities(self) -> figures.Fragment:
        """Importance against performance, and the same in numbers."""
        hidden = hidden_notice(self._found, self.organisation)
        if hidden is not None:
            return hidden
        if self._map is None:
            return self._none()
        behind = questions_behind(self._found, self.outcome, self.organisation)
        return Together([*drawn(self._map), behind, self._map.table()])

    def questions(self) -> figures.Fragment:
        """The same for the single questions."""
        hidden = hidden_notice(self._found, self.organisation)
        if hidden is not None:
            return hidden
        title = say("drivers.questions failed")
        maps = self._found.questions[self.outcome]
        if isinstance(maps, NotEstimated):
            return figures.Notice(maps.reason, title=title)
        try:
            mapped = maps.of(self.organisation)
        except DriversError as error:
            return figures.Notice(str(error), title=title)
        return figures.Folded(mapped.table(say("drivers.questions", outcome=self.label)))

    def channels(self) -> figures.Fragment:
        """Priorities in every channel; nothing where the study records no channel."""
        source = self.study.codebook.source_of(self.outcome)
        if self.study.sources[source].channel is None:
            return figures.Prose("")
        heading = Section(say("drivers.channels"))
        try:
            chosen = chosen_drivers(self._shown, self.outcome).drivers
            asked = self.study.codebook.items_of_source(source)
            same = [name for name in chosen if set(items_of(self._shown, name)) <= set(asked)]
            if not same:
                raise DriversError(say("priorities.no channels", outcome=self.label))
            if len(same) == 1 and same[0] in self.study.codebook.constructs:
                same = self.study.codebook.items(same[0])
            mapped = priority_map(self._shown, self.outcome, same, by=("channel",), wave=self.wave)
        except WorkbenchError as error:
            notice = figures.Notice(str(error), title=say("drivers.channels failed"))
            return Together([heading, notice])
        said = "\n\n".join(
            say("drivers.of channel", channel=name[0], told=mapped.of(*name).words())
            for name in mapped.groups
        )
        table = mapped.table(say("drivers.by channel", outcome=self.label))
        return Together([heading, figures.Prose(said), figures.Folded(table)])

    def scorecard(self) -> figures.Fragment:
        """Who is responsible for which driver; nothing where the study does not say."""
        if self._importance is None or self._map is None:
            return figures.Prose("")
        if hidden_notice(self._found, self.organisation) is not None:
            return figures.Prose("")
        made = scorecard(self._found, self._map, self._importance)
        if made is None:
            return figures.Prose("")
        return Together([Section(say("heading.responsible roles")), made])

    def organisations(self) -> figures.Fragment:
        """What each organisation would improve first and keep up."""
        if self._importance is None:
            return self._none()
        maps = self._found.maps[self.outcome]
        if len(self._importance.frame) == 1:
            return figures.Prose(maps.together.words())
        mapped = maps.organisations
        names = self.study.organisations.set_index("organisation")["name"]
        rows = []
        for group in mapped.groups:
            frame = mapped.of(*group).frame
            row = {"organisation": names[group[0]]}
            for advice in dict.fromkeys(frame["advice"]):
                row[advice] = say("list.comma").join(frame.loc[frame["advice"] == advice, "label"])
            rows.append(row)
        told = (Advice.IMPROVE, Advice.KEEP)
        table = pd.DataFrame(rows).reindex(columns=["organisation", *told])
        shown = figures.Table(
            table,
            caption=say("drivers.organisations"),
            labels={
                "organisation": say("column.organisation"),
                **{advice: capitalised(advice_in_words(advice)) for advice in told},
            },
            missing=say("drivers.no priority"),
            notes=mapped.notes,
        )
        return figures.folded_if_long(shown)

    def other_outcomes(self) -> figures.Fragment:
        """What the drivers of every other outcome account for; nothing where there is no other."""
        others = [outcome for outcome in self._found.outcomes if outcome != self.outcome]
        parts: list[figures.Fragment] = []
        for outcome in others:
            heading = figures.Prose(f"**{self._found.label(outcome)}**")
            found = self._found.importance.get(outcome)
            if found is None:
                title = say("drivers.failed", outcome=self._found.label(outcome))
                reason = self._found.reasons.get(outcome, say("drivers.impossible"))
                parts += [heading, figures.Notice(reason, title=title)]
                continue
            told = figures.Prose(found.words)
            table = _importance_table(found, self._before(found))
            parts += [heading, told, found.figure(), figures.Folded(table)]
        if not parts:
            return figures.Prose("")
        return Together([Section(say("heading.other outcomes")), *parts])

    def records(self) -> figures.Fragment:
        """Numbers from records in their own units; nothing where the study has none."""
        return records.study_section(self._shown, self._coverage, self.wave)

    def necessity(self) -> figures.Fragment:
        """Necessary conditions."""
        return necessity_section(self._found, self.organisation)

    def what_if(self) -> figures.Fragment:
        """What goes with a change."""
        return what_if_section(self._found, self.organisation)

    def method(self) -> figures.Prose:
        """How the numbers were made."""
        found = self._importance
        alone = self.study.columns.rows_apart
        told = say(f"drivers.method importance{' alone' if alone else ''}")
        if found is not None and found.chain:
            title = self.study.chains()[found.chain].title
            told = f"{say('drivers.chain', outcome=self.label, chain=title)} {told}"
        least = self.study.minimum_count
        return figures.Prose(
            "\n\n".join(
                [
                    told,
                    say("drivers.method priorities"),
                    say(f"drivers.method necessity{' alone' if alone else ''}", least=least),
                ]
            )
        )

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows."""
        found = self._importance
        if found is None:
            none = no_number(say("drivers.key failed"))
            return KeyNumbers({say("drivers.title", outcome=self.label): none})
        numbers: dict[str, object] = {
            say("drivers.key explained", outcome=self.label): {
                "value": 100 * found.r_squared,
                "lower": 100 * found.r_squared_lower,
                "upper": 100 * found.r_squared_upper,
                "digits": 0,
            }
        }
        for (condition, outcome), analysis in self._found.necessity.items():
            if outcome == self.outcome:
                label = labels_of(self.study, [condition])[condition]
                numbers[say("drivers.key necessity", condition=label)] = {
                    "value": analysis.effect,
                    "digits": 2,
                }
        return KeyNumbers(numbers)


def _importance_table(found: Importance, before: Sequence[str]) -> figures.Table:
    """Importance in numbers; ``before`` are the drivers that have a path to the outcome."""
    frame = found.frame
    total = estimates_of(frame, "total", 2, say("drivers.total failed"))

    shown = pd.DataFrame(
        {
            "label": frame["label"],
            "alpha": frame["alpha"],
            "correlation": estimates_of(frame, "correlation", 2),
            "weight": estimates_of(frame, "weight", 3),
            "orderings": estimates_of(frame, "orderings", 3, say("drivers.too many")),
            "total": [
                text if driver in before else say("drivers.not in chain")
                for driver, text in zip(frame["driver"], total, strict=True)
            ],
        }
    )
    return figures.Table(
        shown,
        caption=say("drivers.importance", outcome=found.outcome_label),
        labels={
            "label": say("column.driver"),
            "alpha": say("column.alpha"),
            "correlation": say("column.correlation"),
            "weight": say("column.relative weight"),
            "orderings": say("column.orderings"),
            "total": say("column.total effect"),
        },
        missing=say("drivers.no estimate"),
        notes=[
            say(
                "drivers.r squared",
                estimate=fmt.estimate(
                    found.r_squared, found.r_squared_lower, found.r_squared_upper
                ),
                rows=found.level.counted(found.rows),
            ),
            *found.notes,
        ],
    )
