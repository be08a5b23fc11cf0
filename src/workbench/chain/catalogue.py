"""The catalogue of chains: one TOML file a chain, in this folder or in a study's own ``chains/``.

A file states ``title``, ``citation``, ``summary``; a table ``[constructs.NAME]`` with ``label``,
``meaning`` and, where the chain also runs without it, ``optional = true``; and ``[[links]]`` with
``from``, ``to``, ``expected`` (``"+"``, ``"-"``, or ``"either"`` where the authors leave the sign
open) and, for a link that stands in for absent constructs, ``without`` (the link is used only where
all of these are missing). Constructs and links are the authors' unless they say ``stated_by =
"workbench"``: pages never call these what the authors expect.

Where a chain needs them, it also states:

``level``
    ``"units"`` if the chain joins different people, who meet only in units; without it the chain is
    fitted to respondents wherever one source has all of its constructs.
``outcomes``
    The constructs the chain is told for.
``any_of``
    Groups of optional constructs of which a study needs at least one.
``[[covariances]]`` with ``between``
    Two constructs whose disturbances go together.
``satisfaction_index``
    The construct that the 0–100 satisfaction index is made of, see
    :func:`workbench.chain.satisfaction_index`.
``reciprocal = true`` and ``[instruments]``
    The links run in a circle; for each construct of the circle, the constructs outside it that
    feed it and no other construct of the circle.
``note``
    What a reader has to know of how the chain is run here, such as a construct of the authors that
    other questions stand for.
``[[rates]]`` with ``from``, ``to``, ``value``, ``per``, ``source``, where needed ``note``
    A rate that was published, in the unit ``per``: ``"points per point"``, ``"percent per 2
    points"``. Pages show it beside the study's own.
``[[rivals]]`` with ``title`` and ``without``
    A rival claim: the chain without the links listed, each as ``["from", "to"]``.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import ChainError, UnknownNameError
from workbench.figures.markup import element, plain_table
from workbench.figures.notebook import Part, Shown
from workbench.interpretation.languages import spoken
from workbench.interpretation.words import listed as in_words
from workbench.text import listed, nearest

PACKAGED = Path(__file__).with_name("definitions")
LEVELS = ("units", "any")
SIGNS = ("+", "-", "either")
AUTHORS, WORKBENCH = "authors", "workbench"
_CORE = ("people", "service", "trust")
_PREFERRED = (
    "public-sector-service-value-chain", "citizens-first", "customer-satisfaction-index",
    "drivers-of-engagement", "customer-value",
)  # fmt: skip
"""Chains in the order in which they are proposed; the others of the catalogue follow."""
_KEYS = {
    "title",
    "citation",
    "summary",
    "level",
    "outcomes",
    "any_of",
    "satisfaction_index",
    "constructs",
    "links",
    "covariances",
    "reciprocal",
    "instruments",
    "note",
    "rates",
    "rivals",
}
_CONSTRUCT_KEYS = {"label", "meaning", "optional", "stated_by"}
_LINK_KEYS = {"from", "to", "expected", "without", "stated_by"}
_RATE_KEYS = {"from", "to", "value", "per", "source", "note"}
_RIVAL_KEYS = {"title", "without"}
_RATE_UNIT = re.compile(
    r"(?P<unit>points?|percent) per (?:(?P<step>\d+(?:\.\d+)?) )?(?P<per>points?|percent)"
)


@dataclass(frozen=True)
class Construct:
    """What items measure, in the chain's own vocabulary."""

    name: str
    label: str
    meaning: str
    optional: bool = False
    stated_by: str = AUTHORS


@dataclass(frozen=True)
class Link:
    """One directed path of a chain with the sign that who states it expects.

    ``expected`` is "+", "-" or "either"; ``stated_by`` "authors", or "workbench" where no source of
    the chain states the link.
    """

    source: str
    target: str
    expected: str
    without: tuple[str, ...] = ()
    stated_by: str = AUTHORS


