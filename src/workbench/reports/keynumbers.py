"""What a report hands back to its batch: the few numbers the list of reports shows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIME_TYPE = "application/vnd.workbench.key-numbers+json"

_PARTS = ("value", "lower", "upper", "digits", "note")


def interval(row: Mapping[Any, Any], value: str, digits: int) -> dict[str, Any]:
    """Return the key number in the column ``value`` of a row, with its ``lower`` and ``upper``."""
    return {"value": row[value], "lower": row["lower"], "upper": row["upper"], "digits": digits}


def no_number(note: str) -> dict[str, Any]:
    """Return what stands for a key number that is not there."""
    return {"value": None, "note": note}


def _plain(label: str, value: Any) -> Any:
    """Return ``value`` as JSON knows it: text, number or ``None`` (for NaN and infinities)."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    raise TypeError(
        f"Key number {label!r} is a {type(value).__name__}; give a number, a text, None, or a "
        f"mapping with some of {', '.join(_PARTS)}."
    )


def _entry(label: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return _plain(label, value)
    unknown = [part for part in value if part not in _PARTS]
    if unknown:
        raise TypeError(
            f"Key number {label!r} has a part {unknown[0]!r}; the parts are {', '.join(_PARTS)}."
        )
    return {part: _plain(label, value[part]) for part in _PARTS if part in value}


@dataclass(frozen=True)
class KeyNumbers:
    """Numbers for the manifest and the list of reports, by label, in the order given.

    Show it as the result of a cell: the page does not print it, the batch reads it. A value is a
    number, a text, ``None``, or a mapping with ``value`` and, as far as known, ``lower``,
    ``upper``, ``digits`` (decimals to show) and ``note`` (a sentence for where a number would
    have stood). NumPy scalars are welcome; NaN becomes ``None``.

    Raises
    ------
    TypeError
        A value is none of these.

    Examples
    --------
    >>> KeyNumbers({"People": {"value": 61.2, "lower": 58.9, "upper": 63.5, "digits": 0}}).numbers
    {'People': {'value': 61.2, 'lower': 58.9, 'upper': 63.5, 'digits': 0}}
    """

    numbers: Mapping[str, Any]

    def __post_init__(self) -> None:
        plain = {str(label): _entry(label, value) for label, value in self.numbers.items()}
        object.__setattr__(self, "numbers", plain)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME_TYPE: dict(self.numbers)}


def collect(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key numbers shown in an executed notebook; a later label replaces an earlier.

    They are plain dictionaries and not parts of the notebook: who gets them from another process
    would import all that checks notebooks, which takes most of a second.
    """
    found: dict[str, Any] = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            shown = output.get("data", {}).get(MIME_TYPE, {})
            found |= {
                label: dict(value) if isinstance(value, Mapping) else value
                for label, value in shown.items()
            }
    return found
