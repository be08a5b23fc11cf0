"""What reports share, computed side by side in processes that are gone afterwards.

Every chain that several reports speak of is fitted in a process of its own, others describe the
answers, part of a large study by part, and weigh the questions about drivers, and the last finds
what is said of drivers when the chains are fitted. What no report of the batch needs is left out.
Linear algebra keeps to one thread there, and the memory goes with them. Of a large study one
process at a time holds the answers of a wave; a chain lets them go when its rows are made. What
models wait for comes before other parts. Where there is little memory one starts when the other has
ended. With a cluster its workers start these processes.
"""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

from workbench.batch.cluster import Cluster, killed_worker
from workbench.batch.memory import available
from workbench.batch.processes import EndedError, call, stop_all
from workbench.chain import Chain, ChainStudy
from workbench.costly import Tally, counting
from workbench.errors import WorkbenchError
from workbench.files import taken, write_pickle
from workbench.interpretation import NotEstimated
from workbench.interpretation.languages import using_language
from workbench.reports.chain_findings import (
    ChainFindings,
    ChainLinks,
    needed_findings,
    needed_rows,
)
from workbench.reports.describing import found_in
from workbench.reports.findings import Maps, question_maps
from workbench.reports.shared import (
    Described,
    Modelled,
    chains_of,
    described_by,
    joined,
    refuse_empty,
    save,
    with_chains,
)
from workbench.reports.store import ANSWERS, at_least
from workbench.scratch import scratch_folder

BYTES = 8
"""Of an answer in memory."""

LARGE = 200_000_000
"""Bytes of answers from which a study is large."""

SIDE_BY_SIDE = 2
"""Processes at once, where there is memory for them."""

HELD = 4
"""Bytes that a process holds at most for a byte of answers that it reads."""

READING = "reading"
"""The file that the process locks which holds the answers of a large study."""

FOUND = "found-{}.pickle"
"""The files of what is found in parts, until it is put together."""

STOP_SECONDS = 0.1
"""Seconds between two attempts to stop what is left of a computation that has failed."""

LOOK_SECONDS = 2.0
"""Seconds between two looks at a cluster from which nothing comes."""

KILLED = "The process that computes what reports share was killed: it may need too much memory."


def share(
    study: ChainStudy,
    wave: str,
    path: Path,
    cluster: Cluster | None = None,
    needs: str = "all",
) -> Tally:
    """Compute what the reports of ``study`` share and write it to ``path`` and beside it.

    ``needs`` is what they need of it, see :data:`workbench.reports.store.NEEDS`.

    Returns how often each costly computation was made.

    The study is light afterwards: see :meth:`workbench.study.Study.store`.

    Raises
    ------
    WorkbenchError
        As :func:`workbench.reports.shared.compute` does, or if a process was killed.
    ClusterError
        The cluster is gone.
    """
    refuse_empty(study)
    folder = path.parent
    wave, names = wave or study.wave(), chains_of(study, needs)
    chain = study.runnable_chain()
    study.store(folder / ANSWERS)
    parts = study.parts()
    study.forget_answers()
    size = BYTES * int(study.answers_by_organisation.sum())
    # Each worker has its own memory.
    reading = folder / READING if size >= LARGE and cluster is None else None
    # The longest first.
    longest = sorted(names, key=lambda name: _items(study, name), reverse=True)
    pool = cluster or ThreadPoolExecutor(_at_once(size))
    with _Processes(pool, folder, reading) as running:
        files = [folder / FOUND.format(number) for number in range(len(parts))]
        chains = {name: running.begin(_of_chain, study, wave, name, needs) for name in longest[:1]}
        found: list[_Begun] = []

        def describing() -> Iterator[None]:
            for part, file in zip(parts, files, strict=True):
                found.append(running.begin(_found_in, part, wave, chain, file))
                yield

        more = describing()
        # One beside the first chain; a cluster may have a worker for each.
        list(islice(more, 1 if cluster is None else None))
        if reading is not None:  # others would wait until the first chain has let the answers go
            running.wait_for(list(chains.values()), more)
        of_questions = at_least(needs, "drivers")
        questions = [running.begin(_questions, study, wave)] if of_questions else []
        chains |= {name: running.begin(_of_chain, study, wave, name, needs) for name in longest[1:]}
        running.wait_for([*chains.values(), *questions], more)
        fitted = {name: chains[name].found for name in names}
        asked = questions[0].found if questions else None
        models = running.begin(_with_chains, study, wave, fitted, asked, needs)
        list(more)
        running.wait_for(found, more)
        descriptions = running.begin(_described_by, study, wave, files)
        running.wait()
    if reading is not None:
        reading.unlink()
    with using_language(study.language):
        save(joined(descriptions.found, models.found), path)
    every = (*chains.values(), *found, *questions, models, descriptions)
    return sum((one.tally for one in every), Tally())


