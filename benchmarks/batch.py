"""Measure the cost of a batch of reports, by stage, and of the alternatives.

``python benchmarks/batch.py`` simulates a study of 33 organisations, makes all their reports, makes
them again unchanged, and makes the same by papermill and nbconvert from the shell and by R Markdown
in two processes where R is there. ``--thousand`` compares 50 organisations with 1,000 instead, of
about 2,000 respondents each. Numbers go to ``RESULTS.json``, tables of all that was measured so far
to ``RESULTS.md``.
"""

import argparse
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).resolve().parent
SHELL_REPORTS = 2
PROCESSES = 10
SIZES = (50, 1000)
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds of all processes of a command, and their peak memory in MB."""

    reports: int
    wall: float
    processor: float
    peak: float

    def line(self, name: str) -> str:
        each = (self.wall / self.reports, self.processor / self.reports)
        return (
            f"| {name} | {self.reports} | {self.wall:.1f} | {each[0]:.2f} | {each[1]:.2f} "
            f"| {60 / each[0]:.0f} | {self.peak:.0f} |"
        )


HEADER = (
    "| | reports | wall (s) | wall per report (s) | processor per report (s) | reports per minute "
    "| peak memory (MB) |\n| --- | --- | --- | --- | --- | --- | --- |"
)


def cost(reports: int, *commands: list[str]) -> Cost:
    """Run ``commands`` side by side and measure all that they start, orphans included."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen(command, cwd=HERE.parent, **quiet) for command in commands]
    done, peak = threading.Event(), [0.0]
    watching = threading.Thread(target=_watch, args=(done, peak))
    watching.start()
    codes = [process.wait() for process in running]
    wall = time.perf_counter() - start
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    done.set()
    watching.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if any(codes):
        raise SystemExit(f"{commands[0]} ended with {codes}.")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(reports, wall, processor, peak[0])


def _watch(done: threading.Event, peak: list[float]) -> None:
    """Keep the largest sum of what all descendants hold, what they share counted once."""
    while not done.wait(0.5):
        held = 0
        for process in psutil.Process().children(recursive=True):
            try:
                held += process.memory_full_info().pss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], held / 2**20)


def simulated(folder: Path, organisations: int, *size: int) -> Path:
    """Simulate a study; ``size`` is units, respondents of each in a wave and source, and waves."""
    from workbench.simulation import load_population, simulate

    population = load_population().larger(organisations, *size)
    return simulate(folder, seed=1, population=population)


def batch(study: Path, output: Path, *options: str) -> list[str]:
    program = "from workbench.cli.main import main; main()"
    folders = [str(study), "--output", str(output)]
    return [sys.executable, "-c", program, "batch", *folders, *options]


