"""The technical report: how the numbers on a study's pages were made, and how certain they are."""

from pathlib import Path
from typing import Any

import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy, Rivals
from workbench.drivers.rows import labels_of
from workbench.interpretation import NotEstimated
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import LARGEST_ERROR, RELIABLE_FOR_GROUPS
from workbench.interpretation.messages import say
from workbench.reports import method
from workbench.reports.findings import necessity_section
from workbench.reports.keynumbers import KeyNumbers, no_number
from workbench.reports.page import SharedPage
from workbench.reports.page_names import page_name
from workbench.reports.pieces import Heading, Together, estimates, question, reliability_table
from workbench.reports.shared import Shared, opened
from workbench.text import capitalised


def technical_report(
    study: str | Path | ChainStudy,
    wave: str | int | None = None,
    shared: str | Path | Shared | None = None,
) -> "TechnicalReport":
    """Open the report on how the numbers of all pages were made.

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
    >>> page = wb.reports.technical_report(wb.open_study("data/demo"))
    >>> page.title().text
    'Technical report, 2024'
    >>> page.key_numbers().numbers["Second program (semopy) has the same estimates"]
    'yes'
    """
    study, shared = opened(study, wave, shared)
    return TechnicalReport(study, shared)


class TechnicalReport(SharedPage):
    """How the numbers were made, section by section, in the order of the page."""

    def title(self) -> Heading:
        """What the page is, and the wave where the study has waves."""
        return self._titled(say("technical.title"))

    def headline(self) -> figures.Prose:
        """What the page is for."""
        return figures.Prose(say("technical.lead"))

    def organisations(self) -> figures.Table | figures.Folded:
        """Every organisation's direct links: pooled, by its own data alone, and their weights.

        The first row of an organisation has the name of its page for an anchor.
        """
        rows = [row for fit in self.shared.links.fits.itertuples() for row in self._links_of(fit)]
        columns = ["organisation", "rows", "link", "pooled", "own", "weight", "anchor"]
        uncertain = say("too uncertain key", error=fmt.number(LARGEST_ERROR, 1))
        table = figures.Table(
            pd.DataFrame(rows, columns=columns),
            caption=say("technical.weights"),
            columns=columns[:-1],
            anchors="anchor",
            labels={
                "organisation": say("column.organisation"),
                "rows": capitalised(self.shared.level.many),
                "link": say("column.link"),
                "pooled": say("column.pooled"),
                "own": say("column.own"),
                "weight": say("column.weight of others"),
            },
            notes=[method.one_model(), say("technical.weights note"), uncertain],
        )
        return figures.folded_if_long(table)

    def _links_of(self, fit: Any) -> list[tuple[str, ...]]:
        """The rows of one organisation, or the one that says why it has no links."""
        name = str(self._names[fit.organisation])
        anchor = page_name("organisation", organisation=fit.organisation)
        count = self.shared.level.number(fit.rows) if fit.rows else say("benchmark.not shown")
        pooled = _direct(self.shared.links.pooled, fit.organisation)
        if pooled.empty or not pooled["from_own"].any():
            return [(name, count, "", fit.reason, "", "", anchor)]
        own = _direct(self.shared.links.own, fit.organisation)
        alone = {(row["from"], row["to"]): row for row in own.to_dict("records")}
        told: list[tuple[str, ...]] = []
        for row in pooled.to_dict("records"):
            mine = alone.get((row["from"], row["to"]))
            told.append(
                (
                    name,
                    count,
                    f"{self._label(row['from'])} → {self._label(row['to'])}",
                    _strength(row),
                    say("link.too uncertain") if mine is None else _strength(mine),
                    fmt.percent(row["shrinkage"]),
                    "" if told else anchor,
                )
            )
        return told

    def uncorrected(self) -> figures.Fragment:
        """The same links as plain unit means give them."""
        found = self.shared.without_correction
        if found.empty:
            return figures.Prose("")
        return self._links_table(found, say("benchmark.uncorrected"))

    def meeting(self) -> Together:
        """How far units differ, and where employees and clients meet."""
        if self.study.columns.rows_apart:
            return Together([figures.Prose(say("benchmark.no units"))])
        found, no_people = self.shared.meeting, say("benchmark.rows are units")
        frame = found.frame
        sources = [self.study.sources[name] for name in frame["source"]]
        table = pd.DataFrame(
            {
                "construct": [self._label(name) for name in frame["construct"]],
                "units": frame["units"].to_numpy(),
                "respondents": [
                    no_people if source.rows == "units" else fmt.count(number)
                    for source, number in zip(sources, frame["respondents"], strict=True)
                ],
                "icc1": estimates(frame[["icc1", "icc1_lower", "icc1_upper"]], no_people),
                "icc2": [fmt.number(v, missing=no_people) for v in frame["icc2"]],
                "rwg": [fmt.number(v, missing=no_people) for v in frame["rwg"]],
            }
        )
        return Together(
            [
                figures.Table(
                    table,
                    caption=say("benchmark.units"),
                    formats={"units": fmt.count},
                    labels={
                        "construct": say("column.construct alone"),
                        "units": say("column.units"),
                        "respondents": say("column.median respondents"),
                        "icc1": "ICC(1)",
                        "icc2": "ICC(2)",
                        "rwg": say("column.rwg"),
                    },
                    notes=[say("benchmark.icc")],
                ),
                *(figures.Prose(sentence) for sentence in found.sentences),
            ]
        )

    def measurement(self) -> Together:
        """How well the questions measure, and how well the chain's model fits."""
        found = [self.shared.reliability[name] for name in self._constructs]
        counts = [
            self._counted(name, one.n) for name, one in zip(self._constructs, found, strict=True)
        ]
        table = reliability_table(self.chain, found, counts, say("column.rows"))
        return Together([table, self._fit()])

    def data_quality(self) -> Together:
        """Who answered over all organisations, and what was set aside."""
        cover = self._coverage
        now = cover[(cover["wave"] == self.wave) & cover["shown"]]
        table = (
            now.groupby("source", sort=False)
            .agg(
                organisations=("organisation", "nunique"),
                units=("units", "sum"),
                respondents=("respondents", "sum"),
            )
            .reset_index()
        )
        labels = {
            "source": say("column.source"),
            "organisations": say("column.organisations"),
            "units": say("column.units"),
            "respondents": say("column.respondents"),
        }
        if self.study.columns.unit is None:
            del labels["units"]
        table = table[list(labels)]
        table["respondents"] = [
            fmt.people(n) if n else say("benchmark.rows are units") for n in table["respondents"]
        ]
        return Together(
            [
                figures.Table(
                    table,
                    caption=say("benchmark.respondents"),
                    formats={
                        name: fmt.count for name in ("organisations", "units") if name in labels
                    },
                    labels=labels,
                ),
                method.set_aside(self.shared.set_aside, self.study.minimum_count),
            ]
        )

    def questionnaire(self) -> figures.Folded:
        """Every question of the study, of whom it was asked, and how it could be answered."""
        codebook = self.study.codebook
        labels = labels_of(self.study, codebook.constructs)
        frame = codebook.frame
        rows = pd.DataFrame(
            {
                "question": [question(codebook, item) for item in frame["item"]],
                "construct": [labels[name] for name in frame["construct"]],
                "source": frame["source"],
                "answers": [self._answers_to(item) for item in frame["item"]],
            }
        )
        table = figures.Table(
            rows,
            caption=say("technical.questionnaire"),
            labels={
                "question": say("column.question"),
                "construct": say("column.construct alone"),
                "source": say("column.source"),
                "answers": say("column.answers"),
            },
        )
        return figures.Folded(table)

    def _answers_to(self, item: str) -> str:
        """The codes of a question, with their words where the codebook has any."""
        scale = self.study.codebook.file_scale(item)
        words = self.study.codebook.labels(item)
        if not words:
            return say(
                "technical.answers", low=fmt.general(scale.low), high=fmt.general(scale.high)
            )
        return "; ".join(
            say("technical.labelled", code=fmt.general(code), words=words[code])
            for code in sorted(words)
        )

    def necessity(self) -> figures.Fragment:
        """Whether good service is ever seen without engaged people, and trust without service."""
        return necessity_section(self.shared.conditions)

    def rivals(self) -> figures.Fragment:
        """The study's chain beside its rivals on the same data."""
        found = self._rivals
        if isinstance(found, NotEstimated):
            return method.no_rivals(found)
        return method.rivals(found)

    @property
    def _rivals(self) -> Rivals | NotEstimated:
        return self.shared.own.rivals

    def key_numbers(self) -> KeyNumbers:
        """How many constructs are measured reliably, what the chain was compared with, and whether
        a second program has the same estimates."""
        alphas = [self.shared.reliability[name].alpha for name in self._constructs]
        rivals, agrees = self._rivals, self.shared.own.overall.agrees
        key = "unknown" if agrees is None else "yes" if agrees else "no"
        return KeyNumbers(
            {
                say("technical.key reliable", least=fmt.fraction(RELIABLE_FOR_GROUPS)): say(
                    "technical.key number",
                    reliable=sum(alpha >= RELIABLE_FOR_GROUPS for alpha in alphas),
                    constructs=len(alphas),
                ),
                say("technical.key rivals"): no_number(say("chain.key missing"))
                if isinstance(rivals, NotEstimated)
                else fmt.count(len(rivals.table) - 1),
                say("technical.key engine"): say(f"technical.key engine {key}"),
            }
        )


def _direct(links: pd.DataFrame, organisation: str) -> pd.DataFrame:
    """The direct links of one organisation."""
    if links.empty:
        return links
    return links[(links["organisation"] == organisation) & (links["effect"] == "direct")]


def _strength(row: dict[Any, Any]) -> str:
    return fmt.estimate(row["strength"], row["lower"], row["upper"])
