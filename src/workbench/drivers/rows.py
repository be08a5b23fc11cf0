r"""The rows that drivers are studied on: respondents where one source asked everything, or units.

What sets organisations apart is no part of what goes with what, and neither is error. Items are
compared within their organisations (:mod:`workbench.chain.within`), a score is the mean of a row's
items, and from the covariance matrix of the scores the mean of what is known of each row's error
:math:`E_u` is taken off,

.. math:: \hat\Sigma = S - \bar E, \qquad
   E_{u,ab} = \frac{1}{J_a J_b} \sum_{i \in a} \sum_{j \in b} e_{u,ij} \ (a \ne b), \qquad
   E_{u,aa} = \frac{v_u}{J_a} + \frac{1}{J_a (J_a - 1)} \sum_{i \ne j \in a} e_{u,ij},

with e the covariance of the sampling errors of unit means (0 for respondents), J items answered
and :math:`v_u` the variance of the row's items about their mean (each item about its own mean over
rows). Of a row with a single item both terms are those that rows with several would have.
:math:`v_u / J` has as its mean all error that items do not share, whether sampled or specific, so
the diagonal of :math:`\hat\Sigma` is the mean covariance between a construct's items, as in
Cronbach's alpha (Lord & Novick 1968, ch. 4). Of a construct with a single item what is specific
cannot be known, and its sampling error alone is taken off. Every term is a mean over rows, so
bootstrap samples of rows carry all of it.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import linkage, sem
from workbench.chain import Chain, ChainStudy
from workbench.chain.within import within_groups
from workbench.errors import ChainError, DataWarning, DriversError, UnknownNameError
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, listed
from workbench.measurement import given_answers
from workbench.progress import progress
from workbench.sem.estimation.moments import Patterns
from workbench.sem.estimation.saturated import saturated
from workbench.study import Study
from workbench.study.level import MOST_RESPONDENTS, Level
from workbench.text import label_of, nearest

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Counts = NDArray[np.integer]
ALIKE = 1e-8
"""Points of 0–100 by which scores differ through rounding alone."""

CHUNK = 200
"""Bootstrap replicates at a time, which bounds the memory."""

_REPLICATES, _PAIRS = 128, 64
"""Bootstrap samples, and pairs of questions, whose sums are held at a time."""

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
        ``organisation``, ``unit``, ``weight`` (1 for units), and ``channel`` where respondents
        have one.
    items : (n, p)
        The items on 0–100, NaN where missing; ``columns`` has those of every name.
    sampling : (n, p, p)
        The covariance of the sampling errors of units' means; None where there are none.
    notes
        What was left out, and why.
    """

    outcome: str
    drivers: tuple[str, ...]
    level: Level
    frame: pd.DataFrame
    items: Floats
    sampling: Floats | None
    columns: Mapping[str, Sequence[int]]
    labels: dict[str, str]
    notes: tuple[str, ...] = ()

    def where(self, kept: Booleans) -> "Rows":
        """The same on the rows for which ``kept`` is True."""
        return replace(
            self,
            frame=self.frame[kept].reset_index(drop=True),
            items=self.items[kept],
            sampling=None if self.sampling is None else self.sampling[kept],
        )

    @property
    def within(self) -> bool:
        """Whether there are several organisations, within which rows are compared."""
        return bool(self.frame["organisation"].nunique() > 1)

    @property
    def comparable(self) -> Booleans:
        """Which rows have others of their organisation to be compared with, (n,)."""
        there = ~np.isnan(self.values)
        return there[:, 0] & there[:, 1:].any(axis=1)

    @property
    def values(self) -> Floats:
        """Scores, outcome first, then the drivers, (n, 1 + k); NaN where missing."""
        return self._scores[0]

    @property
    def errors(self) -> Floats:
        """What is known of each score's error (n, 1 + k, 1 + k), right on average over rows."""
        n, p = self.values.shape
        found = np.zeros((n, p, p))
        for (a, b), known in self.known_errors.items():
            found[:, a, b] = found[:, b, a] = known
        return found

    @property
    def known_errors(self) -> dict[tuple[int, int], Floats]:
        """The same (n,) by the two scores (a, b), b ≤ a, where there is any: all of them would
        not fit for the questions of many respondents."""
        return self._scores[1]

    @cached_property
    def _scores(self) -> tuple[Floats, dict[tuple[int, int], Floats]]:
        group = self.frame["organisation"].factorize()[0].astype(np.int64)
        items, sampling = within_groups(self.items, self.sampling, group, self.weight)
        there = ~np.isnan(items)
        weighted = there * self.weight[:, None]
        filled = np.where(there, items, 0.0)
        mean = (weighted * filled).sum(axis=0) / np.maximum(weighted.sum(axis=0), 1e-300)
        centred = np.where(there, items - mean, 0.0)
        names = [self.outcome, *self.drivers]
        scores = np.full((len(items), len(names)), np.nan)
        errors: dict[tuple[int, int], Floats] = {}
        shares = []
        for place, name in enumerate(names):
            columns = list(self.columns[name])
            own = there[:, columns]
            share = own / np.maximum(own.sum(axis=1, keepdims=True), 1)
            score = (share * centred[:, columns]).sum(axis=1)
            scores[:, place] = np.where(own.any(axis=1), score, np.nan)
            if len(columns) > 1:
                errors[place, place] = _unshared(centred[:, columns], own, score)
            shares.append((columns, share))
        if sampling is not None:
            for a, (columns, share) in enumerate(shares):
                for b, (others, other) in enumerate(shares[: a + 1]):
                    known = sampling[:, columns][:, :, others]
                    if a == b and len(columns) > 1:
                        errors[a, a] += _shared(known, there[:, columns])
                        continue
                    errors[a, b] = np.einsum("ui,uij,uj->u", share, known, other)
        return scores, errors

    @property
    def weight(self) -> Floats:
        """Weights of the rows, (n,)."""
        return self.frame["weight"].to_numpy(float)

    @cached_property
    def clusters(self) -> NDArray[np.intp]:
        """Which unit each row belongs to, numbered from 0; each row its own if all are of one."""
        units = self.frame.groupby(["organisation", "unit"], sort=True).ngroup().to_numpy()
        return units if units.max() > 0 else np.arange(len(units))


