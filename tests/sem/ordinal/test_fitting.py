"""What a fit to ordered items does beside lavaan's numbers, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import DataError, ModelError, ModelSyntaxError, TooFewRowsError

MODEL = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"
NAMES = list("abcdeh")


def survey(n: int = 800, seed: int = 3, cuts: tuple[float, ...] = (-0.8, 0.1, 0.9)) -> pd.DataFrame:
    """Two factors, the second with a path of .6 on the first, six items of four categories."""
    rng = np.random.default_rng(seed)
    f = rng.normal(size=n)
    g = 0.6 * f + 0.8 * rng.normal(size=n)
    latent = 0.8 * np.column_stack([f, f, f, g, g, g]) + 0.6 * rng.normal(size=(n, 6))
    data = pd.DataFrame(np.digitize(latent, cuts) + 1.0, columns=NAMES)
    return data.assign(group=np.where(np.arange(n) % 2, "x", "y"), z=g + rng.normal(size=n))


def test_the_truth_is_recovered() -> None:
    found = sem.fit(MODEL, survey(6000), ordered=True).standardised()
    link = found[found["op"] == "~"].iloc[0]
    assert abs(link["est_std"] - 0.6) < 3 * link["se"] < 0.06
    loadings = found.loc[found["op"] == "=~", "est_std"]
    assert loadings.between(0.76, 0.84).all()


def test_both_parameterizations_say_the_same() -> None:
    model = "f =~ a + b + c\nd ~ f\ne ~ d + f"
    delta, theta = (
        sem.fit(model, survey(), ordered=True, parameterization=kind) for kind in ("delta", "theta")
    )
    for name in ("chisq", "chisq.scaled", "cfi.robust", "rmsea.robust", "srmr"):
        assert delta.measures[name] == pytest.approx(theta.measures[name], abs=1e-6)
    structural = delta.standardised()["op"].isin(["=~", "~", "|"])
    columns = ["est_std", "se"]
    one, other = (fit.standardised().loc[structural, columns] for fit in (delta, theta))
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(
        delta.r_squared["r_squared"], theta.r_squared["r_squared"], atol=1e-6
    )


def test_items_with_thresholds_in_the_model_are_ordered() -> None:
    written = sem.fit(MODEL + "\na + b + c | t1", survey())
    named = sem.fit(MODEL, survey(), ordered=["a", "b", "c"])
    assert written.options.estimator == "WLSMV"
    assert written.measures["chisq"] == pytest.approx(named.measures["chisq"])
    assert (named.estimates["op"] == "|").sum() == 9


def test_codes_do_not_matter_but_their_order() -> None:
    data = survey()
    first = sem.fit(MODEL, data, ordered=True)
    second = sem.fit(MODEL, data.replace({4.0: 40.0, 1.0: -7.0}), ordered=True)
    np.testing.assert_allclose(first.theta, second.theta)


def test_a_fit_shows_itself() -> None:
    fit = sem.fit(MODEL, survey(), ordered=True, missing="pairwise")
    summary = fit.summary()
    assert "Thresholds:" in summary
    assert "Scales:" in summary
    assert "    a|t1" in summary
    assert r"a \| t1" in fit.to_markdown()
    assert "ordered answers" in fit.report()
    assert "by pairs of items" in fit.report()
    assert fit.reported["chisq"] == fit.measures["chisq.scaled"]
    assert fit.reported["cfi"] == pytest.approx(fit.measures["cfi.robust"])
    assert fit.cfi == pytest.approx(fit.measures["cfi.robust"])
    assert np.isnan(fit.residuals()["z"]).all()
    assert sem.why_unusable(fit) is None
    assert not fit.crosscheck().agree


def test_with_continuous_items_scaled_measures_are_told() -> None:
    fit = sem.fit("f =~ a + b + c + z", survey(), ordered=["a", "b", "c"])
    assert "cfi.robust" not in fit.measures
    assert fit.reported["cfi"] == pytest.approx(fit.measures["cfi.scaled"])
    assert fit.cfi == fit.reported["cfi"]
    assert "[x]" not in fit.report()


def test_a_fit_is_refitted() -> None:
    fit = sem.fit(MODEL, survey(), ordered=True)
    again = fit.refit(drop="g ~ f")
    assert again.measures["df"] == fit.measures["df"] + 1


def test_pairwise_uses_more_rows() -> None:
    data = survey()
    data.loc[::4, "a"] = np.nan
    whole = sem.fit(MODEL, data, ordered=True)
    pairs = sem.fit(MODEL, data, ordered=True, missing="pairwise")
    assert (whole.nobs, pairs.nobs) == (600, 800)
    assert "missing='pairwise' uses them" in str(whole.warnings[0])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"ordered": ["a"], "estimator": "ML"}, "ML takes answers for numbers"),
        ({"estimator": "WLSMV"}, "WLSMV is for ordered items"),
        ({"missing": "pairwise"}, "missing='pairwise' is for ordered items"),
        ({"parameterization": "theta"}, "is about ordered items"),
        ({"ordered": ["q"]}, "which is not a column"),
        ({"ordered": "a"}, "for example \\['a'\\]"),
        ({"ordered": True, "missing": "fiml"}, "choose missing='pairwise'"),
        ({"ordered": True, "cluster": "group"}, "cluster= is not offered"),
        ({"ordered": True, "engine": "semopy"}, "semopy's estimates"),
        ({"ordered": True, "group": "group", "group_equal": ["residuals"]}, "'theta'"),
        ({"ordered": ["z"]}, "'z' has 800 different values"),
    ],
)
def test_options_that_do_not_go_together(options: dict, told: str) -> None:
    model = "f =~ a + b + z" if options.get("ordered") == ["z"] else MODEL
    with pytest.raises(ModelError, match=told):
        sem.fit(model, survey(), **options)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("a | t4", "4 categories, hence 3 thresholds, and no t4"),
        ("a | low", "thresholds are t1, t2"),
        ("a ~*~ b", "a scale is one item's"),
        ("a ~~ a", "residual variance of 'a' follows from its scale"),
    ],
)
def test_models_that_cannot_be(model: str, told: str) -> None:
    with pytest.raises(ModelSyntaxError, match=told):
        sem.fit(f"{MODEL}\n{model}", survey(), ordered=True)


def test_thresholds_need_an_ordered_item() -> None:
    with pytest.raises(ModelSyntaxError, match="only ordered items have a scale"):
        sem.fit(f"{MODEL}\na ~*~ a", survey())


def test_covariates_are_estimated_or_refused() -> None:
    with pytest.raises(ModelError, match="fixed_x=False"):
        sem.fit("f =~ a + b + c\nf ~ z", survey(), ordered=["a", "b", "c"])
    fit = sem.fit("f =~ a + b + c\nf ~ z", survey(), ordered=["a", "b", "c"], fixed_x=False)
    assert fit.measures["df"] == 2


def test_a_category_seen_in_one_group_only() -> None:
    data = survey()
    data.loc[data["group"] == "x", "b"] = data["b"].clip(upper=3)
    with pytest.raises(DataError, match="Nobody in group 'x' chose 4 in 'b'"):
        sem.fit(MODEL, data, ordered=True, group="group")


def test_an_item_that_another_predicts_perfectly() -> None:
    data = survey()
    data["b"] = (data["a"] > 2) + 1.0
    with pytest.raises(DataError, match="'a' and 'b' predict each other perfectly"):
        sem.fit(MODEL, data, ordered=True)


def test_items_that_nobody_answered_together() -> None:
    data = survey()
    data.loc[::2, "a"], data.loc[1::2, "b"] = np.nan, np.nan
    with pytest.raises(DataError, match="answered both 'a' and 'b'"):
        sem.fit(MODEL, data, ordered=True, missing="pairwise")


def test_wls_needs_more_rows_than_statistics() -> None:
    with pytest.raises(TooFewRowsError, match="WLS weighs 33 thresholds and correlations"):
        sem.fit(MODEL, survey(33), ordered=True, estimator="WLS")


def test_categories_that_few_chose_are_noted() -> None:
    data = survey()
    data.loc[data["a"] == 4, "a"] = 3
    data.loc[:2, "a"] = 4
    notes = [str(w) for w in sem.fit(MODEL, data, ordered=True, warn=False).warnings]
    assert any("Fewer than 5 answers are in a category of 'a'" in note for note in notes)
    assert not any(
        "Fewer than 5" in str(w) for w in sem.fit(MODEL, survey(), ordered=True).warnings
    )


def test_empty_cells_are_noted() -> None:
    fit = sem.fit(MODEL, survey(100), ordered=True)
    assert any("nobody gave some combinations of answers" in str(w) for w in fit.warnings)


@pytest.mark.parametrize(
    "asked",
    ["modification_indices", "factor_scores"],
)
def test_what_is_not_offered_says_so(asked: str) -> None:
    fit = sem.fit(MODEL, survey(), ordered=True)
    with pytest.raises(ModelError, match="not offered with ordered items"):
        getattr(fit, asked)()


def test_a_bootstrap_has_the_errors_of_the_fit() -> None:
    data = survey(500).drop(columns=["group", "z"])
    fit = sem.fit(MODEL, data, ordered=True)
    drawn = fit.bootstrap(200, seed=2)
    assert drawn.failed == 0
    table, own = drawn.intervals(), fit.estimates
    free = (own["se"] > 0).to_numpy()
    np.testing.assert_allclose(table.loc[free, "se"], own.loc[free, "se"], rtol=0.35)
    link = (own["op"] == "~").to_numpy()
    standard = fit.bootstrap(50, seed=2, standardised=True).intervals()
    assert standard.loc[link, "est"].iloc[0] == pytest.approx(own.loc[link, "std_all"].iloc[0])
    pd.testing.assert_frame_equal(
        fit.bootstrap(20, seed=3).intervals(), fit.bootstrap(20, seed=3).intervals()
    )


def test_a_replicate_is_what_a_fit_of_its_rows_gives() -> None:
    data = survey(400)
    fit = sem.fit(MODEL, data, ordered=True)
    generator = np.random.default_rng(7)
    rows = generator.integers(400, size=400)
    again = sem.fit(MODEL, data.iloc[rows], ordered=True)
    found = fit.bootstrap(1, seed=7).replicates[0]
    np.testing.assert_allclose(found, again.estimates["est"], atol=1e-5)


def test_resamples_without_a_category_count_as_failed() -> None:
    data = survey(60)
    data.loc[data["a"] == 4, "a"] = 3
    data.loc[0, "a"] = 4
    drawn = sem.fit(MODEL, data, ordered=True, warn=False).bootstrap(40, seed=1)
    assert 5 < drawn.failed < 30
    with pytest.raises(ModelError, match="no BCa interval"):
        drawn.intervals("bca")
    with pytest.raises(ModelError, match="rows are resampled"):
        sem.fit(MODEL, survey(), ordered=True).bootstrap(10, kind="parametric")


def test_many_groups_are_fitted_as_each_by_itself() -> None:
    data = survey(1600)
    data["unit"] = np.repeat(np.arange(8), 200)
    data.loc[data["unit"] == 3, "b"] = data["b"].clip(upper=3)
    data.loc[data["unit"] == 5, "c"] = 1.0
    fits = sem.fit_many(MODEL, data, by="unit", ordered=True)
    assert list(fits.errors) == [5]
    for unit in (0, 3, 7):
        alone = sem.fit(MODEL, data[data["unit"] == unit], ordered=True)
        own = fits[unit]
        np.testing.assert_allclose(own.theta, alone.theta, atol=1e-6)
        np.testing.assert_allclose(own.estimates["se"], alone.estimates["se"], atol=1e-6)
        assert own.measures["chisq.scaled"] == pytest.approx(
            alone.measures["chisq.scaled"], abs=1e-5
        )
    assert set(fits.estimates["unit"]) == {0, 1, 2, 3, 4, 6, 7}


def test_a_growth_curve_of_ordered_items_is_refused() -> None:
    with pytest.raises(ModelError, match="growth curve of ordered items"):
        sem.growth("i =~ 1*a + 1*b + 1*c; s =~ 0*a + 1*b + 2*c", survey(), ordered=True)
