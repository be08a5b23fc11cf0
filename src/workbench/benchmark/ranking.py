"""Where an organisation stands among the others, with the uncertainty of its place."""

import numpy as np
import pandas as pd

DRAWS = 2000


def ranks(values: pd.Series, errors: pd.Series, seed: int = 1) -> pd.DataFrame:
    r"""Rank organisations, highest first, with 95 % intervals of the ranks.

    Each draw :math:`b` replaces every value by :math:`y_i + s_i z_{ib}` with :math:`z` standard
    normal and ranks the results; the interval of a rank runs from the 2.5th to the 97.5th
    percentile of its drawn ranks (Goldstein & Spiegelhalter 1996, JRSS A 159, 385–443).

    Parameters
    ----------
    values, errors
        One value and its standard error per organisation, with the same index. Organisations
        whose value or error is missing are not ranked.

    Returns
    -------
    DataFrame
        Indexed as ``values``: ``rank``, ``rank_lower``, ``rank_upper`` (1 is the highest) and
        ``ranked``, the number of organisations compared. Missing where not ranked.
    """
    known = values.notna() & errors.notna()
    y = values[known].to_numpy(float)
    s = errors[known].to_numpy(float)
    table = pd.DataFrame(
        np.nan, index=values.index, columns=["rank", "rank_lower", "rank_upper"], dtype=float
    )
    table["ranked"] = len(y)
    if len(y):
        noise = np.random.default_rng(seed).standard_normal((DRAWS, len(y)))
        drawn = _ranks_in_rows(y + s * noise)
        table.loc[known, "rank"] = _ranks_in_rows(y[None, :])[0]
        table.loc[known, ["rank_lower", "rank_upper"]] = np.percentile(
            drawn, [2.5, 97.5], axis=0, method="nearest"
        ).T
    return table


def _ranks_in_rows(values: np.ndarray) -> np.ndarray:
    """Return ranks within each row, 1 for the highest value."""
    return np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1, kind="stable") + 1
