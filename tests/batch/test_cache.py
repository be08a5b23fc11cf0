"""What a batch keeps for the next: nobody else's, and not for ever."""

import json
import os
import pickle
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import cache
from workbench.batch.output import owner
from workbench.batch.plan import outlook
from workbench.chain import open_study
from workbench.files import seal
from workbench.study import Study


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_the_cache_is_the_users_alone_and_apart_from_the_pages(output: Path) -> None:
    with cache.kept(output, "study") as folder:
        assert folder == cache.place(output)
        assert [one.stat().st_mode & 0o777 for one in (folder.parent, folder)] == [0o700, 0o700]
        assert not folder.is_relative_to(output)
    assert folder.is_dir()
    assert cache.trusted(folder)
    folder.chmod(0o770)
    assert not cache.trusted(folder)


def test_the_mark_names_the_record_and_nothing_else(output: Path) -> None:
    with cache.kept(output, "../../data/study") as folder:
        assert [path.name for path in output.iterdir()] == [cache.MARK]
    mark = json.loads((output / cache.MARK).read_text(encoding="utf-8"))
    assert mark["record"] == folder.name
    assert all(re.fullmatch("[0-9a-f]+", value) for value in mark.values())
    read = cache.Mark.read(output)
    assert read is not None
    assert read.belongs_to("../../data/study")
    assert not read.belongs_to("../../data/other")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"record": "../../../home", "study": ""}', '{"record": 3, "study": ""}']
)
def test_a_mark_that_is_none_names_no_folder(output: Path, content: str) -> None:
    (output / cache.MARK).write_text(content)
    assert cache.place(output) is None


def test_a_folder_that_is_moved_keeps_its_record_though_others_run_meanwhile(
    output: Path, tmp_path: Path
) -> None:
    with cache.kept(output, "study") as folder:
        (folder / "manifest.json").write_text("record")
        (folder / cache.SHARED).mkdir()
    (tmp_path / "other").mkdir()
    moved = output.rename(tmp_path / "moved")
    with cache.kept(tmp_path / "other", "study"):
        assert not (folder / cache.SHARED).exists()
    with cache.kept(moved, "study") as again:
        assert again == folder
        assert (again / "manifest.json").read_text() == "record"


def test_a_copy_gets_a_record_of_its_own(output: Path, tmp_path: Path) -> None:
    with cache.kept(output, "study") as folder:
        (folder / "manifest.json").write_text("record")
        (folder / cache.NOTEBOOKS / "a.ipynb").write_text("run")
    copy = shutil.copytree(output, tmp_path / "copy")
    with cache.kept(copy, "study") as own:
        assert own != folder
        assert (own / "manifest.json").read_text() == "record"
        assert (own / cache.NOTEBOOKS / "a.ipynb").read_text() == "run"
    assert cache.place(output) == folder
    assert cache.place(copy) == own


def test_what_is_kept_for_a_folder_that_stays_away_is_removed(output: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with cache.kept(output, "study") as gone, cache.kept(tmp_path / "other", "study") as other:
        assert gone != other
    shutil.rmtree(output)
    with cache.kept(tmp_path / "other", "study"):
        assert gone.is_dir()
    long_ago = time.time() - 86_400 * (cache.KEPT_DAYS + 1)
    os.utime(gone / "output", (long_ago, long_ago))
    with cache.kept(tmp_path / "other", "study"):
        assert not gone.exists()
        assert other.is_dir()


def test_where_there_can_be_no_cache_it_is_a_temporary_one(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with cache.kept(output, "study") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


class Runs:
    """Makes a folder when it is read from a pickle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_looking_at_a_folder_that_someone_else_wrote_runs_no_code(
    little: Study, output: Path, write_notebook: Any, tmp_path: Path
) -> None:
    """Neither pickles in the output folder nor a cache that others could write to are read."""
    notebooks = write_notebook("benchmark", ["'fine'"], 'study = ""\nshared = ""')
    study = open_study(little.path)
    with cache.kept(output, owner(study, output)) as place:
        ((job, _),) = outlook(study, output, notebooks=notebooks)
    key = Path(job.parameters["shared"]).parent.name
    for folder in (output / cache.SHARED / key, place / cache.SHARED / key):
        folder.mkdir(parents=True)
        (folder / "common.pickle").write_bytes(pickle.dumps((Runs(tmp_path / "ran"), b"")))
        seal(folder)
    place.chmod(0o777)
    outlook(study, output, notebooks=notebooks)
    assert not (tmp_path / "ran").exists()
