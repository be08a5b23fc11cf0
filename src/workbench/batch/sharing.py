"""What reports share, computed side by side in processes that are gone afterwards.

One process fits models, another describes the answers: linear algebra keeps to one
thread there, and the memory goes with them. For a large study one starts when the other has ended,
so that not both hold its answers.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from workbench.batch.processes import EndedError, call, stop_all
from workbench.batch.scratch import scratch_folder
from workbench.chain import ChainStudy
from workbench.errors import WorkbenchError
from workbench.reports.shared import Modelled, described, joined, modelled, save
from workbench.reports.store import ANSWERS

LARGE = 200_000_000
"""Bytes of answers from which a study is large."""


def _modelled(study: ChainStudy, wave: str | None) -> Modelled:
    """As :func:`modelled`, in which other waves play no part; their answers are let go."""
    wave = study.wave(wave)
    now = study.keeping(lambda _, answers: answers["wave"] == wave)
    now.organisations, now.waves = study.organisations, study.waves
    study.forget_answers()
    return modelled(now, wave)


PARTS: dict[str, Callable[[ChainStudy, str | None], Any]] = {
    "models": _modelled,
    "descriptions": described,
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
    large = sum(file.stat().st_size for file in (folder / ANSWERS).iterdir()) >= LARGE

    def computed(part: str) -> Any:
        with scratch_folder() as scratch:
            return call(compute, part, study, wave or None, scratch=scratch, folder=folder)

    with ThreadPoolExecutor(1 if large else len(PARTS)) as side_by_side:
        running = {part: side_by_side.submit(computed, part) for part in PARTS}
        try:
            ended, _ = wait(running.values(), return_when=FIRST_EXCEPTION)
            for future in ended:
                future.result()
        except EndedError:
            stop_all()
            raise WorkbenchError(KILLED) from None
        except BaseException:
            stop_all()
            raise
    found = {part: future.result() for part, future in running.items()}
    save(joined(found["descriptions"], found["models"]), path)


def compute(part: str, study: ChainStudy, wave: str | None) -> Any:
    """Compute one part in this process; the answers need not be in what comes of it."""
    found = PARTS[part](study, wave)
    study.forget_answers()
    return found
