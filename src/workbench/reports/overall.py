"""The links over all organisations together: the headline of pages, what-ifs and scorecards.

They are links between rows within organisations, so that what sets organisations apart is no part
of them: the mean of the organisations' own (:func:`workbench.chain.organisation_links`) or, where
these cannot be estimated, those of one fit in which all organisations have the same links
(:meth:`workbench.chain.ChainStudy.fit`). Pages say which of the two they are. In a model of all
questions answers in fewer than five categories count as ordered
(:func:`workbench.chain.fit_ordered`), and pages say what the other estimator says. A mean over
organisations is of scores all the same: a single organisation has too few answers for thresholds of
its own, and the interval of the mean allows for links that differ, which one fit does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from workbench import interpretation
from workbench.chain import (
    ChainData,
    OrderedBesideNumbers,
    OrganisationLinks,
    counts_as_ordered,
    fit_chain,
    fit_ordered,
    links,
    ordered_beside,
    organisation_links,
    why_no_links,
    with_points_of,
)
from workbench.chain.effects import fit_test
from workbench.chain.within import few_organisations
from workbench.drivers import ChainEffects
from workbench.errors import ModelError, NoSaturatedModelWarning
from workbench.interpretation import LinkEstimate
from workbench.interpretation.cutoffs import FEW_CATEGORIES
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.reports.chain_rows import ChainRows
from workbench.sem import Fit
from workbench.sem.inference.comparison import Difference
from workbench.sem.ordinal.reading import MOST_CATEGORIES
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


MOST_CELLS, MOST_ANSWERS = 10_000_000, 20_000_000
"""Cells of the tables of two questions in all organisations, and answers, up to which a chain is
estimated with answers as ordered categories: all of them are held at once, in 8 bytes each."""


def attempted_ordered(data: ChainData) -> Attempt:
    """Fit a chain of respondents with answers as ordered categories."""
    items = [item for own in data.items.values() for item in own]
    most = int(data.frame[items].nunique().max())
    if most > MOST_CATEGORIES:
        return Attempt(None, say("answers.why.many", most=MOST_CATEGORIES))
    organisations, pairs = data.frame["organisation"].nunique(), len(items) * (len(items) - 1) / 2
    if organisations * pairs * most**2 > MOST_CELLS or data.frame[items].size > MOST_ANSWERS:
        return Attempt(None, say("answers.why.large"))
    try:
        fit = fit_ordered(data, warn=False)
    except ModelError:
        return Attempt(None, say("answers.why.data"))
    return Attempt(fit, why_no_links(fit, data.chain.label) or "")


def attempted(data: ChainData) -> Attempt:
    """Fit a chain's model to its rows."""
    try:
        fit = fit_chain(data, warn=False)
    except ModelError as error:
        return Attempt(None, str(error))
    return Attempt(fit, why_no_links(fit, data.chain.label) or "")


class Models:
    """A chain's models of its rows within organisations, each fitted when asked for.

    Of very many respondents they are fitted to a sample: see :class:`ChainRows`.
    """

    def __init__(self, given: ChainRows) -> None:
        self.given = given

    @property
    def data(self) -> ChainData:
        """The rows as they are."""
        return self.given.data

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
        if self.given.level == "respondents":
            return self.of_links
        return attempted(self.data.for_links(items=True))

    @cached_property
    def ordered(self) -> Attempt:
        """Respondents' model with answers as ordered categories."""
        return attempted_ordered(self.data)


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
    ordered
        Whether answers count as ordered categories in ``of_items``, and in links of one fit.
    answers
        Of respondents: what their answers count as, and what the other estimator would change.
    beside
        Of respondents: the effects of one model of all questions by both; None where one of the
        two could not be estimated.
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
    ordered: bool = False
    answers: str = ""
    beside: OrderedBesideNumbers | None = None

    def effects(self, chain: str) -> ChainEffects:
        """Return the links for what is told about drivers, or why there are none."""
        return ChainEffects(chain, self.links, self.reason, self.basis)


