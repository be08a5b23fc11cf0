"""Models of values with known errors: against lavaan, plain FIML and the likelihood written out."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from workbench import sem
from workbench.errors import DataError, ModelError, NoSaturatedModelWarning
from workbench.sem.estimation.saturated import saturated_of

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "linkage"
EXPECTED = json.loads((REFERENCE / "known_error.json").read_text())
ITEMS = ("p1", "p2", "p3", "s1", "s2", "s3")
MODEL = """
people =~ p1 + p2 + p3
service =~ s1 + s2 + s3
service ~ b*people
"""


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "known_error.csv").assign(unit=lambda rows: rows.index)


def same_error(data: pd.DataFrame) -> sem.ErrorCovariance:
    matrix = np.array(EXPECTED["error"])
    return sem.ErrorCovariance(ITEMS, np.broadcast_to(matrix, (len(data), 6, 6)), data[["unit"]])


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_equal_errors_as_in_lavaan(data: pd.DataFrame, estimator: str) -> None:
    fit = sem.fit(MODEL, data, estimator=estimator, missing="fiml", error=same_error(data))
    expected = pd.DataFrame(EXPECTED[estimator]["estimates"])
    keys = ["lhs", "op", "rhs"]
    both = expected.merge(fit.estimates, on=keys, suffixes=("_r", ""))
    assert len(both) == len(expected) == 23
    np.testing.assert_allclose(both["est"], both["est_r"], atol=2e-5)
    np.testing.assert_allclose(both["se"], both["se_r"], atol=2e-5)
    for name, value in EXPECTED[estimator]["measures"].items():
        assert fit.measures[name] == pytest.approx(value, rel=1e-5), name


def test_without_error_it_is_plain_fiml(data: pd.DataFrame) -> None:
    none = sem.ErrorCovariance(ITEMS, np.zeros((len(data), 6, 6)), data[["unit"]])
    known = sem.fit(MODEL, data, estimator="MLR", missing="fiml", error=none)
    plain = sem.fit(MODEL, data, estimator="MLR", missing="fiml")
    np.testing.assert_allclose(known.estimates["est"], plain.estimates["est"], atol=1e-7)
    np.testing.assert_allclose(known.estimates["se"], plain.estimates["se"], atol=1e-7)
    for name in ("chisq", "chisq.scaled", "cfi", "srmr", "logl", "baseline.chisq.scaled"):
        assert known.measures[name] == pytest.approx(plain.measures[name], rel=1e-7), name
    pd.testing.assert_frame_equal(known.factor_scores(), plain.factor_scores(), atol=1e-7)


@pytest.fixture(scope="module")
def uneven() -> tuple[pd.DataFrame, sem.ErrorCovariance]:
    """Three items of 80 units with an error matrix each; some means are missing."""
    generator = np.random.default_rng(5)
    true = generator.standard_normal((80, 1)) * [1.0, 0.8, 1.2] + 0.4 * generator.standard_normal(
        (80, 3)
    )
    within = np.array([[2.0, 1.0, 0.5], [1.0, 2.5, 1.0], [0.5, 1.0, 1.5]])
    matrices = within / generator.integers(2, 12, 80)[:, None, None]
    noise = np.array([generator.multivariate_normal(np.zeros(3), m) for m in matrices])
    values = 5 + true + noise
    values[:6, 0] = np.nan
    values[6:9, 1:] = np.nan
    data = pd.DataFrame(values, columns=["a", "b", "c"]).assign(
        organisation=np.repeat(["x", "y"], 40), unit=np.tile(np.arange(40), 2)
    )
    # The order of items is not the data's.
    known = matrices[:, [2, 0, 1]][:, :, [2, 0, 1]]
    return data, sem.ErrorCovariance(("c", "a", "b"), known, data[["organisation", "unit"]])


def minus_log_likelihood(theta: np.ndarray, data: pd.DataFrame, known: np.ndarray) -> float:
    loading, spread, mean = np.array([1, *theta[:2]]), theta[2:6], theta[6:]
    sigma = spread[0] * np.outer(loading, loading) + np.diag(spread[1:])
    total = 0.0
    for row, error in zip(data[["a", "b", "c"]].to_numpy(), known, strict=True):
        seen = ~np.isnan(row)
        own = (sigma + error)[np.ix_(seen, seen)]
        if np.linalg.eigvalsh(own)[0] <= 0:
            return np.inf
        gap = row[seen] - mean[seen]
        total += 0.5 * (np.linalg.slogdet(own)[1] + gap @ np.linalg.solve(own, gap))
        total += 0.5 * seen.sum() * np.log(2 * np.pi)
    return total


def test_the_maximum_of_the_likelihood_written_out(
    uneven: tuple[pd.DataFrame, sem.ErrorCovariance],
) -> None:
    data, error = uneven
    known = error.matrices[:, [1, 2, 0]][:, :, [1, 2, 0]]
    fit = sem.fit("f =~ a + b + c", data, missing="fiml", error=error)
    estimates = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    theta = np.array(
        [
            *(estimates["f", "=~", x] for x in "bc"),
            estimates["f", "~~", "f"],
            *(estimates[x, "~~", x] for x in "abc"),
            *(estimates[x, "~1", ""] for x in "abc"),
        ]
    )
    at = minus_log_likelihood(theta, data, known)
    assert fit.measures["logl"] == pytest.approx(-at, rel=1e-10)
    found = optimize.minimize(minus_log_likelihood, theta * 1.1, (data, known), "BFGS")
    np.testing.assert_allclose(found.x, theta, atol=2e-4)
    assert found.fun >= at - 1e-9


def test_errors_of_estimates_are_those_of_the_likelihood(
    uneven: tuple[pd.DataFrame, sem.ErrorCovariance],
) -> None:
    data, error = uneven
    known = error.matrices[:, [1, 2, 0]][:, :, [1, 2, 0]]
    fit = sem.fit("f =~ a + b + c", data, missing="fiml", error=error)
    order = ["f =~ b", "f =~ c", "f ~~ f", "a ~~ a", "b ~~ b", "c ~~ c", "a ~ 1", "b ~ 1", "c ~ 1"]
    theta = fit.theta[[fit.names.index(name) for name in order]]
    step, k = 1e-3, len(theta)
    hessian = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            corners = [
                minus_log_likelihood(
                    theta + step * (s * np.eye(k)[i] + t * np.eye(k)[j]), data, known
                )
                for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            ]
            hessian[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    expected = np.sqrt(np.diagonal(np.linalg.inv(hessian)))
    found = np.sqrt(np.diagonal(fit.vcov.loc[order, order]))
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_factor_scores_shrink_more_where_errors_are_larger(
    uneven: tuple[pd.DataFrame, sem.ErrorCovariance],
) -> None:
    data, error = uneven
    fit = sem.fit("f =~ a + b + c", data, missing="fiml", error=error)
    row, known = (
        data.loc[40, ["a", "b", "c"]].to_numpy(float),
        error.matrices[40][[1, 2, 0]][:, [1, 2, 0]],
    )
    sigma, mu = fit.layout.implied(fit.theta).sigma[0], fit.layout.implied(fit.theta).mu[0]
    a, s, _ = (matrix[0] for matrix in fit.layout.matrices(fit.theta))
    loading, variance = a[:3, 3], s[3, 3]
    expected = variance * loading @ np.linalg.solve(sigma + known, row - mu)
    assert fit.factor_scores()["f"].iloc[40] == pytest.approx(expected)


def test_resampling_takes_rows_with_their_errors(
    uneven: tuple[pd.DataFrame, sem.ErrorCovariance],
) -> None:
    data, error = uneven
    fit = sem.fit("f =~ a + b + c", data, missing="fiml", error=error)
    found = fit.bootstrap(3, seed=4)
    generator = np.random.default_rng(4)
    draws = [generator.integers(80, size=80, dtype=np.uint32) for _ in range(2)]
    rows = np.repeat(np.arange(80), np.bincount(draws[1], minlength=80))
    drawn = data.iloc[rows].assign(unit=np.arange(80))
    again = sem.fit(
        "f =~ a + b + c",
        drawn,
        missing="fiml",
        error=sem.ErrorCovariance(error.items, error.matrices[rows], drawn[["unit"]]),
    )
    free = found.parameters[["lhs", "op", "rhs"]].merge(again.estimates)["est"]
    np.testing.assert_allclose(found.replicates[1], free, atol=1e-6)


def test_errors_that_cannot_be_are_said(data: pd.DataFrame) -> None:
    good = same_error(data)
    with pytest.raises(ModelError, match="missing='fiml'"):
        sem.fit(MODEL, data, error=good)
    with pytest.raises(ModelError, match="engine='semopy'"):
        sem.fit(MODEL, data, missing="fiml", engine="semopy", error=good)
    with pytest.raises(ModelError, match=r"'p9' is not a column of the data\. Did you mean 'p"):
        sem.fit(
            MODEL, data, missing="fiml",
            error=sem.ErrorCovariance((*ITEMS[:5], "p9"), good.matrices, good.keys),
        )  # fmt: skip
    with pytest.raises(DataError, match=r"\(149, 6, 6\), but 150 rows and 6 items"):
        sem.ErrorCovariance(ITEMS, good.matrices[1:], good.keys)
    wrong = good.matrices.copy()
    wrong[3, 0, 0] = -1
    with pytest.raises(DataError, match="of unit 3 is not a covariance matrix"):
        sem.ErrorCovariance(ITEMS, wrong, good.keys)
    with pytest.raises(DataError, match="data frame of the columns that identify the rows"):
        sem.ErrorCovariance(ITEMS, good.matrices, data.index)
    with pytest.raises(DataError, match="two error matrices of unit 0"):
        sem.ErrorCovariance(ITEMS, good.matrices, good.keys.assign(unit=lambda k: k["unit"] // 2))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.sample(frac=1, random_state=1).reset_index(drop=True),
        lambda data: data.set_index(["organisation", "unit"]).iloc[::-1],
        lambda data: data.sort_values("a").merge(
            pd.DataFrame({"organisation": ["y", "x"], "kind": ["one", "other"]}), how="right"
        ),
        lambda data: data.astype({"organisation": "category", "unit": float}).iloc[::-1],
    ],
    ids=["shuffled and numbered anew", "keys in the index", "merged", "other types"],
)
def test_errors_stay_with_their_units(uneven: tuple, change: Callable) -> None:
    data, error = uneven
    expected = sem.fit("f =~ a + b + c", data, missing="fiml", error=error)
    found = sem.fit("f =~ a + b + c", change(data), missing="fiml", error=error)
    np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-6)
    np.testing.assert_allclose(found.vcov, expected.vcov, rtol=1e-4)


def test_some_rows_are_fitted_with_their_own_errors(uneven: tuple) -> None:
    data, error = uneven
    part = data[data["organisation"] == "y"].dropna().reset_index(drop=True)
    found = sem.fit("f =~ a + b + c", part, missing="fiml", error=error)
    own = sem.ErrorCovariance(error.items, error.matrices[40:], part[["organisation", "unit"]])
    expected = sem.fit("f =~ a + b + c", part, missing="fiml", error=own)
    np.testing.assert_array_equal(found.theta, expected.theta)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.assign(unit=data["unit"] + 1), "of organisation 'x', unit 40"),
        (lambda data: data.drop(columns="unit"), "no column 'unit'; keep it in the data"),
        (lambda data: pd.concat([data, data[3:4]]), "two rows of organisation 'x', unit 3,"),
    ],
)
def test_rows_without_an_error_of_their_own_are_named(
    uneven: tuple, change: Callable, message: str
) -> None:
    data, error = uneven
    with pytest.raises(DataError, match=message):
        sem.fit("f =~ a + b + c", change(data), missing="fiml", error=error)


def test_error_of_scores_is_that_of_the_mean_of_answered_items() -> None:
    matrix = np.array([[4.0, 2.0, 0.0], [2.0, 6.0, 0.0], [0.0, 0.0, 9.0]])
    data = pd.DataFrame(
        {"a": [1.0, 1.0], "b": [2.0, np.nan], "c": [3.0, 3.0], "unit": ["one", "two"]}
    )
    error = sem.ErrorCovariance(("a", "b", "c"), np.stack([matrix, matrix]), data[["unit"]])
    scores = error.of_means(data, {"first": ["a", "b"], "second": ["c"]})
    assert scores.items == ("first", "second")
    # (4 + 6 + 2 · 2) / 4 where both are answered, 4 where a is alone.
    np.testing.assert_allclose(scores.matrices, [[[3.5, 0], [0, 9]], [[4, 0], [0, 9]]])


def little_left(rows: int, seed: int) -> tuple[pd.DataFrame, sem.ErrorCovariance]:
    """Values of five items that are error for the larger part."""
    rng = np.random.default_rng(seed)
    factor, spread = rng.normal(size=(rows, 1)), rng.uniform(0.3, 2.0, rows)[:, None, None]
    values = 0.6 * factor + 0.3 * rng.normal(size=(rows, 5)) + 0.8 * rng.normal(size=(rows, 5))
    data = pd.DataFrame(values, columns=list("abcde")).assign(unit=np.arange(rows))
    known = 0.64 * np.eye(5) * spread
    return data, sem.ErrorCovariance(tuple("abcde"), known, data[["unit"]])


def test_without_a_saturated_model_there_are_no_measures_of_fit() -> None:
    data, error = little_left(30, 8)
    with pytest.warns(NoSaturatedModelWarning, match="these 5 items .* from 30 rows"):
        fit = sem.fit("f =~ a + b + c + d + e", data, missing="fiml", error=error)
    assert fit.converged
    missing = ["chisq", "cfi", "rmsea", "srmr", "baseline.chisq", "unrestricted.logl", "gfi"]
    assert fit.measures[missing].isna().all()
    assert fit.measures[["npar", "df", "logl", "aic", "bic"]].notna().all()
    assert fit.residuals()[["sample", "raw", "z"]].isna().all(axis=None)
    assert "all that compares with the sample" in fit.summary()


@pytest.mark.parametrize("seed", [1, 3])
def test_moments_without_error_need_not_be_those_of_data(seed: int) -> None:
    data, error = little_left(60, seed)
    model = "b ~ a\nc ~ a + b\nd ~ a + b + c\ne ~ a + b + c + d"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance is below zero, as it happens
        fit = sem.fit(model, data, missing="fiml", error=error)
    assert fit.measures["df"] == 0
    moments, value, converged = saturated_of(fit.problem.sample)
    assert converged
    # As a model that leaves everything free, found by another search, has it.
    assert value[0, 0] == pytest.approx(fit.fmin, rel=1e-9)
    assert np.linalg.eigvalsh(moments.cov[0, 0])[0] < 0
