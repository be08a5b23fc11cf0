"""What a notebook cell shows: tables, prose, cards, boxes and figures as self-contained HTML.

Each object is frozen, holds its numbers or text, and has ``_repr_html_``: a fragment without script
and without any other host. The styles in ``theme.CSS`` are inlined once by the page; where they are
absent (a plain JupyterLab cell) the fragment stays readable by itself. It is made of
:func:`~workbench.figures.markup.element`, which escapes all text: an organisation called
``Parks <b>&"Roads"</b>`` shows exactly so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import pandas as pd
from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.markup import NOTHING, element, plain_table, together
from workbench.figures.paper.face import FORMATS, WIDTH, Face, drawn, saved
from workbench.files import write_atomically
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import Language, spoken, using_language
from workbench.interpretation.messages import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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


def scrollable(inner: str, label: str) -> Markup:
    """Wrap ``inner`` so that what is too wide scrolls, and the keyboard reaches it."""
    return element(
        "div",
        inner,
        class_="wb-scroll",
        tabindex=0,
        role="region",
        aria_label=label,
        style="overflow-x:auto",
    )


def diamond(x: float, y: float, wide: float, high: float, **drawn: object) -> Markup:
    """A diamond around a place on a strip: ``x`` in percent of its width, the rest in pixels."""
    return element(
        "svg",
        element("path", d=f"M0-{high} {wide} 0 0 {high}-{wide} 0z", **drawn),
        x=f"{x:.1f}%",
        y=y,
        width=1,
        height=1,
        overflow="visible",
    )


def track_table(
    caption: str,
    heads: Sequence[Markup],
    widths: tuple[str, str],
    body: Markup,
    **attributes: object,
) -> Markup:
    """A table of three columns with a drawing to scale in the second, which takes what is left.

    ``widths`` are those of the first and last column.
    """
    return element(
        "table",
        unseen_caption(caption),
        element(
            "colgroup",
            element("col", style=f"width:{widths[0]}"),
            element("col"),
            element("col", style=f"width:{widths[1]}"),
        ),
        element("thead", element("tr", *heads, role="row" if "role" in attributes else None)),
        body,
        **attributes,
    )


def unseen_caption(text: str) -> Markup:
    """A table's caption for a screen reader, where the figure around it shows it already."""
    return element(
        "caption",
        text,
        style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)",
    )


def key(entries: Sequence[tuple[Markup, str]]) -> Markup:
    """The legend in words: pairs of a small swatch (SVG) and its text."""
    items = (element("li", swatch, element("span", text)) for swatch, text in entries)
    return element("ul", *items, class_="wb-key", role="list") if entries else NOTHING


