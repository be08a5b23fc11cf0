"""Indices over waves are those of questions asked in all of them."""

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.benchmark import index_changes
from workbench.chain import find_chain
from workbench.measurement import asked_throughout, indices, indices_over_waves
from workbench.reports.pieces import trend_over_waves

CHAIN = "citizens-first"


@pytest.fixture
def study(tmp_path):
    """Two towns of three offices, two years: t2 asked in 2023 only; in town B s2 in 2022 only."""
    rng = np.random.default_rng(4)
    rows = []
    for year in (2022, 2023):
        for town in "AB":
            for office in range(3):
                for _ in range(5):
                    row = dict(zip(("a1", "s1", "s2", "t1"), rng.integers(3, 6, 4), strict=True))
                    row["t2"] = 0 if year == 2023 else ""
                    if town == "B" and year == 2023:
                        row["s2"] = ""
                    rows.append({"year": year, "town": town, "office": office} | row)
    write_study(
        tmp_path,
        {"clients": pd.DataFrame(rows)},
        {"clients": {"access": ["a1"], "service": ["s1", "s2"], "trust": ["t1", "t2"]}},
        chain=CHAIN,
        keys={"organisation": "town", "unit": "office", "wave": "year"},
        items={"t2": {"low": 0, "high": 10}},
    )
    return wb.open_study(tmp_path)


def test_a_question_asked_in_one_wave_moves_no_chart(study) -> None:
    over = indices_over_waves(study, ["access", "service", "trust"])
    table = over.table.set_index(["organisation", "construct", "wave"])["index"]
    answers = study.answers("clients")
    expected = 25 * (answers.groupby("wave", observed=True)["t1"].mean() - 1)
    assert table["", "trust", "2022"] == pytest.approx(expected["2022"])
    assert table["", "trust", "2023"] == pytest.approx(expected["2023"])
    found = index_changes(study, ["trust"], "2022", "2023").set_index("organisation")["change"]
    assert found[""] == pytest.approx(table["", "trust", "2023"] - table["", "trust", "2022"])


def test_what_is_asked_is_seen_organisation_by_organisation(study) -> None:
    over = indices_over_waves(study, ["service"])
    dropped = set(over.left_out.itertuples(index=False, name=None))
    assert dropped == {("B", "service", "s2")}
    own = study.answers("clients").query("organisation == 'B'")
    table = over.of("B").table.set_index("wave")["index"]
    means = 25 * (own.groupby("wave", observed=True)["s1"].mean() - 1)
    np.testing.assert_allclose(table[["2022", "2023"]], means[["2022", "2023"]])
    change = index_changes(study, ["service"], "2022", "2023").set_index("organisation")["change"]
    assert change["B"] == pytest.approx(means["2023"] - means["2022"])


def test_where_all_is_asked_throughout_it_is_the_index(study) -> None:
    over = indices_over_waves(study, ["access"])
    assert over.left_out.empty
    plain = indices(study, ["access"])
    own = over.table[over.table["organisation"] != ""].reset_index(drop=True)
    numbers = ["index", "se", "lower", "upper", "n", "units"]
    np.testing.assert_allclose(own[numbers], plain[numbers])
    assert list(own["organisation"]) == list(plain["organisation"])


def test_waves_without_a_common_question_are_not_drawn() -> None:
    values = pd.DataFrame({"x": [1.0, 2.0, np.nan, np.nan], "y": [np.nan, np.nan, 3.0, 4.0]})
    kept = asked_throughout(values, np.zeros(4, dtype=int), ["1", "1", "2", "2"])
    assert kept.isna().all().all()


def test_the_chart_says_which_questions_it_leaves_out(study) -> None:
    over = indices_over_waves(study, ["access", "service", "trust"])
    chain = find_chain(CHAIN).restricted_to(["access", "service", "trust"])
    page = trend_over_waves(over, chain, "B", "Town B", "alt", "caption").html
    assert "All organisations: The chart uses only questions asked in every wave" in page
    assert "Trust and confidence without t2" in page
    assert "Service satisfaction without s2" in page
    alone = trend_over_waves(over, chain, "", "", "alt", "caption").html
    assert "Trust and confidence without t2" in alone
    assert "without s2" not in alone
