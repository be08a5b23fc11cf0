"""Necessary condition analysis: the standard example, cases by hand, and unrelated data."""

from collections import Counter
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import drivers
from workbench.chain import ChainStudy
from workbench.drivers import necessity, study_pairs
from workbench.drivers.ceilings import effect_sizes, permuted_effect_sizes, without_error
from workbench.errors import DriversError, UnknownNameError

# R package NCA 5.0.1 on its example: scope, zone, effect, above, slope, intercept, accuracy, and
# the p-value with its error, from 10,000 permutations.
REFERENCE = {
    ("Individualism", "CE-FDH"): (15563.6, 6466.8, 0.415508, 0, None, None, 100, 0.085, 0.005),
    ("Individualism", "CR-FDH"): (
        *(15563.6, 4772.541, 0.3066477, 2, 2.23023, 28.35271, 92.85714, 0.172, 0.007),
    ),
    ("Risk taking", "CE-FDH"): (18974.8, 5871.1, 0.3094156, 0, None, None, 100, 0.102, 0.006),
    ("Risk taking", "CR-FDH"): (
        *(18974.8, 5348.968, 0.2818985, 1, 2.641869, -14.4777, 96.42857, 0.088, 0.006),
    ),
}
BOTTLENECKS = {
    ("Individualism", "CE-FDH"): "NN NN 38.4 38.4 38.4 38.4 38.4 38.4 61.6 100.0 100.0",
    ("Risk taking", "CE-FDH"): "NN 20.2 20.2 20.2 22.5 22.5 22.5 22.5 59.6 74.2 74.2",
    ("Individualism", "CR-FDH"): "NN NN NN NN 11.0 24.1 37.2 50.3 63.4 76.5 89.6",
    ("Risk taking", "CR-FDH"): "NN NN NN 8.0 17.1 26.2 35.2 44.3 53.4 62.4 71.5",
}


def test_an_analysis_says_in_a_line_what_it_is_about(nca_example: pd.DataFrame) -> None:
    x, y = (nca_example[name] for name in ("Individualism", "Innovation performance"))
    found = drivers.necessity(x, y)
    assert repr(found) == "Necessity(Individualism for Innovation performance: 28 points)"


@pytest.mark.parametrize(("condition", "ceiling"), REFERENCE)
def test_as_the_r_package(nca_example: pd.DataFrame, condition: str, ceiling: str) -> None:
    found = drivers.necessity(nca_example[condition], nca_example["Innovation performance"])
    row = found.frame.set_index("ceiling").loc[ceiling]
    names = ("scope", "zone", "effect", "above", "slope", "intercept", "accuracy")
    *numbers, pvalue, error = REFERENCE[condition, ceiling]
    for name, expected in zip(names, numbers, strict=True):
        if expected is not None:
            assert row[name] == pytest.approx(expected, rel=1e-6), name
    # Both p-values are simulated, so both errors count.
    assert row["pvalue"] == pytest.approx(pvalue, abs=error + row["pvalue_error"])
    table = found.bottlenecks_in_words()
    assert " ".join(table[ceiling]) == BOTTLENECKS[condition, ceiling]


def test_staircase_by_hand() -> None:
    # Box 0–10 by 0–10. Highest y up to x: 2 from 0, 6 from 4, 10 from 8.
    x = [0, 4, 4, 8, 10]
    y = [2, 6, 0, 10, 5]
    found = drivers.necessity(x, y)
    row = found.frame.iloc[0]
    assert row["scope"] == 100
    assert row["zone"] == 4 * (10 - 2) + 4 * (10 - 6)
    assert found.peers.to_numpy().tolist() == [[0, 2], [4, 6], [8, 10]]
    line = found.frame.iloc[1]
    assert line["slope"] == pytest.approx(1)  # the corners lie on y = 2 + x
    assert line["intercept"] == pytest.approx(2)
    assert line["zone"] == pytest.approx(8 * 8 / 2)
    assert (line["above"], line["accuracy"]) == (0, 100)
    needed = found.bottlenecks([0, 20, 21, 60, 61, 100])
    assert needed["CE-FDH"].tolist() == [0, 0, 40, 40, 80, 80]
    np.testing.assert_allclose(needed["CR-FDH"], [0, 0, 1, 40, 41, 80], atol=1e-9)


def test_line_that_leaves_the_box() -> None:
    # Corners (0, 0), (1, 0.5) and (2, 10): the line goes below the box on the left.
    found = drivers.necessity([0, 1, 2, 4], [0, 0.5, 10, 3])
    line = found.frame.iloc[1]
    grid = (np.arange(400_000) + 0.5) / 100_000
    height = np.clip(line["intercept"] + line["slope"] * grid, 0, 10)
    assert line["intercept"] < 0
    assert line["zone"] == pytest.approx((10 - height).mean() * 4, rel=1e-6)


