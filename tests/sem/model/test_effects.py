"""Defined parameters against lavaan's parameterEstimates()."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ModelError
from workbench.sem.model.effects import (
    defined_jacobian,
    defined_parameters,
    defined_values,
    with_wald_columns,
)


@pytest.mark.parametrize("name", ["pd", "pd_mlr", "path", "path_saturated", "mimic"])
def test_estimates_and_errors_are_lavaans(inference_case, name):
    case = inference_case(name)
    found = defined_parameters(case.table, case.theta, case.vcov)
    expected = case.table[case.table["op"] == ":="]
    assert found.index.equals(expected.index)
    np.testing.assert_allclose(found["est"], expected["est"], rtol=1e-9)
    np.testing.assert_allclose(found["se"], expected["se"], rtol=1e-8)


def table_of(*definitions):
    rows = [("y", "~", "x", 1, np.nan, "a"), ("z", "~", "y", 2, np.nan, "b")]
    rows += [("z", "~", "x", 0, 0.5, "c")]
    rows += [(name, ":=", text, 0, np.nan, name) for name, text in definitions]
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "free", "fixed", "label"])


def test_definitions_may_use_later_ones_and_fixed_parameters():
    table = table_of(("total", "indirect + c"), ("indirect", "a*b"))
    values, jacobian = defined_jacobian(table, np.array([2.0, 3.0]))
    np.testing.assert_allclose(values, [6.5, 6.0])
    np.testing.assert_allclose(jacobian, [[3.0, 2.0], [3.0, 2.0]])


def test_values_of_many_replicates():
    table = table_of(("ratio", "a/b"), ("fixed", "2*c"))
    replicates = np.array([[1.0, 2.0], [3.0, 4.0], [6.0, 2.0]])
    np.testing.assert_allclose(
        defined_values(table, replicates), [[0.5, 1.0], [0.75, 1.0], [3.0, 1.0]]
    )


def test_unknown_labels_and_circles_are_refused():
    with pytest.raises(ModelError, match="no parameter carries"):
        defined_values(table_of(("effect", "a*q")), np.array([1.0, 2.0]))
    with pytest.raises(ModelError, match="circular"):
        defined_values(table_of(("d", "e + a"), ("e", "d*b")), np.array([1.0, 2.0]))


def test_wald_columns():
    frame = with_wald_columns(pd.DataFrame({"est": [1.96, 1.0], "se": [1.0, 0.0]}))
    assert frame["pvalue"][0] == pytest.approx(0.05, abs=1e-4)
    assert frame["ci_lower"][0] == pytest.approx(0.0, abs=1e-4)
    assert np.isnan(frame["z"][1])
    assert frame["ci_upper"][1] == 1.0
