"""What may be shown: no numbers of a group smaller than the study's minimum.

The minimum counts the people who gave an answer, not rows: per organisation, source and wave, and
there for each question. Where rows are units, it counts the people that a column says stand behind
them. A source of units without such a column (published school results, say) says of nobody how
many they are and is shown as it is, and pages say so.

Answers that may not be shown are taken out before anything is computed, so they are in no total
either, and no total less its parts gives them away.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.measurement import distribution
from workbench.measurement.scores import people_behind
from workbench.study import Study
from workbench.text import inflected, listed

S = TypeVar("S", bound=Study)
Array = NDArray[np.float64]

ROUNDED_BELOW = 100
BASE = 3
ALIKE = 0.95
ROUNDING = (
    f"Where fewer than {ROUNDED_BELOW} people answered a question, the number who gave each answer "
    f"is rounded to the nearest {BASE} before shares are computed, so that individual answers "
    "cannot be read off. Where more answered, this is done to answers that only one or two gave, "
    "and the most frequent answer makes up for it."
)


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
    counted = []
    for name, source in study.sources.items():
        answers = study.answers(name)
        usable = answers[study.codebook.items_of_source(name)].notna().any(axis=1)
        groups = answers.assign(people=people_behind(answers) * usable).groupby(
            ["organisation", "wave"], observed=True
        )
        table = pd.DataFrame(
            {"people": groups["people"].sum().astype(int), "units": groups["unit"].nunique()}
        )
        every = pd.MultiIndex.from_product(
            [study.organisations["organisation"], study.waves or [""]],
            names=["organisation", "wave"],
        )
        table = table.reindex(every, fill_value=0).reset_index()
        counted_people = source.counts_people
        table["respondents"] = table["people"] if counted_people else 0
        table["shown"] = table["people"] >= (study.minimum_count if counted_people else 1)
        table["source"] = name
        counted.append(table)
    columns = ["organisation", "source", "wave", "respondents", "units", "shown"]
    return pd.concat(counted, ignore_index=True)[columns]


def shown_only(study: S, cover: pd.DataFrame) -> S:
    """Return the study with the answers alone that may be shown; ``cover`` is its coverage.

    Groups that are too small are left out. In the others, a question that too few people answered
    is left unanswered. Its waves are all of the study's, though of one nothing may be shown.
    """
    hidden = {
        source: pd.MultiIndex.from_frame(rows[["organisation", "wave"]])
        for source, rows in cover[~cover["shown"]].groupby("source")
    }

    def keep(source: str, answers: pd.DataFrame) -> pd.Series:
        if source not in hidden:
            return pd.Series(True, index=answers.index)
        groups = pd.MultiIndex.from_frame(answers[["organisation", "wave"]].astype("str"))
        return pd.Series(~groups.isin(hidden[source]), index=answers.index)

    def without_few(source: str, answers: pd.DataFrame) -> pd.DataFrame:
        few = _few_answers(study, source, answers)
        return answers.assign(**{item: answers[item].mask(few[item]) for item in few})

    shown = study.keeping(keep).changing(without_few)
    shown.waves = study.waves
    return shown


def hidden_questions(study: Study, cover: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Return ``organisation`` and ``item`` of the questions that too few people answered.

    Of one wave, and of groups that are shown; ``cover`` is the study's coverage.
    """
    found = []
    shown = cover[cover["shown"] & (cover["wave"] == wave)]
    for source, own in shown.groupby("source", sort=False):
        answers = study.answers(source)
        here = (answers["wave"] == wave) & answers["organisation"].isin(own["organisation"])
        answers = answers[here]
        for item, few in _few_answers(study, source, answers).items():
            names = answers.loc[few, "organisation"].unique()
            found += [(str(name), item) for name in names]
    return pd.DataFrame(found, columns=["organisation", "item"])


