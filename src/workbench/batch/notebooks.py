"""Report notebooks: what each is made for, its parameters, and which cannot be read."""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.files import write_atomically
from workbench.interpretation.messages import MESSAGES, say
from workbench.reports import provenance
from workbench.reports.store import NEEDS
from workbench.text import label_of, listed, nearest

GIVEN = frozenset({"study", "shared"})
"""The parameters that say nothing about what a page holds."""

PER = ("study", "organisation", "chain")
"""What a notebook may be made for each of; for a study it is made once."""

OWN = "notebooks"
"""The folder of a study with its own report notebooks."""

_FORMAT = 4
_AGAIN = "save it from JupyterLab again"


@dataclass(frozen=True)
class Report:
    """A report notebook: its name, its file, the parameters its cell declares, and what it is for.

    ``per`` is one of :data:`PER`, ``needs`` one of :data:`workbench.reports.store.NEEDS`: what it
    needs of what reports share. ``fault`` is a sentence that names the file, if it cannot be
    read.
    """

    name: str
    notebook: Path
    parameters: tuple[str, ...]
    per: str = "study"
    needs: str = "all"
    fault: str = ""

    @property
    def per_organisation(self) -> bool:
        return self.per == "organisation"

    @property
    def per_chain(self) -> bool:
        return self.per == "chain"

    @property
    def per_wave(self) -> bool:
        return "wave" in self.parameters


class NotebookFault(WorkbenchError):
    """What is wrong with a notebook, and what to do about it."""


def report_title(name: str) -> str:
    """Return what a report is called; one of somebody's own by its name.

    >>> report_title("measurement"), report_title("my-report")
    ('Measurement', 'My report')
    """
    return say(f"report.{name}") if f"report.{name}" in MESSAGES else label_of(name)


def notebooks_folder() -> Path:
    """Return the folder of the report notebooks: beside the package, or in the project's root."""
    packaged = provenance.PACKAGE / "notebooks"
    return packaged if packaged.is_dir() else provenance.PACKAGE.parents[1] / "notebooks"


def find_reports(folder: Path | None = None) -> dict[str, Report]:
    """Return the reports in ``folder`` by name.

    A notebook is a report if its metadata says what it is made for, for example
    ``"workbench": {"per": "organisation"}``: for every organisation, for every chain that the
    study can run, or once for the study. It is given those of ``study``, ``organisation``,
    ``chain``, ``wave`` and ``shared`` that its cell tagged ``parameters`` sets. ``"needs"`` beside
    it says how much of what reports share is computed for it. A notebook that
    cannot be read may be a report, so it is among them, with its fault.
    """
    found = {}
    for path in sorted((folder or notebooks_folder()).glob("*.ipynb")):
        try:
            content = _content(path)
            if "workbench" in content["metadata"]:
                names = declared(content["cells"])
                stated = content["metadata"]["workbench"]
                per, needs = _made_per(stated, names), _needed(stated)
                found[path.stem] = Report(path.stem, path, names, per, needs)
        except NotebookFault as fault:
            sentence = f"{path.parent.name}/{path.name} {fault}."
            found[path.stem] = Report(path.stem, path, (), fault=sentence)
    return found


def reports_of(
    study: Any, folder: Path | None = None, more: Iterable[Path] = ()
) -> dict[str, Report]:
    """Return the reports of a study by name: the workbench's, its own, and those of ``more`` files.

    Its own are the notebooks in the folder ``notebooks`` of the study. One of ``more`` need not say
    what it is made for: its parameters tell.

    Raises
    ------
    NotebookFault
        A file of ``more`` is not there, or two reports have the same name.
    """
    found = find_reports(folder)
    own = find_reports(Path(study.path) / OWN).values()
    for report in [*own, *map(_report_in, more)]:
        other = found.get(report.name)
        if other is not None and other.notebook.resolve() != report.notebook.resolve():
            raise NotebookFault(
                f"{report.notebook} has the name of another report, {other.notebook}; rename it."
            )
        found[report.name] = report
    return found


def _report_in(path: Path) -> Report:
    """The report in a file, whatever its metadata say."""
    if not path.is_file():
        raise NotebookFault(f"There is no notebook {path}.")
    try:
        content = _content(path)
        names = declared(content["cells"])
        inferred = next((per for per in PER[1:] if per in names), PER[0])
        stated = content["metadata"].get("workbench", {"per": inferred})
        per, needs = _made_per(stated, names), _needed(stated)
    except NotebookFault as fault:
        raise NotebookFault(f"{path} {fault}.") from fault
    return Report(path.stem, path, names, per, needs)


