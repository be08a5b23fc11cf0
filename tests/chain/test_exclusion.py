"""An indirect link under a correlation of disturbances: the truth where the correlation is true."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.chain import ChainData, Exclusion, excluded, exclusion, find_chain, fit_chain, links
from workbench.chain.exclusion import _one_by_one, one_fit_tells
from workbench.study.level import Level

NAMES = ["people", "service", "trust"]
FULL = find_chain("public-sector-service-value-chain").restricted_to(NAMES)
NO_DIRECT = replace(
    FULL, links=tuple(k for k in FULL.links if (k.source, k.target) != ("people", "trust"))
)
CORRELATION = 0.2


def drawn(direct: float) -> tuple[pd.DataFrame, float]:
    """Answers of 4,000, and the true indirect link: .5 × .3 in units of trust's deviation."""
    rng = np.random.default_rng(8)
    common = np.array([[1, CORRELATION], [CORRELATION, 1]])
    service_own, trust_own = 0.8 * rng.multivariate_normal([0, 0], common, 4000).T
    people = rng.normal(0, 1, 4000)
    service = 0.5 * people + service_own
    trust = 0.3 * service + direct * people + trust_own
    frame = pd.DataFrame({"organisation": "A", "unit": np.arange(4000) % 400, "weight": 1.0})
    frame["cluster"] = frame["unit"]
    frame = frame.assign(q1=people, q2=service, q3=trust)
    of_people, of_service = 0.15 + direct, 0.3
    variance = of_people**2 + 0.64 * (of_service**2 + 1 + 2 * of_service * CORRELATION)
    return frame, 0.15 / np.sqrt(variance)


def data(chain: object, frame: pd.DataFrame) -> ChainData:
    items = dict(zip(NAMES, (["q1"], ["q2"], ["q3"]), strict=True))
    return ChainData(chain, items, Level.RESPONDENTS, frame)


@pytest.mark.parametrize(("chain", "direct"), [(FULL, 0.2), (NO_DIRECT, 0.0)])
def test_the_curve_passes_the_truth_where_the_correlation_is_true(chain, direct):
    frame, truth = drawn(direct)
    assert one_fit_tells(chain) == (chain is FULL)
    rows = data(chain, frame)
    table = exclusion(rows, fit_chain(rows)).table
    at = table["correlation"].to_numpy()
    there = {
        name: np.interp(CORRELATION, at, table[name]) for name in ("strength", "lower", "upper")
    }
    assert there["strength"] == pytest.approx(truth, abs=0.02)
    assert there["lower"] < truth < there["upper"]
    none = table.set_index("correlation").loc[0.0]
    assert none["lower"] > truth + 0.02  # taking for granted that it is 0 says too much


def test_one_fit_gives_what_fitting_anew_gives():
    frame, _ = drawn(0.2)
    rows = data(FULL, frame)
    fit = fit_chain(rows)
    anew = pd.DataFrame(_one_by_one(rows, fit, ("people", "service", "trust")))
    once = exclusion(rows, fit).table
    once = once[once["correlation"].isin([-0.3, -0.15, 0.0, 0.15, 0.3])]
    once, anew = once.to_numpy(float), anew.to_numpy(float)
    np.testing.assert_allclose(once[:, :2], anew[:, :2], atol=1e-6)
    # That a covariance and not a correlation is held makes little of the interval.
    np.testing.assert_allclose(once[:, 2:], anew[:, 2:], atol=2e-3)


def test_one_fit_is_not_fitted_again(monkeypatch: pytest.MonkeyPatch):
    frame, _ = drawn(0.2)
    rows = data(FULL, frame)
    fit = fit_chain(rows)
    monkeypatch.delattr("workbench.sem.fit_same_rows")
    none = exclusion(rows, fit).table.set_index("correlation").loc[0.0]
    own = links(fit).query("effect == 'indirect'").iloc[0]
    expected = own[["strength", "lower", "upper"]].to_numpy(float)
    np.testing.assert_allclose(none.to_numpy(float), expected, atol=1e-6)


def found(lower: list[float], upper: list[float]) -> str:
    strength = (np.array(lower) + upper) / 2
    table = pd.DataFrame(
        {"correlation": [-0.2, 0.0, 0.2], "strength": strength, "lower": lower, "upper": upper}
    )
    return Exclusion("people", "service", "trust", table).words(str.title)


def test_words_say_how_far_the_link_is_clear_of_zero():
    link = "The indirect link from People to Trust"
    assert found([0.1, 0.05, -0.05], [0.3, 0.2, 0.1]) == (
        f"{link} stays above zero as long as the correlation is below 0.10."
    )
    assert found([-0.4, -0.3, -0.2], [0.1, -0.1, -0.1]) == (
        f"{link} stays below zero as long as the correlation is above −0.10."
    )
    assert found([0.1, 0.1, 0.1], [0.3, 0.2, 0.2]) == (
        f"{link} stays above zero for every correlation from −0.2 to 0.2."
    )
    assert found([-0.1, -0.1, 0.1], [0.1, 0.1, 0.3]) == (
        f"{link} is not clearly different from zero even without such a correlation; "
        "for correlations from −0.2 to 0.2 it ranges from 0.00 to 0.20."
    )


def test_chains_that_rest_on_no_such_exclusion():
    assert excluded(FULL) == ("people", "service", "trust")
    assert excluded(replace(FULL, covariances=(("trust", "service"),))) is None
    short = replace(FULL, links=FULL.links[:1], constructs=FULL.constructs[:2])
    assert excluded(short) is None
    circular = replace(
        FULL, links=(*FULL.links, replace(FULL.links[0], source="trust", target="people"))
    )
    assert excluded(circular) is None
