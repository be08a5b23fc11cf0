"""The batch on a dask cluster: a real scheduler and worker processes on this machine."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import cluster, sharing
from workbench.batch.cluster import Cluster, ClusterError
from workbench.batch.output import read_record
from workbench.batch.run import run_batch
from workbench.chain import ChainStudy, open_study
from workbench.reports import provenance
from workbench.simulation import load_population, simulate


def start(*arguments: str, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)


@pytest.fixture
def started() -> dict[str, subprocess.Popen[bytes]]:
    """The processes of the cluster, by name."""
    return {}


@pytest.fixture
def scheduler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: dict[str, subprocess.Popen[bytes]]
) -> Iterator[str]:
    """The address of a scheduler with two worker processes."""
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")
    log = tmp_path / "scheduler.log"
    local = ("--host", "127.0.0.1", "--no-dashboard")
    started["scheduler"] = start("scheduler", "--port", "0", *local, log=log)
    try:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        one = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path), *local)
        for number in range(2):
            log = tmp_path / f"worker{number}.log"
            started[f"worker{number}"] = start("worker", found[0], *one, log=log)
        client = None
        while client is None or client.workers < 2:
            assert time.monotonic() < deadline, "the workers did not come"
            if client is not None:
                client.shutdown(cancel_futures=True)
            try:
                client = Cluster(found[0])
            except ClusterError:
                time.sleep(0.1)
        client.shutdown(cancel_futures=True)
        yield found[0]
    finally:
        for process in started.values():
            process.kill()
            process.wait()


def test_a_batch_on_a_cluster_that_loses_a_worker(
    study: Any, write_notebook: Any, tmp_path: Path, scheduler: str
) -> None:
    cell = (
        "import multiprocessing, os, signal\nfrom pathlib import Path\n"
        f"seen = Path({str(tmp_path / 'seen')!r})\n"
        "if organisation == 'Transit' and not seen.exists():\n"
        "    seen.touch()\n"
        "    os.kill(multiprocessing.parent_process().pid, signal.SIGKILL)\n"
        "organisation"
    )
    notebooks = write_notebook("organisation", [cell])
    output = tmp_path / "out"
    manifest = run_batch(
        study,
        output,
        notebooks=notebooks,
        scheduler=scheduler,
        share=lambda study, wave, path: None,
    )
    assert {entry.status for entry in manifest.reports.values()} == {"ok"}
    assert len(manifest.reports) == 3
    assert (tmp_path / "seen").exists()


@pytest.mark.parametrize("other", ["workbench code", "numpy"])
def test_workers_that_would_make_other_reports_are_refused_by_name(
    scheduler: str, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    here = provenance.versions() | {"numpy": "1.0"}
    if other == "numpy":
        monkeypatch.setattr(provenance, "versions", lambda: here)
    else:
        monkeypatch.setattr(provenance, "code", lambda: "0" * 64)
    with pytest.raises(
        ClusterError,
        match=rf"worker tcp://127\.0\.0\.1:\d+ would make other reports: its {other} is",
    ):
        Cluster(scheduler)


def test_a_worker_that_comes_later_is_looked_at_too() -> None:
    with pytest.raises(ClusterError, match=r"its numpy is .*, here it is 1\.0"):
        cluster._run(provenance.versions() | {"numpy": "1.0"}, print)


@pytest.mark.parametrize(
    ("killed", "told"),
    [
        (("worker0", "worker1"), r"All workers of the dask scheduler at tcp://\S+ are gone: start"),
        (("scheduler",), r"The dask scheduler at tcp://\S+ is gone: start"),
    ],
)
def test_a_cluster_that_is_lost_is_said_and_what_is_made_is_kept(
    study: Any,
    write_notebook: Any,
    tmp_path: Path,
    scheduler: str,
    started: dict[str, subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    killed: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.setattr(cluster, "LOST_SECONDS", 1)
    pids = [started[name].pid for name in killed]
    cell = (
        "import os, signal, time\n"
        "if not organisation.endswith('Water'):\n"
        f"    for pid in {pids}:\n        os.kill(pid, signal.SIGKILL)\n    time.sleep(30)"
    )
    notebooks, output = write_notebook("organisation", [cell]), tmp_path / "out"
    with pytest.raises(ClusterError, match=told):
        run_batch(
            study,
            output,
            notebooks=notebooks,
            scheduler=scheduler,
            jobs=1,
            share=lambda study, wave, path: None,
        )
    record = read_record(output)
    assert record is not None
    assert record.finished
    first, *others = record.reports.values()
    assert first.succeeded
    assert first.stands(output)
    assert not any(entry.succeeded for entry in others)
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_cluster_computes_what_reports_share(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = simulate(tmp_path / "s", 1, load_population().larger(4, 20, 12, 2))
    here = run_batch(open_study(folder), tmp_path / "here", reports=["organisation"])
    started_here: list[str] = []

    def call(*values: Any, **_: Any) -> None:
        started_here.append(str(values))

    def parts(study: ChainStudy) -> list[ChainStudy]:
        names = list(study.organisations["organisation"])
        return [study._part(names[:3]), study._part(names[3:])]

    monkeypatch.setattr(sharing, "call", call)
    monkeypatch.setattr(ChainStudy, "parts", parts)
    study = open_study(folder)
    there = run_batch(study, tmp_path / "there", reports=["organisation"], scheduler=scheduler)
    for made in (here, there):
        assert {entry.status for entry in made.reports.values()} == {"ok"}
    assert not started_here
    assert here.computed == there.computed
    pages = sorted(file.name for file in pages_in(tmp_path / "here"))
    assert len(pages) == 4
    for name in pages:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def pages_in(output: Path) -> list[Path]:
    """The pages of reports in an output folder."""
    return [file for file in output.glob("*.html") if file.name != "index.html"]


def test_no_scheduler_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.batch.cluster.CONNECT_SECONDS", 0.2)
    with pytest.raises(ClusterError, match=r"No dask scheduler answers at tcp://127\.0\.0\.1:9"):
        Cluster("tcp://127.0.0.1:9")
