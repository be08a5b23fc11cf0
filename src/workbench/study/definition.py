"""A study's definition: ``study.toml`` as frozen dataclasses.

``read_definition`` accepts a study folder or the ``study.toml`` in it. Every fault it finds is one
sentence with the file, the key and what to do; all faults of a file are reported together.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from workbench.errors import StudyError, UnknownNameError
from workbench.interpretation.languages import SOURCE, find_language
from workbench.study.codebook import RESERVED, Code, missing_codes
from workbench.study.driver_choice import DriverChoice, read_choice
from workbench.study.encodings import is_encoding
from workbench.study.names import tidy
from workbench.study.numbers import as_written
from workbench.study.publisher import Publisher, read_publisher
from workbench.study.readers import ENCODED_FILES, EXCEL_FILES, TEXT_FILES
from workbench.study.remote import is_address, local_copy
from workbench.text import nearest

FILE_NAME = "study.toml"
ORGANISATIONS_FILE = "organisations.csv"
LANGUAGES_FOLDER = "languages"  # catalogues of messages, CODE.po
DEFAULT_MINIMUM_COUNT = 10  # the smallest group that PSES publishes

_COLUMN_KEYS = ("organisation", "unit", "wave")
_SOURCE_COLUMNS = ("weight", "channel", "response_rate", "invited", "id", "respondents", "text")
_LAYOUT_KEYS = ("sheet", "header", "encoding", "separator")
_LONG_KEYS = ("question", "category", "answer")
_SOURCE_KEYS = (
    "file", "rows", *_SOURCE_COLUMNS, *_LAYOUT_KEYS, *_LONG_KEYS, "missing", "fieldwork",
    "covariates",
)  # fmt: skip
_STUDY_KEYS = (
    "title",
    "language",
    "simulated",
    "chain",
    "minimum_count",
    "minimum_answers",
    "positive_from",
    "waves",
    "columns",
    "sources",
    "publisher",
    "adoption",
    "drivers",
    "necessity",
)
_CUT_KEYS = ("high", "low")
_ADOPTION_KEYS = ("column", "title", "outcomes", "margin")
_TYPE_WORDS = {
    str: "a text in quotation marks",
    bool: "true or false",
    int: "a whole number",
    list: "a list in square brackets",
}


Period = tuple[date, date]
Waves = tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """Names of the key columns, the same in every source file; None where there is none.

    Without a column of organisations everybody is of one, called ``everybody``. Without one of
    units an organisation is one unit, in which its sources meet; where ``rows_apart``, as the study
    has one source of respondents, each respondent is one instead.
    """

    organisation: str | None
    unit: str | None
    wave: str | None = None
    everybody: str = ""
    rows_apart: bool = False


@dataclass(frozen=True)
class Source:
    """One table of answers.

    ``rows`` says what a row is: a respondent, or already a unit. The fields up to ``respondents``
    name columns of the file; ``id`` identifies a respondent within a wave, and over the waves where
    the same people answer again under the same id; ``respondents`` says how many people stand
    behind a unit's row, and is its weight where ``weight`` names none; ``text`` holds what people
    wrote in their own words; ``covariates`` are columns of what is known of a respondent, such as
    an age group. ``missing`` are the missing codes of questions for which the codebook names none.

    The others say how the file is laid out where that is not to be found out: the ``sheet`` of a
    workbook, the row (from 1) of the ``header``, the ``encoding`` and the ``separator`` of a text;
    of a long table the columns that hold the ``question``, the ``category`` and the ``answer`` (see
    ``workbench.study.turning``). ``further`` are the files after the first, of the same layout;
    ``file_waves`` says of which wave each file is, where no column does. ``fieldwork`` are the
    first and the last day on which people answered, by wave; under "" where there are no waves.
    """

    name: str
    file: Path
    rows: Literal["respondents", "units"]
    weight: str | None = None
    channel: str | None = None
    response_rate: str | None = None
    invited: str | None = None
    id: str | None = None
    respondents: str | None = None
    text: str | None = None
    covariates: tuple[str, ...] = ()
    sheet: str | None = None
    header: int | None = None
    encoding: str | None = None
    separator: str | None = None
    question: str | None = None
    category: str | None = None
    answer: str | None = None
    missing: tuple[Code, ...] = ()
    further: tuple[Path, ...] = ()
    file_waves: tuple[str, ...] = ()
    fieldwork: Mapping[str, Period] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """All files of the source."""
        return (self.file, *self.further)

    @property
    def layout(self) -> dict[str, Any]:
        """How the file is laid out, for ``read_table``."""
        return {key: getattr(self, key) for key in _LAYOUT_KEYS}

    @property
    def weighted_by_people(self) -> bool:
        """Whether a row weighs as much as the people behind it."""
        return self.weight is None and self.respondents is not None

    @property
    def counts_people(self) -> bool:
        """Whether the source says how many people answered."""
        return self.rows == "respondents" or self.respondents is not None


@dataclass(frozen=True)
class Adoption:
    """What some organisations have adopted, and from which wave on.

    ``column`` of organisations.csv has the first wave after it, nothing for an organisation that
    has not. ``title`` is what it is called, "" where nobody says; ``outcomes`` are the constructs
    that are compared, by default those of the chain. Two changes count as equal within ``margin``
    points of 0–100; without one nothing is called equal.
    """

    column: str = "adopted"
    title: str = ""
    outcomes: tuple[str, ...] = ()
    margin: float | None = None


@dataclass(frozen=True)
class Cuts:
    """From which index on (0–100) an outcome is high, and below which a condition is low."""

    high: float
    low: float


@dataclass(frozen=True)
class Definition:
    """Everything ``study.toml`` says; ``path`` is the study's folder.

    ``chain`` is "" where the file names none: then it is the one that suits the codebook.
    ``waves`` are all waves, the earliest first, or None where their names tell their order.
    ``language`` is the one of the study's own words, such as its questions; pages are in
    ``page_language``, which is the same unless another is asked for. ``publisher`` is who publishes
    them, None where nobody is named. An answer is positive from ``positive_from`` points of 0–100
    on; by default if it is above the middle of its scale. ``drivers`` is what reports tell of
    drivers, ``necessity`` the cuts at which exceptions from a necessary condition are counted
    beside quarters. A person's answers to a construct count from ``minimum_answers`` on.
    """

    path: Path
    title: str
    simulated: bool
    chain: str
    minimum_count: int
    minimum_answers: int
    columns: Columns
    sources: Mapping[str, Source]
    waves: tuple[str, ...] | None = None
    language: str = SOURCE
    page_language: str = SOURCE
    publisher: Publisher | None = None
    positive_from: float | None = None
    adoption: Adoption = field(default_factory=Adoption)
    drivers: DriverChoice = field(default_factory=DriverChoice)
    necessity: Cuts | None = None

    @property
    def name(self) -> str:
        """The folder's name, by which the study is known."""
        return self.path.name


