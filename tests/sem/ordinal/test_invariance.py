"""Invariance of ordered items across groups, by thresholds first."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "ordinal"
MODEL = "f =~ a + b + c + d"


def two_groups(shift: float = 0.0, cuts: tuple[float, ...] = (-0.9, 0.0, 0.8)) -> pd.DataFrame:
    """A factor of higher mean and variance in the second group, in which item a is easier."""
    rng = np.random.default_rng(8)
    n = 2400
    second = np.arange(n) >= n // 2
    f = np.where(second, 0.4 + 1.2 * rng.normal(size=n), rng.normal(size=n))
    latent = 0.8 * f[:, None] + 0.6 * rng.normal(size=(n, 4))
    latent[:, 0] += shift * second
    data = pd.DataFrame(np.digitize(latent, cuts) + 1.0, columns=list("abcd"))
    return data.assign(group=np.where(second, "x", "y"))


def test_all_levels_hold_where_groups_differ_in_the_factor_alone() -> None:
    found = sem.invariance(MODEL, two_groups(), group="group", ordered=True)
    assert not found.errors
    assert found.table["df"].tolist() == [4, 11, 14, 18]
    assert (found.table["pvalue_diff"].dropna() > 0.01).all()
    scalar = found.fits["scalar"].estimates
    mean = scalar[(scalar["op"] == "~1") & (scalar["lhs"] == "f")]["est"].iloc[1]
    first = scalar[(scalar["op"] == "~~") & (scalar["lhs"] == "f")]["est"].iloc[0]
    assert mean / np.sqrt(first) == pytest.approx(0.4, abs=0.1)


def test_an_item_that_is_easier_in_one_group_breaks_the_scalar_level() -> None:
    found = sem.invariance(MODEL, two_groups(0.6), group="group", ordered=True)
    pvalues = found.table.set_index("level")["pvalue_diff"]
    assert pvalues["metric"] > 0.01
    assert pvalues["scalar"] < 0.001


def test_a_fit_brings_its_ordered_items() -> None:
    data = two_groups()
    fit = sem.fit(MODEL, data, ordered=True)
    found = sem.invariance(fit, group="group")
    by_text = sem.invariance(MODEL, data, group="group", ordered=True)
    pd.testing.assert_frame_equal(found.table, by_text.table)


def test_items_of_two_categories() -> None:
    found = sem.invariance(MODEL, two_groups(cuts=(0.2,)), group="group", ordered=True)
    assert not found.errors
    # Four loadings and the variance in the other group, then four intercepts and the mean.
    assert found.table["df"].tolist()[:2] == [4, 7]


def test_lavaan_has_the_same_test_of_thresholds_and_loadings() -> None:
    """With intercepts free, as ``measEq.syntax(ID.cat = "Wu.Estabrook.2016")`` writes it."""
    expected = json.loads((FOLDER / "invariance.json").read_text())
    data = pd.read_csv(FOLDER / "latent.csv")
    for item in (f"y{i}" for i in range(1, 7)):
        data[item] = np.digitize(data[item], [-1.1, -0.4, 0.3, 1]) + 1.0
    model = "people =~ y1 + y2 + y3\nservice =~ y4 + y5 + y6"
    table = sem.invariance(model, data, group="g", ordered=True).table.set_index("level")
    for level in ("configural", "metric", "scalar", "strict"):
        assert table.at[level, "df"] == expected[level]["df"]
        assert table.at[level, "chisq"] == pytest.approx(expected[level]["chisq"], rel=1e-3)
