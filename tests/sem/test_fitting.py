"""From text and data to a fit: options, errors, warnings, engines, many groups."""

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from workbench import sem
from workbench.errors import (
    ActiveConstraintWarning,
    DataError,
    ImproperSolutionWarning,
    ModelError,
    ModelSyntaxError,
    NotIdentifiedError,
    NotIdentifiedWarning,
    SingularCovarianceError,
)

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
EFFECTS = f"{HS}\nspeed ~ a*visual + b*textual\nab := a*b"
COLUMNS = [
    "lhs", "op", "rhs", "label", "group", "est", "se", "z", "pvalue", "ci_lower", "ci_upper",
    "std_lv", "std_all",
]  # fmt: skip


@pytest.fixture(scope="module")
def schools():
    return holzinger39.get_data()


@pytest.fixture(scope="module")
def effects(schools):
    return sem.fit(EFFECTS, schools)


def test_estimates_have_the_promised_columns(effects):
    assert list(effects.estimates.columns) == COLUMNS
    assert effects.estimates.iloc[-1][["lhs", "op", "rhs"]].tolist() == ["ab", ":=", "a*b"]
    assert effects.converged
    assert effects.warnings == []


def test_a_textbook_fit(schools):
    # Rosseel (2012), section 4: chi-square 85.306 on 24 df, CFI .931, RMSEA .092, SRMR .065.
    measures = sem.fit(HS, schools).measures
    found = measures[["chisq", "df", "cfi", "tli", "rmsea", "srmr", "aic", "bic", "logl"]]
    expected = [85.306, 24, 0.931, 0.896, 0.092, 0.065, 7517.490, 7595.339, -3737.745]
    np.testing.assert_allclose(found, expected, atol=5e-4)


def test_group_holds_the_groups_own_value(schools):
    fit = sem.fit(HS, schools, group="school", group_equal=["loadings", "intercepts"])
    assert fit.estimates["group"].unique().tolist() == ["Pasteur", "Grant-White"]
    # lavaan: cfa(HS, group = "school", group.equal = c("loadings", "intercepts")).
    assert fit.measures["chisq"] == pytest.approx(164.103, abs=1e-3)
    assert fit.measures["df"] == 60


def test_scale_does_not_matter(schools):
    mixed = schools.copy()
    mixed[["x1", "x5", "x9"]] *= [100, 1e-3, 1e4]
    plain = sem.fit(HS, schools)
    assert sem.fit(HS, mixed).measures["chisq"] == pytest.approx(plain.measures["chisq"], abs=1e-6)


@pytest.mark.parametrize("name", ["x-1", "how satisfied?", "größe", "x 1", "1st", "NA", "a=b"])
def test_any_column_name_can_be_an_item(schools, name):
    renamed = schools.rename(columns={"x2": name})
    fit = sem.fit(HS.replace("x2", f'"{name}"'), renamed)
    assert fit.measures["chisq"] == pytest.approx(85.306, abs=1e-3)
    assert fit.estimates["rhs"].tolist().count(name) == 2
    assert fit.crosscheck().agree


def test_moments_give_what_rows_give(schools, effects):
    items = [f"x{i}" for i in range(1, 10)]
    cov = schools[items].cov()
    fit = sem.fit_moments(EFFECTS, len(schools), cov)
    pd.testing.assert_frame_equal(fit.estimates, effects.estimates, rtol=1e-8)
    pd.testing.assert_series_equal(fit.measures, effects.measures, rtol=1e-7)
    with pytest.raises(ModelError, match="MLR needs the rows"):
        sem.fit_moments(EFFECTS, 301, cov, estimator="MLR")
    with pytest.raises(ModelError, match="need the rows"):
        fit.factor_scores()


def test_moments_that_cannot_be(schools):
    cov = schools[[f"x{i}" for i in range(1, 10)]].cov()
    wrong = cov.copy()
    wrong.loc["x1", "x2"] = wrong.loc["x2", "x1"] = 5.0
    with pytest.raises(SingularCovarianceError, match="not one that data can have"):
        sem.fit_moments(HS, 301, wrong)
    with pytest.raises(DataError, match="index and its columns"):
        sem.fit_moments(HS, 301, cov.to_numpy())


