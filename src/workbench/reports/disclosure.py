"""What may be shown: no numbers of a group smaller than the study's minimum.

The minimum counts respondents, per source and wave. Tables whose rows are units already
(published school results, say) hold no respondents and are shown as they are. Totals are made of
the organisations that are shown, so that no total less its parts gives a hidden one away.
"""

from typing import TypeVar

import pandas as pd

from workbench.study import Study

S = TypeVar("S", bound=Study)


def coverage(study: Study) -> pd.DataFrame:
    """Return who answered, per organisation, source and wave, and whether it may be shown.

    Returns
    -------
    DataFrame
        ``organisation``, ``source``, ``wave``, ``respondents`` (0 where the rows are units),
        ``units``, ``shown``. One row for every combination that the study could have; where
        nobody answered, ``units`` is 0 and ``shown`` is False.
    """
    counted = []
    for name, source in study.sources.items():
        answers = study.answers(name)
        groups = answers.groupby(["organisation", "wave"])["unit"]
        table = pd.DataFrame({"rows": groups.size(), "units": groups.nunique()})
        every = pd.MultiIndex.from_product(
            [study.organisations["organisation"], study.waves or [""]],
            names=["organisation", "wave"],
        )
        table = table.reindex(every, fill_value=0).reset_index()
        as_units = source.rows == "units"
        table["respondents"] = 0 if as_units else table["rows"]
        table["shown"] = table["rows"] >= (1 if as_units else study.minimum_count)
        table["source"] = name
        counted.append(table)
    columns = ["organisation", "source", "wave", "respondents", "units", "shown"]
    return pd.concat(counted, ignore_index=True)[columns]


def shown_only(study: S, cover: pd.DataFrame) -> S:
    """Return the study with the answers alone that may be shown; ``cover`` is its coverage."""
    hidden = {
        source: pd.MultiIndex.from_frame(rows[["organisation", "wave"]])
        for source, rows in cover[~cover["shown"]].groupby("source")
    }

    def keep(source: str, answers: pd.DataFrame) -> pd.Series:
        groups = pd.MultiIndex.from_frame(answers[["organisation", "wave"]])
        return pd.Series(~groups.isin(hidden.get(source, [])), index=answers.index)

    return study.keeping(keep)


def hidden_reason(study: Study, source: str, respondents: int) -> str:
    """Return the sentence that stands where a hidden group's numbers would have stood."""
    if respondents == 0:
        return f"Nobody answered as part of {source} in this wave."
    return (
        f"Not shown: fewer than {study.minimum_count} people answered as part of {source}, "
        "and their answers could be told apart."
    )
