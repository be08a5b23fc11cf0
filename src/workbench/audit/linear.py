"""What published sums leave open of their parts, by linear programming."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Array = NDArray[np.float64]
System = tuple[Array, Array]


def between(sums: Array, least: Sequence[float], most: Sequence[float]) -> System:
    """Say in one system that sums (rows × unknowns) are at least and at most these."""
    return np.vstack([sums, -sums]), np.concatenate([most, np.negative(least)])


def bounds_of(
    at: int, limits: Sequence[tuple[float, float]], system: System
) -> tuple[float, float] | None:
    """Return the least and largest value of one unknown, None if none fits.

    The product of the first part of ``system`` (rows × unknowns) with the unknowns is at most its
    second.
    """
    found = []
    for sign in (1.0, -1.0):
        goal = np.zeros(len(limits))
        goal[at] = sign
        solved = linprog(goal, A_ub=system[0], b_ub=system[1], bounds=limits)
        if not solved.success:
            return None
        found.append(float(solved.x[at]))
    return found[0], found[1]
