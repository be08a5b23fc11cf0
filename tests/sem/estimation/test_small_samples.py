"""Small samples: an optimum that is one, or the reason why there is none.

The data sets are those of benchmarks/convergence.py, whose exact gradient is used here too.
"""

import importlib.util
import sys
import warnings
from pathlib import Path

import pytest

from workbench import sem
from workbench.errors import NotConvergedWarning

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "convergence.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("convergence", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["convergence"] = module
    spec.loader.exec_module(module)
    return module


def fitted(benchmark, number):
    data = benchmark.data_set(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sem.fit(benchmark.MODEL, data), data


@pytest.mark.parametrize("number", [13, 61, 352, 361, 391])
def test_a_distant_optimum_is_reached(benchmark, number):
    # Loadings of 10 to 80 at the optimum; lavaan stops short of it or not at all.
    fit, data = fitted(benchmark, number)
    assert fit.converged
    assert benchmark.distance(fit, data[list(fit.layout.observed)].to_numpy()) < 1e-12


@pytest.mark.parametrize(
    ("number", "parameter"), [(17, "trust ~~ trust"), (32, "people ~~ people")]
)
def test_a_parameter_without_limit_is_named(benchmark, number, parameter):
    # lavaan 0.6-14 does not converge either: the same variance is at 7,257 and 11,016 there.
    fit, _ = fitted(benchmark, number)
    assert not fit.converged
    assert parameter in fit.message
    assert "grows without limit" in fit.message
    assert any(isinstance(warning, NotConvergedWarning) for warning in fit.warnings)
    assert fit.estimates["se"].isna().all()


def test_bounds_help_where_a_parameter_has_no_limit(benchmark):
    data = benchmark.data_set(17)
    assert sem.fit(benchmark.MODEL, data, bounds="standard", warn=False).converged
