r"""Errors of a unit's means over waves, where the same respondents answer again.

Someone who answers in two waves brings the same view of the unit twice, so the errors of the unit's
means in these waves go together. Taken as independent, what is these people's own passes for what
is lasting about the unit; and as it fades from wave to wave, for a change of its own that units
seem to differ in (benchmarks/WAVES.md). With respondents linked by their id, respondent i of
unit u at wave s has x_is = b_us + e_is, and Cov(e_is, e_it) = W^st, the same in all units. Of items
j at wave s and k at wave t

.. math::

    Cov(m_{usj}, m_{utk} | b_u) = W^{st}_{jk} \sum_i \omega_{isj} \omega_{itk}, \qquad
    \omega_{isj} = w_{is} a_{isj} / \sum_l w_{ls} a_{lsj}

over those who answered in both waves (:mod:`workbench.linkage.sampling_error` has the rest of the
notation). With equal weights and no missing answers the factor is n_both / (n_s n_t).

W^st is pooled over units from the same respondents' products of deviations,

.. math::

    W^{st}_{jk} = \frac{\sum_i v_i (x_{isj} - m_{usj})(x_{itk} - m_{utk})}
        {\sum_i v_i (1 - \omega_{isj} - \omega_{itk} + \sum_l \omega_{lsj} \omega_{ltk})}, \qquad
    v_i = \sqrt{w_{is} w_{it}}

which is unbiased: the divisor is what the deviations from the two means leave of the covariance.
Ids that stand for other people in every wave do no harm, for their answers do not covary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.linkage.sampling_error import UnitMeans
from workbench.study import Study

Array = NDArray[np.float64]
Integers = NDArray[np.integer]
PLACE = ["organisation", "unit"]


@dataclass(frozen=True)
class Repeated:
    """Respondents of a source who answer in more than one wave.

    Attributes
    ----------
    source
        The source that they belong to.
    respondents
        How many are known by their id in the same unit in two waves or more.
    correlation
        Of one respondent's answers to an item at two waves, within units; the mean over items and
        pairs of waves.
    """

    source: str
    respondents: int
    correlation: float


@dataclass(frozen=True, eq=False)
class ErrorOverWaves:
    """Error covariance of p values of U units over T waves.

    The matrices of all waves together, (T p, T p) for each unit, are zero for the most part and can
    fill a machine's memory; so they are made of those values alone that are asked for.

    Attributes
    ----------
    within : (T, U, p, p)
        In every wave.
    between
        (U, p, p) for pairs (s, t) of waves, s < t: of the values at s with those at t. Of all other
        pairs it is zero.
    supposed : (p,)
        Values whose errors are supposed to correlate over waves, see :meth:`supposing`; and the
        ``correlation`` from one wave to the next.
    """

    within: Array
    between: Mapping[tuple[int, int], Array]
    supposed: NDArray[np.bool_]
    correlation: float = 0.0

    def among(self, values: Integers, waves: Integers) -> Array:
        """Error covariance (U, q, q) of q of the values, each at one of the waves."""
        found = np.zeros((self.within.shape[1], len(values), len(values)))
        at = {t: np.flatnonzero(waves == t) for t in np.unique(waves).tolist()}
        for s, rows in at.items():
            for t, columns in at.items():
                block = self._block(s, t, values[rows], values[columns]) if s <= t else None
                if block is not None:
                    found[:, rows[:, None], columns] = block
                    found[:, columns[:, None], rows] = np.swapaxes(block, 1, 2)
        return found

    def summed(self, values: Integers, there: NDArray[np.bool_]) -> Array:
        r"""Error covariances of J values at all waves, summed over units (T, J, T, J).

        ``there`` (U, T, J) marks which units count for a value at a wave: the result is
        :math:`\sum_u a_{usj} a_{utk} \operatorname{Cov}_u(sj, tk)`.
        """
        own = np.s_[:, values[:, None], values]
        count, size = there.shape[1:]
        weight = np.ascontiguousarray(np.moveaxis(there, 1, 0), float)
        within = np.stack([block[own] for block in self.within])
        found = np.zeros((count, size, count, size))
        for t in range(count):
            found[t, :, t] = np.einsum("uj,uk,ujk->jk", weight[t], weight[t], within[t])
        for (s, t), block in self.between.items():
            found[s, :, t] = np.einsum("uj,uk,ujk->jk", weight[s], weight[t], block[own])
            found[t, :, s] = found[s, :, t].T
        both = self.supposed[values][:, None] & self.supposed[values]
        if self.correlation and both.any():
            # The root of a product is that of roots, so units are summed by products of matrices.
            root = np.sqrt(np.abs(within))
            before = np.sign(within) * root * weight[:, :, :, None]
            shared = np.moveaxis(before, (0, 1), (2, 3)) @ np.moveaxis(
                root * weight[:, :, None, :], (0, 1), (3, 2)
            )
            for s in range(count):
                for t in range(s + 1, count):
                    block = shared[:, :, s, t] * self.correlation ** (t - s)
                    found[s, :, t] = np.where(both, block, found[s, :, t])
                    found[t, :, s] = found[s, :, t].T
        return found

    def _block(self, s: int, t: int, rows: Integers, columns: Integers) -> Array | None:
        """Of values at wave s with values at wave t, (U, rows, columns); None where all is zero."""
        own = np.s_[:, rows[:, None], columns]
        if s == t:
            return self.within[s][own]
        known = self.between.get((s, t))
        found = None if known is None else known[own]
        both = self.supposed[rows][:, None] & self.supposed[columns]
        if not self.correlation or not both.any():
            return found
        before, now = self.within[s][own], self.within[t][own]
        shared = np.sign(before) * np.sqrt(np.abs(before * now)) * self.correlation ** (t - s)
        return np.where(both, shared, 0.0 if found is None else found)

    def of_means(self, weights: Array) -> "ErrorOverWaves":
        """Error of new values, weighted sums of these; ``weights`` are (T, U, new, p)."""
        across = np.swapaxes(weights, -1, -2)
        return ErrorOverWaves(
            weights @ self.within @ across,
            {(s, t): weights[s] @ block @ across[t] for (s, t), block in self.between.items()},
            np.zeros(weights.shape[-2], dtype=np.bool_),
        )

    def supposing(self, values: NDArray[np.bool_], correlation: float) -> "ErrorOverWaves":
        """The same as if the errors of some values (p,) correlated so from one wave to the next.

        Over two waves the correlation is r², and so on: people leave, and change their minds. The
        error covariance of values j at wave s and k at wave t is then
        r^|t − s| sign(E^s_jk) √|E^s_jk E^t_jk|,
        with E^s what is known of them within wave s.
        """
        return replace(self, supposed=values, correlation=correlation)


def error_over_waves(
    study: Study, means: UnitMeans, waves: Sequence[str], places: pd.MultiIndex
) -> tuple[ErrorOverWaves, tuple[Repeated, ...]]:
    """Return the error covariance of every unit's means over the waves.

    Parameters
    ----------
    study, waves
        The study, and T of its waves.
    means
        Unit means of all waves, with their errors wave by wave.
    places
        ``organisation`` and ``unit`` of the U units asked for.

    Returns
    -------
    error
        Of the p items of the units; zero where a unit has no answers. Between waves it is zero but
        for the respondents of the sources named next.
    repeated
        The sources whose respondents are linked over waves.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> means = wb.linkage.unit_means_with_error(study, ["service_1"], wave=wb.study.ALL_WAVES)
    >>> places = means.frame.set_index(["organisation", "unit"]).index.unique()
    >>> error, repeated = wb.linkage.error_over_waves(study, means, study.waves, places)
    >>> error.within.shape == (3, len(places), 1, 1)
    True
    >>> repeated
    ()
    """
    count, size = len(waves), len(means.items)
    inside = np.zeros((count, len(places), size, size))
    between: dict[tuple[int, int], Array] = {}
    rows = means.frame
    for t, wave in enumerate(waves):
        here = np.flatnonzero(rows["wave"] == wave)
        at = places.get_indexer(pd.MultiIndex.from_frame(rows.loc[here, PLACE]))
        inside[t, at[at >= 0]] = means.error[here[at >= 0]]
    repeated = []
    for source, within in means.within.items():
        answers = study.answers(source)
        if "respondent" not in answers:
            continue
        columns = np.array([means.items.index(name) for name in within.columns])
        found = [_Wave.of(answers, wave, list(within.columns), places) for wave in waves]
        pairs = {
            (s, t): _Pair.of(found[s], found[t], len(places))
            for s in range(count)
            for t in range(s + 1, count)
        }
        linked = {key for pair in pairs.values() for key in pair.people}
        if not linked:
            continue
        cross = _admissible(within.to_numpy(float), count, pairs)
        for (s, t), pair in pairs.items():
            block = between.setdefault((s, t), np.zeros(inside.shape[1:]))
            block[:, columns[:, None], columns] = cross[s, :, t] * pair.shares
        repeated.append(Repeated(source, len(linked), _correlation(within, cross, pairs)))
    nothing = np.zeros(size, dtype=np.bool_)
    return ErrorOverWaves(inside, between, nothing), tuple(repeated)


@dataclass(frozen=True, eq=False)
class _Wave:
    """One wave's respondents of a source who are linked to another wave, in their units.

    ``key`` (R,) tells them apart, sorted; ``unit`` (R,) numbers their unit; ``gap`` (R, p) is the
    answer less the unit's mean, 0 where there is none; ``share`` (R, p) is ω.
    """

    key: NDArray[np.int64]
    unit: NDArray[np.int64]
    weight: Array
    answered: NDArray[np.bool_]
    gap: Array
    share: Array

    @classmethod
    def of(
        cls, answers: pd.DataFrame, wave: str, items: list[str], places: pd.MultiIndex
    ) -> "_Wave":
        rows = answers[(answers["wave"] == wave).to_numpy()]
        unit = places.get_indexer(
            pd.MultiIndex.from_arrays([rows[name].to_numpy(dtype=object) for name in PLACE])
        )
        rows, unit = rows[unit >= 0], unit[unit >= 0].astype(np.int64)
        values, weight = rows[items].to_numpy(float), rows["weight"].to_numpy(float)
        answered = ~np.isnan(values) & (weight > 0)[:, None]
        held = np.where(answered, weight[:, None], 0.0)
        values = np.where(answered, values, 0.0)
        total = np.stack([np.bincount(unit, w, len(places)) for w in held.T], axis=1)
        total = np.where(total > 0, total, 1.0)
        sums = [np.bincount(unit, x, len(places)) for x in (held * values).T]
        gap = np.where(answered, values - (np.stack(sums, axis=1) / total)[unit], 0.0)
        person = rows["respondent"].to_numpy(np.int64)
        key = unit * (int(answers["respondent"].max()) + 1) + person
        order = np.argsort(key, kind="stable")
        order = order[person[order] >= 0]
        return cls(
            key[order],
            unit[order],
            weight[order],
            answered[order],
            gap[order],
            (held / total[unit])[order],
        )

    def at(self, rows: NDArray[np.intp]) -> "_Wave":
        """The respondents of these rows."""
        return _Wave(
            self.key[rows],
            self.unit[rows],
            self.weight[rows],
            self.answered[rows],
            self.gap[rows],
            self.share[rows],
        )


@dataclass(frozen=True, eq=False)
class _Pair:
    """Those who answered in both of two waves: ``people`` (their keys), W^st (p, p), and
    ``shares`` Σ ω ω of every unit (U, p, p)."""

    people: NDArray[np.int64]
    within: Array
    shares: Array

    @classmethod
    def of(cls, before: _Wave, now: _Wave, units: int) -> "_Pair":
        people, first, second = np.intersect1d(
            before.key, now.key, assume_unique=True, return_indices=True
        )
        a, b = before.at(first), now.at(second)
        p = a.gap.shape[1]
        within, shares = np.zeros((p, p)), np.zeros((units, p, p))
        weight = np.sqrt(a.weight * b.weight)
        for j in range(p):
            for k in range(p):
                both = np.where(a.answered[:, j] & b.answered[:, k], weight, 0.0)
                shares[:, j, k] = np.bincount(a.unit, a.share[:, j] * b.share[:, k], units)
                left = 1 - a.share[:, j] - b.share[:, k] + shares[a.unit, j, k]
                divisor = both @ left
                if divisor > 1e-12 * both.sum():
                    within[j, k] = both @ (a.gap[:, j] * b.gap[:, k]) / divisor
        return cls(people, within, shares)


def _admissible(within: Array, count: int, pairs: dict[tuple[int, int], _Pair]) -> Array:
    """W over waves (T, p, T, p), zero within a wave, such that with W there it is a covariance.

    Estimated pair by pair the whole need not be one; then all W^st are made smaller alike, until
    it is.
    """
    size = len(within)
    cross = np.zeros((count, size, count, size))
    for (s, t), pair in pairs.items():
        cross[s, :, t], cross[t, :, s] = pair.within, pair.within.T
    values, axes = np.linalg.eigh(within)
    root = np.where(values > 1e-12 * values[-1], 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
    whitened = np.kron(np.eye(count), (axes * root) @ axes.T)
    flat = cross.reshape(count * size, count * size)
    smallest = np.linalg.eigvalsh(whitened @ flat @ whitened)[0]
    return cross / max(1.0, -float(smallest))


def _correlation(within: pd.DataFrame, cross: Array, pairs: dict[tuple[int, int], _Pair]) -> float:
    variance = np.diagonal(within.to_numpy(float))
    known = variance > 0
    found = [
        np.mean(np.diagonal(cross[s, :, t])[known] / variance[known])
        for (s, t), pair in pairs.items()
        if len(pair.people) and known.any()
    ]
    return float(np.mean(found)) if found else 0.0
