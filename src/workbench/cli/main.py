"""The command line: ``workbench check``, ``fit``, ``chains``, ``simulate``, ``batch``, ``power``.

Exit codes: 0 success, 1 failure, 2 usage error. An error is one line on standard error. Slow
imports are inside the commands that need them, so that ``--help`` answers at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import Abort, TyperException

from workbench.text import counted

if TYPE_CHECKING:
    import pandas as pd


FAILURE = 1
USAGE = 2

app = typer.Typer(
    name="workbench",
    help="People–service–trust workbench: from survey data to published reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StudyFolder = Annotated[
    Path, typer.Argument(metavar="STUDY", help="Folder with study.toml, as in data/demo.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from workbench import __version__

        typer.echo(f"workbench {__version__}")
        raise typer.Exit


@app.callback()
def _workbench(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """People–service–trust workbench: from survey data to published reports."""


@app.command()
def check(study: StudyFolder, as_json: AsJson = False) -> None:
    """List the problems in a study's files and how to solve each.

    The exit code is 1 if there are errors, and 0 if there are only warnings and notes.
    """
    from workbench import open_study

    opened = open_study(study)
    problems = opened.check()
    errors = len(problems.errors)
    if as_json:
        from dataclasses import asdict

        _print_json(
            {
                "study": opened.name,
                "errors": errors,
                "problems": [asdict(problem) for problem in problems],
            }
        )
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{opened.name}: {problems.summary}.")
    if errors:
        raise typer.Exit(FAILURE)


@app.command()
def fit(
    study: StudyFolder,
    chain: Annotated[
        str | None, typer.Option(help="Chain from the catalogue; default: the study's chain.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="Fit one organisation only; default: all organisations.")
    ] = None,
    wave: Annotated[str | None, typer.Option(help="Wave to fit; default: the latest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a chain to a study and print its links."""
    import warnings

    from workbench import open_study
    from workbench.chain import links, why_no_links
    from workbench.chain.effects import difference_in_words, fit_test
    from workbench.errors import WorkbenchWarning
    from workbench.figures import format as fmt
    from workbench.reports.words import NOTHING_TO_TEST
    from workbench.sem import reported_measures

    opened = open_study(study)
    with warnings.catch_warnings():
        # The fit carries its warnings; they are printed below, once.
        warnings.simplefilter("ignore", WorkbenchWarning)
        fitted = opened.fit(chain=chain, organisation=organisation, wave=wave)
        reason = why_no_links(fitted, opened.runnable_chain(chain).label)
        effects = links(fitted)
    effects = effects.head(0) if reason else effects
    level = "respondents" if fitted.options.weights else "units"
    wave = opened.wave(wave)
    messages = [str(warning) for warning in fitted.warnings]
    told = reported_measures(fitted.measures)
    if as_json:
        _print_json(
            {
                "study": opened.name,
                "organisation": organisation,
                "wave": wave or None,
                "n": fitted.nobs,
                "level": level,
                "converged": bool(fitted.converged),
                "unusable": reason,
                "links": _records(effects),
                "estimates": _records(fitted.estimates),
                "reported": {name: _number(value) for name, value in told.items()},
                "measures": {name: _number(value) for name, value in fitted.measures.items()},
                "warnings": messages,
            }
        )
        return
    where = organisation or "all organisations"
    typer.echo(f"{where}{f', wave {wave}' if wave else ''}: n = {fitted.nobs} {level}")
    if reason:
        typer.echo(f"The links cannot be used. {reason}", err=True)
    else:
        _print_links(effects)
        fits = (
            NOTHING_TO_TEST
            if told["df"] == 0
            else f"Fit: robust {difference_in_words(fit_test(fitted))}; "
            + ", ".join(
                f"{name.upper()} {fmt.number(told[name], 3)}" for name in ("cfi", "rmsea", "srmr")
            )
        )
        typer.echo(fits)
    for message in messages:
        typer.echo(f"Warning: {message}", err=True)


@app.command()
def chains(study: StudyFolder, as_json: AsJson = False) -> None:
    """List the chains that a study can run, and the constructs that the others need."""
    from workbench import open_study

    opened = open_study(study)
    table = opened.chains().availability(opened.codebook.constructs)
    if as_json:
        _print_json({"study": opened.name, "chains": _records(table)})
        return
    for row in table.to_dict("records"):
        typer.echo(f"{row['chain']}: " + ("runs" if row["runs"] else f"needs {row['missing']}"))
    typer.echo(f"{opened.name} runs {table['runs'].sum()} of {counted(len(table), 'chain')}.")


