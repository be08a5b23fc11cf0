"""Named errors and warnings of the workbench.

Every message is one sentence or a few: the place, the value, and what to do. The command line
prints the message alone; a caller in Python catches the type.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(value: str, options: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the option nearest to ``value``, or an empty string."""
    by_folded = {option.casefold(): option for option in options}
    found = get_close_matches(value.casefold(), list(by_folded), n=1, cutoff=0.5)
    return f" Did you mean {by_folded[found[0]]!r}?" if found else ""


class WorkbenchError(Exception):
    """Base of every error the workbench raises on purpose."""


class StudyError(WorkbenchError):
    """A study's files cannot be read as the study they should be."""


class UnknownNameError(WorkbenchError):
    """A name (organisation, wave, construct, chain, source) that the study does not have."""


class ChainError(WorkbenchError):
    """A chain file is broken, or a study cannot run the chain."""


class ModelError(WorkbenchError):
    """A structural equation model cannot be fitted as it is written."""


class WorkbenchWarning(UserWarning):
    """Base of every warning the workbench gives."""
