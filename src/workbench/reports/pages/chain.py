"""The chain report: one chain of the catalogue over all organisations, in its own vocabulary."""

from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench import figures, interpretation
from workbench.chain import (
    Chain,
    ChainData,
    ChainStudy,
    OrganisationLinks,
    PassThrough,
    Rate,
    beside_rate,
    covariates_of,
    excluded,
    holding_equal,
    two_level_links,
)
from workbench.cores import side_by_side
from workbench.interpretation import LinkEstimate, NotEstimated, SignedLink, sign_of
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, listed
from workbench.measurement import indices
from workbench.reports import method, moderation, satisfaction
from workbench.reports.chain_findings import ChainFindings, chain_findings
from workbench.reports.chain_rows import ChainRows, chain_rows
from workbench.reports.disclosure import ShownWave, minimum_rule, shown_wave
from workbench.reports.keynumbers import KeyNumbers, interval, no_number
from workbench.reports.overall import Overall, overall_links
from workbench.reports.page import ChainPage
from workbench.reports.passing import passes_in_words
from workbench.reports.pieces import (
    Heading,
    Section,
    Together,
    association,
    controls_table,
    draw_chain,
    effects_table,
    estimates,
    no_organisation_links,
    ordered_table,
    pooled_effect,
    reliability_table,
    two_levels_told,
)
from workbench.reports.sample import sampled
from workbench.reports.satisfaction import SatisfactionFindings, satisfaction_findings
from workbench.reports.shared import Shared, at_hand

_INTERVAL = ("strength", "lower", "upper")


def chain_report(
    study: str | Path | ChainStudy,
    chain: str | Chain | None = None,
    wave: str | int | None = None,
    shared: str | Path | Shared | None = None,
) -> "ChainReport":
    """Open the report on one chain of the catalogue, fitted to all organisations together.

    Parameters
    ----------
    study
        A study, or its folder.
    chain
        A chain of the catalogue or of the study's own, or one changed; by default the study's.
    wave
        The latest by default.
    shared
        What the reports of a batch share, or the file that holds it; without it what this report
        needs is computed.

    Raises
    ------
    StudyError, ChainError, UnknownNameError
        If the study, the chain or the wave is not right.

    Examples
    --------
    >>> import workbench as wb
    >>> page = wb.reports.chain_report(wb.open_study("data/demo"))
    >>> numbers = page.key_numbers().numbers
    >>> numbers["Strongest link"], numbers["Links clearly different from 0"]
    ('Service → Trust', '2 of 3')
    """
    study, wave, given = at_hand(study, wave, shared)
    return ChainReport(study, wave, study.runnable_chain(chain or None), given)