def read_definition(path: str | Path) -> Definition:
    """Read the definition of the study in the folder ``path`` (or of that ``study.toml``).

    Raises
    ------
    StudyError
        The folder or file does not exist, is not valid TOML (with line and column), or a key is
        missing, unknown or of the wrong type.
    """
    file = _definition_file(Path(path))
    content = _parse(file)
    faults = _Faults(file)

    faults.unknown_keys(content, _STUDY_KEYS, "")
    title = faults.value(content, "title", str)
    chain = faults.value(content, "chain", str, default="")
    simulated = faults.value(content, "simulated", bool, default=False)
    minimum_count = faults.value(content, "minimum_count", int, default=DEFAULT_MINIMUM_COUNT)
    if isinstance(minimum_count, int) and minimum_count < 1:
        faults.add(f"key 'minimum_count' is {minimum_count}; write a whole number of 1 or more")
    minimum_answers = faults.value(content, "minimum_answers", int, default=1)
    if isinstance(minimum_answers, int) and minimum_answers < 1:
        faults.add(
            f"key 'minimum_answers' is {minimum_answers}; write how many questions of a construct "
            "a person has to have answered, 1 or more"
        )
    positive_from = _positive_from(content.get("positive_from"), faults)
    columns = _columns(faults.value(content, "columns", dict, default={}), faults)
    sources = _sources(faults.value(content, "sources", dict), file.parent, faults)
    alone = len(sources) == 1 and next(iter(sources.values())).rows == "respondents"
    columns = replace(
        columns,
        everybody=as_written(str(title or "")),
        rows_apart=alone and columns.unit is None,
    )
    waves = _waves(content.get("waves"), columns, faults)

    own = _language(content, file.parent, faults)
    publisher = faults.value(content, "publisher", dict, default=None)
    named = read_publisher(publisher, file.parent, faults.add) if publisher is not None else None
    adoption = _adoption(faults.value(content, "adoption", dict, default={}), faults)
    drivers = read_choice(faults.value(content, "drivers", dict, default={}) or {}, faults.add)
    necessity = _cuts(faults.value(content, "necessity", dict, default=None), faults)

    faults.raise_if_any()
    return Definition(
        path=file.parent,
        title=title,
        simulated=simulated,
        chain=chain,
        minimum_count=minimum_count,
        minimum_answers=minimum_answers,
        columns=columns,
        sources=sources,
        waves=waves,
        language=own,
        page_language=own,
        publisher=named,
        positive_from=positive_from,
        adoption=adoption,
        drivers=drivers,
        necessity=necessity,
    )


