"""The batch on a dask cluster: a real scheduler and worker processes on this machine."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.batch.cluster import Cluster, ClusterError
from workbench.batch.run import run_batch


def start(*arguments: str, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
    return subprocess.Popen(command, stdout=log.open("wb"), stderr=subprocess.STDOUT)


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a scheduler with two worker processes."""
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")
    log = tmp_path / "scheduler.log"
    local = ("--host", "127.0.0.1", "--no-dashboard")
    processes = [start("scheduler", "--port", "0", *local, log=log)]
    try:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        one = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path), *local)
        processes += [
            start("worker", found[0], *one, log=tmp_path / f"worker{number}.log")
            for number in range(2)
        ]
        cluster = None
        while cluster is None or cluster.workers < 2:
            assert time.monotonic() < deadline, "the workers did not come"
            if cluster is not None:
                cluster.shutdown(cancel_futures=True)
            try:
                cluster = Cluster(found[0])
            except ClusterError:
                time.sleep(0.1)
        cluster.shutdown(cancel_futures=True)
        yield found[0]
    finally:
        for process in processes:
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


def test_no_scheduler_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.batch.cluster.CONNECT_SECONDS", 0.2)
    with pytest.raises(ClusterError, match=r"No dask scheduler answers at tcp://127\.0\.0\.1:9"):
        Cluster("tcp://127.0.0.1:9")
