"""Alpha, omega and item statistics against R (tests/reference/measurement/reliability.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import pytest
from builders import write_study
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from workbench.measurement import omega, organisation_alphas, reliability
from workbench.measurement.consistency import cronbach_alpha, grouped_covariances, one_factor
from workbench.study import Study, open_study

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "tests" / "reference" / "measurement"
EXPECTED = json.loads((REFERENCE / "reliability.json").read_text())


@pytest.fixture
def answers() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "reliability.csv")


@pytest.fixture
def asked(tmp_path: Path, answers: pd.DataFrame) -> Study:
    """The reference data as a study, with one more respondent who answered nothing."""
    table = pd.concat([answers, pd.DataFrame([{}])], ignore_index=True).astype("Int64")
    table.insert(0, "organisation", "A")
    table.insert(1, "unit", "u")
    write_study(
        tmp_path,
        {"employees": table},
        {"employees": {"people": [f"x{j}" for j in range(1, 5)]}},
        chain="public-sector-service-value-chain",
        settings={"minimum_count": 1},
    )
    return open_study(tmp_path)


def test_as_in_r(asked: Study) -> None:
    found = reliability(asked, "people")
    assert found.alpha == pytest.approx(EXPECTED["alpha"], abs=1e-9)
    interval = [found.alpha_lower, found.alpha_upper]
    np.testing.assert_allclose(interval, EXPECTED["interval"], atol=6e-4)  # pingouin: 3 digits
    assert found.omega == pytest.approx(EXPECTED["omega"], abs=1e-6)
    assert found.omega == pytest.approx(EXPECTED["omega_semtools"], abs=1e-6)
    np.testing.assert_allclose(found.items["item_rest"], EXPECTED["item_rest"], atol=1e-9)
    assert found.n == 150
    np.testing.assert_allclose(found.items["missing"], 1 / 151)


def test_a_longer_scale_weighs_no_more(asked: Study) -> None:
    """The same answers on a scale of five times the length have the same reliability."""
    folder = asked.path
    table = pd.read_csv(folder / "employees.csv")
    table["x4"] = 5 * table["x4"]
    table.to_csv(folder / "employees.csv", index=False)
    codebook = (folder / "codebook.csv").read_text()
    (folder / "codebook.csv").write_text(codebook.replace("Question x4,1,5", "Question x4,5,25"))
    found = reliability(open_study(folder), "people")
    assert found.alpha == pytest.approx(EXPECTED["alpha"], abs=1e-9)
    assert found.omega == pytest.approx(EXPECTED["omega"], abs=1e-6)
    np.testing.assert_allclose(found.items["item_rest"], EXPECTED["item_rest"], atol=1e-9)
    [alpha] = organisation_alphas(open_study(folder), "people")["alpha"]
    assert alpha == pytest.approx(EXPECTED["alpha"], abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "reason"), [(9, "9 rows are fewer than the 10 it takes"), (10, "")]
)
def test_few_rows_have_no_reliability(asked: Study, rows: int, reason: str) -> None:
    few = asked.keeping(lambda _, answers: pd.Series(np.arange(len(answers)) < rows))
    found, table = reliability(few, "people"), organisation_alphas(few, "people")
    assert found.reason == table["reason"].item() == reason
    for number in (found.alpha, found.omega, table["alpha"].item()):
        assert np.isnan(number) == bool(reason)
    assert reason in found.words("People")


def test_floor_and_ceiling(asked: Study, answers: pd.DataFrame) -> None:
    items = reliability(asked, "people").items.set_index("item")
    assert items.loc["x1", "floor"] == pytest.approx((answers["x1"] == 1).mean())
    assert items.loc["x1", "ceiling"] == pytest.approx((answers["x1"] == 5).mean())


def test_omega_is_that_of_factanal(answers: pd.DataFrame) -> None:
    common = np.sum(EXPECTED["loadings"]) ** 2
    expected = common / (common + np.sum(EXPECTED["uniquenesses"]))
    assert omega(answers.corr().to_numpy()) == pytest.approx(expected, abs=1e-6)


def test_omega_where_an_item_is_the_factor() -> None:
    """r12 r13 > r23, so that the first item's own variance is held at 0 and the others follow."""
    correlation = np.array([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]])
    assert omega(correlation) == pytest.approx(2.8**2 / (2.8**2 + 2 * 0.19), abs=1e-5)


def test_omega_of_a_known_factor_model() -> None:
    loading, unique = np.array([0.5, 1.0, 1.5, 2.0]), np.array([1.0, 0.5, 2.0, 1.0])
    covariance = np.outer(loading, loading) + np.diag(unique)
    assert omega(covariance) == pytest.approx(25 / (25 + 4.5), abs=1e-7)


def misfit(loading: np.ndarray, unique: np.ndarray, correlation: np.ndarray) -> float:
    """The discrepancy of maximum likelihood, but for its constant."""
    implied = np.outer(loading, loading) + np.diag(unique)
    return float(np.linalg.slogdet(implied)[1] + np.trace(np.linalg.solve(implied, correlation)))