class _Processes:
    """Processes, here or on a cluster, that are ended together when one fails.

    Parameters
    ----------
    pool
        Whose threads or workers each start one at a time.
    folder
        Where they work.
    reading
        The file that a process locks while it holds the answers of a wave, of a large study.
    """

    def __init__(self, pool: Executor, folder: Path, reading: Path | None) -> None:
        self._pool, self._folder, self._reading = pool, folder, reading
        self._running: list[Future[tuple[Any, Tally]]] = []

    def __enter__(self) -> Self:
        return self

    def begin(self, part: Callable[..., Any], study: ChainStudy, *values: Any) -> "_Begun":
        """Compute ``part`` of a study and some values in a process of its own."""
        begun = self._pool.submit(
            _in_process, self._folder, compute, part, self._reading, study, *values
        )
        self._running.append(begun)
        return _Begun(begun)

    def wait(self) -> None:
        """Wait for all that was begun.

        Raises
        ------
        WorkbenchError
            What went wrong in one of them.
        """
        while self._running:
            self._await(FIRST_EXCEPTION)

    def wait_for(self, wanted: Sequence["_Begun"], meanwhile: Iterator[Any]) -> None:
        """Wait for what is ``wanted``; whenever something ends, begin one more of ``meanwhile``.

        So what waits for these is not behind all the rest.

        Raises
        ------
        WorkbenchError
            What went wrong in one of them.
        """
        while any(one.future in self._running for one in wanted):
            for _ in range(self._await(FIRST_COMPLETED)):
                next(meanwhile, None)

    def _await(self, until: str) -> int:
        """Wait until something of what was begun has ended, and return how many have."""
        cluster = self._pool if isinstance(self._pool, Cluster) else None
        try:
            seconds = LOOK_SECONDS if cluster else None
            ended, left = wait(self._running, seconds, until)
            for one in ended:
                one.result()
            self._running = list(left)
            if cluster and left:
                cluster.check()
            return len(ended)
        except CancelledError:
            raise cluster.lost() if cluster else WorkbenchError(KILLED) from None
        except EndedError:
            raise WorkbenchError(KILLED) from None
        except Exception as error:
            if killed_worker(error):
                raise WorkbenchError(KILLED) from None
            raise

    def __exit__(self, *_: object) -> None:
        if isinstance(self._pool, Cluster):
            for one in self._running:
                one.cancel()
            return
        self._pool.shutdown(wait=False, cancel_futures=True)
        # One that was just about to start can be stopped only when it has.
        while left := [one for one in self._running if not one.done()]:
            stop_all()
            wait(left, timeout=STOP_SECONDS)


@dataclass(frozen=True)
class _Begun:
    """A computation that was begun."""

    future: "Future[tuple[Any, Tally]]"

    @property
    def found(self) -> Any:
        """What came of it."""
        return self.future.result()[0]

    @property
    def tally(self) -> Tally:
        """How often it made each costly computation."""
        return self.future.result()[1]


def _in_process(folder: Path, *values: Any) -> Any:
    with scratch_folder() as scratch:
        return call(*values, scratch=scratch, folder=folder)


def _at_once(size: int) -> int:
    """How many processes to run at once for a study whose answers take ``size`` bytes.

    Of a large one each reads parts.
    """
    memory = available()
    held = HELD * min(size, LARGE)
    return 1 if memory and memory < SIDE_BY_SIDE * held else SIDE_BY_SIDE


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
    reading: Path | None, study: ChainStudy, wave: str | None, name: str, needs: str
) -> ChainFindings | ChainLinks | None:
    with _alone_with_answers(reading):
        rows = needed_rows(study, name, study.wave(wave))
        study.forget_answers()
    return needed_findings(rows, name == study.runnable_chain().name, needs == "all")


def _found_in(_: Path | None, part: ChainStudy, wave: str, chain: Chain, file: Path) -> None:
    """Describe a part of the answers in a file: of many parts it would fill the caller's memory."""
    write_pickle(found_in(part, wave, chain), file)


def _described_by(
    reading: Path | None, study: ChainStudy, wave: str, files: Sequence[Path]
) -> Described:
    with _alone_with_answers(reading):
        return described_by(study, wave, [taken(file) for file in files])


def _questions(
    reading: Path | None, study: ChainStudy, wave: str | None
) -> dict[str, Maps | NotEstimated]:
    with _alone_with_answers(reading):
        return question_maps(study, wave)


def _with_chains(
    reading: Path | None,
    study: ChainStudy,
    wave: str | None,
    chains: dict[str, ChainFindings | ChainLinks | None],
    questions: dict[str, Maps | NotEstimated] | None,
    needs: str,
) -> Modelled:
    with _alone_with_answers(reading):
        return with_chains(study, wave, chains, questions, needs)


def _items(study: ChainStudy, chain: str) -> int:
    constructs = study.runnable_chain(chain).constructs
    return sum(len(study.codebook.items(construct.name)) for construct in constructs)
