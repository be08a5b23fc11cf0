"""The measurement report's sections on the demo."""

import re
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.interpretation import NotEstimated
from workbench.measurement import Share, measurement_model
from workbench.reports.disclosure import coverage, shown_only
from workbench.reports.pages.measurement import MeasurementReport, measurement_report
from workbench.study.level import Level

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def report() -> MeasurementReport:
    return measurement_report(DEMO)


def test_every_construct_has_its_words(report: MeasurementReport) -> None:
    html = report.reliability().html
    for label in ("People", "Service", "Trust"):
        assert label in html
    assert "the index is reliable" in html


def test_across_sources_on_units_alone(report: MeasurementReport) -> None:
    html = report.distinct().html
    assert "respondents of clients" in html
    assert "units, all sources together" in html
    assert "respondents of employees" not in html  # one construct: nothing to tell apart


SAYS = {
    "headline": "The questions about People measure it well: the index is reliable",
    "items": "Overall, I am satisfied with my job.",
    "dimensions": "The questions about People measure one thing, so one index can represent them.",
    "whole_structure": "2 components, where the codebook has 2 constructs",
    "model": "The model fits the data well (CFI 1.000, RMSEA 0.000, SRMR 0.002)",
    "comparable": "The questions about People work in the same way in all 11 organisations",
}


@pytest.mark.parametrize("section", SAYS)
def test_a_section_says_what_the_demo_shows(report: MeasurementReport, section: str) -> None:
    html = getattr(report, section)().html
    assert SAYS[section] in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "nan" not in html.lower().split()


def test_comparison_names_how_many_took_part(report: MeasurementReport) -> None:
    html = report.comparable().html
    took_part = re.findall(r"organisation \((\d+) of 11\)", html)
    assert took_part == ["11", "10", "11"]  # of People, Service and Trust
    assert "wave (3 of 3)" in html


def test_without_a_model_its_reason_stands_once_and_alpha_stays(report: MeasurementReport) -> None:
    broken = copy(report)
    broken.__dict__.pop("_assessed", None)
    reason = "The measurement model of all could not be estimated."
    broken.__dict__["_models"] = [NotEstimated(reason)] * len(report._parts)
    assert reason not in broken.headline().html + broken.distinct().html
    html = broken.reliability().html
    assert reason not in html
    assert "the section on it says why" in html
    assert "Judged by alpha alone, the reliability of Trust is good enough" in html
    assert reason in broken.model().html
    assert "Trust: alpha, 0 to 1" in broken.key_numbers().numbers


def test_hidden_groups_are_left_out(report: MeasurementReport, demo) -> None:
    study = demo
    kept = shown_only(study, coverage(study)).answers("clients")
    told = {label: one["value"] for label, one in report.key_numbers().numbers.items()}
    assert {label: round(value, 2) for label, value in told.items()} == {
        "People: reliability, 0 to 1": 0.86,
        "Service: reliability, 0 to 1": 0.83,
        "Trust: reliability, 0 to 1": 0.85,
    }
    assert sum(len(part.frame) for part in report._sources if part.title == "clients") == (
        (kept["wave"] == report.wave).sum()
    )


def test_between_units_every_construct_asked_of_people_has_its_reliability(
    report: MeasurementReport,
) -> None:
    html = report.between().html
    found = report._between["service"]
    assert f"{found.index.value:.2f} ({found.index.lower:.2f} to" in html
    assert f"no evidence of a difference (p = .{found.pvalue * 1000:03.0f})" in html
    assert "The index distinguishes units reliably for People, Service and Trust." in (
        report.headline().html
    )


def test_a_construct_without_estimates_between_units_says_why(report: MeasurementReport) -> None:
    bare = copy(report)
    reason = "Units do not differ in Trust beyond chance."
    none = Share()
    empty = replace(
        report._between["trust"], index=none, omega=none, alpha=none, pvalue=np.nan, reason=reason
    )
    unequal = replace(report._between["service"], pvalue=0.001)
    bare.__dict__["_between"] = {"service": unequal, "trust": empty}
    for html in (bare.between().html, bare.headline().html):
        assert reason in html
        assert "nan" not in html.lower().split()
    assert "they differ (p = .001)" in bare.between().html
    assert "questions about Service have different weights" in bare.headline().html


def test_constructs_whose_rows_are_units_already_are_named(report: MeasurementReport) -> None:
    mixed = copy(report)
    clients = next(part for part in report._sources if "trust" in part.items)
    records = replace(clients, level=Level.UNITS, items={"trust": clients.items["trust"]})
    mixed._sources = [*report._sources, records]
    mixed.__dict__["_between"] = {"people": report._between["people"]}
    assert "The rows of Trust are units" in mixed.between().html


def test_a_chain_of_respondents_has_nothing_between_units() -> None:
    found = measurement_report(DEMO, chain="citizens-first")
    assert "estimated across respondents" in found.between().html
    assert found._parts == found._sources


def test_models_of_units_know_the_means_sampling_error(report: MeasurementReport) -> None:
    """Their constructs are as reliable as each construct's own model between units has it."""
    assert report._units.error is not None
    model = report._models[-1]
    assert not isinstance(model, NotEstimated)
    as_they_are = measurement_model(replace(report._units, error=None))
    own = {c: report._between[c].omega.value for c in ("people", "service", "trust")}
    found = model.constructs.set_index("construct")["composite_reliability"]
    raw = as_they_are.constructs.set_index("construct")["composite_reliability"]
    for construct, omega in own.items():
        assert found[construct] == pytest.approx(omega, abs=0.01)
        assert raw[construct] < omega
