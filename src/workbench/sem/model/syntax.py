"""The model language: from text to relations with their place in the text.

The language is lavaan's: ``=~`` (measured by), ``~`` (regressed on), ``~~`` (covaries with),
``~ 1`` (intercept), ``|`` (an ordered item's thresholds ``t1``, ``t2``, …), ``~*~`` (its scale),
``:=`` (defined as), ``==`` (equal to), ``<`` and ``>`` (at most, at least:
an optimum may lie where the two sides are equal). A term may carry modifiers,
``modifier*variable``: a number fixes the parameter, ``NA`` frees it, a name labels it,
``start(0.5)`` gives a starting value, ``lower(0)`` and ``upper(1)`` bound it, and ``c(…)`` gives
one modifier per group. On the left of ``=~``, ``efa("name")*f`` puts a latent variable into an
exploratory block. Statements end at the end of a line or at ``;``; a line that ends with an
operator, or the next one beginning with one, continues the statement (but a line with an operator
of its own may begin with a minus, as in ``-1 < a``). ``#`` and ``!`` begin a comment. A name that
is not letters, digits, dots and underscores stands in quotes.
"""

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from workbench.errors import ModelError, ModelSyntaxError
from workbench.sem.model.expressions import (
    FUNCTIONS,
    Call,
    Expression,
    Name,
    Number,
    Operation,
    Position,
    canonical,
    fold,
    names_in,
    parts_of,
    plain_name,
)
from workbench.text import listed, nearest


@dataclass(frozen=True)
class Modifiers:
    """What a term says about its parameter; one entry, or one per group.

    In ``fixed`` and ``start`` NaN is lavaan's ``NA`` (in ``fixed``: free this parameter); in
    ``label`` an empty string is no label.
    """

    fixed: tuple[float, ...] = ()
    start: tuple[float, ...] = ()
    label: tuple[str, ...] = ()
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()


@dataclass(frozen=True)
class Relation:
    """One parameter a user wrote: ``lhs op rhs`` (``rhs`` is empty for intercepts)."""

    lhs: str
    op: str
    rhs: str
    modifiers: Modifiers = Modifiers()
    position: Position = field(default=Position(), compare=False)


@dataclass(frozen=True)
class Definition:
    """``name := expression``."""

    name: str
    expression: Expression
    position: Position = field(default=Position(), compare=False)


@dataclass(frozen=True)
class Equality:
    """``left == right``."""

    left: Expression
    right: Expression
    position: Position = field(default=Position(), compare=False)


@dataclass(frozen=True)
class Inequality:
    """``left < right`` or ``left > right``; labels stand on the left if on one side alone."""

    left: Expression
    op: str
    right: Expression
    position: Position = field(default=Position(), compare=False)


@dataclass(frozen=True)
class Block:
    """Latent variables of an exploratory block: every item of one may load on all."""

    name: str
    factors: tuple[str, ...]


@dataclass(frozen=True)
class ModelSyntax:
    """A parsed model, every part in the order in which it was written."""

    text: str
    relations: tuple[Relation, ...]
    definitions: tuple[Definition, ...]
    equalities: tuple[Equality, ...]
    inequalities: tuple[Inequality, ...]
    blocks: tuple[Block, ...] = ()

    def error(self, position: Position, message: str) -> ModelSyntaxError:
        """Return an error that shows ``position`` in this model's text."""
        return _error(self.text, position, message)


# --- from text to statements -------------------------------------------------------------------

_OPERATORS = {
    "MEASURED", "COVARIES", "REGRESSED", "CUT", "SCALED", "DEFINED", "EQUALS", "LESS", "MORE",
}  # fmt: skip
_JOINS = {*_OPERATORS, "PLUS", "MINUS", "STAR", "SLASH", "CIRCUMFLEX", "COMMA"}
_CONTINUES_AFTER = {*_JOINS, "LPAR"}
_CONTINUES_BEFORE = {*_JOINS, "RPAR"}


