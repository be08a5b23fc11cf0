"""Models with ``<`` and ``>``: what is estimated, what is said, and what is refused."""

import warnings

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import (
    ActiveConstraintError,
    ActiveConstraintWarning,
    ModelError,
    NotConvergedWarning,
)

PATHS = "m ~ a*x + b*z\ny ~ c*m + d*x"


def rows(seed=0, n=200):
    """Paths a = 0.3, b = 0.5, c = 0.6, d = 0.1 but for the sample's error."""
    draw = np.random.default_rng(seed)
    x, z = draw.normal(size=(2, n))
    m = 0.3 * x + 0.5 * z + draw.normal(size=n)
    y = 0.6 * m + 0.1 * x + draw.normal(size=n)
    return pd.DataFrame({"x": x, "z": z, "m": m, "y": y})


@pytest.fixture(scope="module")
def data():
    return rows()


def quiet(*args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ActiveConstraintWarning)
        return sem.fit(*args, **options)


def active(fit):
    return [
        c for w in fit.warnings if isinstance(w, ActiveConstraintWarning) for c in w.constraints
    ]


def labelled(fit):
    table = fit.estimates
    return table[table["label"] != ""].set_index("label")["est"]


@pytest.mark.parametrize(
    ("limit", "equal"),
    [
        ("a > b", "a == b"),
        ("b < a", "a == b"),
        ("a > b + 0.1", "a == b + 0.1"),
        ("1/4 > c", "c == 0.25"),
        ("c^2 + d < 0.3", "c^2 + d == 0.3"),
        ("exp(a) > 3*c", "exp(a) == 3*c"),
        ("ab := a*b; ab > 0.3", "a*b == 0.3"),
        ("(a - 1)^2 < 0.36", "a == 0.4"),
        ("abs(a - 0.5) < 0.1; a < 1", "a == 0.4"),
    ],
)
def test_an_active_limit_gives_the_equality_s_estimates_but_not_its_degree_of_freedom(
    data, limit, equal
):
    with pytest.warns(ActiveConstraintWarning, match="at the limit of"):
        fit = sem.fit(f"{PATHS}\n{limit}", data)
    other = sem.fit(f"{PATHS}\n{equal}", data)
    assert len(active(fit)) == 1
    np.testing.assert_allclose(
        labelled(fit)[list("abcd")], labelled(other)[list("abcd")], atol=1e-6
    )
    errors, others = (own.estimates.query("op != ':='")["se"] for own in (fit, other))
    np.testing.assert_allclose(errors, others, rtol=1e-5, atol=1e-7)
    assert fit.measures["chisq"] == pytest.approx(other.measures["chisq"], abs=1e-6)
    assert fit.measures["df"] == other.measures["df"] - 1
    assert fit.measures["npar"] == other.measures["npar"] + 1


def test_a_limit_that_is_not_reached_changes_nothing(data):
    plain = sem.fit(PATHS, data)
    # The sizes of a difference stand on either side of a limit: no straight line tells where.
    fit = sem.fit(f"{PATHS}\nb > a; a*c > d - 1; d < 0.8; abs(a - 5) > 1; a > -1", data)
    assert not fit.warnings
    np.testing.assert_allclose(fit.theta, plain.theta, atol=1e-7)
    np.testing.assert_allclose(fit.vcov, plain.vcov, rtol=1e-6, atol=1e-12)


def test_a_limit_said_twice_is_one_limit(data):
    once, twice = (
        quiet(f"{PATHS}\n{text}", data, estimator="MLR")
        for text in ("a > b", "a > b; 2*b < 2*a; a > b")
    )
    np.testing.assert_allclose(twice.vcov, once.vcov, rtol=1e-6, atol=1e-12)
    assert twice.measures["chisq.scaled"] == pytest.approx(once.measures["chisq.scaled"])


