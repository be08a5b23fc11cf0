"""Sentences on units: how far they differ, who agrees, and what reliable means take."""

import math

import pytest

from workbench import interpretation as words
from workbench.interpretation import Agreeing, Between, Needed, Place


@pytest.mark.parametrize(
    ("icc1", "part", "told"),
    [
        (0.09, Between.SMALL, "9% of the variance of Trust lies between units, a small part."),
        (0.10, Between.MEDIUM, "10% of the variance of Trust lies between units, a medium part."),
        (0.25, Between.LARGE, "25% of the variance of Trust lies between units, a large part."),
        (
            0.0,
            Between.NONE,
            "Units do not differ by more than chance, so no link can be estimated.",
        ),
        (math.nan, Between.MISSING, "Agreement on Trust cannot be estimated: it takes at least"),
    ],
)
def test_how_much_lies_between_units(icc1, part, told):
    assert words.between(icc1) is part
    assert words.agreement_in_words("Trust", icc1, 0.8, 0.6).startswith(told)


@pytest.mark.parametrize(
    ("rwg", "verdict"),
    [
        (0.30, Agreeing.NOT),
        (0.31, Agreeing.WEAKLY),
        (0.51, Agreeing.MODERATELY),
        (0.71, Agreeing.STRONGLY),
        (0.91, Agreeing.VERY_STRONGLY),
    ],
)
def test_agreement_is_judged_by_the_marks_of_lebreton_and_senter(rwg, verdict):
    assert words.agreeing(rwg) is verdict


def test_agreement_is_told_with_the_reliability_of_unit_means():
    assert words.agreement_in_words("Trust", 0.2, 0.7, 0.8) == (
        "20% of the variance of Trust lies between units, a medium part. Unit means are reliable "
        "(ICC(2) = 0.70; .70 is usual). Members of a unit agree strongly (mean r_wg(j) = 0.80)."
    )
    doubtful = words.agreement_in_words("Trust", 0.2, 0.69, math.nan)
    assert doubtful.endswith(
        "Unit means are to be interpreted with caution (ICC(2) = 0.69; .70 is usual)."
    )


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Needed.RELIABLE, "An ICC(2) of 0.70 takes 45 respondents per unit; there are 5.0."),
        (
            Needed.AT_MOST,
            "If units differed as much as the data allow (ICC(1) 0.700), it would take 45 "
            "respondents per unit for reliable unit means; there are 5.0.",
        ),
        (
            Needed.A_LITTLE,
            "Even units that differ a little (ICC(1) 0.70) would need 45 respondents per unit for "
            "reliable unit means; there are 5.0.",
        ),
    ],
)
def test_respondents_that_reliable_means_take(found, told):
    assert words.respondents_needed_in_words(found, 0.7, 44.3, 5.0) == told


def test_places_in_a_funnel():
    assert [place for place in Place if place.far] == [Place.FAR_ABOVE, Place.FAR_BELOW]
    assert [place for place in Place if place.near] == [Place.ABOVE, Place.BELOW]
    assert words.place_in_words(Place.FAR_BELOW) == "below 99.8%"


@pytest.mark.parametrize(
    ("far", "sampling_only", "told"),
    [
        (
            1,
            True,
            "Of 40 organisations, 1 is outside the 99.8% limits and 3 between the 95% and the "
            "99.8% limits. With sampling error only, 2.0 would be expected outside the 95% limits.",
        ),
        (
            2,
            False,
            "Of 40 organisations, 2 are outside the 99.8% limits and 3 between the 95% and the "
            "99.8% limits. With sampling error and the usual variation between organisations, 2.0 "
            "would be expected outside the 95% limits.",
        ),
    ],
)
def test_how_many_are_beyond_the_limits(far, sampling_only, told):
    assert words.funnel_in_words(40, far, 3, sampling_only=sampling_only) == told


def test_a_link_over_organisations():
    row = {"organisations": 12, "estimate": 0.3, "lower": 0.2, "upper": 0.4}
    row |= {"tau": 0.1, "tau_lower": 0.0, "tau_upper": 0.2}
    row |= {"prediction_lower": -0.09, "prediction_upper": 0.74}
    assert words.link_over_organisations_in_words(row) == (
        "Over 12 organisations the mean link is 0.30 (95% interval 0.20 to 0.40), and the standard "
        "deviation between organisations is 0.10 (0.00 to 0.20). In another organisation the link "
        "would probably lie between −0.09 and 0.74."
    )


def test_who_differs_from_the_median():
    assert words.median_in_words(["A"], ["B", "C"]) == (
        "A is above the median of all organisations; B and C are below the median of all "
        "organisations (false discovery rate 5%)."
    )
    assert words.median_in_words([], []) == (
        "No organisation differs clearly from the median of all organisations (false discovery "
        "rate 5%)."
    )
