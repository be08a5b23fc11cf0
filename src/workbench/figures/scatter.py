"""Units as points with a fitted line, and the distribution of one measure.

Drawn as SVG directly: 60 units take 4 KB (matplotlib: 15 KB, and its import costs seconds).
"""

from collections.abc import Sequence

import numpy as np

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, scale, svg
from workbench.figures.display import Figure, nice_ticks
from workbench.figures.markup import element, together
from workbench.figures.paper.points import Histogram, Scatter
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say


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

    Parameters
    ----------
    x, y : (n,)
        NaN where a unit has no value.
    line
        Intercept and slope, as fitted elsewhere.
    sizes : (n,)
        Respondents; the points' areas.
    alt
        The sentence that states the finding.
    x_label, y_label
        What the axes show.

    Raises
    ------
    FigureError
        If x and y differ in length, or no unit has both.

    Examples
    --------
    >>> from workbench import figures
    >>> people, service = [55.0, 60.0, 72.0], [58.0, 65.0, 70.0]
    >>> alt = "Units with higher People tend to have higher Service."
    >>> drawn = figures.scatter(people, service, x_label="People", y_label="Service", alt=alt)
    >>> drawn.svg.startswith("<svg")
    True
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
    at_x, x_axis = scale(across, LEFT, WIDTH - RIGHT)
    at_y, y_axis = scale(up, HEIGHT - BOTTOM, TOP)
    parts = frame(x_axis, y_axis, at_x, at_y, x_label, y_label)
    points = (
        element("circle", cx=f"{at_x(a):.1f}", cy=f"{at_y(b):.1f}", r=f"{4.2 * w**0.5:.1f}")
        for a, b, w in zip(across, up, weight, strict=True)
    )
    parts.append(element("g", *points, fill=theme.OWN, fill_opacity=".4", stroke=theme.OWN))
    told = say("scatter.shown", count=across.size)
    if line is not None:
        intercept, slope = line
        ends = _clipped(across, up, intercept, slope)
        parts.append(
            element(
                "path",
                d="M"
                + "L".join(f"{at_x(end):.1f} {at_y(intercept + slope * end):.1f}" for end in ends),
                stroke=theme.BENCHMARK,
                stroke_width=2.5,
            )
        )
        told += f" {say('scatter.line', slope=fmt.number(slope, signed=True), axis=x_label)}"
    left_out = int((~complete).sum())
    if left_out:
        told += f" {say('left out.missing', count=fmt.count(left_out))}"
    drawn_line = None
    if line is not None:
        drawn_line = np.array([(end, line[0] + line[1] * end) for end in ends])
    face = Scatter(across, up, weight, x_label, y_label, drawn_line)
    return Figure(svg(parts), alt, caption, told, face=face)


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
    own_label: str | None = None,
    count_label: str | None = None,
) -> Figure:
    """Histogram (Freedman–Diaconis bins, at most 20), one value marked where asked for.

    Parameters
    ----------
    values
        One an organisation or unit; missing ones are left out.
    own, own_label
        The value to mark, and what it is called.
    alt
        The sentence that states the finding.

    Raises
    ------
    FigureError
        If there is no value.

    Examples
    --------
    >>> from workbench import figures
    >>> drawn = figures.distribution(
    ...     [55.0, 58.0, 61.0, 64.0], label="Trust", alt="Trust runs from 55 to 64.", own=61.0
    ... )
    >>> drawn.svg.startswith("<svg")
    True
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not known.size:
        raise FigureError(f"{label!r} has no value; nothing can be drawn.")
    edges = np.histogram_bin_edges(known, bins="fd")
    if not 4 <= len(edges) <= 21:
        edges = np.histogram_bin_edges(known, bins=min(max(len(edges) - 1, 4), 20))
    counts, edges = np.histogram(known, bins=edges)
    shown = np.append(edges, own) if own is not None and not fmt.is_missing(own) else edges
    at_x, x_axis = scale(shown, LEFT, WIDTH - RIGHT)
    top = float(counts.max())

    def at_y(value: float) -> float:
        return (HEIGHT - BOTTOM) - (HEIGHT - BOTTOM - TOP - 18) * value / top

    ticks = [tick for tick in nice_ticks(0, top, 4) if tick == int(tick)]
    parts = frame(
        x_axis,
        ticks,
        at_x,
        at_y,
        label,
        count_label or say("distribution.axis"),
    )
    bars = (
        element(
            "rect",
            x=f"{at_x(a):.1f}",
            y=f"{at_y(count):.1f}",
            width=f"{at_x(b) - at_x(a):.1f}",
            height=f"{at_y(0) - at_y(count):.1f}",
        )
        for a, b, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    )
    parts.append(element("g", *bars, fill=theme.BAR, stroke=theme.OWN))
    told = say(
        "distribution.told",
        count=known.size,
        low=fmt.number(known.min()),
        high=fmt.number(known.max()),
    )
    if own is not None and not fmt.is_missing(own):
        place = at_x(own)
        named = own_label or say("position.own")
        anchor = "start" if place < WIDTH / 2 else "end"
        shift = 6 if anchor == "start" else -6
        parts.append(
            together(
                element(
                    "path",
                    d=f"M{place:.1f} {TOP:g}V{HEIGHT - BOTTOM:g}",
                    stroke=theme.BENCHMARK,
                    stroke_width=2.5,
                ),
                element(
                    "text",
                    f"{named} {fmt.number(own)}",
                    x=f"{place + shift:.1f}",
                    y=f"{TOP + 10:g}",
                    text_anchor=anchor,
                    font_weight=700,
                    fill=theme.BENCHMARK,
                ),
            )
        )
        told += f" {say('distribution.own', label=named, value=fmt.number(own))}"
    marked = None if own is None or fmt.is_missing(own) else own
    face = Histogram(
        counts.astype(float),
        edges,
        label,
        count_label or say("distribution.axis"),
        marked,
        own_label or say("position.own"),
    )
    return Figure(svg(parts), alt, caption, told, face=face)
