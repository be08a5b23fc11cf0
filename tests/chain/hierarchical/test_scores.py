"""Scores of constructs and their errors."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.chain.hierarchical.likelihood import likelihood
from workbench.chain.hierarchical.links import hierarchical_links
from workbench.chain.hierarchical.scores import RespondentSums, construct_rows
from workbench.chain.hierarchical.structure import Structure

CONSTRUCTS = [[0, 1, 2], [3, 4, 5]]


def drawn(rng, units=4000, organisations=4):
    """Items with a specific variance of .3 in the first construct and .6 in the second."""
    organisation = np.sort(rng.integers(0, organisations, units))
    people = rng.normal(size=units)
    service = 0.5 * people + np.sqrt(0.75) * rng.normal(size=units)
    items = np.repeat(np.column_stack([people, service]), 3, axis=1)
    items += np.repeat(np.sqrt([0.3, 0.6]), 3) * rng.normal(size=items.shape)
    sampling = np.zeros((6, 6))
    sampling[:3, :3] = 0.2 + 0.2 * np.eye(3)
    sampling[3:, 3:] = 0.1 + 0.3 * np.eye(3)
    items += rng.multivariate_normal(np.zeros(6), sampling, units)
    items += 5 * organisation[:, None]
    return items, np.tile(sampling, (units, 1, 1)), organisation


def test_errors_are_sampling_and_specific_ones():
    items, errors, organisation = drawn(np.random.default_rng(1))
    rows = construct_rows(items, errors, CONSTRUCTS, organisation)
    # The mean of three items: sampling .2 + .2/3 and .1 + .3/3, specific .3/3 and .6/3.
    assert rows.errors[0].diagonal() == pytest.approx([0.2 + 0.5 / 3, 0.1 + 0.9 / 3], abs=0.02)
    assert rows.errors[0, 0, 1] == 0
    assert rows.scores == pytest.approx(items.reshape(-1, 2, 3).mean(axis=2))


def test_a_unit_with_fewer_items_has_more_error():
    items, errors, organisation = drawn(np.random.default_rng(2))
    items[0, 1:3] = np.nan
    items[1, 3:] = np.nan
    rows = construct_rows(items, errors, CONSTRUCTS, organisation)
    assert rows.errors[0, 0, 0] == pytest.approx(0.2 + 0.2 + 0.3, abs=0.03)
    assert rows.errors[1, 1, 1] > 1e6 * rows.errors[2, 1, 1]
    assert rows.scores[0, 0] == pytest.approx(items[0, 0])


def test_a_single_item_has_no_specific_error_to_be_known():
    items, errors, organisation = drawn(np.random.default_rng(3), units=50)
    rows = construct_rows(items, errors, [[0], [3]], organisation)
    assert rows.errors[:, 0, 0] == pytest.approx(errors[:, 0, 0])


def test_the_link_of_scores_is_that_of_constructs():
    items, errors, organisation = drawn(np.random.default_rng(4), units=3000, organisations=6)
    rows = construct_rows(items, errors, CONSTRUCTS, organisation)
    found = hierarchical_links(rows, Structure(2, ((0, 1),)))
    assert found.mean.value[0] == pytest.approx(0.5, abs=0.05)
    assert found.deviation == pytest.approx([1.0, 1.0], abs=0.05)


def test_none_is_no_sampling_error():
    rng = np.random.default_rng(4)
    items = rng.normal(size=(50, 6))
    items[rng.random(items.shape) < 0.3] = np.nan
    organisation = np.repeat([0, 1], 25)
    none = construct_rows(items, None, CONSTRUCTS, organisation)
    zero = construct_rows(items, np.zeros((50, 6, 6)), CONSTRUCTS, organisation)
    np.testing.assert_array_equal(none.scores, zero.scores)
    np.testing.assert_array_equal(none.errors, zero.errors)


def test_respondents_of_a_cluster_stand_together():
    """They have the likelihood that they have one by one, with one error for all of a score."""
    rng = np.random.default_rng(9)
    items = rng.normal(size=(60, 6)) + rng.normal(size=(60, 1))
    items[rng.random(items.shape) < 0.4] = np.nan
    cluster = np.sort(rng.integers(0, 8, 60))
    organisation, weight = cluster // 4, rng.uniform(0.5, 2, 60)
    sums = RespondentSums.of(items, CONSTRUCTS, organisation, cluster, weight)
    rows, of_row = sums.rows(), sums.cluster
    each = construct_rows(items, None, CONSTRUCTS, organisation).counted(weight)
    place = np.arange(2)
    errors = each.errors.copy()
    for construct in place:
        there = each.there[:, construct]
        errors[there, construct, construct] = errors[there, construct, construct].mean()
    sigma = np.array([[[1.0, 0.4], [0.4, 1.3]]] * 2)
    one, other = (likelihood(given, sigma).value for given in (rows, replace(each, errors=errors)))
    assert one == pytest.approx(other, rel=1e-9)
    assert len(rows.scores) < 33
    assert (of_row // 4 == rows.organisation).all()
    assert np.bincount(of_row, rows.copies) == pytest.approx(np.bincount(cluster, weight))


def test_sums_of_respondents_are_those_of_their_parts():
    rng = np.random.default_rng(10)
    items = 50 + 10 * rng.normal(size=(90, 6)) + 10 * rng.normal(size=(90, 1))
    items[rng.random(items.shape) < 0.4] = np.nan
    cluster = np.sort(rng.integers(0, 12, 90))
    organisation, weight = cluster // 4, rng.uniform(0.5, 2, 90)
    whole = RespondentSums.of(items, CONSTRUCTS, organisation, cluster, weight).rows(1.2)
    parts = [
        RespondentSums.of(
            items[own], CONSTRUCTS, organisation[own], cluster[own] - 4 * number, weight[own]
        )
        for number in range(3)
        for own in [organisation == number]
    ]
    joined = RespondentSums.joined(parts)
    found = joined.rows(1.2)
    for name in ("scores", "copies", "scatter", "there", "organisation"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-12)
    np.testing.assert_allclose(found.errors, whole.errors, rtol=1e-10)
    assert len(np.unique(joined.cluster)) == len(np.unique(cluster))
