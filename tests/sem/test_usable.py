"""The one judgement whether a fit's numbers may be used."""

import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.chain import links, usable_links, why_no_links
from workbench.errors import ImproperSolutionWarning, ModelError

PUBLISHED = pd.read_csv(Path(__file__).parents[1] / "reference/sem/post_check.csv")
THREE = "f =~ a1 + a2\ng =~ b1 + b2\nh =~ c1 + c2"


def quietly(*arguments, **options) -> sem.Fit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sem.fit(*arguments, **options)


def one_factor(rows: int, loadings=(1.0, 1.0, 1.0), seed: int = 9) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(rows, 1))
    values = factor * np.array(loadings) + rng.normal(size=(rows, len(loadings)))
    return pd.DataFrame(values, columns=[f"y{i}" for i in range(len(loadings))])


@pytest.mark.parametrize("row", PUBLISHED.to_dict("records"))
def test_contradictory_correlations_are_seen_as_in_lavaan(row) -> None:
    phi = np.eye(3)
    phi[np.tril_indices(3, -1)] = row["r12"], row["r13"], row["r23"]
    phi = np.tril(phi) + np.tril(phi, -1).T
    loadings = np.kron(np.eye(3), [[0.5], [0.5]])
    names = ["a1", "a2", "b1", "b2", "c1", "c2"]
    cov = pd.DataFrame(loadings @ phi @ loadings.T + 0.75 * np.eye(6), names, names)
    fit = sem.fit_moments(THREE, 500, cov)
    reason = sem.why_unusable(fit)
    told = "The model has no proper solution: the correlations of f, g and h cannot all be true "
    assert reason == (None if row["admissible"] else told + "at once.")


def test_a_negative_variance_is_named_and_a_good_fit_is_usable() -> None:
    data = one_factor(60)
    assert sem.why_unusable(sem.fit("f =~ y0 + y1 + y2", data)) is None
    data["y0"] = data["y1"] + data["y2"] + 0.1 * np.random.default_rng(1).normal(size=60)
    reason = sem.why_unusable(quietly("f =~ y0 + y1 + y2", data))
    assert reason == "The model has no proper solution: the variance of y0 came out negative."


def test_what_is_impossible_is_told_by_label_and_the_rest_counted() -> None:
    names = ("f ~~ f", "f ~~ g", "f ~~ h", "f ~~ i", "f ~~ j")
    warned = ImproperSolutionWarning("", names)
    problem = SimpleNamespace(npar=6)
    fit = SimpleNamespace(
        converged=True, unidentified=None, improper=warned, nobs=60, problem=problem
    )
    assert sem.why_unusable(fit, lambda name: {"f": "Trust", "g": "Ease"}.get(name, name)) == (
        "The model has no proper solution: the variance of Trust came out negative, the "
        "correlation of Trust and Ease came out beyond 1, the correlation of Trust and h came out "
        "beyond 1 and 2 more."
    )


def test_a_search_without_end_is_no_finding() -> None:
    fit = replace(sem.fit("f =~ y0 + y1 + y2", one_factor(60)), converged=False)
    assert sem.why_unusable(fit) == "The search for a solution did not end."


def test_too_few_rows_are_the_reason_where_they_are() -> None:
    fit = quietly("f =~ y0 + y1 + y2 + y3", one_factor(3, (1, 1, 1, 1)), missing="fiml")
    assert sem.why_unusable(fit) == "3 rows are too few for the 12 parameters of the model."


def test_undetermined_parameters_are_named() -> None:
    """Two factors of two items each that do not go together: no loading can be told."""
    drawn = np.random.default_rng(3).normal(size=(400, 4))
    a, b, c, d = 20 * np.linalg.qr(np.c_[np.ones(400), drawn])[0][:, 1:].T
    data = pd.DataFrame({"a": a, "b": b + a / 2, "c": c, "d": d + c / 2})
    fit = quietly("f =~ a + b\ng =~ c + d", data)
    reason = sem.why_unusable(fit)
    assert reason is not None
    assert reason.endswith("undetermined, so there are no standard errors.")
    assert sem.why_unusable(fit, errors=False) is None


def test_links_whose_index_points_the_other_way_are_not_published() -> None:
    """The loadings 1 and −1.6 of x: the latent variable goes with y, the index against it."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=400)
    noise = 0.4 * rng.normal(size=(4, 400))
    y = 0.7 * x + 0.7 * rng.normal(size=400)
    frame = pd.DataFrame(
        {
            "x1": x + noise[0],
            "x2": -1.6 * x + noise[1],
            "y1": y + noise[2],
            "y2": y + noise[3],
        }
    )
    model = (
        "x =~ x1 + l_x_2*x2\ny =~ y1 + l_y_2*y2\ny ~ b_x_y*x\ndirect.x.y := b_x_y\n"
        "points.direct.x.y := (b_x_y) * ((1 + l_y_2) / 2) / ((1 + l_x_2) / 2)"
    )
    fit = sem.fit(model, frame)
    row = links(fit).iloc[0]
    assert row["strength"] == pytest.approx(0.7, abs=0.05)
    assert row["pass_through"] < 0
    assert sem.why_unusable(fit) is None
    reason = why_no_links(fit)
    assert reason is not None
    assert "run against each other" in reason
    with pytest.raises(ModelError, match="from x to y"):
        usable_links(fit)


@pytest.mark.parametrize(("known", "usable"), [(0.55, True), (1.5, False)])
def test_an_item_of_known_error_is_judged_by_what_the_model_implies(known, usable) -> None:
    """y0 has an error of variance .5; a little more taken off leaves its residual variance below
    zero by chance, much more leaves a matrix that no values could have."""
    rng = np.random.default_rng(2)
    factor = rng.normal(size=(600, 1))
    names = ["y0", "y1", "y2"]
    data = pd.DataFrame(factor + np.sqrt(0.5) * rng.normal(size=(600, 3)), columns=names)
    data["row"] = range(600)
    error = sem.ErrorCovariance(("y0",), np.full((600, 1, 1), known), data[["row"]])
    fit = quietly("f =~ y1 + y2 + y0", data, missing="fiml", error=error)
    variance = fit.estimates.query("lhs == 'y0' and op == '~~'")["est"].item()
    assert variance < 0
    assert (sem.why_unusable(fit) is None) == usable


@pytest.mark.parametrize("item", ["y1", "y0"])
def test_known_errors_excuse_no_more_than_they_explain(item) -> None:
    """The residual variance of y0 is 1 − .8 · .8 / .4 = −.6, and 0.001 of error is known."""
    drawn = np.random.default_rng(5).normal(size=(400, 3))
    drawn -= drawn.mean(axis=0)
    cov = np.array([[1, 0.4, 0.8], [0.4, 1, 0.8], [0.8, 0.8, 1]])
    root = np.linalg.cholesky(np.cov(drawn.T, bias=True))
    values = drawn @ np.linalg.inv(root).T @ np.linalg.cholesky(cov).T
    data = pd.DataFrame(values, columns=["y1", "y2", "y0"]).assign(row=range(400))
    error = sem.ErrorCovariance((item,), np.full((400, 1, 1), 0.001), data[["row"]])
    with pytest.warns(ImproperSolutionWarning, match=r"the variance of y0 is negative \(-0\.6"):
        fit = sem.fit("f =~ y1 + y2 + y0", data, missing="fiml", error=error)
    reason = sem.why_unusable(fit)
    assert reason == "The model has no proper solution: the variance of y0 came out negative."
