"""Seconds for a fit, FIML, a bootstrap and a thousand groups, beside lavaan and semopy.

Run from anywhere: python benchmarks/engine_speed.py   (half an hour, most of it lavaan's; writes
ENGINE_SPEED.md and .json)

Everything runs on one core, one after the other, in this one run. A full fit is what lavaan's
``sem()`` computes: parameters, their covariance matrix, the test and the baseline's test. The row
of tables adds what is printed: every estimate with its standardised values, and all fit measures
(lavaan's ``parameterEstimates()`` and ``fitMeasures()``). semopy has errors and tests in tables
only, so that both rows have its one time. Times are medians of the processor time of the process,
which is the time taken on a machine with nothing else to do; lavaan's ``sem(se = "bootstrap")`` is
measured with 100 replicates and scaled to 1,000. Its fit of a large model is stopped after
``LIMIT`` seconds. A peer that is not installed has no number.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

# One core each; NumPy reads this when it is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from workbench import sem  # noqa: E402
from workbench.sem.inference import assessment  # noqa: E402

HERE = Path(__file__).parent
MODEL = """
people =~ p1 + p2 + p3 + p4
service =~ s1 + s2 + s3 + s4
trust =~ t1 + t2 + t3 + t4
service ~ a*people
trust ~ b*service + c*people
indirect := a*b
"""
TWO_LEVEL_MODEL = f"""
level: 1
{MODEL.replace("people", "people_w").replace("service", "service_w").replace("trust", "trust_w")}
level: 2
people =~ p1 + p2 + p3 + p4
service =~ s1 + s2 + s3 + s4
trust =~ t1 + t2 + t3 + t4
service ~ people
trust ~ service + people
"""
SEMOPY_MODEL = "\n".join(line for line in MODEL.splitlines() if ":=" not in line)
for label in "abc":
    SEMOPY_MODEL = SEMOPY_MODEL.replace(f"{label}*", "")
REPEATS = 5
LIMIT = 600


def chain(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Answers 1–5 to twelve items of the people–service–trust chain."""
    people = rng.standard_normal(n)
    service = 0.4 * people + 0.9 * rng.standard_normal(n)
    trust = 0.2 * people + 0.5 * service + 0.8 * rng.standard_normal(n)
    columns = {}
    for prefix, factor in (("p", people), ("s", service), ("t", trust)):
        for number, loading in enumerate((0.8, 0.75, 0.7, 0.65), start=1):
            value = 3 + loading * factor + 0.7 * rng.standard_normal(n)
            columns[f"{prefix}{number}"] = value.round().clip(1, 5)
    return pd.DataFrame(columns)


