"""What a reader sees on a page of each kind, beside what stood there before.

``pytest tests/pages --update-pages`` writes the pages' texts anew; the difference that git then
shows is what a change did to the pages.
"""

import re
from pathlib import Path

import pytest
from reading import as_read, assert_reads_as_before

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


def test_the_chain_of_the_study_leads_to_the_technical_report(towns: Path) -> None:
    (page,) = (towns / "out").glob("chain*.html")
    (technical,) = (towns / "out").glob("technical*.html")
    assert f'href="{technical.name}"' in page.read_text(encoding="utf-8")


ISO = re.compile(r"\b\d{4}-\d\d-\d\d")


def test_dates_are_written_as_the_language_of_a_page_does(towns: Path, french: Path) -> None:
    """On every page and in every text that is kept here, when answers were collected among them."""
    pages = [*(towns / "out").glob("*.html"), *(french / "fr").glob("*.html")]
    texts = {file.name: as_read(file.read_text(encoding="utf-8")) for file in pages}
    texts |= {file.name: file.read_text("utf-8") for file in Path(__file__).parent.glob("*.txt")}
    assert len(texts) > 2 * len(PAGES)
    assert {name: found for name, text in texts.items() if (found := ISO.findall(text))} == {}
    assert "collected from 6 May 2026 to 31 May 2026." in texts["organisation.txt"]
    assert "du 6 mai 2026 au 31 mai 2026" in texts["organisation.fr.txt"]
