"""Sentences on drivers: importance, priorities, necessary conditions, differences."""

import math

import pytest

from workbench import interpretation as words
from workbench.interpretation import (
    Advice,
    Caution,
    Comparison,
    Effect,
    ErrorTaken,
    Necessary,
    NecessitySize,
    Others,
    advise,
)

CLEAR, HIGH, LOW, MEAN = (0.2, 0.5), (40.0, 60.0), (5.0, 20.0), 30.0


def test_the_most_important_driver_is_told_as_a_part_of_what_is_explained():
    told = words.importance_in_words(
        "Trust", "units", (0.32, 0.2, 0.45), "Service", (0.52, 0.4, 0.6), within=True, alone=False
    )
    assert told == (
        "The drivers together account for 32% of the differences in Trust between units of the "
        "same organisation (20 to 45%); Service accounts for 52% (40% to 60%) of that 32%, or 17% "
        "of all differences."
    )


def test_one_driver_takes_all():
    told = words.importance_in_words(
        "Trust", "units", (0.32, 0.2, 0.45), "Service", (1.0, 1.0, 1.0), within=False, alone=True
    )
    assert told == (
        "The drivers together account for 32% of the differences in Trust between units (20 to "
        "45%); all of it is associated with Service."
    )


@pytest.mark.parametrize(
    ("link", "importance", "performance", "expected"),
    [
        (CLEAR, HIGH, Comparison.BELOW, Advice.IMPROVE),
        (CLEAR, HIGH, Comparison.ABOVE, Advice.KEEP),
        (CLEAR, LOW, Comparison.BELOW, Advice.WATCH),
        (CLEAR, LOW, Comparison.ABOVE, Advice.LEAVE),
        ((-0.5, -0.2), HIGH, Comparison.BELOW, Advice.NEGATIVE),
        ((-0.5, -0.2), LOW, Comparison.BELOW, Advice.NEGATIVE),
        ((-0.1, 0.4), HIGH, Comparison.BELOW, Advice.MAY_BE_ZERO),
        ((-0.1, 0.4), HIGH, Comparison.ABOVE, Advice.MAY_BE_ZERO),
        ((-0.1, 0.4), (20.0, 60.0), Comparison.BELOW, Advice.MAY_BE_ZERO),
        ((math.nan, math.nan), HIGH, Comparison.BELOW, Advice.MAY_BE_ZERO),
        # It hardly matters, whatever its sign.
        ((-0.1, 0.1), LOW, Comparison.ABOVE, Advice.LEAVE),
        (CLEAR, (20.0, 60.0), Comparison.BELOW, Advice.AVERAGE),
        (CLEAR, (math.nan, math.nan), Comparison.BELOW, Advice.AVERAGE),
        (CLEAR, HIGH, Comparison.ALIKE, Advice.ALIKE),
        (CLEAR, LOW, Comparison.ALIKE, Advice.ALIKE),
        (CLEAR, HIGH, Comparison.UNKNOWN, Advice.UNKNOWN),
    ],
)
def test_advice_needs_what_is_clear(link, importance, performance, expected):
    assert advise(link, importance, MEAN, performance) is expected


def test_only_the_quarters_of_the_map_are_advice():
    given = [advice for advice in Advice if advice.given]
    assert given == [Advice.IMPROVE, Advice.KEEP, Advice.WATCH, Advice.LEAVE]
    assert words.advice_in_words(Advice.MAY_BE_ZERO) == "none: the link may be zero"


@pytest.mark.parametrize(
    ("drivers", "told"),
    [
        (
            [("Speed", Advice.IMPROVE), ("Access", Advice.KEEP), ("Cost", Advice.IMPROVE)],
            "For Trust, improve first: Speed, Cost; keep up: Access.",
        ),
        ([("Speed", Advice.WATCH), ("Access", Advice.KEEP)], "For Trust, keep up: Access."),
        (
            [("Speed", Advice.WATCH), ("Access", Advice.ALIKE)],
            "For Trust, no driver stands out to improve first or to keep up: none is both clearly "
            "more important than the average and clearly different from the other channels.",
        ),
        (
            [("Speed", Advice.ONLY)],
            "Speed is the only driver of Trust here, so drivers cannot be ranked.",
        ),
    ],
)
def test_priorities(drivers, told):
    assert words.priorities_in_words("Trust", Others.CHANNELS, drivers) == told


