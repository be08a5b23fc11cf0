"""Known errors of rows' values, such as the sampling errors of unit means, and whose they are.

A row is found by what identifies it (its organisation, unit and wave), never by its place or its
index label: those change when a frame is sorted, merged or filtered, and errors would then belong
to other units without a word.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import DataError, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.sem.model.expressions import canonical
from workbench.sem.model.layout import Floats
from workbench.text import counted, listed, nearest


@dataclass(frozen=True, eq=False)
class ErrorCovariance(Shown):
    """What is known of the error of every row's values, e.g. of the means of units.

    Attributes
    ----------
    items
        Columns of the data; any other variable is taken as free of error.
    matrices : (rows, q, q)
        Error covariance of the q items in each row.
    keys
        What identifies each row, one row a matrix, for example ``data[["organisation", "unit"]]``:
        the data's columns (or levels of its index) of these names say whose error a matrix is.

    Raises
    ------
    DataError
        Keys that are no data frame, are missing or stand twice; matrices of another shape, or that
        are not covariance matrices.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import workbench as wb
    >>> rng = np.random.default_rng(1)
    >>> true = rng.normal(size=500)
    >>> seen = {"x": true + rng.normal(size=500), "y": true + rng.normal(size=500)}
    >>> offices = pd.DataFrame({"office": range(500)} | seen)
    >>> known = wb.sem.ErrorCovariance(["x"], np.ones((500, 1, 1)), offices[["office"]])
    >>> fit = wb.sem.fit("y ~ x", offices, error=known, missing="fiml")
    >>> uncorrected = wb.sem.fit("y ~ x", offices)
    >>> [round(float(one.estimates["est"].iloc[0]), 1) for one in (uncorrected, fit)]
    [0.5, 1.0]
    """

    items: tuple[str, ...]
    matrices: Floats
    keys: pd.DataFrame

    def __post_init__(self) -> None:
        if not isinstance(self.keys, pd.DataFrame) or not self.keys.shape[1]:
            raise DataError(
                "The keys of known errors are a data frame of the columns that identify the rows, "
                f"such as data[['organisation', 'unit']], not {type(self.keys).__name__}."
            )
        size = len(self.items)
        if np.shape(self.matrices) != (len(self.keys), size, size):
            raise DataError(
                f"The error matrices have the shape {np.shape(self.matrices)}, but "
                f"{len(self.keys)} rows and {size} items need {(len(self.keys), size, size)}."
            )
        if self.keys.isna().to_numpy().any():
            row = int(np.flatnonzero(self.keys.isna().any(axis=1))[0])
            raise DataError(f"Error matrix {row + 1} lacks a key: {self._said(self._index, row)}.")
        twice = self._index.duplicated()
        if twice.any():
            row = int(np.flatnonzero(twice)[0])
            raise DataError(
                f"There are two error matrices of {self._said(self._index, row)}; add the column "
                "that tells them apart to the keys."
            )
        good = _are_covariances(self.matrices)
        if not good.all():
            row = int(np.flatnonzero(~good)[0])
            raise DataError(
                f"The error matrix of {self._said(self._index, row)} is not a covariance matrix; "
                "it must be finite and symmetric, with no negative variance."
            )

    @cached_property
    def _index(self) -> pd.MultiIndex:
        return _as_index(self.keys)

    def _said(self, index: pd.MultiIndex, row: int) -> str:
        plain = [value.item() if isinstance(value, np.generic) else value for value in index[row]]
        pairs = zip(map(str, self.keys.columns), plain, strict=True)
        return ", ".join(f"{name} {value!r}" for name, value in pairs)

    def _parts(self) -> Iterator[Part]:
        keys = listed(map(str, self.keys.columns))
        yield f"Known errors of {counted(len(self.keys), 'row')}, identified by {keys}."
        variances = pd.DataFrame(self.matrices.diagonal(axis1=1, axis2=2))
        numbers = {
            "item": self.items,
            "mean error variance": variances.mean(),
            "smallest": variances.min(),
            "largest": variances.max(),
        }
        yield "Variances of errors", pd.DataFrame(numbers)

    def of_items(self, names: Sequence[str]) -> "ErrorCovariance":
        """Error of some of the items, in the order of ``names``.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> import workbench as wb
        >>> keys = pd.DataFrame({"office": ["A", "B"]})
        >>> known = wb.sem.ErrorCovariance(["x", "y"], np.stack([np.eye(2), 2 * np.eye(2)]), keys)
        >>> known.of_items(["y"]).matrices.ravel().tolist()
        [1.0, 2.0]
        """
        if tuple(names) == self.items:
            return self
        at = np.array([self.items.index(name) for name in names], dtype=np.intp)
        return ErrorCovariance(tuple(names), self.matrices[:, at[:, None], at], self.keys)

    def scaled(self, factors: Floats) -> "ErrorCovariance":
        """Error of the items times ``factors`` (q,)."""
        return replace(self, matrices=self.matrices * np.outer(factors, factors))

    def of_means(self, data: pd.DataFrame, means: Mapping[str, Sequence[str]]) -> "ErrorCovariance":
        """Error of new columns ``means``, each the row's mean of the answered ones of its items."""
        weights = np.zeros((len(data), len(means), len(self.items)))
        for row, items in enumerate(means.values()):
            answered = data[list(items)].notna().to_numpy()
            share = answered / np.maximum(answered.sum(axis=1, keepdims=True), 1)
            weights[:, row, [self.items.index(item) for item in items]] = share
        error = weights @ self.for_rows(data) @ np.swapaxes(weights, 1, 2)
        return ErrorCovariance(tuple(means), error, self._keys_of(data))

    def for_rows(self, data: pd.DataFrame) -> Floats:
        """Error matrices (rows, q, q) of the data's rows, found by their keys.

        Raises
        ------
        DataError
            A key that the data have no column for, a row without an error, or one that stands
            twice.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> import workbench as wb
        >>> keys = pd.DataFrame({"office": ["A", "B"]})
        >>> known = wb.sem.ErrorCovariance(["x"], np.array([[[1.0]], [[2.0]]]), keys)
        >>> known.for_rows(pd.DataFrame({"office": ["B"], "x": [60.0]})).tolist()
        [[[2.0]]]
        """
        keys = self._keys_of(data)
        if np.array_equal(keys.to_numpy(dtype=object), self.keys.to_numpy(dtype=object)):
            return self.matrices
        wanted = _as_index(keys)
        place = self._index.get_indexer(wanted)
        if (place < 0).any():
            row = int(np.flatnonzero(place < 0)[0])
            raise DataError(
                f"There is no error matrix of {self._said(wanted, row)} ({(place < 0).sum()} of "
                f"{len(data)} rows have none); fit rows whose errors are known."
            )
        twice = wanted.duplicated()
        if twice.any():
            row = int(np.flatnonzero(twice)[0])
            raise DataError(
                f"The data have two rows of {self._said(wanted, row)}, but an error matrix belongs "
                "to one row; keep one of them."
            )
        return self.matrices[place]

    def _keys_of(self, data: pd.DataFrame) -> pd.DataFrame:
        """The data's own keys, from its columns or else from its index."""
        found = {}
        for name in self.keys.columns:
            if name in data.columns:
                found[name] = data[name].to_numpy(dtype=object)
            elif name in data.index.names:
                found[name] = data.index.get_level_values(name).to_numpy(dtype=object)
            else:
                listed = ", ".join(repr(str(key)) for key in self.keys.columns)
                raise DataError(
                    f"Known errors find their rows by {listed}, but the data have no column "
                    f"{str(name)!r}; keep it in the data."
                )
        return pd.DataFrame(found, index=data.index)

    def among(self, data: pd.DataFrame, observed: Sequence[str]) -> Floats:
        """(rows, p, p) for the observed variables.

        Raises
        ------
        ModelError
            An item that is no column of the data.
        DataError
            As :meth:`for_rows`.
        """
        columns, items = list(map(canonical, data.columns)), list(map(canonical, self.items))
        for item in items:
            if item not in columns:
                raise ModelError(
                    f"The error of {item!r} is given, but {item!r} is not a column of the data."
                    f"{nearest(item, columns)}"
                )
        known = self.for_rows(data)
        found = np.zeros((len(data), len(observed), len(observed)))
        own = [i for i, name in enumerate(observed) if name in items]
        place = [items.index(observed[i]) for i in own]
        found[np.ix_(range(len(data)), own, own)] = known[:, place][:, :, place]
        return found


def _are_covariances(matrices: Floats) -> NDArray[np.bool_]:
    """Which matrices (rows, q, q) are finite and symmetric, with no negative variance."""
    positive = (np.diagonal(matrices, axis1=1, axis2=2) >= 0).all(1)
    good = np.asarray(np.isfinite(matrices).all((1, 2)) & positive, dtype=np.bool_)
    other = np.swapaxes(matrices, 1, 2)
    uneven = np.flatnonzero((matrices != other).any((1, 2)) & good)
    one, other = matrices[uneven], other[uneven]
    good[uneven] = (np.abs(one - other) <= 1e-8 + 1e-5 * np.abs(other)).all((1, 2))
    return good


def _as_index(keys: pd.DataFrame) -> pd.MultiIndex:
    """Keys to look up: of plain objects, so that text and categories compare as what they say."""
    return pd.MultiIndex.from_arrays([keys[name].to_numpy(dtype=object) for name in keys])
