"""Bootstrap kernels: the draws are right, the refits are optima, one seed gives one result."""

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.sem.estimation import information
from workbench.sem.estimation.bounds import standard_bounds
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.moments import Sample, weighted_moments
from workbench.sem.estimation.optimiser import estimate
from workbench.sem.inference.resampling import bootstrap
from workbench.sem.inference.robust import yuan_bentler
from workbench.sem.model.constraints import Constraints


def test_a_case_replicate_is_the_fit_to_its_rows(kernel_case):
    case = kernel_case("hs-ml")
    theta = estimate(case.layout, case.sample).theta[0]
    drawn = bootstrap(case.layout, case.sample, theta, 5, seed=3)
    n, generator = len(case.sample.rows[0]), np.random.default_rng(3)
    for b in range(5):
        rows = generator.integers(n, size=n, dtype=np.uint32)
        direct = estimate(case.layout, Sample.from_arrays([case.sample.rows[0][rows]]))
        np.testing.assert_allclose(drawn.theta[b], direct.theta[0], atol=1e-7)
        assert drawn.fmin[b] == pytest.approx(direct.fmin[0], abs=1e-10)


def test_a_replicate_with_missing_answers_is_the_fit_to_its_rows(kernel_case):
    case = kernel_case("fiml-hs")
    theta = estimate(case.layout, case.sample).theta[0]
    drawn = bootstrap(case.layout, case.sample, theta, 3, seed=4)
    n, generator = len(case.sample.rows[0]), np.random.default_rng(4)
    for b in range(3):
        rows = generator.integers(n, size=n, dtype=np.uint32)
        direct = estimate(case.layout, Sample.from_arrays([case.sample.rows[0][rows]]))
        np.testing.assert_allclose(drawn.theta[b], direct.theta[0], atol=1e-6)


@pytest.mark.parametrize("kind", ["case", "parametric", "bollen-stine"])
def test_spread_is_that_of_the_theory(kernel_case, kind):
    case = kernel_case("hs-ml")
    solution = estimate(case.layout, case.sample)
    theta = solution.theta[0]
    drawn = bootstrap(case.layout, case.sample, theta, 1000, seed=1, kind=kind)
    assert drawn.converged.mean() > 0.98
    spread = drawn.theta[drawn.converged].std(0)
    objective, _ = objective_of(case.layout, case.sample)
    if kind == "parametric":
        vcov = information.vcov(information.expected(objective, theta), objective.total[0])
    else:
        vcov = yuan_bentler(case.layout, case.sample, theta, 24).vcov
    assert np.median(spread / np.sqrt(np.diag(vcov))) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("kind", ["parametric", "bollen-stine"])
def test_statistic_under_the_model(kernel_case, kind):
    """Where the model holds, N F has about df as its mean, the scaled df for real rows."""
    case = kernel_case("hs-ml")
    theta = estimate(case.layout, case.sample).theta[0]
    drawn = bootstrap(case.layout, case.sample, theta, 500, seed=2, kind=kind)
    statistic = 2 * 301 * drawn.fmin[drawn.converged]
    assert statistic.mean() == pytest.approx(24.0, rel=0.1)


def test_a_replicate_does_not_depend_on_how_many_there_are(kernel_case):
    case = kernel_case("hs-ml")
    theta = estimate(case.layout, case.sample).theta[0]
    few = bootstrap(case.layout, case.sample, theta, 20, seed=9)
    many = bootstrap(case.layout, case.sample, theta, 300, seed=9)
    np.testing.assert_array_equal(few.theta, many.theta[:20])
    other = bootstrap(case.layout, case.sample, theta, 20, seed=10)
    assert not np.array_equal(few.theta, other.theta)


def test_clusters_are_drawn_whole(kernel_case):
    case = kernel_case("cluster")
    theta = estimate(case.layout, case.sample).theta[0]
    drawn = bootstrap(case.layout, case.sample, theta, 600, seed=5, kind="cluster")
    vcov = yuan_bentler(case.layout, case.sample, theta, 24).vcov
    spread = drawn.theta[drawn.converged].std(0)
    assert np.median(spread / np.sqrt(np.diag(vcov))) == pytest.approx(1.0, abs=0.12)


def test_counts_as_weights_are_repeated_rows():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 4)) + 1000.0
    draw = rng.integers(50, size=50)
    counts = np.bincount(draw, minlength=50).astype(float)
    moments = weighted_moments([rows], [np.stack([counts, np.ones(50)])])
    np.testing.assert_allclose(moments.cov[0, 0], np.cov(rows[draw].T, bias=True), atol=1e-9)
    np.testing.assert_allclose(moments.mean[0, 0], rows[draw].mean(0))
    np.testing.assert_allclose(moments.cov[1, 0], np.cov(rows.T, bias=True), atol=1e-9)


@pytest.mark.parametrize("name", ["constraint-product", "constraint-inequality"])
def test_replicates_keep_the_constraints(kernel_case, name):
    case = kernel_case(name)
    constraints = Constraints.from_table(case.table)
    theta = estimate(case.layout, case.sample, constraints=constraints).theta[0]
    drawn = bootstrap(case.layout, case.sample, theta, 4, seed=3, constraints=constraints)
    n, generator = len(case.sample.rows[0]), np.random.default_rng(3)
    for b in range(4):
        rows = generator.integers(n, size=n, dtype=np.uint32)
        own = Sample.from_arrays([case.sample.rows[0][rows]])
        direct = estimate(case.layout, own, constraints=constraints)
        np.testing.assert_allclose(drawn.theta[b], direct.theta[0], atol=1e-5)


def test_replicates_stay_within_the_bounds_of_the_sample(kernel_case):
    case = kernel_case("bounds")
    solution = estimate(case.layout, case.sample, bounds="standard")
    drawn = bootstrap(case.layout, case.sample, solution.theta[0], 40, seed=3, bounds="standard")
    lower, upper = standard_bounds(case.layout, case.sample.moments.batched.cov)
    assert drawn.converged.all()
    assert ((drawn.theta >= lower) & (drawn.theta <= upper)).all()
    assert (drawn.theta == lower).any()


def test_what_cannot_be_drawn(kernel_case):
    case = kernel_case("hs-ml")
    theta = estimate(case.layout, case.sample).theta[0]
    with pytest.raises(ModelError, match="not 'wild'"):
        bootstrap(case.layout, case.sample, theta, 2, 1, kind="wild")
    with pytest.raises(ModelError, match="needs cluster="):
        bootstrap(case.layout, case.sample, theta, 2, 1, kind="cluster")
    fiml = kernel_case("fiml-hs")
    with pytest.raises(ModelError, match="need complete rows"):
        bootstrap(fiml.layout, fiml.sample, np.zeros(fiml.layout.n_free), 2, 1, kind="parametric")
