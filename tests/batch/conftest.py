"""A study and report notebooks small enough that a whole batch takes seconds."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from builders import tiny_study

FAULTY = Path(__file__).resolve().parents[1] / "notebooks"
"""Notebooks with one fault each, or with one thing that is easily taken for a fault."""


@pytest.fixture
def study(tmp_path: Path) -> Any:
    return tiny_study(tmp_path / "data" / "tiny")


Write = Callable[..., Path]


@pytest.fixture
def write_notebook(tmp_path: Path) -> Write:
    """Writes ``notebooks/<name>.ipynb`` from cells; ``# …`` cells are Markdown."""
    folder = tmp_path / "notebooks"
    folder.mkdir(exist_ok=True)

    def write(
        name: str,
        cells: Sequence[str],
        parameters: str = 'study = ""\norganisation = ""\nwave = ""\nshared = ""',
    ) -> Path:
        first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
        rest = [
            nbformat.v4.new_markdown_cell(cell[3:])
            if cell.startswith("md:")
            else nbformat.v4.new_code_cell(cell)
            for cell in cells
        ]
        kinds = (kind for kind in ("organisation", "chain") if f"{kind} = " in parameters)
        per = next(kinds, "study")
        notebook = nbformat.v4.new_notebook(
            cells=[first, *rest], metadata={"workbench": {"per": per}}
        )
        nbformat.write(notebook, folder / f"{name}.ipynb")
        return folder

    return write


@pytest.fixture
def place_notebook(tmp_path: Path) -> Write:
    """Puts a notebook of ``tests/notebooks`` where the batch looks for that of organisations."""
    folder = tmp_path / "notebooks"
    folder.mkdir(exist_ok=True)

    def place(name: str) -> Path:
        shutil.copy(FAULTY / f"{name}.ipynb", folder / "organisation.ipynb")
        return folder

    return place


KEY_NUMBERS = """
class Shown:
    def _repr_mimebundle_(self, **_):
        return {"application/vnd.workbench.key-numbers+json": {
            "People": {"value": 61.25, "lower": 58.0, "upper": 64.5}, "Note": organisation}}
Shown()
"""
"""A cell that hands back key numbers without the cost of importing the workbench."""


@pytest.fixture
def good_notebooks(write_notebook: Write) -> Path:
    write_notebook(
        "benchmark",
        ["md:# All of them", "md:## Results", "print('pooled')"],
        'study = ""\nwave = ""\nshared = ""',
    )
    return write_notebook(
        "organisation",
        [
            "md:## Headline",
            "from html import escape\nfrom IPython.display import HTML\n"
            "HTML(f'<h1>{escape(organisation)}</h1>')",
            KEY_NUMBERS,
        ],
    )
