"""From a data frame to the rows a model is fitted to, with every reason why that cannot be.

What is left out is counted: rows with missing answers (``missing="listwise"``), rows without any
answer (``"pairwise"``), or also without an exogenous covariate (``missing="fiml"``), rows without
group, cluster or weight. What cannot be used at all raises an error that names the column, the row
and the value.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import (
    DataError,
    DataWarning,
    ModelError,
    SingularCovarianceError,
    TooFewRowsError,
)
from workbench.interpretation.messages import say
from workbench.sem.estimation.moments import Floats, Sample
from workbench.sem.estimation.objective import cholesky
from workbench.sem.known_errors import ErrorCovariance
from workbench.sem.model.expressions import canonical
from workbench.text import nearest, quoted

Means: TypeAlias = pd.Series | Mapping[str, float] | Sequence[float] | Floats
"""Means by name, or in the order of the covariance matrix."""

# Below this smallest eigenvalue of a correlation matrix its inverse keeps no correct digit.
_SINGULAR = 1e-10


@dataclass(frozen=True, eq=False)
class Frame:
    """The rows of a fit.

    Attributes
    ----------
    sample
        Rows per group, columns in the order of ``observed``.
    groups
        The groups' own values, in order of first appearance; one ``None`` without groups.
    given
        Rows of the data frame.
    notes
        What was left out and why, one warning each.
    index
        The data frame's index of the rows used, per group.
    """

    sample: Sample
    observed: tuple[str, ...]
    groups: tuple[Hashable, ...]
    given: int
    notes: tuple[DataWarning, ...]
    index: tuple[pd.Index, ...]

    @property
    def used(self) -> tuple[int, ...]:
        """Rows used in each group."""
        return tuple(len(rows) for rows in self.sample.rows)


def read_frame(
    data: pd.DataFrame,
    observed: Sequence[str],
    exogenous: Sequence[str] = (),
    *,
    latent: Sequence[str] = (),
    missing: str = "listwise",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    error: ErrorCovariance | None = None,
    ordinal: bool = False,
) -> Frame:
    """Look the model's variables up in the data and check that they can be used.

    ``ordinal`` says that the rows are read for thresholds and correlations of ordered items.

    Raises
    ------
    ModelError
        A variable that is neither a column nor latent (the nearest column is suggested).
    DataError
        Text, infinite, constant or entirely missing items, duplicate columns, bad weights.
    TooFewRowsError
        A group without rows, or with no more rows than items.
    SingularCovarianceError
        Items that are sums or copies of one another.
    """
    group, cluster, weights = (
        None if name is None else canonical(name) for name in (group, cluster, weights)
    )
    roles = {
        name: role
        for role, name in (("group", group), ("cluster", cluster), ("weights", weights))
        if name is not None
    }
    values = _plain_values(data, observed)
    wanted = list(roles) if values is not None else [*observed, *roles]
    columns = columns_of(data, wanted, latent, roles)
    check_latent(latent, data, error)
    notes: list[DataWarning] = []
    if values is None:
        items = (_ranked(columns[name], name, notes) for name in observed)
        values = np.column_stack(
            [_numeric(item, name) for item, name in zip(items, observed, strict=True)]
        )
    keep = _kept(values, observed, exogenous, missing, notes, "pairwise" if ordinal else "fiml")
    for role, name in (("group", group), ("cluster", cluster), ("weight", weights)):
        if name is not None:
            absent = columns[name].isna().to_numpy(dtype=bool)
            if absent.any():
                notes.append(
                    DataWarning(
                        f"{absent.sum()} of {len(data)} rows have no {role} in {name!r} and were "
                        "left out."
                    )
                )
                keep &= ~absent
    labels, blocks = _groups(columns[group] if group else None, keep, group)
    weight = None
    if weights is not None:
        known = _weights(columns[weights], weights)
        weight = [known[block] for block in blocks]
    _check_counts(blocks, weight, labels, observed, missing, len(data), group)
    clusters = None
    if cluster is not None:
        codes = numbered(columns[cluster], cluster)[0]
        clusters = [codes[block] for block in blocks]
        _check_clusters(clusters, cluster, labels, group)
    errors = None
    if error is not None:
        matrices = error.among(data, observed)
        errors = [matrices[block] for block in blocks]
    rows = [values if len(block) == len(values) else values[block] for block in blocks]
    sample = Sample.from_arrays(rows, weight, clusters, errors)
    _check_variation(sample, labels, observed, missing, group, ordinal)
    index = tuple(data.index[block] for block in blocks)
    return Frame(sample, tuple(observed), labels, len(data), tuple(notes), index)


def _plain_values(data: pd.DataFrame, observed: Sequence[str]) -> Floats | None:
    """Return the items' values at once where they are all ordinary numbers, else None."""
    if not data.columns.is_unique or len(data) == 0:
        return None
    position = {canonical(label): i for i, label in enumerate(data.columns.tolist())}
    if len(position) < data.shape[1] or any(name not in position for name in observed):
        return None
    places = [position[name] for name in observed]
    own = data if places == list(range(data.shape[1])) else data.take(places, axis=1)
    given = own.to_numpy()
    if given.dtype.kind not in "fiu":
        return None
    values = given.astype(np.float64, copy=False)
    # A finite sum of the columns needs no closer look.
    finite = np.isfinite(values.sum(axis=0)).all()
    sound = finite or not (np.isinf(values).any() or np.isnan(values).all(axis=0).any())
    return values if sound else None


