"""Key numbers: plain JSON or a clear refusal."""

import json
import math
from typing import Any

import numpy as np
import pytest
from nbformat import NotebookNode, from_dict

from workbench.reports.keynumbers import MIME_TYPE, KeyNumbers, collect


def test_numbers_become_plain_json() -> None:
    shown = KeyNumbers(
        {
            "People": {"value": np.float64(61.25), "lower": np.float32(2.5), "digits": np.int64(1)},
            "Trust": {"value": math.nan, "note": "Too few answers."},
            "n": np.int64(40),
            "rank": math.inf,
            "type": "district",
        }
    )
    bundle = shown._repr_mimebundle_(include=None, exclude=None)
    assert json.loads(json.dumps(bundle, allow_nan=False)) == {
        MIME_TYPE: {
            "People": {"value": 61.25, "lower": 2.5, "digits": 1},
            "Trust": {"value": None, "note": "Too few answers."},
            "n": 40,
            "rank": None,
            "type": "district",
        }
    }


@pytest.mark.parametrize(
    ("number", "sentence"),
    [([1, 2], "'x' is a list"), ({"mean": 3}, "part 'mean'"), ({"value": object()}, "a object")],
)
def test_anything_else_is_refused(number: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        KeyNumbers({"x": number})


def test_they_are_found_in_an_executed_notebook() -> None:
    def cell(numbers: dict[str, Any]) -> dict[str, Any]:
        return {"outputs": [{"data": {MIME_TYPE: numbers, "text/plain": "…"}}]}

    notebook = {
        "cells": [
            {"source": "# Title"},
            {"outputs": [{"output_type": "stream", "text": "hello"}]},
            cell({"a": 1, "b": 2}),
            cell({"b": 3}),
        ]
    }
    assert collect(notebook) == {"a": 1, "b": 3}


def test_what_a_notebook_showed_is_no_part_of_it_any_more() -> None:
    shown = {"data": {MIME_TYPE: {"People": {"value": 61.2}, "Waves": 3}}}
    found = collect(NotebookNode({"cells": [from_dict({"outputs": [shown]})]}))
    assert found == {"People": {"value": 61.2}, "Waves": 3}
    assert type(found["People"]) is dict