def test_means_come_by_name_or_in_the_order_of_the_covariances(schools):
    model = "visual =~ x1 + x2 + x3\nx1 ~ 1"
    cov, mean = schools[["x3", "x2", "x1"]].cov(), schools[["x3", "x2", "x1"]].mean()
    expected = sem.fit(model, schools).estimates
    for given in (mean, mean.to_dict(), mean.to_numpy(), mean.tolist()):
        found = sem.fit_moments(model, len(schools), cov, given).estimates
        pd.testing.assert_frame_equal(found, expected, rtol=1e-6, atol=1e-9)
    several = sem.fit_moments(model, [301, 301], [cov, cov], [mean.tolist(), mean.to_dict()])
    assert several.measures["chisq"] == pytest.approx(0.0, abs=1e-8)
    with pytest.raises(DataError, match="2 means were given for 3 items"):
        sem.fit_moments(model, 301, cov, mean.tolist()[:2])
    with pytest.raises(DataError, match="no mean of 'x1'"):
        sem.fit_moments(model, 301, cov, {"x2": 1.0, "x3": 1.0})


def test_names_that_are_numbers_or_differ_in_form_are_found(schools):
    items = {"x1": 1, "x2": 2, "x3": "e\u0301t", "school": 0}
    data = schools.rename(columns=items)
    model = 'f =~ "1" + "2" + \u00e9t'
    expected = sem.fit("f =~ x1 + x2 + x3", schools).theta
    np.testing.assert_allclose(sem.fit(model, data).theta, expected)
    cov = data[[1, 2, "e\u0301t"]].cov()
    np.testing.assert_allclose(sem.fit_moments(model, len(data), cov).theta, expected, atol=1e-6)
    many = sem.fit_many(model, data, by=0)
    grouped = sem.fit(model, data, group=0)
    assert list(many) == list(grouped.problem.groups) == ["Pasteur", "Grant-White"]


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("f =~ x1 + x2", ["f =~ x2", "x1 ~~ x1", "x2 ~~ x2", "f ~~ f"]),
        ("f =~ NA*x1 + x2 + x3 + x4", ["f =~ x1", "f =~ x2", "f =~ x3", "f =~ x4", "f ~~ f"]),
        ("f =~ x1 + x2 + x3\nx4 ~ f\nx4 ~~ x1 + x2 + x3", None),
    ],
)
def test_what_is_not_identified_is_named(schools, model, named):
    with pytest.raises(NotIdentifiedError) as caught:
        sem.fit(model, schools)
    assert caught.value.parameters
    if named:
        assert list(caught.value.parameters) == named


def test_a_panel_of_many_waves_is_identified():
    """Paths of up to 1.5 over 36 lags gave moments too far apart in size to judge the rank by."""
    rng = np.random.default_rng(3)
    lines, answers = ["x0 ~~ y0"], {name: rng.standard_normal(300) for name in ("x0", "y0")}
    for wave in range(1, 37):
        for own, other in ("xy", "yx"):
            lines.append(f"{own}{wave} ~ {own}{wave - 1} + {other}{wave - 1}")
            before = 0.5 * answers[f"{own}{wave - 1}"] + 0.1 * answers[f"{other}{wave - 1}"]
            answers[f"{own}{wave}"] = before + rng.standard_normal(300)
        lines.append(f"x{wave} ~~ y{wave}")
    fit = sem.fit("\n".join(lines), pd.DataFrame(answers))
    assert fit.converged
    paths = fit.estimates.query("op == '~'").set_index(["lhs", "rhs"])["est"]
    assert paths["x36", "x35"] == pytest.approx(0.5, abs=0.2)


