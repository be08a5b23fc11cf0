"""Exceptions from "in every case": high outcomes without an at least middling condition, counted.

A necessary condition analysis measures how empty a corner is. The claim that there is *no* case of
a high outcome without a high condition is plainer: it stands or falls with the cases that
contradict it. They are counted at stated cuts.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from workbench import figures
from workbench.errors import DriversError
from workbench.interpretation import exceptions_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.study.definition import Cuts

Floats = NDArray[np.float64]
HIGH = 0.75
"""A case is high, without stated cuts, from this quantile of the outcome on: the top quarter."""


@dataclass(frozen=True)
class Exceptions:
    """How many cases with a high outcome have a condition below the middle.

    Attributes
    ----------
    level
        What a case is: ``"unit"`` or ``"organisation"``.
    stated
        Whether the cuts are the study's own, in place of the top quarter and the middle.
    outcome_from, condition_below
        A case is high from the first on; it is an exception if its condition is below the second.
    cases, high, count
        All cases, those that are high, and the exceptions among these.
    """

    level: str
    stated: bool
    outcome_from: float
    condition_below: float
    cases: int
    high: int
    count: int

    @property
    def share(self) -> float:
        """Exceptions among high cases; NaN where there is no high case."""
        return self.count / self.high if self.high else np.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share by :func:`clopper_pearson`."""
        return clopper_pearson(self.count, self.high)

    def words(self, condition: str, outcome: str) -> str:
        """The count in a sentence, the constructs called so."""
        return exceptions_in_words(condition, outcome, self)


def clopper_pearson(count: int, cases: int, level: float = 0.95) -> tuple[float, float]:
    r"""Return the exact interval of a share, the limits of which are quantiles of beta
    distributions:

    .. math:: B^{-1}(\alpha/2;\ k, n - k + 1), \qquad B^{-1}(1 - \alpha/2;\ k + 1, n - k),

    0 and 1 where k is 0 and n. It holds the true share in at least ``level`` of samples, also of
    few cases and of none that is an exception. R: ``binom.test(k, n)$conf.int``.

    Reference: Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits
    illustrated in the case of the binomial. Biometrika, 26, 404–413.

    Examples
    --------
    >>> from workbench.drivers.exceptions import clopper_pearson
    >>> [round(limit, 3) for limit in clopper_pearson(30, 81)]
    [0.266, 0.485]
    """
    if not cases:
        return np.nan, np.nan
    tail = (1 - level) / 2
    lower = stats.beta.ppf(tail, count, cases - count + 1) if count else 0.0
    upper = stats.beta.ppf(1 - tail, count + 1, cases - count) if count < cases else 1.0
    return float(lower), float(upper)


def exceptions(
    condition: ArrayLike, outcome: ArrayLike, cuts: Cuts | None = None, level: str = "unit"
) -> Exceptions:
    """Count the cases with a high outcome whose condition is below the middle.

    Parameters
    ----------
    condition, outcome : (n,)
        Cases with a missing value are left out.
    cuts
        A case is high from ``cuts.high`` on and an exception below ``cuts.low``; by default high in
        the top quarter of the outcome and an exception below the median of the condition.
    level
        What a case is: ``"unit"`` or ``"organisation"``.

    Raises
    ------
    DriversError
        If no case is complete.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.drivers.exceptions([10, 20, 30, 40], [1, 9, 3, 4])
    >>> found.high, found.count
    (1, 1)
    >>> print(found.words("Engagement", "Satisfaction"))
    Of 1 unit in the top quarter of Satisfaction, 1 is below the middle of Engagement (100%, 3% to
    100%).
    """
    x, y = np.asarray(condition, dtype=float), np.asarray(outcome, dtype=float)
    complete = np.isfinite(x) & np.isfinite(y)
    x, y = x[complete], y[complete]
    if not len(x):
        raise DriversError("No case has both a condition and an outcome, so none can be counted.")
    high_from = float(np.quantile(y, HIGH)) if cuts is None else cuts.high
    below = float(np.median(x)) if cuts is None else cuts.low
    high = y >= high_from
    return Exceptions(
        level=level,
        stated=cuts is not None,
        outcome_from=high_from,
        condition_below=below,
        cases=len(x),
        high=int(high.sum()),
        count=int((high & (x < below)).sum()),
    )


def exceptions_table(found: list[Exceptions], condition: str, outcome: str) -> figures.Table:
    """A row for each level and pair of cuts."""
    rows = [
        (
            say(f"exceptions cases.{one.level}"),
            say(f"exceptions cuts.{'stated' if one.stated else 'quarters'}"),
            f"{fmt.number(one.outcome_from, 1)}",
            f"{fmt.number(one.condition_below, 1)}",
            one.high,
            one.count,
            _share(one),
        )
        for one in found
    ]
    names = ["level", "cuts", "from", "below", "high", "count", "share"]
    return figures.Table(
        pd.DataFrame(rows, columns=names),
        caption=say("exceptions.caption", condition=condition, outcome=outcome),
        formats={"high": fmt.count, "count": fmt.count},
        labels={
            "level": say("column.cases"),
            "cuts": say("column.cuts"),
            "from": say("exceptions.from", outcome=outcome),
            "below": say("exceptions.below", condition=condition),
            "high": say("column.high cases"),
            "count": say("column.exceptions"),
            "share": say("column.share of high"),
        },
        notes=[say("exceptions.note")],
    )


def _share(found: Exceptions) -> str:
    if not found.high:
        return say("exceptions.no high")
    lower, upper = found.interval
    return fmt.estimate(100 * found.share, 100 * lower, 100 * upper, 0)
