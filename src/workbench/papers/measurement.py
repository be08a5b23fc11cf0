"""Tables of measurement: reliability and validity of constructs, correlations with M and SD."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.errors import MeasurementError
from workbench.measurement import MeasurementModel, Reliability
from workbench.papers import apa
from workbench.papers.table import PaperTable, table


def measurement_table(
    model: MeasurementModel,
    reliability: Mapping[str, Reliability] | None = None,
    ratios: pd.DataFrame | None = None,
    title: str = "Reliability and validity of the constructs",
) -> PaperTable:
    """Return reliability, average variance extracted and how constructs go together.

    The root of the average variance extracted is on the diagonal, correlations of constructs below
    it, heterotrait–monotrait ratios above it.

    Parameters
    ----------
    model
        Of :func:`workbench.measurement.measurement_model`.
    reliability
        Of each construct (:func:`workbench.measurement.reliability`), for alpha and omega.
    ratios
        Of :func:`workbench.measurement.htmt`.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
    >>> model = wb.measurement.measurement_model(clients)
    >>> table = wb.papers.measurement_table(model)
    >>> table.columns
    ('Construct', 'Items', 'CR', 'AVE', '1', '2')
    """
    names = list(model.constructs["construct"])
    place = {name: number for number, name in enumerate(names)}
    grid = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(grid, np.sqrt(model.constructs["ave"]))
    for row in model.fornell_larcker.to_dict("records"):
        first, second = sorted((place[row["one"]], place[row["other"]]))
        grid[second, first] = row["correlation"]
    for row in [] if ratios is None else ratios.to_dict("records"):
        if row["one"] in place and row["other"] in place:
            first, second = sorted((place[row["one"]], place[row["other"]]))
            grid[first, second] = row["htmt"]
    frame = model.constructs.copy()
    if reliability is not None:
        for name in ("alpha", "omega"):
            frame[name] = [getattr(reliability[one], name) for one in names]
    frame = frame.join(pd.DataFrame(grid, columns=names))
    shown = {"alpha": "α", "omega": "ω", "composite_reliability": "CR", "ave": "AVE"}
    kept = [name for name in shown if name in frame]
    rows = []
    for number, name in enumerate(names):
        own = frame.iloc[number]
        cells = [apa.number(own[one], bounded=True) for one in kept]
        together = [
            "" if np.isnan(value) else apa.number(value, bounded=True) for value in grid[number]
        ]
        rows.append([f"{number + 1}. {name}", apa.whole(own["items"]), *cells, *together])
    columns = ["Construct", "Items", *(shown[name] for name in kept)]
    columns += [str(number + 1) for number in range(len(names))]
    notes = [
        "CR is composite reliability, AVE the average variance extracted. The diagonal holds the "
        "root of AVE, what is below it correlations of constructs"
        + ("." if ratios is None else ", what is above it heterotrait–monotrait ratios."),
        *(f"{name} is left out: {reason}" for name, reason in model.left_out.items()),
    ]
    return table(title, columns, rows, frame, notes)


def correlations_table(
    data: pd.DataFrame, title: str = "Means, standard deviations and correlations"
) -> PaperTable:
    """Return means, standard deviations and correlations of a frame's numeric columns.

    Correlations are over the rows that have both; stars mark p < .05, .01 and .001 of rows that are
    independent.

    Raises
    ------
    MeasurementError
        Fewer than two numeric columns.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.open_study("data/demo").chain_data()
    >>> items = data.frame[["engaged_1", "service_1", "trust_1"]]
    >>> wb.papers.correlations_table(items).rows[2][0]
    '3. trust_1'
    """
    numbers = data.select_dtypes("number")
    names = list(map(str, numbers))
    if len(names) < 2:
        raise MeasurementError(
            f"Correlations need two numeric columns or more; the frame has {len(names)}."
        )
    values = numbers.to_numpy(float)
    frame = pd.DataFrame(
        {"variable": names, "n": numbers.count(), "mean": numbers.mean(), "sd": numbers.std()}
    ).reset_index(drop=True)
    rows = []
    for i, name in enumerate(names):
        cells = [f"{i + 1}. {name}", apa.whole(frame["n"][i])]
        cells += [apa.number(frame["mean"][i]), apa.number(frame["sd"][i])]
        for j in range(len(names)):
            value, p = _correlation(values[:, i], values[:, j]) if j < i else (np.nan, np.nan)
            frame.loc[i, names[j]] = value
            stars = "*" * sum(p < limit for limit in (0.05, 0.01, 0.001))
            cells.append(apa.number(value, bounded=True) + stars if j < i else "" if j > i else "–")
        rows.append(cells)
    columns = ["Variable", "n", "M", "SD", *(str(at + 1) for at in range(len(names)))]
    return table(title, columns, rows, frame, ["* p < .05. ** p < .01. *** p < .001."])


def _correlation(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Pearson's correlation over the rows that have both, and its p-value."""
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 3 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return np.nan, np.nan
    import pingouin  # takes a second

    found = pingouin.corr(x[both], y[both]).iloc[0]
    return float(found["r"]), float(found["p_val"])
