"""The chain in every organisation, all estimated together by one model.

One score a construct stands for its items, its errors known: the sampling error of the unit's
respondents and what is specific to items. Each organisation has its own levels and its own links,
drawn from a normal distribution of links whose mean and spread are estimated with them
(:mod:`workbench.chain.hierarchical`). The same method serves every organisation, small or large.

A rule stated beforehand says when there is too little: where any link's rows (those beyond the
first of every organisation, times the reliabilities of its two scores) are fewer than
:data:`~workbench.chain.hierarchical.links.LEAST_ROWS`, no organisation's links are estimated. Where
a mean link is beyond 1, constructs are not told apart and none are given either. An
organisation's link by its own rows alone is given where its standard error is at most
:data:`~workbench.interpretation.cutoffs.LARGEST_ERROR`; beyond, it says nothing that the others do
not say better.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.chain.catalogue import Chain
from workbench.chain.effects import COLUMNS
from workbench.chain.hierarchical.common import inflation
from workbench.chain.hierarchical.likelihood import Rows
from workbench.chain.hierarchical.links import (
    LEAST_ROWS,
    Effect,
    Estimate,
    HierarchicalLinks,
    hierarchical_links,
)
from workbench.chain.hierarchical.scores import (
    RespondentSums,
    construct_means,
    construct_rows,
)
from workbench.chain.hierarchical.structure import Structure
from workbench.chain.model import effect_paths
from workbench.chain.study import ChainData
from workbench.errors import ChainError
from workbench.figures import Panel, caterpillar
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import link_over_organisations_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import LARGEST_ERROR
from workbench.interpretation.messages import say
from workbench.study.level import Level

_FITS = ["organisation", "rows", "estimated", "reason"]


@dataclass(frozen=True)
class OrganisationLinks(Shown):
    """The links of every organisation.

    Attributes
    ----------
    own
        By the organisation's own rows alone, where they carry it: ``organisation``, ``from``,
        ``to``, ``effect``, ``strength``, ``se``, ``lower``, ``upper``, ``pvalue`` and
        ``pass_through`` with its error and interval.
    fits
        One row an organisation: ``organisation``, ``rows`` (units or respondents), ``estimated``
        and, where it is not, ``reason``, a sentence.
    pooled
        In the light of all others, for every organisation: ``organisation``, ``from``, ``to``,
        ``effect``, ``strength``, ``lower``, ``upper``, ``pass_through`` with its interval,
        ``shrinkage`` (share of the mean of all in the value) and ``from_own``, False where it
        has no rows to learn from and is given what is expected of a further organisation.
    between
        One row an effect: ``from``, ``to``, ``effect``, ``estimate`` (of the mean links),
        ``lower``, ``upper``, ``pvalue``, ``pass_through`` with its interval, ``tau`` (standard
        deviation between organisations), ``tau_lower``, ``tau_upper``, ``prediction_lower``,
        ``prediction_upper`` (a further organisation), ``organisations`` and ``words``.
    reason
        Why no organisation's links could be estimated, a sentence; "" where they were.
    """

    own: pd.DataFrame
    fits: pd.DataFrame
    pooled: pd.DataFrame
    between: pd.DataFrame
    reason: str = ""

    @property
    def mean(self) -> pd.DataFrame:
        """The mean links with the columns of :func:`workbench.chain.links` but for the errors."""
        if self.between.empty:
            return pd.DataFrame()
        columns = [name for name in COLUMNS if not name.endswith("se")]
        return self.between.rename(columns={"estimate": "strength"})[columns]

    def plot(
        self,
        source: str,
        target: str,
        effect: str = "direct",
        label: Callable[[str], str] = str,
        names: Mapping[str, str] | None = None,
    ) -> Panel:
        """Draw one effect in every organisation, beside the mean of all (a caterpillar plot).

        Parameters
        ----------
        source, target, effect
            The effect, as in ``pooled``.
        label, names
            What constructs and organisations are called.

        Raises
        ------
        ChainError
            If there is no such effect.

        Examples
        --------
        >>> import workbench as wb
        >>> found = wb.reports.chain_report(wb.open_study("data/demo")).organisation_links
        >>> panel = found.plot("people", "service")
        >>> len(panel.frame), panel.draw().get_xlabel()
        (11, 'Strength')
        """
        pooled, between = (
            _of_effect(table, source, target, effect) for table in (self.pooled, self.between)
        )
        if pooled.empty:
            raise ChainError(self.reason or f"There is no {effect} effect {source} → {target}.")
        frame = pooled[["strength", "lower", "upper"]].set_axis(["value", "lower", "upper"], axis=1)
        called = pooled["organisation"] if names is None else pooled["organisation"].map(names)
        mean = between.iloc[0]
        key = "direct" if effect == "direct" else "other"
        ends = {
            "source": label(source),
            "target": label(target),
            "kind": say(f"effect kind.{effect}"),
        }
        return caterpillar(
            frame.assign(label=called.to_numpy()),
            alt=say(
                f"pooled effect.{key}",
                **ends,
                low=fmt.number(frame["value"].min()),
                high=fmt.number(frame["value"].max()),
                number=len(frame),
                mean=fmt.number(mean["estimate"]),
            ),
            caption=say(f"pooled effect.caption.{key}", **ends),
            measure=say("column.strength"),
            pooled=(mean["estimate"], mean["lower"], mean["upper"]),
            pooled_label=say("pooled effects mean"),
            zero=True,
        )

    def _parts(self) -> Iterator[Part]:
        yield self.reason
        if len(self.between):
            yield "Links of all organisations together", self.between
            yield "Links of organisations, in the light of all others", self.pooled
        yield "Own estimates", self.fits


def _of_effect(table: pd.DataFrame, source: str, target: str, effect: str) -> pd.DataFrame:
    """The rows of a table of effects that are of one."""
    if table.empty:
        return table
    return table[(table["from"] == source) & (table["to"] == target) & (table["effect"] == effect)]


def organisation_links(
    data: ChainData, organisations: Sequence[str], each: bool = True
) -> OrganisationLinks:
    """Estimate the chain in all organisations together.

    Parameters
    ----------
    data
        The chain's rows, those of all organisations (:meth:`ChainStudy.chain_data`).
    organisations
        The organisations to report on, also those without rows.
    each
        Whether the links of every organisation are wanted, and not their mean alone: without them
        ``own`` and ``pooled`` are empty, in four fifths of the time.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> names = study.organisations["organisation"].tolist()
    >>> found = wb.chain.organisation_links(study.chain_data(), names)
    >>> found.between[["from", "to", "effect", "estimate"]].round(2).head(3)
         from       to    effect  estimate
    0  people  service    direct      0.32
    1  people    trust    direct      0.10
    2  people    trust  indirect      0.18
    >>> found.pooled["organisation"].nunique()
    12
    """
    if data.level == "respondents":
        return respondent_links(LinkSums.of(data, organisations), each)
    about = _About.of(data, organisations)
    if about.reason:
        return _without(about.counts, about.reason)
    _, order = _structure(data.chain)
    frame, organisation = _in_order(data.frame, about.names)
    items, constructs = _items(data, order)
    errors = None if data.error is None else data.error.of_items(items).for_rows(frame)
    rows = construct_rows(frame[items].to_numpy(float), errors, constructs, organisation)
    return _links(about, rows, each)


@dataclass(frozen=True, eq=False)
class _About:
    """What decides whether the links of organisations can be estimated at all.

    Attributes
    ----------
    counts, answered
        By organisation to report on, its rows, and those with an answer to any question.
    asked, apart
        The constructs of which there is an answer, and in which the rows of any organisation
        differ.
    """

    chain: Chain
    level: Level
    counts: "pd.Series[int]"
    answered: "pd.Series[int]"
    asked: frozenset[str]
    apart: frozenset[str]

    @classmethod
    def of(cls, data: ChainData, organisations: Sequence[str]) -> Self:
        """Of rows."""
        frame = data.frame[data.frame["organisation"].isin(list(organisations))]
        measured = list(data.items)
        items, constructs = _items(data, measured)
        scores = construct_means(frame[items].to_numpy(float), constructs)[0]
        there = ~np.isnan(scores)
        names = frame["organisation"]
        groups = pd.DataFrame(scores, columns=measured).groupby(names.to_numpy(), observed=True)
        apart = (groups.max() > groups.min()).any()

        def by_organisation(rows: "pd.Series[str]") -> "pd.Series[int]":
            return rows.value_counts().reindex(list(organisations), fill_value=0)

        return cls(
            data.chain,
            data.level,
            by_organisation(names),
            by_organisation(names[there.any(axis=1)]),
            frozenset(name for name, own in zip(measured, there.T, strict=True) if own.any()),
            frozenset(apart.index[apart]),
        )

    @classmethod
    def joined(cls, parts: Sequence["_About"]) -> "_About":
        """Of the rows of all parts."""
        first = parts[0]
        return cls(
            first.chain,
            first.level,
            sum((part.counts for part in parts[1:]), first.counts),
            sum((part.answered for part in parts[1:]), first.answered),
            first.asked.union(*(part.asked for part in parts)),
            first.apart.union(*(part.apart for part in parts)),
        )

    @property
    def names(self) -> list[str]:
        """The organisations with rows to compare."""
        return list(self.counts.index[self.counts > 1])

    @property
    def reason(self) -> str:
        """Why the links cannot be estimated, or ""."""
        chain, level, names = self.chain, self.level, self.names
        if chain.circle:
            return say("no links.loop")
        if len(names) < 2:
            return say(f"no links.{'one' if names else 'no'} organisation", rows=level.many)
        for construct in chain.constructs:
            if construct.name not in self.asked:
                return say("no links.unanswered", row=level.one, construct=construct.label)
        for name in _structure(chain)[1]:
            if name not in self.apart:
                return say("no links.alike", rows=level.many, construct=chain.label(name))
        return ""

    def too_few(self, found: HierarchicalLinks, structure: Structure, order: Sequence[str]) -> str:
        """Name the link that has the fewest rows to go by, or ""."""
        if found.rows.min() >= LEAST_ROWS:
            return ""
        weakest = int(np.argmin(found.rows))
        source, target = (self.chain.label(order[at]) for at in structure.links[weakest])
        return say(
            "no links.too few",
            rows=self.level.many,
            count=int(self.counts[self.names].sum()),
            organisations=len(self.names),
            source=source,
            target=target,
            equal=fmt.number(found.rows[weakest], 0),
            least=fmt.number(LEAST_ROWS, 0),
        )

    def no_rows(self, count: int) -> str:
        """Why an organisation has no links of its own, or ""."""
        if count > 1:
            return ""
        if count:
            return say("no links.one row", row=self.level.one, rows=self.level.many)
        return say("no links.no rows", rows=self.level.many)


@dataclass(frozen=True, eq=False)
class LinkSums:
    """What respondents add to the links of organisations.

    Attributes
    ----------
    about
        What decides whether they can be estimated.
    sums
        What they add to the rows of the model; None where no organisation has rows to compare.
    person
        Whose each row is, where people have several rows.
    """

    about: _About
    sums: RespondentSums | None
    person: NDArray[Any] | None = None

    @property
    def count(self) -> int:
        """How many respondents there are."""
        return int(self.about.counts.sum())

    @property
    def answered(self) -> "pd.Series[int]":
        """How many of them have an answer to any question, by organisation."""
        return self.about.answered

    @classmethod
    def of(cls, data: ChainData, organisations: Sequence[str]) -> Self:
        """Those of a chain's rows; parameters as of :func:`organisation_links`."""
        about = _About.of(data, organisations)
        if not about.names or data.chain.circle:
            return cls(about, None)
        frame, organisation = _in_order(data.frame, about.names)
        # Their numbers among all, of which others may have theirs.
        organisation = pd.Index(list(organisations)).get_indexer(about.names)[organisation]
        items, constructs = _items(data, _structure(data.chain)[1])
        cluster, people = frame["cluster"].factorize()[0].astype(np.int64), None
        if "person" in frame:
            codes, people = frame["person"].factorize()
            cluster = cluster * len(people) + codes
        sums = RespondentSums.of(
            frame[items].to_numpy(float),
            constructs,
            organisation.astype(np.int64),
            cluster,
            frame["weight"].to_numpy(float),
        )
        if people is None:
            return cls(about, sums)
        unit, person = np.divmod(sums.cluster, len(people))
        return cls(about, replace(sums, cluster=unit), np.asarray(people)[person])

    @classmethod
    def joined(cls, parts: Sequence["LinkSums"]) -> "LinkSums":
        """Those of parts that have no organisation in common, in the order of organisations."""
        about = _About.joined([part.about for part in parts])
        some = [part for part in parts if part.sums is not None]
        if not some:
            return cls(about, None)
        sums = RespondentSums.joined([part.sums for part in some if part.sums is not None])
        people = [part.person for part in some if part.person is not None]
        return cls(about, sums, np.concatenate(people) if people else None)

    def rows(self, structure: Structure) -> Rows:
        """The rows of the model: respondents count by their weights, and for less where those of a
        unit, or of a person with several rows, are alike."""
        assert self.sums is not None
        count = self.about.counts[self.about.names].sum()
        rows = self.sums.rows(float(self.sums.copies.sum() / count))
        unit, crossed = np.unique(self.sums.cluster, return_inverse=True)[1].ravel(), None
        if self.person is not None:
            crossed = np.unique(self.person, return_inverse=True)[1].ravel()
        return rows.counted(np.full(len(unit), 1 / inflation(rows, structure, unit, crossed)))


