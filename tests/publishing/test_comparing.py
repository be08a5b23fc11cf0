"""The first difference of two files: where it is, and what is there and should be."""

import pytest

from workbench.publishing.comparing import Difference, first_difference

PAGE = """<h1>Parks</h1><p>Trust is 61 (59 to 63).</p>
<table><caption>Links</caption><thead><tr><th>Link</th><th>Strength</th></tr></thead>
<tr><th>People → Service</th><td>0.31 (0.20 to 0.42)</td></tr></table>
<figure><svg><path d="M1 2L3 4"/><text>12</text></svg></figure><!-- end -->"""


def difference(old: str, new: str, **options: bool) -> Difference | None:
    """What is found where the site has ``new`` for ``old``."""
    site = PAGE.replace(old, new)
    assert site != PAGE
    return first_difference("a.html", site.encode(), PAGE.encode(), **options)


def test_the_same_is_no_difference() -> None:
    assert first_difference("a.html", PAGE.encode(), PAGE.encode()) is None


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("0.31", "0.41", ("0.41", "0.31", "Links", "People → Service", "Strength")),
        ("0.20 to", "−0.20 to", ("−0.20", "0.20", "Links", "People → Service", "Strength")),
        (
            "0.31 (0.20 to 0.42)",
            "none",
            ("“none”", "“0.31 (0.20 to 0.42)”", "Links", "People → Service", "Strength"),
        ),
        ("People →", "Staff →", ("“Staff → Service”", "“People → Service”", "Links", "", "Link")),
        ("Strength", "Force", ("“Force”", "“Strength”", "Links", "", "")),
        ("Links", "Bonds", ("Bonds", "Links", "", "", "")),
        ("61 (", "62 (", ("62", "61", "", "", "")),
        (">12<", ">13<", ("13", "12", "", "", "")),
        ("L3 4", "L3 5", ("5", "4", "", "", "")),
        ("<!-- end -->", "<!-- END -->", None),
    ],
)
def test_the_first_difference_of_a_page(old: str, new: str, found: tuple[str, ...] | None) -> None:
    assert difference(old, new, whole=False) == (Difference("a.html", *found) if found else None)


def test_what_tells_nothing_counts_where_everything_has_to_be_the_same() -> None:
    assert difference("<!-- end -->", "<!-- END -->") is not None


def test_a_row_too_many_and_a_table_too_few() -> None:
    row = "<tr><th>Zoo</th><td>1</td></tr></table>"
    assert difference("</table>", row) == Difference("a.html", "“Zoo”", "", "Links", "", "Link")
    table = PAGE[PAGE.index("<table") : PAGE.index("<figure")]
    assert difference(table, "") == Difference("a.html", "", "Links")


def test_tables_in_files_and_records() -> None:
    site, study = (f"Link,n\r\nA,{n}\r\n".encode() for n in (12, 11))
    assert first_difference("n.csv", site, study) == Difference("n.csv", "12", "11", "", "A", "n")
    site, study = (f'{{"pages": {{"a.html": [1, {n}]}}}}'.encode() for n in (3, 2))
    found = first_difference("p.json", site, study)
    assert found == Difference("p.json", "3", "2", row="pages, a.html, 1")
    assert first_difference("p.json", b"{", study) is not None


def test_a_file_too_many_or_too_few() -> None:
    assert str(first_difference("a.html", b"", None)) == "a.html: site the file, study nothing."
    assert str(first_difference("a.html", None, b"")) == "a.html: site nothing, study the file."


def test_long_texts_are_told_where_they_part() -> None:
    found = difference("Trust is", f"{'so ' * 40}Trust is")
    assert found is not None
    assert len(found.site) < 70
