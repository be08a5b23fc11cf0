"""The command ``new``: a study's folder from what survey tools export."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.common import FAILURE
from workbench.text import counted, listed

if TYPE_CHECKING:
    from workbench.beginning.proposing import StudyPlan

_EXAMPLES = 30
"""Constructs that are named where none was found."""
_ASKED = {
    "organisation": "Column of organisations, each of which gets a report",
    "unit": "Column of units, where employees and clients meet",
    "wave": "Column of waves",
    "weight": "Column of weights",
}


def new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="Folder to write, as data/mine.")],
    more: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Further files, as --from.", show_default=False),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            help="File of answers: SPSS, Stata, SAS, Excel, Parquet or text. One source each; "
            "further files may follow.",
        ),
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="Column of organisations, or none.", show_default=False)
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Column of units, or none.", show_default=False)
    ] = None,
    wave: Annotated[
        str | None, typer.Option(help="Column of waves, or none.", show_default=False)
    ] = None,
    weight: Annotated[
        str | None, typer.Option(help="Column of weights, or none.", show_default=False)
    ] = None,
    chain: Annotated[
        str | None, typer.Option(help="Chain, as in workbench chains.", show_default=False)
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of an Excel workbook.", show_default=False)
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Take what is proposed, without asking.")
    ] = False,
) -> None:
    """Write a study from files of answers as survey tools export them.

    What columns are, the scales, the constructs and the chain are proposed from names, labels and
    answers; the reason stands beside each in study.toml and codebook.csv. On a terminal it asks
    before it writes. Nothing that is there is written over. It ends with the errors and warnings of
    check; the exit code is 1 if there are errors.
    """
    from workbench import open_study
    from workbench.beginning.writing import refuse_existing, write_study

    refuse_existing(name)
    choice: dict[str, Any] = {
        "chosen": {"organisation": organisation, "unit": unit, "wave": wave, "weight": weight},
        "chain": chain,
        "sheet": sheet,
    }
    given = [*(files or ()), *(more or ())]
    asking = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    plan = _proposed(name.name, given, choice, asking)
    for sentence in plan.said:
        typer.echo(sentence)
    if asking:
        plan = _agreed(name.name, given, choice, plan)
    write_study(name, plan)
    _tell(name, plan)
    if not plan.chain.runs:
        typer.echo(
            f"Next: write what questions measure, as {_examples(plan)}, in the column construct of "
            f"{name / 'codebook.csv'}, then: workbench batch {name}"
        )
        return
    problems = open_study(name).check()
    for problem in problems:
        if problem.severity != "note":
            typer.echo(str(problem))
    typer.echo(f"{name.name}: {problems.summary}.")
    typer.echo(_next(name, bool(problems.errors)))
    if problems.errors:
        raise typer.Exit(FAILURE)


def _proposed(name: str, files: list[Path], choice: dict[str, Any], asking: bool) -> "StudyPlan":
    """What is proposed; a choice that only the user can make is asked for on a terminal."""
    from workbench.beginning.proposing import propose_study
    from workbench.errors import ChoiceNeededError

    while True:
        try:
            return propose_study(name, files, **choice)
        except ChoiceNeededError as error:
            if not asking:
                raise
            typer.echo(str(error))
            answer = typer.prompt(f"Which one ({listed(error.choices, 'or')})")
            if error.option == "sheet":
                choice["sheet"] = answer
            else:
                choice["chosen"][error.option] = answer


def _agreed(name: str, files: list[Path], choice: dict[str, Any], plan: "StudyPlan") -> "StudyPlan":
    """What is proposed after the user has said yes to each column, or named another."""
    for role, what in _ASKED.items():
        proposed = plan.roles.get(role) or "none"
        why = plan.roles.reasons.get(role, "")
        question = f"{what}{f' ({why})' if why else ''}"
        plan = _asked(question, proposed, choice["chosen"], role, name, files, choice, plan)
    question = f"Chain ({plan.chain.reason})"
    return _asked(question, plan.chain.name, choice, "chain", name, files, choice, plan)


def _asked(
    question: str,
    proposed: str,
    where: dict[str, Any],
    key: str,
    name: str,
    files: list[Path],
    choice: dict[str, Any],
    plan: "StudyPlan",
) -> "StudyPlan":
    """The plan with what the user answers, who is asked again where it cannot be."""
    from workbench.errors import WorkbenchError

    while True:
        answer = typer.prompt(question, default=proposed)
        if answer == proposed:
            return plan
        before, where[key] = where[key], answer
        try:
            return _proposed(name, files, choice, True)
        except WorkbenchError as error:
            where[key] = before
            typer.echo(str(error))


def _tell(folder: Path, plan: "StudyPlan") -> None:
    """Say what was written: the columns, the constructs, the chain."""
    from workbench.beginning.proposing import KEYS, known_constructs

    keys = [f"{role} {plan.roles.named[role]!r}" for role in KEYS if plan.roles.get(role)]
    typer.echo(f"Columns: {listed(keys) if keys else 'no organisations, units or waves'}.")
    for source in plan.sources:
        used = sum(question.construct != "-" for question in source.questions)
        weight = source.roles.get("weight")
        told = f", weighted by {weight!r}" if weight else ""
        typer.echo(
            f"{source.name}: rows are {source.roles.rows}{told}; {used} of "
            f"{counted(len(source.questions), 'question')} in a construct."
        )
    typer.echo(f"Constructs: {listed(known_constructs(plan))}.")
    typer.echo(f"Chain: {plan.chain.name} ({plan.chain.reason}).")
    typer.echo(f"Written to {folder}; the reason of every guess stands in codebook.csv.")


def _examples(plan: "StudyPlan") -> str:
    """The constructs of chains for those who were asked, as the codebook writes them."""
    from workbench.beginning.vocabulary import asked_of, constructs

    found: dict[str, None] = {}
    for source in plan.sources:
        wordings = [question.wording for question in source.questions]
        found |= dict.fromkeys(constructs(asked_of(source.export.path.stem, wordings)))
    return listed([*found], "or", most=_EXAMPLES)


def _next(folder: Path, errors: bool) -> str:
    """The next command, after what has to be corrected first."""
    if errors:
        return f"Next: correct the errors, then: workbench check {folder}"
    return f"Next: workbench batch {folder}"
