"""The people→service link of two sources by a model of two levels, beside corrected unit means.

The population is that of ``linkage.py``: people→service is .5 and service→trust .6 between units;
employees answer people items, other people the service and trust items. The two-level model takes
the rows of both sources together: items of the other source are missing by design, and the parts
within units of the two sources do not covary. The same respondents' unit means, with their known
errors, are fitted by the method of the linkage.

Run from anywhere: python benchmarks/twolevel.py [DATA SETS]   (200 by default, two processes; some
ten minutes; writes TWOLEVEL.md)
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from linkage import ITEMS, LINK, MODEL, OWN, SECOND_LINK, SOURCES, Design

from workbench import sem
from workbench.chain.effects import fisher_test
from workbench.linkage.sampling_error import error_shares, within_covariance

WITHIN = """
level: 1
people_w =~ people_1 + people_2 + people_3
service_w =~ service_1 + service_2 + service_3
trust_w =~ trust_1 + trust_2 + trust_3
people_w ~~ 0*service_w
people_w ~~ 0*trust_w
level: 2
"""
DESIGNS = (Design(50, 10, 30, 0.15), Design(100, 10, 30, 0.15), Design(200, 10, 30, 0.15))


def respondents(design: Design, generator: np.random.Generator) -> pd.DataFrame:
    """Rows of both sources, with the items of the other source missing."""
    count = design.units
    people, *rest = generator.standard_normal((3, count))
    service = LINK * people + np.sqrt(1 - LINK**2) * rest[0]
    trust = SECOND_LINK * service + np.sqrt(1 - SECOND_LINK**2) * rest[1]
    between = np.repeat(np.stack([people, service, trust], axis=1), 3, axis=1)
    between += np.sqrt(OWN) * generator.standard_normal(between.shape)
    within = (1 + OWN) * (1 - design.icc) / design.icc
    parts = []
    for low, high in SOURCES:
        unit = np.repeat(
            np.arange(count), generator.integers(design.fewest, design.most + 1, count)
        )
        common = generator.standard_normal((len(unit), (high - low) // 3))
        if common.shape[1] == 2:
            common[:, 1] = 0.6 * common[:, 0] + 0.8 * common[:, 1]
        own = generator.standard_normal((len(unit), high - low))
        spread = np.sqrt(0.6 * within) * np.repeat(common, 3, axis=1) + np.sqrt(0.4 * within) * own
        part = pd.DataFrame(between[unit, low:high] + spread, columns=list(ITEMS[low:high]))
        parts.append(part.assign(unit=unit))
    return pd.concat(parts, ignore_index=True)


def corrected(rows: pd.DataFrame) -> sem.Fit:
    """The chain fitted to unit means with their known errors."""
    count = rows["unit"].nunique()
    means = rows.groupby("unit")[list(ITEMS)].mean()
    errors = np.zeros((count, 9, 9))
    for low, high in SOURCES:
        own = rows.dropna(subset=[ITEMS[low]])
        answers, unit = own[list(ITEMS[low:high])].to_numpy(), own["unit"].to_numpy()
        weight = np.ones(len(own))
        errors[:, low:high, low:high] = within_covariance(answers, weight, unit) * error_shares(
            np.ones(answers.shape, dtype=bool), weight, unit
        )
    data = means.reset_index()
    error = sem.ErrorCovariance(ITEMS, errors, data[["unit"]])
    return sem.fit(MODEL, data, estimator="MLR", missing="fiml", error=error)


def two_level(rows: pd.DataFrame) -> sem.Fit:
    """The chain between units, and each source's items within."""
    return sem.fit(WITHIN + MODEL, rows, estimator="MLR", missing="fiml", cluster="unit")


def one_study(number: int, design: Design, seed: int = 2021) -> list[float]:
    """The standardised link with its error by both methods, and seconds; NaN without an answer."""
    rows = respondents(design, np.random.default_rng([seed, number]))
    found: list[float] = []
    for method in (two_level, corrected):
        start = time.process_time()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            fit = method(rows)
            table = fit.standardised()
        row = table[(table["lhs"] == "service") & (table["op"] == "~")].iloc[0]
        pair = [float(row["est_std"]), float(row["se"])]
        good = fit.converged and np.isfinite(pair).all() and abs(pair[0]) < 1
        found += [*(pair if good else [np.nan, np.nan]), time.process_time() - start]
    return found


def lines(design: Design, found: np.ndarray) -> list[str]:
    """Rows of the table: one a method."""
    out = []
    for name, own in (("two levels", found[:, :3]), ("unit means, corrected", found[:, 3:])):
        usable = own[np.isfinite(own[:, 0])]
        estimate, error = usable[:, 0], usable[:, 1]
        limits = np.array([fisher_test(*pair, np.inf)[:2] for pair in usable[:, :2]])
        covered = ((limits[:, 0] < LINK) & (limits[:, 1] > LINK)).mean()
        cells = (
            str(design.units),
            f"{design.fewest}–{design.most}",
            name,
            f"{len(usable) / len(own):.1%}",
            f"{estimate.mean() / LINK - 1:+.1%}",
            f"{estimate.std():.3f}",
            f"{np.median(error):.3f}",
            f"{covered:.1%}",
            f"{np.median(own[:, 2]):.2f}",
        )
        out.append("| " + " | ".join(cells) + " |")
    both = found[np.isfinite(found[:, [0, 3]]).all(axis=1)]
    apart = np.abs(both[:, 0] - both[:, 3])
    agree = np.corrcoef(both[:, 0], both[:, 3])[0, 1]
    out.append(
        f"| {design.units} | | *difference of the two* | | median {np.median(apart):.3f} | "
        f"r = {agree:.3f} | | | |"
    )
    return out


def main() -> None:
    """Simulate and write TWOLEVEL.md."""
    data_sets = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    table = []
    with ProcessPoolExecutor(2) as pool:
        for design in DESIGNS:
            study = partial(one_study, design=design)
            found = np.array(list(pool.map(study, range(data_sets), chunksize=5)))
            table += lines(design, found)
    text = f"""# The link between units by two levels, beside corrected unit means

The true people→service link is .5 (standardised), between two sources with different people in the
same units, whose items have 15 % of their variance between units; `twolevel.py` describes both
methods. {data_sets} data sets a row. *Estimated* is the share with a converged model, standard
errors and a link within ±1, *bias* relative, *coverage* that of the 95 % interval on Fisher's
scale, *seconds* the median processor time of a fit with its standardised links.

| units | respondents a source | method | estimated | bias | SD | median SE | coverage | seconds |
|---|---|---|---|---|---|---|---|---|
"""
    Path(__file__).with_name("TWOLEVEL.md").write_text(
        text + "\n".join(table) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