def units(count: int, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Answers to the items of people in units, which have a chain of their own."""
    between = chain(count, rng) - 3
    unit = np.repeat(np.arange(count), rows)
    answers = chain(len(unit), rng)
    return (answers + 0.5 * between.to_numpy()[unit]).assign(unit=unit)


@dataclass(frozen=True)
class Large:
    """A confirmatory factor model of many items, and the answers to them."""

    words: str
    factors: int
    items: int
    rows: int
    unanswered: float

    @property
    def model(self) -> str:
        """Every factor with its items."""
        numbers = range(1, self.items + 1)
        return "\n".join(
            f"f{factor} =~ " + " + ".join(f"f{factor}_{item}" for item in numbers)
            for factor in range(1, self.factors + 1)
        )

    def answers(self) -> pd.DataFrame:
        """Answers 1–5; factors correlate by 0.5, an item with its factor by 0.6 to 0.8."""
        rng = np.random.default_rng(self.rows)
        common = rng.standard_normal((self.rows, 1))
        factors = np.sqrt(0.5) * (common + rng.standard_normal((self.rows, self.factors)))
        columns = {}
        for factor in range(self.factors):
            for item, loading in enumerate(np.linspace(0.8, 0.6, self.items), start=1):
                own = np.sqrt(1 - loading**2) * rng.standard_normal(self.rows)
                value = 3 + loading * factors[:, factor] + own
                columns[f"f{factor + 1}_{item}"] = value.round().clip(1, 5)
        frame = pd.DataFrame(columns)
        return frame.mask(rng.random(frame.shape) < self.unanswered)

    def fit(self, answers: pd.DataFrame) -> sem.Fit:
        """The fit with its tests: robust and casewise where answers are missing."""
        if not self.unanswered:
            return tested(sem.fit(self.model, answers))
        fit = sem.fit(self.model, answers, estimator="MLR", missing="fiml")
        return tabulated(fit)


LARGE = {
    "cfa40": Large("CFA, 40 items, 5 factors, n = 5,000, complete", 5, 8, 5000, 0.0),
    "fiml40": Large(
        "FIML with MLR, CFA of 40 items, 5 factors, n = 1,000, 30 % missing", 5, 8, 1000, 0.3
    ),
    "fiml55": Large(
        "FIML with MLR, CFA of 55 items, 11 factors, n = 1,861, 5 % missing", 11, 5, 1861, 0.05
    ),
}


def tested(fit: sem.Fit) -> sem.Fit:
    """Ask for the tests; the covariance matrix of the estimates is made with the fit."""
    _ = assessment.chi_square(fit.problem, fit.fmin), assessment.baseline(fit.problem)
    return fit


def tabulated(fit: sem.Fit) -> sem.Fit:
    """Ask for every table of numbers."""
    _ = fit.estimates, fit.measures
    return fit


def seconds(call: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Median processor time of a call, after one that is not counted."""
    call()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return median(times)


def semopy_fit(data: pd.DataFrame) -> None:
    """The same fit by semopy, told to converge."""
    import semopy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = semopy.Model(SEMOPY_MODEL)
        model.fit(data, options={"ftol": 1e-12, "maxiter": 10000})
        model.inspect()
        semopy.calc_stats(model)


def lavaan_times(
    complete: pd.DataFrame,
    missing: pd.DataFrame,
    nested: pd.DataFrame,
    incomplete: pd.DataFrame,
    large: Mapping[str, pd.DataFrame],
) -> dict[str, Any]:
    """lavaan's times; nothing without R."""
    program = shutil.which("Rscript")
    if program is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        complete.to_csv(Path(folder, "complete.csv"), index=False)
        missing.to_csv(Path(folder, "missing.csv"), index=False)
        nested.to_csv(Path(folder, "nested.csv"), index=False)
        incomplete.to_csv(Path(folder, "nested_missing.csv"), index=False)
        Path(folder, "model.txt").write_text(MODEL, encoding="utf-8")
        Path(folder, "nested.txt").write_text(TWO_LEVEL_MODEL, encoding="utf-8")
        for name, answers in large.items():
            answers.to_csv(Path(folder, f"{name}.csv"), index=False)
            Path(folder, f"{name}.txt").write_text(LARGE[name].model, encoding="utf-8")
        done = subprocess.run(
            [program, str(HERE / "engine_speed.R"), folder, str(REPEATS), str(LIMIT)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    return json.loads(done.stdout) if done.returncode == 0 else {}


def measure() -> dict[str, Any]:
    """All times in seconds, by task and program; and how they grow."""
    rng = np.random.default_rng(1)
    complete = chain(1000, rng)
    missing = complete.mask(rng.random(complete.shape) < 0.1)
    groups = chain(200_000, rng).assign(organisation=np.repeat(np.arange(1000), 200))
    large = {name: one.answers() for name, one in LARGE.items()}
    nested = units(200, 25, rng)
    answers = nested.drop(columns="unit")
    incomplete = answers.mask(rng.random(answers.shape) < 0.1).assign(unit=nested["unit"])
    robust = {"cluster": "unit", "estimator": "MLR"}
    two_levels = sem.fit(TWO_LEVEL_MODEL, nested, **robust)
    fitted = sem.fit(MODEL, complete)
    known = {n: groups.iloc[:n, :12].cov(ddof=0) for n in (1000, 10_000, 100_000)}
    own = {
        "single": seconds(lambda: tested(sem.fit(MODEL, complete)), 25),
        "tables": seconds(lambda: tabulated(sem.fit(MODEL, complete)), 25),
        "fiml": seconds(
            lambda: tabulated(sem.fit(MODEL, missing, estimator="MLR", missing="fiml"))
        ),
        "bootstrap": seconds(lambda: fitted.bootstrap(1000, seed=1)),
        "groups": seconds(lambda: sem.fit_many(MODEL, groups, by="organisation").estimates, 3),
        "nested": seconds(lambda: tabulated(sem.fit(TWO_LEVEL_MODEL, nested, **robust))),
        "nested missing": seconds(
            lambda: tabulated(sem.fit(TWO_LEVEL_MODEL, incomplete, missing="fiml", **robust)), 3
        ),
        "nested bootstrap": seconds(lambda: two_levels.bootstrap(1000, seed=1), 3),
    }
    own |= {
        name: seconds(lambda name=name, rows=rows: LARGE[name].fit(rows), 3)
        for name, rows in large.items()
    }
    growth = {
        "bootstrap replicates": {
            count: seconds(lambda count=count: fitted.bootstrap(count, seed=1), 3)
            for count in (250, 500, 1000, 2000)
        },
        "groups of 200 rows": {
            count: seconds(
                lambda count=count: (
                    sem.fit_many(
                        MODEL, groups[groups["organisation"] < count], by="organisation"
                    ).estimates
                ),
                3,
            )
            for count in (125, 250, 500, 1000)
        },
        "rows, moments known": {
            rows: seconds(
                lambda rows=rows, cov=cov: tested(sem.fit_moments(MODEL, rows, cov)),
                9,
            )
            for rows, cov in known.items()
        },
    }
    try:
        taken = seconds(lambda: semopy_fit(complete), 9)
        semopy = {"single": taken, "tables": taken}
    except ImportError:
        semopy = {}
    return {
        "workbench": own,
        "semopy": semopy,
        "lavaan": lavaan_times(complete, missing, nested, incomplete, large),
        "growth": growth,
    }


def machine() -> str:
    """Cores, memory and how busy they were."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    shared = f", shared with other work (load {busy:.1f})" if busy > 1.5 else ""
    return f" on a machine with {cores} cores and {memory:.0f} GB{shared}"


TASKS = {
    "single": "full fit, 12 items, n = 1,000: standard errors and tests",
    "tables": "the same with tables of estimates and all measures",
    "fiml": "FIML with MLR, 10 % missing, n = 1,000",
    "bootstrap": "1,000 bootstrap replicates, n = 1,000",
    **{name: one.words for name, one in LARGE.items()},
    "groups": "1,000 groups of 200 rows",
    "nested": "two levels with MLR, 200 units of 25 rows, 12 items, tables",
    "nested missing": "the same with FIML, 10 % missing",
    "nested bootstrap": "1,000 resamples of these units, complete; lavaan's by three refits",
}


def compared(own: float, peer: Mapping[str, Any], task: str) -> list[str]:
    """A peer's time and its ratio to the own; a fit that was stopped took longer than the limit."""
    if task not in peer:
        return ["–", "–"]
    if peer[task] is None:
        return [f"> {LIMIT}", f"> {LIMIT / own:.0f}"]
    return [f"{peer[task]:.3f}", f"{peer[task] / own:.1f}"]


def report(found: dict[str, Any]) -> str:
    """The times as Markdown."""
    lines = [
        "# Speed of the engine",
        "",
        "Median seconds of processor time, one core each, measured in one run (`engine_speed.py`)"
        f"{machine()}.",
        "",
        "| task | workbench | lavaan | ratio | semopy | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for task, words in TASKS.items():
        own = found["workbench"][task]
        cells = [f"{own:.4f}"]
        for peer in ("lavaan", "semopy"):
            cells += compared(own, found[peer], task)
        lines.append(f"| {words} | {' | '.join(cells)} |")
    lines += [
        "",
        "A full fit computes what lavaan's `sem()` computes: parameters, their covariance matrix, "
        "the model test and the test of the baseline model. Tables are `estimates` and `measures`, "
        "compared with lavaan's `parameterEstimates(standardized = TRUE)` and `fitMeasures()`. "
        "semopy gives standard errors and tests only in its tables, so both rows show the same "
        "time.",
        "",
    ]
    if not found["lavaan"]:
        lines += ["lavaan was not measured: R or lavaan is not installed here.", ""]
    if not found["semopy"]:
        lines += ["semopy was not measured: it is not installed here.", ""]
    for what, times in found["growth"].items():
        lines += [f"| {what} | seconds |", "|---|---|"]
        lines += [f"| {count:,} | {value:.4f} |" for count, value in times.items()]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    found = measure()
    (HERE / "ENGINE_SPEED.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    text = report(found)
    (HERE / "ENGINE_SPEED.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
