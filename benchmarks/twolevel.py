"""The people→service link between units by a model of two levels, beside other methods.

The population is that of ``linkage.py``: people→service is .5 and service→trust .6 between units.
In the linked chain employees answer people items, other people the service and trust items. The
two-level model takes the rows of both sources together: items of the other source are missing by
design, and the parts within units of the two sources do not covary. The same respondents' unit
means are fitted with their known errors, by the method of the linkage, and by plain maximum
likelihood, as if they had none. In the chain of one source the same people answer all items, and
people→service is .2 and service→trust .6 within units; beside two levels there are maximum
likelihood on all rows, which ignores units, and on unit means.

Run in the folder of the project: python -m benchmarks.twolevel [DATA SETS]   (500 by default, two
processes; some ten minutes; writes TWOLEVEL.md)
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.linkage import ITEMS, LINK, MODEL, OWN, SECOND_LINK, SOURCES, Design
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
WITHIN_ONE = """
level: 1
people_w =~ people_1 + people_2 + people_3
service_w =~ service_1 + service_2 + service_3
trust_w =~ trust_1 + trust_2 + trust_3
service_w ~ people_w
trust_w ~ service_w
level: 2
"""
LINK_WITHIN = 0.2
DESIGNS = (Design(50, 10, 30, 0.15), Design(100, 10, 30, 0.15), Design(200, 10, 30, 0.15))


def respondents(
    design: Design, generator: np.random.Generator, sources: Sequence[tuple[int, int]] = SOURCES
) -> pd.DataFrame:
    """Rows of all sources, with the items of the other sources missing."""
    count = design.units
    between = np.repeat(_chain(generator, count, LINK), 3, axis=1)
    between += np.sqrt(OWN) * generator.standard_normal(between.shape)
    within = (1 + OWN) * (1 - design.icc) / design.icc
    parts = []
    for low, high in sources:
        unit = np.repeat(
            np.arange(count), generator.integers(design.fewest, design.most + 1, count)
        )
        common = _chain(generator, len(unit), LINK_WITHIN)[:, low // 3 : high // 3]
        own = generator.standard_normal((len(unit), high - low))
        spread = np.sqrt(0.6 * within) * np.repeat(common, 3, axis=1) + np.sqrt(0.4 * within) * own
        part = pd.DataFrame(between[unit, low:high] + spread, columns=list(ITEMS[low:high]))
        parts.append(part.assign(unit=unit))
    return pd.concat(parts, ignore_index=True)


def _chain(generator: np.random.Generator, count: int, link: float) -> np.ndarray:
    """People, service and trust (count, 3), of variance 1."""
    people, *rest = generator.standard_normal((3, count))
    service = link * people + np.sqrt(1 - link**2) * rest[0]
    trust = SECOND_LINK * service + np.sqrt(1 - SECOND_LINK**2) * rest[1]
    return np.stack([people, service, trust], axis=1)


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


def two_levels(rows: pd.DataFrame) -> sem.Fit:
    """The chain between units, and each source's items within."""
    return sem.fit(WITHIN + MODEL, rows, estimator="MLR", missing="fiml", cluster="unit")


def two_levels_of_one(rows: pd.DataFrame) -> sem.Fit:
    """The chain between units, and that within."""
    return sem.fit(WITHIN_ONE + MODEL, rows, estimator="MLR", cluster="unit")


def unit_means(rows: pd.DataFrame) -> sem.Fit:
    """The chain fitted to unit means as if they had no errors."""
    return sem.fit(MODEL, rows.groupby("unit")[list(ITEMS)].mean())


def all_rows(rows: pd.DataFrame) -> sem.Fit:
    """The chain fitted to rows as if they were in no units."""
    return sem.fit(MODEL, rows)


METHODS = {
    "two sources": {
        "two levels": two_levels,
        "unit means, corrected": corrected,
        "ML on unit means": unit_means,
    },
    "one source": {
        "two levels": two_levels_of_one,
        "ML on unit means": unit_means,
        "ML on rows": all_rows,
    },
}


