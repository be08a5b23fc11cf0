"""Changes between waves: hand and R agree, and the demo's shock is found where it was."""

import json
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study
from scipy import stats

import workbench as wb
from workbench.benchmark.waves import (
    LinksByWave,
    _compared,
    _influence,
    _LinksOfWave,
    _units_of,
    improvements,
    index_changes,
    latent_means,
    link_changes,
    paired_changes,
)
from workbench.chain import fit_chain
from workbench.errors import BenchmarkError, UnknownNameError
from workbench.measurement import indices

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "tests" / "reference" / "chain"
EXPECTED = json.loads((REFERENCE / "panel.json").read_text())


def study_of(folder: Path, rows: pd.DataFrame) -> wb.ChainStudy:
    """A study of units, with three questions about people and three about service."""
    constructs = {name: [f"{name[0]}{j}" for j in (1, 2, 3)] for name in ("people", "service")}
    write_study(
        folder,
        {"survey": rows},
        {"survey": constructs},
        chain="pair",
        scale=(0, 100),
        settings={"minimum_count": 1},
        sources={"survey": {"rows": "units"}},
    )
    write_chain(folder, "pair", ("people", "service"))
    return wb.open_study(folder)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "panel.csv", dtype={"wave": str})


@pytest.fixture(scope="module")
def panel(rows, tmp_path_factory) -> wb.ChainStudy:
    return study_of(tmp_path_factory.mktemp("waves"), rows)


# --- indices ----------------------------------------------------------------------------------


def test_one_row_per_unit_and_wave_is_the_paired_t_test(rows, tmp_path):
    waves = rows[rows["wave"] < "2023"]
    both = waves[waves.groupby("unit")["unit"].transform("size") == 2]
    found = index_changes(study_of(tmp_path, both), ["people"], "2021", "2022").iloc[0]
    expected = EXPECTED["paired"]
    for name, key in (
        ("change", "change"),
        ("lower", "lower"),
        ("upper", "upper"),
        ("pvalue", "p"),
    ):
        assert found[name] == pytest.approx(expected[key], rel=1e-10)


def test_weights_and_lone_units_by_hand():
    """Unit 0 in both waves, unit 1 in the first, unit 2 in the second; weights as given."""
    values = np.array([50.0, 70.0, 40.0, 60.0, 90.0, np.nan])
    weight = np.array([1.0, 1.0, 2.0, 3.0, 1.0, 1.0])
    later = np.array([False, False, False, True, True, True])
    cluster = np.array([0, 0, 1, 0, 2, 2])
    found = paired_changes(values, weight, later, np.zeros(6, int), cluster, 1).iloc[0]
    # Means 50 and 67.5. z_0 = 3(60 − 67.5)/4 − (0 + 20)/4, z_1 = −2(40 − 50)/4, z_2 = 22.5/4.
    z = np.array([-5.625 - 5.0, 5.0, 5.625])
    assert found["change"] == 17.5
    assert found["se"] == pytest.approx(np.sqrt(1.5 * (z**2).sum()))
    assert found["upper"] - 17.5 == pytest.approx(stats.t.ppf(0.975, 2) * found["se"])


def test_the_same_change_in_every_unit_is_no_finding(rows, tmp_path):
    """Each unit rose by exactly 1, on values that floating point cannot hold: no interval of 0."""
    before = rows[rows["wave"] == "2021"]
    both = pd.concat([before, before.assign(wave="2022", p1=before["p1"] + 1)])
    study = study_of(tmp_path, both.assign(p2=both["p1"], p3=both["p1"]))
    found = improvements(study, ["people"], ["2021", "2022"])
    assert found["change"].to_numpy() == pytest.approx(1.0)
    assert found[["se", "lower", "upper", "pvalue"]].isna().all(axis=None)
    assert (found["direction"] == "untested").all()
    assert "the same change in every unit" in found["sentence"].iloc[0]


