"""What clustered and weighted rows are worth."""

import numpy as np
import pytest

from workbench.chain.hierarchical.common import inflation
from workbench.chain.hierarchical.likelihood import Rows
from workbench.chain.hierarchical.structure import Structure

LINK = Structure(2, ((0, 1),))


def drawn(rng, share, clusters=300, size=10):
    """Two constructs with ``share`` of each one's variance common to the rows of a cluster."""
    cluster = np.repeat(np.arange(clusters), size)
    common, own = rng.normal(size=(2, clusters, 2)), rng.normal(size=(2, len(cluster), 2))
    first, second = np.sqrt(share) * common[:, cluster] + np.sqrt(1 - share) * own
    people = first[:, 0]
    scores = np.column_stack([people, 0.5 * people + second[:, 0]])
    errors = np.zeros((len(cluster), 2, 2))
    return Rows.of(scores, errors, cluster // (clusters // 3)), cluster


def test_rows_of_clusters_have_the_design_effect_of_a_slope():
    """1 + (m − 1) ρ_x ρ_e (Scott & Holt 1982): 1 + 9 · .5² = 3.25, and 1 without clusters."""
    rows, cluster = drawn(np.random.default_rng(1), 0.5)
    assert inflation(rows, LINK, cluster) == pytest.approx(3.25, rel=0.15)
    rows, cluster = drawn(np.random.default_rng(2), 0.0, clusters=999, size=4)
    assert inflation(rows, LINK, cluster) == pytest.approx(1.0, abs=0.15)


def test_unequal_weights_have_kishs_design_effect():
    """1 + the squared coefficient of variation of weights (Kish 1965)."""
    rng = np.random.default_rng(3)
    rows, _ = drawn(rng, 0.0)
    weight = rng.choice([0.2, 1.0, 3.0], len(rows.scores))
    found = inflation(rows.counted(weight / weight.mean()), LINK, np.arange(len(weight)))
    assert found == pytest.approx(1 + weight.var() / weight.mean() ** 2, rel=0.15)
