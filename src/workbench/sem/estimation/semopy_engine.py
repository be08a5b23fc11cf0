"""The second, independent engine: semopy's optimum for a model of the workbench.

Only the estimates come from semopy [1]_; nothing else of it is used. It is handed a model in which
every parameter is written out under a neutral name, so that its own defaults, its parser's view of
item names and its start values for items on large scales play no part, and its solution is carried
back to the items' own scales. What it returns is not believed before the project's own gradient
says that it is an optimum: semopy can stop early and call it success.

Covers maximum likelihood on complete data in one group, with means only where they are saturated.

References
----------
.. [1] Igolkina, A. A., & Meshcheryakov, G. (2020). semopy: A Python package for structural
   equation modeling. Structural Equation Modeling, 27, 952–963.
"""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.sem.estimation.moments import Moments
from workbench.sem.estimation.starts import starting_values
from workbench.sem.model.layout import COVARIANCE, MEAN, PATH, Entries, Floats, Layout

# semopy keeps its table of operations on the class: two models built at once mix.
_ONE_AT_A_TIME = Lock()

_OPTIONS = {"ftol": 1e-12, "maxiter": 10000}


@dataclass(frozen=True)
class SemopySolution:
    """Where semopy stopped, in the layout's parameters, and what it says about that."""

    theta: Floats
    success: bool
    message: str


def unsupported(table: pd.DataFrame, estimator: str, missing: bool, groups: int) -> str:
    """Return why semopy cannot fit this, as a sentence, or an empty string if it can."""
    if not estimator.startswith("ML"):
        return f"semopy's {estimator} fit is not used; it covers maximum likelihood."
    if missing:
        return "semopy covers complete data only, and here answers are missing."
    if groups > 1:
        return "semopy has no model of several groups with equal parameters."
    if np.isfinite(table[["lower", "upper"]].to_numpy(float)).any():
        return "semopy's estimates under bounds are not used."
    if table["op"].isin(["==", "<", ">"]).any():
        return "semopy's estimates under general constraints (==, <, >) are not used."
    means = table[table["op"] == "~1"]
    latent = set(table.loc[table["op"] == "=~", "lhs"])
    is_latent = means["lhs"].isin(latent)
    numbers = means.loc[means["free"] > 0, "free"]
    modelled = (
        (is_latent & ((means["free"] > 0) | (means["fixed"] != 0)))
        | (~is_latent & (means["free"] == 0) & (means["exo"] == 0))
    ).any() or table.loc[table["free"].isin(numbers), "free"].duplicated().any()
    return "semopy's fits of a mean structure are not used." if modelled else ""


def solve(table: pd.DataFrame, layout: Layout, moments: Moments) -> SemopySolution:
    """Estimate a model from the moments of one group by semopy.

    Parameters
    ----------
    moments
        Without batch axis: n (1,), cov (1, p, p), mean (1, p).

    Raises
    ------
    ModelError
        semopy cannot build or fit the model; its own words are passed on.
    """
    cov, mean = moments.cov[0], moments.mean[0]
    scale = _scale(layout, cov)
    description = _description(layout, cov, scale)
    observed = [f"x{i}" for i in range(len(layout.observed))]
    spread = scale[: len(observed)]
    scaled = pd.DataFrame(cov / np.outer(spread, spread), index=observed, columns=observed)
    factor = _factors(layout.free, scale)
    start = starting_values(layout, moments)[0][layout.free.source] * factor
    starts = {
        f"p{source}": float(value)
        for source, kind, value in zip(layout.free.source, layout.free.kind, start, strict=True)
        if kind != MEAN
    }
    by_name, success, message = _run(description, scaled, starts)
    theta = np.full(layout.n_free, np.nan)
    for source, kind, by in zip(layout.free.source, layout.free.kind, factor, strict=True):
        if kind != MEAN:
            theta[source] = by_name[f"p{source}"] / by
    return SemopySolution(_with_intercepts(theta, layout, cov, mean), success, message)


def _factors(entries: Entries, scale: Floats) -> Floats:
    """By how much each entry grows when every variable is divided by its scale."""
    row, column = scale[entries.row], scale[entries.column]
    return np.select(
        [entries.kind == PATH, entries.kind == COVARIANCE],
        [column / row, 1 / (row * column)],
        1 / row,
    )


def _scale(layout: Layout, cov: Floats) -> Floats:
    """Return divisors (t,) that bring the items near unit variance.

    Each item has its own and each latent variable that of its first indicator, unless equal
    parameters would then have different values; all have a common one then.
    """
    p = len(layout.observed)
    own = np.ones(layout.size)
    own[:p] = np.sqrt(np.diagonal(cov))
    for _ in layout.latent:  # a factor of factors takes its scale in a later round
        for entries in (layout.free, layout.fixed):
            for kind, row, column, value in zip(
                entries.kind, entries.row, entries.column, entries.value, strict=True
            ):
                if kind == PATH and column >= p and value == 1:
                    own[column] = own[row]
    common = np.full(layout.size, float(np.exp(np.log(own[:p]).mean())))
    for scale in (own, common):
        factors = _factors(layout.free, scale)
        if all(
            np.ptp(factors[layout.free.source == source]) <= 1e-12 * abs(factor)
            for source, factor in zip(layout.free.source, factors, strict=True)
        ):
            return scale
    return np.ones(layout.size)


