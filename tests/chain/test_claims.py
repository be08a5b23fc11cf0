"""Chains that test one claim against another, on data in which it is true and is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench import sem
from workbench.chain import find_chain, fit_chain, model_syntax, rivals_of, standard_rivals
from workbench.chain.catalogue import Chain, read_chain
from workbench.chain.rivals import Rivals
from workbench.errors import ChainError
from workbench.simulation import simulate
from workbench.simulation.population import load_population

VALUE = "the chain in which satisfaction is enough"
LEADERS = "the chain in which leadership leads to service by people alone"
LOOP = {
    ("service", "trust"): 0.4,
    ("trust", "service"): 0.2,
    ("access", "service"): 0.4,
    ("openness", "trust"): 0.3,
    ("ethics", "trust"): 0.3,
}


def compared(folder, chain: str, strengths: dict[tuple[str, str], float]) -> Rivals:
    """A chain beside its rivals, on data of the demo's population with other links."""
    known = load_population().larger(10, 30, 16)
    population = replace(known, strengths={**known.strengths, **strengths}, link_spread=0.0)
    study = wb.open_study(simulate(folder, 5, population))
    data = study.chain_data(chain).for_links()
    return rivals_of(data, fit_chain(data, warn=False))


def worse(found: Rivals, model: str) -> bool:
    return found.table.set_index("model").at[model, "pvalue_diff"] < 0.01


@pytest.mark.parametrize(("strength", "enough"), [(0.0, True), (0.25, False)])
def test_whether_satisfaction_is_enough(tmp_path, strength, enough):
    """Value leads to loyalty beside satisfaction, or it does not."""
    found = compared(tmp_path, "value-and-satisfaction", {("value", "loyalty"): strength})
    assert worse(found, VALUE) == (not enough)
    effects = wb.links(found.fits["value-and-satisfaction"])
    link = effects.set_index(["from", "to", "effect"]).loc["value", "loyalty", "direct"]
    lower, upper = float(link["lower"]), float(link["upper"])
    assert (lower > 0.1) == (not enough)
    assert (lower < 0.08 < upper) == enough


@pytest.mark.parametrize(("strength", "alone"), [(0.0, True), (0.4, False)])
def test_whether_leadership_leads_to_service_by_people_alone(tmp_path, strength, alone):
    found = compared(
        tmp_path, "leadership-in-full", {("operational_leadership", "service"): strength}
    )
    assert worse(found, LEADERS) == (not alone)


def moments(chain: Chain, strengths: dict[tuple[str, str], float]) -> tuple[dict, pd.DataFrame]:
    """Items, three a construct, and the covariance matrix of a population with a loop."""
    names = [construct.name for construct in chain.constructs]
    paths = pd.DataFrame(0.0, names, names)
    for (source, target), size in strengths.items():
        paths.loc[target, source] = size
    residual = np.diag([0.6 if name in ("service", "trust") else 1.0 for name in names])
    both = [names.index("service"), names.index("trust")]
    residual[both, both[::-1]] = 0.1
    inverse = np.linalg.inv(np.eye(len(names)) - paths.to_numpy())
    loads = np.kron(np.eye(len(names)), np.array([[1.0], [0.8], [0.9]]))
    cov = loads @ inverse @ residual @ inverse.T @ loads.T + 0.4 * np.eye(3 * len(names))
    items = {name: [f"{name}_{i}" for i in (1, 2, 3)] for name in names}
    columns = [item for own in items.values() for item in own]
    return items, pd.DataFrame(cov, columns, columns)


def loop() -> Chain:
    return find_chain("service-and-trust").restricted_to(
        ["service", "trust", "access", "openness", "ethics"]
    )


def test_both_directions_of_service_and_trust_are_recovered():
    chain = loop()
    items, cov = moments(chain, LOOP)
    fit = sem.fit_moments(model_syntax(chain, items), 400, cov, divisor="n")
    found = fit.estimates.set_index("label")["est"]
    for (source, target), size in LOOP.items():
        assert found[f"b_{source}_{target}"] == pytest.approx(size, abs=1e-5)


def test_instruments_that_trust_colours_are_not_valid():
    """Trust that makes an organisation look open passes for trust that comes of its service."""
    chain = loop()
    coloured = {**LOOP, ("trust", "service"): 0.0, ("trust", "openness"): 0.5}
    coloured.pop(("openness", "trust"))
    items, cov = moments(chain, coloured)
    fit = sem.fit_moments(model_syntax(chain, items), 400, cov, divisor="n")
    assert fit.estimates.set_index("label")["est"]["b_trust_service"] > 0.05
    assert "not valid" in chain.note


def test_service_and_trust_without_an_instrument_cannot_be_told_apart():
    with pytest.raises(ChainError, match="openness or ethics as an instrument for trust"):
        find_chain("service-and-trust").restricted_to(["service", "trust", "access"])


def test_rivals_of_a_chain_go_with_their_links():
    chain = find_chain("leadership-in-full")
    assert chain.rivals[0].title == LEADERS
    names = [rival.name for rival in standard_rivals(chain)]
    assert LEADERS in names
    short = chain.without_link("people", "service")
    assert [rival.title for rival in short.rivals] == [LEADERS]
    fewer = chain.without_link("political_leadership", "service")
    assert ("political_leadership", "service") not in fewer.rivals[0].without
    assert len(fewer.rivals) == 2


RIVAL = """
title = "T"
citation = "C"
[constructs.people]
label = "People"
meaning = "m"
[constructs.service]
label = "Service"
meaning = "m"
[constructs.trust]
label = "Trust"
meaning = "m"
[[links]]
from = "people"
to = "service"
[[links]]
from = "service"
to = "trust"
[[rivals]]
title = "the chain without trust"
without = [["service", "trust"]]
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('without = [["service", "trust"]]', ""), "has without = None; list the links"),
        (('[["service", "trust"]]', '["service", "trust"]'), "list of constructs"),
        (('[["service", "trust"]]', '[["service"]]'), 'each as \\["from", "to"\\]'),
        (('[["service", "trust"]]', '[["people", "trust"]]'), "people → trust, which is not among"),
        (('title = "the chain without trust"', ""), "'title' must be a text"),
    ],
)
def test_a_rival_that_says_too_little_is_refused(tmp_path, change, message):
    path = tmp_path / "own.toml"
    path.write_text(RIVAL.replace(*change), encoding="utf-8")
    with pytest.raises(ChainError, match=message):
        read_chain(path)
