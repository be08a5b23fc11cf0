"""Descriptions beside a table: DDI (XML), CSVW (JSON), a data dictionary or list of questions."""

import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from workbench.beginning.export import Column, Export, code_of
from workbench.beginning.texts import row_of_names
from workbench.errors import StudyError
from workbench.study.codebook import Code
from workbench.study.encodings import decode
from workbench.study.names import tidy
from workbench.study.readers import TEXT_FILES

_LIST = re.compile(r"dictionar|codebook|question|variable|label|wording|[_-]q$", re.IGNORECASE)
_LARGEST = 2_000_000
"""Bytes of a list of questions."""
_FEWEST = 3
"""Columns of a table that a list of its questions has at least."""


def with_metadata(export: Export) -> Export:
    """The export with what a description beside it says.

    Looked for are NAME.xml (DDI), NAME.csv-metadata.json and csv-metadata.json (CSVW), and a CSV
    file that is called dictionary, codebook, questions or the like and lists the table's columns,
    such as the data dictionary of REDCap.

    Raises
    ------
    StudyError
        A description is there and cannot be read.
    """
    if export.path.suffix.lower() not in TEXT_FILES:
        return export
    folder, name = export.path.parent, export.path.name
    found: tuple[str, dict[str, Column]] | None = None
    for file in (folder / f"{export.path.stem}.xml", folder / f"{name}.xml"):
        if file.is_file():
            found = f"the DDI file {file.name}", _of_ddi(file)
    for file in (folder / f"{name}-metadata.json", folder / "csv-metadata.json"):
        if found is None and file.is_file():
            found = f"the CSVW file {file.name}", _of_csvw(file, name)
    if found is None:
        for file in sorted(folder.glob("*.csv")):
            if file != export.path and found is None and _LIST.search(file.stem):
                listed = _of_list(file, {str(column) for column in export.frame.columns})
                found = (f"the list {file.name}", listed) if listed else None
    if found is None:
        return export
    where, described = found
    known = {name: column for name, column in described.items() if name in export.frame.columns}
    columns = {**export.columns, **known}
    told = f"{name}: questions and labels of {len(known):,} columns from {where}."
    return replace(export, columns=columns, said=(*export.said, told))


def _of_ddi(file: Path) -> dict[str, Column]:
    """Variables of a DDI codebook: question or label, categories, missing ones, weights."""
    try:
        root = ElementTree.parse(file).getroot()
    except ElementTree.ParseError as error:
        raise StudyError(f"{file}: this is no valid XML: {error}; export it again.") from error
    columns = {}
    for element in _every(root, "var"):
        labels: dict[Code, str] = {}
        missing: list[Code] = []
        for category in _every(element, "catgry"):
            code = code_of(_text(category, "catValu"))
            words = next((_own(one) for one in category if _tag(one) == "labl"), "")
            if words:
                labels[code] = words
            if category.get("missing") == "Y":
                missing.append(code)
        for item in _every(element, "invalrng"):
            missing += [code_of(span.get("VALUE", "")) for span in _every(item, "item")]
            missing += [
                (float(span.attrib["min"]), float(span.attrib["max"]))
                for span in _every(item, "range")
                if {"min", "max"} <= set(span.attrib)
            ]
        label = next((_own(one) for one in element if _tag(one) == "labl"), "")
        wording = _text(element, "qstnLit") or label
        role = "weight" if element.get("wgt") == "wgt" else ""
        known = [code for code in dict.fromkeys(missing) if code != ""]
        columns[tidy(element.get("name", ""))] = Column(wording, labels, tuple(known), role)
    return columns


def _every(element: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    return (one for one in element.iter() if _tag(one) == tag)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _own(element: ElementTree.Element) -> str:
    return tidy("".join(element.itertext()))


def _text(element: ElementTree.Element, tag: str) -> str:
    return next((_own(one) for one in _every(element, tag)), "")


def _of_csvw(file: Path, table: str) -> dict[str, Column]:
    """Columns of a CSVW description: titles, descriptions and what stands for nothing."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise StudyError(f"{file}: this is no valid JSON: {error}; correct that place.") from error
    described = content if isinstance(content, dict) else {}
    for one in described.get("tables", ()):
        if str(one.get("url", "")).rpartition("/")[2] == table:
            described = one
    columns = {}
    for column in described.get("tableSchema", {}).get("columns", ()):
        titles = _texts(column.get("titles"))
        told = [*_texts(column.get("dc:description") or column.get("description")), *titles, ""]
        missing = tuple(code_of(text) for text in _texts(column.get("null")) if text)
        known = Column(tidy(told[0]), {}, missing)
        for name in (column.get("name", ""), *titles):
            if name:
                columns[tidy(name)] = known
    return columns


def _texts(value: Any) -> list[str]:
    """The texts of a natural language property: a text, a list, or one for each language."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def _of_list(file: Path, names: set[str]) -> dict[str, Column]:
    """Questions of a CSV file that lists the table's columns, nothing of another one."""
    if file.stat().st_size > _LARGEST:
        return {}
    text = decode(file.read_bytes()).text.lstrip("\ufeff")
    return listed_columns(list(csv.reader(io.StringIO(text))), file, names)


def listed_columns(
    rows: Sequence[Sequence[str]], path: Path, names: Collection[str]
) -> dict[str, Column]:
    """Questions of a list that has a row for each column of a table; nothing of another list.

    The cell of most text in a row is the question. Choices are read as REDCap writes them:
    "1, Never | 2, Always".

    Parameters
    ----------
    rows
        The list's cells, with its own row of names and perhaps titles above it.
    path
        Of the list.
    names
        The table's columns, of which the list has half at least.
    """
    try:
        head = row_of_names(rows, path)
    except StudyError:  # it is no list
        return {}
    first = [tidy(cell) for cell in rows[head]]
    own = [row for row in rows[head + 1 :] if len(row) == len(first)]
    places = range(len(first))
    hits = [len({tidy(row[place]) for row in own}.intersection(names)) for place in places]
    lengths = [sum(len(row[place]) for row in own) for place in places]
    key = max(places, key=hits.__getitem__, default=0)
    choices = [place for place in places if first[place].startswith("Choices")]
    texts = [place for place in places if place != key and place not in choices]
    if not texts or 2 * hits[key] < len(names) or hits[key] < _FEWEST:
        return {}
    wording = max(texts, key=lengths.__getitem__)
    if "Field Label" in first:
        wording = first.index("Field Label")
    columns = {}
    for row in own:
        labels: dict[Code, str] = {}
        for choice in (part for place in choices for part in row[place].split("|")):
            code, comma, words = (part.strip() for part in choice.partition(","))
            if code and comma and words:
                labels[code_of(code)] = words
        columns[tidy(row[key])] = Column(tidy(re.sub(r"<[^>]+>", " ", row[wording])), labels)
    return columns
