"""General constraints among parameters: ``==``, ``<`` and ``>`` over labels.

Equal labels share one number in the parameter table and never come here. What does are
expressions such as ``a == 2 * b`` or ``a * b > 0``: differences c(theta) of their two sides,
differentiated exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.exceptions import ModelError
from workbench.sem.model.effects import label_rows
from workbench.sem.model.expressions import (
    Expression,
    Number,
    evaluation_order,
    parse_expression,
    value_and_partials,
)
from workbench.sem.model.layout import Floats


@dataclass(frozen=True, eq=False)
class Constraints:
    """c(theta) = 0 for ``equal`` and c(theta) >= 0 for ``positive``.

    Each is a pair of expressions (left, right); c is left - right. ``labels`` maps labels to free
    parameters (from 0), ``definitions`` what ``:=`` adds, in an order in which they can be
    computed, ``size`` is k.
    """

    equal: tuple[tuple[Expression, Expression], ...]
    positive: tuple[tuple[Expression, Expression], ...]
    labels: Mapping[str, int]
    definitions: Mapping[str, Expression]
    size: int

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> "Constraints":
        """Rows ``==``, ``<`` and ``>`` of a parameter table."""
        labels: dict[str, int] = {}
        definitions: dict[str, Expression] = {}
        for label, row in label_rows(table).items():
            free, fixed = table["free"].iloc[row], table["fixed"].iloc[row]
            if free > 0:
                labels[label] = int(free) - 1
            else:
                definitions[label] = Number(float(fixed))
        written = table[table["op"] == ":="]
        parsed = {str(r.lhs): parse_expression(str(r.rhs)) for r in written.itertuples()}
        order = evaluation_order(parsed, [*labels, *definitions])
        definitions |= {name: parsed[name] for name in order}
        equal, positive = [], []
        for row in table[table["op"].isin(["==", "<", ">"])].itertuples():
            sides = parse_expression(str(row.lhs)), parse_expression(str(row.rhs))
            if row.op == "==":
                equal.append(sides)
            else:
                positive.append(sides if row.op == ">" else sides[::-1])
        size = int(table["free"].max())
        written_out = cls(tuple(equal), tuple(positive), labels, definitions, size)
        return replace(written_out, equal=written_out._independent())

    def __bool__(self) -> bool:
        return bool(self.equal or self.positive)

    def _independent(self) -> tuple[tuple[Expression, Expression], ...]:
        """The equalities without those that follow from the ones before them.

        One follows if its slope and its value are the same combination of theirs at any theta.

        Raises
        ------
        ModelError
            One that contradicts those before it.
        """
        draw = np.random.default_rng(19580801)
        at = [self.equalities(draw.uniform(0.5, 1.5, self.size)) for _ in range(2)]
        kept: list[int] = []
        for row, (left, right) in enumerate(self.equal):
            combined = [_combination(c, jacobian, row, kept) for c, jacobian in at]
            if any(one is None for one in combined):
                kept.append(row)
                continue
            (first, left_over), (second, other) = (one for one in combined if one is not None)
            if not np.allclose(first, second) or not np.isclose(left_over, other, atol=1e-9):
                kept.append(row)
            elif abs(left_over) > 1e-9:
                raise ModelError(
                    f"The constraint {left} == {right} contradicts the other constraints: no "
                    "values of the parameters meet them all."
                )
        return tuple(self.equal[row] for row in kept)

    def equalities(self, theta: Floats) -> tuple[Floats, Floats]:
        """c (r,) and its Jacobian (r, k) of the equality constraints at theta (k,)."""
        return self._differences(self.equal, theta)

    def inequalities(self, theta: Floats) -> tuple[Floats, Floats]:
        """c (r,) and its Jacobian (r, k) of the inequality constraints at theta (k,)."""
        return self._differences(self.positive, theta)

    def active_jacobian(self, theta: Floats) -> Floats:
        """Jacobian (r, k) of the equalities and of the inequalities that hold with equality."""
        value, jacobian = self.inequalities(theta)
        size = np.linalg.norm(jacobian * np.maximum(1.0, np.abs(theta)), axis=1)
        held = np.abs(value) <= 1e-7 * np.maximum(size, 1e-300)
        return np.vstack([self.equalities(theta)[1], jacobian[held]])

    def _differences(
        self, sides: tuple[tuple[Expression, Expression], ...], theta: Floats
    ) -> tuple[Floats, Floats]:
        values = {name: np.asarray(theta[i]) for name, i in self.labels.items()}
        slopes = {name: np.eye(self.size)[i] for name, i in self.labels.items()}
        for name, expression in self.definitions.items():
            values[name], slopes[name] = self._chained(expression, values, slopes)
        c, jacobian = np.empty(len(sides)), np.empty((len(sides), self.size))
        for row, (left, right) in enumerate(sides):
            at_left, by_left = self._chained(left, values, slopes)
            at_right, by_right = self._chained(right, values, slopes)
            c[row], jacobian[row] = at_left - at_right, by_left - by_right
        return c, jacobian

    def _chained(
        self, expression: Expression, values: Mapping[str, Floats], slopes: Mapping[str, Floats]
    ) -> tuple[Floats, Floats]:
        value, partials = value_and_partials(expression, values)
        slope = np.zeros(self.size)
        for name, partial in partials.items():
            slope = slope + partial * slopes[name]
        return value, slope


def _combination(
    c: Floats, jacobian: Floats, row: int, kept: list[int]
) -> tuple[Floats, float] | None:
    """Weights (kept,) that make a row's slope of the kept ones', and what its value leaves over."""
    weights = np.linalg.lstsq(jacobian[kept].T, jacobian[row], rcond=None)[0]
    unexplained = jacobian[row] - weights @ jacobian[kept]
    if np.linalg.norm(unexplained) > 1e-9 * max(1.0, float(np.linalg.norm(jacobian[row]))):
        return None
    return weights, float(c[row] - weights @ c[kept])
