"""Which chain a new study runs: one of the catalogue, or the part of one that it can run."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workbench.chain import Chain, chains
from workbench.text import hyphenated, listed

CORE = ("people", "service", "trust")
_FIRST = (
    "public-sector-service-value-chain", "citizens-first", "customer-satisfaction-index",
    "drivers-of-engagement", "customer-value",
)  # fmt: skip
"""Chains in the order in which they are proposed; the others of the catalogue follow."""


@dataclass(frozen=True)
class ChainChoice:
    """A chain's name, why it was chosen, and its file where it is a part of another chain.

    ``runs`` is False where the constructs found make no link of any chain.
    """

    name: str
    reason: str
    definition: str = ""
    runs: bool = True


def propose_chain(constructs: Collection[str], chosen: str | None = None) -> ChainChoice:
    """Propose the chain that has most of people, service and trust among the constructs.

    Where no chain runs, it is the part of one whose constructs are there.

    Raises
    ------
    UnknownNameError
        The catalogue has no chain of the ``chosen`` name.

    Examples
    --------
    >>> propose_chain(["people", "service", "trust"]).name
    'public-sector-service-value-chain'
    >>> propose_chain(["service", "trust"]).name
    'service-trust'
    """
    catalogue = chains()
    if chosen is not None:
        chain = catalogue[chosen]
        lacks = chain.missing(constructs)
        reason = "named by you" + (f"; it still needs {listed(lacks)}" if lacks else "")
        return ChainChoice(chosen, reason, runs=not lacks)
    ordered = sorted(
        (chain for chain in catalogue.values() if not chain.circle),
        key=lambda chain: (-_core(chain, constructs), _place(chain.name)),
    )
    for chain in ordered:
        if not chain.missing(constructs):
            own = [c.name for c in chain.restricted_to(constructs).constructs]
            if _core(chain, constructs) == len({*CORE} & {*constructs}):
                return ChainChoice(chain.name, f"the questions measure its {listed(own)}")
    parts = [(chain, _part(chain, constructs)) for chain in ordered]
    chain, links = max(parts, key=lambda part: (_covered(part[1], CORE), -_place(part[0].name)))
    if not links:
        return ChainChoice(
            _FIRST[0], "no two constructs of a chain were found in the questions", runs=False
        )
    names = [c.name for c in chain.constructs if any(c.name in ends for ends in links)]
    reason = f"the part of {chain.title!r} that the questions measure"
    return ChainChoice(hyphenated("-".join(names)), reason, _written(chain, names, links))


def _core(chain: Chain, constructs: Collection[str]) -> int:
    return sum(c.name in CORE and c.name in constructs for c in chain.constructs)


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _part(chain: Chain, constructs: Collection[str]) -> dict[tuple[str, str], str]:
    """Links of a chain between constructs that are there, with the sign expected."""
    return {
        (link.source, link.target): link.expected
        for link in chain.links
        if link.source in constructs and link.target in constructs
    }


def _covered(links: Collection[tuple[str, str]], names: Collection[str]) -> int:
    return len({name for ends in links for name in ends if name in names})


def _written(chain: Chain, names: list[str], links: Mapping[tuple[str, str], str]) -> str:
    """The chain's part as a file of a study's own chains."""
    labels = [chain.label(name) for name in names]
    lines = [
        f"# A part of {chain.title!r}, whose other constructs no question measures.",
        f"title = {_quoted(listed(labels))}",
        f"citation = {_quoted(chain.citation)}",
        f"summary = {_quoted(chain.summary)}",
    ]
    for construct in chain.constructs:
        if construct.name in names:
            lines += ["", f"[constructs.{construct.name}]", f"label = {_quoted(construct.label)}"]
            lines += [f"meaning = {_quoted(construct.meaning)}"]
    for (source, target), sign in links.items():
        lines += ["", "[[links]]", f'from = "{source}"', f'to = "{target}"', f'expected = "{sign}"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
