"""The chain of constructs: the catalogue, the model made from it, and its links.

``open_study(path)`` opens a study that can fit its chain; ``chains()`` is the catalogue;
``links(fit)`` are the effects of a fitted chain.
"""

from workbench.chain.catalogue import Chain, Construct, Link, chains, find_chain
from workbench.chain.effects import links
from workbench.chain.model import model_syntax
from workbench.chain.panel import Panel, fit_panel
from workbench.chain.power import Power, study_power
from workbench.chain.study import ChainData, ChainStudy, fit_chain, open_study

__all__ = [
    "Chain",
    "ChainData",
    "ChainStudy",
    "Construct",
    "Link",
    "Panel",
    "Power",
    "chains",
    "find_chain",
    "fit_chain",
    "fit_panel",
    "links",
    "model_syntax",
    "open_study",
    "study_power",
]
