"""The levels of a model's text: ``level: 1``, within units, and ``level: 2``, between them.

A heading opens a level, up to the next heading; ``within`` and ``between`` may stand for 1 and 2.
Groups that have models of their own are opened by ``group: …``, with both levels in each. What
``:=``, ``==``, ``<`` and ``>`` say is about the parameters of all blocks, wherever it stands.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from workbench.errors import ModelError
from workbench.sem.model.parameters import Variables
from workbench.sem.model.syntax import (
    Definition,
    Equality,
    Inequality,
    ModelSyntax,
    Relation,
    check_text,
    parse_lines,
)
from workbench.text import quoted

LEVELS = (1, 2)
"""Within units, and between them."""

_WORDS = {"1": 1, "2": 2, "within": 1, "between": 2}

_HEADING = re.compile(
    r"(?:^|(?<=[;\n]))[^\S\n]*(level|group|block)[^\S\n]*:[^\S\n]*(.*?)[^\S\n]*(?=[;\n#!]|\Z)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Block:
    """A level of a group."""

    group: Hashable
    level: int

    def __str__(self) -> str:
        return f"{self.group}, level {self.level}"


@dataclass(frozen=True)
class LevelSyntax:
    """A parsed model of two levels.

    Attributes
    ----------
    blocks
        The relations of level 1 and level 2 of each group in turn; ``definitions``, ``equalities``
        and ``inequalities`` stand with those of the first and are about all of them.
    groups
        The names of the groups that have blocks of their own, none where one model is that of all.
    """

    blocks: tuple[ModelSyntax, ...]
    groups: tuple[str, ...] = ()

    @property
    def whole(self) -> ModelSyntax:
        """All that was written."""
        written = tuple(relation for block in self.blocks for relation in block.relations)
        return replace(self.blocks[0], relations=written)

    @property
    def names(self) -> tuple[Variables, ...]:
        """The variables of each block by their part in it."""
        return tuple(Variables.of(block.relations) for block in self.blocks)

    @property
    def observed(self) -> tuple[str, ...]:
        """Observed variables of level 1, then those of level 2 alone."""
        names = self.names
        found = [name for own in (*names[::2], *names[1::2]) for name in own.observed]
        return tuple(dict.fromkeys(found))

    @property
    def latent(self) -> tuple[str, ...]:
        """Latent variables of both levels."""
        return tuple(dict.fromkeys(name for own in self.names for name in own.latent))

    def of_groups(self, groups: Sequence[Hashable], column: str) -> "LevelSyntax":
        """With the blocks of the data's groups in their order: each its own, or the same for all.

        Raises
        ------
        ModelError
            Groups of the data without blocks, or blocks without rows.
        """
        if not self.groups:
            return replace(self, blocks=self.blocks * len(groups))
        names = [_written(group) for group in groups]
        alone = sorted(set(self.groups).symmetric_difference(names))
        if alone:
            raise ModelError(
                f"The model has blocks of {quoted(sorted(self.groups))}, but {column!r} has "
                f"{quoted(sorted(names))}; write 'group: …' with both levels for each of these, "
                "and for no other."
            )
        places = [2 * self.groups.index(name) + level for name in names for level in (0, 1)]
        # What is about all blocks stays with the first.
        first = self.blocks[0]
        blocks = [replace(first, relations=self.blocks[place].relations) for place in places]
        return replace(self, blocks=tuple(blocks), groups=tuple(names))


def _written(group: Hashable) -> str:
    """A group's value as a heading names it."""
    return f"{group:g}" if isinstance(group, float) else str(group)


def has_levels(model: object) -> bool:
    """Whether a model's text has a heading ``level: …``."""
    return isinstance(model, str) and any(
        found[1].lower() == "level" for found in _headings(_plain(model))
    )


