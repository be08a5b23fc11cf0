"""Answers that almost everybody gave, or one or two people."""

from typing import Any

import pandas as pd
import pytest
from builders import asked

from workbench.figures import Card, Cards, Prose, Question, Table, response_shares
from workbench.interpretation import numbers
from workbench.reports.disclosure import rounding


@pytest.mark.parametrize(("counts", "answer"), [((20, 1, 9), "2"), ((2, 100, 50), "1")])
def test_one_and_two_people_are_found(audit: Any, counts: tuple[int, ...], answer: str) -> None:
    (found,) = audit(page=asked(*counts))
    assert (found.table, found.row) == ("Service: all shares", "Was it quick?")
    assert found.column == answer
    assert f"one or two gave the answer {answer}" in found.what


@pytest.mark.parametrize("counts", [(20, 3, 9), (0, 100, 50), (400, 300, 1100)])
def test_none_and_three_people_are_not(audit: Any, counts: tuple[int, ...]) -> None:
    assert audit(page=asked(*counts)) == []


def test_an_answer_of_almost_all_is_found(audit: Any) -> None:
    (found,) = audit(page=asked(0, 0, 40))
    assert found.column == "3"
    assert "100% gave the answer 3" in found.what


def test_rounded_numbers_tell_where_all_must_have_been_rounded_up(audit: Any) -> None:
    """Of ten people three each are shown for five answers: two people gave each."""
    note = Prose(rounding()).html
    (found,) = audit(page=asked(3, 3, 3, 3, 3, n=10) + note)
    assert found.column == "1, 2, 3, 4, 5"
    assert audit(page=asked(3, 3, 3, 3, 3, n=11) + note) == []


def test_the_index_of_a_single_question_is_the_mean_of_its_answers(audit: Any) -> None:
    """Ten people, shown as 3, 3 and 6 of twelve: with an index of 70 they are 2, 2 and 6."""
    note = Prose(rounding()).html
    card = "{} answers from clients in 2 units"
    single = asked(3, 3, 6, n=10).replace("Service", "Service (answers 1 to 3)")
    index = Cards([Card("Service", "70", [card.format(10)])]).html
    (found,) = audit(page=index + single + note)
    assert found.column == "1, 2"
    assert "With the index of Service, one or two of 10 people" in found.what
    of_others = Cards([Card("Service", "70", [card.format(12)])]).html
    assert audit(page=of_others + single + note) == []
    rows = pd.DataFrame({"Question": ["Was it fair?"], "Mean": ["Not shown in detail."]})
    second = Table(rows, "Service (answers 1 to 3)").html
    assert audit(page=index + single + second + note) == []


def two_questions(n: tuple[int, int], index: str, without: str) -> str:
    """Ten people with an index of two questions that so many answered: shown as three to an answer,
    and six to the last of the first question."""
    facts: dict[str, str] = {"Without an answer, %": without}
    even = dict.fromkeys((1, 2, 3), 1 / 3)
    told = [
        Question(wording, wording, shares, own, mean, facts=facts)
        for wording, own in zip(("Was it quick?", "Was it short?"), n, strict=True)
        for shares, mean in [({1: 0.25, 2: 0.25, 3: 0.5}, 2.25) if own == 10 else (even, 2.0)]
    ]
    figure = response_shares(told, alt="Service", caption="Service (answers 1 to 3)").html
    card = Cards([Card("Service", index, ["10 answers from clients in 2 units"])]).html
    return card + figure + Prose(rounding()).html


def test_an_index_tells_numbers_to_whoever_takes_it_that_all_answered(audit: Any) -> None:
    """Two questions with 70 have 14 points: seven each, which 2, 2 and 6 people have."""
    found = audit(page=two_questions((10, 10), "70", "9%"))
    assert {one.column for one in found} == {"1, 2"}
    assert [one.row for one in found] == ["Was it quick?", "Was it short?"]
    assert audit(page=two_questions((10, 10), "65", "9%")) == []


def test_an_index_tells_numbers_though_somebody_left_a_question_out(audit: Any) -> None:
    """Ten people have 13.5 to 13.7 points. Without the one whose answer is missing it is 12.5 at
    least, of which the second question can have 5.5: the first has 7, and the second 5.5."""

    def told(index: str) -> list[tuple[str, str]]:
        found = audit(page=two_questions((10, 9), index, "0%"))
        return [(one.row, one.column) for one in found if "With the index" in one.what]

    assert told("68") == [("Was it quick?", "1, 2"), ("Was it short?", "1")]
    assert told("60") == []


