"""The importance–performance map: what matters, and how well it goes, drawn as SVG directly."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from workbench.exceptions import FigureError
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, scale, svg
from workbench.figures.display import Figure, key

Floats = NDArray[np.float64]

_MARK = 15.0  # room that a number takes beside its point
_RING = (
    '<svg width="14" height="14" aria-hidden="true"><circle cx="7" cy="7" r="4.5"'
    f' fill="{theme.PAPER}" stroke="{theme.OWN}" stroke-width="1.6"/></svg>'
)
_AROUND = ((0, -11), (11, 0), (-11, 0), (0, 12), (9, -9), (-9, -9), (9, 10), (-9, 10))


def importance_performance(
    importance: Floats,
    performance: Floats,
    labels: Sequence[str],
    clear: Sequence[bool],
    cut: tuple[float, float],
    quadrants: tuple[str, str, str, str],
    *,
    alt: str,
    x_label: str = "Importance",
    y_label: str = "Performance",
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
    first, keep, watch, leave = (escape(name) for name in quadrants)
    parts = [
        f'<path d="M{middle:.1f} {level:.1f}H{right:g}V{bottom:g}H{middle:.1f}z"'
        f' fill="{theme.BAND}"/>',
        *frame(x_ticks, y_ticks, at_x, at_y, x_label, y_label),
        f'<path d="M{middle:.1f} {TOP:g}V{bottom:g}M{LEFT:g} {level:.1f}H{right:g}"'
        f' stroke="{theme.RULE}" stroke-dasharray="5 4"/>',
        f'<g font-weight="600" fill="{theme.MUTED}">'
        f'<text x="{right - 5:g}" y="{bottom - 7:g}" text-anchor="end" fill="{theme.BENCHMARK}">'
        f'{first}</text><text x="{right - 5:g}" y="{TOP + 13:g}" text-anchor="end">{keep}</text>'
        f'<text x="{LEFT + 5:g}" y="{bottom - 7:g}">{watch}</text>'
        f'<text x="{LEFT + 5:g}" y="{TOP + 13:g}">{leave}</text></g>',
    ]
    places = [(at_x(a), at_y(b)) for a, b in zip(across[:, 0], up[:, 0], strict=True)]
    bars = "".join(
        f"M{at_x(a[1]):.1f} {at_y(b[0]):.1f}H{at_x(a[2]):.1f}"
        f"M{at_x(a[0]):.1f} {at_y(b[1]):.1f}V{at_y(b[2]):.1f}"
        for a, b in zip(across, up, strict=True)
    )
    hollow = f' fill="{theme.PAPER}"'
    dots = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4.5"{"" if filled else hollow}/>'
        for (a, b), filled in zip(places, clear, strict=True)
    )
    parts.append(
        f'<path d="{bars}" stroke="{theme.OWN}" stroke-opacity=".55"/>'
        f'<g fill="{theme.OWN}" stroke="{theme.OWN}" stroke-width="1.6">{dots}</g>'
    )
    numbers = "".join(
        f'<text x="{a:.1f}" y="{b + 4.5:.1f}">{number}</text>'
        for number, (a, b) in enumerate(_beside(places), start=1)
    )
    parts.append(
        f'<g text-anchor="middle" font-weight="700" stroke="{theme.PAPER}" stroke-width="3"'
        f' paint-order="stroke">{numbers}</g>'
    )
    told = "; ".join(f"{number} {label}" for number, label in enumerate(labels, start=1))
    entries = [
        (f'<b style="min-width:1.2em">{number}</b>', label)
        for number, label in enumerate(labels, start=1)
    ]
    if not all(clear):
        entries.append((_RING, "No advice; the table says why"))
    return Figure(svg(parts), alt, caption, f"{told}.", legend=key(entries))


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