def least_of_many_starts(correlation: np.ndarray, random: np.random.Generator) -> float:
    """The lowest misfit that 20 searches over all loadings and variances end at."""
    size = len(correlation)
    bounds = [(None, None)] * size + [(np.log(1e-6), None)] * size
    starts = np.hstack([random.normal(size=(20, size)), np.log(random.random((20, size)))])
    return min(
        minimize(
            lambda point: misfit(point[:size], np.exp(point[size:]), correlation),
            start,
            method="L-BFGS-B",
            bounds=bounds,
        ).fun
        for start in starts
    )


def test_omega_of_weak_items_is_that_of_the_best_solution() -> None:
    """Loadings of .1 to .2 leave several minima, of which a single search ends in any."""
    random, starts = np.random.default_rng(12), np.random.default_rng(1)
    for size in (4, 5, 6, 7) * 2:
        loading = random.uniform(0.1, 0.2, size)
        own = random.normal(size=(200, size)) * np.sqrt(1 - loading**2)
        values = random.normal(size=(200, 1)) * loading + own
        correlation = np.corrcoef(values, rowvar=False)
        loadings, unique = one_factor(correlation)
        least = least_of_many_starts(correlation, starts)
        assert misfit(loadings, unique, correlation) <= least + 1e-6
        common = loadings.sum() ** 2
        assert omega(correlation) == pytest.approx(common / (common + unique.sum()))


def test_no_organisation_has_an_alpha_of_a_single_question(little: Study) -> None:
    table = organisation_alphas(little, "results")
    assert table["reason"].tolist() == ["it has one question"]
    assert table[["alpha", "lower", "upper"]].isna().all(axis=None)


def test_omega_needs_three_items_and_a_proper_matrix() -> None:
    assert np.isnan(omega(np.array([[1.0, 0.5], [0.5, 1.0]])))
    assert np.isnan(omega(np.array([[1, 0.9, 0.1], [0.9, 1, 0.9], [0.1, 0.9, 1.0]])))


def test_omega_of_fewer_people_than_items_does_not_exist() -> None:
    answers = np.array([[4.0, 5, 7, 9], [0, 1, 8, 9], [2, 3, 8, 4]])
    covariance = np.cov(answers, rowvar=False)
    # Rounding makes the lowest eigenvalue a little more or less than 0.
    for rounding in (-1e-15, 0.0, 1e-15):
        assert np.isnan(omega(covariance + rounding * np.eye(4)))


def test_constant_item_and_single_item_say_why(demo) -> None:
    constant = reliability(demo, "service", organisation="Vehicle Licensing")
    assert np.isnan(constant.alpha)
    assert "does not vary" in constant.words("People")
    assert "it has one question" in reliability(demo, "results").words("Results")


def test_all_organisations_at_once_as_one_by_one(demo) -> None:
    study = demo
    for construct in ("people", "trust", "loyalty"):
        table = organisation_alphas(study, construct, "2024")
        assert len(table) == 12
        for row in table.itertuples():
            one = reliability(study, construct, row.organisation, "2024")
            np.testing.assert_allclose(
                [row.alpha, row.lower, row.upper, row.n],
                [one.alpha, one.alpha_lower, one.alpha_upper, one.n],
                atol=1e-12,
            )


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.float64, (24, 3), elements=st.sampled_from([0.0, 25.0, 50.0, 100.0, np.nan])),
    arrays(np.int64, 24, elements=st.integers(0, 2)),
)
def test_alphas_of_groups_are_pingouins(values: np.ndarray, group: np.ndarray) -> None:
    rows = np.bincount(group, minlength=3)
    with np.errstate(all="ignore"):
        found = cronbach_alpha(grouped_covariances(values, group, 3), rows)
    for number in np.flatnonzero(rows > 1):
        own = pd.DataFrame(values[group == number])
        with np.errstate(all="ignore"):
            alpha, limits = pingouin.cronbach_alpha(own)
        if np.isnan(own.cov()).any(axis=None) or np.isnan(alpha) or abs(alpha) > 1e6:
            continue
        np.testing.assert_allclose(found[number], [alpha, *limits], rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float64, (18, 3), elements=st.sampled_from([1.1, 2.0, 3.7, np.nan])),
    arrays(np.int64, 18, elements=st.integers(0, 3)),
)
def test_covariances_of_groups_as_in_each(values: np.ndarray, group: np.ndarray) -> None:
    found = grouped_covariances(values, group, 4)
    for number in range(4):
        own = pd.DataFrame(values[group == number])
        if len(own) < 2:
            assert np.isnan(found[number]).all()
            continue
        expected = own.cov().to_numpy()
        np.testing.assert_allclose(found[number], expected, atol=1e-12)
        still = (own.nunique() == 1) & (own.count() > 1)
        assert (np.diag(found[number])[still] == 0).all()
