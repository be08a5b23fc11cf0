"""Explore a model in a notebook: change it, see it refitted, and take the code along.

``study.explore()`` and ``fit.explore()`` open an :class:`Explorer`. What it shows and what a change
does is an :class:`Exploration`, which needs no browser and serves a script as well.
"""

from typing import TYPE_CHECKING

from workbench.explorer.exploration import Exploration
from workbench.explorer.origins import Choices, FittedOrigin, Origin, StudyOrigin
from workbench.explorer.revised import Revised
from workbench.extras import from_extra

if TYPE_CHECKING:
    from workbench.explorer.widget import Explorer

__all__ = ["Choices", "Exploration", "FittedOrigin", "Revised", "StudyOrigin", "explorer_of"]


def explorer_of(origin: Origin) -> "Explorer":
    """Return an explorer that begins with a study's or a fit's model.

    Raises
    ------
    MissingPackageError
        Without the package's extra ``lab``.
    WorkbenchError
        If the model cannot be fitted, or did not converge.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.explorer import StudyOrigin, explorer_of
    >>> explorer = explorer_of(StudyOrigin(wb.open_study("data/demo")))
    >>> print(explorer.exploration.code)
    fit = study.fit(items=True)
    fit
    """
    from_extra("anywidget", "lab")
    from workbench.explorer.widget import Explorer  # which imports it

    return Explorer(Exploration.of(origin))
