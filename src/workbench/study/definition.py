"""A study's definition: ``study.toml`` as frozen dataclasses.

``read_definition`` accepts a study folder or the ``study.toml`` in it. Every fault it finds is one
sentence with the file, the key and what to do; all faults of a file are reported together.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.exceptions import StudyError, nearest

FILE_NAME = "study.toml"
ORGANISATIONS_FILE = "organisations.csv"
DEFAULT_MINIMUM_COUNT = 10  # the smallest group that PSES publishes

_COLUMN_KEYS = ("organisation", "unit", "wave")
_SOURCE_KEYS = ("file", "rows", "weight", "channel", "response_rate", "invited", "id")
_STUDY_KEYS = ("title", "simulated", "chain", "minimum_count", "columns", "sources")
_TYPE_WORDS = {str: "a text in quotation marks", bool: "true or false", int: "a whole number"}


@dataclass(frozen=True)
class Columns:
    """Names of the key columns, the same in every source file; ``wave`` is optional."""

    organisation: str
    unit: str
    wave: str | None = None


@dataclass(frozen=True)
class Source:
    """One table of answers.

    ``rows`` says what a row is: a respondent, or already a unit. The other fields name columns of
    the file; ``id`` identifies a respondent within a wave.
    """

    name: str
    file: Path
    rows: Literal["respondents", "units"]
    weight: str | None = None
    channel: str | None = None
    response_rate: str | None = None
    invited: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Definition:
    """Everything ``study.toml`` says; ``path`` is the study's folder."""

    path: Path
    title: str
    simulated: bool
    chain: str
    minimum_count: int
    columns: Columns
    sources: Mapping[str, Source]

    @property
    def name(self) -> str:
        """The folder's name, by which the study is known."""
        return self.path.name


def read_definition(path: str | Path) -> Definition:
    """Read the definition of the study in the folder ``path`` (or of that ``study.toml``).

    Raises:
        StudyError: the folder or file does not exist, is not valid TOML (with line and column), or
            a key is missing, unknown or of the wrong type.
    """
    file = _definition_file(Path(path))
    content = _parse(file)
    faults = _Faults(file)

    faults.unknown_keys(content, _STUDY_KEYS, "")
    title = faults.value(content, "title", str)
    chain = faults.value(content, "chain", str)
    simulated = faults.value(content, "simulated", bool, default=False)
    minimum_count = faults.value(content, "minimum_count", int, default=DEFAULT_MINIMUM_COUNT)
    if isinstance(minimum_count, int) and minimum_count < 1:
        faults.add(f"key 'minimum_count' is {minimum_count}; write a whole number of 1 or more")
    columns = _columns(faults.value(content, "columns", dict), faults)
    sources = _sources(faults.value(content, "sources", dict), file.parent, faults)

    faults.raise_if_any()
    return Definition(file.parent, title, simulated, chain, minimum_count, columns, sources)


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
        if isinstance(value, str) and not value.strip():
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


def _columns(table: dict[str, Any] | None, faults: _Faults) -> Columns:
    if table is None:
        return Columns("", "")
    faults.unknown_keys(table, _COLUMN_KEYS, "columns.")
    organisation = faults.value(table, "organisation", str, place="columns.")
    unit = faults.value(table, "unit", str, place="columns.")
    wave = faults.value(table, "wave", str, place="columns.", default=None)
    return Columns(organisation, unit, wave)


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
    file = faults.value(table, "file", str, place=place)
    rows = faults.value(table, "rows", str, place=place)
    if rows is not None and rows not in ("respondents", "units"):
        faults.add(
            f'key {place + "rows"!r} is {rows!r}; write "respondents" if a row is a person, '
            '"units" if a row is a unit already'
        )
    optional = {
        key: faults.value(table, key, str, place=place, default=None) for key in _SOURCE_KEYS[2:]
    }
    return Source(name, folder / (file or ""), rows, **optional)
