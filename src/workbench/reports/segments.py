"""The indices of segments: people of an age group, say, over all organisations together.

A segment is a part of everybody, beside whom stand all organisations. One is hidden that fewer
people are in than the minimum, in which almost all gave the answer at one end of the scale, or that
an organisation, another segment or everybody less an organisation equals but for fewer people than
the minimum: the two together would tell what these said. What the total leaves of the segments of a
covariate that are shown may be no such group either.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench import figures
from workbench.errors import MeasurementError
from workbench.interpretation import index_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.measurement import comparability, indices
from workbench.measurement.answers import ItemAnswers, answers_by_source
from workbench.measurement.scores import respondent_scores
from workbench.reports.channels import shown_channels
from workbench.reports.disclosure import from_ends
from workbench.reports.pieces import Section, Together
from workbench.study import Study

Array = NDArray[np.float64]
_NUMBERS = ["index", "se", "lower", "upper", "n", "units"]


@dataclass(frozen=True)
class Segments:
    """Indices by what is known of respondents.

    Attributes
    ----------
    table
        ``covariate``, ``segment``, ``construct`` and the columns of
        :func:`workbench.measurement.indices`, NaN where hidden.
    tests
        ``covariate`` and ``construct``; ``f``, ``df``, ``error_df`` and ``pvalue`` of the test that
        the segments shown have the same index (:func:`equal_means`); and ``comparable``, a sentence
        that says whether the questions work in the same way in them.
    """

    table: pd.DataFrame
    tests: pd.DataFrame

    @classmethod
    def none(cls) -> "Segments":
        """What there is of a study without covariates."""
        table = pd.DataFrame(columns=["covariate", "segment", "construct", *_NUMBERS])
        tests = ["covariate", "construct", "f", "df", "error_df", "pvalue"]
        none = pd.DataFrame(columns=tests).astype({"f": float, "pvalue": float})
        return cls(table.astype(dict.fromkeys(_NUMBERS, float)), none)


def segments_of(
    shown: Study, wave: str, constructs: Sequence[str], label: Callable[[str], str]
) -> Segments:
    """Return the indices of every segment of every covariate, over all organisations, in the wave.

    Parameters
    ----------
    shown
        The study, with the answers alone that may be shown.
    constructs
        Those asked in a source with covariates have rows.
    label
        What sentences call a construct.
    """
    now = shown.in_wave(wave)
    none = Segments.none()
    tables, tests = [none.table], [none.tests]
    for source, stated in now.sources.items():
        own = [name for name in constructs if now.codebook.source_of(name) == source]
        if not stated.covariates or not own or now.answers(source).empty:
            continue
        (asked,) = answers_by_source(now, own, wave, {name: label(name) for name in own})
        for construct in own:
            told = _shown_segments(now, construct, stated.covariates)
            for covariate, segments in told.items():
                shown_ones = [name for name, is_shown in segments.items() if is_shown]
                tables.append(_indices_of(now, construct, covariate, shown_ones))
                tests.append(_compared(now, asked, construct, covariate, shown_ones))
    table = pd.concat(tables, ignore_index=True).astype(dict.fromkeys(_NUMBERS, float))
    found = pd.concat(tests, ignore_index=True).astype({"f": float, "pvalue": float})
    return Segments(table, found)


def _indices_of(study: Study, construct: str, covariate: str, shown: Sequence[str]) -> pd.DataFrame:
    """The index of a construct in every segment, NaN in those that are not shown."""
    table = indices(study, [construct], by=(covariate,)).rename(columns={covariate: "segment"})
    table = table[table["segment"] != ""].astype(dict.fromkeys(_NUMBERS, float))
    table.loc[~table["segment"].isin(shown), _NUMBERS] = np.nan
    return table.assign(covariate=covariate)


def _compared(
    study: Study, asked: ItemAnswers, construct: str, covariate: str, shown: Sequence[str]
) -> pd.DataFrame:
    """Whether segments have the same index, and whether the questions work in the same way."""
    answers = study.answers(study.codebook.source_of(construct))
    segment = answers[covariate].where(answers[covariate].isin(list(shown)))
    place = answers.groupby(["organisation", "unit"], observed=True).ngroup()
    scores, weight = respondent_scores(study, construct), answers["weight"]
    test = equal_means(
        scores.to_numpy(float),
        weight.to_numpy(float),
        pd.factorize(segment, sort=True)[0],
        place.to_numpy(),
    )
    grouped = replace(asked, frame=asked.frame.assign(segment=segment.to_numpy()))
    try:
        words = comparability(grouped, construct, by="segment").words
    except MeasurementError as error:
        words = str(error)
    found = dict(zip(["f", "df", "error_df", "pvalue"], test, strict=True))
    told = {"covariate": covariate, "construct": construct, **found, "comparable": words}
    return pd.DataFrame([told])


def equal_means(
    values: Array, weight: Array, group: NDArray[np.integer], cluster: NDArray[np.integer]
) -> tuple[float, int, int, float]:
    r"""Test that weighted means of groups are equal, clusters lying across the groups.

    With :math:`z_{cg} = \sum_{i \in c, g} w_i (x_i - m_g) / \sum_{i \in g} w_i` the means have the
    covariance :math:`V = C/(C-1) \sum_c z_c z_c^\top` over C clusters (Taylor linearisation); with
    L the differences from the first of G means, :math:`q = G - 1` and
    :math:`W = (Lm)^\top (L V L^\top)^{-1} L m`, the statistic :math:`W (C - q) / (q (C - 1))` is
    taken to F on q and C − q degrees of freedom (Korn & Graubard 1990, American Statistician 44,
    270–276).

    Parameters
    ----------
    values, weight : (n,)
        Rows with a missing value or no weight are left out.
    group
        Numbers from 0; −1 for rows that are in none.
    cluster
        Numbers from 0.

    Returns
    -------
    F, its degrees of freedom, those of its error, and p; NaN with fewer than two groups or too few
    clusters.
    """
    used = ~np.isnan(values) & (weight > 0) & (group >= 0)
    values, weight = values[used], weight[used]
    _, group = np.unique(group[used], return_inverse=True)
    _, cluster = np.unique(cluster[used], return_inverse=True)
    groups, clusters = int(group.max(initial=-1)) + 1, int(cluster.max(initial=-1)) + 1
    q = groups - 1
    if q < 1 or clusters <= q + 1:
        return np.nan, max(q, 0), max(clusters - max(q, 0), 0), np.nan
    total = np.bincount(group, weight)
    mean = np.bincount(group, weight * values) / total
    parts = weight * (values - mean[group]) / total[group]
    z = np.bincount(cluster * groups + group, parts, clusters * groups).reshape(clusters, groups)
    covariance = clusters / (clusters - 1) * z.T @ z
    contrast = np.column_stack([-np.ones(q), np.eye(q)])
    spread = contrast @ covariance @ contrast.T
    if np.linalg.matrix_rank(spread) < q:
        return np.nan, q, clusters - q, np.nan
    difference = contrast @ mean
    wald = float(difference @ np.linalg.solve(spread, difference))
    f = wald * (clusters - q) / (q * (clusters - 1))
    return f, q, clusters - q, float(stats.f.sf(f, q, clusters - q))


def _shown_segments(
    study: Study, construct: str, covariates: Sequence[str]
) -> dict[str, dict[str, bool]]:
    """Tell which segments of every covariate may be shown."""
    answers = study.answers(study.codebook.source_of(construct))
    sums = from_ends(study, construct, answers)
    people = sums["people"].to_numpy()
    organisations = pd.get_dummies(answers["organisation"].astype("str")).to_numpy(bool)
    known = [*organisations.T, *~organisations.T]
    found: dict[str, dict[str, bool]] = {}
    for covariate in covariates:
        names = answers[covariate].astype("str")
        own = sums.groupby([pd.Series("", names.index), names]).sum()
        close = set()
        for name in names.unique():
            inside = (names == name).to_numpy()
            apart = (people[inside ^ other].sum() for other in known)
            if any(0 < one < study.minimum_count for one in apart):
                close.add(name)
        # One that is too close to another group counts as too small: its people are then hidden.
        told = own.copy()
        told.loc[[key for key in own.index if key[1] in close], "low"] = 0.0
        shown = shown_channels(told, study.minimum_count)
        found[covariate] = {str(name): bool(one) for (_, name), one in shown.items()}
        told_ones = [(names == name).to_numpy() for name, one in found[covariate].items() if one]
        known += [*told_ones, *(~one for one in told_ones)]
    return found


def section(
    found: Segments, constructs: Sequence[str], label: Callable[[str], str]
) -> figures.Fragment:
    """Return the indices of segments with tests and comparability; nothing without covariates."""
    parts: list[figures.Fragment] = []
    for covariate, own in found.table.groupby("covariate", sort=False):
        tests = found.tests[found.tests["covariate"] == covariate].set_index("construct")
        parts.append(_table(str(covariate), own, tests, constructs, label))
        parts.append(figures.Prose(" ".join(tests["comparable"])))
    return Together([Section(say("segments.heading")), *parts]) if parts else figures.Prose("")


def _table(
    covariate: str,
    own: pd.DataFrame,
    tests: pd.DataFrame,
    constructs: Sequence[str],
    label: Callable[[str], str],
) -> figures.Table:
    hidden = say("symbol.confidential")
    segments = list(own["segment"].unique())
    cells = own.set_index(["construct", "segment"])
    rows = []
    for construct in constructs:
        if construct not in tests.index:
            continue
        row = {"construct": label(construct)}
        for number, segment in enumerate(segments):
            key = (construct, segment)
            there = key in cells.index and not fmt.is_missing(cells.loc[key, "index"])
            row[f"segment {number}"] = index_in_words(cells.loc[key], 0) if there else hidden
        test = tests.loc[construct, "pvalue"]
        rows.append(row | {"p": fmt.p_value(test, missing=say("test.none"))})
    people = own.groupby("segment", sort=False)["n"].max()
    labels = {"construct": say("column.construct alone")}
    labels |= {
        f"segment {number}": say(
            "segments.segment",
            segment=segment,
            people=fmt.people(people[segment], missing=hidden),
        )
        for number, segment in enumerate(segments)
    }
    labels["p"] = say("segments.test")
    return figures.Table(
        pd.DataFrame(rows, columns=list(labels)),
        caption=say("segments.caption", covariate=covariate.replace("_", " ")),
        labels=labels,
        notes=[say("segments.note")],
    )
