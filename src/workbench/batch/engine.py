"""papermill's engine that runs a notebook's cells where it is called, without a kernel.

The cells run in IPython's own shell, so that a notebook shows what it shows in JupyterLab. As it
goes, a journal keeps what each cell has come to: the process may end at any time.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from io import TextIOBase
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.autocall import ExitAutocall
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.jsonutil import json_default
from papermill.engines import Engine, NotebookExecutionManager
from traitlets import Type, default
from traitlets.config import Config

from workbench.batch.processes import STREAMS
from workbench.errors import WorkbenchError

OUTPUT_LIMIT = 50_000_000
"""Characters that the cells of a report may show in all."""

JOURNAL = "journal"
"""The file in a report's scratch folder that its engine keeps."""


class CellError(Exception):
    """A cell failed; ``cell`` has what it came to, the message what it failed with."""

    def __init__(self, cell: Any, told: str) -> None:
        super().__init__(told)
        self.cell = cell


class OutputLimitError(WorkbenchError):
    """A report shows more than any page could."""


class CellEngine(Engine):
    """Runs the cells of a notebook, which nothing else may run in this process.

    Option ``scratch``: the folder for the journal, which holds what the process prints past
    Python's own streams too; option ``at_section`` is called with the heading of every section
    that is begun. :class:`CellError` is raised at the first cell that fails, unless it
    is tagged ``raises-exception``; a cell that ends the notebook by ``exit()`` has failed.
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        scratch: Path,
        at_section: Callable[[str], None],
        **_: Any,
    ) -> None:
        outputs = Outputs(scratch)
        shell = _shell(scratch, outputs)
        with Journal(scratch / JOURNAL, nb_man.nb) as journal, outputs.of_streams():
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                if heading := _heading(cell):
                    at_section(heading)
                if cell.cell_type != "code" or "skip-execution" in cell.metadata.get("tags", ()):
                    nb_man.cell_complete(cell, index)
                    continue
                journal.write(index, cell)
                told = _run(shell, outputs, cell)
                if told:
                    nb_man.cell_exception(cell, index)
                nb_man.cell_complete(cell, index)
                journal.write(index, cell)
                if told:
                    raise CellError(cell, told)


def _heading(cell: Any) -> str:
    """Return the heading that a cell of text begins with, "" for other cells."""
    first = cell.source.lstrip().partition("\n")[0]
    return first.lstrip("# ").rstrip() if cell.cell_type == "markdown" and first[:1] == "#" else ""


def _run(shell: "Shell", outputs: "Outputs", cell: Any) -> str:
    """Run a cell and return what it failed with, "" if it did not or was meant to."""
    outputs.begin()
    shell.told = ""
    result = shell.run_cell(cell.source, store_history=True)
    cell.outputs = outputs.end()
    cell.execution_count = result.execution_count
    if outputs.full:
        return f"OutputLimitError: {outputs.full}"
    error = result.error_before_exec or result.error_in_exec
    if "raises-exception" in cell.metadata.get("tags", ()):
        return ""
    return shell.told or (_told(type(error), error) if error else "")


def _told(kind: type[BaseException], error: object) -> str:
    try:
        return f"{kind.__name__}: {error}"
    except Exception:
        return f"{kind.__name__}: (its text cannot be shown)"


# ---------------------------------------------------------------------------------------------
# What cells show


class Outputs:
    """The outputs of the cell that runs, in the order they came."""

    def __init__(self, scratch: Path) -> None:
        self.full = ""
        self._cell: list[Any] = []
        self._named: dict[str, list[Any]] = {}
        self._size = 0
        self._clear_next = False
        self._printed = {name: scratch / name for name in STREAMS}
        self._read = dict.fromkeys(STREAMS, 0)

    def begin(self) -> None:
        self._cell, self._clear_next = [], False

    def end(self) -> list[Any]:
        """Return the outputs of the cell, what was written past Python's streams at the end."""
        for name, file in self._printed.items():
            if file.is_file() and file.stat().st_size > self._read[name]:
                with file.open("rb") as written:
                    written.seek(self._read[name])
                    text = written.read().decode("utf-8", "replace")
                    self._read[name] = written.tell()
                with suppress(OutputLimitError):
                    self.write(name, text)
        return [self._node(output) for output in self._cell]

    def write(self, name: str, text: str) -> None:
        """Add text to a stream."""
        self._make_room(len(text))
        if not (self._cell and isinstance(self._cell[-1], tuple) and self._cell[-1][0] == name):
            self._cell.append((name, []))
        self._cell[-1][1].append(text)

    def show(self, kind: str, display_id: str | None = None, **content: Any) -> None:
        """Add an output of any other kind."""
        text, plain = _plain(content)
        self._make_room(len(text))
        output = nbformat.v4.new_output(kind, **plain)
        self._cell.append(output)
        if display_id is not None:
            self._named.setdefault(display_id, []).append(output)

    def change(self, display_id: str | None, **content: Any) -> None:
        """Show something else wherever there is an output of this name."""
        text, plain = _plain(content)
        self._make_room(len(text))
        for output in self._named.get(display_id or "", ()):
            output.update(nbformat.from_dict(plain))

    def clear(self, wait: bool) -> None:
        """Take back what the cell has shown, now or when it shows the next."""
        if wait:
            self._clear_next = True
        else:
            self._cell.clear()

    @contextmanager
    def of_streams(self) -> Iterator[None]:
        """Let Python's own streams be outputs."""
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = (Stream(self, name) for name in STREAMS)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before

    def _make_room(self, size: int) -> None:
        if self._clear_next:
            self.clear(wait=False)
            self._clear_next = False
        self._size += size
        if self._size > OUTPUT_LIMIT:
            self.full = f"It shows more than {OUTPUT_LIMIT:,} characters; a page can hold no more."
            raise OutputLimitError(self.full)

    @staticmethod
    def _node(output: Any) -> Any:
        if not isinstance(output, tuple):
            return output
        name, parts = output
        return nbformat.v4.new_output("stream", name=name, text=_sound("".join(parts)))


