"""Models of two levels against lavaan 0.6-14.

Cases, data and the R script that made the expected numbers are in ``tests/reference/sem/twolevel``.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench import sem

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "twolevel"
CASES = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
ANSWERS = pd.read_csv(FOLDER / "answers.csv")
GROUPS = pd.read_csv(FOLDER / "groups.csv")
MISSING = pd.read_csv(FOLDER / "missing.csv")

UNTOUCHED = ("fmin", "rmsea.close.h0", "rmsea.notclose.h0", "rmsea.ci.level")


@cache
def fitted(name: str) -> sem.Fit:
    case: dict[str, Any] = CASES[name]
    rows = ANSWERS[ANSWERS["even"] == 1] if case.get("even") else ANSWERS
    if case.get("groups"):
        rows = rows.merge(GROUPS)
        return sem.fit(
            case["model"], rows, cluster="unit", group="kind", warn=False, **case["options"]
        )
    options = {word.replace(".", "_"): value for word, value in case["options"].items()}
    return sem.fit(case["model"], rows, cluster="unit", warn=False, **options)


def paired(name: str) -> pd.DataFrame:
    """Our rows beside lavaan's, by parameter."""
    theirs = pd.DataFrame(EXPECTED[name]["estimates"])
    ours = fitted(name).estimates
    keys = []
    for table in (ours, theirs):
        level = table["level"].fillna(0).astype(int).where(table["op"] != ":=", 0)
        rhs = table["rhs"].where(table["op"] != ":=", "")
        ends = [" ".join(sorted(pair)) for pair in zip(table["lhs"], rhs, strict=True)]
        if "group" in table:
            of_group = table["group"].where(table["op"] != ":=", "").fillna("").astype(str)
            level = level.astype(str) + of_group
        turned = pd.Series(ends, table.index)
        kept = table["lhs"] + " " + rhs
        keys.append(turned.where(table["op"] == "~~", kept) + table["op"] + level.astype(str))
    structural = theirs["op"] != "=="
    found = ours.assign(key=keys[0]).merge(
        theirs[structural].assign(key=keys[1]), on="key", suffixes=("", "_theirs")
    )
    assert len(found) == len(ours) == structural.sum()
    return found


@pytest.mark.parametrize("name", CASES)
def test_estimates(name: str) -> None:
    assert fitted(name).converged
    rows = paired(name)
    np.testing.assert_allclose(rows["est"], rows["est_theirs"], atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(rows["std_all"], rows["std.all"], atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(rows["std_lv"], rows["std.lv"], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_errors(name: str) -> None:
    rows = paired(name)
    np.testing.assert_allclose(rows["se"], rows["se_theirs"], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_measures(name: str) -> None:
    theirs = {
        key: value
        for key, value in EXPECTED[name]["measures"].items()
        if key not in UNTOUCHED and value is not None
    }
    ours = fitted(name).measures
    assert not set(theirs) - set(ours.index)
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, rel=1e-3, abs=1e-4), key


@pytest.mark.parametrize("name", ["plain", "covariates"])
def test_missing_answers(name: str) -> None:
    """Against the largest value of lavaan's log-likelihood, which lavaan itself may not reach."""
    theirs = json.loads((FOLDER / "expected_missing.json").read_text(encoding="utf-8"))[name]
    fit = sem.fit(CASES[f"{name} ML"]["model"], MISSING, cluster="unit", missing="fiml")
    assert fit.measures["logl"] == pytest.approx(theirs["logl"], abs=1e-6)
    assert fit.measures["logl"] >= theirs["own_logl"] - 1e-6
    table = pd.DataFrame(theirs["estimates"])
    ours = fit.estimates[fit.estimates["se"] > 0]
    ends = ["lhs", "op", "rhs", "level"]
    both = ours.merge(table.assign(rhs=table["rhs"].fillna("")), on=ends, suffixes=("", "_theirs"))
    assert len(both) == len(ours) == len(table)
    np.testing.assert_allclose(both["est"], both["est_theirs"], atol=1e-6)
    np.testing.assert_allclose(both["se"], both["se_theirs"], rtol=1e-5)
