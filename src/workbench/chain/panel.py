"""Constructs over waves between units: cross-lagged, random-intercept and growth models.

One row per unit, one column per construct and wave (``people_w1``, ``people_w2``, …), on 0–100.
Means of a unit's respondents carry sampling error, which would pass for change; it is known
(:mod:`workbench.linkage.sampling_error`) and taken out of what is fitted. It is new in every wave
but for respondents who answer again: where an id links them, that part is known as well
(:mod:`workbench.linkage.repeated`); where none does, :meth:`PanelData.with_correlated_errors` shows
what it would change.

What goes from wave to wave is told by units as compared within their organisations, wave by wave
(:mod:`workbench.chain.within`): an organisation's own level, and what changes it, is no part of it.
Indices have one more error: what is specific to their items. The indices of a construct at two
waves are of the same items, and what is specific to an item lasts. Left in, its lasting part would
pass for what is lasting about the construct and raise what carries over, its passing part would
weaken every path. So its covariance over waves, within and between them, is taken out with the
sampling error (:func:`workbench.chain.hierarchical.scores.specific_covariance`); the model of
latent variables says the same by residuals of an item that correlate over waves.

Steady change is of the rows as they are: how organisations change is part of how units do, and what
is specific to items adds to the start and to the residuals, which are free, not to the slope.

Errors are those of whole organisations where there are several, intervals those of t
(:func:`workbench.chain.effects.freedom`).

- **Cross-lagged**: each construct at a wave is regressed on all constructs at the wave before.
  What is lasting about a unit is part of the coefficients.
- **Random-intercept cross-lagged** [1]: what is lasting is taken out as an intercept per construct;
  the coefficients say whether a unit that is above *its own* level in one construct is above its
  own level in the other at the next wave. Needs three waves.
- **Linear growth** [2]: a start and a slope per unit, residual variances free. Needs three waves.
  Where the waves do not lie on a straight line, nothing is said of its slope.

The builders return lavaan's syntax, to read and to change; :func:`fit_panel` fits a study's. A
later wave comes after an earlier one, and still what goes with what need not be its cause.

References
----------
1. Hamaker, E. L., Kuiper, R. M., & Grasman, R. P. P. P. (2015). A critique of the cross-lagged
   panel model. Psychological Methods, 20, 102–116.
2. Bollen, K. A., & Curran, P. J. (2006). Latent curve models. Wiley.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import linkage, sem
from workbench.chain.effects import freedom, t_test
from workbench.chain.hierarchical.scores import specific_covariance
from workbench.chain.within import left_out_alone, within_groups
from workbench.errors import ChainError, DataWarning, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import (
    LinkEstimate,
    PanelEffect,
    PanelKind,
    bent_in_words,
    differences_in_growth_in_words,
    doubt_of,
    growth_in_words,
    lag_in_words,
)
from workbench.interpretation.cutoffs import LARGEST_RMSEA, LEAST_CFI
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.measurement import common_items, marker_first, no_common_items
from workbench.sem.inference.standardised import total_covariance
from workbench.sem.model.expressions import quoted_where_needed as quoted
from workbench.sem.model.parameters import variables
from workbench.study import Study
from workbench.study.given import ALL_WAVES, name_text
from workbench.text import counted, inflected

Array = NDArray[np.float64]

PLACE = ["organisation", "unit"]  # what tells units apart, the first columns of a panel
EFFECT_COLUMNS = [
    "from", "to", "from_wave", "to_wave", "effect", "estimate", "se", "lower", "upper", "pvalue",
    "strength", "doubt", "sentence",
]  # fmt: skip


def column(name: str, wave: int) -> str:
    """Name of a construct's or item's column at a wave, counted from 1."""
    return f"{name}_w{wave}"


def cross_lagged(
    constructs: Sequence[str], waves: int, items: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return the cross-lagged panel model in lavaan's syntax.

    Parameters
    ----------
    items
        With the items of every construct the model is between latent variables: loadings equal over
        waves, residuals of the same item correlated over waves. Without, between the columns
        ``construct_wN`` themselves.

    Raises
    ------
    ChainError
        With fewer than two waves.
    """
    _require(waves, 2, "A cross-lagged panel")
    lines = [] if items is None else _measurement(constructs, waves, items)
    return "\n".join([*lines, *_lags(constructs, waves, "")]) + "\n"


