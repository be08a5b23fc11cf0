"""Exceptions from "in every case": counted by hand, their interval as R's, and a true share."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import drivers
from workbench.chain import ChainStudy
from workbench.drivers import exceptions, study_pairs
from workbench.drivers.exceptions import clopper_pearson, exceptions_table
from workbench.errors import DriversError
from workbench.study.definition import Cuts

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "drivers" / "exceptions.csv"


def test_the_interval_is_that_of_r() -> None:
    for k, n, lower, upper in pd.read_csv(REFERENCE).itertuples(index=False):
        assert clopper_pearson(k, n) == pytest.approx((lower, upper), abs=1e-9), (k, n)
    assert np.isnan(clopper_pearson(0, 0)).all()


def test_exceptions_by_hand() -> None:
    condition = [10, 20, 30, 40, 50, 60, 70, 80, np.nan]
    outcome = [90, 10, 20, 30, 40, 50, 95, 60, 99]
    found = exceptions(condition, outcome)
    assert (found.cases, found.high, found.count) == (8, 2, 1)  # from 67.5 on, below 45
    assert found.share == 0.5
    own = exceptions(condition, outcome, Cuts(50, 65))
    assert (own.high, own.count) == (4, 2)
    assert own.words("People", "Service") == (
        "Of 4 units with Service of 50 or more, 2 are below 65 on People (50%, 7% to 93%)."
    )
    none = exceptions(condition, outcome, Cuts(96, 50), "organisation")
    assert none.words("People", "Service") == "No organisations have Service of 96 or more."
    assert "no high case" in exceptions_table([none], "People", "Service").html
    with pytest.raises(DriversError, match="No case has both"):
        exceptions([np.nan, 1], [1, np.nan])


def test_what_is_at_a_cut_is_high_and_no_exception() -> None:
    found = exceptions([50, 50, 49.9], [75, 74.9, 75], Cuts(75, 50))
    assert (found.high, found.count) == (2, 1)


def test_a_condition_that_is_necessary_has_no_exceptions_and_others_their_true_share() -> None:
    """Without a link half of the high cases are exceptions; the interval holds that in 95 %."""
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 100, 300)
    needed = exceptions(x, x * rng.uniform(0.9, 1, 300))
    assert needed.count == 0
    assert needed.interval[1] < 0.05
    assert "0 are below the middle" in needed.words("People", "Service")
    held = 0
    for _ in range(400):
        found = exceptions(*rng.normal(size=(2, 200)), Cuts(0.7, 0.0))
        lower, upper = found.interval
        held += lower <= 0.5 <= upper
    assert held >= 0.94 * 400


def test_units_and_organisations_of_the_demo(demo: ChainStudy) -> None:
    (units,) = study_pairs(demo, "people", "service").exceptions()
    assert (units.high, units.count) == (81, 30)
    assert units.words("People", "Service") == (
        "Of 81 units in the top quarter of Service, 30 are below the middle of People (37%, 27% to "
        "48%)."
    )
    (whole,) = study_pairs(demo, "people", "service", level="organisation").exceptions()
    assert (whole.cases, whole.high) == (11, 3)
    assert "REV" not in exceptions_table([units, whole], "People", "Service").html
    assert drivers.Exceptions is type(units)
