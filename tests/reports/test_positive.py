"""Which answers are positive, by the study's definition, and the words and days beside them."""

from dataclasses import replace
from pathlib import Path

import pytest

import workbench as wb
from workbench.reports import organisation_report
from workbench.reports.pages.organisation import OrganisationReport

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def report() -> OrganisationReport:
    return organisation_report(DEMO, "Lakeshore County")


def test_positive_answers_are_those_above_the_middle_by_default(report: OrganisationReport) -> None:
    answers, shares = report._spread["people"]["engaged_1"]
    assert report._positive_share("engaged_1", answers, shares) == pytest.approx(shares[3:].sum())
    answers, shares = report._spread["trust"]["trust_1"]
    assert report._positive_share("trust_1", answers, shares) == pytest.approx(shares[6:].sum())
    assert "above the middle of its scale" in report.positive().html


def test_a_study_says_which_answers_are_positive(
    report: OrganisationReport, monkeypatch: pytest.MonkeyPatch
) -> None:

    definition = replace(report.study.definition, positive_from=70.0)
    monkeypatch.setattr(report.study, "definition", definition)
    answers, shares = report._spread["trust"]["trust_1"]
    assert report._positive_share("trust_1", answers, shares) == pytest.approx(shares[7:].sum())
    assert "from 70 of 100 points on" in report.positive().html


def test_cards_tell_the_mean_of_the_shares_that_the_page_shows(report: OrganisationReport) -> None:
    shown = report._spread["people"]
    mean = sum(report._positive_share(item, *told) for item, told in shown.items()) / len(shown)
    assert f"{mean:.0%} of answers positive" in report.cards().html
    shown["engaged_1"] = (shown["engaged_1"][0], "Not shown.")
    try:
        assert report._positive("people") == ""
    finally:
        del report.__dict__["_spread"]


def test_words_of_answers_stand_in_the_legend_but_for_turned_questions(
    report: OrganisationReport,
) -> None:
    assert report._labels(["engaged_1", "engaged_3"])[5] == "Strongly agree"
    assert report._labels(["engaged_3"]) == {}
    assert report._labels(["engaged_1", "trust_1"]) == {}
    assert "5: Strongly agree" in report.questions().html
    assert "reverse-scored questions are turned" in report.positive().html


def test_days_of_the_survey_are_told(report: OrganisationReport) -> None:
    assert "Answers were collected from 6 May 2024 to 31 May 2024." in report.asked().html


def test_the_questionnaire_lists_every_question(report: OrganisationReport) -> None:
    page = wb.reports.technical_report(report.study, shared=report.shared)
    told = page.questionnaire().content
    assert len(told.frame) == len(report.study.codebook.frame)
    assert "0: Not at all; 10: Completely" in told.html
    assert "1: Strongly disagree; 2: Disagree" in told.html
