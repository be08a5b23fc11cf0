"""Sentences on chains: rivals, exclusion, feedback loops, moderation, panels, power."""

import math

import pytest

from workbench import interpretation as words
from workbench.interpretation import (
    Doubt,
    Growth,
    Instruments,
    LinkEstimate,
    LinkPower,
    Moderated,
    Nested,
    PanelKind,
    Side,
    Yardstick,
)
from workbench.sem.inference.comparison import Difference

CLEARLY = Difference(20.0, 2, "wald")
CHANCE = Difference(1.0, 2, "wald")


def test_rivals_that_no_data_tell_apart():
    assert words.equivalent_in_words(["the chain", "the chain reversed"], saturated=False) == (
        "Data cannot distinguish the chain and the chain reversed: they are equivalent and fit any "
        "data equally well. The choice must come from theory or from a study over time."
    )
    assert "they link all constructs, so they fit any data perfectly" in (
        words.equivalent_in_words(["a", "b"], saturated=True)
    )
    assert words.untestable_in_words("the chain").startswith("Data cannot test the chain by itself")


@pytest.mark.parametrize(
    ("test", "verdict", "told"),
    [
        (CLEARLY, Nested.WORSE, "It fits clearly worse (chi-square 20.0 on 2 degrees of freedom"),
        (CHANCE, Nested.NO_WORSE, "It fits no worse than expected by chance (chi-square 1.0"),
    ],
)
def test_a_nested_rival_is_tested(test, verdict, told):
    assert words.nested(test.pvalue) is verdict
    found = words.nested_in_words("the chain without shortcuts", "the chain", test)
    assert found.startswith(f"The chain without shortcuts is nested in the chain. {told}")


def test_small_differences_of_bic_are_not_told():
    assert words.lowest_bic_in_words("the chain", 1.9) == ""
    assert words.lowest_bic_in_words("the chain", 2.0) == (
        "Among the models of the same items, the chain has the lowest BIC, by 2.0."
    )


def test_a_rival_that_cannot_be_used():
    told = words.unusable_rival_in_words("the chain", "People came out negative.")
    assert told == "The chain cannot be compared. People came out negative."


@pytest.mark.parametrize(
    ("side", "ends", "told"),
    [
        (
            Side.ABOVE,
            (None, 0.1),
            "stays above zero as long as the correlation is below 0.10.",
        ),
        (
            Side.BELOW,
            (-0.2, 0.1),
            "stays below zero as long as the correlation is above −0.20 and below 0.10.",
        ),
        (Side.ABOVE, (None, None), "stays above zero for every correlation from −0.3 to 0.3."),
        (Side.BELOW, (None, None), "stays below zero for every correlation from −0.3 to 0.3."),
        (
            Side.UNCLEAR,
            (None, None),
            "is not clearly different from zero even without such a correlation; for correlations "
            "from −0.3 to 0.3 it ranges from −0.05 to 0.25.",
        ),
    ],
)
def test_exclusion(side, ends, told):
    found = words.exclusion_in_words("A", "C", side, ends, (-0.3, 0.3), (-0.05, 0.25))
    assert found == f"The indirect link from A to C {told}"


@pytest.mark.parametrize(
    ("f", "verdict", "told"),
    [
        (12.0, Instruments.STRONG, "The instruments of A (B, C) are strong enough (F = 12.0, to"),
        (10.0, Instruments.WEAK, "The instruments of A (B, C) are weak: the two directions can"),
        (math.nan, Instruments.UNKNOWN, "Whether the instruments of A (B, C) are strong enough"),
    ],
)
def test_instruments_are_judged_by_the_first_stage(f, verdict, told):
    assert words.instruments(f) is verdict
    assert words.instruments_in_words("A", ["B", "C"], f).startswith(told)


def test_feedback_loops():
    assert words.identification_in_words({"A": ["B", "C"], "D": ["E"]}) == (
        "Instruments identify the two directions: A by B, C; D by E."
    )
    assert words.convergence_in_words(0.99) == (
        "The feedback loop converges (largest eigenvalue 0.99, below 1), so its total effects "
        "exist."
    )
    assert words.convergence_in_words(1.0).startswith("The feedback loop does not converge")


def test_whether_links_differ_between_groups():
    assert words.moderated(CLEARLY) is Moderated.DIFFERENT
    assert words.moderated_in_words("type", CLEARLY).startswith("Links differ by type (chi-square")
    assert words.moderated(CHANCE) is Moderated.NOT_SHOWN
    assert words.moderated_in_words("type", CHANCE).startswith(
        "The data do not show that links differ by type (chi-square"
    )
    link = words.differing_link_in_words(("A", "B"), 2, (-0.1, "city"), (0.4, "county"))
    assert link == (
        "A → B differs clearly, also after correction for 2 tests: for one point the difference is "
        "−0.10 points in city and 0.40 in county."
    )


@pytest.mark.parametrize(
    ("fall", "verdict", "told"),
    [
        (
            0.01,
            Yardstick.ALIKE,
            "The questions work in the same way in every type (CFI falls by 0.010 with equal "
            "loadings), so a point means the same in each.",
        ),
        (
            -0.001,
            Yardstick.ALIKE,
            "The questions work in the same way in every type (CFI falls by 0.000 with equal "
            "loadings), so a point means the same in each.",
        ),
        (
            0.011,
            Yardstick.DIFFERENT,
            "The questions do not work in quite the same way in every type (CFI falls by 0.011 "
            "with equal loadings), so compare links with caution.",
        ),
    ],
)
def test_the_yardstick_is_judged_by_the_fall_of_cfi(fall, verdict, told):
    assert words.yardstick(fall) is verdict
    assert words.yardstick_of_all_in_words("type", fall) == told


