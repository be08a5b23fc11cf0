"""A result and its interval as a supposition moves: a curve in a band, and zero."""

from collections.abc import Sequence

import numpy as np

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, scale, svg
from workbench.figures.display import Figure, in_numbers
from workbench.figures.markup import element, together
from workbench.figures.paper.lines import Curve
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say


def band(
    x: Sequence[float],
    value: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
    *,
    x_label: str,
    y_label: str,
    alt: str,
    caption: str = "",
    marked: float | None = None,
    marked_label: str = "",
) -> Figure:
    """Draw ``value`` over ``x`` (ascending) as a curve in its interval, zero as a line.

    Parameters
    ----------
    x, value, lower, upper : (n,)
        The curve and its interval, ``x`` ascending.
    alt
        The sentence that states the finding.
    marked, marked_label
        One of ``x``, where the result stands as it is told elsewhere; its point is drawn and
        carries the label.
    x_label, y_label
        What the axes show.

    Raises
    ------
    FigureError
        Columns of different lengths, a missing number, or fewer than two points.

    Examples
    --------
    >>> from workbench import figures
    >>> x, value, lower, upper = [-0.2, 0.2], [0.3, 0.1], [0.2, 0.0], [0.4, 0.2]
    >>> alt = "The link falls from 0.3 to 0.1."
    >>> drawn = figures.band(x, value, lower, upper, x_label="Correlation", y_label="Link", alt=alt)
    >>> drawn.svg.startswith("<svg")
    True
    """
    columns = [np.asarray(column, dtype=float) for column in (x, value, lower, upper)]
    if len({len(column) for column in columns}) > 1 or not all(
        np.isfinite(column).all() for column in columns
    ):
        raise FigureError(
            f"The curve {caption or alt!r} needs x, value, lower and upper of one length, without "
            "missing numbers."
        )
    across, middle, low, high = columns
    if len(across) < 2:
        raise FigureError(f"The curve {caption or alt!r} needs two points or more.")
    at_x, x_axis = scale(across, LEFT, WIDTH - RIGHT)
    at_y, y_axis = scale(np.concatenate([low, high, [0.0]]), HEIGHT - BOTTOM, TOP)
    parts = frame(x_axis, y_axis, at_x, at_y, x_label, y_label)

    def path(heights: np.ndarray, order: slice = slice(None)) -> str:
        points = zip(across[order], heights[order], strict=True)
        return "L".join(f"{at_x(a):.1f} {at_y(b):.1f}" for a, b in points)

    parts.append(
        together(
            element(
                "path",
                d=f"M{path(low)}L{path(high, slice(None, None, -1))}z",
                fill=theme.OWN,
                fill_opacity=".18",
            ),
            element(
                "path",
                d=f"M{LEFT:g} {at_y(0):.1f}H{WIDTH - RIGHT:g}",
                stroke=theme.BENCHMARK,
                stroke_width=1.5,
                stroke_dasharray="6 4",
            ),
            element("path", d=f"M{path(middle)}", fill="none", stroke=theme.OWN, stroke_width=2.5),
        )
    )
    told = say(
        "curve.ends",
        first=_told(across, middle, low, high, 0),
        last=_told(across, middle, low, high, -1),
        axis=x_label,
    )
    if marked is not None:
        place = int(np.flatnonzero(across == marked)[0])
        left, height = at_x(marked), at_y(middle[place])
        aside = -8 if middle[-1] <= middle[place] else 18  # on the side that the curve leaves free
        parts.append(
            together(
                element("circle", cx=f"{left:.1f}", cy=f"{height:.1f}", r=4.5, fill=theme.OWN),
                element(
                    "text",
                    f"{marked_label} {fmt.number(middle[place])}",
                    x=f"{left + 7:.1f}",
                    y=f"{height + aside:.1f}",
                    font_weight=700,
                    fill=theme.OWN,
                ),
            )
        )
        there = _told(across, middle, low, high, place)
        told += f" {say('curve.marked', label=marked_label, place=there)}"
    rows = (
        (fmt.number(at), fmt.number(one), fmt.interval(least, most))
        for at, one, least, most in zip(across, middle, low, high, strict=True)
    )
    numbers = in_numbers(caption or alt, [x_label, y_label, say("column.interval")], rows)
    estimates = np.column_stack([middle, low, high])
    face = Curve(across, estimates, x_label, y_label, marked, marked_label)
    return Figure(svg(parts), alt, caption, told, numbers=numbers, face=face)


def _told(x: np.ndarray, value: np.ndarray, low: np.ndarray, high: np.ndarray, place: int) -> str:
    found = fmt.estimate(value[place], low[place], high[place])
    return say("curve.place", estimate=found, at=fmt.number(x[place]))