def one_study(number: int, design: Design, chain: str, seed: int = 2021) -> np.ndarray:
    """Standardised link, its error and interval, and seconds by each method (methods, 5); NaN
    without an answer."""
    sources = SOURCES if chain == "two sources" else ((0, 9),)
    rows = respondents(design, np.random.default_rng([seed, number]), sources)
    found = []
    for method in METHODS[chain].values():
        start = time.process_time()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            fit = method(rows)
            table = fit.standardised()
        row = table[(table["lhs"] == "service") & (table["op"] == "~")]
        own = row[["est_std", "se", "ci_lower", "ci_upper"]].iloc[-1].tolist()
        good = fit.converged and np.isfinite(own).all() and abs(own[0]) < 1
        found.append([*(own if good else [np.nan] * 4), time.process_time() - start])
    return np.array(found)


def lines(design: Design, chain: str, found: np.ndarray) -> list[str]:
    """Rows of the table: one a method."""
    out = []
    for name, own in zip(METHODS[chain], np.moveaxis(found, 1, 0), strict=True):
        usable = own[np.isfinite(own[:, 0])]
        estimate, error, lower, upper = usable[:, :4].T
        freedom = np.inf if name == "ML on rows" else design.units - 1
        limits = np.array([fisher_test(*pair, freedom)[:2] for pair in usable[:, :2]])
        covered = ((limits[:, 0] < LINK) & (limits[:, 1] > LINK)).mean()
        cells = (
            chain,
            str(design.units),
            name,
            f"{len(usable) / len(own):.1%}",
            f"{estimate.mean():.3f}",
            f"{estimate.std():.3f}",
            f"{np.median(error):.3f}",
            f"{covered:.1%}",
            f"{((lower < LINK) & (upper > LINK)).mean():.1%}",
            f"{np.median(own[:, 4]):.2f}",
        )
        out.append("| " + " | ".join(cells) + " |")
    return out


def agreement(design: Design, found: np.ndarray) -> str:
    """How far the two methods for two sources are from each other, in a sentence."""
    both = found[np.isfinite(found[:, :2, 0]).all(axis=1), :2, 0]
    apart = np.median(np.abs(both[:, 0] - both[:, 1]))
    return (
        f"With {design.units} units the links by two levels and by corrected means differ by "
        f"{apart:.3f} in the median and correlate {np.corrcoef(both.T)[0, 1]:.3f}."
    )


def main() -> None:
    """Simulate and write TWOLEVEL.md."""
    data_sets = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    table, sentences = [], []
    with ProcessPoolExecutor(2) as pool:
        for chain in METHODS:
            for design in DESIGNS:
                study = partial(one_study, design=design, chain=chain)
                found = np.array(list(pool.map(study, range(data_sets), chunksize=5)))
                table += lines(design, chain, found)
                if chain == "two sources":
                    sentences.append(agreement(design, found))
    rows, own = "\n".join(table), " ".join(sentences)
    uncertain = 1.96 * np.sqrt(0.95 * 0.05 / data_sets)
    text = f"""# The link between units by two levels, beside other methods

The true people→service link between units is .5 (standardised); items have 15 % of their variance
between units, units 10 to 30 respondents a source; `twolevel.py` describes population and methods.
{data_sets} data sets a row. *Estimated* is the share with a converged model, standard errors and
a link within ±1; *coverage* that of the 95 % interval from t with units − 1 degrees of freedom on
Fisher's scale, as reports have it (z for ML on rows); *plain* that of `fit.standardised()`, the
estimate ± 1.96 errors; where they are 95 %, both are known to ±{uncertain:.1%}. *Seconds* is the
median processor time of a fit with its standardised links.

| chain | units | method | estimated | mean | SD | median SE | coverage | plain | seconds |
|---|---|---|---|---|---|---|---|---|---|
{rows}

{own}
"""
    Path(__file__).with_name("TWOLEVEL.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
