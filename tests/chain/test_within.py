"""Values as compared within organisations, and the errors known of them."""

import numpy as np
import pandas as pd
import pytest

from workbench.chain.within import within_groups

GROUP = np.repeat([0, 1, 2], [5, 3, 1])


def known_errors(rng: np.random.Generator, rows: int, items: int) -> np.ndarray:
    roots = rng.normal(size=(rows, items, items))
    return roots @ np.swapaxes(roots, 1, 2)


def test_without_holes_a_value_is_the_scaled_distance_from_its_groups_mean() -> None:
    rng = np.random.default_rng(1)
    values, errors = rng.normal(50, 10, (8, 2)), known_errors(rng, 8, 2)
    group = GROUP[:8]
    found, known = within_groups(values, errors, group)
    for rows in (slice(0, 5), slice(5, 8)):
        n = rows.stop - rows.start
        distance = (values[rows] - values[rows].mean(axis=0)) * np.sqrt(n / (n - 1))
        assert found[rows] == pytest.approx(values.mean(axis=0) + distance)
        expected = ((n - 2) * errors[rows] + errors[rows].mean(axis=0)) / (n - 1)
        assert known is not None
        assert known[rows] == pytest.approx(expected)


def test_errors_are_those_of_the_transformation_also_with_holes() -> None:
    """The transformation is linear: its matrix gives every error, worked out item pair by pair."""
    rng = np.random.default_rng(2)
    values, errors = rng.normal(50, 10, (9, 3)), known_errors(rng, 9, 3)
    values[[0, 3, 6], [0, 1, 2]] = np.nan
    found, known = within_groups(values, errors, GROUP)
    assert known is not None

    def matrix(item: int) -> np.ndarray:
        columns = []
        for row in range(9):
            moved = np.zeros((9, 3))
            moved[np.isnan(values)] = np.nan
            moved[row, item] += 1
            columns.append(np.nan_to_num(within_groups(moved, None, GROUP)[0][:, item]))
        about_all = np.nan_to_num(np.column_stack(columns))
        shown = ~np.isnan(found[:, item])
        answered = ~np.isnan(values[:, item])
        about_all -= np.where(shown[:, None] & answered, 1 / answered.sum(), 0.0)
        return about_all

    for a in range(3):
        for b in range(3):
            together = (matrix(a) * errors[:, a, b]) @ matrix(b).T
            seen = ~np.isnan(found[:, a]) & ~np.isnan(found[:, b])
            assert known[seen, a, b] == pytest.approx(together.diagonal()[seen])


def test_weights_count_like_rows_of_which_there_are_so_many() -> None:
    """A row of weight three is three rows, but for the degree of freedom that these would add."""
    rng = np.random.default_rng(5)
    values = rng.normal(50, 10, (8, 2))
    weight = np.array([1.0, 3, 1, 2, 1, 1, 2, 1])
    found, _ = within_groups(values, None, GROUP[:8], weight)
    times = np.repeat(np.arange(8), weight.astype(int))
    repeated, _ = within_groups(values[times], None, GROUP[:8][times])
    for rows in (slice(0, 5), slice(5, 8)):
        share = weight[rows] / weight[rows].sum()
        n = weight[rows].sum()
        grown = np.sqrt((n - 1) / n / (1 - (share**2).sum()))
        again = repeated[np.searchsorted(times, np.arange(8))][rows] - repeated.mean(axis=0)
        assert found[rows] - repeated.mean(axis=0) == pytest.approx(grown * again)
        assert share @ found[rows] == pytest.approx(repeated.mean(axis=0))


def test_weighted_distances_have_the_variance_of_the_rows() -> None:
    rng = np.random.default_rng(6)
    group = np.repeat(np.arange(4000), 4)
    weight = rng.uniform(0.3, 3, len(group))
    values = 5 * rng.normal(size=4000)[group] + rng.normal(size=len(group))
    found, _ = within_groups(values[:, None], None, group, weight)
    gap = found[:, 0] - np.average(found[:, 0], weights=weight)
    assert np.average(gap**2, weights=weight) == pytest.approx(1, abs=0.03)


def test_what_is_alone_in_its_group_cannot_be_compared() -> None:
    values = np.arange(9.0)[:, None]
    found, _ = within_groups(values, None, GROUP)
    assert np.isnan(found[8]).all()
    assert not np.isnan(found[:8]).any()


def test_the_variance_within_groups_is_found_whatever_their_size() -> None:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(4000), 3)
    values = 5 * rng.normal(size=4000)[group] + rng.normal(size=12000)
    found, _ = within_groups(values[:, None], None, group)
    assert found.var() == pytest.approx(1, abs=0.03)


def test_rows_of_no_one_are_no_error() -> None:
    found, known = within_groups(np.empty((0, 2)), np.empty((0, 2, 2)), np.empty(0, np.int64))
    assert found.shape == (0, 2)
    assert known is not None
    assert known.shape == (0, 2, 2)
    assert pd.DataFrame(found).empty
