"""What the technical report tells of answers that were set aside: of groups that are shown."""

from pathlib import Path

import pandas as pd
from builders import write_study

import workbench as wb
from workbench.chain import ChainStudy
from workbench.reports.disclosure import coverage
from workbench.reports.method import set_aside_table

ITEMS = {"service": ["q1"], "trust": ["q2"]}


def study(folder: Path, small: list[object]) -> ChainStudy:
    """Twelve people of A, one of whom says 99 and one 7, and the answers to q1 of four of B."""
    large = [99, 7, *[3] * 10]
    answers = pd.DataFrame(
        {
            "organisation": ["A"] * 12 + ["B"] * 4 + [None],
            "unit": "u",
            "q1": pd.Series([*large, *small, 2], dtype=object),
            "q2": 4,
        }
    )
    codes = {item: {"missing": "99"} for item in ("q1", "q2")}
    write_study(folder, {"clients": answers}, {"clients": ITEMS}, items=codes)
    return wb.open_study(folder)


def told(folder: Path, small: list[object]) -> dict[str, int]:
    own = study(folder, small)
    table = set_aside_table(own, list(ITEMS), coverage(own))
    return dict(zip(table["reason"], table["count"], strict=True))


def test_answers_of_hidden_groups_are_not_counted(tmp_path: Path) -> None:
    """A missing code and an answer beyond the scale in A, and the row without an organisation."""
    expected = {"no organisation": 1, "missing code": 1, "out of scale": 1}
    every: list[list[object]] = [[1, 2, 3, 4], [99, 99, 8, "text"], [99, 99, 99, 9]]
    for number, small in enumerate(every):
        assert told(tmp_path / str(number), small) == expected


def test_groups_of_answers_that_were_set_aside(tmp_path: Path) -> None:
    lost = study(tmp_path, [99, 99, 8, "text"]).set_aside_by_group("clients")
    assert set(lost["item"]) == {"q1"}
    counts = lost.set_index(["organisation", "reason"])["count"].to_dict()
    assert counts == {
        ("A", "missing code"): 1,
        ("A", "out of scale"): 1,
        ("B", "missing code"): 2,
        ("B", "out of scale"): 1,
        ("B", "not a number"): 1,
    }
