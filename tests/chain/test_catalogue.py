"""The catalogue: packaged chains are whole, broken files are refused with the place named."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.chain import open_study
from workbench.chain.catalogue import chains, find_chain, read_chain
from workbench.errors import ChainError, UnknownNameError

WHOLE = """
title = "T"
citation = "C"
[constructs.people]
label = "People"
meaning = "m"
[constructs.service]
label = "Service"
meaning = "m"
[[links]]
from = "people"
to = "service"
"""


def written(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_packaged_chains_are_read():
    assert {"public-sector-service-value-chain", "service-profit-chain", "leadership-chain"} <= set(
        chains()
    )


def test_every_citation_names_an_author_or_body_a_year_or_volume_and_a_work():
    for name, chain in chains().items():
        assert re.search(r"[A-Z][a-z]+.*\b(19|20)\d\d\b|\(volume \d\)", chain.citation), name
        assert chain.citation.endswith("."), name


def test_satisfaction_index_is_made_of_a_construct_of_the_chain(tmp_path):
    named = WHOLE.replace('citation = "C"', 'citation = "C"\nsatisfaction_index = "service"')
    chain = read_chain(written(tmp_path, named))
    assert chain.satisfaction_index == "service"
    assert chain.restricted_to(["people", "service"]).satisfaction_index == "service"
    with pytest.raises(ChainError, match=r"satisfaction_index names 'servise'.*Did you mean"):
        read_chain(written(tmp_path, named.replace('= "service"\n[con', '= "servise"\n[con')))


def test_catalogue_names_its_chains(tmp_path):
    assert repr(chains()).startswith(f"Catalogue({len(chains())} chains: citizens-first, ")


def test_unknown_chain_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'leadership-chain'"):
        find_chain("leadership-chian")


def test_study_adds_a_chain_by_adding_a_file(tmp_path):
    written(tmp_path, WHOLE)
    assert chains(tmp_path)["own"].label("people") == "People"


def test_study_cannot_hide_a_packaged_chain(tmp_path):
    written(tmp_path, WHOLE, "leadership-chain.toml")
    with pytest.raises(ChainError, match="another file name"):
        chains(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("title", "titel"), "unknown key 'titel'. Did you mean 'title'"),
        (('title = "T"', ""), "'title' must be a text"),
        (('title = "T"', 'title = "T"\nsatisfaction_index = 3'), "'satisfaction_index' must be"),
        (('label = "People"', ""), "'label' must be a text"),
        (('to = "service"', 'to = "servise"'), "Did you mean 'service'"),
        (('to = "service"', 'to = "service"\nexpected = "?"'), 'expects "[+]", "-" or "either"'),
        (('to = "service"', 'to = "service"\nstated_by = "me"'), "is stated_by .* not 'me'"),
        (('label = "People"', 'label = "People"\nstated_by = "me"'), "'people' is stated_by"),
        (('[[links]]\nfrom = "people"\nto = "service"', ""), "at least one"),
        (("[constructs.people]", "[constructs.people"), "not valid TOML"),
        (("constructs.people", 'constructs."the people"'), "plain name"),
    ],
)
def test_broken_file_names_the_fault(tmp_path, change, message):
    with pytest.raises(ChainError, match=message) as caught:
        read_chain(written(tmp_path, WHOLE.replace(*change)))
    assert "own.toml" in str(caught.value)


RATE = """
[[rates]]
from = "people"
to = "service"
value = 1
per = "percent per 2 points"
source = "S"
"""


def test_a_rate_has_a_unit_and_a_source(tmp_path):
    (rate,) = read_chain(written(tmp_path, WHOLE + RATE)).rates
    assert (rate.value, rate.unit, rate.step, rate.step_unit) == (1.0, "percent", 2.0, "points")
    plain = RATE.replace("percent per 2 points", "points per point")
    (rate,) = read_chain(written(tmp_path, WHOLE + plain)).rates
    assert (rate.unit, rate.step, rate.step_unit) == ("points", 1.0, "points")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('per = "percent per 2 points"\n', ""),
            "rate people → service has no unit; write per",
        ),
        (("percent per 2 points", "euro per point"), "has the unit 'euro per point'; write per"),
        (("per 2 points", "per 0 points"), "has the unit 'percent per 0 points'"),
        (("value = 1", 'value = "1"'), "has the value '1'; write a number"),
        (("value = 1\n", ""), "has the value None; write a number"),
        (('source = "S"', ""), "'source' must be a text"),
        (('to = "service"', 'to = "servise"'), "Did you mean 'service'"),
        (('from = "people"\nto = "service"', 'from = "service"\nto = "people"'), "turn it round"),
        (("value", "worth"), "a rate has an unknown key 'worth'"),
    ],
)
def test_a_rate_that_says_too_little_is_refused(tmp_path, change, message):
    with pytest.raises(ChainError, match=message) as caught:
        read_chain(written(tmp_path, WHOLE + RATE.replace(*change)))
    assert "own.toml" in str(caught.value)


def test_what_no_source_states_is_marked():
    known = chains()
    added = {
        name: [(k.source, k.target) for k in chain.links if k not in chain.of_authors]
        for name, chain in known.items()
    }
    assert added["public-sector-service-value-chain"] == [("people", "trust")]
    assert ("access", "service") in added["citizens-first"]
    assert added["service-profit-chain"] == []
    states = known["customer-service-index"].of_authors
    assert [(k.source, k.target) for k in states] == [("people", "service"), ("service", "trust")]
    assert [c.name for c in known["citizens-first"].constructs if c.stated_by == "workbench"] == [
        "access"
    ]


def test_the_parts_of_quality_belong_to_the_government_form():
    parts = {"process", "information", "customer_service", "website"}
    private, government = (
        {c.name for c in find_chain(name).constructs}
        for name in ("customer-satisfaction-index-private", "customer-satisfaction-index")
    )
    assert not parts & private
    assert parts <= government


def test_complaints_may_go_either_way():
    (link,) = [
        k
        for k in find_chain("customer-satisfaction-index-private").links
        if (k.source, k.target) == ("complaints", "loyalty")
    ]
    assert link.expected == "either"


def test_circle_is_refused(tmp_path):
    circle = WHOLE + '[[links]]\nfrom = "service"\nto = "people"\n'
    with pytest.raises(ChainError, match="circle"):
        read_chain(written(tmp_path, circle))


def test_leadership_is_one_or_two_kinds():
    chain = find_chain("leadership-chain")
    one = chain.restricted_to(["leadership", "people", "service", "trust"])
    assert next((k.source, k.target) for k in one.links) == ("leadership", "people")
    two = chain.restricted_to(
        ["strategic_leadership", "operational_leadership", "people", "service", "trust"]
    )
    assert [(k.source, k.target) for k in two.links][:2] == [
        ("strategic_leadership", "operational_leadership"),
        ("operational_leadership", "people"),
    ]


def test_chain_says_what_a_study_lacks():
    chain = find_chain("leadership-chain")
    with pytest.raises(ChainError, match="trust, operational_leadership or leadership"):
        chain.restricted_to(["people", "service"])


def test_findings_are_told_for_the_outcomes_and_what_leads_to_them():
    engaged = find_chain("drivers-of-engagement").restricted_to(["recognition", "people"])
    assert engaged.explained == ("people",)
    assert find_chain("public-sector-service-value-chain").explained == ("service", "trust")
    circle = find_chain("reciprocal-service-value-chain")
    assert circle.explained == ("people", "service", "trust")
    without = replace(find_chain("service-profit-chain"), outcomes=())
    assert without.explained == ("loyalty", "results")  # service leads on to loyalty alone
    assert find_chain("public-sector-service-value-chain").without_shortcuts == tuple(
        link
        for link in find_chain("public-sector-service-value-chain").links
        if (link.source, link.target) != ("people", "trust")
    )
    assert circle.without_shortcuts == circle.links


def test_the_spine_is_the_longest_way():
    known = chains()
    assert known["public-sector-service-value-chain"].spine == ("people", "service", "trust")
    assert known["citizens-first"].spine == ("access", "service", "reputation", "trust")
    assert len(known["reciprocal-service-value-chain"].spine) == 4
    alone = known["drivers-of-engagement"].restricted_to(["recognition", "people"])
    assert alone.spine == ("recognition", "people")


def test_links_stand_in_for_absent_constructs():
    chain = find_chain("service-profit-chain")
    short = chain.restricted_to(["internal_quality", "people", "service", "loyalty"])
    assert ("people", "service") in [(k.source, k.target) for k in short.links]
    whole = chain.restricted_to([c.name for c in chain.constructs])
    assert ("people", "service") not in [(k.source, k.target) for k in whole.links]


def test_check_names_the_broken_chain_by_its_place_in_the_study(little):
    folder = little.path / "chains"
    folder.mkdir()
    (folder / "ours.toml").write_text(WHOLE.replace('from = "people"', 'from = "nobody"'))
    found = [one for one in open_study(little.path).check() if one.file == "chains/ours.toml"]
    assert [one.severity for one in found] == ["error"]
    assert "names 'nobody'" in str(found[0])
    assert str(little.path) not in str(found[0])
