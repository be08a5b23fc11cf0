"""Small groups: hidden where people are counted, and said where they are not."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench.measurement import distribution, indices, item_means
from workbench.reports import organisation_report
from workbench.reports.answered import answered
from workbench.reports.disclosure import (
    Spread,
    blurred,
    blurred_means,
    blurred_statistics,
    blurred_together,
    coded_answers,
    coverage,
    hidden_questions,
    hidden_reason,
    minimum_rule,
    over_waves,
    shown_only,
)
from workbench.reports.method import index_in_words, set_aside
from workbench.study import Study, open_study

NONE_HIDDEN = pd.DataFrame(columns=["organisation", "item"])
OFFICES = [  # town, office, year, people, answer
    ("A", "a1", 2022, 6, 3), ("A", "a2", 2022, 4, 5), ("A", "a1", 2023, 9, 4),
    ("B", "b1", 2022, 1, 1), ("B", "b1", 2023, "", 2), ("B", "b2", 2023, 40, 2),
]  # fmt: skip


COUNTED = {"respondents": "n"}
"""What study.toml says where the clients' table counts the people behind a unit."""


def study(
    folder: Path, clients: Mapping[str, str] = COUNTED, staff: Mapping[str, str] | None = None
) -> Study:
    """Offices with the mean of their clients; with further keys of the sources, staff if any."""
    offices = pd.DataFrame(OFFICES, columns=["town", "office", "year", "n", "q1"])
    people = pd.DataFrame({"town": "A", "office": "a1", "year": 2022, "s1": [1, 2, 3]})
    answers, constructs = {"clients": offices}, {"clients": {"service": ["q1"]}}
    if staff is not None:
        answers["staff"], constructs["staff"] = people, {"people": ["s1"]}
    write_study(
        folder,
        answers,
        constructs,
        keys={"organisation": "town", "unit": "office", "wave": "year"},
        settings={"title": "Towns", "minimum_count": 10},
        sources={"clients": {"rows": "units", **clients}, "staff": staff or {}},
    )
    return open_study(folder)


def test_people_behind_units_are_counted(tmp_path: Path) -> None:
    cover = coverage(study(tmp_path))
    rows = cover[["organisation", "wave", "respondents", "units", "shown"]]
    assert rows.to_numpy().tolist() == [
        ["A", "2022", 10, 2, True],
        ["A", "2023", 9, 1, False],
        ["B", "2022", 1, 1, False],
        ["B", "2023", 40, 2, True],
    ]


def test_a_hidden_group_is_in_no_number(tmp_path: Path) -> None:
    opened = study(tmp_path)
    shown = shown_only(opened, coverage(opened))
    table = indices(shown, ["service"], by=("wave",))
    assert table[["wave", "n", "units"]].to_numpy().tolist() == [["2022", 10, 2], ["2023", 40, 1]]
    assert item_means(shown, by=("organisation",))["n"].tolist() == [10, 40]


def test_a_unit_counts_as_often_as_it_has_people(tmp_path: Path) -> None:
    opened = study(tmp_path)
    a = indices(opened, by=("organisation", "wave")).iloc[0]
    assert a["index"] == pytest.approx((6 * 50 + 4 * 100) / 10)
    assert indices(opened, by=("wave",))["index"].iloc[0] == pytest.approx(700 / 11)


@pytest.mark.parametrize(
    ("clients", "staff", "said"),
    [
        (COUNTED, None, "averaged over units, each weighted by the number of people"),
        ({"weight": "n"}, None, "averaged over units with their weights."),
        ({}, None, "averaged over units, each counting the same. Its 95% interval allows for how"),
        ({}, {}, "over respondents, each counting the same in staff."),
        ({}, {"weight": "s1"}, "over respondents with their weights in staff. Its 95%"),
    ],
)
def test_pages_say_what_an_index_is_averaged_over(
    tmp_path: Path, clients: dict[str, str], staff: dict[str, str] | None, said: str
) -> None:
    opened = study(tmp_path, clients, staff)
    assert said in index_in_words(opened, list(opened.sources))


