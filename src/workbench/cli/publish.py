"""The command ``publish``: from a batch to a web site."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.common import StudyFolder
from workbench.cli.surroundings import stopped_as_by_ctrl_c


def publish(
    study: StudyFolder,
    batch: Annotated[
        Path, typer.Option("--from", metavar="BATCH", help="Folder that a batch has written to.")
    ],
    site: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="SITE",
            help="Folder of the web site: new, empty, or with an earlier edition.",
        ),
    ],
    approved: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Publish only the pages in this file, one name per line; default: all.",
        ),
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Publish every page as PDF too; needs Chromium.")
    ] = False,
    inline: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write every page as one file, its numbers in it, to send by e-mail.",
        ),
    ] = None,
) -> None:
    """Copy the finished pages of a batch to a folder for any web host.

    The folder gets the pages, their index, their numbers as CSV and how they were made
    (provenance.json), nothing else. Nothing is published if a report
    failed, if the data have changed since the batch, if 'workbench disclosure' finds anything, or
    if comparison with an earlier edition would tell what a few people answered; the folder then
    stays as it is. What was published is recorded
    in the folder 'editions' of the study: keep it, for the next edition is compared with it.
    """
    from workbench import open_study
    from workbench.publishing import publish as publishing

    names = publishing.read_approved(approved) if approved else None
    with stopped_as_by_ctrl_c():
        found = publishing.publish(open_study(study), batch, site, names, pdf=pdf, inline=inline)
    edition = found.edition
    told = edition.summary if found.new else "nothing has changed since."
    typer.echo(f"Edition {edition.number} in {site / 'index.html'}: {told}")
