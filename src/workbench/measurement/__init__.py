"""Measures made of items: indices on 0–100, distributions of answers, reliability."""

from workbench.measurement.reliability import Reliability, omega, reliability
from workbench.measurement.scores import distribution, indices, item_means

__all__ = ["Reliability", "distribution", "indices", "item_means", "omega", "reliability"]
