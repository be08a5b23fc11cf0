"""Every organisation's links: own where possible, pooled for all, a reason where neither."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.benchmark import organisation_links
from workbench.benchmark.organisations import score_data
from workbench.chain import fit_chain, links

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def demo():
    study = wb.open_study(DEMO)
    data = study.chain_data()
    return list(study.organisations["organisation"]), data, fit_chain(data)


def test_every_nyc_district_has_a_proper_estimate_with_an_interval(nyc_study):
    study = wb.open_study(nyc_study.path)
    data = study.chain_data()
    found = organisation_links(data, list(study.organisations["organisation"]), fit_chain(data))
    assert found.fits["estimated"].sum() == len(found.fits) == 34
    assert len(found.own) == 34 * 5
    numbers = ["strength", "se", "lower", "upper", "pass_through", "pass_through_lower"]
    assert np.isfinite(found.own[numbers]).all(axis=None)
    assert (found.own["lower"] < found.own["upper"]).all()
    assert np.isfinite(found.pooled[["strength", "lower", "upper"]]).all(axis=None)
    # Partial pooling draws towards the mean of the organisations.
    mean = found.between.set_index(["from", "to", "effect"])["estimate"]
    own = found.own.set_index(["organisation", "from", "to", "effect"])["strength"]
    pooled = found.pooled.set_index(["organisation", "from", "to", "effect"])["strength"]
    far = own.groupby(["from", "to", "effect"]).std()
    near = pooled.groupby(["from", "to", "effect"]).std()
    assert (near < far).all()
    assert mean["people", "service", "direct"] == pytest.approx(0.30, abs=0.03)


def test_scores_agree_with_the_whole_model_where_rows_are_many(demo):
    """On all units, one score per construct corrected for unreliability gives the same links."""
    _, data, whole = demo
    by_scores = links(fit_chain(score_data(data, whole)))
    by_items = links(whole)
    np.testing.assert_allclose(by_scores["strength"], by_items["strength"], atol=0.03)
    np.testing.assert_allclose(by_scores["pass_through"], by_items["pass_through"], atol=0.03)


def test_small_organisations_are_estimated_by_scores(demo):
    organisations, data, whole = demo
    found = organisation_links(data, organisations, whole)
    fits = found.fits.set_index("organisation")
    assert fits.loc["Library Network", "estimation"] == "scores"
    assert fits.loc["Revenue Office", "estimation"] in ("free", "bounded")


def test_a_circle_takes_more_units_than_constructs():
    study = wb.open_study(DEMO)
    data = study.chain_data("reciprocal-service-value-chain")
    some = ["Vehicle Licensing", "Revenue Office", "Pension Fund", "Employment Service"]
    found = organisation_links(data, some, fit_chain(data))
    fits = found.fits.set_index("organisation")
    assert fits.loc["Revenue Office", "estimated"]
    assert not fits.loc["Vehicle Licensing", "estimated"]
    assert "8 units are too few" in fits.loc["Vehicle Licensing", "reason"]
    pooled = found.pooled.set_index("organisation").loc["Vehicle Licensing"]
    assert np.isfinite(pooled["strength"]).all()


def test_an_organisation_of_two_units_gets_the_expectation(demo):
    organisations, data, whole = demo
    frame = data.frame
    small = frame[frame["organisation"] == "Library Network"].head(2)
    kept = frame[(frame["organisation"] != "Library Network") | frame.index.isin(small.index)]
    found = organisation_links(replace(data, frame=kept), organisations, whole)
    fit = found.fits.set_index("organisation").loc["Library Network"]
    assert not fit["estimated"]
    assert "2 units" in fit["reason"]
    pooled = found.pooled[found.pooled["organisation"] == "Library Network"]
    assert not pooled["from_own"].any()
    between = found.between.set_index(["from", "to", "effect"])
    direct = pooled[pooled["effect"] == "direct"].set_index(["from", "to", "effect"])
    np.testing.assert_allclose(direct["strength"], between.loc[direct.index, "estimate"])
    np.testing.assert_allclose(direct["lower"], between.loc[direct.index, "prediction_lower"])


def test_intervals_are_widened_for_few_rows(demo):
    """√(n / (n − q)) and t: for 15 rows and 3 coefficients, errors × 1.118 and 2.179 for 1.96."""
    organisations, data, whole = demo
    found = organisation_links(data, organisations, whole).own
    own = found[(found["organisation"] == "Lakeshore County") & (found["effect"] == "direct")]
    plain = links(fit_chain(score_data(data, whole).of("Lakeshore County"), "standard"))
    plain = plain[plain["effect"] == "direct"]
    np.testing.assert_allclose(own["se"].to_numpy(), plain["se"] * np.sqrt(15 / 12), rtol=1e-9)
    half = (own["upper"] - own["lower"]) / 2
    np.testing.assert_allclose(half, 2.178813 * own["se"], rtol=1e-6)
