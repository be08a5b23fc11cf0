"""Scratch folders: gone when they are done with, or by the next one if their process was killed."""

import fcntl
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree

_PREFIX = "workbench-scratch-"


@contextmanager
def scratch_folder(base: str = "") -> Iterator[Path]:
    """Give an empty folder of this process's own in ``base``, by default that of temporary files.

    It is locked as long as its process lives; folders that are locked no more are removed.
    """
    base = base or tempfile.gettempdir()
    _clear_abandoned(base)
    folder, lock = _locked(base)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
        os.close(lock)


class Scratch:
    """An empty scratch folder that is there as long as this object is."""

    def __init__(self) -> None:
        stack = ExitStack()
        self.path = stack.enter_context(scratch_folder())
        weakref.finalize(self, stack.close)


def _locked(base: str) -> tuple[Path, int]:
    """Make a folder and lock it; another process may have taken it for abandoned meanwhile."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, lock
            os.close(lock)


def _clear_abandoned(base: str) -> None:
    for folder in Path(base).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is in use, another user's or gone
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(lock).st_uid == os.geteuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
