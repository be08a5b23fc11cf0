"""Ordered items: speed beside lavaan, and whether intervals of links cover the truth.

Run from anywhere: python benchmarks/ordinal.py [SAMPLES]   (a thousand by default; ten minutes;
writes ORDINAL.md)

Speed is the processor time of one core, medians of several calls on both sides, lavaan's in the
same run; without R it has no number. A full fit is parameters, their covariance matrix, the
adjusted test and that of the baseline model. Of bootstrap samples lavaan draws ten, and their time
counts twenty times. The samples are twelve items of five categories of a
chain whose standardised links are known, answered evenly or most of them high; each is fitted with
ordered items and, as numbers, by maximum likelihood with robust errors.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from workbench import sem  # noqa: E402
from workbench.errors import DataError  # noqa: E402
from workbench.sem.ordinal.statistics import Places, Statistics  # noqa: E402

HERE = Path(__file__).parent
MODEL = """
people =~ p1 + p2 + p3 + p4
service =~ s1 + s2 + s3 + s4
trust =~ t1 + t2 + t3 + t4
service ~ people
trust ~ service + people
"""
CUTS = {"even": (-1.2, -0.4, 0.4, 1.2), "skewed": (-1.8, -1.2, -0.7, 0.2)}
LINKS = {("service", "people"): 0.5, ("trust", "service"): 0.5, ("trust", "people"): 0.2}
LOADINGS = (0.85, 0.75, 0.65, 0.8)
ROWS = (300, 1000)


def chain(n: int, cuts: tuple[float, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Answers 1–5 to the items of the chain."""
    people = rng.standard_normal(n)
    service = 0.5 * people + np.sqrt(0.75) * rng.standard_normal(n)
    rest = 1 - 0.5**2 - 0.2**2 - 2 * 0.5 * 0.2 * 0.5
    trust = 0.5 * service + 0.2 * people + np.sqrt(rest) * rng.standard_normal(n)
    columns = {}
    for prefix, factor in (("p", people), ("s", service), ("t", trust)):
        for number, loading in enumerate(LOADINGS, start=1):
            value = loading * factor + np.sqrt(1 - loading**2) * rng.standard_normal(n)
            columns[f"{prefix}{number}"] = np.digitize(value, cuts) + 1.0
    return pd.DataFrame(columns)


def forty(rng: np.random.Generator) -> pd.DataFrame:
    """Answers 1–5 of 5,000 people to forty items of one factor."""
    value = 0.7 * rng.standard_normal((5000, 1)) + 0.7 * rng.standard_normal((5000, 40))
    answers = np.digitize(value, CUTS["even"]) + 1
    return pd.DataFrame(answers, columns=[f"y{i}" for i in range(1, 41)])


def seconds(call: Callable[[], Any], repeats: int = 5) -> float:
    """Median processor time of a call, after one that is not counted."""
    call()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return median(times)


def correlations(answers: pd.DataFrame, covariance: bool) -> None:
    """Polychoric correlations, and their asymptotic covariance."""
    statistics = Statistics(Places((5,) * answers.shape[1]), answers.to_numpy(float) - 1)
    _ = statistics.gamma if covariance else statistics.correlation


def fitted(answers: pd.DataFrame) -> None:
    """A full fit."""
    fit = sem.fit(MODEL, answers, ordered=True)
    _ = fit.vcov, fit.problem.ordinal.adjusted_baseline
    fit.problem.ordinal.adjusted(fit.theta, fit.chi_square)


TASKS = {
    "polychoric": "polychoric correlations of 40 items, n = 5,000",
    "gamma": "the same with their asymptotic covariance",
    "wlsmv": "WLSMV, chain of 12 items, n = 1,000: errors and tests",
    "bootstrap": "200 bootstrap samples of the same fit",
}