def respondent_links(sums: LinkSums, each: bool = True) -> OrganisationLinks:
    """Estimate the chain in all organisations together, from what respondents add to it.

    ``each`` as of :func:`organisation_links`.
    """
    about = sums.about
    if about.reason:
        return _without(about.counts, about.reason)
    return _links(about, sums.rows(_structure(about.chain)[0]), each)


def _links(about: _About, rows: Rows, each: bool) -> OrganisationLinks:
    structure, order = _structure(about.chain)
    ends, effects = _effects(about.chain, structure, order)
    found = hierarchical_links(rows, structure, effects)
    keys = pd.DataFrame(ends, columns=["from", "to", "effect"])
    reason = about.too_few(found, structure, order) or _beyond_one(about.chain, found, keys)
    if reason:
        return _without(about.counts, reason)
    place = {name: number for number, name in enumerate(order)}
    rate = np.array([found.deviation[place[b]] / found.deviation[place[a]] for a, b, _ in ends])
    counts, names, organisations = about.counts, about.names, list(about.counts.index)
    fits = _fits(counts, [about.no_rows(int(count)) for count in counts])
    own = _own(found, names, keys, rate) if each else pd.DataFrame()
    pooled = _pooled(found, names, organisations, keys, rate) if each else pd.DataFrame()
    return OrganisationLinks(own, fits, pooled, _between(found, keys, rate, len(names)))


