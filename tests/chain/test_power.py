"""Power: RMSEA-based agrees with semTools, simulation with what it must be."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import workbench as wb
from workbench.chain.power import (
    Design,
    design,
    link_power,
    rmsea_power,
    rmsea_sample_size,
    study_power,
    units_needed,
)
from workbench.exceptions import ChainError, UnknownNameError

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((ROOT / "tests" / "reference" / "chain" / "power.json").read_text())


@pytest.fixture(scope="module")
def demo() -> wb.ChainStudy:
    return wb.open_study(ROOT / "data" / "demo")


@pytest.fixture
def plan() -> Design:
    """Three good items each, means of 20 respondents with ICC .3."""
    within = np.kron(np.eye(2), np.full((3, 3), 1.4)) + 0.9 * np.eye(6)
    items = {"people": ["p1", "p2", "p3"], "service": ["s1", "s2", "s3"]}
    return Design(
        "people", "service", items, np.ones(6), np.full(6, 0.05), within, np.full(6, 20.0), 80
    )


@pytest.mark.parametrize(
    ("case", "power", "rows"),
    list(zip(EXPECTED["cases"], EXPECTED["power"], EXPECTED["rows"], strict=True)),
)
def test_rmsea_power_agrees_with_semtools(case, power, rows):
    null, alternative, df, n = case
    assert rmsea_power(null, alternative, int(df), int(n)) == pytest.approx(power, abs=1e-8)
    assert rmsea_sample_size(null, alternative, int(df)) == rows


def test_power_of_a_link_is_near_that_of_the_attenuated_correlation(plan):
    """Sampling error of 1.4 / 20 beside 1 leaves the link at .3 × .93; Fisher's z does the rest."""
    weakened = 0.3 / (1 + 1.4 / 20 + (0.05 + 0.9 / 20) / 3)
    shift = np.arctanh(weakened) * np.sqrt(80 - 3)
    expected = stats.norm.sf(1.96 - shift) + stats.norm.cdf(-1.96 - shift)
    assert link_power(plan, 0.3, 80, draws=1000) == pytest.approx(expected, abs=0.05)


def test_no_link_is_found_no_more_often_than_it_may_be(plan):
    assert link_power(plan, 0.0, 150, draws=1000) == pytest.approx(0.05, abs=0.025)


def test_more_units_more_respondents_more_power(plan):
    few, many = link_power(plan, 0.3, 40), link_power(plan, 0.3, 120)
    assert few < many
    assert link_power(plan, 0.3, 80, respondents=2) < link_power(plan, 0.3, 80, respondents=50)


def test_units_needed_give_the_power_asked_for(plan):
    found = units_needed(plan, 0.4)
    assert found is not None
    assert link_power(plan, 0.4, found) >= 0.8
    assert link_power(plan, 0.4, int(0.8 * found)) < 0.8
    assert units_needed(plan, 0.01, draws=50) is None


def test_one_seed_one_result(plan):
    assert link_power(plan, 0.3, 50, seed=7) == link_power(plan, 0.3, 50, seed=7)
    assert link_power(plan, 0.3, 50, seed=7) != link_power(plan, 0.3, 50, seed=8)


def test_the_demo_s_design_has_its_intraclass_correlation_and_group_sizes(demo):
    found = design(demo, "people", "service")
    icc = found.loadings**2 + found.unique
    icc /= icc + np.diagonal(found.within)
    # ICC of a construct is .3; of an item loading² × .3 of its variance.
    assert icc.mean() == pytest.approx(0.65 * 0.3, abs=0.03)
    assert 14 < found.respondents.min() < found.respondents.max() < 23
    assert np.all(np.linalg.eigvalsh(found.covariance(0.3)) > 0)


def test_study_power_says_it_in_words(demo):
    found = study_power(demo, ("people", "service"), 0.3, units=60)
    assert 0.4 < found.power < 0.75
    assert found.needed is not None
    assert 80 < found.needed < 180
    assert found.df == 41
    assert "A link from people to service of 0.30 between 60 units" in found.words


def test_units_of_rows_that_are_units_have_no_sampling_error(nyc_study):
    found = design(wb.open_study(nyc_study.path), "people", "service")
    assert not found.within.any()
    assert (found.respondents == 1).all()


def test_from_the_command_line(capsys, monkeypatch):
    from workbench.cli import main

    command = ["power", str(ROOT / "data" / "demo"), "--units", "60", "--json"]
    monkeypatch.setattr("sys.argv", ["workbench", *command, "--link", "service:trust"])
    with pytest.raises(SystemExit, match="0"):
        main()
    found = json.loads(capsys.readouterr().out)
    assert (found["source"], found["target"], found["units"]) == ("service", "trust", 60)
    monkeypatch.setattr("sys.argv", ["workbench", *command, "--link", "service"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "write people:service" in capsys.readouterr().err


def test_bad_input(demo, plan):
    with pytest.raises(UnknownNameError, match="Did you mean 'people'"):
        study_power(demo, ("peple", "service"))
    with pytest.raises(ChainError, match="given twice"):
        study_power(demo, ("people", "people"))
    with pytest.raises(ChainError, match=r"1\.2 does not"):
        link_power(plan, 1.2, 50)
    with pytest.raises(ChainError, match="5 units are too few"):
        link_power(plan, 0.3, 5)
    with pytest.raises(ChainError, match=r"0\.5 respondents"):
        link_power(plan, 0.3, 50, respondents=0.5)
    with pytest.raises(ChainError, match="two RMSEA that differ"):
        rmsea_power(0.05, 0.05, 10, 100)