def shown_index(value: str, n: int = 12, drawn: str = "") -> str:
    """The card of an index, and the chain with it."""
    detail = f"{n} answers from clients in 2 units"
    chain = Prose(f"Service: index {drawn}.")
    return Cards([Card("Service", value, [detail])]).html + chain.html


def questions(*wordings: str) -> str:
    """Questions that stand on a page without numbers."""
    rows = pd.DataFrame({"Question": wordings, "Mean": "Not shown."})
    return Table(rows, "Service (answers 1 to 3)").html


@pytest.mark.parametrize(
    ("value", "found"),
    [("100", True), ("96", True), ("92", True), ("88", False), ("8", True), ("50", False)],
)
def test_an_index_alone_tells_answers_at_the_ends_of_a_scale(
    audit: Any, value: str, found: bool
) -> None:
    """Twelve people on three answers: each step from an end is 4.2 points."""
    told = audit(page=shown_index(value) + questions("Was it quick?"))
    assert [one.row for one in told] == ["Service"] * found
    # What nobody was asked about tells nothing.
    assert audit(page=shown_index(value)) == []


def test_an_index_of_two_questions_tells_what_their_rounded_shares_leave(audit: Any) -> None:
    """Of ten people shown as 3, 3 and 6, with both sums the largest there can be, 2 are first."""
    note = Prose(rounding()).html
    first, second = (
        asked(3, 3, 6, n=10, wording=wording).replace("Service", "Service (answers 1 to 3)")
        for wording in ("Was it quick?", "Was it short?")
    )
    page = first + second
    found = audit(page=shown_index("70", 10) + page + note)
    assert [one.row for one in found] == ["Was it quick?", "Was it short?"]
    assert not audit(page=shown_index("65", 10) + page + note)
    assert not audit(page=shown_index("70", 10) + page + questions("Was it full?") + note)


def test_a_range_of_people_leaves_more_open(audit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10 to 19 people, shown as three for each of five answers, nobody knows what they are."""
    monkeypatch.setattr(numbers, "EXACT_FROM", 100)
    note = Prose(rounding()).html
    rounded_up = asked(3, 3, 3, 3, 3, n=10)
    assert "n = 10 to 19" in rounded_up
    assert audit(page=rounded_up + note) == []
    # Shares that were not rounded tell the number of people, and so the answers.
    (found,) = audit(page=asked(2, 5, 6))
    assert "Of 10 to 19 people one or two gave the answer 1" in found.what
    assert audit(page=shown_index("98", drawn="97.9") + questions("Was it quick?")) != []


def test_the_finest_index_of_a_page_is_read(audit: Any) -> None:
    """A card's 92 of twelve people may be two steps from the end or three; the drawing tells."""
    asked_ = questions("Was it quick?")
    assert audit(page=shown_index("92", 16, drawn="90.6") + asked_) == []
    assert audit(page=shown_index("91", 16, drawn="93.8") + asked_) != []


def test_weighted_shares_are_those_of_no_whole_numbers(audit: Any) -> None:
    assert audit(page=asked(20, 2, wording="Was it fair?")) == []
    assert audit(page=asked(20, 2)) != []


def statistics(**cells: object) -> str:
    """A row of the statistics of a question."""
    row = {"Question": "Was it quick?", "Answers": "40", "Mean": "2.00", "SD": "0.50"}
    row |= {"Lowest code": "10%", "Highest code": "20%"} | cells
    return Table(pd.DataFrame([row]), "Service: its questions").html


def test_the_ends_of_a_scale_are_read_as_numbers_of_people(audit: Any) -> None:
    assert audit(page=statistics()) == []
    (found,) = audit(page=statistics(**{"Lowest code": "5%"}))
    assert (found.column, found.what) == ("Lowest code", "5% of 40 people are one or two of them.")
    (found,) = audit(page=statistics(**{"Highest code": "96%"}))
    assert found.column == "Highest code"


def test_mean_and_standard_deviation_of_few_are_read_together(audit: Any) -> None:
    moments = {"Answers": "12", "Mean": "1.17", "SD": "0.58"}  # eleven 1, one 3
    (found,) = audit(page=statistics(**moments, **{"Lowest code": "–", "Highest code": "–"}))
    assert found.column == "Mean, SD"
