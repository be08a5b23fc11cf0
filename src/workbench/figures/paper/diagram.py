"""Path diagrams for a paper: the pages' layout, with intervals or stars, measurement or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from workbench.errors import FigureError
from workbench.figures.layered import Box, Drawing, Point, Route, Sizes, draw
from workbench.figures.paper.face import Face, own_and_other
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from workbench.figures.paths import Covariance, Link, Loading, Node

Labels = Literal["interval", "stars", "estimate"]

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
"""The p-values below which an estimate gets so many stars, as journals print them."""

_SIZES = Sizes(150, 56, 110, 38, gap=150, node_gap=44)
_ROW = 26.0
_POINTS = 13.0
"""Size of the type, in the units of the layout."""

_DASHES = {"solid": "-", "dashed": (0, (5, 3)), "dotted": (0, (1, 2))}


@dataclass(frozen=True)
class Diagram(Face):
    """Constructs and what joins them; see :mod:`workbench.figures.paths`.

    Attributes
    ----------
    labels
        Beside each link: its ``"estimate"`` alone, with its 95 % ``"interval"``, or with
        ``"stars"`` for p below .05, .01 and .001.
    grey
        In black and grey.
    measurement
        With items and their loadings.
    """

    OPTIONS = ("labels", "grey", "measurement")

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    loadings: tuple[Loading, ...] = ()
    covariances: tuple[Covariance, ...] = ()
    decimals: int = 2
    labels: Labels = "interval"
    grey: bool = False
    measurement: bool = True

    @property
    def aspect(self) -> float:
        drawing = self._drawing if self.measurement else self._without_items
        _, _, width, height = self._extent(drawing)
        return height / width

    def __post_init__(self) -> None:
        if self.labels not in ("interval", "stars", "estimate"):
            raise FigureError(
                f"Links can have 'interval', 'stars' or 'estimate' for labels, not {self.labels!r}."
            )

    def draw(self, ax: Axes) -> None:
        """Draw the diagram.

        Raises
        ------
        FigureError
            Stars are wanted where a link has no p-value.
        """
        drawing = self._drawing if self.measurement else self._without_items
        left, bottom, width, height = self._extent(drawing)
        ax.set_xlim(left, left + width)
        ax.set_ylim(bottom + height, bottom)
        ax.set_aspect("equal")
        ax.axis("off")
        size = _POINTS * _points_per_unit(ax, width, height)
        colour = "black" if self.grey else own_and_other()[0]
        for link, route in zip(self.links, drawing.routes, strict=True):
            _arrow(ax, link, self._reaching(link, route, drawing), size, colour)
        for one in self.covariances:
            _covariance(ax, one, drawing, size, self.decimals)
        if self._untold:
            x, y = drawing.extent.main, bottom + height - 6
            ax.text(x, y, self._untold, ha="left", va="bottom", fontsize=0.88 * size, wrap=True)
        for link, route in zip(self.links, drawing.routes, strict=True):
            _told(ax, route.label, link_label(link, self.labels, self.decimals), size)
        latent = {item.latent for item in self.loadings}
        for node in self.nodes:
            own = self._items_of(node.name)
            _node(ax, node, drawing.nodes[node.name], node.name in latent, size, self.grey)
            if self.measurement:
                _items(ax, own, drawing.nodes[node.name], size, self.decimals)

    def _items_of(self, latent: str) -> list[Loading]:
        """The items that hang below a construct: none where one score stands for it."""
        own = [item for item in self.loadings if item.latent == latent]
        return own if len(own) > 1 else []

    @cached_property
    def _untold(self) -> str:
        """The covariances that no arc shows, such as those of items, in words."""
        return "; ".join(
            say(
                "path told.covariance",
                first=one.first,
                second=one.second,
                value=fmt.number(one.value, self.decimals),
            )
            for one in self.covariances
            if _ends(one, self._without_items) is None
        )

    @cached_property
    def _drawing(self) -> Drawing:
        hanging = [item.latent for node in self.nodes for item in self._items_of(node.name)]
        room = {name: _ROW * hanging.count(name) + 8.0 for name in dict.fromkeys(hanging)}
        return self._laid_out(room)

    @cached_property
    def _without_items(self) -> Drawing:
        return self._laid_out({})

    def _laid_out(self, room: dict[str, float]) -> Drawing:
        ends = [(link.source, link.target) for link in self.links]
        return draw([node.name for node in self.nodes], ends, _SIZES, room)

    def _reaching(self, link: Link, route: Route, drawing: Drawing) -> Route:
        """The route as far as the ellipses of latent variables, which are within their boxes."""
        latent = {item.latent for item in self.loadings}
        ends = (link.target, link.source) if route.turned else (link.source, link.target)
        points = list(route.curve)
        for at, name, side in ((0, ends[0], 1), (-1, ends[1], -1)):
            if name in latent:
                points[at] = _on_ellipse(points[at], drawing.nodes[name], side)
        return replace(route, curve=tuple(points))

    def _extent(self, drawing: Drawing) -> tuple[float, float, float, float]:
        """Left, upper edge, width and height; arcs of covariances reach beyond the boxes."""
        extent = drawing.extent
        left = right = 8.0
        for one in self.covariances:
            ends = _ends(one, drawing)
            if ends is not None:
                reach = _bulge(ends) + _SIZES.label_length / 2
                left, right = (max(left, reach), right) if ends[2] else (left, max(right, reach))
        return (
            extent.main - left,
            extent.cross - 8,
            extent.length + left + right,
            extent.breadth + (44 if self._untold else 16),
        )  # fmt: skip


def link_label(link: Link, labels: Labels, decimals: int) -> str:
    """Return what stands beside a link.

    Examples
    --------
    >>> from workbench.figures import Link
    >>> link = Link("people", "service", 0.32, 0.20, 0.44, pvalue=0.004)
    >>> link_label(link, "stars", 2)
    '0.32**'
    """
    value = fmt.number(link.strength, decimals)
    if labels == "estimate" or fmt.is_missing(link.strength):
        return value
    if labels == "interval":
        return f"{value}\n{fmt.interval(link.lower, link.upper, decimals, missing='')}".rstrip()
    if fmt.is_missing(link.pvalue):
        raise FigureError(
            f"The link {link.source} → {link.target} has no p-value for stars; "
            "draw it with labels='interval'."
        )
    return value + next((stars for most, stars in STARS if (link.pvalue or 0.0) < most), "")


def _points_per_unit(ax: Axes, width: float, height: float) -> float:
    """Points of paper that a unit of the layout takes on ``ax``."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    box = ax.get_position()
    inches = np.asarray(figure.get_size_inches()) * (box.width, box.height)
    return float(72 * min(inches[0] / width, inches[1] / height))