def _beyond_one(chain: Chain, found: HierarchicalLinks, keys: pd.DataFrame) -> str:
    """Name a direct link whose mean strength is beyond 1, or "".

    Of constructs that answers do not tell apart one gets a link beyond 1, and another one of the
    opposite sign makes up for it: together they may be right, each by itself says nothing.
    """
    direct = keys.assign(strength=found.mean.value).query("effect == 'direct'")
    beyond = direct[direct["strength"].abs() > 1]
    if beyond.empty:
        return ""
    first = beyond.iloc[0]
    source, target = chain.label(first["from"]), chain.label(first["to"])
    strength = first["strength"]
    return say(
        "no links.beyond one",
        source=source,
        target=target,
        strength=fmt.number(strength),
        beyond=fmt.beyond_one(strength),
    )


def _structure(chain: Chain) -> tuple[Structure, list[str]]:
    """Return the path model and the constructs in its order, sources before their targets.

    Constructs without a source go together, as they do in the model of items.
    """
    order: list[str] = []
    waiting = [construct.name for construct in chain.constructs]
    while waiting:
        ready = [
            name
            for name in waiting
            if all(link.source in order for link in chain.links if link.target == name)
        ]
        order += ready
        waiting = [name for name in waiting if name not in ready]
    place = {name: number for number, name in enumerate(order)}
    targets = {link.target for link in chain.links}
    first = [name for name in order if name not in targets]
    pairs = {tuple(sorted((place[a], place[b]))) for a, b in chain.covariances}
    pairs |= {(place[a], place[b]) for a in first for b in first if place[a] < place[b]}
    links = tuple((place[link.source], place[link.target]) for link in chain.links)
    return Structure(len(order), links, tuple(sorted((i, j) for i, j in pairs))), order


