"""The links over all organisations together: the headline of pages, what-ifs and scorecards.

They are links between rows within organisations, so that what sets organisations apart is no part
of them: the mean of the organisations' own (:func:`workbench.chain.organisation_links`) or, where
these cannot be estimated, those of one fit in which all organisations have the same links
(:meth:`workbench.chain.ChainStudy.fit`). Pages say which of the two they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from workbench.chain import (
    ChainData,
    OrganisationLinks,
    fit_chain,
    links,
    organisation_links,
    why_no_links,
)
from workbench.chain.effects import fit_test
from workbench.chain.within import few_organisations
from workbench.drivers import ChainEffects
from workbench.errors import ModelError, NoSaturatedModelWarning
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.sem import Fit
from workbench.sem.inference.comparison import Difference
from workbench.study.level import Level


@dataclass(frozen=True)
class Attempt:
    """A model fitted to rows: ``whole``, proper or not, None where there is no fit at all; and the
    ``reason`` in a sentence why its numbers may not be used, "" where they may."""

    whole: Fit | None
    reason: str = ""

    @property
    def fit(self) -> Fit | None:
        """The fit where it may be used."""
        return None if self.reason else self.whole

    @property
    def fits(self) -> "Fits":
        """How well it fits; no measures where there are no moments to compare it with."""
        if self.fit is None:
            return Fits(None, self.reason)
        for warning in self.fit.warnings:
            if isinstance(warning, NoSaturatedModelWarning):
                return Fits(None, str(warning), rows=self.fit.nobs)
        return Fits(self.fit.reported, test=fit_test(self.fit), rows=self.fit.nobs)


@dataclass(frozen=True)
class Fits:
    """How well a model fits: its measures that are :attr:`workbench.sem.Fit.reported` and its
    :func:`workbench.chain.effects.fit_test`, or None and why; and the ``rows`` it was fitted to."""

    measures: dict[str, float] | None
    reason: str = ""
    test: Difference | None = None
    rows: int = 0


def attempted(data: ChainData) -> Attempt:
    """Fit a chain's model to its rows."""
    try:
        fit = fit_chain(data, warn=False)
    except ModelError as error:
        return Attempt(None, str(error))
    return Attempt(fit, why_no_links(fit, data.chain.label) or "")


class Models:
    """A chain's models of the rows ``data`` within organisations, each fitted when asked for."""

    def __init__(self, data: ChainData) -> None:
        self.data = data

    @cached_property
    def rows(self) -> ChainData:
        """The rows of the model of links: see :meth:`workbench.chain.ChainData.for_links`."""
        return self.data.for_links()

    @cached_property
    def of_links(self) -> Attempt:
        """The model of links, which all organisations have in common."""
        return attempted(self.rows)

    @cached_property
    def of_items(self) -> Attempt:
        """Measurement and chain together: respondents' one model, units' second."""
        if self.data.level == "respondents":
            return self.of_links
        return attempted(self.data.for_links(items=True))


@dataclass(frozen=True)
class Overall:
    """The chain over all organisations that are shown.

    Attributes
    ----------
    links
        As :func:`workbench.chain.links`, without standard errors where they are a mean; empty
        where there are none.
    rows, level
        Units or respondents, and how many the links are estimated from.
    organisations
        Of how many the links are the mean; 0 where they are those of one fit.
    only
        The one organisation whose rows these are; "" where there are several.
    basis
        Which of the two they are, in a sentence or two; "" where there is one organisation.
    within
        Whether they are links within organisations: not where there is one only, or one row of
        each.
    reason
        Why there are no links, a sentence, or "".
    of_links, of_items
        How well the model of links fits, and measurement and chain together; None where only the
        links were asked for.
    notes
        What was left out and other doubts, one sentence each.
    check
        What a second program says of measurement and chain together.
    agrees
        Whether it has the same estimates; None where it was not asked, or could not tell.
    """

    links: pd.DataFrame
    rows: int
    level: Level
    organisations: int = 0
    only: str = ""
    basis: str = ""
    within: bool = False
    reason: str = ""
    of_links: Fits | None = None
    of_items: Fits | None = None
    notes: tuple[str, ...] = ()
    check: str = ""
    agrees: bool | None = None

    def effects(self, chain: str) -> ChainEffects:
        """Return the links for what is told about drivers, or why there are none."""
        return ChainEffects(chain, self.links, self.reason, self.basis)


def links_of_all(models: Models, found: OrganisationLinks) -> Overall:
    """Return the links over all organisations, without measures of fit; ``found`` are those of the
    single ones."""
    data = models.data
    if not found.reason:
        count = int(found.between["organisations"].iloc[0])
        estimated = found.fits.loc[found.fits["estimated"], "organisation"]
        rows = _answered(data, list(estimated))
        basis = mean_in_words(count, data.level)
        return Overall(found.mean, rows, data.level, count, basis=basis, within=True)
    model = models.of_links
    counts = models.rows.frame["organisation"].value_counts()
    only = str(counts.index[0]) if len(counts) == 1 else ""
    if model.fit is None:
        rows = _answered(data, list(counts.index))
        return Overall(pd.DataFrame(), rows, data.level, only=only, reason=model.reason)
    within = len(counts) > 1 and counts.max() > 1
    basis = ""
    if data.frame["organisation"].nunique() > 1:
        basis = _common_in_words(data.level, counts, found.reason)
    return Overall(
        links(model.fit), model.fit.nobs, data.level, only=only, basis=basis, within=within
    )


def _answered(data: ChainData, organisations: Sequence[str]) -> int:
    """How many rows of the organisations have an answer to any question of the chain."""
    items = [item for names in data.items.values() for item in names]
    own = data.frame["organisation"].isin(organisations)
    return int(data.frame.loc[own, items].notna().any(axis=1).sum())


def overall(models: Models, found: OrganisationLinks) -> Overall:
    """Return the links over all organisations, and how well the chain's models fit."""
    notes = () if models.of_links.whole is None else models.of_links.whole.notes
    return replace(
        links_of_all(models, found),
        of_links=models.of_links.fits,
        of_items=models.of_items.fits,
        notes=tuple(map(str, notes)),
    )


def overall_links(data: ChainData, organisations: Sequence[str]) -> Overall:
    """Estimate the links over all organisations, and nothing else."""
    return links_of_all(Models(data), organisation_links(data, organisations))


def mean_in_words(organisations: int, level: Level) -> str:
    """Say that links are means over organisations, and that few of them say little."""
    count = counted(organisations, "organisation")
    told = say("basis.mean", rows=level.many, organisations=count)
    return f"{told} {few_organisations(organisations)}".rstrip()


def _common_in_words(level: Level, counts: pd.Series, reason: str) -> str:
    """Say whose the links of one fit are, and why they are not a mean over organisations; with
    ``counts`` of the rows of each."""
    if counts.max() == 1:
        told = say("basis.one row each", row=level.one)
    elif len(counts) == 1:
        told = say("basis.one organisation", rows=level.many)
    else:
        told = say("basis.common", rows=level.many, organisations=len(counts))
    return " ".join(filter(None, (told, reason, few_organisations(len(counts)))))
