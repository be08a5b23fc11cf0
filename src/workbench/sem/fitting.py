"""Fitting a model: from text and data to a ``Fit``."""

import warnings as python_warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.costly import contents, made
from workbench.errors import (
    DataError,
    DataWarning,
    ModelError,
    NotIdentifiedError,
    WorkbenchWarning,
)
from workbench.sem.collection import Fits
from workbench.sem.estimation import many, semopy_engine
from workbench.sem.estimation.frame import (
    Frame,
    Means,
    check_latent,
    columns_of,
    numbered,
    read_frame,
    read_moments,
)
from workbench.sem.estimation.moments import Moments, Sample
from workbench.sem.estimation.optimiser import Solution, estimate, optimum
from workbench.sem.inference.assessment import Problem
from workbench.sem.inference.robust import degrees_of_freedom
from workbench.sem.inference.rows import Rows
from workbench.sem.known_errors import ErrorCovariance
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.expressions import canonical, quoted_where_needed
from workbench.sem.model.layout import COVARIANCE, Floats, Layout
from workbench.sem.model.levels import has_levels
from workbench.sem.model.parameters import Defaults, Variables, parameter_table, variables
from workbench.sem.model.syntax import parse
from workbench.sem.options import (
    OF_ROWS,
    FitOptions,
    GroupOptions,
    ModelOptions,
    Options,
    RowOptions,
    takes,
)
from workbench.sem.ordinal.estimation import Ordinal
from workbench.sem.ordinal.model import OrdinalModel
from workbench.sem.ordinal.objective import ADVICE
from workbench.sem.ordinal.reading import ordered_items, read_statistics, read_within
from workbench.sem.ordinal.resampling import fit_together
from workbench.sem.ordinal.statistics import Places, Statistics
from workbench.sem.result import Fit, Source, free_names
from workbench.tables import as_pandas
from workbench.text import listed

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

# Largest N g' I^-1 g, the squared distance to the optimum in standard errors, at which another
# engine's result is taken for the optimum.
_NEAR = 1e-4


