"""Unit means, reckoned by hand."""

import numpy as np
import pytest

from workbench import linkage
from workbench.errors import UnknownNameError
from workbench.study import Study


def test_weighted_means_joined_over_sources(little: Study) -> None:
    table = linkage.units(little, ["r1", "s1", "s2"])
    assert table.columns.tolist() == [
        *["organisation", "unit", "wave", "r1", "s1", "s2", "n_records", "n_clients"]
    ]
    assert table["unit"].tolist() == ["u1", "u2", "u3"]
    np.testing.assert_allclose(table["s1"], [(1 * 1 + 3 * 5) / 4, 3.5, np.nan])
    np.testing.assert_allclose(table["s2"], [(1 * 1 + 3 * 5) / 4, 4.0, np.nan])
    np.testing.assert_allclose(table["r1"], [80, np.nan, 60])
    # The third client of u1 answered nothing; the record of u2 is empty.
    assert table["n_clients"].tolist() == [2, 2, 0]
    assert table["n_records"].tolist() == [1, 0, 1]


def test_only_the_sources_asked_for(little: Study) -> None:
    table = linkage.units(little, ["s1"])
    assert table["unit"].tolist() == ["u1", "u2"]
    assert "n_records" not in table


def test_unknown_names_are_told_apart(little: Study) -> None:
    with pytest.raises(UnknownNameError, match=r"no item 's3'\. Did you mean 's2'"):
        linkage.units(little, ["s3"])
    with pytest.raises(UnknownNameError, match="no waves"):
        linkage.units(little, ["s1"], wave="2020")


def test_nothing_asked_for_gives_no_rows(little: Study) -> None:
    assert linkage.units(little, []).empty
