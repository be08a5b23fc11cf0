"""Sentences say what the numbers say."""

import math

import pytest

from workbench import interpretation as words
from workbench.interpretation import (
    Advice,
    Agreeing,
    Between,
    Caution,
    Convergent,
    Dimensions,
    Direction,
    Distinct,
    Doubt,
    ErrorTaken,
    Growth,
    Instruments,
    InvarianceLevel,
    LinkEstimate,
    LinkMovement,
    LinksMovement,
    Loadings,
    ModelFit,
    Moderated,
    Movement,
    Necessary,
    NecessitySize,
    Needed,
    Nested,
    Others,
    PanelKind,
    Place,
    Published,
    Rule,
    Sign,
    SignedLink,
    Size,
    Use,
    Yardstick,
)
from workbench.interpretation.messages import MESSAGES
from workbench.sem.inference.comparison import Difference

ENDS = ("People", "Service")
EXPECTED = "Every link that the authors of the chain state has the sign they expect."


def test_position_is_a_range():
    assert words.position_in_words(3, 9, 34) == "probably between 3rd and 9th of 34"
    assert words.position_in_words(2, 2, 34) == "2nd of 34"
    assert words.position_in_words(1, 34, 34) == "its place among the 34 is uncertain"
    assert words.position_in_words(math.nan, 2, 34) == ""


def test_link_sentences():
    assert words.link_in_words(*ENDS, LinkEstimate(0.45, 0.3, 0.6)) == (
        "Where People is higher, Service is higher: a moderate link, 0.45 (0.30 to 0.60)."
    )
    assert "cannot tell whether" in words.link_in_words(*ENDS, LinkEstimate(0.2, -0.1, 0.5))
    assert "lower: a strong link" in words.link_in_words(*ENDS, LinkEstimate(-0.6, -0.7, -0.5))
    assert "could not be estimated" in words.link_in_words(*ENDS, LinkEstimate(*[math.nan] * 3))


@pytest.mark.parametrize(
    ("rate", "verdict", "told"),
    [
        (
            (0.2, -0.2, 0.7),
            Published.LESS,
            "Where People is 2 points higher, Service is higher by 0.2 points (−0.2 to 0.7). That "
            "is less than the published rate, which would give 1.0.",
        ),
        (
            (1.4, 1.2, 1.7),
            Published.MORE,
            "Where People is 2 points higher, Service is higher by 1.4 points (1.2 to 1.7). That "
            "is more than the published rate, which would give 1.0.",
        ),
        (
            (1.2, 0.5, 1.7),
            Published.INCLUDED,
            "Where People is 2 points higher, Service is higher by 1.2 points (0.5 to 1.7). The "
            "published rate would give 1.0, which lies in this interval.",
        ),
        (
            (1.2, math.nan, math.nan),
            Published.MISSING,
            "The pass-through from People to Service has no interval; the published rate would "
            "give 1.0.",
        ),
        (
            (1.2, 0.5, 1.7),
            Published.NONE,
            "Where People is 2 points higher, Service is higher by 1.2 points (0.5 to 1.7).",
        ),
    ],
)
def test_a_rate_stands_beside_the_published_one(rate, verdict, told):
    assert words.rate_in_words(*ENDS, 2.0, rate, 1.0, verdict) == told


@pytest.mark.parametrize(
    ("found", "expected", "sign"),
    [
        (LinkEstimate(0.3, 0.1, 0.5), "+", Sign.EXPECTED),
        (LinkEstimate(-0.3, -0.5, -0.1), "-", Sign.EXPECTED),
        (LinkEstimate(0.3, 0.1, 0.5), "-", Sign.AGAINST),
        (LinkEstimate(-0.3, -0.5, -0.1), "+", Sign.AGAINST),
        (LinkEstimate(0.3, -0.1, 0.5), "-", Sign.UNCLEAR),
        (LinkEstimate(0.3, math.nan, math.nan), "+", Sign.MISSING),
        (LinkEstimate(0.3, 0.1, 0.5), "either", Sign.OPEN),
        (LinkEstimate(-0.3, -0.5, -0.1), "either", Sign.OPEN),
        (LinkEstimate(0.3, -0.1, 0.5), "either", Sign.UNCLEAR),
    ],
)
def test_signs_are_judged_by_what_is_expected(found, expected, sign):
    assert words.sign_of(found, expected) is sign


