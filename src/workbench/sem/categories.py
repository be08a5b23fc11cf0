"""Whether answers count as ordered categories or as numbers, and what changes with the choice.

With few categories correlations of the numbers are too small, errors and tests are not those of the
data, and both depend on how skewed answers are; with five or more, maximum likelihood with robust
errors does nearly as well as estimation by categories [1]_.

References
----------
.. [1] Rhemtulla, M., Brosseau-Liard, P. É., & Savalei, V. (2012). When can categorical variables be
   treated as continuous? Psychological Methods, 17, 354-373.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation.cutoffs import FEW_CATEGORIES
from workbench.interpretation.messages import say
from workbench.interpretation.numbers import count, number
from workbench.interpretation.words import listed
from workbench.sem.estimation.frame import values_of
from workbench.sem.fitting import fit
from workbench.sem.result import Fit
from workbench.tables import as_pandas

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


@dataclass(frozen=True)
class Advice(Shown):
    """By which estimator items are fitted, and why.

    Attributes
    ----------
    ordered
        Whether they count as ordered categories.
    estimator
        ``"WLSMV"`` or ``"MLR"``.
    sentence
        The reason.
    categories
        Items and how many different answers each has.
    """

    ordered: bool
    estimator: str
    sentence: str
    categories: dict[str, int]

    def _parts(self) -> Iterator[Part]:
        yield self.sentence


def advise_estimator(data: "IntoFrame", items: Sequence[str], *, design: bool = False) -> Advice:
    """Say whether items count as ordered categories or as numbers.

    Parameters
    ----------
    data
        A data frame with the items.
    items
        Items of one model.
    design
        Whether rows have clusters or sampling weights, which ordered items are not offered with.

    Returns
    -------
    Advice
        Ordered where an item has fewer than five categories, and rows no design.

    Raises
    ------
    ModelError
        No items, or a name that is no column.
    DataError
        An item that holds no numbers.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> advice = wb.sem.advise_estimator(clients, ["service_1", "trust_1"])
    >>> advice.ordered, advice.estimator
    (False, 'MLR')
    >>> print(advice.sentence)
    Every item has 5 answer categories or more: answers count as numbers, with robust errors (MLR).
    """
    if isinstance(items, str) or not len(items):
        raise ModelError("items is a list of the names of columns, of at least one.")
    values = values_of(as_pandas(data), items)
    categories = {
        name: len(np.unique(column[~np.isnan(column)]))
        for name, column in zip(items, values.T, strict=True)
    }
    fewest = min(categories, key=lambda name: categories[name])
    few = categories[fewest] < FEW_CATEGORIES
    ordered = few and not design
    key = "ordered" if ordered else "design" if few else "numbers"
    told = say(
        f"estimator advised.{key}",
        item=fewest,
        categories=count(categories[fewest]),
        limit=count(FEW_CATEGORIES),
    )
    return Advice(ordered, "WLSMV" if ordered else "MLR", told, categories)


@dataclass(frozen=True, eq=False)
class CategoriesBesideNumbers(Shown):
    """The same model and rows with answers as ordered categories, and as numbers.

    Attributes
    ----------
    ordered, numbers
        The two fits: WLSMV, and maximum likelihood with robust errors.
    """

    ordered: Fit
    numbers: Fit

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per path: ``lhs, rhs, group``; its standardised value by each with its interval
        (``ordered, ordered_lower, ordered_upper, numbers, …``), ``difference`` (ordered less
        numbers), and ``told_alike``: whether both tell it from zero, or neither does."""
        parts = {}
        for name, one in (("ordered", self.ordered), ("numbers", self.numbers)):
            found = one.standardised()
            parts[name] = found[found["op"] == "~"].reset_index(drop=True)
        table = parts["ordered"][["lhs", "rhs", "group"]].copy()
        told = {}
        for name, found in parts.items():
            table[name] = found["est_std"]
            table[f"{name}_lower"], table[f"{name}_upper"] = found["ci_lower"], found["ci_upper"]
            told[name] = (found["ci_lower"] > 0) | (found["ci_upper"] < 0)
        table["difference"] = table["ordered"] - table["numbers"]
        table["told_alike"] = told["ordered"] == told["numbers"]
        return table

    @property
    def sentence(self) -> str:
        """What changes with the choice."""
        if not (self.ordered.converged and self.numbers.converged):
            return say("ordered beside numbers.unknown")
        table = self.table
        if table.empty:
            return say("ordered beside numbers.no paths")
        largest = number(float(table["difference"].abs().max()), 2)
        apart = table[~table["told_alike"]]
        if apart.empty:
            return say("ordered beside numbers.alike", largest=largest)
        paths = [
            say("ordered beside numbers.path", source=row.rhs, target=row.lhs)
            for row in apart.itertuples(index=False)
        ]
        return say(
            "ordered beside numbers.apart", largest=largest, count=len(apart), paths=listed(paths)
        )

    def _parts(self) -> Iterator[Part]:
        yield self.sentence
        yield "Paths", self.table


def ordered_beside_numbers(
    model: str,
    data: "IntoFrame",
    *,
    ordered: bool | Sequence[str] = True,
    missing: str = "listwise",
    group: str | None = None,
) -> CategoriesBesideNumbers:
    """Fit a model with answers as ordered categories (WLSMV) and as numbers (MLR), same rows.

    Parameters
    ----------
    model, data, ordered, group
        As in :func:`workbench.sem.fit`; observed covariates are estimated in both.
    missing
        ``"listwise"``, or ``"pairwise"``, with which the numbers are fitted by ``"fiml"``.

    Returns
    -------
    CategoriesBesideNumbers
        Both fits, their standardised paths side by side, and what changes in a sentence.

    Raises
    ------
    ModelError, DataError
        As :func:`workbench.sem.fit`.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients").head(2000)
    >>> service = "service =~ service_1 + service_2 + service_3"
    >>> model = f"{service}; trust =~ trust_1 + trust_2 + trust_3; trust ~ service"
    >>> found = wb.sem.ordered_beside_numbers(model, clients)
    >>> found.table[["lhs", "rhs", "ordered", "numbers"]].round(2)
         lhs      rhs  ordered  numbers
    0  trust  service     0.57     0.57
    """
    shared: dict[str, Any] = {"group": group, "fixed_x": False, "warn": False}
    categories = fit(model, data, ordered=ordered, missing=missing, **shared)
    how = "fiml" if missing == "pairwise" else missing
    numbers = fit(model, data, estimator="MLR", missing=how, **shared)
    return CategoriesBesideNumbers(categories, numbers)
