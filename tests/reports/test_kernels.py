"""Clients of forked kernels: ready at once, told at once, nothing printed is lost."""

import asyncio
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from workbench.exceptions import UnknownNameError
from workbench.reports.kernels import FORKED, ReportKernelManager


def execute(tmp_path: Path, *cells: str, **options: Any) -> Any:
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    return papermill.execute_notebook(
        nbformat.v4.new_notebook(cells=code),
        tmp_path / "out.ipynb",
        engine_name=FORKED,
        kernel_name="python3",
        language="python",
        progress_bar=False,
        **options,
    )


@pytest.mark.usefixtures("_quick")
def test_a_kernel_that_dies_before_it_answers_is_noticed() -> None:
    async def start() -> None:
        manager = ReportKernelManager()
        await manager.start_kernel(extra_arguments=["--IPKernelApp.outstream_class=no.such.Class"])
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=30)
        finally:
            client.stop_channels()
            await manager.cleanup_resources()

    started = time.perf_counter()
    with pytest.raises(RuntimeError, match="died before it answered"):
        asyncio.run(start())
    assert time.perf_counter() - started < 10


@pytest.mark.usefixtures("_quick")
def test_what_is_printed_stands_where_it_was_printed(tmp_path: Path) -> None:
    cell = (
        "import subprocess, sys\n"
        "from IPython.display import HTML, display\n"
        "print('before')\n"
        "display(HTML('<b>shown</b>'))\n"
        "print('after')\n"
        "sys.stderr.write('warned')\n"
        "'result'"
    )
    first, second = execute(tmp_path, cell, "print('second', end='')").cells
    told = [
        (output.get("name") or output.output_type, output.get("text", ""))
        for output in first.outputs
    ]
    assert told[0] == ("stdout", "before\n")
    assert told[1] == ("display_data", "")
    assert sorted(told[2:]) == [("execute_result", ""), ("stderr", "warned"), ("stdout", "after\n")]
    assert told[-1][0] == "execute_result"
    assert [output.text for output in second.outputs] == ["second"]


@pytest.mark.usefixtures("_quick")
def test_the_notebook_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="died"):
        execute(tmp_path, "'reached'", "import os\nos._exit(3)", about={"title": "T"})
    kept = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "'reached'" in str(kept.cells[0].outputs)
    assert kept.cells[1].metadata["papermill"]["start_time"]
    assert kept.metadata["workbench"] == {"title": "T"}


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("end", ["exit()", "quit", "raise SystemExit(3)"])
def test_a_notebook_that_ends_itself_has_failed(tmp_path: Path, end: str) -> None:
    with pytest.raises((PapermillExecutionError, DeadKernelError)):
        execute(tmp_path, end, "'not reached'")
    kept = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "'not reached'" not in str([cell.get("outputs") for cell in kept.cells])
    (failed,) = (cell for cell in kept.cells if cell.metadata.get("papermill", {}).get("exception"))
    assert failed.source == end
    assert failed.metadata["papermill"]["error"].startswith("SystemExit: ")


@pytest.mark.usefixtures("_quick")
def test_a_parameter_that_the_notebook_does_not_have_is_named(tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell(
        "study, organisation = '', ''\nwave = ''", metadata={"tags": ["parameters"]}
    )
    given = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell("organisation")])
    run = partial(
        papermill.execute_notebook,
        given,
        tmp_path / "out.ipynb",
        engine_name=FORKED,
        kernel_name="python3",
        language="python",
        progress_bar=False,
    )
    with pytest.raises(UnknownNameError, match="no parameter 'organization'; it has study, organ"):
        run(parameters={"wave": 2023, "organization": "Transit"})
    ran = run(parameters={"wave": 2023, "organisation": 101})
    assert ran.cells[-1].outputs[0]["data"]["text/plain"] == "101"
    cell.metadata["tags"] = []
    assert run(parameters={"anything": 1})  # a notebook that declares nothing takes what it gets


def test_kernels_can_be_had_without_papermill() -> None:
    program = (
        "import sys\nimport workbench.reports.kernels\nassert 'papermill' not in sys.modules\n"
        "import papermill\npapermill.engines.papermill_engines.get_engine('workbench-forked')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
