"""The drivers report and the sections it lends to an organisation's report."""

from pathlib import Path

import pytest

from workbench.chain import ChainStudy, open_study
from workbench.reports import drivers_report
from workbench.reports.drivers import (
    DriverFindings,
    DriversReport,
    driver_findings,
    necessity_section,
    priorities,
    what_if_section,
)

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
SECTIONS = [
    *("headline", "importance", "priorities", "organisations", "scorecard", "questions"),
    *("channels", "necessity", "what_if", "method"),
]


@pytest.fixture(scope="module")
def study() -> ChainStudy:
    return open_study(DEMO)


@pytest.fixture(scope="module")
def report(study: ChainStudy) -> DriversReport:
    return drivers_report(study)


@pytest.fixture(scope="module")
def found(study: ChainStudy) -> DriverFindings:
    return driver_findings(study)


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_say_something(report: DriversReport, section: str) -> None:
    html = getattr(report, section)().html
    assert len(html) > 100
    assert "nan" not in html.lower().replace(">", " ").replace("<", " ").split()
    assert "could not" not in html
    assert len(html.encode()) < 40_000


def test_words_are_those_of_association(report: DriversReport) -> None:
    assert "They do not show that changing one thing would change the other." in (
        report.headline().html
    )
    assert "not what would follow" in report.what_if().html


def test_key_numbers(report: DriversReport) -> None:
    numbers = report.key_numbers().numbers
    assert 0 < numbers["Explained, %"]["value"] < 100
    assert "Necessity of People, d" in numbers


def test_sections_of_an_organisation(study: ChainStudy, found: DriverFindings) -> None:
    name = "Revenue Office"
    html = priorities(study, name, found=found).html
    assert "For Service" in html
    assert "For Trust" in html
    assert "Scorecard" in html
    assert "60 units of this organisation" in necessity_section(study, name, found=found).html
    assert 'type="range"' in what_if_section(study, name, found=found).html


def test_small_organisation_is_set_among_all(study: ChainStudy, found: DriverFindings) -> None:
    html = necessity_section(study, "Library Network", found=found).html
    assert "of all organisations, as this one has fewer than 20" in html


def test_hidden_organisation_shows_nothing(study: ChainStudy, found: DriverFindings) -> None:
    for section in (priorities, necessity_section, what_if_section):
        html = section(study, "Harbour Pilots", found=found).html
        assert "fewer than 10 people answered" in html
        assert "<table" not in html
        assert "<svg" not in html
    assert "Harbour Pilots" not in priorities(study, found=found).html
