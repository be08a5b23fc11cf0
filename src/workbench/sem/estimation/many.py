"""The same model in every group of a data set, as one batch.

Moments of all groups come from one pass over the sorted rows, and all groups are fitted by the
same array operations. A group's numbers do not depend on which other groups are fitted with it:
each has its own starting values, and a group that has converged is frozen.
"""

from collections.abc import Sequence

import numpy as np

from workbench.errors import ModelError
from workbench.sem.estimation.moments import Moments, Sample
from workbench.sem.estimation.optimiser import Solution, estimate
from workbench.sem.model.layout import Floats, Integers, Layout

TOGETHER = 200
"""Groups computed at once: their matrices stay in the processor's cache."""


def group_moments(rows: Floats, member: Integers, groups: int) -> Moments:
    """Moments of complete rows (N, p) by group number ``member`` (N,), a batch of ``groups``.

    A group without rows has NaN.
    """
    order = np.argsort(member, kind="stable")
    ends = np.searchsorted(member[order], np.arange(groups + 1))
    p = rows.shape[1]
    n = np.diff(ends).astype(np.float64)
    mean, cov = np.full((groups, 1, p), np.nan), np.full((groups, 1, p, p), np.nan)
    ordered = rows[order]
    for g in np.flatnonzero(n > 0):
        block = ordered[ends[g] : ends[g + 1]]
        centre = block.mean(0)
        around = block - centre
        mean[g, 0], cov[g, 0] = centre, around.T @ around / n[g]
    return Moments(n[:, None], cov, mean)


def fit_many(
    layout: Layout,
    moments: Moments,
    estimator: str = "ML",
    bounds: str | None = None,
) -> Solution:
    """Estimate theta for every member of a batch of moments (B, 1, p, p)."""
    if layout.groups != moments.n.shape[-1]:
        raise ModelError(
            f"The model has {layout.groups} groups but the moments have {moments.n.shape[-1]}."
        )
    parts = []
    for first in range(0, len(moments.n), TOGETHER):
        members = np.arange(first, min(first + TOGETHER, len(moments.n)))
        parts.append(estimate(layout, moments.take(members), estimator, bounds))
    return Solution.joined(parts)


def fit_many_incomplete(
    layout: Layout, samples: Sequence[Sample], bounds: str | None = None
) -> Solution:
    """Casewise estimation of every sample; each has missing patterns of its own."""
    return Solution.joined([estimate(layout, sample, bounds=bounds) for sample in samples])
