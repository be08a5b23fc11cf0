"""Rows for a paper: estimates with intervals, and stacked shares of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.figures.paper.face import Face, own_and_other

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

_ROW = 0.2
"""Inches of a row in a figure of the width of a page."""

_PAGE = 6.85

_STYLES = ("--", ":", "-.")
"""Of lines to compare with, in this order."""


@dataclass(frozen=True)
class Intervals(Face):
    """Estimates with their intervals, one below the other (caterpillar, forest).

    Attributes
    ----------
    labels
        What each row is about, the first at the top.
    estimates
        (n, 3): value, lower, upper; NaN where there is none.
    measure
        What is estimated.
    highlight
        The label of the row set apart.
    pooled
        Value, lower and upper of all together.
    zero
        Draw a line at 0.
    lines
        Numbers to compare with, each with what it is called.
    """

    labels: tuple[str, ...]
    estimates: Floats
    measure: str
    highlight: str | None = None
    pooled: tuple[float, float, float] | None = None
    pooled_label: str = ""
    zero: bool = False
    lines: tuple[tuple[str, float], ...] = ()

    @property
    def aspect(self) -> float:
        return (0.8 + _ROW * max(len(self.labels), 2)) / _PAGE

    def draw(self, ax: Axes) -> None:
        own, other = own_and_other()
        rows = np.arange(len(self.labels))
        value, lower, upper = self.estimates.T
        if self.pooled is not None:
            middle, start, end = self.pooled
            ax.axvspan(start, end, color=other, alpha=0.18, linewidth=0)
            ax.axvline(middle, color=other, label=self.pooled_label)
        if self.zero:
            ax.axvline(0, color="0.3", linewidth=0.8)
        for (called, value), style in zip(self.lines, cycle(_STYLES), strict=False):
            ax.axvline(value, color="0.3", linewidth=0.8, linestyle=style, label=called)
        ax.hlines(rows, lower, upper, color=own)
        apart = np.array([label == self.highlight for label in self.labels])
        ax.scatter(value[~apart], rows[~apart], color=own, s=14, zorder=3)
        ax.scatter(value[apart], rows[apart], color=own, s=52, marker="D", zorder=3)
        ax.set_yticks(rows, self.labels)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xlabel(self.measure)
        ax.grid(visible=False, axis="y")
        ax.spines[["top", "right"]].set_visible(False)
        if (self.pooled is not None and self.pooled_label) or self.lines:
            ax.legend(loc="lower right")


@dataclass(frozen=True)
class Strips(Face):
    """Where one of several stands among the others, one strip a measure.

    ``values`` are those of the others by measure, ``own`` that of the one, NaN where it has none.
    """

    measures: tuple[str, ...]
    values: tuple[Floats, ...]
    own: Floats
    own_label: str

    @property
    def aspect(self) -> float:
        return (0.9 + 0.4 * max(len(self.measures), 2)) / _PAGE

    def draw(self, ax: Axes) -> None:
        first, other = own_and_other()
        rows = np.arange(len(self.measures))
        for row, values in zip(rows, self.values, strict=True):
            ax.scatter(values, np.full(len(values), row), color=other, alpha=0.5, s=18)
        ax.scatter(self.own, rows, color=first, marker="D", s=44, zorder=3, label=self.own_label)
        ax.set_yticks(rows, self.measures)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


@dataclass(frozen=True)
class Shares(Face):
    """The answers to questions as shares that are stacked from the lowest to the highest.

    Attributes
    ----------
    wordings
        What each question asks, the first at the top.
    codes
        The answers of the scale.
    shares
        (questions, answers), 0 to 1.
    words
        What codes mean, where that is known.
    """

    wordings: tuple[str, ...]
    codes: tuple[int, ...]
    shares: Floats
    words: Mapping[int, str]

    @property
    def aspect(self) -> float:
        return (0.9 + 0.34 * max(len(self.wordings), 2)) / _PAGE

    def draw(self, ax: Axes) -> None:
        from workbench.figures.theme import diverging

        rows, start = np.arange(len(self.wordings)), np.zeros(len(self.wordings))
        for code, fill, share in zip(
            self.codes, diverging(len(self.codes)), self.shares.T, strict=True
        ):
            word = self.words.get(code)
            label = f"{code} {word}" if word else str(code)
            bars = ax.barh(
                rows, 100 * share, left=100 * start, color=fill, edgecolor="0.2", linewidth=0.4,
                label=label,
            )  # fmt: skip
            told = [f"{100 * one:.0f}" if one >= 0.06 else "" for one in share]
            ax.bar_label(bars, told, label_type="center", color="0.1")
            start = start + share
        ax.set_yticks(rows, self.wordings)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xlim(0, 100)
        ax.set_xlabel("%")
        ax.grid(visible=False)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(len(self.codes), 5),
            frameon=False,
        )  # fmt: skip
