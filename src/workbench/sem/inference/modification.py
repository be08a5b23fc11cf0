"""Modification indices: what freeing one more parameter would change.

For a candidate parameter c, with the gradient g of f = F/2 and the expected information I of one
observation at the narrow model's optimum (θ the free parameters),

    V = I_cc − I_cθ I_θθ⁻¹ I_θc,    MI = N g_c² / V,    EPC = −g_c / V.

MI is the score (Lagrange multiplier) test with one degree of freedom [1, 2], EPC the expected
change of the parameter [3]. Standardised changes divide by standard deviations the model implies,
as ``standardised`` does for estimates.

References
----------
1. Sörbom, D. (1989). Model modification. Psychometrika, 54, 371–384.
2. Bentler, P. M., & Chou, C.-P. (1992). Some new covariance structure model improvement
   statistics. Sociological Methods & Research, 21, 259–282.
3. Saris, W. E., Satorra, A., & Sörbom, D. (1987). The detection and correction of specification
   errors in structural equation models. Sociological Methodology, 17, 105–129.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.sem.estimation.fiml import Casewise, moment_curvature, pattern_terms
from workbench.sem.estimation.information import inverse as inverse_of
from workbench.sem.estimation.objective import NormalTheory
from workbench.sem.inference.robust import complete_weight, exogenous_moments
from workbench.sem.inference.standardised import MODEL_OPERATORS, Kind, Standardiser
from workbench.sem.model.layout import (
    COVARIANCE,
    MEAN,
    PATH,
    Floats,
    Integers,
    Layout,
)

Array = NDArray[np.float64]

_KEY = ["lhs", "op", "rhs", "group"]


def modification_indices(
    table: pd.DataFrame,
    layout: Layout,
    theta: Array,
    objective: Callable[[Layout], NormalTheory | Casewise],
    constraint_jacobian: Array | None = None,
) -> pd.DataFrame:
    """Modification index and expected change of every parameter that could be freed.

    Parameters
    ----------
    table, layout, theta
        The fitted model; theta (k,) is its optimum.
    objective
        Makes the discrepancy for a layout on the same data, for example
        ``lambda layout: NormalTheory.of(layout, moments)``.
    constraint_jacobian : (r, k), optional
        Derivatives of the equality constraints on theta that are not merely shared parameters.

    Returns
    -------
    DataFrame with ``lhs, op, rhs, group, mi, epc, sepc_lv, sepc_all, sepc_nox``, one row per
    candidate that is identified once freed, in lavaan's order: fixed parameters of the table, then
    loadings, covariances of observed and of latent variables, regressions, intercepts. Variances
    and covariances of fixed exogenous covariates, and regressions among these, are not candidates:
    freeing them changes nothing.

    Checked against ``modindices(fit)`` of lavaan 0.6-14.
    """
    found = candidates(table, layout)
    kind, group, row, column = _places(found, layout)
    wide, wide_theta = layout.freed(kind, group, row, column, np.asarray(theta, float))
    wide_objective = objective(wide)
    evaluation = wide_objective.evaluate(wide_theta[None], "expected")
    total, gradient = float(wide_objective.total[0]), evaluation.gradient[0]
    if layout.exogenous.kind.size:
        information = _conditional_information(wide_objective, wide_theta)
    else:
        information = evaluation.curvature[0]
    k = layout.n_free
    own, cross = information[k:, k:], information[k:, :k]
    inverse = inverse_of(information[:k, :k], constraint_jacobian) if k else np.zeros((0, 0))
    left = np.diagonal(own) - np.einsum("ij,jk,ik->i", cross, inverse, cross)
    # What the free parameters can already do leaves no information of its own.
    identified = left > 1e-8 * np.diagonal(own)
    left = np.where(identified, left, np.nan)
    score = gradient[k:]
    if isinstance(wide_objective, NormalTheory) and wide_objective.estimator != "ML":
        # The objective counts n − 1 rows per group; lavaan's index weighs that information by n.
        left = left * (total + layout.groups) / total
    found["mi"] = total * score**2 / left
    found["epc"] = -score / left
    kinds: dict[str, Kind] = {"sepc_lv": "std_lv", "sepc_all": "std_all", "sepc_nox": "std_nox"}
    both = pd.concat([table[table["op"].isin(MODEL_OPERATORS)], found], ignore_index=True)
    exo = None if wide_objective.exo is None else wide_objective.exo[0]
    for name, kind_name in kinds.items():
        scales = Standardiser(both, layout, kind_name).scales(theta, exo)
        found[name] = found["epc"] * scales[-len(found) :] if len(found) else np.nan
    columns = [*_KEY, "mi", "epc", *kinds]
    return found.loc[identified, columns].reset_index(drop=True)


def candidates(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Every parameter that is not free: columns ``lhs, op, rhs, group``, and ``exo, free, label``.

    The fixed rows of the table come first. Then, per group, what could be added: loadings of
    observed on latent variables (not of outcomes or predictors), covariances among indicators,
    among latent variables, regressions among all variables that have a part in one, intercepts if
    the model has a mean structure.
    """
    model = table[table["op"].isin(MODEL_OPERATORS)]
    latent, observed = list(layout.latent), list(layout.observed)
    regressions = model[model["op"] == "~"]
    parts = list(dict.fromkeys([*regressions["lhs"], *regressions["rhs"]]))
    indicators = set(model.loc[model["op"] == "=~", "rhs"]) & set(observed)
    outcomes = set(regressions["lhs"])
    mentioned = model[(model["user"] == 1) & model["op"].isin(["~~", "~1"])]
    named = {*mentioned["lhs"], *mentioned["rhs"]}
    covariates = [v for v in observed if v in parts and v not in outcomes | indicators | named]
    fixed_covariates = set(model.loc[model["exo"] == 1, "lhs"])
    others = [v for v in observed if v not in covariates]

    rows: list[tuple[str, str, str]] = []
    rows += [(f, "=~", v) for f in latent for v in others if v not in parts]
    measured = [v for v in others if v in indicators]
    rows += _pairs(measured)
    rows += _pairs([v for v in covariates if v not in fixed_covariates])
    rows += _pairs(latent)
    rows += [
        (y, "~", x)
        for y in parts
        for x in parts
        if x != y
        and not (y in indicators and x in latent)
        and not (y in fixed_covariates and x in fixed_covariates)
    ]
    if layout.mean_structure:
        rows += [(v, "~1", "") for v in [*observed, *latent] if v not in fixed_covariates]

    taken = set()
    for lhs, op, rhs, group in model[_KEY].itertuples(index=False):
        taken.add((lhs, op, rhs, group))
        if op == "~~":
            taken.add((rhs, op, lhs, group))
    fixed = model[(model["free"] == 0) & (model["exo"] == 0)]
    found = [tuple(r) for r in fixed[_KEY].itertuples(index=False)]
    found += [
        (*row, group)
        for group in range(1, layout.groups + 1)
        for row in rows
        if (*row, group) not in taken
    ]
    frame = pd.DataFrame(found, columns=_KEY)
    return frame.assign(exo=0, free=0, fixed=0.0, label="")


