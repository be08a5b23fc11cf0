"""Funnel plot: every organisation's estimate by its precision, between control limits.

Organisations within the limits are dots of one path, so a thousand take less than 20 KB; those
beyond differ in shape as well as in colour and are named in the description.
"""

import numpy as np
import pandas as pd
from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, frame, scale, svg
from workbench.figures.display import Figure, in_numbers, key
from workbench.figures.markup import element, together
from workbench.figures.paper.points import Funnel
from workbench.interpretation import Place, place_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed

_NAMED = 10
_MANY = 300
_LISTED = 100
_DASHES = {"95": "5 3", "998": None}
_SQUARE = "M{x} {y}m-4-4h8v8h-8z"
_DIAMOND = "M{x} {y}m0-6l6 6-6 6-6-6z"


def funnel(
    organisations: pd.DataFrame,
    limits: pd.DataFrame,
    target: float,
    *,
    y_label: str,
    alt: str,
    x_label: str | None = None,
    caption: str = "",
    highlight: str | None = None,
) -> Figure:
    """Draw organisations between control limits around the pooled value ``target``.

    ``organisations``, indexed by name, has ``estimate``, ``se`` and ``position``
    (:class:`workbench.interpretation.Place`; one without is not shown); ``limits`` has ``se`` in
    ascending order, ``lower_95``, ``upper_95``, ``lower_998`` and ``upper_998``.

    The standard error runs from large at the left to small at the right, so the funnel closes to
    the right.

    Parameters
    ----------
    organisations, limits, target
        As :class:`workbench.benchmark.Funnel` has them.
    alt
        The sentence that states the finding.
    highlight
        The organisation to ring and name.
    x_label, y_label
        What the axes show.

    Raises
    ------
    FigureError
        If no organisation can be drawn, or ``highlight`` is not among them.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["Parks", "Roads", "Water"]
    >>> estimates = pd.Series([75.0, 60.0, 61.0], names)
    >>> errors = pd.Series([1.0, 1.0, 2.0], names)
    >>> found = wb.benchmark.funnel(estimates, errors)
    >>> drawn = wb.figures.funnel(
    ...     found.organisations, found.limits, found.target, y_label="Trust", alt=found.words
    ... )
    >>> drawn.svg.startswith("<svg")
    True
    """
    placed = organisations[organisations["position"] != Place.MISSING]
    if placed.empty:
        raise FigureError(f"No organisation has {y_label!r} with an error; nothing can be drawn.")
    if highlight is not None and highlight not in organisations.index:
        raise FigureError(f"{highlight!r} is not among the organisations of the funnel plot.")
    # The limits begin at the last grid point before the smallest error.
    limits = limits[limits["se"] >= limits.loc[limits["se"] <= placed["se"].min(), "se"].max()]
    ends = limits[["lower_998", "upper_998"]].to_numpy()
    at_x, x_axis = scale(limits["se"].to_numpy(), WIDTH - RIGHT, LEFT)
    at_y, y_axis = scale(np.append(placed["estimate"], ends), HEIGHT - BOTTOM, TOP)
    parts = frame(x_axis, y_axis, at_x, at_y, x_label or say("funnel.axis"), y_label)
    parts += _limits(limits, target, at_x, at_y)
    parts += _points(placed, at_x, at_y)
    told = _told(placed, target, len(organisations) - len(placed))
    if highlight is not None:
        if highlight in placed.index:
            own = placed.loc[highlight]
            parts.append(_ring(highlight, at_x(own["se"]), at_y(own["estimate"])))
            place = place_in_words(Place(own["position"]))
            found = fmt.number(own["estimate"])
            told += f" {say('funnel.own', name=highlight, estimate=found, place=place)}"
        else:
            told += f" {say('funnel.own.missing', name=highlight)}"
    numbers = _numbers(caption or alt, placed, y_label)
    face = Funnel(
        placed, limits, target, Place.WITHIN, x_label or say("funnel.axis"), y_label, highlight
    )
    return Figure(svg(parts), alt, caption, told, legend=_legend(), numbers=numbers, face=face)


def _numbers(caption: str, placed: pd.DataFrame, y_label: str) -> Markup:
    """The organisations as whole numbers, finer than which nobody sees their points.

    Of many, those beyond the limits: the others cannot be told apart in the drawing.
    """
    if len(placed) > _LISTED:
        placed = placed[placed["position"] != Place.WITHIN]
    rows = (
        (str(name), fmt.number(row["estimate"], 0), place_in_words(Place(row["position"])))
        for name, row in placed.iterrows()
    )
    heads = [say("column.organisation"), y_label, say("column.position")]
    return in_numbers(caption, heads, rows)


