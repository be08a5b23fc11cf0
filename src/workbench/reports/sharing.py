"""What reports share, computed side by side in processes that are gone afterwards.

One process computes what is said of drivers, another everything else. They are forked from the
zygote (see :mod:`workbench.reports.zygote`): the imports are there, linear algebra keeps to one
thread, and the memory goes with them. For a large study one starts when the other has ended, so
that not both hold its answers. Where there is no fork, this process computes it all.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.chain import ChainStudy
from workbench.exceptions import WorkbenchError
from workbench.files import read_pickle, write_pickle
from workbench.reports.shared import all_but_drivers, compute, drivers_of, save
from workbench.reports.store import ANSWERS
from workbench.reports.zygote import ForkedProcess, fork_kernel

LARGE = 200_000_000
"""Bytes of answers from which a study is large."""


def _drivers(study: ChainStudy, wave: str | None) -> Any:
    """As :func:`drivers_of`, in which other waves play no part; their answers are let go."""
    wave = study.wave(wave)
    now = study.keeping(lambda _, answers: answers["wave"] == wave)
    now.organisations, now.waves = study.organisations, study.waves
    study.forget_answers()
    return drivers_of(now, wave)


PARTS: dict[str, Callable[[ChainStudy, str | None], Any]] = {
    "drivers": _drivers,
    "rest": all_but_drivers,
}
KILLED = "The process that computes what reports share was killed: it may need too much memory."


def share(study: ChainStudy, wave: str, path: Path) -> None:
    """Compute what the reports of ``study`` share and write it to ``path`` and beside it.

    The study is light afterwards: see :meth:`workbench.study.Study.store`.

    Raises
    ------
    WorkbenchError
        As :func:`workbench.reports.shared.compute` does, or if a process was killed.
    """
    folder = path.parent
    study.store(folder / ANSWERS)
    write_pickle((study, wave or None), folder / "input.pickle")
    large = sum(file.stat().st_size for file in (folder / ANSWERS).iterdir()) >= LARGE
    running: dict[str, ForkedProcess] = {}
    try:
        for part in PARTS:
            command = [sys.executable, "-m", __name__, part, str(folder)]
            process = fork_kernel(command, os.environ, folder)
            if process is None:
                save(compute(study, wave or None), path)
                return
            running[part] = process
            if large:
                process.wait()
        found = {part: _result(process, folder / part) for part, process in running.items()}
        save(found["rest"](drivers=found["drivers"]), path)
    finally:
        for process in running.values():
            process.kill()
        for name in ("input.pickle", *PARTS):
            (folder / name).unlink(missing_ok=True)


def _result(process: ForkedProcess, file: Path) -> Any:
    process.wait()
    if not file.is_file():
        raise WorkbenchError(KILLED)
    found = read_pickle(file)
    if isinstance(found, Exception):
        raise found
    return found


def main(part: str, folder: Path) -> None:
    """Compute one part; what goes wrong is a result too."""
    study, wave = read_pickle(folder / "input.pickle")
    try:
        found = PARTS[part](study, wave)
    except Exception as error:
        found = error
    study.forget_answers()  # they need not be in the result
    write_pickle(found, folder / f"{part}.part")
    os.replace(folder / f"{part}.part", folder / part)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
