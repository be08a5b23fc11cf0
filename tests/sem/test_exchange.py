"""Fits for lavaan and Mplus, and models from semopy.

What ``to_lavaan`` writes of the two fits below is in tests/reference/sem/exchange, with what lavaan
printed of it (``Rscript one.R > one.txt``, likewise two; R 4.2, lavaan 0.6-14).
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import semopy

import workbench as wb
from workbench import sem
from workbench.errors import ModelError

FOLDER = Path(__file__).parents[1] / "reference" / "sem" / "exchange"


@pytest.fixture
def fits(inference_data):
    data = inference_data("hs").rename(columns={"x1": "first item"})
    holes = data.assign(x2=data["x2"].where(data.index % 9 != 0))
    one = (
        'visual =~ "first item" + l2*x2 + x3; textual =~ x4 + x5 + x6\n'
        "textual ~ b*visual + start(0.1)*ageyr; x2 ~~ x3; x4 ~~ lower(0.01)*x4; k := b*l2"
    )
    two = 'visual =~ "first item" + x2 + x3; visual ~ c(a, b)*x4; d := a - b'
    return {
        "one": sem.fit(one, holes, estimator="MLR", missing="fiml", cluster="agemo"),
        "two": sem.fit(two, data, group="school", group_equal=["loadings"]),
    }


@pytest.mark.parametrize("name", ["one", "two"])
def test_the_script_is_the_one_that_lavaan_has_run(fits, name, tmp_path):
    script, rows, expected = fits[name].to_lavaan(tmp_path / "new", name)
    assert script.read_text() == (FOLDER / f"{name}.R").read_text()
    pd.testing.assert_frame_equal(pd.read_csv(rows), pd.read_csv(FOLDER / f"{name}.csv"))
    own, run = (pd.read_csv(path) for path in (expected, FOLDER / f"{name}_expected.csv"))
    pd.testing.assert_frame_equal(own, run, rtol=1e-4, atol=1e-6)
    printed = (FOLDER / f"{name}.txt").read_text()
    for what in ("estimates", "standard errors"):
        difference = float(re.search(rf"difference of {what}: (\S+)", printed)[1])
        assert 0 <= difference < 1e-5


def test_mplus_is_told_every_parameter(fits, tmp_path):
    source, rows, expected = fits["one"].to_mplus(tmp_path)
    text = source.read_text()
    assert max(map(len, text.split("\n"))) <= 90
    for line in (
        "  NAMES = first_it x2 x3 x4 x5 x6 ageyr cluster;", "  TYPE = COMPLEX;",
        "  ESTIMATOR = MLR;", "  visual BY first_it@1;", "  visual BY x2* (l2);",
        "  textual ON visual* (b);", "  x2 WITH x3*;", "  [visual@0];", "  k = b*l2;",
        "  p_8 > 0.01;",
    ):  # fmt: skip
        assert f"{line}\n" in text
    # The covariate's moments are not the model's.
    assert "ageyr*;" not in text.replace("ON ageyr*", "")
    values = pd.read_csv(rows, sep=" ", header=None, na_values=".")
    assert values.shape == (301, 8)
    assert values[1].isna().sum() == 34
    table = pd.read_csv(expected)
    free = (fits["one"].table["free"] > 0).sum()
    parameters = re.findall(r"^  \S.*\*(?: \(\w+\))?\]?(?: \(\w+\))?;$", text, re.MULTILINE)
    assert len(parameters) == free
    assert set(table["lhs"]) <= {"visual", "textual", "first_it", "k", *map("x{}".format, range(7)),
                                 "ageyr"}  # fmt: skip


def test_mplus_groups_share_what_is_equal(fits, tmp_path):
    text = fits["two"].to_mplus(tmp_path, "two")[0].read_text()
    assert "GROUPING = group (1 = g1 2 = g2);" in text
    first, second = re.split(r"MODEL g\d:\n", text)[1:]
    assert "  visual BY x2* (p_1);" in first
    assert "  visual BY x2* (p_1);" in second
    assert "  visual ON x4* (a);" in first
    assert "  visual ON x4* (b);" in second
    assert "  d = a-b;" in second


def test_names_are_cut_and_stay_different(tmp_path):
    draw = np.random.default_rng(2)
    names = ["satisfaction_1", "satisfaction_2", "Satisfaction 3", "cluster"]
    common = draw.normal(size=100)
    data = pd.DataFrame({name: common + draw.normal(size=100) for name in names})
    model = "f =~ " + " + ".join(f'"{name}"' for name in names)
    fit = sem.fit(model, data)
    text = fit.to_mplus(tmp_path)[0].read_text()
    assert "NAMES = satisfac satisfa2 Satisfa3 cluster2;" in text
    rows = pd.read_csv(fit.to_lavaan(tmp_path)[1])
    assert rows.columns.tolist() == ["satisfaction_1", "satisfaction_2", "Satisfaction_3",
                                     "cluster2"]  # fmt: skip


def test_what_other_programs_cannot_fit_is_said(inference_data, tmp_path):
    study = wb.open_study("data/demo")
    with pytest.raises(ModelError, match=r"nothing lavaan can fit; .*corrected=False"):
        study.fit().to_lavaan(tmp_path)
    moments = sem.fit_moments("x1 ~ x2", 301, inference_data("hs")[["x1", "x2"]].cov())
    with pytest.raises(ModelError, match="fitted to moments"):
        moments.to_mplus(tmp_path)
    bounded = sem.fit("x1 ~ x2", inference_data("hs"), bounds="standard")
    with pytest.raises(ModelError, match="export a fit without"):
        bounded.to_mplus(tmp_path)
    assert not list(tmp_path.iterdir())


SEMOPY = """
# measurement
visual =~ x1 + x2 + l*x3
textual =~ x4 + 0.9*x5 + x6
speed =~ c*x7 + x8 + x9
textual ~ b*visual
x2 ~~ x3
START(0.4) b
BOUND(0, 3) l
"""


def test_a_semopy_model_has_the_same_estimates_here(inference_data):
    data = inference_data("hs")
    theirs = semopy.Model(SEMOPY)
    theirs.fit(data[[f"x{i}" for i in range(1, 10)]], options={"ftol": 1e-12, "maxiter": 9999})
    text = sem.from_semopy(theirs)
    assert text == sem.from_semopy(SEMOPY)
    assert "textual ~ b*visual + start(0.4)*visual" in text
    assert "l > 0\nl < 3" in text
    ours = sem.fit(text, data).estimates.set_index(["lhs", "op", "rhs"])["est"]
    table = theirs.inspect()
    for left, op, right, value in table[["lval", "op", "rval", "Estimate"]].itertuples(index=False):
        # semopy writes loadings as regressions of items.
        keys = [(right, "=~", left), (left, op, right), (right, op, left)]
        found = next(ours[key] for key in keys if key in ours.index)
        assert found == pytest.approx(value, abs=2e-3), (left, op, right)


def test_constraints_of_semopy_are_taken_over():
    text = sem.from_semopy("y ~ a*x1 + b*x2\nCONSTRAINT(a + b = 1)")
    assert text.endswith("a + b == 1")
    with pytest.raises(ModelError, match="DEFINE of the semopy model has no counterpart"):
        sem.from_semopy("y ~ x\nDEFINE(latent) z")
    with pytest.raises(ModelError, match="int is no semopy model"):
        sem.from_semopy(3)
    with pytest.raises(ModelError, match="semopy cannot read"):
        sem.from_semopy("y ?? x")
