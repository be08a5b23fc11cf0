"""The links over all organisations together: the headline of pages, what-ifs and scorecards.

They are links between rows within organisations, the mean of the organisations' own
(:func:`workbench.chain.organisation_links`), so that what sets organisations apart is no part of
them. Where these cannot be estimated they are those of one fit to all rows, as if there were no
organisations, and pages say which of the two they are.
"""

import warnings
from dataclasses import dataclass

import pandas as pd

from workbench.chain import ChainData, OrganisationLinks, fit_chain, links, why_no_links
from workbench.chain.within import few_organisations
from workbench.drivers import ChainEffects
from workbench.exceptions import ModelError
from workbench.reports import words
from workbench.sem import Fit


@dataclass(frozen=True)
class Overall:
    """The chain over all organisations that are shown.

    Attributes
    ----------
    links
        As :func:`workbench.chain.links`, without standard errors where they are a mean; empty
        where there are none.
    measures
        Measures of fit of the chain's model of items to all rows; empty where it has no fit.
    rows
        Units or respondents.
    organisations
        Of how many the links are the mean; 0 where they are those of all rows as one.
    basis
        Which of the two they are, in a sentence or two; "" where there is one organisation.
    reason
        Why the model of items has no fit, a sentence, or "".
    check
        What a second program says of the fit.
    """

    links: pd.DataFrame
    measures: pd.Series
    rows: int
    organisations: int = 0
    basis: str = ""
    reason: str = ""
    check: str = ""

    def effects(self, chain: str) -> ChainEffects:
        """Return the links for what is told about drivers, or why there are none."""
        return ChainEffects(chain, self.links, self.reason if self.links.empty else "")


def fitted(data: ChainData) -> tuple[Fit | None, str]:
    """Fit the model of items to all rows; None and the reason where it may not be used."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are in fit.warnings
            fit = fit_chain(data)
    except ModelError as error:
        return None, str(error)
    reason = why_no_links(fit, data.chain.label)
    return (None, reason) if reason else (fit, "")


def overall(data: ChainData, found: OrganisationLinks, fit: Fit | None, reason: str) -> Overall:
    """Return the links over all organisations.

    ``found`` are those of the single ones, ``fit`` and ``reason`` what :func:`fitted` returns.
    """
    measures = pd.Series(dtype=float) if fit is None else fit.measures
    rows = len(data.frame)
    if not found.reason:
        count = int(found.between["organisations"].iloc[0])
        basis = within_in_words(count, data.level)
        return Overall(found.mean, measures, rows, count, basis, reason)
    every = pd.DataFrame() if fit is None else links(fit)
    basis = ""
    if len(every) and data.frame["organisation"].nunique() > 1:
        basis = as_one_in_words(data.level, found.reason)
    return Overall(every, measures, rows, 0, basis, reason)


def within_in_words(organisations: int, level: str) -> str:
    """Say that links are means over organisations, and that few of them say little."""
    told = (
        f"The links are those between {level} within organisations, the mean over "
        f"{words.counted(organisations, 'organisation')}."
    )
    return f"{told} {few_organisations(organisations)}".rstrip()


def as_one_in_words(level: str, reason: str) -> str:
    """Say that links are those of all rows as one, and why."""
    return (
        f"The links are those between all {level} as one, whatever organisation they belong to, "
        f"so differences between organisations are part of them. {reason}"
    )
