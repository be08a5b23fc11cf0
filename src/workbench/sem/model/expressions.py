"""Arithmetic over parameter labels: the right-hand sides of ``:=`` and both sides of ``==``.

An expression is a tree of numbers, labels, the operators ``+ - * / ^`` and the functions
``exp log sqrt abs``. It is evaluated with NumPy on values of any shape, and differentiated exactly
by forward accumulation of partial derivatives (no text is ever executed).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import ModelError
from workbench.text import nearest

Array = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Position:
    """A place in the model text, both counted from 1."""

    line: int = 0
    column: int = 0


_NOWHERE = Position()


@dataclass(frozen=True)
class Number:
    """A numeric constant."""

    value: float
    position: Position = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.value:.15g}"


@dataclass(frozen=True)
class Name:
    """A variable in a formula, a label in arithmetic."""

    name: str
    quoted: bool = field(default=False, compare=False)
    position: Position = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return quoted_where_needed(self.name)


@dataclass(frozen=True)
class Operation:
    """An arithmetic operator with its one (``-``) or two operands."""

    operator: str
    operands: "tuple[Expression, ...]"
    position: Position = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return fold(self, _written)

    def __reduce__(self) -> "tuple[Callable[..., Expression], tuple[list[Expression | Node]]]":
        return _planted, (_felled(self),)


@dataclass(frozen=True)
class Call:
    """A function applied to its arguments."""

    function: str
    arguments: "tuple[Expression, ...]"
    position: Position = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return fold(self, _written)

    def __reduce__(self) -> "tuple[Callable[..., Expression], tuple[list[Expression | Node]]]":
        return _planted, (_felled(self),)


Expression = Number | Name | Operation | Call

Node = tuple[type[Operation] | type[Call], str, int, Position]
"""An operation or a call without its parts: its kind, its word, how many parts, its place."""

_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_NEGATION_RANK = 3


def parts_of(expression: Expression) -> "tuple[Expression, ...]":
    """The operands of an operation, the arguments of a call; nothing of a number or a name."""
    if isinstance(expression, Operation):
        return expression.operands
    return expression.arguments if isinstance(expression, Call) else ()


def fold(expression: Expression, combine: Callable[[Expression, Sequence[T]], T]) -> T:
    """Work an expression out from its leaves: ``combine(node, results of its parts)``.

    Not by recursion, for a sum of a thousand terms is a tree a thousand deep.
    """
    results: list[T] = []
    ahead: list[tuple[Expression, bool]] = [(expression, False)]
    while ahead:
        node, ready = ahead.pop()
        parts = parts_of(node)
        if parts and not ready:
            ahead.append((node, True))
            ahead.extend((part, False) for part in reversed(parts))
            continue
        first = len(results) - len(parts)
        results[first:] = [combine(node, results[first:])]
    return results[0]


def _felled(expression: Expression) -> list[Expression | Node]:
    """A tree as a list, each node after its parts: pickling a tree goes as deep as the tree."""
    found: list[Expression | Node] = []

    def listed(node: Expression, parts: Sequence[None]) -> None:
        if isinstance(node, Operation):
            found.append((Operation, node.operator, len(parts), node.position))
        elif isinstance(node, Call):
            found.append((Call, node.function, len(parts), node.position))
        else:
            found.append(node)

    fold(expression, listed)
    return found


def _planted(nodes: Sequence[Expression | Node]) -> Expression:
    """The tree that :func:`_felled` made a list of."""
    results: list[Expression] = []
    for node in nodes:
        if isinstance(node, tuple):
            kind, word, count, position = node
            first = len(results) - count
            results[first:] = [kind(word, tuple(results[first:]), position)]
        else:
            results.append(node)
    return results[0]


def _written(node: Expression, texts: Sequence[str]) -> str:
    if isinstance(node, Call):
        return f"{node.function}({','.join(texts)})"
    if not isinstance(node, Operation):
        return str(node)
    if len(texts) == 1:
        return "-" + _bracketed(node.operands[0], texts[0], _NEGATION_RANK)
    rank = _RANK[node.operator]
    # The right side of - / ^ needs brackets at equal rank: a-(b-c) is not a-b-c.
    ranks = (
        rank + 1 if node.operator == "^" else rank,
        rank + 1 if node.operator in "-/" else rank,
    )
    left, right = (
        _bracketed(part, text, needed)
        for part, text, needed in zip(node.operands, texts, ranks, strict=True)
    )
    return f"{left}{node.operator}{right}"


def _bracketed(expression: Expression, text: str, rank: int) -> str:
    if isinstance(expression, Operation):
        own = _RANK[expression.operator] if len(expression.operands) == 2 else _NEGATION_RANK
        return f"({text})" if own < rank else text
    return f"({text})" if text.startswith("-") and rank > 1 else text


def canonical(name: object) -> str:
    """Return a name in the one form in which names are compared: text, its letters composed.

    The same letter may be one character (é) or two (e and an accent), and looks the same (NFC of
    Unicode Standard Annex 15).
    """
    return unicodedata.normalize("NFC", str(name))


@lru_cache(maxsize=1)
def plain_name() -> str:
    """The pattern of names that need no quotes: letters with their marks, digits, ``_``, ``.``.

    Python's ``\\w`` leaves out the vowel signs and tones that are written as marks of their own,
    as in Hindi, Tamil or Thai.
    """
    ranges: list[list[int]] = []
    # The other planes hold ideographs, and the selectors of their variants.
    for code in (*range(0x20000), *range(0xE0100, 0xE01F0)):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    marks = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
    return rf"(?:[^\W\d]|\.(?!\d))[\w.{marks}]*"


def quoted_where_needed(name: str) -> str:
    """Return ``name`` as it must stand in a model: in quotes unless it is a plain name.

    Of the three kinds of quotes, one that the name does not hold.
    """
    if re.fullmatch(plain_name(), name):
        return name
    quote = next((mark for mark in "\"'`" if mark not in name), '"')
    return f"{quote}{name}{quote}"


def names_in(expression: Expression) -> list[str]:
    """Return the labels an expression uses, in order of first appearance."""
    found: dict[str, None] = {}

    def note(node: Expression, _: Sequence[None]) -> None:
        if isinstance(node, Name):
            found.setdefault(node.name)

    fold(expression, note)
    return list(found)


def evaluate(expression: Expression, values: Mapping[str, ArrayLike]) -> Array:
    """Evaluate an expression; label values may be arrays of any shapes that broadcast."""
    with np.errstate(all="ignore"):
        return fold(expression, lambda node, parts: _value(node, parts, values))


def value_and_partials(
    expression: Expression, values: Mapping[str, ArrayLike]
) -> tuple[Array, dict[str, Array]]:
    """Return the value of an expression and its exact partial derivative for every label in it.

    Derivatives follow from the chain rule applied node by node. ``abs`` has derivative 0 at 0.
    Where the value is undefined (``log`` of a negative number) the result is NaN, without a
    NumPy warning.

    Parameters
    ----------
    values
        Label → value, scalars or arrays (batch dimensions broadcast).
    """
    with np.errstate(all="ignore"):
        return fold(expression, lambda node, parts: _combined(node, parts, values))


def gradient(expression: Expression, names: list[str], values: Mapping[str, ArrayLike]) -> Array:
    """Return ∂expression/∂names stacked along the last axis (0 for names it does not use)."""
    value, partials = value_and_partials(expression, values)
    zero = np.zeros_like(value)
    columns = [np.broadcast_to(partials.get(name, zero), value.shape) for name in names]
    return np.stack(columns, axis=-1) if columns else np.zeros((*value.shape, 0))


def _value(node: Expression, parts: Sequence[Array], values: Mapping[str, ArrayLike]) -> Array:
    """The value of a node, of those of its parts."""
    if isinstance(node, Number):
        return np.asarray(node.value)
    if isinstance(node, Name):
        if node.name not in values:
            raise ModelError(f"Label {node.name!r} has no value.{nearest(node.name, values)}")
        return np.asarray(values[node.name], dtype=np.float64)
    if isinstance(node, Call):
        return FUNCTIONS[node.function][0](parts[0])
    if len(parts) == 1:
        return -parts[0]
    left, right = parts
    if node.operator == "+":
        return left + right
    if node.operator == "-":
        return left - right
    if node.operator == "*":
        return left * right
    return left / right if node.operator == "/" else np.power(left, right)


def _combined(
    node: Expression,
    parts: Sequence[tuple[Array, dict[str, Array]]],
    values: Mapping[str, ArrayLike],
) -> tuple[Array, dict[str, Array]]:
    """The value of a node and its partial derivatives, of those of its parts."""
    value = _value(node, [part for part, _ in parts], values)
    if isinstance(node, Number):
        return value, {}
    if isinstance(node, Name):
        return value, {node.name: np.ones_like(value)}
    if isinstance(node, Call):
        argument, inner = parts[0]
        outer = FUNCTIONS[node.function][1](argument)
        return value, {name: outer * partial for name, partial in inner.items()}
    if len(parts) == 1:
        return value, {name: -partial for name, partial in parts[0][1].items()}
    (left, left_partials), (right, right_partials) = parts
    by_left, by_right = _slopes(node.operator, left, right, value, constant=not right_partials)
    partials: dict[str, Array] = {}
    for inner, outer in ((left_partials, by_left), (right_partials, by_right)):
        for name, partial in inner.items():
            partials[name] = partials.get(name, np.asarray(0.0)) + outer * partial
    return value, partials


def _slopes(
    operator: str, left: Array, right: Array, value: Array, constant: bool
) -> tuple[Array, Array]:
    """The derivatives of ``value`` by the two sides of an operator."""
    one = np.asarray(1.0)
    if operator == "+":
        return one, one
    if operator == "-":
        return one, -one
    if operator == "*":
        return right, left
    if operator == "/":
        return 1 / right, -left / right**2
    # With a constant exponent the derivative exists for negative bases too; the logarithm in the
    # other partial is not needed then.
    by_right = one if constant else value * np.log(left)
    return right * np.power(left, right - 1), by_right


FUNCTIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "abs": (np.abs, np.sign),
}


def evaluation_order(definitions: Mapping[str, Expression], labels: Iterable[str]) -> list[str]:
    """Return the defined names in an order in which each uses only labels and earlier names.

    Raises
    ------
    ModelError
        A name defined in terms of itself (the circle is written out), or a label nothing carries
        (the nearest one is suggested).
    """
    known = set(labels)
    everything = [*labels, *definitions]
    order: dict[str, None] = {}
    for first in definitions:
        # The names that wait for what they use, each with what it still has to look at.
        waiting = {} if first in order else {first: names_in(definitions[first])}
        while waiting:
            name = next(reversed(waiting))
            if not waiting[name]:
                del waiting[name]
                order[name] = None
                continue
            used = waiting[name].pop(0)
            if used in waiting:
                path = list(waiting)
                circle = " → ".join((*path[path.index(used) :], used))
                raise ModelError(
                    f"The definition of {used!r} is circular ({circle}). "
                    "Define it from labels of parameters."
                )
            if used in definitions:
                if used not in order:
                    waiting[used] = names_in(definitions[used])
            elif used not in known:
                raise ModelError(
                    f"{name!r} uses the label {used!r}, which no parameter carries."
                    f"{nearest(used, everything)}"
                )
    return list(order)
