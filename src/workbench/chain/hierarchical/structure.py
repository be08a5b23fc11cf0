r"""A recursive path model between a few constructs: its covariance matrix and derivatives.

With the links :math:`B` (target × source) and residual covariances :math:`\Psi`,

.. math:: \Sigma = Z \Psi Z', \quad Z = (I - B)^{-1}

(Bollen 1989, Structural Equations with Latent Variables, ch. 4). :math:`\Psi` is parameterised by
logarithms of its variances and inverse hyperbolic tangents of its correlations, so that every
parameter vector is admissible.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.exceptions import ModelError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Structure:
    """Which construct depends on which.

    Attributes
    ----------
    constructs
        How many there are, k; they are numbered from 0, sources before their targets.
    links
        (source, target) of every link.
    covariances
        Pairs of constructs whose residuals go together; a construct without a source has itself
        as its residual.
    """

    constructs: int
    links: tuple[tuple[int, int], ...]
    covariances: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        for source, target in self.links:
            if not 0 <= source < target < self.constructs:
                raise ModelError(
                    f"The link from construct {source} to construct {target} does not run forwards "
                    f"among {self.constructs} constructs; number sources before their targets."
                )

    @property
    def residuals(self) -> int:
        """How many parameters Ψ has."""
        return self.constructs + len(self.covariances)

    @cached_property
    def selectors(self) -> Array:
        """E_l (L, k, k): where link l stands in B."""
        at = np.zeros((len(self.links), self.constructs, self.constructs))
        for number, (source, target) in enumerate(self.links):
            at[number, target, source] = 1.0
        return at

    def residual_covariance(self, residual: Array) -> tuple[Array, Array]:
        """Return Ψ (k, k) and its derivatives (q, k, k) at parameters (q,)."""
        k = self.constructs
        deviation = np.exp(residual[:k] / 2)
        correlation = np.tanh(residual[k:])
        psi = np.diag(deviation**2)
        for rho, (i, j) in zip(correlation, self.covariances, strict=True):
            psi[i, j] = psi[j, i] = rho * deviation[i] * deviation[j]
        slopes = np.zeros((self.residuals, k, k))
        for i in range(k):
            slopes[i, i, :] += psi[i, :] / 2
            slopes[i, :, i] += psi[:, i] / 2
        for number, (rho, (i, j)) in enumerate(
            zip(correlation, self.covariances, strict=True), start=k
        ):
            slopes[number, i, j] = slopes[number, j, i] = (1 - rho**2) * deviation[i] * deviation[j]
        return psi, slopes

    def implied(self, links: Array, residual: Array) -> tuple[Array, Array]:
        """Return Σ (J, k, k) and its derivatives (J, L + q, k, k) at links (J, L), one Ψ (q,).

        Derivatives are by links first: dΣ = Z E Σ + (Z E Σ)', then by the parameters of Ψ:
        Z dΨ Z'.
        """
        psi, slopes = self.residual_covariance(residual)
        through = self._through(links)
        back = np.swapaxes(through, 1, 2)
        sigma = through @ psi @ back
        half = through[:, None] @ self.selectors @ sigma[:, None]
        by_links = half + np.swapaxes(half, 2, 3)
        by_residual = through[:, None] @ slopes @ back[:, None]
        return sigma, np.concatenate([by_links, by_residual], axis=1)

    def curvature(self, links: Array, sigma: Array, slopes: Array) -> Array:
        """Second derivatives of Σ by links (J, L, L, k, k), from ``implied``'s results."""
        step = self._through(links)[:, None] @ self.selectors
        count = len(self.links)
        half = step[:, None, :] @ step[:, :, None] @ sigma[:, None, None]
        half = half + step[:, :, None] @ slopes[:, None, :count]
        return half + np.swapaxes(half, 3, 4)

    def common_variances(self, links: Array, spread: Array, residual: Array) -> Array:
        r"""Return the constructs' variances (k,), averaged over organisations.

        Links are independent, with means ``links`` (L,) and standard deviations ``spread`` (L,).
        As a target's links are independent of what lies before it, with :math:`\Gamma =
        E[\Sigma]`, :math:`\Gamma_{ts} = \sum_a b_a \Gamma_{as} + E[\zeta_t \eta_s]` and
        :math:`\Gamma_{tt} = \sum_{ab} (b_a b_b + \delta_{ab} \tau_a^2) \Gamma_{ab} +
        2 \sum_a b_a E[\zeta_t \eta_a] + \psi_{tt}`.
        """
        psi, _ = self.residual_covariance(residual)
        k = self.constructs
        mean = np.einsum("l,lij->ij", links, self.selectors)
        square = np.einsum("l,lij->ij", spread**2, self.selectors)
        # E[ζ_t η_s]: rows the residual, columns the construct.
        with_residual = psi @ np.linalg.inv(np.eye(k) - mean).T
        gamma = np.zeros((k, k))
        for t in range(k):
            b, before = mean[t, :t], gamma[:t, :t]
            gamma[t, :t] = gamma[:t, t] = b @ before + with_residual[t, :t]
            gamma[t, t] = (
                b @ before @ b
                + square[t, :t] @ before.diagonal()
                + 2 * b @ with_residual[t, :t]
                + psi[t, t]
            )
        return gamma.diagonal().copy()

    def ratios(self, links: Array, spread: Array, residual: Array) -> Array:
        """Return sd(source) / sd(target) of every link (L,), common to all organisations.

        A link times its ratio is its strength in a unit that is one for all organisations.
        """
        variance = self.common_variances(links, spread, residual)
        source, target = np.array(self.links).T
        return np.asarray(np.sqrt(variance[source] / variance[target]))

    def _through(self, links: Array) -> Array:
        b = np.einsum("jl,lab->jab", links, self.selectors)
        return np.asarray(np.linalg.inv(np.eye(self.constructs) - b))
