"""No text becomes markup, in anything of the package that shows itself as HTML."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench import figures, sem
from workbench.benchmark.pooling import Pooled
from workbench.chain.catalogue import Catalogue, Chain, Construct, Link
from workbench.chain.moderation import Moderation
from workbench.chain.rivals import Rivals
from workbench.drivers.importance import Importance
from workbench.drivers.necessity import Necessity
from workbench.drivers.priorities import PriorityMap, Scorecard
from workbench.drivers.whatif import Seen, WhatIf, WhatIfs
from workbench.errors import NotIdentifiedError
from workbench.explorer.widget import Explorer
from workbench.figures.importance import importance_performance
from workbench.figures.markup import element, plain_table
from workbench.figures.necessity import necessity_scatter
from workbench.figures.notebook import Shown
from workbench.figures.scree import scree
from workbench.figures.sliders import SCRIPT, Goes, Slider, Sliders
from workbench.interpretation import Advice, Others
from workbench.linkage.report import LinkageReport
from workbench.papers import PaperTable
from workbench.reports.pieces import Heading, Section, Together
from workbench.sem.imputed import Imputed
from workbench.sem.inference.comparison import Difference
from workbench.sem.invariance import Invariance
from workbench.sem.result import Fit
from workbench.study import Codebook
from workbench.study.level import Level
from workbench.study.problems import Problem, Problems, Severity

HOSTILE = "\"'>& </style><script>alert(1)</script> <b>Ann</b>"
PLAIN = re.sub(r"[^\w\s]", "x", HOSTILE)


class Parsed(HTMLParser):
    """The tags and the names of attributes in order, and the text that a reader gets to see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[object] = []
        self.text: list[str] = []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.shape.append((tag, [name for name, _ in attrs]))
        self.text += [value or "" for _, value in attrs]

    def handle_endtag(self, tag):
        self.shape.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def _table(name: str) -> figures.Table:
    frame = pd.DataFrame({name: [name], "n": [1.0]})
    labels = {"n": name}
    return figures.Table(frame, name, {"n": lambda _: name}, labels, notes=[name])


def _drivers(name: str) -> pd.DataFrame:
    ends = {"importance": 40.0, "performance": 60.0, "difference": 5.0, "share": 0.4}
    values = {
        **ends,
        **{f"{column}_lower": value - 0.1 for column, value in ends.items()},
        **{f"{column}_upper": value + 0.1 for column, value in ends.items()},
    }
    texts = {"driver": "d", "label": name, "advice": Advice.IMPROVE, "role": name, "unit": name}
    points = {"pass_through": 0.3, "pass_through_lower": 0.2, "pass_through_upper": 0.4}
    row = (
        texts
        | values
        | points
        | {"n": 30, "level": Level.RESPONDENTS, "importance_mean": 40.0, "alpha": 0.8}
    )
    return pd.DataFrame([row, row | {"driver": "e"}])


@cache
def _answers() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.normal(size=(80, 1)) + rng.normal(size=(80, 3)), columns=list("abc"))


def _fit(name: str) -> Fit:
    group = np.where(np.arange(80) % 2, name, "other")
    return sem.fit("F =~ a + b + c", _answers().assign(g=group), group="g")


def _chain(name: str) -> Chain:
    constructs = (Construct("a", name, name), Construct("b", name, name))
    return Chain(name, name, name, name, constructs, (Link("a", "b", "+"),))


def _effects() -> pd.DataFrame:
    columns = ["from", "to", "effect", "pass_through", "pass_through_lower", "pass_through_upper"]
    return pd.DataFrame([("a", "b", "direct", 0.4, 0.3, 0.5)], columns=columns)


def _rows(name: str) -> pd.DataFrame:
    return pd.DataFrame({"organisation": [name], "model": [name], "value": [0.1], name: [1]})


def _rivals(name: str) -> pd.DataFrame:
    return _rows(name).assign(equivalent=[(name,)], df=1, wider="", comparable=1, bic=0.0)


def _pooled(name: str) -> pd.DataFrame:
    return _rows(name).assign(organisations=0, without_estimate=1)


