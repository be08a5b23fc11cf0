"""What may be shown: no numbers of a group smaller than the study's minimum.

The minimum counts the people who gave an answer, not rows: per organisation, source and wave, and
there for each question. Where rows are units, it counts the people that a column says stand behind
them. A source of units without such a column (published school results, say) says of nobody how
many they are and is shown as it is, and pages say so.

Answers that may not be shown are taken out before anything is computed, so they are in no total
either, and no total less its parts gives them away.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.measurement import OverWaves, indices_over_waves
from workbench.measurement.scores import answer_sums, people_behind, shares_of, whole
from workbench.study import Study

S = TypeVar("S", bound=Study)
Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

ROUNDED_BELOW = 100
BASE = 3
ALIKE = 0.95


def rounding() -> str:
    """Return how pages round the numbers of people who gave an answer."""
    return say("disclosure.rounding", below=ROUNDED_BELOW, base=BASE, exact=fmt.EXACT_FROM)


def rate_in_words(rate: float, people: float) -> str:
    """Return a response rate (0–1) of ``people`` who answered, as pages may tell it.

    Where their number is told as a range, so is the rate: whoever knows how many were invited
    learns no more from it than the range.

    Examples
    --------
    >>> from workbench.reports.disclosure import rate_in_words
    >>> rate_in_words(0.5, 1200), rate_in_words(65 / 200, 65)
    ('50%', '30% to 34%')
    """
    ends = [min(rate * end / people, 1.0) for end in fmt.told_people(people)]
    low, high = map(fmt.percent, ends)
    return low if low == high else say("number.interval", lower=low, upper=high)


def coverage(study: Study) -> pd.DataFrame:
    """Return who answered, per organisation, source and wave, and whether it may be shown.

    A row without a usable answer to any question of the codebook counts nobody.

    Returns
    -------
    DataFrame
        ``organisation``, ``source``, ``wave``, ``respondents`` (0 where the source does not say
        how many people stand behind its units), ``units`` that have a row, ``shown``. One row for
        every combination that the study could have; where nobody answered, ``units`` is 0 and
        ``shown`` is False.
    """
    organisations, waves = study.organisations["organisation"].to_numpy(), study.waves or [""]
    organisation, wave = np.repeat(organisations, len(waves)), np.tile(waves, len(organisations))
    counted = []
    for name, source in study.sources.items():
        answers = study.answers(name)
        usable = answers[study.codebook.items_of_source(name)].notna().to_numpy().any(axis=1)
        groups = _Groups.of(answers)
        unit, units = pd.factorize(answers["unit"])
        _, one = np.unique(groups.number * len(units) + unit, return_index=True)
        places, of_people = groups.places(organisation, wave), source.counts_people
        people = whole(groups.sums(people_behind(answers) * usable))[places]
        table = {
            "organisation": organisation,
            "source": name,
            "wave": wave,
            "respondents": people if of_people else 0,
            "units": np.bincount(groups.number[one], minlength=groups.many)[places],
            "shown": people >= (study.minimum_count if of_people else 1),
        }
        counted.append(pd.DataFrame(table))
    return pd.concat(counted, ignore_index=True)


def shown_only(study: S, cover: pd.DataFrame) -> S:
    """Return the study with the answers alone that may be shown; ``cover`` is its coverage.

    Groups that are too small are left out. In the others, a question that too few people answered
    is left unanswered, and so are the questions of a construct to which almost all gave the lowest
    or the highest answer. Its waves are all of the study's, though of one nothing may be shown.
    """
    hidden = dict(iter(cover[~cover["shown"]].groupby("source")))

    def keep(source: str, answers: pd.DataFrame) -> pd.Series:
        groups = _Groups.of(answers)
        kept = np.ones(groups.many, dtype=bool)
        if source in hidden:
            kept[groups.places(hidden[source]["organisation"], hidden[source]["wave"])] = False
        return pd.Series(kept[groups.number], index=answers.index)

    def without_hidden(source: str, answers: pd.DataFrame) -> pd.DataFrame:
        few = _few_answers(study, source, answers)
        answers = _unanswered(answers, few)
        return _unanswered(answers, _alike_answers(study, source, answers))

    shown = study.keeping(keep).changing(without_hidden)
    shown.waves = study.waves
    return shown


@dataclass(frozen=True, eq=False)
class ShownWave(Generic[S]):
    """What may be shown of one wave.

    Attributes
    ----------
    cover
        The study's coverage, of that wave alone.
    now
        The study with the answers of the wave that may be shown, and no others.
    """

    cover: pd.DataFrame
    now: S


def shown_wave(study: S, wave: str, items: Collection[str] | None = None) -> ShownWave[S]:
    """Return what may be shown of a wave; the answers to some ``items`` alone, if these are named.

    A large study is read part by part, so that no more is held than these.
    """
    covers = []
    here = study.in_wave(wave)
    here.organisations, here.waves = study.organisations, study.waves

    def shown() -> Iterator[S]:
        for part in here.parts():
            covers.append(coverage(part))
            told = shown_only(part, covers[-1])
            part.forget_answers()
            yield told if items is None else told.changing(_only(study, items))

    now = type(study).joined(shown())
    now.waves = [wave] if study.waves else []
    cover = pd.concat(covers, ignore_index=True)
    return ShownWave(cover[cover["wave"] == wave].reset_index(drop=True), now)


def _only(study: Study, items: Collection[str]) -> Callable[[str, pd.DataFrame], pd.DataFrame]:
    others = [item for item in study.codebook.frame["item"] if item not in items]
    return lambda _, answers: answers.drop(columns=others, errors="ignore")


def publishable(study: S) -> S:
    """Return the study with the answers alone that may be shown.

    What a cell of one's own computes of it keeps to the minimum for small groups, as pages do. What
    it computes of the study itself does not: the audit before publishing looks for it.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> shown = wb.reports.publishable(study)
    >>> answers = shown.answers("clients").groupby(["organisation", "wave"], observed=True).size()
    >>> bool(answers.min() >= study.minimum_count)
    True
    """
    return shown_only(study, coverage(study))


def hidden_questions(study: Study, cover: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Return the questions that are hidden in groups that are shown, of one wave.

    Parameters
    ----------
    cover
        The study's coverage.

    Returns
    -------
    DataFrame
        ``organisation``, ``item`` and ``reason``: "few" where too few people answered, "alike"
        where almost all gave the answer at one end of the scale.
    """
    found = []
    shown = cover[cover["shown"] & (cover["wave"] == wave)]
    for source, own in shown.groupby("source", sort=False):
        answers = study.answers(source)
        here = (answers["wave"] == wave) & answers["organisation"].isin(own["organisation"])
        answers = answers[here]
        few = _few_answers(study, source, answers)
        alike = _alike_answers(study, source, _unanswered(answers, few))
        for reason, hidden in (("few", few), ("alike", alike)):
            for item, rows in hidden.items():
                names = answers.loc[rows, "organisation"].unique()
                found += [(str(name), item, reason) for name in names]
    return pd.DataFrame(found, columns=["organisation", "item", "reason"])


