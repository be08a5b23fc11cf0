"""What an audit is told of a study: what is public anyway."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from workbench.study import Study
from workbench.study.definition import LANGUAGES_FOLDER


@dataclass(frozen=True)
class Question:
    """What was asked of whom: the source, the ends of the scale, and whether answers are weighted.

    Weighted shares and means are those of no whole numbers of people; so are those of people with
    several rows.
    """

    source: str
    low: int
    high: int
    weighted: bool = False

    @property
    def codes(self) -> tuple[int, ...]:
        """The answers of the scale."""
        return tuple(range(self.low, self.high + 1))


@dataclass(frozen=True)
class Rules:
    """The rule for small groups, and the names and wordings that pages may show.

    Attributes
    ----------
    minimum_count
        The smallest number of people that may be shown.
    organisations, waves
        Their names, as pages show them.
    sources, silent
        The sources that say how many people answered, and those whose rows are units and that do
        not.
    types
        The types of organisations that have one, by name.
    questions
        Every question of such a source, by its wording.
    catalogues
        The folder of the study's own translations of what pages say.
    """

    minimum_count: int
    organisations: tuple[str, ...] = ()
    waves: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)
    catalogues: Path | None = None

    @classmethod
    def of(cls, study: Study) -> Self:
        """Return the rules of a study; of its answers it gives the names of groups alone."""
        counting = {name: one for name, one in study.sources.items() if one.counts_people}
        uneven = {
            name
            for name, one in counting.items()
            if one.weight is not None or "person" in study.answers(name)
        }
        asked = {
            row["wording"] or row["item"]: Question(
                row["source"],
                round(row["low"]),
                round(row["high"]),
                row["source"] in uneven,
            )
            for row in study.codebook.frame.to_dict("records")
            if row["source"] in counting
        }
        kinds = study.organisations[["name", "type"]].query("type != ''")
        return cls(
            minimum_count=study.minimum_count,
            organisations=tuple(study.organisations["name"]),
            waves=tuple(study.waves),
            sources=tuple(counting),
            silent=tuple(name for name in study.sources if name not in counting),
            types={row.name: row.type for row in kinds.itertuples(index=False)},
            questions=asked,
            catalogues=study.path / LANGUAGES_FOLDER,
        )

    def question(self, row: str) -> Question | None:
        """Return the question that heads a row, None if it is none."""
        return self.questions.get(row) or self.questions.get(row.removesuffix(TURNED))

    def without_names(self, text: str) -> str:
        """Return a text without the study's names and wordings, whose numbers count nobody."""
        return self._names.sub("…", text) if self._names else text

    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        """The names and wordings, the longest first, as whole words."""
        named = sorted({*self.organisations, *self.waves, *self.questions}, key=len, reverse=True)
        every = "|".join(map(re.escape, filter(None, named)))
        return re.compile(rf"(?<!\w)(?:{every})(?!\w)") if every else None


TURNED = " (reverse-scored)"
"""What pages add to the wording of a question whose answers are turned."""
