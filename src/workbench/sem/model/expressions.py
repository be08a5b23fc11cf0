"""Arithmetic over parameter labels: the right-hand sides of ``:=`` and both sides of ``==``.

An expression is a tree of numbers, labels, the operators ``+ - * / ^`` and the functions
``exp log sqrt abs``. It is evaluated with NumPy on values of any shape, and differentiated exactly
by forward accumulation of partial derivatives (no text is ever executed).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.exceptions import ModelError, nearest

Array = NDArray[np.float64]


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
        rank = _RANK[self.operator] if len(self.operands) == 2 else _NEGATION_RANK
        if len(self.operands) == 1:
            return "-" + _bracketed(self.operands[0], rank)
        left, right = self.operands
        # The right side of - / ^ needs brackets at equal rank: a-(b-c) is not a-b-c.
        tight_left = rank + 1 if self.operator == "^" else rank
        tight_right = rank + 1 if self.operator in "-/" else rank
        return f"{_bracketed(left, tight_left)}{self.operator}{_bracketed(right, tight_right)}"


@dataclass(frozen=True)
class Call:
    """A function applied to its arguments."""

    function: str
    arguments: "tuple[Expression, ...]"
    position: Position = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.function}({','.join(map(str, self.arguments))})"


Expression = Number | Name | Operation | Call

_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_NEGATION_RANK = 3


def _bracketed(expression: Expression, rank: int) -> str:
    text = str(expression)
    if isinstance(expression, Operation):
        own = _RANK[expression.operator] if len(expression.operands) == 2 else _NEGATION_RANK
        return f"({text})" if own < rank else text
    return f"({text})" if text.startswith("-") and rank > 1 else text


def quoted_where_needed(name: str) -> str:
    """Return ``name`` as it must stand in a model: in quotes unless it is a plain name."""
    plain = name.replace(".", "_").isidentifier() and not name[:2].lstrip(".")[:1].isdigit()
    if plain:
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Expression:
    """Parse arithmetic over labels, for example ``"a*b + c"``.

    Raises ModelSyntaxError with line and column.
    """
    from workbench.sem.model.syntax import parse_arithmetic

    return parse_arithmetic(text)


def names_in(expression: Expression) -> list[str]:
    """Return the labels an expression uses, in order of first appearance."""
    found: dict[str, None] = {}

    def visit(node: Expression) -> None:
        if isinstance(node, Name):
            found.setdefault(node.name)
        elif isinstance(node, Operation):
            for operand in node.operands:
                visit(operand)
        elif isinstance(node, Call):
            for argument in node.arguments:
                visit(argument)

    visit(expression)
    return list(found)


def evaluate(expression: Expression, values: Mapping[str, ArrayLike]) -> Array:
    """Evaluate an expression; label values may be arrays of any shapes that broadcast."""
    return value_and_partials(expression, values)[0]


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
        return _accumulate(expression, values)


def gradient(expression: Expression, names: list[str], values: Mapping[str, ArrayLike]) -> Array:
    """Return ∂expression/∂names stacked along the last axis (0 for names it does not use)."""
    value, partials = value_and_partials(expression, values)
    zero = np.zeros_like(value)
    columns = [np.broadcast_to(partials.get(name, zero), value.shape) for name in names]
    return np.stack(columns, axis=-1) if columns else np.zeros((*value.shape, 0))


def _accumulate(
    node: Expression, values: Mapping[str, ArrayLike]
) -> tuple[Array, dict[str, Array]]:
    if isinstance(node, Number):
        return np.asarray(node.value), {}
    if isinstance(node, Name):
        if node.name not in values:
            raise ModelError(f"Label {node.name!r} has no value.{nearest(node.name, values)}")
        value = np.asarray(values[node.name], dtype=np.float64)
        return value, {node.name: np.ones_like(value)}
    if isinstance(node, Call):
        argument, inner = _accumulate(node.arguments[0], values)
        function, derivative = FUNCTIONS[node.function]
        outer = derivative(argument)
        return function(argument), {name: outer * partial for name, partial in inner.items()}
    if len(node.operands) == 1:
        value, inner = _accumulate(node.operands[0], values)
        return -value, {name: -partial for name, partial in inner.items()}
    left, left_partials = _accumulate(node.operands[0], values)
    right, right_partials = _accumulate(node.operands[1], values)
    value, by_left, by_right = _binary(node.operator, left, right, constant=not right_partials)
    partials: dict[str, Array] = {}
    for inner, outer in ((left_partials, by_left), (right_partials, by_right)):
        for name, partial in inner.items():
            partials[name] = partials.get(name, np.asarray(0.0)) + outer * partial
    return value, partials


def _binary(operator: str, left: Array, right: Array, constant: bool) -> tuple[Array, Array, Array]:
    one = np.asarray(1.0)
    if operator == "+":
        return left + right, one, one
    if operator == "-":
        return left - right, one, -one
    if operator == "*":
        return left * right, right, left
    if operator == "/":
        return left / right, 1 / right, -left / right**2
    value = np.power(left, right)
    # With a constant exponent the derivative exists for negative bases too; the logarithm in the
    # other partial is not needed then.
    by_right = one if constant else value * np.log(left)
    return value, right * np.power(left, right - 1), by_right


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
    order: list[str] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            raise ModelError(
                f"The definition of {name!r} is circular ({circle}). "
                "Define it from labels of parameters."
            )
        for used in names_in(definitions[name]):
            if used in definitions:
                visit(used, (*path, name))
            elif used not in known:
                raise ModelError(
                    f"{name!r} uses the label {used!r}, which no parameter carries."
                    f"{nearest(used, everything)}"
                )
        done.add(name)
        order.append(name)

    for name in definitions:
        visit(name, ())
    return order
