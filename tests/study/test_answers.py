"""Cleaning: what is kept, what is set aside, and that nothing goes in silence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import StudyError
from workbench.study.answers import as_text, clean
from workbench.study.codebook import Codebook
from workbench.study.definition import Columns, Source
from workbench.study.numbers import read_numbers
from workbench.study.problems import row_ranges, where
from workbench.study.readers import read_table

COLUMNS = Columns("org", "office", "year")
NO_WAVE = Columns("org", "office")


def codebook(*rows: tuple) -> Codebook:
    """Rows of item, low, high, reversed, missing; all of the source "s"."""
    names = ["item", "low", "high", "reversed", "missing"]
    frame = pd.DataFrame(rows, columns=names)
    return Codebook(frame.assign(source="s", construct="c", wording="w"))


Q1 = codebook(("q1", 1.0, 5.0, False, (8.0, 9.0)))


def source(**options: str) -> Source:
    return Source("s", Path("s.csv"), options.pop("rows", "respondents"), **options)  # type: ignore


def table(**columns: list) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    for name, value in (("org", "A"), ("office", "1")):
        if name not in frame:
            frame[name] = value
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    return frame


def listed(set_aside: pd.DataFrame) -> list[tuple]:
    columns = ["item", "reason", "value", "count", "rows"]
    return list(set_aside[columns].itertuples(index=False, name=None))


def test_columns_and_types() -> None:
    raw = table(year=[2024.0, 2025.0], w=[0.5, 2.0], via=["web", None], rate=[50, 60], q1=[1, 5])
    answers = clean(raw, source(weight="w", channel="via", response_rate="rate"), COLUMNS, Q1)
    assert answers.frame.columns.tolist() == [
        "organisation", "unit", "wave", "weight", "channel", "response_rate", "q1",
    ]  # fmt: skip
    assert answers.frame["wave"].tolist() == ["2024", "2025"]
    assert answers.frame["channel"].tolist() == ["web", ""]
    assert answers.frame["q1"].dtype == np.float64
    assert answers.set_aside.empty


def test_without_wave_and_weight() -> None:
    frame = clean(table(q1=[3]), source(), NO_WAVE, Q1).frame
    assert frame["wave"].tolist() == [""]
    assert frame["weight"].tolist() == [1.0]


def test_answers_that_are_no_answers() -> None:
    raw = table(q1=["1", "8", "9", " 8 ", "77", "0", "often", None, " ", "5"])
    answers = clean(raw, source(), NO_WAVE, Q1)
    np.testing.assert_array_equal(answers.frame["q1"], [1, *[np.nan] * 8, 5])
    assert listed(answers.set_aside) == [
        ("q1", "missing code", "8", 2, ""),
        ("q1", "missing code", "9", 1, ""),
        ("q1", "not a number", "often", 1, "8"),
        ("q1", "out of scale", "0", 1, "7"),
        ("q1", "out of scale", "77", 1, "6"),
    ]


def test_reversed_items_are_turned_after_missing_codes_are_taken_out() -> None:
    turned = codebook(("q1", 0.0, 10.0, True, (9.0,)))
    answers = clean(table(q1=[0, 9, 4]), source(), NO_WAVE, turned)
    np.testing.assert_array_equal(answers.frame["q1"], [10, np.nan, 6])


def test_a_missing_code_may_be_a_word() -> None:
    words = codebook(("q1", 1.0, 5.0, False, ("DK", 9.0)))
    answers = clean(table(q1=["DK", "9", "4"]), source(), NO_WAVE, words)
    assert listed(answers.set_aside) == [
        ("q1", "missing code", "9", 1, ""),
        ("q1", "missing code", "DK", 1, ""),
    ]


def test_what_spss_declares_missing_is_missing_even_on_the_scale(tmp_path: Path) -> None:
    frame = pd.DataFrame({"org": "A", "office": "1", "q1": [1.0, 4.0, 5.0]})
    ranges = {"q1": [{"lo": 5, "hi": 5}]}
    pyreadstat.write_sav(frame, tmp_path / "s.sav", missing_ranges=ranges)
    answers = clean(read_table(tmp_path / "s.sav"), source(), NO_WAVE, Q1)
    np.testing.assert_array_equal(answers.frame["q1"], [1, 4, np.nan])
    assert listed(answers.set_aside) == [("q1", "missing code", "5", 1, "")]


def test_what_stata_declares_missing_is_counted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"org": "A", "office": "1", "q1": [1, "a", 3]})
    pyreadstat.write_dta(frame, tmp_path / "s.dta", missing_user_values={"q1": ["a"]})
    answers = clean(read_table(tmp_path / "s.dta"), source(), NO_WAVE, Q1)
    np.testing.assert_array_equal(answers.frame["q1"], [1, np.nan, 3])
    assert listed(answers.set_aside) == [("q1", "missing code", "a", 1, "")]


def test_rows_without_organisation_unit_or_wave_are_dropped_and_listed() -> None:
    raw = table(
        org=["A", None, " ", "A", "A"], office=["1", "1", "1", None, "1"],
        year=[2024, 2024, 2024, 2024, None], q1=[1, 99, 3, 4, 5],
    )  # fmt: skip
    answers = clean(raw, source(), COLUMNS, Q1)
    assert answers.frame["q1"].tolist() == [1]
    assert listed(answers.set_aside) == [
        ("organisation", "no organisation", "", 2, "3–4"),
        ("unit", "no unit", "", 1, "5"),
        ("wave", "no wave", "", 1, "6"),
    ]


def test_the_first_row_of_an_id_is_kept_within_a_wave() -> None:
    raw = table(id=["p", "p", "r", None, None, "p"], year=[1, 1, 1, 1, 1, 2], q1=[1, 2, 3, 4, 5, 1])
    answers = clean(raw, source(id="id"), COLUMNS, Q1)
    assert answers.frame["q1"].tolist() == [1, 3, 4, 5, 1]
    assert listed(answers.set_aside) == [("id", "duplicate id", "p", 1, "3")]


def test_a_dropped_row_is_not_the_first_of_its_id() -> None:
    raw = table(org=[None, "A"], id=["p", "p"], q1=[1, 2])
    assert clean(raw, source(id="id"), NO_WAVE, Q1).frame["q1"].tolist() == [2]


def test_the_first_row_of_a_unit_is_kept_where_rows_are_units() -> None:
    raw = table(office=["1", "1", "2"], via=["web", "phone", "web"], q1=[1, 2, 3])
    answers = clean(raw, source(rows="units"), NO_WAVE, Q1)
    assert answers.frame["q1"].tolist() == [1, 3]
    assert listed(answers.set_aside) == [("unit", "duplicate unit", "1", 1, "3")]
    by_channel = clean(raw, source(rows="units", channel="via"), NO_WAVE, Q1)
    assert by_channel.frame["q1"].tolist() == [1, 2, 3]


def test_rows_that_cannot_be_weighted_are_dropped_and_listed() -> None:
    raw = table(w=["1.5", "0", "-2", None, "much", "inf"], q1=[1, 2, 3, 4, 5, 1])
    answers = clean(raw, source(weight="w"), NO_WAVE, Q1)
    assert answers.frame["weight"].tolist() == [1.5]
    assert listed(answers.set_aside) == [
        ("weight", "weight missing", "", 1, "5"),
        ("weight", "weight not a number", "much", 1, "6"),
        ("weight", "weight zero", "0", 1, "3"),
        ("weight", "weight negative", "-2", 1, "4"),
        ("weight", "weight infinite", "inf", 1, "7"),
    ]


def test_the_people_behind_a_units_row_are_its_weight() -> None:
    raw = table(office=list("1234"), n=[33, 1, None, 2.5], w=[1, 2, 3, 4], q1=[1, 5, 3, 4])
    answers = clean(raw, source(rows="units", respondents="n"), NO_WAVE, Q1)
    assert answers.frame["weight"].tolist() == [33, 1, 0, 0]
    assert listed(answers.set_aside) == [
        ("respondents", "number of people missing", "", 1, "4"),
        ("respondents", "no whole number of people", "2.5", 1, "5"),
    ]
    named = clean(raw, source(rows="units", respondents="n", weight="w"), NO_WAVE, Q1)
    assert named.frame["weight"].tolist() == [1, 2, 3, 4]


def test_impossible_response_rates_are_set_aside_and_zero_is_kept() -> None:
    raw = table(office=list("1234"), rate=[101, -1, 0, 55.5], q1=[1, 2, 3, 4])
    answers = clean(raw, source(rows="units", response_rate="rate"), NO_WAVE, Q1)
    np.testing.assert_array_equal(answers.frame["response_rate"], [np.nan, np.nan, 0, 55.5])
    assert [entry[1:3] for entry in listed(answers.set_aside)] == [
        ("outside 0–100", "-1"),
        ("outside 0–100", "101"),
    ]


def test_an_item_that_the_file_lacks_is_missing_and_listed() -> None:
    answers = clean(table(q2=[1, 2]), source(), NO_WAVE, Q1)
    assert answers.frame["q1"].isna().all()
    assert listed(answers.set_aside) == [("q1", "item missing from the file", "", 2, "")]


def test_a_named_column_that_the_file_lacks_is_an_error() -> None:
    raw = table(q1=[1]).rename(columns={"office": "ofice"})
    with pytest.raises(StudyError, match=r"s\.csv: the column 'office' .* Did you mean 'ofice'\?"):
        clean(raw, source(), NO_WAVE, Q1)


def test_a_used_column_that_stands_twice_is_an_error() -> None:
    raw = table(q1=[1])
    for twice in ("q1", "org"):
        with pytest.raises(StudyError, match=f"{twice!r} stands twice"):
            clean(pd.concat([raw, raw[[twice]]], axis=1), source(), NO_WAVE, Q1)


def test_no_rows() -> None:
    answers = clean(table(q1=[1]).iloc[:0], source(), NO_WAVE, Q1)
    assert answers.frame.empty
    assert answers.frame["q1"].dtype == np.float64


def test_names_survive_as_text() -> None:
    names = ['<b>&"x"</b> / y', "Montre\u0301al", " Montréal ", 7.0, pd.Timestamp(2024, 5, 1), None]
    assert as_text(pd.Series(names, dtype=object)).tolist() == [
        '<b>&"x"</b> / y', "Montréal", "Montréal", "7", "2024-05-01", "",
    ]  # fmt: skip


def test_numbers_and_texts_are_told_apart() -> None:
    found = read_numbers(pd.Series(["1", " 2.5", "x", None, "", "−3"], dtype=object))
    np.testing.assert_array_equal(found.values, [1, 2.5, np.nan, np.nan, np.nan, -3])
    assert found.text.tolist() == [False, False, True, False, False, False]


def test_row_ranges() -> None:
    assert row_ranges([]) == ""
    assert row_ranges([9, 3, 7, 8]) == "3, 7–9"
    assert where([4]) == "row 4"
    assert where([2, 3, 7, 9, 12]) == "rows 2–3, 7, 9 and others"


@settings(deadline=None)  # a busy machine takes longer
@given(st.lists(st.one_of(st.integers(-2, 11), st.sampled_from(["x", "DK", None])), min_size=1))
def test_every_answer_is_kept_missing_or_listed(values: list) -> None:
    scale = codebook(("q1", 1.0, 5.0, True, (8.0, "DK")))
    raw = table(q1=pd.Series(values, dtype=object).tolist())
    answers = clean(raw, source(), NO_WAVE, scale)
    kept = answers.frame["q1"].notna().sum()
    blank = sum(value is None for value in values)
    assert kept + blank + answers.set_aside["count"].sum() == len(values)
    assert kept == sum(isinstance(value, int) and 1 <= value <= 5 for value in values)
    assert answers.frame["q1"].dropna().between(1, 5).all()


def test_answers_to_a_construct_count_from_so_many_on() -> None:
    """Of those asked in a wave: in 2025 the third question was not."""
    three = codebook(*((f"q{i}", 1.0, 5.0, False, ()) for i in (1, 2, 3)))
    raw = table(
        year=[2024, 2024, 2024, 2025, 2025],
        q1=[1, 2, 3, 4, 5],
        q2=[1, None, 3, 4, None],
        q3=[1, None, None, None, None],
    )
    answers = clean(raw, source(), COLUMNS, three, minimum_answers=3)
    assert answers.frame["q1"].dropna().tolist() == [1, 4]
    assert listed(answers.set_aside) == [
        ("c", "too few answers to the construct", "", 3, "3–4, 6"),
    ]
    assert clean(raw, source(), COLUMNS, three).frame["q1"].notna().all()
