"""The codebook of a new study as a table to edit in a notebook; each change is saved at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import traitlets

from workbench.beginning.vocabulary import constructs
from workbench.errors import StudyError

if TYPE_CHECKING:
    from workbench.beginning.new import NewStudy

_HERE = Path(__file__).parent
EDITED = ("construct", "reversed", "low", "high", "missing")
"""The columns that the table lets one change."""


class CodebookTable(anywidget.AnyWidget):
    """A table of a new study's questions.

    A change is written to ``codebook.csv`` where the codebook is sound with it. Otherwise the file
    stays as it is, and ``status`` says what is wrong.
    """

    _esm = _HERE / "editing.js"
    _css = _HERE / "editing.css"
    title = traitlets.Unicode().tag(sync=True)
    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    constructs = traitlets.List(traitlets.Unicode()).tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)

    def __init__(self, new: "NewStudy") -> None:
        self.new = new
        own = [name for name in new.codebook["construct"].unique() if name != "-"]
        known = dict.fromkeys(["-", *own, *constructs("employees"), *constructs("clients")])
        super().__init__(
            title=f"Codebook of {new.path.name}",
            columns=list(EDITED),
            rows=new.codebook.to_dict("records"),
            constructs=list(known),
            status="Changes are saved at once.",
        )
        self.on_msg(lambda _, message, __: self.change(message))

    def change(self, message: Mapping[str, str]) -> None:
        """Change a cell: ``{"item": …, "column": …, "value": …}``."""
        codebook, column = self.new.codebook, message["column"]
        if column not in EDITED:
            return
        here = codebook["item"] == message["item"]
        codebook.loc[here, column] = message["value"]
        try:
            self.new.save()
        except StudyError as error:
            self.status = f"Not saved yet. {error}"
        else:
            self.status = f"Saved: {column} of {message['item']} is {message['value'] or 'empty'}."
        self.rows = codebook.to_dict("records")
