"""A file or folder is there whole, or it is what it was."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import DamagedFileError
from workbench.files import (
    BESIDE,
    SEAL,
    clear_unfinished,
    damaged,
    read_sealed,
    replacing,
    replacing_folder,
    seal,
    write_atomically,
    write_pickle,
)


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "page.html"
    write_atomically(target, "Évora")
    assert target.read_bytes() == "Évora".encode()
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(target, "half")
    assert target.read_bytes() == "Évora".encode()
    assert list(tmp_path.iterdir()) == [target]


class Unwritable:
    """Fails in the midst of being pickled."""

    def __reduce__(self) -> str:
        raise ValueError("half")


@pytest.mark.parametrize(
    "write", [lambda path: write_pickle([1, Unwritable()], path), lambda path: _break_off(path)]
)
def test_what_is_replaced_can_be_read_until_it_is(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    target = tmp_path / "0.pickle"
    write_pickle("before", target)
    before = target.read_bytes()
    with pytest.raises(ValueError, match="half"):
        write(target)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]
    seal(tmp_path)
    with replacing(target) as beside:
        write_pickle(read_sealed(tmp_path, target.name) + ", after", beside)
    seal(tmp_path)
    assert read_sealed(tmp_path, target.name) == "before, after"


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (lambda folder: (folder / "in" / "1.pickle").write_bytes(b"cut"), "in/1.pickle"),
        (lambda folder: (folder / "in" / "1.pickle").unlink(), "in/1.pickle"),
        (lambda folder: write_pickle("other", folder / "in" / "1.pickle"), "in/1.pickle"),
        (lambda folder: (folder / SEAL).write_text("{"), SEAL),
        (lambda folder: (folder / SEAL).write_bytes(b"\xff"), SEAL),
        (lambda folder: (folder / SEAL).unlink(), SEAL),
    ],
)
def test_what_was_altered_in_a_sealed_folder_is_named_and_not_read(
    tmp_path: Path, fault: Callable[[Path], None], named: str
) -> None:
    (tmp_path / "in").mkdir()
    write_pickle(1, tmp_path / "in" / "1.pickle")
    (tmp_path / "page.txt").write_text("whole")
    seal(tmp_path)
    assert damaged(tmp_path) == ""
    fault(tmp_path)
    assert damaged(tmp_path) == named
    with pytest.raises(DamagedFileError, match=r"1\.pickle is not as it was written"):
        read_sealed(tmp_path, "in/1.pickle")


def _break_off(path: Path) -> None:
    with replacing(path) as beside:
        beside.write_text("some")
        raise ValueError("half")


def _break_off_folder(path: Path) -> None:
    with replacing_folder(path) as beside:
        (beside / "0").write_text("c")
        raise ValueError("half")


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "answers"
    with replacing_folder(target) as beside:
        (beside / "0").write_text("a")
        (beside / "1").write_text("b")
    with replacing_folder(target) as beside:
        (beside / "0").write_text((target / "0").read_text() * 2)
    assert {path.name: path.read_text() for path in target.iterdir()} == {"0": "aa"}
    with pytest.raises(ValueError, match="half"):
        _break_off_folder(target)
    assert (target / "0").read_text() == "aa"
    assert list(target.parent.iterdir()) == [target]


def test_what_killed_writers_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / f"{BESIDE}folder").mkdir()
    (tmp_path / f"{BESIDE}folder" / "0").write_text("a")
    (tmp_path / f"{BESIDE}file.html").write_text("b")
    (tmp_path / "kept").write_text("c")
    clear_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
