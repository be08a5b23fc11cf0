"""The batch: every report is made or accounted for, and nothing is left behind."""

import html
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from workbench.exceptions import UnknownNameError
from workbench.reports import batch
from workbench.reports.batch import BatchError, run_batch
from workbench.reports.manifest import Manifest
from workbench.reports.zygote import ADDRESS, Zygote


@pytest.fixture(autouse=True)
def _quick_kernels(monkeypatch: pytest.MonkeyPatch, bare_zygote: Zygote) -> None:
    """Kernels of this file's tests need nothing but Python."""
    monkeypatch.setenv(ADDRESS, bare_zygote.address)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "tiny"


def make(study: Any, output: Path, notebooks: Path, **options: Any) -> Manifest:
    options = {"jobs": 2, "share": lambda study, wave, path: path.write_text(wave), **options}
    return run_batch(study, output, notebooks=notebooks, **options)


def statuses(manifest: Manifest) -> dict[str, str]:
    return {stem: entry.status for stem, entry in manifest.reports.items()}


def strays(marker: str) -> list[psutil.Process]:
    """Return the processes started for the batch of this test, whoever their parent is.

    Python's own helpers (fork server, resource tracker), children of this process, live on.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpid() in (process.pid, process.ppid()):
                continue
            if process.environ().get("MARKER") == marker:
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
        "organisation-evora-water": "ok",
        "organisation-parks-b-and-trees": "ok",
        "organisation-transit": "ok",
    }
    parks = manifest.reports["organisation-parks-b-and-trees"]
    assert parks.organisation == parks.title == 'Parks <b>&"/ Trees'
    assert parks.key_numbers == {
        "People": {"value": 61.25, "lower": 58.0, "upper": 64.5},
        "Note": 'Parks <b>&"/ Trees',
    }
    assert parks.html is not None
    assert "<h1" in (output / parks.html).read_text(encoding="utf-8")
    assert Manifest.read(output) == manifest
    record = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    assert record["finished"] >= record["started"]
    assert record["provenance"]["data"].keys() == {"study.toml", "clients.csv"}
    index = (output / "index.html").read_text(encoding="utf-8")
    assert 'href="organisation-evora-water.html"' in index
    assert "61.2" in index
    assert not list((output / ".work").glob("*.*"))


def test_what_has_not_changed_is_left_as_it_is(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    choice = {"organisations": ["Transit"]}
    make(study, output, good_notebooks, **choice)
    page = output / "organisation-transit.html"
    before = page.stat().st_mtime_ns
    again = make(study, output, good_notebooks, **choice)
    assert set(statuses(again).values()) == {"skipped"}
    assert again.reports["organisation-transit"].key_numbers["Note"] == "Transit"
    assert page.stat().st_mtime_ns == before

    (study.path / "clients.csv").write_text("organisation,q1\nTransit,4\n")
    assert set(statuses(make(study, output, good_notebooks, **choice)).values()) == {"ok"}
    forced = make(study, output, good_notebooks, force=True, reports=["benchmark"])
    assert statuses(forced) == {"benchmark": "ok", "organisation-transit": "ok"}


def test_a_failing_report_stops_no_other(
    study: Any, write_notebook: Any, output: Path, marker: str
) -> None:
    cell = "if organisation == 'Transit':\n    raise ValueError('no rows\\nin wave 2')\n'fine'"
    notebooks = write_notebook("organisation", ["'before'", cell, "'after'"])
    (output).mkdir(parents=True)
    (output / "organisation-transit.html").write_text("a page of an earlier run")
    manifest = make(study, output, notebooks)
    assert statuses(manifest) == {
        "organisation-evora-water": "ok",
        "organisation-parks-b-and-trees": "ok",
        "organisation-transit": "failed",
    }
    transit = manifest.reports["organisation-transit"]
    assert transit.error is not None
    assert transit.error.startswith("ValueError: no rows in wave 2 in cell 3")
    assert transit.html is None
    assert not (output / "organisation-transit.html").exists()
    assert transit.notebook is not None
    kept = nbformat.read(output / transit.notebook, as_version=4)
    assert any("'before'" in str(cell.get("outputs")) for cell in kept.cells)
    assert transit.error in html.unescape((output / "index.html").read_text(encoding="utf-8"))
    assert gone(marker)


def test_a_report_that_hangs_is_stopped(
    study: Any, write_notebook: Any, output: Path, marker: str
) -> None:
    hang = "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)"
    notebooks = write_notebook("organisation", ["1 + 1", hang])
    started = time.monotonic()
    manifest = make(study, output, notebooks, organisations=["Transit"], time_limit=5)
    assert time.monotonic() - started < 30
    transit = manifest.reports["organisation-transit"]
    assert transit.status == "timeout"
    assert transit.error is not None
    assert transit.error.startswith("Stopped at its time limit of 5 seconds in cell 3")
    assert gone(marker), strays(marker)


def test_a_kernel_that_dies_is_told_from_an_error(
    study: Any, write_notebook: Any, output: Path
) -> None:
    notebooks = write_notebook("organisation", ["import os\nos._exit(9)"])
    manifest = make(study, output, notebooks, organisations=["Transit"])
    transit = manifest.reports["organisation-transit"]
    assert transit.status == "failed"
    assert transit.error is not None
    assert transit.error.startswith("Its kernel died twice in cell 2")


def test_a_kernel_that_is_killed_once_gets_another_try(
    study: Any, write_notebook: Any, output: Path, tmp_path: Path
) -> None:
    cell = (
        "import os, signal\nfrom pathlib import Path\n"
        f"seen = Path({str(tmp_path / 'seen')!r})\n"
        "if not seen.exists():\n    seen.touch()\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "'second'"
    )
    notebooks = write_notebook("organisation", [cell])
    manifest = make(study, output, notebooks, organisations=["Transit"])
    assert statuses(manifest) == {"organisation-transit": "ok"}


def test_a_report_has_the_memory_it_was_given(
    study: Any, write_notebook: Any, output: Path
) -> None:
    cell = "held = []\nwhile True:\n    held.append(bytearray(50_000_000))"
    notebooks = write_notebook("organisation", ["1 + 1", cell])
    choice = {"organisations": ["Transit"], "memory_limit": 2**29}
    transit = make(study, output, notebooks, **choice).reports["organisation-transit"]
    assert transit.status == "failed"
    assert transit.error is not None
    assert transit.error.startswith("It needs more memory than its limit of 0.5 GB in cell 3")


def test_a_full_disk_is_said_and_the_next_run_completes(
    study: Any, write_notebook: Any, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("Only root can mount a small disk.")
    try:
        cell = "'x' * (2_000_000 if organisation == 'Transit' else 9)"
        notebooks = write_notebook("organisation", [cell])
        output = small / "out"
        assert statuses(make(study, output, notebooks, jobs=1)) == {
            "organisation-evora-water": "ok",
            "organisation-parks-b-and-trees": "ok",
            "organisation-transit": "failed",
        }
        record = Manifest.read(output)
        assert record is not None
        assert record.finished
        error = record.reports["organisation-transit"].error
        assert error == "There is no space left on the disk for it."
        (output / "organisation-transit.html").unlink(missing_ok=True)
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


def test_reasons_to_make_a_report(study: Any, good_notebooks: Path, output: Path) -> None:
    def reasons() -> set[str]:
        return {why for _, why in batch.outlook(study, output, notebooks=good_notebooks)}

    assert reasons() == {"not made yet"}
    make(study, output, good_notebooks)
    assert reasons() == {""}
    (study.path / "clients.csv").write_text("organisation,q1\nTransit,4\n")
    assert reasons() == {"changed: data"}
    make(study, output, good_notebooks)
    (output / "organisation-transit.html").unlink()
    assert reasons() == {"", "its page is gone"}


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
    assert len(list((output / ".work" / "shared").iterdir())) == 1


def test_a_killed_worker_is_recorded_and_the_others_go_on(
    study: Any, write_notebook: Any, output: Path, marker: str
) -> None:
    cell = (
        "import os, signal\n"
        "if organisation == 'Parks <b>&\"/ Trees':\n"
        "    os.kill(int(os.environ['JPY_PARENT_PID']), signal.SIGKILL)\n"
        "    import time; time.sleep(30)\n"
        "organisation"
    )
    notebooks = write_notebook("organisation", [cell])
    manifest = make(study, output, notebooks)
    assert statuses(manifest) == {
        "organisation-evora-water": "ok",
        "organisation-parks-b-and-trees": "failed",
        "organisation-transit": "ok",
    }
    assert manifest.reports["organisation-parks-b-and-trees"].error == batch.WORKER_DIED
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
    with pytest.raises(UnknownNameError, match="Did you mean 'Transit'"):
        make(study, output, good_notebooks, organisations=["Tranist"])
    with pytest.raises(
        UnknownNameError, match=r"no report 'benchmarks'; choose from .*'benchmark'"
    ):
        make(study, output, good_notebooks, reports=["benchmarks"])
    with pytest.raises(UnknownNameError, match=r"no wave '2062'; choose from 2025, 2026\..*'2026'"):
        make(study, output, good_notebooks, wave="2062")
    study.waves = []
    with pytest.raises(UnknownNameError, match="has no waves; leave wave '2026' out"):
        make(study, output, good_notebooks, wave="2026")
    with pytest.raises(BatchError, match="no report notebooks"):
        make(study, output, tmp_path / "data")


def test_a_wave_has_files_of_its_own(study: Any, good_notebooks: Path, output: Path) -> None:
    jobs = batch.plan(study, output, wave="2025", notebooks=good_notebooks)
    assert [job.stem for job in jobs][:2] == ["benchmark-2025", "organisation-evora-water-2025"]
    assert jobs[1].parameters["wave"] == "2025"


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
    record = Manifest.read(output)
    assert record is not None
    assert {entry.error for entry in record.reports.values()} == {batch.STOPPED}


def test_data_that_change_during_the_run_are_noticed(
    study: Any, good_notebooks: Path, output: Path
) -> None:
    def replace_data(study: Any, wave: str, path: Path) -> None:
        (study.path / "clients.csv").write_text("organisation,q1\nTransit,5\n")

    choice = {"reports": ["benchmark"]}
    first = make(study, output, good_notebooks, share=replace_data, **choice)
    assert first.provenance["changed_during_the_run"] == ["clients.csv"]
    again = make(study, output, good_notebooks, **choice)
    assert statuses(again) == {"benchmark": "ok"}
    assert "changed_during_the_run" not in again.provenance


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import conftest
from workbench.reports.batch import run_batch

if __name__ == "__main__":
    study = conftest.tiny_study(Path({folder!r}))
    try:
        run_batch(study, Path({output!r}), notebooks=Path({notebooks!r}), jobs=2,
                  share=lambda study, wave, path: None)
    except KeyboardInterrupt:
        sys.exit(130)
"""


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
            tests=str(Path(__file__).parent),
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
    record = Manifest.read(output)
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
    record = Manifest.read(output)
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
    record = Manifest.read(output)
    assert record is not None
    assert record.finished is None
    assert set(statuses(record).values()) == {"pending"}
    assert not list(output.glob("organisation-*.html"))
    again = make(study, output, tmp_path / "notebooks", jobs=3)
    assert set(statuses(again).values()) == {"ok"}
