"""Studies small enough to reckon with."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench.chain import ChainStudy, open_study

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT.parent / "shared" / "data" / "nca-example" / "nca-example.csv"


@pytest.fixture(scope="session")
def nca_example() -> pd.DataFrame:
    """28 countries, the example of the R package NCA; the file is not part of the project."""
    if EXAMPLE.is_file():
        return pd.read_csv(EXAMPLE, index_col="country")
    message = f"The standard example of necessary condition analysis is not at {EXAMPLE}."
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def drawn_answers() -> pd.DataFrame:
    """600 respondents in 40 units: overall satisfaction made of fairness, twice as much of speed.

    On the web speed is all that matters, at the counter fairness.
    """
    rng = np.random.default_rng(3)
    n = 600
    channel = np.where(rng.random(n) < 0.5, "web", "counter")
    speed, fair = rng.normal(size=(2, n))
    own = np.where(channel == "web", speed, fair)
    overall = 2 * speed + fair + 3 * own + rng.normal(size=n)

    def codes(values: np.ndarray) -> np.ndarray:
        return np.clip(np.round(50 + 15 * values / values.std()), 0, 100)

    unit = np.arange(n) % 40
    return pd.DataFrame(
        {
            "organisation": np.where(unit < 20, "A", "B"),
            "unit": [f"u{number}" for number in unit],
            "channel": channel,
            "overall": codes(overall),
            "speed": codes(speed),
            "fair": codes(fair),
            "same": 70,
            "honest": codes(overall + 2 * rng.normal(size=n)),
        }
    )


@pytest.fixture
def drawn(tmp_path: Path, drawn_answers: pd.DataFrame) -> Callable[..., ChainStudy]:
    """Opens a study of the drawn answers, changed beforehand as the test likes."""

    def write(answers: pd.DataFrame | None = None, scorecard: str = "") -> ChainStudy:
        table = drawn_answers if answers is None else answers
        units = table.groupby(["organisation", "unit"], as_index=False)["overall"].mean()
        rng = np.random.default_rng(4)
        units["glad"] = np.round(units.pop("overall") + rng.normal(0, 3, len(units)), 1)
        construct = {"overall": "service", "honest": "trust"}
        asked = ["overall", "speed", "fair", "same", "honest"]
        wording = {
            "overall": "Overall, I am satisfied.",
            "fair": "I was treated fairly.",
            "glad": "I am glad to work here.",
        }
        write_study(
            tmp_path,
            {"clients": table, "employees": units},
            {
                "clients": {construct.get(item, item): [item] for item in asked},
                "employees": {"people": ["glad"]},
            },
            chain="public-sector-service-value-chain",
            scale=(0, 100),
            settings={"minimum_count": 10},
            sources={"clients": {"channel": "channel"}, "employees": {"rows": "units"}},
            items={item: {"wording": wording.get(item, "")} for item in [*asked, "glad"]},
        )
        if scorecard:
            (tmp_path / "scorecard.csv").write_text(scorecard)
        return open_study(tmp_path)

    return write
