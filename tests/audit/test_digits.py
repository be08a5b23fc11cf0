"""Digits that a page holds and does not show."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    "page",
    [
        '<table><tr><th>Transit</th><td data-sort="64.1234">64</td></tr></table>',
        '<p><span aria-label="64.12">64.1</span></p>',
        "<p>Found <b title='0.123'>0.12</b></p>",
        '<script type="application/json">{"service": 64.1234567}</script>',
        "<p>64</p><!-- 64.1234567 -->",
        '<svg viewBox="0 0 640 100"><path d="M0 0L12.3456 4"/></svg>',
        '<svg><rect width="12.345%"/></svg>',
    ],
)
def test_finer_numbers_than_the_text_are_found(audit: Any, page: str) -> None:
    (found,) = audit(page=page)
    assert found.page == "page.html"
    assert "64.12" in str(found) or "0.123" in str(found) or "12.345" in str(found)


def test_the_place_in_a_table_is_told(audit: Any) -> None:
    row = '<tr><th>Transit</th><td data-sort="64.1234">64</td></tr>'
    (found,) = audit(page=f"<table><caption>Key</caption>{row}</table>")
    assert (found.table, found.row) == ("Key", "Transit")


@pytest.mark.parametrize(
    "page",
    [
        '<table><tr><th>Transit</th><td data-sort="64">64</td></tr></table>',
        '<p><span aria-label="1: 12.5%">12.5</span></p>',
        '<p id="wb-1.2345" class="a1.234" style="width:1.2345em">64</p>',
        '<fieldset><input type="range" min="-39" max="28"><b data-per="0.2790"></b></fieldset>',
        "<script>var most = 0.05;</script>",
        '<svg viewBox="0 0 640 100"><path d="M0 0L12.34 4"/></svg>',
        '<svg><rect width="12.34%"/></svg>',
    ],
)
def test_what_the_text_shows_may_be_held(audit: Any, page: str) -> None:
    assert audit(page=page) == []
