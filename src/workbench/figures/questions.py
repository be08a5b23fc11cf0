"""How each question was answered: diverging bars of the answer categories, or units' percentages.

An HTML table, one row per question: the wording is real text, the bar is drawn in percentages of
its cell, so it fills a telephone and a desk alike. Ten questions on a five-point scale take about
16 KB and 1 ms. Bars diverge around the middle of the scale; categories are told apart by an
outline, by their printed shares and by their order in the legend, not by colour alone. All shares
and further facts of every question are in a table that opens under the figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.display import (
    Panel,
    diamond,
    key,
    scrollable,
    track_table,
    unseen_caption,
)
from workbench.figures.markup import NOTHING, element, together
from workbench.figures.paper.rows import Intervals, Shares
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted

_PRINTED_FROM = 0.07  # narrower segments have no room for their share
_BAR = 26


@dataclass(frozen=True)
class Question:
    """Answers to one question: ``shares`` maps each code of the scale to its share (0–1), from the
    least to the most favourable; ``benchmark`` is the mean of all organisations on the same codes.
    A question that must not be shown has no shares and a ``reason``, a sentence. ``positive`` says
    how many answers are positive and ``change`` whether they became more, as text; ``facts`` are
    further columns of its row in the table of numbers, by their headings, the same for all
    questions of a figure."""

    item: str
    wording: str
    shares: Mapping[int, float] = field(default_factory=dict)
    n: int | None = None
    mean: float | None = None
    benchmark: float | None = None
    reason: str = ""
    positive: str = ""
    change: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UnitQuestion:
    """Percentages (0–100) of one question, one per unit, with the mean of all organisations.

    ``change`` and ``facts`` are those of :class:`Question`."""

    item: str
    wording: str
    values: Sequence[float] = ()
    benchmark: float | None = None
    reason: str = ""
    change: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def response_shares(
    questions: Sequence[Question],
    *,
    alt: str,
    caption: str = "",
    labels: Mapping[int, str] | None = None,
    notes: Sequence[str] = (),
) -> Panel:
    """Diverging stacked bars of ordered categories, with n, mean and the benchmark's mean.

    Parameters
    ----------
    questions
        All of one scale.
    alt
        The sentence that states the finding.
    labels
        Words for codes; those of the ends are enough.
    notes
        What must be known to read the table of numbers, which stands below it.

    Raises
    ------
    FigureError
        If scales differ, or shares do not add up to 1.

    Examples
    --------
    >>> from workbench.figures import Question, response_shares
    >>> shares = {1: 0.1, 2: 0.2, 3: 0.7}
    >>> question = Question("q1", "I was treated fairly.", shares, n=120, mean=2.6, benchmark=2.4)
    >>> panel = response_shares([question], alt="70% agree.", labels={1: "Disagree", 3: "Agree"})
    >>> "70%" in panel.html
    True
    """
    shown = [question for question in questions if question.shares]
    scales = list(dict.fromkeys(tuple(sorted(question.shares)) for question in shown))
    if len(scales) > 1:
        raise FigureError(
            f"The questions {', '.join(q.item for q in shown)} have different scales: "
            f"{'; '.join(str(list(scale)) for scale in scales)}. Draw one figure per scale."
        )
    for question in shown:
        total = sum(question.shares.values())
        if abs(total - 1) > 0.005:
            raise FigureError(
                f"Question {question.item}: shares add up to {total:.3f}, not to 1. "
                "Give shares of the valid answers, between 0 and 1."
            )
    codes = list(scales[0]) if scales else []
    colours = dict(zip(codes, theme.diverging(len(codes)), strict=True))
    reach = [_reach(question.shares, codes) for question in shown]
    left = max((low for low, _ in reach), default=0.5)
    right = max((high for _, high in reach), default=0.5)
    rows = [_row(question, codes, colours, left, right) for question in questions]
    words = {code: (labels or {}).get(code, "") for code in codes}
    legend = key(
        [
            (
                element(
                    "svg",
                    element(
                        "rect",
                        x=".5",
                        y=".5",
                        width=17,
                        height=17,
                        fill=colours[code],
                        stroke=theme.ON_FILL,
                    ),
                    width=18,
                    height=18,
                    aria_hidden="true",
                ),
                say("questions.code", code=code, words=words[code]) if words[code] else str(code),
            )
            for code in codes
        ]
        + (
            [(_dot(), say("questions.mean")), (_diamond(), say("questions.mean of all"))]
            if shown
            else []
        )
    )
    body = together(
        track_table(
            caption or alt,
            _heads(say("column.question"), say("column.shares"), say("column.mean")),
            ("34%", "23%"),
            element("tbody", *rows),
            class_="wb-questions",
            role="table",
            style="width:100%",
        ),
        _numbers(
            shown,
            [f"{code} {words[code]}".strip() for code in codes],
            [[fmt.number(100 * one.shares[code], 1) for code in codes] for one in shown],
            caption or alt,
            notes,
        ),
    )
    face = Shares(
        tuple(question.wording for question in shown),
        tuple(codes),
        np.array([[question.shares[code] for code in codes] for question in shown]),
        words,
    )
    return Panel(body, alt, caption, legend, len(questions) > 8, _frame(shown), face)


def _heads(*titles: str) -> list[Markup]:
    return [element("th", title, scope="col", role="columnheader") for title in titles]


def _reach(shares: Mapping[int, float], codes: Sequence[int]) -> tuple[float, float]:
    """How far the bar reaches to the left and right of the middle of the scale."""
    half = len(codes) // 2
    low = sum(shares[code] for code in codes[:half])
    middle = shares[codes[half]] / 2 if len(codes) % 2 else 0.0
    return low + middle, 1 - low - middle


def _row(
    question: Question,
    codes: Sequence[int],
    colours: Mapping[int, str],
    left: float,
    right: float,
) -> Markup:
    head = _head(question.wording)
    if not question.shares:
        return element("tr", head, _instead(question.reason), role="row")
    whole = left + right
    start = left - _reach(question.shares, codes)[0]
    marks, texts = [], []
    for code in codes:
        share = question.shares[code]
        if share > 0:
            marks.append(
                element(
                    "rect",
                    x=f"{100 * start / whole:.2f}%",
                    width=f"{100 * share / whole:.2f}%",
                    height=_BAR,
                    fill=colours[code],
                )
            )
        if share / whole >= _PRINTED_FROM:
            texts.append(
                element(
                    "text",
                    fmt.number(100 * share, 0),
                    x=f"{100 * (start + share / 2) / whole:.2f}%",
                    y=18,
                )
            )
        start += share
    told = say("list.comma").join(
        say("questions.share", code=code, share=fmt.percent(question.shares[code]))
        for code in codes
    )
    middle = 100 * left / whole
    bar = element(
        "svg",
        element("line", x1=f"{middle:.2f}%", x2=f"{middle:.2f}%", y2=_BAR + 8, stroke=theme.INK),
        element(
            "svg",
            element("g", *marks, stroke=theme.ON_FILL),
            *texts,
            y=4,
            width="100%",
            height=_BAR,
            fill=theme.ON_FILL,
            overflow="visible",
        ),
        width="100%",
        height=_BAR + 8,
        role="img",
        aria_label=told,
        style="overflow:visible",
        font_size=13,
        text_anchor="middle",
    )
    return element(
        "tr",
        head,
        element("td", bar, role="cell", class_="wb-track"),
        element("td", _mean(question, codes[0], codes[-1]), role="cell"),
        role="row",
    )


def _head(wording: str) -> Markup:
    return element("th", wording, scope="row", role="rowheader", lang=spoken().quoted or None)


def _instead(reason: str) -> Markup:
    """What stands in place of numbers that must not be shown."""
    said = element("small", reason or say("number.missing"))
    return element("td", said, colspan=2, role="cell")


def _mean(question: Question, low: int, high: int) -> Markup:
    if fmt.is_missing(question.mean):
        return element("small", say("questions.n", n=fmt.people(question.n)))
    text = element("strong", fmt.number(question.mean))
    details = [] if fmt.is_missing(question.n) else [say("questions.n", n=fmt.people(question.n))]
    if not fmt.is_missing(question.benchmark):
        details.insert(0, say("questions.all", value=fmt.number(question.benchmark)))
    if question.positive:
        details.append(say("questions.positive", share=question.positive))
    if question.change:
        details.append(question.change)
    strip = _strip(question.mean or 0.0, question.benchmark, low, high)
    return together(text, " ", element("small", say("list.comma").join(details)), strip)


def _strip(mean: float, benchmark: float | None, low: float, high: float) -> Markup:
    def place(value: float) -> float:
        return 100 * (value - low) / (high - low)

    of_all: Markup | str = ""
    if not fmt.is_missing(benchmark):
        assert benchmark is not None
        of_all = diamond(
            place(benchmark), 8, 5, 6, fill=theme.PAPER, stroke=theme.BENCHMARK, stroke_width=2
        )
    return element(
        "svg",
        element("path", d="M0 3v10", stroke=theme.RULE),
        element("line", x2="100%", y1=8, y2=8, stroke=theme.RULE),
        of_all,
        element("circle", cx=f"{place(mean):.1f}%", cy=8, r=4.5, fill=theme.OWN),
        width="100%",
        height=16,
        aria_hidden="true",
        style="display:block;overflow:visible;max-width:11rem",
    )


def _numbers(
    questions: Sequence[Question | UnitQuestion],
    heads: Sequence[str],
    cells: Sequence[Sequence[str]],
    name: str,
    notes: Sequence[str],
) -> Markup:
    """The table of numbers, closed until it is opened: ``cells`` under ``heads``, then the facts of
    every question, and ``notes`` on them."""
    if not questions:
        return NOTHING
    facts = list(questions[0].facts)
    rows = (
        element(
            "tr",
            element(
                "th",
                question.wording or question.item,
                scope="row",
                lang=spoken().quoted or None,
            ),
            *(element("td", text) for text in (*own, *question.facts.values())),
        )
        for question, own in zip(questions, cells, strict=True)
    )
    return element(
        "details",
        element("summary", say("questions.numbers")),
        scrollable(
            element(
                "table",
                unseen_caption(say("questions.numbers of", name=name)),
                element(
                    "thead",
                    element(
                        "tr",
                        *(
                            element("th", head, scope="col")
                            for head in (say("column.question"), *heads, *facts)
                        ),
                    ),
                ),
                element("tbody", *rows),
            ),
            say("questions.numbers region", name=name),
        ),
        *(element("p", note, class_="wb-notes") for note in notes),
    )


def _frame(questions: Sequence[Question]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (q.item, q.wording, code, share, q.n, q.mean, q.benchmark)
            for q in questions
            for code, share in sorted(q.shares.items())
        ],
        columns=["item", "wording", "code", "share", "n", "mean", "benchmark"],
    )


def unit_percentages(
    questions: Sequence[UnitQuestion],
    *,
    alt: str,
    caption: str = "",
    notes: Sequence[str] = (),
) -> Panel:
    """Units' percentages per question: how many units lie in each band of ten points, the mean over
    units and the mean of all organisations on the same 0–100 scale.

    Parameters
    ----------
    questions
        Percentages unit by unit.
    alt
        The sentence that states the finding.
    notes
        As in :func:`response_shares`.

    Raises
    ------
    FigureError
        If a percentage is not between 0 and 100.

    Examples
    --------
    >>> from workbench.figures import UnitQuestion, unit_percentages
    >>> question = UnitQuestion("on_time", "Cases on time", [82.0, 91.0, 77.0], benchmark=80.0)
    >>> panel = unit_percentages([question], alt="Offices close 77 to 91% on time.")
    >>> "Cases on time" in panel.html
    True
    """
    rows, frame = [], []
    for question in questions:
        values = np.asarray(question.values, dtype=float)
        values = values[np.isfinite(values)]
        head = _head(question.wording)
        if not len(values):
            rows.append(element("tr", head, _instead(question.reason), role="row"))
            continue
        if values.min() < 0 or values.max() > 100:
            raise FigureError(
                f"Question {question.item}: percentages reach from {values.min():g} to "
                f"{values.max():g}; they must lie between 0 and 100."
            )
        bands = np.bincount(np.minimum((values // 10).astype(int), 9), minlength=10)
        mean = float(values.mean())
        frame.append((question.item, question.wording, mean, question.benchmark, len(values)))
        told = say("list.comma").join(
            say("percentages.band", low=10 * band, high=10 * band + 10, number=count)
            for band, count in enumerate(bands)
            if count
        )
        bars = (
            element(
                "rect",
                x=f"{10 * band + 0.5:g}%",
                y=f"{34 - 28 * count / bands.max():.1f}",
                width="9%",
                height=f"{28 * count / bands.max():.1f}",
            )
            for band, count in enumerate(bands)
            if count
        )
        marks = element("circle", cx=f"{mean:.1f}%", cy=35, r=5, fill=theme.OWN, stroke=theme.PAPER)
        details = [counted(len(values), "unit")]
        if not fmt.is_missing(question.benchmark):
            marks = together(
                element(
                    "svg",
                    element(
                        "path",
                        d="M0-6 5 0 0 6-5 0z",
                        fill=theme.PAPER,
                        stroke=theme.BENCHMARK,
                        stroke_width=2,
                    ),
                    x=f"{question.benchmark:.1f}%",
                    y=35,
                    width=1,
                    height=1,
                    overflow="visible",
                ),
                marks,
            )
            assert question.benchmark is not None
            details.insert(0, say("questions.all", value=fmt.percent(question.benchmark / 100, 1)))
        if question.change:
            details.append(question.change)
        drawn = element(
            "svg",
            element("g", *bars, fill=theme.BAR, stroke=theme.OWN),
            element("line", x2="100%", y1=35, y2=35, stroke=theme.RULE),
            marks,
            width="100%",
            height=42,
            role="img",
            aria_label=say("percentages.told", bands=told),
            style="overflow:visible",
        )
        said = element(
            "td",
            element("strong", fmt.percent(mean / 100, 1)),
            " ",
            element("small", say("list.comma").join(details)),
            role="cell",
        )
        track = element("td", drawn, role="cell", class_="wb-track")
        rows.append(element("tr", head, track, said, role="row"))
    legend = key(
        [
            (
                element(
                    "svg",
                    element(
                        "rect",
                        x=".5",
                        y=".5",
                        width=15,
                        height=15,
                        fill=theme.BAR,
                        stroke=theme.OWN,
                    ),
                    width=16,
                    height=16,
                    aria_hidden="true",
                ),
                say("percentages.key"),
            ),
            (_dot(), say("percentages.mean")),
            (_diamond(), say("questions.mean of all")),
        ]
    )
    shown = [question for question in questions if question.facts]
    body = together(
        track_table(
            caption or alt,
            _heads(say("column.question"), say("column.percentages"), say("column.mean")),
            ("38%", "23%"),
            element("tbody", *rows),
            class_="wb-questions",
            role="table",
            style="width:100%",
        ),
        _numbers(shown, [], [[] for _ in shown], caption or alt, notes),
    )
    columns = ["item", "wording", "mean", "benchmark", "units"]
    numbers = pd.DataFrame(frame, columns=columns)
    face = Intervals(
        tuple(numbers["wording"]),
        np.column_stack([numbers["mean"], *[np.full(len(numbers), np.nan)] * 2]),
        say("column.mean"),
    )
    return Panel(body, alt, caption, legend, len(questions) > 8, numbers, face)


def _dot() -> Markup:
    return element(
        "svg",
        element("circle", cx=6, cy=6, r=4.5, fill=theme.OWN),
        width=12,
        height=12,
        aria_hidden="true",
    )


def _diamond() -> Markup:
    return element(
        "svg",
        element(
            "path",
            d="M7 2 12 8 7 14 2 8z",
            fill=theme.PAPER,
            stroke=theme.BENCHMARK,
            stroke_width=2,
        ),
        width=14,
        height=16,
        aria_hidden="true",
    )