def columns_of(
    data: pd.DataFrame,
    wanted: Sequence[str],
    latent: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
) -> dict[str, pd.Series]:
    """Name → column, for the wanted names in their canonical form.

    ``roles`` says of columns that are no part of the model by which word they were asked for.

    Raises
    ------
    ModelError
        A name that is no column (the nearest column, or latent variable, is suggested).
    DataError
        A name that several columns have.
    """
    if not wanted:
        return {}
    by_name: dict[str, list[int]] = {}
    for i, label in enumerate(data.columns):
        by_name.setdefault(canonical(label), []).append(i)
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        first = unknown[0]
        if data.columns.nlevels > 1:
            raise ModelError(
                f"{first!r} is not a column of the data, whose columns have {data.columns.nlevels} "
                f"levels, such as {data.columns[0]!r}. Give each one name: "
                "data.columns = ['_'.join(map(str, name)) for name in data.columns]."
            )
        if roles and first in roles:
            raise ModelError(
                f"{roles[first]}={first!r} is not a column of the data."
                f"{nearest(first, by_name) or ' Give the name of one column.'}"
            )
        others = f" ({len(unknown)} are missing: {quoted(unknown)})" if len(unknown) > 1 else ""
        raise ModelError(
            f"{first!r} is not a column of the data and has no indicators{others}."
            f"{nearest(first, [*by_name, *latent])}"
        )
    doubled = [name for name in dict.fromkeys(wanted) if len(by_name[name]) > 1]
    if doubled:
        raise DataError(
            f"The data have {len(by_name[doubled[0]])} columns named {doubled[0]!r}; "
            "rename or drop all but one.",
            doubled,
        )
    return {name: data.iloc[:, by_name[name][0]] for name in wanted}


def values_of(
    data: pd.DataFrame, names: Sequence[str], notes: list[DataWarning] | None = None
) -> Floats:
    """Values (n, p) of some columns, NaN where missing; what was noticed joins ``notes``.

    Raises
    ------
    ModelError, DataError, TooFewRowsError
        As :func:`read_frame`.
    """
    columns = columns_of(data, names)
    noticed: list[DataWarning] = [] if notes is None else notes
    return np.column_stack(
        [_numeric(_ranked(columns[name], name, noticed), name) for name in names]
    )


def _ranked(column: pd.Series, name: str, notes: list[DataWarning]) -> pd.Series:
    """Return a column, in the place of ordered categories in words their ranks 1, 2, …

    Categories that are numbers stay what they say.
    """
    kind = column.dtype
    if not isinstance(kind, pd.CategoricalDtype):
        return column
    categories = kind.categories.tolist()
    if all(map(_is_number, categories)):
        return column
    shown = quoted(categories)
    if not kind.ordered:
        raise DataError(
            f"Item {name!r} has categories without an order ({shown}). Give them one "
            f"(data[{name!r}].cat.set_categories([…], ordered=True)), or make a column of zeros "
            "and ones of each but one.",
            [name],
        )
    notes.append(
        DataWarning(say("rows noted.ranks", item=name, categories=shown, most=len(categories)))
    )
    ranks = column.cat.codes.astype(np.float64) + 1.0
    return ranks.mask(ranks == 0)


