"""Models and data at the edge of what can be estimated: the right value, or one sentence."""

import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import (
    DataError,
    DataWarning,
    ModelError,
    ModelSyntaxError,
    NoSaturatedModelWarning,
)
from workbench.sem.estimation.fiml import pattern_terms
from workbench.sem.estimation.saturated import saturated_of

FOLDER = Path(__file__).parents[1] / "reference" / "sem"
EXPECTED = json.loads((FOLDER / "odd.json").read_text())
TWO = "f =~ p1 + p2 + p3\nh =~ q1 + q2 + q3"


@pytest.fixture(scope="module")
def data():
    """Answers of 120 people to six questions, made by odd.R, with offices and towns."""
    read = pd.read_csv(FOLDER / "odd.csv")
    return read.assign(office=np.arange(120) % 40, town=np.repeat(["A", "B", "C"], 40))


@pytest.mark.parametrize("name", EXPECTED["fixed"])
def test_starting_values_leave_room_for_fixed_covariances(data, name):
    expected = EXPECTED["fixed"][name]
    fit = sem.fit(expected["model"], data)
    assert fit.converged, fit.message
    np.testing.assert_allclose(fit.estimates["est"], expected["est"], rtol=1e-4, atol=1e-5)
    for measure, value in expected["measures"].items():
        assert fit.measures[measure] == pytest.approx(value, rel=1e-5, abs=1e-6), measure


@pytest.mark.parametrize("options", [{}, {"estimator": "MLR"}, {"cluster": "office"}])
def test_a_model_with_nothing_to_estimate_is_tested(data, options):
    fit = sem.fit("p1 ~~ 2*p1 + 0.5*p2\np2 ~~ 2.5*p2\np1 ~ 0*1\np2 ~ 0.1*1", data, **options)
    pair = data[["p1", "p2"]].to_numpy()
    sigma, gap = np.array([[2, 0.5], [0.5, 2.5]]), pair.mean(0) - [0, 0.1]
    sample = np.cov(pair, rowvar=False, bias=True)
    inverse = np.linalg.inv(sigma)
    # F = log|Sigma| - log|S| + tr(S Sigma^-1) - p + (m - mu)' Sigma^-1 (m - mu)
    f = np.log(np.linalg.det(sigma) / np.linalg.det(sample)) + (sample * inverse).sum() - 2
    assert fit.converged
    assert fit.measures["chisq"] == pytest.approx(120 * (f + gap @ inverse @ gap), rel=1e-9)
    assert fit.measures[["npar", "df"]].tolist() == [0, 5]
    assert fit.estimates["se"].eq(0).all()
    assert "chi-square" in repr(fit)
    assert len(fit.residuals()) == 5
    if options:
        assert np.isfinite(fit.measures["chisq.scaled"])


def test_one_cluster_has_no_errors_between_clusters(data):
    with pytest.raises(DataError, match=r"one cluster of 'town'.*at least two"):
        sem.fit("f =~ p1 + p2 + p3", data[data["town"] == "A"], cluster="town")
    with pytest.raises(DataError, match="in group 'A' of 'town'"):
        sem.fit("f =~ p1 + p2 + p3", data, group="town", cluster="town")


def test_a_group_that_cannot_be_fitted_leaves_the_others(data):
    rows = data.assign(office=data["office"].where(data["town"] != "B", 7), w=1.0)
    rows.loc[rows["town"] == "C", "w"] = 0.0
    fits = sem.fit_many("f =~ p1 + p2 + p3 + q1", rows, "town", cluster="office")
    assert list(fits) == ["A", "C"]
    assert "one cluster" in str(fits.errors["B"])
    assert fits.measures.index.tolist() == ["A", "C"]
    assert sorted(fits.estimates["town"].unique()) == ["A", "C"]
    alone = sem.fit("f =~ p1 + p2 + p3 + q1", rows[rows["town"] == "A"], cluster="office")
    assert fits.measures.loc["A", "chisq.scaled"] == pytest.approx(alone.measures["chisq.scaled"])
    weighted = sem.fit_many("f =~ p1 + p2 + p3 + q1", rows, "town", weights="w")
    assert list(weighted.errors) == ["C"]


