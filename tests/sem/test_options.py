"""Options of a fit beside each other: the same model said in two ways, and what is refused.

That each option has lavaan's numbers is a matter of the lavaan suite (cases ``option-…``).
"""

import inspect
import re
import warnings

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ImproperSolutionWarning, ModelError

MODEL = "f =~ a + b + c\nf ~ x + z"
WRITTEN = MODEL + "\nx ~~ x + z\nz ~~ z\nx + z ~ 1"
LINE = "i =~ 1*a + 1*b + 1*c + 1*d\ns =~ 0*a + 1*b + 2*c + 3*d"


@pytest.fixture(scope="module")
def data():
    """Answers of 240 people in two towns and thirty offices, some of them missing in ``holes``."""
    rng = np.random.default_rng(11)
    x, z = rng.normal(1.0, 1.0, (2, 240))
    level, slope = 2 + 0.5 * x + rng.normal(size=240), 1 + 0.3 * z + 0.4 * rng.normal(size=240)
    found = {item: level + t * slope + rng.normal(size=240) for t, item in enumerate("abcd")}
    return pd.DataFrame(found).assign(
        x=x, z=z, town=np.tile(["n", "s"], 120), office=np.arange(240) % 30, w=1 + rng.random(240)
    )


@pytest.fixture(scope="module")
def holes(data):
    rng = np.random.default_rng(12)
    return data.assign(
        **{name: data[name].where(rng.random(240) > 0.1) for name in ["a", "b", "x"]}
    )


@pytest.mark.parametrize("options", [{}, {"estimator": "MLR"}, {"cluster": "office"}])
def test_estimated_covariates_are_those_written_into_the_model(holes, options):
    free = sem.fit(MODEL, holes, missing="fiml", fixed_x=False, **options)
    written = sem.fit(WRITTEN, holes, missing="fiml", **options)
    names = ["npar", "chisq", "df", "logl", "aic", "bic", "rmsea", "srmr", "gfi"]
    assert free.nobs == 240
    np.testing.assert_allclose(free.measures[names], written.measures[names], rtol=1e-6, atol=1e-6)
    assert len(sem.fit(MODEL, holes, missing="fiml", **options).warnings) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"fixed_x": False},
        {"meanstructure": True},
        {"orthogonal": True},
        {"information": "observed"},
        {"information": "observed", "estimator": "GLS"},
        {"likelihood": "wishart"},
    ],
)
def test_groups_one_by_one_take_the_options(data, options):
    model = LINE if "orthogonal" in options else MODEL
    many = sem.fit_many(model, data, "town", **options)
    alone = sem.fit(model, data[data["town"] == "s"], **options)
    assert many["s"].measures["npar"] == alone.measures["npar"]
    np.testing.assert_allclose(many["s"].measures, alone.measures, rtol=1e-6, atol=1e-7)
    own = many.estimates[many.estimates["town"] == "s"]
    np.testing.assert_allclose(own["se"], alone.estimates["se"], rtol=1e-6)


def test_moments_take_the_options(data):
    names = ["a", "b", "c", "x", "z"]
    fit = sem.fit(MODEL, data, fixed_x=False)
    again = sem.fit_moments(MODEL, 240, data[names].cov(), fixed_x=False)
    np.testing.assert_allclose(again.measures, fit.measures, rtol=1e-6, atol=1e-7)
    assert fit.measures["npar"] == sem.fit(MODEL, data).measures["npar"] + 3


def test_information_of_moments_is_that_of_rows(data):
    names = ["a", "b", "c", "x", "z"]
    fit = sem.fit(MODEL, data, information="observed")
    again = sem.fit_moments(MODEL, 240, data[names].cov(), information="observed")
    np.testing.assert_allclose(again.estimates["se"], fit.estimates["se"], rtol=1e-6)
    # Of the Hessian itself: d2f = f(theta + h + k) - f(theta + h) - f(theta + k) + f(theta).
    step = 1e-4 * np.eye(len(fit.theta))
    value = fit.problem.objective.value
    corner = value((fit.theta + step[:, None] + step).reshape(-1, len(step))).reshape(len(step), -1)
    edge = value(fit.theta + step)
    hessian = (corner - edge[:, None] - edge + value(fit.theta[None])) / 1e-8
    np.testing.assert_allclose(fit.vcov, np.linalg.inv(hessian) / 240, rtol=0.01, atol=1e-5)


