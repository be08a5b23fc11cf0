"""Waves and organisations come in the study's order in every table and figure."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench import figures, linkage
from workbench.benchmark import improvements
from workbench.chain import ChainStudy, open_study
from workbench.chain.panel import panel_data
from workbench.linkage import streamed_moments
from workbench.measurement import comparability, distribution, indices, item_means
from workbench.measurement.answers import answers_by_source
from workbench.reports.disclosure import coverage
from workbench.study import ALL_WAVES

TOWNS = ["2", "10", "Town 9", "Town 10"]
ORDERS = [
    ["wave 9", "wave 10", "wave 11"],
    ["September 2021", "March 2022", "October 2022"],
    ["31/12/2014", "30/6/2015", "31/12/2015"],
    ["Q4 2021", "Q1 2022", "Q2 2022"],
]


@pytest.fixture(params=ORDERS, ids=lambda waves: waves[0])
def waves(request: pytest.FixtureRequest) -> list[str]:
    return request.param


@pytest.fixture
def study(tmp_path: Path, waves: list[str]) -> ChainStudy:
    """Four towns in three waves, their rows in the order of text."""
    random = np.random.default_rng(1)
    rows = [
        (town, f"{town}-{unit}", wave, *random.integers(1, 6, 4))
        for town in sorted(TOWNS)
        for unit in range(3)
        for wave in sorted(waves)
        for _ in range(12)
    ]
    table = pd.DataFrame(rows, columns=["town", "office", "year", "s1", "s2", "s3", "t1"])
    write_study(
        tmp_path,
        {"clients": table},
        {"clients": {"service": ["s1", "s2", "s3"], "trust": ["t1"]}},
        keys={"organisation": "town", "unit": "office", "wave": "year"},
    )
    return open_study(tmp_path)


def seen(column: pd.Series) -> list[str]:
    return list(dict.fromkeys(column))


def test_tables_list_waves_and_organisations_in_order(study: ChainStudy, waves: list[str]) -> None:
    assert study.waves == waves
    assert study.wave() == waves[-1]
    for table in (
        indices(study, by=("wave",)),
        item_means(study, by=("wave",)),
        distribution(study, by=("wave",)),
        indices(study, by=("organisation", "wave")),
        linkage.units(study, ["s1"], wave=ALL_WAVES),
        coverage(study),
    ):
        assert seen(table["wave"]) == waves
        if "organisation" in table:
            assert seen(table["organisation"]) == TOWNS


def test_changes_are_between_waves_that_follow_each_other(
    study: ChainStudy, waves: list[str]
) -> None:
    pairs = improvements(study, ["service"])[["from_wave", "to_wave"]].drop_duplicates()
    assert pairs.to_numpy().tolist() == [waves[:2], waves[1:]]
    panel = panel_data(study, ["service"])
    first = linkage.units(study, study.codebook.items("service"), wave=waves[0])
    points = (first[["s1", "s2", "s3"]].mean(axis=1) - 1) * 25
    np.testing.assert_allclose(panel.frame["service_w1"].sort_values(), points.sort_values())


def test_groups_of_an_invariance_test_are_in_order(study: ChainStudy, waves: list[str]) -> None:
    [answers] = answers_by_source(study, ["service"], ALL_WAVES)
    assert list(comparability(answers, "service", "wave").groups) == waves


def test_a_trend_is_drawn_in_order(study: ChainStudy, waves: list[str]) -> None:
    table = indices(study, ["service"], by=("wave",)).rename(columns={"index": "value"})
    frame = table.assign(measure="Service", series="all")
    for shown in (frame, frame.astype({"wave": "str"})):
        html = figures.trend(shown, "all", alt="x").html
        places = [html.index(f">{wave}</text>") for wave in waves]
        assert places == sorted(places)


def test_streamed_moments_are_in_order(study: ChainStudy, waves: list[str]) -> None:
    file = study.sources["clients"].file
    groups = streamed_moments(file, ["s1", "s2"], by=("town", "year")).groups
    assert seen(groups["town"]) == TOWNS
    if "/" not in waves[0]:  # DuckDB reads those as dates and writes them as ISO
        assert seen(groups["year"]) == waves
