"""The study of New York City's schools, from the published files to clean answers."""

import json
import re
from pathlib import Path

import nyc_schools
import pandas as pd
import pytest

from workbench.errors import StudyError
from workbench.study import Study
from workbench.study.codebook import Codebook, read_codebook

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = ROOT / "data" / "nyc-schools"
NOTEBOOK = COMMITTED / "prepare.ipynb"


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return read_codebook(COMMITTED / "codebook.csv", ["teachers", "parents"])


def test_the_items_of_the_chain(codebook: Codebook) -> None:
    assert codebook.constructs == ["people", "service", "trust", "leadership", "collaboration"]
    assert codebook.items("people") == ["T14b", "T14e", "T14h", "T15d"]
    assert codebook.items("service") == ["P8a", "P8b", "P8c"]
    assert codebook.items("trust") == ["P5b", "P5c", "P5e"]
    assert not set(codebook.items("people")) & set(codebook.items("collaboration"))
    assert (codebook.frame[["low", "high"]] == [0, 100]).all(axis=None)


def test_the_wording_has_no_numbers_and_no_stray_blanks(codebook: Codebook) -> None:
    assert codebook.wording("T14e") == "I wouldn't want to work in any other school."
    assert "SLT’s" in codebook.wording("T8b")  # a character that only mac_roman reads right
    for text in codebook.frame["wording"]:
        assert not re.match(r"\s*\d", text)
        assert text == " ".join(text.split())


def test_wording_is_cleaned() -> None:
    assert nyc_schools.wording("13b.   I am  able to: 2 things. ") == "I am able to: 2 things."


def test_the_committed_codebook_follows_from_the_published_questions(nyc_raw: Path) -> None:
    built = nyc_schools.codebook(nyc_schools.questions(nyc_raw)).astype(str)
    committed = pd.read_csv(COMMITTED / "codebook.csv", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(built.astype("str"), committed.astype("str"))


def test_every_school_arrives(nyc_study: Study) -> None:
    for source in ("teachers", "parents"):
        answers = nyc_study.answers(source)
        assert len(answers) == 1861
        assert answers["unit"].is_unique
        assert answers["organisation"].nunique() == 34
    assert nyc_study.set_aside.empty


def test_values_are_those_of_the_published_files(nyc_study: Study) -> None:
    teachers = nyc_study.answers("teachers").set_index("unit")
    assert teachers.loc["01M015", ["T14b", "T14e", "T14h", "T15d"]].tolist() == [86, 77, 95, 86]
    assert teachers.loc["01M015", "organisation"] == "01"
    parents = nyc_study.answers("parents").set_index("unit")
    assert parents.loc["01M015", ["P8a", "P8b", "P8c"]].tolist() == [95, 96, 98]
    assert parents.loc["01M015", ["P5b", "P5c", "P5e"]].tolist() == [94, 96, 93]
    assert parents.loc["01M015", "response_rate"] == 62


def test_known_defects_are_there_and_reported(nyc_study: Study) -> None:
    teachers, parents = nyc_study.answers("teachers"), nyc_study.answers("parents")
    assert teachers["response_rate"].isna().sum() == 24
    assert (teachers["response_rate"] == 0).sum() == 2
    assert (parents["response_rate"] < 10).sum() == 49
    problems = nyc_study.check()
    assert not problems.errors
    *defects, teachers_note, parents_note = problems
    assert all("a rate of zero" in problem.cause for problem in defects)
    assert [problem.count for problem in defects] == [2, 6]
    for name, note in (("teachers", teachers_note), ("parents", parents_note)):
        assert note.cause.startswith(f"Rows of {name} are units and do not say how many people")


def test_districts_have_names_and_types(nyc_study: Study) -> None:
    organisations = nyc_study.organisations
    expected = nyc_schools.organisations(organisations["organisation"])
    pd.testing.assert_frame_equal(organisations, expected.astype("str"))
    assert nyc_study.organisation("District 7") == "07"


def test_another_file_under_the_published_name(
    tmp_path: Path, nyc_raw: Path, codebook: Codebook
) -> None:
    (tmp_path / nyc_schools.ANSWERS["parents"]).write_text("DBN,School Name,P1a\n01M015,X,9\n")
    with pytest.raises(StudyError, match="not the published file: it lacks P8a"):
        nyc_schools.source(tmp_path, "parents", codebook)


def test_the_notebook_is_thin_and_has_no_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["metadata"].get("tags") for cell in code].count(["parameters"]) == 1
    for cell in code:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert len(cell["source"]) <= 10


def test_the_notebook_prepares_the_study(
    nyc_raw: Path, nyc_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells in order, with the parameters of this test in place of the tagged cell."""
    for name in ("study.toml", "codebook.csv", "organisations.csv"):
        (tmp_path / name).write_bytes((COMMITTED / name).read_bytes())
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    # Started anywhere below the project.
    monkeypatch.chdir(NOTEBOOK.parents[2] / "docs")
    names: dict = {"raw": str(nyc_raw), "output": str(tmp_path)}
    for cell in cells:
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", []):
            exec("".join(cell["source"]), names)
    for name in ("teachers.csv", "parents.csv"):
        assert (tmp_path / name).read_bytes() == (nyc_study.path / name).read_bytes()
