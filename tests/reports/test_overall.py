"""Which links are the headline: those within organisations where they can be told."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.chain import ChainData, find_chain
from workbench.chain.within import few_organisations
from workbench.errors import NoSaturatedModelWarning
from workbench.interpretation.cutoffs import FEW_ORGANISATIONS
from workbench.reports import method
from workbench.reports.chain_rows import ChainRows
from workbench.reports.overall import Attempt, Fits, Models, Overall, overall
from workbench.study.level import Level

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
    frame = pd.DataFrame(
        {"organisation": names, "unit": [*map(str, range(len(names)))], "wave": ""}
    )
    items = {name: [f"{name}_{i}" for i in (1, 2, 3)] for name in means}
    for name, columns in items.items():
        for column in columns:
            frame[column] = 50 + 8 * (means[name] + 0.4 * rng.normal(size=len(names)))
    return ChainData(CHAIN, items, Level.UNITS, frame)


def headline(data: ChainData):
    every = list(dict.fromkeys(data.frame["organisation"]))
    rows = ChainRows.of(data, every)
    return overall(Models(rows), rows.links)


@pytest.fixture(scope="module")
def several() -> Overall:
    return headline(rows(12, 25))


def test_what_sets_organisations_apart_is_no_part_of_the_headline(several: Overall) -> None:
    found = several
    assert found.organisations == 12
    assert found.links.loc[0, "strength"] == pytest.approx(LINK, abs=0.1)
    assert found.links.loc[0, "lower"] < LINK < found.links.loc[0, "upper"]
    assert found.basis.endswith("within organisations; shown is the mean over 12 organisations.")
    assert found.basis in method.links_in_words(found)
    assert "The fit of the chain is that of" in method.models_in_words(found)


def test_fit_is_that_of_scores_and_of_measurement_and_chain_together(several: Overall) -> None:
    told = method.chain_fit(several).html
    assert "so its fit cannot be tested." in told  # three scores, three links
    assert "Measurement model and chain together" in told
    assert several.of_items.measures["df"] == 24


def test_a_model_of_items_without_a_fit_is_no_reason_against_links_there_are(
    several: Overall,
) -> None:
    reason = "The model has no proper solution."
    found = replace(several, of_items=Fits(None, reason))
    told = found.effects("a-chain")
    assert len(told.links)
    assert told.reason == ""
    html = method.chain_fit(found).html
    assert f"{reason} The links shown do not depend on this model." in html
    without = replace(found, links=pd.DataFrame(), reason=reason)
    assert without.effects("a-chain").reason == reason
    assert "The chain could not be estimated" in method.chain_fit(without).html


def test_without_moments_to_compare_with_the_reason_stands_for_the_measures() -> None:
    none = SimpleNamespace(warnings=[NoSaturatedModelWarning("There are no moments.")], nobs=60)
    assert Attempt(none).fits == Fits(None, "There are no moments.", rows=60)


def test_few_organisations_are_said_to_be() -> None:
    assert "3 organisations are few" in headline(rows(3, 40)).basis
    assert few_organisations(FEW_ORGANISATIONS) == ""


def test_links_are_within_organisations_where_there_is_no_mean_over_them() -> None:
    """Too few units for links of organisations; one fit, with links that all have in common."""
    found = headline(rows(12, 2))
    assert found.organisations == 0
    assert found.within
    assert found.basis.startswith(
        "Links are estimated across units within organisations and assumed to be the same "
        "in all 12. Too few units:"
    )
    assert {"se", "pvalue"} <= set(found.links.columns)
    assert found.links.loc[0, "strength"] > 0.2  # units of all as one: below zero
    assert method.links_in_words(found) == found.basis
    assert "centred on the organisation's mean" in method.models_in_words(found)
    assert "The links are those of a structural equation model" in method.models_in_words(found)


def test_of_organisations_of_one_unit_the_links_are_between_them_and_it_is_said() -> None:
    found = headline(rows(40, 1))
    assert not found.within
    assert found.basis.startswith(
        "Links are estimated across organisations, each of which has one unit."
    )
    assert found.links.loc[0, "strength"] < 0.2
    assert "centred on the organisation's mean" not in method.models_in_words(found)


def test_of_one_organisation_with_several_units_the_links_are_its_own() -> None:
    data = rows(2, 30)
    kept = data.frame.groupby("organisation").head(1).index.union(range(30))
    found = headline(replace(data, frame=data.frame.loc[kept]))
    assert not found.within
    assert found.basis.startswith(
        "Links are estimated across the units of one organisation. Only one"
    )
    assert any(note.startswith("1 unit left out") for note in found.notes)


def test_one_organisation_is_no_matter_of_words() -> None:
    found = headline(rows(1, 40))
    assert found.basis == ""
    assert found.links.loc[0, "strength"] == pytest.approx(LINK, abs=0.2)


def test_the_number_of_rows_is_that_of_the_links() -> None:
    """Not those of an organisation with one unit, nor a unit that answered nothing."""
    data = rows(12, 25)
    answers = [item for names in data.items.values() for item in names]
    kept = data.frame[data.frame["unit"] != "0"].copy()
    kept.loc[kept["unit"] == "30", answers] = np.nan
    alone = kept["organisation"] == "Town 11"
    few = replace(data, frame=kept[~alone | (kept["unit"] == "299")].reset_index(drop=True))
    assert len(few.frame) == 275
    found = headline(few)
    assert found.organisations == 11
    assert found.rows == 273
    assert found.of_links.rows == 273
    assert "From 273 units." in method.chain_fit(found).html


def test_the_rows_of_one_fit_are_those_it_was_fitted_to() -> None:
    data = rows(2, 30)
    kept = data.frame.groupby("organisation").head(1).index.union(range(30))
    found = headline(replace(data, frame=data.frame.loc[kept]))
    assert (found.rows, found.only) == (30, "Town 0")
