"""What pages of organisations show of every question: shares, what changed, and those of others.

Computed for all organisations at once, from the answers alone that may be shown. Every number is
made of blurred shares (:func:`workbench.reports.disclosure.blurred_together`), and has the digits
in which it is shown: what is computed of two numbers tells no more than these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.benchmark import question_changes
from workbench.benchmark.waves import called
from workbench.interpretation import Movement
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.measurement import OverWaves, distribution
from workbench.reports.answered import OfOrganisations, unit_points
from workbench.reports.beside_indices import ShownIndex, hidden_beside
from workbench.reports.disclosure import (
    ALIKE,
    Array,
    blurred_reasons,
    blurred_together,
    spread_of,
)
from workbench.study import Study

MIDDLE = 50
"""Points of 0–100 above which an answer is positive, unless the study says otherwise."""

LEAST_OF_A_TYPE = 3
"""Organisations of a type that are compared with one another; of fewer, with those of all types."""

_SHARES = ["organisation", "wave", "item", "answer", "share"]
_WITHHELD = ["organisation", "wave", "item", "reason"]
_UNANSWERED = ["organisation", "item", "reason", "share"]
_RESULTS = ["organisation", "item", "now", "before", "direction"]


@dataclass(frozen=True, eq=False)
class Questions(OfOrganisations):
    """Tables with a column ``organisation``, of the groups that are shown.

    Attributes
    ----------
    shares
        ``wave``, ``item``, ``answer`` and ``share`` (0–1): how questions asked of respondents were
        answered in the wave and the one before, blurred.
    withheld
        ``wave``, ``item`` and ``reason``: the questions whose shares may not be shown, and why.
    results
        One row for every question: ``now`` and ``before``, the share of positive answers (0–1, to
        two decimals) or, where the rows are units, the mean of these in parts of the scale (to
        three), NaN where not shown; ``direction``, the
        :class:`~workbench.interpretation.Movement` since the wave before; ``lowest``, ``average``
        and ``highest`` of the ``compared`` organisations that are shown, those ``of_type`` or, if
        that is "", of all types.
    unanswered
        ``item``, ``reason`` and ``share`` (0–1) of people without an answer in the wave: of all
        these the reason is "", of the missing codes it is their label; NaN where not shown.
    """

    shares: pd.DataFrame
    withheld: pd.DataFrame
    results: pd.DataFrame
    unanswered: pd.DataFrame


def is_positive(study: Study, item: str, answers: Array) -> NDArray[np.bool_]:
    """Tell which answers (n,) to a question are positive, by the study's definition."""
    points = study.codebook.scale(item).points(answers)
    least = study.definition.positive_from
    return np.asarray(points > MIDDLE if least is None else points >= least)


def share_in_words(share: float) -> str:
    """A share in percent; of almost all, or almost none, no more than that."""
    if share > ALIKE:
        return say("share.over", share=fmt.percent(ALIKE))
    if share < 1 - ALIKE:
        return say("share.under", share=fmt.percent(1 - ALIKE))
    return fmt.percent(share)


@dataclass(frozen=True)
class Beside:
    """What stands beside a question in words and numbers, of a page's waves.

    ``many`` organisations are compared; ``by_units``: rows are units, and results means of theirs.
    """

    now: str
    before: str | None
    many: bool
    by_units: bool

    def change(self, result: Mapping[Any, Any]) -> str:
        """Which way the question moved, with a mark, or that it did not clearly; "" if unknown."""
        if result["direction"] == Movement.MISSING:
            return ""
        return say(f"questions.moved.{result['direction']}")

    def facts(self, result: Mapping[Any, Any]) -> dict[str, str]:
        """The cells of the table of numbers, by heading."""
        measure = "mean" if self.by_units else "positive"
        only = say("column.mean in percent") if self.by_units else say("column.positive")
        waves = {"now": self.now} | ({} if self.before is None else {"before": self.before})
        found = {
            say(f"column in.{measure}", wave=wave) if wave else only: self._share(result[key])
            for key, wave in waves.items()
        }
        if self.before is not None:
            found[say("column in.points since", wave=self.before)] = self._points(result)
            moved = self.change(result) or say("symbol.not available")
            found[say("column.clear change")] = moved
        if self.many:
            alone = result["compared"] < 2
            for name in ("lowest", "average", "highest"):
                told = say("symbol.not available") if alone else self._share(result[name])
                found[say(f"column.{name} result")] = told
            key = "of a type" if result["of_type"] else "all organisations"
            found[say("column.compared")] = say(
                f"questions compared.{key}", number=int(result["compared"]), type=result["of_type"]
            )
        return found

    def unanswered(self, shares: Mapping[str, float]) -> dict[str, str]:
        """The cells about people without an answer: of all reasons (""), and of each."""
        return {
            say("of which column", reason=reason)
            if reason
            else say("column.without answer"): self._unanswered(share)
            for reason, share in shares.items()
        }

    @staticmethod
    def _unanswered(share: float) -> str:
        if fmt.is_missing(share):
            return say("symbol.confidential")
        if share > ALIKE:
            return say("share.over", share=fmt.percent(ALIKE))
        return fmt.percent(share)

    def _share(self, share: float) -> str:
        if fmt.is_missing(share):
            return say("symbol.not available")
        return fmt.percent(share, 1) if self.by_units else share_in_words(share)

    def _points(self, result: Mapping[Any, Any]) -> str:
        """The change in points, where both shares are told as numbers."""
        both = result["before"], result["now"]
        if any(map(fmt.is_missing, both)):
            return say("symbol.not available")
        if not self.by_units and any(share > ALIKE or share < 1 - ALIKE for share in both):
            return say("symbol.confidential")
        before, now = both
        return fmt.number(100 * (now - before), 1 if self.by_units else 0, signed=True)


