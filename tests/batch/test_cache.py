"""What a batch keeps for the next: nobody else's, and not for ever."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import cache
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
    with cache.kept(output) as folder:
        assert folder == cache.place(output)
        assert [one.stat().st_mode & 0o777 for one in (folder.parent, folder)] == [0o700, 0o700]
        assert not folder.is_relative_to(output)
    assert folder.is_dir()
    assert cache.trusted(folder)
    folder.chmod(0o770)
    assert not cache.trusted(folder)


def test_the_cache_of_a_folder_that_is_gone_is_removed(output: Path, tmp_path: Path) -> None:
    with cache.kept(output) as gone, cache.kept(tmp_path) as other:
        assert gone != other
    output.rmdir()
    with cache.kept(tmp_path):
        assert not gone.exists()
        assert other.is_dir()


def test_where_there_can_be_no_cache_it_is_a_temporary_one(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with cache.kept(output) as folder:
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
    ((job, _),) = outlook(study, output, notebooks=notebooks)
    key = Path(job.parameters["shared"]).parent.name
    place = cache.place(output)
    for folder in (output / ".work" / "shared" / key, place / key):
        folder.mkdir(parents=True)
        (folder / "common.pickle").write_bytes(pickle.dumps((Runs(tmp_path / "ran"), b"")))
        seal(folder)
    place.chmod(0o777)
    outlook(study, output, notebooks=notebooks)
    assert not (tmp_path / "ran").exists()
