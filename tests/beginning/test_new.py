"""`workbench new`: from a file of a survey tool to a study that is checked and fitted."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from beginning import exports

import workbench as wb
from workbench.beginning.proposing import propose_study
from workbench.cli import main as cli
from workbench.errors import StudyError

FILES: dict[str, Callable[[Path], Path]] = {
    "tunis.sav": exports.labelled_sav,
    "visits.csv": exports.qualtrics,
    "residents.csv": exports.residents,
    "people survey.xlsx": exports.civil_service,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files, and a study made of each."""
    folder = tmp_path_factory.mktemp("exports")
    for name, make in FILES.items():
        wb.new_study(folder / Path(name).stem, make(folder / name))
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        return (int(leaving.value.code or 0), *capsys.readouterr())

    return command


@pytest.mark.parametrize("name", FILES)
def test_a_study_without_errors_and_warnings(made: Path, name: str) -> None:
    study = wb.open_study(made / Path(name).stem)
    assert [str(one) for one in study.check() if one.severity != "note"] == []
    assert not study.chains()[study.chain].missing(study.codebook.constructs)


@pytest.mark.parametrize(
    ("name", "keys", "chain", "constructs"),
    [
        ("tunis", ("gov", "office", None), "citizens-first", ["service", "trust", "courtesy"]),
        ("visits", ("Agency", "Office", None), "citizens-first", ["service", "trust", "courtesy"]),
        ("residents", ("District", None, "Year"), "citizens-first",
         ["service", "trust", "courtesy"]),
        ("people survey", ("Organisation", None, "Year"), "drivers-of-engagement",
         ["people", "operational_leadership", "strategic_leadership", "development",
          "internal_quality"]),
    ],
)  # fmt: skip
def test_what_is_proposed(
    made: Path, name: str, keys: tuple[str | None, ...], chain: str, constructs: list[str]
) -> None:
    study = wb.open_study(made / name)
    organisation, unit, wave = keys
    assert (study.columns.organisation, study.columns.wave) == (organisation, wave)
    assert study.columns.unit == unit
    assert (study.chain, study.codebook.constructs) == (chain, constructs)
    codebook = pd.read_csv(made / name / "codebook.csv")
    assert codebook["reason"].str.startswith("construct: ").all()


def test_labels_missing_codes_weights_and_reversed_items_of_spss(made: Path) -> None:
    study = wb.open_study(made / "tunis")
    assert study.sources["clients"].weight == "wgt"
    assert "Great Tunis" in set(study.organisations["name"])
    assert study.codebook.labels("q1")[5.0] == "Strongly agree"
    assert study.codebook.missing_label("q1", "8") == "Don't know"
    assert study.codebook.scale("q3").reversed
    assert study.set_aside["reason"].unique().tolist() == ["missing code"]
    assert (made / "tunis" / "tunis.sav").read_bytes() == (made / "tunis.sav").read_bytes()


def test_words_are_read_as_codes(made: Path) -> None:
    assert (made / "visits" / "visits.csv").read_bytes() == (made / "visits.csv").read_bytes()
    raw = pd.read_csv(made / "visits.csv").iloc[2:].reset_index(drop=True)
    answers = wb.open_study(made / "visits").answers("clients")
    assert (raw["Q1"] == answers["Q1"].map(dict(enumerate(exports.AGREE, 1)))).all()


def test_what_is_not_used_stays_out_of_a_table_that_is_written(tmp_path: Path) -> None:
    table = exports.answers(["q1", "q2", "q4", "q5"])
    words = table[["q1", "q2", "q4", "q5"]].map(lambda code: f"{code} - {exports.AGREE[code - 1]}")
    words.columns = ["satisfied with it", "satisfied with the service", "trust it", "I trust it"]
    words.assign(agency=table["group"], email="someone@example.org").to_csv(
        tmp_path / "a.csv", index=False
    )
    wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    assert "email" not in (tmp_path / "mine" / "clients.csv").read_text()
    study = wb.open_study(tmp_path / "mine")
    assert study.codebook.labels("trust it")[5.0] == "Strongly agree"
    assert (study.answers("clients")["trust it"] == table["q4"]).all()


