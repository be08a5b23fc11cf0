"""Rival chains: comparable, nested, equivalent, and refused where they cannot be read."""

import numpy as np
import pandas as pd
import pytest
from builders import write_study
from scipy import stats

import workbench as wb
from workbench import sem
from workbench.chain import find_chain, fit_chain, model_syntax, ordering, standard_rivals
from workbench.chain.rivals import compare, rivals, rivals_of
from workbench.errors import ChainError, UnknownNameError
from workbench.interpretation import disagreement_in_words
from workbench.sem import wald_test
from workbench.simulation import simulate
from workbench.simulation.population import load_population

ITEMS = {name: [f"{name[0]}{i}" for i in (1, 2, 3)] for name in ("people", "service", "trust")}


@pytest.fixture(scope="module")
def fits():
    """Data of people → service → trust, fitted by the true chain, its mirror and two others."""
    draw = np.random.default_rng(3)
    people = draw.standard_normal(400)
    service = 0.5 * people + draw.standard_normal(400)
    trust = 0.6 * service + draw.standard_normal(400)
    levels = {"people": people, "service": service, "trust": trust}
    frame = pd.DataFrame(
        {
            item: levels[name] + 0.6 * draw.standard_normal(400)
            for name, items in ITEMS.items()
            for item in items
        }
    )
    orders = {
        "full": "people -> service -> trust; people -> trust",
        "true": "people -> service -> trust",
        "mirror": "trust → service → people",
        "wrong": "service -> people -> trust",
        "short": "people -> service",
    }
    return {
        name: sem.fit(model_syntax(ordering(text), ITEMS), frame) for name, text in orders.items()
    }


def test_nested_rivals_are_tested(fits):
    table = compare(fits).table.set_index("model")
    assert table.loc["true", "wider"] == "full"
    gain = fits["true"].measures["chisq"] - fits["full"].measures["chisq"]
    assert table.loc["true", "chisq_diff"] == pytest.approx(gain)
    assert table.loc["true", "df_diff"] == 1
    assert table.loc["true", "pvalue_diff"] > 0.05
    assert table.loc["wrong", "pvalue_diff"] < 0.001
    assert table.loc["full", "wider"] == ""


def test_models_that_no_data_tell_apart_are_named(fits):
    found = compare(fits)
    table = found.table.set_index("model")
    assert table.loc["true", "equivalent"] == ("mirror",)
    assert table.loc["wrong", "equivalent"] == ()
    assert any("cannot distinguish true and mirror" in sentence for sentence in found.words)


def test_bic_and_the_test_may_disagree():
    """A link that a test keeps and BIC leaves out: 4.5 lies between 3.84 and log(400)."""
    table = {"wider": "wide", "pvalue": 0.034}
    told = disagreement_in_words("narrow", table["wider"], table["pvalue"], 6.0)
    assert told.startswith("BIC disagrees with this test: it is lower for narrow, by 6.0.")
    assert disagreement_in_words("narrow", "wide", 0.034, 1.9) == ""
    assert disagreement_in_words("narrow", "wide", 0.034, -8.0) == ""
    other = disagreement_in_words("narrow", "wide", 0.2, -2.5)
    assert other.startswith("BIC disagrees with this test: it is lower for wide, by 2.5,")
    assert disagreement_in_words("narrow", "wide", 0.2, 5.0) == ""


def test_rivals_say_where_bic_and_the_test_disagree():
    """Exact moments of a direct link that costs 5 of chi-square: over 3.84, below log(2000)."""
    names = ["people", "service", "trust"]
    for size, worse, disagrees in ((5.0, True, True), (12.0, True, False), (1.0, False, False)):
        direct = np.sqrt(np.expm1(size / 2000))  # of unit residuals, n log(1 + b²)
        loads = np.array([[1, 0, 0], [0, 1, 0], [direct, 0.5, 1.0]])
        columns = [f"{name}_1" for name in names]
        cov = pd.DataFrame(loads @ loads.T, columns, columns)
        items = {name: [f"{name}_1"] for name in names}
        chain = "people -> service -> trust"
        orders = {"wide": f"{chain}; people -> trust", "narrow": chain}
        fits = {
            name: sem.fit_moments(model_syntax(ordering(text), items), 2000, cov, divisor="n")
            for name, text in orders.items()
        }
        found = compare(fits)
        row = found.table.set_index("model").loc["narrow"]
        assert row["chisq_diff"] == pytest.approx(size, rel=0.02)
        assert (row["pvalue_diff"] < 0.05) == worse
        assert any("BIC disagrees" in sentence for sentence in found.words) == disagrees


def test_other_items_are_not_compared(fits):
    found = compare(fits)
    groups = found.table.set_index("model")["comparable"]
    assert groups["short"] != groups["true"] == groups["full"]
    assert "cannot be compared" in found.words[-1]


def test_ordering_keeps_the_chains_labels_and_refuses_circles():
    chain = find_chain("leadership-chain")
    assert ordering("people -> service", chain).label("service") == "Client devotion"
    with pytest.raises(ChainError, match="no link"):
        ordering("people", chain)
    with pytest.raises(ChainError, match="circle"):
        ordering("people -> service -> people")


def test_standard_rivals_leave_out_shortcuts_and_turn_round():
    chain = find_chain("public-sector-service-value-chain")
    own, short, turned = standard_rivals(chain)
    assert own == chain
    assert [(k.source, k.target) for k in short.links] == [
        ("people", "service"),
        ("service", "trust"),
    ]
    assert ("trust", "people") in [(k.source, k.target) for k in turned.links]
    circle = find_chain("reciprocal-service-value-chain")
    assert [rival.circle for rival in standard_rivals(circle)] == [("people", "service"), (), ()]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    population = load_population().larger(4, 40, 12)
    return wb.open_study(simulate(tmp_path_factory.mktemp("rivals"), 2, population))


