"""The box of ``bounds="standard"``: what no proper solution leaves.

With v the sample variance of an item (lavaan's rules, checked against ``parTable()`` of
``sem(..., bounds = "standard")``) [1]_:

========================  ======================================================================
residual variance         0 to v; 0.9 v for a marker, which must be reliable at 0.1 at least
latent variance           exogenous: 0.1 v of its marker to v; endogenous: 0.005 to v
loading                   at most sqrt(v / smallest latent variance) in size
covariance                at most 0.998 of the root of the product of the largest variances
========================  ======================================================================

A marker is the only indicator of a latent variable whose loading is fixed at 1; without one the
largest v of all items stands in and the loadings are free. A latent variable whose variance is
fixed has that variance.

References
----------
.. [1] De Jonckere, J., & Rosseel, Y. (2022). Using bounded estimation to avoid nonconvergence in
   small sample structural equation modeling. Structural Equation Modeling, 29, 412-427.
"""

import numpy as np

from workbench.sem.model.layout import COVARIANCE, MEAN, Floats, Layout

RELIABILITY = 0.1
SMALLEST_DISTURBANCE = 0.005
LARGEST_CORRELATION = 0.998


def standard_bounds(layout: Layout, cov: Floats) -> tuple[Floats, Floats]:
    """Lower and upper bounds (B, k) for samples with covariances (B, G, p, p).

    Bounds written by the user (``layout.lower``, ``layout.upper``) take precedence.
    """
    variance = np.diagonal(cov, axis1=-2, axis2=-1)
    members = len(cov)
    lower = np.full((members, layout.n_free), -np.inf)
    upper = np.full((members, layout.n_free), np.inf)
    e = layout.free
    for group in range(layout.groups):
        low, high = _variance_bounds(layout, group, variance[:, group])
        smallest = _loading_variances(layout, group, variance[:, group])
        for i in np.flatnonzero(e.group == group):
            row, column, k = e.row[i], e.column[i], e.source[i]
            if e.kind[i] == MEAN:
                continue
            if e.kind[i] == COVARIANCE and row == column:
                ends = low[:, row], high[:, row]
            elif e.kind[i] == COVARIANCE:
                size = LARGEST_CORRELATION * np.sqrt(high[:, row] * high[:, column])
                ends = -size, size
            elif (group, row, column) in layout.loadings and row < len(layout.observed):
                with np.errstate(divide="ignore"):
                    size = np.sqrt(variance[:, group, row] / smallest[:, column])
                ends = -size, size
            else:
                continue
            lower[:, k] = np.maximum(lower[:, k], ends[0])
            upper[:, k] = np.minimum(upper[:, k], ends[1])
    lower = np.where(np.isfinite(layout.lower), layout.lower, lower)
    return lower, np.where(np.isfinite(layout.upper), layout.upper, upper)


def _markers(layout: Layout, group: int) -> dict[int, int]:
    """Latent variable → its marker."""
    found: dict[int, list[int]] = {}
    e = layout.fixed
    for i in np.flatnonzero((e.group == group) & (e.value == 1.0)):
        place = (group, int(e.row[i]), int(e.column[i]))
        if e.kind[i] != COVARIANCE and place in layout.loadings:
            found.setdefault(place[2], []).append(place[1])
    p = len(layout.observed)
    return {f: rows[0] for f, rows in found.items() if len(rows) == 1 and rows[0] < p}


def _fixed_variances(layout: Layout, group: int) -> dict[int, float]:
    e = layout.fixed
    own = (e.group == group) & (e.kind == COVARIANCE) & (e.row == e.column)
    return dict(zip(e.row[own].tolist(), e.value[own].tolist(), strict=True))


def _loading_variances(layout: Layout, group: int, variance: Floats) -> Floats:
    """Smallest variance of each latent variable by its marker, (B, t)."""
    smallest = np.zeros((len(variance), layout.size))
    for factor, marker in _markers(layout, group).items():
        smallest[:, factor] = RELIABILITY * variance[:, marker]
    for variable, value in _fixed_variances(layout, group).items():
        if variable >= len(layout.observed):
            smallest[:, variable] = max(value, 0.0)
    return smallest


def _variance_bounds(layout: Layout, group: int, variance: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest (residual) variance of every variable, (B, t)."""
    p, t = len(layout.observed), layout.size
    markers, fixed = _markers(layout, group), _fixed_variances(layout, group)
    low, high = np.zeros((len(variance), t)), np.empty((len(variance), t))
    high[:, :p] = variance
    high[:, p:] = variance.max(-1, keepdims=True)
    for factor, marker in markers.items():
        low[:, factor] = RELIABILITY * variance[:, marker]
        high[:, factor] = variance[:, marker]
    for marker in markers.values():
        high[:, marker] = (1.0 - RELIABILITY) * variance[:, marker]
    for factor in layout.endogenous_latents(group):
        low[:, factor] = SMALLEST_DISTURBANCE
    for variable, value in fixed.items():
        if variable >= p:
            low[:, variable] = high[:, variable] = max(value, 0.0)
    return low, high
