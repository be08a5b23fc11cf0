"""Two axes of a drawing in SVG: the frame that scatter, distribution and funnel share."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from workbench.figures import format as fmt
from workbench.figures import theme
from workbench.figures.display import nice_ticks, tick_decimals

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
) -> list[str]:
    """Grid lines, axes, tick labels and axis labels."""
    bottom = HEIGHT - BOTTOM
    x_places, y_places = tick_decimals(x_ticks), tick_decimals(y_ticks)
    parts = [
        f'<path d="M{LEFT:g} {at_y(tick):.1f}H{WIDTH - RIGHT:g}" stroke="{theme.HAIRLINE}"/>'
        f'<text x="{LEFT - 6:g}" y="{at_y(tick) + 4.5:.1f}" text-anchor="end"'
        f' fill="{theme.MUTED}">{fmt.number(tick, y_places)}</text>'
        for tick in y_ticks
    ]
    parts += [
        f'<path d="M{at_x(tick):.1f} {bottom:g}v5" stroke="{theme.RULE}"/>'
        f'<text x="{at_x(tick):.1f}" y="{bottom + 18:g}" text-anchor="middle"'
        f' fill="{theme.MUTED}">{fmt.number(tick, x_places)}</text>'
        for tick in x_ticks
    ]
    centre = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<path d="M{LEFT:g} {bottom:g}H{WIDTH - RIGHT:g}" stroke="{theme.RULE}"/>')
    parts.append(
        f'<text x="{centre:g}" y="{HEIGHT - 6:g}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text transform="translate(13 {(bottom + TOP) / 2:g})rotate(-90)" text-anchor="middle">'
        f"{escape(y_label)}</text>"
    )
    return parts


def svg(parts: Sequence[str]) -> str:
    """The parts as one drawing of WIDTH by HEIGHT."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="440" font-size="13" font-family="{theme.FONT}" fill="{theme.INK}"'
        ' style="display:block;max-width:100%;min-width:300px;height:auto">'
        f"{''.join(parts)}</svg>"
    )
