"""Scales, their missing codes and directions, and constructs, as answers and labels tell them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.beginning.constructs import propose_constructs
from workbench.beginning.export import Column, Export
from workbench.beginning.scales import AnswerScale, scale_of
from workbench.beginning.vocabulary import asked_of
from workbench.beginning.words import in_order


def found(values: object, column: Column | None = None) -> AnswerScale | None:
    frame = pd.DataFrame({"q": values})
    return scale_of(Export(Path("a.csv"), "text", frame, {"q": column or Column()}), "q")


@pytest.mark.parametrize(
    ("values", "ends", "missing"),
    [
        ([1, 2, 3, 4, 5], (1, 5), ()),
        ([1, 2, 3, 4, 5, 8, 9], (1, 5), (8, 9)),
        ([1, 2, 3, 4, 5, 6, 7, 9], (1, 7), (9,)),
        ([1, 2, 3, 4, 5, -1], (1, 5), (-1,)),
        ([*range(11), 99], (0, 10), (99,)),
        ([*range(12)], (0, 10), (11,)),
        ([*range(1, 11), 98, 99], (1, 10), (98, 99)),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], (1, 10), ()),
        ([*range(1, 10)], (1, 9), ()),
        ([1, 2, 4, 7], (1, 7), ()),
        ([1, 2, 3, 7, 8, 9], (1, 3), (7, 8, 9)),
        (["3", "4,0", "5", "1"], (1, 5), ()),
        (["58%", "60.5%", "12%"], (0, 100), ()),
        ([58.1, 60.5, 12.0], (0, 100), ()),
        ([0.581, 0.605, 0.12], (0, 1), ()),
        ([3.4, 4.1, 2.9], (1, 5), ()),
        (["1", "5", "3", "N/A", "nan"], (1, 5), ()),
        ([1, 2, 3, "Refused"], (1, 3), ("Refused",)),
    ],
)
def test_ends_and_missing_codes(
    values: list[object], ends: tuple[float, float], missing: tuple[object, ...]
) -> None:
    scale = found(values)
    assert scale is not None
    assert (scale.low, scale.high) == ends
    assert scale.missing == missing


@pytest.mark.parametrize(
    "values",
    [[1948, 1990, 2001], ["Red", "Blue"], [-5.5, 3.2], list(range(1000)), [None, None], [4, 4]],
)
def test_no_scale(values: list[object]) -> None:
    assert found(values) is None


def test_labels_tell_ends_that_nobody_chose_and_codes_off_the_scale() -> None:
    labels = dict(enumerate(["Poor", "Fair", "Good", "Very good", "Excellent"], 1))
    scale = found([2, 3, 4, 7], Column(labels={float(k): w for k, w in labels.items()}))
    assert scale is not None
    assert (scale.low, scale.high, scale.missing) == (1, 5, (7,))
    assert not scale.turned


def test_a_low_code_may_be_the_good_end() -> None:
    labels: dict[object, str] = {1.0: "Very satisfied", 2.0: "Satisfied", 3.0: "Dissatisfied"}
    scale = found([1, 2, 3], Column(labels=labels))  # type: ignore[arg-type]
    assert scale is not None
    assert scale.turned


@pytest.mark.parametrize(
    "words",
    [
        ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"],
        ["Strongly disagree", "Somewhat disagree", "Neutral", "Somewhat agree", "Strongly agree"],
        ["Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"],
        ["Very poor", "Poor", "Average", "Good", "Very good", "Excellent"],
        ["Never", "Rarely", "Sometimes", "Often", "Always"],
        ["Not at all", "A little", "Somewhat", "Quite a lot", "A great deal"],
        ["Very unlikely", "Unlikely", "Neither likely nor unlikely", "Likely", "Very likely"],
        ["Very difficult", "Difficult", "Neither", "Easy", "Very easy"],
        ["No", "Yes"],
        ["Très insatisfait", "Insatisfait", "Neutre", "Satisfait", "Très satisfait"],
        ["Pas du tout d'accord", "Plutôt pas d'accord", "Plutôt d'accord", "Tout à fait d'accord"],
        ["Jamais", "Rarement", "Parfois", "Souvent", "Toujours"],
        ["Très mauvaise", "Mauvaise", "Moyenne", "Bonne", "Très bonne", "Excellente"],
    ],
)
def test_words_have_an_order(words: list[str]) -> None:
    assert in_order(words[::-1]) == words
    assert in_order([word.upper() for word in words]) == [word.upper() for word in words]


def test_constructs_of_the_demo() -> None:
    codebook = wb.open_study("data/demo").codebook.frame
    right = 0
    asked = codebook[codebook["source"] != "records"]
    for source, items in asked.groupby("source"):
        wordings = dict(zip(items["item"], items["wording"], strict=True))
        told = propose_constructs(
            wordings,
            pd.DataFrame(columns=[*wordings], dtype=float),
            asked_of(str(source), wordings.values()),
        )
        right += sum(told[row.item].construct == row.construct for row in items.itertuples())
    assert right >= 0.85 * len(asked)


def test_answers_tell_what_words_leave_open() -> None:
    rng = np.random.default_rng(1)
    service, other = rng.normal(size=(2, 600))
    points = pd.DataFrame(
        {name: level + 0.7 * rng.normal(size=600)
         for name, level in {"s1": service, "s2": service, "s3": service, "t1": other,
                             "t2": other, "t3": other}.items()}
    )  # fmt: skip
    wordings = {
        "s1": "satisfied with the service", "s2": "disappointed by the service", "s3": "Q17",
        "t1": "I trust it", "t2": "it keeps its promises", "t3": "Q18",
    }  # fmt: skip
    points["s2"] *= -1
    told = propose_constructs(wordings, points, "clients")
    constructs = {name: one.construct for name, one in told.items()}
    assert constructs == {"s1": "service", "s2": "service", "s3": "service", "t1": "trust",
                          "t2": "trust", "t3": "trust"}  # fmt: skip
    assert [name for name, one in told.items() if one.against] == ["s2"]
    assert told["s3"].reason.startswith("its answers go with those of service")
