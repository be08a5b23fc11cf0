"""The benchmark report: all organisations beside each other."""

from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench import figures, interpretation
from workbench.benchmark import TypeGaps, funnel
from workbench.chain import ChainStudy
from workbench.interpretation import Comparison, LinkEstimate, Place
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.reports import norms, organisation_types, segments, themes
from workbench.reports.disclosure import hidden_symbol
from workbench.reports.keynumbers import KeyNumbers, interval, no_number
from workbench.reports.norms import Own
from workbench.reports.page import SharedPage
from workbench.reports.pieces import (
    Heading,
    Section,
    Together,
    association,
    no_organisation_links,
    pooled_effect,
)
from workbench.reports.shared import Shared, opened


def benchmark_report(
    study: str | Path | ChainStudy,
    wave: str | int | None = None,
    shared: str | Path | Shared | None = None,
) -> "BenchmarkReport":
    """Open the report that sets all organisations beside each other.

    Parameters
    ----------
    study, wave, shared
        As in :func:`workbench.reports.organisation_report`.

    Raises
    ------
    StudyError, UnknownNameError
        If the study or the wave is not right.

    Examples
    --------
    >>> import workbench as wb
    >>> page = wb.reports.benchmark_report(wb.open_study("data/demo"))
    >>> index = page.key_numbers().numbers["Trust"]
    >>> round(float(index["value"])), round(float(index["lower"])), round(float(index["upper"]))
    (58, 57, 59)
    """
    study, shared = opened(study, wave, shared)
    return BenchmarkReport(study, shared)


