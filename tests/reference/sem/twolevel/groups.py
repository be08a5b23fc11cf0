"""Makes groups.csv, two groups of units with as many rows: python groups.py   (in this folder)

lavaan 0.6-14 counts groups twice by their rows where they share parameters (it maximises the sum of
n_g log L_g), so that its estimates are those of maximum likelihood with equal rows alone.
"""

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent


def halved(size: "pd.Series[int]") -> "pd.Series[str]":
    """Units in an order drawn at random, up to half of the rows in group a and the rest in b."""
    generator = np.random.default_rng(1)
    while True:
        drawn = size.sample(frac=1.0, random_state=generator)
        so_far = drawn.cumsum()
        if (so_far == size.sum() / 2).any():
            return pd.Series(np.where(so_far <= size.sum() / 2, "a", "b"), drawn.index)


if __name__ == "__main__":
    size = pd.read_csv(FOLDER / "answers.csv").groupby("unit").size()
    # The number of rows is odd: the first unit of odd size is left out.
    kind = halved(size.drop(size.index[size % 2 == 1][0]))
    kind.rename("kind").rename_axis("unit").sort_index().to_csv(FOLDER / "groups.csv")