@dataclass(frozen=True)
class Rate:
    """A published rate: ``value`` (in points or percent) of ``target`` that go with ``step`` (in
    points or percent) of ``source``.

    Percent are read as points of the index, 0–100. Rates seldom say whether their percent are of
    people or of a score.

    Examples
    --------
    >>> import workbench as wb
    >>> rate = wb.chains()["public-sector-service-value-chain"].rates[0]
    >>> rate.value, rate.unit, rate.step, rate.step_unit
    (1.0, 'percent', 2.0, 'points')
    """

    source: str
    target: str
    value: float
    unit: str
    step: float
    step_unit: str
    citation: str
    note: str = ""


@dataclass(frozen=True)
class Rival:
    """A claim against a chain: that it holds without some of its links (from, to)."""

    title: str
    without: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Chain(Shown):
    """A structural model among constructs.

    Examples
    --------
    >>> import workbench as wb
    >>> chain = wb.chains()["public-sector-service-value-chain"]
    >>> [(link.source, link.target) for link in chain.links]
    [('people', 'service'), ('service', 'trust'), ('people', 'trust')]
    >>> chain.spine
    ('people', 'service', 'trust')
    >>> chain.label("people")
    'People'
    """

    name: str
    title: str
    citation: str
    summary: str
    constructs: tuple[Construct, ...]
    links: tuple[Link, ...]
    any_of: tuple[tuple[str, ...], ...] = ()
    level: str = "any"
    outcomes: tuple[str, ...] = ()
    covariances: tuple[tuple[str, str], ...] = ()
    reciprocal: bool = False
    instruments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    satisfaction_index: str = ""
    note: str = ""
    rates: tuple[Rate, ...] = ()
    rivals: tuple[Rival, ...] = ()

    @property
    def circle(self) -> tuple[str, ...]:
        """The constructs that can be reached from themselves, in the chain's order."""
        after = _targets(self.links)
        return tuple(c.name for c in self.constructs if c.name in _reached(after, c.name))

    @property
    def explained(self) -> tuple[str, ...]:
        """The constructs that reports state findings about, in the chain's order.

        They are the chain's ``outcomes`` (where it names none, the constructs that lead nowhere)
        and those that lead to one of them directly, as far as anything comes before them.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.chains()["public-sector-service-value-chain"].explained
        ('service', 'trust')
        """
        after = _targets(self.links)
        ends = self.outcomes or [c.name for c in self.constructs if c.name not in after]
        told = {*ends, *(link.source for link in self.links if link.target in ends)}
        reached = {link.target for link in self.links}
        return tuple(c.name for c in self.constructs if c.name in (told or reached) & reached)

    @property
    def spine(self) -> tuple[str, ...]:
        """The longest path through the chain; of equally long ones the first in its order.

        It begins at a construct that no link leads to, or anywhere if every construct is in a loop.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.chains()["citizens-first"].spine
        ('access', 'service', 'reputation', 'trust')
        """
        names = [construct.name for construct in self.constructs]
        targets = {link.target for link in self.links}
        starts = [name for name in names if name not in targets] or names
        ways: dict[str, tuple[str, ...]] = {name: (name,) for name in starts}
        while True:
            longer: dict[str, tuple[str, ...]] = {}
            for link in self.links:
                way = ways.get(link.source, (link.target,))
                if link.target not in way:
                    longer.setdefault(link.target, (*way, link.target))
            if not longer:
                return next(iter(ways.values()))
            ways = longer

    @property
    def without_shortcuts(self) -> tuple[Link, ...]:
        """The links that no longer path bypasses; all where there is a feedback loop."""
        if self.circle:
            return self.links
        others = {link: _targets([k for k in self.links if k != link]) for link in self.links}
        return tuple(k for k in self.links if k.target not in _reached(others[k], k.source))

    @property
    def of_authors(self) -> tuple[Link, ...]:
        """The links that the chain's authors state.

        Examples
        --------
        >>> import workbench as wb
        >>> chain = wb.chains()["public-sector-service-value-chain"]
        >>> [(link.source, link.target) for link in chain.of_authors]
        [('people', 'service'), ('service', 'trust')]
        """
        return tuple(link for link in self.links if link.stated_by == AUTHORS)

    def label(self, construct: str) -> str:
        """Return the chain's own word for a construct."""
        return next((c.label for c in self.constructs if c.name == construct), construct)

    def missing(self, available: Iterable[str]) -> list[str]:
        """Return in words what a study with the ``available`` constructs lacks for this chain.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.chains()["public-sector-service-value-chain"].missing(["people", "service"])
        ['trust']
        """
        have = set(available)
        lacking = [c.name for c in self.constructs if not c.optional and c.name not in have]
        lacking += [" or ".join(group) for group in self.any_of if not have.intersection(group)]
        for name in self.circle:
            given = self.instruments.get(name, ())
            if name in have and not have.intersection(given):
                lacking.append(f"{' or '.join(given)} as an instrument for {name}")
        return lacking

    def restricted_to(self, available: Iterable[str]) -> "Chain":
        """Return the chain as it runs on the ``available`` constructs.

        Optional constructs a study did not ask about are left out with their links; links marked
        ``without`` join in where all the constructs they stand in for are missing.

        Raises
        ------
        ChainError
            If a construct the chain needs is missing.

        Examples
        --------
        >>> import workbench as wb
        >>> chain = wb.chains()["citizens-first"]
        >>> asked = chain.restricted_to(["courtesy", "service", "trust"])
        >>> [construct.name for construct in asked.constructs]
        ['courtesy', 'service', 'trust']
        >>> [(link.source, link.target) for link in asked.links]
        [('courtesy', 'service'), ('service', 'trust')]
        """
        have = set(available)
        lacking = self.missing(have)
        if lacking:
            raise ChainError(
                f"Chain {self.name!r} needs {', '.join(lacking)}, which the codebook does not "
                "have: add items of the construct to codebook.csv or choose another chain."
                f"{nearest(lacking[0], sorted(have))}"
            )
        links = tuple(
            link
            for link in self.links
            if {link.source, link.target} <= have and not have.intersection(link.without)
        )
        linked = {name for link in links for name in (link.source, link.target)}
        return replace(
            self,
            constructs=tuple(c for c in self.constructs if c.name in linked),
            links=links,
            any_of=(),
            outcomes=tuple(name for name in self.outcomes if name in linked),
            covariances=tuple(pair for pair in self.covariances if linked.issuperset(pair)),
            satisfaction_index=self.satisfaction_index if self.satisfaction_index in linked else "",
            instruments={
                name: tuple(instrument for instrument in given if instrument in linked)
                for name, given in self.instruments.items()
                if name in linked
            },
            rates=tuple(rate for rate in self.rates if {rate.source, rate.target} <= linked),
            rivals=_with_links(self.rivals, links),
        )

    def with_link(self, source: str, target: str, expected: str = "+") -> "Chain":
        """Return the chain with one more link between its constructs, which is not its authors'.

        Raises
        ------
        ChainError
            If there is such a link, or the chain does not have both constructs.

        Examples
        --------
        >>> import workbench as wb
        >>> chain = wb.chains()["citizens-first"].restricted_to(["courtesy", "service", "trust"])
        >>> len(chain.with_link("courtesy", "trust").links)
        3
        """
        names = [construct.name for construct in self.constructs]
        for name in (source, target):
            if name not in names:
                raise ChainError(
                    f"Chain {self.name!r} has no construct {name!r}; it has {listed(names)}."
                    f"{nearest(name, names)}"
                )
        if any((link.source, link.target) == (source, target) for link in self.links):
            raise ChainError(f"Chain {self.name!r} has a link {source} → {target} already.")
        return replace(
            self, links=(*self.links, Link(source, target, expected, stated_by=WORKBENCH))
        )

    def without_link(self, source: str, target: str) -> "Chain":
        """Return the chain without one of its links.

        Raises
        ------
        ChainError
            If there is no such link.

        Examples
        --------
        >>> import workbench as wb
        >>> chain = wb.chains()["public-sector-service-value-chain"]
        >>> [(link.source, link.target) for link in chain.without_link("people", "trust").links]
        [('people', 'service'), ('service', 'trust')]
        """
        kept = tuple(k for k in self.links if (k.source, k.target) != (source, target))
        if len(kept) == len(self.links):
            there = listed(f"{link.source} → {link.target}" for link in self.links)
            raise ChainError(
                f"Chain {self.name!r} has no link {source} → {target}; its links are {there}."
            )
        return replace(self, links=kept, rivals=_with_links(self.rivals, kept))

    def _parts(self) -> Iterator[Part]:
        yield f"{self.title} ({self.citation})." if self.citation else f"{self.title}."
        yield self.summary
        yield (
            "Constructs",
            pd.DataFrame(
                [(c.name, c.label, c.meaning) for c in self.constructs],
                columns=["name", "label", "meaning"],
            ),
        )
        yield (
            "Links",
            pd.DataFrame(
                [(k.source, k.target, k.expected, k.stated_by) for k in self.links],
                columns=["from", "to", "expected", "stated by"],
            ),
        )
        if self.note:
            yield self.note


