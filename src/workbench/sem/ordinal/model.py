"""What a model says about ordered answers: implied thresholds and correlations, and derivatives.

An item's answer is a normal variable y* cut at thresholds tau, and of y* only a scale of its own is
seen: with mean mu, variance sigma_ii and scale d_i (1 for continuous items) the statistics are

    d_i (tau_ic - mu_i),    mu_i and sigma_ii (continuous items),    d_i d_j sigma_ij.

In the *delta* parameterisation d is a parameter (1 where nothing frees it) and the residual
variance of an ordered item is what makes sigma_ii = 1 / d_i^2; in *theta* the residual variance is
the parameter, and d_i = 1 / sqrt(sigma_ii) [1]_. The covariances of residuals S enter
diag Sigma = M s + r with M = E_oo * E_oo, element by element, and E = (I - A)^-1, so that the
residual variances s of the ordered items solve a linear system, also where ordered items predict
each other.

Shapes: B members of a batch, G groups, p items, k parameters, m statistics of a group.

References
----------
.. [1] Muthén, B., & Asparouhov, T. (2002). Latent variable analysis with categorical outcomes:
   Multiple-group and growth modeling in Mplus. Mplus Web Notes, 4.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.sem.inference.rows import Rows
from workbench.sem.model.layout import COVARIANCE, Floats, Implied, Integers, Layout, vech_index
from workbench.sem.ordinal.statistics import Places


@dataclass(frozen=True, eq=False)
class OrdinalModel:
    """A parameter table with ordered items.

    Attributes
    ----------
    table
        With rows of thresholds (``|``) and scales (``~*~``).
    layout
        Of the table.
    places
        Where the statistics of each group are.
    parameterization
        ``"delta"`` or ``"theta"``.
    """

    table: pd.DataFrame
    layout: Layout
    places: Places
    parameterization: str

    @property
    def delta(self) -> bool:
        """Whether scales are parameters, and residual variances follow."""
        return self.parameterization == "delta"

    @property
    def statistics(self) -> int:
        """Number of all groups' statistics."""
        return self.layout.groups * self.places.count

    @cached_property
    def _ordered(self) -> Integers:
        return np.flatnonzero(self.places.ordered)

    @cached_property
    def derived(self) -> Integers:
        """Positions of the table's rows whose values follow from the others."""
        table = self.table
        own = table["lhs"].isin([self.layout.observed[i] for i in self._ordered])
        if self.delta:
            return np.flatnonzero(own & (table["op"] == "~~") & (table["lhs"] == table["rhs"]))
        return np.flatnonzero(own & (table["op"] == "~*~"))

    @cached_property
    def wide_table(self) -> pd.DataFrame:
        """The table with derived values free, numbered after the others."""
        free = self.table["free"].to_numpy(int).copy()
        free[self.derived] = self.layout.n_free + 1 + np.arange(len(self.derived))
        return self.table.assign(free=free)

    @cached_property
    def wide(self) -> Layout:
        """The layout of the wide table."""
        return Layout.from_table(self.wide_table, self.layout.observed, self.layout.latent)

    @cached_property
    def rows(self) -> Rows:
        """The rows of the wide table."""
        return Rows(self.wide_table, self.wide)

    @cached_property
    def _derived_places(self) -> tuple[Integers, Integers]:
        """Group and item (among all observed) of every derived value."""
        position = {name: i for i, name in enumerate(self.layout.observed)}
        own = self.table.iloc[self.derived]
        return own["group"].to_numpy(int) - 1, own["lhs"].map(position).to_numpy(int)

    @cached_property
    def _residuals(self) -> Integers:
        """Where in the wide theta the derived value of an ordered item is (G, items)."""
        group, item = self._derived_places
        found = np.zeros((self.layout.groups, len(self._ordered)), dtype=np.int64)
        at = self.layout.n_free + np.arange(len(group))
        found[group, np.searchsorted(self._ordered, item)] = at
        return found

    @cached_property
    def _beside(self) -> tuple[Integers, Floats, Integers, Floats]:
        """Numbers (from 1; 0 where fixed) and fixed values of thresholds (G, heights) and scales
        (G, p)."""
        table, places = self.table, self.places
        position = {name: i for i, name in enumerate(self.layout.observed)}
        shape = (self.layout.groups, places.heights), (self.layout.groups, len(position))
        cut, cut_at = np.zeros(shape[0], dtype=np.int64), np.zeros(shape[0])
        scale, scale_at = np.zeros(shape[1], dtype=np.int64), np.ones(shape[1])
        own = table[table["op"].isin(["|", "~*~"])]
        for lhs, op, rhs, group, free, fixed in own[
            ["lhs", "op", "rhs", "group", "free", "fixed"]
        ].itertuples(index=False):
            g, i = int(group) - 1, position[lhs]
            if op == "~*~":
                scale[g, i], scale_at[g, i] = free, fixed
            else:
                at = places.starts[i] + int(rhs[1:]) - 1
                cut[g, at], cut_at[g, at] = free, fixed
        return cut, cut_at, scale, scale_at

    @property
    def thresholds(self) -> Integers:
        """Numbers of the free thresholds, from 1; 0 where fixed (G, heights)."""
        return self._beside[0]

    @property
    def scales(self) -> Integers:
        """Numbers of the free scales, from 1; 0 where fixed (G, p)."""
        return self._beside[2]

    def _given(self, theta: Floats, number: Integers, fixed: Floats) -> Floats:
        free = theta[..., np.maximum(number, 1) - 1]
        return np.where(number > 0, free, fixed)

    def state(self, theta: Floats) -> tuple[Floats, Implied, Floats, Floats]:
        """Wide theta (B, K), implied moments, thresholds (B, G, heights) and scales (B, G, p)."""
        cut, cut_at, scale, scale_at = self._beside
        cuts = self._given(theta, cut, cut_at)
        zeros = np.zeros((*theta.shape[:-1], len(self.derived)))
        wide = np.concatenate([theta, zeros], axis=-1)
        if not self.delta:
            implied = self.wide.implied(wide)
            variance = np.diagonal(implied.sigma, axis1=-2, axis2=-1)
            with np.errstate(invalid="ignore", divide="ignore"):
                scales = np.where(self.places.ordered, 1.0 / np.sqrt(variance), 1.0)
            wide[..., self._residuals] = scales[..., self._ordered]
            return wide, implied, cuts, scales
        scales = self._given(theta, scale, scale_at)
        implied = self.wide.implied(wide)
        own = self._ordered
        rest = np.diagonal(implied.sigma, axis1=-2, axis2=-1)[..., own]
        wanted = scales[..., own] ** -2.0 - rest
        found = np.linalg.solve(self._squared_effects(implied), wanted[..., None])[..., 0]
        wide[..., self._residuals] = found
        return wide, self.wide.implied(wide), cuts, scales

    def _squared_effects(self, implied: Implied) -> Floats:
        own = self._ordered
        return implied.effects[..., own[:, None], own] ** 2

    def values(self, theta: Floats) -> Floats:
        """Implied statistics (B, G, m) at theta (B, k)."""
        _, implied, cuts, scales = self.state(theta)
        return self._values(implied, cuts, scales)

    def _values(self, implied: Implied, cuts: Floats, scales: Floats) -> Floats:
        item, level = self.places.levels
        row, column = self.places.pairs
        mean, numeric = implied.mu[..., item], self.places.numeric
        heights = np.where(level < 0, mean, scales[..., item] * (cuts - mean))
        variance = implied.sigma[..., numeric, numeric]
        below = implied.sigma[..., row, column] * scales[..., row] * scales[..., column]
        return np.concatenate([heights, variance, below], axis=-1)

    def values_and_jacobian(self, theta: Floats) -> tuple[Floats, Floats]:
        """Implied statistics (B, G, m) at theta (B, k) and their derivatives (B, G, m, k)."""
        _, implied, cuts, scales = self.state(theta)
        values = self._values(implied, cuts, scales)
        p, k = len(self.layout.observed), self.layout.n_free
        moved = self.wide.jacobian(implied)
        mu = moved[..., :p, :]
        sigma = np.zeros((*moved.shape[:-2], p, p, moved.shape[-1]))
        lower, upper = vech_index(p)
        sigma[..., lower, upper, :] = sigma[..., upper, lower, :] = moved[..., p:, :]
        scale = self._scale_slopes(implied, scales, sigma)
        item, level = self.places.levels
        row, column = self.places.pairs
        numeric = self.places.numeric
        cut = np.zeros((*cuts.shape, moved.shape[-1]))
        number = self._beside[0]
        g, at = np.nonzero(number)
        cut[..., g, at, number[g, at] - 1] = 1.0
        gap = (cuts - implied.mu[..., item])[..., None]
        tall = scales[..., item, None] * (cut - mu[..., item, :]) + gap * scale[..., item, :]
        heights = np.where(level[:, None] < 0, mu[..., item, :], tall)
        one, other = scales[..., row, None], scales[..., column, None]
        below = one * other * sigma[..., row, column, :] + implied.sigma[..., row, column, None] * (
            scale[..., row, :] * other + one * scale[..., column, :]
        )
        jacobian = np.concatenate([heights, sigma[..., numeric, numeric, :], below], axis=-2)
        if not self.delta:
            return values, jacobian[..., :k]
        chain = self._chain(implied, scales, scale, sigma)
        return values, jacobian @ chain[..., None, :, :]

    def _scale_slopes(self, implied: Implied, scales: Floats, sigma: Floats) -> Floats:
        """Derivatives (B, G, p, K) of the scales by the wide theta."""
        if not self.delta:
            every = np.arange(scales.shape[-1])
            slope = -0.5 * scales[..., None] ** 3 * sigma[..., every, every, :]
            return np.where(self.places.ordered[:, None], slope, 0.0)
        found = np.zeros((*scales.shape, sigma.shape[-1]))
        number = self._beside[2]
        g, at = np.nonzero(number)
        found[..., g, at, number[g, at] - 1] = 1.0
        return found

    def _chain(self, implied: Implied, scales: Floats, scale: Floats, sigma: Floats) -> Floats:
        """Derivatives (B, K, k) of the wide theta by theta, along sigma_ii = 1 / d_i^2."""
        k, own = self.layout.n_free, self._ordered
        chain = np.zeros((*scales.shape[:-2], sigma.shape[-1], k))
        chain[..., np.arange(k), np.arange(k)] = 1.0
        if not self.delta:
            chain[..., self._residuals, :] = scale[..., own, :k]
            return chain
        moved = sigma[..., own, own, :k] + 2.0 * scales[..., own, None] ** -3 * scale[..., own, :k]
        solved = -np.linalg.solve(self._squared_effects(implied), moved)
        chain[..., self._residuals, :] = solved
        return chain

    def chain(self, theta: Floats) -> tuple[Floats, Floats]:
        """The wide theta (K,) and its derivatives (K, k) at theta (k,)."""
        wide, implied, _, scales = self.state(theta)
        p = len(self.layout.observed)
        moved = self.wide.jacobian(implied)[..., p:, :]
        sigma = np.zeros((*moved.shape[:-2], p, p, moved.shape[-1]))
        lower, upper = vech_index(p)
        sigma[..., lower, upper, :] = sigma[..., upper, lower, :] = moved
        scale = self._scale_slopes(implied, scales, sigma)
        return wide, self._chain(implied, scales, scale, sigma)

    def settled(self, theta: Floats) -> tuple[pd.DataFrame, Layout]:
        """The table with derived values filled in at theta (k,), and its layout."""
        found = self.state(theta)[0][self.layout.n_free :]
        fixed = self.table["fixed"].to_numpy(float).copy()
        fixed[self.derived] = found
        table, layout = self.table.assign(fixed=fixed), self.layout
        if not self.delta:
            return table, layout
        group, item = self._derived_places
        e = layout.fixed
        value = e.value.copy()
        at = np.full((layout.groups, len(layout.observed)), np.nan)
        at[group, item] = found
        own = (e.kind == COVARIANCE) & (e.row == e.column) & (e.row < len(layout.observed))
        own[own] = np.isfinite(at[e.group[own], e.row[own]])
        value[own] = at[e.group[own], e.row[own]]
        return table, replace(layout, fixed=replace(e, value=value))
