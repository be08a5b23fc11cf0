"""The chain in every organisation: own links where they can be estimated, pooled ones for all.

An organisation's own links are estimated in the first of three ways that gives a proper solution:

``"free"``
    The chain's whole model, where the organisation has more rows than the model has parameters.
``"bounded"``
    The same with variances kept from becoming negative (lavaan's ``bounds = "standard"``).
``"scores"``
    One score per construct, the mean of its items, corrected for unreliability: the score
    measures the construct with loading 1 and an error variance that is fixed at what the model of
    all organisations says, mean over items of the residual variances divided by their number.

A chain that runs in a circle is not tried where there are no more rows than constructs: its
equations are estimated together, from a covariance matrix of all constructs that is singular there.

Intervals of links between few rows are widened for it: standard errors are multiplied by
√(n / (n − q)) and intervals taken from t with n − q degrees of freedom, q being the largest
number of coefficients in one regression of the chain, its intercept included. This is the step
from maximum likelihood to ordinary least squares, exact where everything is observed. Respondents
in few units have fewer degrees of freedom, see :func:`workbench.chain.effects.freedom`.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from workbench import sem
from workbench.benchmark.pooling import pool
from workbench.chain import ChainData, fit_chain, links, why_no_links
from workbench.chain.effects import freedom
from workbench.exceptions import ModelError
from workbench.linkage.units import KEYS
from workbench.sem import Fit

_EFFECT = ["from", "to", "effect"]
_FITS = ["organisation", "rows", "estimated", "estimation", "reason"]


@dataclass(frozen=True)
class OrganisationLinks:
    """The links of every organisation.

    Attributes
    ----------
    own
        ``organisation``, ``estimation`` and the columns of :func:`workbench.chain.links`, one row
        an effect, for organisations with a proper solution.
    fits
        One row an organisation: ``organisation``, ``rows`` (units or respondents), ``estimated``,
        ``estimation`` and, where there is none, ``reason``, a sentence.
    pooled
        Partially pooled effects, for every organisation: ``organisation``, ``from``, ``to``,
        ``effect``, ``strength``, ``lower``, ``upper``, ``pass_through`` with its interval,
        ``shrinkage`` (share of the mean of all in the value) and ``from_own``, False where the
        organisation has no estimate and is given what is expected of a new one. Where one alone has
        an estimate nothing follows for the others, and they are not among them.
    between
        One row an effect: ``from``, ``to``, ``effect`` and the summary of
        :func:`workbench.benchmark.pool` of its strength, with ``words``.
    """

    own: pd.DataFrame
    fits: pd.DataFrame
    pooled: pd.DataFrame
    between: pd.DataFrame


def organisation_links(
    data: ChainData, organisations: Sequence[str], whole: Fit | None
) -> OrganisationLinks:
    """Estimate the chain in each organisation, and pool the estimates.

    Parameters
    ----------
    whole
        The fit of all organisations together, for the error variances of scores; without it
        organisations with few rows stay without an estimate.
    """
    scores = None if whole is None else score_data(data, whole)
    parameters = int(sem.parameter_table(data.model, mean_structure=True)["free"].max())
    found, fits = [], []
    for organisation in organisations:
        table, how, reason = _own_links(data, scores, organisation, parameters)
        if table is not None:
            found.append(table.assign(organisation=organisation, estimation=how))
        rows = int((data.frame["organisation"] == organisation).sum())
        fits.append((organisation, rows, table is not None, how, reason))
    own = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    pooled, between = _pooled(own, organisations)
    return OrganisationLinks(own, pd.DataFrame(fits, columns=_FITS), pooled, between)


def score_data(data: ChainData, whole: Fit) -> ChainData:
    """Return the same rows with one score per construct in place of its items.

    The score is the mean of the items that were answered; its error variance is fixed at
    Σ ψ_j / J² with the residual variances ψ of ``whole``.
    """
    estimates = whole.estimates
    frame = data.frame[[c for c in (*KEYS, "weight", "cluster") if c in data.frame]].copy()
    lines, items, scored = [], {}, {}
    for construct in data.chain.constructs:
        name = f"score_{construct.name}"
        measured = estimates[(estimates["lhs"] == construct.name) & (estimates["op"] == "=~")]
        own = list(measured["rhs"])
        frame[name] = data.frame[own].mean(axis=1)
        residuals = estimates[
            (estimates["op"] == "~~")
            & (estimates["lhs"] == estimates["rhs"])
            & estimates["lhs"].isin(own)
        ]
        lines.append(
            f"{name} ~~ {residuals['est'].clip(lower=0).sum() / len(own) ** 2:.12g}*{name}"
        )
        items[construct.name] = [name]
        scored[name] = own
    error = None
    if data.error is not None:
        error = data.error.of_means(data.frame, scored)
    return replace(data, items=items, given=tuple(lines), frame=frame, error=error)


def _own_links(
    data: ChainData, scores: ChainData | None, organisation: str, parameters: int
) -> tuple[pd.DataFrame | None, str, str]:
    """Return the links, how they were estimated and, if they could not be, why."""
    own = data.of(organisation)
    rows, level = len(own.frame), own.level
    if not rows:
        return None, "", f"It has no {level} in this wave."
    if level == "respondents" and own.frame["cluster"].nunique() < 2:
        return None, "", "All its respondents belong to one unit, which has no other beside it."
    constructs = len(data.chain.constructs)
    if data.chain.circle and rows <= constructs:
        return (
            None,
            "",
            (
                f"Its {rows} {level} are too few: the two directions of a circle are told apart by "
                f"all {constructs} constructs together, which takes more {level} than constructs."
            ),
        )
    ways: list[tuple[str, ChainData, str | None]] = []
    if rows > parameters:
        ways += [("free", own, None), ("bounded", own, "standard")]
    if scores is not None:
        ways.append(("scores", scores.of(organisation), "standard"))
    if not ways:
        return (
            None,
            "",
            f"Its {rows} {level} are too few for the {parameters} parameters of the chain's model, "
            "and scores need the model of all organisations, which could not be estimated.",
        )
    reason = ""
    for how, tried, bounds in ways:
        fit, problem = _proper_fit(tried, bounds)
        if fit is not None:
            return _widened(fit, rows, _coefficients(data)), how, ""
        reason = reason or problem
    return None, "", f"The model could not be estimated on its {rows} {level}. {reason}"


def _proper_fit(data: ChainData, bounds: str | None) -> tuple[Fit | None, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are in fit.warnings and become the reason
            fit = fit_chain(data, bounds)
            problem = why_no_links(fit, data.chain.label)
    except ModelError as error:
        return None, str(error)
    return (None, problem) if problem else (fit, "")


def _coefficients(data: ChainData) -> int:
    """The largest number of coefficients in one regression of the chain, with its intercept."""
    targets = [link.target for link in data.chain.links]
    return 1 + max(targets.count(target) for target in targets)


def _widened(fit: Fit, rows: int, coefficients: int) -> pd.DataFrame:
    left = max(rows - coefficients, 1)
    df = min(left, freedom(fit))
    t = float(stats.t.ppf(0.975, df))
    table = links(fit)
    for value, error, lower, upper in (
        ("strength", "se", "lower", "upper"),
        ("pass_through", "pass_through_se", "pass_through_lower", "pass_through_upper"),
    ):
        table[error] *= np.sqrt(rows / left)
        table[lower] = table[value] - t * table[error]
        table[upper] = table[value] + t * table[error]
    table["pvalue"] = 2 * stats.t.sf(np.abs(table["strength"] / table["se"]), df)
    return table


def _pooled(own: pd.DataFrame, organisations: Iterable[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = list(organisations)
    tables, between = [], []
    for effect, rows in own.groupby(_EFFECT, sort=False) if len(own) else ():
        rows = rows.set_index("organisation").reindex(names)
        strength = pool(rows["strength"], rows["se"])
        points = pool(rows["pass_through"], rows["pass_through_se"])
        table = pd.DataFrame(
            {
                "organisation": names,
                **dict(zip(_EFFECT, effect, strict=True)),
                **_columns(strength.organisations, ("strength", "lower", "upper")),
                **_columns(
                    points.organisations,
                    ("pass_through", "pass_through_lower", "pass_through_upper"),
                ),
                "shrinkage": strength.organisations["shrinkage"].to_numpy(),
                "from_own": strength.organisations["own"].to_numpy(),
            }
        )
        tables.append(table[table["strength"].notna()])
        summary = dict(zip(_EFFECT, effect, strict=True)) | strength.summary.iloc[0].to_dict()
        between.append(summary | {"words": strength.words})
    if not tables:
        return pd.DataFrame(), pd.DataFrame()
    return pd.concat(tables, ignore_index=True), pd.DataFrame(between)


def _columns(table: pd.DataFrame, names: tuple[str, str, str]) -> dict[str, np.ndarray]:
    pooled = ("pooled", "pooled_lower", "pooled_upper")
    return {name: table[old].to_numpy() for name, old in zip(names, pooled, strict=True)}