def _unshared(items: Floats, there: Booleans, score: Floats) -> Floats:
    """v_u / J of the rows; those with a single item have the mean v of the others."""
    count = there.sum(axis=1)
    gap = np.where(there, items - score[:, None], 0.0)
    several = count > 1
    spread = (gap**2).sum(axis=1) / np.maximum(count - 1, 1)
    if several.any():
        spread[~several] = spread[several].mean()
    return spread / np.maximum(count, 1)


def _shared(sampling: Floats, there: Booleans) -> Floats:
    """The mean sampling covariance between a construct's items, row by row.

    A row with a single item has no such covariance, but its score has all of that error. It is
    taken to be as large beside the item's own sampling variance as in the rows with several.
    """
    both = there[:, :, None] & there[:, None, :] & ~np.eye(there.shape[1], dtype=bool)
    between = np.where(both, sampling, 0.0)
    pairs = both.sum(axis=2)
    shared = between.sum(axis=(1, 2)) / np.maximum(pairs.sum(axis=1), 1)
    own = np.diagonal(sampling, axis1=1, axis2=2)
    beside = (pairs * own).sum(axis=0)
    ratio = between.sum(axis=(0, 2)) / np.where(beside > 0, beside, np.inf)
    single = there.sum(axis=1) == 1
    shared[single] = (there * own * ratio)[single].sum(axis=1)
    return shared


