"""Weights, clusters and moments beside estimators and options: right, or refused.

Expected values are made by design.R; what lavaan has not is held against simulated samples.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError

FOLDER = Path(__file__).parents[1] / "reference" / "sem"
EXPECTED = json.loads((FOLDER / "design.json").read_text())
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"


@pytest.fixture(scope="module")
def data():
    return pd.read_csv(FOLDER / "kernel" / "hs_weights.csv").assign(one=1.0)


@pytest.mark.parametrize(
    ("case", "groups"),
    [("one", {}), ("groups", {"group": "school", "group_equal": ["loadings"]})],
)
def test_robust_least_squares_is_lavaans(data, case, groups):
    fit = sem.fit(MODEL, data, estimator="ULS", weights="one", **groups)
    expected = EXPECTED[case]
    np.testing.assert_allclose(fit.estimates["se"], expected["se"], rtol=1e-4, atol=1e-8)
    for name, value in expected["measures"].items():
        assert fit.measures[name] == pytest.approx(value, rel=1e-4)


def clustered(samples, clusters=60, size=4):
    """Samples one below the other: clusters share part of the factor and of the errors."""
    rng = np.random.default_rng(3)
    total = samples * clusters
    cluster = np.repeat(np.arange(total), size)
    factor = 0.8 * rng.normal(size=total)[cluster] + rng.normal(size=total * size)
    errors = rng.normal(size=(total * size, 4)) + 0.5 * rng.normal(size=(total, 4))[cluster]
    return pd.DataFrame(
        factor[:, None] * [1.0, 0.8, 1.2, 0.7] + errors, columns=list("abcd")
    ).assign(
        sample=cluster // clusters,
        cluster=cluster,
        weight=np.exp(0.6 * rng.normal(size=total * size)),
    )


@pytest.mark.parametrize("estimator", ["ULS", "GLS"])
def test_errors_of_least_squares_are_those_of_repeated_samples(estimator):
    fits = sem.fit_many(
        "f =~ a + b + c + d",
        clustered(120),
        "sample",
        estimator=estimator,
        cluster="cluster",
        weights="weight",
    ).fits.values()
    estimates = np.stack([fit.theta for fit in fits])
    errors = np.stack([np.sqrt(np.diag(fit.vcov)) for fit in fits])
    ratio = errors.mean(axis=0) / estimates.std(axis=0, ddof=1)
    # 120 samples tell a standard deviation within 7 %; without clusters it would be .80.
    assert ratio.mean() == pytest.approx(1.0, abs=0.06)
    np.testing.assert_allclose(ratio, 1.0, atol=0.2)
    tests = [fit.measures["chisq.scaled"] for fit in list(fits)[:60]]
    assert np.mean(tests) == pytest.approx(2.0, abs=4 * 2.0 / np.sqrt(60))


def test_scores_of_a_weighted_fit_are_around_the_weighted_mean(data):
    fit = sem.fit(MODEL, data, weights="w")
    np.testing.assert_allclose(
        fit.factor_scores().to_numpy()[:5], np.array(EXPECTED["scores"]), atol=1e-5
    )


def test_weighted_least_squares_estimates_are_lavaans(data):
    found = sem.fit(MODEL, data, estimator="ULS", weights="w").estimates
    # With weights, and then only, lavaan takes the covariance with divisor n, even of equal ones.
    scale = np.where(found["op"] == "=~", 1.0, 300 / 301)
    np.testing.assert_allclose(found["est"] * scale, EXPECTED["weighted"], rtol=1e-4)


def test_covariances_alone_say_nothing_of_means(data):
    items = [f"x{i}" for i in range(1, 7)]
    cov = data[items].cov()
    with pytest.raises(ModelError, match="Give mean= as well"):
        sem.fit_moments(MODEL + "\nx1 ~ 1", 301, cov)
    with pytest.raises(ModelError, match="'intercepts'"):
        sem.fit_moments(MODEL, [150, 151], [cov, cov], group_equal=["loadings", "intercepts"])
    fit = sem.fit_moments(MODEL + "\nx1 ~ 1", 301, cov, data[items].mean())
    assert fit.estimates.query("op == '~1'")["est"].iloc[0] == pytest.approx(data["x1"].mean())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "ULS", "missing": "fiml"}, "which ULS has not"),
        ({"estimator": "MLM", "missing": "fiml"}, "which MLM has not"),
        ({"estimator": "MLMV", "missing": "fiml"}, "which MLMV has not"),
        ({"estimator": "MLM", "weights": "w"}, "neither weights nor clusters"),
        ({"estimator": "MLF", "cluster": "cl"}, "MLF takes neither weights nor clusters"),
    ],
)
def test_options_that_do_not_go_together_are_refused(data, options, message):
    with pytest.raises(ModelError, match=message):
        sem.fit(MODEL, data, **options)


def test_replicates_keep_to_the_design(data):
    fit = sem.fit(MODEL, data, cluster="cl")
    with pytest.raises(ModelError, match="independent rows"):
        fit.bootstrap(10, kind="parametric")
    # Under the model the mean of the statistic is df times the factor of its scaled test.
    found = fit.bootstrap(150, kind="bollen-stine")
    expected = fit.measures["df"] * fit.measures["chisq.scaling.factor"]
    assert np.mean(found.statistics) == pytest.approx(expected, rel=0.15)


def test_acceleration_of_least_squares_is_that_of_leaving_rows_out(data):
    model, rows = "textual =~ x4 + x5 + x6 + x2", data[:80]
    options = {"estimator": "ULS", "std_lv": True}
    fit = sem.fit(model, rows, **options)
    left_out = np.stack([sem.fit(model, rows.drop(index=i), **options).theta for i in rows.index])
    gap = left_out.mean(axis=0) - left_out
    expected = (gap**3).sum(axis=0) / (6 * (gap**2).sum(axis=0) ** 1.5)
    found = fit.bootstrap(2)
    free = found.parameters.merge(fit.table, on=["lhs", "op", "rhs"])["free"].to_numpy() > 0
    # The two differ by what is not linear; the scores of maximum likelihood are .045 off.
    np.testing.assert_allclose(found.acceleration[free], expected, atol=0.012)
