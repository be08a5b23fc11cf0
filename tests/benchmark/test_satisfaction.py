"""The satisfaction index of organisations: the formula on means, errors, places and changes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.benchmark import satisfaction_indices, satisfaction_trend
from workbench.chain import index_contributions, satisfaction_index
from workbench.measurement.scores import clustered_means

WEIGHTS = np.array([0.5, 0.3, 0.2])


def answers(missing: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    cluster = np.repeat(np.arange(40), 8)
    levels = draw.standard_normal(40)[cluster] + draw.standard_normal(320)
    points = 60 + 15 * (levels[:, None] + draw.standard_normal((320, 3)))
    points[draw.random((320, 3)) < missing] = np.nan
    return points, draw.uniform(0.5, 2, 320), np.arange(320) // 160, cluster


def test_complete_answers_are_one_weighted_score_each():
    points, sampling, group, _ = answers(0)
    found = index_contributions(points, WEIGHTS * 7, sampling, group, 2)
    np.testing.assert_allclose(found, points @ WEIGHTS, rtol=1e-12)


def test_with_missing_answers_the_mean_is_the_published_formula():
    points, sampling, group, cluster = answers(0.25)
    values = index_contributions(points, WEIGHTS, sampling, group, 2)
    table = clustered_means(values, sampling, group, cluster, 2)
    for number in (0, 1):
        own = group == number
        means = [
            np.average(points[own & there, j], weights=sampling[own & there])
            for j, there in enumerate(~np.isnan(points.T))
        ]
        expected = satisfaction_index(means, WEIGHTS, 0, 100)
        assert table["index"][number] == pytest.approx(expected, rel=1e-12)


def test_error_is_that_of_the_jackknife():
    """Leaving out one cluster at a time, which needs no formula of derivatives."""
    points, sampling, _, cluster = answers(0.25)
    nobody = np.zeros(320, int)

    def index(kept: np.ndarray) -> float:
        own = index_contributions(points[kept], WEIGHTS, sampling[kept], nobody[kept], 1)
        there = ~np.isnan(own)
        return float(np.average(own[there], weights=sampling[kept][there]))

    left = np.array([index(cluster != c) for c in range(40)])
    jackknife = np.sqrt(39 / 40 * ((left - left.mean()) ** 2).sum())
    values = index_contributions(points, WEIGHTS, sampling, nobody, 1)
    found = clustered_means(values, sampling, nobody, cluster, 1)["se"][0]
    assert found == pytest.approx(jackknife, rel=0.02)


def test_a_question_that_a_group_left_out_leaves_it_without_an_index():
    points, sampling, group, _ = answers(0)
    points[group == 1, 2] = np.nan
    found = index_contributions(points, WEIGHTS, sampling, group, 2)
    assert np.isfinite(found[group == 0]).all()
    assert np.isnan(found[group == 1]).all()


def test_equal_weights_are_the_plain_mean_of_the_questions(demo):
    items = demo.codebook.items("service")
    weights = pd.Series(1.0, items)
    found = satisfaction_indices(demo, weights, "2024", "2023").set_index("organisation")
    means = wb.measurement.item_means(demo, items)
    means = means[means["wave"] == "2024"].set_index(["organisation", "item"])["mean"]
    scale = demo.codebook.scale(items[0])
    for name in demo.organisations["organisation"]:
        if name in means.index.get_level_values(0):
            expected = 100 * (means[name].mean() - scale.low) / (scale.high - scale.low)
            assert found.loc[name, "index"] == pytest.approx(expected)
        else:
            assert np.isnan(found.loc[name, "index"])
    ranked = found["rank"].dropna()
    assert sorted(ranked) == list(range(1, len(ranked) + 1))
    earlier = satisfaction_indices(demo, weights, "2023").set_index("organisation")
    change = found["index"] - earlier["index"]
    np.testing.assert_allclose(found["change"], change, atol=1e-9)
    assert (found["change_lower"] < found["change"]).sum() >= 10


def test_without_an_earlier_wave_there_is_no_change(demo):
    found = satisfaction_indices(demo, pd.Series(1.0, demo.codebook.items("service")), "2022")
    assert found["change"].isna().all()
    assert (found["direction"] == "missing").all()


def yearly(folder: Path, levels: list[float]) -> wb.chain.ChainStudy:
    """Answers on 0–100 of 40 units of two organisations around a level for each year."""
    draw = np.random.default_rng(3)
    rows = []
    for year, level in enumerate(levels, start=2020):
        units = level + draw.normal(0, 2, 40)
        for unit, mean in enumerate(units):
            answers = np.clip(mean + draw.normal(0, 6, (10, 4)), 0, 100).round()
            rows += [("AB"[unit % 2], str(unit), year, *row) for row in answers.tolist()]
    columns = ["organisation", "unit", "wave", "s1", "s2", "s3", "a1"]
    asked = {"clients": {"service": ["s1", "s2", "s3"], "access": ["a1"]}}
    table = pd.DataFrame(rows, columns=columns)
    return wb.open_study(write_study(folder, {"clients": table}, asked, scale=(0, 100)))


def test_falls_in_a_row_and_percent_are_those_of_the_population(tmp_path: Path):
    study = yearly(tmp_path / "one", [60, 66, 60, 54, 48])
    found = satisfaction_trend(study, pd.Series({"s1": 0.5, "s2": 0.3, "s3": 0.2}))
    assert found["index"].to_numpy() == pytest.approx([60, 66, 60, 54, 48], abs=1.2)
    assert found["run"].tolist() == [0, 1, -1, -2, -3]
    assert found["clear"].tolist() == [0, 1, 1, 2, 3]
    assert found["percent"].to_numpy()[1:] == pytest.approx([10, -9.1, -10, -11.1], abs=2.5)
    assert (found["percent"] * found["index"].shift() / 100)[1:].tolist() == pytest.approx(
        found["change"][1:].tolist()
    )


def test_changes_that_are_not_clear_are_counted_apart(tmp_path: Path):
    study = yearly(tmp_path / "one", [60.0, 60.0, 60.0, 60.0])
    found = satisfaction_trend(study, pd.Series({"s1": 0.5, "s2": 0.5}))
    assert set(found["run"].abs()) <= {0, 1, 2, 3}
    assert found["clear"].max() == 0


def test_a_study_without_waves_has_no_trend(tmp_path: Path):
    study = yearly(tmp_path / "one", [60.0])
    found = satisfaction_trend(study, pd.Series({"s1": 1.0}))
    assert found["run"].tolist() == [0]
    assert found["change"].isna().all()
