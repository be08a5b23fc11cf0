"""The paragraph of a fit, with the numbers of lavaan (tests/reference/sem/report.R)."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench import sem
from workbench.interpretation.languages import using_language

FILE = Path(__file__).parents[1] / "reference" / "sem" / "report.json"
EXPECTED = json.loads(FILE.read_text())
MODEL = (
    "visual =~ x1 + x2 + x3; textual =~ x4 + x5 + x6; textual ~ a*visual; x9 ~ b*textual; ab := a*b"
)


def three(value):
    return f"{value:.3f}".replace("0.", ".", 1)


def test_numbers_are_those_of_lavaan(inference_data):
    told = sem.fit(MODEL, inference_data("hs"), estimator="MLR").report()
    m = EXPECTED["measures"]
    assert (
        f"χ²({m['df']}, N = 301) = {m['chisq.scaled']:.2f}, p < .001, "
        f"CFI = {three(m['cfi.robust'])}, TLI = {three(m['tli.robust'])}, "
        f"RMSEA = {three(m['rmsea.robust'])}, 90% CI [{three(m['rmsea.ci.lower.robust'])}, "
        f"{three(m['rmsea.ci.upper.robust'])}], SRMR = {three(m['srmr'])}."
    ) in told
    links = EXPECTED["links"]
    for link in links:
        assert (
            f"{link['rhs']} → {link['lhs']}, β = {link['est']:.2f}, SE = {link['se']:.2f}" in told
        )
    effect = EXPECTED["effect"]
    assert (
        f"ab = {effect['est']:.2f}, SE = {effect['se']:.2f}, "
        f"95% CI [{effect['lower']:.2f}, {effect['upper']:.2f}], p = {three(effect['pvalue'])}"
    ) in told
    low, high = EXPECTED["loadings"]
    assert f"loadings were from {low:.2f} to {high:.2f}" in told
    assert "Huber–White" in told
    assert "No answer was missing." in told


def test_rows_groups_and_what_was_left_out(inference_data):
    data = inference_data("hs")
    data.loc[::10, "x1"] = np.nan
    listwise = sem.fit("x1 ~ x2; x3 ~ x2", data)
    assert "(N = 270)" in listwise.report()
    assert "31 rows with missing answers were left out." in listwise.report()
    groups = sem.fit("x2 ~ x3", data, group="school").report()
    assert "in 2 groups (Pasteur: n = 156; Grant-White: n = 145)" in groups
    assert "0 degrees of freedom" in groups
    fiml = sem.fit("x1 ~ x2; x3 ~ x2", data, missing="fiml", cluster="ageyr", weights="agemo")
    assert "full information" in fiml.report()
    assert "in 6 clusters" in fiml.report()
    assert "Rows were weighted." in fiml.report()


def test_french(inference_data):
    fit = sem.fit(MODEL, inference_data("hs"))
    with using_language("fr"):
        told = fit.report()
    assert told.startswith("Le modèle a été estimé par le maximum de vraisemblance (N = 301).")
    assert "IC à 90 % [" in told
    link = next(link for link in EXPECTED["links"] if link["lhs"] == "textual")
    assert f"visual → textual, β = {link['est']:.2f}, ET".replace("0.", "0,") in told


def test_a_model_that_did_not_converge_reports_nothing(inference_data):
    fit = replace(sem.fit("x1 ~ x2", inference_data("hs")), converged=False)
    assert fit.report() == (
        "The model did not converge on N = 301 rows, so none of its numbers is reported."
    )


def test_a_dropped_path_is_not_reported(inference_data):
    fit = sem.fit("f =~ x1; f ~ a*x2 + b*x3; k := a*b", inference_data("hs")).refit(drop="f ~ x3")
    told = fit.report()
    assert "x2 → f" in told
    assert "x3" not in told
    assert "loadings" not in told
    assert "k =" not in told
    assert "[x]" not in told
