"""Starting values from the sample moments: instrumental loadings, then least squares.

Each latent variable gets loadings relative to its marker from the covariances with its other
indicators (the idea of FABIN [1]_, weighted so that the items' units do not matter), then a
variance and covariances as if it were that weighted sum; the paths are the regressions among the
resulting variables. Everything is equivariant to the units of the items.

References
----------
.. [1] Hägglund, G. (1982). Factor analysis by instrumental variables methods. Psychometrika, 47,
   209-222.
"""

import numpy as np

from workbench.sem.layout import COVARIANCE, MEAN, PATH, Floats, Layout
from workbench.sem.moments import Moments


def starting_values(layout: Layout, moments: Moments) -> Floats:
    """Starting theta (B, k) for the B members of ``moments``."""
    moments = moments.batched
    starts = np.zeros((len(moments.n), layout.n_free))
    for member in range(len(moments.n)):
        filled: list[list[float]] = [[] for _ in range(layout.n_free)]
        for group in range(layout.groups):
            total, loadings, mean = _total_covariance(
                layout, group, moments.cov[member, group], moments.mean[member, group]
            )
            a, s, m = _structure(layout, group, total, loadings, mean)
            e = layout.free
            for i in np.flatnonzero(e.group == group):
                matrix = (a, s, m[:, None])[e.kind[i]]
                filled[e.source[i]].append(matrix[e.row[i], e.column[i]])
        starts[member] = [float(np.mean(values)) for values in filled]
    return starts


def plain_values(layout: Layout, moments: Moments) -> Floats:
    """The most cautious start (B, k): no covariances, no paths, half of every variance."""
    moments = moments.batched
    p = len(layout.observed)
    e = layout.free
    out = np.zeros((len(moments.n), layout.n_free))
    variance = np.diagonal(moments.cov, axis1=-2, axis2=-1)
    latent = {r for r, k in zip(e.column, e.kind, strict=True) if k == PATH and r >= p}
    for i, source in enumerate(e.source):
        g, r, c = e.group[i], e.row[i], e.column[i]
        if e.kind[i] == COVARIANCE and r == c:
            typical = np.median(variance[:, g], axis=-1)
            out[:, source] = 0.5 * (variance[:, g, r] if r < p else typical)
        elif e.kind[i] == PATH and r < p and c in latent:
            out[:, source] = np.sqrt(variance[:, g, r] / np.median(variance[:, g], axis=-1))
        elif e.kind[i] == MEAN and r < p:
            out[:, source] = moments.mean[:, g, r]
    return out


def _fixed_values(layout: Layout, group: int) -> tuple[Floats, Floats, Floats]:
    """A, S and m of a group with NaN where free."""
    t = layout.size
    matrices = (np.zeros((t, t)), np.zeros((t, t)), np.zeros((t, 1)))
    for entries, values in (
        (layout.fixed, layout.fixed.value),
        (layout.free, np.full(len(layout.free.kind), np.nan)),
        (layout.exogenous, np.full(len(layout.exogenous.kind), np.nan)),
    ):
        for i in np.flatnonzero(entries.group == group):
            kind, row, column = entries.kind[i], entries.row[i], entries.column[i]
            matrices[kind][row, column] = values[i]
            if kind == COVARIANCE:
                matrices[kind][column, row] = values[i]
    return matrices


def _total_covariance(
    layout: Layout, group: int, cov: Floats, mean: Floats
) -> tuple[Floats, Floats, Floats]:
    """Covariance of observed and latent variables, loadings (t, t), means (t,), roughly."""
    t, p = layout.size, len(layout.observed)
    a, s, _ = _fixed_values(layout, group)
    total = np.zeros((t, t))
    total[:p, :p] = cov
    loadings = np.zeros((t, t))
    known = list(range(p))
    indicators = {
        f: [r for r in range(t) if (a[r, f] != 0) and (group, r, f) in layout.loadings]
        for f in range(p, t)
    }
    waiting = [f for f in range(p, t)]
    fixed_only = [f for f in waiting if indicators[f] and np.isfinite(a[indicators[f], f]).all()
                  and len(indicators[f]) > 1]
    if fixed_only:
        _project(total, loadings, a, fixed_only, indicators, known)
        waiting = [f for f in waiting if f not in fixed_only]
    while waiting:
        ready = [f for f in waiting if indicators[f] and all(r in known for r in indicators[f])]
        if not ready:
            for f in waiting:
                total[f, f] = s[f, f] if np.isfinite(s[f, f]) and s[f, f] > 0 else 1.0
            break
        f = ready[0]
        _one_factor(total, loadings, a, s, f, indicators[f], known)
        known.append(f)
        waiting.remove(f)
    means = np.concatenate([mean, np.zeros(t - p)])
    return total, loadings, means


