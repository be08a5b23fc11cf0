"""What a row of an analysis is."""

from enum import StrEnum

from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, counted_people


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
        """Return a number of rows with what they are; of few respondents it is a range.

        >>> Level.UNITS.counted(34), Level.RESPONDENTS.counted(34)
        ('34 units', '30 to 39 respondents')
        """
        return counted(rows, "unit") if self is Level.UNITS else counted_people(rows, "respondent")

    def number(self, rows: int) -> str:
        """Return the same without what they are."""
        return fmt.count(rows) if self is Level.UNITS else fmt.people(rows)
