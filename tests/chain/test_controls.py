"""Links with what is known of respondents held equal."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study

import workbench as wb
from workbench import sem
from workbench.chain import ChainStudy, covariates_of, holding_equal, moderation, partialled
from workbench.errors import ChainError

REFERENCE = Path(__file__).parents[1] / "reference" / "chain"
ITEMS = ["f1", "f2", "f3", "g1", "g2", "g3"]


def test_estimates_are_those_with_covariates_in_the_model() -> None:
    table = pd.read_csv(REFERENCE / "controls.csv")
    expected = json.loads((REFERENCE / "controls.json").read_text())
    columns = [table["x"] == "young", table["x"] == "middle", table["z"] == "yes"]
    x = np.column_stack(columns).astype(float)
    unit = table["unit"].to_numpy() - 1
    free = pd.DataFrame(partialled(table[ITEMS], x, np.ones(len(table)), unit), columns=ITEMS)
    free -= free.groupby(unit).transform("mean")
    fit = sem.fit("f =~ f1 + f2 + f3\ng =~ g1 + g2 + g3\ng ~ f", free)
    found = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    got = {"link": found["g", "~", "f"], "f": found["f", "~~", "f"], "g": found["g", "~~", "g"]}
    got |= {name: found[name[0], "=~", name] for name in ("f2", "f3", "g2", "g3")}
    assert got == pytest.approx(expected, rel=1e-4)


def test_missing_answers_and_rows_without_weight_are_left_alone() -> None:
    y = np.array([[1.0], [3.0], [np.nan], [7.0], [100.0]])
    x = np.array([[0.0], [1.0], [0.0], [1.0], [1.0]])
    found = partialled(y, x, np.array([1.0, 1, 1, 1, 0]), np.array([0, 0, 1, 1, 1])).ravel()
    assert np.isnan(found[2])
    assert found[[0, 1, 3]] == pytest.approx([7 / 3, 7 / 3, 19 / 3])  # less 2 (x − 2/3)
    assert found[4] == 100.0


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> ChainStudy:
    """Clients in 80 units, of kinds that service and trust go with; the links are the same but for
    access, which goes with trust among the young alone (.6)."""
    rng = np.random.default_rng(8)
    n = 2400
    obliged, young = rng.random(n) < 0.5, rng.random(n) < 0.5
    access = rng.standard_normal(n) - 1.2 * obliged
    own = rng.standard_normal(n)
    service = own - 1.2 * obliged
    trust = 0.3 * own + np.where(young, 0.6, 0.0) * (access + 1.2 * obliged)
    trust += 0.8 * rng.standard_normal(n) - 1.2 * obliged
    table = pd.DataFrame({"organisation": np.arange(n) % 4, "unit": np.arange(n) % 80})
    for letter, level in (("a", access), ("s", service), ("t", trust)):
        for number in (1, 2, 3):
            said = 5.5 + 1.5 * (level + 0.5 * rng.standard_normal(n))
            table[f"{letter}{number}"] = np.clip(np.rint(said), 0, 11)
    table["obliged"] = np.where(obliged, "yes", "no")
    table["age"] = np.where(young, "young", "old")
    table = table.astype({"organisation": str, "unit": str})
    constructs = ("access", "service", "trust")
    asked = {name: [f"{name[0]}{i}" for i in (1, 2, 3)] for name in constructs}
    folder = write_study(
        tmp_path_factory.mktemp("controls") / "towns",
        {"clients": table},
        {"clients": asked},
        scale=(0, 11),
        chain="pair",
        sources={"clients": {"covariates": ["obliged", "age"]}},
    )
    write_chain(folder, "pair", ("access", "trust"), ("service", "trust"))
    return wb.open_study(folder)


def strength(study: ChainStudy, source: str) -> float:
    table = wb.links(study.fit()).set_index(["from", "to", "effect"])
    return float(table.loc[(source, "trust", "direct"), "strength"])


def test_what_kinds_of_people_have_in_common_is_no_link(drawn: ChainStudy) -> None:
    truth = 0.3 / np.sqrt(0.3**2 + (0.6**2) / 2 + 0.8**2)
    held = strength(holding_equal(drawn), "service")
    assert held == pytest.approx(truth, abs=0.05)
    assert strength(drawn, "service") > held + 0.05


def test_links_differ_between_kinds_of_people_where_they_do(drawn: ChainStudy) -> None:
    found = moderation(holding_equal(drawn), "age")
    pvalues = found.tests.set_index("from")["pvalue"]
    assert pvalues["access"] < 1e-6
    assert pvalues["service"] > 0.01
    through = found.links.set_index(["from", "group"])["pass_through"]
    assert through["access", "young"] == pytest.approx(0.6, abs=0.1)
    assert through["access", "old"] == pytest.approx(0.0, abs=0.1)
    assert any("Links differ by age" in sentence for sentence in found.words)


def test_what_links_cannot_be_compared_by_is_told(drawn: ChainStudy) -> None:
    told = r"by type, channel, obliged or age, not by 'agee'\. Did you mean 'age'"
    with pytest.raises(ChainError, match=told):
        moderation(drawn, "agee")
    demo = wb.open_study("data/demo")
    with pytest.raises(ChainError, match="all kinds of people; by age group only a chain"):
        moderation(demo, "age_group")


def test_a_study_without_covariates_has_nothing_to_hold_equal(tmp_path: Path) -> None:
    table = pd.DataFrame({"organisation": "A", "unit": ["a", "b"], "a1": [1, 2], "s1": [2, 3]})
    asked = {"clients": {"access": ["a1"], "service": ["s1"]}}
    study = wb.open_study(write_study(tmp_path / "one", {"clients": table}, asked))
    assert covariates_of(study) == {}
    with pytest.raises(ChainError, match="names no covariates; write covariates"):
        holding_equal(study)
