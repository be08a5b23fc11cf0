"""What the commands have in common: their arguments, exit codes and JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

FAILURE = 1
USAGE = 2
STOPPED = 130

StudyFolder = Annotated[
    Path, typer.Argument(metavar="STUDY", help="Folder with study.toml, as in data/demo.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


def number(value: Any) -> float | int | None:
    """Return a number for JSON: NaN and infinities become ``None``."""
    import math

    value = value.item() if hasattr(value, "item") else value
    return value if value is not None and math.isfinite(value) else None


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return a frame's rows as dictionaries for JSON, missing values as ``None``."""
    import json

    return json.loads(frame.to_json(orient="records", double_precision=15))


def print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
