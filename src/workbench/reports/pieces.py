"""Pieces that several reports show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from workbench import figures
from workbench.chain import Chain, OrderedBesideNumbers, OrganisationLinks, TwoLevelLinks
from workbench.figures.markup import element, together
from workbench.figures.theme import LIGHT_CSS
from workbench.interpretation import alpha_in_words, reliability_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.amounts import Amounts
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.measurement import OverWaves, Reliability
from workbench.reports.passing import note_on_amounts, passes
from workbench.study import Codebook
from workbench.study.level import Level

LOOK = element("style", Markup(LIGHT_CSS))  # noqa: S704 – text of our own
"""The look of a page, for a notebook."""


def association() -> str:
    """Return that links are associations and no more."""
    return say("pieces.association")


def everyone() -> str:
    """Return what all organisations together are called."""
    return say("trend.everyone")


@dataclass(frozen=True)
class Heading(figures.Fragment):
    """The title of the page.

    In a notebook it brings the look of a page, which a page itself has from its template.
    """

    text: str

    @property
    def html(self) -> Markup:
        return element("h1", self.text)

    def _repr_html_(self) -> str:
        return together(LOOK, super()._repr_html_())


@dataclass(frozen=True)
class Section(figures.Fragment):
    """The heading of a section that not every page has."""

    text: str

    @property
    def html(self) -> Markup:
        return element("h2", self.text)


class Together(figures.Fragment):
    """Several things shown one below the other."""

    def __init__(self, parts: Sequence[figures.Fragment]) -> None:
        self.parts = tuple(parts)

    @property
    def html(self) -> Markup:
        return together(*(part.html for part in self.parts))


def question(codebook: Codebook, item: str) -> str:
    """The wording of an item, its name where it has none; and that its answers are turned."""
    wording = codebook.wording(item) or item
    if codebook.scale(item).reversed:
        return say("question.reversed", wording=wording)
    return wording


def alpha_of(found: Reliability) -> str:
    """The alpha of a construct's scores with its interval, or why there is none."""
    return alpha_in_words(found.alpha, found.alpha_lower, found.alpha_upper, found.reason)


def reliability_table(
    chain: Chain, found: Sequence[Reliability], column: Sequence[str], heading: str
) -> figures.Table:
    """The reliability of the constructs of a chain, and one more ``column`` under its heading."""
    frame = pd.DataFrame(
        {
            "construct": [construct.label for construct in chain.constructs],
            "more": list(column),
            "alpha": [alpha_of(one) for one in found],
            "omega": [fmt.number(one.omega, missing=say("drivers.no estimate")) for one in found],
            "words": [reliability_in_words(one.alpha) for one in found],
        }
    )
    return figures.Table(
        frame,
        caption=say("benchmark.reliability"),
        labels={
            "construct": say("column.construct alone"),
            "more": heading,
            "alpha": say("column.cronbach"),
            "omega": say("column.omega"),
            "words": say("column.assessment"),
        },
    )


def draw_chain(
    chain: Chain,
    indices: Mapping[str, float | None],
    links: pd.DataFrame,
    *,
    here: bool = False,
    pooled: bool = False,
) -> figures.Figure:
    """Draw a chain with an index and the links; ``here`` and ``pooled`` say whose these are."""
    nodes = [figures.Node(c.name, c.label, indices.get(c.name)) for c in chain.constructs]
    direct = links[links["effect"] == "direct"] if len(links) else links
    found = {(row["from"], row["to"]): row for _, row in direct.iterrows()}
    drawn, told = [], []
    for link in chain.links:
        ends = (link.source, link.target)
        row = found.get(ends)
        if row is None:
            drawn.append(figures.Link(*ends))
            continue
        values = (float(row["strength"]), float(row["lower"]), float(row["upper"]))
        drawn.append(figures.Link(*ends, *values, pooled=pooled))
        told.append(
            say(
                "chain drawn link",
                source=chain.label(ends[0]),
                target=chain.label(ends[1]),
                strength=fmt.number(values[0]),
            )
        )
    whose = "here" if here and not pooled else "all"
    if not told:
        whose = "none"
    return figures.path_diagram(
        nodes,
        drawn,
        alt=say(f"chain drawn.{whose}", links=say("list.comma").join(told)),
        caption=say("chain drawn caption", chain=chain.title),
    )


