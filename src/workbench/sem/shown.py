"""What a fit must have to be shown as text, tables and a diagram; ``Fit`` has it."""

from typing import Protocol

import pandas as pd

from workbench.errors import WorkbenchWarning
from workbench.sem.inference.assessment import Problem
from workbench.sem.inference.standardised import Kind
from workbench.sem.model.layout import Layout
from workbench.sem.options import Options


class ShownFit(Protocol):
    """The attributes of :class:`workbench.sem.result.Fit` that its views are made of."""

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
