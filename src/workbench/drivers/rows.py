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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import linkage, sem
from workbench.chain import Chain, ChainStudy
from workbench.chain.within import within_groups
from workbench.errors import ChainError, DataWarning, DriversError, UnknownNameError
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.measurement import given_answers
from workbench.study import Study
from workbench.study.level import Level
from workbench.text import label_of, nearest

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Counts = NDArray[np.integer]


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
        return self._scores.values

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
        return self._scores.errors

    @property
    def singles(self) -> "Singles":
        """The rows with a single item of a construct that has several."""
        return self._scores.singles

    @cached_property
    def _scores(self) -> "_Scores":
        group = self.frame["organisation"].factorize()[0].astype(np.int64)
        items, sampling = within_groups(self.items, self.sampling, group, self.weight)
        there = ~np.isnan(items)
        weighted = there * self.weight[:, None]
        filled = np.where(there, items, 0.0)
        mean = (weighted * filled).sum(axis=0) / np.maximum(weighted.sum(axis=0), 1e-300)
        centred = np.where(there, items - mean, 0.0)
        every = [list(self.columns[name]) for name in (self.outcome, *self.drivers)]
        scores = np.full((len(items), len(every)), np.nan)
        single = np.zeros(scores.shape, dtype=np.bool_)
        errors: dict[tuple[int, int], Floats] = {}
        spread, several = np.zeros(len(every)), np.zeros(len(every), dtype=np.int64)
        shares = []
        for place, columns in enumerate(every):
            own = there[:, columns]
            share = own / np.maximum(own.sum(axis=1, keepdims=True), 1)
            score = (share * centred[:, columns]).sum(axis=1)
            scores[:, place] = np.where(own.any(axis=1), score, np.nan)
            if len(columns) > 1:
                errors[place, place], spread[place] = _unshared(centred[:, columns], own, score)
                several[place] = (own.sum(axis=1) > 1).sum()
                single[:, place] = own.sum(axis=1) == 1
            shares.append((columns, share))
        if sampling is not None:
            for a, (columns, share) in enumerate(shares):
                for b, (others, other) in enumerate(shares[: a + 1]):
                    known = sampling[:, columns][:, :, others]
                    if a == b and len(columns) > 1:
                        errors[a, a] += _shared(known, there[:, columns])
                        continue
                    errors[a, b] = np.einsum("ui,uij,uj->u", share, known, other)
        return _Scores(scores, errors, Singles(single, spread, several))

    @property
    def weight(self) -> Floats:
        """Weights of the rows, (n,)."""
        return self.frame["weight"].to_numpy(float)

    @cached_property
    def clusters(self) -> NDArray[np.intp]:
        """Which unit each row belongs to, numbered from 0; each row its own if all are of one."""
        units = self.frame.groupby(["organisation", "unit"], sort=True).ngroup().to_numpy()
        return units if units.max() > 0 else np.arange(len(units))


@dataclass(frozen=True, eq=False)
class Singles:
    """The rows with a single item of a construct that has several.

    Attributes
    ----------
    rows : (n, 1 + k)
        Which they are.
    error, several : (1 + k,)
        The error of such a score, which is the mean over the rows with several items of the
        variance of these about their mean; and how many rows that are.
    """

    rows: Booleans
    error: Floats
    several: Counts


@dataclass(frozen=True, eq=False)
class _Scores:
    """The scores of rows and what is known of their errors, as :class:`Rows` has them."""

    values: Floats
    errors: dict[tuple[int, int], Floats]
    singles: Singles


def _unshared(items: Floats, there: Booleans, score: Floats) -> tuple[Floats, float]:
    """v_u / J of the rows, and the mean v of those with several items, which the others have."""
    count = there.sum(axis=1)
    gap = np.where(there, items - score[:, None], 0.0)
    several = count > 1
    spread = (gap**2).sum(axis=1) / np.maximum(count - 1, 1)
    mean = float(spread[several].mean()) if several.any() else 0.0
    spread[~several] = mean
    return spread / np.maximum(count, 1), mean


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

    Where one source of respondents asked everything the rows are respondents, with their weights;
    otherwise they are units, with the means of every unit and what is known of their sampling
    error: employees and clients meet nowhere else. Rows that lack the outcome or every driver are
    left out, as are those that are the only ones of their organisation, with a note.

    Raises
    ------
    UnknownNameError
        If the codebook has no such construct or item, with the nearest name.
    DriversError
        If no driver is named, the outcome is among its own drivers, or there are no rows.
    """
    rows = answered_rows(study, outcome, drivers, organisation, wave)
    if not len(rows.frame):
        raise DriversError(none_answered(outcome, organisation or ""))
    return with_others(rows)


def answered_rows(
    study: ChainStudy,
    outcome: str,
    drivers: Sequence[str],
    organisation: str | None = None,
    wave: str | int | None = None,
) -> Rows:
    """The same, also where there are none, with those that are the only ones of an organisation."""
    wave = study.wave(wave)
    names = [outcome, *drivers]
    items = {name: items_of(study, name) for name in names}
    _refuse_circular(outcome, drivers, items)
    wanted = list(dict.fromkeys(item for found in items.values() for item in found))
    place = {item: number for number, item in enumerate(wanted)}
    columns = {name: [place[item] for item in found] for name, found in items.items()}
    source, sampling = source_of_all(study, names), None
    if source:
        level, frame = (
            Level.RESPONDENTS,
            _of_respondents(study, source, wanted, organisation, wave),
        )
    else:
        level = Level.UNITS
        frame, sampling = _of_units(study, wanted, organisation, wave)
    values = np.stack(
        [study.codebook.scale(item).points(frame[item]) for item in wanted], axis=1
    ).astype(float)
    there = ~np.isnan(values)
    answered = [there[:, columns[name]].any(axis=1) for name in names]
    kept = answered[0] & np.any(answered[1:], axis=0)
    keys = frame[[name for name in frame if name not in place]]
    labels = labels_of(study, names)
    rows = Rows(outcome, tuple(drivers), level, keys, values, sampling, columns, labels)
    return rows.where(kept)


def source_of_all(study: Study, names: Sequence[str]) -> str:
    """The source of respondents that asked everything about constructs or items; "" if none did."""
    source_of = study.codebook.frame.set_index("item")["source"]
    sources = {source_of[item] for name in names for item in items_of(study, name)}
    only = sources.pop() if len(sources) == 1 else ""
    return only if only and study.sources[only].rows == "respondents" else ""


def none_answered(outcome: str, organisation: str) -> str:
    """Why there are no rows: of an organisation, or ("") of all."""
    where = "here" if organisation else "all"
    return say(f"rows without drivers.{where}", outcome=outcome, organisation=organisation)


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
        raise DriversError(none_to_compare(rows.level, rows.labels[rows.outcome]))
    return replace(rows.where(kept), notes=(*rows.notes, left_out_alone(rows.level, alone)))


def none_to_compare(level: Level, outcome: str) -> str:
    """Why no row is left: each is the only one of its organisation."""
    return say("importance.none to compare", rows=level.many, outcome=outcome)


def left_out_alone(level: Level, rows: int) -> str:
    """Say that so many rows were left out, each the only one of its organisation."""
    return say("left out.alone", rows=level.counted(rows))


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
