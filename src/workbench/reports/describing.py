"""What the answers of a study are, found part by part and put together.

A part is a study of some organisations (:meth:`workbench.study.Study.parts`). What is told of
single organisations is found there. To what is told of all together each part adds sums: of units
to means, of pairs of answers to reliability, of groups to variances. So no process holds the
answers of more than a part, and parts can be found at the same time, on any machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import pandas as pd

from workbench.benchmark.waves import (
    asked_in,
    changes_together,
    organisation_changes,
)
from workbench.chain import Chain, ChainData, ChainStudy
from workbench.interpretation import against_in_words
from workbench.linkage.report import UnitsMeeting, meeting_of_units
from workbench.measurement import OverWaves, indices
from workbench.measurement.consistency import ItemMoments, item_moments
from workbench.measurement.direction import ItemPairs, against_others, beside_others
from workbench.measurement.scores import (
    UnitSums,
    index_sums,
    indices_of,
    item_sums,
    joined_answer_sums,
    joined_sums,
)
from workbench.measurement.waves import (
    items_by_wave,
    organisations_over_waves,
    throughout_all,
)
from workbench.reports.answered import Answered, answered
from workbench.reports.channels import ChannelIndices, channel_indices
from workbench.reports.disclosure import (
    coded_answers,
    coverage,
    hidden_questions,
    shown_in_full,
    shown_only,
    without_telling,
)
from workbench.reports.questions import QuestionsFound, questions_found
from workbench.reports.records import levels_told
from workbench.reports.themes import theme_counts

Asked = dict[str, dict[str, list[str]]]
"""By construct and wave, the items that somebody answered."""


@dataclass(frozen=True, eq=False)
class Found:
    """What is found in a part of a study, or in all of its parts; of groups that are shown.

    Attributes
    ----------
    organisations
        Those of which anything is shown.
    coverage, indices, answered, records
        As :class:`workbench.reports.shared.Described` has them, ``indices`` of organisations alone.
    sums
        What units add to the indices of all together, by source.
    asked
        The items that somebody answered.
    over_waves
        Indices of organisations over the waves.
    changes
        By construct, those of organisations since the earlier wave.
    meeting
        How answers are spread in units.
    item_sums, coded
        What units add to the means of items in the wave, and who gave which answer.
    moments
        By construct, what answers add to its reliability.
    pairs
        By construct, how the items of the rows of the study's chain go together.
    doubts
        ``organisation``, ``construct`` and ``doubt``, of organisations.
    questions, channels, themes
        What is known of these before organisations are put beside each other.
    """

    organisations: list[str]
    coverage: pd.DataFrame
    indices: pd.DataFrame
    sums: dict[str, UnitSums]
    asked: Asked
    over_waves: OverWaves
    changes: dict[str, pd.DataFrame]
    meeting: UnitsMeeting
    item_sums: dict[str, UnitSums]
    coded: pd.DataFrame
    moments: dict[str, ItemMoments]
    pairs: dict[str, ItemPairs]
    doubts: pd.DataFrame
    answered: Answered
    questions: QuestionsFound
    channels: ChannelIndices
    records: pd.DataFrame
    themes: dict[str, pd.DataFrame]


def found_in(part: ChainStudy, wave: str, chain: Chain) -> Found:
    """Describe the answers of a part of a study.

    ``wave`` is that of the reports, and ``chain`` the study's.
    """
    cover = coverage(part)
    shown = shown_only(part, cover)
    now = shown.in_wave(wave)
    earlier = earlier_wave(part, wave)
    constructs = told_constructs(part)
    items = _items(part, constructs)
    data = now.chain_data(chain, wave, corrected=False)
    every = {name: part.codebook.items(name) for name in constructs}
    each = indices(shown, constructs)
    through = organisations_over_waves(shown, constructs)
    return Found(
        organisations=list(shown.organisations["organisation"]),
        coverage=cover,
        indices=each,
        sums=index_sums(shown, every),
        asked={name: items_by_wave(shown, name) for name in constructs},
        over_waves=through,
        changes=organisation_changes(shown, constructs, earlier, wave) if earlier else {},
        meeting=meeting_of_units(shown, constructs, wave),
        item_sums=item_sums(now, items),
        coded=coded_answers(shown, items, wave),
        moments={name: item_moments(shown, name, wave=wave) for name in part.codebook.constructs},
        pairs={name: ItemPairs.of(data.frame[list(own)]) for name, own in data.items.items()},
        doubts=_doubts(data, shown_in_full(part, constructs, cover[cover["wave"] == wave])),
        answered=answered(shown, wave, constructs, hidden_questions(part, cover, wave)),
        questions=questions_found(
            shown, wave, earlier, constructs, each, without_telling(part, through)
        ),
        channels=channel_indices(now, constructs),
        records=levels_told(shown, cover, wave),
        themes=theme_counts(shown, wave),
    )


def joined(study: ChainStudy, found: Sequence[Found]) -> Found:
    """Put together what was found in all parts of a study, in their order.

    The tables are as they would be of the whole study, whatever the parts.
    """
    if len(found) == 1:
        return found[0]
    constructs = told_constructs(study)
    items = _items(study, constructs)
    sources = list(study.sources)

    def of(name: str) -> list[Any]:
        return [getattr(one, name) for one in found]

    return Found(
        organisations=[name for own in of("organisations") for name in own],
        coverage=_stacked(of("coverage"), "source", sources),
        indices=_stacked(of("indices"), "construct", constructs),
        sums=joined_sums(of("sums")),
        asked=_asked_anywhere(study, of("asked")),
        over_waves=OverWaves(
            _stacked([one.table for one in of("over_waves")], "construct", constructs),
            _stacked([one.left_out for one in of("over_waves")], "construct", constructs),
        ),
        changes={name: pd.concat([o[name] for o in of("changes")]) for name in found[0].changes},
        meeting=UnitsMeeting.joined(of("meeting")),
        item_sums=joined_sums(of("item_sums")),
        coded=joined_answer_sums(of("coded")),
        moments={
            name: reduce(add, [own[name] for own in of("moments")]) for name in found[0].moments
        },
        pairs={name: reduce(add, [own[name] for own in of("pairs")]) for name in found[0].pairs},
        doubts=_stacked(of("doubts")),
        answered=_joined_answered(of("answered"), items, constructs, sources),
        questions=_joined_questions(of("questions")),
        channels=ChannelIndices.joined(of("channels")),
        records=_stacked(of("records"), "item", study.codebook.measured),
        themes=_joined_themes(of("themes"), sources),
    )


def doubts_of_all(study: ChainStudy, wave: str, chain: Chain, found: Found) -> dict[str, str]:
    """The constructs of which items run against the others over all organisations, with a sentence
    each: see :attr:`workbench.chain.ChainData.doubts`."""

    def beside(item: str, others: list[str]) -> ItemPairs:
        def of(part: ChainStudy) -> ItemPairs:
            shown = shown_only(part, coverage(part))
            rows = shown.chain_data(chain, wave, corrected=False).frame
            return beside_others(rows, item, others)

        return reduce(add, study.in_parts(of))

    told = {
        name: against_in_words(against_others(study.codebook.items(name), pairs, beside), name)
        for name, pairs in found.pairs.items()
    }
    return {name: sentence for name, sentence in told.items() if sentence}


def sums_again(study: ChainStudy, wanted: Mapping[str, Sequence[str]]) -> dict[str, UnitSums]:
    """What units add to the indices of all together by other items than all of a construct."""
    return joined_sums(
        study.in_parts(lambda part: index_sums(shown_only(part, coverage(part)), wanted))
    )


def together_over_waves(study: ChainStudy, found: Found) -> pd.DataFrame:
    """The indices of all together, by wave, by the items asked in all waves."""
    fewer = _fewer(found.asked)
    table = indices_of(found.sums, [name for name in found.asked if name not in fewer])
    if not fewer:
        return table
    return _stacked([table, indices_of(sums_again(study, fewer), list(fewer))])


def together_changed(
    study: ChainStudy, found: Found, before: str, now: str
) -> dict[str, pd.DataFrame]:
    """By construct, the change of the index of all together by the items asked in both waves."""
    fewer = _fewer({name: asked_in(own, before, now) for name, own in found.asked.items()})
    changes = changes_together(found.sums, before, now)
    return changes | (changes_together(sums_again(study, fewer), before, now) if fewer else {})


def _fewer(asked: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """The items asked in all waves, of the constructs of which others were asked too."""
    kept = {name: throughout_all(own) for name, own in asked.items()}
    return {
        name: kept[name]
        for name, own in asked.items()
        if any(set(items) - set(kept[name]) for items in own.values())
    }


def told_constructs(study: ChainStudy) -> list[str]:
    """The constructs that organisations' pages are about: those of the study's chain."""
    return [construct.name for construct in study.runnable_chain().constructs]


def earlier_wave(study: ChainStudy, wave: str) -> str | None:
    """The wave before one, if there is one."""
    waves = study.waves
    place = waves.index(wave) if wave in waves else 0
    return waves[place - 1] if place else None


def _items(study: ChainStudy, constructs: Sequence[str]) -> list[str]:
    return [item for name in constructs for item in study.codebook.items(name)]


def _doubts(data: ChainData, organisations: Sequence[str]) -> pd.DataFrame:
    found = [(name, *doubt) for name in organisations for doubt in data.of(name).doubts.items()]
    return pd.DataFrame(found, columns=["organisation", "construct", "doubt"])


def _stacked(
    tables: Sequence[pd.DataFrame], key: str = "", order: Sequence[str] = ()
) -> pd.DataFrame:
    """Tables one below another; with a ``key`` in its ``order``, and in theirs within that."""
    some = [table for table in tables if len(table)] or list(tables[:1])
    every = pd.concat(some, ignore_index=True)
    if key and len(every):
        place = {name: number for number, name in enumerate(order)}
        numbers = every[key].astype("str").map(place)
        every = every.iloc[numbers.argsort(kind="stable")].reset_index(drop=True)
    return every


def _asked_anywhere(study: ChainStudy, parts: Sequence[Asked]) -> Asked:
    return {
        name: {
            wave: [
                item
                for item in study.codebook.items(name)
                if any(item in part[name][wave] for part in parts)
            ]
            for wave in own
        }
        for name, own in parts[0].items()
    }


def _joined_answered(
    parts: Sequence[Answered],
    items: Sequence[str],
    constructs: Sequence[str],
    sources: Sequence[str],
) -> Answered:
    keys = {
        "means": ("item", items),
        "shares": ("item", items),
        "points": ("item", items),
        "response": ("source", sources),
        "alphas": ("construct", constructs),
        "hidden": ("item", items),
    }
    tables = {
        name: _stacked([getattr(part, name) for part in parts], *key) for name, key in keys.items()
    }
    return Answered(**tables)


def _joined_questions(parts: Sequence[QuestionsFound]) -> QuestionsFound:
    names = ("shares", "withheld", "results", "answered")
    return QuestionsFound(
        **{name: _stacked([getattr(part, name) for part in parts]) for name in names}
    )


def _joined_themes(
    parts: Sequence[Mapping[str, pd.DataFrame]], sources: Sequence[str]
) -> dict[str, pd.DataFrame]:
    return {
        source: pd.concat([part[source] for part in parts if source in part])
        for source in sources
        if any(source in part for part in parts)
    }
