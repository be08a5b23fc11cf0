"""A scatter with the ceilings of necessary condition analysis, drawn as SVG directly."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, scale, svg
from workbench.figures.display import Figure, in_numbers, key
from workbench.figures.markup import element
from workbench.figures.paper.points import Ceiling
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say

MOST_POINTS = 300
"""Beyond so many, points that fall on the same spot of the drawing are drawn once."""


def necessity_scatter(
    x: ArrayLike,
    y: ArrayLike,
    peer_x: Sequence[float],
    peer_y: Sequence[float],
    line: tuple[float, float] | None,
    *,
    x_label: str,
    y_label: str,
    alt: str,
    caption: str = "",
) -> Figure:
    """Cases as points, the CE-FDH staircase through the peers, the CR-FDH line.

    ``line`` is (intercept, slope). The empty corner above the staircase is tinted.
    """
    across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if not across.size or across.shape != up.shape:
        raise FigureError(f"The scatter has {across.size} x values and {up.size} y values.")
    at_x, x_axis = scale(across, LEFT, WIDTH - RIGHT)
    at_y, y_axis = scale(up, HEIGHT - BOTTOM, TOP)
    left, right = at_x(float(across.min())), at_x(float(across.max()))
    top = at_y(float(up.max()))
    places = [(at_x(a), at_y(b)) for a, b in zip(peer_x, peer_y, strict=True)]
    stairs = f"M{places[0][0]:.1f} {places[0][1]:.1f}" + "".join(
        f"H{a:.1f}V{b:.1f}" for a, b in places[1:]
    )
    parts = [
        element("path", d=f"{stairs}V{top:.1f}H{left:.1f}z", fill=theme.BAND),
        *frame(x_axis, y_axis, at_x, at_y, x_label, y_label),
    ]
    crowded = across.size > MOST_POINTS
    digits, size = (0, 4.4) if crowded else (1, 7)
    drawn = dict.fromkeys(
        f"{at_x(a):.{digits}f},{at_y(b):.{digits}f}" for a, b in zip(across, up, strict=True)
    )
    dots = "".join(f"M{place}h0" for place in drawn)
    parts.append(
        element(
            "path",
            d=dots,
            stroke=theme.OWN,
            stroke_width=size,
            stroke_opacity=".55",
            stroke_linecap="round",
        )
    )
    parts.append(
        element(
            "path",
            d=f"{stairs}H{right:.1f}",
            fill="none",
            stroke=theme.BENCHMARK,
            stroke_width=2.5,
        )
    )
    legend = [(_swatch(""), say("necessity key.staircase"))]
    if line is not None:
        ends = _within(line, across, up)
        parts.append(
            element(
                "path",
                d="M"
                + "L".join(f"{at_x(end):.1f} {at_y(line[0] + line[1] * end):.1f}" for end in ends),
                stroke=theme.INK,
                stroke_width=2,
                stroke_dasharray="7 4",
            )
        )
        legend.append((_swatch("line"), say("necessity key.line")))
    told = say("necessity scatter", cases=fmt.count(across.size), count=len(places))
    rows = (
        (str(corner), fmt.number(a, 0), fmt.number(b, 0))
        for corner, (a, b) in enumerate(zip(peer_x, peer_y, strict=True), start=1)
    )
    numbers = in_numbers(caption or alt, [say("column.corner"), x_label, y_label], rows)
    drawn_line = None
    if line is not None:
        drawn_line = np.array([(end, line[0] + line[1] * end) for end in ends])
    face = Ceiling(
        across,
        up,
        np.column_stack([peer_x, peer_y]).astype(float),
        drawn_line,
        x_label,
        y_label,
        say("necessity key.staircase"),
        say("necessity key.line"),
    )
    return Figure(svg(parts), alt, caption, told, legend=key(legend), numbers=numbers, face=face)


def _within(line: tuple[float, float], x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The part of the x range on which the line stays within the range of y."""
    intercept, slope = line
    meets = sorted((float(edge) - intercept) / slope for edge in (y.min(), y.max()))
    ends = [min(max(float(end), meets[0]), meets[1]) for end in (x.min(), x.max())]
    return ends[0], ends[1]


def _swatch(kind: str) -> Markup:
    if kind == "line":
        return element(
            "svg",
            element("path", d="M0 5h28", stroke=theme.INK, stroke_width=2, stroke_dasharray="7 4"),
            width=28,
            height=10,
            aria_hidden="true",
        )
    return element(
        "svg",
        element("path", d="M1 12h12v-9h14", fill="none", stroke=theme.BENCHMARK, stroke_width=2.5),
        width=28,
        height=14,
        aria_hidden="true",
    )
