"""The importance–performance map: what matters, and how well it goes, drawn as SVG directly."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, scale, svg
from workbench.figures.display import Figure, in_numbers, key
from workbench.figures.markup import element, together
from workbench.figures.paper.points import PriorityMap
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say

Floats = NDArray[np.float64]

_MARK = 15.0  # room that a number takes beside its point
_RING = element(
    "svg",
    element("circle", cx=7, cy=7, r=4.5, fill=theme.PAPER, stroke=theme.OWN, stroke_width=1.6),
    width=14,
    height=14,
    aria_hidden="true",
)
_AROUND = ((0, -11), (11, 0), (-11, 0), (0, 12), (9, -9), (-9, -9), (9, 10), (-9, 10))


def importance_performance(
    importance: Floats,
    performance: Floats,
    labels: Sequence[str],
    clear: Sequence[bool],
    cut: tuple[float, float],
    quadrants: Sequence[str],
    *,
    alt: str,
    x_label: str | None = None,
    y_label: str | None = None,
    caption: str = "",
) -> Figure:
    """Drivers as numbered points, their words in the key; quadrants named in the corners.

    ``importance`` and ``performance`` are estimates with the limits of their intervals (k, 3);
    where these are ``clear`` of the lines the point is filled, elsewhere it is a ring. ``cut`` is
    where importance and performance are parted; ``quadrants`` are the words for high importance
    and low performance, both high, both low, low importance and high performance.
    """
    across, up = np.asarray(importance, dtype=float), np.asarray(performance, dtype=float)
    if not across.size or across.shape != up.shape or len(across) != len(labels):
        raise FigureError(
            f"The map has {len(across)} importances, {len(up)} performances and {len(labels)} "
            "labels; give one of each for every driver."
        )
    at_x, x_ticks = scale(np.append(across, cut[0]), LEFT + 14, WIDTH - RIGHT - 14)
    at_y, y_ticks = scale(np.append(up, cut[1]), HEIGHT - BOTTOM - 22, TOP + 22)
    middle, level = at_x(cut[0]), at_y(cut[1])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    first, keep, watch, leave = quadrants
    axes = x_label or say("map.importance"), y_label or say("map.performance")
    parts = [
        element(
            "path",
            d=f"M{middle:.1f} {level:.1f}H{right:g}V{bottom:g}H{middle:.1f}z",
            fill=theme.BAND,
        ),
        *frame(x_ticks, y_ticks, at_x, at_y, *axes),
        element(
            "path",
            d=f"M{middle:.1f} {TOP:g}V{bottom:g}M{LEFT:g} {level:.1f}H{right:g}",
            stroke=theme.RULE,
            stroke_dasharray="5 4",
        ),
        element(
            "g",
            element(
                "text",
                first,
                x=f"{right - 5:g}",
                y=f"{bottom - 7:g}",
                text_anchor="end",
                fill=theme.BENCHMARK,
            ),
            element("text", keep, x=f"{right - 5:g}", y=f"{TOP + 13:g}", text_anchor="end"),
            element("text", watch, x=f"{LEFT + 5:g}", y=f"{bottom - 7:g}"),
            element("text", leave, x=f"{LEFT + 5:g}", y=f"{TOP + 13:g}"),
            font_weight=600,
            fill=theme.MUTED,
        ),
    ]
    places = [(at_x(a), at_y(b)) for a, b in zip(across[:, 0], up[:, 0], strict=True)]
    bars = "".join(
        f"M{at_x(a[1]):.1f} {at_y(b[0]):.1f}H{at_x(a[2]):.1f}"
        f"M{at_x(a[0]):.1f} {at_y(b[1]):.1f}V{at_y(b[2]):.1f}"
        for a, b in zip(across, up, strict=True)
    )
    dots = (
        element("circle", cx=f"{a:.1f}", cy=f"{b:.1f}", r=4.5, fill=None if filled else theme.PAPER)
        for (a, b), filled in zip(places, clear, strict=True)
    )
    parts.append(
        together(
            element("path", d=bars, stroke=theme.OWN, stroke_opacity=".55"),
            element("g", *dots, fill=theme.OWN, stroke=theme.OWN, stroke_width=1.6),
        )
    )
    numbers = (
        element("text", str(number), x=f"{a:.1f}", y=f"{b + 4.5:.1f}")
        for number, (a, b) in enumerate(_beside(places), start=1)
    )
    parts.append(
        element(
            "g",
            *numbers,
            text_anchor="middle",
            font_weight=700,
            stroke=theme.PAPER,
            stroke_width=3,
            paint_order="stroke",
        )
    )
    told = "; ".join(f"{number} {label}" for number, label in enumerate(labels, start=1))
    entries = [
        (element("b", str(number), style="min-width:1.2em"), label)
        for number, label in enumerate(labels, start=1)
    ]
    if not all(clear):
        entries.append((_RING, say("map.no advice")))
    return Figure(
        svg(parts),
        alt,
        caption,
        f"{told}.",
        legend=key(entries),
        numbers=_numbers(caption or alt, labels, (axes[0], across), (axes[1], up)),
        face=PriorityMap(
            across,
            up,
            tuple(labels),
            np.asarray(clear, dtype=bool),
            cut,
            tuple(quadrants),
            *axes,
        ),
    )


def _numbers(
    caption: str, labels: Sequence[str], one: tuple[str, Floats], other: tuple[str, Floats]
) -> Markup:
    """The drivers' places as whole numbers, as far as they can be read from the map."""
    rows = (
        (label, *(fmt.estimate(value, low, high, 0) for value, low, high in (at, up)))
        for label, at, up in zip(labels, one[1], other[1], strict=True)
    )
    return in_numbers(caption, [say("column.driver"), one[0], other[0]], rows)


def _beside(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where each point's number stands: the first place around it that nothing else takes."""
    taken = list(places)
    found = []
    for x, y in places:
        options = [(x + a, y + b) for a, b in _AROUND]
        free = [
            option
            for option in options
            if all(max(abs(option[0] - a), abs(option[1] - b)) > _MARK * 0.7 for a, b in taken)
        ]
        best = free[0] if free else options[0]
        found.append(best)
        taken.append(best)
    return found
