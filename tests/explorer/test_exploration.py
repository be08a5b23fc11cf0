"""What a change of a model gives, checked against what the numbers must be."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import workbench as wb
from workbench import sem
from workbench.explorer import Exploration, FittedOrigin, StudyOrigin, view
from workbench.explorer.widget import changed
from workbench.interpretation.languages import using_language


@pytest.fixture(scope="module")
def begun(demo):
    return Exploration.of(StudyOrigin(demo))


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(3)
    x, z = rng.normal(size=(2, 400))
    return pd.DataFrame({"x": x, "z": z, "y": 0.4 * x + 0.2 * z + rng.normal(size=400)})


@pytest.fixture(scope="module")
def regression(rows):
    return sem.fit("y ~ x + 0*z", rows)


def least_squares(rows, *names):
    """Coefficients, and the sum of squares that they leave."""
    predictors = np.column_stack([np.ones(len(rows)), rows[list(names)]])
    found, left, *_ = np.linalg.lstsq(predictors, rows["y"], rcond=None)
    return found[1:], float(left[0])


def ends(exploration):
    return [*exploration.model.paths[["from", "to"]].itertuples(index=False, name=None)]


# --- what a change gives -----------------------------------------------------------------------


def test_a_path_that_is_added_is_the_regression_and_its_test(rows, regression):
    begun = Exploration.of(FittedOrigin(regression))
    wider = begun.adding("~", "y", "z")
    narrow, wide = least_squares(rows, "x"), least_squares(rows, "x", "z")
    paths = wider.model.paths.set_index("from")
    expected = wide[0] * rows[["x", "z"]].std().to_numpy() / rows["y"].std()
    np.testing.assert_allclose(paths.loc[["x", "z"], "strength"], expected, rtol=1e-5)
    statistic = len(rows) * np.log(narrow[1] / wide[1])
    assert wider.difference.statistic == pytest.approx(statistic, rel=1e-5)
    assert wider.difference.pvalue == pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-4)
    assert wider.model.measures["aic"] - begun.model.measures["aic"] == pytest.approx(
        2 - statistic, rel=1e-5
    )
    assert ends(begun) == [("x", "y")]


def test_what_is_dropped_and_added_again_leaves_no_trace(begun):
    there = begun.dropping("~", "trust", "people").dropping("=~", "people", "engaged_2")
    again = there.adding("=~", "people", "engaged_2").adding("~", "trust", "people")
    assert again.code == begun.code
    assert again.fit is begun.model.origin.fit
    assert again.undone() is not begun
    assert again.undone().undone().undone().undone() is begun


def test_covariances_have_no_direction(begun):
    freed = begun.adding("~~", "service_2", "service_1")
    assert freed.model.terms("~~") == [("service_1", "service_2")]
    assert freed.dropping("~~", "service_1", "service_2").code == begun.code


def test_links_are_those_of_the_chain(begun):
    links = wb.links(begun.fit).query("effect == 'direct'").set_index(["from", "to"])
    paths = begun.model.paths.set_index(["from", "to"])
    for name in ("strength", "lower", "upper", "pvalue"):
        pd.testing.assert_series_equal(
            paths[name], links[name].loc[paths.index], rtol=1e-6, check_names=False
        )


def test_the_largest_residuals_and_indices_come_first(begun):
    poor = begun.dropping("~", "trust", "service").model
    assert poor.residuals["cor"].abs().is_monotonic_decreasing
    everyone = poor.fit.residuals().query("op == '~~' and lhs != rhs")["cor"].abs()
    assert poor.residuals["cor"].abs().iloc[0] == everyone.max()
    first = poor.offers.iloc[0]
    freed = Exploration(poor).adding(first["op"], first["lhs"], first["rhs"])
    fall = poor.fit.chi_square.statistic - freed.fit.chi_square.statistic
    assert fall == pytest.approx(first["mi"], rel=0.35)


def test_items_are_moved(begun):
    moved = begun.dropping("=~", "people", "engaged_2").adding("=~", "service", "engaged_2")
    assert moved.model.items["people"]["engaged_2"] is False
    assert moved.model.items["service"]["engaged_2"] is True
    assert "engaged_2" in moved.fit.layout.observed


def test_an_item_left_out_of_a_score_is_not_in_its_mean(demo, begun):
    scores = begun.choosing("items", "scores")
    fewer = scores.dropping("=~", "people", "engaged_2")
    assert fewer.model.origin.averaged["people"]["engaged_2"] is False
    assert fewer.difference is None
    data = demo.chain_data()
    left = [item for item in data.items["people"] if item != "engaged_2"]
    own = data.frame.groupby("organisation", observed=True)
    centred = data.frame[left].mean(axis=1) - own[left].transform("mean").mean(axis=1)
    count = own["unit"].transform("size")
    # Deviations from the mean of n units, scaled so that their variance is that of n - 1.
    expected = centred * np.sqrt(count / (count - 1))
    scored = fewer.fit.problem.sample.rows[0][:, 0]
    np.testing.assert_allclose(scored - scored.mean(), expected - expected.mean(), atol=1e-8)
    assert fewer.adding("=~", "people", "engaged_2").code == scores.code


# --- what cannot be done -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"do": "add", "op": "~", "lhs": "trust", "rhs": "people"}, "already has 'trust ~ people'"),
        ({"do": "drop", "op": "~", "lhs": "people", "rhs": "trust"}, "no 'people ~ trust'"),
        ({"do": "add", "op": "~", "lhs": "people", "rhs": "trust"}, "people ~ trust"),
        ({"do": "add", "op": "~", "lhs": "trust", "rhs": "nobody"}, "nobody"),
        ({"do": "choose", "name": "organisation", "value": "Nowhere"}, "Nowhere"),
    ],
)
def test_a_change_that_cannot_be_made_says_why_and_leaves_the_model(begun, message, sentence):
    failed = changed(begun, message)
    assert sentence in failed.problem
    assert failed.model is begun.model
    assert view.status(failed) == f"The change was not made. {failed.problem}"
    assert failed.settled == begun
    onwards = failed.dropping("~", "trust", "people")
    assert onwards.problem == ""
    assert onwards.undone().problem == ""


def test_a_model_that_does_not_converge_is_not_shown(begun):
    moved = begun.dropping("=~", "people", "engaged_2").adding("=~", "service", "engaged_2")
    failed = moved.choosing("organisation", "Lakeshore County")
    assert failed.problem.startswith("The model did not converge.")
    assert failed.model is moved.model


def test_every_item_dropped_says_that_none_is_left(begun):
    one = begun
    for item in ("trust_1", "trust_2", "trust_3"):
        one = one.dropping("=~", "trust", item)
    assert one.problem


def test_a_model_of_other_variables_has_no_test_of_the_difference(begun):
    shorter = begun.dropping("=~", "people", "engaged_2")
    assert "different variables (engaged_2)" in shorter.difference
    assert "is not tested" in view.status(shorter)
    assert begun.choosing("wave", "2023").difference is None


def test_nothing_to_undo_at_the_beginning(begun):
    assert begun.undone() is begun


# --- choices -----------------------------------------------------------------------------------


def test_changes_stay_for_another_wave_and_go_with_another_chain(begun):
    shorter = begun.dropping("~", "trust", "people")
    earlier = shorter.choosing("wave", "2023")
    assert ends(earlier) == ends(shorter)
    assert earlier.fit.nobs == 321
    other = shorter.choosing("chain", "citizens-first")
    assert other.model.dropped == ()
    assert other.model.origin.choices.level is None


def test_only_choices_with_alternatives_are_offered(demo, begun, little):
    names = [one.name for one in begun.model.origin.questions]
    assert names == ["organisation", "wave", "chain", "items"]
    respondents = StudyOrigin(demo).choosing("chain", "citizens-first")
    names = [one.name for one in respondents.questions]
    assert names == ["organisation", "wave", "chain", "level"]
    assert FittedOrigin(begun.fit).questions == ()


# --- code --------------------------------------------------------------------------------------

WALKS = {
    "path": [("dropping", "~", "trust", "people")],
    "several": [
        ("dropping", "=~", "people", "engaged_2"),
        ("adding", "=~", "service", "engaged_2"),
        ("adding", "~~", "trust_1", "trust_2"),
        ("choosing", "wave", "2022"),
    ],
    "organisation": [
        ("choosing", "items", "scores"),
        ("choosing", "organisation", "Lakeshore County"),
    ],
    "scores": [
        ("choosing", "items", "scores"),
        ("dropping", "=~", "people", "engaged_2"),
        ("dropping", "~", "trust", "people"),
    ],
    "level": [
        ("choosing", "chain", "citizens-first"),
        ("choosing", "level", "units"),
        ("choosing", "items", "scores"),
        ("dropping", "~", "service", "access"),
    ],
}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_the_code_gives_the_same_numbers(walk, demo, begun):
    last = begun
    for change, *what in walk:
        last = getattr(last, change)(*what)
        assert last.problem == ""
    names = {"study": demo}
    exec(last.code, names)
    pd.testing.assert_frame_equal(names["fit"].estimates, last.fit.estimates)
    assert names["fit"].reported == pytest.approx(last.fit.reported, nan_ok=True)


def test_the_code_of_a_fit_gives_the_same_numbers_twice(regression):
    wider = Exploration.of(FittedOrigin(regression)).adding("~", "y", "z")
    names = {"fit": regression}
    for _ in range(2):
        exec(wider.code, names)
        pd.testing.assert_frame_equal(names["explored"].estimates, wider.fit.estimates)


# --- shown -------------------------------------------------------------------------------------


class Controls(HTMLParser):
    """The controls of a piece of HTML that have no name, and those that have one."""

    def __init__(self, html):
        super().__init__()
        self.within, self.nameless, self.named = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in ("select", "input"):
            self.named += "label" in self.within
            self.nameless += [] if "label" in self.within else [self.get_starttag_text()]
        if tag != "input":
            self.within.append(tag)

    def handle_endtag(self, tag):
        if tag != "input":
            assert self.within.pop() == tag


def test_every_control_has_a_label(begun):
    shown = Controls(view.controls(begun))
    assert shown.nameless == []
    assert shown.named == 4 + 11 + 3 * 2  # choices, items, three forms of two
    buttons = view.controls(begun).count("<button")
    assert buttons == 2 + 3 + 3 + len(begun.model.offers)


def test_the_screen_shows_both_models(begun):
    shorter = begun.dropping("~", "trust", "people")
    html = view.results(shorter)
    now, before = shorter.model.measures, begun.model.measures
    assert f"<td>{now['df']:.0f}</td><td>{before['df']:.0f}</td>" in html
    assert f"χ²(1) = {shorter.difference.statistic:.2f}" in html
    assert "people → trust" not in html
    assert 'role="img"' in html
    assert shorter.fit.plot().alt in html
    assert "refit(drop=&#34;trust ~ people&#34;)" in html
    assert '<th scope="col">Model before</th>' not in view.results(begun)


def test_a_saturated_model_has_nothing_to_offer(begun):
    scores = begun.choosing("items", "scores")
    assert len(scores.model.offers) == 0
    assert "There is no further parameter to free." in view.controls(scores)


def test_groups_have_a_column(rows):
    fit = sem.fit("y ~ x; z ~ x", rows.assign(g=np.arange(400) % 2), group="g")
    assert '<th scope="col">Group</th>' in view.results(Exploration.of(FittedOrigin(fit)))


def test_names_are_no_markup(rows):
    fit = sem.fit('y ~ "<b>&"', rows.rename(columns={"x": "<b>&"}))
    one = Exploration.of(FittedOrigin(fit))
    for html in (view.controls(one), view.results(one)):
        assert "<b>" not in html
        assert "&lt;b&gt;&amp;" in html


def test_the_screen_speaks_french(begun):
    with using_language("fr"):
        html = view.controls(begun) + view.static(begun)
    assert "Toutes les organisations" in html
    assert "corrélations résiduelles" in html