def test_a_latent_variable_is_no_column(data):
    with pytest.raises(ModelError, match=r"'town' names a latent variable .* also a column"):
        sem.fit("town =~ p1 + p2 + p3", data)


def test_fewer_clusters_than_parameters_are_said(data):
    few = data.assign(office=np.arange(120) % 9)
    fit = sem.fit("f =~ p1 + p2 + p3", few, cluster="office")
    assert [str(w) for w in fit.warnings if isinstance(w, DataWarning)] == [
        "There are only 9 clusters for 9 parameters: tests of several of them at once, such as the "
        "test of fit, cannot be trusted. Fit a smaller model, or take more clusters."
    ]
    ten = data.assign(office=np.arange(120) % 10)
    assert sem.fit("f =~ p1 + p2 + p3", ten, cluster="office").warnings == []


def test_monte_carlo_intervals_are_of_defined_effects(data):
    with pytest.raises(ModelError, match=r"ind := a\*b"):
        sem.fit("p1 ~ p2", data).monte_carlo()


def _apart(data, both=0):
    """The answers with p1 and p2 in two booklets, ``both`` rows in either."""
    rows = data.copy()
    rows.loc[both:59, "p1"] = np.nan
    rows.loc[60:, "p2"] = np.nan
    return rows


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_items_that_nobody_answered_together(data, estimator):
    expected = EXPECTED["apart"][estimator]
    model = "f =~ p1 + p2 + p3 + q1 + q2"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = sem.fit(model, _apart(data), missing="fiml", estimator=estimator)
    np.testing.assert_allclose(fit.estimates["est"], expected["est"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(fit.estimates["se"], expected["se"], rtol=1e-3)
    for measure, value in expected["measures"].items():
        assert fit.measures[measure] == pytest.approx(value, rel=1e-5, abs=1e-6), measure
    assert fit.measures[["srmr", "gfi", "cfi.robust", "rmsea.robust"]].isna().all()
    assert "No row answered both 'p1' and 'p2'" in str(fit.warnings[0])
    assert "SRMR unknown" in repr(fit)
    assert "No row answered both" in fit.summary()
    residuals = fit.residuals().set_index(["lhs", "rhs"])[["sample", "raw", "z"]]
    unknown = residuals.isna().any(axis=1)
    assert unknown[unknown].index.tolist() == [("p1", "p2")]
    assert np.isfinite(fit.modification_indices()["mi"]).all()
    assert np.isfinite(fit.factor_scores()).all().all()


def test_a_group_with_items_apart_keeps_its_place_among_the_others(data):
    rows = pd.concat([_apart(data).assign(town="A"), data.assign(town="B")])
    fits = sem.fit_many("f =~ p1 + p2 + p3 + q1", rows, "town", missing="fiml")
    assert fits.measures["srmr"].isna().tolist() == [True, False]
    assert fits.measures["chisq"].notna().all()


def test_few_common_answers_have_the_highest_likelihood_or_none(data):
    fit = sem.fit("f =~ p1 + p2 + p3 + q1 + q2", _apart(data, both=2), missing="fiml")
    rows = fit.problem.sample.patterns[0].batched
    moments, value, found = saturated_of(fit.problem.sample)
    assert found.all()
    # No shift of any one moment makes these answers more likely.
    lower, upper = np.tril_indices(5)
    for i, j in zip(lower, upper, strict=True):
        for step in (-1e-3, 1e-3):
            sigma = moments.cov[0].copy()
            sigma[:, [i, j], [j, i]] += step
            assert pattern_terms(rows, moments.mean[0], sigma).value[0] > value[0, 0]
    # One row on the line that both answers would lie on: the likelihood grows without limit.
    alone = _apart(data, both=1)
    alone.loc[0, ["p1", "p2"]] = [4.0, -4.0]
    with pytest.warns(NoSaturatedModelWarning, match="The estimates stand"):
        none = sem.fit("f =~ p1 + p2 + p3 + q1 + q2", alone, missing="fiml", estimator="MLR")
    assert not none.problem.has_saturated
    assert none.measures[["chisq", "chisq.scaled", "cfi", "srmr"]].isna().all()
    assert np.isfinite(none.measures[["logl", "aic"]]).all()
    assert np.isfinite(none.estimates["se"]).all()
    assert none.residuals()["z"].isna().all()
    assert "chi-square unknown" in repr(none)


PATHS = "p2 ~ a*p1\np3 ~ b*p2\n"


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("a*b == 0", "where a is 0 and where b is 0"),
        ("0 == 2*a*b - 0", "where a is 0 and where b is 0"),
        ("ind := a*b\nind == 0", "where a is 0 and where b is 0"),
        ("a*(a - b)/b == 0", "where a is 0 and where a-b is 0"),
        ("a^2 == 0", "write a == 0"),
        ("abs(a - b) == 0", "write a-b == 0"),
        ("a*a == 0", "write a == 0"),
    ],
)
def test_constraints_without_a_slope_are_refused(data, constraint, words):
    with pytest.raises(ModelSyntaxError, match=words):
        sem.fit(PATHS + constraint, data)