def _numeric(column: pd.Series, name: str) -> Floats:
    """Return a column as floats, missing values as NaN."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        # Categories of whole numbers have no place for a missing value.
        column = column.astype(object)
    kind = column.dtype
    if not pd.api.types.is_bool_dtype(kind) and not (
        pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)
    ):
        present = column[column.notna()]
        wrong = present[[not _is_number(value) for value in present]]
        if len(wrong):
            raise DataError(
                f"Item {name!r} holds {wrong.iloc[0]!r} (row {wrong.index[0]!r}), which is not a "
                f"number; {len(wrong)} of {len(column)} values are not. "
                "Recode them as numbers or missing.",
                [name],
            )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise DataError(
            f"Item {name!r} holds {values[infinite[0]]} in row {column.index[infinite[0]]!r} "
            f"({infinite.size} infinite values). Set them to missing or correct them.",
            [name],
        )
    if not len(values):
        raise TooFewRowsError("The data have no rows.")
    if np.isnan(values).all():
        raise DataError(
            f"Item {name!r} has no answers: all {len(values)} are missing. Leave it out of the "
            "model.",
            [name],
        )
    return values


def _is_number(value: object) -> bool:
    return isinstance(value, Real | Decimal | np.bool_)


def _kept(
    values: Floats,
    observed: Sequence[str],
    exogenous: Sequence[str],
    missing: str,
    notes: list[DataWarning],
    other: str = "fiml",
) -> NDArray[np.bool_]:
    absent: NDArray[np.bool_] = np.isnan(values)
    total = len(values)
    if missing == "listwise":
        keep = np.asarray(~absent.any(axis=1))
        if not keep.all():
            worst = int(absent.sum(axis=0).argmax())
            notes.append(
                DataWarning(
                    f"{total - keep.sum()} of {total} rows have missing answers and were left out "
                    f"(most are missing in {observed[worst]!r}: {absent[:, worst].sum()}). "
                    f"missing={other!r} uses them."
                )
            )
        return keep
    empty = absent.all(axis=1)
    if empty.any():
        told = say("rows noted.empty", rows=empty.sum(), every=total)
        notes.append(DataWarning(told))
    keep = np.asarray(~empty)
    covariates = [i for i, name in enumerate(observed) if name in exogenous]
    lost = keep & absent[:, covariates].any(axis=1)
    if lost.any():
        names = [observed[i] for i in covariates if absent[keep, i].any()]
        notes.append(
            DataWarning(
                say("rows noted.covariate", rows=lost.sum(), every=total, names=quoted(names))
            )
        )
    return np.asarray(keep & ~lost)


def _groups(
    column: pd.Series | None, keep: NDArray[np.bool_], name: str | None
) -> tuple[tuple[Hashable, ...], list[NDArray[np.int64]]]:
    if column is None:
        return (None,), [np.flatnonzero(keep)]
    codes, uniques = numbered(column, name or "")
    labels = tuple(uniques.tolist())
    blocks = [np.flatnonzero(keep & (codes == i)) for i in range(len(labels))]
    empty = [label for label, block in zip(labels, blocks, strict=True) if not block.size]
    if not labels or empty:
        which = f"group {quoted(empty)} has" if empty else "the data have"
        raise TooFewRowsError(
            f"In {name!r} {which} no usable row. Leave it out, or fit with missing='fiml'."
        )
    if len(labels) == 1:
        raise DataError(
            f"The group column {name!r} holds one value only ({labels[0]!r}); fit without group=."
        )
    return labels, blocks


def numbered(column: pd.Series, name: str) -> tuple[NDArray[np.int64], pd.Index]:
    """The number of each row's value, from 0 (-1 where missing), and the values."""
    try:
        codes, uniques = pd.factorize(column)
    except TypeError as error:
        raise DataError(
            f"{name!r} holds values that name nothing, such as {column.iloc[0]!r}; use text or "
            "numbers.",
            [name],
        ) from error
    return codes, uniques


def _weights(column: pd.Series, name: str) -> Floats:
    values = _numeric(column, name)
    if (values < 0).any():
        row = column.index[int(np.flatnonzero(values < 0)[0])]
        raise DataError(
            f"The weight {name!r} is negative in row {row!r}; give weights of 0 or more.", [name]
        )
    return values


