"""Eigenvalues in falling order beside those of random answers (scree plot, parallel analysis).

Drawn as SVG directly, on the axes that ``scatter`` has.
"""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, scale, svg
from workbench.figures.display import Figure, in_numbers, key
from workbench.figures.markup import element
from workbench.figures.paper.lines import Scree
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say


def scree(
    eigenvalues: Sequence[float],
    random: Sequence[float],
    *,
    alt: str,
    caption: str = "",
    y_label: str | None = None,
) -> Figure:
    """Draw eigenvalues as points on a line, the largest first, beside those that chance gives.

    Parameters
    ----------
    eigenvalues, random
        Those found, and those of unrelated items; as many of each.
    alt, caption
        The finding in a sentence, and what stands above the figure.
    y_label
        What an eigenvalue is called.

    Raises
    ------
    FigureError
        If there are none, or more of one than of the other.

    Examples
    --------
    >>> from workbench import figures
    >>> drawn = figures.scree([2.1, 0.6, 0.3], [1.1, 1.0, 0.9], alt="One component stands out.")
    >>> drawn.svg.startswith("<svg")
    True
    """
    found, chance = np.asarray(eigenvalues, dtype=float), np.asarray(random, dtype=float)
    if found.shape != chance.shape or not found.size:
        raise FigureError(
            f"The scree plot has {found.size} eigenvalues and {chance.size} random ones."
        )
    number = np.arange(1, found.size + 1, dtype=float)
    at_x, x_ticks = scale(number, LEFT, WIDTH - RIGHT)
    at_y, y_ticks = scale(np.concatenate([found, chance]), HEIGHT - BOTTOM, TOP)
    whole = [tick for tick in x_ticks if tick == int(tick)]
    parts = frame(
        whole, y_ticks, at_x, at_y, say("column.number"), y_label or say("scree.eigenvalue")
    )
    for values, colour, dash in (
        (chance, theme.BENCHMARK, "6 4"),
        (found, theme.OWN, None),
    ):
        line = "L".join(f"{at_x(a):.1f} {at_y(b):.1f}" for a, b in zip(number, values, strict=True))
        parts.append(
            element(
                "path",
                d=f"M{line}",
                fill="none",
                stroke=colour,
                stroke_width=2,
                stroke_dasharray=dash,
            )
        )
    points = (
        element("circle", cx=f"{at_x(a):.1f}", cy=f"{at_y(b):.1f}", r=4)
        for a, b in zip(number, found, strict=True)
    )
    parts.append(element("g", *points, fill=theme.OWN))
    told = "; ".join(
        say(
            "scree.told",
            place=place,
            value=fmt.number(value),
            by_chance=fmt.number(by_chance),
        )
        for place, (value, by_chance) in enumerate(zip(found, chance, strict=True), start=1)
    )
    legend = key(
        [
            (_swatch(theme.OWN, None), say("column.answers")),
            (_swatch(theme.BENCHMARK, "6 4"), say("column.chance")),
        ]
    )
    heads = [say("column.number"), say("column.answers"), say("column.chance")]
    rows = (
        (str(place), fmt.number(value), fmt.number(by_chance))
        for place, (value, by_chance) in enumerate(zip(found, chance, strict=True), start=1)
    )
    numbers = in_numbers(caption or alt, heads, rows)
    face = Scree(
        found,
        chance,
        say("column.number"),
        y_label or say("scree.eigenvalue"),
        say("column.answers"),
        say("column.chance"),
    )
    return Figure(svg(parts), alt, caption, f"{told}.", legend=legend, numbers=numbers, face=face)


def _swatch(colour: str, dash: str | None) -> Markup:
    line = element("path", d="M0 5H28", stroke=colour, stroke_width=2, stroke_dasharray=dash)
    return element("svg", line, width=28, height=10, aria_hidden="true")
