"""A site is made again from its study: untouched it is confirmed, touched it is told where."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from builders import ITEMS, draw_answers, write_study
from typer.testing import CliRunner

from workbench.batch import cache
from workbench.batch.output import read_record
from workbench.batch.run import run_batch
from workbench.chain import open_study
from workbench.cli.main import app
from workbench.errors import DamagedFileError, WorkbenchError
from workbench.files import write_pickle
from workbench.publishing import publish as publishing
from workbench.publishing import site_record, verifying
from workbench.publishing.verifying import Verdict, VerifyingError
from workbench.reports.page_names import page_name

SHOWN = """
import workbench as wb
from workbench.measurement import distribution
from workbench.reports.disclosure import coverage, shown_only
opened = wb.open_study(study)
table = distribution(shown_only(opened, coverage(opened)))
own = table[table["organisation"] == organisation]
wb.figures.Table(own[["item", "answer", "share"]], "Shares")
"""
A, B, C = (f"{page_name('organisation', organisation=name)}.html" for name in "ABC")


def share(study: Any, wave: str, path: Path) -> None:
    study.store(path.parent / "answers")
    write_pickle((study, b""), path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study, its notebooks and its site; no test changes it."""
    folder = tmp_path_factory.mktemp("verifying")
    write_study(
        folder / "towns",
        {"clients": draw_answers([2026])},
        {"clients": ITEMS},
        settings={"title": "Towns", "minimum_count": 10},
    )
    (folder / "notebooks").mkdir()
    given = nbformat.v4.new_code_cell(
        'study = ""\norganisation = ""\nshared = ""', metadata={"tags": ["parameters"]}
    )
    content = nbformat.v4.new_notebook(
        cells=[given, nbformat.v4.new_code_cell(SHOWN)],
        metadata={"workbench": {"per": "organisation"}},
    )
    nbformat.write(content, folder / "notebooks" / "organisation.ipynb")
    study, notebooks = open_study(folder / "towns"), folder / "notebooks"
    run_batch(study, folder / "pages", notebooks=notebooks, share=share, jobs=1)
    publishing.publish(study, folder / "pages", folder / "site", notebooks=notebooks)
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    shutil.copytree(published, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(autouse=True)
def _shared_as_in_the_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        verifying, "run_batch", lambda *given, **more: run_batch(*given, **more, share=share)
    )


def verdict(folder: Path) -> Verdict:
    return verifying.verify(
        open_study(folder / "towns"), folder / "site", folder / "notebooks", jobs=1
    )


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_untouched_site_is_confirmed_and_nothing_stays(folder: Path) -> None:
    kept = set(cache.ours().iterdir())
    found = verdict(folder)
    assert (found.differences, found.notes) == ((), ())
    assert found.files == sum(path.is_file() for path in (folder / "site").rglob("*"))
    assert set(cache.ours().iterdir()) == kept


def test_the_first_number_that_was_changed_is_named(folder: Path) -> None:
    page = folder / "site" / B
    cell = page.read_text(encoding="utf-8").split('<td class="wb-num"')[2]
    number = cell.partition(">")[2].partition("<")[0]
    rewrite(page, f">{number}<", ">0.99<")
    first, *others = map(str, verdict(folder).differences)
    assert first.startswith(f"{B}, table “Shares”, row “")
    assert first.endswith(f"column “share”: site 0.99, study {number}.")
    assert others == []


TOUCHED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "file of numbers": (
        lambda site: rewrite(site / "numbers.csv", ",share,0", ",share,1"),
        "numbers.csv, row “",
    ),
    "page gone": (lambda site: (site / A).unlink(), f"{A}: site nothing, study the file."),
    "page added": (
        lambda site: (site / "more.html").write_text("<p>1</p>"),
        "more.html: site the file, study nothing.",
    ),
    "index": (
        lambda site: rewrite(site / "index.html", "3 pages published", "4 pages published"),
        "index.html: site 4, study 3.",
    ),
    "record": (
        lambda site: rewrite(site / "provenance.json", '"seed": 1', '"seed": 2'),
        "provenance.json, row “parameters, seed”: site 2, study 1.",
    ),
    "versions": (
        lambda site: rewrite(site / "provenance.json", '"numpy": "', '"numpy": "9.'),
        "provenance.json: site other bytes than were published",
    ),
    "style": (lambda site: rewrite(site / C, "<style>", "<style>\n"), f"{C}: site"),
}


