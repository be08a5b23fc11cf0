"""From a parameter table to arrays: the RAM form, batched moments and analytic derivatives.

The reticular action model [1]_ writes every variable v (the observed ones first, then the latent
ones) as v = m + A v + u with Cov(u) = S. With E = (I - A)^-1 and F the rows of the observed
variables,

    Sigma = F E S E' F',    mu = F E m.

Every entry of A and S moves Sigma by a matrix of rank two, w (a b' + b a'): for A[r, c] a is
column r of F E and b is row c of E S E' F'; for S[r, c] a and b are columns r and c of F E, and
w is 1/2 on the diagonal. The gradient and the normal-theory information therefore never need a
derivative matrix: they are entries of (F E)' Omega [F E, ...] and products of entries of
[...]' V [...], so that one evaluation costs a handful of small matrix products.

Shapes: ``...`` any batch axes, G groups, p observed, t observed and latent, k free parameters.

References
----------
.. [1] McArdle, J. J., & McDonald, R. P. (1984). Some algebraic properties of the reticular action
   model. British Journal of Mathematical and Statistical Psychology, 37, 234-251.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ModelError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PATH, COVARIANCE, MEAN = 0, 1, 2

PAIRS_AT_ONCE = 2**20
"""Numbers held at a time where a sum runs over patterns: few enough for the processor's cache."""

_STRUCTURAL = frozenset({"=~", "~", "~~", "~1"})
_ORDINAL = frozenset({"|", "~*~"})
_STATEMENTS = frozenset({":=", "==", "<", ">"})


@dataclass(frozen=True, eq=False)
class Implied:
    """The model at some theta: moments and the factors their derivatives are made of.

    Attributes
    ----------
    sigma : (..., G, p, p)
    mu : (..., G, p)
    effects : (..., G, t, t)
        E, total effects of u on v.
    total : (..., G, t, t)
        E S E', the covariance of observed and latent variables.
    left : (..., G, t, p)
        (F E)': row r is the direction a of every entry in row r.
    right : (..., G, 2t, p)
        (F E)' above E S E' F': the directions b of entries of S and of A.
    level : (..., G, t + 2)
        E m, then 1 and 0: by how much an entry moves mu along a.
    """

    sigma: Floats
    mu: Floats
    effects: Floats
    total: Floats
    left: Floats
    right: Floats
    level: Floats

    def of_group(self, group: int) -> "Implied":
        """One group's, (B, 1, 1, ...) with an axis for patterns of rows before the group's."""
        return Implied(
            **{
                field.name: getattr(self, field.name)[:, None, group, None]
                for field in fields(self)
            }
        )


@dataclass(frozen=True, eq=False)
class Entries:
    """Matrix entries, one per element: which matrix, group, row, column.

    ``source`` is the free parameter (0-based) or the moment of an exogenous covariate that fills
    the entry, ``value`` the constant of a fixed entry.
    """

    kind: Integers
    group: Integers
    row: Integers
    column: Integers
    source: Integers
    value: Floats

    def of_group(self, group: int) -> "Entries":
        """One group's, as if there were no other."""
        own = self.group == group
        kept = {field.name: getattr(self, field.name)[own] for field in fields(self)}
        return Entries(**kept | {"group": np.zeros(own.sum(), dtype=np.int64)})


