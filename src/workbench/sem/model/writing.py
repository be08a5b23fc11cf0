"""From relations and statements back to the text of a model."""

import math
from collections.abc import Callable, Iterable

from workbench.sem.model.expressions import quoted_where_needed
from workbench.sem.model.syntax import Definition, Equality, Inequality, Relation

Statement = Definition | Equality | Inequality


def written(relations: Iterable[Relation], statements: Iterable[Statement]) -> str:
    """Return the model, one line for what stands on the left of an operator.

    A parameter with several modifiers is written with one at a time, as in ``0*x + b*x``, which
    lavaan reads as well.
    """
    together: dict[tuple[str, str], list[str]] = {}
    for one in relations:
        together.setdefault((one.lhs, one.op), []).append(_terms(one))
    lines = [
        f"{quoted_where_needed(lhs)} {'~' if op == '~1' else op} {' + '.join(terms)}"
        for (lhs, op), terms in together.items()
    ]
    return "\n".join([*lines, *map(statement_text, statements)]) + "\n"


def statement_text(statement: Statement) -> str:
    """Return a definition, an equality or an inequality as it is written."""
    if isinstance(statement, Definition):
        return f"{quoted_where_needed(statement.name)} := {statement.expression}"
    op = "==" if isinstance(statement, Equality) else statement.op
    return f"{statement.left} {op} {statement.right}"


def _terms(relation: Relation) -> str:
    """A variable with its modifiers."""
    own = relation.modifiers
    modifiers = [_values(_number, own.fixed), _values(_label, own.label)]
    modifiers += [
        f"{kind}({_values(_number, values)})" if values else ""
        for kind, values in (("start", own.start), ("lower", own.lower), ("upper", own.upper))
    ]
    variable = "1" if relation.op == "~1" else quoted_where_needed(relation.rhs)
    terms = [f"{modifier}*{variable}" for modifier in modifiers if modifier]
    return " + ".join(terms) or variable


def _values(text: Callable[..., str], values: Iterable[object]) -> str:
    given = [text(value) for value in values]
    return given[0] if len(given) == 1 else f"c({', '.join(given)})" if given else ""


def _number(value: float) -> str:
    return "NA" if math.isnan(value) else repr(float(value)).removesuffix(".0")


def _label(label: str) -> str:
    if label == "NA":
        return '"NA"'
    return quoted_where_needed(label) if label else "NA"