def test_a_constraint_can_identify_a_model(schools):
    model = "f =~ NA*x1 + a*x1 + b*x2 + c*x3 + x4\na + b + c == 3"
    fit = sem.fit(model, schools)
    # The scale is arbitrary: the test is that of the model with a marker.
    assert fit.measures["chisq"] == pytest.approx(
        sem.fit("f =~ x1 + x2 + x3 + x4", schools).measures["chisq"], abs=1e-6
    )
    assert fit.measures["df"] == 2


def test_bad_options_and_labels(schools):
    with pytest.raises(ModelError, match=r"estimator='MLX'.*Did you mean"):
        sem.fit(HS, schools, estimator="MLX")
    with pytest.raises(ModelError, match=r"group_equal has no kind 'loading'.*'loadings'"):
        sem.fit(HS, schools, group="school", group_equal=["loading"])
    with pytest.raises(ModelError, match=r"uses the label 'bb'"):
        sem.fit("x1 ~ b*x2\nc := bb^2", schools)
    with pytest.raises(ModelError, match="circular"):
        sem.fit("x1 ~ b*x2\nc := d + b\nd := c", schools)
    with pytest.raises(ModelSyntaxError, match="cannot stand for two values"):
        sem.fit("f =~ a*x1 + x2 + x3 + x4\nx2 ~~ a*x2\nx3 ~~ 0.5*x3 + a*x3", schools)
    with pytest.raises(ModelError, match="cannot stand for two values"):
        sem.fit("f =~ x1 + a*x2 + x3 + x4\na == 1\na == 2", schools)
    with pytest.raises(ModelSyntaxError, match="use two names"):
        sem.fit("x1 ~ b*x2\nb := b^2", schools)
    with pytest.raises(ModelSyntaxError, match="2 label modifiers for 1 group"):
        sem.fit("x1 ~ c(a, b)*x2", schools)


def test_a_constraint_that_follows_from_another_counts_once(schools):
    model = "f =~ x1 + a*x2 + b*x3 + c*x4\na + b == 2"
    once = sem.fit(model, schools)
    for again in ("a == 2 - b", "2*a + 2*b == 4"):
        twice = sem.fit(f"{model}\n{again}", schools)
        assert twice.measures[["npar", "df"]].tolist() == [7, 3]
        assert twice.measures["chisq"] == pytest.approx(once.measures["chisq"], abs=1e-8)
    equal = sem.fit("f =~ x1 + a*x2 + b*x3 + x4\na == b\n2*a == 2*b", schools)
    assert equal.measures[["npar", "df"]].tolist() == [7, 3]
    with pytest.raises(ModelError, match=r"a\+b == 3 contradicts the other constraints"):
        sem.fit(f"{model}\na + b == 3", schools)


def test_a_label_of_a_fixed_parameter_has_its_value(schools):
    fit = sem.fit("f =~ x1 + a*x2 + b*x3 + x4\na == 0.5\na + b == 1.25\nr := a*b", schools)
    estimates = fit.estimates.set_index(["op", "rhs"])["est"]
    assert estimates["=~", "x3"] == pytest.approx(0.75, abs=1e-9)
    assert estimates[":="].tolist() == pytest.approx([0.375], abs=1e-9)


def test_options_that_have_no_effect_say_so(schools):
    with pytest.raises(ModelError, match="name their column by group="):
        sem.fit(HS, schools, group_equal=["loadings"])
    with pytest.raises(ModelError, match=r"group_equal is a list, for example \['loadings'\]"):
        sem.fit(HS, schools, group="school", group_equal="loadings")
    with pytest.raises(ModelError, match="The model is NoneType, not text"):
        sem.fit(None, schools)
    with pytest.raises(ModelError, match="All weights are zero"):
        sem.fit(HS, schools.assign(w=0.0), estimator="MLR", weights="w")
    with pytest.raises(ModelError, match=r"kind='std' is not known.*Did you mean"):
        sem.fit(HS, schools).standardised("std")
    with pytest.raises(ModelError, match="replicates=0 leaves nothing to refit"):
        sem.fit(HS, schools).bootstrap(0)


