"""Starting values from the sample moments: instrumental loadings, then least squares.

Each latent variable gets loadings relative to its marker from the covariances with its other
indicators (the idea of FABIN [1]_, weighted so that the items' units do not matter), then a
variance and covariances as if it were that weighted sum; the paths are the regressions among the
resulting variables. Everything is equivariant to the units of the items, and done for a whole
batch at once.

References
----------
.. [1] Hägglund, G. (1982). Factor analysis by instrumental variables methods. Psychometrika, 47,
   209-222.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from workbench.sem.layout import COVARIANCE, MEAN, PATH, Floats, Layout
from workbench.sem.moments import Moments

LARGEST_LOADING = 5.0
"""Largest starting loading, in standard deviations of the item per one of the marker."""

RIDGE = 0.05
"""Added to the diagonal (relative) of the predictors' covariance in starting regressions."""


def starting_values(layout: Layout, moments: Moments) -> Floats:
    """Starting theta (B, k) for the B members of ``moments``."""
    moments = moments.batched
    sums = np.zeros((len(moments.n), layout.n_free))
    counts = np.zeros(layout.n_free)
    e = layout.free
    for group in range(layout.groups):
        fixed = _fixed_values(layout, group)
        rough = _rough_model(layout, group, fixed, moments.cov[:, group])
        matrices = _structure(layout, fixed, rough, moments.mean[:, group])
        for i in np.flatnonzero(e.group == group):
            matrix = matrices[e.kind[i]]
            sums[:, e.source[i]] += matrix[:, e.row[i], e.column[i]]
            counts[e.source[i]] += 1
    return sums / counts


def plain_values(layout: Layout, moments: Moments) -> Floats:
    """The most cautious start (B, k): no covariances, no paths, half of every variance."""
    moments = moments.batched
    p = len(layout.observed)
    e = layout.free
    out = np.zeros((len(moments.n), layout.n_free))
    variance = np.diagonal(moments.cov, axis1=-2, axis2=-1)
    for i, source in enumerate(e.source):
        g, r, c = int(e.group[i]), int(e.row[i]), int(e.column[i])
        typical = np.median(variance[:, g], axis=-1)
        if e.kind[i] == COVARIANCE and r == c:
            out[:, source] = 0.5 * (variance[:, g, r] if r < p else typical)
        elif e.kind[i] == PATH and r < p and (g, r, c) in layout.loadings:
            out[:, source] = np.sqrt(variance[:, g, r] / typical)
        elif e.kind[i] == MEAN and r < p:
            out[:, source] = moments.mean[:, g, r]
    return out


@lru_cache(maxsize=128)
def _fixed_values(layout: Layout, group: int) -> tuple[Floats, Floats, Floats]:
    """A, S and m (t, t) and (t, 1) of a group with NaN where free; not to be written to."""
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
    return matrices


@dataclass(frozen=True, eq=False)
class Rough:
    """Covariances of all variables (B, t, t), loadings (B, t, t), and which are loadings."""

    total: Floats
    loadings: Floats
    measured: np.ndarray


def _rough_model(
    layout: Layout, group: int, fixed: tuple[Floats, Floats, Floats], cov: Floats
) -> Rough:
    t, p = layout.size, len(layout.observed)
    a, s, _ = fixed
    rough = Rough(
        np.zeros((len(cov), t, t)), np.zeros((len(cov), t, t)), np.zeros((t, t), dtype=bool)
    )
    rough.total[:, :p, :p] = cov
    known = list(range(p))
    indicators: dict[int, list[int]] = {f: [] for f in range(p, t)}
    for g, row, factor in sorted(layout.loadings):
        if g == group and a[row, factor] != 0:
            indicators[factor].append(row)
            rough.measured[row, factor] = True
    all_fixed = [
        f for f, rows in indicators.items() if len(rows) > 1 and np.isfinite(a[rows, f]).all()
    ]
    if all_fixed and all(r < p for f in all_fixed for r in indicators[f]):
        _project(rough, a, all_fixed, indicators, known)
    waiting = [f for f in range(p, t) if f not in known]
    while waiting:
        ready = [f for f in waiting if indicators[f] and set(indicators[f]) <= set(known)]
        if not ready:
            for f in waiting:
                rough.total[:, f, f] = s[f, f] if np.isfinite(s[f, f]) and s[f, f] > 0 else 1.0
            break
        _one_factor(rough, a, s, ready[0], indicators[ready[0]], known)
        known.append(ready[0])
        waiting.remove(ready[0])
    return rough


