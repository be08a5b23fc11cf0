"""SPSS, Stata and SAS files: codes with variable labels, value labels and missing codes."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.beginning.export import Column, Export
from workbench.errors import StudyError
from workbench.study.codebook import Code
from workbench.study.encodings import decode
from workbench.study.names import tidy
from workbench.study.readers import read_table

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
    if ending in _OWN_READER:
        frame = read_table(path)
        problems = frame.attrs["problems"]
        meta = _metadata(path, wrong_encoding=bool(problems))
        meant = _decoder(meta) if problems else str
        said = tuple(f"{path.name}: {problem.cause}" for problem in problems)
        changed: tuple[str, ...] = ()
    else:
        frame, meta = _read_whole(path)
        meant, said = str, ()
        changed = (f"{tool} files of this kind are written as text",)
    names = [tidy(meant(name)) for name in meta.column_names]
    columns = {
        name: Column(
            tidy(meant(wording or "")),
            {
                _code(code): meant(words).strip()
                for code, words in meta.variable_value_labels.get(own, {}).items()
                if meant(words).strip()
            },
            tuple(_missing(meta, own)),
        )
        for name, own, wording in zip(names, meta.column_names, meta.column_labels, strict=True)
    }
    labelled = sum(bool(column.labels) for column in columns.values())
    told = (
        f"{path.name}: {tool}, {len(frame):,} rows, {len(columns):,} columns, {labelled:,} of them "
        "with value labels."
    )
    return Export(path, tool, frame, columns, {}, (told, *said), changed)


def _metadata(path: Path, wrong_encoding: bool) -> Any:
    import pyreadstat

    read = pyreadstat.read_sav if path.suffix.lower() == ".sav" else pyreadstat.read_dta
    encoding = "ISO-8859-1" if wrong_encoding else None
    try:
        return read(path, metadataonly=True, user_missing=True, encoding=encoding)[1]
    except Exception as error:  # texts of labels alone may be in another encoding
        if "convert string" not in str(error):
            raise _broken(path, error) from error
        return read(path, metadataonly=True, user_missing=True, encoding="ISO-8859-1")[1]


def _decoder(meta: Any) -> Callable[[str], str]:
    """Read texts that pyreadstat gave byte for byte in the encoding that is likeliest."""
    texts: set[str] = {text for text in (*meta.column_names, *meta.column_labels) if text}
    for labels in meta.variable_value_labels.values():
        texts.update(labels.values())
    try:
        encoding = decode("\n".join(sorted(texts)).encode("latin-1")).encoding
    except UnicodeEncodeError:
        return str
    return lambda text: text.encode("latin-1").decode(encoding, errors="replace")


def _missing(meta: Any, name: str) -> Iterable[Code]:
    for span in meta.missing_ranges.get(name, ()):
        low, high = span["lo"], span["hi"]
        if low == high:
            yield _code(low)
        else:  # SPSS has ranges without an end
            yield max(float(low), -_FAR), min(float(high), _FAR)
    yield from meta.missing_user_values.get(name, ())


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
    options: dict[str, Any] = {"user_missing": True} if path.suffix.lower() != ".xpt" else {}
    if path.suffix.lower() == ".sas7bdat" and catalogue.is_file():
        options["formats_as_category"] = False
        options["catalog_file"] = str(catalogue)
    try:
        frame, meta = readers[path.suffix.lower()](path, **options)
    except Exception as error:  # pyreadstat's own type is not public
        raise _broken(path, error) from error
    frame = frame.mask(frame.isin([""]))
    frame.columns = pd.Index([tidy(name) for name in frame.columns])
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    return frame, meta


def _broken(path: Path, error: Exception) -> StudyError:
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return StudyError(f"{path}: the file cannot be read: {reason}; export it again.")
