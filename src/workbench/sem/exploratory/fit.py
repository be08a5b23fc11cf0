"""Fit a model with exploratory blocks: estimate it, rotate it, and take the errors along.

The model with uncorrelated factors is fitted as any other. Its factors are then turned: with
L = A T'^-1 the loadings, what the factors cause takes coefficients b T'^-1, and what causes them,
their covariances with others and their means become T' times what they were; the implied moments
stay. Loadings are rotated as those of items of variance 1.

The rotated estimates are parameters of the rotated model under the conditions that the criterion
is least (``rotation.conditions``): errors, tests and measures are those of a model with these as
equality constraints [1]_. They leave the fit as it is, so that no curvature of theirs counts.

References
----------
.. [1] Jennrich, R. I. (1974). Simplified formulae for standard errors in maximum-likelihood factor
   analysis. British Journal of Mathematical and Statistical Psychology, 27, 122-131.
"""

import warnings as python_warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import DataWarning, ModelError
from workbench.sem.exploratory.blocks import fitted_text, rotated_text
from workbench.sem.exploratory.rotation import CRITERIA, Criterion, conditions, rotated
from workbench.sem.fitting import fitted, problem_of, settled
from workbench.sem.inference import assessment
from workbench.sem.inference.assessment import Problem
from workbench.sem.known_errors import ErrorCovariance
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.expressions import Number
from workbench.sem.model.layout import Floats, Integers
from workbench.sem.model.syntax import Block, parse
from workbench.sem.options import Options
from workbench.sem.result import Fit, Source, not_offered

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Key = tuple[str, str, str]
"""``lhs, op, rhs`` of a parameter."""

_STEP = 1e-5
_SAME = 1e-6


_not_offered = partial(not_offered, "with exploratory blocks")
"""A method that says what to do in its place."""


@dataclass(frozen=True, eq=False, repr=False)
class ExploratoryFit(Fit):
    """A fitted model with rotated factors: as :class:`Fit`.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> items = "service_1 + service_2 + service_3 + trust_1 + trust_2 + trust_3"
    >>> fit = wb.sem.fit(f'efa("both")*f1 + efa("both")*f2 =~ {items}', clients)
    >>> loadings = fit.estimates.query("op == '=~'").pivot(index="rhs", columns="lhs")["std_all"]
    >>> loadings.abs().round(1).loc[["service_1", "trust_1"]].to_numpy().tolist()
    [[0.8, 0.0], [0.0, 0.9]]
    """

    _anew = "Write the new model and fit it by sem.fit(model, data)."
    refit = _not_offered("refit", _anew)
    explore = _not_offered("explore", _anew)
    bootstrap = _not_offered(
        "bootstrap", "estimator='MLR' gives errors that do not rest on normal answers."
    )
    modification_indices = _not_offered("modification_indices", "See residuals().")
    crosscheck = _not_offered("crosscheck", "semopy has no rotation.")
    to_mplus = _not_offered("to_mplus", "Mplus writes blocks as F1-F2 BY x1-x6 (*1).")
    to_lavaan = _not_offered(
        "to_lavaan", "lavaan reads the model as it is: sem(model, data, rotation = …)."
    )


@dataclass(frozen=True)
class _Place:
    """Where a block of one group stands among the free parameters.

    ``loadings`` (p, m) and ``correlations`` (m, m) number them from 0, -1 on the diagonal;
    ``items`` (p,) are positions among the observed variables.
    """

    group: int
    items: Integers
    loadings: Integers
    correlations: Integers

    def parts(self, theta: Floats, sigma: Floats) -> tuple[Floats, Floats]:
        """Loadings of items of variance 1 (p, m) and correlations (m, m) at theta (k,)."""
        scale = np.sqrt(np.diagonal(sigma[self.group])[self.items])
        phi = np.where(self.correlations < 0, 1.0, theta[self.correlations])
        return theta[self.loadings] / scale[:, None], phi