def driver_rows(
    study: ChainStudy,
    outcome: str,
    drivers: Sequence[str],
    organisation: str | None = None,
    wave: str | int | None = None,
) -> Rows:
    """Rows of an outcome and its drivers.

    Where one source of respondents asked everything the rows are respondents, with their weights,
    unless they are more than :data:`workbench.study.level.MOST_RESPONDENTS`; otherwise they are
    units, with the means of every unit and what is known of their sampling error: employees and
    clients meet nowhere else. Rows that lack the outcome or every driver are left out, as are those
    that are the only ones of their organisation, with a note.

    Raises
    ------
    UnknownNameError
        If the codebook has no such construct or item, with the nearest name.
    DriversError
        If no driver is named, the outcome is among its own drivers, or there are no rows.
    """
    wave = study.wave(wave)
    names = [outcome, *drivers]
    items = {name: items_of(study, name) for name in names}
    _refuse_circular(outcome, drivers, items)
    source_of = study.codebook.frame.set_index("item")["source"]
    sources = sorted({source_of[item] for found in items.values() for item in found})
    wanted = list(dict.fromkeys(item for found in items.values() for item in found))
    place = {item: number for number, item in enumerate(wanted)}
    columns = {name: [place[item] for item in found] for name, found in items.items()}
    of_people = len(sources) == 1 and study.sources[sources[0]].rows == "respondents"
    if of_people and study.rows_in(sources[0], wave) <= MOST_RESPONDENTS:
        level, frame = (
            Level.RESPONDENTS,
            _of_respondents(study, sources[0], wanted, organisation, wave),
        )
        sampling = None
    else:
        level = Level.UNITS
        frame, sampling = _of_units(study, wanted, organisation, wave)
    values = np.stack(
        [study.codebook.scale(item).points(frame[item]) for item in wanted], axis=1
    ).astype(float)
    there = ~np.isnan(values)
    answered = [there[:, columns[name]].any(axis=1) for name in names]
    kept = answered[0] & np.any(answered[1:], axis=0)
    if not kept.any():
        where = "here" if organisation else "all"
        raise DriversError(
            say(f"rows without drivers.{where}", outcome=outcome, organisation=organisation or "")
        )
    keys = frame[[name for name in frame if name not in place]]
    labels = labels_of(study, names)
    rows = Rows(outcome, tuple(drivers), level, keys, values, sampling, columns, labels)
    return with_others(rows.where(kept))


def given_rows(
    given: "sem.Fit | IntoFrame",
    outcome: str,
    drivers: Sequence[str] | None = None,
    items: Mapping[str, Sequence[str]] | None = None,
    cluster: str | None = None,
) -> Rows:
    """Rows of an outcome and its drivers from a data frame or a fit, on the scale they have.

    Parameters
    ----------
    outcome, drivers
        Constructs of ``items`` or of the fit, or single columns; without ``drivers`` those that the
        fit's paths lead from to the outcome.
    items, cluster
        As in :func:`workbench.measurement.given_answers`.

    Raises
    ------
    UnknownNameError
        A name that a fit does not have.
    DriversError
        If no driver is named, the outcome is among its own drivers, or there are no rows.
    """
    if isinstance(given, sem.Fit):
        drivers = _leading_to(given, outcome) if drivers is None else drivers
        answers = given_answers(given)
        known = {**{name: [name] for name in given.layout.observed}, **answers.items}
    else:
        drivers = drivers or ()
        known = {name: [name] for name in (outcome, *drivers)} | dict(items or {})
        wanted = {name: known[name] for name in (outcome, *drivers)}
        answers = given_answers(given, wanted, cluster)
    names = [outcome, *drivers]
    for name in names:
        if name not in known:
            raise UnknownNameError(f"The fit has no variable {name!r}.{nearest(name, known)}")
    measured = {name: list(known[name]) for name in names}
    _refuse_circular(outcome, drivers, measured)
    columns = list(dict.fromkeys(item for own in measured.values() for item in own))
    values = answers.frame[columns].to_numpy(float)
    places = {name: [columns.index(item) for item in own] for name, own in measured.items()}
    there = ~np.isnan(values)
    answered = [there[:, places[name]].any(axis=1) for name in names]
    kept = answered[0] & np.any(answered[1:], axis=0)
    if not kept.any():
        raise DriversError(f"No row has both {outcome!r} and one of its drivers; name others.")
    keys = answers.frame[["organisation", "unit"]].assign(weight=1.0)
    labels = {name: label_of(name) for name in names}
    return Rows(outcome, tuple(drivers), answers.level, keys, values, None, places, labels).where(
        kept
    )


