"""Many groups in one batch: each the same as alone, to the last bit."""

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.sem.estimation.many import fit_many, group_moments
from workbench.sem.estimation.moments import Sample
from workbench.sem.estimation.optimiser import estimate


@pytest.fixture
def groups(kernel_case):
    """Forty groups of 60 rows drawn from Holzinger and Swineford's."""
    rows = kernel_case("hs-ml").sample.rows[0]
    draw = np.random.default_rng(3).integers(len(rows), size=2400)
    return rows[draw], np.random.default_rng(4).permutation(np.repeat(np.arange(40), 60))


def test_moments_are_those_of_each_group(groups):
    rows, member = groups
    moments = group_moments(rows, member, 41)
    for g in (0, 17, 39):
        own = Sample.from_arrays([rows[member == g]]).moments
        np.testing.assert_allclose(moments.cov[g], own.cov, atol=1e-12)
        np.testing.assert_allclose(moments.mean[g], own.mean, atol=1e-12)
    assert moments.n[40, 0] == 0
    assert np.isnan(moments.cov[40]).all()


def test_a_group_is_fitted_as_if_alone(kernel_case, groups):
    layout = kernel_case("hs-ml").layout
    moments = group_moments(*groups, 40)
    together = fit_many(layout, moments)
    assert together.converged.mean() > 0.9
    for g in range(0, 40, 7):
        alone = estimate(layout, moments.take(np.array([g])))
        np.testing.assert_array_equal(alone.theta[0], together.theta[g])


@pytest.mark.parametrize("cut", [1, 7, 23])
def test_results_do_not_depend_on_the_cut(kernel_case, groups, cut):
    layout = kernel_case("hs-ml").layout
    moments = group_moments(*groups, 40)
    together = fit_many(layout, moments)
    first = fit_many(layout, moments.take(np.arange(cut)))
    rest = fit_many(layout, moments.take(np.arange(cut, 40)))
    np.testing.assert_array_equal(np.concatenate([first.theta, rest.theta]), together.theta)
    np.testing.assert_array_equal(np.concatenate([first.fmin, rest.fmin]), together.fmin)


def test_an_empty_group_says_why_and_disturbs_no_other(kernel_case, groups):
    layout = kernel_case("hs-ml").layout
    rows, member = groups
    with_empty = fit_many(layout, group_moments(rows, member, 41))
    assert not with_empty.converged[40]
    assert "not positive definite" in with_empty.message[40]
    plain = fit_many(layout, group_moments(rows, member, 40))
    np.testing.assert_array_equal(with_empty.theta[:40], plain.theta)


def test_groups_of_the_model_must_match(kernel_case, groups):
    with pytest.raises(ModelError, match="2 groups"):
        fit_many(kernel_case("hs-group-scalar").layout, group_moments(*groups, 40))
