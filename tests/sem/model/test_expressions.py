"""Arithmetic over labels: values, exact derivatives, order of definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.sem.model.expressions import (
    evaluate,
    evaluation_order,
    gradient,
    names_in,
    value_and_partials,
)
from workbench.sem.model.syntax import parse_expression

AT = {"a": 0.7, "b": 1.3, "c": 2.1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a*b + c", 0.7 * 1.3 + 2.1),
        ("a - b - c", 0.7 - 1.3 - 2.1),
        ("a - (b - c)", 0.7 - (1.3 - 2.1)),
        ("-a^2", -(0.7**2)),
        ("(-a)^2", 0.7**2),
        ("2^3^2", 2.0**9),
        ("a / b * c", 0.7 / 1.3 * 2.1),
        ("exp(a) + log(b) - sqrt(c) * abs(-a)", np.exp(0.7) + np.log(1.3) - np.sqrt(2.1) * 0.7),
        ("1e-2 * a", 0.007),
    ],
)
def test_values(text, value):
    assert evaluate(parse_expression(text), AT) == pytest.approx(value)


TEXTS = [
    "a*b",
    "a/(b + c)",
    "a^b + b^2 - c^-1",
    "exp(a*b) / log(c + 1)",
    "sqrt(a^2 + b^2) * abs(-c)",
    "a*b / (a*b + c)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_derivatives_are_those_of_a_complex_free_difference(text):
    expression = parse_expression(text)
    _, partials = value_and_partials(expression, AT)
    for name in names_in(expression):
        step = 1e-6
        up = evaluate(expression, AT | {name: AT[name] + step})
        down = evaluate(expression, AT | {name: AT[name] - step})
        assert partials[name] == pytest.approx((up - down) / (2 * step), rel=1e-7)


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_read_back_as_the_same_expression(text):
    expression = parse_expression(text)
    assert parse_expression(str(expression)) == expression


def test_a_negative_base_with_a_constant_exponent_has_a_derivative():
    value, partials = value_and_partials(parse_expression("b^2"), {"b": -3.0})
    assert (value, partials["b"]) == (9, -6)


def test_undefined_is_nan_without_a_warning():
    assert np.isnan(evaluate(parse_expression("log(a)"), {"a": -1.0}))


@given(st.integers(1, 4), st.integers(1, 4))
def test_batches_broadcast(first, second):
    values = {"a": np.ones((first, 1)), "b": np.full(second, 2.0)}
    expression = parse_expression("a*b")
    assert evaluate(expression, values).shape == (first, second)
    assert gradient(expression, ["a", "b", "z"], values).shape == (first, second, 3)


def test_definitions_are_put_in_order():
    definitions = {name: parse_expression(text) for name, text in [("t", "i + c"), ("i", "a*b")]}
    assert evaluation_order(definitions, ["a", "b", "c"]) == ["i", "t"]


def test_circles_and_unknown_labels_are_named():
    circle = {"u": parse_expression("v + a"), "v": parse_expression("2*u")}
    with pytest.raises(ModelError, match="u → v → u"):
        evaluation_order(circle, ["a"])
    with pytest.raises(ModelError, match=r"'loadng'.*Did you mean 'loading'"):
        evaluation_order({"u": parse_expression("loadng^2")}, ["loading"])
