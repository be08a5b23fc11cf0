"""Makes answers.csv, the rows of the cases, and missing.csv: python simulate.py

Units of 2 to 12 rows, or of 6 in the column ``even``; six items with a part at both levels, four of
them of one factor and two of another, one question of level 1 alone (``pace``), covariates of rows
(``age``, ``hours``) and of units (``size``, ``region``); what varies between units is skewed.
"""

from pathlib import Path

import numpy as np
import pandas as pd

UNITS = 90


def answers() -> pd.DataFrame:
    rng = np.random.default_rng(1989)
    count = rng.integers(2, 13, UNITS)
    unit = np.repeat(np.arange(UNITS), count)
    n = len(unit)
    size = rng.normal(size=UNITS)
    region = 0.4 * size + rng.normal(size=UNITS)
    between = 0.5 * size - 0.3 * region + (rng.exponential(size=UNITS) - 1)
    second = 0.6 * between + 0.6 * rng.normal(size=UNITS)
    age, hours = rng.normal(size=n), rng.exponential(size=n)
    within = 0.4 * age - 0.2 * hours + rng.normal(size=n)
    other = 0.5 * within + 0.9 * rng.normal(size=n)
    found = {"unit": unit + 1}
    for item, loading in enumerate((1.0, 0.8, 0.9, 0.7), start=1):
        own = 0.4 * rng.normal(size=UNITS)
        residual = 0.8 * rng.normal(size=n)
        found[f"t{item}"] = 3 + loading * within + residual + (0.8 * loading * between + own)[unit]
    for item, loading in enumerate((1.0, 0.8), start=1):
        own = 0.3 * rng.normal(size=UNITS)
        residual = 0.7 * rng.normal(size=n)
        found[f"s{item}"] = 2 + loading * other + residual + (0.7 * loading * second + own)[unit]
    found["pace"] = 0.5 * within + rng.normal(size=n)
    found["age"], found["hours"] = age, hours
    found["size"], found["region"] = size[unit], region[unit]
    table = pd.DataFrame(found)
    # lavaan's scores leave out what covariates do to means within units; centred they do nothing.
    centred = ["pace", "age", "hours"]
    table[centred] -= table[centred].mean()
    table = table.round(3)
    first = table.groupby("unit").cumcount() < 6
    enough = table.groupby("unit")["unit"].transform("size") >= 6
    table["even"] = (first & enough).astype(int)
    return table


def missing(table: pd.DataFrame) -> pd.DataFrame:
    """Answers to items missing at random, more of them where ``age`` is high; one unit never
    answers one of them."""
    rng = np.random.default_rng(2021)
    found = table.copy()
    for item in ("t1", "t2", "t3", "t4", "s1", "s2"):
        found.loc[rng.random(len(table)) < 0.1 + 0.1 * (table["age"] > 0), item] = np.nan
    found.loc[found["unit"] == 7, "t3"] = np.nan
    return found


if __name__ == "__main__":
    missing(answers()).to_csv(Path(__file__).with_name("missing.csv"), index=False)
    answers().to_csv(Path(__file__).with_name("answers.csv"), index=False)
