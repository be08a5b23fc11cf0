"""Report notebooks: found by what they are made for; those that cannot be read are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.batch.notebooks import declared, find_reports, notebooks_folder

PARAMETERS = 'study = ""\norganisation = ""\nshared = ""'
PER = {"workbench": {"per": "organisation"}}


def code(source: Any, *tags: Any, **changes: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}
    return {**cell, "outputs": [], "execution_count": None, **changes}


def content(*cells: Any, **changes: Any) -> str:
    return json.dumps(
        {"cells": list(cells), "metadata": PER, "nbformat": 4, "nbformat_minor": 4, **changes}
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
    "per nobody": (
        content(code(PARAMETERS, "parameters"), metadata={"workbench": {"per": "town"}}),
        'write {"per": "organisation"}, or "study" or "chain" in its place',
    ),
    "no per": (content(code(PARAMETERS, "parameters"), metadata={"workbench": "x"}), 'has "x" as'),
    "per chain": (
        content(code(PARAMETERS, "parameters"), metadata={"workbench": {"per": "chain"}}),
        "is made per chain and sets no 'chain'",
    ),
    "needs everything": (
        content(
            code(PARAMETERS, "parameters"),
            metadata={"workbench": {"per": "organisation", "needs": "everything"}},
        ),
        'has "everything" as "needs" in its metadata; write "answers", "links", "drivers" or "all"',
    ),
    "nothing set": (content(code("1")), "is made per organisation and sets no 'study'"),
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
def test_a_report_has_the_parameters_that_its_cell_sets(tmp_path: Path, source: Any) -> None:
    (tmp_path / "own.ipynb").write_text(content(code("1"), code(source, "parameters", "x")))
    (report,) = find_reports(tmp_path).values()
    assert report.parameters == ("study", "organisation", "shared")
    assert report.per_organisation
    assert not report.per_chain
    assert not report.per_wave


@pytest.mark.parametrize(
    "cells",
    [[], [code("1")], [code(PARAMETERS, "parameters")], [code("%time\nx = 1", "parameters")]],
)
def test_a_notebook_that_does_not_say_what_it_is_for_is_no_report(
    tmp_path: Path, cells: Any
) -> None:
    (tmp_path / "own.ipynb").write_text(content(*cells, metadata={}))
    assert not find_reports(tmp_path)


@pytest.mark.parametrize("per", ["study", "organisation", "chain"])
def test_a_report_is_made_for_what_it_says_whatever_it_sets(tmp_path: Path, per: str) -> None:
    cell = code(PARAMETERS + '\nchain = ""', "parameters")
    (tmp_path / "own.ipynb").write_text(content(cell, metadata={"workbench": {"per": per}}))
    (report,) = find_reports(tmp_path).values()
    assert report.per == per
    assert (report.per_organisation, report.per_chain) == (per == "organisation", per == "chain")


def test_the_projects_own_notebooks_can_all_be_read() -> None:
    found = find_reports()
    assert {"organisation", "benchmark"} <= set(found)
    assert not [report for report in found.values() if report.fault]
    made = {name: report.per for name, report in found.items()}
    assert made == {
        "benchmark": "study",
        "chain": "chain",
        "drivers": "study",
        "measurement": "study",
        "organisation": "organisation",
        "technical": "study",
        "trends": "study",
    }
    for path in notebooks_folder().glob("*.ipynb"):
        declared(json.loads(path.read_text(encoding="utf-8"))["cells"])
