r"""A chain of respondents within units and between units: the two-level model.

People of one unit may differ in the way units do, or not: links between respondents mix the two.
Here each construct has one score, the mean of the questions that a respondent answered. Within
units the score measures the construct with the error that is specific to questions, of known
variance :math:`(\bar v - \bar c) / J` from the covariances of the J questions within units (mean
variance :math:`\bar v`, mean covariance :math:`\bar c`; Lord & Novick 1968, ch. 4); between units
the model takes off the error of asking few people itself (:mod:`workbench.sem.twolevel`).
Respondents with every score count, without weights, by maximum likelihood with robust errors.
Answers are within organisations, as everywhere.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench import sem
from workbench.chain.catalogue import Chain
from workbench.chain.effects import t_test
from workbench.chain.hierarchical.scores import construct_means, specific_covariance
from workbench.chain.study import ChainData
from workbench.errors import ModelError
from workbench.interpretation import NotEstimated
from workbench.interpretation.cutoffs import ENOUGH_UNITS
from workbench.interpretation.messages import say

LEVELS = ("within", "between")


@dataclass(frozen=True)
class TwoLevelLinks:
    """The direct links of a chain at both levels.

    Attributes
    ----------
    table
        ``from``, ``to`` and of ``within`` and ``between`` the standardised link with its 95 %
        interval, ``…_lower`` and ``…_upper``.
    rows, units
        How many respondents and units they are estimated from.
    """

    table: pd.DataFrame
    rows: int
    units: int


def two_level_links(data: ChainData) -> TwoLevelLinks | NotEstimated | None:
    """Estimate a chain of respondents within and between units.

    Parameters
    ----------
    data
        The chain's rows (:meth:`ChainStudy.chain_data`).

    Returns
    -------
    What was found, or why it was not; None where rows are units, or units have one respondent each.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.chain.two_level_links(wb.open_study("data/demo").chain_data("citizens-first"))
    >>> found.units
    323
    >>> found.table[["from", "to", "within", "between"]].round(2).tail(2)
             from     to  within  between
    7  reputation  trust    0.52     0.56
    8     service  trust    0.22     0.29
    """
    if data.level != "respondents":
        return None
    rows = data.within()
    frame, specific = _scores(rows)
    units = frame["unit"].nunique()
    if len(frame) < 2 * units:
        return None
    if units < ENOUGH_UNITS:
        return NotEstimated(say("two levels.few units", units=units, least=ENOUGH_UNITS))
    model = two_level_syntax(data.chain, specific)
    try:
        fit = sem.fit(model, frame, cluster="unit", estimator="MLR", warn=False)
    except ModelError:
        return NotEstimated(say("two levels.failed"))
    if not fit.converged or fit.unidentified or fit.improper:
        return NotEstimated(say("two levels.failed"))
    return TwoLevelLinks(_table(fit, data.chain, units - 1), len(frame), units)


def two_level_syntax(chain: Chain, specific: dict[str, float]) -> str:
    """The chain's model at both levels; ``specific`` is the error variance of every score."""
    parts = []
    for level, letter in enumerate(("w", "b"), start=1):
        lines = [f"level: {level}"]
        for name, variance in specific.items():
            error = variance if level == 1 else 0
            lines += [f"{letter}_{name} =~ 1*score_{name}", f"score_{name} ~~ {error}*score_{name}"]
        lines += [f"{letter}_{one.target} ~ {letter}_{one.source}" for one in chain.links]
        lines += [f"{letter}_{a} ~~ {letter}_{b}" for a, b in chain.covariances]
        parts.append("\n".join(lines))
    return "\n".join(parts) + "\n"


def _scores(data: ChainData) -> tuple[pd.DataFrame, dict[str, float]]:
    """Scores of the respondents who have all, with their unit; and the variance of what is specific
    to questions in each."""
    items = [item for own in data.items.values() for item in own]
    place = {item: number for number, item in enumerate(items)}
    columns = [[place[item] for item in own] for own in data.items.values()]
    answers = data.frame[items].to_numpy(float)
    scores, count = construct_means(answers, columns)
    unit = data.frame["cluster"].factorize()[0].astype(np.int64)
    specific = {
        name: float(specific_covariance(answers, None, [own], unit)[0, 0] * _mean_part(number))
        for name, own, number in zip(data.items, columns, count.T, strict=True)
    }
    frame = pd.DataFrame(scores, columns=[f"score_{name}" for name in data.items])
    return frame.assign(unit=unit).dropna(), specific


def _mean_part(count: np.ndarray) -> float:
    """The mean of one over the numbers of questions answered, of those who answered any."""
    return float(np.mean(1 / count[count > 0])) if (count > 0).any() else 0.0


def _table(fit: sem.Fit, chain: Chain, df: int) -> pd.DataFrame:
    found = fit.standardised()
    found = found[found["op"] == "~"].set_index(["lhs", "rhs"])
    rows = []
    for link in chain.links:
        row: dict[str, object] = {"from": link.source, "to": link.target}
        for level in LEVELS:
            letter = level[0]
            own = found.loc[(f"{letter}_{link.target}", f"{letter}_{link.source}")]
            lower, upper, _ = t_test(float(own["est_std"]), float(own["se"]), df)
            row |= {level: own["est_std"], f"{level}_lower": lower, f"{level}_upper": upper}
        rows.append(row)
    return pd.DataFrame(rows)
