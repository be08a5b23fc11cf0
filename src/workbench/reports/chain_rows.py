"""The rows that a chain is fitted to, of what may be shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from workbench.chain import Chain, ChainData, ChainStudy, OrganisationLinks, organisation_links
from workbench.chain.organisations import LinkSums, respondent_links
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.reports import sample as sampling
from workbench.reports.disclosure import ShownWave, shown_in_full, shown_wave
from workbench.reports.sample import respondents, sampled
from workbench.study.level import Level


@dataclass(frozen=True, eq=False)
class ChainRows:
    """A chain's rows of one wave that may be shown, and the organisations shown in all its sources.

    The answers that they were made of play no part in what is found on them.

    Attributes
    ----------
    level
        What they are.
    make
        Makes ``data``, when these are first asked for: not every reader of links does so.
    every
        Where ``data`` are a sample of very many respondents, what all of them add to the links of
        organisations.
    """

    level: Level
    organisations: Sequence[str]
    make: Callable[[], ChainData]
    every: LinkSums | None = None

    @classmethod
    def of(cls, data: ChainData, organisations: Sequence[str]) -> "ChainRows":
        """Rows at hand."""
        return cls(data.level, organisations, lambda: data)

    @cached_property
    def data(self) -> ChainData:
        """The rows, or a random sample of very many respondents."""
        return self.make()

    @cached_property
    def links(self) -> OrganisationLinks:
        """The links of organisations, of all rows."""
        if self.every is not None:
            return respondent_links(self.every)
        return organisation_links(self.data, self.organisations)

    def answered(self, organisations: Sequence[str]) -> int:
        """How many of all rows of the organisations have an answer to any question of the chain."""
        if self.every is not None:
            return int(self.every.answered[list(organisations)].sum())
        items = [item for names in self.data.items.values() for item in names]
        frame = self.data.frame
        own = frame["organisation"].isin(list(organisations))
        return int(frame.loc[own, items].notna().any(axis=1).sum())


def chain_rows(
    study: ChainStudy,
    chain: str | Chain | None,
    wave: str,
    shown: ShownWave[ChainStudy] | None = None,
    sample: ChainStudy | None = None,
) -> ChainRows:
    """Return the rows of a chain (by default the study's) that may be shown.

    ``shown`` is what may be shown of the wave, and ``sample`` what is :func:`sampled` of it, where
    they are at hand.

    Raises
    ------
    ChainError, UnknownNameError
        If the chain is not right.
    """
    runnable = study.runnable_chain(chain)
    constructs = [construct.name for construct in runnable.constructs]
    items = [item for name in constructs for item in study.codebook.items(name)]
    shown = shown or shown_wave(study, wave, items)
    organisations = shown_in_full(study, constructs, shown.cover)
    now, level = shown.now, study.levels(runnable)[0]
    source = study.codebook.source_of(constructs[0])
    if level is Level.UNITS or respondents(now, source) <= sampling.MOST_RESPONDENTS:
        return ChainRows.of(now.chain_data(runnable, wave), organisations)
    every = LinkSums.joined(
        now.in_parts(lambda part: LinkSums.of(part.chain_data(runnable, wave), organisations))
    )

    def make() -> ChainData:
        data = (sample or sampled(now)).chain_data(runnable, wave)
        sizes = fmt.count(len(data.frame)), fmt.count(every.count)
        told = say("basis.sample", sample=sizes[0], respondents=sizes[1])
        return replace(data, notes=(*data.notes, told))

    return ChainRows(level, organisations, make, every)
