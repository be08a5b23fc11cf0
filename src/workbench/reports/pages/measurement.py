"""The measurement report: how well the questions measure what they are meant to."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from workbench import figures, interpretation, measurement
from workbench.chain import ChainStudy
from workbench.errors import MeasurementError
from workbench.figures.scree import scree
from workbench.interpretation import Loadings, NotEstimated
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import MODIFICATION_INDEX
from workbench.interpretation.messages import say
from workbench.interpretation.words import capitalised, counted, listed
from workbench.reports.disclosure import blurred_statistics, minimum_rule, rounding
from workbench.reports.keynumbers import KeyNumbers
from workbench.reports.page import ChainPage
from workbench.reports.pieces import Heading, Together, alpha_of, estimates, question
from workbench.reports.shared import Shared, at_hand
from workbench.study.given import ALL_WAVES

T = TypeVar("T")


def measurement_report(
    study: str | Path | ChainStudy,
    wave: str | int | None = None,
    shared: str | Path | Shared | None = None,
    chain: str | None = None,
) -> "MeasurementReport":
    """Open the report on how well a study's questions measure the constructs of a chain.

    Parameters
    ----------
    study
        A study, or its folder.
    wave
        The latest by default; comparability across waves uses all of them.
    shared
        What the reports of a batch share, or the file that holds it; without it what this report
        needs is computed.
    chain
        The study's chain by default.

    Raises
    ------
    StudyError, ChainError, UnknownNameError
        If the study, the chain or the wave is not right.

    Examples
    --------
    >>> import workbench as wb
    >>> page = wb.reports.measurement_report(wb.open_study("data/demo"))
    >>> list(page.key_numbers().numbers)
    ['People: reliability, 0 to 1', 'Service: reliability, 0 to 1', 'Trust: reliability, 0 to 1']
    """
    study, wave, given = at_hand(study, wave, shared)
    return MeasurementReport(study, wave, chain, given)


class MeasurementReport(ChainPage):
    """Findings section by section, in the order of the page, from groups that may be shown."""

    def __init__(
        self,
        study: ChainStudy,
        wave: str,
        chain: str | None = None,
        shared: Shared | None = None,
    ) -> None:
        super().__init__(study, wave, study.runnable_chain(chain), shared)
        self._labels = {construct.name: construct.label for construct in self.chain.constructs}
        self._asked = (self._shown, self._constructs, wave, self._labels)
        self._sources = measurement.answers_by_source(*self._asked)

    # --- what the sections share ---------------------------------------------------------------

    @property
    def _any_people(self) -> bool:
        """Whether a source has the answers of single people."""
        return any(source.rows == "respondents" for source in self.study.sources.values())

    def _wordings(self, items: Iterable[str]) -> list[str]:
        return [question(self.study.codebook, item) for item in items]

    @cached_property
    def _asked_of_people(self) -> list[str]:
        """The constructs that a chain between units takes from respondents; [] where it has none.

        A chain of one source of respondents links people, unless it is one of units by its nature.
        """
        one = len(self._sources) == 1 and self._sources[0].level == "respondents"
        if one and self.chain.level != "units":
            return []
        return [c for part in self._sources if part.level == "respondents" for c in part.items]

    @cached_property
    def _units(self) -> measurement.ItemAnswers:
        """The means of units, which a chain within one source of respondents never needs."""
        return measurement.answers_of_units(*self._asked)

    @cached_property
    def _parts(self) -> list[measurement.ItemAnswers]:
        """Source by source and, where the chain is between them, units over all sources."""
        between = len(self._sources) > 1 or self._asked_of_people
        return [*self._sources, self._units] if between else self._sources

    @staticmethod
    def _named(answers: measurement.ItemAnswers) -> str:
        kind = "joined" if answers.joined else answers.level
        return say(f"measurement.part.{kind}", title=answers.title)

    @cached_property
    def _models(self) -> list[measurement.MeasurementModel | NotEstimated]:
        """The measurement model of every part, or the sentence that stands for it."""
        return [_or_reason(measurement.measurement_model, part) for part in self._parts]

    @cached_property
    def _assessed(self) -> pd.DataFrame:
        """One row per construct, from the model of its own source."""
        rows = []
        for part, model in zip(self._sources, self._models, strict=False):
            for construct in part.items:
                found = self._found(model, construct)
                label = self._label(construct)
                reliability = self._reliability(construct)
                rows.append(
                    {
                        "construct": construct,
                        "alpha": alpha_of(reliability),
                        "omega": reliability.omega,
                        "composite_reliability": found["composite_reliability"],
                        "ave": found["ave"],
                        "n": reliability.n,
                        "rows": part.level.many,
                        "alpha_alone": reliability.alpha,
                        "words": interpretation.alpha_alone_in_words(
                            label, len(part.items[construct]), reliability.alpha
                        )
                        if isinstance(model, NotEstimated)
                        else found["reason"]
                        or interpretation.convergent_in_words(
                            found["ave"], found["composite_reliability"], label
                        ),
                    }
                )
        return pd.DataFrame(rows)

    @cached_property
    def _between(self) -> dict[str, measurement.BetweenUnits]:
        """How well each construct asked of people measures units."""
        return {
            name: measurement.between_units(
                self._shown, name, wave=self.wave, label=self._label(name)
            )
            for name in self._asked_of_people
        }

    @staticmethod
    def _found(
        model: measurement.MeasurementModel | NotEstimated, construct: str
    ) -> dict[str, Any]:
        nothing = {"composite_reliability": float("nan"), "ave": float("nan")}
        if isinstance(model, NotEstimated):
            return nothing
        row = model.constructs[model.constructs["construct"] == construct]
        if row.empty:
            return nothing | {"reason": model.left_out.get(construct, "")}
        return row.iloc[0].to_dict() | {"reason": ""}

    @cached_property
    def _comparisons(self) -> list[tuple[str, str, measurement.Comparability | NotEstimated]]:
        found = []
        for by, wave in (("organisation", self.wave), ("wave", ALL_WAVES)):
            if by == "wave" and len(self.study.waves) < 2:
                continue
            asked = (self._shown, self._constructs, wave, self._labels)
            for part in measurement.answers_by_source(*asked):
                for construct in part.items:
                    result = _or_reason(measurement.comparability, part, construct, by)
                    found.append((construct, by, result))
        return found

    # --- the sections --------------------------------------------------------------------------

    def title(self) -> Heading:
        """The subject, and the wave where the study has waves."""
        return self._titled(say("measurement.title"))

    def headline(self) -> figures.Prose:
        """What the numbers mean for the use made of the indices."""
        sentences = " ".join(self._assessed["words"])
        between = _between_in_words(list(self._between.values()))
        compared = " ".join(
            result.words
            for construct, by, result in self._comparisons
            if by == "organisation" and not isinstance(result, NotEstimated)
        )
        told = (sentences, between, compared)
        return figures.Prose("\n\n".join(text for text in told if text))

    def items(self) -> Together:
        """Item statistics, one table per construct."""
        return Together([self._items_of(construct) for construct in self._constructs])

    def _items_of(self, construct: str) -> figures.Fragment:
        found = blurred_statistics(self._shown, self._reliability(construct).items, self.wave)
        return figures.Table(
            found.assign(code=found["item"], item=self._wordings(found["item"])),
            caption=say("measurement.questions", construct=self._label(construct)),
            quoted=["item"],
            columns=["item", "code", *found.columns.drop("item")],
            formats={
                "n": partial(self._counted, construct),
                "missing": fmt.percent,
                "floor": fmt.percent,
                "ceiling": fmt.percent,
            },
            labels={
                "item": say("column.question"),
                "code": say("column.code"),
                "n": say("column.answers"),
                "missing": say("column.not answered"),
                "mean": say("column.mean"),
                "sd": say("column.sd"),
                "floor": say("column.lowest"),
                "ceiling": say("column.highest"),
                "item_rest": say("column.item rest"),
            },
            missing=say("measurement.none shown"),
            notes=[
                interpretation.extremes_in_words(found["floor"], found["ceiling"]),
                say("measurement.questions note"),
            ],
        )

    def reliability(self) -> Together:
        """Alpha, omega, composite reliability and AVE of every construct."""
        labels = [self._label(name) for name in self._assessed["construct"]]
        table = figures.Table(
            self._assessed.assign(
                construct=labels,
                n=[self._counted(*row) for row in self._assessed[["construct", "n"]].to_numpy()],
            ),
            caption=say("measurement.reliability"),
            columns=["construct", "alpha", "omega", "composite_reliability", "ave", "n", "rows"],
            labels={
                "construct": say("column.construct alone"),
                "alpha": say("column.alpha with interval"),
                "omega": say("column.omega"),
                "composite_reliability": say("column.composite"),
                "ave": say("column.ave"),
                "n": say("column.rows"),
                "rows": say("column.rows are"),
            },
            missing=say("measurement.none"),
            notes=[
                say("measurement.reliability note"),
                *self._without_model(),
            ],
        )
        return Together([table, figures.Prose("\n\n".join(self._assessed["words"]))])

    def _without_model(self) -> list[str]:
        """Of which rows there is no measurement model; the reason stands in its own section."""
        parts = zip(self._sources, self._models, strict=False)
        without = [self._named(part) for part, model in parts if isinstance(model, NotEstimated)]
        if not without:
            return []
        return [say("measurement.without model", parts=listed(without))]

    def between(self) -> Together:
        """How well the questions measure units, where the chain's links are between units."""
        if not self._asked_of_people:
            rows = self._sources[0].level.many
            return Together([figures.Prose(say("measurement.across", rows=rows))])
        found = list(self._between.values())
        names = [one.construct for one in found]
        index = figures.Table(
            pd.DataFrame(
                {
                    "construct": names,
                    "index": [_interval_of(one.index) for one in found],
                    "sampling": [one.sampling for one in found],
                    "own": [one.own for one in found],
                    "units": [one.units for one in found],
                    "respondents": [one.respondents for one in found],
                }
            ),
            caption=say("measurement.unit indices"),
            formats={
                "sampling": fmt.percent,
                "own": fmt.percent,
                "units": fmt.count,
                "respondents": lambda value: fmt.number(value, 0),
            },
            labels={
                "construct": say("column.construct alone"),
                "index": say("column.reliability with interval"),
                "sampling": say("column.sampling error"),
                "own": say("column.question specific"),
                "units": say("column.units"),
                "respondents": say("column.respondents per unit"),
            },
            missing=say("measurement.none"),
            notes=[
                say("measurement.unit indices note"),
                *self._units_already(),
            ],
        )
        means = figures.Table(
            pd.DataFrame(
                {
                    "construct": names,
                    "omega": [_interval_of(one.omega) for one in found],
                    "alpha": [_interval_of(one.alpha) for one in found],
                    "alike": [_equality_of(one) for one in found],
                }
            ),
            caption=say("measurement.unit means"),
            labels={
                "construct": say("column.construct alone"),
                "omega": say("column.omega with interval"),
                "alpha": say("column.alpha with interval"),
                "alike": say("column.loadings alike"),
            },
            notes=[say("measurement.unit means note")],
        )
        told = [one.words for one in found]
        told += [one.alike for one in found if one.loadings is Loadings.UNEQUAL]
        return Together([index, means, figures.Prose("\n\n".join(told))])

    def _units_already(self) -> list[str]:
        """Which constructs of a chain between units have no table of their own here."""
        names = [
            self._label(c) for part in self._sources if part.level == "units" for c in part.items
        ]
        if not names:
            return []
        return [say("measurement.units already", constructs=listed(names))]

    def distinct(self) -> Together:
        """HTMT and Fornell–Larcker, source by source and between units."""
        return Together(
            [
                piece
                for part, model in zip(self._parts, self._models, strict=True)
                if len(part.items) > 1
                for piece in self._distinct_in(part, model)
            ]
        )

    def _distinct_in(
        self, part: measurement.ItemAnswers, model: measurement.MeasurementModel | NotEstimated
    ) -> list[figures.Fragment]:
        where = self._named(part)
        ratios = measurement.htmt(part)
        label = self._label
        shown = pd.DataFrame(
            {
                "pair": [
                    say("measurement.pair", one=label(a), other=label(b))
                    for a, b in zip(ratios["one"], ratios["other"], strict=True)
                ],
                "htmt": estimates(ratios[["htmt", "lower", "upper"]], say("measurement.none")),
                "words": [
                    row["reason"]
                    or interpretation.distinct_in_words(
                        row["htmt"], row["upper"], label(row["one"]), label(row["other"])
                    )
                    for _, row in ratios.iterrows()
                ],
            }
        )
        table = figures.Table(
            shown,
            caption=say("measurement.htmt", where=where),
            labels={
                "pair": say("column.constructs"),
                "htmt": say("column.htmt"),
                "words": say("column.meaning"),
            },
            notes=[say("measurement.htmt note")],
        )
        if isinstance(model, NotEstimated) or model.fornell_larcker.empty:
            return [table]
        pairs = model.fornell_larcker
        larcker = pd.DataFrame(
            {
                "pair": [
                    say("measurement.pair", one=label(a), other=label(b))
                    for a, b in zip(pairs["one"], pairs["other"], strict=True)
                ],
                "correlation": estimates(pairs[["correlation", "lower", "upper"]]),
                "one": pairs["root_ave_one"],
                "other": pairs["root_ave_other"],
                "words": [
                    interpretation.own_variance_in_words(bool(holds)) for holds in pairs["holds"]
                ],
            }
        )
        return [
            table,
            figures.Table(
                larcker,
                caption=say("measurement.larcker", where=where),
                labels={
                    "pair": say("column.constructs"),
                    "correlation": say("column.correlation"),
                    "one": say("column.ave of first"),
                    "other": say("column.ave of second"),
                    "words": say("column.meaning"),
                },
            ),
        ]

    def dimensions(self) -> Together:
        """Parallel analysis of every construct, factors where there are several."""
        pieces: list[figures.Fragment] = []
        for part in self._sources:
            for construct in part.items:
                pieces += self._dimensions_of(part.of(construct))
        return Together(pieces)

    def _dimensions_of(self, answers: measurement.ItemAnswers) -> list[figures.Fragment]:
        label = answers.title
        found = _or_reason(measurement.parallel_analysis, answers)
        if isinstance(found, NotEstimated):
            return [
                figures.Notice(found.reason, title=say("measurement.dimensions", construct=label))
            ]
        against = measurement.running_against(answers.frame[answers.all_items])
        sentence = interpretation.dimensions_in_words(
            found.components, found.factors, label, against
        )
        drawn = scree(
            found.table["component"].tolist(),
            found.table["component_random"].tolist(),
            alt=sentence,
            caption=say("measurement.parallel", construct=label),
        )
        pieces: list[figures.Fragment] = [
            figures.Prose(
                say(
                    "measurement.above chance",
                    told=sentence,
                    components=counted(found.components, "component"),
                    factors=counted(found.factors, "common factor"),
                )
            ),
            figures.Folded(drawn),
        ]
        if found.components > 1:
            caption = say("measurement.loadings", construct=label)
            pieces.append(self._factors_of(answers, found.components, caption))
        return pieces

    def _factors_of(
        self, answers: measurement.ItemAnswers, number: int, caption: str
    ) -> figures.Fragment:
        solution = _or_reason(measurement.exploratory_factors, answers, number)
        if isinstance(solution, NotEstimated):
            return figures.Notice(solution.reason, title=caption)
        factors = list(solution.loadings.columns)
        table = solution.loadings.rename_axis("item").reset_index()
        table["uniqueness"] = solution.uniqueness.to_numpy()
        table["item"] = self._wordings(table["item"])
        shown = figures.Table(
            table,
            caption=say("measurement.factors", title=caption, number=number),
            quoted=["item"],
            labels={
                "item": say("column.question"),
                **{name: say("factor column", number=n) for n, name in enumerate(factors, 1)},
                "uniqueness": say("column.uniqueness"),
            },
        )
        return figures.Folded(shown)

    def whole_structure(self) -> Together:
        """All questions of a source together: how many things, and which belong together."""
        pieces: list[figures.Fragment] = []
        for part in self._sources:
            if len(part.items) < 2:
                continue
            found = _or_reason(measurement.parallel_analysis, part)
            title = say("measurement.all questions", where=self._named(part))
            if isinstance(found, NotEstimated):
                pieces.append(figures.Notice(found.reason, title=title))
                continue
            share = measurement.single_factor_share(part)
            pieces.append(
                figures.Prose(
                    say(
                        "measurement.whole",
                        title=title,
                        components=counted(found.components, "component"),
                        constructs=counted(len(part.items), "construct"),
                        told=interpretation.single_factor_in_words(share),
                    )
                )
            )
            if found.components > 1:
                pieces.append(self._factors_of(part, found.components, title))
        return Together(pieces)

    def model(self) -> Together:
        """The confirmatory models: fit, loadings, and what they leave out."""
        pieces: list[figures.Fragment] = []
        for part, model in zip(self._parts, self._models, strict=True):
            pieces += self._model_of(part, model)
        return Together(pieces)

    def _model_of(
        self, part: measurement.ItemAnswers, model: measurement.MeasurementModel | NotEstimated
    ) -> list[figures.Fragment]:
        where = self._named(part)
        if isinstance(model, NotEstimated):
            return [figures.Notice(model.reason, title=say("measurement.model", where=where))]
        best = model.fit.reported
        fits = interpretation.fit_in_words(best)
        said = [say("measurement.model told", where=capitalised(where), fit=fits)]
        said += [str(note) for note in model.fit.notes]
        said += list(model.left_out.values())
        pieces: list[figures.Fragment] = [
            figures.Prose("\n\n".join(said)),
            figures.Folded(self._loadings(model, where)),
        ]
        indices = model.modification_indices()
        if indices.empty:
            pieces.append(figures.Prose(say("measurement.no parameter")))
            return pieces
        indices = indices.assign(
            parameter=[
                f"{self._label(lhs)} {op} {self._label(rhs)}".strip()
                for lhs, op, rhs in indices[["lhs", "op", "rhs"]].to_numpy()
            ]
        )
        pieces.append(
            figures.Table(
                indices,
                caption=say("measurement.parameters", where=where),
                columns=["parameter", "mi", "epc", "sepc_all"],
                formats={"mi": lambda value: fmt.number(value, 1)},
                labels={
                    "parameter": say("column.parameter"),
                    "mi": say("column.modification"),
                    "epc": say("column.expected"),
                    "sepc_all": say("column.standardised"),
                },
                notes=[say("measurement.parameters note", least=fmt.number(MODIFICATION_INDEX))],
            )
        )
        return pieces

    def _loadings(self, model: measurement.MeasurementModel, where: str) -> figures.Table:
        """The standardised loadings of every question."""
        found = model.loadings
        return figures.Table(
            found.assign(
                item=self._wordings(found["item"]),
                construct=[self._label(name) for name in found["construct"]],
                loading=estimates(found[["loading", "lower", "upper"]]),
            ),
            caption=say("measurement.standardised", where=where),
            quoted=["item"],
            columns=["item", "construct", "loading"],
            labels={
                "item": say("column.question"),
                "construct": say("column.construct alone"),
                "loading": say("column.loading"),
            },
        )

    def comparable(self) -> Together:
        """Invariance across organisations and waves, and what to free."""
        rows = []
        for construct, by, result in self._comparisons:
            label = self._label(construct)
            if isinstance(result, NotEstimated):
                untested = say("measurement.not tested"), say("measurement.nothing freed")
                rows.append((label, say(f"by.{by}"), *untested, result.reason))
                continue
            freed = say("list.comma").join(
                say("measurement.freed", parameter=say(f"freed.{parameter}"), item=item)
                for item, parameter in result.proposal[["item", "parameter"]].to_numpy()
            )
            rows.append(
                (
                    label,
                    say(
                        "measurement.groups",
                        by=say(f"by.{by}"),
                        compared=len(result.groups),
                        every=len(result.groups) + len(result.left_out),
                    ),
                    say(f"invariance level.{result.level}")
                    if result.level
                    else say("measurement.not reached"),
                    freed or say("measurement.nothing"),
                    result.words,
                )
            )
        table = pd.DataFrame(rows, columns=["construct", "by", "level", "free", "words"])
        return Together(
            [
                figures.Table(
                    table,
                    caption=say("measurement.invariance"),
                    labels={
                        "construct": say("column.construct alone"),
                        "by": say("column.across"),
                        "level": say("column.level"),
                        "free": say("column.differ"),
                        "words": say("column.meaning"),
                    },
                    notes=[say("measurement.invariance note")],
                ),
                *self._changes(),
            ]
        )

    def _changes(self) -> list[figures.Fragment]:
        tables = [
            result.full.table.assign(
                construct=say(
                    "measurement.construct by",
                    construct=self._label(construct),
                    by=say(f"by.{by}"),
                ),
                level=[say(f"invariance level.{level}") for level in result.full.table["level"]],
            )
            for construct, by, result in self._comparisons
            if not isinstance(result, NotEstimated)
        ]
        if not tables:
            return []
        columns = ["construct", "level", "chisq", "df", "cfi", "rmsea", "srmr", "cfi_diff"]
        table = figures.Table(
            pd.concat(tables, ignore_index=True)[columns],
            caption=say("measurement.equality"),
            formats={
                **dict.fromkeys(["cfi", "rmsea", "srmr"], lambda v: fmt.number(v, 3)),
                "chisq": lambda v: fmt.number(v, 1),
                "df": fmt.count,
                "cfi_diff": lambda v: fmt.number(v, 3, signed=True),
            },
            labels={
                "construct": say("column.construct across"),
                "level": say("column.equal"),
                "chisq": say("column.chi-square"),
                "df": say("column.df"),
                "cfi": "CFI",
                "rmsea": "RMSEA",
                "srmr": "SRMR",
                "cfi_diff": say("column.cfi change"),
            },
            missing=say("measurement.no change"),
        )
        return [figures.Folded(table)]

    def method(self) -> figures.Prose:
        """How the numbers were made."""
        alone = self.study.columns.rows_apart
        told = [
            say(f"measurement.method{' alone' if alone else ''}"),
            say(f"measurement.method models{' alone' if alone else ''}"),
        ]
        told.append(minimum_rule(self.study))
        return figures.Prose("\n\n".join([*told, *[rounding()] * self._any_people]))

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows."""
        numbers: dict[str, object] = {}
        for row in self._assessed.to_dict("records"):
            label = self._label(row["construct"])
            if not fmt.is_missing(row["composite_reliability"]):
                value = {"value": row["composite_reliability"], "digits": 2}
                numbers[say("measurement.key reliability", construct=label)] = value
            elif not fmt.is_missing(row["alpha_alone"]):
                value = {"value": row["alpha_alone"], "digits": 2}
                numbers[say("measurement.key alpha", construct=label)] = value
        none = {"value": None, "note": say("measurement.key none")}
        return KeyNumbers(numbers or {say("measurement.key nothing"): none})


def _between_in_words(found: Sequence[measurement.BetweenUnits]) -> str:
    """How well indices measure units, all constructs in a sentence or two."""
    return interpretation.units_told_apart_in_words(
        [one.construct for one in found if one.reliable],
        [one.construct for one in found if one.reliable is False],
        [one.construct for one in found if one.loadings is Loadings.UNEQUAL],
        " ".join(one.reason for one in found if one.reason),
    )


def _equality_of(found: measurement.BetweenUnits) -> str:
    """The test of equal loadings in a cell."""
    if found.reason:
        return say("measurement.none")
    if found.untested:
        return found.untested
    return interpretation.loadings_in_a_word(found.loadings, found.pvalue)


def _interval_of(share: measurement.Share) -> str:
    return fmt.estimate(share.value, share.lower, share.upper, missing=say("measurement.none"))


def _or_reason(compute: Callable[..., T], *given: object) -> T | NotEstimated:
    """The result of ``compute(*given)``, or what stands where it would have stood."""
    try:
        return compute(*given)
    except MeasurementError as error:
        return NotEstimated(str(error))
