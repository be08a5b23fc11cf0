"""Names of waves and organisations as callers give them."""

from enum import Enum
from typing import Any, Final

from workbench.study.numbers import code_text


class AllWaves(Enum):
    """The type of :data:`ALL_WAVES`."""

    ALL_WAVES = "all waves"

    def __repr__(self) -> str:
        return self.name


ALL_WAVES: Final = AllWaves.ALL_WAVES
"""Asks for the answers of every wave, where ``None`` asks for those of the latest."""

Wave = str | int | AllWaves | None
"""A wave as a caller gives it: a name, a number, None for the latest, or all of them."""


def name_text(name: Any) -> str:
    """Return a name as the study has it, which is text: ``2023`` and ``2023.0`` are ``"2023"``.

    Whoever runs a notebook may mean a name and give a number, as ``papermill -p wave 2023`` does.
    """
    return code_text(name)


def asked_for(name: Any) -> str | None:
    """Return a name that a notebook's parameter asks for; None where it asks for none (``""``)."""
    return None if name is None or name == "" else name_text(name)
