"""The command ``doctor``: whether everything that the workbench needs is there and works."""

import typer

from workbench.cli.common import FAILURE, AsJson, print_json
from workbench.text import counted


def doctor(as_json: AsJson = False) -> None:
    """Check the installation, and say how to mend what is not right.

    The exit code is 1 if something that every study needs is wrong.
    """
    from workbench.cli.health import examined

    findings = list(examined())
    wrong = sum(finding.needed for finding in findings if finding.problem)
    if as_json:
        from dataclasses import asdict

        print_json({"wrong": wrong, "findings": [asdict(finding) for finding in findings]})
    else:
        width = max(len(finding.about) for finding in findings)
        for finding in findings:
            typer.echo(f"{finding.about:<{width}}  {finding.found}")
        typer.echo()
        for finding in findings:
            if finding.problem:
                kind = "wrong" if finding.needed else "note"
                typer.echo(f"{kind}: {finding.problem} {finding.remedy}")
        typer.echo(
            f"{counted(wrong, 'thing')} that every study needs must be mended."
            if wrong
            else "Everything that every study needs is there and works."
        )
    if wrong:
        raise typer.Exit(FAILURE)
