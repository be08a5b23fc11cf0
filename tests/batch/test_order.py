"""The order in which reports are started: the longest first."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import cache, run
from workbench.batch.manifest import Entry
from workbench.batch.output import read_record
from workbench.batch.plan import longest_first, plan
from workbench.batch.report import Outcome
from workbench.batch.run import run_batch
from workbench.chain import ChainStudy, open_study
from workbench.simulation import load_population, simulate


def order(study: ChainStudy, output: Path, known: dict[str, Entry]) -> list[str]:
    jobs = longest_first(plan(study, output), known)
    return [job.chain or job.report for job in jobs]


def test_chains_of_many_items_come_first_and_organisations_last(tmp_path: Path) -> None:
    study = open_study(simulate(tmp_path / "s", 1, load_population().larger(12, 2, 2, 2)))
    found = order(study, tmp_path / "out", {})
    assert found[0] == "customer-service-index"
    assert found.index("leadership-chain") < found.index("drivers") < found.index("organisation")
    assert found[-1] == "organisation"


def test_what_took_long_the_last_time_comes_first(tmp_path: Path) -> None:
    study = open_study(simulate(tmp_path / "s", 1, load_population().larger(12, 2, 2, 2)))
    known = {"trends": Entry("trends", seconds=190.0), "benchmark": Entry("benchmark", seconds=0.1)}
    found = order(study, tmp_path / "out", known)
    assert (found[0], found[-1]) == ("trends", "benchmark")


class Started:
    """Notes what is reported, in order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def start(self, store: Path, record: Any) -> None: ...
    def message(self, text: str) -> None: ...

    def report(self, entry: Any) -> None:
        self.names.append(entry.organisation)


def test_a_batch_goes_by_the_seconds_of_its_record(
    study: Any, good_notebooks: Path, tmp_path: Path, write_notebook: Callable[..., Path]
) -> None:
    output, share = tmp_path / "out", lambda *_: None
    run_batch(study, output, notebooks=good_notebooks, share=share, jobs=1)
    record, store = read_record(output), cache.place(output)
    assert record is not None
    assert store is not None
    times = {"Transit": 9.0, "Évora Water": 5.0}
    for stem, entry in list(record.reports.items()):
        record.reports[stem] = Entry(**{**vars(entry), "seconds": times.get(entry.organisation, 1)})
    record.write(store)
    progress = Started()
    chosen = {"reports": ["organisation"], "notebooks": good_notebooks, "share": share}
    run_batch(study, output, **chosen, jobs=1, force=True, progress=progress)
    assert progress.names[:2] == ["Transit", "Évora Water"]


@pytest.mark.parametrize(("jobs", "organisations", "cores"), [(4, 1, 4), (4, 2, 2), (2, 3, 1)])
def test_reports_share_the_cores_that_no_other_waits_for(
    jobs: int,
    organisations: int,
    cores: int,
    study: Any,
    good_notebooks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[int] = []

    def noted(job: Any) -> Outcome:
        given.append(job.cores)
        return Outcome("failed", error="Not made.")

    monkeypatch.setattr(run, "run", noted)
    names = study.organisations["organisation"].tolist()[:organisations]
    run_batch(
        study,
        tmp_path / "out",
        notebooks=good_notebooks,
        share=lambda *_: None,
        reports=["organisation"],
        organisations=names,
        jobs=jobs,
    )
    assert given == [cores] * organisations
