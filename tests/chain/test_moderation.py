"""Moderation: groups that differ are told apart, and what cannot be compared is refused."""

import re

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench import sem
from workbench.chain import moderation, ordering
from workbench.chain.moderation import compare_groups, group_syntax
from workbench.exceptions import ChainError
from workbench.study.population import load_population
from workbench.study.simulation import simulate

CHAIN = ordering("people -> service -> trust")
ITEMS = {name: [f"{name[0]}{i}" for i in (1, 2, 3)] for name in ("people", "service", "trust")}


def rows(links: dict[str, float], n: int = 300, seed: int = 4) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    parts = []
    for group, link in links.items():
        people = draw.standard_normal(n)
        service = link * people + draw.standard_normal(n)
        trust = 0.6 * service + draw.standard_normal(n)
        levels = {"people": people, "service": service, "trust": trust}
        items = {
            item: levels[name] + 0.6 * draw.standard_normal(n)
            for name, own in ITEMS.items()
            for item in own
        }
        parts.append(pd.DataFrame({"group": group, **items}))
    return pd.concat(parts, ignore_index=True)


def test_the_link_that_differs_is_found():
    found = compare_groups(CHAIN, ITEMS, rows({"county": 0.8, "state": 0.2}), "units", "type")
    assert found.moderated.df == 2
    assert found.moderated.pvalue < 0.001
    tests = found.tests.set_index(["from", "to"])["pvalue"]
    assert tests["people", "service"] < 0.001
    assert tests["service", "trust"] > 0.01
    own = found.links.set_index(["from", "group"])["strength"]
    assert own["people", "county"] == pytest.approx(0.8 / np.hypot(0.8, 1), abs=0.06)
    assert own["people", "state"] == pytest.approx(0.2 / np.hypot(0.2, 1), abs=0.08)
    assert "people → service that differs" in found.words[1]


def test_groups_alike_are_not_called_different():
    found = compare_groups(CHAIN, ITEMS, rows({"a": 0.5, "b": 0.5, "c": 0.5}), "units", "type")
    assert found.moderated.df == 4
    assert found.moderated.pvalue > 0.05
    assert "do not show that links differ by type" in found.words[1]


def test_equal_links_are_those_of_group_equal():
    """The constrained model is the one lavaan's group.equal = "regressions" states."""
    frame = rows({"a": 0.5, "b": 0.3})
    labelled = re.sub(r"_2\)", "_1)", group_syntax(CHAIN, ITEMS, 2))
    ours = sem.fit(labelled, frame, group="group", group_equal=("loadings",))
    plain = sem.fit(
        group_syntax(CHAIN, ITEMS, 0), frame, group="group", group_equal=("loadings", "regressions")
    )
    assert ours.measures["chisq"] == pytest.approx(plain.measures["chisq"], rel=1e-6)


def test_group_with_fewer_rows_than_parameters_is_named():
    frame = rows({"a": 0.5, "b": 0.5})
    few = pd.concat([frame[frame["group"] == "a"], frame[frame["group"] == "b"].head(20)])
    with pytest.raises(ChainError, match="type 'b' has 20 units, no more than the 29 parameters"):
        compare_groups(CHAIN, ITEMS, few, "units", "type")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    population = load_population().larger(6, 40, 8)
    return wb.open_study(simulate(tmp_path_factory.mktemp("moderation"), 2, population))


def test_by_type_of_organisation(study):
    found = moderation(study, "type")
    assert sorted(found.links["group"].unique()) == ["municipal", "national"]
    assert (found.links.groupby("group")["n"].first() == 120).all()


def test_units_are_not_compared_by_channel(study):
    with pytest.raises(ChainError, match="a unit serves by every channel"):
        moderation(study, "channel")
    with pytest.raises(ChainError, match="not by 'wave'"):
        moderation(study, "wave")


def test_clients_are_compared_by_channel(study):
    chain = ordering("value -> service -> trust")
    found = moderation(study, "channel", chain)
    assert sorted(found.links["group"].unique()) == ["counter", "mail", "phone", "web"]
    assert found.moderated.df == 6
    assert found.moderated.pvalue > 0.001  # channels shift service, not the links