def questions_told(
    shown: Study,
    wave: str,
    earlier: str | None,
    constructs: Sequence[str],
    indices: pd.DataFrame,
    over_waves: OverWaves,
) -> Questions:
    """Find what is shown of the questions about ``constructs``.

    Parameters
    ----------
    shown
        The study, with the answers alone that may be shown.
    wave, earlier
        The wave of the pages, and the one before it, if there is one.
    indices
        The indices that pages show, by organisation and wave: see
        :func:`workbench.measurement.indices`.
    over_waves
        The same over the waves, of the questions asked in all of them.
    """
    found = questions_found(shown, wave, earlier, constructs, indices, over_waves)
    return questions_of(shown, wave, found, shown.organisations)


@dataclass(frozen=True, eq=False)
class QuestionsFound:
    """What is known of the questions in the organisations of a part of a study.

    Attributes
    ----------
    shares, withheld
        See :class:`Questions`.
    results
        The same without the organisations that each is compared with.
    answered
        ``organisation``, ``item``, ``count`` of people with an answer in the wave, and their
        ``weight``.
    """

    shares: pd.DataFrame
    withheld: pd.DataFrame
    results: pd.DataFrame
    answered: pd.DataFrame


def questions_found(
    shown: Study,
    wave: str,
    earlier: str | None,
    constructs: Sequence[str],
    indices: pd.DataFrame,
    over_waves: OverWaves,
) -> QuestionsFound:
    """Find what each organisation's questions show; parameters as of :func:`questions_told`."""
    waves = [wave] if earlier is None else [earlier, wave]
    codebook = shown.codebook
    of_people = {name for name, source in shown.sources.items() if source.rows == "respondents"}
    people = [name for name in constructs if codebook.source_of(name) in of_people]
    units = [name for name in constructs if name not in people]
    shares, withheld = _blurred(shown, waves, people, indices, over_waves)
    told = pd.concat(
        [_positive(shown, shares), _means_of_units(shown, waves, units)], ignore_index=True
    )
    results = _changes(shown, told, wave, earlier)
    return QuestionsFound(shares, withheld, results, _answered(shown.in_wave(wave), people))


def questions_of(
    study: Study, wave: str, found: QuestionsFound, organisations: pd.DataFrame
) -> Questions:
    """Put organisations beside each other, of what was ``found`` in all of them."""
    shares = found.shares
    unanswered = _unanswered(study, wave, shares[shares["wave"] == wave], found.answered)
    return Questions(shares, found.withheld, _beside(found.results, organisations), unanswered)


