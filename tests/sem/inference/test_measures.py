"""Fit measures against lavaan's fitMeasures()."""

import numpy as np
import pytest

from workbench.sem.fitting import fit
from workbench.sem.inference.measures import (
    ChiSquare,
    CorrectedTests,
    MomentPair,
    available_moments,
    cfi,
    fit_measures,
    independence_test,
    information_criteria,
    normal_loglikelihood,
    rfi,
    rmsea,
    rmsea_interval,
    tli,
)

COMPLETE = [
    "hs",
    "hs_mean",
    "hs_std_lv",
    "hs_mlr",
    "hs_mlm",
    "hs_uls",
    "hs_gls",
    "hs_second_order",
    "pd",
    "pd_mlr",
    "path",
    "path_mean",
    "path_saturated",
    "mimic",
    "mimic_mean_mlr",
    *(
        f"group_{estimator}_{level}"
        for estimator in ("ml", "mlr", "mlm")
        for level in ("configural", "metric", "scalar", "strict")
    ),
]
MAXIMUM_LIKELIHOOD = [name for name in COMPLETE if name not in ("hs_uls", "hs_gls")]


def number(value):
    return float("nan") if value is None else float(value)


def read_test(entry, scaled=False):
    factor = number(entry["scaling_factor"]) if scaled else 1.0
    return ChiSquare(number(entry["stat"]), entry["df"], factor)


def moment_pair(case):
    return MomentPair(case.sample_cov, case.implied_cov, case.sample_mean, case.implied_mean)


def measures_of(case, **further):
    names = [name for name in case.tests if name != "standard"]
    scaled = {}
    if names:
        scaled["scaled"] = read_test(case.tests[names[0]], scaled=True)
        scaled["baseline_scaled"] = read_test(case.baseline[names[0]], scaled=True)
        factors = [
            number(case.tests[names[0]][f"scaling_factor_{level}"]) for level in ("h1", "h0")
        ]
        if names[0].startswith("yuan"):
            scaled["scaling_factors"] = tuple(factors)
    return fit_measures(
        test=read_test(case.tests["standard"]),
        baseline=read_test(case.baseline["standard"]),
        n=case.n,
        npar=case.measures["npar"],
        fmin=case.fmin,
        moments=moment_pair(case),
        estimator=case.estimator,
        loglikelihood=case.measures.get("logl"),
        saturated_loglikelihood=case.measures.get("unrestricted.logl"),
        exogenous=case.exogenous,
        **scaled,
        **further,
    )


@pytest.mark.parametrize("name", COMPLETE)
def test_all_measures_are_lavaans(inference_case, name):
    case = inference_case(name)
    found = measures_of(case)
    assert list(found.index) == list(case.measures)
    expected = [number(value) for value in case.measures.values()]
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["fiml", "fiml_mlr", "fiml_group_mlr"])
def test_all_measures_with_missing_answers(inference_case, inference_data, name):
    # Through a whole fit: the robust measures and GFI need much of it.
    case = inference_case(name)
    grouped = {"group": "school", "group_equal": ["loadings"]} if case.groups > 1 else {}
    found = fit(
        case.model,
        inference_data("hs_missing"),
        estimator="MLR" if name.endswith("mlr") else "ML",
        missing="fiml",
        **grouped,
    ).measures
    assert list(found.index) == list(case.measures)
    expected = [number(value) for value in case.measures.values()]
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=1e-5, atol=1e-4)


def test_available_moments_by_hand():
    rows = np.array([[1.0, 2.0], [3.0, 6.0], [5.0, np.nan]])
    mean, cov = available_moments(rows)
    np.testing.assert_allclose(mean, [3.0, 4.0])
    # Over the two rows with both answers the covariance is 4, the variances 4 (of 3 rows) and 8.
    np.testing.assert_allclose(cov, np.array([[4.0, 4.0], [4.0, 8.0]]) * 2 / 3)


