"""The chain as a diagram with its links, and a whole structural equation model with its indicators.

Drawn as SVG by the workbench itself, without Graphviz: 3 constructs take about 6 KB and 1 ms (both
shapes), the type is real text at 14 px, and the same input gives the same bytes. A link tells its
strength by its label and its width, and its certainty by its stroke: solid when the interval
excludes 0, dashed when it includes 0, dotted and grey when it is pooled or not estimated. Wide
screens get the chain from left to right, narrow ones from top to bottom (``theme.CSS`` chooses).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.display import Figure, in_numbers, key
from workbench.figures.layered import Box, Drawing, Point, Sizes, draw
from workbench.figures.markup import NOTHING, element, together
from workbench.figures.paper.diagram import Diagram
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say

_ACROSS = Sizes(144, 78, 98, 34, gap=146, node_gap=28)
_CLOSE = Sizes(132, 78, 98, 34, gap=108, node_gap=28)
_DOWN = Sizes(78, 144, 34, 98, gap=80, node_gap=20)
_WIDEST = 1000.0
_LEAST, _LEAST_NARROW = 0.8, 0.75
"""How far a drawing shrinks before it scrolls; on a narrow screen sooner small than cut."""
_LINE = 17


@dataclass(frozen=True)
class Node:
    """A construct: ``name`` used by links, ``label`` shown, ``index`` (0–100) if there is one."""

    name: str
    label: str
    index: float | None = None


@dataclass(frozen=True)
class Link:
    """A directed link with its strength and interval.

    ``pooled`` marks a value borrowed from all organisations; without ``strength`` the link is shown
    as not estimated. ``pvalue`` is for stars in a paper.
    """

    source: str
    target: str
    strength: float | None = None
    lower: float | None = None
    upper: float | None = None
    pooled: bool = False
    pvalue: float | None = None

    @property
    def stroke(self) -> str:
        """``"solid"``, ``"dashed"`` (interval includes 0) or ``"dotted"`` (pooled or missing)."""
        if self.pooled or fmt.is_missing(self.strength):
            return "dotted"
        if fmt.is_missing(self.lower) or fmt.is_missing(self.upper):
            return "dashed"
        assert self.lower is not None
        assert self.upper is not None
        return "dashed" if self.lower <= 0 <= self.upper else "solid"


_DASHES = {"solid": None, "dashed": "9 5", "dotted": "2 5"}
_COLOURS = {"solid": theme.OWN, "dashed": theme.OWN, "dotted": theme.RULE}


def path_diagram(
    nodes: Sequence[Node],
    links: Sequence[Link],
    *,
    alt: str,
    caption: str = "",
    decimals: int = 2,
) -> Figure:
    """Draw a chain of constructs and its links, reciprocal ones included.

    Parameters
    ----------
    nodes, links
        The constructs, and the links between them.
    alt
        The sentence that states the finding.
    decimals
        Of the links' strengths.

    Raises
    ------
    FigureError
        If there is no construct, or a link names one that is not among the nodes.

    Examples
    --------
    >>> from workbench.figures import Link, Node, path_diagram
    >>> nodes = [Node("people", "People", 64), Node("service", "Service", 69)]
    >>> links = [Link("people", "service", 0.32, 0.20, 0.44)]
    >>> links[0].stroke
    'solid'
    >>> drawn = path_diagram(nodes, links, alt="People goes with Service (0.32).")
    >>> "0.32" in drawn.svg
    True
    """
    names = _checked(nodes, [(link.source, link.target) for link in links])
    ends = [(link.source, link.target) for link in links]
    reciprocal = any((target, source) in ends for source, target in ends)
    breadth = 94 if reciprocal else _ACROSS.node_breadth
    across = draw(names, ends, replace(_ACROSS, node_breadth=breadth))
    down = draw(names, ends, _DOWN)
    wide = _chain_svg(nodes, links, across, False, decimals)
    tall = _chain_svg(nodes, links, down, True, decimals, _LEAST_NARROW)
    if down.extent.breadth > 0.7 * across.extent.length:
        close = draw(names, ends, replace(_CLOSE, node_breadth=breadth))
        tall = _chain_svg(nodes, links, close, False, decimals, _LEAST_NARROW)
    elif across.extent.length > _WIDEST:
        wide, tall = tall, NOTHING
    return Figure(
        svg=wide,
        narrow=tall,
        alt=alt,
        caption=caption,
        detail=_in_words(nodes, links, decimals),
        legend=key(_legend(links)),
        numbers=_numbers(caption or alt, nodes, links, decimals),
        face=Diagram(tuple(nodes), tuple(links), decimals=decimals),
    )


def _checked(nodes: Sequence[Node], ends: Sequence[tuple[str, str]]) -> list[str]:
    names = [node.name for node in nodes]
    if not names:
        raise FigureError("A path diagram needs at least one construct; it was given none.")
    for pair in ends:
        for name in pair:
            if name not in names:
                raise FigureError(
                    f"The link {pair[0]} → {pair[1]} names {name!r}, which is not among the "
                    f"constructs drawn: {', '.join(names)}."
                )
    return names


def _chain_svg(
    nodes: Sequence[Node],
    links: Sequence[Link],
    drawing: Drawing,
    down: bool,
    decimals: int,
    least: float = _LEAST,
) -> Markup:
    parts = []
    for link, route in zip(links, drawing.routes, strict=True):
        strength = 0.0 if fmt.is_missing(link.strength) else abs(link.strength or 0.0)
        width = 1.5 + 5.5 * min(strength, 1.0)
        parts.append(
            _curve(
                route.curve,
                down,
                colour=_COLOURS[link.stroke],
                width=width,
                dash=_DASHES[link.stroke],
                head_at_start=route.turned,
            )
        )
    for link, route in zip(links, drawing.routes, strict=True):
        parts.append(_link_label(link, route.label, down, decimals))
    parts += [_construct(node, drawing.nodes[node.name], down) for node in nodes]
    return _svg(parts, drawing.extent, down, least)


def _link_label(link: Link, label: Box, down: bool, decimals: int) -> Markup:
    x, y, width, height = _turned(label, down)
    if fmt.is_missing(link.strength):
        lines = (say("path.not estimated.first"), say("path.not estimated.second"))
    elif link.pooled:
        lines = (
            say("path.pooled", strength=fmt.number(link.strength, decimals)),
            fmt.interval(link.lower, link.upper, decimals, missing=say("interval.none")),
        )
    else:
        lines = (
            fmt.number(link.strength, decimals),
            fmt.interval(link.lower, link.upper, decimals, missing=say("interval.none")),
        )
    centre = x + width / 2
    return together(
        element(
            "rect", x=_n(x), y=_n(y), width=_n(width), height=_n(height), rx=4, fill=theme.PAPER
        ),
        element("text", lines[0], x=_n(centre), y=_n(y + 15), font_weight=700),
        element("text", lines[1], x=_n(centre), y=_n(y + 30), font_size=12.5),
    )


def _construct(node: Node, box: Box, down: bool) -> Markup:
    x, y, width, height = _turned(box, down)
    lines = wrapped(node.label, 15, 3 if node.index is None else 2)
    index = []
    if node.index is not None:
        value = fmt.number(node.index, 1, missing="")
        index = [say("path.index", index=value) if value else say("path.no index")]
    first = y + height / 2 - (len(lines) + len(index)) * _LINE / 2 + 13
    centre = x + width / 2
    texts = [
        element("text", line, x=_n(centre), y=_n(first + _LINE * row), font_weight=700)
        for row, line in enumerate(lines)
    ]
    texts += [
        element("text", line, x=_n(centre), y=_n(first + _LINE * len(lines) + 3)) for line in index
    ]
    return together(
        element(
            "rect",
            x=_n(x),
            y=_n(y),
            width=_n(width),
            height=_n(height),
            rx=10,
            fill=theme.TINT,
            stroke=theme.OWN,
            stroke_width=1.5,
        ),
        *texts,
    )


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Break ``text`` at spaces into at most ``lines`` of about ``width`` characters; what does not
    fit ends in an ellipsis (the full label stands in the description)."""
    rows = [""]
    for word in text.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > width:
            rows.append(word)
        else:
            rows[-1] = f"{rows[-1]} {word}".strip()
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return [row if len(row) <= width + 1 else row[:width].rstrip() + "…" for row in rows]