@takes(FitOptions)
def fit(
    model: str,
    data: "IntoFrame",
    *,
    error: ErrorCovariance | None = None,
    warn: bool = True,
    **options: Unpack[FitOptions],
) -> Fit:
    """Fit a structural equation model; like lavaan's ``sem(model, data, …)``.

    Parameters
    ----------
    model
        lavaan's syntax (see ``syntax``); defaults are those of ``sem()`` (see ``parameters``).
        What ``<`` and ``>`` do to errors and test: see ``Constraints``. With ``level: 1`` and
        ``level: 2`` it is a model within and between the units of ``cluster``; where groups have
        models of their own, both stand under ``group: NAME``.
    data
        One row per respondent or unit: a data frame of pandas, polars or PyArrow. Ordered
        categories in words count as 1, 2, …; ``Fit.warnings`` names the columns.
    estimator
        ``"ML"``; ``"MLR"`` (Huber–White errors, Yuan–Bentler test); ``"MLF"`` (errors from the
        scores of rows); ``"MLM"`` (Satorra–Bentler), with the same errors ``"MLMV"`` (test
        adjusted in mean and variance by scale and shift) and ``"MLMVS"`` (by scale and degrees of
        freedom); ``"ULS"``; ``"GLS"`` (with clusters or weights their own sandwich and
        Satorra–Bentler test).
        With ordered items ``"WLSMV"``, the rule (diagonally weighted least squares, robust errors,
        mean- and variance-adjusted test); ``"ULSMV"``; ``"DWLS"`` and ``"WLS"`` with plain ones.
    missing
        ``"listwise"`` leaves rows with missing answers out and counts them; ``"fiml"`` uses every
        answer (ML, MLR and MLF); ``"pairwise"``, for ordered items, all who answered both of two.
    ordered
        Items whose answers are ordered categories: thresholds and polychoric correlations are then
        fitted (see :mod:`workbench.sem.ordinal`). ``True`` for all but observed covariates; an
        item with a threshold in the model, ``x | t1``, is ordered in any case.
    parameterization
        Of ordered items: ``"delta"``, scales are parameters; ``"theta"``, residual variances are.
    rotation
        Of exploratory blocks, ``efa("name")*f1 + efa("name")*f2 =~ x1 + …``: ``"geomin"`` or
        ``"oblimin"`` (see :mod:`workbench.sem.exploratory.rotation`).
    group, group_equal, group_partial
        Column of the groups; kinds of parameters that are equal in all groups (``"loadings"``,
        ``"intercepts"``, …); single parameters that are not.
    cluster, weights
        Columns of clusters and of sampling weights: errors and test are then robust. By
        ML, MLR, ULS and GLS.
    std_lv
        Identify latent variables by unit variance instead of a first loading of 1.
    bounds
        ``"standard"`` keeps variances and loadings within what the data allow.
    engine
        ``"workbench"`` (default) or ``"semopy"``, which replaces the estimation of the parameters
        alone: errors, tests and measures are always the workbench's own.
    error
        Known error covariance E_i of every row's values, such as that of unit means. The model is
        then fitted to the values without error, Sigma_i = Sigma + E_i, row by row (ML and MLR with
        ``missing="fiml"``); moments and measures of fit are those of Sigma.
    meanstructure
        Whether means are modelled. As a rule they are with several groups, clusters or
        ``missing="fiml"``, and where the model or ``group_equal`` speaks of intercepts. Without
        other demands they are the sample's own: the measures of fit stay, the parameters count.
    fixed_x
        Whether the moments of observed exogenous covariates are held at the sample's (the rule
        for maximum likelihood) or estimated (that for least squares and known errors). Estimated
        ones count as parameters, and the log-likelihood is of the covariates too:
        log f(y, x) in place of log f(y | x) = log f(y, x) - log f(x).
    orthogonal
        Fix the covariances of latent variables that the model does not write at 0.
    information
        Of one row, for errors and scaled tests: ``"observed"``, the second derivatives of the
        discrepancy, the rule for MLR, ``missing="fiml"`` and, by maximum likelihood, clusters and
        weights; or ``"expected"``, their expectation under the model, the rule for all else [1]_.
        ULS has no other, nor has GLS with clusters or weights.
    likelihood
        ``"normal"``, that of the rows, or ``"wishart"``, that of the covariances of complete rows
        that count alike: these have the divisor n - 1, and chi-square is (N - G) F_ML with G
        groups in the place of N F_ML [2]_. By maximum likelihood alone.
    warn
        Warn of what makes the result doubtful; it is listed in ``Fit.warnings`` in any case.

    Returns
    -------
    Fit
        Estimates, tests and measures; see :class:`Fit`.

    Raises
    ------
    ModelSyntaxError, ModelError, DataError, TooFewRowsError, SingularCovarianceError,
    NotIdentifiedError
        Each says where, what, and what to do.

    Warns
    -----
    NotConvergedWarning, ImproperSolutionWarning, ActiveConstraintWarning
        Also listed in ``Fit.warnings``, with what was left out of the data.

    References
    ----------
    .. [1] Savalei, V. (2010). Expected versus observed information in SEM with incomplete normal
       and nonnormal data. Psychological Methods, 15, 352-367.
    .. [2] Jöreskog, K. G. (1967). Some contributions to maximum likelihood factor analysis.
       Psychometrika, 32, 443-482.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> service = "service =~ service_1 + service_2 + service_3"
    >>> trust = "trust =~ trust_1 + trust_2 + trust_3"
    >>> model = f"{service}; {trust}; trust ~ service"
    >>> fit = wb.sem.fit(model, clients, estimator="MLR", missing="fiml", cluster="unit")
    >>> fit.nobs, fit.converged
    (22291, True)
    >>> link = fit.estimates.query("lhs == 'trust' and op == '~'")
    >>> link[["lhs", "op", "rhs", "est", "std_all"]].round(2)
         lhs op      rhs  est  std_all
    6  trust  ~  service  1.3     0.56
    """
    if has_levels(model):
        from workbench.sem.twolevel.fit import fit_levels  # which is about fits

        if error is not None:
            raise ModelError(
                "Known errors of the values are not offered with levels; leave error= out."
            )
        return fit_levels(model, as_pandas(data).copy(deep=False), options, warn)
    decided = _of_rows(_with_thresholds(model, dict(options)), FitOptions, error)
    if parse(model).blocks:
        from workbench.sem.exploratory.fit import fit_blocks  # which is about fits

        return fit_blocks(model, data, decided, error, warn)
    return fitted(model, data, decided, error, warn)


