"""What a fit shows of itself."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from semopy.examples import holzinger39

from workbench import sem

MODEL = 'visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + "x<9&"\nspeed ~ a*visual\ntwice := 2*a'


@pytest.fixture(scope="module")
def fit():
    return sem.fit(MODEL, holzinger39.get_data().rename(columns={"x9": "x<9&"}), estimator="MLR")


def test_summary_has_lavaans_blocks_in_order(fit):
    text = fit.summary()
    blocks = [
        "Estimator",
        "Number of model parameters",
        "Number of observations",
        "Model test of the fitted model",
        "Scaling correction factor",
        "Comparative Fit Index (CFI)",
        "Akaike (AIC)",
        "RMSEA",
        "SRMR",
        "Latent variables:",
        "Regressions:",
        "Variances:",
        "Defined parameters:",
    ]
    places = [text.index(block) for block in blocks]
    assert places == sorted(places)
    assert re.search(r"visual \(a\) +\d\.\d{3}", text)
    assert f"{fit.measures['chisq.scaled']:.3f}" in text
    robust = text[text.index("Robust RMSEA") :]
    for end in ("lower", "upper"):
        value = fit.measures[f"rmsea.ci.{end}.robust"]
        assert re.search(rf"90 percent interval, {end} +{value:.3f}\n", robust)


def test_html_is_well_formed_and_accessible(fit):
    tree = ElementTree.fromstring(f"<div>{fit._repr_html_()}</div>")
    tables = tree.findall("table")
    assert [table.find("caption").text for table in tables] == [
        "Latent variables",
        "Regressions",
        "Variances",
        "Defined parameters",
    ]
    for table in tables:
        assert {cell.get("scope") for cell in table.iter("th")} == {"col", "row"}
    assert "speed =~ x<9&" in "".join(tree.itertext())


def test_markdown_and_latex_have_a_row_per_parameter(fit):
    rows = len(fit.estimates)
    markdown = fit.to_markdown().splitlines()
    assert len(markdown) == rows + 2
    cells = {len(re.findall(r"(?<!\\)\|", line)) for line in markdown}
    assert cells == {10}
    latex = fit.to_latex()
    assert latex.count(r"\\") == rows + 1
    assert r"x\textless{}9\&" in latex


def test_paths_point_from_cause_to_effect(fit):
    nodes, edges = fit.paths()
    assert set(nodes["kind"]) == {"latent", "observed"}
    path = edges[edges["kind"] == "path"].iloc[0]
    assert (path["source"], path["target"]) == ("visual", "speed")
    loading = edges[edges["target"] == "x1"].iloc[0]
    assert (loading["source"], loading["fixed"]) == ("visual", True)
    share = nodes.set_index("name")["r_squared"]
    assert share["speed"] == pytest.approx(path["std_all"] ** 2)


def test_standardised_has_its_own_errors(fit):
    found = fit.standardised("std_all")
    np.testing.assert_allclose(found["est_std"], fit.estimates["std_all"])
    assert (found["se"][found["op"] == "=~"] > 0).all()


def test_factor_scores_keep_the_index_of_the_rows_used():
    data = holzinger39.get_data().set_index("id").sample(frac=1, random_state=3)
    data.iloc[5, data.columns.get_loc("x1")] = np.nan
    fit = sem.fit("visual =~ x1 + x2 + x3", data)
    scores = fit.factor_scores()
    assert scores.index.equals(data.index.delete(5))
    assert np.corrcoef(scores["visual"], data["x1"].drop(data.index[5]))[0, 1] > 0.7


def test_the_table_cannot_be_changed_from_outside(fit):
    table = fit.table
    table.loc[:, "free"] = 0
    assert fit.table["free"].max() == len(fit.theta)


def test_a_model_without_degrees_of_freedom_is_not_praised():
    saturated = sem.fit("x1 ~ x2 + x3", holzinger39.get_data())
    assert repr(saturated).endswith("0 degrees of freedom, so there is nothing to test")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"missing": "fiml"},
        {"estimator": "MLR", "missing": "fiml", "cluster": "school", "group": "sex"},
        {"estimator": "MLR", "missing": "fiml", "fixed_x": False},
        {"estimator": "MLM", "group": "sex"},
        {"estimator": "MLR", "weights": "weight"},
        {"likelihood": "wishart", "group": "sex"},
        {"estimator": "ULS"},
        {"estimator": "GLS", "cluster": "school"},
    ],
    ids=str,
)
def test_what_is_told_of_a_fit_is_among_its_measures(options):
    data = holzinger39.get_data().assign(weight=lambda rows: 1 + rows["x9"] / 10)
    data["school"] = np.arange(len(data)) // 7
    if options.get("missing"):
        data.loc[::5, "x2"] = data.loc[::7, "x8"] = np.nan
    model = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nspeed ~ visual + ageyr"
    fit = sem.fit(model, data, warn=False, **options)
    measures = fit.measures

    def best(name, kind):
        return measures.get(f"{name}.{kind}", measures.get(name, np.nan))

    expected = {name: best(name, "scaled") for name in ("chisq", "df", "pvalue")}
    expected |= {name: best(name, "robust") for name in ("cfi", "rmsea", "srmr", "aic", "bic")}
    assert fit.reported == pytest.approx(expected, rel=1e-12, nan_ok=True)
    assert fit.cfi == pytest.approx(expected["cfi"])
    assert fit.chi_square.statistic == measures["chisq"]
