"""Indices, item means and distributions, reckoned by hand."""

import numpy as np
import pytest
from scipy import stats

from workbench import measurement
from workbench.errors import UnknownNameError
from workbench.measurement.scores import clustered_means, within_scale
from workbench.study import Study


def test_index_is_the_weighted_mean_of_rescaled_answers(little: Study) -> None:
    table = measurement.indices(little, ["service"], by=("organisation",))
    # Scores of the four who answered: 0, 100 (weight 3), 50 and 75.
    mean = (0 + 300 + 50 + 75) / 6
    assert table["index"].item() == pytest.approx(mean)
    # Clusters u1 and u2: z = Σ w (x − m), se² = 2 / 1 · Σ z² / 6².
    z = np.array([(0 - mean) + 3 * (100 - mean), (50 - mean) + (75 - mean)])
    error = np.sqrt(2 * np.sum(z**2)) / 6
    assert table["se"].item() == pytest.approx(error)
    assert table[["lower", "upper"]].isna().all(axis=None)  # two units are too few for one
    assert (table["n"].item(), table["units"].item()) == (4, 2)


def test_interval_uses_t_with_one_degree_less_than_clusters() -> None:
    values = np.array([1.0, 2.0, 4.0, 7.0])
    table = clustered_means(values, np.ones(4), np.zeros(4, int), np.arange(4), 1)
    error = values.std(ddof=1) / 2  # each its own cluster: the textbook error of a mean
    assert table["se"].item() == pytest.approx(error)
    assert table["upper"].item() == pytest.approx(3.5 + stats.t.ppf(0.975, 3) * error)


def test_an_interval_stays_within_the_scale_and_needs_three_clusters() -> None:
    values, group = np.array([80.0, 100, 100, 70, 71]), np.array([0, 0, 0, 1, 1])
    table = within_scale(clustered_means(values, np.ones(5), group, np.arange(5), 2))
    three, two = table.to_dict("records")
    error = values[:3].std(ddof=1) / np.sqrt(3)
    assert three["lower"] == pytest.approx(values[:3].mean() - stats.t.ppf(0.975, 2) * error)
    assert three["upper"] == 100
    # Half a point of error, that would be an interval of 64 to 77; a unit's mean follows from it.
    assert two["se"] == pytest.approx(0.5)
    assert np.isnan([two["lower"], two["upper"]]).all()


def test_one_cluster_has_no_error(little: Study) -> None:
    table = measurement.indices(little, ["results"], by=("organisation", "unit"))
    assert table["index"].tolist() == [80, 60]
    assert table["se"].isna().all()


def test_within_a_unit_respondents_are_the_clusters(little: Study) -> None:
    table = measurement.indices(little, ["service"], by=("organisation", "unit"))
    second = table.set_index("unit").loc["u2"]
    assert second["se"] == pytest.approx(12.5)  # 50 and 75: sd 17.68, over √2
    assert second["units"] == 1


def test_item_means_on_the_items_own_scale(little: Study) -> None:
    table = measurement.item_means(little, ["s1", "s2"], by=()).set_index("item")
    assert table.loc["s1", "mean"] == pytest.approx((1 + 15 + 3 + 4) / 6)
    assert table.loc["s2", "mean"] == pytest.approx((1 + 15 + 4) / 5)  # reversed item turned


def test_distribution_of_codes(little: Study) -> None:
    table = measurement.distribution(little, ["s1"], by=("organisation",))
    assert table["answer"].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(table["share"], np.array([1, 0, 1, 1, 3]) / 6)
    assert table["n"].unique().tolist() == [4]


def test_distribution_of_units_in_bands(little: Study) -> None:
    table = measurement.distribution(little, ["r1"], by=())
    assert table[["answer", "answer_to"]].iloc[[0, 9]].to_numpy().tolist() == [[0, 10], [90, 100]]
    filled = table[table["share"] > 0]
    assert filled["answer"].tolist() == [60, 80]
    assert filled["share"].tolist() == [0.5, 0.5]


def test_unknown_construct_suggests_the_nearest(little: Study) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'service'"):
        measurement.indices(little, ["servce"])


def test_indices_of_the_demo(demo) -> None:
    study = demo
    table = measurement.indices(study)
    assert table.groupby(["organisation", "wave"]).ngroups == 11 * 3 + 1
    inside = (table["lower"] <= table["index"]) & (table["index"] <= table["upper"])
    # One office alone says nothing of how offices differ, and two may leave the whole scale open.
    none = table[["lower", "upper"]].isna().all(axis=1)
    assert (inside | none).all()
    assert none[table["units"] == 1].all()
    assert not none[table["units"] > 2].any()
    assert table.loc[table["units"] == 1, "lower"].isna().all()
    people = table[table["construct"] == "people"].set_index(["organisation", "wave"])["index"]
    # The shock of 2023, where it fell.
    assert people["Revenue Office", "2023"] < people["Revenue Office", "2022"] - 5
    by_channel = measurement.indices(study, ["people", "service"], by=("channel",))
    assert by_channel["construct"].unique().tolist() == ["service"]  # employees have no channel
    assert by_channel["channel"].tolist() == ["counter", "mail", "phone", "web"]


def test_shares_sum_to_one_in_the_demo(demo) -> None:
    table = measurement.distribution(demo)
    totals = table.groupby(["organisation", "wave", "item"])["share"].sum()
    np.testing.assert_allclose(totals, 1)
