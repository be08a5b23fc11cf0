"""Resamples of whole units."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import ModelError
from workbench.sem.twolevel.fit import TwoLevelFit

FOLDER = Path(__file__).parents[2] / "reference" / "sem" / "twolevel"
TRUST = "t1 + t2 + t3 + t4"
MODEL = (
    f"level: 1\nw =~ {TRUST}\nw ~ age + hours\nlevel: 2\nb =~ {TRUST}\nb ~ p*size + q*region\n"
    "both := p + q"
)


def two_level(data: pd.DataFrame, model: str = MODEL, **options: object) -> TwoLevelFit:
    found = sem.fit(model, data, cluster="unit", warn=False, **options)  # type: ignore[arg-type]
    assert isinstance(found, TwoLevelFit)
    return found


@pytest.mark.parametrize(("name", "missing"), [("answers", "listwise"), ("missing", "fiml")])
def test_a_replicate_is_a_fit_of_its_rows(name: str, missing: str) -> None:
    data = pd.read_csv(FOLDER / f"{name}.csv")
    fit = two_level(data, missing=missing)
    drawn = fit.bootstrap(4, seed=7)
    rng = np.random.default_rng(7)
    units = data["unit"].unique()
    # One draw after the other, whatever their number.
    picked = [rng.integers(len(units), size=len(units)) for _ in range(2)][1]
    parts = [data[data["unit"] == units[own]].assign(unit=i) for i, own in enumerate(picked)]
    again = two_level(pd.concat(parts), missing=missing).estimates
    free = (again["se"] > 0).to_numpy()
    np.testing.assert_allclose(drawn.replicates[1, free], again.loc[free, "est"], atol=1e-6)
    np.testing.assert_array_equal(drawn.replicates[:2], fit.bootstrap(2, seed=7).replicates)


def test_resamples_without_some_pattern_have_derivatives() -> None:
    fit = two_level(pd.read_csv(FOLDER / "missing.csv"), missing="fiml")
    answers = fit.problem.by_group[0].answers
    assert answers is not None
    few = np.arange(20)
    assert (answers.take(few).rows == 0).any()
    at = fit.problem.resampled([few[None]]).evaluate(fit.theta[None], "observed")
    assert np.isfinite(at.curvature).all()


def test_errors_are_those_of_the_sandwich() -> None:
    fit = two_level(pd.read_csv(FOLDER / "answers.csv"), estimator="MLR")
    drawn = fit.bootstrap(600)
    assert drawn.failed == 0
    assert drawn.kind == "cluster"
    free = fit.estimates["se"] > 0
    ratio = drawn.intervals()["se"] / fit.estimates["se"]
    assert 0.9 < ratio[free].median() < 1.15
    for kind in ("percentile", "bias-corrected", "bca"):
        found = drawn.intervals(kind).set_index("lhs").loc["both"]
        own = fit.estimates.set_index("lhs").loc["both"]
        width = own["ci_upper"] - own["ci_lower"]
        assert abs(found["ci_lower"] - own["ci_lower"]) < 0.25 * width
        assert abs(found["ci_upper"] - own["ci_upper"]) < 0.25 * width
    standardised = fit.bootstrap(100, standardised=True).intervals()
    np.testing.assert_allclose(standardised["est"][free], fit.estimates["std_all"][free])


def test_constraints_hold_in_every_replicate() -> None:
    data = pd.read_csv(FOLDER / "answers.csv")
    model = MODEL + "\nlevel: 1\nt1 ~~ v*t1\nv > 0.6"
    drawn = two_level(data, model).bootstrap(10)
    place = drawn.parameters.index[drawn.parameters["label"] == "v"][0]
    assert (drawn.replicates[:, place] >= 0.6 - 1e-6).all()


def test_no_replicates_are_refused() -> None:
    fit = two_level(pd.read_csv(FOLDER / "answers.csv"))
    with pytest.raises(ModelError, match="leaves nothing to refit"):
        fit.bootstrap(0)