def test_an_interval_that_holds_the_whole_scale_is_none(tmp_path: Path) -> None:
    """Two offices of 6 and 4 people, at 50 and 100: from 1 degree of freedom anything is open."""
    found = indices(study(tmp_path)).iloc[0]
    assert (found["units"], found["index"]) == (2, 70)
    assert found["se"] > 10
    assert found[["lower", "upper"]].isna().all()


def test_without_a_count_units_are_shown_and_counted_as_units(tmp_path: Path) -> None:
    cover = coverage(study(tmp_path, {}))
    assert cover["shown"].all()
    assert (cover["respondents"] == 0).all()
    assert indices(study(tmp_path, {}), by=("wave",))["n"].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("clients", "staff", "said", "unsaid"),
    [
        (COUNTED, None, "Groups of fewer than 10 respondents are not shown", "could not"),
        (COUNTED, {}, "of fewer than 10 respondents are not shown", "could not"),
        ({}, {}, "could not be applied to the answers of clients, whose rows are units", "staff"),
        ({}, None, "are not shown could not be applied to the answers of clients", "respondents"),
    ],
)
def test_pages_say_where_small_groups_are_not_hidden(
    tmp_path: Path,
    clients: dict[str, str],
    staff: dict[str, str] | None,
    said: str,
    unsaid: str,
) -> None:
    rule = minimum_rule(study(tmp_path, clients, staff))
    assert said in rule
    assert unsaid not in rule


@pytest.mark.parametrize(("clients", "expected"), [(COUNTED, 0.5), ({}, float("nan"))])
def test_the_response_rate_of_units_is_that_of_their_people(
    tmp_path: Path, clients: dict[str, str], expected: float
) -> None:
    opened = study(tmp_path, {**clients, "invited": "asked"})
    file = tmp_path / "clients.csv"
    pd.read_csv(file).assign(asked=10).to_csv(file, index=False)
    response = answered(opened, "2022", ["service"], NONE_HIDDEN).response.set_index("organisation")
    assert response.at["A", "of_invited"] == pytest.approx(expected, nan_ok=True)


def test_a_hidden_group_s_wave_is_named_and_no_name_rewritten(tmp_path: Path) -> None:
    """Where the sentence was patched, a source whose name held its words was patched with it."""
    towns = study(tmp_path, {})
    nobody = hidden_reason(towns, "people seen in this wave", 0, "2022")
    assert nobody == "Nobody in people seen in this wave gave a usable answer in 2022."
    few = hidden_reason(towns, "clients", 3, "2022")
    assert few.startswith("Not shown for 2022: fewer than 10 people in clients answered")
    assert hidden_reason(towns, "clients", 3).startswith("Not shown: fewer than 10 people")


def asked(folder: Path, answers: pd.DataFrame) -> Study:
    """A study of people who were asked about service (twice), access and trust."""
    write_study(
        folder,
        {"clients": answers},
        {"clients": {"service": ["q1", "q2"], "access": ["t1"], "trust": ["t2"]}},
        keys={"organisation": "agency", "unit": "office"},
        settings={"title": "Agencies", "simulated": False, "minimum_count": 10},
    )
    return open_study(folder)


def people(agency: str, count: int, **given: int) -> pd.DataFrame:
    """So many people of an agency, of whom the first ones gave each answer."""
    frame = pd.DataFrame(
        {"agency": agency, "office": "o", "q1": 3, "q2": 4, "t1": 2, "t2": 4}, range(count)
    )
    for item, number in given.items():
        frame.loc[number:, item] = pd.NA
    return frame


