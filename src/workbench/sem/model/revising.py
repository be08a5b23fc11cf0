"""A model with lines added and others dropped: what ``Fit.refit`` fits.

A dropped path or covariance stays in the model with the value 0, so that the two models are nested
and effects that pass through it are worked out without it. A dropped item leaves the model.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from workbench.errors import ModelError
from workbench.sem.model.expressions import Expression, names_in, quoted_where_needed
from workbench.sem.model.syntax import (
    Definition,
    Modifiers,
    Relation,
    parse,
    parse_lines,
)
from workbench.sem.model.writing import Statement, statement_text, written
from workbench.text import SHOWN, listed

Key = tuple[str, str, str]
Lines = str | Sequence[str]

_ZERO = Modifiers(fixed=(0.0,))


@dataclass(frozen=True)
class Revision:
    """A revised model, and the statements left out because a label in them is gone."""

    model: str
    left_out: tuple[str, ...] = ()


def revised(model: str, table: pd.DataFrame, add: Lines = (), drop: Lines = ()) -> Revision:
    """Return ``model`` without the lines ``drop`` and with the lines ``add``.

    Parameters
    ----------
    model
        lavaan's syntax.
    table
        The model's parameter table, with the parameters that the defaults add.
    add, drop
        Lines of the model language. What a dropped one says beside the parameter itself, such as a
        label, plays no part.

    Raises
    ------
    ModelSyntaxError
        A line that cannot be read.
    ModelError
        A dropped parameter that the model does not have, an added one that it has, or no line.
    """
    added, dropped = _read(add), _read(drop)
    if not added and not dropped:
        raise ModelError("Nothing to refit: give lines to add or to drop, as in drop='y ~ x'.")
    draft = _Draft(model, table)
    for line in dropped:
        draft.drop(line)
    for line in added:
        draft.add(line)
    draft.tidy()
    return Revision(draft.text, tuple(draft.left_out))


def _read(lines: Lines) -> list[Relation | Statement]:
    given = [lines] if isinstance(lines, str) else list(lines)
    return [part for line in given for part in parse_lines(line)]


class _Draft:
    """A model while it is revised."""

    def __init__(self, model: str, table: pd.DataFrame) -> None:
        syntax = parse(model)
        self.relations = {_key(relation): relation for relation in syntax.relations}
        self.statements: list[Statement] = [
            *syntax.definitions, *syntax.equalities, *syntax.inequalities,
        ]  # fmt: skip
        self.present = {_key(row): row for row in _present(table)}
        self.labels = self._labels()
        self.dropped_items: list[tuple[str, str]] = []
        self.dropped_names: set[str] = set()
        self.left_out: list[str] = []

    # --- dropping ------------------------------------------------------------------------------

    def drop(self, line: Relation | Statement) -> None:
        if not isinstance(line, Relation):
            self._drop_statement(line)
            return
        key = _key(line)
        if key not in self.present:
            raise ModelError(
                f"The model has no {_written(line)!r} to drop{self._among(line)}; write a line "
                "that it has."
            )
        del self.present[key]
        if line.op == "=~":
            del self.relations[key]
            self.dropped_items.append((line.lhs, line.rhs))
        else:
            earlier = self.relations.get(key, line)
            own = self._label_of_its_own(earlier)
            self.relations[key] = replace(earlier, modifiers=replace(_ZERO, label=own))

    def _label_of_its_own(self, relation: Relation) -> tuple[str, ...]:
        """A dropped parameter's label, unless others carry it: these would become 0 as well."""
        others = {
            label
            for one in self.relations.values()
            if one is not relation
            for label in one.modifiers.label
        }
        own = relation.modifiers.label
        return () if others.intersection(own) - {""} else own

    def _drop_statement(self, line: Statement) -> None:
        written = statement_text(line)
        kept = [one for one in self.statements if statement_text(one) != written]
        if len(kept) == len(self.statements):
            have = listed((repr(statement_text(one)) for one in self.statements), most=SHOWN)
            raise ModelError(f"The model has no {written!r} to drop; it has {have}.")
        self.statements = kept
        self.dropped_names |= {line.name} if isinstance(line, Definition) else set()

    def _labels(self) -> set[str]:
        found = {label for one in self.relations.values() for label in one.modifiers.label}
        return found - {""}

    # --- adding --------------------------------------------------------------------------------

    def add(self, line: Relation | Statement) -> None:
        if not isinstance(line, Relation):
            self._add_statement(line)
            return
        key = _key(line)
        if key in self.present:
            raise ModelError(
                f"The model already has {_written(line)!r}; leave it out of add, or drop it first."
            )
        earlier = self.relations.pop(key, None)
        if earlier is not None and not line.modifiers.label:
            # The label by which effects speak of it.
            line = replace(line, modifiers=replace(line.modifiers, label=earlier.modifiers.label))
        self.relations[key] = self.present[key] = line

    def _add_statement(self, line: Statement) -> None:
        written = statement_text(line)
        names = [one.name for one in self.statements if isinstance(one, Definition)]
        if isinstance(line, Definition) and line.name in names:
            raise ModelError(f"The model already defines {line.name!r}; drop that first.")
        if written in map(statement_text, self.statements):
            raise ModelError(f"The model already has {written!r}; leave it out of add.")
        self.statements.append(line)

    # --- what follows from it ------------------------------------------------------------------

    def tidy(self) -> None:
        """Leave out what is said of items, labels and names that are gone."""
        for latent, item in self.dropped_items:
            if not any(lhs == latent and op == "=~" for lhs, op, _ in self.relations):
                raise ModelError(
                    f"{latent!r} would have no item left without {item!r}; add another one to it, "
                    f"as in add='{quoted_where_needed(latent)} =~ x'."
                )
            used = {
                name for lhs, op, rhs in self.relations if op in ("=~", "~") for name in (lhs, rhs)
            }
            if item not in used:
                kept = {key: one for key, one in self.relations.items() if item not in key}
                self.relations = kept
        self._leave_out((self.labels - self._labels()) | self.dropped_names)

    def _leave_out(self, gone: set[str]) -> None:
        """Leave out the statements about labels that are gone, and those about these."""
        while lost := [one for one in self.statements if gone.intersection(_names(one))]:
            self.statements = [one for one in self.statements if one not in lost]
            gone = {one.name for one in lost if isinstance(one, Definition)}
            self.left_out += [
                one.name if isinstance(one, Definition) else statement_text(one) for one in lost
            ]

    # --- written -------------------------------------------------------------------------------

    def _among(self, line: Relation) -> str:
        """What the model has of the same kind, as part of a sentence."""
        own = [one for one in self.present.values() if (one.lhs, one.op) == (line.lhs, line.op)]
        own = own or [one for one in self.present.values() if one.op == line.op]
        if not own:
            return ""
        return f" (of this kind it has {listed(map(_written, own), most=SHOWN)})"

    @property
    def text(self) -> str:
        return written(self.relations.values(), self.statements)


def _key(relation: Relation) -> Key:
    """A parameter, whichever way round a covariance is written."""
    if relation.op == "~~":
        first, second = sorted((relation.lhs, relation.rhs))
        return first, "~~", second
    return relation.lhs, relation.op, relation.rhs


def _present(table: pd.DataFrame) -> Iterator[Relation]:
    """The parameters of a model that are not fixed at 0 in every group."""
    rows = table[table["op"].isin(["=~", "~", "~~", "~1"])]
    own = rows[(rows["free"] > 0) | (rows["fixed"] != 0)]
    for lhs, op, rhs in own[["lhs", "op", "rhs"]].drop_duplicates().itertuples(index=False):
        yield Relation(lhs, op, rhs)


def _written(relation: Relation) -> str:
    left = quoted_where_needed(relation.lhs)
    if relation.op == "~1":
        return f"{left} ~ 1"
    return f"{left} {relation.op} {quoted_where_needed(relation.rhs)}"


def _names(statement: Statement) -> set[str]:
    parts: Iterable[Expression]
    if isinstance(statement, Definition):
        parts = (statement.expression,)
    else:
        parts = (statement.left, statement.right)
    return {name for part in parts for name in names_in(part)}
