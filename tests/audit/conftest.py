"""Folders of pages, made of the project's own tables and by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.audit import Finding, Question, Rules, audited
from workbench.interpretation import numbers

RULES = Rules(
    minimum_count=10,
    organisations=("Transit", "Water", "Parks"),
    waves=("2023", "2024"),
    sources=("clients",),
    types={"Transit": "city", "Water": "city", "Parks": "city"},
    questions={
        "Was it quick?": Question("clients", 1, 3),
        "Was it short?": Question("clients", 1, 3),
        "Was it full?": Question("clients", 1, 3),
        "Were 2 people there?": Question("clients", 1, 2),
        "Was it fair?": Question("clients", 1, 2, weighted=True),
    },
)

Audit = Callable[..., list[Finding]]


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """Writes pages, given the HTML of each by its name, and audits them.

    ``before`` is the HTML of the pages of the earlier edition. The tables tell exact numbers of
    people.
    """
    monkeypatch.setattr(numbers, "EXACT_FROM", 0)

    def run(before: dict[str, str] | None = None, **pages: str) -> list[Finding]:
        _write(tmp_path / "now", pages)
        if before is None:
            return audited(tmp_path / "now", RULES)
        _write(tmp_path / "before", before)
        return audited(tmp_path / "now", RULES, tmp_path / "before")

    return run


def _write(folder: Path, pages: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, body in pages.items():
        whole = (
            body if body.startswith("<html") else f"<html><body><main>{body}</main></body></html>"
        )
        html = f"<!DOCTYPE html>{whole}"
        (folder / f"{name}.html").write_text(html)
