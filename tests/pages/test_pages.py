"""What a reader sees on a page of each kind, beside what stood there before.

``pytest tests/pages --update-pages`` writes the pages' texts anew; the difference that git then
shows is what a change did to the pages.
"""

from difflib import unified_diff
from pathlib import Path

import pytest
from reading import as_read

import workbench as wb
from workbench.audit import Rules, audited

PAGES = ["benchmark", "chain", "drivers", "measurement", "organisation", "technical", "trends"]


def test_pages_give_nobody_away(towns: Path) -> None:
    assert audited(towns / "out", Rules.of(wb.open_study(towns / "towns"))) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_as_before(name: str, towns: Path, request: pytest.FixtureRequest) -> None:
    (page,) = (towns / "out").glob(f"{name}*.html")
    file = Path(__file__).with_name(f"{name}.txt")
    now = as_read(page.read_text(encoding="utf-8"))
    if request.config.getoption("--update-pages"):
        file.write_text(now, encoding="utf-8")
    before = file.read_text(encoding="utf-8")
    difference = unified_diff(
        before.splitlines(), now.splitlines(), "before", "now", n=1, lineterm=""
    )
    assert now == before, "\n".join([f"The {name} page reads differently:", *difference])
