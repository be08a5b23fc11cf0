"""The chain of constructs: the catalogue, the model made from it, and its links.

``open_study(path)`` opens a study that can fit its chain; ``chains()`` is the catalogue;
``links(fit)`` are the effects of a fitted chain, ``rivals(study, …)`` sets chains beside each other
and ``moderation(study, by=…)`` tests whether links differ between kinds of organisation.
"""

from workbench.chain.between import BetweenOrganisations, between_organisations
from workbench.chain.catalogue import (
    Catalogue,
    Chain,
    Construct,
    Link,
    Rate,
    Rival,
    chain_messages,
    chains,
    find_chain,
)
from workbench.chain.change import ChangeWithChange, change_with_change
from workbench.chain.controls import covariates_of, holding_equal, partialled
from workbench.chain.effects import (
    PassThrough,
    beside_rate,
    links,
    pass_through,
    usable_links,
    why_no_links,
)
from workbench.chain.exclusion import Exclusion, excluded, exclusion
from workbench.chain.model import model_syntax
from workbench.chain.moderation import Moderation, moderation
from workbench.chain.ordered import (
    OrderedBesideNumbers,
    counts_as_ordered,
    fit_ordered,
    ordered_beside,
    with_points_of,
)
from workbench.chain.organisations import OrganisationLinks, organisation_links
from workbench.chain.panel import Panel, PanelData, fit_panel, panel_data
from workbench.chain.power import Power, study_power
from workbench.chain.reciprocal import (
    Stability,
    identification,
    instrument_strength,
    stability,
    total_effects,
)
from workbench.chain.rivals import Rivals, ordering, rivals, rivals_of, standard_rivals
from workbench.chain.satisfaction import index_contributions, index_weights, satisfaction_index
from workbench.chain.study import ChainData, ChainStudy, fit_chain, open_study
from workbench.chain.two_levels import TwoLevelLinks, two_level_links

__all__ = [
    "BetweenOrganisations",
    "Catalogue",
    "Chain",
    "ChainData",
    "ChainStudy",
    "ChangeWithChange",
    "Construct",
    "Exclusion",
    "Link",
    "Moderation",
    "OrderedBesideNumbers",
    "OrganisationLinks",
    "Panel",
    "PanelData",
    "PassThrough",
    "Power",
    "Rate",
    "Rival",
    "Rivals",
    "Stability",
    "TwoLevelLinks",
    "beside_rate",
    "between_organisations",
    "chain_messages",
    "chains",
    "change_with_change",
    "counts_as_ordered",
    "covariates_of",
    "excluded",
    "exclusion",
    "find_chain",
    "fit_chain",
    "fit_ordered",
    "fit_panel",
    "holding_equal",
    "identification",
    "index_contributions",
    "index_weights",
    "instrument_strength",
    "links",
    "model_syntax",
    "moderation",
    "open_study",
    "ordered_beside",
    "ordering",
    "organisation_links",
    "panel_data",
    "partialled",
    "pass_through",
    "rivals",
    "rivals_of",
    "satisfaction_index",
    "stability",
    "standard_rivals",
    "study_power",
    "total_effects",
    "two_level_links",
    "usable_links",
    "why_no_links",
    "with_points_of",
]