class _Lines(PostLex):
    """Drop the line ends inside a statement; ``;`` always ends one."""

    always_accept = ("_BREAK",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        previous: Token | None = None
        line_ends: list[Token] = []
        ahead: deque[Token] = deque()
        while token := ahead.popleft() if ahead else next(stream, None):
            if token.type == "_BREAK":
                line_ends.append(token)
                continue
            hard = any(end == ";" for end in line_ends)
            joined = token.type in _CONTINUES_BEFORE
            if token.type == "MINUS" and line_ends:
                # A sign, as in -1 < a, if its own line has an operator.
                while not (ahead and ahead[-1].type == "_BREAK"):
                    following = next(stream, None)
                    if following is None:
                        break
                    ahead.append(following)
                joined = not any(own.type in _OPERATORS for own in ahead)
            inside = (
                depth > 0 or (previous is not None and previous.type in _CONTINUES_AFTER) or joined
            )
            if hard or not inside:
                yield from line_ends
            line_ends = []
            depth += (token.type == "LPAR") - (token.type == "RPAR")
            previous = token
            yield token
        yield from line_ends


@dataclass(frozen=True)
class _Statement:
    operator: str
    left: Expression
    right: Expression
    position: Position


def _position(token: Token) -> Position:
    return Position(token.line or 1, token.column or 1)


@v_args(inline=True)
class _Tree(Transformer[Token, Any]):
    def number(self, token: Token) -> Number:
        return Number(float(token), _position(token))

    def name(self, token: Token) -> Name:
        return Name(str(token), False, _position(token))

    def quoted(self, token: Token) -> Name:
        return Name(str(token)[1:-1], True, _position(token))

    def call(self, name: Token, *arguments: Expression | None) -> Call:
        given = tuple(argument for argument in arguments if argument is not None)
        return Call(str(name), given, _position(name))

    def _binary(self, operator: str, left: Expression, right: Expression) -> Operation:
        return Operation(operator, (left, right), left.position)

    def add(self, left: Expression, right: Expression) -> Operation:
        return self._binary("+", left, right)

    def subtract(self, left: Expression, sign: Token, right: Expression) -> Operation:
        return Operation("-", (left, right), _position(sign))

    def multiply(self, left: Expression, right: Expression) -> Operation:
        return self._binary("*", left, right)

    def divide(self, left: Expression, right: Expression) -> Operation:
        return self._binary("/", left, right)

    def power(self, left: Expression, right: Expression) -> Operation:
        return self._binary("^", left, right)

    def negate(self, sign: Token, operand: Expression) -> Expression:
        if isinstance(operand, Number):
            return Number(-operand.value, _position(sign))
        return Operation("-", (operand,), _position(sign))

    def plus(self, operand: Expression) -> Expression:
        return operand

    def operator(self, token: Token) -> Token:
        return token

    def statement(self, left: Expression, operator: Token, right: Expression) -> _Statement:
        return _Statement(str(operator), left, right, _position(operator))

    def start(self, *statements: _Statement) -> list[_Statement]:
        return list(statements)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar.replace("PLAIN_NAME", plain_name()),
        parser="lalr",
        lexer="basic",
        postlex=_Lines(),
        start=["start", "expression"],
        transformer=_Tree(),
        maybe_placeholders=False,
        keep_all_tokens=False,
    )


# --- errors ------------------------------------------------------------------------------------

_MODIFIER_CALLS = {"start", "label", "lower", "upper"}
_WORDS = {"NAME": "a name", "NUMBER": "a number", "RPAR": "')'", "COMMA": "','"}
_FOREIGN = {
    "%": "Blocks ('%') are not part of this language.",
    "=": "Write '=~' (measured by), '~' (regressed on) or '==' (equal to).",
    "\\": "Remove the backslash.",
    "$": "If this is part of an item's name, write the name in quotes.",
    "?": "If this is part of an item's name, write the name in quotes.",
}


def _error(text: str, position: Position, message: str) -> ModelSyntaxError:
    lines = text.split("\n")
    line = lines[position.line - 1] if 0 < position.line <= len(lines) else ""
    shown = line.replace("\t", " ").rstrip("\r")
    pointer = " " * (position.column - 1) + "^"
    return ModelSyntaxError(
        f"Line {position.line}, column {position.column} of the model: {message}\n"
        f"    {shown}\n    {pointer}",
        line=position.line,
        column=position.column,
    )


def _about_colon(before: str, after: str) -> str:
    """Say what stands for a block (``group: 1``) or for a product of variables (``x:m``)."""
    if re.search(r"(?:^|;)\s*level\s*$", before, re.IGNORECASE):
        return "Levels ('level: 1') are read by sem.fit(model, data, cluster=…) alone."
    if re.search(r"(?:^|;)\s*(?:group|block)\s*$", before, re.IGNORECASE):
        return "Blocks ('group: 1') are not part of this language; per group write c(a, b)*x."
    factors = (
        re.search(rf"({plain_name()})\s*$", before),
        re.match(rf"\s*({plain_name()})", after),
    )
    return _about_product([found[1] for found in factors if found])


