"""What is minimised for given data: complete rows and moments by moments, others case by case."""

from dataclasses import replace
from functools import partial

import numpy as np

from workbench.errors import ModelError
from workbench.sem.estimation.fiml import Casewise, available_moments
from workbench.sem.estimation.moments import Moments, Patterns, Sample
from workbench.sem.estimation.objective import NormalTheory, Objective
from workbench.sem.estimation.saturated import has_saturated, saturated_curvature, saturated_of
from workbench.sem.model.layout import Layout


def objective_of(
    layout: Layout, data: Moments | Sample, estimator: str = "ML"
) -> tuple[Objective, Moments]:
    """What is minimised, and the (saturated) moments that starting values come from."""
    if isinstance(data, Moments):
        return NormalTheory.of(layout, data, estimator), data.batched
    if data.complete:
        return NormalTheory.of(layout, data.moments, estimator), data.moments.batched
    if estimator != "ML":
        raise ModelError(f"{estimator} needs complete rows; drop the others or estimate by ML.")
    if not layout.mean_structure:
        raise ModelError("Casewise estimation needs intercepts (~1) in the parameter table.")
    moments = saturated_of(data)[0]
    patterns = tuple(part.batched for part in data.patterns)
    if data.errors is not None:
        return Casewise(layout, patterns), _made_definite(moments, patterns)
    exo = None
    if layout.exogenous.kind.size:
        exo = layout.exogenous_values(moments.cov, moments.mean)
    found = Casewise(layout, patterns, exo)
    if found.through_moments and has_saturated(data):
        found = replace(found, at_saturated=partial(saturated_curvature, data))
    return found, moments


def _made_definite(moments: Moments, patterns: tuple[Patterns, ...]) -> Moments:
    """Moments with eigenvalues of Sigma, in units of the values' variances, of at least .01."""
    variance = np.stack(
        [np.diagonal(available_moments(part)[1], axis1=-2, axis2=-1) for part in patterns], axis=1
    )
    scale = np.sqrt(variance[..., :, None] * variance[..., None, :])
    size, axes = np.linalg.eigh(moments.cov / scale)
    raised = (axes * np.maximum(size, 0.01)[..., None, :]) @ np.swapaxes(axes, -1, -2)
    return replace(moments, cov=raised * scale)
