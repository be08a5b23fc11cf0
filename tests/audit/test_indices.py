"""Hidden indices that means of a type, and the lowest and highest of all, give away."""

from typing import Any

import pytest

from workbench.figures import Card, Cards


def own(name: str, value: str, *lines: str) -> str:
    """The page of an organisation with the card of an index; "" where it is hidden."""
    card = Card("Service", value, lines) if value else Card("Service", reason="[c]")
    return f"<h1>{name}, 2024</h1>{Cards([card]).html}"


def pages(*lines: str, water: str = "50", parks: str = "") -> dict[str, str]:
    return {
        "transit": own("Transit", "60", *lines),
        "water": own("Water", water, *lines),
        "parks": own("Parks", parks, *lines),
    }


def test_the_mean_of_a_type_less_those_shown_is_a_hidden_index(audit: Any) -> None:
    """Three have a mean of 45 and two of them 60 and 50: the third has 25, within 2.5."""
    (found,) = audit(**pages("Mean of the 3 of type city: 45"))
    assert (found.row, found.what) == (
        "Service",
        "The mean of a type less the indices shown tells the hidden index of Parks: 22 to 28.",
    )


def test_a_mean_of_those_shown_tells_nothing(audit: Any) -> None:
    assert audit(**pages("Mean of the 2 of type city: 55")) == []
    assert audit(**pages("Mean of the 3 of type city: 45", parks="25")) == []


def test_a_mean_that_is_not_that_of_the_number_beside_it_is_found(audit: Any) -> None:
    (found,) = audit(**pages("Mean of the 2 of type city: 45"))
    assert "hidden index of Parks: 22 to 28" in found.what


def test_the_sum_of_two_hidden_indices_bounds_each(audit: Any) -> None:
    """60 and two more have a mean of 30: the two have 30 together. Of 60 they have 120."""
    found = audit(**pages("Mean of the 3 of type city: 30", water=""))
    assert [one.what.rpartition(" of ")[2] for one in found] == [
        "Parks: 0 to 32.",
        "Water: 0 to 32.",
    ]
    assert audit(**pages("Mean of the 3 of type city: 53", water="")) == []


@pytest.mark.parametrize(
    ("ends", "told"),
    [("50, the highest 60", 0), ("20, the highest 60", 1), ("50, the highest 90", 1)],
)
def test_the_lowest_and_the_highest_are_of_those_shown(audit: Any, ends: str, told: int) -> None:
    found = audit(**pages(f"All organisations 55 (◇), the lowest {ends}"))
    assert ["is that of a hidden organisation (Parks)" in one.what for one in found] == [
        True
    ] * told


def test_the_lowest_may_be_that_of_a_page_that_is_not_published(audit: Any) -> None:
    some = pages("All organisations 55 (◇), the lowest 20, the highest 60")
    some.pop("parks")
    assert audit(**some) == []
