"""Units as points with a fitted line, and the distribution of one measure.

Drawn as SVG directly: 60 units take 4 KB (matplotlib: 15 KB, and its import costs seconds).
"""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from workbench.exceptions import FigureError
from workbench.figures import format as fmt
from workbench.figures import theme
from workbench.figures.display import Figure, nice_ticks, tick_decimals

_WIDTH, _HEIGHT = 400.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 12.0, 46.0


def scatter(
    x: Sequence[float],
    y: Sequence[float],
    *,
    x_label: str,
    y_label: str,
    alt: str,
    caption: str = "",
    line: tuple[float, float] | None = None,
    sizes: Sequence[float] | None = None,
) -> Figure:
    """One point per unit; ``line`` is (intercept, slope) as fitted elsewhere, drawn over the range
    of ``x``; ``sizes`` (respondents) makes the points' areas.

    Units with a missing coordinate are left out and counted in the description.
    """
    across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if across.shape != up.shape:
        raise FigureError(f"The scatter has {across.size} x values and {up.size} y values.")
    complete = np.isfinite(across) & np.isfinite(up)
    across, up = across[complete], up[complete]
    if not across.size:
        raise FigureError(f"No unit has both {x_label!r} and {y_label!r}; nothing can be drawn.")
    weight = np.ones(across.size)
    if sizes is not None:
        weight = np.nan_to_num(np.asarray(sizes, dtype=float)[complete], nan=1.0)
        weight = np.clip(weight / weight.mean(), 0.25, 4.0)
    at_x, x_axis = _scale(across, _LEFT, _WIDTH - _RIGHT)
    at_y, y_axis = _scale(up, _HEIGHT - _BOTTOM, _TOP)
    parts = _frame(x_axis, y_axis, at_x, at_y, x_label, y_label)
    points = "".join(
        f'<circle cx="{at_x(a):.1f}" cy="{at_y(b):.1f}" r="{4.2 * w**0.5:.1f}"/>'
        for a, b, w in zip(across, up, weight, strict=True)
    )
    parts.append(f'<g fill="{theme.OWN}" fill-opacity=".4" stroke="{theme.OWN}">{points}</g>')
    told = f"{across.size} units are shown."
    if line is not None:
        intercept, slope = line
        ends = _clipped(across, up, intercept, slope)
        parts.append(
            f'<path d="M{at_x(ends[0]):.1f} {at_y(intercept + slope * ends[0]):.1f}'
            f'L{at_x(ends[1]):.1f} {at_y(intercept + slope * ends[1]):.1f}"'
            f' stroke="{theme.BENCHMARK}" stroke-width="2.5"/>'
        )
        told += f" The line changes by {fmt.number(slope, signed=True)} per unit of {x_label}."
    left_out = int((~complete).sum())
    if left_out:
        told += f" Left out, because one of the two values is missing: {left_out}."
    return Figure(_svg(parts), alt, caption, told)


def _clipped(
    across: np.ndarray, up: np.ndarray, intercept: float, slope: float
) -> tuple[float, float]:
    """The part of the x range on which the line stays within the drawn y range."""
    ends = [float(across.min()), float(across.max())]
    if slope:
        pad = 0.06 * float(np.ptp(up)) or 0.5
        meets = sorted(
            (float(edge) - intercept) / slope for edge in (up.min() - pad, up.max() + pad)
        )
        ends = [min(max(end, meets[0]), meets[1]) for end in ends]
    return ends[0], ends[1]


