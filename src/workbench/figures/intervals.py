"""Estimates with intervals side by side: caterpillar, forest of links, position among the others.

Built as an HTML table whose middle column is drawn: names and numbers are real text, wrap on a
telephone and are read row by row; the drawn cells use percentages, so they fill whatever width
there is. Measured for 34 rows: 11 KB and 2 ms, against 34 KB and 110 ms (after 1–4 s of imports)
for the same caterpillar by matplotlib.

The frames passed in have the columns ``label``, ``value``, ``lower``, ``upper`` and optionally
``reason``: the sentence shown where a row has no value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import pandas as pd
from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.display import (
    Panel,
    diamond,
    identifier,
    in_numbers,
    key,
    nice_ticks,
    tick_decimals,
    track_table,
)
from workbench.figures.markup import NOTHING, element, together
from workbench.figures.paper.rows import Intervals, Strips
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say

_ROW = 26
_MANY = 120
"""Rows with a number above which a caterpillar names the first and last alone."""
_NAMED = 10
_HEIGHT = 10 * _ROW
"""Pixels in which the rows between are drawn."""
_ACROSS = 1000
_DASHES = ("5 3", "1.5 2.5", "8 3 2 3")  # of lines to compare with, in this order


def caterpillar(
    frame: pd.DataFrame,
    *,
    alt: str,
    caption: str = "",
    heading: str | None = None,
    measure: str | None = None,
    highlight: str | None = None,
    pooled: tuple[float, float, float] | None = None,
    pooled_label: str | None = None,
    lines: Mapping[str, float] | None = None,
    decimals: int = 2,
    zero: bool = False,
) -> Panel:
    """Every organisation's estimate with its interval, largest first, those without one last.

    Of more than 120, the ten first and the ten last are named and those between drawn as one row;
    all of them stand in the numbers below the figure.

    Parameters
    ----------
    frame
        ``label``, ``value``, ``lower``, ``upper`` and, where a row has no value, ``reason``.
    alt
        The sentence that states the finding.
    heading, measure
        Heads of the columns with labels and with numbers.
    highlight
        The label of the row set apart.
    pooled, pooled_label
        Value, lower and upper of all together, drawn as a line with its interval as a band behind
        all rows; and what it is called.
    lines
        Numbers to compare with, such as published scores, by what they are called; broken lines.
    decimals
        Of the numbers shown.
    zero
        Draw a line at 0.

    Raises
    ------
    FigureError
        If the frame lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import figures
    >>> values = [("Parks", 0.4, 0.3, 0.5), ("Roads", 0.2, 0.0, 0.4)]
    >>> frame = pd.DataFrame(values, columns=["label", "value", "lower", "upper"])
    >>> panel = figures.caterpillar(frame, alt="Parks has the stronger link.", highlight="Roads")
    >>> "Parks" in panel.html, len(panel.frame)
    (True, 2)
    """
    ordered = frame.sort_values(
        ["value", "label"], ascending=[False, True], na_position="last", kind="stable"
    )
    return _rows(
        ordered,
        alt=alt,
        caption=caption,
        heading=heading or say("column.organisation"),
        measure=measure or say("column.estimate"),
        highlight=highlight,
        pooled=pooled,
        pooled_label=pooled_label or say("estimates.all"),
        decimals=decimals,
        zero=zero,
        lines=lines or {},
        shorten=True,
    )


def forest(
    frame: pd.DataFrame,
    *,
    alt: str,
    caption: str = "",
    heading: str | None = None,
    measure: str | None = None,
    decimals: int = 2,
) -> Panel:
    """Estimates in the order given, with a line at 0: links, effects, drivers.

    Parameters
    ----------
    frame, alt, heading, measure, decimals
        As in :func:`caterpillar`.

    Raises
    ------
    FigureError
        If the frame lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import figures
    >>> values = [("People → Service", 0.4, 0.3, 0.5)]
    >>> frame = pd.DataFrame(values, columns=["label", "value", "lower", "upper"])
    >>> panel = figures.forest(frame, alt="The link is 0.4 (0.3 to 0.5).")
    >>> "People → Service" in panel.html
    True
    """
    return _rows(
        frame,
        alt=alt,
        caption=caption,
        heading=heading or say("column.link"),
        measure=measure or say("column.strength"),
        highlight=None,
        pooled=None,
        pooled_label="",
        decimals=decimals,
        zero=True,
        lines={},
    )


def _rows(
    frame: pd.DataFrame,
    *,
    alt: str,
    caption: str,
    heading: str,
    measure: str,
    highlight: str | None,
    pooled: tuple[float, float, float] | None,
    pooled_label: str,
    decimals: int,
    zero: bool,
    lines: Mapping[str, float],
    shorten: bool = False,
) -> Panel:
    for name in ("label", "value", "lower", "upper"):
        if name not in frame.columns:
            raise FigureError(
                f"The figure {caption or measure!r} needs a column {name!r}; the frame has "
                f"{', '.join(map(str, frame.columns))}."
            )
    shown = frame[["value", "lower", "upper"]].to_numpy(float, na_value=np.nan)
    band = pooled if pooled is not None and not any(map(fmt.is_missing, pooled)) else None
    low, high = _limits([*_in_view(shown, band), *lines.values()], zero)

    def place(value: float) -> float:
        return 100 * (value - low) / (high - low)

    name = identifier("rows", alt, caption, repr(shown.tolist()))
    background = []
    if band is not None:
        middle, start, end = (place(value) for value in band)
        background.append(
            together(
                element(
                    "rect",
                    x=f"{start:.1f}%",
                    width=f"{end - start:.1f}%",
                    y="-6",
                    height=_ROW + 12,
                    fill=theme.BAND,
                    stroke="none",
                ),
                element(
                    "line",
                    x1=f"{middle:.1f}%",
                    x2=f"{middle:.1f}%",
                    y1="-6",
                    y2=_ROW + 6,
                    stroke=theme.BENCHMARK,
                ),
            )
        )
    compared = [
        (called, value, dashes)
        for (called, value), dashes in zip(lines.items(), cycle(_DASHES), strict=False)
    ]
    upright: list[tuple[float, str | None]] = [(value, dashes) for _, value, dashes in compared]
    if zero and low <= 0 <= high:
        upright.append((0.0, None))
    background += [
        element(
            "line",
            x1=f"{place(value):.1f}%",
            x2=f"{place(value):.1f}%",
            y1="-6",
            y2=_ROW + 6,
            stroke=theme.INK,
            stroke_width=1,
            stroke_dasharray=dashes,
        )
        for value, dashes in upright
    ]
    symbols = element(
        "svg",
        element("defs", element("g", *background, id=f"{name}-b")),
        width=0,
        height=0,
        style="position:absolute",
        aria_hidden="true",
    )
    told = list(frame["reason"]) if "reason" in frame.columns else [""] * len(frame)
    rows = [
        _Row(str(label), value, lower, upper, "" if fmt.is_missing_text(why) else str(why))
        for label, (value, lower, upper), why in zip(
            frame["label"], shown.tolist(), told, strict=True
        )
    ]
    body, numbers = [], NOTHING
    for group in _grouped(rows, highlight) if shorten else [[row] for row in rows]:
        if len(group) == 1:
            body.append(_named(group[0], group[0].label == highlight, place, name, decimals))
        elif fmt.is_missing(group[0].value):
            without = say("estimates.without", count=len(group))
            body.append(element("tr", element("th", without, scope="row", colspan=3)))
        else:
            body.append(_between(group, place, name, decimals))
    if len(body) < len(rows):
        numbers = in_numbers(caption or alt, (heading, measure, say("estimates.interval")), [
            (row.label, *row.in_words(decimals)) for row in rows
        ])  # fmt: skip
    own = f"var(--wb-own,{theme.OWN})"
    strokes = f"stroke:{own};fill:{own};stroke-width:2"
    table = track_table(
        caption or alt,
        [
            element("th", heading, scope="col"),
            element("th", _axis(low, high), scope="col", class_="wb-track"),
            element("th", f"{measure} ", element("small", say("estimates.interval")), scope="col"),
        ],
        ("32%", "27%"),
        element("tbody", *body, style=strokes),
        class_="wb-rows",
        style="width:100%;border-collapse:collapse",
    )
    entries = []
    if highlight is not None and highlight in set(frame["label"]):
        entries.append((_dot(6), say("estimates.bold", name=highlight)))
    if pooled is not None:
        entries.append(
            (
                element(
                    "svg",
                    element("rect", width=22, height=16, fill=theme.BAND),
                    element("path", d="M11 0v16", stroke=theme.BENCHMARK, stroke_width=2),
                    width=22,
                    height=16,
                    aria_hidden="true",
                ),
                say(
                    "estimates.pooled", name=pooled_label, estimate=fmt.estimate(*pooled, decimals)
                ),
            )
        )
    entries += [
        (
            element(
                "svg",
                element("path", d="M11 0v16", stroke=theme.INK, stroke_dasharray=dashes),
                width=22,
                height=16,
                aria_hidden="true",
            ),
            say("estimates.pooled", name=called, estimate=fmt.number(value, decimals)),
        )
        for called, value, dashes in compared
    ]
    if np.nanmin(shown, initial=low) < low or np.nanmax(shown, initial=high) > high:
        entries.append((NOTHING, say("estimates.arrow")))
    names = tuple(map(str, frame["label"]))
    face = Intervals(
        names, shown, measure, highlight, band, pooled_label, zero, tuple(lines.items())
    )
    return Panel(symbols + table + numbers, alt, caption, key(entries), len(body) > 16, frame, face)


@dataclass(frozen=True)
class _Row:
    """An estimate with its interval, and why there is none."""

    label: str
    value: float
    lower: float
    upper: float
    reason: str

    def in_words(self, decimals: int) -> tuple[str, str]:
        """The estimate and its interval, or the reason in place of what is missing."""
        if fmt.is_missing(self.value):
            return self.reason or say("number.missing"), ""
        nothing = say("interval.none")
        if self.reason:
            nothing = say("interval.none because", reason=self.reason)
        interval = fmt.interval(self.lower, self.upper, decimals, missing=nothing)
        return fmt.number(self.value, decimals), interval


def _grouped(rows: Sequence[_Row], highlight: str | None) -> list[list[_Row]]:
    """Rows as they are drawn: one for each that is named, and one for all between two of them."""
    known = [row for row in rows if not fmt.is_missing(row.value)]
    if len(known) <= _MANY:
        return [[row] for row in rows]
    groups: list[list[_Row]] = [[]]
    for number, row in enumerate(known):
        if min(number, len(known) - 1 - number) < _NAMED or row.label == highlight:
            groups += [[row], []]
        else:
            groups[-1].append(row)
    own = [row for row in rows if fmt.is_missing(row.value) and row.label == highlight]
    others = [row for row in rows if fmt.is_missing(row.value) and row.label != highlight]
    return [group for group in (*groups, own, others) if group]


def _named(
    row: _Row, own: bool, place: Callable[[float], float], name: str, decimals: int
) -> Markup:
    """A row of its own; in bold if it is the one set apart."""
    kind = "wb-own" if own else None
    head = element("th", row.label, scope="row")
    value, interval = row.in_words(decimals)
    if fmt.is_missing(row.value):
        told = element("td", element("small", value), colspan=2)
        return element("tr", head, told, class_=kind)
    whisker: Markup | str = ""
    if not (fmt.is_missing(row.lower) or fmt.is_missing(row.upper)):
        whisker = _whisker(place(row.lower), place(row.upper))
    drawn = element(
        "svg",
        element("use", href=f"#{name}-b"),
        whisker,
        element("circle", cx=f"{place(row.value):.1f}%", cy=13, r=6 if own else 4),
        width="100%",
        height=_ROW,
        aria_hidden="true",
    )
    told = element("td", f"{value} ", element("small", interval))
    return element("tr", head, element("td", drawn, class_="wb-track"), told, class_=kind)


def _between(
    rows: Sequence[_Row], place: Callable[[float], float], name: str, decimals: int
) -> Markup:
    """Rows without names, drawn as one: their points, and how far their intervals reach.

    What falls on one pixel is drawn once.
    """
    height = min(_HEIGHT, _ROW * len(rows))
    points: dict[str, None] = {}
    reach: dict[int, list[float]] = {}
    for number, row in enumerate(rows):
        down = round((number + 0.5) / len(rows) * height)
        points[f"M{10 * place(row.value):.0f} {down}h0"] = None
        ends = [row.lower, row.upper]
        if not any(map(fmt.is_missing, ends)):
            low, high = np.clip([place(end) for end in ends], 0, 100)
            widest = reach.setdefault(down, [low, high])
            widest[:] = min(widest[0], low), max(widest[1], high)
    lines = "".join(f"M{10 * a:.0f} {down}H{10 * b:.0f}" for down, (a, b) in reach.items())
    drawn = element(
        "svg",
        *(element("use", href=f"#{name}-b", y=down) for down in range(0, height, _ROW)),
        element(
            "svg",
            element("path", d=lines, stroke_width=1, stroke_opacity=0.35, **_STEADY),
            element("path", d="".join(points), stroke_width=4, stroke_linecap="round", **_STEADY),
            viewBox=f"0 0 {_ACROSS} {height}",
            preserveAspectRatio="none",
            width="100%",
            height=height,
        ),
        width="100%",
        height=height,
        aria_hidden="true",
    )
    highest, lowest = (fmt.number(row.value, decimals) for row in (rows[0], rows[-1]))
    return element(
        "tr",
        element("th", say("estimates.between", count=len(rows)), scope="row"),
        element("td", drawn, class_="wb-track"),
        element("td", say("number.interval", lower=lowest, upper=highest)),
    )


_STEADY = {"vector_effect": "non-scaling-stroke", "fill": "none"}


def _in_view(rows: np.ndarray, pooled: tuple[float, float, float] | None) -> list[float]:
    """Numbers the scale must reach: all values and the pooled interval, and the whiskers as far as
    three quarters of a spread beyond them: one wild interval must not flatten all others."""
    values = [*rows[:, 0][np.isfinite(rows[:, 0])], *(pooled or ())]
    if not values:
        return []
    ends = rows[:, 1:][np.isfinite(rows[:, 1:])]
    widths = (rows[:, 2] - rows[:, 1])[np.isfinite(rows[:, 2] - rows[:, 1])]
    spread = max(max(values) - min(values), float(np.median(widths)) if len(widths) else 0.0)
    reach = min(values) - 0.75 * spread, max(values) + 0.75 * spread
    return [*map(float, values), *map(float, np.clip(ends, *reach))]


def _whisker(start: float, end: float) -> Markup:
    """A horizontal line between two places in percent; an arrow head where it leaves the scale."""
    heads = NOTHING
    if start < 0:
        heads += element(
            "svg", element("path", d="M0 0 8-5v10z", stroke="none"), y=13, overflow="visible"
        )
    if end > 100:
        heads += element(
            "svg",
            element("path", d="M0 0-8-5v10z", stroke="none"),
            x="100%",
            y=13,
            overflow="visible",
        )
    start, end = max(start, 0.0), min(end, 100.0)
    return together(element("line", x1=f"{start:.1f}%", x2=f"{end:.1f}%", y1=13, y2=13), heads)


def _limits(known: Sequence[float], zero: bool) -> tuple[float, float]:
    values = [*known, 0.0] if zero or not known else list(known)
    low, high = min(values), max(values)
    pad = 0.04 * (high - low) or 0.5
    return low - pad, high + pad


def _axis(low: float, high: float) -> Markup:
    ticks = nice_ticks(low, high, 5)
    decimals = tick_decimals(ticks)
    places = [f"{100 * (tick - low) / (high - low):.1f}%" for tick in ticks]
    texts = (
        element(
            "g",
            element("text", fmt.number(tick, decimals), x=at, y=12),
            element("line", x1=at, x2=at, y1=16, y2=22, stroke=theme.RULE),
            class_="wb-odd" if index % 2 else None,  # hidden where there is little room
        )
        for index, (tick, at) in enumerate(zip(ticks, places, strict=True))
    )
    scale = say("scale.ends", low=fmt.number(low, decimals), high=fmt.number(high, decimals))
    return element(
        "svg",
        *texts,
        width="100%",
        height=22,
        role="img",
        aria_label=scale,
        style="overflow:visible",
        font_size=12.5,
        font_weight=400,
        text_anchor="middle",
        fill=theme.MUTED,
    )


def _dot(radius: int) -> Markup:
    return element(
        "svg",
        element("circle", cx=8, cy=8, r=radius, fill=theme.OWN),
        width=16,
        height=16,
        aria_hidden="true",
    )


def position(
    frame: pd.DataFrame,
    own: str,
    *,
    alt: str,
    caption: str = "",
    decimals: int = 1,
    own_label: str | None = None,
) -> Panel:
    """Where one organisation stands among the others: one strip per measure, a dot each.

    ``frame`` is tidy with columns ``measure``, ``label`` (organisation) and ``value``; ``own``
    is the label set apart. Strips share one scale, so they are meant for measures in the same unit.

    Parameters
    ----------
    frame
        ``measure``, ``label`` (organisation) and ``value``.
    own
        The label set apart.
    alt
        The sentence that states the finding.
    decimals
        Of the values shown.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import figures
    >>> frame = pd.DataFrame(
    ...     {"measure": "Trust", "label": ["Parks", "Roads", "Water"], "value": [61.0, 55.0, 58.0]}
    ... )
    >>> panel = figures.position(frame, "Parks", alt="Parks has the highest trust of three.")
    >>> "Trust" in panel.html
    True
    """
    known = frame.dropna(subset=["value"])
    low, high = _limits([float(value) for value in known["value"]], zero=False)
    rows = []
    for measure in dict.fromkeys(frame["measure"]):
        part = known[known["measure"] == measure]
        others = part.loc[part["label"] != own, "value"].sort_values()
        mine = part.loc[part["label"] == own, "value"]
        dots = [
            element("circle", cx=f"{100 * (value - low) / (high - low):.1f}%", cy=15, r=5)
            for value in others
        ]
        middle = ""
        if len(part):
            at = 100 * (float(part["value"].median()) - low) / (high - low)
            middle = element(
                "line",
                x1=f"{at:.1f}%",
                x2=f"{at:.1f}%",
                y1=2,
                y2=28,
                stroke=theme.BENCHMARK,
                stroke_width=2,
            )
        here: Markup | str = ""
        told: Markup = element("small", say("position.none"))
        if len(mine):
            value = float(mine.iloc[0])
            rank = 1 + int((others > value).sum())
            told = together(
                f"{fmt.number(value, decimals)} ",
                element("small", say("position.place", rank=rank, ranked=len(part))),
            )
            at = 100 * (value - low) / (high - low)
            here = diamond(at, 15, 7, 9, fill=theme.OWN, stroke=theme.PAPER, stroke_width=1.5)
        rows.append(
            element(
                "tr",
                element("th", str(measure), scope="row"),
                element(
                    "td",
                    element(
                        "svg",
                        element("line", x2="100%", y1=15, y2=15, stroke=theme.HAIRLINE),
                        element(
                            "g", *dots, fill=theme.OTHER, fill_opacity=".45", stroke=theme.OTHER
                        ),
                        middle,
                        here,
                        width="100%",
                        height=30,
                        aria_hidden="true",
                        style="overflow:visible",
                    ),
                    class_="wb-track",
                ),
                element("td", told),
            )
        )
    table = track_table(
        caption or alt,
        [
            element("th", say("column.measure"), scope="col"),
            element("th", _axis(low, high), scope="col", class_="wb-track"),
            element("th", say("column.value and place"), scope="col"),
        ],
        ("24%", "27%"),
        element("tbody", *rows),
        class_="wb-rows",
        style="width:100%",
    )
    legend = key(
        [
            (
                element(
                    "svg",
                    element("path", d="M9 0 16 9 9 18 2 9z", fill=theme.OWN),
                    width=18,
                    height=18,
                    aria_hidden="true",
                ),
                own_label or say("position.own"),
            ),
            (
                element(
                    "svg",
                    element(
                        "circle",
                        cx=7,
                        cy=7,
                        r=5,
                        fill=theme.OTHER,
                        fill_opacity=".45",
                        stroke=theme.OTHER,
                    ),
                    width=14,
                    height=14,
                    aria_hidden="true",
                ),
                say("position.other"),
            ),
            (
                element(
                    "svg",
                    element("path", d="M4 0v18", stroke_width=2, stroke=theme.BENCHMARK),
                    width=8,
                    height=18,
                    aria_hidden="true",
                ),
                say("position.median"),
            ),
        ]
    )
    measures = list(dict.fromkeys(known["measure"]))
    split = [known[known["measure"] == measure] for measure in measures]
    mine = [part.loc[part["label"] == own, "value"] for part in split]
    face = Strips(
        tuple(map(str, measures)),
        tuple(part.loc[part["label"] != own, "value"].to_numpy(float) for part in split),
        np.array([one.iloc[0] if len(one) else np.nan for one in mine]),
        own_label or say("position.own"),
    )
    return Panel(table, alt, caption, legend, frame=frame, face=face)
