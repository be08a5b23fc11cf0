"""Validity against lavaan and semTools (tests/reference/measurement/validity.R), and bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import MeasurementError
from workbench.measurement import (
    ItemAnswers,
    comparability,
    htmt,
    measurement_model,
    parallel_analysis,
)
from workbench.study.level import Level

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "measurement"
EXPECTED = json.loads((REFERENCE / "validity.json").read_text())
ITEMS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


@pytest.fixture
def holzinger() -> ItemAnswers:
    return with_items(ITEMS)


def with_items(items: dict[str, list[str]], frame: pd.DataFrame | None = None) -> ItemAnswers:
    frame = pd.read_csv(REFERENCE / "holzinger.csv") if frame is None else frame
    keys = {"organisation": "A", "unit": np.arange(len(frame)).astype(str), "wave": ""}
    return ItemAnswers("holzinger", Level.UNITS, items, frame.assign(**keys))


def test_model_as_in_lavaan(holzinger: ItemAnswers) -> None:
    found = measurement_model(holzinger)
    constructs = found.constructs
    np.testing.assert_allclose(
        constructs["composite_reliability"], EXPECTED["composite_reliability"], atol=1e-5
    )
    np.testing.assert_allclose(constructs["ave"], EXPECTED["ave"], atol=1e-5)
    correlations = found.fornell_larcker
    np.testing.assert_allclose(correlations["correlation"], EXPECTED["correlations"], atol=1e-5)
    assert correlations["holds"].all()
    assert tuple(found.modification_indices().loc[0, ["lhs", "op", "rhs"]]) == (
        "visual",
        "=~",
        "x9",
    )


def test_htmt_as_in_semtools(holzinger: ItemAnswers) -> None:
    found = htmt(holzinger)
    np.testing.assert_allclose(found["htmt"], EXPECTED["htmt"], atol=1e-9)
    assert (found["lower"] < found["htmt"]).all()
    assert (found["htmt"] < found["upper"]).all()
    pd.testing.assert_frame_equal(found, htmt(holzinger))


def test_htmt_bootstrap_is_that_of_a_loop(holzinger: ItemAnswers) -> None:
    frame = holzinger.frame.copy()
    frame.loc[::7, "x2"] = np.nan
    found = htmt(with_items(ITEMS, frame), replicates=5, seed=3)
    draws = np.random.default_rng(3).integers(len(frame), size=(5, len(frame)))
    ratios = []
    for rows in draws:
        r = frame.iloc[rows][[f"x{i}" for i in range(1, 10)]].corr().abs().to_numpy()
        own = [r[a : a + 3, a : a + 3][np.triu_indices(3, 1)].mean() for a in (0, 3, 6)]
        ratios.append(
            [
                r[3 * a : 3 * a + 3, 3 * b : 3 * b + 3].mean() / np.sqrt(own[a] * own[b])
                for a, b in ((0, 1), (0, 2), (1, 2))
            ]
        )
    lower, upper = np.quantile(ratios, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(found["lower"], lower, atol=1e-10)
    np.testing.assert_allclose(found["upper"], upper, atol=1e-10)


def test_units_are_drawn_whole(holzinger: ItemAnswers) -> None:
    doubled = pd.concat([holzinger.frame] * 2, ignore_index=True)
    twice = ItemAnswers("twice", Level.RESPONDENTS, ITEMS, doubled)
    pd.testing.assert_frame_equal(htmt(twice), htmt(holzinger))


def test_sentences_for_bad_input(holzinger: ItemAnswers) -> None:
    frame = holzinger.frame.assign(x3=-holzinger.frame["x3"], x7=4.0)
    found = htmt(with_items({**ITEMS, "single": ["x4"]}, frame)).set_index(["one", "other"])
    assert "negative correlations" in found.loc[("visual", "textual"), "reason"]
    assert "same answer" in found.loc[("textual", "speed"), "reason"]
    assert "one item" in found.loc[("textual", "single"), "reason"]
    assert found["htmt"].isna().all()
    model = measurement_model(with_items({**ITEMS, "single": ["x4"]}, frame))
    assert sorted(model.left_out) == ["single", "speed"]


def test_two_items_alone_are_not_identified() -> None:
    with pytest.raises(MeasurementError, match="two items and stands alone"):
        measurement_model(with_items({"visual": ["x1", "x2"]}))


def test_few_rows_say_so(holzinger: ItemAnswers) -> None:
    with pytest.raises(MeasurementError, match="3 rows are too few for the 30 parameters"):
        measurement_model(with_items(ITEMS, holzinger.frame.head(3)))


def test_sentences_call_constructs_by_their_labels() -> None:
    frame = pd.DataFrame({"q1": [1.0, 2, 4], "q2": [2.0, 2, 5]})
    keys = {"organisation": "A", "unit": ["1", "2", "3"], "wave": ""}
    items = {"strategic_leadership": ["q1"], "people": ["q2"]}
    labels = {"strategic_leadership": "Senior leadership", "people": "Engagement"}
    given = ItemAnswers("staff", Level.UNITS, items, frame.assign(**keys), labels)
    assert htmt(given)["reason"][0].startswith("Senior leadership has one item")
    for compute in (
        lambda: measurement_model(given),
        lambda: parallel_analysis(given.of("people")),
        lambda: comparability(given, "people", "organisation"),
    ):
        with pytest.raises(MeasurementError, match="Engagement has"):
            compute()
