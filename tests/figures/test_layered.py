from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.figures.layered import Sizes, draw, layering, sampled

SIZES = Sizes(144, 78, 98, 34, gap=146, node_gap=28)
DOWN = Sizes(78, 144, 34, 98, gap=80, node_gap=20)
CHAIN = (["people", "service", "trust"], [("people", "service"), ("service", "trust")])


def test_layers_by_longest_path():
    names, links = CHAIN
    layer, turned = layering(names, [*links, ("people", "trust")])
    assert layer == {"people": 0, "service": 1, "trust": 2}
    assert turned == [False, False, False]


def test_a_reciprocal_link_is_turned_round():
    names, links = CHAIN
    layer, turned = layering(names, [*links, ("service", "people")])
    assert layer == {"people": 0, "service": 1, "trust": 2}
    assert turned == [False, False, True]


def test_a_late_source_stands_just_before_what_it_feeds():
    layer, _ = layering([*CHAIN[0], "media"], [*CHAIN[1], ("media", "trust")])
    assert layer["media"] == 1


def test_a_chain_is_a_straight_line():
    names, links = CHAIN
    drawing = draw(names, [*links, ("people", "trust")], SIZES)
    assert len({box.cross for box in drawing.nodes.values()}) == 1
    for route in drawing.routes[:2]:
        assert {cross for _, cross in route.curve} == {0.0}


def check(names, links, sizes):
    drawing = draw(names, links, sizes)
    boxes = list(drawing.nodes.values())
    for first, second in combinations(boxes, 2):
        assert not first.overlaps(second, 10)
    for route in drawing.routes:
        for box in boxes:
            assert not route.label.overlaps(box)
            inner = type(box)(box.main + 1, box.cross + 1, box.length - 2, box.breadth - 2)
            assert not any(inner.contains(point) for point in sampled(route.curve))
    for box in [*boxes, *(route.label for route in drawing.routes)]:
        assert drawing.extent.main <= box.main
        assert box.main + box.length <= drawing.extent.main + drawing.extent.length
        assert drawing.extent.cross <= box.cross + 1e-9
        assert box.cross + box.breadth <= drawing.extent.cross + drawing.extent.breadth + 1e-9
    return drawing


@given(
    st.integers(2, 8).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.lists(st.sampled_from(list(permutations(range(size), 2))), unique=True, max_size=12),
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_any_graph_keeps_nodes_curves_and_labels_apart(graph):
    size, pairs = graph
    names = [f"n{i}" for i in range(size)]
    links = [(names[a], names[b]) for a, b in pairs]
    for sizes in (SIZES, DOWN):
        check(names, links, sizes)


@pytest.mark.parametrize("sizes", [SIZES, DOWN])
def test_labels_of_the_chains_in_use_do_not_touch(sizes):
    drivers = [f"d{i}" for i in range(6)]
    graphs = [
        (CHAIN[0], [*CHAIN[1], ("people", "trust"), ("service", "people")]),
        ([*drivers, "s", "t"], [*((d, "s") for d in drivers), ("s", "t"), ("d0", "t")]),
        (list("qprdvcl"), [*zip("qpprdvcpq", "prdvvclcl", strict=True)]),
    ]
    for names, links in graphs:
        drawing = check(names, links, sizes)
        for first, second in combinations(drawing.routes, 2):
            assert not first.label.overlaps(second.label)
