"""File names: safe everywhere, unique, and the same on every run."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.reports.slugs import LONGEST, slug, unique_slugs

WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@given(st.text())
@example("../../etc/passwd")
@example("CON")
@example("com1.html")
@example("")
@example("\0")
@example("x" * 1000)
def test_a_slug_is_safe_on_every_file_system(name: str) -> None:
    made = slug(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= LONGEST
    assert not WINDOWS.fullmatch(made)


@given(st.lists(st.text()))
@example(["a", "A", "a ", "a-2", "á"])
@example(["x" * 100, "x" * 101, "x" * 102])
def test_slugs_are_unique_and_do_not_depend_on_the_order(names: list[str]) -> None:
    made = unique_slugs(names)
    assert set(made) == set(names)
    assert len(set(made.values())) == len(made)
    assert unique_slugs(reversed(names)) == made
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one) for one in made.values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Évora Água", "evora-agua"),
        ("Straße & Łódź Ærø", "strasse-and-lodz-aero"),
        ('<b>&"/', "b-and"),
        ("District 07", "district-07"),
        ("東京", "unnamed"),
        ("Nul", "nul-report"),
        ("ﬁnance", "finance"),
    ],
)
def test_names_stay_recognisable(name: str, expected: str) -> None:
    assert slug(name) == expected
