"""Whose links an organisation's page shows, and that it says so: its own, all's, or none's."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from workbench.chain import OrganisationLinks, find_chain
from workbench.reports.overall import Overall, mean_in_words
from workbench.reports.pages.organisation import OrganisationReport
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
            basis=mean_in_words(9, "units"),
            within=True,
            reason="Not proper.",
        ),
        links=OrganisationLinks(OWN, FITS, POOLED, NONE),
        doubts=pd.DataFrame(doubts, columns=["organisation", "construct", "doubt"]),
        index=lambda *_: None,
        wave="",
    )
    names = pd.DataFrame({"organisation": ["A", "Z"], "name": ["A", "Z"]})
    return OrganisationReport(SimpleNamespace(organisations=names), organisation, shared)


def test_its_own_links_are_its_headline() -> None:
    own = report("A", ALL)
    assert "drawing also on the other organisations" in own._chain_finding()
    assert "0.60 (0.50 to 0.70)" in own.links_table().html
    assert "30% of the weight comes from the other organisations" in own.own_or_pooled().html


def test_a_link_too_uncertain_alone_is_said_to_be() -> None:
    listed = report("A", ALL).links_table().html
    assert listed.count("0.70 (0.60 to 0.80)") == 2
    assert listed.count("too uncertain<") == 1
    assert "Too uncertain: the standard error is above 0.3." in listed
    assert "Too uncertain" not in report("Z", pd.DataFrame()).links_table().html


def test_the_links_of_the_only_organisation_are_its_own() -> None:
    alone = report("A", ALL)
    alone.shared.pooled = replace(alone.shared.pooled, only="A")
    alone.shared.links = OrganisationLinks(NONE, FITS, NONE, NONE, "Only one has units.")
    assert "Across this organisation's units:" in alone._chain_finding()
    assert "from the 30 units of this organisation" in alone.own_or_pooled().html
    assert "over all organisations" not in alone.chain_diagram().html
    assert alone._link_numbers()["People → Service"]["value"] == 0.53


def test_the_link_of_all_is_that_of_all() -> None:
    """The prediction for a further organisation, 0.56 (−0.54 to 1.66), is not said to be it."""
    borrowed = report("Z", ALL)
    found = borrowed._chain_finding()
    assert "Across all organisations" in found
    assert "0.53 (0.43 to 0.63)" in found
    assert "those of all organisations together" in borrowed.own_or_pooled().html
    for shown in (found, borrowed.links_table().html, borrowed.chain_diagram().html):
        assert "0.56" not in shown
        assert "cannot tell" not in shown


def test_a_prediction_is_called_one() -> None:
    neither = report("Z", pd.DataFrame())
    assert (
        "neither for this organisation nor for all organisations together"
        in neither._chain_finding()
    )
    assert "0.56" not in neither.chain_diagram().html
    assert "links that a new organisation would probably have" in neither.own_or_pooled().html
    listed = neither.links_table().html
    assert "Links that a new organisation would probably have" in listed
    assert "0.56 (−0.54 to 1.66)" in listed


@pytest.mark.parametrize(("organisation", "value"), [("A", 0.6), ("Z", None)])
def test_the_list_of_reports_has_an_organisation_s_own_links_only(organisation, value) -> None:
    numbers = report(organisation, ALL)._link_numbers()
    assert [number["value"] for number in numbers.values()] == [value] * 3


def test_a_construct_in_doubt_is_no_part_of_the_headline() -> None:
    asked = "p1 runs against the other items of people: is it reversed?"
    doubted = report("A", ALL, [("", "people", asked), ("Z", "service", "Elsewhere.")])
    told = doubted._held_back() + doubted._chain_finding()
    assert f"People is left out of these findings until this question is settled:** {asked}" in told
    assert "Where Service is higher, Trust is higher" in told
    assert "Where People is higher" not in told
    assert "Elsewhere" not in told
    links = doubted._link_numbers()
    assert links["People → Service"] == {"value": None, "note": asked}
