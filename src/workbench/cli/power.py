"""The command ``power``: how likely a study is to detect a link."""

from typing import Annotated

import typer

from workbench.cli.common import AsJson, StudyFolder, number, print_json


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
            name: number(value) if isinstance(value, float) else value
            for name, value in asdict(found).items()
        }
        print_json(numbers | {"words": found.words})
    else:
        typer.echo(found.words)
