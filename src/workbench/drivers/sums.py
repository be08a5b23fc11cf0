r"""What rows add to the covariances of an outcome and its drivers: sums over the rows of a unit.

Importance is told by covariances of scores without their errors, in the sample and in bootstrap
samples of units. All of them are made of sums over the rows of every unit: weights, values and
products, of the rows that have both values of a pair or, where the patterns of what is missing are
few, pattern by pattern; and what is known of the rows' errors. Scores are distances from an
organisation's mean, so the sums of a study are those of its parts, of which no organisation is in
two, one below another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from workbench.chain import ChainStudy
from workbench.chain.hierarchical.likelihood import in_blocks, summed_products
from workbench.drivers.rows import (
    Booleans,
    Counts,
    Floats,
    Rows,
    answered_rows,
    driver_rows,
    labels_of,
    left_out_alone,
    none_answered,
    none_to_compare,
    source_of_all,
)
from workbench.errors import DriversError
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.progress import progress
from workbench.sem.estimation.moments import Patterns
from workbench.sem.estimation.saturated import saturated
from workbench.study.level import Level

ALIKE = 1e-8
"""Points of 0–100 by which scores differ through rounding alone."""

CHUNK = 200
"""Bootstrap replicates at a time, which bounds the memory."""

_REPLICATES, _PAIRS = 128, 64
"""Bootstrap samples, and pairs of questions, whose sums are counted at a time."""

_ROWS = 256
"""Rows of a unit that are multiplied at once."""

MOST_PATTERNS = 32
"""Beyond so many patterns of missing values their likelihood takes too long a thousand times."""

Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PairSums:
    """Sums over the rows of every unit that have both values of a pair.

    Attributes
    ----------
    number, product : (units, p (p + 1) / 2)
        Of the pairs on and above the diagonal, row by row: of weights, and of the products of both
        values.
    first : (units, p, p)
        Of the value of a, where b is there too.
    """

    number: Floats
    first: Floats
    product: Floats

    @classmethod
    def of(cls, values: Floats, weight: Floats, unit: Index) -> Self:
        """Those of values (n, p), NaN where missing; units are numbered without a gap."""
        there = ~np.isnan(values)
        filled = np.where(there, values, 0.0)
        order = np.argsort(unit, kind="stable")
        starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
        here, own = there[order].astype(float), filled[order]
        at_once = min(_ROWS, 2 * len(order) // len(starts))  # or small units would be padded out
        blocks, weight = in_blocks(starts, len(order), at_once), weight[order, None]
        a, b = np.triu_indices(values.shape[1])
        return cls(
            summed_products(weight * here, here, blocks)[:, a, b],
            summed_products(weight * own, here, blocks),
            summed_products(weight * own, own, blocks)[:, a, b],
        )

    @classmethod
    def joined(cls, parts: Sequence["PairSums"]) -> "PairSums":
        """The units of all parts, one below another."""
        names = ("number", "first", "product")
        return cls(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))

    def only(self, places: Sequence[int]) -> "PairSums":
        """The same of some variables."""
        kept = _kept_pairs(self.first.shape[1], places)
        first = self.first[:, places][:, :, places]
        return PairSums(self.number[:, kept], first, self.product[:, kept])

    def covariances(self, counts: Floats) -> Floats:
        """Covariances (B, p, p) with the units counted so often, ``counts`` (B, units)."""
        p = self.first.shape[1]
        a, b = np.triu_indices(p)
        n = np.maximum(counts @ self.number, 1e-300)
        sums = (counts @ self.first.reshape(len(self.first), -1)).reshape(-1, p, p)
        found = np.empty_like(sums)
        found[:, a, b] = found[:, b, a] = counts @ self.product / n - sums[:, a, b] / n * (
            sums[:, b, a] / n
        )
        return found


def _kept_pairs(p: int, places: Sequence[int]) -> Index:
    """Where the pairs of some of p variables, in ascending order, stand among those of all."""
    a, b = np.triu_indices(p)
    return np.flatnonzero(np.isin(a, places) & np.isin(b, places))


@dataclass(frozen=True, eq=False)
class PatternSums:
    """Sums over the rows of every unit, pattern by pattern of missing values.

    Attributes
    ----------
    seen : (K, p)
        What each pattern has answers to.
    rows : (K,)
        How many rows have it.
    units, sums
        For each pattern units in which it occurs (c,), and there the weight, the sums of the values
        and of their products, (c, 1 + p + p (p + 1) / 2).
    """

    seen: Booleans
    rows: Counts
    units: tuple[Index, ...]
    sums: tuple[Floats, ...]

    @classmethod
    def of(
        cls, values: Floats, weight: Floats, unit: Index, patterns: tuple[Booleans, Index]
    ) -> Self:
        """Those of values (n, p) with their ``patterns``, see :func:`patterns_of`."""
        seen, member = patterns
        filled = np.where(np.isnan(values), 0.0, values)
        count = int(unit.max()) + 1
        cell, place = np.unique(member * count + unit, return_inverse=True)
        columns = [weight, *(weight * own for own in filled.T)]
        first, second = np.triu_indices(filled.shape[1])
        columns += [
            weight * filled[:, a] * filled[:, b] for a, b in zip(first, second, strict=True)
        ]
        sums = np.stack([np.bincount(place, column, len(cell)) for column in columns], axis=1)
        ends = np.searchsorted(cell, count * np.arange(1, len(seen)))
        return cls(
            seen,
            np.bincount(member, minlength=len(seen)),
            tuple(np.split(cell % count, ends)),
            tuple(np.split(sums, ends)),
        )

    @classmethod
    def joined(cls, parts: Sequence["PatternSums"], units: Sequence[int]) -> "PatternSums":
        """Those of all parts, which have so many ``units`` each."""
        before = np.cumsum([0, *units[:-1]])
        seen = np.concatenate([part.seen for part in parts])
        rows = np.concatenate([part.rows for part in parts])
        own = [one + start for part, start in zip(parts, before, strict=True) for one in part.units]
        return _alike_together(seen, rows, own, [one for part in parts for one in part.sums])

    def only(self, places: Sequence[int]) -> "PatternSums":
        """The same of some variables."""
        p = self.seen.shape[1]
        kept = np.concatenate([[0], 1 + np.asarray(places), 1 + p + _kept_pairs(p, places)])
        sums = [own[:, kept] for own in self.sums]
        return _alike_together(self.seen[:, places], self.rows, self.units, sums)

    def pairs(self, units: int) -> PairSums:
        """The sums of pairs."""
        p = self.seen.shape[1]
        a, b = np.triu_indices(p)
        number, product = np.zeros((2, units, len(a)))
        first = np.zeros((units, p, p))
        for seen, own, sums in zip(self.seen, self.units, self.sums, strict=True):
            number[own] += sums[:, [0]] * (seen[a] & seen[b])
            product[own] += sums[:, 1 + p :]
            first[own] += sums[:, 1 : 1 + p, None] * seen
        return PairSums(number, first, product)

    def patterns(self, counts: Floats) -> Patterns:
        """Sufficient statistics with the units counted so often, ``counts`` (B, units)."""
        samples, (kinds, p) = len(counts), self.seen.shape
        total = np.empty((samples, kinds, self.sums[0].shape[1]))
        for k, (units, sums) in enumerate(zip(self.units, self.sums, strict=True)):
            total[:, k] = counts[:, units] @ sums
        n = total[..., 0]
        means = total[..., 1:] / np.where(n > 0, n, 1.0)[..., None]
        mean = means[..., :p]
        first, second = np.triu_indices(p)
        cov = np.empty((samples, kinds, p, p))
        cov[..., first, second] = cov[..., second, first] = (
            means[..., p:] - mean[..., first] * mean[..., second]
        )
        member = np.repeat(np.arange(kinds), np.minimum(self.rows, 2))  # one row, or several
        return Patterns(seen=self.seen, n=n, mean=mean, cov=cov, member=member)


def _alike_together(
    seen: Booleans, rows: Counts, units: Sequence[Index], sums: Sequence[Floats]
) -> PatternSums:
    """Put together what there is of patterns that are the same."""
    kinds, member = patterns_of(~seen)
    own = [np.flatnonzero(member == kind).tolist() for kind in range(len(kinds))]
    return PatternSums(
        kinds,
        np.array([rows[at].sum() for at in own]),
        tuple(np.concatenate([units[one] for one in at]) for at in own),
        tuple(np.concatenate([sums[one] for one in at]) for at in own),
    )


def patterns_of(missing: Booleans) -> tuple[Booleans, Index]:
    """What the patterns of missing values have answers to (K, p), and each row's pattern (n,)."""
    packed = np.packbits(missing, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, member = np.unique(keys, return_index=True, return_inverse=True)
    return ~missing[first], member.ravel()


@dataclass(frozen=True, eq=False)
class ErrorSums:
    """Sums over the rows of every unit of what is known of their errors.

    Attributes
    ----------
    pairs
        The pairs of scores of whose errors something is known.
    number, total : (units, m)
        Of the weights of the rows that have both scores of a pair, and of these errors by weight.
    single : (units, p)
        Of the weights of the rows with a single item of a construct that has several.
    spread, several : (p,)
        The error of such a row, and of how many others it is the mean: see
        :class:`workbench.drivers.rows.Singles`.
    """

    pairs: tuple[tuple[int, int], ...]
    number: Floats
    total: Floats
    single: Floats
    spread: Floats
    several: Counts

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Those of rows."""
        there, weight, unit = ~np.isnan(rows.values), rows.weight, rows.clusters
        units = int(unit.max()) + 1
        known = rows.known_errors
        pairs = tuple(pair for pair, own in known.items() if own.any())
        number, total = np.empty((2, units, len(pairs)))
        for at, (a, b) in enumerate(pairs):
            both = weight * (there[:, a] & there[:, b])
            number[:, at] = np.bincount(unit, both, units)
            total[:, at] = np.bincount(unit, both * known[a, b], units)
        singles = rows.singles
        single = [np.bincount(unit, weight * own, units) for own in singles.rows.T]
        return cls(pairs, number, total, np.stack(single, 1), singles.error, singles.several)

    @classmethod
    def joined(cls, parts: Sequence["ErrorSums"]) -> "ErrorSums":
        """The units of all parts, one below another."""
        weights, spreads = (
            np.stack([getattr(part, name) for part in parts]) for name in ("several", "spread")
        )
        several = weights.sum(axis=0)
        spread = (weights * spreads).sum(axis=0) / np.maximum(several, 1)
        pairs = tuple(dict.fromkeys(pair for part in parts for pair in part.pairs))
        totals, numbers = [], []
        for part in parts:
            there = [part.pairs.index(pair) if pair in part.pairs else -1 for pair in pairs]
            numbers.append(_or_nothing(part.number, there))
            total = _or_nothing(part.total, there)
            for at, (a, b) in enumerate(pairs):
                if a == b:
                    total[:, at] += part.single[:, a] * (spread - part.spread)[a]
            totals.append(total)
        single = np.concatenate([part.single for part in parts])
        return cls(pairs, np.concatenate(numbers), np.concatenate(totals), single, spread, several)

    def only(self, places: Sequence[int]) -> "ErrorSums":
        """The same of some variables."""
        new = {old: at for at, old in enumerate(places)}
        kept = [at for at, (a, b) in enumerate(self.pairs) if a in new and b in new]
        return ErrorSums(
            tuple((new[a], new[b]) for a, b in (self.pairs[at] for at in kept)),
            self.number[:, kept],
            self.total[:, kept],
            self.single[:, places],
            self.spread[places],
            self.several[places],
        )

    def mean(self, counts: Counts) -> Floats:
        """The mean error of the rows that have both values, with units counted so often.

        (B, p, p) of ``counts`` (B, units).
        """
        p = len(self.spread)
        found = np.zeros((len(counts), p, p))
        for first in range(0, len(self.pairs), _PAIRS):
            some = slice(first, first + _PAIRS)
            a, b = np.array(self.pairs[some]).T
            total, number = (_counted(counts, own[:, some]) for own in (self.total, self.number))
            found[:, a, b] = found[:, b, a] = total / np.maximum(number, 1e-300)
        return found


def _or_nothing(sums: Floats, places: Sequence[int]) -> Floats:
    """Some columns (n, m), those at -1 of zeros."""
    found = np.zeros((len(sums), len(places)))
    there = [at for at, place in enumerate(places) if place >= 0]
    found[:, there] = sums[:, [places[at] for at in there]]
    return found


def _counted(counts: Counts, sums: Floats) -> Floats:
    """Sums of units (units, m) that are counted so often, (B, m), some replicates at a time: all
    counts as floats would take twice their memory."""
    return np.concatenate(
        [counts[at : at + _REPLICATES] @ sums for at in range(0, len(counts), _REPLICATES)]
    )


@dataclass(frozen=True, eq=False)
class RowSums:
    """What rows add to the covariances of an outcome and its drivers.

    Attributes
    ----------
    outcome, drivers, labels, level, notes
        Those of the rows.
    rows, organisations, units
        How many there are.
    lowest, highest : (1 + k,)
        The ends of the scores, outcome first; ∞ and −∞ where there is none.
    missing
        Whether a row lacks a score.
    pairs, patterns
        Sums of units: pattern by pattern of missing scores where these are few, else pair by pair.
    errors
        What is known of the rows' errors.
    """

    outcome: str
    drivers: tuple[str, ...]
    labels: dict[str, str]
    level: Level
    notes: tuple[str, ...]
    rows: int
    organisations: int
    units: int
    lowest: Floats
    highest: Floats
    missing: bool
    pairs: PairSums | None
    patterns: PatternSums | None
    errors: ErrorSums

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Those of rows at hand."""
        values, unit = rows.values, rows.clusters
        missing = np.isnan(values)
        patterns = patterns_of(missing)
        few = bool(missing.any()) and len(patterns[0]) <= MOST_PATTERNS
        return cls(
            rows.outcome,
            rows.drivers,
            rows.labels,
            rows.level,
            rows.notes,
            len(values),
            int(rows.frame["organisation"].nunique()),
            int(unit.max()) + 1,
            np.where(missing, np.inf, values).min(axis=0),
            np.where(missing, -np.inf, values).max(axis=0),
            bool(missing.any()),
            None if few else PairSums.of(values, rows.weight, unit),
            PatternSums.of(values, rows.weight, unit, patterns) if few else None,
            ErrorSums.of(rows),
        )

    @classmethod
    def joined(cls, parts: Sequence["RowSums"]) -> "RowSums":
        """Those of parts that have no organisation in common, one below another."""
        first = parts[0]
        if len(parts) == 1:
            return first
        units = [part.units for part in parts]
        missing = any(part.missing for part in parts)
        by_pattern = [part.patterns or part._as_pattern for part in parts] if missing else []
        patterns = None
        if missing and all(own is not None for own in by_pattern):
            patterns = PatternSums.joined([own for own in by_pattern if own is not None], units)
        if patterns is not None and len(patterns.seen) > MOST_PATTERNS:
            patterns = None
        return replace(
            first,
            notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
            rows=sum(part.rows for part in parts),
            organisations=sum(part.organisations for part in parts),
            units=sum(units),
            lowest=np.min([part.lowest for part in parts], axis=0),
            highest=np.max([part.highest for part in parts], axis=0),
            missing=missing,
            pairs=None if patterns else PairSums.joined([part.by_pair for part in parts]),
            patterns=patterns,
            errors=ErrorSums.joined([part.errors for part in parts]),
        )

    @property
    def within(self) -> bool:
        """Whether there are several organisations, within which rows are compared."""
        return self.organisations > 1

    @property
    def by_pair(self) -> PairSums:
        """The sums pair by pair."""
        if self.pairs is not None:
            return self.pairs
        assert self.patterns is not None
        return self.patterns.pairs(self.units)

    @cached_property
    def _as_pattern(self) -> PatternSums | None:
        """Complete rows as those of one pattern; None where there are too many patterns."""
        if self.missing or self.pairs is None:
            return None
        p = len(self.lowest)
        diagonal = np.arange(p)
        weight = self.pairs.number[:, :1]
        sums = np.hstack([weight, self.pairs.first[:, diagonal, diagonal], self.pairs.product])
        seen = np.ones((1, p), dtype=np.bool_)
        return PatternSums(seen, np.array([self.rows]), (np.arange(self.units),), (sums,))

    @property
    def few_patterns(self) -> bool:
        """Whether the patterns of missing values are few enough for their likelihood."""
        return not self.missing or self.patterns is not None

    def without_constants(self) -> "RowSums":
        """Leave out drivers that have no value, or one value everywhere, and say so.

        Raises
        ------
        DriversError
            If the outcome does not vary, no driver does, or there are too few rows.
        """
        kept, notes = varying(self, self.lowest, self.highest, self.rows, self.within)
        if len(kept) == len(self.drivers):
            return self
        places = [0, *(1 + self.drivers.index(name) for name in kept)]
        patterns = None if self.patterns is None else self.patterns.only(places)
        return replace(
            self,
            drivers=kept,
            notes=notes,
            lowest=self.lowest[places],
            highest=self.highest[places],
            pairs=None if self.pairs is None else self.pairs.only(places),
            patterns=patterns,
            errors=self.errors.only(places),
        )


@dataclass(frozen=True, eq=False)
class _PartSums:
    """What the rows of a part add: None where there are none to compare, and how many are alone."""

    sums: RowSums | None
    alone: int

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Those of rows with others to compare them with in their organisation."""
        if not len(rows.frame):
            return cls(None, 0)
        kept = rows.comparable
        if kept.all():
            return cls(RowSums.of(rows), 0)
        sums = RowSums.of(rows.where(kept)) if kept.any() else None
        return cls(sums, int((~kept).sum()))

    @classmethod
    def joined(cls, parts: Sequence["_PartSums"]) -> "_PartSums":
        """Those of all parts."""
        alone = sum(part.alone for part in parts)
        some = [part.sums for part in parts if part.sums is not None]
        if not some:
            return cls(None, alone)
        sums = RowSums.joined(some)
        notes = (left_out_alone(sums.level, alone),) if alone else ()
        return cls(replace(sums, notes=(*sums.notes, *notes)), alone)


def driver_sums(
    study: ChainStudy,
    outcome: str,
    drivers: Sequence[str],
    organisation: str | None = None,
    wave: str | int | None = None,
) -> RowSums:
    """The sums of :func:`workbench.drivers.rows.driver_rows`, without drivers that do not vary.

    Respondents of a large study are read part by part.

    Raises
    ------
    UnknownNameError, DriversError
        As :func:`workbench.drivers.rows.driver_rows` and :meth:`RowSums.without_constants`.
    """
    source = source_of_all(study, [outcome, *drivers])
    if organisation is not None or not source or len(study.parts()) == 1:
        return RowSums.of(
            without_constants(driver_rows(study, outcome, drivers, organisation, wave))
        )
    found = _PartSums.joined(
        study.in_parts(lambda part: _PartSums.of(answered_rows(part, outcome, drivers, wave=wave)))
    )
    if found.sums is None and not found.alone:
        raise DriversError(none_answered(outcome, ""))
    if found.sums is None:
        label = labels_of(study, [outcome])[outcome]
        raise DriversError(none_to_compare(Level.RESPONDENTS, label))
    return found.sums.without_constants()


def sums_by_channel(
    study: ChainStudy, outcome: str, drivers: Sequence[str], wave: str
) -> dict[str, RowSums | None] | None:
    """The sums of the respondents of every channel; None where they have no channels.

    None of a channel in which no respondent has another of the organisation to be compared with.
    """
    source = source_of_all(study, [outcome, *drivers])
    if not source or not study.sources[source].channel:
        return None

    def of(part: ChainStudy) -> dict[str, _PartSums]:
        rows = answered_rows(part, outcome, drivers, wave=wave)
        channel = rows.frame["channel"]
        return {
            str(name): _PartSums.of(rows.where((channel == name).to_numpy()))
            for name in channel.dropna().unique()
        }

    parts = study.in_parts(of)
    return {
        name: _PartSums.joined([part[name] for part in parts if name in part]).sums
        for name in sorted({name for part in parts for name in part})
    }


def without_constants(rows: Rows) -> Rows:
    """The rows without drivers that have no value, or one value everywhere, and with a note.

    Raises
    ------
    DriversError
        As :meth:`RowSums.without_constants`.
    """
    values = rows.values
    missing = np.isnan(values)
    ends = (
        np.where(missing, np.inf, values).min(axis=0),
        np.where(missing, -np.inf, values).max(axis=0),
    )
    kept, notes = varying(rows, *ends, len(values), rows.within)
    return replace(rows, drivers=kept, notes=notes)


def varying(
    given: Rows | RowSums, lowest: Floats, highest: Floats, rows: int, within: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The drivers that vary, and notes with one on those that do not.

    Raises
    ------
    DriversError
        As :meth:`RowSums.without_constants`.
    """
    answered = np.isfinite(highest)
    varies = highest - lowest > ALIKE
    labels, drivers = given.labels, given.drivers
    named = {"number": fmt.count(rows), "rows": many_rows(given.level, within)}
    if not varies[0]:
        raise DriversError(
            say("importance.constant outcome", outcome=labels[given.outcome], **named)
        )
    kept = tuple(name for name, one in zip(drivers, varies[1:], strict=True) if one)
    left_out = [name for name in drivers if name not in kept]
    if not kept:
        names = say("list.comma").join(labels[name] for name in drivers)
        raise DriversError(say("importance.constant drivers", drivers=names, **named))
    if rows < len(kept) + 2:
        words = counted(len(kept), "driver")
        raise DriversError(
            say("importance.few rows", drivers=words, outcome=labels[given.outcome], **named)
        )
    notes = given.notes
    there = dict(zip(drivers, answered[1:], strict=True))
    silent = ", ".join(labels[name] for name in left_out if not there[name])
    if silent:
        notes = (*notes, say("left out.no answer", names=silent))
    same = ", ".join(labels[name] for name in left_out if there[name])
    if same:
        told = {"names": same, "rows": given.level.many}
        notes = (
            *notes,
            say("left out.same within", **told) if within else say("left out.same", **told),
        )
    return kept, notes


def many_rows(level: Level, within: bool) -> str:
    """What rows are called, and that they are compared within organisations if they are."""
    return say("many within", rows=level.many) if within else level.many


def covariances(sums: RowSums, counts: Counts) -> Floats:
    """Covariances of outcome and drivers with units counted so often, without their errors.

    (B, 1 + k, 1 + k). What is known of the errors is taken off the covariances of the scores; so
    they may not be a covariance matrix, see :func:`definite`.

    Where values are missing, these are the maximum likelihood moments of all values there are
    (FIML), as long as the patterns of what is missing are few. Many respondents leaving out one
    question or another make thousands of patterns; then each covariance is that of the rows which
    have both values, and the matrix is made a covariance matrix where it is none.

    Parameters
    ----------
    counts : (B, units), whole numbers
        How often each unit is in the sample.
    """
    return observed(sums, counts) - sums.errors.mean(counts)


def observed(sums: RowSums, counts: Counts) -> Floats:
    """The covariances of the scores as they are, as :func:`covariances` has them."""
    with progress("Bootstrap samples", len(counts)) as samples:
        places = range(0, len(counts), CHUNK)
        parts = samples.over((counts[at : at + CHUNK].astype(float) for at in places), len)
        return _observed(sums, counts, parts)


def _observed(sums: RowSums, counts: Counts, parts: Iterable[Floats]) -> Floats:
    if sums.patterns is None:
        found = np.concatenate([sums.by_pair.covariances(part) for part in parts])
        spread = np.sqrt(np.diagonal(found, axis1=-2, axis2=-1))
        return definite(found, spread) if sums.missing else found
    whole = whole_sample(sums)
    mu, sigma, _ = saturated(sums.patterns.patterns(whole.astype(float)))
    if np.array_equal(counts, whole):
        return sigma
    start = mu[0], sigma[0]
    return np.concatenate([saturated(sums.patterns.patterns(part), start)[1] for part in parts])


def definite(cov: Floats, spread: Floats) -> Floats:
    """The same with no negative eigenvalue, in units of ``spread`` (…, p)."""
    safe = np.where(spread > 0, spread, 1.0)
    scale = safe[..., :, None] * safe[..., None, :]
    size, axes = np.linalg.eigh(cov / scale)
    return (axes * np.maximum(size, 0.0)[..., None, :]) @ np.swapaxes(axes, -1, -2) * scale


def whole_and_bootstrap_counts(sums: RowSums, replicates: int, seed: int) -> Counts:
    """Every unit once, and below it how often each is in each bootstrap sample of units,
    (1 + replicates, units) in the smallest type.

    Respondents of one unit stay together, so that an interval allows for their being alike.
    """
    count = sums.units
    rng = np.random.default_rng(seed)
    counts = np.ones((1 + replicates, count), dtype=np.min_scalar_type(-count - 1))
    for sample in counts[1:]:
        sample[:] = np.bincount(rng.integers(count, size=count), minlength=count)
    return counts


def whole_sample(sums: RowSums) -> Counts:
    """Every unit once, (1, units)."""
    return whole_and_bootstrap_counts(sums, 0, 0)
