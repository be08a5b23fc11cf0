"""File names: safe everywhere, unique, and the same whatever else there is."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.reports.page_names import page_name

WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*(--[0-9a-f]+)?")


PAGE = st.tuples(st.text(min_size=1), st.text(), st.text(), st.text())
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Évora") for form in ("NFC", "NFD"))


@given(PAGE)
@example(("con", "", "", ""))
@example(("com1.html", "", "", ""))
@example(("x" * 300, "y" * 300, "東" * 300, "\ud800"))
@example(("../..", "/", "\\", "\0"))
def test_a_page_name_is_safe_on_every_file_system(page: tuple[str, str, str, str]) -> None:
    made = page_name(*page)
    assert NAME.fullmatch(made)
    assert not WINDOWS.fullmatch(made)
    assert len(f".writing-{made}.ipynb") < 150


@given(st.lists(PAGE, unique=True))
@example(
    [
        ("organisation", "", "Land Registry", "2023"),
        ("organisation", "", "Land Registry 2023", ""),
        ("organisation", "2023", "Land Registry", ""),
        ("organisation", "", "2023", "Land Registry"),
        ("organisation-land-registry-2023", "", "", ""),
        ("organisation", "", "land registry", "2023"),
        ("organisation", "", "Land-Registry", "2023"),
        ("organisation", "", "Land  Registry", "2023"),
    ]
)
@example([("r", "", COMPOSED, ""), ("r", "", DECOMPOSED, ""), ("r", "", "Evora", "")])
@example([("own", "", "", ""), ("Own", "", "", ""), ("OWN", "", "", ""), ("own ", "", "", "")])
@example([("r", "", name, "") for name in ("?", "!", "…", "🏥", "🏛", "שלום", "سلام", "'", '"')])
@example([("r", "", "x" * length, "") for length in (100, 101, 300)])
def test_no_two_pages_share_a_name(pages: list[tuple[str, str, str, str]]) -> None:
    made = {page_name(*page).casefold() for page in pages}
    assert len(made) == len(pages)


@pytest.mark.parametrize("name", ["index", "Index", "INDEX", "manifest", "con", "NUL", "lpt1"])
def test_a_reserved_name_is_never_taken(name: str) -> None:
    assert page_name(name).casefold() != name.casefold()


def test_no_notebook_can_be_called_like_a_page_of_an_organisation() -> None:
    taken = page_name("organisation", organisation="Transit")
    assert page_name(taken) != taken


def test_a_report_without_parts_keeps_its_name() -> None:
    for name in ("benchmark", "data_quality", "own-report-2"):
        assert page_name(name) == name
