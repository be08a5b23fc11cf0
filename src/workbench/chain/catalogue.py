"""The catalogue of chains: one TOML file a chain, in this folder or in a study's own ``chains/``.

A file states ``title``, ``citation``, ``summary``; a table ``[constructs.NAME]`` with ``label``,
``meaning`` and, where the chain also runs without it, ``optional = true``; and ``[[links]]`` with
``from``, ``to``, ``expected`` (``"+"`` or ``"-"``) and, for a link that stands in for absent
constructs, ``without`` (the link is used only where all of these are missing). ``any_of`` lists
groups of optional constructs of which a study needs at least one.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from workbench.exceptions import ChainError, UnknownNameError, nearest

PACKAGED = Path(__file__).parent
_KEYS = {"title", "citation", "summary", "any_of", "constructs", "links"}
_CONSTRUCT_KEYS = {"label", "meaning", "optional"}
_LINK_KEYS = {"from", "to", "expected", "without"}


@dataclass(frozen=True)
class Construct:
    """What items measure, in the chain's own vocabulary."""

    name: str
    label: str
    meaning: str
    optional: bool = False


@dataclass(frozen=True)
class Link:
    """One directed path of a chain with the sign its authors expect."""

    source: str
    target: str
    expected: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """A structural model among constructs."""

    name: str
    title: str
    citation: str
    summary: str
    constructs: tuple[Construct, ...]
    links: tuple[Link, ...]
    any_of: tuple[tuple[str, ...], ...] = ()

    def label(self, construct: str) -> str:
        """Return the chain's own word for a construct."""
        return next((c.label for c in self.constructs if c.name == construct), construct)

    def missing(self, available: Iterable[str]) -> list[str]:
        """Return in words what a study with the ``available`` constructs lacks for this chain."""
        have = set(available)
        lacking = [c.name for c in self.constructs if not c.optional and c.name not in have]
        lacking += [" or ".join(group) for group in self.any_of if not have.intersection(group)]
        return lacking

    def restricted_to(self, available: Iterable[str]) -> "Chain":
        """Return the chain as it runs on the ``available`` constructs.

        Optional constructs a study did not ask about are left out with their links; links marked
        ``without`` join in where all the constructs they stand in for are missing.

        Raises
        ------
        ChainError
            If a construct the chain needs is missing.
        """
        have = set(available)
        lacking = self.missing(have)
        if lacking:
            raise ChainError(
                f"Chain {self.name!r} needs {_enumerate(lacking)}, which the codebook does not "
                "have: add items of the construct to codebook.csv or choose another chain."
            )
        links = tuple(
            link
            for link in self.links
            if {link.source, link.target} <= have and not have.intersection(link.without)
        )
        linked = {name for link in links for name in (link.source, link.target)}
        constructs = tuple(c for c in self.constructs if c.name in linked)
        return replace(self, constructs=constructs, links=links, any_of=())


def chains(folder: Path | None = None) -> dict[str, Chain]:
    """Return every chain by name: the packaged ones, then those of ``folder`` (a study's own).

    Raises
    ------
    ChainError
        If a file is not a chain, or a study's chain has the name of a packaged one.
    """
    found = {path.stem: read_chain(path) for path in sorted(PACKAGED.glob("*.toml"))}
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob("*.toml")):
            if path.stem in found:
                raise ChainError(
                    f"{path}: a chain named {path.stem!r} is part of the workbench; "
                    "give the study's own chain another file name."
                )
            found[path.stem] = read_chain(path)
    return found


def find_chain(name: str, folder: Path | None = None) -> Chain:
    """Return one chain of the catalogue or of a study's own ``folder``.

    Raises
    ------
    UnknownNameError
        If there is no such chain; the message suggests the nearest name.
    """
    known = chains(folder)
    if name not in known:
        raise UnknownNameError(
            f"There is no chain {name!r}.{nearest(name, known)} Known are {_enumerate(known)}."
        )
    return known[name]


def read_chain(path: Path) -> Chain:
    """Read and check one chain file.

    Raises
    ------
    ChainError
        With the file, the key and what to do about it.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChainError(f"{path} is not valid TOML: {error}.") from error
    _refuse_unknown(path, "the file", content, _KEYS)
    chain = Chain(
        name=path.stem,
        title=_text(path, content, "title"),
        citation=_text(path, content, "citation"),
        summary=content.get("summary", ""),
        constructs=tuple(
            _construct(path, name, entry) for name, entry in content.get("constructs", {}).items()
        ),
        links=tuple(_link(path, entry) for entry in content.get("links", [])),
        any_of=tuple(tuple(group) for group in content.get("any_of", [])),
    )
    _check_links(path, chain)
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
    )


def _link(path: Path, entry: Mapping[str, Any]) -> Link:
    _refuse_unknown(path, "a link", entry, _LINK_KEYS)
    expected = entry.get("expected", "+")
    if expected not in ("+", "-"):
        raise ChainError(f'{path}: a link expects "+" or "-", not {expected!r}.')
    return Link(
        source=_text(path, entry, "from"),
        target=_text(path, entry, "to"),
        expected=expected,
        without=tuple(entry.get("without", ())),
    )


def _check_links(path: Path, chain: Chain) -> None:
    if not chain.links:
        raise ChainError(f"{path}: a chain needs at least one entry [[links]].")
    names = [construct.name for construct in chain.constructs]
    graph: dict[str, set[str]] = {}
    for link in chain.links:
        for name in (link.source, link.target, *link.without):
            if name not in names:
                raise ChainError(
                    f"{path}: the link {link.source} → {link.target} names {name!r}, which is "
                    f"not among the constructs.{nearest(name, names)}"
                )
        graph.setdefault(link.target, set()).add(link.source)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise ChainError(
            f"{path}: the links run in a circle ({circle}); a chain must have a direction."
        ) from error


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


def _enumerate(words: Iterable[str]) -> str:
    return ", ".join(words)
