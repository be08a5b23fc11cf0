"""The simulated study: one seed one study, and its population is found in it."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import workbench as wb
from workbench import linkage
from workbench.chain.effects import freedom
from workbench.errors import StudyError, UnknownNameError
from workbench.simulation import simulate
from workbench.simulation.draw import Draw
from workbench.simulation.population import (
    Population,
    _require_coherence,
    implied_correlations,
    load_population,
)
from workbench.simulation.study import links_of_chains
from workbench.study import open_study

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def population() -> Population:
    return load_population()


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.suffix != ".parquet"  # its bytes differ between versions of pyarrow
    }


def test_the_demo_is_what_simulate_writes(tmp_path: Path) -> None:
    simulate(tmp_path)
    assert fingerprints(tmp_path) == fingerprints(DEMO)
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "clients.parquet"), pd.read_parquet(DEMO / "clients.parquet")
    )


def test_one_seed_one_study_whatever_the_hash_seed(tmp_path: Path) -> None:
    script = (
        "import sys; from workbench.simulation.population import load_population;"
        "from workbench.simulation import simulate;"
        "simulate(sys.argv[1], 5, load_population().larger(3, 4, 5))"
    )
    for hash_seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / hash_seed)],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            check=True,
        )
    for file in (tmp_path / "1").iterdir():
        assert file.read_bytes() == (tmp_path / "2" / file.name).read_bytes()


def test_another_seed_is_another_study(tmp_path: Path, population: Population) -> None:
    small = population.larger(2, 3, 4)
    one = simulate(tmp_path / "one", 1, small) / "employees.csv"
    two = simulate(tmp_path / "two", 2, small) / "employees.csv"
    assert one.read_bytes() != two.read_bytes()


def test_a_real_study_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('title = "Real"\nsimulated = false\n')
    with pytest.raises(StudyError, match="not simulated"):
        simulate(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["study.toml"]


def test_the_demo_has_what_it_promises(demo) -> None:
    study = demo
    assert study.simulated
    assert study.waves == ["2022", "2023", "2024"]
    units = linkage.units(study, ["engaged_1"], wave="2024").groupby("organisation")["unit"].count()
    assert len(units) == 12
    assert units.drop("Harbour Pilots").between(8, 60).all()
    employees = study.answers("employees")
    small = employees[employees["organisation"] == "Harbour Pilots"]
    assert 0 < len(small) < study.minimum_count
    clients = study.answers("clients")
    assert set(clients["channel"]) == {"counter", "phone", "web", "mail"}
    constant = clients.loc[clients["organisation"] == "Vehicle Licensing", "service_3"]
    assert constant.nunique() == 1
    for table, source in ((employees, "employees"), (clients, "clients")):
        frame = study.codebook.frame
        items = frame.loc[frame["source"] == source, "item"].tolist()
        assert table[items].isna().to_numpy().mean() == pytest.approx(0.11, abs=0.005)


def test_true_links_by_path_rules(population: Population) -> None:
    """Links whose sources are all there are their own strengths; one whole path by tracing."""
    strength = population.strengths
    links = population.links([("people", "retention"), ("people", "productivity")])
    assert links["people", "retention"] == pytest.approx(strength["people", "retention"])
    whole = population.links([("service", "loyalty")])
    path = strength["service", "complaints"] * strength["complaints", "loyalty"]
    assert whole["service", "loyalty"] == pytest.approx(strength["service", "loyalty"] + path)
    into = [pair for pair in strength if pair[1] == "service"]
    pd.testing.assert_series_equal(
        population.links(into), pd.Series({pair: strength[pair] for pair in into})
    )


def test_links_between_respondents_mix_both_levels(population: Population) -> None:
    """Where people answer for themselves alone, what unites them in units counts by its share."""
    share = population.intraclass_correlation
    pair = [("people", "retention")]
    mixed = population.links(pair, "employees")["people", "retention"]
    assert mixed == pytest.approx(population.strengths["people", "retention"])
    between = population.correlations.loc["timeliness", "knowledge"]
    found = population.respondent_correlations("clients").loc["timeliness", "knowledge"]
    # Clients' own timeliness and knowledge are unrelated; only units' people bring them together.
    assert found == pytest.approx(share * between)
    with pytest.raises(UnknownNameError, match="Did you mean 'clients'"):
        population.respondent_correlations("client")


def test_implied_correlations_solve_the_path_equations(population: Population) -> None:
    correlations, residual = implied_correlations(population.path_matrix)
    inverse = np.linalg.inv(np.eye(len(residual)) - population.path_matrix)
    np.testing.assert_allclose(inverse @ np.diag(residual) @ inverse.T, correlations, atol=1e-12)


def test_unknown_construct_of_a_link(population: Population) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'people'"):
        population.links([("peeple", "service")])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('from = "people"\nto = "retention"', 'from = "retention"\nto = "people"'), "backwards"),
        (("strength = 0.70", "strength = 1.10"), "more than all"),
        (('from = "people"\nto = "retention"', 'from = "peopel"\nto = "retention"'), "'people'"),
        (("minimum_count = 10", ""), "not a population model"),
        (('organisations = ["Revenue', 'organisations = ["Revenu'), "'Revenue Office'"),
        (('construct = "people"', 'construct = "peeple"'), "Did you mean 'people'"),
    ],
)
def test_an_incoherent_population_is_refused(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    text = (DEMO.parents[1] / "src/workbench/simulation/demo_population.toml").read_text("utf-8")
    file = tmp_path / "population.toml"
    file.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(StudyError, match=message):
        load_population(file)


def test_links_that_vary_too_much_are_refused(population: Population) -> None:
    with pytest.raises(StudyError, match="lower it"):
        Draw(replace(population, link_spread=0.5), seed=1)


def test_a_larger_population(tmp_path: Path, population: Population) -> None:
    study = open_study(simulate(tmp_path, 1, population.larger(20, 6, 3, waves=2)))
    assert len(study.organisations) == 20
    assert len(study.answers("clients")) == 20 * 6 * 3 * 2
    assert study.waves == ["2023", "2024"]


def test_scores_of_unit_means_give_back_the_links_between_units(population: Population) -> None:
    """Regressions of the draw itself, many units, without measurement or sampling error."""
    drawn = Draw(population.larger(400, 20, 1), seed=3)
    correlations = pd.DataFrame(
        np.corrcoef(drawn.between.T), list(population.constructs), list(population.constructs)
    )
    np.testing.assert_allclose(correlations, population.correlations, atol=0.04)


BETWEEN_UNITS = [
    "public-sector-service-value-chain",
    "service-profit-chain",
    "leadership-chain",
    "extended-value-chain",
]


@pytest.mark.parametrize("wave", ["2022", "2023", "2024"])
@pytest.mark.parametrize("chain", BETWEEN_UNITS)
def test_population_links_are_found_in_every_wave(
    chain: str, wave: str, population: Population, demo
) -> None:
    """Each chain, fitted to the demo's units, finds the links stated in its README.

    Of three to eight intervals of 95 % up to two may miss by chance; none so far that it
    happens to one in a thousand.
    """
    fit = demo.fit(chain, wave=wave)
    found = wb.links(fit)
    found = found[found["effect"] == "direct"].set_index(["from", "to"])
    truth = population.links(links_of_chains(population)[chain])
    assert sorted(found.index) == sorted(truth.index)
    found = found.loc[truth.index]
    assert ((truth < found["lower"]) | (truth > found["upper"])).sum() <= 2
    chance = stats.t.sf(np.abs(found["strength"] - truth) / found["se"], freedom(fit))
    assert chance.min() > stats.norm.sf(3.3)


def test_adoption_raises_nothing_but_its_own_construct(population: Population) -> None:
    """From the wave on that is stated, and not what the construct leads to."""
    assert population.adoption is not None
    with_it, without = Draw(population, 3), Draw(replace(population, adoption=None), 3)
    shift = with_it.between - without.between
    names = np.array([o.name for o in population.organisations])[with_it.cells["organisation"]]
    wave = np.array(population.waves)[with_it.cells["wave"]]
    since = np.array([population.adoption.wave(name) for name in names])
    openness = with_it.constructs.index("openness")
    after = (since != "") & (wave >= since)
    assert shift[:, openness] == pytest.approx(np.where(after, 0.8, 0.0))
    assert not np.delete(shift, openness, axis=1).any()


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"waves": {"2021": ("Land Registry",)}}, "the adoption names the wave '2021'"),
        ({"waves": {"2023": ("Land Register",)}}, "names the organisation 'Land Register'"),
        ({"constructs": {"opennes": 1.0}}, "names the construct 'opennes'"),
    ],
)
def test_an_adoption_names_what_is_stated(
    population: Population, stated: dict[str, object], told: str
) -> None:
    assert population.adoption is not None
    wrong = replace(population, adoption=replace(population.adoption, **stated))
    with pytest.raises(StudyError, match=told):
        _require_coherence(wrong, "population.toml")