@dataclass(frozen=True, eq=False)
class Layout:
    """Where every parameter sits in A, S and m, for all groups.

    Build it with :meth:`from_table`. ``exogenous`` names the moments of fixed exogenous
    covariates; their values belong to the data, not to theta, and are handed to :meth:`implied`
    as ``exo``. ``loadings`` holds (group, row, column) of what ``=~`` wrote; ``covariates`` the
    observed variables that only predict and whose moments the user wrote nothing about; ``start``
    (k,) the user's starting values, NaN where there are none; ``lower`` and ``upper`` (k,) the
    user's bounds.
    """

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    groups: int
    n_free: int
    mean_structure: bool
    free: Entries
    fixed: Entries
    exogenous: Entries
    loadings: frozenset[tuple[int, int, int]]
    covariates: frozenset[int]
    start: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame,
        observed: Sequence[str] | None = None,
        latent: Sequence[str] | None = None,
    ) -> "Layout":
        """Read a parameter table (``lhs op rhs group free fixed exo``; see ``parameters``).

        Thresholds and scales of ordered items have their place in theta, but none in A, S and m.

        Raises
        ------
        ModelError
            An operator that has no place in A, S and m, or a fixed row without a value.
        """
        names = ("lhs", "op", "rhs", "group", "free", "fixed", "exo")
        written = list(zip(*(table[name].tolist() for name in names), strict=True))
        for row in written:
            if row[1] not in _STRUCTURAL | _ORDINAL | _STATEMENTS:
                raise ModelError(f"The operator {row[1]!r} has no place in this model.")
        rows = [row for row in written if row[1] in _STRUCTURAL]
        if latent is None:
            latent = list(dict.fromkeys(row[0] for row in rows if row[1] == "=~"))
        if observed is None:
            observed = _observed_names(rows, latent)
        position = {name: i for i, name in enumerate([*observed, *latent])}

        entries: dict[str, list[tuple[Any, ...]]] = {"free": [], "fixed": [], "exogenous": []}
        loadings = set()
        for lhs, op, rhs, group, free, fixed, exo in rows:
            if op == "=~":
                place = (PATH, int(group) - 1, position[rhs], position[lhs])
                loadings.add(place[1:])
            elif op == "~":
                place = (PATH, int(group) - 1, position[lhs], position[rhs])
            elif op == "~~":
                place = (COVARIANCE, int(group) - 1, position[lhs], position[rhs])
            else:
                place = (MEAN, int(group) - 1, position[lhs], 0)
            if free > 0:
                entries["free"].append((*place, int(free) - 1, np.nan))
            elif exo == 1:
                entries["exogenous"].append((*place, len(entries["exogenous"]), np.nan))
            elif np.isfinite(fixed):
                entries["fixed"].append((*place, -1, float(fixed)))
            else:
                raise ModelError(f"The fixed parameter {lhs} {op} {rhs} has no value; give it one.")
        free_entries = sorted(entries["free"], key=lambda e: e[4])
        return cls(
            observed=tuple(observed),
            latent=tuple(latent),
            groups=max(int(row[3]) for row in rows),
            n_free=max(int(row[4]) for row in written),
            mean_structure=any(row[1] == "~1" for row in rows),
            free=_entries(free_entries),
            fixed=_entries(entries["fixed"]),
            exogenous=_entries(entries["exogenous"]),
            loadings=frozenset(loadings),
            covariates=_covariates(table, position, len(observed)),
            **_user_values(table),
        )

    @property
    def size(self) -> int:
        """Number of observed and latent variables, t."""
        return len(self.observed) + len(self.latent)

    @property
    def moments(self) -> int:
        """Number of a group's moments (mu, vech Sigma), p + p*."""
        p = len(self.observed)
        return p + p * (p + 1) // 2

    def entry_name(self, entry: int) -> str:
        """A free entry as it is written in a model, with its group where there are several."""
        e, names = self.free, [*self.observed, *self.latent]
        kind, g, row, column = (int(x[entry]) for x in (e.kind, e.group, e.row, e.column))
        group = f" [{g + 1}]" if self.groups > 1 else ""
        if kind == MEAN:
            return f"{names[row]} ~ 1{group}"
        if kind == COVARIANCE:
            return f"{names[row]} ~~ {names[column]}{group}"
        if (g, row, column) in self.loadings:
            return f"{names[column]} =~ {names[row]}{group}"
        return f"{names[row]} ~ {names[column]}{group}"

    def endogenous_latents(self, group: int) -> list[int]:
        """Positions of the latent variables that something in A points to."""
        pattern = self._maps[0][group] > 0
        return [f for f in range(len(self.observed), self.size) if pattern[f].any()]

    @cached_property
    def _maps(self) -> tuple[Integers, Integers, Integers, Floats]:
        """For A, S and m: position of each entry in [0, constants, theta, exogenous]."""
        t, constants = self.size, len(self.fixed.value) + 1
        maps = [
            np.zeros((self.groups, t, t), dtype=np.int64),
            np.zeros((self.groups, t, t), dtype=np.int64),
            np.zeros((self.groups, t), dtype=np.int64),
        ]
        for entries, at in (
            (self.fixed, 1 + np.arange(len(self.fixed.value))),
            (self.free, constants + self.free.source),
            (self.exogenous, constants + self.n_free + self.exogenous.source),
        ):
            for kind in (PATH, COVARIANCE):
                own = entries.kind == kind
                g, r, c = entries.group[own], entries.row[own], entries.column[own]
                maps[kind][g, r, c] = at[own]
                if kind == COVARIANCE:
                    maps[kind][g, c, r] = at[own]
            own = entries.kind == MEAN
            maps[MEAN][entries.group[own], entries.row[own]] = at[own]
        return maps[0], maps[1], maps[2], np.concatenate([[0.0], self.fixed.value])

    @cached_property
    def _depth(self) -> int | None:
        """Largest power of A that is not structurally zero; None if paths run in a circle."""
        pattern = self._maps[0] > 0
        power, depth = pattern.copy(), 0
        while power.any():
            depth += 1
            if depth > self.size:
                return None
            power = (power.astype(np.int64) @ pattern) > 0
        return depth

    @cached_property
    def _derivative_maps(self) -> tuple[Integers, Integers, Integers, Floats]:
        """For each free entry: row in left, row in right, position in level, weight w."""
        t, e = self.size, self.free
        right = np.where(e.kind == PATH, t + e.column, e.column)
        level = np.select([e.kind == PATH, e.kind == MEAN], [e.column, t], t + 1)
        weight = np.select(
            [e.kind == MEAN, (e.kind == COVARIANCE) & (e.row == e.column)], [0.0, 0.5], 1.0
        )
        return e.row, np.where(e.kind == MEAN, 0, right), level, weight

    @cached_property
    def _one_to_one(self) -> bool:
        """Every free parameter fills exactly one entry."""
        return np.array_equal(self.free.source, np.arange(self.n_free))

    @cached_property
    def _spread(self) -> Floats:
        """(entries, k): 1 where a free parameter fills an entry."""
        spread = np.zeros((len(self.free.source), self.n_free))
        spread[np.arange(len(self.free.source)), self.free.source] = 1.0
        return spread

    def matrices(self, theta: Floats, exo: Floats | None = None) -> tuple[Floats, Floats, Floats]:
        """A (..., G, t, t), S (..., G, t, t) and m (..., G, t) at theta (..., k)."""
        index_a, index_s, index_m, constants = self._maps
        fixed, known = len(constants), 0
        batch = theta.shape[:-1]
        if self.exogenous.value.size:
            if exo is None:
                raise ModelError("The moments of the fixed exogenous covariates are missing.")
            known = exo.shape[-1]
            batch = np.broadcast_shapes(batch, exo.shape[:-1])
        values = np.empty((*batch, fixed + self.n_free + known))
        values[..., :fixed] = constants
        values[..., fixed : fixed + self.n_free] = theta
        if known:
            values[..., fixed + self.n_free :] = exo
        return (
            values.take(index_a, axis=-1),
            values.take(index_s, axis=-1),
            values.take(index_m, axis=-1),
        )

    def implied(self, theta: Floats, exo: Floats | None = None) -> Implied:
        """Implied moments at theta (..., k), with what their derivatives need."""
        p, t = len(self.observed), self.size
        a, s, m = self.matrices(theta, exo)
        effects = self._effects(a)
        across = effects.swapaxes(-1, -2)
        total = effects @ (s @ across)
        total = 0.5 * (total + total.swapaxes(-1, -2))
        right = np.empty((*a.shape[:-2], 2 * t, p))
        right[..., :t, :], right[..., t:, :] = across[..., :p], total[..., :p]
        level = np.zeros((*a.shape[:-2], t + 2))
        if self.mean_structure:
            level[..., :t], level[..., t] = (effects @ m[..., None])[..., 0], 1.0
        return Implied(
            sigma=total[..., :p, :p],
            mu=level[..., :p],
            effects=effects,
            total=total,
            left=across[..., :p],
            right=right,
            level=level,
        )

    @cached_property
    def _identity(self) -> Floats:
        return np.eye(self.size)

    def _effects(self, a: Floats) -> Floats:
        """(I - A)^-1, which is I + A + A^2 + ... where paths do not run in a circle."""
        if self._depth is None:
            return np.asarray(np.linalg.inv(self._identity - a), dtype=a.dtype)
        effects = a + self._identity
        for _ in range(self._depth - 1):
            effects = a @ effects
            effects += self._identity
        return effects

    def exogenous_values(self, cov: Floats, mean: Floats | None = None) -> Floats:
        """The sample's moments (..., G, p, p) and (..., G, p) that fill the exogenous entries."""
        e = self.exogenous
        values = np.zeros((*cov.shape[:-3], e.kind.size))
        own = e.kind == COVARIANCE
        values[..., own] = cov[..., e.group[own], e.row[own], e.column[own]]
        own = e.kind == MEAN
        if own.any() and mean is not None:
            values[..., own] = mean[..., e.group[own], e.row[own]]
        return values

    @cached_property
    def _places(self) -> dict[str, Integers]:
        """Flat positions of each free entry, and of each pair of entries, in what is gathered."""
        row, column, level, _ = self._derivative_maps
        t, group = self.size, self.free.group
        same = group[:, None] == group
        at_left, at_right = (4 * t * t * group + 2 * t * r for r in (row, column))

        def pairs(start: Integers, end: Integers) -> Integers:
            return np.where(same, start[:, None] + end, 0)

        path_column = np.where(self.free.kind == MEAN, 0, self.free.column)
        own = t * t * group
        return {
            "gradient": 2 * t * t * group + 2 * t * row + column,
            "height": (t + 2) * group + level,
            "along": t * group + row,
            "beside": 2 * t * group + column,
            "left_left": pairs(at_left, row),
            "right_right": pairs(at_right, column),
            "left_right": pairs(at_left, column),
            "row_row": pairs(own + t * row, row),
            "row_column": pairs(own + t * row, path_column),
            "column_row": pairs(own + t * path_column, row),
            "column_column": pairs(own + t * path_column, path_column),
        }

    @cached_property
    def _same_group(self) -> Floats | None:
        """(entries, entries): 1 for pairs in the same group; None if there is one group."""
        group = self.free.group
        return None if self.groups == 1 else (group[:, None] == group).astype(np.float64)

    def gradient(self, implied: Implied, omega: Floats, slope: Floats | None) -> Floats:
        """Chain rule: derivative by theta (..., k) of a function of the moments.

        ``omega`` (..., G, p, p) holds the symmetric derivative by Sigma in the sense
        df = 1/2 tr(omega dSigma), ``slope`` (..., G, p) the derivative by mu.
        """
        places, weight = self._places, self._derivative_maps[3]
        inner = (implied.left @ omega) @ np.swapaxes(implied.right, -1, -2)
        entries = weight * _flat(inner, 3).take(places["gradient"], axis=-1)
        if slope is not None and self.mean_structure:
            along = (implied.left @ slope[..., None])[..., 0]
            entries = entries + _flat(along, 2).take(places["along"], axis=-1) * _flat(
                implied.level, 2
            ).take(places["height"], axis=-1)
        return self._gathered(entries)

    def information(self, implied: Implied, precision: Floats, share: Floats) -> Floats:
        """Normal-theory information (..., k, k) for one observation.

        I[j, k] = sum_g share_g {1/2 tr(V dSigma_j V dSigma_k) + dmu_j' V dmu_k}, V being
        ``precision`` (..., G, p, p); ``share`` (..., G) is n_g / N.
        """
        return self._gathered_pairs(self._information_entries(implied, precision), share)

    def _information_entries(self, implied: Implied, precision: Floats) -> Floats:
        weight = self._derivative_maps[3]
        left_left, right_right, left_right = self._products(implied, precision)
        entries = left_left * right_right + left_right * np.swapaxes(left_right, -1, -2)
        entries *= weight[:, None] * weight
        if self.mean_structure:
            heights = _flat(implied.level, 2).take(self._places["height"], axis=-1)
            entries += left_left * (heights[..., :, None] * heights[..., None, :])
        return entries

    def moment_hessian(
        self,
        implied: Implied,
        precision: Floats,
        excess: Floats,
        pull: Floats | None,
        share: Floats,
    ) -> Floats:
        """Second derivative of ML's f through d Sigma and d mu alone (..., k, k).

        sum_g share_g {1/2 tr(dSigma_j V dSigma_k C) + dmu_j' V dmu_k + dmu_j' V dSigma_k V gap
        + dmu_k' V dSigma_j V gap}, C = 2 V T V - V being ``excess``, gap = m - mu, and V gap
        ``pull`` (..., G, p), None without means.
        """
        entries = self._hessian_entries(implied, precision, excess, pull)
        return self._gathered_pairs(entries, share)

    def _hessian_entries(
        self, implied: Implied, precision: Floats, excess: Floats, pull: Floats | None
    ) -> Floats:
        weight, places = self._derivative_maps[3], self._places
        left_left, right_right, left_right = self._products(implied, precision)
        by_left, by_right, across = self._products(implied, excess)
        entries = left_left * by_right + right_right * by_left
        entries += left_right * np.swapaxes(across, -1, -2)
        entries += np.swapaxes(left_right, -1, -2) * across
        entries *= 0.5 * weight[:, None] * weight
        if pull is not None:
            pulled = (implied.right @ pull[..., None])[..., 0]
            along = _flat(pulled[..., : self.size], 2).take(places["along"], axis=-1)
            beside = _flat(pulled, 2).take(places["beside"], axis=-1)
            heights = _flat(implied.level, 2).take(places["height"], axis=-1)
            entries += left_left * (heights[..., :, None] * heights[..., None, :])
            cross = left_left * beside[..., None, :] + left_right * along[..., None, :]
            cross *= heights[..., :, None] * weight
            entries += cross + np.swapaxes(cross, -1, -2)
        return entries

    def pattern_hessian(
        self,
        implied: Implied,
        group: int,
        precision: Floats,
        share: Floats,
        excess: Floats | None = None,
        pull: Floats | None = None,
    ) -> Floats:
        """Sum over K patterns of a group's rows of ``information`` or ``moment_hessian`` (B, k, k).

        ``precision`` and ``excess`` are (B, K, p, p), ``pull`` (B, K, p) and ``share`` (B, K);
        without an ``excess`` it is the information. Work and memory are those of K numbers for
        each pair of entries, whatever the number of moments.
        """
        own, at = self._of_group(group), implied.of_group(group)
        count = len(own.free.source)
        chunk = max(PAIRS_AT_ONCE // max(len(share) * count * count, 1), 1)
        total = np.zeros((len(share), count, count))
        for first in range(0, share.shape[1], chunk):
            some = slice(first, first + chunk)
            inner = precision[:, some, None]
            if excess is None:
                entries = own._information_entries(at, inner)
            else:
                assert pull is not None
                gap = pull[:, some, None] if self.mean_structure else None
                entries = own._hessian_entries(at, inner, excess[:, some, None], gap)
            total += np.einsum("bk,bkij->bij", share[:, some], entries)
        return total if own._one_to_one else (own._spread.T @ total) @ own._spread

    def row_scores(
        self, implied: Implied, group: int, pull: Floats, precision: Floats, member: Integers
    ) -> Floats:
        """Derivatives of each row's log-likelihood by the group's free entries (n, e);
        times ``spread_of`` (e, k) they are those by theta. ``implied`` has no batch axis.

        ``pull`` (n, p) is V (x - mu), ``precision`` (K, p, p) V of each pattern, ``member`` (n,)
        the pattern of each row. With an entry's directions a and b they are
        w {(a'pull)(b'pull) - a'V b} and, through the means, a'pull times the entry's level.
        """
        own = self._of_group(group)
        row, column, level, weight = own._derivative_maps
        left, right = implied.left[group], implied.right[group]
        along = (pull @ left.T)[:, row]
        # a'V b of all patterns and entries at once: a sum over the elements of V's lower triangle.
        lower, upper = vech_index(len(self.observed))
        a, b = left[row].T, right[column].T
        both = a[lower] * b[upper] + a[upper] * b[lower]
        both[lower == upper] *= 0.5
        expected = precision[:, lower, upper] @ both
        scores = weight * (along * (pull @ right.T)[:, column] - expected[member])
        if self.mean_structure:
            scores += along * implied.level[group][level]
        return scores

    def spread_of(self, group: int) -> Floats:
        """(e, k): 1 where a free parameter fills one of the group's e free entries."""
        return self._of_group(group)._spread

    def of_groups(self, first: int, end: int) -> "Layout":
        """Some groups' entries as a layout of their own, of the same parameters; the moments of its
        covariates are those groups' alone."""

        def own(entries: Entries) -> Entries:
            there = (entries.group >= first) & (entries.group < end)
            kept = {field.name: getattr(entries, field.name)[there] for field in fields(entries)}
            return Entries(**kept | {"group": kept["group"] - first})

        exogenous = own(self.exogenous)
        return replace(
            self,
            groups=end - first,
            free=own(self.free),
            fixed=own(self.fixed),
            exogenous=replace(exogenous, source=np.arange(len(exogenous.source))),
            loadings=frozenset(
                (group - first, row, column)
                for group, row, column in self.loadings
                if first <= group < end
            ),
        )

    def _of_group(self, group: int) -> "Layout":
        """One group's entries as a layout of their own, of the same parameters."""
        return self if self.groups == 1 else self._groups_apart[group]

    @cached_property
    def _groups_apart(self) -> "tuple[Layout, ...]":
        return tuple(
            replace(
                self,
                groups=1,
                **{
                    name: getattr(self, name).of_group(g) for name in ("free", "fixed", "exogenous")
                },
            )
            for g in range(self.groups)
        )

    def curvature(
        self, implied: Implied, omega: Floats, slope: Floats | None, share: Floats
    ) -> Floats:
        """sum_g share_g {1/2 tr(omega d2Sigma) + slope' d2mu} (..., k, k).

        With M = E' omega E, N = E' omega C and C = E S E': between A[r, c] and A[s, d] it is
        E[d, r] N[s, c] + E[c, s] N[r, d] + M[r, s] C[c, d]; between A[r, c] and S[s, d]
        w (M[r, s] E[c, d] + M[r, d] E[c, s]). With h = E' slope and n = E m the means add
        E[d, r] h[s] n[c] + E[c, s] h[r] n[d] and, between A[r, c] and m[s], h[r] E[c, s].
        """
        places, weight = self._places, self._derivative_maps[3]
        e = self.free
        left_omega = implied.left @ omega
        m = left_omega @ np.swapaxes(implied.left, -1, -2)
        n = left_omega @ np.swapaxes(implied.right[..., self.size :, :], -1, -2)

        def pick(matrix: Floats, where: str) -> Floats:
            return _flat(matrix, 3).take(places[where], axis=-1)

        is_path = (e.kind == PATH).astype(np.float64)
        is_cov = (e.kind == COVARIANCE).astype(np.float64)
        m_rows, m_row_column = pick(m, "row_row"), pick(m, "row_column")
        effect_cr = pick(implied.effects, "column_row")
        effect_cc = pick(implied.effects, "column_column")
        mixed = effect_cr * pick(n, "row_column")
        paths = mixed + np.swapaxes(mixed, -1, -2) + m_rows * pick(implied.total, "column_column")
        half = (m_rows * effect_cc + m_row_column * effect_cr) * (
            is_path[:, None] * (is_cov * weight)
        )
        entries = paths * (is_path[:, None] * is_path) + half + np.swapaxes(half, -1, -2)
        if slope is not None and self.mean_structure:
            along = (implied.left @ slope[..., None])[..., 0]
            h = _flat(along, 2).take(places["along"], axis=-1)
            heights = _flat(implied.level, 2).take(places["height"], axis=-1)
            # The height of a path is the mean of its cause, of an intercept 1, of a covariance 0.
            tilt = h[..., :, None] * effect_cr * heights[..., None, :] * is_path[:, None]
            entries = entries + tilt + np.swapaxes(tilt, -1, -2)
        return self._gathered_pairs(entries, share)

    def _products(self, implied: Implied, inner: Floats) -> tuple[Floats, Floats, Floats]:
        """a_j' V a_k, b_j' V b_k and a_j' V b_k for all pairs of entries (..., e, e)."""
        product = _flat((implied.right @ inner) @ np.swapaxes(implied.right, -1, -2), 3)
        places = self._places
        return (
            product.take(places["left_left"], axis=-1),
            product.take(places["right_right"], axis=-1),
            product.take(places["left_right"], axis=-1),
        )

    def _gathered(self, entries: Floats) -> Floats:
        return entries if self._one_to_one else (entries[..., None, :] @ self._spread)[..., 0, :]

    def _gathered_pairs(self, entries: Floats, share: Floats) -> Floats:
        if self._same_group is not None:
            entries = entries * (self._same_group * share[..., self.free.group][..., None, :])
        if self._one_to_one:
            return entries
        return (self._spread.T @ entries) @ self._spread

    def jacobian(self, implied: Implied) -> Floats:
        """d[mu, vech Sigma] / d theta, (..., G, p + p(p + 1)/2, k); vech runs down columns.

        Without a mean structure the rows of mu are zero.
        """
        row, column, level, weight = self._derivative_maps
        group = self.free.group
        a = implied.left[..., group, row, :]
        b = implied.right[..., group, column, :]
        lower, upper = vech_index(len(self.observed))
        sigma = weight[:, None] * (a[..., lower] * b[..., upper] + a[..., upper] * b[..., lower])
        mean = a * implied.level[..., group, level][..., None]
        if not self.mean_structure:
            mean = np.zeros_like(mean)
        stacked = np.concatenate([mean, sigma], axis=-1)
        out = np.zeros((*stacked.shape[:-2], self.groups, stacked.shape[-1], self.n_free))
        for entry, (g, source) in enumerate(zip(group, self.free.source, strict=True)):
            out[..., g, :, source] += stacked[..., entry, :]
        return out

    def freed(
        self, kind: Integers, group: Integers, row: Integers, column: Integers, theta: Floats
    ) -> tuple["Layout", Floats]:
        """The layout with further entries free, and theta with their present values appended.

        A fixed entry is freed where it stands; an entry that no row of the table fills starts at
        zero. This is what score tests need: gradient and information of the wider layout at the
        narrow model's optimum.
        """
        fixed_at = {
            place: value
            for *place_, _, value in zip(*_columns(self.fixed), strict=True)
            for place in _places(*place_)
        }
        wanted = list(
            zip(kind.tolist(), group.tolist(), row.tolist(), column.tolist(), strict=True)
        )
        values = np.array([fixed_at.get(place, 0.0) for place in wanted])
        added = {place for one in wanted for place in _places(*one)}
        keep = np.array(
            [tuple(place) not in added for *place, _, _ in zip(*_columns(self.fixed), strict=True)],
            dtype=bool,
        )
        rows = [tuple(r) for r in zip(*_columns(self.free), strict=True)]
        rows += [(*place, self.n_free + i, np.nan) for i, place in enumerate(wanted)]
        more = len(wanted)
        wider = replace(
            self,
            start=np.append(self.start, np.full(more, np.nan)),
            lower=np.append(self.lower, np.full(more, -np.inf)),
            upper=np.append(self.upper, np.full(more, np.inf)),
            n_free=self.n_free + more,
            mean_structure=self.mean_structure or bool((kind == MEAN).any()),
            free=_entries(rows),
            fixed=_entries(
                [r for r, k in zip(zip(*_columns(self.fixed), strict=True), keep, strict=True) if k]
            ),
        )
        values = np.broadcast_to(values, (*theta.shape[:-1], more))
        return wider, np.concatenate([theta, values], axis=-1)


def _flat(array: Floats, axes: int) -> Floats:
    """The last axes as one."""
    return array.reshape(*array.shape[:-axes], -1)


def vech_index(p: int) -> tuple[Integers, Integers]:
    """Rows and columns of the lower triangle of a p x p matrix, column by column."""
    column, row = np.triu_indices(p)
    return row.astype(np.int64), column.astype(np.int64)


def _covariates(table: pd.DataFrame, position: Mapping[str, int], p: int) -> frozenset[int]:
    """Observed variables that only predict and stand in no ``~~`` or ``~1`` that was written."""
    user = table["user"].tolist() if "user" in table else [0] * len(table)
    causes, other = set(), set()
    columns = (table[name].tolist() for name in ("lhs", "op", "rhs"))
    for lhs, op, rhs, own in zip(*columns, user, strict=True):
        if op == "~":
            causes.add(rhs)
            other.add(lhs)
        elif op == "=~":
            other.add(rhs)
        elif op in ("~~", "~1") and own == 1:
            other |= {lhs, rhs}
    return frozenset(position[name] for name in causes - other if position[name] < p)


def _user_values(table: pd.DataFrame) -> dict[str, Floats]:
    """Starts and bounds of the free parameters, as written by the user."""
    number = table["free"].to_numpy()
    at = number[number > 0].astype(np.int64) - 1
    values = {}
    for name, empty, join in (
        ("start", np.nan, np.fmax),
        ("lower", -np.inf, np.maximum),
        ("upper", np.inf, np.minimum),
    ):
        values[name] = np.full(int(at.max(initial=-1)) + 1, empty)
        if name in table:
            join.at(values[name], at, table[name].to_numpy(dtype=np.float64)[number > 0])
    return values


def _columns(entries: Entries) -> list[list[Any]]:
    return [
        getattr(entries, name).tolist()
        for name in ("kind", "group", "row", "column", "source", "value")
    ]


def _places(kind: int, group: int, row: int, column: int) -> list[tuple[int, int, int, int]]:
    places = [(kind, group, row, column)]
    if kind == COVARIANCE and row != column:
        places.append((kind, group, column, row))
    return places


def _entries(rows: list[tuple[Any, ...]]) -> Entries:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    kind, group, row, column, source = (np.array(c, dtype=np.int64) for c in columns[:5])
    return Entries(kind, group, row, column, source, np.array(columns[5], dtype=np.float64))


def _observed_names(rows: list[tuple[Any, ...]], latent: Sequence[str]) -> list[str]:
    """Observed variables in lavaan's order: indicators, outcomes, predictors, the rest."""
    names: dict[str, None] = {}
    for op, places in (("=~", (2,)), ("~", (0,)), ("~", (2,)), ("~~", (0, 2)), ("~1", (0,))):
        for row in rows:
            if row[1] == op:
                names.update(dict.fromkeys(row[place] for place in places))
    hidden = set(latent)
    return [name for name in names if name not in hidden]
