"""Importance without the error of scores and without what sets organisations apart."""

import numpy as np
import pandas as pd
import pytest

from workbench.drivers.importance import importance_of
from workbench.drivers.rows import Rows
from workbench.drivers.sums import (
    RowSums,
    covariances,
    observed,
    whole_and_bootstrap_counts,
    whole_sample,
)
from workbench.drivers.weights import correlations, relative_weights
from workbench.errors import DriversError
from workbench.study.level import Level

TRUE = np.array([[1.0, 0.45, 0.45], [0.45, 1.0, 0.3], [0.45, 0.3, 1.0]])
"""Two drivers that matter alike."""
LOADINGS = {"y": 2.0, "well": 2.0, "badly": 0.5}
"""Of the mean of two items the reliability is .8, .8 and .5: 2 t / (2 t + 1) for a variance t."""


def rows(
    seed: int,
    units: int,
    organisations: int = 20,
    true: np.ndarray = TRUE,
    sampled: bool = False,
    apart: float = 0.0,
) -> Rows:
    """Two items a construct; errors of items are their own, or known as sampling errors."""
    rng = np.random.default_rng(seed)
    scale = np.sqrt(list(LOADINGS.values()))
    score = rng.multivariate_normal(np.zeros(3), true, units) * scale
    level = rng.normal(size=(organisations, 1)) * [[apart, apart, -apart]]
    name = np.arange(units) % organisations
    score += level[name]
    items = np.repeat(score, 2, axis=1) + rng.normal(size=(units, 6))
    frame = pd.DataFrame(
        {"organisation": name.astype(str), "unit": np.arange(units), "weight": 1.0}
    )
    columns = {key: [2 * place, 2 * place + 1] for place, key in enumerate(LOADINGS)}
    sampling = None
    if sampled:
        items = items[:, [0, 2, 4]]
        columns = {key: [place] for place, key in enumerate(LOADINGS)}
        sampling = np.broadcast_to(np.eye(3), (units, 3, 3)).copy()
    labels = {key: key.capitalize() for key in columns}
    return Rows("y", ("well", "badly"), Level.UNITS, frame, items, sampling, columns, labels)


def of_all(found: Rows) -> np.ndarray:
    """The covariances of rows, each once."""
    sums = RowSums.of(found)
    return covariances(sums, whole_sample(sums))


@pytest.mark.parametrize("sampled", [False, True])
def test_shares_are_those_of_what_is_measured(sampled: bool) -> None:
    large = rows(1, 20_000, sampled=sampled)
    sums = RowSums.of(large)
    raw = relative_weights(observed(sums, whole_sample(sums)))[0]
    assert raw[0] / raw.sum() > 0.58  # as if the badly measured one mattered less
    table = importance_of(large, pd.DataFrame(), replicates=20)
    assert table.r_squared == pytest.approx(relative_weights(TRUE).sum(), abs=0.02)
    np.testing.assert_allclose(table.frame["share"], 0.5, atol=0.03)


def test_what_sets_organisations_apart_is_no_part_of_it() -> None:
    large = rows(2, 20_000, organisations=400, apart=2.0)
    cov = of_all(large)[0]
    scale = np.sqrt(list(LOADINGS.values()))
    np.testing.assert_allclose(cov / np.outer(scale, scale), TRUE, atol=0.06)


def test_the_diagonal_is_the_mean_covariance_between_items() -> None:
    few = rows(3, 60, organisations=1)
    cov = of_all(few)[0]
    for place, columns in enumerate(few.columns.values()):
        expected = np.cov(few.items[:, columns], rowvar=False)[0, 1]
        assert cov[place, place] == pytest.approx(expected, rel=1e-9)


def test_items_left_out_leave_the_correction_right() -> None:
    large = rows(4, 20_000)
    holes = np.random.default_rng(4).random(large.items.shape) < 0.3
    items = np.where(holes, np.nan, large.items)
    kept = ~np.isnan(items[:, :2]).all(axis=1)
    missing = Rows(**{**vars_of(large), "items": items}).where(kept)
    cov = of_all(missing)[0]
    scale = np.sqrt(list(LOADINGS.values()))
    np.testing.assert_allclose(cov / np.outer(scale, scale), TRUE, atol=0.06)


