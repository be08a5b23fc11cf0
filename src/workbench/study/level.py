"""What a row of an analysis is."""

from enum import StrEnum

from workbench.text import counted


class Level(StrEnum):
    """Respondents or units; as text the plural that sentences use."""

    RESPONDENTS = "respondents"
    UNITS = "units"

    @property
    def one(self) -> str:
        """What a single row is called.

        >>> Level.UNITS.one
        'unit'
        """
        return self.value.removesuffix("s")

    def counted(self, rows: int) -> str:
        """Return a number of rows with what they are.

        >>> Level.RESPONDENTS.counted(1)
        '1 respondent'
        """
        return counted(rows, self.one)