def _legend(links: Sequence[Link]) -> list[tuple[Markup, str]]:
    present = [stroke for stroke in _DASHES if any(link.stroke == stroke for link in links)]
    entries = [(_stroke_swatch(stroke), say(f"path key.{stroke}")) for stroke in present]
    if any(not fmt.is_missing(link.strength) for link in links):
        entries.append((NOTHING, say("path key.thicker")))
    return entries


def _stroke_swatch(stroke: str) -> Markup:
    return element(
        "svg",
        element(
            "path",
            d="M0 5h34",
            stroke_width=3,
            stroke=_COLOURS[stroke],
            stroke_dasharray=_DASHES[stroke],
        ),
        width=34,
        height=10,
        aria_hidden="true",
    )


def _in_words(nodes: Sequence[Node], links: Sequence[Link], decimals: int) -> str:
    label = {node.name: node.label for node in nodes}
    indices = [
        say("path told.index", label=node.label, index=fmt.number(node.index, 1))
        for node in nodes
        if not fmt.is_missing(node.index)
    ]
    sentences = []
    for link in links:
        value = fmt.estimate(
            link.strength, link.lower, link.upper, decimals, missing=say("figure.not estimated")
        )
        key = "pooled" if link.pooled else "link"
        ends = {"source": label[link.source], "target": label[link.target]}
        sentences.append(say(f"path told.{key}", **ends, estimate=value))
    return " ".join([*sentences, *indices])