@takes(GroupOptions)
def growth(
    model: str,
    data: "IntoFrame",
    *,
    error: ErrorCovariance | None = None,
    warn: bool = True,
    **options: Unpack[GroupOptions],
) -> Fit:
    """Fit a growth curve model; like lavaan's ``growth(model, data, …)``.

    As :func:`fit`, but that means are modelled, those of latent variables free and the intercepts
    of observed ones 0 where the model does not write them. With loadings of 1 and of the times t
    an answer is then i + s t + e, where i and s have means, variances and a covariance [1]_.
    Parameters and errors are those of :func:`fit`. Outcomes of the curve, items of other latent
    variables and covariates with ``fixed_x=False`` are observed variables too, and their intercepts
    are 0 as well, as in lavaan, which does not say so: here a warning names them.

    Parameters
    ----------
    model, data, error, warn, options
        As in :func:`fit`.

    Returns
    -------
    Fit
        As of :func:`fit`.

    References
    ----------
    .. [1] Meredith, W., & Tisak, J. (1990). Latent curve analysis. Psychometrika, 55, 107-122.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import workbench as wb
    >>> rng = np.random.default_rng(1)
    >>> start, slope = 50 + 8 * rng.normal(size=300), 2 + rng.normal(size=300)
    >>> waves = {f"w{t}": start + slope * t + 3 * rng.normal(size=300) for t in range(4)}
    >>> line = "i =~ 1*w0 + 1*w1 + 1*w2 + 1*w3; s =~ 0*w0 + 1*w1 + 2*w2 + 3*w3"
    >>> fit = wb.sem.growth(line, pd.DataFrame(waves))
    >>> fit.estimates.query("op == '~1' and lhs in ['i', 's']")[["lhs", "est"]].round(1)
       lhs   est
    19   i  48.9
    20   s   2.1
    """
    decided = _of_rows(options, GroupOptions, error, growth=True)
    return fitted(model, data, decided, error, warn)


def _with_thresholds(model: str, words: dict[str, Any]) -> dict[str, Any]:
    """The words of a fit, in which items with thresholds in the model are ordered."""
    cut = [relation.lhs for relation in parse(model).relations if relation.op == "|"]
    named = words.get("ordered", False)
    if not cut or named is True or isinstance(named, str):
        return words
    return words | {"ordered": [*(named or ()), *cut]}


def _of_rows(
    words: Mapping[str, Any],
    kind: type,
    error: ErrorCovariance | None,
    growth: bool = False,
) -> Options:
    options = Options.of(dict(words), kind, known_errors=error is not None, growth=growth)
    if error is not None and (options.missing != "fiml" or options.engine == "semopy"):
        raise ModelError(
            "Known errors of the values need casewise estimation by the workbench's own engine; "
            "fit with missing='fiml' and without engine='semopy'."
        )
    return options


def fitted(
    model: str, data: "IntoFrame", options: Options, error: ErrorCovariance | None, warn: bool
) -> Fit:
    names = variables(model)
    data = as_pandas(data).copy(deep=False)  # what becomes of the caller's own is not refitted
    frame = read_frame(
        data,
        names.observed,
        names.exogenous if options.fixed_x else (),
        latent=names.latent,
        missing=options.missing,
        group=options.group,
        cluster=options.cluster,
        weights=options.weights,
        error=error,
        ordinal=bool(options.ordered),
    )
    notes: list[WorkbenchWarning] = list(frame.notes)
    statistics = None
    if options.ordered:
        _require_no_covariates(names, options)
        ordered = ordered_items(options.ordered, names, data.columns.tolist())
        statistics, noted = read_statistics(
            frame.sample, names.observed, ordered, frame.groups, options.estimator
        )
        notes += noted
    problem = problem_of(model, options, frame.groups, frame.sample, statistics)
    notes += _zero_means(model, problem)
    again = partial(fitted, data=data, options=options, error=error)
    source = Source(again, tuple(notes))
    found = _solved(model, problem, notes, frame.index, source, warn=warn, stacklevel=4)
    return replace(found, given=frame.given)


def _require_no_covariates(names: Variables, options: Options) -> None:
    """Raise ModelError where lavaan would fit all given the covariates, which is not offered."""
    if names.exogenous and options.fixed_x:
        raise ModelError(
            f"With ordered items the moments of covariates ({listed(names.exogenous)}) are "
            "estimated like all others, not held at the sample's: write fixed_x=False for that (in "
            "lavaan fixed.x = FALSE, conditional.x = FALSE)."
        )


def _zero_means(model: str, problem: Problem) -> list[DataWarning]:
    """Say whose intercepts a growth model takes to be 0 though nobody wrote so.

    Only of the answers on a curve, whose loadings the model writes as numbers, is that meant: their
    means are those of the curve.
    """
    if not problem.options.growth:
        return []
    on_curve = {r.rhs for r in parse(model).relations if r.op == "=~" and r.modifiers.fixed}
    table, observed = problem.table, problem.layout.observed
    zero = table[(table["op"] == "~1") & (table["user"] == 0) & (table["fixed"] == 0)]
    names = [name for name in zero["lhs"].unique() if name in observed and name not in on_curve]
    if not names:
        return []
    return [
        DataWarning(
            f"The growth model takes the intercepts of {listed(names)} to be 0, for the model does "
            f"not write them; write {quoted_where_needed(names[0])} ~ 1 to estimate that of "
            f"{names[0]}."
        )
    ]


