"""The model language: what it reads, and where and how it says no."""

import math
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ModelSyntaxError
from workbench.sem.model.expressions import (
    canonical,
    evaluate,
    evaluation_order,
    quoted_where_needed,
    value_and_partials,
)
from workbench.sem.model.syntax import parse, parse_expression


def triples(text):
    return [(r.lhs, r.op, r.rhs) for r in parse(text).relations]


def test_operators_and_order():
    text = "f =~ x1 + x2\ny ~ f + z\nx1 ~~ x2 + x3\ny ~ 1"
    assert triples(text) == [
        ("f", "=~", "x1"),
        ("f", "=~", "x2"),
        ("y", "~", "f"),
        ("y", "~", "z"),
        ("x1", "~~", "x2"),
        ("x1", "~~", "x3"),
        ("y", "~1", ""),
    ]


def test_several_left_sides():
    assert triples("y1 + y2 ~ x + 1") == [
        ("y1", "~", "x"),
        ("y1", "~1", ""),
        ("y2", "~", "x"),
        ("y2", "~1", ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "f =~ x1 + x2 + x3",
        "f =~ x1 +\n  x2 +\n x3",
        "f =~ x1\n  + x2\n\n  + x3",
        "f =~\n x1 + x2 # a remark\n + x3 ! another",
        "f\n=~ x1 + x2 + x3;",
        "\r\nf =~ x1 + x2\r\n + x3\r\n",
        "\ufefff\t=~ x1 + x2 + x3",
    ],
)
def test_statements_over_several_lines(text):
    assert triples(text) == [("f", "=~", "x1"), ("f", "=~", "x2"), ("f", "=~", "x3")]


def test_semicolons_end_statements():
    assert triples("f =~ x1; y ~ f") == [("f", "=~", "x1"), ("y", "~", "f")]


def test_names_in_quotes_and_other_alphabets():
    text = 'größe =~ "x-1" + \'how satisfied?\' + `a b` + q.1_b + "50% #1 !"'
    assert [rhs for _, _, rhs in triples(text)] == [
        "x-1",
        "how satisfied?",
        "a b",
        "q.1_b",
        "50% #1 !",
    ]


def test_modifiers():
    relations = parse(
        "f =~ NA*x1 + 0.5*x2 + -1*x3 + a*x4 + start(0.7)*x5 + c(a, b)*x6 + c(1, NA)*x7"
        ' + "my label"*x8 + lower(0)*upper(2)*x9 + k*start(.1)*x10 + c("p", NA)*x11'
    ).relations
    found = {r.rhs: r.modifiers for r in relations}
    assert math.isnan(found["x1"].fixed[0])
    assert found["x2"].fixed == (0.5,)
    assert found["x3"].fixed == (-1.0,)
    assert found["x4"].label == ("a",)
    assert found["x5"].start == (0.7,)
    assert found["x6"].label == ("a", "b")
    assert found["x7"].fixed[0] == 1
    assert math.isnan(found["x7"].fixed[1])
    assert found["x8"].label == ("my label",)
    assert (found["x9"].lower, found["x9"].upper) == ((0.0,), (2.0,))
    assert (found["x10"].label, found["x10"].start) == (("k",), (0.1,))
    assert found["x11"].label == ("p", "")


def test_a_term_written_twice_collects_its_modifiers():
    (relation,) = parse("y ~ a*x + start(2)*x").relations
    assert (relation.modifiers.label, relation.modifiers.start) == (("a",), (2.0,))


def test_definitions_constraints_and_bounds():
    model = parse("y ~ a*x + b*z\nab := a*b\na == 2*b + 1\na > 0\n1 > b; a*b < b + 1")
    assert [(d.name, str(d.expression)) for d in model.definitions] == [("ab", "a*b")]
    assert [(str(e.left), str(e.right)) for e in model.equalities] == [("a", "2*b+1")]
    found = [(str(i.left), i.op, str(i.right)) for i in model.inequalities]
    assert found == [("a", ">", "0"), ("b", "<", "1"), ("a*b", "<", "b+1")]


