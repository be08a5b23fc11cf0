"""Report notebooks: found by what they declare; those that cannot be read are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.batch.notebooks import declared, find_reports, notebooks_folder

PARAMETERS = 'study = ""\norganisation = ""\nshared = ""'


def code(source: Any, *tags: Any, **changes: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}
    return {**cell, "outputs": [], "execution_count": None, **changes}


def content(*cells: Any, **changes: Any) -> str:
    return json.dumps(
        {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4, **changes}
    )


GOOD = content(code(PARAMETERS, "parameters"))
CONFLICT = '{\n "cells": [\n<<<<<<< HEAD\n  1\n=======\n  2\n>>>>>>> theirs\n ]\n}'

BROKEN: dict[str, tuple[str | bytes, str]] = {
    "magic": (content(code("%matplotlib inline\n" + PARAMETERS, "parameters")), "line 1: '%matpl"),
    "cell magic": (content(code("%%time\n" + PARAMETERS, "parameters")), "line 1: '%%time'"),
    "shell": (content(code(PARAMETERS + "\n!pip list", "parameters")), "line 4: '!pip list'"),
    "null byte": (content(code(PARAMETERS + "\n'\0'", "parameters")), "more than Python"),
    "conflict": (CONFLICT, "merge conflict"),
    "empty": ("", "is empty"),
    "blank": ("\n  \n", "is empty"),
    "half": (GOOD[:40], "is not a notebook"),
    "text": ("hello", "is not a notebook"),
    "list": ("[]", "is not a notebook"),
    "latin": ('{"cells": "é"}'.encode("latin-1"), "is not UTF-8"),
    "format 3": (json.dumps({"nbformat": 3, "worksheets": []}), "notebook format 3"),
    "format 2": (json.dumps({"nbformat": 2, "worksheets": []}), "notebook format 2"),
    "no format": (json.dumps({"cells": []}), "is not a notebook"),
    "no cells": (json.dumps({"nbformat": 4, "metadata": {}}), "no list of cells"),
    "no metadata": (json.dumps({"nbformat": 4, "cells": []}), "no metadata"),
    "cell metadata": (content(code("1"), {"cell_type": "code", "source": ""}), "in cell 2"),
    "null metadata": (content(code("1", metadata=None)), "in cell 1"),
    "tags": (content(code("1", metadata={"tags": "parameters"})), "in cell 1"),
    "null tags": (content(code("1", metadata={"tags": None})), "in cell 1"),
    "source": (content(code({"a": 1})), "in cell 1"),
    "cell": (content("text"), "in cell 1"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_notebook_that_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "good.ipynb").write_text(GOOD)
    made, told = BROKEN[kind]
    (folder / "own.ipynb").write_bytes(made if isinstance(made, bytes) else made.encode())
    found = find_reports(folder)
    assert found["good"].parameters == ("study", "organisation", "shared")
    assert not found["good"].fault
    assert found["own"].fault.startswith("notebooks/own.ipynb ")
    assert told in found["own"].fault
    assert found["own"].fault.endswith(".")
    assert not found["own"].per_organisation


def test_a_folder_called_like_a_notebook_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.ipynb").mkdir()
    assert "own.ipynb cannot be read" in find_reports(tmp_path)["own"].fault


@pytest.mark.parametrize(
    "source",
    [
        PARAMETERS,
        PARAMETERS.splitlines(keepends=True),
        'study, organisation, shared = "", "", ""',
        'study: str = ""\norganisation: str = ""  # whose\nshared: str = ""',
    ],
)
def test_a_report_is_known_by_what_its_parameters_cell_sets(tmp_path: Path, source: Any) -> None:
    (tmp_path / "own.ipynb").write_text(content(code("1"), code(source, "parameters", "x")))
    (report,) = find_reports(tmp_path).values()
    assert report.parameters == ("study", "organisation", "shared")
    assert report.per_organisation
    assert not report.per_chain
    assert not report.per_wave


@pytest.mark.parametrize(
    "cells",
    [[], [code("1")], [code('folder = ""', "parameters")], [code("%time\nx = 1", "parameters")]],
)
def test_other_notebooks_are_no_reports(tmp_path: Path, cells: Any) -> None:
    (tmp_path / "own.ipynb").write_text(content(*cells))
    assert not find_reports(tmp_path)


def test_the_projects_own_notebooks_can_all_be_read() -> None:
    found = find_reports()
    assert {"organisation", "benchmark"} <= set(found)
    assert not [report for report in found.values() if report.fault]
    for path in notebooks_folder().glob("*.ipynb"):
        declared(json.loads(path.read_text(encoding="utf-8"))["cells"])
