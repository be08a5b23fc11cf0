"""What each survey tool exports, and descriptions beside a table, tell of questions."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from beginning import exports

import workbench as wb
from workbench.beginning.proposing import propose_study
from workbench.beginning.reading import read_export

QUESTIONS = {
    "q1": "I am satisfied with the service I received.",
    "q2": "The service met my needs, I was satisfied.",
    "q4": "I trust this agency.",
    "q5": "I have confidence in it.",
}
CODES = dict(enumerate(exports.AGREE, 1))


def answers() -> pd.DataFrame:
    return exports.answers(list(QUESTIONS), units=3)


def opened(folder: Path, *files: Path) -> wb.ChainStudy:
    """The study made of some files, which has no errors and the chain that was asked about."""
    wb.new_study(folder / "mine", *files)
    study = wb.open_study(folder / "mine")
    assert [str(one) for one in study.check().errors] == []
    assert study.codebook.constructs == ["service", "trust"]
    return study


@pytest.mark.parametrize("name", ["a.dta", "a.zsav", "a.por", "a.xpt"])
def test_labelled_files(tmp_path: Path, name: str) -> None:
    table = answers().rename(columns={"group": "agency", "unit": "office"}).astype(float)
    write = {
        "a.dta": pyreadstat.write_dta, "a.zsav": pyreadstat.write_sav,
        "a.por": pyreadstat.write_por, "a.xpt": pyreadstat.write_xport,
    }[name]  # fmt: skip
    labels = (
        {"variable_value_labels": dict.fromkeys(QUESTIONS, CODES)}
        if name in ("a.dta", "a.zsav")
        else {}
    )
    labels |= {"compress": True} if name == "a.zsav" else {}
    columns = {"agency": "Agency", "office": "Office", **QUESTIONS}
    if name == "a.por":  # whose names are in capitals
        table = table.rename(columns=str.upper)
        columns = {key.upper(): words for key, words in columns.items()}
    write(table, tmp_path / name, column_labels=columns, **labels)
    study = opened(tmp_path, tmp_path / name)
    item = next(one for one in study.codebook.items("trust") if one.lower() == "q4")
    assert study.codebook.wording(item) == QUESTIONS["q4"]
    assert (study.answers("clients")[item].to_numpy() == answers()["q4"].to_numpy()).all()
    assert study.codebook.labels(item) == (CODES if labels else {})


def test_limesurvey_with_codes_and_questions_in_its_headings(tmp_path: Path) -> None:
    table = answers()
    export = pd.DataFrame({
        "id. Response ID": range(len(table)), "submitdate. Date submitted": "2024-05-06",
        "lastpage. Last page": 3, "startlanguage. Start language": "en",
        "agency. Your agency": "Agency " + table["group"].astype(str),
        **{f"sat[SQ00{n}]. Do you agree? [{words}]": "A" + table[name].astype(str)
           for n, (name, words) in enumerate(QUESTIONS.items(), 1)},
    })  # fmt: skip
    export.to_csv(tmp_path / "a.csv", index=False)
    study = opened(tmp_path, tmp_path / "a.csv")
    (item, *_) = study.codebook.items("service")
    assert study.codebook.wording(item) == QUESTIONS["q1"]
    assert (study.answers("clients")[item] == table["q1"]).all()
    assert "LimeSurvey" in propose_study("x", [tmp_path / "a.csv"]).said[0]


def test_microsoft_forms(tmp_path: Path) -> None:
    table = answers()
    words = table[list(QUESTIONS)].replace(CODES).rename(columns=QUESTIONS)
    start = pd.Timestamp("2024-05-06 10:00")
    before = pd.DataFrame({
        "ID": range(1, len(table) + 1), "Start time": start, "Completion time": start,
        "Email": "anonymous", "Name": "",
        "In which office were you served?": "Office " + table["unit"].astype(str),
    })  # fmt: skip
    pd.concat([before, words], axis=1).to_excel(tmp_path / "a.xlsx", index=False)
    study = opened(tmp_path, tmp_path / "a.xlsx")
    assert study.columns.organisation == "In which office were you served?"
    assert (study.answers("clients")[QUESTIONS["q4"]] == table["q4"]).all()
    assert "Microsoft Forms" in propose_study("x", [tmp_path / "a.xlsx"]).said[0]


def test_redcap_with_its_dictionary(tmp_path: Path) -> None:
    table = answers().rename(columns={"group": "site"}).drop(columns="unit")
    table.insert(0, "record_id", range(1, len(table) + 1))
    table.assign(visit_complete=2).to_csv(tmp_path / "a_DATA.csv", index=False)
    choices = " | ".join(f"{code}, {words}" for code, words in CODES.items()) + " | 9, Don't know"
    pd.DataFrame([
        {"Variable / Field Name": name, "Field Type": "radio", "Field Label": words,
         "Choices, Calculations, OR Slider Labels": choices}
        for name, words in QUESTIONS.items()
    ]).to_csv(tmp_path / "a_DataDictionary.csv", index=False)  # fmt: skip
    study = opened(tmp_path, tmp_path / "a_DATA.csv")
    assert study.codebook.labels("q4") == CODES
    assert study.codebook.missing_label("q4", "9") == "Don't know"
    assert study.columns.organisation == "site"
    assert study.sources["clients"].id == "record_id"


def test_ddi_beside_a_table(tmp_path: Path) -> None:
    table = answers().rename(columns={"group": "v1"}).drop(columns="unit")
    table["v2"] = [0.5, 1.5] * (len(table) // 2)
    table.to_csv(tmp_path / "a.csv", index=False)
    categories = "".join(
        f"<catgry><catValu>{code}</catValu><labl>{words}</labl></catgry>"
        for code, words in CODES.items()
    )
    nothing = '<catgry missing="Y"><catValu>-1</catValu><labl>Not asked</labl></catgry>'
    variables = "".join(
        f'<var name="{name}"><labl>short</labl><qstn><qstnLit>{words}</qstnLit></qstn>'
        f"{categories}{nothing}</var>"
        for name, words in QUESTIONS.items()
    )
    (tmp_path / "a.xml").write_text(
        '<codeBook xmlns="ddi:codebook:2_5"><dataDscr><var name="v1"><labl>Agency</labl>'
        "<catgry><catValu>1</catValu><labl>Parks</labl></catgry></var>"
        f'<var name="v2" wgt="wgt"><labl>w</labl></var>{variables}</dataDscr></codeBook>'
    )
    study = opened(tmp_path, tmp_path / "a.csv")
    assert study.codebook.wording("q1") == QUESTIONS["q1"]
    assert study.codebook.labels("q1") == CODES
    assert study.codebook.scale("q1").missing == (-1.0,)
    assert study.sources["clients"].weight == "v2"
    assert "Parks" in set(study.organisations["name"])


def test_csvw_beside_a_table(tmp_path: Path) -> None:
    table = answers().rename(columns={"group": "agency"}).drop(columns="unit")
    table.loc[:9, "q1"] = -7
    table.to_csv(tmp_path / "a.csv", index=False)
    columns = [
        {"name": name, "titles": name, "dc:description": {"en": words}, "null": "-7"}
        for name, words in QUESTIONS.items()
    ]
    (tmp_path / "a.csv-metadata.json").write_text(
        json.dumps({"url": "a.csv", "tableSchema": {"columns": columns}})
    )
    study = opened(tmp_path, tmp_path / "a.csv")
    assert study.codebook.wording("q5") == QUESTIONS["q5"]
    assert study.codebook.scale("q1").missing == (-7.0,)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xml", "<codeBook>", "this is no valid XML"),
        ("a.csv-metadata.json", "{", "this is no valid JSON"),
    ],
)
def test_a_broken_description(tmp_path: Path, name: str, content: str, says: str) -> None:
    answers().to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / name).write_text(content)
    with pytest.raises(wb.errors.StudyError, match=says):
        read_export(tmp_path / "a.csv")


def test_french(tmp_path: Path) -> None:
    table = answers()
    said = [
        "Pas du tout d'accord", "Plutôt pas d'accord", "Ni d'accord ni pas d'accord",
        "Plutôt d'accord", "Tout à fait d'accord",
    ]  # fmt: skip
    words = table[list(QUESTIONS)].replace(dict(enumerate(said, 1)))
    words.columns = [
        "Dans l'ensemble, je suis satisfait du service reçu.",
        "Je suis satisfaite de la façon dont on m'a servi.",
        "J'ai confiance dans cette administration.",
        "L'administration tient ses promesses.",
    ]
    words.iloc[:12, 0] = "Ne sait pas"
    words.assign(ministère="Ministère " + table["group"].astype(str)).to_csv(
        tmp_path / "usagers.csv", index=False, sep=";", encoding="cp1252"
    )
    study = opened(tmp_path, tmp_path / "usagers.csv")
    assert study.language.code == "fr"
    assert study.columns.organisation == "ministère"
    (item, *_) = study.codebook.items("service")
    given = study.answers("usagers")[item]
    assert given.isna().sum() == 12
    assert (given.dropna() == table["q1"][given.notna()]).all()


def test_a_list_of_questions_beside_a_table(tmp_path: Path) -> None:
    table = answers().rename(columns={"group": "agency"}).drop(columns="unit")
    table.to_csv(tmp_path / "a.csv", index=False)
    rows = [("2024", name, words) for name, words in QUESTIONS.items()] + [("2024", "agency", "")]
    listed = pd.DataFrame(rows, columns=["Year", "Number", "Text"])
    listed.to_csv(tmp_path / "codebook.csv", index=False)
    listed.assign(Text="Something else", Number="x").to_csv(tmp_path / "questions.csv")
    study = opened(tmp_path, tmp_path / "a.csv")
    assert study.codebook.wording("q5") == QUESTIONS["q5"]


def test_names_of_columns_in_merged_cells(tmp_path: Path) -> None:
    table = exports.answers([*QUESTIONS, "q7"], units=2)
    means = table.groupby(["group", "unit"])[[*QUESTIONS, "q7"]].mean().reset_index(drop=True)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Scores of offices, 2024"])
    sheet.append(["Agency", "Service", None, "Trust", None, "Courtesy of the staff"])
    sheet.append([None, *list(QUESTIONS.values()), None])
    sheet.append(["All agencies of the state", None, None, None, None, None])
    for number, row in enumerate(means.round(2).itertuples(index=False)):
        sheet.append([f"Agency {number}", *row])
    for cells in ("A2:A3", "B2:C2", "D2:E2", "F2:F3"):
        sheet.merge_cells(cells)
    book.save(tmp_path / "a.xlsx")
    wb.new_study(tmp_path / "mine", tmp_path / "a.xlsx")
    study = wb.open_study(tmp_path / "mine")
    assert study.codebook.constructs == ["service", "trust", "courtesy"]
    assert study.columns.organisation == "Agency"
    assert len(study.answers("clients")) == len(means)
    said = propose_study("x", [tmp_path / "a.xlsx"]).said
    assert "stand in rows 2 to 3. 1 rows with one cell alone" in said[1]
