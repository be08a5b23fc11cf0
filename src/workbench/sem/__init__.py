"""Structural equation models: lavaan's syntax, defaults and names of fit measures."""

from workbench.sem.fitting import fit
from workbench.sem.result import Fit

__all__ = ["Fit", "fit"]
