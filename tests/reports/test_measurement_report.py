"""The measurement report's sections on the demo."""

from copy import copy
from pathlib import Path

import pytest

from workbench.chain import open_study
from workbench.reports.disclosure import coverage, shown_only
from workbench.reports.measurement import MeasurementReport, measurement_report

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def report() -> MeasurementReport:
    return measurement_report(DEMO)


def test_every_construct_has_its_words(report: MeasurementReport) -> None:
    html = report.reliability().html
    for label in ("People", "Service", "Trust"):
        assert label in html
    assert "its index can be relied on" in html


def test_across_sources_on_units_alone(report: MeasurementReport) -> None:
    html = report.distinct().html
    assert "respondents of clients" in html
    assert "means of units, all sources together" in html
    assert "respondents of employees" not in html  # one construct: nothing to tell apart


def test_sections_say_something(report: MeasurementReport) -> None:
    for section in ("headline", "items", "dimensions", "whole_structure", "model", "comparable"):
        html = getattr(report, section)().html
        assert len(html) > 100
        assert "nan" not in html.lower().split()


def test_comparison_names_how_many_took_part(report: MeasurementReport) -> None:
    html = report.comparable().html
    assert "organisation (10 of 11)" in html or "organisation (11 of 11)" in html
    assert "wave (3 of 3)" in html


def test_without_a_model_its_reason_stands_once_and_alpha_stays(report: MeasurementReport) -> None:
    broken = copy(report)
    broken.__dict__.pop("_assessed", None)
    reason = "The measurement model of all could not be estimated."
    broken.__dict__["_models"] = [reason] * len(report._parts)
    assert reason not in broken.headline().html + broken.distinct().html
    html = broken.reliability().html
    assert reason not in html
    assert "the section on it says why" in html
    assert "By alpha alone, the reliability of Trust is good enough" in html
    assert reason in broken.model().html
    assert "Trust: alpha, 0 to 1" in broken.key_numbers().numbers


def test_hidden_groups_are_left_out(report: MeasurementReport) -> None:
    study = open_study(DEMO)
    kept = shown_only(study, coverage(study)).answers("clients")
    assert report.key_numbers()
    assert sum(len(part.frame) for part in report._sources if part.title == "clients") == (
        (kept["wave"] == report.wave).sum()
    )
