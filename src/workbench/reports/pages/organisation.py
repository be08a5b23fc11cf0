"""The report of one organisation: every section as something a notebook cell shows."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench import figures, interpretation
from workbench.chain import ChainStudy
from workbench.interpretation import LinkEstimate
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted_people
from workbench.reports import findings, method
from workbench.reports.answered import Answered
from workbench.reports.disclosure import blurred_together, hidden_reason, spread_of
from workbench.reports.keynumbers import KeyNumbers, interval, no_number
from workbench.reports.page import SharedPage
from workbench.reports.pieces import (
    Heading,
    Together,
    alpha_of,
    association,
    organisation_links_table,
    question,
    trend_over_waves,
)
from workbench.reports.shared import Shared, opened
from workbench.text import counted


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
            return f"{source} gave no usable answer about {self._label(construct)}."
        return hidden_reason(self.study, source, int(self._covered.at[source, "respondents"]))

    @cached_property
    def _own_fit(self) -> pd.Series:
        fits = self.shared.links.fits.set_index("organisation")
        return fits.loc[self.organisation]

    @cached_property
    def _own_links(self) -> pd.DataFrame:
        return self._of_this(self.shared.links.own)

    @cached_property
    def _links(self) -> pd.DataFrame:
        """The headline: this organisation's partially pooled links, or those of all together."""
        if self._borrowed or self._alone:
            return self.shared.pooled.links
        return self._of_this(self.shared.links.pooled)

    @cached_property
    def _expected(self) -> pd.DataFrame:
        """What a further organisation may be expected to have, where there are no links to show."""
        if not self._links.empty:
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
    def _places(self) -> dict[str, dict[str, float]]:
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

    def headline(self) -> figures.Fragment:
        """The findings in plain words."""
        if not self.has_numbers:
            reasons = dict.fromkeys(self._reason(construct) for construct in self._constructs)
            return figures.Notice(
                " ".join(reasons)
                + " The benchmark report has the results of all organisations together.",
                kind="note",
                title="No numbers are shown for this organisation",
            )
        paragraphs = [self._standing(), self._held_back(), self._chain_finding(), association()]
        return figures.Prose("\n\n".join(part for part in paragraphs if part))

    def _standing(self) -> str:
        sentences = []
        for construct in self._constructs:
            now = self._index(self.organisation, construct)
            if now is None or construct in self._doubtful:
                continue
            found = self._changes.get(construct)
            place = self._position(construct)
            more = [interpretation.change_in_brief(found) if found else "", place]
            level = f"**{self._label(construct)} scores {fmt.number(now['index'], 0)} of 100**"
            sentences.append(f"{', '.join(part for part in (level, *more) if part)}.")
        return " ".join(sentences)

    @cached_property
    def _doubtful(self) -> dict[str, str]:
        """Why a construct is no part of headlines: an item runs against the others, here or over
        all organisations."""
        table = self.shared.doubts
        told = table[table["organisation"].isin(["", self.organisation])]
        return dict(zip(told["construct"], told["doubt"], strict=True))

    def _held_back(self) -> str:
        """Which constructs are no part of the headline, and what would settle it."""
        return " ".join(
            f"**{self._label(construct)} is left out of these findings until this question is "
            f"settled:** {doubt}"
            for construct, doubt in self._doubtful.items()
        )

    def _chain_finding(self) -> str:
        if self._links.empty:
            return (
                "The links could not be estimated, neither for this organisation nor for all "
                f"organisations together: {self.shared.pooled.reason}"
            )
        where = (
            "Across all organisations, because this one has too few data of its own"
            if self._borrowed
            else f"Across this organisation's {self.shared.level}"
            if self._alone
            else f"Across this organisation's {self.shared.level}, drawing also on the other "
            "organisations"
        )
        direct = self._links[self._links["effect"] == "direct"]
        direct = direct[~direct[["from", "to"]].isin(list(self._doubtful)).any(axis=1)]
        if direct.empty:
            return ""
        found = [
            interpretation.link_in_words(
                self._label(row["from"]), self._label(row["to"]), LinkEstimate.of(row)
            )
            for _, row in direct.iterrows()
        ]
        return f"**{where}:** " + " ".join(found)

    def cards(self) -> figures.Cards:
        """One card per construct: index, interval, n, change and position."""
        return figures.Cards([self._card(construct) for construct in self._constructs])

    def _card(self, construct: str) -> figures.Card:
        title = self._label(construct)
        now = self._index(self.organisation, construct)
        if now is None:
            return figures.Card(title, reason=self._reason(construct))
        everyone = self._index("", construct)
        source = self.study.codebook.source_of(construct)
        respondents = self.study.sources[source].rows == "respondents"
        units = counted(int(now["units"]), "unit")
        if respondents:
            asked = f"{counted_people(int(now['n']), 'answer')} from {source} in {units}"
        elif self.study.sources[source].counts_people:
            people = counted_people(int(now["n"]), "respondent")
            asked = f"{people} of {source} in {units}"
        else:
            asked = f"{units}, from {source}"
        interval = fmt.interval(now["lower"], now["upper"], 0, missing="")
        why = interpretation.why_no_interval(int(now["units"]), now["se"])
        lines = (
            everyone is not None and f"all organisations {fmt.number(everyone['index'], 0)} (◇)",
            self._position(construct),
            interpretation.change_in_words(self._changes.get(construct)),
        )
        return figures.Card(
            title=title,
            value=fmt.number(now["index"], 0),
            interval=f"95% interval {interval}" if interval else f"{why}: no interval",
            detail=asked,
            trend="; ".join(part for part in lines if part),
            mark=(now["index"], now["lower"], now["upper"]) if interval else None,
            benchmark=None if everyone is None else float(everyone["index"]),
        )

    def chain_diagram(self) -> figures.Fragment:
        """The chain with its links."""
        return self._drawn(self.organisation, self._links, pooled=self._borrowed)

    def own_or_pooled(self) -> figures.Fragment:
        """Whose links are the headline, and why."""
        fit = self._own_fit
        if self._borrowed:
            return figures.Notice(
                f"{fit['reason']} {self._instead()}",
                title="The links of this organisation could not be estimated",
            )
        rows = self.shared.level.counted(int(fit["rows"]))
        if self._alone:
            if self._links.empty:
                return self._links_table(self._links, "")
            return figures.Prose(
                f"The links are estimated from the {rows} of this organisation alone, because no "
                "other organisation has any."
            )
        direct = self._links[self._links["effect"] == "direct"]
        return figures.Prose(
            "One model estimates the links of all organisations together. Each link combines the "
            f"evidence from the {rows} of this organisation with the mean of all organisations "
            "(partial pooling). The less its own data can tell, the more weight the mean gets. "
            "Such an estimate is more accurate on average than the organisation's own estimate. "
            f"Averaged over the direct links, {fmt.percent(direct['shrinkage'].mean())} of the "
            "weight comes from the other organisations."
        )

    def _instead(self) -> str:
        if not self._links.empty:
            told = "The links shown are those of all organisations together."
            return f"{told} {self.shared.pooled.basis}".rstrip()
        if self._expected.empty:
            return ""
        return (
            "The links of all organisations together could not be estimated either. The table "
            "below shows the links that a new organisation would probably have, judging by the "
            "organisations with links of their own."
        )

    def links_table(self) -> figures.Fragment:
        """Direct, indirect and total effects: partially pooled, own, and of all together."""
        if not self._expected.empty:
            caption = "Links that a new organisation would probably have"
            return self._beside_own(self._expected, caption)
        if self._borrowed:
            caption = "Links of the chain over all organisations together"
            return self._links_table(self._links, caption)
        caption = f"Links of the chain, {self.name}"
        if self._alone:
            return self._links_table(self._links, caption)
        return self._beside_own(self._links, caption)

    def _beside_own(self, links: pd.DataFrame, caption: str) -> figures.Fragment:
        """Links beside the organisation's own estimates and those of all together."""
        everyone = self.shared.pooled.links
        return organisation_links_table(links, self._own_links, everyone, self.chain, caption)

    def priorities(self) -> figures.Fragment:
        """What to work on first, and who can move it."""
        return findings.priorities(self.shared.drivers, self.organisation)

    def necessity(self) -> figures.Fragment:
        """Whether good service is ever seen without engaged people, and trust without service."""
        return findings.necessity_section(self.shared.drivers, self.organisation)

    def what_if(self) -> figures.Fragment:
        """What goes with a change in a construct."""
        if self._links.empty:
            return figures.Prose(
                "The links of the chain could not be estimated, so there is no scenario to show."
            )
        return findings.what_if_section(self.shared.drivers, self.organisation, self._links)

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
        favourite, hardest = own["share_of_range"].idxmax(), own["share_of_range"].idxmin()
        wordings = {item: self._wording(item) for item in items}
        alt = (
            f"{label}: highest is “{wordings[favourite]}” and lowest “{wordings[hardest]}”."
            if len(items) > 1
            else f"{label}: answers to “{wordings[favourite]}”."
        )
        unanswered = [
            figures.Notice(
                self._why_no_answers(construct, item), kind="note", title=self._wording(item)
            )
            for item in every
            if item not in items
        ]
        source = self.study.sources[self.study.codebook.source_of(construct)]
        if source.rows == "units":
            points = self._answered.points
            asked = [
                figures.UnitQuestion(
                    item,
                    wordings[item],
                    points.loc[points["item"] == item, "points"].tolist(),
                    scale(item).points(float(benchmarks[item])),
                    say("hidden.units", least=self.study.minimum_count),
                )
                for item in items
            ]
            return [figures.unit_percentages(asked, alt=alt, caption=label), *unanswered]
        shares = self._answered.shares
        spreads = {item: spread_of(shares[shares["item"] == item]) for item in items}
        shown = blurred_together(spreads, [items, self._over_waves(construct, items)])
        by_scale: dict[tuple[float, float], list[figures.Question]] = {}
        for item, told in shown.items():
            drawn_together = by_scale.setdefault((scale(item).low, scale(item).high), [])
            answers = spreads[item].answers
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
                )
            )
        drawn = [
            figures.response_shares(
                asked, alt=alt, caption=f"{label} (answers {low:g} to {high:g})"
            )
            for (low, high), asked in by_scale.items()
        ]
        return [*drawn, *unanswered]

    def _over_waves(self, construct: str, items: Sequence[str]) -> list[str]:
        """Those of the items that make up the construct's index over the waves."""
        left_out = self.shared.over_waves.of(self.organisation).left_out
        without = set(left_out.loc[left_out["construct"] == construct, "item"])
        return [item for item in items if item not in without]

    def _why_no_answers(self, construct: str, item: str) -> str:
        if item not in set(self._answered.hidden["item"]):
            return "No usable answers."
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
        alt = " ".join(clear) or "No index changed clearly since the previous wave."
        caption = "Indices over the waves with 95% intervals"
        return trend_over_waves(
            self.shared.over_waves, self.shared.chain, self.organisation, self.name, alt, caption
        )

    def data_quality(self) -> Together:
        """Who answered, and what was set aside."""
        return Together(
            [
                self._who_answered(),
                method.set_aside(self.shared.set_aside, self.study.minimum_count),
            ]
        )

    def _who_answered(self) -> figures.Table:
        rows = []
        for name, row in self._covered.iterrows():
            source = self.study.sources[name]
            people = source.counts_people
            shown = bool(row["shown"])
            rows.append(
                {
                    "source": name,
                    "units": fmt.count(row["units"]) if shown else "not shown",
                    "respondents": (
                        "rows are units"
                        if not people
                        else fmt.people(row["respondents"])
                        if shown
                        else f"under {self.study.minimum_count}"
                    ),
                    "rate": self._response_rate(name) if shown else "not shown",
                    "unanswered": self._unanswered(name) if shown else "not shown",
                }
            )
        return figures.Table(
            pd.DataFrame(rows, columns=["source", "units", "respondents", "rate", "unanswered"]),
            caption="Who answered",
            labels={
                "source": "Source",
                "units": "Units",
                "respondents": "Respondents",
                "rate": "Response rate",
                "unanswered": "Questions left unanswered",
            },
        )

    def _response_rate(self, source: str) -> str:
        row = self._response.loc[source]
        if not fmt.is_missing(row["response_rate"]):
            return f"{fmt.number(row['response_rate'], 0)}% on average over units"
        return fmt.percent(row["of_invited"], missing="not known")

    def _unanswered(self, source: str) -> str:
        share = self._response.at[source, "unanswered"]
        return fmt.percent(share, 1, missing="not asked about this chain")

    @cached_property
    def _response(self) -> pd.DataFrame:
        return self._answered.response.set_index("source")

    def measurement(self) -> Together:
        """How well the questions measure, and how well the chain's model fits."""
        rows = []
        alphas = self._answered.alphas.set_index("construct")
        for construct in self._constructs:
            own = alphas.loc[construct] if self._is_shown(construct) else None
            everyone = self.shared.reliability[construct]
            rows.append(
                {
                    "construct": self._label(construct),
                    "own": "not shown"
                    if own is None
                    else interpretation.alpha_in_words(*own[["alpha", "lower", "upper", "reason"]]),
                    "all": alpha_of(everyone),
                    "words": interpretation.reliability_in_words(
                        everyone.alpha if own is None else own["alpha"]
                    ),
                }
            )
        table = figures.Table(
            pd.DataFrame(rows),
            caption="Reliability of the scores: Cronbach's alpha with 95% interval",
            labels={
                "construct": "Construct",
                "own": "Here",
                "all": "All organisations",
                "words": "Assessment",
            },
        )
        parts: list[figures.Fragment] = [table]
        if self._doubts:
            parts.append(figures.Prose(self._doubts))
        return Together([*parts, self._fit()])

    @property
    def _doubts(self) -> str:
        """The items that run against the others of their construct, here or over all."""
        table = self.shared.doubts
        return " ".join(
            f"{where}: {' '.join(told)}"
            for where, told in (
                ("Here", table.loc[table["organisation"] == self.organisation, "doubt"]),
                ("Over all organisations", table.loc[table["organisation"] == "", "doubt"]),
            )
            if len(told)
        )

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
        own = self._links.set_index(["from", "to", "effect"]) if len(self._links) else self._links
        for link in self.chain.links:
            label = f"{self._label(link.source)} → {self._label(link.target)}"
            key = (link.source, link.target, "direct")
            doubt = self._doubtful.get(link.source) or self._doubtful.get(link.target)
            if doubt or self._borrowed or key not in own.index:
                numbers[label] = no_number(doubt or "could not be estimated here")
            else:
                numbers[label] = interval(own.loc[key], "strength", 2)
        return numbers