def _pairs(names: list[str]) -> list[tuple[str, str, str]]:
    return [(a, "~~", b) for i, a in enumerate(names) for b in names[i:]]


def _places(rows: pd.DataFrame, layout: Layout) -> tuple[Integers, Integers, Integers, Integers]:
    position = {name: i for i, name in enumerate([*layout.observed, *layout.latent])}
    found = []
    for lhs, op, rhs, group in rows[_KEY].itertuples(index=False):
        if op == "=~":
            found.append((PATH, group - 1, position[rhs], position[lhs]))
        elif op == "~":
            found.append((PATH, group - 1, position[lhs], position[rhs]))
        elif op == "~~":
            found.append((COVARIANCE, group - 1, position[lhs], position[rhs]))
        else:
            found.append((MEAN, group - 1, position[lhs], 0))
    kind, group, row, column = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return kind, group, row, column


def _conditional_information(objective: NormalTheory | Casewise, theta: Floats) -> Floats:
    """Expected information (k, k) given the exogenous covariates, whose moments carry none.

    A path into a covariate moves the covariates' own moments; these are fixed by design, so their
    weight is 0, as in lavaan.
    """
    layout = objective.layout
    implied = layout.implied(theta[None], objective.exo)
    if isinstance(objective, Casewise):
        share = objective.share[0]
        terms = (
            pattern_terms(part, implied.mu[:, g], implied.sigma[:, g])
            for g, part in enumerate(objective.patterns)
        )
        weights = [moment_curvature(own, "expected")[0] for own in terms]
    else:
        share = objective.moments.share[0]
        precision = np.linalg.inv(implied.sigma) if objective.weight is None else objective.weight
        weights = [complete_weight(own) for own in precision[0]]
    jacobian = layout.jacobian(implied)[0]
    information = np.zeros((layout.n_free, layout.n_free))
    for g, weight in enumerate(weights):
        kept = exogenous_moments(layout, g)[1]
        own = jacobian[g][kept]
        information += share[g] * (own.T @ weight[np.ix_(kept, kept)] @ own)
    return information