def test_nothing_is_empty_where_the_lowest_x_has_the_highest_y() -> None:
    found = drivers.necessity([0, 1, 2], [5, 1, 3])
    assert found.frame["effect"].tolist() == [0, 0]
    assert found.frame["pvalue"].tolist() == [1, 1]
    assert found.bottlenecks([100])["CE-FDH"].tolist() == [0]
    assert "can have high" in found.words
    assert found.figure().html


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 30), st.integers(0, 10_000))
def test_effect_does_not_depend_on_units_and_lies_between_0_and_1(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 8, n).astype(float), rng.normal(size=(1, n))
    x[:2] = 0, 7
    found = effect_sizes(x, y)
    assert (found >= 0).all()
    assert (found <= 1).all()
    np.testing.assert_allclose(effect_sizes(3 * x - 5, 0.2 * y + 9), found, atol=1e-9)
    order = rng.permutation(n)
    np.testing.assert_allclose(effect_sizes(x[order], y[:, order]), found, atol=1e-9)


def test_permutations_at_once_are_those_one_by_one() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 5, 25).astype(float), rng.normal(size=25)
    many = np.stack([rng.permutation(y) for _ in range(20)])
    one_by_one = np.concatenate([effect_sizes(x, row[None]) for row in many])
    np.testing.assert_allclose(effect_sizes(x, many), one_by_one)
    first, again = (permuted_effect_sizes(x, y, 50, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0, 1, 3, 4, 7, 9], [2, 0, 5, 6, 7, 11]),
        ([0, 1, 1, 1, 4, 4, 5], [0, 3, 3, 3, 7, 7, 9]),
        ([0, 0, 0, 2, 2, 3], [1, 1, 2, 2, 2, 2]),
    ],
)
def test_corners_are_drawn_as_often_as_whole_orders_have_them(x: list[int], y: list[int]) -> None:
    across, up = np.array(x, dtype=float), np.array(y, dtype=float)
    draws = 200_000
    drawn = permuted_effect_sizes(across, up, draws, seed=4)

    def shares(found: np.ndarray) -> Counter[tuple[float, ...]]:
        return Counter(map(tuple, found.round(9).tolist()))

    every = effect_sizes(across, np.array(list(permutations(up))))
    expected, seen = shares(every), shares(drawn)
    assert expected.keys() == seen.keys()
    for pair, number in expected.items():
        share = number / len(every)
        error = np.sqrt(share * (1 - share) / draws)
        assert seen[pair] / draws == pytest.approx(share, abs=5 * error), pair


def test_unrelated_data_are_called_necessary_in_one_of_twenty() -> None:
    rng = np.random.default_rng(6)
    found = []
    for seed in range(400):
        x, y = rng.normal(size=(2, 30))
        found.append(drivers.necessity(x, y, permutations=199, seed=seed).frame["pvalue"] <= 0.05)
    rate = np.mean(found, axis=0)
    # 95 % simulation interval of a true 5 %: 2.9 % to 7.1 %; wider, for two ceilings.
    assert ((rate > 0.02) & (rate < 0.08)).all(), rate


def test_a_necessary_condition_is_found() -> None:
    rng = np.random.default_rng(7)
    x = rng.uniform(size=200)
    y = x * rng.uniform(size=200)  # never above x, often far below it
    found = drivers.necessity(x, y, "Glad staff", "Good service", permutations=999)
    assert found.effect() > 0.4
    assert found.frame["pvalue"].max() == pytest.approx(0.001)
    assert found.words.startswith("The highest Good service scores are missing where Glad staff")
    assert "does not prove one" in found.words


def test_the_point_a_finding_hangs_on_is_named() -> None:
    rng = np.random.default_rng(8)
    x = np.append(rng.uniform(1, 10, 50), 0.0)
    y = np.append(x[:50] * rng.uniform(size=50), 10.0)
    y[:50] = np.minimum(y[:50], 9.9)
    names = [f"office {number}" for number in range(50)] + ["odd one"]
    found = drivers.necessity(x, y, names=names)
    assert found.effect() == 0
    assert found.outliers["name"].iloc[0] == "odd one"
    alone = effect_sizes(x[:50], y[None, :50])[0]
    np.testing.assert_allclose(found.outliers[["CE-FDH", "CR-FDH"]].iloc[0], alone)
    # Leaving out any point that is not listed changes nothing.
    listed = set(found.outliers["name"])
    for i in range(50):
        if names[i] not in listed:
            without = effect_sizes(np.delete(x, i), np.delete(y, i)[None])
            np.testing.assert_allclose(without, effect_sizes(x, y[None]))


def test_bad_input_is_refused_in_words() -> None:
    with pytest.raises(DriversError, match="Service is 3 in all 3 cases"):
        drivers.necessity([1, 2, 3], [3, 3, 3], y_label="service")
    with pytest.raises(DriversError, match="2 cases have both"):
        drivers.necessity([1, 2, np.nan], [3, 4, 5])
    with pytest.raises(DriversError, match="3 values of the condition and 2 of"):
        drivers.necessity([1, 2, 3], [3, 4])


