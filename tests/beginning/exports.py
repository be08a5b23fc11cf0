"""Files as survey tools export them, drawn from a population in which service goes with trust."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

AGREE = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
SERVICE = {
    "q1": "Overall, I am satisfied with the service I received.",
    "q2": "I was satisfied with the way my request was handled.",
    "q3": "The service disappointed me.",
}
TRUST = {
    "q4": "I trust this agency.",
    "q5": "The agency keeps its promises.",
    "q6": "The agency acts in our interest.",
}
COURTESY = {"q7": "Staff were courteous.", "q8": "Staff listened to me."}
TURNED = ("q3",)


def answers(
    questions: Sequence[str],
    groups: int = 4,
    units: int = 6,
    people: int = 20,
    points: int = 5,
    seed: int = 1,
) -> pd.DataFrame:
    """Codes from 1 to ``points`` with a group (1, 2, …) and unit of each respondent.

    q1 to q3 follow one level, q4 to q6 another that goes with it, the others a third.
    """
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        [(g + 1, g * units + u + 1) for g in range(groups) for u in range(units)],
        columns=["group", "unit"],
    )
    rows = rows.loc[rows.index.repeat(people)].reset_index(drop=True)
    place = rng.normal(size=groups * units)[rows["unit"] - 1]
    service = 0.5 * place + rng.normal(size=len(rows))
    trust = 0.6 * service + 0.8 * rng.normal(size=len(rows))
    other = 0.4 * service + 0.9 * rng.normal(size=len(rows))
    for name in questions:
        number = int(name[1:])
        level = service if number <= 3 else trust if number <= 6 else other
        said = (points + 1) / 2 + points / 6 * (level + 0.6 * rng.normal(size=len(rows)))
        codes = said.round().clip(1, points).astype(int)
        rows[name] = points + 1 - codes if name in TURNED else codes
    return rows


def labelled_sav(path: Path) -> Path:
    """An SPSS file with labels of variables and values, and user-missing codes 8 and 9."""
    questions = SERVICE | TRUST | COURTESY
    table = answers(list(questions)).rename(columns={"group": "gov", "unit": "office"})
    rng = np.random.default_rng(2)
    for name in questions:
        table[name] = table[name].where(rng.random(len(table)) > 0.05, rng.choice([8, 9]))
    table["wgt"] = rng.uniform(0.5, 2, len(table)).round(3)
    table["gender"] = rng.choice([1, 2], len(table))
    labels = dict(enumerate(AGREE, 1))
    labels |= {8: "Don't know", 9: "Refused"}
    pyreadstat.write_sav(
        table.astype(float),
        path,
        column_labels={**questions, "gov": "Governorate", "office": "Office", "wgt": "Weight",
                       "gender": "Gender"},
        variable_value_labels={
            **dict.fromkeys(questions, labels),
            "gov": {1: "Great Tunis", 2: "Sfax", 3: "Sousse", 4: "Gabès"},
            "gender": {1: "Male", 2: "Female"},
        },
        missing_ranges={name: [{"lo": 8, "hi": 9}] for name in questions},
    )  # fmt: skip
    return path


def qualtrics(path: Path) -> Path:
    """An export of Qualtrics with choice texts: three rows of headers, and columns of its own."""
    questions = SERVICE | TRUST | COURTESY
    table = answers(list(questions), seed=3)
    own = pd.DataFrame(
        {
            "StartDate": "2024-05-06 10:00:00",
            "ResponseId": [f"R_{number:05d}" for number in range(len(table))],
            "IPAddress": "192.0.2.1",
            "Agency": "Agency " + table["group"].map(dict(enumerate("ABCD", 1))),
            "Office": [f"Office {number}" for number in table["unit"]],
        }
    )
    words = table[list(questions)].map(lambda code: AGREE[code - 1])
    whole = pd.concat([own, words.rename(columns=str.upper)], axis=1)
    said = {name.upper(): text for name, text in questions.items()}
    heads = [
        [said.get(name, f"{name} of the response") for name in whole],
        [f'{{"ImportId":"QID{number}"}}' for number in range(whole.shape[1])],
    ]
    pd.concat([pd.DataFrame(heads, columns=whole.columns), whole]).to_csv(path, index=False)
    return path


def residents(path: Path) -> Path:
    """A city's yearly survey as text with semicolons, decimal commas and Windows' encoding."""
    questions = {
        "Overall satisfaction with city services": "q1",
        "Satisfaction with the services of my neighbourhood": "q2",
        "Trust in the city council": "q4",
        "Confidence that the city keeps its promises": "q5",
        "Courtesy of city employees": "q7",
    }
    table = answers(list(questions.values()), seed=4)
    rng = np.random.default_rng(5)
    columns = {
        "ID": np.arange(len(table)),
        "Year": rng.choice([2022, 2023, 2024], len(table)),
        "District": table["group"].map({1: "Genève", 2: "Plaine", 3: "Côté-Sud", 4: "Forêt"}),
        "Weight": [f"{value:.3f}".replace(".", ",") for value in rng.uniform(0.5, 2, len(table))],
        "Age group": rng.integers(1, 7, len(table)),
        **{words: table[name] for words, name in questions.items()},
    }
    frame = pd.DataFrame(columns)
    for words in questions:
        frame[words] = frame[words].where(rng.random(len(frame)) > 0.06, 9)
    path.write_bytes(frame.to_csv(index=False, sep=";").encode("cp1252"))
    return path


def civil_service(path: Path) -> Path:
    """A workbook with a row for each department and year: percentages under title lines."""
    rng = np.random.default_rng(6)
    rows = []
    for department in range(24):
        level = rng.normal()
        for year in (2023, 2024):
            own = level + 0.3 * rng.normal()
            noise = rng.normal(size=5)
            rows.append([
                f"Department {department + 1}", year, int(rng.integers(200, 5000)),
                *np.clip(60 + 8 * own + 3 * noise, 0, 100).round(1),
            ])  # fmt: skip
    names = ["Organisation", "Year", "Respondents", "Employee engagement index", "My manager",
             "Leadership and managing change", "Learning and development",
             "Resources and workload"]  # fmt: skip
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Notes": ["Made for tests"]}).to_excel(book, sheet_name="Notes", index=False)
        frame = pd.DataFrame(rows, columns=names)
        frame.to_excel(book, sheet_name="Scores", index=False, startrow=2)
        book.sheets["Scores"]["A1"] = "People survey: scores by organisation"
    return path