class Catalogue(dict[str, Chain]):
    """Chains by name; a notebook shows them as a table."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row a chain: its constructs, needed and optional, number of links, level, source.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.chains().frame[["chain", "links", "level"]].head(3)
                                         chain  links level
        0                       citizens-first      9   any
        1  customer-satisfaction-index-private      9   any
        2          customer-satisfaction-index     10   any
        """
        return pd.DataFrame(
            [
                (
                    chain.name,
                    chain.title,
                    ", ".join(c.name for c in chain.constructs if not c.optional),
                    ", ".join(c.name for c in chain.constructs if c.optional),
                    len(chain.links),
                    chain.level,
                    chain.citation,
                )
                for chain in self.values()
            ],
            columns=["chain", "title", "constructs", "optional", "links", "level", "citation"],
        )

    def availability(self, available: Iterable[str]) -> pd.DataFrame:
        """Return which chains a study with the ``available`` constructs can run.

        ``chain``, ``title``, ``runs``, ``missing`` (in words, "" where it runs) and ``left_out``,
        the optional constructs that the study lacks.

        Examples
        --------
        >>> import workbench as wb
        >>> found = wb.chains().availability(["people", "service", "trust"])
        >>> found.loc[found["runs"], "chain"].tolist()
        ['public-sector-service-value-chain']
        """
        have = set(available)
        rows = []
        for chain in self.values():
            missing = chain.missing(have)
            left_out = [c.name for c in chain.constructs if c.optional and c.name not in have]
            rows.append(
                (chain.name, chain.title, not missing, ", ".join(missing), ", ".join(left_out))
            )
        return pd.DataFrame(rows, columns=["chain", "title", "runs", "missing", "left_out"])

    def suiting(self, available: Iterable[str]) -> str | None:
        """Return the chain for a study that names none; None where no chain suits it.

        It runs on the ``available`` constructs and has all of people, service and trust that are
        among them. A study's own chain comes before those of the catalogue.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.chains().suiting(["people", "service", "trust"])
        'public-sector-service-value-chain'
        >>> wb.chains().suiting(["service", "trust"])
        """
        have = set(available)
        core = have.intersection(_CORE)
        for name in sorted(self, key=self._turn):
            chain = self[name]
            covered = core.intersection(c.name for c in chain.constructs)
            runs = not chain.circle and not chain.missing(have)
            if runs and (covered == core or name not in _packaged()):
                return name
        return None

    def part(self, available: Iterable[str]) -> Chain | None:
        """Return the links of a chain between ``available`` constructs as a chain; None if none is.

        It is a part of the chain that has most of people, service and trust so; for a study that
        no whole chain suits.

        Examples
        --------
        >>> import workbench as wb
        >>> part = wb.chains().part(["service", "trust"])
        >>> part.name, part.title
        ('service-trust', 'Service and Trust')
        >>> wb.chains().part(["trust"])
        """
        have = set(available)
        links = {
            name: tuple(k for k in chain.links if {k.source, k.target} <= have)
            for name, chain in self.items()
            if not chain.circle
        }
        ends = {
            name: {end for link in own for end in (link.source, link.target)}
            for name, own in links.items()
            if own
        }
        if not ends:
            return None
        best = min(ends, key=lambda name: (-len(ends[name].intersection(_CORE)), self._turn(name)))
        whole = self[best]
        constructs = tuple(
            replace(one, optional=False) for one in whole.constructs if one.name in ends[best]
        )
        return Chain(
            name="-".join(one.name.replace("_", "-") for one in constructs),
            title=in_words([one.label for one in constructs]),
            citation=whole.citation,
            summary="",  # the authors' claim is about the whole
            constructs=constructs,
            links=tuple(replace(link, without=()) for link in links[best]),
        )

    def find(self, name: str) -> Chain:
        """Return the chain of a name, as :func:`find_chain` does."""
        if not isinstance(name, str):
            raise UnknownNameError(
                f"A chain has a name such as {next(iter(self))!r}, not {name!r}; a wave is given "
                "by wave=."
            )
        if name not in self:
            raise UnknownNameError(
                f"There is no chain {name!r}.{nearest(name, self)} Known are {listed(self)}."
            )
        return self[name]

    def _turn(self, name: str) -> tuple[bool, int]:
        place = _PREFERRED.index(name) if name in _PREFERRED else len(_PREFERRED)
        return name in _packaged(), place

    def __repr__(self) -> str:
        return f"Catalogue({len(self)} chains: {listed(self)})"

    def _repr_html_(self) -> str:
        rows = (
            (
                element("code", chain.name),
                chain.title,
                chain.summary,
                listed(c.label for c in chain.constructs),
                chain.citation,
            )
            for chain in self.values()
        )
        heads = ("Chain", "Title", "What it says", "Constructs", "Citation")
        return plain_table(f"{len(self)} chains", heads, rows)


