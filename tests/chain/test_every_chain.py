"""Every chain of the catalogue runs on the demo and gives back its population."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import workbench as wb
from workbench.simulation.population import load_population
from workbench.simulation.study import links_of_chains

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
RECIPROCAL = ["reciprocal-service-value-chain", "service-and-trust"]
# Senior leaders act by way of supervisors alone, value by way of satisfaction, politics nowhere;
# how long people wait has nothing to do with innovation.
WITH_ZEROS = {
    "drivers-of-engagement",
    "value-and-satisfaction",
    "leadership-in-full",
    "innovation-chain",
}
CHAINS = links_of_chains(load_population())


def test_demo_runs_every_chain(demo):
    table = demo.chains().availability(demo.codebook.constructs)
    assert table["runs"].all(), table.loc[~table["runs"], ["chain", "missing"]].to_string()


def test_stated_truth_is_of_the_catalogue(demo):
    """The README of the demo states the links of every chain as it runs there."""
    assert sorted([*CHAINS, *RECIPROCAL]) == sorted(wb.chains())
    readme = (DEMO / "README.md").read_text()
    for name, pairs in CHAINS.items():
        links = demo.runnable_chain(name).links
        assert [(link.source, link.target) for link in links] == list(pairs)
        stated = re.findall(rf"^\| {name} \| \S+ \| (\S+) \| (\S+) \|", readme, re.MULTILINE)
        assert stated == list(pairs)


@pytest.mark.parametrize("chain", CHAINS)
def test_demo_gives_back_its_population(demo, chain):
    """Links lie off by chance alone: none beyond 3.3 errors, nor all together by more than one
    sample in ten thousand would.

    An organisation's own links are drawn around the population's, so that twelve organisations
    differ from it by more than the fit's error, which is about respondents or units.
    """
    population = load_population()
    data = demo.chain_data(chain)
    fit = demo.fit(chain)
    assert fit.converged
    assert all("clusters for" in str(warning) for warning in fit.warnings)
    found = wb.links(fit)
    found = found[found["effect"] == "direct"].set_index(["from", "to"])
    source = population.source_of(CHAINS[chain])
    assert (data.level == "respondents") == (source is not None)
    truth = population.links(found.index, source)
    units = np.array([organisation.units for organisation in population.organisations])
    drawn = population.link_spread * np.sqrt(np.sum((units / units.sum()) ** 2))
    off = np.abs(found["strength"] - truth) / np.hypot(found["se"], drawn)
    assert off.max() < 3.3
    assert (off**2).sum() < stats.chi2.ppf(0.9999, len(off))
    # The population's sign is the one the chain's authors expect, wherever it is not near zero.
    expected = {(k.source, k.target): k.expected for k in data.chain.links}
    for pair, strength in truth.items():
        if abs(strength) > 0.03:
            assert expected[pair] in ("either", "+" if strength > 0 else "-"), pair
    if chain not in WITH_ZEROS:
        assert (np.abs(truth) > 0.03).all()
