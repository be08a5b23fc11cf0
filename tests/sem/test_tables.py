"""Data frames of other libraries, and ordered categories."""

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest

from workbench import sem
from workbench.errors import DataError
from workbench.tables import as_pandas

MODEL = "f =~ x1 + x2 + x3"
WORDS = ["never", "sometimes", "often", "always"]


@pytest.fixture
def schools(inference_data):
    data = inference_data("hs")
    data.loc[::7, "x2"] = np.nan
    return data


@pytest.mark.parametrize("kind", ["polars", "lazy", "arrow"])
def test_any_data_frame_gives_the_same_fit(schools, kind):
    other = {
        "polars": polars.from_pandas,
        "lazy": lambda data: polars.from_pandas(data).lazy(),
        "arrow": pyarrow.Table.from_pandas,
    }[kind](schools)
    words = {"missing": "fiml", "estimator": "MLR", "cluster": "school"}
    expected = sem.fit(MODEL, schools, **words)
    found = sem.fit(MODEL, other, **words)
    assert found.nobs == 301
    np.testing.assert_array_equal(found.theta, expected.theta)
    assert found.refit(add="x1 ~ x4", warn=False).nobs == 301
    by_school = sem.fit_many(MODEL, other, "school")
    assert set(by_school) == set(schools["school"])
    levels = sem.invariance(MODEL, other, "school", warn=False)
    assert levels.fits["metric"].nobs == schools[["x1", "x2", "x3"]].dropna().shape[0]


@pytest.mark.parametrize("data", [np.eye(3), {"x1": [1]}, "file.csv", pd.Series([1.0])])
def test_what_is_no_data_frame_is_refused(data):
    with pytest.raises(DataError, match=r"not a data frame; make one .* as in pandas.DataFrame"):
        sem.fit(MODEL, data)


def test_ordered_categories_count_as_ranks(schools):
    rank = pd.qcut(schools["x2"], 4, labels=False)  # 0 to 3
    words = pd.Categorical.from_codes(rank.fillna(-1).astype(int), WORDS, ordered=True)
    fit = sem.fit(MODEL, schools.assign(x2=words))
    expected = sem.fit(MODEL, schools.assign(x2=rank + 1.0))
    np.testing.assert_array_equal(fit.theta, expected.theta)
    told = "The categories of x2 ('never', 'sometimes', 'often' and 'always') count as 1 to 4"
    assert told in str(fit.warnings[0])
    assert fit.nobs == rank.notna().sum()
    named = polars.from_pandas(schools.assign(x2=words.astype(str)))
    enum = named.with_columns(
        polars.when(polars.col("x2") == "nan").then(None).otherwise(polars.col("x2")).alias("x2")
    ).with_columns(polars.col("x2").cast(polars.Enum(WORDS)))
    np.testing.assert_array_equal(sem.fit(MODEL, enum).theta, expected.theta)


def test_categories_that_are_numbers_stay_numbers(schools):
    numbers = pd.qcut(schools["x2"], 4, labels=[2, 4, 6, 9])
    fit = sem.fit(MODEL, schools.assign(x2=numbers))
    expected = sem.fit(MODEL, schools.assign(x2=numbers.astype(float)))
    np.testing.assert_array_equal(fit.theta, expected.theta)
    assert len(fit.warnings) == 1  # the missing answers


def test_categories_without_an_order_are_refused(schools):
    words = pd.Categorical(np.where(schools["x1"] > 5, "yes", "no"))
    with pytest.raises(DataError, match=r"Item 'x2' has categories without an order \('no' and"):
        sem.fit(MODEL, schools.assign(x2=words))


def test_invariance_of_a_fit_keeps_its_data_and_options(schools):
    fit = sem.fit(MODEL, schools, estimator="MLR", missing="fiml")
    found = sem.invariance(fit, group="school", warn=False)
    words = {"estimator": "MLR", "missing": "fiml"}
    expected = sem.invariance(MODEL, schools, "school", **words, warn=False)
    pd.testing.assert_frame_equal(found.table, expected.table)


def test_a_table_stays_as_it_is():
    data = pd.DataFrame({"x": [1]})
    assert as_pandas(data) is data