def chains(folder: Path | None = None) -> Catalogue:
    """Return every chain by name: the packaged ones, then those of ``folder`` (a study's own).

    Parameters
    ----------
    folder
        A study's folder ``chains/`` of TOML files; by default only the packaged chains.

    Raises
    ------
    ChainError
        If a file is not a chain, or a study's chain has the name of a packaged one.

    Examples
    --------
    >>> import workbench as wb
    >>> catalogue = wb.chains()
    >>> len(catalogue), "citizens-first" in catalogue
    (16, True)
    >>> catalogue["citizens-first"].title
    'Citizens First'
    """
    found = dict(_packaged())
    if folder is not None:
        found.update({path.stem: own_chain(path) for path in sorted(folder.glob("*.toml"))})
    if spoken().is_source:
        return Catalogue(found)
    return Catalogue({name: _translated(chain) for name, chain in found.items()})


def chain_messages(chain: Chain) -> dict[str, str]:
    """Return what a language's catalogue has of a chain, by key: its title, summary and note, its
    constructs, the notes of its rates and its rivals.

    Examples
    --------
    >>> import workbench as wb
    >>> told = wb.chain.chain_messages(wb.chains()["public-sector-service-value-chain"])
    >>> told["chain.public-sector-service-value-chain.people.label"]
    'People'
    """
    told = {"title": chain.title, "summary": chain.summary, "note": chain.note}
    for construct in chain.constructs:
        told[f"{construct.name}.label"] = construct.label
        told[f"{construct.name}.meaning"] = construct.meaning
    for number, rate in enumerate(chain.rates, start=1):
        told[f"rate {number}"] = rate.note
    for number, rival in enumerate(chain.rivals, start=1):
        told[f"rival {number}"] = rival.title
    return {f"chain.{chain.name}.{key}": text for key, text in told.items() if text}