def _unanswered(answers: pd.DataFrame, hidden: Mapping[str, Rows]) -> pd.DataFrame:
    """Return the answers without those to each question in the rows that are ``hidden``."""
    return answers.assign(**{item: answers[item].mask(rows) for item, rows in hidden.items()})


def _few_answers(study: Study, source: str, answers: pd.DataFrame) -> dict[str, Rows]:
    """Return the rows with an answer that fewer people than the minimum gave a question.

    By question, of their organisation and wave; questions without such rows are left out.
    """
    if not study.sources[source].counts_people:
        return {}
    groups, people = _Groups.of(answers), people_behind(answers)
    found = {}
    for item in study.codebook.items_of_source(source):
        given = ~np.isnan(answers[item].to_numpy(float))
        counts = groups.sums(people * given)
        few = given & (counts < study.minimum_count)[groups.number]
        if few.any():
            found[item] = few
    return found


def _alike_answers(study: Study, source: str, answers: pd.DataFrame) -> dict[str, Rows]:
    """Return the rows of groups whose index would tell what almost each of its people said.

    By question of such constructs; see :func:`near_an_end`.
    """
    if study.sources[source].rows != "respondents":
        return {}
    groups = _Groups.of(answers)
    found: dict[str, Rows] = {}
    for construct, items in study.codebook.by_construct(source).items():
        columns = _from_ends(study, construct, answers)
        sums = np.column_stack([groups.sums(column) for column in columns.values()])
        near = near_an_end(sums) & (sums[:, 0] > 0)
        if not near.any():
            continue
        hidden = {item: answers[item].notna().to_numpy() & near[groups.number] for item in items}
        found |= {item: rows for item, rows in hidden.items() if rows.any()}
    return found


