"""Files that hold one survey, asked again: one a year, alike in their columns, are one source."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from workbench.beginning.export import Export
from workbench.study.tables import waves_of_names
from workbench.text import listed

_ALIKE = 0.8
"""Share of the columns of either file that the other has too."""
WAVE = "wave"
"""The column of waves that only the names of files tell."""


def merged(exports: Sequence[Export]) -> list[Export]:
    """The exports with those of one survey put together, in the order of their first files.

    They are alike in kind and columns, and their names differ in the time alone ("survey 2023.csv",
    "survey 2024.csv"). The table of several has a column of waves if none of theirs is called so.
    """
    groups: list[list[Export]] = []
    for export in exports:
        home = next((group for group in groups if _of_one_survey([*group, export])), None)
        if home is None:
            groups.append([export])
        else:
            home.append(export)
    return [group[0] if len(group) == 1 else _together(group) for group in groups]


def _of_one_survey(group: Sequence[Export]) -> bool:
    return (
        len({(one.path.suffix.lower(), one.tool) for one in group}) == 1
        and all(_alike(group[0], other) for other in group[1:])
        and bool(waves_of_names(_paths(group)))
    )


def _alike(one: Export, other: Export) -> bool:
    first, second = set(one.frame.columns), set(other.frame.columns)
    return len(first & second) >= _ALIKE * max(len(first), len(second))


def _paths(group: Sequence[Export]) -> list[Path]:
    return [one.path for one in group]


def _together(group: Sequence[Export]) -> Export:
    frames = [one.frame for one in group]
    if not any(WAVE in {str(name).lower() for name in frame.columns} for frame in frames):
        waves = waves_of_names(_paths(group))
        frames = [frame.assign(**{WAVE: wave}) for frame, wave in zip(frames, waves, strict=True)]
    first = group[0]
    columns = {name: column for one in reversed(group) for name, column in one.columns.items()}
    changed = [reason for one in group for reason in one.changed]
    if any(one.layout != first.layout for one in group):
        changed.append("files are written in different ways")
    names = listed(path.name for path in _paths(group))
    told = f"{names} are one source: their columns are alike, and their names tell the wave."
    return replace(
        first,
        frame=pd.concat(frames, ignore_index=True),
        columns=columns,
        said=(*(sentence for one in group for sentence in one.said), told),
        changed=tuple(dict.fromkeys(changed)),
        further=tuple(_paths(group)[1:]),
        whole=all(one.whole for one in group),
    )