def check_latent(
    latent: Sequence[str], data: pd.DataFrame, error: ErrorCovariance | None = None
) -> None:
    """Raise ModelError where a latent variable is called like a column."""
    columns = {canonical(label) for label in data.columns.tolist()}
    if error is not None:
        # The columns that identify rows have no part in the model.
        columns -= set(map(canonical, error.keys.columns))
    clash = sorted(columns & set(latent))
    if clash:
        raise ModelError(
            f"{quoted(clash)} names a latent variable of the model and also a column of the data; "
            "give the latent variable another name, or leave that column out."
        )


def _check_clusters(
    clusters: list[NDArray[np.int64]],
    name: str,
    labels: tuple[Hashable, ...],
    group: str | None,
) -> None:
    for codes, label in zip(clusters, labels, strict=True):
        if len(np.unique(codes)) < 2:
            raise DataError(
                f"All {len(codes)} rows{_place(label, group)} belong to one cluster of {name!r}, "
                "but errors between clusters need at least two. Fit without cluster=.",
                [name],
            )


def _place(label: Hashable, group: str | None) -> str:
    return "" if label is None else f" in group {label!r} of {group!r}"


def _check_counts(
    blocks: list[NDArray[np.int64]],
    weights: list[Floats] | None,
    labels: tuple[Hashable, ...],
    observed: Sequence[str],
    missing: str,
    given: int,
    group: str | None,
) -> None:
    p = len(observed)
    for g, label in enumerate(labels):
        where = _place(label, group)
        needed = p + 1 if missing == "listwise" else 2
        # A row that weighs nothing says nothing.
        count = len(blocks[g]) if weights is None else np.count_nonzero(weights[g])
        if weights is not None and not count and len(blocks[g]):
            raise DataError(f"All weights are zero{where}; a row needs one above zero.")
        if count < needed:
            raise TooFewRowsError(
                f"{count} of {given} rows can be used{where}, but {p} items need at least "
                f"{needed}. Use fewer items, more rows or missing='fiml'."
                if missing == "listwise"
                else f"{count} of {given} rows can be used{where}; that is too few."
            )


def _check_variation(
    sample: Sample,
    labels: tuple[Hashable, ...],
    observed: Sequence[str],
    missing: str,
    group: str | None,
    ordinal: bool = False,
) -> None:
    for g, (block, label) in enumerate(zip(sample.rows, labels, strict=True)):
        where = _place(label, group)
        if missing == "listwise" and not ordinal:
            cov, mean = sample.moments.cov[g], sample.moments.mean[g]
            # What rounding leaves of the variance of a constant is far below this.
            if (np.diagonal(cov) > 1e-20 * (1.0 + mean**2)).all():
                check_definite(cov, observed, where)
                continue
        nobody = [observed[int(i)] for i in np.flatnonzero(np.isnan(block).all(axis=0))]
        if nobody:
            raise DataError(
                f"Item {quoted(nobody)} has no answers{where}. Leave it out of the model.", nobody
            )
        spread = np.fmax.reduce(block, axis=0) - np.fmin.reduce(block, axis=0)
        constant = [name for name, width in zip(observed, spread, strict=True) if width == 0]
        if constant:
            value = np.nanmax(block[:, list(observed).index(constant[0])])
            raise DataError(
                f"Item {constant[0]!r} is constant{where} (always {value:g}); "
                "it carries no information. Leave it out of the model.",
                constant,
            )
        if ordinal:
            continue
        if missing == "listwise":
            check_definite(cov, observed, where)
        else:
            _check_dependence(block, observed, where)


def _check_dependence(block: Floats, observed: Sequence[str], where: str) -> None:
    """Raise SingularCovarianceError where items depend on each other in every row that has them."""
    items = list(observed)
    while items:
        columns = [list(observed).index(item) for item in items]
        rows = block[~np.isnan(block[:, columns]).any(axis=1)][:, columns]
        if len(rows) <= len(items):
            return
        cov = np.cov(rows, rowvar=False, bias=True).reshape(len(items), -1)
        if not (np.diagonal(cov) > 0).all():
            return
        try:
            check_definite(cov, items, where)
            return
        except SingularCovarianceError as problem:
            # A few complete rows may show a dependence that others do not have.
            if list(problem.items) == items:
                raise
            items = list(problem.items)


