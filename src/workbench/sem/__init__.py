"""Structural equation models: lavaan's syntax, defaults and names of fit measures."""

from workbench.sem.crosscheck import Crosscheck
from workbench.sem.fitting import fit, fit_moments
from workbench.sem.parameters import parameter_table
from workbench.sem.result import Fit

__all__ = ["Crosscheck", "Fit", "fit", "fit_moments", "parameter_table"]
