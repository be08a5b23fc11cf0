"""Figures of every kind on small realistic numbers, and a parser for what they show."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from workbench import figures
from workbench.benchmark import funnel

AWKWARD = 'Parks <b>&"Roads"</b> / North'


def _estimates(rows: int, name: str = AWKWARD) -> pd.DataFrame:
    value = np.linspace(-0.1, 0.6, rows)
    frame = pd.DataFrame(
        {
            "label": [f"District {i + 1}" for i in range(rows)],
            "value": value,
            "lower": value - 0.1,
            "upper": value + 0.1,
            "reason": "",
        }
    )
    frame.loc[0, "label"] = name
    frame.loc[1, ["value", "lower", "upper"]] = np.nan
    frame.loc[1, "reason"] = "Only 4 units, so no link can be estimated."
    return frame


def _waves(name: str = AWKWARD) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (measure, series, wave, value, value - 2, value + 2)
            for measure in ("People", "Service")
            for series in (name, "All organisations")
            for wave, value in (("2021", 62.0), ("2022", 57.5), ("2023", 63.1))
        ],
        columns=["measure", "series", "wave", "value", "lower", "upper"],
    )


def _funnel(name: str = AWKWARD) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    estimates = _estimates(34, name).set_index("label")
    errors = pd.Series(np.linspace(0.02, 0.2, 34), estimates.index)
    found = funnel(estimates["value"], errors)
    return found.organisations, found.limits, found.target


def _chain(name: str = AWKWARD) -> tuple[list[figures.Node], list[figures.Link]]:
    nodes = [
        figures.Node("people", "People", 62.3),
        figures.Node("service", name, 71.0),
        figures.Node("trust", "Trust"),
    ]
    links = [
        figures.Link("people", "service", 0.301, 0.252, 0.35),
        figures.Link("service", "trust", 0.56, 0.48, 0.64),
        figures.Link("people", "trust", 0.04, -0.03, 0.11),
    ]
    return nodes, links


def _questions(categories: int, name: str = AWKWARD) -> list[figures.Question]:
    shares = dict.fromkeys(range(1, categories + 1), 1 / categories)
    return [
        figures.Question("q1", f"I was treated fairly by {name}", shares, 1200, 3.0, 2.5),
        figures.Question("q2", "Withheld", reason="Fewer than 10 answers: not shown."),
    ]


def make(kind: str, name: str = AWKWARD) -> figures.Fragment:
    """One figure of the named kind, with an organisation of this name in it."""
    alt = f"The finding about {name}."
    nodes, links = _chain(name)
    loadings = [figures.Loading(node.name, f"{node.name}<1>", 0.8) for node in nodes]
    strip = _estimates(8, name).assign(measure="Service")
    makers = {
        "path_diagram": lambda: figures.path_diagram(nodes, links, alt=alt, caption=name),
        "model_diagram": lambda: figures.model_diagram(
            nodes, links, loadings, [figures.Covariance("a<b", "c", 0.2)], alt=alt, caption=name
        ),
        "caterpillar": lambda: figures.caterpillar(
            _estimates(34, name), alt=alt, caption=name, highlight=name, pooled=(0.3, 0.2, 0.4)
        ),
        "forest": lambda: figures.forest(_estimates(4, name), alt=alt, caption=name),
        "position": lambda: figures.position(strip, name, alt=alt, caption=name, own_label=name),
        "response_shares": lambda: figures.response_shares(
            _questions(5, name), alt=alt, caption=name
        ),
        "unit_percentages": lambda: figures.unit_percentages(
            [figures.UnitQuestion("p1", name, [90, 95, 100, 71], 88.0)], alt=alt, caption=name
        ),
        "trend": lambda: figures.trend(_waves(name), name, alt=alt, caption=name),
        "scatter": lambda: figures.scatter(
            [1, 2, 3, np.nan], [2, 3, 5, 1], x_label=name, y_label="y", alt=alt, line=(0.5, 1.5)
        ),
        "funnel": lambda: figures.funnel(
            *_funnel(name), y_label=name, alt=alt, caption=name, highlight=name
        ),
        "band": lambda: figures.band(
            [-0.3, 0.0, 0.3],
            [0.3, 0.2, 0.1],
            [0.1, 0.0, -0.1],
            [0.5, 0.4, 0.3],
            x_label=name,
            y_label="y",
            alt=alt,
            caption=name,
            marked=0.0,
            marked_label="as told",
        ),
        "distribution": lambda: figures.distribution(
            np.linspace(0, 1, 30), label=name, alt=alt, own=0.4, own_label=name
        ),
    }
    return makers[kind]()


KINDS = [
    "path_diagram",
    "model_diagram",
    "caterpillar",
    "forest",
    "position",
    "response_shares",
    "unit_percentages",
    "trend",
    "scatter",
    "funnel",
    "band",
    "distribution",
]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def drawn() -> Callable[[str, str], figures.Fragment]:
    return make


@pytest.fixture
def figure(kind: str) -> figures.Fragment:
    return make(kind)


@pytest.fixture
def estimates():
    return _estimates


@pytest.fixture
def waves():
    return _waves()


@pytest.fixture
def questions():
    return _questions


@pytest.fixture
def chain():
    return _chain()


@pytest.fixture
def awkward() -> str:
    return AWKWARD
