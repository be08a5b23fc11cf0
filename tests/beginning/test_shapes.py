"""Wide and long tables: proposed as one column for each question, and read so by the study."""

from pathlib import Path

import pandas as pd
import pytest
from beginning import exports

import workbench as wb

QUESTIONS = {
    "q1": "I am satisfied with the service",
    "q2": "The service met my needs, I was satisfied",
    "q4": "I trust the agency",
    "q5": "I have confidence in it",
}


def answers(seed: int = 1) -> pd.DataFrame:
    table = exports.answers(list(QUESTIONS), units=3, seed=seed)
    table["agency"] = "Agency " + table["group"].astype(str)
    table["respondent id"] = [f"p{number}" for number in range(len(table))]
    return table[["respondent id", "agency", *QUESTIONS]]


def opened(folder: Path, table: pd.DataFrame) -> wb.ChainStudy:
    table.to_csv(folder / "a.csv", index=False)
    wb.new_study(folder / "mine", folder / "a.csv")
    study = wb.open_study(folder / "mine")
    assert [str(one) for one in study.check().errors] == []
    assert study.codebook.constructs == ["service", "trust"]
    assert study.columns.organisation == "agency"
    return study


@pytest.mark.parametrize("pattern", ["{} {}", "{}_{}"])
def test_a_column_for_each_wave(tmp_path: Path, pattern: str) -> None:
    first, second = answers(1), answers(2)
    wide = first[["respondent id", "agency"]].copy()
    for name, words in QUESTIONS.items():
        for wave, table in (("2021", first), ("2022", second)):
            wide[pattern.format(words, wave)] = table[name]
    study = opened(tmp_path, wide)
    assert study.waves == ["2021", "2022"]
    read = study.answers("clients")
    now = read.loc[read["wave"] == "2022", QUESTIONS["q4"]]
    assert (now.to_numpy() == second["q4"].to_numpy()).all()


def test_a_row_for_each_answer(tmp_path: Path) -> None:
    table = answers()
    long = table.rename(columns=QUESTIONS).melt(
        ["respondent id", "agency"], list(QUESTIONS.values()), "question", "answer"
    )
    study = opened(tmp_path, long.sample(frac=1, random_state=1))
    read = study.answers("clients")
    assert len(read) == len(table)
    assert read[QUESTIONS["q1"]].sum() == table["q1"].sum()


def test_published_shares(tmp_path: Path) -> None:
    table = answers()
    rows = [
        {"agency": agency, "year": year, "question": words, "response": exports.AGREE[code - 1],
         "percent": 100 * (own[name] == code).mean(), "n": len(own)}
        for agency, own in table.groupby("agency")
        for year in (2021, 2022)
        for name, words in QUESTIONS.items()
        for code in range(1, 6)
    ]  # fmt: skip
    study = opened(tmp_path, pd.DataFrame(rows))
    source = study.sources["clients"]
    assert (source.rows, source.respondents) == ("units", "n")
    assert study.waves == ["2021", "2022"]
    read = study.answers("clients").query("wave == '2021'").set_index("organisation")
    assert read[QUESTIONS["q4"]].to_dict() == pytest.approx(
        table.groupby("agency")["q4"].mean().to_dict()
    )
