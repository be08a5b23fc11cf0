"""A model of semopy's as the text of one of the workbench's."""

import re

from workbench.errors import ModelError
from workbench.sem.model.expressions import quoted_where_needed
from workbench.text import listed

_OPERATORS = ("=~", "~", "~~")


def from_semopy(model: object) -> str:
    """Return a semopy model, or its description, in lavaan's syntax.

    Paths, fixed values, labels, ``START``, ``BOUND`` and ``CONSTRAINT`` are taken over, in both
    ways in which semopy writes commands. Estimates by maximum likelihood are then the same; see
    :func:`fit` for what else differs.

    Parameters
    ----------
    model
        A ``semopy.Model`` or its description.

    Raises
    ------
    ModelError
        What is no model of semopy's, or a command that has no counterpart here.

    Examples
    --------
    >>> import workbench as wb
    >>> text = "trust =~ trust_1 + trust_2 + b*trust_3\\nBOUND(0, 2) b"
    >>> print(wb.sem.from_semopy(text))
    trust =~ trust_1 + trust_2 + b*trust_3
    b > 0
    b < 2
    """
    from semopy.parser import parse_desc  # takes a second

    text = model if isinstance(model, str) else getattr(model, "description", None)
    if not isinstance(text, str):
        raise ModelError(
            f"{type(model).__name__} is no semopy model; give a semopy.Model or its description."
        )
    try:
        effects, operations = parse_desc(text)
    except SyntaxError as error:
        raise ModelError(f"semopy cannot read the model: {error}") from error
    unknown = [op for op in effects if op not in _OPERATORS]
    commands = {name.upper(): found for name, found in operations.items()}
    unknown += [name for name in commands if name not in {"START", "BOUND", "CONSTRAINT"}]
    if unknown:
        raise ModelError(
            f"{listed(unknown)} of the semopy model has no counterpart here; leave it out."
        )
    starts = {
        name: float(_values(one.params)[0])
        for one in commands.get("START", [])
        for name in one.onto
    }
    lines = []
    for op in _OPERATORS:
        for left, right in effects.get(op, {}).items():
            freed = _freed(right) if op == "=~" else {}
            terms = [
                _term(variable, factor, starts, freed.get(variable, ""))
                for variable, factor in right.items()
            ]
            lines.append(f"{quoted_where_needed(left)} {op} {' + '.join(terms)}")
    for one in commands.get("BOUND", []):
        low, high = _values(one.params)
        for name in one.onto:
            lines += [f"{name} > {low}", f"{name} < {high}"]
    for one in commands.get("CONSTRAINT", []):
        condition = one.params if isinstance(one.params, str) else ",".join(one.params)
        lines.append(re.sub(r"(?<![<>=])=(?!=)", "==", condition).replace("**", "^"))
    return "\n".join(lines)


def _values(params: "str | list[str]") -> list[str]:
    return params.split() if isinstance(params, str) else params


def _freed(right: dict[str, str | None]) -> dict[str, str]:
    """Items whose loading must be told to be free or 1, where that is not what is said of nothing.

    semopy fixes the first loading without a factor at 1, and none where the user has fixed one.
    """
    first = next(iter(right))
    fixed = any(factor is not None and _is_number(factor) for factor in right.values())
    marker = None if fixed else next((item for item in right if right[item] is None), None)
    if marker == first or _is_number(right[first] or ""):
        return {}
    return {first: "NA"} | ({marker: "1"} if marker else {})


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _term(variable: str, factor: str | None, starts: dict[str, float], freed: str) -> str:
    name = quoted_where_needed(variable)
    modifiers = [freed, factor or "", f"start({starts[factor]:g})" if factor in starts else ""]
    return " + ".join(f"{own}*{name}" for own in modifiers if own) or name
