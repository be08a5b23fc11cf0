r"""Links with what is known of respondents held equal.

Clients who had to come, say, are less satisfied and trust less, in every office: part of a link
among them is that difference between kinds of people. Each answer :math:`y_{ij}` of respondent i of
unit u to item j is freed of it,

.. math:: \tilde y_{ij} = y_{ij} - (x_i - \bar x)^\top \hat\beta_j, \qquad
    \hat\beta_j = \operatorname{argmin}_\beta \sum_i w_i
    \bigl( (y_{ij} - \bar y_{uj}) - (x_i - \bar x_u)^\top \beta \bigr)^2

with x one column for each value of the covariates but the most frequent, people without one a value
of their own, and weighted means of the unit in the fit. Slopes are within units, so that what sets
units apart does not pass for a difference between kinds of people. Unit means are then those that
units would have with the same mix of people (adjustment for case mix).

Fitted to respondents, the chain is the model with the covariates as observed exogenous variables of
every item (Frisch & Waugh 1933): its maximum likelihood estimates are the same where no answer is
missing. The slopes are taken as known, which with thousands of respondents and a few values costs
next to nothing. What is not known of people is not held equal.

References
----------
1. Frisch, R., & Waugh, F. V. (1933). Partial time regressions as compared with individual trends.
   Econometrica, 1(4), 387–401.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from workbench.errors import ChainError
from workbench.study import Study

Array = NDArray[np.float64]
S = TypeVar("S", bound=Study)


def covariates_of(study: Study) -> dict[str, tuple[str, ...]]:
    """Return the covariates of every source that has some.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.chain.covariates_of(wb.open_study("data/demo"))
    {'clients': ('age_group', 'language', 'obliged')}
    """
    return {name: one.covariates for name, one in study.sources.items() if one.covariates}


def holding_equal(study: S, items: Collection[str] | None = None) -> S:
    """Return the study with answers freed of what goes with the covariates of their source.

    Slopes are those of each wave. See the module for the formula.

    Parameters
    ----------
    study
        The study.
    items
        The questions to free; by default all of sources with covariates.

    Raises
    ------
    ChainError
        If no source has covariates.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> raw = wb.links(study.fit("citizens-first")).iloc[0]["strength"]
    >>> equal = wb.links(wb.chain.holding_equal(study).fit("citizens-first")).iloc[0]["strength"]
    >>> round(float(raw), 2), round(float(equal), 2)
    (0.11, 0.11)
    """
    known = covariates_of(study)
    if not known:
        raise ChainError(
            f'{study.name!r} names no covariates; write covariates = ["age_group", …] in '
            "[sources.NAME] of study.toml."
        )

    def adjusted(source: str, answers: pd.DataFrame) -> pd.DataFrame:
        if source not in known or answers.empty:
            return answers
        asked = study.codebook.items_of_source(source)
        wanted = [item for item in asked if items is None or item in items]
        values = answers[wanted].to_numpy(float)
        weight = answers["weight"].to_numpy(float)
        unit = answers.groupby(["organisation", "unit"], observed=True).ngroup().to_numpy()
        for wave in answers["wave"].unique():
            here = (answers["wave"] == wave).to_numpy()
            x = _indicators(answers.loc[here, list(known[source])])
            values[here] = partialled(values[here], x, weight[here], unit[here])
        return answers.assign(**dict(zip(wanted, values.T, strict=True)))

    return study.changing(adjusted)


def _indicators(covariates: pd.DataFrame) -> Array:
    """One column for each value of each covariate but the most frequent."""
    columns = [np.empty((len(covariates), 0))]
    for name in covariates:
        values = covariates[name]
        others: Sequence[str] = list(values.value_counts().index[1:])
        columns.append(np.column_stack([values == one for one in others]) if others else columns[0])
    return np.concatenate(columns, axis=1).astype(float)


def partialled(values: ArrayLike, x: ArrayLike, weight: ArrayLike, group: ArrayLike) -> Array:
    """Return values (n, p) freed of what goes with x (n, k) within groups; their means stay.

    Parameters
    ----------
    values
        NaN where there is no answer; each column is freed by the rows that have one.
    weight, group : (n,)
        Weights, and numbers of the groups from 0.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> x = np.array([[0.0], [1.0], [0.0], [1.0]])
    >>> y = np.array([[1.0], [3.0], [5.0], [7.0]])
    >>> wb.chain.partialled(y, x, np.ones(4), [0, 0, 1, 1]).ravel().tolist()
    [2.0, 2.0, 6.0, 6.0]
    """
    y, design = np.array(values, float), np.asarray(x, float)
    w, member = np.asarray(weight, float), np.asarray(group)
    for column in y.T:
        there = ~np.isnan(column) & (w > 0)
        own, of, known = w[there], member[there], design[there]
        both = np.column_stack([column[there], known])
        total = np.bincount(of, own, member.max(initial=0) + 1)
        means = [np.bincount(of, own * one, len(total)) for one in both.T]
        with np.errstate(invalid="ignore"):
            centred = both - (np.stack(means, axis=1) / total[:, None])[of]
        root = np.sqrt(own)[:, None]
        slope = np.linalg.lstsq(root * centred[:, 1:], root[:, 0] * centred[:, 0], rcond=None)[0]
        column[there] -= (known - np.average(known, axis=0, weights=own)) @ slope
    return y