def test_rivals_of_a_study(study):
    """Orderings of the same constructs see the same rows, whatever order they name them in."""
    found = rivals(study, ["people -> service -> trust", "trust -> service -> people"])
    one, two = found.table["chisq"]
    assert one == pytest.approx(two, rel=1e-4)
    assert found.table["items"].eq(3).all()  # a score for each construct
    assert found.table["df"].eq(1).all()
    assert found.table["equivalent"].map(bool).all()
    assert "<table" in found._repr_html_()


def test_standard_rivals_of_a_fitted_chain_are_those_fitted_anew(study):
    chain = study.runnable_chain()
    data = study.chain_data().for_links()
    found = rivals_of(data, fit_chain(data))
    anew = rivals(study, standard_rivals(chain))
    pd.testing.assert_frame_equal(found.table, anew.table)
    assert found.words == anew.words


def test_what_fits_perfectly_is_not_called_tested(study):
    full = "people -> service -> trust; people -> trust"
    found = rivals(study, [full, "people -> service -> trust"])
    assert found.words[0].startswith(f"Data cannot test {found.table['model'][0]} by itself")
    assert found.table["wider"].tolist() == ["", found.table["model"][0]]
    turned = "trust -> service -> people; trust -> people"
    (only,) = rivals(study, [full, turned]).words
    assert "so they fit any data perfectly" in only


def test_the_test_of_a_rival_allows_for_few_organisations(study):
    """Four organisations: F on the three degrees of freedom that they leave, not chi-square."""
    found = rivals(
        study,
        [
            "people -> service -> trust; people -> trust",
            "people -> trust; service -> trust; people -> service",
            "people -> service -> trust",
        ],
    )
    row = found.table.iloc[-1]
    assert row["pvalue_diff"] == pytest.approx(stats.f.sf(row["chisq_diff"], 1, 3), rel=1e-3)
    assert any("F " in sentence and "on 1 and 3.0 degrees" in sentence for sentence in found.words)


def test_few_organisations_do_not_scale_a_test_below_zero(tmp_path):
    """Six organisations: the difference of two traces is negative here, and is no scaling factor;
    the test of the rival still is one."""
    population = load_population().larger(6, 40, 12)
    data = wb.open_study(simulate(tmp_path, 3, population)).chain_data().for_links()
    found = rivals_of(data, fit_chain(data))
    short = found.table.set_index("wider").loc[data.chain.name]
    fit = found.fits[short["model"]]
    assert np.isnan(fit.measures["chisq.scaled"])
    assert np.isnan(fit.measures["chisq.scaling.factor"])
    wald = wald_test(found.fits[data.chain.name], ["b_people_trust == 0"])
    assert 0.5 * wald.statistic < short["chisq_diff"] < 1.5 * wald.statistic
    assert 0 < short["pvalue_diff"] < 0.1


def test_sentences_call_constructs_by_their_labels(monkeypatch, study):
    monkeypatch.setitem(
        compare.__globals__, "why_unusable", lambda fit, named: f"{named('people')} is negative."
    )
    found = rivals(study, ["people -> service -> trust", "trust -> service -> people"])
    assert found.words[0].endswith("cannot be compared. People is negative.")


@pytest.mark.parametrize(
    ("chains", "error", "message"),
    [
        (["people -> servise", "leadership-chain"], UnknownNameError, "Did you mean 'service'"),
        (["leadership-chian", "people -> service"], UnknownNameError, "'leadership-chain'"),
        (["leadership-chain"], ChainError, "at least two"),
        (["leadership-chain", "leadership-chain"], ChainError, "named twice"),
    ],
)
def test_rivals_that_cannot_be_read(study, chains, error, message):
    with pytest.raises(error, match=message):
        rivals(study, chains)


def test_an_unusable_rival_is_told_in_a_whole_sentence_by_labels(monkeypatch, fits):
    monkeypatch.setitem(
        compare.__globals__, "why_unusable", lambda fit, named: f"{named('f')} came out negative."
    )
    found = compare({"the chain": fits["true"]}, {"f": "Engagement"}.__getitem__)
    assert found.words == ("The chain cannot be compared. Engagement came out negative.",)


def test_an_impossible_variance_of_a_question_is_named_without_a_label(tmp_path):
    """The sentence names whatever variable it is about, of which a question has no label."""
    draw = np.random.default_rng(5)
    common, *own = draw.standard_normal((4, 400))
    columns = {
        "s1": common,
        "s2": 0.8 * common + 0.6 * own[0],
        "s3": 0.8 * common - 0.4 * own[0] + 0.5 * own[1],
        "t1": 0.6 * common + 0.8 * own[2],
    }
    codes = {name: np.clip(np.round(50 + 15 * own), 0, 100) for name, own in columns.items()}
    frame = pd.DataFrame(codes).assign(organisation="A", unit=np.arange(400) % 20)
    constructs = {"clients": {"service": ["s1", "s2", "s3"], "trust": ["t1"]}}
    study = wb.open_study(write_study(tmp_path, {"clients": frame}, constructs, scale=(0, 100)))
    orders = [ordering("service -> trust"), ordering("trust -> service")]
    found = rivals(study, orders)
    assert any("the variance of s1 came out negative" in sentence for sentence in found.words)
