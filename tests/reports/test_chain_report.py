"""The chain report: any chain in its own words, a circle with what identifies it."""

import json
from pathlib import Path

import pytest

import workbench as wb
from workbench.exceptions import ChainError, UnknownNameError
from workbench.reports import chain_report
from workbench.reports.batch import find_reports
from workbench.study.population import load_population
from workbench.study.simulation import simulate

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "chain.ipynb"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    population = load_population().larger(4, 60, 12)
    return wb.open_study(simulate(tmp_path_factory.mktemp("chain"), 3, population))


def test_chain_speaks_its_own_words(study):
    report = chain_report(study, "leadership-chain")
    assert "Client devotion" in report.constructs().html
    assert "Client devotion → Vitality" in report.links_table().html
    assert "Leadership chain" in report.title().html
    assert "<svg" in report.chain_diagram().html
    direct = [key for key in report.key_numbers().numbers if "→" in key]
    assert "Operational leadership → People" in direct


def test_rivals_say_what_data_cannot(study):
    page = chain_report(study).rivals().html
    assert "The chain turned round" in page
    assert "Data cannot tell" in page


def test_pass_through_stands_beside_the_published(study):
    words = chain_report(study).pass_through().html
    assert "2 points more People go with" in words
    assert "two to one would be 1.0" in words


def test_circle_says_what_identifies_it(study):
    report = chain_report(study, "reciprocal-service-value-chain")
    words = report.circle().html
    assert "told apart by instruments" in words
    assert "largest eigenvalue" in words
    assert "run one way" in chain_report(study).circle().html


def test_wrong_chains_are_refused(study, nyc_study):
    with pytest.raises(UnknownNameError, match="Did you mean 'citizens-first'"):
        chain_report(study, "citizen-first")
    with pytest.raises(ChainError, match="needs expectations, quality, complaints"):
        chain_report(nyc_study.path, "customer-satisfaction-index")


def test_notebook_is_a_report_that_shows_every_section():
    assert {"study", "chain", "wave", "shared"} <= set(
        find_reports(NOTEBOOK.parent)["chain"].parameters
    )
    source = "".join(
        line for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] for line in cell["source"]
    )
    for section in ("headline", "constructs", "chain_diagram", "links_table", "circle", "rivals"):
        assert f"report.{section}()" in source


def test_nyc_leadership_is_reported_by_district_with_pooling(nyc_study) -> None:
    """Leadership → people → service → trust in all 34 districts, from end to end as well."""
    found = chain_report(nyc_study.path, "leadership-chain").by_organisation().html
    assert found.count("District 7<") == 5  # four direct links and leadership → trust
    assert "Leadership → Vitality (indirect)" in found
    assert "Over 34 organisations the mean is" in found
