"""Standardised solutions with delta-method standard errors, and R².

A standardised parameter is the estimate times powers of standard deviations that the model
implies. With E = (I − A)⁻¹ and T = E S E' the total covariance of observed and latent variables,

- loading of y on f: λ·√T_ff / √T_yy; path of y on x: β·√T_xx / √T_yy;
- variance or residual variance: ψ / T_vv; intercept: ν / √T_vv; threshold: τ / √T_vv; the scale of
  an ordered item: 1;
- covariance or residual covariance: a correlation, ψ_ij / √(|ψ_ii| |ψ_jj|), with the *residual*
  variances of the two ends, as lavaan does by default.

``std_lv`` standardises the latent variables only, ``std_all`` all variables, ``std_nox`` all but
observed exogenous covariates whose moments are fixed. Derivatives are analytic: a path A[r, c]
moves T_vv by 2 E_vr T_cv, a covariance S[r, c] by 2 E_vr E_vc (a variance by E_vr²).

References
----------
1. Bollen, K. A. (1989). Structural equations with latent variables, 349–351. Wiley.
2. Oehlert, G. W. (1992). A note on the delta method. The American Statistician, 46, 27–29.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ModelError
from workbench.sem.model.effects import Definitions, label_rows, standard_errors, with_wald_columns
from workbench.sem.model.layout import COVARIANCE, MEAN, PATH, Integers, Layout
from workbench.text import nearest

Array = NDArray[np.float64]
Kind = Literal["std_lv", "std_all", "std_nox"]

MODEL_OPERATORS = ("=~", "~", "|", "~~", "~*~", "~1")

_THRESHOLD, _SCALE = -1, -2
"""What stands beside A, S and m, in the place of a kind of entry."""


def total_covariance(a: Array, s: Array) -> tuple[Array, Array]:
    """E = (I − A)⁻¹ and T = E S E', both (..., t, t)."""
    effects = np.asarray(np.linalg.inv(np.eye(a.shape[-1]) - a), dtype=float)
    return effects, effects @ s @ np.swapaxes(effects, -1, -2)


