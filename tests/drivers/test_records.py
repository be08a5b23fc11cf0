"""Numbers from records: in their own units, beside targets, and what they go with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench import drivers
from workbench.chain import ChainStudy
from workbench.drivers.records import calibrated, count_slopes, linear_slopes
from workbench.errors import DriversError, StudyError
from workbench.interpretation.languages import using_language
from workbench.reports import records
from workbench.reports.disclosure import coverage
from workbench.study.measures import Measure, read_measure

REFERENCE = Path(__file__).parents[1] / "reference" / "drivers"
PER_POINT = -0.02  # of the logarithms: 18% less where people is 10 points higher
DAYS_PER_POINT = -0.5

ITEMS = {
    "days": {"low": 1, "high": 900, "unit": "days", "target": "<= 20", "shape": "log"},
    "filed": {"low": 0, "high": 9000, "unit": "letters", "shape": "count", "exposure": "100 cases"},
    "hours": {"low": -100, "high": 200, "unit": "hours", "target": ">= 30"},
    "later": {"low": 1, "high": 900, "unit": "days", "shape": "log", "lag": "1"},
}


def draw(units: int = 400, people: int = 6, seed: int = 2) -> dict[str, pd.DataFrame]:
    """Offices of four organisations in two waves, of which records know four numbers.

    What the people of an office have in common sets its numbers; few of them are asked, so that
    the mean of their answers is off by as much as offices differ.
    """
    rng = np.random.default_rng(seed)
    true = {wave: rng.normal(60, 8, units) for wave in ("2025", "2026")}
    place = [(f"Org {unit % 4}", f"u{unit}") for unit in range(units)]
    asked, kept = [], []
    for wave, level in true.items():
        for (organisation, unit), own in zip(place, level, strict=True):
            answers = np.clip(
                own + rng.normal(0, 20, (people, 1)) + rng.normal(0, 8, (people, 2)), 0, 100
            )
            asked += [(organisation, unit, wave, *row) for row in answers.round(2)]
        cases = rng.integers(200, 900, units)
        apart = np.array([0.3 * (unit % 4) for unit in range(units)])
        about = level - 60
        days = np.exp(3 + apart + PER_POINT * about + rng.normal(0, 0.3, units))
        filed = rng.poisson(
            cases * np.exp(-3.5 + apart + PER_POINT * about + rng.normal(0, 0.3, units))
        )
        hours = 40 + 10 * apart + DAYS_PER_POINT * about + rng.normal(0, 5, units)
        later = np.exp(3 + PER_POINT * (true["2025"] - 60) + rng.normal(0, 0.3, units))
        kept += [
            (*place[unit], wave, cases[unit], days[unit], filed[unit], hours[unit], later[unit])
            for unit in range(units)
        ]
    keys = ["organisation", "unit", "wave"]
    return {
        "staff": pd.DataFrame(asked, columns=[*keys, "p1", "p2"]),
        "records": pd.DataFrame(kept, columns=[*keys, "cases", *ITEMS]).round(3),
    }


def write(folder: Path, tables: dict[str, pd.DataFrame], **changed: dict[str, object]) -> Path:
    return write_study(
        folder,
        tables,
        {"staff": {"people": ["p1", "p2"]}, "records": {name: [name] for name in ITEMS}},
        scale=(0, 100),
        settings={"drivers.conditions": ["people"]},
        sources={"records": {"rows": "units"}},
        items={name: cells | changed.get(name, {}) for name, cells in ITEMS.items()},
    )


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> ChainStudy:
    return wb.open_study(write(tmp_path_factory.mktemp("records") / "offices", draw()))


@pytest.mark.parametrize(
    ("item", "per_point"),
    [("days", PER_POINT), ("filed", PER_POINT), ("later", PER_POINT), ("hours", DAYS_PER_POINT)],
)
def test_the_true_difference_is_found_though_few_people_were_asked(
    offices: ChainStudy, item: str, per_point: float
) -> None:
    found = drivers.goes_with(offices, item, "people", replicates=300)
    assert found.lower < per_point < found.upper
    assert found.slope == pytest.approx(per_point, rel=0.25)
    assert found.upper < 0


def test_without_the_correction_the_difference_would_be_halved(offices: ChainStudy) -> None:
    staff = offices.answers("staff")
    staff = staff[staff["wave"] == "2026"]
    mean = staff.groupby("unit")[["p1", "p2"]].mean().mean(axis=1)
    kept = offices.answers("records")
    kept = kept[kept["wave"] == "2026"].set_index("unit")
    group = kept["organisation"].cat.codes.to_numpy(np.intp)
    once = np.ones((1, len(kept)))
    [naive] = linear_slopes(kept["days"].to_numpy(), mean[kept.index].to_numpy()[None], group, once)
    assert naive > 0.6 * PER_POINT


def test_differences_are_told_in_percent_and_in_the_unit(offices: ChainStudy) -> None:
    found = drivers.goes_with(offices, "days", "people", replicates=100)
    value, lower, upper = found.difference()
    assert value == pytest.approx(100 * np.expm1(10 * found.slope))
    assert lower < value < upper < 0
    assert found.instead() == pytest.approx(found.typical * (1 + value / 100))
    amount = drivers.goes_with(offices, "hours", "people", replicates=100)
    assert amount.difference()[0] == pytest.approx(10 * amount.slope)
    assert amount.instead() == pytest.approx(amount.typical + 10 * amount.slope)


def test_slopes_are_those_of_r() -> None:
    rows = pd.read_csv(REFERENCE / "records.csv")
    expected = pd.read_csv(REFERENCE / "records-expected.csv", keep_default_na=False)
    slope = dict(zip(expected["shape"], expected["slope"].astype(float), strict=True))
    once = np.ones((1, len(rows)))
    group, x = rows["group"].to_numpy(np.intp), rows["x"].to_numpy()[None]
    amount, count = rows["amount"].to_numpy(), rows["count"].to_numpy(float)
    assert linear_slopes(amount, x, group, once) == pytest.approx(slope[""], rel=1e-9)
    assert linear_slopes(np.log(amount), x, group, once) == pytest.approx(slope["log"], rel=1e-9)
    exposure = rows["exposure"].to_numpy(float)
    found = count_slopes(count, exposure, x - 60, group, once)
    assert found == pytest.approx(slope["count"], rel=1e-7)


def test_calibration_shrinks_by_each_units_own_error() -> None:
    rng = np.random.default_rng(1)
    x, group = rng.normal(0, 3, 4000), np.arange(4000) % 4
    error = np.where(np.arange(4000) < 2000, 0.0, 5.0)
    noisy = x + rng.normal(0, np.sqrt(error))
    expected, true = calibrated(noisy, error, group, np.ones((1, 4000)))
    assert true[0] == pytest.approx(9, rel=0.05)
    apart = noisy - np.array([noisy[group == g].mean() for g in range(4)])[group]
    np.testing.assert_allclose(expected[0, :2000], apart[:2000])
    np.testing.assert_allclose(expected[0, 2000:], apart[2000:] * true[0] / (true[0] + 5))


def test_levels_are_in_the_unit(offices: ChainStudy) -> None:
    kept = draw()["records"]
    kept = kept[(kept["wave"] == "2026") & (kept["organisation"] == "Org 1")]
    table = drivers.record_levels(offices)
    own = table[(table["wave"] == "2026") & (table["organisation"] == "Org 1")].set_index("item")
    assert own.at["days", "value"] == pytest.approx(np.exp(np.log(kept["days"]).mean()))
    assert own.at["hours", "value"] == pytest.approx(kept["hours"].mean())
    rate = 100 * kept["filed"].sum() / kept["cases"].sum()
    assert own.at["filed", "value"] == pytest.approx(rate)
    assert own.at["filed", "lower"] < rate < own.at["filed", "upper"]
    assert own.at["days", "met"] == (kept["days"] <= 20).sum()
    assert own.at["hours", "met"] == (kept["hours"] >= 30).sum()
    assert np.isnan(own.at["filed", "met"])


def test_a_turned_amount_keeps_its_unit(tmp_path: Path) -> None:
    tables = draw(units=40)
    straight = wb.open_study(write(tmp_path / "straight", tables))
    turned = wb.open_study(write(tmp_path / "turned", tables, days={"reversed": "yes"}))
    one, other = (drivers.record_levels(study, ["days"]) for study in (straight, turned))
    pd.testing.assert_frame_equal(one, other)
    scores = [study.answers("records")["days"].sum() for study in (straight, turned)]
    assert scores[0] != pytest.approx(scores[1])


def test_pages_tell_units_targets_and_differences(offices: ChainStudy) -> None:
    cover = coverage(offices)
    html = records.study_section(offices, cover, "2026").html
    assert "people" in offices.codebook.constructs
    assert "days (geometric mean), from 400 units." in html
    assert "letters per 100 cases" in html
    assert "Where Engagement is 10 points higher, Days is" in html
    assert "Where Engagement was 10 points higher 1 wave before, Later is" in html
    assert ">target" in html
    assert "points (" not in html
    levels = records.levels_told(offices, cover, "2026")
    own = records.organisation_section(offices, levels, "2026", "Org 1").html
    assert "at most 20" in own
    assert "of 100" in own
    with using_language("fr"):
        assert "au plus 20" in records.organisation_section(offices, levels, "2026", "Org 1").html


def test_records_are_hidden_where_answers_of_people_are(offices: ChainStudy) -> None:
    cover = coverage(offices)
    hidden = cover.assign(
        shown=cover["shown"] & ~((cover["organisation"] == "Org 1") & (cover["source"] == "staff"))
    )
    levels = records.levels_told(offices, hidden, "2026")
    assert records.organisation_section(offices, levels, "2026", "Org 1").html == ""
    html = records.study_section(offices, hidden, "2026").html
    assert "Org 1" not in html
    assert "from 300 units" in html


@pytest.mark.parametrize(
    ("item", "cells", "says"),
    [
        ("days", {"target": "<= 2000"}, "off the scale of 1 to 900; write it in days"),
        ("days", {"target": "20"}, "target is '20'; write <= 20 for at most 20"),
        ("days", {"low": 0}, "low is 0 and shape is log; amounts under log are above 0"),
        ("days", {"shape": "skewed"}, "shape is 'skewed'; write log for a skewed amount"),
        ("days", {"unit": ""}, "target is '<= 20' and unit is empty; write what the numbers are"),
        ("days", {"exposure": "cases"}, "exposure is 'cases'; it is for shape count"),
        ("filed", {"low": -1}, "low is -1 and shape is count; counts begin at 0"),
        ("later", {"lag": "-1"}, "lag is '-1'; write a whole number of waves"),
    ],
)
def test_a_codebook_that_cannot_be_is_refused(
    tmp_path: Path, item: str, cells: dict[str, object], says: str
) -> None:
    path = write(tmp_path / "offices", draw(units=8), **{item: cells})
    with pytest.raises(StudyError) as refused:
        wb.open_study(path)
    assert says in str(refused.value)
    assert f"item {item!r}: " in str(refused.value)


def test_cells_that_cannot_be_are_set_aside_and_told(tmp_path: Path) -> None:
    tables = draw(units=40)
    tables["records"].loc[0, "days"] = -3.0
    tables["records"]["filed"] = tables["records"]["filed"].astype(float)
    tables["records"].loc[1, "filed"] = 2.5
    tables["records"].loc[2, "cases"] = 0
    study = wb.open_study(write(tmp_path / "offices", tables))
    told = [f"{one.cause} {one.advice}" for one in study.check()]
    assert any("-3" in one and "off the scale of 1 to 900" in one for one in told)
    assert any("2.5, which is no whole number (row 3)" in one for one in told)
    assert any("no number above 0 beside a count of 'filed'" in one for one in told)
    aside = study.set_aside.set_index("reason")["item"].to_dict()
    assert aside["not a whole number"] == "filed"
    assert aside["no exposure above 0"] == "filed"
    assert study.answers("records")["filed"].isna().sum() == 2


def test_a_unit_of_people_is_refused(tmp_path: Path) -> None:
    path = write_study(
        tmp_path / "people",
        {"staff": draw(units=8)["staff"]},
        {"staff": {"people": ["p1", "p2"]}},
        scale=(0, 100),
        items={"p1": {"unit": "days"}},
    )
    with pytest.raises(StudyError, match="item 'p1' has a unit of its own, which is for records"):
        wb.open_study(path)


def test_an_exposure_that_is_not_in_the_file_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "offices", draw(units=8), filed={"exposure": "case"})
    with pytest.raises(StudyError, match=r"'case' named as the exposure of 'filed'.*'cases'"):
        wb.open_study(path).answers("records")


def test_what_cannot_be_told_is_said(offices: ChainStudy) -> None:
    with pytest.raises(DriversError, match="none so early; choose a later wave"):
        drivers.goes_with(offices, "later", "people", wave="2025")
    with pytest.raises(DriversError, match="'p1' no unit of its own"):
        drivers.goes_with(offices, "p1", "people")
    few = offices.keeping(lambda _, answers: answers["unit"].isin(["u1", "u5", "u9"]))
    with pytest.raises(DriversError, match="Only 3 units have both"):
        drivers.goes_with(few, "days", "people")


def test_a_measure_reads_what_is_written() -> None:
    found = read_measure({"unit": "letters", "shape": "count", "exposure": "1000 cases"}, 0, 50)
    assert found == Measure("letters", 0, 50, shape="count", exposure="cases", per=1000)
    assert read_measure({}, 1, 5) is None
    assert read_measure({"unit": "%", "target": "≥ 7,5"}, 0, 100).target == 7.5


def test_the_innovation_chain_ends_in_records_and_in_service(demo: ChainStudy) -> None:
    chain = demo.runnable_chain("innovation-chain")
    assert [c.name for c in chain.constructs] == [
        *["collaboration", "innovation", "cost", "waiting", "service", "trust"]
    ]
    links = wb.links(demo.fit(chain.name, warn=False)).set_index(["from", "to", "effect"])
    assert links.at[("innovation", "service", "direct"), "lower"] > 0
    truth = -0.25  # of innovation on cost, beside that of productivity
    of_cost = links.loc[("innovation", "cost", "direct")]
    assert of_cost["lower"] < truth < of_cost["upper"]
