"""A chain of respondents within units and between units."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study

import workbench as wb
from workbench.chain import ChainData, TwoLevelLinks, two_level_links
from workbench.interpretation import NotEstimated

WITHIN, BETWEEN = 0.3, 0.7


def draw(units: int, people: int, share: float = 0.3, seed: int = 5) -> pd.DataFrame:
    """Answers 0–100 to three questions a construct, from people in units of two organisations; a
    share of the constructs' variance lies between units. Units have ``people`` more or less."""
    rng = np.random.default_rng(seed)
    sizes = people + (np.arange(units) % 3 - 1) * (people > 2)
    unit = np.repeat(np.arange(units), sizes)
    n = len(unit)
    latent = []
    for count, link, where in ((units, BETWEEN, unit), (n, WITHIN, np.arange(n))):
        f = rng.standard_normal(count)
        latent.append(
            (f[where], (link * f + np.sqrt(1 - link**2) * rng.standard_normal(count))[where])
        )
    organisation = unit % 2
    table = {"organisation": np.array(["A", "B"])[organisation], "unit": unit}
    for letter, between, within in zip("fg", latent[0], latent[1], strict=True):
        own = np.sqrt(share) * between + np.sqrt(1 - share) * within + 2.0 * organisation
        for number in (1, 2, 3):
            table[f"{letter}{number}"] = 50 + 8 * (own + 0.7 * rng.standard_normal(n))
    return pd.DataFrame(table)


def rows(folder: Path, table: pd.DataFrame) -> ChainData:
    asked = {name: [f"{name}{number}" for number in (1, 2, 3)] for name in "fg"}
    items = [item for own in asked.values() for item in own]
    table[items] = table[items].clip(0, 100)
    write_study(folder, {"clients": table}, {"clients": asked}, scale=(0, 100), chain="pair")
    write_chain(folder, "pair", ("f", "g"))
    return wb.open_study(folder).chain_data()


def test_links_of_both_levels_are_recovered(tmp_path: Path) -> None:
    found = two_level_links(rows(tmp_path, draw(200, 12)))
    assert isinstance(found, TwoLevelLinks)
    assert found.units == 200
    (link,) = found.table.to_dict("records")
    assert link["within_lower"] < WITHIN < link["within_upper"]
    assert link["between_lower"] < BETWEEN < link["between_upper"]
    assert link["within"] == pytest.approx(WITHIN, abs=0.06)
    assert link["between"] == pytest.approx(BETWEEN, abs=0.2)


def test_few_units_are_not_told_apart(tmp_path: Path) -> None:
    found = two_level_links(rows(tmp_path, draw(40, 12)))
    assert isinstance(found, NotEstimated)
    assert "from 50 units on; there are 40" in found.reason


def test_units_of_one_respondent_have_no_levels(tmp_path: Path) -> None:
    assert two_level_links(rows(tmp_path, draw(300, 1))) is None


def test_units_that_do_not_differ_have_no_links_between_them(tmp_path: Path) -> None:
    found = two_level_links(rows(tmp_path, draw(60, 12, share=0.0)))
    assert isinstance(found, NotEstimated)
    assert "units hardly differ" in found.reason


def test_a_chain_between_units_has_no_second_level(demo: wb.chain.ChainStudy) -> None:
    assert two_level_links(demo.chain_data()) is None


def test_a_page_tells_both(tmp_path: Path) -> None:
    data = rows(tmp_path, draw(60, 12))
    page = wb.reports.chain_report(tmp_path)
    told = page.two_levels().html
    assert "The link that differs most is F → G" in told
    assert f"in {data.frame['cluster'].nunique()} units" in told
