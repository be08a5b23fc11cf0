"""SPSS, Stata and SAS files: codes with variable labels, value labels and missing codes."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.beginning.export import Column, Export
from workbench.errors import StudyError
from workbench.study.codebook import Code
from workbench.study.names import tidy
from workbench.study.readers import file_words, read_table

_TOOLS = {
    ".sav": "SPSS", ".zsav": "SPSS", ".por": "SPSS", ".dta": "Stata", ".sas7bdat": "SAS",
    ".xpt": "SAS",
}  # fmt: skip
_FAR = 999_999.0
_OWN_READER = (".sav", ".dta")  # of those, the study reads the file itself


def read_labelled(path: Path) -> Export:
    """Read a file of SPSS, Stata or SAS.

    Value labels of SAS are in a catalogue beside the file: NAME.sas7bcat.

    Raises
    ------
    StudyError
        The file is cut short or otherwise broken.
    """
    ending = path.suffix.lower()
    tool = _TOOLS[ending]
    said: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    if ending in _OWN_READER:
        frame = read_table(path)
        labels, wordings = file_words(path)
        missing = {
            name: tuple(_span(low, high) for low, high in spans)
            for name, spans in frame.attrs["missing"].items()
        }
        said = tuple(f"{path.name}: {problem.cause}" for problem in frame.attrs["problems"])
    else:
        frame, meta = _read_whole(path)
        names = [tidy(name) for name in meta.column_names]
        wordings = {n: tidy(w or "") for n, w in zip(names, meta.column_labels, strict=True)}
        labels = {tidy(name): own for name, own in meta.variable_value_labels.items()}
        missing = {tidy(name): tuple(_missing(meta, name)) for name in meta.column_names}
        changed = (f"{tool} files of this kind are written as text",)
    columns = {
        name: Column(
            wordings.get(name, ""),
            {
                _code(code): words.strip()
                for code, words in labels.get(name, {}).items()
                if words.strip()
            },
            missing.get(name, ()),
        )
        for name in map(str, frame.columns)
    }
    labelled = sum(bool(column.labels) for column in columns.values())
    told = (
        f"{path.name}: {tool}, {len(frame):,} rows, {len(columns):,} columns, {labelled:,} of them "
        "with value labels."
    )
    return Export(path, tool, frame, columns, {}, (told, *said), changed)


def _missing(meta: Any, name: str) -> Iterable[Code]:
    for span in meta.missing_ranges.get(name, ()):
        yield _span(span["lo"], span["hi"])
    yield from meta.missing_user_values.get(name, ())


def _span(low: Any, high: Any) -> Code:
    """One missing code, or all from the lowest to the highest, which SPSS may leave without end."""
    return _code(low) if low == high else (max(float(low), -_FAR), min(float(high), _FAR))


def _code(value: Any) -> float | str:
    return value.strip() if isinstance(value, str) else float(value)


def _read_whole(path: Path) -> tuple[pd.DataFrame, Any]:
    import pyreadstat

    readers: Mapping[str, Callable[..., tuple[pd.DataFrame, Any]]] = {
        ".zsav": pyreadstat.read_sav,
        ".por": pyreadstat.read_por,
        ".sas7bdat": pyreadstat.read_sas7bdat,
        ".xpt": pyreadstat.read_xport,
    }
    catalogue = path.with_suffix(".sas7bcat")
    ending = path.suffix.lower()
    options: dict[str, Any] = {"user_missing": True} if ending in (".zsav", ".sas7bdat") else {}
    if ending == ".sas7bdat" and catalogue.is_file():
        options["formats_as_category"] = False
        options["catalog_file"] = str(catalogue)
    try:
        frame, meta = readers[ending](path, **options)
    except Exception as error:  # pyreadstat's own type is not public
        raise _broken(path, error) from error
    frame = frame.mask(frame.isin([""]))
    frame.columns = pd.Index([tidy(name) for name in frame.columns])
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    return frame, meta


def _broken(path: Path, error: Exception) -> StudyError:
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return StudyError(f"{path}: the file cannot be read: {reason}; export it again.")