@dataclass(frozen=True, eq=False)
class RotationConstraints(Constraints):
    """The conditions under which the rotated factors are identified, as equality constraints.

    ``equal`` says how many there are, and nothing of what they are.
    """

    problem: Problem = field(kw_only=True)
    places: tuple[_Place, ...] = field(kw_only=True)
    criterion: Criterion = field(kw_only=True)
    made: dict[bytes, tuple[Floats, Floats]] = field(kw_only=True, default_factory=dict)

    def _values(self, theta: Floats) -> Floats:
        sigma = assessment.moment_pair(self.problem, theta).implied_cov
        found = [conditions(*p.parts(theta, sigma), self.criterion) for p in self.places]
        return np.concatenate(found) if found else np.zeros(0)

    def equalities(self, theta: Floats) -> tuple[Floats, Floats]:
        """The conditions (r,) and their Jacobian (r, k), by central differences."""
        key = theta.tobytes()
        if key not in self.made:
            self.made[key] = self._values(theta), self._slopes(theta)
        return self.made[key]

    def _slopes(self, theta: Floats) -> Floats:
        jacobian = np.empty((len(self.equal), self.size))
        for j, size in enumerate(_STEP * np.maximum(1.0, np.abs(theta))):
            step = size * np.eye(self.size)[j]
            ahead, behind = self._values(theta + step), self._values(theta - step)
            jacobian[:, j] = (ahead - behind) / (2.0 * size)
        return jacobian

    @property
    def straight(self) -> bool:
        """They take nothing from the fit, so that their curvature does not count."""
        return True


def fit_blocks(
    model: str, data: "IntoFrame", options: Options, error: ErrorCovariance | None, warn: bool
) -> ExploratoryFit:
    """Fit a model with exploratory blocks: see :func:`workbench.sem.fit`.

    Raises
    ------
    ModelError
        Factors of a block have other items, or other paths, than each other; equal groups or
        constraints, which would tie what is rotated; or another engine.
    """
    syntax = parse(model)
    if syntax.equalities or syntax.inequalities or options.group_equal:
        raise ModelError(
            "Exploratory blocks go with neither group_equal= nor ==, < and >, which would hold "
            "while their factors are turned; leave them out."
        )
    if options.engine == "semopy":
        raise ModelError("semopy has no rotation; fit blocks with engine='workbench'.")
    fit = fitted(fitted_text(syntax), data, options, error, warn=False)
    problem, theta = fit.problem, fit.theta
    if fit.converged:
        problem, theta = _turned(fit, rotated_text(syntax), syntax.blocks)
    shared = {
        one.name: getattr(fit, one.name)
        for one in fields(Fit)
        if one.name not in ("model", "problem", "theta", "source")
    }
    again = partial(fit_blocks, data=data, options=options, error=error)
    source = Source(again, fit.source.notes if fit.source else ())
    found = ExploratoryFit(model=model, problem=problem, theta=theta, source=source, **shared)
    for warning in found.warnings if warn else ():
        if not isinstance(warning, DataWarning):
            python_warnings.warn(warning, stacklevel=3)
    return found


def _turned(fit: Fit, text: str, blocks: Sequence[Block]) -> tuple[Problem, Floats]:
    """The problem of the rotated model and its estimates (k,)."""
    before = fit.problem
    statistics = None if before.ordinal is None else before.ordinal.groups
    after = problem_of(text, before.options, before.groups, before.data, statistics, rotated=True)
    criterion = CRITERIA[before.options.rotation]
    sigma = assessment.moment_pair(before, fit.theta).implied_cov
    values = _values(before.table, fit.theta, len(before.groups))
    for own, cov in zip(values, sigma, strict=True):
        scale = dict(zip(before.layout.observed, np.sqrt(np.diagonal(cov)), strict=True))
        for block in blocks:
            _turn(own, block, scale, criterion)
    theta = np.zeros(after.layout.n_free)
    for row in after.table[after.table["free"] > 0].itertuples():
        theta[row.free - 1] = values[row.group - 1][_key(row.lhs, row.op, row.rhs)]
    places = tuple(
        _place(after, group, block) for group in range(len(before.groups)) for block in blocks
    )
    count = sum(len(p.correlations) * (len(p.correlations) - 1) for p in places)
    nothing = (Number(0.0), Number(0.0))
    after = replace(
        after,
        constraints=RotationConstraints(
            equal=(nothing,) * count,
            positive=(),
            labels=after.constraints.labels,
            definitions=after.constraints.definitions,
            size=len(theta),
            problem=after,
            places=places,
            criterion=criterion,
        ),
    )
    _require_same(before, fit.theta, after, theta, blocks)
    return settled(after, theta), theta


