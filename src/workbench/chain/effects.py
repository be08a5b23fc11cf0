"""The links of a fitted chain: strength, pass-through, and direct, indirect and total effects."""

import pandas as pd

from workbench.chain.model import KINDS
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
        on the standardised solution) and the ``pvalue`` of the test that it is zero;
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
        strength, points = standardised.loc[name], raw.loc[f"points.{name}"]
        rows.append(
            [
                *ends,
                kind,
                *strength[["est_std", "se", "ci_lower", "ci_upper", "pvalue"]],
                *points[["est", "se", "ci_lower", "ci_upper"]],
            ]
        )
    return pd.DataFrame(rows, columns=COLUMNS)