def _translated(chain: Chain) -> Chain:
    """The chain in the language that is spoken."""
    told = {key: spoken().message(key, text) for key, text in chain_messages(chain).items()}
    here = f"chain.{chain.name}"
    return replace(
        chain,
        title=told[f"{here}.title"],
        summary=told.get(f"{here}.summary", ""),
        note=told.get(f"{here}.note", ""),
        rates=tuple(
            replace(rate, note=told.get(f"{here}.rate {number}", ""))
            for number, rate in enumerate(chain.rates, start=1)
        ),
        rivals=tuple(
            replace(rival, title=told[f"{here}.rival {number}"])
            for number, rival in enumerate(chain.rivals, start=1)
        ),
        constructs=tuple(
            replace(
                construct,
                label=told[f"{here}.{construct.name}.label"],
                meaning=told[f"{here}.{construct.name}.meaning"],
            )
            for construct in chain.constructs
        ),
    )


@cache
def _packaged() -> dict[str, Chain]:
    return {path.stem: read_chain(path) for path in sorted(PACKAGED.glob("*.toml"))}


def own_chain(path: Path) -> Chain:
    """Read and check a study's own chain.

    Raises
    ------
    ChainError
        If the file is not a chain, or has the name of a packaged one.
    """
    if (PACKAGED / path.name).is_file():
        raise ChainError(
            f"{path.parent.name}/{path.name}: a chain named {path.stem!r} is part of the "
            "workbench; give the study's own chain another file name."
        )
    return read_chain(path)


