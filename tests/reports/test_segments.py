"""Indices by what is known of respondents: the truth of a drawn study, nothing of few people."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study
from scipy import stats

import workbench as wb
from workbench.interpretation.languages import using_language
from workbench.reports.disclosure import coverage, shown_only
from workbench.reports.segments import Segments, equal_means, section, segments_of
from workbench.study import Study

ITEMS = ["s1", "s2", "s3"]


def draw(n: int = 1500) -> pd.DataFrame:
    """The old are 10 points more satisfied; languages do not differ."""
    rng = np.random.default_rng(12)
    age = np.where(rng.random(n) < 0.4, "old", "young")
    level = rng.standard_normal(n) + np.repeat(0.4 * rng.standard_normal(50), n // 50)
    frame = pd.DataFrame(
        {
            "organisation": (np.arange(n) // (n // 5)).astype(str),
            "unit": (np.arange(n) // (n // 50)).astype(str),
            "age": age,
            "language": rng.choice(["English", "French"], n),
        }
    )
    for item in [*ITEMS, "a1"]:
        said = 50 + 10 * level + 10 * (age == "old") + 8 * rng.standard_normal(n)
        frame[item] = np.clip(np.rint(said), 0, 100)
    return frame


def found(folder: Path, frame: pd.DataFrame, *covariates: str) -> Segments:
    study = opened(folder, frame, *covariates)
    shown = shown_only(study, coverage(study))
    with using_language("en"):
        return segments_of(shown, "", ["service"], str.capitalize)


def opened(folder: Path, frame: pd.DataFrame, *covariates: str) -> Study:
    write_study(
        folder,
        {"clients": frame},
        {"clients": {"service": ITEMS, "access": ["a1"]}},
        scale=(0, 100),
        sources={"clients": {"covariates": list(covariates)}},
        settings={"minimum_count": 10},
    )
    return wb.open_study(folder)


def shown(segments: Segments, covariate: str) -> dict[str, bool]:
    own = segments.table[segments.table["covariate"] == covariate]
    return dict(zip(own["segment"], own["index"].notna(), strict=True))


def test_segments_that_differ_are_told_apart(tmp_path: Path) -> None:
    segments = found(tmp_path / "one", draw(), "age", "language")
    index = segments.table.set_index("segment")["index"]
    assert index["old"] - index["young"] == pytest.approx(10, abs=1.5)
    tests = segments.tests.set_index("covariate")
    assert tests.loc["age", "pvalue"] < 1e-6
    assert tests.loc["language", "pvalue"] > 0.05
    assert "work in the same way in all 2 segments" in tests.loc["age", "comparable"]


def test_a_question_that_means_something_else_in_a_segment_is_told(tmp_path: Path) -> None:
    frame = draw()
    frame.loc[frame["language"] == "French", "s3"] -= 15  # for the same satisfaction
    frame["s3"] = frame["s3"].clip(0, 100)
    words = found(tmp_path / "one", frame, "language").tests.loc[0, "comparable"]
    assert "but s3 does not" in words


def test_small_segments_are_hidden_and_so_is_what_would_give_them_away(tmp_path: Path) -> None:
    frame = draw()
    frame["channel"] = "desk"
    frame.loc[::2, "channel"] = "web"
    frame.loc[[3, 501, 1001], "channel"] = "fax"
    frame = frame.rename(columns={"channel": "way"})
    assert shown(found(tmp_path / "one", frame, "way"), "way") == {
        "desk": False, "fax": False, "web": True,
    }  # fmt: skip


def test_a_segment_that_is_an_organisation_but_for_a_few_is_hidden(tmp_path: Path) -> None:
    frame = draw()
    frame["region"] = np.where(frame["organisation"] == "0", "north", "south")
    assert all(shown(found(tmp_path / "one", frame, "region"), "region").values())
    frame.loc[[700, 900], "region"] = "north"  # two people more than the organisation
    assert not any(shown(found(tmp_path / "two", frame, "region"), "region").values())


def test_a_segment_that_is_another_but_for_a_few_is_hidden(tmp_path: Path) -> None:
    frame = draw()
    frame["again"] = frame["age"]
    frame.loc[[10, 700], "again"] = "old"
    segments = found(tmp_path / "one", frame, "age", "again")
    assert all(shown(segments, "age").values())
    assert not any(shown(segments, "again").values())


def test_people_of_unknown_kind_are_no_segment(tmp_path: Path) -> None:
    frame = draw()
    frame.loc[:99, "age"] = ""
    assert set(found(tmp_path / "one", frame, "age").table["segment"]) == {"old", "young"}


def test_the_page_has_indices_numbers_tests_and_comparability(tmp_path: Path) -> None:
    segments = found(tmp_path / "one", draw(), "age")
    with using_language("en"):
        html = str(section(segments, ["service", "trust"], str.capitalize).html)
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "Indices by age, all organisations together" in text
    assert re.search(r"old \(\d+\) young \(\d+\) Test of equal indices Service \d+ \(", text)
    assert "p &lt; .001" in text
    assert "so their indices can be compared." in text
    assert "Trust" not in text
    with using_language("en"):
        nothing = Segments(segments.table.iloc[:0], segments.tests.iloc[:0])
        assert str(section(nothing, ["service"], str).html) == ""


def test_of_two_groups_in_clusters_of_one_row_it_is_the_test_of_welch() -> None:
    """But for n/(n − 1) of the sums of squares, as each row is a cluster."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 400), rng.normal(0.2, 2, 400)
    values, group = np.concatenate([a, b]), np.repeat([0, 1], 400)
    f, df, error_df, p = equal_means(values, np.ones(800), group, np.arange(800))
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert f == pytest.approx(welch.statistic**2, rel=0.005)
    assert p == pytest.approx(welch.pvalue, rel=0.02)
    assert (df, error_df) == (1, 799)


def test_equal_segments_in_clusters_are_called_as_often_as_they_should() -> None:
    rng = np.random.default_rng(9)
    called = 0
    for _ in range(400):
        cluster = np.repeat(np.arange(30), 12)
        group = rng.integers(0, 3, 360)
        values = rng.standard_normal(30)[cluster] + rng.standard_normal((30, 3))[cluster, group]
        values += rng.standard_normal(360)
        called += equal_means(values, np.ones(360), group, cluster)[3] < 0.05
    assert 8 <= called <= 34  # 20 are expected


def test_without_groups_there_is_no_test() -> None:
    nothing = equal_means(np.ones(4), np.ones(4), np.zeros(4, int), np.arange(4))
    assert np.isnan(nothing[0])
