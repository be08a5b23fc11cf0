"""Points for a paper: units, organisations in a funnel, drivers on a map, ceilings; a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures.paper.face import Face, labelled, own_and_other

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scatter(Face):
    """One point a unit, their areas by respondents, and a line as fitted elsewhere.

    ``line`` has the ends of the line, (2, 2): x and y of each.
    """

    x: Floats
    y: Floats
    weight: Floats
    x_label: str
    y_label: str
    line: Floats | None = None

    def draw(self, ax: Axes) -> None:
        own, other = own_and_other()
        ax.scatter(self.x, self.y, s=22 * self.weight, color=own, alpha=0.5)
        if self.line is not None:
            ax.plot(*self.line.T, color=other)
        labelled(ax, self.x_label, self.y_label)


@dataclass(frozen=True)
class Histogram(Face):
    """Counts between edges (one more), one value marked."""

    counts: Floats
    edges: Floats
    label: str
    count_label: str
    own: float | None = None
    own_label: str = ""

    def draw(self, ax: Axes) -> None:
        first, other = own_and_other()
        ax.stairs(self.counts, self.edges, fill=True, color=first, alpha=0.5)
        ax.stairs(self.counts, self.edges, color=first)
        if self.own is not None:
            ax.axvline(self.own, color=other, label=self.own_label)
            ax.legend(loc="best")
        labelled(ax, self.label, self.count_label)


@dataclass(frozen=True)
class Funnel(Face):
    """Organisations by their errors between control limits.

    ``organisations`` has ``estimate``, ``se`` and ``position``, ``limits`` ``se``, ``lower_95``,
    ``upper_95``, ``lower_998`` and ``upper_998``; ``within`` is the position of those within all
    limits.
    """

    organisations: pd.DataFrame
    limits: pd.DataFrame
    target: float
    within: str
    x_label: str
    y_label: str
    highlight: str | None = None

    def draw(self, ax: Axes) -> None:
        own, other = own_and_other()
        for name, style in (("95", "--"), ("998", "-")):
            for side in ("lower", "upper"):
                ax.plot(self.limits["se"], self.limits[f"{side}_{name}"], color=other, ls=style)
        ax.axhline(self.target, color=other, linewidth=0.8)
        inside = self.organisations["position"] == self.within
        for rows, marker in ((inside, "o"), (~inside, "D")):
            some = self.organisations[rows]
            ax.scatter(some["se"], some["estimate"], color=own, marker=marker, s=18, zorder=3)
        for name, row in self.organisations.iterrows():
            if name == self.highlight or not inside[name]:
                ax.annotate(
                    str(name), (row["se"], row["estimate"]), xytext=(4, 4),
                    textcoords="offset points",
                )  # fmt: skip
        ax.invert_xaxis()
        labelled(ax, self.x_label, self.y_label)


@dataclass(frozen=True)
class PriorityMap(Face):
    """Drivers by importance and performance (k, 3: value, lower, upper), parted at ``cut``.

    ``clear`` drivers are filled; ``quadrants`` are named as in
    :func:`workbench.figures.importance.importance_performance`.
    """

    importance: Floats
    performance: Floats
    labels: tuple[str, ...]
    clear: NDArray[np.bool_]
    cut: tuple[float, float]
    quadrants: tuple[str, ...]
    x_label: str
    y_label: str

    @property
    def aspect(self) -> float:
        return 0.7

    def draw(self, ax: Axes) -> None:
        own, other = own_and_other()
        x, y = self.importance, self.performance
        ax.hlines(y[:, 0], x[:, 1], x[:, 2], color=own, alpha=0.5)
        ax.vlines(x[:, 0], y[:, 1], y[:, 2], color=own, alpha=0.5)
        for rows, fill in ((self.clear, own), (~self.clear, "white")):
            ax.scatter(x[rows, 0], y[rows, 0], s=30, facecolor=fill, edgecolor=own, zorder=3)
        ax.axvline(self.cut[0], color="0.4", linestyle=":")
        ax.axhline(self.cut[1], color="0.4", linestyle=":")
        for label, at, up in zip(self.labels, x[:, 0], y[:, 0], strict=True):
            ax.annotate(label, (at, up), xytext=(5, 4), textcoords="offset points")
        first, keep, watch, leave = self.quadrants
        for told, place in ((first, (1, 0)), (keep, (1, 1)), (watch, (0, 0)), (leave, (0, 1))):
            across, up = place
            ax.text(
                0.99 if across else 0.01, 0.98 if up else 0.02, told, transform=ax.transAxes,
                ha="right" if across else "left", va="top" if up else "bottom",
                color=other if told == first else "0.4", fontweight="bold",
            )  # fmt: skip
        labelled(ax, self.x_label, self.y_label)


@dataclass(frozen=True)
class Ceiling(Face):
    """Cases, the CE-FDH staircase through the peers, and the CR-FDH line.

    ``peers`` are (p, 2), ``line`` its ends (2, 2).
    """

    x: Floats
    y: Floats
    peers: Floats
    line: Floats | None
    x_label: str
    y_label: str
    stairs_label: str
    line_label: str

    def draw(self, ax: Axes) -> None:
        own, other = own_and_other()
        ax.scatter(self.x, self.y, s=14, color=own, alpha=0.5)
        across = np.append(self.peers[:, 0], self.x.max())
        up = np.append(self.peers[:, 1], self.peers[-1, 1])
        ax.step(across, up, where="post", color=other, label=self.stairs_label)
        ax.fill_between(across, up, self.y.max(), step="post", color=other, alpha=0.15, linewidth=0)
        if self.line is not None:
            ax.plot(*self.line.T, color="0.2", linestyle="--", label=self.line_label)
        ax.legend(loc="best")
        labelled(ax, self.x_label, self.y_label)
