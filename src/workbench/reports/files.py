"""Writing files so that a reader never meets half of one; and pickles."""

import os
import pickle
import tempfile
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: str | bytes, work: Path | None = None) -> None:
    """Write ``content`` (text as UTF-8) to ``path``: afterwards it is there whole, or not at all.

    The content goes to a temporary file in ``work`` (which must be on the same file system;
    default: the folder of ``path``) and takes its place by renaming.

    Raises
    ------
    OSError
        The disk is full or not writable; ``path`` is what it was before.
    """
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=work or path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_pickle(value: Any, path: Path) -> None:
    """Write a value to a file that only this project's processes read."""
    with path.open("wb") as file:
        pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)


def read_pickle(path: Path) -> Any:
    """Read what :func:`write_pickle` wrote."""
    with path.open("rb") as file:
        return pickle.load(file)
