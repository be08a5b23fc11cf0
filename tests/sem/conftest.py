"""Cases with lavaan's numbers, made by tests/reference/sem/inference.R."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.sem.estimation.moments import Sample
from workbench.sem.model.layout import Layout

FOLDER = Path(__file__).parents[1] / "reference" / "sem" / "inference"


@cache
def _read(name: str) -> SimpleNamespace:
    """One fitted model: the expected values as written, with arrays and the layout ready."""
    case = SimpleNamespace(**json.loads((FOLDER / f"{name}.json").read_text()))
    case.table = pd.DataFrame(case.table).astype({"fixed": float, "est": float, "se": float})
    case.layout = Layout.from_table(case.table, case.observed, case.latent)
    case.theta, case.vcov = np.array(case.theta, float), np.array(case.vcov, float)
    case.sample_cov = np.array(case.sample_cov, float)
    case.implied_cov = np.array(case.implied_cov, float)
    case.sample_mean = np.array(case.sample_mean, float) if case.meanstructure else None
    case.implied_mean = np.array(case.implied_mean, float) if case.meanstructure else None
    case.exo = case.layout.exogenous_values(case.sample_cov, case.sample_mean)
    fixed = set(case.table.loc[case.table["exo"] == 1, "lhs"])
    case.exogenous = [i for i, name in enumerate(case.observed) if name in fixed]
    return case


@pytest.fixture
def inference_case() -> Callable[[str], SimpleNamespace]:
    """Read a case by name."""
    return _read


@pytest.fixture
def inference_data() -> Callable[[str], pd.DataFrame]:
    """Read the data a case was fitted to: ``hs``, ``hs_missing`` or ``pd``."""
    return lambda name: pd.read_csv(FOLDER / f"{name}.csv")


KERNEL = Path(__file__).parents[1] / "reference" / "sem" / "kernel"


@cache
def _kernel_cases() -> dict:
    """Everything tests/reference/sem/kernel/estimation.R wrote."""
    return json.loads((KERNEL / "estimation.json").read_text())


@cache
def _kernel_case(name: str) -> SimpleNamespace:
    """A case of the estimation kernels: table, layout, sample, and lavaan's results."""
    written = _kernel_cases()[name]
    case = SimpleNamespace(name=name, options=written, measures=written["measures"])
    table = pd.DataFrame(written["table"])
    for column in ("fixed", "est", "se"):
        table[column] = pd.to_numeric(table[column]).astype(float)
    statements = [
        {"lhs": left, "op": op, "rhs": right, "group": 0, "free": 0, "exo": 0, "label": ""}
        for line in written.get("constraints", [])
        for op in ("==", "<", ">")
        if op in line
        for left, right in [line.split(op)]
    ]
    case.table = pd.concat([table, pd.DataFrame(statements)]) if statements else table
    case.layout = Layout.from_table(case.table, written["observed"], written["latent"] or None)
    data = pd.read_csv(KERNEL / f"{written['data']}.csv")
    if "cluster" in written and "cl" not in data:
        data["cl"] = pd.read_csv(KERNEL / "hs_weights.csv")["cl"]
    blocks = [data]
    if case.layout.groups > 1:
        blocks = [data[data["school"] == group] for group in written["groups"]]
    case.sample = Sample.from_arrays(
        [block[written["observed"]].to_numpy(float) for block in blocks],
        [block["w"].to_numpy() for block in blocks] if "weights" in written else None,
        [block["cl"].to_numpy() for block in blocks] if "cluster" in written else None,
    )
    free = table[table["free"] > 0]
    case.place = free["free"].to_numpy() - 1
    case.est, case.se = free["est"].to_numpy(), free["se"].to_numpy()
    return case


@pytest.fixture
def kernel_case() -> Callable[[str], SimpleNamespace]:
    """Read a case of the estimation kernels by name."""
    return _kernel_case