def _numbers(
    caption: str,
    nodes: Sequence[Node],
    links: Sequence[Link],
    decimals: int,
    loadings: "Sequence[Loading]" = (),
) -> Markup:
    """The numbers of a diagram: of constructs that have an index, of links, of loadings."""
    label = {node.name: node.label for node in nodes}
    heads = [say(f"column.{name}") for name in ("construct", "value", "interval", "whose")]
    rows = [
        (node.label, fmt.number(node.index, 1), "", "")
        for node in nodes
        if not fmt.is_missing(node.index)
    ]
    for link in links:
        there = not fmt.is_missing(link.strength)
        rows.append(
            (
                f"{label[link.source]} → {label[link.target]}",
                fmt.number(link.strength, decimals, missing=say("figure.not estimated")),
                fmt.interval(link.lower, link.upper, decimals, missing=""),
                say("figure.pooled") if link.pooled and there else "",
            )
        )
    rows += [
        (
            f"{label.get(item.latent, item.latent)} → {item.indicator}",
            fmt.number(item.value, decimals, missing=""),
            "",
            "",
        )
        for item in loadings
    ]
    used = [at for at in range(len(heads)) if at < 2 or any(row[at] for row in rows)]
    return in_numbers(
        caption, [heads[at] for at in used], ([row[at] for at in used] for row in rows)
    )


# --- a whole model -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loading:
    """An indicator of a latent variable with its standardised loading."""

    latent: str
    indicator: str
    value: float | None = None


@dataclass(frozen=True)
class Covariance:
    """A covariance (correlation, when standardised) between two variables of the model."""

    first: str
    second: str
    value: float | None = None


_MODEL = Sizes(150, 56, 98, 34, gap=146, node_gap=44)
_ROW = 26


