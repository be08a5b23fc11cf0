"""Intervals and tests of links: one inference for both, and honest about few units."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench import sem
from workbench.chain import effects
from workbench.chain.effects import (
    effective_clusters,
    fisher_test,
    fit_test,
    freedom,
    links,
    t_test,
    usable_links,
)

MODEL = """
people =~ p1 + l_people_2*p2 + l_people_3*p3
service =~ s1 + l_service_2*s2 + l_service_3*s3
service ~ b_people_service*people
direct.people.service := b_people_service
points.direct.people.service := b_people_service
"""


@pytest.fixture(scope="module")
def respondents() -> pd.DataFrame:
    """200 respondents of five units of 20, 30, 40, 50 and 60."""
    rng = np.random.default_rng(5)
    unit = np.repeat(range(5), [20, 30, 40, 50, 60])
    people = rng.standard_normal(200) + 0.5 * rng.standard_normal(5)[unit]
    service = 0.5 * people + rng.standard_normal(200)
    named = {"p": people, "s": service}
    items = {f"{n}{i}": v + rng.standard_normal(200) for n, v in named.items() for i in (1, 2, 3)}
    return pd.DataFrame(items | {"unit": unit})


@pytest.mark.parametrize(
    ("sizes", "effective"), [([40] * 6, 6), ([1, 1, 1, 1], 4), ([30, 10], 1.6), ([100], 1)]
)
def test_uneven_clusters_count_as_fewer(sizes: list[int], effective: float) -> None:
    names = np.repeat([f"unit {i}" for i in range(len(sizes))], sizes)
    assert effective_clusters(names) == pytest.approx(effective)


@pytest.mark.filterwarnings("ignore::workbench.errors.DataWarning")
def test_few_units_give_wide_intervals(respondents: pd.DataFrame) -> None:
    fit = sem.fit(MODEL, respondents, estimator="MLR", missing="fiml", cluster="unit")
    df = 200**2 / (20**2 + 30**2 + 40**2 + 50**2 + 60**2) - 1
    assert freedom(fit) == pytest.approx(df)
    link = links(fit).iloc[0]
    for value, error, upper in (
        ("strength", "se", "upper"),
        ("pass_through", "pass_through_se", "pass_through_upper"),
    ):
        assert link[upper] == pytest.approx(link[value] + stats.t.ppf(0.975, df) * link[error])
    assert link["pvalue"] == pytest.approx(2 * stats.t.sf(link["strength"] / link["se"], df))


def test_without_clusters_intervals_are_the_engines(respondents: pd.DataFrame) -> None:
    fit = sem.fit(MODEL, respondents, estimator="MLR")
    own, engine = links(fit).iloc[0], fit.standardised("std_all").query("op == ':='").iloc[0]
    assert own["lower"] == pytest.approx(engine["ci_lower"])
    assert own["pvalue"] == pytest.approx(engine["pvalue"])


def test_known_errors_and_few_organisations_give_wide_intervals_on_fishers_scale(
    respondents: pd.DataFrame,
) -> None:
    """With 1.96 in place of t intervals of links within six organisations cover 88 %."""
    items = [name for name in respondents if name != "unit"]
    data = respondents.assign(id=range(200))
    known = sem.ErrorCovariance(tuple(items), np.tile(0.1 * np.eye(6), (200, 1, 1)), data[["id"]])
    fit = sem.fit(MODEL, data, estimator="MLR", missing="fiml", cluster="unit", error=known)
    link = links(fit).iloc[0]
    half = stats.t.ppf(0.975, freedom(fit)) * link["se"] / (1 - link["strength"] ** 2)
    assert link["upper"] == pytest.approx(np.tanh(np.arctanh(link["strength"]) + half))


@pytest.mark.parametrize("test", [fisher_test, t_test])
@pytest.mark.parametrize("df", [4, np.inf])
def test_interval_and_p_value_never_contradict_each_other(test, df: float) -> None:
    for strength in np.linspace(-0.99, 1.2, 60):
        for error in (0.05, 0.2, 0.35, 0.5):
            lower, upper, pvalue = test(strength, error, df)
            assert (lower > 0 or upper < 0) == (pvalue < 0.05)


def test_a_strength_without_an_error_has_no_interval() -> None:
    assert np.isnan(t_test(0.4, np.nan, 5)).all()
    assert np.isnan(fisher_test(0.4, np.nan, 5)).all()


def test_the_test_of_a_model_allows_for_few_clusters(respondents: pd.DataFrame) -> None:
    fit = sem.fit(MODEL, respondents, estimator="MLR", missing="fiml", cluster="unit")
    found = fit_test(fit)
    statistic, df = fit.measures["chisq.scaled"], fit.measures["df"]
    assert found.statistic == pytest.approx(statistic)
    assert found.pvalue == pytest.approx(stats.f.sf(statistic / df, df, freedom(fit)))
    alone = sem.fit(MODEL, respondents, estimator="MLR")
    assert fit_test(alone).pvalue == pytest.approx(alone.measures["pvalue.scaled"])


@pytest.mark.filterwarnings("ignore::workbench.errors.DataWarning")
def test_usable_links_count_clusters_and_derive_standardised_values_once(
    respondents: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = sem.fit(MODEL, respondents, estimator="MLR", missing="fiml", cluster="unit")
    expected = links(fit)
    called: list[str] = []
    count, standardised = effective_clusters, sem.Fit.standardised
    monkeypatch.setattr(
        effects, "effective_clusters", lambda clusters: called.append("clusters") or count(clusters)
    )
    monkeypatch.setattr(
        sem.Fit, "standardised", lambda *asked: called.append("values") or standardised(*asked)
    )
    pd.testing.assert_frame_equal(usable_links(fit), expected)
    assert sorted(called) == ["clusters", "values"]
