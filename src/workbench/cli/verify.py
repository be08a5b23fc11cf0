"""The command ``verify``: whether a site is what its study makes."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.common import FAILURE, StudyFolder
from workbench.cli.progress import progress
from workbench.cli.surroundings import stopped_as_by_ctrl_c
from workbench.text import counted, inflected


def verify(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="Folder of the published site.")],
    study: StudyFolder,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Number of reports made at once; default: one per core."),
    ] = None,
) -> None:
    """Make the numbers of a site again from its study, and compare page by page.

    Of every file that differs the first difference is named: page, table, row and column, what the
    site has and what the study makes. The exit code is 0 if there is none, and 1 otherwise.
    """
    from workbench import open_study
    from workbench.publishing.verifying import verify as compared

    shown = progress()
    try:
        with stopped_as_by_ctrl_c():
            found = compared(open_study(study), site, jobs=jobs, progress=shown)
    finally:
        with suppress(OSError):
            shown.stop()
    for note in found.notes:
        typer.echo(f"Note: {note}")
    for difference in found.differences:
        typer.echo(str(difference))
    number = len(found.differences)
    if number:
        verb = inflected(number, "differs", "differ")
        typer.echo(f"{site}: {counted(number, 'file')} of {found.files:,} {verb} from the study.")
        raise typer.Exit(FAILURE)
    typer.echo(f"{site}: all {counted(found.files, 'file')} are as the study makes them.")
