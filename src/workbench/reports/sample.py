"""A random sample of very many respondents, for models that need the answers row by row."""

from typing import TypeVar

import numpy as np
import pandas as pd

from workbench.study import Study

MOST_RESPONDENTS = 1_000_000
"""Respondents of a source in a wave whose rows a model is fitted to; of more, to a sample."""

SEED = 1

S = TypeVar("S", bound=Study)


def sampled(now: S) -> S:
    """Return the study of a wave with about :data:`MOST_RESPONDENTS` of larger sources.

    Simple random sampling without replacement of the same share of every organisation (proportional
    stratification: Cochran 1977, Sampling Techniques, ch. 5), so that weights keep their meaning;
    the same study where no source has more. Who is drawn of an organisation does not depend on the
    others, nor on the parts that a study is read in.
    """
    shares = {
        name: MOST_RESPONDENTS / rows
        for name in now.sources
        if (rows := respondents(now, name)) > MOST_RESPONDENTS
    }
    if not shares:
        return now

    def keep(source: str, answers: pd.DataFrame) -> "pd.Series[bool]":
        if source not in shares:
            return pd.Series(True, index=answers.index)
        return _drawn(answers["organisation"], shares[source])

    found = type(now).joined(part.keeping(keep) for part in now.parts())
    found.organisations, found.waves = now.organisations, now.waves
    return found


def respondents(now: Study, source: str) -> int:
    """How many respondents a source has; none if its rows are units."""
    counted = now.sources[source].rows == "respondents"
    return len(now.answers_to(source, ["wave"])) if counted else 0


def _drawn(organisation: pd.Series, share: float) -> "pd.Series[bool]":
    """Which rows are drawn: of every organisation the ``share``, rounded up."""
    codes = organisation.cat.codes.to_numpy()
    order = np.argsort(codes, kind="stable")
    names, starts = np.unique(codes[order], return_index=True)
    drawn = np.zeros(len(codes), dtype=np.bool_)
    for name, own in zip(names, np.split(order, starts[1:]), strict=False):
        generator = np.random.default_rng([SEED, int(name)])
        size = int(np.ceil(share * len(own)))
        drawn[generator.choice(own, size, replace=False, shuffle=False)] = True
    return pd.Series(drawn, index=organisation.index)
