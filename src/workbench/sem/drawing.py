"""The path diagram of a fit, standardised, with the finding in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.figures import Covariance, Figure, Link, Loading, Node, model_diagram
from workbench.figures.paper.heat import HeatMap
from workbench.sem.model.levels import Block
from workbench.sem.shown import ShownFit, of_part
from workbench.text import inflected, nearest


def drawn_model(fit: ShownFit, group: Hashable = None) -> Figure:
    """Draw one group, the first by default; see ``Fit.plot``.

    Loadings of items hang below their latent variable; loadings of latent variables (second order)
    are links like the regressions.
    """
    group = _group(fit, group)
    rows = fit.standardised("std_all")
    rows = rows[of_part(fit, rows, group)]
    rows = rows[(rows["est_std"] != 0) | (rows["se"] != 0)]  # what is fixed at 0 is no link
    there = {*rows["lhs"], *rows["rhs"]}
    latent = [name for name in fit.layout.latent if name in there]
    measured = (rows["op"] == "=~") & ~rows["rhs"].isin(latent)
    directed = (rows["op"] == "~") | ((rows["op"] == "=~") & ~measured)
    between = (rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])
    ends = ["lhs", "rhs", "est_std"]
    loadings = [Loading(*row) for row in rows.loc[measured, ends].itertuples(index=False)]
    covariances = [Covariance(*row) for row in rows.loc[between, ends].itertuples(index=False)]
    links = [
        Link(
            *((row.lhs, row.rhs) if row.op == "=~" else (row.rhs, row.lhs)),
            row.est_std,
            row.ci_lower,
            row.ci_upper,
            pvalue=row.pvalue,
        )
        for row in rows[directed].itertuples(index=False)
    ]
    structural = {*latent, *(end for link in links for end in (link.source, link.target))}
    names = [*latent, *(name for name in fit.layout.observed if name in there)]
    nodes = [Node(name, name) for name in names if name in structural or not structural]
    return model_diagram(
        nodes,
        links,
        loadings,
        covariances,
        alt=_finding(fit, links, group),
        caption="Standardised estimates with 95 % intervals"
        + ("" if group is None else f", {_part(fit, group)}"),
    )


def residual_map(fit: ShownFit, residuals: pd.DataFrame, group: Hashable = None) -> HeatMap:
    """What one group's model leaves over of every correlation, the first group's by default.

    ``residuals`` is the fit's table of them.

    Raises
    ------
    ModelError
        For an unknown group.
    """
    group = _group(fit, group)
    names = list(fit.layout.observed)
    rows = residuals[residuals["op"] == "~~"]
    rows = rows[rows["group"].isna() if group is None else rows["group"] == group]
    place = {name: number for number, name in enumerate(names)}
    values = np.zeros((len(names), len(names)))
    first, second = (rows[side].map(place).to_numpy() for side in ("lhs", "rhs"))
    values[first, second] = values[second, first] = rows["cor"]
    return HeatMap(tuple(names), values, "Residual correlation")


def _group(fit: ShownFit, group: Hashable) -> Hashable:
    """The group asked for, the first by default."""
    groups = list(fit.problem.groups)
    if group is None:
        return groups[0]
    if isinstance(group, tuple) and isinstance(groups[0], Block):
        group = Block(*group)
    if group not in groups:
        names = [str(one) for one in groups]
        asked = str(group) if isinstance(group, Block) else group
        raise ModelError(
            f"{asked!r} is not a group of this fit; choose from {', '.join(names)}."
            f"{nearest(str(group), names)}"
        )
    return group


def _part(fit: ShownFit, group: Hashable) -> str:
    """What a group is called, by its column."""
    if isinstance(group, Block):
        return f"{fit.options.group} {group}"
    return f"{'level' if fit.options.levels else fit.options.group} {group}"


def _finding(fit: ShownFit, links: Sequence[Link], group: Hashable) -> str:
    alone = fit.options.levels and fit.options.group is None
    where = "" if group is None else f" {'at' if alone else 'in'} {_part(fit, group)}"
    if not fit.converged:
        return f"Path diagram of a model that did not converge{where}; it has no estimates."
    sure = [link for link in links if link.stroke == "solid"]
    if not links:
        words = "no links, variables and their covariances alone"
    elif not sure:
        words = f"none of the {len(links)} links is told from 0"
    else:
        strongest = max(sure, key=lambda link: abs(link.strength or 0.0))
        words = (
            f"{len(sure)} of {len(links)} links {inflected(len(sure), 'is', 'are')} told from 0, "
            f"the strongest from {strongest.source} to {strongest.target} "
            f"({strongest.strength:.2f})"
        )
    measures = fit.measures
    close = [f"{name.upper()} {measures[name]:.3f}" for name in ("cfi", "rmsea", "srmr")]
    shown = ", ".join(close) if np.isfinite(measures["chisq"]) else "fit unknown"
    return f"Path diagram{where}: {words}. {shown}, n = {fit.nobs}."
