"""Fits to ordered items against lavaan 0.6-14; the cases are those of ordinal.R."""

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import WorkbenchWarning

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "ordinal"
CASES: dict[str, dict[str, Any]] = json.loads((FOLDER / "ordinal.json").read_text())
OPTIONS = (
    "estimator", "missing", "group", "group_equal", "parameterization", "std_lv", "orthogonal",
    "fixed_x",
)  # fmt: skip


def answers(case: dict[str, Any]) -> pd.DataFrame:
    """Answers of a case, cut from the latent ones."""
    data = pd.read_csv(FOLDER / "latent.csv")
    for item in case["ordered"]:
        data[item] = np.digitize(data[item], np.atleast_1d(case["cuts"])) + 1.0
    if case.get("holes"):
        for j in range(9):
            data.loc[(np.arange(len(data)) * 31 + j * 17) % 13 == 0, f"y{j + 1}"] = np.nan
    return data


@cache
def fitted(name: str) -> sem.Fit:
    case = CASES[name]
    options = {word: case[word] for word in OPTIONS if word in case}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WorkbenchWarning)
        return sem.fit(case["model"], answers(case), ordered=case["ordered"], **options)


def key(lhs: str, op: str, rhs: str, group: int) -> str:
    """A parameter's name, whichever side of a covariance comes first."""
    if op == "~~" and lhs > rhs:
        lhs, rhs = rhs, lhs
    return f"{lhs} {op} {'' if op == ':=' else rhs} {group}"


def theirs(name: str) -> pd.DataFrame:
    """lavaan's numbers."""
    found = CASES[name]["fit"]
    rows = pd.DataFrame(found["rows"])
    frame = pd.DataFrame(
        {what: found[what] for what in ("est", "se", "std", "std_se")}, dtype=float
    )
    columns = (rows[part] for part in ("lhs", "op", "rhs", "group"))
    return frame.set_axis([key(*row) for row in zip(*columns, strict=True)])


def ours(name: str) -> pd.DataFrame:
    fit = fitted(name)
    labels = {group: i for i, group in enumerate(fit.problem.groups, start=1)}
    frame = fit.estimates
    groups = [
        0 if op == ":=" else labels[g] for op, g in zip(frame["op"], frame["group"], strict=True)
    ]
    columns = (frame[part] for part in ("lhs", "op", "rhs"))
    index = [key(*row) for row in zip(*columns, groups, strict=True)]
    std = fit.standardised()
    return pd.DataFrame(
        {
            "est": frame["est"].to_numpy(),
            "se": frame["se"].to_numpy(),
            "std": std["est_std"].to_numpy(),
            "std_se": std["se"].to_numpy(),
        },
        index,
    )


@pytest.mark.parametrize("name", CASES)
def test_parameters(name: str) -> None:
    found, expected = ours(name), theirs(name)
    assert fitted(name).converged
    assert set(found.index) == set(expected.index)
    found = found.loc[expected.index]
    for what in ("est", "std"):
        gap = (found[what] - expected[what]).abs()
        assert (gap < 1e-4 * np.maximum(1.0, expected[what].abs())).all(), gap.nlargest(5)
    for what in ("se", "std_se"):
        gap = (found[what] - expected[what]).abs() / np.maximum(expected[what].abs(), 1e-3)
        assert (gap < 1e-3).all(), gap.nlargest(5)


@pytest.mark.parametrize("name", CASES)
def test_measures(name: str) -> None:
    expected = pd.Series(CASES[name]["fit"]["measures"], dtype=float)
    found = fitted(name).measures
    shared = expected.index.intersection(found.index)
    if "group" in CASES[name]:
        # lavaan 0.6-14 divides Gamma by the groups' shares in the baseline's expectation alone.
        shared = shared[~shared.isin(["cfi.robust", "tli.robust", "nnfi.robust", "rni.robust"])]
    gap = (found[shared] - expected[shared]).abs() / np.maximum(expected[shared].abs(), 1e-2)
    wrong = gap[~(gap < 1e-3)]
    assert wrong.empty, pd.DataFrame({"found": found, "lavaan": expected}).loc[wrong.index]


DIFFERENCES = json.loads((FOLDER / "differences.json").read_text())
CUTS = {4: [-0.9, 0, 0.8], 5: [-1.1, -0.4, 0.3, 1]}
TWO = "people =~ y1 + y2 + y3\nservice =~ y4 + y5 + y6"
PATH = f"{TWO}\ntrust =~ y7 + y8 + y9\nservice ~ people\ntrust ~ service"
EQUAL = ["loadings", "thresholds"]


def grouped(equal: list[str], k: int, **options: Any) -> sem.Fit:
    items = [f"y{i}" for i in range(1, 10)]
    data = answers({"ordered": items, "cuts": CUTS[k]})
    return sem.fit(TWO, data, ordered=True, group="g", group_equal=equal, **options)


def chained(model: str, estimator: str = "WLSMV") -> sem.Fit:
    items = [f"y{i}" for i in range(1, 10)]
    return sem.fit(
        model,
        answers({"ordered": items, "cuts": [-1.3, -0.8, -0.1]}),
        ordered=True,
        estimator=estimator,
    )


def pairs(name: str) -> tuple[sem.Fit, sem.Fit]:
    """The narrow and the wide model of a difference."""
    if name == "loadings":
        return grouped(["loadings"], 5), grouped([], 5)
    if name == "thresholds":
        return grouped(EQUAL, 5), grouped(["loadings"], 5)
    if name == "residuals":
        options = {"parameterization": "theta"}
        return grouped([*EQUAL, "residuals"], 4, **options), grouped(EQUAL, 4, **options)
    if name == "path_WLS":
        models = (f"{TWO}\nservice ~~ {word}people" for word in ("0*", ""))
        narrow, wide = (chained(model, "WLS") for model in models)
        return narrow, wide
    how = "ULSMV" if name == "path_ULSMV" else "WLSMV"
    return chained(PATH, how), chained(f"{PATH} + people", how)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences(name: str) -> None:
    found, expected = sem.difference_test(*pairs(name)), DIFFERENCES[name]
    assert found.df == expected["df"]
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-3, abs=1e-3)
    assert found.pvalue == pytest.approx(expected["pvalue"], rel=2e-3, abs=1e-4)


def test_models_in_a_row() -> None:
    table = sem.comparison_table([*pairs("thresholds")])
    assert table["df_diff"].iloc[1] == 16
    assert table["aic"].isna().all()
