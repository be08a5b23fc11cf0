"""How many threads linear algebra has."""

from collections.abc import Callable
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from workbench.chain.hierarchical.links import hierarchical_links
from workbench.chain.power import study_power
from workbench.sem.inference.bootstrapping import bootstrap_fit


def blas_threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


class ReachedError(Exception):
    pass


class Asking:
    """Tells how many threads there are as soon as anything is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise ReachedError(blas_threads())


@pytest.mark.parametrize(
    "routine",
    [
        lambda: study_power(Asking()),
        lambda: hierarchical_links(Asking(), Asking()),
        lambda: bootstrap_fit(Asking(), *[None] * 7),
    ],
    ids=["study_power", "hierarchical_links", "bootstrap_fit"],
)
def test_routines_of_many_small_matrices_have_one_thread(routine: Callable[[], object]) -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(ReachedError) as reached:
            routine()
        assert blas_threads() == before
    assert before == {2}
    assert reached.value.args == ({1},)
