"""The rows that drivers are studied on: respondents where one source asked everything, or units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import linkage
from workbench.chain import Chain, ChainStudy
from workbench.exceptions import ChainError, DriversError, UnknownNameError, nearest
from workbench.measurement.scores import respondent_scores
from workbench.sem.estimation.fiml import saturated
from workbench.sem.estimation.moments import Patterns
from workbench.study import Study

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Counts = NDArray[np.integer]
CHUNK = 200
"""Bootstrap replicates at a time, which bounds the memory."""

MOST_PATTERNS = 32
"""Beyond so many patterns of missing values their likelihood takes too long a thousand times."""


@dataclass(frozen=True, eq=False)
class Rows:
    """An outcome and its drivers on 0–100, high meaning good.

    Attributes
    ----------
    outcome, drivers
        Constructs or items; ``labels`` has their words.
    level
        What a row is: ``"respondents"`` or ``"units"``.
    frame
        ``organisation``, ``unit``, ``weight`` (1 for units), ``channel`` where respondents have
        one, then the outcome and the drivers.
    notes
        What was left out, and why.
    """

    outcome: str
    drivers: tuple[str, ...]
    level: str
    frame: pd.DataFrame
    labels: dict[str, str]
    notes: tuple[str, ...] = ()

    def where(self, kept: pd.Series) -> "Rows":
        """The same on the rows for which ``kept`` is True."""
        return replace(self, frame=self.frame[kept].reset_index(drop=True))

    @cached_property
    def values(self) -> Floats:
        """Outcome first, then the drivers, (n, 1 + k); NaN where missing."""
        return self.frame[[self.outcome, *self.drivers]].to_numpy(float)

    @property
    def weight(self) -> Floats:
        """Weights of the rows, (n,)."""
        return self.frame["weight"].to_numpy(float)

    @cached_property
    def clusters(self) -> NDArray[np.intp]:
        """Which unit each row belongs to, numbered from 0; each row its own if all are of one."""
        units = self.frame.groupby(["organisation", "unit"], sort=True).ngroup().to_numpy()
        return units if units.max() > 0 else np.arange(len(units))


def driver_rows(
    study: ChainStudy,
    outcome: str,
    drivers: Sequence[str],
    organisation: str | None = None,
    wave: str | None = None,
) -> Rows:
    """Scores of an outcome and its drivers.

    A construct's score is the mean of its answered items, each on 0–100. Where one source of
    respondents asked everything the rows are respondents, with their weights; otherwise they are
    units, with the means of every unit: employees and clients meet nowhere else. Rows that have
    neither the outcome nor a driver are left out.

    Raises
    ------
    UnknownNameError
        If the codebook has no such construct or item, with the nearest name.
    DriversError
        If no driver is named, the outcome is among its own drivers, or there are no rows.
    """
    wave = None if wave is None else study.wave(wave)
    names = [outcome, *drivers]
    items = {name: items_of(study, name) for name in names}
    _refuse_circular(outcome, drivers, items)
    source_of = study.codebook.frame.set_index("item")["source"]
    sources = sorted({source_of[item] for found in items.values() for item in found})
    if len(sources) == 1 and study.sources[sources[0]].rows == "respondents":
        level, frame = "respondents", _of_respondents(study, sources[0], items, organisation, wave)
    else:
        level, frame = "units", _of_units(study, items, organisation, wave)
    frame = frame[frame[outcome].notna() & frame[list(drivers)].notna().any(axis=1)]
    if frame.empty:
        where = f" in {organisation}" if organisation else ""
        raise DriversError(
            f"No row{where} has both {outcome!r} and one of its drivers; choose another wave, "
            "organisation or outcome."
        )
    frame = frame.reset_index(drop=True)
    return Rows(outcome, tuple(drivers), level, frame, labels_of(study, names))


def items_of(study: Study, name: str) -> list[str]:
    """The items of a construct, or the item itself."""
    frame = study.codebook.frame
    if name in study.codebook.constructs:
        return study.codebook.items(name)
    if name in set(frame["item"]):
        return [name]
    options = [*study.codebook.constructs, *frame["item"]]
    raise UnknownNameError(
        f"The codebook of {study.name!r} has no construct or item {name!r}; its constructs are "
        f"{', '.join(study.codebook.constructs)}.{nearest(name, options)}"
    )


def _refuse_circular(outcome: str, drivers: Sequence[str], items: dict[str, list[str]]) -> None:
    if not drivers:
        raise DriversError(f"No driver of {outcome!r} was named; name a construct or an item.")
    twice = [name for name in dict.fromkeys(drivers) if list(drivers).count(name) > 1]
    if twice:
        raise DriversError(f"The driver {twice[0]!r} is named twice; name it once.")
    for name in drivers:
        if set(items[name]) & set(items[outcome]):
            raise DriversError(
                f"The driver {name!r} shares questions with the outcome {outcome!r} and would "
                "explain itself; leave it out."
            )


def labels_of(study: ChainStudy, names: Sequence[str]) -> dict[str, str]:
    """What constructs and items are called: the study's chain's words first, then other chains'.

    An item is called by its wording, without the full stop; a reversed one says so, because its
    scores are turned.
    """
    catalogue = study.chains()
    ranked = sorted(catalogue.values(), key=lambda chain: chain.name != study.chain)
    known = {c.name: c.label for chain in reversed(ranked) for c in chain.constructs}
    frame = study.codebook.frame.set_index("item")
    found = {}
    for name in names:
        if name in study.codebook.constructs:
            found[name] = known.get(name, name.replace("_", " ").capitalize())
        elif name in frame.index:
            wording = str(frame.at[name, "wording"]).strip().removesuffix(".") or name
            found[name] = wording
            if frame.at[name, "reversed"]:
                found[name] += " (asked the other way round, answers turned)"
    return found


def _of_respondents(
    study: Study,
    source: str,
    items: dict[str, list[str]],
    organisation: str | None,
    wave: str | None,
) -> pd.DataFrame:
    answers = study.answers(source)
    keys = ["organisation", "unit", "wave", "weight"]
    frame = answers[[*keys, *(["channel"] if "channel" in answers else [])]].copy()
    for name, found in items.items():
        if found == [name]:
            frame[name] = study.codebook.scale(name).points(answers[name])
        else:
            frame[name] = respondent_scores(study, name)
    kept = frame["weight"] > 0
    if wave:
        kept &= frame["wave"] == wave
    if organisation is not None:
        kept &= frame["organisation"] == study.organisation(organisation)
    return frame[kept].drop(columns="wave")


def _of_units(
    study: Study, items: dict[str, list[str]], organisation: str | None, wave: str | None
) -> pd.DataFrame:
    wanted = list(dict.fromkeys(item for found in items.values() for item in found))
    means = linkage.units(study, wanted, organisation=organisation, wave=wave or None)
    points = pd.DataFrame({item: study.codebook.scale(item).points(means[item]) for item in wanted})
    scores = {name: points[found].mean(axis=1) for name, found in items.items()}
    return pd.concat([means[["organisation", "unit"]], pd.DataFrame(scores)], axis=1).assign(
        weight=1.0
    )


def chain_before(study: ChainStudy, outcome: str, chain: str | None = None) -> Chain:
    """Return the chain that says what comes before ``outcome``.

    The one named; by default, of the chains the study can run, the one with the most constructs
    before the outcome (the study's own, then the first by name, where several have as many).

    Raises
    ------
    UnknownNameError
        If the codebook has no such construct, or there is no such chain.
    ChainError
        If no chain the study can run has a construct before the outcome.
    """
    study.codebook.items(outcome)
    if chain is not None:
        found = study.runnable_chain(chain)
        if not constructs_before(found, outcome):
            raise ChainError(
                f"The chain {chain!r} has nothing before {outcome!r}; choose another outcome or "
                "name the drivers."
            )
        return found
    ranked = sorted(
        _runnable(study),
        key=lambda one: (
            -len(constructs_before(one, outcome)),
            one.name != study.chain,
            one.name,
        ),
    )
    if not ranked or not constructs_before(ranked[0], outcome):
        raise ChainError(
            f"No chain that the study {study.name!r} can run has anything before {outcome!r}; "
            "name the drivers."
        )
    return ranked[0]


def _runnable(study: ChainStudy) -> list[Chain]:
    """The chains the study can run, as they run on it."""
    found = []
    for chain in study.chains().values():
        try:
            found.append(chain.restricted_to(study.codebook.constructs))
        except ChainError:
            continue
    return found


def constructs_before(chain: Chain, outcome: str) -> list[str]:
    """The constructs from which a path leads to ``outcome``, in the chain's order."""
    before: set[str] = set()
    fresh = {outcome}
    while fresh:
        fresh = {link.source for link in chain.links if link.target in fresh} - before
        before |= fresh
    return [c.name for c in chain.constructs if c.name in before and c.name != outcome]


def without_constants(rows: Rows) -> Rows:
    """Leave out drivers that have one value everywhere, and say so.

    Raises
    ------
    DriversError
        If the outcome does not vary, no driver does, or there are too few rows.
    """
    values = rows.values
    if np.unique(values[:, 0]).size < 2:
        raise DriversError(
            f"The outcome {rows.outcome!r} has the same value in all {len(values)} "
            f"{rows.level}: nothing can go with it. Choose another outcome, or more organisations."
        )
    varying = [
        name
        for j, name in enumerate(rows.drivers, start=1)
        if np.unique(values[~np.isnan(values[:, j]), j]).size > 1
    ]
    left_out = [name for name in rows.drivers if name not in varying]
    if not varying:
        raise DriversError(
            f"None of {', '.join(map(repr, rows.drivers))} varies over the {len(values)} "
            f"{rows.level}; nothing can be told of them."
        )
    if len(values) < len(varying) + 2:
        raise DriversError(
            f"There are {len(values)} {rows.level} for {len(varying)} drivers of "
            f"{rows.outcome!r}, fewer than it takes: name fewer drivers, or take all organisations."
        )
    notes = rows.notes
    if left_out:
        words = ", ".join(rows.labels[name] for name in left_out)
        notes = (*notes, f"Left out, because all answers are the same: {words}.")
    return replace(rows, drivers=tuple(varying), notes=notes)


def covariances(rows: Rows, counts: Counts) -> Floats:
    """Covariances of outcome and drivers with units counted so often: (B, 1 + k, 1 + k).

    Where values are missing, these are the maximum likelihood moments of all values there are
    (FIML), as long as the patterns of what is missing are few. Many respondents leaving out one
    question or another make thousands of patterns; then each covariance is that of the rows which
    have both values, and the matrix is made a covariance matrix where it is none.

    Parameters
    ----------
    counts : (B, units), whole numbers
        How often each unit of ``rows.clusters`` is in the sample.
    """
    block = rows.values
    missing = np.isnan(block)
    places = range(0, len(counts), CHUNK)
    parts = (counts[at : at + CHUNK].astype(float) for at in places)
    if not missing.any() or not few_patterns(rows):
        pairs = _PairSums.of(rows)
        found = np.concatenate([pairs.covariances(part) for part in parts])
        return _made_definite(found) if missing.any() else found
    sums = _PatternSums.of(rows)
    mu, sigma, _ = saturated(sums.patterns(whole_sample(rows).astype(float)))
    if np.array_equal(counts, whole_sample(rows)):
        return sigma
    start = mu[0], sigma[0]
    return np.concatenate([saturated(sums.patterns(part), start)[1] for part in parts])


def few_patterns(rows: Rows) -> bool:
    """Whether the patterns of missing values are few enough for their likelihood."""
    return len(_patterns(np.isnan(rows.values))[0]) <= MOST_PATTERNS


def _patterns(missing: Booleans) -> tuple[Booleans, NDArray[np.intp]]:
    """The patterns of missing values (K, p), and which of them each row has."""
    packed = np.packbits(missing, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, member = np.unique(keys, return_index=True, return_inverse=True)
    return missing[first], member.ravel()


@dataclass(frozen=True, eq=False)
class _PatternSums:
    """Sums over the rows of every unit, pattern by pattern of missing values.

    Attributes
    ----------
    seen : (K, p)
        What each pattern has answers to.
    member : (n,)
        The pattern of each row.
    centre : (p,)
        What the sums are around.
    units, sums
        For each pattern the units in which it occurs (c,), and there the weight, the sums of the
        values and of their products, (c, 1 + p + p(p + 1) / 2).
    """

    seen: Booleans
    member: NDArray[np.intp]
    centre: Floats
    units: tuple[NDArray[np.intp], ...]
    sums: tuple[Floats, ...]

    @classmethod
    def of(cls, rows: Rows) -> "_PatternSums":
        missing = np.isnan(rows.values)
        unseen, member = _patterns(missing)
        centre = np.nanmean(rows.values, axis=0)
        around = np.where(missing, 0.0, rows.values - centre)
        count = int(rows.clusters.max()) + 1
        cell, place = np.unique(member * count + rows.clusters, return_inverse=True)
        weight = rows.weight
        columns = [weight, *(weight * own for own in around.T)]
        first, second = np.triu_indices(around.shape[1])
        columns += [
            weight * around[:, a] * around[:, b] for a, b in zip(first, second, strict=True)
        ]
        sums = np.stack([np.bincount(place, column, len(cell)) for column in columns], axis=1)
        ends = np.searchsorted(cell, count * np.arange(1, len(unseen)))
        return cls(
            ~unseen,
            member,
            centre,
            tuple(np.split(cell % count, ends)),
            tuple(np.split(sums, ends)),
        )

    def patterns(self, counts: Floats) -> Patterns:
        """Sufficient statistics with the units counted so often, ``counts`` (B, units)."""
        samples, (kinds, p) = len(counts), self.seen.shape
        total = np.empty((samples, kinds, self.sums[0].shape[1]))
        for k, (units, sums) in enumerate(zip(self.units, self.sums, strict=True)):
            total[:, k] = counts[:, units] @ sums
        n = total[..., 0]
        means = total[..., 1:] / np.where(n > 0, n, 1.0)[..., None]
        shift = means[..., :p]
        first, second = np.triu_indices(p)
        cov = np.empty((samples, kinds, p, p))
        cov[..., first, second] = cov[..., second, first] = (
            means[..., p:] - shift[..., first] * shift[..., second]
        )
        mean = np.where(self.seen & (n > 0)[..., None], shift + self.centre, 0.0)
        return Patterns(seen=self.seen, n=n, mean=mean, cov=cov, member=self.member)


@dataclass(frozen=True, eq=False)
class _PairSums:
    """Sums over the rows of every unit that have both values, (units, p, p).

    ``number`` of weights; ``first[:, a, b]`` of the value of a, where b is there too; ``product``
    of the values of both.
    """

    number: Floats
    first: Floats
    product: Floats

    @classmethod
    def of(cls, rows: Rows) -> "_PairSums":
        block, weight, unit = rows.values, rows.weight, rows.clusters
        p, units = block.shape[1], int(unit.max()) + 1
        there = ~np.isnan(block)
        # Around the mean, to keep the digits.
        around = np.where(there, block - np.nanmean(block, axis=0), 0.0)
        number, first, product = np.empty((3, units, p, p))
        for a in range(p):
            weighted = weight * around[:, a]
            for b in range(p):
                first[:, a, b] = np.bincount(unit, weighted * there[:, b], units)
            for b in range(a + 1):
                both = weight * (there[:, a] & there[:, b])
                number[:, a, b] = number[:, b, a] = np.bincount(unit, both, units)
                values = np.bincount(unit, weighted * around[:, b], units)
                product[:, a, b] = product[:, b, a] = values
        return cls(number, first, product)

    def covariances(self, counts: Floats) -> Floats:
        """Covariances (B, p, p) with the units counted so often, ``counts`` (B, units)."""
        n, sums, products = (
            (counts @ part.reshape(len(part), -1)).reshape(-1, *part.shape[1:])
            for part in (self.number, self.first, self.product)
        )
        n = np.maximum(n, 1e-300)
        return products / n - (sums / n) * (np.swapaxes(sums, -1, -2) / n)


def _made_definite(cov: Floats) -> Floats:
    """The same with no negative eigenvalue, in units of the variables' variances."""
    spread = np.sqrt(np.maximum(np.diagonal(cov, axis1=-2, axis2=-1), 1e-300))
    scale = spread[..., :, None] * spread[..., None, :]
    size, axes = np.linalg.eigh(cov / scale)
    return (axes * np.maximum(size, 0.0)[..., None, :]) @ np.swapaxes(axes, -1, -2) * scale


def bootstrap_counts(rows: Rows, replicates: int, seed: int) -> Counts:
    """How often each unit is in each bootstrap sample of units, (replicates, units).

    Respondents of one unit stay together, so that an interval allows for their being alike; where
    all rows are of one unit, the respondents are drawn.
    """
    count = int(rows.clusters.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = np.empty((replicates, count), dtype=np.int32)
    for sample in drawn:
        sample[:] = np.bincount(rng.integers(count, size=count), minlength=count)
    return drawn


def whole_sample(rows: Rows) -> Counts:
    """Every unit once, (1, units)."""
    return np.ones((1, int(rows.clusters.max()) + 1), dtype=np.int32)
