"""The chain in every organisation, all estimated together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench import sem
from workbench.chain import ChainData, find_chain, organisation_links
from workbench.interpretation.cutoffs import LARGEST_ERROR
from workbench.study.level import Level

ITEMS = {name: [f"{name}_{i}" for i in (1, 2, 3)] for name in ("people", "service", "trust")}
LINKS = (0.5, 0.6)
SIZES = {"Ash": 40, "Beech": 25, "Cedar": 30, "Elm": 2, "Fir": 1, "Oak": 35}
NAMES = [*SIZES, "Yew"]
DIRECT = ["from", "to"]


def units(rng, sizes, noise):
    """Unit means of items; errors of variance ``noise`` are common to a construct's items."""
    organisation = np.repeat(list(sizes), list(sizes.values()))
    count = len(organisation)
    level = dict(zip(sizes, 10 * rng.normal(size=(len(sizes), 3)), strict=True))
    people, service, trust = rng.normal(size=(3, count))
    service = LINKS[0] * people + np.sqrt(1 - LINKS[0] ** 2) * service
    trust = LINKS[1] * service + np.sqrt(1 - LINKS[1] ** 2) * trust
    means = 50 + 5 * np.column_stack([people, service, trust])
    means += np.sqrt(noise) * rng.normal(size=means.shape) + [level[name] for name in organisation]
    items = np.repeat(means, 3, axis=1) + rng.normal(size=(count, 9))
    columns = [item for names in ITEMS.values() for item in names]
    frame = pd.DataFrame(items, columns=columns)
    frame.insert(0, "organisation", organisation)
    frame.insert(1, "unit", [f"unit {i}" for i in range(count)])
    return frame, np.kron(np.eye(3), np.full((3, 3), noise)), columns


def chain_data(sizes=None, noise=4.0, seed=1):
    frame, error, columns = units(np.random.default_rng(seed), sizes or SIZES, noise)
    known = sem.ErrorCovariance(
        tuple(columns), np.tile(error, (len(frame), 1, 1)), frame[["organisation", "unit"]]
    )
    chain = find_chain("public-sector-service-value-chain").restricted_to(list(ITEMS))
    return ChainData(chain, ITEMS, Level.UNITS, frame, known)


@pytest.fixture(scope="module")
def found():
    return organisation_links(chain_data(), NAMES)


def test_the_mean_links_are_found_with_their_words(found):
    table = found.between.set_index(["from", "to", "effect"])
    for ends, true in (
        (("people", "service", "direct"), LINKS[0]),
        (("service", "trust", "direct"), LINKS[1]),
        (("people", "trust", "indirect"), LINKS[0] * LINKS[1]),
        (("people", "trust", "direct"), 0.0),
    ):
        row = table.loc[ends]
        assert row["estimate"] == pytest.approx(true, abs=0.15)
        assert row["lower"] < true < row["upper"]
        assert row["tau_lower"] == 0
        assert (row["pvalue"] < 0.05) == (row["lower"] > 0 or row["upper"] < 0)
        # All constructs have one standard deviation, so points are strengths.
        assert row["pass_through"] == pytest.approx(row["estimate"], rel=0.2)
    assert "In another organisation the link would probably lie between" in table["words"].iloc[0]


def test_every_organisation_has_links_and_those_without_rows_what_is_expected(found):
    direct = found.pooled[found.pooled["effect"] == "direct"].set_index("organisation")
    assert set(direct.index) == set(NAMES)
    new = found.between.set_index(["from", "to", "effect"])
    for name in ("Fir", "Yew"):
        own = direct.loc[name]
        assert not own["from_own"].any()
        assert (own["shrinkage"] == 1).all()
        ends = [tuple(key) for key in own[["from", "to", "effect"]].to_numpy()]
        assert own["lower"].to_numpy() == pytest.approx(new.loc[ends, "prediction_lower"])
    assert direct.loc[["Ash", "Elm"], "from_own"].all()
    width = (direct["upper"] - direct["lower"]).groupby(level=0).mean()
    assert width["Ash"] < width["Elm"] <= width["Yew"] * 1.05


