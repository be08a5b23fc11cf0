"""The rows that a chain is fitted to, of what may be shown."""

from dataclasses import dataclass, replace

from workbench.chain import Chain, ChainData, ChainStudy
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.reports.disclosure import ShownWave, shown_in_full, shown_wave
from workbench.study.level import MOST_RESPONDENTS


@dataclass(frozen=True)
class ChainRows:
    """A chain's rows of one wave that may be shown, and the organisations shown in all its sources.

    The answers that they were made of play no part in what is found on them.
    """

    data: ChainData
    organisations: list[str]


def chain_rows(
    study: ChainStudy,
    chain: str | Chain | None,
    wave: str,
    shown: ShownWave[ChainStudy] | None = None,
) -> ChainRows:
    """Return the rows of a chain (by default the study's) that may be shown.

    ``shown`` is what may be shown of the wave, where it is at hand.

    Raises
    ------
    ChainError, UnknownNameError
        If the chain is not right.
    """
    runnable = study.chain_in(wave, chain)
    constructs = [construct.name for construct in runnable.constructs]
    items = [item for name in constructs for item in study.codebook.items(name)]
    shown = shown or shown_wave(study, wave, items)
    data = shown.now.chain_data(runnable, wave)
    if runnable != study.runnable_chain(chain):
        source = study.codebook.source_of(constructs[0])
        told = say(
            "basis.many respondents",
            respondents=fmt.count(study.rows_in(source, wave)),
            most=fmt.count(MOST_RESPONDENTS),
        )
        data = replace(data, notes=(*data.notes, told))
    return ChainRows(data, shown_in_full(study, constructs, shown.cover))