@pytest.mark.parametrize(
    ("effect", "pvalue", "verdict", "told"),
    [
        (
            0.09,
            0.001,
            Necessary.NOT,
            "Units with low People scores can have high Service scores: the upper left corner of "
            "the scatter plot is hardly empty (d = 0.09, p = .001).",
        ),
        (
            0.2,
            0.05,
            Necessary.CHANCE,
            "The upper left corner of the scatter plot is partly empty, but this could be due to "
            "chance, so the data do not show that People is necessary for Service (d = 0.20, "
            "p = .050).",
        ),
        (
            0.3,
            0.049,
            Necessary.CONSISTENT,
            "The highest Service scores are missing where People scores are lowest: a large "
            "effect, larger than expected by chance (d = 0.30, p = .049). This is consistent with "
            "a condition that is necessary in degree; it does not prove one, and does not say that "
            "there are no exceptions.",
        ),
    ],
)
def test_necessity(effect, pvalue, verdict, told):
    assert words.necessary(effect, pvalue) is verdict
    assert words.necessity_in_words("People", "Service", effect, effect, pvalue) == told


def test_an_effect_corrected_for_error_is_told_beside_the_uncorrected_one():
    told = words.necessity_in_words("People", "Service", 0.3, 0.2, 0.01)
    assert "(d = 0.30 corrected for measurement error, 0.20 uncorrected, p = .010)" in told
    assert "too unreliable" in words.necessity_error_in_words(ErrorTaken.TOO_LARGE)


@pytest.mark.parametrize(
    ("effect", "size"),
    [
        (0.05, NecessitySize.SMALL),
        (0.1, NecessitySize.MEDIUM),
        (0.3, NecessitySize.LARGE),
        (0.5, NecessitySize.VERY_LARGE),
    ],
)
def test_sizes_of_necessity_are_those_of_dul(effect, size):
    assert words.necessity_size(effect) is size
    assert "below 0.1 small, to 0.3 medium, to 0.5 large" in words.necessity_marks_in_words(28)


def test_what_the_effect_depends_on():
    assert words.most_telling_in_words(None) == "No single unit changes the result."
    assert words.most_telling_in_words(0.09, "Harbour Office") == (
        "The result depends most on one unit of Harbour Office: without it the effect size would "
        "be 0.09."
    )
    assert words.most_telling_in_words(0.09).startswith("The result depends most on one unit:")


def test_what_a_level_needs():
    told = [words.needed_in_words(value) for value in (0.0, 12.34, math.inf)]
    assert told == ["NN", "12.3", "not reached"]


@pytest.mark.parametrize(
    ("found", "caution", "told"),
    [
        (Effect(2.0, 1.0, 3.0), Caution.NONE, "Trust"),
        (Effect(2.0, -1.0, 3.0), Caution.MAY_BE_NONE, "Trust (may be no difference)"),
        (Effect(-2.0, -3.0, -1.0), Caution.NEGATIVE, "Trust (negative link)"),
        (Effect(2.0, math.nan, math.nan), Caution.NO_INTERVAL, "Trust (no interval)"),
    ],
)
def test_what_must_be_known_before_the_size_of_an_effect(found, caution, told):
    assert found.caution is caution
    assert words.with_caution("Trust", found) == told


def test_what_goes_with_a_difference():
    effects = [
        ("Service", Effect(2.0, 1.5, 2.5)),
        ("Value", Effect(-1.0, -2.0, 0.5)),
        ("Trust", Effect(1.5, math.nan, math.nan)),
    ]
    assert words.what_if_in_words("People", 5, effects) == (
        "Where People is 5 points higher, Service is 2.0 points higher (+1.5 to +2.5), Value is "
        "1.0 point lower (−2.0 to +0.5; there may be no difference) and Trust is 1.5 points higher "
        "(no interval). This is an association, not a forecast."
    )
    assert words.what_if_in_words("People", -2.5, effects[:1], association=False) == (
        "Where People is 2.5 points lower, Service is 2.0 points higher (+1.5 to +2.5)."
    )
    assert words.what_if_in_words("People", 5, []) == "Nothing in the chain comes after People."


def test_a_difference_beyond_the_range_seen_is_cut():
    assert words.limited_in_words("People", 20, 8, (70, 40, 78)) == (
        "+20 points would go beyond the range seen in the data (People from 40 to 78, now 70); the "
        "result is for +8 points."
    )


def test_no_difference_is_not_doubted():
    """Where a construct has no room to rise, nothing differs, and that is certain."""
    told = words.what_if_in_words("People", 0, [("Service", Effect(0.0, 0.0, 0.0))])
    assert "there may be no difference" not in told
