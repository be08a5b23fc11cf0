"""Costly computations: counted, so that a batch can show that it makes none twice, and kept where
several reports need the same one.

A computation is known by its name and a hash of all that decides what comes of it. Nothing is
hashed unless somebody counts or keeps.
"""

import fcntl
import hashlib
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from workbench.files import write_pickle

R = TypeVar("R")

Tally = Counter[tuple[str, str]]
"""How often each computation was made, by its name and the hash of what it is made of."""

_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)
_folder: ContextVar[Path | None] = ContextVar("folder", default=None)


@contextmanager
def counting() -> Iterator[Tally]:
    """Count the computations that are made meanwhile.

    Examples
    --------
    >>> with counting() as tally:
    ...     made("model", "trust ~ service", 3)
    ...     made("model", "trust ~ service", 4)
    ...     made("model", "trust ~ service", 4)
    >>> sorted(tally.values())
    [1, 2]
    """
    tally = Tally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


def made(name: str, *of: Any) -> None:
    """Count a computation called ``name``; ``of`` is all that decides what comes of it."""
    tally = _tally.get()
    if tally is not None:
        tally[name, _hash(of)] += 1


def add(tally: Tally) -> None:
    """Count computations that another process has made."""
    own = _tally.get()
    if own is not None:
        own.update(tally)


def contents(value: Any) -> list[Any]:
    """Return the values of a dataclass's fields, without what it keeps of what was asked of it."""
    return [getattr(value, field.name) for field in fields(value)]


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Keep what :func:`once` computes meanwhile in ``folder``, and take it from there.

    What is kept is pickled: the folder must be one that nobody else can write to.
    """
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def once(name: str, function: Callable[..., R], *of: Any) -> R:
    """Return ``function(*of)``, from what is kept where any process has computed it before.

    A process that needs what another one is computing waits for it. Errors are not kept.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> def squared(number):
    ...     print("computed")
    ...     return number**2
    >>> with TemporaryDirectory() as folder, keeping(Path(folder)):
    ...     once("square", squared, 3), once("square", squared, 3)
    computed
    (9, 9)
    """
    folder = _folder.get()
    if folder is None:
        return function(*of)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / _hash((name, of))
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            found: R = pickle.loads(kept.read_bytes())
            return found
        found = function(*of)
        write_pickle(found, kept)
    return found


def _hash(of: Any) -> str:
    content = pickle.dumps(of, protocol=pickle.HIGHEST_PROTOCOL)
    return hashlib.blake2b(content, digest_size=16).hexdigest()