def in_numbers(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """The numbers that a drawing shows as a table, for those who want to read or to copy them.

    They are texts, with as many digits as the page shows elsewhere. Files of numbers are made of
    this table; it is closed until a reader opens it.
    """
    title = say("figure.numbers", figure=caption)
    return element(
        "details",
        element("summary", say("figure.in numbers")),
        scrollable(plain_table(title, heads, rows), title),
        class_="wb-numbers",
    )


class ForPaper:
    """Shared behaviour of figures that Matplotlib can draw too: their numbers are ``face``."""

    face: Face | None
    alt: str

    def draw(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the figure on axes of Matplotlib, in the theme at hand, and return them.

        Parameters
        ----------
        ax
            By default axes of a new figure.
        **options
            Of a path diagram: see :class:`workbench.figures.paper.diagram.Diagram`.

        Raises
        ------
        FigureError
            The figure is for pages alone.

        Examples
        --------
        >>> import workbench as wb
        >>> drawing = wb.open_study("data/demo").fit().plot()
        >>> ax = drawing.draw(labels="stars", grey=True)
        >>> "0.32***" in [text.get_text() for text in ax.texts]
        True
        """
        return drawn(self._face.with_options(**options), ax)

    def for_paper(self, path: Path, width: float, **options: Any) -> Path:
        """Save the figure as Matplotlib draws it; see :mod:`workbench.figures.paper.face`."""
        return saved(self._face.with_options(**options), path, width)

    @property
    def _face(self) -> Face:
        if self.face is None:
            raise FigureError(f"The figure {self.alt!r} is for pages alone; save it as .html.")
        return self.face


class Fragment:
    """Shared behaviour: ``html`` shown by a notebook and written by ``save``."""

    _language: Language

    def __new__(cls, *_: object, **__: object) -> Self:
        # It stays in the language it was made in, whenever a notebook comes to show it.
        made = super().__new__(cls)
        object.__setattr__(made, "_language", spoken())
        return made

    @property
    def html(self) -> Markup:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        with using_language(self._language):
            return self.html

    def save(self, path: str | Path) -> Path:
        """Write a page that stands alone (``.html``) and return its path.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from workbench.figures import Prose
        >>> with TemporaryDirectory() as folder:
        ...     Prose("Trust rose.").save(Path(folder) / "trust.html").name
        'trust.html'
        """
        target = Path(path)
        if target.suffix != ".html":
            raise FigureError(f"{target.name}: can be saved as .html, not as {target.suffix!r}.")
        with using_language(self._language):
            write_atomically(target, _page(self.html))
        return target


def _page(body: str) -> Markup:
    return together(
        Markup("<!DOCTYPE html>\n"),
        element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", name="viewport", content="width=device-width,initial-scale=1"),
                element("title", "Workbench"),
                element("style", Markup(theme.CSS)),  # noqa: S704 – text of our own
            ),
            element("body", element("main", body), style="margin:1rem"),
            lang=spoken().code,
            dir=spoken().direction,
        ),
        "\n",
    )


@dataclass(frozen=True)
class Figure(ForPaper, Fragment):
    """One SVG drawing with its alternative text and caption.

    ``svg`` is a complete ``<svg>`` element with a ``viewBox``; ``narrow`` optionally another
    drawing of the same content for screens under 560 px. ``detail`` describes for a screen reader
    what the drawing shows beyond ``alt``; ``legend`` is HTML made by :func:`key`, ``numbers`` by
    :func:`in_numbers`; ``face`` are the same numbers for a paper.
    """

    svg: Markup
    alt: str
    caption: str = ""
    detail: str = ""
    narrow: Markup = NOTHING
    legend: Markup = NOTHING
    numbers: Markup = NOTHING
    face: Face | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        required(self.alt, "A figure")

    @property
    def html(self) -> Markup:
        drawings = self._named(self.svg, "wide")
        if self.narrow:
            drawings = together(
                element("div", drawings, class_="wb-wide"),
                element(
                    "div",
                    self._named(self.narrow, "narrow"),
                    class_="wb-narrow",
                    style="display:none",
                ),
            )
        caption = element("figcaption", self.caption) if self.caption else ""
        kind = "wb-figure wb-has-narrow" if self.narrow else "wb-figure"
        return element(
            "figure",
            caption,
            scrollable(drawings, self.caption or self.alt),
            self.legend,
            self.numbers,
            class_=kind,
            style="margin:1rem 0",
        )

    def save(self, path: str | Path, width: float | None = None, **options: Any) -> Path:
        """Write the figure for a page (``.svg``, ``.html``) or a paper, and return the path.

        Parameters
        ----------
        path
            ``.pdf``, ``.png`` and ``.eps`` are drawn by Matplotlib with fonts embedded, and so is
            ``.svg`` where a width is given.
        width
            Millimetres, 174 by default: a journal's page; a column has about 85.
        **options
            Of a path diagram: see :meth:`draw`.

        Raises
        ------
        FigureError
            Another ending.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import workbench as wb
        >>> drawing = wb.open_study("data/demo").fit().plot()
        >>> with TemporaryDirectory() as folder:
        ...     drawing.save(Path(folder) / "chain.svg").name
        ...     drawing.save(Path(folder) / "chain.pdf", width=85, labels="stars").name
        'chain.svg'
        'chain.pdf'
        """
        target = Path(path)
        if width is not None or options or target.suffix in (".pdf", ".png", ".eps"):
            return self.for_paper(target, WIDTH if width is None else width, **options)
        if target.suffix == ".svg":
            write_atomically(target, self._named(self.svg, "wide") + "\n")
            return target
        if target.suffix != ".html":
            raise FigureError(
                f"{target.name}: a figure can be saved as {', '.join((*FORMATS, '.html'))}, "
                f"not as {target.suffix!r}."
            )
        return super().save(target)

    def _named(self, svg: Markup, variant: str) -> Markup:
        name = identifier(variant, self.alt, self.caption, svg)
        described = element("desc", self.detail, id=f"{name}-d") if self.detail else ""
        labels = f"{name}-t {name}-d" if self.detail else f"{name}-t"
        opening, rest = svg.split(">", 1)
        title = element("title", self.alt, id=f"{name}-t")
        named = Markup('{} role="img" aria-labelledby="{}">').format(opening, labels)
        return together(named, title, described, rest)


@dataclass(frozen=True)
class Panel(ForPaper, Fragment):
    """A figure built of real text (an HTML table with drawn cells, several small drawings).

    ``body`` is HTML, ``frame`` the tidy numbers behind it, ``face`` the same for a paper.
    """

    body: Markup
    alt: str
    caption: str = ""
    legend: Markup = NOTHING
    long: bool = False
    frame: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)
    face: Face | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        required(self.alt, "A figure")

    def save(self, path: str | Path, width: float = WIDTH) -> Path:
        """Write a page that stands alone (``.html``) or a figure for a paper, as a figure does.

        Parameters
        ----------
        path
            ``.html``, or ``.pdf``, ``.svg``, ``.png`` and ``.eps``, drawn by Matplotlib.
        width
            Millimetres, of a figure for a paper.
        """
        if Path(path).suffix in FORMATS:
            return self.for_paper(Path(path), width)
        return super().save(path)

    @property
    def html(self) -> Markup:
        caption = element("figcaption", self.caption) if self.caption else ""
        kind = "wb-figure wb-long" if self.long else "wb-figure"
        return element(
            "figure",
            caption,
            self.legend,
            self.body,
            class_=kind,
            aria_label=self.alt,
            style="margin:1rem 0",
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
    anchors : the column with the ids of rows, empty for a row that nothing links to.
    missing : the sentence shown for a missing value.
    notes : small print under the table.
    quoted : the columns of what was asked, in whichever language that was.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.figures import Table
    >>> table = Table(pd.DataFrame({"unit": ["A"], "trust": [61.25]}), "Trust by unit")
    >>> "61.25" in table.html, "<caption>" in table.html
    (True, True)
    """

    frame: pd.DataFrame
    caption: str
    formats: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] | None = None
    row_header: str | None = None
    anchors: str | None = None
    missing: str | None = None
    notes: Sequence[str] = ()
    quoted: Sequence[str] = ()

    def __post_init__(self) -> None:
        required(self.caption, "A table")
        named = [*self.formats, *self.labels, *(self.columns or ())]
        named += [name for name in (self.row_header, self.anchors) if name]
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
    def html(self) -> Markup:
        names = list(self.columns if self.columns is not None else self.frame.columns)
        header = self.row_header or (names[0] if names else None)
        cells = {name: [self._text(name, value) for value in self.frame[name]] for name in names}
        styles = {
            name: {"class_": "wb-num", "style": "text-align:right"}
            if self._is_numeric(name)
            else {}
            for name in names
        }
        head = (
            element("th", self.labels.get(name, str(name)), scope="col", **styles[name])
            for name in names
        )

        def cell(name: str, row: int) -> Markup:
            text = cells[name][row]
            asked_in = (spoken().quoted or None) if name in self.quoted else None
            if name == header:
                return element("th", text, scope="row", lang=asked_in, **styles[name])
            return element("td", text, lang=asked_in, **styles[name])

        ids = [None] * len(self.frame) if self.anchors is None else self.frame[self.anchors]
        rows = (
            element("tr", *(cell(name, row) for name in names), id=anchor or None)
            for row, anchor in enumerate(ids)
        )
        columns = (
            element("col", class_="wb-text" if _is_long(cells[name]) else None) for name in names
        )
        table = element(
            "table",
            element("caption", self.caption),
            element("colgroup", *columns) if any(map(_is_long, cells.values())) else NOTHING,
            element("thead", element("tr", *head)),
            element("tbody", *rows),
        )
        notes = (element("p", note, class_="wb-notes") for note in self.notes)
        return element("div", scrollable(table, self.caption), *notes, class_="wb-table")

    def _text(self, name: str, value: object) -> str:
        if pd.api.types.is_scalar(value) and pd.isna(value):
            return say("number.missing") if self.missing is None else self.missing
        if name in self.formats:
            return self.formats[name](value)
        if isinstance(value, float):
            return fmt.number(value, missing=self.missing)
        return str(value)

    def _is_numeric(self, name: str) -> bool:
        column = self.frame[name]
        return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


_LONG = 30
"""Characters from which a cell is a text that wraps: its column is then wide enough to read."""


def _is_long(texts: Iterable[str]) -> bool:
    return any(len(text) > _LONG for text in texts)


def results_table(frame: pd.DataFrame, caption: str) -> Table:
    """The numbers of a result as they are: three decimals where they are not whole, no words for
    one that is missing."""
    floats = frame.select_dtypes(float)
    decimals = {
        name: 0 if (column.dropna() % 1 == 0).all() else 3 for name, column in floats.items()
    }
    formats = {name: partial(fmt.number, decimals=count) for name, count in decimals.items()}
    return Table(frame, caption, formats, missing="")


_MANY_ROWS = 120
"""Rows of a table that nobody reads from the first to the last."""


@dataclass(frozen=True)
class Folded(Fragment):
    """A table or figure that stays closed under its caption until a reader opens it.

    On paper it is open.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.figures import Folded, Table
    >>> folded = Folded(Table(pd.DataFrame({"unit": ["A"]}), "All units"))
    >>> folded.html.startswith('<details class="wb-folded"><summary>All units</summary>')
    True
    """

    content: Figure | Panel | Table

    @property
    def html(self) -> Markup:
        summary = element("summary", self.content.caption)
        return element("details", summary, self.content.html, class_="wb-folded")


def folded_if_long(table: Table) -> Table | Folded:
    """A table of more than 120 rows stays closed under its caption; a shorter one stands open.

    >>> import pandas as pd
    >>> from workbench.figures import Table, folded_if_long
    >>> type(folded_if_long(Table(pd.DataFrame({"n": range(121)}), "All"))).__name__
    'Folded'
    """
    return Folded(table) if len(table.frame) > _MANY_ROWS else table


@dataclass(frozen=True)
class Prose(Fragment):
    """Paragraphs parted by blank lines; ``**strong**`` is the only markup, all else is escaped.

    Without text it is nothing at all.

    Examples
    --------
    >>> from workbench.figures import Prose
    >>> print(Prose("Trust **rose**.").html)
    <div class="wb-prose"><p>Trust <strong>rose</strong>.</p></div>
    """

    text: str

    @property
    def html(self) -> Markup:
        paragraphs = _paragraphs(self.text)
        return element("div", *paragraphs, class_="wb-prose") if paragraphs else Markup("")


def _paragraphs(text: str) -> list[Markup]:
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return [element("p", _strong(part)) for part in parts if part]


def _strong(text: str) -> Markup:
    parts = re.split(r"\*\*(.+?)\*\*", text, flags=re.DOTALL)  # every second one was between **
    return together(*(element("strong", part) if n % 2 else part for n, part in enumerate(parts)))


@dataclass(frozen=True)
class Findings(Fragment):
    """A short numbered list of what was found; ``**strong**`` as in :class:`Prose`.

    Examples
    --------
    >>> from workbench.figures import Findings
    >>> print(Findings(["Trust **rose**."]).html)
    <ol class="wb-findings"><li>Trust <strong>rose</strong>.</li></ol>
    """

    texts: Sequence[str]

    @property
    def html(self) -> Markup:
        items = (element("li", _strong(text)) for text in self.texts)
        return element("ol", *items, class_="wb-findings")


@dataclass(frozen=True)
class Notes(Fragment):
    """Small print, a paragraph each.

    Examples
    --------
    >>> from workbench.figures import Notes
    >>> print(Notes(["Rounded."]).html)
    <p class="wb-notes">Rounded.</p>
    """

    texts: Sequence[str]

    @property
    def html(self) -> Markup:
        return together(*(element("p", text, class_="wb-notes") for text in self.texts))


@dataclass(frozen=True)
class Definitions(Fragment):
    """Terms and what each means, in the order in which they are used.

    Examples
    --------
    >>> from workbench.figures import Definitions
    >>> print(Definitions({"Trust": "Citizens' confidence."}).html)
    <dl class="wb-terms"><div><dt>Trust</dt><dd>Citizens&#39; confidence.</dd></div></dl>
    """

    terms: Mapping[str, str]

    @property
    def html(self) -> Markup:
        pairs = (
            element("div", element("dt", term), element("dd", meaning))
            for term, meaning in self.terms.items()
        )
        return element("dl", *pairs, class_="wb-terms")


@dataclass(frozen=True)
class Notice(Fragment):
    """A box set apart from the text: a note, or a warning that says so in words.

    Examples
    --------
    >>> from workbench.figures import Notice
    >>> "simulated" in Notice("The data are simulated.", kind="warning").html
    True
    """

    text: str
    kind: Literal["note", "warning"] = "note"
    title: str = ""

    @property
    def html(self) -> Markup:
        title = self.title or say(f"notice.{self.kind}")
        return element(
            "div",
            element("p", element("strong", title)),
            *_paragraphs(self.text),
            class_=f"wb-notice wb-{self.kind}",
            role="note",
        )


@dataclass(frozen=True)
class Card:
    """One index card. ``value`` and the ``details``, lines under it, are text ready to read.

    ``mark`` draws value, lower and upper on the 0–100 scale, ``benchmark`` a diamond on it. When
    there is no ``value``, ``reason`` is the sentence that stands in its place.
    """

    title: str
    value: str = ""
    details: Sequence[str] = ()
    reason: str = ""
    mark: tuple[float, float, float] | None = None
    benchmark: float | None = None


@dataclass(frozen=True)
class Cards(Fragment):
    """Index cards side by side, a list of description lists.

    Examples
    --------
    >>> from workbench.figures import Card, Cards
    >>> cards = Cards([Card("Trust", "61", ["59 to 63"], mark=(61, 59, 63), benchmark=58)])
    >>> "59 to 63" in cards.html
    True
    """

    cards: Sequence[Card]

    @property
    def html(self) -> Markup:
        items = (element("li", self._card(card)) for card in self.cards)
        return element("ul", *items, class_="wb-cards", role="list")

    @staticmethod
    def _card(card: Card) -> Markup:
        if card.value:
            value = element("dd", card.value, class_="wb-value")
        else:
            value = element("dd", card.reason or say("number.missing"), class_="wb-reason")
        strip = element("dd", _strip(card.mark, card.benchmark)) if card.mark else ""
        details = (element("dd", text, class_="wb-detail") for text in card.details)
        return element("dl", element("dt", card.title), value, strip, *details)


def _strip(mark: tuple[float, float, float], benchmark: float | None) -> Markup:
    value, lower, upper = (min(max(number, 0.0), 100.0) for number in mark)
    of_all: Markup | str = ""
    if not fmt.is_missing(benchmark):
        assert benchmark is not None
        of_all = diamond(
            benchmark, 9, 5, 6, fill=theme.PAPER, stroke=theme.BENCHMARK, stroke_width=2
        )
    return element(
        "svg",
        element("rect", y=7, width="100%", height=4, rx=2, fill=theme.HAIRLINE),
        element(
            "rect",
            x=f"{lower:.1f}%",
            y=5,
            width=f"{upper - lower:.1f}%",
            height=8,
            rx=2,
            fill=theme.OWN,
            fill_opacity=".35",
        ),
        of_all,
        element("circle", cx=f"{value:.1f}%", cy=9, r=5, fill=theme.OWN),
        width="100%",
        height=18,
        aria_hidden="true",
        style="overflow:visible",
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
