"""What a notebook cell shows: tables, prose, cards, boxes and figures as self-contained HTML.

Each object is frozen, holds its numbers or text, and has ``_repr_html_``: a fragment without script
and without any other host. The styles in ``theme.CSS`` are inlined once by the page; where they are
absent (a plain JupyterLab cell) the fragment stays readable by itself. All text is escaped: an
organisation called ``Parks <b>&"Roads"</b>`` shows exactly so.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pandas as pd

from workbench.exceptions import FigureError
from workbench.figures import format as fmt
from workbench.figures import theme
from workbench.files import write_atomically


def required(alt: str, what: str) -> str:
    """Return ``alt`` stripped, or raise :class:`FigureError` when it says nothing."""
    if not alt.strip():
        raise FigureError(
            f"{what} has no alternative text. Give `alt` the sentence that states the finding."
        )
    return alt.strip()


def identifier(*content: str) -> str:
    """A short id made from the content alone: same picture, same id, whatever the run."""
    return "wb-" + hashlib.sha1("\0".join(content).encode(), usedforsecurity=False).hexdigest()[:10]


def scrollable(inner: str, label: str) -> str:
    """Wrap ``inner`` so that what is too wide scrolls, and the keyboard reaches it."""
    return (
        f'<div class="wb-scroll" tabindex="0" role="region" aria-label="{escape(label)}"'
        f' style="overflow-x:auto">{inner}</div>'
    )


def unseen_caption(text: str) -> str:
    """A table's caption for a screen reader, where the figure around it shows it already."""
    return (
        '<caption style="position:absolute;width:1px;height:1px;overflow:hidden;'
        f'clip-path:inset(50%)">{escape(text)}</caption>'
    )


def key(entries: Sequence[tuple[str, str]]) -> str:
    """The legend in words: pairs of a small swatch (SVG) and its text."""
    items = "".join(f"<li>{swatch}<span>{escape(text)}</span></li>" for swatch, text in entries)
    return f'<ul class="wb-key" role="list">{items}</ul>' if entries else ""


class Fragment:
    """Shared behaviour: ``html`` shown by a notebook and written by ``save``."""

    __slots__ = ()

    @property
    def html(self) -> str:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return self.html

    def save(self, path: str | Path) -> Path:
        """Write a page that stands alone (``.html``) and return its path."""
        target = Path(path)
        if target.suffix != ".html":
            raise FigureError(f"{target.name}: can be saved as .html, not as {target.suffix!r}.")
        write_atomically(target, _page(self.html))
        return target


def _page(body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Workbench</title><style>{theme.CSS}</style></head>"
        f'<body style="margin:1rem"><main>{body}</main></body></html>\n'
    )


@dataclass(frozen=True)
class Figure(Fragment):
    """One SVG drawing with its alternative text and caption.

    ``svg`` is a complete ``<svg>`` element with a ``viewBox``; ``narrow`` optionally another
    drawing of the same content for screens under 560 px. ``detail`` describes for a screen reader
    what the drawing shows beyond ``alt``; ``legend`` is HTML made by :func:`key`.
    """

    svg: str
    alt: str
    caption: str = ""
    detail: str = ""
    narrow: str = ""
    legend: str = ""

    def __post_init__(self) -> None:
        required(self.alt, "A figure")

    @property
    def html(self) -> str:
        drawings = self._named(self.svg, "wide")
        if self.narrow:
            drawings = (
                f'<div class="wb-wide">{drawings}</div>'
                f'<div class="wb-narrow" style="display:none">{self._named(self.narrow, "narrow")}'
                "</div>"
            )
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        kind = "wb-figure wb-has-narrow" if self.narrow else "wb-figure"
        return (
            f'<figure class="{kind}" style="margin:1rem 0">{caption}'
            f"{scrollable(drawings, self.caption or self.alt)}{self.legend}</figure>"
        )

    def save(self, path: str | Path) -> Path:
        """Write the drawing (``.svg``) or a page with it (``.html``) and return the path."""
        target = Path(path)
        if target.suffix == ".svg":
            write_atomically(target, self._named(self.svg, "wide") + "\n")
            return target
        if target.suffix != ".html":
            raise FigureError(
                f"{target.name}: a figure can be saved as .svg or .html, not as {target.suffix!r}."
            )
        return super().save(target)

    def _named(self, svg: str, variant: str) -> str:
        name = identifier(variant, self.alt, self.caption, svg)
        described = f'<desc id="{name}-d">{escape(self.detail)}</desc>' if self.detail else ""
        labels = f"{name}-t {name}-d" if self.detail else f"{name}-t"
        opening, rest = svg.split(">", 1)
        return (
            f'{opening} role="img" aria-labelledby="{labels}">'
            f'<title id="{name}-t">{escape(self.alt)}</title>{described}{rest}'
        )


