"""The trends report: what changed from wave to wave, and what of it is more than chance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from workbench import figures, interpretation
from workbench.benchmark import Adopters, LinksByWave, adopters, latent_means
from workbench.benchmark.waves import changes_by_wave
from workbench.chain import (
    ChainStudy,
    ChangeWithChange,
    Panel,
    PanelData,
    change_with_change,
)
from workbench.chain.panel import far_off, panels_data
from workbench.drivers.rows import labels_of
from workbench.errors import ChainError, WorkbenchError
from workbench.interpretation import (
    AdoptionEffect,
    Direction,
    Doubt,
    ModelFit,
    Movement,
    PanelEffect,
    PanelKind,
)
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.measurement import OverWaves, common_items, no_common_items
from workbench.reports.disclosure import hidden_reason, minimum_rule, over_waves
from workbench.reports.keynumbers import KeyNumbers, interval, no_number
from workbench.reports.page import ChainPage
from workbench.reports.pieces import (
    Heading,
    Section,
    Together,
    association,
    estimates,
    everyone,
    trend_over_waves,
)
from workbench.reports.shared import Shared, at_hand
from workbench.study.given import asked_for

K = TypeVar("K", bound=tuple[Any, ...])
R = TypeVar("R")

# Links, and what goes from wave to wave, are told of the latest waves: of more nobody reads all.
_LATEST = 8
_PANELS = (PanelKind.CROSS_LAGGED, PanelKind.RANDOM_INTERCEPT)
# Correlations of the errors of a unit's means from one wave to the next that are supposed where
# nobody is known to have answered again: none, half of the people back with answers that correlate
# .6, and all of them.
_SUPPOSED = (0.0, 0.3, 0.6)


def trends_report(
    study: str | Path | ChainStudy,
    organisation: str = "",
    shared: str | Path | Shared | None = None,
) -> "TrendsReport":
    """Open the report on what changed over the waves.

    Parameters
    ----------
    study
        A study, or its folder.
    organisation
        "" for all together.
    shared
        What the reports of a batch share, or the file that holds it; without it what this report
        needs is computed.

    Raises
    ------
    StudyError, ChainError, UnknownOrganisationError
        If the study, its chain or the organisation is not right.

    Examples
    --------
    >>> import workbench as wb
    >>> page = wb.reports.trends_report(wb.open_study("data/demo"), "Land Registry")
    >>> change = page.key_numbers().numbers["People: change in points"]
    >>> round(float(change["value"]), 1)
    -9.1
    """
    study, _, given = at_hand(study, None, shared)
    organisation = asked_for(organisation) or ""
    return TrendsReport(study, study.organisation(organisation) if organisation else "", given)


class TrendsReport(ChainPage):
    """Findings section by section, in the order of the page, from groups that may be shown."""

    def __init__(
        self, study: ChainStudy, organisation: str = "", shared: Shared | None = None
    ) -> None:
        super().__init__(study, study.wave(), study.runnable_chain(), shared)
        self.organisation = organisation
        self.waves = study.waves
        self._panels: dict[tuple[tuple[str, ...], PanelKind, float], Panel | WorkbenchError] = {}
        self._slopes: dict[tuple[str, str, float], ChangeWithChange | WorkbenchError] = {}

    # --- what the sections share ---------------------------------------------------------------

    @cached_property
    def changes(self) -> pd.DataFrame:
        """See :func:`workbench.benchmark.improvements`, without sentences."""
        return changes_by_wave(self._shown, self._constructs, self.waves)

    @cached_property
    def _by_wave(self) -> LinksByWave:
        return LinksByWave(self._shown)

    @cached_property
    def _tied(self) -> list[str]:
        """The constructs that have a question in common to all waves."""
        return [c for c in self._constructs if common_items(self._shown, c, self.waves)]

    @cached_property
    def _over_all_and_latest(self) -> list[PanelData]:
        spans = [self.waves, self.waves[-_LATEST:]][: 2 if len(self.waves) > _LATEST else 1]
        return panels_data(self._shown, self._tied, spans)

    @property
    def _over_waves(self) -> PanelData:
        """Units over the waves, by these constructs."""
        return self._over_all_and_latest[0]

    @property
    def _over_latest(self) -> PanelData:
        """The same over the latest waves alone."""
        return self._over_all_and_latest[-1]

    @cached_property
    def _nobody_again(self) -> str:
        """The sentence where nobody and no unit is known to have answered in two waves, or ""."""
        apart = self.study.columns.rows_apart  # then every row is somebody else
        if not apart and (not self._tied or self._over_waves.again):
            return ""
        return say("trends.nobody again")

    def _fitted(
        self, constructs: tuple[str, ...], kind: PanelKind, correlation: float = 0.0
    ) -> Panel | WorkbenchError:
        """A panel model, or why there is none; ``correlation`` is that of unlinked errors."""
        return _once(self._panels, self._fit, (constructs, kind, correlation))

    def _fit(self, constructs: tuple[str, ...], kind: PanelKind, correlation: float) -> Panel:
        for construct in constructs:
            if construct not in self._tied:
                raise ChainError(no_common_items(self._shown, construct, self.waves))
        data = self._over_waves if kind is PanelKind.GROWTH else self._over_latest
        if correlation:
            data = data.with_correlated_errors(correlation)
        return data.panel(constructs, kind, named=self._label)

    @property
    def _own(self) -> pd.DataFrame:
        return self.changes[self.changes["organisation"] == self.organisation]

    @property
    def _single(self) -> str:
        """The sentence where a study cannot have trends, or ""."""
        if len(self.waves) > 1:
            return ""
        if self.waves:
            return say("trends.one wave", wave=self.waves[0])
        keep = [say("trends.keep units")] if self.study.columns.unit else []
        return " ".join([say("trends.one round"), *keep])

    def _name(self, organisation: str) -> str:
        return str(self._names[organisation]) if organisation else everyone()

    def _reason(self, organisation: str, construct: str, waves: Sequence[str]) -> str:
        """Why an organisation's change has no number."""
        source = self.study.codebook.source_of(construct)
        rows = self._coverage[
            (self._coverage["organisation"] == organisation)
            & (self._coverage["source"] == source)
            & self._coverage["wave"].isin(waves)
            & ~self._coverage["shown"]
        ]
        for wave, respondents in zip(rows["wave"], rows["respondents"], strict=True):
            return hidden_reason(self.study, source, int(respondents), wave)
        return say("trends.no common")

    # --- sections ------------------------------------------------------------------------------

    def title(self) -> Heading:
        """Whose trends, and from when to when."""
        name = self._name(self.organisation)
        if len(self.waves) < 2:
            return Heading(say("trends.title", name=name))
        first, last = self.waves[0], self.waves[-1]
        return Heading(say("trends.title span", name=name, first=first, last=last))

    def headline(self) -> figures.Fragment:
        """What changed, in plain words, the latest first."""
        if self._single:
            return figures.Prose(self._single)
        own = self._own.to_dict("records")
        if self._own["change"].isna().all():
            reasons = " ".join(dict.fromkeys(self._no_number(row) for row in own))
            return figures.Notice(reasons, title=say("trends.nothing"))
        last = self.waves[-1]
        told = [
            " ".join(
                self._told(row)
                for row in own
                if row["to_wave"] == wave and (wave == last or self._change(row).direction.clear)
            )
            for wave in reversed(self.waves if self._told_all else self.waves[-1:])
        ]
        if not self._told_all:
            told = [*self._extremes(), *told]
        who = "" if self.organisation else self._who()
        told += [who, say("trends.chance")]
        return figures.Prose("\n\n".join(filter(None, told)))

    @property
    def _told_all(self) -> bool:
        """Whether every step from wave to wave is told; of many waves nobody reads all."""
        return len(self.waves) <= _LATEST

    @property
    def _steps(self) -> list[tuple[str, str]]:
        """The steps from wave to wave that are told, the earliest first."""
        return list(pairwise(self.waves[-_LATEST:]))

    @cached_property
    def _over(self) -> OverWaves:
        """Every construct's index over the waves, by the questions asked in all of them."""
        if self._shared is None:
            return over_waves(self._shown, self._constructs)
        return self._shared.over_waves

    def _extremes(self) -> list[str]:
        """The first, the last, the highest and the lowest index of every construct."""
        table = self._over.table
        table = table[table["organisation"] == self.organisation]
        told = []
        for construct, rows in table.groupby("construct", sort=False):
            values = rows.sort_values("wave").set_index("wave")["index"]
            places = {
                "first": values.index[0], "last": values.index[-1],
                "highest": values.idxmax(), "lowest": values.idxmin(),
            }  # fmt: skip
            named = {f"{name}_wave": str(wave) for name, wave in places.items()}
            numbers = {name: fmt.number(values[wave], 0) for name, wave in places.items()}
            told.append(
                say("trends.extremes", construct=self._label(str(construct)), **named, **numbers)
            )
        return [" ".join(told)]

    def _change(self, row: Mapping[Any, Any]) -> interpretation.Change:
        return interpretation.Change.of(row, row["from_wave"], row["to_wave"])

    def _told(self, row: dict[str, Any], *, strong: bool = True) -> str:
        """What changed, or why there is no number."""
        found = self._change(row)
        reason = self._no_number(row) if found.direction is Movement.MISSING else ""
        label = self._label(row["construct"])
        return interpretation.change_sentence(label, found, reason, strong=strong)

    def _no_number(self, row: dict[str, Any]) -> str:
        return self._reason(
            row["organisation"], row["construct"], (row["from_wave"], row["to_wave"])
        )

    def _who(self) -> str:
        """Which organisations went up or down, pair by pair of waves, the latest first."""
        lines = []
        clear = self.changes["direction"].isin([Movement.UP, Movement.DOWN])
        found = self.changes[(self.changes["organisation"] != "") & clear]
        for before, now in reversed(self._steps if self._told_all else self._steps[-1:]):
            rows = found[(found["from_wave"] == before) & (found["to_wave"] == now)]
            parts = [
                (
                    self._label(str(construct)),
                    Movement(str(direction)),
                    [self._name(name) for name in own["organisation"]],
                )
                for (construct, direction), own in rows.groupby(
                    ["construct", "direction"], sort=False
                )
            ]
            lines.append(interpretation.changed_in_words(before, now, parts))
        return "\n\n".join(lines)

    def trends(self) -> figures.Fragment:
        """Every construct's index over the waves, by the questions asked in all of them."""
        if self._single:
            return figures.Prose("")
        rows = self._own[self._own["to_wave"].isin(self.waves[-_LATEST:])].to_dict("records")
        changed = [
            self._told(row, strong=False) for row in rows if self._change(row).direction.clear
        ]
        alt = " ".join(changed) or say("trends.no clear change")
        caption = say("trends.drawn")
        drawn = trend_over_waves(
            self._over, self.chain, self.organisation, self._name(self.organisation), alt, caption
        )
        return Together([Section(say("trends.indices")), drawn])

    def changes_table(self) -> figures.Fragment:
        """Every organisation's change from wave to wave; of one organisation, only its own."""
        if self._single:
            return figures.Prose("")
        heading = Section(say("trends.changed"))
        limited = say("trends.changes latest", number=len(self._steps))
        lead = figures.Prose("" if self._told_all else limited)
        if self.organisation:
            return Together([heading, lead, self._own_changes()])
        *earlier, latest = (self._changes_between(*pair) for pair in self._steps)
        shown = figures.folded_if_long(latest)
        return Together([heading, lead, shown, *map(figures.Folded, reversed(earlier))])

    def _own_changes(self) -> figures.Fragment:
        rows = self._own[self._own["to_wave"].isin([now for _, now in self._steps])]
        changes = [self._change(row) for row in rows.to_dict("records")]
        table = pd.DataFrame(
            {
                "waves": [
                    say("trends.span", before=a, now=b)
                    for a, b in zip(rows["from_wave"], rows["to_wave"], strict=True)
                ],
                "construct": [self._label(name) for name in rows["construct"]],
                "change": [interpretation.change_in_numbers(change) for change in changes],
                "verdict": [
                    self._no_number(row)
                    if change.direction is Movement.MISSING
                    else interpretation.change_in_a_word(change.direction)
                    for row, change in zip(rows.to_dict("records"), changes, strict=True)
                ],
            }
        )
        return figures.Table(
            table,
            caption=say("trends.changes"),
            labels={
                "waves": say("column.waves"),
                "construct": say("column.construct alone"),
                "change": say("column.change alone"),
                "verdict": say("column.verdict"),
            },
        )

    def _changes_between(self, before: str, now: str) -> figures.Table:
        rows = self.changes[
            (self.changes["from_wave"] == before) & (self.changes["to_wave"] == now)
        ]
        cells = rows.assign(
            cell=[
                interpretation.change_in_a_cell(self._change(row))
                for row in rows.to_dict("records")
            ]
        )
        wide = cells.pivot(index="organisation", columns="construct", values="cell")
        wide = wide.reindex(
            ["", *self.study.organisations["organisation"]], columns=self._constructs
        )
        wide = wide.reset_index()
        wide["organisation"] = [self._name(name) for name in wide["organisation"]]
        return figures.Table(
            wide,
            caption=say("trends.changes between", before=before, now=now),
            labels={
                "organisation": say("column.organisation"),
                **{name: self._label(name) for name in self._constructs},
            },
            missing=say("trends.not shown"),
            notes=[say("trends.changes note"), say("trends.not shown note")],
        )

    def links(self) -> figures.Fragment:
        """The chain's links from wave to wave, over all organisations together."""
        if self._single:
            return figures.Prose("")
        parts = [
            _or_notice(
                partial(self._links_between, before, now),
                say("trends.links title", before=before, now=now),
            )
            for before, now in self._compared
        ]
        lead = ""
        if len(self.waves) > _LATEST:
            lead = say("trends.links latest", number=_LATEST, first=self.waves[0])
        return Together([Section(say("trends.links")), figures.Prose(lead), *parts])

    @property
    def _compared(self) -> list[tuple[str, str]]:
        """Of many waves nobody reads every step: the latest ones, and the whole time."""
        steps = list(pairwise(self.waves[-_LATEST:]))
        if len(self.waves) > _LATEST:
            steps.append((self.waves[0], self.waves[-1]))
        return steps

    def _links_between(self, before: str, now: str) -> figures.Fragment:
        found = self._by_wave.changes(before, now)
        rows = found.table[found.table["effect"] == "direct"]
        table = pd.DataFrame(
            {
                "link": [
                    f"{self._label(a)} → {self._label(b)}"
                    for a, b in zip(rows["from"], rows["to"], strict=True)
                ],
                "before": rows["before"],
                "now": rows["now"],
                "change": estimates(rows[["change", "lower", "upper"]]),
                "p": [fmt.p_value(value, missing=say("test.none")) for value in rows["pvalue"]],
            }
        )
        shown = figures.Table(
            table,
            caption=say("trends.links caption", before=before, now=now),
            labels={
                "link": say("column.link"),
                "before": before,
                "now": now,
                "change": say("column.change alone"),
                "p": say("column.no change"),
            },
        )
        return Together([shown, figures.Prose(found.words)])

    def latent_means(self) -> figures.Fragment:
        """Changes since the first wave by the same yardstick, over all organisations together."""
        if self._single:
            return figures.Prose("")
        rows, sentences = [], []
        for construct in self._constructs:
            label = self._label(construct)
            try:
                found = latent_means(self._shown, construct, self.waves, label=label)
            except WorkbenchError as error:
                sentences.append(say("trends.latent failed", construct=label, reason=error))
                continue
            sentences.append(found.words)
            if far_off(found.fit):
                fits = found.fit.reported
                sentences.append(interpretation.poor_latent_means_in_words(label, fits))
            for row in found.table.to_dict("records"):
                change = fmt.estimate(row["change"], row["lower"], row["upper"], 1)
                rows.append((label, row["wave"], change, fmt.p_value(row["pvalue"])))
        heading, said = Section(say("trends.latent")), figures.Prose(" ".join(sentences))
        if not rows:
            return Together([heading, said])
        table = figures.Table(
            pd.DataFrame(rows, columns=["construct", "wave", "change", "p"]),
            caption=say("trends.latent caption", wave=self.waves[0]),
            labels={
                "construct": say("column.construct alone"),
                "wave": say("column.wave"),
                "change": say("column.change alone"),
                "p": say("column.no change"),
            },
        )
        if len(self.waves) <= _LATEST:
            return Together([heading, table, said])
        latest = replace(table, frame=table.frame[table.frame["wave"] == self.waves[-1]])
        every = replace(table, caption=say("trends.latent every", wave=self.waves[0]))
        return Together([heading, latest, figures.Folded(every), said])

    def panel(self) -> figures.Fragment:
        """What goes before what: each pair of linked constructs over the waves, between units."""
        if self._single:
            return figures.Prose("")
        if self._nobody_again:
            return Together([Section(say("trends.panel")), figures.Prose(self._nobody_again)])
        kinds = list(_PANELS) if len(self.waves) > 2 else [PanelKind.CROSS_LAGGED]
        parts: list[figures.Fragment] = []
        for link in self.chain.links:
            pair = (link.source, link.target)
            for kind in kinds:
                title = interpretation.panel_title(kind, self._label(pair[0]), self._label(pair[1]))
                found = self._fitted(pair, kind)
                if isinstance(found, WorkbenchError):
                    parts.append(figures.Notice(str(found), title=title))
                    continue
                table = self._panel_table(found, title)
                parts.append(table if kind is PanelKind.CROSS_LAGGED else figures.Folded(table))
        lead = say("trends.panel lead")
        if len(self.waves) > _LATEST:
            lead = say("trends.panel latest", lead=lead, number=_LATEST)
        heading = Section(say("trends.panel"))
        return Together([heading, figures.Prose(lead), *parts, figures.Prose(association())])

    def _panel_table(self, found: Panel, title: str) -> figures.Table:
        fits = found.fit.reported
        poor = interpretation.model_fit(fits) is ModelFit.POORLY
        rows = found.effects[found.effects["effect"] == PanelEffect.CROSS_LAGGED]
        table = pd.DataFrame(
            {
                "from": [
                    say("trends.construct wave", construct=self._label(c), wave=w)
                    for c, w in zip(rows["from"], rows["from_wave"], strict=True)
                ],
                "to": [
                    say("trends.construct wave", construct=self._label(c), wave=w)
                    for c, w in zip(rows["to"], rows["to_wave"], strict=True)
                ],
                "points": estimates(rows[["estimate", "lower", "upper"]]),
                "strength": [
                    interpretation.strength_in_words(strength, Doubt(doubt))
                    for strength, doubt in zip(rows["strength"], rows["doubt"], strict=True)
                ],
                "p": [fmt.p_value(value, missing=say("test.none")) for value in rows["pvalue"]],
            }
        )
        return figures.Table(
            table,
            caption=title,
            labels={
                "from": say("column.higher"),
                "to": say("column.associated"),
                "points": say("column.points interval"),
                "strength": say("column.strength"),
                "p": say("column.no effect"),
            },
            notes=[
                *map(str, found.fit.notes),
                *([interpretation.fit_in_words(fits)] if poor else []),
            ],
        )

    def change_with_change(self) -> figures.Fragment:
        """Whether units whose score rose have another that rose, for every link of the chain."""
        if self._single or self._nobody_again:  # as the section on panels says
            return figures.Prose("")
        rows, told = [], []
        for link in self.chain.links:
            ends = (link.source, link.target)
            found = self._change_with_change(*ends)
            if isinstance(found, WorkbenchError):
                told.append(str(found))
                continue
            told.append(found.words)
            parts = found.table[["estimate", "lower", "upper"]]
            both = found.table.iloc[-1]  # of all changes
            rows.append(
                (
                    f"{self._label(ends[0])} → {self._label(ends[1])}",
                    *estimates(parts),
                    fmt.number(both["reliability"]),
                    fmt.count(both["units"]),
                )
            )
        lead = say("trends.change lead")
        shown: list[figures.Fragment] = [Section(say("trends.change")), figures.Prose(lead)]
        if rows:
            columns = ["pair", "successive", "any waves", "reliability", "units"]
            table = pd.DataFrame(rows, columns=columns)
            if len(self.waves) == 2:  # both are the same
                table = table.drop(columns="any waves")
            heads = {
                "pair": say("column.pair"),
                "successive": say("column.successive"),
                "any waves": say("column.any waves"),
                "reliability": say("column.reliability of change"),
                "units": say("column.units"),
            }
            shown.append(
                figures.Table(
                    table,
                    caption=say("trends.change caption"),
                    labels={name: heads[name] for name in table},
                    notes=[say("trends.change note")],
                )
            )
            told.append(association())
        return Together([*shown, figures.Prose(" ".join(told))])

    def _change_with_change(
        self, source: str, target: str, correlation: float = 0.0
    ) -> ChangeWithChange | WorkbenchError:
        """Two constructs' changes from wave to wave, or why they cannot be told; ``correlation``
        is that of unlinked errors."""
        return _once(self._slopes, self._slope, (source, target, correlation))

    def _slope(self, source: str, target: str, correlation: float) -> ChangeWithChange:
        for construct in (source, target):
            if construct not in self._tied:
                raise ChainError(no_common_items(self._shown, construct, self.waves))
        data = self._over_waves
        if correlation:
            data = data.with_correlated_errors(correlation)
        return change_with_change(data, source, target, self._label)

    @cached_property
    def _adopters(self) -> Adopters | WorkbenchError | None:
        """What went with adoption, or why it cannot be told; None where nobody is known to have
        adopted anything."""
        if self._single:
            return None
        try:
            if self.study.adopted is None:
                return None
            outcomes = self.study.definition.adoption.outcomes or self._constructs
            labels = labels_of(self.study, outcomes)
            indices = over_waves(self._shown, outcomes)
            return adopters(self._shown, outcomes, indices, labels.__getitem__)
        except WorkbenchError as error:
            return error

    def adopters(self) -> figures.Fragment:
        """Organisations that adopted something beside the others; nothing where nobody did."""
        found = self._adopters
        if found is None:
            return figures.Prose("")
        if isinstance(found, WorkbenchError):
            return figures.Notice(str(found), title=say("trends.adopters"))
        labels = labels_of(self.study, list(found.effects["construct"]))
        rows = found.effects.to_dict("records")
        told = [
            interpretation.adoption_in_words(
                labels[row["construct"]], AdoptionEffect.of(row, found.margin), strong=True
            )
            if not row["reason"]
            else row["reason"]
            for row in rows
        ]
        shown = [
            Section(say("trends.adopters")),
            figures.Prose("\n\n".join([_who_adopted(found), *told])),
        ]
        if any(not row["reason"] for row in rows):
            shown += [_adoption_table(found, labels), _events(found, labels)]
            shown.append(figures.Prose(say("trends.adopters caution")))
        return Together(shown)

    def growth(self) -> figures.Fragment:
        """Steady change, and whether units differ in it; nothing with fewer than three waves."""
        if len(self.waves) < 3 or self._nobody_again:
            return figures.Prose("")
        told = [say("trends.growth lead")]
        for construct in self._constructs:
            found = self._fitted((construct,), PanelKind.GROWTH)
            told.append(str(found) if isinstance(found, WorkbenchError) else found.words)
        return Together([Section(say("trends.growth")), figures.Prose("\n\n".join(told))])

    def again(self) -> figures.Fragment:
        """Whether the same people answered again, and what it changes that this is not known.

        Nothing where every row is a unit, or with one wave.
        """
        if self._single or self._nobody_again or self._over_waves.error is None:
            return figures.Prose("")
        data, heading = self._over_waves, Section(say("trends.again"))
        told = [
            interpretation.repeated_in_words(one.respondents, one.source, one.correlation)
            for one in data.repeated
        ]
        if not data.unlinked:
            return Together([heading, figures.Prose("\n\n".join(told))])
        unlinked = listed([self._label(name) for name in data.unlinked])
        rows = self._supposed_rows(data.unlinked)
        told.append(say(f"trends.unlinked{' table' if rows else ''}", constructs=unlinked))
        said = figures.Prose("\n\n".join(told))
        if not rows:
            return Together([heading, said])
        correlations = [fmt.number(r, 1) for r in _SUPPOSED]
        table = figures.Table(
            pd.DataFrame(rows, columns=["what", *correlations]),
            caption=say("trends.supposed"),
            labels={"what": say("column.result")},
            notes=[say("trends.supposed note")],
        )
        return Together([heading, said, figures.Folded(table)])

    def _supposed_rows(self, unlinked: Sequence[str]) -> list[list[str]]:
        """What growth, panels and change with change would be with errors that are correlated from
        wave to wave.

        Results that cannot be told as they are stay with the sections that say why.
        """
        rows = []
        for construct in unlinked if len(self.waves) > 2 else ():
            found = self._under_all((construct,), PanelKind.GROWTH)
            for effect, name in _GROWTH.items() if found else ():
                asked = {"effect": effect, "to": construct}
                told = (_supposed(one, asked, 1) for one in found)
                named = say(f"trends.supposed {name}", construct=self._label(construct))
                rows.append([named, *told])
        for link in self.chain.links:
            pair = (link.source, link.target)
            found = self._under_all(pair, PanelKind.CROSS_LAGGED) if {*pair} & {*unlinked} else ()
            if found:
                before, now = self.waves[-2:]
                asked = {"from": pair[0], "to": pair[1], "from_wave": before, "to_wave": now}
                named = say(
                    "trends.effect supposed",
                    source=self._label(pair[0]),
                    before=before,
                    target=self._label(pair[1]),
                    now=now,
                )
                rows.append([named, *(_supposed(one, asked, 2) for one in found)])
        for link in self.chain.links:
            pair = (link.source, link.target)
            slopes = self._changes_under_all(*pair) if {*pair} & {*unlinked} else []
            if slopes:
                source, target = map(self._label, pair)
                rows.append([say("trends.change supposed", source=source, target=target), *slopes])
        return rows

    def _changes_under_all(self, source: str, target: str) -> list[str]:
        """Change with change under every correlation supposed; nothing where there is none."""
        told: list[str] = []
        for correlation in _SUPPOSED:
            found = self._change_with_change(source, target, correlation)
            if isinstance(found, WorkbenchError):
                if not told:
                    return []
                told.append(say("trends.supposed failed"))
            else:
                row = found.table.iloc[0]
                told.append(fmt.estimate(row["estimate"], row["lower"], row["upper"], 2))
        return told

    def _under_all(
        self, constructs: tuple[str, ...], kind: PanelKind
    ) -> tuple[Panel | WorkbenchError, ...]:
        """A panel under every correlation supposed; nothing where it cannot be told as it is."""
        asis = self._fitted(constructs, kind)
        if isinstance(asis, WorkbenchError) or not asis.straight:
            return ()
        return tuple(self._fitted(constructs, kind, r) for r in _SUPPOSED)

    def method(self) -> figures.Fragment:
        """How the numbers were made, in words."""
        if self._single:
            return figures.Prose("")
        paragraphs = [
            say("trends.method index"),
            say("trends.method named"),
            say("trends.method links"),
            *([] if self._nobody_again else self._of_units_that_change),
            *([say("trends.method adopters")] if isinstance(self._adopters, Adopters) else []),
            minimum_rule(self.study),
        ]
        return Together([Section(say("trends.method")), figures.Prose("\n\n".join(paragraphs))])

    @property
    def _of_units_that_change(self) -> list[str]:
        return [say("trends.method panel"), say("trends.method change")]

    def key_numbers(self) -> KeyNumbers:
        """The latest change of every construct, for the list of reports."""
        rows = self._own[self._own["to_wave"] == self.waves[-1]] if not self._single else self._own
        found: dict[str, dict[str, object]] = {}
        if len(self.waves) < 2:
            return KeyNumbers({say("trends.key changes"): no_number(say("trends.key none"))})
        for row in rows.to_dict("records"):
            label = say("trends.key", construct=self._label(row["construct"]))
            if fmt.is_missing(row["change"]):
                found[label] = no_number(self._no_number(row))
            else:
                found[label] = interval(row, "change", 1)
        return KeyNumbers(found)


