"""The batch: every report is made or accounted for, and nothing is left behind."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import nbformat
import pandas as pd
import psutil
import pytest
from builders import write_chain

from workbench.batch import cache, notebooks, plan, run
from workbench.batch.manifest import Manifest
from workbench.batch.output import BatchError, read_record
from workbench.batch.run import run_batch
from workbench.chain import open_study
from workbench.costly import Tally
from workbench.errors import UnknownNameError
from workbench.files import SEAL, damaged, write_pickle
from workbench.reports.page_names import page_name
from workbench.study import Study


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "tiny"


def wave_alone(study: Any, wave: str, path: Path) -> None:
    path.write_text(wave)


def make(study: Any, output: Path, notebooks: Path, **options: Any) -> Manifest:
    options = {"jobs": 2, "share": wave_alone, **options}
    return run_batch(study, output, notebooks=notebooks, **options)


def store_of(output: Path) -> Path:
    """The folder of what is kept for an output folder."""
    store = cache.place(output)
    assert store is not None
    return store


def stores(output: Path) -> list[Path]:
    """The folders of what the reports of an output folder share."""
    return [path for path in (store_of(output) / cache.SHARED).iterdir() if path.is_dir()]


def statuses(manifest: Manifest) -> dict[str, str]:
    return {stem: entry.status for stem, entry in manifest.reports.items()}


def of(organisation: str, wave: str = "") -> str:
    """The name of an organisation's page."""
    return page_name("organisation", organisation=organisation, wave=wave)


EVORA, PARKS, TRANSIT = map(of, ("Évora Water", 'Parks <b>&"/ Trees', "Transit"))
"""The names of the pages of the tiny study's organisations."""


def strays(marker: str) -> list[psutil.Process]:
    """Return the processes of the batch of this test: what works in its folder or was told of it.

    Python's own helpers (fork server, resource tracker), children of this process, live on.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpid() in (process.pid, process.ppid()):
                continue
            if process.cwd().startswith(marker) or process.environ().get("MARKER") == marker:
                found.append(process)
        except psutil.Error:
            continue
    return found


def gone(marker: str, seconds: float = 10) -> bool:
    """Tell whether no process of the batch is left, allowing for the time it takes to end."""
    deadline = time.monotonic() + seconds
    while strays(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not strays(marker)


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A mark that every process started from now on carries in its environment."""
    monkeypatch.setenv("MARKER", str(tmp_path))
    return str(tmp_path)


def test_every_organisation_gets_its_page(study: Any, good_notebooks: Path, output: Path) -> None:
    manifest = make(study, output, good_notebooks)
    assert statuses(manifest) == {
        "benchmark": "ok",
        EVORA: "ok",
        PARKS: "ok",
        TRANSIT: "ok",
    }
    parks = manifest.reports[PARKS]
    assert parks.organisation == parks.title == 'Parks <b>&"/ Trees'
    assert parks.key_numbers == {
        "People": {"value": 61.25, "lower": 58.0, "upper": 64.5},
        "Note": 'Parks <b>&"/ Trees',
    }
    assert parks.html is not None
    assert "<h1" in (output / parks.html).read_text(encoding="utf-8")
    assert read_record(output) == manifest
    record = json.loads((store_of(output) / "manifest.json").read_text(encoding="utf-8"))
    assert record["finished"] >= record["started"]
    assert record["provenance"]["data"].keys() == {"study.toml", "clients.csv"}
    index = (output / "index.html").read_text(encoding="utf-8")
    assert f'href="{EVORA}.html"' in index
    assert "61.2" in index
    pages = {entry.html for entry in manifest.reports.values()}
    assert {path.name for path in output.iterdir()} == pages | {"index.html", ".workbench"}