def _on_ellipse(point: Point, box: Box, side: int) -> Point:
    """Where the ellipse in ``box`` has a point's height, on its far (1) or near (-1) side."""
    off = (point[1] - box.cross - box.breadth / 2) / (box.breadth / 2)
    half = box.length / 2 * max(1 - off**2, 0.0) ** 0.5
    return box.main + box.length / 2 + side * half, point[1]


def _arrow(ax: Axes, link: Link, route: Route, size: float, colour: str) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    points = list(route.curve)
    curve = Path(points, [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)])
    strength = 0.0 if fmt.is_missing(link.strength) else abs(link.strength or 0.0)
    ax.add_patch(
        FancyArrowPatch(
            path=curve,
            arrowstyle="<|-" if route.turned else "-|>",
            mutation_scale=1.1 * size,
            linewidth=0.7 + 1.8 * min(strength, 1.0),
            linestyle=_DASHES[link.stroke],
            color="0.5" if link.stroke == "dotted" else colour,
            shrinkA=0,
            shrinkB=0,
        )
    )


def _told(ax: Axes, label: Box, text: str, size: float) -> None:
    ax.text(
        label.main + label.length / 2,
        label.cross + label.breadth / 2,
        text,
        ha="center",
        va="center",
        fontsize=size,
        linespacing=1.1,
        bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 0.8},
        zorder=4,
    )