@pytest.mark.parametrize("name", MAXIMUM_LIKELIHOOD)
def test_loglikelihoods_and_baseline_from_moments(inference_case, name):
    case = inference_case(name)
    moments = case.sample_cov, case.implied_cov, case.sample_mean, case.implied_mean
    found = normal_loglikelihood(case.n, *moments, exogenous=case.exogenous)
    assert found == pytest.approx(case.measures["logl"], abs=1e-6)
    saturated = normal_loglikelihood(
        case.n, case.sample_cov, case.sample_cov, exogenous=case.exogenous
    )
    assert saturated == pytest.approx(case.measures["unrestricted.logl"], abs=1e-6)
    baseline = independence_test(case.n, case.sample_cov, case.exogenous)
    assert baseline.statistic == pytest.approx(case.measures["baseline.chisq"], abs=1e-6)
    assert baseline.df == case.measures["baseline.df"]


def test_chi_square_comes_from_the_two_loglikelihoods(inference_case):
    case = inference_case("hs")
    criteria = information_criteria(case.measures["logl"], 21, 301)
    assert criteria["aic"] == pytest.approx(7517.48994, abs=1e-4)
    assert criteria["bic"] == pytest.approx(7595.33916, abs=1e-4)


def test_indices_at_their_limits():
    # By hand: the model fits better than expected, so CFI is 1, TLI is over 1 and RMSEA is 0.
    model, baseline = ChiSquare(10.0, 20), ChiSquare(100.0, 30)
    assert cfi(model, baseline) == 1.0
    assert tli(model, baseline) == pytest.approx(1 + 10 * 30 / (70 * 20))
    assert rmsea(10.0, 20, 200) == 0.0
    assert rmsea_interval(10.0, 20, 200)[0] == 0.0
    saturated = ChiSquare(0.0, 0)
    assert cfi(saturated, baseline) == tli(saturated, baseline) == 1.0
    assert rmsea(0.0, 0, 200) == 0.0
    assert np.isnan(saturated.pvalue)
    assert np.isnan(rfi(model, ChiSquare(0.0, 30)))


def test_rmsea_grows_with_the_number_of_groups():
    assert rmsea(100.0, 50, 400, groups=4) == pytest.approx(2 * rmsea(100.0, 50, 400))


@pytest.mark.parametrize(
    ("statistic", "df", "n", "groups", "lower", "upper"),
    [
        # Scaled statistics and limits as Mplus 8 prints them, under MLM, MLR and WLSM.
        (81.908, 24, 301, 1, 0.069, 0.111),
        (87.132, 24, 301, 1, 0.073, 0.115),
        (43.633, 38, 75, 1, 0.000, 0.096),
        (45.265, 38, 75, 1, 0.000, 0.100),
        (113.460, 48, 301, 2, 0.073, 0.118),
        (121.741, 48, 301, 2, 0.079, 0.123),
        (29.876, 10, 1981, 1, 0.019, 0.045),
        (43.305, 7, 1981, 1, 0.037, 0.066),
        (2.403, 8, 500, 1, 0.000, 0.000),
        (4.865, 8, 500, 1, 0.000, 0.036),
    ],
)
def test_interval_of_a_scaled_statistic_is_the_one_of_mplus(statistic, df, n, groups, lower, upper):
    found = rmsea_interval(statistic, df, n, groups)
    assert found == pytest.approx((lower, upper), abs=5.1e-4)


def test_robust_interval_is_the_one_of_mplus_times_the_root_of_the_factor(inference_case):
    case = inference_case("hs_mlr")
    found = measures_of(case)
    factor = found["chisq.scaling.factor"]
    mplus = rmsea_interval(found["chisq.scaled"], found["df"], 301)
    robust = found[["rmsea.ci.lower.robust", "rmsea.ci.upper.robust"]]
    np.testing.assert_allclose(robust, np.sqrt(factor) * np.array(mplus), rtol=1e-8)


def test_corrected_tests_replace_the_scaled_ones_in_robust_measures(inference_case):
    case = inference_case("hs_mlr")
    corrected = CorrectedTests(ChiSquare(80.0, 24, 1.1), ChiSquare(900.0, 36, 1.05))
    found = measures_of(case, corrected=corrected)
    expected = 1 - (80 - 1.1 * 24) / (900 - 1.05 * 36)
    assert found["cfi.robust"] == pytest.approx(expected)
    assert found["rmsea.robust"] == pytest.approx(np.sqrt((80 / 24 - 1.1) / 301))