@lru_cache(maxsize=256)
def parse_levels(text: str) -> LevelSyntax:
    """Parse a model of two levels.

    Raises
    ------
    ModelSyntaxError
        What cannot be read, with its place.
    ModelError
        Levels that are missing or not known, a formula outside of the levels, groups of different
        variables, or a name that is a latent variable in one block and observed in another.
    """
    check_text(text)
    text = _plain(text)
    outside, parts = _parts(text)
    read = {place: parse_lines(part) for place, part in parts.items()}
    above = parse_lines(outside)
    stray = next((r for r in above if isinstance(r, Relation)), None)
    if stray is not None:
        raise ModelError(
            f"Line {stray.position.line} of the model stands above the first level; write "
            "'level: 1' or 'level: 2' before it."
        )
    groups = tuple(dict.fromkeys(group for group, _ in parts))
    for group, level in ((group, level) for group in groups for level in LEVELS):
        if not any(isinstance(line, Relation) for line in read.get((group, level), ())):
            where = f" of group {group}" if group else ""
            raise ModelError(
                f"The model has nothing at level {level}{where}; write what holds "
                f"{'within' if level == 1 else 'between'} units under 'level: {level}'."
            )
    lines = [*above, *(line for own in read.values() for line in own)]
    whole = ModelSyntax(
        text=text,
        relations=(),
        definitions=tuple(line for line in lines if isinstance(line, Definition)),
        equalities=tuple(line for line in lines if isinstance(line, Equality)),
        inequalities=tuple(line for line in lines if isinstance(line, Inequality)),
    )
    names = [definition.name for definition in whole.definitions]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise ModelError(f"{doubled!r} is defined twice; give one of the two another name.")
    blocks = tuple(
        replace(whole, relations=tuple(r for r in read[group, level] if isinstance(r, Relation)))
        for group in groups
        for level in LEVELS
    )
    found = LevelSyntax(blocks, groups if groups != ("",) else ())
    _require_same_variables(found)
    both = frozenset(found.observed) & frozenset(found.latent)
    if both:
        raise ModelError(
            f"{quoted(sorted(both))} is a latent variable at one level and observed at the other; "
            "give the latent variable another name."
        )
    return found


def _require_same_variables(syntax: LevelSyntax) -> None:
    """Raise ModelError where groups have different variables: rows are read once for all."""
    names = syntax.names
    for group, *pair in zip(syntax.groups, names[::2], names[1::2], strict=False):
        own = {name for block in pair for name in block.observed}
        absent = [name for name in syntax.observed if name not in own]
        if absent:
            raise ModelError(
                f"{quoted(absent)} has no place in the blocks of group {group}; write it there "
                f"too, if only as {absent[0]} ~~ {absent[0]}."
            )


def _plain(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _headings(text: str) -> Iterator[re.Match[str]]:
    """Headings that are not part of a comment."""
    for found in _HEADING.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if "#" not in line and "!" not in line:
            yield found


def _parts(text: str) -> tuple[str, dict[tuple[str, int], str]]:
    """The text of what stands in no level, and of each (group, level), "" without groups; each at
    its own place in blank text."""
    headings = list(_headings(text))
    ends = [*(found.start() for found in headings[1:]), len(text)]
    outside = [(0, headings[0].start() if headings else len(text))]
    spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
    grouped = any(found[1].lower() == "group" for found in headings)
    group = ""
    for found, end in zip(headings, ends, strict=True):
        kind, name = found[1].lower(), found[2].strip("\"'")
        if kind == "block" or (kind == "group" and not name):
            raise ModelError(
                f"Line {_line(text, found)} of the model opens a {kind} without a name that is "
                "known; write 'group: NAME' and, under it, 'level: 1' and 'level: 2'."
            )
        if kind == "group":
            group = name
            outside.append((found.end(), end))
            continue
        level = _WORDS.get(name.lower())
        if level is None:
            raise ModelError(
                f"Line {_line(text, found)} of the model names the level {found[2]!r}; the levels "
                "are 1, within units, and 2, between them."
            )
        if grouped and not group:
            raise ModelError(
                f"Line {_line(text, found)} of the model opens a level above the first group; "
                "write 'group: NAME' before it."
            )
        spans.setdefault((group, level), []).append((found.end(), end))
    return _only(text, outside), {place: _only(text, own) for place, own in spans.items()}


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start(1)) + 1


def _only(text: str, spans: list[tuple[int, int]]) -> str:
    blank = list(re.sub(r"[^\n]", " ", text))
    for start, end in spans:
        blank[start:end] = text[start:end]
    return "".join(blank)
