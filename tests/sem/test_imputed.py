"""Multiple imputations against semTools and by hand, made by tests/reference/sem/imputed.R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars
import pytest
from scipy import stats

from workbench import sem
from workbench.errors import DataError, ModelError
from workbench.sem.inference.imputation import d2, d4

FOLDER = Path(__file__).parents[1] / "reference" / "sem"
EXPECTED = json.loads((FOLDER / "imputed.json").read_text())
WIDE = "visual =~ x1 + x2 + x3; textual =~ x4 + x5 + x6; textual ~ b*visual; twice := 2*b"
NARROW = "visual =~ x1 + a*x2 + a*x3; textual =~ x4 + x5 + x6; textual ~ b*visual"


@pytest.fixture(scope="module")
def frames():
    data = pd.read_csv(FOLDER / "imputed.csv")
    return [own.drop(columns="imputation") for _, own in data.groupby("imputation")]


@pytest.fixture(scope="module")
def wide(frames):
    return sem.fit_imputed(WIDE, frames)


def test_estimates_are_those_of_semtools(wide):
    table = wide.estimates.set_index(["lhs", "op", "rhs"])
    for row in EXPECTED["estimates"]:
        found = table.loc[(row["lhs"], row["op"], row["rhs"])]
        assert found["est"] == pytest.approx(row["est"], rel=1e-4)
        assert found["se"] == pytest.approx(row["se"], rel=1e-4)
        for name in ("t", "df", "pvalue", "fmi"):
            if name in row:
                assert found[name] == pytest.approx(row[name], rel=3e-3, abs=1e-12), (row, name)
            else:
                assert np.isnan(found[name])
    link = table.loc[("textual", "~", "visual")]
    assert link["est"] == pytest.approx(EXPECTED["link"]["est"], rel=1e-5)
    assert link["se"] == pytest.approx(EXPECTED["link"]["se"], rel=1e-4)
    margin = stats.t.isf(0.025, link["df"]) * link["se"]
    assert link["ci_upper"] - link["est"] == pytest.approx(margin)
    twice = wide.estimates.query("lhs == 'twice'").iloc[0]
    assert twice["est"] == pytest.approx(2 * link["est"])
    assert twice["se"] == pytest.approx(2 * link["se"])


def check(test, expected):
    assert test.df == expected["df"]
    assert test.statistic == pytest.approx(expected["statistic"], rel=1e-3)
    assert test.df2 == pytest.approx(expected["df2"], rel=5e-3)
    assert test.pvalue == pytest.approx(expected["pvalue"], rel=5e-3)


def test_the_likelihood_ratio_test(wide, frames):
    check(wide.test, EXPECTED["d4"])
    narrow = sem.fit_imputed(NARROW, frames)
    check(wide.compare(narrow), EXPECTED["difference"])
    check(narrow.compare(wide), EXPECTED["difference"])
    assert "(D4), p = 0.004" in repr(wide)
    with pytest.raises(ModelError, match="neither is nested"):
        wide.compare(wide)


def test_robust_tests_are_pooled(frames):
    robust = sem.fit_imputed(WIDE, frames, estimator="MLR")
    expected = EXPECTED["d2"]
    assert robust.test.method == "D2"
    assert robust.test.statistic == pytest.approx(expected["F"], rel=1e-3)
    assert robust.test.df2 == pytest.approx(expected["df2"], rel=1e-3)
    assert robust.test.pvalue == pytest.approx(expected["pvalue"], rel=1e-3)
    assert robust.test.increase == pytest.approx(expected["ariv"], rel=1e-3)
    with pytest.raises(ModelError, match="fit both with estimator='ML'"):
        robust.compare(sem.fit_imputed(NARROW, frames, estimator="MLR"))


def test_imputations_that_agree_are_complete_data(frames):
    same = sem.fit_imputed(WIDE, [frames[0]] * 3)
    alone = sem.fit(WIDE, frames[0])
    np.testing.assert_allclose(same.estimates["se"], alone.estimates["se"], atol=1e-12)
    chi_square = alone.chi_square
    assert same.test.df * same.test.statistic == pytest.approx(chi_square.statistic, rel=1e-6)
    assert same.test.pvalue == pytest.approx(alone.measures["pvalue"], rel=1e-4)
    assert d2(np.full(3, 20.0), 8).statistic == pytest.approx(20 / 8)


def test_tests_hold_their_level():
    # Estimates with half of their variance between imputations; the hypothesis is true.
    draw = np.random.default_rng(4)
    tail = []
    for _ in range(4000):
        centre = draw.normal(scale=np.sqrt(1.5))
        shift = draw.normal(scale=np.sqrt(0.5), size=10)
        values = centre + shift
        each = values**2
        tail.append(d4(each, float(values.mean() ** 2), 1).pvalue)
    assert np.mean(np.array(tail) < 0.05) == pytest.approx(0.05, abs=0.012)


def test_what_cannot_be_pooled_is_said(frames):
    with pytest.raises(DataError, match="1 imputation was given"):
        sem.fit_imputed(WIDE, frames[:1])
    with pytest.raises(DataError, match="1 imputation was given"):
        sem.fit_imputed(WIDE, frames[0])
    with pytest.raises(DataError, match="300 and 301 rows"):
        sem.fit_imputed(WIDE, [frames[0], frames[1].head(300)])


def test_other_libraries_and_html(frames, wide):
    other = sem.fit_imputed(WIDE, [polars.from_pandas(frame) for frame in frames])
    pd.testing.assert_frame_equal(other.estimates, wide.estimates)
    html = wide._repr_html_()
    assert "Pooled estimates" in html
    assert "textual ~ visual" in html
