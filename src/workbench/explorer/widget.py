"""The explorer in a notebook: it sends a reader's changes, and shows what they give."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.explorer import view
from workbench.explorer.exploration import Exploration
from workbench.interpretation.languages import using_language

_HERE = Path(__file__).parent


class Explorer(anywidget.AnyWidget):
    """A live screen of an :class:`Exploration`; where nothing runs, a still one.

    Parameters
    ----------
    exploration
        What is shown first.

    Attributes
    ----------
    exploration
        What is shown now.

    Examples
    --------
    >>> import workbench as wb
    >>> explorer = wb.open_study("data/demo").explore()
    >>> explorer.change({"do": "drop", "op": "~", "lhs": "trust", "rhs": "people"})
    >>> print(explorer.exploration.code)
    fit = study.fit(items=True).refit(drop="trust ~ people")
    fit
    """

    _esm = _HERE / "explorer.js"
    _css = _HERE / "explorer.css"
    title = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    controls = traitlets.Unicode().tag(sync=True)
    results = traitlets.Unicode().tag(sync=True)
    changes = traitlets.Int().tag(sync=True)

    def __init__(self, exploration: Exploration) -> None:
        self.exploration = exploration
        super().__init__(**self._shown())
        self.on_msg(lambda _, message, __: self.change(message))

    def change(self, message: Mapping[str, str]) -> None:
        """Make a change and show what it gives.

        Parameters
        ----------
        message
            What to do: ``{"do": "undo"}``, ``{"do": "choose", "name": "wave", "value": "2023"}``,
            or ``add`` or ``drop`` with the ``op``, ``lhs`` and ``rhs`` of a parameter.

        Examples
        --------
        >>> import workbench as wb
        >>> explorer = wb.open_study("data/demo").explore()
        >>> explorer.change({"do": "choose", "name": "wave", "value": "2023"})
        >>> explorer.change({"do": "undo"})
        >>> explorer.exploration.fit.nobs
        323
        """
        self.exploration = changed(self.exploration, message)
        with self.hold_sync():
            for name, value in self._shown().items():
                setattr(self, name, value)
            # Last, and also where nothing changed: a box that was clicked is set back.
            self.changes += 1

    def _shown(self) -> dict[str, str]:
        one = self.exploration
        with using_language(one.model.origin.language):
            return {
                "title": one.model.origin.title,
                "status": view.status(one),
                "controls": view.controls(one),
                "results": view.results(one),
            }

    def _repr_html_(self) -> str:
        with using_language(self.exploration.model.origin.language):
            return view.static(self.exploration)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        live: Any = super()._repr_mimebundle_(**kwargs)
        data, metadata = live
        return data | {"text/html": self._repr_html_()}, metadata

    def __repr__(self) -> str:
        return f"Explorer of {self.exploration.model.origin.title}: {self.exploration.fit!r}"


def changed(exploration: Exploration, message: Mapping[str, str]) -> Exploration:
    """Return the exploration after what a control's message asks for.

    >>> import workbench as wb
    >>> from workbench.explorer import StudyOrigin
    >>> begun = Exploration.of(StudyOrigin(wb.open_study("data/demo")))
    >>> changed(begun, {"do": "drop", "op": "~", "lhs": "trust", "rhs": "people"}).model.dropped
    ('trust ~ people',)
    """
    match message:
        case {"do": "add", "op": op, "lhs": lhs, "rhs": rhs}:
            return exploration.adding(op, lhs, rhs)
        case {"do": "drop", "op": op, "lhs": lhs, "rhs": rhs}:
            return exploration.dropping(op, lhs, rhs)
        case {"do": "choose", "name": name, "value": value}:
            return exploration.choosing(name, value)
    return exploration.undone()
