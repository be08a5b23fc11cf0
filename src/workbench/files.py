"""Writing files and folders so that a reader never meets half of one; and sealed folders.

Nothing is written in place: what is new goes beside what it replaces and then takes its place. So
what is being replaced can still be read while the new is made of it.

A sealed folder holds pickles and the hash of each, so that a file cut short or altered is told from
what was written. Reading a pickle runs the code in it: only a folder that nobody else can write to
may hold one, and the hashes do not change that.
"""

import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

from workbench.errors import DamagedFileError

BESIDE = ".writing-"
"""How the names of unfinished files and folders begin; a process that was killed leaves them."""

SEAL = "hashes.json"
"""The file of a sealed folder with the hashes of all others."""


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
            try:
                os.replace(path, old)
            except BaseException:
                old.rmdir()
                raise
            try:
                os.replace(beside, path)
            except BaseException:
                os.replace(old, path)
                raise
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


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_pickle(value: Any, path: Path) -> None:
    """Write a value to a file of a folder that is the user's own, and sealed if it is kept."""
    with replacing(path) as beside, beside.open("wb") as file:
        pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)


def taken(path: Path) -> Any:
    """Read a file that :func:`write_pickle` has written in this run, and remove it."""
    with path.open("rb") as file:
        value = pickle.load(file)
    path.unlink()
    return value


def seal(folder: Path) -> None:
    """Write down the hash of every file in ``folder``, which is complete now."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    hashes.pop(SEAL, None)
    write_atomically(folder / SEAL, json.dumps(hashes))


def damaged(folder: Path) -> str:
    """Return the first file of a sealed folder that is not as it was; "" if all are."""
    hashes = _hashes(folder)
    return next((name for name, value in hashes.items() if _hash(folder / name) != value), "")


def read_sealed(folder: Path, name: str) -> Any:
    """Read a file of a sealed folder that :func:`write_pickle` wrote.

    Raises
    ------
    DamagedFileError
        It is not as it was written.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != _hashes(folder).get(name):
        raise DamagedFileError(f"{path} is not as it was written; `workbench batch` makes it anew.")
    return pickle.loads(content)


def _hash(path: Path) -> str:
    try:
        return sha256(path)
    except OSError:
        return ""


def _hashes(folder: Path) -> dict[str, str]:
    """Return the hashes of a sealed folder; where they cannot be read, no file is as it was."""
    try:
        found = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    return found if isinstance(found, dict) else {SEAL: "unreadable"}