def fit_ordered_within(
    model: str,
    data: "IntoFrame",
    *,
    within: str,
    cluster: str | None = None,
    crossed: str | None = None,
    weights: str | None = None,
    warn: bool = True,
) -> Fit:
    """Fit a model to ordered items within groups (WLSMV), with clusters and sampling weights.

    What sets groups apart is no part of the estimates: each has thresholds of its own, and all have
    the same correlations (:mod:`workbench.sem.ordinal.within`). Every pair of items counts with all
    who answered both.

    Parameters
    ----------
    model
        As in :func:`fit`; all its observed variables are ordered items.
    data
        A data frame with the items and the columns named below.
    within
        The column of the groups, such as organisations.
    cluster, crossed
        Columns of clusters of rows, such as units, and of others that rows lie in too, such as
        persons with several rows.
    weights
        The column of sampling weights.
    warn
        As in :func:`fit`.

    Raises
    ------
    ModelError, DataError
        As :func:`fit` with ordered items, but for a category that a group does not have.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients").query("wave == '2024'")
    >>> service = "service =~ service_1 + service_2 + service_3"
    >>> model = f"{service}; trust =~ trust_1 + trust_2 + trust_3; trust ~ service"
    >>> fit = wb.sem.fit_ordered_within(
    ...     model, clients, within="organisation", cluster="unit", weights="weight"
    ... )
    >>> fit.estimates.query("op == '~'")[["lhs", "rhs", "std_all"]].round(2)
         lhs      rhs  std_all
    6  trust  service     0.56
    """
    options = Options.of({"ordered": True, "missing": "pairwise", "fixed_x": False}, FitOptions)
    names = variables(model)
    frame = as_pandas(data).reset_index(drop=True)
    read = read_frame(
        frame,
        names.observed,
        latent=names.latent,
        missing="pairwise",
        cluster=cluster,
        weights=weights,
        ordinal=True,
    )
    kept, sample = read.index[0], read.sample
    if crossed is not None:
        codes = columns_of(frame, [crossed])[crossed].loc[kept].factorize()[0]
        sample = replace(sample, crossed=(codes.astype(np.int64),))
    group = columns_of(frame, [within])[within].loc[kept].factorize()[0].astype(np.int64)
    statistics, noted = read_within(sample, names.observed, group)
    problem = problem_of(model, options, read.groups, sample, (statistics,))
    return _solved(model, problem, [*read.notes, *noted], read.index, warn=warn)


def fit_same_rows(
    model: str,
    like: Fit,
    *,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    warn: bool = True,
) -> Fit:
    """Fit another model of the same variables to the rows of a fit, with the same options.

    What the rows alone say (patterns of missing answers, saturated moments, the baseline model) is
    computed once for both, so that rivals cost little more than their own estimation.

    Parameters
    ----------
    model
        A model whose variables come in the same order as those of ``like``.
    group_equal, group_partial
        As in ``fit``; those of ``like`` play no part.
    warn
        As in ``fit``.

    Returns
    -------
    Fit
        Of the same rows as ``like``.

    Raises
    ------
    ModelError
        The model has other variables, or ``like`` was fitted to moments or by another engine.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> forward = wb.sem.fit("service_1 ~ knowing_1; trust_1 ~ service_1", clients, fixed_x=False)
    >>> rival = wb.sem.fit_same_rows("service_1 ~ trust_1; trust_1 ~ knowing_1", forward)
    >>> rival.nobs == forward.nobs
    True
    >>> bool(rival.measures["aic"] > forward.measures["aic"])
    True
    """
    problem = like.problem
    if problem.sample is None or problem.options.engine != "workbench":
        raise ModelError("There are no rows to fit another model to; use fit(model, data).")
    options = replace(
        problem.options, group_equal=tuple(group_equal), group_partial=tuple(group_partial)
    )
    statistics = None if problem.ordinal is None else problem.ordinal.groups
    own = problem_of(model, options, problem.groups, problem.sample, statistics)
    if own.layout.observed != problem.layout.observed or own.covariates != problem.covariates:
        raise ModelError(
            f"The model is of {', '.join(own.layout.observed)}, the rows are of "
            f"{', '.join(problem.layout.observed)}; use fit(model, data)."
        )
    theirs = {str(note) for note in _zero_means(like.model, problem)}
    notes = [note for note in like.notes if str(note) not in theirs]
    notes += _zero_means(model, own)
    source = None
    if like.source is not None:
        source = Source(partial(like.source.fit, options=options), tuple(notes))
    found = _solved(model, replace(own, alike=problem), notes, like.index, source, warn=warn)
    return replace(found, given=like.given)


