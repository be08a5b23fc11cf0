"""Fitting a model: from text and data to a ``Fit``."""

import warnings as python_warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.exceptions import (
    DataWarning,
    ModelError,
    NotConvergedWarning,
    NotIdentifiedError,
    WorkbenchWarning,
    nearest,
)
from workbench.sem import semopy_engine
from workbench.sem.assessment import Options, Problem
from workbench.sem.frame import read_frame
from workbench.sem.layout import Floats, Layout, vech_index
from workbench.sem.optimiser import estimate
from workbench.sem.parameters import Variables, parameter_table
from workbench.sem.result import Fit, free_names
from workbench.sem.starts import starting_values
from workbench.sem.syntax import ModelSyntax, parse

ESTIMATORS = ("ML", "MLR", "MLM", "ULS", "GLS")
MISSING = ("listwise", "fiml")
ENGINES = ("workbench", "semopy")

# Largest N g' I^-1 g, the squared distance to the optimum in standard errors, at which another
# engine's result is taken for the optimum.
_NEAR = 1e-4


def fit(
    model: str,
    data: pd.DataFrame,
    estimator: str = "ML",
    missing: str = "listwise",
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    cluster: str | None = None,
    weights: str | None = None,
    std_lv: bool = False,
    bounds: str | None = None,
    engine: str | None = None,
) -> Fit:
    """Fit a structural equation model; like lavaan's ``sem(model, data, …)``.

    Parameters
    ----------
    model
        lavaan's syntax (see ``syntax``); defaults are those of ``sem()`` (see ``parameters``).
    data
        One row per respondent or unit.
    estimator
        ``"ML"``; ``"MLR"`` (Huber–White errors, Yuan–Bentler test); ``"MLM"`` (Satorra–Bentler);
        ``"ULS"``; ``"GLS"``.
    missing
        ``"listwise"`` leaves rows with missing answers out and counts them; ``"fiml"`` uses every
        answer (ML and MLR).
    group, group_equal, group_partial
        Column of the groups; kinds of parameters that are equal in all groups (``"loadings"``,
        ``"intercepts"``, …); single parameters that are not.
    cluster, weights
        Columns of clusters (robust errors and test) and of sampling weights.
    std_lv
        Identify latent variables by unit variance instead of a first loading of 1.
    bounds
        ``"standard"`` keeps variances and loadings within what the data allow.
    engine
        ``"workbench"`` (default) or ``"semopy"``, which replaces the estimation of the parameters
        alone: errors, tests and measures are always the workbench's own.

    Raises
    ------
    ModelSyntaxError, ModelError, DataError, TooFewRowsError, SingularCovarianceError,
    NotIdentifiedError
        Each says where, what, and what to do.

    Warns
    -----
    NotConvergedWarning, ImproperSolutionWarning
        Also listed in ``Fit.warnings``, with what was left out of the data.
    """
    options = _options(
        estimator, missing, group, group_equal, group_partial, cluster, weights, std_lv, bounds,
        engine,
    )  # fmt: skip
    syntax = parse(model)
    names = Variables.of(syntax.relations)
    frame = read_frame(
        data,
        names.observed,
        names.exogenous,
        latent=names.latent,
        missing=missing,
        group=group,
        cluster=cluster,
        weights=weights,
    )
    table = _table(syntax, options, len(frame.groups))
    layout = Layout.from_table(table, names.observed, names.latent)
    problem = Problem(table, layout, options, frame.groups, frame.sample)
    return _solved(syntax, problem, frame.notes)


def _options(
    estimator: str,
    missing: str,
    group: str | None,
    group_equal: Sequence[str],
    group_partial: Sequence[str],
    cluster: str | None,
    weights: str | None,
    std_lv: bool,
    bounds: str | None,
    engine: str | None,
) -> Options:
    for what, value, known in (
        ("estimator", estimator, ESTIMATORS),
        ("missing", missing, MISSING),
        ("bounds", bounds, (None, "standard")),
        ("engine", engine, (None, *ENGINES)),
    ):
        if value not in known:
            words = [str(option) for option in known]
            raise ModelError(
                f"{what}={value!r} is not known; choose from {', '.join(words)}."
                f"{nearest(str(value), words)}"
            )
    return Options(
        estimator,
        missing,
        group,
        tuple(group_equal),
        tuple(group_partial),
        cluster,
        weights,
        std_lv,
        bounds,
        engine or "workbench",
    )


def _table(syntax: ModelSyntax, options: Options, groups: int) -> pd.DataFrame:
    return parameter_table(
        syntax,
        groups,
        mean_structure=groups > 1 or options.missing == "fiml" or options.cluster is not None,
        std_lv=options.std_lv,
        # lavaan estimates the covariates' moments under least squares.
        fixed_x=options.discrepancy == "ML",
        group_equal=options.group_equal,
        group_partial=options.group_partial,
    )


