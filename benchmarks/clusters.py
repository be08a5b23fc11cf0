"""How often 95 % intervals of a link hold the true value where respondents come from few units.

Run from anywhere: python benchmarks/clusters.py [DATA SETS]   (1,000 by default; some five minutes
on two cores; writes CLUSTERS.md)

Two constructs of three items each, every latent part with an intraclass correlation of .05 or .20
between units; 40 respondents a unit, or 10, 20, …, 100 and again, which is uneven. The true link
is .5.
"""

import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from workbench import sem  # noqa: E402
from workbench.chain.effects import freedom, t_test  # noqa: E402

HERE = Path(__file__).parent
MODEL = "people =~ p1 + p2 + p3\nservice =~ s1 + s2 + s3\nservice ~ people"
LINK = 0.5
UNITS = (2, 3, 5, 8, 13, 30)
HEAD = """# Coverage of intervals of links with few units

The true link is .5; `clusters.py` describes the population. *Coverage* is that of the workbench's
95 % interval: cluster-robust standard errors and a t distribution with one degree of freedom less
than the effective number of units (from Σ n²). *Normal* is the coverage with 1.96 in place of t.

| units | respondents | ICC | data sets | degrees of freedom | coverage | normal |
| --- | --- | --- | --- | --- | --- | --- |
"""


def one_study(seed: int, units: int, uneven: bool, icc: float) -> tuple[bool, bool, float]:
    """Whether the interval and the normal one hold the link, and the degrees of freedom."""
    rng = np.random.default_rng([seed, units, uneven, round(100 * icc)])
    sizes = 10 * (1 + np.arange(units) % 10) if uneven else np.full(units, 40)
    unit = np.repeat(np.arange(units), sizes)

    def latent() -> np.ndarray:
        between = np.sqrt(icc) * rng.standard_normal(units)[unit]
        return np.asarray(between + np.sqrt(1 - icc) * rng.standard_normal(len(unit)))

    people = latent()
    service = LINK * people + np.sqrt(1 - LINK**2) * latent()
    data = pd.DataFrame(
        {f"p{i}": people + 0.7 * rng.standard_normal(len(unit)) for i in (1, 2, 3)}
        | {f"s{i}": service + 0.7 * rng.standard_normal(len(unit)) for i in (1, 2, 3)}
        | {"unit": unit}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # more parameters than units
        fit = sem.fit(MODEL, data, estimator="MLR", cluster="unit")
    link, error = fit.estimates.query("op == '~'").iloc[0][["est", "se"]]
    df = freedom(fit)
    held = [
        lower < LINK < upper for lower, upper, _ in (t_test(link, error, d) for d in (df, np.inf))
    ]
    return held[0], held[1], df


def main(data_sets: int = 1000) -> None:
    lines = []
    with ProcessPoolExecutor() as pool:
        for uneven, icc, units in product((False, True), (0.05, 0.20), UNITS):
            study = partial(one_study, units=units, uneven=uneven, icc=icc)
            found = np.array(list(pool.map(study, range(data_sets), chunksize=20)))
            held, normal, df = found.mean(axis=0)
            people = "10–100" if uneven else "40"
            lines.append(
                f"| {units} | {people} | {icc:.2f} | {data_sets} | {df:.1f} | {held:.1%} "
                f"| {normal:.1%} |"
            )
            print(lines[-1], flush=True)
    (HERE / "CLUSTERS.md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