def _leading_to(fit: "sem.Fit", outcome: str) -> list[str]:
    """The variables from which paths of a fit's model lead to the outcome."""
    paths = fit.table.query("op == '~'")
    before: set[str] = set()
    fresh = {outcome}
    while fresh:
        fresh = set(paths.loc[paths["lhs"].isin(fresh), "rhs"]) - before
        before |= fresh
    return [
        name for name in (*fit.layout.latent, *fit.layout.observed) if name in before - {outcome}
    ]


def with_others(rows: Rows) -> Rows:
    """Leave out rows with none to be compared with in their organisation, and say so.

    Raises
    ------
    DriversError
        If none is left.
    """
    kept = rows.comparable
    alone = int((~kept).sum())
    if not alone:
        return rows
    if not kept.any():
        raise DriversError(
            say(
                "importance.none to compare",
                rows=rows.level.many,
                outcome=rows.labels[rows.outcome],
            )
        )
    note = say("left out.alone", rows=rows.level.counted(alone))
    return replace(rows.where(kept), notes=(*rows.notes, note))


def unit_errors(
    study: Study, names: Sequence[str], wave: str | int | None = None
) -> tuple[pd.DataFrame, Floats]:
    """What is known of the errors of the indices of all units: of their means, and of questions.

    Returns
    -------
    ``organisation`` and ``unit`` of every unit, and the errors' covariances (n, k, k) as of
    :attr:`Rows.errors`, of units compared whatever their organisation.
    """
    items = {name: items_of(study, name) for name in names}
    wanted = list(dict.fromkeys(item for found in items.values() for item in found))
    frame, sampling = _of_units(study, wanted, None, study.wave(wave))
    values = np.stack(
        [study.codebook.scale(item).points(frame[item]) for item in wanted], axis=1
    ).astype(float)
    columns = {name: [wanted.index(item) for item in found] for name, found in items.items()}
    keys = frame[["organisation", "unit"]]
    as_one = keys.assign(organisation="", weight=1.0)
    rows = Rows(names[0], tuple(names[1:]), Level.UNITS, as_one, values, sampling, columns, {})
    return keys, rows.errors


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
            found[name] = known.get(name, label_of(name))
        elif name in frame.index:
            wording = str(frame.at[name, "wording"]).strip().removesuffix(".") or name
            turned = frame.at[name, "reversed"]
            found[name] = say("question.reversed", wording=wording) if turned else wording
    return found


def _of_respondents(
    study: Study, source: str, items: list[str], organisation: str | None, wave: str
) -> pd.DataFrame:
    answers = study.answers(source)
    kept = (answers["weight"] > 0) & (answers["wave"] == wave)
    if organisation is not None:
        kept &= answers["organisation"] == study.organisation(organisation)
    channel = ["channel"] if "channel" in answers else []
    return answers.loc[kept, ["organisation", "unit", "weight", *channel, *items]]


def _of_units(
    study: Study, items: list[str], organisation: str | None, wave: str
) -> tuple[pd.DataFrame, Floats | None]:
    """Means of units, and the covariance of their sampling errors on 0–100."""
    with warnings.catch_warnings():
        # An item that no unit has two answers to: the chain's fit says so.
        warnings.simplefilter("ignore", DataWarning)
        means = linkage.unit_means_with_error(study, items, wave, organisation)
    frame = means.frame[["organisation", "unit", *items]].assign(weight=1.0)
    if not means.within:
        return frame, None
    points = study.codebook.points_per_code(items)
    return frame, means.error * points[:, None] * points


