"""Where a result comes from: versions, commit, data files and their hashes, parameters, time."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.files import sha256
from workbench.study.files import study_files

PACKAGE = Path(__file__).resolve().parents[1]

NONE_YET = "(initial)"
"""What git calls the commit of a checkout that has none."""

SEED = 1
"""What all random draws of a page start from, so that they come out the same every time."""

_LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "pingouin",
    "seaborn",
    "matplotlib",
    "semopy",
    "statsmodels",
    "papermill",
    "nbconvert",
)


def now() -> str:
    """Return the time in UTC to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def as_of(study: Any) -> str:
    """Return of when a study is: the newest change of its files, in UTC to the second, ISO 8601.

    Pages have no other time on them, so that they are the same whenever they are made. Where files
    are copied without their times, ``SOURCE_DATE_EPOCH`` in the environment says another one, in
    seconds since 1970, as in other programs that make the same bytes twice.

    Raises
    ------
    WorkbenchError
        ``SOURCE_DATE_EPOCH`` is no such number.
    """
    stated = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        seconds = int(stated) if stated else _newest(study)
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError) as error:
        if not stated:
            raise
        raise WorkbenchError(
            f"SOURCE_DATE_EPOCH is {stated!r}; set it to whole seconds since 1970 or unset it."
        ) from error


def _newest(study: Any) -> int:
    return int(max(path.stat().st_mtime for path in study_files(study).values()))


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value, the same whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python, the workbench and the libraries that make the numbers."""
    from workbench import __version__

    found = {"python": platform.python_version(), "workbench": __version__}
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


def code() -> str:
    """Return one hash over the package's source and data files as they are now."""
    return _code(code_state())


def code_state() -> str:
    """Return a hash of the names, sizes and times of the package's source and data files."""
    about = ((path, path.stat()) for path in _code_files())
    return digest([(str(path), found.st_size, found.st_mtime_ns) for path, found in about])


@lru_cache(maxsize=1)
def _code(state: str) -> str:
    files = {path.relative_to(PACKAGE).as_posix(): sha256(path) for path in _code_files()}
    return digest(files)


def _code_files() -> list[Path]:
    kinds = {".py", ".toml", ".j2", ".css", ".js", ".csv"}
    return sorted(path for path in PACKAGE.rglob("*") if path.suffix in kinds)


def commit() -> str | None:
    """Return the git commit the package runs from, ``+`` appended if files were changed since.

    ``None`` if the package is not in a git checkout of its own, that has no commit, or git is not
    there. Asked anew at every call, for a session of JupyterLab outlives commits.
    """
    root = PACKAGE.parents[1]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "status", "--porcelain=v2", "--branch", "--", "src"]
    try:
        lines = subprocess.run(
            command, capture_output=True, check=True, text=True, timeout=10
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    head = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), NONE_YET)
    changed = any(not line.startswith("#") for line in lines)
    return None if head == NONE_YET else f"{head}+" if changed else head


def data_files(study: Any) -> dict[str, str]:
    """Return the SHA-256 of every file a study is made of.

    Files are called as by :func:`workbench.study.files.study_files`.
    """
    return {called: sha256(path) for called, path in study_files(study).items()}


def describe(
    study: Any,
    parameters: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what someone else needs to get the same numbers, ready for JSON.

    Keys: ``study``, ``as_of`` (see :func:`as_of`), ``versions``, ``code`` (hash of the
    package), ``commit``, ``data`` (file → SHA-256) and, where given, ``parameters`` (seed among
    them). No path of the machine is in it. ``files`` are the data files, where their hashes are at
    hand.
    """
    record: dict[str, Any] = {
        "study": study.name,
        "as_of": as_of(study),
        "versions": versions(),
        "code": code(),
        "commit": commit(),
        "data": data_files(study) if files is None else dict(files),
    }
    if parameters is not None:
        record["parameters"] = dict(parameters)
    return record
