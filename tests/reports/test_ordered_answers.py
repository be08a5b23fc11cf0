"""What pages say of answers as ordered categories and as numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study
from scipy import stats

import workbench as wb
from workbench.chain import ChainStudy
from workbench.interpretation import LinkEstimate, other_links_in_words, other_omegas_in_words
from workbench.reports import overall
from workbench.reports.pages.chain import ChainReport

FOLDER = Path(__file__).parents[1] / "reference" / "sem" / "ordinal"
ASKED = {"clients": {"f": ["a", "b", "c"], "g": ["d", "e", "h"]}}


def survey() -> pd.DataFrame:
    """Answers 1–4 of three organisations with a link of .5 between f and g, in units of ten."""
    data = pd.read_csv(FOLDER / "within.csv")
    return data.assign(unit=data.groupby("organisation").cumcount() // 10)


def study(folder: Path, table: pd.DataFrame, **further: object) -> ChainStudy:
    asked = further.pop("asked", ASKED)
    write_study(folder, {"clients": table}, asked, scale=(1, 4), chain="pair", **further)
    write_chain(folder, "pair", ("f", "g"))
    return wb.open_study(folder)


def link(page: ChainReport) -> pd.Series:
    return page.links.iloc[0]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> ChainReport:
    return wb.reports.chain_report(study(tmp_path_factory.mktemp("ordered") / "s", survey()))


def test_the_link_of_one_organisation_is_lavaans(tmp_path: Path) -> None:
    table = survey().query("organisation == 'A'")
    found = link(wb.reports.chain_report(study(tmp_path, table.assign(unit=np.arange(300)))))
    expected = json.loads((FOLDER / "within.json").read_text())
    assert found["strength"] == pytest.approx(expected["link"], abs=1e-5)
    assert found["se"] == pytest.approx(expected["error"], rel=1e-4)
    half = stats.t.ppf(0.975, 299) * expected["error"]
    assert found["upper"] == pytest.approx(expected["link"] + half, abs=1e-4)


def test_few_categories_are_ordered_and_the_page_says_so(page: ChainReport) -> None:
    assert link(page)["strength"] == pytest.approx(0.5, abs=0.1)
    told = page.method().text
    assert "6 questions of the chain have fewer than 5 answer categories" in told
    assert "If the same answers counted as numbers (maximum likelihood), every link" in told
    assert "diagonally weighted least squares (WLSMV)" in told
    assert "too few answers to estimate thresholds" in told
    fit = page.fit().html
    assert "with answers as ordered categories:" in fit
    assert "Strength, as ordered categories" in fit


def test_the_link_of_one_fit_has_the_points_of_the_index(tmp_path: Path) -> None:
    table = survey().query("organisation == 'A'")
    page = wb.reports.chain_report(study(tmp_path, table))
    own, numbers = link(page), wb.links(page.study.fit()).iloc[0]
    rate = numbers["pass_through"] / numbers["strength"]
    assert own["strength"] != numbers["strength"]
    assert own["pass_through"] == pytest.approx(own["strength"] * rate)
    assert own["pass_through_upper"] == pytest.approx(own["upper"] * rate)


def test_more_categories_are_numbers_and_the_page_says_what_changes(tmp_path: Path) -> None:
    table = survey()
    items = list("abcdeh")
    # A fifth category, of half of those in the fourth.
    half = np.random.default_rng(1).random((len(table), 6)) < 0.5
    table[items] = table[items].where((table[items] < 4) | half, 5)
    asked = write_scale(tmp_path, table)
    told = asked.method().text
    assert "every question has 5 answer categories or more" in told
    assert "If the same answers counted as ordered categories (WLSMV)" in told
    assert "means over organisations" in told
    assert link(asked)["strength"] == asked.organisation_links.mean.iloc[0]["strength"]


def write_scale(folder: Path, table: pd.DataFrame, high: int = 5) -> ChainReport:
    write_study(folder, {"clients": table}, ASKED, scale=(1, high), chain="pair")
    write_chain(folder, "pair", ("f", "g"))
    return wb.reports.chain_report(wb.open_study(folder))


def test_a_category_of_one_organisation_alone(tmp_path: Path) -> None:
    table = survey()
    table.loc[table["organisation"] != "A", "b"] = table["b"].clip(upper=3)
    found = wb.reports.chain_report(study(tmp_path, table))
    assert "Answers count as ordered categories" in found.method().text


def test_a_question_that_predicts_another_perfectly(tmp_path: Path) -> None:
    table = survey().assign(b=lambda d: d["a"])
    told = wb.reports.chain_report(study(tmp_path, table)).method().text
    assert "so they count as numbers" in told or "could not be estimated" in told


def test_a_question_of_sixty_values(tmp_path: Path) -> None:
    table = survey()
    table["a"] = 15 * (table["a"] - 1) + np.arange(len(table)) % 16
    told = write_scale(tmp_path, table, high=61).method().text
    assert "A question has more than 15 different answers." in told


def test_too_many_answers_are_not_estimated_both_ways(
    page: ChainReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overall, "MOST_ANSWERS", 100)
    found = overall.attempted_ordered(page.rows)
    assert found.fit is None
    assert found.reason == "There are too many organisations or answers for that."


def test_a_construct_of_one_question_is_that_question(tmp_path: Path) -> None:
    asked = {"clients": {"f": ["a"], "g": ["d", "e", "h"], "k": ["b", "c"]}}
    write_study(tmp_path, {"clients": survey()}, asked, scale=(1, 4), chain="three")
    write_chain(tmp_path, "three", ("f", "g"), ("k", "g"))
    found = wb.reports.chain_report(wb.open_study(tmp_path))
    assert "Answers count as ordered categories" in found.method().text
    assert len(found.links) == 2


def test_links_that_mean_something_else_are_named() -> None:
    one, other = LinkEstimate(0.2, 0.1, 0.3), LinkEstimate(0.1, -0.1, 0.3)
    told = other_links_in_words([("A → B", one, other), ("B → C", one, one)], ordered=True)
    assert told.startswith("If the same answers counted as numbers (maximum likelihood), the link")
    assert "A → B, would be 0.10 instead of 0.20" in told
    assert "about 1 link would change" in told
    alike = other_links_in_words([("B → C", one, one)], ordered=False)
    assert "every link would be the same to two decimals" in alike


def test_reliabilities_that_allow_something_else_are_named() -> None:
    told = other_omegas_in_words({"Trust": (0.71, 0.69), "Service": (0.8, 0.8)})
    assert "that of Trust, would be 0.71 (categorical omega) instead of 0.69" in told
    assert "what 1 construct is reliable enough for would change (Trust)" in told
    assert "needs three questions" in other_omegas_in_words({"Trust": (np.nan, 0.7)})
