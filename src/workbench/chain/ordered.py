"""A chain of respondents with answers as ordered categories, beside one with answers as numbers.

Both are models of all questions together that all organisations have in common, of the same
respondents, with their weights and errors that allow for units, and within organisations: as
numbers answers are compared with their organisation's mean (:mod:`workbench.chain.within`), as
categories every organisation has thresholds of its own (:mod:`workbench.sem.ordinal.within`).
Answers to a question of fewer than five categories count as ordered by rule (Rhemtulla,
Brosseau-Liard & Savalei 2012); of more, as numbers.
"""

from dataclasses import dataclass

import pandas as pd

from workbench import sem
from workbench.chain.catalogue import Chain
from workbench.chain.effects import links
from workbench.chain.model import model_syntax
from workbench.chain.study import ChainData
from workbench.errors import ModelError
from workbench.interpretation.cutoffs import FEW_CATEGORIES
from workbench.sem.model.expressions import quoted_where_needed


@dataclass(frozen=True)
class OrderedBesideNumbers:
    """The effects of a chain by both, with the columns of :func:`workbench.chain.links`.

    Attributes
    ----------
    ordered, numbers
        By ordered categories and by numbers. Pass-through is that of indices, which are means of
        answers as numbers: strengths by ordered categories times the standard deviations of the
        numbers' constructs.
    """

    ordered: pd.DataFrame
    numbers: pd.DataFrame


def counts_as_ordered(data: ChainData) -> bool:
    """Whether the answers of a chain of respondents count as ordered: where a question has fewer
    than five categories.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.chain.counts_as_ordered(wb.open_study("data/demo").chain_data("citizens-first"))
    False
    """
    if data.level != "respondents":
        return False
    items = [item for own in data.items.values() for item in own]
    return bool((data.frame[items].nunique() < FEW_CATEGORIES).any())


def fit_ordered(data: ChainData, warn: bool = True) -> sem.Fit:
    """Fit a chain of respondents with answers as ordered categories (WLSMV), within organisations.

    A construct of one question is that question: nothing tells its error.

    Parameters
    ----------
    data
        The chain's rows as they are (:meth:`ChainStudy.chain_data`).
    warn
        As in :func:`workbench.sem.fit`.

    Raises
    ------
    ModelError, DataError
        Rows that are units, whose means are no categories; and as
        :func:`workbench.sem.fit_ordered_within`.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.open_study("data/demo").chain_data("service-and-trust")
    >>> fit = wb.chain.fit_ordered(data)
    >>> wb.links(fit)[["from", "to", "strength"]].round(2).head(1)
          from     to  strength
    0  service  trust      0.53
    """
    if data.level != "respondents":
        raise ModelError(
            "The chain's rows are units, whose means are not ordered categories; fit it to "
            "respondents, or by study.fit()."
        )
    single = {own[0]: name for name, own in data.measured.items() if len(own) == 1}
    return sem.fit_ordered_within(
        ordered_syntax(data.chain, data),
        data.frame.rename(columns=single),
        within="organisation",
        cluster="cluster",
        crossed="person" if "person" in data.frame else None,
        weights="weight",
        warn=warn,
    )


def ordered_syntax(chain: Chain, data: ChainData) -> str:
    """The chain's model in which a construct of one question is observed, under its own name."""
    single = {name for name, own in data.measured.items() if len(own) == 1}
    if not single:
        return data.syntax(chain)
    lines = [
        line
        for line in model_syntax(chain, data.measured).splitlines()
        if line.partition(" =~ ")[0] not in single
    ]
    targets = {link.target for link in chain.links}
    first = [one.name for one in chain.constructs if one.name not in targets]
    lines += [
        f"{quoted_where_needed(a)} ~~ {quoted_where_needed(b)}"
        for place, a in enumerate(first)
        for b in first[place + 1 :]
        if {a, b} & single
    ]
    return "\n".join(lines) + "\n"


def ordered_beside(ordered: sem.Fit, numbers: sem.Fit) -> OrderedBesideNumbers:
    """Put the effects of the two fits of a chain beside each other.

    Parameters
    ----------
    ordered, numbers
        :func:`fit_ordered`, and :func:`workbench.chain.fit_chain` of the same rows.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.open_study("data/demo").chain_data("service-and-trust")
    >>> both = wb.chain.ordered_beside(wb.chain.fit_ordered(data), wb.chain.fit_chain(data))
    >>> both.ordered["strength"].round(2).head(1).tolist()
    [0.53]
    """
    by_numbers = links(numbers)
    by_order = links(ordered)
    return OrderedBesideNumbers(with_points_of(by_order, by_numbers), by_numbers)


def with_points_of(effects: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Effects with the pass-through that their strengths have by the points per strength of
    ``known`` effects of the same chain.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> effect = {"from": ["service"], "to": ["trust"], "effect": ["direct"]}
    >>> known = pd.DataFrame(effect | {"strength": [0.5], "pass_through": [0.6]})
    >>> errors = {"se": [0.1], "lower": [0.2], "upper": [0.6]}
    >>> other = pd.DataFrame(effect | {"strength": [0.4]} | errors)
    >>> wb.chain.with_points_of(other, known)["pass_through"].round(2).tolist()
    [0.48]
    """
    keys = ["from", "to", "effect"]
    given = known.set_index(keys)
    rate = (given["pass_through"] / given["strength"]).reindex(
        pd.MultiIndex.from_frame(effects[keys])
    )
    columns = {"strength": "", "se": "_se", "lower": "_lower", "upper": "_upper"}
    points = {
        f"pass_through{end}": effects[name].to_numpy() * rate.to_numpy()
        for name, end in columns.items()
    }
    return effects.assign(**points)
