"""What holds for every kind: safe text, alt, unique ids, well-formed SVG, small, the same."""

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from workbench import figures

VOID = {"col", "br", "meta", "link", "hr", "img", "input"}
SVG = r"<svg(?:(?!<svg|</svg>).|<svg(?:(?!<svg|</svg>).)*</svg>)*</svg>"


class Page(HTMLParser):
    """Collects tags, ids and text, and checks that every element is closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_text_is_escaped(figure, awkward):
    page = Page(figure.html)
    assert page.open == []
    assert "b" not in page.tags
    shown = page.text + " ".join(value or "" for _, value in page.attributes)
    assert awkward in shown


ROWS = {"caterpillar", "forest", "position", "response_shares", "unit_percentages", "trend"}
"""Kinds whose rows or panels are drawn one by one, so that the alt names the group of them."""


def test_alt_states_the_finding_and_names_what_is_drawn(kind, figure, awkward):
    assert figure.alt == f"The finding about {awkward}."
    if kind in ROWS:
        names = re.findall(r'<figure [^>]*aria-label="([^"]*)"', figure.html)
    else:
        names = re.findall(r"<title[^>]*>([^<]*)</title>", figure.html)
    assert {unescape(name) for name in names} == {figure.alt}


UNNAMED = {"scatter", "distribution"}
"""Kinds whose points stand for units that have no name there."""


def test_the_numbers_behind_a_drawing_are_in_a_table_with_a_caption(kind, figure):
    tables = re.findall(r"<table\b.*?</table>", figure.html, flags=re.DOTALL)
    assert bool(tables) == (kind not in UNNAMED)
    for table in tables:
        assert re.search(r"<caption[^>]*>[^<]+</caption>", table)
        assert re.search(r"<td[^>]*>[^<]*\d", table.replace("<strong>", ""))


def test_ids_are_unique_and_references_resolve(figure):
    page = Page(figure.html)
    assert len(page.ids) == len(set(page.ids))
    for name, value in page.attributes:
        if name == "aria-labelledby":
            assert set(value.split()) <= set(page.ids)
        if name == "href":
            assert value.removeprefix("#") in page.ids


def test_svg_is_well_formed(figure):
    drawings = re.findall(SVG, figure.html, flags=re.DOTALL)
    assert drawings
    for drawing in drawings:
        ElementTree.fromstring(drawing)


def test_no_script_and_no_other_host(figure):
    html = figure.html.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in html
    assert "<script" not in html
    assert "nan" not in re.sub(r"[a-z]*finan[a-z]*", "", html).lower()


def test_small(figure):
    assert len(figure.html.encode()) < 15_000


def test_colours_of_text_are_legible():
    from workbench.figures import theme

    for colour in (theme.INK, theme.MUTED, theme.OWN, theme.BENCHMARK):
        assert theme.contrast(colour, theme.PAPER) >= 4.5
        assert theme.contrast(colour, theme.TINT) >= 4.5
    assert theme.contrast(theme.RULE, theme.PAPER) >= 3


@pytest.mark.parametrize("categories", range(2, 12))
def test_category_fills_carry_dark_text_and_a_dark_outline(categories):
    from workbench.figures import theme

    fills = theme.diverging(categories)
    assert len(set(fills)) == categories
    assert min(theme.contrast(fill, theme.INK) for fill in fills) >= 4.5


def test_the_same_bytes_whatever_the_hash_seed():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import conftest;"
        "sys.stdout.buffer.write(''.join(conftest.make(k).html for k in conftest.KINDS).encode())"
    )
    here = os.path.dirname(__file__)
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, here],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second != b""


def test_alt_is_required(estimates):
    with pytest.raises(figures.FigureError, match="alternative text"):
        figures.forest(estimates(3), alt=" ")


def test_saved_page_stands_alone(figure, tmp_path):
    path = figure.save(tmp_path / "figure.html")
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert figures.CSS in page
    assert figure.html in page
