"""Defined parameters (``:=``): their values and delta-method standard errors.

For a definition g(θ) the estimate is g(θ̂) and its variance ∇g' V ∇g with V the covariance of θ̂
(Sobel 1982; Oehlert 1992). Gradients are exact: a definition is differentiated by the labels in it
(see ``expressions``), a label by the parameters, and definitions that use other definitions by the
chain rule.

References
----------
1. Sobel, M. E. (1982). Asymptotic confidence intervals for indirect effects in structural
   equation models. Sociological Methodology, 13, 290–312.
2. Oehlert, G. W. (1992). A note on the delta method. The American Statistician, 46, 27–29.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from workbench.sem.model.expressions import (
    Expression,
    evaluate,
    evaluation_order,
    value_and_partials,
)
from workbench.sem.model.syntax import parse_expression

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Definitions:
    """The ``:=`` rows of a parameter table.

    Attributes
    ----------
    names
        Defined names in the order of the table.
    expressions
        Name → expression, in an order in which each uses only labels and earlier names.
    """

    names: tuple[str, ...]
    expressions: Mapping[str, Expression]

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> Definitions:
        """Read the ``:=`` rows; raises ModelError for a circular one or an unknown label."""
        columns = (table[name].tolist() for name in ("lhs", "op", "rhs"))
        written = [(lhs, rhs) for lhs, op, rhs in zip(*columns, strict=True) if op == ":="]
        ordered = expressions_of(tuple(written), tuple(label_rows(table)))
        return cls(tuple(name for name, _ in written), ordered)

    def values(self, labels: Mapping[str, Array]) -> Array:
        """Values (..., d) in the order of ``names``, from label values of any shape (...)."""
        known = dict(labels)
        for name, expression in self.expressions.items():
            known[name] = evaluate(expression, known)
        shape = np.broadcast_shapes(*(np.shape(value) for value in known.values()), ())
        columns = [np.broadcast_to(known[name], shape) for name in self.names]
        return np.stack(columns, axis=-1) if columns else np.zeros((*shape, 0))

    def values_and_gradients(
        self, labels: Mapping[str, ArrayLike], gradients: Mapping[str, Array], k: int
    ) -> tuple[Array, Array]:
        """Values (..., d) and gradients (..., d, k), from every label's value and gradient (k)."""
        known, slopes = dict(labels), dict(gradients)
        for name, expression in self.expressions.items():
            value, partials = value_and_partials(expression, known)
            known[name] = value
            slope = np.zeros(k)
            for used, partial in partials.items():
                slope = slope + np.asarray(partial)[..., None] * slopes[used]
            slopes[name] = slope
        if not self.names:
            return np.zeros(0), np.zeros((0, k))
        values = np.broadcast_arrays(*(known[name] for name in self.names))
        jacobian = np.broadcast_arrays(*(slopes[name] for name in self.names))
        return np.stack(values, axis=-1).astype(float), np.stack(jacobian, axis=-2)


@lru_cache(maxsize=256)
def expressions_of(
    written: tuple[tuple[str, str], ...], labels: tuple[str, ...]
) -> Mapping[str, Expression]:
    """Names and what defines them, read, in an order in which each uses only labels and earlier
    names; raises ModelError for a circular one or an unknown label."""
    parsed = {name: parse_expression(text) for name, text in written}
    return {name: parsed[name] for name in evaluation_order(parsed, labels)}


def label_rows(table: pd.DataFrame) -> dict[str, int]:
    """Label → position of the first row that carries it, leaving ``:=``, ``==`` and bounds out."""
    rows: dict[str, int] = {}
    written = zip(table["op"].tolist(), table["label"].tolist(), strict=True)
    for position, (op, label) in enumerate(written):
        if label and op in ("=~", "~", "~~", "~1"):
            rows.setdefault(label, position)
    return rows


def label_values(table: pd.DataFrame, theta: Array) -> dict[str, Array]:
    """Label → its value (...) at theta (..., k); a fixed parameter's label has its fixed value."""
    free, fixed = table["free"].to_numpy(int), table["fixed"].to_numpy(float)
    shape = theta.shape[:-1]
    return {
        label: theta[..., free[row] - 1] if free[row] > 0 else np.full(shape, fixed[row])
        for label, row in label_rows(table).items()
    }


def defined_values(table: pd.DataFrame, theta: Array) -> Array:
    """Values (..., d) of all ``:=`` rows at theta (..., k): one vector, or replicates of one."""
    return Definitions.from_table(table).values(label_values(table, np.asarray(theta, float)))


def defined_parameters(table: pd.DataFrame, theta: Array, vcov: Array) -> pd.DataFrame:
    """Estimates and delta-method standard errors of the ``:=`` rows.

    Parameters
    ----------
    table
        Parameter table with ``lhs op rhs free fixed label``.
    theta : (k,)
    vcov : (k, k)
        Covariance of theta (of any kind: expected, observed, robust, bootstrap).

    Returns
    -------
    DataFrame with ``lhs, op, rhs, est, se``, in the order and with the index of the table's rows.

    Checked against ``parameterEstimates(fit)`` of lavaan 0.6-14.
    """
    values, jacobian = defined_jacobian(table, theta)
    found = table.loc[table["op"] == ":=", ["lhs", "op", "rhs"]].copy()
    found["est"] = values
    found["se"] = standard_errors(jacobian, vcov)
    return found


def defined_jacobian(table: pd.DataFrame, theta: Array) -> tuple[Array, Array]:
    """Values (d,) of the ``:=`` rows at theta (k,) and their derivatives (d, k)."""
    theta = np.asarray(theta, float)
    definitions, rows = Definitions.from_table(table), label_rows(table)
    free = table["free"].to_numpy(int)
    identity = np.vstack([np.zeros(theta.size), np.eye(theta.size)])
    gradients = {label: identity[free[row]] for label, row in rows.items()}
    labels = {label: float(value) for label, value in label_values(table, theta).items()}
    return definitions.values_and_gradients(labels, gradients, theta.size)


def standard_errors(jacobian: Array, vcov: Array) -> Array:
    """√diag(J V J') for J (..., rows, k); NaN where the variance is negative."""
    variances = ((jacobian @ vcov) * jacobian).sum(-1)
    with np.errstate(invalid="ignore"):
        return np.sqrt(variances)


def wald_columns(value: Array, error: Array, level: float = 0.95) -> dict[str, Array]:
    """``z, pvalue, ci_lower, ci_upper`` of estimates with standard errors.

    z = est/se with its two-sided normal p value; est ± z_{1−α/2}·se. A standard error of 0 (a fixed
    parameter) has neither z nor p.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(error > 0, value / error, np.nan)
    half = special.ndtri(0.5 + level / 2) * error
    return {
        "z": z,
        "pvalue": 2 * special.ndtr(-np.abs(z)),
        "ci_lower": value - half,
        "ci_upper": value + half,
    }


def with_wald_columns(
    frame: pd.DataFrame, estimate: str = "est", level: float = 0.95
) -> pd.DataFrame:
    """Add ``wald_columns`` to a frame that has an estimate and ``se``."""
    value, error = frame[estimate].to_numpy(float), frame["se"].to_numpy(float)
    return frame.assign(**wald_columns(value, error, level))