def test_missing_pairs_are_counted() -> None:
    found = drivers.necessity([0, 4, 4, 8, 10, np.nan], [2, 6, 0, 10, 5, 4])
    assert found.notes == ("Left out, because one of the two values is missing: 1.",)
    assert len(found.x) == 5


def test_units_and_organisations_of_a_study(demo: ChainStudy) -> None:
    found = drivers.study_necessity(demo, "people", "service", permutations=99)
    assert len(found.x) == 321
    assert "fewer than 10 people" in found.notes[0]
    whole = drivers.study_necessity(demo, level="organisation", permutations=99)
    assert len(whole.x) == 11  # the twelfth is under the minimum
    one = drivers.study_necessity(demo, organisation="Revenue Office", permutations=99)
    assert len(one.x) == 60
    assert all(name.startswith("REV") for name in one.names)


def test_unknown_construct_and_level(drawn: Callable[..., ChainStudy]) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'people'"):
        drivers.study_necessity(drawn(), "peple", "service")
    with pytest.raises(DriversError, match="'unit' or 'organisation'"):
        drivers.study_necessity(drawn(), level="office")  # type: ignore[arg-type]


def test_figure_shows_every_point_and_stays_small() -> None:
    rng = np.random.default_rng(9)
    few = drivers.necessity(rng.normal(size=40), rng.normal(size=40), permutations=9)
    drawing = few.figure().html
    dots = drawing.split('stroke-linecap="round"')[0].rsplit('d="', 1)[1]
    assert dots.count("h0") == 40
    assert few.words in drawing
    many = drivers.necessity(rng.normal(size=4000), rng.normal(size=4000), permutations=9)
    assert len(many.figure().html.encode()) < 40_000


def blurred(seed: int, n: int = 150, reliability: float = 0.6) -> tuple[np.ndarray, ...]:
    """No outcome above the condition by more than .5, and the same with known errors."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    true = np.column_stack([x, np.minimum(rng.normal(size=n), x + 0.5)])
    variance = true.var(axis=0) * (1 / reliability - 1)
    return (
        true,
        true + rng.normal(size=(n, 2)) * np.sqrt(variance),
        np.tile(np.diag(variance), (n, 1, 1)),
    )


def test_scores_without_error_have_the_covariance_that_is_left() -> None:
    _, seen, errors = blurred(1)
    found = without_error(seen, errors)
    np.testing.assert_allclose(
        np.cov(found, rowvar=False), np.cov(seen, rowvar=False) - errors[0], rtol=1e-8
    )
    np.testing.assert_allclose(found.mean(axis=0), seen.mean(axis=0))
    np.testing.assert_allclose(without_error(seen, 0 * errors), seen)


def test_a_score_that_is_known_less_is_drawn_further_to_the_mean() -> None:
    _, seen, errors = blurred(2)
    errors[0] *= 5
    errors[1] *= 0.1
    seen[:2] = [2.0, 2.0]
    found = without_error(seen, errors)
    assert np.linalg.norm(found[0]) < np.linalg.norm(found[1])


def test_the_effect_without_error_is_nearer_the_truth() -> None:
    told = []
    for seed in range(30):
        true, seen, errors = blurred(seed)
        found = necessity(*seen.T, permutations=9, errors=errors)
        told.append((necessity(*true.T, permutations=9).effect(), found.effect(), found.best))
    truth, as_seen, corrected = np.mean(told, axis=0)
    assert as_seen < truth - 0.1
    assert 0 < truth - corrected < 0.8 * (truth - as_seen)


def test_words_and_table_say_what_is_without_error() -> None:
    _, seen, errors = blurred(3)
    found = necessity(*seen.T, permutations=99, errors=errors)
    assert (
        f"d = {found.best:.2f} corrected for measurement error, {found.effect():.2f} uncorrected"
        in found.words
    )
    html = found._repr_html_()
    assert "d, corrected for measurement error" in html
    assert "The correction is partial where the ceiling is sharp" in html
    plain = necessity(*seen.T, permutations=99)
    assert "corrected" not in plain.words
    assert "The measurement error of these scores" in plain.error_note
    lost = necessity(*seen.T, permutations=99, errors=10 * errors)
    assert lost.best == lost.effect()
    assert "too unreliable to correct" in lost.error_note


def test_units_of_a_study_come_with_their_errors(drawn: Callable[..., ChainStudy]) -> None:
    """One question each: of a unit's mean the variance is that of its respondents over them."""
    study = drawn()
    pairs = study_pairs(study, "service", "people")
    answers = study.answers("clients")
    by_unit = answers.groupby(["organisation", "unit"])["overall"]
    pooled = (by_unit.var() * (by_unit.size() - 1)).sum() / (by_unit.size() - 1).sum()
    own = pairs.frame.set_index(["organisation", "name"])
    expected = (pooled / by_unit.size()).reindex(own.index)
    np.testing.assert_allclose(own["condition_error"], expected, rtol=0.06)  # n / (n − 1) of 40
    assert (own["outcome_error"] == 0).all()
    assert (own["shared_error"] == 0).all()
    assert pairs.necessity(permutations=9).errors.shape == (40, 2, 2)
