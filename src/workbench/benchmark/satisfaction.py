"""The satisfaction index over organisations and waves: where each stands, and what changed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.benchmark.ranking import ranks
from workbench.benchmark.waves import called, paired_changes
from workbench.chain import index_contributions
from workbench.measurement.scores import clustered_means, people_behind, within_scale
from workbench.study import Study

COLUMNS = [
    "organisation", "index", "se", "lower", "upper", "n", "units", "rank", "rank_lower",
    "rank_upper", "ranked", "change", "change_lower", "change_upper", "pvalue", "qvalue",
    "direction",
]  # fmt: skip


def satisfaction_indices(
    study: Study, weights: pd.Series, wave: str = "", before: str = ""
) -> pd.DataFrame:
    """Satisfaction index of every organisation and of all together, by the published formula.

    The weighted mean of the questions, less its minimum, over its range, × 100, see
    :func:`workbench.chain.satisfaction_index`. Errors are linearised with units as clusters, as in
    :mod:`workbench.measurement.scores`; the change since ``before`` is that under the same weights,
    with errors paired over the waves and the false discovery rate controlled over organisations,
    as in :func:`workbench.benchmark.index_changes`.

    Parameters
    ----------
    study
        The study.
    weights
        Weight of each question, by item (:func:`workbench.chain.index_weights`); all of one source.
    wave, before
        The wave of the index, and the earlier one of the change ("" for none).

    Returns
    -------
    One row for "" (all together) and every organisation: ``organisation``, ``index``, ``se``,
    ``lower``, ``upper``, ``n`` (respondents), ``units``; the place among the organisations
    (``rank``, ``rank_lower``, ``rank_upper``, ``ranked``); ``change`` with ``change_lower``,
    ``change_upper``, ``pvalue``, ``qvalue`` and ``direction``
    (:class:`workbench.interpretation.Movement`). Missing numbers where nobody answered, where there
    is one unit only, or no earlier wave with all questions.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> weights = pd.Series({"service_1": 0.4, "service_2": 0.3, "service_3": 0.3})
    >>> study = wb.open_study("data/demo")
    >>> found = wb.benchmark.satisfaction_indices(study, weights, "2024", "2023")
    >>> found[["organisation", "index", "rank", "change"]].head(3).round(1)
             organisation  index  rank  change
    0                       69.2   NaN     2.9
    1   City of Eastbrook   72.2   2.0     0.1
    2  Employment Service   67.3  11.0     4.9
    """
    every = list(study.organisations["organisation"])
    tables = []
    for names in ([""], every):
        table = _indices(study, weights, names, wave, before)
        table["qvalue"], table["direction"] = called(table["change"], table["pvalue"])
        tables.append(table)
    together, own = tables
    places = ranks(own["index"], own["se"], own["units"] - 1)
    return pd.concat([together, own.join(places)], ignore_index=True)[COLUMNS]


def _indices(
    study: Study, weights: pd.Series, names: Sequence[str], wave: str, before: str
) -> pd.DataFrame:
    """One row a name, "" for all organisations together."""
    items = list(weights.index)
    source = study.codebook.frame.set_index("item").loc[items[0], "source"]
    answers = study.answers(str(source))
    answers = answers[answers["wave"].isin([wave, before] if before else [wave])]
    together = list(names) == [""]
    group: NDArray[np.intp] = (
        np.zeros(len(answers), dtype=np.intp)
        if together
        else pd.Index(names).get_indexer(answers["organisation"])
    )
    later = (answers["wave"] == wave).to_numpy()
    sampling = answers["weight"].to_numpy(float)
    points = np.column_stack(
        [study.codebook.scale(item).points(answers[item]).to_numpy(float) for item in items]
    )
    cell = group + len(names) * later
    values = index_contributions(points, weights, sampling, cell, 2 * len(names))
    cluster = answers.groupby(["organisation", "unit"], sort=False).ngroup().to_numpy()
    people = people_behind(answers)
    now = clustered_means(
        values[later], sampling[later], group[later], cluster[later], len(names), people[later]
    ).rename(columns={"clusters": "units"})
    change = paired_changes(values, sampling, later, group, cluster, len(names))
    change = change.rename(columns={"lower": "change_lower", "upper": "change_upper"})
    wanted = ["change", "change_lower", "change_upper", "pvalue"]
    return within_scale(now).join(change[wanted]).assign(organisation=list(names))