@takes(ModelOptions)
def fit_moments(
    model: str,
    n: int | Sequence[int],
    cov: pd.DataFrame | Sequence[pd.DataFrame],
    mean: Means | Sequence[Means] | None = None,
    *,
    group_labels: Sequence[Hashable] | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    engine: str | None = None,
    divisor: str = "n-1",
    warn: bool = True,
    **options: Unpack[ModelOptions],
) -> Fit:
    """Fit a model to sample moments alone; like lavaan's ``sem(sample.cov =, sample.nobs =)``.

    Parameters
    ----------
    model
        As in ``fit``.
    n, cov, mean
        Rows, covariance matrix (a data frame with the items' names on both sides) and means (by
        name, or in the order of the covariance matrix); a list of each for several groups. With
        means the model has a mean structure.
    estimator
        ``"ML"``, ``"ULS"`` or ``"GLS"``; robust ones need the rows.
    divisor
        What the covariances were divided by: ``"n-1"``, as software gives them, or ``"n"``.
    group_labels
        The groups' own values; 1, 2, … if not given.
    group_equal, group_partial, engine, warn, options
        As in ``fit``.

    Returns
    -------
    Fit
        As of :func:`fit`, without what needs the rows, such as factor scores.

    Raises
    ------
    ModelError, DataError, SingularCovarianceError, TooFewRowsError, NotIdentifiedError

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["people", "service", "trust"]
    >>> correlations = [[1, 0.4, 0.3], [0.4, 1, 0.6], [0.3, 0.6, 1]]
    >>> published = pd.DataFrame(correlations, index=names, columns=names)
    >>> fit = wb.sem.fit_moments("service ~ people; trust ~ service", 200, published)
    >>> fit.estimates[["lhs", "op", "rhs", "est", "se"]].head(2).round(3)
           lhs op      rhs  est     se
    0  service  ~   people  0.4  0.065
    1    trust  ~  service  0.6  0.057
    """
    several = isinstance(cov, list | tuple)
    covs = list(cov) if several else [cov]
    sizes = list(n) if isinstance(n, Sequence | np.ndarray) else [n]
    means = None if mean is None else (list(mean) if several else [mean])
    if not covs or len(sizes) != len(covs) or (means is not None and len(means) != len(covs)):
        raise ModelError(
            f"{len(covs)} covariance matrices, {len(sizes)} n and "
            f"{'no' if means is None else len(means)} means were given; give one per group."
        )
    about = _speaks_of_means(model, (*group_equal, *group_partial))
    if means is None and about:
        raise ModelError(
            f"The model speaks of intercepts or means ({about!r}), but only covariances were "
            "given. Give mean= as well, or leave them out of the model."
        )
    estimator = options.get("estimator")
    if estimator in OF_ROWS:
        raise ModelError(f"{estimator} needs the rows; use fit(model, data, estimator=…).")
    if divisor not in {"n-1", "n"}:
        raise ModelError(f"divisor={divisor!r} is not known; choose 'n-1' or 'n'.")
    labels = tuple(group_labels or range(1, len(covs) + 1)) if several else (None,)
    if len(set(labels)) != len(covs):
        raise ModelError(
            f"group_labels are {', '.join(map(repr, labels))} for {len(covs)} groups; give one "
            "for each, all different."
        )
    decided = Options.of(
        dict(options),
        ModelOptions,
        group="group" if several else None,
        group_equal=group_equal,
        group_partial=group_partial,
        engine=engine,
        meanstructure=means is not None,
    )
    given = partial(_moments_of, sizes=sizes, covs=covs, means=means, divisor=divisor)
    return _fitted_to_moments(model, given, decided, labels, warn)


def _fitted_to_moments(
    model: str,
    given: Callable[[str], Moments],
    options: Options,
    labels: tuple[Hashable, ...],
    warn: bool,
) -> Fit:
    problem = problem_of(model, options, labels, given(model))
    source = Source(partial(_fitted_to_moments, given=given, options=options, labels=labels))
    return _solved(model, problem, (), source=source, warn=warn, stacklevel=4)


def _moments_of(
    model: str,
    sizes: Sequence[int],
    covs: Sequence[pd.DataFrame],
    means: Sequence[Means] | None,
    divisor: str,
) -> Moments:
    """The moments of a model's variables, one of each a group, with the divisor n."""
    names = variables(model)
    blocks = [
        read_moments(
            size, matrix, None if means is None else means[g], names.observed, names.latent
        )
        for g, (size, matrix) in enumerate(zip(sizes, covs, strict=True))
    ]
    factor = [(size - 1) / size if divisor == "n-1" else 1.0 for size in sizes]
    return Moments(
        np.asarray(sizes, dtype=np.float64),
        np.stack([f * matrix for f, (matrix, _) in zip(factor, blocks, strict=True)]),
        np.stack([vector for _, vector in blocks]),
    )


