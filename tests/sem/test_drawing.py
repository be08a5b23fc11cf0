"""The path diagram of a fit: what is drawn, and the finding in words."""

import warnings

import pytest
from semopy.examples import holzinger39

from workbench import sem
from workbench.errors import ModelError

CHAIN = """
visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9
textual ~ visual
speed ~ textual + visual
x7 ~~ x8
"""


@pytest.fixture(scope="module")
def data():
    return holzinger39.get_data()


def test_the_words_beside_the_drawing_state_the_finding(data):
    fit = sem.fit(CHAIN, data)
    figure = fit.plot()
    links = fit.standardised()
    links = links[links["op"] == "~"]
    told = (links["ci_lower"] > 0) | (links["ci_upper"] < 0)
    strongest = links.loc[links["est_std"].abs().idxmax()]
    assert f"{told.sum()} of 3 links" in figure.alt
    assert f"from {strongest['rhs']} to {strongest['lhs']} ({strongest['est_std']:.2f})" in (
        figure.alt
    )
    assert f"CFI {fit.measures['cfi']:.3f}" in figure.alt
    assert "n = 301" in figure.alt
    page = figure.html
    for name in ("visual", "textual", "speed", "x1", "x9"):
        assert f">{name}" in page
    assert f"{strongest['est_std']:.2f}" in page


def test_a_group_is_drawn_by_its_own_value(data):
    fit = sem.fit("visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nspeed ~ visual", data,
                  group="school")  # fmt: skip
    name = fit.problem.groups[1]
    figure = fit.plot(name)
    own = fit.standardised()
    own = own[(own["op"] == "~") & (own["group"] == name)]["est_std"].iloc[0]
    assert f"school {name}" in figure.caption
    assert f"({own:.2f})" in figure.alt
    with pytest.raises(ModelError, match="is not a group of this fit"):
        fit.plot("Nowhere")


def test_second_order_loadings_are_links(data):
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
    figure = sem.fit(model + "ability =~ visual + textual + speed", data).plot()
    assert "of 3 links" in figure.alt
    assert "from ability to" in figure.alt


def test_a_measurement_model_and_a_regression_can_be_drawn(data):
    assert "no links" in sem.fit("visual =~ x1 + x2 + x3 + x4", data).plot().alt
    assert "2 links" in sem.fit("x1 ~ x2 + x3", data).plot().alt


def test_without_an_optimum_it_says_so(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = sem.fit("visual =~ x1 + x2 + x3\nspeed =~ x7 + x8\nspeed ~ visual", data.head(12))
        assert not fit.converged
        assert "did not converge" in fit.plot().alt
