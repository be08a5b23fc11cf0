"""One thread for linear algebra on many small matrices.

BLAS gives every product a thread a core. On matrices of a few rows that gains nothing, and beside
another busy process the threads wait for each other: thirty times as long was measured.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
R = TypeVar("R")


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Let BLAS use one thread while ``function`` runs, in whichever process it is called."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with threadpool_limits(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
