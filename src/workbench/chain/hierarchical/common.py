"""What rows are worth that are not independent: respondents of one unit, and sampling weights."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.chain.hierarchical.integral import around, conditional
from workbench.chain.hierarchical.likelihood import Rows, likelihood, lower, score_by_row
from workbench.chain.hierarchical.links import standardised
from workbench.chain.hierarchical.structure import Structure

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def inflation(
    rows: Rows, structure: Structure, cluster: Index, crossed: Index | None = None
) -> float:
    r"""Return the design effect of links: by how much the variance of independent rows is too low.

    In the model of one link for all organisations, with the rows' scores :math:`g_u` of θ summed
    over the C clusters and :math:`V` the inverse information, the sandwich :math:`V G'G V
    C/(C - 1)` over :math:`V`, averaged over the links' variances (Binder 1983, International
    Statistical Review 51, 279–292). Rows count for at most one.

    Parameters
    ----------
    cluster
        Each row's cluster (n,), numbered from 0; a sampling weight is in ``rows.copies``.
    crossed
        Others that rows lie in too, such as people with rows in several units: then G'G is that of
        the one plus that of the other less that of both together (Cameron, Gelbach & Miller 2011).
    """
    problem, theta, unit = standardised(rows, structure)
    count, organisations = len(structure.links), problem.organisations
    alike = replace(problem, residual_spread=0.0)
    found = conditional(alike, np.zeros(count), around(alike, theta))
    links, residual = found.theta[:count], found.theta[count:]
    sigma, slopes = structure.implied(links[None], residual)
    parts = likelihood(rows.scaled(unit), np.repeat(sigma, organisations, axis=0))
    i, j = lower(structure.constructs)
    each = score_by_row(parts) @ slopes[0][:, i, j].T
    meat = _between(each, cluster)
    if crossed is not None:
        both = np.unique(cluster * (int(crossed.max()) + 1) + crossed, return_inverse=True)[1]
        meat = meat + _between(each, crossed) - _between(each, both)
    spread = found.covariance @ meat @ found.covariance
    ratio = spread.diagonal()[:count] / found.covariance.diagonal()[:count]
    return float(max(1.0, ratio.mean()))


def _between(scores: Array, cluster: Index) -> Array:
    """Products of the scores (n, k) summed within C clusters, times C / (C − 1), (k, k)."""
    clusters = int(cluster.max()) + 1
    sums = np.zeros((clusters, scores.shape[1]))
    np.add.at(sums, cluster, scores)
    return np.asarray(sums.T @ sums * clusters / (clusters - 1))
