"""Change between units where the same people answer again: bias and coverage in simulated studies.

Employees of every unit answer two items for each of three constructs at three waves. A share of
them answers again at the next wave, new people take the places of the others; what is a
respondent's own goes from wave to wave with a correlation of .6 and is correlated .5 between the
constructs. Units' morale changes along straight lines that differ in start (variance 40) and slope
(mean 1, variance 4 per wave). Their people and service at a wave go with those at the wave before,
.5 to themselves and .2 to the other (points per point).

Each study, written to files and read as a user's, is fitted twice: with the covariance of the
errors of those who answered again, and with this covariance left out, as if different people had
answered in every wave.

Run from anywhere: python benchmarks/waves.py [DATA SETS]   (70 by default, two processes; some
five minutes; writes WAVES.md)
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import open_study
from workbench.chain.panel import (
    PanelData,
    cross_lagged,
    growth_effects,
    lagged_effects,
    linear_growth,
    panel_data,
)
from workbench.sem import Fit, why_unusable

WAVES = 3
LASTING, HALO = 0.6, 0.5
OWN, NOISE = 12.0, 10.0  # standard deviations within units: a respondent's view, an item's own
START, SLOPE, MEAN_SLOPE = 40.0, 4.0, 1.0
CARRY, CROSS = 0.5, 0.2
CONSTRUCTS = ("people", "service", "morale")
# What is looked at, and the truth.
TRUTH = {
    "mean change": MEAN_SLOPE,
    "variance of change": SLOPE,
    "people → people": CARRY,
    "people → service": CROSS,
}
TOML = """
title = "Waves"
simulated = true
chain = "public-sector-service-value-chain"
minimum_count = 1
[columns]
organisation = "organisation"
unit = "unit"
wave = "wave"
[sources.employees]
file = "employees.csv"
rows = "respondents"
id = "id"
"""


@dataclass(frozen=True)
class Design:
    """Units, respondents per unit and wave, and the share of them who answer again."""

    units: int
    respondents: int
    again: float


DESIGNS = (
    Design(150, 12, 0.0),
    Design(150, 12, 0.5),
    Design(150, 12, 0.9),
    Design(150, 30, 0.9),
)


def levels(design: Design, rng: np.random.Generator) -> np.ndarray:
    """Level of units (units, waves, constructs)."""
    level = np.empty((design.units, WAVES, 3))
    paths = np.array([[CARRY, CROSS], [CROSS, CARRY]])
    level[:, 0, :2] = rng.multivariate_normal([0, 0], [[40, 16], [16, 40]], design.units)
    start = rng.normal(0, np.sqrt(START), design.units)
    slope = rng.normal(MEAN_SLOPE, np.sqrt(SLOPE), design.units)
    for t in range(WAVES):
        if t:
            passing = rng.normal(0, 5, (design.units, 2))
            level[:, t, :2] = level[:, t - 1, :2] @ paths.T + passing
        level[:, t, 2] = start + t * slope + rng.normal(0, 3, design.units)
    return level


def answers(level: np.ndarray, design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Respondents' answers; whoever answers again keeps the id."""
    places = (design.units, design.respondents)
    mix = np.full((3, 3), HALO) + (1 - HALO) * np.eye(3)
    own, person = np.zeros((*places, 3)), np.zeros(places, dtype=int)
    unit, place = np.indices(places)
    waves = []
    for t in range(WAVES):
        again = (rng.random(places) < design.again) & (t > 0)
        person = np.where(again, person, t)
        new = rng.multivariate_normal([0, 0, 0], mix, places)
        moved = LASTING * own + np.sqrt(1 - LASTING**2) * new
        own = np.where(again[..., None], moved, new)
        mean = level[:, t][:, None] + OWN * own
        table = pd.DataFrame({"organisation": "A", "unit": unit.ravel(), "wave": 2021 + t})
        table["id"] = [
            f"{u}-{p}-{n}"
            for u, p, n in zip(unit.ravel(), place.ravel(), person.ravel(), strict=True)
        ]
        for c, construct in enumerate(CONSTRUCTS):
            for i in (1, 2):
                noise = rng.normal(0, NOISE, places)
                table[f"{construct}_{i}"] = (mean[..., c] + noise).ravel().round(2)
        waves.append(table)
    return pd.concat(waves)


