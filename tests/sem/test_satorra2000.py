"""The scaled difference test of Satorra (2000) against lavTestLRT(), made by satorra2000.R."""

import json
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError
from workbench.sem.inference import comparison as arrays

FOLDER = Path(__file__).parents[1] / "reference" / "sem"
EXPECTED = json.loads((FOLDER / "satorra2000.json").read_text())
HS = """visual =~ x1 + a*x2 + b*x3
textual =~ x4 + c*x5 + d*x6
speed =~ x7 + e*x8 + f*x9
"""
EQUAL = HS + "a == b\nc == d"
# Wide and narrow model, and how both are fitted.
PAIRS = {
    "mlm": (HS, EQUAL, {"estimator": "MLM"}),
    "mlr": (HS, EQUAL, {"estimator": "MLR"}),
    "fixed": (HS, HS + "visual ~~ 0*speed\nb == 1", {"estimator": "MLR"}),
    "curved": (HS, HS + "a*b == 0.5\nc == d", {"estimator": "MLR"}),
    "one_factor": (HS, "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9", {"estimator": "MLM"}),
    "saturated": ("f =~ x1 + x2 + x3", "f =~ x1 + a*x2 + a*x3", {"estimator": "MLR"}),
    "mimic": (
        HS + "visual ~ sex + ageyr\nspeed ~ sex",
        HS + "visual ~ g*sex + 0*ageyr\nspeed ~ g*sex",
        {"estimator": "MLM"},
    ),
}


TWO = "F =~ p1 + a*p2 + b*p3 + p4\nG =~ s1 + c*s2 + d*s3 + s4\nG ~ F"


@cache
def chain():
    return pd.read_csv(FOLDER / "lavaan_suite" / "data" / "chain.csv")


@cache
def pair(name):
    if name in ("cluster_ml", "cluster_mlr"):
        estimator = "MLR" if name == "cluster_mlr" else "ML"
        return tuple(
            sem.fit(model, chain(), cluster="unit", estimator=estimator)
            for model in (f"{TWO}\na == b\nc == d", TWO)
        )
    data = pd.read_csv(FOLDER / "inference" / "hs.csv")
    if name in PAIRS:
        wide, narrow, options = PAIRS[name]
        return sem.fit(narrow, data, **options), sem.fit(wide, data, **options)
    plain = re.sub(r"[a-f]\*", "", HS)
    equal = {"metric": [["loadings"], []], "scalar": [["loadings", "intercepts"], ["loadings"]]}
    narrow, wide = (
        sem.fit(plain, data, group="school", estimator="MLR", group_equal=kinds)
        for kinds in equal[name]
    )
    return narrow, wide


def difference(name, a_method, scaled_shifted):
    return sem.difference_test(
        *pair(name), "satorra 2000", a_method=a_method, scaled_shifted=scaled_shifted
    )


@pytest.mark.parametrize("shifted", [True, False])
@pytest.mark.parametrize("a_method", ["delta", "exact"])
@pytest.mark.parametrize("name", [*PAIRS, "metric", "scalar", "cluster_ml", "cluster_mlr"])
def test_difference_is_lavaans(name, a_method, shifted):
    expected = EXPECTED[name][f"{a_method} {'shifted' if shifted else 'scaled'}"]
    if name in ("one_factor", "scalar") and a_method == "exact":
        free = r"g =~ x2" if name == "one_factor" else "visual ~1"
        with pytest.raises(ModelError, match=f"{free}.*use a_method='delta'"):
            difference(name, a_method, shifted)
        return
    found = difference(name, a_method, shifted)
    narrow, wide = pair(name)
    gain = narrow.measures["chisq"] - wide.measures["chisq"]
    assert found.statistic == pytest.approx(gain / found.scaling_factor + found.shift)
    if expected is None:  # lavaan stops at a curved constraint
        exact = difference(name, "exact", shifted)
        assert found.statistic == pytest.approx(exact.statistic, rel=0.05)
        return
    # A wide model with equal parameters has other derivatives in lavaan.
    rel = 1e-3 if name == "scalar" else 1e-4
    assert found.df == expected["df"]
    assert found.statistic == pytest.approx(expected["stat"], rel=rel)
    assert found.pvalue == pytest.approx(expected["pvalue"], rel=20 * rel, abs=1e-12)


