"""The chain in every organisation: links where they can be estimated, reasons where they cannot."""

import warnings
from collections.abc import Sequence

import pandas as pd

from workbench.chain import ChainData, fit_chain, links
from workbench.exceptions import ImproperSolutionWarning, ModelError, NotConvergedWarning
from workbench.sem import Fit


def own_links(data: ChainData, organisations: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit the chain within each organisation.

    Returns
    -------
    links
        ``organisation`` and the columns of :func:`workbench.chain.links`, for organisations with
        a proper solution.
    fits
        One row an organisation: ``organisation``, ``rows`` (units or respondents), ``estimated``
        and, where it could not be, ``reason``, a sentence.
    """
    found, fits = [], []
    for organisation in organisations:
        own = data.of(organisation)
        table, reason = _links_or_reason(own)
        if table is not None:
            found.append(table.assign(organisation=organisation))
        fits.append((organisation, len(own.frame), table is not None, reason))
    columns = ["organisation", "rows", "estimated", "reason"]
    together = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    return together, pd.DataFrame(fits, columns=columns)


def _links_or_reason(own: ChainData) -> tuple[pd.DataFrame | None, str]:
    rows = f"{len(own.frame)} {own.level}"
    if own.frame.empty:
        return None, f"It has no {own.level} in this wave."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are in fit.warnings and become the reason
            fit = fit_chain(own)
    except ModelError as error:
        return None, f"The model could not be fitted to its {rows}: {error}"
    reason = improper(fit)
    if reason:
        return None, f"The model has no proper solution on its {rows}: {reason}."
    return links(fit), ""


def improper(fit: Fit) -> str:
    """Return in words why a fit's estimates cannot be used, or "" if they can."""
    for warning in fit.warnings:
        if isinstance(warning, NotConvergedWarning):
            return "the search for it did not end"
        if isinstance(warning, ImproperSolutionWarning):
            return ", ".join(_impossible(*name.split(" ~~ ")) for name in warning.parameters)
    return ""


def _impossible(one: str, other: str) -> str:
    if one == other:
        return f"the variance of {one} came out negative"
    return f"the correlation of {one} and {other} came out beyond 1"
