"""Whole numbers of people behind published shares."""

from itertools import product

import numpy as np
import pytest

from workbench.audit import vectors

RNG = np.random.default_rng(4)


def shown(counts: np.ndarray, base: int = 1) -> np.ndarray:
    """Shares to a tenth of a percent, of counts rounded to a multiple of ``base``."""
    rounded = base * np.round(counts / base)
    return np.round(rounded / rounded.sum(), 3)


@pytest.mark.parametrize("n", [12, 60, 140])
def test_counts_come_back_from_shares(n: int) -> None:
    for _ in range(20):
        counts = RNG.multinomial(n, [0.02, 0.1, 0.3, 0.3, 0.28])
        low, high = vectors.of_shares(range(1, 6), shown(counts), 0.0005, n)
        np.testing.assert_array_equal(low, counts)
        np.testing.assert_array_equal(high, counts)


def test_shares_of_many_people_leave_several_numbers_and_the_mean_narrows_them() -> None:
    counts = np.array([2, 2998])
    low, high = vectors.of_shares((1, 2), shown(counts), 0.0005, 3000)
    assert (low[0], high[0]) == (2, 4)  # 0.1% of 3,000
    mean = counts @ [1, 2] / 3000
    low, high = vectors.of_shares((1, 2), shown(counts), 0.0005, 3000, mean, 1e-5)
    assert low[0] == high[0] == 2


def test_shares_of_other_numbers_are_none() -> None:
    assert vectors.of_shares((1, 2), (0.123, 0.877), 0.0005, 10) is None


def test_of_rounded_shares_every_vector_that_gives_them_is_within_the_bounds() -> None:
    """Against looking at all vectors of a few people."""
    for n in (10, 11, 13):
        every = [np.array(one) for one in product(range(n + 1), repeat=4) if sum(one) == n]
        told: dict[tuple[float, ...], list[np.ndarray]] = {}
        for counts in every:
            if np.round(counts / 3).any():
                told.setdefault(tuple(shown(counts, 3)), []).append(counts)
        for shares, those in told.items():
            low, high = vectors.of_rounded_shares(shares, 0.0005, n, 3)
            assert (low <= np.min(those, axis=0)).all()
            assert (high >= np.max(those, axis=0)).all()
            single = vectors.few(np.min(those, axis=0), np.max(those, axis=0))
            assert (vectors.few(low, high) == single).all()


def test_mean_and_standard_deviation_of_few_people_can_be_enough() -> None:
    answers = np.array([1, 5, 5, 5, 5, 5, 5, 5, 5, 5])
    moments = ((answers.mean(), 0.005), (answers.std(ddof=1), 0.005))
    low, high = vectors.of_moments(range(1, 6), 10, *moments)
    assert low.tolist() == high.tolist() == [1, 0, 0, 0, 9]
    assert vectors.of_moments(range(11), 500, (5.0, 0.005), (2.0, 0.005)) is None


def test_a_mean_beside_an_end_of_the_scale_is_enough() -> None:
    low, high = vectors.of_moments(range(1, 6), 12, (13 / 12, 0.005))
    assert low.tolist() == high.tolist() == [11, 1, 0, 0, 0]


def test_moments_can_be_those_of_rounded_numbers() -> None:
    counts = np.array([3, 0, 6])
    mean = counts @ [1, 2, 3] / 9
    low, high = vectors.of_moments((1, 2, 3), 10, (mean, 0.005), base=3)
    assert (low <= counts).all()
    assert (counts <= high).all()
    assert not (low % 3).any()


def test_a_search_for_single_people_finds_those_of_the_bounds() -> None:
    rng = np.random.default_rng(1)
    told = []
    for _ in range(40):
        counts = [rng.multinomial(13, rng.dirichlet([3, 1, 0.3, 2])) for _ in range(2)]
        points = np.array([0.0, 1 / 3, 2 / 3, 1.0])
        possible = [
            vectors.answers(
                points,
                {n: vectors.of_shares(range(4), (own / 13).tolist(), 0.04, n) for n in (12, 13)},
            )
            for own in counts
        ]
        index = float(np.mean([own @ points / 13 for own in counts]))
        for all_answered in (True, False):
            given = possible, (12, 13, 14), index, 0.004
            bounds = vectors.with_index(*given, all_answered=all_answered)
            expected = [bool(vectors.few(*one).any()) for one in bounds or ()] or [False, False]
            assert vectors.few_with_index(*given, all_answered=all_answered) == expected
            told += expected
    assert 0 < sum(told) < len(told)
