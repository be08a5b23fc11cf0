"""Indices over waves with their intervals, own and benchmark.

One small drawing per measure (small multiples, 320 units wide), set side by side where there is
room and one below the other on a telephone, so the type keeps its size. Lines carry their last
value at their end; names of any length stand in the legend. About 2 KB and 0.3 ms per measure.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.display import (
    Panel,
    Prose,
    identifier,
    in_numbers,
    key,
    nice_ticks,
    tick_decimals,
)
from workbench.figures.markup import NOTHING, element, together
from workbench.figures.paper.lines import Trend
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say

_WIDTH, _HEIGHT = 320.0, 210.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 42.0, 12.0, 28.0
_LINE = 16.0


def trend(
    frame: pd.DataFrame,
    own: str,
    *,
    alt: str,
    caption: str = "",
    decimals: int = 1,
    level: float | None = None,
    axis: str | None = None,
) -> Panel | Prose:
    """Draw every measure over the waves.

    ``frame`` is tidy: ``measure``, ``series`` (``own`` and any benchmark), ``wave``, ``value``,
    ``lower``, ``upper``. Waves are placed at equal distances, in the order of the column's
    categories where it has them and otherwise as they come; a missing value breaks the line. With
    fewer than two waves there is no trend, and a sentence says so.

    Parameters
    ----------
    frame
        ``measure``, ``series``, ``wave``, ``value``, ``lower``, ``upper``.
    own
        The series set apart from benchmarks.
    alt
        The sentence that states the finding.
    decimals
        Of the values shown.
    level
        A value that the others are compared with, drawn as a line across.
    axis
        What the waves are called in the table of numbers, by default that.

    Raises
    ------
    FigureError
        If the frame lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import figures
    >>> values = [("2023", 58.0, 56.0, 60.0), ("2024", 61.0, 59.0, 63.0)]
    >>> frame = pd.DataFrame(values, columns=["wave", "value", "lower", "upper"])
    >>> frame = frame.assign(measure="Trust", series="Parks")
    >>> panel = figures.trend(frame, "Parks", alt="Trust rose from 58 to 61.")
    >>> "2024" in panel.html
    True
    """
    for name in ("measure", "series", "wave", "value", "lower", "upper"):
        if name not in frame.columns:
            raise FigureError(
                f"The trend {caption or alt!r} needs a column {name!r}; the frame has "
                f"{', '.join(map(str, frame.columns))}."
            )
    waves = _in_order(frame["wave"])
    if len(waves) < 2:
        if waves and waves[0]:
            return Prose(say("trend.one wave.named", wave=waves[0]))
        return Prose(say("trend.one wave"))
    shown = frame.assign(wave=frame["wave"].astype(str))
    known = shown[["value", "lower", "upper"]].to_numpy(float).ravel()
    known = known[~pd.isna(known)]
    if not len(known):
        return Prose(say("trend.no value"))
    if level is not None:
        known = np.append(known, level)
    low, high = float(known.min()), float(known.max())
    pad = 0.08 * (high - low) or 1.0
    limits = (low - pad, high + pad)
    drawings = (
        _panel(
            str(measure),
            shown[shown["measure"] == measure],
            own,
            waves,
            limits,
            decimals,
            alt,
            level,
        )
        for measure in dict.fromkeys(shown["measure"])
    )
    names = [own, *(name for name in dict.fromkeys(shown["series"]) if name != own)]
    legend = key([(_swatch(name == own), str(name)) for name in names])
    body = together(
        element("div", *drawings, class_="wb-panels"),
        _numbers(caption or alt, shown.dropna(subset=["value"]), decimals, axis),
    )
    face = Trend(shown, tuple(waves), own, level)
    return Panel(body, alt, caption, legend, frame=frame, face=face)


def _numbers(caption: str, known: pd.DataFrame, decimals: int, axis: str | None) -> Markup:
    heads = [say(f"column.{name}") for name in ("measure", "series", "wave", "value", "interval")]
    heads[2] = axis or heads[2]
    rows = (
        (
            str(row.measure),
            str(row.series),
            str(row.wave),
            fmt.number(row.value, decimals),
            fmt.interval(row.lower, row.upper, decimals, missing=""),
        )
        for row in known.itertuples()
    )
    return in_numbers(caption, heads, rows)


def _in_order(column: pd.Series) -> list[str]:
    """The waves that occur, in the order of the categories or of their first row."""
    there = dict.fromkeys(column.astype(str))
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [str(wave) for wave in column.cat.categories if str(wave) in there]
    return list(there)


def _panel(
    measure: str,
    frame: pd.DataFrame,
    own: str,
    waves: Sequence[str],
    limits: tuple[float, float],
    decimals: int,
    alt: str,
    level: float | None,
) -> Markup:
    low, high = limits

    def x(wave: str) -> float:
        return _LEFT + 10 + (_WIDTH - _LEFT - _RIGHT - 20) * waves.index(wave) / (len(waves) - 1)

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low)

    ticks = nice_ticks(low, high, 4)
    places = tick_decimals(ticks)
    parts = [
        together(
            element(
                "path", d=f"M{_LEFT:g} {y(tick):.1f}H{_WIDTH - _RIGHT:g}", stroke=theme.HAIRLINE
            ),
            element(
                "text",
                fmt.number(tick, places),
                x=f"{_LEFT - 5:g}",
                y=f"{y(tick) + 4.5:.1f}",
                text_anchor="end",
                fill=theme.MUTED,
            ),
        )
        for tick in ticks
    ]
    if level is not None:
        line = f"M{_LEFT:g} {y(level):.1f}H{_WIDTH - _RIGHT:g}"
        parts.append(element("path", d=line, stroke=theme.RULE, stroke_width=1.5))
    every = -(-len(waves) // 5)
    for index, wave in enumerate(waves):
        if (len(waves) - 1 - index) % every == 0:
            parts.append(
                element(
                    "text",
                    wave,
                    x=f"{x(wave):.1f}",
                    y=f"{_HEIGHT - 8:g}",
                    text_anchor="middle",
                    fill=theme.MUTED,
                )
            )
    ends: list[tuple[float, str, bool]] = []
    told = []
    for name in [*(n for n in dict.fromkeys(frame["series"]) if n != own), own]:
        mine = frame[frame["series"] == name].set_index("wave").reindex(list(waves))
        if mine["value"].isna().all():
            continue
        is_own = name == own
        colour = theme.OWN if is_own else theme.BENCHMARK
        dash = None if is_own else "6 4"
        path, pen, marks, height = "", "M", NOTHING, 0.0
        for wave, value, lower, upper in zip(
            waves, mine["value"], mine["lower"], mine["upper"], strict=True
        ):
            if pd.isna(value):
                pen = "M"
                continue
            across, height = x(wave) + (0 if is_own else 5), y(value)
            path += f"{pen}{across:.1f} {height:.1f}"
            pen = "L"
            if not (pd.isna(lower) or pd.isna(upper)):
                marks += element(
                    "path",
                    d=f"M{across:.1f} {y(lower):.1f}V{y(upper):.1f}",
                    stroke=colour,
                    stroke_width=2.5 if is_own else 1.5,
                )
            marks += element("g", _mark(is_own), transform=f"translate({across:.1f} {height:.1f})")
            bounds = fmt.interval(lower, upper, decimals, missing=say("interval.none"))
            told.append(
                say(
                    "trend.told",
                    name=name,
                    wave=wave,
                    value=fmt.number(value, decimals),
                    span=bounds,
                )
            )
        parts.append(
            together(
                element(
                    "path",
                    d=path,
                    fill="none",
                    stroke=colour,
                    stroke_width=2,
                    stroke_dasharray=dash,
                ),
                marks,
            )
        )
        ends.append((height, fmt.number(mine["value"].dropna().iloc[-1], decimals), is_own))
    for height, (_, text, is_own) in zip(_apart([end[0] for end in ends]), ends, strict=True):
        parts.append(
            element(
                "text",
                text,
                x=f"{_WIDTH - _RIGHT + 4:g}",
                y=f"{height + 4:.1f}",
                fill=theme.OWN if is_own else theme.BENCHMARK,
                font_weight=700 if is_own else None,
            )
        )
    name_id = identifier("trend", alt, measure, "".join(parts))
    return element(
        "div",
        element("strong", measure, id=f"{name_id}-t"),
        element(
            "svg",
            element("desc", " ".join(told), id=f"{name_id}-d"),
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
            role="img",
            width=f"{_WIDTH:g}",
            aria_labelledby=f"{name_id}-t {name_id}-d",
            font_size=12.5,
            font_family=theme.FONT,
            fill=theme.INK,
            style="display:block;max-width:100%",
        ),
    )


def _mark(is_own: bool) -> Markup:
    if is_own:
        return element("circle", r=4.5, fill=theme.OWN)
    return element(
        "path",
        d="M0-5 4.5 0 0 5-4.5 0z",
        fill=theme.PAPER,
        stroke=theme.BENCHMARK,
        stroke_width=1.5,
    )


def _swatch(is_own: bool) -> Markup:
    colour, dash = (theme.OWN, None) if is_own else (theme.BENCHMARK, "6 4")
    return element(
        "svg",
        element("path", d="M0 6h34", stroke=colour, stroke_width=2, stroke_dasharray=dash),
        element("g", _mark(is_own), transform="translate(17 6)"),
        width=34,
        height=12,
        aria_hidden="true",
    )


def _apart(heights: Sequence[float]) -> list[float]:
    """Move label heights apart to at least one line, keeping their order and their middle."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = list(heights)
    for before, after in pairwise(order):
        lack = _LINE - (placed[after] - placed[before])
        if lack > 0:
            placed[after] += lack
    excess = sum(placed[i] - heights[i] for i in order) / max(len(order), 1)
    return [value - excess for value in placed]