def test_links_without_the_expected_sign_are_named():
    found = [
        SignedLink("A", "B", Sign.EXPECTED),
        SignedLink("B", "C", Sign.AGAINST),
        SignedLink("C", "D", Sign.UNCLEAR),
    ]
    assert words.signs_in_words(found) == (
        "Opposite to the expected sign: B → C. Not clearly different from 0 in these data: C → D."
    )
    assert words.signs_in_words(found[:1]) == EXPECTED


def test_a_sign_that_is_left_open_is_never_called_expected():
    open_sign = SignedLink("B", "C", Sign.OPEN)
    told = "Of a sign that the authors of the chain leave open: B → C."
    assert words.signs_in_words([open_sign]) == told
    assert words.signs_in_words([SignedLink("A", "B", Sign.EXPECTED), open_sign]) == (
        f"{EXPECTED} {told}"
    )


def test_a_link_that_the_authors_do_not_state_is_never_what_they_expect():
    added = SignedLink("A", "C", Sign.EXPECTED, tests=False)
    assert words.signs_in_words([added]) == (
        "Not stated by the authors of the chain, added by the workbench: A → C."
    )
    beside = SignedLink("A", "C", Sign.UNCLEAR, tests=True)
    told = words.signs_in_words([SignedLink("A", "B", Sign.EXPECTED), beside])
    assert told.startswith(f"{EXPECTED} Not clearly different from 0 in these data: A → C. Not ")
    assert "adds such a link to test whether the longer path" in told


def test_many_links_are_sorted_by_strength():
    links = [
        ("A", "B", LinkEstimate(0.6, 0.5, 0.7)),
        ("B", "C", LinkEstimate(-0.2, -0.3, -0.1)),
        ("C", "D", LinkEstimate(0.05, -0.1, 0.2)),
        ("D", "E", LinkEstimate(0.55, 0.4, 0.7)),
        ("E", "F", LinkEstimate(math.nan, math.nan, math.nan)),
    ]
    assert words.links_in_words(links[:1]) == words.link_in_words(*links[0])
    assert words.links_in_words(links).split("\n\n")[1:] == [
        "**Strong links:** A → B 0.60 (0.50 to 0.70); D → E 0.55 (0.40 to 0.70).",
        "**Weak links:** B → C −0.20 (−0.30 to −0.10).",
        "**Not clearly different from 0:** C → D 0.05 (−0.10 to 0.20).",
        "**Not estimated:** E → F.",
    ]


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ((0.99, 0.03, 0.02), "well"),
        ((0.93, 0.07, 0.05), "acceptably"),
        ((0.99, 0.09, 0.02), "poorly"),
        ((0.85, 0.03, 0.02), "poorly"),
    ],
)
def test_fit(measures, expected):
    found = dict(zip(("cfi", "rmsea", "srmr"), measures, strict=True)) | {"df": 5}
    assert f"fits the data {expected}" in words.fit_in_words(found)


def test_a_model_that_takes_up_all_has_nothing_to_test():
    measures = {"chisq": 0.0, "df": 0.0, "pvalue": math.nan, "cfi": 1.0, "rmsea": 0.0, "srmr": 0.0}
    test = Difference(0.0, 0, "fit")
    assert words.model_in_words(measures, test).endswith("so its fit cannot be tested.")
    assert words.model_fit(measures) is ModelFit.NOTHING_TO_TEST


