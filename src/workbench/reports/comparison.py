"""The benchmark report: all organisations beside each other."""

from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy, open_study
from workbench.figures import format as fmt
from workbench.reports import method, words
from workbench.reports.keynumbers import KeyNumbers
from workbench.reports.pieces import ASSOCIATION, Heading, Together, chain_figure, links_table
from workbench.reports.shared import Shared, compute, load


def benchmark_report(
    study: str | Path | ChainStudy,
    wave: str | None = None,
    shared: str | Path | Shared | None = None,
) -> "BenchmarkReport":
    """Open the report that sets all organisations beside each other.

    Parameters as in :func:`workbench.reports.organisation.organisation_report`.
    """
    study = study if isinstance(study, ChainStudy) else open_study(study)
    if isinstance(shared, str | Path) and str(shared):
        shared = load(Path(shared))
    if not isinstance(shared, Shared):
        shared = compute(study, wave or None)
    return BenchmarkReport(study, shared)


class BenchmarkReport:
    """Findings over all organisations, section by section, in the order of the page."""

    def __init__(self, study: ChainStudy, shared: Shared) -> None:
        self.study = study
        self.shared = shared
        self.constructs = [construct.name for construct in shared.chain.constructs]
        self._names = study.organisations.set_index("organisation")["name"]

    def _label(self, construct: str) -> str:
        return self.shared.chain.label(construct)

    @cached_property
    def _current(self) -> pd.DataFrame:
        table = self.shared.indices
        return table[(table["wave"] == self.shared.wave) & (table["organisation"] != "")]

    @property
    def _direct(self) -> pd.DataFrame:
        pooled = self.shared.pooled.links
        return pooled[pooled["effect"] == "direct"] if len(pooled) else pooled

    def title(self) -> Heading:
        """The study, and the wave where the study has waves."""
        wave = f", {self.shared.wave}" if self.shared.wave else ""
        return Heading(f"Benchmark: all organisations{wave}")

    def headline(self) -> figures.Prose:
        """The findings in plain words."""
        fits = self.shared.own_fits
        shown = self._current["organisation"].nunique()
        standing = " ".join(
            f"**{self._label(construct)} stands at {fmt.number(row['index'], 0)} of 100** over all "
            f"organisations ({fmt.interval(row['lower'], row['upper'], 0)})."
            for construct in self.constructs
            if (row := self.shared.index("", construct, self.shared.wave)) is not None
        )
        found = " ".join(
            words.link_in_words(
                self._label(row["from"]),
                self._label(row["to"]),
                row["strength"],
                row["lower"],
                row["upper"],
            )
            for _, row in self._direct.iterrows()
        )
        own = (
            f"Of {words.counted(len(fits), 'organisation')}, {shown} have numbers that may be "
            f"shown, and {int(fits['estimated'].sum())} are large and even enough for links of "
            "their own."
        )
        rows = words.counted(self.shared.pooled.rows, self.shared.level[:-1])
        links = f"**Between the {rows} of all organisations:** {found}" if found else ""
        return figures.Prose("\n\n".join(p for p in (standing, links, own, ASSOCIATION) if p))

    def chain_diagram(self) -> figures.Fragment:
        """The pooled chain."""
        return chain_figure(self.shared, "", self.shared.pooled.links, pooled=False)

    def links_table(self) -> figures.Fragment:
        """Direct, indirect and total effects over all organisations together."""
        return links_table(
            self.shared.pooled.links, self.shared, "Links of the chain, all organisations together"
        )

    def indices(self) -> Together:
        """Every organisation's index, one figure per construct."""
        return Together([self._indices_of(construct) for construct in self.constructs])

    def _indices_of(self, construct: str) -> figures.Fragment:
        rows = self._current[self._current["construct"] == construct].set_index("organisation")
        everyone = self.shared.index("", construct, self.shared.wave)
        label = self._label(construct)
        if rows.empty or everyone is None:
            return figures.Notice("No organisation may be shown.", title=label)
        every = rows.reindex(self.study.organisations["organisation"])
        cover = self.shared.coverage
        source = self.study.codebook.source_of(construct)
        counts = cover[(cover["wave"] == self.shared.wave) & (cover["source"] == source)].set_index(
            "organisation"
        )["respondents"]
        frame = pd.DataFrame(
            {
                "label": self._names.loc[every.index].to_numpy(),
                "value": every["index"].to_numpy(),
                "lower": every["lower"].to_numpy(),
                "upper": every["upper"].to_numpy(),
                "reason": [
                    self._hidden_reason(source, int(counts.get(name, 0)), name in rows.index)
                    for name in every.index
                ],
            }
        )
        low, high = rows["index"].min(), rows["index"].max()
        return figures.caterpillar(
            frame,
            alt=(
                f"{label} runs from {fmt.number(low, 0)} to {fmt.number(high, 0)} over "
                f"{words.counted(len(rows), 'organisation')}; all together "
                f"{fmt.number(everyone['index'], 0)}."
            ),
            caption=f"{label}: index (0–100) with 95% interval",
            measure="Index",
            pooled=(everyone["index"], everyone["lower"], everyone["upper"]),
            decimals=0,
        )

    def _hidden_reason(self, source: str, respondents: int, shown: bool) -> str:
        from workbench.reports.disclosure import hidden_reason

        return "" if shown else hidden_reason(self.study, source, respondents)

    def link_strengths(self) -> Together:
        """Every organisation's links, one figure per link."""
        return Together([self._strengths_of(row) for _, row in self._direct.iterrows()])

    def _strengths_of(self, pooled: pd.Series) -> figures.Fragment:
        source, target = self._label(pooled["from"]), self._label(pooled["to"])
        own = self.shared.own_links
        if len(own):
            own = own[
                (own["from"] == pooled["from"])
                & (own["to"] == pooled["to"])
                & (own["effect"] == "direct")
            ].set_index("organisation")
        columns = ["strength", "lower", "upper"]
        fits = self.shared.own_fits.set_index("organisation")
        every = own.reindex(fits.index)[columns] if len(own) else None
        frame = pd.DataFrame(
            {
                "label": self._names.loc[fits.index].to_numpy(),
                "value": float("nan") if every is None else every["strength"].to_numpy(),
                "lower": float("nan") if every is None else every["lower"].to_numpy(),
                "upper": float("nan") if every is None else every["upper"].to_numpy(),
                "reason": "no estimate of its own",
            }
        )
        estimated = int(fits["estimated"].sum())
        return figures.caterpillar(
            frame,
            alt=(
                f"{source} to {target}: {fmt.number(pooled['strength'])} over all organisations "
                f"together; {words.counted(estimated, 'organisation')} with an estimate of "
                "their own."
            ),
            caption=f"{source} → {target}: strength with 95% interval",
            measure="Strength",
            pooled=(pooled["strength"], pooled["lower"], pooled["upper"]),
            zero=True,
        )

    def without_estimate(self) -> figures.Fragment:
        """Which organisations have no links of their own, and why."""
        fits = self.shared.own_fits
        missing = fits[~fits["estimated"]]
        if missing.empty:
            return figures.Prose("The links could be estimated in every organisation.")
        table = pd.DataFrame(
            {
                "organisation": self._names.loc[missing["organisation"]].to_numpy(),
                "reason": missing["reason"].to_numpy(),
            }
        )
        return figures.Table(
            table,
            caption="Organisations without links of their own",
            labels={"organisation": "Organisation", "reason": "Why"},
            notes=["Their pages show the links of all organisations together."],
        )

    def measurement(self) -> Together:
        """How well the questions measure, and how well the chain's model fits."""
        table = self.shared.reliability
        shown = pd.DataFrame(
            {
                "construct": [self._label(name) for name in table["construct"]],
                "alpha": [
                    fmt.estimate(*row, missing="no estimate")
                    for row in table[["alpha", "lower", "upper"]].to_numpy()
                ],
                "omega": [fmt.number(value, missing="no estimate") for value in table["omega"]],
                "n": table["n"],
                "words": [words.reliability_in_words(value) for value in table["alpha"]],
            }
        )
        return Together(
            [
                figures.Table(
                    shown,
                    caption="Reliability of the scores over all organisations",
                    formats={"n": fmt.count},
                    labels={
                        "construct": "Construct",
                        "alpha": "Cronbach's alpha (95% interval)",
                        "omega": "Omega",
                        "n": "Rows",
                        "words": "Which is",
                    },
                ),
                method.fit_of_pooled(self.shared),
            ]
        )

    def data_quality(self) -> Together:
        """Who answered over all organisations, and what was set aside."""
        cover = self.shared.coverage
        now = cover[(cover["wave"] == self.shared.wave) & cover["shown"]]
        table = (
            now.groupby("source", sort=False)
            .agg(
                organisations=("organisation", "nunique"),
                units=("units", "sum"),
                respondents=("respondents", "sum"),
            )
            .reset_index()
        )
        table["respondents"] = [
            fmt.count(n) if n else "rows are units" for n in table["respondents"]
        ]
        return Together(
            [
                figures.Table(
                    table,
                    caption="Who answered, in the organisations that are shown",
                    formats={"organisations": fmt.count, "units": fmt.count},
                    labels={
                        "source": "Source",
                        "organisations": "Organisations",
                        "units": "Units",
                        "respondents": "Respondents",
                    },
                ),
                method.set_aside(self.study, self.constructs),
            ]
        )

    def method(self) -> figures.Fragment:
        """How the numbers were made."""
        return method.method(self.study, self.shared)

    def provenance(self) -> figures.Fragment:
        """Which data and which programs made this page."""
        return method.provenance(self.study)

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows."""
        numbers: dict[str, object] = {}
        for construct in self.constructs:
            row = self.shared.index("", construct, self.shared.wave)
            if row is not None:
                numbers[self._label(construct)] = {
                    "value": row["index"],
                    "lower": row["lower"],
                    "upper": row["upper"],
                    "digits": 0,
                }
        for _, link in self._direct.iterrows():
            numbers[f"{self._label(link['from'])} → {self._label(link['to'])}"] = {
                "value": link["strength"],
                "lower": link["lower"],
                "upper": link["upper"],
                "digits": 2,
            }
        return KeyNumbers(numbers)
