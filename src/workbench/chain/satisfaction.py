"""The satisfaction index of the American Customer Satisfaction Index, 0–100.

References
----------
1. Fornell, C., Johnson, M. D., Anderson, E. W., Cha, J., & Bryant, B. E. (1996). The American
   Customer Satisfaction Index: nature, purpose, and findings. Journal of Marketing, 60(4), 7–18.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from workbench.errors import ChainError
from workbench.sem import Fit


def satisfaction_index(
    means: ArrayLike, weights: ArrayLike, low: ArrayLike, high: ArrayLike
) -> NDArray[np.float64]:
    """Return the index of Fornell et al. (1996) from the means of its questions.

    CSI = (Σ w_i x̄_i − Σ w_i low_i) / (Σ w_i high_i − Σ w_i low_i) × 100: the weighted mean of the
    questions (overall satisfaction, expectancy confirmation, distance to the ideal), less its least
    possible value, over its range [1].

    Parameters
    ----------
    means : (…, I)
        Means of the questions on their own scales.
    weights : (I,)
        Weights from the model, of any common size.
    low, high : (I,) or numbers
        Least and greatest code of each question.

    Examples
    --------
    Three questions on 1–10 with means 7.9, 7.4 and 7.1 and weights 0.39, 0.32 and 0.29: the
    weighted mean is 7.508, so the index is (7.508 − 1) / 9 × 100.

    >>> round(float(satisfaction_index([7.9, 7.4, 7.1], [0.39, 0.32, 0.29], 1, 10)), 1)
    72.3

    Raises
    ------
    ChainError
        If a weight is negative or all are zero, or a scale has no length.
    """
    weight = np.asarray(weights, float)
    if not np.all(weight >= 0) or not weight.sum() > 0:
        raise ChainError(
            f"The index needs weights of 0 or more, not all of them 0, but was given {weight}."
        )
    least, greatest = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    if not np.all(greatest > least):
        raise ChainError("Every question of the index needs a highest code above its lowest.")
    least, greatest = (np.broadcast_to(bound, weight.shape) for bound in (least, greatest))
    mean = np.asarray(means, float) @ weight
    return 100 * (mean - least @ weight) / (greatest @ weight - least @ weight)


def index_weights(fit: Fit, construct: str, items: Sequence[str]) -> pd.Series:
    """Return the weights of a construct's questions from a fitted model, with sum 1.

    w_i ∝ λ_i / ψ_i, loading over residual variance: those of the factor score from the construct's
    own questions (Bartlett's and the regression score differ by a factor only). The index itself
    uses weights from partial least squares, which say the same where questions are alike.

    Parameters
    ----------
    fit
        A fit whose model has the construct and its items.
    construct, items
        The construct, and its questions in the order wanted.

    Raises
    ------
    ChainError
        If a residual variance is not positive, or a loading is negative.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> fit = study.fit("customer-satisfaction-index")
    >>> weights = wb.chain.index_weights(fit, "service", study.codebook.items("service"))
    >>> weights.round(2).to_dict()
    {'service_1': 0.37, 'service_2': 0.26, 'service_3': 0.22, 'service_4': 0.15}
    >>> round(float(weights.sum()), 6)
    1.0
    """
    table = fit.estimates
    loadings = table[(table["op"] == "=~") & (table["lhs"] == construct)].set_index("rhs")["est"]
    residual = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"])].set_index("lhs")["est"]
    loading, variance = loadings.loc[list(items)], residual.loc[list(items)]
    for name in items:
        if variance[name] <= 0 or loading[name] < 0:
            raise ChainError(
                f"The item {name!r} has a loading of {loading[name]:.3g} and a residual variance "
                f"of {variance[name]:.3g}; no weight can be made of that. Leave it out."
            )
    weight = loading / variance
    return weight / weight.sum()


def index_contributions(
    answers: ArrayLike, weights: ArrayLike, sampling: ArrayLike, group: ArrayLike, groups: int
) -> NDArray[np.float64]:
    """Return values (n,) whose weighted mean in each group is the group's satisfaction index.

    With x_ij the answer of respondent i to question j on 0–100, a_ij = 1 where there is one, s_i
    the sampling weight and m_j the group's weighted mean of question j,

        v_i = Σ_j w_j m_j + Σ_j w_j a_ij (x_ij − m_j) · Σ_i s_i / Σ_i s_i a_ij,   Σ_j w_j = 1

    so that errors and changes of the index are those of a weighted mean of v (Taylor
    linearisation), with every answer there is. The weights are taken as known: their own error
    moves the index no further than the means of the questions differ.

    Parameters
    ----------
    answers : (n, I)
        NaN where there is no answer.
    weights : (I,)
    sampling, group : (n,)
        Sampling weights, and the number of the group, 0 to ``groups`` − 1.

    Returns
    -------
    NaN for a respondent without any answer, and throughout a group that left a question out.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> answers = np.array([[50.0, 75.0], [100.0, np.nan], [0.0, 25.0]])
    >>> values = wb.chain.index_contributions(answers, [0.5, 0.5], np.ones(3), np.zeros(3, int), 1)
    >>> values.round(1).tolist()
    [68.8, 75.0, 6.2]
    >>> round(float(values.mean()), 1)
    50.0
    """
    values, sampled = np.asarray(answers, float), np.asarray(sampling, float)
    weight, member = np.asarray(weights, float), np.asarray(group)
    weight = weight / weight.sum()
    there = ~np.isnan(values)
    used = np.where(there.any(axis=1), sampled, 0.0)
    total = np.bincount(member, used, groups)
    index, drawn = np.zeros(groups), np.zeros(len(values))
    with np.errstate(invalid="ignore", divide="ignore"):
        for j in range(values.shape[1]):
            own = np.where(there[:, j], sampled, 0.0)
            answered = np.bincount(member, own, groups)
            filled = np.where(there[:, j], values[:, j], 0.0)
            mean = np.bincount(member, own * filled, groups) / answered
            index += weight[j] * mean
            gap = np.where(there[:, j], filled - mean[member], 0.0)
            drawn += weight[j] * gap * (total / answered)[member]
    return np.where(there.any(axis=1), index[member] + drawn, np.nan)