@dataclass(frozen=True, eq=False)
class Choice:
    """The drivers of an outcome, and which of them come between others and the outcome.

    Attributes
    ----------
    drivers
        Constructs, or items where they are named.
    chain
        The chain that says what comes before the outcome; None where no chain does.
    between
        By driver that comes between, the drivers before it: see :func:`between`.
    left_out
        The same of those that are left out for it.
    """

    drivers: tuple[str, ...]
    chain: Chain | None
    between: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, tuple[str, ...]]

    def notes(self, labels: Mapping[str, str], outcome: str) -> list[str]:
        """Say what was left out and which drivers come between, a sentence each."""
        named = labels[outcome]
        notes = []
        if self.left_out:
            names = listed(
                self._after(name, [one for one in before if one in self.drivers], labels)
                for name, before in self.left_out.items()
            )
            notes.append(say("drivers.between left out", outcome=named, names=names))
        for name, before in self.between.items():
            wholly = [one for one in before if goes_by(self.chain, one, name, outcome)]
            others = [one for one in before if one not in wholly]
            for key, own in (("wholly", wholly), ("partly", others)):
                if own:
                    words = listed(labels[one] for one in own)
                    told = {"driver": labels[name], "before": words, "outcome": named}
                    notes.append(say(f"drivers.between shown.{key}", **told))
        return notes

    def _after(self, name: str, before: Sequence[str], labels: Mapping[str, str]) -> str:
        if len(before) == len(self.drivers):
            return say("drivers.between one.all", driver=labels[name])
        words = say("list.comma").join(labels[one] for one in before)
        return say("drivers.between one.some", driver=labels[name], before=words)


def chosen_drivers(
    study: ChainStudy, outcome: str, drivers: Sequence[str] | None = None, chain: str | None = None
) -> Choice:
    """Choose the drivers of an outcome: those given, those of ``study.toml``, or by a chain.

    By a chain, they are the constructs before the outcome that have none of the others before
    them. A construct between two others takes most of the importance of what comes before it,
    though whoever wants to change it has to begin there; so it is left out, as long as two drivers
    are left. Those that are named stay.

    Raises
    ------
    UnknownNameError
        If the codebook has no such construct, or there is no such chain.
    ChainError
        If neither is a driver named nor has a chain of the study a construct before the outcome.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.drivers.rows import chosen_drivers
    >>> study = wb.open_study("data/demo")
    >>> found = chosen_drivers(study, "service", chain="customer-satisfaction-index")
    >>> found.drivers
    ('expectations', 'process', 'information', 'customer_service', 'website')
    >>> list(found.left_out)
    ['quality']
    """
    named = drivers if drivers is not None else study.definition.drivers.drivers_of(outcome)
    if drivers is not None and chain is None:
        return Choice(tuple(named), None, {}, {})
    try:
        found = chain_before(study, outcome, chain)
    except ChainError:
        if not named or chain is not None:
            raise
        return Choice(tuple(named), None, {}, {})
    if named or drivers is not None:
        return Choice(tuple(named), found, between(found, named, outcome), {})
    before = constructs_before(found, outcome)
    inner = between(found, before, outcome)
    first = tuple(name for name in before if name not in inner)
    if len(first) < 2:
        return Choice(tuple(before), found, inner, {})
    return Choice(first, found, {}, inner)


def between(chain: Chain, drivers: Sequence[str], outcome: str) -> dict[str, tuple[str, ...]]:
    """By driver that lies on a path from another driver to the outcome, those others.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.drivers.rows import between
    >>> chain = wb.chains()["public-sector-service-value-chain"]
    >>> between(chain, ["people", "service"], "trust")
    {'service': ('people',)}
    """
    before = set(constructs_before(chain, outcome))
    links = tuple(link for link in chain.links if outcome not in (link.source, link.target))
    apart = replace(chain, links=links)
    found = {}
    for name in drivers:
        if name in before:
            earlier = set(constructs_before(apart, name))
            found[name] = tuple(one for one in drivers if one in earlier)
    return {name: others for name, others in found.items() if others}


