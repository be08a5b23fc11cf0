"""The chain report: any chain in its own words, a circle with what identifies it."""

import json
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench import figures
from workbench.batch.notebooks import find_reports
from workbench.errors import ChainError, StudyError, UnknownNameError
from workbench.reports import chain_report, organisation_report, technical_report
from workbench.reports.shared import compute
from workbench.simulation import simulate
from workbench.simulation.population import load_population

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "chain.ipynb"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    population = load_population().larger(6, 40, 12)
    return wb.open_study(simulate(tmp_path_factory.mktemp("chain"), 3, population))


def test_chain_speaks_its_own_words(study):
    report = chain_report(study, "leadership-chain")
    assert "Client devotion" in report.constructs().html
    assert "Client devotion → Vitality" in report.links_table().html
    assert "Leadership chain" in report.title().html
    assert "<svg" in report.chain_diagram().html
    numbers = report.key_numbers().numbers
    assert numbers["Strongest link"] == "Strategic leadership → Operational leadership"
    strength = numbers["Its strength"]
    assert strength["lower"] < strength["value"] < strength["upper"]
    assert numbers["Links clearly different from 0"] == "3 of 5"
    assert numbers["Based on"] == "240 units"
    assert numbers["Fit"] == "well"


def test_rivals_say_what_data_cannot(study):
    """On the chain's page in words, and how each fits in the technical report."""
    page = chain_report(study).rivals().html
    assert "Data cannot distinguish" in page
    assert "stands in the technical report" in page
    assert "<table" not in page
    technical = technical_report(study)
    page = technical.rivals().html
    assert "The chain reversed" in page
    assert "Data cannot distinguish" in page
    assert page.count("nothing to test") == 8  # four measures of the two that fit whatever the data
    numbers = technical.key_numbers().numbers
    assert numbers["Alternative models compared"] == str(page.count("</tr>") - 2)
    alphas = [technical.shared.reliability[c.name].alpha for c in technical.chain.constructs]
    reliable = numbers["Constructs with a reliability of .70 or more"]
    assert reliable == f"{np.sum(np.array(alphas) >= 0.7)} of {len(alphas)}"
    assert numbers["Second program (semopy) has the same estimates"] == "yes"


def test_rivals_of_a_chain_that_is_not_the_study_s_own_stay_on_its_page(study):
    page = chain_report(study, "leadership-chain").rivals().html
    assert "<details" in page
    assert "technical report" not in page


def test_pass_through_stands_beside_the_published(study):
    words = chain_report(study).pass_through().html
    assert "Where People is 2 points higher" in words
    assert "less than the published rate, which would give 1.0." in words
    assert "Service for 2 points of People" in words
    assert "Published: 1%" in words
    assert "This study, direct link" in words
    assert "This study, along all paths" in words
    assert "Published by: SQM Group" in words
    assert "Other accounts of the same research give the reverse" in words
    assert chain_report(study, "leadership-chain").pass_through().html == ""


def test_what_the_workbench_adds_is_never_what_the_authors_expect(study):
    signs = chain_report(study).expected_signs().html
    assert "Not stated by the authors of the chain: People → Trust." in signs
    rivals = technical_report(study).rivals().html
    assert "The chain as its authors state it" in rivals
    assert "The chain without shortcuts" not in rivals  # it is the authors'
    first = chain_report(study, "citizens-first")
    assert "added by the workbench: Ease of access." in first.constructs().html
    assert "Ease of access → Service satisfaction" in first.expected_signs().html
    assert "stand for client devotion" in chain_report(study, "leadership-chain").constructs().html


def test_the_indirect_link_is_shown_under_other_causes(study):
    page = chain_report(study).exclusion().html
    assert "<h2>If something else affects both Service and Trust</h2>" in page
    assert "The indirect link from People to Trust" in page
    assert "no correlation" in page
    assert page.count("<svg") == 1


def test_satisfaction_index_with_interval_places_and_weights(study):
    report = chain_report(study, "customer-satisfaction-index")
    page = report.satisfaction_index().html
    assert "<h2>The satisfaction index</h2>" in page
    assert "The satisfaction index of all organisations together is" in page
    assert page.count("probably between 1st and 2nd of 6") == 2
    assert "Weight" in page
    assert "Change since" not in page  # one wave only
    method = report.method().html
    assert "partial least squares" in method
    assert "Fornell et al. 1996" in method
    number = report.key_numbers().numbers["Satisfaction index"]
    assert number["lower"] < number["value"] < number["upper"]
    assert chain_report(study).satisfaction_index().html == figures.Prose("").html


def test_satisfaction_index_hides_small_organisations_and_tells_changes():
    report = chain_report(DEMO, "customer-satisfaction-index")
    page = report.satisfaction_index().html
    assert "Change since 2023" in page
    assert "Harbour Pilots: Not shown: fewer than 10 people" in page
    assert "The index went up 3.0 points from 2023 to 2024 (1.7 to 4.3)." in page


