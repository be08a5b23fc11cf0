"""General constraints among parameters: ``==``, ``<`` and ``>`` over labels.

Equal labels share one number in the parameter table and never come here. What does are
expressions such as ``a == 2 * b`` or ``a * b > 0``: differences c(theta) of their two sides,
differentiated exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.sem.expressions import (
    Expression,
    evaluation_order,
    parse_expression,
    value_and_partials,
)
from workbench.sem.layout import Floats


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
        free = table[(table["free"] > 0) & (table["label"].fillna("") != "")]
        labels = {str(r.label): int(r.free) - 1 for r in free.itertuples()}
        written = table[table["op"] == ":="]
        parsed = {str(r.lhs): parse_expression(str(r.rhs)) for r in written.itertuples()}
        definitions = {name: parsed[name] for name in evaluation_order(parsed, labels)}
        equal, positive = [], []
        for row in table[table["op"].isin(["==", "<", ">"])].itertuples():
            sides = parse_expression(str(row.lhs)), parse_expression(str(row.rhs))
            if row.op == "==":
                equal.append(sides)
            else:
                positive.append(sides if row.op == ">" else sides[::-1])
        return cls(tuple(equal), tuple(positive), labels, definitions, int(table["free"].max()))

    def __bool__(self) -> bool:
        return bool(self.equal or self.positive)

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
