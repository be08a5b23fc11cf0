"""Starting values from the sample moments: instrumental loadings, then least squares.

Each latent variable gets loadings relative to its marker from the covariances with its other
indicators (the idea of FABIN [1]_, weighted so that the items' units do not matter), then a
variance and covariances as if it were that weighted sum; the paths are the regressions among the
resulting variables. Everything is equivariant to the units of the items, and done for a whole
batch at once; what only the model decides is worked out once per model (:class:`Plan`).

References
----------
.. [1] Hägglund, G. (1982). Factor analysis by instrumental variables methods. Psychometrika, 47,
   209-222.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.objective import Booleans
from workbench.sem.model.layout import COVARIANCE, MEAN, PATH, Floats, Integers, Layout

LARGEST_LOADING = 5.0
"""Largest starting loading, in standard deviations of the item per one of the marker."""

LARGEST_CORRELATION = 0.9
"""Largest starting correlation of two variables, and what fixed covariances leave of one."""

ROUNDS = 20
"""Most steps in which variances are raised."""

RIDGE = 0.05
"""Added to the diagonal (relative) of the predictors' covariance in starting regressions."""


def starting_values(layout: Layout, moments: Moments) -> Floats:
    """Starting theta (B, k) for the B members of ``moments``."""
    moments = moments.batched
    out = np.zeros((len(moments.n), layout.n_free))
    for group in range(layout.groups):
        plan = _plan(layout, group)
        total, loadings = _rough_model(plan, moments.cov[:, group])
        values = _structure(plan, total, loadings, moments.mean[:, group])
        out += values[:, plan.place] @ plan.spread
    return out / np.bincount(layout.free.source, minlength=layout.n_free)


def plain_values(layout: Layout, moments: Moments) -> Floats:
    """The most cautious start (B, k): no covariances, no paths, half of every variance."""
    moments = moments.batched
    p = len(layout.observed)
    e = layout.free
    out = np.zeros((len(moments.n), layout.n_free))
    sizes = [_sizes(layout, g, moments.cov[:, g]) for g in range(layout.groups)]
    halves = []
    for g, size in enumerate(sizes):
        s = 0.5 * size[:, :, None] * np.eye(layout.size)
        _make_room(_plan(layout, g), s)
        halves.append(np.diagonal(s, axis1=1, axis2=2))
    for i, source in enumerate(e.source):
        g, r, c = int(e.group[i]), int(e.row[i]), int(e.column[i])
        size = sizes[g]
        if e.kind[i] == COVARIANCE and r == c:
            out[:, source] = halves[g][:, r]
        elif e.kind[i] == PATH and r < p and (g, r, c) in layout.loadings:
            out[:, source] = np.sqrt(size[:, r] / size[:, c])
        elif e.kind[i] == MEAN and r < p:
            out[:, source] = moments.mean[:, g, r]
    return out


def _sizes(layout: Layout, group: int, cov: Floats) -> Floats:
    """Variances of items, and of latent variables what their unit makes of them (B, t).

    That of the item whose loading is fixed, over the square of the loading; or the fixed variance.
    """
    p, (a, s, _) = len(layout.observed), _fixed_values(layout, group)
    variance = np.diagonal(cov, axis1=1, axis2=2)
    sizes = np.empty((len(cov), layout.size))
    sizes[:, :p], sizes[:, p:] = variance, np.median(variance, axis=1, keepdims=True)
    for level in _plan(layout, group).levels:
        for f in level.factors:
            units = np.flatnonzero(np.isfinite(a[:, f]) & (a[:, f] != 0))
            if units.size:
                sizes[:, f] = sizes[:, units[0]] / a[units[0], f] ** 2
            elif s[f, f] > 0:
                sizes[:, f] = s[f, f]
    return sizes