def _key(lhs: str, op: str, rhs: str) -> Key:
    return (lhs, op, rhs) if op != "~~" or lhs <= rhs else (rhs, op, lhs)


def _values(table: pd.DataFrame, theta: Floats, groups: int) -> list[dict[Key, float]]:
    """The values of all parameters of each group."""
    found: list[dict[Key, float]] = [{} for _ in range(groups)]
    for row in table[table["group"] > 0].itertuples():
        value = theta[row.free - 1] if row.free > 0 else row.fixed
        found[row.group - 1][_key(row.lhs, row.op, row.rhs)] = float(value)
    return found


def _turn(
    values: dict[Key, float], block: Block, scale: Mapping[str, float], criterion: Criterion
) -> None:
    """Turn the factors of a block, with all that stands beside them in one group's ``values``."""
    own = block.factors
    items = dict.fromkeys(rhs for lhs, op, rhs in values if op == "=~" and lhs in own)
    loadings = np.array([[values[f, "=~", item] for f in own] for item in items])
    sizes = np.array([scale[item] for item in items])
    turn = rotated(loadings / sizes[:, None], criterion)
    outward = np.linalg.inv(turn).T
    for item, row in zip(items, loadings @ outward, strict=True):
        values |= {(f, "=~", item): float(one) for f, one in zip(own, row, strict=True)}
    correlations = turn.T @ turn
    for i, factor in enumerate(own):
        for j, other in enumerate(own[:i]):
            values[_key(factor, "~~", other)] = float(correlations[i, j])
    caused = dict.fromkeys(lhs for lhs, op, rhs in values if op == "~" and rhs in own)
    for name in caused:
        row = np.array([values.get((name, "~", f), 0.0) for f in own]) @ outward
        values |= {(name, "~", f): float(one) for f, one in zip(own, row, strict=True)}
    for op, beside in _beside(values, own):
        column = turn.T @ np.array([values.get(_key(f, op, beside), 0.0) for f in own])
        values |= {_key(f, op, beside): float(one) for f, one in zip(own, column, strict=True)}


def _beside(values: Mapping[Key, float], own: Sequence[str]) -> list[tuple[str, str]]:
    """What causes a block's factors, covaries with them, or is their mean: operator and name."""
    found: dict[tuple[str, str], None] = {}
    for lhs, op, rhs in values:
        if op in ("~", "~1") and lhs in own:
            found[op, rhs] = None
        if op == "~~" and (lhs in own) != (rhs in own):
            found[op, rhs if lhs in own else lhs] = None
    return list(found)


def _place(problem: Problem, group: int, block: Block) -> _Place:
    table, own = problem.table, block.factors
    table = table[table["group"] == group + 1]
    free = {_key(r.lhs, r.op, r.rhs): int(r.free) - 1 for r in table.itertuples()}
    items = list(dict.fromkeys(rhs for lhs, op, rhs in free if op == "=~" and lhs in own))
    return _Place(
        group,
        np.array([problem.layout.observed.index(item) for item in items]),
        np.array([[free[f, "=~", item] for f in own] for item in items]),
        np.array([[-1 if f == g else free[_key(f, "~~", g)] for g in own] for f in own]),
    )


def _require_same(
    before: Problem, theta: Floats, after: Problem, turned: Floats, blocks: Sequence[Block]
) -> None:
    """Raise ModelError where the turned model does not imply the moments that were fitted."""
    first, second = (
        assessment.moment_pair(one, at) for one, at in ((before, theta), (after, turned))
    )
    pairs = [(first.implied_cov, second.implied_cov)]
    if first.implied_mean is not None and second.implied_mean is not None:
        pairs.append((first.implied_mean, second.implied_mean))
    if not all(np.allclose(one, other, rtol=_SAME, atol=_SAME) for one, other in pairs):
        names = ", ".join(repr(block.name) for block in blocks)
        raise ModelError(
            f"In the model the factors of a block ({names}) do not all have the same causes, "
            "effects and covariances, so they cannot be turned; write each of them for all factors "
            "of the block."
        )