def from_ends(study: Study, construct: str, answers: pd.DataFrame) -> pd.DataFrame:
    """Tell how far every row's answers to a construct are from the two ends of their scales.

    Sums over rows are those of groups, and what a total leaves of its parts is a difference of
    sums. The rows of one person count as one.

    Returns
    -------
    ``people`` who answered; their ``answers``, and how many steps all of these are from the lowest
    (``low``) and the highest answer (``high``); and the same as if everybody had answered each
    question as the others on average: ``asked``, ``own_low`` and ``own_high``. An index is a mean
    over people, so where they left questions out it is nearer to an end than the answers are.
    """
    return pd.DataFrame(_from_ends(study, construct, answers), index=answers.index)


def _from_ends(study: Study, construct: str, answers: pd.DataFrame) -> dict[str, Array]:
    """Return the columns of :func:`from_ends`."""
    items = study.codebook.items(construct)
    scales = [study.codebook.scale(item) for item in items]
    lowest, highest = (
        np.array([[getattr(scale, end)] for scale in scales]) for end in ("low", "high")
    )
    values = np.stack([answers[item].to_numpy(float) for item in items])
    low, high = np.nan_to_num(values - lowest), np.nan_to_num(highest - values)
    number = (~np.isnan(values)).sum(axis=0)
    people = people_behind(answers) * (number > 0)
    ranges = highest - lowest
    part = (low / ranges).sum(axis=0) / np.maximum(number, 1)
    asked = people * len(items)
    return {
        "people": people,
        "answers": people * number,
        "low": people * low.sum(axis=0),
        "high": people * high.sum(axis=0),
        "asked": asked,
        "own_low": asked * part * ranges.max(),
        "own_high": asked * (1 - part) * ranges.max(),
    }


def near_an_end(sums: Array) -> NDArray[np.bool_]:
    """Tell of which groups an index would tell what almost each of their people said.

    An index near an end of its scale says how far all answers together are from it. Where that is
    one or two steps, one or two people gave another answer than all others; where it is none,
    everybody gave the same.

    Parameters
    ----------
    sums : (groups, 7)
        Sums of :func:`from_ends`.
    """
    _, answers, low, high, asked, own_low, own_high = sums.T
    by_answers = np.minimum(low, high) < np.maximum(BASE, (1 - ALIKE) * answers)
    by_people = np.minimum(own_low, own_high) < np.maximum(BASE, (1 - ALIKE) * asked)
    return np.asarray(by_answers | by_people)


def over_waves(shown: Study, constructs: Sequence[str]) -> OverWaves:
    """Return the indices over the waves that may be shown.

    See :func:`workbench.measurement.indices_over_waves`; ``shown`` is the study of which the
    answers alone that may be shown are left. An index of a part of the questions can be nearer to
    an end of the scale than that of all of them: it is left out where it would tell what almost
    everybody answered.
    """
    return without_telling(shown, indices_over_waves(shown, constructs))


def without_telling(study: Study, found: OverWaves) -> OverWaves:
    """Return the indices over the waves without those that :func:`over_waves` leaves out."""
    in_part = found.left_out[["organisation", "construct"]].drop_duplicates()
    table = found.table
    if table.empty:
        return found
    steps = {
        name: min(100 / study.codebook.points_per_code(study.codebook.items(name)))
        for name in table["construct"].unique()
    }
    off = np.minimum(table["index"], 100 - table["index"]) / 100 * table["construct"].map(steps)
    telling = (off * table["n"] < BASE) | (off < 1 - ALIKE)
    keys = pd.MultiIndex.from_frame(table[["organisation", "construct"]])
    telling &= keys.isin(pd.MultiIndex.from_frame(in_part))
    of_people = {
        name: study.sources[study.codebook.source_of(name)].rows == "respondents" for name in steps
    }
    telling &= table["construct"].map(of_people)
    return replace(found, table=table[~telling])


