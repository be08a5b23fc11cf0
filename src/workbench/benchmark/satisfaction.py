"""The satisfaction index over organisations and waves: where each stands, and what changed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.benchmark.ranking import ranks
from workbench.benchmark.waves import called, paired_changes
from workbench.chain import index_contributions
from workbench.interpretation import Movement
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


def satisfaction_trend(study: Study, weights: pd.Series) -> pd.DataFrame:
    """Satisfaction index of all organisations together in every wave, as its publisher tells it.

    The index of each wave under the same weights, its change since the wave before in points and in
    per cent of that wave's index, and how many rises or falls in a row it has behind it.

    Parameters
    ----------
    study, weights
        As in :func:`satisfaction_indices`.

    Returns
    -------
    One row a wave: ``wave``, ``index``, ``lower``, ``upper``, ``n``; ``change`` with
    ``change_lower``, ``change_upper`` and ``direction``
    (:class:`workbench.interpretation.Movement`, false discovery rate over the waves); ``percent``;
    ``run``, the number of rises (above 0) or falls (below 0) in a row up to this wave, as
    estimated; and ``clear``, how many of these the data tell from no change. Missing where a wave
    has no index.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> weights = pd.Series({"service_1": 0.4, "service_2": 0.3, "service_3": 0.3})
    >>> found = wb.benchmark.satisfaction_trend(wb.open_study("data/demo"), weights)
    >>> found[["wave", "index", "change", "percent", "run", "clear"]].round(1)
       wave  index  change  percent  run  clear
    0  2022   69.4     NaN      NaN    0      0
    1  2023   66.3    -3.1     -4.5   -1      1
    2  2024   69.2     2.9      4.4    1      1
    """
    waves = study.waves or [""]
    tables = [
        _indices(study, weights, [""], wave, before)
        for wave, before in zip(waves, ["", *waves[:-1]], strict=True)
    ]
    table = pd.concat(tables, ignore_index=True).assign(wave=waves)
    _, table["direction"] = called(table["change"], table["pvalue"])
    table["percent"] = 100 * table["change"] / (table["index"] - table["change"])
    runs = [(0, 0)]
    for change, clear in zip(table["change"][1:], table["direction"][1:], strict=True):
        sign = 0 if np.isnan(change) else int(np.sign(change))
        run, known = runs[-1] if runs[-1][0] * sign > 0 else (0, 0)
        runs.append((run + sign, known + bool(sign and Movement(clear).clear)))
    table[["run", "clear"]] = runs
    columns = ["wave", "index", "lower", "upper", "n", "change", "change_lower", "change_upper"]
    return table[[*columns, "direction", "percent", "run", "clear"]]


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
