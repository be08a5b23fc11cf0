"""Sampling errors of unit means, reckoned by hand."""

from pathlib import Path

import numpy as np
import pytest

from workbench import linkage
from workbench.errors import DataWarning
from workbench.linkage.sampling_error import error_shares, nearest_covariance, within_covariance
from workbench.study import Study, open_study

UNIT = np.array([0, 0, 0, 1, 1, 2])


def test_within_covariance_is_the_pooled_one() -> None:
    values = np.array([[1.0, 2], [3, 2], [5, 5], [2, 4], [4, 0], [9, 9]])
    # Deviations (−2, −1), (0, −1), (2, 2); (−1, 2), (1, −2); N − U = 6 − 3.
    expected = np.array([[8 + 2, 6 - 4], [6 - 4, 6 + 8]]) / 3
    np.testing.assert_allclose(within_covariance(values, np.ones(6), UNIT), expected)


def test_weights_enter_by_their_effective_number() -> None:
    values = np.array([[1.0], [5.0], [2.0]])
    weight, unit = np.array([1.0, 3.0, 2.0]), np.array([0, 0, 1])
    # Mean 4; Σ w d² = 9 + 3 = 12; Σ w − Σ w² / Σ w = 4 − 10 / 4; the unit of one adds nothing.
    np.testing.assert_allclose(within_covariance(values, weight, unit), [[12 / 1.5]])
    shares = error_shares(np.ones((3, 1), dtype=bool), weight, unit)
    np.testing.assert_allclose(shares[:, 0, 0], [10 / 16, 1])


def test_different_respondents_share_part_of_the_error() -> None:
    answered = np.array([[1, 1], [1, 0], [1, 1], [1, 1], [0, 1], [0, 1]], dtype=bool)
    shares = error_shares(answered, np.ones(6), UNIT)
    # n_jk / (n_j n_k): unit 0 has 3, 2 and 2 in common; unit 1 has 1, 2 and 1; unit 2 has 0 and 1.
    np.testing.assert_allclose(shares[0], [[1 / 3, 2 / 6], [2 / 6, 1 / 2]])
    np.testing.assert_allclose(shares[1], [[1, 1 / 2], [1 / 2, 1 / 2]])
    np.testing.assert_allclose(shares[2], [[0, 0], [0, 1]])


def test_missing_answers_leave_pairs_to_those_who_gave_both() -> None:
    values = np.array([[1.0, 2], [3, np.nan], [5, 6], [2, 4], [4, 0], [np.nan, 9]])
    found = within_covariance(values, np.ones(6), UNIT)
    # Pairs: unit 0 deviations (−2, −2), (2, 2); unit 1 (−1, 2), (1, −2); 4 − 2 degrees of freedom.
    assert found[0, 1] == found[1, 0] == pytest.approx((8 - 4) / 2)
    assert found[0, 0] == pytest.approx((8 + 2) / 3)
    assert found[1, 1] == pytest.approx((8 + 8) / 2)


def test_complete_answers_the_fast_way_and_the_slow_way() -> None:
    generator = np.random.default_rng(8)
    values, weight = generator.standard_normal((40, 3)), generator.random(40)
    unit = np.repeat(np.arange(8), 5)
    fast = within_covariance(values, weight, unit)
    more = np.vstack([values, np.full(3, np.nan)])
    slow = within_covariance(more, np.append(weight, 1.0), np.append(unit, 0))
    np.testing.assert_allclose(slow, fast, rtol=1e-12)


def test_without_a_unit_of_two_nothing_is_known() -> None:
    assert np.isnan(within_covariance(np.ones((3, 1)), np.ones(3), np.arange(3))).all()


def test_nearest_covariance() -> None:
    wrong = np.array([[4.0, 6.0], [6.0, 4.0]])
    np.testing.assert_allclose(nearest_covariance(wrong), [[5, 5], [5, 5]])
    good = np.array([[4.0, 1.0], [1.0, 4.0]])
    assert nearest_covariance(good) is good


def test_unit_means_of_a_study(little: Study) -> None:
    found = linkage.unit_means_with_error(little, ["r1", "s1"])
    assert found.frame["unit"].tolist() == ["u1", "u2", "u3"]
    # s1: 1 (weight 1) and 5 (weight 3) in u1, 3 and 4 in u2; the third client of u1 did not answer.
    within = (9 + 3 + 0.5) / (4 - 10 / 4 + 2 - 1)
    assert found.within["clients"].loc["s1", "s1"] == pytest.approx(within)
    np.testing.assert_allclose(found.error[:, 1, 1], [within * 10 / 16, within / 2, 0])
    # The rows of records are units: no error.
    assert not found.error[:, 0].any()


def test_units_of_one_respondent_are_told(tmp_path: Path, little: Study) -> None:
    file = little.path / "clients.csv"
    file.write_text("organisation,unit,weight,s1,s2\nA,u1,1,1,5\nA,u2,1,3,2\n")
    study = open_study(little.path)
    with pytest.warns(DataWarning, match=r"no unit has two answers to s1, s2 of source 'clients'"):
        found = linkage.unit_means_with_error(study, ["s1", "s2"])
    assert not found.error.any()


def test_within_is_pooled_over_all_organisations() -> None:
    demo = open_study(Path(__file__).resolve().parents[2] / "data" / "demo")
    whole = linkage.unit_means_with_error(demo, ["service_1", "engaged_1"], wave="2024")
    part = linkage.unit_means_with_error(
        demo, ["service_1", "engaged_1"], wave="2024", organisation="Harbour Pilots"
    )
    assert set(part.frame["organisation"]) == {"Harbour Pilots"}
    assert part.within["clients"].equals(whole.within["clients"])
    own = (whole.frame["organisation"] == "Harbour Pilots").to_numpy()
    np.testing.assert_array_equal(part.error, whole.error[own])
    assert not whole.error[:, 0, 1].any()
