"""Across organisations and waves: where an organisation stands, and what has changed."""

from workbench.benchmark.adopters import Adopters, adopters
from workbench.benchmark.funnel import Funnel, funnel
from workbench.benchmark.pooling import Pooled, pool
from workbench.benchmark.ranking import against_median, ranks, within_types
from workbench.benchmark.satisfaction import satisfaction_indices, satisfaction_trend
from workbench.benchmark.types import TypeGaps, nested_variances, type_gaps, variance_by_level
from workbench.benchmark.waves import (
    LatentMeans,
    LinkChanges,
    LinksByWave,
    improvements,
    index_changes,
    latent_means,
    link_changes,
    question_changes,
)

__all__ = [
    "Adopters",
    "Funnel",
    "LatentMeans",
    "LinkChanges",
    "LinksByWave",
    "Pooled",
    "TypeGaps",
    "adopters",
    "against_median",
    "funnel",
    "improvements",
    "index_changes",
    "latent_means",
    "link_changes",
    "nested_variances",
    "pool",
    "question_changes",
    "ranks",
    "satisfaction_indices",
    "satisfaction_trend",
    "type_gaps",
    "variance_by_level",
    "within_types",
]
