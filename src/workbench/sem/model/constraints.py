"""General constraints among parameters: ``==``, ``<`` and ``>`` over labels.

Equal labels share one number in the parameter table and never come here. What does are
expressions such as ``a == 2 * b`` or ``a * b > 0``: differences c(theta) of their two sides,
differentiated exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from workbench.errors import ModelError
from workbench.sem.model.effects import Definitions, label_rows
from workbench.sem.model.expressions import (
    Expression,
    Name,
    Number,
    Operation,
    fold,
    names_in,
    value_and_partials,
)
from workbench.sem.model.layout import Floats, Integers
from workbench.sem.model.syntax import parse_expression

Sides = tuple[Expression, Expression]

INFEASIBLE = 2
"""What ``scipy.optimize.linprog`` calls a problem without a solution."""


@dataclass(frozen=True, eq=False)
class Constraints:
    """c(theta) = 0 for ``equal`` and c(theta) >= 0 for ``positive``.

    Each is a pair of expressions (left, right); c is left - right. ``labels`` maps labels to free
    parameters (from 0), ``definitions`` what ``:=`` adds, in an order in which they can be
    computed, ``size`` is k. ``written`` is the text of each of ``positive``.

    An inequality that holds with equality at the optimum is *active*. As in lavaan (0.6-14, checked
    with ``sem(model with "a > b")``) errors and scaled tests take it for an equality there, and no
    inequality, active or not, changes the degrees of freedom. So errors are those given that the
    limit is reached, and too small for a parameter of which the sample only happens to lie beyond
    it; and the p value of chi-square is too small, for the right distribution is a mixture of
    chi-squares with up to as many more degrees of freedom as inequalities are active [1]_, whose
    weights lavaan does not compute. lavaan leaves out the error of a single parameter held at its
    limit; here it is 0.

    References
    ----------
    .. [1] Shapiro, A. (1985). Asymptotic distribution of test statistics in the analysis of moment
       structures under inequality constraints. Biometrika, 72, 133-144.
    """

    equal: tuple[Sides, ...]
    positive: tuple[Sides, ...]
    labels: Mapping[str, int]
    definitions: Mapping[str, Expression]
    size: int
    written: tuple[str, ...] = ()

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> "Constraints":
        """Rows ``==``, ``<`` and ``>`` of a parameter table."""
        labels: dict[str, int] = {}
        definitions: dict[str, Expression] = {}
        free, fixed = table["free"].tolist(), table["fixed"].tolist()
        for label, row in label_rows(table).items():
            if free[row] > 0:
                labels[label] = int(free[row]) - 1
            else:
                definitions[label] = Number(float(fixed[row]))
        definitions |= Definitions.from_table(table).expressions
        equal, positive, written_out = [], [], []
        for lhs, op, rhs in zip(
            *(table[name].tolist() for name in ("lhs", "op", "rhs")), strict=True
        ):
            if op not in ("==", "<", ">"):
                continue
            sides = parse_expression(lhs), parse_expression(rhs)
            if op == "==":
                equal.append(sides)
            else:
                positive.append(sides if op == ">" else sides[::-1])
                written_out.append(f"{lhs} {op} {rhs}")
        size = max(free)
        found = cls(tuple(equal), tuple(positive), labels, definitions, size, tuple(written_out))
        found = replace(found, equal=found._independent())._of_parameters()
        found._require_possible()
        return found

    def __bool__(self) -> bool:
        return bool(self.equal or self.positive)

    def _independent(self) -> tuple[Sides, ...]:
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

    def _of_parameters(self) -> "Constraints":
        """Without the inequalities of fixed parameters alone.

        Raises
        ------
        ModelError
            One of them does not hold.
        """
        if not self.positive:
            return self
        rows = [row for row, sides in enumerate(self.positive) if self._degree(sides) > 0]
        value, _ = self.inequalities(np.ones(self.size))
        for row in set(range(len(value))) - set(rows):
            if not value[row] >= 0:
                raise ModelError(
                    f"The constraint {self.written[row]} does not hold for the values at which "
                    "its parameters are fixed."
                )
        return replace(
            self,
            positive=tuple(self.positive[row] for row in rows),
            written=tuple(self.written[row] for row in rows),
        )

    def _require_possible(self) -> None:
        """Raise ModelError where no values of the parameters meet all linear constraints."""
        if not self.positive:
            return
        nothing = np.zeros(self.size)
        linear = []
        for sides in (self.equal, self.positive):
            straight = tuple(pair for pair in sides if self._degree(pair) < 2)
            c, slope = self._differences(straight, nothing)
            linear.append((slope, -c))
        (equal, values), (above, limits) = linear
        found = linprog(
            nothing, A_ub=-above, b_ub=-limits, A_eq=equal, b_eq=values, bounds=(None, None)
        )
        if found.status == INFEASIBLE:
            raise ModelError(
                f"The constraints {', '.join(self.written)} contradict each other or the "
                "equalities: no values of the parameters meet them all."
            )

    def equalities(self, theta: Floats) -> tuple[Floats, Floats]:
        """c (r,) and its Jacobian (r, k) of the equality constraints at theta (k,)."""
        return self._differences(self.equal, theta, self._straight[0])

    def inequalities(self, theta: Floats) -> tuple[Floats, Floats]:
        """c (r,) and its Jacobian (r, k) of the inequality constraints at theta (k,)."""
        return self._differences(self.positive, theta, self._straight[1])

    def unmet(self, theta: Floats) -> list[str]:
        """The constraints, as written, that do not hold at theta (k,)."""
        texts, found = [f"{left} == {right}" for left, right in self.equal], []
        for values, names in (
            (-np.abs(self.equalities(theta)[0]), texts),
            (self.inequalities(theta)[0], self.written),
        ):
            found += [names[row] for row in np.flatnonzero(~(values >= -1e-6))]
        return found

    def active(self, theta: Floats) -> Integers:
        """Positions of the inequalities that hold with equality at theta (k,)."""
        value, jacobian = self.inequalities(theta)
        size = np.linalg.norm(jacobian * np.maximum(1.0, np.abs(theta)), axis=1)
        return np.flatnonzero(np.abs(value) <= 1e-7 * np.maximum(size, 1e-300))

    def _held(self, theta: Floats) -> tuple[Integers, Floats]:
        """Places and Jacobian (r, k) of the equalities and of the active inequalities.

        Places count equalities, then inequalities. An inequality whose slope follows from those
        before it is left out.
        """
        slopes = list(self.equalities(theta)[1])
        places = list(range(len(slopes)))
        inequalities = self.inequalities(theta)[1]
        for row in self.active(theta):
            if _unexplained(inequalities[row], slopes):
                slopes.append(inequalities[row])
                places.append(len(self.equal) + row)
        return np.array(places, dtype=np.int64), np.array(slopes).reshape(-1, self.size)

    def active_jacobian(self, theta: Floats) -> Floats:
        """Independent rows (r, k) of the Jacobian of what holds with equality at theta (k,)."""
        return self._held(theta)[1]

    def multipliers(self, theta: Floats, gradient: Floats, free: NDArray[np.bool_]) -> Floats:
        """Lagrange multipliers of the equalities, then of the inequalities, at an optimum (k,).

        The gradient (k,) of what is minimised is their combination of the constraints' slopes, for
        the parameters that no bound holds (``free``, (k,)).
        """
        places, slopes = self._held(theta)
        out = np.zeros(len(self.equal) + len(self.positive))
        out[places] = np.linalg.lstsq(slopes[:, free].T, gradient[free], rcond=None)[0]
        return out

    def curvature(self, theta: Floats, multipliers: Floats) -> Floats:
        """Second derivatives times their multipliers, summed (k, k).

        ``multipliers`` are those of the equalities, then of the inequalities. The derivatives are
        central differences of the exact first ones.
        """
        out = np.zeros((self.size, self.size))
        if not multipliers.any() or self.straight:
            return out
        for j, size in enumerate(1e-5 * np.maximum(1.0, np.abs(theta))):
            step = size * np.eye(self.size)[j]
            ahead, behind = (
                np.vstack([self.equalities(at)[1], self.inequalities(at)[1]])
                for at in (theta + step, theta - step)
            )
            out[j] = multipliers @ (ahead - behind) / (2.0 * size)
        return 0.5 * (out + out.T)

    @property
    def straight(self) -> bool:
        """Whether every constraint is linear in the parameters, or there is none."""
        return None not in self._straight

    def _degree(self, sides: Sides) -> int:
        """0 of constants, 1 of what is linear in the parameters, 2 of anything else, as written."""
        degrees: dict[str, int] = dict.fromkeys(self.labels, 1)
        for name, expression in self.definitions.items():
            degrees[name] = _degree(expression, degrees)
        return max(_degree(side, degrees) for side in sides)

    @cached_property
    def _straight(self) -> tuple[tuple[Floats, Floats] | None, ...]:
        """c and Jacobian at theta = 0 of equalities and of inequalities; None with a curved one."""
        return tuple(
            None
            if max(map(self._degree, sides), default=0) > 1
            else self._differences(sides, np.zeros(self.size))
            for sides in (self.equal, self.positive)
        )

    @cached_property
    def _units(self) -> dict[str, Floats]:
        eye = np.eye(self.size)
        return {name: eye[i] for name, i in self.labels.items()}

    def _differences(
        self,
        sides: tuple[Sides, ...],
        theta: Floats,
        straight: tuple[Floats, Floats] | None = None,
    ) -> tuple[Floats, Floats]:
        if straight is not None:
            return straight[0] + straight[1] @ theta, straight[1]
        values = {name: np.asarray(theta[i]) for name, i in self.labels.items()}
        slopes = dict(self._units)
        for name, expression in self._needed(sides).items():
            values[name], slopes[name] = self._chained(expression, values, slopes)
        c, jacobian = np.empty(len(sides)), np.empty((len(sides), self.size))
        for row, (left, right) in enumerate(sides):
            at_left, by_left = self._chained(left, values, slopes)
            at_right, by_right = self._chained(right, values, slopes)
            c[row], jacobian[row] = at_left - at_right, by_left - by_right
        return c, jacobian

    def _needed(self, sides: tuple[Sides, ...]) -> dict[str, Expression]:
        """The definitions that the sides name, or that those are made of, in their order.

        Others need not have a value: ``share := indirect / total`` has none at theta = 0.
        """
        named = {name for pair in sides for side in pair for name in names_in(side)}
        for name in reversed(list(self.definitions)):
            if name in named:
                named.update(names_in(self.definitions[name]))
        return {name: self.definitions[name] for name in self.definitions if name in named}

    def _chained(
        self, expression: Expression, values: Mapping[str, Floats], slopes: Mapping[str, Floats]
    ) -> tuple[Floats, Floats]:
        value, partials = value_and_partials(expression, values)
        slope = np.zeros(self.size)
        for name, partial in partials.items():
            slope = slope + partial * slopes[name]
        return value, slope


def _degree(expression: Expression, degrees: Mapping[str, int]) -> int:
    def combined(node: Expression, parts: Sequence[int]) -> int:
        if isinstance(node, Number):
            return 0
        if isinstance(node, Name):
            return degrees[node.name]
        if not any(parts):
            return 0
        if isinstance(node, Operation) and (len(parts) == 1 or node.operator in "+-"):
            return max(parts)
        if isinstance(node, Operation) and node.operator == "*":
            return min(sum(parts), 2)
        if isinstance(node, Operation) and node.operator == "/" and not parts[1]:
            return parts[0]
        return 2

    return fold(expression, combined)


def _unexplained(slope: Floats, rows: list[Floats]) -> bool:
    """Whether a slope (k,) is more than a combination of others, but for rounding."""
    left = slope
    if rows:
        others = np.array(rows).T
        left = slope - others @ np.linalg.lstsq(others, slope, rcond=None)[0]
    return bool(np.linalg.norm(left) > 1e-9 * np.linalg.norm(slope))


def _combination(
    c: Floats, jacobian: Floats, row: int, kept: list[int]
) -> tuple[Floats, float] | None:
    """Weights (kept,) that make a row's slope of the kept ones', and what its value leaves over."""
    weights = np.linalg.lstsq(jacobian[kept].T, jacobian[row], rcond=None)[0]
    unexplained = jacobian[row] - weights @ jacobian[kept]
    if np.linalg.norm(unexplained) > 1e-9 * max(1.0, float(np.linalg.norm(jacobian[row]))):
        return None
    return weights, float(c[row] - weights @ c[kept])
