"""Check that fits in small samples converge to an optimum, or report why they do not.

Run from anywhere: python benchmarks/convergence.py [DATA SETS]   (2,000 by default; writes
CONVERGENCE.md)

Data sets of 40 to 100 rows, a third each with strong, weak and very unequal loadings. Every fit
that says it converged is checked without the engine's own derivatives: the gradient of the
log-likelihood, by complex steps of the discrepancy written out here, in standard errors' units
g' V g. An optimum has none; 1e-4 is a hundredth of a standard error.
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from workbench import sem  # noqa: E402

HERE = Path(__file__).parent
MODEL = """
people =~ p1 + p2 + p3
service =~ s1 + s2 + s3
trust =~ t1 + t2 + t3
service ~ people
trust ~ service + people
"""
LOADINGS = ((0.8, 0.75, 0.7), (0.5, 0.45, 0.4), (0.95, 0.4, 0.3))
NEAR = 1e-4


def data_set(number: int) -> pd.DataFrame:
    """One small sample."""
    rng = np.random.default_rng((20260201, number))
    n = int(rng.integers(40, 101))
    people = rng.standard_normal(n)
    service = 0.4 * people + 0.9 * rng.standard_normal(n)
    trust = 0.2 * people + 0.4 * service + 0.85 * rng.standard_normal(n)
    columns = {}
    for prefix, factor in (("p", people), ("s", service), ("t", trust)):
        for item, loading in enumerate(LOADINGS[number % 3], start=1):
            error = np.sqrt(1 - loading**2) * rng.standard_normal(n)
            columns[f"{prefix}{item}"] = loading * factor + error
    return pd.DataFrame(columns).assign(data_set=number)


def distance(fit: sem.Fit, rows: np.ndarray) -> float:
    """g' V g at the estimates, g the gradient of the log-likelihood by complex steps.

    The imaginary part of l(theta + ih e_j) is h times the derivative, free of cancellation. A and
    S are linear in theta, so that their step is the difference of two calls.
    """
    sample = np.cov(rows, rowvar=False, bias=True)
    n, p = rows.shape
    theta, step = np.asarray(fit.theta, float), 1e-20
    a, s, _ = (matrix[0] for matrix in fit.layout.matrices(theta))
    gradient = []
    for own in np.eye(len(theta)):
        a_next, s_next, _ = (matrix[0] for matrix in fit.layout.matrices(theta + own))
        effects = np.linalg.inv(np.eye(len(a)) - a - 1j * step * (a_next - a))
        implied = (effects @ (s + 1j * step * (s_next - s)) @ effects.T)[:p, :p]
        ratio = np.linalg.solve(implied, sample.astype(complex))
        log_determinant = np.trace(np.linalg.solve(ratio.real, ratio.imag))
        gradient.append(-n / 2 * (np.trace(ratio.imag) - log_determinant) / step)
    return float(np.array(gradient) @ fit.vcov.to_numpy() @ np.array(gradient))


def reason(message: str) -> str:
    """Why a fit did not converge, without its numbers and names."""
    if "grows without limit" in message:
        return "a parameter, named, grows without limit"
    return re.sub("[0-9]+", "…", message)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    data = pd.concat([data_set(number) for number in range(count)], ignore_index=True)
    fits = sem.fit_many(MODEL, data, by="data_set")
    blocks = dict(iter(data.groupby("data_set")))
    outcomes: Counter[str] = Counter()
    worst = 0.0
    for number in range(count):
        if number in fits.errors:
            outcomes[f"refused: {type(fits.errors[number]).__name__}"] += 1
            continue
        fit = fits[number]
        if not fit.converged:
            outcomes[f"reported as not converged: {reason(fit.message)}"] += 1
            continue
        far = distance(fit, blocks[number][list(fit.layout.observed)].to_numpy())
        if not np.isfinite(far):
            outcomes["converged, parameters not identified (no standard errors)"] += 1
            continue
        worst = max(worst, far)
        improper = any(type(w).__name__ == "ImproperSolutionWarning" for w in fit.warnings)
        kind = (
            "with a warning of a negative variance or a correlation above 1"
            if improper
            else "proper"
        )
        outcomes[f"optimum, {kind}" if far < NEAR else "SUCCESS SHORT OF AN OPTIMUM"] += 1
    lines = [
        "# Convergence in small samples",
        "",
        f"{count:,} data sets of 40 to 100 rows, nine items (`convergence.py`). Among the fits "
        f"that converged, the largest distance from the optimum is {np.sqrt(worst):.1e} standard "
        "errors.",
        "",
        "| outcome | data sets |",
        "|---|---|",
        *(f"| {what} | {number:,} |" for what, number in sorted(outcomes.items())),
        "",
    ]
    text = "\n".join(lines)
    (HERE / "CONVERGENCE.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
