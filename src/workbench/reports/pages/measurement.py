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
from workbench.reports.disclosure import ROUNDING, blurred_statistics, minimum_rule
from workbench.reports.keynumbers import KeyNumbers
from workbench.reports.page import ChainPage
from workbench.reports.pieces import Heading, Together, alpha_of, question
from workbench.reports.shared import Shared, at_hand
from workbench.study.given import ALL_WAVES
from workbench.text import counted, listed

T = TypeVar("T")
_NONE = "no estimate"


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
        asked = (self._shown, self._constructs, wave, self._labels)
        self._sources = measurement.answers_by_source(*asked)
        self._units = measurement.answers_of_units(*asked)

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
    def _parts(self) -> list[measurement.ItemAnswers]:
        """Source by source and, where the chain is between them, units over all sources."""
        between = len(self._sources) > 1 or self._asked_of_people
        return [*self._sources, self._units] if between else self._sources

    @staticmethod
    def _named(answers: measurement.ItemAnswers) -> str:
        if answers.joined:
            return f"units, {answers.title}"
        return (
            f"{answers.level} of {answers.title}"
            if answers.level == "respondents"
            else (f"units of {answers.title}")
        )

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
                        "rows": part.level,
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
        return Heading("How well the questions measure" + (f", {self.wave}" if self.wave else ""))

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
            caption=f"{self._label(construct)}: its questions",
            columns=["item", "code", *found.columns.drop("item")],
            formats={
                "n": partial(self._counted, construct),
                "missing": fmt.percent,
                "floor": fmt.percent,
                "ceiling": fmt.percent,
            },
            labels={
                "item": "Question",
                "code": "Code",
                "n": "Answers",
                "missing": "Not answered",
                "mean": "Mean",
                "sd": "SD",
                "floor": "Lowest code",
                "ceiling": "Highest code",
                "item_rest": "Item-rest correlation",
            },
            missing="none shown",
            notes=[
                interpretation.extremes_in_words(found["floor"], found["ceiling"]),
                "SD: standard deviation. Item-rest correlation: correlation with the mean of the "
                "other questions.",
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
            caption="Reliability and average variance extracted",
            columns=["construct", "alpha", "omega", "composite_reliability", "ave", "n", "rows"],
            labels={
                "construct": "Construct",
                "alpha": "Alpha (95% interval)",
                "omega": "Omega",
                "composite_reliability": "Composite reliability",
                "ave": "AVE",
                "n": "Rows",
                "rows": "Which are",
            },
            missing=_NONE,
            notes=[
                "Alpha is Cronbach's alpha. Omega and composite reliability estimate the share "
                "of the variance of the index that is not measurement error: omega from the "
                "questions of the construct alone, composite reliability from the measurement "
                "model of its source. AVE (average variance extracted) is the average share of a "
                "question's variance that is due to the construct.",
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
        return [
            "Composite reliability and AVE need a measurement model. It could not be estimated for "
            f"{listed(without)}; the section on it says why."
        ]

    def between(self) -> Together:
        """How well the questions measure units, where the chain's links are between units."""
        if not self._asked_of_people:
            whose = "respondents" if self._sources[0].level == "respondents" else "units"
            return Together(
                [
                    figures.Prose(
                        f"The chain's links are estimated across {whose}, and so are reliability "
                        "and loadings on this page."
                    )
                ]
            )
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
            caption="Reliability of unit indices",
            formats={
                "sampling": fmt.percent,
                "own": fmt.percent,
                "units": fmt.count,
                "respondents": lambda value: fmt.number(value, 0),
            },
            labels={
                "construct": "Construct",
                "index": "Reliability (95% interval)",
                "sampling": "Sampling error",
                "own": "Question-specific",
                "units": "Units",
                "respondents": "Respondents per unit",
            },
            missing=_NONE,
            notes=[
                "The reliability of a unit's index is the share of the variance between units "
                "that is due to the construct. The rest has two sources: sampling error, because "
                "other people might have answered, and question-specific variance, which the "
                "construct does not explain. Differences between organisations count as "
                "differences between units.",
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
            caption="Reliability of unit means without sampling error",
            labels={
                "construct": "Construct",
                "omega": "Omega (95% interval)",
                "alpha": "Alpha (95% interval)",
                "alike": "Loadings between units and within units",
            },
            notes=[
                "Omega and alpha are those of the units' true means, without sampling error "
                "(Geldhof, Preacher & Zyphur 2014); with two questions, equal loadings are "
                "assumed. The last column tests whether loadings are equal between and within "
                "units (Jak & Jorgensen 2017). Only then is a unit's construct the average of "
                "its people's.",
            ],
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
        return [
            f"The rows of {listed(names)} are units, so reliability and loadings on "
            "this page are estimated across units."
        ]

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
                    f"{label(a)} and {label(b)}"
                    for a, b in zip(ratios["one"], ratios["other"], strict=True)
                ],
                "htmt": [
                    fmt.estimate(*row, missing=_NONE)
                    for row in ratios[["htmt", "lower", "upper"]].to_numpy()
                ],
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
            caption=f"Heterotrait–monotrait ratio: {where}",
            labels={
                "pair": "Constructs",
                "htmt": "HTMT (95% bootstrap interval)",
                "words": "Which means",
            },
            notes=[
                "Thresholds: .85 (strict) or .90 (liberal). Intervals are from 1,000 bootstrap "
                "samples of units."
            ],
        )
        if isinstance(model, NotEstimated) or model.fornell_larcker.empty:
            return [table]
        pairs = model.fornell_larcker
        larcker = pd.DataFrame(
            {
                "pair": [
                    f"{label(a)} and {label(b)}"
                    for a, b in zip(pairs["one"], pairs["other"], strict=True)
                ],
                "correlation": [
                    fmt.estimate(*row)
                    for row in pairs[["correlation", "lower", "upper"]].to_numpy()
                ],
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
                caption=f"Fornell–Larcker criterion: {where}",
                labels={
                    "pair": "Constructs",
                    "correlation": "Correlation (95% interval)",
                    "one": "√AVE of the first",
                    "other": "√AVE of the second",
                    "words": "Which means",
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
            return [figures.Notice(found.reason, title=f"{label}: dimensions")]
        against = measurement.running_against(answers.frame[answers.all_items])
        sentence = interpretation.dimensions_in_words(
            found.components, found.factors, label, against
        )
        pieces: list[figures.Fragment] = [
            scree(
                found.table["component"].tolist(),
                found.table["component_random"].tolist(),
                alt=sentence,
                caption=f"{label}: parallel analysis",
            ),
            figures.Prose(
                f"{sentence} Number above chance: {counted(found.components, 'component')}, "
                f"{counted(found.factors, 'common factor')}."
            ),
        ]
        if found.components > 1:
            pieces.append(self._factors_of(answers, found.components, f"{label}: loadings"))
        return pieces

    def _factors_of(
        self, answers: measurement.ItemAnswers, number: int, caption: str
    ) -> figures.Fragment:
        solution = _or_reason(measurement.exploratory_factors, answers, number)
        if isinstance(solution, NotEstimated):
            return figures.Notice(solution.reason, title=caption)
        table = solution.loadings.rename_axis("item").reset_index()
        table["uniqueness"] = solution.uniqueness.to_numpy()
        table["item"] = self._wordings(table["item"])
        return figures.Table(
            table,
            caption=f"{caption} on {number} factors (minres, oblimin)",
            labels={"item": "Question", "uniqueness": "Uniqueness"},
        )

    def whole_structure(self) -> Together:
        """All questions of a source together: how many things, and which belong together."""
        pieces: list[figures.Fragment] = []
        for part in self._sources:
            if len(part.items) < 2:
                continue
            found = _or_reason(measurement.parallel_analysis, part)
            title = f"All questions: {self._named(part)}"
            if isinstance(found, NotEstimated):
                pieces.append(figures.Notice(found.reason, title=title))
                continue
            share = measurement.single_factor_share(part)
            pieces.append(
                figures.Prose(
                    f"**{title}.** Number above chance: "
                    f"{counted(found.components, 'component')}, where the codebook has "
                    f"{counted(len(part.items), 'construct')}. "
                    f"{interpretation.single_factor_in_words(share)}"
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
            return [figures.Notice(model.reason, title=f"Measurement model: {where}")]
        best = model.fit.reported
        said = [f"**{where[0].upper()}{where[1:]}.** {interpretation.fit_in_words(best)}"]
        said += [str(note) for note in model.fit.notes]
        said += list(model.left_out.values())
        pieces: list[figures.Fragment] = [
            figures.Prose("\n\n".join(said)),
            figures.Table(
                model.loadings.assign(
                    item=self._wordings(model.loadings["item"]),
                    construct=[self._label(c) for c in model.loadings["construct"]],
                    loading=[
                        fmt.estimate(*row)
                        for row in model.loadings[["loading", "lower", "upper"]].to_numpy()
                    ],
                ),
                caption=f"Standardised loadings: {where}",
                columns=["item", "construct", "loading"],
                labels={
                    "item": "Question",
                    "construct": "Construct",
                    "loading": "Loading (95% interval)",
                },
            ),
        ]
        indices = model.modification_indices()
        if indices.empty:
            pieces.append(figures.Prose("No additional parameter would improve the fit much."))
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
                caption=f"Possible additional parameters (modification indices): {where}",
                columns=["parameter", "mi", "epc", "sepc_all"],
                formats={"mi": lambda value: fmt.number(value, 1)},
                labels={
                    "parameter": "Parameter",
                    "mi": "Modification index",
                    "epc": "Expected value",
                    "sepc_all": "Standardised",
                },
                notes=[
                    "=~: a question that also measures another construct. ~~: two questions that "
                    "share more than their construct, often similar wording. Shown are the five "
                    f"largest indices above {fmt.number(MODIFICATION_INDEX)} (p < .001); add a "
                    "parameter only if theory supports it."
                ],
            )
        )
        return pieces

    def comparable(self) -> Together:
        """Invariance across organisations and waves, and what to free."""
        rows = []
        for construct, by, result in self._comparisons:
            label = self._label(construct)
            if isinstance(result, NotEstimated):
                rows.append((label, by, "not tested", "none", result.reason))
                continue
            freed = ", ".join(
                f"{parameter} of {item}"
                for item, parameter in result.proposal[["item", "parameter"]].to_numpy()
            )
            rows.append(
                (
                    label,
                    f"{by} ({len(result.groups)} of {len(result.groups) + len(result.left_out)})",
                    result.level or "not reached",
                    freed or "nothing",
                    result.words,
                )
            )
        table = pd.DataFrame(rows, columns=["construct", "by", "level", "free", "words"])
        return Together(
            [
                figures.Table(
                    table,
                    caption="Measurement invariance across organisations and waves",
                    labels={
                        "construct": "Construct",
                        "by": "Across",
                        "level": "Highest level reached",
                        "free": "Parameters that differ (score tests)",
                        "words": "Which means",
                    },
                    notes=[
                        "Configural: same structure. Metric: equal loadings, so links can be "
                        "compared. Scalar: equal intercepts too, so means can be compared. "
                        "Strict: equal residual variances too. A level is reached if CFI falls by "
                        "no more than .01 (Cheung & Rensvold 2002) and RMSEA and SRMR rise little "
                        "(Chen 2007). Groups with fewer than 100 complete rows are left out."
                    ],
                ),
                *self._changes(),
            ]
        )

    def _changes(self) -> list[figures.Fragment]:
        tables = [
            result.full.table.assign(construct=f"{self._label(construct)}, {by}")
            for construct, by, result in self._comparisons
            if not isinstance(result, NotEstimated)
        ]
        if not tables:
            return []
        columns = ["construct", "level", "chisq", "df", "cfi", "rmsea", "srmr", "cfi_diff"]
        return [
            figures.Table(
                pd.concat(tables, ignore_index=True)[columns],
                caption="Models of increasing equality",
                formats={
                    **dict.fromkeys(["cfi", "rmsea", "srmr"], lambda v: fmt.number(v, 3)),
                    "chisq": lambda v: fmt.number(v, 1),
                    "df": fmt.count,
                    "cfi_diff": lambda v: fmt.number(v, 3, signed=True),
                },
                labels={
                    "construct": "Construct, across",
                    "level": "Equal",
                    "chisq": "Chi-square",
                    "df": "Degrees of freedom",
                    "cfi": "CFI",
                    "rmsea": "RMSEA",
                    "srmr": "SRMR",
                    "cfi_diff": "Change of CFI",
                },
                missing="none",
            )
        ]

    def method(self) -> figures.Prose:
        """How the numbers were made."""
        return figures.Prose(
            "Questions asked of respondents are checked across respondents; where rows are units, "
            "across units. Constructs of different sources were answered by different people, so "
            "they are compared across units, by the units' means. There all correlations are "
            "higher, because the error of single answers averages out.\n\n"
            "Measurement models are estimated by full-information maximum likelihood, with robust "
            "standard errors that allow for respondents of the same unit being similar. Models of "
            "units correct for the sampling error of unit means, so they describe the units and "
            "not the people who happened to answer. HTMT uses the uncorrected means. Invariance "
            "is tested for each construct on rows with complete answers, in groups of at least "
            "100 such rows, without allowing for the similarity of respondents in a unit. It does "
            "not cover smaller groups. Parallel "
            "analysis compares eigenvalues with the 95th percentile of 1,000 random matrices. "
            "Sampling weights are not used.\n\n"
            f"{minimum_rule(self.study)}" + f"\n\n{ROUNDING}" * self._any_people
        )

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows."""
        numbers: dict[str, object] = {}
        for row in self._assessed.to_dict("records"):
            label = self._label(row["construct"])
            if not fmt.is_missing(row["composite_reliability"]):
                value = {"value": row["composite_reliability"], "digits": 2}
                numbers[f"{label}: reliability, 0 to 1"] = value
            elif not fmt.is_missing(row["alpha_alone"]):
                numbers[f"{label}: alpha, 0 to 1"] = {"value": row["alpha_alone"], "digits": 2}
        none = {"value": None, "note": "could not be estimated"}
        return KeyNumbers(numbers or {"Reliability": none})


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
        return _NONE
    if found.untested:
        return found.untested
    return interpretation.loadings_in_a_word(found.loadings, found.pvalue)


def _interval_of(share: measurement.Share) -> str:
    return fmt.estimate(share.value, share.lower, share.upper, missing=_NONE)


def _or_reason(compute: Callable[..., T], *given: object) -> T | NotEstimated:
    """The result of ``compute(*given)``, or what stands where it would have stood."""
    try:
        return compute(*given)
    except MeasurementError as error:
        return NotEstimated(str(error))
