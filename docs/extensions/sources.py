"""The sources of a docstring as a list with its numbers: many docstrings stand on one page."""

import re

from sphinx.application import Sphinx


def listed(
    app: Sphinx, what: str, name: str, made: object, options: object, lines: list[str]
) -> None:
    """``.. [1] Rosseel (2012)`` becomes ``1. Rosseel (2012)``, and ``[1]_`` becomes ``[1]``."""
    for i, line in enumerate(lines):
        lines[i] = re.sub(r"(\[\d+\])_", r"\1", re.sub(r"^(\s*)\.\. \[(\d+)\]", r"\1\2.", line))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", listed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