def record(output: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Return what became of every report of a batch, and the folder where that is kept."""
    from workbench.batch.cache import place

    store = place(output)
    if store is None:
        raise SystemExit(f"No batch has run in {output}.")
    return store, json.loads((store / "manifest.json").read_text(encoding="utf-8"))["reports"]


def stages(output: Path) -> dict[str, float]:
    """Return the mean seconds of each stage of an organisation's report of a finished batch."""
    import nbformat

    from workbench.files import write_atomically
    from workbench.reports.rendering import render

    store, entries = record(output)
    found: dict[str, list[float]] = {}
    for entry in entries:
        if entry["name"] != "organisation":
            continue
        notebook = nbformat.read(store / entry["notebook"], as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        spent = {cell.source: cell.metadata["papermill"]["duration"] for cell in cells}
        data = sum(seconds for code, seconds in spent.items() if "organisation_report" in code)
        figures = sum(seconds for code, seconds in spent.items() if "chain_diagram" in code)
        started = time.perf_counter()
        page = render(notebook)
        rendered = time.perf_counter()
        write_atomically(output / "measured.html", page)
        written = time.perf_counter() - rendered
        parts = {
            "shared results opened, title": data,
            "chain and its figure": figures,
            "other sections": sum(spent.values()) - data - figures,
            "shell start and papermill": (
                notebook.metadata["papermill"]["duration"] - sum(spent.values())
            ),
            "page": rendered - started,
            "writing the page": written,
            "whole report": entry["seconds"],
        }
        for name, seconds in parts.items():
            found.setdefault(name, []).append(seconds)
    (output / "measured.html").unlink(missing_ok=True)
    return {name: statistics.mean(values) for name, values in found.items()}


def process_ready() -> float:
    """Return the median seconds until a process with all imports has answered and is gone."""
    from workbench.batch.processes import call, prepare

    prepare()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(1 + PROCESSES):  # the first waits for the imports
            started = time.perf_counter()
            call(os.getpid, scratch=Path(folder), folder=Path(folder))
            found.append(time.perf_counter() - started)
    return statistics.median(found[1:])


def shell_loop(study: Path, output: Path, organisations: list[str], shared: Path | str) -> Cost:
    """papermill, then nbconvert, each started anew; what reports share from a file, if given."""
    bin_folder, target = Path(sys.executable).parent, output / "shell.ipynb"
    notebook = HERE.parent / "notebooks" / "organisation.ipynb"
    lines = []
    for name in organisations:
        values = {"study": study, "organisation": name, "wave": "", "shared": shared}
        given = " ".join(f"-p {key} '{value}'" for key, value in values.items())
        lines.append(
            f"{bin_folder}/papermill --no-progress-bar -k python3 {given} {notebook} {target}"
            f" && {bin_folder}/jupyter-nbconvert --to html --no-input {target}"
        )
    return cost(len(organisations), ["sh", "-c", " && ".join(lines)])


def r_markdown(study: Path, folder: Path, organisations: list[str]) -> Cost | None:
    """The same contents in R; two processes, in each what is shared is computed once."""
    if not shutil.which("Rscript"):
        return None
    import pandas as pd

    folder.mkdir()
    shutil.copy(study / "codebook.csv", folder)
    shutil.copy(study / "employees.csv", folder)
    pd.read_parquet(study / "clients.parquet").to_csv(folder / "clients.csv", index=False)
    commands = []
    for part in (organisations[::2], organisations[1::2]):
        own = folder / str(len(commands))
        own.mkdir()
        shutil.copy(HERE / "organisation.Rmd", own)
        names = ", ".join(json.dumps(name) for name in part)
        code = (
            f"folder <- '{folder}'; source('{HERE}/organisation_shared.R'); "
            f"for (name in c({names})) rmarkdown::render('{own}/organisation.Rmd', quiet = TRUE, "
            f"output_file = paste0(make.names(name), '.html'), params = list(organisation = name))"
        )
        commands.append(["Rscript", "-e", code])
    return cost(len(organisations), *commands)


def of_reports(output: Path) -> float:
    """Return the mean seconds from the start of a report to its page."""
    return statistics.mean(entry["seconds"] for entry in record(output)[1])


def measure_batch(folder: Path, organisations: int) -> dict[str, Any]:
    study = simulated(folder / "study", organisations, 40, 15, 3)
    output = folder / "out"
    count = organisations + 1
    wanted = ["--report", "organisation", "--report", "benchmark"]
    width = len(str(organisations))
    names = [f"Organisation {number:0{width}d}" for number in range(1, organisations + 1)]
    one = ["--report", "organisation", "--organisation", names[0]]
    shell = "papermill and nbconvert from the shell"
    costs: dict[str, Cost] = {
        "workbench batch, two processes": cost(count, batch(study, output, *wanted, "--jobs", "2")),
        "one report made alone": cost(1, batch(study, folder / "one", *one)),
        "second run, nothing changed": cost(count, batch(study, output, *wanted)),
        shell: shell_loop(study, output, names[:SHELL_REPORTS], ""),
    }
    shared = next(record(output)[0].rglob("common.pickle"))
    given = shell_loop(study, output, names[:SHELL_REPORTS], shared)
    costs[f"{shell}, shared results given"] = given
    if (by_r := r_markdown(study, folder / "r", names)) is not None:
        costs["R Markdown, two processes"] = by_r
    return {
        "costs": {name: asdict(each) for name, each in costs.items()},
        "stages": stages(output),
        "process": process_ready(),
    }


def measure_scale(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for size in SIZES:
        study, output = folder / f"study{size}", folder / f"out{size}"
        command = [sys.executable, __file__, "--simulate", str(study), "--organisations", str(size)]
        making = cost(1, command)
        command = batch(study, output, "--report", "organisation", "--jobs", "2")
        found[f"{size:,} organisations"] = {
            **asdict(cost(size, command)),
            "seconds": of_reports(output),
            "simulation": asdict(making),
        }
        shutil.rmtree(output)
    return found


CONTENTS = """Each report of the workbench contains indices with intervals that allow for
clustering in units, ranks and changes; the chain's direct, indirect and total links (the
organisation's own, partially pooled and overall); priorities for two outcomes with bootstrap
intervals; what-if scenarios; the answers to every question; trends; two necessity analyses with
10,000 permutations; data quality; reliability and fit; method and provenance. The shell loop makes
the same report from the same notebook. Alone, it repeats for each report what a batch computes
once, so it was also measured with these shared results given. The R Markdown report
(`organisation_shared.R`, `organisation.Rmd`; lavaan, metafor, psych) has the same sections but
does less in four respects: links of unit means are not corrected for sampling error, points per
point come from a regression of indices instead of a structural model, the necessity analysis does
not list the units a finding depends on, and tables replace sliders. Each of its two processes
computes the shared results once."""

LINKS = """Other benchmarks: [speed of the engine](ENGINE_SPEED.md), [ordered items](ORDINAL.md),
[convergence](CONVERGENCE.md), [calibration](CALIBRATION.md),
[few clusters](CLUSTERS.md), [linkage](LINKAGE.md), [pooling](POOLING.md),
[links of organisations](HIERARCHY.md), [importance](IMPORTANCE.md), [power](POWER.md),
[necessity](NECESSITY.md),
[streaming](STREAMING.md), [size](SIZE.md), [waves](WAVES.md)."""


def text(record: dict[str, Any]) -> str:
    """Return the tables of what was measured."""
    lines = ["# Batch performance", ""]
    if "batch" in record:
        found = record["batch"]
        lines += [_machine(found), "", HEADER]
        lines += [Cost(**values).line(name) for name, values in found["costs"].items()]
        lines += [
            "",
            "The first line covers the whole run: start, shared results, reports and index. "
            f"The shell loop was measured on {SHELL_REPORTS} reports. {_ratios(found['costs'])}",
            "",
            CONTENTS,
            "",
            "| stage of an organisation's report | seconds |",
            "| --- | --- |",
            *(f"| {name} | {seconds:.3f} |" for name, seconds in found["stages"].items()),
        ]
        if "process" in found:
            ready = f"{found['process']:.3f} s"
            lines += ["", f"A process with all imports answers and is gone after {ready}."]
    if "scale" in record:
        found = record["scale"]
        lines += [
            "",
            "# Fifty and a thousand organisations",
            "",
            _machine(found),
            "About 2,000 respondents each; organisation reports only, two processes. Times per "
            "report include a share of the fixed cost of a batch (start-up and the models of all "
            "organisations). The last column is the time of one report alone, while one other "
            "report is being made.",
            "",
            HEADER.replace(" |\n", " | report alone (s) |\n") + " --- |",
        ]
        for name, values in found["costs"].items():
            own = {key: values[key] for key in ("reports", "wall", "processor", "peak")}
            lines.append(f"{Cost(**own).line(name)} {values['seconds']:.2f} |")
    return "\n".join([*lines, "", LINKS, ""])


def _ratios(costs: dict[str, Any]) -> str:
    """Return the wall time per report of the alternatives as a multiple of the batch's."""
    wall = {name: values["wall"] / values["reports"] for name, values in costs.items()}
    own = next(iter(wall.values()))
    peers = [name for name in wall if name.startswith(("papermill", "R Markdown"))]
    told = "; ".join(f"{name}: {wall[name] / own:.1f}" for name in peers)
    return f"Wall time per report as a multiple of the batch's: {told}."


def _machine(found: dict[str, Any]) -> str:
    return (
        f"Machine: {found['machine']}; load before the run {found['load before']:.1f} "
        "(other programs running at the same time lengthen wall time, and processor time less)."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--organisations", type=int, default=33)
    parser.add_argument("--thousand", action="store_true")
    parser.add_argument("--simulate", type=Path, help="only make the study of --thousand's size")
    options = parser.parse_args()
    if options.simulate:
        simulated(options.simulate, options.organisations, 30, 11, 3)
        return
    memory = psutil.virtual_memory().total / 2**30
    about = {
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GB of memory",
        "load before": os.getloadavg()[0],
    }
    results = HERE / "RESULTS.json"
    record = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {}
    with tempfile.TemporaryDirectory() as temporary:
        if options.thousand:
            record["scale"] = {**about, "costs": measure_scale(Path(temporary))}
        else:
            record["batch"] = {**about, **measure_batch(Path(temporary), options.organisations)}
    results.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (HERE / "RESULTS.md").write_text(text(record), encoding="utf-8")
    print(text(record))


if __name__ == "__main__":
    main()
