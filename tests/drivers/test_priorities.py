"""The priority map and the scorecard."""

from collections.abc import Callable

import pandas as pd
import pytest

from workbench import drivers
from workbench.chain import ChainStudy
from workbench.drivers.priorities import DEFAULT_ROLES, IMPROVE, KEEP, LEAVE, ONLY, WATCH, quadrant
from workbench.exceptions import DriversError, StudyError, UnknownNameError

Drawn = Callable[..., ChainStudy]
NAMES = ["speed", "fair", "honest"]


def test_quadrants_are_named_by_the_means() -> None:
    cut = (30.0, 60.0)
    assert quadrant(40, 50, cut) == IMPROVE
    assert quadrant(40, 70, cut) == KEEP
    assert quadrant(20, 50, cut) == WATCH
    assert quadrant(20, 70, cut) == LEAVE


def test_map_of_all_together(drawn: Drawn, drawn_answers: pd.DataFrame) -> None:
    found = drivers.priority_map(drawn(), "service", ["speed", "fair"], replicates=50)
    frame = found.frame.set_index("driver")
    assert frame["importance"].sum() == pytest.approx(100)
    assert frame.at["speed", "performance"] == pytest.approx(drawn_answers["speed"].mean())
    assert frame.at["speed", "n"] == 600
    assert frame.at["speed", "quadrant"] in (IMPROVE, KEEP)
    assert frame.at["fair", "quadrant"] in (WATCH, LEAVE)
    html = found._repr_html_()
    assert "improve first" in html
    assert len(found.figure().html.encode()) < 15_000


def test_one_driver_has_no_priority(drawn: Drawn) -> None:
    found = drivers.priority_map(drawn(), "service", ["speed"], by=("organisation",), replicates=50)
    assert set(found.frame["quadrant"]) == {ONLY}
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
    assert first == {"counter": "fair", "web": "speed"} or first["web"] == "speed"
    web = found.of("web").frame.set_index("driver")["importance"]
    counter = found.of("counter").frame.set_index("driver")["importance"]
    assert web["speed"] > 85
    assert counter["fair"] > 60


def test_channels_need_those_who_used_them(drawn: Drawn) -> None:
    with pytest.raises(DriversError, match="have no channel"):
        drivers.priority_map(drawn(), "service", ["people", "speed"], by=("channel",))
    with pytest.raises(DriversError, match="name the drivers"):
        drivers.priority_map(drawn(), "service", by=("channel",))


def test_small_groups_are_left_out_and_counted(drawn: Drawn, drawn_answers: pd.DataFrame) -> None:
    few = drawn_answers.copy()
    few.loc[:4, "organisation"] = "Tiny"
    found = drivers.priority_map(
        drawn(few), "service", ["speed", "fair"], by=("organisation",), replicates=20
    )
    assert found.groups == [("A",), ("B",)]
    assert any("fewer than 10 people" in note and "1 group" in note for note in found.notes)


def test_default_roles_name_constructs_once_each() -> None:
    table = pd.read_csv(DEFAULT_ROLES)
    assert table.columns.tolist() == ["driver", "role"]
    assert set(table["role"]) == {"senior leader", "manager", "front-line team"}
    assert not table.duplicated().any()


def test_scorecard_by_the_packaged_list(demo: ChainStudy) -> None:
    found = drivers.scorecard(demo, "trust")
    assert found.roles == ["senior leader", "manager", "front-line team"]
    front = found.frame[found.frame["role"] == "front-line team"]
    assert "service" in set(front["driver"])
    assert front["performance"].between(0, 100).all()
    assert front["pass_through"].notna().all()


def test_scorecard_of_the_study(drawn: Drawn) -> None:
    study = drawn(scorecard="driver,role\nspeed,duty officer\nfair,duty officer\nfair,trainer\n")
    matters = drivers.importance(study, "service", NAMES, replicates=20)
    found = drivers.scorecard(study, "service", found=matters)
    assert found.roles == ["duty officer", "trainer"]
    assert found.frame.loc[found.frame["role"] == "trainer", "driver"].tolist() == ["fair"]
    assert found.unassigned == ("honest",)
    assert "Given to no role: honest." in found._repr_html_()
    assert "without an interval" not in found._repr_html_()


def test_a_performance_without_an_interval_says_why(drawn: Drawn) -> None:
    study = drawn(scorecard="driver,role\nspeed,duty officer\n")
    unit = study.answers(study.codebook.source_of("service"))["unit"].iloc[0]
    alone = study.keeping(lambda _, answers: answers["unit"] == unit)
    matters = drivers.importance(study, "service", ["speed", "fair"], replicates=20)
    found = drivers.scorecard(alone, "service", found=matters)
    assert found.frame["performance_lower"].isna().all()
    assert "A performance without an interval comes from one unit" in found._repr_html_()


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
