"""Files on other stores: a local copy of what an address such as ``s3://…`` or ``https://…`` names.

fsspec reads them, with the package that it needs for a store (s3fs, gcsfs, adlfs, …). The copy lies
in the user's cache folder, for nobody but the user, and is made again when the file has changed.
"""

import hashlib
import re
from pathlib import Path
from shutil import rmtree
from typing import Any

from platformdirs import user_cache_path

from workbench.errors import MissingPackageError, StudyError
from workbench.extras import from_extra
from workbench.files import replacing

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://")


def is_address(file: str) -> bool:
    """Whether a file lies on another store.

    >>> is_address("s3://survey/clients.parquet"), is_address("clients.csv")
    (True, False)
    """
    return _SCHEME.match(file) is not None


def local_copy(address: str) -> Path:
    """Return the copy of a file on another store, made now if there is none of it as it is.

    Raises
    ------
    StudyError
        fsspec, or what it needs for this store, is not installed; or the file is not there or may
        not be read.
    """
    try:
        fsspec = from_extra("fsspec", "large")
        store, path = fsspec.url_to_fs(address)
        state = store.ukey(path)
        copy = _folder(address) / _short(state) / Path(path).name
        if not copy.is_file():
            _fetch(store, path, copy)
    except MissingPackageError as error:
        raise StudyError(f"{address}: {error}") from error
    except Exception as error:  # each store has its own ways to say that it cannot
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise StudyError(
            f"{address}: the file cannot be fetched: {reason}; correct the address, or copy the "
            "file into the study's folder."
        ) from error
    return copy


def _fetch(store: Any, path: str, copy: Path) -> None:
    """Copy a file, in place of earlier copies of it."""
    folder = copy.parents[1]
    for earlier in folder.glob("*"):
        rmtree(earlier, ignore_errors=True)
    copy.parent.mkdir(parents=True, mode=0o700)
    with replacing(copy) as beside:
        store.get_file(path, str(beside))


def _folder(address: str) -> Path:
    """The folder of an address's copies, which nobody else can read."""
    folder = user_cache_path("workbench-files", appauthor=False)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder / _short(address)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
