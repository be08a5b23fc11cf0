"""Saturated moments of many items: accelerated EM against lavaan and against Newton's method."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.sem.estimation import saturated as search
from workbench.sem.estimation.fiml import pairwise_moments, pattern_slopes, pattern_terms
from workbench.sem.estimation.moments import Patterns, Sample
from workbench.sem.estimation.saturated import em_step, saturated

FOLDER = Path(__file__).parents[2] / "reference" / "sem"


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(FOLDER / "saturated.csv").to_numpy(float)


def patterns_of(*blocks):
    """One batch: the same answers missing, other values."""
    parts = [Sample.from_arrays([block]).patterns[0].batched for block in blocks]
    joined = {name: np.concatenate([getattr(p, name) for p in parts]) for name in ("n", "mean")}
    return Patterns(
        parts[0].seen, **joined, cov=np.concatenate([p.cov for p in parts]), member=parts[0].member
    )


def scored(patterns, monkeypatch):
    """By Newton's method alone."""
    with monkeypatch.context() as patch:
        patch.setattr(search, "MANY_ITEMS", 1000)
        return saturated(patterns)


def test_moments_are_lavaans(rows):
    expected = json.loads((FOLDER / "saturated.json").read_text())
    mu, sigma, converged = saturated(patterns_of(rows))
    assert converged.all()
    np.testing.assert_allclose(mu[0], expected["mean"], atol=1e-6)
    np.testing.assert_allclose(sigma[0], expected["cov"], atol=1e-6)


def test_every_member_of_a_batch_comes_to_newtons_moments(rows, monkeypatch):
    batch = patterns_of(rows, rows**2, 100 * rows - 40)
    found, expected = saturated(batch), scored(batch, monkeypatch)
    assert found[2].all()
    for own, other in zip(found[:2], expected[:2], strict=True):
        scale = np.abs(other).max(axis=tuple(range(1, other.ndim)), keepdims=True)
        np.testing.assert_allclose(own / scale, other / scale, atol=1e-8)


def test_em_of_many_items_needs_no_equations_of_all_moments(rows, monkeypatch):
    def refuse(*_):
        raise AssertionError("the curvature by all moments was asked for")

    monkeypatch.setattr(search, "moment_curvature", refuse)
    assert saturated(patterns_of(rows))[2].all()


def test_many_items_without_a_maximum_are_given_up(rows):
    """The last two items were answered by four rows alone, together: anything fits these."""
    few = rows.copy()
    few[4:, -2:] = np.nan
    few[:4] = np.nan_to_num(few[:4], nan=3.0)
    assert not saturated(patterns_of(few))[2].any()


def test_the_search_begins_at_the_covariances_of_those_who_answered_both(rows):
    expected = pd.DataFrame(rows)
    mean, cov = pairwise_moments(patterns_of(rows))
    np.testing.assert_allclose(mean[0], expected.mean())
    around = expected - expected.mean()
    pair = around[[0, 5]].dropna()
    assert cov[0, 0, 5] == pytest.approx((pair[0] * pair[5]).mean())


def test_covariances_of_pairs_that_no_rows_can_have_together_are_left_out():
    one, pair = np.linspace(-1, 1, 20), np.full(20, np.nan)
    blocks = [[one, one, pair], [one, pair, one], [pair, one, -one]]
    mean, cov = pairwise_moments(patterns_of(np.hstack([np.array(b) for b in blocks]).T))
    np.testing.assert_allclose(mean[0], 0.0, atol=1e-12)
    np.testing.assert_allclose(cov[0], np.mean(one**2) * np.eye(3))


@pytest.mark.parametrize("half", [False, True])
def test_slopes_are_those_of_all_inverses(rows, half):
    """Also of patterns that several rows have and of those with more unanswered than answered."""
    block = np.vstack([rows, rows[:40] + 0.5])
    if half:
        block[::3, 4:] = np.nan
    patterns = patterns_of(block)
    assert patterns.several.size
    sigma = np.cov(np.nan_to_num(block, nan=3.0).T)[None]
    mu = np.linspace(2.5, 3.5, block.shape[1])[None]
    slopes, terms = pattern_slopes(patterns, mu, sigma), pattern_terms(patterns, mu, sigma)
    for name in ("value", "omega", "slope"):
        own, expected = getattr(slopes, name), getattr(terms, name)
        np.testing.assert_allclose(own, expected, rtol=1e-9, atol=1e-11)
    for own, expected in zip(em_step(mu, sigma, slopes), em_step(mu, sigma, terms), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-9)