@dataclass(frozen=True, eq=False)
class Level:
    """F latent variables of a group that are measured by variables known before them.

    Attributes
    ----------
    factors : (F,)
        Their positions.
    items : (F, m)
        Positions of their indicators; shorter rows are filled with t, where nothing is.
    there : (F, m)
        Which of them are indicators.
    marker : (F, m)
        The indicator the others are compared with.
    at_marker : two of (F,)
        Where that is.
    thirds : (F, 1)
        Whether there are three indicators or more.
    single : (F,)
        Whether there is one.
    given : (F, m)
        Loadings that are fixed, else NaN.
    unit : (F, 1)
        The marker's loading where it is fixed, else 1.
    variance : (F,)
        The variance where it is fixed and no loading is, else NaN.
    residual : (F,)
        The fixed residual variance of a single indicator, else NaN.
    """

    factors: Integers
    items: Integers
    there: Booleans
    marker: Booleans
    at_marker: tuple[Integers, Integers]
    thirds: Booleans
    single: Booleans
    given: Floats
    unit: Floats
    variance: Floats
    residual: Floats

    @classmethod
    def of(cls, factors: list[int], items: dict[int, list[int]], a: Floats, s: Floats) -> "Level":
        """From A and S (t, t) with NaN where free."""
        counts = [len(items[f]) for f in factors]
        shape, t = (len(factors), max(counts)), len(a)
        place, there = np.full(shape, t), np.zeros(shape, dtype=bool)
        given = np.full(shape, np.nan)
        for i, (f, count) in enumerate(zip(factors, counts, strict=True)):
            place[i, :count], there[i, :count], given[i, :count] = items[f], True, a[items[f], f]
        fixed = np.isfinite(given)
        rows, first = np.arange(len(factors)), fixed.argmax(1)
        marker = np.zeros(shape, dtype=bool)
        marker[rows, first] = True
        size = np.diagonal(s)[factors]
        single = np.array(counts) == 1
        return cls(
            factors=np.array(factors),
            items=place,
            there=there,
            marker=marker,
            at_marker=(rows, first),
            thirds=np.array(counts)[:, None] > 2,
            single=single,
            given=given,
            unit=np.where(fixed[rows, first], given[rows, first], 1.0)[:, None],
            variance=np.where(fixed.any(1) | ~(size > 0), np.nan, size),
            residual=np.where(single, np.diagonal(s)[place[:, 0]], np.nan),
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """What the starting values of one group need to know of the model, whatever the data.

    Attributes
    ----------
    observed
        How many variables are observed, p.
    paths, means : (t, t), (t,)
        A and m with zeros where they are free.
    growth : latent variables, their items, weights (factors, items) and loadings, or None
        Latent variables whose loadings are all fixed, as those of growth curves.
    levels
        The other measured ones, in an order in which they can be reached.
    unmeasured : (.,)
        Positions of the rest, and their variances (.,).
    loadings : (t, t)
        Which entries of A are free loadings.
    equations
        Row and predictors (.,) of every regression.
    endogenous : (.,)
    pairs : two of (.,)
        Rows and columns of free covariances between variables nothing points to.
    bound : (b,)
        Positions of variables that have fixed covariances other than 0.
    held : (b, b)
        Their part of S, NaN where it is free.
    intercepts : (.,)
        Rows of m that are free.
    latent_means : (.,)
        Those of latent variables, where their indicators have no free intercepts.
    place : (e,)
        Position of the group's free entries in [A, S, m] laid out in a row.
    spread : (e, k)
        1 where an entry is filled by a parameter.
    """

    observed: int
    paths: Floats
    means: Floats
    growth: tuple[list[int], list[int], Floats, Floats] | None
    levels: tuple[Level, ...]
    unmeasured: tuple[Integers, Floats]
    loadings: Booleans
    equations: tuple[tuple[int, Integers], ...]
    endogenous: Integers
    pairs: tuple[Integers, Integers]
    bound: Integers
    held: Floats
    intercepts: Integers
    latent_means: Integers
    place: Integers
    spread: Floats


@lru_cache(maxsize=256)
def _plan(layout: Layout, group: int) -> Plan:
    t, p, e = layout.size, len(layout.observed), layout.free
    a, s, m = _fixed_values(layout, group)
    items: dict[int, list[int]] = {f: [] for f in range(p, t)}
    measured = np.zeros((t, t), dtype=bool)
    for g, row, factor in sorted(layout.loadings):
        if g == group and a[row, factor] != 0:
            items[factor].append(row)
            measured[row, factor] = True
    fixed = [f for f, rows in items.items() if len(rows) > 1 and np.isfinite(a[rows, f]).all()]
    growth, known = None, list(range(p))
    if fixed and all(r < p for f in fixed for r in items[f]):
        growing = sorted({r for f in fixed for r in items[f]})
        lam = np.nan_to_num(a[np.ix_(growing, fixed)])
        growth = (fixed, growing, np.asarray(np.linalg.pinv(lam), dtype=np.float64), lam)
        known += fixed
    levels = []
    while ready := [
        f for f in range(p, t) if f not in known and items[f] and set(items[f]) <= set(known)
    ]:
        levels.append(Level.of(ready, items, a, s))
        known += ready
    rest = np.array([f for f in range(p, t) if f not in known], dtype=np.int64)
    size = np.diagonal(s)[rest]
    free_a, points = np.isnan(a), np.isnan(a).any(1) | (np.nan_to_num(a) != 0).any(1)
    regressed = free_a & ~measured
    pairs = np.nonzero(np.tril(np.isnan(s) & ~points[:, None] & ~points, -1))
    bound = np.flatnonzero((np.nan_to_num(s) * (1.0 - np.eye(t)) != 0).any(1))
    free_m = np.flatnonzero(np.isnan(m))
    own = e.group == group
    place = np.select(
        [e.kind == PATH, e.kind == COVARIANCE],
        [e.row * t + e.column, t * t + e.row * t + e.column],
        2 * t * t + e.row,
    )
    return Plan(
        observed=p,
        paths=np.nan_to_num(a),
        means=np.nan_to_num(m),
        growth=growth,
        levels=tuple(levels),
        unmeasured=(rest, np.where(size > 0, size, 1.0)),
        loadings=measured & free_a,
        equations=tuple(
            (int(r), np.flatnonzero(regressed[r])) for r in np.flatnonzero(regressed.any(1))
        ),
        endogenous=np.flatnonzero(points),
        pairs=(pairs[0], pairs[1]),
        bound=bound,
        held=s[np.ix_(bound, bound)],
        intercepts=free_m,
        latent_means=free_m[free_m >= p] if (m[:p] == 0).all() else free_m[:0],
        place=place[own],
        spread=np.eye(layout.n_free)[e.source[own]],
    )


def _fixed_values(layout: Layout, group: int) -> tuple[Floats, Floats, Floats]:
    """A, S (t, t) and m (t,) of a group with NaN where free."""
    t = layout.size
    matrices = (np.zeros((t, t)), np.zeros((t, t)), np.zeros((t, 1)))
    for entries, values in (
        (layout.fixed, layout.fixed.value),
        (layout.free, np.full(len(layout.free.kind), np.nan)),
        (layout.exogenous, np.full(len(layout.exogenous.kind), np.nan)),
    ):
        for kind, g, row, column, value in zip(
            entries.kind.tolist(),
            entries.group.tolist(),
            entries.row.tolist(),
            entries.column.tolist(),
            values.tolist(),
            strict=True,
        ):
            if g == group:
                matrices[kind][row, column] = value
                if kind == COVARIANCE:
                    matrices[kind][column, row] = value
    return matrices[0], matrices[1], matrices[2][:, 0]


def _rough_model(plan: Plan, cov: Floats) -> tuple[Floats, Floats]:
    """Covariances of all variables (B, t + 1, t + 1) and loadings (B, t + 1, t).

    The last row and column stay zero: that is where the indicators a latent variable lacks are.
    """
    t, p = len(plan.paths), plan.observed
    total, loadings = np.zeros((len(cov), t + 1, t + 1)), np.zeros((len(cov), t + 1, t))
    total[:, :p, :p] = cov
    if plan.growth is not None:
        _project(plan, total, loadings)
    for level in plan.levels:
        _measure(level, total, loadings)
    rest, size = plan.unmeasured
    total[:, rest, rest] = size
    return total, loadings


def _project(plan: Plan, total: Floats, loadings: Floats) -> None:
    """Latents whose loadings are all fixed (growth curves): least squares weights, jointly."""
    assert plan.growth is not None
    factors, items, weights, lam = plan.growth
    known = list(range(plan.observed))
    cov = _block(total, items, items)
    unique = 0.5 * cov * np.eye(len(items))
    inner = weights @ (cov - unique) @ weights.T
    size = np.diagonal(weights @ cov @ weights.T, axis1=1, axis2=2)
    diagonal = np.diagonal(inner, axis1=1, axis2=2)
    lift = np.maximum(0.1 * size - diagonal, 0.0)
    _set_block(total, factors, factors, inner + lift[:, :, None] * np.eye(len(factors)))
    outer = weights @ _block(total, items, known)
    _set_block(total, factors, known, outer)
    _set_block(total, known, factors, np.swapaxes(outer, 1, 2))
    _set_block(loadings, items, factors, np.broadcast_to(lam, (len(cov), *lam.shape)))


def _block(matrix: Floats, rows: list[int], columns: list[int]) -> Floats:
    # Contiguous, so that sums run in the same order whatever the size of the batch.
    return np.ascontiguousarray(matrix[:, np.array(rows)[:, None], np.array(columns)])


def _set_block(matrix: Floats, rows: list[int], columns: list[int], values: Floats) -> None:
    matrix[:, np.array(rows)[:, None], np.array(columns)] = values


def _measure(level: Level, total: Floats, loadings: Floats) -> None:
    """Loadings, variances and covariances of the latent variables of a level."""
    factors, items, marker = level.factors[:, None], level.items, level.at_marker
    # (B, F, m) and (B, F, m, m); contiguous, so that sums do not depend on the batch's size.
    cov = np.ascontiguousarray(total[:, items[:, :, None], items[:, None, :]])
    variance = np.where(level.there, np.diagonal(cov, axis1=2, axis2=3), 1.0)
    by = cov[:, *marker]
    first = variance[:, *marker][..., None]
    # Loading j by the covariances of j and of the marker with all third items i:
    # sum_i by_i cov_ij / v_i over sum_i by_i^2 / v_i.
    pull = np.where(level.marker, 0.0, by / variance)
    strength = pull * by
    ratio = np.sqrt(variance / first)
    rest = strength.sum(-1, keepdims=True) - strength
    common = (cov @ pull[..., None])[..., 0] - by
    solved = common / np.where(rest > 1e-12 * strength, rest, np.inf)
    lam = np.where(level.thirds, solved, np.where(by < 0, -ratio, ratio))
    lam = np.minimum(np.maximum(lam, -LARGEST_LOADING * ratio), LARGEST_LOADING * ratio)
    lam = np.where(level.marker, 1.0, np.where(level.there, lam, 0.0)) * level.unit
    # The variance by the covariances of the marker with the others, weighted.
    top = first[..., 0] / level.unit[:, 0] ** 2
    weight = np.where(level.marker, 0.0, lam / variance)
    weighed = (weight * lam).sum(-1)
    psi = (weight * by).sum(-1) / (level.unit[:, 0] * np.where(weighed > 0, weighed, np.inf))
    psi = np.minimum(np.maximum(psi, 0.1 * top), 0.9 * top)
    if level.single.any():
        share = np.where(np.isnan(level.residual), 0.5, 1.0 - level.residual / first[..., 0])
        psi = np.where(level.single, np.maximum(share, 0.05) * top, psi)
    fixed = np.isfinite(level.variance)
    if fixed.any():
        lam = lam * np.where(fixed, np.sqrt(psi / level.variance), 1.0)[..., None]
        psi = np.where(fixed, level.variance, psi)
    lam = np.where(np.isfinite(level.given), level.given, lam)
    weight = lam / variance
    strength = (weight * lam).sum(-1, keepdims=True)
    weights = np.zeros((*psi.shape, total.shape[-1]))
    rows = np.arange(len(factors))[:, None]
    weights[:, rows, items] = weight / np.where(strength > 0, strength, np.inf)
    outer = weights @ total
    total[:, level.factors] = outer
    total[:, :, level.factors] = np.swapaxes(outer, 1, 2)
    total[:, factors, level.factors] = outer @ np.swapaxes(weights, 1, 2)
    shared = lam * psi[..., None]
    total[:, factors, items] = shared
    total[:, items, factors] = shared
    total[:, level.factors, level.factors] = psi
    loadings[:, items, factors] = lam


def _structure(plan: Plan, total: Floats, loadings: Floats, mean: Floats) -> Floats:
    """Paths by regression, disturbances from what they leave, intercepts from the means.

    A, S and m of each member in a row (B, t t + t t + t).
    """
    t = len(plan.paths)
    # The filling of short rows is dropped; contiguous, for sums that do not depend on the batch.
    total = np.ascontiguousarray(total[:, :t, :t])
    values = np.zeros((len(total), 2 * t + 1, t))
    a, s, m = values[:, :t], values[:, t : 2 * t], values[:, 2 * t]
    a[:] = np.where(plan.loadings, loadings[:, :t], plan.paths)
    for row, predictors in plan.equations:
        left = total[:, row] - (a[:, row, None, :] @ total)[:, 0]
        inner = total[:, predictors[:, None], predictors]
        ridge = inner * (1.0 + RIDGE * np.eye(len(predictors)))
        a[:, row, predictors] = np.linalg.solve(ridge, left[:, predictors, None])[..., 0]
    # Variance of what the paths leave of each variable: diagonal of (I - A) C (I - A)'.
    variance = np.diagonal(total, axis1=1, axis2=2)
    unexplained = np.eye(t) - a
    rest = ((unexplained @ total) * unexplained).sum(-1)
    rest = np.minimum(np.maximum(rest, 0.1 * variance), 0.95 * variance)
    every = np.arange(t)
    s[:, every, every] = variance
    s[:, plan.endogenous, plan.endogenous] = rest[:, plan.endogenous]
    if plan.pairs[0].size:
        r, c = plan.pairs
        bound = LARGEST_CORRELATION * np.sqrt(s[:, r, r] * s[:, c, c])
        s[:, r, c] = s[:, c, r] = np.minimum(np.maximum(total[:, r, c], -bound), bound)
    _make_room(plan, s)
    if plan.intercepts.size:
        m[:] = _intercepts(plan, a, mean)
    return values.reshape(len(values), -1)


def _make_room(plan: Plan, s: Floats) -> None:
    """Raise the free variances in S (B, t, t) to what fixed covariances need to be possible.

    Scaling the variances by k divides correlations by k, and with them all but 1 of the smallest
    eigenvalue of the correlation matrix, which shall be that of one correlation of
    ``LARGEST_CORRELATION``. Where some of the variances are fixed this is repeated.
    """
    if not plan.bound.size:
        return
    at = plan.bound
    free = np.diagonal(np.isnan(plan.held))
    for _ in range(ROUNDS):
        own = np.where(np.isnan(plan.held), s[:, at[:, None], at], plan.held)
        size = np.sqrt(np.maximum(np.diagonal(own, axis1=1, axis2=2), 1e-300))
        smallest = np.linalg.eigvalsh(own / (size[:, :, None] * size[:, None, :]))[:, 0]
        factor = np.maximum((1.0 - smallest) / LARGEST_CORRELATION, 1.0)
        if (factor < 1.0 + 1e-9).all():
            return
        s[:, at[free], at[free]] *= factor[:, None]


def _intercepts(plan: Plan, a: Floats, mean: Floats) -> Floats:
    """m (B, t): the means of the items, latent ones by least squares where items have none."""
    p, rows = plan.observed, plan.intercepts
    level = np.zeros((len(mean), a.shape[-1]))
    level[:, :p] = mean
    if plan.latent_means.size:
        inverse = np.linalg.pinv(a[:, :p, plan.latent_means])
        level[:, plan.latent_means] = (inverse @ mean[..., None])[..., 0]
    expected = (a @ level[..., None])[..., 0]
    m = np.broadcast_to(plan.means, level.shape).copy()
    m[:, rows] = level[:, rows] - np.where(rows < p, expected[:, rows], 0.0)
    return m