def test_yardsticks_of_constructs_are_told_together():
    found = {Yardstick.DIFFERENT: ["A"], Yardstick.ALIKE: ["B", "C"], Yardstick.UNTESTED: []}
    assert words.yardsticks_in_words("type", found) == (
        "The questions about B and C work in the same way in every type, so a point means the same "
        "in each. The questions about A do not work in the same way in every type, so compare "
        "these links with caution."
    )
    untested = words.yardsticks_in_words("type", {Yardstick.UNTESTED: ["A"]})
    assert untested.endswith("cannot be tested on respondents; the comparison assumes it.")


@pytest.mark.parametrize(
    ("found", "carried", "told"),
    [
        (
            (0.3, 0.1, 0.5),
            False,
            "Where A in 2022 was higher, B in 2023 was higher, given B in 2022: 0.30 (0.10 to "
            "0.50) points per point.",
        ),
        (
            (-0.3, -0.5, -0.1),
            True,
            "Where A in 2022 was higher, B in 2023 was lower: −0.30 (−0.50 to −0.10) points per "
            "point.",
        ),
        (
            (0.1, -0.1, 0.3),
            False,
            "The data cannot tell whether A in 2022 is associated with B in 2023 (0.10 (−0.10 to "
            "0.30)).",
        ),
        (
            (0.1, math.nan, math.nan),
            False,
            "The link between A in 2022 and B in 2023 could not be estimated.",
        ),
    ],
)
def test_effects_from_wave_to_wave(found, carried, told):
    ends = ("A", "2022"), ("B", "2023")
    assert words.lag_in_words(*ends, LinkEstimate(*found), carried=carried) == told


@pytest.mark.parametrize(
    ("found", "verdict", "told"),
    [
        ((2.0, 1.0, 3.0), Growth.RISES, "A rises by 2.0 points a wave (1.0 to 3.0)."),
        ((-1.0, -2.0, -0.5), Growth.FALLS, "A falls by 1.0 point a wave (−2.0 to −0.5)."),
        (
            (1.0, -1.0, 3.0),
            Growth.STEADY,
            "A shows no steady change (+1.0 point a wave, −1.0 to 3.0).",
        ),
    ],
)
def test_growth(found, verdict, told):
    assert words.growth_of(*found) is verdict
    assert words.growth_in_words("A", found) == told


def test_differences_in_growth():
    assert words.differences_in_growth_in_words("A", 0.1) == "Units differ in how A changes."
    for lower in (0.0, math.nan):
        assert words.differences_in_growth_in_words("A", lower) == (
            "The data cannot tell whether units differ in how A changes."
        )
    assert words.bent_in_words(["A"], 0.5, 0.2).startswith(
        "A straight line does not fit the waves of A (CFI 0.50, RMSEA 0.20)"
    )


@pytest.mark.parametrize(
    ("strength", "before", "after", "doubt", "told"),
    [
        (0.3, False, False, Doubt.NONE, "0.30"),
        (
            math.nan,
            False,
            True,
            Doubt.AFTER,
            "none: measurement error explains all differences between units in what comes after",
        ),
        (
            math.nan,
            True,
            False,
            Doubt.BEFORE,
            "none: measurement error explains all differences between units in what goes before",
        ),
        (
            math.nan,
            True,
            True,
            Doubt.BOTH,
            "none: measurement error explains all differences between units in both",
        ),
        (math.nan, False, False, Doubt.NOT_STANDARDISED, "none: it could not be standardised"),
        (
            1.3,
            False,
            False,
            Doubt.BEYOND_ONE,
            "1.30: above 1, so unreliable: the predictors overlap or are mostly measurement error",
        ),
        (
            -1.3,
            False,
            False,
            Doubt.BEYOND_ONE,
            "−1.30: below −1, so unreliable: the predictors overlap or are mostly measurement "
            "error",
        ),
    ],
)
def test_a_strength_stands_with_its_doubt(strength, before, after, doubt, told):
    assert words.doubt_of(strength, before=before, after=after) is doubt
    assert words.strength_in_words(strength, doubt) == told


def test_titles_of_panels():
    assert words.panel_title(PanelKind.CROSS_LAGGED, "A", "B") == (
        "A and B, from one wave to the next"
    )


def power(**other):
    given = {
        "source": "people",
        "target": "service",
        "size": 0.3,
        "units": 1200,
        "organisations": 12,
        "respondents": (20.0, 18.0),
        "spread": 0.1,
        "power": 0.46,
        "needed": 2400,
        "most_units": 4000,
        "target_power": 0.8,
    }
    return words.power_in_words(LinkPower(**given | other))


def test_power_over_organisations():
    assert power() == (
        "46% of studies with 1,200 units of 18 to 20 respondents each in 12 organisations would "
        "detect a link from people to service whose true strength within organisations is 0.30. A "
        "study detects the link if its page shows it with a 95% interval that excludes 0; a study "
        "whose page shows no link does not detect it. The calculation assumes that links differ "
        "between organisations with a standard deviation of 0.10, as estimated here. For 80% it "
        "takes about 2,400 units, in as many organisations."
    )


def test_power_of_one_organisation_out_of_reach():
    told = power(organisations=1, respondents=(1.0, 1.0), power=0.999, needed=None)
    assert told.startswith(
        "More than 99% of studies with 1,200 units of one row would detect a link from people to "
        "service whose true strength is 0.30."
    )
    assert told.endswith("For 80% it takes more than 4,000 units.")
    assert "organisations" not in told


def test_power_of_the_test_of_close_fit():
    assert words.close_fit_in_words(41, 0.5, 60, 196, 0.8) == (
        "The chain's test of close fit (41 degrees of freedom, RMSEA .05 against .08) has a power "
        "of 50% with 60 units and needs 196 for 80%."
    )