def check_definite(cov: Floats, observed: Sequence[str], where: str = "") -> None:
    """Raise SingularCovarianceError, naming the items that depend on each other."""
    scale = 1.0 / np.sqrt(np.diagonal(cov))
    correlations = cov * (scale[:, None] * scale)
    # There is a Cholesky factor just where the smallest eigenvalue is larger.
    if cholesky(correlations - _SINGULAR * np.eye(len(cov)))[1]:
        return
    values, vectors = np.linalg.eigh(correlations)
    # One linear dependence per null vector; the sharpest is the one with the fewest items.
    null = vectors[:, values <= _SINGULAR]
    items = [name for name, weight in zip(observed, _sparsest(null), strict=True) if weight]
    if values[0] < -_SINGULAR:
        raise SingularCovarianceError(
            f"The covariance matrix{where} is not one that data can have (smallest eigenvalue of "
            f"the correlations {values[0]:.3g}); see {quoted(items)}.",
            items,
        )
    raise SingularCovarianceError(
        f"The items {quoted(items)} depend on each other{where}: one is a sum or a copy of the "
        "others, so their covariance matrix has no inverse. Leave one of them out.",
        items,
    )


def _sparsest(null: Floats) -> NDArray[np.bool_]:
    """Return which items take part in the dependence with the fewest items.

    Gauss–Jordan elimination of the null vectors leaves each with its own pivot item.
    """
    reduced = null.T.copy()
    for i in range(len(reduced)):
        pivot = np.abs(reduced[i]).argmax()
        reduced[i] /= reduced[i, pivot]
        for j in range(len(reduced)):
            if j != i:
                reduced[j] -= reduced[j, pivot] * reduced[i]
    part = np.abs(reduced) > 1e-6
    return part[part.sum(axis=1).argmin()]


def read_moments(
    n: int,
    cov: pd.DataFrame,
    mean: Means | None,
    observed: Sequence[str],
    latent: Sequence[str] = (),
) -> tuple[Floats, Floats]:
    """Return covariance (p, p) and means (p,) of the model's variables, zero means if not given.

    Raises
    ------
    ModelError, DataError, SingularCovarianceError, TooFewRowsError
    """
    if not isinstance(cov, pd.DataFrame) or list(cov.index) != list(cov.columns):
        raise DataError(
            "cov must be a data frame with the items' names as both its index and its columns."
        )
    check_latent(latent, cov)
    columns = columns_of(cov, observed, latent)
    names = [canonical(label) for label in cov.columns]
    order = [names.index(name) for name in observed]
    matrix = np.column_stack([_numeric(columns[name], name) for name in observed])[order]
    if not np.isfinite(matrix).all():
        raise DataError("The covariance matrix holds missing or infinite values.", observed)
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-12 * np.abs(matrix).max()):
        raise DataError("The covariance matrix is not symmetric.", observed)
    constant = [observed[int(i)] for i in np.flatnonzero(np.diagonal(matrix) <= 0)]
    if constant:
        raise DataError(f"The variance of {quoted(constant)} is not positive.", constant)
    if not _is_finite(n):
        raise DataError(f"n = {n!r} is no number of rows.")
    if n <= len(observed):
        raise TooFewRowsError(f"n = {n} is too few for {len(observed)} items.")
    check_definite(matrix, observed)
    if mean is None:
        return 0.5 * (matrix + matrix.T), np.zeros(len(observed))
    return 0.5 * (matrix + matrix.T), _means(mean, names, observed)


def _means(mean: Means, names: Sequence[str], observed: Sequence[str]) -> Floats:
    """Means (p,) of the model's variables, found by name, or in the order of the covariances."""
    if isinstance(mean, pd.DataFrame):
        mean = mean.squeeze()
    if isinstance(mean, Mapping | pd.Series):
        known = {canonical(name): value for name, value in mean.items()}
    else:
        given = np.asarray(mean).ravel().tolist()
        if len(given) != len(names):
            raise DataError(
                f"{len(given)} means were given for {len(names)} items ({quoted(names)}); give "
                "one for each in this order, or a series or dict by name."
            )
        known = dict(zip(names, given, strict=True))
    wrong = [name for name in observed if not _is_finite(known.get(name))]
    if wrong:
        raise DataError(f"There is no mean of {quoted(wrong)}, or it is no number.", wrong)
    return np.array([known[name] for name in observed], dtype=np.float64)


def _is_finite(value: object) -> bool:
    return _is_number(value) and bool(np.isfinite(float(value)))  # type: ignore[arg-type]
