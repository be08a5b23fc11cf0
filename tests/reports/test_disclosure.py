"""Small groups: hidden where people are counted, and said where they are not."""

from pathlib import Path

import pandas as pd
import pytest

from workbench.measurement import indices, item_means
from workbench.reports.answered import answered
from workbench.reports.disclosure import coverage, hidden_reason, minimum_rule, shown_only
from workbench.reports.method import averaged_in_words
from workbench.study import Study, open_study

DEFINITION = """
title = "Towns"
chain = "citizens-first"
minimum_count = 10
[columns]
organisation = "town"
unit = "office"
wave = "year"
[sources.clients]
file = "clients.csv"
rows = "units"
"""
OFFICES = [  # town, office, year, people, answer
    ("A", "a1", 2022, 6, 3), ("A", "a2", 2022, 4, 5), ("A", "a1", 2023, 9, 4),
    ("B", "b1", 2022, 1, 1), ("B", "b1", 2023, "", 2), ("B", "b2", 2023, 40, 2),
]  # fmt: skip


def study(folder: Path, more: str = "") -> Study:
    (folder / "study.toml").write_text(DEFINITION + more)
    (folder / "codebook.csv").write_text(
        "item,source,construct,low,high\nq1,clients,service,1,5\n"
        + ("s1,staff,people,1,5\n" if "staff" in more else "")
    )
    table = pd.DataFrame(OFFICES, columns=["town", "office", "year", "n", "q1"])
    table.to_csv(folder / "clients.csv", index=False)
    people = pd.DataFrame({"town": "A", "office": "a1", "year": 2022, "s1": [1, 2, 3]})
    people.to_csv(folder / "staff.csv", index=False)
    return open_study(folder)


STAFF = '[sources.staff]\nfile = "staff.csv"\nrows = "respondents"\n'


def test_people_behind_units_are_counted(tmp_path: Path) -> None:
    cover = coverage(study(tmp_path, 'respondents = "n"\n'))
    rows = cover[["organisation", "wave", "respondents", "units", "shown"]]
    assert rows.to_numpy().tolist() == [
        ["A", "2022", 10, 2, True],
        ["A", "2023", 9, 1, False],
        ["B", "2022", 1, 1, False],
        ["B", "2023", 40, 2, True],
    ]


def test_a_hidden_group_is_in_no_number(tmp_path: Path) -> None:
    opened = study(tmp_path, 'respondents = "n"\n')
    shown = shown_only(opened, coverage(opened))
    table = indices(shown, ["service"], by=("wave",))
    assert table[["wave", "n", "units"]].to_numpy().tolist() == [["2022", 10, 2], ["2023", 40, 1]]
    assert item_means(shown, by=("organisation",))["n"].tolist() == [10, 40]


def test_a_unit_counts_as_often_as_it_has_people(tmp_path: Path) -> None:
    opened = study(tmp_path, 'respondents = "n"\n')
    a = indices(opened, by=("organisation", "wave")).iloc[0]
    assert a["index"] == pytest.approx((6 * 50 + 4 * 100) / 10)
    assert indices(opened, by=("wave",))["index"].iloc[0] == pytest.approx(700 / 11)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('respondents = "n"\n', "averaged over units, each weighted by the number of people"),
        ('weight = "n"\n', "averaged over units with their weights."),
        ("", "averaged over units, each counting the same. Its 95% interval allows for how much"),
        (STAFF, "over respondents, each counting the same in staff."),
        (STAFF + 'weight = "s1"\n', "over respondents with their weights in staff. Its 95%"),
    ],
)
def test_pages_say_what_an_index_is_averaged_over(tmp_path: Path, more: str, said: str) -> None:
    opened = study(tmp_path, more)
    assert said in averaged_in_words(opened, list(opened.sources))


def test_an_interval_that_holds_the_whole_scale_is_none(tmp_path: Path) -> None:
    """Two offices of 6 and 4 people, at 50 and 100: from 1 degree of freedom anything is open."""
    found = indices(study(tmp_path, 'respondents = "n"\n')).iloc[0]
    assert (found["units"], found["index"]) == (2, 70)
    assert found["se"] > 10
    assert found[["lower", "upper"]].isna().all()


def test_without_a_count_units_are_shown_and_counted_as_units(tmp_path: Path) -> None:
    cover = coverage(study(tmp_path))
    assert cover["shown"].all()
    assert (cover["respondents"] == 0).all()
    assert indices(study(tmp_path), by=("wave",))["n"].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("more", "said", "unsaid"),
    [
        ('respondents = "n"\n', "Groups of fewer than 10 respondents are not shown", "could not"),
        ('respondents = "n"\n' + STAFF, "of fewer than 10 respondents are not shown", "could not"),
        (STAFF, "could not be applied to the answers of clients, whose rows are units", "staff"),
        ("", "people are not shown could not be applied to the answers of clients", "respondents"),
    ],
)
def test_pages_say_where_small_groups_are_not_hidden(
    tmp_path: Path, more: str, said: str, unsaid: str
) -> None:
    rule = minimum_rule(study(tmp_path, more))
    assert said in rule
    assert unsaid not in rule


@pytest.mark.parametrize(("more", "expected"), [('respondents = "n"\n', 0.5), ("", float("nan"))])
def test_the_response_rate_of_units_is_that_of_their_people(
    tmp_path: Path, more: str, expected: float
) -> None:
    opened = study(tmp_path, 'invited = "asked"\n' + more)
    file = tmp_path / "clients.csv"
    pd.read_csv(file).assign(asked=10).to_csv(file, index=False)
    response = answered(opened, "2022", ["service"]).response.set_index("organisation")
    assert response.at["A", "of_invited"] == pytest.approx(expected, nan_ok=True)


def test_a_hidden_group_s_wave_is_named_and_no_name_rewritten(tmp_path: Path) -> None:
    """Where the sentence was patched, a source whose name held its words was patched with it."""
    towns = study(tmp_path)
    nobody = hidden_reason(towns, "people seen in this wave", 0, "2022")
    assert nobody == "Nobody in people seen in this wave answered in 2022."
    few = hidden_reason(towns, "clients", 3, "2022")
    assert few.startswith("Not shown for 2022: fewer than 10 people in clients answered")
    assert hidden_reason(towns, "clients", 3).startswith("Not shown: fewer than 10 people")
