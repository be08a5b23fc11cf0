"""Structural equation models: lavaan's syntax, defaults and names of fit measures."""

from workbench.sem.categories import (
    Advice,
    CategoriesBesideNumbers,
    advise_estimator,
    ordered_beside_numbers,
)
from workbench.sem.collection import Fits
from workbench.sem.comparison import comparison_table, difference_test, wald_test
from workbench.sem.correlations import Polychoric, polychoric
from workbench.sem.fitting import (
    fit,
    fit_many,
    fit_moments,
    fit_ordered_within,
    fit_same_rows,
    growth,
)
from workbench.sem.imputed import Imputed, fit_imputed
from workbench.sem.inference.bootstrapping import Bootstrap
from workbench.sem.inference.crosscheck import Crosscheck
from workbench.sem.invariance import Invariance, invariance
from workbench.sem.known_errors import ErrorCovariance
from workbench.sem.model.parameters import parameter_table
from workbench.sem.result import Fit
from workbench.sem.semopy_model import from_semopy
from workbench.sem.twolevel.fit import TwoLevelFit
from workbench.sem.usable import why_unusable

__all__ = [
    "Advice",
    "Bootstrap",
    "CategoriesBesideNumbers",
    "Crosscheck",
    "ErrorCovariance",
    "Fit",
    "Fits",
    "Imputed",
    "Invariance",
    "Polychoric",
    "TwoLevelFit",
    "advise_estimator",
    "comparison_table",
    "difference_test",
    "fit",
    "fit_imputed",
    "fit_many",
    "fit_moments",
    "fit_ordered_within",
    "fit_same_rows",
    "from_semopy",
    "growth",
    "invariance",
    "ordered_beside_numbers",
    "parameter_table",
    "polychoric",
    "wald_test",
    "why_unusable",
]