def find_chain(name: str, folder: Path | None = None) -> Chain:
    """Return one chain of the catalogue or of a study's own ``folder``.

    Parameters
    ----------
    name
        The name of the chain's file, without ``.toml``.
    folder
        As in :func:`chains`.

    Raises
    ------
    UnknownNameError
        If there is no such chain; the message suggests the nearest name.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.chain.find_chain("citizens-first").title
    'Citizens First'
    """
    return chains(folder).find(name)


def read_chain(path: Path) -> Chain:
    """Read and check one chain file.

    Raises
    ------
    ChainError
        With the file (by its folder and name), the key and what to do about it.
    """
    file, path = path, Path(path.parent.name, path.name)
    try:
        with file.open("rb") as opened:
            content = tomllib.load(opened)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChainError(f"{path} is not valid TOML: {error}; correct that place.") from error
    _refuse_unknown(path, "the file", content, _KEYS)
    chain = Chain(
        name=path.stem,
        title=_text(path, content, "title"),
        citation=_text(path, content, "citation"),
        summary=_text(path, content, "summary") if "summary" in content else "",
        constructs=tuple(
            _construct(path, name, entry) for name, entry in content.get("constructs", {}).items()
        ),
        links=tuple(_link(path, entry) for entry in content.get("links", [])),
        any_of=tuple(_names(path, "any_of", group) for group in content.get("any_of", [])),
        level=_level(path, content.get("level", "any")),
        outcomes=_names(path, "outcomes", content.get("outcomes", [])),
        covariances=tuple(_covariance(path, entry) for entry in content.get("covariances", [])),
        reciprocal=_flag(path, content, "reciprocal"),
        instruments={
            name: _names(path, f"instruments.{name}", given)
            for name, given in content.get("instruments", {}).items()
        },
        satisfaction_index=(
            _text(path, content, "satisfaction_index") if "satisfaction_index" in content else ""
        ),
        note=_text(path, content, "note") if "note" in content else "",
        rates=tuple(_rate(path, entry) for entry in content.get("rates", [])),
        rivals=tuple(_rival(path, entry) for entry in content.get("rivals", [])),
    )
    _check_names(path, chain)
    _check_links(path, chain)
    _check_rates(path, chain)
    _check_rivals(path, chain)
    _check_circle(path, chain)
    return chain


def _construct(path: Path, name: str, entry: Mapping[str, Any]) -> Construct:
    if not (name.isascii() and name.isidentifier()):
        raise ChainError(
            f"{path}: construct {name!r} must be a plain name of ASCII letters, digits and "
            "underscores; put the wording into its label."
        )
    _refuse_unknown(path, f"construct {name!r}", entry, _CONSTRUCT_KEYS)
    return Construct(
        name=name,
        label=_text(path, entry, "label"),
        meaning=_text(path, entry, "meaning"),
        optional=bool(entry.get("optional", False)),
        stated_by=_stated_by(path, f"construct {name!r}", entry),
    )


def _link(path: Path, entry: Mapping[str, Any]) -> Link:
    _refuse_unknown(path, "a link", entry, _LINK_KEYS)
    expected = entry.get("expected", "+")
    if expected not in SIGNS:
        raise ChainError(f'{path}: a link expects "+", "-" or "either", not {expected!r}.')
    return Link(
        source=_text(path, entry, "from"),
        target=_text(path, entry, "to"),
        expected=expected,
        without=tuple(entry.get("without", ())),
        stated_by=_stated_by(path, "a link", entry),
    )


