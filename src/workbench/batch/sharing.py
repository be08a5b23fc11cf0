"""What reports share, computed side by side in processes that are gone afterwards.

Every chain that several reports speak of is fitted in a process of its own, others describe the
answers and weigh the questions about drivers, and the last finds what is said of drivers when the
chains are fitted. Linear algebra keeps to one thread there, and the memory goes with them. Of a
large study one process at a time holds the answers; a chain lets them go when its rows are made.
Where there is little memory one starts when the other has ended.
"""

import fcntl
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.batch.memory import available, give_back
from workbench.batch.processes import EndedError, call, stop_all
from workbench.chain import ChainStudy
from workbench.costly import Tally, counting
from workbench.errors import WorkbenchError
from workbench.interpretation import NotEstimated
from workbench.interpretation.languages import using_language
from workbench.reports.chain_findings import (
    ChainFindings,
    ChainLinks,
    needed_chains,
    needed_findings,
    needed_rows,
)
from workbench.reports.disclosure import coverage
from workbench.reports.findings import Maps, question_maps
from workbench.reports.shared import (
    Described,
    Modelled,
    described,
    joined,
    refuse_empty,
    save,
    with_chains,
)
from workbench.reports.store import ANSWERS
from workbench.scratch import scratch_folder

BYTES = 8
"""Of an answer in memory."""

LARGE = 200_000_000
"""Bytes of answers from which a study is large."""

SIDE_BY_SIDE = 2
"""Processes at once, where there is memory for them."""

HELD = 4
"""Bytes that a process holds at most for a byte of answers."""

READING = "reading"
"""The file that the process locks which holds the answers of a large study."""

LOOK_SECONDS = 0.1
"""Seconds between two attempts to stop what is left of a computation that has failed."""

KILLED = "The process that computes what reports share was killed: it may need too much memory."


def share(study: ChainStudy, wave: str, path: Path) -> Tally:
    """Compute what the reports of ``study`` share and write it to ``path`` and beside it.

    Returns how often each costly computation was made.

    The study is light afterwards: see :meth:`workbench.study.Study.store`.

    Raises
    ------
    WorkbenchError
        As :func:`workbench.reports.shared.compute` does, or if a process was killed.
    """
    refuse_empty(study)
    folder = path.parent
    study.store(folder / ANSWERS)
    give_back()
    size = BYTES * int(study.answers_by_organisation.sum())
    large = size >= LARGE
    names = needed_chains(study)
    reading = folder / READING if large else None
    tally = Tally()

    def computed(part: Callable[..., Any], *more: Any) -> Any:
        with scratch_folder() as scratch:
            values = (study, wave or None, *more)
            found, own = call(compute, part, reading, *values, scratch=scratch, folder=folder)
        tally.update(own)
        return found

    # The longest first.
    order = sorted(names, key=lambda name: _items(study, name), reverse=True)
    with ThreadPoolExecutor(_at_once(size)) as side_by_side:
        running: list[Future[Any]] = []

        def begin(part: Callable[..., Any], *more: Any) -> Future[Any]:
            running.append(side_by_side.submit(computed, part, *more))
            return running[-1]

        try:
            chains = {order[0]: begin(_of_chain, order[0])}
            descriptions = begin(_described)
            questions = begin(_questions)
            chains |= {name: begin(_of_chain, name) for name in order[1:]}
            for ended in wait(running, return_when=FIRST_EXCEPTION).done:
                ended.result()
            fitted = {name: chains[name].result() for name in names}
            models = begin(_with_chains, fitted, questions.result())
            models.result()
            if reading is not None:
                reading.unlink()
            with using_language(study.language):
                save(joined(descriptions.result(), models.result()), path)
        except EndedError:
            raise WorkbenchError(KILLED) from None
        finally:
            side_by_side.shutdown(wait=False, cancel_futures=True)
            # One that was just about to start can be stopped only when it has.
            while left := [future for future in running if not future.done()]:
                stop_all()
                wait(left, timeout=LOOK_SECONDS)
    return tally


def _at_once(size: int) -> int:
    """How many processes to run at once for a study whose answers take ``size`` bytes."""
    memory = available()
    return 1 if memory and memory < SIDE_BY_SIDE * HELD * size else SIDE_BY_SIDE


def compute(
    part: Callable[..., Any], reading: Path | None, study: ChainStudy, *values: Any
) -> tuple[Any, Tally]:
    """Compute one part in this process, and count what is costly in it.

    The answers need not be in what comes of it. ``reading``: the file to lock for as long as they
    are held, of a large study.
    """
    with using_language(study.language), counting() as tally:
        found = part(reading, study, *values)
    study.forget_answers()
    return found, tally


@contextmanager
def _alone_with_answers(reading: Path | None) -> Iterator[None]:
    """Hold the answers when no other process does; the lock ends with the process."""
    if reading is None:
        yield
        return
    with reading.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _of_chain(
    reading: Path | None, study: ChainStudy, wave: str | None, name: str
) -> ChainFindings | ChainLinks | None:
    with _alone_with_answers(reading):
        now = _of_wave(study, wave)
        rows = needed_rows(now, coverage(now), name, now.wave(wave))
        own = name == now.runnable_chain().name
        now.forget_answers()
        del now
        give_back()
    return needed_findings(rows, own)


def _described(reading: Path | None, study: ChainStudy, wave: str | None) -> Described:
    with _alone_with_answers(reading):
        return described(study, wave)


def _questions(
    reading: Path | None, study: ChainStudy, wave: str | None
) -> dict[str, Maps | NotEstimated]:
    with _alone_with_answers(reading):
        return question_maps(_of_wave(study, wave), wave)


def _with_chains(
    reading: Path | None,
    study: ChainStudy,
    wave: str | None,
    chains: dict[str, ChainFindings | ChainLinks | None],
    questions: dict[str, Maps | NotEstimated],
) -> Modelled:
    with _alone_with_answers(reading):
        return with_chains(_of_wave(study, wave), wave, chains, questions)


def _of_wave(study: ChainStudy, wave: str | None) -> ChainStudy:
    """The study without the answers of other waves, which play no part in models; they are let
    go."""
    wave = study.wave(wave)
    now = study.in_wave(wave)
    now.organisations, now.waves = study.organisations, study.waves
    study.forget_answers()
    return now


def _items(study: ChainStudy, chain: str) -> int:
    constructs = study.runnable_chain(chain).constructs
    return sum(len(study.codebook.items(construct.name)) for construct in constructs)