@dataclass(frozen=True)
class Panel(Fragment):
    """A figure built of real text (an HTML table with drawn cells, several small drawings).

    ``body`` is HTML, ``frame`` the tidy numbers behind it.
    """

    body: str
    alt: str
    caption: str = ""
    legend: str = ""
    long: bool = False
    frame: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    def __post_init__(self) -> None:
        required(self.alt, "A figure")

    @property
    def html(self) -> str:
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        kind = "wb-figure wb-long" if self.long else "wb-figure"
        return (
            f'<figure class="{kind}" role="group" aria-label="{escape(self.alt)}"'
            f' style="margin:1rem 0">{caption}{self.legend}{self.body}</figure>'
        )


@dataclass(frozen=True)
class Table(Fragment):
    """An accessible table of a data frame.

    Parameters
    ----------
    frame : the tidy numbers, one row per row shown; its index is not shown.
    caption : what the table says, required.
    formats : per column a function from value to text, for example ``format.count``. Floats
        without one get two decimals; other values their ``str``.
    labels : per column the heading shown; ``columns`` chooses and orders them.
    row_header : the column whose cells head their rows; the first column by default.
    missing : the sentence shown for a missing value.
    notes : small print under the table.
    """

    frame: pd.DataFrame
    caption: str
    formats: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] | None = None
    row_header: str | None = None
    missing: str = fmt.NOT_AVAILABLE
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        required(self.caption, "A table")
        named = [*self.formats, *self.labels, *(self.columns or ())]
        named += [self.row_header] if self.row_header else []
        for name in named:
            if name not in self.frame.columns:
                raise FigureError(
                    f"Table {self.caption!r}: the frame has no column {name!r}; it has "
                    f"{', '.join(map(str, self.frame.columns))}."
                )

    @property
    def alt(self) -> str:
        return self.caption

    @property
    def html(self) -> str:
        names = list(self.columns if self.columns is not None else self.frame.columns)
        header = self.row_header or (names[0] if names else None)
        cells = {name: [self._text(name, value) for value in self.frame[name]] for name in names}
        classes = {
            name: ' class="wb-num" style="text-align:right"' if self._is_numeric(name) else ""
            for name in names
        }
        head = "".join(
            f'<th scope="col"{classes[name]}>{escape(self.labels.get(name, str(name)))}</th>'
            for name in names
        )
        rows = []
        for row in range(len(self.frame)):
            rows.append("<tr>")
            for name in names:
                text = escape(cells[name][row])
                if name == header:
                    rows.append(f'<th scope="row"{classes[name]}>{text}</th>')
                else:
                    rows.append(f"<td{classes[name]}>{text}</td>")
            rows.append("</tr>")
        table = (
            f"<table><caption>{escape(self.caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )
        notes = "".join(f'<p class="wb-notes">{escape(note)}</p>' for note in self.notes)
        return f'<div class="wb-table">{scrollable(table, self.caption)}{notes}</div>'

    def _text(self, name: str, value: object) -> str:
        if pd.api.types.is_scalar(value) and pd.isna(value):  # type: ignore[call-overload]
            return self.missing
        if name in self.formats:
            return self.formats[name](value)
        if isinstance(value, float):
            return fmt.number(value, missing=self.missing)
        return str(value)

    def _is_numeric(self, name: str) -> bool:
        column = self.frame[name]
        return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


@dataclass(frozen=True)
class Prose(Fragment):
    """Paragraphs parted by blank lines; ``**strong**`` is the only markup, all else is escaped."""

    text: str

    @property
    def html(self) -> str:
        paragraphs = (part.strip() for part in re.split(r"\n\s*\n", self.text))
        body = "".join(f"<p>{_strong(part)}</p>" for part in paragraphs if part)
        return f'<div class="wb-prose">{body}</div>'


def _strong(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text), flags=re.DOTALL)


