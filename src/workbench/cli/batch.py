"""The command ``batch``: the reports of a study."""

import atexit
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.common import FAILURE, StudyFolder
from workbench.cli.progress import OUTCOMES, line, progress, running_line, time_left
from workbench.cli.surroundings import stopped_as_by_ctrl_c
from workbench.text import counted


def batch(
    study: StudyFolder,
    report: Annotated[
        list[str] | None, typer.Option(help="Make only this report; may be repeated.")
    ] = None,
    notebook: Annotated[
        list[Path] | None,
        typer.Option(help="Make the report in this notebook alone; may be repeated."),
    ] = None,
    organisation: Annotated[
        list[str] | None,
        typer.Option(help="Make reports only for this organisation; may be repeated."),
    ] = None,
    wave: Annotated[
        str, typer.Option(help="Make reports for this wave; default: the latest.")
    ] = "",
    language: Annotated[
        str,
        typer.Option(help="Language of the pages, such as fr; default: that of study.toml."),
    ] = "",
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Number of reports made at once; default: one per core."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Output folder, used for this study only; default: reports/STUDY, with the "
            "language behind it where one is given."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make unchanged reports too.")] = False,
    time_limit: Annotated[
        float, typer.Option(min=1, help="Time limit for each report, in seconds.")
    ] = 600,
    memory_limit: Annotated[
        float | None,
        typer.Option(min=0, help="Memory limit for each report, in GB; default: an equal share."),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep every notebook as it was run in your cache folder."),
    ] = False,
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

    Notebooks in the study's folder "notebooks" are reports as well. Unchanged reports are skipped.
    The index drops organisations that are no longer in the data. When one report fails the others
    are still made, and its notebook is kept in your cache folder as far as it came; of the others
    none is kept without --keep. --status lists the outcome of each. The output folder holds pages
    only. The exit code is 0 if every requested report is made or up to date.
    """
    made_before = (output or Path("reports") / study.resolve().name).exists()
    if not (status or dry_run or scheduler) and (force or not made_before):
        from workbench.batch import processes

        processes.prepare()  # what makes reports gets ready while the study is read
        atexit.register(processes.end)  # whoever reads what is printed would wait for it
    from workbench import open_study
    from workbench.batch.run import run_batch

    opened = open_study(study, language or None)
    folder = output or Path("reports") / "-".join(filter(None, (opened.name, language)))
    choice: dict[str, Any] = {
        "reports": report or (),
        "organisations": organisation or (),
        "wave": wave,
        "more": notebook or (),
    }
    if status:
        return _print_status(opened, folder)
    if dry_run:
        return _print_outlook(opened, folder, force, choice)
    shown = progress()
    try:
        with stopped_as_by_ctrl_c():
            manifest = run_batch(
                opened,
                folder,
                **choice,
                jobs=jobs,
                force=force,
                time_limit=time_limit,
                memory_limit=_bytes(memory_limit),
                keep=keep,
                scheduler=scheduler,
                progress=shown,
            )
    finally:
        with suppress(OSError):  # nobody may be looking any more
            shown.stop()
    entries = manifest.of_this_run
    made = sum(entry.succeeded for entry in entries)
    with suppress(OSError):
        typer.echo(f"{made} of {counted(len(entries), 'report')}: {folder / 'index.html'}")
        if manifest.computed:
            typer.echo(_computed(manifest.computed))
    if made < len(entries):
        raise typer.Exit(FAILURE)


def _computed(found: dict[str, dict[str, int]]) -> str:
    """Return how many costly computations a batch made, and how many of them again."""
    told = ", ".join(f"{name} {times['made']}" for name, times in found.items())
    return f"Computed: {told}; the same again: {sum(own['again'] for own in found.values())}."


def _bytes(gigabytes: float | None) -> int | None:
    """Return a limit in bytes: 0 for none, as of infinitely many."""
    if gigabytes is None:
        return None
    return 0 if gigabytes == float("inf") else round(gigabytes * 2**30)


def _print_status(study: Any, folder: Path) -> None:
    from collections import Counter

    from workbench.batch.cache import place
    from workbench.batch.notebooks import notebooks_folder
    from workbench.batch.output import earlier_record, is_lost, is_running
    from workbench.batch.running import being_made

    manifest = earlier_record(study, folder.resolve(), notebooks_folder())
    if is_lost(manifest, folder):
        typer.echo(f"The record of {folder} cannot be read; the next run makes every report again.")
        raise typer.Exit(FAILURE)
    store = place(folder)
    if manifest is None or store is None:
        typer.echo(f"No batch has run in {folder}.")
        raise typer.Exit(FAILURE)
    entries = list(manifest.reports.values())
    counts = Counter(OUTCOMES[entry.status] for entry in entries)
    running = being_made(store) if is_running(folder) else []
    if is_running(folder):
        standing = ", ".join(["running", *filter(None, [time_left(manifest, running)])])
    else:
        standing = f"finished {manifest.finished}" if manifest.finished else "interrupted"
    typer.echo(
        f"{counted(len(entries), 'report')}, started {manifest.started}, {standing}: "
        + ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    )
    for one in running:
        typer.echo(f"{'running':<10} {running_line(one)}")
    names = {one.stem for one in running}
    for stem, entry in manifest.reports.items():
        if not entry.succeeded and stem not in names:
            typer.echo(line(entry, store))


def _print_outlook(study: Any, folder: Path, force: bool, choice: dict[str, Any]) -> None:
    from workbench.batch.plan import departures, outlook

    found = outlook(study, folder, **choice)
    due = [(job, reason or "requested by --force") for job, reason in found if reason or force]
    for job, reason in due:
        typer.echo(f"{job.report}: {job.about['title']}: {reason}")
    for entry, why in departures(study, folder, [job for job, _ in found]):
        typer.echo(f"{entry.name}: {entry.title}: would be removed from the index: {why}")
    typer.echo(f"{len(due)} of {counted(len(found), 'report')} would be made.")
