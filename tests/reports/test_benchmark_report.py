"""The benchmark page gives one verdict on who differs from the rest."""

from types import SimpleNamespace

import pandas as pd
import pytest

from workbench.interpretation import Comparison
from workbench.interpretation.languages import Language
from workbench.reports.pages.benchmark import BenchmarkReport

NAMES = [f"Town {number}" for number in range(12)]


@pytest.mark.parametrize("verdict", [Comparison.ALIKE, Comparison.ABOVE])
def test_who_lies_outside_the_limits_and_does_not_differ_is_explained(verdict: Comparison) -> None:
    table = pd.DataFrame(
        {
            "organisation": NAMES,
            "construct": "trust",
            "wave": "",
            "index": [90.0, *(60.0 + number % 3 for number in range(11))],
            "se": 1.0,
            "lower": 58.0,
            "upper": 62.0,
            "units": 30,
        }
    )
    places = table[["organisation", "construct"]].assign(distinct=Comparison.ALIKE)
    places.loc[0, "distinct"] = verdict
    shared = SimpleNamespace(
        chain=SimpleNamespace(constructs=[], label=str.capitalize),
        indices=table,
        places=places,
        wave="",
    )
    names = pd.DataFrame({"organisation": NAMES, "name": NAMES})
    report = BenchmarkReport(SimpleNamespace(organisations=names, language=Language("en")), shared)
    told = report._apart_in("trust").html
    explained = "Town 0 lies outside the 99.8% limits around the mean: a reason to look closer"
    assert "1 is outside the 99.8% limits" in told
    assert (explained in told) == (verdict is Comparison.ALIKE)
    assert ("Town 0 is above the median" in told) == (verdict is Comparison.ABOVE)
