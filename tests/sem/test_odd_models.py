"""Models and data at the edge of what can be estimated: the right value, or one sentence."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.exceptions import DataError, DataWarning, ModelError

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
        "There are only 9 clusters for 9 parameters: their standard errors and the test cannot be "
        "trusted. Fit a smaller model, or take more clusters."
    ]
    ten = data.assign(office=np.arange(120) % 10)
    assert sem.fit("f =~ p1 + p2 + p3", ten, cluster="office").warnings == []


def test_monte_carlo_intervals_are_of_defined_effects(data):
    with pytest.raises(ModelError, match=r"ind := a\*b"):
        sem.fit("p1 ~ p2", data).monte_carlo()
