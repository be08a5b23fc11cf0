"""Across organisations: every organisation's links, and where it stands among the others."""

from workbench.benchmark.organisations import improper, own_links
from workbench.benchmark.ranking import ranks

__all__ = ["improper", "own_links", "ranks"]
