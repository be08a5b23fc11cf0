"""Discrepancies between sample and implied moments, batched, with analytic gradients.

Every discrepancy here is f = F / 2, half of the usual one, so that for maximum likelihood f is
minus the log-likelihood per observation up to a constant, chi-square is 2 N f at the minimum, and
the information matrices of :mod:`workbench.sem.model.layout` are those of one observation. Groups
enter with n_g / N.

=====  ==========================================================================  ==========
ML     1/2 {log|Sigma| + tr(T Sigma^-1) - log|S| - p}, T = S + (m - mu)(m - mu)'    V = Sigma^-1
GLS    1/4 tr{[V (S - Sigma)]^2} + 1/2 (m - mu)' V (m - mu)                         V = S^-1
ULS    1/2 sum of (s_ij - sigma_ij)^2 over i <= j, + 1/2 (m - mu)' (m - mu)         V = I
=====  ==========================================================================  ==========

(the mean terms where the model has a mean structure). Wishart is ML with the divisor n - 1 of the
covariances and N - G in the place of N, G groups. The gradient is 1/2 tr(Omega dSigma) plus
slope' dmu with Omega = V - V T V, slope = -V (m - mu) for ML, and Omega = -V (S - Sigma) V for
GLS. ULS counts every distinct moment once, as lavaan does: Omega = -(S - Sigma) with its diagonal
doubled.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri

from workbench.errors import ModelError
from workbench.sem.estimation.moments import Moments
from workbench.sem.model.layout import Floats, Integers, Layout

Booleans = NDArray[np.bool_]

LEAST_SQUARES = frozenset({"ULS", "GLS"})
"""The discrepancies that are no likelihood."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A discrepancy at B parameter vectors.

    Attributes
    ----------
    value : (B,)
        f, infinite where the implied covariance is not positive definite.
    gradient : (B, k)
    curvature : (B, k, k)
        The information matrix asked for; empty (B, 0, 0) if none was.
    """

    value: Floats
    gradient: Floats
    curvature: Floats

    def take(self, members: Integers | Booleans) -> "Evaluation":
        """Of some members only."""
        return Evaluation(self.value[members], self.gradient[members], self.curvature[members])

    def replaced(self, members: Integers, other: "Evaluation") -> "Evaluation":
        """With those of some members taken from another evaluation."""
        if len(members) == len(self.value):
            return other
        arrays = []
        for name in ("value", "gradient", "curvature"):
            whole = getattr(self, name).copy()
            whole[members] = getattr(other, name)
            arrays.append(whole)
        return Evaluation(*arrays)


class Objective(Protocol):
    """What the optimiser minimises: one function per member of a batch."""

    @property
    def layout(self) -> Layout:
        """Where theta sits in the model."""

    @property
    def members(self) -> int:
        """How many functions the batch holds."""

    @property
    def total(self) -> Floats:
        """N of each member, (B,)."""

    @property
    def definite(self) -> Booleans:
        """Whose data can be fitted at all: positive definite sample covariances, (B,)."""

    def take(self, members: Integers) -> "Objective":
        """The functions of some members only."""

    def value(self, theta: Floats) -> Floats:
        """f at theta (B, k)."""

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        """f, its gradient and an information matrix of one observation at theta (B, k).

        ``"expected"``; ``"observed"``, the second derivative of f; ``"moments"``, that part of it
        which does not need second derivatives of the moments (lavaan's
        ``observed.information = "h1"``); None for no matrix.
        """


def cholesky(matrices: Floats) -> tuple[Floats, Booleans]:
    """Lower Cholesky factors of (..., p, p) and which matrices have one; identity elsewhere."""
    try:
        factors = np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
        return factors, np.ones(matrices.shape[:-2], dtype=np.bool_)
    except np.linalg.LinAlgError:
        flat = matrices.reshape(-1, *matrices.shape[-2:])
        factors = np.empty_like(flat)
        good = np.ones(len(flat), dtype=np.bool_)
        for i, matrix in enumerate(flat):
            try:
                factors[i] = np.linalg.cholesky(matrix)
            except np.linalg.LinAlgError:
                factors[i] = np.eye(matrix.shape[-1])
                good[i] = False
        return factors.reshape(matrices.shape), good.reshape(matrices.shape[:-2])


def log_determinant(factors: Floats) -> Floats:
    """log|L L'| from Cholesky factors (..., p, p)."""
    return 2.0 * np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(-1)


