"""Words for numbers and names."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench import text


@pytest.mark.parametrize(
    ("names", "most", "expected"),
    [
        ([], None, "none"),
        (["a", "b"], 2, "a and b"),
        (["a", "b", "c"], 2, "a, b and 1 more"),
        (range(3000), 1, "0 and 2,999 more"),
    ],
)
def test_a_list_says_how_many_it_leaves_out(names, most, expected):
    assert text.listed(names, most=most) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (21, "21st"), (112, "112th")],
)
def test_ordinal(number, expected):
    assert text.ordinal(number) == expected


def test_the_nearest_name_ignores_capitals():
    assert text.nearest("SERVISE", ["people", "service"]) == " Did you mean 'service'?"


@given(st.text())
@example("../../etc/passwd")
@example("")
@example("\0")
@example("x" * 1000)
def test_a_slug_is_safe_everywhere(name: str) -> None:
    made = text.slug(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= text.LONGEST_SLUG


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Évora Água", "evora-agua"),
        ("Straße & Łódź Ærø", "strasse-and-lodz-aero"),
        ('<b>&"/', "b-and"),
        ("District 07", "district-07"),
        ("東京", "dong-jing"),
        ("Київ", "kiiv"),
        ("Smith—Jones", "smith-jones"),
        ("A&amp;B", "a-and-amp-b"),
        ("🏥", "unnamed"),
        ("ﬁnance", "finance"),
    ],
)
def test_names_stay_recognisable(name: str, expected: str) -> None:
    assert text.slug(name) == expected
