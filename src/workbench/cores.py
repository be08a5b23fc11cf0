"""Parts of a report that do not depend on each other, made on the cores that no other report needs.

A batch makes each report on one core as long as others wait. Where there are fewer reports than
cores, :func:`with_cores` says how many each may use, and :func:`side_by_side` uses them.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing import get_context
from typing import Any, TypeVar

from workbench.costly import Tally, add, counting

V = TypeVar("V")
R = TypeVar("R")

FORKS = sys.platform == "linux"

_cores: ContextVar[int] = ContextVar("cores", default=1)
_given: Callable[[Any], Any]


@contextmanager
def with_cores(number: int) -> Iterator[None]:
    """Let :func:`side_by_side` use so many cores meanwhile."""
    token = _cores.set(number)
    try:
        yield
    finally:
        _cores.reset(token)


def side_by_side(function: Callable[[V], R], values: Sequence[V]) -> list[R]:
    """Return ``function`` of every value, computed on all cores there are for it.

    On one core in this process, and else in processes forked from it, so that the function may be
    of any kind; only what it returns is pickled. What is costly is counted there and here.

    Examples
    --------
    >>> with with_cores(2):
    ...     side_by_side(lambda number: number**2, [1, 2, 3])
    [1, 4, 9]
    """
    cores = min(_cores.get(), len(values))
    if cores < 2 or not FORKS:
        return [function(value) for value in values]
    context = get_context("fork")
    with ProcessPoolExecutor(cores, context, _keep, (function,)) as pool:
        found = list(pool.map(_counted, values))
    for _, tally in found:
        add(tally)
    return [value for value, _ in found]


def _keep(function: Callable[[Any], Any]) -> None:
    """Keep in a new process what it was forked for."""
    global _given
    _given = function


def _counted(value: Any) -> tuple[Any, Tally]:
    with with_cores(1), counting() as tally:
        return _given(value), tally