def test_a_minus_begins_a_line_with_an_operator_and_continues_one_without():
    model = parse("y ~ a*x + b*z\n-0.5 < a\n- b > -2*a\nt := a\n  - b\n")
    found = [(str(i.left), i.op, str(i.right)) for i in model.inequalities]
    assert found == [("a", ">", "-0.5"), ("-b", ">", "(-2)*a")]
    assert [str(d.expression) for d in model.definitions] == ["a-b"]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("f =~ x1 x2", 1, 9, 'stands in quotes ("x1 x2")'),
        ("f = x1", 1, 3, "'=~' (measured by)"),
        ("f =~ x1 +", 1, 10, "expected a name or a number"),
        ("y ~ x\nf =~", 2, 5, "found the end"),
        ("f =~ x-1", 1, 7, 'write it in quotes: "x-1"'),
        ("f <~ x1", 1, 4, "Formative"),
        ("f =~ 1x", 1, 7, 'stands in quotes ("1x")'),
        ("f =~ 0.5 x", 1, 10, "followed by '*' (0.5*x)"),
        ("", 1, 1, "no formula"),
        ("f", 1, 2, "A statement has two sides"),
        ("f =~ x1 | t1", 1, 9, "line of its own"),
        ("y ~ a*x\nind := foo(a)", 2, 8, "known are exp, log, sqrt, abs"),
        ('f =~ "x1', 1, 6, "none closes it"),
        ("a*f =~ x", 1, 1, "right side of '=~'"),
        ("f =~ strt(1)*x", 1, 6, "Did you mean 'start'?"),
        ("y ~ 2", 1, 5, "an intercept is written y ~ 1"),
        ("f =~ (x1 + x2", 1, 14, "expected"),
        ("f ~~ c(a, 1)*f", 1, 6, "not both"),
        ("group: 1\ny ~ x", 1, 6, "c(a, b)*x"),
        ("f =~ f + x", 1, 6, "cannot be measured by itself"),
        ("y ~ a*b*x", 1, 7, "two label modifiers"),
        ("y ~ x\ny ~ 1*x\ny ~ 2*x", 3, 5, "another fixed value"),
        ("y ~ a*x\ni := a\ni := a^2", 3, 1, "defined twice"),
    ],
)
def test_errors_say_where_what_and_how_to_mend_it(text, line, column, words):
    with pytest.raises(ModelSyntaxError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)
    shown = str(caught.value).split("\n")
    assert shown[-1].index("^") - 4 == column - 1


@given(st.text(alphabet="fxy12 =~:<>+-*/^(),.\"'\n;#NA", max_size=40))
def test_any_text_is_read_or_refused_in_words(text):
    with suppress(ModelSyntaxError):
        assert parse(text).relations


@given(st.text(min_size=1, max_size=12).filter(lambda s: not set(s) & set("\"'`\n\r")))
def test_any_column_name_can_be_written(name):
    (relation,) = parse(f'y ~ "{name}"').relations if name != "y" else parse('z ~ "y"').relations
    assert relation.rhs == canonical(name)


@given(st.from_regex(r"[A-Za-zé_.][A-Za-z0-9_. -]{0,8}", fullmatch=True))
def test_names_quoted_where_needed_are_read_back(name):
    (relation,) = parse(f"outcome ~ {quoted_where_needed(name)}").relations
    assert relation.rhs == name


@pytest.mark.parametrize("text", ["y ~ x:m", "y ~ x + m + x : m", "y ~ I(x*m)", "y ~ x + I(x * m)"])
def test_a_product_of_variables_is_answered_by_how_to_make_its_column(text):
    with pytest.raises(ModelSyntaxError, match=r'data\["x_m"\] = data\["x"\] \* data\["m"\]'):
        parse(text)


@pytest.mark.parametrize("word", ["से", "ที่", "பெயர்", "e\u0301t", "\u00e9t"])
def test_names_with_marks_need_no_quotes_and_are_one_in_both_forms(word):
    composed = unicodedata.normalize("NFC", word)
    model = parse(f"y ~ {word}*{word}1\nt := 2*{composed}")
    assert model.relations[0].rhs == f"{composed}1"
    assert model.relations[0].modifiers.label == (composed,)
    assert str(model.definitions[0].expression) == f"2*{composed}"


def test_length_and_depth_of_a_model_have_no_limit():
    terms = [f"x{i}" for i in range(1500)]
    assert triples("f =~ " + " + ".join(terms))[-1] == ("f", "=~", "x1499")
    long = parse("y ~ a*x\nt := " + " + ".join(["a"] * 1500)).definitions[0].expression
    assert evaluate(long, {"a": 0.5}) == 750
    assert evaluate(parse_expression(str(long)), {"a": 0.5}) == 750
    deep = parse_expression("(a+" * 1500 + "a" + ")" * 1500)
    value, partials = value_and_partials(deep, {"a": 2.0})
    assert (value, partials["a"]) == (3002, 1501)
    chain = {f"t{i}": parse_expression(f"t{i - 1} + a") for i in range(1, 1200)}
    order = evaluation_order(dict(reversed(chain.items())) | {"t0": parse_expression("a")}, ["a"])
    assert order == [f"t{i}" for i in range(1200)]
