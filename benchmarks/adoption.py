"""How often no effect of adoption is called one, and how near growing effects come to the truth.

Run from anywhere: python benchmarks/adoption.py   (half a minute on one core; writes ADOPTION.md)

Every replicate draws indices of organisations over five waves: a level of its own (standard
deviation 6), waves that are the same for all, and changes of its own from wave to wave, a random
walk (standard deviation 1 a wave) or noise around its level (1). Adopters change by what is stated
in the wave e after adoption. Beside ``workbench.benchmark.adopters`` stands least squares with
effects of organisations and waves and one of adoption, with the plain cluster-robust error (CR1)
and normal quantiles, as it is often done.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.benchmark.adopters import NEVER, Cohorts, contrast_over_all, contrasts_since

WAVES = 5
REPLICATES = 2000
DESIGNS = {
    "3 at wave 2, 3 at wave 4, 4 never": [1] * 3 + [3] * 3 + [NEVER] * 4,
    "1 at wave 2, 3 at wave 3, 5 never": [1] + [2] * 3 + [NEVER] * 5,
    "2 at wave 3, 2 at wave 4, 12 never": [2] * 2 + [3] * 2 + [NEVER] * 12,
    "8 at wave 2, 8 at wave 4, 4 never": [1] * 8 + [3] * 8 + [NEVER] * 4,
    "5 at wave 2, 5 at wave 3, 5 at wave 5": [1] * 5 + [2] * 5 + [4] * 5,
}
EFFECTS = {  # by waves since adoption, and the standard deviation of an adopter's around them
    "none": ([0.0] * 4, 0.0),
    "growing 1, 3, 6, 10": ([1.0, 3.0, 6.0, 10.0], 0.0),
    "3 on average, differing by adopter (standard deviation 2)": ([3.0] * 4, 2.0),
}
Array = NDArray[np.float64]


def draw(
    rng: np.random.Generator, first: Array, effect: Sequence[float], spread: float, walk: bool
) -> Array:
    """Indices (O, WAVES) of organisations that adopted at ``first``."""
    values = 60 + rng.normal(0, 6, (len(first), 1)) + rng.normal(0, 2, WAVES)
    noise = rng.normal(0, 1, (len(first), WAVES))
    values = values + (noise.cumsum(axis=1) if walk else noise)
    for o, g in enumerate(first):
        if g != NEVER:
            own = rng.normal(0, spread) if spread else 0.0
            values[o, g:] += np.array(effect[: WAVES - g]) + own
    return values


def two_way(values: Array, first: Array) -> tuple[float, float]:
    """The slope of adoption among effects of organisations and waves, and its p-value (CR1)."""
    adopted = ((first[:, None] != NEVER) & (np.arange(WAVES) >= first[:, None])).astype(float)

    def centred(x: Array) -> Array:
        return x - x.mean(1, keepdims=True) - x.mean(0) + x.mean()

    x, y = centred(adopted), centred(values)
    slope = float((x * y).sum() / (x**2).sum())
    scores = (x * (y - slope * x)).sum(axis=1)
    count = len(first)
    error = np.sqrt(count / (count - 1) * (scores**2).sum()) / (x**2).sum()
    return slope, float(2 * stats.norm.sf(abs(slope) / error))


def row(
    design: Sequence[int], effect: Sequence[float], spread: float, walk: bool
) -> dict[str, float]:
    """Means over the replicates of one design."""
    rng = np.random.default_rng([len(design), int(sum(effect)), walk, sum(design) + 100])
    first = np.array(design)
    found, true = [], true_mean(first, effect)
    for _ in range(REPLICATES):
        values = draw(rng, first, effect, spread, walk)
        cohorts = Cohorts.of(values, first)
        overall = contrast_over_all(cohorts)
        assert overall is not None
        estimate, error, df = cohorts.estimate(overall.weights)
        before = contrasts_since(cohorts).get(-2)
        early = np.nan
        if before is not None:
            value, own, freedom = cohorts.estimate(before.weights)
            early = 2 * stats.t.sf(abs(value) / own, freedom)
        half = stats.t.ppf(0.975, df) * error
        plain, p = two_way(values, first)
        found.append(
            {
                "true": true,
                "estimate": estimate,
                "called": abs(estimate) > half,
                "covered": abs(estimate - true) <= half,
                "early": early < 0.05 if np.isfinite(early) else np.nan,
                "df": df,
                "plain": plain,
                "plain_called": p < 0.05,
            }
        )
    return {key: float(value) for key, value in pd.DataFrame(found).astype(float).mean().items()}


def true_mean(first: Array, effect: Sequence[float]) -> float:
    """The mean effect since adoption, of each adopter over its waves in which two others have not
    adopted, and then of all."""
    each = []
    for g in first[first != NEVER]:
        told = [
            effect[t - g]
            for t in range(int(g), WAVES)
            if ((first == NEVER) | (first > t)).sum() >= 2
        ]
        each += [np.mean(told)] if told else []
    return float(np.mean(each))


def report() -> str:
    """Write the tables and what they show as Markdown."""
    lines = [
        "# Adopters against others",
        "",
        f"Made by `benchmarks/adoption.py`: {REPLICATES} replicates a row, {WAVES} waves. *Called* "
        "is how often the mean effect is called different from none at 5 %, *before* how often a "
        "difference two waves before adoption is, where there was none. Two-way is least squares "
        "with effects of organisations and waves (CR1, normal quantiles). The simulation error of "
        "5 % is ± 1.0 percentage points.",
        "",
    ]
    for name, (effect, spread) in EFFECTS.items():
        none = not any(effect)
        lines += [f"## Effect: {name}", ""]
        if none:
            lines += [
                "| adopted | changes | df | called | before | two-way called |",
                "|---|---|---|---|---|---|",
            ]
        else:
            lines += [
                "| adopted | changes | true | estimate | interval holds it | two-way estimate |",
                "|---|---|---|---|---|---|",
            ]
        for told, design in DESIGNS.items():
            for walk in (True, False):
                found = row(design, effect, spread, walk)
                start = f"| {told} | {'random walk' if walk else 'noise'} |"
                early = "–" if np.isnan(found["early"]) else f"{100 * found['early']:.1f} %"
                lines.append(
                    f"{start} {found['df']:.1f} | {100 * found['called']:.1f} % | {early} | "
                    f"{100 * found['plain_called']:.1f} % |"
                    if none
                    else f"{start} {found['true']:.2f} | {found['estimate']:.2f} | "
                    f"{100 * found['covered']:.1f} % | {found['plain']:.2f} |"
                )
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (Path(__file__).parent / "ADOPTION.md").write_text(report(), encoding="utf-8")