def _imputed(name: str) -> Imputed:
    found = Imputed((_fit(name), _fit(name)), None)
    vars(found)["estimates"] = pd.DataFrame(
        [(name, "~", name, *[0.5] * 7)],
        columns=["lhs", "op", "rhs", "est", "se", "t", "df", "pvalue", "ci_lower", "ci_upper"],
    ).assign(fmi=0.1, label="", group=None)
    return found


SHOWN: dict[type, Callable[[str], object]] = {
    Explorer: lambda name: _fit(name).explore(),
    Pooled: lambda name: Pooled(_pooled(name), _rows(name), False),
    Catalogue: lambda name: Catalogue({name: _chain(name)}),
    Moderation: lambda name: Moderation(
        "group",
        *2 * (_rows(name),),
        Difference(0.0, 1, name),
        {name: _fit(name)},
        {name: name},
        left_out=(name,),
    ),
    Rivals: lambda name: Rivals(_rivals(name), {}, {}, {name: name}),
    Importance: lambda name: Importance(
        "o", name, _drivers(name), 0.4, 0.3, 0.5, 30, Level.UNITS, False, name, (name,)
    ),
    Necessity: lambda name: Necessity(
        np.array([1.0, 2, 3, 4, 5]),
        np.array([1.0, 3, 2, 5, 4]),
        name,
        name,
        5 * (name,),
        (name,),
        permutations=20,
    ),
    PriorityMap: lambda name: PriorityMap(
        _drivers(name), (), name, Others.DRIVERS, pd.DataFrame({"driver": []}), 5, (name,)
    ),
    Scorecard: lambda name: Scorecard(_drivers(name), name, (name,), (name,)),
    WhatIf: lambda name: WhatIf(
        pd.DataFrame({"label": [name], "change": [2.0], "lower": [1.0], "upper": [3.0]}),
        name,
        name,
        10.0,
        5.0,
        Seen(50, 40, 55),
    ),
    WhatIfs: lambda name: WhatIfs(
        _effects(), {"a": Seen(50, 30, 70)}, {"a": name, "b": name}, ["b"], [name]
    ),
    figures.Cards: lambda name: figures.Cards(
        [
            figures.Card(name, name, [name, name], mark=(50, 40, 60), benchmark=55),
            figures.Card(name, reason=name),
        ]
    ),
    figures.Figure: lambda name: figures.Figure(
        element("svg", element("text", name)), name, name, name
    ),
    figures.Definitions: lambda name: figures.Definitions({name: name}),
    figures.Findings: lambda name: figures.Findings([f"{name} **{name}**"]),
    figures.Notes: lambda name: figures.Notes([name]),
    figures.Notice: lambda name: figures.Notice(name, title=name),
    figures.Panel: lambda name: figures.Panel(plain_table(name, [name], [[name]]), name, name),
    figures.Prose: lambda name: figures.Prose(f"{name} **{name}**\n\n{name}"),
    figures.Table: _table,
    figures.Folded: lambda name: figures.Folded(_table(name)),
    Sliders: lambda name: Sliders(
        [Slider(name, -10, 10, [Goes(name, 0.4, 0.3, 0.5), Goes(name, 0.4, np.nan, np.nan)], name)],
        _table(name),
        name,
    ),
    LinkageReport: lambda name: LinkageReport(name, _rows(name), _rows(name), (name,)),
    Heading: Heading,
    Section: Section,
    Together: lambda name: Together([Heading(name), _table(name)]),
    Invariance: lambda name: Invariance(
        {"configural": _fit(name)}, {"metric": NotIdentifiedError(name)}
    ),
    Fit: _fit,
    Codebook: lambda name: Codebook(
        pd.DataFrame(
            [(name, name, name, name, 1.0, 5.0, False, (name,))],
            columns=[
                "item",
                "source",
                "construct",
                "wording",
                "low",
                "high",
                "reversed",
                "missing",
            ],
        )
    ),
    Shown: lambda name: _Result(name),
    Imputed: _imputed,
    PaperTable: lambda name: PaperTable(
        name, (name, "p"), ((name, name),), _rows(name), (name,), (name,)
    ),
    Problems: lambda name: Problems([Problem(Severity.ERROR, *4 * (name,), None, name, (name,))]),
}