def _stated_by(path: Path, place: str, entry: Mapping[str, Any]) -> str:
    value = entry.get("stated_by", AUTHORS)
    if value not in (AUTHORS, WORKBENCH):
        raise ChainError(
            f'{path}: {place} is stated_by "{AUTHORS}" or "{WORKBENCH}", not {value!r}.'
        )
    return str(value)


def _rate(path: Path, entry: Mapping[str, Any]) -> Rate:
    _refuse_unknown(path, "a rate", entry, _RATE_KEYS)
    source, target = _text(path, entry, "from"), _text(path, entry, "to")
    place = f"{path}: the rate {source} → {target}"
    value, per = entry.get("value"), entry.get("per")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ChainError(f"{place} has the value {value!r}; write a number, such as 0.5.")
    unit = _RATE_UNIT.fullmatch(per) if isinstance(per, str) else None
    if unit is None or float(unit["step"] or 1) == 0:
        told = "has no unit" if per is None else f"has the unit {per!r}"
        raise ChainError(
            f'{place} {told}; write per = "points per point", "percent per 2 points" or the like.'
        )
    return Rate(
        source=source,
        target=target,
        value=float(value),
        unit="percent" if unit["unit"] == "percent" else "points",
        step=float(unit["step"] or 1),
        step_unit="percent" if unit["per"] == "percent" else "points",
        citation=_text(path, entry, "source"),
        note=_text(path, entry, "note") if "note" in entry else "",
    )


def _rival(path: Path, entry: Mapping[str, Any]) -> Rival:
    _refuse_unknown(path, "a rival", entry, _RIVAL_KEYS)
    title, without = _text(path, entry, "title"), entry.get("without")
    pairs = [_names(path, "without", pair) for pair in without] if isinstance(without, list) else []
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ChainError(
            f"{path}: the rival {title!r} has without = {without!r}; list the links that it leaves "
            'out, each as ["from", "to"].'
        )
    return Rival(title, tuple((pair[0], pair[1]) for pair in pairs))


def _with_links(rivals: Sequence[Rival], links: Sequence[Link]) -> tuple[Rival, ...]:
    """The rivals of a chain that has only these ``links``; not those that leave none of them out,
    nor those that leave out all."""
    there = {(link.source, link.target) for link in links}
    left = (
        replace(rival, without=tuple(pair for pair in rival.without if pair in there))
        for rival in rivals
    )
    return tuple(rival for rival in left if 0 < len(rival.without) < len(there))


def _covariance(path: Path, entry: Mapping[str, Any]) -> tuple[str, str]:
    _refuse_unknown(path, "a covariance", entry, {"between"})
    pair = _names(path, "between", entry.get("between", []))
    if len(set(pair)) != 2:
        raise ChainError(f"{path}: a covariance is 'between' two constructs, not {list(pair)!r}.")
    return pair[0], pair[1]


def _level(path: Path, value: Any) -> str:
    if value not in LEVELS:
        raise ChainError(f"{path}: 'level' is one of {listed(LEVELS)}, not {value!r}.")
    return str(value)


