"""Information matrices of one observation, and the covariance matrix of the estimates.

============  =================================================================================
expected      I = sum_g n_g/N {1/2 tr(V dSigma_j V dSigma_k) + dmu_j' V dmu_k} at theta
observed      the second derivatives of f, analytic
first order   mean over units of score score'; with clusters, of their sums within clusters
============  =================================================================================

vcov = I^-1 / N. With equality constraints h(theta) = 0 and parameters held at a bound, theta
moves only in the null space K of their derivatives: vcov = K (K' I K)^-1 K' / N [1]_.

References
----------
.. [1] Aitchison, J., & Silvey, S. D. (1958). Maximum-likelihood estimation of parameters subject
   to restraints. Annals of Mathematical Statistics, 29, 813-828.
"""

import numpy as np

from workbench.errors import NotIdentifiedError
from workbench.sem.estimation.objective import (
    NormalTheory,
    Objective,
    inverted,
    unweighted_information,
)
from workbench.sem.model.layout import Floats

SINGULAR = 1e-10
"""Smallest eigenvalue of the information, scaled to a unit diagonal, of an identified model."""


def expected(objective: Objective, theta: Floats) -> Floats:
    """Expected information (B, k, k) at theta (B, k); (k, k) for theta (k,).

    As lavaan has it for least squares: groups enter with n_g / N, and ULS counts every distinct
    moment once, J'J with J = d(m, vech Sigma)/d theta. ULS errors assume uncorrelated moments of
    equal variance; robust ones are the better choice.
    """
    if not isinstance(objective, NormalTheory) or objective.estimator == "ML":
        return _curvature(objective, theta, "expected")
    rows = objective.moments.n + 1.0
    share = rows / rows.sum(-1, keepdims=True)
    implied = objective.layout.implied(np.atleast_2d(theta), objective.exo)
    if objective.weight is not None and objective.estimator == "GLS":
        matrix = objective.layout.information(implied, objective.weight, share)
    else:
        matrix = unweighted_information(objective.layout.jacobian(implied), share)
    return matrix if theta.ndim > 1 else matrix[0]


def observed(
    objective: Objective, theta: Floats, constraint_curvature: Floats | None = None
) -> Floats:
    """Observed information (B, k, k) at theta (B, k); (k, k) for theta (k,).

    ``constraint_curvature`` is what constraints that bend take off the second derivatives of f.
    That of GLS is lavaan's: of the function it minimises, in which groups enter with
    (n_g - 1) / N.
    """
    matrix = _curvature(objective, theta, "observed")
    if constraint_curvature is not None:
        matrix = matrix - constraint_curvature
    if not isinstance(objective, NormalTheory) or objective.estimator == "ML":
        return matrix
    total = objective.total if theta.ndim > 1 else objective.total[0]
    return matrix * np.asarray(total / (total + objective.layout.groups))[..., None, None]


def _curvature(objective: Objective, theta: Floats, kind: str) -> Floats:
    matrix = objective.evaluate(np.atleast_2d(theta), kind).curvature
    return matrix if theta.ndim > 1 else matrix[0]


def null_space(constraint_jacobian: Floats | None, k: int) -> Floats:
    """Orthonormal directions (k, k - r) along which the r constraints do not change."""
    if constraint_jacobian is None or not len(constraint_jacobian):
        return np.eye(k)
    norm = np.linalg.norm(constraint_jacobian, axis=1, keepdims=True)
    rows = constraint_jacobian / np.maximum(norm, 1e-300)
    _, size, axes = np.linalg.svd(rows)
    rank = int((size > 1e-10).sum())
    return axes[rank:].T


def inverse(information: Floats, constraint_jacobian: Floats | None = None) -> Floats:
    """K (K' I K)^-1 K' (k, k), the plain inverse without constraints.

    Raises
    ------
    NotIdentifiedError
        The information is singular: ``parameters`` holds the numbers (from 0) of the free
        parameters that move together without changing the fit.
    """
    k = len(information)
    if not np.isfinite(information).all():
        raise NotIdentifiedError("The information matrix holds values that are not finite.")
    free = constraint_jacobian is None or not len(constraint_jacobian)
    space = np.eye(k) if free else null_space(constraint_jacobian, k)
    inner = information if free else space.T @ information @ space
    if not inner.size:
        # Nothing is free: the model has no parameters, or constraints hold them all.
        return np.zeros((k, k))
    diagonal = np.diag(inner)
    if (diagonal <= 0).any():
        raise NotIdentifiedError(
            "The information matrix is not positive definite.",
            [str(j) for j in np.flatnonzero(np.diag(information) <= 0)],
        )
    scale = 1.0 / np.sqrt(diagonal)
    scales = scale[:, None] * scale
    scaled = inner * scales
    result, _, definite = inverted(scaled)
    # The trace of the inverse is not below the inverse of the smallest eigenvalue.
    if not definite or np.trace(result) > 1.0 / SINGULAR:
        curvature, axes = np.linalg.eigh(scaled)
        if curvature[0] < SINGULAR:
            raise _not_identified(information, space @ (axes[:, 0] * scale))
    result = result * scales
    return result if free else space @ result @ space.T


def _not_identified(information: Floats, direction: Floats) -> NotIdentifiedError:
    weight = np.abs(direction * np.sqrt(np.maximum(np.diag(information), 0.0)))
    return NotIdentifiedError(
        "The information matrix is singular; the model is not identified.",
        [str(j) for j in np.flatnonzero(weight > 0.05 * weight.max())],
    )


def vcov(information: Floats, total: float, constraint_jacobian: Floats | None = None) -> Floats:
    """Covariance matrix of the estimates (k, k) from the information of one observation."""
    return inverse(information, constraint_jacobian) / total