def test_the_truth_is_found(made: Path) -> None:
    links = wb.links(wb.open_study(made / "tunis").fit())
    strength = links.set_index(["from", "to"])["strength"][("service", "trust")]
    assert 0.4 < strength < 0.95


def test_what_the_study_reads_is_said(made: Path) -> None:
    (said,) = propose_study("x", [made / "residents.csv"]).said
    assert said == (
        "residents.csv: Text in cp1252 (guessed, as in 'Genève'), separated by semicolons, decimal "
        "commas; 480 rows, 10 columns."
    )


def test_employees_and_clients_meet_by_what_their_columns_hold(tmp_path: Path) -> None:
    clients = exports.answers(["q1", "q2", "q4", "q5"])
    staff = exports.answers(["q1", "q2"], seed=9)
    for table in (clients, staff):
        table["unit"] = [f"Office {number}" for number in table["unit"]]
        table["group"] = "Ministry " + table["group"].astype(str)
    clients = clients.rename(
        columns={"group": "agency", "unit": "office", "q1": "I was satisfied with the service",
                 "q4": "I trust the agency", "q2": "satisfied with the visit", "q5": "trust in it"}
    )  # fmt: skip
    staff = staff.rename(
        columns={"group": "ministry", "unit": "workplace", "q1": "I am proud of my work",
                 "q2": "My work gives me energy"}
    )  # fmt: skip
    clients.to_csv(tmp_path / "clients.csv", index=False)
    staff.to_csv(tmp_path / "staff.csv", index=False)
    wb.new_study(tmp_path / "both", tmp_path / "clients.csv", tmp_path / "staff.csv")
    study = wb.open_study(tmp_path / "both")
    assert not study.check().errors
    assert study.chain == "public-sector-service-value-chain"
    assert study.codebook.source_of("people") == "staff"
    assert set(study.answers("staff")["unit"]) == set(study.answers("clients")["unit"])


def test_nothing_is_written_over(tmp_path: Path, made: Path, run: Any) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")
    code, _, error = run("new", tmp_path / "mine", "--from", made / "tunis.sav")
    assert code == 1
    assert "is there already and is left as it is" in error
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["kept.txt"]


def test_the_command_says_what_it_wrote_and_what_comes_next(
    tmp_path: Path, made: Path, run: Any
) -> None:
    code, out, _ = run("new", tmp_path / "mine", "--from", made / "tunis.sav", "--weight", "none")
    assert code == 0
    assert "Columns: organisation 'gov' and unit 'office'." in out
    assert out.splitlines()[-1] == f"Next: workbench batch {tmp_path / 'mine'}"
    assert wb.open_study(tmp_path / "mine").sources["clients"].weight is None


def test_a_column_that_is_not_there(tmp_path: Path, made: Path, run: Any) -> None:
    code, _, error = run("new", tmp_path / "a", "--from", made / "tunis.sav", "--unit", "ofice")
    assert code == 1
    assert "Did you mean 'office'?" in error
    assert not (tmp_path / "a").exists()


def test_several_weights(tmp_path: Path, made: Path, run: Any) -> None:
    table = exports.answers(["q1", "q4"]).assign(weight=[1, 2] * 240, poids=[3, 1] * 240)
    table.to_csv(tmp_path / "a.csv", index=False)
    code, _, error = run("new", tmp_path / "a", "--from", tmp_path / "a.csv", "--yes")
    assert code == 1
    assert "look like weights; name one by --weight" in error
    assert not (tmp_path / "a").exists()


def test_the_codebook_is_edited_as_a_table(tmp_path: Path, made: Path) -> None:
    new = wb.new_study(tmp_path / "mine", made / "visits.csv")
    new.codebook.loc[new.codebook["item"] == "Q8", "construct"] = "-"
    new.save()
    assert new.open().codebook.items("courtesy") == ["Q7"]
    assert [str(one).partition(": ")[2] for one in new.check()][:1] == [
        "codebook.csv, column 'construct': 1 question is in no construct (-): Q8. Not used; write "
        "a construct where one should be."
    ]
    assert not [one for one in new.check() if one.severity == "warning"]
    new.codebook.loc[0, "low"] = "9"
    with pytest.raises(StudyError, match="low must be below high"):
        new.save()
    assert wb.open_study(tmp_path / "mine").codebook.scale("Q1").low == 1