def model_diagram(
    nodes: Sequence[Node],
    links: Sequence[Link],
    loadings: Sequence[Loading] = (),
    covariances: Sequence[Covariance] = (),
    *,
    alt: str,
    caption: str = "",
    decimals: int = 2,
) -> Figure:
    """Draw a structural equation model: latent variables as ellipses with their indicators hanging
    below, observed variables of the structural part as boxes, links between them.

    ``nodes`` are the variables of the structural part; one without loadings is drawn as observed.
    Covariances stand in words under the drawing, where they stay legible; variances are not shown.

    Parameters
    ----------
    nodes
        The variables of the structural part; one without loadings is drawn as observed.
    links, loadings, covariances
        What joins them.
    alt
        The sentence that states the finding.
    decimals
        Of the numbers shown.

    Raises
    ------
    FigureError
        If a link or loading names a variable that is not among the nodes.

    Examples
    --------
    >>> from workbench.figures import Link, Loading, Node, model_diagram
    >>> nodes = [Node("service", "Service"), Node("trust", "Trust")]
    >>> links = [Link("service", "trust", 0.57, 0.46, 0.67)]
    >>> loadings = [Loading("trust", name, 0.8) for name in ("trust_1", "trust_2")]
    >>> drawn = model_diagram(nodes, links, loadings, alt="Service goes with Trust (0.57).")
    >>> "trust_2" in drawn.svg
    True
    """
    names = _checked(nodes, [(link.source, link.target) for link in links])
    hanging = {name: [item for item in loadings if item.latent == name] for name in names}
    for item in loadings:
        if item.latent not in hanging:
            raise FigureError(
                f"The indicator {item.indicator!r} belongs to {item.latent!r}, which is not among "
                f"the variables drawn: {', '.join(names)}."
            )
    room = {name: _ROW * len(items) + 8.0 for name, items in hanging.items() if items}
    drawing = draw(names, [(link.source, link.target) for link in links], _MODEL, room)
    parts = []
    for link, route in zip(links, drawing.routes, strict=True):
        parts.append(
            _curve(
                route.curve,
                False,
                colour=_COLOURS[link.stroke],
                width=1.5 + 4 * min(abs(link.strength or 0.0), 1.0)
                if not fmt.is_missing(link.strength)
                else 1.5,
                dash=_DASHES[link.stroke],
                head_at_start=route.turned,
            )
        )
    for link, route in zip(links, drawing.routes, strict=True):
        parts.append(_link_label(link, route.label, False, decimals))
    parts += [
        _variable(node, drawing.nodes[node.name], hanging[node.name], decimals) for node in nodes
    ]
    entries = _legend(links)
    if covariances:
        told = "; ".join(
            say(
                "path told.covariance",
                first=item.first,
                second=item.second,
                value=fmt.number(item.value, decimals),
            )
            for item in covariances
        )
        entries.append((NOTHING, say("path told.covariances", covariances=told)))
    measured = " ".join(
        say(
            "path told.loading",
            latent=item.latent,
            indicator=item.indicator,
            value=fmt.number(item.value, decimals),
        )
        for item in loadings
    )
    return Figure(
        svg=_svg(parts, drawing.extent, False),
        alt=alt,
        caption=caption,
        detail=f"{_in_words(nodes, links, decimals)} {measured}".strip(),
        legend=key(entries),
        numbers=_numbers(caption or alt, nodes, links, decimals, loadings),
        face=Diagram(tuple(nodes), tuple(links), tuple(loadings), tuple(covariances), decimals),
    )