def _few_answers(study: Study, source: str, answers: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Return the rows with an answer that fewer people than the minimum gave a question.

    By question, of their organisation and wave; questions without such rows are left out.
    """
    if not study.sources[source].counts_people:
        return {}
    people = people_behind(answers)
    organisation, wave = (
        answers[key].cat.codes.to_numpy(np.int64) for key in ("organisation", "wave")
    )
    group = organisation * (wave.max(initial=0) + 1) + wave
    found = {}
    for item in study.codebook.items_of_source(source):
        given = answers[item].notna().to_numpy()
        counts = np.bincount(group[given], people[given], minlength=group.max(initial=0) + 1)
        few = given & (counts[group] < study.minimum_count)
        if few.any():
            found[item] = few
    return found


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


def blurred(
    answers: Sequence[float], shares: Array, counts: Array, *, alone: bool = False
) -> Array | str:
    """Return the shares of a question's answers as they may be shown, or why they may not.

    Where fewer than ``ROUNDED_BELOW`` people answered, the number of people who gave each answer is
    rounded to the nearest ``BASE`` first, so that nobody can tell whether one or two people gave
    it. Where the number of all tells it even so, nothing is shown. Where more answered, only
    numbers below ``BASE`` are rounded, and the most frequent answer takes the difference, so that
    the number of all does not tell them. Where almost all gave the same answer, showing it would
    tell what each of them said.

    Parameters
    ----------
    answers, shares, counts
        The answers of the scale, the weighted share (0–1) and the number of people who gave each.
    alone
        Whether no other question counts for the index of the question's construct: then the index
        tells the mean of fewer than ``ROUNDED_BELOW`` people's answers, which may not tell more
        together with the rounded shares.
    """
    each = np.divide(shares, counts, out=np.zeros(len(shares)), where=counts > 0)
    rounded = BASE * np.round(counts / BASE)
    few = (counts > 0) & (counts < BASE)
    if counts.sum() < ROUNDED_BELOW:
        codes = np.array([np.ones(len(counts)), answers] if alone else [np.ones(len(counts))])
        if not rounded.any() or _tells_single_people(rounded, codes, codes @ counts):
            return say("hidden.spread")
        shares = each * rounded
        shares /= shares.sum()
    elif few.any():
        shares = np.where(few, each * rounded, shares)
        shares[np.argmax(shares)] += 1 - shares.sum()
    most = int(np.argmax(shares))
    if shares[most] > ALIKE:
        return say("hidden.alike", share=fmt.percent(ALIKE), answer=f"{answers[most]:g}")
    return shares


def _tells_single_people(rounded: Array, known: Array, totals: Array) -> bool:
    """Tell whether some number must be 1 or 2, given all of them rounded, and what they add up to.

    Each lies within ``BASE // 2`` of the rounded one. If the totals leave the others no room, as
    where all were rounded up, they tell it. ``known`` (totals × answers) times the numbers are
    ``totals``.
    """
    off = BASE // 2
    steps = np.arange(-off, off + 1)
    possible = np.zeros((1, 0))
    for number in rounded:
        own = steps[steps + number >= 0] + number
        possible = np.column_stack(
            [np.repeat(possible, len(own), axis=0), np.tile(own, len(possible))]
        )
    possible = possible[(possible @ known.T == totals).all(axis=1)]
    return bool(((possible.min(axis=0) >= 1) & (possible.max(axis=0) < BASE)).any())


def blurred_means(shown: Study, means: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Return the means of items over all organisations as they may be shown; NaN where not.

    ``means`` has ``item`` and ``mean``, ``shown`` the answers of which they are. The mean of fewer
    than ``ROUNDED_BELOW`` people is that of their blurred shares, or it would tell these.
    """
    found = means.set_index("item")["mean"].copy()
    for item, (answers, shares, counts) in _coded(shown, means["item"], wave).items():
        if counts.sum() < ROUNDED_BELOW:
            told = blurred(answers.tolist(), shares, counts)
            found[item] = np.nan if isinstance(told, str) else told @ answers
    return means.assign(mean=found.to_numpy())


def blurred_statistics(shown: Study, items: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Return statistics of items over all organisations as they may be shown; NaN where not.

    ``items`` has ``item``, ``mean``, ``sd``, ``floor`` and ``ceiling`` of unweighted answers, see
    :class:`workbench.measurement.Reliability`. ``floor`` and ``ceiling`` are blurred shares; so are
    mean and standard deviation of fewer than ``ROUNDED_BELOW`` people those of blurred shares.
    """
    found = items.set_index("item")
    for item, (answers, _, counts) in _coded(shown, items["item"], wave).items():
        n = counts.sum()
        told = blurred(answers.tolist(), counts / n, counts)
        if isinstance(told, str):
            found.loc[item, ["mean", "sd", "floor", "ceiling"]] = np.nan
            continue
        found.loc[item, ["floor", "ceiling"]] = told[[0, -1]]
        if n < ROUNDED_BELOW:
            mean = told @ answers
            sd = np.sqrt(n / (n - 1) * (told @ (answers - mean) ** 2))
            found.loc[item, ["mean", "sd"]] = mean, sd
    return found.reset_index()


def _coded(shown: Study, items: Iterable[str], wave: str) -> dict[str, tuple[Array, Array, Array]]:
    """Return the answers, shares and counts of items that people answered by codes, in a wave."""
    now = shown.in_wave(wave)
    of_people = {
        item
        for name, source in shown.sources.items()
        if source.rows == "respondents"
        for item in shown.codebook.items_of_source(name)
    }
    spread = distribution(now, [item for item in items if item in of_people], by=())
    spread = spread[spread["n"] > 0]
    return {
        str(item): (
            own["answer"].to_numpy(float),
            own["share"].to_numpy(float),
            own["count"].to_numpy(float),
        )
        for item, own in spread.groupby("item", sort=False)
        if (own["answer"] == own["answer_to"]).all()
    }


def minimum_rule(study: Study) -> str:
    """Return what pages say of small groups: that they are hidden, and where that could not be."""
    silent = [name for name, source in study.sources.items() if not source.counts_people]
    least = study.minimum_count
    if not silent:
        return (
            f"Groups of fewer than {least} respondents are not shown and are left out of every "
            "total."
        )
    sources = listed(silent)
    verb = inflected(len(silent), "does", "do")
    why = (
        f"of {sources}, whose rows are units and which {verb} not say how many people each row "
        "summarises"
    )
    if len(silent) == len(study.sources):
        return (
            f"The rule that groups of fewer than {least} people are not shown could not be applied "
            f"to the answers {why}."
        )
    return (
        f"Groups of fewer than {least} respondents are not shown and are left out of every total; "
        f"this rule could not be applied to the answers {why}."
    )


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
