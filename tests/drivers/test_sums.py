"""Importance of respondents from sums over the parts of a study."""

from collections.abc import Callable

import pandas as pd
import pytest

from workbench.chain import ChainStudy, open_study
from workbench.drivers import importance, priority_map
from workbench.drivers.sums import driver_sums
from workbench.errors import DriversError

Cut = Callable[[int], None]


def alike(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("most", [32, 0])
@pytest.mark.parametrize("of", ["constructs", "items"])
def test_parts_give_what_the_whole_gives(
    of: str, most: int, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pattern by pattern of what is missing, and pair by pair."""
    monkeypatch.setattr("workbench.drivers.sums.MOST_PATTERNS", most)
    how = {"of": of, "chain": "citizens-first", "replicates": 10}
    whole = importance(open_study("data/demo"), "service", **how)
    for size in (4, 1):
        cut(size)
        found = importance(open_study("data/demo"), "service", **how)
        alike(whole.frame, found.frame)
        assert (found.rows, found.notes) == (whole.rows, whole.notes)
        assert found.r_squared == pytest.approx(whole.r_squared, rel=1e-8)


def test_patterns_of_few_parts_may_be_many_together(
    cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    drivers = ["timeliness", "outcome", "courtesy"]
    study = open_study("data/demo")
    every = driver_sums(study, "service", drivers).patterns
    assert every is not None
    monkeypatch.setattr("workbench.drivers.sums.MOST_PATTERNS", len(every.seen) - 1)
    whole = importance(study, "service", drivers, replicates=10)
    cut(1)
    found = importance(open_study("data/demo"), "service", drivers, replicates=10)
    alike(whole.frame, found.frame)
    assert found.notes == whole.notes


def sparse(_: str, answers: pd.DataFrame) -> pd.DataFrame:
    """One organisation has a single respondent, one nobody, and a question has one answer."""
    answers = answers[answers["organisation"] != "Land Registry"]
    alone = answers["organisation"] == "Revenue Office"
    first = answers[alone & (answers["wave"] == "2024")].index[:1]
    kept = answers[~alone | answers.index.isin(first)]
    return kept.assign(time_1=3.0, time_2=3.0, time_3=3.0).reset_index(drop=True)


def test_what_is_left_out_of_parts_is_told_of_all(cut: Cut) -> None:
    def made() -> ChainStudy:
        return open_study("data/demo").changing(sparse)

    drivers = ["timeliness", "outcome", "courtesy"]
    whole = importance(made(), "service", drivers, replicates=10)
    assert len(whole.notes) > 1
    cut(2)
    found = importance(made(), "service", drivers, replicates=10)
    alike(whole.frame, found.frame)
    assert sorted(found.notes) == sorted(whole.notes)
    unasked = made().changing(lambda _, rows: rows.assign(service_1=float("nan")))
    with pytest.raises(DriversError, match="service_1"):
        driver_sums(unasked, "service_1", drivers)


def test_channels_are_found_by_parts(cut: Cut) -> None:
    drivers = ["timeliness", "outcome"]
    how = {"by": ("channel",), "replicates": 10}
    whole = priority_map(open_study("data/demo"), "service", drivers, **how)
    cut(3)
    found = priority_map(open_study("data/demo"), "service", drivers, **how)
    alike(whole.frame, found.frame)
    assert found.notes == whole.notes
