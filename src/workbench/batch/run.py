"""A batch: plan the reports of a study, make them in parallel, keep the record true."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any, Protocol

from workbench.batch import cache, processes, report_list
from workbench.batch.cluster import Cluster, killed_worker
from workbench.batch.manifest import Entry, Manifest
from workbench.batch.memory import available
from workbench.batch.notebooks import Report, notebooks_folder, reports_of
from workbench.batch.output import alone, is_lost, owner, relative, require_own
from workbench.batch.plan import (
    expected_seconds,
    gone,
    longest_first,
    plan,
    reason_to_make,
    spine,
)
from workbench.batch.report import ENOUGH, Job, Outcome, run, shortened
from workbench.batch.running import forget
from workbench.costly import Tally
from workbench.files import SEAL, clear_unfinished, damaged, replacing_folder, seal
from workbench.interpretation.languages import using_language
from workbench.reports import provenance
from workbench.reports.page_names import OWN_PAGE
from workbench.reports.store import ANSWERS
from workbench.study import Study
from workbench.study.given import asked_for, name_text
from workbench.text import listed

WORKER_DIED = "The worker making it was killed, time and again: it may need too much memory."
STOPPED = "Not made: the batch was stopped."

NO_CACHE = "There is no cache folder that is yours alone: the next run makes every report again."

LOOK_SECONDS = 2.0
"""Seconds between two looks at a cluster from which nothing comes."""


class Progress(Protocol):
    """Whoever wants to know how far a batch is; ``store`` is the folder of its record."""

    def start(self, store: Path, record: Manifest) -> None: ...
    def report(self, entry: Entry) -> None: ...
    def message(self, text: str) -> None: ...


def shared_results(
    study: Any, wave: str, path: Path, cluster: Cluster | None = None, needs: str = "all"
) -> Tally:
    """Write what all reports of a batch share, see :mod:`workbench.batch.sharing`."""
    from workbench.batch.sharing import share

    return share(study, wave, path, cluster, needs)


def run_batch(
    study: Any,
    output: Path,
    *,
    reports: Sequence[str] = (),
    organisations: Sequence[str | int] = (),
    wave: str | int = "",
    jobs: int | None = None,
    force: bool = False,
    time_limit: float = 600.0,
    memory_limit: int | None = None,
    keep: bool = False,
    notebooks: Path | None = None,
    more: Sequence[Path] = (),
    progress: Progress | None = None,
    scheduler: str = "",
    executor: Callable[[], Executor] | None = None,
    share: Callable[[Any, str, Path], Tally | None] | None = None,
) -> Manifest:
    """Make the reports of ``study`` in ``output`` and return the record of what happened.

    One report's failure never stops the others. What became of a report is kept the moment it is
    made, so that a run that is killed leaves a true record; the list of reports is written at the
    end.
    Reports of earlier runs that this one does not plan stay in both, as long as they could be made
    again: those of an organisation or wave that has left the data, of a chain that does not run any
    more or of a notebook that is gone are removed, and ``progress`` is told.

    Parameters
    ----------
    jobs
        Reports made at the same time; default: as many as there are cores and the machine's
        memory can hold.
    force
        Make reports again whose inputs have not changed.
    time_limit
        Seconds for each report, from the start of its process to its page.
    memory_limit
        Bytes that each report's process may hold by itself, 0 for any number; default: the
        machine's, divided among the reports made at the same time.
    keep
        Keep every notebook as it was run, with the record; default: those of reports that failed,
        for the others hold numbers in full precision that nobody needs any more.
    notebooks
        Folder of the report notebooks; default: the project's. Those in the study's own folder
        ``notebooks`` are made as well.
    more
        Report notebooks elsewhere; where no ``reports`` are named, these alone are made.
    scheduler
        Address of a ``dask.distributed`` scheduler whose workers make the reports, see
        :mod:`workbench.batch.cluster`; default: processes of this machine.
    executor
        Makes the :class:`concurrent.futures.Executor` whose threads or workers each make a report
        at a time, in a process of its own. Default: threads of this process.
    share
        Computes from the study and the wave, once, what all reports share, and writes it to the
        path given; reports get that path as their parameter ``shared``. It may put other files
        beside it. It returns how often it made each costly computation, if it counts. Default:
        :func:`shared_results`, on the cluster's workers where there is one.

    Raises
    ------
    UnknownNameError
        A report, organisation, wave or chain that is not there.
    StudyError
        The study's answers cannot be read.
    ChainError
        The study cannot run its chain.
    BatchError
        There is nothing to make, another batch is writing to ``output``, or reports must not be
        written there: see :func:`workbench.batch.output.require_own`.
    KeyboardInterrupt
        After Ctrl-C, when running reports have finished and the record is written.
    """
    output = output.resolve()
    notebooks = notebooks or notebooks_folder()
    require_own(study, output, notebooks)
    reports_there = reports_of(study, notebooks, more)
    reports = reports or [path.stem for path in more]
    _ = study.organisations, study.waves  # of a study that cannot be read nothing is written
    for name in organisations:  # a typo is told before all else
        study.organisation(name_text(name))
    if share is None:  # nor of a study that cannot run the chain that reports share
        study.runnable_chain()
    output.mkdir(parents=True, exist_ok=True)
    if scheduler:
        jobs, executor = jobs or _workers(scheduler), partial(Cluster, scheduler)
    jobs = jobs or _jobs()
    if memory_limit is None:
        memory_limit = 0 if scheduler else available() // jobs
    progress = _Unfailing(progress or _Silent())
    with (
        using_language(study.language),
        alone(output),
        cache.kept(output, owner(study, output)) as store,
    ):
        data = provenance.data_files(study)
        planned = plan(
            study,
            output,
            reports=reports,
            organisations=organisations,
            wave=wave,
            time_limit=time_limit,
            memory_limit=memory_limit,
            keep=keep,
            notebooks=notebooks,
            available=reports_there,
            data=data,
            store=store,
        )
        if store != cache.place(output):
            progress.message(NO_CACHE)
        _clear_remains(output, store)
        manifest, due = _open_record(
            study, output, store, planned, data, force, reports_there, progress
        )
        manifest.jobs = jobs
        manifest.write(store)
        progress.start(store, manifest)
        tally = Tally()
        to_make = {job.stem for job in due}
        for job in planned:
            if job.stem not in to_make:
                progress.report(manifest.reports[job.stem])

        def record(job: Job, outcome: Outcome) -> None:
            entry = _entry(job, outcome, manifest.reports[job.stem])
            tally.update(outcome.tally)
            manifest.record(store, job.stem, entry)
            progress.report(entry)

        try:
            for job in due:
                if job.fault:
                    record(job, run(job))
            due = longest_first([job for job in due if not job.fault], manifest.reports)
            if due:
                if executor is None:
                    processes.prepare()
                shared = next(
                    (job.parameters["shared"] for job in due if "shared" in job.parameters), None
                )
                pool = executor() if executor else ThreadPoolExecutor(jobs)
                try:
                    if shared is not None:
                        if share is None:
                            cluster = pool if isinstance(pool, Cluster) else None
                            share = partial(shared_results, cluster=cluster, needs=due[0].needs)
                        tally.update(_hand_out(study, Path(shared), force, share, wave, progress))
                    cores = 1 if executor else max(1, jobs // len(due))
                    due = [replace(job, cores=cores) for job in due]
                    try:
                        _make_all(pool, jobs, due, record, progress)
                    finally:
                        if _data_changed(study, manifest, due, progress) and shared is not None:
                            rmtree(Path(shared).parent)
                finally:
                    pool.shutdown(cancel_futures=True)
        finally:
            with _undisturbed():
                manifest.close(STOPPED)
                manifest.computed = _counted(tally)
                manifest.write(store)
                report_list.write(manifest, output)
                _clear_remains(output, store)
    return manifest


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off Ctrl-C, and what is taken for it, to the end of what must not be done by half."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: pressed.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if callable(signal.getsignal(number))
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if pressed:
        raise KeyboardInterrupt


def _clear_remains(output: Path, store: Path) -> None:
    """Remove what reports and writers that were ended have left behind."""
    forget(store)
    rmtree(store / cache.KEPT, ignore_errors=True)
    for folder in (output, store, store / cache.NOTEBOOKS):
        clear_unfinished(folder)


def _jobs() -> int:
    """Return how many reports to make at once: as many as cores, if the memory is enough."""
    memory = available()
    return max(1, min(cores(), memory // ENOUGH)) if memory else cores()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _workers(scheduler: str) -> int:
    """Return how many workers a cluster has."""
    cluster = Cluster(scheduler)
    try:
        return cluster.workers
    finally:
        cluster.shutdown(cancel_futures=True)


class _Unfailing:
    """Tells of progress as long as anybody listens: the terminal may be closed meanwhile."""

    def __init__(self, progress: Progress) -> None:
        self._progress: Progress = progress

    def start(self, store: Path, record: Manifest) -> None:
        self._tell(self._progress.start, store, record)

    def report(self, entry: Entry) -> None:
        self._tell(self._progress.report, entry)

    def message(self, text: str) -> None:
        self._tell(self._progress.message, text)

    def _tell(self, how: Callable[..., None], *what: Any) -> None:
        try:
            how(*what)
        except OSError:
            self._progress = _Silent()


class _Silent:
    def start(self, store: Path, record: Manifest) -> None: ...
    def report(self, entry: Entry) -> None: ...
    def message(self, text: str) -> None: ...


def _open_record(
    study: Any,
    output: Path,
    store: Path,
    planned: list[Job],
    data: Mapping[str, str],
    force: bool,
    reports_there: Mapping[str, Report],
    progress: Progress,
) -> tuple[Manifest, list[Job]]:
    """Return the manifest as it is before the run, and the jobs that are due.

    What can be made no more leaves the list, and its files go.
    """
    manifest = Manifest(
        study=study.name,
        title=study.title,
        belongs_to=owner(study, output),
        simulated=bool(study.simulated),
        started=provenance.now(),
        provenance=provenance.describe(study, files=data),
        planned=[job.stem for job in planned],
        waves=study.waves,
        spine=spine(study),
        language=study.language.code,
        publisher=study.publisher,
    )
    earlier = Manifest.read(store)
    if is_lost(earlier, output):
        progress.message(f"The record of {output} cannot be read: every report is made again.")
        _remove_unlisted(output, store, planned)
    kept = dict(earlier.reports) if earlier else {}
    due = []
    for job in planned:
        entry = kept.pop(job.stem, None)
        if entry is not None and not force and not reason_to_make(job, entry):
            if entry.notebook and not job.keep:
                (store / entry.notebook).unlink(missing_ok=True)
                entry = replace(entry, notebook=None)
            manifest.reports[job.stem] = replace(entry, status="skipped", expected=None)
            continue
        due.append(job)
        blank = entry or Entry(job.report)
        if earlier and earlier.simulated != study.simulated:
            # A page of simulated data must not stand among those of real data.
            blank.remove(output, store)
            blank = Entry(job.report)
        manifest.reports[job.stem] = replace(
            blank,
            **_identity(job),
            status="pending",
            error=None,
            expected=expected_seconds(job, entry),
        )
    left = gone(study, output, earlier, reports_there) if earlier else {}
    for stem, why in left.items():
        if entry := kept.pop(stem, None):
            entry.remove(output, store)
            progress.message(f"Taken off the list: {entry.name}: {entry.title}: {why}.")
    manifest.reports |= kept
    for page in output.glob(OWN_PAGE):
        # Of a copied folder, say: it keeps what left the data while the other one went on.
        if page.stem not in manifest.reports:
            page.unlink()
    return manifest, due


def _data_changed(study: Any, manifest: Manifest, made: list[Job], progress: Progress) -> bool:
    """Tell whether data were changed while reports were made of them: these have failed."""
    before, after = manifest.provenance["data"], provenance.data_files(study)
    changed = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
    if not changed:
        return False
    manifest.provenance["changed_during_the_run"] = changed
    told = f"{listed(changed)} changed while it was made: run the batch again."
    for job in made:
        entry = manifest.reports[job.stem]
        if entry.succeeded:
            outcome = Outcome("failed", entry.seconds or 0.0, told, notebook=entry.notebook)
            manifest.reports[job.stem] = _entry(job, outcome, Entry(job.report))
    progress.message(told.replace("it was", "reports were"))
    return True


def _identity(job: Job) -> dict[str, Any]:
    return {
        "name": job.report,
        "title": job.about["title"],
        "chain": job.chain,
        "organisation": job.organisation,
        "wave": job.wave,
        "source": relative(job.notebook, job.output),
    }


def _entry(job: Job, outcome: Outcome, earlier: Entry) -> Entry:
    """Return what became of a report; of one that failed, the earlier page stays if it stands."""
    entry = Entry(
        **_identity(job),
        status=outcome.status,  # type: ignore[arg-type]
        seconds=outcome.seconds,
        expected=earlier.expected,
        error=outcome.error,
        html=outcome.html,
        notebook=outcome.notebook,
        made=provenance.now(),
        sha256=outcome.sha256,
        inputs=job.inputs,
        key_numbers=outcome.key_numbers,
    )
    if outcome.html is not None:
        return entry
    if not earlier.stands(job.output):
        (job.output / job.page).unlink(missing_ok=True)
        return entry
    return replace(
        entry,
        html=earlier.html,
        made=earlier.made,
        sha256=earlier.sha256,
        key_numbers=earlier.key_numbers,
    )


def _remove_unlisted(output: Path, store: Path, planned: Sequence[Job]) -> None:
    """Remove the pages, and the notebooks as they were run, that are nobody's but the batch's."""
    listed_ones = {job.stem for job in planned}
    for file in (*output.glob("*.html"), *(store / cache.NOTEBOOKS).glob("*.ipynb")):
        if file.stem not in listed_ones:
            file.unlink()


def _hand_out(
    study: Any,
    path: Path,
    force: bool,
    share: Callable[[Any, str, Path], Tally | None],
    wave: str | int,
    progress: Progress,
) -> Tally:
    """Put what all reports share where they read it, unless it is there as it was written.

    Its folder tells the study, data, code, versions and wave it was computed from, so that it can
    stay for the next run; what stands there of others is cleared away. With ``force`` it is
    computed anew, beside what is there, which a study may be read from meanwhile.

    Returns how often each costly computation was made.
    """
    own = path.parent
    if own.is_dir() and not force:
        fault = damaged(own)
        if not fault:
            return Tally()
        progress.message(f"What reports share was damaged ({fault}) and is computed again.")
    else:
        progress.message("Computing what all reports share.")
    own.parent.mkdir(exist_ok=True)
    for other in own.parent.iterdir():
        if other.is_dir() and other != own:
            rmtree(other, ignore_errors=True)
    with replacing_folder(own) as beside:
        tally = share(study, asked_for(wave) or "", beside / path.name) or Tally()
        if not (beside / SEAL).is_file():
            seal(beside)
    if isinstance(study, Study):
        study.answers_from(own / ANSWERS)
    return tally


def _counted(tally: Tally) -> dict[str, dict[str, int]]:
    """How many costly computations of each name were made, and how many of them again."""
    found: dict[str, dict[str, int]] = {}
    for (name, _), times in sorted(tally.items()):
        own = found.setdefault(name, {"made": 0, "again": 0})
        own["made"] += 1
        own["again"] += times - 1
    return found


def _make_all(
    pool: Executor,
    size: int,
    due: Sequence[Job],
    record: Callable[[Job, Outcome], None],
    progress: Progress,
) -> None:
    """Make reports, at most ``size`` at a time, and record each the moment it is made."""
    waiting, running = deque(due), dict[Future[Outcome], Job]()
    try:
        while waiting or running:
            while waiting and len(running) < size:
                job = waiting.popleft()
                running[pool.submit(run, job)] = job
            _gather(pool, running, record)
    except KeyboardInterrupt:
        progress.message(
            f"Stopping: {len(running)} running report(s) will be finished; "
            "press Ctrl-C again to stop at once."
        )
        try:
            while running:
                _gather(pool, running, record)
        except KeyboardInterrupt:
            progress.message("Stopped at once.")
            processes.stop_all()
        raise


def _gather(
    pool: Executor,
    running: dict[Future[Outcome], Job],
    record: Callable[[Job, Outcome], None],
) -> None:
    """Wait for reports and record what has become of them; a cluster may be gone meanwhile."""
    cluster = pool if isinstance(pool, Cluster) else None
    while not (
        done := wait(running, LOOK_SECONDS if cluster else None, return_when=FIRST_COMPLETED).done
    ):
        if cluster:
            cluster.check()
    for future in sorted(done, key=lambda future: running[future].stem):
        if cluster and future.cancelled():
            raise cluster.lost()
        job, error = running.pop(future), future.exception()
        if error is None:
            record(job, future.result())
        else:
            told = WORKER_DIED if killed_worker(error) else shortened(error)
            record(job, Outcome("failed", error=told))