@dataclass(frozen=True)
class Notice(Fragment):
    """A box set apart from the text: a note, or a warning that says so in words."""

    text: str
    kind: Literal["note", "warning"] = "note"
    title: str = ""

    @property
    def html(self) -> str:
        title = self.title or self.kind.capitalize()
        body = Prose(self.text).html.removeprefix('<div class="wb-prose">').removesuffix("</div>")
        return (
            f'<div class="wb-notice wb-{self.kind}" role="note">'
            f"<p><strong>{escape(title)}</strong></p>{body}</div>"
        )


@dataclass(frozen=True)
class Card:
    """One index card. ``value`` and the lines under it are text ready to read.

    ``mark`` draws value, lower and upper on the 0–100 scale, ``benchmark`` a diamond on it. When
    there is no ``value``, ``reason`` is the sentence that stands in its place.
    """

    title: str
    value: str = ""
    interval: str = ""
    detail: str = ""
    trend: str = ""
    reason: str = ""
    mark: tuple[float, float, float] | None = None
    benchmark: float | None = None


@dataclass(frozen=True)
class Cards(Fragment):
    """Index cards side by side, a list of description lists."""

    cards: Sequence[Card]

    @property
    def html(self) -> str:
        items = "".join(f"<li>{self._card(card)}</li>" for card in self.cards)
        return f'<ul class="wb-cards" role="list">{items}</ul>'

    @staticmethod
    def _card(card: Card) -> str:
        if card.value:
            value = f'<dd class="wb-value">{escape(card.value)}</dd>'
        else:
            value = f'<dd class="wb-reason">{escape(card.reason or fmt.NOT_AVAILABLE)}</dd>'
        strip = f"<dd>{_strip(card.mark, card.benchmark)}</dd>" if card.mark else ""
        details = "".join(
            f'<dd class="wb-detail">{escape(text)}</dd>'
            for text in (card.interval, card.detail, card.trend)
            if text
        )
        return f"<dl><dt>{escape(card.title)}</dt>{value}{strip}{details}</dl>"


def _strip(mark: tuple[float, float, float], benchmark: float | None) -> str:
    value, lower, upper = (min(max(number, 0.0), 100.0) for number in mark)
    diamond = ""
    if not fmt.is_missing(benchmark):
        diamond = (
            f'<svg x="{benchmark:.1f}%" y="9" overflow="visible" width="1" height="1">'
            f'<path d="M0-6 5 0 0 6-5 0z" fill="{theme.PAPER}" stroke="{theme.BENCHMARK}"'
            ' stroke-width="2"/></svg>'
        )
    return (
        '<svg width="100%" height="18" aria-hidden="true" style="overflow:visible">'
        f'<rect y="7" width="100%" height="4" rx="2" fill="{theme.HAIRLINE}"/>'
        f'<rect x="{lower:.1f}%" y="5" width="{upper - lower:.1f}%" height="8" rx="2"'
        f' fill="{theme.OWN}" fill-opacity=".35"/>{diamond}'
        f'<circle cx="{value:.1f}%" cy="9" r="5" fill="{theme.OWN}"/></svg>'
    )


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round tick values (steps of 1, 2, 2.5 or 5 times a power of ten) within low to high."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0
    while power > span:
        power /= 10
    while power * 10 <= span:
        power *= 10
    candidates = [
        scale * step for scale in (power / 10, power, power * 10) for step in (1, 2, 2.5, 5)
    ]
    step = min(candidates, key=lambda size: abs(span / size - about))
    first = int(-(-(low - 1e-9 * span) // step))
    ticks = []
    while first * step <= high + 1e-9 * span:
        ticks.append(round(first * step, 10))
        first += 1
    return ticks


def tick_decimals(ticks: Sequence[float]) -> int:
    """How many decimals tick labels need to tell the ticks apart."""
    step = min((b - a for a, b in pairwise(ticks)), default=1.0)
    return next((d for d in range(4) if abs(step * 10**d - round(step * 10**d)) < 1e-6), 3)