def distribution(
    values: Sequence[float],
    *,
    label: str,
    alt: str,
    caption: str = "",
    own: float | None = None,
    own_label: str = "this organisation",
    count_label: str = "Organisations",
) -> Figure:
    """Histogram (Freedman–Diaconis bins, at most 20), one value marked where asked for."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not known.size:
        raise FigureError(f"{label!r} has no value; nothing can be drawn.")
    edges = np.histogram_bin_edges(known, bins="fd")
    if not 4 <= len(edges) <= 21:
        edges = np.histogram_bin_edges(known, bins=min(max(len(edges) - 1, 4), 20))
    counts, edges = np.histogram(known, bins=edges)
    shown = np.append(edges, own) if own is not None and not fmt.is_missing(own) else edges
    at_x, x_axis = _scale(shown, _LEFT, _WIDTH - _RIGHT)
    top = float(counts.max())

    def at_y(value: float) -> float:
        return (_HEIGHT - _BOTTOM) - (_HEIGHT - _BOTTOM - _TOP - 18) * value / top

    ticks = [tick for tick in nice_ticks(0, top, 4) if tick == int(tick)]
    parts = _frame(x_axis, ticks, at_x, at_y, label, count_label)
    bars = "".join(
        f'<rect x="{at_x(a):.1f}" y="{at_y(count):.1f}" width="{at_x(b) - at_x(a):.1f}"'
        f' height="{at_y(0) - at_y(count):.1f}"/>'
        for a, b, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    )
    parts.append(f'<g fill="#9dbbd6" stroke="{theme.OWN}">{bars}</g>')
    told = f"{known.size} values from {fmt.number(known.min())} to {fmt.number(known.max())}."
    if own is not None and not fmt.is_missing(own):
        place = at_x(own)
        anchor = "start" if place < _WIDTH / 2 else "end"
        shift = 6 if anchor == "start" else -6
        parts.append(
            f'<path d="M{place:.1f} {_TOP:g}V{_HEIGHT - _BOTTOM:g}" stroke="{theme.BENCHMARK}"'
            f' stroke-width="2.5"/><text x="{place + shift:.1f}" y="{_TOP + 10:g}"'
            f' text-anchor="{anchor}" font-weight="700" fill="{theme.BENCHMARK}">'
            f"{escape(own_label)} {fmt.number(own)}</text>"
        )
        told += f" {own_label}: {fmt.number(own)}."
    return Figure(_svg(parts), alt, caption, told)


Scale = Callable[[float], float]


def _scale(values: np.ndarray, start: float, end: float) -> tuple[Scale, list[float]]:
    low, high = float(values.min()), float(values.max())
    pad = 0.06 * (high - low) or 0.5
    low, high = low - pad, high + pad
    return (lambda value: start + (end - start) * (value - low) / (high - low)), nice_ticks(
        low, high, 5
    )


def _frame(
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    at_x: Scale,
    at_y: Scale,
    x_label: str,
    y_label: str,
) -> list[str]:
    bottom = _HEIGHT - _BOTTOM
    x_places, y_places = tick_decimals(x_ticks), tick_decimals(y_ticks)
    parts = [
        f'<path d="M{_LEFT:g} {at_y(tick):.1f}H{_WIDTH - _RIGHT:g}" stroke="{theme.HAIRLINE}"/>'
        f'<text x="{_LEFT - 6:g}" y="{at_y(tick) + 4.5:.1f}" text-anchor="end"'
        f' fill="{theme.MUTED}">{fmt.number(tick, y_places)}</text>'
        for tick in y_ticks
    ]
    parts += [
        f'<path d="M{at_x(tick):.1f} {bottom:g}v5" stroke="{theme.RULE}"/>'
        f'<text x="{at_x(tick):.1f}" y="{bottom + 18:g}" text-anchor="middle"'
        f' fill="{theme.MUTED}">{fmt.number(tick, x_places)}</text>'
        for tick in x_ticks
    ]
    centre = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<path d="M{_LEFT:g} {bottom:g}H{_WIDTH - _RIGHT:g}" stroke="{theme.RULE}"/>')
    parts.append(
        f'<text x="{centre:g}" y="{_HEIGHT - 6:g}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text transform="translate(13 {(bottom + _TOP) / 2:g})rotate(-90)" text-anchor="middle">'
        f"{escape(y_label)}</text>"
    )
    return parts


def _svg(parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}"'
        f' width="440" font-size="13" font-family="{theme.FONT}" fill="{theme.INK}"'
        ' style="display:block;max-width:100%;min-width:300px;height:auto">'
        f"{''.join(parts)}</svg>"
    )