@dataclass(frozen=True)
class Standardiser:
    """How every row of a table is standardised; independent of the parameter values.

    Attributes
    ----------
    table
        Parameter table (``lhs op rhs group free exo label``).
    layout
        Its layout; the order of variables is the layout's, observed first.
    kind
        ``"std_lv"``, ``"std_all"`` or ``"std_nox"``.

    Raises
    ------
    ModelError
        An unknown ``kind``.
    """

    table: pd.DataFrame
    layout: Layout
    kind: Kind = "std_all"

    def __post_init__(self) -> None:
        kinds = get_args(Kind)
        if self.kind not in kinds:
            raise ModelError(
                f"kind={self.kind!r} is not known; choose from {', '.join(kinds)}."
                f"{nearest(str(self.kind), kinds)}"
            )

    @cached_property
    def model_rows(self) -> Integers:
        """Positions of the rows that are entries of A, S or m, or an ordered item's own."""
        return np.flatnonzero(self.table["op"].isin(MODEL_OPERATORS))

    @cached_property
    def _places(self) -> list[tuple[int, int, int, int]]:
        position = {v: i for i, v in enumerate([*self.layout.observed, *self.layout.latent])}
        places = []
        rows = self.table.iloc[self.model_rows]
        columns = [rows[name].tolist() for name in ("lhs", "op", "rhs", "group")]
        for lhs, op, rhs, group in zip(*columns, strict=True):
            g = int(group) - 1
            if op == "=~":
                places.append((PATH, g, position[rhs], position[lhs]))
            elif op == "~":
                places.append((PATH, g, position[lhs], position[rhs]))
            elif op == "~~":
                places.append((COVARIANCE, g, position[lhs], position[rhs]))
            elif op in ("|", "~*~"):
                kind = _THRESHOLD if op == "|" else _SCALE
                places.append((kind, g, position[lhs], position[lhs]))
            else:
                places.append((MEAN, g, position[lhs], 0))
        return places

    @cached_property
    def _where(self) -> tuple[Integers, Integers, Integers, Integers]:
        """The places as arrays: kind, group, row, column."""
        kind, group, row, column = np.array(self._places, dtype=int).reshape(-1, 4).T
        return kind, group, row, column

    @cached_property
    def _definitions(self) -> Definitions:
        return Definitions.from_table(self.table)

    @cached_property
    def _defined(self) -> Integers:
        return np.flatnonzero(self.table["op"] == ":=")

    @cached_property
    def _labels(self) -> dict[str, int]:
        return label_rows(self.table)

    @cached_property
    def _scaled(self) -> Array:
        """(G, t): whether a variable is standardised at all."""
        observed, size = len(self.layout.observed), self.layout.size
        scaled = np.ones((self.layout.groups, size), dtype=bool)
        if self.kind == "std_lv":
            scaled[:, :observed] = False
        elif self.kind == "std_nox":
            # Both a variance and a mean can be fixed at the sample's; the variance is always there.
            own = (self.table["exo"] == 1) & (self.table["op"] == "~~")
            for lhs, rhs, group in self.table.loc[own, ["lhs", "rhs", "group"]].itertuples(
                index=False
            ):
                if lhs == rhs:
                    scaled[int(group) - 1, self.layout.observed.index(lhs)] = False
        return scaled

    @cached_property
    def _exponents(self) -> Array:
        """(rows, 2·G·t): powers of total variances, then of residual variances."""
        groups, size = self.layout.groups, self.layout.size
        exponents = np.zeros((len(self._places), 2, groups, size))
        for i, (kind, g, row, column) in enumerate(self._places):
            scaled = self._scaled[g]
            total, residual = exponents[i, 0, g], exponents[i, 1, g]
            if kind == PATH:
                total[column] += 0.5 * scaled[column]
                total[row] -= 0.5 * scaled[row]
            elif kind in (MEAN, _THRESHOLD):
                total[row] -= 0.5 * scaled[row]
            elif kind == _SCALE:
                total[row] += 0.5 * scaled[row]
            elif row == column:
                total[row] -= 1.0 * scaled[row]
            else:
                residual[row] -= 0.5 * scaled[row]
                residual[column] -= 0.5 * scaled[column]
        return exponents.reshape(len(self._places), -1)

    def values(self, theta: Array, exo: Array | None = None) -> Array:
        """Standardised values (..., rows) at theta (..., k), one per row of the table.

        Rows of ``:=`` are evaluated on the standardised parameters; ``==``, ``<`` and ``>`` are
        NaN. NaN also where a total variance that a row needs is not positive.
        """
        theta = np.asarray(theta, float)
        estimates, _, _, _ = self._state(theta, exo)
        model = estimates * self.scales(theta, exo)
        found = np.full((*theta.shape[:-1], len(self.table)), np.nan)
        found[..., self.model_rows] = model
        if self._definitions.names:
            labels = {name: found[..., row] for name, row in self._labels.items()}
            found[..., self._defined] = self._definitions.values(labels)
        return found

    def scales(self, theta: Array, exo: Array | None = None) -> Array:
        """What an estimate is multiplied by, (..., model rows), at theta (..., k)."""
        _, quantities, _, _ = self._state(np.asarray(theta, float), exo)
        return np.exp(_weighted(self._exponents, _safe_log(quantities)))

    def values_and_jacobian(self, theta: Array, exo: Array | None = None) -> tuple[Array, Array]:
        """Standardised values (rows,) at theta (k,) and their derivatives (rows, k)."""
        theta = np.asarray(theta, float)
        k = theta.size
        estimates, quantities, effects, total = self._state(theta, exo)
        logs = _safe_log(quantities)
        scale = np.exp(_weighted(self._exponents, logs))
        model = estimates * scale
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = self._variance_jacobian(effects, total) / quantities[:, None]
        relative = np.where(quantities[:, None] == 0, 0.0, relative)
        free = self.table["free"].to_numpy(int)[self.model_rows]
        own = np.vstack([np.zeros(k), np.eye(k)])[free]
        jacobian = scale[:, None] * own + model[:, None] * (self._exponents @ relative)
        if self.kind != "std_lv":
            # Times the deviation that it is the inverse of: 1, without what rounding leaves.
            jacobian[self._where[0] == _SCALE] = 0.0

        values = np.full(len(self.table), np.nan)
        slopes = np.zeros((len(self.table), k))
        values[self.model_rows], slopes[self.model_rows] = model, jacobian
        if self._definitions.names:
            found = self._definitions.values_and_gradients(
                {name: values[row] for name, row in self._labels.items()},
                {name: slopes[row] for name, row in self._labels.items()},
                k,
            )
            values[self._defined], slopes[self._defined] = found
        return values, slopes

    def _state(self, theta: Array, exo: Array | None) -> tuple[Array, Array, Array, Array]:
        """Estimates (..., rows), variances (..., 2·G·t), E and T (..., G, t, t) at theta."""
        a, s, m = self.layout.matrices(theta, exo)
        effects, total = total_covariance(a, s)
        kind, g, row, column = self._where
        estimates = np.where(
            kind == PATH,
            a[..., g, row, column],
            np.where(kind == COVARIANCE, s[..., g, row, column], m[..., g, row]),
        )
        beside = np.flatnonzero(kind < 0)
        if beside.size:
            free = self.table["free"].to_numpy(int)[self.model_rows][beside]
            fixed = self.table["fixed"].to_numpy(float)[self.model_rows][beside]
            estimates[..., beside] = np.where(free > 0, theta[..., np.maximum(free, 1) - 1], fixed)
        variances = np.diagonal(total, axis1=-2, axis2=-1)
        residual = np.diagonal(s, axis1=-2, axis2=-1)
        variances = np.where(variances > 0, variances, np.nan)
        flat = (*theta.shape[:-1], -1)
        quantities = np.concatenate([variances.reshape(flat), residual.reshape(flat)], axis=-1)
        return estimates, quantities, effects, total

    def _variance_jacobian(self, effects: Array, total: Array) -> Array:
        """(2·G·t, k): derivatives of total and residual variances by theta."""
        groups, size, k = self.layout.groups, self.layout.size, self.layout.n_free
        jacobian = np.zeros((2, groups, size, k))
        e = self.layout.free
        for kind, g, row, column, source in zip(
            e.kind, e.group, e.row, e.column, e.source, strict=True
        ):
            if kind == PATH:
                jacobian[0, g, :, source] += 2 * effects[g, :, row] * total[g, column, :]
            elif kind == COVARIANCE:
                weight = 1.0 if row == column else 2.0
                jacobian[0, g, :, source] += weight * effects[g, :, row] * effects[g, :, column]
                if row == column:
                    jacobian[1, g, row, source] += 1.0
        return jacobian.reshape(2 * groups * size, k)


