"""Exploratory blocks beside lavaan 0.6-14 (``tests/reference/sem/exploratory``), and their faults.

lavaan's standard errors are right where loadings are rotated as they are; for items of variance 1,
the rule here and there, it leaves out that the variances are estimated. There the errors are
compared with those of the rotation as a function of the unrotated estimates.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError
from workbench.sem.exploratory import fit as exploratory
from workbench.sem.exploratory.blocks import fitted_text
from workbench.sem.exploratory.rotation import CRITERIA, _descended, conditions, rotated
from workbench.sem.inference import assessment
from workbench.sem.model.syntax import parse

FOLDER = Path(__file__).parents[2] / "reference" / "sem"
EXPECTED = json.loads((FOLDER / "exploratory" / "exploratory.json").read_text())
ITEMS = [f"x{i}" for i in range(1, 10)]


def block(name: str, factors: int, items: list[str]) -> str:
    left = " + ".join(f'efa("{name}")*f{i}' for i in range(1, factors + 1))
    return f"{left} =~ {' + '.join(items)}"


THREE = block("all", 3, ITEMS)
TWO = block("one", 2, ITEMS[:6])
STRUCTURAL = f"{TWO}\nspeed =~ x7 + x8 + x9\nspeed ~ f1 + f2"
PREDICTED = f"{TWO}\nspeed =~ x7 + x8 + x9\nf1 + f2 ~ ageyr + speed"
CASES = {
    "geomin": (THREE, "rows", {}),
    "oblimin": (THREE, "rows", {"rotation": "oblimin"}),
    "four": (block("all", 4, ITEMS), "rows", {"rotation": "oblimin"}),
    "mlr": (THREE, "rows", {"estimator": "MLR"}),
    "fiml": (THREE, "missing", {"estimator": "MLR", "missing": "fiml"}),
    "groups": (TWO, "rows", {"group": "school"}),
    "structural": (STRUCTURAL, "rows", {}),
    "structural_oblimin": (STRUCTURAL, "rows", {"rotation": "oblimin", "estimator": "MLM"}),
    "predicted": (PREDICTED, "rows", {}),
    "ordered": (TWO, "ordered", {"ordered": True}),
}


@cache
def data(name: str) -> pd.DataFrame:
    rows = pd.read_csv(FOLDER / "inference" / "hs.csv")
    if name == "missing":
        found = rows.copy()
        found.loc[rows["x1"] < rows["x1"].quantile(0.3), "x5"] = np.nan
        found.loc[rows["ageyr"] < 13, "x9"] = np.nan
        return found
    if name == "ordered":
        lowest, reach = rows[ITEMS].min(), rows[ITEMS].max() - rows[ITEMS].min()
        thirds = np.minimum(np.floor((rows[ITEMS] - lowest) / reach * 3), 2) + 1
        return rows.assign(**thirds)
    return rows


def by_parameter(frame: pd.DataFrame, groups: list[object]) -> pd.DataFrame:
    numbers = [groups.index(group) + 1 for group in frame["group"]]
    rhs = frame["rhs"].where(frame["op"] != "~1", "")
    keys = [
        (*sorted((lhs, right)), op, group) if op == "~~" else (lhs, right, op, group)
        for lhs, op, right, group in zip(frame["lhs"], frame["op"], rhs, numbers, strict=True)
    ]
    return frame.set_index(pd.MultiIndex.from_tuples(keys))


def compared(name: str, kind: str) -> tuple[sem.Fit, pd.DataFrame, pd.DataFrame]:
    """Our fit, and lavaan's parameters beside ours."""
    model, rows, options = CASES[name]
    fit = sem.fit(model, data(rows), warn=False, **options)
    theirs = pd.DataFrame(EXPECTED[name][kind]["estimates"])
    theirs = by_parameter(theirs, sorted(set(theirs["group"])))
    ours = by_parameter(fit.estimates, list(fit.problem.groups))
    assert set(theirs.index) <= set(ours.index)
    return fit, ours.loc[theirs.index], theirs


