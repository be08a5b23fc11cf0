"""What the reports of a batch share, on disk: what is for all once, each organisation's apart.

Beside the file that reports are told of stand ``rows/``, with one file for each organisation (its
rows of every table that has a column ``organisation``), ``whole.pickle`` with those tables whole,
and ``answers/`` with the study's clean answers. A report reads what it needs, so that what one
organisation's report costs does not grow with their number.
"""

import pickle
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from workbench.errors import DamagedFileError
from workbench.files import read_sealed, seal, write_pickle
from workbench.study import Study

_ALL = ""
"""The organisation of rows that are about all together."""

_STUDY = "study"

NEEDS = ("answers", "links", "drivers", "all")
"""What a report needs of what is shared, each with those before it: what the answers are; the links
of the study's chain; drivers and the chains they come from; and how well the chain's models fit,
its rivals, necessary conditions and everything else."""


def at_least(needs: str, least: str) -> bool:
    """Whether somebody who ``needs`` this needs the ``least`` of :data:`NEEDS` too.

    >>> at_least("drivers", "links"), at_least("answers", "links")
    (True, False)
    """
    return NEEDS.index(needs) >= NEEDS.index(least)


ANSWERS = "answers"
"""The folder of the study's clean answers, beside what reports are told of."""


class _Dividing(pickle.Pickler):
    """Pickles what is for all; keeps the study and the tables of organisations apart."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.tables: list[pd.DataFrame] = []
        self.study: Study | None = None

    def persistent_id(self, value: Any) -> str | int | None:
        if isinstance(value, Study):
            self.study = value
            return _STUDY
        if isinstance(value, pd.DataFrame) and "organisation" in value.columns:
            for number, table in enumerate(self.tables):
                if table is value:
                    return number
            self.tables.append(value)
            return len(self.tables) - 1
        return None


class _Joining(pickle.Unpickler):
    """Puts together what :class:`_Dividing` kept apart."""

    def __init__(self, file: BinaryIO, study: Study, tables: Sequence[pd.DataFrame]) -> None:
        super().__init__(file)
        self._study = study
        self._tables = tables

    def persistent_load(self, reference: str | int) -> Any:
        return self._study if isinstance(reference, str) else self._tables[reference]


def save(shared: Any, path: Path) -> None:
    """Write what reports share to ``path`` and beside it, and seal the folder.

    ``shared`` is an object that holds the study and, however deep, tables of organisations. The
    study is light afterwards: see :meth:`workbench.study.Study.store`.
    """
    folder = path.parent
    common = BytesIO()
    divided = _Dividing(common)
    divided.dump(shared)
    study = divided.study
    if study is None:
        raise TypeError(f"A {type(shared).__name__} holds no study that its reports could open.")
    (folder / "rows").mkdir(parents=True)
    for number, tables in enumerate(_by_organisation(divided.tables, study)):
        write_pickle(tables, folder / "rows" / f"{number}.pickle")
    write_pickle(divided.tables, folder / "whole.pickle")
    if not (folder / ANSWERS).is_dir():
        study.store(folder / ANSWERS)
    study.answers_from(folder / ANSWERS)
    write_pickle((study, common.getvalue()), path)
    seal(folder)


def load(path: Path, organisation: str = "") -> Any:
    """Read what :func:`save` wrote.

    Parameters
    ----------
    organisation
        Read the rows of this organisation and those of all together alone.

    Raises
    ------
    DamagedFileError
        A file is not as it was written.
    UnknownOrganisationError
        The study has no such organisation.
    """
    folder = path.parent
    study, common = read_sealed(folder, path.name)
    study.answers_from(folder / ANSWERS)
    if organisation:
        names = study.organisations["organisation"]
        number = list(names).index(study.organisation(organisation))
        tables = read_sealed(folder, f"rows/{number}.pickle")
    else:
        tables = read_sealed(folder, "whole.pickle")
    return _Joining(BytesIO(common), study, tables).load()


def recall(study: Study, path: Path) -> None:
    """Let ``study`` know its organisations and waves from what :func:`save` wrote of the same data.

    So its files need not be read for them; nor for its answers, which are read from there too.
    What is not as it was written is left alone.
    """
    try:
        stored, _ = read_sealed(path.parent, path.name)
    except DamagedFileError:
        return
    study.organisations, study.waves = stored.organisations, stored.waves
    study.answers_from(path.parent / ANSWERS)


def _by_organisation(tables: Sequence[pd.DataFrame], study: Study) -> Any:
    """Yield every organisation's rows of every table, with those of all together, in order."""
    rows = [table.groupby("organisation", sort=False).indices for table in tables]
    for name in study.organisations["organisation"]:
        yield [
            table.take(sorted([*found.get(_ALL, ()), *found.get(name, ())]))
            for table, found in zip(tables, rows, strict=True)
        ]
