"""Indices that can be compared over waves: by the questions that were asked in all of them.

An index is the mean of its items. Where an item was asked in one wave only, the index of all items
moves with the questionnaire, not with what people think.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures.notebook import Part, Shown
from workbench.interpretation.messages import say
from workbench.measurement.scores import (
    groups_of,
    index_sums,
    indices_of,
    means_of,
    within_scale,
)
from workbench.study import Study
from workbench.text import counted

Codes = NDArray[np.integer]

_COLUMNS = [
    "organisation", "wave", "construct", "index", "se", "lower", "upper", "n", "units",
]  # fmt: skip


def common_items(study: Study, construct: str, waves: Sequence[str]) -> list[str]:
    """The items of a construct that somebody answered in every one of ``waves``.

    Parameters
    ----------
    study, construct
        The study, and the construct.
    waves
        The waves that the items must tie.

    Raises
    ------
    UnknownNameError
        A wave or construct that the study does not have.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.measurement.common_items(wb.open_study("data/demo"), "trust", ["2023", "2024"])
    ['trust_1', 'trust_2', 'trust_3']
    """
    asked = items_by_wave(study, construct)
    found = [asked[study.wave(wave)] for wave in waves]
    return [item for item in study.codebook.items(construct) if all(item in own for own in found)]


def items_by_wave(study: Study, construct: str) -> dict[str, list[str]]:
    """The items of a construct that somebody answered in each of the study's waves."""
    items = study.codebook.items(construct)
    answers = study.answers(study.codebook.source_of(construct))
    number, names = pd.factorize(answers["wave"])
    answered = answers[items].notna().to_numpy()
    counts = [np.bincount(number, column, len(names)) for column in answered.T]
    found: dict[str, list[str]] = {wave: [] for wave in study.waves or [""]}
    for item, own in zip(items, counts, strict=True):
        for wave in names[own > 0]:
            found[wave].append(item)
    return found


def no_common_items(study: Study, construct: str, waves: Sequence[str]) -> str:
    """Say which items were asked when, where no item of the construct ties the waves.

    Parameters
    ----------
    study, construct, waves
        As in :func:`common_items`.

    Examples
    --------
    >>> import workbench as wb
    >>> def asked_once(source, answers):
    ...     if source != "records":
    ...         return answers
    ...     on_time = answers["cases_on_time"].where(answers["wave"] == "2023")
    ...     return answers.assign(cases_on_time=on_time)
    >>> study = wb.open_study("data/demo").changing(asked_once)
    >>> print(wb.measurement.no_common_items(study, "results", ["2023", "2024"]))
    no item of results was asked in all of the waves 2023, 2024 (2023: cases_on_time; 2024: none),
    so they cannot be compared; compare waves that share an item.
    """
    asked = "; ".join(
        f"{wave}: {', '.join(common_items(study, construct, [wave])) or 'none'}" for wave in waves
    )
    return say("items.none in common", construct=construct, waves=", ".join(waves), asked=asked)


def asked_throughout(
    values: pd.DataFrame, group: Codes, wave: Sequence[str] | pd.Series
) -> pd.DataFrame:
    """Return the answers (n, p) to items that their group was asked in each of its waves, else NaN.

    A group's waves are those in which any of the items was answered there; an item that was not
    answered in one of them is left out of that group altogether.

    Parameters
    ----------
    values : (n, p)
        Answers, NaN where there is none.
    group : (n,)
        Numbers of the groups, from 0.
    wave : (n,)
        The wave of each row.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import workbench as wb
    >>> answers = pd.DataFrame({"a": [50.0, 75.0], "b": [25.0, np.nan]})
    >>> wb.measurement.asked_throughout(answers, np.zeros(2, int), ["2023", "2024"])
          a   b
    0  50.0 NaN
    1  75.0 NaN
    """
    number = pd.factorize(pd.Series(wave))[0]
    return values.where(throughout(values.notna().to_numpy(), group, number)[group])


def throughout(answered: NDArray[np.bool_], group: Codes, wave: Codes) -> NDArray[np.bool_]:
    """Return which items (groups, p) a group was asked in each of its waves.

    ``answered`` (n, p) marks the answers of n rows, ``group`` and ``wave`` (n,) number their groups
    and waves from 0. See :func:`asked_throughout`.
    """
    groups, waves = int(group.max(initial=-1)) + 1, int(wave.max(initial=-1)) + 1
    place = group * waves + wave
    asked = np.zeros((answered.shape[1], groups * waves), dtype=np.bool_)
    for item, column in enumerate(answered.T):
        asked[item] = np.bincount(place, column, groups * waves) > 0
    by_wave = asked.reshape(len(asked), groups, waves)
    there: NDArray[np.bool_] = np.logical_or.reduce(by_wave)
    return np.asarray(((by_wave | ~there).all(axis=2) & there.any(axis=1)).T, dtype=np.bool_)