# With causes of the factors lavaan's variances of the items are not those its model implies.
@pytest.mark.parametrize("name", [name for name in CASES if name != "predicted"])
def test_rotated_estimates_are_lavaans(name):
    fit, ours, theirs = compared(name, "default")
    expected = EXPECTED[name]["default"]
    assert ours["est"].to_numpy() == pytest.approx(theirs["est"].to_numpy(), abs=1e-4)
    assert ours["std_all"].to_numpy() == pytest.approx(theirs["std.all"].to_numpy(), abs=1e-4)
    assert fit.measures["chisq"] == pytest.approx(expected["chisq"], rel=1e-4)
    assert fit.measures[["df", "npar"]].tolist() == [expected["df"], expected["npar"]]


@pytest.fixture
def _unscaled(monkeypatch):
    """Rotate loadings as they are."""
    parts, turn = exploratory._Place.parts, exploratory._turn
    monkeypatch.setattr(
        exploratory._Place,
        "parts",
        lambda place, theta, sigma: parts(place, theta, np.ones_like(sigma)),
    )
    monkeypatch.setattr(
        exploratory,
        "_turn",
        lambda values, own, scale, criterion: turn(
            values, own, dict.fromkeys(scale, 1.0), criterion
        ),
    )


@pytest.mark.usefixtures("_unscaled")
@pytest.mark.parametrize("name", CASES)
def test_errors_of_raw_rotated_loadings_are_lavaans(name):
    _, ours, theirs = compared(name, "raw")
    assert ours["est"].to_numpy() == pytest.approx(theirs["est"].to_numpy(), abs=1e-4)
    known = theirs["se"].notna().to_numpy() & (theirs["se"].to_numpy() > 0)
    assert ours["se"].to_numpy()[known] == pytest.approx(theirs["se"].to_numpy()[known], rel=1e-3)


@pytest.mark.parametrize("rotation", ["geomin", "oblimin"])
def test_errors_are_those_of_rotating_the_unrotated_estimates(rotation):
    rows = data("rows")
    before = sem.fit(fitted_text(parse(TWO)), rows)
    problem, theta, criterion = before.problem, before.theta, CRITERIA[rotation]

    def loadings(at):
        values = exploratory._values(problem.table, at, 1)[0]
        found = np.array([[values[f, "=~", item] for f in ("f1", "f2")] for item in ITEMS[:6]])
        scale = np.sqrt(np.diagonal(assessment.moment_pair(problem, at).implied_cov[0]))
        return found, found / scale[:, None]

    start = rotated(loadings(theta)[1], criterion)

    def turned(at):
        raw, standardised = loadings(at)
        turn = _descended(standardised, criterion, start[None], 800)[1][0]
        return (raw @ np.linalg.inv(turn).T).ravel()

    steps = 1e-4 * np.eye(len(theta))
    slopes = np.array([(turned(theta + s) - turned(theta - s)) / 2e-4 for s in steps]).T
    expected = np.sqrt(np.diagonal(slopes @ before.vcov.to_numpy() @ slopes.T)).reshape(6, 2)
    fit = sem.fit(TWO, rows, rotation=rotation)
    found = fit.estimates.query("op == '=~'").pivot(index="rhs", columns="lhs", values="se")
    assert found.to_numpy() == pytest.approx(expected, abs=1e-4)


