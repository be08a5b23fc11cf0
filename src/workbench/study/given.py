"""Names of waves and organisations as callers give them."""

from typing import Any

from workbench.study.numbers import code_text


def name_text(name: Any) -> str:
    """Return a name as the study has it, which is text: ``2023`` and ``2023.0`` are ``"2023"``.

    Whoever runs a notebook may mean a name and give a number, as ``papermill -p wave 2023`` does.
    """
    return code_text(name)


def asked_for(name: Any) -> str | None:
    """Return a name that a notebook's parameter asks for; None where it asks for none (``""``)."""
    return None if name is None or name == "" else name_text(name)
