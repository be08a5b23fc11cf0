"""The satisfaction index in the report of a chain that has one: level, places, changes, weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench import figures, interpretation
from workbench.benchmark import satisfaction_indices, satisfaction_trend, type_gaps
from workbench.chain import Chain, ChainStudy
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.measurement import item_means
from workbench.reports import norms
from workbench.reports.disclosure import ROUNDED_BELOW, hidden_reason
from workbench.reports.pieces import question


@dataclass(frozen=True)
class SatisfactionFindings:
    """The satisfaction index of a study, see :func:`workbench.benchmark.satisfaction_indices`.

    ``weights`` of the questions by item; ``table`` of organisations that are shown; ``trend`` of
    all together over the waves (:func:`workbench.benchmark.satisfaction_trend`), and their means of
    the ``questions`` on 0–100 by wave, NaN where hidden; ``before``, the wave that changes are
    since, "" if there is none.
    """

    chain: Chain
    weights: pd.Series
    table: pd.DataFrame
    trend: pd.DataFrame
    questions: pd.DataFrame
    wave: str
    before: str

    @property
    def together(self) -> pd.Series:
        """All organisations together."""
        return self.table.iloc[0]

    def change(self, row: Mapping[Any, Any]) -> interpretation.Change:
        """The change in a row of the table since the wave before."""
        return interpretation.Change(
            row["change"],
            row["change_lower"],
            row["change_upper"],
            interpretation.Movement(row["direction"]),
            self.before,
            self.wave,
        )


def satisfaction_findings(
    shown: ChainStudy, chain: Chain, weights: pd.Series, wave: str
) -> SatisfactionFindings:
    """Compute the index of a chain with the ``weights`` of its questions."""
    place = shown.waves.index(wave) if wave else 0
    before = shown.waves[place - 1] if place else ""
    table = satisfaction_indices(shown, weights, wave, before)
    trend = satisfaction_trend(shown, weights)
    return SatisfactionFindings(
        chain, weights, table, trend, _question_means(shown, weights), wave, before
    )


def _question_means(shown: ChainStudy, weights: pd.Series) -> pd.DataFrame:
    """Means of the index's questions on 0–100 over all organisations, by item and wave.

    NaN where fewer than ``ROUNDED_BELOW`` people answered one: beside the index, which weighs the
    means, they could tell what a few people said.
    """
    means = item_means(shown, list(weights.index), by=("wave",))
    means["points"] = [
        shown.codebook.scale(row["item"]).points(row["mean"]) for row in means.to_dict("records")
    ]
    means.loc[means["n"] < ROUNDED_BELOW, "points"] = np.nan
    wide = means.astype({"wave": "str"}).pivot(index="item", columns="wave", values="points")
    return wide.reindex(index=weights.index, columns=shown.waves or [""])


def in_brief(found: SatisfactionFindings) -> str:
    """The index of all together and what changed, in two sentences."""
    row = found.together
    level = interpretation.index_in_words(row, 1)
    change = ""
    if found.before:
        label, reason = say("index.the"), say("index.no change")
        change = interpretation.change_sentence(label, found.change(row), reason)
    return say("index.together", index=level, change=change).rstrip()


def in_words(found: SatisfactionFindings, plain: float) -> figures.Prose:
    """The same, and the plain mean beside it."""
    return figures.Prose(
        say("satisfaction.unweighted", told=in_brief(found), mean=fmt.number(plain, 1))
    )


def over_waves(found: SatisfactionFindings, study: ChainStudy) -> list[figures.Fragment]:
    """Points, percent change and rises or falls in a row, then every question; [] with one wave."""
    trend = found.trend.set_index("wave")
    if len(trend) < 2:
        return []
    now = trend.loc[found.wave]
    told = ""
    if now["run"]:
        kind = "rises" if now["run"] > 0 else "falls"
        told = say(
            f"satisfaction.run.{kind}",
            run=fmt.count(abs(now["run"])),
            clear=fmt.count(now["clear"]),
        )
    rows = [
        {
            "wave": wave,
            "index": fmt.estimate(row["index"], row["lower"], row["upper"], 1),
            "change": fmt.estimate(row["change"], row["change_lower"], row["change_upper"], 1),
            "percent": fmt.number(row["percent"], 1, signed=True),
        }
        for wave, row in trend.iterrows()
    ]
    labels = {
        "wave": say("column.wave"),
        "index": say("column.index with interval"),
        "change": say("satisfaction.change in points"),
        "percent": say("satisfaction.change in percent"),
    }
    table = figures.Table(pd.DataFrame(rows), say("satisfaction.trend"), labels=labels)
    items = list(found.questions.index)
    questions = found.questions.reset_index(drop=True)
    questions.insert(0, "question", [question(study.codebook, item) for item in items])
    by_question = figures.Table(
        questions,
        say("satisfaction.questions"),
        quoted=["question"],
        formats={wave: lambda value: fmt.number(value, 1) for wave in trend.index},
        labels={"question": say("column.question")},
        missing=say("symbol.confidential"),
    )
    return [*([figures.Prose(told)] if told else []), table, by_question]


def among_sectors(found: SatisfactionFindings, study: ChainStudy) -> list[figures.Fragment]:
    """The index beside its types of organisation and beside scores published of sectors.

    [] where there are neither; what is wrong with the list of published scores the benchmark says.
    """
    published, _ = norms.listed(study)
    published = published[published["measure"] == found.chain.satisfaction_index]
    rows = [(say("trend.everyone"), found.together["index"], say("satisfaction.this study"))]
    own = found.table.iloc[1:].set_index("organisation")
    kinds = study.organisations.set_index("organisation")["type"].loc[own.index]
    if kinds.replace("", None).nunique() > 1:
        means = type_gaps(own["index"], own["se"], kinds).table
        rows += [
            (row["type"], row["mean"], say("satisfaction.this study"))
            for row in means.to_dict("records")
        ]
    others = [
        (
            row["type"] or say("norms.all"),
            row["score"],
            say("norms.line", source=row["source"], date=fmt.day(row["date"])),
        )
        for row in published.to_dict("records")
    ]
    if len(rows) + len(others) < 2:
        return []
    frame = pd.DataFrame(rows + others, columns=["sector", "index", "source"])
    frame = frame.sort_values("index", ascending=False, kind="stable")
    labels = {
        "sector": say("satisfaction.sector"),
        "index": say("satisfaction.index"),
        "source": say("column.source"),
    }
    table = figures.Table(
        frame,
        say("satisfaction.sectors"),
        formats={"index": lambda value: fmt.number(value, 0)},
        labels=labels,
        notes=[say("satisfaction.sectors note")],
    )
    if not others:
        return [table]
    above = sum(score > found.together["index"] for _, score, _ in others)
    told = say("satisfaction.place", above=fmt.count(above), published=fmt.count(len(others)))
    return [figures.Prose(told), table]


def drawn(found: SatisfactionFindings, names: pd.Series) -> figures.Fragment:
    """Every organisation's index with its interval, the highest first."""
    rows = found.table.iloc[1:]
    rows = rows[rows["index"].notna()]
    frame = rows[["index", "lower", "upper"]].set_axis(["value", "lower", "upper"], axis=1)
    frame = frame.assign(label=names.loc[rows["organisation"]].to_numpy())
    if frame.empty:
        return figures.Prose("")
    all_of_them = found.together
    low, high = fmt.number(frame["value"].min(), 1), fmt.number(frame["value"].max(), 1)
    return figures.caterpillar(
        frame,
        alt=say("satisfaction.drawn", low=low, high=high, number=len(frame)),
        caption=say("satisfaction.drawn caption"),
        measure=say("satisfaction.index"),
        pooled=(all_of_them["index"], all_of_them["lower"], all_of_them["upper"]),
        decimals=1,
    )