def trend_over_waves(
    over: OverWaves, chain: Chain, organisation: str, name: str, alt: str, caption: str
) -> figures.Fragment:
    """Draw the indices of ``organisation``, called ``name``, over the waves beside those of all.

    Waves are joined by questions asked in all of them; which others were asked is said below, and
    of which constructs no question was.
    """
    shown = list(dict.fromkeys(["", organisation]))
    table = over.table[over.table["organisation"].isin(shown)]
    series = {"": everyone()} | ({organisation: name} if organisation else {})
    frame = pd.DataFrame(
        {
            "measure": [chain.label(construct) for construct in table["construct"]],
            "series": table["organisation"].map(series),
            "wave": table["wave"],
            "value": table["index"],
            "lower": table["lower"],
            "upper": table["upper"],
        }
    )
    drawn = figures.trend(frame, series[organisation], alt=alt, caption=caption)
    said = {series[one]: _left_out(over.of(one), chain) for one in shown}
    if len(set(said.values())) == 1:  # the same of both
        said = dict(list(said.items())[:1])
    notes = [
        say("trend.left out of", name=name, left_out=text) if len(said) > 1 else text
        for name, text in said.items()
        if text
    ]
    return Together([drawn, *map(figures.Prose, notes)])


def _left_out(over: OverWaves, chain: Chain) -> str:
    """Which questions do not count over the waves; "" where all do."""
    told = []
    for construct, items in over.left_out.groupby("construct", sort=False)["item"]:
        label = chain.label(str(construct))
        key = "without" if (over.table["construct"] == construct).any() else "not shown"
        told.append(say(f"trend questions.{key}", label=label, items=say("list.comma").join(items)))
    return say("trend.left out", what="; ".join(told)) if told else ""


_STRENGTH = ["strength", "lower", "upper"]


def effects_table(
    links: pd.DataFrame, chain: Chain, caption: str, amounts: Amounts
) -> figures.Table:
    """Return estimated effects with their tests; ``amounts`` are told in units of their own."""
    frame = _effects(links, chain, amounts)
    frame["p"] = [fmt.p_value(value, missing=say("test.none")) for value in links["pvalue"]]
    return _table(frame, caption, *note_on_amounts(links, amounts))


def links_table(links: pd.DataFrame, chain: Chain, caption: str, amounts: Amounts) -> figures.Table:
    """Return estimated effects: strength and pass-through, the kind of effect beside the link."""
    frame = _effects(links, chain, amounts)
    shortcut = frame["link"].duplicated(keep=False)
    kinds = frame.pop("effect")
    frame["link"] = [
        say("of kind", link=link, kind=kind) if several else link
        for link, kind, several in zip(frame["link"], kinds, shortcut, strict=True)
    ]
    return _table(frame, caption, *note_on_amounts(links, amounts))


def controls_table(
    links: pd.DataFrame, equal: pd.DataFrame, chain: Chain, covariates: Sequence[str]
) -> figures.Table:
    """Return the strengths of direct links beside those with ``covariates`` held equal."""
    keys = ["from", "to", "effect"]
    held = equal.set_index(keys)[_STRENGTH]
    own = links[links["effect"] == "direct"]
    frame = _effects(own, chain, {})[["link", "strength"]]
    same = held.reindex(pd.MultiIndex.from_frame(own[keys]))
    frame["equal"] = estimates(same, say("link.not estimated"))
    names = listed([name.replace("_", " ") for name in covariates])
    labels = {
        "link": say("column.link"),
        "strength": say("chain.equal.as they are"),
        "equal": say("chain.equal.held"),
    }
    return figures.Table(
        frame,
        say("chain.equal.caption", covariates=names),
        labels=labels,
        notes=[say("chain.equal.told", covariates=names)],
    )


