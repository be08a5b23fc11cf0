"""Ranks: certain where errors are nothing, wide where they are large."""

import numpy as np
import pandas as pd
import pytest

from workbench.benchmark import ranks


def test_without_error_ranks_are_the_order():
    found = ranks(pd.Series({"a": 50.0, "b": 70.0, "c": 60.0}), pd.Series(0.0, index=list("abc")))
    assert found["rank"].tolist() == [3, 1, 2]
    assert found["rank_lower"].tolist() == found["rank_upper"].tolist() == [3, 1, 2]


def test_two_equal_values_share_every_place():
    found = ranks(pd.Series([50.0, 50.0]), pd.Series([2.0, 2.0]))
    assert found["rank_lower"].tolist() == [1, 1]
    assert found["rank_upper"].tolist() == [2, 2]


def test_overlap_is_that_of_the_normal_distribution():
    # a leads b by 1.96 * sqrt(2) errors: b is first in 2.5 % of draws, so each interval is on
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
