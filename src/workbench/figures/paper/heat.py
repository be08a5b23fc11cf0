"""A heat map for a paper: what a model leaves over of every correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.figures.paper.face import Face
from workbench.interpretation import numbers as fmt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

_MOST_NUMBERS = 16
"""Variables up to which every cell has its number."""


@dataclass(frozen=True)
class HeatMap(Face):
    """Values (p, p) of every two variables, below the diagonal, on a scale around 0."""

    names: tuple[str, ...]
    values: Floats
    label: str

    @property
    def aspect(self) -> float:
        return 0.9

    def draw(self, ax: Axes) -> None:
        shown = np.ma.masked_where(np.triu(np.ones(self.values.shape, dtype=bool)), self.values)
        most = float(np.nanmax(np.abs(self.values), initial=1e-9))
        # Not seaborn's heatmap: it calls what Matplotlib is about to give up.
        mesh = ax.pcolormesh(shown, cmap="RdBu_r", vmin=-most, vmax=most, edgecolors="white")
        at = np.arange(len(self.names)) + 0.5
        ax.set_xticks(at, self.names, rotation=90)
        ax.set_yticks(at, self.names)
        ax.set_ylim(len(self.names), 0)
        ax.set_aspect("equal")
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        if len(self.names) <= _MOST_NUMBERS:
            for row, column in zip(*np.nonzero(~np.ma.getmaskarray(shown)), strict=True):
                value = self.values[row, column]
                ax.text(
                    at[column], at[row], fmt.number(value), ha="center", va="center",
                    fontsize="x-small", color="white" if abs(value) > 0.6 * most else "0.1",
                )  # fmt: skip
        figure = ax.get_figure(root=True)
        assert figure is not None
        figure.colorbar(mesh, ax=ax, label=self.label, shrink=0.7)
