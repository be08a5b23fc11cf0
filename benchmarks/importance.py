"""How far importance by plain scores and without their errors is from the truth.

Run from anywhere: python benchmarks/importance.py   (three minutes on one core; writes
IMPORTANCE.md)

Two drivers matter alike for an outcome, share one half each. Each construct has two questions; of
their mean the reliability is .8 for the outcome and the first driver and .5 for the second. Units
belong to organisations, whose levels of the outcome and the first driver go together and against
those of the second. Compared are the shares by plain scores, all units as one, and those of
``workbench.drivers.importance`` (scores as compared within organisations, less their errors), whose
intervals are from 300 bootstrap samples of units.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from workbench.drivers.importance import importance_of
from workbench.drivers.rows import Rows
from workbench.drivers.weights import relative_weights
from workbench.errors import DriversError
from workbench.study.level import Level

REPLICATES = 300
SAMPLES = 300
TRUE = np.array([[1.0, 0.45, 0.45], [0.45, 1.0, 0.3], [0.45, 0.3, 1.0]])
NAMES = ("y", "well", "badly")
SPREAD = np.sqrt([2.0, 2.0, 0.5])
"""With errors of variance 1 the mean of two questions has reliabilities of .8, .8 and .5."""
DESIGNS = ((6, 10), (6, 40), (20, 10), (20, 40))


def draw(organisations: int, units: int, rng: np.random.Generator) -> Rows:
    """Units with two questions a construct."""
    name = np.repeat(np.arange(organisations), units)
    score = rng.multivariate_normal(np.zeros(3), TRUE, len(name)) * SPREAD
    score += (rng.normal(size=(organisations, 1)) * [1.0, 1.0, -1.0])[name]
    items = np.repeat(score, 2, axis=1) + rng.normal(size=(len(name), 6))
    frame = pd.DataFrame({"organisation": name.astype(str), "unit": np.arange(len(name))})
    columns = {key: [2 * place, 2 * place + 1] for place, key in enumerate(NAMES)}
    labels = {key: key for key in NAMES}
    return Rows("y", NAMES[1:], Level.UNITS, frame.assign(weight=1.0), items, None, columns, labels)


def row(organisations: int, units: int) -> str:
    """One row of the table."""
    rng = np.random.default_rng([organisations, units])
    plain, told, refused = [], [], 0
    for _ in range(SAMPLES):
        sample = draw(organisations, units, rng)
        means = np.stack([sample.items[:, own].mean(axis=1) for own in sample.columns.values()])
        weight = relative_weights(np.cov(means))
        plain.append(weight[0] / weight.sum())
        try:
            found = importance_of(sample, pd.DataFrame(), replicates=REPLICATES)
        except DriversError:
            refused += 1
            continue
        frame = found.frame.set_index("driver")
        if "badly" in frame.index:
            told.append(frame.loc["well", ["share", "share_lower", "share_upper"]].to_list())
        else:
            refused += 1
    share, lower, upper = np.array(told, dtype=float).T
    covered = 100 * np.mean((lower <= 0.5) & (upper >= 0.5))
    return (
        f"| {organisations} | {units} | {np.mean(plain):.2f} | {share.mean():.2f} | "
        f"{np.median(share):.2f} | {covered:.0f} % | {np.mean(upper - lower):.2f} | "
        f"{100 * refused / SAMPLES:.0f} % |"
    )


def main() -> None:
    """Write the table."""
    lines = [
        "# Importance of a driver with low reliability",
        "",
        f"Made by `benchmarks/importance.py`: {SAMPLES} samples a row. Two drivers are equally "
        "important, so the true share of the well-measured one (reliability .8; the other has .5) "
        "is 0.50. Coverage and width are those of the 95 % interval. No estimate: after the "
        "correction for measurement error a driver has no variance left, or the drivers cannot be "
        "separated, and the page says so.",
        "",
        "| organisations | units each | share, uncorrected | share, corrected: mean | median | "
        "coverage | width | no estimate |",
        "|---|---|---|---|---|---|---|---|",
        *(row(*design) for design in DESIGNS),
    ]
    path = Path(__file__).with_name("IMPORTANCE.md")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
