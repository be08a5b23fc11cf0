"""Turn the published files of the 2015 NYC School Survey into the sources of ``data/nyc-schools``.

One row of the published files is one school, one value the percentage of respondents who answered
a question positively (0–100). The codebook follows from the published list of questions: people,
service and trust are fixed sets of items; leadership and collaboration are all other teacher
questions that the survey itself files under "Effective School Leadership" and "Collaborative
Teachers".
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from workbench.errors import StudyError
from workbench.files import replacing
from workbench.study.codebook import Codebook
from workbench.study.readers import read_table

QUESTIONS = "2014-19_Q.csv"
ANSWERS = {"teachers": "2014-15_Teacher_Val.csv", "parents": "2014-15_Parent_Val.csv"}

ITEMS = {
    "people": ("T14b", "T14e", "T14h", "T15d"),
    "service": ("P8a", "P8b", "P8c"),
    "trust": ("P5b", "P5c", "P5e"),
}
ELEMENTS = {
    "leadership": "Effective School Leadership",
    "collaboration": "Collaborative Teachers",
}
CITYWIDE = {
    "75": ("District 75, special education", "citywide"),
    "84": ("District 84, charter schools", "citywide"),
}
SOURCES = {"Teacher": "teachers", "Parent": "parents"}


def questions(raw: str | Path) -> pd.DataFrame:
    """Read the published list of questions in the folder ``raw``."""
    return read_table(Path(raw) / QUESTIONS)


def codebook(questions: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of codebook.csv: the chain's constructs first, then the further ones.

    Questions asked in the negative are published as the percentage who disagreed, so that no item
    is reversed.
    """
    constructs = {construct: list(items) for construct, items in ITEMS.items()}
    teachers = questions[questions["Group"] == "Teacher"]
    for construct, element in ELEMENTS.items():
        asked = teachers.loc[teachers["Element"] == element, "QuesNum"]
        constructs[construct] = [item for item in asked if item not in ITEMS["people"]]
    asked_of = dict(zip(questions["QuesNum"], questions["Group"], strict=True))
    texts = dict(zip(questions["QuesNum"], questions["QuesText"], strict=True))
    rows = [
        {
            "item": item,
            "source": SOURCES[asked_of[item]],
            "construct": construct,
            "wording": wording(texts[item]),
            "low": 0,
            "high": 100,
            "reversed": "no",
            "missing": "",
        }
        for construct, items in constructs.items()
        for item in items
    ]
    return pd.DataFrame(rows)


def wording(text: str) -> str:
    """A question without its number and without superfluous blanks."""
    return " ".join(re.sub(r"^\s*\d+[a-z]\.\s*", "", text).split())


def organisations(districts: Iterable[str]) -> pd.DataFrame:
    """Return the rows of organisations.csv: what the districts are called, and of which type."""
    rows = [
        (district, *CITYWIDE.get(district, (f"District {int(district)}", "community district")))
        for district in sorted(set(districts))
    ]
    return pd.DataFrame(rows, columns=["organisation", "name", "type"])


def source(raw: str | Path, name: str, codebook: Codebook) -> pd.DataFrame:
    """Return the table of one source: district, school, response_rate, then its items.

    The district is the first two characters of a school's DBN (district, borough, number).
    """
    file = Path(raw) / ANSWERS[name]
    table = read_table(file, text=["DBN", "School Name"])
    rate = [column for column in table.columns if column.endswith("Response Rate")]
    items = codebook.items_of_source(name)
    missing = [column for column in ("DBN", *items) if column not in table.columns]
    if missing or len(rate) != 1:
        raise StudyError(
            f"{file}: this is not the published file: it lacks "
            f"{', '.join(missing) or 'the response rate'}; download it again."
        )
    keys = {
        "district": table["DBN"].str[:2],
        "school": table["DBN"],
        "school_name": table["School Name"],
        "response_rate": table[rate[0]],
    }
    return pd.concat([pd.DataFrame(keys), table[items]], axis=1).reset_index(drop=True)


def prepare(raw: str | Path, output: str | Path, codebook: Codebook) -> dict[str, pd.DataFrame]:
    """Write teachers.csv and parents.csv to the folder ``output`` and return the two tables."""
    tables = {name: source(raw, name, codebook) for name in ANSWERS}
    for name, table in tables.items():
        with replacing(Path(output) / f"{name}.csv") as beside:
            table.to_csv(beside, index=False)
    return tables
