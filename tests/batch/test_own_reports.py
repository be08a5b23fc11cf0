"""Reports of a user's own: in the study's folder, or a notebook elsewhere."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from workbench.batch.notebooks import NotebookFault, new_report, notebooks_folder, reports_of
from workbench.cli.main import app
from workbench.simulation import load_population, simulate

PARAMETERS = 'study = "../data/demo"\norganisation = ""\nwave = ""\nshared = ""'


def notebook(path: Path, *cells: str, parameters: str = PARAMETERS, **metadata: Any) -> Path:
    made = [
        {"cell_type": "code", "source": source, "metadata": {"tags": tags}, "outputs": [],
         "execution_count": None, "id": f"cell-{number}"}
        for number, (source, tags) in enumerate(
            [(parameters, ["parameters"]), *((cell, []) for cell in cells)]
        )
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    )
    return path


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return simulate(tmp_path / "study", 1, load_population().larger(3, 2, 3))


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_notebook_of_the_study_is_a_report_for_every_organisation(
    study: Path, tmp_path: Path
) -> None:
    notebook(
        study / "notebooks" / "greeting.ipynb",
        "print(f'Hello {organisation}')",
        workbench={"per": "organisation"},
    )
    done = run("batch", study, "--report", "greeting", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    pages = sorted((tmp_path / "out").glob("greeting-*.html"))
    assert len(pages) == 3
    assert "Hello Organisation 2" in pages[1].read_text()
    assert "Greeting" in (tmp_path / "out" / "index.html").read_text()


def test_a_notebook_elsewhere_is_made_alone_and_stays_as_long_as_it_is_there(
    study: Path, tmp_path: Path
) -> None:
    file = notebook(tmp_path / "elsewhere" / "mine.ipynb", "print('mine')", parameters='study = ""')
    other = notebook(tmp_path / "elsewhere" / "yours.ipynb", "1", parameters='study = ""')
    out = tmp_path / "out"
    done = run("batch", study, "--notebook", file, "--output", out)
    assert done.exit_code == 0, done.output
    assert {page.name for page in out.glob("*.html")} == {"mine.html", "index.html"}
    run("batch", study, "--notebook", other, "--output", out)
    assert (out / "mine.html").is_file()
    file.unlink()
    run("batch", study, "--notebook", other, "--output", out)
    assert not (out / "mine.html").exists()


def test_a_new_report_is_like_another_and_made_with_the_next_batch(
    study: Path, tmp_path: Path
) -> None:
    done = run("report", "new", study, "our-page", "--like", "organisation")
    assert done.exit_code == 0, done.output
    file = study / "notebooks" / "our-page.ipynb"
    copy, original = (
        json.loads(path.read_text()) for path in (file, notebooks_folder() / "organisation.ipynb")
    )
    sources = ["".join(cell["source"]) for cell in copy["cells"]]
    assert sources[0].splitlines()[1] == 'study = ".."'
    assert sources[1:] == ["".join(cell["source"]) for cell in original["cells"]][1:]
    copy["cells"].append({**copy["cells"][1], "id": "more", "source": "print('one cell more')"})
    file.write_text(json.dumps(copy))
    done = run(
        "batch", study, "--report", "our-page", "--organisation", "Organisation 1",
        "--output", tmp_path / "out",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (page,) = (tmp_path / "out").glob("our-page-*.html")
    text = page.read_text()
    assert "one cell more" in text
    assert "What to work on first" in text
    again = run("report", "new", study, "our-page")
    assert again.exit_code != 0


@pytest.mark.parametrize(
    ("name", "like", "told"),
    [
        ("organisation", "organisation", "There is a report 'organisation'"),
        ("mine", "organization", "There is no report 'organization'.*Did you mean 'organisation'"),
        ("../mine", "organisation", "cannot be the name of a report"),
    ],
)
def test_a_new_report_that_cannot_be_is_said(study: Path, name: str, like: str, told: str) -> None:
    with pytest.raises(NotebookFault, match=told):
        new_report(SimpleNamespace(path=study), name, like)
    assert not (study / "notebooks").exists()


def test_files_that_are_no_reports_are_named(study: Path, tmp_path: Path) -> None:
    here = SimpleNamespace(path=study)
    with pytest.raises(NotebookFault, match=r"There is no notebook .*missing"):
        reports_of(here, more=[tmp_path / "missing.ipynb"])
    bare = notebook(tmp_path / "bare.ipynb", "1", parameters="wave = ''")
    with pytest.raises(NotebookFault, match=r"bare\.ipynb is made per study and sets no 'study'"):
        reports_of(here, more=[bare])
    twin = notebook(tmp_path / "organisation.ipynb", "1")
    with pytest.raises(NotebookFault, match=r"has the name of another report.*; rename it"):
        reports_of(here, more=[twin])
    assert reports_of(here, more=[notebook(tmp_path / "own.ipynb", "1")])["own"].per_organisation


def test_plain_nbconvert_has_the_look_of_a_page_and_a_page_has_it_once(demo: Any) -> None:
    from workbench.reports.pieces import LOOK, Heading
    from workbench.reports.rendering import unstyled

    shown = Heading("Lakeshore County")._repr_html_()
    assert shown.startswith("<style>")
    assert ".wb-cards" in shown
    assert unstyled(shown) == "<h1>Lakeshore County</h1>"
    assert "var(--" not in LOOK