def _speaks_of_means(model: str, equal: Sequence[str]) -> str | None:
    """What the model or the words of groups say of intercepts or means first, if anything."""
    about = [
        text for text in equal if text in ("intercepts", "means") or "~1" in text.replace(" ", "")
    ]
    if any(relation.op == "~1" for relation in parse(model).relations):
        about.append("~ 1")
    return about[0] if about else None


@takes(RowOptions)
def fit_many(
    model: str,
    data: "IntoFrame",
    by: str | Sequence[str],
    *,
    meanstructure: bool | None = None,
    growth: bool = False,
    **options: Unpack[RowOptions],
) -> Fits:
    """Fit one model to every group apart, all estimated in one batched computation.

    A group that cannot be fitted (too few rows, a constant item, …) stops no other: it is listed
    in ``Fits.errors`` with the reason. Results do not depend on which groups are fitted together.

    Parameters
    ----------
    model, data
        As in ``fit``.
    by
        Column or columns whose values make the groups; rows without a value belong to none.
    meanstructure, options
        As in ``fit``.
    growth
        The model is a growth curve model, as in ``growth``.

    Returns
    -------
    Fits
        A mapping from each group's value to its :class:`Fit`.

    Raises
    ------
    ModelSyntaxError, ModelError, NotIdentifiedError
        What is wrong with the model itself, or an unknown column.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> fits = wb.sem.fit_many("service_1 ~ courtesy_1", clients, by="channel")
    >>> links = fits.estimates.query("op == '~'")
    >>> links[["channel", "lhs", "rhs", "est"]].round(2)
       channel        lhs         rhs   est
    0  counter  service_1  courtesy_1  0.12
    3      web  service_1  courtesy_1  0.13
    6     mail  service_1  courtesy_1  0.14
    9    phone  service_1  courtesy_1  0.13
    """
    decided = Options.of(
        _with_thresholds(model, dict(options)),
        RowOptions,
        meanstructure=meanstructure,
        growth=growth,
    )
    data = as_pandas(data)
    keys = [canonical(key) for key in (by if isinstance(by, list | tuple) else [by])]
    if not keys:
        raise ModelError("by is empty; name the column of the groups.")
    names = variables(model)
    if decided.ordered:
        _require_no_covariates(names, decided)
    ordered = ordered_items(decided.ordered, names, data.columns.tolist())
    check_latent(names.latent, data)
    roles = [name for name in (decided.cluster, decided.weights) if name is not None]
    wanted = list(dict.fromkeys([*names.observed, *roles]))
    columns = pd.DataFrame(columns_of(data, [*keys, *wanted], names.latent))
    for key in keys:
        numbered(columns[key], key)
    problems: dict[Hashable, tuple[Problem, Frame]] = {}
    errors: dict[Hashable, ModelError] = {}
    grouped = columns.groupby(keys[0] if len(keys) == 1 else keys, sort=False, observed=True)
    for group, rows in grouped[wanted]:
        try:
            frame = read_frame(
                rows,
                names.observed,
                names.exogenous if decided.fixed_x else (),
                latent=names.latent,
                missing=decided.missing,
                cluster=decided.cluster,
                weights=decided.weights,
                ordinal=bool(ordered),
            )
            statistics = None
            if ordered:
                statistics, noted = read_statistics(
                    frame.sample, names.observed, ordered, frame.groups, decided.estimator
                )
                frame = replace(frame, notes=(*frame.notes, *noted))
        except DataError as error:
            errors[group] = error
            continue
        problems[group] = problem_of(model, decided, (None,), frame.sample, statistics), frame
    if not problems:
        return Fits(tuple(keys), {}, errors)
    solutions = _together([problem for problem, _ in problems.values()], decided)
    fits = {
        group: Fit(
            model=model,
            problem=settled(problem, solution.theta[0]),
            theta=solution.theta[0],
            fmin=float(solution.fmin[0]),
            converged=bool(solution.converged[0]),
            message=solution.message[0],
            iterations=int(solution.iterations[0]),
            notes=(*frame.notes, *_zero_means(model, problem)),
            index=frame.index,
            given=frame.given,
        )
        for solution, (group, (problem, frame)) in zip(solutions, problems.items(), strict=True)
    }
    return Fits(tuple(keys), fits, errors)


