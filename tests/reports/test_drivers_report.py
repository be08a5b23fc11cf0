"""The drivers report and the sections it lends to an organisation's report."""

import pickle
import re
import sys
from dataclasses import replace
from math import nan
from types import SimpleNamespace

import pytest

from workbench import drivers
from workbench.chain import ChainStudy
from workbench.drivers import ChainEffects, Importance
from workbench.interpretation import NotEstimated
from workbench.reports import drivers_report
from workbench.reports.disclosure import coverage, shown_only
from workbench.reports.findings import (
    DriverFindings,
    driver_findings,
    necessity_section,
    priorities,
    what_if_section,
)
from workbench.reports.pages.drivers import DriversReport

SAYS = {
    "headline": "Process accounts for 36% (27% to 46%) of that 15%, or 5% of all differences.",
    "importance": "and Service: Perceived quality (after all of these).",
    "priorities": "64 (62 to 65) −0.8 (−2.2 to 0.6) 7,299 none: performance not clearly different",
    "organisations": "Health Insurance Board none none",
    "scorecard": "Senior leader Website 62 (60 to 63) 10 (5 to 18)",
    "questions": "How quick and smooth was the procedure? 24 (17 to 31) 63 (61 to 64)",
    "other_outcomes": "Loyalty The drivers together account for 35% of the differences in Loyalty",
    "channels": "counter : For Service, no driver stands out to improve first or to keep up",
    "necessity": "From 321 units of all organisations.",
    "what_if": "Where Service is 5 points higher, Trust is 3.0 points higher (+2.4 to +3.7).",
    "method": "The drivers of Service come from the Customer satisfaction index, government form.",
}


@pytest.fixture(scope="module")
def study(demo) -> ChainStudy:
    return demo


@pytest.fixture(scope="module")
def report(study: ChainStudy, found: DriverFindings) -> DriversReport:
    return DriversReport(study, "service", found, "")


@pytest.fixture(scope="module")
def found(study: ChainStudy) -> DriverFindings:
    return driver_findings(study)


def replace_found(report: DriversReport, found: DriverFindings, of: Importance) -> DriversReport:
    """The same report with another importance for service."""
    return DriversReport(report.study, "service", replace(found, importance={"service": of}), "")


@pytest.mark.parametrize("section", SAYS)
def test_sections_say_what_the_demo_shows(report: DriversReport, section: str) -> None:
    html = getattr(report, section)().html
    assert SAYS[section] in " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "nan" not in html.lower().replace(">", " ").replace("<", " ").split()
    assert "could not" not in html
    assert len(html.encode()) < 40_000