@pytest.mark.parametrize("kind", ["observed", "expected"])
def test_known_errors_take_the_information_asked_for(data, kind):
    """The same error in every row is a part of the residual variance that the errors do not see."""
    rows = data.assign(id=np.arange(240))
    error = sem.ErrorCovariance(("a",), np.full((240, 1, 1), 0.2), rows[["id"]])
    known = sem.fit(MODEL, rows, missing="fiml", error=error, information=kind)
    plain = {
        own: sem.fit(MODEL, rows, meanstructure=True, fixed_x=False, information=own).vcov
        for own in ("observed", "expected")
    }
    assert abs(plain["observed"] / plain["expected"] - 1).to_numpy().max() > 0.01
    np.testing.assert_allclose(known.vcov, plain[kind], rtol=1e-4, atol=1e-7)


def test_wishart_divides_by_one_row_less(data):
    normal = sem.fit(MODEL, data)
    fit = sem.fit(MODEL, data, likelihood="wishart")
    again = sem.fit_moments(MODEL, 240, data[["a", "b", "c", "x", "z"]].cov(), likelihood="wishart")
    np.testing.assert_allclose(again.measures, fit.measures, rtol=1e-6, atol=1e-7)
    scale = np.where(fit.estimates["op"] == "~~", 240 / 239, 1.0)
    np.testing.assert_allclose(fit.estimates["est"], scale * normal.estimates["est"], rtol=1e-6)
    for name in ("chisq", "baseline.chisq"):
        assert fit.measures[name] == pytest.approx(239 / 240 * normal.measures[name])
    assert fit.measures["ntotal"] == 240
    assert "Wishart" in fit.summary()
    assert "divisor" in str(fit.crosscheck())
    with pytest.raises(ModelError, match="and likelihood='wishart'"):
        sem.difference_test(fit, normal)


def test_replicates_of_wishart_have_its_statistic(data):
    fit = sem.fit(MODEL, data, likelihood="wishart")
    found = fit.bootstrap(200, kind="bollen-stine")
    assert found.statistic == pytest.approx(fit.measures["chisq"])
    assert np.mean(found.statistics) == pytest.approx(fit.measures["df"], rel=0.25)
    free = fit.table["free"].to_numpy()[found.parameters.index] > 0
    se = found.intervals()["se"].to_numpy()
    np.testing.assert_allclose(se[free], fit.estimates["se"].to_numpy()[free], rtol=0.35)


def test_replicates_take_the_options(data):
    fit = sem.growth(LINE, data)
    found = fit.bootstrap(60)
    assert found.failed == 0
    means = found.intervals().query("op == '~1'").set_index("lhs")
    assert (means.loc[["a", "b", "c", "d"], "se"] == 0).all()
    expected = fit.estimates.query("op == '~1'").set_index("lhs")["se"]
    np.testing.assert_allclose(means.loc[["i", "s"], "se"], expected[["i", "s"]], rtol=0.3)


def test_growth_is_what_the_model_can_write(data):
    written = LINE + "\na + b + c + d ~ 0*1\ni + s ~ 1"
    for options in ({}, {"group": "town", "group_equal": ["means"]}, {"weights": "w"}):
        ours, theirs = sem.growth(LINE, data, **options), sem.fit(written, data, **options)
        np.testing.assert_allclose(ours.measures, theirs.measures, rtol=1e-6, atol=1e-7)


def test_growth_with_estimated_covariates_says_that_their_means_are_zero(data):
    model = LINE + "\ni + s ~ x"
    fit = sem.growth(model, data, fixed_x=False)
    assert "write x ~ 1" in str(fit.warnings[0])
    means = fit.estimates.query("op == '~1'").set_index("lhs")["est"]
    assert means["x"] == 0
    assert not sem.growth(model, data).warnings
    many = sem.fit_many(model, data, "town", growth=True, fixed_x=False)
    assert "write x ~ 1" in str(many["n"].warnings[0])
    alone = sem.growth(model, data[data["town"] == "n"], fixed_x=False)
    np.testing.assert_allclose(many["n"].measures, alone.measures, rtol=1e-6, atol=1e-7)
    with pytest.raises(ModelError, match="growth curve model has means"):
        sem.fit_many(model, data, "town", growth=True, meanstructure=False)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("z ~ i + s", "z"),
        ("i ~ z\nw ~ z + i", "w"),
        pytest.param(  # x, z and w have little in common, so the variance of f comes out negative
            "f =~ x + z + w\nf ~ i",
            "x, z and w",
            marks=pytest.mark.filterwarnings("ignore::workbench.errors.ImproperSolutionWarning"),
        ),
        ("x ~~ z + i", "x and z"),
        ("z ~ i + s\nz ~ 1", ""),
        ("z ~ i + s\nz ~ 0*1", ""),
        ("i + s ~ x + z", ""),
    ],
)
def test_growth_says_whose_intercepts_it_takes_to_be_zero(data, more, names):
    fit = sem.growth(f"{LINE}\n{more}", data)
    told = [str(w) for w in fit.warnings if "takes the intercepts of" in str(w)]
    assert len(told) == bool(names)
    for warning in told:
        assert warning == (
            f"The growth model takes the intercepts of {names} to be 0, for the model does not "
            f"write them; write {names[0]} ~ 1 to estimate that of {names[0]}."
        )
    table = fit.table.query("op == '~1' and user == 0 and free == 0 and exo == 0")
    assert set(table["lhs"]) == {*"abcd", *re.findall("[xzw]", names.replace("and", ""))}


