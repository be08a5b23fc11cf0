"""What every organisation answered in a wave, for all organisations in one pass.

The reports of a batch look their organisation's rows up and need no respondent themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from workbench.measurement import distribution, item_means, organisation_alphas
from workbench.measurement.scores import people_behind
from workbench.study import Study
from workbench.study.given import ALL_WAVES
from workbench.study.small_groups import shown_parts


@dataclass(frozen=True)
class OfOrganisations:
    """Tables of all organisations, from which the rows of one are taken."""

    def of(self, organisation: str) -> Self:
        """Return the rows of one organisation."""
        tables = {
            name: table[table["organisation"] == organisation].reset_index(drop=True)
            for name, table in vars(self).items()
        }
        return replace(self, **tables)


@dataclass(frozen=True, eq=False)
class Answered(OfOrganisations):
    """Tables with a column ``organisation``, of the groups that are shown.

    Attributes
    ----------
    means
        ``item``, ``mean`` and ``n``, see :func:`workbench.measurement.item_means`.
    shares
        ``item``, ``answer``, ``share`` and ``count``, see
        :func:`workbench.measurement.distribution`; of questions asked of respondents.
    points
        ``item`` and ``points`` (0–100) of every unit that answered, where the rows are units; where
        these say how many people they stand for, of units that have enough.
    response
        ``source``, ``response_rate`` (mean over units, in percent), ``invited`` (people),
        ``of_invited`` (respondents over those invited) and ``unanswered`` (share of the questions
        asked), NaN where the study does not say.
    alphas
        See :func:`workbench.measurement.organisation_alphas`.
    hidden
        ``item``: the questions that too few people answered, see
        :func:`workbench.reports.disclosure.hidden_questions`.
    """

    means: pd.DataFrame
    shares: pd.DataFrame
    points: pd.DataFrame
    response: pd.DataFrame
    alphas: pd.DataFrame
    hidden: pd.DataFrame


def answered(shown: Study, wave: str, constructs: Sequence[str], hidden: pd.DataFrame) -> Answered:
    """Reduce the answers of a wave to what the reports show of them.

    ``shown`` holds the answers that may be shown alone, ``hidden`` are the questions that too few
    people of an organisation answered.
    """
    study = shown.in_wave(wave)
    items: dict[str, list[str]] = {source: [] for source in study.sources}
    for name in constructs:
        items[study.codebook.source_of(name)] += study.codebook.items(name)
    of_people = [name for name, source in study.sources.items() if source.rows == "respondents"]
    keys = ("organisation",)
    every = [item for own in items.values() for item in own]
    asked = [item for source in of_people for item in items[source]]
    return Answered(
        means=item_means(study, every, keys)[["organisation", "item", "mean", "n"]],
        shares=distribution(study, asked, keys)[
            ["organisation", "item", "answer", "share", "count"]
        ],
        points=unit_points(
            study, {name: own for name, own in items.items() if name not in of_people}
        ),
        response=pd.concat(
            [_response(study, source, own) for source, own in items.items()], ignore_index=True
        ),
        alphas=pd.concat(
            [organisation_alphas(study, name, ALL_WAVES) for name in constructs], ignore_index=True
        ),
        hidden=hidden,
    )


def unit_points(study: Study, items: dict[str, list[str]]) -> pd.DataFrame:
    """Every unit's answers to the items of each source in points, in the order of the rows.

    Without units of too few people, and without what the mean of all would give them away by.
    """
    tables = [pd.DataFrame({"organisation": [], "item": [], "points": []})]
    for source, own in items.items():
        answers = study.answers(source)
        if study.sources[source].counts_people:
            people = pd.Series(people_behind(answers), answers.index)
            parts = people.groupby(answers["organisation"], observed=True)
            answers = answers[parts.transform(shown_parts, study.minimum_count).astype(bool)]
        answers = answers[["organisation", *own]]
        points = {item: study.codebook.scale(item).points(answers[item]) for item in own}
        wide = answers.assign(**points)
        tables.append(wide.melt("organisation", var_name="item", value_name="points"))
    return pd.concat(tables, ignore_index=True).dropna(subset="points")


def _response(study: Study, source: str, items: list[str]) -> pd.DataFrame:
    """Response rate of every organisation in a source, and what it left unanswered of ``items``."""
    answers = study.answers(source)
    organisations = answers.groupby("organisation", sort=True)
    rows = organisations.size()
    table = pd.DataFrame({"source": source}, index=rows.index)
    of_units = answers.groupby(["organisation", "unit"], sort=True)
    table["response_rate"] = np.nan
    if "response_rate" in answers:
        rates = of_units["response_rate"].first()
        table["response_rate"] = rates.groupby("organisation").mean()
    table["invited"] = table["of_invited"] = np.nan
    if "invited" in answers:
        invited = of_units["invited"].first().groupby("organisation").sum(min_count=1)
        people = (
            pd.Series(people_behind(answers), answers.index).groupby(answers["organisation"]).sum()
        )
        table["invited"] = invited
        table["of_invited"] = people / invited if study.sources[source].counts_people else np.nan
    table["unanswered"] = np.nan
    if items:
        left = answers[items].isna().sum(axis=1).groupby(answers["organisation"]).sum()
        table["unanswered"] = left / (rows * len(items))
    return table.reset_index()
