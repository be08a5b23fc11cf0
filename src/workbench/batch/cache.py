"""What a batch keeps for the next one of the same output folder: in the user's cache folder.

What reports share is pickled, and reading a pickle runs the code in it. So it is kept where nobody
but the user can have written, and apart from the pages, which are for the public. On a cluster the
folder has to be one that all workers can read: ``XDG_CACHE_HOME`` names another.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from platformdirs import user_cache_path

from workbench.batch.scratch import scratch_folder

_PLACE = "output"
"""The file in an output folder's cache that says where that folder is."""


def place(output: Path) -> Path:
    """Return the folder in which a batch keeps things for ``output``; it may not be there."""
    name = hashlib.sha256(os.fsencode(output.resolve())).hexdigest()[:16]
    return _ours() / name


def trusted(folder: Path) -> bool:
    """Tell whether nobody but the user can have written to a cache folder."""
    return all(_private(one) for one in (folder.parent, folder))


@contextmanager
def kept(output: Path) -> Iterator[Path]:
    """Give the cache folder of ``output``, made if need be and the user's own.

    Where there can be none it is a temporary one. The caches of output folders that are gone are
    removed.
    """
    folder = place(output)
    if not _made(folder, output):
        with scratch_folder() as temporary:
            yield temporary
        return
    for other in folder.parent.iterdir():
        if other != folder and not _still_wanted(other):
            rmtree(other, ignore_errors=True)
    yield folder


def _ours() -> Path:
    return user_cache_path("workbench", appauthor=False)


def _made(folder: Path, output: Path) -> bool:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for one in (folder.parent, folder):
            one.mkdir(mode=0o700, exist_ok=True)
            one.chmod(0o700)
        (folder / _PLACE).write_bytes(os.fsencode(output))
    except OSError:
        return False
    return trusted(folder)


def _private(folder: Path) -> bool:
    try:
        about = folder.lstat()
    except OSError:
        return False
    own = about.st_uid == os.geteuid()
    return own and stat.S_ISDIR(about.st_mode) and not stat.S_IMODE(about.st_mode) & 0o077


def _still_wanted(folder: Path) -> bool:
    try:
        return Path(os.fsdecode((folder / _PLACE).read_bytes())).is_dir()
    except OSError:
        return False
