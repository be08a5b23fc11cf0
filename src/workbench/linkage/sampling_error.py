"""Unit means with what is known of their sampling error.

Employees and clients are different people who meet only in the unit, so a link between them lives
between units, and is fitted to unit means. A mean of few respondents is an uncertain measure of
its unit, which weakens every link it takes part in. How uncertain it is, is known: respondent i of
unit u has x_i = b_u + e_i with Cov(e_i) = W, the same in all units, so the weighted means have

    m_uj = Σ_i w_i a_ij x_ij / Σ_i w_i a_ij,      Cov(m_u | b_u) = E_u,
    (E_u)_jk = W_jk Σ_i w_i² a_ij a_ik / (Σ_i w_i a_ij  Σ_i w_i a_ik)

with a_ij = 1 where i answered item j. With equal weights the factor is n_jk / (n_j n_k), without
missing answers it is one over the effective number of respondents (Σ w)² / Σ w² [1]_. Items of
different sources come from different people, so their errors are not correlated. Rows of a source
that are units already are taken as they are, without error.

The model of the means is then Σ_u(θ) = Σ_B(θ) + E_u, casewise [2]_ [3]_. That takes a unit's
respondents as a sample of those who could have answered: the mean stands for the unit's climate or
service, not for these very people.

W is pooled over units, wave by wave or over the waves asked for, from the weighted products of
deviations; in unit u, over those who answered both j and k,

    W_jk = Σ_u Σ_i w_i (x_ij - m_uj)(x_ik - m_uk) / Σ_u (Σ_i w_i - Σ_i w_i² / Σ_i w_i)

which is unbiased when W does not differ between units, and without weights and missing answers the
usual pooled covariance with divisor N - U. Every pair of answers counts, as in the means, which are
those of the answers there are; should W then not be a covariance matrix, the nearest one stands in.

References
----------
.. [1] Kish, L. (1965). Survey sampling.
.. [2] Croon, M. A., & van Veldhoven, M. J. P. M. (2007). Predicting group-level outcome variables
   from variables measured at the individual level. Psychological Methods, 12, 45-57.
.. [3] Lüdtke, O., et al. (2008). The multilevel latent covariate model. Psychological Methods, 13,
   203-229.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import DataWarning
from workbench.figures.notebook import Part, Shown
from workbench.linkage.means import in_waves, items_by_source, means_of_units, rows_by_unit
from workbench.study import Study
from workbench.study.given import Wave, name_text
from workbench.text import counted, listed

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UnitMeans(Shown):
    """One row per unit and wave, and the error covariance of each row.

    Attributes
    ----------
    frame
        As :func:`workbench.linkage.units` gives it.
    items
        The items, in the order of ``error``.
    error : (U, p, p)
        E_u; zero where a mean is missing, where items come from different sources, and for items
        of sources whose rows are units.
    within
        Pooled within-unit covariance W of each source of respondents, items by items.
    """

    frame: pd.DataFrame
    items: tuple[str, ...]
    error: Array
    within: dict[str, pd.DataFrame]

    def of(self, organisation: str) -> "UnitMeans":
        """The units of one organisation; W stays that of all.

        Examples
        --------
        >>> import workbench as wb
        >>> means = wb.linkage.unit_means_with_error(wb.open_study("data/demo"), ["service_1"])
        >>> own = means.of("Land Registry")
        >>> len(own.frame), own.error.shape
        (18, (18, 1, 1))
        """
        own = (self.frame["organisation"] == name_text(organisation)).to_numpy()
        return replace(self, frame=self.frame[own].reset_index(drop=True), error=self.error[own])

    def _parts(self) -> Iterator[Part]:
        organisations = self.frame["organisation"].nunique()
        waves = listed(self.frame["wave"].unique())
        yield (
            f"Means of {counted(len(self.frame), 'unit')} of "
            f"{counted(organisations, 'organisation')}, wave {waves}; the variance of their "
            "sampling errors is known."
        )
        means = self.frame[list(self.items)]
        answered = means.notna().sum().to_numpy()
        errors = self.error.diagonal(axis1=1, axis2=2).sum(axis=0)
        numbers = {
            "item": self.items,
            "units": answered,
            "mean": means.mean().to_numpy(),
            "variance": means.var().to_numpy(),
            "mean error variance": errors / np.where(answered, answered, np.nan),
        }
        yield "Means of units", pd.DataFrame(numbers)


def unit_means_with_error(
    study: Study,
    items: Sequence[str],
    wave: Wave = None,
    organisation: str | None = None,
) -> UnitMeans:
    """Unit means of items with the known covariance of their sampling errors.

    W is pooled over the units of all organisations, also where the units of only one are asked
    for: an organisation of two offices says little about the spread of its respondents. A unit
    with one respondent is kept; W comes from the others.

    Parameters
    ----------
    study, items
        The study, and the p items wanted.
    wave
        By default the latest; ``ALL_WAVES`` for all of them.
    organisation
        One organisation; by default all of them.

    Raises
    ------
    UnknownNameError
        If an item, the wave or the organisation is not in the study.

    Warns
    -----
    DataWarning
        If no unit has two answers to an item, so that nothing is known of the error of its means.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> means = wb.linkage.unit_means_with_error(study, ["service_1", "service_2"])
    >>> len(means.frame), means.error.shape
    (323, (323, 2, 2))
    """
    now = in_waves(study, wave)
    parts = now.in_parts(lambda part: _UnitSums.of(part, items, wave))
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    error = np.concatenate([part.shares for part in parts])
    place = {item: i for i, item in enumerate(items)}
    within = {}
    for source, names in items_by_source(study, items).items():
        if source not in parts[0].within:
            continue
        covariance = reduce(add, [part.within[source] for part in parts]).covariance
        unknown = np.array(names)[np.isnan(covariance.diagonal())].tolist()
        if unknown:
            warnings.warn(
                DataWarning(
                    f"{study.name}: no unit has two answers to {', '.join(unknown)} of source "
                    f"{source!r}, so the sampling error of the unit means is not known and counts "
                    "as none; their links come out too weak."
                ),
                stacklevel=2,
            )
        covariance = nearest_covariance(np.nan_to_num(covariance))
        within[source] = pd.DataFrame(covariance, index=names, columns=names)
        columns = np.array([place[name] for name in names])
        error[:, columns[:, None], columns] *= covariance
    found = UnitMeans(frame, tuple(items), error, within)
    return found if organisation is None else found.of(study.organisation(organisation))


@dataclass(frozen=True, eq=False)
class WithinSums:
    """What rows add to the pooled covariance within units.

    Attributes
    ----------
    product, freedom, total : (p, p)
        The numerator and the denominator of W_jk, and Σ w, over those who answered both j and k.
    """

    product: Array
    freedom: Array
    total: Array

    def __add__(self, other: "WithinSums") -> "WithinSums":
        """Those of the rows of both, which have no unit in common."""
        return WithinSums(
            self.product + other.product, self.freedom + other.freedom, self.total + other.total
        )

    @property
    def covariance(self) -> Array:
        """W, see :func:`within_covariance`."""
        known = self.freedom > 1e-12 * self.total
        found = np.divide(
            self.product, self.freedom, out=np.full(self.product.shape, np.nan), where=known
        )
        off = ~np.eye(len(found), dtype=bool)
        found[off & np.isnan(found)] = 0.0
        return found


@dataclass(frozen=True, eq=False)
class _UnitSums:
    """What a part of a study adds to :func:`unit_means_with_error`.

    ``frame`` holds its units, ``shares`` (U, p, p) what the error of their means is of W, and
    ``within`` by source of respondents what it adds to W.
    """

    frame: pd.DataFrame
    shares: Array
    within: dict[str, WithinSums]

    @classmethod
    def of(cls, study: Study, items: Sequence[str], wave: Wave) -> "_UnitSums":
        units, rows = rows_by_unit(study, items, wave=wave)
        place = {item: i for i, item in enumerate(items)}
        shares = np.zeros((len(units), len(items), len(items)))
        within = {}
        for source, own in rows.items():
            if study.sources[source].rows != "respondents":
                continue
            present, unit = np.unique(own.unit, return_inverse=True)
            within[source] = within_sums(own.values, own.weight, unit)
            columns = np.array([place[name] for name in own.items])
            shares[np.ix_(present, columns, columns)] = error_shares(
                ~np.isnan(own.values), own.weight, unit
            )
        return cls(means_of_units(units, rows, items), shares, within)


def within_covariance(values: Array, weight: Array, unit: NDArray[np.int64]) -> Array:
    """Pooled within-unit covariance W (p, p) of answers (N, p), NaN where missing.

    ``unit`` numbers units from 0. An item that nobody answered together with another in any unit
    of two or more has covariance 0 with it, and variance NaN if no unit has two answers to it.
    """
    return within_sums(values, weight, unit).covariance


def within_sums(values: Array, weight: Array, unit: NDArray[np.int64]) -> WithinSums:
    """What rows add to :func:`within_covariance`."""
    answered = ~np.isnan(values)
    count = answered.sum(axis=0)
    mean = np.where(answered, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    around = np.where(answered, values - mean, 0.0)
    p = values.shape[1]
    if answered.all():
        total, square = np.bincount(unit, weight), np.bincount(unit, weight**2)
        sums = np.stack([np.bincount(unit, weight * x) for x in around.T], axis=1)
        gap = around - (sums / total[:, None])[unit]
        freedom = (total - square / total).sum()
        product = (gap * weight[:, None]).T @ gap
        return WithinSums(product, np.full((p, p), freedom), np.full((p, p), total.sum()))
    found = np.zeros((3, p, p))
    for j in range(p):
        for k in range(j + 1):
            both = answered[:, j] & answered[:, k]
            found[:, j, k] = found[:, k, j] = _pooled(
                around[both, j], around[both, k], weight[both], unit[both]
            )
    return WithinSums(*found)


def _pooled(
    x: Array, y: Array, weight: Array, unit: NDArray[np.int64]
) -> tuple[float, float, float]:
    """What two items add to their covariance within units: product, freedom and Σ w."""
    total, square = np.bincount(unit, weight), np.bincount(unit, weight**2)
    held = np.where(total > 0, total, 1.0)
    mean_x, mean_y = np.bincount(unit, weight * x) / held, np.bincount(unit, weight * y) / held
    freedom = float((total - square / held).sum())
    return float(weight @ ((x - mean_x[unit]) * (y - mean_y[unit]))), freedom, float(total.sum())


def error_shares(answered: NDArray[np.bool_], weight: Array, unit: NDArray[np.int64]) -> Array:
    """E_u / W: Σ w² a_j a_k / (Σ w a_j Σ w a_k) for every unit, (U, p, p), zero without answers."""
    p, count = answered.shape[1], int(unit.max(initial=-1)) + 1
    if answered.all():
        total, square = np.bincount(unit, weight), np.bincount(unit, weight**2)
        return np.broadcast_to((square / total**2)[:, None, None], (count, p, p))
    sums = np.stack([np.bincount(unit, weight * a, count) for a in answered.T], axis=1)
    sums = np.where(sums > 0, sums, 1.0)
    shares = np.empty((count, p, p))
    for j in range(p):
        for k in range(j + 1):
            both = answered[:, j] & answered[:, k]
            common = np.bincount(unit[both], weight[both] ** 2, count)
            shares[:, j, k] = shares[:, k, j] = common / (sums[:, j] * sums[:, k])
    return shares


def nearest_covariance(matrix: Array) -> Array:
    """The positive semidefinite matrix nearest to a symmetric one, in the items' own units."""
    scale = np.sqrt(np.maximum(np.diagonal(matrix), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    size, axes = np.linalg.eigh(matrix / np.outer(scale, scale))
    if size[0] >= -1e-12:
        return matrix
    return (axes * np.maximum(size, 0.0)) @ axes.T * np.outer(scale, scale)