def read(table: pd.DataFrame) -> PanelData:
    """The panel of a study of these answers; its scale is 0–100 as written."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "study.toml").write_text(TOML)
        lines = ["item,source,construct,wording,low,high,reversed,missing"]
        lines += [f"{c}_{i},employees,{c},?,-100,100,no," for c in CONSTRUCTS for i in (1, 2)]
        (folder / "codebook.csv").write_text("\n".join(lines) + "\n")
        table.to_csv(folder / "employees.csv", index=False)
        return panel_data(open_study(folder), CONSTRUCTS)


def apart(data: PanelData) -> PanelData:
    """The same as if different people had answered in every wave."""
    assert data.error is not None
    return replace(data, error=replace(data.error, between={}))


def one(design: Design, seed: int) -> list[tuple[str, bool, bool, float, float, float]]:
    """Quantity, whether respondents were linked, whether the solution is proper, estimate and
    limits of its interval."""
    rng = np.random.default_rng([seed, design.units, design.respondents, int(100 * design.again)])
    data = read(answers(levels(design, rng), design, rng))
    found = []
    for linked, own in ((False, apart(data)), (True, data)):
        for estimate in (growth, lags):
            fit, numbers = estimate(own)
            proper = why_unusable(fit) is None
            found += [(name, linked, proper, *row) for name, row in numbers.items()]
    return found


def growth(data: PanelData) -> tuple[Fit, dict[str, np.ndarray]]:
    """Mean and variance of morale's change; points of 200 count half on 0–100."""
    fit = data.fit(linear_growth(["morale"], WAVES))
    numbers = growth_effects(fit)[["estimate", "lower", "upper"]].to_numpy(float)
    return fit, {"mean change": 2 * numbers[0], "variance of change": 4 * numbers[1]}


def lags(data: PanelData) -> tuple[Fit, dict[str, np.ndarray]]:
    """What goes with people from the second wave to the third."""
    pair = ["people", "service"]
    fit = data.fit_lags(cross_lagged(pair, WAVES))
    effects = lagged_effects(fit, pair, data.waves)
    last = effects[(effects["from"] == "people") & (effects["to_wave"] == "2023")]
    numbers = last.set_index("to")[["estimate", "lower", "upper"]]
    return fit, {f"people → {to}": numbers.loc[to].to_numpy(float) for to in pair}


def row(design: Design, found: pd.DataFrame, quantity: str) -> str:
    """One line of the table."""
    cells = [str(design.units), str(design.respondents), f"{design.again:.0%}", quantity]
    for linked in (False, True):
        own = found[(found["quantity"] == quantity) & (found["linked"] == linked)]
        truth = TRUTH[quantity]
        covered = ((own["lower"] <= truth) & (own["upper"] >= truth)).mean()
        bias = own["estimate"].mean() - truth
        error = 1.96 * own["estimate"].std() / np.sqrt(len(own))
        cells += [f"{own['proper'].mean():.0%}", f"{bias:+.2f} ± {error:.2f}", f"{covered:.1%}"]
    return "| " + " | ".join(cells) + " |"


HEAD = f"""# Change between units when the same people answer again

Truth: mean change {MEAN_SLOPE:g} and variance of change {SLOPE:g} per wave (growth); people →
people {CARRY:g} and people → service {CROSS:g} from the second wave to the third (cross-lagged);
see `waves.py` for the population. *Again*: the share of respondents who answer again at the next
wave. *Apart*: the model treats the sampling errors of a unit's waves as independent. *Linked*: it
includes their covariance, from respondents linked by their id. *Proper*: the share of %d data sets
with a proper solution; in the others a variance of change that is small compared with its error is
estimated as negative, and pages then show no estimate. Bias, with its 95 %% simulation error, and
the coverage of the 95 %% interval are those of all data sets.

"""


def main(sets: int) -> None:
    """Write WAVES.md."""
    columns = ["units", "respondents", "again", "quantity"]
    for how in ("apart", "linked"):
        columns += [f"{how}: {what}" for what in ("proper", "bias", "coverage")]
    lines = ["| " + " | ".join(columns) + " |", "| --- " * len(columns) + "|"]
    with ProcessPoolExecutor(2) as pool:
        for design in DESIGNS:
            parts = pool.map(partial(one, design), range(sets), chunksize=5)
            names = ["quantity", "linked", "proper", "estimate", "lower", "upper"]
            found = pd.DataFrame([line for part in parts for line in part], columns=names)
            lines += [row(design, found, quantity) for quantity in TRUTH]
            print(*lines[-len(TRUTH) :], sep="\n", flush=True)
    Path(__file__).with_name("WAVES.md").write_text(HEAD % sets + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 70)
