"""What reports share, computed side by side in processes that are gone afterwards.

Every chain that several reports speak of is fitted in a process of its own, others describe the
answers and weigh the questions about drivers, and the last finds what is said of drivers when the
chains are fitted. Linear algebra keeps to one thread there, and the memory goes with them. For a
large study one starts when the other has ended, so that no two hold its answers.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from workbench.batch.processes import EndedError, call, stop_all
from workbench.batch.scratch import scratch_folder
from workbench.chain import ChainStudy
from workbench.errors import WorkbenchError
from workbench.interpretation import NotEstimated
from workbench.interpretation.languages import using_language
from workbench.reports.chain_findings import ChainFindings, ChainLinks, needed_chains
from workbench.reports.findings import Maps, question_maps
from workbench.reports.shared import (
    Modelled,
    described,
    joined,
    of_chain,
    refuse_empty,
    save,
    with_chains,
)
from workbench.reports.store import ANSWERS

LARGE = 200_000_000
"""Bytes of answers from which a study is large."""

SIDE_BY_SIDE = 2
"""Processes at once, of a study that is not."""

LOOK_SECONDS = 0.1
"""Seconds between two attempts to stop what is left of a computation that has failed."""

KILLED = "The process that computes what reports share was killed: it may need too much memory."


def share(study: ChainStudy, wave: str, path: Path) -> None:
    """Compute what the reports of ``study`` share and write it to ``path`` and beside it.

    The study is light afterwards: see :meth:`workbench.study.Study.store`.

    Raises
    ------
    WorkbenchError
        As :func:`workbench.reports.shared.compute` does, or if a process was killed.
    """
    refuse_empty(study)
    folder = path.parent
    study.store(folder / ANSWERS)
    large = sum(file.stat().st_size for file in (folder / ANSWERS).iterdir()) >= LARGE
    names = needed_chains(study)

    def computed(part: Callable[..., Any], *more: Any) -> Any:
        with scratch_folder() as scratch:
            return call(compute, part, study, wave or None, *more, scratch=scratch, folder=folder)

    # The longest first.
    order = sorted(names, key=lambda name: _items(study, name), reverse=True)
    with ThreadPoolExecutor(1 if large else SIDE_BY_SIDE) as side_by_side:
        running: list[Future[Any]] = []

        def begin(part: Callable[..., Any], *more: Any) -> Future[Any]:
            running.append(side_by_side.submit(computed, part, *more))
            return running[-1]

        try:
            descriptions = begin(described)
            questions = begin(_questions)
            chains = {name: begin(_of_chain, name) for name in order}
            for ended in wait(running, return_when=FIRST_EXCEPTION).done:
                ended.result()
            fitted = {name: chains[name].result() for name in names}
            models = begin(_with_chains, fitted, questions.result())
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


def compute(part: Callable[..., Any], study: ChainStudy, *values: Any) -> Any:
    """Compute one part in this process; the answers need not be in what comes of it."""
    with using_language(study.language):
        found = part(study, *values)
    study.forget_answers()
    return found


def _of_chain(study: ChainStudy, wave: str | None, name: str) -> ChainFindings | ChainLinks | None:
    return of_chain(_of_wave(study, wave), wave, name)


def _questions(study: ChainStudy, wave: str | None) -> dict[str, Maps | NotEstimated]:
    return question_maps(_of_wave(study, wave), wave)


def _with_chains(
    study: ChainStudy,
    wave: str | None,
    chains: dict[str, ChainFindings | ChainLinks | None],
    questions: dict[str, Maps | NotEstimated],
) -> Modelled:
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