def _flag(path: Path, entry: Mapping[str, Any], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise ChainError(f"{path}: {key!r} must be true or false, but is {value!r}.")
    return value


def _names(path: Path, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ChainError(f"{path}: {key!r} must be a list of constructs, but is {value!r}.")
    return tuple(value)


def _check_names(path: Path, chain: Chain) -> None:
    known = [construct.name for construct in chain.constructs]
    mentioned = [
        *(("any_of", name) for group in chain.any_of for name in group),
        *(("outcomes", name) for name in chain.outcomes),
        *(("a covariance", name) for pair in chain.covariances for name in pair),
        *(("satisfaction_index", name) for name in [chain.satisfaction_index] if name),
        *(("[instruments]", name) for name in chain.instruments),
        *((f"instruments.{k}", name) for k, given in chain.instruments.items() for name in given),
    ]
    for place, name in mentioned:
        if name not in known:
            raise ChainError(
                f"{path}: {place} names {name!r}, which is not among the constructs."
                f"{nearest(name, known)}"
            )


def _check_links(path: Path, chain: Chain) -> None:
    if not chain.links:
        raise ChainError(f"{path}: a chain needs at least one entry [[links]].")
    names = [construct.name for construct in chain.constructs]
    for link in chain.links:
        for name in (link.source, link.target, *link.without):
            if name not in names:
                raise ChainError(
                    f"{path}: the link {link.source} → {link.target} names {name!r}, which is "
                    f"not among the constructs.{nearest(name, names)}"
                )


def _check_rates(path: Path, chain: Chain) -> None:
    known = [construct.name for construct in chain.constructs]
    after = _targets(chain.links)
    for rate in chain.rates:
        place = f"{path}: the rate {rate.source} → {rate.target}"
        for name in (rate.source, rate.target):
            if name not in known:
                raise ChainError(
                    f"{place} names {name!r}, which is not among the constructs."
                    f"{nearest(name, known)}"
                )
        if rate.target not in _reached(after, rate.source):
            raise ChainError(
                f"{place} has no path of links to stand beside; turn it round or take it out."
            )


def _check_rivals(path: Path, chain: Chain) -> None:
    there = [(link.source, link.target) for link in chain.links]
    for rival in chain.rivals:
        for source, target in rival.without:
            if (source, target) not in there:
                raise ChainError(
                    f"{path}: the rival {rival.title!r} leaves out {source} → {target}, which is "
                    "not among the links; name links of the chain."
                )


def _check_circle(path: Path, chain: Chain) -> None:
    graph: dict[str, list[str]] = {}
    for link in chain.links:
        graph.setdefault(link.target, []).append(link.source)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        if not chain.reciprocal:
            circle = " → ".join(reversed(error.args[1]))
            raise ChainError(
                f"{path}: the links run in a circle ({circle}); a chain must have a direction. If "
                "they are meant to, write reciprocal = true and name under [instruments] what "
                "feeds each construct of the circle and no other."
            ) from error
    else:
        if chain.reciprocal or chain.instruments:
            raise ChainError(
                f"{path}: the chain says it is reciprocal, but its links run in no circle; "
                "remove 'reciprocal' and [instruments], or add the link back."
            )
        return
    for _, reason in _without_instruments(chain):
        raise ChainError(f"{path}: {reason}, so no data can tell its two directions apart.")
    for construct, given in chain.instruments.items():
        for instrument in given:
            _check_instrument(path, chain, construct, instrument)


def _without_instruments(chain: Chain) -> list[tuple[str, str]]:
    """Return the constructs of the circle without an instrument, each with the reason in words."""
    return [
        (name, f"nothing outside the circle feeds {name!r} alone (an instrument)")
        for name in chain.circle
        if not chain.instruments.get(name)
    ]


def _check_instrument(path: Path, chain: Chain, construct: str, instrument: str) -> None:
    after = _targets(chain.links)
    others = [name for name in chain.circle if name != construct]
    if construct not in after.get(instrument, []):
        fault = f"it has no link to {construct!r}"
    elif instrument in _reached(after, construct):
        fault = f"{construct!r} leads back to it"
    elif found := [name for name in others if name in after.get(instrument, [])]:
        fault = f"it is also linked to {listed(found)}"
    else:
        return
    raise ChainError(f"{path}: {instrument!r} cannot be an instrument for {construct!r}: {fault}.")


def _targets(links: Sequence[Link]) -> dict[str, list[str]]:
    after: dict[str, list[str]] = {}
    for link in links:
        after.setdefault(link.source, []).append(link.target)
    return after


def _reached(after: Mapping[str, Sequence[str]], start: str) -> set[str]:
    """Return every construct that a directed path leads to from ``start``."""
    found: set[str] = set()
    waiting = list(after.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += after.get(name, ())
    return found


def _text(path: Path, entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ChainError(f"{path}: {key!r} must be a text, but is {value!r}.")
    return value


def _refuse_unknown(path: Path, place: str, entry: Mapping[str, Any], known: set[str]) -> None:
    for key in entry:
        if key not in known:
            raise ChainError(
                f"{path}: {place} has an unknown key {key!r}.{nearest(key, sorted(known))}"
            )