def _safe_log(quantities: Array) -> Array:
    """log|q|; a residual variance may be negative, its correlation is then by √|ψ|."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.abs(quantities))


def _weighted(exponents: Array, logs: Array) -> Array:
    """Σ exponent·log q, where an exponent of 0 makes an undefined logarithm irrelevant."""
    used = np.abs(exponents) > 0
    finite = np.isfinite(logs)
    result = np.where(finite, logs, 0.0) @ exponents.T
    undefined = (~finite).astype(float) @ used.T.astype(float) > 0
    return np.where(undefined, np.nan, result)


def standardised(
    standardiser: Standardiser,
    theta: Array,
    vcov: Array | None,
    exo: Array | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The standardised solution, as lavaan's ``standardizedSolution()``.

    Parameters
    ----------
    standardiser
        That of the parameter table, of one kind.
    theta : (k,)
    vcov : (k, k) or None
        Covariance of theta; None leaves the standard errors NaN.
    exo
        Sample moments of fixed exogenous covariates (``layout.exogenous_values``).

    Returns
    -------
    DataFrame, indexed as the table without its ``==``, ``<`` and ``>`` rows: ``lhs, op, rhs, group,
    label, est_std, se, z, pvalue, ci_lower, ci_upper``. The standard error of a value that does not
    depend on theta (a standardised variance of an exogenous variable) is 0; it has no z.

    Checked against ``standardizedSolution(fit, type = "std.all" | "std.lv" | "std.nox")``.
    """
    values, jacobian = standardiser.values_and_jacobian(theta, exo)
    found = standardiser.table[["lhs", "op", "rhs", "group", "label"]].copy()
    found["est_std"] = values
    if vcov is None:
        found["se"] = np.nan
    else:
        errors = standard_errors(jacobian, vcov)
        # The derivative of a constant such as √T/√T is 0 but for rounding.
        found["se"] = np.where(errors < np.finfo(float).eps ** 0.25, 0.0, errors)
    found = with_wald_columns(found, "est_std", level)
    return found[found["op"].isin([*MODEL_OPERATORS, ":="])]


def r_squared(
    table: pd.DataFrame, layout: Layout, theta: Array, exo: Array | None = None
) -> pd.DataFrame:
    """Explained share of variance, 1 − S_vv / T_vv, of every variable with an incoming path.

    Returns ``variable, group (1-based), r_squared``; observed variables first. NaN where the
    residual variance is negative (lavaan gives NA there too). Checked against
    ``lavInspect(fit, "rsquare")``.
    """
    a, s, _ = layout.matrices(np.asarray(theta, float), exo)
    _, total = total_covariance(a, s)
    names = [*layout.observed, *layout.latent]
    loadings, paths = (table[table["op"] == op] for op in ("=~", "~"))
    explained = {*zip(loadings["rhs"], loadings["group"], strict=True)}
    explained |= {*zip(paths["lhs"], paths["group"], strict=True)}
    rows = []
    for g in range(layout.groups):
        for v, name in enumerate(names):
            if (name, g + 1) in explained:
                residual = s[g, v, v]
                share = 1 - residual / total[g, v, v] if residual >= 0 else np.nan
                rows.append((name, g + 1, share))
    return pd.DataFrame(rows, columns=["variable", "group", "r_squared"])
