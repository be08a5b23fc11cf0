"""Missing answers: patterns, saturated moments, casewise maximum likelihood against lavaan."""

import numpy as np
import pytest

from workbench.exceptions import ModelError
from workbench.sem import information
from workbench.sem.fiml import em_step, objective_of, pattern_terms, saturated
from workbench.sem.moments import Sample
from workbench.sem.optimiser import estimate


def _normal_loglikelihood(rows, mu, sigma):
    """Row by row, the definition."""
    total = 0.0
    for row in rows:
        seen = ~np.isnan(row)
        gap = row[seen] - mu[seen]
        own = sigma[np.ix_(seen, seen)]
        total -= 0.5 * (
            seen.sum() * np.log(2 * np.pi)
            + np.linalg.slogdet(own)[1]
            + gap @ np.linalg.solve(own, gap)
        )
    return total


@pytest.mark.parametrize("name", ["fiml-hs", "fiml-group", "fiml-expected"])
def test_lavaans_estimates_errors_and_log_likelihood(kernel_case, name):
    case = kernel_case(name)
    solution = estimate(case.layout, case.sample)
    objective, _ = objective_of(case.layout, case.sample)
    theta = solution.theta[0]
    assert solution.converged.all()
    np.testing.assert_allclose(theta[case.place], case.est, atol=1e-5)
    kind = information.expected if name == "fiml-expected" else information.observed
    vcov = information.vcov(kind(objective, theta), objective.total[0])
    np.testing.assert_allclose(np.sqrt(np.diag(vcov))[case.place], case.se, rtol=1e-4)
    _, value, converged = case.sample.saturated
    assert converged.all()
    chi_square = 2 * objective.total[0] * (solution.fmin[0] - (objective.share * value).sum())
    assert chi_square == pytest.approx(case.measures["chisq"], rel=1e-5)
    answers = sum((~np.isnan(block)).sum() for block in case.sample.rows)
    logl = -objective.total[0] * solution.fmin[0] - 0.5 * answers * np.log(2 * np.pi)
    assert logl == pytest.approx(case.measures["logl"], abs=1e-3)


def test_value_is_the_row_by_row_likelihood(kernel_case):
    case = kernel_case("fiml-hs")
    rows = case.sample.rows[0]
    moments = case.sample.saturated[0]
    mu, sigma = moments.mean[0, 0] + 0.1, moments.cov[0, 0] * 1.2
    terms = pattern_terms(case.sample.patterns[0].batched, mu[None], sigma[None])
    constant = 0.5 * (~np.isnan(rows)).sum() * np.log(2 * np.pi)
    found = -terms.value[0] * len(rows) - constant
    assert found == pytest.approx(_normal_loglikelihood(rows, mu, sigma), rel=1e-12)


def test_saturated_moments_are_a_fixed_point_of_em(kernel_case):
    patterns = kernel_case("fiml-hs").sample.patterns[0].batched
    mu, sigma, converged = saturated(patterns)
    assert converged.all()
    next_mu, next_sigma = em_step(patterns, mu, sigma)
    np.testing.assert_allclose(next_mu, mu, atol=1e-8)
    np.testing.assert_allclose(next_sigma, sigma, atol=1e-8)


def test_complete_rows_give_the_sample_moments(kernel_case):
    sample = kernel_case("hs-ml").sample
    mu, sigma, _ = saturated(sample.patterns[0].batched)
    np.testing.assert_allclose(mu[0], sample.rows[0].mean(0))
    np.testing.assert_allclose(sigma[0], np.cov(sample.rows[0].T, bias=True), atol=1e-10)


def test_rows_without_answers_do_not_count(kernel_case):
    case = kernel_case("fiml-hs")
    empty = np.full((5, case.sample.rows[0].shape[1]), np.nan)
    longer = Sample.from_arrays([np.vstack([empty, case.sample.rows[0]])])
    assert longer.patterns[0].n.sum() == case.sample.patterns[0].n.sum()
    again = estimate(case.layout, longer)
    np.testing.assert_allclose(again.theta, estimate(case.layout, case.sample).theta, atol=1e-9)


def test_casewise_estimation_needs_intercepts(kernel_case):
    with pytest.raises(ModelError, match="intercepts"):
        objective_of(kernel_case("hs-ml").layout, kernel_case("fiml-hs").sample)


def test_least_squares_needs_complete_rows(kernel_case):
    case = kernel_case("fiml-hs")
    with pytest.raises(ModelError, match="GLS needs complete rows"):
        objective_of(case.layout, case.sample, "GLS")