def test_points_of_every_scorecard_are_those_of_links_within_organisations(
    study: ChainStudy, found: DriverFindings, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = found.importance["trust"].chain
    assert chain not in ("", study.chain)  # the drivers of trust come from another chain

    def within(_: ChainStudy, __: str | None = None, name: str = "") -> ChainEffects:
        links = found.effects.replace({"service": "website"}).assign(pass_through=0.321)
        return ChainEffects(name, links if name == chain else found.effects)

    monkeypatch.setattr("workbench.reports.findings.overall_effects", within)
    again = driver_findings(study, outcomes=["trust"])
    points = again.importance["trust"].frame.set_index("driver")["pass_through"]
    assert points["website"] == 0.321


def test_words_are_those_of_association(report: DriversReport) -> None:
    assert "they do not show that changing one thing would change the other." in (
        report.headline().html
    )
    assert "Links are associations, not causal effects" in report.what_if().html


def test_key_numbers(report: DriversReport) -> None:
    numbers = report.key_numbers().numbers
    assert round(numbers["Service: explained by its drivers, %"]["value"]) == 15
    assert round(numbers["People: necessity effect size, 0 to 1"]["value"], 2) == 0.19


def test_sections_of_an_organisation(found: DriverFindings) -> None:
    name = "Revenue Office"
    html = priorities(found, name).html
    assert "For Service, Trust and Loyalty, no driver stands out" in html
    assert "Drivers of Loyalty, the most important first" in html
    assert "by responsible role" not in html
    assert "60 units of this organisation" in necessity_section(found, name).html
    assert 'type="range"' in what_if_section(found, name).html


def test_value_is_ranked_among_the_drivers_of_loyalty(found: DriverFindings) -> None:
    """In the population loyalty hangs on satisfaction first; value comes next."""
    ranked = found.importance["loyalty"].frame
    assert ranked["driver"].tolist()[:2] == ["service", "value"]
    assert ranked.set_index("driver").at["value", "share_lower"] > 0.1


def test_an_improvement_names_the_questions_behind_it(found: DriverFindings) -> None:
    html = priorities(found, "Health Insurance Board").html
    assert "For Loyalty, improve first: Service." in html
    told = html.partition("The questions about Service, the lowest first:")[2]
    first, *others = re.findall("“([^”]+)”", told.partition("</")[0])
    assert first == "The service disappointed me (reverse-scored)"
    assert len(others) == 3
    assert "received” (most important)" in told


def test_questions_are_named_where_nothing_is_known_of_them(found: DriverFindings) -> None:
    unknown = replace(found, questions={"loyalty": NotEstimated("too few")})
    html = priorities(unknown, "Health Insurance Board").html
    assert "The questions about Service: “Overall, I am satisfied" in html


def test_what_goes_with_a_change_says_what_its_links_rest_on(found: DriverFindings) -> None:
    assert (
        "within organisations; shown is the mean over 11 organisations"
        in what_if_section(found).html
    )
    few = replace(found, basis="These are few.")
    assert "These are few." in what_if_section(few).html


def test_findings_can_be_stored(found: DriverFindings) -> None:
    stored = pickle.loads(pickle.dumps(found))  # as a batch hands them over
    for name in ("", "Revenue Office", "Library Network", "Harbour Pilots"):
        for section in (priorities, necessity_section, what_if_section):
            assert section(stored, name).html == section(found, name).html


def test_a_faulty_scorecard_is_said_where_it_would_have_stood(
    report: DriversReport, found: DriverFindings
) -> None:
    faulty = replace(found, reasons={"scorecard": "row 2: write a role."})
    html = DriversReport(report.study, "service", faulty, "").scorecard().html
    assert html.count("row 2: write a role.") == 1


def test_a_study_that_names_no_roles_has_no_section_about_them(
    report: DriversReport, found: DriverFindings
) -> None:
    nobody = replace(found, roles=found.roles.head(0))
    assert DriversReport(report.study, "service", nobody, "").scorecard().html == ""
    assert "Responsible roles" in report.scorecard().html


def test_small_organisation_is_set_among_all(found: DriverFindings) -> None:
    html = necessity_section(found, "Library Network").html
    assert "of all organisations, because this one has fewer than 20" in html
    assert "depends most on one unit: without it" in html


def test_no_page_names_a_single_unit(found: DriverFindings, study: ChainStudy) -> None:
    html = necessity_section(found).html
    whose = re.search(r"depends most on one unit of ([^:]+): without it", html)
    assert whose is not None
    assert whose[1] in set(study.organisations["name"])
    units = set(found.pairs["people", "service"].frame["name"])
    assert not [unit for unit in units if unit in html]


def test_total_effects_that_failed_are_not_called_outside_the_chain(
    report: DriversReport, found: DriverFindings
) -> None:
    of = found.importance["service"]
    failed = replace(of, frame=of.frame.assign(total=nan, total_lower=nan, total_upper=nan))
    html = replace_found(report, found, failed).importance().html
    assert "[x]" in html
    assert "[z]" not in html


def test_hidden_organisation_shows_nothing(found: DriverFindings) -> None:
    for section in (priorities, necessity_section, what_if_section):
        html = section(found, "Harbour Pilots").html
        assert "fewer than 10 people in employees answered" in html
        assert "<table" not in html
        assert "<svg" not in html
    assert "Harbour Pilots" not in priorities(found).html


def test_findings_of_a_batch_are_not_computed_again(
    study: ChainStudy,
    found: DriverFindings,
    report: DriversReport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = SimpleNamespace(in_full=True, drivers=found, coverage=coverage(study))
    monkeypatch.setattr(
        "workbench.reports.pages.drivers.at_hand", lambda *_: (study, found.wave, shared)
    )
    monkeypatch.setattr("workbench.reports.pages.drivers.driver_findings", None)
    given = drivers_report(study, shared="common.pickle")
    for section in ("headline", "importance", "scorecard", "necessity"):
        assert getattr(given, section)().html == getattr(report, section)().html


def test_questions_are_looked_up_on_every_page(
    found: DriverFindings, study: ChainStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their importance is that of all organisations, so no page estimates it for itself."""
    groups = shown_only(study, coverage(study))
    expected = drivers.priority_map(groups, "service", of="items", organisation="Library Network")
    monkeypatch.delattr(sys.modules["workbench.drivers.importance"], "importance_of")
    shown = DriversReport(study, "service", found, "Library Network").questions()
    told = shown.content.frame["importance"].tolist()
    assert told == expected.table().frame["importance"].tolist()