@dataclass(frozen=True, eq=False)
class _Groups:
    """The groups that organisations and waves make of n rows.

    Attributes
    ----------
    number : (n,)
        Of every row's group.
    organisations, waves
        All names, in the order in which groups are numbered: by organisation, then wave.
    """

    number: NDArray[np.int64]
    organisations: pd.Index
    waves: pd.Index

    @classmethod
    def of(cls, answers: pd.DataFrame) -> "_Groups":
        """The groups of answers."""
        organisation, wave = answers["organisation"].cat, answers["wave"].cat
        number = organisation.codes.to_numpy(np.int64) * len(wave.categories)
        number += wave.codes.to_numpy()
        return cls(number, organisation.categories, wave.categories)

    @property
    def many(self) -> int:
        """How many groups there are."""
        return len(self.organisations) * len(self.waves)

    def sums(self, values: Array) -> Array:
        """The sums of values (n,) over the rows of each group."""
        return np.asarray(np.bincount(self.number, values, self.many), float)

    def places(self, organisation: ArrayLike, wave: ArrayLike) -> NDArray[np.int64]:
        """The numbers of groups, of each its organisation and its wave."""
        first = self.organisations.get_indexer(pd.Index(organisation))
        return np.asarray(first * len(self.waves) + self.waves.get_indexer(pd.Index(wave)))


def hidden_in_part(study: Study, constructs: Sequence[str], cover: pd.DataFrame) -> dict[str, str]:
    """Return, for organisations not shown in all of the constructs' sources, the reason.

    ``cover`` is the coverage of one wave.
    """
    sources = dict.fromkeys(study.codebook.source_of(name) for name in constructs)
    rows = cover[cover["source"].isin(list(sources)) & ~cover["shown"]]
    return {
        row.organisation: hidden_reason(study, row.source, row.respondents)
        for row in rows.itertuples()
    }


def shown_in_full(study: Study, constructs: Sequence[str], cover: pd.DataFrame) -> list[str]:
    """Return the organisations that may be shown in all of the constructs' sources.

    ``cover`` is the coverage of one wave.
    """
    hidden = hidden_in_part(study, constructs, cover)
    return [name for name in study.organisations["organisation"] if name not in hidden]


@dataclass(frozen=True, eq=False)
class Spread:
    """How a question was answered: the ``answers`` of its scale, the weighted share (0–1) and the
    number of people who gave each, all of the same length."""

    answers: Array
    shares: Array
    counts: Array

    @property
    def points(self) -> Array:
        """The answers as parts of their scale, 0 to 1."""
        low, high = self.answers[0], self.answers[-1]
        return np.asarray((self.answers - low) / (high - low))


def spread_of(table: pd.DataFrame) -> Spread:
    """Return how a question was answered from its rows of :func:`measurement.distribution`."""
    return Spread(*(table[name].to_numpy(float) for name in ("answer", "share", "count")))


def blurred(spread: Spread) -> Array | str:
    """Return the shares of a question's answers as they may be shown, or why they may not.

    Where fewer than ``ROUNDED_BELOW`` people answered, the number of people who gave each answer is
    rounded to the nearest ``BASE`` first, so that nobody can tell whether one or two people gave
    it. Where the number of all tells it even so, nothing is shown. Where more answered, only
    numbers below ``BASE`` are rounded, and the most frequent answer takes the difference, so that
    the number of all does not tell them. Where almost all gave the same answer, showing it would
    tell what each of them said.
    """
    return blurred_together({"": spread}, [])[""]


