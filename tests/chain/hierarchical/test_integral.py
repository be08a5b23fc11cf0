"""Links integrated out: against lme4, against quadrature, and what must not matter."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.chain.hierarchical import integral
from workbench.chain.hierarchical.integral import Problem, around, conditional, own_links
from workbench.chain.hierarchical.likelihood import Rows, likelihood
from workbench.chain.hierarchical.links import hierarchical_links, standardised
from workbench.chain.hierarchical.structure import Structure

REFERENCE = Path(__file__).parents[2] / "reference" / "chain"
LINK = Structure(2, ((0, 1),))


@pytest.fixture(scope="module")
def lme4():
    return json.loads((REFERENCE / "random_links.json").read_text())


@pytest.fixture(scope="module")
def without_errors():
    data = pd.read_csv(REFERENCE / "random_links.csv")
    scores = data[["people", "service"]].to_numpy()
    organisation = data["organisation"].to_numpy() - 1
    return Rows.of(scores, np.zeros((len(data), 2, 2)), organisation)


def known_residual(rows, residual):
    """A flat prior of the link and of the source's variance; the residual's variance known."""
    centre = np.array([0.0, 0.0, np.log(residual)])
    return Problem(rows, LINK, centre, np.array([1e6, 1e6, 1e-6]), residual_spread=0.0)


def studied(rng, organisations, units, tau, error=0.5):
    organisation = np.repeat(np.arange(organisations), units)
    link = (0.4 + tau * rng.normal(size=organisations))[organisation]
    people, rest, level = rng.normal(size=(3, len(organisation)))
    scores = np.column_stack([people, link * people + 0.9 * rest]) + 3 * level[organisation, None]
    scores += np.sqrt(error) * rng.normal(size=scores.shape)
    return Rows.of(scores, np.tile(error * np.eye(2), (len(scores), 1, 1)), organisation)


def test_random_slopes_are_those_of_lme4(without_errors, lme4):
    problem = known_residual(without_errors, lme4["residual"])
    start = np.array([0.0, 0.0, np.log(lme4["residual"])])
    found = conditional(problem, np.array([lme4["tau"]]), around(problem, start))
    assert found.theta[0] == pytest.approx(lme4["mean"], abs=1e-4)
    assert np.sqrt(found.covariance[0, 0]) == pytest.approx(lme4["error"], rel=1e-4)
    assert found.links[:, 0] == pytest.approx(np.array(lme4["links"]), abs=5e-4)
    assert lme4["tau"] ** 2 * found.scatter[:, 0, 0] == pytest.approx(
        np.array(lme4["conditional_variance"]), rel=1e-3
    )


def test_the_evidence_of_tau_is_the_restricted_likelihood(without_errors, lme4):
    problem = known_residual(without_errors, lme4["residual"])
    start = np.array([lme4["mean"], 0.0, np.log(lme4["residual"])])
    found = [
        conditional(problem, np.array([tau]), around(problem, start)).evidence
        for tau in lme4["taus"]
    ]
    exact = np.array(lme4["restricted"])
    assert np.array(found) - found[0] == pytest.approx(exact - exact[0], abs=1e-3)


def test_the_whole_estimate_is_near_lme4s(without_errors, lme4):
    """Not equal: priors, variances integrated over, and residual variances that may differ."""
    found = hierarchical_links(without_errors, LINK)
    unit = found.deviation[1] / found.deviation[0]
    assert found.spread.value[0] * unit == pytest.approx(lme4["tau"], rel=0.05)
    assert found.mean.value[0] * unit == pytest.approx(lme4["mean"], abs=0.2 * lme4["error"])


def test_the_evidence_is_that_of_quadrature():
    """Twenty-one Gauss–Hermite nodes for every organisation, where units are few and noisy."""
    rows = studied(np.random.default_rng(2), 12, 8, 0.3)
    problem, theta, _ = standardised(rows, LINK)
    problem = replace(problem, residual_spread=0.0)
    node, weight = np.polynomial.hermite_e.hermegauss(21)

    def off(tau):
        found = conditional(problem, np.array([tau]), around(problem, theta))
        value = []
        for at in node:
            links = np.full((12, 1), found.theta[0] + tau * at)
            sigma, _ = LINK.implied(links, found.theta[1:])
            value.append(likelihood(problem.rows, sigma).value)
        exact = np.log(weight @ np.exp(value)).sum() - np.log(weight.sum()) * 12
        exact -= 0.5 * (((found.theta - problem.centre) / problem.deviation) ** 2).sum()
        exact += 0.5 * np.linalg.slogdet(found.covariance)[1]
        return found.evidence - exact

    assert [off(0.1) - off(1e-6), off(0.3) - off(1e-6)] == pytest.approx([0, 0], abs=0.25)


def test_residual_variances_that_differ_are_integrated_out():
    """Against a grid of both the link and the residual variance of the one organisation."""
    rows = studied(np.random.default_rng(12), 1, 30, 0.0, error=0.1)
    problem, theta, _ = standardised(rows, LINK)
    problem = replace(problem, residual_spread=0.5)
    found, covariance = own_links(problem, theta, theta[None, :1], 1.0)
    link, z = (
        mesh.ravel() for mesh in np.meshgrid(np.linspace(-1, 2, 121), np.linspace(-4, 4, 81))
    )
    residual = np.column_stack([np.full(len(z), theta[1]), theta[2] + 0.5 * z])
    sigma, _ = LINK.implied(link[:, None], residual)
    height = np.array([likelihood(problem.rows, one[None]).value[0] for one in sigma])
    height -= 0.5 * z**2 + 0.5 * (link - theta[0]) ** 2
    weight = np.exp(height - height.max())
    mean = weight @ link / weight.sum()
    assert found[0, 0] == pytest.approx(mean, abs=0.02)
    spread = weight @ (link - mean) ** 2 / weight.sum()
    assert covariance[0, 0, 0] == pytest.approx(spread, rel=0.1)


def test_residual_variances_that_may_differ_leave_the_mean_link_where_it_was():
    rows = studied(np.random.default_rng(15), 60, 8, 0.1)
    problem, theta, _ = standardised(rows, LINK)
    found = [
        conditional(given, np.array([0.1]), around(given, theta))
        for given in (problem, replace(problem, residual_spread=0.0))
    ]
    free, same = (one.theta[0] for one in found)
    assert free == pytest.approx(same, abs=0.05 * np.sqrt(found[1].covariance[0, 0]))


def test_own_links_are_the_likeliest_of_each_organisation():
    rows = studied(np.random.default_rng(3), 4, 40, 0.3, error=0.1)
    problem, theta, _ = standardised(rows, LINK)
    problem = replace(problem, residual_spread=0.0)
    links, _ = own_links(problem, theta, np.full((4, 1), theta[0]), 50.0)
    grid = np.linspace(-0.5, 1.5, 401)
    value = [
        likelihood(problem.rows, LINK.implied(np.full((4, 1), at), theta[1:])[0]).value
        for at in grid
    ]
    assert links[:, 0] == pytest.approx(grid[np.argmax(value, axis=0)], abs=6e-3)


def test_units_of_measurement_do_not_matter():
    rows = studied(np.random.default_rng(4), 8, 10, 0.2)
    scores = np.where(np.random.default_rng(7).random(rows.scores.shape) < 0.1, np.nan, rows.scores)
    rows = Rows.of(scores, rows.errors, rows.organisation)
    plain = hierarchical_links(rows, LINK)
    other = hierarchical_links(rows.scaled(np.array([0.04, 7.0])), LINK)
    assert other.mean.value == pytest.approx(plain.mean.value, abs=1e-3)
    assert other.organisations.upper == pytest.approx(plain.organisations.upper, abs=2e-3)
    assert other.deviation * [0.04, 7] == pytest.approx(plain.deviation, rel=1e-3)


def test_the_order_of_units_does_not_matter():
    rows = studied(np.random.default_rng(5), 8, 10, 0.2)
    order = np.random.default_rng(6).permutation(80)
    again = Rows.of(rows.scores[order], rows.errors[order], rows.organisation[order])
    first, second = hierarchical_links(rows, LINK), hierarchical_links(again, LINK)
    assert second.mean.lower == pytest.approx(first.mean.lower, abs=1e-4)
    assert second.organisations.value == pytest.approx(first.organisations.value, abs=1e-4)


def test_organisations_that_do_not_differ_get_one_link_and_keep_their_doubt():
    found = hierarchical_links(studied(np.random.default_rng(11), 60, 20, 0.0), LINK)
    assert found.spread.value[0] < 0.05
    assert np.ptp(found.organisations.value) < 0.3 * np.ptp(found.own.value)
    assert found.mean.lower[0] < 0.4 < found.mean.upper[0]
    width = found.organisations.upper - found.organisations.lower
    assert (width > found.mean.upper - found.mean.lower).all()


@pytest.mark.parametrize(("organisations", "tau"), [(6, 0.25), (12, 0.2)])
def test_organisations_that_differ_keep_their_own_links_amid_their_intervals(organisations, tau):
    rows = studied(np.random.default_rng(3), organisations, 40, tau, error=0.4)
    found = hierarchical_links(rows, LINK)
    pooled = found.organisations
    assert np.polyfit(found.own.value[:, 0], pooled.value[:, 0], 1)[0] > 0.4
    place = (pooled.value - pooled.lower) / (pooled.upper - pooled.lower)
    assert place.min() > 0.25
    assert place.max() < 0.75


def test_the_interval_has_no_zero_where_the_p_value_is_small():
    found = hierarchical_links(studied(np.random.default_rng(9), 12, 15, 0.1), LINK)
    assert (found.pvalue[0] < 0.05) == (found.mean.lower[0] > 0)


def chain_of_three(rng, organisations, units, spread, error=0.16):
    """People → service .5 and service → trust .6, spread evenly over organisations; no third."""
    organisation = np.repeat(np.arange(organisations), units)
    even = np.linspace(-1.7, 1.7, organisations)
    first, second = (
        (mean + tau * rng.permutation(even))[organisation]
        for mean, tau in zip((0.5, 0.6), spread, strict=True)
    )
    people, service, trust, *noise = rng.normal(size=(6, len(organisation)))
    service = first * people + 0.8 * service
    trust = second * service + 0.7 * trust
    scores = np.column_stack([people, service, trust]) + np.sqrt(error) * np.transpose(noise)
    rows = Rows.of(scores, np.tile(error * np.eye(3), (len(scores), 1, 1)), organisation)
    return hierarchical_links(rows, Structure(3, ((0, 1), (1, 2), (0, 2))))


def test_a_chain_of_three_finds_its_links():
    """A link of its own spread, one without, and a third that is none."""
    found = chain_of_three(np.random.default_rng(10), 25, 25, (0.25, 0.0))
    sd = found.deviation
    true = np.array([0.5 * sd[0] / sd[1], 0.6 * sd[1] / sd[2], 0.0])
    assert (found.mean.lower < true).all()
    assert (true < found.mean.upper).all()
    assert found.spread.value[0] > 0.15
    assert found.spread.lower[0] > 0
    assert (found.spread.lower[1:] == 0).all()


def test_links_are_pulled_less_by_residual_variances_that_differ():
    """Constructs of variance 1 in every organisation: a strong link leaves a small residual."""
    rng = np.random.default_rng(13)
    true = np.tile([0.1, 0.4, 0.7], 10)
    organisation = np.repeat(np.arange(30), 60)
    people, rest, *noise = rng.normal(size=(4, len(organisation)))
    link = true[organisation]
    scores = np.column_stack([people, link * people + np.sqrt(1 - link**2) * rest])
    scores += np.sqrt(0.5) * np.transpose(noise)
    rows = Rows.of(scores, np.tile(0.5 * np.eye(2), (len(scores), 1, 1)), organisation)
    problem, theta, _ = standardised(rows, LINK)
    same, free = (
        own_links(given, theta, np.full((30, 1), theta[0]), 1.0)[0][:, 0]
        for given in (replace(problem, residual_spread=0.0), problem)
    )
    assert np.polyfit(true, free, 1)[0] > np.polyfit(true, same, 1)[0] + 0.04


def test_spreads_are_found_where_they_are_well_known():
    found = chain_of_three(np.random.default_rng(11), 24, 30, (0.3, 0.15), error=0.02)
    sd = found.deviation
    true = np.array([0.3 * sd[0] / sd[1], 0.15 * sd[1] / sd[2]])
    assert found.spread.value[:2] == pytest.approx(true, abs=0.06)
    assert (found.spread.lower[:2] > 0).all()
    assert found.spread.value[2] < 0.08


@pytest.mark.parametrize("seed", range(28, 34))
def test_correlations_that_no_covariance_matrix_has_are_left_out(seed):
    """Of three sources hardly told apart in few units, whose errors hide that there is none."""
    rng = np.random.default_rng(seed)
    organisation = np.unique(np.sort(rng.integers(0, 7, 29)), return_inverse=True)[1]
    common = rng.normal(size=(29, 1))
    sources = common + 0.25 * rng.normal(size=(29, 3))
    middle = sources.mean(axis=1) + 0.5 * rng.normal(size=29)
    scores = np.column_stack([sources, middle, middle + 0.6 * rng.normal(size=29)])
    scores += 0.8 * rng.normal(size=scores.shape)
    rows = Rows.of(scores, np.tile(0.64 * np.eye(5), (29, 1, 1)), organisation)
    structure = Structure(5, ((0, 3), (1, 3), (2, 3), (3, 4)), ((0, 1), (0, 2), (1, 2)))
    found = hierarchical_links(rows, structure)
    assert np.isfinite([found.mean.lower, found.mean.value, found.mean.upper]).all()
    assert np.isfinite(found.own.value).all()


def test_organisations_in_blocks_give_what_all_at_once_give(monkeypatch):
    rng = np.random.default_rng(4)
    problem, theta, _ = standardised(studied(rng, 7, 12, tau=0.2), LINK)
    spread = np.array([0.2])
    whole = conditional(problem, spread, around(problem, theta))
    assert len(problem.blocks) == 1
    monkeypatch.setattr(integral, "_TOGETHER", 20)
    again = replace(problem)
    found = conditional(again, spread, around(again, theta))
    assert [some.stop - some.start for some, _ in again.blocks] == [2, 2, 1, 2]
    assert found.evidence == pytest.approx(whole.evidence, rel=1e-12)
    for name in ("theta", "covariance", "shift", "response", "scatter"):
        assert getattr(found, name) == pytest.approx(getattr(whole, name), rel=1e-9, abs=1e-12)


def test_own_links_do_not_depend_on_where_the_search_begins():
    """Also of organisations whose few units, with large errors, hardly tell their link."""
    rows = studied(np.random.default_rng(1), 12, 8, 0.3, error=1.5)
    problem, theta, _ = standardised(rows, LINK)
    below, above = (own_links(problem, theta, np.full((12, 1), at), 1.0)[0] for at in (-1.0, 1.0))
    assert below == pytest.approx(above, abs=1e-4)
