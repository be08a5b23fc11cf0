"""The list of reports: one page that finds every report of an output folder."""

import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from workbench.reports.files import write_atomically
from workbench.reports.manifest import Entry, Manifest

TEMPLATE = Path(__file__).parent / "template"
FILE = "index.html"

STATUS = {
    "ok": "Made",
    "skipped": "Up to date",
    "failed": "Failed",
    "timeout": "Stopped at its time limit",
    "pending": "Not made",
}


def number_text(value: Any, digits: int | None = None) -> str:
    """Return a number as a table shows it: a true minus sign, no more digits than it carries.

    >>> number_text(61.23), number_text(-0.412), number_text(3)
    ('61.2', '−0.41', '3')
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if digits is None:
        digits = 0 if isinstance(value, int) else (2 if abs(value) < 2 else 1)
    rounded = f"{value:.{digits}f}"
    return rounded.removeprefix("-") if float(rounded) == 0 else rounded.replace("-", "−")


def cell(number: Any) -> dict[str, Any]:
    """Return how the list shows one key number: ``text``, ``interval``, ``sort`` and ``number``."""
    parts = number if isinstance(number, dict) else {"value": number}
    value, digits = parts.get("value"), parts.get("digits")
    if value is None:
        return {"text": parts.get("note") or "–", "interval": "", "sort": None, "number": False}
    lower, upper = parts.get("lower"), parts.get("upper")
    interval = ""
    if lower is not None and upper is not None:
        interval = f"{number_text(lower, digits)} to {number_text(upper, digits)}"
    numeric = isinstance(value, int | float) and math.isfinite(value)
    text = number_text(value, digits)
    return {"text": text, "interval": interval, "sort": value, "number": numeric}


def columns(entries: Iterable[Entry]) -> list[str]:
    """Return the labels of all key numbers in order of first appearance."""
    return list(dict.fromkeys(label for entry in entries for label in entry.key_numbers))


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = cell
    return environment.get_template("index.html.j2")


def render(manifest: Manifest) -> str:
    """Return the list of reports as a page: one table for each kind, failures with their reason.

    All is there without JavaScript; a short script adds sorting and a search box.
    """
    entries = list(manifest.reports.items())
    kinds = list(dict.fromkeys(entry.name for _, entry in entries))
    groups: list[dict[str, Any]] = []
    for kind in kinds:
        of_kind = [(stem, entry) for stem, entry in entries if entry.name == kind]
        per_organisation = any(entry.organisation for _, entry in of_kind)
        name = kind.replace("_", " ").replace("-", " ").capitalize()
        groups.append(
            {
                "name": "Organisations" if kind == "organisation" else name,
                "entries": of_kind,
                "columns": columns(entry for _, entry in of_kind),
                "per_organisation": per_organisation,
            }
        )
    groups.sort(key=lambda group: group["per_organisation"])
    return _template().render(
        manifest=manifest,
        groups=groups,
        statuses=STATUS,
        version=manifest.provenance.get("versions", {}).get("workbench", ""),
        failures=[entry for _, entry in entries if not entry.succeeded],
    )


def write(manifest: Manifest, folder: Path) -> None:
    """Replace the list of reports in ``folder`` as a whole."""
    write_atomically(folder / FILE, render(manifest))