def _about_product(names: Sequence[str]) -> str:
    names = names if len(names) > 1 else ["x", "m"]
    product = "_".join(names)
    factors = " * ".join(f'data["{name}"]' for name in names)
    return (
        "Products of variables are not part of this language. Make a column of them, "
        f'data["{product}"] = {factors}, and write {product} in the model.'
    )


def _about_call(call: Call) -> str:
    """Say what a function that stands where a variable should be means, or what to do instead."""
    name = call.function
    if name in _MODIFIER_CALLS or name == "c":
        return f"{name}(…) is a modifier and needs a variable after it: {name}(…)*x."
    inner = call.arguments[0] if len(call.arguments) == 1 else None
    if name == "I" and isinstance(inner, Operation) and inner.operator == "*":
        return _about_product(names_in(inner))
    return (
        f"{name}(…) is not computed in a formula. Make a column of it in the data, and write that "
        "column's name."
    )


def _expected(names: set[str], statement_has_operator: bool) -> str:
    words = [_WORDS[name] for name in _WORDS if name in names]
    if names & _OPERATORS and not statement_has_operator:
        words.append("an operator (=~ ~ ~~ | := == < >)")
    if names & {"PLUS", "STAR"} and "NUMBER" not in names and statement_has_operator:
        words.append("'+'")
    if names & {"_BREAK", "$END"}:
        words.append("a new line")
    return listed(words, "or") if words else "something else"


def _explained(text: str, problem: UnexpectedInput) -> ModelSyntaxError:
    if isinstance(problem, UnexpectedCharacters):
        position = Position(problem.line, problem.column)
        character = text[problem.pos_in_stream or 0]
        if character in "\"'`":
            return _error(text, position, f"the quote {character} opens a name but none closes it.")
        advice = _FOREIGN.get(
            character, "If it is part of an item's name, write the name in quotes."
        )
        if character == ":":
            advice = _about_colon(*text.split("\n")[position.line - 1].split(":", 1))
        return _error(text, position, f"unexpected {character!r}. {advice}")
    if not isinstance(problem, UnexpectedToken):  # pragma: no cover - lark has no third kind here
        raise problem
    token = problem.token
    before = list(_parser().lex(text[: token.start_pos or 0])) if token.type != "$END" else []
    if token.type == "$END":
        everything = [t for t in _parser().lex(text) if t.type != "_BREAK"]
        if not everything:
            return _error(text, Position(1, 1), "there is nothing to read.")
        last = everything[-1]
        position = Position(last.end_line or 1, last.end_column or 1)
        before = everything
    else:
        position = _position(token)
    statement: list[Token] = []
    for previous in before:
        if previous.type == "_BREAK":
            statement = []
        else:
            statement.append(previous)
    has_operator = any(t.type in _OPERATORS for t in statement)
    expected = _expected(set(problem.accepts or problem.expected), has_operator)
    found = "the end" if token.type in {"$END", "_BREAK"} else repr(str(token))
    message = f"expected {expected} here, found {found}."
    last_token = statement[-1] if statement else None
    if token.type in {"NAME", "STRING", "NUMBER"} and last_token is not None:
        if last_token.type in {"NAME", "STRING"}:
            message += (
                f' A name with a space stands in quotes ("{last_token} {token}"); '
                "variables are joined by '+'."
            )
        elif last_token.type == "NUMBER":
            touching = last_token.end_pos == token.start_pos
            message += (
                f' A name that begins with a digit stands in quotes ("{last_token}{token}").'
                if touching
                else f" A number that fixes a parameter is followed by '*' ({last_token}*{token})."
            )
    elif token.type in _OPERATORS and last_token is not None and last_token.type in _OPERATORS:
        pair = f"{last_token}{token}"
        message += (
            " Formative constructs ('<~') are not part of this language."
            if pair == "<~"
            else " Write one operator: =~ (measured by), ~ (regressed on), ~~ (covaries with)."
        )
    elif token.type in _OPERATORS and has_operator:
        message += " Begin each statement on a line of its own."
    elif token.type in {"$END", "_BREAK"} and not has_operator:
        message += " A statement has two sides, for example: trust ~ service."
    return _error(text, position, message)


