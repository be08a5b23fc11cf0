"""The indices of every organisation by channel: at the counter, by phone, and so on.

Beside them stand the index of the organisation over all channels and, on pages about drivers, what
all organisations together answered in a channel. What one of these leaves of the channels shown
must not be a group that is hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.measurement import indices
from workbench.reports.disclosure import Array, from_ends, near_an_end
from workbench.study import Study

_COLUMNS = [
    "organisation", "construct", "channel", "index", "se", "lower", "upper", "n", "units",
]  # fmt: skip


def indices_by_channel(shown: Study, wave: str, constructs: Sequence[str]) -> pd.DataFrame:
    """Return the index of every channel in every organisation, in the wave.

    Parameters
    ----------
    shown
        The study, with the answers alone that may be shown.
    constructs
        Those asked of respondents who came by channels have rows, the others none.

    Returns
    -------
    DataFrame
        ``organisation``, ``construct``, ``channel``, ``index``, ``se``, ``lower``, ``upper``, ``n``
        and ``units``, see :func:`workbench.measurement.indices`. Of a hidden channel the numbers
        are NaN.
    """
    found = channel_indices(shown.in_wave(wave), constructs)
    return channels_told(found, shown.minimum_count)


@dataclass(frozen=True, eq=False)
class ChannelIndices:
    """What is known of channels before it is decided which may be shown.

    Attributes
    ----------
    table
        See :func:`indices_by_channel`.
    sums
        By construct, the sums of :func:`workbench.reports.disclosure.from_ends` in a channel of an
        organisation (both are the keys). The channel "" is that of people without one.
    """

    table: pd.DataFrame
    sums: dict[str, pd.DataFrame]

    @classmethod
    def joined(cls, parts: Sequence["ChannelIndices"]) -> "ChannelIndices":
        """The same of all parts of a study."""
        names = dict.fromkeys(name for part in parts for name in part.sums)
        return cls(
            pd.concat([part.table for part in parts], ignore_index=True),
            {name: pd.concat([p.sums[name] for p in parts if name in p.sums]) for name in names},
        )


def channel_indices(now: Study, constructs: Sequence[str]) -> ChannelIndices:
    """Return the index of every channel in every organisation of the answers of a wave."""
    people = [
        name
        for name in constructs
        if now.sources[now.codebook.source_of(name)].rows == "respondents"
    ]
    table = indices(now, people, by=("organisation", "channel")).astype({"organisation": "str"})
    return ChannelIndices(table, {name: _sums(now, name) for name in table["construct"].unique()})


def channels_told(found: ChannelIndices, least: int) -> pd.DataFrame:
    """Return the indices of channels as they may be shown, see :func:`indices_by_channel`."""
    if found.table.empty:
        return pd.DataFrame(columns=_COLUMNS)
    parts = []
    for construct, sums in found.sums.items():
        own = found.table[found.table["construct"] == construct]
        told = shown_channels(sums, least)
        keys = pd.MultiIndex.from_frame(own[["organisation", "channel"]])
        hidden = ~told.reindex(keys).to_numpy(dtype=bool)
        numbers = ["index", "se", "lower", "upper", "n", "units"]
        own = own.assign(**own[numbers].astype(float))
        own.loc[hidden, numbers] = np.nan
        parts.append(own)
    every = pd.concat(parts, ignore_index=True)
    return every.loc[every["channel"] != "", _COLUMNS].reset_index(drop=True)


def _sums(study: Study, construct: str) -> pd.DataFrame:
    """Return the sums of :func:`from_ends` in a channel of an organisation (both are the keys).

    The channel "" is that of people without one.
    """
    answers = study.answers(study.codebook.source_of(construct))
    keys = [answers[name].astype("str") for name in ("organisation", "channel")]
    return from_ends(study, construct, answers).groupby(keys).sum()


def shown_channels(sums: pd.DataFrame, least: int) -> pd.Series:
    """Tell which channels of organisations may be shown beside the totals of both.

    A channel is hidden that fewer than ``least`` people used, or in which almost all gave the
    answer at one end of the scale. What a total leaves of its shown parts is then everybody hidden
    together: of an organisation, or of a channel over all organisations. Until that is no such
    group itself, and no single channel, the smallest shown part is hidden with them.

    Parameters
    ----------
    sums
        Those of :func:`workbench.reports.disclosure.from_ends` by organisation and channel, "" for
        people without a channel, whose number is not shown.

    Examples
    --------
    >>> import pandas as pd
    >>> keys = [("A", "mail"), ("A", "phone"), ("A", "web")]
    >>> people = pd.Series([4.0, 20.0, 60.0], pd.MultiIndex.from_tuples(keys))
    >>> names = ["people", "answers", "low", "high", "asked", "own_low", "own_high"]
    >>> shown_channels(pd.DataFrame(dict.fromkeys(names, people)), least=10).tolist()
    [False, False, True]
    """
    people = sums["people"].to_numpy(float)
    numbers = sums.to_numpy(float)
    organisation, channel = (sums.index.get_level_values(level) for level in (0, 1))
    nameless = np.asarray(channel == "")
    shown = (people > 0) & ~nameless & ~_too_few(numbers, least) & ~near_an_end(numbers)
    lines = [np.flatnonzero(organisation == name) for name in organisation.unique()]
    lines += [np.flatnonzero(channel == name) for name in channel.unique() if name != ""]
    while True:
        before = shown.copy()
        for line in lines:
            _hide_more(shown, line, numbers, nameless, least)
        if (shown == before).all():
            return pd.Series(shown, sums.index)


def _hide_more(
    shown: NDArray[np.bool_],
    line: NDArray[np.intp],
    numbers: Array,
    nameless: NDArray[np.bool_],
    least: int,
) -> None:
    """Hide the smallest shown parts of a total until what is left of it may be known."""
    people = numbers[:, 0]
    while shown[line].any():
        hidden = line[~shown[line] & (people[line] > 0)]
        rest = numbers[hidden].sum(axis=0, keepdims=True)
        alone = len(hidden) == 1 and not nameless[hidden[0]]
        if not len(hidden) or not (alone or _too_few(rest, least)[0] or near_an_end(rest)[0]):
            return
        parts = line[shown[line]]
        shown[parts[np.argmin(people[parts])]] = False


def _too_few(numbers: Array, least: int) -> NDArray[np.bool_]:
    return np.asarray(numbers[:, 0] < least)
