"""A survey of residents that names no units: pages speak of people, not of units."""

import re
from pathlib import Path

import pytest
from beginning import exports

import workbench as wb
from workbench import reports
from workbench.chain import ChainStudy

OF_UNITS = re.compile(
    r"same unit|No unit|units as clusters|samples of units|unit means|names of units|few units"
    r"|same units|across units"
)


@pytest.fixture(scope="module")
def residents(tmp_path_factory: pytest.TempPathFactory) -> ChainStudy:
    folder = tmp_path_factory.mktemp("residents")
    return wb.new_study(folder / "city", exports.residents(folder / "residents.csv")).open()


def test_nobody_is_known_to_have_answered_again(residents: ChainStudy) -> None:
    page = reports.trends_report(residents)
    told = "The study does not say who, or which units, took part in more than one wave."
    assert told in page.panel().html
    assert [str(part.html) for part in (page.growth(), page.change_with_change())] == ["", ""]
    assert page.again().html == ""
    assert "cross-lagged" not in page.method().html


def test_methods_speak_of_people(residents: ChainStudy) -> None:
    pages = {
        "chain": reports.chain_report(residents, "citizens-first"),
        "drivers": reports.drivers_report(residents),
        "measurement": reports.measurement_report(residents),
        "organisation": reports.organisation_report(residents, residents.organisations.iloc[0, 0]),
    }
    for name, page in pages.items():
        assert not OF_UNITS.findall(page.method().html), name
    assert not OF_UNITS.findall(pages["drivers"].what_if().html)


def test_one_wave_without_units_asks_for_no_names_of_units(
    residents: ChainStudy, tmp_path: Path
) -> None:
    page = reports.trends_report(residents)
    page.waves = []
    assert "only one survey round" in page._single
    assert "names of units" not in page._single
