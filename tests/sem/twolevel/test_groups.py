"""Models of two levels in several groups of units."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import DataError, ModelError
from workbench.sem.model.levels import Block, parse_levels
from workbench.sem.twolevel.fit import TwoLevelFit

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "twolevel"
KINDS = pd.read_csv(FOLDER / "groups.csv")
ANSWERS = pd.read_csv(FOLDER / "answers.csv").merge(KINDS)
MISSING = pd.read_csv(FOLDER / "missing.csv").merge(KINDS)
TRUST = "t1 + t2 + t3 + t4"
PLAIN = f"level: 1\nw =~ {TRUST}\nlevel: 2\nb =~ {TRUST}"
COVARIATES = f"level: 1\nw =~ {TRUST}\nw ~ age\nlevel: 2\nb =~ {TRUST}\nb ~ size"


def two_level(model: str, data: pd.DataFrame = ANSWERS, **options: object) -> TwoLevelFit:
    found = sem.fit(model, data, cluster="unit", warn=False, **options)  # type: ignore[arg-type]
    assert isinstance(found, TwoLevelFit)
    return found


@pytest.mark.parametrize(("data", "missing"), [(ANSWERS, "listwise"), (MISSING, "fiml")])
def test_groups_without_anything_equal_are_fits_of_their_own(
    data: pd.DataFrame, missing: str
) -> None:
    both = two_level(COVARIATES, data, group="kind", missing=missing, estimator="MLR")
    apart = {
        kind: two_level(COVARIATES, rows, missing=missing, estimator="MLR")
        for kind, rows in data.groupby("kind")
    }
    for name in ("logl", "unrestricted.logl", "chisq", "df", "npar", "baseline.chisq"):
        total = sum(fit.measures[name] for fit in apart.values())
        assert both.measures[name] == pytest.approx(total, abs=1e-6), name
    for kind, fit in apart.items():
        own = both.estimates[both.estimates["group"] == kind]
        columns = ["est", "se", "std_all"]
        np.testing.assert_allclose(own[columns], fit.estimates[columns], atol=1e-6)
        for table in ("icc", "reliability"):
            one = getattr(both, table)
            one = one[one["group"] == kind].drop(columns="group").reset_index(drop=True)
            pd.testing.assert_frame_equal(one, getattr(fit, table), rtol=1e-4)
        residuals = both.residuals()
        assert len(residuals[residuals["group"] == kind]) == len(fit.residuals())


def test_blocks_of_the_groups_in_any_order_are_one_model_of_all() -> None:
    one = two_level(PLAIN.replace("b =~ t1 + t2", "b =~ t1 + q*t2"), group="kind")
    own = PLAIN.replace("b =~ t1 + t2", "b =~ t1 + q*t2")
    turned = two_level(f"group: 'b'\n{own}\ngroup: a\n{own}", group="kind")
    assert one.measures["npar"] == turned.measures["npar"] == 39
    assert one.measures["logl"] == pytest.approx(turned.measures["logl"], abs=1e-8)
    pd.testing.assert_series_equal(one.estimates["est"], turned.estimates["est"], atol=1e-6)


def test_what_is_equal_is_the_maximum_of_the_likelihood_of_all_rows() -> None:
    # Not where each group counts by its rows twice, as in lavaan 0.6-14: groups of unequal size.
    data = ANSWERS[(ANSWERS["kind"] == "a") | (ANSWERS["unit"] % 5 != 0)]
    fit = two_level(PLAIN.replace("+ t2", "+ q*t2"), data, group="kind")
    value = fit.estimates.loc[fit.estimates["label"] == "q", "est"].iloc[0]
    apart = [rows for _, rows in data.groupby("kind")]

    def logl(q: float) -> float:
        held = PLAIN.replace("+ t2", f"+ {q}*t2")
        return float(sum(two_level(held, rows).measures["logl"] for rows in apart))

    assert fit.measures["logl"] == pytest.approx(logl(value), abs=1e-6)
    assert fit.measures["logl"] > max(logl(value - 0.01), logl(value + 0.01))


def test_kinds_of_parameters_are_equal_at_both_levels() -> None:
    wide = two_level(PLAIN, group="kind")
    loadings = two_level(PLAIN, group="kind", group_equal=["loadings"])
    assert loadings.measures["df"] == wide.measures["df"] + 6
    scalar = two_level(PLAIN, group="kind", group_equal=["loadings", "intercepts"])
    # Four means between units are equal, and the latent one there is free in the second group.
    assert scalar.measures["df"] == loadings.measures["df"] + 3
    partial = two_level(
        PLAIN, group="kind", group_equal=["loadings"], group_partial=["b =~ t2", "w =~ t3"]
    )
    assert partial.measures["df"] == wide.measures["df"] + 4
    apart = two_level(PLAIN.replace("+ t2", "+ c(q, r)*t2"), group="kind")
    assert apart.measures["npar"] == wide.measures["npar"] - 2
    test = sem.difference_test(loadings, wide)
    assert test.df == 6
    assert test.pvalue > 0.001


def test_groups_are_shown() -> None:
    fit = two_level(COVARIATES, group="kind", estimator="MLR")
    assert repr(fit).startswith("Fit of 600 rows in 2 groups and 88 units, two levels (MLR)")
    assert "Group a, level 2, between units:" in fit.summary()
    assert "b, level 1, within units" in fit._repr_html_()
    assert "| Group | Level |" in fit.to_markdown()
    assert "Group & Level" in fit.to_latex()
    said = fit.report()
    assert "in 2 groups (" in said
    assert "In a standardised paths between units were size → b" in said
    assert fit.plot(("b", 2)).alt.startswith("Path diagram in kind b, level 2")
    assert fit.plot(Block("a", 1)).alt.startswith("Path diagram in kind a, level 1")
    with pytest.raises(ModelError, match="'c, level 1' is not a group of this fit; choose from b"):
        fit.plot(("c", 1))
    nodes, edges = fit.paths()
    assert set(zip(edges["group"], edges["level"], strict=True)) == {
        ("a", 1), ("a", 2), ("b", 1), ("b", 2)
    }  # fmt: skip
    assert list(nodes.columns) == ["name", "kind", "r_squared", "group", "level"]
    assert list(fit.residuals().columns[:5]) == ["lhs", "op", "rhs", "group", "level"]
    assert set(fit.r_squared["level"]) == {1, 2}


def test_improper_variances_are_said_with_group_and_level() -> None:
    rng = np.random.default_rng(2)
    flat = ANSWERS.assign(t1=rng.normal(size=len(ANSWERS)))
    fit = two_level("level: 1\nt1 ~~ t2\nlevel: 2\nt1 ~~ t2", flat, group="kind")
    said = " ".join(map(str, fit.warnings))
    assert "at level 2" in said
    assert "in group '" in said


def test_resamples_of_groups() -> None:
    fit = two_level(COVARIATES, group="kind", estimator="MLR")
    drawn = fit.bootstrap(200, seed=2)
    found = drawn.intervals()
    assert list(found.columns[:6]) == ["lhs", "op", "rhs", "label", "group", "level"]
    free = fit.estimates["se"] > 0
    ratio = found.loc[free, "se"] / fit.estimates.loc[free, "se"]
    assert 0.85 < ratio.median() < 1.25


@pytest.mark.parametrize(
    ("model", "options", "sentence"),
    [
        (f"group: a\n{PLAIN}\ngroup: c\n{PLAIN}", {}, "blocks of 'a' and 'c', but 'kind' has 'a'"),
        (f"group: a\n{PLAIN}", {}, "The model has blocks of 'a', but 'kind' has 'a' and 'b'"),
        (
            f"group: a\n{PLAIN}\ngroup: b\n{PLAIN}",
            {"group_equal": ["loadings"]},
            "that are equal the same label",
        ),
        (PLAIN.replace("+ t2", "+ c(q, r, s)*t2"), {}, "3 label modifiers for 2 groups"),
        (PLAIN, {"group_equal": ["loading"]}, "group_equal has no kind 'loading'"),
    ],
)
def test_groups_that_cannot_be(model: str, options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        two_level(model, group="kind", **options)


def test_units_that_cannot_be_in_groups() -> None:
    with pytest.raises(DataError, match=r"Unit \d+ of 'unit' has rows in the groups .* of 'even'"):
        two_level(PLAIN, ANSWERS.assign(even=np.arange(len(ANSWERS)) % 2), group="even")
    first = ANSWERS.loc[ANSWERS["kind"] == "b", "unit"].iloc[0]
    one = ANSWERS[(ANSWERS["kind"] == "a") | (ANSWERS["unit"] == first)]
    with pytest.raises(DataError, match="of the group 'b' belong to one unit of 'unit'"):
        two_level(PLAIN, one, group="kind")
    single = ANSWERS[(ANSWERS["kind"] == "a") | ~ANSWERS.duplicated("unit")]
    with pytest.raises(DataError, match="Every unit of 'unit' of the group 'b' has one row"):
        two_level(PLAIN, single, group="kind")


def test_names_of_groups_are_read_as_written() -> None:
    read = parse_levels(f'group: "north west"\n{PLAIN}\ngroup: 2\n{PLAIN}')
    assert read.groups == ("north west", "2")
    assert len(read.of_groups(("north west", 2.0), "kind").blocks) == 4
