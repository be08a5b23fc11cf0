"""The scree plot: what it draws and what it refuses."""

import pytest

from workbench.errors import FigureError
from workbench.figures.scree import scree


def test_every_eigenvalue_is_a_point() -> None:
    figure = scree([2.5, 0.4, 0.1], [1.2, 1.0, 0.8], alt="One thing.")
    assert figure.svg.count("<circle") == 3
    assert "1: 2.50 against 1.20 by chance" in figure.detail


def test_lengths_must_agree() -> None:
    with pytest.raises(FigureError, match="3 eigenvalues and 2 random"):
        scree([2.5, 0.4, 0.1], [1.2, 1.0], alt="One thing.")
