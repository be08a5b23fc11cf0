"""The likelihood of two levels where answers are missing, with its gradient.

Row i of unit j has those answers of y_i = mu + u_j + w_i that are there, Sigma_k^-1 being the
inverse of Sigma_W of the answers of its pattern k, with zeros elsewhere, P_k; the unit's own
variables z_j are part of mu + u_j. Given them u_j has mean B (z_j - mu_z) and covariance T, with
B = Sigma_B[:, z] Sigma_zz^-1 and T = Sigma_B - B Sigma_zz B'. With the residuals r_i from that, the
sums A_j = sum_i P_k and g_j = sum_i P_k r_i, and h_j = (I + A_j T)^-1 g_j, a unit's part is [1]_

    1/2 {sum_i (log|Sigma_k| + r_i' P_k r_i) + log|I + T A_j| - g_j' T h_j
         + log|Sigma_zz| + (z_j - mu_z)' Sigma_zz^-1 (z_j - mu_z)}.

T h_j and C_j = (I + T A_j)^-1 T are the mean and the covariance of u_j given all answers, and the
gradient is made of them: Sigma_B is never inverted, and may be singular. Of rows with the same
pattern in one unit only sums and sums of products are needed.

References
----------
.. [1] Rosseel, Y. (2021). Evaluating the observed log-likelihood function in two-level structural
   equation modeling with missing data: From formulas to R code. Psych, 3, 197-232.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.sem.estimation.objective import Booleans, Evaluation, inverted
from workbench.sem.model.layout import Floats, Implied, Integers, Layout, vech_index
from workbench.sem.twolevel.likelihood import BETWEEN, WITHIN, TwoLevel

STEP = 1e-5
"""Steps of numerical second derivatives, in standard errors of one row's parameters."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers in units, summarised by unit and pattern of those that are there, in E cells.

    Attributes
    ----------
    seen : (K, p) bool
        Patterns of a row's own variables.
    unit, pattern, count : (E,)
        Of each cell, in the order of units.
    sums : (E, p)
        Of the answers, 0 where there are none.
    products : (E, p, p)
        Of the answers' products.
    own : (J, p)
        What units have themselves, 0 elsewhere.
    known : (M, p) bool
        Patterns of the units' own variables, and ``kind`` (J,) which a unit has.
    """

    seen: NDArray[np.bool_]
    unit: Integers
    pattern: Integers
    count: Floats
    sums: Floats
    products: Floats
    own: Floats
    known: NDArray[np.bool_]
    kind: Integers

    @classmethod
    def of(cls, rows: Floats, unit: Integers, inner: Integers, outer: Integers) -> "Answers":
        """Summarise rows (n, p), NaN where an answer is missing, by their unit (n,)."""
        p = rows.shape[1]
        units = int(unit.max()) + 1
        at_row = np.zeros(p, dtype=bool)
        at_row[inner] = True
        there = ~np.isnan(rows)
        seen, pattern = np.unique(there & at_row, axis=0, return_inverse=True)
        pattern = pattern.ravel()
        cells, cell = np.unique(unit * len(seen) + pattern, return_inverse=True)
        filled = np.where(there & at_row, rows, 0.0)
        order = np.argsort(cell, kind="stable")
        first = np.searchsorted(cell[order], np.arange(len(cells)))
        sums = np.add.reduceat(filled[order], first, axis=0)
        products = np.empty((len(cells), p, p))
        for i in range(p):
            products[:, i] = np.add.reduceat(filled[order, i, None] * filled[order], first, axis=0)
        own, known = np.zeros((units, p)), np.zeros((units, p), dtype=bool)
        for i in np.setdiff1d(outer, inner):
            has = there[:, i]
            own[unit[has], i], known[unit[has], i] = rows[has, i], True
        kinds, kind = np.unique(known, axis=0, return_inverse=True)
        return cls(
            seen,
            cells // len(seen),
            cells % len(seen),
            np.bincount(cell).astype(np.float64),
            sums,
            products,
            own,
            kinds,
            kind.ravel(),
        )

    @property
    def answers(self) -> float:
        """How many there are, those of units included."""
        rows = self.count @ self.seen[self.pattern].sum(axis=1)
        return float(rows + self.known[self.kind].sum())

    @cached_property
    def starts(self) -> Integers:
        """Each unit's first cell."""
        return np.searchsorted(self.unit, np.arange(len(self.own)))

    def together(self, level: int) -> NDArray[np.bool_]:
        """(p, p): whether two variables were answered in one row, or in one unit."""
        if level == WITHIN:
            pairs = self.seen.astype(float)
            return np.asarray(pairs.T @ pairs > 0, dtype=np.bool_)
        cells = self.seen[self.pattern].astype(float)
        there = np.add.reduceat(cells, self.starts, axis=0) > 0
        there = (there | self.known[self.kind]).astype(float)
        return np.asarray(there.T @ there > 0, dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class Parts:
    """The likelihood at some moments, of all units and by unit.

    ``value`` is minus the log-likelihood but for a constant; ``level`` (J, p) its derivative by
    mu_W and ``outer_level`` by mu_B; ``between`` (J, p, p) and ``within`` (E, p, p), by cell, twice
    those by Sigma_B and Sigma_W as symmetric matrices.
    """

    value: float
    level: Floats
    outer_level: Floats
    between: Floats
    within: Floats


def parts_of(answers: Answers, implied: Implied) -> Parts | None:
    """Evaluate at implied moments (2, p) and (2, p, p); None where they are not possible."""
    sigma, mu = implied.sigma, implied.mu.sum(axis=0)
    p = len(mu)
    row_precision, row_size, row_good = _embedded(sigma[WITHIN], answers.seen)
    own_precision, own_size, own_good = _embedded(sigma[BETWEEN], answers.known)
    if not (row_good.all() and own_good.all()):
        return None
    # Given the units' own variables, by the pattern of those.
    slope = sigma[BETWEEN] @ own_precision
    rest = np.eye(p) - slope
    left = sigma[BETWEEN] - slope @ sigma[BETWEEN]
    left = 0.5 * (left + np.swapaxes(left, -1, -2))
    kind, unit, pattern = answers.kind, answers.unit, answers.pattern
    gap = np.where(answers.known[kind], answers.own - mu, 0.0)
    pull = (own_precision[kind] @ gap[..., None])[..., 0]
    shift = (slope[kind] @ gap[..., None])[..., 0]
    # Residuals of rows, summed by cell.
    centre = (mu + shift)[unit] * answers.seen[pattern]
    count = answers.count
    sums = answers.sums - count[:, None] * centre
    crossed = answers.sums[:, :, None] * centre[:, None, :]
    products = answers.products - crossed - np.swapaxes(crossed, -1, -2)
    products += count[:, None, None] * centre[:, :, None] * centre[:, None, :]
    precision = row_precision[pattern]
    pulled = (precision @ sums[..., None])[..., 0]
    a = np.add.reduceat(count[:, None, None] * precision, answers.starts, axis=0)
    g = np.add.reduceat(pulled, answers.starts, axis=0)
    size, axes = np.linalg.eigh(a)
    root = axes * np.sqrt(np.maximum(size, 0.0))[:, None, :]
    across = np.swapaxes(root, -1, -2)
    t = left[kind]
    middle, log_size, good = inverted(np.eye(p) + across @ t @ root)
    if not good.all():
        return None
    # K is the precision of the unit's part as the rows tell it, h = (I + A T)^-1 g.
    k = root @ middle @ across
    h = g - (k @ (t @ g[..., None]))[..., 0]
    mean = (t @ h[..., None])[..., 0]
    spread = t - t @ k @ t
    value = 0.5 * float(
        count @ row_size[pattern]
        + (precision * products).sum()
        + log_size.sum()
        - (g * mean).sum()
        + own_size[kind].sum()
        + (gap * pull).sum()
    )
    turned = np.swapaxes(rest[kind], -1, -2)
    outer = (turned @ h[..., None])[..., 0] + pull
    between = turned @ k @ rest[kind] + own_precision[kind] - outer[:, :, None] * outer[:, None, :]
    m = mean[unit]
    mixed = sums[:, :, None] * m[:, None, :]
    around = products - mixed - np.swapaxes(mixed, -1, -2)
    around += count[:, None, None] * (m[:, :, None] * m[:, None, :] + spread[unit])
    within = count[:, None, None] * precision - precision @ around @ precision
    return Parts(value, -h, -outer, between, within)


def _embedded(sigma: Floats, seen: NDArray[np.bool_]) -> tuple[Floats, Floats, Booleans]:
    """Inverses (K, p, p) of a covariance's parts with zeros around, log determinants, which are
    positive definite."""
    both = seen[:, :, None] & seen[:, None, :]
    inverse, size, good = inverted(np.where(both, sigma, np.eye(len(sigma))))
    return np.where(both, inverse, 0.0), size, good


def cell_scores(answers: Answers, implied: Implied) -> Floats:
    """As :func:`workbench.sem.twolevel.likelihood.unit_scores`."""
    parts = parts_of(answers, implied)
    assert parts is not None, "scores are taken where the likelihood is"
    lower, upper = vech_index(implied.mu.shape[-1])
    half = np.where(lower == upper, 0.5, 1.0)
    within = np.add.reduceat(parts.within, answers.starts, axis=0)
    return np.concatenate(
        [
            parts.level,
            within[:, lower, upper] * half,
            parts.outer_level,
            parts.between[:, lower, upper] * half,
        ],
        axis=1,
    )


@dataclass(frozen=True, eq=False)
class TwoLevelAnswers:
    """What is minimised: f of one sample of which answers are missing.

    The ``expected`` information is that of units of the same sizes without missing answers: near
    enough for steps. The ``observed`` one is made of differences of the gradient.
    """

    layout: Layout
    answers: Answers
    complete: TwoLevel

    @property
    def exo(self) -> Floats | None:
        return self.complete.exo

    @property
    def members(self) -> int:
        return 1

    @property
    def total(self) -> Floats:
        return self.complete.total

    @property
    def definite(self) -> Booleans:
        return self.complete.definite

    def take(self, members: Integers) -> "TwoLevelAnswers":
        return self

    def value(self, theta: Floats) -> Floats:
        return np.array([self._at(own)[0] for own in theta])

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        found = [self._at(own) for own in theta]
        value = np.array([f for f, _ in found])
        gradient = np.stack([g for _, g in found])
        if curvature is None:
            return Evaluation(value, gradient, np.empty((len(theta), 0, 0)))
        matrix = self.complete.evaluate(theta, "expected").curvature
        if curvature == "observed":
            matrix = np.stack(
                [
                    self._hessian(own, unit) if np.isfinite(f) else unit
                    for own, unit, f in zip(theta, matrix, value, strict=True)
                ]
            )
        return Evaluation(value, gradient, matrix)

    def _at(self, theta: Floats) -> tuple[float, Floats]:
        exo = None if self.exo is None else self.exo[0]
        implied = self.layout.implied(theta, exo)
        parts = parts_of(self.answers, implied)
        if parts is None:
            return np.inf, np.zeros(len(theta))
        total = float(self.total[0])
        omega = np.stack([parts.within.sum(axis=0), parts.between.sum(axis=0)])
        slope = np.stack([parts.level.sum(axis=0), parts.outer_level.sum(axis=0)])
        return parts.value / total, self.layout.gradient(implied, omega / total, slope / total)

    def _hessian(self, theta: Floats, unit: Floats) -> Floats:
        step = STEP / np.sqrt(np.maximum(np.diagonal(unit), 1e-300))
        found = np.empty_like(unit)
        for i, size in enumerate(step):
            moved = np.zeros(len(theta))
            moved[i] = size
            up, down = self._at(theta + moved)[1], self._at(theta - moved)[1]
            found[i] = (up - down) / (2 * size)
        return 0.5 * (found + found.T)