def _project(total, loadings, a, factors, indicators, known) -> None:
    """Latents whose loadings are all fixed (growth curves): least squares weights, jointly."""
    items = sorted({r for f in factors for r in indicators[f]})
    lam = a[np.ix_(items, factors)]
    weights = np.linalg.pinv(lam)
    cov = total[np.ix_(items, items)]
    inner = weights @ (cov - 0.5 * np.diag(np.diag(cov))) @ weights.T
    outer = weights @ total[np.ix_(items, known)]
    size = np.diag(weights @ cov @ weights.T)
    np.fill_diagonal(inner, np.maximum(np.diag(inner), 0.1 * size))
    total[np.ix_(factors, known)] = outer
    total[np.ix_(known, factors)] = outer.T
    total[np.ix_(factors, factors)] = inner
    loadings[np.ix_(items, factors)] = lam
    known.extend(factors)


def _one_factor(total, loadings, a, s, f, items, known) -> None:
    cov = total[np.ix_(items, items)]
    variance = np.diag(cov)
    given = a[items, f]
    marker = next((i for i, v in enumerate(given) if np.isfinite(v)), 0)
    lam = np.ones(len(items))
    for j in range(len(items)):
        if j == marker:
            continue
        others = [i for i in range(len(items)) if i not in (j, marker)]
        by = cov[marker, others]
        if others and np.abs(by).sum() > 0:
            lam[j] = (by * cov[j, others] / variance[others]).sum() / (
                by**2 / variance[others]
            ).sum()
        else:
            lam[j] = np.sign(cov[j, marker] or 1.0) * np.sqrt(variance[j] / variance[marker])
        limit = 5.0 * np.sqrt(variance[j] / variance[marker])
        lam[j] = np.clip(lam[j], -limit, limit)
    if np.isfinite(given[marker]) and given[marker] != 0:
        lam *= given[marker]
    others = [j for j in range(len(items)) if j != marker]
    if others:
        weight = lam[others] ** 2 / variance[others]
        ratio = cov[marker, others] / lam[others] / lam[marker]
        psi = (weight * ratio).sum() / weight.sum() if weight.sum() > 0 else 0.0
        top = variance[marker] / lam[marker] ** 2
        psi = np.clip(psi, 0.1 * top, 0.9 * top)
    else:
        residual = s[items[0], items[0]]
        residual = residual if np.isfinite(residual) else 0.5 * variance[0]
        psi = max(variance[0] - residual, 0.05 * variance[0]) / lam[0] ** 2
    if np.isfinite(s[f, f]) and s[f, f] > 0 and not np.isfinite(given).any():
        factor = np.sqrt(psi / s[f, f])
        lam, psi = lam * factor, s[f, f]
    lam = np.where(np.isfinite(given), given, lam)
    weights = lam / variance / (lam**2 / variance).sum()
    total[f, known] = weights @ total[np.ix_(items, known)]
    total[f, items] = lam * psi
    total[known, f] = total[f, known]
    total[f, f] = psi
    loadings[items, f] = lam


def _structure(layout, group, total, loadings, mean) -> tuple[Floats, Floats, Floats]:
    """Paths by regression, disturbances from what they leave, intercepts from the means."""
    t, p = layout.size, len(layout.observed)
    fixed_a, fixed_s, fixed_m = _fixed_values(layout, group)
    a = np.where(np.isfinite(fixed_a), fixed_a, 0.0)
    s = np.diag(np.diag(total)).copy()
    endogenous = np.zeros(t, dtype=bool)
    for r in range(t):
        causes = np.flatnonzero(np.isnan(fixed_a[r]) | (fixed_a[r] != 0))
        if not causes.size:
            continue
        endogenous[r] = True
        measured = loadings[r, causes] != 0
        a[r, causes[measured]] = loadings[r, causes[measured]]
        free = causes[~measured & np.isnan(fixed_a[r, causes])]
        left = total[r] - a[r] @ total
        if free.size:
            inner = total[np.ix_(free, free)]
            ridge = inner + 0.05 * np.diag(np.diag(inner))
            a[r, free] = np.linalg.solve(ridge, left[free])
        rest = total[r, r] - 2 * a[r] @ total[r] + a[r] @ total @ a[r]
        s[r, r] = np.clip(rest, 0.1 * total[r, r], 0.95 * total[r, r])
    for r in range(t):
        for c in range(r):
            if not endogenous[r] and not endogenous[c] and np.isnan(fixed_s[r, c]):
                bound = 0.9 * np.sqrt(s[r, r] * s[c, c])
                s[r, c] = s[c, r] = np.clip(total[r, c], -bound, bound)
    means = np.where(np.isfinite(fixed_m[:, 0]), fixed_m[:, 0], 0.0)
    level = mean.copy()
    free_latent = [f for f in range(p, t) if np.isnan(fixed_m[f, 0])]
    if free_latent and (fixed_m[:p, 0] == 0).all():
        level[free_latent] = np.linalg.lstsq(a[:p, free_latent], mean[:p], rcond=None)[0]
    for r in range(t):
        if np.isnan(fixed_m[r, 0]):
            means[r] = level[r] - a[r] @ level if r < p else level[r]
    return a, s, means
