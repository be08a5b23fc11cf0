"""The rows that a chain is fitted to, of what may be shown."""

from dataclasses import dataclass

from workbench.chain import Chain, ChainData, ChainStudy
from workbench.reports.disclosure import shown_in_full, shown_wave


@dataclass(frozen=True)
class ChainRows:
    """A chain's rows of one wave that may be shown, and the organisations shown in all its sources.

    The answers that they were made of play no part in what is found on them.
    """

    data: ChainData
    organisations: list[str]


def chain_rows(study: ChainStudy, chain: str | Chain | None, wave: str) -> ChainRows:
    """Return the rows of a chain (by default the study's) that may be shown.

    Raises
    ------
    ChainError, UnknownNameError
        If the chain is not right.
    """
    runnable = study.runnable_chain(chain)
    constructs = [construct.name for construct in runnable.constructs]
    items = [item for name in constructs for item in study.codebook.items(name)]
    shown = shown_wave(study, wave, items)
    data = shown.now.chain_data(runnable, wave)
    return ChainRows(data, shown_in_full(study, constructs, shown.cover))
