"""What a batch of reports costs, by stage, and beside what one would use instead.

``python benchmarks/batch.py`` simulates a study of 33 organisations, makes all their reports, makes
them again unchanged, and makes a few by papermill and nbconvert from the shell, and by R Markdown
with lavaan in two processes where R is there. The tables go to ``BATCH.md``, the numbers to
``BATCH.json``. ``--thousand`` also compares 50 organisations with 1,000.
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
PEER_REPORTS = 8
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


def simulated(folder: Path, organisations: int) -> Path:
    from workbench.study.simulation import load_population, simulate

    population = load_population().larger(organisations, 40, 15, 3)
    return simulate(folder, seed=1, population=population)


def batch(study: Path, output: Path, *options: str) -> list[str]:
    program = "from workbench.cli import main; main()"
    folders = [str(study), "--output", str(output)]
    return [sys.executable, "-c", program, "batch", *folders, *options]


def stages(output: Path) -> dict[str, float]:
    """Return the mean seconds of each stage of an organisation's report of a finished batch."""
    import nbformat

    from workbench.reports.files import write_atomically
    from workbench.reports.rendering import render

    record = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    found: dict[str, list[float]] = {}
    for entry in record["reports"]:
        if entry["name"] != "organisation":
            continue
        notebook = nbformat.read(output / entry["notebook"], as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        spent = {cell.source: cell.metadata["papermill"]["duration"] for cell in cells}
        data = sum(seconds for code, seconds in spent.items() if "organisation_report" in code)
        figures = sum(seconds for code, seconds in spent.items() if "chain_diagram" in code)
        started = time.perf_counter()
        page = render(notebook)
        rendered = time.perf_counter()
        write_atomically(output / ".work" / "measured.html", page)
        written = time.perf_counter() - rendered
        parts = {
            "data, shared results and title": data,
            "chain and its figure": figures,
            "other sections": sum(spent.values()) - data - figures,
            "kernel start, papermill's own work": (
                notebook.metadata["papermill"]["duration"] - sum(spent.values())
            ),
            "page": rendered - started,
            "writing the page": written,
            "whole report": entry["seconds"],
        }
        for name, seconds in parts.items():
            found.setdefault(name, []).append(seconds)
    (output / ".work" / "measured.html").unlink(missing_ok=True)
    return {name: statistics.mean(values) for name, values in found.items()}


def shell_loop(study: Path, output: Path, organisations: list[str]) -> Cost:
    """papermill, then nbconvert, each started anew, with the shared results already computed."""
    shared = next((output / ".work" / "shared").glob("*/common.pickle"))
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
    """R Markdown with lavaan (indices, one chain, plots); two processes, R started once each."""
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
            f"for (name in c({names})) rmarkdown::render('{own}/organisation.Rmd', quiet = TRUE, "
            f"output_file = paste0(make.names(name), '.html'), "
            f"params = list(organisation = name, folder = '{folder}'))"
        )
        commands.append(["Rscript", "-e", code])
    return cost(len(organisations), *commands)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--organisations", type=int, default=33)
    parser.add_argument("--thousand", action="store_true")
    options = parser.parse_args()
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GB of memory"
    load = os.getloadavg()[0]
    record: dict[str, Any] = {"machine": machine, "load before": load}
    lines = [
        f"Machine: {machine}; load before the run {load:.1f} (what others ran on it meanwhile "
        "lengthens wall time, processor time hardly).",
        "",
        HEADER,
    ]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        study = simulated(folder / "study", options.organisations)
        output = folder / "out"
        count = options.organisations + 1
        wanted = ["--report", "organisation", "--report", "benchmark"]
        costs = {
            "workbench batch, two processes": cost(
                count, batch(study, output, *wanted, "--jobs", "2")
            ),
            "the same again, nothing changed": cost(count, batch(study, output, *wanted)),
        }
        by_stage = stages(output)
        width = len(str(options.organisations))
        names = [f"Organisation {number:0{width}d}" for number in range(1, PEER_REPORTS + 1)]
        costs["papermill and nbconvert from the shell"] = shell_loop(study, output, names[:2])
        if (by_r := r_markdown(study, folder / "r", names)) is not None:
            costs["R Markdown with lavaan, two processes"] = by_r
        if options.thousand:
            for size in (50, 1000):
                study = simulated(folder / f"study{size}", size)
                command = batch(study, folder / f"out{size}", *wanted[:2], "--jobs", "2")
                costs[f"{size:,} organisations"] = cost(size, command)
    lines += [each.line(name) for name, each in costs.items()]
    lines += ["", "| stage of an organisation's report | seconds |", "| --- | --- |"]
    lines += [f"| {name} | {seconds:.3f} |" for name, seconds in by_stage.items()]
    lines += [
        "",
        "The first line holds everything: start, shared results, reports, list. The shell loop was "
        f"measured on 2 reports with the shared results given to it, R Markdown on {PEER_REPORTS}; "
        "its report (`organisation.Rmd`) holds indices, the chain and plots only.",
    ]
    record |= {"costs": {name: asdict(each) for name, each in costs.items()}, "stages": by_stage}
    (HERE / "BATCH.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(["# The cost of a batch", "", *lines, ""])
    (HERE / "BATCH.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