def speed() -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the workbench and of lavaan."""
    rng = np.random.default_rng(1)
    many, few = forty(rng), chain(1000, CUTS["even"], rng)
    own = {
        "polychoric": seconds(lambda: correlations(many, covariance=False)),
        "gamma": seconds(lambda: correlations(many, covariance=True), 3),
        "wlsmv": seconds(lambda: fitted(few), 15),
    }
    fit = sem.fit(MODEL, few, ordered=True)
    own["bootstrap"] = seconds(lambda: fit.bootstrap(200), 3)
    program = shutil.which("Rscript")
    if program is None:
        return own, {}
    with tempfile.TemporaryDirectory() as folder:
        many.to_csv(Path(folder, "many.csv"), index=False)
        few.to_csv(Path(folder, "few.csv"), index=False)
        Path(folder, "model.txt").write_text(MODEL, encoding="utf-8")
        done = subprocess.run(
            [program, str(HERE / "ordinal.R"), folder], capture_output=True, text=True, check=False
        )
    return own, json.loads(done.stdout) if done.returncode == 0 else {}


def coverage(samples: int) -> pd.DataFrame:
    """Bias and coverage of every link, by skew, rows and estimator."""
    rows = []
    for skew, cuts in CUTS.items():
        for n in ROWS:
            for number in range(samples):
                data = chain(n, cuts, np.random.default_rng((7, n, number)))
                for how, options in (("WLSMV", {"ordered": True}), ("MLR", {"estimator": "MLR"})):
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        try:
                            fit = sem.fit(MODEL, data, **options)
                        except DataError:
                            continue
                    if not fit.converged or fit.improper:
                        continue
                    found = fit.standardised()
                    for (lhs, rhs), truth in LINKS.items():
                        own = found[(found["lhs"] == lhs) & (found["op"] == "~")]
                        own = own[own["rhs"] == rhs].iloc[0]
                        covered = own["ci_lower"] <= truth <= own["ci_upper"]
                        error = own["est_std"] - truth
                        rows.append((skew, n, f"{rhs} → {lhs}", how, error, covered))
    columns = ["skew", "n", "link", "estimator", "bias", "covered"]
    return pd.DataFrame(rows, columns=columns)


def report(own: dict[str, float], lavaan: dict[str, float], found: pd.DataFrame) -> str:
    """Both as Markdown."""
    lines = [
        "# Ordered items",
        "",
        "Seconds of processor time, one core each, both sides of a row in one run (`ordinal.py`).",
        "",
        "| task | workbench | lavaan | ratio |",
        "|---|---|---|---|",
    ]
    for task, words in TASKS.items():
        other = lavaan.get(task)
        cells = "– | –" if other is None else f"{other:.3f} | {other / own[task]:.1f}"
        lines.append(f"| {words} | {own[task]:.4f} | {cells} |")
    lines += [
        "",
        "Coverage of 95 % intervals of standardised links, and their mean error, over "
        f"{found.groupby(['skew', 'n', 'link', 'estimator']).size().max():,} samples of five "
        "categories each. Links are 0.5, 0.5 and 0.2. Samples without a proper solution are left "
        "out; the column of samples has the others. From 300 rows intervals are a little short by "
        "both: errors of WLSMV rest on the asymptotic covariance of 66 correlations. Those of "
        "lavaan are the same (on forty of these samples to 1e-6), so that its intervals are short "
        "too; those of a bootstrap are 6 % larger (fifty samples), about as estimates vary.",
        "",
        "| answers | n | link | WLSMV covers | mean error | MLR covers | mean error | samples |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (skew, n, link), part in found.groupby(["skew", "n", "link"], sort=False):
        cells = []
        for how in ("WLSMV", "MLR"):
            one = part[part["estimator"] == how]
            cells += [f"{100 * one['covered'].mean():.1f} %", f"{one['bias'].mean():+.3f}"]
        counts = part.groupby("estimator").size()
        samples = f"{counts.get('WLSMV', 0):,} and {counts.get('MLR', 0):,}"
        lines.append(f"| {skew} | {n:,} | {link} | {' | '.join(cells)} | {samples} |")
    return "\n".join([*lines, ""])


def main() -> None:
    own, lavaan = speed()
    text = report(own, lavaan, coverage(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
    (HERE / "ORDINAL.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