def test_a_row_with_one_item_has_the_sampling_error_that_items_share() -> None:
    """Half of the units have one of two items, of which a sampling error of 2 + 1 is known."""
    large = rows(4, 20_000)
    rng = np.random.default_rng(40)
    units = len(large.items)
    shared = np.sqrt(2.0) * np.repeat(rng.normal(size=(units, 3)), 2, axis=1)
    items = large.items + shared
    items[rng.random(units) < 0.5, 1::2] = np.nan
    known = np.kron(np.eye(3), np.full((2, 2), 2.0)) + np.eye(6)
    known = np.broadcast_to(known, (units, 6, 6))
    both = ~np.isnan(items)
    known = np.where(both[:, :, None] & both[:, None, :], known, 0.0)
    sampled = Rows(**{**vars_of(large), "items": items, "sampling": known})
    cov = of_all(sampled)[0]
    scale = np.sqrt(list(LOADINGS.values()))
    np.testing.assert_allclose(cov / np.outer(scale, scale), TRUE, atol=0.12)


def test_scores_are_distances_from_the_weighted_mean_of_an_organisation() -> None:
    sample = rows(8, 60, organisations=3, apart=2.0)
    weight = np.random.default_rng(8).uniform(0.5, 3.0, 60)
    weighted = Rows(**{**vars_of(sample), "frame": sample.frame.assign(weight=weight)})
    for name in "012":
        own = (sample.frame["organisation"] == name).to_numpy()
        gaps = np.average(weighted.values[own], axis=0, weights=weight[own])
        np.testing.assert_allclose(gaps, 0, atol=1e-12)


def vars_of(found: Rows) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__dataclass_fields__}


def test_the_interval_covers_the_truth() -> None:
    """The shares' truth is one half; 60 samples of 200 units."""
    covered = 0
    for seed in range(60):
        sample = rows(100 + seed, 200)
        frame = importance_of(sample, pd.DataFrame(), replicates=200).frame.set_index("driver")
        covered += frame.at["well", "share_lower"] <= 0.5 <= frame.at["well", "share_upper"]
    assert covered >= 51  # of 60 at 95 %, six too few is p = .002


def test_what_cannot_be_told_from_error_is_left_out_and_named() -> None:
    noise = rows(5, 120)
    items = noise.items.copy()
    items[:, 4:] = np.random.default_rng(5).normal(size=(120, 2))
    found = importance_of(
        Rows(**{**vars_of(noise), "items": items}), pd.DataFrame(), replicates=100
    )
    assert found.frame["driver"].tolist() == ["well"]
    assert (
        "Left out, because units differ in it by hardly more than measurement error: Badly."
        in found.notes
    )
    items[:, 2:4] = np.random.default_rng(6).normal(size=(120, 2))
    with pytest.raises(DriversError, match="differences in Well, Badly between units may be zero"):
        importance_of(Rows(**{**vars_of(noise), "items": items}), pd.DataFrame(), replicates=100)


def test_drivers_that_are_one_are_refused() -> None:
    one = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 1.0], [0.5, 1.0, 1.0]])
    beyond = next(
        sample
        for sample in (rows(seed, 150, true=one) for seed in range(20))
        if np.linalg.eigvalsh(of_all(sample)[0])[0] < 0
    )
    with pytest.raises(DriversError, match=r"do not separate the two|for so many drivers"):
        importance_of(beyond, pd.DataFrame(), replicates=50)


@pytest.mark.parametrize(("sign", "side"), [(1, "above 1"), (-1, "below −1")])
def test_a_correlation_beyond_one_is_called_so_on_its_own_side(sign: int, side: str) -> None:
    one = np.array([[1.0, 0.5, 0.5 * sign], [0.5, 1.0, sign], [0.5 * sign, sign, 1.0]])
    beyond = next(
        sample
        for sample in (rows(seed, 150, true=one) for seed in range(40))
        if abs(correlations(of_all(sample))[0, 1, 2]) > 1
    )
    with pytest.raises(DriversError, match=f"{side}: the answers do not separate the two"):
        importance_of(beyond, pd.DataFrame(), replicates=50)


def test_intervals_are_of_the_rows_and_their_errors_together() -> None:
    sample = rows(7, 60)
    sums = RowSums.of(sample)
    counts = whole_and_bootstrap_counts(sums, 3, seed=1)[1:]
    drawn = covariances(sums, counts)
    for count, cov in zip(counts, drawn, strict=True):
        chosen = np.repeat(np.arange(60), count[sample.clusters])
        expected = np.cov(sample.values[chosen], rowvar=False, ddof=0)
        np.testing.assert_allclose(cov, expected - sample.errors[chosen].mean(axis=0), atol=1e-9)
