"""Importance of constructs and items, with its intervals, and on bad input."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench import drivers
from workbench.chain import ChainStudy, open_study
from workbench.drivers.importance import total_effects
from workbench.drivers.rows import Rows, driver_rows
from workbench.drivers.sums import (
    RowSums,
    covariances,
    whole_and_bootstrap_counts,
    whole_sample,
)
from workbench.drivers.weights import average_over_orderings, relative_weights
from workbench.errors import ChainError, DriversError, UnknownNameError
from workbench.sem.estimation.moments import patterns_of
from workbench.sem.estimation.saturated import saturated_moments
from workbench.study.level import Level

Drawn = Callable[..., ChainStudy]


def test_on_respondents_of_one_source(drawn: Drawn, drawn_answers: pd.DataFrame) -> None:
    found = drivers.importance(drawn(), "service", ["fair", "speed"], replicates=200)
    answers = drawn_answers[["overall", "fair", "speed"]]
    gaps = answers - answers.groupby(drawn_answers["organisation"]).transform("mean")
    cov = gaps.cov().to_numpy()  # two organisations of one size
    table = found.frame.set_index("driver").loc[["fair", "speed"]]
    assert found.level == "respondents"
    assert found.rows == 600
    np.testing.assert_allclose(table["weight"], relative_weights(cov), rtol=1e-10)
    np.testing.assert_allclose(table["orderings"], average_over_orderings(cov), rtol=1e-10)
    assert table["share"].sum() == pytest.approx(1)
    assert found.r_squared == pytest.approx(table["weight"].sum())
    assert table["orderings"].sum() == pytest.approx(found.r_squared)
    assert (table["weight_lower"] < table["weight"]).all()
    assert (table["weight"] < table["weight_upper"]).all()
    assert found.frame["driver"].iloc[0] == "speed"
    assert "speed" in found.words.lower()


def test_one_seed_one_result(drawn: Drawn) -> None:
    study = drawn()
    first, again, other = (
        drivers.importance(study, "service", ["fair", "speed"], replicates=50, seed=seed).frame
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not np.allclose(first["weight_lower"], other["weight_lower"])


def test_bootstrap_interval_covers(drawn_answers: pd.DataFrame, drawn: Drawn) -> None:
    """The width is about that of the spread of estimates over independent samples."""
    rows = driver_rows(drawn(), "service", ["fair", "speed"])
    sums = RowSums.of(rows)
    shares = relative_weights(covariances(sums, whole_and_bootstrap_counts(sums, 400, 1)[1:]))
    spread = shares.std(axis=0)
    rng = np.random.default_rng(0)
    halves = []
    for _ in range(200):
        part = rng.permutation(600)[:300]
        halves.append(relative_weights(np.cov(rows.values[part], rowvar=False)))
    # Half of a sample without replacement varies around the whole as a bootstrap sample does.
    np.testing.assert_allclose(spread, np.std(halves, axis=0), rtol=0.35)


def test_employees_and_clients_meet_in_units(drawn: Drawn) -> None:
    rows = driver_rows(drawn(), "service", ["people"])
    assert rows.level == "units"
    assert len(rows.frame) == 40


def test_where_units_differ_by_sampling_error_alone_nothing_is_told(drawn: Drawn) -> None:
    """Clients were given to units by lot, so that their units are all alike."""
    with pytest.raises(DriversError, match="differences in Service between units may be zero"):
        drivers.importance(drawn(), "service", ["people"], replicates=100)


def test_missing_values_enter_by_likelihood(drawn: Drawn, drawn_answers: pd.DataFrame) -> None:
    holes = drawn_answers.copy()
    holes[["fair", "speed"]] = holes[["fair", "speed"]].astype(float)
    holes.loc[holes["overall"] > 60, "fair"] = np.nan  # depends on what is seen
    study = drawn(holes)
    found = drivers.importance(study, "service", ["fair", "speed"], replicates=20)
    assert found.rows == 600
    whole = relative_weights(drawn_answers[["overall", "fair", "speed"]].cov().to_numpy())
    complete = relative_weights(holes[["overall", "fair", "speed"]].dropna().cov().to_numpy())
    own = found.frame.set_index("driver").loc[["fair", "speed"], "weight"].to_numpy()
    assert np.abs(own - whole).max() < 0.5 * np.abs(complete - whole).max()


def test_many_patterns_of_missing_values_go_pair_by_pair(
    drawn: Drawn, drawn_answers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.drivers.sums.MOST_PATTERNS", 2)
    holes = drawn_answers.copy()
    holes[["fair", "speed"]] = holes[["fair", "speed"]].astype(float)
    rng = np.random.default_rng(1)
    for name in ("fair", "speed"):
        holes.loc[rng.random(len(holes)) < 0.1, name] = np.nan
    study = drawn(holes)
    rows = driver_rows(study, "service", ["fair", "speed"])
    table = pd.DataFrame(rows.values)
    there = table.notna().astype(float)
    both = (there.T @ there).to_numpy()
    expected = table.cov().to_numpy() * (both - 1) / both  # pandas goes pair by pair too
    sums = RowSums.of(rows)
    np.testing.assert_allclose(covariances(sums, whole_sample(sums))[0], expected, rtol=1e-9)
    found = drivers.importance(study, "service", ["fair", "speed"], replicates=20)
    assert any("answered both" in note for note in found.notes)


def test_bootstrap_samples_are_as_large_as_the_sample(drawn: Drawn) -> None:
    sums = RowSums.of(driver_rows(drawn(), "service", ["fair", "speed"]))
    counts = whole_and_bootstrap_counts(sums, 2000, seed=1)[1:]
    assert counts.shape == (2000, 40)
    assert (counts.sum(axis=1) == 40).all()
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.12)  # error 1 / √2000
    np.testing.assert_allclose(counts.var(axis=0), 1 - 1 / 40, atol=0.2)


@pytest.mark.parametrize(("units", "size"), [(127, 1), (128, 2), (32_767, 2), (32_768, 4)])
def test_counts_take_few_bytes_and_hold_any_number(units: int, size: int) -> None:
    """One unit alone may be all of a sample."""
    keys = pd.DataFrame({"organisation": "A", "unit": np.arange(units), "weight": 1.0})
    items = np.zeros((units, 2))
    columns = {"a": [0], "b": [1]}
    rows = Rows("a", ("b",), Level.UNITS, keys, items, None, columns, {"a": "A", "b": "B"})
    sums = RowSums.of(rows)
    counts = whole_and_bootstrap_counts(sums, 2, seed=1)
    assert counts.dtype.itemsize == size
    assert np.iinfo(counts.dtype).max >= units
    assert (counts[0] == 1).all()
    assert (counts.sum(axis=1) == units).all()


def test_weights_and_counts_are_repeated_rows(drawn: Drawn) -> None:
    rows = driver_rows(drawn(), "service", ["fair", "speed"])
    counts = np.zeros((1, 40), dtype=int)
    counts[0, [0, 3]] = 2, 1
    chosen = np.concatenate([np.flatnonzero(rows.clusters == c) for c in (0, 0, 3)])
    expected = np.cov(rows.values[chosen], rowvar=False, ddof=0)
    np.testing.assert_allclose(covariances(RowSums.of(rows), counts)[0], expected, rtol=1e-10)


def test_bootstrap_of_units_with_missing_values_is_the_likelihood_of_repeated_rows(
    drawn: Drawn, drawn_answers: pd.DataFrame
) -> None:
    holes = drawn_answers.copy()
    holes[["fair", "speed"]] = holes[["fair", "speed"]].astype(float)
    rng = np.random.default_rng(2)
    for name in ("fair", "speed"):
        holes.loc[rng.random(len(holes)) < 0.1, name] = np.nan
    rows = driver_rows(drawn(holes), "service", ["fair", "speed"])
    weighted = replace(rows, frame=rows.frame.assign(weight=rng.uniform(0.5, 2, len(rows.frame))))
    for own in (rows, weighted):
        sums = RowSums.of(own)
        counts = whole_and_bootstrap_counts(sums, 5, seed=3)[1:]
        counts[4] = 0
        counts[4, 7] = 40  # one unit alone, which has few of the patterns
        every = patterns_of(own.values, counts[:, own.clusters] * own.weight)
        moments, _, converged = saturated_moments((every,))
        assert converged.all()
        np.testing.assert_allclose(
            covariances(sums, counts), moments.cov[:, 0], rtol=1e-5, atol=1e-3
        )


def test_effects_at_hand_are_not_estimated_again(
    demo: ChainStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = drivers.chain_effects(demo, "citizens-first")
    monkeypatch.setattr(ChainStudy, "chain_data", None)
    given = drivers.importance(demo, "trust", replicates=10, effects=found)
    assert given.chain == "citizens-first"
    of_trust = total_effects(found.links).query("to == 'trust'").set_index("from")
    own = given.frame.set_index("driver")
    pd.testing.assert_series_equal(
        own["pass_through"], of_trust["pass_through"].reindex(own.index), check_names=False
    )
    none = drivers.ChainEffects("citizens-first", found.links.iloc[:0], "It has no rows.")
    without = drivers.importance(demo, "trust", replicates=10, effects=none)
    assert "Total effects on Trust could not be estimated: It has no rows." in without.notes
    assert without.frame["total"].isna().all()


def test_constant_driver_is_left_out_and_named(drawn: Drawn) -> None:
    found = drivers.importance(drawn(), "service", ["speed", "same"], replicates=20)
    assert found.frame["driver"].tolist() == ["speed"]
    assert any("Same" in note for note in found.notes)


def test_driver_without_answers_is_left_out_and_named(
    drawn: Drawn, drawn_answers: pd.DataFrame
) -> None:
    study = drawn(drawn_answers.assign(honest=np.nan))
    found = drivers.importance(study, "service", ["speed", "honest"], replicates=20)
    assert found.frame["driver"].tolist() == ["speed"]
    assert "Left out, because there is no answer to compare: honest." in found.notes


def test_outcome_without_variation(drawn: Drawn) -> None:
    with pytest.raises(DriversError, match="Same has the same value in all 600 respondents"):
        drivers.importance(drawn(), "same", ["speed"])


def test_fewer_rows_than_drivers(drawn: Drawn, drawn_answers: pd.DataFrame) -> None:
    few = drawn_answers.iloc[:4]
    with pytest.raises(DriversError, match="4 respondents for 3 drivers"):
        drivers.importance(drawn(few), "service", ["speed", "fair", "honest"])


def test_thirty_drivers_by_relative_weights_alone(tmp_path) -> None:
    rng = np.random.default_rng(5)
    names = [f"q{number}" for number in range(30)]
    table = pd.DataFrame(rng.integers(0, 101, size=(300, 30)), columns=names)
    table["overall"] = np.round(table.mean(axis=1))
    table.insert(0, "organisation", "A")
    table.insert(1, "unit", np.arange(300) % 20)
    constructs = {"clients": {name: [name] for name in [*names, "overall"]}}
    chain = "service-profit-chain"
    write_study(tmp_path, {"clients": table}, constructs, chain=chain, scale=(0, 100))
    found = drivers.importance(open_study(tmp_path), "overall", names, replicates=100)
    assert found.frame["orderings"].isna().all()
    assert found.frame["weight"].notna().all()
    assert any("30 drivers" in note and "relative weights only" in note for note in found.notes)
    with pytest.raises(ChainError, match="name the drivers"):
        drivers.importance(open_study(tmp_path), "overall")


def test_unknown_names_are_told_apart(drawn: Drawn) -> None:
    study = drawn()
    with pytest.raises(UnknownNameError, match="Did you mean 'service'"):
        drivers.importance(study, "servise", ["speed"])
    with pytest.raises(UnknownNameError, match="Did you mean 'speed'"):
        drivers.importance(study, "service", ["spede"])
    with pytest.raises(DriversError, match="shares questions"):
        drivers.importance(study, "service", ["overall"])
    with pytest.raises(DriversError, match="named twice"):
        drivers.importance(study, "service", ["speed", "speed"])
    with pytest.raises(DriversError, match="No driver"):
        drivers.importance(study, "service", [])


def test_default_drivers_and_total_effects_of_the_demo(demo: ChainStudy) -> None:
    found = drivers.importance(demo, "service", chain="service-profit-chain", replicates=50)
    assert found.chain == "service-profit-chain"
    assert set(found.frame["driver"]) >= {"value", "people", "internal_quality"}
    value = found.frame.set_index("driver").loc["value"]
    # Between units the truth is .70; plain unit means weaken it.
    assert 0.5 < value["total"] < 0.85
    assert value["total_lower"] < value["total"] < value["total_upper"]
    assert found.frame["driver"].iloc[0] == "value"


def test_total_is_the_only_effect_where_there_is_one() -> None:
    effects = pd.DataFrame(
        {
            "from": ["a", "a", "a", "b"],
            "to": ["b", "c", "c", "c"],
            "effect": ["direct", "direct", "total", "direct"],
            "strength": [0.5, 0.1, 0.3, 0.4],
        }
    )
    assert total_effects(effects)["strength"].tolist() == [0.5, 0.3, 0.4]


def of_units(
    folder: Path, frame: pd.DataFrame, constructs: dict[str, list[str]], chain: str
) -> ChainStudy:
    """A study whose rows are units, with answers from 0 to 100."""
    tables, asked, about = {"units": frame}, {"units": constructs}, {"units": {"rows": "units"}}
    return open_study(
        write_study(folder, tables, asked, chain=chain, scale=(0, 100), sources=about)
    )


def test_an_improper_solution_gives_no_points(tmp_path):
    """The t have nothing in common: what they share comes out with a negative variance."""
    rng = np.random.default_rng(5)
    people = rng.normal(size=60)
    service = 0.6 * people + 0.8 * rng.normal(size=60)
    means = {"e1": people, "e2": people, "s1": service, "s2": service}
    frame = pd.DataFrame(
        {name: 50 + 6 * mean + 3 * rng.normal(size=60) for name, mean in means.items()}
    )
    frame["t1"] = 50 + 6 * rng.normal(size=60)
    frame["t2"] = 50 - 0.5 * (frame["t1"] - 50) + 6 * rng.normal(size=60)
    constructs = {"people": ["e1", "e2"], "service": ["s1", "s2"], "trust": ["t1", "t2"]}
    frame = frame.assign(organisation="A", unit=range(60))
    chain = "public-sector-service-value-chain"
    study = of_units(tmp_path, frame, constructs, chain)
    (study.path / "scorecard.csv").write_text("driver,role\npeople,manager\n")
    found = drivers.scorecard(study, "service")
    assert len(found.frame) == 1
    assert found.frame["pass_through"].isna().all()
    assert "could not be estimated" in found.table().html
    reason = "could not be estimated: The model has no proper solution: the variance of Trust"
    assert any(reason in note for note in found.notes)


def test_a_driver_measured_badly_says_so_beside_its_importance(tmp_path) -> None:
    """Two questions each: people's correlate .3 (alpha .46), value's .7 (alpha .82)."""
    rng = np.random.default_rng(6)
    people, value = rng.normal(size=(2, 400))
    service = 0.5 * people + 0.5 * value + 0.7 * rng.normal(size=400)
    frame = pd.DataFrame({"organisation": "A", "unit": range(400)})
    for name, score, shared in (("p", people, 0.3), ("v", value, 0.7), ("s", service, 0.8)):
        for number in (1, 2):
            own = np.sqrt(shared) * score + np.sqrt(1 - shared) * rng.normal(size=400)
            frame[f"{name}{number}"] = 50 + 10 * own
    constructs = {"people": ["p1", "p2"], "value": ["v1", "v2"], "service": ["s1", "s2"]}
    study = of_units(tmp_path, frame, constructs, "service-profit-chain")
    (study.path / "scorecard.csv").write_text("driver,role\npeople,manager\nvalue,manager\n")
    found = drivers.importance(study, "service", ["people", "value"], replicates=50)
    alpha = found.frame.set_index("driver")["alpha"]
    assert alpha["people"] == pytest.approx(0.46, abs=0.1)
    assert alpha["value"] == pytest.approx(0.82, abs=0.05)
    note = next(note for note in found.notes if "Low reliability" in note)
    assert "alpha below 0.70" in note
    assert f"Employee satisfaction (alpha {alpha['people']:.2f})" in note
    assert "alue" not in note
    mapped = drivers.priority_map(study, "service", found=found)
    card = drivers.scorecard(study, "service", found=found)
    for shown in (mapped.table().html, card.table().html):
        assert "Reliability (alpha)" in shown
        assert f"<td>{alpha['people']:.2f}</td>" in shown
    of_questions = drivers.priority_map(study, "service", ["p1", "v1"], replicates=50)
    assert "Reliability" not in of_questions.table().html
