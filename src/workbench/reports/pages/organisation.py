"""The report of one organisation: every section as something a notebook cell shows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import figures, interpretation
from workbench.chain import ChainStudy
from workbench.interpretation import Comparison, Direction, LinkEstimate, Movement
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import (
    FALSE_DISCOVERY_RATE,
    MODERATE_LINK,
    STRONG_LINK,
    WEAK_LINK,
)
from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import say
from workbench.interpretation.words import capitalised, counted, counted_people, listed
from workbench.reports import findings, norms, records, themes
from workbench.reports.answered import Answered
from workbench.reports.disclosure import (
    BASE,
    Array,
    hidden_reason,
    hidden_symbol,
    minimum_rule,
    rate_in_words,
    rounding,
)
from workbench.reports.keynumbers import KeyNumbers, interval, no_number
from workbench.reports.norms import Own
from workbench.reports.page import SharedPage
from workbench.reports.passing import passes_in_words
from workbench.reports.pieces import (
    Heading,
    Together,
    association,
    links_table,
    question,
    trend_over_waves,
)
from workbench.reports.questions import (
    LEAST_OF_A_TYPE,
    Beside,
    Questions,
    is_positive,
    share_in_words,
)
from workbench.reports.shared import Shared, opened
from workbench.study import Source


def organisation_report(
    study: str | Path | ChainStudy,
    organisation: str,
    wave: str | int | None = None,
    shared: str | Path | Shared | None = None,
) -> "OrganisationReport":
    """Open the report of one organisation.

    Parameters
    ----------
    study
        The study, or its folder.
    organisation
        Name of the organisation.
    wave
        By default the latest wave.
    shared
        What the reports of a batch share, or the file that holds it; computed if not given.

    Raises
    ------
    UnknownNameError
        If the study has no such organisation or wave.

    Examples
    --------
    >>> import workbench as wb
    >>> page = wb.reports.organisation_report(wb.open_study("data/demo"), "Land Registry")
    >>> page.name, page.wave, page.has_numbers
    ('Land Registry', '2024', True)
    >>> list(page.key_numbers().numbers)[:4]
    ['People', 'Service', 'Trust', 'People → Service']
    """
    study, shared = opened(study, wave, shared, organisation)
    return OrganisationReport(study, study.organisation(organisation), shared)


class OrganisationReport(SharedPage):
    """Findings about one organisation, section by section, in the order of the page."""

    def __init__(self, study: ChainStudy, organisation: str, shared: Shared) -> None:
        super().__init__(study, shared)
        self.organisation = organisation
        self.name = str(self._names[organisation])

    # What the sections are made of

    @cached_property
    def _answered(self) -> Answered:
        return self.shared.answered.of(self.organisation)

    @cached_property
    def _covered(self) -> pd.DataFrame:
        """Who answered here in this wave, by source."""
        rows = self._coverage
        here = (rows["organisation"] == self.organisation) & (rows["wave"] == self.wave)
        return rows[here].set_index("source")

    @cached_property
    def own_indices(self) -> pd.DataFrame:
        """The indices of this organisation that may be shown, of every wave; see
        :func:`workbench.measurement.indices`."""
        table = self.shared.indices
        own = table[table["organisation"] == self.organisation]
        return own[own["construct"].isin(self._constructs)].reset_index(drop=True)

    @property
    def has_numbers(self) -> bool:
        """Whether anything about this organisation may be shown."""
        return any(self._is_shown(construct) for construct in self._constructs)

    def _may_be_shown(self, construct: str) -> bool:
        return bool(self._covered.at[self.study.codebook.source_of(construct), "shown"])

    def _is_shown(self, construct: str) -> bool:
        """Whether the construct has an index here: it may be shown, and there are answers."""
        return self._index(self.organisation, construct) is not None

    def _reason(self, construct: str) -> str:
        source = self.study.codebook.source_of(construct)
        if self._may_be_shown(construct):
            hidden = self._answered.hidden
            own = hidden.loc[hidden["item"].isin(self.study.codebook.items(construct)), "reason"]
            if "alike" in set(own):
                return say("hidden.ends", source=source)
            if len(own):
                return hidden_reason(self.study, source, 1)
            label = self._label(construct)
            return say("organisation.no usable", source=source, construct=label)
        return hidden_reason(self.study, source, int(self._covered.at[source, "respondents"]))

    def _symbol(self, construct: str) -> str:
        """What stands where the construct's index is not shown: hidden, or nobody answered."""
        hidden = self._answered.hidden["item"]
        if self._may_be_shown(construct):
            return hidden_symbol(int(hidden.isin(self.study.codebook.items(construct)).any()))
        source = self.study.codebook.source_of(construct)
        return hidden_symbol(int(self._covered.at[source, "respondents"]))

    @cached_property
    def _own_fit(self) -> pd.Series:
        fits = self.shared.links.fits.set_index("organisation")
        return fits.loc[self.organisation]

    @cached_property
    def own_links(self) -> pd.DataFrame:
        """This organisation's links in the light of all others, or those of all together.

        With the columns of :func:`workbench.chain.links`. Others may be put in their place, such as
        those of a fit of one's own; the sections that follow are about these.
        """
        if self._borrowed or self._alone:
            return self.shared.pooled.links
        return self._of_this(self.shared.links.pooled)

    @cached_property
    def _expected(self) -> pd.DataFrame:
        """What a further organisation may be expected to have, where there are no links to show."""
        if not self.own_links.empty:
            return pd.DataFrame()
        return self._of_this(self.shared.links.pooled)

    def _of_this(self, table: pd.DataFrame) -> pd.DataFrame:
        if table.empty:
            return table
        return table[table["organisation"] == self.organisation].reset_index(drop=True)

    @property
    def _borrowed(self) -> bool:
        """Whether the links shown owe nothing to what its own data say in particular."""
        here = self._of_this(self.shared.links.pooled)
        return not self._alone and (here.empty or not here["from_own"].any())

    @property
    def _alone(self) -> bool:
        """Whether all rows are this organisation's, so that the links of all are its own."""
        return bool(self.shared.pooled.only == self.organisation)

    @cached_property
    def _changes(self) -> dict[str, interpretation.Change]:
        """The change of every index since the wave before, where there is one."""
        table = self.shared.changes
        if table.empty or self.shared.earlier is None:
            return {}
        own = table[(table["organisation"] == self.organisation) & table["change"].notna()]
        return {
            row["construct"]: interpretation.Change.of(row, self.shared.earlier, self.wave)
            for row in own.to_dict("records")
        }

    @cached_property
    def _places(self) -> dict[str, dict[str, Any]]:
        """The place of every index among all organisations."""
        own = self._of_this(self.shared.places)
        return {row["construct"]: row for row in own.to_dict("records")}

    def _position(self, construct: str) -> str:
        row = self._places.get(construct)
        if row is None:
            return ""
        return interpretation.position_in_words(
            row["rank_lower"], row["rank_upper"], int(row["ranked"])
        )

    # The sections

    def title(self) -> Heading:
        """The organisation, and the wave where the study has waves."""
        return self._titled(self.name)

    def asked(self) -> figures.Fragment:
        """What the constructs mean, and who was asked about them: when, and how many answered."""
        meanings = {
            capitalised(one.label): say("asked.meaning", meaning=one.meaning.rstrip("."))
            for one in self.chain.constructs
        }
        sources = dict.fromkeys(map(self.study.codebook.source_of, self._constructs))
        told = [self._asked_of(source) for source in sources]
        return Together([figures.Definitions(meanings), figures.Prose("\n\n".join(told))])

    def _asked_of(self, name: str) -> str:
        """How many of a source answered how many questions about what, or why it is not told."""
        row = self._covered.loc[name]
        if not row["shown"]:
            return hidden_reason(self.study, name, int(row["respondents"]))
        source, response = self.study.sources[name], self._response.loc[name]
        own = [one for one in self._constructs if self.study.codebook.source_of(one) == name]
        questions = sum(len(self.study.codebook.items(one)) for one in own)
        parts = {
            "source": name,
            "questions": counted(questions, "question"),
            "constructs": listed(map(self._label, own)),
            "answered": fmt.people(int(row["respondents"])),
        }
        period = source.fieldwork.get(self.wave)
        when = ""
        if period is not None:
            first, last = map(spoken().day, period)
            when = say("asked.when", first=first, last=last)
        return f"{self._answered_of(source, response, parts)} {when}".rstrip()

    def _answered_of(self, source: Source, response: pd.Series, parts: dict[str, str]) -> str:
        """How many of a source answered, and of how many who were invited."""
        units = counted(int(self._covered.loc[source.name, "units"]), "unit")
        if not source.counts_people:
            return say("asked.units", units=units, **parts)
        parts["place"] = say("asked.place", units=units) if self.study.columns.unit else ""
        if not fmt.is_missing(response["of_invited"]):
            rate = self._rate(source.name, response["of_invited"])
            invited = fmt.people(int(response["invited"]))
            return say("asked.people.of invited", invited=invited, rate=rate, **parts)
        if not fmt.is_missing(response["response_rate"]):
            rate = self._rate(source.name, response["response_rate"] / 100)
            return say("asked.people.of rate", rate=rate, **parts)
        return say("asked.people", **parts)

    def findings(self) -> figures.Fragment:
        """Three findings in plain words: levels and changes, the place among others, the links."""
        if not self.has_numbers:
            reasons = dict.fromkeys(self._reason(construct) for construct in self._constructs)
            return figures.Notice(
                " ".join([*reasons, say("hidden.benchmark")]), title=say("hidden.title")
            )
        found = [self._levels_found(), self._place_found(), self._links_found()]
        held_back = [
            say("finding.held back", construct=self._label(construct), doubt=doubt)
            for construct, doubt in self._doubtful.items()
        ]
        return Together(
            [
                figures.Findings([text for text in found if text]),
                figures.Prose("\n\n".join(held_back)),
            ]
        )

    @cached_property
    def _told(self) -> list[str]:
        """The constructs that findings are told of."""
        return [c for c in self._constructs if self._is_shown(c) and c not in self._doubtful]

    @cached_property
    def _doubtful(self) -> dict[str, str]:
        """Why a construct is no part of findings: an item runs against the others, here or over
        all organisations."""
        table = self.shared.doubts
        told = table[table["organisation"].isin(["", self.organisation])]
        return dict(zip(told["construct"], told["doubt"], strict=True))

    def _levels_found(self) -> str:
        """Every index, and which of them changed clearly."""
        if not self._told:
            return ""
        levels = []
        for number, construct in enumerate(self._told):
            index = fmt.number(self._index(self.organisation, construct)["index"], 0)  # type: ignore[index]
            levels.append(
                say(
                    f"finding.level.{'next' if number else 'first'}",
                    construct=self._label(construct),
                    index=index,
                )
            )
        changes = {name: self._changes[name] for name in self._told if name in self._changes}
        clear = {name: one for name, one in changes.items() if one.direction.clear}
        told = [
            interpretation.change_sentence(self._label(name), one) for name, one in clear.items()
        ]
        if changes and not clear:
            told.append(say("finding.no change", before=self.shared.earlier))
        elif len(clear) < len(changes):
            told.append(say("finding.no other change"))
        together = capitalised(listed(levels))
        return " ".join([say("finding.levels", levels=together), *told])

    def _place_found(self) -> str:
        """Which indices differ clearly from the median organisation."""
        compared = {
            name: Comparison(self._places[name]["distinct"])
            for name in self._told
            if name in self._places
        }
        compared = {name: one for name, one in compared.items() if one is not Comparison.UNKNOWN}
        if not compared:
            return ""
        ranked = int(self._places[next(iter(compared))]["ranked"])
        if ranked < 2:
            return ""
        told: list[str] = []
        for side in (Comparison.ABOVE, Comparison.BELOW, Comparison.ALIKE):
            names = [self._label(name) for name, one in compared.items() if one is side]
            if not names:
                continue
            number = "one" if len(names) == 1 else "some"
            if side is Comparison.ALIKE and not told:
                number = "all"
            constructs = listed(names)
            told.append(
                say(f"beside median.{side}.{number}", constructs=constructs, organisations=ranked)
            )
        return " ".join(told)

    def _links_found(self) -> str:
        """What goes with what, and whose data say so."""
        if self.own_links.empty:
            return say("finding.no links", reason=self.shared.pooled.reason)
        direct = self.own_links[self.own_links["effect"] == "direct"]
        direct = direct[~direct[["from", "to"]].isin(list(self._doubtful)).any(axis=1)]
        if direct.empty:
            return ""
        found = [(row["from"], row["to"], LinkEstimate.of(row)) for _, row in direct.iterrows()]
        clear = (Direction.POSITIVE, Direction.NEGATIVE)
        told = [
            say(
                f"finding.link.{link.direction}",
                source=self._label(source),
                target=self._label(target),
                size=say(f"size.{link.size}"),
            )
            for source, target, link in found
            if link.direction in clear
        ]
        unclear = [
            f"{self._label(source)} → {self._label(target)}"
            for source, target, link in found
            if link.direction not in clear
        ]
        if unclear:
            told.append(say("finding.links unclear", links=listed(unclear)))
        return " ".join([*told, self._whose_links(direct)])

    def _whose_links(self, direct: pd.DataFrame) -> str:
        if self._borrowed:
            return say("finding.links.borrowed")
        rows = self.shared.level.many
        if self._alone:
            return say("finding.links.alone", rows=rows)
        others = _share_of_others(direct) > 0.5
        return say(f"finding.links.mostly {'others' if others else 'own'}", rows=rows)

    def picture(self) -> figures.Fragment:
        """The chain with its indices and links."""
        if not self.has_numbers:
            return figures.Prose("")
        drawn = self._drawn(self.organisation, self.own_links, pooled=self._borrowed)
        return Together([drawn, figures.Prose(association())])

    def cards(self) -> figures.Cards:
        """One card per construct: index, interval, n, change and position."""
        return figures.Cards([self._card(construct) for construct in self._constructs])

    def _card(self, construct: str) -> figures.Card:
        title = self._label(construct)
        now = self._index(self.organisation, construct)
        if now is None:
            return figures.Card(title, reason=self._symbol(construct))
        everyone = self._index("", construct)
        interval = fmt.interval(now["lower"], now["upper"], 0, missing="")
        why = interpretation.why_no_interval(int(now["units"]), now["se"])
        counted_of = self._counted(construct, now)
        lines = (
            say("card.interval", span=interval, counted=counted_of)
            if interval
            else say("card.no interval", why=why, counted=counted_of),
            self._positive(construct),
            *self._in_own_unit(construct, now),
            *self._beside(construct),
            self._position(construct),
            interpretation.change_in_words(self._changes.get(construct)),
        )
        return figures.Card(
            title=title,
            value=fmt.number(now["index"], 0),
            details=[capitalised(line) for line in lines if line],
            mark=(now["index"], now["lower"], now["upper"]) if interval else None,
            benchmark=None if everyone is None else float(everyone["index"]),
        )

    def _counted(self, construct: str, now: pd.Series) -> str:
        """Whose answers an index is the mean of, and how many they are."""
        name = self.study.codebook.source_of(construct)
        source = self.study.sources[name]
        units = counted(int(now["units"]), "unit")
        place = say("card.place", units=units) if self.study.columns.unit else ""
        if source.rows == "respondents":
            answers = counted_people(int(now["n"]), "answer")
            return say("card.answers", answers=answers, source=name, place=place)
        if source.counts_people:
            people = counted_people(int(now["n"]), "respondent")
            return say("card.people", people=people, source=name, place=place)
        return say("card.units", units=units, source=name)

    def _in_own_unit(self, construct: str, now: pd.Series) -> list[str]:
        """The number from records that the index is the place of on its scale."""
        amount = self._amounts.get(construct)
        return [] if amount is None else [amount.in_words(*now[["index", "lower", "upper"]])]

    def _beside(self, construct: str) -> list[str]:
        """The index of all organisations, the lowest and highest, and the mean of the same type."""
        everyone, place = self._index("", construct), self._places.get(construct)
        if everyone is None or place is None or place["ranked"] < 2:
            return []
        told = [
            say(
                "card.all",
                index=fmt.number(everyone["index"], 0),
                lowest=fmt.number(place["lowest"], 0),
                highest=fmt.number(place["highest"], 0),
            )
        ]
        kinds = self._of_this(self.shared.places_in_type)
        for row in kinds[kinds["construct"] == construct].to_dict("records") if len(kinds) else ():
            if row["type"] and 1 < row["ranked"] < place["ranked"]:
                index = fmt.number(row["mean"], 0)
                count = int(row["ranked"])
                told.append(say("card.type", organisations=count, type=row["type"], index=index))
        return told

    def links(self) -> Together:
        """Whose the links are, how to read them, and the links themselves."""
        rows = {name: self._index(self.organisation, name) for name in self._amounts}
        indices = {name: float(row["index"]) for name, row in rows.items() if row is not None}
        told = passes_in_words(self.own_links, self.chain, self._amounts, indices)
        passed = [figures.Prose(" ".join(told))] if told else []
        return Together([self._whose(), *passed, self._links_table_of_this()])

    def _whose(self) -> figures.Fragment:
        """Whose links are shown, and why."""
        fit = self._own_fit
        if self._borrowed:
            return figures.Notice(
                f"{fit['reason']} {self._instead()}".rstrip(),
                title=say("own links.not estimated"),
            )
        rows = self.shared.level.counted(int(fit["rows"]))
        explained = say(
            "own links.explained",
            rows=self.shared.level.many,
            weak=fmt.number(WEAK_LINK, 1),
            moderate=fmt.number(MODERATE_LINK, 1),
            strong=fmt.number(STRONG_LINK, 1),
        )
        if self._alone:
            told = (
                "" if self.own_links.empty else f"{say('own links.alone', rows=rows)} {explained}"
            )
            return figures.Prose(told)
        direct = self.own_links[self.own_links["effect"] == "direct"]
        share = fmt.percent(_share_of_others(direct))
        return figures.Prose(f"{explained}\n\n{say('own links.weight', share=share, rows=rows)}")

    def _instead(self) -> str:
        if not self.own_links.empty:
            return say("own links.those of all", basis=self.shared.pooled.basis).rstrip()
        return "" if self._expected.empty else say("own links.expected")

    def _links_table_of_this(self) -> figures.Fragment:
        """Direct, indirect and total effects."""
        if not self._expected.empty:
            return links_table(
                self._expected, self.chain, say("own links.caption.expected"), self._amounts
            )
        if self.own_links.empty:
            return self._links_table(self.own_links, "")
        caption = say("own links.caption", organisation=self.name)
        if self._borrowed:
            caption = say("own links.caption.all")
        return links_table(self.own_links, self.chain, caption, self._amounts)

    def priorities(self) -> figures.Fragment:
        """What to work on first."""
        return findings.priorities(self.shared.drivers, self.organisation)

    def what_if(self) -> figures.Fragment:
        """What goes with a change in a construct."""
        if self.own_links.empty:
            return figures.Prose(say("own links.no scenario"))
        return findings.what_if_section(self.shared.drivers, self.organisation, self.own_links)

    def questions(self) -> Together:
        """How each question was answered; one figure per construct and scale."""
        return Together(
            [shown for construct in self._constructs for shown in self._questions(construct)]
        )

    def _questions(self, construct: str) -> list[figures.Fragment]:
        label = self._label(construct)
        if not self._is_shown(construct):
            return [figures.Notice(self._reason(construct), title=label)]
        scale = self.study.codebook.scale
        every = self.study.codebook.items(construct)
        items = [item for item in every if item in self._own_means.index]
        benchmarks = self.shared.items.set_index("item")["mean"]
        own = self._own_means.loc[items]
        wordings = {item: self._wording(item) for item in items}
        alt = self._questions_in_words(construct, items)
        unanswered = [
            figures.Notice(
                self._why_no_answers(construct, item), kind="note", title=self._wording(item)
            )
            for item in every
            if item not in items
        ]
        source = self.study.sources[self.study.codebook.source_of(construct)]
        if source.rows == "units":
            points, beside = self._answered.points, self._beside_questions(by_units=True)
            asked = [
                figures.UnitQuestion(
                    item,
                    wordings[item],
                    points.loc[points["item"] == item, "points"].tolist(),
                    scale(item).points(float(benchmarks[item])),
                    say("hidden.units", least=self.study.minimum_count),
                    **self._told_beside(beside, item),
                )
                for item in items
            ]
            notes = self._how_questions_compare(items)
            drawing = figures.unit_percentages(asked, alt=alt, caption=label, notes=notes)
            return [drawing, *unanswered]
        beside = self._beside_questions(by_units=False)
        by_scale: dict[tuple[float, float], list[figures.Question]] = {}
        for item, (answers, told) in self._spread[construct].items():
            drawn_together = by_scale.setdefault((scale(item).low, scale(item).high), [])
            if isinstance(told, str):
                drawn_together.append(figures.Question(item, wordings[item], reason=told))
                continue
            drawn_together.append(
                figures.Question(
                    item,
                    wordings[item],
                    dict(zip(answers.astype(int).tolist(), told.tolist(), strict=True)),
                    int(own.at[item, "n"]),
                    float(told @ answers),
                    float(benchmarks[item]),
                    positive=share_in_words(self._positive_share(item, answers, told)),
                    **self._told_beside(beside, item),
                )
            )
        drawn = [
            figures.response_shares(
                asked,
                alt=alt,
                labels=self._labels(one.item for one in asked),
                notes=self._how_questions_compare([one.item for one in asked]),
                caption=say(
                    "organisation.answers",
                    construct=label,
                    low=fmt.general(low),
                    high=fmt.general(high),
                ),
            )
            for (low, high), asked in by_scale.items()
        ]
        return [*drawn, *unanswered]

    def _questions_in_words(self, construct: str, items: Sequence[str]) -> str:
        """Which question has the highest and the lowest mean, by what is shown of each."""
        label, scale = self._label(construct), self.study.codebook.scale
        means = {
            item: float(scale(item).points(told @ answers))
            for item, (answers, told) in self._spread[construct].items()
            if not isinstance(told, str)
        }
        if self.study.sources[self.study.codebook.source_of(construct)].rows == "units":
            means = self._own_means.loc[items, "share_of_range"].to_dict()
        if not means:
            return say("organisation.questions none", construct=label)
        if len(means) == 1:
            asked = self._wording(next(iter(means)))
            return say("organisation.questions one", construct=label, question=asked)
        highest, lowest = (self._wording(end(means, key=means.get)) for end in (max, min))  # type: ignore[arg-type]
        return say(
            "organisation.questions several", construct=label, highest=highest, lowest=lowest
        )

    def _labels(self, items: Iterable[str]) -> dict[int, str]:
        """The words of answers that questions have in common; of turned ones they are others."""
        straight = [item for item in items if not self.study.codebook.scale(item).reversed]
        found = [self.study.codebook.labels(item) for item in straight]
        if not found or any(one != found[0] for one in found):
            return {}
        return {int(code): words for code, words in found[0].items()}

    @cached_property
    def _asked(self) -> Questions:
        return self.shared.questions.of(self.organisation)

    @cached_property
    def _spread(self) -> dict[str, dict[str, tuple[Array, Array | str]]]:
        """By construct and question that people answered: the answers of its scale, and their
        shares as they may be shown, or why they may not."""
        shares, withheld = (
            one[one["wave"] == self.wave] for one in (self._asked.shares, self._asked.withheld)
        )
        reasons = dict(zip(withheld["item"], withheld["reason"], strict=True))
        told: dict[str, tuple[Array, Array | str]] = {
            str(item): (own["answer"].to_numpy(float), own["share"].to_numpy(float))
            for item, own in shares.groupby("item", sort=False)
        }
        told |= {item: (np.array([]), reason) for item, reason in reasons.items()}
        return {
            construct: {
                item: told[item] for item in self.study.codebook.items(construct) if item in told
            }
            for construct in self._constructs
        }

    def _told_beside(self, beside: Beside, item: str) -> dict[str, Any]:
        """What changed of a question, and its further numbers."""
        result = self._results.get(item)
        if result is None:
            return {}
        facts = beside.facts(result)
        if item in self._unanswered_questions:
            facts |= beside.unanswered(self._unanswered_questions[item])
        return {"change": beside.change(result), "facts": facts}

    @cached_property
    def _unanswered_questions(self) -> dict[str, dict[str, float]]:
        """By question and reason, the share of people without an answer."""
        tables = self._asked.unanswered.groupby("item", sort=False)
        return {
            str(item): dict(zip(own["reason"], own["share"], strict=True)) for item, own in tables
        }

    @cached_property
    def _results(self) -> dict[str, dict[Any, Any]]:
        """What is told of every question beside its shares."""
        return {row["item"]: row for row in self._asked.results.to_dict("records")}

    def _beside_questions(self, *, by_units: bool) -> Beside:
        many = any(row["compared"] > 1 for row in self._results.values())
        return Beside(self.wave, self.shared.earlier, many, by_units)

    def _positive_share(self, item: str, answers: Array, shares: Array) -> float:
        """The share of the answers to a question that are positive, of shares that are shown."""
        return float(shares[is_positive(self.study, item, answers)].sum())

    def _positive(self, construct: str) -> str:
        """The mean share of positive answers to the questions about a construct, if all are shown.

        It is made of nothing but shares that the page shows.
        """
        told = self._spread[construct]
        shares = [
            self._positive_share(item, answers, shown)
            for item, (answers, shown) in told.items()
            if not isinstance(shown, str)
        ]
        if not shares or len(shares) < len(self.study.codebook.items(construct)):
            return ""
        return say("card.positive", share=share_in_words(sum(shares) / len(shares)))

    def positive(self) -> figures.Notes:
        """Which answers are called positive, and that some are turned."""
        asked = [item for told in self._spread.values() for item in told]
        if not asked:
            return figures.Notes([])
        least = self.study.definition.positive_from
        notes = [
            say("organisation.positive.middle")
            if least is None
            else say("organisation.positive.from", points=fmt.general(least))
        ]
        codebook = self.study.codebook
        if any(codebook.scale(item).reversed and codebook.labels(item) for item in asked):
            notes.append(say("organisation.labels turned"))
        return figures.Notes(notes)

    def _how_questions_compare(self, items: Sequence[str]) -> list[str]:
        """How changes of questions are tested, with whom they are compared, and who is counted."""
        results, notes = [self._results[item] for item in items if item in self._results], []
        if any(row["direction"] != Movement.MISSING for row in results):
            rate = fmt.percent(FALSE_DISCOVERY_RATE)
            alone = self.study.columns.rows_apart
            notes.append(
                say(
                    f"organisation.changes{' alone' if alone else ''}",
                    wave=self.shared.earlier,
                    rate=rate,
                )
            )
        if any(row["compared"] > 1 for row in results):
            notes.append(say("organisation.compared", least=LEAST_OF_A_TYPE))
        if self._unanswered_questions.keys() & set(items):
            notes.append(say("organisation.unanswered", base=BASE))
        return notes

    def _why_no_answers(self, construct: str, item: str) -> str:
        if item not in set(self._answered.hidden["item"]):
            return say("organisation.no answers")
        source = self.study.codebook.source_of(construct)
        return say("hidden.few.question", source=source, least=self.study.minimum_count)

    @cached_property
    def _own_means(self) -> pd.DataFrame:
        table = self._answered.means.set_index("item")
        table["share_of_range"] = [
            self.study.codebook.scale(item).points(mean) for item, mean in table["mean"].items()
        ]
        return table

    def _wording(self, item: str) -> str:
        return question(self.study.codebook, item)

    def trend(self) -> figures.Fragment:
        """The indices over the waves, beside those of all organisations."""
        clear = [
            interpretation.change_sentence(self._label(construct), change)
            for construct, change in self._changes.items()
            if change.direction.clear
        ]
        alt = " ".join(clear) or say("organisation.no clear change")
        caption = say("organisation.trend")
        return trend_over_waves(
            self.shared.over_waves, self.shared.chain, self.organisation, self.name, alt, caption
        )

    def channels(self) -> figures.Fragment:
        """The indices by the channel that people came by, where the study names it."""
        table = self._of_this(self.shared.channels)
        if table.empty or table["index"].isna().all():
            return figures.Prose("")
        labels = {construct: capitalised(self._label(construct)) for construct in self._constructs}
        hidden = say("symbol.confidential")
        rows = [
            (
                labels[row["construct"]],
                row["channel"],
                hidden if fmt.is_missing(row["index"]) else interpretation.index_in_words(row, 0),
                fmt.people(row["n"], missing=hidden),
            )
            for row in table.to_dict("records")
        ]
        heads = {
            "construct": say("column.construct alone"),
            "channel": say("column.channel"),
            "index": say("column.index with interval"),
            "n": say("column.respondents"),
        }
        frame = pd.DataFrame(rows, columns=list(heads))
        return figures.Folded(figures.Table(frame, say("organisation.channels"), labels=heads))

    def norms(self) -> figures.Fragment:
        """Scores that others published of its type or of all; nothing without a list."""
        types = self.study.organisations.set_index("organisation")["type"]
        others = {*types} - {"", types[self.organisation]}
        heading = say("norms.organisation")
        found = norms.beside(self.study, self._own_score, self._measure, heading, others)
        return figures.Folded(found) if isinstance(found, figures.Table) else found

    def _own_score(self, measure: str, kind: str) -> Own | None:
        """What stands beside a published score: the index of a construct; None of an item."""
        row = self._index(self.organisation, measure)
        return None if row is None else norms.own_of(row, "index")

    def themes(self) -> figures.Fragment:
        """What people wrote in their own words, by themes; nothing where nobody was asked to."""
        return themes.of_one(self.study, self.shared.themes, self.organisation)

    def records(self) -> figures.Fragment:
        """Numbers from records in their own units; nothing where there are none to show."""
        if not self.has_numbers:
            return figures.Prose("")
        return records.organisation_section(
            self.study, self.shared.records, self.wave, self.organisation
        )

    def data_quality(self) -> figures.Table:
        """Who answered, and what is not shown of them."""
        rules = [minimum_rule(self.study)]
        if any(source.rows == "respondents" for source in self.study.sources.values()):
            rules.append(rounding())
        return replace(self._who_answered(), notes=rules)

    def _who_answered(self) -> figures.Table:
        rows = []
        hidden, has_units = say("symbol.confidential"), self.study.columns.unit is not None
        for name, row in self._covered.iterrows():
            source = self.study.sources[name]
            people = source.counts_people
            shown = bool(row["shown"])
            rows.append(
                {
                    "source": name,
                    "units": fmt.count(row["units"]) if shown else hidden,
                    "respondents": (
                        say("symbol.not applicable")
                        if not people
                        else fmt.people(row["respondents"])
                        if shown
                        else hidden
                    ),
                    "rate": self._response_rate(name) if shown else hidden,
                    "unanswered": self._unanswered(name) if shown else hidden,
                }
            )
        labels = {
            "source": say("column.source"),
            "units": say("column.units"),
            "respondents": say("column.respondents"),
            "rate": say("column.response rate"),
            "unanswered": say("column.unanswered"),
        }
        if not has_units:
            del labels["units"]
        return figures.Table(
            pd.DataFrame(rows, columns=list(labels)),
            caption=say("organisation.who answered"),
            labels=labels,
        )

    def _response_rate(self, source: str) -> str:
        row = self._response.loc[source]
        if not fmt.is_missing(row["response_rate"]):
            rate = self._rate(source, row["response_rate"] / 100)
            return say("organisation.mean rate", rate=rate)
        if fmt.is_missing(row["of_invited"]):
            return say("symbol.not available")
        return self._rate(source, row["of_invited"])

    def _rate(self, source: str, rate: float) -> str:
        """A response rate; of few people no more exactly than their number is told."""
        if not self.study.sources[source].counts_people:
            return fmt.percent(rate)
        return rate_in_words(rate, float(self._covered.at[source, "respondents"]))

    def _unanswered(self, source: str) -> str:
        share = self._response.at[source, "unanswered"]
        return fmt.percent(share, 1, missing=say("symbol.not applicable"))

    @cached_property
    def _response(self) -> pd.DataFrame:
        return self._answered.response.set_index("source")

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows."""
        numbers: dict[str, object] = {}
        if not self.has_numbers:
            reason = self._reason(self._constructs[0])
            labels = [self._label(construct) for construct in self._constructs]
            return KeyNumbers({label: no_number(reason) for label in labels})
        for construct in self._constructs:
            now = self._index(self.organisation, construct)
            numbers[self._label(construct)] = (
                no_number(self._doubtful.get(construct) or self._reason(construct))
                if now is None or construct in self._doubtful
                else interval(now, "index", 0)
            )
        return KeyNumbers(numbers | self._link_numbers())

    def _link_numbers(self) -> dict[str, dict[str, object]]:
        """The organisation's own direct links; those of all together are not about it."""
        numbers: dict[str, dict[str, object]] = {}
        own = (
            self.own_links.set_index(["from", "to", "effect"])
            if len(self.own_links)
            else self.own_links
        )
        for link in self.chain.links:
            label = f"{self._label(link.source)} → {self._label(link.target)}"
            key = (link.source, link.target, "direct")
            doubt = self._doubtful.get(link.source) or self._doubtful.get(link.target)
            if doubt or self._borrowed or key not in own.index:
                numbers[label] = no_number(doubt or say("organisation.not estimated here"))
            else:
                numbers[label] = interval(own.loc[key], "strength", 2)
        return numbers


def _share_of_others(direct: pd.DataFrame) -> float:
    """How much of the weight of links comes from other organisations: none of those of one fit."""
    return float(direct["shrinkage"].mean()) if "shrinkage" in direct else 0.0
