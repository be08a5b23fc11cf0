"""Residuals against lavaan's residuals()."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.sem.estimation.moments import Sample
from workbench.sem.inference.measures import MomentPair
from workbench.sem.inference.residuals import moment_errors, residual_table, residuals, z_residuals

ERRORS = {"standardised": "standardized", "normalised": "normalized"}


def pair_of(case):
    return MomentPair(case.sample_cov, case.implied_cov, case.sample_mean, case.implied_mean)


def sample_of(case, data):
    if case.groups == 1:
        return Sample.from_arrays([data[case.observed].to_numpy(float)])
    return Sample.from_arrays(
        [
            data.loc[data["school"] == school, case.observed].to_numpy(float)
            for school in case.group_labels
        ]
    )


@pytest.mark.parametrize("kind", ["raw", "cor", "cor_bentler"])
@pytest.mark.parametrize("name", ["hs", "hs_mean", "pd", "mimic", "group_ml_scalar", "fiml"])
def test_raw_and_correlation_residuals_are_lavaans(inference_case, name, kind):
    case = inference_case(name)
    found = residuals(pair_of(case), kind)
    expected = case.residuals[kind]
    np.testing.assert_allclose(found.cov, np.array(expected["cov"], float), atol=1e-6)
    if case.meanstructure:
        mean = np.array(expected["mean"], float).reshape(found.mean.shape)
        np.testing.assert_allclose(found.mean, mean, atol=1e-6)


@pytest.mark.parametrize("kind", list(ERRORS))
@pytest.mark.parametrize(
    "name",
    [
        "hs",
        "hs_mean",
        "hs_mlr",
        "hs_mlm",
        "pd",
        "pd_mlr",
        "mimic",
        "mimic_mean_mlr",
        "group_ml_scalar",
        "fiml",
        "fiml_mlr",
        "fiml_mimic",
    ],
)
def test_z_residuals_are_lavaans(inference_case, inference_data, name, kind):
    case = inference_case(name)
    file = "pd" if name.startswith("pd") else "hs_missing" if "fiml" in name else "hs"
    sample = sample_of(case, inference_data(file))
    correction = {"mlr": "yuan-bentler", "mlm": "satorra-bentler"}.get(name.split("_")[-1], "")
    information = "observed" if "fiml" in name or correction == "yuan-bentler" else "expected"
    errors = moment_errors(
        case.layout, sample, case.theta, correction=correction, information=information
    )
    found = z_residuals(pair_of(case), errors, kind)
    expected = np.array(case.residuals[ERRORS[kind]]["cov"], float)
    # lavaan leaves a residual under 1e-5 as it is.
    clear = np.abs(np.array(case.residuals["raw"]["cov"], float)) > 1e-4
    np.testing.assert_allclose(found.cov[clear], expected[clear], rtol=1e-3, atol=1e-4)
    if case.meanstructure:
        expected = np.array(case.residuals[ERRORS[kind]]["mean"], float).reshape(found.mean.shape)
        clear = np.abs(np.array(case.residuals["raw"]["mean"], float)) > 1e-4
        clear = clear.reshape(found.mean.shape)
        np.testing.assert_allclose(found.mean[clear], expected[clear], rtol=1e-3, atol=1e-4)


def test_table_lists_every_moment_once(inference_case):
    case = inference_case("hs_mean")
    table = residual_table(pair_of(case), case.observed)
    assert len(table) == 45 + 9
    row = table[(table["lhs"] == "x1") & (table["rhs"] == "x2")].iloc[0]
    assert row["raw"] == pytest.approx(row["sample"] - row["implied"])
    assert table["z"].isna().all()


def test_standardised_residuals_of_uls_have_a_spread_of_one_given_the_covariates():
    """Over samples of one population that share their covariates; lavaan has none to compare."""
    draw = np.random.default_rng(5)
    samples, n = 400, 150
    x = draw.normal(size=n) + np.array([0.0, 2.0]).repeat(n // 2)
    f = 0.6 * x + draw.normal(size=(samples, n))
    loadings = np.array([1.0, 0.8, 1.2, 0.6])
    items = f[..., None] * loadings + draw.normal(size=(samples, n, 4))
    data = pd.DataFrame(items.reshape(-1, 4), columns=list("abcd"))
    data = data.assign(x=np.tile(x, samples), sample=np.repeat(np.arange(samples), n))
    model = "f =~ a + b + c + d\nf ~ x"
    fits = sem.fit_many(model, data, "sample", estimator="ULS", fixed_x=True)
    tables = [fits[sample].residuals() for sample in range(samples)]
    z = np.array([table["z"] for table in tables], float)
    among = (tables[0]["lhs"] == "x") & (tables[0]["rhs"] == "x")
    assert (z[:, among] == 0).all()
    spread = z[:, ~among].std(axis=0)
    # Free variances reproduce the sample's.
    free = spread > 0
    assert free.sum() >= 10
    np.testing.assert_allclose(spread[free], 1.0, atol=0.12)