def _definition_file(path: Path) -> Path:
    if path.name == FILE_NAME and not path.is_dir():
        path = path.parent
    if not path.is_dir():
        siblings = path.parent.iterdir() if path.parent.is_dir() else ()
        folders = sorted(sibling.name for sibling in siblings if (sibling / FILE_NAME).is_file())
        raise StudyError(
            f"There is no study folder {str(path)!r}; give the folder that holds {FILE_NAME}."
            + nearest(path.name, folders)
        )
    file = path.resolve() / FILE_NAME
    if not file.is_file():
        raise StudyError(
            f"The folder {str(path)!r} holds no {FILE_NAME}; write one that describes the study."
        )
    return file


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise StudyError(f"{file}: the file is not UTF-8; save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:  # its message ends with the line and the column
        raise StudyError(f"{file}: this is not valid TOML: {error}; correct that place.") from error


class _Faults:
    """Collects what is wrong with one file, so that all of it is reported at once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.sentences: list[str] = []

    def add(self, sentence: str) -> None:
        stop = "" if sentence.endswith((".", "?")) else "."
        self.sentences.append(f"{self.file}: {sentence}{stop}")

    def value(self, table: Mapping[str, Any], key: str, kind: type, **options: Any) -> Any:
        """Return ``table[key]`` if it is of this kind; otherwise note the fault.

        ``place`` is the dotted name of the table, ``default`` what stands for a missing key.
        """
        name = options.get("place", "") + key
        if key not in table:
            if "default" not in options:
                what = f"the table [{name}]" if kind is dict else f"{key} = …"
                self.add(f"key {name!r} is missing; add {what}")
            return options.get("default")
        value = table[key]
        if type(value) is not kind:
            wanted = f"a table [{name}]" if kind is dict else _TYPE_WORDS[kind]
            self.add(f"key {name!r} is {value!r}; write {wanted}")
            return None
        if isinstance(value, str) and not value.strip() and key != "separator":
            self.add(f"key {name!r} is empty; write a text")
        return value

    def unknown_keys(self, table: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
        for key in table:
            if key not in known:
                self.add(
                    f"key {place + key!r} is not known; the keys here are "
                    f"{', '.join(known)}.{nearest(key, known)}"
                )

    def raise_if_any(self) -> None:
        if self.sentences:
            raise StudyError("\n".join(self.sentences))


def _positive_from(stated: Any, faults: _Faults) -> float | None:
    if stated is None:
        return None
    if type(stated) not in (int, float) or not 0 < stated <= 100:
        faults.add(
            f"key 'positive_from' is {stated!r}; write from how many points of 0 to 100 an answer "
            "is positive, such as 70"
        )
        return None
    return float(stated)


def _cuts(table: Mapping[str, Any] | None, faults: _Faults) -> Cuts | None:
    """What [necessity] states, each a number of points between 0 and 100."""
    if table is None:
        return None
    faults.unknown_keys(table, _CUT_KEYS, "necessity.")
    for key in _CUT_KEYS:
        value: Any = table.get(key)
        if type(value) not in (int, float) or not 0 < value < 100:
            faults.add(
                f"key 'necessity.{key}' is {value!r}; write points of the index between 0 and 100, "
                "as in high = 75 and low = 50"
            )
            return None
    return Cuts(float(table["high"]), float(table["low"]))


def _language(content: Mapping[str, Any], folder: Path, faults: _Faults) -> str:
    code = faults.value(content, "language", str, default=SOURCE)
    if not code:
        return SOURCE
    try:
        return find_language(code, folder / LANGUAGES_FOLDER).code
    except UnknownNameError as error:
        faults.add(f"key 'language': {error}")
        return SOURCE


def _adoption(table: dict[str, Any] | None, faults: _Faults) -> Adoption:
    if not table:
        return Adoption()
    place = "adoption."
    faults.unknown_keys(table, _ADOPTION_KEYS, place)
    column = faults.value(table, "column", str, place=place, default=Adoption.column)
    title = faults.value(table, "title", str, place=place, default="")
    outcomes = faults.value(table, "outcomes", list, place=place, default=[]) or []
    if not all(isinstance(name, str) for name in outcomes):
        faults.add(
            f"key 'adoption.outcomes' is {outcomes!r}; write the names of constructs, as in "
            '["service", "trust"]'
        )
        outcomes = []
    margin = table.get("margin")
    if margin is not None and (type(margin) not in (int, float) or not 0 < margin < 100):
        faults.add(
            f"key 'adoption.margin' is {margin!r}; write within how many points of 0 to 100 two "
            "changes count as equal, such as 3"
        )
        margin = None
    return Adoption(
        tidy(column or ""), title or "", tuple(outcomes), None if margin is None else float(margin)
    )


def _columns(table: dict[str, Any] | None, faults: _Faults) -> Columns:
    if not table:
        return Columns(None, None)
    faults.unknown_keys(table, _COLUMN_KEYS, "columns.")
    named = [faults.value(table, key, str, place="columns.", default=None) for key in _COLUMN_KEYS]
    organisation, unit, wave = (tidy(name) if name else None for name in named)
    return Columns(organisation, unit, wave)


def _waves(listed: Any, columns: Columns, faults: _Faults) -> tuple[str, ...] | None:
    """The waves in the order of study.toml; numbers and dates stand for their text."""
    if listed is None:
        return None
    if not isinstance(listed, list) or not listed:
        faults.add(
            f"key 'waves' is {listed!r}; write the waves as a list, the earliest first, as in "
            'waves = ["before", "after"]'
        )
        return None
    waves = [as_written(_moment(wave)) for wave in listed]
    for wave in dict.fromkeys(wave for wave in waves if waves.count(wave) > 1):
        faults.add(f"key 'waves' names {wave!r} twice; keep one of them")
    if columns.wave is None:
        faults.add("key 'waves' is there without 'columns.wave'; name the column that holds them")
    return tuple(waves)


def _moment(wave: Any) -> Any:
    """A date of TOML as the same moment that a file of dates holds."""
    if isinstance(wave, date) and not isinstance(wave, datetime):
        return datetime(wave.year, wave.month, wave.day)
    return wave


def _sources(table: dict[str, Any] | None, folder: Path, faults: _Faults) -> dict[str, Source]:
    if table is None:
        return {}
    if not table:
        faults.add("table [sources] is empty; add a table [sources.NAME] for each file of answers")
    sources = {}
    for name in table:
        content = faults.value(table, name, dict, place="sources.")
        if content is not None:
            sources[name] = _source(name, content, folder, faults)
    return sources


def _source(name: str, table: dict[str, Any], folder: Path, faults: _Faults) -> Source:
    place = f"sources.{name}."
    faults.unknown_keys(table, _SOURCE_KEYS, place)
    files, waves = _files(table, place, faults)
    rows = faults.value(table, "rows", str, place=place)
    if rows is not None and rows not in ("respondents", "units"):
        faults.add(
            f'key {place + "rows"!r} is {rows!r}; write "respondents" if a row is a person, '
            '"units" if a row is a unit already'
        )
    optional = {
        key: faults.value(table, key, int if key == "header" else str, place=place, default=None)
        for key in (*_SOURCE_COLUMNS, *_LAYOUT_KEYS, *_LONG_KEYS)
    }
    for key in (*_SOURCE_COLUMNS, *_LONG_KEYS):
        optional[key] = tidy(optional[key]) if optional[key] else None
    if rows == "respondents" and optional["respondents"] is not None:
        faults.add(
            f'key {place + "respondents"!r} is for rows = "units", where a row stands for many '
            "people; leave it out"
        )
    for key in ("text", "covariates"):
        if rows == "units" and table.get(key):
            faults.add(
                f'key {place + key!r} is for rows = "respondents", where a row is a person; leave '
                "it out"
            )
    covariates = _covariates(table.get("covariates"), place, faults)
    fieldwork = _fieldwork(table.get("fieldwork"), place, faults)
    for file in files:
        _layout_faults(optional, Path(file).suffix.lower(), place, faults)
    paths = [_path(folder, file, place, faults) for file in files or [""]]
    return Source(
        name,
        paths[0],
        rows,
        **optional,
        covariates=covariates,
        fieldwork=fieldwork,
        missing=_missing(table.get("missing"), place, faults),
        further=tuple(paths[1:]),
        file_waves=waves,
    )


def _path(folder: Path, file: str, place: str, faults: _Faults) -> Path:
    """Where a file lies; of one on another store its copy."""
    if not is_address(file):
        return folder / file
    try:
        return local_copy(file)
    except StudyError as error:
        faults.add(f"key {place + 'file'!r}: {error}")
        return folder / Path(file).name


def _files(table: Mapping[str, Any], place: str, faults: _Faults) -> tuple[list[str], Waves]:
    """The files of a source, one, several, or one for each wave; and these waves."""
    stated = table.get("file", "")
    files: list[Any] = [*stated.values()] if isinstance(stated, dict) else stated
    if not isinstance(stated, list | dict):
        one = faults.value(table, "file", str, place=place)
        return ([one] if one else []), ()
    if not files or not all(isinstance(file, str) and file.strip() for file in files):
        faults.add(
            f"key {place + 'file'!r} is {stated!r}; write the name of a file, a list of them, or "
            'one for each wave, as in file = { 2023 = "2023.csv", 2024 = "2024.csv" }'
        )
        return [], ()
    for file in dict.fromkeys(file for file in files if files.count(file) > 1):
        faults.add(f"key {place + 'file'!r} names {file!r} twice; keep one of them")
    return files, tuple(stated) if isinstance(stated, dict) else ()


def _missing(stated: Any, place: str, faults: _Faults) -> tuple[Code, ...]:
    """The missing codes of a source's questions, written as in the codebook, or as a list."""
    if stated is None:
        return ()
    listed = stated if isinstance(stated, list) else [stated]
    try:
        return tuple(
            code
            for one in listed
            for code in (
                missing_codes(one) if isinstance(one, str) and one is stated
                else (one,) if isinstance(one, str)
                else (float(one),)
            )
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        faults.add(
            f"key {place + 'missing'!r} is {stated!r}: {error} Write the codes as in "
            'missing = "8; 9; Not applicable"'
        )
        return ()


def _covariates(stated: Any, place: str, faults: _Faults) -> tuple[str, ...]:
    """The columns of what is known of a respondent."""
    key = f"{place}covariates"
    if stated is None:
        return ()
    if not isinstance(stated, list) or not all(isinstance(one, str) for one in stated):
        faults.add(
            f"key {key!r} is {stated!r}; write the columns as a list, as in "
            'covariates = ["age_group", "language"]'
        )
        return ()
    names = tuple(dict.fromkeys(tidy(one) for one in stated))
    for name in names:
        if name in RESERVED:
            faults.add(
                f"key {key!r} names {name!r}, which the workbench calls a column of its own; "
                "rename it in the file"
            )
    return names


def _fieldwork(stated: Any, place: str, faults: _Faults) -> dict[str, Period]:
    """The days of the survey, a pair of dates, or one for each wave."""
    if stated is None:
        return {}
    periods = stated if isinstance(stated, dict) else {"": stated}
    found = {}
    for wave, days in periods.items():
        key = f"{place}fieldwork{f'.{wave}' if wave else ''}"
        whole = isinstance(days, list) and len(days) == 2
        if not whole or any(type(day) is not date for day in days) or days[0] > days[1]:
            faults.add(
                f"key {key!r} is {days!r}; write the first and the last day, as in "
                "[2025-05-06, 2025-05-31]"
            )
            continue
        found[str(wave)] = (days[0], days[1])
    return found


def _layout_faults(given: dict[str, Any], ending: str, place: str, faults: _Faults) -> None:
    """What study.toml says of a file's layout and cannot be so."""
    kinds = {
        "sheet": EXCEL_FILES,
        "header": (*TEXT_FILES, *EXCEL_FILES),
        "encoding": ENCODED_FILES,
        "separator": TEXT_FILES,
    }
    for key, endings in kinds.items():
        if given[key] is not None and ending and ending not in endings:
            faults.add(
                f"key {place + key!r} is for files ending in {', '.join(endings)}; leave it out"
            )
    header, encoding, separator = given["header"], given["encoding"], given["separator"]
    if header is not None and header < 1:
        faults.add(f"key {place + 'header'!r} is {header}; the first row of a file is 1")
    if encoding is not None and not is_encoding(encoding):
        faults.add(
            f"key {place + 'encoding'!r} is {encoding!r}, which is no encoding that Python knows; "
            'write one such as "utf-8", "cp1252" or "shift_jis"'
        )
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        faults.add(
            f"key {place + 'separator'!r} is {separator!r}; write one character, "
            'such as ";" or "\\t"'
        )
