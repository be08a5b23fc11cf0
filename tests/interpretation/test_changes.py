"""Sentences on changes say what the verdict is."""

import math

import pytest

from workbench import interpretation as words
from workbench.interpretation import Change, LinkChange, LinkMovement, LinksMovement, Movement
from workbench.sem.inference.comparison import Difference

UP = Change(4.0, 1.2, 6.8, Movement.UP, "2022", "2023")
DOWN = Change(-1.0, -1.8, -0.2, Movement.DOWN, "2022", "2023")
UNCLEAR = Change(-1.0, -1.9, -0.1, Movement.UNCLEAR, "2022", "2023")
UNTESTED = Change(1.0, math.nan, math.nan, Movement.UNTESTED, "2022", "2023")
MISSING = Change(math.nan, math.nan, math.nan, Movement.MISSING, "2022", "2023")


def test_clear_change():
    assert words.change_in_words(UP) == "up 4.0 points since 2022 (interval 1.2 to 6.8)"
    assert words.change_in_brief(UP) == "up 4.0 points since 2022"
    assert words.change_in_brief(DOWN) == "down 1.0 point since 2022"


def test_unclear_change_is_not_called_one():
    """Whatever its own interval: among many organisations some stand out by chance."""
    assert words.change_in_words(UNCLEAR).startswith("no clear change since 2022 (−1.0 point")
    assert words.change_in_brief(UNCLEAR) == "no clear change since 2022"


def test_no_earlier_wave_no_change():
    assert words.change_in_words(None) == ""


def test_a_change_without_an_interval_is_told_and_not_judged():
    assert words.change_in_brief(UNTESTED) == "+1.0 point since 2022"
    assert words.change_in_words(UNTESTED).endswith("it cannot be tested")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (UP, "People went up 4.0 points from 2022 to 2023 (1.2 to 6.8)."),
        (DOWN, "People went down 1.0 point from 2022 to 2023 (−1.8 to −0.2)."),
        (UNCLEAR, "People shows no clear change from 2022 to 2023 (−1.0 point, −1.9 to −0.1)."),
        (
            UNTESTED,
            "People changed by +1.0 point from 2022 to 2023; with one unit, or the same change in "
            "every unit, this change cannot be tested.",
        ),
        (MISSING, "People, 2022 to 2023: Nobody answered."),
    ],
)
def test_sentences_of_changes(found, told):
    assert words.change_sentence("People", found, "Nobody answered.") == told


def test_what_went_up_or_down_may_be_set_in_strong_text():
    strong = words.change_sentence("People", UP, strong=True)
    assert strong.startswith("**People went up 4.0 points** from")
    assert "**" not in words.change_sentence("People", UNCLEAR, strong=True)


def test_changes_in_cells_name_a_direction_where_it_is_clear():
    assert words.change_in_a_cell(UP) == "+4.0 (1.2 to 6.8) up"
    assert words.change_in_a_cell(UNCLEAR) == "−1.0 (−1.9 to −0.1)"
    assert words.change_in_a_cell(UNTESTED) == "+1.0 (no interval)"
    assert words.change_in_a_cell(MISSING) == "[c]"


def test_organisations_that_changed_are_listed_by_construct():
    found = [("People", Movement.DOWN, ["A", "B"]), ("Trust", Movement.UP, ["C"])]
    assert words.changed_in_words("2022", "2023", found) == (
        "**2022 to 2023:** People down in A and B; Trust up in C."
    )
    assert words.changed_in_words("2022", "2023", []) == (
        "**2022 to 2023:** no organisation changed clearly."
    )


@pytest.mark.parametrize(
    ("now", "pvalue", "verdict", "told"),
    [
        (
            0.5,
            0.01,
            LinkMovement.STRONGER,
            "The link from A to B is stronger: 0.30 in 2022, 0.50 in 2023, change +0.20 (0.05 to "
            "0.35).",
        ),
        (0.1, 0.01, LinkMovement.WEAKER, "The link from A to B is weaker: 0.30 in 2022"),
        (-0.5, 0.01, LinkMovement.STRONGER, "The link from A to B is stronger: 0.30 in 2022"),
        (0.5, 0.05, LinkMovement.UNCLEAR, "The link from A to B shows no clear change: 0.30"),
        (
            0.5,
            math.nan,
            LinkMovement.UNTESTED,
            "The link from A to B has no test of change (0.30 in 2022, 0.50 in 2023).",
        ),
    ],
)
def test_changes_of_a_link(now, pvalue, verdict, told):
    found = LinkChange(0.3, now, now - 0.3, 0.05, 0.35, pvalue)
    assert found.direction is verdict
    waves = ("2022", "2023")
    assert words.link_change_in_words("direct", "A", "B", waves, found).startswith(told)
    other = words.link_change_in_words("indirect", "A", "B", waves, found)
    assert other.startswith("The indirect link from A to B")


@pytest.mark.parametrize(
    ("statistic", "verdict", "told"),
    [
        (20.0, LinksMovement.CHANGED, "The links of the chain changed from 2022 to 2023 (chi-sq"),
        (1.0, LinksMovement.UNCHANGED, "The links of the chain show no change from 2022 to 2023"),
        (math.nan, LinksMovement.UNTESTED, "There are too few organisations for one test of"),
    ],
)
def test_changes_of_all_links(statistic, verdict, told):
    test = Difference(statistic, 2, "wald")
    assert words.links_movement(test) is verdict
    assert words.links_change_in_words("2022", "2023", test).startswith(told)


def test_which_questions_tie_latent_means():
    told = words.latent_means_in_words("Staff", ["a", "b", "c"], ["c"], ["d", "e"])
    assert told == (
        "The latent means of Staff use 2 of its 3 questions with equal parameters in every wave; "
        "c may differ from wave to wave; d and e were not asked in every wave."
    )
    assert words.latent_means_in_words("Staff", ["a"], [], ["d"]) == (
        "The latent means of Staff use its one question with equal parameters in every wave; "
        "d was not asked in every wave."
    )
    assert "use all its 2 questions" in words.latent_means_in_words("Staff", ["a", "b"], [], [])


def test_who_answered_again():
    told = words.repeated_in_words(1, "staff", 0.6)
    assert told.startswith("1 respondent of staff answered in more than one wave")
    assert "The answers of one person correlate 0.60 from wave" in told
