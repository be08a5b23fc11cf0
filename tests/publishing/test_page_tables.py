"""Tables of a page as texts: spans, drawings, figures, and what is no table."""

from workbench.publishing.page_tables import PageTable, shown_tables

FIGURE = """<figure><figcaption>Service &amp; trust</figcaption>
<table><caption>hidden</caption><thead><tr><th>Question</th><th class="wb-track"><svg><text>0
</text></svg></th><th>Mean <small>(n)</small></th></tr></thead><tbody>
<tr><th>Was it quick?</th><td class="wb-track"><svg><rect/><text>11</text></svg></td>
<td><b>3.2</b> <small>n = 40</small></td></tr></tbody></table>
<details><table><thead><tr><th>Question</th><th>1</th></tr></thead>
<tr><th>Was it quick?</th><td>10.5</td></tr></table></details></figure>"""


def test_tables_of_a_figure_stand_side_by_side_without_drawings() -> None:
    (shown,) = shown_tables(f"<p>x</p>\n{FIGURE}<p>end</p>")
    assert shown.title == "Service & trust"
    assert shown.table == PageTable(
        ("Question", "Mean (n)", "1"), (("Was it quick?", "3.2 n = 40", "10.5"),)
    )
    assert f"<p>x</p>\n{FIGURE}"[shown.end :] == "</figure>"


def test_of_tables_about_different_things_the_last_counts() -> None:
    (shown,) = shown_tables(FIGURE.replace("Was it quick?</th><td>10.5", "Other</th><td>10.5"))
    assert shown.table == PageTable(("Question", "1"), (("Other", "10.5"),))


def test_a_cell_stands_in_every_column_it_spans() -> None:
    html = """<table><caption>Index</caption><thead><tr><th>old</th></tr><tr><th>Name</th>
    <th>People</th><th>Trust</th></tr></thead><tr><th>Parks</th><td colspan="2">too few</td></tr>
    <tr><th>Zoo<td>1</tr></table>after"""
    (shown,) = shown_tables(html)
    assert shown.table == PageTable(
        ("Name", "People", "Trust"), (("Parks", "too few", "too few"), ("Zoo", "1", ""))
    )
    assert html[shown.end :] == "after"


def test_what_is_broken_is_read_as_far_as_it_goes() -> None:
    for html in ("<table><td>1", "<figure></figure>", "</table>", "<svg><table></svg>"):
        assert shown_tables(html) == []
    (shown,) = shown_tables('<table><td colspan="99999999999">1</td></table>')
    assert len(shown.table.rows[0]) == 1000
