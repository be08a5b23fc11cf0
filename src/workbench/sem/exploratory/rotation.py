"""Oblique rotation of a loading matrix, and what is true where its criterion is least.

A rotation T (m, m) with columns of length 1 makes of uncorrelated factors with loadings A (p, m)
the loadings L = A T'^-1 of factors whose correlations are Phi = T'T; what the two imply is the
same [1]_. Criteria, to be as small as they can be over T:

=======  ==============================================  =============================
geomin   sum_i {prod_j (l_ij^2 + EPSILON)}^(1/m) [2]_    few sizeable loadings an item
oblimin  1/4 sum_i sum_{j != k} l_ij^2 l_ik^2            the same, gamma = 0 (quartimin)
=======  ==============================================  =============================

The criterion is minimised by projected gradients [1]_ from several starts, as it has local minima.
Where it is least, L' Q Phi^-1 has nothing off its diagonal, with Q the derivatives of the criterion
by L [3]_: the m (m - 1) conditions that identify the rotated solution.

References
----------
.. [1] Jennrich, R. I. (2002). A simple general method for oblique rotation. Psychometrika, 67,
   7-20.
.. [2] Yates, A. (1987). Multivariate exploratory data analysis. SUNY Press.
.. [3] Jennrich, R. I. (1973). Standard errors for obliquely rotated factor loadings.
   Psychometrika, 38, 593-604.
.. [4] Asparouhov, T., & Muthén, B. (2009). Exploratory structural equation modeling. Structural
   Equation Modeling, 16, 397-438.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from workbench.sem.model.layout import Floats

EPSILON = 0.001
"""What geomin adds to squared loadings, as lavaan has it."""

STARTS = 30
"""Random starts, beside the one at the loadings as they are."""

SHARE_OF_HIGHEST = 0.8
"""Loadings of this share of a factor's highest tell its place [4]."""

_SHORT, _STEPS = 200, 2000
"""Steps from every start, and from the best of their ends."""
_TOLERANCE = 1e-11

Criterion: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""Loadings (…, p, m) → value (…) and derivatives (…, p, m)."""


def geomin(loadings: Floats) -> tuple[Floats, Floats]:
    """Value (…) and derivatives (…, p, m) of geomin."""
    squares = loadings**2 + EPSILON
    mean = np.exp(np.log(squares).mean(axis=-1, keepdims=True))
    return mean.sum((-2, -1)), 2.0 / loadings.shape[-1] * loadings / squares * mean


def oblimin(loadings: Floats) -> tuple[Floats, Floats]:
    """Value (…) and derivatives (…, p, m) of oblimin with gamma = 0."""
    squares = loadings**2
    others = squares.sum(axis=-1, keepdims=True) - squares
    return (squares * others).sum((-2, -1)) / 4.0, loadings * others


CRITERIA: dict[str, Criterion] = {"geomin": geomin, "oblimin": oblimin}


def rotated(loadings: Floats, criterion: Criterion) -> Floats:
    """T (m, m) that makes the criterion of A T'^-1 least, A the loadings (p, m).

    Factors come in the order of their highest loadings' mean place among the items, and load
    positively on the whole [4]_.
    """
    factors = loadings.shape[1]
    draw = np.random.default_rng(19730401)
    random = np.linalg.qr(draw.standard_normal((STARTS, factors, factors)))[0]
    starts = np.concatenate([np.eye(factors)[None], random])
    reached, ends = _descended(loadings, criterion, starts, _SHORT)
    best = int(np.argmin(reached))
    found = _descended(loadings, criterion, ends[best : best + 1], _STEPS)[1][0]
    turned = loadings @ np.linalg.inv(found).T
    found = found * np.where(turned.sum(axis=0) < 0, -1.0, 1.0)
    high = np.abs(turned) >= SHARE_OF_HIGHEST * np.abs(turned).max(axis=0)
    places = (np.arange(len(turned)) @ high) / high.sum(axis=0)
    return np.asarray(found[:, np.argsort(places, kind="stable")])


def _descended(
    loadings: Floats, criterion: Criterion, turns: Floats, steps: int
) -> tuple[Floats, Floats]:
    """Values (s,) and T (s, m, m) after some projected gradient steps from every start."""
    size = np.ones(len(turns))
    inverse = np.linalg.inv(turns)
    value, slopes = criterion(loadings @ np.swapaxes(inverse, 1, 2))
    for _ in range(steps):
        product = np.swapaxes(slopes, 1, 2) @ (loadings @ np.swapaxes(inverse, 1, 2))
        gradient = -np.swapaxes(inverse, 1, 2) @ product
        along = gradient - turns * (turns * gradient).sum(axis=1, keepdims=True)
        steep = (along**2).sum((1, 2))
        if (steep < _TOLERANCE**2).all():
            break
        size = 2.0 * size
        for _ in range(60):
            ahead = turns - size[:, None, None] * along
            ahead = ahead / np.linalg.norm(ahead, axis=1, keepdims=True)
            beyond = np.linalg.inv(ahead)
            reached, slopes_there = criterion(loadings @ np.swapaxes(beyond, 1, 2))
            good = reached <= value - 0.5 * steep * size
            if good.all():
                break
            size = np.where(good, size, size / 2.0)
        turns, inverse = (
            np.where(good[:, None, None], new, old)
            for new, old in ((ahead, turns), (beyond, inverse))
        )
        value = np.where(good, reached, value)
        slopes = np.where(good[:, None, None], slopes_there, slopes)
        if not good.any():
            break
    return value, turns


def conditions(loadings: Floats, correlations: Floats, criterion: Criterion) -> Floats:
    """What is 0 where the criterion is least: L' Q Phi^-1 off its diagonal, (m (m - 1),)."""
    factors = len(correlations)
    whole = loadings.T @ criterion(loadings)[1] @ np.linalg.inv(correlations)
    return np.asarray(whole[~np.eye(factors, dtype=bool)])
