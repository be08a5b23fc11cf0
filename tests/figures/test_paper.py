"""The two faces of a figure: what a paper gets has the numbers of the page."""

import re
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PathCollection
from pypdf import PdfReader

import workbench as wb
from workbench import figures
from workbench.figures import (
    Covariance,
    FigureError,
    Link,
    Loading,
    Node,
    Question,
    UnitQuestion,
)
from workbench.figures.importance import importance_performance
from workbench.figures.necessity import necessity_scatter
from workbench.figures.scree import scree

ESTIMATES = pd.DataFrame(
    [("Parks", 0.41, 0.3, 0.52), ("Roads", 0.23, 0.01, 0.45), ("Water", 0.64, 0.55, 0.73)],
    columns=["label", "value", "lower", "upper"],
)
NODES = [Node("people", "People", 64.0), Node("service", "Service"), Node("trust", "Trust")]
LINKS = [
    Link("people", "service", 0.32, 0.2, 0.44, pvalue=0.0004),
    Link("service", "trust", 0.57, 0.46, 0.68, pvalue=0.03),
    Link("people", "trust", 0.05, -0.1, 0.2, pvalue=0.4),
]
LOADINGS = [Loading("trust", "trust_1", 0.81), Loading("trust", "trust_2", 0.72)]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")
    matplotlib.rcdefaults()


def told(html: str) -> set[float]:
    """All numbers of a page's fragment."""
    text = re.sub(r"<[^>]+>", " ", html).replace("−", "-")
    return {float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)}


def points(ax) -> np.ndarray:
    """Where all points of a drawing lie."""
    groups = [one for one in ax.collections if isinstance(one, PathCollection)]
    return np.concatenate([np.asarray(one.get_offsets()) for one in groups])


def segments(ax) -> np.ndarray:
    groups = [one for one in ax.collections if isinstance(one, LineCollection)]
    return np.concatenate([np.array(one.get_segments()) for one in groups])


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("kind", [figures.caterpillar, figures.forest])
def test_estimates_and_intervals_are_those_of_the_page(kind):
    panel = kind(ESTIMATES, alt="Links differ.")
    ax = panel.draw()
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    expected = ESTIMATES.set_index("label").loc[labels]
    assert points(ax)[:, 0] == pytest.approx(expected["value"].to_numpy())
    ends = segments(ax)[:, :, 0]
    assert ends[:3] == pytest.approx(expected[["lower", "upper"]].to_numpy())
    assert {*expected["value"], *expected["lower"], *expected["upper"]} <= told(panel.html)


def test_a_path_diagram_has_the_links_of_the_page_and_arrows_where_they_run():
    figure = figures.model_diagram(NODES, LINKS, LOADINGS, alt="Service goes with Trust.")
    ax = figure.draw()
    assert {"0.32\n0.20 to 0.44", "0.57\n0.46 to 0.68", "0.05\n−0.10 to 0.20"} <= set(texts(ax))
    assert {"trust_1", "0.81", "trust_2", "0.72", "People\n64.0"} <= set(texts(ax))
    assert {0.32, 0.57, 0.05, 0.81, 0.72} <= told(figure.html)


def test_a_diagram_has_stars_no_items_and_no_colour_where_asked():
    figure = figures.model_diagram(NODES, LINKS, LOADINGS, alt="Service goes with Trust.")
    ax = figure.draw(labels="stars", measurement=False, grey=True)
    assert {"0.32***", "0.57*", "0.05"} <= set(texts(ax))
    assert "trust_1" not in texts(ax)
    drawn = [patch.get_edgecolor() for patch in ax.patches]
    assert all(colour[0] == colour[1] == colour[2] for colour in drawn)


def test_covariances_are_curves_with_two_heads_and_their_number():
    nodes = [Node("a", "A"), Node("b", "B"), Node("c", "C")]
    links = [Link("a", "c", 0.3, 0.2, 0.4), Link("b", "c", 0.4, 0.3, 0.5)]
    figure = figures.model_diagram(
        nodes, links, covariances=[Covariance("a", "b", 0.25)], alt="Both go with C."
    )
    ax = figure.draw(labels="estimate")
    assert "0.25" in texts(ax)
    heads = [getattr(patch, "get_arrowstyle", str)() for patch in ax.patches]
    assert sum(type(head).__name__ == "CurveFilledAB" for head in heads) == 1


def test_covariances_of_items_stand_in_words_and_a_score_has_no_items():
    loadings = [*LOADINGS, Loading("service", "index of service", 1.0)]
    figure = figures.model_diagram(
        NODES, LINKS, loadings, [Covariance("trust_1", "trust_2", 0.21)], alt="They go together."
    )
    shown = texts(figure.draw())
    assert any("trust_1" in text and "0.21" in text for text in shown)
    assert "index of service" not in shown
    assert "trust_2" in shown


