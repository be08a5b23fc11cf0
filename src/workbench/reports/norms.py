"""Scores that others published, beside a study's own: lines in figures and a table."""

from collections.abc import Callable, Collection

import pandas as pd

from workbench import figures
from workbench.errors import StudyError
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.study import Study
from workbench.study.norms import COLUMNS

Own = tuple[float, float, float]


def listed(study: Study) -> tuple[pd.DataFrame, str]:
    """Return the published scores of a study, and what is wrong with their list; "" if nothing."""
    try:
        return study.norms, ""
    except StudyError as error:
        return pd.DataFrame(columns=list(COLUMNS)), str(error)


def beside(
    study: Study,
    own: Callable[[str, str], Own | None],
    label: Callable[[str], str],
    heading: str,
    without: Collection[str] = (),
) -> figures.Fragment:
    """Return published scores beside those of a page, or why not; nothing without a list.

    Parameters
    ----------
    own
        What stands beside the score of a measure and a type: value, lower and upper; None where
        there is nothing to show.
    label
        What a measure is called.
    heading
        Of the column with the page's own.
    without
        Types of organisation that the page is not about.
    """
    found, fault = listed(study)
    found = found[~found["type"].isin(list(without))]
    if fault:
        return figures.Notice(fault, title=say("norms.failed"))
    return _table(found, own, label, heading)


def lines(norms: pd.DataFrame, construct: str) -> dict[str, float]:
    """Return the published scores of a construct by what a figure calls them."""
    own = norms[norms["measure"] == construct]
    return {
        _line(row["source"], row["date"], row["type"]): float(row["score"])
        for row in own.to_dict("records")
    }


def _table(
    norms: pd.DataFrame,
    own: Callable[[str, str], Own | None],
    label: Callable[[str], str],
    heading: str,
) -> figures.Fragment:
    """Return the scores as a table; nothing where none stands beside one of the page's own."""
    rows, elsewhere = [], []
    for row in norms.to_dict("records"):
        value = own(row["measure"], row["type"])
        if value is None:
            elsewhere.append(label(row["measure"]))
            continue
        index, lower, upper = value
        score = row["score"]
        rows.append(
            {
                "measure": label(row["measure"]),
                "about": row["type"] or say("norms.all"),
                "score": fmt.number(score, 1),
                "source": _line(row["source"], row["date"]),
                "own": fmt.estimate(index, lower, upper, 0),
                "difference": fmt.estimate(index - score, lower - score, upper - score, 0),
            }
        )
    if not rows:
        return figures.Prose("")
    labels = {
        "measure": say("column.measure"),
        "about": say("norms.about"),
        "score": say("norms.score"),
        "source": say("column.source"),
        "own": heading,
        "difference": say("norms.difference"),
    }
    notes = [say("norms.note")]
    if elsewhere:
        measures = say("list.comma").join(dict.fromkeys(elsewhere))
        notes.append(say("norms.elsewhere", measures=measures))
    return figures.Table(
        pd.DataFrame(rows, columns=list(labels)),
        caption=say("norms.caption"),
        labels=labels,
        notes=notes,
    )


def own_of(row: pd.Series, name: str) -> Own:
    """Return value and interval of an index, or of a mean, from its row."""
    return (float(row[name]), float(row["lower"]), float(row["upper"]))


def own_item(study: Study, items: pd.DataFrame, item: str) -> Own | None:
    """Return an item's mean over all organisations on 0–100, without an interval; None if hidden.

    ``items`` are the means that may be shown, on the item's own scale.
    """
    mean = items.loc[items["item"] == item, "mean"]
    value = float(study.codebook.scale(item).points(mean).iloc[0])
    return None if fmt.is_missing(value) else (value, float("nan"), float("nan"))


def _line(source: str, moment: str, kind: str = "") -> str:
    """What a published score is called: who published it and when, and of which type it is."""
    if kind:
        return say("norms.line.of", source=source, date=fmt.day(moment), type=kind)
    return say("norms.line", source=source, date=fmt.day(moment))