@pytest.mark.parametrize("number", [1, 9])
def test_a_question_that_few_answered_is_in_no_number(tmp_path: Path, number: int) -> None:
    """Twelve people answered, but fewer than ten one of the questions."""
    study = asked(tmp_path, pd.concat([people("A", 12, q2=number), people("B", 30)]))
    cover = coverage(study)
    assert cover["shown"].all()
    shown = shown_only(study, cover)
    for table in (item_means(shown), distribution(shown)):
        assert set(table.loc[table["organisation"] == "A", "item"]) == {"q1", "t1", "t2"}
        assert set(table.loc[table["organisation"] == "B", "item"]) == {"q1", "q2", "t1", "t2"}
    # No total less its parts gives them away.
    total = item_means(shown, by=()).set_index("item")["n"]
    assert total.to_dict() == {"q1": 42, "q2": 30, "t1": 42, "t2": 42}
    index = indices(shown, ["service"], by=("organisation",)).set_index("organisation")
    assert index.at["A", "index"] == 50.0
    assert hidden_questions(study, cover, "").to_numpy().tolist() == [["A", "q2", "few"]]


def test_a_question_that_enough_answered_is_shown(tmp_path: Path) -> None:
    study = asked(tmp_path, pd.concat([people("A", 12, q2=10), people("B", 30)]))
    cover = coverage(study)
    table = item_means(shown_only(study, cover)).set_index(["organisation", "item"])
    assert table.at[("A", "q2"), "n"] == 10
    assert hidden_questions(study, cover, "").empty


def test_rows_without_an_answer_are_nobody(tmp_path: Path) -> None:
    """Twelve rows, in three of which there is an answer."""
    study = asked(tmp_path, pd.concat([people("A", 12, q1=3, q2=3, t1=3, t2=3), people("B", 30)]))
    cover = coverage(study).set_index("organisation")
    assert cover.loc["A", ["respondents", "shown"]].tolist() == [3, False]
    assert set(item_means(shown_only(study, coverage(study)))["organisation"]) == {"B"}


def test_the_page_says_which_question_few_answered(tmp_path: Path) -> None:
    study = asked(tmp_path, pd.concat([people("A", 12, q2=9, t1=4), people("B", 30)]))
    report = organisation_report(tmp_path, "A")
    assert study.minimum_count == 10
    text = report.questions().html
    assert text.count("fewer than 10 people in clients answered this question") == 1
    card = report.cards().html
    assert "[c]" in card
    assert "Not shown: fewer than 10 people in clients answered, and individual" in text


def test_counts_of_few_that_were_set_aside_are_not_told() -> None:
    table = pd.DataFrame(
        {"source": "clients", "reason": ["text", "no unit"], "count": [2, 40], "where": "q1"}
    )
    told = set_aside(table, 10).html
    assert "under 10" in told
    assert "42 in all" not in told
    assert "42 in all" in set_aside(table, 2).html


def spread(counts: np.ndarray, shares: np.ndarray | None = None) -> Spread:
    """So many people gave each answer of a scale from 1."""
    of_people = counts / counts.sum() if shares is None else shares
    return Spread(np.arange(1.0, len(counts) + 1), of_people, counts)


def test_one_and_two_people_look_like_none_or_three() -> None:
    """Of twelve people 1, 0, 4, 5 and 2 gave the five answers."""
    counts = np.array([1.0, 0.0, 4.0, 5.0, 2.0])
    told = blurred(spread(counts))
    np.testing.assert_allclose(told, np.array([0, 0, 3, 6, 3]) / 12)


def test_of_many_people_shares_are_what_they_are() -> None:
    counts = np.array([3.0, 40.0, 57.0])
    shares = np.array([0.04, 0.4, 0.56])
    np.testing.assert_array_equal(blurred(spread(counts, shares)), shares)


@pytest.mark.parametrize(("few", "shown"), [(1, 0), (2, 3)])
def test_one_and_two_of_many_people_are_rounded_and_all_stay_as_many(few: int, shown: int) -> None:
    """The most frequent answer makes up for it: the sum tells nothing, and others are as before."""
    counts = np.array([few, 40.0, 0.0, 110.0 - few])
    told = blurred(spread(counts))
    np.testing.assert_allclose(150 * np.asarray(told), [shown, 40, 0, 110 - shown])


