r"""Values of rows as compared within their organisations, with the errors known of them.

A link between units within organisations is one between their distances from their organisation's
mean. With n rows in the organisation, independent of each other, the distance has the variance of
the row times :math:`(n - 1)/n`; times :math:`\sqrt{n/(n-1)}` it has the variance of the row itself,
whatever n is, so that large and small organisations speak of one covariance matrix. The known error
of the distance is that of the row and of the mean together: for items a and b answered by the rows
A and B of the organisation,

.. math:: \operatorname{cov}(z_{ua}, z_{ub}) = s_a s_b \Bigl[\bigl(1 - \tfrac1{n_a} -
   \tfrac1{n_b}\bigr) E_{u,ab} + \tfrac{1}{n_a n_b} \sum_{v \in A \cap B} E_{v,ab}\Bigr], \quad
   s = \sqrt{n/(n-1)},

for rows u in A and B, which is :math:`[(n - 2) E_u + \bar E]/(n - 1)` where none is missing.

Where rows have sampling weights the mean is the weighted one, and the shares p_u of the rows in it,
which sum to 1, stand for 1/n: a distance has on average, over rows by their weights, the variance
of the row times :math:`1 - \sum p_u^2`, so that :math:`s = 1/\sqrt{1 - \sum p_u^2}`, and

.. math:: \operatorname{cov}(z_{ua}, z_{ub}) = s_a s_b \Bigl[(1 - p_{ua} - p_{ub}) E_{u,ab} +
   \sum_{v \in A \cap B} p_{va} p_{vb} E_{v,ab}\Bigr].
"""

import numpy as np
from numpy.typing import NDArray

from workbench.interpretation.cutoffs import FEW_ORGANISATIONS
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ROUNDING = 1e-9


def few_organisations(count: int) -> str:
    """Say that organisations are few, "" where they are not."""
    if count >= FEW_ORGANISATIONS:
        return ""
    return say("basis.few organisations", organisations=count)


def left_out_alone(count: int, noun: str) -> str:
    """Say that rows were left out which have no other of their organisation beside them.

    ``noun`` is what a row is, one of the messages ``count.…``.
    """
    return say(f"basis.alone.{'one' if count == 1 else 'some'}", rows=counted(count, noun))


def within_groups(
    values: Array, errors: Array | None, group: Index, weight: Array | None = None
) -> tuple[Array, Array | None]:
    """Return values and errors as compared within groups, about the mean of all.

    Parameters
    ----------
    values
        One row a unit or respondent (n, p), NaN where missing.
    errors
        Covariances (n, p, p) of their known errors, or None.
    group
        Each row's group (n,), numbered from 0 without a gap.
    weight
        Sampling weights of the rows (n,), by default all the same.

    Returns
    -------
    values, errors
        Of the same shapes. A value that is the only one of its group is missing: there is nothing
        to compare it with.
    """
    there = ~np.isnan(values)
    found = np.where(there, values, 0.0)
    share = there * (np.ones(len(values)) if weight is None else weight)[:, None]
    groups = int(group.max(initial=-1)) + 1
    centre = _over((share * found).sum(axis=0), share.sum(axis=0))
    # In place: of respondents there may be a million.
    total = _sums(share, group, groups)[group]
    np.divide(share, total, out=share, where=total > 0)
    del total
    mean = _sums(share * found, group, groups)
    alone = 1 - _sums(share**2, group, groups)  # near 0 where one row is all there is
    kept = there & (alone[group] > _ROUNDING)
    scale = 1 / np.sqrt(np.where(alone > _ROUNDING, alone, 1.0))
    found -= mean[group]
    found *= scale[group]
    found += centre
    found[~kept] = np.nan
    if errors is None:
        return found, None
    both = kept[:, :, None] & kept[:, None, :]
    known = np.where(both, errors, 0.0)
    of_mean = _sums(share[:, :, None] * share[:, None, :] * known, group, groups)[group]
    own = 1 - share[:, :, None] - share[:, None, :]
    scales = scale[:, :, None] * scale[:, None, :]
    return found, np.where(both, scales[group] * (own * known + of_mean), 0.0)


def _over(part: Array, whole: Array) -> Array:
    """Ratio, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _sums(values: Array, group: Index, groups: int) -> Array:
    """Sums over the rows of every group (groups, …)."""
    if not groups:
        return np.zeros((0, *values.shape[1:]))
    if (group[1:] < group[:-1]).any():
        order = np.argsort(group, kind="stable")
        values, group = values[order], group[order]
    starts = np.searchsorted(group, np.arange(groups))
    return np.asarray(np.add.reduceat(values, starts, axis=0), dtype=np.float64)
