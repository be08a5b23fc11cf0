"""``new_study``: the study's folder, and its codebook as a table to edit."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.beginning.proposing import propose_study
from workbench.beginning.writing import refuse_existing, write_study
from workbench.chain import ChainStudy, open_study
from workbench.errors import StudyError
from workbench.extras import from_extra
from workbench.figures.notebook import Part, Shown
from workbench.files import replacing
from workbench.study import Problems
from workbench.study.codebook import read_codebook
from workbench.study.definition import read_definition

if TYPE_CHECKING:
    from workbench.beginning.editing import CodebookTable


class NewStudy(Shown):
    """A study that was just written, and its codebook as a table to edit.

    Attributes
    ----------
    path
        The study's folder.
    said
        What was found out about the files, one sentence each.
    codebook
        ``codebook.csv`` as it was written, all of it text, one row a question. Change it and
        :meth:`save` it.
    """

    def __init__(self, path: Path, said: list[str]) -> None:
        self.path = path
        self.said = said
        self.codebook = _table(path)

    def save(self) -> None:
        """Write the edited codebook, if it is a sound one.

        Raises
        ------
        StudyError
            All its faults, one sentence each; the file is left as it was.
        """
        file = self.path / "codebook.csv"
        text = self.codebook.to_csv(index=False, lineterminator="\n")
        sources = read_definition(self.path).sources
        with replacing(file) as beside:
            beside.write_text(text, encoding="utf-8", newline="")
            try:
                read_codebook(beside, sources)
            except StudyError as error:
                raise StudyError(str(error).replace(str(beside), str(file))) from None
        self.codebook = _table(self.path)

    def edit(self) -> "CodebookTable":
        """The codebook as a table to edit in JupyterLab; each change is saved at once.

        Raises
        ------
        MissingPackageError
            Without the package's extra ``lab``.
        """
        from_extra("anywidget", "lab")
        from workbench.beginning.editing import CodebookTable  # which imports it

        return CodebookTable(self)

    def open(self) -> ChainStudy:
        """Open the study as it stands in its folder."""
        return open_study(self.path)

    def check(self) -> Problems:
        """Every problem of the study's files, as ``workbench check`` lists them."""
        return self.open().check()

    def _parts(self) -> Iterator[Part]:
        yield from self.said
        yield "Codebook", self.codebook


def new_study(
    path: str | Path,
    *files: str | Path,
    organisation: str | None = None,
    unit: str | None = None,
    wave: str | None = None,
    weight: str | None = None,
    chain: str | None = None,
    sheet: str | None = None,
) -> NewStudy:
    """Write a study's folder from files of answers.

    Parameters
    ----------
    path
        The folder to write to; there must be nothing yet.
    files
        SPSS, Stata, SAS, Excel, Parquet or delimited text, one source each.
    organisation, unit, wave, weight
        Columns where what is proposed is wrong; "none" where there is no such column.
    chain
        A chain of the catalogue.
    sheet
        The sheet of an Excel workbook that has several.

    Raises
    ------
    StudyError
        The folder is there already; or a file cannot be read or not be understood. Nothing is
        written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import workbench as wb
    >>> with TemporaryDirectory() as folder:
    ...     new = wb.new_study(f"{folder}/mine", "data/demo/clients.parquet")
    ...     new.codebook.loc[new.codebook["item"] == "open_1", "construct"] = "openness"
    ...     new.save()
    ...     new.open().columns.organisation
    'organisation'
    """
    folder = Path(path)
    refuse_existing(folder)
    chosen = {"organisation": organisation, "unit": unit, "wave": wave, "weight": weight}
    plan = propose_study(folder.name, files, chosen, chain, sheet)
    write_study(folder, plan)
    return NewStudy(folder, plan.said)


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path / "codebook.csv", dtype="str", keep_default_na=False)
