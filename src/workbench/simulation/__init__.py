"""Studies with known links: ``simulate`` draws one from a ``Population``, as the demo is drawn."""

from workbench.simulation.population import Population, load_population
from workbench.simulation.study import simulate

__all__ = ["Population", "load_population", "simulate"]
