"""How far the corrected people→service link carries: bias and coverage in simulated studies.

In every simulated study people→service is .5 and service→trust .6 between units (standardised).
Employees answer three people items, other people, the clients, three service and three trust items.
An item's variance between units is 1.05 (1 of the latent variable, .05 of its own) and ICC(1) says
how much lies within; of that, 60 % is common to the items of a construct, and the clients' two
constructs correlate .6 within units. So the unit means' errors are correlated within a source, as
they are in surveys.

Run from anywhere: python benchmarks/linkage.py [DATA SETS]   (500 by default, two processes; some
ten minutes; writes LINKAGE.md)
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import sem
from workbench.chain.effects import fisher_test
from workbench.linkage.sampling_error import error_shares, within_covariance

ITEMS = tuple(f"{construct}_{i}" for construct in ("people", "service", "trust") for i in (1, 2, 3))
MODEL = """
people =~ people_1 + people_2 + people_3
service =~ service_1 + service_2 + service_3
trust =~ trust_1 + trust_2 + trust_3
service ~ people
trust ~ service
"""
LINK, SECOND_LINK = 0.5, 0.6
OWN = 0.05
SOURCES = ((0, 3), (3, 9))


@dataclass(frozen=True)
class Design:
    """Units, respondents per unit and source (fewest, most), ICC(1) of an item."""

    units: int
    fewest: int
    most: int
    icc: float


DESIGNS = (
    Design(60, 10, 10, 0.1),
    Design(200, 10, 10, 0.1),
    Design(60, 30, 30, 0.1),
    Design(200, 30, 30, 0.1),
    Design(120, 10, 30, 0.1),
    Design(60, 10, 10, 0.2),
    Design(200, 10, 10, 0.2),
    Design(60, 30, 30, 0.2),
    Design(200, 30, 30, 0.2),
    Design(40, 5, 5, 0.05),
)


def unit_means(design: Design, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the respondents; return unit means (U, 9) and their error matrices (U, 9, 9)."""
    count = design.units
    people, *rest = generator.standard_normal((3, count))
    service = LINK * people + np.sqrt(1 - LINK**2) * rest[0]
    trust = SECOND_LINK * service + np.sqrt(1 - SECOND_LINK**2) * rest[1]
    between = np.repeat(np.stack([people, service, trust], axis=1), 3, axis=1)
    between += np.sqrt(OWN) * generator.standard_normal(between.shape)
    within = (1 + OWN) * (1 - design.icc) / design.icc
    means, errors = np.empty((count, 9)), np.zeros((count, 9, 9))
    for low, high in SOURCES:
        unit = np.repeat(
            np.arange(count), generator.integers(design.fewest, design.most + 1, count)
        )
        common = generator.standard_normal((len(unit), (high - low) // 3))
        if common.shape[1] == 2:
            common[:, 1] = 0.6 * common[:, 0] + 0.8 * common[:, 1]
        own = generator.standard_normal((len(unit), high - low))
        spread = np.sqrt(0.6 * within) * np.repeat(common, 3, axis=1) + np.sqrt(0.4 * within) * own
        answers = between[unit, low:high] + spread
        weight = np.ones(len(unit))
        sizes = np.bincount(unit)
        means[:, low:high] = np.stack([np.bincount(unit, x) for x in answers.T], 1) / sizes[:, None]
        errors[:, low:high, low:high] = within_covariance(answers, weight, unit) * error_shares(
            np.ones(answers.shape, dtype=bool), weight, unit
        )
    return means, errors


def one_study(number: int, design: Design, seed: int = 1997) -> tuple[float, ...]:
    """Corrected link with its error and plain interval, its slope, and the uncorrected link.

    NaN where the corrected model did not converge or has no standard error.
    """
    means, errors = unit_means(design, np.random.default_rng([seed, number]))
    data = pd.DataFrame(means, columns=list(ITEMS)).assign(unit=np.arange(len(means)))
    error = sem.ErrorCovariance(ITEMS, errors, data[["unit"]])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        plain = sem.fit(MODEL, data, estimator="MLR", missing="fiml")
        known = sem.fit(MODEL, data, estimator="MLR", missing="fiml", error=error)
        found = known.standardised("std_all")
    row = found[(found["lhs"] == "service") & (found["op"] == "~")].iloc[0]
    raw = known.estimates.query("lhs == 'service' and op == '~'")["est"].iloc[0]
    before = plain.estimates.query("lhs == 'service' and op == '~'")["std_all"].iloc[0]
    corrected = row[["est_std", "se", "ci_lower", "ci_upper"]].tolist()
    if not (known.converged and np.isfinite(corrected).all()):
        corrected, raw = [np.nan] * 4, np.nan
    return (*corrected, raw, before)


def simulate(design: Design, data_sets: int, pool: ProcessPoolExecutor) -> np.ndarray:
    """(data sets, 6), see ``one_study``."""
    study = partial(one_study, design=design)
    return np.array(list(pool.map(study, range(data_sets), chunksize=10)))


def line(design: Design, found: np.ndarray) -> str:
    """One row of the table."""
    usable = found[np.isfinite(found[:, 0])]
    estimate, error, lower, upper, raw = usable[:, :5].T
    bias, uncertainty = estimate.mean() / LINK - 1, estimate.std() / LINK / np.sqrt(len(usable))
    plainly = ((lower < LINK) & (upper > LINK)).mean()
    limits = np.array(
        [fisher_test(*pair, np.inf)[:2] for pair in zip(estimate, error, strict=True)]
    )
    covered = ((limits[:, 0] < LINK) & (limits[:, 1] > LINK)).mean()
    plain = found[:, 5].mean() / LINK - 1
    fewest, most = design.fewest, design.most
    cells = (
        str(design.units),
        str(fewest) if fewest == most else f"{fewest}–{most}",
        f"{design.icc:.2f}",
        f"{len(found)}",
        f"{len(usable) / len(found):.1%}",
        f"{bias:+.1%} ± {1.96 * uncertainty:.1%}",
        f"{np.median(estimate) / LINK - 1:+.1%}",
        f"{estimate.std():.3f}",
        f"{np.median(error):.3f}",
        f"{covered:.1%}",
        f"{plainly:.1%}",
        f"{np.median(raw) / LINK - 1:+.1%}",
        f"{plain:+.1%}",
    )
    return f"| {' | '.join(cells)} |"


COLUMNS = (
    "units", "respondents", "ICC(1)", "data sets", "estimated", "bias of the link",
    "bias of its median", "SD", "median SE", "coverage", "plain interval's coverage",
    "slope: bias of median", "uncorrected link: bias",
)  # fmt: skip

TEXT = """\
# The people→service link between units, corrected for the sampling error of unit means

The true link is .5 (standardised), between two sources with different people; `linkage.py`
describes the population. *Respondents* is the number per source and unit. *Bias* is relative, with
its 95 % simulation error. *Coverage* is that of the workbench's 95 % interval (on Fisher's scale,
from Huber–White standard errors); the plain interval is ± 1.96 standard errors. *Estimated* is the
share of data sets in which the corrected model converged with standard errors. The last row shows
too few data: most of these studies cannot be estimated, and the others give uncertain links.
"""


def main() -> None:
    """Write LINKAGE.md."""
    data_sets = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    with ProcessPoolExecutor(2) as pool:
        for design in DESIGNS:
            lines.append(line(design, simulate(design, data_sets, pool)))
            print(lines[-1], flush=True)
    table = "\n".join(lines)
    Path(__file__).with_name("LINKAGE.md").write_text(f"{TEXT}\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
