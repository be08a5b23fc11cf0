"""The links of a fitted chain: strength, pass-through, and direct, indirect and total effects."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.chain.model import KINDS
from workbench.exceptions import ChainError
from workbench.sem import Fit

COLUMNS = [
    "from",
    "to",
    "effect",
    "strength",
    "se",
    "lower",
    "upper",
    "pvalue",
    "pass_through",
    "pass_through_se",
    "pass_through_lower",
    "pass_through_upper",
]


def links(fit: Fit) -> pd.DataFrame:
    """Return the effects of a chain's fit, one row an effect.

    Returns
    -------
    DataFrame
        ``from``, ``to``; ``effect`` (direct, indirect, total); ``strength``, the standardised
        effect with its standard error ``se`` and 95 % interval ``lower``, ``upper`` (delta method
        on the standardised solution; where errors of unit means are known, by
        :func:`strength_interval`) and the ``pvalue`` of the test that it is zero;
        ``pass_through``, points of the target's index per point of the source's index, with its
        error and interval. Where the model could not give an error, interval and p-value are
        missing.
    """
    standardised = fit.standardised("std_all")
    standardised = standardised[standardised["op"] == ":="].set_index("lhs")
    raw = fit.estimates[fit.estimates["op"] == ":="].set_index("lhs")
    rows = []
    for name in raw.index:
        kind, *ends = name.split(".")
        if kind not in KINDS or len(ends) != 2:
            continue
        strength, points = standardised.loc[name].copy(), raw.loc[f"points.{name}"]
        if fit.problem.known_errors:
            strength[["ci_lower", "ci_upper"]] = strength_interval(
                strength["est_std"], strength["se"]
            )
        rows.append(
            [
                *ends,
                kind,
                *strength[["est_std", "se", "ci_lower", "ci_upper", "pvalue"]],
                *points[["est", "se", "ci_lower", "ci_upper"]],
            ]
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def strength_interval(estimate: float, error: float) -> tuple[float, float]:
    """95 % interval of a strength between units, on Fisher's scale z = atanh(r).

    Corrected for sampling error a strength near 1 has an error that looks too small and one near 0
    an error that looks too large; on the scale of z the error hardly depends on the strength. In
    simulations with 60 units the plain interval covered 88 to 92 %, most misses on one side, this
    one 94 to 97 % (benchmarks/LINKAGE.md). A strength beyond 1, as several correlated sources can
    have, keeps the plain interval.
    """
    if not abs(estimate) < 1:
        return estimate - 1.959964 * error, estimate + 1.959964 * error
    half = 1.959964 * error / (1 - estimate**2)
    centre = np.arctanh(estimate)
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


# SQM: two points of employee engagement go with one percent of client satisfaction.
PUBLISHED_PASS_THROUGH = 0.5


@dataclass(frozen=True)
class PassThrough:
    """Points of one index that go with ``step`` points of another, with a 95 % interval."""

    source: str
    target: str
    step: float
    points: float
    lower: float
    upper: float

    @property
    def published(self) -> float:
        """What the published two-to-one would give for the step."""
        return self.step * PUBLISHED_PASS_THROUGH

    @property
    def words(self) -> str:
        """The rate in a sentence beside the published one; association, not effect."""
        found = (
            f"{self.step:g} points more {self.source} go with {self.points:.1f} points more "
            f"{self.target} ({self.lower:.1f} to {self.upper:.1f})."
        )
        rate = f"the published two to one would be {self.published:.1f}"
        if not np.isfinite(self.lower):
            return (
                f"How many points of {self.target} go with {self.source} has no interval; {rate}."
            )
        if self.lower <= self.published <= self.upper:
            return f"{found} The interval includes it: {rate}."
        side = "more" if self.lower > self.published else "less"
        return f"{found} That is {side} than published: {rate}."


def pass_through(
    effects: pd.DataFrame, source: str, target: str, step: float = 2.0, effect: str = "direct"
) -> PassThrough:
    """Return the pass-through of one effect in the table of :func:`links`, for ``step`` points.

    Raises
    ------
    ChainError
        If the table has no such effect.
    """
    same = (effects["from"] == source) & (effects["to"] == target) & (effects["effect"] == effect)
    if not same.any():
        ends = effects.loc[effects["effect"] == effect, ["from", "to"]].itertuples(index=False)
        known = ", ".join(f"{start} → {end}" for start, end in ends)
        raise ChainError(
            f"There is no {effect} effect of {source!r} on {target!r}; there are {known or 'none'}."
        )
    row = effects.loc[same].iloc[0]
    columns = ["pass_through", "pass_through_lower", "pass_through_upper"]
    points, lower, upper = (step * float(row[name]) for name in columns)
    return PassThrough(source, target, step, points, lower, upper)
