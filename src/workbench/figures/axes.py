"""Two axes of a drawing in SVG: the frame that scatter, distribution and funnel share."""

from collections.abc import Callable, Sequence

import numpy as np
from markupsafe import Markup

from workbench.figures import theme
from workbench.figures.display import nice_ticks, tick_decimals
from workbench.figures.markup import element, together
from workbench.interpretation import numbers as fmt

WIDTH, HEIGHT = 400.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 46.0

Scale = Callable[[float], float]


def scale(values: np.ndarray, start: float, end: float) -> tuple[Scale, list[float]]:
    """A map from the values' range, a little widened, to start–end, and its round ticks."""
    low, high = float(values.min()), float(values.max())
    pad = 0.06 * (high - low) or 0.5
    low, high = low - pad, high + pad
    return (lambda value: start + (end - start) * (value - low) / (high - low)), nice_ticks(
        low, high, 5
    )


def frame(
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    at_x: Scale,
    at_y: Scale,
    x_label: str,
    y_label: str,
) -> list[Markup]:
    """Grid lines, axes, tick labels and axis labels."""
    bottom = HEIGHT - BOTTOM
    x_places, y_places = tick_decimals(x_ticks), tick_decimals(y_ticks)
    parts = [
        together(
            element(
                "path", d=f"M{LEFT:g} {at_y(tick):.1f}H{WIDTH - RIGHT:g}", stroke=theme.HAIRLINE
            ),
            element(
                "text",
                fmt.number(tick, y_places),
                x=f"{LEFT - 6:g}",
                y=f"{at_y(tick) + 4.5:.1f}",
                text_anchor="end",
                fill=theme.MUTED,
            ),
        )
        for tick in y_ticks
    ]
    parts += [
        together(
            element("path", d=f"M{at_x(tick):.1f} {bottom:g}v5", stroke=theme.RULE),
            element(
                "text",
                fmt.number(tick, x_places),
                x=f"{at_x(tick):.1f}",
                y=f"{bottom + 18:g}",
                text_anchor="middle",
                fill=theme.MUTED,
            ),
        )
        for tick in x_ticks
    ]
    centre = (LEFT + WIDTH - RIGHT) / 2
    parts.append(element("path", d=f"M{LEFT:g} {bottom:g}H{WIDTH - RIGHT:g}", stroke=theme.RULE))
    parts.append(
        together(
            element("text", x_label, x=f"{centre:g}", y=f"{HEIGHT - 6:g}", text_anchor="middle"),
            element(
                "text",
                y_label,
                transform=f"translate(13 {(bottom + TOP) / 2:g})rotate(-90)",
                text_anchor="middle",
            ),
        )
    )
    return parts


def svg(parts: Sequence[str]) -> Markup:
    """The parts as one drawing of WIDTH by HEIGHT."""
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        width=440,
        font_size=13,
        font_family=theme.FONT,
        fill=theme.INK,
        style="display:block;max-width:100%;min-width:300px;height:auto",
    )