def ordered_table(both: OrderedBesideNumbers, chain: Chain) -> figures.Table:
    """Return the strengths of direct links with answers as ordered categories and as numbers."""
    direct = both.ordered["effect"] == "direct"
    frame = _effects(both.ordered[direct], chain, {})[["link", "strength"]]
    frame["numbers"] = estimates(both.numbers.loc[direct, _STRENGTH], say("link.not estimated"))
    labels = {
        "link": say("column.link"),
        "strength": say("answers.column.ordered"),
        "numbers": say("answers.column.numbers"),
    }
    caption = say("answers.caption")
    return figures.Table(frame, caption, labels=labels, notes=[say("answers.note")])


def two_levels_told(found: TwoLevelLinks, chain: Chain) -> list[figures.Fragment]:
    """Return how links within units and between units differ, in words and in a table."""
    table = found.table
    links = [
        f"{chain.label(a)} → {chain.label(b)}"
        for a, b in zip(table["from"], table["to"], strict=True)
    ]
    most = int((table["within"] - table["between"]).abs().to_numpy().argmax())
    said = say(
        "two levels.told",
        rows=Level.RESPONDENTS.counted(found.rows),
        units=Level.UNITS.counted(found.units),
        link=links[most],
        within=fmt.number(table["within"].iloc[most]),
        between=fmt.number(table["between"].iloc[most]),
    )
    columns = {
        level: estimates(table[[level, f"{level}_lower", f"{level}_upper"]])
        for level in ("within", "between")
    }
    labels = {"link": say("column.link")} | {
        level: say(f"two levels.column.{level}") for level in columns
    }
    shown = figures.Table(
        pd.DataFrame({"link": links, **columns}),
        say("two levels.caption"),
        labels=labels,
        notes=[say("two levels.note")],
    )
    return [figures.Prose(said), figures.Folded(shown)]


def _effects(links: pd.DataFrame, chain: Chain, amounts: Amounts) -> pd.DataFrame:
    label, missing = chain.label, say("link.not estimated")
    return pd.DataFrame(
        {
            "link": [
                f"{label(a)} → {label(b)}" for a, b in zip(links["from"], links["to"], strict=True)
            ],
            "effect": [say(f"effect kind.{kind}") for kind in links["effect"]],
            "strength": estimates(links[_STRENGTH], missing),
            "points": passes(links, amounts),
        }
    )


def estimates(rows: pd.DataFrame, missing: str | None = None) -> list[str]:
    """Return estimates with their intervals; ``rows`` has value, lower and upper, in this order."""
    return [fmt.estimate(*row, missing=missing) for row in rows.to_numpy(float)]


def _table(frame: pd.DataFrame, caption: str, *notes: str) -> figures.Table:
    heads = {
        "link": say("column.link"),
        "effect": say("column.effect"),
        "strength": say("column.strength with interval"),
        "points": say("column.points with interval"),
        "p": say("column.test of link"),
    }
    labels = {name: heads[name] for name in frame.columns}
    return figures.Table(frame, caption, labels=labels, notes=[say("pieces.strength"), *notes])


def no_organisation_links(links: OrganisationLinks) -> figures.Notice:
    """Say why no organisation's links could be estimated."""
    return figures.Notice(links.reason, title=say("organisation links.none"))


def pooled_effect(
    links: OrganisationLinks,
    effect: pd.Series,
    names: pd.Series,
    label: Callable[[str], str],
) -> list[figures.Fragment]:
    """Return every organisation's partially pooled strength of one effect, and how they differ.

    ``effect`` is a row of ``links.between``; ``names`` are the organisations' names.
    """
    ends = effect["from"], effect["to"], effect["effect"]
    drawn = links.plot(*ends, label=label, names=names)
    return [figures.Folded(drawn), figures.Prose(effect["words"])]