def links_of_all(models: Models, found: OrganisationLinks) -> Overall:
    """Return the links over all organisations, without measures of fit; ``found`` are those of the
    single ones."""
    told = _of_numbers(models, found)
    ordered = None if told.organisations or told.links.empty else _ordered(models)
    if ordered is None:
        return told
    effects = with_points_of(links(ordered), told.links)
    basis = f"{told.basis} {say('basis.as ordered')}" if told.basis else ""
    return replace(told, links=effects, basis=basis, ordered=True)


def _ordered(models: Models) -> Fit | None:
    """The model of all questions, where answers count as ordered categories in it."""
    return models.ordered.fit if counts_as_ordered(models.data) else None


def _of_numbers(models: Models, found: OrganisationLinks) -> Overall:
    """The links with answers as numbers."""
    level = models.given.level
    if not found.reason:
        count = int(found.between["organisations"].iloc[0])
        estimated = found.fits.loc[found.fits["estimated"], "organisation"]
        rows = models.given.answered(list(estimated))
        basis = mean_in_words(count, level)
        return Overall(found.mean, rows, level, count, basis=basis, within=True)
    data, model = models.data, models.of_links
    counts = models.rows.frame["organisation"].value_counts()
    only = str(counts.index[0]) if len(counts) == 1 else ""
    if model.fit is None:
        rows = models.given.answered(list(counts.index))
        return Overall(pd.DataFrame(), rows, data.level, only=only, reason=model.reason)
    within = len(counts) > 1 and counts.max() > 1
    basis = ""
    if data.frame["organisation"].nunique() > 1:
        basis = _common_in_words(data.level, counts, found.reason)
    return Overall(
        links(model.fit), model.fit.nobs, data.level, only=only, basis=basis, within=within
    )


def overall(models: Models, found: OrganisationLinks) -> Overall:
    """Return the links over all organisations, and how well the chain's models fit."""
    notes = () if models.of_links.whole is None else models.of_links.whole.notes
    told = links_of_all(models, found)
    if told.organisations and _ordered(models) is not None:
        told = replace(told, ordered=True)
    return replace(
        told,
        of_links=models.of_links.fits,
        of_items=(models.ordered if told.ordered else models.of_items).fits,
        notes=tuple(map(str, notes)),
        answers=_answers_in_words(models, told),
        beside=_beside(models),
    )


def _beside(models: Models) -> OrderedBesideNumbers | None:
    """The effects with answers as ordered categories and as numbers, of respondents."""
    if models.given.level != "respondents":
        return None
    ordered, numbers = models.ordered.fit, models.of_links.fit
    return None if ordered is None or numbers is None else ordered_beside(ordered, numbers)


def _answers_in_words(models: Models, told: Overall) -> str:
    """Say what the answers of respondents count as, and what the other estimator would change."""
    data = models.data
    if data.level != "respondents" or told.links.empty:
        return ""
    items = [item for own in data.items.values() for item in own]
    few = int((data.frame[items].nunique() < FEW_CATEGORIES).sum())
    sentences = [interpretation.counted_as_in_words(few, told.ordered)]
    both = _beside(models)
    if both is None:
        reason = models.ordered.reason or models.of_links.reason
        return " ".join([*sentences, say("answers.unknown", reason=reason)])
    shown, other = (both.ordered, both.numbers) if told.ordered else (both.numbers, both.ordered)
    label = data.chain.label
    direct = [
        (f"{label(one['from'])} → {label(one['to'])}", LinkEstimate.of(one), LinkEstimate.of(two))
        for (_, one), (_, two) in zip(shown.iterrows(), other.iterrows(), strict=True)
        if one["effect"] == "direct"
    ]
    sentences.append(interpretation.other_links_in_words(direct, told.ordered))
    if told.organisations:
        sentences.append(say(f"answers.means.{'ordered' if told.ordered else 'numbers'}"))
    elif told.ordered:
        sentences.append(say("answers.elsewhere"))
    return " ".join(sentences)


def overall_links(data: ChainData, organisations: Sequence[str]) -> Overall:
    """Estimate the links over all organisations, and nothing else."""
    links_alone = organisation_links(data, organisations, each=False)
    return links_of_all(Models(ChainRows.of(data, organisations)), links_alone)


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
