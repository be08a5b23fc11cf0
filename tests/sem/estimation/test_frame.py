"""Bad data get a clear error; what is left out is counted."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from workbench.errors import (
    DataError,
    ModelError,
    SingularCovarianceError,
    TooFewRowsError,
)
from workbench.sem.estimation.frame import read_frame

ITEMS = ["q1", "q2", "q3"]


@pytest.fixture
def data():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=ITEMS)
    return frame.assign(place=["north", "south"] * 20, w=1.5)


def test_an_unknown_variable_suggests_the_nearest(data):
    with pytest.raises(ModelError, match=r"'q22' is not a column.*Did you mean 'q2'"):
        read_frame(data, ["q1", "q22"])


def test_text_in_an_item(data):
    data["q2"] = data["q2"].astype(object)
    data.loc[7, "q2"] = "don't know"
    with pytest.raises(DataError, match=r"'q2' holds \"don't know\" \(row 7\)") as caught:
        read_frame(data, ITEMS)
    assert caught.value.items == ("q2",)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values(data, value):
    data.loc[3, "q1"] = value
    with pytest.raises(DataError, match="inf in row 3"):
        read_frame(data, ITEMS)


def test_an_item_without_answers(data):
    with pytest.raises(DataError, match="'q3' has no answers"):
        read_frame(data.assign(q3=np.nan), ITEMS)


def test_an_item_without_answers_in_one_group(data):
    data.loc[data["place"] == "south", "q3"] = np.nan
    with pytest.raises(TooFewRowsError, match="'south'"):
        read_frame(data, ITEMS, group="place")
    with pytest.raises(DataError, match="'q3' has no answers in group 'south'"):
        read_frame(data, ITEMS, group="place", missing="fiml")


def test_duplicate_columns(data):
    doubled = pd.concat([data, data[["q1"]]], axis=1)
    with pytest.raises(DataError, match="2 columns named 'q1'"):
        read_frame(doubled, ITEMS)
    assert read_frame(doubled, ["q2", "q3"]).used == (40,)


def test_a_constant_item(data):
    with pytest.raises(DataError, match="'q1' is constant"):
        read_frame(data.assign(q1=4), ITEMS)


def test_items_that_depend_on_each_other_are_named_and_no_others(data):
    data["sum"] = data["q1"] + 2 * data["q3"]
    with pytest.raises(SingularCovarianceError) as caught:
        read_frame(data, [*ITEMS, "sum"])
    assert caught.value.items == ("q1", "q3", "sum")


def test_fewer_rows_than_items_need(data):
    with pytest.raises(
        TooFewRowsError, match="3 of 3 rows can be used, but 3 items need at least 4"
    ):
        read_frame(data.head(3), ITEMS)


def test_rows_left_out_are_counted(data):
    data.loc[[0, 5], "q2"] = np.nan
    data.loc[9, "place"] = None
    frame = read_frame(data, ITEMS, group="place")
    assert sum(frame.used) == 37
    assert "2 of 40 rows have missing answers" in str(frame.notes[0])
    assert "1 of 40 rows have no group in 'place'" in str(frame.notes[1])
    assert [9, 0, 5] not in [list(index) for index in frame.index]


def test_fiml_keeps_what_was_answered(data):
    data.loc[[0, 5], "q2"] = np.nan
    data.loc[6, ITEMS] = np.nan
    frame = read_frame(data, ITEMS, missing="fiml")
    assert frame.used == (39,)
    assert "no answers at all" in str(frame.notes[0])


def test_fiml_needs_the_exogenous_covariate(data):
    data.loc[[0, 5], "q3"] = np.nan
    frame = read_frame(data, ITEMS, ["q3"], missing="fiml")
    assert frame.used == (38,)
    assert "exogenous covariate 'q3'" in str(frame.notes[0])


def test_groups_come_in_order_of_appearance_with_their_own_values(data):
    frame = read_frame(data.assign(place=[7, 3] * 20), ITEMS, group="place")
    assert frame.groups == (7, 3)


def test_nullable_boolean_and_categorical_columns(data):
    odd = pd.DataFrame(
        {
            "q1": pd.array([1, 2, None, 4, 5, 3, 2, 1], dtype="Int64"),
            "q2": pd.Categorical([1, 2, 3, 4, 5, 1, 2, 4]),
            "q3": [True, False, True, True, False, True, False, False],
        }
    )
    frame = read_frame(odd, ITEMS)
    assert frame.used == (7,)
    np.testing.assert_array_equal(frame.sample.rows[0][:, 1], [1, 2, 4, 5, 1, 2, 4])


def test_negative_weights(data):
    data.loc[2, "w"] = -1
    with pytest.raises(DataError, match="weight 'w' is negative in row 2"):
        read_frame(data, ITEMS, weights="w")


def test_categories_of_whole_numbers_may_have_holes(data):
    answers = pd.Series([1, 2, 3, 4, 5] * 8, dtype="category")
    answers[3] = np.nan
    for missing, used in (("listwise", 39), ("fiml", 40)):
        frame = read_frame(data.assign(q1=answers), ITEMS, missing=missing)
        assert frame.used == (used,)
    np.testing.assert_array_equal(frame.sample.rows[0][:6, 0], [1, 2, 3, np.nan, 5, 1])
    with pytest.raises(DataError, match=r"'q1' has categories without an order \('often'\)"):
        read_frame(data.assign(q1=pd.Categorical(["often", None] * 20)), ITEMS)


@pytest.mark.parametrize(
    "dtype", ["Int64", "Float64", "float32", "string", "object", "int64[pyarrow]"]
)
def test_a_column_of_any_kind_is_read_or_refused(data, dtype):
    whole = pd.Series([1, 2, 3, 4, 5] * 8)
    if dtype == "string":
        with pytest.raises(DataError, match="'q1' holds '1'"):
            read_frame(data.assign(q1=whole.astype("string")), ITEMS)
        return
    frame = read_frame(data.assign(q1=whole.astype(dtype)), ITEMS)
    np.testing.assert_array_equal(frame.sample.rows[0][:, 0], whole)


def test_numbers_of_databases_are_numbers(data):
    money = pd.Series([Decimal(i) / 4 for i in range(40)], dtype=object)
    frame = read_frame(data.assign(q1=money), ITEMS)
    np.testing.assert_array_equal(frame.sample.rows[0][:, 0], np.arange(40) / 4)


def test_column_names_are_text_in_one_form(data):
    apart = data.set_axis([1, "e\u0301t", "q3", 0, "w"], axis=1)
    frame = read_frame(apart, ["1", "\u00e9t"], group="0")
    np.testing.assert_array_equal(frame.sample.rows[0], data.loc[::2, ["q1", "q2"]])
    doubled = apart.assign(**{"\u00e9t": 0.0})
    with pytest.raises(DataError, match="2 columns named 'ét'"):
        read_frame(doubled, ["1", "\u00e9t"])


def test_rows_that_weigh_nothing_are_no_rows(data):
    few = data.assign(w=[1.0, 1.0, 1.0, *[0.0] * 37])
    with pytest.raises(TooFewRowsError, match="3 of 40 rows can be used"):
        read_frame(few, ITEMS, weights="w")
    south = data.assign(w=(data["place"] == "north") * 1.0)
    with pytest.raises(DataError, match="All weights are zero in group 'south' of 'place'"):
        read_frame(south, ITEMS, group="place", weights="w")


@pytest.mark.parametrize("role", ["group", "cluster"])
def test_what_cannot_name_a_group_or_cluster_is_refused(data, role):
    lists = data.assign(place=[[1], [2]] * 20)
    with pytest.raises(DataError, match=r"'place' holds values that name nothing, such as \[1\]"):
        read_frame(lists, ITEMS, **{role: "place"})
    with pytest.raises(TooFewRowsError):
        read_frame(data.assign(place=np.nan), ITEMS, **{role: "place"})