def _statements(text: str) -> list[_Statement]:
    try:
        return cast(list[_Statement], _parser().parse(text, start="start"))
    except UnexpectedInput as problem:
        raise _explained(text, problem) from None


# --- from statements to relations --------------------------------------------------------------


class _Reader:
    """Interpret both sides of each statement according to its operator."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.relations: dict[tuple[str, str, str], Relation] = {}
        self.definitions: list[Definition] = []
        self.equalities: list[Equality] = []
        self.inequalities: list[Inequality] = []
        self.blocks: dict[str, list[str]] = {}

    def error(self, position: Position, message: str) -> ModelSyntaxError:
        return _error(self.text, position, message)

    def read(self, statement: _Statement) -> None:
        if statement.operator == ":=":
            self._definition(statement)
        elif statement.operator == "==":
            left, right = self.arithmetic(statement.left), self.arithmetic(statement.right)
            self.equalities.append(Equality(left, right, statement.position))
        elif statement.operator in "<>":
            self._inequality(statement)
        else:
            self._relations(statement)

    def arithmetic(self, expression: Expression) -> Expression:
        """Check that an expression is arithmetic over labels with known functions."""
        fold(expression, lambda node, _: self._check_call(node))
        return expression

    def _check_call(self, node: Expression) -> None:
        if isinstance(node, Call):
            if node.function not in FUNCTIONS:
                raise self.error(
                    node.position,
                    f"there is no function {node.function!r}; known are "
                    f"{', '.join(FUNCTIONS)}.{nearest(node.function, FUNCTIONS)}",
                )
            if len(node.arguments) != 1:
                raise self.error(node.position, f"{node.function}() takes one argument.")

    def _definition(self, statement: _Statement) -> None:
        if not isinstance(statement.left, Name):
            raise self.error(
                statement.left.position, "the left side of ':=' is one new name, as in ind := a*b."
            )
        name = statement.left.name
        if any(definition.name == name for definition in self.definitions):
            raise self.error(statement.left.position, f"{name!r} is defined twice.")
        expression = self.arithmetic(statement.right)
        self.definitions.append(Definition(name, expression, statement.left.position))

    def _inequality(self, statement: _Statement) -> None:
        left, right = self.arithmetic(statement.left), self.arithmetic(statement.right)
        operator = statement.operator
        if not names_in(left):
            left, right, operator = right, left, "<" if operator == ">" else ">"
        self.inequalities.append(Inequality(left, operator, right, statement.position))

    def _relations(self, statement: _Statement) -> None:
        operator = statement.operator
        left = [self._left(node, operator) for node in self._sum(statement.left)]
        right = [self._term(node, operator) for node in self._sum(statement.right)]
        for name, position in left:
            for variable, modifiers, place in right:
                if variable == name and operator in ("=~", "~"):
                    verb = "measured by" if operator == "=~" else "regressed on"
                    raise self.error(place, f"{name!r} cannot be {verb} itself.")
                op, rhs = ("~1", "") if variable is None else (operator, variable)
                if operator == "|" and not re.fullmatch(r"t[1-9]\d*", rhs):
                    raise self.error(
                        place, f"thresholds are t1, t2, … in order, as in {name} | t1; not {rhs!r}."
                    )
                if operator == "~*~" and rhs != name:
                    raise self.error(
                        place, f"a scale is one item's, as in {name} ~*~ {name}, not of two."
                    )
                self._add(Relation(name, op, rhs, modifiers, place if len(left) == 1 else position))

    def _add(self, relation: Relation) -> None:
        key = (relation.lhs, relation.op, relation.rhs)
        if relation.op == "~~" and (relation.rhs, "~~", relation.lhs) in self.relations:
            key = (relation.rhs, "~~", relation.lhs)
        earlier = self.relations.get(key)
        if earlier is None:
            self.relations[key] = relation
            return
        if earlier.modifiers == relation.modifiers == Modifiers():
            raise self.error(
                relation.position,
                f"{relation.lhs} {relation.op} {relation.rhs or 1} was written before; write it "
                "once.",
            )
        kinds = {}
        for kind in ("fixed", "start", "label", "lower", "upper"):
            first, second = getattr(earlier.modifiers, kind), getattr(relation.modifiers, kind)
            if first and second and repr(first) != repr(second):
                raise self.error(
                    relation.position,
                    f"{relation.lhs} {relation.op} {relation.rhs} was written before with "
                    f"another {kind} value ({listed(first)}, now {listed(second)}).",
                )
            kinds[kind] = first or second
        self.relations[key] = replace(earlier, modifiers=Modifiers(**kinds))

    def _sum(self, node: Expression) -> list[Expression]:
        terms: list[Expression] = []
        ahead = [node]
        while ahead:
            term = ahead.pop()
            if isinstance(term, Operation) and term.operator == "+":
                ahead.extend(reversed(parts_of(term)))
            else:
                terms.append(self._not_arithmetic(term))
        return terms

    def _not_arithmetic(self, node: Expression) -> Expression:
        if isinstance(node, Operation) and node.operator in "-/^":
            first, last = node.operands[0], node.operands[-1]
            both = len(node.operands) == 2
            advice = (
                f' If this is one name, write it in quotes: "{first}{node.operator}{last}".'
                if both and isinstance(first, Name) and isinstance(last, Name | Number)
                else ""
            )
            raise self.error(
                node.position,
                f"{node.operator!r} has no meaning in a formula; terms are joined by '+'.{advice}",
            )
        return node

    def _left(self, node: Expression, operator: str) -> tuple[str, Position]:
        if isinstance(node, Name):
            return node.name, node.position
        if isinstance(node, Operation) and node.operator == "*":
            block, factor = node.operands
            if isinstance(block, Call) and block.function == "efa" and operator == "=~":
                return self._in_block(block, factor), factor.position
            raise self.error(
                node.position,
                f"a modifier stands on the right side of {operator!r}, as in y {operator} a*x.",
            )
        raise self.error(
            node.position, f"the left side of {operator!r} is one or more names joined by '+'."
        )

    def _in_block(self, block: Call, factor: Expression) -> str:
        named = block.arguments[0] if len(block.arguments) == 1 else None
        if not isinstance(named, Name) or not isinstance(factor, Name):
            raise self.error(block.position, 'a block is written efa("name")*factor =~ items.')
        factors = self.blocks.setdefault(named.name, [])
        if factor.name not in factors:
            factors.append(factor.name)
        return factor.name

    def _term(self, node: Expression, operator: str) -> tuple[str | None, Modifiers, Position]:
        """Read ``modifier * … * variable``; the variable is None for an intercept."""
        factors: list[Expression] = []
        while isinstance(node, Operation) and node.operator == "*":
            factors.append(node.operands[1])
            node = node.operands[0]
        factors.append(node)
        last, modifiers = factors[0], factors[:0:-1]
        combined = Modifiers()
        for modifier in modifiers:
            combined = self._combined(combined, self._modifier(modifier), modifier.position)
        position = factors[-1].position
        if isinstance(last, Name):
            return last.name, combined, position
        if isinstance(last, Number) and operator == "~":
            if last.value == 1:
                return None, combined, position
            if last.value == 0 and not modifiers:
                return None, Modifiers(fixed=(0.0,)), position
        if isinstance(last, Number):
            example = "an intercept is written y ~ 1" if operator == "~" else "a name is needed"
            raise self.error(last.position, f"the number {last} is not a variable; {example}.")
        if isinstance(last, Call):
            raise self.error(last.position, _about_call(last))
        self._not_arithmetic(last)
        raise self.error(last.position, "a term is a variable, or modifier*variable.")

    def _combined(self, first: Modifiers, second: Modifiers, position: Position) -> Modifiers:
        kinds = {}
        for kind in ("fixed", "start", "label", "lower", "upper"):
            one, two = getattr(first, kind), getattr(second, kind)
            if one and two:
                raise self.error(position, f"the term has two {kind} modifiers.")
            kinds[kind] = one or two
        return Modifiers(**kinds)

    def _modifier(self, node: Expression) -> Modifiers:
        if isinstance(node, Call) and node.function in _MODIFIER_CALLS:
            if len(node.arguments) != 1:
                raise self.error(node.position, f"{node.function}() takes one value, or c(…).")
            values = self._values(node.arguments[0])
            if node.function == "label":
                return Modifiers(label=self._labels(values))
            numbers: dict[str, Any] = {node.function: self._numbers(values)}
            return Modifiers(**numbers)
        values = self._values(node)
        if any(isinstance(value, str) and value for value in values):
            return Modifiers(label=self._labels(values, node))
        return Modifiers(fixed=self._numbers(values, node))

    def _values(self, node: Expression) -> list[float | str]:
        """Read a number, ``NA`` (as NaN), a label, or ``c(…)`` of them."""
        if isinstance(node, Call) and node.function == "c":
            if not node.arguments:
                raise self.error(node.position, "c() is empty; give one value per group.")
            return [value for argument in node.arguments for value in self._values(argument)]
        if isinstance(node, Number):
            return [node.value]
        if isinstance(node, Name):
            return [math.nan if node.name == "NA" and not node.quoted else node.name]
        if isinstance(node, Call):
            known = [*sorted(_MODIFIER_CALLS), "c"]
            raise self.error(
                node.position,
                f"there is no modifier {node.function}(); known are {', '.join(known)}."
                f"{nearest(node.function, known)}",
            )
        constant = self._constant(node)
        if constant is None:
            raise self.error(
                node.position, "a modifier is a number, NA, a label, start(…) or c(…)."
            )
        return [constant]

    def _constant(self, expression: Expression) -> float | None:
        """Read a number, or products and quotients of numbers."""

        def combined(node: Expression, values: Sequence[float | None]) -> float | None:
            if isinstance(node, Number):
                return node.value
            known = [value for value in values if value is not None]
            if not isinstance(node, Operation) or len(known) < len(values):
                return None
            if len(known) == 1:
                return -known[0]
            if node.operator == "/" and known[1] != 0:
                return known[0] / known[1]
            return known[0] * known[1] if node.operator == "*" else None

        return fold(expression, combined)

    def _labels(self, values: list[float | str], node: Expression | None = None) -> tuple[str, ...]:
        labels = []
        for value in values:
            if isinstance(value, str):
                labels.append(value)
            elif math.isnan(value):
                labels.append("")
            else:
                position = node.position if node is not None else Position(1, 1)
                raise self.error(
                    position, "c(…) holds labels or numbers, not both; use two terms for both."
                )
        return tuple(labels)

    def _numbers(
        self, values: list[float | str], node: Expression | None = None
    ) -> tuple[float, ...]:
        numbers = []
        for value in values:
            if isinstance(value, str):
                position = node.position if node is not None else Position(1, 1)
                raise self.error(position, f"a number is needed, not {value!r}.")
            numbers.append(value)
        return tuple(numbers)


def check_text(model: object) -> None:
    """Raise ModelError where a model is no text."""
    if not isinstance(model, str):
        lines = " joined by line ends" if isinstance(model, list | tuple) else ""
        raise ModelError(
            f"The model is {type(model).__name__}, not text; write for example 'trust ~ service'"
            f"{lines}, before the data."
        )


def _read(text: str) -> _Reader:
    check_text(text)
    # A file may begin with a mark of its encoding.
    text = canonical(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    reader = _Reader(text)
    for statement in _statements(text):
        reader.read(statement)
    return reader


def parse_lines(text: str) -> list[Relation | Definition | Equality | Inequality]:
    """Parse some lines of a model, which need not be one by themselves.

    Raises
    ------
    ModelSyntaxError
        As :func:`parse`.
    """
    reader = _read(text)
    return [
        *reader.relations.values(), *reader.definitions, *reader.equalities, *reader.inequalities,
    ]  # fmt: skip


def parse(text: str) -> ModelSyntax:
    """Parse a model.

    Raises
    ------
    ModelSyntaxError
        With ``line`` and ``column``, the line itself with a caret under the place, what was
        expected, and a suggestion.
    ModelError
        If the model is no text.
    """
    check_text(text)
    return _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> ModelSyntax:
    reader = _read(text)
    if not reader.relations:
        raise _error(
            reader.text, Position(1, 1), "the model has no formula, for example trust ~ service."
        )
    return ModelSyntax(
        text=reader.text,
        relations=tuple(reader.relations.values()),
        definitions=tuple(reader.definitions),
        equalities=tuple(reader.equalities),
        inequalities=tuple(reader.inequalities),
        blocks=tuple(Block(name, tuple(own)) for name, own in reader.blocks.items()),
    )


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Expression:
    """Parse arithmetic over labels alone, as on the right of ``:=``, for example ``"a*b + c"``.

    Raises
    ------
    ModelSyntaxError
        With ``line`` and ``column``.
    """
    text = canonical(text)
    try:
        found = _parser().parse(text, start="expression")
    except UnexpectedInput as problem:
        raise _explained(text, problem) from None
    return _Reader(text).arithmetic(cast(Expression, found))
