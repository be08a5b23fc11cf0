import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from workbench.figures import Card, Cards, Figure, FigureError, Notice, Prose, Table
from workbench.figures.display import nice_ticks, results_table, tick_decimals
from workbench.interpretation import numbers as fmt


def test_table_has_caption_scopes_and_escaped_text(awkward):
    frame = pd.DataFrame({"name": [awkward], "n": [1861], "strength": [-0.304]})
    html = Table(frame, "Links", formats={"n": fmt.count}, labels={"n": "Answers"}).html
    assert "<caption>Links</caption>" in html
    assert '<th scope="row">Parks &lt;b&gt;&amp;&#34;Roads&#34;&lt;/b&gt; / North</th>' in html
    assert html.count('scope="col"') == 3
    assert ">Answers</th>" in html
    assert ">1,861</td>" in html
    assert ">\u22120.30</td>" in html
    assert 'tabindex="0" role="region" aria-label="Links"' in html


def test_table_says_why_a_number_is_missing():
    frame = pd.DataFrame({"name": ["a"], "strength": [np.nan]})
    html = Table(frame, "Links", missing="Too few units.", notes=["Intervals are 95%."]).html
    assert "Too few units." in html
    assert "nan" not in html
    assert "Intervals are 95%." in html


def test_table_keeps_its_tidy_frame_and_shows_chosen_columns_in_order():
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    table = Table(frame, "Three", columns=["c", "a"], row_header="a")
    assert table.frame is frame
    assert table.html.index(">c<") < table.html.index(">a<")
    assert '<th scope="row" class="wb-num" style="text-align:right">1</th>' in table.html


def test_table_names_the_column_that_does_not_exist():
    with pytest.raises(FigureError, match="'strenght'"):
        Table(pd.DataFrame({"strength": [1.0]}), "Links", labels={"strenght": "Strength"})


def test_prose_escapes_all_but_strong():
    html = Prose("One **two** <i>three</i>\n\nFour").html
    assert html.count("<p>") == 2
    assert "<strong>two</strong> &lt;i&gt;three&lt;/i&gt;" in html


def test_notice_says_its_kind_in_words():
    assert "<strong>Warning</strong>" in Notice("Few answers.", "warning").html


def test_card_without_value_gives_its_reason(awkward):
    html = Cards([Card("Trust", reason=f"Fewer than 10 answers in {awkward}.")]).html
    assert "Fewer than 10 answers in Parks &lt;b&gt;" in html
    assert "<dt>Trust</dt>" in html


def test_objects_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Prose("a").text = "b"  # type: ignore[misc]


def test_figure_saves_svg_and_refuses_other_kinds(tmp_path):
    figure = Figure(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>', "A finding."
    )
    text = figure.save(tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<title" in text
    assert 'role="img"' in text
    with pytest.raises(FigureError, match=r"for pages alone; save it as \.html"):
        figure.save(tmp_path / "a.png")
    with pytest.raises(FigureError, match=r"saved as \.pdf, \.svg, \.png, \.eps, \.html"):
        figure.save(tmp_path / "a.gif")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (-0.12, 0.33, [-0.1, 0, 0.1, 0.2, 0.3]),
        (62, 62, [62]),
        (0, 3.1, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
    ],
)
def test_ticks_are_round_and_inside(low, high, ticks):
    found = nice_ticks(low, high)
    assert all(low <= tick <= high for tick in found)
    assert found == pytest.approx(ticks)


def test_ticks_show_the_decimals_they_need():
    assert tick_decimals([0, 0.25, 0.5]) == 2
    assert tick_decimals([0, 20]) == 0


def test_results_have_three_decimals_where_they_are_not_whole():
    frame = pd.DataFrame({"model": ["a", "b"], "df": [3.0, np.nan], "cfi": [0.9513, 1.0]})
    html = results_table(frame, "Models").html
    assert [re.sub("<.*?>", "", row) for row in re.findall("<tr>.*?</tr>", html)] == [
        "modeldfcfi",
        "a30.951",
        "b1.000",
    ]
