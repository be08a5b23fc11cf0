"""The output folder: one study's, made by batches, and nothing else is written over."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import cache
from workbench.batch.manifest import Entry, Manifest
from workbench.batch.notebooks import Report
from workbench.batch.output import BatchError, Scope, earlier_record, owner, relative
from workbench.simulation import load_population, simulate
from workbench.study import open_study


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "notebooks"
    folder.mkdir(parents=True)
    (folder / "organisation.ipynb").write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("output", "files", "told"),
    [
        ("project", {}, "holds the report notebooks"),
        ("project/notebooks", {}, "holds the report notebooks"),
        ("data", {}, "holds a study"),
        ("data/tiny", {}, "holds a study"),
        ("out", {"study.toml": ""}, "holds a study"),
        ("out", {".git/HEAD": ""}, "top of a git checkout"),
        ("out", {".git": "gitdir: elsewhere"}, "top of a git checkout"),
        ("data/tiny/clients.csv", {}, "is a file"),
        ("out", {"thesis.docx": ""}, r"not made by a batch: it holds 'thesis\.docx'"),
        ("out", {"index.html": "", "b.html": ""}, "not made by a batch: it holds 'b.html'"),
        ("out", {"index.html": "", ".workbench": "{}"}, "not made by a batch: it holds"),
        ("out", {"manifest.json": "", "notebooks/a.ipynb": ""}, "not made by a batch: it holds"),
    ],
)
def test_what_is_not_a_batchs_folder_is_refused(
    study: Any, tmp_path: Path, notebooks: Path, output: str, files: dict[str, str], told: str
) -> None:
    for name, text in files.items():
        (tmp_path / output / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / output / name).write_text(text)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BatchError, match=f"{told}.*; name another folder with --output"):
        earlier_record(study, tmp_path / output, notebooks)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_new_folder_and_one_where_a_batch_was_killed_at_once_will_do(
    study: Any, tmp_path: Path, notebooks: Path
) -> None:
    assert earlier_record(study, tmp_path / "new", notebooks) is None
    (tmp_path / "empty").mkdir()
    assert earlier_record(study, tmp_path / "empty", notebooks) is None
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / ".writing-x.html").touch()
    with cache.kept(tmp_path / "begun", owner(study, tmp_path / "begun")):
        assert earlier_record(study, tmp_path / "begun", notebooks) is None
    assert earlier_record(study, Path(study.path) / "out", notebooks) is None


def test_a_folder_belongs_to_one_study(study: Any, tmp_path: Path, notebooks: Path) -> None:
    output = tmp_path / "reports" / "tiny"
    output.mkdir(parents=True)
    own = owner(study, output)
    with cache.kept(output, own) as store:
        Manifest("tiny", "Tiny", belongs_to=own).write(store)
    (output / "index.html").touch()
    assert earlier_record(study, output, notebooks) is not None
    study.title = "A new title"
    assert earlier_record(study, output, notebooks) is not None
    study.path = tmp_path / "elsewhere" / "tiny"
    with pytest.raises(BatchError, match="holds the reports of another study, 'Tiny'"):
        earlier_record(study, output, notebooks)
    # Whose it is can be told without the record.
    (store / "manifest.json").unlink()
    with pytest.raises(BatchError, match=r"holds the reports of another study \("):
        earlier_record(study, output, notebooks)


def test_a_study_and_its_reports_can_be_moved_together(tmp_path: Path) -> None:
    population = load_population().larger(2, 2, 3)
    study = open_study(simulate(tmp_path / "a" / "data" / "s", 1, population))
    before = owner(study, tmp_path / "a" / "reports")
    (tmp_path / "a").rename(tmp_path / "b")
    moved = open_study(tmp_path / "b" / "data" / "s")
    assert owner(moved, tmp_path / "b" / "reports") == before
    assert str(tmp_path) not in before


ENTRY = Entry("organisation", "Transit", organisation="Transit", wave="2026", html="t.html")


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    names = ("study", "organisation", "wave", "shared")
    reports = {
        "organisation": Report(
            "organisation", tmp_path / "organisation.ipynb", names, "organisation"
        )
    }
    return Scope(True, {"Transit"}, {"2025", "2026"}, {"own"}, reports)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ""),
        ({"organisation": "Water"}, "organisation is not in the data"),
        ({"wave": "2020"}, "wave '2020' is not in the data"),
        ({"chain": "other"}, "does not run this chain"),
        ({"source": "gone.ipynb"}, ""),
        ({"source": "gone.ipynb", "name": "own"}, "notebook is not there"),
        ({"organisation": ""}, "notebook does not ask for it"),
        ({"chain": "own"}, "notebook does not ask for it"),
        ({"name": "own", "chain": "own"}, ""),
        ({"html": "gone.html"}, "page is not there"),
        ({"html": None, "status": "failed", "organisation": "Water"}, "not in the data"),
        ({"html": None, "status": "failed"}, ""),
    ],
)
def test_what_can_be_made_no_more_is_told_from_what_can(
    tmp_path: Path, scope: Scope, change: dict[str, Any], told: str
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "t.html").write_text("")
    (tmp_path / "organisation.ipynb").write_text("")
    source = relative(tmp_path / "organisation.ipynb", output)
    entry = replace(ENTRY, **{"source": source, **change})
    why = scope.why_gone(entry, Manifest("tiny", "Tiny", simulated=True), output)
    assert told in why
    assert bool(why) == bool(told)
    assert "simulated" not in why
    real = scope.why_gone(entry, Manifest("tiny", "Tiny", simulated=False), output)
    assert real == "it was made from real data, and the study's are simulated"
