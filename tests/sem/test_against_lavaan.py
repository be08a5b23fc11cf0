"""Every case of the lavaan suite, by class of numbers, against lavaan 0.6-14.

The cases, the data and the R script that made the expected numbers are in
``tests/reference/sem/lavaan_suite``; each case is fitted once.
"""

import importlib.util
import os
import sys
import warnings
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import WorkbenchWarning
from workbench.sem.inference import assessment
from workbench.sem.inference.comparison import (
    ModelTest,
    difference_test,
    theta_of_narrow_in_wide,
    wald_test,
)

FOLDER = Path(__file__).parents[1] / "reference" / "sem" / "lavaan_suite"
OPTIONS = (
    "estimator", "missing", "group", "group_equal", "group_partial", "cluster", "weights",
    "std_lv", "bounds", "fixed_x", "meanstructure", "orthogonal", "information",
    "likelihood",
)  # fmt: skip

# The log-likelihood and what is made of it are held to 1e-3, tests to 1e-4 of their value.
LOGLIKELIHOODS = ("logl", "unrestricted.logl", "aic", "bic", "bic2")
TESTS = (
    "chisq", "chisq.scaled", "chisq.scaling.factor", "baseline.chisq", "baseline.chisq.scaled",
    "baseline.chisq.scaling.factor",
)  # fmt: skip
NEEDED = (
    *LOGLIKELIHOODS, *TESTS, "npar", "ntotal", "df", "pvalue", "df.scaled", "pvalue.scaled",
    "baseline.df", "baseline.pvalue", "baseline.df.scaled", "cfi", "tli", "cfi.scaled",
    "tli.scaled", "cfi.robust", "tli.robust", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
    "rmsea.pvalue", "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled",
    "rmsea.pvalue.scaled", "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust",
    "srmr", "gfi",
)  # fmt: skip


def _load_suite() -> Any:
    spec = importlib.util.spec_from_file_location("lavaan_suite", FOLDER / "suite.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


suite = _load_suite()
CASES: dict[str, dict[str, Any]] = suite.cases()
CONVERGED = [name for name in CASES if suite.expected(name)["converged"]]
NOT_CONVERGED = [name for name in CASES if name not in CONVERGED]


def with_more(what: str) -> list[str]:
    return [name for name in CONVERGED if what in CASES[name].get("also", ())]


@cache
def fitted(name: str) -> sem.Fit:
    case = CASES[name]
    if case["data"] == "nyc" and suite.nyc_folder() is None:
        message = "The NYC files are not here; data/nyc-schools/README.md says how to get them."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    options = {word: case[word] for word in OPTIONS if word in case}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WorkbenchWarning)
        fit = sem.growth if case.get("growth") else sem.fit
        return fit(case["model"], suite.data_set(case["data"]), **options)


def key(lhs: str, op: str, rhs: str, group: object) -> tuple[str, str, str, str]:
    """One name for a parameter, whichever side of a covariance comes first."""
    if op == "~~" and lhs > rhs:
        lhs, rhs = rhs, lhs
    return lhs, op, "" if op in ("~1", ":=") else rhs, "" if op == ":=" else str(group)


def lavaan_frame(name: str, part: str) -> pd.DataFrame:
    """One of lavaan's tables of parameters, by key, with the groups' own values."""
    found = suite.expected(name)
    frame = pd.DataFrame(found[part])
    frame = frame[~frame["op"].isin(["==", "<", ">"])]
    labels = found["group_label"] or [None]
    groups = [labels[int(group) - 1] if group else None for group in frame["group"]]
    frame.index = pd.Index(
        [key(*row) for row in zip(frame["lhs"], frame["op"], frame["rhs"], groups, strict=True)],
        tupleize_cols=False,
    )
    return frame


def our_frame(frame: pd.DataFrame) -> pd.DataFrame:
    columns = (frame[name] for name in ("lhs", "op", "rhs", "group"))
    return frame.set_axis(
        pd.Index([key(*row) for row in zip(*columns, strict=True)], tupleize_cols=False)
    )


