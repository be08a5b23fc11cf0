"""Provenance: enough to get the same numbers, and no path of the machine."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.errors import WorkbenchError
from workbench.reports import provenance


@pytest.fixture
def study(tmp_path: Path) -> Any:
    folder = tmp_path / "data" / "tiny"
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text('title = "Tiny"\n')
    (folder / "clients.csv").write_text("organisation,q1\nTransit,3\n")
    sources = {"clients": SimpleNamespace(files=(Path("clients.csv"),))}
    return SimpleNamespace(path=folder, name="tiny", sources=sources)


def test_data_files_are_hashed(study: Any) -> None:
    content = (study.path / "clients.csv").read_bytes()
    assert provenance.data_files(study)["clients.csv"] == hashlib.sha256(content).hexdigest()


def test_everything_a_page_is_made_from_is_hashed(study: Any) -> None:
    for name in ("codebook.csv", "organisations.csv", "scorecard.csv", "chains/own.toml"):
        before = provenance.data_files(study)
        (study.path / name).parent.mkdir(exist_ok=True)
        (study.path / name).write_text("a")
        made = provenance.data_files(study)
        assert made.keys() - before.keys() == {name}
        (study.path / name).write_text("b")
        changed = provenance.data_files(study)
        assert [one for one in changed if changed[one] != made[one]] == [name]


def test_the_time_is_that_of_the_newest_file_whatever_the_clock_says(
    study: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    os.utime(study.path / "study.toml", (0, 1_700_000_000))
    os.utime(study.path / "clients.csv", (0, 1_772_359_200.9))
    assert provenance.as_of(study) == "2026-03-01T10:00:00+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert provenance.as_of(study) == "1970-01-02T00:00:00+00:00"
    assert provenance.describe(study)["as_of"] == "1970-01-02T00:00:00+00:00"


@pytest.mark.parametrize("stated", ["yesterday", "1.5", "9" * 30])
def test_a_time_that_is_none_is_refused(
    study: Any, monkeypatch: pytest.MonkeyPatch, stated: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    with pytest.raises(WorkbenchError, match=f"SOURCE_DATE_EPOCH is '{stated}'; set it to whole"):
        provenance.as_of(study)


@pytest.mark.parametrize("inside", [False, True])
def test_sources_of_one_name_are_told_apart(study: Any, tmp_path: Path, inside: bool) -> None:
    folder = study.path if inside else tmp_path
    contents = {"clients": "1", "staff": "2", "citizens": "3"}
    study.sources = {}
    for name, content in contents.items():
        file = folder / name / "answers.csv"
        file.parent.mkdir()
        file.write_text(content)
        study.sources[name] = SimpleNamespace(files=(file,))
    found = provenance.data_files(study)
    hashes = {hashlib.sha256(content.encode()).hexdigest() for content in contents.values()}
    assert hashes < set(found.values())
    assert str(tmp_path) not in "".join(found)


def test_code_that_is_edited_in_a_session_is_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    (tmp_path / "chain").mkdir()
    (tmp_path / "chain" / "links.py").write_text("b = 1")
    first, state = provenance.code(), provenance.code_state()
    assert provenance.code() == first
    (tmp_path / "chain" / "links.py").write_text("beta = 1")
    assert provenance.code() != first
    assert provenance.code_state() != state


def test_the_commit_is_that_of_the_checkout_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*command: str) -> str:
        person = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        return subprocess.run(
            ["git", "-C", str(tmp_path), *person, *command],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip

    package = tmp_path / "src" / "workbench"
    package.mkdir(parents=True)
    monkeypatch.setattr(provenance, "PACKAGE", package)
    assert provenance.commit() is None  # no checkout
    git("init", "--quiet")
    (package / "links.py").write_text("b = 1")
    assert provenance.commit() is None  # no commit
    for text in ("b = 1", "b = 2"):
        (package / "links.py").write_text(text)
        git("add", "src")
        git("commit", "--quiet", "--message", text)
        assert provenance.commit() == git("rev-parse", "HEAD")
    (package / "more.py").touch()
    assert provenance.commit() == git("rev-parse", "HEAD") + "+"


def test_a_description_is_json_without_paths(study: Any) -> None:
    record = provenance.describe(study, {"seed": 7})
    text = json.dumps(record)
    assert record["parameters"] == {"seed": 7}
    assert record["versions"]["workbench"]
    assert str(study.path.parent) not in text


def test_a_digest_does_not_depend_on_order() -> None:
    assert provenance.digest({"a": 1, "b": 2}) == provenance.digest({"b": 2, "a": 1})
    assert provenance.digest({"a": 1}) != provenance.digest({"a": 2})
