"""Every function that a user calls shows in an example what one passes and what one gets."""

from doctest import DocTestParser
from importlib import import_module
from inspect import isfunction

import pytest

PACKAGES = (
    "workbench",
    "workbench.audit",
    "workbench.beginning",
    "workbench.benchmark",
    "workbench.chain",
    "workbench.drivers",
    "workbench.explorer",
    "workbench.figures",
    "workbench.linkage",
    "workbench.measurement",
    "workbench.reports",
    "workbench.sem",
    "workbench.simulation",
    "workbench.study",
)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_function_has_an_example(package: str) -> None:
    """`make test` runs the examples; here is only that they are there."""
    offered = import_module(package)
    functions = {name: getattr(offered, name) for name in offered.__all__}
    without = [
        name
        for name, function in functions.items()
        if isfunction(function) and not DocTestParser().get_examples(function.__doc__ or "")
    ]
    assert not without, f"{package} offers {without} without an example in the docstring"
