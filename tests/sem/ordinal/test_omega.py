"""Categorical omega against semTools, and against what repeated answers show."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "ordinal"
EXPECTED = json.loads((FOLDER / "omega.json").read_text())
MODEL = "people =~ y1 + y2 + y3\nservice =~ y4 + y5 + y6"


def answers() -> pd.DataFrame:
    data = pd.read_csv(FOLDER / "latent.csv")
    for item in (f"y{i}" for i in range(1, 7)):
        data[item] = np.digitize(data[item], [-1.1, -0.3]) + 1.0
    return data


def test_it_is_that_of_semtools() -> None:
    found = sem.fit(MODEL, answers(), ordered=True).omega().set_index("variable")["omega"]
    assert found.to_dict() == pytest.approx(EXPECTED["one"], abs=1e-4)


def test_groups_have_their_own() -> None:
    fit = sem.fit(MODEL, answers(), ordered=True, group="g", parameterization="theta")
    for (variable, group), own in fit.omega().set_index(["variable", "group"])["omega"].items():
        assert own == pytest.approx(EXPECTED["groups"][group][variable], abs=1e-4)


def test_it_is_the_correlation_of_two_answers_to_the_same_questions() -> None:
    rng = np.random.default_rng(4)
    n = 20_000
    f = rng.normal(size=(n, 1))
    first, second = (
        np.digitize(0.8 * f + 0.6 * rng.normal(size=(n, 4)), [-1.5, -0.8, 0.1]) for _ in range(2)
    )
    seen = np.corrcoef(first.sum(1), second.sum(1))[0, 1]
    data = pd.DataFrame(first + 1.0, columns=list("abcd"))
    found = sem.fit("f =~ a + b + c + d", data, ordered=True).omega()["omega"]
    assert found[0] == pytest.approx(seen, abs=0.01)


def test_it_needs_ordered_items() -> None:
    with pytest.raises(ModelError, match="ordered=True"):
        sem.fit(MODEL, answers()).omega()
