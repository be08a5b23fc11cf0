"""Across organisations: every organisation's links, and where it stands among the others."""

from workbench.benchmark.funnel import Funnel, funnel
from workbench.benchmark.organisations import OrganisationLinks, organisation_links
from workbench.benchmark.pooling import Pooled, pool
from workbench.benchmark.ranking import against_median, ranks, within_types
from workbench.benchmark.satisfaction import satisfaction_indices
from workbench.benchmark.waves import (
    LatentMeans,
    LinkChanges,
    improvements,
    index_changes,
    latent_means,
    link_changes,
)

__all__ = [
    "Funnel",
    "LatentMeans",
    "LinkChanges",
    "OrganisationLinks",
    "Pooled",
    "against_median",
    "funnel",
    "improvements",
    "index_changes",
    "latent_means",
    "link_changes",
    "organisation_links",
    "pool",
    "ranks",
    "satisfaction_indices",
    "within_types",
]
