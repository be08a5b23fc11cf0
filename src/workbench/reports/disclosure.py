"""What may be shown: no numbers of a group smaller than the study's minimum.

The minimum counts respondents, per source and wave; where rows are units, the people that a column
says stand behind them. A source of units without such a column (published school results, say) says
of nobody how many they are and is shown as it is, and pages say so. Totals are made of the
organisations that are shown, so that no total less its parts gives a hidden one away.
"""

from collections.abc import Sequence
from typing import TypeVar

import pandas as pd

from workbench.interpretation.messages import say
from workbench.measurement.scores import people_behind
from workbench.study import Study
from workbench.text import inflected, listed

S = TypeVar("S", bound=Study)


def coverage(study: Study) -> pd.DataFrame:
    """Return who answered, per organisation, source and wave, and whether it may be shown.

    Returns
    -------
    DataFrame
        ``organisation``, ``source``, ``wave``, ``respondents`` (0 where the source does not say
        how many people stand behind its units), ``units``, ``shown``. One row for every combination
        that the study could have; where nobody answered, ``units`` is 0 and ``shown`` is False.
    """
    counted = []
    for name, source in study.sources.items():
        answers = study.answers(name)
        groups = answers.assign(people=people_behind(answers)).groupby(
            ["organisation", "wave"], observed=True
        )
        table = pd.DataFrame(
            {"people": groups["people"].sum().astype(int), "units": groups["unit"].nunique()}
        )
        every = pd.MultiIndex.from_product(
            [study.organisations["organisation"], study.waves or [""]],
            names=["organisation", "wave"],
        )
        table = table.reindex(every, fill_value=0).reset_index()
        counted_people = source.counts_people
        table["respondents"] = table["people"] if counted_people else 0
        table["shown"] = table["people"] >= (study.minimum_count if counted_people else 1)
        table["source"] = name
        counted.append(table)
    columns = ["organisation", "source", "wave", "respondents", "units", "shown"]
    return pd.concat(counted, ignore_index=True)[columns]


def shown_only(study: S, cover: pd.DataFrame) -> S:
    """Return the study with the answers alone that may be shown; ``cover`` is its coverage.

    Its waves are all of the study's, though of one nothing may be shown.
    """
    hidden = {
        source: pd.MultiIndex.from_frame(rows[["organisation", "wave"]])
        for source, rows in cover[~cover["shown"]].groupby("source")
    }

    def keep(source: str, answers: pd.DataFrame) -> pd.Series:
        if source not in hidden:
            return pd.Series(True, index=answers.index)
        groups = pd.MultiIndex.from_frame(answers[["organisation", "wave"]].astype("str"))
        return pd.Series(~groups.isin(hidden[source]), index=answers.index)

    shown = study.keeping(keep)
    shown.waves = study.waves
    return shown


def hidden_in_part(study: Study, constructs: Sequence[str], cover: pd.DataFrame) -> dict[str, str]:
    """Return, for organisations not shown in all of the constructs' sources, the reason.

    ``cover`` is the coverage of one wave.
    """
    sources = dict.fromkeys(study.codebook.source_of(name) for name in constructs)
    rows = cover[cover["source"].isin(list(sources)) & ~cover["shown"]]
    return {
        row.organisation: hidden_reason(study, row.source, row.respondents)
        for row in rows.itertuples()
    }


def shown_in_full(study: Study, constructs: Sequence[str], cover: pd.DataFrame) -> list[str]:
    """Return the organisations that may be shown in all of the constructs' sources.

    ``cover`` is the coverage of one wave.
    """
    hidden = hidden_in_part(study, constructs, cover)
    return [name for name in study.organisations["organisation"] if name not in hidden]


def minimum_rule(study: Study) -> str:
    """Return what pages say of small groups: that they are hidden, and where that could not be."""
    silent = [name for name, source in study.sources.items() if not source.counts_people]
    least = study.minimum_count
    if not silent:
        return (
            f"Groups of fewer than {least} respondents are not shown and are left out of every "
            "total."
        )
    sources = listed(silent)
    verb = inflected(len(silent), "does", "do")
    why = (
        f"of {sources}, whose rows are units and which {verb} not say how many people each row "
        "summarises"
    )
    if len(silent) == len(study.sources):
        return (
            f"The rule that groups of fewer than {least} people are not shown could not be applied "
            f"to the answers {why}."
        )
    return (
        f"Groups of fewer than {least} respondents are not shown and are left out of every total; "
        f"this rule could not be applied to the answers {why}."
    )


def hidden_reason(study: Study, source: str, respondents: int, wave: str = "") -> str:
    """Return the sentence that stands where a hidden group's numbers would have stood.

    ``wave`` is named on a page about several; by default it is the page's own.
    """
    return say(
        f"hidden.{'few' if respondents else 'nobody'}{'.of wave' if wave else ''}",
        source=source,
        least=study.minimum_count,
        wave=wave,
    )
