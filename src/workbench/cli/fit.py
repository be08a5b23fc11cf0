"""The command ``fit``: a chain fitted to a study."""

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.common import AsJson, StudyFolder, number, print_json, records

if TYPE_CHECKING:
    import pandas as pd


def fit(
    study: StudyFolder,
    chain: Annotated[
        str | None, typer.Option(help="Chain from the catalogue; default: the study's chain.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="Fit one organisation only; default: all organisations.")
    ] = None,
    wave: Annotated[str | None, typer.Option(help="Wave to fit; default: the latest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a chain to a study and print its links."""
    import warnings

    from workbench import open_study
    from workbench.chain import links, why_no_links
    from workbench.chain.effects import fit_test
    from workbench.errors import WorkbenchWarning
    from workbench.interpretation import fit_in_words, statistic_in_words
    from workbench.interpretation import numbers as fmt

    opened = open_study(study)
    with warnings.catch_warnings():
        # The fit carries its warnings; they are printed below, once.
        warnings.simplefilter("ignore", WorkbenchWarning)
        fitted = opened.fit(chain=chain, organisation=organisation, wave=wave)
        reason = why_no_links(fitted, opened.runnable_chain(chain).label)
        effects = links(fitted)
    effects = effects.head(0) if reason else effects
    level = "respondents" if fitted.options.weights else "units"
    wave = opened.wave(wave)
    messages = [str(warning) for warning in fitted.warnings]
    told = fitted.reported
    if as_json:
        print_json(
            {
                "study": opened.name,
                "organisation": organisation,
                "wave": wave or None,
                "n": fitted.nobs,
                "level": level,
                "converged": bool(fitted.converged),
                "unusable": reason,
                "links": records(effects),
                "estimates": records(fitted.estimates),
                "reported": {name: number(value) for name, value in told.items()},
                "measures": {name: number(value) for name, value in fitted.measures.items()},
                "warnings": messages,
            }
        )
        return
    where = organisation or "all organisations"
    typer.echo(f"{where}{f', wave {wave}' if wave else ''}: n = {fitted.nobs} {level}")
    if reason:
        typer.echo(f"The links cannot be used. {reason}", err=True)
    else:
        _print_links(effects)
        fits = (
            fit_in_words(told)
            if told["df"] == 0
            else f"Fit: robust {statistic_in_words(fit_test(fitted))}; "
            + ", ".join(
                f"{name.upper()} {fmt.number(told[name], 3)}" for name in ("cfi", "rmsea", "srmr")
            )
        )
        typer.echo(fits)
    for message in messages:
        typer.echo(f"Warning: {message}", err=True)


def _print_links(effects: "pd.DataFrame") -> None:
    from rich.console import Console
    from rich.table import Table

    from workbench.interpretation import numbers as fmt

    table = Table("Link", "Effect", "Strength", "95% interval", "Points per point", box=None)
    for row in effects.to_dict("records"):
        table.add_row(
            f"{row['from']} → {row['to']}",
            row["effect"],
            f"{row['strength']:.2f}",
            fmt.interval(row["lower"], row["upper"], missing="no interval"),
            f"{row['pass_through']:.2f}",
        )
    Console().print(table)
