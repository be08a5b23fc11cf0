"""The command ``messages``: files of translations."""

from pathlib import Path
from typing import Annotated

import typer


def messages(
    language: Annotated[str, typer.Argument(help="The language, such as fr, de or pt-BR.")],
    study: Annotated[
        Path | None,
        typer.Argument(help="Study folder; the file is languages/LANGUAGE.po in it."),
    ] = None,
) -> None:
    """Write a file to translate what pages say, or bring one up to date.

    Translations that are there stay. Without a study, the file is the package's own.
    """
    from workbench.reports.translations import renew

    found = renew(language, study)
    told = (
        f"{found['translated']} translated, {found['fuzzy']} to check, {found['missing']} missing"
    )
    typer.echo(f"languages/{language}.po: {told}.")
