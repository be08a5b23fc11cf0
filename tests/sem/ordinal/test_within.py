"""Ordered items within organisations, with weights and clusters."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import DataError, ModelError
from workbench.sem.ordinal.statistics import Places, Statistics
from workbench.sem.ordinal.within import WithinStatistics

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "ordinal"
EXPECTED = json.loads((FOLDER / "within.json").read_text())
MODEL = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"
ITEMS = list("abcdeh")


def draw(units: int = 60, people: int = 12, seed: int = 4, between: float = 0.8) -> pd.DataFrame:
    """Answers 1–4 of people in units of three organisations, with a link of .5 within them.

    Organisations differ in every item by a level of their own, and units by both factors.
    """
    rng = np.random.default_rng(seed)
    n = units * people
    unit = np.repeat(np.arange(units), people)
    organisation = unit % 3
    f = 0.5 * rng.standard_normal(units)[unit] + np.sqrt(0.75) * rng.standard_normal(n)
    rest = 0.5 * rng.standard_normal(units)[unit] + np.sqrt(0.75) * rng.standard_normal(n)
    g = 0.5 * f + np.sqrt(0.75) * rest
    latent = 0.8 * np.column_stack([f, f, f, g, g, g]) + 0.6 * rng.standard_normal((n, 6))
    latent += between * rng.standard_normal((3, 6))[organisation]
    data = pd.DataFrame(np.digitize(latent, (-1.0, 0.1, 1.0)) + 1.0, columns=ITEMS)
    names = np.array(list("ABC"))[organisation]
    return data.assign(organisation=names, unit=unit, weight=1.0 + unit % 2)


def statistics(data: pd.DataFrame, **given: np.ndarray) -> WithinStatistics:
    n = len(data)
    usual = {"group": np.zeros(n, dtype=int), "weight": np.ones(n), "cluster": np.arange(n)}
    return WithinStatistics(Places((4,) * 6), data[ITEMS].to_numpy() - 1, **(usual | given))


def test_one_group_has_the_statistics_of_its_rows() -> None:
    data = draw(between=0.0)
    data.loc[::7, "c"] = np.nan
    plain = Statistics(Places((4,) * 6), data[ITEMS].to_numpy() - 1)
    own = statistics(data)
    np.testing.assert_allclose(own.values, plain.values, atol=1e-9)
    np.testing.assert_allclose(own.gamma, plain.gamma, atol=1e-9)
    np.testing.assert_allclose(own.spread, plain.spread, atol=1e-9)


def test_a_weight_of_two_is_a_row_twice() -> None:
    data = draw(30)
    data.loc[::5, "a"] = np.nan
    group, unit = data["organisation"].factorize()[0], data["unit"].to_numpy()
    weight = data["weight"].to_numpy()
    weighted = statistics(data, group=group, weight=weight, cluster=unit)
    twice = np.repeat(np.arange(len(data)), weight.astype(int))
    repeated = statistics(data.iloc[twice], group=group[twice], cluster=unit[twice])
    np.testing.assert_allclose(weighted.values, repeated.values, atol=1e-9)
    np.testing.assert_allclose(weighted.gamma / weighted.n, repeated.gamma / repeated.n, atol=1e-12)


def test_clusters_that_are_crossed_add_and_those_of_both_are_taken_off() -> None:
    data = draw(30)
    unit, person = data["unit"].to_numpy(), np.arange(len(data)) // 2
    crossed = statistics(data, cluster=unit, crossed=person)
    both = np.unique(np.stack([unit, person]), axis=1, return_inverse=True)[1].ravel()
    one, other, common = (statistics(data, cluster=c).gamma for c in (unit, person, both))
    np.testing.assert_allclose(crossed.gamma, one + other - common, atol=1e-10)


def test_correlations_are_those_of_r() -> None:
    data = pd.read_csv(FOLDER / "within.csv")
    fit = sem.fit_ordered_within(MODEL, data, within="organisation")
    found = pd.DataFrame(fit.problem.ordinal.groups[0].correlation, ITEMS, ITEMS)
    own = [
        found.loc[one, other] for one, other in zip(EXPECTED["one"], EXPECTED["other"], strict=True)
    ]
    np.testing.assert_allclose(own, EXPECTED["rho"], atol=1e-6)


def test_one_organisation_is_lavaans_fit() -> None:
    data = pd.read_csv(FOLDER / "within.csv").query("organisation == 'A'")
    fit = sem.fit_ordered_within(MODEL, data, within="organisation")
    link = fit.standardised().query("op == '~'").iloc[0]
    assert link["est_std"] == pytest.approx(EXPECTED["link"], abs=1e-5)
    assert link["se"] == pytest.approx(EXPECTED["error"], rel=1e-4)
    for name, value in EXPECTED["measures"].items():
        assert fit.measures[name] == pytest.approx(value, rel=1e-3, abs=1e-5), name


def test_what_sets_organisations_apart_is_no_part_of_the_link() -> None:
    links = []
    for seed in range(4):
        data = draw(seed=seed, people=20)
        fit = sem.fit_ordered_within(MODEL, data, within="organisation", cluster="unit")
        links.append(fit.standardised().query("op == '~'").iloc[0])
    found = pd.DataFrame(links)
    assert found["est_std"].mean() == pytest.approx(0.5, abs=found["se"].mean())
    # People of a unit are alike, so that errors by rows alone would be too small.
    alone = sem.fit_ordered_within(MODEL, data, within="organisation")
    assert found["se"].iloc[-1] > 1.1 * alone.standardised().query("op == '~'")["se"].iloc[0]


def test_a_category_that_an_organisation_does_not_have_is_no_matter() -> None:
    data = draw()
    data.loc[data["organisation"] == "A", "b"] = data["b"].clip(upper=3)
    data.loc[data["organisation"] == "B", "c"] = 2.0
    fit = sem.fit_ordered_within(MODEL, data, within="organisation", cluster="unit")
    assert sem.why_unusable(fit) is None
    assert fit.standardised().query("op == '~'")["est_std"].iloc[0] == pytest.approx(0.5, abs=0.15)


def test_what_ordered_items_cannot_be_is_said() -> None:
    data = draw()
    with pytest.raises(DataError, match="'a' and 'b' predict each other perfectly"):
        sem.fit_ordered_within(MODEL, data.assign(b=data["a"]), within="organisation")
    many = data.assign(a=np.arange(len(data)) % 60)
    with pytest.raises(DataError, match="'a' has 60 different values"):
        sem.fit_ordered_within(MODEL, many, within="organisation")
    with pytest.raises(ModelError, match="'organization'"):
        sem.fit_ordered_within(MODEL, data, within="organization")
