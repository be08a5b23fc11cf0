"""Funnel limits against R (tests/reference/benchmark/funnel.R) and in cases plain to see."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.benchmark import funnel
from workbench.errors import BenchmarkError
from workbench.interpretation import Place

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "benchmark"
EXPECTED = json.loads((REFERENCE / "funnel.json").read_text())


def read(name: str) -> tuple[pd.Series, pd.Series]:
    data = pd.read_csv(REFERENCE / f"{name}.csv", index_col="organisation")
    return data["estimate"], data["se"]


@pytest.mark.parametrize("name", ["bcg", "simulated"])
def test_as_in_r(name: str) -> None:
    expected = EXPECTED[name]
    additive = funnel(*read(name))
    assert additive.target == pytest.approx(expected["target"], rel=1e-6)
    assert additive.phi == pytest.approx(expected["phi"], rel=1e-6)
    assert additive.tau == pytest.approx(expected["tau"], rel=1e-6)
    np.testing.assert_allclose(additive.organisations["z"], expected["z_additive"], rtol=1e-6)
    found = {
        "additive_upper_998": additive.limits["upper_998"].iloc[-1],
        "additive_lower_95": additive.limits["lower_95"].iloc[-1],
        "multiplicative_upper_998": funnel(*read(name), overdispersion="multiplicative")
        .limits["upper_998"]
        .max(),
        "none_lower_95": funnel(*read(name), overdispersion="none").limits["lower_95"].min(),
    }
    assert found == pytest.approx({key: expected[key] for key in found}, rel=1e-6)


def homogeneous(outlier: float) -> tuple[pd.Series, pd.Series]:
    """Forty organisations whose z scores are normal quantiles, and one at ``outlier`` errors."""
    from scipy.stats import norm

    z = norm.ppf((np.arange(40) + 0.5) / 40)
    s = np.tile([0.02, 0.05, 0.1, 0.2], 10)
    names = [f"o{i}" for i in range(40)] + ["outlier"]
    return pd.Series([*(0.3 + z * s), 0.3 + outlier * 0.1], names), pd.Series([*s, 0.1], names)


def test_an_outlier_is_seen_and_does_not_widen_the_limits() -> None:
    found = funnel(*homogeneous(6))
    assert found.tau < 0.02
    assert found.organisations.loc["outlier", "position"] == Place.FAR_ABOVE
    assert (found.organisations["position"] == Place.WITHIN).sum() >= 38
    assert found.words.startswith("Of 41 organisations, 1 is outside the 99.8% limits")


def test_sides_and_limits() -> None:
    values, errors = homogeneous(-2.5)
    assert (
        funnel(values, errors, overdispersion="none").organisations.loc["outlier", "position"]
        == Place.BELOW
    )


def test_multiplicative_closes_on_the_target_and_additive_does_not() -> None:
    bcg = read("bcg")
    additive, multiplicative = funnel(*bcg), funnel(*bcg, overdispersion="multiplicative")
    assert multiplicative.limits["upper_95"].iloc[0] == multiplicative.target
    assert additive.limits["upper_95"].iloc[0] > additive.target + additive.tau
    assert (additive.limits["upper_998"] > additive.limits["upper_95"]).all()


def test_missing_is_not_placed() -> None:
    values, errors = homogeneous(6)
    values["o3"] = np.nan
    found = funnel(values, errors).organisations.loc["o3"]
    assert found["position"] == Place.MISSING
    assert np.isnan(found["z"])


def test_too_few_and_unknown_choice() -> None:
    with pytest.raises(BenchmarkError, match="Only 2 of 3 organisations"):
        funnel(pd.Series([1.0, 2.0, np.nan]), pd.Series([1.0, 1.0, 1.0]))
    with pytest.raises(BenchmarkError, match="'both' is not known"):
        funnel(*read("bcg"), overdispersion="both")  # type: ignore[arg-type]


def test_two_units_lie_outside_only_where_their_interval_does() -> None:
    """Seven errors away is within the interval of 1 degree of freedom, which reaches 12.7."""
    values = pd.Series([50.0] * 9 + [57.0, 65.0], index=[f"o{i}" for i in range(11)])
    errors, freedom = pd.Series(1.0, values.index), pd.Series(1, values.index)
    known = funnel(values, errors, overdispersion="none").organisations["position"]
    assert known["o9"] == Place.FAR_ABOVE
    few = funnel(values, errors, freedom, "none").organisations
    assert few["position"].tolist() == [Place.WITHIN] * 10 + [Place.ABOVE]
    assert few["se"].iloc[0] == pytest.approx(12.706 / 1.96, rel=1e-4)