def test_limits_go_together_with_equalities_and_bounds(data):
    fit = quiet(f"{PATHS}\nc == 2*d\na > b\nd < 0.2", data)
    found = labelled(fit)
    assert found["c"] == pytest.approx(2 * found["d"], abs=1e-8)
    assert found["a"] == pytest.approx(found["b"], abs=1e-8)
    assert found["d"] == pytest.approx(0.2, abs=1e-8)
    assert active(fit) == ["a > b", "d < 0.2"]
    # Two moments that no path has, and the equality.
    assert fit.measures["df"] == sem.fit(PATHS, data).measures["df"] + 1


def test_every_data_set_of_many_has_its_own_active_limits(data):
    several = pd.concat([data.assign(g="one"), rows(2, 80).assign(g="two")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ActiveConstraintWarning)
        many = sem.fit_many(f"{PATHS}\nb < 0.5", several, by="g")
    for group, own in several.groupby("g"):
        single = quiet(f"{PATHS}\nb < 0.5", own)
        np.testing.assert_allclose(many[group].theta, single.theta, atol=1e-8)
        assert active(many[group]) == active(single)
    assert {bool(active(many[group])) for group in ("one", "two")} == {True, False}


def test_every_replicate_of_a_bootstrap_keeps_to_the_limits(data):
    fit = quiet(f"{PATHS}\na > b\nc < 0.6 + d", data)
    found = fit.bootstrap(30)
    values = pd.DataFrame(found.replicates, columns=fit.estimates["label"])
    assert (values["a"] >= values["b"] - 1e-8).all()
    assert (values["c"] <= 0.6 + values["d"] + 1e-8).all()
    reached = np.isclose(values["a"], values["b"], atol=1e-8)
    assert reached.any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a > e", "line 3, column 3.*no parameter carries the label 'e'"),
        ("1 < 2", "no parameter in it"),
        ("a < log(-1)", r"log\(-1\) has no value"),
        ("a > b + 1; b > a + 1", "a > b\\+1, b > a\\+1 contradict each other"),
        ("a == b; a > b + 1; c > 0", "contradict each other or the equalities"),
        ("a > 1; a < 0", "leave no value: 1 to 0"),
        ("a == 0.5; a > 0.6", "a > 0.6 does not hold"),
    ],
)
def test_limits_that_nothing_can_meet_are_refused(data, text, message):
    with pytest.raises(ModelError, match=f"(?i){message}"):
        sem.fit(f"{PATHS}\n{text}", data)


def test_what_cannot_be_met_all_at_once_is_named_where_the_search_fails(data):
    with pytest.warns(NotConvergedWarning):
        fit = sem.fit("y ~ a*x + b*z\na*b < -0.5; a > 0.1; b > 0.1", data)
    assert not fit.converged
    assert "a*b < -0.5 would not hold" in fit.message


def test_what_inequalities_leave_no_answer_to_is_said(data):
    fit = quiet(f"{PATHS}\na > b", data)
    assert "Number of inequality constraints" in fit.summary()
    assert "(==, <, >) are not used" in fit.crosscheck().sentence


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
@pytest.mark.parametrize(
    ("narrow", "wide"),
    [("a > b", ""), ("a > b\nc == 2*d", ""), ("a == b\nc == 2*d", "a > b"), ("d == 0\na > b", "")],
)
def test_no_difference_is_tested_at_a_limit(data, narrow, wide, estimator):
    first, second = (
        quiet(f"{PATHS}\n{text}", data, estimator=estimator) for text in (narrow, wide)
    )
    with pytest.raises(ActiveConstraintError, match=r"at the limit of a > b, where") as found:
        sem.difference_test(first, second)
    assert found.value.constraints == ("a > b",)


def test_a_difference_is_tested_where_no_limit_is_reached(data):
    narrow, wide = (quiet(f"{PATHS}\nb > a{more}", data) for more in ("\nd == 0", ""))
    plain = sem.difference_test(sem.fit(f"{PATHS}\nd == 0", data), sem.fit(PATHS, data))
    found = sem.difference_test(narrow, wide)
    assert found.statistic == pytest.approx(plain.statistic, abs=1e-6)
    assert found.df == 1
