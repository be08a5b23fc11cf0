"""The priority map and the scorecard."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench import drivers
from workbench.chain import ChainStudy
from workbench.drivers.priorities import against_others
from workbench.errors import DriversError, StudyError, UnknownNameError
from workbench.interpretation import Advice, Comparison

Drawn = Callable[..., ChainStudy]
NAMES = ["speed", "fair", "honest"]


def test_a_value_is_compared_with_the_mean_of_the_others() -> None:
    """By Welch's test of a value against the mean of two others, with the value's own freedom."""
    value, error, freedom = np.array([50.0, 60.0, 64.0]), np.array([1.0, 2.0, 4.0]), np.full(3, 9.0)
    found = against_others(value, error, freedom)
    first = found.iloc[0]
    assert first["others"] == 62.0
    half = 2.262157 * np.sqrt(1 + (4 + 16) / 4)  # qt(.975, 9) in R
    assert first["difference"] == -12.0
    assert first["difference_lower"] == pytest.approx(-12 - half, abs=1e-5)
    assert found["comparison"].tolist() == ["below", "alike", "alike"]
    lone = against_others(value[:1], error[:1], freedom[:1])
    assert lone["comparison"].tolist() == ["unknown"]
    assert lone["difference"].isna().all()
    unsure = against_others(value, np.array([1.0, np.nan, 4.0]), freedom)
    assert unsure["comparison"].tolist()[1] == "unknown"
    assert unsure.loc[0, "others"] == 64.0


def test_an_organisation_no_different_from_the_rest_is_not_below_it() -> None:
    """81 against 83, third or so of seven, from three units each."""
    value = np.array([83.0, 81.0, 84.0, 82.0, 83.0, 80.5, 85.0])
    found = against_others(value, np.full(7, 2.0), np.full(7, 2.0))
    assert (found["comparison"] == Comparison.ALIKE).all()


@pytest.mark.parametrize("units", [3, 40])
def test_organisations_that_are_alike_are_seldom_told_apart(units: int) -> None:
    rng = np.random.default_rng(units)
    called = 0
    for _ in range(200):
        sample = rng.normal(70, 8, size=(8, units))
        error = sample.std(axis=1, ddof=1) / np.sqrt(units)
        found = against_others(sample.mean(axis=1), error, np.full(8, units - 1.0))
        called += found["comparison"].isin(["above", "below"]).any()
    assert called <= 20  # of 200 at 5 %, more has a chance of .1 %
    clear = np.concatenate([rng.normal(70, 8, size=(7, 40)), rng.normal(55, 8, size=(1, 40))])
    error = clear.std(axis=1, ddof=1) / np.sqrt(40)
    assert (
        against_others(clear.mean(axis=1), error, np.full(8, 39.0))["comparison"].iloc[7] == "below"
    )


def assert_sound(frame: pd.DataFrame) -> None:
    """No advice contradicts the numbers beside it."""
    for row in frame.itertuples():
        if row.advice in (Advice.IMPROVE, Advice.KEEP):
            assert row.link_lower > 0
            assert row.importance_lower > row.importance_mean
        if row.advice in (Advice.WATCH, Advice.LEAVE):
            assert row.importance_upper < row.importance_mean
        if row.advice in (Advice.IMPROVE, Advice.WATCH):
            assert row.difference_upper < 0
            assert row.performance < row.others
        if row.advice in (Advice.KEEP, Advice.LEAVE):
            assert row.difference_lower > 0
        assert row.advice in list(Advice)


@pytest.mark.parametrize("seed", range(5))
def test_no_advice_contradicts_its_numbers(drawn: Drawn, seed: int) -> None:
    """Random links of both signs, levels of organisations and sizes."""
    rng = np.random.default_rng(seed)
    units = int(rng.integers(4, 40))
    unit = np.repeat(np.arange(units), 10)
    place = unit % 3
    drivers_ = 55 + rng.normal(0, 12, size=(len(unit), 3)) + rng.normal(0, 8, size=(3, 3))[place]
    outcome = 50 + (drivers_ - 55) @ rng.uniform(-0.8, 0.8, size=3) + rng.normal(0, 10, len(unit))
    answers = pd.DataFrame(np.clip(np.column_stack([outcome, drivers_]).round(), 0, 100))
    answers.columns = pd.Index(["overall", "speed", "fair", "honest"])
    answers = answers.assign(
        organisation=np.array(["A", "B", "C"])[place],
        unit=[f"u{number}" for number in unit],
        channel="web",
        same=70,
    )
    study = drawn(answers)
    found = drivers.importance(study, "service", NAMES, replicates=60)
    each = drivers.priority_map(study, "service", by=("organisation",), found=found)
    together = drivers.priority_map(study, "service", found=found)
    negative = set(found.frame.loc[found.frame["correlation_upper"] < 0, "driver"])
    for mapped in (each, together):
        assert_sound(mapped.frame)
        assert set(mapped.frame.loc[mapped.frame["driver"].isin(negative), "advice"]) <= {
            Advice.NEGATIVE
        }
    for group in each.groups:
        own = each.of(*group)
        told = own.words()
        advised = own.frame.set_index("label")["advice"].isin([Advice.IMPROVE, Advice.KEEP])
        assert all((label in told) == clear for label, clear in advised.items())


def test_a_driver_of_which_more_goes_with_less_is_not_improved(
    drawn: Drawn, drawn_answers: pd.DataFrame
) -> None:
    """Speed goes with less, is by far the most important, and is low in A."""
    turned = drawn_answers.assign(speed=100 - drawn_answers["speed"])
    turned["speed"] -= np.where(turned["organisation"] == "A", 20, 0)
    study = drawn(turned)
    found = drivers.priority_map(
        study, "service", ["speed", "fair"], organisation="A", replicates=50
    )
    row = found.frame.set_index("driver").loc["speed"]
    assert row["importance_lower"] > row["importance_mean"]
    assert row["comparison"] == "below"
    assert row["advice"] == Advice.NEGATIVE
    assert "speed" not in found.words().lower()


def test_map_of_all_together(drawn: Drawn, drawn_answers: pd.DataFrame) -> None:
    found = drivers.priority_map(drawn(), "service", ["speed", "fair"], replicates=50)
    frame = found.frame.set_index("driver")
    assert frame["importance"].sum() == pytest.approx(100)
    assert frame.at["speed", "performance"] == pytest.approx(drawn_answers["speed"].mean())
    assert frame.at["speed", "n"] == 600
    assert frame.at["speed", "others"] == pytest.approx(frame.at["fair", "performance"])
    assert set(frame["advice"]) == {Advice.ALIKE}  # both were drawn around 50
    assert "no driver stands out to improve first" in found.words()
    html = found._repr_html_()
    assert "Against the other drivers" in html
    assert len(found.figure().html.encode()) < 15_000


def test_the_map_draws_intervals_and_rings_where_there_is_no_advice(
    drawn: Drawn, drawn_answers: pd.DataFrame
) -> None:
    low = drawn_answers.assign(speed=drawn_answers["speed"] - 20)
    found = drivers.priority_map(drawn(low), "service", ["speed", "fair"], replicates=50)
    advice = found.frame.set_index("driver")["advice"]
    assert advice.to_dict() == {"speed": Advice.IMPROVE, "fair": Advice.LEAVE}
    html = found.figure().html
    assert html.count("<circle") == 2
    assert "No advice; the table says why" not in html
    unclear = drivers.priority_map(drawn(), "service", ["speed", "fair"], replicates=50)
    assert unclear.figure().html.count("<circle") == 3
    assert "No advice; the table says why" in unclear.figure().html


def test_one_driver_has_no_priority(drawn: Drawn) -> None:
    found = drivers.priority_map(drawn(), "service", ["speed"], by=("organisation",), replicates=50)
    assert set(found.frame["advice"]) == {Advice.ONLY}
    words = found.of("A").words()
    assert "is the only driver of Service here" in words
    assert "keep up" not in words
    assert "improve first" not in words


def test_performance_of_one_organisation_importance_of_all(
    drawn: Drawn, drawn_answers: pd.DataFrame
) -> None:
    study = drawn()
    whole = drivers.priority_map(study, "service", ["speed", "fair"], replicates=50)
    own = drivers.priority_map(study, "service", ["speed", "fair"], organisation="A", replicates=50)
    pd.testing.assert_series_equal(whole.frame["importance"], own.frame["importance"])
    of_a = drawn_answers.loc[drawn_answers["organisation"] == "A", "speed"].mean()
    assert own.frame.set_index("driver").at["speed", "performance"] == pytest.approx(of_a)
    both = drivers.priority_map(
        study, "service", ["speed", "fair"], by=("organisation",), replicates=50
    )
    assert both.groups == [("A",), ("B",)]
    same = both.of("A").frame.set_index("driver")["performance"]
    pd.testing.assert_series_equal(same, own.frame.set_index("driver")["performance"])
    with pytest.raises(UnknownNameError, match="no organisation 'C'"):
        both.of("C")
    with pytest.raises(DriversError, match="choose one with"):
        both.figure()


def test_what_matters_differs_by_channel(drawn: Drawn) -> None:
    found = drivers.priority_map(
        drawn(), "service", ["speed", "fair"], by=("channel",), replicates=50
    )
    first = {name: found.of(name).frame["driver"].iloc[0] for (name,) in found.groups}
    assert first == {"counter": "fair", "web": "speed"}
    web = found.of("web").frame.set_index("driver")["importance"]
    counter = found.of("counter").frame.set_index("driver")["importance"]
    assert web["speed"] > 85
    assert counter["fair"] > 60


def test_channels_need_those_who_used_them(drawn: Drawn) -> None:
    with pytest.raises(DriversError, match="have no channel"):
        drivers.priority_map(drawn(), "service", ["people", "speed"], by=("channel",))
    with pytest.raises(DriversError, match="name the drivers"):
        drivers.priority_map(drawn(), "service", by=("channel",))


def test_those_who_have_none_to_be_compared_with_do_not_count_for_a_channel(
    drawn: Drawn, drawn_answers: pd.DataFrame
) -> None:
    """Of 35 by mail 20 are the only ones of their organisation who used it."""
    table = drawn_answers.copy()
    table.loc[table.index[:15], "channel"] = "mail"
    alone = table.index[15:35]
    table.loc[alone, "channel"] = "mail"
    table.loc[alone, "organisation"] = [f"office {number}" for number in range(20)]
    other = table.loc[alone].assign(channel="web")
    found = drivers.priority_map(
        drawn(pd.concat([table, other])), "service", ["speed", "fair"], by=("channel",),
        replicates=50,
    )  # fmt: skip
    assert "mail" not in set(found.frame["channel"])
    assert "mail: too few respondents for an analysis." in found.remarks


def test_the_table_says_what_a_performance_is_based_on(drawn: Drawn) -> None:
    mapped = drivers.priority_map(drawn(), "service", ["speed", "fair"], replicates=20)
    assert set(mapped.frame["level"]) == {"respondents"}
    n = int(mapped.frame["n"].iloc[0])
    assert (">Respondents</th>" in mapped.table().html, f">{n}</td>" in mapped.table().html) == (
        True,
        True,
    )
    units = replace(mapped, frame=mapped.frame.assign(level="units", n=12))
    assert ">Units</th>" in units.table().html
    both = replace(mapped, frame=mapped.frame.assign(level=["units", "respondents"], n=[12, 34]))
    table = both.table().html
    assert ">Based on</th>" in table
    assert "12 units" in table
    assert "30 to 39 respondents" in table


@pytest.mark.parametrize("fewest", [4, 12])
def test_no_channel_is_what_the_total_less_the_others_leaves(
    drawn: Drawn, drawn_answers: pd.DataFrame, fewest: int
) -> None:
    """Four people came by fax: with the counter and the web told, all less these are the four."""
    table = drawn_answers.copy()
    table.loc[table.index[:fewest], "channel"] = "fax"
    table.loc[table.index[fewest : fewest + 60], "channel"] = "mail"
    asked = {"by": ("channel",), "replicates": 50}
    found = drivers.priority_map(drawn(table), "service", ["speed", "fair"], **asked)
    told = {name for (name,) in found.groups}
    # Twelve are too few for an analysis and enough to be left over.
    assert told == ({"counter", "web"} if fewest == 4 else {"counter", "mail", "web"})
    total = drivers.priority_map(drawn(table), "service", ["speed", "fair"], replicates=50).frame
    for driver, every in zip(total["driver"], total["n"], strict=True):
        left = every - found.frame.loc[found.frame["driver"] == driver, "n"].sum()
        assert left == 0 or left >= 10


def test_small_groups_are_left_out_and_counted(drawn: Drawn, drawn_answers: pd.DataFrame) -> None:
    few = drawn_answers.copy()
    few.loc[:4, "organisation"] = "Tiny"
    found = drivers.priority_map(
        drawn(few), "service", ["speed", "fair"], by=("organisation",), replicates=20
    )
    assert found.groups == [("A",), ("B",)]
    assert any("fewer than 10 people" in note and "1 group" in note for note in found.notes)


def test_a_study_that_names_no_roles_has_none(drawn: Drawn) -> None:
    study = drawn()
    matters = drivers.importance(study, "service", NAMES, replicates=20)
    found = drivers.scorecard(study, "service", found=matters)
    assert found.roles == []
    assert found.frame.empty


def test_scorecard_of_the_demo(demo: ChainStudy) -> None:
    found = drivers.scorecard(demo, "trust")
    assert found.roles == ["senior leader", "manager", "front-line team"]
    front = found.frame[found.frame["role"] == "front-line team"]
    assert "information" in set(front["driver"])
    assert front["performance"].between(0, 100).all()
    assert front["pass_through"].notna().all()


def test_scorecard_of_the_study(drawn: Drawn) -> None:
    study = drawn(scorecard="driver,role\nspeed,duty officer\nfair,duty officer\nfair,trainer\n")
    matters = drivers.importance(study, "service", NAMES, replicates=20)
    found = drivers.scorecard(study, "service", found=matters)
    assert found.roles == ["duty officer", "trainer"]
    assert found.frame.loc[found.frame["role"] == "trainer", "driver"].tolist() == ["fair"]
    assert found.unassigned == ("honest",)
    assert "Without a responsible role: honest." in found._repr_html_()
    assert "without an interval" not in found._repr_html_()


def test_a_performance_without_an_interval_says_why(drawn: Drawn) -> None:
    study = drawn(scorecard="driver,role\nspeed,duty officer\n")
    unit = study.answers(study.codebook.source_of("service"))["unit"].iloc[0]
    alone = study.keeping(lambda _, answers: answers["unit"] == unit)
    matters = drivers.importance(study, "service", ["speed", "fair"], replicates=20)
    found = drivers.scorecard(alone, "service", found=matters)
    assert found.frame["performance_lower"].isna().all()
    assert "A performance has no interval if it comes from one unit" in found._repr_html_()


def test_faults_of_a_scorecard_are_listed_with_their_rows(drawn: Drawn) -> None:
    study = drawn(scorecard="driver,role\nspede,duty officer\nfair,\n")
    matters = drivers.importance(study, "service", ["speed"], replicates=20)
    with pytest.raises(StudyError) as caught:
        drivers.scorecard(study, "service", found=matters)
    assert "Row 2" in str(caught.value)
    assert "Did you mean 'speed'" in str(caught.value)
    assert "Row 3: the driver 'fair' has no role" in str(caught.value)
    study = drawn(scorecard="driver,rule\nspeed,x\n")
    with pytest.raises(StudyError, match="column 'role' is missing"):
        drivers.scorecard(study, "service", found=matters)


def test_a_map_of_one_driver_says_why_nothing_is_drawn(drawn: Drawn) -> None:
    found = drivers.priority_map(drawn(), "service", ["speed"], replicates=50)
    assert "Speed is the only driver of Service here" in found.figure().html
    assert "<svg" not in found._repr_html_()
    assert "<table" in found._repr_html_()


def test_a_total_effect_that_may_be_anything_is_not_told(demo: ChainStudy) -> None:
    """A model with hardly any information gave 16.22 (−680 to 712) points per point."""
    found = drivers.importance(demo, "service", chain="citizens-first", replicates=20)
    ends = {"pass_through": 16.22, "pass_through_lower": -680.0, "pass_through_upper": 712.0}
    wild = replace(found, frame=found.frame.assign(**ends))
    told = drivers.scorecard(demo, "service", found=wild).table().html
    assert "16.22" not in told
    assert "[u]" in told
    assert "[u]" not in drivers.scorecard(demo, "service", found=found).table().html