@pytest.mark.parametrize("counts", [[2, 2, 2, 2, 2], [1, 4, 1, 4, 1]])
def test_rounded_numbers_that_the_sum_gives_away_are_not_shown(counts: list[int]) -> None:
    """Ten people, shown as three for each of five answers, can only be two each."""
    given = np.array(counts, float)
    told = blurred(spread(given))
    assert told == "[c]"
    given[0] += 1
    assert not isinstance(blurred(spread(given)), str)


def test_rounded_numbers_that_an_index_gives_away_are_not_shown() -> None:
    """Ten people shown as 3, 3 and 6 can be 2, 2 and 6, or 2, 3 and 5, or 3, 2 and 5."""
    counts = np.array([2.0, 2.0, 6.0])
    shown = blurred(spread(counts))
    np.testing.assert_allclose(np.asarray(shown), [0.25, 0.25, 0.5])
    told = blurred_together({"q1": spread(counts)}, [["q1"]])["q1"]
    assert told == "[c]"


def test_an_index_of_two_questions_gives_rounded_numbers_away_only_at_their_ends() -> None:
    """Of ten people, shown as 3, 3 and 6, two gave the first answer if both sums are largest."""
    low, high = spread(np.array([3.0, 2.0, 5.0])), spread(np.array([2.0, 2.0, 6.0]))
    both = [["q1", "q2"]]
    assert not any(
        isinstance(told, str) for told in blurred_together({"q1": low, "q2": high}, both).values()
    )
    told = blurred_together({"q1": high, "q2": high}, both)
    assert list(told.values()) == ["[c]"] * 2
    # What is said of two indices, one of them of a single question, counts together.
    told = blurred_together({"q1": high, "q2": low}, [*both, ["q1"]])
    assert isinstance(told["q1"], str)


def test_that_everybody_gave_one_answer_is_not_told_by_share_and_index_together() -> None:
    """More than 95% of twelve people is eleven of them or all; the index tells which."""
    alike = spread(np.array([0.0, 0.0, 12.0, 0.0, 0.0]))
    assert str(blurred(alike)).startswith("Not shown in detail: more than 95%")
    told = blurred_together({"q1": alike}, [["q1"]])["q1"]
    assert told == "[c]"


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ([5] * 12, False),
        ([5] * 11 + [4], False),  # one step from the end: one person gave a 4
        ([5] * 11 + [3], False),  # two: a 3, or two people a 4
        ([5] * 11 + [2], True),
        ([1] * 11 + [2], False),
        ([1] * 10 + [2] * 2, False),
        ([1] * 9 + [2] * 3, True),
        ([5] * 300 + [1], False),
        ([5] * 280 + [4] * 20, True),  # 93% gave the same answer
        ([3] * 12, True),  # an index of 50 says nothing of it
    ],
)
def test_an_index_near_an_end_of_its_scale_is_hidden(
    tmp_path: Path, answers: list[int], shown: bool
) -> None:
    own = people("A", len(answers)).assign(t1=answers)
    study = asked(tmp_path, pd.concat([own, people("B", 30)]))
    cover = coverage(study)
    table = indices(shown_only(study, cover), ["access"], by=("organisation",))
    assert ("A" in set(table["organisation"])) is shown
    hidden = hidden_questions(study, cover, "")
    assert (["A", "t1", "alike"] in hidden.to_numpy().tolist()) is not shown
    if not shown:
        page = organisation_report(tmp_path, "A")
        assert "[c]" in page.cards().html
        assert "gave the answer at the same end of the scale" in page.questions().html