class BenchmarkReport(SharedPage):
    """Findings over all organisations, section by section, in the order of the page."""

    @cached_property
    def _current(self) -> pd.DataFrame:
        table = self.shared.indices
        return table[(table["wave"] == self.wave) & (table["organisation"] != "")]

    @property
    def _direct(self) -> pd.DataFrame:
        pooled = self.shared.pooled.links
        return pooled[pooled["effect"] == "direct"] if len(pooled) else pooled

    def title(self) -> Heading:
        """The study, and the wave where the study has waves."""
        return self._titled(say("benchmark.title"))

    def headline(self) -> figures.Prose:
        """The findings in plain words."""
        fits = self.shared.links.fits
        shown = self._current["organisation"].nunique()
        standing = " ".join(
            say(
                "benchmark.standing",
                construct=self._label(construct),
                index=fmt.number(row["index"], 0),
                span=fmt.interval(row["lower"], row["upper"], 0),
            )
            for construct in self._constructs
            if (row := self._index("", construct)) is not None
        )
        found = " ".join(
            interpretation.link_in_words(
                self._label(row["from"]), self._label(row["to"]), LinkEstimate.of(row)
            )
            for _, row in self._direct.iterrows()
        )
        own = say(
            "benchmark.shown",
            shown=fmt.count(shown),
            organisations=counted(len(fits), "organisation"),
            links=fmt.count(int(fits["estimated"].sum())),
        )
        rows = self.shared.level.counted(self.shared.pooled.rows)
        links = say("benchmark.links", rows=rows, links=found) if found else ""
        links = " ".join(part for part in (links, self.shared.pooled.basis) if part)
        return figures.Prose("\n\n".join(p for p in (standing, links, own, association()) if p))

    def chain_diagram(self) -> figures.Fragment:
        """The pooled chain."""
        return self._drawn("", self.shared.pooled.links)

    def links_table(self) -> figures.Fragment:
        """Direct, indirect and total effects over all organisations together."""
        return self._links_table(self.shared.pooled.links, say("benchmark.links caption"))

    def indices(self) -> Together:
        """Every organisation's index, one figure per construct."""
        return Together([self._indices_of(construct) for construct in self._constructs])

    def _indices_of(self, construct: str) -> figures.Fragment:
        rows = self._current[self._current["construct"] == construct].set_index("organisation")
        everyone = self._index("", construct)
        label = self._label(construct)
        if rows.empty or everyone is None:
            return figures.Notice(say("benchmark.nobody"), title=label)
        every = rows.reindex(self.study.organisations["organisation"])
        cover = self._coverage
        source = self.study.codebook.source_of(construct)
        counts = cover[(cover["wave"] == self.wave) & (cover["source"] == source)].set_index(
            "organisation"
        )["respondents"]
        frame = pd.DataFrame(
            {
                "label": self._names.loc[every.index].to_numpy(),
                "value": every["index"].to_numpy(),
                "lower": every["lower"].to_numpy(),
                "upper": every["upper"].to_numpy(),
                "reason": [
                    interpretation.why_no_interval(int(row["units"]), row["se"])
                    if name in rows.index
                    else hidden_symbol(int(counts.get(name, 0)))
                    for name, row in every.iterrows()
                ],
            }
        )
        low, high = rows["index"].min(), rows["index"].max()
        return figures.caterpillar(
            frame,
            alt=say(
                "benchmark.index",
                construct=label,
                low=fmt.number(low, 0),
                high=fmt.number(high, 0),
                organisations=counted(len(rows), "organisation"),
                index=fmt.number(everyone["index"], 0),
            ),
            caption=say("benchmark.index caption", construct=label),
            measure=say("column.index"),
            pooled=(everyone["index"], everyone["lower"], everyone["upper"]),
            lines=norms.lines(norms.listed(self.study)[0], construct),
            decimals=0,
        )

    def norms(self) -> figures.Fragment:
        """Scores that others published beside those of the study; nothing without a list."""
        found = norms.beside(self.study, self._own_score, self._measure, say("norms.study"))
        if not isinstance(found, figures.Table):
            return found
        return Together([Section(say("norms.heading")), found])

    def _own_score(self, measure: str, kind: str) -> Own | None:
        """What stands beside a published score: the mean of its type, or of all together."""
        if measure in self.shared.items["item"].to_numpy():
            return norms.own_item(self.study, self.shared.items, measure)
        if measure in self._gaps and kind:
            types = self._gaps[measure].table.set_index("type")
            if kind in types.index:
                return norms.own_of(types.loc[kind], "mean")
        row = self._index("", measure)
        return None if row is None else norms.own_of(row, "index")

    @cached_property
    def _gaps(self) -> dict[str, TypeGaps]:
        """How types of organisation differ, by construct."""
        types = self.study.organisations.set_index("organisation")["type"]
        return organisation_types.gaps_of(self._current, types)

    def link_strengths(self) -> Together:
        """Every organisation's links, partially pooled, and how far organisations differ."""
        links = self.shared.links
        if links.reason:
            return Together([no_organisation_links(links)])
        parts: list[figures.Fragment] = []
        for _, row in links.between[links.between["effect"] == "direct"].iterrows():
            parts += pooled_effect(links, row, self._names, self._label)
        return Together(parts)

    def apart(self) -> Together:
        """Which organisations can be told from the others: funnels and tests."""
        return Together([self._apart_in(construct) for construct in self._constructs])

    def _apart_in(self, construct: str) -> figures.Fragment:
        label = self._label(construct)
        rows = self._current[self._current["construct"] == construct].set_index("organisation")
        rows = rows[rows["lower"].notna()]
        if len(rows) < 3:
            return figures.Notice(say("benchmark.few"), title=label)
        rows.index = pd.Index(self._names.loc[rows.index])
        found = funnel(rows["index"], rows["se"], rows["units"] - 1)
        drawn = figures.funnel(
            found.organisations,
            found.limits,
            found.target,
            y_label=label,
            alt=say("benchmark.funnel", construct=label, told=found.words),
            caption=say("benchmark.funnel caption", construct=label),
        )
        above, below = self._distinct(construct)
        places = found.organisations["position"]
        far = [name for name, place in places.items() if Place(place).far]
        told = [
            f"**{interpretation.median_in_words(above, below)}**",
            found.words,
            interpretation.only_far_in_words([n for n in far if n not in (*above, *below)]),
        ]
        return Together([drawn, figures.Prose(" ".join(filter(None, told)))])

    def _distinct(self, construct: str) -> tuple[list[str], list[str]]:
        """The organisations that are clearly above and below the median of all."""
        places = self.shared.places[self.shared.places["construct"] == construct]
        above, below = (
            list(self._names.loc[places.loc[places["distinct"] == side, "organisation"]])
            for side in (Comparison.ABOVE, Comparison.BELOW)
        )
        return above, below

    def types(self) -> figures.Fragment:
        """Types beside each other, and ranks within each; nothing where there are no types."""
        table = self.shared.places_in_type
        if table.empty:
            return figures.Prose("")
        label, gaps = self._label, self._gaps
        compared = [
            organisation_types.in_words(gaps, label),
            organisation_types.gaps_table(gaps, label),
            organisation_types.shares_table(self.shared.levels, label),
        ]
        frame = pd.DataFrame(
            {"organisation": self._names.loc[table["organisation"]].to_numpy()}
            | {"type": table["type"].to_numpy(), "construct": table["construct"].to_numpy()}
        )
        frame["place"] = [
            interpretation.position_in_words(row.rank_lower, row.rank_upper, int(row.ranked))
            or say("benchmark.no place")
            for row in table.itertuples()
        ]
        wide = frame.pivot(index=["type", "organisation"], columns="construct", values="place")
        wide = wide.reindex(columns=self._constructs).reset_index()
        place = {name: number for number, name in enumerate(self._names)}
        wide = wide.sort_values(
            "organisation", key=lambda names: names.map(place), kind="stable"
        ).sort_values("type", kind="stable")
        ranks = figures.Table(
            wide,
            caption=say("benchmark.types caption"),
            columns=["organisation", "type", *self._constructs],
            labels={
                "organisation": say("column.organisation"),
                "type": say("column.type"),
                **{name: self._label(name) for name in self._constructs},
            },
            missing=say("benchmark.not shown"),
        )
        listed = figures.folded_if_long(ranks)
        return Together([Section(say("benchmark.types")), *(compared if gaps else ()), listed])

    def segments(self) -> figures.Fragment:
        """Indices by what is known of respondents; nothing where nothing is."""
        return segments.section(self.shared.segments, self._constructs, self._label)

    def themes(self) -> figures.Fragment:
        """What people wrote in their own words, by themes; nothing where nobody was asked to."""
        return themes.section(self.study, self.shared.themes, self._names)

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows."""
        numbers: dict[str, object] = {}
        for construct in self._constructs:
            row = self._index("", construct)
            if row is not None:
                numbers[self._label(construct)] = interval(row, "index", 0)
        for _, link in self._direct.iterrows():
            label = f"{self._label(link['from'])} → {self._label(link['to'])}"
            numbers[label] = interval(link, "strength", 2)
        return KeyNumbers(numbers or {say("benchmark.key"): no_number(say("benchmark.key none"))})