def new_report(study: Any, name: str, like: str, folder: Path | None = None) -> Path:
    """Copy the notebook of a report as one of the study's own, and return its file.

    Parameters
    ----------
    study
        The study, in whose folder ``notebooks`` the copy is put.
    name
        What the report is called.
    like
        The report to copy; ``folder`` is where the notebooks of reports are.

    Raises
    ------
    NotebookFault
        The name is no file's, there is a report of that name, or none to copy.
    """
    reports = reports_of(study, folder)
    if not re.fullmatch(r"[\w-]+", name):
        raise NotebookFault(
            f"{name!r} cannot be the name of a report; use letters, digits, hyphens and "
            "underscores."
        )
    if name in reports:
        raise NotebookFault(
            f"There is a report {name!r}: {reports[name].notebook}; choose another."
        )
    if like not in reports:
        raise NotebookFault(
            f"There is no report {like!r}; choose from {listed(list(reports))}."
            f"{nearest(like, list(reports))}"
        )
    content = _content(reports[like].notebook)
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            # Seen from where the copy is.
            source = "".join(cell["source"])
            cell["source"] = re.sub(r"^study = .*", 'study = ".."', source, flags=re.MULTILINE)
    target = Path(study.path) / OWN / f"{name}.ipynb"
    target.parent.mkdir(exist_ok=True)
    write_atomically(target, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return target


def _made_per(stated: Any, parameters: tuple[str, ...]) -> str:
    per = stated.get("per") if isinstance(stated, dict) else None
    if per not in PER:
        raise NotebookFault(
            f'has {json.dumps(stated)} as "workbench" in its metadata; write '
            f'{{"per": "organisation"}}, or {listed(map(json.dumps, PER[::2]), "or")} in its place'
        )
    for name in dict.fromkeys(("study", per)):
        if name not in parameters:
            raise NotebookFault(
                f"is made per {per} and sets no {name!r} in a cell tagged 'parameters'; add it"
            )
    return str(per)


def _needed(stated: Mapping[str, Any]) -> str:
    """What a report needs of what reports share; everything where its metadata do not say."""
    needs = stated.get("needs", NEEDS[-1])
    if needs not in NEEDS:
        raise NotebookFault(
            f'has {json.dumps(needs)} as "needs" in its metadata; write '
            f"{listed(map(json.dumps, NEEDS), 'or')}, or leave it out"
        )
    return str(needs)


def declared(cells: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Return the names that the cell tagged ``parameters`` sets, in order; () without one.

    Raises
    ------
    NotebookFault
        The cell cannot be read.
    """
    for cell in cells:
        if "parameters" in cell["metadata"].get("tags", ()):
            return _set_by("".join(cell["source"]))
    return ()


def _set_by(code: str) -> tuple[str, ...]:
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        text = code.splitlines()[line - 1].strip() if line else ""
        place = f", line {line}: {text[:60]!r}" if line else ""
        raise NotebookFault(
            f"has more than Python in its cell tagged 'parameters'{place}; "
            "leave only the parameters there and move the rest to another cell"
        ) from error
    names = [node for node in nodes if isinstance(node, ast.Name)]
    stored = [node for node in names if isinstance(node.ctx, ast.Store)]
    stored.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in stored))


def _content(path: Path) -> dict[str, Any]:
    """Return what is in a notebook's file, or say what keeps it from being one."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NotebookFault("is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise NotebookFault(f"cannot be read ({error.strerror})") from error
    if not text.strip():
        raise NotebookFault("is empty; write the notebook or remove the file")
    if re.search("^(<<<<<<<|=======|>>>>>>>)", text, re.MULTILINE):
        raise NotebookFault("holds the marks of a merge conflict; resolve it")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise NotebookFault(
            f"is not a notebook ({error}); save it from JupyterLab again"
        ) from error
    form = content.get("nbformat") if isinstance(content, dict) else None
    if form != _FORMAT:
        told = f"is in notebook format {form}" if isinstance(form, int) else "is not a notebook"
        raise NotebookFault(f"{told}; open it in JupyterLab and save it in format {_FORMAT}")
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise NotebookFault(f"has no list of cells; {_AGAIN}")
    if not isinstance(content.get("metadata"), dict):
        raise NotebookFault(f"has no metadata; {_AGAIN}")
    for number, cell in enumerate(cells, start=1):
        if not _is_sound(cell):
            raise NotebookFault(
                f"has broken metadata in cell {number}; save it from JupyterLab again"
            )
    return content


def _is_sound(cell: Any) -> bool:
    """Tell whether a cell has what everyone who runs it relies on."""
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata"), dict):
        return False
    tags, source = cell["metadata"].get("tags", []), cell.get("source")
    lines = [source] if isinstance(source, str) else source
    texts = [*lines, *tags] if isinstance(lines, list) and isinstance(tags, list) else [None]
    return isinstance(cell.get("cell_type"), str) and all(isinstance(one, str) for one in texts)
