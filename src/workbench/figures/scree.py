"""Eigenvalues in falling order beside those of random answers (scree plot, parallel analysis).

Drawn as SVG directly, on the axes that ``scatter`` has.
"""

from collections.abc import Sequence

import numpy as np

from workbench.exceptions import FigureError
from workbench.figures import format as fmt
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, scale, svg
from workbench.figures.display import Figure, key


def scree(
    eigenvalues: Sequence[float],
    random: Sequence[float],
    *,
    alt: str,
    caption: str = "",
    y_label: str = "Eigenvalue",
) -> Figure:
    """``eigenvalues`` as points on a line, largest first; ``random`` is what chance gives."""
    found, chance = np.asarray(eigenvalues, dtype=float), np.asarray(random, dtype=float)
    if found.shape != chance.shape or not found.size:
        raise FigureError(
            f"The scree plot has {found.size} eigenvalues and {chance.size} random ones."
        )
    number = np.arange(1, found.size + 1, dtype=float)
    at_x, x_ticks = scale(number, LEFT, WIDTH - RIGHT)
    at_y, y_ticks = scale(np.concatenate([found, chance]), HEIGHT - BOTTOM, TOP)
    whole = [tick for tick in x_ticks if tick == int(tick)]
    parts = frame(whole, y_ticks, at_x, at_y, "Number", y_label)
    for values, colour, dash in (
        (chance, theme.BENCHMARK, ' stroke-dasharray="6 4"'),
        (found, theme.OWN, ""),
    ):
        line = "L".join(f"{at_x(a):.1f} {at_y(b):.1f}" for a, b in zip(number, values, strict=True))
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
    points = "".join(
        f'<circle cx="{at_x(a):.1f}" cy="{at_y(b):.1f}" r="4"/>'
        for a, b in zip(number, found, strict=True)
    )
    parts.append(f'<g fill="{theme.OWN}">{points}</g>')
    told = "; ".join(
        f"{place}: {fmt.number(value)} against {fmt.number(by_chance)} by chance"
        for place, (value, by_chance) in enumerate(zip(found, chance, strict=True), start=1)
    )
    swatch = (
        '<svg width="28" height="10" aria-hidden="true"><path d="M0 5H28" stroke="{}"'
        ' stroke-width="2"{}/></svg>'
    )
    legend = key(
        [
            (swatch.format(theme.OWN, ""), "Answers"),
            (swatch.format(theme.BENCHMARK, ' stroke-dasharray="6 4"'), "95% of random answers"),
        ]
    )
    return Figure(svg(parts), alt, caption, f"{told}.", legend=legend)
