"""Which links are the headline: those within organisations where they can be told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.chain import ChainData, find_chain, organisation_links
from workbench.chain.within import FEW
from workbench.reports import method
from workbench.reports.overall import fitted, overall, within_in_words

CHAIN = find_chain("public-sector-service-value-chain").restricted_to(
    ["people", "service", "trust"]
)
LINK = 0.5


def rows(organisations: int, units: int) -> ChainData:
    """People → service .5 within organisations, whose levels of the two are opposed."""
    rng = np.random.default_rng(2)
    names = np.repeat([f"Town {i}" for i in range(organisations)], units)
    level = np.repeat(rng.normal(size=organisations), units)
    people = rng.normal(size=len(names))
    service = LINK * people + np.sqrt(1 - LINK**2) * rng.normal(size=len(names))
    trust = 0.6 * service + 0.8 * rng.normal(size=len(names))
    means = {"people": people + level, "service": service - level, "trust": trust}
    frame = pd.DataFrame({"organisation": names, "unit": [str(i) for i in range(len(names))]})
    items = {name: [f"{name}_{i}" for i in (1, 2, 3)] for name in means}
    for name, columns in items.items():
        for column in columns:
            frame[column] = 50 + 8 * (means[name] + 0.4 * rng.normal(size=len(names)))
    return ChainData(CHAIN, items, "units", frame)


def headline(data: ChainData):
    every = list(dict.fromkeys(data.frame["organisation"]))
    return overall(data, organisation_links(data, every), *fitted(data))


def test_what_sets_organisations_apart_is_no_part_of_the_headline() -> None:
    data = rows(12, 25)
    found = headline(data)
    assert found.organisations == 12
    assert found.links.loc[0, "strength"] == pytest.approx(LINK, abs=0.1)
    assert found.links.loc[0, "lower"] < LINK < found.links.loc[0, "upper"]
    assert np.isfinite(found.measures["cfi"])  # of the model of items, to all rows
    assert found.basis.endswith("within organisations, the mean over 12 organisations.")
    assert found.basis in method.links_in_words(found)
    assert "How well the chain fits is told by" in method.items_in_words(found)


def test_a_model_of_items_without_a_fit_is_no_reason_against_links_there_are() -> None:
    data = rows(12, 25)
    every = list(dict.fromkeys(data.frame["organisation"]))
    reason = "The model has no proper solution."
    found = overall(data, organisation_links(data, every), None, reason)
    assert found.reason == reason
    told = found.effects("a-chain")
    assert len(told.links)
    assert told.reason == ""
    without = replace(found, links=pd.DataFrame())
    assert without.effects("a-chain").reason == reason
    assert "chain could not be estimated" not in method.no_fit(found).html
    assert "The links shown do without that model" in method.no_fit(found).html
    assert "The chain could not be estimated" in method.no_fit(without).html


def test_few_organisations_are_said_to_be() -> None:
    assert "3 organisations are few" in headline(rows(3, 40)).basis
    assert "are few" not in within_in_words(FEW, "units")


def test_all_rows_are_one_where_organisations_cannot_be_told_and_it_is_said() -> None:
    data = rows(2, 30)
    kept = data.frame.groupby("organisation").head(1).index.union(range(30))
    found = headline(replace(data, frame=data.frame.loc[kept]))
    assert found.organisations == 0
    assert "between all units as one" in found.basis
    assert "Only one organisation has two units or more" in found.basis
    assert {"se", "pvalue"} <= set(found.links.columns)
    assert method.links_in_words(found) == found.basis
    assert "The links are those of a structural equation model" in method.items_in_words(found)


def test_one_organisation_is_no_matter_of_words() -> None:
    found = headline(rows(1, 40))
    assert found.basis == ""
    assert found.links.loc[0, "strength"] == pytest.approx(LINK, abs=0.2)