def _together(problems: Sequence[Problem], options: Options) -> list[Solution]:
    """Estimates of every problem, in a batch; one by one where constraints are general."""
    layout = problems[0].layout
    ordered = [problem.ordinal for problem in problems if problem.ordinal is not None]
    if ordered:
        return _ordinal_together(ordered, [problem.constraints for problem in problems])
    if problems[0].constraints:
        return [
            estimate(
                layout,
                problem.data,
                options.discrepancy,
                options.bounds,
                constraints=problem.constraints,
            )
            for problem in problems
        ]
    if options.missing == "fiml":
        samples = [problem.sample for problem in problems if problem.sample is not None]
        return _apart(many.fit_many_incomplete(layout, samples, options.bounds))
    moments = Moments(
        *(
            np.stack([getattr(problem.moments, name) for problem in problems])
            for name in ("n", "cov", "mean")
        )
    )
    return _apart(many.fit_many(layout, moments, options.discrepancy, options.bounds))


def _apart(solution: Solution) -> list[Solution]:
    """The members of a batch, each by itself."""
    return [solution.take(np.array([i])) for i in range(len(solution.theta))]


def _ordinal_optimum(ordinal: Ordinal, constraints: Constraints | None) -> Solution:
    objective, moments, start = ordinal.objective, ordinal.moments, ordinal.start
    return optimum(objective, moments, None, start, constraints, ADVICE)


def _ordinal_together(
    samples: Sequence[Ordinal], constraints: Sequence[Constraints]
) -> list[Solution]:
    """Estimates of every group; those whose items have the same categories in one batch."""
    if constraints[0]:
        return [
            _ordinal_optimum(sample, own) for sample, own in zip(samples, constraints, strict=True)
        ]
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, sample in enumerate(samples):
        alike.setdefault(sample.model.places.categories, []).append(i)
    found: dict[int, Solution] = {}
    for own in alike.values():
        found |= zip(own, _apart(fit_together([samples[i] for i in own])), strict=True)
    return [found[i] for i in range(len(samples))]


@dataclass(frozen=True, eq=False)
class _Plan:
    """What a model is before it meets data; the same for every data set."""

    table: pd.DataFrame
    layout: Layout
    constraints: Constraints
    rows: Rows
    ordinal: OrdinalModel | None = None


@lru_cache(maxsize=128)
def _plan(
    model: str,
    groups: int,
    defaults: Defaults,
    group_equal: tuple[str, ...],
    group_partial: tuple[str, ...],
    rotated: bool = False,
) -> _Plan:
    syntax = parse(model)
    table = parameter_table(
        syntax,
        groups,
        **vars(defaults),
        group_equal=group_equal,
        group_partial=group_partial,
    )
    names = Variables.of(syntax.relations)
    layout = Layout.from_table(table, names.observed, names.latent)
    ordinal = None
    if defaults.ordered:
        thresholds = defaults.thresholds
        places = Places(tuple(thresholds.get(n, -1) + 1 for n in names.observed))
        ordinal = OrdinalModel(table, layout, places, defaults.parameterization)
    plan = _Plan(table, layout, Constraints.from_table(table), Rows(table, layout), ordinal)
    if not rotated:
        check_identified(plan.table, plan.layout, plan.constraints, groups, ordinal)
    return plan


def problem_of(
    model: str,
    options: Options,
    groups: tuple[Hashable, ...],
    data: Sample | Moments,
    statistics: tuple[Statistics, ...] | None = None,
    rotated: bool = False,
) -> Problem:
    """A model with its data; one of rotated factors is identified by its rotation alone."""
    about = _speaks_of_means(model, (*options.group_equal, *options.group_partial))
    if options.meanstructure is False and about:
        raise ModelError(
            f"The model speaks of intercepts or means ({about!r}), which meanstructure=False "
            "leaves out; leave out the one or the other."
        )
    means = options.meanstructure
    if means is None:
        means = len(groups) > 1 or options.missing == "fiml" or options.cluster is not None
    ordered: tuple[tuple[str, int], ...] = ()
    if statistics is not None:
        counts = zip(variables(model).observed, statistics[0].places.categories, strict=True)
        ordered = tuple((name, count - 1) for name, count in counts if count)
    plan = _plan(
        model,
        len(groups),
        Defaults(
            means,
            options.std_lv,
            options.fixed_x,
            options.orthogonal,
            options.growth,
            ordered,
            options.parameterization,
        ),
        options.group_equal,
        options.group_partial,
        rotated,
    )
    problem = Problem(plan.table, plan.layout, options, groups, data, plan.constraints, plan.rows)
    if statistics is None or plan.ordinal is None:
        return problem
    return replace(problem, ordinal=Ordinal(plan.ordinal, statistics, options.estimator))


@dataclass(frozen=True)
class _Optimum:
    theta: Floats
    fmin: float
    converged: bool
    message: str
    iterations: int


