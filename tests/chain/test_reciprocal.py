"""Chains that run in a circle: read, identified, recovered, and their total effects."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.chain import (
    find_chain,
    identification,
    instrument_strength,
    links,
    model_syntax,
    stability,
    total_effects,
)
from workbench.chain.catalogue import Chain, Construct, Link, read_chain
from workbench.chain.model import effect_expressions
from workbench.errors import ChainError
from workbench.sem.model.constraints import Constraints

CIRCLE = """
title = "T"
citation = "C"
reciprocal = true
[constructs.people]
label = "People"
meaning = "m"
[constructs.service]
label = "Service"
meaning = "m"
[constructs.support]
label = "Support"
meaning = "m"
[constructs.access]
label = "Access"
meaning = "m"
[[links]]
from = "people"
to = "service"
[[links]]
from = "service"
to = "people"
[[links]]
from = "support"
to = "people"
[[links]]
from = "access"
to = "service"
[instruments]
people = ["support"]
service = ["access"]
"""

SECOND = 'from = "access"\nto'


def written(folder, text):
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("reciprocal = true", ""), r"run in a circle .* write reciprocal = true"),
        (('service = ["access"]', ""), "nothing outside the circle feeds 'service' alone"),
        (('service = ["access"]', 'service = ["acess"]'), "Did you mean 'access'"),
        (('service = ["access"]', 'service = ["support"]'), "no link to 'service'"),
        (('service = ["access"]', 'service = ["people"]'), "leads back to it"),
        ((SECOND, f'from = "support"\nto = "service"\n[[links]]\n{SECOND}'),
         "also linked to service"),
        (('from = "service"\nto = "people"', 'from = "service"\nto = "support"'),
         "feeds 'support' alone"),
        (("reciprocal = true", 'reciprocal = "yes"'), "must be true or false"),
    ],
)  # fmt: skip
def test_circle_that_cannot_be_identified_is_refused(tmp_path, change, message):
    with pytest.raises(ChainError, match=message):
        read_chain(written(tmp_path, CIRCLE.replace(*change)))


def test_chain_without_circle_is_not_reciprocal(tmp_path):
    text = CIRCLE.replace('[[links]]\nfrom = "service"\nto = "people"\n', "")
    with pytest.raises(ChainError, match="run in no circle"):
        read_chain(written(tmp_path, text))


def test_study_without_an_instrument_is_told_which():
    chain = find_chain("reciprocal-service-value-chain")
    have = ["people", "service", "trust", "leadership"]
    with pytest.raises(ChainError, match="access or website or price as an instrument for service"):
        chain.restricted_to(have)
    assert chain.restricted_to([*have, "access"]).circle == ("people", "service")


COEFFICIENTS = {
    ("people", "service"): 0.5,
    ("service", "people"): 0.3,
    ("support", "people"): 0.6,
    ("access", "service"): 0.4,
}


def population(chain: Chain) -> tuple[dict[str, list[str]], pd.DataFrame, pd.DataFrame]:
    """Items, covariance matrix of three items a construct, and B of a circular population."""
    names = [c.name for c in chain.constructs]
    matrix = pd.DataFrame(0.0, names, names)
    for (source, target), size in COEFFICIENTS.items():
        matrix.loc[target, source] = size
    psi = np.diag([0.5 if name in chain.circle else 1.0 for name in names])
    psi[names.index("people"), names.index("service")] = 0.1
    psi[names.index("service"), names.index("people")] = 0.1
    inverse = np.linalg.inv(np.eye(len(names)) - matrix.to_numpy())
    loadings = np.kron(np.eye(len(names)), np.array([[1.0], [0.8], [0.9]]))
    cov = loadings @ inverse @ psi @ inverse.T @ loadings.T + 0.4 * np.eye(3 * len(names))
    items = {name: [f"{name}_{i}" for i in (1, 2, 3)] for name in names}
    columns = [item for own in items.values() for item in own]
    return items, pd.DataFrame(cov, columns, columns), matrix


@pytest.fixture
def fitted(tmp_path):
    text = CIRCLE + '[[covariances]]\nbetween = ["people", "service"]\n'
    chain = read_chain(written(tmp_path, text))
    items, cov, matrix = population(chain)
    model = model_syntax(chain, items)
    return chain, model, sem.fit_moments(model, 400, cov, divisor="n"), matrix


def test_circle_is_recovered_in_both_directions(fitted):
    _, _, fit, _ = fitted
    found = fit.estimates.set_index("label")["est"]
    for (source, target), size in COEFFICIENTS.items():
        assert found[f"b_{source}_{target}"] == pytest.approx(size, abs=1e-5)


def test_total_effects_are_the_inverse(fitted):
    """(I − B)⁻¹ − I for every pair, from the closed forms of the defined parameters."""
    chain, _, fit, matrix = fitted
    expected = np.linalg.inv(np.eye(4) - matrix) - np.eye(4)
    np.testing.assert_allclose(total_effects(fit, chain), expected, atol=1e-5)
    defined = fit.estimates.set_index("lhs")["est"]
    names = list(matrix.index)
    for (source, target), kinds in effect_expressions(chain).items():
        total = defined[f"{'total' if 'total' in kinds else 'indirect'}.{source}.{target}"]
        assert total == pytest.approx(expected[names.index(target), names.index(source)], abs=1e-5)
    # A point of service sent round the circle once: 0.3 to people, and 1 / (1 − 0.5 · 0.3) in all.
    assert defined["total.service.people"] == pytest.approx(0.3 / 0.85, abs=1e-5)
    assert links(fit)["strength"].notna().all()


def test_the_effects_of_a_circle_are_read_without_a_warning(fitted):
    """1 − b c is zero where all coefficients are one; no limit asks for their value there."""
    _, model, _, _ = fitted
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not Constraints.from_table(sem.parameter_table(model)).positive


def test_two_circles_follow_masons_rule():
    """Circles that share no construct count once alone and once together."""
    names = "abcdef"
    ends = ["ab", "ba", "bc", "cd", "de", "ed", "ef"]
    chain = Chain(
        "n", "t", "c", "s",
        tuple(Construct(n, n, n) for n in names),
        tuple(Link(a, b, "+") for a, b in ends),
    )  # fmt: skip
    size = {f"b_{a}_{b}": 0.2 + 0.1 * i for i, (a, b) in enumerate(ends)}
    matrix = np.zeros((6, 6))
    for a, b in ends:
        matrix[names.index(b), names.index(a)] = size[f"b_{a}_{b}"]
    expected = np.linalg.inv(np.eye(6) - matrix) - np.eye(6)
    for (a, b), kinds in effect_expressions(chain).items():
        found = eval(kinds.get("total", kinds.get("indirect", kinds.get("direct"))), {}, size)
        assert found == pytest.approx(expected[names.index(b), names.index(a)])


def test_identification_names_the_instruments(fitted):
    chain, model, _, _ = fitted
    assert identification(chain, model).endswith("People by Support; Service by Access.")


def test_circle_without_excluded_construct_is_not_identified(fitted):
    chain, model, _, _ = fitted
    short = replace(chain, links=tuple(k for k in chain.links if k.source != "access"))
    with pytest.raises(ChainError, match=r"equation of 'people' has 1 .* only 0"):
        identification(short, model)


def test_strength_of_instruments_by_hand(fitted):
    """One instrument a side: the partial R² follows from the reduced form."""
    chain, _, fit, _ = fitted
    table = instrument_strength(fit, chain).set_index("construct")
    # Reduced form: people = (0.6 support + 0.3 · 0.4 access + …) / 0.85.
    noise = 0.5 + 0.3**2 * 0.5 + 2 * 0.3 * 0.1
    partial = 0.6**2 / (0.6**2 + noise)
    assert table.loc["people", "partial_r2"] == pytest.approx(partial, abs=1e-4)
    assert table["strong"].all()
    # Where constructs are measured without error F is that of the regression, else it is less.
    names = [construct.name for construct in chain.constructs]
    _, cov, _ = population(chain)
    firsts = cov.loc[[f"{name}_1" for name in names], [f"{name}_1" for name in names]]
    exact = pd.DataFrame(firsts.to_numpy() - 0.4 * np.eye(4), names, names)
    exact.columns = exact.index = [f"x_{name}" for name in names]
    model = model_syntax(chain, {name: [f"x_{name}"] for name in names})
    observed = instrument_strength(sem.fit_moments(model, 400, exact, divisor="n"), chain)
    f = observed.set_index("construct").loc["people", "f"]
    assert f == pytest.approx(partial / (1 - partial) * 400, rel=1e-3)
    assert table.loc["people", "f"] < 0.6 * f


def test_few_clusters_weaken_instruments(tmp_path):
    """The F of instruments is that of the fit's own errors: rows copied tenfold say no more."""
    chain = read_chain(
        written(tmp_path, CIRCLE + '[[covariances]]\nbetween = ["people", "service"]\n')
    )
    names = [construct.name for construct in chain.constructs]
    items, cov, _ = population(chain)
    firsts = [own[0] for own in items.values()]
    draw = np.random.default_rng(1)
    rows = draw.multivariate_normal(np.zeros(4), cov.loc[firsts, firsts] - 0.4 * np.eye(4), 60)
    frame = pd.DataFrame(np.tile(rows, (10, 1)), columns=[f"x_{name}" for name in names])
    frame["cluster"] = np.tile(np.arange(60), 10)
    model = model_syntax(chain, {name: [f"x_{name}"] for name in names})
    found = {
        cluster: instrument_strength(
            sem.fit(model, frame, estimator="MLR", missing="fiml", cluster=cluster), chain
        ).set_index("construct")
        for cluster in (None, "cluster")
    }
    ratio = found[None]["f"] / found["cluster"]["f"]
    assert ratio.to_numpy() == pytest.approx(10, rel=0.05)
    assert (found["cluster"]["df2"] == 59).all()


def test_instruments_of_too_few_clusters_cannot_be_judged(fitted, monkeypatch):
    chain, _, fit, _ = fitted
    monkeypatch.setattr("workbench.chain.effects.freedom", lambda fit: 0.9)
    table = instrument_strength(fit, chain)
    assert table["f"].isna().all()
    assert not table["strong"].any()
    assert table["words"][0].endswith("is not known: there are too few organisations.")


def test_circle_that_grows_is_said(fitted):
    chain, _, fit, _ = fitted
    calm = stability(fit, chain)
    assert calm.index == pytest.approx(np.sqrt(0.5 * 0.3), abs=1e-5)
    assert "converges" in calm.words
    assert "does not converge" in type(calm)(1.2).words
