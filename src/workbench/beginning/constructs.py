"""Which construct of the catalogue a question measures: by its wording, then by its answers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.beginning.vocabulary import Asked, constructs_of
from workbench.errors import MeasurementError
from workbench.measurement.answers import ItemAnswers
from workbench.measurement.direction import running_against
from workbench.measurement.factors import exploratory_factors, parallel_analysis
from workbench.study.codebook import NO_CONSTRUCT
from workbench.study.level import Level

_MOST = 80
"""Questions up to which factors are looked for."""
_LOADING = 0.45
"""Loading from which a question without telling words goes with those of its factor."""
_ROWS = 20_000
_SCORE = re.compile(r"\b(?:score|index|indice|composite|total)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """A question's construct, whether it is turned against the others, and why."""

    construct: str
    against: bool
    reason: str


def propose_constructs(
    wordings: Mapping[str, str], points: pd.DataFrame, asked: Asked
) -> dict[str, Proposal]:
    """Propose a construct for every question.

    First by its words (:func:`workbench.beginning.vocabulary.constructs_of`). What words leave open
    is told by an exploratory factor analysis of the answers: a question goes to the construct that
    most telling questions of its factor have, where it loads .45 or more on it. Then questions that
    run against the others of their construct are turned.

    Parameters
    ----------
    wordings
        The wording of every question, its name where it has none.
    points : (n, items)
        The answers on 0–100 with the good end of the labels high, NaN where there is none.
    asked
        Whether employees or clients were asked.
    """
    told: dict[str, tuple[str, str]] = {}
    unclear: dict[str, list[str]] = {}
    for name, wording in wordings.items():
        found = constructs_of(wording, asked)
        best = [construct for construct, weight in found.items() if weight == max(found.values())]
        if len(best) == 1:
            told[name] = best[0], "by its words"
        elif best:
            unclear[name] = best
    for name in _sums(told, wordings):
        told[name] = NO_CONSTRUCT, f"a score that sums up other questions of {told[name][0]}"
    factor_of, loading = _factors(points[[name for name in points if not _is_sum(told, name)]])
    majority = _majority(factor_of, told)
    for name in wordings:
        if name in told:
            continue
        options = unclear.get(name, ())
        factor = factor_of.get(name)
        common = majority.get(factor) if factor is not None else None
        if common is not None and (not options or common in options):
            told[name] = common, f"its answers go with those of {common} ({loading[name]:.2f})"
        elif options:
            told[name] = options[0], f"by its words, which would suit {' and '.join(options)}"
    proposals = {}
    turned = _against(told, points)
    for name in wordings:
        construct, reason = told.get(name, (NO_CONSTRUCT, "no words of a construct"))
        if construct == NO_CONSTRUCT and factor_of.get(name):
            others = [n for n, f in factor_of.items() if f == factor_of[name] and n != name]
            if others:
                reason += f"; its answers go with {', '.join(others[:3])}"
        if name in turned:
            reason += "; runs against the others (negative correlation)"
        proposals[name] = Proposal(construct, name in turned, reason)
    return proposals


def _is_sum(told: Mapping[str, tuple[str, str]], name: str) -> bool:
    return name in told and told[name][0] == NO_CONSTRUCT


def _sums(told: Mapping[str, tuple[str, str]], wordings: Mapping[str, str]) -> list[str]:
    """Scores and indices whose construct has two or more questions of its own beside them."""
    questions = Counter(
        construct for name, (construct, _) in told.items() if not _SCORE.search(wordings[name])
    )
    return [
        name
        for name, (construct, _) in told.items()
        if _SCORE.search(wordings[name]) and questions[construct] > 1
    ]


def _against(told: Mapping[str, tuple[str, str]], points: pd.DataFrame) -> set[str]:
    """Questions that run against the others of their construct."""
    found: set[str] = set()
    for construct in {construct for construct, _ in told.values()} - {NO_CONSTRUCT}:
        items = [name for name, (one, _) in told.items() if one == construct]
        if len(items) > 1:
            found.update(running_against(points[items].iloc[:_ROWS]))
    return found


def _majority(factor_of: Mapping[str, str], told: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """The construct of most questions of a factor whose words tell it."""
    counts: dict[str, Counter[str]] = {}
    for name, factor in factor_of.items():
        if name in told:
            counts.setdefault(factor, Counter())[told[name][0]] += 1
    return {
        factor: best
        for factor, found in counts.items()
        for best, most in found.most_common(1)
        if 2 * most > found.total()
    }


def _factors(points: pd.DataFrame) -> tuple[dict[str, str], dict[str, float]]:
    """The factor of every question that loads on one, and its loading."""
    varying = [name for name in points if points[name].nunique() > 1]
    if not 3 <= len(varying) <= _MOST:
        return {}, {}
    frame = points[varying].iloc[:_ROWS]
    answers = ItemAnswers("questions", Level.RESPONDENTS, {"questions": varying}, frame)
    try:
        number = max(parallel_analysis(answers).factors, 1)
        loadings = exploratory_factors(answers, number).loadings
    except (MeasurementError, np.linalg.LinAlgError):
        return {}, {}
    size = loadings.abs()
    best, largest = size.idxmax(axis=1), size.max(axis=1)
    kept: Sequence[str] = [name for name in varying if largest[name] >= _LOADING]
    return {n: str(best[n]) for n in kept}, {n: float(largest[n]) for n in kept}