def blurred_together(
    spreads: Mapping[str, Spread], indices: Sequence[Collection[str]]
) -> dict[str, Array | str]:
    """Return the same of several questions whose indices are shown too.

    An index tells the sum of the answers to its questions, and that, less what the rounded shares
    of all but one leave possible, where the sum of the answers to this one lies. Nothing is shown
    of a question where that tells how many people gave an answer that one or two gave.

    Parameters
    ----------
    spreads
        By question.
    indices
        The questions that make up each index that is shown.
    """
    possible = {item: _possible(spread) for item, spread in spreads.items()}
    sums = {item: possible[item] @ spread.points for item, spread in spreads.items()}
    true = {item: float(spread.counts @ spread.points) for item, spread in spreads.items()}
    fits = {item: np.ones(len(own), dtype=bool) for item, own in sums.items()}
    for items in indices:
        for item in items:
            rest = [sums[other] - true[other] for other in items if other != item]
            off = sums[item] - true[item]
            fits[item] &= off <= -sum(other.min() for other in rest) + _EXACT
            fits[item] &= off >= -sum(other.max() for other in rest) - _EXACT
    return {item: _shown(one, possible[item][fits[item]]) for item, one in spreads.items()}


_EXACT = 1e-9


def _shown(spread: Spread, possible: Array) -> Array | str:
    """Return the shares of one question as they may be shown, or why they may not.

    ``possible`` (vectors × answers) are the numbers of people that everything shown leaves open.
    """
    shares, counts = spread.shares, spread.counts
    each = np.divide(shares, counts, out=np.zeros(len(shares)), where=counts > 0)
    rounded = _rounded(counts)
    few = (counts > 0) & (counts < BASE)
    least, most = possible.min(axis=0), possible.max(axis=0)
    if counts.sum() < ROUNDED_BELOW:
        single = ((least >= 1) & (most < BASE)).any()
        if not rounded.any() or single or least.max() == counts.sum():
            return say("hidden.spread")
        shares = each * rounded
        shares /= shares.sum()
    elif few.any():
        shares = np.where(few, each * rounded, shares)
        shares[np.argmax(shares)] += 1 - shares.sum()
    top = int(np.argmax(shares))
    if shares[top] > ALIKE:
        answer = f"{spread.answers[top]:g}"
        return say("hidden.alike", share=fmt.percent(ALIKE), answer=answer)
    return shares


def _rounded(counts: Array) -> Array:
    return np.asarray(BASE * np.round(counts / BASE))


def _possible(spread: Spread) -> Array:
    """Return all numbers of people (vectors × answers) that rounded ones and their sum leave open.

    Of many people it is the numbers themselves: a reader of their shares knows these.
    """
    counts = spread.counts
    return counts[None] if counts.sum() >= ROUNDED_BELOW else _behind_rounded(counts)


def _behind_rounded(counts: Array) -> Array:
    """Return the same of numbers that are all rounded."""
    off, rounded, people = BASE // 2, _rounded(counts), counts.sum()
    least, most = np.maximum(rounded - off, 0), rounded + off
    found = np.zeros((1, 0))
    for at in range(len(counts)):
        own = np.arange(least[at], most[at] + 1)
        found = np.column_stack([np.repeat(found, len(own), axis=0), np.tile(own, len(found))])
        sums = found.sum(axis=1)
        found = found[
            (sums + least[at + 1 :].sum() <= people) & (sums + most[at + 1 :].sum() >= people)
        ]
    return found


def blurred_reasons(counts: Array, weights: Array, asked: float) -> tuple[float, Array]:
    """Return the share of people without an answer to a question, and that of every reason.

    Numbers of people are rounded to the nearest ``BASE`` first. How many have no answer the numbers
    of people tell who were asked and who answered: where that leaves only one or two people for a
    reason, the reasons are not told.

    Parameters
    ----------
    counts, weights : (reasons,)
        How many people gave no answer for each reason, all reasons together, and their weight.
    asked
        The weight of all who were asked.

    Returns
    -------
    float, array (reasons,)
        Shares (0–1); NaN where not told.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.reports.disclosure import blurred_reasons
    >>> counts = np.array([7.0, 4.0])
    >>> blurred_reasons(counts, counts, 100.0)
    (0.09, array([0.06, 0.03]))
    >>> counts = np.array([2.0, 0.0])
    >>> blurred_reasons(counts, counts, 100.0)
    (0.03, array([nan, nan]))
    """
    of_one = np.divide(weights, counts, out=np.zeros(len(counts)), where=counts > 0)
    shares = of_one * _rounded(counts) / asked
    possible = _behind_rounded(counts)
    least, most = possible.min(axis=0), possible.max(axis=0)
    if not ((least >= 1) & (most < BASE)).any():
        return float(shares.sum()), shares
    together = weights.sum() / counts.sum() * float(_rounded(counts.sum())) / asked
    return float(together), np.full(len(counts), np.nan)


