"""Lines for a paper: indices over waves, a result over a supposition, eigenvalues, slopes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures.paper.face import Face, colours, labelled, own_and_other

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trend(Face):
    """Every measure over the waves: one colour a measure, one line style a series.

    ``frame`` has ``measure``, ``series``, ``wave``, ``value``, ``lower`` and ``upper``; ``waves``
    are all of them in order, ``own`` is the series drawn as a full line, ``level`` a value to
    compare with.
    """

    frame: pd.DataFrame
    waves: tuple[str, ...]
    own: str
    level: float | None = None

    def draw(self, ax: Axes) -> None:
        place = {wave: number for number, wave in enumerate(self.waves)}
        colour = dict(zip(dict.fromkeys(self.frame["measure"]), colours(), strict=False))
        others = [name for name in dict.fromkeys(self.frame["series"]) if name != self.own]
        style = {self.own: "-", **dict(zip(others, cycle(("--", ":", "-.")), strict=False))}
        for (measure, series), rows in self.frame.groupby(["measure", "series"], sort=False):
            rows = rows.set_index("wave").reindex(list(self.waves))
            at = np.array([place[wave] for wave in rows.index], dtype=float)
            value, lower, upper = rows[["value", "lower", "upper"]].to_numpy(float).T
            line = {"color": colour[measure], "linestyle": style[series]}
            ax.plot(at, value, marker="o", markersize=4, label=f"{measure}, {series}", **line)
            ax.vlines(at, lower, upper, color=colour[measure], linewidth=0.8)
        if self.level is not None:
            ax.axhline(self.level, color="0.5", linewidth=0.8)
        ax.set_xticks(range(len(self.waves)), self.waves)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="best")


@dataclass(frozen=True)
class Curve(Face):
    """A result and its interval (n, 3: value, lower, upper) over a supposition, and zero."""

    x: Floats
    estimates: Floats
    x_label: str
    y_label: str
    marked: float | None = None
    marked_label: str = ""

    def draw(self, ax: Axes) -> None:
        own, other = own_and_other()
        value, lower, upper = self.estimates.T
        ax.fill_between(self.x, lower, upper, color=own, alpha=0.2, linewidth=0)
        ax.plot(self.x, value, color=own)
        ax.axhline(0, color=other, linestyle="--", linewidth=0.8)
        if self.marked is not None:
            at = int(np.flatnonzero(self.x == self.marked)[0])
            ax.plot(self.x[at], value[at], "o", color=own)
            ax.annotate(
                self.marked_label, (self.x[at], value[at]), xytext=(5, 5),
                textcoords="offset points",
            )  # fmt: skip
        labelled(ax, self.x_label, self.y_label)


@dataclass(frozen=True)
class Scree(Face):
    """Eigenvalues in falling order beside those of random answers."""

    eigenvalues: Floats
    random: Floats
    x_label: str
    y_label: str
    own_label: str
    random_label: str

    def draw(self, ax: Axes) -> None:
        own, other = own_and_other()
        number = np.arange(1, len(self.eigenvalues) + 1)
        ax.plot(number, self.eigenvalues, "o-", color=own, label=self.own_label)
        ax.plot(number, self.random, "--", color=other, label=self.random_label)
        ax.set_xticks(number)
        labelled(ax, self.x_label, self.y_label)
        ax.legend(loc="best")


@dataclass(frozen=True)
class Slopes(Face):
    """Simple slopes: what goes with a standard deviation more or less of a source, by group.

    ``slopes`` are (g, 3): standardised link, lower, upper.
    """

    groups: tuple[str, ...]
    slopes: Floats
    x_label: str
    y_label: str

    def draw(self, ax: Axes) -> None:
        at = np.linspace(-2, 2, 41)
        for colour, style, group, (value, lower, upper) in zip(
            colours(), cycle(("-", "--", ":", "-.")), self.groups, self.slopes, strict=False
        ):
            ax.plot(at, value * at, color=colour, linestyle=style, label=f"{group} ({value:.2f})")
            ends = np.sort(np.outer(at, (lower, upper)), axis=1).T
            ax.fill_between(at, *ends, color=colour, alpha=0.12, linewidth=0)
        labelled(ax, self.x_label, self.y_label)
        ax.legend(loc="best")
