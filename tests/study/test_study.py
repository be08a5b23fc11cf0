"""open_study and what a Study offers."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import StudyError, UnknownNameError, UnknownOrganisationError
from workbench.study import Study, open_study

DEFINITION = """
title = "A study"
simulated = true
chain = "c"
[columns]
organisation = "org"
unit = "office"
wave = "wave"
[sources.clients]
file = "clients.csv"
rows = "respondents"
id = "id"
[sources.staff]
file = "staff.csv"
rows = "respondents"
"""
CODEBOOK = (
    "item,source,construct,wording,low,high,reversed,missing\n"
    "q1,clients,service,W,1,5,no,9\nq2,clients,service,W,1,5,yes,9\ns1,staff,people,W,1,5,no,\n"
)
CLIENTS = (
    "org,office,wave,id,q1,q2\n"
    "North,1,wave 10,01,1,1\nNorth,2,wave 9,02,9,2\n"
    "\"<b>&\"\"South\"\"</b> / 1\",1,wave 9,03,5,6\n"
)  # fmt: skip
STAFF = "org,office,wave,s1\nNorth,1,wave 9,4\nMontréal,1,wave 9,5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "example"
    path.mkdir()
    for name, text in (
        ("study.toml", DEFINITION),
        ("codebook.csv", CODEBOOK),
        ("clients.csv", CLIENTS),
        ("staff.csv", STAFF),
    ):
        (path / name).write_text(text, encoding="utf-8")
    return path


def test_what_a_study_says(folder: Path) -> None:
    study = open_study(folder)
    assert (study.name, study.title, study.chain) == ("example", "A study", "c")
    assert study.simulated
    assert study.minimum_count == 10
    assert study.path == folder
    assert list(study.sources) == ["clients", "staff"]
    assert study.columns.unit == "office"
    assert study.codebook.constructs == ["service", "people"]
    assert study.waves == ["wave 9", "wave 10"]


def test_answers_are_clean_and_kept(folder: Path) -> None:
    study = open_study(folder)
    answers = study.answers("clients")
    assert answers["organisation"].tolist() == ["North", "North", '<b>&"South"</b> / 1']
    np.testing.assert_array_equal(answers["q1"], [1, np.nan, 5])
    np.testing.assert_array_equal(answers["q2"], [5, 4, np.nan])
    assert study.answers("clients") is answers


def test_set_aside_covers_all_sources(folder: Path) -> None:
    set_aside = open_study(folder).set_aside
    assert set_aside[["source", "item", "reason", "value", "count"]].to_numpy().tolist() == [
        ["clients", "q1", "missing code", "9", 1],
        ["clients", "q2", "out of scale", "6", 1],
    ]


def test_organisations(folder: Path) -> None:
    study = open_study(folder)
    assert study.organisations["organisation"].tolist() == [
        '<b>&"South"</b> / 1', "Montréal", "North",
    ]  # fmt: skip
    assert study.organisations["name"].tolist() == study.organisations["organisation"].tolist()
    (folder / "organisations.csv").write_text(
        "organisation,name,type\nNorth,Northern Board,board\nNowhere,,\n", encoding="utf-8"
    )
    study = open_study(folder)
    assert study.organisations.iloc[2].tolist() == ["North", "Northern Board", "board"]
    assert study.organisations.iloc[1].tolist() == ["Montréal", "Montréal", ""]
    assert study.organisation("northern board") == "North"


def test_organisations_listed_twice(folder: Path) -> None:
    (folder / "organisations.csv").write_text("organisation\nNorth\nNorth\n", encoding="utf-8")
    with pytest.raises(StudyError, match="row 3: the organisation 'North' stands twice"):
        _ = open_study(folder).organisations


def test_an_organisation_by_its_name(folder: Path) -> None:
    study = open_study(folder)
    assert study.organisation("MONTRE\u0301AL") == "Montréal"
    with pytest.raises(
        UnknownOrganisationError, match=r"no organisation 'Nort'; it has .*'North'\?"
    ):
        study.organisation("Nort")


def test_unknown_source(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no source 'client'.*'clients'\?"):
        open_study(folder).answers("client")


def test_a_missing_source_file_does_not_hinder_opening(folder: Path) -> None:
    (folder / "staff.csv").unlink()
    study = open_study(folder)
    assert len(study.answers("clients")) == 3
    with pytest.raises(StudyError, match=r"staff\.csv: there is no such file"):
        study.answers("staff")


def test_without_waves(folder: Path) -> None:
    (folder / "study.toml").write_text(DEFINITION.replace('wave = "wave"\n', ""), encoding="utf-8")
    study = open_study(folder)
    assert study.waves == []
    assert set(study.answers("staff")["wave"]) == {""}


def test_a_subclass_opens_as_itself_and_travels(folder: Path) -> None:
    class Further(Study):
        pass

    assert type(Further.open(folder)) is Further
    study = open_study(folder)
    study.answers("clients")
    again = pickle.loads(pickle.dumps(study))
    pd.testing.assert_frame_equal(again.answers("clients"), study.answers("clients"))


def test_opening_and_reading_loads_no_other_reader(folder: Path) -> None:
    code = (
        "import sys; from workbench.study import open_study;"
        f"open_study({str(folder)!r}).answers('clients');"
        "print([name for name in ('chardet', 'pyreadstat', 'openpyxl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def with_waves(folder: Path, waves: dict[str, list[str]], head: str = "") -> Study:
    """The example study with these waves in its sources."""
    columns = {"clients": "q1,q2", "staff": "s1"}
    for source, names in waves.items():
        values = {"clients": "1,2", "staff": "3"}[source]
        rows = [f"North,{n},{wave},{n},{values}\n" for n, wave in enumerate(names)]
        text = f"org,office,wave,id,{columns[source]}\n" + "".join(rows)
        (folder / f"{source}.csv").write_text(text, encoding="utf-8")
    (folder / "study.toml").write_text(head + DEFINITION, encoding="utf-8")
    return open_study(folder)


def test_waves_have_one_order_in_all_sources(folder: Path) -> None:
    study = with_waves(
        folder,
        {"clients": ["March 2022", "Sept. 2021"], "staff": ["June 2022", "September 2020"]},
    )
    order = ["September 2020", "Sept. 2021", "March 2022", "June 2022"]
    assert study.waves == order
    for source in ("clients", "staff"):
        wave = study.answers(source)["wave"]
        assert wave.cat.categories.tolist() == order
        assert wave.cat.ordered
    assert study.answers("clients").groupby("wave").size().index.tolist() == order[1:3]
    kept = study.keeping(lambda _, answers: answers["wave"] != "June 2022")
    assert kept.waves == order[:3]


def test_the_order_of_waves_survives_the_store(folder: Path, tmp_path: Path) -> None:
    study = with_waves(folder, {"clients": ["Q4 2021", "Q1 2022"], "staff": ["Q1 2022"]})
    study.store(tmp_path / "store")
    assert pickle.loads(pickle.dumps(study)).answers("staff")["wave"].cat.categories.tolist() == [
        "Q4 2021",
        "Q1 2022",
    ]


def test_study_toml_gives_the_order_that_names_do_not(folder: Path) -> None:
    waves = {"clients": ["after", "before"], "staff": ["after"]}
    study = with_waves(folder, waves)
    assert not study.answers("clients")["wave"].cat.ordered
    with pytest.raises(StudyError, match=r'in study.toml, .* waves = \["after", "before"\]'):
        _ = study.waves
    study = with_waves(folder, waves, 'waves = ["before", "after"]\n')
    assert study.waves == ["before", "after"]
    assert study.answers("staff")["wave"].cat.ordered
    study = with_waves(folder, waves, 'waves = ["before", "during"]\n')
    with pytest.raises(StudyError, match=r"wave 'after', which .* names 'during', and no row"):
        _ = study.waves


def test_organisations_come_in_natural_order(folder: Path) -> None:
    names = ["10", "9", "District 10", "District 9", "Évry", "Fès", "Dax", "district 1"]
    rows = "".join(f"{name},1,1,{n},1,1\n" for n, name in enumerate(names))
    (folder / "clients.csv").write_text("org,office,wave,id,q1,q2\n" + rows, encoding="utf-8")
    (folder / "staff.csv").write_text("org,office,wave,s1\n2,1,1,4\n", encoding="utf-8")
    study = open_study(folder)
    order = ["2", "9", "10", "Dax", "district 1", "District 9", "District 10", "Évry", "Fès"]
    assert study.organisations["organisation"].tolist() == order
    found = study.answers("clients").groupby("organisation").size().index
    assert found.tolist() == order[1:]


def test_names_of_columns_are_matched_as_people_see_them(folder: Path) -> None:
    text = CLIENTS.replace("org,office", '" org ",office').replace("q1,q2", '"How\neasy?", q2')
    (folder / "clients.csv").write_text(text, encoding="utf-8")
    book = CODEBOOK.replace("q1,clients", '"How  easy?",clients')
    (folder / "codebook.csv").write_text(book, encoding="utf-8")
    study = open_study(folder)
    assert not study.check().errors
    assert study.answers("clients")["How easy?"].notna().sum() == 2


def test_checking_reads_each_file_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = open_study(folder)
    read = []
    original = Study.read

    def counted(self: Study, name: str) -> pd.DataFrame:
        read.append(name)
        return original(self, name)

    monkeypatch.setattr(Study, "read", counted)
    study.check()
    study.answers("clients")
    _ = study.waves
    assert read == ["clients", "staff"]


def test_pages_are_in_the_language_asked_for(folder: Path) -> None:
    study = open_study(folder, "fr")
    assert study.language.code == "fr"
    assert study.definition.language == "en"
    assert study.in_language("en").language.code == "en"
    with pytest.raises(UnknownNameError, match="There is no language 'xx'"):
        study.in_language("xx")


@pytest.mark.parametrize("stored", [False, True])
def test_parts_have_the_answers_of_their_organisations(stored: bool, tmp_path: Path) -> None:
    study = open_study("data/demo")
    whole = {source: study.answers(source) for source in study.sources}
    if stored:
        study.store(tmp_path / "answers")
    parts = (
        pickle.loads(pickle.dumps(study.parts(most=500_000))) if stored else study.parts(500_000)
    )
    assert len(parts) > 2
    together = [name for part in parts for name in part.organisations["organisation"]]
    assert together == list(study.organisations["organisation"])
    for part in parts:
        names = list(part.organisations["organisation"])
        assert part.waves == study.waves
        assert len(names) == 1 or part.answers_by_organisation.sum() <= 500_000
        for source, answers in whole.items():
            own = answers[answers["organisation"].isin(names)].reset_index(drop=True)
            pd.testing.assert_frame_equal(part.answers(source), own)
            assert part.without_answer(source).equals(study.without_answer(source))
            assert part.set_aside_by_group(source).equals(study.set_aside_by_group(source))
        assert part.set_aside.equals(study.set_aside)


def test_a_part_stays_one_when_its_answers_are_changed(tmp_path: Path) -> None:
    study = open_study("data/demo")
    study.store(tmp_path / "answers")
    part = study.parts(most=1)[5]
    latest = part.in_wave("2024")
    assert set(latest.answers("clients")["organisation"]) == {"Land Registry"}
    assert latest.organisations["organisation"].tolist() == ["Land Registry"]


def test_memory_of_answers_is_given_back_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr("workbench.study.study.give_back", lambda: given.append(1))
    study = open_study("data/demo")
    parts = study.parts(most=500_000)
    whole = Study.joined(part.in_wave("2024") for part in parts)
    assert len(given) == 1
    for part in parts:
        part.forget_answers()
    assert len(given) == 1 + len(parts)
    assert len(whole.answers("clients")) > 0


def test_a_small_study_is_its_only_part() -> None:
    study = open_study("data/demo")
    assert study.parts() == [study]
