"""Ranks: certain where errors are nothing, wide where they are large."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.benchmark import against_median, ranks, within_types
from workbench.errors import BenchmarkError


def test_without_error_ranks_are_the_order():
    found = ranks(pd.Series({"a": 50.0, "b": 70.0, "c": 60.0}), pd.Series(0.0, index=list("abc")))
    assert found["rank"].tolist() == [3, 1, 2]
    assert found["rank_lower"].tolist() == found["rank_upper"].tolist() == [3, 1, 2]


def test_two_equal_values_share_every_place():
    found = ranks(pd.Series([50.0, 50.0]), pd.Series([2.0, 2.0]))
    assert found["rank_lower"].tolist() == [1, 1]
    assert found["rank_upper"].tolist() == [2, 2]


def test_overlap_is_that_of_the_normal_distribution():
    # a leads b by 1.96 * sqrt(2) errors: b is first in 2.5% of draws, so each interval is on
    # the edge; half the distance is beyond doubt inside, twice the distance outside.
    close = ranks(pd.Series([1.386, 0.0]), pd.Series([1.0, 1.0]))
    assert close["rank_upper"].tolist() == [2, 2]
    apart = ranks(pd.Series([5.54, 0.0]), pd.Series([1.0, 1.0]))
    assert apart["rank_upper"].tolist() == [1, 2]


def test_missing_is_not_ranked():
    found = ranks(pd.Series([50.0, np.nan, 40.0]), pd.Series([1.0, 1.0, np.nan]))
    assert found["ranked"].tolist() == [1, 1, 1]
    assert found["rank"].isna().tolist() == [False, True, True]


def test_same_seed_same_ranks():
    values, errors = pd.Series(np.linspace(40, 60, 30)), pd.Series(3.0, index=range(30))
    pd.testing.assert_frame_equal(ranks(values, errors), ranks(values, errors))
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(ranks(values, errors), ranks(values, errors, seed=2))


def test_difference_from_the_median_of_certain_others():
    # The median of three is b, known without error; a's difference has a's error alone.
    found = against_median(
        pd.Series({"a": 70.0, "b": 60.0, "c": 50.0}), pd.Series({"a": 2.0, "b": 0.0, "c": 0.0})
    )
    assert found["difference"].tolist() == [10, 0, -10]
    assert found.loc["a", "se"] == pytest.approx(2, rel=0.05)
    assert found.loc["a", "lower"] == pytest.approx(10 - 1.96 * 2, rel=0.05)
    assert found["distinct"].tolist() == ["above", "alike", "below"]


def test_the_medians_own_error_counts():
    # With 101 equal normal errors the median's variance is about pi/2/101 of one's, and the
    # covariance with each about 1/101: 1 + pi/202 - 2/101.
    found = against_median(pd.Series(np.zeros(101)), pd.Series(np.ones(101)))
    assert found["se"].mean() == pytest.approx((1 + np.pi / 202 - 2 / 101) ** 0.5, rel=0.005)


def test_false_discovery_rate_is_held():
    rng = np.random.default_rng(4)
    truth = np.repeat([0.0, 4.0], [80, 20])
    false, called = 0.0, 0
    for _ in range(60):
        values = pd.Series(truth + rng.standard_normal(100))
        distinct = against_median(values, pd.Series(np.ones(100)))["distinct"] != "alike"
        false += distinct[:80].sum() / max(distinct.sum(), 1)
        called += distinct[80:].sum()
    assert false / 60 < 0.06
    assert called / (60 * 20) > 0.6


def test_a_finding_never_contradicts_the_interval():
    """From 2 units the interval reaches 12.7 errors, from 21 units 2.09."""
    values = pd.Series([50.0, 50.0, 50.0, 60.0, 60.0], index=list("abcde"))
    errors = pd.Series(2.0, index=values.index)
    freedom = pd.Series([20, 20, 20, 1, 20], index=values.index)
    assert against_median(values, errors)["distinct"].tolist() == [
        "alike",
        "alike",
        "alike",
        "above",
        "above",
    ]
    found = against_median(values, errors, freedom)
    assert found["distinct"].tolist() == ["alike", "alike", "alike", "alike", "above"]
    assert found.loc["d", "lower"] < 0 < found.loc["e", "lower"]
    half = stats.t.ppf(0.975, freedom["d"]) * found.loc["d", "se"]
    assert found.loc["d", "upper"] - found.loc["d", "difference"] == pytest.approx(half)


def test_within_the_own_interval_there_is_no_finding():
    """Of two organisations the difference from their middle is surer than either of them."""
    values = pd.Series([50.0, 53.0])
    found = against_median(values, pd.Series([0.9, 0.9]))
    assert (found["qvalue"] < 0.05).all()  # 1.5 from the middle, with an error of 0.64
    assert found["distinct"].tolist() == ["alike", "alike"]  # and 1.96 * 0.9 reaches the middle


def test_places_from_few_units_are_less_certain():
    values, errors = pd.Series([50.0, 60.0]), pd.Series([2.0, 2.0])
    assert ranks(values, errors)["rank_upper"].tolist() == [2, 1]
    assert ranks(values, errors, pd.Series([1, 1]))["rank_upper"].tolist() == [2, 2]


def test_missing_is_not_compared():
    found = against_median(pd.Series([50.0, np.nan, 40.0]), pd.Series([1.0, 1.0, np.nan]))
    assert found["difference"].isna().tolist() == [False, True, True]
    assert found["distinct"].tolist() == ["alike", "unknown", "unknown"]
    assert against_median(pd.Series([np.nan]), pd.Series([1.0]))["se"].isna().all()


def test_within_types_each_is_first_among_its_own():
    values = pd.Series({"a": 50.0, "b": 70.0, "c": 60.0, "d": 40.0, "e": 30.0})
    types = pd.Series({"a": "city", "b": "region", "c": "city", "d": "region", "e": None})
    found = within_types(ranks, values, pd.Series(0.0, index=values.index), types)
    assert found.index.tolist() == list("abcde")
    assert found["rank"].tolist() == [2, 1, 1, 2, 1]
    assert found["ranked"].tolist() == [2, 2, 2, 2, 1]
    with pytest.raises(BenchmarkError, match="'a' has no row among the types"):
        within_types(ranks, values, values, types.drop("a"))