@pytest.mark.parametrize(
    ("constraint", "same"),
    [("2*a == 0", "a == 0"), ("a/b == 0", "a == 0"), ("a^2 == 0.25", "a == 0.5")],
)
def test_constraints_with_a_slope_are_not(data, constraint, same):
    found, plain = (sem.fit(PATHS + text, data) for text in (constraint, same))
    assert found.measures["chisq"] == pytest.approx(plain.measures["chisq"], abs=1e-6)
    assert found.measures["df"] == plain.measures["df"]


def test_a_constraint_that_no_value_meets_ends_in_words(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not sem.fit(f"{PATHS}sqrt(a) == -1", data).converged


def test_two_rows_have_no_measures_of_fit(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = sem.fit("f =~ p1 + p2 + p3", data.head(2), missing="fiml")
    assert fit.measures[["chisq", "cfi", "srmr"]].isna().all()
    assert not fit.converged


def test_moments_that_are_none_are_refused_in_a_sentence(data):
    model, cov = "f =~ p1 + p2 + p3", data[["p1", "p2", "p3"]].cov()
    wrong = [
        ((120, cov.astype(object).replace(cov.iloc[0, 0], "x")), {}, "'p1' holds 'x'"),
        ((None, cov), {}, "n = None is no number of rows"),
        ((np.nan, cov), {}, "n = nan"),
        (([], []), {}, "0 covariance matrices"),
        (([120, 120], [cov, cov]), {"group_labels": ["x"]}, "give one for each"),
        ((120, cov.rename(index={"p3": "f"}, columns={"p3": "f"})), {}, "'f' names a latent"),
    ]
    for given, options, words in wrong:
        with pytest.raises(ModelError, match=words):
            sem.fit_moments(model, *given, **options)
    mean = data[["p3", "p2", "p1"]].mean()
    named = sem.fit_moments(model, np.array([120]), cov, mean.to_frame()).estimates
    by_name = sem.fit_moments(model, 120, cov, mean).estimates
    pd.testing.assert_frame_equal(named, by_name)


def test_a_weight_of_nothing_brings_no_items_together(data):
    rows = _apart(data, both=1).assign(w=1.0)
    rows.loc[0, "w"] = 0.0
    fit = sem.fit("f =~ p1 + p2 + p3 + q1 + q2", rows, missing="fiml", weights="w")
    assert "No row answered both 'p1' and 'p2'" in str(fit.warnings[0])
    assert np.isfinite(fit.measures["chisq.scaled"])


def test_a_fit_with_a_long_constraint_is_pickled(data):
    long = " + ".join(["a"] * 600)
    fit = sem.fit(f"{PATHS}{long} == b + 1\nt := {long}", data)
    again = pickle.loads(pickle.dumps(fit))
    pd.testing.assert_frame_equal(again.estimates, fit.estimates)


def test_groups_of_many_are_named_by_text_or_numbers(data):
    with pytest.raises(DataError, match="name nothing"):
        sem.fit_many("f =~ p1 + p2 + p3", data.assign(town=[[1]] * 120), "town")
    with pytest.raises(ModelError, match="by is empty"):
        sem.fit_many("f =~ p1 + p2 + p3", data, [])
    with pytest.raises(ModelError, match="draws=1 is too few"):
        sem.fit(f"{PATHS}t := a*b", data).monte_carlo(1)