def _blurred(
    shown: Study,
    waves: Sequence[str],
    constructs: Sequence[str],
    indices: pd.DataFrame,
    over_waves: OverWaves,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Blur the shares of all questions of a construct together, in every organisation and wave.

    With them are shown the index of the wave, the one over all waves and its change.
    """
    items = [item for name in constructs for item in shown.codebook.items(name)]
    tables = [
        distribution(shown.in_wave(wave), items, ("organisation",)).assign(wave=wave)
        for wave in waves
    ]
    every = pd.concat(tables, ignore_index=True).astype({"organisation": "str"})
    asked = {
        key: spread_of(own)
        for key, own in every.groupby(["organisation", "item", "wave"], sort=False)
    }
    left_out = over_waves.left_out[["organisation", "item"]]
    without = set(left_out.itertuples(index=False, name=None))
    of_wave_alone, through = map(_values, (indices, over_waves.table))
    sources = {name: shown.sources[shown.codebook.source_of(name)] for name in constructs}
    # Shares that are weighted, or of people with several rows, are those of no whole numbers.
    weighted = {
        name
        for name, source in sources.items()
        if source.weight is not None or "person" in shown.answers(source.name)
    }
    shares, withheld = [], []
    for organisation in every["organisation"].unique():
        for construct in constructs:
            own = shown.codebook.items(construct)
            of_wave = {
                wave: [item for item in own if (organisation, item, wave) in asked]
                for wave in waves
            }
            in_all = [item for item in own if all(item in found for found in of_wave.values())]
            for wave, found in of_wave.items():
                spreads = {item: asked[organisation, item, wave] for item in found}
                throughout = [item for item in found if (organisation, item) not in without]
                told = blurred_together(spreads, [found, throughout, in_all])
                group = (organisation, wave, construct)
                beside = [
                    ShownIndex(items, *values[group])
                    for items, values in ((found, of_wave_alone), (throughout, through))
                    if items and group in values and construct not in weighted
                ]
                different = [one for at, one in enumerate(beside) if one not in beside[:at]]
                for item, one in hidden_beside(told, spreads, different).items():
                    key = (organisation, wave, item)
                    if isinstance(one, str):
                        withheld.append((*key, one))
                    else:
                        shares += [
                            (*key, *pair) for pair in zip(spreads[item].answers, one, strict=True)
                        ]
    return pd.DataFrame(shares, columns=_SHARES), pd.DataFrame(withheld, columns=_WITHHELD)


def _values(indices: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Return index and n by organisation, wave and construct."""
    keys = (indices[name].astype("str") for name in ("organisation", "wave", "construct"))
    values = zip(indices["index"].astype(float), indices["n"].astype(float), strict=True)
    return dict(zip(zip(*keys, strict=True), values, strict=True))


def _unanswered(
    study: Study, wave: str, shares: pd.DataFrame, answered: pd.DataFrame
) -> pd.DataFrame:
    """Return how many people gave no answer to the questions whose ``shares`` are shown, and why.

    Those asked are all who have an answer to any question of the source. A reason is told by its
    label, or by its code where it has none; what is left has none, such as a question passed over.
    """
    asked = shares[["organisation", "item"]].drop_duplicates()
    frame = study.codebook.frame.set_index("item")
    given = answered.set_index(["organisation", "item"])
    rows = []
    for (source, _), items in frame.groupby(["source", "construct"], sort=False).groups.items():
        here = asked[asked["item"].isin(items)]
        if here.empty:
            continue
        missing = study.without_answer(str(source)).astype({"organisation": "str"})
        missing = missing[missing["wave"] == wave]
        everybody = missing[missing["item"] == ""].set_index("organisation")[["count", "weight"]]
        coded = missing.merge(here, on=["organisation", "item"])
        coded["reason"] = [
            _reason(study, *one) for one in zip(coded["item"], coded["code"], strict=True)
        ]
        # A reason that nobody had is told too, so that it must be part of the rule.
        reasons = list(coded["reason"].unique())
        told = _by_reason(coded, here, reasons)
        left = everybody.loc[here["organisation"]].to_numpy(float)
        left = left - given.loc[pd.MultiIndex.from_frame(here)].to_numpy(float)
        # Of a person with several rows one may have an answer and another none.
        rest = np.maximum(left - told.sum(axis=1), 0.0)
        numbers = np.concatenate([told, rest[:, None]], axis=1)
        whole = everybody.loc[here["organisation"], "weight"].to_numpy(float)
        groups = here.itertuples(index=False, name=None)
        for group, own, asked_here in zip(groups, numbers, whole, strict=True):
            share, each = blurred_reasons(own[:, 0], own[:, 1], asked_here)
            rows.append((*group, "", share))
            rows += [(*group, reason, one) for reason, one in zip(reasons, each[:-1], strict=True)]
    return pd.DataFrame(rows, columns=_UNANSWERED)


def _by_reason(coded: pd.DataFrame, groups: pd.DataFrame, reasons: Sequence[str]) -> Array:
    """Return (groups, reasons, 2): how many rows of ``coded`` each has, and their weight."""
    if coded.empty:
        return np.zeros((len(groups), 0, 2))
    keys = ["organisation", "item"]
    sums = coded.groupby([*keys, "reason"])[["count", "weight"]].sum().unstack("reason")
    sums = sums.reindex(pd.MultiIndex.from_frame(groups[keys])).fillna(0.0)
    both = [sums[what].reindex(columns=reasons).to_numpy(float) for what in ("count", "weight")]
    return np.stack(both, axis=-1)


def _answered(now: Study, constructs: Sequence[str]) -> pd.DataFrame:
    """Return how many people of an organisation answered each item, and their weight."""
    tables = [pd.DataFrame(columns=["organisation", "item", "count", "weight"])]
    for name in constructs:
        answers = now.answers(now.codebook.source_of(name))
        number = answers["person"] if "person" in answers else np.arange(len(answers))
        people = answers[["organisation", "weight"]].assign(person=number)
        for item in now.codebook.items(name):
            own = people[answers[item].notna()].groupby("organisation", observed=True)
            table = own.agg(count=("person", "nunique"), weight=("weight", "sum")).reset_index()
            tables.append(table.assign(item=item))
    every = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    return every[list(tables[0])].astype({"organisation": "str"})


def _reason(study: Study, item: str, code: str) -> str:
    return study.codebook.missing_label(item, code) or say("questions.code alone", code=code)


def _positive(shown: Study, shares: pd.DataFrame) -> pd.DataFrame:
    """Return the share of positive answers: ``organisation``, ``item``, ``wave``, ``value``."""
    positive = np.zeros(len(shares), dtype=bool)
    for item, rows in shares.groupby("item").indices.items():
        positive[rows] = is_positive(shown, str(item), shares["answer"].to_numpy(float)[rows])
    found = shares.assign(value=shares["share"] * positive)
    keys = ["organisation", "item", "wave"]
    return found.groupby(keys, sort=False)["value"].sum().round(2).reset_index()


def _means_of_units(shown: Study, waves: Sequence[str], constructs: Sequence[str]) -> pd.DataFrame:
    """Return the mean over units that are shown, in parts of the scale, with the same columns."""
    items: dict[str, list[str]] = {}
    for name in constructs:
        items.setdefault(shown.codebook.source_of(name), []).extend(shown.codebook.items(name))
    tables = [unit_points(shown.in_wave(wave), items).assign(wave=wave) for wave in waves]
    points = pd.concat(tables, ignore_index=True).astype({"organisation": "str"})
    means = points.groupby(["organisation", "item", "wave"], sort=False)["points"].mean()
    return (means / 100).round(3).rename("value").reset_index()


def _changes(shown: Study, told: pd.DataFrame, wave: str, earlier: str | None) -> pd.DataFrame:
    """Put both waves side by side, and decide which way each question moved, if it is clear."""
    values = told.set_index(["organisation", "item", "wave"])["value"].unstack()
    values = values.reindex(columns=[wave, earlier]).set_axis(["now", "before"], axis=1)
    table = values[values["now"].notna()].reset_index()
    table["direction"] = str(Movement.MISSING)
    if earlier is None or table["before"].isna().all():
        return table[_RESULTS]
    scores = {item: _score(shown, item) for item in table["item"].unique()}
    tested = question_changes(shown, scores, earlier, wave)
    both = table.reset_index().merge(tested, on=["organisation", "item"]).set_index("index")
    both = both[both["before"].notna()]
    for _, own in both.groupby("organisation", sort=False):
        table.loc[own.index, "direction"] = _directions(own)
    return table[_RESULTS]


def _directions(own: pd.DataFrame) -> NDArray[np.str_]:
    """Return which way the questions of one organisation moved.

    By the procedure of Benjamini & Hochberg among these questions. A change that the rounded
    numbers do not show is not called one.
    """
    _, direction = called(own["change"], own["pvalue"])
    seen = np.sign((own["now"] - own["before"]).round(6)) == np.sign(own["change"])
    clear = np.isin(direction, [Movement.UP, Movement.DOWN])
    return np.where(clear & ~seen.to_numpy(), Movement.UNCLEAR, direction)


def _score(study: Study, item: str) -> pd.Series:
    """Return what every answer to a question counts in its results."""
    source = str(study.codebook.frame.set_index("item").at[item, "source"])
    values = study.answers(source)[item]
    if study.sources[source].rows == "units":
        return study.codebook.scale(item).points(values) / 100
    positive = is_positive(study, item, values.to_numpy(float))
    return pd.Series(positive, values.index, dtype=float).where(values.notna())


def _beside(results: pd.DataFrame, organisations: pd.DataFrame) -> pd.DataFrame:
    """Add the lowest, average and highest of the organisations that each is compared with."""
    kinds = organisations.set_index("organisation")["type"]
    kind = results["organisation"].map(kinds).fillna("")
    of_type = results.groupby(["item", kind])["now"]
    of_all = results.groupby("item")["now"]
    own, every = of_type.transform("size"), of_all.transform("size")
    by_type = (kind != "") & (own >= LEAST_OF_A_TYPE) & (own < every)
    beside = {
        name: of_type.transform(how).where(by_type, of_all.transform(how))
        for name, how in (
            ("lowest", "min"), ("average", "mean"), ("highest", "max"), ("compared", "size"),
        )
    }  # fmt: skip
    return results.assign(of_type=kind.where(by_type, ""), **beside)
