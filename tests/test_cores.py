"""Parts of a report on several cores."""

import os

import pytest

import workbench as wb
from workbench import reports
from workbench.cores import side_by_side, with_cores
from workbench.costly import counting, made
from workbench.errors import ChainError
from workbench.interpretation.languages import using_language
from workbench.interpretation.messages import say


def test_without_spare_cores_everything_stays_in_this_process() -> None:
    assert side_by_side(lambda _: os.getpid(), [1, 2]) == [os.getpid()] * 2


def test_parts_are_made_by_other_processes_in_their_order() -> None:
    with with_cores(2):
        found = side_by_side(lambda number: (number, os.getpid()), range(6))
    assert [number for number, _ in found] == list(range(6))
    assert os.getpid() not in {process for _, process in found}


def test_what_they_compute_is_counted_here() -> None:
    def computed(number: int) -> None:
        made("square", number)

    with counting() as tally, with_cores(2):
        side_by_side(computed, [1, 2, 2])
    assert sorted(tally.values()) == [1, 2]


def test_they_speak_the_language_of_the_page() -> None:
    with using_language("fr"):
        here = say("chain.equal")
        with with_cores(2):
            assert side_by_side(lambda _: say("chain.equal"), [1, 2]) == [here, here]


def test_an_error_is_that_of_the_part() -> None:
    def failing(number: int) -> int:
        raise ChainError(f"Part {number} cannot be made.")

    with with_cores(2), pytest.raises(ChainError, match="Part 1 cannot be made"):
        side_by_side(failing, [1, 2])


def test_links_by_group_are_the_same_on_two_cores() -> None:
    report = reports.chain_report(wb.open_study("data/demo"), "service-and-trust")
    alone = report.moderation().html
    with with_cores(2):
        assert report.moderation().html == alone
    assert alone.count("<h2") > 3
