"""Change with change: R's numbers, and a known slope through errors that hide it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study
from scipy import stats

from workbench.chain.change import change_with_change, slope_of_changes
from workbench.chain.panel import PanelData, panel_data
from workbench.errors import ChainError
from workbench.study import open_study

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "chain"
EXPECTED = json.loads((REFERENCE / "change.json").read_text())


def data_of(panel: pd.DataFrame) -> PanelData:
    """Units with one row per wave, x and y known without error."""
    wide = panel.pivot(index=["organisation", "unit"], columns="wave", values=["x", "y"])
    wide.columns = [f"{name}_w{wave}" for name, wave in wide.columns]
    waves = tuple(map(str, sorted(panel["wave"].unique())))
    items = {"x": ["x_1"], "y": ["y_1"]}
    named = {
        f"{item}_1_w{t}": wide[f"{item}_w{t}"] for item in items for t in range(1, len(waves) + 1)
    }
    return PanelData("Test", waves, wide.assign(**named).reset_index(), items, None)


@pytest.mark.parametrize("part", ["first differences", "within"])
def test_without_errors_it_is_least_squares_with_the_errors_of_clubsandwich(part: str) -> None:
    found = change_with_change(data_of(pd.read_csv(REFERENCE / "change.csv")), "x", "y")
    row = found.table.set_index("part").loc[part]
    for name, value in EXPECTED[part].items():
        assert row[name] == pytest.approx(value, rel=1e-8), name


def test_a_known_error_is_taken_out_as_lavaan_does() -> None:
    changes = pd.read_csv(REFERENCE / "change_errors.csv").to_numpy()
    count = len(changes)
    errors = np.tile([[9.0, 0.0], [0.0, 0.0]], (count, 1, 1))
    group, cluster = np.zeros(count, dtype=np.int64), np.arange(count)
    found = slope_of_changes(changes, errors, np.ones(count), group, cluster)
    assert found is not None
    assert found.estimate == pytest.approx(EXPECTED["lavaan"]["estimate"], rel=1e-6)


def drawn(rng: np.random.Generator, slope: float, error: float, waves: int = 3) -> tuple:
    """Changes of 12 organisations that all changed in their own way, half of dx being error."""
    organisation = np.repeat(np.arange(12), rng.integers(6, 20, 12))
    shape = (len(organisation), waves)
    x, y = rng.normal(0, 4, shape), rng.normal(0, 3, shape)
    y += slope * x + 2 * rng.normal(0, 5, (12, waves))[organisation]
    x += rng.normal(0, 5, (12, waves))[organisation]
    noise = rng.normal(0, error, (2, *shape))
    changes = np.stack([np.diff(x + noise[0]), np.diff(y + noise[1])], axis=-1).reshape(-1, 2)
    known = np.tile(np.eye(2) * 2 * error**2, (len(changes), 1, 1))
    step = np.tile(np.arange(waves - 1), len(organisation))
    cluster = np.repeat(organisation, waves - 1)
    return changes, known, np.ones(len(changes)), cluster * (waves - 1) + step, cluster


@pytest.mark.parametrize("slope", [0.5, 0.0])
def test_a_true_slope_is_found_and_its_interval_holds_it(slope: float) -> None:
    rng = np.random.default_rng(4)
    found = []
    for _ in range(400):
        drawn_now = drawn(rng, slope, 4.0)
        own = slope_of_changes(*drawn_now)
        assert own is not None
        found.append((own.estimate, own.se, own.df, own.reliability))
    estimate, se, df, reliability = np.array(found).T
    assert estimate.mean() == pytest.approx(slope, abs=0.02)
    assert reliability.mean() == pytest.approx(0.5, abs=0.02)
    held = np.abs(estimate - slope) <= stats.t.ppf(0.975, df) * se
    assert 0.92 <= held.mean() <= 0.98


def test_it_is_found_through_few_respondents_of_a_study(tmp_path: Path) -> None:
    """Eight employees and eight clients speak for a unit: the slope of its means is too flat."""
    rng = np.random.default_rng(12)
    shape = (40, 12, 3)  # organisations, units, waves
    people = 50 + rng.normal(0, 5, shape[:2])[..., None] + rng.normal(0, 4, shape)
    service = 20 + rng.normal(0, 5, shape[:2])[..., None] + 0.6 * people + rng.normal(0, 3, shape)
    people = people + rng.normal(0, 6, (40, 1, 3))
    answers = {}
    for source, construct, level in (
        ("employees", "people", people),
        ("clients", "service", service),
    ):
        o, u, t, _ = (axis.ravel() for axis in np.indices((*shape, 8)))
        table = pd.DataFrame({"organisation": o, "unit": u, "wave": 2021 + t})
        for item in (1, 2):
            values = level[o, u, t] + rng.normal(0, 12, len(table))
            table[f"{construct}_{item}"] = values.round(1).clip(0, 100)
        answers[source] = table
    folder = write_study(
        tmp_path,
        answers,
        {
            source: {construct: [f"{construct}_1", f"{construct}_2"]}
            for source, construct in (("employees", "people"), ("clients", "service"))
        },
        scale=(0, 100),
    )
    data = panel_data(open_study(folder), ["people", "service"])
    found = change_with_change(data, "people", "service").table
    assert (found["lower"] < 0.6).all()
    assert (found["upper"] > 0.6).all()
    assert (found["upper"] - found["lower"] < 0.25).all()
    means = [data.frame[[f"{name}_w{t}" for t in (1, 2, 3)]] for name in ("people", "service")]
    dx, dy = (own.diff(axis=1).iloc[:, 1:] for own in means)
    dx, dy = (own - own.groupby(data.frame["organisation"]).transform("mean") for own in (dx, dy))
    assert (dx.to_numpy() * dy.to_numpy()).sum() / (dx.to_numpy() ** 2).sum() < 0.45


def test_least_squares_would_find_half_of_it() -> None:
    changes, known, *rest = drawn(np.random.default_rng(5), 0.5, 4.0, waves=12)
    plain = slope_of_changes(changes, known * 0, *rest)
    assert plain is not None
    assert plain.estimate == pytest.approx(0.25, abs=0.05)


def test_changes_that_are_nothing_but_error_say_nothing() -> None:
    rng = np.random.default_rng(6)
    changes = rng.normal(0, 3, (80, 2))
    known = np.tile(np.eye(2) * 9, (80, 1, 1))
    cluster = np.repeat(np.arange(8), 10)
    assert slope_of_changes(changes, known, np.ones(80), cluster, cluster) is None


def test_waves_that_a_unit_missed_are_no_change() -> None:
    """Units missing in the middle have a change over two waves and none from wave to wave."""
    panel = pd.read_csv(REFERENCE / "change.csv")
    gone = (panel["unit"] % 100 == 1) & (panel["wave"] == 2)
    found = change_with_change(data_of(panel[~gone]), "x", "y").table.set_index("part")
    units = panel["unit"].nunique()
    assert found.loc["first differences", "units"] == units - 7
    assert found.loc["within", "units"] == units
    assert found.loc["within", "changes"] == 3 * units - 2 * 7


def test_one_wave_has_no_change(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"organisation": "A", "unit": range(20), "wave": 2021})
    table["x_1"], table["y_1"] = rng.uniform(0, 100, (2, 20)).round()
    folder = write_study(
        tmp_path,
        {"records": table},
        {"records": {"x": ["x_1"], "y": ["y_1"]}},
        scale=(0, 100),
        sources={"records": {"rows": "units"}},
    )
    data = panel_data(open_study(folder), ["x", "y"])
    with pytest.raises(ChainError, match="change with change needs two waves, and there is one"):
        change_with_change(data, "x", "y")


def test_why_nothing_can_be_told_is_a_sentence() -> None:
    panel = pd.read_csv(REFERENCE / "change.csv")
    steady = panel.assign(x=panel["unit"].astype(float))
    with pytest.raises(ChainError, match="Units may differ in how People changed by measurement"):
        change_with_change(data_of(steady), "x", "y", {"x": "People", "y": "Service"}.__getitem__)