def test_dependent_items_are_named_with_missing_answers_too(schools):
    holes = schools.assign(x3=schools["x1"] + schools["x2"])
    holes.loc[::5, "x5"] = np.nan
    holes.loc[3::7, "x2"] = np.nan
    with pytest.raises(SingularCovarianceError) as caught:
        sem.fit(HS, holes, missing="fiml")
    assert caught.value.items == ("x1", "x2", "x3")


@pytest.mark.parametrize(
    ("estimator", "missing"),
    [("MLR", "listwise"), ("MLR", "fiml"), ("MLM", "listwise"), ("MLMV", "listwise")],
)
def test_what_needs_standard_errors_is_left_out_where_there_are_none(estimator, missing):
    """Two factors of two items each, in data where they have nothing to do with each other."""
    draw = np.random.default_rng(0).standard_normal((400, 4))
    a, b, c, d = 20 * np.linalg.qr(np.c_[np.ones(400), draw])[0][:, 1:].T
    data = pd.DataFrame({"a": a, "b": b + a / 2, "c": c, "d": d + c / 2})
    with pytest.warns(NotIdentifiedWarning):
        fit = sem.fit("f =~ a + b\ng =~ c + d", data, estimator=estimator, missing=missing)
    assert fit.measures["chisq"] == pytest.approx(0, abs=1e-9)
    assert fit.measures[["chisq.scaled", "cfi.scaled", "rmsea.robust"]].isna().all()
    assert fit.residuals()["raw"].abs().max() < 1e-6
    assert "Number of model parameters" in fit.summary()


def test_an_improper_solution_names_its_parameters():
    rng = np.random.default_rng(9)
    factor = rng.normal(size=60)
    data = pd.DataFrame({f"y{i}": factor + rng.normal(size=60) for i in range(3)})
    # y0 goes with the others more than they go with each other: its residual variance is negative.
    data["y0"] = data["y1"] + data["y2"] + rng.normal(scale=0.1, size=60)
    with pytest.warns(ImproperSolutionWarning, match="variance of y0 is negative") as record:
        fit = sem.fit("f =~ y0 + y1 + y2", data)
    assert record[0].message.parameters == ("y0 ~~ y0",)
    assert [*map(str, fit.warnings)] == [str(record[0].message)]
    with pytest.warns(ActiveConstraintWarning, match="y0 ~~ y0 at 0") as record:
        bounded = sem.fit("f =~ y0 + y1 + y2", data, bounds="standard")
    assert len(record) == 1
    assert (bounded.estimates["est"][bounded.estimates["op"] == "~~"] >= 0).all()


def test_two_engines_agree_and_the_check_can_fail(effects, schools, monkeypatch):
    other = sem.fit(EFFECTS, schools, engine="semopy")
    assert other.converged
    np.testing.assert_allclose(other.theta, effects.theta, atol=1e-5)
    pd.testing.assert_frame_equal(other.estimates, effects.estimates, rtol=1e-3, atol=1e-5)
    check = effects.crosscheck()
    assert check.agree
    assert "semopy agrees" in str(check)
    from workbench.sem.estimation import semopy_engine

    honest = semopy_engine.solve

    def off(table, layout, moments):
        found = honest(table, layout, moments)
        shifted = found.theta.copy()
        shifted[1] += 0.01
        return semopy_engine.SemopySolution(shifted, True, "success")

    monkeypatch.setattr(semopy_engine, "solve", off)
    check = effects.crosscheck()
    assert check.agree is False
    assert check.parameter == "visual =~ x3"
    assert check.difference == pytest.approx(0.01, rel=0.01)
    with pytest.warns(Warning, match="gradient there is not zero"):
        assert not sem.fit(EFFECTS, schools, engine="semopy").converged


