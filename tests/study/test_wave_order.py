"""Waves are in the order of time everywhere, the latest is the default, and a number names one."""

import re

import pandas as pd
import pytest
from builders import ITEMS, draw_answers, write_study

import workbench as wb
from workbench import figures, linkage, measurement
from workbench.reports import trends_report
from workbench.study import ALL_WAVES

WAVES = ["wave 8", "wave 9", "wave 10"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Three waves whose file, like the alphabet, does not start with the earliest."""
    answers = draw_answers(WAVES)
    answers = pd.concat([answers[answers["wave"] == wave] for wave in sorted(WAVES)])
    folder = tmp_path_factory.mktemp("waves")
    return wb.open_study(write_study(folder, {"clients": answers}, {"clients": ITEMS}))


def as_drawn(html: str) -> list[str]:
    """The waves of the first axis in a page."""
    return re.findall(r">(wave \d+)<", html)[: len(WAVES)]


def test_tables_and_figures_follow_time(study) -> None:
    found = measurement.indices(study, by=("wave",))
    assert list(found["wave"].unique()) == study.waves == WAVES
    assert list(found["wave"].cat.categories) == WAVES
    over = measurement.indices_over_waves(study, ["trust"]).of("").table
    assert list(over["wave"]) == WAVES
    frame = over.rename(columns={"index": "value", "construct": "measure"}).assign(series="All")
    drawn = figures.trend(frame.sort_values("value", ascending=False), "All", alt="Trust rose.")
    assert as_drawn(drawn.html) == WAVES


def test_the_trends_page_follows_time(study) -> None:
    report = trends_report(study)
    assert as_drawn(report.trends().html) == WAVES
    pairs = re.findall(r"wave \d+ to wave \d+", report.changes_table().html)
    assert list(dict.fromkeys(pairs)) == ["wave 9 to wave 10", "wave 8 to wave 9"]
    assert "All organisations, wave 8 to wave 10" in report.title().html


def test_no_wave_is_the_latest_and_all_are_asked_for_by_name(study) -> None:
    alpha = {
        wave: measurement.reliability(study, "trust", wave=wave).alpha
        for wave in (None, "wave 10", ALL_WAVES)
    }
    assert alpha[None] == alpha["wave 10"] != alpha[ALL_WAVES]
    rows = {wave: linkage.units(study, ["t1"], wave=wave) for wave in (None, ALL_WAVES)}
    assert list(rows[None]["wave"].unique()) == ["wave 10"]
    assert len(rows[ALL_WAVES]) == 3 * len(rows[None]) == 3 * 18
    assert linkage.linkage_report(study).wave == "wave 10"
    assert linkage.linkage_report(study, ALL_WAVES).wave is None


# Eighteen units are few: a variance of theirs comes out negative.
@pytest.mark.filterwarnings("ignore::workbench.errors.ImproperSolutionWarning")
def test_a_number_names_a_wave(tmp_path) -> None:
    answers = {"clients": draw_answers([2022, 2023])}
    study = wb.open_study(write_study(tmp_path, answers, {"clients": ITEMS}))
    expected = study.fit(wave="2022").estimates
    pd.testing.assert_frame_equal(study.fit(wave=2022).estimates, expected)
    pd.testing.assert_frame_equal(study.fit(wave=2023).estimates, study.fit().estimates)
    assert measurement.reliability(study, "trust", wave=2022).n == 108