@pytest.mark.parametrize("name", ["fiml", "weights"])
def test_scaling_is_that_of_the_errors_where_lavaans_is_not(name):
    """c = tr W / m, W = (A V A')⁻¹ A R A' of lavaan's errors V under ML and R under MLR."""
    if name == "fiml":
        data = pd.read_csv(FOLDER / "inference" / "hs_missing.csv")
        narrow, wide = (
            sem.fit(model, data, missing="fiml", estimator="MLR") for model in (EQUAL, HS)
        )
    else:
        narrow, wide = (
            sem.fit(model, chain(), weights="weight") for model in (f"{TWO}\na == b\nc == d", TWO)
        )
    found = sem.difference_test(
        narrow, wide, "satorra 2000", a_method="exact", scaled_shifted=False
    )
    assert found.scaling_factor == pytest.approx(EXPECTED["scaling"][name], rel=1e-4)


def test_the_order_of_the_items_plays_no_part():
    narrow, wide = pair("mlr")
    data = pd.read_csv(FOLDER / "inference" / "hs.csv")
    turned = "\n".join([*reversed(HS.splitlines()), "a == b", "c == d"])
    other = sem.fit(turned, data, estimator="MLR")
    assert other.layout.observed != wide.layout.observed
    found, expected = (sem.difference_test(f, wide, "satorra 2000") for f in (other, narrow))
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-6)


def test_the_table_takes_the_method():
    narrow, wide = pair("mlr")
    table = sem.comparison_table([narrow, wide], "satorra 2000")
    assert table["chisq_diff"][1] == pytest.approx(difference("mlr", "delta", True).statistic)


def test_what_cannot_be_tested_is_refused():
    narrow, wide = pair("mlr")
    with pytest.raises(ModelError, match="a_method='theta' is not known; choose 'delta' or"):
        sem.difference_test(narrow, wide, "satorra 2000", a_method="theta")
    data = pd.read_csv(FOLDER / "inference" / "hs.csv")
    plain = [sem.fit(model, data) for model in (EQUAL, HS)]
    with pytest.raises(ModelError, match="satorra 2000 test needs models with a scaled test"):
        sem.difference_test(*plain, "satorra 2000")
    # The narrow model lets go what the wide one holds equal.
    held = sem.fit(HS + "a == 2*b", data, estimator="MLR")
    other = sem.fit(HS + "c == 1\nd == 1", data, estimator="MLR")
    with pytest.raises(ModelError, match="in 2 ways, but their degrees of freedom differ by 1"):
        sem.difference_test(other, held, "satorra 2000", a_method="exact")
    means = sem.fit(HS + "x1 ~ 1", data, estimator="MLR")
    with pytest.raises(ModelError, match="meanstructure=True"):
        sem.difference_test(narrow, means, "satorra 2000")


def test_arrays_need_what_is_restricted():
    first = arrays.ModelTest("first", 20.0, 10, (100,), 1.1)
    second = arrays.ModelTest("second", 25.0, 12, (100,), 1.1)
    with pytest.raises(ModelError, match="what the narrow model restricts"):
        arrays.difference_test(second, first, "satorra 2000")


@pytest.mark.parametrize("estimator", ["MLMV", "MLMVS"])
def test_models_with_a_test_adjusted_in_variance_are_compared_so(estimator):
    data = pd.read_csv(FOLDER / "inference" / "hs.csv")
    narrow, wide = (sem.fit(model, data, estimator=estimator) for model in (EQUAL, HS))
    found, expected = sem.difference_test(narrow, wide), difference("mlm", "delta", True)
    assert found.method == "satorra 2000"
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-8)
    older = sem.difference_test(narrow, wide, "satorra-bentler 2001")
    theirs = sem.difference_test(*pair("mlm"), "satorra-bentler 2001")
    assert older.statistic == pytest.approx(theirs.statistic, rel=1e-8)
