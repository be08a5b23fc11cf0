"""Pages and tables as anybody can read them."""

from pathlib import Path

import pytest

from workbench.audit import Rules, audited
from workbench.audit.reading import read_page, read_pages

RULES = Rules(10, organisations=("Transit", "Parks, Roads"), waves=("2024",), sources=("clients",))


@pytest.mark.parametrize(
    ("heading", "about"),
    [
        ("Transit, 2024", ("Transit", "2024")),
        ("Parks, Roads", ("Parks, Roads", "")),
        ("Benchmark: all organisations, 2024", ("", "2024")),
        ("Transit &amp; more", ("", "")),
    ],
)
def test_a_page_is_about_what_its_heading_names(heading: str, about: tuple[str, str]) -> None:
    page = read_page(f"<h1>{heading}</h1>", "a.html", RULES)
    assert (page.organisation, page.wave) == about


def test_a_table_is_read_without_its_drawings() -> None:
    html = """<div class="wb-table"><table><caption>Who
      answered</caption><thead><tr><th>Source</th><th>n</th></tr></thead><tbody>
      <tr><th>clients</th><td><b>64</b> <svg><text>7</text></svg>of 100</td></tr>
      <tr><th>citizens</th></tr></tbody></table><p class="wb-notes">By hand.</p></div>"""
    (table,) = read_page(html, "a.html", RULES).tables
    assert (table.caption, table.columns, table.notes) == (
        "Who answered",
        ("Source", "n"),
        "By hand.",
    )
    assert table.rows == (("clients", "64 of 100"), ("citizens", ""))


def test_texts_are_read_block_by_block_without_scripts_and_tables() -> None:
    html = "<p>4 <b>answers</b></p>from<p>clients</p><script>x</script><table><tr><td>y</td></tr>"
    assert read_page(html, "a.html", RULES).texts == ("4 answers", "from", "clients")


def test_a_csv_file_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<table></table>")
    (tmp_path / "channels.csv").write_text("channel,n\nweb,120,more\nfax,4\n\n", "utf-8-sig")
    (tmp_path / "empty.csv").write_text("")
    table = read_pages(tmp_path, RULES)[0].tables[0]
    assert (table.caption, table.columns) == ("channels", ("channel", "n", ""))
    found = {(one.page, one.row, one.column) for one in audited(tmp_path, RULES)}
    assert found == {("channels.csv", "", ""), ("channels.csv", "fax", "n")}
