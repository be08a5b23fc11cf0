"""A study and report notebooks small enough that a whole batch takes seconds."""

import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pandas as pd
import pytest

from workbench.chain.catalogue import find_chain

ASKED = ["access", "service", "trust"]
ORGANISATIONS = ["Évora Water", 'Parks <b>&"/ Trees', "Transit"]


@pytest.fixture
def study(tmp_path: Path) -> Any:
    return tiny_study(tmp_path / "data" / "tiny")


def tiny_study(folder: Path) -> Any:
    """A stand-in with what a batch asks of a study; its one source is a file of a few bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text('title = "Tiny"\n')
    (folder / "clients.csv").write_text("organisation,q1\nTransit,3\n")

    def organisation(name: str) -> str:
        from workbench.exceptions import UnknownNameError, nearest

        if name not in ORGANISATIONS:
            raise UnknownNameError(
                f"There is no organisation {name!r}.{nearest(name, ORGANISATIONS)}"
            )
        return name

    return SimpleNamespace(
        path=folder,
        name="tiny",
        title="Tiny towns 2026",
        simulated=True,
        sources={"clients": SimpleNamespace(file=Path("clients.csv"))},
        organisations=pd.DataFrame({"organisation": ORGANISATIONS, "name": ORGANISATIONS}),
        waves=["2025", "2026"],
        organisation=organisation,
        runnable_chain=lambda: find_chain("citizens-first").restricted_to(ASKED),
    )


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
        notebook = nbformat.v4.new_notebook(cells=[first, *rest])
        nbformat.write(notebook, folder / f"{name}.ipynb")
        return folder

    return write


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


class Page(HTMLParser):
    """What the checks need of a page."""

    VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not (tag == "svg" and "svg" in self.open):  # a drawing within one is part of it
            self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def assert_sound(text: str) -> None:
    """Assert what holds for every page the workbench makes."""
    page = Page(text)
    assert not page.faults
    assert not page.open
    assert page.named("html")[0]["lang"] == "en"
    assert len(page.named("main")) == len(page.named("h1")) == 1
    assert text.partition("</head>")[0].count("<title>") == 1
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.named("a"):
        target = link["href"] or ""
        assert not target.startswith("#") or target[1:] in ids
    assert text.count("<table") == len(re.findall(r"<table[^>]*>\s*<caption", text))
    assert all(image.get("alt") for image in page.named("img"))
    for drawing in page.named("svg"):
        assert drawing.keys() & {"aria-label", "aria-labelledby", "aria-hidden"}
    for _, attributes in page.tags:
        for name in ("src", "srcset", "data", "action", "poster"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not re.search(r"url\(\s*['\"]?(?!data:)|@import|<link\b|<iframe|<object|<base\b", text)
    assert "https://" not in re.sub(r'<a [^>]*href="[^"]*"', "", text)


@pytest.fixture
def check_page() -> Callable[[str], None]:
    """The checks that every page the workbench makes has to pass."""
    return assert_sound
