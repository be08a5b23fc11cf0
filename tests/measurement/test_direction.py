"""Which way items point, and that links follow the index whichever item comes first."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.chain import ChainData, find_chain, fit_chain, links, organisation_links
from workbench.measurement import direction, marker_first, running_against
from workbench.study.level import Level

CHAIN = "public-sector-service-value-chain"


def items(loadings: dict[str, float], rows: int = 200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=rows)
    return pd.DataFrame(
        {
            name: 50 + 10 * loading * common + 10 * np.sqrt(1 - loading**2) * rng.normal(size=rows)
            for name, loading in loadings.items()
        }
    )


@pytest.mark.parametrize(
    ("loadings", "against", "marker"),
    [
        ({"a": 0.7, "b": 0.7, "c": 0.7}, [], "a"),
        ({"a": -0.7, "b": 0.7, "c": 0.7}, ["a"], "b"),
        ({"a": 0.7, "b": 0.7, "c": -0.7}, ["c"], "a"),
        ({"a": -0.7, "b": -0.7, "c": -0.7}, [], "a"),
        ({"a": -0.7, "b": -0.7, "c": 0.7, "d": 0.7, "e": 0.7}, ["a", "b"], "c"),
        ({"a": 0.02, "b": 0.7, "c": 0.7}, [], "b"),
        ({"a": 0.7}, [], "a"),
    ],
)
def test_items_against_the_others_are_found_and_are_no_marker(loadings, against, marker) -> None:
    answers = items(loadings)
    assert running_against(answers) == against
    assert marker_first(list(loadings), answers)[0] == marker


def test_of_two_items_the_one_that_moves_the_index_more_says_where_it_points() -> None:
    answers = items({"a": -0.8, "b": 0.8})
    answers["b"] *= 3
    assert marker_first(["a", "b"], answers) == ["b", "a"]
    assert running_against(answers) == ["a"]


def test_chance_and_next_to_no_answers_reverse_nothing() -> None:
    assert running_against(items({"a": -0.7, "b": 0.7, "c": 0.7}, rows=4)) == []
    noise = [running_against(items({"a": 0.0, "b": 0.7, "c": 0.7}, seed=s)) for s in range(40)]
    assert sum(map(bool, noise)) <= 4  # one in forty is expected
    empty = pd.DataFrame({"a": [np.nan, 1.0, 1.0], "b": [2.0, np.nan, 2.0]})
    assert running_against(empty) == []
    assert marker_first(["a", "b"], empty) == ["a", "b"]


def chain_rows(reversed_in: str) -> pd.DataFrame:
    """Two organisations of 40 and 60 units, people → service .7; p1 turned in those named."""
    rng = np.random.default_rng(3)
    rows = []
    for organisation, units in (("A", 60), ("B", 40)):
        people = rng.normal(size=units)
        service = 0.7 * people + 0.7 * rng.normal(size=units)
        trust = 0.5 * service + 0.9 * rng.normal(size=units)
        turned = -1 if organisation in reversed_in else 1
        values = {"p1": turned * people, "p2": people, "p3": people, "s1": service, "s2": service}
        frame = pd.DataFrame(
            {name: 60 + 6 * (v + 0.5 * rng.normal(size=units)) for name, v in values.items()}
        )
        frame["t1"] = 60 + 6 * trust
        rows.append(frame.assign(organisation=organisation, unit=range(units)))
    return pd.concat(rows, ignore_index=True)


def chain_data(frame: pd.DataFrame) -> ChainData:
    chain = find_chain(CHAIN).restricted_to(["people", "service", "trust"])
    measured = {"people": ["p1", "p2", "p3"], "service": ["s1", "s2"], "trust": ["t1"]}
    return ChainData(chain, measured, Level.UNITS, frame)


def test_a_reversed_first_item_turns_no_link() -> None:
    data = chain_data(chain_rows("AB"))
    fit = fit_chain(data)
    first = links(fit).iloc[0]
    assert (first["from"], first["to"]) == ("people", "service")
    assert first["strength"] == pytest.approx(0.7, abs=0.08)
    assert first["pass_through"] > 0
    assert "p1 runs against the other items of people: is it reversed?" in map(str, fit.notes)
    declared = chain_rows("AB")
    declared["p1"] = 120 - declared["p1"]
    same = links(fit_chain(chain_data(declared)))
    np.testing.assert_allclose(links(fit)["strength"], same["strength"], atol=1e-4)


def test_an_organisation_s_own_links_point_where_its_own_index_does() -> None:
    data = chain_data(chain_rows("B"))
    own = organisation_links(data, ["A", "B"]).own
    own = own.set_index(["organisation", "from", "to", "effect"])
    for organisation in "AB":
        row = own.loc[(organisation, "people", "service", "direct")]
        assert row["strength"] > 0.5
        assert row["pass_through"] > 0


def test_check_names_a_reversed_item(tmp_path: Path) -> None:
    constructs = {"people": ["p1", "p2", "p3"], "service": ["s1", "s2"], "trust": ["t1"]}

    def written(**of_p1: str) -> Path:
        return write_study(
            tmp_path,
            {"units": chain_rows("AB").round(2)},
            {"units": constructs},
            chain=CHAIN,
            scale=(0, 100),
            sources={"units": {"rows": "units"}},
            items={"p1": of_p1},
        )

    def told(study: Path) -> list[str]:
        return [problem.cause for problem in wb.open_study(study).check()]

    assert "p1 runs against the other items of people: is it reversed?" in told(written())
    assert not any("runs against" in cause for cause in told(written(reversed="yes")))


@pytest.mark.parametrize("rows", [3, 1000])
def test_correlations_are_those_of_pairs_of_answers(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direction, "_ROWS", 7)
    generator = np.random.default_rng(3)
    answers = items({"a": 0.7, "b": 0.7, "c": -0.4}, rows=rows)
    answers = answers.where(generator.random(answers.shape) > 0.3).assign(d=2.0)
    parts = [direction.ItemPairs.of(answers[:2]), direction.ItemPairs.of(answers[2:])]
    expected = answers.corr().fillna(0.0).to_numpy(copy=True)
    np.fill_diagonal(expected, 1.0)
    for found in (direction.ItemPairs.of(answers), parts[0] + parts[1]):
        np.testing.assert_allclose(found.correlations, expected, atol=1e-9)
        np.testing.assert_allclose(found.deviations, answers.std().fillna(0.0), atol=1e-9)
