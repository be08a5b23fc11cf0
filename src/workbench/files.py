"""Writing files and folders so that a reader never meets half of one; and pickles.

Nothing is written in place: what is new goes beside what it replaces and then takes its place. So
what is being replaced can still be read while the new is made of it.
"""

import os
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

BESIDE = ".writing-"
"""How the names of unfinished files and folders begin; a process that was killed leaves them."""


@contextmanager
def replacing(path: Path, work: Path | None = None) -> Iterator[Path]:
    """Give the path of an empty file to write to; it takes the place of ``path`` in the end.

    If the writing fails, ``path`` is what it was before. The unfinished file is in ``work`` (which
    must be on the same file system; default: the folder of ``path``).

    Raises
    ------
    OSError
        The disk is full or not writable.
    """
    handle, name = tempfile.mkstemp(dir=work or path.parent, prefix=BESIDE, suffix=path.suffix)
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to write to; it takes the place of the folder ``path`` in the end.

    If the writing fails, ``path`` is what it was before.

    Raises
    ------
    OSError
        The disk is full or not writable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=path.parent, prefix=BESIDE))
    try:
        yield beside
        beside.chmod(0o755)
        if path.is_dir():
            # A folder that holds something cannot be renamed over.
            old = Path(tempfile.mkdtemp(dir=path.parent, prefix=BESIDE))
            os.replace(path, old)
            os.replace(beside, path)
            rmtree(old, ignore_errors=True)
        else:
            os.replace(beside, path)
    except BaseException:
        rmtree(beside, ignore_errors=True)
        raise


def clear_unfinished(folder: Path) -> None:
    """Remove from ``folder`` what writers that were killed have left there."""
    for left in folder.glob(f"{BESIDE}*"):
        if left.is_dir():
            rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes, work: Path | None = None) -> None:
    """Write ``content`` (text as UTF-8) to ``path``: afterwards it is there whole, or not at all.

    ``work`` and errors as in :func:`replacing`.
    """
    with replacing(path, work) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


def write_pickle(value: Any, path: Path) -> None:
    """Write a value to a file that only this project's processes read."""
    with replacing(path) as beside, beside.open("wb") as file:
        pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)


def read_pickle(path: Path) -> Any:
    """Read what :func:`write_pickle` wrote."""
    with path.open("rb") as file:
        return pickle.load(file)
