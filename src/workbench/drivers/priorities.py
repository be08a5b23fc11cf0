"""What to work on first: importance against performance, and who is responsible for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from workbench import figures
from workbench.chain import ChainStudy
from workbench.drivers.importance import (
    Importance,
    alphas,
    importance,
    importance_of,
    with_reliability,
)
from workbench.drivers.rows import (
    Floats,
    items_of,
    labels_of,
    outcomes_of,
)
from workbench.drivers.sums import sums_by_channel
from workbench.errors import DriversError, UnknownNameError
from workbench.figures.importance import importance_performance
from workbench.figures.markup import NOTHING, together
from workbench.interpretation import (
    QUADRANTS,
    Advice,
    Comparison,
    Others,
    advice_in_words,
    advise,
    others_in_words,
    priorities_in_words,
)
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import FALSE_DISCOVERY_RATE, WIDEST_PASS_THROUGH
from workbench.interpretation.messages import say
from workbench.interpretation.words import capitalised, counted
from workbench.measurement import indices, item_means
from workbench.measurement.scores import LEAST_CLUSTERS, within_scale
from workbench.progress import progress
from workbench.study.given import name_text
from workbench.study.level import Level
from workbench.study.scorecard import read_scorecard
from workbench.study.small_groups import shown_parts
from workbench.text import nearest

By = Literal["organisation", "channel", "unit"]

BRIEF = 5
"""So many drivers are in a brief table."""


@dataclass(frozen=True)
class PriorityMap:
    """Importance and performance of drivers, group by group.

    Attributes
    ----------
    frame
        The columns of ``by``, then ``driver``, ``label``, ``importance`` (share of what all
        drivers explain, in percent) with ``importance_lower`` and ``importance_upper``,
        and ``importance_mean``, the mean share of all drivers; ``alpha``, how reliably the driver's
        questions measure it, missing of a single question; ``link_lower``, ``link_upper``, the
        lesser of the intervals of its correlation with the outcome and of its total effect;
        ``performance`` (0–100) with ``performance_lower``, ``performance_upper`` and ``n``, of what
        ``level`` says (:class:`workbench.study.level.Level`);
        ``others``, the mean performance of what it is compared with, and ``difference`` from that
        with ``difference_lower``, ``difference_upper`` and ``comparison``
        (:class:`workbench.interpretation.Comparison`); and ``advice``
        (:class:`workbench.interpretation.Advice`).
    by
        What parts the groups: organisation, channel, unit, or several of them.
    outcome_label
        What the importance is for.
    others
        What performance is compared with.
    small
        The columns of ``by`` and ``driver``: what is left out because fewer than ``minimum_count``
        people answered.
    remarks
        How the importance was found.
    """

    frame: pd.DataFrame
    by: tuple[str, ...]
    outcome_label: str
    others: Others
    small: pd.DataFrame
    minimum_count: int
    remarks: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """How the importance was found, and how much was left out and why."""
        count = len(self.small[list(self.by)].drop_duplicates() if self.by else self.small)
        if not count:
            return self.remarks
        what = counted(count, "group" if self.by else "driver")
        return (
            *self.remarks,
            say("left out.few people", least=self.minimum_count, what=what),
        )

    def of(self, *group: str) -> "PriorityMap":
        """The map of one group, named in the order of ``by``.

        Raises
        ------
        UnknownNameError
            If there is no such group.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> found = wb.drivers.importance(study, "service", chain="citizens-first", replicates=50)
        >>> mapped = wb.drivers.priority_map(study, "service", by=("organisation",), found=found)
        >>> mapped.groups[:2]
        [('City of Eastbrook',), ('Employment Service',)]
        >>> mapped.of("Land Registry").frame[["driver", "performance"]].head(2).round(0)
               driver  performance
        0     outcome         66.0
        1  timeliness         51.0
        """
        frame, small = self.frame, self.small
        for column, name in zip(self.by, group, strict=True):
            own = frame[frame[column] == name_text(name)]
            if own.empty:
                options = [str(value) for value in frame[column].unique()]
                raise UnknownNameError(
                    f"The priority map has no {column} {name!r}.{nearest(name, options)}"
                )
            frame, small = own, small[small[column] == name]
        return replace(self, frame=frame.reset_index(drop=True), by=(), small=small)

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """The groups, in order."""
        return list(self.frame[list(self.by)].drop_duplicates().itertuples(index=False, name=None))

    def words(self) -> str:
        """What to improve first and what to keep up, in a sentence; of a map of one group."""
        lies = [self.frame[name].tolist() for name in ("importance", "label", "advice")]
        ranked = sorted(zip(*lies, strict=True), key=lambda driver: -driver[0])
        told = [(label, Advice(advice)) for _, label, advice in ranked]
        return priorities_in_words(self.outcome_label, self.others, told)

    def figure(self, caption: str = "") -> figures.Figure | figures.Notice:
        """The map of one group, or why there is nothing to draw.

        Raises
        ------
        DriversError
            For a map of several groups.
        """
        if self.by:
            raise DriversError(
                f"This map has a group for each {' and '.join(self.by)}; choose one with "
                f"of({', '.join(map(repr, self.groups[0]))})."
            )
        known = self.frame[self.comparable]
        if known.empty:
            return figures.Notice(
                say("priorities.no map", finding=self.words(), others=others_in_words(self.others)),
                kind="note",
                title=say("map.none"),
            )
        return importance_performance(
            known[["importance", "importance_lower", "importance_upper"]].to_numpy(float),
            known[["difference", "difference_lower", "difference_upper"]].to_numpy(float),
            list(known["label"]),
            [Advice(advice).given for advice in known["advice"]],
            (float(known["importance_mean"].iloc[0]), 0.0),
            [advice_in_words(advice) for advice in QUADRANTS],
            alt=self.words(),
            x_label=say("map.importance axis"),
            y_label=say("map.performance axis"),
            caption=caption or say("map.caption", outcome=self.outcome_label),
        )

    @property
    def comparable(self) -> pd.Series:
        """Which rows have a performance that can be compared."""
        return self.frame["difference_lower"].notna()

    @property
    def advised(self) -> bool:
        """Whether the data say of any driver what to do."""
        return any(Advice(advice).given for advice in self.frame["advice"])

    @property
    def to_work_on(self) -> bool:
        """Whether there is a driver to improve first or to keep up."""
        return bool(self.frame["advice"].isin([Advice.IMPROVE, Advice.KEEP]).any())

    def brief_table(self) -> figures.Table:
        """The drivers of one group that matter most: how well they go, and what to do if anything.

        All that come with advice, and the :data:`BRIEF` most important.
        """
        ranked = self.frame.sort_values("importance", ascending=False, kind="stable")
        given = [Advice(advice).given for advice in ranked["advice"]]
        frame = ranked[(np.arange(len(ranked)) < BRIEF) | np.array(given)]
        others = others_in_words(self.others)
        shown = pd.DataFrame(
            {
                "label": frame["label"],
                "importance": [fmt.number(value, 0) for value in frame["importance"]],
                "performance": estimates_of(frame, "performance", 0),
                "others": [
                    fmt.number(value, 0, missing=say("priorities.not compared"))
                    for value in frame["others"]
                ],
                "advice": advice_of(frame),
            }
        )
        some = len(frame) < len(ranked)
        return figures.Table(
            shown,
            caption=say(
                f"priorities.brief.{'some' if some else 'all'}",
                outcome=self.outcome_label,
                shown=len(frame),
                drivers=len(ranked),
            ),
            columns=list(shown.columns) if self.advised else list(shown.columns)[:-1],
            labels={
                "label": say("column.driver"),
                "importance": say("column.importance"),
                "performance": say("column.performance"),
                "others": capitalised(others),
                "advice": say("column.advice"),
            },
            notes=without_interval(frame),
        )

    def table(self, caption: str = "") -> figures.Table:
        """The same in numbers, every group."""
        frame = self.frame
        shown = pd.DataFrame(
            {
                **{name: frame[name] for name in self.by},
                "label": frame["label"],
                "importance": estimates_of(frame, "importance", 0),
                **reliabilities_of(frame),
                "performance": estimates_of(frame, "performance", 0),
                "difference": estimates_of(frame, "difference", 1, say("drivers.not compared")),
                "n": [
                    level.counted(n) if self._level is None else level.number(n)
                    for n, level in zip(frame["n"], map(Level, frame["level"]), strict=True)
                ],
                "advice": advice_of(frame),
            }
        )
        return figures.Table(
            shown,
            caption=caption or say("map.table", outcome=self.outcome_label),
            labels={
                **{name: say(f"column.{name}") for name in self.by},
                "label": say("column.driver"),
                "importance": say("column.importance"),
                **({"alpha": say("column.alpha")} if "alpha" in shown else {}),
                "performance": say("column.performance"),
                "difference": say("against others", others=others_in_words(self.others)),
                "n": say(f"priorities.n of {self._level or 'both'}"),
                "advice": say("column.advice"),
            },
            row_header="label",
            notes=[
                say("priorities.method", others=others_in_words(self.others)),
                *without_interval(frame),
                *self.notes,
            ],
        )

    @property
    def _level(self) -> Level | None:
        """What all performances are based on, None where it differs by driver."""
        levels = self.frame["level"].unique()
        return Level(levels[0]) if len(levels) == 1 else None

    def _repr_html_(self) -> str:
        drawn = NOTHING if self.by else self.figure().html
        return together(drawn, self.table().html)


def without_interval(frame: pd.DataFrame) -> list[str]:
    """The note that says why a performance has no interval, where one has none."""
    if not (frame["performance"].notna() & frame["performance_lower"].isna()).any():
        return []
    return [say("performance.no interval")]


def advice_of(frame: pd.DataFrame) -> list[str]:
    """The column ``advice`` as text."""
    return [advice_in_words(Advice(advice)) for advice in frame["advice"]]


def reliabilities_of(frame: pd.DataFrame) -> dict[str, list[str]]:
    """The column ``alpha`` as text; no column where every driver is a single question."""
    if frame["alpha"].isna().all():
        return {}
    return {
        "alpha": [fmt.number(value, missing=say("drivers.no estimate")) for value in frame["alpha"]]
    }


def _points_of(frame: pd.DataFrame) -> list[str]:
    """The total effects in points as text; one whose interval is wider than the scale is none."""
    told = estimates_of(frame, "pass_through", 2, say("drivers.total failed"))
    wide = frame["pass_through_upper"] - frame["pass_through_lower"] > WIDEST_PASS_THROUGH
    return [say("link.too uncertain") if no else text for text, no in zip(told, wide, strict=True)]


def estimates_of(
    frame: pd.DataFrame, name: str, decimals: int, missing: str | None = None
) -> list[str]:
    """The estimates in column ``name`` with their intervals, as text."""
    columns = [name, f"{name}_lower", f"{name}_upper"]
    missing = say("drivers.no estimate") if missing is None else missing
    return [
        fmt.estimate(value, lower, upper, decimals, missing=missing)
        for value, lower, upper in frame[columns].to_numpy(float)
    ]


def priority_map(
    study: ChainStudy,
    outcome: str = "",
    drivers: Sequence[str] | None = None,
    by: Sequence[By] = (),
    organisation: str | None = None,
    wave: str | int | None = None,
    of: Literal["constructs", "items"] = "constructs",
    found: Importance | None = None,
    replicates: int = 1000,
    seed: int = 1,
) -> PriorityMap:
    """Importance–performance map (Martilla & James 1977; Ringle & Sarstedt 2016).

    Importance is a driver's share of what all drivers explain of the outcome (relative weights),
    performance its index on 0–100 in the group. A map is parted at the mean importance and at the
    mean performance of the other groups in the same driver; where there is one group, of its other
    drivers. Advice is given where both are clear and so is the link
    (:func:`workbench.interpretation.advise`).

    Importance is estimated over all organisations together: one organisation's own is mostly noise.
    By channel (the touchpoint) it is estimated within each channel, since what matters at a counter
    need not matter on the web; that takes drivers and outcome that the same respondents were
    asked.

    Parameters
    ----------
    by
        Groups shown side by side: organisation, channel, unit. Groups with fewer answers than the
        study's minimum are left out and counted; so is the smallest of the other channels where all
        of them, less those shown, would give such a channel away.
    organisation
        Whose performance is shown, against the other organisations or, with ``by``, group against
        group; by default that of all together.
    found
        Importance at hand, where it need not be estimated again; its drivers are shown.
    outcome, wave, drivers, of, replicates, seed
        As in :func:`importance`.

    Raises
    ------
    DriversError
        If channels are asked for and the drivers have none; and as :func:`importance`.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.importance(study, "service", chain="citizens-first", replicates=50)
    >>> office = "Land Registry"
    >>> mapped = wb.drivers.priority_map(study, "service", found=found, organisation=office)
    >>> mapped.frame[["driver", "importance", "performance"]].round(0).head(3)
           driver  importance  performance
    0     outcome        39.0         66.0
    1  timeliness        18.0         51.0
    2    courtesy        14.0         64.0
    >>> print(mapped.words())
    For Service, no driver stands out to improve first or to keep up: none is both clearly more
    important than the average and clearly different from the other organisations.
    """
    outcome = outcome or outcomes_of(study)[0]
    if organisation is not None and not by:
        of_all = priority_map(
            study, outcome, drivers, ("organisation",), None, wave, of, found, replicates, seed
        )
        return _of_organisation(of_all, study.organisation(organisation))
    wave = study.wave(wave)
    if found is None and "channel" not in by:
        found = importance(
            study, outcome, drivers, wave=wave, of=of, replicates=replicates, seed=seed
        )
    if found is not None:
        names = [
            name
            for name in (drivers or found.frame["driver"])
            if name in set(found.frame["driver"])
        ]
        matters = _importance_columns(found)
        remarks = list(found.notes)
    else:
        if drivers is None:
            raise DriversError(
                "By channel, name the drivers: questions or constructs that clients were asked, "
                "for example drivers=['service_2', 'service_3']."
            )
        names = list(drivers)
        matters, remarks = _by_channel(study, outcome, names, wave, replicates, seed)
    keys: list[str] = list(by)
    shown = _performance(study, names, keys, organisation, wave)
    on = ["driver", *(["channel"] if "channel" in matters else [])]
    enough = _enough(study, shown, pd.MultiIndex.from_frame(matters[on]), keys, organisation)
    table = shown[enough].merge(matters, on=on, how="inner", sort=False)
    if table.empty:
        raise DriversError(say("priorities.no group", least=study.minimum_count, outcome=outcome))
    labels = labels_of(study, [outcome, *names])
    table["label"] = table["driver"].map(labels)
    table["level"] = table["driver"].map({name: _counted(study, name) for name in names})
    table, others = _compared(table, keys)
    size = table.groupby(keys or "wave", sort=False)["driver"].transform("size")
    table["advice"] = [
        advise(
            (row.link_lower, row.link_upper),
            (row.importance_lower, row.importance_upper),
            row.importance_mean,
            Comparison(row.comparison),
        )
        for row in table.itertuples()
    ]
    table.loc[size == 1, "advice"] = Advice.ONLY
    columns = [
        *keys,
        *["driver", "label", "importance", "importance_lower", "importance_upper"],
        *["importance_mean", "alpha", "link_lower", "link_upper"],
        *["performance", "performance_lower", "performance_upper", "n", "level", "others"],
        *["difference", "difference_lower", "difference_upper", "comparison", "advice"],
    ]
    table = table.sort_values(
        [*keys, "importance"], ascending=[True] * len(keys) + [False], kind="stable"
    )
    frame = table[columns].reset_index(drop=True)
    small = shown.loc[~enough, [*keys, "driver"]].reset_index(drop=True)
    return PriorityMap(
        frame, tuple(keys), labels[outcome], others, small, study.minimum_count, tuple(remarks)
    )


def _of_organisation(every: PriorityMap, organisation: str) -> PriorityMap:
    if organisation not in set(every.frame["organisation"]):
        raise DriversError(
            say(
                "priorities.few here",
                organisation=organisation,
                least=every.minimum_count,
                outcome=every.outcome_label,
            )
        )
    return every.of(organisation)


def _compared(table: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, Others]:
    """Compare each performance with the others, and say which these are."""
    several = bool(keys) and len(table[keys].drop_duplicates()) > 1
    sets = table.groupby("driver" if several else (keys or "wave"), sort=False)
    columns = ["performance", "se", "freedom"]
    compared = [
        against_others(*own[columns].to_numpy(float).T).set_index(own.index) for _, own in sets
    ]
    if not several:
        return table.join(pd.concat(compared)), Others.DRIVERS
    others = Others(f"{keys[0]}s") if len(keys) == 1 else Others.GROUPS
    return table.join(pd.concat(compared)), others


def against_others(value: Floats, error: Floats, freedom: Floats) -> pd.DataFrame:
    r"""Compare every value with the mean of the others.

    .. math:: d_i = y_i - \bar y_{-i}, \qquad
       \operatorname{se}(d_i)^2 = s_i^2 + \sum_{j \ne i} s_j^2 / (m - 1)^2

    with the t distribution and the degrees of freedom of :math:`s_i`, so that the interval is never
    narrower than the value's own. Called different are those that the procedure of Benjamini &
    Hochberg (1995, JRSS B 57, 289–300) keeps at a false discovery rate of 5 %. Values from
    the same people have errors that go together, for which the interval is too wide rather than too
    narrow.

    Parameters
    ----------
    value, error, freedom : (m,)
        Standard errors may be missing, or come from two units alone; such a value is neither
        compared nor compared with.

    Returns
    -------
    ``others``, ``difference``, ``difference_lower``, ``difference_upper`` and ``comparison``
    (:class:`workbench.interpretation.Comparison`).
    """
    known = np.isfinite(error) & (freedom >= LEAST_CLUSTERS - 1)
    count = int(known.sum())
    table = pd.DataFrame(
        np.nan,
        index=range(len(value)),
        columns=["others", "difference", "difference_lower", "difference_upper"],
    )
    comparison = np.full(len(value), Comparison.UNKNOWN, dtype=object)
    if count > 1:
        y, s = value[known], error[known]
        others = (y.sum() - y) / (count - 1)
        spread = np.sqrt(s**2 + ((s**2).sum() - s**2) / (count - 1) ** 2)
        gap = y - others
        half = stats.t.ppf(0.975, freedom[known]) * spread
        chance = 2 * stats.t.sf(np.abs(gap) / spread, freedom[known])
        clear = (stats.false_discovery_control(chance) <= FALSE_DISCOVERY_RATE) & (
            np.abs(gap) > half
        )
        table.loc[known] = np.column_stack([others, gap, gap - half, gap + half])
        side = np.where(gap > 0, Comparison.ABOVE, Comparison.BELOW)
        comparison[known] = np.where(clear, side, Comparison.ALIKE)
    return table.assign(comparison=comparison)


def _importance_columns(found: Importance) -> pd.DataFrame:
    frame = found.frame
    shares = frame[["driver", "share", "share_lower", "share_upper"]].copy()
    shares.columns = pd.Index(["driver", "importance", "importance_lower", "importance_upper"])
    shares.iloc[:, 1:] *= 100
    ends = {
        end: np.fmin(frame[f"correlation_{end}"], frame[f"total_{end}"])
        for end in ("lower", "upper")
    }
    return shares.assign(
        importance_mean=100 / len(frame),
        alpha=frame["alpha"],
        link_lower=ends["lower"],
        link_upper=ends["upper"],
    )


def _by_channel(
    study: ChainStudy, outcome: str, names: list[str], wave: str, replicates: int, seed: int
) -> tuple[pd.DataFrame, list[str]]:
    """Importance within every channel that has enough respondents."""
    sums = sums_by_channel(study, outcome, names, wave)
    if sums is None:
        raise DriversError(
            f"{outcome!r} and its drivers have no channel: they were not asked of the same "
            "respondents of a source whose study.toml names a channel column."
        )
    alpha = alphas(study, names, wave)
    tables, notes = [], []
    with progress("Channels", len(sums)) as done:
        for channel in done.over(list(sums)):
            own = sums[channel]
            if own is None or own.rows < max(study.minimum_count, 10 * len(names)):
                notes.append(say("priorities.few respondents", channel=channel))
                continue
            found = importance_of(
                own.without_constants(), pd.DataFrame(), replicates=replicates, seed=seed
            )
            found = with_reliability(found, alpha)
            tables.append(_importance_columns(found).assign(channel=channel))
            notes += [
                say("priorities.of channel", channel=channel, note=note) for note in found.notes
            ]
    if not tables:
        raise DriversError("No channel has enough respondents for an analysis.")
    return pd.concat(tables, ignore_index=True), notes


def _performance(
    study: ChainStudy, names: Sequence[str], keys: list[str], organisation: str | None, wave: str
) -> pd.DataFrame:
    """Index (constructs) or mean on 0–100 (items) of every driver in every group."""
    own = None if organisation is None else study.organisation(organisation)
    by = [*keys, "wave"]
    if own is not None and "organisation" not in keys:
        by = ["organisation", *by]
    constructs = [name for name in names if name in study.codebook.constructs]
    items = [name for name in names if name not in constructs]
    tables = []
    if constructs:
        tables.append(
            indices(study, constructs, by).rename(
                columns={"construct": "driver", "index": "performance"}
            )
        )
    if items:
        means = item_means(study, items, by).rename(columns={"item": "driver"})
        scales = {item: study.codebook.scale(item) for item in items}
        means["se"] *= study.codebook.points_per_code(means["driver"])
        for column, source in (("performance", "mean"), ("lower", "lower"), ("upper", "upper")):
            means[column] = [
                scales[item].points(value)
                for item, value in zip(means["driver"], means[source], strict=True)
            ]
        tables.append(within_scale(means).drop(columns="mean"))
    table = pd.concat(tables, ignore_index=True)
    table = table[table["wave"] == wave]
    if own is not None:
        table = table[table["organisation"] == own]
    # A unit by itself has its respondents to learn its error from, all others their units.
    table["freedom"] = table["n" if "unit" in keys else "units"] - 1
    table = table[[*keys, "wave", "driver", "performance", "se", "freedom", "lower", "upper", "n"]]
    named = {end: f"performance_{end}" for end in ("lower", "upper")}
    return table.rename(columns=named).reset_index(drop=True)


def _enough(
    study: ChainStudy,
    shown: pd.DataFrame,
    analysed: pd.MultiIndex,
    keys: list[str],
    organisation: str | None,
) -> pd.Series:
    """Tell which rows of :func:`_performance` have answers enough to be shown.

    Channels are shown beside what all of them together answered, so that one that is hidden must
    not be what the others leave. ``analysed`` are the drivers and channels that are shown at all.
    """
    least = shown["driver"].map({name: _least(study, name) for name in shown["driver"].unique()})
    enough = shown["n"] >= least
    if "channel" not in keys:
        return enough
    around = [*[key for key in keys if key != "channel"], "driver"]
    wave = str(shown["wave"].iloc[0]) if len(shown) else ""
    drivers = list(shown["driver"].unique())
    every = _performance(study, drivers, around[:-1], organisation, wave)
    total = every.set_index(around)["n"]
    told = pd.Series(
        pd.MultiIndex.from_frame(shown[["driver", "channel"]]).isin(analysed), shown.index
    )
    for group, rows in shown[told].groupby(around, sort=False, observed=True):
        key = group if len(around) > 1 else group[0]
        others = float(total[key]) - float(rows["n"].sum())
        enough[rows.index] = shown_parts(rows["n"], int(least[rows.index[0]]), others)
    return enough


def _least(study: ChainStudy, name: str) -> int:
    """The fewest answers with which a number may be shown; 1 where the people are not counted."""
    return study.minimum_count if _counted(study, name) == Level.RESPONDENTS else 1


def _counted(study: ChainStudy, name: str) -> Level:
    """What the number of answers about a driver counts: people, or units that do not say."""
    source_of = study.codebook.frame.set_index("item")["source"]
    source = source_of[items_of(study, name)[0]]
    return Level.RESPONDENTS if study.sources[source].counts_people else Level.UNITS


@dataclass(frozen=True)
class Scorecard:
    """What every role is responsible for, how well it goes and how much it matters.

    ``frame``: ``role``, then the columns of :class:`PriorityMap` and the total effect in points
    (``pass_through`` with its interval, missing where no chain gives one). ``unassigned`` are the
    drivers that no role was given.
    """

    frame: pd.DataFrame
    outcome_label: str
    unassigned: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def roles(self) -> list[str]:
        """The roles, in the order of the file."""
        return list(dict.fromkeys(self.frame["role"]))

    def table(self) -> figures.Table:
        """One table, role by role."""
        frame = self.frame
        notes = [say("scorecard.note"), *without_interval(frame), *self.notes]
        if self.unassigned:
            notes.append(
                say("scorecard.unassigned", drivers=say("list.comma").join(self.unassigned))
            )
        shown = pd.DataFrame(
            {
                "role": [role.capitalize() for role in frame["role"]],
                "label": frame["label"],
                "performance": estimates_of(frame, "performance", 0),
                "importance": estimates_of(frame, "importance", 0),
                **reliabilities_of(frame),
                "points": _points_of(frame),
                "advice": advice_of(frame),
            }
        )
        return figures.Table(
            shown,
            caption=say("scorecard.caption", outcome=self.outcome_label),
            labels={
                "role": say("column.role"),
                "label": say("column.driver"),
                "performance": say("column.performance"),
                "importance": say("column.importance"),
                **({"alpha": say("column.alpha")} if "alpha" in shown else {}),
                "points": say("column.points per point"),
                "advice": say("column.advice"),
            },
            notes=notes,
        )

    def _repr_html_(self) -> str:
        return self.table().html


def scorecard(
    study: ChainStudy,
    outcome: str = "",
    organisation: str | None = None,
    wave: str | int | None = None,
    found: Importance | None = None,
    of: Literal["constructs", "items"] = "constructs",
) -> Scorecard:
    """What every role is responsible for, and how much it matters.

    The study's file ``scorecard.csv`` (columns ``driver``, a construct or an item, and ``role``; a
    driver may stand in several rows) says who is responsible for what; without it the scorecard is
    empty. An item without a row of its own goes with its construct.

    Parameters
    ----------
    study, outcome, organisation, wave, found, of
        As in :func:`priority_map`.

    Raises
    ------
    StudyError
        If ``scorecard.csv`` cannot be read, lacks a column or a role, or names what the codebook
        does not have; the message has the row and the nearest name.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.importance(study, "service", chain="citizens-first", replicates=50)
    >>> card = wb.drivers.scorecard(study, "service", found=found)
    >>> card.roles
    ['senior leader', 'manager', 'front-line team']
    """
    outcome = outcome or outcomes_of(study)[0]
    if found is None:
        found = importance(study, outcome, wave=wave, of=of)
    mapped = priority_map(study, outcome, organisation=organisation, wave=wave, found=found)
    return scorecard_of(roles_of(study, mapped.frame["driver"]), mapped, found)


def scorecard_of(roles: pd.DataFrame, mapped: PriorityMap, found: Importance) -> Scorecard:
    """What each role is responsible for in one group's priority map.

    Parameters
    ----------
    roles
        ``driver``, ``role`` (:func:`roles_of`).
    mapped
        The priority map of one group.
    found
        The importance of the same drivers.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.importance(study, "service", chain="citizens-first", replicates=50)
    >>> mapped = wb.drivers.priority_map(study, "service", found=found)
    >>> roles = wb.drivers.roles_of(study, found.frame["driver"])
    >>> card = wb.drivers.scorecard_of(roles, mapped, found)
    >>> card.frame[["role", "driver", "importance"]].round(0).head(2)
                role   driver  importance
    0  senior leader   access        13.0
    1        manager  outcome        39.0
    """
    frame = mapped.frame
    row_of = {driver: row for row, driver in enumerate(frame["driver"])}
    place = {role: number for number, role in enumerate(dict.fromkeys(roles["role"]))}
    pairs = [
        (place[role], row_of[driver], role)
        for role, driver in zip(roles["role"], roles["driver"], strict=True)
        if driver in row_of
    ]
    pairs.sort()
    rows = [row for _, row, _ in pairs]
    effects = ["pass_through", "pass_through_lower", "pass_through_upper"]
    matters = found.frame.set_index("driver")[effects].reindex(frame["driver"]).to_numpy(float)
    table = frame.iloc[rows].reset_index(drop=True)
    table.insert(0, "role", [role for *_, role in pairs])
    table[effects] = matters[rows]
    unassigned = frame.loc[~frame["driver"].isin(roles["driver"]), "label"]
    return Scorecard(table, mapped.outcome_label, tuple(unassigned), mapped.notes)


def roles_of(study: ChainStudy, drivers: Iterable[str]) -> pd.DataFrame:
    """Who is responsible for which of ``drivers``: ``driver``, ``role``, role by role.

    Roles come in the order of the file. An item without a row of its own goes with its construct.

    Parameters
    ----------
    study
        The study; of one without a file ``scorecard.csv`` nobody is known to be responsible.
    drivers
        Constructs or items.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.drivers.roles_of(wb.open_study("data/demo"), ["courtesy", "strategic_leadership"])
                     driver             role
    0  strategic_leadership    senior leader
    1              courtesy  front-line team
    """
    known = read_scorecard(study.path, study.codebook)
    if known is None:
        known = pd.DataFrame(columns=["driver", "role"])
    construct_of = study.codebook.frame.set_index("item")["construct"]
    listed = set(known["driver"])
    found = [
        (driver, role)
        for driver in dict.fromkeys(drivers)
        for name in [driver if driver in listed else construct_of.get(driver, driver)]
        for role in known.loc[known["driver"] == name, "role"]
    ]
    place = {role: number for number, role in enumerate(dict.fromkeys(known["role"]))}
    found.sort(key=lambda pair: place[pair[1]])
    return pd.DataFrame(found, columns=["driver", "role"])