def _who_adopted(found: Adopters) -> str:
    """How many organisations adopted when, how many never, and how many are left out."""
    waves = [
        say("trends.adopters from", number=fmt.count(number), wave=wave)
        for wave, number in found.adopters.items()
    ]
    title = found.title or say("trends.adopters untitled")
    lead = say(
        "trends.adopters lead", title=title, waves=listed(waves), never=fmt.count(found.never)
    )
    told = [lead]
    left_out = found.effects["left_out"].max()
    if left_out:
        told.append(say("trends.adopters left out", number=fmt.count(left_out)))
    return " ".join(told)


def _adoption_table(found: Adopters, labels: Mapping[str, str]) -> figures.Table:
    rows = found.effects[found.effects["reason"] == ""]
    effects = [AdoptionEffect.of(row, found.margin) for row in rows.to_dict("records")]
    table = pd.DataFrame(
        {
            "construct": [labels[name] for name in rows["construct"]],
            "difference": [fmt.estimate(*effect.estimate, 1) for effect in effects],
            "p": [fmt.p_value(value, missing=say("test.none")) for value in rows["pvalue"]],
            "before": [interpretation.before_in_a_word(effect.before) for effect in effects],
            "equal": [interpretation.maintained_in_a_cell(effect) for effect in effects],
            "counts": [
                say("trends.adopters counts", adopters=fmt.count(own), others=fmt.count(others))
                for own, others in zip(rows["adopters"], rows["others"], strict=True)
            ],
        }
    )
    heads = {
        "construct": say("column.construct alone"),
        "difference": say("column.since difference"),
        "p": say("column.no difference"),
        "before": say("column.before adoption"),
        "equal": say("trends.adopters equal", margin=fmt.general(found.margin or 0.0)),
        "counts": say("column.adopters and others"),
    }
    if found.margin is None:
        del heads["equal"]
    return figures.Table(table[list(heads)], caption=say("trends.adopters caption"), labels=heads)


