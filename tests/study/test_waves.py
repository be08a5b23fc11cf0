"""The order of waves, from what people call them."""

import random

import pytest

from workbench.study.waves import in_order

KNOWN = [
    # dates
    ["2021-09-01", "2022-03-01"],
    ["30/6/2015", "31/12/2015", "30/6/2016"],
    ["6/30/2015", "12/31/2015", "6/30/2016"],
    ["30.06.2015", "31.12.2015"],
    ["13/02/21", "01/03/21"],
    ["2021-09-01 10:00:00", "2021-09-01 22:00:00", "2022-01-01 00:00:00"],
    ["12/31/2021 11:00 PM", "1/1/2022 12:05 AM"],
    ["March 15, 2021", "June 2, 2021"],
    ["1er mars 2021", "15 juin 2021"],
    ["31-Dec-2021", "01-Jan-2022"],
    ["20210901", "20220301"],
    # months
    ["September 2021", "March 2022"],
    ["SEPTEMBER 2021", "MARCH 2022"],
    ["janvier 2021", "févr. 2021", "août 2021", "décembre 2021"],
    ["Jan-21", "Feb-21", "Sep-21", "Mar-22"],
    ["März 2021", "Mai 2021", "Oktober 2021"],
    ["2021-11", "2021-12", "2022-01"],
    ["11/2021", "12/2021", "01/2022"],
    ["Jan-Mar 2021", "Apr-Jun 2021", "Oct–Dec 2021"],
    # quarters and half-years
    ["Q3 2021", "Q4 2021", "Q1 2022"],
    ["2021-Q3", "2022-Q1"],
    ["2021T3", "2022T1"],
    ["3. Quartal 2021", "1. Quartal 2022"],
    ["3Q21", "1Q22"],
    ["3e trimestre 2021", "1er trimestre 2022"],
    ["Q3 FY2021-22", "Q1 FY2022-23"],
    ["H2 2021", "H1 2022"],
    ["second half 2021", "first half 2022"],
    ["2e semestre 2021", "1er semestre 2022"],
    # seasons
    ["Spring 2021", "Autumn 2021", "Spring 2022"],
    ["Autumn 2021", "Winter 2021/22", "Spring 2022"],
    ["printemps 2021", "été 2021", "automne 2021"],
    ["2019", "Spring 2020", "Autumn 2020"],
    # school and fiscal years
    ["2014-15", "2015-16"],
    ["2014/2015", "2015/2016"],
    ["1999-00", "2000-01"],
    ["2009-10", "2010-11", "2011-12", "2012-13"],
    ["FY2021-22", "FY2022-23"],
    ["FY21", "FY22"],
    # numbers and numbered labels
    ["1", "2", "10"],
    ["1.5", "10"],
    ["2009", "2010", "2020"],
    ["wave 8", "wave 9", "wave 10"],
    ["Wave 9", "wave 10"],
    ["Round 1", "Round 2", "Round 10"],
    ["Wave I", "Wave II", "Wave IV", "Wave V", "Wave IX"],
    ["first wave", "second wave", "third wave"],
    ["1st wave", "2nd wave", "10th wave"],
    ["wave 1 (2015)", "wave 2 (2017)", "wave 10 (2019)"],
    ["Wave 1 - baseline", "Wave 2 - follow-up"],
    ["wave 2 2021", "wave 1 2022"],
    ["Wave A", "Wave B", "Wave C"],
]
UNKNOWN = [
    ["before", "after"],
    ["pilot", "main study"],
    ["2021", "pilot"],
    ["3/4/2021", "4/3/2021"],  # 3 April or 4 March
    ["January", "March"],
    ["2022", "March 2022"],  # one lies in the other
    ["March 2022", "2022-03"],  # the same month
    ["6 months", "1 year"],
    ["after 6 months", "after 1 year"],
    ["Winter 2021", "Summer 2021"],  # which winter?
    ["01", "1"],
]


@pytest.mark.parametrize("waves", KNOWN, ids=lambda waves: waves[0])
def test_waves_are_ordered_as_what_they_are(waves: list[str]) -> None:
    for seed in range(3):
        mixed = random.Random(seed).sample(waves, len(waves))
        assert in_order(mixed) == waves


@pytest.mark.parametrize("waves", UNKNOWN, ids=lambda waves: waves[0])
def test_what_can_be_read_in_two_ways_is_not_ordered(waves: list[str]) -> None:
    assert in_order(waves) is None
    assert in_order(waves[::-1]) is None


def test_one_wave_needs_no_order() -> None:
    assert in_order(["pilot", "pilot"]) == ["pilot"]
    assert in_order([]) == []