def random_intercept_cross_lagged(constructs: Sequence[str], waves: int) -> str:
    """Return the random-intercept cross-lagged panel model [1] in lavaan's syntax.

    Raises
    ------
    ChainError
        With fewer than three waves.
    """
    _require(waves, 3, "A random-intercept cross-lagged panel")
    times = range(1, waves + 1)
    lines = ["# what is lasting about a unit"]
    lines += [
        f"{quoted('lasting_' + c)} =~ " + " + ".join(f"1*{quoted(column(c, t))}" for t in times)
        for c in constructs
    ]
    lines.append("# deviation from it at each wave")
    for construct in constructs:
        for t in times:
            observed = quoted(column(construct, t))
            lines.append(f"{_within(construct, t)} =~ 1*{observed}")
            lines.append(f"{observed} ~~ 0*{observed}")
    lines += _lags(constructs, waves, "now_")
    lines.append("# the lasting and the first deviations are unrelated")
    firsts = " + ".join(f"0*{_within(c, 1)}" for c in constructs)
    lines += [f"{quoted('lasting_' + c)} ~~ {firsts}" for c in constructs]
    lasting = [quoted("lasting_" + c) for c in constructs]
    lines += [f"{a} ~~ {b}" for a, b in combinations(lasting, 2)]
    return "\n".join(lines) + "\n"


def linear_growth(constructs: Sequence[str], waves: int) -> str:
    """Return the linear growth model of one or more constructs in lavaan's syntax.

    The slope is the change per wave; starts and slopes of all constructs correlate.

    Raises
    ------
    ChainError
        With fewer than three waves.
    """
    _require(waves, 3, "Linear growth")
    lines, growth = [], []
    for c in constructs:
        start, slope = quoted("start_" + c), quoted("slope_" + c)
        names = [quoted(column(c, t)) for t in range(1, waves + 1)]
        lines.append(f"{start} =~ " + " + ".join(f"1*{name}" for name in names))
        lines.append(f"{slope} =~ " + " + ".join(f"{t}*{name}" for t, name in enumerate(names)))
        lines += [f"{name} ~ 0*1" for name in names]
        lines += [f"{start} ~ 1", f"{slope} ~ 1"]
        growth += [start, slope]
    lines += [f"{a} ~~ {b}" for a, b in combinations(growth, 2)]
    return "\n".join(lines) + "\n"


def _require(waves: int, least: int, what: str) -> None:
    if waves < least:
        raise ChainError(
            f"{what} needs {least} waves, and there {inflected(waves, 'is', 'are')} {waves}."
        )


def _within(construct: str, wave: int) -> str:
    return quoted("now_" + column(construct, wave))


def _measurement(
    constructs: Sequence[str], waves: int, items: Mapping[str, Sequence[str]]
) -> list[str]:
    lines = ["# measurement, loadings equal over waves"]
    for c in constructs:
        for t in range(1, waves + 1):
            first, *rest = (quoted(column(item, t)) for item in items[c])
            loaded = [f"l_{c}_{i}*{name}" for i, name in enumerate(rest, start=2)]
            lines.append(f"{quoted(column(c, t))} =~ " + " + ".join([f"1*{first}", *loaded]))
        if len(items[c]) > 1:
            lines += [
                f"{quoted(column(item, s))} ~~ {quoted(column(item, t))}"
                for item in items[c]
                for s, t in combinations(range(1, waves + 1), 2)
            ]
    return lines


def _lags(constructs: Sequence[str], waves: int, prefix: str) -> list[str]:
    """Everything on everything at the wave before; (residual) covariances within a wave."""

    def at(construct: str, wave: int) -> str:
        return quoted(prefix + column(construct, wave))

    lines = ["# from wave to wave"]
    for t in range(2, waves + 1):
        before = " + ".join(at(c, t - 1) for c in constructs)
        lines += [f"{at(c, t)} ~ {before}" for c in constructs]
    lines.append("# within waves")
    for t in range(1, waves + 1):
        lines += [f"{at(a, t)} ~~ {at(b, t)}" for a, b in combinations(constructs, 2)]
    return lines


