"""Pooling against metafor (tests/reference/benchmark/pooling.R) and in cases plain to see."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.benchmark import pool
from workbench.benchmark.pooling import spread_over_tau, tau2_dl, tau2_pm, tau2_reml
from workbench.errors import BenchmarkError

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "benchmark"
EXPECTED = json.loads((REFERENCE / "pooling.json").read_text())
METHODS = {"dl": "DL", "pm": "PM", "reml": "REML"}
OF_ORGANISATIONS = ["pooled", "pooled_se", "weight"]


def read(name: str) -> tuple[pd.Series, pd.Series]:
    data = pd.read_csv(REFERENCE / f"{name}.csv", index_col="organisation")
    return data["estimate"], data["se"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["bcg", "simulated"])
def test_as_metafor(name: str, method: str) -> None:
    found = pool(*read(name), method=method)
    expected = EXPECTED[name][METHODS[method]]
    summary = found.summary.iloc[0]
    # metafor's interval of a pooled value takes tau as known; ours is wider on purpose.
    of_organisations = {*OF_ORGANISATIONS, "pooled_lower", "pooled_upper"}
    for column in sorted(set(expected) - of_organisations):
        assert summary[column] == pytest.approx(expected[column], rel=1e-6, abs=1e-12), column
    for column in OF_ORGANISATIONS:
        np.testing.assert_allclose(found.organisations[column], expected[column], rtol=1e-6)


def test_pooled_intervals_carry_what_is_not_known_of_tau() -> None:
    """The spread equals that of true values drawn from their distribution given the estimates."""
    y, s = (values.to_numpy() for values in read("bcg"))
    rng = np.random.default_rng(1)
    tau = np.linspace(0, 3, 3001)
    w = 1 / (s**2 + tau[:, None] ** 2)
    mean = (w @ y) / w.sum(1)
    misfit = (w * (y - mean[:, None]) ** 2).sum(1)
    chance = np.sqrt(w.prod(1) / w.sum(1)) * np.exp(-misfit / 2)
    drawn = rng.choice(len(tau), 400_000, p=chance / chance.sum())
    mu = mean[drawn] + rng.standard_normal(len(drawn)) / np.sqrt(w.sum(1)[drawn])
    kept = (tau[drawn, None] ** 2) * w[drawn]
    true = kept * y + (1 - kept) * mu[:, None]
    true += np.sqrt(kept) * s * rng.standard_normal(true.shape)
    np.testing.assert_allclose(spread_over_tau(y, s**2), true.std(0), rtol=0.01)


def test_bcg_as_published() -> None:
    # Viechtbauer (2010), JSS 36(3), section 3.2: REML of the log risk ratios of dat.bcg.
    summary = pool(*read("bcg")).summary.iloc[0]
    assert round(summary["estimate"], 4) == -0.7145
    assert round(summary["tau"] ** 2, 4) == 0.3132
    assert round(summary["i2"], 2) == 92.22
    assert round(summary["q"], 4) == 152.2330


@pytest.mark.parametrize(("method", "name"), [("dl", "chi2"), ("pm", "iterated")])
def test_as_statsmodels(method: str, name: str) -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    y, s = read("simulated")
    other = combine_effects(y.to_numpy(), s.to_numpy() ** 2, method_re=name, use_t=True, atol=1e-14)
    summary = pool(y, s, method=method).summary.iloc[0]
    assert summary["tau"] ** 2 == pytest.approx(other.tau2, rel=1e-6)
    assert summary["se"] == pytest.approx(other.sd_eff_w_re_hksj, rel=1e-6)


@pytest.mark.parametrize("estimator", [tau2_dl, tau2_pm, tau2_reml])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_tau2_scales_and_is_not_negative(estimator, data) -> None:
    k = data.draw(st.integers(2, 20))
    y = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=k, max_size=k)))
    s = np.array(data.draw(st.lists(st.floats(0.02, 0.5), min_size=k, max_size=k)))
    found = estimator(y, s**2)
    assert found >= 0
    assert estimator(100 * y + 50, (100 * s) ** 2) == pytest.approx(
        1e4 * found, rel=1e-5, abs=1e4 * 1e-9
    )


@pytest.mark.parametrize("apart", [0.02, 0.1, 0.2, 0.3, 0.9])
def test_reml_is_the_highest_point_of_the_likelihood(apart: float) -> None:
    # Two precise estimates apart and many vague ones that agree.
    y = np.array([apart, -apart, *np.zeros(20)])
    v = np.array([1e-6, 1e-6, *np.full(20, 0.04)])
    found = tau2_reml(y, v)
    grid = np.concatenate([[0], np.logspace(-7, 1, 4000)])
    w = 1 / (v + grid[:, None])
    mean = (w * y).sum(axis=1, keepdims=True) / w.sum(axis=1, keepdims=True)
    likelihood = (
        0.5 * np.log(w).sum(axis=1)
        - 0.5 * np.log(w.sum(axis=1))
        - 0.5 * (w * (y - mean) ** 2).sum(axis=1)
    )
    assert found == pytest.approx(grid[likelihood.argmax()], rel=5e-3)


def test_nobody_differs() -> None:
    y, s = pd.Series([0.3, 0.3, 0.31, 0.29]), pd.Series([0.1, 0.1, 0.2, 0.2])
    found = pool(y, s)
    assert found.summary["tau"].iloc[0] == 0
    assert found.organisations["shrinkage"].tolist() == [1, 1, 1, 1]
    assert found.organisations["pooled"].to_numpy() == pytest.approx(0.3, abs=0.002)
    assert "may be too narrow" in found.words


def test_great_differences_leave_each_its_own() -> None:
    found = pool(pd.Series([-5.0, 0.0, 5.0]), pd.Series([0.01, 0.01, 0.01]))
    np.testing.assert_allclose(found.organisations["pooled"], [-5, 0, 5], atol=1e-4)
    np.testing.assert_allclose(found.organisations["pooled_se"], 0.01, rtol=1e-3)


def test_without_an_estimate_the_prediction_stands_in() -> None:
    y, s = read("simulated")
    y, s = y.copy(), s.copy()
    y.iloc[3], s.iloc[5], s.iloc[7] = np.nan, np.nan, 0.0
    found = pool(y, s)
    summary = found.summary.iloc[0]
    others = pool(y.drop(y.index[[3, 5, 7]]), s.drop(s.index[[3, 5, 7]])).summary.iloc[0]
    assert summary["estimate"] == pytest.approx(others["estimate"])
    assert (summary["organisations"], summary["without_estimate"]) == (31, 3)
    for row in (3, 5, 7):
        got = found.organisations.iloc[row]
        assert not got["own"]
        assert (got["weight"], got["shrinkage"]) == (0, 1)
        assert got["pooled"] == pytest.approx(summary["estimate"])
        assert got["pooled_lower"] == pytest.approx(summary["prediction_lower"])
        assert got["pooled_upper"] == pytest.approx(summary["prediction_upper"])
    assert found.organisations["own"].sum() == 31
    assert found.organisations["weight"].sum() == pytest.approx(1)
    assert found.words.endswith("3 had no usable estimate and get this prediction.")


def test_no_organisation() -> None:
    found = pool(pd.Series([np.nan, np.nan]), pd.Series([0.1, np.nan]))
    assert found.organisations[["pooled", "pooled_lower"]].isna().all(axis=None)
    assert np.isnan(found.summary["estimate"].iloc[0])
    assert found.words.startswith("No organisation has an estimate")
    assert pool(pd.Series([], dtype=float), pd.Series([], dtype=float)).organisations.empty


def test_one_organisation_stands_alone() -> None:
    found = pool(pd.Series({"a": 0.4, "b": np.nan}), pd.Series({"a": 0.1, "b": 0.1}))
    a, b = found.organisations.loc["a"], found.organisations.loc["b"]
    assert (a["pooled"], a["weight"], a["shrinkage"]) == (0.4, 1, 0)
    assert a["pooled_lower"] == pytest.approx(0.4 - 0.1959964)
    assert np.isnan(b["pooled"])
    assert not b["own"]
    assert np.isnan(found.summary["tau"].iloc[0])
    assert found.words == (
        "Only one organisation has an estimate, 0.40 (95% interval 0.20 to 0.60), so nothing can "
        "be said about other organisations."
    )


def test_two_organisations_are_pooled_with_a_caution() -> None:
    # By hand: equal errors, so the mean is .3 and its error |difference| / 2; t on 1 df is 12.706.
    found = pool(pd.Series([0.1, 0.5]), pd.Series([0.1, 0.1]))
    summary = found.summary.iloc[0]
    assert summary["se"] == pytest.approx(0.2)
    assert summary["upper"] == pytest.approx(0.3 + 12.7062047 * 0.2)
    assert summary["tau"] ** 2 == pytest.approx(0.08 - 0.01)
    assert "Two organisations are too few to estimate" in found.words


def test_words_have_a_true_minus_sign() -> None:
    assert (
        "the mean is \u22120.71 (95% interval \u22121.11 to \u22120.32)" in pool(*read("bcg")).words
    )


@pytest.mark.parametrize(
    ("y", "s", "said"),
    [
        (pd.Series({"a": 1.0}), pd.Series({"b": 1.0}), "same organisations"),
        (pd.Series([1.0, 2.0], index=["a", "a"]), pd.Series([1.0, 1.0], index=["a", "a"]), "'a'"),
        (pd.Series({"a": 1.0}), pd.Series({"a": -1.0}), "standard error -1"),
        (pd.Series({"a": np.inf}), pd.Series({"a": 1.0}), "infinite"),
    ],
)
def test_bad_input(y: pd.Series, s: pd.Series, said: str) -> None:
    with pytest.raises(BenchmarkError, match=said):
        pool(y, s)


def test_unknown_method_suggests_the_nearest() -> None:
    with pytest.raises(BenchmarkError, match="Did you mean 'reml'"):
        pool(*read("bcg"), method="REM")
