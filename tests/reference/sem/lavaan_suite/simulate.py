"""Simulate the small data sets of the lavaan suite: one seed each, rounded to three decimals.

Run ``python simulate.py`` to write ``data/*.csv`` again; the files are committed, so that the
expected numbers do not depend on NumPy's random streams staying as they are.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"


def items(
    rng: np.random.Generator, factor: np.ndarray, loadings: list[float], prefix: str
) -> dict[str, np.ndarray]:
    """Congeneric indicators of one factor, each with variance near one."""
    return {
        f"{prefix}{number}": loading * factor
        + np.sqrt(1 - min(loading, 0.95) ** 2) * rng.standard_normal(factor.size)
        for number, loading in enumerate(loadings, start=1)
    }


def likert(values: np.ndarray, cuts: tuple[float, ...] = (-1.6, -0.8, 0.1, 1.0)) -> np.ndarray:
    """Cut a standard variable into the answers 1 to 5."""
    return 1 + np.digitize(values, cuts)


def chain() -> pd.DataFrame:
    """Likert answers of 400 respondents in 40 units of three organisations, with weights."""
    rng = np.random.default_rng(20260101)
    n, units = 400, 40
    unit = np.sort(rng.integers(0, units, n))
    organisation = unit % 3
    unit_effect = rng.normal(0, 0.45, (units, 3))[unit]
    female = rng.integers(0, 2, n)
    tenure = rng.gamma(2.0, 4.0, n).round(1)
    shift = np.array([0.0, 0.25, -0.2])[organisation]
    people = shift + 0.03 * (tenure - 8) + 0.2 * female + unit_effect[:, 0] + rng.normal(0, 0.85, n)
    service = 0.45 * people + unit_effect[:, 1] + rng.normal(0, 0.75, n)
    trust = 0.15 * people + 0.5 * service + unit_effect[:, 2] + rng.normal(0, 0.7, n)
    answers: dict[str, np.ndarray] = {}
    for prefix, factor, loadings in (
        ("p", people, [0.8, 0.7, 0.75, 0.6]),
        ("s", service, [0.85, 0.75, 0.65, 0.7]),
        ("t", trust, [0.8, 0.8, 0.7, 0.55]),
    ):
        for name, value in items(rng, factor, loadings, prefix).items():
            answers[name] = likert(value)
    return pd.DataFrame(
        {
            "organisation": np.array(["north", "south", "west"])[organisation],
            "unit": [f"u{number:02d}" for number in unit],
            "weight": rng.uniform(0.4, 2.6, n).round(3),
            "female": female,
            "tenure": tenure,
            **answers,
        }
    )


def chain_missing(complete: pd.DataFrame) -> pd.DataFrame:
    """The chain's answers with some 15 % missing at random, given the first item's answer."""
    rng = np.random.default_rng(20260102)
    data = complete.copy()
    names = [name for name in data if name[0] in "pst" and name[1:].isdigit() and name != "p1"]
    chance = 0.08 + 0.04 * (5 - data["p1"].to_numpy())
    for name in names:
        data[name] = data[name].where(rng.random(len(data)) > chance)
    data["tenure"] = data["tenure"].where(rng.random(len(data)) > 0.05)
    data.loc[[17, 203], ["p1", *names]] = np.nan
    return data


def skewed() -> pd.DataFrame:
    """Nine strongly skewed indicators of three factors."""
    rng = np.random.default_rng(20260103)
    n = 300
    a = rng.gamma(1.2, 1.0, n)
    b = 0.5 * a + rng.exponential(0.9, n)
    c = 0.2 * a + 0.4 * b + rng.exponential(0.8, n)
    data = {}
    for prefix, factor in (("a", a), ("b", b), ("c", c)):
        for number, loading in enumerate([1.0, 0.8, 1.2], start=1):
            data[f"{prefix}{number}"] = np.exp(0.5 * (loading * factor + rng.normal(0, 0.7, n)))
    return pd.DataFrame(data).round(3)


def scales() -> pd.DataFrame:
    """The same kind of answers on 1–5, on 0–100, in shares and in thousands of euros."""
    rng = np.random.default_rng(20260104)
    n = 250
    a, e1, e2 = rng.standard_normal((3, n))
    b = 0.5 * a + 0.8 * e1
    c = 0.2 * a + 0.5 * b + 0.7 * e2
    frame = pd.DataFrame(
        items(rng, a, [0.8, 0.7, 0.75], "a")
        | items(rng, b, [0.8, 0.7, 0.75], "b")
        | items(rng, c, [0.8, 0.7, 0.75], "c")
    )
    frame["a1"] = likert(frame["a1"].to_numpy())
    frame["a2"] = (60 + 15 * frame["a2"]).clip(0, 100)
    frame["a3"] = 250_000 + 60_000 * frame["a3"]
    frame["b1"] = 70 + 20 * frame["b1"]
    frame["b2"] = 0.5 + 0.1 * frame["b2"]
    frame["b3"] = likert(frame["b3"].to_numpy())
    frame["c1"] = 0.03 + 0.004 * frame["c1"]
    frame["c2"] = 4_000_000 + 900_000 * frame["c2"]
    frame["c3"] = likert(frame["c3"].to_numpy())
    return frame.round({"a2": 3, "a3": 1, "b1": 3, "b2": 4, "c1": 6, "c2": 0})


def hierarchy() -> pd.DataFrame:
    """Twelve indicators of four factors that share a second-order factor, with an outcome."""
    rng = np.random.default_rng(20260105)
    n = 300
    general = rng.standard_normal(n)
    data: dict[str, np.ndarray] = {}
    for prefix, loading in (("f", 0.8), ("g", 0.7), ("h", 0.75), ("k", 0.6)):
        factor = loading * general + np.sqrt(1 - loading**2) * rng.standard_normal(n)
        data |= items(rng, factor, [0.8, 0.75, 0.7], prefix)
    data["outcome"] = 0.5 * general + rng.normal(0, 0.8, n)
    data["method"] = rng.standard_normal(n)
    for name in ("f3", "g3", "h3", "k3"):
        data[name] = data[name] + 0.3 * data["method"]
    return pd.DataFrame(data).drop(columns="method").round(3)


def reciprocal() -> pd.DataFrame:
    """Two variables that move each other, each with its own instruments, and their indicators."""
    rng = np.random.default_rng(20260106)
    n = 350
    x = rng.multivariate_normal(np.zeros(4), 0.3 + 0.7 * np.eye(4), n)
    errors = rng.multivariate_normal([0, 0], [[0.6, 0.15], [0.15, 0.5]], n)
    own = np.column_stack(
        [0.5 * x[:, 0] + 0.3 * x[:, 1] + errors[:, 0], 0.4 * x[:, 2] + 0.4 * x[:, 3] + errors[:, 1]]
    )
    both = own @ np.linalg.inv(np.array([[1.0, -0.3], [-0.25, 1.0]])).T
    data = {f"x{number}": x[:, number - 1] for number in range(1, 5)}
    data |= {"y1": both[:, 0], "y2": both[:, 1]}
    data |= items(rng, both[:, 0], [0.8, 0.7, 0.75], "u")
    data |= items(rng, both[:, 1], [0.75, 0.8, 0.7], "v")
    return pd.DataFrame(data).round(3)


def growth() -> pd.DataFrame:
    """Five yearly indices on 0–100 with a covariate, and the same with respondents leaving."""
    rng = np.random.default_rng(20260107)
    n = 300
    size = rng.normal(0, 1, n)
    start = 62 + 2.5 * size + rng.normal(0, 8, n)
    slope = 1.5 - 0.6 * size + 0.02 * (start - 62) + rng.normal(0, 1.6, n)
    data = {"size": size, "group": np.where(rng.random(n) < 0.45, "city", "county")}
    years = np.column_stack([start + year * slope + rng.normal(0, 5, n) for year in range(5)])
    data |= {f"y{year}": years[:, year] for year in range(5)}
    gone = np.zeros(n, dtype=bool)
    for year in range(1, 5):
        chance = 0.05 + 0.12 * (years[:, year - 1] < 60)
        gone |= rng.random(n) < chance
        data[f"m{year}"] = np.where(gone, np.nan, years[:, year])
    data["m0"] = years[:, 0]
    return pd.DataFrame(data).round(3)


def panel() -> pd.DataFrame:
    """Two constructs with three indicators each at three waves, and their observed scores."""
    rng = np.random.default_rng(20260108)
    n = 320
    trait = rng.multivariate_normal([0, 0], [[0.4, 0.15], [0.15, 0.4]], n)
    state = rng.multivariate_normal([0, 0], [[0.8, 0.25], [0.25, 0.8]], n)
    uniqueness = {f"{p}{i}": rng.normal(0, 0.35, n) for p in "ab" for i in (1, 2, 3)}
    data: dict[str, np.ndarray] = {}
    for wave in (1, 2, 3):
        if wave > 1:
            state = state @ np.array([[0.5, 0.2], [0.1, 0.55]]) + rng.multivariate_normal(
                [0, 0], [[0.5, 0.12], [0.12, 0.5]], n
            )
        levels = trait + state
        for column, prefix in enumerate("ab"):
            for number, loading in enumerate([1.0, 0.9, 0.8], start=1):
                data[f"{prefix}{number}_{wave}"] = (
                    3
                    + 0.1 * wave
                    + loading * levels[:, column]
                    + uniqueness[f"{prefix}{number}"]
                    + rng.normal(0, 0.5, n)
                )
            data[f"{prefix}_{wave}"] = levels[:, column] + rng.normal(0, 0.2, n)
    return pd.DataFrame(data).round(3)


def small() -> pd.DataFrame:
    """Forty-five units whose last construct has a negative variance without bounds."""
    rng = np.random.default_rng(20260112)
    n = 45
    a, e1, e2 = rng.standard_normal((3, n))
    b = 0.5 * a + 0.8 * e1
    c = 0.5 * b + 0.8 * e2
    return pd.DataFrame(
        items(rng, a, [0.7, 0.6, 0.65], "a")
        | items(rng, b, [0.98, 0.45, 0.4], "b")
        | items(rng, c, [0.97, 0.4, 0.35], "c")
    ).round(3)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    complete = chain()
    tables = {
        "chain": complete,
        "chain_missing": chain_missing(complete),
        "skewed": skewed(),
        "scales": scales(),
        "hierarchy": hierarchy(),
        "reciprocal": reciprocal(),
        "growth": growth(),
        "panel": panel(),
        "small": small(),
    }
    for name, table in tables.items():
        table.to_csv(FOLDER / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
