"""A number that is not there, with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NotEstimated:
    """What stands in place of a result that could not be estimated.

    Attributes
    ----------
    reason
        Why, in a sentence.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason
