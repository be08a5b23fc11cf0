"""Stated power beside the share of simulated studies whose pages show the link.

Run from anywhere: python benchmarks/power.py [STUDIES]   (100 of every kind by default; some three
minutes; writes POWER.md)

Every study is drawn from people's answers and analysed from its files, as a batch does: employees
answer three questions on people, other clients three on service, in units of organisations of
unlike size. People → service is N(.4, tau²) between organisations; a quarter of a true score's
variance lies between units, and a tenth of what is single questions' own. What `study_power` states
is read from each of some of these studies, as their owner would read it.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.chain import ChainStudy, open_study
from workbench.chain.power import design, link_power
from workbench.reports.overall import overall_links

SIZE = 0.4
ICC = 0.25
LOADINGS = np.array([1.0, 0.9, 1.1])
STATED = 5  # studies whose statement is read
CHAIN = (
    'title = "Two"\ncitation = "None"\n'
    '[constructs.people]\nlabel = "People"\nmeaning = "People"\n'
    '[constructs.service]\nlabel = "Service"\nmeaning = "Service"\n'
    '[[links]]\nfrom = "people"\nto = "service"\nexpected = "+"\n'
)
STUDY = (
    'title = "Power"\nsimulated = true\nchain = "two"\nminimum_count = 1\n'
    '[columns]\norganisation = "organisation"\nunit = "unit"\n'
    '[sources.employees]\nfile = "employees.csv"\nrows = "respondents"\n'
    '[sources.clients]\nfile = "clients.csv"\nrows = "respondents"\n'
)


@dataclass(frozen=True)
class Case:
    """Units, organisations, and the standard deviation of the link between them."""

    units: int
    organisations: int
    tau: float


CASES = [Case(60, 6, 0.0), Case(120, 8, 0.1), Case(240, 12, 0.1)]


def write(folder: Path, case: Case, random: np.random.Generator) -> ChainStudy:
    """Write a study of people who answer, and open it."""
    share = np.linspace(1, 2, case.organisations)
    organisation = np.searchsorted(
        np.cumsum(share / share.sum()), (np.arange(case.units) + 0.5) / case.units
    )
    link = SIZE + case.tau * random.standard_normal(case.organisations)
    true = random.standard_normal((case.units, 2))
    rest = np.sqrt(1 - SIZE**2 - case.tau**2)
    true[:, 1] = link[organisation] * true[:, 0] + rest * true[:, 1]
    true += random.standard_normal((case.organisations, 2))[organisation]
    (folder / "chains").mkdir()
    (folder / "chains" / "two.toml").write_text(CHAIN)
    (folder / "study.toml").write_text(STUDY)
    lines = ["item,source,construct,wording,low,high,reversed,missing"]
    for column, (source, construct, letter) in enumerate(
        (("employees", "people", "p"), ("clients", "service", "s"))
    ):
        unit = np.repeat(np.arange(case.units), random.integers(8, 25, case.units))
        person = np.sqrt((1 - ICC) / ICC) * random.standard_normal(len(unit))
        score = true[unit, column] + person
        own = np.sqrt(0.1) * random.standard_normal((case.units, 3))[unit]
        noise = np.sqrt(0.9) * random.standard_normal((len(unit), 3))
        answers = np.rint(50 + 7 * (LOADINGS * score[:, None] + own + 1.5 * noise)).clip(0, 100)
        names = [f"{letter}{number}" for number in (1, 2, 3)]
        keys = {"organisation": organisation[unit], "unit": unit}
        frame = pd.DataFrame(keys | dict(zip(names, answers.T.astype(int), strict=True)))
        frame.assign(
            organisation="o" + frame["organisation"].astype(str),
            unit="u" + frame["unit"].astype(str),
        ).to_csv(folder / f"{source}.csv", index=False)
        lines += [f"{name},{source},{construct},{name}?,0,100,no," for name in names]
    (folder / "codebook.csv").write_text("\n".join(lines) + "\n")
    return open_study(folder)


def found(case: Case, number: int) -> tuple[bool, bool, float]:
    """Whether pages show a link, whether it is found, and the power stated (NaN if not asked)."""
    random = np.random.default_rng([number, case.units, case.organisations, round(100 * case.tau)])
    with tempfile.TemporaryDirectory() as folder:
        study = write(Path(folder), case, random)
        organisations = list(study.organisations["organisation"])
        links = overall_links(study.chain_data(), organisations).links
        stated = np.nan
        if number < STATED:
            stated = link_power(design(study, "people", "service"), SIZE, case.units)
    if links.empty:
        return False, False, stated
    row = links.iloc[0]
    return True, bool(row["lower"] > 0 or row["upper"] < 0), stated


def main(studies: int = 100) -> None:
    """Write POWER.md."""
    began = time.process_time()
    lines = []
    for case in CASES:
        rows = [found(case, number) for number in range(studies)]
        shown, seen, stated = map(np.array, zip(*rows, strict=True))
        stated = stated[~np.isnan(stated)]
        share = seen.mean()
        error = np.sqrt(share * (1 - share) / studies)
        lines.append(
            f"| {case.units} | {case.organisations} | {case.tau:.1f} | {shown.mean():.2f} "
            f"| {share:.2f} ± {1.96 * error:.2f} | {stated.mean():.2f} "
            f"| {stated.min():.2f} to {stated.max():.2f} |"
        )
        print(lines[-1], flush=True)
    text = [
        "# Estimated power and the share of studies that detect the link",
        "",
        f"A link of {SIZE} between units within organisations, {studies} simulated studies of each",
        "kind. Each study consists of people's answers and is analysed from its files as in a",
        "batch (`python benchmarks/power.py`). Shown: the share of studies whose pages show the",
        "link. Found: the share whose pages show it with a 95 % interval that excludes 0. Stated:",
        f"the power that `study_power` reports for each of {STATED} of the studies, from the",
        "study's own estimates of measurement error and of the variation between organisations.",
        "",
        "| units | organisations | tau | shown | found | stated, mean | stated, range |",
        "|---|---|---|---|---|---|---|",
        *lines,
        "",
        f"Processor time: {(time.process_time() - began) / 60:.1f} minutes.",
    ]
    Path(__file__).with_name("POWER.md").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
