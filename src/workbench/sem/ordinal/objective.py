"""Weighted least squares on thresholds and correlations, batched.

f = 1/2 sum_g (n_g - 1)/(N - G) (s - sigma)' W (s - sigma), half of the usual discrepancy, with
chi-square 2 (N - G) f. W is the inverse of Gamma (WLS), of its diagonal (DWLS), or the identity
(ULS). Steps are made by J'WJ, which near the optimum of a model that fits is the second derivative.
"""

from dataclasses import dataclass, replace

import numpy as np

from workbench.sem.estimation.objective import Booleans, Evaluation
from workbench.sem.model.layout import Floats, Integers, Layout
from workbench.sem.ordinal.model import OrdinalModel

ADVICE = "More rows, fewer categories or a simpler model would help."
"""What to do where a parameter grows without limit."""


@dataclass(frozen=True, eq=False)
class WeightedLeastSquares:
    """The discrepancies of a batch of samples.

    Attributes
    ----------
    model
        What implies the statistics.
    n : (B, G)
        Rows.
    observed : (B, G, m)
        Sample statistics.
    weight : (B, G, m) or (B, G, m, m)
        W, or its diagonal.
    """

    model: OrdinalModel
    n: Floats
    observed: Floats
    weight: Floats

    @property
    def layout(self) -> Layout:
        """Where theta sits in the model."""
        return self.model.layout

    @property
    def members(self) -> int:
        """How many samples."""
        return len(self.n)

    @property
    def total(self) -> Floats:
        """N - G of each member."""
        return np.asarray((self.n - 1.0).sum(-1))

    @property
    def definite(self) -> Booleans:
        """Any statistics can be fitted."""
        return np.ones(self.members, dtype=np.bool_)

    @property
    def _share(self) -> Floats:
        return (self.n - 1.0) / self.total[:, None]

    def take(self, members: Integers) -> "WeightedLeastSquares":
        """The functions of some members only."""
        return replace(
            self,
            n=self.n[members],
            observed=self.observed[members],
            weight=self.weight[members],
        )

    def weighted(self, statistics: Floats) -> Floats:
        """W times vectors (B, G, m), or the columns of matrices (B, G, m, k)."""
        matrix = statistics.ndim > self.observed.ndim
        if self.weight.ndim == self.observed.ndim:
            return (self.weight[..., None] if matrix else self.weight) * statistics
        return self.weight @ statistics if matrix else (self.weight @ statistics[..., None])[..., 0]

    def value(self, theta: Floats) -> Floats:
        """f at theta (B, k)."""
        return self._value(self.model.values(theta))

    def _value(self, implied: Floats) -> Floats:
        gap = self.observed - implied
        by_group = 0.5 * (gap * self.weighted(gap)).sum(-1)
        value = (self._share * by_group).sum(-1)
        return np.where(np.isfinite(value), value, np.inf)

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        """f, its gradient and J'WJ, whatever the ``curvature`` asked for; None for none."""
        implied, jacobian = self.model.values_and_jacobian(theta)
        pull = self.weighted(self.observed - implied)
        share = self._share
        gradient = -(share[..., None] * (pull[..., None, :] @ jacobian)[..., 0, :]).sum(-2)
        matrix = np.empty((len(theta), 0, 0))
        if curvature is not None:
            matrix = self._information(jacobian, share)
        return Evaluation(self._value(implied), gradient, matrix)

    def _information(self, jacobian: Floats, share: Floats) -> Floats:
        by_group = np.swapaxes(jacobian, -1, -2) @ self.weighted(jacobian)
        return np.asarray((share[..., None, None] * by_group).sum(-3))