def inverse_from(factors: Floats) -> Floats:
    """(L L')^-1 from Cholesky factors (..., p, p)."""
    inverse = np.linalg.inv(factors)
    return np.swapaxes(inverse, -1, -2) @ inverse


def inverted(matrices: Floats) -> tuple[Floats, Floats, Booleans]:
    """Inverses of symmetric (..., p, p), their log determinants, and which are positive definite.

    The others have the identity for their inverse. One LAPACK call after the other: for the sizes
    of models that is quicker than NumPy's general inverse of all at once.
    """
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    lower, pivots = np.empty(flat.shape), np.empty(flat.shape[:-1])
    good = np.ones(len(flat), dtype=np.bool_)
    for i, matrix in enumerate(flat):
        factor, failed = dpotrf(matrix, lower=1, clean=0)
        if failed:
            good[i], lower[i], pivots[i] = False, np.eye(len(matrix)), 1.0
        else:
            pivots[i] = factor.diagonal()
            lower[i] = dpotri(factor, lower=1)[0]
    inverse = np.where(_lower_triangle(flat.shape[-1]), lower, np.swapaxes(lower, -1, -2))
    batch = matrices.shape[:-2]
    size = 2.0 * np.log(pivots).sum(-1)
    return inverse.reshape(matrices.shape), size.reshape(batch), good.reshape(batch)


@lru_cache(maxsize=64)
def _lower_triangle(p: int) -> Booleans:
    return np.tri(p, dtype=np.bool_)


