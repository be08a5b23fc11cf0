"""Sentences on how well questions measure, and on whether groups can be compared."""

import math

import pytest

from workbench import interpretation as words
from workbench.interpretation import (
    Comparable,
    Convergent,
    Dimensions,
    Distinct,
    InvarianceLevel,
    Loadings,
    Rule,
)

CONFIGURAL, METRIC, SCALAR, STRICT = InvarianceLevel


@pytest.mark.parametrize(
    ("ave", "reliability", "verdict", "told"),
    [
        (0.5, 0.7, Convergent.WELL, "The questions about People measure it well"),
        (0.49, 0.7, Convergent.TOGETHER, "Single questions about People are more error than"),
        (0.6, 0.69, Convergent.BADLY, "The questions about People share too little"),
        (math.nan, 0.8, Convergent.MISSING, "The measurement quality of People could not be"),
    ],
)
def test_convergence_is_judged_by_ave_and_reliability(ave, reliability, verdict, told):
    assert words.convergent(ave, reliability) is verdict
    assert words.convergent_in_words(ave, reliability, "People").startswith(told)


@pytest.mark.parametrize(
    ("items", "alpha", "told"),
    [
        (
            1,
            math.nan,
            "People has only one question, so the reliability of its index is not known.",
        ),
        (3, math.nan, "The reliability of the index of People could not be estimated."),
        (
            3,
            0.8,
            "Judged by alpha alone, the reliability of People is good enough to compare groups.",
        ),
    ],
)
def test_without_a_model_alpha_alone_is_told(items, alpha, told):
    assert words.alpha_alone_in_words("People", items, alpha) == told


@pytest.mark.parametrize(
    ("ratio", "upper", "verdict", "told"),
    [
        (0.5, 0.84, Distinct.CLEARLY, "A and B are distinct."),
        (0.8, 0.85, Distinct.LIBERALLY, "A and B are distinct by the liberal threshold of 0.90."),
        (
            0.8,
            0.90,
            Distinct.PROBABLY,
            "A and B are probably distinct, but the interval reaches 0.90 or more.",
        ),
        (
            0.5,
            math.nan,
            Distinct.UNTESTED,
            "A and B seem to be distinct, but there is no interval to test it.",
        ),
        (
            0.90,
            1.0,
            Distinct.HARDLY,
            "The answers hardly distinguish A from B, so a link between them means little.",
        ),
        (
            math.nan,
            math.nan,
            Distinct.MISSING,
            "Whether A and B are distinct could not be estimated.",
        ),
    ],
)
def test_distinctness_is_judged_by_the_marks_of_henseler(ratio, upper, verdict, told):
    assert words.distinct(ratio, upper) is verdict
    assert words.distinct_in_words(ratio, upper, "A", "B") == told


@pytest.mark.parametrize(
    ("components", "factors", "verdict", "told"),
    [
        (1, 1, Dimensions.ONE, "measure one thing, so one index"),
        (1, 0, Dimensions.ONE, "measure one thing, so one index"),
        (1, 2, Dimensions.UNCLEAR, "principal components suggest 1, common factors 2"),
        (2, 1, Dimensions.UNCLEAR, "principal components suggest 2, common factors 1"),
        (2, 3, Dimensions.SEVERAL, "measure 2 different things"),
        (0, 0, Dimensions.NONE, "share no more than chance"),
    ],
)
def test_dimensions(components, factors, verdict, told):
    assert words.dimensions(components, factors) is verdict
    assert told in words.dimensions_in_words(components, factors, "Courtesy")


def test_items_that_run_against_the_others():
    assert words.against_in_words([], "people") == ""
    told = words.against_in_words(["p1"], "people")
    assert told == "p1 runs against the other items of people: is it reversed?"
    assert words.against_in_words(["p1", "p2"], "people") == (
        "p1, p2 run against the other items of people: are they reversed?"
    )
    assert words.dimensions_in_words(1, 1, "people", ["p1"]) == (
        f"{told} Until this is settled, the index means little."
    )


def test_one_component_of_all_items():
    assert words.single_factor_in_words(0.51).startswith(
        "One component holds 51% of the variance of all items, more than half"
    )
    assert words.single_factor_in_words(0.5).startswith(
        "One component holds 50% of the variance of all items, less than half"
    )


def test_answers_at_an_end_of_the_scale():
    assert words.extremes_in_words([0.16, 0.2], [0.15, 0.1]) == (
        "More than 15% of answers to 2 questions are at the lowest code, which hides differences "
        "beyond it."
    )
    assert words.extremes_in_words([0.1], [0.3]).startswith(
        "More than 15% of answers to 1 question are at the highest code"
    )
    assert words.extremes_in_words([0.1], [0.1]) == (
        "No question has many answers at an end of its scale."
    )


def test_how_well_units_are_measured():
    assert words.unit_index_in_words("Service", 0.72, 0.2, 0.08, reliable=True) == (
        "The index of Service distinguishes units well enough to compare them: 72% of the "
        "differences between units are differences in Service, 20% are sampling error and 8% are "
        "specific to single questions."
    )
    assert words.unit_index_in_words("Service", 0.6, 0.4, None, reliable=False) == (
        "The index of Service is an unreliable measure of a unit: 60% of the differences between "
        "units are differences in Service, 40% are sampling error."
    )


