"""Across organisations: every organisation's links, and where it stands among the others."""

from workbench.benchmark.funnel import Funnel, funnel
from workbench.benchmark.organisations import improper, own_links
from workbench.benchmark.pooling import Pooled, pool
from workbench.benchmark.ranking import against_median, ranks, within_types

__all__ = [
    "Funnel",
    "Pooled",
    "against_median",
    "funnel",
    "improper",
    "own_links",
    "pool",
    "ranks",
    "within_types",
]