def blurred_means(means: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Return the means of items over all organisations as they may be shown; NaN where not.

    ``means`` has ``item`` and ``mean``, ``sums`` are the :func:`coded_answers` of which they are.
    The mean of fewer than ``ROUNDED_BELOW`` people is that of their blurred shares, or it would
    tell these.
    """
    found = means.set_index("item")["mean"].copy()
    for item, spread in _coded(sums).items():
        if spread.counts.sum() < ROUNDED_BELOW:
            told = blurred(spread)
            found[item] = np.nan if isinstance(told, str) else told @ spread.answers
    return means.assign(mean=found.to_numpy())


def blurred_statistics(shown: Study, items: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Return statistics of items over all organisations as they may be shown; NaN where not.

    ``items`` has ``item``, ``mean``, ``sd``, ``floor`` and ``ceiling`` of unweighted answers, see
    :class:`workbench.measurement.Reliability`. ``floor`` and ``ceiling`` are blurred shares; so are
    mean and standard deviation of fewer than ``ROUNDED_BELOW`` people those of blurred shares.
    """
    found = items.set_index("item")
    for item, spread in _coded(coded_answers(shown, items["item"], wave)).items():
        answers, n = spread.answers, spread.counts.sum()
        told = blurred(replace(spread, shares=spread.counts / n))
        if isinstance(told, str):
            found.loc[item, ["mean", "sd", "floor", "ceiling"]] = np.nan
            continue
        found.loc[item, ["floor", "ceiling"]] = told[[0, -1]]
        if n < ROUNDED_BELOW:
            mean = told @ answers
            sd = np.sqrt(n / (n - 1) * (told @ (answers - mean) ** 2))
            found.loc[item, ["mean", "sd"]] = mean, sd
    return found.reset_index()


def coded_answers(shown: Study, items: Iterable[str], wave: str) -> pd.DataFrame:
    """Return who gave which answer to items that people answered by codes, in a wave.

    See :func:`workbench.measurement.scores.answer_sums`.
    """
    now = shown.in_wave(wave)
    of_people = {
        item
        for name, source in shown.sources.items()
        if source.rows == "respondents"
        for item in shown.codebook.items_of_source(name)
    }
    sums = answer_sums(now, [item for item in items if item in of_people])
    return sums[sums["answer"] == sums["answer_to"]]


def _coded(sums: pd.DataFrame) -> dict[str, Spread]:
    """Return how items were answered, by item; see :func:`coded_answers`."""
    spread = shares_of(sums)
    spread = spread[spread["n"] > 0]
    return {str(item): spread_of(own) for item, own in spread.groupby("item", sort=False)}


def minimum_rule(study: Study) -> str:
    """Return what pages say of small groups: that they are hidden, and where that could not be."""
    silent = [name for name, source in study.sources.items() if not source.counts_people]
    least = study.minimum_count
    if not silent:
        return say("disclosure.rule", least=least)
    rule = "no rule" if len(silent) == len(study.sources) else "part rule"
    number = "one" if len(silent) == 1 else "several"
    return say(f"disclosure.{rule}.{number}", least=least, sources=listed(silent))


def hidden_symbol(respondents: int) -> str:
    """Return the symbol that stands in a cell where a group is hidden: few answered, or nobody."""
    return say("symbol.confidential" if respondents else "symbol.not available")


def hidden_reason(study: Study, source: str, respondents: int, wave: str = "") -> str:
    """Return the sentence that stands where a hidden group's numbers would have stood.

    ``wave`` is named on a page about several; by default it is the page's own.
    """
    if not respondents and not study.waves:
        return say("hidden.nobody.of no wave", source=source)
    return say(
        f"hidden.{'few' if respondents else 'nobody'}{'.of wave' if wave else ''}",
        source=source,
        least=study.minimum_count,
        wave=wave,
    )
