"""A study: what was asked, of whom, and the clean answers."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar
from weakref import ref

import pandas as pd

from workbench.errors import (
    DamagedFileError,
    StudyError,
    UnknownNameError,
    UnknownOrganisationError,
)
from workbench.files import read_sealed, replacing_folder, seal, write_pickle
from workbench.heap import give_back
from workbench.interpretation.languages import Language, find_language
from workbench.study import checks
from workbench.study import codebook as codebooks
from workbench.study import waves as wave_names
from workbench.study.adoption import adoption_problems, read_adoption
from workbench.study.answers import SET_ASIDE_COLUMNS, Answers, as_text, clean
from workbench.study.codebook import Codebook, read_codebook
from workbench.study.definition import FILE_NAME as DEFINITION_FILE
from workbench.study.definition import (
    LANGUAGES_FOLDER,
    ORGANISATIONS_FILE,
    Columns,
    Definition,
    Source,
    read_definition,
)
from workbench.study.driver_choice import unknown_names
from workbench.study.given import name_text
from workbench.study.large import Table
from workbench.study.names import in_natural_order
from workbench.study.norms import norms_problems, read_norms
from workbench.study.packed import Lean, Packed, Stored
from workbench.study.problems import Problem, Problems, Severity
from workbench.study.readers import file_words, read_table
from workbench.study.scorecard import scorecard_problems
from workbench.study.tables import read_source
from workbench.study.themes import (
    quotes_problems,
    read_quotes,
    read_themes,
    themes_problems,
    unmatched_problems,
)
from workbench.text import SHOWN, inflected, listed, nearest, quoted

R = TypeVar("R")

PART = 5_000_000
"""Answers (rows × questions) of a part of a study at most, unless one organisation has more."""

MANY = 5
"""Parts whose answers are held as they are when they are joined."""


class Study:
    """A study folder, opened. Answers are read when they are first asked for, and kept."""

    def __init__(self, definition: Definition, codebook: Codebook) -> None:
        self.definition = definition
        self.codebook = codebook
        self._answers: dict[str, Answers] = {}
        self._store: Path | None = None
        self._block: frozenset[str] | None = None
        self._parent: Study | None = None
        self._held: dict[str, ref[pd.DataFrame]] = {}

    @classmethod
    def open(cls, path: str | Path, language: str | None = None) -> Self:
        """Open the study in the folder ``path``; its pages are in ``language``.

        Raises
        ------
        StudyError
            If its files are not right.
        UnknownNameError
            There is no catalogue of the language.
        """
        definition = read_definition(path)
        file = definition.path / codebooks.FILE_NAME
        codebook = read_codebook(file, list(definition.sources))
        study = cls(definition, _completed(codebook, definition))
        measured = [
            item
            for item in study.codebook.measured
            if study.sources[study.codebook.source_of_item(item)].rows != "units"
        ]
        if measured:
            raise StudyError(
                f"{file}: item {measured[0]!r} has a unit of its own, which is for records whose "
                "rows are units; leave unit empty, or give the unit's number in a source of "
                'rows = "units".'
            )
        unknown = unknown_names(definition.drivers, study.codebook)
        if unknown:
            stated = definition.path / DEFINITION_FILE
            raise StudyError("\n".join(f"{stated}: {fault}" for fault in unknown))
        return study if language is None else study.in_language(language)

    def in_language(self, code: str) -> Self:
        """The same study with its pages in another language; answers are read anew.

        Raises
        ------
        UnknownNameError
            There is no catalogue of the language.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").in_language("fr").runnable_chain().label("trust")
        'Confiance'
        """
        chosen = find_language(code, self.path / LANGUAGES_FOLDER).code
        if chosen == self.definition.page_language:
            return self
        return type(self)(replace(self.definition, page_language=chosen), self.codebook)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_held": {}}

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
    def language(self) -> Language:
        """The language of the study's pages."""
        own = self.definition.language
        found = find_language(self.definition.page_language, self.path / LANGUAGES_FOLDER)
        return found if found.code == own else replace(found, quoted=own)

    @property
    def publisher(self) -> dict[str, str]:
        """What pages say of who publishes them, see :class:`workbench.study.publisher.Publisher`.

        Nothing where ``study.toml`` does not say who.
        """
        named = self.definition.publisher
        return named.in_language(self.language.code).told if named else {}

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

        Columns: organisation and wave (categorical, in the order of :attr:`organisations` and
        :attr:`waves`, the same in every source; wave is "" in a study without waves), unit (text),
        weight, then channel, response_rate, invited, respondents, text and covariates where the
        source has them, respondent where ids link some over waves, person and share_of_person where
        some have several rows in a wave, then its items as float64 in the codebook's order.
        See ``workbench.study.answers.clean``.

        Raises
        ------
        UnknownNameError
            The study has no such source.
        StudyError
            The file cannot be read, or lacks a column that study.toml names.

        Examples
        --------
        >>> import workbench as wb
        >>> clients = wb.open_study("data/demo").answers("clients")
        >>> clients.columns.tolist()[:6]
        ['organisation', 'unit', 'wave', 'weight', 'channel', 'text']
        >>> round(float(clients["trust_1"].mean()), 1)
        6.0
        """
        return self._whole(source)

    def answers_to(self, source: str, items: Sequence[str]) -> pd.DataFrame:
        """Some columns of :meth:`answers`; of a large source the others are not read.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").answers_to("clients", ["trust_1", "trust_2"]).shape
        (22291, 2)
        """
        return self._taken(source, lambda frame: frame[list(items)])

    def rows_in(self, source: str, wave: str) -> int:
        """How many rows a source has in a wave.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").rows_in("clients", "2024")
        7400
        """
        return int((self.answers_to(source, ["wave"])["wave"] == wave).sum())

    def _whole(self, source: str) -> pd.DataFrame:
        """All answers of a source; those of a large one as long as somebody holds them."""
        frame = self._cleaned(source).frame
        if isinstance(frame, pd.DataFrame):
            return frame
        held = self._held.get(source)
        whole = held() if held is not None else None
        if whole is None:
            whole = self._taken(source, _all_of)
            self._held[source] = ref(whole)
        return whole

    def _taken(
        self, source: str, take: Callable[[pd.DataFrame | Lean], pd.DataFrame]
    ) -> pd.DataFrame:
        """What is taken of the answers of a source; of its file if the stored ones are damaged."""
        try:
            return take(self._cleaned(source).frame)
        except DamagedFileError:
            if self._store is None:  # the answers may be others than those of the files
                raise
            self.forget_answers()
            self._store = None
            return take(self._cleaned(source).frame)

    def without_answer(self, source: str) -> pd.DataFrame:
        """Who gave a missing code ("don't know", say) instead of an answer, in one source.

        Only people with a usable answer to any question count. Whatever answers are kept or changed
        (:meth:`keeping`), it is told of all.

        Returns
        -------
        ``organisation``, ``wave``, ``item``, ``code`` (as it is written in the file), ``count`` of
        people and the sum of their ``weight``. The rows of item "" and code "" are about everybody
        who counts.

        Raises
        ------
        UnknownNameError, StudyError
            As :meth:`answers`.

        Examples
        --------
        >>> import workbench as wb
        >>> codes = wb.open_study("data/demo").without_answer("employees")
        >>> codes[codes["item"] == "engaged_1"].groupby("code")["count"].sum().to_dict()
        {'8': 361, '9': 327}
        """
        return self._cleaned(source).missing

    def keeping(self, keep: Callable[[str, pd.DataFrame], pd.Series]) -> Self:
        """The same study with those answers alone for which ``keep(source, answers)`` is True.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> latest = study.keeping(lambda source, answers: answers["wave"] == study.wave())
        >>> latest.answers("clients")["wave"].nunique()
        1
        """

        def kept(source: str, answers: pd.DataFrame) -> pd.DataFrame:
            wanted = keep(source, answers)
            return answers if wanted.all() else answers[wanted].reset_index(drop=True)

        return self.changing(kept)

    def in_wave(self, wave: str) -> Self:
        """The same study with the answers of one wave alone; of large sources nothing is read."""

        def kept(frame: pd.DataFrame | Lean) -> pd.DataFrame | Lean:
            if not isinstance(frame, pd.DataFrame):
                return frame.in_wave(wave)
            wanted = frame["wave"] == wave
            return frame if wanted.all() else frame[wanted].reset_index(drop=True)

        found = self._replaced(self.codebook, lambda _, frame: kept(frame))
        found.waves = [wave] if wave else []  # also of one with no answer
        return found

    def changing(self, change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> Self:
        """The same study with what ``change(source, answers)`` makes of its answers.

        ``change`` returns a new frame, or the one it was given where nothing changes.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> unweighted = study.changing(lambda source, answers: answers.assign(weight=1.0))
        >>> unweighted.answers("clients")["weight"].unique().tolist()
        [1.0]
        """
        return self._changed(self.codebook, change)

    def without(self, *items: str) -> Self:
        """The same study without some of its questions.

        Raises
        ------
        UnknownNameError
            If the codebook has no such question.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo").without("trust_3")
        >>> study.codebook.items("trust")
        ['trust_1', 'trust_2']
        """
        known = list(self.codebook.frame["item"])
        for item in items:
            if item not in known:
                raise UnknownNameError(
                    f"The codebook has no question {item!r}; it has {listed(known, most=SHOWN)}."
                    f"{nearest(item, known)}"
                )
        frame = self.codebook.frame
        kept = frame[~frame["item"].isin(items)]
        fewer = Codebook(kept, self.codebook.problems, self.codebook.unused)
        return self._changed(
            fewer, lambda _, answers: answers.drop(columns=[*items], errors="ignore")
        )

    def _changed(
        self, codebook: Codebook, change: Callable[[str, pd.DataFrame], pd.DataFrame]
    ) -> Self:
        return self._replaced(codebook, lambda name, _: change(name, self._whole(name)))

    def _replaced(
        self,
        codebook: Codebook,
        made: Callable[[str, pd.DataFrame | Lean], pd.DataFrame | Lean],
    ) -> Self:
        """The study with what is made of the frames of its sources, as they are held."""
        changed = type(self)(self.definition, codebook)
        for name in self.sources:
            answers = self._cleaned(name)
            changed._answers[name] = replace(answers, frame=made(name, answers.frame))
        return changed

    def parts(self, most: int = PART) -> list[Self]:
        """The study cut into studies of some organisations each, in the order of organisations.

        None has more than ``most`` answers (rows × questions) unless it is of one organisation; the
        study itself is its only part where it has no more, and where people have several rows,
        which may be of several organisations. A part reads the answers of its
        organisations when they are asked for (from where :meth:`store` has written them, if it
        has), and is light until then, also for other processes. Its :attr:`organisations` are its
        own; :attr:`waves`, the categories of organisations and waves, and what is told of codes and
        of answers set aside are those of all.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> [len(part.organisations) for part in study.parts(most=500_000)]
        [3, 3, 3, 2, 1]
        >>> study.parts() == [study]
        True
        """
        frames = {name: self._cleaned(name).frame for name in self.sources}
        size = sum(
            len(frame) * len(self.codebook.items_of_source(name)) for name, frame in frames.items()
        )
        blocks = [] if size <= most else _blocks(self.answers_by_organisation, most)
        if len(blocks) < 2 or any("person" in frame for frame in frames.values()):
            return [self]
        return [self._part(block) for block in blocks]

    def in_parts(self, find: Callable[[Self], R]) -> list[R]:
        """What ``find(part)`` returns of every part, one after another.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").in_parts(lambda part: len(part.answers("clients")))
        [22291]
        """
        parts = self.parts()
        found = []
        for part in parts:
            found.append(find(part))
            if part is not self:
                part.forget_answers()
        return found

    def _part(self, block: Sequence[str]) -> Self:
        """The study of some organisations."""
        part = type(self)(self.definition, self.codebook)
        part._block, part._store = frozenset(block), self._store
        part.waves = self.waves
        mine = self.organisations["organisation"].isin(block)
        part.organisations = self.organisations[mine].reset_index(drop=True)
        part.answers_by_organisation = self.answers_by_organisation[list(block)]
        if self._store is None:
            part._parent = self
        return part

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """The study of the answers of all parts, which have no organisation in common.

        Parts are taken one by one. What is more than the answers of :data:`MANY` parts is packed.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> latest = [part.in_wave("2024") for part in study.parts(most=500_000)]
        >>> joined = type(study).joined(latest)
        >>> len(joined.answers("clients")) == len(study.in_wave("2024").answers("clients"))
        True
        """
        study: Self | None = None
        frames: dict[str, list[Any]] = {}
        size = 0
        for part in parts:
            if study is None:
                study = cls(part.definition, part.codebook)
                study._answers = {name: part._cleaned(name) for name in study.sources}
            for name in study.sources:
                frames.setdefault(name, []).append(part._whole(name))
                size += frames[name][-1].size
            if size > MANY * PART:
                frames = {
                    name: [Packed.of_rows(one) for one in own] for name, own in frames.items()
                }
        if study is None:
            raise ValueError("There are no parts to join.")
        for name, own in frames.items():
            frame = Packed.joined(own) if size > MANY * PART else _one_below_another(own)
            study._answers[name] = replace(study._answers[name], frame=frame)
        frames.clear()
        give_back()
        return study

    def _of_block(self, answers: Answers) -> Answers:
        """The answers of the study's organisations, where it is a part."""
        if self._block is None:
            return answers
        if not isinstance(answers.frame, pd.DataFrame):
            return replace(answers, frame=answers.frame.of(self._block))
        mine = answers.frame["organisation"].isin(self._block)
        return replace(answers, frame=answers.frame[mine].reset_index(drop=True))

    @cached_property
    def answers_by_organisation(self) -> "pd.Series[int]":
        """How many answers (rows × questions) each organisation has, in their order."""
        rows = pd.Series(0, index=list(self.organisations["organisation"]))
        for name in self.sources:
            count = self._cleaned(name).frame["organisation"].value_counts()
            items = len(self.codebook.items_of_source(name))
            rows = rows.add(count.reindex(rows.index, fill_value=0) * items)
        return rows

    def store(self, folder: Path) -> None:
        """Write the clean answers to ``folder`` and keep them there alone from now on.

        They are read again when they are asked for, so the study is light: for other processes, and
        for the rest of this one. ``folder`` may be where this study reads its answers from: what
        stands there is replaced as a whole.
        """
        with replacing_folder(folder) as beside:
            for number, name in enumerate(self.sources):
                answers = self._cleaned(name)
                if not isinstance(answers.frame, pd.DataFrame):
                    frame = answers.frame.write(beside / f"{number}.parquet")
                    answers = replace(answers, frame=frame)
                write_pickle(answers, beside / f"{number}.pickle")
            seal(beside)
        _ = self.organisations, self.waves, self.answers_by_organisation
        self.answers_from(folder)

    def answers_from(self, folder: Path) -> None:
        """Read answers from where :meth:`store` has written them, as long as they are there."""
        self.forget_answers()
        self._store = folder

    def forget_answers(self) -> None:
        """Hold no answers until they are asked for again."""
        self._held.clear()
        self._answers.clear()
        give_back()

    @property
    def set_aside(self) -> pd.DataFrame:
        """Everything that became NaN or was dropped: source, item, reason, value, count, rows.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").set_aside[["source", "item", "value", "count"]].head(2)
              source        item value  count
        0  employees  politics_1     8    338
        1  employees  politics_1     9    375
        """
        logs = [log for name in self.sources if len(log := self._cleaned(name).set_aside)]
        if not logs:
            return pd.DataFrame(columns=list(SET_ASIDE_COLUMNS))
        return pd.concat(logs, ignore_index=True)

    def set_aside_by_group(self, source: str) -> pd.DataFrame:
        """Count the answers that became NaN in rows that are kept, by organisation and wave.

        Whatever answers are kept or changed (:meth:`keeping`), it is told of all.

        Returns
        -------
        ``organisation``, ``wave``, ``item``, ``reason`` and ``count``.

        Raises
        ------
        UnknownNameError, StudyError
            As :meth:`answers`.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> lost = study.set_aside_by_group("employees")
        >>> lost[lost["item"] == "politics_1"].groupby("reason")["count"].sum().to_dict()
        {'missing code': 713}
        """
        return self._cleaned(source).by_group

    def check(self) -> Problems:
        """Every problem of the study's files at once; see ``workbench.study.checks``.

        The answers read on the way are kept.

        Examples
        --------
        >>> from workbench.study import open_study
        >>> problems = open_study("data/demo").check()
        >>> problems.summary
        '0 errors, 1 warning, 1 note'
        """
        problems = [*self.codebook.problems, *checks.rule_problems(self.definition)]
        read: dict[str, Answers] = {}
        files = {name: self._file_name(source) for name, source in self.sources.items()}
        for name in self.sources:
            found, answers = self._checked(name, files[name])
            problems += found
            if answers is not None:
                read[name] = answers
        self.keep(read)
        complete = len(read) == len(self.sources)
        frames = {name: answers.frame for name, answers in read.items()}
        problems += checks.organisation_problems(self.columns.organisation or "", files, frames)
        try:
            listed_here = self.listed_organisations
        except StudyError as error:
            problems.append(checks.unreadable(ORGANISATIONS_FILE, error))
        else:
            problems += listed_here.attrs.get("problems", ())
            if len(listed_here) and complete:
                names = list(listed_here["organisation"])
                problems += checks.list_problems(names, frames.values())
        problems += scorecard_problems(self.path, self.codebook)[1]
        problems += norms_problems(self.path, self.codebook)[1]
        themes, found = themes_problems(self.path, self.sources)
        problems += found
        if (
            themes is not None
            and complete
            and not any(one.severity is Severity.ERROR for one in found)
        ):
            problems += unmatched_problems(themes, list(frames.values()))
        names = [] if themes is None else list(themes["theme"].unique())
        problems += quotes_problems(self.path, names)[1]
        if complete and (self.columns.wave is None or not self.wave_faults()):
            problems += adoption_problems(
                self.path, self.definition.adoption, self.waves, self.codebook.constructs
            )[1]
        problems += checks.language_problems(self.language)
        if self.columns.wave is not None and complete:
            problems += [
                Problem(Severity.ERROR, DEFINITION_FILE, "waves", fault, "")
                for fault in self.wave_faults()
            ]
        return Problems(problems)

    def _checked(self, name: str, file: str) -> tuple[list[Problem], Answers | None]:
        """What is wrong with a source's file, and its answers unless they cannot be read."""
        source = self.sources[name]
        try:
            table = self.read(name)
        except StudyError as error:
            return [checks.unreadable(file, error)], None
        problems = [replace(found, file=file) for found in table.attrs.get("problems", ())]
        if table.empty:
            return [*problems, checks.empty(file)], None
        asked = checks.SourceFile(
            file, source, self.columns, self.codebook, self.known_names(),
            self.definition.minimum_answers,
        )  # fmt: skip
        problems += checks.table_problems(asked, table)
        table = checks.once(table)
        try:
            answers = self.clean(name, table)
        except StudyError:  # a named column is missing, which is listed above
            return problems, None
        return problems + checks.answer_problems(asked, table, answers.frame), answers

    def _file_name(self, source: Source) -> str:
        names = [
            str(file.relative_to(self.path) if file.is_relative_to(self.path) else file)
            for file in source.files
        ]
        return listed(names, most=3)

    @cached_property
    def organisations(self) -> pd.DataFrame:
        """The organisations that have answers: organisation, name, type; in natural order.

        Name and type come from ``organisations.csv``; without it the name is the organisation and
        the type is "".

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").organisations.head(2)
                 organisation                name       type
        0   City of Eastbrook   City of Eastbrook  municipal
        1  Employment Service  Employment Service   national
        """
        frame = pd.DataFrame({"organisation": self._found("organisation")}, dtype="str")
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
        table = read_table(file, text=columns, wanted=["organisation"])
        problems = table.attrs["problems"]
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
        table = table.reset_index(drop=True)
        table.attrs["problems"] = problems
        return table

    @cached_property
    def norms(self) -> pd.DataFrame:
        """Scores that others published, as ``norms.csv`` lists them; without it no row.

        ``measure`` (a construct or an item), ``score`` on 0–100, ``source``, ``date`` and ``type``
        ("" where the list names none).

        Raises
        ------
        StudyError
            With every fault of the file, one sentence each.
        """
        return read_norms(self.path, self.codebook)

    @cached_property
    def themes(self) -> pd.DataFrame:
        """The codeframe for what people wrote, as ``themes.csv`` has it; without it no row.

        ``theme``, ``words`` and ``language``: see :mod:`workbench.study.themes`.

        Raises
        ------
        StudyError
            With every fault of the file, one sentence each.
        """
        return read_themes(self.path, self.sources)

    @cached_property
    def quotes(self) -> pd.DataFrame:
        """What ``quotes.csv`` marks as publishable: ``theme`` and ``quote``; without it no row.

        Raises
        ------
        StudyError
            With every fault of the file, one sentence each.
        """
        return read_quotes(self.path, list(self.themes["theme"].unique()))

    @cached_property
    def adopted(self) -> "pd.Series[str] | None":
        """From which wave on organisations have adopted what ``[adoption]`` in study.toml is about.

        By organisation, "" where it has not; None where ``organisations.csv`` has no such column.

        Raises
        ------
        StudyError
            If a wave is none of the study's, or there are no two adopters to compare with others.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").adopted.head(3).to_dict()
        {'Revenue Office': '2023', 'Employment Service': '2024', 'Health Insurance Board': '2023'}
        """
        return read_adoption(
            self.path, self.definition.adoption, self.waves, self.codebook.constructs
        )

    @cached_property
    def waves(self) -> list[str]:
        """The waves, the earliest first; empty without a wave column.

        Their names tell the order (see ``workbench.study.waves``), or ``waves`` in study.toml.

        Raises
        ------
        StudyError
            The order of two waves is not known, or the list is not that of the data.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").waves
        ['2022', '2023', '2024']
        """
        if self.columns.wave is None:
            return []
        found = self._found("wave")
        if len(found) > 1:
            faults = self.wave_faults()
            if faults:
                raise StudyError(f"{self.name}: {' '.join(faults)}")
        return found

    def wave(self, wave: str | int | None = None) -> str:
        """Return a wave of the study, by default the latest ("" in a study without waves).

        A wave whose name is a number may be given as one.

        Raises
        ------
        UnknownNameError
            The study has no such wave.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> study.wave(), study.wave(2023)
        ('2024', '2023')
        """
        waves = self.waves
        if wave is None:
            return waves[-1] if waves else ""
        wave = name_text(wave)
        if wave not in (waves or [""]):
            known = f"it has {listed(waves)}" if waves else "it has no waves"
            raise UnknownNameError(
                f"The study {self.name!r} has no wave {wave!r}; {known}.{nearest(wave, waves)}"
            )
        return wave

    def wave_faults(self) -> list[str]:
        """Why the order of the waves is not known, a sentence each; nothing if it is."""
        every = self._cleaned(next(iter(self.sources))).frame["wave"].cat
        return [] if every.ordered else _wave_faults(self.definition, list(every.categories))

    def _found(self, key: str) -> list[str]:
        """The organisations or waves that have answers, in their order."""
        columns = [self._cleaned(source).frame[key] for source in self.sources]
        there = {name for column in columns for name in column.unique()}
        return [name for name in columns[0].cat.categories if name in there]

    def organisation(self, name: str | int) -> str:
        """The organisation called ``name`` (as in the files or in organisations.csv, in any case).

        A name that is a number may be given as one.

        Raises
        ------
        UnknownOrganisationError
            There is none; the message suggests the nearest name.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").organisation("land registry")
        'Land Registry'
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
            f"it has {listed(organisations['name'], most=SHOWN)}.{nearest(name, options)}"
        )

    def _known(self, source: str) -> Source:
        found = self.sources.get(source)
        if found is None:
            raise UnknownNameError(
                f"The study {self.name!r} has no source {source!r}; it has "
                f"{', '.join(self.sources)}.{nearest(source, self.sources)}"
            )
        return found

    def read(self, source: str) -> Table:
        """The table of a source as its files have it, indexed by row number; not kept.

        See ``workbench.study.tables``.
        """
        return read_source(
            self._known(source),
            self.columns,
            self.codebook,
            self.known_names(),
            self.definition.waves or (),
        )

    def clean(self, source: str, table: Table) -> Answers:
        """Clean a source's table as :meth:`read` gives it; see ``workbench.study.answers.clean``.

        Its organisations and waves are not those of the other sources yet.
        """
        known = self.known_names()
        least = self.definition.minimum_answers
        return clean(table, self.sources[source], self.columns, self.codebook, known, least)

    def known_names(self) -> dict[str, list[str]]:
        """Organisations and waves that are names whatever they look like, as they are listed."""
        known = {"organisation": [], "wave": list(self.definition.waves or ())}
        with suppress(StudyError):  # it is told where the list itself is asked for
            known["organisation"] = list(self.listed_organisations["organisation"])
        return known

    def keep(self, answers: Mapping[str, Answers]) -> None:
        """Keep clean answers, with organisations and waves in one order over all sources kept."""
        every = {**self._answers, **answers}
        kinds = {
            key: _one_order(key, [one.frame[key] for one in every.values()], self.definition)
            for key in ("organisation", "wave")
        }
        for name in self.sources:
            if name in every:
                frame = every[name].frame
                if any(frame[key].dtype != kind for key, kind in kinds.items()):
                    frame = frame.astype(kinds)
                self._answers[name] = replace(every[name], frame=frame)

    def _cleaned(self, source: str) -> Answers:
        """The answers of a source; with those of all others, which decide its order."""
        if source not in self._answers and self._parent is not None:
            self._answers[source] = self._of_block(self._parent._cleaned(source))
        if source not in self._answers and not self._read_stored(source):
            found = self._known(source)
            others = [name for name in self.sources if name not in (source, *self._answers)]
            read = {found.name: self.clean(source, self.read(source))}
            for name in others:
                with suppress(StudyError):  # it is told where these answers are asked for
                    read[name] = self.clean(name, self.read(name))
            self.keep(read)
            for name in read:
                self._answers[name] = self._of_block(self._answers[name])
        return self._answers[source]

    def _read_stored(self, source: str) -> bool:
        """Take the answers from where :meth:`store` has written them, if they are as written."""
        if self._store is None or source not in self.sources:
            return False
        number = list(self.sources).index(source)
        try:
            stored = read_sealed(self._store, f"{number}.pickle")
            if isinstance(stored.frame, Stored):
                file = self._store / f"{number}.parquet"
                stored = replace(stored, frame=stored.frame.at(file))
            self._answers[source] = self._of_block(stored)
        except DamagedFileError:
            return False
        return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, sources: {', '.join(self.sources)})"


def open_study(path: str | Path, language: str | None = None) -> Study:
    """Open the study in the folder ``path`` (or of the ``study.toml`` given).

    Parameters
    ----------
    path
        The study's folder, or its ``study.toml``.
    language
        That of its pages, such as "fr"; by default the one that ``study.toml`` names, or English.

    Raises
    ------
    StudyError
        If the folder does not hold a study; the message says what to mend.

    Examples
    --------
    >>> from workbench.study import open_study
    >>> study = open_study("data/demo")
    >>> list(study.sources), study.waves
    (['employees', 'clients', 'records'], ['2022', '2023', '2024'])
    """
    return Study.open(path, language)


def in_project(path: str) -> Path:
    """Return where a file or folder of the project lies, wherever a notebook is started.

    It is looked for from the folder one stands in upwards, then beside the package.

    Raises
    ------
    StudyError
        If there is no such thing.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.study.in_project("data/demo").name
    'demo'
    """
    here = Path.cwd()
    beside = Path(__file__).resolve().parents[3]
    for folder in (here, *here.parents, beside):
        if (folder / path).exists():
            return folder / path
    raise StudyError(
        f"There is no {path} in {here} or a folder above; start in the project's folder."
    )


def _completed(codebook: Codebook, definition: Definition) -> Codebook:
    """The codebook with what study.toml and the sources' own files say of the items."""
    missing = {name: one.missing for name, one in definition.sources.items()}
    words = {name: file_words(one.file, one.encoding) for name, one in definition.sources.items()}
    labels = {name: own for name, (own, _) in words.items() if own}
    wordings = {name: own for name, (_, own) in words.items() if own}
    if not any(missing.values()) and not labels and not wordings:
        return codebook
    return codebook.completed(missing, labels, wordings)


