"""The published satisfaction index, and pass-through beside published rates."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.chain import (
    PassThrough,
    Rate,
    beside_rate,
    index_weights,
    pass_through,
    satisfaction_index,
)
from workbench.errors import ChainError
from workbench.interpretation import Published


def test_index_on_one_to_ten_is_fornells_formula():
    """(Σ w x̄ − Σ w) / (9 Σ w) × 100, the form printed for ten-point scales."""
    weight = np.array([0.36, 0.33, 0.31])
    mean = np.array([[8.1, 7.3, 6.9], [10, 10, 10], [1, 1, 1]])
    expected = (mean @ weight - weight.sum()) / (9 * weight.sum()) * 100
    np.testing.assert_allclose(satisfaction_index(mean, weight, 1, 10), expected)
    np.testing.assert_allclose(satisfaction_index(mean[1:], weight, 1, 10), [100, 0])


def test_index_takes_each_questions_own_scale():
    assert satisfaction_index([3, 8], [1, 1], [1, 0], [5, 10]) == pytest.approx(
        100 * (11 - 1) / (15 - 1)
    )


@pytest.mark.parametrize(
    ("weights", "low", "message"),
    [([1, -1], 1, "0 or more"), ([0, 0], 1, "0 or more"), ([1, 1], 10, "above its lowest")],
)
def test_index_refuses_what_it_cannot_weigh(weights, low, message):
    with pytest.raises(ChainError, match=message):
        satisfaction_index([5, 5], weights, low, 10)


def test_weights_are_loading_over_residual_variance():
    loading, residual = np.array([1.0, 0.8, 0.6]), np.array([0.5, 0.4, 0.9])
    cov = np.outer(loading, loading) + np.diag(residual)
    items = ["a", "b", "c"]
    fit = sem.fit_moments("f =~ a + b + c", 500, pd.DataFrame(cov, items, items))
    raw = loading / residual
    np.testing.assert_allclose(index_weights(fit, "f", items), raw / raw.sum(), atol=1e-5)


def row(points: float, lower: float, upper: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from": ["people"],
            "to": ["service"],
            "effect": ["direct"],
            "pass_through": [points],
            "pass_through_lower": [lower],
            "pass_through_upper": [upper],
        }
    )


def test_two_points_in_words():
    found = pass_through(row(0.45, 0.25, 0.65), "people", "service", 2.0, published=1.0)
    assert found == PassThrough("people", "service", 2.0, 0.9, 0.5, 1.3, 1.0)
    assert found.words("Staff", "Self-service for people") == (
        "Where Staff is 2 points higher, Self-service for people is higher by 0.9 points "
        "(0.5 to 1.3). The published rate would give 1.0, which lies in this interval."
    )
    less = pass_through(row(0.2, 0.1, 0.3), "people", "service", 2.0, published=1.0)
    more = pass_through(row(0.9, 0.7, 1.1), "people", "service", 2.0, published=1.0)
    ratio = "than the published rate, which would give 1.0."
    assert less.words("Staff", "Quality").endswith(f"That is less {ratio}")
    assert more.words("Staff", "Quality").endswith(f"That is more {ratio}")


def test_a_rate_stands_beside_the_direct_link_and_all_paths():
    rate = Rate("people", "trust", 1.0, "points", 4.0, "points", "S")
    effects = pd.concat([row(0.1, 0.0, 0.2), row(0.3, 0.2, 0.4), row(0.4, 0.25, 0.55)])
    effects["to"], effects["effect"] = "trust", ["direct", "indirect", "total"]
    direct, total = beside_rate(effects, rate)
    assert direct == PassThrough("people", "trust", 4.0, 0.4, 0.0, 0.8, 1.0)
    assert (total.points, total.lower, total.upper) == pytest.approx((1.6, 1.0, 2.2))
    assert total.verdict is Published.INCLUDED
    assert direct.verdict is Published.LESS  # all of 0.8 and less is
    along, whole = beside_rate(effects[effects["effect"] == "indirect"], rate)
    assert along is None
    assert whole.points == pytest.approx(1.2)
    alone = beside_rate(effects[effects["effect"] == "direct"], rate)
    assert alone[0] == alone[1]


def test_pass_through_that_the_chain_has_not():
    with pytest.raises(ChainError, match="there are people → service"):
        pass_through(row(0.2, 0.1, 0.3), "service", "people")
