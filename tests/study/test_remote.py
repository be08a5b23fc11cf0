"""Files on other stores are copied, and again when they have changed."""

from pathlib import Path

import bad_files
import fsspec
import pytest

from workbench import open_study
from workbench.errors import StudyError
from workbench.study import remote


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(remote, "user_cache_path", lambda *_, **__: folder)
    return folder


def study_of(folder: Path, address: str) -> Path:
    bad_files.sound(folder)
    (folder / "answers.csv").unlink()
    stated = bad_files.STUDY.replace("answers.csv", address)
    (folder / "study.toml").write_text(stated, encoding="utf-8")
    return folder


def test_a_file_on_another_store_is_read(tmp_path: Path, cache: Path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/surveys/answers.csv", bad_files.CSV.encode())
    folder = study_of(tmp_path / "study", "memory://surveys/answers.csv")
    study = open_study(folder)
    assert not study.check()
    assert len(study.answers("clients")) == len(bad_files.ROWS)
    assert cache.stat().st_mode & 0o077 == 0
    (copy,) = cache.rglob("answers.csv")
    assert open_study(folder).sources["clients"].file == copy


def test_a_file_that_has_changed_is_copied_again(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "elsewhere" / "answers.csv"
    file.parent.mkdir()
    file.write_text(bad_files.CSV, encoding="utf-8")
    folder = study_of(tmp_path / "study", file.as_uri())
    assert len(open_study(folder).answers("clients")) == len(bad_files.ROWS)
    file.write_text(bad_files.CSV + "North,North1,2024,1,2,3\n", encoding="utf-8")
    assert len(open_study(folder).answers("clients")) == len(bad_files.ROWS) + 1
    assert len(list(cache.rglob("answers.csv"))) == 1


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    "address", ["memory://surveys/not-there.csv", "nostore://survey/answers.csv"]
)
def test_a_file_that_cannot_be_fetched_is_told(address: str, tmp_path: Path) -> None:
    folder = study_of(tmp_path / "study", address)
    with pytest.raises(StudyError, match=r"sources.clients.file'.*cannot be fetched: .*correct"):
        open_study(folder)
