"""Means and gaps of types of organisation, and where differences lie."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.benchmark import nested_variances, type_gaps, variance_by_level
from workbench.benchmark.types import SHARES
from workbench.errors import BenchmarkError

REFERENCE = Path(__file__).parents[1] / "reference" / "benchmark"
EXPECTED = json.loads((REFERENCE / "types.json").read_text())


def reference() -> tuple[pd.Series, pd.Series, pd.Series]:
    table = pd.read_csv(REFERENCE / "types.csv")
    return table["estimate"], table["se"], table["type"]


def test_means_gaps_and_their_tests_are_those_of_metafor() -> None:
    found = type_gaps(*reference())
    table = found.table.sort_values("type")
    for name in ("mean", "lower", "upper", "gap"):
        np.testing.assert_allclose(table[name], EXPECTED[name], rtol=1e-8)
    np.testing.assert_allclose(table["pvalue"], EXPECTED["gap_pvalue"], rtol=1e-7)
    assert found.tau == pytest.approx(EXPECTED["tau"], rel=1e-8)
    assert found.statistic / found.df == pytest.approx(EXPECTED["f"], rel=1e-8)
    assert found.pvalue == pytest.approx(EXPECTED["pvalue"], rel=1e-7)
    assert (found.df, found.error_df) == (2, 18)


def test_a_type_of_one_organisation_is_that_organisation_and_is_not_tested() -> None:
    estimates, errors, types = reference()
    alone = pd.Series([80.0], [21])
    more = type_gaps(
        pd.concat([estimates, alone]),
        pd.concat([errors, alone / 80]),
        pd.concat([types, pd.Series(["port"], [21])]),
    )
    assert more.alone == ["port"]
    row = more.table.set_index("type").loc["port"]
    assert row["mean"] == 80.0
    assert row[["lower", "gap", "pvalue"]].isna().all()
    assert not row["distinct"]
    others = more.table[more.table["type"] != "port"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, type_gaps(estimates, errors, types).table)


def test_one_type_of_several_organisations_has_a_mean_and_no_gap() -> None:
    names = ["A", "B", "C"]
    found = type_gaps(
        pd.Series([60.0, 62.0, 50.0], names),
        pd.Series(1.0, names),
        pd.Series(["town", "town", ""], names),
    )
    assert found.table["mean"].tolist() == [61.0]
    assert np.isnan(found.pvalue)
    assert found.table["gap"].isna().all()


def test_an_organisation_without_a_type_row_is_named() -> None:
    with pytest.raises(BenchmarkError, match="'B' has no row among the types"):
        type_gaps(
            pd.Series([1.0, 2.0], ["A", "B"]), pd.Series(1.0, ["A", "B"]), pd.Series(["t"], ["A"])
        )


def test_gaps_between_equal_types_are_called_as_often_as_they_should() -> None:
    rng = np.random.default_rng(4)
    called = 0
    for _ in range(200):
        s = rng.uniform(1, 3, 14)
        y = pd.Series(60 + 2 * rng.standard_normal(14) + s * rng.standard_normal(14))
        called += bool(type_gaps(y, pd.Series(s), pd.Series(list("aabbbccccddddd"))).pvalue < 0.05)
    assert 2 <= called <= 20


def test_nested_variances_of_a_balanced_design_are_those_of_lme4() -> None:
    table = pd.read_csv(REFERENCE / "nested.csv", dtype={"organisation": str, "unit": str})
    levels = [table[name] for name in ("type", "organisation", "unit")]
    found = nested_variances(table["value"], levels)
    np.testing.assert_allclose(found, EXPECTED["nested"], rtol=1e-4)


def towns(folder: Path, rng: np.random.Generator) -> Path:
    """Three types of unequal numbers of organisations, units and people; variances 36, 16, 9, 64 on
    0–100, so that the shares are .29, .13, .07 and .51."""
    rows = []
    for kind in range(8):
        of_type = 6 * (-1) ** kind  # variance 36, with no luck of the draw
        for number in range(int(rng.integers(6, 14))):
            organisation, own = f"{kind}.{number}", 4 * rng.standard_normal()
            for unit in range(int(rng.integers(3, 9))):
                level = 50 + of_type + own + 3 * rng.standard_normal()
                people = rng.integers(3, 15)
                values = level + 8 * rng.standard_normal(int(people))
                rows += [(organisation, f"{organisation}.{unit}", one, one) for one in values]
    table = pd.DataFrame(rows, columns=["organisation", "unit", "s1", "a1"])
    path = write_study(
        folder,
        {"clients": table},
        {"clients": {"service": ["s1"], "access": ["a1"]}},
        scale=(0, 100),
    )
    names = pd.Series(table["organisation"].unique(), name="organisation")
    types = "type " + names.str.split(".").str[0]
    pd.DataFrame({"organisation": names, "name": names, "type": types}).to_csv(
        path / "organisations.csv", index=False
    )
    return path


def test_shares_of_variance_are_found_again(tmp_path: Path) -> None:
    study = wb.open_study(towns(tmp_path / "towns", np.random.default_rng(7)))
    found = variance_by_level(study, ["service"], "").iloc[0]
    shares = found[list(SHARES)].astype(float)
    np.testing.assert_allclose(shares, [0.30, 0.13, 0.07, 0.50], atol=0.04)
    assert (found["types"], shares.sum()) == (8, pytest.approx(1))


def test_levels_that_cannot_be_told_apart_have_no_shares() -> None:
    assert np.isnan(nested_variances([1.0, 2.0, 3.0], [[0, 0, 1], [0, 0, 1]])).all()
