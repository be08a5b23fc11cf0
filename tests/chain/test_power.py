"""Power: RMSEA-based agrees with semTools; of a link it is the share of studies whose pages show
it, by the analysis of pages itself."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study
from scipy import stats

import workbench as wb
from workbench import sem
from workbench.chain import ChainData, power
from workbench.chain.catalogue import own_chain
from workbench.chain.power import (
    Design,
    design,
    link_power,
    rmsea_power,
    rmsea_sample_size,
    study_power,
    units_needed,
)
from workbench.errors import ChainError, UnknownNameError
from workbench.reports.overall import overall_links
from workbench.study import Study
from workbench.study.level import Level

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((ROOT / "tests" / "reference" / "chain" / "power.json").read_text())


def planned(organisations: int, units: int, spread: float = 0.0, own: float = 0.05) -> Design:
    """Means of 20 respondents with ICC .3, units spread evenly over organisations."""
    within = 7 / 3 * np.eye(2)
    return Design(
        "people",
        "service",
        np.arange(units) * organisations // units,
        np.tile(within / 20, (units, 1, 1)),
        np.full((units, 2), own),
        within,
        np.full(2, 20.0),
        spread,
    )


@pytest.fixture
def plan() -> Design:
    return planned(8, 80)


@pytest.fixture
def by_correlation(monkeypatch: pytest.MonkeyPatch) -> None:
    """An analysis whose power has a formula in place of that of pages: the correlation of scores
    within organisations, with Fisher's interval."""

    def analysed(studies: power._Studies, number: int) -> tuple[float, float, float]:
        scores, group = studies.scores[number], studies.organisation
        means = [np.bincount(group, own) / np.bincount(group) for own in scores.T]
        centred = scores - np.column_stack(means)[group]
        z = np.arctanh(np.corrcoef(centred.T)[0, 1])
        half = 1.959964 / np.sqrt(len(scores) - group[-1] - 3)
        return tuple(np.tanh([z, z - half, z + half]).tolist())

    monkeypatch.setattr(power, "_analysed", analysed)


@pytest.mark.parametrize(
    ("case", "expected", "rows"),
    list(zip(EXPECTED["cases"], EXPECTED["power"], EXPECTED["rows"], strict=True)),
)
def test_rmsea_power_agrees_with_semtools(case, expected, rows):
    null, alternative, df, n = case
    assert rmsea_power(null, alternative, int(df), int(n)) == pytest.approx(expected, abs=1e-8)
    assert rmsea_sample_size(null, alternative, int(df)) == rows


def with_formula(size: float, units: int, organisations: int, reliability: float) -> float:
    shift = np.arctanh(size * reliability) * np.sqrt(units - organisations - 2)
    return float(stats.norm.sf(1.96 - shift) + stats.norm.cdf(-1.96 - shift))


@pytest.mark.usefixtures("by_correlation")
def test_power_is_the_share_of_studies_in_which_the_analysis_finds_the_link(plan):
    """Errors of 7 / 3 / 20 and .05 beside 1 leave the link at .3 × .86."""
    reliability = 1 / (1 + 7 / 3 / 20 + 0.05)
    for units in (40, 80, 160):
        expected = with_formula(0.3, units, 8, reliability)
        assert link_power(plan, 0.3, units) == pytest.approx(expected, abs=0.03)
    reliability = 1 / (1 + 7 / 3 / 5 + 0.05)
    expected = with_formula(0.3, 80, 8, reliability)
    assert link_power(plan, 0.3, 80, respondents=5) == pytest.approx(expected, abs=0.03)


@pytest.mark.usefixtures("by_correlation")
def test_no_link_is_found_no_more_often_than_it_may_be(plan):
    assert link_power(plan, 0.0, 150) == pytest.approx(0.05, abs=0.025)


@pytest.mark.usefixtures("by_correlation")
def test_units_needed_give_the_power_asked_for(plan):
    reliability = 1 / (1 + 7 / 3 / 20 + 0.05)
    found = units_needed(plan, 0.4)
    assert found is not None
    assert with_formula(0.4, found, 8, reliability) == pytest.approx(0.8, abs=0.05)
    assert units_needed(plan, 0.001) is None


def test_links_that_differ_between_organisations_are_found_less_often(by_correlation):
    alike, unlike = planned(6, 60), planned(6, 60, spread=0.4)
    assert link_power(alike, 0.4, 60) > link_power(unlike, 0.4, 60) + 0.05


def test_a_study_without_a_usable_estimate_does_not_find_the_link(
    plan, monkeypatch, by_correlation
):
    whole, of_pages = link_power(plan, 0.5, 80), power._analysed
    monkeypatch.setattr(power, "_analysed", lambda s, n: of_pages(s, n) if n % 2 else None)
    assert link_power(plan, 0.5, 80) == pytest.approx(whole / 2, abs=0.03)
    monkeypatch.setattr(power, "_analysed", lambda s, n: None)
    assert link_power(plan, 0.5, 80) == 0


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory):
    return own_chain(write_chain(tmp_path_factory.mktemp("chain"), "two", ("people", "service")))


