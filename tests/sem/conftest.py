"""Cases with lavaan's numbers, made by tests/reference/sem/inference.R."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.sem.layout import Layout

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
