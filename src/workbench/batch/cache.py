"""What a batch keeps beside the pages: in the user's cache folder, which nobody else can read.

An output folder is for the public: it holds pages, the index and :data:`MARK`. The record of the
runs, notebooks as they were run, notes and what reports share are kept here, for they hold numbers
in full precision, errors and paths, by which suppressed answers could be found. Even a shortened
record beside the pages would tell more than these do: what failed, and hashes of the data, at which
anyone could guess.

The mark is a random number, the name of the folder here, and says nothing of itself. So an output
folder that is moved keeps its record, and of one that was copied the copy gets its own at its next
batch. Who clears the cache, or takes the pages to another machine, loses no page: the next batch
makes every report again and says so.

What reports share is pickled, and reading a pickle runs the code in it: another reason to keep it
where nobody but the user can have written. On a cluster the folder has to be one that all workers
can read: ``XDG_CACHE_HOME`` names another.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree

from platformdirs import user_cache_path

from workbench.files import clear_unfinished, write_atomically
from workbench.scratch import scratch_folder

MARK = ".workbench"
"""The file in an output folder that names what is kept for it."""

NOTEBOOKS = "notebooks"
"""The folder here of the notebooks as they were run."""

KEPT = "kept"
"""The folder here of what several reports of one run need, see :mod:`workbench.costly`."""

SHARED = "shared"
"""The folder here of what reports share."""

KEPT_DAYS = 30
"""Days for which the record of an output folder that is gone is kept: it may have been moved."""

_PLACE = "output"
"""The file here that says where the output folder is."""


@dataclass(frozen=True)
class Mark:
    """What :data:`MARK` holds: a random ``record`` of 32 hexadecimal digits, and ``study``, by
    which it can be checked whose the folder is should the record be lost."""

    record: str
    study: str

    @classmethod
    def of(cls, owner: str, record: str = "") -> "Mark":
        """Return the mark of a folder that belongs to ``owner``, with a new number by default."""
        record = record or secrets.token_hex(16)
        return cls(record, hashlib.sha256(f"{record} {owner}".encode()).hexdigest()[:16])

    @classmethod
    def read(cls, output: Path) -> "Mark | None":
        """Return the mark of ``output``, None if it has none that can be read."""
        with suppress(OSError, ValueError, TypeError):
            found = cls(**json.loads((output / MARK).read_text(encoding="utf-8")))
            if re.fullmatch("[0-9a-f]{32}", found.record):
                return found
        return None

    def belongs_to(self, owner: str) -> bool:
        """Tell whether the folder with this mark is that of ``owner``."""
        return self == Mark.of(owner, self.record)


def place(output: Path) -> Path | None:
    """Return the folder in which things are kept for ``output``, None if it has no mark.

    The folder may not be there.
    """
    mark = Mark.read(output)
    return ours() / mark.record if mark else None


def trusted(folder: Path) -> bool:
    """Tell whether nobody but the user can have written to a cache folder."""
    return all(_private(one) for one in (folder.parent, folder))


@contextmanager
def kept(output: Path, owner: str) -> Iterator[Path]:
    """Give the cache folder of ``output``, made if need be and the user's own; mark ``output``.

    Where there can be no cache the folder is a temporary one. What is kept for other output
    folders that are gone is removed.

    Parameters
    ----------
    output
        The output folder, which is there; the caller keeps other batches from it.
    owner
        Whose it is, see :func:`workbench.batch.output.owner`.
    """
    before = Mark.read(output)
    copied = before is not None and _is_copy(output, before)
    mark = Mark.of(owner, before.record if before and not copied else "")
    if mark != before:
        write_atomically(output / MARK, json.dumps(asdict(mark)) + "\n")
    folder = ours() / mark.record
    if not _made(folder, output):
        with scratch_folder() as temporary:
            (temporary / NOTEBOOKS).mkdir()
            yield temporary
        return
    if before and copied:
        _copy_record(ours() / before.record, folder)
    for other in folder.parent.iterdir():
        if other != folder:
            _clear(other)
    clear_unfinished(folder)
    yield folder


def ours() -> Path:
    """Return the user's cache folder of the workbench, which may not be there."""
    return user_cache_path("workbench", appauthor=False)


def _made(folder: Path, output: Path) -> bool:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for one in (folder.parent, folder):
            one.mkdir(mode=0o700, exist_ok=True)
            one.chmod(0o700)
        (folder / _PLACE).write_bytes(os.fsencode(output))
        (folder / NOTEBOOKS).mkdir(exist_ok=True)
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


def _is_copy(output: Path, mark: Mark) -> bool:
    """Tell whether another folder, which is still there, had this mark first."""
    first = _output_of(ours() / mark.record)
    there = Mark.read(first) if first else None
    if first is None or there is None or there.record != mark.record:
        return False
    return not os.path.samefile(first, output)


def _copy_record(source: Path, target: Path) -> None:
    """Keep for a copied output folder what was kept for the other, but for what is made again."""
    for file in source.glob("manifest.*"):
        shutil.copy(file, target)
    shutil.copytree(source / NOTEBOOKS, target / NOTEBOOKS, dirs_exist_ok=True)


def _output_of(folder: Path) -> Path | None:
    """Return the output folder for which ``folder`` is kept, as far as is known."""
    with suppress(OSError):
        return Path(os.fsdecode((folder / _PLACE).read_bytes()))
    return None


def _clear(folder: Path) -> None:
    """Remove what is kept for an output folder that is gone.

    What reports share can be computed again; the record stays for a while, for the folder may have
    been moved.
    """
    output = _output_of(folder)
    mark = Mark.read(output) if output else None
    if mark is not None and mark.record == folder.name:
        return
    with suppress(OSError):
        if output is None or time.time() - (folder / _PLACE).stat().st_mtime > KEPT_DAYS * 86_400:
            rmtree(folder, ignore_errors=True)
            return
    rmtree(folder / SHARED, ignore_errors=True)