def differences(
    ours: pd.Series,
    theirs: pd.Series,
    relative: float = 0.0,
    absolute: float = 0.0,
) -> list[str]:
    """Say where the two are further apart than allowed; every value of lavaan's must be there."""
    found = []
    for name, value in theirs.items():
        if value is None or pd.isna(value):
            continue
        own = ours.get(name, np.nan)
        if not abs(own - value) <= absolute + relative * abs(value):
            found.append(f"{name}: {own} for {value}")
    return found


def listed(lines: Iterable[str]) -> str:
    return "\n".join(lines)


@pytest.mark.parametrize("name", CONVERGED)
def test_estimates(name: str) -> None:
    theirs = lavaan_frame(name, "estimates")
    ours = our_frame(fitted(name).estimates)
    assert fitted(name).converged
    assert set(ours.index) == set(theirs.index)
    found = [
        f"{row}: {ours.at[row, 'est']} for {value}"
        for row, value in theirs["est"].items()
        if not abs(ours.at[row, "est"] - value) <= 1e-5 * max(1.0, abs(value))
    ]
    assert not found, listed(found)


@pytest.mark.parametrize("name", CONVERGED)
def test_standard_errors(name: str) -> None:
    theirs = lavaan_frame(name, "estimates")
    ours = our_frame(fitted(name).estimates)
    found = differences(ours["se"], theirs["se"], relative=1e-4, absolute=1e-9)
    found += differences(ours["z"], theirs["z"], relative=1e-4, absolute=1e-4)
    found += differences(ours["pvalue"], theirs["pvalue"], absolute=1e-4)
    assert not found, listed(found)


@pytest.mark.parametrize("name", CONVERGED)
def test_tests_and_measures(name: str) -> None:
    theirs = pd.Series(suite.expected(name)["measures"], dtype=float).dropna()
    ours = fitted(name).measures
    theirs = theirs[theirs.index.isin(NEEDED) | theirs.index.isin(ours.index)]
    theirs = theirs[~theirs.index.str.endswith(tuple(CASES[name].get("not_compared", ())))]
    tests = theirs[theirs.index.isin(TESTS)]
    rest = theirs[~theirs.index.isin([*TESTS, *LOGLIKELIHOODS])]
    found = differences(ours, tests, relative=1e-4, absolute=1e-6)
    found += differences(ours, rest, absolute=1e-4)
    assert not found, listed(found)


@pytest.mark.parametrize("name", CONVERGED)
def test_loglikelihood(name: str) -> None:
    theirs = pd.Series(suite.expected(name)["measures"], dtype=float).dropna()
    found = differences(
        fitted(name).measures, theirs[theirs.index.isin(LOGLIKELIHOODS)], absolute=1e-3
    )
    assert not found, listed(found)


@pytest.mark.parametrize("kind", ["std_all", "std_lv"])
@pytest.mark.parametrize("name", CONVERGED)
def test_standardised(name: str, kind: str) -> None:
    theirs = lavaan_frame(name, "standardised")
    ours = our_frame(fitted(name).standardised(kind))
    found = differences(ours["est_std"], theirs[kind], relative=1e-5, absolute=1e-5)
    found += differences(ours["se"], theirs[f"{kind}_se"], relative=1e-4, absolute=1e-7)
    assert not found, listed(found)


@pytest.mark.parametrize("name", CONVERGED)
def test_r_squared(name: str) -> None:
    fit = fitted(name)
    frame = fit.r_squared
    labels = suite.expected(name)["group_label"] or [None]
    found = []
    for label, theirs in zip(labels, suite.expected(name)["r_squared"], strict=True):
        own = frame if label is None else frame[frame["group"] == label]
        ours = own.set_index("variable")["r_squared"]
        found += differences(ours, pd.Series(theirs, dtype=float), absolute=1e-5)
    assert not found, listed(found)