def test_what_has_not_changed_is_left_as_it_is(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    choice = {"organisations": ["Transit"]}
    make(study, output, good_notebooks, **choice)
    page = output / f"{TRANSIT}.html"
    before = page.stat().st_mtime_ns
    again = make(study, output, good_notebooks, **choice)
    assert set(statuses(again).values()) == {"skipped"}
    assert again.reports[TRANSIT].key_numbers["Note"] == "Transit"
    assert page.stat().st_mtime_ns == before

    (study.path / "clients.csv").write_text("organisation,q1\nTransit,4\n")
    assert set(statuses(make(study, output, good_notebooks, **choice)).values()) == {"ok"}
    forced = make(study, output, good_notebooks, force=True, reports=["benchmark"])
    assert statuses(forced) == {"benchmark": "ok", TRANSIT: "ok"}


def test_a_failing_report_stops_no_other(
    study: Any, place_notebook: Any, output: Path, marker: str
) -> None:
    manifest = make(study, output, place_notebook("fails-for-transit"))
    assert statuses(manifest) == {
        EVORA: "ok",
        PARKS: "ok",
        TRANSIT: "failed",
    }
    transit = manifest.reports[TRANSIT]
    assert transit.error is not None
    assert transit.error.startswith("ValueError: no rows in wave 2 in cell 3")
    assert transit.notebook is not None
    kept = nbformat.read(store_of(output) / transit.notebook, as_version=4)
    assert any("'before'" in str(cell.get("outputs")) for cell in kept.cells)
    public = {f"{stem}.html" for stem in (EVORA, PARKS, "index")} | {".workbench"}
    assert {path.name for path in output.rglob("*")} == public
    listed = html.unescape((output / "index.html").read_text(encoding="utf-8"))
    assert "no rows" not in listed
    assert "Transit</dt><dd>Failed" in listed
    assert gone(marker)


def test_the_last_good_page_of_a_report_that_fails_stays_and_says_of_when_it_is(
    study: Any, good_notebooks: Path, place_notebook: Any, output: Path
) -> None:
    choice = {"reports": ["organisation"], "organisations": ["Transit"]}
    with pytest.MonkeyPatch.context() as then:
        then.setattr("workbench.reports.provenance.now", lambda: "2026-03-01T10:00:00+00:00")
        good = make(study, output, good_notebooks, **choice)
    before = (output / f"{TRANSIT}.html").read_bytes()
    notebooks = place_notebook("fails-for-transit")
    for _ in range(2):
        failed = make(study, output, notebooks, **choice).reports[TRANSIT]
        assert failed.status == "failed"
        assert failed.error is not None
        assert failed.error.startswith("ValueError: no rows")
        assert (failed.made, failed.html) == ("2026-03-01T10:00:00+00:00", f"{TRANSIT}.html")
        assert failed.key_numbers == good.reports[TRANSIT].key_numbers
        assert (output / f"{TRANSIT}.html").read_bytes() == before
    index = re.sub(r"<[^>]*>", "", (output / "index.html").read_text(encoding="utf-8"))
    assert "Failedpage of 1 March 2026" in index
    assert "Failed. The page of 1 March 2026 stays." in index
    # One that was altered meanwhile is not the last good page.
    (output / f"{TRANSIT}.html").write_text("half")
    assert make(study, output, notebooks, **choice).reports[TRANSIT].html is None
    assert not (output / f"{TRANSIT}.html").exists()


def test_no_page_of_simulated_data_stays_among_those_of_real_data(
    study: Any, good_notebooks: Path, place_notebook: Any, output: Path
) -> None:
    choice = {"reports": ["organisation"], "organisations": ["Transit"]}
    make(study, output, good_notebooks, **choice)
    study.simulated = False
    manifest = make(study, output, place_notebook("fails-for-transit"), **choice)
    assert {(entry.status, entry.html) for entry in manifest.reports.values()} == {("failed", None)}
    assert [path.name for path in output.glob("*.html")] == ["index.html"]


def test_a_report_that_hangs_is_stopped(
    study: Any, place_notebook: Any, output: Path, marker: str
) -> None:
    notebooks = place_notebook("hangs")
    started = time.monotonic()
    manifest = make(study, output, notebooks, organisations=["Transit"], time_limit=5)
    assert time.monotonic() - started < 30
    transit = manifest.reports[TRANSIT]
    assert transit.status == "timeout"
    assert transit.error is not None
    assert transit.error.startswith("Stopped at its time limit of 5 seconds in cell 3")
    assert gone(marker), strays(marker)


def test_a_process_that_dies_is_told_from_an_error(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("dies")
    manifest = make(study, output, notebooks, organisations=["Transit"])
    transit = manifest.reports[TRANSIT]
    assert transit.status == "failed"
    assert transit.error is not None
    assert transit.error.startswith("Its process died twice in cell 2")


def test_a_process_that_is_killed_once_gets_another_try(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("dies-once")
    manifest = make(study, output, notebooks, organisations=["Transit"])
    assert (notebooks / "seen").exists()
    assert statuses(manifest) == {TRANSIT: "ok"}


def test_a_report_has_the_memory_it_was_given(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("eats-memory")
    choice = {"organisations": ["Transit"], "memory_limit": 2**29}
    transit = make(study, output, notebooks, **choice).reports[TRANSIT]
    assert transit.status == "failed"
    assert transit.error is not None
    assert transit.error.startswith("It needs more memory than its limit of 0.5 GB in cell 3")


def test_what_a_report_reserves_does_not_count(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("reserves-memory")
    choice = {"organisations": ["Transit"], "memory_limit": 2**29}
    assert statuses(make(study, output, notebooks, **choice)) == {TRANSIT: "ok"}


@pytest.mark.parametrize("limit", [2**20, 2**26])
def test_a_limit_too_small_is_named_with_one_that_does(
    study: Any, place_notebook: Any, output: Path, limit: int
) -> None:
    """Whether it is too small for the process or for a cell of the report.

    The cell holds its memory long enough to be seen on a busy machine.
    """
    notebooks = place_notebook("holds-memory")
    one = {"organisations": ["Transit"]}
    error = make(study, output, notebooks, memory_limit=limit, **one).reports[TRANSIT].error
    assert error is not None
    found = re.fullmatch(
        r"It needs more memory than its limit of (0\S*) GB(?: in cell .*)?; "
        r"--memory-limit (\S+) gives it more, and fewer --jobs leave more to each\.",
        error,
    )
    assert found, error
    again = make(study, output, notebooks, memory_limit=round(float(found[2]) * 2**30), **one)
    assert statuses(again) == {TRANSIT: "ok"}


@pytest.mark.parametrize(
    ("memory", "cores", "jobs"), [(2, 2, 2), (8, 8, 8), (2, 8, 4), (0.25, 4, 1), (0, 3, 3)]
)
def test_no_more_reports_at_once_than_the_memory_is_enough_for(
    monkeypatch: pytest.MonkeyPatch, memory: float, cores: int, jobs: int
) -> None:
    monkeypatch.setattr(run, "available", lambda: int(memory * 2**30))
    monkeypatch.setattr(run, "cores", lambda: cores)
    assert run._jobs() == jobs


def test_a_page_that_cannot_be_made_is_no_cells_fault(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("lacks-an-attachment")
    transit = make(study, output, notebooks, organisations=["Transit"]).reports[TRANSIT]
    assert transit.status == "failed"
    assert transit.error == (
        "Its page could not be made: InvalidNotebook: missing attachment: gone.png"
    )


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"papermill": None}, "own.ipynb could not be run: TypeError"),
        ({"kernelspec": "x", "language_info": None}, ""),
        ({"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}, ""),
        ({"widgets": 3}, ""),
    ],
)
def test_an_own_notebook_with_broken_metadata_is_made_or_named(
    study: Any, good_notebooks: Path, output: Path, metadata: dict[str, Any], error: str
) -> None:
    content = json.loads((good_notebooks / "benchmark.ipynb").read_text(encoding="utf-8"))
    (good_notebooks / "own.ipynb").write_text(
        json.dumps({**content, "metadata": content["metadata"] | metadata})
    )
    manifest = make(study, output, good_notebooks)
    own = manifest.reports.pop("own")
    assert set(statuses(manifest).values()) == {"ok"}
    assert own.status == ("failed" if error else "ok")
    assert (own.error or "").partition(": 'NoneType'")[0] == error


def test_a_full_disk_is_said_and_the_next_run_completes(
    study: Any, place_notebook: Any, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("Only root can mount a small disk.")
    try:
        notebooks = place_notebook("fills-the-disk-for-transit")
        output = small / "out"
        assert statuses(make(study, output, notebooks, jobs=1)) == {
            EVORA: "ok",
            PARKS: "ok",
            TRANSIT: "failed",
        }
        record = read_record(output)
        assert record is not None
        assert record.finished
        error = record.reports[TRANSIT].error
        assert error == "There is no space left on the disk for it."
        (output / f"{TRANSIT}.html").unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        again = make(study, output, notebooks)
        assert sorted(statuses(again).values()) == ["ok", "skipped", "skipped"]
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_the_same_bytes_whatever_the_number_of_processes(
    study: Any, good_notebooks: Path, tmp_path: Path
) -> None:
    for jobs in (1, 3):
        make(study, tmp_path / "same", good_notebooks, jobs=jobs, force=True)
        pages = {path.name: path.read_bytes() for path in (tmp_path / "same").glob("*-*.html")}
        if jobs == 1:
            alone = pages
    assert pages == alone


def test_a_batch_reads_its_record_and_each_notebook_once(
    study: Any, good_notebooks: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(study, output, good_notebooks)
    read: Counter[str] = Counter()
    record, content = Manifest.read, notebooks._content

    def read_record(folder: Path) -> Manifest | None:
        read["record"] += 1
        return record(folder)

    def read_notebook(path: Path) -> Any:
        read[path.stem] += 1
        return content(path)

    monkeypatch.setattr(Manifest, "read", read_record)
    monkeypatch.setattr(notebooks, "_content", read_notebook)
    assert set(statuses(make(study, output, good_notebooks)).values()) == {"skipped"}
    assert read == {"record": 1, "benchmark": 1, "organisation": 1}


def test_reasons_to_make_a_report(study: Any, good_notebooks: Path, output: Path) -> None:
    def reasons() -> set[str]:
        return {why for _, why in plan.outlook(study, output, notebooks=good_notebooks)}

    assert reasons() == {"not made yet"}
    make(study, output, good_notebooks)
    assert reasons() == {""}
    (study.path / "clients.csv").write_text("organisation,q1\nTransit,4\n")
    assert reasons() == {"changed: data"}
    make(study, output, good_notebooks)
    (output / f"{TRANSIT}.html").unlink()
    assert reasons() == {"", "its page is gone"}
    (output / f"{TRANSIT}.html").write_text("")
    assert reasons() == {"", "its page is not as it was made"}
    assert statuses(make(study, output, good_notebooks))[TRANSIT] == "ok"
    assert reasons() == {""}


@pytest.mark.parametrize("record", [b"", b'{"schema": 2}', b"\xff\xfe", b'{"schema": 5}', None])
def test_a_record_that_cannot_be_read_is_lost_and_that_is_said(
    study: Any, good_notebooks: Path, output: Path, record: bytes | None
) -> None:
    have(study, "Transit", "Water")
    make(study, output, good_notebooks)
    have(study, "Transit")
    (store_of(output) / "manifest.json").unlink()
    if record is not None:
        (store_of(output) / "manifest.json").write_bytes(record)
    told = Told()
    again = make(study, output, good_notebooks, progress=told)
    assert statuses(again) == {"benchmark": "ok", TRANSIT: "ok"}
    assert told.messages[0].endswith("cannot be read: every report is made again.")
    left = {path.name for path in output.glob("*.html")}
    assert left == {"index.html", "benchmark.html", f"{TRANSIT}.html"}
    assert set(statuses(make(study, output, good_notebooks)).values()) == {"skipped"}


def test_a_line_of_the_journal_that_cannot_be_read_is_no_hindrance(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    make(study, output, good_notebooks)
    (store_of(output) / "manifest.journal").write_bytes(b'\xff\n{"stem": "benchmark"}\n[]\n')
    assert set(statuses(make(study, output, good_notebooks)).values()) == {"skipped"}


@pytest.mark.parametrize("moved", ["reports", "all"])
def test_reports_that_are_moved_or_copied_stand_as_they_are(
    study: Any, good_notebooks: Path, output: Path, tmp_path: Path, moved: str
) -> None:
    make(study, output, good_notebooks)
    make(study, output, good_notebooks, wave="2025", organisations=["Transit"])
    if moved == "reports":
        output = shutil.copytree(output, tmp_path / "elsewhere" / "copy")
    else:
        for name in ("data", "reports", "notebooks"):
            shutil.move(tmp_path / name, tmp_path / "elsewhere" / name)
        output = tmp_path / "elsewhere" / "reports" / "tiny"
        good_notebooks = tmp_path / "elsewhere" / "notebooks"
        study.path = tmp_path / "elsewhere" / "data" / "tiny"
    told = Told()
    again = make(study, output, good_notebooks, progress=told)
    assert len(again.of_this_run) == 4
    assert {entry.status for entry in again.of_this_run} == {"skipped"}
    assert len(again.reports) == 6
    assert not told.messages


def test_what_left_the_data_leaves_a_copied_folder_too(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    make(study, output, good_notebooks)
    copy = Path(shutil.copytree(output, output.with_name("copy")))
    (copy / "about.html").touch()
    have(study, "Transit", "Évora Water")
    make(study, output, good_notebooks)
    assert statuses(make(study, copy, good_notebooks)) == {
        "benchmark": "skipped",
        EVORA: "skipped",
        TRANSIT: "skipped",
    }
    left = {path.stem for path in copy.glob("*.html")}
    assert left == {"index", "about", "benchmark", EVORA, TRANSIT}
    assert cache.place(copy) != cache.place(output)


def test_shared_results_are_computed_once_for_the_same_inputs(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    computed = []

    def share(study: Any, wave: str, path: Path) -> None:
        computed.append(wave)
        path.write_text(wave)

    one = {"organisations": ["Transit"], "reports": ["organisation"], "share": share}
    make(study, output, good_notebooks, **one)
    make(study, output, good_notebooks, share=share)
    assert len(computed) == 1
    make(study, output, good_notebooks, wave="2025", **one)
    (study.path / "clients.csv").write_text("organisation,q1\nTransit,4\n")
    make(study, output, good_notebooks, **one)
    assert len(computed) == 3
    assert len(stores(output)) == 1


def test_a_killed_process_is_recorded_and_the_others_go_on(
    study: Any, place_notebook: Any, output: Path, marker: str
) -> None:
    notebooks = place_notebook("dies-for-parks")
    manifest = make(study, output, notebooks)
    assert statuses(manifest) == {
        EVORA: "ok",
        PARKS: "failed",
        TRANSIT: "ok",
    }
    error = manifest.reports[PARKS].error
    assert error is not None
    assert error.startswith("Its process died twice in cell 2")
    assert gone(marker), strays(marker)


def test_any_executor_will_do(study: Any, good_notebooks: Path, output: Path) -> None:
    manifest = make(
        study, output, good_notebooks, reports=["benchmark"], executor=lambda: ThreadPoolExecutor(1)
    )
    assert manifest.reports["benchmark"].error is None
    assert statuses(manifest) == {"benchmark": "ok"}


def test_what_is_not_there_is_named_with_the_nearest(
    study: Any, good_notebooks: Path, output: Path, tmp_path: Path
) -> None:
    """And before anything is computed."""

    def share(study: Any, wave: str, path: Path) -> None:
        raise AssertionError("computed")

    with pytest.raises(UnknownNameError, match="Did you mean 'Transit'"):
        make(study, output, good_notebooks, organisations=["Tranist"], share=share)
    with pytest.raises(
        UnknownNameError, match=r"no report 'benchmarks'; choose from .*'benchmark'"
    ):
        make(study, output, good_notebooks, reports=["benchmarks"], share=share)
    with pytest.raises(
        UnknownNameError, match=r"no wave '2062'; choose from 2025 and 2026\..*'2026'"
    ):
        make(study, output, good_notebooks, wave="2062", share=share)
    study.waves = []
    with pytest.raises(UnknownNameError, match="has no waves; leave wave '2026' out"):
        make(study, output, good_notebooks, wave="2026")
    with pytest.raises(BatchError, match="no report notebooks"):
        make(study, output, tmp_path / "data")


def test_a_wave_has_files_of_its_own(study: Any, good_notebooks: Path, output: Path) -> None:
    jobs = plan.plan(study, output, wave="2025", notebooks=good_notebooks)
    assert [job.stem for job in jobs][:2] == [
        page_name("benchmark", wave="2025"),
        of("Évora Water", "2025"),
    ]
    assert jobs[1].parameters["wave"] == "2025"


def test_the_record_tells_what_was_computed_and_what_of_it_again(
    study: Any, output: Path, write_notebook: Any
) -> None:
    lines = [
        "from workbench.costly import made, once",
        "made('model', 1)\nmade('model', study)",
        "print(once('cube', lambda x: made('cube', x) or x**3, 2))",
    ]
    for name in ("benchmark", "drivers"):
        notebooks = write_notebook(name, lines, 'study = ""\nshared = ""')

    def share(study: Any, wave: str, path: Path) -> Tally:
        return Tally({("model", "other"): 1})

    manifest = make(study, output, notebooks, share=share)
    assert [entry.error for entry in manifest.of_this_run] == [None, None]
    assert manifest.computed == {
        "cube": {"made": 1, "again": 0},
        "model": {"made": 3, "again": 2},
    }
    assert read_record(output).computed == manifest.computed


def test_two_batches_do_not_share_an_output_folder(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def wait(study: Any, wave: str, path: Path) -> None:
        entered.set()
        leave.wait(30)

    first = threading.Thread(
        target=make,
        args=(study, output, good_notebooks),
        kwargs={"share": wait, "reports": ["benchmark"]},
    )
    first.start()
    assert entered.wait(30)
    try:
        with pytest.raises(BatchError, match="Another batch is writing"):
            make(study, output, good_notebooks)
    finally:
        leave.set()
        first.join()


def test_an_error_in_the_shared_results_leaves_a_true_record(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    def fail(study: Any, wave: str, path: Path) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make(study, output, good_notebooks, share=fail)
    record = read_record(output)
    assert record is not None
    assert {entry.error for entry in record.reports.values()} == {run.STOPPED}


def test_data_that_change_during_the_run_are_noticed(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    def replace_data(study: Any, wave: str, path: Path) -> None:
        (study.path / "clients.csv").write_text("organisation,q1\nTransit,5\n")

    choice = {"reports": ["benchmark"]}
    make(study, output, good_notebooks, **choice)
    (study.path / "clients.csv").write_text("organisation,q1\nTransit,4\n")
    told = Told()
    first = make(study, output, good_notebooks, share=replace_data, progress=told, **choice)
    assert first.provenance["changed_during_the_run"] == ["clients.csv"]
    sentence = "clients.csv changed while {} made: run the batch again."
    assert told.messages[-1] == sentence.format("reports were")
    (entry,) = first.of_this_run
    assert (entry.status, entry.error) == ("failed", sentence.format("it was"))
    assert entry.html is None
    assert not (output / "benchmark.html").exists()
    again = make(study, output, good_notebooks, **choice)
    assert statuses(again) == {"benchmark": "ok"}
    assert "changed_during_the_run" not in again.provenance


class Told:
    """Keeps what a batch tells of its progress."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def start(self, store: Path, record: Any) -> None: ...
    def report(self, entry: Any) -> None: ...

    def message(self, text: str) -> None:
        self.messages.append(text)

    @property
    def gone(self) -> list[str]:
        start = "Taken off the list: "
        return [one.removeprefix(start) for one in self.messages if one.startswith(start)]


def have(study: Any, *organisations: str) -> None:
    """Let these be the study's organisations, as its data have them."""
    study.organisations = pd.DataFrame({"organisation": organisations, "name": organisations})
    study.organisation = str
    (study.path / "clients.csv").write_text("\n".join(organisations))


def pages(output: Path) -> dict[str, str]:
    """Return the page behind every link of the list of reports, by the link's words."""
    index = (output / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<th scope="row"[^>]*><a href="([^"]+)">([^<]+)</a>', index)
    links += re.findall(r'<h[23][^>]*><a href="([^"]+)">([^<]+)</a>', index)
    return {
        html.unescape(words): (output / unquote(html.unescape(link))).read_text(encoding="utf-8")
        for link, words in links
    }


AWKWARD = [
    "Land Registry",
    "Land Registry 2025",
    "land registry",
    "LAND REGISTRY",
    "Évora",
    "E\u0301vora",
    "A/B",
    "A\\B",
    "..",
    "index",
    "CON",
    "…",
    "?!",
    '"',
    "'",
    "{wave}",
    '"""' + "'''",
    "line\nbreak",
    "🏥",
    "🏛️ Stadt",
    "משרד הבריאות",
    "وزارة الصحة",
    "東京都",
    "x" * 300,
    "x" * 301,
    "é" * 200,
]


def test_every_organisation_has_a_page_of_its_own_whatever_its_name(
    study: Any, write_notebook: Any, output: Path
) -> None:
    have(study, *AWKWARD)
    cell = "print('[', (organisation + ' in ' + wave).encode().hex(), ']', sep='')"
    notebooks = write_notebook("organisation", [cell])
    make(study, output, notebooks)
    manifest = make(study, output, notebooks, wave="2025")
    assert set(statuses(manifest).values()) == {"ok"}
    files = [entry.html for entry in manifest.reports.values() if entry.html]
    assert len({file.casefold() for file in files}) == 2 * len(AWKWARD)
    found = pages(output)
    for name in AWKWARD:
        assert f"[{f'{name} in '.encode().hex()}]" in found[name]
        assert f"[{f'{name} in 2025'.encode().hex()}]" in found[f"{name}, 2025"]


def test_an_own_notebook_takes_no_page_and_loses_none(
    study: Any, write_notebook: Any, output: Path
) -> None:
    names = ["index", "Index", "manifest", "con", TRANSIT, "organisation-transit", "報告"]
    names += ["own", "Own"]
    write_notebook("organisation", ["print('[organisation]', organisation)"])
    for name in names:
        notebooks = write_notebook(name, [f"print('[{name}]')"], 'study = ""\nshared = ""')
    manifest = make(study, output, notebooks)
    assert set(statuses(manifest).values()) == {"ok"}
    files = [entry.html for entry in manifest.reports.values() if entry.html]
    assert len({file.casefold() for file in [*files, "index.html"]}) == len(names) + 4
    for entry in manifest.reports.values():
        assert entry.html
        assert f"[{entry.name}]" in (output / entry.html).read_text(encoding="utf-8")
    assert "[organisation] Transit" in pages(output)["Transit"]


def test_a_chains_page_has_a_plain_name_of_its_own_whatever_its_files(
    little: Study, write_notebook: Any, output: Path
) -> None:
    names = ["What? 50% #1", "what? 50% #1"]
    for name in names:
        write_chain(little.path, name, ("service", "results"))
    parameters = 'study = ""\nchain = ""\nshared = ""'
    notebooks = write_notebook("chain", ["print(f'[{chain}]')"], parameters)
    make(open_study(little.path), output, notebooks, share=answers_of)
    files = {path.name for path in output.glob("chain-*.html")}
    assert len({name.casefold() for name in files}) == len(files) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+\.html", name) for name in files)
    found = pages(output)
    assert all(f"[{name}]" in found[name] for name in names)


def test_an_address_does_not_change_when_others_come_and_go(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    have(study, "Health & Care", "Health and Care")
    kept = of("Health and Care")
    first = make(study, output, good_notebooks)
    assert set(statuses(first)) == {"benchmark", kept, of("Health & Care")}
    have(study, "Health and Care", "Health  and  care", "Aa")
    second = make(study, output, good_notebooks)
    assert set(statuses(second)) == {"benchmark", kept, of("Health  and  care"), of("Aa")}
    assert [entry.title for entry in second.reports.values()].count("Health and Care") == 1


def test_what_has_left_the_data_leaves_the_list_and_is_told(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    make(study, output, good_notebooks, keep=True)
    make(study, output, good_notebooks, wave="2025", keep=True)
    have(study, "Transit", "Évora Water")
    study.waves = ["2026"]
    told = Told()
    choice: dict[str, Any] = {"organisations": ["Transit"], "keep": True}
    again = make(study, output, good_notebooks, **choice, progress=told)
    assert set(statuses(again)) == {"benchmark", EVORA, TRANSIT}
    assert len(told.gone) == 5
    why = "the organisation is not in the data any more."
    assert f'organisation: Parks <b>&"/ Trees: {why}' in told.gone
    why = "the wave '2025' is not in the data any more."
    assert f"organisation: Transit, 2025: {why}" in told.gone
    for folder, ending in ((output, "html"), (store_of(output) / cache.NOTEBOOKS, "ipynb")):
        left = {path.stem for path in folder.glob(f"*.{ending}")} - {"index"}
        assert left == {"benchmark", EVORA, TRANSIT}
    assert "Parks" not in (output / "index.html").read_text(encoding="utf-8")
    assert not plan.departures(study, output, [], good_notebooks)


def test_a_failed_organisation_that_is_renamed_is_no_failure_for_ever(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("fails-for-transit")
    first = make(study, output, notebooks)
    assert [entry.title for entry in first.of_this_run if not entry.succeeded] == ["Transit"]
    have(study, "Évora Water", 'Parks <b>&"/ Trees', "Transport")
    planned = plan.plan(study, output, notebooks=notebooks)
    ((entry, why),) = plan.departures(study, output, planned, notebooks)
    assert (entry.title, why) == ("Transit", "the organisation is not in the data any more")
    again = make(study, output, notebooks)
    assert all(entry.succeeded for entry in [*again.of_this_run, *again.reports.values()])


def test_the_outcome_of_a_run_is_that_of_what_it_was_asked_for(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("fails-for-transit")
    make(study, output, notebooks)
    again = make(study, output, notebooks, organisations=["Évora Water"])
    assert [entry.title for entry in again.of_this_run] == ["Évora Water"]
    assert statuses(again)[TRANSIT] == "failed"
    assert read_record(output) == again


def test_a_report_whose_notebook_is_gone_leaves_the_list(
    study: Any, good_notebooks: Path, output: Path, tmp_path: Path
) -> None:
    make(study, output, good_notebooks)
    other = tmp_path / "other"
    other.mkdir()
    (good_notebooks / "benchmark.ipynb").rename(other / "benchmark.ipynb")
    told = Told()
    again = make(study, output, good_notebooks, progress=told)
    assert set(statuses(again)) == {EVORA, PARKS, TRANSIT}
    assert told.gone == ["benchmark: Benchmark: its notebook is not there any more."]
    # Notebooks of another folder are there all the same.
    both = make(study, output, other)
    assert set(statuses(both)) == {"benchmark", EVORA, PARKS, TRANSIT}


def test_real_and_simulated_reports_never_stand_in_one_list(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    make(study, output, good_notebooks)
    study.simulated = False
    told = Told()
    again = make(study, output, good_notebooks, organisations=["Transit"], progress=told)
    assert set(statuses(again)) == {"benchmark", TRANSIT}
    assert len(told.gone) == 2
    assert all("made from simulated data" in one for one in told.gone)


def test_two_studies_of_one_name_do_not_share_a_folder(
    study: Any, good_notebooks: Path, output: Path, tmp_path: Path
) -> None:
    make(study, output, good_notebooks)
    shutil.copytree(study.path, tmp_path / "other" / "tiny")
    (tmp_path / "other" / "tiny" / "clients.csv").write_text("organisation,q1\nTransit,4\n")
    other = SimpleNamespace(**{**vars(study), "path": tmp_path / "other" / "tiny"})
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    with pytest.raises(BatchError, match="holds the reports of another study, 'Tiny towns 2026'"):
        make(other, output, good_notebooks)
    with pytest.raises(BatchError, match="another study"):
        plan.outlook(other, output, notebooks=good_notebooks)
    assert before == {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}


def test_the_notebooks_being_run_are_never_written_over(study: Any, good_notebooks: Path) -> None:
    before = {path.name: path.read_bytes() for path in good_notebooks.iterdir()}
    for output in (good_notebooks.parent, good_notebooks):
        with pytest.raises(BatchError, match="holds the report notebooks"):
            make(study, output, good_notebooks)
    assert before == {path.name: path.read_bytes() for path in good_notebooks.iterdir()}


def test_what_runs_that_were_broken_off_have_left_is_no_hindrance(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    with pytest.raises(UnknownNameError):
        make(study, output, good_notebooks, organisations=["Nobody"])
    assert statuses(make(study, output, good_notebooks, reports=["benchmark"]))
    (output / ".writing-killed").write_text("half")
    (store_of(output) / cache.NOTEBOOKS / ".writing-killed.ipynb").write_text("half")
    make(study, output, good_notebooks, reports=["benchmark"], force=True)
    assert not [*output.rglob(".writing-*"), *store_of(output).rglob(".writing-*")]


def test_a_notebook_that_cannot_be_read_is_a_failure_by_name_and_stops_no_other(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    broken = {"conflict": "<<<<<<< HEAD\n", "empty": "", "old": '{"nbformat": 3}', "half": "{"}
    for name, text in broken.items():
        (good_notebooks / f"{name}.ipynb").write_text(text)
    manifest = make(study, output, good_notebooks)
    made = dict.fromkeys(["benchmark", EVORA, PARKS, TRANSIT], "ok")
    assert statuses(manifest) == made | dict.fromkeys(broken, "failed")
    for name in broken:
        error = manifest.reports[name].error
        assert error is not None
        assert error.startswith(f"notebooks/{name}.ipynb ")
    reasons = {job.stem: why for job, why in plan.outlook(study, output, notebooks=good_notebooks)}
    assert "is empty" in reasons["empty"]
    chosen = make(study, output, good_notebooks, reports=["benchmark"])
    assert all(entry.succeeded for entry in chosen.of_this_run)
    # What was made while a notebook could be read stands; once it can be again, so does the list.
    good = (good_notebooks / "organisation.ipynb").read_bytes()
    (good_notebooks / "organisation.ipynb").write_text("<<<<<<< HEAD\n")
    assert statuses(make(study, output, good_notebooks))[TRANSIT] == "ok"
    (good_notebooks / "organisation.ipynb").write_bytes(good)
    for name in broken:
        (good_notebooks / f"{name}.ipynb").unlink()
    assert statuses(make(study, output, good_notebooks)) == dict.fromkeys(made, "skipped")


def test_an_errors_text_is_for_the_record_alone_and_is_cut(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("fails-with-a-long-message")
    manifest = make(study, output, notebooks, organisations=["Transit"])
    error = manifest.reports[TRANSIT].error
    assert error is not None
    assert error.startswith("ValueError: correct horse battery staple ")
    assert "(cut after 2,000 of 5,000,0" in error
    assert " in cell 3 (" in error
    assert len(error) < 2200
    assert (store_of(output) / "manifest.json").stat().st_size < 20_000
    public = list(output.glob("*.html"))
    assert public
    for path in public:
        assert "horse" not in path.read_text(encoding="utf-8")
    assert "Failed" in (output / "index.html").read_text(encoding="utf-8")


def test_an_error_of_a_worker_is_cut_too(study: Any, good_notebooks: Path, output: Path) -> None:
    class Failing(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            return super().submit(self.fail)

        @staticmethod
        def fail() -> None:
            raise ValueError("x" * 100_000)

    manifest = make(
        study, output, good_notebooks, reports=["benchmark"], executor=lambda: Failing(1)
    )
    error = manifest.reports["benchmark"].error
    assert error is not None
    assert error.startswith("ValueError: xxx")
    assert "cut after 2,000 of 100,012 characters" in error


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    "end",
    [
        "import sys; sys.exit(0)",
        "raise SystemExit",
        "exit()",
        "quit()",
        "exit",
        "quit(True)",
    ],
)
def test_a_report_that_ends_itself_is_a_failure_by_name(
    study: Any, write_notebook: Any, output: Path, end: str, last: bool
) -> None:
    cells = ["'first'", end, *([] if last else ["'second'"])]
    notebooks = write_notebook("organisation", cells)
    manifest = make(study, output, notebooks, organisations=["Transit"])
    transit = manifest.reports[TRANSIT]
    assert transit.status == "failed"
    assert transit.error is not None
    assert transit.error.startswith("It ended itself (SystemExit")
    assert f" in cell 3 ({end!r})" in transit.error
    assert not (output / f"{TRANSIT}.html").exists()


@pytest.mark.parametrize("name", ["fails-showing-nothing", "fails-taking-back-what-it-shows"])
def test_an_error_that_shows_nothing_is_a_failure_all_the_same(
    study: Any, place_notebook: Any, output: Path, name: str
) -> None:
    notebooks = place_notebook(name)
    transit = make(study, output, notebooks, organisations=["Transit"]).reports[TRANSIT]
    assert transit.error is not None
    assert transit.error.startswith("Quiet: enough in cell 3 (")


def tag(notebooks: Path, cell: int, *tags: str) -> None:
    path = notebooks / "organisation.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[cell].metadata["tags"] = list(tags)
    nbformat.write(notebook, path)


def test_notebooks_of_reports_that_were_made_are_kept_on_demand_only(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    def kept(**options: bool) -> tuple[set[str], int]:
        manifest = make(study, output, good_notebooks, **options)
        folder = store_of(output) / cache.NOTEBOOKS
        there = {f"{cache.NOTEBOOKS}/{path.name}" for path in folder.iterdir()}
        assert {entry.notebook for entry in manifest.reports.values()} - {None} == there
        return set(statuses(manifest).values()), len(there)

    assert kept() == ({"ok"}, 0)
    pages = {path.name: path.read_bytes() for path in output.glob("*.html")}
    assert kept(keep=True, force=True) == ({"ok"}, len(pages) - 1)
    assert kept() == ({"skipped"}, 0)
    assert kept(force=True) == ({"ok"}, 0)
    assert {path.name: path.read_bytes() for path in output.glob("*.html")} == pages


def test_an_error_that_a_cell_was_to_raise_is_none(
    study: Any, place_notebook: Any, output: Path
) -> None:
    notebooks = place_notebook("fails-as-meant")
    one: dict[str, Any] = {"organisations": ["Transit"], "keep": True}
    transit = make(study, output, notebooks, **one).reports[TRANSIT]
    assert (transit.status, transit.error) == ("ok", None)
    assert transit.html
    assert transit.notebook
    assert "the end" in (output / transit.html).read_text(encoding="utf-8")
    kept = (store_of(output) / transit.notebook).read_text(encoding="utf-8")
    assert "An Exception was encountered" not in kept
    assert "meant" in kept


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("raise KeyError('real')", "KeyError: 'real' in cell 4"),
        ("import sys; sys.exit(0)", "It ended itself (SystemExit: 0) in cell 4"),
        ("import os; os._exit(1)", "Its process died twice in cell 4"),
    ],
)
def test_after_an_error_that_was_meant_the_cell_that_failed_is_named(
    study: Any, write_notebook: Any, output: Path, end: str, told: str
) -> None:
    notebooks = write_notebook("organisation", ["'first'", "raise ValueError('meant')", end, "1"])
    tag(notebooks, 2, "raises-exception")
    transit = make(study, output, notebooks, organisations=["Transit"]).reports[TRANSIT]
    assert transit.error is not None
    assert transit.error.startswith(told)


def test_braces_in_a_path_are_part_of_it(study: Any, good_notebooks: Path, tmp_path: Path) -> None:
    notebooks = good_notebooks.rename(tmp_path / "note{book}s")
    manifest = make(study, tmp_path / "{wave}", notebooks, organisations=["Transit"])
    assert statuses(manifest) == {"benchmark": "ok", TRANSIT: "ok"}


def test_numbers_name_organisations_and_waves(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    have(study, "101", "102")
    manifest = make(study, output, good_notebooks, organisations=[101], wave=2025)
    assert set(statuses(manifest)) == {page_name("benchmark", wave="2025"), of("101", "2025")}


def answers_of(study: Any, wave: str, path: Path) -> None:
    """Share a study's clean answers, as the reports' own shared results do."""
    study.store(path.parent / "answers")
    write_pickle((study, b""), path)


def test_a_batch_can_be_forced_again_and_again(
    little: Study, write_notebook: Any, output: Path
) -> None:
    notebooks = write_notebook("benchmark", ["'fine'"], 'study = ""\nshared = ""')
    expected = little.answers("clients")
    for _ in range(3):
        opened = open_study(little.path)
        manifest = make(opened, output, notebooks, share=answers_of, force=True)
        assert statuses(manifest) == {"benchmark": "ok"}
        opened.forget_answers()
        pd.testing.assert_frame_equal(opened.answers("clients"), expected)
        assert len(stores(output)) == 1


def test_what_is_shared_stays_when_computing_it_anew_fails(
    little: Study, write_notebook: Any, output: Path
) -> None:
    notebooks = write_notebook("benchmark", ["'fine'"], 'study = ""\nshared = ""')
    make(open_study(little.path), output, notebooks, share=answers_of)

    def fail(study: Any, wave: str, path: Path) -> None:
        answers_of(study, wave, path)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make(open_study(little.path), output, notebooks, share=fail, force=True)
    (shared,) = stores(output)
    assert (shared / "common.pickle").is_file()
    again = make(open_study(little.path), output, notebooks, share=answers_of)
    assert statuses(again) == {"benchmark": "ok"}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("common.pickle", b""),
        ("common.pickle", None),
        ("answers/0.pickle", b"altered"),
        (SEAL, b""),
    ],
)
def test_shared_results_that_are_damaged_are_computed_again_and_that_is_said(
    little: Study, write_notebook: Any, output: Path, file: str, content: bytes | None, force: bool
) -> None:
    notebooks = write_notebook("benchmark", ["'fine'"], 'study = ""\nshared = ""')
    expected = little.answers("clients")
    make(open_study(little.path), output, notebooks, share=answers_of)
    write_notebook("benchmark", ["'changed'"], 'study = ""\nshared = ""')
    (store,) = stores(output)
    (store / file).unlink()
    if content is not None:
        (store / file).write_bytes(content)
    told, opened = Told(), open_study(little.path)
    manifest = make(opened, output, notebooks, share=answers_of, force=force, progress=told)
    assert statuses(manifest) == {"benchmark": "ok"}
    assert not damaged(store)
    opened.forget_answers()
    pd.testing.assert_frame_equal(opened.answers("clients"), expected)
    said = [f"What reports share was damaged ({file}) and is computed again."]
    assert told.messages == (["Computing what all reports share."] if force else said)


@pytest.mark.parametrize("changed", [0, 1])
def test_sources_of_one_name_in_two_folders_are_two_files(
    study: Any, good_notebooks: Path, output: Path, tmp_path: Path, changed: int
) -> None:
    files = [tmp_path / f"source{number}" / "answers.csv" for number in range(2)]
    for file in files:
        file.parent.mkdir()
        file.write_text("organisation,q1\nTransit,3\n")
    study.sources = {
        name: SimpleNamespace(files=(file,))
        for name, file in zip(("clients", "staff"), files, strict=True)
    }
    make(study, output, good_notebooks)
    files[changed].write_text("organisation,q1\nTransit,5\n")
    reasons = {why for _, why in plan.outlook(study, output, notebooks=good_notebooks)}
    assert reasons == {"changed: data"}


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import builders
from workbench.batch import processes
from workbench.batch.run import run_batch

processes.PRELOAD = "workbench.batch.engine"  # all that these notebooks need

if __name__ == "__main__":
    study = builders.tiny_study(Path({folder!r}))
    try:
        run_batch(study, Path({output!r}), notebooks=Path({notebooks!r}), jobs=2,
                  share=lambda study, wave, path: None)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize("given_as", ["file", "standard input"])
def test_a_batch_can_be_run_from_a_program_without_a_main_guard(
    study: Any, write_notebook: Any, output: Path, tmp_path: Path, given_as: str
) -> None:
    notebooks = write_notebook("organisation", ["'fine'"])
    program = SCRIPT.replace('if __name__ == "__main__":', "if True:").format(
        tests=str(Path(__file__).parents[1]),
        folder=str(tmp_path / "data" / "tiny"),
        output=str(output),
        notebooks=str(notebooks),
    )
    if given_as == "file":
        (tmp_path / "program.py").write_text(program)
        command, text = [sys.executable, str(tmp_path / "program.py")], None
    else:
        command, text = [sys.executable], program
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    record = read_record(output)
    assert record is not None
    assert set(statuses(record).values()) == {"ok"}


@pytest.fixture
def started(
    tmp_path: Path, study: Any, write_notebook: Any, output: Path, marker: str
) -> subprocess.Popen[bytes]:
    """A batch in a process group of its own, at the point where two reports are in the making."""
    cell = f"import time\nopen({str(tmp_path / 'reached')!r}, 'a').write('x')\ntime.sleep(3)"
    notebooks = write_notebook("organisation", [cell])
    script = tmp_path / "script.py"
    script.write_text(
        SCRIPT.format(
            tests=str(Path(__file__).parents[1]),
            folder=str(tmp_path / "data" / "tiny"),
            output=str(output),
            notebooks=str(notebooks),
        )
    )
    process = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if (tmp_path / "reached").exists() and (tmp_path / "reached").stat().st_size == 2:
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the batch did not get under way")


def test_ctrl_c_finishes_what_is_running(
    started: subprocess.Popen[bytes], output: Path, marker: str
) -> None:
    os.killpg(started.pid, signal.SIGINT)
    assert started.wait(30) == 130
    record = read_record(output)
    assert record is not None
    assert sorted(statuses(record).values()) == ["ok", "ok", "pending"]
    assert record.finished
    assert (output / "index.html").exists()
    assert gone(marker), strays(marker)


def test_ctrl_c_twice_stops_at_once(
    started: subprocess.Popen[bytes], output: Path, marker: str
) -> None:
    os.killpg(started.pid, signal.SIGINT)
    time.sleep(0.5)
    os.killpg(started.pid, signal.SIGINT)
    assert started.wait(30) == 130
    record = read_record(output)
    assert record is not None
    assert set(statuses(record).values()) == {"pending"}
    assert record.finished
    assert gone(marker), strays(marker)


def test_a_killed_run_leaves_a_true_manifest_and_no_process(
    started: subprocess.Popen[bytes], study: Any, output: Path, marker: str, tmp_path: Path
) -> None:
    started.kill()
    started.wait()
    assert gone(marker, 15), strays(marker)
    record = read_record(output)
    assert record is not None
    assert record.finished is None
    assert set(statuses(record).values()) == {"pending"}
    assert not list(output.glob("organisation-*.html"))
    again = make(study, output, tmp_path / "notebooks", jobs=3)
    assert set(statuses(again).values()) == {"ok"}