@app.command()
def simulate(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write the study to.")],
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Random seed; the same seed gives the same files. Default: the seed of the demo.",
        ),
    ] = None,
) -> None:
    """Write a simulated study, drawn from a population with known links."""
    from workbench import simulation

    folder = simulation.simulate(path) if seed is None else simulation.simulate(path, seed=seed)
    typer.echo(f"Simulated study written to {folder}.")


@app.command()
def batch(
    study: StudyFolder,
    report: Annotated[
        list[str] | None, typer.Option(help="Make only this report; may be repeated.")
    ] = None,
    organisation: Annotated[
        list[str] | None,
        typer.Option(help="Make reports only for this organisation; may be repeated."),
    ] = None,
    wave: Annotated[
        str, typer.Option(help="Make reports for this wave; default: the latest.")
    ] = "",
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Number of reports made at once; default: one per core."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Output folder, used for this study only; default: reports/STUDY."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make unchanged reports too.")] = False,
    time_limit: Annotated[
        float, typer.Option(min=1, help="Time limit for each report, in seconds.")
    ] = 600,
    memory_limit: Annotated[
        float | None,
        typer.Option(min=0, help="Memory limit for each report, in GB; default: an equal share."),
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help="Address of a dask scheduler; its workers make the reports.")
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="List the reports that would be made and why; make none."),
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Show the outcome of the last run; make no reports.")
    ] = False,
) -> None:
    """Make the reports of every organisation, in parallel, and an index of them.

    Unchanged reports are skipped. The index drops organisations that are no longer in the data.
    When one report fails the others are still made; manifest.json in the output folder records the
    outcome of each. The exit code is 0 if every requested report is made or up to date.
    """
    from workbench import open_study
    from workbench.batch.run import run_batch

    opened = open_study(study)
    folder = output or Path("reports") / opened.name
    choice: dict[str, Any] = {
        "reports": report or (),
        "organisations": organisation or (),
        "wave": wave,
    }
    if status:
        return _print_status(opened, folder)
    if dry_run:
        return _print_outlook(opened, folder, force, choice)
    progress = _progress()
    try:
        manifest = run_batch(
            opened,
            folder,
            **choice,
            jobs=jobs,
            force=force,
            time_limit=time_limit,
            memory_limit=None if memory_limit is None else round(memory_limit * 2**30),
            scheduler=scheduler,
            progress=progress,
        )
    finally:
        progress.stop()
    entries = manifest.of_this_run
    made = sum(entry.succeeded for entry in entries)
    typer.echo(f"{made} of {counted(len(entries), 'report')}: {folder / 'index.html'}")
    if made < len(entries):
        raise typer.Exit(FAILURE)


def _print_status(study: Any, folder: Path) -> None:
    from collections import Counter

    from workbench.batch.notebooks import notebooks_folder
    from workbench.batch.output import earlier_record
    from workbench.batch.run import is_running

    manifest = earlier_record(study, folder.resolve(), notebooks_folder())
    if manifest is None:
        typer.echo(f"No batch has run in {folder}.")
        raise typer.Exit(FAILURE)
    entries = list(manifest.reports.values())
    counts = Counter(_OUTCOMES[entry.status] for entry in entries)
    if is_running(folder):
        standing = "running"
    else:
        standing = f"finished {manifest.finished}" if manifest.finished else "interrupted"
    typer.echo(
        f"{counted(len(entries), 'report')}, started {manifest.started}, {standing}: "
        + ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    )
    for entry in entries:
        if not entry.succeeded:
            typer.echo(_line(entry))


def _print_outlook(study: Any, folder: Path, force: bool, choice: dict[str, Any]) -> None:
    from workbench.batch.plan import departures, outlook

    found = outlook(study, folder, **choice)
    due = [(job, reason or "requested by --force") for job, reason in found if reason or force]
    for job, reason in due:
        typer.echo(f"{job.report}: {job.about['title']}: {reason}")
    for entry, why in departures(study, folder, [job for job, _ in found]):
        typer.echo(f"{entry.name}: {entry.title}: would be removed from the index: {why}")
    typer.echo(f"{len(due)} of {counted(len(found), 'report')} would be made.")


def _number(value: Any) -> float | int | None:
    """Return a number for JSON: NaN and infinities become ``None``."""
    import math

    value = value.item() if hasattr(value, "item") else value
    return value if value is not None and math.isfinite(value) else None


def _records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return a frame's rows as dictionaries for JSON, missing values as ``None``."""
    import json

    return json.loads(frame.to_json(orient="records", double_precision=15))


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _print_links(effects: "pd.DataFrame") -> None:
    from rich.console import Console
    from rich.table import Table

    from workbench.figures import format as fmt

    table = Table("Link", "Effect", "Strength", "95% interval", "Points per point", box=None)
    for row in effects.to_dict("records"):
        table.add_row(
            f"{row['from']} → {row['to']}",
            row["effect"],
            f"{row['strength']:.2f}",
            fmt.interval(row["lower"], row["upper"], missing="no interval"),
            f"{row['pass_through']:.2f}",
        )
    Console().print(table)