def _description(layout: Layout, cov: Floats, scale: Floats) -> str:
    """Write the model out in semopy's language, every entry by name or value."""
    p = len(layout.observed)
    names = [f"x{i}" if i < p else f"f{i}" for i in range(layout.size)]
    written: dict[tuple[int, int, int], str] = {}
    for entries, words in (
        (layout.free, [f"p{source}" for source in layout.free.source]),
        (layout.fixed, _values(layout.fixed, scale)),
        (layout.exogenous, _values(_filled(layout.exogenous, cov), scale)),
    ):
        for kind, row, column, word in zip(
            entries.kind.tolist(), entries.row.tolist(), entries.column.tolist(), words, strict=True
        ):
            if kind == COVARIANCE:
                row, column = max(row, column), min(row, column)
            written[kind, row, column] = word
    measured = [c for k, _, c in written if k == PATH and c >= p]
    lines = []
    for (kind, row, column), word in written.items():
        if kind == PATH and column >= p and (row < p or (0, row, column) in layout.loadings):
            lines.append(f"{names[column]} =~ {word}*{names[row]}")
        elif kind == PATH:
            lines.append(f"{names[row]} ~ {word}*{names[column]}")
        elif kind == COVARIANCE:
            lines.append(f"{names[row]} ~~ {word}*{names[column]}")
    latent = dict.fromkeys(measured)
    sources = [v for v in latent if not any(k == PATH and r == v for k, r, _ in written)]
    for i, first in enumerate(sources):
        for second in sources[i + 1 :]:
            pair = max(first, second), min(first, second)
            if (COVARIANCE, *pair) not in written:
                lines.append(f"{names[pair[0]]} ~~ 0*{names[pair[1]]}")
    return "\n".join(lines)


def _values(entries: Entries, scale: Floats) -> list[str]:
    return [f"{value:.17g}" for value in entries.value * _factors(entries, scale)]


def _filled(entries: Entries, cov: Floats) -> Entries:
    value = np.where(
        entries.kind == COVARIANCE, cov[entries.row, np.minimum(entries.column, len(cov) - 1)], 0.0
    )
    return Entries(entries.kind, entries.group, entries.row, entries.column, entries.source, value)


def _run(
    description: str, cov: pd.DataFrame, starts: dict[str, float]
) -> tuple[dict[str, float], bool, str]:
    """Fit in semopy; returns its parameters by name.

    semopy starts latent variances at 0.05 and, without a marker, loadings at 0, from where it can
    search for minutes; it starts where the workbench does, and searches on its own from there.
    """
    import semopy

    # semopy wants rows: these 2p have exactly this covariance.
    p = len(cov)
    factor = np.linalg.cholesky(cov.to_numpy())
    rows = pd.DataFrame(math.sqrt(p) * np.vstack([factor.T, -factor.T]), columns=cov.columns)
    with _ONE_AT_A_TIME, warnings.catch_warnings(), _quiet_root_logger():
        warnings.simplefilter("ignore")
        try:
            model = semopy.Model(description, cov_diag=True)
            for name, value in starts.items():
                model.parameters[name].start = value
            result = model.fit(rows, cov=cov, obj="MLW", options=dict(_OPTIONS))
        except Exception as problem:
            raise ModelError(f"semopy cannot fit this model: {problem}") from problem
        active = [name for name, parameter in model.parameters.items() if parameter.active]
    values = dict(zip(active, np.asarray(result.x, float).tolist(), strict=True))
    return values, bool(result.success), str(result.message)


@contextmanager
def _quiet_root_logger() -> Iterator[None]:
    """Keep semopy's remarks on models without markers out of everybody's log."""
    root = logging.getLogger()

    def is_error(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR

    root.addFilter(is_error)
    try:
        yield
    finally:
        root.removeFilter(is_error)


def _with_intercepts(theta: Floats, layout: Layout, cov: Floats, mean: Floats) -> Floats:
    """Fill in saturated intercepts: m = (I − A) E(v), observed E(v) being the sample means."""
    own = layout.free.kind == MEAN
    if not own.any():
        return theta
    known = np.where(np.isnan(theta), 0.0, theta)
    exo = layout.exogenous_values(cov[None], mean[None])
    a = layout.matrices(known, exo)[0][0]
    p = len(mean)
    latent = np.linalg.solve(np.eye(len(a) - p) - a[p:, p:], a[p:, :p] @ mean)
    intercepts = mean - a[:p, :p] @ mean - a[:p, p:] @ latent
    filled = theta.copy()
    filled[layout.free.source[own]] = intercepts[layout.free.row[own]]
    return filled
