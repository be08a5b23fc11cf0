"""Tables for a paper, in the form of the APA: for a notebook, LaTeX, Word, Markdown and CSV.

Each function makes a :class:`PaperTable` of results at hand: fits, effects, invariance, reliability
and validity, correlations.
"""

from workbench.papers.measurement import correlations_table, measurement_table
from workbench.papers.models import (
    comparison_table,
    effects_table,
    estimates_table,
    fit_table,
    invariance_table,
)
from workbench.papers.table import PaperTable

__all__ = [
    "PaperTable",
    "comparison_table",
    "correlations_table",
    "effects_table",
    "estimates_table",
    "fit_table",
    "invariance_table",
    "measurement_table",
]