@pytest.mark.parametrize("what", TOUCHED)
def test_what_was_touched_is_named(folder: Path, what: str) -> None:
    change, told = TOUCHED[what]
    change(folder / "site")
    assert any(str(found).startswith(told) for found in verdict(folder).differences)


def test_other_data_are_named_with_what_they_change(folder: Path) -> None:
    file = folder / "towns" / "clients.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-15]))
    found = verdict(folder)
    assert found.notes[0] == "Not as when the site was made: clients.csv."
    assert {one.file for one in found.differences} >= {C, "numbers.csv"}


def test_other_versions_and_times_change_no_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(folder / "towns" / "clients.csv", (0, 2_000_000_000))
    monkeypatch.setattr("workbench.reports.provenance.commit", lambda: "f" * 40)
    found = verdict(folder)
    assert found.differences == ()
    assert [note.partition(" ")[0] for note in found.notes] == ["Data", "Made"]


def test_a_site_says_which_study_it_is_of(folder: Path) -> None:
    os.rename(folder / "towns", folder / "cities")
    with pytest.raises(VerifyingError, match="made of the study 'towns', and this is 'cities'"):
        verifying.verify(open_study(folder / "cities"), folder / "site")
    with pytest.raises(WorkbenchError, match=r"holds no provenance\.json; name the folder"):
        verifying.verify(open_study(folder / "cities"), folder)
    for broken in ("", "[]", '{"pages": {"a": 1}}'):
        (folder / "site" / "provenance.json").write_text(broken)
        with pytest.raises(WorkbenchError, match="is not as it was published; take it from"):
            verifying.verify(open_study(folder / "cities"), folder / "site")


def test_the_command_fails_for_a_touched_site(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "notebooks_folder", lambda: folder / "notebooks")
    command = ["verify", str(folder / "site"), str(folder / "towns"), "--jobs", "1"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "site: all 11 files are as the study makes them." in result.stdout
    rewrite(folder / "site" / A, "<caption>Shares", "<caption>Sums")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert f"{A}: site Sums, study Shares.\n" in result.stdout
    assert "site: 1 file of 11 differs from the study.\n" in result.stdout


def test_fingerprints_need_the_key_of_the_study(folder: Path) -> None:
    told = site_record.read(folder / "site")
    files = told["fingerprints"]["files"]
    study = open_study(folder / "towns")
    key = site_record.key_file(study)
    assert files.keys() == {"study.toml", "codebook.csv", "clients.csv"}
    assert key.stat().st_mode & 0o777 == 0o600
    everything = b"".join(p.read_bytes() for p in (folder / "site").rglob("*") if p.is_file())
    for name in files:
        plain = publishing.sha256(folder / "towns" / name)
        assert files[name] == site_record.fingerprint(plain, site_record.key_of(study))
        assert files[name] != site_record.fingerprint(plain, b"another")
        for digits in (plain, plain[:16], key.read_text().strip()):
            assert digits.encode() not in everything
    key.write_text("short")
    with pytest.raises(DamagedFileError, match="is no key of fingerprints; restore it"):
        site_record.key_of(study)


def test_a_record_says_how_numbers_were_made(folder: Path) -> None:
    told = site_record.read(folder / "site")
    assert told["edition"] == 1
    assert told["parameters"] == {
        "chain": told["parameters"]["chain"],
        "minimum_count": 10,
        "language": "en",
        "seed": 1,
    }
    assert told["made_by"]["versions"].keys() >= {"python", "workbench", "numpy", "scipy"}
    assert len(told["made_by"]["code_sha256"]) == 64
    assert told["pages"][A] == {
        "report": "organisation", "title": "A", "organisation": "A", "chain": "", "wave": "",
    }  # fmt: skip
    page = "<p>Check with a second program (semopy): it agrees.</p><p>Made by semopy 2.3.</p>"
    study = open_study(folder / "towns")
    made = read_record(folder / "pages")
    assert made is not None
    about = site_record.about(
        study, made, {A: page, B: "<p>Made by semopy 2.3.</p>"}, ["a.pdf"], b"key"
    )
    assert about["prints"] == ["a.pdf"]
    assert about["second_engine"] == {A: "Check with a second program (semopy): it agrees."}
