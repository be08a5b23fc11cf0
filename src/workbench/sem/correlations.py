"""Correlations of the variables behind ordered answers, with their errors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.figures.notebook import Part, Shown
from workbench.sem.estimation.frame import read_frame
from workbench.sem.model.effects import wald_columns
from workbench.sem.model.expressions import canonical, quoted_where_needed
from workbench.sem.ordinal.reading import read_statistics
from workbench.sem.ordinal.statistics import Statistics
from workbench.tables import as_pandas
from workbench.text import nearest

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


@dataclass(frozen=True, eq=False)
class Polychoric(Shown):
    """Thresholds and correlations of ordered and continuous items.

    Attributes
    ----------
    items
        Their names.
    statistics
        What the rows say.
    """

    items: tuple[str, ...]
    statistics: Statistics

    @property
    def correlations(self) -> pd.DataFrame:
        """The correlation matrix."""
        return pd.DataFrame(self.statistics.correlation, self.items, self.items)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """Asymptotic covariance matrix of all statistics.

        Thresholds ``a | t1`` and means ``z ~ 1``, variances ``z ~~ z`` of continuous items, and
        ``a ~~ b``: correlations, in which continuous items keep their scale.
        """
        places = self.statistics.places
        quoted = [quoted_where_needed(name) for name in self.items]
        names = [
            f"{quoted[i]} ~ 1" if level < 0 else f"{quoted[i]} | t{level + 1}"
            for i, level in zip(*places.levels, strict=True)
        ]
        names += [f"{quoted[i]} ~~ {quoted[i]}" for i in places.numeric]
        names += [f"{quoted[j]} ~~ {quoted[i]}" for i, j in zip(*places.pairs, strict=True)]
        return pd.DataFrame(self.statistics.gamma / self.statistics.n, names, names)

    @property
    def thresholds(self) -> pd.DataFrame:
        """``item, threshold, est, se``, one row each."""
        item, level = self.statistics.places.levels
        own = np.flatnonzero(level >= 0)
        return pd.DataFrame(
            {
                "item": [self.items[i] for i in item[own]],
                "threshold": [f"t{c + 1}" for c in level[own]],
                "est": self.statistics.values[own],
                "se": self.statistics.errors[own],
            }
        )

    @property
    def pairs(self) -> pd.DataFrame:
        """``item, other, kind, est, se, z, pvalue, ci_lower, ci_upper``, one row for each pair.

        ``kind`` is ``"polychoric"``, ``"tetrachoric"`` (two answers each), ``"polyserial"`` or
        ``"product-moment"``.
        """
        places = self.statistics.places
        row, column = places.pairs
        first = places.heights + len(places.numeric)
        est, error = self.statistics.correlation[row, column], self.statistics.errors[first:]
        sizes = np.array(places.categories)
        kinds = [_kind(int(a), int(b)) for a, b in zip(sizes[row], sizes[column], strict=True)]
        return pd.DataFrame(
            {
                "item": [self.items[j] for j in column],
                "other": [self.items[i] for i in row],
                "kind": kinds,
                "est": est,
                "se": error,
                **wald_columns(est, error),
            }
        )

    def _parts(self) -> Iterator[Part]:
        yield "Correlations", self.pairs
        yield "Thresholds", self.thresholds


def _kind(one: int, other: int) -> str:
    if one and other:
        return "tetrachoric" if one == other == 2 else "polychoric"
    return "polyserial" if one or other else "product-moment"


def polychoric(
    data: "IntoFrame",
    items: Sequence[str],
    *,
    ordered: bool | Sequence[str] = True,
    missing: str = "listwise",
) -> Polychoric:
    """Correlations of items whose answers are ordered categories; like lavaan's ``lavCor()``.

    Parameters
    ----------
    data
        A data frame with the items.
    items
        At least two of its columns.
    ordered
        Which of them are ordered: all, or a list; the others are continuous.
    missing
        ``"listwise"``, or ``"pairwise"``: all who answered both of two.

    Returns
    -------
    Polychoric
        Correlations, thresholds, and their asymptotic covariance.

    Raises
    ------
    ModelError, DataError
        Names that are no columns; and as :func:`workbench.sem.fit` with ordered items.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients").head(1000)
    >>> found = wb.sem.polychoric(clients, ["trust_1", "trust_2", "trust_3"])
    >>> found.correlations.round(2)
             trust_1  trust_2  trust_3
    trust_1     1.00     0.74     0.67
    trust_2     0.74     1.00     0.64
    trust_3     0.67     0.64     1.00
    """
    if missing not in ("listwise", "pairwise"):
        raise ModelError(f"missing={missing!r} is not known; choose 'listwise' or 'pairwise'.")
    if isinstance(items, str) or len(items) < 2:
        raise ModelError("items is a list of the names of columns, of at least two.")
    names = tuple(canonical(name) for name in items)
    named = names if ordered is True else tuple(map(canonical, ordered or ()))
    for name in named:
        if name not in names:
            raise ModelError(f"ordered= names {name!r}, which is no item.{nearest(name, names)}")
    frame = read_frame(as_pandas(data), names, missing=missing, ordinal=True)
    found = read_statistics(frame.sample, names, named, frame.groups, "WLSMV")[0]
    return Polychoric(names, found[0])
