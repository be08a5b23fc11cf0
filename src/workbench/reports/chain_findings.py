"""What the reports say of a chain over all organisations: every fit it needs is made here, once.

A batch computes this before its reports for the study's own chain, where a report speaks of more
than its links. Of the chains that the drivers of its outcomes come from it estimates the links
alone, and the chain's page finds the rest; any other chain has one page, which computes everything.
Fits themselves are not kept: they hold every answer.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

import pandas as pd

from workbench import sem
from workbench.chain import (
    BetweenOrganisations,
    Chain,
    ChainData,
    ChainStudy,
    Exclusion,
    OrganisationLinks,
    Rivals,
    between_organisations,
    excluded,
    exclusion,
    identification,
    index_weights,
    instrument_strength,
    rivals_of,
    stability,
)
from workbench.drivers.rows import chain_before, outcomes_of
from workbench.errors import ChainError, ModelError, WorkbenchError
from workbench.interpretation import NotEstimated
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.reports.chain_rows import ChainRows, chain_rows
from workbench.reports.overall import Models, Overall, links_of_all, overall
from workbench.study.level import Level


@dataclass(frozen=True)
class ChainFindings:
    """One chain of one wave.

    Attributes
    ----------
    level
        What the chain's rows are, ``"respondents"`` or ``"units"``.
    links
        Those of every organisation that is shown in all of the chain's sources.
    overall
        Those over all organisations, and how well the chain's models fit.
    between
        How organisations' levels go together; None where there is one organisation.
    exclusion
        How far the indirect link at the chain's end rests on no common cause beside it; None where
        the chain has no such link, or no fit.
    loop
        What identifies a chain with a feedback loop, in sentences; () for others.
    rivals
        The chain beside its rivals on the same rows, without their fits.
    index_weights
        The questions' weights in the satisfaction index; None for chains without one.
    """

    chain: Chain
    level: Level
    links: OrganisationLinks
    overall: Overall
    between: BetweenOrganisations | None
    exclusion: Exclusion | NotEstimated | None
    loop: tuple[str, ...] | NotEstimated
    rivals: Rivals | NotEstimated
    index_weights: pd.Series | NotEstimated | None


@dataclass(frozen=True)
class ChainLinks:
    """The links of a chain in every organisation, and those over all of them."""

    links: OrganisationLinks
    overall: Overall


def chain_findings(
    rows: ChainRows, checked: bool = False, links: OrganisationLinks | None = None
) -> ChainFindings:
    """Fit a chain to its rows.

    ``checked``: compare with a second program too; ``links`` of organisations where they are at
    hand.

    Raises
    ------
    ChainError
        If the chain is not right.
    """
    data = rows.data
    models = Models(rows)
    links = rows.links if links is None else links
    together = overall(models, links)
    if checked and models.of_items.fit is not None:
        check, agrees = _second_engine(data.for_links(items=True))
        together = replace(together, check=check, agrees=agrees)
    several = data.frame["organisation"].nunique() > 1
    return ChainFindings(
        chain=data.chain,
        level=data.level,
        links=links,
        overall=together,
        between=between_organisations(data) if several else None,
        exclusion=_exclusion(models),
        loop=_loop(models),
        rivals=_rivals(models),
        index_weights=_index_weights(models),
    )


def needed_chains(study: ChainStudy) -> list[str]:
    """Return the name of the study's chain, then those that its outcomes' drivers come from."""
    own = study.runnable_chain()
    found = {own.name: None}
    for outcome in outcomes_of(study):
        with suppress(WorkbenchError):  # what is said of the outcome's drivers says why
            found[chain_before(study, outcome).name] = None
    return list(found)


def needed_rows(study: ChainStudy, chain: str, wave: str) -> ChainRows | None:
    """Return the rows of one of the :func:`needed_chains`.

    None where another chain than the study's own has none: what is said of the drivers that come
    from it says why.

    Raises
    ------
    ChainError, UnknownNameError
        If the study's own chain is not right.
    """
    if chain == study.runnable_chain().name:
        return chain_rows(study, chain, wave)
    try:
        return chain_rows(study, chain, wave)
    except WorkbenchError:
        return None


def needed_findings(
    rows: ChainRows | None, own: bool, in_full: bool = True
) -> ChainFindings | ChainLinks | None:
    """Return what is found on one of the :func:`needed_chains`: on the study's ``own`` everything,
    if it is needed ``in_full``, on others the links.

    None where another chain cannot be fitted: what is said of the drivers that come from it says
    why. Where organisations' links cannot be estimated those of one fit stand for them, and of
    another chain everything is found, so that nothing is fitted twice.

    Raises
    ------
    ChainError
        If the study's own chain is not right.
    """
    if rows is None:
        return None
    if own:
        return chain_findings(rows, checked=True) if in_full else _chain_links(rows)
    try:
        found = _chain_links(rows)
        return chain_findings(rows, links=found.links) if found.links.reason else found
    except WorkbenchError:
        return None


def _chain_links(rows: ChainRows) -> ChainLinks:
    return ChainLinks(rows.links, links_of_all(Models(rows), rows.links))


def _second_engine(data: ChainData) -> tuple[str, bool | None]:
    """Compare the estimates of complete rows with those of semopy: in a sentence, and whether they
    agree."""
    try:
        complete = sem.fit(data.model, replace(data, error=None).modelled, warn=False)
    except ModelError as error:
        return say("complete rows.failed", reason=error), None
    rows = int(complete.measures["ntotal"])
    found = complete.crosscheck()
    return say("complete rows.told", rows=fmt.count(rows), check=found), found.agree


def _exclusion(models: Models) -> Exclusion | NotEstimated | None:
    fit = models.of_links.fit
    if excluded(models.data.chain) is None or fit is None:
        return None
    try:
        return exclusion(models.rows, fit)
    except ModelError as error:
        return NotEstimated(str(error))


def _loop(models: Models) -> tuple[str, ...] | NotEstimated:
    chain, fit = models.data.chain, models.of_links.fit
    if not chain.circle:
        return ()
    if fit is None:
        return NotEstimated(models.of_links.reason)
    return (
        identification(chain, models.rows.model),
        *instrument_strength(fit, chain)["words"],
        stability(fit, chain).words,
    )


def _rivals(models: Models) -> Rivals | NotEstimated:
    model = models.of_links
    if model.whole is None:
        return NotEstimated(model.reason)
    named = replace(models.data.chain, name=say("chain.unnamed"))
    try:
        found = rivals_of(replace(models.rows, chain=named), model.whole)
    except ModelError as error:
        return NotEstimated(str(error))
    return replace(found, fits={})


def _index_weights(models: Models) -> pd.Series | NotEstimated | None:
    index = models.data.chain.satisfaction_index
    if not index:
        return None
    of_items = models.of_items
    if of_items.fit is None:
        return NotEstimated(of_items.reason)
    try:
        return index_weights(of_items.fit, index, models.data.items[index])
    except ChainError as error:
        return NotEstimated(str(error))