def test_no_organisations_one_report(tmp_path: Path) -> None:
    table = exports.answers(["q1", "q2", "q4", "q5"]).drop(columns=["group", "unit"])
    table.columns = ["satisfied with it", "satisfied with the service", "trust it", "I trust it"]
    table.to_csv(tmp_path / "a.csv", index=False)
    wb.new_study(tmp_path / "everybody", tmp_path / "a.csv")
    study = wb.open_study(tmp_path / "everybody")
    assert study.organisations["name"].tolist() == ["Everybody"]
    assert study.chain == "service-trust"
    assert not study.check().errors
    assert study.fit().nobs == len(table)


def test_types_of_organisations(tmp_path: Path) -> None:
    table = exports.answers(["q1", "q2", "q4", "q5"])
    table.columns = ["agency", "office", "satisfied", "satisfied too", "trust it", "I trust it"]
    table["type"] = table["agency"].map({1: "city", 2: "city", 3: "state", 4: "state"})
    table["agency"] = "Agency " + table["agency"].astype(str)
    table.to_csv(tmp_path / "a.csv", index=False)
    wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    assert wb.open_study(tmp_path / "mine").organisations["type"].tolist() == [
        "city", "city", "state", "state",
    ]  # fmt: skip


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], list[str]]:
    """Answers what is asked, "" for what is proposed; returns what was asked."""

    def answering(answers: list[str]) -> list[str]:
        asked: list[str] = []

        def prompt(question: str, default: str = "") -> str:
            asked.append(question)
            return (answers.pop(0) if answers else "") or default

        monkeypatch.setattr("typer.prompt", prompt)
        for stream in (sys.stdin, sys.stdout):
            monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        return asked

    return answering


def test_it_asks_on_a_terminal(tmp_path: Path, made: Path, terminal: Any, run: Any) -> None:
    asked = terminal(["", "ofice", "none", "", "none"])
    code, out, _ = run("new", tmp_path / "mine", "--from", made / "tunis.sav")
    assert code == 0, out
    assert "there is no column 'ofice'" in out
    assert [question.partition(" (")[0] for question in asked] == [
        "Column of organisations, each of which gets a report",
        "Column of units, where employees and clients meet",
        "Column of units, where employees and clients meet",
        "Column of waves",
        "Column of weights",
        "Chain",
    ]
    study = wb.open_study(tmp_path / "mine")
    assert (study.columns.organisation, study.columns.unit) == ("gov", None)
    assert study.sources["clients"].weight is None


def test_it_asks_which_sheet_and_which_weight(tmp_path: Path, terminal: Any, run: Any) -> None:
    table = exports.answers(["q1", "q4"]).assign(weight=[1, 2] * 240, poids=[3, 1] * 240)
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        for sheet in ("Older", "Answers"):
            table.to_excel(book, sheet_name=sheet, index=False)
    asked = terminal(["Answers", "poids"])
    run("new", tmp_path / "mine", "--from", tmp_path / "a.xlsx")
    assert asked[:2] == ["Which one (Older or Answers)", "Which one (weight, poids or none)"]
    text = (tmp_path / "mine" / "study.toml").read_text()
    assert 'sheet = "Answers"' in text
    assert 'weight = "poids"  # named by you' in text


def test_the_codebook_as_a_table_in_a_notebook(tmp_path: Path, made: Path) -> None:
    new = wb.new_study(tmp_path / "mine", made / "visits.csv")
    table = new.edit()
    table.change({"item": "Q8", "column": "construct", "value": "fairness"})
    assert table.status == "Saved: construct of Q8 is fairness."
    assert new.open().codebook.items("fairness") == ["Q8"]
    table.change({"item": "Q1", "column": "low", "value": "7"})
    assert f"{tmp_path / 'mine' / 'codebook.csv'}: row 2" in table.status
    assert "low must be below high" in table.status
    assert new.open().codebook.scale("Q1").low == 1
    table.change({"item": "Q1", "column": "low", "value": "1"})
    assert table.status == "Saved: low of Q1 is 1."
    table.change({"item": "Q1", "column": "item", "value": "x"})
    assert table.rows[0]["item"] == "Q1"