def as_data(studies: power._Studies, number: int, chain: wb.Chain) -> ChainData:
    """One simulated study as the rows of a chain, each construct with its one score."""
    units = np.arange(len(studies.organisation)).astype(str)
    keys = {"organisation": studies.organisation.astype(str), "unit": units, "wave": ""}
    frame = pd.DataFrame(keys).assign(
        p=studies.scores[number, :, 0], s=studies.scores[number, :, 1]
    )
    error = sem.ErrorCovariance(("p", "s"), studies.errors, frame[list(keys)])
    return ChainData(chain, {"people": ["p"], "service": ["s"]}, Level.UNITS, frame, error)


@pytest.mark.parametrize(
    ("organisations", "units", "basis"), [(8, 60, "the mean"), (4, 16, "the same in"), (1, 40, "")]
)
def test_the_analysis_is_that_of_pages(two, organisations, units, basis):
    studies = power._simulated(planned(organisations, 80, 0.1), 0.6, units, None, 3, seed=5)
    data = as_data(studies, 2, two)
    shown = overall_links(data, sorted(set(data.frame["organisation"])))
    assert basis in shown.basis
    expected = shown.links.iloc[0][["strength", "lower", "upper"]].to_numpy(float)
    np.testing.assert_allclose(power._analysed(studies, 2), expected, atol=1e-5)


def test_a_study_of_another_size_keeps_the_organisations_shares():
    plan = planned(4, 40)
    organisation, errors = plan.sized(100)
    assert np.bincount(organisation).tolist() == [25, 25, 25, 25]
    assert errors.shape == (100, 2, 2)
    np.testing.assert_allclose(np.diagonal(errors, axis1=1, axis2=2), 7 / 3 / 20 + 0.05)
    organisation, _ = plan.sized(6)
    assert np.bincount(organisation).tolist() == [2, 2]  # two others are left with one unit each
    _, errors = plan.sized(40, respondents=10)
    np.testing.assert_allclose(errors[0], (7 / 3 / 10 + 0.05) * np.eye(2))


def test_one_seed_one_result(plan, by_correlation):
    assert link_power(plan, 0.3, 50, seed=7) == link_power(plan, 0.3, 50, seed=7)
    assert link_power(plan, 0.3, 50, seed=7) != link_power(plan, 0.3, 50, seed=8)


def test_the_demo_s_design_has_its_intraclass_correlation_and_group_sizes(demo):
    found = design(demo, "people", "service")
    # The construct's ICC is .3; single answers' noise, averaged over four, comes on top within.
    assert found.within[0, 0] == pytest.approx(0.7 / 0.3 / 0.9, rel=0.4)
    assert found.within[0, 1] == 0
    assert 16 < found.respondents.min() < found.respondents.max() < 23
    assert found.organisations == 12
    assert np.all(np.linalg.eigvalsh(found.sampling) > 0)
    assert (found.own >= 0).all()
    assert found.own.max() < 0.15


def test_study_power_says_it_in_words(demo, by_correlation):
    found = study_power(demo, ("people", "service"), 0.3, units=60)
    assert 0.2 < found.power < 0.6
    assert found.needed is not None
    assert found.df == 41
    assert "would detect a link from people to service whose true strength" in found.words
    assert "60 units of 18 to 20 respondents each in 12 organisations" in found.words
    assert "with a 95% interval that excludes 0" in found.words
    assert "between respondents" not in found.words
    other = replace(found, level=Level.RESPONDENTS, organisations=1)
    assert "links between respondents, but this power is for links between" in other.words
    assert "within organisations" not in other.words


def test_organisations_of_one_unit_each_are_compared_with_each_other(tmp_path):
    """As pages compare them; two organisations of which one has a single unit are one."""
    random = np.random.default_rng(3)
    values = random.integers(1, 6, (60, 3)).astype(int)
    frame = pd.DataFrame(values, columns=["s1", "s2", "t1"])
    names = [f"o{number}" for number in range(60)]

    def found(folder: str, **places: Any) -> tuple[int, int]:
        made = write_study(
            tmp_path / folder,
            {"records": frame.assign(**places)},
            {"records": {"service": ["s1", "s2"], "trust": ["t1"]}},
            settings={"minimum_count": 1},
            sources={"records": {"rows": "units"}},
        )
        plan = design(wb.open_study(made), "service", "trust")
        return plan.units, plan.organisations

    assert found("each its own", organisation=names, unit="one") == (60, 1)
    assert found("all but one in A", organisation=["A"] * 59 + ["B"], unit=names) == (59, 1)


def test_units_of_rows_that_are_units_have_no_sampling_error(nyc_study):
    found = design(wb.open_study(nyc_study.path), "people", "service")
    assert not found.sampling.any()
    assert (found.respondents == 1).all()


def test_from_the_command_line(capsys, monkeypatch, by_correlation):
    from workbench.cli.main import main

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


def without_rows(little: Study, units: int) -> wb.ChainStudy:
    """The little study with so many units in its clients' answers and an empty file of records."""
    clients = "".join(f"A,u{number},1,{1 + number % 5},3\n" for number in range(units))
    (little.path / "clients.csv").write_text(f"organisation,unit,weight,s1,s2\n{clients}")
    (little.path / "records.csv").write_text("organisation,unit,r1\n")
    return wb.open_study(little.path)


@pytest.mark.parametrize("units", [0, 1, 12])
@pytest.mark.filterwarnings("ignore:.*no unit has two answers")
def test_a_source_without_rows_has_no_power(little, units):
    with pytest.raises(ChainError, match="no organisation has two units with answers on both"):
        design(without_rows(little, units), "service", "results")
