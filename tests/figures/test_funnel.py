"""The funnel plot puts points and limits where the numbers are, and stays small."""

import re

import numpy as np
import pandas as pd
import pytest

from workbench import figures
from workbench.benchmark import Funnel, funnel
from workbench.interpretation import Place


def organisations(count: int) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(3)
    names = [f"Organisation {i + 1}" for i in range(count)]
    errors = rng.uniform(0.5, 4, count)
    values = 60 + errors * rng.standard_normal(count)
    values[0], errors[0] = 90.0, 1.0
    return pd.Series(values, names), pd.Series(errors, names)


def draw(result: Funnel, **labels: str) -> figures.Figure:
    return figures.funnel(result.organisations, result.limits, result.target, **labels)


def test_names_those_outside_and_the_highlighted() -> None:
    result = funnel(*organisations(30))
    figure = draw(result, y_label="Service", alt="One stands out.", highlight="Organisation 1")
    assert "Above 99.8% limit: Organisation 1." in figure.detail
    assert figure.detail.endswith("Organisation 1: 90.00, above 99.8% limits.")
    assert figure.svg.count("<circle") == 1
    beyond = sum(Place(place).far for place in result.organisations["position"])
    assert figure.svg.count("m0-6l6 6-6 6-6-6z") == beyond
    assert figure.svg.count("h0") == (result.organisations["position"] == "within").sum()


def test_more_precise_is_further_right_and_higher_is_higher() -> None:
    values = pd.Series([60.0, 60.0, 61.0, 59.0], list("abcd"))
    errors = pd.Series([1.0, 3.0, 2.0, 2.0], list("abcd"))
    figure = draw(funnel(values, errors), y_label="Service", alt="Nobody stands out.")
    found = re.findall(r"M([\d.]+) ([\d.]+)h0", figure.svg)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = [(float(x), float(y)) for x, y in found]
    assert ax > cx > bx
    assert ay == by
    assert cx == dx
    assert cy < ay < dy
    assert ay - cy == pytest.approx(dy - ay, abs=0.11)


def test_limits_are_drawn_on_both_sides_of_every_point_within() -> None:
    figure = draw(funnel(*organisations(200)), y_label="Service", alt="Some stand out.")
    dashed = re.search(r'd="([^"]+)"[^>]*stroke-dasharray', figure.svg)
    assert dashed is not None
    lower, upper = (
        np.array([[float(n) for n in pair.split()] for pair in line.split("L")])
        for line in dashed.group(1).split("M")[1:]
    )
    for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", figure.svg):
        ends = [np.interp(-float(x), -line[:, 0], line[:, 1]) for line in (lower, upper)]
        assert ends[1] - 1 < float(y) < ends[0] + 1


@pytest.mark.parametrize("count", [3, 34, 1000])
def test_small(count: int) -> None:
    figure = draw(funnel(*organisations(count)), y_label="Service", alt="Some stand out.")
    assert len(figure.html.encode()) < 20_000


def test_an_organisation_without_an_estimate_is_said_to_be_missing() -> None:
    values, errors = organisations(10)
    values["Organisation 4"] = np.nan
    figure = draw(funnel(values, errors), y_label="Service", alt="One.", highlight="Organisation 4")
    assert "Left out, without an estimate: 1." in figure.detail
    assert figure.detail.endswith("Organisation 4 has no estimate and is not shown.")


def test_unknown_highlight() -> None:
    with pytest.raises(figures.FigureError, match="'Nobody' is not among"):
        draw(funnel(*organisations(5)), y_label="y", alt="One.", highlight="Nobody")
