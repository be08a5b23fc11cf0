"""What reports share, computed in processes of their own."""

import fcntl
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench import reports
from workbench.batch import processes, sharing
from workbench.batch.notebooks import find_reports
from workbench.batch.plan import plan
from workbench.batch.processes import call
from workbench.batch.run import run_batch
from workbench.chain import ChainStudy, open_study
from workbench.errors import StudyError, WorkbenchError
from workbench.reports import organisation_report
from workbench.reports.chain_rows import ChainRows
from workbench.reports.shared import compute, load, modelled
from workbench.reports.store import NEEDS
from workbench.simulation import load_population, simulate
from workbench.study import Study


@pytest.fixture
def study(tmp_path: Path) -> ChainStudy:
    return open_study(simulate(tmp_path / "s", 1, load_population().larger(4, 20, 12, 2)))


def shown(study: ChainStudy, shared: Any) -> list[str]:
    report = organisation_report(study, "Organisation 2", shared=shared)
    sections = ("findings", "picture", "cards", "links", "priorities", "data_quality")
    return [getattr(report, section)().html for section in sections]


def test_processes_find_what_one_process_finds(study: ChainStudy, tmp_path: Path) -> None:
    path = tmp_path / "key" / "common.pickle"
    path.parent.mkdir()
    sharing.share(study, "", path)
    assert not study._answers
    assert {file.name for file in path.parent.iterdir()} == {
        "answers",
        "common.pickle",
        "hashes.json",
        "rows",
        "whole.pickle",
    }
    expected = shown(study, compute(open_study(study.path)))
    assert shown(study, load(path)) == expected
    assert shown(study, path) == expected


