"""Digits that a page holds and does not show: in attributes, scripts, comments and drawings."""

import math
import re
from collections.abc import Iterator, Sequence

from bs4 import Comment, Tag

from workbench.audit.findings import Finding
from workbench.audit.reading import Page, decimals, numbers

TOLD = re.compile(r"aria-(?!labelledby|describedby|controls|owns|hidden).*|data-.*|title|alt|value")
"""Attributes that say something in words or numbers."""

SETS_APART = ("tr", "li", "dl", "fieldset", "p", "table", "figure", "section", "main", "body")
"""What holds the text beside an attribute, from near to far."""

SCRIPT_DECIMALS = 4
"""More decimals than a constant of a script needs."""

AXIS = 1e-4
"""A hundredth of a percent of an axis: finer than anybody sees or needs."""

_GEOMETRY = re.compile(r"[cr]?[xy][12]?|r|width|height|d|points|transform")
_COORDINATE = re.compile(r"\d*\.\d+%?|\d+%?")
_REMEDY = "Publish no more digits than are shown."


def hidden_digits(pages: Sequence[Page]) -> Iterator[Finding]:
    """Give every place where a page holds more digits of a number than its text shows."""
    for page in pages:
        yield from _in_attributes(page)
        yield from _in_scripts(page)
        yield from _in_drawings(page)


def _in_attributes(page: Page) -> Iterator[Finding]:
    for element in page.root.find_all(True):
        for name, value in element.attrs.items():
            if not TOLD.fullmatch(name) or not isinstance(value, str):
                continue
            held = max(map(decimals, numbers(value)), default=0)
            if held and held > _shown_beside(element):
                yield Finding(
                    page=page.name,
                    table=_caption(element),
                    row=_row(element),
                    what=f"The attribute {name} holds “{value}”, finer than the text beside it.",
                    remedy=_REMEDY,
                )


def _shown_beside(element: Tag) -> int:
    """Return how many decimals the text nearest to an element shows.

    The text of a slider's outputs is a slope times the slider's points, and takes as many digits
    more of the slope as the points have, and one to round by.
    """
    for around in (element, *element.parents):
        if around.name not in SETS_APART and around is not element:
            continue
        shown = [decimals(number) for number in numbers(_shown(around))]
        sliders = around.find_all("input", type="range")
        points = max((len(str(one.get("max"))) for one in sliders), default=0)
        if points:
            return 1 + points + 1
        if shown:
            return max(shown)
    return 0


def _shown(element: Tag) -> str:
    return " ".join(
        text
        for text in element.find_all(string=True)
        if not isinstance(text, Comment) and text.find_parent(["script", "style"]) is None
    )


def _in_scripts(page: Page) -> Iterator[Finding]:
    hidden = [(one.get_text(), "script") for one in page.root.find_all("script")]
    comments = page.root.find_all(string=lambda text: isinstance(text, Comment))
    hidden += [(str(text), "comment") for text in comments]
    for text, kind in hidden:
        long = [number for number in numbers(text) if decimals(number) > SCRIPT_DECIMALS]
        if long:
            yield Finding(
                page=page.name,
                what=f"A {kind} holds {long[0]}.",
                remedy=_REMEDY,
            )


def _in_drawings(page: Page) -> Iterator[Finding]:
    for drawing in page.root.find_all("svg"):
        if drawing.find_parent("svg") is not None:
            continue
        allowed = _needed(drawing)
        for element in (drawing, *drawing.find_all(True)):
            fine = [
                coordinate
                for name, value in element.attrs.items()
                if _GEOMETRY.fullmatch(name) and isinstance(value, str)
                for coordinate in _COORDINATE.findall(value)
                if decimals(coordinate.rstrip("%")) > (2 if coordinate.endswith("%") else allowed)
            ]
            if fine:
                yield Finding(
                    page=page.name,
                    table=_caption(drawing),
                    row=_row(drawing),
                    what=f"A drawing holds the coordinate {fine[0]}.",
                    remedy="Round coordinates to what can be seen.",
                )
                break


def _needed(drawing: Tag) -> int:
    """Return the decimals that tell a hundredth of a percent of a drawing's length."""
    box = numbers(str(drawing.get("viewbox") or ""))
    length = max([float(number) for number in box[-2:]] or [100.0])
    return max(0, math.ceil(-math.log10(max(length, 1.0) * AXIS)))


def _caption(element: Tag) -> str:
    table = element if element.name == "table" else element.find_parent("table")
    caption = table.find("caption") if table else None
    return caption.get_text().strip() if caption else ""


def _row(element: Tag) -> str:
    row = element if element.name == "tr" else element.find_parent("tr")
    head = row.find(["th", "td"]) if row else None
    return " ".join(head.get_text(" ").split()) if head else ""