def test_another_growth_model_of_the_same_rows_says_its_own_zero_intercepts(data):
    silent = sem.growth(f"{LINE}\nz ~ i + s\nz ~ 1", data)
    told = sem.fit_same_rows(f"{LINE}\nz ~ i + s", silent)
    again = sem.fit_same_rows(f"{LINE}\nz ~ i + s\nz ~ 1", told)
    said = [[w for w in fit.warnings if "intercepts of z" in str(w)] for fit in (told, again)]
    assert list(map(len, said)) == [1, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": "fiml", "meanstructure": False}, "estimates means as well"),
        ({"cluster": "office", "meanstructure": False}, "need means as well"),
        (
            {"group": "town", "group_equal": ["intercepts"], "meanstructure": False},
            r"\('intercepts'\), which meanstructure=False",
        ),
        ({"fixed_x": "no"}, "fixed_x='no' is not known; choose from None, True, False"),
        ({"orthogonal": None}, "orthogonal=None is not known"),
        ({"likelihood": "wishert"}, "Did you mean 'wishart'"),
        *(
            ({"likelihood": "wishart", **other}, "complete rows that count alike")
            for other in (
                {"estimator": "ULS"},
                {"missing": "fiml"},
                {"cluster": "office"},
                {"weights": "w"},
            )
        ),
        ({"likelihood": "wishart", "engine": "semopy"}, "divisor n"),
        ({"information": "observd"}, "Did you mean 'observed'"),
        ({"information": "observed", "estimator": "ULS"}, "errors of ULS are made of expected"),
        (
            {"information": "observed", "estimator": "GLS", "weights": "w"},
            "errors of GLS with clusters or weights are",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(data, options, message):
    with pytest.raises(ModelError, match=message):
        sem.fit(MODEL, data, **options)


@pytest.mark.parametrize(
    ("function", "word", "message"),
    [
        (sem.fit, "estimater", r"no option 'estimater'\. Did you mean 'estimator'"),
        (sem.growth, "engine", r"no option 'engine'"),
        (sem.growth, "meanstructure", r"no option 'meanstructure'"),
    ],
)
def test_words_that_a_function_does_not_take_are_refused(data, function, word, message):
    with pytest.raises(ModelError, match=message):
        function(LINE, data, **{word: "ML"})
    assert word not in inspect.signature(function).parameters


def test_signatures_name_every_option_with_its_default(data):
    shown = inspect.signature(sem.fit).parameters
    defaults = {name: p.default for name, p in shown.items() if p.default is not p.empty}
    assert {"group_equal", "weights", "engine", "likelihood"} <= set(defaults)
    words = {name: value for name, value in defaults.items() if name not in ("error", "warn")}
    given, plain = sem.fit(MODEL, data, **words), sem.fit(MODEL, data)
    assert given.options == plain.options


def test_a_fit_is_quiet_when_asked(data):
    copies = data.assign(b=2 * data["a"] + 0.01 * data["b"])
    with pytest.warns(ImproperSolutionWarning) as given:
        loud = sem.fit("f =~ a + b + c\nf ~ x", copies)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet = sem.fit("f =~ a + b + c\nf ~ x", copies, warn=False)
    assert [str(w.message) for w in given] == [str(w) for w in quiet.warnings]
    np.testing.assert_array_equal(loud.theta, quiet.theta)


def test_means_that_the_model_writes_are_not_left_out(data):
    with pytest.raises(ModelError, match="'~ 1'"):
        sem.fit(MODEL + "\na ~ 1", data, meanstructure=False)


def test_covariates_with_known_errors_are_not_held(data):
    rows = data.assign(id=np.arange(240))
    error = sem.ErrorCovariance(("x",), np.full((240, 1, 1), 0.1), rows[["id"]])
    with pytest.raises(ModelError, match="leave fixed_x=True out"):
        sem.fit(MODEL, rows, missing="fiml", error=error, fixed_x=True)
    given = [
        sem.fit(MODEL, rows, missing="fiml", error=error, **o) for o in ({}, {"fixed_x": False})
    ]
    np.testing.assert_array_equal(given[0].theta, given[1].theta)
