"""Makes groups.csv, two groups of as many units and rows: python groups.py   (in this folder)

lavaan 0.6-14 counts groups twice by their rows where they share parameters (it maximises the sum of
n_g log L_g), and the scores of units by the rows of their group. Its estimates and robust errors
are those of maximum likelihood where groups have as many rows, and as many units.
"""

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent


def halved(size: "pd.Series[int]") -> "pd.Series[str]":
    """Units in an order drawn at random, in which half of them have half of the rows."""
    generator = np.random.default_rng(1)
    half = len(size) // 2
    while True:
        drawn = size.sample(frac=1.0, random_state=generator)
        if 2 * drawn.iloc[:half].sum() == size.sum():
            return pd.Series(np.repeat(["a", "b"], half), drawn.index)


if __name__ == "__main__":
    size = pd.read_csv(FOLDER / "answers.csv").groupby("unit").size()
    # The number of rows is odd: the first units of odd and of even size are left out.
    kind = halved(size.drop([size.index[size % 2 == own][0] for own in (1, 0)]))
    kind.rename("kind").rename_axis("unit").sort_index().to_csv(FOLDER / "groups.csv")