def _solved(
    model: str,
    problem: Problem,
    notes: Sequence[WorkbenchWarning],
    index: tuple[pd.Index, ...] = (),
    source: Source | None = None,
    warn: bool = True,
    stacklevel: int = 3,
) -> Fit:
    made("model", model, problem.options, problem.groups, contents(problem.data))
    optimum = _by_semopy(problem) if problem.options.engine == "semopy" else _own(problem)
    problem = settled(problem, optimum.theta)
    result = Fit(
        model=model,
        problem=problem,
        theta=optimum.theta,
        fmin=optimum.fmin,
        converged=optimum.converged,
        message=optimum.message,
        iterations=optimum.iterations,
        notes=tuple(notes),
        index=index,
        source=source,
    )
    for warning in result.warnings if warn else ():
        if not isinstance(warning, DataWarning):
            python_warnings.warn(warning, stacklevel=stacklevel)
    return result


def settled(problem: Problem, theta: Floats) -> Problem:
    """A problem with the values that follow from its estimates, such as residual variances."""
    if problem.ordinal is None:
        return problem
    table, layout = problem.ordinal.model.settled(theta)
    return replace(problem, table=table, layout=layout, rows=Rows(table, layout))


def _own(problem: Problem) -> _Optimum:
    options = problem.options
    constraints = problem.constraints or None
    if problem.ordinal is not None:
        solution = _ordinal_optimum(problem.ordinal, constraints)
    else:
        solution = optimum(*problem.prepared, options.bounds, constraints=constraints)
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


def check_identified(
    table: pd.DataFrame,
    layout: Layout,
    constraints: Constraints,
    groups: int,
    ordinal: OrdinalModel | None = None,
) -> None:
    """Raise NotIdentifiedError where some parameters move together without moving the moments.

    The rank of d[mu, vech Sigma]/d theta is the same at almost every theta, so it is judged at one
    drawn at random (always the same one), constraints included. Where it is too low there, a second
    one with smaller values decides: over a long chain of paths large ones make moments of so
    different a size that rounding takes the rank away.
    """
    df = degrees_of_freedom(layout, len(constraints.equal))
    if ordinal is not None:
        df = ordinal.statistics - layout.n_free + len(constraints.equal)
    names = free_names(table, groups)
    if df < 0:
        raise NotIdentifiedError(
            f"The model has {layout.n_free - len(constraints.equal)} free parameters but only "
            f"{layout.n_free - len(constraints.equal) + df} sample moments; fix or remove at least "
            f"{-df} of {listed(names, most=8)}.",
            names,
        )
    if layout.n_free == 0:
        return
    draw = np.random.default_rng(20051005)
    for size in (1.0, 0.3):
        theta = size * draw.uniform(0.5, 1.5, layout.n_free)
        if ordinal is None:
            jacobian = _moved(layout, theta, draw)
        else:
            jacobian = ordinal.values_and_jacobian(theta)[1].reshape(-1, layout.n_free)
        null = _unmoving(jacobian, constraints, theta)
        if not len(null):
            return
    involved = [names[i] for i in np.flatnonzero(np.abs(null).max(axis=0) > 1e-4)]
    raise NotIdentifiedError(
        f"The model is not identified: {listed(involved, most=8)} can change together without "
        f"changing what the model says about the data. Fix {len(null)} of them, or set some equal.",
        involved,
    )


def _moved(layout: Layout, theta: Floats, draw: np.random.Generator) -> Floats:
    """Derivatives of all groups' moments by θ (k,), (moments, k)."""
    exo = draw.uniform(0.1, 0.3, layout.exogenous.value.size)
    on_diagonal = layout.exogenous.row == layout.exogenous.column
    exo[(layout.exogenous.kind == COVARIANCE) & on_diagonal] += 1.0
    return layout.jacobian(layout.implied(theta, exo)).reshape(-1, layout.n_free)


def _unmoving(jacobian: Floats, constraints: Constraints, theta: Floats) -> NDArray[np.float64]:
    """Directions of θ (r, k) along which no moment moves at ``theta``, given their derivatives."""
    if constraints:
        jacobian = np.vstack([jacobian, constraints.equalities(theta)[1]])
    jacobian = jacobian / np.maximum(np.linalg.norm(jacobian, axis=0), 1e-300)
    # The triangular factor has the same singular values and axes, and few rows.
    triangle = np.linalg.qr(jacobian, mode="r")
    size = np.linalg.svd(triangle, compute_uv=False)
    if len(size) == len(theta) and size[-1] >= 1e-9 * size[0]:
        return np.empty((0, len(theta)))  # as a rule, and for a part of the work
    _, size, axes = np.linalg.svd(triangle, full_matrices=True)
    size = np.concatenate([size, np.zeros(len(theta) - len(size))])
    return np.asarray(axes[size < 1e-9 * size[0]])
