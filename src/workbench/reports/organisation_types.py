"""Types of organisation beside each other, as a report shows them.

Everything is made of the indices of organisations that are shown, so that a type tells no more of
any than its page does. The mean of one organisation is that organisation.
"""

from collections.abc import Callable, Mapping

import pandas as pd

from workbench import figures
from workbench.benchmark import TypeGaps, type_gaps
from workbench.benchmark.types import SHARES
from workbench.interpretation import numbers as fmt
from workbench.interpretation import type_gaps_in_words
from workbench.interpretation.messages import say


def gaps_of(indices: pd.DataFrame, types: pd.Series) -> dict[str, TypeGaps]:
    """Return how types differ in every construct.

    ``indices`` are those of the organisations shown, in one wave; ``types`` by organisation.
    Nothing where there is one type.
    """
    found = {}
    for construct, own in indices.groupby("construct", sort=False):
        rows = own.set_index("organisation")
        kinds = types.loc[rows.index]
        if kinds.replace("", None).nunique() > 1:
            found[str(construct)] = type_gaps(rows["index"], rows["se"], kinds)
    return found


def in_words(found: Mapping[str, TypeGaps], label: Callable[[str], str]) -> figures.Prose:
    """What is told of every construct, and which types cannot be tested."""
    told = [
        type_gaps_in_words(label(construct), gaps, gaps.table)
        for construct, gaps in found.items()
        if gaps.df
    ]
    alone = dict.fromkeys(kind for gaps in found.values() for kind in gaps.alone)
    told += [say("types.alone", type=kind) for kind in alone]
    return figures.Prose("\n\n".join(told))


def gaps_table(found: Mapping[str, TypeGaps], label: Callable[[str], str]) -> figures.Table:
    """Mean and gap of every type in every construct."""
    rows = [
        {
            "construct": label(construct),
            "type": row["type"],
            "organisations": row["organisations"],
            "mean": fmt.estimate(row["mean"], row["lower"], row["upper"], 0),
            "gap": fmt.estimate(
                row["gap"], row["gap_lower"], row["gap_upper"], 1, missing=say("test.none")
            ),
            "p": fmt.p_value(row["pvalue"], missing=say("test.none")),
        }
        for construct, gaps in found.items()
        for row in gaps.table.to_dict("records")
    ]
    labels = {
        "construct": say("column.construct alone"),
        "type": say("column.type"),
        "organisations": say("column.organisations"),
        "mean": say("types.mean"),
        "gap": say("types.gap"),
        "p": say("types.test"),
    }
    return figures.Table(
        pd.DataFrame(rows, columns=list(labels)),
        caption=say("types.caption"),
        labels=labels,
        formats={"organisations": fmt.count},
        notes=[say("types.note")],
    )


def shares_table(shares: pd.DataFrame, label: Callable[[str], str]) -> figures.Fragment:
    """How much of the differences lies between types, organisations and units, and within units.

    ``shares``: see :func:`workbench.benchmark.variance_by_level`.
    """
    if shares.empty:
        return figures.Prose("")
    frame = shares[["construct", *SHARES]].assign(construct=shares["construct"].map(label))
    labels = {name: say(f"levels.share.{name}") for name in SHARES}
    return figures.Table(
        frame,
        caption=say("levels.caption"),
        labels={"construct": say("column.construct alone"), **labels},
        formats=dict.fromkeys(SHARES, fmt.percent),
        missing=say("symbol.not applicable"),
        notes=[say("levels.note", types=int(shares["types"].max()))],
    )
