"""Missing answers: patterns, saturated moments, casewise maximum likelihood against lavaan."""

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.sem.estimation import information
from workbench.sem.estimation import saturated as search
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.fiml import moment_curvature, pattern_terms
from workbench.sem.estimation.moments import Patterns, Sample
from workbench.sem.estimation.optimiser import estimate
from workbench.sem.estimation.saturated import em_step, saturated, saturated_of
from workbench.sem.model.layout import vech_index


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
    _, value, converged = saturated_of(case.sample)
    assert converged.all()
    chi_square = 2 * objective.total[0] * (solution.fmin[0] - (objective.share * value).sum())
    assert chi_square == pytest.approx(case.measures["chisq"], rel=1e-5)
    answers = sum((~np.isnan(block)).sum() for block in case.sample.rows)
    logl = -objective.total[0] * solution.fmin[0] - 0.5 * answers * np.log(2 * np.pi)
    assert logl == pytest.approx(case.measures["logl"], abs=1e-3)


def test_value_is_the_row_by_row_likelihood(kernel_case):
    case = kernel_case("fiml-hs")
    rows = case.sample.rows[0]
    moments = saturated_of(case.sample)[0]
    mu, sigma = moments.mean[0, 0] + 0.1, moments.cov[0, 0] * 1.2
    terms = pattern_terms(case.sample.patterns[0].batched, mu[None], sigma[None])
    constant = 0.5 * (~np.isnan(rows)).sum() * np.log(2 * np.pi)
    found = -terms.value[0] * len(rows) - constant
    assert found == pytest.approx(_normal_loglikelihood(rows, mu, sigma), rel=1e-12)


def test_saturated_moments_are_a_fixed_point_of_em(kernel_case):
    patterns = kernel_case("fiml-hs").sample.patterns[0].batched
    mu, sigma, converged = saturated(patterns)
    assert converged.all()
    next_mu, next_sigma = em_step(mu, sigma, pattern_terms(patterns, mu, sigma))
    np.testing.assert_allclose(next_mu, mu, atol=1e-8)
    np.testing.assert_allclose(next_sigma, sigma, atol=1e-8)


def test_complete_rows_give_the_sample_moments(kernel_case):
    sample = kernel_case("hs-ml").sample
    mu, sigma, _ = saturated(sample.patterns[0].batched)
    np.testing.assert_allclose(mu[0], sample.rows[0].mean(0))
    np.testing.assert_allclose(sigma[0], np.cov(sample.rows[0].T, bias=True), atol=1e-10)


def test_moments_without_a_maximum_are_given_up(monkeypatch):
    """Ten items of which the last two were answered in four rows alone: anything fits these."""
    rows = np.random.default_rng(1).standard_normal((60, 10))
    rows[4:, 8:] = np.nan
    steps = []
    monkeypatch.setattr(
        search, "moment_curvature", lambda *given: steps.append(1) or moment_curvature(*given)
    )
    _, _, converged = saturated(Sample.from_arrays([rows]).patterns[0].batched)
    assert not converged.any()
    assert len(steps) < search.SATURATED_STEPS


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


def _many_patterns(p: int = 7, n: int = 400):
    draw = np.random.default_rng(8)
    mixed = 0.4 * draw.standard_normal((p, p)) + np.eye(p)
    rows = draw.standard_normal((n, p)) @ mixed
    rows[draw.random((n, p)) < 0.45] = np.nan
    return rows, mixed.T @ mixed


def test_many_patterns_at_once_are_the_row_by_row_likelihood():
    """Also where more is unanswered than answered, and with a covariance near singular."""
    rows, sigma = _many_patterns()
    mu = np.linspace(-0.5, 0.5, len(sigma))
    patterns = Sample.from_arrays([rows]).patterns[0].batched
    assert len(patterns.seen) == 116
    near = np.outer(np.ones(len(sigma)), np.ones(len(sigma))) + 1e-6 * np.eye(len(sigma))
    terms = pattern_terms(
        Patterns(
            seen=patterns.seen,
            n=np.repeat(patterns.n, 2, axis=0),
            mean=np.repeat(patterns.mean, 2, axis=0),
            cov=np.repeat(patterns.cov, 2, axis=0),
            member=patterns.member,
        ),
        np.stack([mu, mu]),
        np.stack([sigma, near]),
    )
    answered = ~np.isnan(rows)
    used = answered.any(1).sum()
    for value, cov in zip(terms.value, (sigma, near), strict=True):
        found = -value * used - 0.5 * answered.sum() * np.log(2 * np.pi)
        assert found == pytest.approx(_normal_loglikelihood(rows, mu, cov), rel=1e-9)


@pytest.mark.parametrize("few", [False, True])
def test_curvature_is_the_derivative_of_the_gradient(few):
    rows, sigma = _many_patterns(6)
    if few:
        rows = np.where(np.isnan(rows), 0.0, rows)
        rows[:150, 4:] = np.nan
    patterns = Sample.from_arrays([rows]).patterns[0].batched
    p = len(sigma)
    assert len(patterns.seen) == (2 if few else 62)
    lower, upper = vech_index(p)
    half = np.where(lower == upper, 0.5, 1.0)

    def gradient(values):
        cov = np.empty((p, p))
        cov[lower, upper] = cov[upper, lower] = values[p:]
        terms = pattern_terms(patterns, values[None, :p], cov[None])
        return np.concatenate([terms.slope[0], terms.omega[0, lower, upper] * half])

    at = np.concatenate([np.zeros(p), sigma[lower, upper]])
    steps = 1e-5 * np.eye(len(at))
    expected = np.stack([(gradient(at + h) - gradient(at - h)) / 2e-5 for h in steps])
    terms = pattern_terms(patterns, np.zeros((1, p)), sigma[None])
    np.testing.assert_allclose(
        moment_curvature(terms, "observed")[0], expected, rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("kind", ["expected", "observed"])
@pytest.mark.parametrize("name", ["fiml-hs", "fiml-group", "fiml-mimic-mlr"])
def test_a_sum_over_patterns_is_the_one_over_moments(kernel_case, name, kind):
    case = kernel_case(name)
    objective, _ = objective_of(case.layout, case.sample)
    theta = estimate(case.layout, case.sample).theta
    implied = case.layout.implied(theta, objective.exo)
    jacobian = case.layout.jacobian(implied)[0]
    for g, part in enumerate(objective.patterns):
        terms = pattern_terms(part, implied.mu[:, g], implied.sigma[:, g])
        further = (terms.excess, terms.pull) if kind == "observed" else (None, None)
        found = case.layout.pattern_hessian(implied, g, terms.precision, terms.share, *further)
        expected = jacobian[g].T @ moment_curvature(terms, kind)[0] @ jacobian[g]
        np.testing.assert_allclose(found[0], expected, rtol=1e-9, atol=1e-10)