def test_processes_are_given_studies_without_answers(
    study: ChainStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[ChainStudy] = []

    def begun(_: Any, __: Any, own: ChainStudy, *___: Any) -> None:
        given.append(own)
        if len(given) == 3:
            raise WorkbenchError("enough")

    monkeypatch.setattr(sharing._Processes, "begin", begun)
    path = tmp_path / "key" / "common.pickle"
    path.parent.mkdir()
    with pytest.raises(WorkbenchError, match="enough"):
        sharing.share(study, "", path)
    assert not any(own._answers for own in given)


READING = {
    "organisation": ("findings", "links", "priorities", "what_if", "key_numbers"),
    "benchmark": ("headline", "links_table", "link_strengths", "indices"),
    "chain": ("headline", "links_table", "fit", "method"),
    "measurement": ("reliability", "provenance"),
    "trends": ("trends", "provenance"),
}
"""Sections of pages that read what is shared, of reports that do not need all of it."""


def test_reports_hold_the_same_where_no_more_is_shared_than_they_need(tmp_path: Path) -> None:
    study = open_study(simulate(tmp_path / "s", 1, load_population().larger(2, 6, 10, 2)))
    needs = {name: report.needs for name, report in find_reports().items()}
    assert [name for name in needs if needs[name] == "all"] == ["drivers", "technical"]
    every = compute(study)
    assert study.chain in every.chains
    for least in NEEDS[:-1]:
        models = modelled(study, needs=least)
        links = None if least == "answers" else every.links
        found = replace(every, **vars(models), of_organisations=links)
        assert study.chain not in found.chains
        assert (study.chain in found.linked) == (least != "answers")
        for lacking in ("own", "conditions", "without_correction"):
            with pytest.raises(WorkbenchError, match='write "needs": "all"'):
                getattr(found, lacking)
        if least != "drivers":
            with pytest.raises(WorkbenchError, match='write "needs": "drivers"'):
                _ = found.drivers
        for name in (name for name in needs if needs[name] == least):
            about = ("Organisation 1",) if name == "organisation" else ()
            page = getattr(reports, f"{name}_report")
            pages = [page(study, *about, shared=of) for of in (found, every)]
            for section in READING[name]:
                less, more = (getattr(page, section)() for page in pages)
                if section == "key_numbers":
                    assert less.numbers == more.numbers
                else:
                    assert less.html == more.html


def test_a_batch_shares_what_its_reports_need(study: ChainStudy, tmp_path: Path) -> None:
    output = tmp_path / "out"

    def shared(*reports: str) -> set[str]:
        paths = {job.parameters["shared"] for job in plan(study, output, reports=reports)}
        return {Path(path).parent.name.rpartition("-")[2] for path in paths}

    assert shared("measurement", "trends") == {"answers"}
    assert shared("measurement", "benchmark") == {"links"}
    assert shared("benchmark", "organisation") == {"drivers"}
    assert shared("measurement", "benchmark", "drivers") == shared() == {"all"}
    done = run_batch(study, output, reports=["trends"])
    assert done.reports["trends"].error is None
    assert "links of organisations" not in done.computed
    more = Path(plan(study, output, reports=["benchmark"])[0].parameters["shared"])
    more.parent.mkdir(parents=True)
    more.touch()
    assert shared("trends") == {"answers"}, "what is there and enough"
    shutil.rmtree(more.parent.with_name(more.parent.name.replace("-links", "-answers")))
    assert shared("trends") == {"links"}, "more of it is there"


def test_what_is_wrong_with_a_study_is_said_here(little: Study, tmp_path: Path) -> None:
    study = open_study(little.path)
    for source in study.sources.values():
        header = source.file.read_text().splitlines()[0]
        source.file.write_text(header + "\n")
    with pytest.raises(StudyError, match="No row of the study can be used"):
        sharing.share(study, "", tmp_path / "key" / "common.pickle")
    assert not (tmp_path / "key" / "common.pickle").exists()


def test_a_killed_process_is_said_and_the_other_one_ends(
    study: ChainStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(_: Any, part: Any, *__: Any, **where: Any) -> Any:
        killed = "import os\nos.kill(os.getpid(), 9)"
        code = killed if part is sharing._found_in else "import time\ntime.sleep(60)"
        return call(exec, code, **where)

    started = time.monotonic()
    monkeypatch.setattr(sharing, "call", ended)
    with pytest.raises(WorkbenchError, match="was killed"):
        sharing.share(study, "", tmp_path / "key" / "common.pickle")
    assert time.monotonic() - started < 50
    assert not processes._running


def test_a_large_study_is_shared_as_any_other(
    study: ChainStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LARGE", 0)
    path = tmp_path / "key" / "common.pickle"
    path.parent.mkdir()
    sharing.share(study, "", path)
    assert not (path.parent / sharing.READING).exists()
    assert shown(study, path) == shown(study, compute(open_study(study.path)))


def test_answers_of_a_large_study_are_held_by_one_process_at_a_time(
    study: ChainStudy, tmp_path: Path
) -> None:
    reading, scratch = tmp_path / sharing.READING, tmp_path / "scratch"
    scratch.mkdir()
    values = (sharing._questions, reading, study, None)
    with ThreadPoolExecutor(1) as beside, reading.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        other = beside.submit(call, sharing.compute, *values, scratch=scratch, folder=tmp_path)
        with pytest.raises(TimeoutError):
            other.result(timeout=5)
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert "trust" in other.result(timeout=60)[0]


def test_a_chain_is_fitted_when_its_answers_are_let_go(
    study: ChainStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, found = tmp_path / sharing.READING, []

    def fitted(rows: ChainRows, *how: bool) -> None:
        with reading.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found.append((len(rows.data.frame) > 0, *how, dict(study._answers)))

    monkeypatch.setattr(sharing, "needed_findings", fitted)
    sharing._of_chain(reading, study, None, study.runnable_chain().name, False)
    assert found == [(True, True, False, {})]


@pytest.mark.parametrize(("memory", "at_once"), [(0, 2), (8_000, 2), (7_999, 1)])
def test_two_processes_run_where_there_is_memory_for_them(
    monkeypatch: pytest.MonkeyPatch, memory: int, at_once: int
) -> None:
    monkeypatch.setattr(sharing, "available", lambda: memory)
    assert sharing._at_once(1_000) == at_once
