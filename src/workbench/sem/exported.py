"""What a fit gives to other programs: its rows, its numbers, and names that these can read."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.sem.result import Fit

GROUP, CLUSTER, WEIGHT = "group", "cluster", "weight"


def require_rows(fit: Fit, program: str) -> None:
    """Raise ModelError for a fit that another program cannot make again from its rows."""
    if fit.problem.sample is None:
        raise ModelError(
            f"This model was fitted to moments; give {program} these and the model's text."
        )
    if fit.problem.ordinal is not None:
        raise ModelError(
            f"Fits to ordered items are not written for {program}; fit them as numbers."
        )
    if fit.problem.known_errors:
        raise ModelError(
            f"Known errors that differ from row to row are nothing {program} can fit; export a fit "
            "without them, such as study.fit(corrected=False)."
        )
    if not fit.converged:
        raise ModelError("The model did not converge, so there are no numbers to compare with.")


def rows_of(fit: Fit) -> pd.DataFrame:
    """The rows used: observed variables, and columns for group, cluster and weight as needed."""
    sample, groups = fit.problem.sample, fit.problem.groups
    assert sample is not None  # see require_rows
    data = pd.DataFrame(np.concatenate(sample.rows), columns=list(fit.layout.observed))
    sizes = list(map(len, sample.rows))
    if len(groups) > 1:
        data[GROUP] = np.repeat(np.arange(1, len(groups) + 1), sizes)
    if sample.clusters is not None:
        data[CLUSTER] = np.concatenate(sample.clusters) + 1
    if sample.weights is not None:
        data[WEIGHT] = np.concatenate(sample.weights)
    return data


def expected_of(fit: Fit) -> pd.DataFrame:
    """The estimates to compare with: ``lhs, op, rhs, group`` (from 1), ``est, se``."""
    table = fit.estimates
    number = {group: i for i, group in enumerate(fit.problem.groups, start=1)}
    groups = [number.get(group, 1) for group in table["group"]]
    return table.assign(group=groups)[["lhs", "op", "rhs", "group", "est", "se"]]


def renamed(
    names: Iterable[str],
    short: Callable[[str], str],
    taken: Iterable[str] = (),
    longest: int | None = None,
) -> dict[str, str]:
    """Name → one that ``short`` makes of it, all different whatever the case.

    A name keeps its own form where that is possible; others get a number, within ``longest``
    characters.
    """
    used = {name.casefold() for name in taken}
    found: dict[str, str] = {}
    for name in names:
        new, number = short(name)[:longest], 1
        while new.casefold() in used:
            number += 1
            room = None if longest is None else longest - len(str(number))
            new = short(name)[:room] + str(number)
        used.add(new.casefold())
        found[name] = new
    return found


def plain(name: str) -> str:
    """The name in letters, digits, dots and underscores, beginning with a letter."""
    text = re.sub(r"[^A-Za-z0-9._]", "_", name)
    return text if text[:1].isalpha() else f"v{text}"


def write(folder: str | Path, files: dict[str, str]) -> list[Path]:
    """Write some texts into a folder, which is made; return their paths."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    return [place / name for name in files]