@pytest.mark.parametrize("name", with_more("modification"))
def test_modification_indices(name: str) -> None:
    theirs = lavaan_frame(name, "modification")
    # An index that is nothing but rounding has no change to expect.
    theirs = theirs[theirs["mi"] > 1e-6]
    ours = our_frame(fitted(name).modification_indices())
    found = []
    for own, their in (
        ("mi", "mi"),
        ("epc", "epc"),
        ("sepc_lv", "sepc.lv"),
        ("sepc_all", "sepc.all"),
    ):
        found += differences(ours[own], theirs[their], relative=1e-3, absolute=1e-6)
    assert not found, listed(found)


# lavaan 0.6-14 cannot standardise residuals of ULS ("could not invert h1 information matrix").
RESIDUALS = [
    (name, column, kind)
    for name in with_more("residuals")
    for column, kind in (("raw", "raw"), ("cor", "cor"), ("z", "standardized"))
    if kind != "standardized" or CASES[name].get("estimator") != "ULS"
]


@pytest.mark.parametrize(("name", "column", "kind"), RESIDUALS)
def test_residuals(name: str, column: str, kind: str) -> None:
    ours = our_frame(fitted(name).residuals())[column]
    labels = suite.expected(name)["group_label"] or [None]
    theirs: dict[tuple[str, str, str, str], float] = {}
    for label, part in zip(labels, suite.expected(name)["residuals"][kind], strict=True):
        names = part["cov"]["names"]
        for lhs, row in zip(names, part["cov"]["values"], strict=True):
            theirs |= {
                key(lhs, "~~", rhs, label): value for rhs, value in zip(names, row, strict=True)
            }
        for lhs, value in zip(names, part["mean"] or (), strict=bool(part["mean"])):
            theirs[key(lhs, "~1", "", label)] = value
    expected = pd.Series(theirs.values(), pd.Index(list(theirs), tupleize_cols=False), float)
    # lavaan divides what is nothing but rounding by what is nothing but rounding.
    expected = expected[expected.abs() < 1e6]
    found = differences(ours, expected, relative=1e-4, absolute=1e-5)
    assert not found, listed(found)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