def test_links_are_compared_by_type_and_by_channel(study):
    page = chain_report(study, "citizens-first").moderation().html
    assert "Links by type of organisation" in page
    assert "Links by channel" in page
    assert "The questions work in the same way in every type" in page
    assert page.count("Test of equal links") == 2  # in the small group of mail too
    between_units = chain_report(study).moderation().html
    assert "Links by type of organisation" in between_units
    assert "Links by channel" not in between_units


def test_circle_says_what_identifies_it(study):
    report = chain_report(study, "reciprocal-service-value-chain")
    words = report.circle().html
    assert "Instruments identify the two directions" in words
    assert "largest eigenvalue" in words
    assert chain_report(study).circle().html == ""


def test_wrong_chains_are_refused(study, nyc_study):
    with pytest.raises(UnknownNameError, match="Did you mean 'citizens-first'"):
        chain_report(study, "citizen-first")
    with pytest.raises(ChainError, match="needs expectations, quality, complaints"):
        chain_report(nyc_study.path, "customer-satisfaction-index")


def test_notebook_is_a_report_that_shows_every_section():
    assert find_reports(NOTEBOOK.parent)["chain"].parameters == ("study", "chain", "wave", "shared")
    source = "".join(
        line for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] for line in cell["source"]
    )
    sections = "headline constructs chain_diagram links_table satisfaction_index circle rivals"
    for section in f"{sections} moderation by_organisation fit measurement method".split():
        assert f"report.{section}(" in source


def test_nyc_leadership_is_reported_by_district_with_pooling(nyc_study) -> None:
    """Leadership → people → service → trust in all 34 districts, from end to end as well."""
    found = chain_report(nyc_study.path, "leadership-chain").by_organisation().html
    assert found.count("District 7<") == 5  # four direct links and leadership → trust
    assert "Leadership → Vitality (indirect)" in found
    assert "Over 34 organisations the mean link is" in found


def test_the_chain_its_questions_and_its_links_can_be_changed(study):
    changed = study.runnable_chain().without_link("people", "trust")
    report = chain_report(study.without("engaged_1"), changed)
    direct = report.links[report.links["effect"] == "direct"]
    assert list(zip(direct["from"], direct["to"], strict=True)) == [
        ("people", "service"),
        ("service", "trust"),
    ]
    assert report.rows.items["people"] == ["engaged_2", "engaged_3", "engaged_4"]
    assert "total" not in set(report.links["effect"])
    with pytest.raises(UnknownNameError, match=r"no question 'engaged_9'.*Did you mean"):
        study.without("engaged_9")


def test_sections_show_the_links_they_are_given(study):
    report = chain_report(study)
    links = wb.links(study.fit())
    links.loc[0, ["strength", "lower", "upper"]] = 0.123, 0.111, 0.135
    for section in (report.links_table, report.chain_diagram):
        assert "0.11 to 0.14" in section(links=links).html
        assert "0.11 to 0.14" not in section().html


def test_a_changed_chain_is_not_taken_from_what_a_batch_shares(study):
    chain = study.runnable_chain()
    shared = compute(study)
    changed = chain_report(study, chain.without_link("people", "trust"), shared=shared)
    assert len(changed.links[changed.links["effect"] == "direct"]) == 2
    same = chain_report(study, chain, shared=shared)
    assert same.links is shared.chains[chain.name].overall.links


def test_links_of_a_chain_are_added_and_dropped_one_at_a_time(study):
    chain = study.runnable_chain()
    again = chain.without_link("people", "trust").with_link("people", "trust")
    assert again == chain
    with pytest.raises(ChainError, match="has a link people → trust already"):
        chain.with_link("people", "trust")
    with pytest.raises(ChainError, match=r"no link trust → people; its links are people → service"):
        chain.without_link("trust", "people")
    with pytest.raises(ChainError, match=r"no construct 'trsut'.*Did you mean 'trust'"):
        chain.with_link("people", "trsut")


def test_a_notebook_run_from_elsewhere_finds_the_demo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert chain_report("../data/demo").study.path == DEMO
    with pytest.raises(StudyError, match=r"no study folder '\.\./data/demos'"):
        chain_report("../data/demos")
    with pytest.raises(StudyError, match=r"There is no data/none in .*start in the project's"):
        wb.study.in_project("data/none")
    assert wb.study.in_project("data/demo") == DEMO


def test_a_page_is_about_the_links_put_in_the_place_of_its_own(study):
    report = organisation_report(study, "Organisation 2")
    assert list(report.own_indices["wave"].unique()) == study.waves
    links = wb.links(study.fit(organisation="Organisation 2"))
    links.loc[0, ["strength", "lower", "upper"]] = 0.123, 0.111, 0.135
    before = report.links().html
    report.own_links = links
    assert "0.11 to 0.14" in report.links().html
    assert "0.11 to 0.14" in report.picture().html
    assert "0.11 to 0.14" not in before