def _node(ax: Axes, node: Node, box: Box, latent: bool, size: float, grey: bool) -> None:
    from matplotlib.patches import Ellipse, Rectangle

    from workbench.figures.paths import wrapped

    style: dict[str, Any] = {
        "facecolor": "white" if grey else "0.95",
        "edgecolor": "black" if grey else "0.3",
        "linewidth": 0.9,
        "zorder": 3,
    }
    middle = box.main + box.length / 2, box.cross + box.breadth / 2
    shape: Any = (
        Ellipse(middle, box.length, box.breadth, **style)
        if latent
        else Rectangle((box.main, box.cross), box.length, box.breadth, **style)
    )
    ax.add_patch(shape)
    lines = wrapped(node.label, 16, 2)
    if not fmt.is_missing(node.index):
        lines.append(fmt.number(node.index, 1))
    told = "\n".join(lines)
    ax.text(*middle, told, ha="center", va="center", fontsize=size, linespacing=1.05, zorder=4)


def _items(ax: Axes, items: Sequence[Loading], box: Box, size: float, decimals: int) -> None:
    """The items hang below their construct, each with its loading."""
    from matplotlib.patches import Rectangle

    spine, top = box.main + 16, box.cross + box.breadth
    line: dict[str, Any] = {"color": "0.45", "linewidth": 0.7, "zorder": 1}
    if items:
        ax.plot([spine] * 2, [top - box.breadth * 0.22, top + _ROW * len(items) - 5], **line)
    for row, item in enumerate(items):
        middle = top + _ROW * row + 21
        ax.annotate(
            "",
            (spine + 16, middle),
            (spine, middle),
            arrowprops={
                "arrowstyle": "-|>",
                "color": "0.45",
                "linewidth": 0.7,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 0.8 * size,
            },
        )
        ax.add_patch(
            Rectangle(
                (spine + 16, middle - 11), box.length - 32, 22,
                facecolor="white", edgecolor="0.45", linewidth=0.7, zorder=3,
            )
        )  # fmt: skip
        small: dict[str, Any] = {"fontsize": 0.88 * size, "va": "center", "zorder": 4}
        ax.text(spine + 21, middle, item.indicator, ha="left", **small)
        told = fmt.number(item.value, decimals, missing="–")
        ax.text(box.main + box.length - 5, middle, told, ha="right", **small)


def _ends(one: Covariance, drawing: Drawing) -> tuple[Point, Point, bool] | None:
    """Where the arc of a covariance ends, and whether it is at the left of its variables.

    None where it is of items or residuals of items: these are told in the text alone.
    """
    if not {one.first, one.second} <= set(drawing.nodes):
        return None
    boxes = sorted((drawing.nodes[name] for name in (one.first, one.second)), key=_height)
    left = all(box.main <= min(node.main for node in drawing.nodes.values()) + 1 for box in boxes)
    first, second = ((box.main + (0 if left else box.length), _height(box)) for box in boxes)
    return first, second, left


def _height(box: Box) -> float:
    return box.cross + box.breadth / 2


def _bulge(ends: tuple[Point, Point, bool]) -> float:
    """How far an arc reaches beyond its ends: so that the numbers of arcs stand side by side."""
    distance = float(np.hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]))
    return 0.28 * distance


def _covariance(ax: Axes, one: Covariance, drawing: Drawing, size: float, decimals: int) -> None:
    """An arc with two heads between two constructs."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    ends = _ends(one, drawing)
    if ends is None:
        return
    first, second, left = ends
    # The control points of a cubic lie a third further out than the curve.
    out = (-1 if left else 1) * _bulge(ends) * 4 / 3
    controls = [(first[0] + out, first[1]), (second[0] + out, second[1])]
    ax.add_patch(
        FancyArrowPatch(
            path=Path([first, *controls, second], [Path.MOVETO, *[Path.CURVE4] * 3]),
            arrowstyle="<|-|>",
            mutation_scale=0.8 * size,
            color="0.45",
            linewidth=0.8,
            shrinkA=0,
            shrinkB=0,
            zorder=2,
        )
    )
    ax.text(
        (first[0] + second[0]) / 2 + out * 3 / 4,
        (first[1] + second[1]) / 2,
        fmt.number(one.value, decimals),
        ha="center",
        va="center",
        fontsize=0.88 * size,
        zorder=4,
        bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 0.6},
    )
