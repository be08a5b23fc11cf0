"""What a fit must have to be shown as text, tables and a diagram; ``Fit`` has it."""

from collections.abc import Hashable
from typing import Protocol

import numpy as np
import pandas as pd

from workbench.errors import WorkbenchWarning
from workbench.sem.inference.assessment import Problem
from workbench.sem.inference.standardised import Kind
from workbench.sem.model.layout import Layout
from workbench.sem.model.levels import Block
from workbench.sem.options import Options

PLACES = {1: "within units", 2: "between units"}
"""What the levels of a model of two levels are about."""


class ShownFit(Protocol):
    """The attributes of :class:`workbench.sem.result.Fit` that its views are made of."""

    @property
    def model(self) -> str: ...
    @property
    def given(self) -> int: ...
    @property
    def problem(self) -> Problem: ...
    @property
    def converged(self) -> bool: ...
    @property
    def message(self) -> str: ...
    @property
    def iterations(self) -> int: ...
    @property
    def layout(self) -> Layout: ...
    @property
    def options(self) -> Options: ...
    @property
    def nobs(self) -> int: ...
    @property
    def estimates(self) -> pd.DataFrame: ...
    @property
    def measures(self) -> pd.Series: ...
    @property
    def warnings(self) -> list[WorkbenchWarning]: ...
    @property
    def r_squared(self) -> pd.DataFrame: ...

    def standardised(self, kind: Kind = "std_all", level: float = 0.95) -> pd.DataFrame: ...


def part_columns(fit: ShownFit) -> tuple[str, ...]:
    """The columns of a fit's tables that tell its parts apart: of groups, of levels, or of both."""
    several = fit.options.group is not None
    return ("group",) * (several or not fit.options.levels) + ("level",) * fit.options.levels


def of_part(fit: ShownFit, table: pd.DataFrame, part: Hashable) -> "pd.Series[bool]":
    """Which rows of one of the fit's tables are about a part."""
    if isinstance(part, Block):
        return (table["group"] == part.group) & (table["level"] == part.level)
    own = table[part_columns(fit)[0]]
    return own.isna() if part is None else own == part


def part_name(fit: ShownFit, part: Hashable) -> str:
    """What a heading calls a part."""
    if isinstance(part, Block):
        return f"{part}, {PLACES[part.level]}"
    return f"level {part}, {PLACES[int(str(part))]}" if fit.options.levels else str(part)


def units_of(fit: ShownFit) -> int:
    """Clusters of the rows, 0 without."""
    sample = fit.problem.sample
    if sample is None or sample.clusters is None:
        return 0
    return sum(len(np.unique(codes)) for codes in sample.clusters)
