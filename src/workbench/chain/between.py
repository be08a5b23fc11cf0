r"""How constructs go together between organisations, apart from the links within them.

Where people stand higher in one organisation than in another, does trust? That is another question
than the link between units within organisations, and may have another answer (Robinson 1950). Its
rows are organisations, so that it takes many of them.

An organisation's mean of a construct over its :math:`n_o` units is its own level with an error: its
units are a sample of those it could have, each with the sampling error of its people. Both are in
the covariance matrix :math:`S_W` of the units' scores within organisations, over all of them, so
that the error of a pair of means has the covariances

.. math:: E_{o,ab} = \frac{n_{o,ab}}{n_{o,a}\, n_{o,b}} S_{W,ab},

:math:`n_{o,ab}` units having both scores. The correlation of the levels is estimated from the means
by maximum likelihood with these errors known, :math:`\bar y_o \sim N(\mu, \Sigma_B + E_o)`. With
units of equal number in all organisations that is the between part of a two-level model (Muthén
1994).

References
----------
1. Robinson, W. S. (1950). Ecological correlations and the behavior of individuals. American
   Sociological Review, 15(3), 351–357.
2. Muthén, B. O. (1994). Multilevel covariance structure analysis. Sociological Methods & Research,
   22(3), 376–398.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench import sem
from workbench.chain.effects import fisher_test
from workbench.chain.study import ChainData
from workbench.errors import ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted

LEAST = 20
"""With fewer organisations than this correlations between them are not estimated."""

COLUMNS = ["from", "to", "correlation", "se", "lower", "upper", "organisations", "reason"]


@dataclass(frozen=True)
class BetweenOrganisations(Shown):
    """How the ends of a chain's links go together between organisations.

    Attributes
    ----------
    table
        One row a link: ``from``, ``to``, ``correlation`` of the organisations' levels with its
        ``se`` and 95 % interval ``lower``, ``upper``, how many ``organisations`` it is from and,
        where it could not be estimated, the ``reason`` in a sentence. Empty where they are few.
    reason
        Why the table is empty, a sentence; "" where it is not.
    """

    table: pd.DataFrame
    reason: str = ""

    def _parts(self) -> Iterator[Part]:
        yield self.reason
        if len(self.table):
            yield "Correlations between organisations", self.table


def between_organisations(data: ChainData) -> BetweenOrganisations:
    """Correlate organisations' levels of the constructs at either end of a chain's links.

    Parameters
    ----------
    data
        The chain's rows, those of all organisations (:meth:`ChainStudy.chain_data`).

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.chain.between_organisations(wb.open_study("data/demo").chain_data())
    >>> found.table.empty
    True
    >>> print(found.reason)
    Whether organisations with a higher level of one construct also have a higher level of another
    cannot be estimated: there are only 12 organisations, and 20 are needed.
    """
    scores = _unit_scores(data)
    count = scores["organisation"].nunique()
    if count < LEAST:
        return BetweenOrganisations(
            pd.DataFrame(columns=COLUMNS),
            say(
                f"levels.few organisations.{'one' if count == 1 else 'some'}",
                organisations=counted(count, "organisation"),
                least=LEAST,
            ),
        )
    rows = [
        (link.source, link.target, *_correlation(data, scores, link.source, link.target))
        for link in data.chain.links
    ]
    return BetweenOrganisations(pd.DataFrame(rows, columns=COLUMNS))


def _unit_scores(data: ChainData) -> pd.DataFrame:
    """One row a unit: ``organisation`` and the mean of every construct's items."""
    scores = {name: data.frame[list(items)].mean(axis=1) for name, items in data.items.items()}
    frame = data.frame[["organisation", "unit"]].assign(**scores)
    if data.level == "units":
        return frame.drop(columns="unit")
    weight = data.frame["weight"]
    names = list(scores)
    total = frame[names].mul(weight, axis=0)
    counted = frame[names].notna().mul(weight, axis=0)
    keys = [frame["organisation"], frame["unit"]]
    means = total.groupby(keys, sort=False).sum() / counted.groupby(keys, sort=False).sum()
    return means.reset_index("unit", drop=True).reset_index()


def _correlation(
    data: ChainData, scores: pd.DataFrame, one: str, other: str
) -> tuple[float, float, float, float, int, str]:
    """Correlation, error, interval, how many organisations, and why there is none or ""."""
    means, errors, reason = _levels(scores, one, other)
    count = len(means)
    none = (np.nan,) * 4
    if count < LEAST:
        reason = reason or say("levels.few", organisations=count, least=LEAST)
    differ = means.var() - np.diagonal(errors, axis1=1, axis2=2).mean(axis=0)
    for name, variance in differ.items():
        if not reason and variance <= 0:
            label = data.chain.label(str(name))
            reason = say("levels.alike", construct=label)
    if reason:
        return *none, count, reason
    keys = pd.DataFrame({"organisation": means.index})
    rows = keys.assign(first=means[one].to_numpy(), second=means[other].to_numpy())
    try:
        fit = sem.fit(
            "first ~~ second",
            rows,
            estimator="MLR",
            missing="fiml",
            error=sem.ErrorCovariance(("first", "second"), errors, keys),
            warn=False,
        )
    except ModelError as error:
        return *none, count, str(error)
    named = {"first": data.chain.label(one), "second": data.chain.label(other)}
    unusable = sem.why_unusable(fit, named.__getitem__)
    if unusable:
        return *none, count, unusable
    table = fit.standardised("std_all").set_index(["lhs", "op", "rhs"])
    value, se = map(float, table.loc[("first", "~~", "second"), ["est_std", "se"]])
    lower, upper, _ = fisher_test(value, se, count - 1)
    return value, se, lower, upper, count, ""


def _levels(scores: pd.DataFrame, one: str, other: str) -> tuple[pd.DataFrame, np.ndarray, str]:
    """Means (organisations × 2) of those that have both, the errors' covariances, and why these
    are not known or ""."""
    pair = scores[[one, other]]
    group = scores["organisation"]
    means = pair.groupby(group, sort=False).mean()
    gaps = (pair - means.loc[group].to_numpy()).to_numpy()
    there = ~np.isnan(gaps)
    together = there[:, :, None] & there[:, None, :]
    product = np.where(together, np.nan_to_num(gaps)[:, :, None] * np.nan_to_num(gaps)[:, None], 0)
    number = group.factorize()[0]
    counts = np.zeros((len(means), 2, 2))
    np.add.at(counts, number, together.astype(float))
    freedom = (counts - 1).clip(min=0).sum(axis=0)
    if (freedom == 0).any():
        return means, counts, say("levels.no errors")
    within = product.sum(axis=0) / freedom
    own = np.diagonal(counts, axis1=1, axis2=2)
    kept = (own > 0).all(axis=1)
    errors = counts[kept] * within / (own[kept, :, None] * own[kept, None, :])
    return means[kept], errors, ""
