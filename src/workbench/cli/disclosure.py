"""The command ``disclosure``: what pages would tell of single people."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.common import FAILURE, StudyFolder
from workbench.text import counted


def disclosure(
    study: StudyFolder,
    pages: Annotated[
        Path | None, typer.Option(help="Folder of the pages; default: reports/STUDY.")
    ] = None,
    earlier: Annotated[
        Path | None, typer.Option(help="Folder of the edition that is published already.")
    ] = None,
) -> None:
    """Attack finished pages as a stranger could, and list what they tell and should not.

    Nothing but the pages is read; of the study, its minimum for small groups, its names and its
    wordings. The exit code is 0 if nothing came back, and 1 otherwise.
    """
    from workbench import open_study
    from workbench.audit import Rules, audited

    opened = open_study(study)
    folder = pages or Path("reports") / opened.name
    found = audited(folder, Rules.of(opened), earlier)
    for one in found:
        typer.echo(str(one))
    typer.echo(f"{folder}: {counted(len(found), 'finding')}.")
    if found:
        raise typer.Exit(FAILURE)
