"""The model made from a chain: syntax, and effects as sums of products over paths."""

from workbench.chain.catalogue import find_chain
from workbench.chain.model import effect_expressions, model_syntax

ITEMS = {"people": ["q1", "q 2"], "service": ["s1", "s2", "s3"], "trust": ["t1", "t2"]}


def value_chain():
    return find_chain("public-sector-service-value-chain").restricted_to(list(ITEMS))


def test_effects_of_the_value_chain():
    effects = effect_expressions(value_chain())
    assert effects["people", "service"] == {"direct": "b_people_service"}
    assert effects["people", "trust"] == {
        "direct": "b_people_trust",
        "indirect": "b_people_service*b_service_trust",
        "total": "b_people_trust + b_people_service*b_service_trust",
    }


def test_indirect_effects_sum_over_all_paths():
    chain = find_chain("service-profit-chain")
    effects = effect_expressions(chain.restricted_to([c.name for c in chain.constructs]))
    assert effects["people", "value"] == {
        "indirect": "b_people_retention*b_retention_value"
        " + b_people_productivity*b_productivity_value"
    }


def test_syntax_quotes_items_and_scales_pass_through():
    lines = model_syntax(value_chain(), ITEMS).splitlines()
    assert 'people =~ q1 + l_people_2*"q 2"' in lines
    assert "trust ~ b_service_trust*service + b_people_trust*people" in lines
    assert (
        "points.direct.people.service := (b_people_service) * "
        "((1 + l_service_2 + l_service_3) / 3) / ((1 + l_people_2) / 2)"
    ) in lines
