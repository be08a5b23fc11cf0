"""Whether answers count as ordered categories, and what changes with the choice."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError

MODEL = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"


def survey(cuts: tuple[float, ...], n: int = 1500, link: float = 0.6) -> pd.DataFrame:
    """Six items of two factors."""
    rng = np.random.default_rng(5)
    f = rng.normal(size=n)
    g = link * f + np.sqrt(1 - link**2) * rng.normal(size=n)
    latent = 0.8 * np.column_stack([f, f, f, g, g, g]) + 0.6 * rng.normal(size=(n, 6))
    return pd.DataFrame(np.digitize(latent, cuts) + 1.0, columns=list("abcdeh"))


def test_few_categories_are_ordered() -> None:
    data = survey((-0.5, 0.0, 0.8))
    advice = sem.advise_estimator(data, ["a", "b"])
    assert (advice.ordered, advice.estimator) == (True, "WLSMV")
    assert advice.categories == {"a": 4, "b": 4}
    assert advice.sentence.startswith("a has 4 answer categories, fewer than 5")


def test_one_item_of_few_categories_decides() -> None:
    data = survey((-0.9, -0.3, 0.3, 0.9)).assign(h=lambda d: d["h"].clip(2, 4))
    assert not sem.advise_estimator(data, ["a", "b"]).ordered
    assert sem.advise_estimator(data, ["a", "h"]).ordered


def test_clusters_are_fitted_as_numbers() -> None:
    advice = sem.advise_estimator(survey((0.0,)), ["a", "b"], design=True)
    assert (advice.ordered, advice.estimator) == (False, "MLR")
    assert "clustered or weighted" in advice.sentence


def test_items_are_a_list() -> None:
    with pytest.raises(ModelError, match="list of the names"):
        sem.advise_estimator(survey((0.0,)), "a")


def test_links_by_both_on_the_same_rows() -> None:
    data = survey((-1.5, -1.0, -0.3))
    data.loc[::9, "c"] = np.nan
    found = sem.ordered_beside_numbers(MODEL, data)
    assert found.ordered.nobs == found.numbers.nobs < len(data)
    row = found.table.iloc[0]
    assert row["ordered"] == pytest.approx(0.6, abs=0.06)
    assert row["difference"] == pytest.approx(row["ordered"] - row["numbers"])
    assert "the same ones are told from zero" in found.sentence
    pairs = sem.ordered_beside_numbers(MODEL, data, missing="pairwise")
    assert pairs.ordered.nobs == pairs.numbers.nobs == len(data)


def test_links_told_from_zero_by_one_only_are_named() -> None:
    data = survey((-0.5, 0.5), n=250, link=0.6)
    found = sem.ordered_beside_numbers(MODEL, data)
    table = found.table.assign(told_alike=False)
    object.__setattr__(found, "table", table)
    assert found.sentence.endswith("1 is told from zero in one of the two only: from f to g.")


def test_a_model_without_links_has_none_to_compare() -> None:
    found = sem.ordered_beside_numbers("f =~ a + b + c + d", survey((-0.5, 0.5)))
    assert found.sentence == "The model has no links to compare."
