"""Costly computations: counted by what they are made of, and made once where they are kept."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from workbench.costly import contents, counting, keeping, made, once


def noted(folder: Path, number: int) -> int:
    with (folder / "calls").open("a") as calls:
        calls.write(f"{number}\n")
    time.sleep(0.2)
    return 2 * number


def wanted(folder: Path, number: int) -> None:
    with keeping(folder / "kept"):
        assert once("double", noted, folder, number) == 2 * number


def test_what_several_need_at_once_is_computed_by_one(tmp_path: Path) -> None:
    # A lock holds between open files, so between threads as between processes.
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(wanted, [tmp_path] * 4, (1, 1, 2, 1)))
    assert sorted((tmp_path / "calls").read_text().split()) == ["1", "2"]


def test_nothing_is_kept_where_nobody_asks_for_it(tmp_path: Path) -> None:
    assert [once("double", noted, tmp_path, 3) for _ in range(2)] == [6, 6]
    assert (tmp_path / "calls").read_text().split() == ["3", "3"]


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    with keeping(tmp_path / "kept"):
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                once("part", divmod, 1, 0)
        assert once("part", divmod, 7, 2) == (3, 1)


def test_the_same_numbers_count_as_the_same_and_others_do_not() -> None:
    with counting() as tally:
        made("model", np.arange(3.0))
        made("model", np.arange(3.0))
        made("model", np.arange(3.0) + 1e-15)
        made("links", np.arange(3.0))
    assert sorted((name, times) for (name, _), times in tally.items()) == [
        ("links", 1),
        ("model", 1),
        ("model", 2),
    ]
    made("model", "when nobody counts")
    assert sum(tally.values()) == 4


def test_contents_leave_out_what_an_object_keeps() -> None:
    @dataclass(frozen=True)
    class Square:
        side: int

        @cached_property
        def area(self) -> int:
            return self.side**2

    square = Square(3)
    assert square.area == 9
    assert contents(square) == [3]
