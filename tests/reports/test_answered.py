"""What every organisation answered, against the rows of one organisation at a time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench.reports.answered import Answered, answered
from workbench.study import Study, open_study

WAVE = "2024"
CONSTRUCTS = ("people", "service", "complaints", "trust")
NONE_HIDDEN = pd.DataFrame(columns=["organisation", "item"])


@pytest.fixture(scope="module")
def study(demo) -> Study:
    return demo


@pytest.fixture(scope="module")
def found(study: Study) -> Answered:
    return answered(study, WAVE, CONSTRUCTS, NONE_HIDDEN)


@pytest.mark.parametrize("organisation", ["Revenue Office", "Harbour Pilots"])
def test_rows_of_an_organisation(study: Study, found: Answered, organisation: str) -> None:
    own = found.of(organisation)
    response = own.response.set_index("source")
    for name, source in study.sources.items():
        answers = study.answers(name)
        rows = answers[(answers["organisation"] == organisation) & (answers["wave"] == WAVE)]
        items = [i for c in CONSTRUCTS for i in study.codebook.items(c) if i in rows]
        left = rows[items].isna().mean().mean()
        assert response.at[name, "unanswered"] == pytest.approx(left, nan_ok=True)
        units = rows.groupby("unit")
        if "response_rate" in rows:
            expected = units["response_rate"].first().mean()
            assert response.at[name, "response_rate"] == pytest.approx(expected)
        if "invited" in rows:
            expected = len(rows) / units["invited"].first().sum()
            assert response.at[name, "of_invited"] == pytest.approx(expected)
        for item in items:
            if source.rows == "units":
                points = own.points.loc[own.points["item"] == item, "points"]
                scale = study.codebook.scale(item)
                np.testing.assert_allclose(points, scale.points(rows[item].dropna()))
                continue
            mean = own.means.set_index("item").loc[item]
            kept = rows[rows[item].notna() & (rows["weight"] > 0)]
            assert mean["mean"] == pytest.approx(np.average(kept[item], weights=kept["weight"]))
            assert mean["n"] == len(kept)
            shares = own.shares[own.shares["item"] == item].set_index("answer")["share"]
            weights = kept.groupby(item)["weight"].sum() / kept["weight"].sum()
            np.testing.assert_allclose(shares[shares > 0], weights)


def test_a_source_without_answers_in_the_wave(study: Study) -> None:
    others = study.keeping(
        lambda source, answers: (
            answers["wave"] != WAVE if source == "clients" else pd.Series(True, answers.index)
        )
    )
    found = answered(others, WAVE, CONSTRUCTS, NONE_HIDDEN)
    assert set(found.alphas["construct"]) == {"people"}
    assert set(found.response["source"]) == {"employees", "records"}


def test_what_nobody_was_told_is_missing(tmp_path: Path) -> None:
    rows = [
        ("A", "u", 10, 1),
        ("A", "u", 10, ""),
        ("A", "v", "", 3),
        ("B", "u", "", 2),
        ("B", "u", "", 3),
    ]
    write_study(
        tmp_path,
        {"a": pd.DataFrame(rows, columns=["organisation", "unit", "asked", "q"])},
        {"a": {"people": ["q"]}},
        chain="public-sector-service-value-chain",
        settings={"minimum_count": 1},
        sources={"a": {"invited": "asked"}},
    )
    response = answered(open_study(tmp_path), "", ["people"], NONE_HIDDEN).response.set_index(
        "organisation"
    )
    assert response["of_invited"].tolist()[0] == pytest.approx(3 / 10)
    assert response["of_invited"].isna().tolist() == [False, True]
    assert response["unanswered"].tolist() == pytest.approx([1 / 3, 0])
