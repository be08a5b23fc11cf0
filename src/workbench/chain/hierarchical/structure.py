r"""A recursive path model between a few constructs: its covariance matrix and derivatives.

With the links :math:`B` (target × source) and residual covariances :math:`\Psi`,

.. math:: \Sigma = Z \Psi Z', \quad Z = (I - B)^{-1}

(Bollen 1989, Structural Equations with Latent Variables, ch. 4). :math:`\Psi` is parameterised by
logarithms of its variances and inverse hyperbolic tangents of its correlations, so that every
variance and every single correlation is admissible.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.errors import ModelError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


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
    def differing(self) -> Index:
        """Which parameters organisations differ in (D,): links, then targets' residual variances.

        Parameters are links first, then those of Ψ.
        """
        count = len(self.links)
        targets = sorted({target for _, target in self.links})
        return np.array([*range(count), *(count + target for target in targets)])

    @cached_property
    def selectors(self) -> Array:
        """E_l (L, k, k): where link l stands in B."""
        at = np.zeros((len(self.links), self.constructs, self.constructs))
        for number, (source, target) in enumerate(self.links):
            at[number, target, source] = 1.0
        return at

    def residual_covariance(self, residual: Array) -> Array:
        """Return Ψ (..., k, k) at parameters (..., q)."""
        k = self.constructs
        deviation = np.exp(residual[..., :k] / 2)
        psi = np.eye(k) * (deviation**2)[..., None]
        for number, (i, j) in enumerate(self.covariances):
            correlation = np.tanh(residual[..., k + number])
            psi[..., i, j] = psi[..., j, i] = correlation * deviation[..., i] * deviation[..., j]
        return psi

    def admits(self, residual: Array) -> bool:
        """Whether Ψ at parameters (q,) is a covariance matrix: several correlations may not be."""
        if len(self.covariances) < 2:
            deviation = np.exp(residual[: self.constructs] / 2)
            possible = ((deviation > 0) & (deviation < np.inf)).all()
            return bool(possible and (np.abs(np.tanh(residual[self.constructs :])) < 1).all())
        return bool(np.linalg.eigvalsh(self.residual_covariance(residual))[0] > 0)

    def implied(self, links: Array, residual: Array) -> tuple[Array, Array]:
        """Return Σ (J, k, k) and its derivatives (J, L + q, k, k) at links (J, L).

        The parameters of Ψ are common (q,) or one row each (J, q). Derivatives are by links first,
        then by the parameters of Ψ.
        """
        sigma, left, right = self.factored(links, residual)
        half = left[..., :, None] * right[..., None, :]
        return sigma, half + np.swapaxes(half, 2, 3)

    def factored(self, links: Array, residual: Array) -> tuple[Array, Array, Array]:
        r"""Return Σ (J, k, k) and vectors a and b (J, L + q, k) of its derivatives.

        Each derivative is :math:`a b' + b a'`: by the link from s to t, a is column t of Z and b
        column s of Σ; by the logarithms of variances they are the columns of Z and of
        :math:`Z\Psi / 2`; by the parameter of the residuals' correlation of i and j, columns i and
        j of Z, times :math:`(1 - \rho^2) \sqrt{\psi_{ii} \psi_{jj}}`.
        """
        k = self.constructs
        psi = self.residual_covariance(residual)
        through = self._through(links)
        spread = through @ psi
        sigma = spread @ np.swapaxes(through, 1, 2)
        source, target = np.array(self.links).T
        first, second = np.array(self.covariances, dtype=np.int64).reshape(-1, 2).T
        deviation = np.exp(residual[..., :k] / 2)
        slope = deviation[..., first] * deviation[..., second] / np.cosh(residual[..., k:]) ** 2
        left = np.concatenate([through[:, :, target], through, through[:, :, first]], axis=2)
        right = np.concatenate(
            [sigma[:, :, source], spread / 2, slope[..., None, :] * through[:, :, second]], axis=2
        )
        return sigma, np.swapaxes(left, 1, 2), np.swapaxes(right, 1, 2)

    def curvature(
        self, links: Array, residual: Array, sigma: Array, slopes: Array, weight: Array
    ) -> Array:
        r"""Return :math:`\mathrm{tr}(M\, d^2\Sigma)` by every two parameters (J, L + q, L + q).

        From ``implied``'s results at links (J, L) and parameters of Ψ (J, q), for symmetric
        ``weight`` M (J, k, k); the second derivatives themselves are never formed. With
        S = Z E those of links l and m are the symmetric parts of 2 (S_m S_l Σ + S_l dΣ_m), those
        of a link and a parameter of Ψ of 2 S_l dΣ_m, those of two parameters of Ψ Z d²Ψ Z'.
        """
        count, size = len(self.links), slopes.shape[1]
        through = self._through(links)
        step = through[:, None] @ self.selectors
        weighted = _flat(weight[:, None] @ step)
        found = np.zeros((len(links), size, size))
        found[:, :count] = 2 * weighted @ np.swapaxes(_flat(slopes), 1, 2)
        after = _flat(np.swapaxes(step @ sigma[:, None], 2, 3))
        found[:, :count, :count] += 2 * after @ np.swapaxes(weighted, 1, 2)
        found[:, count:, :count] = np.swapaxes(found[:, :count, count:], 1, 2)
        inner = np.swapaxes(through, 1, 2) @ weight @ through
        found[:, count:, count:] = self._residual_curvature(residual, inner)
        return found

    def _residual_curvature(self, residual: Array, weight: Array) -> Array:
        """tr(M d²Ψ) by every two parameters of Ψ (J, q, q).

        The logarithm of a variance halves its row and column of Ψ at each derivative, and
        d tanh = 1 - tanh².
        """
        k = self.constructs
        parts = weight * self.residual_covariance(residual)
        own = np.einsum("jii->ji", parts)
        found = np.zeros((len(residual), self.residuals, self.residuals))
        found[:, :k, :k] = parts / 2
        found[:, range(k), range(k)] = own / 2 + parts.sum(axis=2) / 2
        correlation = np.tanh(residual[:, k:])
        product = np.exp(residual[:, :k] / 2)
        for number, (i, j) in enumerate(self.covariances):
            rho, at = correlation[:, number], k + number
            slope = 2 * weight[:, i, j] * (1 - rho**2) * product[:, i] * product[:, j]
            for end in (i, j):
                found[:, at, end] = found[:, end, at] = slope / 2
            found[:, at, at] = -2 * rho * slope
        return found

    def common_variances(self, links: Array, spread: Array, residual: Array) -> Array:
        r"""Return the constructs' variances (..., k), averaged over organisations.

        Links are independent, with means ``links`` (..., L) and standard deviations ``spread``
        (..., L). As a target's links are independent of what lies before it, with
        :math:`\Gamma = E[\Sigma]`, :math:`\Gamma_{ts} = \sum_a b_a \Gamma_{as} +
        E[\zeta_t \eta_s]` and :math:`\Gamma_{tt} = \sum_{ab} (b_a b_b + \delta_{ab} \tau_a^2)
        \Gamma_{ab} + 2 \sum_a b_a E[\zeta_t \eta_a] + \psi_{tt}`.
        """
        psi = self.residual_covariance(residual)
        k = self.constructs
        mean = links @ self.selectors.reshape(-1, k * k)
        mean = mean.reshape(*mean.shape[:-1], k, k)
        square = (spread**2 @ self.selectors.reshape(-1, k * k)).reshape(*spread.shape[:-1], k, k)
        # E[ζ_t η_s]: rows the residual, columns the construct.
        with_residual = psi @ np.swapaxes(np.linalg.inv(np.eye(k) - mean), -1, -2)
        gamma = np.zeros(np.broadcast_shapes(mean.shape, psi.shape, square.shape))
        for t in range(k):
            b, before, own = mean[..., t, :t], gamma[..., :t, :t], with_residual[..., t, :t]
            through = np.einsum("...a,...as->...s", b, before)
            gamma[..., t, :t] = gamma[..., :t, t] = through + own
            gamma[..., t, t] = (
                np.einsum("...a,...a->...", b, through + 2 * own)
                + np.einsum("...a,...aa->...", square[..., t, :t], before)
                + psi[..., t, t]
            )
        return np.einsum("...tt->...t", gamma).copy()

    def _through(self, links: Array) -> Array:
        b = np.einsum("jl,lab->jab", links, self.selectors)
        return np.asarray(np.linalg.inv(np.eye(self.constructs) - b))


def _flat(matrices: Array) -> Array:
    """Matrices (J, p, k, k) as vectors (J, p, k²)."""
    return matrices.reshape(*matrices.shape[:2], -1)
