"""Pass-through on pages: in points, and to and from numbers of records in their own units."""

from collections.abc import Hashable, Mapping

import pandas as pd

from workbench.chain import Chain
from workbench.interpretation import numbers as fmt
from workbench.interpretation.amounts import Amounts, pass_through_in_words, pass_through_of
from workbench.interpretation.messages import say

_POINTS = ["pass_through", "pass_through_lower", "pass_through_upper"]


def passes(links: pd.DataFrame, amounts: Amounts) -> list[str]:
    """Return pass-through with its intervals: points per point, and between numbers from records
    and others what goes with a difference that is stated."""
    told = []
    for row in links[["from", "to", *_POINTS]].to_dict("records"):
        source, target, rate = row["from"], row["to"], _rate(row)
        if not {source, target} & {*amounts} or fmt.is_missing(rate[0]):
            told.append(fmt.estimate(*rate, missing=say("link.not estimated")))
            continue
        step, found = pass_through_of(rate, amounts.get(source), amounts.get(target))
        told.append(say("for a step", difference=found.in_numbers, step=step))
    return told


def note_on_amounts(links: pd.DataFrame, amounts: Amounts) -> list[str]:
    """The note on numbers from records, where a link begins or ends in one."""
    return [say("pieces.amounts")] if {*links["from"], *links["to"]} & {*amounts} else []


def passes_in_words(
    links: pd.DataFrame, chain: Chain, amounts: Amounts, indices: Mapping[str, float]
) -> list[str]:
    """What goes with what in records' own units: the direct links that are clear, a sentence each.

    ``indices`` are those of the constructs, from which differences are told.
    """
    told = []
    for row in links[links["effect"] == "direct"].to_dict("records") if len(links) else ():
        ends = row["from"], row["to"]
        if not {*ends} & {*amounts}:
            continue
        own = amounts.get(ends[0]), amounts.get(ends[1])
        source, target = map(chain.label, ends)
        told.append(pass_through_in_words(source, target, _rate(row), own, indices.get(ends[1])))
    return [sentence for sentence in told if sentence]


def _rate(row: Mapping[Hashable, float]) -> tuple[float, float, float]:
    """The pass-through of an effect with its interval."""
    value, lower, upper = (float(row[name]) for name in _POINTS)
    return value, lower, upper