def goes_by(chain: Chain | None, driver: str, inner: str, outcome: str) -> bool:
    """Whether every path of a chain from a driver to the outcome goes by ``inner``.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.drivers.rows import goes_by
    >>> chain = wb.chains()["customer-satisfaction-index"]
    >>> goes_by(chain, "process", "quality", "service")
    True
    >>> goes_by(chain, "expectations", "quality", "service")
    False
    """
    if chain is None:
        return False
    links = tuple(link for link in chain.links if inner not in (link.source, link.target))
    return driver not in constructs_before(replace(chain, links=links), outcome)


def outcomes_of(study: ChainStudy) -> tuple[str, ...]:
    """The constructs whose drivers reports tell: those of ``study.toml``, or of its chain."""
    return study.definition.drivers.outcomes or study.runnable_chain().explained


def ends_of(study: ChainStudy, condition: str = "", outcome: str = "") -> tuple[str, str]:
    """A condition and an outcome of a study: those given, or else the first that it names.

    Without conditions in ``study.toml`` the first construct of its chain that comes before the
    outcome.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.drivers.rows import ends_of
    >>> ends_of(wb.open_study("data/demo")), ends_of(wb.open_study("data/demo"), "", "trust")
    (('people', 'service'), ('people', 'trust'))
    """
    outcome = outcome or outcomes_of(study)[0]
    named = [*study.definition.drivers.conditions]
    before = named or constructs_before(study.runnable_chain(), outcome)
    others = [name for name in before if name != outcome]
    if not (condition or others):
        raise DriversError(
            f"Nothing comes before {outcome!r} in the study's chain; name a condition."
        )
    return condition or others[0], outcome


def chain_before(study: ChainStudy, outcome: str, chain: str | None = None) -> Chain:
    """Return the chain that says what comes before ``outcome``.

    The one given; by default the one that ``study.toml`` names for drivers, if it has anything
    before the outcome, and otherwise, of the chains the study can run, the one with the most
    constructs before the outcome (the study's own, then the first by name, where several have as
    many). One of which most links are the workbench's stands behind those of authors.

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
    stated = study.definition.drivers.chain
    if stated and constructs_before(own := study.runnable_chain(stated), outcome):
        return own
    ranked = sorted(
        _runnable(study),
        key=lambda one: (
            not constructs_before(one, outcome),
            2 * len(one.of_authors) < len(one.links),
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


def _many(rows: Rows) -> str:
    """What the rows are called, and that they are compared within organisations if they are."""
    return say("many within", rows=rows.level.many) if rows.within else rows.level.many


def without_constants(rows: Rows) -> Rows:
    """Leave out drivers that have no value, or one value everywhere, and say so.

    Raises
    ------
    DriversError
        If the outcome does not vary, no driver does, or there are too few rows.
    """
    values = rows.values
    there = ~np.isnan(values)
    highest = np.where(there, values, -np.inf).max(axis=0)
    varies = highest - np.where(there, values, np.inf).min(axis=0) > ALIKE
    named = {"number": fmt.count(len(values)), "rows": _many(rows)}
    if not varies[0]:
        raise DriversError(
            say("importance.constant outcome", outcome=rows.labels[rows.outcome], **named)
        )
    varying = [name for name, one in zip(rows.drivers, varies[1:], strict=True) if one]
    left_out = [name for name in rows.drivers if name not in varying]
    if not varying:
        drivers = say("list.comma").join(rows.labels[name] for name in rows.drivers)
        raise DriversError(say("importance.constant drivers", drivers=drivers, **named))
    if len(values) < len(varying) + 2:
        drivers = counted(len(varying), "driver")
        raise DriversError(
            say("importance.few rows", drivers=drivers, outcome=rows.labels[rows.outcome], **named)
        )
    notes = rows.notes
    answered = {name: bool(own.any()) for name, own in zip(rows.drivers, there.T[1:], strict=True)}
    silent = ", ".join(rows.labels[name] for name in left_out if not answered[name])
    if silent:
        notes = (*notes, say("left out.no answer", names=silent))
    same = ", ".join(rows.labels[name] for name in left_out if answered[name])
    if same:
        notes = (
            *notes,
            say(
                f"left out.{'same within' if rows.within else 'same'}",
                names=same,
                rows=rows.level.many,
            ),
        )
    return replace(rows, drivers=tuple(varying), notes=notes)


def covariances(rows: Rows, counts: Counts) -> Floats:
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
        How often each unit of ``rows.clusters`` is in the sample.
    """
    return observed(rows, counts) - mean_errors(rows, counts)


