"""Shares of positive answers, and the questions that are named as the highest and the lowest."""

from typing import Any

import pytest

from workbench.figures import Card, Cards, Prose, Question, response_shares
from workbench.reports.disclosure import rounding

QUICK, SHORT, FULL = "Was it quick?", "Was it short?", "Were 2 people there?"


def question(wording: str, counts: tuple[int, ...], positive: str = "", n: int = 0) -> Question:
    """A question by the number of people who gave each answer, from 1; ``n`` is what is told."""
    shares = {code: count / sum(counts) for code, count in enumerate(counts, start=1)}
    mean = sum(code * share for code, share in shares.items())
    return Question("q", wording, shares, n or sum(counts), mean, positive=positive)


def page(*questions: Question, card: str = "", named: tuple[str, str] = ("", "")) -> str:
    """An organisation's page about service; ``named`` are the highest and the lowest question."""
    alt = f"Service: highest is “{named[0]}” and lowest “{named[1]}”." if any(named) else "Service."
    drawn = response_shares(questions, alt=alt, caption="Service (answers 1 to 3)").html
    above = "An answer is called positive if it is above the middle of its scale."
    cards = Cards([Card("Service", "60", [card])]).html
    return "".join(["<h1>Transit, 2024</h1>", cards, drawn, Prose(above).html])


def hidden(wording: str) -> Question:
    return Question("h", wording, reason="Not shown in detail.")


def told(found: list[Any]) -> list[str]:
    """What was found of shares of positive answers and of named questions."""
    words = ("positive", "almost each", "another one", "named", "highest")
    return [one.what for one in found if any(word in one.what for word in words)]


@pytest.mark.parametrize(
    ("counts", "positive", "what"),
    [
        ((30, 8, 2), "5%", "Of 40 people one or two gave a positive answer."),
        ((1, 1, 38), "95%", "Of 40 people one or two gave another one."),
        ((0, 39, 1), "2%", "It tells what almost each of 40 people answered."),
    ],
)  # fmt: skip
def test_a_share_times_n_is_one_or_two_people(
    audit: Any, counts: tuple[int, ...], positive: str, what: str
) -> None:
    assert what in told(audit(page=page(question(QUICK, counts, f"{positive} positive"))))


def test_shares_of_rounded_numbers_leave_it_open(audit: Any) -> None:
    """Of 40 people 3 of 39 are shown for each of two answers: they may be four, or more."""
    note = str(Prose(rounding()).html)
    shown = question(QUICK, (33, 3, 3), "8% positive", n=40)
    assert audit(page=page(shown) + note) == []


def test_a_share_of_people_beside_shares_of_rounded_numbers_is_found(audit: Any) -> None:
    """Two of 40 were positive, where 3 of 42 are shown."""
    note = str(Prose(rounding()).html)
    shown = question(QUICK, (33, 6, 3), "5% positive", n=40)
    assert told(audit(page=page(shown) + note)) == [
        "Of 40 people one or two gave a positive answer."
    ]
    assert told(audit(page=page(question(QUICK, (33, 6, 3), "7% positive", n=40)) + note)) == []


def test_bounds_of_shares_tell_nothing(audit: Any) -> None:
    shown = question(QUICK, (400, 90, 10), "under 5% positive")
    assert audit(page=page(shown, card="under 5% of answers positive")) == []


def test_a_mean_share_tells_the_one_that_is_hidden(audit: Any) -> None:
    """Of two questions, 50% and a hidden one have 40% together: it has 30%, within two points."""
    shown = question(QUICK, (20, 20, 40), "50% positive")
    card = "40% of answers positive"
    (what,) = told(audit(page=page(shown, hidden(SHORT), card=card)))
    assert f"hidden questions ({SHORT}): 28% to 32%." in what
    assert told(audit(page=page(shown, hidden(SHORT)))) == []
    both = [shown, question(SHORT, (30, 26, 24), "30% positive")]
    assert told(audit(page=page(*both, card=card))) == []


def test_a_hidden_question_that_is_named_has_a_mean_beyond_the_others(audit: Any) -> None:
    """Of the one that is shown the mean is 2.5, 75 of 100 points."""
    shown = question(QUICK, (10, 20, 50))
    found = told(audit(page=page(shown, hidden(SHORT), named=(SHORT, QUICK))))
    assert ["its mean is 75 to 100 of 100 points" in what for what in found] == [True]
    assert told(audit(page=page(shown, hidden(SHORT), named=(QUICK, SHORT)))) == []  # below 75


def test_an_order_that_the_shares_do_not_have_is_found(audit: Any) -> None:
    higher, lower = question(QUICK, (10, 20, 50)), question(SHORT, (20, 20, 40))
    assert told(audit(page=page(higher, lower, named=(QUICK, SHORT)))) == []
    (what,) = told(audit(page=page(higher, lower, named=(SHORT, QUICK))))
    assert "their order tells of numbers that are not" in what
