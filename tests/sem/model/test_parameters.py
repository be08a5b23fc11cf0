"""Parameter tables against lavaan's, and what a table refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.sem.model.parameters import parameter_table

REFERENCE = Path(__file__).parents[2] / "reference" / "sem" / "parameters.json"
CASES = json.loads(REFERENCE.read_text(encoding="utf-8"))


def as_list(value):
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("name", CASES)
def test_rows_are_lavaans(name):
    case = CASES[name]
    options = case["options"]
    found = parameter_table(
        case["model"],
        options.get("ngroups", 1),
        mean_structure=options.get("meanstructure", False) or options.get("ngroups", 1) > 1,
        std_lv=options.get("std.lv", False),
        fixed_x=options.get("fixed.x", True),
        orthogonal=options.get("orthogonal", False),
        growth=options.get("int.lv.free", False),
        group_equal=as_list(options.get("group.equal", [])),
        group_partial=as_list(options.get("group.partial", [])),
    )
    found = found[~found["op"].isin(["==", "<", ">"])]
    expected = pd.DataFrame(case["table"])
    columns = ["lhs", "op", "rhs", "group", "user", "free", "label", "exo"]
    pd.testing.assert_frame_equal(
        found[columns].reset_index(drop=True), expected[columns], check_dtype=False
    )
    np.testing.assert_allclose(
        found["fixed"].to_numpy(float), expected["fixed"].to_numpy(float), equal_nan=True
    )
