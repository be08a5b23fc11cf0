"""Robust errors and scaled tests against lavaan, for the model and for the baseline."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError
from workbench.sem.estimation import information
from workbench.sem.estimation.optimiser import estimate
from workbench.sem.inference.robust import (
    completed_fit,
    degrees_of_freedom,
    first_order,
    independence_layout,
    satorra_bentler,
    unit_scores,
    yuan_bentler,
)

ROBUST = [
    *("hs-mlr", "pd-mlr", "group-mlr", "mimic-mlr", "path-mlr"),
    *("hs-mlm", "pd-mlm", "group-mlm", "mimic-mlm", "path-mlm"),
    *("fiml-mlr", "fiml-group-mlr", "fiml-mimic-mlr", "fiml-weights", "fiml-cluster"),
    *("weights", "cluster", "cluster-weights", "cluster-group"),
]


def _robust(case, layout, theta, df):
    if case.name.endswith("mlm"):
        return satorra_bentler(layout, case.sample, theta, df)
    # lavaan's cluster= without weights keeps estimator "ML" and tests with "h1" information.
    plain_cluster = "cluster" in case.options and "weights" not in case.options
    kind = "moments" if plain_cluster else "observed"
    return yuan_bentler(layout, case.sample, theta, df, test_information=kind)


@pytest.mark.parametrize("name", ROBUST)
def test_lavaans_robust_errors_and_scaling_factor(kernel_case, name):
    case = kernel_case(name)
    theta = estimate(case.layout, case.sample).theta[0]
    df = degrees_of_freedom(case.layout)
    robust = _robust(case, case.layout, theta, df)
    np.testing.assert_allclose(np.sqrt(np.diag(robust.vcov))[case.place], case.se, rtol=1e-4)
    expected = case.measures["chisq.scaling.factor"]
    assert robust.scaling_factor == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ROBUST)
def test_lavaans_baseline_scaling_factor(kernel_case, name):
    case = kernel_case(name)
    layout = independence_layout(case.layout)
    theta = estimate(layout, case.sample).theta[0]
    df = degrees_of_freedom(layout)
    assert df == case.measures["baseline.df"]
    expected = case.measures["baseline.chisq.scaling.factor"]
    assert _robust(case, layout, theta, df).scaling_factor == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["fiml-mlr", "fiml-group-mlr", "fiml-mimic-mlr"])
def test_robust_cfi_and_rmsea_of_incomplete_data(kernel_case, name):
    case = kernel_case(name)
    fits = []
    for layout in (case.layout, independence_layout(case.layout)):
        theta = estimate(layout, case.sample).theta[0]
        fits.append(completed_fit(layout, case.sample, theta, degrees_of_freedom(layout)))
    model, baseline = (f.statistic - f.df * f.c_hat for f in fits)
    n, groups = case.sample.n.sum(), case.layout.groups
    assert 1.0 - model / baseline == pytest.approx(case.measures["cfi.robust"], abs=1e-5)
    rmsea = np.sqrt(groups * model / (n * fits[0].df))
    assert rmsea == pytest.approx(case.measures["rmsea.robust"], abs=1e-5)


def test_first_order_errors(kernel_case):
    case = kernel_case("pd-first.order")
    theta = estimate(case.layout, case.sample).theta[0]
    vcov = information.vcov(first_order(case.layout, case.sample, theta), 75.0)
    np.testing.assert_allclose(np.sqrt(np.diag(vcov))[case.place], case.se, rtol=1e-4)


@pytest.mark.parametrize("name", ["hs-mlr", "fiml-mlr", "group-mlr"])
def test_scores_sum_to_zero_at_the_optimum(kernel_case, name):
    case = kernel_case(name)
    theta = estimate(case.layout, case.sample).theta[0]
    scores = unit_scores(case.layout, case.sample, theta)
    total = sum(s.sum(0) for s in scores)
    assert np.abs(total).max() < 1e-5
    assert [len(s) for s in scores] == [len(block) for block in case.sample.rows]


def test_mlm_refuses_what_it_cannot_do(kernel_case):
    case = kernel_case("fiml-mlr")
    theta = estimate(case.layout, case.sample).theta[0]
    with pytest.raises(ModelError, match="MLM needs complete rows"):
        satorra_bentler(case.layout, case.sample, theta, 24)


@pytest.mark.parametrize("clusters", [2, 3, 12])
def test_rows_within_clusters_leave_their_means_no_error(clusters):
    """Distances from the clusters' means: the mean's error is zero, not the root of less."""
    draw = np.random.default_rng(2)
    factors = draw.standard_normal((240, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    items = 9 * (np.repeat(factors, 3, axis=1) + draw.standard_normal((240, 6)))
    items[:8, :3] = np.nan
    cluster = np.arange(240) % clusters
    frame = pd.DataFrame(items, columns=list("abcdeh"))
    frame -= frame.groupby(cluster).transform("mean") - draw.normal(50, 9, 6)
    fit = sem.fit(
        "f =~ a + b + c\ng =~ d + e + h\ng ~ f",
        frame.assign(cluster=cluster),
        estimator="MLR",
        missing="fiml",
        cluster="cluster",
    )
    means = fit.estimates.query("op == '~1'").set_index("lhs")["se"]
    assert np.isfinite(means).all()
    np.testing.assert_allclose(means[["d", "e", "h"]], 0, atol=1e-6)
    assert sem.why_unusable(fit) is None
