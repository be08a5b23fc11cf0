"""What pages tell of what people wrote: the truth of a drawn study, and nothing of few people."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.interpretation.languages import using_language
from workbench.reports.disclosure import coverage, shown_only
from workbench.reports.themes import UNCODED, of_one, section, themes_told
from workbench.study import Study

SHARES = {"waiting": 0.5, "price": 0.2}
SENTENCES = {"waiting": "I waited and waited.", "price": "What a fee!"}
PEOPLE = {"Ash": 600, "Elm": 400, "Fir": 60, "Oak": 25}
WRITERS = {"Ash": 0.8, "Elm": 0.8, "Fir": 0.8, "Oak": 0.2}
"""In Oak 5 write, which is too few."""


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Study:
    rng = np.random.default_rng(2)
    rows = []
    for name, people in PEOPLE.items():
        for person in range(people):
            wrote = person < round(WRITERS[name] * people)
            about = [s for theme, s in SENTENCES.items() if rng.random() < SHARES[theme]]
            text = " ".join(about) or "Nice coffee."
            rows.append((name, f"{name} {person % 5}", text if wrote else ""))
    table = pd.DataFrame(rows, columns=["organisation", "unit", "comment"])
    table["s1"], table["a1"] = rng.integers(1, 6, (2, len(table)))
    folder = write_study(
        tmp_path_factory.mktemp("themes") / "towns",
        {"clients": table},
        {"clients": {"service": ["s1"], "access": ["a1"]}},
        sources={"clients": {"text": "comment"}},
        settings={"minimum_count": 10},
    )
    (folder / "themes.csv").write_text("theme,words\nprice,fee\nwaiting,wait*\n")
    (folder / "quotes.csv").write_text(
        "theme,quote,publishable\nwaiting,Far too long.,yes\nprice,Mr Smith’s fee.,no\n"
    )
    return wb.open_study(folder)


@pytest.fixture(scope="module")
def told(towns: Study) -> pd.DataFrame:
    return themes_told(shown_only(towns, coverage(towns)), "")


def test_shares_of_themes_are_found_again(told: pd.DataFrame) -> None:
    every = told[told["organisation"] == ""].set_index("theme")["share"]
    assert list(every.index) == ["waiting", "price", UNCODED]  # the most frequent first
    assert every["waiting"] == pytest.approx(0.5, abs=0.05)
    assert every["price"] == pytest.approx(0.2, abs=0.04)
    assert every[UNCODED] == pytest.approx(0.5 * 0.8, abs=0.05)


def test_organisations_of_few_writers_are_in_no_number(told: pd.DataFrame) -> None:
    assert set(told["organisation"]) == {"", "Ash", "Elm", "Fir"}
    assert (told.loc[told["organisation"] == "", "answers"] == 480 + 320 + 48).all()


def test_numbers_of_all_are_the_sums_of_rounded_ones(told: pd.DataFrame) -> None:
    wide = told.pivot(index="organisation", columns="theme", values="number")
    themes = wide[[*SENTENCES]]
    assert (themes % 3 == 0).all(axis=None)
    pd.testing.assert_series_equal(themes.loc[""], themes.drop("").sum(), check_names=False)


def test_a_theme_of_almost_all_is_not_told(towns: Study) -> None:
    same = towns.changing(
        lambda _, answers: answers.assign(text=answers["text"].where(answers["text"] == "", "wait"))
    )
    found = themes_told(shown_only(same, coverage(same)), "")
    assert found.loc[found["theme"] == "waiting", ["share", "number"]].isna().all(axis=None)


def words(html: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", str(html)).split())


def test_pages_show_shares_words_and_cleared_examples_alone(
    towns: Study, told: pd.DataFrame
) -> None:
    names = towns.organisations.set_index("organisation")["name"]
    with using_language("en"):
        page = words(section(towns, told, names).html)
        here = words(of_one(towns, told, "Ash").html)
        few = words(of_one(towns, told, "Oak").html)
    assert "848 answers of clients are in their own words. Most often: waiting (48%)" in page
    assert "Far too long." in page
    assert "Smith" not in page
    assert "waited and waited" not in page + here  # no answer as it was written
    assert re.search(r"Oak \[c\] \[c\] \[c\] \[c\]", page)
    assert "Here (of 480 answers)" in here
    reason = "Fewer than 10 people wrote something in clients, so themes are not shown."
    assert few == f"What people wrote {reason}"


def test_examples_wait_for_enough_answers(towns: Study, told: pd.DataFrame) -> None:
    rare = told.assign(number=told["number"].where(told["theme"] != "waiting", 9.0))
    names = towns.organisations.set_index("organisation")["name"]
    assert "Far too long." not in str(section(towns, rare, names).html)


def test_a_faulty_codeframe_is_told(tmp_path: Path, towns: Study, told: pd.DataFrame) -> None:
    from shutil import copytree

    folder = Path(copytree(towns.path, tmp_path / "towns"))
    (folder / "themes.csv").write_text("theme,words\nprice,|\n")
    study = wb.open_study(folder)
    assert themes_told(study, "").empty
    names = study.organisations.set_index("organisation")["name"]
    assert "have one without a letter" in words(section(study, told, names).html)