def test_a_place_among_others_has_the_numbers_given():
    frame = pd.DataFrame(
        {"measure": "Trust", "label": ["Parks", "Roads", "Water"], "value": [61.0, 55.0, 58.0]}
    )
    ax = figures.position(frame, "Parks", alt="Parks has the highest trust of three.").draw()
    assert points(ax)[:, 0].tolist() == [55.0, 58.0, 61.0]


def test_nothing_of_a_wide_diagram_is_cut(tmp_path: Path):
    names = [f"construct {number}" for number in range(7)]
    nodes = [Node(name, name.title()) for name in names]
    links = [Link(a, b, 0.3, 0.2, 0.4) for a, b in pairwise(names)]
    ax = figures.path_diagram(nodes, links, alt="A long chain.").draw()
    ax.figure.canvas.draw()
    edge = ax.figure.bbox
    for text in ax.texts:
        box = text.get_window_extent()
        assert edge.x0 - 1 <= box.x0
        assert box.x1 <= edge.x1 + 1
        assert edge.y0 - 1 <= box.y0
        assert box.y1 <= edge.y1 + 1


def test_points_of_a_scatter_a_ceiling_and_a_map_are_those_given():
    x, y = [55.0, 60.0, 72.0], [58.0, 65.0, 70.0]
    words = {"x_label": "People", "y_label": "Service", "alt": "They go together."}
    ax = figures.scatter(x, y, line=(20.0, 0.7), **words).draw()
    assert points(ax) == pytest.approx(np.column_stack([x, y]))
    at, up = ax.lines[0].get_data()
    assert up == pytest.approx(20 + 0.7 * np.asarray(at))
    ax = necessity_scatter(x, y, [55.0, 60.0, 72.0], [58.0, 65.0, 70.0], None, **words).draw()
    assert points(ax) == pytest.approx(np.column_stack([x, y]))
    importance = np.array([[0.4, 0.3, 0.5], [0.2, 0.1, 0.3]])
    performance = np.array([[61.0, 58.0, 64.0], [70.0, 66.0, 74.0]])
    figure = importance_performance(
        importance, performance, ["Timeliness", "Staff"], [True, False], (0.3, 65.0),
        ["first", "keep", "watch", "leave"], alt="Timeliness comes first.",
    )  # fmt: skip
    ax = figure.draw()
    assert points(ax) == pytest.approx(np.array([(0.4, 61.0), (0.2, 70.0)]))
    assert {"Timeliness", "Staff", "first", "keep", "watch", "leave"} <= set(texts(ax))


def test_a_funnel_a_histogram_and_a_scree_plot_have_the_numbers_given():
    names = ["Parks", "Roads", "Water"]
    found = wb.benchmark.funnel(
        pd.Series([75.0, 60.0, 61.0], names), pd.Series([1.0, 1.0, 2.0], names)
    )
    figure = figures.funnel(
        found.organisations, found.limits, found.target, y_label="Trust", alt=found.words
    )
    placed = found.organisations.loc[names, ["se", "estimate"]].to_numpy()
    found = points(figure.draw())
    assert found[np.argsort(found[:, 1])] == pytest.approx(placed[np.argsort(placed[:, 1])])
    values = [55.0, 58.0, 61.0, 64.0, 58.5]
    ax = figures.distribution(values, label="Trust", alt="From 55 to 64.", own=61.0).draw()
    assert sum(ax.patches[0].get_data().values) == len(values)
    assert ax.lines[0].get_xdata()[0] == 61.0
    ax = scree([2.1, 0.6, 0.3], [1.2, 1.0, 0.8], alt="One factor.").draw()
    assert [line.get_ydata().tolist() for line in ax.lines] == [[2.1, 0.6, 0.3], [1.2, 1.0, 0.8]]


def test_trends_and_curves_have_the_numbers_given():
    values = [("2023", 58.0, 56.0, 60.0), ("2024", 61.0, 59.0, 63.0)]
    frame = pd.DataFrame(values, columns=["wave", "value", "lower", "upper"])
    frame = frame.assign(measure="Trust", series="Parks")
    ax = figures.trend(frame, "Parks", alt="Trust rose from 58 to 61.").draw()
    assert ax.lines[0].get_ydata().tolist() == [58.0, 61.0]
    assert segments(ax)[:, :, 1].tolist() == [[56.0, 60.0], [59.0, 63.0]]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2023", "2024"]
    figure = figures.band(
        [-0.2, 0.2],
        [0.3, 0.1],
        [0.2, 0.0],
        [0.4, 0.2],
        x_label="r",
        y_label="Link",
        alt="It falls.",
    )
    assert figure.draw().lines[0].get_ydata().tolist() == [0.3, 0.1]


