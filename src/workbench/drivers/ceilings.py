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
from scipy.special import gammaln

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Counts = NDArray[np.integer]


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
    r"""Effect sizes after ``permutations`` random reorderings of y (n,): (permutations, 2).

    Both ceilings depend on the corners of the staircase alone, of which a random order has about
    log n, so only these are drawn, from right to left. Where the g leftmost points hold a random
    choice of the r lowest values, the highest among them is the value of rank T with

        P(T ≤ t) = C(t, g) / C(r, g),      t = g … r,

    and it lies at each of the g points with the same chance. Left of that point is again a random
    choice, of the T − 1 values below. The result is distributed as if whole orders were drawn.
    """
    corner, start = np.unique(np.sort(x), return_index=True)
    column = np.repeat(np.arange(len(corner)), np.diff(start, append=len(x)))
    height = np.sort(y)
    rng = np.random.default_rng(seed)
    stairs = _Stairs(permutations, float(x.mean()), float(y.mean()))
    sample = np.arange(permutations)
    left, lower = np.full(permutations, len(x)), np.full(permutations, len(x))
    last_x, last_y = np.full(permutations, corner[-1]), np.full(permutations, np.inf)
    log_factorial = gammaln(np.arange(len(x) + 1) + 1.0)
    while len(sample):
        rank = _highest_rank(left, lower, rng.random(len(sample)), log_factorial)
        at = column[rng.integers(0, left)]
        here_x, here_y = corner[at], height[rank - 1]
        stairs.area[sample] += (height[-1] - here_y) * (last_x - here_x)
        # Among equal values the leftmost is the corner.
        rises = np.isfinite(last_y) & (last_y > here_y)
        stairs.add_peers(sample[rises], last_x[rises], last_y[rises])
        left = start[at]
        more = left > 0
        stairs.add_peers(sample[~more], here_x[~more], here_y[~more])
        sample, left, lower = sample[more], left[more], rank[more] - 1
        last_x, last_y = here_x[more], here_y[more]
    box = (float(corner[0]), float(corner[-1]), float(height[0]), float(height[-1]))
    scope = (box[1] - box[0]) * (box[3] - box[2])
    areas = [stairs.area, area_above_line(*stairs.line(), box)]
    return np.stack(areas, axis=-1) / scope


def _highest_rank(left: Counts, lower: Counts, share: Floats, log_factorial: Floats) -> Counts:
    """Rank (from 1) of the highest of ``left`` values chosen among the ``lower`` lowest.

    The rank at which its distribution function reaches ``share``, by bisection.
    """
    goal = np.log(share) + log_factorial[lower] - log_factorial[lower - left]
    low, high = left, lower
    while (low < high).any():
        middle = (low + high) // 2
        reached = log_factorial[middle] - log_factorial[middle - left] >= goal
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return high


class _Stairs:
    """Area above the staircase and sums over its peers, around a middle, of each sample."""

    def __init__(self, samples: int, x: float, y: float) -> None:
        self.middle = (x, y)
        self.area = np.zeros(samples)
        self.sums = np.zeros((5, samples))

    def add_peers(self, sample: Counts, x: Floats, y: Floats) -> None:
        a, b = x - self.middle[0], y - self.middle[1]
        self.sums[:, sample] += np.stack([np.ones_like(a), a, b, a * a, a * b])

    def line(self) -> tuple[Floats, Floats]:
        """Intercept and slope as of :func:`line_through_peers`."""
        count, x, y, squares, products = self.sums
        several = count > 1
        slope = np.full(count.shape, np.nan)
        slope[several] = (products - x * y / count)[several] / (squares - x * x / count)[several]
        return self.middle[1] + y / count - slope * (self.middle[0] + x / count), slope
