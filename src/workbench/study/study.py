"""A study: what was asked, of whom, and the clean answers."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self

import pandas as pd

from workbench.exceptions import (
    StudyError,
    UnknownNameError,
    UnknownOrganisationError,
    listed,
    nearest,
)
from workbench.files import read_pickle, replacing_folder, write_pickle
from workbench.study import codebook as codebooks
from workbench.study.answers import SET_ASIDE_COLUMNS, Answers, as_text, clean, text_columns
from workbench.study.checks import Problems, check
from workbench.study.codebook import Codebook, read_codebook
from workbench.study.definition import (
    ORGANISATIONS_FILE,
    Columns,
    Definition,
    Source,
    read_definition,
)
from workbench.study.given import name_text
from workbench.study.readers import read_table


class Study:
    """A study folder, opened. Answers are read when they are first asked for, and kept."""

    def __init__(self, definition: Definition, codebook: Codebook) -> None:
        self.definition = definition
        self.codebook = codebook
        self._answers: dict[str, Answers] = {}
        self._store: Path | None = None

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the study in the folder ``path``; StudyError if its files are not right."""
        definition = read_definition(path)
        file = definition.path / codebooks.FILE_NAME
        return cls(definition, read_codebook(file, list(definition.sources)))

    @property
    def path(self) -> Path:
        """The study's folder."""
        return self.definition.path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.definition.name

    @property
    def title(self) -> str:
        """The study's title."""
        return self.definition.title

    @property
    def simulated(self) -> bool:
        """Whether the data are simulated."""
        return self.definition.simulated

    @property
    def chain(self) -> str:
        """The name of the study's chain."""
        return self.definition.chain

    @property
    def minimum_count(self) -> int:
        """The size of the smallest group that is shown."""
        return self.definition.minimum_count

    @property
    def columns(self) -> Columns:
        """The names of the key columns in the files."""
        return self.definition.columns

    @property
    def sources(self) -> dict[str, Source]:
        """The sources by name, in the order of study.toml."""
        return dict(self.definition.sources)

    def answers(self, source: str) -> pd.DataFrame:
        """The clean answers of one source; do not change the frame, it is kept.

        Columns: organisation, unit, wave (text; wave is "" in a study without waves), weight, then
        channel, response_rate and invited where the source has them, then its items as float64 in
        the codebook's order. See ``workbench.study.answers.clean``.

        Raises:
            UnknownNameError: the study has no such source.
            StudyError: the file cannot be read, or lacks a column that study.toml names.
        """
        return self._cleaned(source).frame

    def keeping(self, keep: Callable[[str, pd.DataFrame], pd.Series]) -> Self:
        """The same study with those answers alone for which ``keep(source, answers)`` is True."""
        kept = type(self)(self.definition, self.codebook)
        for name in self.sources:
            answers = self._cleaned(name)
            wanted = keep(name, answers.frame)
            if not wanted.all():
                answers = replace(answers, frame=answers.frame[wanted].reset_index(drop=True))
            kept._answers[name] = answers
        return kept

    def store(self, folder: Path) -> None:
        """Write the clean answers to ``folder`` and keep them there alone from now on.

        They are read again when they are asked for, so the study is light: for other processes, and
        for the rest of this one. ``folder`` may be where this study reads its answers from: what
        stands there is replaced as a whole.
        """
        with replacing_folder(folder) as beside:
            for number, name in enumerate(self.sources):
                write_pickle(self._cleaned(name), beside / f"{number}.pickle")
        _ = self.organisations, self.waves
        self.answers_from(folder)

    def answers_from(self, folder: Path) -> None:
        """Read answers from where :meth:`store` has written them, as long as they are there."""
        self.forget_answers()
        self._store = folder

    def forget_answers(self) -> None:
        """Hold no answers until they are asked for again."""
        self._answers.clear()

    @property
    def set_aside(self) -> pd.DataFrame:
        """Everything that became NaN or was dropped: source, item, reason, value, count, rows."""
        logs = [log for name in self.sources if len(log := self._cleaned(name).set_aside)]
        if not logs:
            return pd.DataFrame(columns=list(SET_ASIDE_COLUMNS))
        return pd.concat(logs, ignore_index=True)

    def check(self) -> Problems:
        """Every problem of the study's files at once; see ``workbench.study.checks``."""
        return check(self)

    @cached_property
    def organisations(self) -> pd.DataFrame:
        """The organisations that have answers: organisation, name, type; sorted.

        Name and type come from ``organisations.csv``; without it the name is the organisation and
        the type is "".
        """
        found = {name for s in self.sources for name in self.answers(s)["organisation"].unique()}
        frame = pd.DataFrame({"organisation": sorted(found)}, dtype="str")
        frame = frame.merge(self.listed_organisations, on="organisation", how="left")
        frame["name"] = frame["name"].fillna(frame["organisation"])
        frame["type"] = frame["type"].fillna("")
        return frame

    @cached_property
    def listed_organisations(self) -> pd.DataFrame:
        """What ``organisations.csv`` says, or an empty frame if the study has none."""
        columns = ["organisation", "name", "type"]
        file = self.path / ORGANISATIONS_FILE
        if not file.is_file():
            return pd.DataFrame(columns=columns, dtype="str")
        table = read_table(file, text=columns)
        if "organisation" not in table.columns:
            raise StudyError(f"{file}: column 'organisation' is missing; add it.")
        table = table.loc[:, ~table.columns.duplicated()].reindex(columns=columns).apply(as_text)
        twice = table["organisation"][table["organisation"].duplicated()]
        if len(twice):
            raise StudyError(
                f"{file}: row {twice.index[0]}: the organisation {twice.iloc[0]!r} stands twice; "
                "remove one of the rows."
            )
        table["name"] = table["name"].where(table["name"] != "", table["organisation"])
        return table.reset_index(drop=True)

    @cached_property
    def waves(self) -> list[str]:
        """The waves in order (``"wave 9"`` before ``"wave 10"``); empty without a wave column."""
        if self.columns.wave is None:
            return []
        found = {wave for source in self.sources for wave in self.answers(source)["wave"].unique()}
        return sorted(found, key=_natural)

    def organisation(self, name: str | int) -> str:
        """The organisation called ``name`` (as in the files or in organisations.csv, in any case).

        A name that is a number may be given as one.

        Raises:
            UnknownOrganisationError: there is none; the message suggests the nearest name.
        """
        name = name_text(name)
        organisations = self.organisations
        for column in ("organisation", "name"):
            exact = organisations.loc[organisations[column] == name, "organisation"]
            if len(exact) == 1:
                return exact.iloc[0]
        for column in ("organisation", "name"):
            folded = organisations[column].map(_folded)
            same = organisations.loc[folded == _folded(name), "organisation"]
            if len(same) == 1:
                return same.iloc[0]
        options = [*organisations["organisation"], *organisations["name"]]
        raise UnknownOrganisationError(
            f"The study {self.name!r} has no organisation {name!r}; "
            f"it has {listed(organisations['name'])}.{nearest(name, options)}"
        )

    def read(self, source: str) -> pd.DataFrame:
        """The table of a source as it is in its file, indexed by row number; not kept."""
        found = self.sources.get(source)
        if found is None:
            raise UnknownNameError(
                f"The study {self.name!r} has no source {source!r}; it has "
                f"{', '.join(self.sources)}.{nearest(source, self.sources)}"
            )
        return read_table(found.file, text=text_columns(found, self.columns))

    def _cleaned(self, source: str) -> Answers:
        if source not in self._answers:
            self._answers[source] = self._read_cleaned(source)
        return self._answers[source]

    def _read_cleaned(self, source: str) -> Answers:
        if self._store is not None and source in self.sources:
            stored = self._store / f"{list(self.sources).index(source)}.pickle"
            if stored.is_file():
                return read_pickle(stored)
        table = self.read(source)
        return clean(table, self.sources[source], self.columns, self.codebook)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, sources: {', '.join(self.sources)})"


def open_study(path: str | Path) -> Study:
    """Open the study in the folder ``path`` (or of the ``study.toml`` given)."""
    return Study.open(path)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
