"""What numbers mean, in words: cut-offs with their sources, verdicts, number formats, sentences.

Analyses return numbers and verdicts. Here a verdict and the labels of what it is about become a
sentence, from a catalogue of messages by key (:mod:`workbench.interpretation.messages`). Labels are
passed in; nothing edits a finished sentence.
"""

from workbench.interpretation.changes import (
    Change,
    LinkChange,
    LinkMovement,
    LinksMovement,
    Movement,
    change_in_a_cell,
    change_in_a_word,
    change_in_brief,
    change_in_numbers,
    change_in_words,
    change_sentence,
    changed_in_words,
    latent_means_in_words,
    link_change_in_words,
    links_change_in_words,
    links_movement,
    poor_latent_means_in_words,
    repeated_in_words,
)
from workbench.interpretation.fit import (
    ModelFit,
    Tested,
    fit_in_words,
    model_fit,
    model_in_words,
    statistic_in_words,
)
from workbench.interpretation.indices import (
    index_in_words,
    position_in_words,
    why_no_interval,
)
from workbench.interpretation.links import (
    Direction,
    LinkEstimate,
    Published,
    Size,
    link_in_words,
    links_in_words,
    rate_in_words,
)
from workbench.interpretation.pooling import pooled_in_words
from workbench.interpretation.reliability import (
    Use,
    alpha_in_words,
    reliability_in_words,
    reliability_sentence,
    use_of,
)
from workbench.interpretation.verdicts import NotEstimated

__all__ = [
    "Change",
    "Direction",
    "LinkChange",
    "LinkEstimate",
    "LinkMovement",
    "LinksMovement",
    "ModelFit",
    "Movement",
    "NotEstimated",
    "Published",
    "Size",
    "Tested",
    "Use",
    "alpha_in_words",
    "change_in_a_cell",
    "change_in_a_word",
    "change_in_brief",
    "change_in_numbers",
    "change_in_words",
    "change_sentence",
    "changed_in_words",
    "fit_in_words",
    "index_in_words",
    "latent_means_in_words",
    "link_change_in_words",
    "link_in_words",
    "links_change_in_words",
    "links_in_words",
    "links_movement",
    "model_fit",
    "model_in_words",
    "pooled_in_words",
    "poor_latent_means_in_words",
    "position_in_words",
    "rate_in_words",
    "reliability_in_words",
    "reliability_sentence",
    "repeated_in_words",
    "statistic_in_words",
    "use_of",
    "why_no_interval",
]
