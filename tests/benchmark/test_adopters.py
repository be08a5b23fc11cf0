"""Adopters against others: R's numbers, and known effects that grow, lag and are none."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study
from scipy import stats

from workbench.benchmark.adopters import (
    NEVER,
    Adopters,
    Cohorts,
    adopters,
    contrast_of_lasting,
    contrast_over_all,
    contrasts_since,
)
from workbench.errors import BenchmarkError, StudyError
from workbench.simulation import load_population
from workbench.simulation.draw import Draw
from workbench.simulation.study import DEMO_SEED
from workbench.study import Study, open_study

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "benchmark"
EXPECTED = json.loads((REFERENCE / "adopters.json").read_text())


@pytest.fixture(scope="module")
def cohorts() -> Cohorts:
    panel = pd.read_csv(REFERENCE / "adopters.csv")
    wide = panel.pivot(index="organisation", columns="wave", values="y")
    first = panel.groupby("organisation")["first"].first()
    return Cohorts.of(wide.to_numpy(float), np.where(first > 0, first - 1, NEVER))


@pytest.mark.parametrize("effect", EXPECTED)
def test_effects_errors_and_freedom_are_those_of_clubsandwich(
    cohorts: Cohorts, effect: str
) -> None:
    contrast = {"overall": contrast_over_all, "lasting": contrast_of_lasting}.get(effect)
    found = contrast(cohorts) if contrast else contrasts_since(cohorts)[int(effect)]
    assert found is not None
    expected = [EXPECTED[effect][name] for name in ("estimate", "se", "df")]
    assert cohorts.estimate(found.weights) == pytest.approx(expected, rel=1e-8)


def test_every_effect_is_of_the_adopters_that_reach_it(cohorts: Cohorts) -> None:
    counts = {since: one.adopters for since, one in contrasts_since(cohorts).items()}
    assert counts == {-4: 5, -3: 8, -2: 12, 0: 12, 1: 7, 2: 4}


def draw(
    rng: np.random.Generator, first: np.ndarray, effect: list[float], waves: int = 5
) -> np.ndarray:
    """Indices (O, T) with levels, waves and lasting noise of their own, and an effect that is
    ``effect[e]`` in the wave e after adoption."""
    values = 60 + rng.normal(0, 6, (len(first), 1)) + rng.normal(0, 2, waves)
    values = values + rng.normal(0, 1, (len(first), waves)).cumsum(axis=1)
    for o, g in enumerate(first):
        if g != NEVER:
            values[o, g:] += effect[: waves - g]
    return values


STAGGERED = np.array([1] * 4 + [3] * 4 + [NEVER] * 5)


def test_growing_effects_are_found_where_two_way_fixed_effects_fail() -> None:
    rng = np.random.default_rng(1)
    effect = [1.0, 3.0, 6.0, 10.0]
    events, overall, plain = [], [], []
    for _ in range(300):
        values = draw(rng, STAGGERED, effect)
        found = Cohorts.of(values, STAGGERED)
        since = contrasts_since(found)
        events.append([found.estimate(since[e].weights)[0] for e in range(4)])
        overall.append(found.estimate(contrast_over_all(found).weights)[0])
        adopted = (STAGGERED[:, None] != NEVER) & (np.arange(5) >= STAGGERED[:, None])
        treated = adopted - adopted.mean(1, keepdims=True) - adopted.mean(0) + adopted.mean()
        plain.append((treated * values).sum() / (treated**2).sum())
    assert np.mean(events, axis=0) == pytest.approx(effect, abs=0.25)
    true = (np.mean(effect) + np.mean(effect[:2])) / 2
    assert np.mean(overall) == pytest.approx(true, abs=0.2)
    assert np.mean(plain) < true - 0.3


def test_no_effect_is_called_one_as_often_as_stated() -> None:
    rng = np.random.default_rng(2)
    false, early = [], []
    for _ in range(600):
        found = Cohorts.of(draw(rng, STAGGERED, [0.0] * 4), STAGGERED)
        for told, contrast in (
            (false, contrast_over_all(found)),
            (early, contrasts_since(found)[-2]),
        ):
            estimate, error, df = found.estimate(contrast.weights)
            told.append(2 * stats.t.sf(abs(estimate / error), df) < 0.05)
    assert 0.03 <= np.mean(false) <= 0.075
    assert 0.03 <= np.mean(early) <= 0.075


def test_a_wave_with_one_adopter_takes_the_spread_of_the_others() -> None:
    rng = np.random.default_rng(3)
    first = np.array([1, 2, 2, 2, *[NEVER] * 5])
    false = []
    for _ in range(600):
        found = Cohorts.of(draw(rng, first, [0.0] * 4), first)
        estimate, error, df = found.estimate(contrast_over_all(found).weights)
        assert np.isfinite(df)
        false.append(2 * stats.t.sf(abs(estimate / error), df) < 0.05)
    assert 0.03 <= np.mean(false) <= 0.08


def study_of(folder: Path, values: np.ndarray, first: np.ndarray, stated: str = "") -> Study:
    """A study of units, five an organisation, around its index at every wave from 2021 on."""
    rng = np.random.default_rng(0)
    count, waves = values.shape
    o, t, u = (axis.ravel() for axis in np.indices((count, waves, 5)))
    level = values[o, t] + rng.normal(0, 0.5, len(o))
    table = pd.DataFrame({"organisation": [f"O{i:02d}" for i in o], "unit": u, "wave": 2021 + t})
    table["trust_1"] = level.clip(0, 100).round(2)
    folder = write_study(
        folder,
        {"records": table[table["trust_1"].notna()]},
        {"records": {"trust": ["trust_1"]}},
        scale=(0, 100),
        sources={"records": {"rows": "units"}},
    )
    rows = [f"O{i:02d},{'' if g == NEVER else 2021 + g}" for i, g in enumerate(first)]
    (folder / "organisations.csv").write_text("\n".join(["organisation,adopted", *rows]) + "\n")
    with (folder / "study.toml").open("a") as file:
        file.write(stated)
    return open_study(folder)


def found_of(folder: Path, values: np.ndarray, first: np.ndarray, stated: str = "") -> Adopters:
    return adopters(study_of(folder, values, first, stated))


def test_a_study_is_told_in_words(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    values = draw(rng, STAGGERED, [8.0] * 4)
    found = found_of(tmp_path, values, STAGGERED, "[adoption]\nmargin = 5\n")
    effect = found.effects.iloc[0]
    assert effect["lower"] < 8 < effect["upper"]
    assert effect["before"] == "alike"
    assert found.adopters.to_dict() == {"2022": 4, "2024": 4}
    assert found.never == 5
    assert "its change among adopters was" in found.words
    assert "the difference was maintained within 5 points" in found.words
    events = found.events.set_index("since")
    assert events.loc[-1, "estimate"] == 0
    assert np.isnan(events.loc[-1, "se"])


def test_an_outcome_that_did_not_change_is_maintained_within_the_margin(tmp_path: Path) -> None:
    values = draw(np.random.default_rng(5), STAGGERED, [0.0] * 4)
    found = found_of(tmp_path, values, STAGGERED, "[adoption]\nmargin = 5\n")
    assert "trust was maintained beside the others" in found.words


def test_without_a_margin_nothing_is_called_maintained(tmp_path: Path) -> None:
    values = draw(np.random.default_rng(5), STAGGERED, [0.0] * 4)
    assert "maintained" not in found_of(tmp_path, values, STAGGERED).words


def test_adopters_that_rose_before_are_told(tmp_path: Path) -> None:
    values = draw(np.random.default_rng(6), STAGGERED, [0.0] * 4)
    values[STAGGERED == 3] += 6 * np.arange(5)
    found = found_of(tmp_path, values, STAGGERED)
    assert found.effects["before"].tolist() == ["apart"]
    assert "Its changes differed before adoption already" in found.words


def test_organisations_that_missed_a_wave_or_always_had_it_are_left_out(tmp_path: Path) -> None:
    first = np.array([0, *STAGGERED])
    values = draw(np.random.default_rng(7), first, [5.0] * 5)
    values[-1, 2] = np.nan
    found = found_of(tmp_path, values, first)
    assert found.adopters.to_dict() == {"2021": 1, "2022": 4, "2024": 4}
    assert found.effects[["left_out", "adopters"]].iloc[0].tolist() == [2, 8]


def test_a_construct_is_compared_over_the_waves_in_which_it_was_asked(tmp_path: Path) -> None:
    """Not asked in 2021 and 2023: those who adopted in 2022 have no wave before, and those of 2024
    have one."""
    values = draw(np.random.default_rng(8), STAGGERED, [5.0] * 4)
    values[:, [0, 2]] = np.nan
    found = found_of(tmp_path, values, STAGGERED)
    assert found.effects[["left_out", "adopters"]].iloc[0].tolist() == [4, 4]
    assert found.events["since"].tolist() == [-1, 0, 1]
    own = values[STAGGERED == 3].mean(axis=0) - values[STAGGERED == NEVER].mean(axis=0)
    assert found.events["estimate"].iloc[1] == pytest.approx(own[3] - own[1], abs=0.3)


def test_nobody_to_compare_with_is_a_reason(tmp_path: Path) -> None:
    first = np.array([1, 1, 1, NEVER])
    values = draw(np.random.default_rng(8), first, [5.0] * 4)
    found = found_of(tmp_path, values, first)
    assert found.effects["estimate"].isna().all()
    assert "Trust: fewer than 2 organisations that adopted, or that had not" in found.words


def test_a_study_that_does_not_say_who_adopted_is_refused(tmp_path: Path) -> None:
    study = study_of(tmp_path, draw(np.random.default_rng(9), STAGGERED, [0.0] * 4), STAGGERED)
    (tmp_path / "organisations.csv").unlink()
    with pytest.raises(BenchmarkError, match="has no column 'adopted'"):
        adopters(study)


def test_waves_of_adoption_that_are_none_are_refused(tmp_path: Path) -> None:
    first = np.where(STAGGERED == 3, 11, STAGGERED)
    study = study_of(tmp_path, draw(np.random.default_rng(9), STAGGERED, [0.0] * 4), first)
    with pytest.raises(StudyError, match="adopted in '2032', which is no wave of the study"):
        adopters(study)


def test_the_demos_adoption_is_found_in_points(demo: Study) -> None:
    """What the charter adds to the answers is known: the same draw without it."""
    population = load_population()
    assert population.adoption is not None
    items = [name for name, item in population.items.items() if item.construct == "openness"]
    table = demo.answers("clients")
    without = Draw(replace(population, adoption=None), DEMO_SEED).source("clients")[items]
    points = [
        demo.codebook.points(own, items).mean(axis=1)
        for own in (table[items], without.where(without <= 5).astype(float))
    ]
    assert demo.adopted is not None
    since = table["organisation"].astype(str).map(demo.adopted)
    after = (since != "") & (table["wave"].astype(str) >= since)
    true = (points[0] - points[1])[after].mean()
    found = adopters(demo).effects.set_index("construct")
    assert true > 5
    assert found.loc["openness", "lower"] < true < found.loc["openness", "upper"]
    others = found.drop(index="openness")
    assert (others["lower"] < 0).all()
    assert (others["upper"] > 0).all()