def test_shares_of_answers_are_bars_of_their_length():
    question = Question("q1", "I was treated fairly.", {1: 0.1, 2: 0.2, 3: 0.7}, 120, 2.6, 2.4)
    ax = figures.response_shares([question], alt="70% agree.", labels={1: "no", 3: "yes"}).draw()
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([10, 20, 70])
    assert ax.get_legend_handles_labels()[1] == ["1 no", "2", "3 yes"]
    units = UnitQuestion("on_time", "Cases on time", [82.0, 91.0, 77.0], benchmark=80.0)
    ax = figures.unit_percentages([units], alt="77 to 91% on time.").draw()
    assert points(ax)[0, 0] == pytest.approx(250 / 3)


def test_residual_correlations_are_those_of_the_table(demo):
    clients = demo.answers("clients")
    fit = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3; service_1 ~ courtesy_1", clients)
    ax = fit.draw_residuals()
    drawn = ax.collections[0].get_array()
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    table = fit.residuals().set_index(["lhs", "rhs"])["cor"]
    row, column = names.index("courtesy_1"), names.index("trust_2")
    shown = np.ma.filled(drawn.reshape(len(names), -1), np.nan)[max(row, column), min(row, column)]
    both = [table.get(pair) for pair in (("courtesy_1", "trust_2"), ("trust_2", "courtesy_1"))]
    assert shown == pytest.approx(next(value for value in both if value is not None))


def test_a_drawing_follows_the_theme_and_takes_axes():
    sns.set_theme(palette=["#123456", "#654321"])
    _, (left, right) = plt.subplots(1, 2)
    panel = figures.caterpillar(ESTIMATES, alt="Links differ.")
    assert panel.draw(ax=right) is right
    assert not left.collections
    assert matplotlib.colors.to_hex(right.collections[0].get_color()[0]) == "#123456"


@pytest.mark.parametrize("ending", [".pdf", ".svg", ".png", ".eps"])
def test_a_figure_is_saved_at_a_width_with_text_as_text(tmp_path: Path, ending: str):
    figure = figures.model_diagram(NODES, LINKS, LOADINGS, alt="Service goes with Trust.")
    target = figure.save(tmp_path / f"chain{ending}", width=85)
    again = figure.save(tmp_path / f"again{ending}", width=85)
    content = target.read_bytes()
    if ending == ".pdf":
        assert b"/Subtype /Type0" in content or b"/Subtype /TrueType" in content
        assert b"/Type3" not in content
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+)", content)
        assert float(box.group(1)) * 25.4 / 72 == pytest.approx(85, abs=0.1)
    if ending == ".svg":
        assert b">trust_1</text>" in content
    if ending == ".png":
        assert int.from_bytes(content[16:20], "big") == pytest.approx(85 / 25.4 * 300, abs=1)
    if ending == ".eps":
        assert content.startswith(b"%!PS-Adobe-3.0 EPSF")
        assert b"/FontType 42" in content
    else:
        assert again.read_bytes() == content


def test_text_of_a_pdf_can_be_selected(tmp_path: Path):
    figure = figures.model_diagram(NODES, LINKS, LOADINGS, alt="Service goes with Trust.")
    target = figure.save(tmp_path / "chain.pdf", labels="stars")
    words = PdfReader(target).pages[0].extract_text().split()
    assert {"0.32***", "trust_1", "Service"} <= set(words)


def test_what_cannot_be_drawn_is_said():
    panel = figures.caterpillar(ESTIMATES, alt="Links differ.")
    with pytest.raises(FigureError, match="no option 'grey'; it has none"):
        panel.draw(grey=True)
    figure = figures.path_diagram(NODES, [Link("people", "service", 0.3)], alt="One link.")
    with pytest.raises(FigureError, match="no option 'color'; it has labels, grey, measurement"):
        figure.draw(color="red")
    with pytest.raises(FigureError, match="'interval', 'stars' or 'estimate' for labels, not 'p'"):
        figure.draw(labels="p")
    with pytest.raises(FigureError, match="people → service has no p-value for stars"):
        figure.draw(labels="stars")
    with pytest.raises(FigureError, match="cannot be 0 mm wide"):
        figure.save("chain.pdf", width=0)
    with pytest.raises(FigureError, match=r"not as '\.gif'"):
        figure.save("chain.gif")
    with pytest.raises(FigureError, match="for pages alone"):
        figures.Figure(figures.path_diagram(NODES, LINKS, alt="x").svg, "A drawing.").draw()
