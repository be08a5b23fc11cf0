"""What an attack on published pages found, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """Something that pages or files tell and should not.

    ``page`` is the file in the folder. ``table``, ``row`` and ``column`` say where on it, as far as
    there are any. ``what`` came back is a sentence, and so is ``remedy``, what to do about it.
    """

    page: str
    table: str = ""
    row: str = ""
    column: str = ""
    what: str = ""
    remedy: str = ""

    @property
    def place(self) -> str:
        """Where it stands, in words.

        >>> Finding("a.html", "Service", "Was it quick?", "n").place
        'a.html, table “Service”, row “Was it quick?”, column “n”'
        """
        parts = (("table", self.table), ("row", self.row), ("column", self.column))
        return ", ".join([self.page, *(f"{kind} “{name}”" for kind, name in parts if name)])

    def __str__(self) -> str:
        return f"{self.place}: {self.what} {self.remedy}"