def _all_of(frame: pd.DataFrame | Lean) -> pd.DataFrame:
    return frame if isinstance(frame, pd.DataFrame) else frame.whole()


def _one_below_another(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _blocks(sizes: "pd.Series[int]", most: int) -> list[list[str]]:
    """Names one after another in blocks whose sizes sum to ``most`` or less, or of one name."""
    blocks: list[list[str]] = []
    left = 0
    for name, size in sizes.items():
        if not blocks or size > left:
            blocks.append([])
            left = most
        blocks[-1].append(str(name))
        left -= size
    return blocks


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _wave_faults(definition: Definition, waves: Collection[str]) -> list[str]:
    """Why the order of these waves is not known; nothing if it is."""
    if definition.waves is not None:
        unlisted = in_natural_order({*waves} - {*definition.waves})
        absent = [wave for wave in definition.waves if wave not in waves]
        faults = []
        if unlisted:
            faults.append(
                f"The data have the {inflected(len(unlisted), 'wave')} {quoted(unlisted)}, which "
                "waves in study.toml does not name; add what is missing, the earliest wave first."
            )
        if absent:
            faults.append(
                f"waves in study.toml names {quoted(absent)}, and no row of the data is of that "
                "wave; take it out or correct it."
            )
        return faults
    if wave_names.in_order(waves) is not None:
        return []
    names = list(waves)  # as they come in the files, which is likely their order
    example = ", ".join(f'"{name}"' for name in names[:4]) + (", …" if len(names) > 4 else "")
    return [
        f"Which of the waves {quoted(names)} comes first is not clear from their names;"
        f" write it in study.toml, above [columns] and with the earliest first: waves = [{example}]"
        "."
    ]


def _one_order(
    key: str, columns: Sequence[pd.Series], definition: Definition
) -> pd.CategoricalDtype:
    """The type that a key has in all sources, ordered; waves only if their order is known.

    (Unordered categories in another order would pass for the same type.)
    """
    names = dict.fromkeys(name for column in columns for name in column.cat.categories)
    if key == "organisation":
        return pd.CategoricalDtype(pd.Index(in_natural_order(names), dtype="str"), ordered=True)
    if _wave_faults(definition, list(names)):
        return pd.CategoricalDtype(pd.Index(list(names), dtype="str"), ordered=False)
    order = wave_names.in_order(names) if definition.waves is None else definition.waves
    return pd.CategoricalDtype(pd.Index(order, dtype="str"), ordered=True)