def test_pairing_makes_use_of_what_units_keep(demo):
    """Units go with themselves over waves, so a change is surer than of independent samples."""
    change = index_changes(demo, ["people"], "2022", "2023").iloc[0]
    single = indices(demo, ["people"], by=("wave",)).set_index("wave")
    assert change["change"] == pytest.approx(
        single.loc["2023", "index"] - single.loc["2022", "index"]
    )
    assert change["se"] < 0.9 * np.hypot(single.loc["2022", "se"], single.loc["2023", "se"])


def test_the_demo_s_shock_is_found_where_it_was(demo):
    with (ROOT / "src/workbench/simulation/demo_population.toml").open("rb") as file:
        shock = tomllib.load(file)["shock"]
    found = index_changes(demo, ["people", "service", "trust"], "2022", shock["wave"])
    found = found[found["organisation"] != ""]
    for construct in ("people", "trust"):
        down = found[(found["construct"] == construct) & (found["direction"] == "down")]
        assert set(shock["organisations"]) <= set(down["organisation"]), construct
    # Of about nine called, less than half a one is expected to be so by chance.
    others = found[~found["organisation"].isin(shock["organisations"])]
    assert others["direction"].isin(["up", "down"]).sum() <= 1
    back = index_changes(demo, ["people"], shock["wave"], "2024").set_index("organisation")
    assert (back.loc[shock["organisations"], "direction"] == "up").all()


def test_false_discoveries_are_controlled(demo):
    found = index_changes(demo, ["people"], "2022", "2023")
    own = found[(found["organisation"] != "") & found["pvalue"].notna()]
    np.testing.assert_allclose(own["qvalue"], stats.false_discovery_control(own["pvalue"]))
    assert (own["qvalue"] >= own["pvalue"]).all()
    assert list(found.columns) == [
        "organisation", "construct", "change", "se", "lower", "upper", "pvalue", "qvalue",
        "direction",
    ]  # fmt: skip


