"""Categorical omega: how much of a sum of ordered answers is the latent variable's."""

import numpy as np
from scipy.special import ndtr

from workbench.sem.model.layout import Floats, Integers
from workbench.sem.ordinal.normal import joint_probability


def categorical_omega(cuts: Floats, item: Integers, common: Floats, total: Floats) -> float:
    """Share of the variance of the sum of ordered answers that the latent variable accounts for.

    An answer is the number of thresholds that y* exceeds, so that the covariance of two answers is
    sum_cc' {P(y*_i <= tau_ic, y*_j <= tau_jc') - P(y*_i <= tau_ic) P(y*_j <= tau_jc')}. Omega is
    the sum over all pairs at the correlations that the latent variable makes over that at all
    [1]_: the correlation of two administrations of the same questions, whose scores are whole
    numbers. Checked against ``reliability()`` of semTools 0.5-6, which takes latent means for 0.

    Parameters
    ----------
    cuts : (h,)
        Thresholds of all items where y* has mean 0 and variance 1.
    item : (h,)
        The item of each threshold.
    common, total : (p, p)
        Correlations by the latent variable alone, and all that the model implies (diagonal 1).

    References
    ----------
    .. [1] Green, S. B., & Yang, Y. (2009). Reliability of summed item scores using structural
       equation modeling: An alternative to coefficient alpha. Psychometrika, 74, 155-167.

    Examples
    --------
    >>> import numpy as np
    >>> total = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    >>> round(categorical_omega(np.zeros(3), np.arange(3), np.full((3, 3), 0.5), total), 3)
    0.6
    """
    below = ndtr(cuts)
    h, k = np.broadcast_arrays(cuts[:, None], cuts)
    apart = below[:, None] * below
    by_latent = joint_probability(h, k, common[item[:, None], item])
    own = item[:, None] == item
    rho = np.where(own, 0.0, total[item[:, None], item])
    # An item's own answers are the same ones.
    whole = np.where(own, np.minimum(below[:, None], below), joint_probability(h, k, rho))
    return float((by_latent - apart).sum() / (whole - apart).sum())