@pytest.mark.parametrize("name", with_more("scores"))
def test_scores(name: str, method: str) -> None:
    fit = fitted(name)
    theirs = suite.expected(name)["scores"][method]
    ours = fit.factor_scores(method)[theirs["names"]]
    values = np.array(theirs["values"], float)
    squares = np.array(theirs["sum_of_squares"], float)
    # The second-order factor has no item, and so no Bartlett score; lavaan gives a number.
    measured = ours.notna().any().to_numpy()
    assert measured[: 3 + 2 * (method == "regression")].all()
    rows = ours.loc[suite.data_set(CASES[name]["data"]).index[theirs["rows"]]].to_numpy()
    np.testing.assert_allclose(rows[:, measured], values[:, measured], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose((ours**2).sum()[measured], squares[measured], rtol=1e-5)


def model_test(name: str) -> ModelTest:
    measures = fitted(name).measures
    return ModelTest(
        name,
        measures["chisq"],
        int(measures["df"]),
        fitted(name).problem.n,
        measures.get("chisq.scaling.factor"),
    )


@pytest.mark.parametrize("comparison", suite.suite()["comparison"], ids=lambda c: c["id"])
def test_comparisons(comparison: dict[str, Any]) -> None:
    names = sorted(comparison["cases"], key=lambda name: fitted(name).measures["df"])
    for theirs in suite.expected(comparison["id"]):
        for step, (wide_name, narrow_name) in enumerate(pairwise(names), 1):
            wide, narrow = fitted(wide_name), fitted(narrow_name)
            mixed = None
            if theirs["method"] == "satorra.bentler.2010":
                at = theta_of_narrow_in_wide(wide.table, narrow.table, narrow.theta)
                problem = wide.problem
                mixed = assessment.corrected(problem, wide.layout, at, problem.df).scaling_factor
            method = {
                "default": "likelihood ratio",
                "satorra.bentler.2001": "satorra-bentler 2001",
                "satorra.bentler.2010": "satorra-bentler 2010",
            }[theirs["method"]]
            ours = difference_test(model_test(narrow_name), model_test(wide_name), method, mixed)
            assert ours.df == theirs["difference_df"][step]
            assert ours.statistic == pytest.approx(theirs["difference"][step], rel=1e-4)
            assert ours.pvalue == pytest.approx(theirs["pvalue"][step], abs=1e-4)


@pytest.mark.parametrize("wald", suite.suite()["wald"], ids=lambda w: w["id"])
def test_wald(wald: dict[str, Any]) -> None:
    fit = fitted(wald["case"])
    theirs = suite.expected(wald["id"])
    ours = wald_test(fit.table, fit.theta, fit.vcov.to_numpy(), wald["constraints"])
    assert ours.df == theirs["df"]
    assert ours.statistic == pytest.approx(theirs["stat"], rel=1e-4)
    assert ours.pvalue == pytest.approx(theirs["p.value"], abs=1e-4)


def test_schools_from_moments() -> None:
    """The schools' rows stay out of the repository; their moments are enough for ML."""
    theirs = suite.expected("nyc-ml")
    cov = theirs["moments"][0]["cov"]
    names, n = cov["names"], theirs["nobs"][0]
    # lavaan shows the covariance divided by n; what is published is divided by n − 1.
    unbiased = np.array(cov["values"], float) * n / (n - 1)
    fit = sem.fit_moments(
        CASES["nyc-ml"]["model"], n, pd.DataFrame(unbiased, index=names, columns=names)
    )
    ours = our_frame(fit.estimates)
    expected = lavaan_frame("nyc-ml", "estimates")
    found = differences(ours["est"], expected["est"], relative=1e-5, absolute=1e-5)
    found += differences(ours["se"], expected["se"], relative=1e-4, absolute=1e-9)
    assert not found, listed(found)
    assert fit.measures["chisq"] == pytest.approx(theirs["measures"]["chisq"], rel=1e-4)


@pytest.mark.parametrize("name", NOT_CONVERGED)
def test_a_proper_optimum_where_lavaan_finds_none(name: str) -> None:
    """The discrepancy, written out again here, rises on every side of the solution."""
    fit = fitted(name)
    assert fit.converged
    rows = suite.data_set(CASES[name]["data"])[list(fit.layout.observed)].to_numpy(float)
    sample = np.cov(rows, rowvar=False, bias=True)

    def discrepancy(theta: np.ndarray) -> float:
        a, s, _ = fit.layout.matrices(theta, fit.problem.exo)
        p = len(sample)
        effects = np.linalg.inv(np.eye(len(a[0])) - a[0])
        implied = (effects @ s[0] @ effects.T)[:p, :p]
        # In standard deviations, for the determinants' sake.
        scale = np.sqrt(np.diag(sample))
        implied, own = implied / np.outer(scale, scale), sample / np.outer(scale, scale)
        ratio = np.linalg.solve(implied, own)
        return float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - p)

    errors = fit.vcov.to_numpy().diagonal() ** 0.5
    assert np.isfinite(errors).all()
    assert (errors > 0).all()
    best = discrepancy(fit.theta)
    steps = np.diag(1e-3 * errors)
    up = np.array([discrepancy(fit.theta + step) for step in steps])
    down = np.array([discrepancy(fit.theta - step) for step in steps])
    gradient, curvature = (up - down) / 2e-3, (up - 2 * best + down) / 1e-6
    assert np.abs(gradient).max() < 1e-5 * np.abs(curvature).max()
    assert (curvature > 0).all()


@pytest.mark.parametrize(
    "names",
    [("chain-ml", "chain-0-100", "chain-mixed"), ("hs-ml", "hs-times-100"),
     ("scales-standardised", "scales-ml")],
    ids=lambda names: names[0],
)  # fmt: skip
def test_scale_does_not_matter(names: tuple[str, ...]) -> None:
    first, *others = (fitted(name).measures["chisq"] for name in names)
    assert others == pytest.approx([first] * len(others), abs=1e-6)