def test_independent_noise_is_rarely_called_a_change():
    """200 organisations of 12 units without change: the test keeps its 5 %."""
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(2400), 10)
    level = rng.normal(size=2400)[unit] + rng.normal(size=24000)
    later = np.tile(np.repeat([False, True], 5), 2400)
    found = paired_changes(level, np.ones(24000), later, unit // 12, unit, 200)
    assert 0.02 < (found["pvalue"] < 0.05).mean() < 0.09


def test_every_organisation_gets_a_sentence(demo):
    found = improvements(demo, ["people"])
    assert len(found) == 2 * 13
    told = found.set_index(["organisation", "from_wave"])["sentence"]
    assert "people went down" in told["Revenue Office", "2022"]
    assert told["Land Registry", "2022"].startswith("Land Registry: People shows no clear change")
    assert "Nobody in employees answered in 2022 or 2023." in told["Harbour Pilots", "2022"]


def test_waves_without_a_source_or_a_common_item_say_so(rows, tmp_path):
    changed = rows.copy()
    changed.loc[changed["wave"] == "2021", ["p2", "p3", "s1", "s2", "s3"]] = np.nan
    changed.loc[changed["wave"] != "2021", "p1"] = np.nan
    study = study_of(tmp_path, changed)
    found = improvements(study, waves=["2021", "2022"])
    assert found["change"].isna().all()
    told = found.set_index(["organisation", "construct"])["sentence"]
    assert "no item of people was asked in all of the waves" in told["A", "people"]
    assert "2021: none; 2022: s1, s2, s3" in told["A", "service"]
    with pytest.raises(BenchmarkError, match="no item of people"):
        latent_means(study, "people", ["2021", "2022"])
    with pytest.raises(BenchmarkError, match="no item of people"):
        link_changes(study, "2021", "2022")


def test_a_wave_without_one_source(demo):
    """Clients were not asked in 2022: people can still be compared, service cannot."""
    without = demo.keeping(
        lambda source, answers: ~((source == "clients") & (answers["wave"] == "2022"))
    )
    found = improvements(without, ["people", "service"], ["2022", "2023"])
    found = found[found["organisation"] == ""].set_index("construct")
    assert found.loc["people", "direction"] == "down"
    assert "Nobody in clients answered in 2022." in found.loc["service", "sentence"]
    with pytest.raises(BenchmarkError, match="no item of service"):
        link_changes(without, "2022", "2023")


def test_only_common_items_are_compared(rows, tmp_path):
    changed = rows.copy()
    changed.loc[changed["wave"] == "2022", "p2"] = np.nan
    found = index_changes(study_of(tmp_path, changed), ["people"], "2021", "2022").iloc[0]
    means = changed.assign(x=changed[["p1", "p3"]].mean(axis=1)).groupby("wave")["x"].mean()
    assert found["change"] == pytest.approx(means["2022"] - means["2021"])


def test_without_waves_there_is_no_change_to_report(little):
    assert improvements(little).empty
    with pytest.raises(UnknownNameError, match="no waves"):
        index_changes(little, ["service"], "2021", "2022")


# --- links and latent means -------------------------------------------------------------------


@pytest.mark.parametrize(("name", "prefix"), [("strength", ""), ("points", "pass_through_")])
def test_link_changes_agree_with_lavaan(panel, name, prefix):
    """On the rows as they are, both organisations as one, by their items."""
    waves = ("2021", "2022")
    data = [panel.chain_data(wave=wave) for wave in waves]
    found = [_LinksOfWave.of(one, wave) for one, wave in zip(data, waves, strict=True)]
    row = _compared(found, waves, dict(data[0].items)).table.iloc[0]
    for key, value in EXPECTED[name].items():
        assert row[f"{prefix}{key}"] == pytest.approx(value, rel=1e-4), key


def test_a_wave_that_is_compared_twice_is_fitted_once(panel, monkeypatch):
    found = []

    def counted(*arguments, **options):
        found.append(arguments)
        return fit_chain(*arguments, **options)

    monkeypatch.setattr("workbench.benchmark.waves.fit_chain", counted)
    links = LinksByWave(panel)
    first, again = links.changes("2021", "2022"), links.changes("2022", "2021")
    assert first.table["before"].tolist() == again.table["now"].tolist()
    assert len(found) == 2


def test_one_link_s_wald_test_is_its_z_test(panel):
    found = link_changes(panel, "2021", "2022")
    row = found.table.iloc[0]
    assert found.test.df == 1
    assert found.test.statistic == pytest.approx((row["change"] / row["se"]) ** 2)
    assert found.test.pvalue == pytest.approx(row["pvalue"])
    assert found.units == 240


@pytest.mark.parametrize(("name", "prefix"), [("strength", ""), ("points", "pass_through_")])
def test_link_changes_of_scores_agree_with_lavaan(rows, tmp_path, name, prefix):
    """One organisation: scores with the errors that are specific to items, fixed in lavaan."""
    study = study_of(tmp_path, rows[rows["organisation"] == "B"])
    row = link_changes(study, "2021", "2022").table.iloc[0]
    for key, value in EXPECTED["scores"][name].items():
        assert row[f"{prefix}{key}"] == pytest.approx(value, rel=1e-4), key
    assert row["sentence"].startswith("The link from People to Service")


def test_what_sets_organisations_apart_changes_no_link(rows, tmp_path):
    """Every organisation gets levels of its own in each wave: the links and changes stay."""
    many = rows.assign(organisation=[f"o{int(unit[1:]) % 12}" for unit in rows["unit"]])
    draw = np.random.default_rng(5)
    level = {
        key: 6 * draw.standard_normal(2) for key in many.groupby(["organisation", "wave"]).groups
    }
    moved = many.copy()
    for (organisation, wave), (people, service) in level.items():
        own = (many["organisation"] == organisation) & (many["wave"] == wave)
        moved.loc[own, ["p1", "p2", "p3"]] += people
        moved.loc[own, ["s1", "s2", "s3"]] += service
    still, shifted = (tmp_path / name for name in ("still", "shifted"))
    for folder in (still, shifted):
        folder.mkdir()
    one = link_changes(study_of(still, many), "2021", "2022")
    two = link_changes(study_of(shifted, moved), "2021", "2022")
    numbers = ["before", "now", "change", "se", "lower", "upper", "pvalue"]
    np.testing.assert_allclose(one.table[numbers], two.table[numbers], rtol=1e-3, atol=1e-4)
    assert one.test.error_df == pytest.approx(11, abs=0.1)  # errors are those of organisations


@pytest.mark.parametrize("chain", ["public-sector-service-value-chain", "service-trust"])
def test_influences_add_up_to_the_robust_covariance(demo, tmp_path, chain):
    """Squared and summed over units they are the fit's own sandwich, also with weights, clusters
    and known errors of unit means."""
    shutil.copytree(ROOT / "data" / "demo", tmp_path / "demo")
    write_chain(tmp_path / "demo", "service-trust", ("service", "trust"))
    data = wb.open_study(tmp_path / "demo").chain_data(chain)
    fit = fit_chain(data)
    influence = _influence(fit, _units_of(data.frame)).to_numpy()
    found = influence.T @ influence
    if data.level == "respondents":
        found *= len(influence) / (len(influence) - 1)
    np.testing.assert_allclose(found, fit.vcov, rtol=1e-6, atol=1e-9 * np.abs(found).max())


def test_no_change_of_links_in_the_demo(demo):
    found = link_changes(demo, "2022", "2023")
    assert found.test.df == 3
    assert found.test.pvalue > 0.01
    assert "no change" in found.words


def test_latent_means_agree_with_lavaan(panel):
    found = latent_means(panel, "people", freed=())
    np.testing.assert_allclose(found.table["change"], EXPECTED["latent_mean"]["change"], rtol=1e-4)
    np.testing.assert_allclose(found.table["se"], EXPECTED["latent_mean"]["se"], rtol=1e-4)
    assert (
        found.words
        == "The latent means of people use all its 3 questions with equal parameters in every wave."
    )
    assert replace(found, label="Staff").words.startswith("The latent means of Staff use")
    alone = replace(found, items=found.items[:1])
    assert (
        alone.words
        == "The latent means of people use its one question with equal parameters in every wave."
    )


def test_a_freed_item_no_longer_ties_the_waves(rows, tmp_path):
    """An item that became easier moves the index, not the latent mean once it is freed."""
    changed = rows.copy()
    changed.loc[changed["wave"] == "2022", "p3"] += 9
    study = study_of(tmp_path, changed)
    free = latent_means(study, "people", ["2021", "2022"], freed=["p3"]).table.iloc[0]
    tied = latent_means(study, "people", ["2021", "2022"], freed=()).table.iloc[0]
    true = EXPECTED["latent_mean"]["change"][0]
    assert abs(free["change"] - true) < 1 < tied["change"] - true
    with pytest.raises(BenchmarkError, match="have no item in common"):
        latent_means(study, "people", freed=["p1", "p2", "p3"])


def test_one_common_item_is_enough(rows, tmp_path):
    changed = rows.copy()
    changed.loc[changed["wave"] == "2021", ["p2", "p3"]] = np.nan
    study = study_of(tmp_path, changed)
    found = latent_means(study, "people", ["2021", "2022"])
    means = rows.groupby("wave")["p1"].mean()
    # Nearly the plain difference: units that miss a wave do not lend their other one here either.
    assert found.table["change"].iloc[0] == pytest.approx(means["2022"] - means["2021"], abs=0.01)
    assert found.left_out == ("p2", "p3")