def test_a_second_program_agrees_or_not():
    assert words.crosscheck_in_words(True, 2.8e-7, "x ~~ x", 1e-3, "") == (
        "semopy agrees: no estimate differs by more than 0.000001 (0.001 is allowed)."
    )
    assert words.crosscheck_in_words(False, 0.1, "x ~~ x", 1e-3, "").startswith(
        "semopy does not agree: the largest difference is 1.0e-01"
    )
    assert words.crosscheck_in_words(None, math.nan, "", 1e-3, "the model did not converge.") == (
        "Not checked by semopy: the model did not converge."
    )


def test_an_index_without_an_interval_says_why():
    row = {"index": 90.0, "se": 9.0, "lower": 58.0, "upper": 100.0, "units": 2}
    assert words.index_in_words(row, 0) == "90 (58 to 100)"
    row |= {"lower": math.nan, "upper": math.nan}
    assert words.index_in_words(row, 0) == "90 (only 2 units: no interval)"
    assert words.index_in_words(row | {"se": math.nan}, 0) == "90 (no differences: no interval)"
    assert words.index_in_words(row | {"units": 1}, 1) == "90.0 (one unit only: no interval)"
    assert words.index_in_words(row | {"index": math.nan}, 0) == "[c]"


def test_a_label_with_braces_or_a_name_in_it_stays_as_it_is():
    """A label that says "service" was rewritten where a sentence was patched with labels."""
    told = words.link_in_words("Self-service {size}", "People at work", LinkEstimate(0.4, 0.3, 0.5))
    assert told == (
        "Where Self-service {size} is higher, People at work is higher: a moderate link, "
        "0.40 (0.30 to 0.50)."
    )


@pytest.mark.parametrize(
    ("verdicts", "key"),
    [
        (Direction, "link.{}"),
        (Size, "size.{}"),
        (ModelFit, "fit.{}"),
        (Use, "reliability.{}"),
        (Published, "rate.{}"),
        (Movement, "change.{}"),
        (Movement, "change.{}.brief"),
        (Movement, "change.{}.sentence"),
        (Movement, "change.{}.word"),
        (LinkMovement, "link change.{}"),
        (LinksMovement, "links change.{}"),
        (Advice, "advice.{}"),
        (Others, "others.{}"),
        (Necessary, "necessity.{}"),
        (NecessitySize, "necessity size.{}"),
        (ErrorTaken, "necessity error.{}"),
        (Caution, "effect caution.{}"),
        (Convergent, "convergent.{}"),
        (Distinct, "distinct.{}"),
        (Dimensions, "dimensions.{}"),
        (Loadings, "loadings.{}"),
        (Loadings, "loadings.{}.word"),
        (InvarianceLevel, "invariance.{}"),
        (Rule, "rule.{}"),
        (Instruments, "instruments.{}"),
        (Moderated, "moderated.{}"),
        (Yardstick, "yardstick.{}"),
        (PanelKind, "panel.{}"),
        (Direction, "lag.{}"),
        (Growth, "growth.{}"),
        (Nested, "rivals.nested.{}"),
        (Between, "between.{}"),
        (Agreeing, "agreeing.{}"),
        (Needed, "needed respondents.{}"),
        (Place, "funnel place.{}"),
    ],
)
def test_every_verdict_has_its_message(verdicts, key):
    assert [one for one in verdicts if key.format(one) not in MESSAGES] == []


def test_every_doubt_has_its_message():
    assert [one for one in Doubt if one is not Doubt.NONE and f"doubt.{one}" not in MESSAGES] == []


@pytest.mark.parametrize(
    ("alpha", "use"),
    [(0.9, Use.FOR_PERSONS), (0.89, Use.FOR_GROUPS), (0.7, Use.FOR_GROUPS), (0.69, Use.TOO_LOW)],
)
def test_reliability_is_judged_by_the_marks_for_groups_and_persons(alpha, use):
    assert words.use_of(alpha) is use
