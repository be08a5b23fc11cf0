"""Figures of more organisations than anybody reads one by one."""

import re

import numpy as np
import pandas as pd
import pytest

from workbench import figures
from workbench.interpretation import median_in_words


def organisations(number: int, missing: int = 0) -> pd.DataFrame:
    value = np.linspace(40, 70, number)
    frame = pd.DataFrame(
        {"label": [f"Agency {n:04d}" for n in range(number)], "value": value,
         "lower": value - 3, "upper": value + 3, "reason": None}
    )  # fmt: skip
    frame.loc[: missing - 1, ["value", "lower", "upper"]] = np.nan
    frame.loc[: missing - 1, "reason"] = "[s]"
    return frame


def drawn(panel: figures.Panel) -> list[str]:
    """The heads of the rows that are drawn, the numbers below left out."""
    table = panel.html.split("wb-numbers")[0]
    return re.findall(r'<th scope="row"[^>]*>([^<]*)</th>', table)


def test_as_many_as_can_be_read_are_all_named() -> None:
    panel = figures.caterpillar(organisations(120), alt="All are named.")
    assert len(drawn(panel)) == 120
    assert "wb-numbers" not in panel.html


def test_of_many_the_first_and_the_last_are_named_and_all_are_in_the_numbers() -> None:
    panel = figures.caterpillar(organisations(2000, missing=30), alt="Some are named.", decimals=0)
    heads = drawn(panel)
    assert heads[:10] == [f"Agency {number:04d}" for number in range(1999, 1989, -1)]
    assert heads[10:] == [
        "1,950 more between", *(f"Agency {number:04d}" for number in range(39, 29, -1)),
        "30 more without a number",
    ]  # fmt: skip
    numbers = panel.html.split("wb-numbers")[1]
    assert len(set(re.findall(r"Agency \d{4}", numbers))) == 2000
    assert numbers.count("[s]") == 30
    assert len(panel.html) < 250_000


@pytest.mark.parametrize("own", ["Agency 1000", "Agency 1999", "Agency 0010"])
def test_the_one_set_apart_is_among_them(own: str) -> None:
    panel = figures.caterpillar(organisations(2000, missing=30), alt="One.", highlight=own)
    assert drawn(panel).count(own) == 1
    between = [int(head.split()[0].replace(",", "")) for head in drawn(panel) if "more" in head]
    named = [head for head in drawn(panel) if head.startswith("Agency")]
    assert sum(between) + len(named) == 2000


def test_long_tables_are_folded() -> None:
    frame = organisations(121)
    assert isinstance(figures.folded_if_long(figures.Table(frame, "All")), figures.Folded)
    assert isinstance(figures.folded_if_long(figures.Table(frame[1:], "All")), figures.Table)


def test_a_sentence_names_thirty() -> None:
    said = median_in_words([f"Agency {number}" for number in range(200)], [])
    assert said.startswith("Agency 0, Agency 1, ")
    assert "Agency 29 and 170 more are above the median" in said