def test_a_rival_on_the_same_rows_is_the_model_fitted_anew(schools):
    holes = schools.copy()
    holes.loc[::7, "x2"] = np.nan
    holes["class"] = np.arange(len(holes)) // 10
    options = {"estimator": "MLR", "missing": "fiml", "cluster": "class", "group": "school"}
    first = sem.fit(HS, holes, **options)
    for model, equal in ((EFFECTS, ()), (HS, ("loadings",))):
        anew = sem.fit(model, holes, group_equal=equal, **options)
        rival = sem.fit_same_rows(model, first, group_equal=equal)
        np.testing.assert_array_equal(rival.theta, anew.theta)
        pd.testing.assert_series_equal(rival.measures, anew.measures)
        pd.testing.assert_frame_equal(rival.estimates, anew.estimates)


def test_a_rival_of_other_variables_has_no_rows_here(schools, effects):
    with pytest.raises(ModelError, match="the rows are of x1, x2"):
        sem.fit_same_rows("visual =~ x1 + x2 + x3 + x4", effects)
    cov = schools[["x1", "x2", "x3"]].cov()
    with pytest.raises(ModelError, match="no rows"):
        sem.fit_same_rows("f =~ x1 + x2 + x3", sem.fit_moments("f =~ x1 + x2 + x3", 301, cov))


def test_where_semopy_cannot_check_it_says_so(schools):
    fit = sem.fit(HS, schools, group="school")
    check = fit.crosscheck()
    assert check.agree is None
    assert "several groups" in check.sentence
    with pytest.raises(ModelError, match="engine='workbench'"):
        sem.fit(HS, schools, group="school", engine="semopy")


def test_semopy_with_political_democracy_and_saturated_means():
    data = political_democracy.get_data()
    model = (
        "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + a*y2 + y3 + y4\ndem65 =~ y5 + a*y6 + y7 + y8\n"
        "dem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny1 ~ 1"
    )
    check = sem.fit(model, data).crosscheck()
    assert check.agree, check.sentence


def test_many_groups_at_once_are_what_they_are_alone(schools):
    data = schools.assign(grade=schools["grade"].fillna(9))
    fits = sem.fit_many(EFFECTS, data, ["school", "sex"])
    assert len(fits) == 4
    for group, fit in fits.items():
        rows = data[(data["school"] == group[0]) & (data["sex"] == group[1])]
        alone = sem.fit(EFFECTS, rows)
        pd.testing.assert_frame_equal(fit.estimates, alone.estimates, rtol=1e-10)
        own = fits.estimates[
            (fits.estimates["school"] == group[0]) & (fits.estimates["sex"] == group[1])
        ]
        pd.testing.assert_frame_equal(
            own[COLUMNS].reset_index(drop=True), alone.estimates, rtol=1e-8, check_dtype=False
        )


def test_a_group_that_cannot_be_fitted_stops_no_other(schools):
    data = schools.assign(part=["a"] * 100 + ["b"] * 5 + ["c"] * 196)
    data.loc[data["part"] == "c", "x4"] = 3.0
    fits = sem.fit_many(HS, data, "part")
    assert list(fits) == ["a"]
    assert fits.converged.to_dict() == {"a": True, "b": False, "c": False}
    assert "5 of 5 rows" in str(fits.errors["b"])
    assert "'x4' is constant" in str(fits.errors["c"])
    with pytest.raises(ModelError, match="constant"):
        fits["c"]


def test_bootstrap_is_the_same_for_the_same_seed(effects):
    first, again = effects.bootstrap(60, seed=3), effects.bootstrap(60, seed=3)
    np.testing.assert_array_equal(first.replicates, again.replicates)
    assert not np.array_equal(first.replicates, effects.bootstrap(60, seed=4).replicates)
    for kind in ("percentile", "bias-corrected", "bca"):
        found = first.intervals(kind)
        free = found["se"] > 0
        assert (found["ci_lower"] < found["ci_upper"])[free].all()
        assert (found["ci_lower"] == found["est"])[~free].all()
    with pytest.raises(ModelError, match="kind 'bollen-stine'"):
        _ = first.pvalue
    assert effects.bootstrap(60, kind="bollen-stine").pvalue < 0.1
