import re
from itertools import pairwise

import pytest

from workbench.figures import FigureError, Link, Loading, Node, model_diagram, path_diagram
from workbench.figures.paths import wrapped


@pytest.mark.parametrize(
    ("link", "stroke"),
    [
        (Link("a", "b", 0.3, 0.1, 0.5), "solid"),
        (Link("a", "b", -0.3, -0.5, -0.1), "solid"),
        (Link("a", "b", 0.3, -0.1, 0.5), "dashed"),
        (Link("a", "b", 0.3), "dashed"),
        (Link("a", "b", 0.3, 0.1, 0.5, pooled=True), "dotted"),
        (Link("a", "b"), "dotted"),
    ],
)
def test_stroke_tells_certainty(link, stroke):
    assert link.stroke == stroke


def test_labels_strengths_and_words(chain):
    figure = path_diagram(*chain, alt="People goes with service.")
    for text in ("0.30", "0.25 to 0.35", "\u22120.03 to 0.11", "index 62.3"):
        assert f">{text}</text>" in figure.svg
    assert "People to Trust: 0.04 (\u22120.03 to 0.11)." in figure.detail
    assert "dashed: interval includes 0" in figure.legend
    assert "dotted" not in figure.legend


def test_not_estimated_and_pooled_are_said(chain):
    nodes, _ = chain
    figure = path_diagram(
        nodes,
        [Link("people", "service"), Link("service", "trust", 0.5, 0.4, 0.6, pooled=True)],
        alt="Nothing could be estimated.",
    )
    assert ">not</text>" in figure.svg
    assert "0.50 pooled" in figure.svg
    assert "not estimated." in figure.detail


def test_width_grows_with_strength():
    nodes = [Node("a", "A"), Node("b", "B"), Node("c", "C")]
    links = [Link("a", "b", 0.1, 0.05, 0.2), Link("b", "c", -0.8, -0.9, -0.7)]
    svg = path_diagram(nodes, links, alt="x").svg
    weak, strong = (float(w) for w in re.findall(r'fill="none"[^>]*stroke-width="([\d.]+)"', svg))
    assert strong > 2 * weak


def test_a_long_chain_turns_vertical():
    names = [f"n{i}" for i in range(7)]
    figure = path_diagram(
        [Node(name, name) for name in names],
        [Link(a, b, 0.3, 0.2, 0.4) for a, b in pairwise(names)],
        alt="x",
    )
    width, height = re.search(r' width="([\d.]+)" height="([\d.]+)"', figure.svg).groups()
    assert float(height) > 3 * float(width)
    assert not figure.narrow


def test_many_constructs_before_one_fit_a_telephone():
    names = [f"n{i}" for i in range(5)]
    figure = path_diagram(
        [Node(name, name) for name in (*names, "last")],
        [Link(name, "last", 0.3, 0.2, 0.4) for name in names],
        alt="x",
    )
    assert float(re.search(r"min-width:([\d.]+)px", figure.narrow).group(1)) < 320
    assert ">last</text>" in figure.narrow


def test_narrow_form_fits_a_telephone(chain):
    figure = path_diagram(*chain, alt="x")
    assert float(re.search(r"min-width:([\d.]+)px", figure.narrow).group(1)) < 320


def test_an_unknown_construct_is_named(chain):
    with pytest.raises(FigureError, match="'leadership'"):
        path_diagram(chain[0], [Link("leadership", "people", 0.1)], alt="x")
    with pytest.raises(FigureError, match="'q1'"):
        model_diagram(chain[0], chain[1], [Loading("leadership", "q1", 0.5)], alt="x")


def test_one_construct_without_links_is_drawn():
    assert "Trust" in path_diagram([Node("trust", "Trust", 50)], [], alt="x").svg


def test_labels_wrap_at_spaces_and_end_in_an_ellipsis():
    assert wrapped("Operational leadership", 15, 2) == ["Operational", "leadership"]
    assert wrapped("Trust", 15, 2) == ["Trust"]
    assert wrapped("Collaboration and networks of partners", 15, 2)[-1].endswith("…")
