"""Correlations behind ordered answers, against lavCor() of lavaan 0.6-14."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "ordinal"
EXPECTED = json.loads((FOLDER / "correlations.json").read_text())
ITEMS = ["y1", "y2", "y4", "y5", "y7", "y8"]


def answers() -> pd.DataFrame:
    """Two items of five answers, two of two, two as they are; some missing."""
    data = pd.read_csv(FOLDER / "latent.csv")
    for item, cuts in zip(ITEMS[:4], [[-1.1, -0.4, 0.3, 1]] * 2 + [[0.1]] * 2, strict=True):
        data[item] = np.digitize(data[item], cuts) + 1.0
    for j in range(9):
        data.loc[(np.arange(len(data)) * 31 + j * 17) % 13 == 0, f"y{j + 1}"] = np.nan
    return data


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_correlations_are_those_of_lavaan(missing: str) -> None:
    found = sem.polychoric(answers(), ITEMS, ordered=ITEMS[:4], missing=missing)
    np.testing.assert_allclose(found.correlations, EXPECTED[missing], atol=1e-5)
    kinds = found.pairs["kind"].value_counts().to_dict()
    assert kinds == {"polychoric": 5, "tetrachoric": 1, "polyserial": 8, "product-moment": 1}


def test_errors_are_those_of_the_saturated_model() -> None:
    data = answers()
    found = sem.polychoric(data, ITEMS[:4])
    pairs = [f"{a} ~~ {b}" for i, a in enumerate(ITEMS[:4]) for b in ITEMS[i + 1 : 4]]
    fit = sem.fit("\n".join(pairs), data, ordered=True)
    errors = np.sqrt(np.diag(found.covariance))
    own = fit.vcov.to_numpy() * (fit.nobs - 1) / fit.nobs
    saturated = dict(zip(fit.names, np.sqrt(np.diag(own)), strict=True))
    for name, error in zip(found.covariance.index, errors, strict=True):
        assert saturated[name] == pytest.approx(error, rel=1e-6)
    np.testing.assert_allclose(found.pairs["se"], errors[-6:])
    np.testing.assert_allclose(found.thresholds["se"], errors[:-6])


def test_a_correlation_of_numbers_has_its_known_error() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4000, 1))
    data = pd.DataFrame(0.6 * x + 0.8 * rng.normal(size=(4000, 2)), columns=["x", "y"])
    data["z"] = 10.0 * data["y"] + rng.normal(size=4000) + 3.0
    data["a"] = (data["x"] + rng.normal(size=4000) > 0) * 1.0
    found = sem.polychoric(data, ["x", "z", "a"], ordered=["a"]).pairs.iloc[0]
    assert found["kind"] == "product-moment"
    assert found["se"] == pytest.approx((1 - found["est"] ** 2) / np.sqrt(4000), rel=0.1)


def test_what_cannot_be_correlated() -> None:
    with pytest.raises(ModelError, match="at least two"):
        sem.polychoric(answers(), ["y1"])
    with pytest.raises(ModelError, match="which is no item"):
        sem.polychoric(answers(), ITEMS, ordered=["y9"])
    with pytest.raises(ModelError, match="choose 'listwise' or 'pairwise'"):
        sem.polychoric(answers(), ITEMS, missing="fiml")
