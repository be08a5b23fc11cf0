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
from scipy.sparse import csr_array

from workbench.sem.estimation.fiml import PatternTerms, moment_curvature, summed_products
from workbench.sem.estimation.objective import Booleans, Evaluation, inverted
from workbench.sem.model.layout import Floats, Implied, Integers, Layout, vech_index
from workbench.sem.twolevel.likelihood import BETWEEN, WITHIN, TwoLevel, stacked_jacobian


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

    def take(self, units: Integers) -> "Answers":
        """Some units, each as often as it is named."""
        ends = np.append(self.starts, len(self.unit))
        count = ends[units + 1] - ends[units]
        unit = np.repeat(np.arange(len(units)), count)
        cells = np.arange(len(unit)) + np.repeat(ends[units] - np.cumsum(count) + count, count)
        return Answers(
            self.seen,
            unit,
            self.pattern[cells],
            self.count[cells],
            self.sums[cells],
            self.products[cells],
            self.own[units],
            self.known,
            self.kind[units],
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

    @cached_property
    def often(self) -> csr_array:
        """Rows of each pattern in each unit (K, J)."""
        shape = (len(self.seen), len(self.own))
        return csr_array((self.count, (self.pattern, self.unit)), shape=shape)

    @cached_property
    def rows(self) -> Floats:
        """Rows of each pattern (K,)."""
        return np.bincount(self.pattern, self.count, len(self.seen)).astype(np.float64)

    @cached_property
    def of_pattern(self) -> csr_array:
        """Which cells are of a pattern (K, E)."""
        cells = np.arange(len(self.pattern))
        one = np.ones(len(cells))
        return csr_array((one, (self.pattern, cells)), shape=(len(self.seen), len(cells)))

    @cached_property
    def total_products(self) -> Floats:
        """Of each pattern's answers (K, p, p)."""
        p = self.sums.shape[1]
        return (self.of_pattern @ self.products.reshape(-1, p * p)).reshape(-1, p, p)

    def around(self, place: Floats, spread: Floats) -> Floats:
        """Sum over each pattern's rows (K, p, p) of the products of their distances from the
        unit's place (J, p), known up to a covariance (J, p, p)."""
        p = place.shape[1]
        crossed = self.sums[:, :, None] * place[self.unit, None, :]
        mixed = (self.of_pattern @ crossed.reshape(-1, p * p)).reshape(-1, p, p)
        more = spread + place[:, :, None] * place[:, None, :]
        found = (self.often @ more.reshape(-1, p * p)).reshape(-1, p, p)
        return np.asarray(found + self.total_products - mixed - np.swapaxes(mixed, -1, -2))

    def by_cell(self, place: Floats, spread: Floats) -> Floats:
        """The same of each cell's rows (E, p, p)."""
        own, count = place[self.unit], self.count[:, None, None]
        mixed = self.sums[:, :, None] * own[:, None, :]
        found = count * (own[:, :, None] * own[:, None, :] + spread[self.unit])
        return np.asarray(found + self.products - mixed - np.swapaxes(mixed, -1, -2))

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
    """The likelihood at some moments, and what its derivatives are made of.

    Attributes
    ----------
    value
        Minus the log-likelihood but for a constant.
    precision : (K, p, p)
        P_k of each pattern of a row.
    around : (K, p, p)
        Sum over a pattern's rows of the products of y - mu - u, expected given all answers.
    place : (J, p)
        mu + u, expected given all answers, and ``spread`` (J, p, p) its covariance C_j.
    residual : (E, p)
        Sum over a cell's rows of P_k (y - mu - u) at that place.
    pull : (J, p)
        Z' V r: with what each answer shows of mu + u, Z, with the inverse V of the answers'
        covariance and their distances r from their means.
    weight : (J, p, p)
        Z' V Z.
    through : (J, p, p)
        F_j: of a row's part, V Z is P_k F_j.
    """

    value: float
    precision: Floats
    around: Floats
    place: Floats
    spread: Floats
    residual: Floats
    pull: Floats
    weight: Floats
    through: Floats

    @cached_property
    def rows(self) -> Floats:
        """P_k around P_k (K, p, p)."""
        return self.precision @ self.around @ self.precision


def parts_of(answers: Answers, implied: Implied) -> Parts | None:
    """Evaluate at implied moments (2, p) and (2, p, p); None where they are not possible."""
    sigma, mu = implied.sigma, implied.mu.sum(axis=0)
    p = len(mu)
    precision, row_size, row_good = _embedded(sigma[WITHIN], answers.seen)
    own_precision, own_size, own_good = _embedded(sigma[BETWEEN], answers.known)
    if not (row_good.all() and own_good.all()):
        return None
    # Given the units' own variables, by the pattern of those.
    slope = sigma[BETWEEN] @ own_precision
    rest = np.eye(p) - slope
    left = sigma[BETWEEN] - slope @ sigma[BETWEEN]
    left = 0.5 * (left + np.swapaxes(left, -1, -2))
    kind, unit, count = answers.kind, answers.unit, answers.count
    gap = np.where(answers.known[kind], answers.own - mu, 0.0)
    pull = (own_precision[kind] @ gap[..., None])[..., 0]
    centre = mu + (slope[kind] @ gap[..., None])[..., 0]
    by_cell = precision[answers.pattern]
    pulled = (by_cell @ (answers.sums - count[:, None] * centre[unit])[..., None])[..., 0]
    g = np.add.reduceat(pulled, answers.starts, axis=0)
    a = (answers.often.T @ precision.reshape(-1, p * p)).reshape(-1, p, p)
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
    place = centre + mean
    around = answers.around(place, spread)
    value = 0.5 * float(
        answers.rows @ row_size
        # r' V r is what rows are from their expected places, and these from mu.
        + (precision * around).sum()
        - (a * spread).sum()
        + (mean * h).sum()
        + log_size.sum()
        + own_size[kind].sum()
        + (gap * pull).sum()
    )
    rest = rest[kind]
    turned = np.swapaxes(rest, -1, -2)
    return Parts(
        value=value,
        precision=precision,
        around=around,
        place=place,
        spread=spread,
        residual=pulled - count[:, None] * (by_cell @ mean[unit][..., None])[..., 0],
        pull=(turned @ h[..., None])[..., 0] + pull,
        weight=turned @ k @ rest + own_precision[kind],
        through=rest - spread @ a @ rest,
    )


def slopes_of(answers: Answers, parts: Parts) -> tuple[Floats, Floats]:
    """Twice the derivatives of ``value`` by Sigma_W and Sigma_B as symmetric matrices (2, p, p),
    and those by mu_W and mu_B (2, p)."""
    within = np.tensordot(answers.rows, parts.precision, 1) - parts.rows.sum(axis=0)
    between = parts.weight.sum(axis=0) - parts.pull.T @ parts.pull
    mean = -parts.pull.sum(axis=0)
    return np.stack([within, between]), np.stack([mean, mean])


def second_derivatives(answers: Answers, parts: Parts) -> Floats:
    """Of ``value`` by (mu_W, vech Sigma_W, mu_B, vech Sigma_B), (2 (p + p*), 2 (p + p*)).

    With the sums over a unit's rows R(X) = sum P_k X P_k and d(X) = sum P_k X e, e being the rows'
    ``residual``, with V and Z as in :class:`Parts` and o = Z' V r, they are, summed over units,

        by Sigma_W, along X and Y:       1/2 tr(X P_k Y E_k), summed over patterns, with
                                         E_k = 2 P_k around P_k - n_k P_k,
                                         less 1/2 tr{R(X) C R(Y) C} + d(X)' C d(Y),
        by Sigma_W and Sigma_B:          d(X)' F Y o - 1/2 tr{R(X) F Y F'},
        by Sigma_W and mu:               F' d(X),

    and those by Sigma_B and mu are the ones of a draw whose precision is Z' V Z. They come of
    dV = -V dOmega V for the covariance Omega of a unit's answers; V is, between two rows, P_k less
    P_k C P_l. Work goes with products of p* x p* matrices, p* = p (p + 1) / 2, one a unit.
    """
    p = parts.pull.shape[1]
    lower, upper = vech_index(p)
    half = np.where(lower == upper, 0.5, 1.0)
    whole = moment_curvature(_of_units(parts), "observed")[0]
    inner = moment_curvature(_of_rows(answers, parts), "observed")[0, p:, p:]
    cross, by_mean = np.zeros_like(inner), np.zeros((p, len(lower)))
    flat = parts.precision.reshape(-1, p * p)
    ends = [*answers.starts[1:], len(answers.unit)]
    for j, cells in enumerate(map(slice, answers.starts, ends)):
        spread, through, pull = parts.spread[j], parts.through[j], parts.pull[j, :, None]
        own = answers.pattern[cells]
        precision = parts.precision[None, own]
        sums = summed_products(answers.count[None, cells], precision, precision)[0]
        along = (flat[own].T @ parts.residual[cells]).reshape(p, p, p)
        along = (along[:, lower, upper] + along[:, upper, lower]) * half
        inner -= sums @ _doubled(spread) @ sums + along.T @ spread @ along
        turned = through.T @ along
        by_mean += turned
        cross += (turned[lower] * pull[upper] + turned[upper] * pull[lower]).T * half
        cross -= sums @ (_doubled(through) * half)
    m = p + len(lower)
    out = np.empty((2 * m, 2 * m))
    out[:p, :p], out[:p, m:], out[m:, m:] = whole[:p, :p], whole[:p], whole
    out[:p, p:m], out[p:m, p:m] = by_mean, inner
    out[p:m, m : m + p], out[p:m, m + p :] = by_mean.T, cross
    row, column = np.triu_indices(2 * m, 1)
    out[column, row] = out[row, column]
    return out


def _of_units(parts: Parts) -> PatternTerms:
    """Units as draws of one row each, with the precision Z' V Z."""
    units, p = parts.pull.shape
    nothing = np.zeros(1)
    return PatternTerms(
        value=nothing,
        omega=nothing,
        slope=nothing,
        precision=parts.weight[None],
        several=np.zeros(0, dtype=np.int64),
        within=np.zeros((1, 0, p, p)),
        pull=parts.pull[None],
        share=np.ones((1, units)),
    )


def _of_rows(answers: Answers, parts: Parts) -> PatternTerms:
    """Rows around their expected places, by pattern."""
    patterns, p = answers.seen.shape
    nothing = np.zeros(1)
    return PatternTerms(
        value=nothing,
        omega=nothing,
        slope=nothing,
        precision=parts.precision[None],
        several=np.arange(patterns),
        # A resample may have no row of a pattern.
        within=(parts.rows / np.maximum(answers.rows, 1.0)[:, None, None])[None],
        pull=np.zeros((1, patterns, p)),
        share=answers.rows[None],
    )


def _doubled(matrix: Floats) -> Floats:
    """From M (p, p) that of Q -> M Q M' by the elements of vech, twice on the diagonal of Q."""
    lower, upper = vech_index(len(matrix))
    by_lower, by_upper = matrix[lower], matrix[upper]
    found = by_lower[:, lower] * by_upper[:, upper]
    found += by_lower[:, upper] * by_upper[:, lower]
    return np.asarray(found, dtype=np.float64)


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
    precision = parts.precision[answers.pattern]
    around = answers.by_cell(parts.place, parts.spread)
    rows = answers.count[:, None, None] * precision - precision @ around @ precision
    within = np.add.reduceat(rows, answers.starts, axis=0)
    between = parts.weight - parts.pull[:, :, None] * parts.pull[:, None, :]
    return np.concatenate(
        [
            -parts.pull,
            within[:, lower, upper] * half,
            -parts.pull,
            between[:, lower, upper] * half,
        ],
        axis=1,
    )


@dataclass(frozen=True, eq=False)
class TwoLevelAnswers:
    """What is minimised: f of samples of which answers are missing, one after the other.

    ``complete`` are the samples with their answers filled in. The ``expected`` information is that
    of these: near enough for steps.
    """

    layout: Layout
    samples: tuple[Answers, ...]
    complete: TwoLevel

    @property
    def exo(self) -> Floats | None:
        return self.complete.exo

    @property
    def members(self) -> int:
        return len(self.samples)

    @property
    def total(self) -> Floats:
        return self.complete.total

    @property
    def definite(self) -> Booleans:
        return self.complete.definite

    def take(self, members: Integers) -> "TwoLevelAnswers":
        samples = tuple(self.samples[i] for i in np.arange(self.members)[members])
        return TwoLevelAnswers(self.layout, samples, self.complete.take(members))

    def value(self, theta: Floats) -> Floats:
        theta = np.broadcast_to(theta, (self.members, theta.shape[-1]))
        value = np.full(self.members, np.inf)
        for b, answers in enumerate(self.samples):
            parts = parts_of(answers, self._implied(theta, b))
            if parts is not None:
                value[b] = parts.value / self.total[b]
        return value

    def evaluate(self, theta: Floats, curvature: str | None = "expected") -> Evaluation:
        theta = np.broadcast_to(theta, (self.members, theta.shape[-1]))
        value, gradient = np.full(self.members, np.inf), np.zeros(theta.shape)
        if curvature is None:
            matrix = np.empty((self.members, 0, 0))
        else:
            matrix = self.complete.evaluate(theta, "expected").curvature
        for b, answers in enumerate(self.samples):
            implied = self._implied(theta, b)
            parts = parts_of(answers, implied)
            if parts is None:
                continue
            omega, slope = (found / self.total[b] for found in slopes_of(answers, parts))
            value[b] = parts.value / self.total[b]
            gradient[b] = self.layout.gradient(implied, omega, slope)
            if curvature == "observed":
                jacobian = stacked_jacobian(self.layout, implied)
                inner = second_derivatives(answers, parts) / self.total[b]
                matrix[b] = jacobian.T @ inner @ jacobian
                matrix[b] += self.layout.curvature(implied, omega, slope, np.ones(2))
        return Evaluation(value, gradient, matrix)

    def _implied(self, theta: Floats, b: int) -> Implied:
        return self.layout.implied(theta[b], None if self.exo is None else self.exo[b])
