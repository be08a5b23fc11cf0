"""Results as a notebook shows them: their sentences, then their tables."""

from collections.abc import Iterable, Iterator

import pandas as pd
from markupsafe import Markup

from workbench.figures.markup import element, plain_table, together
from workbench.interpretation.numbers import count, is_missing, number

Part = str | tuple[str, pd.DataFrame]
"""A sentence, or a table with its caption."""


class Shown:
    """A result that a notebook shows by itself; a class says in ``_parts`` what is shown."""

    def _parts(self) -> Iterable[Part]:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return together(*_markup(self._parts()))


def _markup(parts: Iterable[Part]) -> Iterator[Markup]:
    for part in parts:
        if not isinstance(part, str):
            yield framed(*part)
        elif part:
            yield element("p", part)


def framed(caption: str, frame: pd.DataFrame, decimals: int = 3) -> Markup:
    """A data frame as a table; its columns head it, and its first column its rows.

    >>> table = pd.DataFrame({"item": ["q1"], "mean": [4.25], "n": [1200], "note": [None]})
    >>> "<td>4.250</td><td>1,200</td><td></td>" in framed("Items", table)
    True
    """
    rows = ([_cell(value, decimals) for value in row] for row in frame.itertuples(index=False))
    return plain_table(caption, [str(name) for name in frame.columns], rows)


def _cell(value: object, decimals: int) -> str:
    if isinstance(value, str | bool):
        return str(value)
    if value is None or is_missing(value):
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if not pd.api.types.is_number(value):
        return str(value)
    whole = pd.api.types.is_integer(value)
    return count(int(value)) if whole else number(float(value), decimals)  # type: ignore[call-overload, arg-type]
