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
from functools import lru_cache

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
    """Effect sizes after ``permutations`` random reorderings of y (n,): (permutations, 2).

    Both ceilings depend on the corners of the staircase alone, so only these are drawn; the result
    is distributed as if whole orders were.
    """
    values, column = np.unique(np.sort(x), return_inverse=True)
    height = np.sort(y)
    sample, place, rank = _drawn_maxima(len(x), permutations, seed)
    # Of one value of x the highest y counts, which is the rightmost maximum there.
    at = column[place]
    kept = np.append(True, (sample[1:] != sample[:-1]) | (at[1:] != at[:-1]))
    sample, across, up = sample[kept], values[at[kept]], height[rank[kept] - 1]
    first = np.append(True, sample[1:] != sample[:-1])
    right = np.where(first, values[-1], np.append(0.0, across[:-1]))
    area = np.bincount(sample, (height[-1] - up) * (right - across), permutations)
    # Among equal values of y the leftmost is the corner.
    corner = np.append(first[1:] | (up[:-1] > up[1:]), True)
    line = _line(sample[corner], across[corner], up[corner], permutations)
    box = (float(values[0]), float(values[-1]), float(height[0]), float(height[-1]))
    scope = (box[1] - box[0]) * (box[3] - box[2])
    return np.stack([area, area_above_line(*line, box)], axis=-1) / scope


@lru_cache(maxsize=4)
def _drawn_maxima(n: int, permutations: int, seed: int) -> tuple[Counts, Counts, Counts]:
    r"""Where the running maximum of random orders of n values rises, from right to left.

    Sample, place (from 0) and rank (from 1) of every rise, sample by sample; a random order has
    about log n. Where the g leftmost places hold a random choice of the r lowest values, the
    highest among them has the rank T with

        P(T ≤ t) = C(t, g) / C(r, g),      t = g … r,

    and lies at each of the g places with the same chance. Left of it is again a random choice, of
    the T − 1 values below.
    """
    rng = np.random.default_rng(seed)
    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    sample = np.arange(permutations)
    left, lower = np.full((2, permutations), n)
    found = []
    while len(sample):
        rank = _highest_rank(left, lower, rng.random(len(sample)), log_factorial)
        place = rng.integers(0, left)
        found.append((sample, place, rank))
        more = place > 0
        sample, left, lower = sample[more], place[more], rank[more] - 1
    samples, places, ranks = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(samples, kind="stable")
    return samples[order], places[order], ranks[order]


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


def _line(sample: Counts, x: Floats, y: Floats, samples: int) -> tuple[Floats, Floats]:
    """Intercept and slope as of :func:`line_through_peers`, from the peers of each sample."""
    middle_x, middle_y = x.mean(), y.mean()
    a, b = x - middle_x, y - middle_y
    count, sum_x, sum_y, squares, products = (
        np.bincount(sample, part, samples) for part in (np.ones_like(a), a, b, a * a, a * b)
    )
    several = count > 1
    slope = np.full(samples, np.nan)
    slope[several] = (products - sum_x * sum_y / count)[several]
    slope[several] /= (squares - sum_x * sum_x / count)[several]
    return middle_y + sum_y / count - slope * (middle_x + sum_x / count), slope


def without_error(values: Floats, errors: Floats) -> Floats | None:
    r"""Scores with the covariance matrix that is left when errors are taken off, (n, 2).

    With S the covariance matrix of the values and :math:`T = S - \bar E`,

    .. math:: t_u = \bar z + A_u (z_u - \bar z), \qquad
       A_u = T^{1/2} \bigl(T^{1/2} (T + E_u) T^{1/2}\bigr)^{-1/2} T^{1/2},

    so that :math:`A_u (T + E_u) A_u = T`: scores are drawn towards the mean, the more the less they
    are known, until they differ as much and go together as closely as what they measure
    (constrained empirical Bayes, Ghosh 1992). Plain empirical Bayes would draw them closer still
    and claim too large an empty corner where there is no ceiling; extrapolating from added error
    (SIMEX) varies more (``benchmarks/NECESSITY.md`` compares them).

    Parameters
    ----------
    values : (n, 2)
        Condition and outcome.
    errors : (n, 2, 2)
        The covariance of their errors.

    Returns
    -------
    None where what is left is not a covariance matrix.

    References
    ----------
    Ghosh, M. (1992). Constrained Bayes estimation with applications. Journal of the American
    Statistical Association, 87, 533–540.
    """
    centre = values.mean(axis=0)
    left = np.cov(values, rowvar=False) - errors.mean(axis=0)
    if left[0, 0] <= 0 or left[1, 1] <= 0 or np.linalg.det(left) <= 0:
        return None
    root = _power(left, 0.5)
    drawn = root @ _power(root @ (left + errors) @ root, -0.5) @ root
    return centre + np.einsum("uij,uj->ui", drawn, values - centre)


def _power(matrix: Floats, exponent: float) -> Floats:
    """A power of positive definite matrices (…, p, p)."""
    size, axes = np.linalg.eigh(matrix)
    powered: Floats = (axes * size[..., None, :] ** exponent) @ np.swapaxes(axes, -1, -2)
    return powered