def test_loadings_between_and_within_units():
    assert words.loadings_in_words("Trust", Loadings.EQUAL) == (
        "There is no evidence that Trust has different meanings between units and within units."
    )
    assert "Trust of a unit is therefore not simply the average" in words.loadings_in_words(
        "Trust", Loadings.UNEQUAL
    )
    assert words.loadings_in_words("Trust", Loadings.UNTESTED, "not tested.") == (
        "Test of equal loadings of Trust between and within units: not tested."
    )
    assert words.loadings_in_a_word(Loadings.UNEQUAL, 0.012) == "they differ (p = .012)"


def test_units_told_apart():
    assert words.units_told_apart_in_words(["A", "B"], ["C"], ["B"], "D has one unit.") == (
        "The index distinguishes units reliably for A and B. The index does not distinguish units "
        "reliably for C. D has one unit. The questions about B have different weights between "
        "units and between people."
    )
    assert words.units_told_apart_in_words([], [], [], "") == ""


def test_rules_of_invariance():
    """Chen rejects only if CFI and one of the others say so; few rows have tighter limits."""

    def found(*given):
        return tuple(words.level_holds(*given)[rule] for rule in (Rule.CHEUNG_RENSVOLD, Rule.CHEN))

    assert found(500, METRIC, -0.012, 0.016, 0.0) == (False, False)
    assert found(500, METRIC, -0.012, 0.001, 0.0) == (False, True)
    assert found(200, METRIC, -0.006, 0.011, 0.0) == (True, False)
    assert found(300, METRIC, -0.006, 0.011, 0.0) == (True, False)
    assert found(301, METRIC, -0.006, 0.011, 0.0) == (True, True)
    assert found(500, SCALAR, -0.011, 0.0, 0.012) == (False, False)
    assert found(500, METRIC, -0.011, 0.0, 0.012) == (False, True)
    assert found(500, METRIC, math.nan, 0.0, 0.0) == (None, None)


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        (None, "The model could not be estimated in every group"),
        (
            CONFIGURAL,
            "With the same structure in every group CFI is 0.980 and RMSEA 0.040. Nothing more can "
            "be taken as equal",
        ),
        (
            METRIC,
            "With the same structure in every group CFI is 0.980 and RMSEA 0.040. Measurement",
        ),
    ],
)
def test_levels_of_invariance(reached, told):
    assert words.invariance_in_words(reached, 0.98, 0.04).startswith(told)


def test_what_speaks_against_the_next_level():
    assert words.untestable_level_in_words(SCALAR, "It is not identified.") == (
        "The scalar level cannot be tested: It is not identified."
    )
    assert words.untestable_level_in_words(SCALAR, "") == (
        "The scalar model could not be estimated."
    )
    assert words.worse_level_in_words(SCALAR, (-0.038, 0.015, 0.01), list(Rule)) == (
        "The scalar level fits worse (ΔCFI −0.038, ΔRMSEA +0.015, ΔSRMR +0.010) and does not hold "
        "by the rule of Cheung & Rensvold and of Chen."
    )


@pytest.mark.parametrize(
    ("full", "partial", "verdict"),
    [
        (STRICT, None, Comparable.INDICES),
        (SCALAR, None, Comparable.INDICES),
        (METRIC, SCALAR, Comparable.WITH_CAUTION),
        (CONFIGURAL, STRICT, Comparable.WITH_CAUTION),
        (METRIC, METRIC, Comparable.LINKS),
        (CONFIGURAL, None, Comparable.NOTHING),
        (None, None, Comparable.UNKNOWN),
    ],
)
def test_what_can_be_compared(full, partial, verdict):
    assert words.comparable(full, partial) is verdict


@pytest.mark.parametrize(
    ("verdict", "left_out", "freed", "told"),
    [
        (
            Comparable.INDICES,
            0,
            [],
            "The questions about People work in the same way in all 5 organisations, so their "
            "indices can be compared.",
        ),
        (
            Comparable.INDICES,
            2,
            [],
            "The questions about People work in the same way in the 5 of 7 organisations large "
            "enough to compare, so their indices can be compared.",
        ),
        (
            Comparable.WITH_CAUTION,
            0,
            ["q4"],
            "Most questions about People work in the same way in all 5 organisations, but q4 does "
            "not: compare indices with caution, or use a model with separate parameters for that "
            "question.",
        ),
        (
            Comparable.WITH_CAUTION,
            0,
            ["q4", "q5"],
            "Some questions about People work in the same way in all 5 organisations, but q4, q5 "
            "do not: compare indices with caution, or use a model with separate parameters for "
            "those questions.",
        ),
        (
            Comparable.LINKS,
            0,
            [],
            "Links with People can be compared across organisations, but its index cannot: the "
            "same level of the construct leads to different answers.",
        ),
        (
            Comparable.NOTHING,
            0,
            [],
            "The questions about People do not work in the same way in all 5 organisations: "
            "compare neither its index nor its links across organisations.",
        ),
        (
            Comparable.UNKNOWN,
            0,
            [],
            "People could not be modelled in all 5 organisations, so it is not known whether its "
            "index can be compared.",
        ),
    ],
)
def test_sentences_on_comparability(verdict, left_out, freed, told):
    found = words.comparable_in_words("People", "organisation", 5, left_out, verdict, freed)
    assert found == told
