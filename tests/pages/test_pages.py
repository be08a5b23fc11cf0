"""What a reader sees on a page of each kind, beside what stood there before.

``pytest tests/pages --update-pages`` writes the pages' texts anew; the difference that git then
shows is what a change did to the pages.
"""

from pathlib import Path

import pytest
from reading import assert_reads_as_before

import workbench as wb
from workbench.audit import Rules, audited

PAGES = ["benchmark", "chain", "drivers", "measurement", "organisation", "technical", "trends"]


def test_pages_give_nobody_away(towns: Path) -> None:
    assert audited(towns / "out", Rules.of(wb.open_study(towns / "towns"))) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_as_before(name: str, towns: Path, request: pytest.FixtureRequest) -> None:
    (page,) = (towns / "out").glob(f"{name}*.html")
    update = request.config.getoption("--update-pages")
    assert_reads_as_before(page, Path(__file__).with_name(f"{name}.txt"), update=update)
