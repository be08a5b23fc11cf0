"""Score tests against lavTestScore (validity.R); what is proposed where a yardstick differs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import MeasurementError
from workbench.measurement import ItemAnswers, comparability, score_tests
from workbench.study.level import Level

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "measurement"
EXPECTED = json.loads((REFERENCE / "validity.json").read_text())


@pytest.mark.parametrize(
    ("level", "operator", "expected"),
    [("metric", "=~", "score_loadings"), ("scalar", "~1", "score_intercepts")],
)
def test_scores_as_in_lavaan(level: str, operator: str, expected: str) -> None:
    fits = sem.invariance(
        "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9",
        pd.read_csv(REFERENCE / "holzinger.csv"),
        "school",
    ).fits
    found = score_tests(fits[level], operator).set_index("item")["statistic"]
    assert found.to_dict() == pytest.approx(EXPECTED[expected], rel=1e-4, abs=1e-5)


def simulated(shift: float = 0.0, stretch: float = 1.0, rows: int = 400) -> ItemAnswers:
    """Four items in two groups; q4 of group B is stretched and shifted."""
    random = np.random.default_rng(7)
    frames = []
    for group in "AB":
        factor = random.standard_normal(rows) + (0.5 if group == "B" else 0.0)
        values = factor[:, None] * [1.0, 0.9, 0.8, 0.9] + 0.6 * random.standard_normal((rows, 4))
        if group == "B":
            values[:, 3] = values[:, 3] + (stretch - 1) * 0.9 * factor + shift
        frame = pd.DataFrame(values, columns=["q1", "q2", "q3", "q4"])
        frames.append(frame.assign(organisation=group, wave=""))
    joined = pd.concat(frames, ignore_index=True)
    joined["unit"] = np.arange(len(joined)).astype(str)
    return ItemAnswers("clients", Level.RESPONDENTS, {"service": ["q1", "q2", "q3", "q4"]}, joined)


def test_alike() -> None:
    found = comparability(simulated(), "service", "organisation")
    assert found.level == "strict"
    assert found.partial is None
    assert found.proposal.empty
    assert "so their indices can be compared" in found.words


def test_shifted_item_is_found() -> None:
    found = comparability(simulated(shift=1.0), "service", "organisation")
    assert found.level == "metric"
    assert found.proposal[["item", "parameter"]].to_numpy().tolist() == [["q4", "intercept"]]
    assert found.partial is not None
    assert found.partial.holds == "strict"
    assert "q4" in found.words


def test_stretched_item_is_found() -> None:
    found = comparability(simulated(stretch=2.0), "service", "organisation")
    assert found.level == "configural"
    assert found.proposal.loc[0, ["item", "parameter"]].tolist() == ["q4", "loading"]


def test_sentences_for_bad_input() -> None:
    answers = simulated(rows=60)
    with pytest.raises(MeasurementError, match="Fewer than two organisations"):
        comparability(answers, "service", "organisation")
    two = ItemAnswers("clients", Level.RESPONDENTS, {"service": ["q1", "q2"]}, answers.frame)
    with pytest.raises(MeasurementError, match="2 items"):
        comparability(two, "service", "organisation")
