"""Intervals, questions, trends and scatter: do they show what is true?"""

import re

import numpy as np
import pandas as pd
import pytest

from workbench.figures import (
    FigureError,
    Prose,
    Question,
    UnitQuestion,
    caterpillar,
    distribution,
    forest,
    position,
    response_shares,
    scatter,
    theme,
    trend,
    unit_percentages,
)


def test_caterpillar_sorts_and_keeps_who_has_no_value(estimates):
    panel = caterpillar(estimates(12), alt="x")
    assert panel.frame["value"].iloc[0] == pytest.approx(0.6)
    assert panel.frame["value"].isna().iloc[-1]
    assert "Only 4 units, so no link can be estimated." in panel.html
    assert panel.html.count('<th scope="row">') == 12


def test_sixty_organisations_stay_small(estimates):
    assert len(caterpillar(estimates(60), alt="x").html.encode()) < 22_000


def test_places_are_proportional():
    frame = pd.DataFrame({"label": list("abc"), "value": [0.0, 0.5, 1.0]})
    frame = frame.assign(lower=frame["value"], upper=frame["value"])
    html = forest(frame, alt="x").html
    first, middle, last = (float(x) for x in re.findall(r'<circle cx="([\d.]+)%"', html))
    assert middle == pytest.approx((first + last) / 2, abs=0.1)
    assert 0 <= first < last <= 100


def test_one_wild_interval_does_not_flatten_the_others(estimates):
    frame = estimates(12)
    frame.loc[5, ["lower", "upper"]] = [-90.0, 90.0]
    panel = caterpillar(frame, alt="x")
    places = [float(x) for x in re.findall(r'<circle cx="([\d.]+)%"', panel.html)]
    assert max(places) - min(places) > 25
    ends = [float(x) for x in re.findall(r'x[12]="(-?[\d.]+)%"', panel.html)]
    assert min(ends) >= 0
    assert max(ends) <= 100
    assert "−90.00 to 90.00" in panel.html
    assert "An arrow head" in panel.html
    assert "An arrow head" not in caterpillar(estimates(12), alt="x").html


def test_pooled_without_a_number_says_so(estimates):
    panel = caterpillar(estimates(4), alt="x", pooled=(np.nan, np.nan, np.nan))
    assert "all organisations together: [x]" in panel.html


def test_missing_column_is_named():
    with pytest.raises(FigureError, match="'lower'"):
        forest(pd.DataFrame({"label": ["a"], "value": [1.0], "upper": [1.0]}), alt="x")


def test_position_counts_place_from_the_top():
    frame = pd.DataFrame({"measure": "Trust", "label": list("abcd"), "value": [50, 60, 70, np.nan]})
    assert "60.0 <small>place 2 of 3</small>" in position(frame, "b", alt="x").html
    assert "no value" in position(frame, "d", alt="x").html


@pytest.mark.parametrize("categories", range(4, 12))
def test_bars_hold_all_shares_and_keep_the_middle_in_place(questions, categories):
    panel = response_shares(questions(categories), alt="x")
    bar = panel.html[panel.html.index('aria-label="1:') :]
    rects = re.findall(r'<rect x="([\d.]+)%" width="([\d.]+)%"', bar)
    assert len(rects) == categories
    assert sum(float(width) for _, width in rects) == pytest.approx(100, abs=0.1)
    assert float(re.search(r'<line x1="([\d.]+)%"', bar).group(1)) == pytest.approx(50)


def test_a_withheld_question_gives_its_reason(questions):
    html = response_shares(questions(5), alt="x").html
    assert "Fewer than 10 answers: not shown." in html
    assert "n = 1,200" in html
    assert "all 2.50" in html


def test_shares_must_add_up_and_scales_agree():
    with pytest.raises(FigureError, match=r"add up to 0\.900"):
        response_shares([Question("q1", "w", {1: 0.5, 2: 0.4})], alt="x")
    with pytest.raises(FigureError, match="different scales"):
        response_shares(
            [Question("q1", "w", {1: 1.0, 2: 0.0}), Question("q2", "w", {0: 0.5, 1: 0.5})], alt="x"
        )


def test_unit_percentages_count_bands():
    panel = unit_percentages([UnitQuestion("p", "w", [5, 7, 95, 100, np.nan])], alt="x")
    assert "0 to 10%: 2, 90 to 100%: 2" in panel.html
    assert "4 units" in panel.html
    assert panel.frame["mean"].iloc[0] == pytest.approx(51.75)
    with pytest.raises(FigureError, match="between 0 and 100"):
        unit_percentages([UnitQuestion("p", "w", [101.0])], alt="x")


def test_trend_of_one_wave_is_a_sentence(waves, awkward):
    told = trend(waves[waves["wave"] == "2021"], awkward, alt="x")
    assert isinstance(told, Prose)
    assert "only one wave (2021)" in told.text


def test_trend_breaks_at_a_missing_wave(waves, awkward):
    waves.loc[waves["wave"] == "2022", ["value", "lower", "upper"]] = np.nan
    html = trend(waves, awkward, alt="x").html
    lines = re.findall(r'<path d="([^"]+)" fill="none"', html)
    assert len(lines) == 4
    assert all(line.count("M") == 2 and "L" not in line for line in lines)


def test_a_trend_may_stand_beside_a_level_that_is_always_in_sight(waves, awkward):
    plain = trend(waves, awkward, alt="x")
    beside = trend(waves, awkward, alt="x", level=0.0, axis="Waves since adoption")
    assert beside.html.count(f'stroke="{theme.RULE}" stroke-width="1.5"') == 2
    assert f'stroke="{theme.RULE}" stroke-width="1.5"' not in plain.html
    assert ">0</text>" in beside.html
    assert "Waves since adoption" in beside.html


def test_scatter_counts_what_it_leaves_out():
    figure = scatter([1, 2, np.nan], [1, 2, 3], x_label="x", y_label="y", alt="x")
    assert figure.svg.count("<circle") == 2
    assert "one of the two values is missing: 1." in figure.detail
    with pytest.raises(FigureError, match="nothing can be drawn"):
        scatter([np.nan], [1], x_label="x", y_label="y", alt="x")


def test_fit_line_stays_inside_the_frame():
    figure = scatter([0, 1, 2], [0, 1, 2], x_label="x", y_label="y", alt="x", line=(-10, 12))
    ys = re.search(r'<path d="M[\d.]+ (-?[\d.]+)L[\d.]+ (-?[\d.]+)"', figure.svg).groups()
    assert all(0 <= float(y) <= 300 for y in ys)


def test_distribution_counts_every_value():
    figure = distribution([1.0] * 5, label="x", alt="x")
    assert "5 values from 1.00 to 1.00" in figure.detail


def test_lines_to_compare_with_are_drawn_and_named() -> None:
    row = {"label": "Parks", "value": 60.0, "lower": 55.0, "upper": 65.0}
    frame = pd.DataFrame([row])
    lines = {"Institute, 2024": 80.0, "Panel, 2023": 40.0}
    html = str(caterpillar(frame, alt="Parks", lines=lines, decimals=0).html)
    assert html.count("stroke-dasharray") == 4  # each in the figure and in its key
    assert "Institute, 2024: 80" in html
    assert "Panel, 2023: 40" in html
    without = str(caterpillar(frame, alt="Parks", decimals=0).html)
    assert "stroke-dasharray" not in without