def organisations_table(
    found: SatisfactionFindings, study: ChainStudy, cover: pd.DataFrame
) -> figures.Table:
    """Index, place and change of every organisation; of one that is not shown, the reason."""
    source = study.codebook.source_of(found.chain.satisfaction_index)
    cover = cover[(cover["source"] == source) & (cover["wave"] == found.wave)]
    cover = cover.set_index("organisation")
    names = study.organisations.set_index("organisation")["name"]
    rows = found.table.iloc[1:].sort_values("index", ascending=False, kind="stable")
    cells, reasons = [], []
    for row in rows.to_dict("records"):
        name = str(names[row["organisation"]])
        if fmt.is_missing(row["index"]):
            known = cover.loc[row["organisation"]]
            if not known["shown"]:
                reason = hidden_reason(study, source, int(known["respondents"]))
                reasons.append(say("satisfaction.hidden", name=name, reason=reason))
                continue
            reasons.append(say("satisfaction.nobody", name=name))
            continue
        cells.append(
            (
                name,
                interpretation.index_in_words(row, 1),
                interpretation.position_in_words(
                    row["rank_lower"], row["rank_upper"], int(row["ranked"])
                )
                or say("satisfaction.not ranked"),
                interpretation.change_in_a_cell(found.change(row)),
                row["n"],
            )
        )
    labels = {
        "organisation": say("column.organisation"),
        "index": say("column.index with interval"),
        "place": say("column.place"),
        "change": say("satisfaction change", wave=found.before),
        "n": say("column.respondents"),
    }
    table = pd.DataFrame(cells, columns=list(labels))
    if not found.before:
        del table["change"], labels["change"]
    return figures.Table(
        table,
        caption=say("satisfaction.caption"),
        formats={"n": fmt.people},
        labels=labels,
        notes=[
            say("satisfaction.rank"),
            *reasons,
        ],
    )


def weights_table(found: SatisfactionFindings, study: ChainStudy) -> figures.Fragment:
    """The questions of the index and how much each counts."""
    questions = [question(study.codebook, item) for item in found.weights.index]
    table = pd.DataFrame({"question": questions, "weight": found.weights})
    return figures.Table(
        table,
        caption=say("satisfaction.weights"),
        quoted=["question"],
        formats={"weight": fmt.percent},
        labels={"question": say("column.question"), "weight": say("column.weight")},
    )
