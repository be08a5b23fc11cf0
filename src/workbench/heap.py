"""Memory that a process holds and does not use."""

import ctypes
import sys


def give_back() -> None:
    """Give memory that this process holds and does not use back to the system.

    The C library and Arrow would keep it for later, and it counts as this process's: as much again
    as a large study's answers, where these are read part by part.
    """
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