def _limits(limits: pd.DataFrame, target: float, at_x: Scale, at_y: Scale) -> list[Markup]:
    parts = [
        element(
            "path",
            d=f"M{LEFT:g} {at_y(target):.1f}H{WIDTH - RIGHT:g}",
            stroke=theme.OWN,
            stroke_width=1.5,
        )
    ]
    for name, dash in _DASHES.items():
        lines = "".join(
            "M"
            + "L".join(
                f"{at_x(se):.1f} {at_y(value):.1f}"
                for se, value in zip(limits["se"], limits[f"{side}_{name}"], strict=True)
            )
            for side in ("lower", "upper")
        )
        parts.append(
            element("path", d=lines, fill="none", stroke=theme.RULE, stroke_dasharray=dash)
        )
    return parts


def _points(placed: pd.DataFrame, at_x: Scale, at_y: Scale) -> list[Markup]:
    # Points of the same place are drawn once; among many, whole pixels are place enough.
    decimals = 0 if len(placed) > _MANY else 1

    def marks(shown: pd.Series, mark: str) -> str:
        places = (
            (f"{at_x(se):.{decimals}f}", f"{at_y(value):.{decimals}f}")
            for se, value in placed.loc[shown, ["se", "estimate"]].to_numpy(float)
        )
        return "".join(mark.format(x=x, y=y) for x, y in dict.fromkeys(places))

    position = placed["position"]
    within = marks(position == Place.WITHIN, "M{x} {y}h0")
    beyond = marks(position.isin([place for place in Place if place.near]), _SQUARE)
    far = marks(position.isin([place for place in Place if place.far]), _DIAMOND)
    drawn = (
        element(
            "path",
            d=within,
            fill="none",
            stroke=theme.OTHER,
            stroke_width=6,
            stroke_linecap="round",
        ),
        element("path", d=beyond, fill=theme.PAPER, stroke=theme.BENCHMARK, stroke_width=1.8),
        element("path", d=far, fill=theme.BENCHMARK),
    )
    return [one for one, path in zip(drawn, (within, beyond, far), strict=True) if path]


def _ring(name: str, x: float, y: float) -> Markup:
    anchor, shift = ("start", 11) if x < WIDTH / 2 else ("end", -11)
    return together(
        element(
            "circle",
            cx=f"{x:.1f}",
            cy=f"{y:.1f}",
            r=8,
            fill="none",
            stroke=theme.OWN,
            stroke_width=2.5,
        ),
        element(
            "text",
            str(name),
            x=f"{x + shift:.1f}",
            y=f"{y - 8:.1f}",
            text_anchor=anchor,
            font_weight=700,
            fill=theme.OWN,
            stroke=theme.PAPER,
            stroke_width=3,
            paint_order="stroke",
        ),
    )


def _told(placed: pd.DataFrame, target: float, left_out: int) -> str:
    told = [say("funnel.around", count=len(placed), target=fmt.number(target))]
    for place in (Place.FAR_ABOVE, Place.FAR_BELOW, Place.ABOVE, Place.BELOW):
        names = [str(name) for name in placed.index[placed["position"] == place]]
        if names:
            told.append(say(f"funnel.beyond.{place}", names=listed(names, most=_NAMED)))
    if left_out:
        told.append(say("funnel.left out", number=left_out))
    return " ".join(told)


def _legend() -> Markup:
    def swatch(inner: str) -> Markup:
        return element("svg", inner, width=22, height=14, viewBox="0 0 22 14", aria_hidden="true")

    def line(colour: str, width: float, dash: str | None = None) -> Markup:
        return element(
            "path", d="M0 7h22", stroke=colour, stroke_width=width, stroke_dasharray=dash
        )

    dot = element("circle", cx=11, cy=7, r=3, fill=theme.OTHER)
    square = element(
        "path",
        d=_SQUARE.format(x=11, y=7),
        fill=theme.PAPER,
        stroke=theme.BENCHMARK,
        stroke_width=1.8,
    )
    diamond = element("path", d=_DIAMOND.format(x=11, y=7), fill=theme.BENCHMARK)
    return key(
        [
            (swatch(dot), say("funnel key.within")),
            (swatch(square), say("funnel key.beyond 95")),
            (swatch(diamond), say("funnel key.beyond 998")),
            (swatch(line(theme.OWN, 1.5)), say("funnel key.all")),
            (swatch(line(theme.RULE, 1, _DASHES["95"])), say("funnel key.95")),
            (swatch(line(theme.RULE, 1)), say("funnel key.998")),
        ]
    )