class _Result(Shown):
    """A result with a sentence and a table of somebody's words."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _parts(self) -> list:
        return [self.name, (self.name, pd.DataFrame({self.name: [self.name, [self.name]]}))]


DRAWN: dict[str, Callable[[str], object]] = {
    "importance_performance": lambda name: importance_performance(
        np.array([[40.0, 30, 50], [20, 10, 30]]),
        np.array([[60.0, 50, 70], [40, 30, 50]]),
        [name, name],
        [True, False],
        (30.0, 50.0),
        (name, name, name, name),
        alt=name,
        x_label=name,
        y_label=name,
        caption=name,
    ),
    "necessity_scatter": lambda name: necessity_scatter(
        [1, 2, 3], [1, 3, 2], [1, 2], [1, 3], (0, 1), x_label=name, y_label=name, alt=name
    ),
    "scree": lambda name: scree([2, 1], [1.5, 1.2], alt=name, caption=name, y_label=name),
}


def _showing() -> set[type]:
    """Every class of the package that shows itself as HTML in its own way.

    Left out are the ancestor of all figures, and results that leave it to :class:`Shown`.
    """
    root = Path(workbench.__file__).parent
    found = set()
    for file in root.rglob("*.py"):
        if re.search("^class ", text := file.read_text(encoding="utf-8"), re.MULTILINE) and (
            "_repr_html_" in text or "figures" in text
        ):
            name = ".".join(file.relative_to(root.parent).with_suffix("").parts)
            things = vars(importlib.import_module(name.removesuffix(".__init__"))).values()
            found |= {thing for thing in things if inspect.isclass(thing)}
    ours = {thing for thing in found if thing.__module__.startswith("workbench.")}
    own = {thing for thing in ours if hasattr(thing, "_repr_html_")} - {figures.Fragment}
    return {thing for thing in own if thing is Shown or thing._repr_html_ is not Shown._repr_html_}


def test_everything_that_shows_itself_is_tried_here() -> None:
    assert _showing() == set(SHOWN)


@pytest.mark.parametrize(
    "maker", [*SHOWN.values(), *DRAWN.values()], ids=[*(c.__name__ for c in SHOWN), *DRAWN]
)
def test_a_hostile_name_stands_as_text(maker: Callable[[str], object]) -> None:
    _is_text(maker)


def test_a_hostile_name_stands_as_text_in_figures(kind: str, drawn) -> None:
    _is_text(partial(drawn, kind))


def _is_text(maker: Callable[[str], object]) -> None:
    hostile, plain = (Parsed(maker(name)._repr_html_()) for name in (HOSTILE, PLAIN))
    assert hostile.shape == plain.shape
    assert any(HOSTILE in text for text in hostile.text)
    scripts = [text for text in hostile.text if text == SCRIPT]
    assert sum(part[0] == "script" for part in hostile.shape) == len(scripts)


def test_a_saved_page_keeps_its_style(tmp_path) -> None:
    page = _table(HOSTILE).save(tmp_path / "table.html").read_text(encoding="utf-8")
    assert figures.CSS in page
    assert page.count("</style>") == 1
    assert "<script" not in page


def test_attributes_are_named_as_python_names_them() -> None:
    made = element("th", "a & b", aria_label='"x"', class_="n", hidden=True, title=None)
    assert made == ('<th aria-label="&#34;x&#34;" class="n" hidden>a &amp; b</th>')


def test_tags_are_written_in_one_place() -> None:
    """Elsewhere no text but docstrings holds a tag, which would be one that escapes nothing."""
    tag = re.compile(r"(?<!\?P)</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|<[a-z]+ [a-z-]+=")
    found = []
    for file in Path(workbench.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text))) if tag.search(text) else []
        said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        found += [
            f"{file.name}:{node.lineno}: {node.value}"
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if id(node) not in said and tag.search(node.value)
        ]
    assert not found