def _project(
    rough: Rough, a: Floats, factors: list[int], indicators: dict[int, list[int]], known: list[int]
) -> None:
    """Latents whose loadings are all fixed (growth curves): least squares weights, jointly."""
    items = sorted({r for f in factors for r in indicators[f]})
    lam = np.nan_to_num(a[np.ix_(items, factors)])
    weights = np.linalg.pinv(lam)
    cov = _block(rough.total, items, items)
    unique = 0.5 * cov * np.eye(len(items))
    inner = weights @ (cov - unique) @ weights.T
    size = np.diagonal(weights @ cov @ weights.T, axis1=1, axis2=2)
    diagonal = np.diagonal(inner, axis1=1, axis2=2)
    lift = np.maximum(0.1 * size - diagonal, 0.0)
    _set_block(rough.total, factors, factors, inner + lift[:, :, None] * np.eye(len(factors)))
    outer = weights @ _block(rough.total, items, known)
    _set_block(rough.total, factors, known, outer)
    _set_block(rough.total, known, factors, np.swapaxes(outer, 1, 2))
    _set_block(rough.loadings, items, factors, np.broadcast_to(lam, (len(cov), *lam.shape)))
    known.extend(factors)


def _block(matrix: Floats, rows: list[int], columns: list[int]) -> Floats:
    # Contiguous, so that sums run in the same order whatever the size of the batch.
    return np.ascontiguousarray(matrix[:, np.array(rows)[:, None], np.array(columns)])


def _diagonal(matrix: Floats) -> Floats:
    return np.ascontiguousarray(np.diagonal(matrix, axis1=1, axis2=2))


def _summed(terms: Floats) -> Floats:
    return np.ascontiguousarray(terms).sum(1)


def _set_block(matrix: Floats, rows: list[int], columns: list[int], values: Floats) -> None:
    matrix[:, np.array(rows)[:, None], np.array(columns)] = values


def _one_factor(
    rough: Rough, a: Floats, s: Floats, f: int, items: list[int], known: list[int]
) -> None:
    """Loadings, variance and covariances of one latent variable."""
    cov = _block(rough.total, items, items)
    variance = _diagonal(cov)
    given, count = a[items, f], len(items)
    marker = next((i for i, v in enumerate(given) if np.isfinite(v)), 0)
    others = [j for j in range(count) if j != marker]
    lam = np.ones((len(cov), count))
    # Loading j by the covariances of j and of the marker with all third items i.
    by = cov[:, marker]
    for j in others:
        ratio = np.sqrt(variance[:, j] / variance[:, marker])
        third = [i for i in others if i != j]
        if third:
            strength = _summed(by[:, third] ** 2 / variance[:, third])
            common = _summed(by[:, third] * cov[:, j][:, third] / variance[:, third])
            lam[:, j] = common / np.where(strength > 0, strength, np.inf)
        else:
            lam[:, j] = np.where(cov[:, j, marker] < 0, -ratio, ratio)
        lam[:, j] = np.clip(lam[:, j], -LARGEST_LOADING * ratio, LARGEST_LOADING * ratio)
    if np.isfinite(given[marker]) and given[marker] != 0:
        lam *= given[marker]
    top = variance[:, marker] / lam[:, marker] ** 2
    if others:
        weight = lam[:, others] ** 2 / variance[:, others]
        shared = lam[:, others] * by[:, others] / variance[:, others] / lam[:, [marker]]
        total = _summed(weight)
        psi = _summed(shared) / np.where(total > 0, total, np.inf)
        psi = np.clip(psi, 0.1 * top, 0.9 * top)
    else:
        residual = s[items[0], items[0]]
        share = 0.5 if not np.isfinite(residual) else 1.0 - residual / variance[:, 0]
        psi = np.maximum(share, 0.05) * top
    if np.isfinite(s[f, f]) and s[f, f] > 0 and not np.isfinite(given).any():
        lam *= np.sqrt(psi / s[f, f])[:, None]
        psi = np.full_like(psi, s[f, f])
    lam = np.where(np.isfinite(given), given, lam)
    strength = _summed(lam**2 / variance)[:, None]
    weights = lam / variance / np.where(strength > 0, strength, np.inf)
    outer = (weights[:, None, :] @ _block(rough.total, items, known))[:, 0]
    rough.total[:, f, known] = outer
    rough.total[:, f, items] = lam * psi[:, None]
    rough.total[:, known, f] = rough.total[:, f, known]
    rough.total[:, f, f] = psi
    rough.loadings[:, items, f] = lam