def test_known_loadings_are_found_again():
    draw = np.random.default_rng(3)
    factors = draw.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=4000)
    truth = np.array([[0.8, 0], [0.7, 0], [0.6, 0.2], [0, 0.8], [0, 0.7], [0, 0.6]])
    rows = factors @ truth.T + 0.5 * draw.standard_normal((4000, 6))
    fit = sem.fit(TWO, pd.DataFrame(rows, columns=ITEMS[:6]))
    found = fit.estimates.query("op == '=~'").pivot(index="rhs", columns="lhs", values="est")
    assert found.to_numpy() == pytest.approx(truth, abs=0.06)
    link = fit.estimates.query("lhs == 'f1' and rhs == 'f2'").iloc[0]
    assert link["ci_lower"] < 0.4 < link["ci_upper"]


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_derivatives_of_the_criteria_are_right(criterion):
    loadings = np.random.default_rng(1).standard_normal((5, 3))
    slopes = np.empty_like(loadings)
    for place in np.ndindex(loadings.shape):
        step = np.zeros_like(loadings)
        step[place] = 1e-6
        slopes[place] = (criterion(loadings + step)[0] - criterion(loadings - step)[0]) / 2e-6
    assert criterion(loadings)[1] == pytest.approx(slopes, abs=1e-7)
    turn = rotated(loadings, criterion)
    found = loadings @ np.linalg.inv(turn).T
    assert np.diagonal(turn.T @ turn) == pytest.approx(np.ones(3))
    assert conditions(found, turn.T @ turn, criterion) == pytest.approx(np.zeros(6), abs=1e-6)


def test_one_factor_is_a_confirmatory_one():
    rows = data("rows")
    one = sem.fit('efa("a")*f =~ x1 + x2 + x3 + x4', rows)
    other = sem.fit("f =~ x1 + x2 + x3 + x4", rows, std_lv=True)
    ours, theirs = (
        by_parameter(fit.estimates, [None])[["est", "se", "std_all"]] for fit in (one, other)
    )
    assert ours.to_numpy() == pytest.approx(theirs.loc[ours.index].to_numpy(), abs=1e-6)


def test_scores_and_residuals_are_those_of_the_rotated_factors():
    fit = sem.fit(TWO, data("rows"))
    scores = fit.factor_scores()
    assert list(scores.columns) == ["f1", "f2"]
    assert np.corrcoef(scores["f1"], data("rows")["x1"])[0, 1] > 0.6
    assert fit.residuals()["raw"].abs().max() < 0.1


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ('efa("a")*f =~ x1 + x2 + x3\nefa("a")*g =~ x1 + x2 + x4', {}, "differ in x3 and x4"),
        ('efa("a")*f + efa("a")*g =~ x1 + x2', {}, "needs more items than factors"),
        ('efa("a")*f + efa("a")*g =~ x1 + 0*x2 + x3 + x4 + x5', {}, "before 'x2'"),
        (f"{TWO}\nf1 ~~ 0.2*f2", {}, "leave out f1 ~~ f2"),
        (f"{TWO}\nx7 ~ f1", {}, "do not all have the same causes"),
        (f"{TWO}\nx7 ~ a*x8\na == 1", {}, "neither group_equal= nor =="),
        (TWO, {"group": "school", "group_equal": ["loadings"]}, "neither group_equal="),
        (TWO, {"engine": "semopy"}, "semopy has no rotation"),
        (TWO, {"rotation": "varimix"}, "geomin, oblimin"),
        ("efa(one, two)*f =~ x1 + x2 + x3", {}, 'a block is written efa\\("name"\\)\\*factor'),
        ('efa("a")*f ~ x1', {}, "a modifier stands on the right side"),
    ],
)
def test_what_cannot_be_rotated_is_said(model, options, message):
    with pytest.raises(ModelError, match=message):
        sem.fit(model, data("rows"), **options)


def test_blocks_are_for_fits_to_one_set_of_rows():
    with pytest.raises(ModelError, match=r"are for sem.fit\(model, data\) alone"):
        sem.parameter_table(TWO)
    fit = sem.fit(TWO, data("rows"))
    for call in (fit.bootstrap, fit.modification_indices, fit.to_mplus):
        with pytest.raises(ModelError, match="not offered with exploratory blocks"):
            call()
