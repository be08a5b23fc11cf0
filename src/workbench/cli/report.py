"""The command ``report``: a report of one's own."""

from typing import Annotated

import typer

from workbench.cli.common import StudyFolder

report = typer.Typer(help="Reports of your own.", no_args_is_help=True)


@report.callback()
def _report() -> None:
    """Reports of your own."""


@report.command()
def new(
    study: StudyFolder,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the report is called.")],
    like: Annotated[
        str, typer.Option(help="The report to begin with, as in --report of batch.")
    ] = "organisation",
) -> None:
    """Copy the notebook of a report into the study's folder "notebooks".

    Change it in JupyterLab; the next batch makes it for every organisation, or for whatever the
    report that it is like is made for.
    """
    from workbench import open_study
    from workbench.batch.notebooks import new_report

    opened = open_study(study)
    target = new_report(opened, name, like)
    typer.echo(f"{target}: open it in JupyterLab; workbench batch {study} makes its pages.")
