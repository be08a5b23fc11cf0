"""The command ``simulate``: a study with known links."""

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write the study to.")],
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Random seed; the same seed gives the same files. Default: the seed of the demo.",
        ),
    ] = None,
) -> None:
    """Write a simulated study, drawn from a population with known links."""
    from workbench import simulation

    folder = simulation.simulate(path) if seed is None else simulation.simulate(path, seed=seed)
    typer.echo(f"Simulated study written to {folder}.")
