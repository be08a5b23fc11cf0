"""Whose links an organisation's page shows, and that it says so: its own, all's, or none's."""

import re
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from workbench.chain import OrganisationLinks, find_chain
from workbench.interpretation.languages import Language
from workbench.reports.overall import Overall, mean_in_words
from workbench.reports.page_names import page_name
from workbench.reports.pages.organisation import OrganisationReport
from workbench.reports.pages.technical import TechnicalReport
from workbench.study.level import Level

CONSTRUCTS = ["people", "service", "trust"]
PAIRS = [("people", "service"), ("people", "trust"), ("service", "trust")]


def table(strength: float, half: float, **more: object) -> pd.DataFrame:
    rows = [
        {
            "from": a,
            "to": b,
            "effect": "direct",
            "strength": strength,
            "lower": strength - half,
            "upper": strength + half,
            "pass_through": strength,
            "pass_through_lower": strength - half,
            "pass_through_upper": strength + half,
            "pvalue": 0.01,
            **more,
        }
        for a, b in PAIRS
    ]
    return pd.DataFrame(rows)


ALL = table(0.53, 0.1)
OWN = table(0.7, 0.1, organisation="A").head(2)
POOLED = pd.concat(
    [
        table(0.6, 0.1, organisation="A", shrinkage=0.3, from_own=True),
        table(0.56, 1.1, organisation="Z", shrinkage=1.0, from_own=False),
    ]
)
FITS = pd.DataFrame(
    [("A", 30, True, ""), ("Z", 1, False, "Its single unit says nothing.")],
    columns=["organisation", "rows", "estimated", "reason"],
)
NONE = pd.DataFrame()


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


def report(
    organisation: str, together: pd.DataFrame, doubts: Sequence[tuple[str, str, str]] = ()
) -> OrganisationReport:
    shared = SimpleNamespace(
        chain=find_chain("public-sector-service-value-chain").restricted_to(CONSTRUCTS),
        level=Level.UNITS,
        pooled=Overall(
            together,
            60,
            Level.UNITS,
            9,
            basis=mean_in_words(9, Level.UNITS),
            within=True,
            reason="Not proper.",
        ),
        links=OrganisationLinks(OWN, FITS, POOLED, NONE),
        doubts=pd.DataFrame(doubts, columns=["organisation", "construct", "doubt"]),
        index=lambda *_: pd.Series({"index": 60.0}),
        earlier=None,
        changes=NONE,
        places=NONE,
        wave="",
    )
    study = SimpleNamespace(
        organisations=pd.DataFrame({"organisation": ["A", "Z"], "name": ["A", "Z"]}),
        language=Language("en"),
        codebook=SimpleNamespace(items=lambda construct: [f"{construct}_1", f"{construct}_2"]),
    )
    return OrganisationReport(study, organisation, shared)


def test_its_own_links_are_its_headline() -> None:
    own = report("A", ALL)
    assert "mostly what the units of this organisation itself show" in own._links_found()
    shown = own.links().html
    assert "0.60 (0.50 to 0.70)" in shown
    assert "30% of the weight of these links comes from the other organisations" in shown


def test_links_that_come_mostly_from_the_others_are_said_to() -> None:
    own = report("A", ALL)
    own.shared.links = replace(own.shared.links, pooled=POOLED.assign(shrinkage=0.9))
    assert "mostly what the units of the other organisations show" in own._links_found()


def test_links_of_an_organisation_alone_stand_in_the_technical_report() -> None:
    listed = TechnicalReport(report("A", ALL).study, report("A", ALL).shared).organisations().html
    assert listed.count("0.70 (0.60 to 0.80)") == 2
    assert listed.count("[u]<") == 1
    assert "[u]: the standard error is above 0.3." in listed
    assert "<td>30%</td>" in listed
    assert "Its single unit says nothing." in listed
    assert f'id="{page_name("organisation", organisation="A")}"' in listed
    assert "0.56" not in listed


def test_the_links_of_the_only_organisation_are_its_own() -> None:
    alone = report("A", ALL)
    alone.shared.pooled = replace(alone.shared.pooled, only="A")
    alone.shared.links = OrganisationLinks(NONE, FITS, NONE, NONE, "Only one has units.")
    assert "across the units of this organisation" in alone._links_found()
    assert "from the 30 units of this organisation" in alone.links().html
    assert "over all organisations" not in alone.picture().html
    assert alone._link_numbers()["People → Service"]["value"] == 0.53


def test_the_link_of_all_is_that_of_all() -> None:
    """The prediction for a further organisation, 0.56 (−0.54 to 1.66), is not said to be it."""
    borrowed = report("Z", ALL)
    assert "so over all organisations; this one has too few data" in borrowed._links_found()
    assert "0.53 (0.43 to 0.63)" in borrowed.links().html
    assert "those of all organisations together" in borrowed.links().html
    for shown in (borrowed._links_found(), borrowed.links().html, borrowed.picture().html):
        assert "0.56" not in shown
        assert "No clear link" not in shown


def test_a_prediction_is_called_one() -> None:
    neither = report("Z", pd.DataFrame())
    assert (
        "neither for this organisation nor for all organisations together" in neither._links_found()
    )
    assert "0.56" not in neither.picture().html
    listed = neither.links().html
    assert "links that a new organisation would probably have" in listed
    assert "Links that a new organisation would probably have" in listed
    assert "0.56 (−0.54 to 1.66)" in listed


@pytest.mark.parametrize(("organisation", "value"), [("A", 0.6), ("Z", None)])
def test_the_list_of_reports_has_an_organisation_s_own_links_only(organisation, value) -> None:
    numbers = report(organisation, ALL)._link_numbers()
    assert [number["value"] for number in numbers.values()] == [value] * 3


def test_sentences_begin_with_a_capital_whatever_the_label() -> None:
    own = report("A", ALL)
    own._label = str.lower
    assert text_of(own.findings().html).startswith("People scores 60 of 100, service 60")


def test_a_construct_in_doubt_is_no_part_of_the_headline() -> None:
    asked = "p1 runs against the other items of people: is it reversed?"
    doubted = report("A", ALL, [("", "people", asked), ("Z", "service", "Elsewhere.")])
    told = text_of(doubted.findings().html)
    assert f"People is left out of these findings until this question is settled: {asked}" in told
    assert "Where Service is higher, Trust is higher" in told
    assert "Where People is higher" not in told
    assert "Elsewhere" not in told
    links = doubted._link_numbers()
    assert links["People → Service"] == {"value": None, "note": asked}
