"""Which chain a new study runs: one of the catalogue, or the part of one that it can run."""

from collections.abc import Collection
from dataclasses import dataclass

from workbench.chain import chains
from workbench.text import listed


@dataclass(frozen=True)
class ChainChoice:
    """A chain's name and why it was chosen.

    ``runs`` is False where the constructs found make no link of any chain, and where a chain that
    was ``named`` by the user needs more of them.
    """

    name: str
    reason: str
    runs: bool = True
    named: bool = False


def propose_chain(constructs: Collection[str], chosen: str | None = None) -> ChainChoice:
    """Propose the chain that suits the constructs.

    Where no chain runs, it is the part of one whose constructs are there; "none" where there are
    not even two of them.

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
        lacks = catalogue.find(chosen).missing(constructs)
        reason = "named by you" + (f"; it still needs {listed(lacks)}" if lacks else "")
        return ChainChoice(chosen, reason, runs=not lacks, named=True)
    suiting = catalogue.suiting(constructs)
    if suiting is not None:
        own = [c.name for c in catalogue[suiting].restricted_to(constructs).constructs]
        return ChainChoice(suiting, f"the questions measure its {listed(own)}")
    part = catalogue.part(constructs)
    if part is None:
        reason = "no two constructs of a chain were found in the questions"
        return ChainChoice("none", reason, runs=False)
    return ChainChoice(part.name, "the part of a chain that the questions measure")
