"""Measures made of items: indices on 0–100, reliability, validity, dimensions, invariance."""

from workbench.measurement.answers import (
    ItemAnswers,
    answers_by_source,
    answers_of_units,
    given_answers,
)
from workbench.measurement.between import BetweenUnits, Share, between_units
from workbench.measurement.consistency import (
    Reliability,
    categorical_omega,
    omega,
    organisation_alphas,
    reliability,
)
from workbench.measurement.direction import marker_first, running_against
from workbench.measurement.factors import (
    Eigenvalues,
    Factors,
    exploratory_factors,
    parallel_analysis,
    single_factor_share,
)
from workbench.measurement.invariance import Comparability, comparability, score_tests
from workbench.measurement.scores import distribution, indices, item_means
from workbench.measurement.validity import MeasurementModel, htmt, measurement_model
from workbench.measurement.waves import (
    OverWaves,
    asked_throughout,
    common_items,
    indices_over_waves,
    no_common_items,
)

__all__ = [
    "BetweenUnits",
    "Comparability",
    "Eigenvalues",
    "Factors",
    "ItemAnswers",
    "MeasurementModel",
    "OverWaves",
    "Reliability",
    "Share",
    "answers_by_source",
    "answers_of_units",
    "asked_throughout",
    "between_units",
    "categorical_omega",
    "common_items",
    "comparability",
    "distribution",
    "exploratory_factors",
    "given_answers",
    "htmt",
    "indices",
    "indices_over_waves",
    "item_means",
    "marker_first",
    "measurement_model",
    "no_common_items",
    "omega",
    "organisation_alphas",
    "parallel_analysis",
    "reliability",
    "running_against",
    "score_tests",
    "single_factor_share",
]
