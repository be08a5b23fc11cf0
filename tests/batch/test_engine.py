"""What cells show, run without a kernel: what JupyterLab would show, and no more than fits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.batch import engine
from workbench.batch.report import Job, Outcome, run

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"

Ran = tuple[Outcome, list[Any]]


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., Ran]:
    """Runs cells as a report, and returns what became of it and the outputs of each cell."""

    def execute(*cells: str, **options: Any) -> Ran:
        (tmp_path / "out").mkdir()
        (tmp_path / "store" / "notebooks").mkdir(parents=True)
        code = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=code), tmp_path / "own.ipynb")
        outcome = run(
            Job(
                stem="own",
                report="own",
                chain="",
                organisation="",
                wave="",
                notebook=tmp_path / "own.ipynb",
                keep=True,
                output=tmp_path / "out",
                store=tmp_path / "store",
                parameters={},
                about={"title": "Own"},
                **options,
            )
        )
        assert outcome.notebook is not None, outcome.error
        kept = nbformat.read(tmp_path / "store" / outcome.notebook, as_version=4)
        return outcome, [cell.outputs for cell in kept.cells[1:]]

    return execute


def cells_of(name: str) -> list[str]:
    """The code of a notebook of ``tests/notebooks``, without its parameters."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    return [cell.source for cell in cells[1:]]


def text(outputs: list[Any]) -> str:
    return outputs[-1]["data"]["text/plain"]


def test_what_is_printed_stands_where_it_was_printed(ran: Callable[..., Ran]) -> None:
    cell = (
        "import subprocess, sys\n"
        "from IPython.display import HTML, display\n"
        "print('before')\n"
        "display(HTML('<b>shown</b>'))\n"
        "print('after')\n"
        "sys.stderr.write('warned')\n"
        "subprocess.run(['echo', 'elsewhere'])\n"
        "'result'"
    )
    outcome, (first, second) = ran(cell, "print('second \\udcff', end='')")
    assert outcome.status == "ok"
    assert [(one.get("name") or one.output_type, one.get("text", "")) for one in first] == [
        ("stdout", "before\n"),
        ("display_data", ""),
        ("stdout", "after\n"),
        ("stderr", "warned"),
        ("execute_result", ""),
        ("stdout", "elsewhere\n"),
    ]
    assert [output.text for output in second] == ["second ?"]


def test_an_output_can_be_taken_back_and_changed(ran: Callable[..., Ran]) -> None:
    show = "from IPython.display import HTML, clear_output, display\n"
    _, (named, cleared, waited) = ran(
        show + "handle = display(HTML('one'), display_id=True)",
        "print('gone')\nclear_output()\nhandle.update(HTML('two'))\nprint('kept')",
        "print('gone')\nclear_output(wait=True)\nprint('last')",
    )
    assert named[0]["data"]["text/html"] == "two"
    assert [output.text for output in cleared] == ["kept\n"]
    assert [output.text for output in waited] == ["last\n"]


def test_cells_run_as_in_jupyterlab(ran: Callable[..., Ran], tmp_path: Path) -> None:
    outcome, (figure, magic, awaited, silent, folder, pickled) = ran(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "%time 1 + 1\n!echo shell",
        "import asyncio\nawait asyncio.sleep(0, 'awaited')",
        "'silent';",
        "import os\nos.getcwd()",
        "import pickle\nclass Own: pass\n__name__, type(pickle.loads(pickle.dumps(Own()))) is Own",
    )
    assert outcome.status == "ok", outcome.error
    assert any("image/png" in output.get("data", {}) for output in figure)
    assert "shell" in "".join(output.get("text", "") for output in magic)
    assert text(awaited) == "'awaited'"
    assert not silent
    assert text(folder) == repr(str(tmp_path.resolve()))
    assert text(pickled) == "('__main__', True)"


def test_cells_import_modules_beside_the_notebook_but_none_that_hides_a_library(
    ran: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("value = 'found'\n")
    (tmp_path / "statistics.py").write_text("raise ImportError('not the library')\n")
    outcome, (_, shown) = ran("import beside, statistics", "beside.value, statistics.mean([1, 3])")
    assert outcome.status == "ok", outcome.error
    assert text(shown) == "('found', 2)"


@pytest.mark.parametrize(
    "name", ["shows-without-end", "prints-whatever-happens", "prints-a-gigabyte"]
)
def test_a_flood_of_outputs_is_a_failure_by_name(ran: Callable[..., Ran], name: str) -> None:
    outcome, _ = ran(*cells_of(name))
    assert outcome.error is not None
    assert outcome.error.startswith("OutputLimitError: It shows more than 50,000,000 characters")
    assert " in cell 1 (" in outcome.error


def test_a_gigabyte_printed_past_pythons_own_streams_is_a_failure_by_name(
    ran: Callable[..., Ran],
) -> None:
    outcome, _ = ran(*cells_of("prints-past-python"))
    assert outcome.error is not None
    assert outcome.error.startswith("It prints more than 50 MB in cell 1 (")


def test_three_thousand_outputs_are_all_on_the_page(
    ran: Callable[..., Ran], tmp_path: Path
) -> None:
    show = "from IPython.display import HTML, display\n"
    outcome, (shown,) = ran(
        show + "for number in range(3000):\n    display(HTML(f'<i>{number}.</i>'))"
    )
    assert outcome.html is not None, outcome.error
    assert len(shown) == 3000
    page = (tmp_path / "out" / outcome.html).read_text(encoding="utf-8")
    assert all(f"<i>{number}.</i>" in page for number in range(3000))


def test_an_object_that_cannot_show_itself_is_a_failure_by_name(ran: Callable[..., Ran]) -> None:
    outcome, _ = ran(*cells_of("cannot-show-an-object"))
    assert outcome.error is not None
    assert outcome.error.startswith("ZeroDivisionError: division by zero in cell 1 (")


@pytest.mark.parametrize(
    ("end", "status"),
    [("import os\nos._exit(3)", "failed"), ("import time\ntime.sleep(60)", "timeout")],
)
def test_the_notebook_is_kept_as_far_as_it_came(
    ran: Callable[..., Ran], end: str, status: str
) -> None:
    outcome, (first, second, last) = ran("'reached'", end, "'not reached'", time_limit=5.0)
    assert outcome.status == status
    assert text(first) == "'reached'"
    assert not second
    assert not last


def test_a_journal_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    assert engine.as_far_as_it_came(tmp_path) is None
    cell = nbformat.v4.new_code_cell("1", id="one")
    with engine.Journal(tmp_path / engine.JOURNAL, nbformat.v4.new_notebook(cells=[cell])) as kept:
        kept.write(0, {**cell, "execution_count": 7})
    with (tmp_path / engine.JOURNAL).open("a") as file:
        file.write('[0, {"cell_type"')
    (read,) = engine.as_far_as_it_came(tmp_path).cells
    assert read.execution_count == 7
