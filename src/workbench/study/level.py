"""What a row of an analysis is."""

from enum import StrEnum

from workbench.interpretation.messages import say
from workbench.interpretation.words import counted


class Level(StrEnum):
    """Respondents or units."""

    RESPONDENTS = "respondents"
    UNITS = "units"

    @property
    def noun(self) -> str:
        """The key of what a single row is called."""
        return self.value.removesuffix("s")

    @property
    def one(self) -> str:
        """What a single row is called.

        >>> Level.UNITS.one
        'unit'
        """
        return say(f"row.{self.noun}")

    @property
    def many(self) -> str:
        """What rows are called.

        >>> Level.UNITS.many
        'units'
        """
        return say(f"rows.{self}")

    def counted(self, rows: int) -> str:
        """Return a number of rows with what they are.

        >>> Level.RESPONDENTS.counted(1)
        '1 respondent'
        """
        return counted(rows, self.noun)
