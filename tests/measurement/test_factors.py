"""Dimensionality against psych, GPArotation and simulation in R (validity.R), and bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import MeasurementError
from workbench.interpretation import dimensions_in_words
from workbench.measurement import (
    ItemAnswers,
    exploratory_factors,
    parallel_analysis,
    single_factor_share,
)
from workbench.measurement.factors import (
    Eigenvalues,
    minres,
    oblimin,
    random_eigenvalues,
)
from workbench.study.level import Level

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "measurement"
EXPECTED = json.loads((REFERENCE / "validity.json").read_text())
ITEMS = [f"x{i}" for i in range(1, 10)]


def answers(items: list[str], frame: pd.DataFrame | None = None) -> ItemAnswers:
    frame = pd.read_csv(REFERENCE / "holzinger.csv") if frame is None else frame
    keys = {"organisation": "A", "unit": np.arange(len(frame)).astype(str), "wave": ""}
    return ItemAnswers("holzinger", Level.UNITS, {"ability": items}, frame.assign(**keys))


def test_minres_as_in_psych() -> None:
    correlation = answers(ITEMS).frame[ITEMS].corr().to_numpy()
    loading, unique = minres(correlation, 3)
    np.testing.assert_allclose(unique, EXPECTED["minres_uniquenesses"], atol=2e-4)
    residual = (correlation - loading @ loading.T)[np.tril_indices(9, -1)]
    assert residual @ residual <= EXPECTED["minres_residual"] + 1e-10


def test_oblimin_as_in_gparotation() -> None:
    found = exploratory_factors(answers(ITEMS), 3)
    expected = np.reshape(EXPECTED["psych_loadings"], (9, 3))  # psych sorts factors as we do
    np.testing.assert_allclose(found.loadings, expected, atol=2e-4)
    rotated = np.reshape(EXPECTED["oblimin_loadings"], (9, 3))[:, [0, 2, 1]]
    np.testing.assert_allclose(found.loadings, rotated, atol=2e-4)
    phi = np.reshape(EXPECTED["oblimin_phi"], (3, 3))[np.ix_([0, 2, 1], [0, 2, 1])]
    np.testing.assert_allclose(found.correlations, phi, atol=2e-4)


def test_oblimin_recovers_simple_structure() -> None:
    pattern = np.kron(np.eye(2), np.array([[0.8], [0.7], [0.6]]))
    phi = np.array([[1.0, 0.4], [0.4, 1.0]])
    unrotated = pattern @ np.linalg.cholesky(phi)
    found, correlation = oblimin(unrotated)
    np.testing.assert_allclose(np.sort(np.abs(found), axis=1)[:, 0], 0, atol=1e-6)
    assert abs(correlation[0, 1]) == pytest.approx(0.4, abs=1e-6)


def test_parallel_analysis_as_in_r() -> None:
    found = parallel_analysis(answers(ITEMS))
    table = found.table
    np.testing.assert_allclose(table["component"], EXPECTED["eigenvalues"], atol=1e-8)
    np.testing.assert_allclose(table["factor"], EXPECTED["reduced_eigenvalues"], atol=1e-8)
    np.testing.assert_allclose(table["component_random"], EXPECTED["horn_components"], atol=0.02)
    np.testing.assert_allclose(table["factor_random"], EXPECTED["horn_factors"], atol=0.02)
    assert (found.components, found.factors) == (3, 3)


def test_random_matrices_are_correlations_of_n_rows() -> None:
    components, _ = random_eigenvalues(50, 4, 4000, 1)
    np.testing.assert_allclose(components.sum(axis=1), 4)
    # E Σ r² off the diagonal = p (p − 1) / (n − 1)
    assert (components**2).sum(axis=1).mean() - 4 == pytest.approx(12 / 49, rel=0.04)


@pytest.mark.parametrize(
    ("components", "factors", "said"),
    [
        (1, 1, "measure one thing, so one index"),
        (1, 2, "principal components suggest 1, common factors 2"),
        (2, 1, "principal components suggest 2, common factors 1"),
        (2, 3, "measure 2 different things"),
        (0, 0, "share no more than chance"),
    ],
)
def test_the_two_counts_are_not_contradicted(components: int, factors: int, said: str) -> None:
    at = np.arange(4)
    table = pd.DataFrame(
        {"component": at < components, "factor": at < factors}, dtype=float
    ).assign(component_random=0.5, factor_random=0.5)
    found = Eigenvalues(table)
    assert said in dimensions_in_words(found.components, found.factors, "Courtesy")


def test_share_of_the_first_component() -> None:
    share = single_factor_share(answers(ITEMS))
    assert share == pytest.approx(EXPECTED["eigenvalues"][0] / 9, abs=1e-9)


def test_sentences_for_bad_input() -> None:
    frame = answers(ITEMS).frame
    with pytest.raises(MeasurementError, match="three or more"):
        parallel_analysis(answers(["x1", "x2"]))
    with pytest.raises(MeasurementError, match="'x1' of holzinger has the same answer"):
        parallel_analysis(answers(ITEMS, frame.assign(x1=2.0)))
    with pytest.raises(MeasurementError, match="too few"):
        parallel_analysis(answers(ITEMS, frame.head(8)))
    with pytest.raises(MeasurementError, match="sum or copy"):
        parallel_analysis(answers(ITEMS, frame.assign(x1=frame["x2"])))
    with pytest.raises(MeasurementError, match="cannot carry"):
        exploratory_factors(answers(ITEMS), 7)
