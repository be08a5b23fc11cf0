"""Models revised and compared against lavaan's, made by tests/reference/sem/refit.R."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench import sem
from workbench.errors import ChainError, DataError, ModelError, ModelSyntaxError

FILE = Path(__file__).parents[1] / "reference" / "sem" / "refit.json"
EXPECTED = json.loads(FILE.read_text())
MEASURED = "visual =~ x1; textual =~ x4; speed =~ x7; x1 ~~ 0*x1; x4 ~~ 0*x4; x7 ~~ 0*x7\n"
FULL = MEASURED + "textual ~ a*visual; speed ~ b*textual + visual; ab := a*b"
TWO = "visual =~ x1 + x2 + x3; speed =~ x7 + x8 + x9"


def check(fit, expected):
    table = fit.estimates
    names = (table["lhs"] + " " + table["op"] + " " + table["rhs"]).tolist()
    for kind in ("est", "se"):
        found = dict(zip(names, table[kind], strict=True))
        for name, value in expected[kind].items():
            assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-6), (name, kind)
    assert fit.measures["df"] == expected["df"]
    assert fit.measures["chisq"] == pytest.approx(expected["chisq"], rel=1e-4, abs=1e-7)
    assert fit.measures["chisq.scaled"] == pytest.approx(expected["scaled"], rel=1e-4, abs=1e-7)


@pytest.fixture
def known(inference_data):
    """Rows with a missing answer here and there, whose values have known errors."""
    data = inference_data("hs")
    data.loc[2::17, "x4"] = np.nan
    data["row"] = range(len(data))
    error = np.broadcast_to(np.diag([0.3, 0.2, 0.4]), (len(data), 3, 3))
    return data, sem.ErrorCovariance(("x1", "x4", "x7"), error, data[["row"]])


def test_known_errors_missing_answers_and_estimator_stay(known):
    data, error = known
    full = sem.fit(FULL, data, error=error, missing="fiml", estimator="MLR")
    check(full, EXPECTED["full"])
    dropped = full.refit(drop="speed ~ visual")
    check(dropped, EXPECTED["dropped"])
    check(dropped.refit(add="speed ~ visual"), EXPECTED["full"])
    table = full.compare(dropped)
    expected = EXPECTED["difference"]
    assert table["df_diff"][1] == expected["df"]
    assert table["chisq_diff"][1] == pytest.approx(expected["stat"], rel=1e-3)
    assert table["pvalue"][1] == pytest.approx(expected["pvalue"], rel=1e-4)


def test_hypotheses_about_labels(known):
    data, error = known
    full = sem.fit(FULL, data, error=error, missing="fiml", estimator="MLR")
    for test, expected in (
        (full.wald("a == b"), EXPECTED["wald"]),
        (full.wald("a == b", "a*b == 0.1"), EXPECTED["both"]),
        (full.wald(["a == b", "a*b == 0.1"]), EXPECTED["both"]),
    ):
        assert test.df == expected["df"]
        assert test.statistic == pytest.approx(expected["stat"], rel=1e-4)
        assert test.pvalue == pytest.approx(expected["pvalue"], rel=1e-3)


def test_items_are_added_and_moved(inference_data):
    two = sem.fit(TWO, inference_data("hs"), estimator="MLM")
    check(two, EXPECTED["two"])
    check(two.refit(add="visual =~ x9", drop="speed =~ x9", warn=False), EXPECTED["moved"])
    extra = two.refit(add=["visual =~ x9"])
    check(extra, EXPECTED["extra"])
    table, expected = two.compare(extra), EXPECTED["wider"]
    assert table["model"].tolist() == ["model 2", "model 1"]
    assert table["chisq_diff"][1] == pytest.approx(expected["stat"], rel=1e-4)
    assert table["pvalue"][1] == pytest.approx(expected["pvalue"], rel=1e-3)


def test_an_item_leaves_with_all_that_is_said_of_it(inference_data):
    model = (
        "f =~ x1 + l2*x2 + l3*x3 + start(0.5)*x4; x2 ~~ x3; x3 ~ 5*1\n"
        "mean := (1 + l2 + l3)/3; twice := 2*mean; of_two := 2*l2"
    )
    fit = sem.fit(model, inference_data("hs"), warn=False)
    without = fit.refit(drop="f =~ x3", warn=False)
    assert without.layout.observed == ("x1", "x2", "x4")
    assert without.table.query("op == ':='")["lhs"].tolist() == ["of_two"]
    assert "mean and twice speak of what was dropped" in str(without.warnings[-1])
    same = sem.fit(
        "f =~ x1 + l2*x2 + x4; of_two := 2*l2", inference_data("hs"), meanstructure=False
    )
    assert without.measures["logl"] == pytest.approx(same.measures["logl"], abs=1e-6)
    assert "start(0.5)*x4" in without.model


def test_a_dropped_path_keeps_its_label_unless_another_has_it(inference_data):
    data = inference_data("hs")
    fit = sem.fit("x1 ~ a*x2 + a*x3 + b*x4; both := a + b", data)
    without = fit.refit(drop=["x1 ~ x3", "x1 ~ x4"])
    links = without.estimates.query("op == '~'").set_index("rhs")["est"]
    assert links["x2"] > 0.05
    assert links["x3"] == links["x4"] == 0
    both = without.estimates.set_index("lhs").at["both", "est"]
    assert both == pytest.approx(links["x2"])


def test_groups_and_what_is_equal_in_them_stay(inference_data):
    data = inference_data("hs")
    words = {"group": "school", "group_equal": ["loadings"], "estimator": "MLR"}
    fit = sem.fit("f =~ x1 + x2 + x3; f ~ c(a, b)*x4", data, **words)
    again = fit.refit(add="x1 ~~ x4")
    same = sem.fit("f =~ x1 + x2 + x3; f ~ c(a, b)*x4; x1 ~~ x4", data, **words)
    assert again.measures["chisq.scaled"] == pytest.approx(same.measures["chisq.scaled"])
    assert again.options == fit.options
    dropped = fit.refit(drop="f ~ x4")
    assert dropped.measures["df"] == fit.measures["df"] + 2


def test_moments_and_the_same_rows(inference_data):
    data = inference_data("hs")[["x1", "x2", "x3", "x4"]]
    moments = sem.fit_moments("x1 ~ x2 + x3", len(data), data.cov())
    direct = sem.fit("x1 ~ x2 + x3; x3 ~ x4", data)
    revised = moments.refit(add="x3 ~ x4")
    assert revised.measures["chisq"] == pytest.approx(direct.measures["chisq"])
    rival = sem.fit_same_rows("x1 ~ x2; x3 ~ x2", sem.fit("x1 ~ x2; x3 ~ x1", data))
    assert rival.refit(add="x1 ~ x3", drop="x3 ~ x2", warn=False).nobs == len(data)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"drop": "x1 ~ x9"}, "no 'x1 ~ x9' to drop .*it has x1 ~ x2 and x1 ~ x3"),
        ({"add": "x1 ~ x2"}, "already has 'x1 ~ x2'"),
        ({"add": "x2 ~~ x3"}, "already has 'x2 ~~ x3'"),
        ({"add": "k := a"}, "already defines 'k'"),
        ({"drop": "k := 3*a"}, "no 'k := 3\\*a' to drop; it has 'k := 2\\*a'"),
        ({}, "Nothing to refit"),
        ({"add": "x1 ~ y9"}, "'y9' is not a column"),
    ],
)
def test_what_cannot_be_revised_is_said(inference_data, words, told):
    fit = sem.fit("x1 ~ a*x2 + x3; k := 2*a", inference_data("hs"))
    with pytest.raises(ModelError, match=told):
        fit.refit(**words)


def test_a_construct_keeps_an_item(inference_data):
    fit = sem.fit("f =~ x1 + x2 + x3; g =~ x4; f ~ g", inference_data("hs"))
    with pytest.raises(ModelError, match="'g' would have no item left without 'x4'"):
        fit.refit(drop="g =~ x4")
    assert fit.refit(drop="g =~ x4", add="g =~ x5").layout.observed[3] == "x5"
    with pytest.raises(ModelSyntaxError, match="Line 1, column 4"):
        fit.refit(add="f ~")


def test_a_file_of_a_fit_does_not_hold_its_data(inference_data):
    read = pickle.loads(pickle.dumps(sem.fit("x1 ~ x2", inference_data("hs"))))
    assert read.nobs == 301
    with pytest.raises(ModelError, match="not at hand"):
        read.refit(drop="x1 ~ x2")


def test_data_changed_afterwards_are_not_what_was_fitted(inference_data):
    data = inference_data("hs")
    fit = sem.fit("x1 ~ x2; x3 ~ x2", data)
    before = fit.refit(drop="x3 ~ x2").estimates["est"][0]
    data["x1"] = 2.0 * data["x1"]
    assert fit.refit(drop="x3 ~ x2").estimates["est"][0] == before


def test_a_study_refits_its_chain_with_its_errors():
    study = wb.open_study("data/demo")
    fit = study.fit()
    link = fit.estimates.set_index("label").at["b_people_service", "est"]
    apart = fit.refit(drop="trust ~ people")
    assert apart.problem.known_errors
    assert apart.options == fit.options
    again = fit.refit(drop="trust ~ people").refit(add="trust ~ people")
    found = again.estimates.set_index("label").at["b_people_service", "est"]
    assert found == pytest.approx(link, rel=1e-6)
    # Without the errors the link is weaker.
    naive = study.fit(corrected=False).estimates.set_index("label").at["b_people_service", "est"]
    assert found == pytest.approx(0.27, abs=0.005)
    assert naive < 0.25


def test_a_study_fits_a_model_as_its_own_chain():
    study = wb.open_study("data/demo")
    chain = study.fit()
    own = study.fit(model="service ~ people; trust ~ service + people")
    assert own.options == chain.options
    assert own.problem.known_errors
    links = [
        fit.estimates.query("op == '~'").set_index(["lhs", "rhs"])["est"].to_dict()
        for fit in (own, chain)
    ]
    assert links[0] == pytest.approx(links[1], rel=1e-5)
    told = [wb.links(fit).sort_values(["from", "to", "effect"]) for fit in (own, chain)]
    pd.testing.assert_frame_equal(*(one.reset_index(drop=True) for one in told), rtol=1e-4)
    labelled = study.fit(model="service ~ a*people; trust ~ b*service; ab := a*b")
    assert wb.links(labelled).empty
    assert "ab" in set(labelled.estimates["lhs"])


def test_a_model_of_items_and_of_one_source():
    study = wb.open_study("data/demo")
    own = study.fit(model="confidence =~ trust_1 + trust_2 + trust_3; confidence ~ service")
    assert own.options.weights == "weight"
    assert own.options.cluster == "cluster"
    assert set(own.layout.latent) == {"confidence", "service"}
    across = study.fit(model="feel =~ engaged_1 + engaged_2; service ~ feel", warn=False)
    assert across.problem.known_errors
    assert "service_1" in across.layout.observed
    with pytest.raises(ModelError, match="Did you mean 'service'"):
        study.fit(model="trust ~ servce")
    with pytest.raises(ChainError, match="leave one of them out"):
        study.fit("citizens-first", model="trust ~ service")


def test_errors_of_units_follow_them_through_a_merge():
    study = wb.open_study("data/demo")
    data = study.chain_data()
    names = data.frame[["organisation"]].drop_duplicates().sort_values("organisation")
    names["type"] = range(len(names))
    merged = names.merge(data.frame, on="organisation").iloc[::-1].reset_index(drop=True)
    assert merged["unit"].tolist() != data.frame["unit"].tolist()
    words = {"error": data.error, "missing": "fiml", "warn": False}
    model = "trust =~ trust_1 + trust_2 + trust_3"
    expected = sem.fit(model, data.frame, **words)
    np.testing.assert_allclose(sem.fit(model, merged, **words).theta, expected.theta, rtol=1e-4)
    renamed = merged.assign(unit="another " + merged["unit"].astype(str))
    with pytest.raises(DataError, match=r"no error matrix of organisation '.*', unit 'another "):
        sem.fit(model, renamed, **words)
