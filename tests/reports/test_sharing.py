"""What reports share, computed in processes of their own."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.chain import ChainStudy, open_study
from workbench.exceptions import StudyError, WorkbenchError
from workbench.reports import organisation_report, sharing, zygote
from workbench.reports.shared import compute, load
from workbench.reports.zygote import ADDRESS, Zygote
from workbench.study import Study
from workbench.study.simulation import load_population, simulate


@pytest.fixture(scope="module")
def full() -> Iterator[Zygote]:
    made = Zygote()
    yield made
    made.retire()


@pytest.fixture(autouse=True)
def _full(monkeypatch: pytest.MonkeyPatch, full: Zygote) -> None:
    monkeypatch.setenv(ADDRESS, full.address)


@pytest.fixture
def study(tmp_path: Path) -> ChainStudy:
    return open_study(simulate(tmp_path / "s", 1, load_population().larger(4, 20, 12, 2)))


def shown(study: ChainStudy, shared: Any) -> list[str]:
    report = organisation_report(study, "Organisation 2", shared=shared)
    sections = ("headline", "cards", "links_table", "priorities", "necessity", "measurement")
    return [getattr(report, section)().html for section in sections]


@pytest.mark.parametrize("forks", [True, False])
def test_processes_find_what_one_process_finds(
    study: ChainStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: bool
) -> None:
    monkeypatch.setattr(zygote, "can_fork", lambda: forks)
    path = tmp_path / "key" / "common.pickle"
    path.parent.mkdir()
    sharing.share(study, "", path)
    assert not study._answers
    assert {file.name for file in path.parent.iterdir()} == {
        "answers",
        "common.pickle",
        "rows",
        "whole.pickle",
    }
    expected = shown(study, compute(open_study(study.path)))
    assert shown(study, load(path)) == expected
    assert shown(study, path) == expected


def test_what_is_wrong_with_a_study_is_said_here(little: Study, tmp_path: Path) -> None:
    study = open_study(little.path)
    for source in study.sources.values():
        header = source.file.read_text().splitlines()[0]
        source.file.write_text(header + "\n")
    with pytest.raises(StudyError, match="No row of the study can be used"):
        sharing.share(study, "", tmp_path / "key" / "common.pickle")
    assert not (tmp_path / "key" / "common.pickle").exists()


def test_a_killed_process_is_said(study: ChainStudy, tmp_path: Path, full: Zygote) -> None:
    def kill() -> None:
        while not (found := psutil.Process(full.pid).children()):
            time.sleep(0.01)
        os.kill(found[0].pid, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    with pytest.raises(WorkbenchError, match="was killed"):
        sharing.share(study, "", tmp_path / "key" / "common.pickle")
    killing.join()
    deadline = time.monotonic() + 10
    while psutil.Process(full.pid).children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.Process(full.pid).children()


def test_a_large_study_is_not_held_twice(
    study: ChainStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LARGE", 0)
    running: list[Any] = []

    def start(*wanted: Any) -> Any:
        assert all(process.poll() is not None for process in running)
        running.append(zygote.fork_kernel(*wanted))
        return running[-1]

    monkeypatch.setattr(sharing, "fork_kernel", start)
    sharing.share(study, "", tmp_path / "key" / "common.pickle")
    assert len(running) == 2
    assert load(tmp_path / "key" / "common.pickle").drivers.wave == "2024"