def _effects(
    chain: Chain, structure: Structure, order: Sequence[str]
) -> tuple[list[tuple[str, str, str]], list[Effect]]:
    """Return (from, to, effect) of every effect, and its paths in links of the structure."""
    number = {
        (order[source], order[target]): at for at, (source, target) in enumerate(structure.links)
    }
    ends, effects = [], []
    for (source, target), kinds in effect_paths(chain).items():
        for kind, paths in kinds.items():
            ends.append((source, target, kind))
            effects.append(tuple(tuple(number[step] for step in pairwise(path)) for path in paths))
    return ends, effects


def _in_order(frame: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of the organisations ``names`` in their order, and each one's number."""
    frame = frame[frame["organisation"].isin(list(names))]
    number = pd.Index(names).get_indexer(frame["organisation"].to_numpy())
    sort = np.argsort(number, kind="stable")
    return frame.iloc[sort], number[sort].astype(np.int64)


def _items(data: ChainData, order: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """All items, and the columns of every construct's."""
    items = [item for name in order for item in data.items[name]]
    columns = {item: place for place, item in enumerate(items)}
    return items, [[columns[item] for item in data.items[name]] for name in order]


def _fits(counts: pd.Series, reasons: Sequence[str]) -> pd.DataFrame:
    rows = [
        (name, int(count), not reason, reason)
        for (name, count), reason in zip(counts.items(), reasons, strict=True)
    ]
    return pd.DataFrame(rows, columns=_FITS)


def _without(counts: pd.Series, reason: str) -> OrganisationLinks:
    empty = pd.DataFrame()
    return OrganisationLinks(empty, _fits(counts, [reason] * len(counts)), empty, empty, reason)


def _columns(estimate: Estimate, rate: np.ndarray) -> dict[str, np.ndarray]:
    """Strength and pass-through with their intervals, one row an effect."""
    value, lower, upper = (
        np.asarray(one).ravel() for one in (estimate.value, estimate.lower, estimate.upper)
    )
    rate = np.resize(rate, len(value))
    return {
        "strength": value,
        "lower": lower,
        "upper": upper,
        "pass_through": value * rate,
        "pass_through_lower": lower * rate,
        "pass_through_upper": upper * rate,
    }


def _for_each(organisations: Sequence[str], keys: pd.DataFrame) -> pd.DataFrame:
    """The effects of every organisation, one organisation after the other."""
    table = pd.concat([keys] * len(organisations), ignore_index=True)
    return table.assign(organisation=pd.Series(organisations).repeat(len(keys)).to_numpy())


def _own(
    found: HierarchicalLinks, names: Sequence[str], keys: pd.DataFrame, rate: np.ndarray
) -> pd.DataFrame:
    columns = _columns(found.own, rate)
    error = found.own_error.ravel()
    table = _for_each(names, keys).assign(
        **columns,
        se=error,
        pass_through_se=error * np.resize(rate, len(error)),
        pvalue=2 * stats.norm.sf(np.abs(columns["strength"]) / error),
    )
    return table[error <= LARGEST_ERROR].reset_index(drop=True)


def _pooled(
    found: HierarchicalLinks,
    names: Sequence[str],
    organisations: Sequence[str],
    keys: pd.DataFrame,
    rate: np.ndarray,
) -> pd.DataFrame:
    """Every organisation's links in the light of all; without rows, those of a further one."""
    place = pd.Series(range(len(names)), list(names)).reindex(list(organisations))
    there = place.notna().to_numpy()
    at = place.fillna(0).to_numpy(int)

    def each(own: np.ndarray, without: np.ndarray | float) -> np.ndarray:
        return np.where(there[:, None], own[at], without)

    own, new = found.organisations, found.new
    estimate = Estimate(
        each(own.value, new.value), each(own.lower, new.lower), each(own.upper, new.upper)
    )
    return _for_each(organisations, keys).assign(
        **_columns(estimate, rate),
        shrinkage=each(found.shrinkage, 1.0).ravel(),
        from_own=np.repeat(there, len(keys)),
    )


def _between(
    found: HierarchicalLinks, keys: pd.DataFrame, rate: np.ndarray, organisations: int
) -> pd.DataFrame:
    table = keys.assign(**_columns(found.mean, rate)).rename(columns={"strength": "estimate"})
    table = table.assign(
        pvalue=found.pvalue,
        tau=found.spread.value,
        tau_lower=found.spread.lower,
        tau_upper=found.spread.upper,
        prediction_lower=found.new.lower,
        prediction_upper=found.new.upper,
        organisations=organisations,
    )
    words = [link_over_organisations_in_words(row) for _, row in table.iterrows()]
    return table.assign(words=words)