@dataclass(frozen=True, eq=False)
class PanelData(Shown):
    """Units by construct and wave.

    Attributes
    ----------
    name, waves
        The study's name and the waves.
    frame
        ``organisation``, ``unit``, the indices ``construct_w1`` … and the items ``item_w1`` …, each
        on 0–100. The index is the mean of the unit's means of the items asked in all waves. A unit
        that is missing in a wave has missing values there.
    items
        The items of every construct that tie the waves.
    error
        Known sampling error of the values at a wave, in the order of the frame's columns; None
        where all rows are units. Between waves it is zero but where respondents are linked.
    repeated
        Who answered again, of the sources whose respondents are linked.
    unlinked
        The constructs whose respondents are not: the same people may have answered again.
    notes
        What was left out on the way to these rows, one sentence each.
    """

    name: str
    waves: tuple[str, ...]
    frame: pd.DataFrame
    items: dict[str, list[str]]
    error: linkage.ErrorOverWaves | None
    repeated: tuple[linkage.Repeated, ...] = ()
    unlinked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def again(self) -> bool:
        """Whether any unit has answers to a construct in two waves."""
        waves = range(1, len(self.waves) + 1)
        return any(
            (self.frame[[column(construct, t) for t in waves]].notna().sum(axis=1) > 1).any()
            for construct in self.items
        )

    def _parts(self) -> Iterator[Part]:
        organisations = self.frame["organisation"].nunique()
        yield (
            f"{self.name}: {counted(len(self.frame), 'unit')} of "
            f"{counted(organisations, 'organisation')}, waves {listed(self.waves)}."
        )
        if self.error is not None:
            yield "The sampling errors of the units' means are known."
        answered = [
            (
                construct,
                ", ".join(items),
                *(
                    int(self.frame[column(construct, t)].notna().sum())
                    for t in range(1, len(self.waves) + 1)
                ),
            )
            for construct, items in self.items.items()
        ]
        heads = ["construct", "items", *(f"units in {wave}" for wave in self.waves)]
        yield "Constructs", pd.DataFrame(answered, columns=heads)
        yield from self.notes

    def fit(self, model: str) -> sem.Fit:
        """Fit a panel model to these units as they are (MLR, FIML), clustered in organisations
        where there are several; warnings stay in ``Fit.warnings``."""
        observed = list(variables(model).observed)
        known = None if self.error is None else self.errors(observed)
        # Constructs are latent variables of some models and columns of the frame.
        return _fitted(model, self.frame[[*PLACE, *observed]], known, self.notes)

    def fit_lags(self, model: str) -> sem.Fit:
        """Fit a panel model, as :meth:`fit`, to what tells what goes from wave to wave: units as
        compared within their organisations, with what is specific to items among the errors of
        indices (see the module).

        Units that have none to be compared with are left out, and the fit's notes say so. Of a
        single organisation the rows are taken as they are, as where every organisation has one
        unit.
        """
        frame, known = self.comparable(list(variables(model).observed))
        values = frame.drop(columns=PLACE).to_numpy(float)
        group = frame["organisation"].factorize()[0].astype(np.int64)
        if 1 < group.max(initial=-1) + 1 < len(frame):
            values, found = within_groups(values, known, group)
            assert found is not None  # errors were given
            known = found
        observed = frame.columns[len(PLACE) :]
        frame = frame.assign(**dict(zip(observed, values.T, strict=True)))
        return _fitted(model, frame, known, (*self.notes, *self.left_out))

    def comparable(self, columns: Sequence[str]) -> tuple[pd.DataFrame, Array]:
        """Return the units that have others of their organisation beside them, and their errors.

        All units where no organisation has two. The errors (units, q, q) of the q columns are those
        of sampling and, of indices, what is specific to their items (see the module).
        """
        kept = self._comparable
        frame = self.frame.loc[kept, [*PLACE, *columns]].reset_index(drop=True)
        return frame, self.errors(columns)[kept] + self._specific(columns)

    @property
    def left_out(self) -> tuple[str, ...]:
        """That units were left out for want of others, in a sentence; nothing where none was."""
        alone = int((~self._comparable).sum())
        return (left_out_alone(alone, "unit"),) if alone else ()

    def errors(self, columns: Sequence[str]) -> Array:
        """The known sampling errors (units, q, q) of q columns; zero where nothing is known."""
        if self.error is None:
            return np.zeros((len(self.frame), len(columns), len(columns)))
        return self.error.among(*self._places(columns))

    def _places(self, columns: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which values at a wave columns are, and at which waves, numbered from 0."""
        names = self.frame.columns[len(PLACE) :]
        wave, value = np.divmod(names.get_indexer(list(columns)), len(names) // len(self.waves))
        return value, wave

    @cached_property
    def _comparable(self) -> NDArray[np.bool_]:
        """The units that have others of their organisation beside them; all, where none has."""
        counts = self.frame["organisation"].value_counts()
        several = set(counts.index[counts > 1]) or set(counts.index)
        return self.frame["organisation"].isin(several).to_numpy()

    def _specific(self, columns: Sequence[str]) -> Array:
        """The errors (comparable units, q, q) of indices among the columns by what is specific to
        the items that each unit has."""
        found = np.zeros((int(self._comparable.sum()), len(columns), len(columns)))
        for construct in self.items:
            times = range(1, len(self.waves) + 1)
            place = {column(construct, t): t - 1 for t in times}
            own = np.array([i for i, name in enumerate(columns) if name in place], dtype=np.intp)
            if own.size:
                wave = np.array([place[columns[i]] for i in own])
                found[:, own[:, None], own] = self._specific_to(construct)[:, wave[:, None], wave]
        return found

    def _specific_to(self, construct: str) -> Array:
        """The same (comparable units, T, T) of one construct's index at all waves, made once."""
        if construct not in self._made:
            items = self.items[construct]
            count, size = len(self.waves), len(items)
            kept = self._comparable
            names = [column(item, t) for t in range(1, count + 1) for item in items]
            values = self.frame[names].to_numpy(float)
            there = ~np.isnan(values).reshape(-1, count, size) & kept[:, None, None]
            sampling = None
            if self.error is not None:
                places = self._places(names[:size])[0]
                sampling = self.error.summed(places, there).reshape(len(names), len(names))
            own = np.arange(len(names)).reshape(count, size).tolist()
            group = self.frame["organisation"][kept].factorize()[0].astype(np.int64)
            share = (there / np.maximum(there.sum(axis=2, keepdims=True), 1))[kept]
            self._made[construct] = specific_covariance(values[kept], sampling, own, group) * (
                share @ np.swapaxes(share, 1, 2)
            )
        return self._made[construct]

    @cached_property
    def _made(self) -> dict[str, Array]:
        return {}

    def panel(
        self,
        constructs: Sequence[str],
        kind: str = "cross-lagged",
        latent: bool = False,
        named: Callable[[str], str] = str,
    ) -> "Panel":
        """Fit a panel model of some of the constructs, see :func:`fit_panel`.

        Examples
        --------
        >>> import workbench as wb
        >>> data = wb.chain.panel_data(wb.open_study("data/demo"), ["people", "service"])
        >>> found = data.panel(["people", "service"])
        >>> found.effects["effect"].unique().tolist()
        ['carry-over', 'cross-lagged']
        """
        waves, count = self.waves, len(self.waves)
        if kind not in list(PanelKind):
            raise ChainError(
                f"There is no panel model {kind!r}; choose from {', '.join(PanelKind)}."
            )
        kind = PanelKind(kind)
        if latent and kind is not PanelKind.CROSS_LAGGED:
            raise ChainError(f"The {kind} panel is between indices; leave latent out.")
        least = 2 if kind is PanelKind.CROSS_LAGGED else 3
        _require(count, least, f"A {kind} panel of {self.name}")
        items = {construct: self.items[construct] for construct in constructs}
        if kind is PanelKind.CROSS_LAGGED:
            model = cross_lagged(constructs, count, items if latent else None)
        elif kind is PanelKind.RANDOM_INTERCEPT:
            model = random_intercept_cross_lagged(constructs, count)
        else:
            model = linear_growth(constructs, count)
        fit = self.fit(model) if kind is PanelKind.GROWTH else self.fit_lags(model)
        reason = sem.why_unusable(fit, _variables_in_words(constructs, waves, named))
        if reason:
            raise ModelError(
                say(f"panel.{kind}", constructs=listed(map(named, constructs)), reason=reason)
            )
        effects = (
            growth_effects(fit, named)
            if kind is PanelKind.GROWTH
            else lagged_effects(fit, constructs, waves, named)
        )
        return Panel(kind, waves, items, tuple(map(named, constructs)), effects, model, fit)

    def with_correlated_errors(self, correlation: float) -> "PanelData":
        """Return the same as if the unlinked constructs' errors correlated so from one wave to the
        next (:meth:`workbench.linkage.ErrorOverWaves.supposing`); those of linked respondents stay
        as they are."""
        if self.error is None or not self.unlinked:
            return self
        if correlation not in self._supposing:
            names = {*self.unlinked, *(item for c in self.unlinked for item in self.items[c])}
            first = {column(name, 1) for name in names}
            size = len(self.error.supposed)
            own = np.array([name in first for name in self.frame.columns[len(PLACE) :][:size]])
            supposed = replace(self, error=self.error.supposing(own, correlation))
            self._supposing[correlation] = supposed
        return self._supposing[correlation]

    @cached_property
    def _supposing(self) -> dict[float, "PanelData"]:
        return {}


def _fitted(model: str, frame: pd.DataFrame, errors: Array | None, notes: Sequence[str]) -> sem.Fit:
    """Fit a model to all columns of a frame but those that say which unit a row is; rows without
    any answer are left out."""
    observed = [name for name in frame if name not in PLACE]
    answered = frame[observed].notna().any(axis=1).to_numpy()
    frame = frame[answered]
    known = None
    if errors is not None:
        known = sem.ErrorCovariance(tuple(observed), errors[answered], frame[PLACE])
    fit = sem.fit(
        model,
        frame,
        estimator="MLR",
        missing="fiml",
        cluster="organisation" if frame["organisation"].nunique() > 1 else None,
        error=known,
        warn=False,
    )
    return replace(fit, notes=(*fit.notes, *map(DataWarning, notes)))


def far_off(fit: sem.Fit) -> bool:
    """Whether a model misses the data by both marks, LEAST_CFI and LARGEST_RMSEA.

    RMSEA alone is too quick to say so with one degree of freedom, which is what three waves leave.
    """
    return bool(fit.cfi < LEAST_CFI and fit.reported["rmsea"] > LARGEST_RMSEA)


def panel_data(
    study: Study, constructs: Sequence[str], waves: Sequence[str] | None = None
) -> PanelData:
    """Lay a study out as one row per unit, with the sampling error of unit means.

    Parameters
    ----------
    study, constructs
        The study, and the constructs to lay out.
    waves
        All by default, in order.

    Raises
    ------
    ChainError
        If a construct has no item that was asked in all waves.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.chain.panel_data(wb.open_study("data/demo"), ["trust"])
    >>> data.waves
    ('2022', '2023', '2024')
    >>> data.frame.columns.tolist()[:5]
    ['organisation', 'unit', 'trust_w1', 'trust_1_w1', 'trust_2_w1']
    >>> data.items
    {'trust': ['trust_1', 'trust_2', 'trust_3']}
    """
    return panels_data(study, constructs, [study.waves if waves is None else waves])[0]


def panels_data(
    study: Study, constructs: Sequence[str], spans: Sequence[Sequence[str]]
) -> list[PanelData]:
    """:func:`panel_data` over several spans of waves; unit means of the same items are found once.

    Raises
    ------
    ChainError
        As :func:`panel_data`.
    """
    found, known = [], dict[tuple[str, ...], linkage.UnitMeans]()
    for span in spans:
        waves = list(map(name_text, span))
        items = {c: common_items(study, c, waves) for c in constructs}
        for construct, common in items.items():
            if not common:
                raise ChainError(f"{study.name}: {no_common_items(study, construct, waves)}")
        wanted = tuple(item for names in items.values() for item in names)
        if wanted not in known:
            known[wanted] = linkage.unit_means_with_error(study, wanted, ALL_WAVES)
        found.append(_laid_out(study, items, waves, known[wanted]))
    return found


def _laid_out(
    study: Study, items: dict[str, list[str]], waves: Sequence[str], means: linkage.UnitMeans
) -> PanelData:
    """Units by these items of constructs and waves, of the means of units in all waves."""
    constructs, wanted = list(items), list(means.items)
    rows = means.frame.copy()
    scale = study.codebook.points_per_code(wanted)
    for item in wanted:
        rows[item] = study.codebook.scale(item).points(rows[item])
    items = {construct: marker_first(names, rows) for construct, names in items.items()}
    for construct, names in items.items():
        rows[construct] = rows[names].mean(axis=1)
    names = list(dict.fromkeys([*constructs, *wanted]))
    parts = [
        rows[rows["wave"] == wave]
        .set_index(PLACE)[names]
        .rename(columns=lambda name, t=t: column(name, t))
        for t, wave in enumerate(waves, start=1)
    ]
    wide = pd.concat(parts, axis=1).sort_index().copy()  # in one block, of many waves too
    frame = wide.reset_index()
    data = PanelData(study.name, tuple(waves), frame, items, None)
    if not means.within:
        return data
    error, repeated = linkage.error_over_waves(study, means, waves, wide.index)
    weights = np.zeros((len(waves), len(wide), len(names), len(wanted)))
    for value, name in enumerate(names):
        own = [wanted.index(item) for item in items.get(name, [name])]
        for t in range(len(waves)):
            there = wide[[column(wanted[i], t + 1) for i in own]].notna().to_numpy()
            share = there / np.maximum(there.sum(axis=1, keepdims=True), 1)
            weights[t, :, value, own] = (scale[own] * share).T
    error = error.of_means(weights)
    linked = {one.source for one in repeated}
    unlinked = tuple(
        construct
        for construct in constructs
        if study.codebook.source_of(construct) in means.within.keys() - linked
    )
    return replace(data, error=error, repeated=repeated, unlinked=unlinked)


@dataclass(frozen=True)
class Panel(Shown):
    """A fitted panel model.

    Attributes
    ----------
    kind
        Cross-lagged, random-intercept or growth.
    waves, items
        The waves, and the items that tie them.
    named
        What the constructs are called in sentences.
    effects
        Of cross-lagged models ``from``, ``to``, ``from_wave``, ``to_wave``, ``effect``
        (:class:`workbench.interpretation.PanelEffect`), ``estimate`` (points per point), ``se``,
        ``lower``, ``upper``, ``pvalue``, ``strength`` (standardised), ``doubt`` (why there is no
        strength, or one not to go by: :class:`workbench.interpretation.Doubt`), ``sentence``. Of
        growth ``to`` (the construct), ``effect`` and the same columns.
    model, fit
        The model in lavaan's syntax, and its fit.
    """

    kind: PanelKind
    waves: tuple[str, ...]
    items: dict[str, list[str]]
    named: tuple[str, ...]
    effects: pd.DataFrame
    model: str
    fit: sem.Fit

    @property
    def straight(self) -> bool:
        """Of growth, whether a straight line describes the waves (LEAST_CFI, LARGEST_RMSEA).

        Other panels draw no line, and are never bent.
        """
        return self.kind is not PanelKind.GROWTH or not far_off(self.fit)

    @property
    def words(self) -> str:
        """What goes before what, and that it is association; of growth, how units change."""
        if self.kind is not PanelKind.GROWTH:
            told = self.effects[self.effects["effect"] == PanelEffect.CROSS_LAGGED]
            return " ".join([*told["sentence"], say("lag.association")])
        if self.straight:
            return " ".join(self.effects["sentence"])
        measures = self.fit.reported
        return bent_in_words(self.named, measures["cfi"], measures["rmsea"])

    def _parts(self) -> Iterator[Part]:
        yield self.words
        yield repr(self.fit)
        yield "Effects", self.effects.drop(columns="sentence")


def fit_panel(
    study: Study,
    constructs: Sequence[str],
    kind: str = "cross-lagged",
    waves: Sequence[str] | None = None,
    latent: bool = False,
    named: Callable[[str], str] = str,
) -> Panel:
    """Fit a panel model to a study's units, by maximum likelihood on every wave a unit has (MLR).

    Parameters
    ----------
    study, constructs
        The study, and the constructs of the model.
    kind
        ``"cross-lagged"``, ``"random-intercept"`` or ``"growth"``.
    waves
        All by default, in order.
    latent
        Cross-lagged only: latent variables measured by the items in place of their indices.
    named
        What a construct is called in sentences.

    Returns
    -------
    Panel
        The effects from wave to wave, or the growth, and the fit.

    Raises
    ------
    ChainError
        An unknown kind, too few waves, or a construct without an item common to all waves.
    ModelError
        If the model cannot be estimated on these units, or its solution may not be used.

    Checked against lavaan 0.6-14, ``sem(…, estimator = "MLR", missing = "fiml")``.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.chain.fit_panel(study, ["people", "service"])
    >>> lagged = found.effects.query("`from` == 'people' and to == 'service'")
    >>> lagged[["from_wave", "to_wave", "estimate"]].round(2)
      from_wave to_wave  estimate
    2      2022    2023     -0.07
    6      2023    2024      0.05
    """
    return panel_data(study, constructs, waves).panel(constructs, kind, latent, named)


def _variables_in_words(
    constructs: Sequence[str], waves: Sequence[str], named: Callable[[str], str]
) -> Callable[[str], str]:
    """What the variables of a panel model are called in a sentence; others by their names."""
    said = {}
    for construct in constructs:
        name = named(construct)
        said["start_" + construct] = say("variable.start", construct=name)
        said["slope_" + construct] = say("variable.slope", construct=name)
        said["lasting_" + construct] = say("variable.lasting", construct=name)
        for t, wave in enumerate(waves, start=1):
            here = column(construct, t)
            said[here] = say("variable.wave", construct=name, wave=wave)
            said["now_" + here] = say("variable.passing", construct=name, wave=wave)
    return lambda variable: said.get(variable, variable)


def lagged_effects(
    fit: sem.Fit,
    constructs: Sequence[str],
    waves: Sequence[str],
    named: Callable[[str], str] = str,
) -> pd.DataFrame:
    """Return the coefficients from wave to wave of a (random-intercept) cross-lagged panel."""
    place = {
        prefix + column(c, t): (c, wave)
        for t, wave in enumerate(waves, start=1)
        for c in constructs
        for prefix in ("", "now_")
    }
    still = _without_variance(fit)
    rows = []
    for row in fit.estimates.to_dict("records"):
        if row["op"] != "~":
            continue
        (target, later), (source, earlier) = place[row["lhs"]], place[row["rhs"]]
        numbers, carried = _numbers(row, freedom(fit)), source == target
        doubt = doubt_of(row["std_all"], before=row["rhs"] in still, after=row["lhs"] in still)
        told = LinkEstimate(numbers["estimate"], numbers["lower"], numbers["upper"])
        rows.append(
            {
                "from": source,
                "to": target,
                "from_wave": earlier,
                "to_wave": later,
                "effect": PanelEffect.CARRY_OVER if carried else PanelEffect.CROSS_LAGGED,
                **numbers,
                "strength": row["std_all"],
                "doubt": doubt,
                "sentence": lag_in_words(
                    (named(source), earlier), (named(target), later), told, carried=carried
                ),
            }
        )
    return pd.DataFrame(rows, columns=EFFECT_COLUMNS)


def _without_variance(fit: sem.Fit) -> set[str]:
    """The variables whose variance in the model is not positive: nothing can be standardised."""
    paths, residual, _ = fit.layout.matrices(fit.theta, fit.problem.exo)
    _, total = total_covariance(paths, residual)
    variance = np.diagonal(total, axis1=1, axis2=2).min(axis=0)
    names = [*fit.layout.observed, *fit.layout.latent]
    return {name for name, value in zip(names, variance, strict=True) if value <= 0}


def growth_effects(fit: sem.Fit, named: Callable[[str], str] = str) -> pd.DataFrame:
    """Return the mean change per wave of every construct, and how far units differ in it."""
    rows = []
    for row in fit.estimates.to_dict("records"):
        name = str(row["lhs"])
        if not name.startswith("slope_") or row["op"] not in ("~1", "~~"):
            continue
        if row["op"] == "~~" and row["rhs"] != name:
            continue
        construct = name.removeprefix("slope_")
        numbers = _numbers(row, freedom(fit))
        found: dict[str, object] = {"to": construct, **numbers}
        if row["op"] == "~1":
            found["effect"] = PanelEffect.CHANGE
            change = (numbers["estimate"], numbers["lower"], numbers["upper"])
            found["sentence"] = growth_in_words(named(construct), change)
        else:
            found["effect"] = PanelEffect.DIFFERENCES
            lower = numbers["lower"]
            found["sentence"] = differences_in_growth_in_words(named(construct), lower)
        rows.append(found)
    rows.sort(key=lambda row: row["effect"] != PanelEffect.CHANGE)
    return pd.DataFrame(rows, columns=EFFECT_COLUMNS)


def _numbers(row: dict[str, Any], df: float) -> dict[str, float]:
    lower, upper, pvalue = t_test(row["est"], row["se"], df)
    return {
        "estimate": row["est"],
        "se": row["se"],
        "lower": lower,
        "upper": upper,
        "pvalue": pvalue,
    }