def _events(found: Adopters, labels: Mapping[str, str]) -> figures.Fragment:
    """The differences by waves since adoption, drawn beside zero."""
    rows = found.events
    frame = pd.DataFrame(
        {
            "measure": rows["construct"].map(labels),
            "series": say("trends.adopters series"),
            "wave": pd.Categorical(
                [fmt.number(since, 0, signed=True) for since in rows["since"]],
                [fmt.number(since, 0, signed=True) for since in sorted(rows["since"].unique())],
            ),
            "value": rows["estimate"],
            "lower": rows["lower"],
            "upper": rows["upper"],
        }
    )
    clear = [
        row["sentence"]
        for row in found.effects.to_dict("records")
        if not row["reason"]
        and AdoptionEffect.of(row, found.margin).direction
        in (Direction.POSITIVE, Direction.NEGATIVE)
    ]
    drawn = figures.trend(
        frame,
        say("trends.adopters series"),
        alt=" ".join(clear) or say("trends.adopters alt"),
        caption=say("trends.adopters events"),
        level=0.0,
        axis=say("column.since"),
    )
    return Together([drawn, figures.Prose(say("trends.adopters events note"))])


_GROWTH = {
    PanelEffect.CHANGE: "change",
    PanelEffect.DIFFERENCES: "variance",
}


def _supposed(found: Panel | WorkbenchError, asked: Mapping[str, str], decimals: int) -> str:
    """One effect of a panel with its interval, or in a word why it is not told."""
    if isinstance(found, WorkbenchError):
        return say("trends.supposed failed")
    row = found.effects[(found.effects[list(asked)] == pd.Series(asked)).all(axis=1)].iloc[0]
    return fmt.estimate(row["estimate"], row["lower"], row["upper"], decimals)


def _once(
    kept: dict[K, R | WorkbenchError], find: Callable[..., R], asked: K
) -> R | WorkbenchError:
    """What ``find(*asked)`` returns, or its error; found once and kept."""
    if asked not in kept:
        try:
            kept[asked] = find(*asked)
        except WorkbenchError as error:
            kept[asked] = error
    return kept[asked]


def _or_notice(show: Callable[[], figures.Fragment], title: str) -> figures.Fragment:
    """What ``show`` returns, or a notice with the reason why there is nothing to show."""
    try:
        return show()
    except WorkbenchError as error:
        return figures.Notice(str(error), title=title)
