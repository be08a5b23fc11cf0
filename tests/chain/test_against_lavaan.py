"""Every chain of the catalogue agrees with lavaan on the same moments."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench import sem

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "chain" / "catalogue"
ROWS = json.loads((REFERENCE / "rows.json").read_text(encoding="utf-8"))
MEASURES = json.loads((REFERENCE / "lavaan.json").read_text(encoding="utf-8"))


def test_the_models_are_those_of_the_catalogue(demo):
    study = demo
    assert sorted(ROWS) == sorted(study.chains())
    for name in ROWS:
        chain = study.runnable_chain(name)
        items = {c.name: study.codebook.items(c.name) for c in chain.constructs}
        written = (REFERENCE / f"{name}.lav").read_text(encoding="utf-8")
        assert wb.chain.model_syntax(chain, items) == written


# Two of the chains have a variance below zero here, in lavaan too.
@pytest.mark.filterwarnings("ignore::workbench.errors.ImproperSolutionWarning")
@pytest.mark.parametrize("name", ROWS)
def test_estimates_and_measures(name):
    model = (REFERENCE / f"{name}.lav").read_text(encoding="utf-8")
    cov = pd.read_csv(REFERENCE / f"{name}.csv", index_col="item")
    fit = sem.fit_moments(model, ROWS[name], cov)
    key = ["lhs", "op", "rhs"]
    expected = pd.read_csv(REFERENCE / f"{name}_lavaan.csv").set_index(key)
    defined = fit.estimates[fit.estimates["op"] == ":="]["lhs"].tolist()
    found = fit.estimates.set_index(key)
    own = pd.DataFrame(
        {
            "est": [_value(found, row, "est", defined) for row in expected.index],
            "se": [_value(found, row, "se", defined) for row in expected.index],
            "std.all": [_value(found, row, "std_all", defined) for row in expected.index],
        }
    )
    # lavaan stops where its own tolerance lets it, some 1e-5 of a standard error from the optimum.
    error = expected["se"].where(expected["se"] > 0, 1.0).to_numpy()
    assert np.nanmax(np.abs(own["est"].to_numpy() - expected["est"].to_numpy()) / error) < 1e-3
    np.testing.assert_allclose(own["se"], expected["se"], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(own["std.all"], expected["std.all"], atol=1e-4)
    for measure, value in MEASURES[name].items():
        assert fit.measures[measure] == pytest.approx(value, rel=1e-5, abs=1e-5), measure


def _value(found: pd.DataFrame, row: tuple, column: str, defined: list[str]) -> float:
    lhs, op, rhs = row
    if op == ":=":
        assert lhs in defined
        return float(found.xs((lhs, op), level=("lhs", "op"))[column].iloc[0])
    if row not in found.index:
        row = (rhs, op, lhs)
    return float(found.loc[row, column])
