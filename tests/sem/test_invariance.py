"""Measurement invariance against lavaan's multi-group models and lavTestLRT()."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ActiveConstraintWarning, ModelError
from workbench.sem.fitting import fit
from workbench.sem.invariance import LEVELS, invariance

FILE = Path(__file__).parents[1] / "reference" / "sem" / "inference" / "comparison.json"
MODEL = """
visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9
"""


@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLM"])
def test_table_is_lavaans(inference_case, inference_data, estimator):
    found = invariance(MODEL, inference_data("hs"), group="school", estimator=estimator).table
    assert list(found["level"]) == list(LEVELS)
    tests = json.loads(FILE.read_text())
    method = "default" if estimator == "ML" else "satorra.bentler.2001"
    scaled, robust = ("", "") if estimator == "ML" else (".scaled", ".robust")
    for row in found.itertuples():
        expected = inference_case(f"group_{estimator.lower()}_{row.level}").measures
        assert row.chisq == pytest.approx(expected[f"chisq{scaled}"], rel=1e-4)
        assert row.df == expected["df"]
        assert row.cfi == pytest.approx(expected[f"cfi{robust}"], abs=1e-4)
        assert row.rmsea == pytest.approx(expected[f"rmsea{robust}"], abs=1e-4)
        assert row.srmr == pytest.approx(expected["srmr"], abs=1e-4)
        if row.level != "configural":
            difference = tests[f"{estimator.lower()}/{method}/{row.level}"]
            assert row.chisq_diff == pytest.approx(difference["stat"], rel=1e-3)
            assert row.df_diff == difference["df"]
            assert row.pvalue_diff == pytest.approx(difference["pvalue"], rel=1e-2)


def test_sentence_says_where_equality_stops(inference_data):
    found = invariance(MODEL, inference_data("hs"), group="school")
    # lavaan: CFI .923, .921, .882, .873; RMSEA .097, .093, .107, .107.
    assert found.holds == "metric"
    assert "up to the metric level" in found.sentence
    assert "The scalar level fits worse (ΔCFI −0.038, ΔRMSEA +0.015" in found.sentence
    assert "Cheung & Rensvold and of Chen" in found.sentence
    html = found._repr_html_()
    assert html.count("<tr>") == 5
    assert 'scope="row">strict' in html
    assert "<td>&lt; .001</td>" in html
    assert "&amp;lt;" not in html
    assert "metric level" in repr(found)


def test_equal_groups_are_found_equal():
    rng = np.random.default_rng(5)
    factor = rng.normal(size=(1200, 1))
    answers = factor * [1.0, 0.8, 0.9, 0.7] + rng.normal(scale=0.7, size=(1200, 4))
    data = pd.DataFrame(answers, columns=list("abcd")).assign(g=np.repeat(["one", "two"], 600))
    found = invariance("f =~ a + b + c + d", data, group="g")
    assert found.holds == "strict"
    assert found.sentence.endswith("links, means and scores made of the questions.")


def test_partial_invariance_frees_what_it_names(inference_data):
    data = inference_data("hs")
    freed = invariance(MODEL, data, group="school", group_partial=["x3 ~ 1", "x7 ~ 1"])
    full = invariance(MODEL, data, group="school")
    assert freed.table["df"][2] == full.table["df"][2] - 2
    assert freed.table["chisq"][2] < full.table["chisq"][2] - 20


def test_a_model_without_latent_variables_is_refused(inference_data):
    with pytest.raises(ModelError, match="has none"):
        invariance("x1 ~ x2", inference_data("hs"), group="school")


@pytest.fixture(scope="module")
def orders():
    """Nine questions on three things that have one cause, in two groups that differ in nothing."""
    rng = np.random.default_rng(6)
    cause = rng.normal(size=(600, 1))
    things = np.repeat(0.8 * cause + 0.6 * rng.normal(size=(600, 3)), 3, axis=1)
    answers = things * np.tile([1.0, 0.9, 0.8], 3) + 0.6 * rng.normal(size=(600, 9))
    names = [f"{thing}{i}" for thing in "abc" for i in (1, 2, 3)]
    return pd.DataFrame(answers, columns=names).assign(g=np.repeat(["one", "two"], 300))


def test_a_level_that_is_not_identified_leaves_the_others(orders):
    model = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3\nH =~ A + B + C"
    found = invariance(model, orders, group="g")
    assert list(found.fits) == ["configural", "metric"]
    assert list(found.errors) == ["scalar", "strict"]
    assert "H ~ 1 [2]" in str(found.errors["scalar"])
    # lavaan has the same degrees of freedom; the loadings of both orders are equal: 6 + 2.
    assert found.table["df"].tolist()[:2] == [48, 56]
    assert found.table["df_diff"][1] == 8
    metric = fit(model, orders, group="g", group_equal=["loadings"])
    assert found.table["chisq"][1] == pytest.approx(metric.measures["chisq"])
    assert found.holds == "metric"
    assert "up to the metric level" in found.sentence
    assert "The scalar level cannot be tested: The model is not identified" in found.sentence
    assert "metric" in repr(found)
    assert found._repr_html_().count("<tr>") == 5


def test_a_level_that_sets_nothing_equal_has_no_test(orders):
    found = invariance("A =~ 1*a1 + 1*a2 + 1*a3", orders, group="g")
    assert found.table["df_diff"].tolist()[1:] == [0, 2, 3]
    assert np.isnan(found.table["pvalue_diff"][1])
    assert found.holds == "strict"


def test_a_parameter_that_is_none_is_no_level_that_fails(orders):
    with pytest.raises(ModelError, match="not a parameter of the model"):
        invariance("A =~ a1 + a2 + a3", orders, group="g", group_partial=["A =~ b1"])


def test_levels_at_a_limit_have_no_test_between_them(inference_data):
    model = "f =~ x1 + a*x2 + b*x3 + x4\na > b"
    with pytest.warns(ActiveConstraintWarning):
        found = invariance(model, inference_data("hs"), group="school")
    table = found.table.set_index("level")
    at_limit = [
        level for level, own in found.fits.items() if own.problem.constraints.active(own.theta).size
    ]
    assert at_limit
    assert table.loc[at_limit, "pvalue_diff"].isna().all()
    assert (table["df_diff"].iloc[1:] > 0).all()
