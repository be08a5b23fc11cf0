r"""Ceilings of necessary condition analysis, on arrays.

In the scatter of outcome y over condition x a necessary condition leaves the upper left corner
empty: no high y without a high x. With the scope the box from the lowest to the highest x and y,

    d = (area of the scope above the ceiling) / (area of the scope)

CE-FDH (ceiling envelopment, free disposal hull): the ceiling at x is the highest y among all points
at x or left of it, a staircase. CR-FDH (ceiling regression): the least squares line through the
staircase's peers, the points at which it rises; a few points may lie above it.

Every function takes many samples at once where it says so: y of shape (B, n) over one x.

References
----------
Dul, J. (2016). Necessary condition analysis (NCA): logic and methodology of "necessary but not
sufficient" causality. Organizational Research Methods, 19, 10–52. The R package NCA's results for
its example are reproduced.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Steps:
    """The staircase of B samples over m distinct values of x.

    Attributes
    ----------
    x : (m,)
        Distinct values, rising.
    height : (B, m)
        Ceiling from x on: the highest y at x or left of it.
    peer : (B, m)
        Where the staircase rises; the first value of x always is a peer.
    """

    x: Floats
    height: Floats
    peer: Booleans


def steps(x: Floats, y: Floats) -> Steps:
    """The CE-FDH staircase of y (B, n) over x (n,)."""
    order = np.argsort(x, kind="stable")
    distinct, start = np.unique(x[order], return_index=True)
    highest = np.maximum.reduceat(y[:, order], start, axis=1)
    height = np.maximum.accumulate(highest, axis=1)
    peer = np.ones(height.shape, dtype=bool)
    peer[:, 1:] = height[:, 1:] > height[:, :-1]
    return Steps(distinct, height, peer)


def area_above_steps(found: Steps) -> Floats:
    """Area between the staircase and the highest y, (B,)."""
    top = found.height[:, -1:]
    return (top - found.height[:, :-1]) @ np.diff(found.x)


def line_through_peers(found: Steps) -> tuple[Floats, Floats]:
    """Intercept and slope (B,) of the least squares line through the peers; NaN for one peer."""
    weight = found.peer.astype(float)
    count = weight.sum(axis=1)
    mean_x = weight @ found.x / count
    mean_y = (weight * found.height).sum(axis=1) / count
    away = found.x - mean_x[:, None]
    spread = (weight * away**2).sum(axis=1)
    several = count > 1
    slope = np.full(count.shape, np.nan)
    product = (weight * away * (found.height - mean_y[:, None])).sum(axis=1)
    slope[several] = product[several] / spread[several]
    return mean_y - slope * mean_x, slope


def area_above_line(
    intercept: Floats, slope: Floats, box: tuple[float, float, float, float]
) -> Floats:
    """Area of the box (x from, x to, y from, y to) above rising lines, (B,).

    Where a line is below the box the area is the box's full height. A sample whose staircase has
    one peer has its highest y at the lowest x: nothing lies above (NaN in, 0 out).
    """
    left, right, bottom, top = box
    known = np.isfinite(slope) & (slope > 0)
    a, b = np.where(known, intercept, 0.0), np.where(known, slope, 1.0)
    enters = np.clip((bottom - a) / b, left, right)
    leaves = np.clip((top - a) / b, left, right)
    sloping = (top - a) * (leaves - enters) - b * (leaves**2 - enters**2) / 2
    return np.where(known, (enters - left) * (top - bottom) + sloping, 0.0)


def effect_sizes(x: Floats, y: Floats) -> Floats:
    """Effect sizes of CE-FDH and CR-FDH for samples y (B, n) over x (n,): (B, 2).

    Every sample must have the same lowest and highest y, as permutations of one sample do.
    """
    box = (float(x.min()), float(x.max()), float(y[0].min()), float(y[0].max()))
    scope = (box[1] - box[0]) * (box[3] - box[2])
    found = steps(x, y)
    areas = [area_above_steps(found), area_above_line(*line_through_peers(found), box)]
    return np.stack(areas, axis=-1) / scope


def permuted_effect_sizes(x: Floats, y: Floats, permutations: int, seed: int) -> Floats:
    """Effect sizes after ``permutations`` random reorderings of y (n,): (permutations, 2)."""
    rng = np.random.default_rng(seed)
    chunk = max(1, 2_000_000 // len(y))
    parts = []
    for start in range(0, permutations, chunk):
        count = min(chunk, permutations - start)
        shuffled = rng.permuted(np.broadcast_to(y, (count, len(y))), axis=1)
        parts.append(effect_sizes(x, shuffled))
    return np.concatenate(parts)