def observed(rows: Rows, counts: Counts) -> Floats:
    """The covariances of the scores as they are, as :func:`covariances` has them."""
    with progress("Bootstrap samples", len(counts)) as samples:
        places = range(0, len(counts), CHUNK)
        parts = samples.over((counts[at : at + CHUNK].astype(float) for at in places), len)
        return _observed(rows, counts, parts)


def _observed(rows: Rows, counts: Counts, parts: Iterable[Floats]) -> Floats:
    block = rows.values
    missing = np.isnan(block)
    if not missing.any() or not few_patterns(rows):
        pairs = _PairSums.of(rows)
        found = np.concatenate([pairs.covariances(part) for part in parts])
        spread = np.sqrt(np.diagonal(found, axis1=-2, axis2=-1))
        return definite(found, spread) if missing.any() else found
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
    """Sums over the rows of every unit that have both values.

    ``first`` (units, p, p) of the value of a, where b is there too; of the pairs on and above the
    diagonal, row by row, ``number`` (units, p (p + 1) / 2) of weights and ``product`` of the values
    of both.
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
        first = np.empty((units, p, p))
        for a in range(p):
            weighted = weight * around[:, a]
            for b in range(p):
                first[:, a, b] = np.bincount(unit, weighted * there[:, b], units)
        pairs = list(combinations_with_replacement(range(p), 2))
        number, product = np.empty((2, units, len(pairs)))
        for at, (a, b) in enumerate(pairs):
            number[:, at] = np.bincount(unit, weight * (there[:, a] & there[:, b]), units)
            product[:, at] = np.bincount(unit, weight * around[:, a] * around[:, b], units)
        return cls(number, first, product)

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


def mean_errors(rows: Rows, counts: Counts) -> Floats:
    """The mean error of the rows that have both values, (B, 1 + k, 1 + k)."""
    there, weight, unit = ~np.isnan(rows.values), rows.weight, rows.clusters
    p, units = there.shape[1], int(unit.max()) + 1
    found = np.zeros((len(counts), p, p))
    pairs = [(pair, known) for pair, known in rows.known_errors.items() if known.any()]
    for first in range(0, len(pairs), _PAIRS):
        some = pairs[first : first + _PAIRS]
        sums = np.empty((units, 2, len(some)))
        for at, ((a, b), known) in enumerate(some):
            both = weight * (there[:, a] & there[:, b])
            sums[:, 0, at] = np.bincount(unit, both, units)
            sums[:, 1, at] = np.bincount(unit, both * known, units)
        number, total = np.moveaxis(
            _counted(counts, sums.reshape(units, -1)).reshape(-1, 2, len(some)), 1, 0
        )
        a, b = np.array([pair for pair, _ in some]).T
        found[:, a, b] = found[:, b, a] = total / np.maximum(number, 1e-300)
    return found


def _counted(counts: Counts, sums: Floats) -> Floats:
    """Sums of units (units, m) that are counted so often, (B, m), some replicates at a time: all
    counts as floats would take twice their memory."""
    return np.concatenate(
        [counts[at : at + _REPLICATES] @ sums for at in range(0, len(counts), _REPLICATES)]
    )


def definite(cov: Floats, spread: Floats) -> Floats:
    """The same with no negative eigenvalue, in units of ``spread`` (…, p)."""
    safe = np.where(spread > 0, spread, 1.0)
    scale = safe[..., :, None] * safe[..., None, :]
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