class Stream(TextIOBase):
    """One of Python's streams, as outputs of a cell."""

    encoding = "utf-8"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs = outputs
        self._name = name

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 + STREAMS.index(self._name)

    def write(self, text: str) -> int:
        self._outputs.write(self._name, str(text))
        return len(text)


def _sound(text: str) -> str:
    """Return text that can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _plain(content: Mapping[str, Any]) -> tuple[str, Any]:
    """Return what JSON makes of an output, as text and as plain values."""
    text = _sound(json.dumps(content, default=json_default, ensure_ascii=False))
    return text, json.loads(text)


# ---------------------------------------------------------------------------------------------
# The shell that runs them


class ResultHook(DisplayHook):
    """Makes the value of a cell's last line an output."""

    shell: Any

    def start_displayhook(self) -> None: ...
    def write_output_prompt(self) -> None: ...
    def log_output(self, format_dict: Any) -> None: ...
    def finish_displayhook(self) -> None: ...

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.shell.shown.show(
            "execute_result",
            data=format_dict,
            metadata=md_dict or {},
            execution_count=self.prompt_count,
        )


class Publisher(DisplayPublisher):
    """Makes what a cell displays an output."""

    shell: Any

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        *_: Any,
        transient: Any = None,
        update: bool = False,
        **__: Any,
    ) -> None:
        shown, display_id = self.shell.shown, (transient or {}).get("display_id")
        if update:
            shown.change(display_id, data=data, metadata=metadata or {})
        else:
            shown.show("display_data", display_id, data=data, metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.shown.clear(wait)


class Exit(ExitAutocall):
    """``exit`` and ``quit``: the end of a report that has not come to its end."""

    def __call__(self, *_: Any) -> None:
        raise SystemExit("exit() or quit()")


class Shell(InteractiveShell):
    """IPython without a terminal; ``told`` is the last error it has shown, ``shown`` all else."""

    displayhook_class = Type(ResultHook)
    display_pub_class = Type(Publisher)
    shown: Outputs
    told = ""

    @default("exiter")
    def _exiter_default(self) -> Exit:
        return Exit(self)

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.told = _told(etype, evalue)
        name, _, text = self.told.partition(": ")
        with suppress(OutputLimitError):
            self.shown.show("error", ename=name, evalue=text, traceback=stb)

    def _tee(self, channel: str) -> Any:
        return nullcontext()  # the history of a shell that nobody types in


def _shell(scratch: Path, outputs: Outputs) -> Shell:
    """Return the shell that runs the cells, which import modules beside the notebook.

    The notebook's folder, where the process works, comes after all others: a ``random.py`` in it
    must not take the place of the standard library's for what the workbench imports later.
    """
    sys.path.append(os.getcwd())
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "NoColor"
    shell: Shell = Shell.instance(config=settings, ipython_dir=str(scratch / "ipython"))
    shell.shown = outputs
    return shell


# ---------------------------------------------------------------------------------------------
# What is kept of a notebook


class Journal:
    """Keeps each cell as far as it came: the notebook as it begins, then a line a cell."""

    def __init__(self, file: Path, notebook: Any) -> None:
        self._file = file.open("w", encoding="utf-8")
        self._file.write(json.dumps(notebook) + "\n")

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, index: int, cell: Any) -> None:
        self._file.write(json.dumps([index, cell]) + "\n")
        self._file.flush()


def as_far_as_it_came(scratch: Path) -> Any:
    """Return the notebook of a report that did not come back, None if it had not begun."""
    with suppress(OSError, ValueError):
        first, *lines = (scratch / JOURNAL).read_text(encoding="utf-8").splitlines()
        notebook = nbformat.from_dict(json.loads(first))
        for line in lines:
            with suppress(ValueError):  # the last line may be cut off
                index, cell = json.loads(line)
                notebook.cells[index] = nbformat.from_dict(cell)
        return notebook
    return None