class ChainReport(ChainPage):
    """Findings on one chain, section by section, from groups that may be shown.

    Sections that take numbers show those of the report where none are given.
    """

    @cached_property
    def rows(self) -> ChainData:
        """The rows that the chain is fitted to: units or respondents that may be shown."""
        return self._rows.data

    @cached_property
    def indices(self) -> pd.DataFrame:
        """The index of every construct over all organisations, as of
        :func:`workbench.measurement.indices`."""
        found = indices(self._now.now, self._constructs, by=("wave",))
        return found.set_index("construct")

    @property
    def links(self) -> pd.DataFrame:
        """The links of all organisations together, with the columns of
        :func:`workbench.chain.links`."""
        return self._overall.links

    @property
    def organisation_links(self) -> OrganisationLinks:
        """Those of every organisation: :func:`workbench.chain.organisation_links`."""
        return self._found.links

    @cached_property
    def _now(self) -> ShownWave[ChainStudy]:
        """What may be shown of the page's wave: all that models are fitted to."""
        found = shown_wave(self.study, self.wave)
        found.now.organisations = self.study.organisations
        return found

    @cached_property
    def _rows(self) -> ChainRows:
        return chain_rows(self.study, self.chain, self.wave, self._now, self._sample)

    @cached_property
    def _sample(self) -> ChainStudy:
        return sampled(self._now.now)

    @cached_property
    def _found(self) -> ChainFindings:
        shared, name = self._shared, self.chain.name
        if shared is None or self.study.runnable_chain(name) != self.chain:
            return chain_findings(self._rows)
        if name in shared.chains:
            return shared.chains[name]
        known = shared.linked.get(name)
        own = name == self.study.runnable_chain().name
        return chain_findings(self._rows, checked=own, links=None if known is None else known.links)

    @property
    def _overall(self) -> Overall:
        return self._found.overall

    def _given(self, links: pd.DataFrame | None) -> pd.DataFrame:
        """The links to show: those given, or the report's."""
        return self.links if links is None else links

    def _not_estimated(self) -> figures.Fragment:
        return method.no_links(self._overall)

    def title(self) -> Heading:
        """The chain, and the wave where the study has waves."""
        return self._titled(self.chain.title)

    def headline(self, links: pd.DataFrame | None = None) -> figures.Prose:
        """What the chain says, and what the data say of it."""
        label = self.chain.label
        found = interpretation.links_in_words(
            [
                (label(row["from"]), label(row["to"]), LinkEstimate.of(row))
                for _, row in _direct(self._given(links)).iterrows()
            ]
        )
        optional = [c for c in self.study.chains()[self.chain.name].constructs if c.optional]
        here = {c.name for c in self.chain.constructs}
        absent = [c.label for c in optional if c.name not in here]
        without = say("chain.not asked", constructs=listed(absent)) if absent else ""
        rows = self._found.level.counted(self._overall.rows)
        basis = self._overall.basis
        between = say("chain.found", rows=rows, links=found, basis=basis) if found else ""
        claim = say("chain.claim", claim=self.chain.summary) if self.chain.summary else ""
        if not found:
            between = say("chain.untested", reason=self._overall.reason)
        parts = [claim, self._index_in_words(), between, without, association()]
        return figures.Prose("\n\n".join(part for part in parts if part))

    def _index_in_words(self) -> str:
        found = self._satisfaction
        return satisfaction.in_brief(found) if isinstance(found, SatisfactionFindings) else ""

    def constructs(self, indices: pd.DataFrame | None = None) -> figures.Fragment:
        """The chain's words, what they mean, how they are asked and where they stand."""
        indices = self.indices if indices is None else indices
        rows = []
        for construct in self.chain.constructs:
            index = indices.reindex([construct.name]).iloc[0]
            items = self.study.codebook.items(construct.name)
            source = self.study.codebook.source_of(construct.name)
            people = self.study.sources[source].rows == "respondents"
            asked = counted(len(items), "question" if people else "measure")
            rows.append(
                (
                    construct.label,
                    construct.meaning,
                    say(
                        f"chain.asked {'to' if people else 'from'}", questions=asked, source=source
                    ),
                    self._index_told(construct.name, index),
                )
            )
        return figures.Table(
            pd.DataFrame(rows, columns=["construct", "meaning", "asked", "index"]),
            caption=say("chain.constructs"),
            labels={
                "construct": say("column.construct alone"),
                "meaning": say("column.what it is"),
                "asked": say("column.asked"),
                "index": say("column.index with interval"),
            },
            notes=self._of_workbench(),
        )

    def _index_told(self, construct: str, index: pd.Series) -> str:
        """An index with its interval, and the number from records that it is the place of."""
        told = interpretation.index_in_words(index, 0)
        amount = self._amounts.get(construct)
        if amount is None or fmt.is_missing(index["index"]):
            return told
        return f"{told}; {amount.in_words(*index[['index', 'lower', 'upper']])}"

    def _of_workbench(self) -> list[str]:
        """How the constructs differ from the authors'."""
        added = [c.label for c in self.chain.constructs if c.stated_by == "workbench"]
        told = [say("chain.constructs added", constructs=listed(added))] if added else []
        return [*told, self.chain.note] if self.chain.note else told

    def chain_diagram(
        self, indices: pd.DataFrame | None = None, links: pd.DataFrame | None = None
    ) -> figures.Figure:
        """The chain with its indices and links."""
        indices = self.indices if indices is None else indices
        return draw_chain(self.chain, indices["index"].to_dict(), self._given(links))

    def links_table(self, links: pd.DataFrame | None = None) -> figures.Fragment:
        """Direct, indirect and total effects."""
        links = self._given(links)
        if links.empty:
            return self._not_estimated()
        direct = links["effect"] == "direct"
        known = self.indices["index"].to_dict()
        told = passes_in_words(links, self.chain, self._amounts, known)
        passed = [figures.Prose("\n\n".join(told))] if told else []
        table = effects_table(links[direct], self.chain, say("chain.direct"), self._amounts)
        if direct.all():
            return Together([*passed, table])
        others = effects_table(links[~direct], self.chain, say("chain.effects"), self._amounts)
        return Together([*passed, table, figures.Folded(others)])

    def pass_through(self, links: pd.DataFrame | None = None) -> figures.Fragment:
        """The study's own rates beside the published ones; nothing for chains without any."""
        links = self._given(links)
        if links.empty or not self.chain.rates:
            return figures.Prose("")
        parts: list[figures.Fragment] = [Section(say("chain.rates"))]
        for rate in self.chain.rates:
            direct, total = beside_rate(links, rate)
            ends = self.chain.label(rate.source), self.chain.label(rate.target)
            parts.append(figures.Prose((direct or total).words(*ends)))
            parts.append(self._beside_rate(rate, direct, total))
        return Together(parts)

    def _beside_rate(
        self, rate: Rate, direct: PassThrough | None, total: PassThrough
    ) -> figures.Table:
        """A published rate and the study's own, by the direct link and along all paths."""
        source, target = self.chain.label(rate.source), self.chain.label(rate.target)
        step = _amount(rate.step, rate.step_unit)
        published = say("chain.rate published", value=_amount(rate.value, rate.unit))
        own = [(say("chain.rate direct"), direct), (say("chain.rate total"), total)]
        rows = [(published, fmt.number(rate.value, 1))] + [
            (what, fmt.estimate(found.points, found.lower, found.upper, 1))
            for what, found in own
            if found is not None
        ]
        notes = [say("chain.rate source", source=rate.citation), rate.note]
        if "percent" in (rate.unit, rate.step_unit):
            notes.append(say("chain.rate percent"))
        return figures.Table(
            pd.DataFrame(rows, columns=["rate", "points"]),
            caption=say("chain.rate caption", source=source, target=target, step=step),
            labels={"rate": say("column.rate"), "points": say("chain.rate points", target=target)},
            notes=[note for note in notes if note],
        )

    def exclusion(self) -> figures.Fragment:
        """How far the indirect link at the chain's end rests on no common cause beside it.

        Nothing for chains without such a link.
        """
        ends, found = excluded(self.chain), self._found.exclusion
        if ends is None or found is None:
            return figures.Prose("")
        source, mediator, target = map(self.chain.label, ends)
        heading = Section(say("chain.something else", mediator=mediator, target=target))
        if isinstance(found, NotEstimated):
            return Together(
                [heading, figures.Notice(found.reason, title=say("chain.not possible"))]
            )
        said = found.words(self.chain.label)
        named = {"source": source, "mediator": mediator, "target": target}
        lead = say("chain.exclusion", **named)
        if self._overall.ordered and not self._overall.organisations:
            lead = say("chain.exclusion numbers", told=lead)
        elif self._overall.organisations:
            lead = say("chain.exclusion basis", told=lead, rows=self._found.level.many)
        drawn = figures.band(
            *(found.table[name].to_list() for name in ("correlation", *_INTERVAL)),
            x_label=say("chain.unexplained"),
            y_label=say("chain.indirect strength"),
            alt=said,
            caption=say("chain.indirect caption", **named),
            marked=0.0,
            marked_label=say("chain.no correlation"),
        )
        told = say("chain.exclusion told", told=said)
        return Together([heading, figures.Prose(f"{lead}\n\n{told}"), drawn])

    def expected_signs(self, links: pd.DataFrame | None = None) -> figures.Prose:
        """Which links have the sign that is expected of them, and which are not the authors'."""
        direct = _direct(self._given(links))
        if direct.empty:
            return figures.Prose("")
        found = {(row["from"], row["to"]): LinkEstimate.of(row) for _, row in direct.iterrows()}
        label, main = self.chain.label, self.chain.without_shortcuts
        signed = [
            SignedLink(
                label(link.source),
                label(link.target),
                sign_of(found[link.source, link.target], link.expected),
                None if link.stated_by == "authors" else link not in main,
            )
            for link in self.chain.links
            if (link.source, link.target) in found
        ]
        return figures.Prose(interpretation.signs_in_words(signed))

    def by_organisation(self, links: OrganisationLinks | None = None) -> figures.Fragment:
        """Every organisation's links, and the effects from end to end, partially pooled."""
        found = self.organisation_links if links is None else links
        if found.reason:
            return no_organisation_links(found)
        names = self.study.organisations.set_index("organisation")["name"]
        parts: list[figures.Fragment] = []
        for _, effect in found.between.iterrows():
            if effect["effect"] == "direct" or self._spans(effect):
                parts += pooled_effect(found, effect, names, self.chain.label)
        return Together(parts)

    def two_levels(self) -> figures.Fragment:
        """Links between people of one unit and between units; nothing where rows are units."""
        found = two_level_links(self._rows.data)
        if self.links.empty or found is None:
            return figures.Prose("")
        heading = Section(say("two levels.heading"))
        if isinstance(found, NotEstimated):
            return Together([heading, figures.Prose(found.reason)])
        return Together([heading, *two_levels_told(found, self.chain)])

    def between_organisations(self) -> figures.Fragment:
        """How organisations' levels go together; nothing where there is one organisation."""
        found = self._found.between
        if found is None:
            return figures.Prose("")
        heading = Section(say("chain.between"))
        if found.reason:
            return Together([heading, figures.Prose(found.reason)])
        label = self.chain.label
        table = pd.DataFrame(
            {
                "pair": [
                    say("chain.pair", one=label(a), other=label(b))
                    for a, b in zip(found.table["from"], found.table["to"], strict=True)
                ],
                "correlation": estimates(
                    found.table[["correlation", "lower", "upper"]], say("link.not estimated")
                ),
                "organisations": found.table["organisations"],
            }
        )
        reasons = [
            say("chain.pair reason", pair=pair, reason=reason)
            for pair, reason in zip(table["pair"], found.table["reason"], strict=True)
            if reason
        ]
        return Together(
            [
                heading,
                figures.Prose(say("chain.between lead")),
                figures.Table(
                    table,
                    caption=say("chain.between caption"),
                    formats={"organisations": fmt.count},
                    labels={
                        "pair": say("column.levels of"),
                        "correlation": say("column.correlation"),
                        "organisations": say("column.organisations"),
                    },
                    notes=[
                        say("chain.between note"),
                        *reasons,
                    ],
                ),
            ]
        )

    def _spans(self, effect: pd.Series) -> bool:
        """Whether an indirect effect runs from a beginning of the chain to an end of it."""
        starts = {link.source for link in self.chain.links}
        ends = {link.target for link in self.chain.links}
        return (
            effect["effect"] == "indirect"
            and effect["from"] in starts - ends
            and effect["to"] in ends - starts
        )

    @cached_property
    def _satisfaction(self) -> SatisfactionFindings | NotEstimated | None:
        """The satisfaction index, or why there is none; None of a chain that asks for none."""
        weights = self._found.index_weights
        if not isinstance(weights, pd.Series):
            return weights
        return satisfaction_findings(self._shown, self.chain, weights, self.wave)

    def satisfaction_index(self) -> figures.Fragment:
        """The satisfaction index of all and of each; nothing for chains without one."""
        found = self._satisfaction
        if found is None:
            return figures.Prose("")
        heading = Section(say("chain.satisfaction"))
        if isinstance(found, NotEstimated):
            title = say("chain.satisfaction failed")
            return Together([heading, figures.Notice(found.reason, title=title)])
        names = self.study.organisations.set_index("organisation")["name"]
        plain = float(self.indices.loc[self.chain.satisfaction_index, "index"])
        return Together(
            [
                heading,
                satisfaction.in_words(found, plain),
                *satisfaction.over_waves(found, self.study),
                *satisfaction.among_sectors(found, self.study),
                satisfaction.drawn(found, names),
                figures.Folded(satisfaction.organisations_table(found, self.study, self._coverage)),
                satisfaction.weights_table(found, self.study),
            ]
        )

    def moderation(self) -> figures.Fragment:
        """Links by type of organisation and by channel; nothing where the study names neither."""
        if self.links.empty:
            return figures.Prose("")
        now, rows = self._sample, self.rows

        def section(by: str) -> list[figures.Fragment]:
            own = moderation.by_group(now, by, rows, self.wave)
            return [Section(moderation.heading(by)), *own]

        groupings = moderation.groupings(now, self._found.level, self.chain)
        return Together([part for own in side_by_side(section, groupings) for part in own])

    def held_equal(self) -> figures.Fragment:
        """Links with covariates of respondents held equal; nothing where none are named."""
        sources = {self.study.codebook.source_of(name) for name in self._constructs}
        known = covariates_of(self.study)
        names = list(dict.fromkeys(one for own in sources & {*known} for one in known[own]))
        if self.links.empty or not names:
            return figures.Prose("")
        items = {item for own in self.rows.items.values() for item in own}
        data = holding_equal(self._sample, items).chain_data(self.rows.chain, self.wave)
        found = overall_links(data, self._rows.organisations)
        heading = Section(say("chain.equal"))
        if found.links.empty:
            title = say("chain.equal.failed")
            return Together([heading, figures.Notice(found.reason, title=title)])
        return Together([heading, controls_table(self.links, found.links, self.chain, names)])

    def circle(self) -> figures.Fragment:
        """What identifies a reciprocal chain; nothing for others."""
        if not self.chain.circle:
            return figures.Prose("")
        heading = Section(say("chain.circle"))
        told = self._found.loop
        if isinstance(told, NotEstimated):
            return Together([heading, self._not_estimated()])
        lags = [say("chain.circle lags")] if self._over_waves() else []
        return Together([heading, figures.Prose("\n\n".join([*told, *lags]))])

    def _over_waves(self) -> bool:
        """Whether the study's page on trends follows the circle's constructs from wave to wave."""
        circle, own = set(self.chain.circle), self.study.runnable_chain().links
        return len(self.study.waves) > 1 and any(
            {link.source, link.target} <= circle for link in own
        )

    def rivals(self) -> figures.Fragment:
        """What its rivals say of the chain; of a chain that is not the study's own, their fits.

        Those of the study's own chain stand in the technical report.
        """
        found = self._found.rivals
        if isinstance(found, NotEstimated):
            return method.no_rivals(found)
        if self.chain.name != self.study.chain:
            return method.rivals(found, folded=True)
        told = figures.Prose(" ".join(found.words))
        return Together([told, figures.Prose(say("chain.rivals elsewhere"))])

    def fit(self) -> figures.Fragment:
        """How well the chain reproduces the data, in words, and its links with answers as ordered
        categories and as numbers."""
        fit, both = method.chain_fit(self._overall), self._overall.beside
        if both is None or self.links.empty:
            return fit
        table = ordered_table(both, self.chain)
        return Together([fit, table if self._overall.ordered else figures.Folded(table)])

    def measurement(self) -> figures.Fragment:
        """How reliably each construct is measured."""
        items = [self.study.codebook.items(name) for name in self._constructs]
        return reliability_table(
            self.chain,
            [self._reliability(name) for name in self._constructs],
            [fmt.count(len(own)) for own in items],
            say("column.questions"),
        )

    def method(self) -> figures.Prose:
        """How the numbers were made."""
        level = method.level_in_words(self.study, self.chain, self._found.level)
        told = [
            say(
                "chain.method",
                title=self.chain.title,
                citation=self.chain.citation.rstrip("."),
                level=level,
                models=method.models_in_words(self._overall),
            ),
            method.links_in_words(self._overall),
            self._answers_told(self._overall),
            f"{minimum_rule(self.study)} {say('chain.alternatives')}",
        ]
        if self.chain.satisfaction_index:
            told.append(say("satisfaction.formula"))
        if moderation.groupings(self._now.now, self._found.level, self.chain):
            told.append(say("moderation.method"))
        return figures.Prose("\n\n".join(part for part in told if part))

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows, the same for every chain."""
        fits = self._overall.of_items
        direct = _direct(self.links)
        if direct.empty:
            return KeyNumbers({say("chain.key strongest"): no_number(say("chain.key missing"))})
        strongest = direct.loc[direct["strength"].abs().idxmax()]
        label = self.chain.label
        clear = (direct["lower"] > 0) | (direct["upper"] < 0)
        numbers: dict[str, object] = {
            say("chain.key strongest"): f"{label(strongest['from'])} → {label(strongest['to'])}",
            say("chain.key strength"): interval(strongest, "strength", 2),
            say("chain.key clear"): say("chain.key number", clear=clear.sum(), links=len(direct)),
            say("chain.key rows"): self._found.level.counted(self._overall.rows),
            say("chain.key fit"): no_number(say("chain.key missing"))
            if fits is None or fits.measures is None
            else say(f"fits.{interpretation.model_fit(fits.measures)}"),
        }
        index = self._satisfaction
        if isinstance(index, SatisfactionFindings):
            numbers[say("satisfaction.index")] = interval(index.together, "index", 1)
        return KeyNumbers(numbers)


def _amount(value: float, unit: str) -> str:
    """A number of points or percent."""
    if unit == "percent":
        return say("amount.percent", count=fmt.general(value))
    return say("amount.points", count=int(value) if value.is_integer() else value)


def _direct(links: pd.DataFrame) -> pd.DataFrame:
    return links if links.empty else links[links["effect"] == "direct"]
