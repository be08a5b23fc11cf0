"""The memory a report really holds.

Limits on what a process may ask for (``ulimit -v``, ``-d``) stop reports that would have been
made: libraries reserve far more than they use, and a report forked from a process that has imported
the stack begins with all of that. What counts here is memory that is in use, and of what several
processes have in common each one's share. Linux tells that; elsewhere there is no limit.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")
_GROUPS = Path("/sys/fs/cgroup")


def available() -> int:
    """Return the bytes of memory this process may use, 0 if the machine does not say.

    That is the machine's memory or, in a container, the limit of its control group if that is less
    (Linux, cgroup versions 1 and 2).
    """
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    return min([machine, *_group_limits()])


def _group_limits() -> Iterator[int]:
    """Yield the limits of the control groups that this process is in, innermost first."""
    with suppress(OSError):
        for line in (_PROCESSES / "self" / "cgroup").read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0":
                top, name = _GROUPS, "memory.max"
            elif "memory" in controllers.split(","):
                top, name = _GROUPS / "memory", "memory.limit_in_bytes"
            else:
                continue
            own = top / path.lstrip("/")
            # In a container the group's own folder is the top one.
            for folder in [own, *own.parents] if own.is_dir() else [top]:
                with suppress(OSError, ValueError):  # "max": no limit
                    yield int((folder / name).read_text())


def holds_more(pid: int, limit: int) -> bool:
    """Tell whether a process and all it started hold more than ``limit`` bytes."""
    held = _resident(pid)
    # Where shares may not be looked at, all of it is the process's.
    return held > limit and (held_by(pid) or held) > limit


def held_by(pid: int) -> int:
    """Return the bytes in use by a process and all it started; 0 if it has ended.

    Shared memory counts by share: what two processes have in common, half for each. What can be
    read again from a file does not count.
    """
    return _sum(pid, "smaps_rollup", "Pss_Anon", "Pss_Shmem", "SwapPss")


def _resident(pid: int) -> int:
    """Return at least as much as :func:`held_by`, at a fraction of the cost."""
    return _sum(pid, "status", "RssAnon", "RssShmem", "VmSwap")


def _sum(pid: int, file: str, *names: str) -> int:
    return sum(_bytes(one, file, *names) for one in _family(pid))


def _bytes(pid: int, file: str, *names: str) -> int:
    """Return the sum of some lines of a file on a process, in bytes; 0 if it has ended."""
    with suppress(OSError):
        lines = (_PROCESSES / str(pid) / file).read_text().splitlines()
        told = dict(line.split(":", 1) for line in lines if ":" in line)
        return sum(int(told[name].split()[0]) * 1024 for name in names if name in told)
    return 0


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that it started and that still run."""
    yield pid
    with suppress(OSError):
        for thread in (_PROCESSES / str(pid) / "task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))