def _variable(node: Node, box: Box, items: Sequence[Loading], decimals: int) -> Markup:
    x, y, width, height = _turned(box, False)
    centre = x + width / 2
    filled = {"fill": theme.TINT, "stroke": theme.OWN, "stroke_width": 1.5}
    if items:
        outline = element(
            "ellipse",
            cx=_n(centre),
            cy=_n(y + height / 2),
            rx=_n(width / 2),
            ry=_n(height / 2),
            **filled,
        )
    else:
        outline = element(
            "rect", x=_n(x), y=_n(y), width=_n(width), height=_n(height), rx=3, **filled
        )
    lines = wrapped(node.label, 16, 2)
    first = y + height / 2 - len(lines) * _LINE / 2 + 13
    parts = [outline]
    parts += [
        element("text", line, x=_n(centre), y=_n(first + _LINE * row), font_weight=700)
        for row, line in enumerate(lines)
    ]
    spine = x + 16
    top = y + height
    if items:
        end = top + _ROW * len(items) - 5
        parts.append(
            element(
                "path",
                d=f"M{_n(spine)} {_n(y + height * 0.78)}V{_n(end)}",
                fill="none",
                stroke=theme.RULE,
                stroke_width=1.5,
            )
        )
    for row, item in enumerate(items):
        middle = top + _ROW * row + 21
        parts.append(
            together(
                element(
                    "path", d=f"M{_n(spine)} {_n(middle)}h10", stroke=theme.RULE, stroke_width=1.5
                ),
                element("path", d=f"M{_n(spine + 16)} {_n(middle)}l-7-4v8z", fill=theme.RULE),
                element(
                    "rect",
                    x=_n(spine + 16),
                    y=_n(middle - 11),
                    width=_n(width - 32),
                    height=22,
                    fill=theme.PAPER,
                    stroke=theme.RULE,
                ),
                element(
                    "text",
                    _shortened(item.indicator, 10),
                    x=_n(spine + 22),
                    y=_n(middle + 4.5),
                    font_size=12.5,
                    text_anchor="start",
                ),
                element(
                    "text",
                    fmt.number(item.value, decimals, missing="–"),
                    x=_n(x + width - 6),
                    y=_n(middle + 4.5),
                    font_size=12.5,
                    text_anchor="end",
                ),
            )
        )
    return together(*parts)


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


# --- SVG -----------------------------------------------------------------------------------------


def _curve(
    curve: Sequence[Point],
    down: bool,
    *,
    colour: str,
    width: float,
    dash: str | None,
    head_at_start: bool,
) -> Markup:
    """A curve with its arrow head; the stroke stops inside the head so that its tip stays sharp."""
    length, half = 9 + width, 4 + width
    points = list(curve)
    tip = points[0] if head_at_start else points[-1]
    inward = 1 if head_at_start else -1
    points[0 if head_at_start else -1] = (tip[0] + inward * (length - 1), tip[1])
    base = tip[0] + inward * length
    corners = [tip, (base, tip[1] - half), (base, tip[1] + half)]
    d = "M{} C{}".format(
        _pair(points[0], down), " ".join(_pair(point, down) for point in points[1:])
    )
    head = " ".join(_pair(point, down) for point in corners)
    return together(
        element(
            "path", d=d, fill="none", stroke=colour, stroke_width=_n(width), stroke_dasharray=dash
        ),
        element("polygon", points=head, fill=colour),
    )


def _svg(parts: Sequence[str], extent: Box, down: bool, least: float = _LEAST) -> Markup:
    x, y, width, height = _turned(extent, down)
    x, y, width, height = x - 4, y - 4, width + 8, height + 8
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"{_n(x)} {_n(y)} {_n(width)} {_n(height)}",
        width=_n(width),
        height=_n(height),
        font_size=14,
        font_family=theme.FONT,
        fill=theme.INK,
        text_anchor="middle",
        style=f"display:block;max-width:100%;min-width:{_n(least * width)}px;height:auto",
    )


def _turned(box: Box, down: bool) -> tuple[float, float, float, float]:
    if down:
        return box.cross, box.main, box.breadth, box.length
    return box.main, box.cross, box.length, box.breadth


def _pair(point: Point, down: bool) -> str:
    main, cross = point
    return f"{_n(cross)},{_n(main)}" if down else f"{_n(main)},{_n(cross)}"


def _n(value: float) -> str:
    """A coordinate with at most one decimal and no "-0"."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


__all__ = [
    "Covariance",
    "Link",
    "Loading",
    "Node",
    "model_diagram",
    "path_diagram",
    "wrapped",
]