def _structure(
    layout: Layout, fixed: tuple[Floats, Floats, Floats], rough: Rough, mean: Floats
) -> tuple[Floats, Floats, Floats]:
    """Paths by regression, disturbances from what they leave, intercepts from the means."""
    t, p = layout.size, len(layout.observed)
    fixed_a, fixed_s, fixed_m = fixed
    total = rough.total
    variance = _diagonal(total)
    a = np.where(np.isfinite(fixed_a), fixed_a, 0.0) + np.zeros_like(total)
    s = variance[:, :, None] * np.eye(t)
    endogenous = np.isnan(fixed_a).any(1) | (fixed_a != 0).any(1)
    loadings = rough.measured & np.isnan(fixed_a)
    a = np.where(loadings, rough.loadings, a)
    regressed = np.isnan(fixed_a) & ~rough.measured
    for r in np.flatnonzero(regressed.any(1)):
        free = np.flatnonzero(regressed[r]).tolist()
        left = total[:, r] - (a[:, r, None, :] @ total)[:, 0]
        inner = _block(total, free, free)
        ridge = inner * (1.0 + RIDGE * np.eye(len(free)))
        right = np.ascontiguousarray(left[:, free])[..., None]
        a[:, r, free] = np.linalg.solve(ridge, right)[..., 0]
    # Variance of what the paths leave of each variable: diagonal of (I - A) C (I - A)'.
    unexplained = np.eye(t) - a
    rest = ((unexplained @ total) * unexplained).sum(-1)
    rest = np.clip(rest, 0.1 * variance, 0.95 * variance)
    ends = np.flatnonzero(endogenous)
    s[:, ends, ends] = rest[:, ends]
    free_pairs = np.isnan(fixed_s) & ~endogenous[:, None] & ~endogenous[None]
    for r, c in np.argwhere(np.tril(free_pairs, -1)):
        bound = 0.9 * np.sqrt(s[:, r, r] * s[:, c, c])
        s[:, r, c] = s[:, c, r] = np.clip(total[:, r, c], -bound, bound)
    m = np.where(np.isfinite(fixed_m), fixed_m, 0.0) + np.zeros((len(mean), t, 1))
    level = np.concatenate([mean, np.zeros((len(mean), t - p))], axis=1)
    free_latent = [f for f in range(p, t) if np.isnan(fixed_m[f, 0])]
    if free_latent and (fixed_m[:p] == 0).all():
        inverse = np.linalg.pinv(a[:, :p, free_latent])
        level[:, free_latent] = (inverse @ mean[..., None])[..., 0]
    expected = (a @ level[..., None])[..., 0]
    for r in np.flatnonzero(np.isnan(fixed_m[:, 0])):
        m[:, r, 0] = level[:, r] - (expected[:, r] if r < p else 0.0)
    return a, s, m