def test_organisations_without_rows_say_why(found):
    fits = found.fits.set_index("organisation")
    assert fits.loc["Yew", "reason"] == "It has no units in this wave."
    assert fits.loc["Fir", "reason"] == "A single unit cannot show links between units."
    assert fits.index[fits["estimated"]].tolist() == ["Ash", "Beech", "Cedar", "Elm", "Oak"]
    assert fits["rows"].to_dict() == {**SIZES, "Yew": 0}


def test_a_link_by_its_own_rows_is_shown_where_it_says_something(found):
    assert (found.own["se"] <= LARGEST_ERROR).all()
    assert {"Ash", "Oak"} <= set(found.own["organisation"])
    assert "Elm" not in set(found.own["organisation"])
    ash = found.own[found.own["organisation"] == "Ash"].set_index(["from", "to", "effect"])
    assert ash.loc[("service", "trust", "direct"), "strength"] == pytest.approx(0.6, abs=0.35)


def test_too_few_rows_are_said_for_all(found):
    """Four organisations of six units, measured with as much error as there are differences."""
    small = organisation_links(chain_data(dict.fromkeys("ABCD", 6), noise=25.0), list("ABCD"))
    assert small.pooled.empty
    assert small.between.empty
    assert not small.fits["estimated"].any()
    reason = small.fits["reason"].iloc[0]
    assert small.reason == reason
    assert "information on the link from People to Service as " in reason
    assert reason.startswith("Too few units: the 24 units of 4 organisations carry as much ")
    assert reason.endswith("; 20 are needed.")


def test_one_organisation_is_not_several():
    data = chain_data({"Ash": 30})
    reason = organisation_links(data, ["Ash"]).fits["reason"].iloc[0]
    assert reason.startswith("Only one organisation has two units or more")
    reason = organisation_links(data, ["Yew"]).fits["reason"].iloc[0]
    assert reason.startswith("No organisation has two units or more")


def test_a_circle_is_not_told_apart_in_one_organisation(found):
    circle = replace(chain_data(), chain=find_chain("reciprocal-service-value-chain"))
    assert "has a feedback loop" in organisation_links(circle, NAMES).fits["reason"].iloc[0]


def test_a_construct_that_is_the_same_everywhere_has_no_links():
    data = chain_data()
    frame = data.frame.assign(**dict.fromkeys(ITEMS["service"], 50.0))
    reason = organisation_links(replace(data, frame=frame), NAMES).fits["reason"].iloc[0]
    assert reason.startswith("Within organisations, the units do not differ in Service, so")


def test_a_construct_without_an_answer_has_no_links():
    data = chain_data()
    frame = data.frame.assign(**dict.fromkeys(ITEMS["trust"], np.nan))
    found = organisation_links(replace(data, frame=frame), NAMES)
    assert found.reason == "No unit has a usable answer on Trust."


@pytest.mark.parametrize(("sign", "side"), [(1, "below −1"), (-1, "above 1")])
def test_constructs_that_answers_do_not_tell_apart_have_no_links(sign, side):
    """Trust goes with the little by which service differs from people: links far beyond 1."""
    rng = np.random.default_rng(4)
    frame = chain_data().frame.copy()
    own, other, rest = rng.normal(size=(3, len(frame)))
    true = {"people": own, "service": 0.98 * own + 0.2 * other, "trust": 0.6 * other + 0.3 * rest}
    for name, items in ITEMS.items():
        for item in items:
            frame[item] = 50 + 5 * (true[name] + 0.02 * rng.normal(size=len(frame)))
    frame[ITEMS["trust"]] *= sign
    chain = find_chain("public-sector-service-value-chain").restricted_to(list(ITEMS))
    found = organisation_links(ChainData(chain, ITEMS, Level.UNITS, frame), NAMES)
    assert found.between.empty
    assert found.pooled.empty
    assert f"{side}: the answers hardly separate" in found.reason


