"""What the difference of two editions tells."""

from typing import Any

from builders import asked

from workbench.reports.disclosure import rounding


def edition(*counts: int) -> str:
    return f"<h1>Transit, 2024</h1>{asked(*counts)}"


def test_two_late_respondents_are_told(audit: Any) -> None:
    (found,) = audit(before={"t": edition(20, 60, 40)}, t=edition(20, 61, 41))
    assert "the 2 people answered who were added: 1 × 2, 1 × 3." in found.what


def test_people_who_left_are_told(audit: Any) -> None:
    (found,) = audit(before={"t": edition(20, 61, 41)}, t=edition(20, 60, 41))
    assert "the 1 people answered who left: 1 × 2." in found.what


def test_ten_more_people_or_none_tell_nothing(audit: Any) -> None:
    before = {"t": edition(20, 60, 40)}
    assert audit(before=before, t=edition(23, 63, 44)) == []
    assert audit(before=before, t=edition(20, 60, 40)) == []


def test_rounded_numbers_tell_nothing(audit: Any) -> None:
    note = f"<p>{rounding()}</p>"
    before = {"t": edition(12, 12, 12) + note}
    assert audit(before=before, t=edition(12, 15, 12) + note) == []
