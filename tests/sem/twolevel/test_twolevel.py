"""Models of two levels: likelihood, results, and what cannot be."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from workbench import sem
from workbench.errors import (
    DataError,
    ImproperSolutionWarning,
    ModelError,
    ModelSyntaxError,
    NotIdentifiedError,
)
from workbench.sem.model.levels import has_levels, parse_levels
from workbench.sem.twolevel.fit import TwoLevelFit
from workbench.sem.twolevel.likelihood import TwoLevel, stacked_jacobian, unit_scores
from workbench.sem.twolevel.missing import Answers, TwoLevelAnswers, cell_scores

ANSWERS = pd.read_csv(Path(__file__).parents[2] / "reference" / "sem" / "twolevel" / "answers.csv")
MISSING = pd.read_csv(Path(__file__).parents[2] / "reference" / "sem" / "twolevel" / "missing.csv")
TRUST = "t1 + t2 + t3 + t4"
PLAIN = f"level: 1\nw =~ {TRUST}\nlevel: 2\nb =~ {TRUST}"
COVARIATES = f"level: 1\nw =~ {TRUST}\nw ~ age + hours\nlevel: 2\nb =~ {TRUST}\nb ~ size + region"


def two_level(model: str, data: pd.DataFrame = ANSWERS, **options: object) -> TwoLevelFit:
    found = sem.fit(model, data, cluster="unit", warn=False, **options)  # type: ignore[arg-type]
    assert isinstance(found, TwoLevelFit)
    return found


# --- the likelihood ----------------------------------------------------------------------------


@pytest.mark.parametrize("model", [PLAIN, COVARIATES])
def test_loglikelihood_is_that_of_the_rows_of_each_unit(model: str) -> None:
    fit = two_level(model, fixed_x=False)
    implied = fit.layout.implied(fit.theta)
    units = fit.problem.by_group[0].units
    alone = np.setdiff1d(units.outer, units.inner)
    total = 0.0
    rows = fit.problem.data.rows[0]  # type: ignore[union-attr]
    mean = implied.mu.sum(axis=0)
    for unit, size in enumerate(units.size):
        own = rows[units.unit == unit]
        within, between = (implied.sigma[level] for level in (0, 1))
        inner = np.ix_(units.inner, units.inner)
        cov = np.kron(np.ones((size, size)), between[inner]) + np.kron(np.eye(size), within[inner])
        cross = np.tile(between[np.ix_(units.inner, alone)], (size, 1))
        cov = np.block([[cov, cross], [cross.T, between[np.ix_(alone, alone)]]])
        values = np.concatenate([own[:, units.inner].ravel(), own[0, alone]])
        centre = np.concatenate([np.tile(mean[units.inner], size), mean[alone]])
        total += multivariate_normal.logpdf(values, centre, cov)
    assert fit.measures["logl"] == pytest.approx(total, abs=1e-6)


def test_derivatives_are_those_of_the_function() -> None:
    fit = two_level(COVARIATES)
    objective, k = fit.problem.objective, len(fit.theta)
    theta = fit.theta + 0.05 * np.sin(np.arange(k))
    at = objective.evaluate(theta[None], "observed")
    step = 1e-5 * np.eye(k)
    up, down = (objective.evaluate(theta + sign * step, None) for sign in (1, -1))
    # Members of a batch that stand for one sample each.
    np.testing.assert_allclose((up.value - down.value) / 2e-5, at.gradient[0], atol=1e-7)
    np.testing.assert_allclose((up.gradient - down.gradient) / 2e-5, at.curvature[0], atol=1e-6)


def test_scores_of_units_add_up_to_the_gradient() -> None:
    fit = two_level(COVARIATES)
    theta = fit.theta + 0.05
    problem = fit.problem
    implied = fit.layout.implied(theta, problem.exo)
    scores = unit_scores(problem.by_group[0].units, implied) @ stacked_jacobian(fit.layout, implied)
    gradient = problem.objective.evaluate(theta[None], None).gradient[0]
    np.testing.assert_allclose(scores.sum(axis=0), problem.total * gradient, atol=1e-6)


def test_balanced_units_have_the_saturated_moments_in_closed_form() -> None:
    even = ANSWERS[ANSWERS["even"] == 1]
    fit = two_level("level: 1\nt1 ~~ t2\nlevel: 2\nt1 ~~ t2", even)
    rows = even[["t1", "t2"]]
    means = rows.groupby(even["unit"]).transform("mean")
    units = means.groupby(even["unit"]).first()
    pooled = (rows - means).T @ (rows - means) / (len(rows) - len(units))
    between = units.cov(ddof=0) - pooled / 6
    np.testing.assert_allclose(fit.problem.moments.cov, [pooled, between], atol=1e-8)
    assert fit.measures["df"] == 0
    assert fit.chi_square.statistic == pytest.approx(0, abs=1e-8)


def test_loglikelihood_of_missing_answers_is_that_of_those_given() -> None:
    fit = two_level(COVARIATES, MISSING, missing="fiml", fixed_x=False)
    implied = fit.layout.implied(fit.theta)
    units, rows = fit.problem.by_group[0].units, fit.problem.data.rows[0]  # type: ignore[union-attr]
    alone = np.setdiff1d(units.outer, units.inner)
    mean, total = implied.mu.sum(axis=0), 0.0
    for unit in range(len(units.size)):
        own = rows[units.unit == unit]
        row, item = np.nonzero(~np.isnan(own[:, units.inner]))
        item = units.inner[item]
        own_known = alone[~np.isnan(own[0, alone])]
        values = np.concatenate([own[row, item], own[0, own_known]])
        places = np.concatenate([item, own_known])
        same = np.concatenate([row, np.full(len(own_known), -1)])
        cov = implied.sigma[1][np.ix_(places, places)]
        cov = cov + implied.sigma[0][np.ix_(places, places)] * (same[:, None] == same)
        total += multivariate_normal.logpdf(values, mean[places], cov)
    assert fit.measures["logl"] == pytest.approx(total, abs=1e-6)


def test_derivatives_with_missing_answers_are_those_of_the_function() -> None:
    problem = two_level(COVARIATES, MISSING, missing="fiml", fixed_x=False).problem
    rows = problem.by_group[0]
    theta = rows.saturated.theta[0]
    objective = rows.objective(rows.saturated_layout, None)
    theta = theta + 0.05 * np.sin(np.arange(len(theta)))
    at = objective.evaluate(theta[None], "observed")
    step = 1e-5 * np.eye(len(theta))
    ups, downs = (
        [objective.evaluate((theta + sign * own)[None], None) for own in step] for sign in (1, -1)
    )
    pairs = list(zip(ups, downs, strict=True))
    slopes = [(up.value[0] - down.value[0]) / 2e-5 for up, down in pairs]
    np.testing.assert_allclose(slopes, at.gradient[0], atol=1e-7)
    curvature = [(up.gradient[0] - down.gradient[0]) / 2e-5 for up, down in pairs]
    np.testing.assert_allclose(curvature, at.curvature[0], atol=1e-6)


def test_complete_rows_have_one_likelihood() -> None:
    fit = two_level(COVARIATES)
    units, complete = fit.problem.by_group[0].units, fit.problem.objective
    assert isinstance(complete, TwoLevel)
    answers = Answers.of(
        fit.problem.data.rows[0],  # type: ignore[union-attr]
        units.unit,
        units.inner,
        units.outer,
    )
    casewise = TwoLevelAnswers(fit.layout, (answers,), complete)
    theta = fit.theta + 0.05 * np.sin(np.arange(len(fit.theta)))
    one, other = (own.evaluate(theta[None], "observed") for own in (complete, casewise))
    np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-12)
    np.testing.assert_allclose(one.curvature, other.curvature, atol=1e-12)
    implied = fit.layout.implied(theta, fit.problem.exo)
    slopes = stacked_jacobian(fit.layout, implied)
    np.testing.assert_allclose(
        unit_scores(units, implied) @ slopes, cell_scores(answers, implied) @ slopes, atol=1e-9
    )


def test_two_sources_meet_in_units() -> None:
    # Employees and clients are different people: no row has items of both.
    rng = np.random.default_rng(11)
    people = rng.normal(size=150)
    service = 0.5 * people + np.sqrt(0.75) * rng.normal(size=150)
    parts = []
    for names, common in (("pqr", people), ("xyz", service)):
        unit = np.repeat(np.arange(150), rng.integers(5, 15, 150))
        own = rng.normal(size=len(unit))
        rows = {name: common[unit] + own + 0.8 * rng.normal(size=len(unit)) for name in names}
        parts.append(pd.DataFrame({"unit": unit, **rows}))
    model = (
        "level: 1\nw =~ p + q + r\nv =~ x + y + z\nw ~~ 0*v\n"
        "level: 2\npeople =~ p + q + r\nservice =~ x + y + z\nservice ~ people"
    )
    fit = two_level(model, pd.concat(parts), missing="fiml", estimator="MLR")
    assert fit.converged
    # What was never answered together within a unit's rows is no moment of the saturated model.
    assert fit.measures["df"] == 2 * 21 + 6 - 9 - fit.measures["npar"]
    link = fit.estimates.query("op == '~'").iloc[0]
    assert abs(link["std_all"] - 0.5) < 0.2
    assert fit.measures["pvalue.scaled"] > 0.001


# --- results -----------------------------------------------------------------------------------


def test_truth_is_recovered() -> None:
    rng = np.random.default_rng(5)
    count = rng.integers(3, 20, 400)
    unit = np.repeat(np.arange(400), count)
    people, service = rng.normal(size=400), rng.normal(size=(2, len(unit)))
    between = 0.5 * people + np.sqrt(0.3) * rng.normal(size=400)
    within = 0.3 * service[0] + service[1]
    data = pd.DataFrame({"unit": unit, "x": service[0], "z": people[unit]})
    for item, loading in enumerate((1.0, 0.8, 1.2), start=1):
        noise = 0.6 * rng.normal(size=len(unit)) + (0.3 * rng.normal(size=400))[unit]
        data[f"y{item}"] = loading * (within + between[unit]) + noise
    model = "level: 1\nw =~ y1 + y2 + y3\nw ~ p*x\nlevel: 2\nb =~ y1 + y2 + y3\nb ~ q*z"
    rows = two_level(model, data, estimator="MLR").estimates.set_index("label")
    for label, truth in (("p", 0.3), ("q", 0.5)):
        assert abs(rows.loc[label, "est"] - truth) < 3 * rows.loc[label, "se"]
        assert rows.loc[label, "se"] < 0.05


def test_errors_do_not_depend_on_the_zero_of_a_covariate() -> None:
    # lavaan's do, for its scores leave out what the covariate does to means within units.
    fit = two_level(COVARIATES, estimator="MLR")
    moved = two_level(COVARIATES, ANSWERS.assign(hours=ANSWERS["hours"] + 5), estimator="MLR")
    slopes = fit.estimates["op"] != "~1"
    np.testing.assert_allclose(
        fit.estimates.loc[slopes, "se"], moved.estimates.loc[slopes, "se"], atol=1e-7
    )
    assert moved.scaled_chi_square is not None
    assert fit.scaled_chi_square is not None
    assert moved.scaled_chi_square.statistic == pytest.approx(fit.scaled_chi_square.statistic)


def test_shares_and_reliability_of_levels() -> None:
    fit = two_level(PLAIN)
    sigma = fit.problem.moments.cov
    shares = fit.icc.set_index("variable")
    assert shares.loc["t1", "icc"] == pytest.approx(
        sigma[1, 0, 0] / (sigma[0, 0, 0] + sigma[1, 0, 0])
    )
    found = fit.reliability.set_index("level")
    assert found["factor"].to_dict() == {1: "w", 2: "b"}
    est = fit.estimates
    for level in (1, 2):
        own = est[est["level"] == level]
        loading = own.loc[own["op"] == "=~", "est"].sum()
        variances = own[(own["op"] == "~~") & (own["lhs"] == own["rhs"])].set_index("lhs")["est"]
        factor = "w" if level == 1 else "b"
        true = loading**2 * variances.pop(factor)
        assert found.loc[level, "omega"] == pytest.approx(true / (true + variances.sum()))
        cov = sigma[level - 1]
        alpha = 4 / 3 * (1 - np.trace(cov) / cov.sum())
        assert found.loc[level, "alpha"] == pytest.approx(alpha)


def test_nested_models_are_compared() -> None:
    same = "level: 1\nw =~ t1 + a*t2 + t3 + t4\nlevel: 2\nb =~ t1 + a*t2 + t3 + t4"
    narrow, wide = two_level(same), two_level(PLAIN)
    test = sem.difference_test(narrow, wide)
    assert test.df == 1
    assert test.statistic == pytest.approx(
        2 * (wide.measures["logl"] - narrow.measures["logl"]), abs=1e-6
    )
    robust = [two_level(model, estimator="MLR") for model in (same, PLAIN)]
    assert sem.difference_test(*robust).method == "satorra-bentler 2001"
    assert list(robust[0].compare(robust[1])["df"]) == [4, 5]
    with pytest.raises(ModelError, match="not offered with levels"):
        sem.difference_test(*robust, method="satorra 2000")
    with pytest.raises(ModelError, match="fit both in the same way"):
        sem.difference_test(narrow, sem.fit(f"f =~ {TRUST}", ANSWERS, information="observed"))


def test_a_fit_is_shown_by_level() -> None:
    fit = two_level(COVARIATES)
    assert repr(fit).startswith("Fit of 613 rows in 90 units, two levels (ML): chi-square")
    text = fit.summary()
    assert "Level 1, within units:" in text
    assert "SRMR between units" in text
    assert "level 2, between units" in fit._repr_html_()
    assert "| Level |" in fit.to_markdown()
    assert "Level" in fit.to_latex()
    nodes, edges = fit.paths()
    assert nodes.loc[nodes["level"] == 2, "name"].tolist() == [
        "b", "t1", "t2", "t3", "t4", "size", "region",
    ]  # fmt: skip
    assert set(edges.loc[edges["kind"] == "path", "level"]) == {1, 2}
    assert fit.plot(2).alt.startswith("Path diagram at level 2: 2 of 2 links")
    assert list(fit.residuals().columns) == [
        "lhs", "op", "rhs", "level", "sample", "implied", "raw", "cor",
    ]  # fmt: skip
    assert fit.standardised()["se"].notna().all()
    assert set(fit.r_squared["level"]) == {1, 2}
    assert "level" in fit.table
    again = pickle.loads(pickle.dumps(fit))
    pd.testing.assert_frame_equal(again.estimates, fit.estimates)


def test_the_order_of_levels_and_their_words_change_nothing() -> None:
    fit = two_level(PLAIN)
    turned = two_level(f"level: between # of units\nb =~ {TRUST}; level: within; w =~ {TRUST}")
    pd.testing.assert_series_equal(fit.measures, turned.measures)


def test_what_is_not_offered_says_what_to_do() -> None:
    fit = two_level(PLAIN)
    with pytest.raises(ModelError, match=r"refit\(\) is not offered for two levels"):
        fit.refit()
    with pytest.raises(ModelError, match="units are resampled whole"):
        fit.bootstrap(kind="case")
    with pytest.raises(ModelError, match="leave standardised=True out"):
        fit.residuals(standardised=True)


# --- what cannot be ----------------------------------------------------------------------------


def test_between_variance_below_zero_is_said() -> None:
    rng = np.random.default_rng(3)
    data = ANSWERS.assign(t1=rng.normal(size=len(ANSWERS)), t2=rng.normal(size=len(ANSWERS)))
    fit = two_level("level: 1\nt1 ~~ t2\nt1 ~~ t3\nlevel: 2\nt1 ~~ t2\nt3 ~~ t3", data)
    negative = fit.icc["between"] <= 0
    assert negative.any()
    said = " ".join(map(str, fit.warnings))
    assert "less between units than sampling alone would make values vary" in said
    stopped = replace(fit, converged=False, message="No optimum was reached.")
    assert "less between units" in str(stopped.warnings[-1])
    with pytest.warns(ImproperSolutionWarning, match="is negative .* at level 2"):
        sem.fit("level: 1\nt1 ~~ t2\nlevel: 2\nt1 ~~ t2", data, cluster="unit")


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_units_that_do_not_differ_are_said(missing: str) -> None:
    rng = np.random.default_rng(3)
    common = rng.normal(size=900)
    rows = pd.DataFrame({f"t{i}": common + rng.normal(size=900) for i in range(1, 5)})
    if missing == "fiml":
        rows = rows.mask(rng.random(rows.shape) < 0.1)
    fit = two_level(PLAIN, rows.assign(unit=np.repeat(np.arange(60), 15)), missing=missing)
    assert (fit.icc["icc"].abs() < 0.03).all()
    said = [str(warning) for warning in fit.warnings]
    assert "Write what does not vary at level 1 alone, or take level 2 with care." in said[0]
    assert "The solution is not proper" in said[1]
    # Level 1 is what it is without units.
    one = sem.fit(f"w =~ {TRUST}", rows, missing=missing).estimates
    within = fit.estimates[(fit.estimates["level"] == 1) & (fit.estimates["op"] == "=~")]
    alone = one.loc[one["op"] == "=~", "est"]
    np.testing.assert_allclose(within["est"], alone, atol=0.03)


def test_units_of_one_row_beside_others_count() -> None:
    first = ANSWERS.groupby("unit").head(1)
    mixed = pd.concat([ANSWERS, first.assign(unit=first["unit"] + 1000)], ignore_index=True)
    fit = two_level(PLAIN, mixed)
    assert fit.converged
    assert (fit.problem.by_group[0].units.size == 1).sum() == len(first)
    left = ANSWERS.copy()
    left.loc[left.groupby("unit").cumcount() > 0, "t1"] = np.nan
    with pytest.raises(DataError, match="is left with one row without missing answers"):
        two_level(PLAIN, left)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"unit": 1}, "belong to one unit of 'unit'"),
        ({"unit": range(len(ANSWERS))}, "Every unit of 'unit' has one row"),
        (
            {"size": ANSWERS["pace"]},
            r"'size' stands at level 2 alone but varies within units: unit \d+ of 'unit' has",
        ),
        ({"age": ANSWERS["size"] ** 2}, "'age' has one value in each unit of 'unit'"),
        (
            {"t1": ANSWERS["t1"] - ANSWERS.groupby("unit")["t1"].transform("mean")},
            "'t1' has the same mean in every unit of 'unit'",
        ),
    ],
)
def test_rows_that_cannot_be(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        two_level(COVARIATES, ANSWERS.assign(**change))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"weights": "age"}, "Weights are not offered with levels"),
        ({"ordered": True}, "Ordered items are not offered with levels"),
        ({"estimator": "ULS"}, "choose 'ML' or 'MLR'"),
        ({"engine": "semopy"}, "semopy has no models of two levels"),
        ({"likelihood": "wishart"}, "leave likelihood= out"),
        ({"meanstructure": False}, "leave meanstructure=False out"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        two_level(PLAIN, **options)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("t1 ~ age\n" + PLAIN, "Line 1 of the model stands above the first level"),
        (f"level: 1\nw =~ {TRUST}", "The model has nothing at level 2"),
        (PLAIN.replace("level: 2", "level: 3"), "Line 3 of the model names the level '3'"),
        (
            PLAIN.replace("level: 2", "group: 2"),
            "Line 1 of the model opens a level above the first",
        ),
        (f"group: a\n{PLAIN}\ngroup: b\nlevel: 1\nt1 ~~ t2", "nothing at level 2 of group b"),
        (f"group: a\n{PLAIN}\ngroup: b\n{PLAIN}\nt1 ~ size", "'size' has no place in the blocks"),
        (f"block: 1\n{PLAIN}", "Line 1 of the model opens a block"),
        (f"group: a\n{PLAIN}", "name it by group="),
        (PLAIN + "\nt1 ~ w", "'w' is a latent variable at one level and observed at the other"),
        (PLAIN.replace("t4\nlevel: 2", "t4\nt1 ~ 1\nlevel: 2"), "write t1 ~ 1 at level 2 alone"),
        (PLAIN + "\nd := a*2\nlevel: 1\nd := a*3", "'d' is defined twice"),
    ],
)
def test_models_that_cannot_be(model: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        two_level(model)


def test_mistakes_are_shown_at_their_place() -> None:
    with pytest.raises(ModelSyntaxError) as caught:
        parse_levels("level: 1\nt1 ~ age\nlevel: 2\nt1 ~~ ~ size")
    assert caught.value.line == 4
    with pytest.raises(NotIdentifiedError, match="free parameters but only"):
        two_level("level: 1\nw =~ t1 + t2\nlevel: 2\nb =~ t1 + t2")
    with pytest.raises(ModelError, match="name their column by cluster="):
        sem.fit(PLAIN, ANSWERS)
    with pytest.raises(ModelSyntaxError, match=r"Levels .* are read by"):
        sem.fit_many(PLAIN, ANSWERS, by="even")


def test_a_level_in_a_comment_opens_none() -> None:
    assert not has_levels("t1 ~ age # level: 1")
    assert not has_levels("# a; level: 1\nt1 ~ age")
    assert has_levels("t1 ~ age; level: 1")
