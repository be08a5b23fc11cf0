"""A figure's numbers and how Matplotlib draws them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from workbench.errors import FigureError
from workbench.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".pdf", ".svg", ".png", ".eps")
"""What a figure for a paper can be saved as."""

WIDTH = 174.0
"""Millimetres of a journal's page with two columns; one column is about 85."""

_INCH = 25.4
_TYPE = 8.0
"""Points of the type in a figure that is saved."""

# Fonts are embedded as outlines of their letters (Type 42), which stay text; SVG keeps text as
# text. Nothing tells when the file was made.
_SAVED: dict[Any, Any] = {
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "workbench",
    "savefig.dpi": 300,
    **dict.fromkeys(
        (
            "font.size",
            "axes.labelsize",
            "axes.titlesize",
            "xtick.labelsize",
            "ytick.labelsize",
            "legend.fontsize",
            "legend.title_fontsize",
            "figure.titlesize",
        ),
        _TYPE,
    ),
}


@dataclass(frozen=True)
class Face:
    """What a figure shows, in numbers and words, drawn on axes."""

    OPTIONS: ClassVar[tuple[str, ...]] = ()
    """The fields that a user chooses when it is drawn."""

    def with_options(self, **options: Any) -> Self:
        """Return the same, drawn as the user chooses.

        Raises
        ------
        FigureError
            An option that this kind of figure does not have.
        """
        for name in options:
            if name not in self.OPTIONS:
                has = f"it has {', '.join(self.OPTIONS)}" if self.OPTIONS else "it has none"
                raise FigureError(f"A figure of this kind has no option {name!r}; {has}.")
        return replace(self, **options)

    @property
    def aspect(self) -> float:
        """Height of the drawing as a multiple of its width."""
        return 0.62

    def draw(self, ax: Axes) -> None:
        """Draw on ``ax`` in the colours and type of the theme at hand."""
        raise NotImplementedError


def drawn(face: Face, ax: Axes | None = None) -> Axes:
    """Draw a face on ``ax``, or on axes of a new figure, and return them."""
    if ax is None:
        from matplotlib import pyplot as plt

        width = float(plt.rcParams["figure.figsize"][0])
        _, ax = plt.subplots(figsize=(width, width * face.aspect), layout="constrained")
    face.draw(ax)
    return ax


def saved(face: Face, path: Path, width: float = WIDTH) -> Path:
    """Save a face at a journal's width (mm) as PDF, SVG, PNG (300 dots an inch) or EPS.

    Raises
    ------
    FigureError
        Another ending, or a width that is no positive number.
    """
    if path.suffix.lower() not in FORMATS:
        raise FigureError(
            f"{path.name}: a figure for a paper can be saved as {', '.join(FORMATS)}, "
            f"not as {path.suffix!r}."
        )
    if not width > 0:
        raise FigureError(f"A figure cannot be {width:g} mm wide; give a width such as 85 or 174.")
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    wide = width / _INCH
    with rc_context(_SAVED):
        figure = Figure(figsize=(wide, wide * face.aspect), layout="constrained")
        FigureCanvasAgg(figure)
        face.draw(figure.subplots())
        dated = {".pdf": "CreationDate", ".svg": "Date", ".eps": "CreationDate"}
        kind = path.suffix.lower()
        metadata: dict[str, Any] = {dated[kind]: None} if kind in dated and kind != ".eps" else {}
        with replacing(path) as beside:
            figure.savefig(beside, format=kind[1:], metadata=metadata)
    return path


def colours() -> Iterator[str]:
    """Yield the colours of the theme at hand, again and again from the first."""
    from matplotlib import rcParams

    while True:
        yield from (entry["color"] for entry in rcParams["axes.prop_cycle"])


def own_and_other() -> tuple[str, str]:
    """The first two colours of the theme at hand."""
    each = colours()
    return next(each), next(each)


def labelled(ax: Axes, x_label: str, y_label: str) -> None:
    """Name the axes, and draw them without a frame."""
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.spines[["top", "right"]].set_visible(False)
