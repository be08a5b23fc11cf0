"""Which parts of a total may be shown beside it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def shown_parts(people: ArrayLike, least: int, others: float = 0.0) -> NDArray[np.bool_]:
    """Tell which parts of a total can be shown, so that the rest is nobody or no small group.

    A part of fewer people than ``least`` is hidden (primary suppression). What the total leaves of
    the shown parts is then everybody hidden together. Where these are fewer than ``least`` too, the
    smallest shown parts are hidden with them until they are not (complementary suppression [1]_).

    Parameters
    ----------
    people : (parts,)
        The number of people in each part; 0 of one that is not there.
    least
        The fewest people who may be shown.
    others
        People who count in the total and are in none of the parts.

    Returns
    -------
    array of bool, (parts,)
        False also for a part of nobody.

    References
    ----------
    .. [1] Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley, chapter 4.

    Examples
    --------
    >>> shown_parts([120, 60, 4], least=10).tolist()
    [True, False, False]
    >>> shown_parts([120, 60, 0], least=10).tolist()
    [True, True, False]
    >>> shown_parts([120, 60, 4, 7], least=10).tolist()
    [True, True, False, False]
    """
    counts = np.asarray(people, float)
    shown = (counts >= least) & (counts > 0)
    hidden = counts[~shown].sum() + others
    for part in np.argsort(counts, kind="stable"):
        if not 0 < hidden < least:
            break
        if shown[part]:
            shown[part] = False
            hidden += counts[part]
    return shown
