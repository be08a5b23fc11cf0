"""The commands ``check`` and ``chains``: what is wrong with a study, and what it can run."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.common import FAILURE, AsJson, StudyFolder, print_json, records
from workbench.text import counted


def check(
    study: StudyFolder,
    as_json: AsJson = False,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Write a page here too: what was read, how people answered, and the chain's power."
        ),
    ] = None,
) -> None:
    """List the problems in a study's files and how to solve each.

    The exit code is 1 if there are errors, and 0 if there are only warnings and notes.
    """
    from workbench import open_study

    opened = open_study(study)
    problems = opened.check()
    errors = len(problems.errors)
    if html is not None:
        from workbench.cli.check_page import check_page
        from workbench.files import write_atomically

        html.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(html, check_page(opened, problems))
    if as_json:
        from dataclasses import asdict

        print_json(
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


def chains(study: StudyFolder, as_json: AsJson = False) -> None:
    """List the chains that a study can run, and the constructs that the others need."""
    from workbench import open_study

    opened = open_study(study)
    table = opened.chains().availability(opened.codebook.constructs)
    if as_json:
        print_json({"study": opened.name, "chains": records(table)})
        return
    for row in table.to_dict("records"):
        typer.echo(f"{row['chain']}: " + ("runs" if row["runs"] else f"needs {row['missing']}"))
    typer.echo(f"{opened.name} runs {table['runs'].sum()} of {counted(len(table), 'chain')}.")