@dataclass(frozen=True)
class _Optimum:
    theta: Floats
    fmin: float
    converged: bool
    message: str
    iterations: int


def _solved(syntax: ModelSyntax, problem: Problem, notes: Sequence[WorkbenchWarning]) -> Fit:
    check_identified(problem)
    optimum = _by_semopy(problem) if problem.options.engine == "semopy" else _own(problem)
    said = list(notes)
    if not optimum.converged:
        said.append(NotConvergedWarning(optimum.message))
    result = Fit(
        model=syntax.text,
        problem=problem,
        theta=optimum.theta,
        fmin=optimum.fmin,
        converged=optimum.converged,
        message=optimum.message,
        iterations=optimum.iterations,
        notes=tuple(said),
    )
    for warning in result.warnings:
        if not isinstance(warning, DataWarning):
            python_warnings.warn(warning, stacklevel=3)
    return result


def _own(problem: Problem) -> _Optimum:
    options = problem.options
    solution = estimate(
        problem.layout,
        problem.data,
        options.discrepancy,
        options.bounds,
        constraints=problem.constraints or None,
    )
    return _Optimum(
        solution.theta[0],
        float(solution.fmin[0]),
        bool(solution.converged[0]),
        solution.message[0],
        int(solution.iterations[0]),
    )


def _by_semopy(problem: Problem) -> _Optimum:
    options = problem.options
    reason = semopy_engine.unsupported(
        problem.table, options.estimator, problem.missing, len(problem.groups)
    )
    if reason:
        raise ModelError(f"{reason} Fit with engine='workbench'.")
    found = semopy_engine.solve(problem.table, problem.layout, problem.moments)
    fmin, distance = distance_to_optimum(problem, found.theta)
    near = distance < _NEAR
    return _Optimum(
        found.theta,
        fmin,
        near,
        ""
        if near
        else f"semopy says {found.message!r}, but the gradient there is not zero: the estimates "
        f"are {np.sqrt(distance):.2g} standard errors from the optimum.",
        0,
    )


def distance_to_optimum(problem: Problem, theta: Floats) -> tuple[float, float]:
    """Return f and the score statistic N g' I⁻¹ g at theta: 0 at an optimum, else about the squared
    distance to it in standard errors."""
    at = problem.objective.evaluate(theta[None])
    if not np.isfinite(at.value[0]):
        return float("inf"), float("inf")
    step = np.linalg.lstsq(at.curvature[0], at.gradient[0], rcond=None)[0]
    return float(at.value[0]), float(problem.objective.total[0] * (at.gradient[0] @ step))


def check_identified(problem: Problem) -> None:
    """Raise NotIdentifiedError where some parameters move together without moving the moments.

    The rank of d[mu, vech Sigma]/d theta is the same at almost every theta; it is judged near the
    starting values, with a fixed disturbance so that no special point hides or feigns a deficit.
    """
    layout = problem.layout
    if problem.df < 0:
        raise NotIdentifiedError(
            f"The model has {layout.n_free} free parameters but only "
            f"{layout.n_free + problem.df} sample moments; fix or remove at least {-problem.df}."
        )
    start = starting_values(layout, problem.moments)[0]
    noise = np.random.default_rng(20051005).uniform(0.8, 1.2, layout.n_free)
    theta = np.where(start == 0, 0.1 * noise, start * noise)
    # In units of the items' standard deviations, so that scale plays no part.
    spread = np.sqrt(np.diagonal(problem.moments.cov, axis1=-2, axis2=-1))
    lower, upper = vech_index(len(layout.observed))
    unit = np.concatenate([spread, spread[:, lower] * spread[:, upper]], axis=1)
    jacobian = layout.jacobian(layout.implied(theta, problem.exo)) / unit[..., None]
    flat = jacobian.reshape(-1, layout.n_free)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=0), 1e-300)
    _, size, axes = np.linalg.svd(flat, full_matrices=True)
    size = np.concatenate([size, np.zeros(layout.n_free - len(size))])
    null = axes[size < 1e-8 * size[0]]
    if not len(null):
        return
    weight = np.abs(null).max(axis=0)
    names = free_names(problem.table, len(problem.groups))
    involved = [names[i] for i in np.flatnonzero(weight > 1e-4)]
    raise NotIdentifiedError(
        f"The model is not identified: {_list(involved)} can change together without changing "
        f"what the model says about the data. Fix {len(null)} of them, or set some equal.",
        involved,
    )


def _list(names: Sequence[str], most: int = 8) -> str:
    shown = list(names[:most])
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{rest} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