_OUTCOMES = {
    "ok": "made",
    "skipped": "up to date",
    "failed": "FAILED",
    "timeout": "TIME LIMIT",
    "pending": "not made",
}


def _line(entry: Any) -> str:
    """Return the outcome of a report as one line."""
    line = f"{_OUTCOMES[entry.status]:<10} {entry.name}: {entry.title}"
    if entry.status != "skipped" and entry.seconds is not None:
        line += f" ({entry.seconds:.1f} s)"
    if entry.error:
        line += f"\n           {entry.error}"
    if entry.html and not entry.succeeded:
        line += f"\n           The page of {entry.made} stays."
    return line


class _Lines:
    """Shows progress as plain lines, for a log."""

    def start(self, total: int) -> None:
        self._total = total
        self._done = 0

    def report(self, entry: Any) -> None:
        self._done += 1
        width = len(str(self._total))
        typer.echo(f"[{self._done:>{width}}/{self._total}] {_line(entry)}")

    def message(self, text: str) -> None:
        typer.echo(text, err=True)

    def stop(self) -> None:
        pass


class _Bar:
    """Shows progress as a bar with the time left, and lists failures above it."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("Reports"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("time left"),
            TimeRemainingColumn(),
        )

    def start(self, total: int) -> None:
        self._task = self._bar.add_task("reports", total=total)
        self._bar.start()

    def report(self, entry: Any) -> None:
        if not entry.succeeded:
            self._bar.console.print(_line(entry), markup=False, highlight=False)
        self._bar.advance(self._task)

    def message(self, text: str) -> None:
        self._bar.console.print(text, markup=False, highlight=False)

    def stop(self) -> None:
        self._bar.stop()


def _progress() -> "_Lines | _Bar":
    return _Bar() if sys.stdout.isatty() else _Lines()


def _fail(message: str, code: int) -> int:
    if message:
        typer.echo(f"workbench: {' '.join(message.split())}", err=True)
    return code


def main() -> None:
    """Run the command line and exit with its code; errors show no traceback."""
    sys.exit(_run())


def _run() -> int:
    from workbench.errors import UnknownNameError, WorkbenchError

    try:
        code = app(standalone_mode=False)
    except UnknownNameError as error:
        return _fail(str(error), USAGE)
    except WorkbenchError as error:
        return _fail(str(error), FAILURE)
    except TyperException as error:
        return _fail(error.format_message(), error.exit_code)
    except Abort as error:
        # Typer takes the end of a file for Ctrl-D at a prompt, and there is no prompt here.
        if isinstance(error.__cause__, EOFError):
            return _fail(f"Unexpected EOFError: {error.__cause__}", FAILURE)
        return _fail("Stopped.", FAILURE)
    except KeyboardInterrupt:
        return _fail("Stopped.", FAILURE)
    except BrokenPipeError:
        return FAILURE
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        return _fail(f"{error.strerror or error}{place}", FAILURE)
    except Exception as error:
        return _fail(f"Unexpected {type(error).__name__}: {error}", FAILURE)
    return code if isinstance(code, int) else 0


@app.command()
def power(
    study: StudyFolder,
    link: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO", help="For example people:service; default: the chain's first link."
        ),
    ] = None,
    size: Annotated[float, typer.Option(help="Standardised link across units.")] = 0.3,
    units: Annotated[
        int | None, typer.Option(min=2, help="Number of units; default: that of the study.")
    ] = None,
    respondents: Annotated[
        float | None, typer.Option(min=1, help="Respondents per unit; default: as in the study.")
    ] = None,
    target: Annotated[float, typer.Option(help="Required power.")] = 0.8,
    as_json: AsJson = False,
) -> None:
    """Estimate the power to detect a link, and the sample size it needs."""
    from dataclasses import asdict

    from workbench import open_study
    from workbench.chain import study_power

    ends = link.split(":") if link else []
    if link and len(ends) != 2:
        raise typer.BadParameter(
            f"--link {link!r} does not name two constructs; write people:service."
        )
    pair = (ends[0], ends[1]) if ends else None
    found = study_power(open_study(study), pair, size, units, respondents, target)
    if as_json:
        numbers = {
            name: _number(value) if isinstance(value, float) else value
            for name, value in asdict(found).items()
        }
        _print_json(numbers | {"words": found.words})
    else:
        typer.echo(found.words)
