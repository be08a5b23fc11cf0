"""What goes with an outcome, what it takes, and what a change would go with.

``importance`` says what constructs or questions account for; ``priority_map`` sets it against
performance; ``scorecard`` says who is responsible for what; ``necessity`` and ``study_necessity``
look for necessary conditions; ``what_if`` and ``study_what_if`` say what goes with a change.
``record_levels``, ``goes_with``, ``associations`` and ``amounts_of`` tell numbers from records in
their own units.
"""

from workbench.drivers.exceptions import Exceptions, exceptions
from workbench.drivers.importance import (
    ChainEffects,
    Importance,
    chain_effects,
    importance,
    total_effects,
)
from workbench.drivers.necessity import Necessity, Pairs, necessity, study_necessity, study_pairs
from workbench.drivers.priorities import (
    PriorityMap,
    Scorecard,
    priority_map,
    roles_of,
    scorecard,
    scorecard_of,
)
from workbench.drivers.records import (
    Association,
    amounts_of,
    associations,
    goes_with,
    record_levels,
)
from workbench.drivers.whatif import (
    Seen,
    Standings,
    WhatIf,
    WhatIfs,
    seen_range,
    study_standings,
    study_what_if,
    what_if,
)

__all__ = [
    "Association",
    "ChainEffects",
    "Exceptions",
    "Importance",
    "Necessity",
    "Pairs",
    "PriorityMap",
    "Scorecard",
    "Seen",
    "Standings",
    "WhatIf",
    "WhatIfs",
    "amounts_of",
    "associations",
    "chain_effects",
    "exceptions",
    "goes_with",
    "importance",
    "necessity",
    "priority_map",
    "record_levels",
    "roles_of",
    "scorecard",
    "scorecard_of",
    "seen_range",
    "study_necessity",
    "study_pairs",
    "study_standings",
    "study_what_if",
    "total_effects",
    "what_if",
]