def test_an_index_over_the_waves_of_a_part_of_its_questions_is_hidden_near_an_end(
    tmp_path: Path,
) -> None:
    """q2 was asked in the second wave only, so the trend is that of q1: eleven 1 and one 2."""
    waves = [people("A", 12).assign(year=year, q1=[1] * 11 + [2]) for year in (2023, 2024)]
    waves[0]["q2"] = pd.NA
    waves[0].loc[:2, "q1"] = 4
    others = [people("B", 30).assign(year=year) for year in (2023, 2024)]
    write_study(
        tmp_path,
        {"clients": pd.concat([*waves, *others])},
        {"clients": {"service": ["q1", "q2"]}},
        keys={"organisation": "agency", "unit": "office", "wave": "year"},
        settings={"title": "Agencies", "simulated": False, "minimum_count": 10},
    )
    study = open_study(tmp_path)
    shown = shown_only(study, coverage(study))
    now = indices(shown).set_index(["organisation", "wave"])["index"]
    assert now["A", "2024"] == pytest.approx((75 + (11 * 0 + 25) / 12) / 2)
    table = over_waves(shown, ["service"]).of("A").table
    assert table["wave"].tolist() == ["2023"]
    assert over_waves(shown, ["service"]).of("B").table["wave"].tolist() == ["2023", "2024"]


def test_units_of_few_people_are_not_told_by_unit(tmp_path: Path) -> None:
    """Nor another unit where the mean of all units, with it, would tell that of the few."""
    opened = study(tmp_path)
    file = tmp_path / "clients.csv"
    rows = [("C", f"c{n}", 2022, n, 3) for n in (4, 20, 30)]
    rows += [("D", f"d{n}", 2022, n, 4) for n in (10, 20)]
    more = pd.DataFrame(rows, columns=["town", "office", "year", "n", "q1"])
    pd.concat([pd.read_csv(file), more]).to_csv(file, index=False)
    opened = open_study(tmp_path)
    points = answered(opened, "2022", ["service"], NONE_HIDDEN).points
    assert points["organisation"].value_counts().to_dict() == {"D": 2, "C": 1}


def test_means_of_few_people_in_all_are_those_of_their_blurred_shares(tmp_path: Path) -> None:
    """One of twelve people gave another answer than the rest: their mean of 3.08 would tell it."""
    study = asked(tmp_path, people("A", 12))
    answers = pd.read_csv(tmp_path / "clients.csv")
    answers["q1"] = [4, *[3] * 8, *[2] * 3]
    answers["q2"] = [4] * 11 + [3]
    answers.to_csv(tmp_path / "clients.csv", index=False)
    study = open_study(tmp_path)
    means = item_means(study, ["q1", "q2"], by=())
    means = blurred_means(means, coded_answers(study, ["q1", "q2"], "")).set_index("item")
    assert means.at["q1", "mean"] == pytest.approx((9 * 3 + 3 * 2) / 12)
    assert np.isnan(means.at["q2", "mean"])
    items = pd.DataFrame({"item": ["q1", "q2"], "mean": 1.0, "sd": 1.0, "floor": 0, "ceiling": 0.0})
    told = blurred_statistics(study, items.astype({"floor": float}), "").set_index("item")
    shown = np.array([3] * 9 + [2] * 3)
    assert told.loc["q1"].tolist() == pytest.approx([shown.mean(), shown.std(ddof=1), 0, 0])
    assert told.loc["q2"].isna().all()


def test_weights_stay_in_rounded_shares() -> None:
    told = blurred(spread(np.array([30.0, 30.0]), np.array([0.75, 0.25])))
    np.testing.assert_allclose(told, [0.75, 0.25])


@pytest.mark.parametrize("count", [12, 4000])
def test_an_answer_that_everybody_gave_is_not_shown(count: int) -> None:
    counts = np.array([0.0, float(count), 0.0])
    told = blurred(spread(counts))
    assert told == "Not shown in detail: more than 95% of those who answered gave the answer 2."


def test_answers_of_one_person_each_are_not_shown() -> None:
    counts = np.ones(11)
    assert blurred(spread(counts)) == "[c]"
