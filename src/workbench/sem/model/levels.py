"""The levels of a model's text: ``level: 1``, within units, and ``level: 2``, between them.

A heading opens a level, up to the next heading; ``within`` and ``between`` may stand for 1 and 2.
What ``:=``, ``==``, ``<`` and ``>`` say is about the parameters of both levels, wherever it stands.
"""

import re
from collections.abc import Iterator
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
class LevelSyntax:
    """A parsed model of two levels.

    Attributes
    ----------
    within, between
        The relations of each level; ``definitions``, ``equalities`` and ``inequalities`` stand with
        those of level 1 and are about both.
    """

    within: ModelSyntax
    between: ModelSyntax

    @property
    def whole(self) -> ModelSyntax:
        """All that was written."""
        return replace(self.within, relations=(*self.within.relations, *self.between.relations))

    @property
    def names(self) -> tuple[Variables, Variables]:
        """The variables of each level by their part in it."""
        return Variables.of(self.within.relations), Variables.of(self.between.relations)

    @property
    def observed(self) -> tuple[str, ...]:
        """Observed variables of level 1, then those of level 2 alone."""
        within, between = self.names
        return tuple(dict.fromkeys([*within.observed, *between.observed]))

    @property
    def latent(self) -> tuple[str, ...]:
        """Latent variables of both levels."""
        within, between = self.names
        return tuple(dict.fromkeys([*within.latent, *between.latent]))

    @property
    def split(self) -> frozenset[str]:
        """Observed variables that have a part within units and one between them."""
        within, between = self.names
        return frozenset(within.observed) & frozenset(between.observed)


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
        Levels that are missing or not known, blocks of groups, a formula outside of the levels, or
        a name that is a latent variable at one level and observed at the other.
    """
    check_text(text)
    text = _plain(text)
    parts = _parts(text)
    read = {level: parse_lines(part) for level, part in parts.items()}
    stray = next((r for r in read[0] if isinstance(r, Relation)), None)
    if stray is not None:
        raise ModelError(
            f"Line {stray.position.line} of the model stands above the first level; write "
            "'level: 1' or 'level: 2' before it."
        )
    for level in LEVELS:
        if not any(isinstance(line, Relation) for line in read[level]):
            raise ModelError(
                f"The model has nothing at level {level}; write what holds "
                f"{'within' if level == 1 else 'between'} units under 'level: {level}'."
            )
    lines = [line for level in (0, *LEVELS) for line in read[level]]
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
    within, between = (
        replace(whole, relations=tuple(line for line in read[level] if isinstance(line, Relation)))
        for level in LEVELS
    )
    found = LevelSyntax(within, between)
    both = frozenset(found.observed) & frozenset(found.latent)
    if both:
        raise ModelError(
            f"{quoted(sorted(both))} is a latent variable at one level and observed at the other; "
            "give the latent variable another name."
        )
    return found


def _plain(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _headings(text: str) -> Iterator[re.Match[str]]:
    """Headings that are not part of a comment."""
    for found in _HEADING.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if "#" not in line and "!" not in line:
            yield found


def _parts(text: str) -> dict[int, str]:
    """The text of what stands above the levels (0) and of each, at its own place in blank text."""
    headings = list(_headings(text))
    ends = [*(found.start() for found in headings[1:]), len(text)]
    spans = {0: [(0, headings[0].start() if headings else len(text))], 1: [], 2: []}
    for found, end in zip(headings, ends, strict=True):
        if found[1].lower() != "level":
            raise ModelError(
                f"Line {_line(text, found)} of the model opens a {found[1].lower()} beside levels; "
                "fit each group apart, with the levels alone in the model."
            )
        level = _WORDS.get(found[2].strip("\"'").lower())
        if level is None:
            raise ModelError(
                f"Line {_line(text, found)} of the model names the level {found[2]!r}; the levels "
                "are 1, within units, and 2, between them."
            )
        spans[level].append((found.end(), end))
    return {level: _only(text, own) for level, own in spans.items()}


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start(1)) + 1


def _only(text: str, spans: list[tuple[int, int]]) -> str:
    blank = list(re.sub(r"[^\n]", " ", text))
    for start, end in spans:
        blank[start:end] = text[start:end]
    return "".join(blank)