def test_respondents_of_one_unit_count_for_less():
    """Rows in clusters that share half of everything leave wider intervals than without."""
    rng = np.random.default_rng(6)
    sizes = dict.fromkeys(("Ash", "Beech"), 200)
    frame, _, columns = units(rng, sizes, 0.0)
    alone = frame.assign(weight=1.0, cluster=np.arange(len(frame)))
    shared = alone.assign(cluster=np.arange(len(frame)) // 5)
    by_cluster = shared.groupby("cluster")[columns].transform("mean") * np.sqrt(5)
    shared[columns] = np.sqrt(0.5) * by_cluster + np.sqrt(0.5) * shared[columns]
    data = replace(chain_data(), level=Level.RESPONDENTS, error=None)
    widths = [
        (table["upper"] - table["lower"]).mean()
        for table in (
            organisation_links(replace(data, frame=rows), list(sizes)).own
            for rows in (alone, shared)
        )
    ]
    assert 1.3 < widths[1] / widths[0] < 2.2


def test_respondents_who_left_questions_out_weaken_no_link():
    """Thousands who left a third of the questions out become a few rows that are alike."""
    rng = np.random.default_rng(7)
    sizes = dict.fromkeys(("Ash", "Beech", "Cedar"), 1000)
    frame, _, columns = units(rng, sizes, 0.0)
    noisy = frame[columns] + 5 * rng.normal(size=(len(frame), len(columns)))
    frame[columns] = noisy.mask(rng.random(noisy.shape) < 1 / 3)
    frame = frame.assign(weight=1.0, cluster=np.arange(len(frame)))
    data = replace(chain_data(), level=Level.RESPONDENTS, error=None)
    found = organisation_links(replace(data, frame=frame), list(sizes)).between
    table = found.set_index(["from", "to", "effect"])["estimate"]
    assert table["people", "service", "direct"] == pytest.approx(LINKS[0], abs=0.05)
    assert table["service", "trust", "direct"] == pytest.approx(LINKS[1], abs=0.05)


def test_the_demo_s_links_are_those_it_was_drawn_from(demo):
    """Links of the population, in units that lie in organisations (data/demo/README.md)."""
    study = demo
    found = organisation_links(study.chain_data(), list(study.organisations["organisation"]))
    true = {("people", "service"): 0.321, ("service", "trust"): 0.590, ("people", "trust"): 0.137}
    table = found.between[found.between["effect"] == "direct"].set_index(DIRECT)
    for ends, strength in true.items():
        assert table.loc[ends, "estimate"] == pytest.approx(strength, abs=0.05)
        assert table.loc[ends, "lower"] < strength < table.loc[ends, "upper"]
    # Every organisation's own are drawn with a spread of .04 around these.
    direct = found.pooled[found.pooled["effect"] == "direct"].set_index(DIRECT)
    centre = pd.Series(true).loc[direct.index].to_numpy()
    covered = (direct["lower"] - 0.08 < centre) & (centre < direct["upper"] + 0.08)
    assert covered.mean() >= 0.9
    own = found.own[found.own["effect"] == "direct"].set_index(DIRECT)
    far = np.abs(own["strength"] - pd.Series(true).loc[own.index].to_numpy()).mean()
    assert np.abs(direct["strength"] - centre).mean() < far / 2


def test_all_nyc_districts_are_estimated_by_one_method(nyc_study):
    study = wb.open_study(nyc_study.path)
    found = organisation_links(study.chain_data(), list(study.organisations["organisation"]))
    assert found.fits["estimated"].sum() == len(found.fits) == 34
    mean = found.between.set_index(["from", "to", "effect"])["estimate"]
    own = found.own.set_index(["organisation", "from", "to", "effect"])["strength"]
    pooled = found.pooled.set_index(["organisation", "from", "to", "effect"])["strength"]
    effects = ["from", "to", "effect"]
    assert (pooled.groupby(effects).std() < own.groupby(effects).std()).all()
    assert mean["people", "service", "direct"] == pytest.approx(0.30, abs=0.05)