def unweighted_information(jacobian: Floats, share: Floats) -> Floats:
    """sum_g share_g J'J (..., k, k), J = d(m, vech Sigma)/d theta (..., G, p + p*, k)."""
    product = np.swapaxes(jacobian, -1, -2) @ jacobian
    return np.asarray((share[..., None, None] * product).sum(-3), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class NormalTheory:
    """ML, GLS or ULS on the moments of a batch of samples.

    ``moments`` has exactly one batch axis; ``exo`` (B, number of exogenous moments) or None.
    """

    layout: Layout
    moments: Moments
    estimator: str = "ML"
    exo: Floats | None = None

    @classmethod
    def of(cls, layout: Layout, moments: Moments, estimator: str = "ML") -> "NormalTheory":
        """With the sample's own moments for the fixed exogenous covariates.

        Raises
        ------
        ModelError
            An unknown estimator, or a sample covariance that is not positive definite.
        """
        if estimator not in {"ML", "Wishart", *LEAST_SQUARES}:
            raise ModelError(f"The discrepancy is ML, Wishart, GLS or ULS, not {estimator!r}.")
        moments = moments.batched
        if estimator != "ML":
            # Least squares and Wishart use the unbiased covariance and N - G, as in lavaan, where
            # groups have the weights n_g - 1 and n_g.
            rows, total = moments.n, moments.total[..., None]
            factor = rows / (rows - 1.0)
            n = rows * (1.0 - moments.n.shape[-1] / total) if estimator == "Wishart" else rows - 1.0
            moments = Moments(n, moments.cov * factor[..., None, None], moments.mean)
        exo = None
        if layout.exogenous.value.size:
            exo = layout.exogenous_values(moments.cov, moments.mean)
        return cls(layout, moments, "ML" if estimator == "Wishart" else estimator, exo)

    @property
    def members(self) -> int:
        return len(self.moments.n)

    @property
    def total(self) -> Floats:
        return self.moments.total

    @cached_property
    def _sample(self) -> tuple[Floats, Floats | None, Floats]:
        """log|S| (B, G), V of least squares, n_g / N."""
        share = self.moments.share
        if self.estimator == "ULS":
            # Any symmetric matrix can be fitted by unweighted least squares.
            eye = np.broadcast_to(np.eye(self.moments.cov.shape[-1]), self.moments.cov.shape)
            return np.zeros(share.shape), eye, share
        factors, good = cholesky(self.moments.cov)
        constant = np.where(good, log_determinant(factors), -np.inf)
        return constant, inverse_from(factors) if self.estimator == "GLS" else None, share

    @property
    def weight(self) -> Floats | None:
        """V of least squares (B, G, p, p); None for ML, whose V is the implied precision."""
        return self._sample[1]

    @property
    def definite(self) -> Booleans:
        """Whose sample covariances are all positive definite, (B,)."""
        return np.asarray(np.isfinite(self._sample[0]).all(axis=-1), dtype=np.bool_)

    def take(self, members: Integers) -> "NormalTheory":
        exo = None if self.exo is None else self.exo[members]
        part = NormalTheory(self.layout, self.moments.take(members), self.estimator, exo)
        constant, precision, share = self._sample
        part.__dict__["_sample"] = (
            constant[members],
            None if precision is None else precision[members],
            share[members],
        )
        return part

    def value(self, theta: Floats) -> Floats:
        return self._state(theta)[1]

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        implied, value, precision, omega, slope = self._state(theta, derivatives=True)
        share = self._sample[2]
        gradient = self.layout.gradient(
            implied,
            share[..., None, None] * omega,
            None if slope is None else share[..., None] * slope,
        )
        if curvature is None:
            return Evaluation(value, gradient, np.empty((len(value), 0, 0)))
        if self.estimator == "ULS":
            matrix = unweighted_information(self.layout.jacobian(implied), share)
        elif curvature == "expected" or self.estimator != "ML":
            matrix = self.layout.information(implied, precision, share)
        else:
            # Omega = V - V T V, hence 2 V T V - V = V - 2 Omega; the slope is -V (m - mu).
            pull = None if slope is None else -slope
            matrix = self.layout.moment_hessian(
                implied, precision, precision - 2.0 * omega, pull, share
            )
        if curvature == "observed":
            matrix = matrix + self.layout.curvature(implied, omega, slope, share)
        return Evaluation(value, gradient, matrix)

    def _state(self, theta: Floats, derivatives: bool = False) -> tuple[Any, ...]:
        implied = self.layout.implied(theta, self.exo)
        constant, weight, share = self._sample
        cov = self.moments.cov
        p = cov.shape[-1]
        gap = self.moments.mean - implied.mu if self.layout.mean_structure else None
        if weight is None:
            precision, size, good = inverted(implied.sigma)
            around = cov if gap is None else cov + gap[..., :, None] * gap[..., None, :]
            both = precision @ around
            by_group = 0.5 * (size + np.trace(both, axis1=-2, axis2=-1) - constant - p)
            if not good.all():
                by_group = np.where(good, by_group, np.inf)
            omega = precision - both @ precision if derivatives else None
        else:
            _, good = cholesky(implied.sigma)
            precision = weight
            both = precision @ (cov - implied.sigma)
            by_group = 0.25 * (both * np.swapaxes(both, -1, -2)).sum((-2, -1))
            if self.estimator == "ULS":
                diagonal = np.diagonal(both, axis1=-2, axis2=-1)
                by_group = by_group + 0.25 * (diagonal**2).sum(-1)
                both = both * (1.0 + np.eye(p))
            if gap is not None:
                by_group = by_group + 0.5 * (gap * (precision @ gap[..., None])[..., 0]).sum(-1)
            omega = -both @ precision if derivatives else None
        value = (share * by_group).sum(-1)
        slope = None
        if derivatives and gap is not None:
            slope = -(precision @ gap[..., None])[..., 0]
        return implied, value, precision, omega, slope