@dataclass(frozen=True)
class OverWaves(Shown):
    """Indices of groups over the waves, each by the items the group was asked in all of them.

    Attributes
    ----------
    table
        The columns of :func:`workbench.measurement.indices`, ``organisation`` "" for all together.
    left_out
        ``organisation``, ``construct``, ``item``: what was asked there, but not in every wave.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame

    def of(self, organisation: str) -> "OverWaves":
        """The same for one organisation, "" for all together.

        Examples
        --------
        >>> import workbench as wb
        >>> found = wb.measurement.indices_over_waves(wb.open_study("data/demo"), ["trust"])
        >>> found.of("Land Registry").table[["wave", "index"]].round(1)
            wave  index
        16  2022   57.2
        17  2023   53.8
        18  2024   54.4
        """
        own = (one[one["organisation"] == organisation] for one in (self.table, self.left_out))
        return OverWaves(*own)

    def _parts(self) -> Iterator[Part]:
        organisations = self.table["organisation"]
        shown = self
        if organisations.nunique() > 1:
            shown = self.of("")
            names = organisations[organisations != ""].nunique()
            yield (
                f"All together; .of(organisation) gives those of each of "
                f"{counted(names, 'organisation')}."
            )
        yield "Indices over the waves", shown.table.drop(columns="organisation")
        if len(shown.left_out):
            yield "Not asked in every wave", shown.left_out.drop(columns="organisation")


def indices_over_waves(study: Study, constructs: Sequence[str]) -> OverWaves:
    """Index of every construct by wave, of all together and in every organisation.

    A construct without an item that a group was asked in all of its waves has no row there.

    Parameters
    ----------
    study, constructs
        The study, and the constructs wanted.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.measurement.indices_over_waves(wb.open_study("data/demo"), ["trust"])
    >>> found.of("").table[["wave", "construct", "index"]].round(1)
       wave construct  index
    0  2022     trust   57.7
    1  2023     trust   53.2
    2  2024     trust   57.9
    """
    asked = {name: items_by_wave(study, name) for name in constructs}
    sums = index_sums(study, {name: throughout_all(own) for name, own in asked.items()})
    return over_waves_of(
        asked, indices_of(sums, constructs), organisations_over_waves(study, constructs)
    )


def over_waves_of(
    asked: Mapping[str, Mapping[str, Sequence[str]]], together: pd.DataFrame, each: OverWaves
) -> OverWaves:
    """Put the indices of all together beside those of organisations.

    Parameters
    ----------
    asked
        The items of every construct that somebody answered, by wave.
    together
        The indices of all by those of them asked in every wave (:func:`throughout_all`).
    each
        Those of organisations.
    """
    tables, left_out = [pd.DataFrame(columns=_COLUMNS)], [each.left_out.iloc[:0]]
    for construct, own in asked.items():
        kept = throughout_all(own)
        dropped = [item for item in _any(own) if item not in kept]
        left_out.append(
            pd.DataFrame(
                {"organisation": "", "construct": construct, "item": dropped}, dtype=object
            )
        )
        left_out.append(each.left_out[each.left_out["construct"] == construct])
        now = together[together["construct"] == construct]
        tables.append(now.assign(organisation="")[_COLUMNS])
        tables.append(each.table[each.table["construct"] == construct])
    tables = [table for table in tables if len(table)] or tables[:1]
    left_out = [table for table in left_out if len(table)] or left_out[:1]
    return OverWaves(pd.concat(tables, ignore_index=True), pd.concat(left_out, ignore_index=True))


def throughout_all(asked: Mapping[str, Sequence[str]]) -> list[str]:
    """The items (by wave) that were asked in every wave in which any of them was."""
    there = [own for own in asked.values() if own]
    return [item for item in _any(asked) if all(item in own for own in there)]


def _any(asked: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(item for own in asked.values() for item in own))


def organisations_over_waves(study: Study, constructs: Sequence[str]) -> OverWaves:
    """Index of every construct by wave in every organisation, as :func:`indices_over_waves` gives
    it beside that of all together."""
    tables, left_out = [], []
    for construct in constructs:
        answers = study.answers(study.codebook.source_of(construct))
        items = study.codebook.items(construct)
        points = study.codebook.points(answers, items)
        group, keys = groups_of(answers, ["organisation"])
        kept = asked_throughout(points, group, answers["wave"])
        score = kept.mean(axis=1).rename(construct).to_frame()
        tables.append(means_of(answers, score, ["organisation", "wave"]))
        left_out += [
            (str(keys.at[number, "organisation"]), construct, items[item])
            for number, item in zip(*np.nonzero(_dropped(points, kept, group)), strict=True)
        ]
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_COLUMNS)
    found = within_scale(found[_COLUMNS]).astype({"organisation": "str"})
    return OverWaves(found, pd.DataFrame(left_out, columns=["organisation", "construct", "item"]))


def _dropped(points: pd.DataFrame, kept: pd.DataFrame, group: Codes) -> NDArray[np.bool_]:
    """Whether a group (row) answered an item (column) of which nothing is kept."""
    asked = (one.notna().groupby(group).any().to_numpy() for one in (points, kept))
    before, after = asked
    return before & ~after
