"""How constructs go together between organisations: lavaan's two-level model, and the truth."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.chain import BetweenOrganisations, ChainData, between_organisations, find_chain
from workbench.chain.between import LEAST
from workbench.interpretation.languages import ENGLISH
from workbench.reports.pages.chain import ChainReport
from workbench.study.level import Level

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "chain"
CHAIN = find_chain("public-sector-service-value-chain").restricted_to(
    ["people", "service", "trust"]
)
ITEMS = {name: [name] for name in ("people", "service", "trust")}


def drawn(organisations: int, level: np.ndarray, level_of: str = "units") -> ChainData:
    """Four to fifteen units each; links within organisations of −.3 whatever those between are."""
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(organisations), rng.integers(4, 16, organisations))
    within = rng.multivariate_normal([0, 0], [[1, -0.3], [-0.3, 1]], len(group))
    values = 50 + 3 * (rng.multivariate_normal([0, 0], level, organisations)[group] + within)
    frame = pd.DataFrame(values, columns=["people", "service"])
    frame = frame.assign(
        organisation=[f"Town {number}" for number in group],
        unit=[str(number) for number in range(len(group))],
        wave="",
        weight=1.0,
        trust=frame["service"] + rng.normal(size=len(group)),
    )
    return ChainData(CHAIN, ITEMS, Level(level_of), frame)


def test_units_of_equal_number_give_the_between_part_of_lavaans_two_level_model() -> None:
    expected = json.loads((REFERENCE / "between_organisations.json").read_text())
    frame = pd.read_csv(REFERENCE / "between_organisations.csv", dtype={"organisation": str})
    frame["trust"] = frame["service"]
    found = between_organisations(ChainData(CHAIN, ITEMS, Level.UNITS, frame)).table.iloc[0]
    assert found["organisations"] == 40
    assert found["correlation"] == pytest.approx(expected["correlation"], abs=1e-4)
    assert found["se"] == pytest.approx(expected["se"], abs=0.02)  # there S_W is estimated too


def test_levels_may_go_together_where_units_within_do_the_opposite() -> None:
    data = drawn(200, np.array([[0.3, 0.15], [0.15, 0.3]]))
    found = between_organisations(data).table.iloc[0]
    assert found["lower"] < 0.5 < found["upper"]
    assert found["se"] < 0.15
    means = data.frame.groupby("organisation")[["people", "service"]].mean()
    assert means.corr().iloc[0, 1] < 0.35  # with the errors in them


def test_respondents_count_by_their_units() -> None:
    data = drawn(60, np.array([[0.5, 0.3], [0.3, 0.5]]))
    twice = pd.concat([data.frame, data.frame.assign(people=lambda f: f["people"] + 0.0)])
    respondents = ChainData(CHAIN, ITEMS, Level.RESPONDENTS, twice)
    pd.testing.assert_frame_equal(
        between_organisations(respondents).table, between_organisations(data).table
    )


def test_few_organisations_cannot_tell() -> None:
    found = between_organisations(drawn(LEAST - 1, np.eye(2)))
    assert found.table.empty
    assert found.reason.endswith("there are only 19 organisations, and 20 are needed.")


def test_levels_that_do_not_differ_have_a_reason_and_no_number() -> None:
    data = drawn(40, np.diag([1.0, 0.5]))
    same = data.frame["people"] - data.frame.groupby("organisation")["people"].transform("mean")
    data = ChainData(CHAIN, ITEMS, Level.UNITS, data.frame.assign(people=50 + same))
    found = between_organisations(data).table.iloc[0]
    assert np.isnan(found["correlation"])
    assert found["reason"] == "Organisations differ in People by no more than chance."


def test_organisations_of_one_unit_have_means_of_unknown_error() -> None:
    data = drawn(40, np.eye(2))
    single = data.frame.groupby("organisation").head(1)
    found = between_organisations(ChainData(CHAIN, ITEMS, Level.UNITS, single)).table.iloc[0]
    assert found["reason"].startswith("No organisation has two units")


def test_the_page_tells_levels_apart_from_links_or_that_they_cannot_be_told() -> None:
    page = ChainReport.between_organisations
    few, many = (between_organisations(drawn(n, np.eye(2))) for n in (19, 30))

    study = SimpleNamespace(language=ENGLISH)

    def of(found: BetweenOrganisations | None) -> SimpleNamespace:
        return SimpleNamespace(chain=CHAIN, study=study, _found=SimpleNamespace(between=found))

    assert "there are only 19 organisations" in page(of(few)).html
    assert "People and Service" in page(of(many)).html
    assert page(of(None)).html == ""
